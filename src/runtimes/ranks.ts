// Ranks on one shared memory: this thread is rank 0, workers are the others. An order is a program's address; each rank runs
// the same program, and the barrier after its last instruction says that it is done.

import type { Core } from "../core.ts";
import { WorkerError } from "../errors.ts";
import { nextTask } from "../yield.ts";
import { type Source, start, type Thread } from "./thread.ts";

/** Words by which orders go to the workers. */
export enum Control { /** counts the orders */ ORDER, /** address of the program, or 0: there will be no more */ PROGRAM, SIZE }

/** Polls of a worker for the next order before it sleeps: some 20 µs. What the host does between two steps takes less. */
const SPINS = 4000;
/** Waits in vain, of a tenth of a second each, after which a caller that cannot look for dead workers gives up. */
const PATIENCE = 100;
/** Milliseconds that a worker may take to start. */
export const START = 20_000;

/** What a worker that becomes a rank is told. */
export interface RankTask {
  readonly task: "rank";
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: Int32Array;
  readonly rank: number;
  readonly size: number;
}

/** A worker's life as a rank. It ends when it is told so: Deno's terminate() does not interrupt what a worker runs or waits for. */
export function serve(core: Core, { control, rank, size }: RankTask): void {
  for (let order = 0; ; order++) {
    for (let i = 0; i < SPINS && Atomics.load(control, Control.ORDER) === order; i++);
    while (Atomics.load(control, Control.ORDER) === order) Atomics.wait(control, Control.ORDER, order);
    let from = 0, program: number;
    do {
      program = Atomics.load(control, Control.PROGRAM) >>> 0;
      if (program === 0) return;
      from = core.run(program, rank, size, from);
    } while (from);
  }
}

function order(control: Int32Array, program: number): void {
  Atomics.store(control, Control.PROGRAM, program);
  Atomics.add(control, Control.ORDER, 1);
  Atomics.notify(control, Control.ORDER);
}

/** The workers that are ranks 1 … size − 1. Whoever has a page starts them there, also those of a rank 0 that is a worker itself: in
 * Firefox, one in fifty workers that a worker starts never comes to life, and `new Worker` does not return. */
export class Crew {
  /** How they get their orders. */
  readonly control = new Int32Array(new SharedArrayBuffer(4 * Control.SIZE));
  /** Told once if one ends that nobody has ended. */
  onEnd: (error: unknown) => void = () => {};
  private readonly threads: Thread[] = [];

  /** Starts them on a memory, which is shared.
   *
   * @throws WorkerError if one does not start; all are ended then.
   */
  async start(module: WebAssembly.Module, memory: WebAssembly.Memory, size: number, source: Source): Promise<void> {
    const { threads, control } = this;
    try {
      for (let rank = 1; rank < size; rank++) threads.push(start(source));
      await Promise.all(threads.map((thread, i) => greet(thread, { task: "rank", module, memory, control, rank: i + 1, size } satisfies RankTask)));
      for (const thread of threads) thread.onEnd = (error) => this.onEnd(error);
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  close(): Promise<unknown> {
    order(this.control, 0);
    return Promise.all(this.threads.map((thread) => thread.end()));
  }
}

/** Rank 0, on this thread, and its orders to the others. */
export class Ranks {
  readonly size: number;
  /** Why it runs nothing more. */
  failure: { readonly error: unknown } | undefined;
  private readonly core: Core;
  private readonly control: Int32Array;

  constructor(core: Core, control: Int32Array, size: number) {
    this.core = core;
    this.control = control;
    this.size = size;
  }

  /** Runs the program at an address; a promise where a rank is late. */
  run(program: number): Promise<void> | undefined {
    const from = this.begin(program);
    return from ? this.wait(program, from) : undefined;
  }

  /** Runs it, waiting here.
   *
   * @throws WorkerError if a rank is later than ten seconds.
   */
  runSync(program: number): void {
    let from = this.begin(program);
    for (let i = 0; from; i++) {
      if (i === PATIENCE) this.failure = { error: new Error("it did not answer for ten seconds; a step may be half done: go on from a checkpoint") };
      if (this.failure) throw died(this.failure.error);
      from = this.core.run(program, 0, this.size, from);
    }
  }

  /** Gives the order and runs rank 0. */
  private begin(program: number): number {
    if (this.failure) throw died(this.failure.error);
    order(this.control, program);
    return this.core.run(program, 0, this.size);
  }

  private async wait(program: number, first: number): Promise<void> {
    for (let from = first; from; from = this.core.run(program, 0, this.size, from)) {
      await nextTask(); // in which the engine tells of a worker's end
      if (this.failure) throw died(this.failure.error);
    }
  }
}

/** Tells a worker what to be, and waits until it is.
 *
 * @throws WorkerError if it does not start.
 */
export async function greet(thread: Thread, task: object): Promise<void> {
  thread.hold(true);
  let late: ReturnType<typeof setTimeout> | undefined; // no AbortSignal.timeout: Deno's process would wait for it
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (why: unknown): void => reject(new WorkerError("no-worker", { problem: `a worker did not start: ${why}` }));
      late = setTimeout(() => fail("no answer"), START);
      thread.onEnd = (error) => fail(error);
      thread.onMessage = (message: { error?: string }) => (message.error === undefined ? resolve() : fail(message.error));
      thread.post({ ...task, lock: thread.lock });
    });
    thread.watch();
    thread.onMessage = ({ error }) => thread.onEnd(error);
  } finally {
    clearTimeout(late);
    thread.hold(false);
  }
}

/** The error for a worker that died or threw. */
export function died(cause: unknown): WorkerError {
  return new WorkerError("worker-died", { problem: `a worker has died: ${cause}`, cause });
}
