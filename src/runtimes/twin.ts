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
  readonly reads: readonly Block[];
  resolve(): void;
  reject(error: unknown): void;
}

export class WorkerRunner implements Runner, Twin {
  private readonly threads: number;
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
    const others = threads > 1 ? { crew: new Crew(), memory: kit.memoryOf(true) } : undefined, thread = start(source);
    const crew = others?.crew.start(module, others.memory, threads, source);
    try {
      await Promise.all([greet(thread, { task: "twin", module, threads, memory: others?.memory, control: others?.crew.control } satisfies TwinTask), crew]);
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

  async close(): Promise<void> {
    const { others, pending: { length } } = this;
    this.fail(new Error("it has been ended"), kit.disposed("the model"));
    await Promise.all([this.thread.end(), others?.crew.close()]);
    if (others && length === 0) kit.releaseCore(others); // else somebody may still write
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
