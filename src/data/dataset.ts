// dataset(): from what people have, arrays, tables, batches that come one after the other, to what fit, evaluate and predict take.

import { DataError } from "../errors.ts";
import { badOption, checkNames, isRecord, wantCount, wantFunction, wantSeed } from "../options.ts";
import type { SeedWords } from "../philox.ts";
import { isShape, type Shape } from "../shape.ts";
import { isFlat } from "../tensor.ts";
import { type Batches, type Data, isStream, type Stream } from "./columns.ts";
import { assemble, type Fields, fieldsOf, type Known } from "./rows.ts";
import { ShuffleBuffer } from "./shuffle.ts";
import { Dataset } from "./splits.ts";

/** What makes numbers of raw rows: a fitted Preprocessing. */
export interface RowMaker {
  apply(table: any, options?: { target?: boolean }): { readonly x: unknown; readonly y?: unknown };
  readonly classes?: readonly string[] | undefined;
}

export interface DatasetOptions {
  /** Makes x and y of the rows of tables, or of records. */
  preprocessing?: RowMaker;
  /** Row shape of x where it is a flat array, such as [28, 28, 1]; by name where there are several inputs. */
  input?: Shape | Readonly<Record<string, Shape>>;
  /** Names of the classes that the numbers of y stand for; the preprocessing's by default. */
  classes?: readonly string[];
  /** Rows of a stream that are held in memory to give it a new order in each epoch; none by default, and the order is the source's. */
  shuffleBuffer?: number;
  /** Of that order; 0 by default. */
  seed?: number;
  /** Rows of an epoch of a stream, where they are known: schedules whose lengths are in epochs want to know them. */
  rows?: number;
}

/** A data set that comes batch by batch: a function of the number of epochs that are done, as fit and evaluate take it, which can be
 * read by itself too: `for await (const { x, y } of data)` reads epoch 0. */
export interface DatasetStream<X = any, Y = any> {
  (epoch: number): Batches<Data<X, Y>>;
  readonly rows?: number;
  readonly classes?: readonly string[];
  [Symbol.asyncIterator](): AsyncIterator<Data<X, Y>, void>;
}

/** Tables, and records, that come one after the other. */
export type RawBatches = Batches<any> | ((epoch: number) => Batches<any>);

const OPTIONS = ["preprocessing", "input", "classes", "shuffleBuffer", "seed", "rows"];

/** Makes a data set of arrays, of a table with a fitted Preprocessing, or of batches: an (async) iterable, or a function of the epoch
 * that returns one, of `{ x, y, weight? }`, or of tables or lists of records with a Preprocessing.
 *
 * Arrays are not copied. Batches are read anew in each epoch, so that memory stays flat, however many there are; `shuffleBuffer: n`
 * gives them a new order in each epoch, in which a row comes at most n rows too early. It is a function of seed and epoch alone,
 * on any runtime, whatever the sizes of the batches; a run that resumes goes on in it. While a batch is in use, the next is asked for.
 *
 * @throws OptionError, DataError or ShapeError for what is no data set; those of a stream come when it is read.
 * @example
 * const data = await dataset((epoch) => [{ x: [[1], [2]], y: [1, 2] }, { x: [[3]], y: [3] }], { shuffleBuffer: 100, seed: 1 });
 * const model = await createModel(dense(1), { input: [1] });
 * (await model.fit(data, { loss: mse(), epochs: 2, batchSize: 3 })).epochs.length // → 2
 */
export async function dataset<X, Y>(source: Stream<X, Y>, options?: DatasetOptions & { preprocessing?: undefined }): Promise<DatasetStream<X, Y>>;
export async function dataset<X, Y>(source: Data<X, Y>, options?: DatasetOptions): Promise<Dataset<X, Y>>;
export async function dataset(source: readonly Readonly<Record<string, unknown>>[], options: DatasetOptions & { preprocessing: RowMaker }): Promise<Dataset>;
export async function dataset(source: RawBatches, options?: DatasetOptions): Promise<DatasetStream>;
export async function dataset(source: object, options?: DatasetOptions): Promise<Dataset>;
export async function dataset(source: unknown, options: DatasetOptions = {}): Promise<Dataset | DatasetStream> {
  checkNames("dataset", options, OPTIONS);
  const { preprocessing, shuffleBuffer, rows } = options, { low, high } = wantSeed(options.seed ?? 0);
  if (preprocessing !== undefined && !(isRecord(preprocessing) && typeof preprocessing.apply === "function"))
    throw badOption("preprocessing", preprocessing, "a fitted Preprocessing");
  if (shuffleBuffer !== undefined) wantCount("shuffleBuffer", shuffleBuffer);
  if (rows !== undefined) wantCount("rows", rows);
  const known: Known & { classes: readonly string[] | undefined } = { input: wantInput(options.input), classes: wantClasses(options.classes) ?? preprocessing?.classes };
  if (!isStream(source) || isFlat(source) || (preprocessing && isRecords(source))) {
    for (const option of ["shuffleBuffer", "rows"] as const)
      if (options[option] !== undefined) throw badOption(option, options[option], "none, as all rows are in memory", { fix: option === "rows" ? undefined : "fit shuffles them" });
    const data = converted(source, preprocessing, ""), { rows: count, fields } = fieldsOf(data, known);
    if (count === 0) throw new DataError("no-rows", { option: "data", wanted: "at least one row", got: 0 });
    return new Dataset(known.input ? assemble(count, fields, ({ data }) => data) : data as Data, known);
  }
  return streamOf(source, { preprocessing, known, shuffleBuffer, seed: { low, high }, rows });
}

interface StreamPlan {
  readonly preprocessing: RowMaker | undefined;
  readonly known: Known & { classes: readonly string[] | undefined };
  readonly shuffleBuffer: number | undefined;
  readonly seed: SeedWords;
  readonly rows: number | undefined;
}

/** What is done with the batches of an epoch. */
interface Work {
  /** A batch goes in; what comes out is our own, so that the source may use its arrays again. */
  take(value: unknown): Data | undefined;
  rest(): Iterable<Data>;
}

function streamOf(source: Stream, plan: StreamPlan): DatasetStream {
  const { known, shuffleBuffer, seed } = plan, rows = plan.rows ?? (source.rows === undefined ? undefined : wantCount("rows", source.rows));
  let taken = false;
  const open = (epoch: number): Batches => {
    wantCount("epoch", epoch, 0);
    const batches: unknown = typeof source === "function" ? source(epoch) : source;
    if (!isStream(batches) || typeof batches === "function")
      throw badOption("source", batches, "an (async) iterable of batches, or a function that returns one", { of: "dataset" });
    // an iterator of its own, as generators are, has no second epoch
    if (typeof source !== "function" && typeof (source as unknown as Iterator<unknown>).next === "function") {
      if (taken) throw new DataError("one-shot", {
        option: "data", problem: "this stream can be read once, and each epoch reads it anew", fix: "give a function that returns a new one, such as () => generator()",
      });
      taken = true;
    }
    const work = workOf(plan, shuffleBuffer === undefined ? undefined : new ShuffleBuffer(shuffleBuffer, seed, epoch));
    // pass on what nothing is done with: fit itself asks for the next batch while one is in use
    if (!work) return batches as Batches;
    return Symbol.asyncIterator in batches ? later(batches as AsyncIterable<unknown>, work) : now(batches as Iterable<unknown>, work);
  };
  return Object.assign(open, {
    ...(rows !== undefined && { rows }), ...(known.classes && { classes: known.classes }),
    async *[Symbol.asyncIterator]() {
      yield* open(0);
    },
  }) as DatasetStream;
}

function workOf({ preprocessing, known }: StreamPlan, buffer: ShuffleBuffer | undefined): Work | undefined {
  if (!preprocessing && !known.input && !buffer) return undefined;
  let number = 0;
  return {
    take(value) {
      const at = `batch ${++number}: `, data = converted(value, preprocessing, at);
      if (!buffer && !known.input) return data as Data;
      const fields: Fields = fieldsOf(data, { ...known, at });
      if (fields.rows === 0) return undefined;
      return buffer ? buffer.take(fields, at) : assemble(fields.rows, fields.fields, ({ data }) => data.slice(), at);
    },
    rest: () => buffer?.rest() ?? [],
  };
}

function* now(batches: Iterable<unknown>, work: Work): Generator<Data> {
  for (const value of batches) {
    const data = work.take(value);
    if (data) yield data;
  }
  yield* work.rest();
}

/** Asks for the next batch before it gives what the last one came to. */
async function* later(batches: AsyncIterable<unknown>, work: Work): AsyncGenerator<Data> {
  const iterator = batches[Symbol.asyncIterator]();
  let coming: Promise<IteratorResult<unknown>> | undefined;
  const ask = (): void => {
    coming = Promise.resolve(iterator.next());
    coming.catch(() => {}); // whoever waits for it tells
  };
  let ended = false;
  try {
    for (ask(); ;) {
      const { done, value } = await coming!;
      coming = undefined;
      if (done) break;
      const data = work.take(value);
      ask();
      if (data) yield data;
    }
    ended = true;
    yield* work.rest();
  } catch (error) {
    ended ||= coming !== undefined; // the source has failed
    throw error;
  } finally {
    if (!ended) {
      const closing = Promise.resolve(iterator.return?.());
      if (coming) closing.catch(() => {}); // a generator that is at work hears of it later
      else await closing;
    }
  }
}

/** Numbers of what came. */
function converted(value: unknown, preprocessing: RowMaker | undefined, at: string): unknown {
  const table = isTable(value);
  if (preprocessing && (table || isRecords(value))) {
    const { x, y } = preprocessing.apply(value, { target: true });
    if (y === undefined) throw new DataError("no-target", { option: `${at}y`, wanted: "a target, as the preprocessing has none", fix: "name it: inferSchema(table, { target })" });
    return { x, y };
  }
  if (table) throw new DataError("no-preprocessing", { option: `${at}data`, wanted: "numbers", got: "a table", fix: "give the option preprocessing, fitted on training rows" });
  if (isRecord(value) && "x" in value) return value;
  throw new DataError("not-a-dataset", {
    option: `${at}data`, wanted: "{ x, y }, a table, or an (async) iterable of batches", got: value,
    fix: typeof Blob === "function" && value instanceof Blob || typeof value === "string" ? "read it first: csv(), jsonl(), parquet(), idx(), npy(), imageFiles() …" : undefined,
  });
}

/** Is it a Table? */
function isTable(value: unknown): boolean {
  return isRecord(value) && value.columns instanceof Map;
}

/** Is it a list of raw rows, and not of batches? */
function isRecords(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && isRecord(value[0]) && !isTable(value[0]) && !("x" in value[0] && "y" in value[0]);
}

function wantInput(input: unknown): DatasetOptions["input"] {
  const shapes = isRecord(input) ? Object.values(input) : [input];
  if (input !== undefined && !(shapes.length && shapes.every((shape) => isShape(shape)))) throw badOption("input", input, "the shape of a row of x, such as [784], or a record of them");
  return input as DatasetOptions["input"];
}

function wantClasses(classes: unknown): readonly string[] | undefined {
  if (classes === undefined) return undefined;
  if (!Array.isArray(classes) || !classes.every((name) => typeof name === "string") || new Set(classes).size !== classes.length)
    throw badOption("classes", classes, "names, each once");
  return [...classes as string[]];
}
