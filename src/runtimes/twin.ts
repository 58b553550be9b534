// A session's programs in a worker. The session keeps its memory here, as an image: it plans, and writes parameters, cells and
// words there; each request takes what was written to the worker, runs a program, and brings back what the program results in.
// So what is written in JavaScript, losses, schedules and callbacks, stays where it is.

import type { Program } from "../program.ts";
import { markAlone } from "../passes/alone.ts";
import { type Block, disposed, type LoadedProgram, type Runner, type Session, type Twin } from "../session.ts";
import { memoryOf, releaseCore } from "../core.ts";
import { Crew, died, greet } from "./ranks.ts";
import { type Source, start, type Thread } from "./thread.ts";
import type { Answer, Request, TwinTask } from "./worker.ts";

/** Requests under way, the oldest first. */
interface Pending {
  readonly reads: readonly Block[];
  resolve(): void;
  reject(error: unknown): void;
}

export class WorkerRunner implements Runner, Twin {
  readonly threads: number;
  readonly twin = this;
  private readonly session: Session;
  private readonly thread: Thread;
  /** The threads that the worker is one of, and the memory that they share. */
  private readonly others: { readonly crew: Crew; readonly memory: WebAssembly.Memory } | undefined;
  private readonly pending: Pending[] = [];
  private writes: [number, Uint8Array<ArrayBuffer> | number][] = [];
  private failure: { readonly error: unknown } | undefined;

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
    const others = threads > 1 ? { crew: new Crew(), memory: memoryOf(true) } : undefined, thread = start(source);
    const crew = others?.crew.start(module, others.memory, threads, source);
    try {
      await Promise.all([greet(thread, { task: "twin", module, threads, memory: others?.memory, control: others?.crew.control } satisfies TwinTask), crew]);
      return new WorkerRunner(session, thread, threads, others);
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

  run(program: LoadedProgram): Promise<void> {
    return this.ask(program.block.offset, program.program.alone, program.results());
  }

  runSync(): never {
    throw new Error("a program of a worker is awaited");
  }

  write(at: number, bytes: Uint8Array | number): void {
    if (this.failure) return;
    this.writes.push([at, typeof bytes === "number" ? bytes : bytes.slice() as Uint8Array<ArrayBuffer>]);
  }

  stage(bytes: number): number {
    this.session.widen(bytes, "the data");
    return this.session.arena;
  }

  takes(data: ArrayLike<number>, dtype: string): boolean {
    const fits = dtype === "uint8" ? data instanceof Uint8Array || data instanceof Uint8ClampedArray
      : dtype === "int32" ? data instanceof Int32Array : data instanceof Float32Array;
    const { buffer, byteLength } = data as Float32Array;
    return fits && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength; // nothing else lies in it
  }

  move(at: number, data: ArrayLike<number>): void {
    if (!this.failure) this.writes.push([at, new Uint8Array((data as Float32Array).buffer as ArrayBuffer)]);
  }

  read(ranges: readonly Block[]): Promise<void> {
    return this.ask(0, true, ranges);
  }

  async close(): Promise<void> {
    const { others, pending: { length } } = this;
    this.fail(new Error("it has been ended"), disposed("the model"));
    await Promise.all([this.thread.end(), others?.crew.close()]);
    if (others && length === 0) releaseCore(others); // else somebody may still write
  }

  private ask(program: number, alone: boolean, reads: readonly Block[]): Promise<void> {
    if (this.failure) return Promise.reject(died(this.failure.error));
    const { writes, session, pending, thread } = this;
    this.writes = [];
    const transfer = [...new Set(writes.flatMap(([, bytes]) => (typeof bytes === "number" ? [] : [bytes.buffer])))];
    thread.post({ size: session.used, writes, program, alone, reads } satisfies Request, transfer);
    if (pending.length === 0) thread.hold(true);
    return new Promise((resolve, reject) => pending.push({ reads, resolve, reject }));
  }

  private take(answer: Answer): void {
    if (this.failure) return;
    if ("error" in answer) return this.fail(answer.error);
    const { reads, resolve } = this.pending.shift()!, { buffer } = this.session.core.memory;
    let from = 0;
    for (const { offset, bytes } of reads) {
      new Uint8Array(buffer).set(new Uint8Array(answer.bytes, from, bytes), offset);
      from += bytes;
    }
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
