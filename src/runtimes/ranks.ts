// Ranks on one shared memory: this thread is rank 0, workers are the others. An order is a program's address; each rank runs
// the same program, and the barrier after its last instruction says that it is done.

import { Barrier } from "../../assembly/isa.ts";
import type { Core } from "../core.ts";
import type { WorkerError } from "../errors.ts";
import { kit } from "./kit.ts";
import { type Source, start, type Thread } from "./thread.ts";

/** Words by which orders go to the workers. */
export enum Control { /** counts the orders */ ORDER, /** address of the program, or 0: there will be no more */ PROGRAM, /** counts the ranks that have left */ LEFT, SIZE }

/** Polls of a worker for the next order before it sleeps: some 20 µs. What the host does between two steps takes less. */
const SPINS = 4000;
/** Waits in vain, of a tenth of a second each, after which a caller that cannot look for dead workers gives up. */
const PATIENCE = 100;
/** Milliseconds that a worker may take to start, and those in which a dismissed rank leaves unless it is dead: it looks up each tenth
 * of a second. */
const START = 20_000, LEAVE = 500;

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
    const program = Atomics.load(control, Control.PROGRAM);
    let from = 0;
    do {
      if (Atomics.load(control, Control.PROGRAM) === 0) return void Atomics.add(control, Control.LEFT, 1);
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
  /** One that has ended though nobody has ended it; `onEnd` is told of it. */
  failure: { readonly error: unknown } | undefined;
  onEnd: (error: unknown) => void = () => {};
  private readonly threads: Thread[] = [];
  private closed: Promise<void> | undefined;

  /** Starts them on a memory, which is shared.
   *
   * @throws WorkerError if one does not start; all are ended then.
   */
  async start(module: WebAssembly.Module, memory: WebAssembly.Memory, size: number, source: Source): Promise<void> {
    const { threads, control } = this;
    new Uint32Array(memory.buffer)[Barrier.ARRIVED / 4] = 0; // those who had the memory before may have died at it
    try {
      for (let rank = 1; rank < size; rank++) threads.push(start(source));
      for (const thread of threads) thread.onEnd = (error) => {
        this.failure ??= { error };
        this.onEnd(error);
      };
      await Promise.all(threads.map((thread, i) => greet(thread, { task: "rank", module, memory, control, rank: i + 1, size } satisfies RankTask)));
      if (this.failure) throw died(this.failure.error);
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  /** Dismisses them; when that is done, none of them writes any more. */
  close(): Promise<void> {
    return (this.closed ??= this.leave());
  }

  private async leave(): Promise<void> {
    const { threads, control } = this, until = performance.now() + LEAVE;
    order(control, 0);
    // not every engine's terminate() interrupts what a worker runs
    while (!this.failure && Atomics.load(control, Control.LEFT) < threads.length && performance.now() < until) await kit.nextTask();
    await Promise.all(threads.map((thread) => thread.end()));
  }
}

/** Rank 0, on this thread, and its orders to the others. */
export class Ranks {
  readonly size: number;
  /** Why it runs nothing more. */
  failure: { readonly error: unknown } | undefined;
  private readonly core: Core;
  private readonly control: Int32Array;
  /** A program that waits for a rank that is late. */
  private late: { readonly program: number; from: number } | undefined;

  constructor(core: Core, control: Int32Array, size: number) {
    this.core = core;
    this.control = control;
    this.size = size;
  }

  /** Runs the program at an address; a promise where a rank is late. */
  run(program: number): Promise<void> | undefined {
    const from = this.begin(program);
    if (!from) return undefined;
    this.late = { program, from };
    return this.wait();
  }

  /** Waits here for a program that is late, before anything else touches the memory. */
  settle(): void {
    const { late, size } = this;
    for (let i = 0; late?.from; i++) {
      if (i === PATIENCE) this.giveUp();
      if (this.failure) return; // who waits for the program is told
      late.from = this.core.run(late.program, 0, size, late.from);
    }
  }

  /** Runs it, waiting here.
   *
   * @throws WorkerError if a rank is later than ten seconds.
   */
  runSync(program: number): void {
    let from = this.begin(program);
    for (let i = 0; from; i++) {
      if (i === PATIENCE) this.giveUp();
      if (this.failure) throw died(this.failure.error);
      from = this.core.run(program, 0, this.size, from);
    }
  }

  /** Gives the order and runs rank 0. */
  private begin(program: number): number {
    this.settle();
    if (this.failure) throw died(this.failure.error);
    order(this.control, program);
    return this.core.run(program, 0, this.size);
  }

  private async wait(): Promise<void> {
    const late = this.late!;
    for (; late.from; late.from = this.core.run(late.program, 0, this.size, late.from)) {
      await kit.nextTask(); // in which the engine tells of a worker's end, and others may have settled this
      if (this.failure) throw died(this.failure.error);
      if (!late.from) break;
    }
    this.late = undefined;
  }

  private giveUp(): void {
    this.failure = { error: new Error("it did not answer for ten seconds; a step may be half done: go on from a checkpoint") };
  }
}

/** What a worker says when it has become what it was to be. */
export interface Greeting {
  /** Does it hold its lock? */
  readonly locked?: boolean;
}

/** Tells a worker what to be, and waits until it is.
 *
 * @throws WorkerError if it does not start.
 */
export async function greet(thread: Thread, task: object): Promise<void> {
  thread.hold(true);
  const { onEnd } = thread;
  let late: ReturnType<typeof setTimeout> | undefined; // no AbortSignal.timeout: Deno's process would wait for it
  try {
    const { locked } = await new Promise<Greeting>((resolve, reject) => {
      const fail = (why: unknown): void => reject(new kit.WorkerError("no-worker", { problem: `a worker did not start: ${why}` }));
      late = setTimeout(() => fail("no answer"), START);
      thread.onEnd = (error) => fail(error);
      thread.onMessage = (message: Greeting & { error?: string }) => (message.error === undefined ? resolve(message) : fail(message.error));
      thread.post({ ...task, lock: thread.lock });
    });
    thread.onEnd = onEnd;
    thread.onMessage = ({ error }) => thread.onEnd(error);
    if (locked) thread.watch();
  } finally {
    clearTimeout(late);
    thread.hold(false);
  }
}

/** The error for a worker that died or threw. */
export function died(cause: unknown): WorkerError {
  return new kit.WorkerError("worker-died", { problem: `a worker has died: ${cause instanceof Error ? cause.message : cause}`, cause });
}
