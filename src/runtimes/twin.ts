// A session's programs in a worker. The session keeps its memory here, as an image: it plans, and writes parameters, cells and
// words there; each request takes what was written to the worker, runs a program, and brings back what the program results in.
// So what is written in JavaScript, losses, schedules and callbacks, stays where it is.

import type { Program } from "../program.ts";
import { markAlone } from "../passes/alone.ts";
import type { Block, LoadedProgram, Runner, Session, Twin } from "../session.ts";
import { kit } from "./kit.ts";
import { Crew, died, greet } from "./ranks.ts";
import { type Source, start, type Thread } from "./thread.ts";
import type { Answer, Request, TwinTask } from "./worker.ts";

/** Requests under way, the oldest first. */
interface Pending {
  /** Where the bytes go when they have come: the arena may have moved by then. */
  places(): readonly Block[];
  /** What the host has written since it was asked, if that shall stay. */
  readonly since: Block[] | undefined;
  /** Told of each run of a series, in turn. */
  readonly after: ((i: number) => unknown) | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

/** Bytes from which on a buffer is used again. */
const LARGE = 1 << 16;

const resultsOf = (loaded: LoadedProgram): Block[] => loaded.program.results.map(({ address, bytes }) => ({ offset: loaded.address(address), bytes }));

export class WorkerRunner implements Runner, Twin {
  readonly twin = this;
  private readonly threads: number;
  private readonly session: Session;
  private readonly thread: Thread;
  /** The threads that the worker is one of, and the memory that they share. */
  private readonly others: { readonly crew: Crew; readonly memory: WebAssembly.Memory } | undefined;
  private readonly pending: Pending[] = [];
  private writes: [number, Uint8Array<ArrayBuffer> | number][] = [];
  private failure: { readonly error: unknown } | undefined;
  /** Of the last large answer: the next one comes in it, for new ones would make a page collect its garbage, 50 ms at a time. */
  private buffer: ArrayBuffer | undefined;

  private constructor(session: Session, thread: Thread, threads: number, others: WorkerRunner["others"]) {
    this.session = session;
    this.thread = thread;
    this.threads = threads;
    this.others = others;
    thread.onMessage = (answer: Answer) => this.take(answer);
    thread.onEnd = (error) => this.fail(error);
    if (others) others.crew.onEnd = thread.onEnd;
  }

  /** Starts a worker for a session, with a module that fits the number of threads.
   *
   * @throws WorkerError if it does not start.
   */
  static async start(session: Session, module: WebAssembly.Module, threads: number, source: Source): Promise<WorkerRunner> {
    const others = threads > 1 ? { crew: new Crew(), memory: kit.memoryOf(true) } : undefined, thread = start(source);
    let lost: { readonly error: unknown } | undefined;
    thread.onEnd = (error) => (lost = { error });
    const crew = others?.crew.start(module, others.memory, threads, source);
    try {
      await Promise.all([greet(thread, { task: "twin", module, threads, memory: others?.memory, control: others?.crew.control } satisfies TwinTask), crew]);
      lost ??= others?.crew.failure;
      if (lost) throw died(lost.error);
      const runner = new WorkerRunner(session, thread, threads, others), { core: { base, memory }, arena } = session;
      runner.write(base, new Uint8Array(memory.buffer, base, arena - base)); // what lies there already
      return runner;
    } catch (error) {
      void thread.end();
      crew?.then(() => others!.crew.close(), () => {});
      throw error;
    }
  }

  get dead(): boolean {
    return this.failure !== undefined;
  }

  prepare(program: Program): void {
    if (this.threads > 1) markAlone(program);
  }

  run(loaded: LoadedProgram): Promise<void> {
    return this.ask(loaded.block.offset, loaded.program.alone, () => resultsOf(loaded));
  }

  series(loaded: LoadedProgram, times: number, { cells, guard }: { cells: Block; guard: number }, before: (i: number) => void, after: (i: number) => boolean): Promise<void> {
    const { session } = this, values = new Uint8Array(times * cells.bytes);
    let ready = 0;
    try {
      for (; ready < times; ready++) {
        before(ready);
        values.set(session.bytes(cells), ready * cells.bytes);
      }
    } catch (error) {
      if (ready === 0) throw error; // else it comes again, when those before it are done
    }
    const series = { times: ready, at: cells.offset, values: values.slice(0, ready * cells.bytes), guard };
    return this.ask(loaded.block.offset, loaded.program.alone, () => resultsOf(loaded), undefined, series, after);
  }

  runSync({ block }: LoadedProgram): void {
    if (!this.dead) throw new Error("a program of a worker is awaited");
    this.session.core.run(block.offset, 0, 1);
  }

  write(at: number, bytes: Uint8Array | number): void {
    if (this.failure) return;
    for (const { since } of this.pending) since?.push({ offset: at, bytes: typeof bytes === "number" ? bytes : bytes.length });
    this.writes.push([at, typeof bytes === "number" ? bytes : bytes.slice() as Uint8Array<ArrayBuffer>]);
  }

  stage(bytes: number): number {
    const { core, arena } = this.session;
    kit.growTo(core, arena + bytes); // of the image: the worker has no such place
    return arena;
  }

  taker(at: number, column: Parameters<Twin["taker"]>[1], columns: Parameters<Twin["taker"]>[2]): (() => void) | undefined {
    const { data, dtype } = column;
    const fits = dtype === "uint8" ? data instanceof Uint8Array || data instanceof Uint8ClampedArray
      : dtype === "int32" ? data instanceof Int32Array : data instanceof Float32Array;
    const { buffer, byteLength } = data as Float32Array;
    const shared = (other: typeof column): boolean => other !== column && (other.data as Float32Array).buffer === buffer;
    // something else lies in it, or somebody else reads it
    if (!fits || !(buffer instanceof ArrayBuffer) || buffer.byteLength !== byteLength || columns.some(shared)) return undefined;
    return () => {
      if (!this.failure) this.writes.push([at, new Uint8Array(buffer)]);
    };
  }

  read(ranges: readonly Block[]): Promise<void> {
    return this.ask(0, true, () => ranges, []);
  }

  readAll(): Promise<void> {
    const { used, core: { base } } = this.session;
    return this.read([{ offset: base, bytes: used - base }]);
  }

  async close(): Promise<void> {
    const { others, pending: { length } } = this;
    this.fail(new Error("it has been ended"), kit.disposed("the model"));
    await Promise.all([this.thread.end(), others?.crew.close()]);
    if (others && length === 0) kit.releaseCore(others); // else somebody may still write
  }

  private ask(program: number, alone: boolean, places: () => readonly Block[], since?: Block[], series?: Request["series"], after?: Pending["after"]): Promise<void> {
    if (this.failure) return Promise.reject(died(this.failure.error));
    const { writes, session, pending, thread } = this;
    this.writes = [];
    const transfer = [...new Set(writes.flatMap(([, bytes]) => (typeof bytes === "number" ? [] : [bytes.buffer])))];
    if (series) transfer.push(series.values.buffer);
    if (pending.length === 0) thread.hold(true);
    return new Promise((resolve, reject) => {
      pending.push({ places, since, after, resolve, reject });
      const reads = places(), sum = reads.reduce((sum, { bytes }) => sum + bytes, 0) * (series?.times ?? 1), buffer = sum >= LARGE ? this.buffer : undefined;
      if (buffer) {
        this.buffer = undefined;
        transfer.push(buffer);
      }
      const request: Request = { size: session.used, writes, program, alone, series, reads, buffer };
      try {
        thread.post(request, transfer);
      } catch {
        try {
          thread.post(request); // there are buffers that cannot be handed over
        } catch (error) {
          this.fail(error); // what was written is lost
        }
      }
    });
  }

  private take(answer: Answer): void {
    if (this.failure) return;
    if ("error" in answer) return this.fail(answer.error);
    const { places, since = [], after, resolve, reject } = this.pending.shift()!, image = new Uint8Array(this.session.core.memory.buffer);
    const newer = since.map(({ offset, bytes }) => [image.slice(offset, offset + bytes), offset] as const);
    const where = places();
    let from = 0;
    try {
      for (let i = 0; i < answer.times; i++) {
        for (const { offset, bytes } of where) {
          image.set(new Uint8Array(answer.bytes, from, bytes), offset);
          from += bytes;
        }
        after?.(i);
      }
    } catch (error) {
      reject(error);
    }
    for (const [bytes, offset] of newer) image.set(bytes, offset);
    if (answer.bytes.byteLength >= LARGE) this.buffer = answer.bytes;
    if (this.pending.length === 0) this.thread.hold(false);
    resolve();
  }

  private fail(error: unknown, told: unknown = died(error)): void {
    if (this.failure) return;
    this.failure = { error };
    this.writes = [];
    void this.thread.end();
    void this.others?.crew.close();
    for (const { reject } of this.pending.splice(0)) reject(told);
  }
}
