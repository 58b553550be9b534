// From raw rows to a model's numbers, and from its numbers back to the user's words. What is learnt, is learnt of the training rows
// alone; it is plain data, which goes into the model's file and comes back from it.
//
//   column     | fitted                     | numbers of a row
//   age        | standardise, indicator     | (age − mean) / deviation, 1 if missing
//   city       | one-hot of 3 categories    | 0 1 0
//   target     | classes, or a scale        | class number, or (y − mean) / deviation

import { DataError, FormatError, MemoryError, OptionError, show } from "../errors.ts";
import { badOption, checkNames, didYouMean, isRecord, wantBoolean, wantOneOf } from "../options.ts";
import type { Tensor } from "../tensor.ts";
import type { Data } from "./columns.ts";
import { learnerOf, Moments } from "./learners.ts";
import { type ColumnSchema, inferSchema, Schema, type SchemaOptions, type Task, type TransformOption } from "./schema.ts";
import { byCodePoint, columnError, type ColumnValues, isRaw, MOST_COLUMNS, type Records, type Table, textAt, wantColumn, wantTable } from "./table.ts";
import {
  areNumbers, broken, categoryOf, type Encoder, encoderOf, type Fitted, fitColumn, MOST_FEATURES, momentsOf, numberAt, signedExp, signedLog, wantFinite,
  wantFitted, wantFlag, wantFrom, wantKeys, wantObject, wantText, wantTexts, widthOf,
} from "./transforms.ts";

const FORMAT = 1;
/** As much as a model's memory may be. */
const MOST_BYTES = 4_294_967_296;

export interface PreprocessingOptions extends SchemaOptions {
  /** Of `inferSchema`, if it has been called before; it has target, task, types and ignore then. `transforms` beside it go before its own. */
  schema?: Schema;
  /** Numbers of the training rows; all rows by default. Types are inferred from all rows, all else from these alone. */
  rows?: ArrayLike<number>;
}

/** What is predicted. */
export type Target =
  | { readonly name: string; readonly task: "classification"; readonly classes: readonly string[] }
  /** The model's numbers are (f(y) − mean) / deviation, with f(y) = y, or sign(y) · ln(1 + |y|) for "log". */
  | { readonly name: string; readonly task: "regression"; readonly use: "standardise" | "log" | "none"; readonly mean: number; readonly deviation: number };

/** A class with its probability. */
export interface Worded {
  label: string;
  index: number;
  probability: number;
}

/** All that is kept. */
interface Saved {
  format: typeof FORMAT;
  columns: Fitted[];
  target: SavedTarget | null;
}

type SavedTarget =
  | { column: string; task: "classification"; classes: string[]; numeric: boolean }
  | { column: string; task: "regression"; use: "standardise" | "log" | "none"; mean: number; deviation: number };

const TARGET_USES = ["standardise", "log", "none"] as const;

/** Rows as a model takes them: x, and y where there is a target. `fit` and `evaluate` take it as it is. */
export class PreparedRows<Y extends Int32Array | Float32Array | undefined = Int32Array | Float32Array> {
  /** [rows, features]. */
  readonly x: Tensor;
  /** For each row its class number, or its standardised number. */
  declare readonly y: Y;
  readonly #unseen: ReadonlyMap<string, number>;
  readonly #missing: ReadonlyMap<string, number>;

  /** @internal */
  constructor(x: Tensor, y: Y, unseen: ReadonlyMap<string, number>, missing: ReadonlyMap<string, number>) {
    this.x = x;
    if (y) this.y = y;
    this.#unseen = unseen;
    this.#missing = missing;
  }

  /** By column, how many rows had a category that no training row had: its numbers are all 0. */
  get unseen(): ReadonlyMap<string, number> {
    return this.#unseen;
  }

  /** By column, how many rows had no value. */
  get missing(): ReadonlyMap<string, number> {
    return this.#missing;
  }
}

/** What turns the rows of a table into numbers, and predictions back into words; made by `Preprocessing.fit`, and kept by a model that is
 * made with it: `createModel(net, { preprocessing })`, and `loadModel(bytes, { preprocessing: Preprocessing })`. */
export class Preprocessing {
  /** Shape of a row: how many numbers it becomes. */
  readonly input: readonly [number];
  /** Names of these numbers: "age", "age missing", "city=Bern", "day month sin", "note#12". */
  readonly features: readonly string[];
  /** What is predicted; undefined without a target. */
  readonly target: Target | undefined;
  /** The target's classes, by code point, or by number where they are numbers; undefined for regression. */
  readonly classes: readonly string[] | undefined;
  /** What was learnt of each column, in the order of the features. */
  readonly columns: readonly Readonly<Fitted>[];
  private readonly saved: Saved;
  private readonly encoders: readonly Encoder[];

  private constructor(saved: Saved) {
    const { columns, target } = saved;
    this.saved = saved;
    this.encoders = columns.map(encoderOf);
    this.features = this.encoders.flatMap(({ features }) => features);
    this.input = [this.features.length];
    this.columns = columns;
    this.classes = target?.task === "classification" ? target.classes : undefined;
    this.target = target === null ? undefined : target.task === "classification" ? { name: target.column, task: target.task, classes: target.classes }
      : { name: target.column, task: target.task, use: target.use, mean: target.mean, deviation: target.deviation };
  }

  /** Learns from a table what its columns become; from its training rows alone, where `rows` names them.
   *
   * By default numbers are standardised, missing ones being the mean; categories are one-hot, the most frequent first; texts are hashed; dates
   * become days, and sine and cosine of month, weekday and hour; and a number more says that a value is missing, where one was in
   * training. `String(inferSchema(table))` tells; `types`, `ignore` and `transforms` overrule it.
   *
   * @throws DataError, with column and row, for values that do not fit: a target that is missing, or has one class; a column without
   * any value; a text among numbers; an infinity; no column that is left, or too many. OptionError for options that do not.
   * @example
   * const rows = [{ size: 1, city: "Bern", price: 10 }, { size: 3, city: "Bonn", price: 30 }, { size: 5, city: "Bern", price: 20 }];
   * const preprocessing = Preprocessing.fit(rows, { target: "price", transforms: { size: "minMax" } });
   * preprocessing.features // → ["size", "city=Bern", "city=Bonn"]
   * preprocessing.apply([{ size: 2, city: "Bonn" }]).x // → { data: [0.25, 0, 1], shape: [1, 3] }
   */
  static fit(given: Table | Records, options: PreprocessingOptions = {}): Preprocessing {
    const table = wantTable(given), { schema: made, transforms = {}, ...asked } = options ?? {};
    checkNames("Preprocessing.fit", options, ["target", "task", "types", "ignore", "schema", "transforms", "rows"]);
    const { rows: chosen, ...inferred } = asked, rows = wantRows(table, chosen);
    const schema = made === undefined ? inferSchema(table, inferred) : wantSchema(made, table, inferred), option = wantTransforms(schema, transforms);
    const target = schema.target === undefined ? null : fitTarget(table, schema.target, schema.task!, rows, option(schema.target));
    return Preprocessing.made(table, schema, target, (column) => fitColumn(table, wantColumn(table, column.name), rows, column, option(column.name)));
  }

  /** As fit, of training rows in tables that come one after the other: what is kept of them does not grow with their number.
   *
   * @throws As fit; OptionError for a transform that wants all rows at once.
   * @internal
   */
  static async fitTables(tables: AsyncIterable<Table>, schema: Schema, transforms: PreprocessingOptions["transforms"] & object = {}): Promise<Preprocessing> {
    const option = wantTransforms(schema, transforms), { target, task } = schema;
    const learners = new Map(schema.columns.flatMap((column) => {
      const learner = column.use === "target" ? undefined : learnerOf(column, option(column.name));
      return learner ? [[column.name, learner] as const] : [];
    }));
    const answers = target === undefined ? undefined : targetLearner(target, task!, option(target));
    let last: Table | undefined;
    for await (const table of tables) {
      last = table;
      for (const [name, learner] of learners) learner.add(table, wantColumn(table, name));
      answers?.add(table, wantColumn(table, target!));
    }
    if (!last) throw new DataError("no-rows", { option: schema.name, wanted: "at least one row", got: 0 });
    return Preprocessing.made(last, schema, answers?.fitted(last) ?? null, ({ name }) => learners.get(name)?.fitted(last!));
  }

  private static made(table: Table, schema: Schema, target: SavedTarget | null, fit: (column: ColumnSchema) => Fitted | undefined): Preprocessing {
    const columns: Fitted[] = [];
    let width = 0;
    for (const column of schema.columns) {
      const fitted = column.use === "target" ? undefined : fit(column);
      if (!fitted) continue;
      width += widthOf(fitted);
      if (width > MOST_FEATURES)
        throw columnError("too-many-features", table, column.name, { wanted: `at most ${MOST_FEATURES} numbers for a row`, got: width, fix: "ignore it, or hash it" });
      columns.push(fitted);
    }
    if (width === 0)
      throw new DataError("no-features", {
        option: table.name, wanted: "a column to learn from", got: schema.columns.filter(({ use }) => use === "ignore").map(({ name, why }) => `${name}: ${why}`),
        fix: "types overrules what a column is taken for",
      });
    return new Preprocessing({ format: FORMAT, columns, target });
  }

  /** What toJSON gave, or a file; whatever else it is, is refused.
   *
   * @throws FormatError, which names the field.
   * @example
   * const fitted = Preprocessing.fit([{ a: 1 }, { a: 3 }]);
   * Preprocessing.from(JSON.parse(JSON.stringify(fitted))).apply([{ a: 2 }, { a: 3 }]).x.data // → [0, 1]
   */
  static from(json: unknown): Preprocessing {
    const saved = wantObject(json, "preprocessing");
    if (saved.format !== FORMAT)
      throw new FormatError("format-version", { of: "the preprocessing in this file", option: "format", wanted: FORMAT, got: saved.format, fix: "the release that saved the file reads it" });
    wantKeys(saved, "preprocessing", ["format", "columns", "target"]);
    if (!Array.isArray(saved.columns) || saved.columns.length > MOST_COLUMNS) throw broken("columns", `at most ${MOST_COLUMNS} columns`, saved.columns);
    const target = saved.target === null ? null : wantTarget(saved.target), names = new Set(target ? [target.column] : []);
    let width = 0;
    const columns = saved.columns.map((column, i) => {
      const fitted = wantFitted(column, `columns[${i}]`);
      if (names.has(fitted.column)) throw broken(`columns[${i}].column`, "each column once", fitted.column);
      names.add(fitted.column);
      width += widthOf(fitted);
      if (width > MOST_FEATURES) throw broken(`columns[${i}]`, `at most ${MOST_FEATURES} numbers for a row`, width);
      return fitted;
    });
    if (width === 0) throw broken("columns", "at least one number for a row", columns);
    return new Preprocessing({ format: FORMAT, columns, target });
  }

  /** Plain data, for `Preprocessing.from`. A model's file has it in its metadata. */
  toJSON(): unknown {
    return structuredClone(this.saved);
  }

  /** Raw rows as numbers. Columns that were not learnt from are left aside. With `target: true` y must be there, with `target: false`
   * there is none; by default there is one if the rows have that column.
   *
   * A category that no training row had has 0 everywhere (a hashed one its bucket), and is counted in `unseen`; a missing value is what was
   * learnt for it, and is counted in `missing`.
   *
   * @throws DataError, with column and row, for a column that is not there, a text where a number is wanted, a missing target, or a
   * class that no training row had; MemoryError for more than 4 GiB of numbers.
   * @example
   * const fitted = Preprocessing.fit([{ city: "Bern", y: "no" }, { city: "Bonn", y: "yes" }, { city: "Bern", y: "no" }], { target: "y" });
   * const { x, y, unseen } = fitted.apply([{ city: "Bonn", y: "yes" }, { city: "Rome", y: "no" }]);
   * [x.data, y, unseen.get("city")] // → [[0, 1, 0, 0], [1, 0], 1]
   */
  apply(given: Table | Records, options: { target: true }): PreparedRows;
  apply(given: Table | Records, options: { target: false }): PreparedRows<undefined>;
  apply(given: Table | Records, options?: { target?: boolean }): PreparedRows<any>;
  apply(given: Table | Records, options: { target?: boolean } = {}): PreparedRows<any> {
    checkNames("apply", options, ["target"]);
    const table = wantTable(given), { target } = this.saved, { rows } = table, [width] = this.input;
    const wanted = options.target === undefined ? target !== null && table.columns.has(target.column) : wantBoolean("apply: target", options.target);
    if (wanted && !target) throw badOption("target", true, "false, as this preprocessing has no target", { of: "apply" });
    if (rows === 0) throw new DataError("no-rows", { option: table.name, wanted: "at least one row", got: 0 });
    if (4 * rows * width > MOST_BYTES)
      throw new MemoryError("too-large", { of: "apply", option: table.name, wanted: `at most ${MOST_BYTES} bytes`, got: 4 * rows * width, fix: "some rows at a time: batches(tables)" });
    const columns = this.encoders.map(({ column }) => wantColumn(table, column)), y = wanted ? targetNumbers(table, target!) : undefined;
    const data = new Float32Array(rows * width), unseen = new Map<string, number>(), missing = new Map<string, number>();
    let at = 0;
    this.encoders.forEach((encoder, i) => {
      encoder.encode(table, columns[i]!, data, at, width, { unseen, missing });
      at += encoder.features.length;
    });
    return new PreparedRows({ data, shape: [rows, width] }, y, unseen, missing);
  }

  /** Tables that come one after the other, such as `csvBatches` gives them, as a stream that `fit` and `evaluate` take: memory stays flat.
   *
   * @throws (while it is read) as apply.
   * @example
   * const rows = [{ a: 1, y: 2 }, { a: 3, y: 5 }], fitted = Preprocessing.fit(rows, { target: "y" });
   * const batches = [];
   * for await (const batch of fitted.batches([rows, rows])) batches.push(batch.x.data);
   * batches // → [[-1, 1], [-1, 1]]
   */
  batches(tables: AsyncIterable<Table | Records> | Iterable<Table | Records>): { [Symbol.asyncIterator](): AsyncIterator<PreparedRows> } {
    const prepare = (table: Table | Records): PreparedRows => this.apply(table, { target: true });
    return {
      async *[Symbol.asyncIterator]() {
        for await (const table of tables) yield prepare(table);
      },
    };
  }

  /** Predictions in the user's words. For classification, of probabilities [rows, classes] (or [rows], that of the second of two
   * classes): the classes of each row, the most probable first. For regression, of the model's numbers: the numbers in the target's units.
   *
   * @throws OptionError without a target; DataError for as many numbers as do not fit.
   * @example
   * const fitted = Preprocessing.fit([{ a: 1, y: "no" }, { a: 2, y: "yes" }], { target: "y" });
   * fitted.words([[0.25, 0.75]], { top: 1 }) // → [[{ label: "yes", index: 1, probability: 0.75 }]]
   * Preprocessing.fit([{ a: 1, y: 10.5 }, { a: 2, y: 20.5 }], { target: "y" }).words([-1, 1]) // → [10.5, 20.5]
   */
  words(predictions: Tensor | ArrayLike<number> | readonly ArrayLike<number>[], options: { top?: number } = {}): Float32Array | Worded[][] {
    checkNames("words", options, ["top"]);
    const { target, classes } = this, data = numbersOf(predictions);
    if (!target) throw badOption("target", undefined, "a target", { of: "words" });
    if (!classes) {
      const numbers = Float32Array.from(data);
      this.inUnits(numbers);
      return numbers;
    }
    const { top = classes.length } = options, width = classes.length;
    if (!(Number.isInteger(top) && top >= 1)) throw badOption("top", top, "a whole number of at least 1", { of: "words" });
    const shape = (predictions as Partial<Tensor>).shape, single = width === 2 && (shape ? shape.at(-1) === 1 || shape.length === 1 : typeof (predictions as ArrayLike<unknown>)[0] === "number");
    if (!single && data.length % width) throw new DataError("wrong-width", { option: "predictions", wanted: `${width} probabilities for each row`, got: data.length });
    return Array.from({ length: data.length / (single ? 1 : width) }, (_, row) =>
      classes.map((label, index) => ({ label, index, probability: single ? (index ? data[row]! : 1 - data[row]!) : data[row * width + index]! }))
        .sort((a, b) => b.probability - a.probability || a.index - b.index).slice(0, top));
  }

  /** That of a model's file, which must fit its model.
   * @internal */
  static load(json: unknown, inputs: Parameters<Preprocessing["wantFit"]>[0], classes: readonly string[] | undefined): Preprocessing {
    const loaded = Preprocessing.from(json);
    try {
      loaded.wantFit(inputs, classes);
    } catch (error) {
      throw new FormatError("bad-file", { problem: `the preprocessing in this file does not fit its model: ${(error as Error).message}` });
    }
    return loaded;
  }

  /** Does a model take what this gives? Asked when a model is made or loaded.
   * @internal */
  wantFit(inputs: readonly { shape: readonly number[]; dtype: string }[], classes: readonly string[] | undefined): void {
    const [input] = inputs, [width] = this.input;
    if (inputs.length !== 1 || input!.shape.length !== 1 || input!.shape[0] !== width || input!.dtype !== "float32")
      throw badOption("input", inputs.map(({ shape }) => shape), `[${width}], as preprocessing gives`, { fix: "leave it out: preprocessing says it" });
    if (this.classes && !(classes?.length === this.classes.length && this.classes.every((name, i) => name === classes[i])))
      throw badOption("classes", classes, this.classes, { fix: "leave it out: preprocessing says them" });
  }

  /** Numbers of what are raw rows; else undefined.
   * @internal */
  numbers(x: unknown): Tensor | undefined {
    return isRaw(x) ? this.apply(x, { target: false }).x : undefined;
  }

  /** Likewise with y, for evaluate.
   * @internal */
  data(data: unknown): Data | undefined {
    // a list of batches { x, y } is a stream
    const batch = Array.isArray(data) && isRecord(data[0]) && typeof data[0].x === "object" && data[0].x !== null;
    return isRaw(data) && !batch ? this.apply(data, { target: true }) : undefined;
  }

  /** Numbers of a regression in the target's units, in their place.
   * @internal */
  inUnits(numbers: Float32Array): void {
    const { target } = this;
    if (target?.task !== "regression" || target.use === "none") return;
    const { mean, deviation, use } = target;
    for (let i = 0; i < numbers.length; i++) {
      const value = numbers[i]! * deviation + mean;
      numbers[i] = use === "log" ? signedExp(value) : value;
    }
  }
}

function numbersOf(predictions: unknown): ArrayLike<number> {
  const given = isRecord(predictions) && "data" in predictions ? predictions.data : predictions;
  const flat = Array.isArray(given) && typeof given[0] === "object" ? (given as ArrayLike<number>[]).flatMap((row) => Array.from(row)) : given;
  if (!ArrayBuffer.isView(flat) && !(Array.isArray(flat) && flat.every((one) => typeof one === "number")))
    throw new DataError("not-numbers", { of: "words", option: "predictions", wanted: "numbers, or what predict gives", got: predictions });
  return flat as unknown as ArrayLike<number>;
}

/** The training rows in their order, each once. */
function wantRows(table: Table, rows: unknown): Int32Array {
  if (table.rows === 0) throw new DataError("no-rows", { option: table.name, wanted: "at least one row", got: 0 });
  if (rows === undefined) return Int32Array.from({ length: table.rows }, (_, row) => row);
  if (!(Array.isArray(rows) || ArrayBuffer.isView(rows)) || (rows as unknown as ArrayLike<number>).length === 0) throw badOption("rows", rows, "numbers of rows");
  const list = rows as unknown as ArrayLike<number>, chosen = new Uint8Array(table.rows);
  for (let i = 0; i < list.length; i++) {
    const got = list[i]!;
    if (!(Number.isInteger(got) && got >= 0 && got < table.rows)) throw badOption("rows", got, `a row number below ${table.rows}`, { position: i });
    chosen[got] = 1;
  }
  let count = 0;
  const sorted = new Int32Array(list.length);
  chosen.forEach((flag, row) => {
    if (flag) sorted[count++] = row;
  });
  return sorted.subarray(0, count);
}

function wantSchema(schema: Schema, table: Table, asked: SchemaOptions): Schema {
  if (!(schema instanceof Schema)) throw badOption("schema", schema, "what inferSchema gives");
  for (const option of ["task", "types", "ignore"] as const)
    if (asked[option] !== undefined) throw badOption(option, asked[option], "nothing beside schema", { fix: "give it to inferSchema" });
  if (asked.target !== undefined && asked.target !== schema.target) throw badOption("target", asked.target, `${show(schema.target)}, as in schema`);
  for (const { name } of schema.columns) wantColumn(table, name);
  return schema;
}

/** What is said of each column. */
function wantTransforms(schema: Schema, transforms: unknown): (name: string) => TransformOption | undefined {
  if (!isRecord(transforms)) throw badOption("transforms", transforms, "a record by column, such as { age: \"log\" }");
  const names = schema.columns.map(({ name }) => name);
  for (const name of Object.keys(transforms)) if (!names.includes(name))
    throw new OptionError("unknown-option", { of: "Preprocessing.fit", option: `transforms.${name}`, problem: "no such column", fix: didYouMean(name, names) ?? `known: ${names.slice(0, 20).join(", ")}` });
  return (name) => (Object.hasOwn(transforms, name) ? transforms[name] as TransformOption : schema.columns.find((column) => column.name === name)!.transform);
}

function missingTarget(table: Table, column: string, row: number): DataError {
  return columnError("missing-target", table, column, { row, wanted: "a target in each row", got: null, fix: `leave such rows out: takeRows(table, rowsWith(table, ${show(column)}))` });
}

function fitTarget(table: Table, column: string, task: Task, rows: Int32Array, option: TransformOption | undefined): SavedTarget {
  const values = wantColumn(table, column), use = targetUse(column, task, option);
  if (use === undefined) {
    const texts = new Set<string>();
    for (const row of rows) texts.add(answerAt(table, column, values, row));
    return classTarget(table, column, texts);
  }
  const numbers = Float64Array.from(rows, (row) => targetAt(table, column, values, row, use));
  return numberTarget(table, column, use, use === "none" ? { mean: 0, deviation: 1 } : momentsOf(numbers));
}

/** Likewise, a table at a time. */
function targetLearner(column: string, task: Task, option: TransformOption | undefined): { add(table: Table, values: ColumnValues): void; fitted(table: Table): SavedTarget } {
  const use = targetUse(column, task, option), texts = new Set<string>(), moments = new Moments();
  return {
    add(table, values) {
      for (let row = 0; row < table.rows; row++)
        if (use !== undefined) moments.add(targetAt(table, column, values, row, use));
        else if (texts.add(answerAt(table, column, values, row)).size > MOST_FEATURES) throw tooManyClasses(table, column, "more");
    },
    fitted: (table) => (use === undefined ? classTarget(table, column, texts) : numberTarget(table, column, use, use === "none" ? { mean: 0, deviation: 1 } : moments)),
  };
}

/** What is done with numbers that are to be predicted; undefined of classes. */
function targetUse(column: string, task: Task, option: TransformOption | undefined): "standardise" | "log" | "none" | undefined {
  const label = `transforms.${column}`;
  if (task === "classification") {
    if (option !== undefined) throw badOption(label, isRecord(option) ? option.use ?? option : option, "nothing, as it is a target of classes");
    return undefined;
  }
  const given = isRecord(option) ? option.use : option, use = wantOneOf(label, given ?? "standardise", TARGET_USES);
  if (isRecord(option)) checkNames(label, option, ["use"]);
  return use;
}

function answerAt(table: Table, column: string, values: ColumnValues, row: number): string {
  const text = textAt(values, row);
  if (text === null) throw missingTarget(table, column, row);
  return text;
}

function tooManyClasses(table: Table, column: string, got: unknown): DataError {
  return columnError("too-many-classes", table, column, { wanted: `at most ${MOST_FEATURES} classes`, got, fix: "task: \"regression\", or another target" });
}

function classTarget(table: Table, column: string, texts: ReadonlySet<string>): SavedTarget {
  const numeric = areNumbers(texts), names = [...new Set([...texts].map((text) => categoryOf(text, numeric)))];
  const classes = numeric ? names.sort((a, b) => Number(a) - Number(b)) : names.sort(byCodePoint);
  if (classes.length < 2) throw columnError("one-class", table, column, { wanted: "at least two classes among the training rows", got: classes });
  if (classes.length > MOST_FEATURES) throw tooManyClasses(table, column, classes.length);
  return { column, task: "classification", classes, numeric };
}

function targetAt(table: Table, column: string, values: ColumnValues, row: number, use: "standardise" | "log" | "none"): number {
  const number = numberAt(table, column, values, row);
  if (Number.isNaN(number)) throw missingTarget(table, column, row);
  // predictions come back as float32
  if (!Number.isFinite(Math.fround(number))) throw columnError("too-great", table, column, { row, wanted: "a number within float32", got: number, fix: "smaller units" });
  return use === "log" ? signedLog(number) : number;
}

function numberTarget(table: Table, column: string, use: "standardise" | "log" | "none", { mean, deviation }: { mean: number; deviation: number }): SavedTarget {
  if (!Number.isFinite(mean) || !Number.isFinite(deviation)) throw columnError("too-great", table, column, { problem: "its numbers are so great that their mean is none", fix: "transforms: \"log\", or smaller units" });
  return { column, task: "regression", use, mean, deviation };
}

/** The target of each row as the model has it. */
function targetNumbers(table: Table, target: SavedTarget): Int32Array | Float32Array {
  const { column } = target, values = wantColumn(table, column), { rows } = table;
  if (target.task === "regression") {
    const { use, mean, deviation } = target, y = new Float32Array(rows);
    for (let row = 0; row < rows; row++) {
      const number = numberAt(table, column, values, row);
      if (Number.isNaN(number)) throw missingTarget(table, column, row);
      y[row] = ((use === "log" ? signedLog(number) : number) - mean) / deviation;
      if (!Number.isFinite(y[row])) throw columnError("too-great", table, column, { row, wanted: "a number within float32 when it is scaled", got: number });
    }
    return y;
  }
  const numbers = new Map(target.classes.map((name, i) => [name, i])), y = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const text = textAt(values, row);
    if (text === null) throw missingTarget(table, column, row);
    const number = numbers.get(categoryOf(text, target.numeric));
    if (number === undefined)
      throw columnError("unknown-class", table, column, { row, wanted: `one of the classes of the training rows, ${show(target.classes)}`, got: text });
    y[row] = number;
  }
  return y;
}

function wantTarget(value: unknown): SavedTarget {
  const target = wantObject(value, "target"), column = wantText(target.column, "target.column"), task = wantFrom(target.task, "target.task", ["classification", "regression"]);
  if (task === "classification") {
    wantKeys(target, "target", ["column", "task", "classes", "numeric"]);
    const classes = wantTexts(target.classes, "target.classes", 2);
    if (classes.length > MOST_FEATURES) throw broken("target.classes", `at most ${MOST_FEATURES}`, classes.length);
    return { column, task, classes, numeric: wantFlag(target.numeric, "target.numeric") };
  }
  wantKeys(target, "target", ["column", "task", "use", "mean", "deviation"]);
  const deviation = wantFinite(target.deviation, "target.deviation");
  if (!(deviation > 0)) throw broken("target.deviation", "a number above 0", deviation);
  return { column, task, use: wantFrom(target.use, "target.use", TARGET_USES), mean: wantFinite(target.mean, "target.mean"), deviation };
}
