// Data sets larger than memory: batches that come one after the other, from a file, a service, a generator. Their rows are grouped
// anew, batchSize at a time, so that the memory is known beforehand, and the bits are those of the same rows in arrays. Two batches
// have a place in memory: while a step is at work on one, the next comes into the other.
//
//   source   | 5 rows    | 3     | 9                   | …
//   memory   | batch 0  | batch 1 |      of 4 rows each; then 2 in the place of 0, and so on
//
// A page loads this room only if it trains on a stream, so all but types is handed to it: see runtimes/kit.ts.

import type { Column, Columns, Data, Stream } from "../data/columns.ts";
import type { LanewiseError } from "../errors.ts";
import type { Network } from "../network.ts";
import type { Block } from "../session.ts";
import type { DataSet } from "./dataset.ts";
import type { Pause } from "../yield.ts";
import type { EvaluationPlan, Evaluator, Feed, Feeds } from "./evaluate.ts";
import type { FitOptions, Run } from "./fit.ts";
import type { Objective } from "./objective.ts";
import type { DataLayout } from "./programs.ts";
import type { Evaluation } from "./report.ts";

/** What this room uses of the rest of the library. */
export type StreamKit =
  & Pick<typeof import("../data/columns.ts"), "isStream">
  & Pick<typeof import("../errors.ts"), "DataError">
  & Pick<typeof import("../graph.ts"), "bytesOf">
  & Pick<typeof import("../options.ts"), "badOption" | "wantCount">
  & Pick<typeof import("./dataset.ts"), "copyNumbers" | "layOut">
  & Pick<typeof import("./evaluate.ts"), "EVALUATION_ROWS" | "makeEvaluator" | "planEvaluation">
  & Pick<typeof import("./objective.ts"), "dataColumns" | "resolveObjective">;

/** A model, as this room sees it. */
export interface Site {
  readonly kit: StreamKit;
  readonly network: Network;
  readonly classes: readonly string[] | undefined;
  /** Who is to be told when the model is disposed of. */
  readonly waits: Set<(error: unknown) => void>;
}

type Source = Stream<any, any>;
type Steps = Iterator<unknown> | AsyncIterator<unknown>;

/** Opens the streams among a run's data, which waits for the first batch of each, and makes the run. What `cancelled` comes to ends
 * the wait.
 *
 * @throws OptionError for options that want all rows at once; DataError for a first batch that does not fit.
 */
export async function openFeeds(site: Site, data: Data | Source, options: FitOptions, begin: (feeds: Feeds) => Run, cancelled: Promise<unknown>): Promise<Run> {
  const { kit, network } = site, { badOption, isStream, wantCount, EVALUATION_ROWS } = kit, { signal, validation, epochs = 1, resume } = options;
  const objective = kit.resolveObjective(network, options), streams = isStream(data) ? { data } : {};
  const refuse = (option: keyof FitOptions, wanted: string, fix?: string): never => {
    throw badOption(option, options[option], wanted, { fix });
  };
  if (isStream(data)) {
    if (options.shuffle) refuse("shuffle", "false, as the rows of a stream come in its own order", "shuffle in the source, or give arrays");
    if (typeof validation === "number") refuse("validation", "data or a stream of their own, as a stream is not in memory");
    if (options.optimizer?.drive) throw badOption("optimizer", options.optimizer.optimizer, "one that takes batches, as a stream is not in memory");
    if (rowsOf(data, kit) === Infinity) {
      const fix = "give the stream a property rows: how many an epoch has";
      if (options.schedule && lengthMatters(options.schedule)) refuse("schedule", "one whose lengths are in steps, as it is not known how many steps an epoch has", fix);
      if (options.doctor) refuse("doctor", "a stream of a known size", fix);
    }
  }
  if (options.transfer) refuse("transfer", "false, as batches of a stream are copied");
  const all = { ...streams, ...(isStream(validation) && { validation }) } as { data?: Source; validation?: Source };
  const sizes = { data: wantCount("batchSize", options.batchSize ?? 32), validation: EVALUATION_ROWS };
  if (resume === undefined && epochs > 1)
    for (const [name, source] of Object.entries(all)) if (isOneShot(source)) throw oneShot(kit, name);
  if (all.data === all.validation && isOneShot(all.data!)) throw oneShot(kit, "validation");
  const opened: { data?: StreamFeed; validation?: StreamFeed } = {};
  return waiting(site, async (ended) => {
    const abort = (): void => ended(signal!.reason);
    void cancelled.then(ended);
    try {
      if (signal?.aborted) throw signal.reason;
      signal?.addEventListener?.("abort", abort);
      for (const [name, source] of Object.entries(all) as ["data" | "validation", Source][])
        await (opened[name] = new StreamFeed(site, source, objective, sizes[name], name === "data" ? "" : "validation, ")).start();
    } finally {
      signal?.removeEventListener?.("abort", abort);
    }
  }).then(() => begin(opened)).catch(async (error) => {
    await closeAll(opened);
    throw error;
  });
}

/** Loss and metrics of a stream. */
export async function evaluateStream(site: Site, source: Source, objective: Objective, batchSize: number, pause: Pause): Promise<Evaluation> {
  const { network } = site, feed = new StreamFeed(site, source, objective, batchSize, ""), free: (() => void)[] = [];
  try {
    return await waiting(site, async () => {
      await feed.start();
      const { plan, data } = feed.plan(network), programs = [...plan.programs.values()];
      network.session.want([data.bytes, plan.cells, ...programs.map(({ words }) => words.byteLength)], Math.max(...programs.map(({ arena }) => arena)), "evaluate");
      const set = feed.open(network, data);
      free.push(set.free);
      const evaluator = feed.evaluator(network, objective, plan, set);
      free.push(evaluator.free);
      return evaluator.run(pause);
    });
  } finally {
    await feed.close();
    if (network.attached) for (const release of free.reverse()) release();
  }
}

/** Does what waits for a source, until it is ended from outside. */
async function waiting<T>({ waits }: Site, work: (ended: (error: unknown) => void) => Promise<T>): Promise<T> {
  let end!: (error: unknown) => void;
  const ended = new Promise<never>((_, reject) => (end = reject));
  waits.add(end);
  try {
    return await Promise.race([work(end), ended]);
  } finally {
    waits.delete(end);
  }
}

async function closeAll(feeds: Feeds): Promise<void> {
  for (const feed of Object.values(feeds)) await feed.close();
}

/** Rows of an epoch, or Infinity where the source does not tell. */
function rowsOf({ rows }: Source, { wantCount }: StreamKit): number {
  return rows === undefined ? Infinity : wantCount("rows", rows);
}

/** Does a schedule ask how long the run is? */
function lengthMatters(schedule: NonNullable<FitOptions["schedule"]>): boolean {
  const rates = (steps: number): string => [0, 1, 10, 100, 999].map((step) => {
    try {
      return schedule(step, { steps, epochs: 10, base: 1, reports: [], monitors: ["loss"] });
    } catch {
      return NaN; // the run will tell
    }
  }).join();
  return rates(1000) !== rates(30_000);
}

/** Undefined if what the source has there is no iterator. */
function iteratorOf(source: any): Steps | undefined {
  const make = source[Symbol.asyncIterator] ?? source[Symbol.iterator], steps = typeof make === "function" ? make.call(source) : undefined;
  return typeof steps?.next === "function" ? steps : undefined;
}

/** Is it its own iterator, as generators are? */
function isOneShot(source: Source): boolean {
  return typeof source !== "function" && typeof (source as unknown as Partial<Steps>).next === "function";
}

function oneShot({ DataError }: StreamKit, option: string): Error {
  return new DataError("one-shot", {
    option, problem: "this stream can be read once, and each epoch reads it anew",
    fix: "give a function that returns a new one, such as () => generator(), or take one epoch",
  });
}

class StreamFeed implements Feed {
  readonly rows: number;
  readonly batchSize: number;
  place = 0;
  columns!: readonly Column[];
  private readonly site: Site;
  private readonly source: Source;
  private readonly objective: Objective;
  /** Before the number of a batch, in messages. */
  private readonly of: string;
  /** Of the epoch under way, until it has told its end. */
  private iterator: Steps | undefined;
  private isAsync = false;
  /** Has no more been taken from it than the first batch of all, for its types? */
  private opened = false;
  private epoch = 0;
  /** Batches that have come in this epoch. */
  private number = 0;
  /** Rows of this epoch that have gone into memory, or were left out. */
  private given = 0;
  /** Rows that are still to be left out. */
  private skipped = 0;
  /** What has come last, while it has rows that are not used. */
  private current: Columns | undefined;
  private used = 0;
  /** The source's answer, while it is waited for. */
  private asked: Promise<IteratorResult<unknown>> | undefined;
  /** Rows of the batch that is being put into the half of the memory that is not in use. */
  private coming: number | Promise<number> | undefined;
  private half = 0;
  private memory!: { readonly network: Network; readonly layout: DataLayout; readonly block: Block };

  constructor(site: Site, source: Source, objective: Objective, batchSize: number, of: string) {
    this.site = site;
    this.source = source;
    this.objective = objective;
    this.of = of;
    const { kit } = site;
    this.rows = rowsOf(source, kit);
    this.batchSize = Math.min(batchSize, this.rows);
    for (const { key, metric } of objective.flatMap(({ metrics }) => metrics))
      if (metric.all) throw kit.badOption("metrics", key, "metrics that are means over the rows, as a stream's rows are not kept", { fix: "evaluate arrays" });
  }

  /** Takes the first batch. */
  async start(): Promise<void> {
    this.iterate(0);
    this.opened = true;
    const more = this.pull();
    if (!(typeof more === "boolean" ? more : await more)) throw this.empty();
    this.columns = this.current!.columns;
  }

  layout(): DataLayout {
    return this.site.kit.layOut({ columns: this.columns, rows: 2 * this.batchSize });
  }

  plan(network: Network): { plan: EvaluationPlan; data: DataLayout } {
    const { batchSize } = this, data = this.layout();
    return { plan: this.site.kit.planEvaluation(network, this.objective, data, batchSize, batchSize), data };
  }

  open(network: Network, layout: DataLayout): DataSet {
    const { session } = network, block = session.allocate(layout.bytes, "the data"), ids = block.offset + layout.ids;
    this.memory = { network, layout, block };
    session.words.set(Uint32Array.from({ length: layout.rows }, (_, i) => i), ids / 4);
    session.wrote(ids, 4 * layout.rows);
    const weights = layout.offsets.get("weight"), start = (block.offset + (weights ?? 0)) / 4;
    return {
      layout, block,
      order() {},
      shuffle() {},
      id: (at) => at,
      weight(from, to) {
        if (weights === undefined) return to - from;
        const { floats } = network.session;
        let sum = 0;
        for (let at = from; at < to; at++) sum += floats[start + at]!;
        return sum;
      },
      rowsOf: () => { throw new Error("a stream's rows are not kept"); },
      free: () => network.session.free(block),
    };
  }

  begin(epoch: number, rows: number): void {
    this.skipped = Math.min(rows, this.rows);
    this.coming = undefined;
    // a run that goes on may begin with another epoch than the one that a function was asked for
    if (!this.opened || (epoch > 0 && typeof this.source === "function")) {
      if (this.opened) void this.close();
      this.iterate(epoch);
    }
    this.opened = false;
    this.epoch = epoch;
    if (this.current) this.skip();
  }

  next(): number | Promise<number> {
    this.fill();
    const coming = this.coming!;
    this.coming = undefined;
    return typeof coming === "number" ? this.deliver(coming) : coming.then((count) => this.deliver(count));
  }

  fill(): void {
    if (this.coming !== undefined) return;
    try {
      this.coming = this.collect(0); // what is left goes into memory before more is asked for: the source may use its arrays again
    } catch (error) {
      this.coming = Promise.reject(error);
    }
    if (typeof this.coming !== "number") this.coming.catch(() => {}); // next() tells
  }

  evaluator = (network: Network, objective: Objective, plan: EvaluationPlan, data: DataSet): Evaluator => {
    const evaluator = this.site.kit.makeEvaluator(network, objective, plan, data, 0);
    return {
      ...evaluator,
      run: async (pause, epoch = 0, awaited = (coming) => coming) => {
        evaluator.reset();
        this.begin(epoch, 0);
        for (;;) {
          let count: number | Promise<number> | undefined = this.next();
          for (const coming = count; typeof count !== "number";) count = await awaited(coming as Promise<number>); // an evaluation is done wholly
          if (count === 0) return evaluator.scores();
          await evaluator.batch(this.place, count, () => this.fill());
          const turn = pause();
          if (turn) await turn;
        }
      },
    };
  };

  async close(): Promise<void> {
    const { iterator, asked } = this;
    this.iterator = this.current = undefined;
    try {
      const closing = iterator?.return?.();
      if (asked) void Promise.resolve(closing).catch(() => {}); // a generator that is at work does not hear of it before
      else await closing;
    } catch {
      // the run has ended, well or with an error that says more
    }
  }

  /** Makes an iterator. */
  private iterate(epoch: number): void {
    const { kit } = this.site, { source } = this;
    if (this.number > 0 && isOneShot(source)) throw oneShot(kit, `${this.of}data`);
    const batches: unknown = typeof source === "function" ? source(epoch) : source;
    const iterator = kit.isStream(batches) && typeof batches !== "function" ? iteratorOf(batches) : undefined;
    if (!iterator)
      throw kit.badOption("data", batches, "an (async) iterable of batches { x, y }, or a function that returns one", { of: "stream" });
    this.isAsync = Symbol.asyncIterator in (batches as object);
    this.iterator = iterator;
    this.number = this.given = this.used = 0;
    this.current = this.asked = undefined;
  }

  /** A batch lies in memory; what comes then, goes into the other half. */
  private deliver(count: number): number | Promise<number> {
    if (count === 0) {
      const closing = this.iterator?.return?.(); // there may be more than an epoch has
      this.iterator = this.current = undefined;
      return this.isAsync ? Promise.resolve(closing).then(() => 0) : 0;
    }
    this.place = this.half * this.batchSize;
    this.half ^= 1;
    // here, a step keeps everything waiting but the source's own work
    const { iterator, current, used, rows, given, batchSize } = this, left = current ? current.rows - used : 0;
    if (this.isAsync && iterator && left < Math.min(batchSize, rows - given) && !this.memory.network.session.runner) this.fill();
    return count;
  }

  /** Puts rows into memory until the batch is full; `have` are there already. */
  private collect(have: number): number | Promise<number> {
    const wanted = Math.min(this.batchSize, this.rows - this.given + have);
    while (have < wanted) {
      if (this.current) {
        have = this.take(have, wanted);
        continue;
      }
      const more = this.pull();
      if (typeof more !== "boolean") return more.then((more) => (more ? this.collect(have) : this.end(have)));
      if (!more) return this.end(have);
    }
    return have;
  }

  /** The source has no more. */
  private end(have: number): number {
    const { rows, given, epoch, skipped, batchSize } = this;
    if (given === 0) throw epoch > 0 && typeof this.source !== "function" ? oneShot(this.site.kit, `${this.of}data`) : this.empty();
    // the last batch that a checkpoint has seen may have been a smaller one
    if (rows < Infinity ? given < rows : skipped >= batchSize)
      throw new this.site.kit.DataError("rows-mismatch", {
        option: `${this.of}data`, wanted: rows < Infinity ? `${rows} rows, as the stream's property rows says` : `the ${given + skipped} rows of the checkpoint`, got: given,
      });
    return have;
  }

  private empty(): Error {
    return new this.site.kit.DataError("no-rows", {
      option: `${this.of}data`, wanted: "a stream of at least one batch", got: 0,
      fix: isOneShot(this.source) ? "it may have been read before: give a function that returns a new one, such as () => generator()" : undefined,
    });
  }

  /** Copies rows of what has come into memory, behind the `have` ones of the batch. */
  private take(have: number, wanted: number): number {
    const { current, used, half, batchSize, memory: { network, layout, block }, site: { kit } } = this, { rows, columns } = current!;
    const count = Math.min(rows - used, wanted - have);
    try {
      for (const column of columns) {
        const width = column.data.length / rows, each = kit.bytesOf(column.dtype), { session } = network;
        const at = block.offset + layout.offsets.get(column.name)! + (half * batchSize + have) * width * each;
        kit.copyNumbers(session, column, used * width, (used + count) * width, at);
        session.wrote(at, count * width * each);
      }
    } catch (error) {
      throw this.inBatch(error);
    }
    this.given += count;
    this.used += count;
    if (this.used === rows) this.current = undefined;
    return have + count;
  }

  /** Takes the next batch from the source; false if there is none. */
  private pull(): boolean | Promise<boolean> {
    const { iterator } = this;
    if (!iterator) return false;
    if (!this.asked) {
      const next = iterator.next();
      if (!this.isAsync) return this.accept(next as IteratorResult<unknown>, iterator);
      this.asked = Promise.resolve(next);
    }
    return this.asked.then((result) => {
      this.asked = undefined;
      return this.accept(result, iterator);
    }, (error) => {
      this.asked = this.iterator = undefined; // it has ended
      throw error;
    });
  }

  private accept(result: IteratorResult<unknown>, iterator: Steps): boolean | Promise<boolean> {
    if (iterator !== this.iterator) return false; // it has been closed
    if (typeof result !== "object" || result === null) throw this.site.kit.badOption("data", result, "{ value, done } from next()", { of: "stream" });
    if (result.done) {
      this.iterator = undefined;
      return false;
    }
    this.number++;
    try {
      this.current = this.columnsOf(result.value as Data);
    } catch (error) {
      throw this.inBatch(error);
    }
    this.used = 0;
    this.skip();
    return this.current ? true : this.pull();
  }

  /** Leaves rows out that are done. */
  private skip(): void {
    const { rows } = this.current!, count = Math.min(this.skipped, rows);
    this.skipped -= count;
    this.given += count;
    this.used = count;
    if (count === rows) this.current = undefined;
  }

  /** A batch as columns, checked. */
  private columnsOf(batch: Data): Columns {
    const { columns: first, objective, of, site: { kit, network, classes } } = this, at = `${of}batch ${this.number}: `;
    const given = kit.dataColumns(network, objective, batch, classes, at, true);
    const told = (column: Column | undefined): string => (column ? `${column.dtype} [${["rows", ...column.shape].join(", ")}]` : "none");
    // what is there comes in one order, and weights may be missing
    for (let i = 0; first && i < Math.max(first.length, given.columns.length); i++)
      if (told(given.columns[i]) !== told(first[i]))
        throw new kit.DataError("batch-mismatch", {
          option: given.columns[i]?.label ?? `${at}weight`, wanted: `${told(first[i])}, as in the first batch`, got: told(given.columns[i]),
        });
    return given;
  }

  /** An error, with the number of the batch. */
  private inBatch(error: unknown): unknown {
    Object.assign((error as Partial<LanewiseError>).details ?? {}, { batch: this.number });
    return error;
  }
}
