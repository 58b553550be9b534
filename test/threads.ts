// Real threads for tests: workers that run a loaded program as its ranks, on one shared memory.

import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { LoadedProgram } from "../src/session.ts";

const PAGE = 65536;

/** build/core.wasm as it is built: for a shared memory. */
const bytes = (): Uint8Array<ArrayBuffer> => Uint8Array.from(readFileSync(new URL("../build/core.wasm", import.meta.url)));

/** Words by which orders go to the workers (see threads.worker.mjs). */
enum Control { ORDER, DONE, PROGRAM, STATUS }

export class Ranks {
  private readonly workers: Worker[];
  private readonly memory: WebAssembly.Memory;
  private readonly control: Int32Array;

  private constructor(workers: Worker[], memory: WebAssembly.Memory, control: Int32Array) {
    this.workers = workers;
    this.memory = memory;
    this.control = control;
  }

  static async start(size: number): Promise<Ranks> {
    const memory = sharedMemory(1), control = new Int32Array(new SharedArrayBuffer(4 * (Control.STATUS + size)));
    const module = await WebAssembly.compile(bytes());
    const workers = Array.from({ length: size }, (_, rank) =>
      new Worker(new URL("./threads.worker.mjs", import.meta.url), { workerData: { module, memory, control, rank, size } }));
    await Promise.all(workers.map((worker) => new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject))));
    return new Ranks(workers, memory, control);
  }

  /** Runs a program on all ranks: its session's memory is copied to the shared one, and back. */
  run(loaded: LoadedProgram): void {
    const { control, memory, workers } = this, own = new Uint8Array(loaded.session.core.memory.buffer);
    const missing = own.length - memory.buffer.byteLength;
    if (missing > 0) memory.grow(missing / PAGE);
    const shared = new Uint8Array(memory.buffer, 0, own.length);
    shared.set(own);
    control[Control.PROGRAM] = loaded.block.offset;
    Atomics.store(control, Control.DONE, 0);
    Atomics.add(control, Control.ORDER, 1);
    Atomics.notify(control, Control.ORDER);
    for (let done = 0; (done = Atomics.load(control, Control.DONE)) < workers.length; )
      if (Atomics.wait(control, Control.DONE, done, 15_000) === "timed-out") throw new Error(`${done} of ${workers.length} ranks came back`);
    const statuses = [...control.subarray(Control.STATUS)];
    if (statuses.some((status) => status !== 0)) throw new Error(`the ranks came back with ${statuses.join(", ")}`);
    own.set(shared);
  }

  async end(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

/** Runs a program as one rank of `size`, alone, in a core whose barrier waits 20 ms instead of 10 s; its status. */
export function shortWait(loaded: LoadedProgram, rank: number, size: number): number {
  const own = new Uint8Array(loaded.session.core.memory.buffer), memory = sharedMemory(own.length / PAGE);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(withTimeout(20_000_000n)), { env: { memory } });
  new Uint8Array(memory.buffer).set(own);
  return (exports.run as (...args: number[]) => number)(loaded.block.offset, rank, size);
}

function sharedMemory(pages: number): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
}

/** The core with another i64.const where its timeout is. */
function withTimeout(nanoseconds: bigint): Uint8Array<ArrayBuffer> {
  const core = bytes(), constant = (value: bigint): Buffer => Buffer.from([0x42, ...leb128(value, 5)]);
  const at = Buffer.from(core.buffer).indexOf(constant(10_000_000_000n));
  if (at < 0) throw new Error("the core's timeout is not where it was: see TIMEOUT in assembly/parallel.ts");
  core.set(constant(nanoseconds), at);
  return core;
}

/** A number below 2^34 as signed LEB128 of `length` bytes. */
function leb128(value: bigint, length: number): number[] {
  return Array.from({ length }, (_, i) => Number((value >> BigInt(7 * i)) & 127n) | (i < length - 1 ? 128 : 0));
}
