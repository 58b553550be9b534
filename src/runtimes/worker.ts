// What a worker runs: it becomes a rank of another thread's, or the twin of a session that lives elsewhere. A script of its own,
// lanewise/worker; where a file cannot be had, its text is the worker.

import { growTo, instantiate } from "../core.ts";
import { WorkerError } from "../errors.ts";
import { nextTask } from "../yield.ts";
import { kit } from "./kit.ts";
import { type Greeting, Ranks, type RankTask, serve } from "./ranks.ts";

/** What a worker that becomes a twin is told. */
export interface TwinTask {
  readonly task: "twin";
  readonly module: WebAssembly.Module;
  /** How many ranks it is one of, with the memory that they share and their orders; they are started already. */
  readonly threads: number;
  readonly memory: WebAssembly.Memory | undefined;
  readonly control: Int32Array | undefined;
}

/** What is asked of a twin, in this order. */
export interface Request {
  /** Bytes that the memory must have. */
  readonly size: number;
  /** What is written where: bytes, or so many zeros. */
  readonly writes: readonly (readonly [at: number, bytes: Uint8Array<ArrayBuffer> | number])[];
  /** Address of a program, or 0 for none; and whether one rank is enough for it. */
  readonly program: number;
  readonly alone: boolean;
  /** Runs it so many times: before each, the next part of `values` is written at `at`, and after each what is wanted is noted. The first
   * after which the word number `guard` is not 1 is the last. */
  readonly series: { readonly times: number; readonly at: number; readonly values: Uint8Array<ArrayBuffer>; readonly guard: number } | undefined;
  /** What is wanted back, and a buffer that may take it. */
  readonly reads: readonly { readonly offset: number; readonly bytes: number }[];
  readonly buffer: ArrayBuffer | undefined;
}

/** What comes back: the bytes one after the other, of so many runs; or why not. */
export type Answer = { readonly bytes: ArrayBuffer; readonly times: number } | { readonly error: string };

interface Port {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: { data: any }) => void) | null;
}

Object.assign(kit, { WorkerError, nextTask });

const { process, navigator } = globalThis as any;
const port: Port = typeof postMessage === "function" ? globalThis as unknown as Port : process.getBuiltinModule("node:worker_threads").parentPort;

const fail = (error: unknown): void => port.postMessage({ error: error instanceof Error ? error.message : String(error) } satisfies Answer);

/** Holds a lock until the worker ends. False where there is none to be had, as in a frame without an origin. */
async function holds(lock: string): Promise<boolean> {
  try {
    return await new Promise<boolean>((held, failed) => navigator.locks.request(lock, () => (held(true), new Promise(() => {}))).catch(failed));
  } catch {
    return false;
  }
}

port.onmessage = async ({ data }: { data: (RankTask | TwinTask) & { lock?: string } }) => {
  try {
    const locked = data.lock !== undefined && await holds(data.lock), greeting: Greeting = { locked };
    if (data.task === "rank") {
      const core = await instantiate(data.module, data.memory);
      port.postMessage(greeting);
      serve(core, data);
    } else {
      await twin(data);
      port.postMessage(greeting);
    }
  } catch (error) {
    fail(error);
  }
};

async function twin({ module, threads, memory: shared, control }: TwinTask): Promise<void> {
  const core = await instantiate(module, shared), ranks = control ? new Ranks(core, control, threads) : undefined;
  let before: Promise<void> | undefined;
  /** One request after the other: a program may wait for a rank that is late. */
  const answer = async ({ size, writes, program, alone, series, reads, buffer }: Request): Promise<void> => {
    await before;
    growTo(core, size);
    const memory = new Uint8Array(core.memory.buffer), words = new Uint32Array(core.memory.buffer);
    for (const [at, bytes] of writes)
      if (typeof bytes === "number") memory.fill(0, at, at + bytes);
      else memory.set(bytes, at);
    const { times, at = 0, values, guard } = series ?? { times: 1 }, each = values ? values.length / times : 0;
    const sum = times * reads.reduce((sum, range) => sum + range.bytes, 0), bytes = new Uint8Array(buffer && buffer.byteLength >= sum ? buffer : new ArrayBuffer(sum));
    let to = 0, done = 0;
    do {
      if (values) memory.set(values.subarray(done * each, (done + 1) * each), at);
      if (program && (alone || !ranks)) core.run(program, 0, 1);
      else if (program) {
        const waiting = ranks!.run(program);
        if (waiting) await waiting;
      }
      for (const { offset, bytes: count } of reads) {
        bytes.set(memory.subarray(offset, offset + count), to);
        to += count;
      }
    } while (++done < times && words[guard!] === 1);
    port.postMessage({ bytes: bytes.buffer, times: done } satisfies Answer, [bytes.buffer]);
  };
  port.onmessage = ({ data }: { data: Request }) => {
    const done: Promise<void> = answer(data).catch(fail);
    before = done;
  };
}
