// From data and settings to what fit takes: the same rows, split and numbers whenever they are wanted again, to train, to go on, to
// verify.

import {
  type Data, type DatasetStream, type FindLearningRateOptions, type Layer, type Loss, type ModelOptions, type Optimizer, type RateCurve, type Schedule, type Table, type TransformOption,
  adadelta, adagrad, adam, adamax, adamW, binaryCrossEntropy, cosine, createModel, crossEntropy, dense, dropout, findLearningRate, flatten, focal, huber, inferSchema,
  layers, lion, mae, mse, type Model, multiMargin, nadam, oneCycle, ops, oversample, Preprocessing, radam, reduceOnPlateau, rmsprop, rowsWith, type Schema, type SchemaOptions, sequential, sgd, smoothL1,
  split, type Stream, takeRows, warmup,
} from "../index.ts";
import { type CsvForm, formOf } from "../data/csv.ts";
import { parseDate } from "../data/dates.ts";
import { type ColumnValues, textAt } from "../data/table.ts";
import { areNumbers, categoryOf, dateAt, numberAt } from "../data/transforms.ts";
import { nextTask } from "../yield.ts";
import { type Facts, type Plan, type Said, say, startRate, tamed, type Task } from "./choose.ts";
import { type Arrays, columnOf, type Images, keepForm, type Kind, takeArrays, wholeColumnOf } from "./data.ts";
import { failed, UsageError } from "./failure.ts";
import { farOff } from "./scores.ts";
import { plural } from "./text.ts";

/** Data that a model can be trained on: in memory, or rows that are streamed. */
export interface Ready<Rows extends Data | DatasetStream = Data> {
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
  readonly training: Rows;
  /** Enough of them to look at. */
  sample(): Promise<Data>;
  readonly heldOut: Data;
  /** The rows that are held out, as they came. */
  readonly raw: readonly (Table | Arrays)[];
  /** All rows with an answer, from which folds are cut; the y of a table's are classes, or zeros.
   *
   * @throws UsageError where they are not in memory. */
  all(): { readonly data: Data; readonly table: Table | undefined; readonly groups: ArrayLike<unknown> | undefined };
  /** What people want to know: rows that were left out. */
  readonly notes: readonly Said[];
}

export type AnyReady = Ready<Data | DatasetStream>;

/** What is asked of data and training; of a column by its name. */
export interface Wanted {
  readonly target?: string;
  readonly task?: string;
  readonly types?: Readonly<Record<string, string>>;
  readonly transforms?: Readonly<Record<string, TransformOption>>;
  readonly ignore?: readonly string[];
  /** The share that is held out; 0.2 by default. */
  readonly validation?: number;
  /** 0 by default. */
  readonly seed?: number;
  /** Rows of one group stay together, or the latest are held out. */
  readonly group?: string;
  readonly time?: string;
  /** Folds are to be cut from all rows: no part is kept apart by group or by time. */
  readonly folds?: boolean;
}

/** What is asked of the columns. */
export function schemaOptions({ target, types, transforms, task, group, ignore = [] }: Wanted): SchemaOptions {
  // what a group is called says nothing of the groups that are held out
  const left = [...ignore, ...(group !== undefined && group !== target ? [group] : [])];
  return { target: target!, ...(types && { types: types as never }), ...(transforms && { transforms }), ignore: [...new Set(left)], ...(task !== undefined && { task: task as never }) };
}

/** Row numbers to train on, and those that are held out. */
function parts(name: string, rows: number, labels: readonly string[] | undefined, table: Table | undefined, { validation, seed, group, time }: Wanted, schema?: Schema): { training: Uint32Array; heldOut: Uint32Array } {
  const by = group !== undefined ? { group: wholeColumnOf(table, "group", group) } : time !== undefined ? { time: timesOf(table, time, wholeColumnOf(table, "time", time), schema) } : labels ? { classes: labels } : "random" as const;
  const numbers = Float32Array.from({ length: rows }, (_, i) => i), share = validation ?? 0.2, held = Math.round(share * rows);
  if (held < 1 || held >= rows) throw failed(name, `${plural(rows, "row")} cannot be parted into some to train on and ${100 * share} % that are held out: more rows, or another --validation`, "too-few-rows", { rows });
  const found = split({ x: { data: numbers, shape: [rows, 1] }, y: new Float32Array(rows) }, { validation: share, seed: seed ?? 0, by });
  return { training: found.training.ids, heldOut: found.validation.ids };
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
  const { target, group, folds = false } = settings as Wanted & { target: string }, notes: Said[] = [];
  if (group !== undefined) columnOf(whole, "group", group);
  const schema = inferSchema(whole, schemaOptions(settings));
  const by: Wanted = folds ? { ...settings, group: undefined, time: undefined } : settings;
  await nextTask();
  const answered = rowsWith(whole, target), table = answered.length < whole.rows ? takeRows(whole, answered) : whole;
  if (table.rows === 0) throw failed(whole.name, `the column ${JSON.stringify(target)} has no value in any row`, "no-answers", { column: target });
  if (table.rows < whole.rows) notes.push(say("note.unanswered", { left: whole.rows - table.rows, rows: whole.rows, target }));
  const labels = schema.task === "classification" ? Array.from(table.columns.get(target)!, String) : undefined;
  const { training, heldOut } = labels ? known(labels, parts(whole.name, table.rows, labels, table, by, schema), notes, by.group !== undefined || by.time !== undefined, (problem) => failed(whole.name, `column ${JSON.stringify(target)}: ${problem}`, "no-classes", { column: target }))
    : parts(whole.name, table.rows, labels, table, by, schema);
  await nextTask();
  if (!labels) wantDifferent(whole.name, target, table.columns.get(target)!);
  const raw = takeRows(table, heldOut), rows = takeRows(table, training), preprocessing = Preprocessing.fit(table, { schema, rows: training }), { classes } = preprocessing;
  await nextTask();
  const now = preprocessing.apply(rows, { target: true }), later = preprocessing.apply(raw, { target: true });
  await nextTask();
  return {
    name: whole.name, kind, form: formOf(whole), schema, preprocessing, classes, input: preprocessing.input, factor: 1, training: now, sample: async () => now, heldOut: later, raw: [raw], notes,
    facts: factsOf(target, rows.rows, preprocessing.input[0], classes, now.y),
    all: () => ({
      data: { x: { data: new Float32Array(table.rows), shape: [table.rows, 1] }, y: labels ? classNumbers(labels, classes!) : new Float32Array(table.rows) },
      table, groups: group === undefined ? undefined : wholeColumnOf(table, "group", group),
    }),
  };
}

/** 1.0 is the class 1 where classes are numbers. */
export function classNumbers(labels: readonly string[], classes: readonly string[]): Float32Array {
  const numbers = new Map(classes.map((name, i) => [name, i])), numeric = areNumbers(new Set(labels));
  return Float32Array.from(labels, (label) => numbers.get(categoryOf(label, numeric)) ?? -1);
}

function wantDifferent(name: string, target: string, values: ColumnValues): void {
  const first = textAt(values, 0), { length } = values;
  for (let row = 1; row < length; row++) if (textAt(values, row) !== first) return;
  throw failed(name, `column ${JSON.stringify(target)}: wanted at least two different numbers, got ${first} in every row`, "one-value", { column: target, got: first });
}

/** A split in which every class that is held out is trained on too: a class of one row is not held out. By group or by time (`apart`), rows of
 * later days and of other groups are not trained on for that: they are left out. */
function known(labels: readonly string[], { training, heldOut }: { training: Uint32Array; heldOut: Uint32Array }, notes: Said[], apart: boolean, bad: (problem: string) => Error): { training: Uint32Array; heldOut: Uint32Array } {
  const trained = new Set(Array.from(training, (row) => labels[row]!)), alone = heldOut.filter((row) => !trained.has(labels[row]!));
  if (!alone.length) return { training, heldOut };
  if (alone.length === heldOut.length)
    throw bad(`none of the classes that are held out is trained on; ${plural(new Set(labels).size, "class", "classes")} in ${plural(labels.length, "row")}, such as ${JSON.stringify(labels[0])}: is it the right column?`);
  const left = heldOut.filter((row) => trained.has(labels[row]!)), names = [...new Set(Array.from(alone, (row) => labels[row]!))].join(", ");
  notes.push(apart ? say("note.untrained", { names, left: alone.length }) : say("note.alone", { names }));
  return { training: apart ? training : Uint32Array.of(...training, ...alone), heldOut: left };
}

export function prepareArrays(arrays: Arrays & Partial<Images>, kind: Kind, settings: Wanted): Ready {
  const { x, y, name, rows, images } = arrays, notes: Said[] = [];
  if (!y) throw new UsageError(`${name} has no labels: --labels FILE says where they are (IDX), --target ARRAY what they are called (npz)`);
  const width = y.data.length / rows, whole = y.data.every((value) => Number.isInteger(value) && value >= 0 && value < 1000);
  if (images && settings.task === "regression") throw new UsageError(`--task regression: ${name} is images, and their folders are classes`);
  const classNumbers = width === 1 && whole && settings.task !== "regression";
  if (width !== 1) throw failed(name, `wanted one target for each row, got ${width}`);
  if (settings.task === "classification" && !classNumbers)
    throw failed(name, `wanted whole numbers from 0 to 999 as labels, as --task classification says, got ${y.data.find((value) => !(Number.isInteger(value) && value >= 0 && value < 1000))}`, "no-classes");
  if (y.data.every((value) => value === y.data[0])) throw failed(name, `wanted at least two different labels, got ${y.data[0]} for every row`, "one-value", { got: y.data[0] });
  const count = classNumbers ? 1 + Float64Array.from(y.data).reduce((most, value) => Math.max(most, value), 0) : 0;
  const classes = classNumbers ? arrays.classes ?? Array.from({ length: Math.max(2, count) }, (_, i) => String(i)) : undefined;
  const labels = classes && Array.from(y.data, (label) => classes[label]!), found = parts(name, rows, labels, undefined, settings);
  const { training, heldOut } = labels ? known(labels, found, notes, false, (problem) => failed(name, problem, "no-classes")) : found;
  const shape = x.shape.slice(1), raw = takeArrays(arrays, heldOut), now = takeArrays(arrays, training);
  const data = (part: Arrays): Data => ({ x: part.x as never, y: part.y!.data as never });
  return {
    name, kind, form: undefined, schema: undefined, preprocessing: undefined, classes, input: shape, factor: x.data instanceof Uint8Array ? 1 / 255 : 1,
    training: data(now), sample: async () => data(now), heldOut: data(raw), raw: [raw], notes,
    facts: { ...factsOf(images ? "the folder" : settings.target ?? "the label", training.length, shape.reduce((a, b) => a * b, 1), classes, now.y!.data), ...(images && { images }) },
    all: () => ({ data: data(arrays), table: undefined, groups: undefined }),
  };
}

/** Flat numbers of a target. */
export function numbersOf(y: unknown): ArrayLike<number> {
  return (ArrayBuffer.isView(y) || Array.isArray(y) ? y : (y as { data: unknown }).data) as ArrayLike<number>;
}

function factsOf(target: string, rows: number, inputs: number, classes: readonly string[] | undefined, y: ArrayLike<number>): Facts {
  if (!classes) return { task: "number", target, rows, inputs, far: farOff(y) };
  const counts = new Array<number>(classes.length).fill(0);
  for (let i = 0; i < y.length; i++) counts[y[i]!]!++;
  return { task: taskOf(classes), target, rows, inputs, classes: classes.map((name, i) => ({ name, rows: counts[i]! })) };
}

export const taskOf = (classes: readonly string[]): Task => (classes.length === 2 ? "yes-no" : "classes");

/** The network of a plan. */
function networkOf({ hidden, activation, dropout: share, initializer, outputs }: Plan, flat: boolean): Layer {
  const activate = (layers as unknown as Record<string, () => Layer>)[activation]!;
  const body = hidden.flatMap((units) => [dense(units, { initializer }), activate(), ...(share ? [dropout(share)] : [])]);
  return sequential(...(flat ? [] : [flatten()]), ...body, dense(outputs));
}

/** What a model is made with; threads are a number, or "auto". */
interface Training {
  readonly seed?: number;
  readonly threads?: number | string;
}

/** A model of a network that takes the rows as they come. */
export async function modelFrom({ input, classes, preprocessing, factor, form }: AnyReady, network: Layer, { seed = 0, threads = 1 }: Training): Promise<Model> {
  const options = { input: input as readonly number[], seed, threads, ...(classes && { classes }), ...(preprocessing && { preprocessing }) } as ModelOptions<readonly number[], "here">;
  const model = await (factor === 1 ? createModel(network, options) : createModel((x) => network(ops.multiply(x as never, factor)), options));
  if (form) keepForm(model, form);
  return model;
}

/** An untrained model of a plan. */
export const modelOf = (ready: AnyReady, plan: Plan, settings: Training): Promise<Model> => modelFrom(ready, networkOf(plan, ready.input.length === 1), settings);

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

type Seeded = Pick<Wanted, "seed">;

/** Rows to train on: with what each counts, or with those of rarer classes more than once. */
export function taught(data: Data, plan: Plan, settings: Seeded): Data;
export function taught(data: Data | DatasetStream, plan: Plan, settings: Seeded): Data | Stream;
export function taught(data: Data | DatasetStream, plan: Plan, { seed = 0 }: Seeded): Data | Stream {
  return plan.oversample && typeof data !== "function" ? oversample(data, { seed }) : weighted(data, plan);
}

/** Rows with what each counts, where classes are to count alike. */
export function weighted(data: Data, plan: Pick<Plan, "classWeights">): Data;
export function weighted(data: Data | DatasetStream, plan: Pick<Plan, "classWeights">): Data | Stream;
export function weighted(data: Data | DatasetStream, { classWeights }: Pick<Plan, "classWeights">): Data | Stream {
  if (!classWeights) return data;
  const withWeights = (part: Data): Data => ({ ...part, weight: Float32Array.from(numbersOf(part.y), (label) => classWeights[label]!) });
  if (typeof data !== "function") return withWeights(data);
  return Object.assign(async function* (epoch: number) {
    for await (const batch of data(epoch)) yield withWeights(batch);
  }, { rows: data.rows! });
}

/** Rows of a step of the range test, at the least: over batches of 32 the loss of a step says more of its rows than of the rate (spirals of 400 rows,
 * three seeds: 1e-4, 5e-5 and 8e-3; over all rows 5e-3 to 2e-2). */
const TESTED = 1024;

/** A range test over the rows to train on. */
export async function rateCurve(model: Model, ready: AnyReady, plan: Plan, wanted: Seeded, sweep: Pick<FindLearningRateOptions, "minimum" | "maximum" | "steps"> = {}): Promise<RateCurve> {
  return findLearningRate(model, taught(await ready.sample(), plan, wanted), { loss: lossOf(plan), optimizer: optimizerOf(plan), batchSize: Math.max(plan.batchSize, TESTED), seed: wanted.seed ?? 0, ...sweep });
}

/** The rate that it finds, within bounds. */
export async function testedRate(model: Model, ready: AnyReady, plan: Plan, settings: Seeded): Promise<{ rate: number; suggestion: number; steps: number }> {
  const { suggestion, rates } = await rateCurve(model, ready, plan, settings);
  return { rate: tamed(suggestion, plan.optimizer), suggestion, steps: rates.length };
}
