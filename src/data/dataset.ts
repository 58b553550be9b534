// dataset(): from what people have, arrays, tables, batches that come one after the other, to what fit, evaluate and predict take.

import { DataError } from "../errors.ts";
import { SPLIT } from "../ops/random.ts";
import { badOption, checkNames, isRecord, wantCount, wantNumber, wantPositive, wantSeed } from "../options.ts";
import { draws, type SeedWords } from "./philox.ts";
import { isShape, type Shape } from "../shape.ts";
import { isFlat } from "../tensor.ts";
import { type Batches, type Data, isStream, type Stream } from "./columns.ts";
import { assemble, type Fields, fieldsOf, type Known, takeField } from "./rows.ts";
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
  (epoch?: number): Batches<Data<X, Y>>;
  readonly rows?: number;
  readonly classes?: readonly string[];
  [Symbol.asyncIterator](): AsyncIterator<Data<X, Y>, void>;
  /** Parts the rows at random: each goes where the seed and its place in the source send it, so that the source must give its rows in
   * one order in each epoch. Parts have about their shares; held-out ones are not shuffled. Each part reads the whole source. */
  split<const O extends StreamSplitOptions>(options?: O): { training: DatasetStream<X, Y>; validation: DatasetStream<X, Y>; test: O extends { test: number } ? DatasetStream<X, Y> : undefined };
}

export interface StreamSplitOptions {
  /** Share of the rows; 0.2 by default. */
  validation?: number;
  /** Share of the rows; none by default. */
  test?: number;
  /** 0 by default. */
  seed?: number;
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
  if (source instanceof Dataset && Object.keys(options).length === 0) return source;
  if (!isStream(source) || isFlat(source) || (preprocessing && isRecords(source))) {
    for (const option of ["shuffleBuffer", "rows"] as const)
      if (options[option] !== undefined) throw badOption(option, options[option], "none, as all rows are in memory", { fix: option === "rows" ? undefined : "fit shuffles them" });
    const data = converted(source, preprocessing, ""), { rows: count, fields } = fieldsOf(data, known);
    if (count === 0) throw new DataError("no-rows", { option: "data", wanted: "at least one row", got: 0 });
    return new Dataset(known.input ? assemble(count, fields, ({ data }) => data) : data as Data, known);
  }
  return streamOf(source, { preprocessing, known, shuffleBuffer, seed: { low, high }, shares: [], rows: rows ?? (source.rows === undefined ? undefined : wantCount("rows", source.rows)) });
}

interface StreamPlan {
  readonly preprocessing: RowMaker | undefined;
  readonly known: Known & { classes: readonly string[] | undefined };
  readonly shuffleBuffer: number | undefined;
  readonly seed: SeedWords;
  readonly rows: number | undefined;
  /** Which rows are let through. */
  readonly shares: readonly Share[];
}

/** Rows whose number, drawn from [0, 1), is in a range. */
interface Share {
  readonly seed: SeedWords;
  readonly from: number;
  readonly to: number;
}

/** Says of each row that comes whether it is let through. */
function sieve(shares: readonly Share[]): () => boolean {
  const all = shares.map(({ seed, from, to }, depth) => ({ draw: draws(seed, SPLIT, STREAM_SPLIT + depth), from, to }));
  return () => all.every(({ draw, from, to }) => {
    const at = draw(GRAIN) / GRAIN;
    return at >= from && at < to;
  });
}

/** Steps between 0 and 1. */
const GRAIN = 1 << 30;
/** Step of the stream SPLIT, behind those of partition.ts and balance.ts. */
const STREAM_SPLIT = 6;

/** What is done with the batches of an epoch. */
interface Work {
  /** A batch goes in; what comes out is our own, so that the source may use its arrays again. */
  take(value: unknown): Data | undefined;
  rest(): Iterable<Data>;
}

function streamOf(source: Stream, plan: StreamPlan): DatasetStream {
  const { known, shuffleBuffer, seed, shares } = plan;
  let { rows } = plan, taken = false;
  if (rows !== undefined && shares.length) {
    const passes = sieve(shares), all = rows;
    rows = 0;
    for (let row = 0; row < all; row++) rows += Number(passes());
  }
  const open = (epoch = 0): Batches => {
    wantCount("epoch", epoch, 0);
    const batches: unknown = typeof source === "function" ? source(epoch) : source;
    if (!isStream(batches) || typeof batches === "function")
      throw badOption("source", batches, "an (async) iterable of batches, or a function that returns one", { of: "dataset" });
    if (taken) throw oneShot();
    taken = isOneShot(source);
    const work = workOf(plan, shuffleBuffer === undefined ? undefined : new ShuffleBuffer(shuffleBuffer, seed, epoch));
    // pass on what nothing is done with: fit itself asks for the next batch while one is in use
    if (!work) return batches as Batches;
    return Symbol.asyncIterator in batches ? later(batches as AsyncIterable<unknown>, work) : now(batches as Iterable<unknown>, work);
  };
  return Object.assign(open, {
    split: (options: StreamSplitOptions = {}) => splitStream(source, plan, options),
    ...(rows !== undefined && { rows }), ...(known.classes && { classes: known.classes }),
    async *[Symbol.asyncIterator]() {
      yield* open(0);
    },
  }) as unknown as DatasetStream;
}

function splitStream(source: Stream, plan: StreamPlan, options: StreamSplitOptions): ReturnType<DatasetStream["split"]> {
  checkNames("split", options, ["validation", "test", "seed"]);
  const { low, high } = wantSeed(options.seed ?? 0), validation = wantPositive("validation", wantNumber("validation", options.validation ?? 0.2, 0, 1, true));
  const test = options.test === undefined ? 0 : wantPositive("test", wantNumber("test", options.test, 0, 1, true)), held = validation + test;
  if (!(held < 1)) throw badOption("validation", validation, "shares that leave some rows for training");
  if (isOneShot(source)) throw oneShot();
  const part = (from: number, to: number, shuffleBuffer?: number): DatasetStream => streamOf(source, { ...plan, shuffleBuffer, shares: [...plan.shares, { seed: { low, high }, from, to }] });
  return { training: part(held, 1, plan.shuffleBuffer), validation: part(0, validation), test: (test ? part(validation, held) : undefined) as any };
}

/** Is it its own iterator, as generators are? */
function isOneShot(source: Stream): boolean {
  return typeof source !== "function" && typeof (source as unknown as Iterator<unknown>).next === "function";
}

function oneShot(): DataError {
  return new DataError("one-shot", {
    option: "data", problem: "this stream can be read once, and each epoch reads it anew", fix: "give a function that returns a new one, such as () => generator()",
  });
}

function workOf({ preprocessing, known, shares }: StreamPlan, buffer: ShuffleBuffer | undefined): Work | undefined {
  if (!preprocessing && !known.input && !buffer && !shares.length) return undefined;
  let number = 0;
  const passes = sieve(shares);
  return {
    take(value) {
      if (isTable(value) && (value as { rows?: unknown }).rows === 0) return undefined;
      const at = `batch ${++number}: `, data = converted(value, preprocessing, at);
      if (!buffer && !known.input && !shares.length) return data as Data;
      let fields = fieldsOf(data, { ...known, at });
      if (shares.length) fields = only(fields, Array.from({ length: fields.rows }, (_, row) => row).filter(passes));
      if (fields.rows === 0) return undefined;
      return buffer ? buffer.take(fields, at) : assemble(fields.rows, fields.fields, ({ data }) => data.slice(), at);
    },
    rest: () => buffer?.rest() ?? [],
  };
}

/** These rows alone. */
function only({ fields }: Fields, ids: readonly number[]): Fields {
  return { rows: ids.length, fields: fields.map((field) => ({ ...field, data: takeField(field, ids) })) };
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
  return Array.isArray(value) && value.length > 0 && isRecord(value[0]) && !isTable(value[0]) && !(isRecord(value[0].x) || Array.isArray(value[0].x));
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
