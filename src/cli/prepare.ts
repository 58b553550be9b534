// From data and settings to what fit takes: the same rows, split and numbers whenever they are wanted again, to train, to go on, to
// verify.

import {
  type Data, type FindLearningRateOptions, type Layer, type Loss, type ModelOptions, type Optimizer, type RateCurve, type Schedule, type Table,
  adadelta, adagrad, adam, adamax, adamW, binaryCrossEntropy, cosine, createModel, crossEntropy, dense, dropout, findLearningRate, flatten, focal, huber, inferSchema,
  layers, lion, mae, mse, type Model, multiMargin, nadam, oneCycle, ops, oversample, Preprocessing, radam, reduceOnPlateau, rmsprop, rowsWith, type Schema, sequential, sgd, smoothL1,
  split, takeRows, warmup,
} from "../index.ts";
import { type CsvForm, formOf } from "../data/csv.ts";
import { parseDate } from "../data/dates.ts";
import { type ColumnValues, textAt } from "../data/table.ts";
import { areNumbers, categoryOf, dateAt, numberAt } from "../data/transforms.ts";
import { didYouMean } from "../options.ts";
import { nextTask } from "../yield.ts";
import { UsageError } from "./args.ts";
import { type Facts, type Plan, startRate, tamed, type Task } from "./choose.ts";
import { type Arrays, failed, isTabular, keepForm, kindOf, type Kind, readArrays, readTable, takeArrays } from "./data.ts";
import { farOff } from "./scores.ts";
import type { Settings } from "./settings.ts";
import { plural } from "./text.ts";
import { transformsOf } from "./transforms.ts";

/** Data that a model can be trained on. */
export interface Ready {
  readonly name: string;
  readonly kind: Kind;
  /** Of a CSV file, how it is written. */
  readonly form: CsvForm | undefined;
  readonly facts: Facts;
  readonly schema: Schema | undefined;
  readonly preprocessing: Preprocessing | undefined;
  readonly classes: readonly string[] | undefined;
  /** Shape of a row. */
  readonly input: readonly number[];
  /** What inputs are multiplied with in the model: bytes are divided by 255. */
  readonly factor: number;
  readonly training: Data;
  readonly heldOut: Data;
  /** The rows that are held out, as they came. */
  readonly raw: Table | Arrays;
  /** All rows with an answer, from which folds are cut; the y of a table's are classes, or zeros. */
  all(): { readonly data: Data; readonly table: Table | undefined; readonly groups: ArrayLike<unknown> | undefined };
  /** What people want to know: rows that were left out. */
  readonly notes: readonly string[];
}

export interface Wanted extends Settings {
  /** Where an IDX file's labels lie. */
  readonly labels?: string;
  /** Folds are to be cut from all rows: no part is kept apart by group or by time. */
  readonly folds?: boolean;
}

/** Reads a file and makes it ready. */
export async function prepare(path: string, settings: Wanted): Promise<Ready> {
  const kind = await kindOf(path);
  return isTabular(kind) ? prepareTable(await wantTarget(path, settings, kind), kind, settings) : prepareArrays(await readArrays(path, kind, settings.target, settings.labels), kind, settings);
}

async function wantTarget(path: string, settings: Wanted, kind: Kind): Promise<Table> {
  const table = await readTable(path, settings, kind), names = [...table.columns.keys()];
  if (settings.target === undefined)
    throw new UsageError(`--target is missing: which column is to be predicted? ${table.name} has ${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}`);
  return table;
}

/** Row numbers to train on, and those that are held out. */
function parts(rows: number, labels: readonly string[] | undefined, table: Table | undefined, { validation, seed, group, time }: Wanted, schema?: Schema): { training: Uint32Array; heldOut: Uint32Array } {
  const by = group !== undefined ? { group: columnOf(table, "group", group) } : time !== undefined ? { time: timesOf(table, time, columnOf(table, "time", time), schema) } : labels ? { classes: labels } : "random" as const;
  const numbers = Float32Array.from({ length: rows }, (_, i) => i);
  const found = split({ x: { data: numbers, shape: [rows, 1] }, y: new Float32Array(rows) }, { validation: validation ?? 0.2, seed: seed ?? 0, by });
  return { training: found.training.ids, heldOut: found.validation.ids };
}

/** The column that a flag names. */
function columnOf(table: Table | undefined, flag: string, name: string): ColumnValues {
  const values = table?.columns.get(name), names = [...(table?.columns.keys() ?? [])];
  if (!values) throw new UsageError(`--${flag}: no column ${JSON.stringify(name)} to split by; ${didYouMean(name, names) ?? (names.length ? `known: ${names.join(", ")}` : "only tables have columns")}`);
  return values;
}

/** When each row was: as numbers where the schema knows how, for 31.1.2020 stands after 1.2.2020 as a text. */
function timesOf(table: Table | undefined, name: string, values: ColumnValues, schema: Schema | undefined): ArrayLike<any> {
  if (!table || !schema) return values;
  const { type, format } = schema.columns.find((column) => column.name === name)!, rows = { length: table.rows };
  if (type === "date") return Float64Array.from(rows, (_, row) => dateAt(table, name, values, row, format!));
  if (type === "number") return Float64Array.from(rows, (_, row) => numberAt(table, name, values, row));
  const first = textAt(values, 0);
  if (first !== null && (/^\s*\d{1,2}[-/. ]/.test(first) || !Number.isNaN(parseDate(first, "named"))))
    throw new UsageError(`--time: how are the dates of ${JSON.stringify(name)} written, such as ${JSON.stringify(first)}? --types ${JSON.stringify(`${name}=date:dmy`)} or ${JSON.stringify(`${name}=date:mdy`)} says it`);
  return values;
}

/** Between its parts the event loop has a turn: Ctrl+C is heard, and a page stays awake. */
export async function prepareTable(whole: Table, kind: Kind, settings: Wanted): Promise<Ready> {
  const { target, types, transforms, task: asked, group, folds = false } = settings as Wanted & { target: string }, notes: string[] = [];
  const by: Wanted = folds ? { ...settings, group: undefined, time: undefined } : settings;
  // what a group is called says nothing of the groups that are held out
  const ignore = [...(settings.ignore ?? []), ...(group !== undefined && group !== target && whole.columns.has(group) ? [group] : [])];
  const schema = inferSchema(whole, { target, ...(types && { types: types as never }), ...(transforms && { transforms: transformsOf(transforms) }), ignore: [...new Set(ignore)], ...(asked !== undefined && { task: asked as never }) });
  await nextTask();
  const answered = rowsWith(whole, target), table = answered.length < whole.rows ? takeRows(whole, answered) : whole;
  if (table.rows === 0) throw failed(whole.name, `the column ${JSON.stringify(target)} has no value in any row`);
  if (table.rows < whole.rows) notes.push(`${whole.rows - table.rows} of ${whole.rows} rows have no ${target}: they are left out`);
  const labels = schema.task === "classification" ? Array.from(table.columns.get(target)!, String) : undefined;
  const { training, heldOut } = labels ? known(labels, parts(table.rows, labels, table, by, schema), notes, by.group !== undefined || by.time !== undefined, (problem) => failed(whole.name, `column ${JSON.stringify(target)}: ${problem}`, "no-classes"))
    : parts(table.rows, labels, table, by, schema);
  await nextTask();
  if (!labels) wantDifferent(whole.name, target, table.columns.get(target)!);
  const raw = takeRows(table, heldOut), rows = takeRows(table, training), preprocessing = Preprocessing.fit(table, { schema, rows: training }), { classes } = preprocessing;
  await nextTask();
  const now = preprocessing.apply(rows, { target: true }), later = preprocessing.apply(raw, { target: true });
  await nextTask();
  return {
    name: whole.name, kind, form: formOf(whole), schema, preprocessing, classes, input: preprocessing.input, factor: 1, training: now, heldOut: later, raw, notes,
    facts: factsOf(target, rows.rows, preprocessing.input[0], classes, now.y),
    all: () => ({
      data: { x: { data: new Float32Array(table.rows), shape: [table.rows, 1] }, y: labels ? classNumbers(labels, classes!) : new Float32Array(table.rows) },
      table, groups: group === undefined ? undefined : columnOf(table, "group", group),
    }),
  };
}

/** 1.0 is the class 1 where classes are numbers. */
function classNumbers(labels: readonly string[], classes: readonly string[]): Float32Array {
  const numbers = new Map(classes.map((name, i) => [name, i])), numeric = areNumbers(new Set(labels));
  return Float32Array.from(labels, (label) => numbers.get(categoryOf(label, numeric)) ?? -1);
}

function wantDifferent(name: string, target: string, values: ColumnValues): void {
  const first = textAt(values, 0), { length } = values;
  for (let row = 1; row < length; row++) if (textAt(values, row) !== first) return;
  throw failed(name, `column ${JSON.stringify(target)}: wanted at least two different numbers, got ${first} in every row`, "one-value");
}

/** A split in which every class that is held out is trained on too: a class of one row is not held out. By group or by time (`apart`), rows of
 * later days and of other groups are not trained on for that: they are left out. */
function known(labels: readonly string[], { training, heldOut }: { training: Uint32Array; heldOut: Uint32Array }, notes: string[], apart: boolean, bad: (problem: string) => Error): { training: Uint32Array; heldOut: Uint32Array } {
  const trained = new Set(Array.from(training, (row) => labels[row]!)), alone = heldOut.filter((row) => !trained.has(labels[row]!));
  if (!alone.length) return { training, heldOut };
  if (alone.length === heldOut.length)
    throw bad(`none of the classes that are held out is trained on; ${plural(new Set(labels).size, "class", "classes")} in ${plural(labels.length, "row")}, such as ${JSON.stringify(labels[0])}: is it the right column?`);
  const left = heldOut.filter((row) => trained.has(labels[row]!)), names = [...new Set(Array.from(alone, (row) => labels[row]!))].join(", ");
  notes.push(apart ? `${names}: no row to train on; ${plural(alone.length, "row")} that would be held out ${alone.length === 1 ? "is" : "are"} left out` : `${names}: so few rows that none is held out`);
  return { training: apart ? training : Uint32Array.of(...training, ...alone), heldOut: left };
}

export function prepareArrays(arrays: Arrays, kind: Kind, settings: Wanted): Ready {
  const { x, y, name, rows } = arrays;
  if (!y) throw new UsageError(`${name} has no labels: --labels FILE says where they are (IDX), --target ARRAY what they are called (npz)`);
  const width = y.data.length / rows, whole = y.data.every((value) => Number.isInteger(value) && value >= 0 && value < 1000);
  const classNumbers = width === 1 && whole && (settings.task !== "regression");
  if (width !== 1) throw failed(name, `wanted one target for each row, got ${width}`);
  if (y.data.every((value) => value === y.data[0])) throw failed(name, `wanted at least two different labels, got ${y.data[0]} for every row`, "one-value");
  const count = classNumbers ? 1 + Float64Array.from(y.data).reduce((most, value) => Math.max(most, value), 0) : 0;
  const classes = classNumbers ? Array.from({ length: Math.max(2, count) }, (_, i) => String(i)) : undefined;
  const { training, heldOut } = parts(rows, classNumbers ? Array.from(y.data, String) : undefined, undefined, settings);
  const shape = x.shape.slice(1), raw = takeArrays(arrays, heldOut), now = takeArrays(arrays, training);
  const data = (part: Arrays): Data => ({ x: part.x as never, y: part.y!.data as never });
  return {
    name, kind, form: undefined, schema: undefined, preprocessing: undefined, classes, input: shape, factor: x.data instanceof Uint8Array ? 1 / 255 : 1,
    training: data(now), heldOut: data(raw), raw, notes: [], facts: factsOf(settings.target ?? "the label", training.length, shape.reduce((a, b) => a * b, 1), classes, now.y!.data),
    all: () => ({ data: data(arrays), table: undefined, groups: undefined }),
  };
}

/** Flat numbers of a target. */
export function numbersOf(y: unknown): ArrayLike<number> {
  return (ArrayBuffer.isView(y) || Array.isArray(y) ? y : (y as { data: unknown }).data) as ArrayLike<number>;
}

function factsOf(target: string, rows: number, inputs: number, classes: readonly string[] | undefined, y: ArrayLike<number>): Facts {
  if (!classes) return { task: "number", target, rows, inputs, far: farOff(y) };
  const counts = new Array<number>(classes.length).fill(0), task: Task = classes.length === 2 ? "yes-no" : "classes";
  for (let i = 0; i < y.length; i++) counts[y[i]!]!++;
  return { task, target, rows, inputs, classes: classes.map((name, i) => ({ name, rows: counts[i]! })) };
}

/** The network of a plan. */
function networkOf({ hidden, activation, dropout: share, initializer, outputs }: Plan, flat: boolean): Layer {
  const activate = (layers as unknown as Record<string, () => Layer>)[activation]!;
  const body = hidden.flatMap((units) => [dense(units, { initializer }), activate(), ...(share ? [dropout(share)] : [])]);
  return sequential(...(flat ? [] : [flatten()]), ...body, dense(outputs));
}

/** An untrained model. */
export async function modelOf(ready: Ready, plan: Plan, { seed = 0, threads = 1 }: Settings): Promise<Model> {
  const { input, classes, preprocessing, factor, form } = ready, network = networkOf(plan, input.length === 1);
  const options = { input: input as readonly number[], seed, threads, ...(classes && { classes }), ...(preprocessing && { preprocessing }) } as ModelOptions<readonly number[], "here">;
  const model = await (factor === 1 ? createModel(network, options) : createModel((x) => network(ops.multiply(x as never, factor)), options));
  if (form) keepForm(model, form);
  return model;
}

export function lossOf({ loss, task }: Plan): Loss {
  const made: Record<string, () => Loss> = {
    crossEntropy, binaryCrossEntropy, multiMargin, mse, mae, huber, smoothL1, focal: () => focal({ variant: task === "classes" ? "softmax" : "sigmoid" }),
  };
  return made[loss]!();
}

export function optimizerOf({ optimizer, learningRate = startRate(optimizer), weightDecay }: Plan): Optimizer {
  const common = { learningRate, ...(weightDecay > 0 && { weightDecay }) };
  switch (optimizer) {
    case "adamW":
      // a pattern, for engines write a function's text in ways of their own, and a run may go on in another one
      return adamW({ learningRate, weightDecay, groups: [{ match: /bias$/, weightDecay: 0 }] });
    case "sgd":
      return sgd({ ...common, momentum: 0.9 });
    default: {
      const made: Record<string, (options: typeof common) => Optimizer> = { adam, rmsprop, adagrad, adadelta, adamax, nadam, radam, lion };
      return made[optimizer]!(common);
    }
  }
}

export function scheduleOf({ schedule }: Plan): Schedule | undefined {
  switch (schedule) {
    case "cosine":
      return cosine();
    case "warmup":
      return warmup(cosine(), { epochs: 1 });
    case "oneCycle":
      return oneCycle();
    case "reduceOnPlateau":
      return reduceOnPlateau({ monitor: "validation.loss" });
    default:
      return undefined;
  }
}

/** Rows to train on: with what each counts, or with those of rarer classes more than once. */
export function taught(data: Data, plan: Plan, { seed = 0 }: Settings): Data {
  return plan.oversample ? oversample(data, { seed }) : weighted(data, plan);
}

/** Rows with what each counts, where classes are to count alike. */
export function weighted(data: Data, { classWeights }: Plan): Data {
  return classWeights ? { ...data, weight: Float32Array.from(numbersOf(data.y), (label) => classWeights[label]!) } : data;
}

/** Rows of a step of the range test, at the least: over batches of 32 the loss of a step says more of its rows than of the rate (spirals of 400 rows,
 * three seeds: 1e-4, 5e-5 and 8e-3; over all rows 5e-3 to 2e-2). */
const TESTED = 1024;

/** A range test over the rows to train on. */
export function rateCurve(model: Model, ready: Ready, plan: Plan, wanted: Settings, sweep: Pick<FindLearningRateOptions, "minimum" | "maximum" | "steps"> = {}): Promise<RateCurve> {
  return findLearningRate(model, taught(ready.training, plan, wanted), { loss: lossOf(plan), optimizer: optimizerOf(plan), batchSize: Math.max(plan.batchSize, TESTED), seed: wanted.seed ?? 0, ...sweep });
}

/** The rate that it finds, within bounds. */
export async function testedRate(model: Model, ready: Ready, plan: Plan, settings: Settings): Promise<{ rate: number; suggestion: number; steps: number }> {
  const { suggestion, rates } = await rateCurve(model, ready, plan, settings);
  return { rate: tamed(suggestion, plan.optimizer), suggestion, steps: rates.length };
}
