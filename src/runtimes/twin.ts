// A session's programs in a worker. The session keeps its memory here, as an image: it plans, and writes parameters, cells and
// words there; each request takes what was written to the worker, runs a program, and brings back what the program results in.
// So what is written in JavaScript, losses, schedules and callbacks, stays where it is.

import type { Program } from "../program.ts";
import { markAlone } from "../passes/alone.ts";
import type { Block, LoadedProgram, Runner, Session, Twin } from "../session.ts";
import { died, dismiss, greet, type Greeting } from "./ranks.ts";
import { type Source, start, type Thread } from "./thread.ts";
import type { Answer, Request, TwinTask } from "./worker.ts";

/** Requests under way, the oldest first. */
interface Pending {
  readonly reads: readonly Block[];
  resolve(): void;
  reject(error: unknown): void;
}

export class WorkerRunner implements Runner, Twin {
  private readonly threads: number;
  private readonly session: Session;
  private readonly thread: Thread;
  private readonly greeting: Greeting;
  private readonly pending: Pending[] = [];
  private writes: [number, Uint8Array<ArrayBuffer> | number][] = [];
  private failure: { readonly error: unknown } | undefined;

  private constructor(session: Session, thread: Thread, threads: number, greeting: Greeting) {
    this.session = session;
    this.thread = thread;
    this.threads = threads;
    this.greeting = greeting;
    thread.onMessage = (answer: Answer) => this.take(answer);
    thread.onEnd = (error) => this.fail(error);
  }

  /** Starts a worker for a session, with a module that fits the number of threads.
   *
   * @throws WorkerError if it does not start.
   */
  static async start(session: Session, module: WebAssembly.Module, threads: number, source: Source): Promise<WorkerRunner> {
    const thread = start(source);
    try {
      const greeting = await greet(thread, { task: "twin", module, threads, source: typeof source === "function" ? undefined : source } satisfies TwinTask);
      const runner = new WorkerRunner(session, thread, threads, greeting);
      runner.write(0, new Uint8Array(session.core.memory.buffer, 0, session.arena)); // what lies there already
      return runner;
    } catch (error) {
      void thread.end();
      throw error;
    }
  }

  get dead(): boolean {
    return this.failure !== undefined;
  }

  get twin(): Twin | undefined {
    return this.dead ? undefined : this;
  }

  prepare(program: Program): void {
    if (this.threads > 1) markAlone(program);
  }

  run(loaded: LoadedProgram): Promise<void> {
    const { block, program: { alone, results } } = loaded;
    return this.ask(block.offset, alone, results.map(({ address, bytes }) => ({ offset: loaded.address(address), bytes })));
  }

  runSync({ block }: LoadedProgram): void {
    if (!this.dead) throw new Error("a program of a worker is awaited");
    this.session.core.run(block.offset, 0, 1);
  }

  write(at: number, bytes: Uint8Array | number): void {
    if (this.failure) return;
    this.writes.push([at, typeof bytes === "number" ? bytes : bytes.slice() as Uint8Array<ArrayBuffer>]);
  }

  stage(bytes: number): number {
    this.session.widen(bytes, "the data");
    return this.session.arena;
  }

  taker(at: number, { data, dtype }: Parameters<Twin["taker"]>[1]): (() => void) | undefined {
    const fits = dtype === "uint8" ? data instanceof Uint8Array || data instanceof Uint8ClampedArray
      : dtype === "int32" ? data instanceof Int32Array : data instanceof Float32Array;
    const { buffer, byteLength } = data as Float32Array;
    if (!fits || !(buffer instanceof ArrayBuffer) || buffer.byteLength !== byteLength) return undefined; // something else lies in it
    return () => {
      if (!this.failure) this.writes.push([at, new Uint8Array(buffer)]);
    };
  }

  read(ranges: readonly Block[]): Promise<void> {
    return this.ask(0, true, ranges);
  }

  readAll(): Promise<void> {
    const { used, core: { base } } = this.session;
    return this.read([{ offset: base, bytes: used - base }]);
  }

  close(): Promise<unknown> {
    this.fail(new Error("it has been ended"));
    return this.thread.end();
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

  private fail(error: unknown): void {
    if (this.failure) return;
    this.failure = { error };
    this.writes = [];
    if (this.greeting.control) dismiss(this.greeting.control); // the twin's own may outlive it
    void this.thread.end();
    for (const { reject } of this.pending.splice(0)) reject(died(error));
  }
}
