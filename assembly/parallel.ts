// Threads: every rank runs the same program; a kernel takes its share of the output, and a barrier follows
// each instruction. Nothing here is kept in static memory, because every thread's instance writes its own data segments
// over the shared memory when it starts: the barrier's words lie before them.

import { Barrier } from "./isa";

/** Polls before a waiter sleeps: some 10 µs, about what waking a sleeping thread costs. */
const SPINS: u32 = 4000;
/** A wait that is longer than this, in ns, returns: the host looks whether a rank has died. */
const TIMEOUT: i64 = 100_000_000;

/** First item of this rank's share of n items that are handed out in groups of `grain`; the share ends where
 *  the next rank's begins: `share(n, grain, rank + 1, size)`. */
export function share(n: u32, grain: u32, rank: u32, size: u32): u32 {
  const groups: u64 = (<u64>n + grain - 1) / grain;
  return <u32>min(<u64>n, ((groups * rank) / size) * grain);
}

/** What split() found last. Wasm globals belong to one instance, so to one thread. */
export let shareStart: u32 = 0;
export let shareEnd: u32 = 0;

/** Finds the bounds of this rank's share, one call for both. */
export function split(n: u32, grain: u32, rank: u32, size: u32): void {
  if (size == 1) {
    shareStart = 0;
    shareEnd = n;
  } else {
    shareStart = share(n, grain, rank, size);
    shareEnd = share(n, grain, rank + 1, size);
  }
}

/** The generation at which this rank has arrived last. A wasm global too. */
let generation: u32 = 0;

/** Arrives at the barrier that follows an instruction, and waits for the other ranks; false if some did not come in time. */
export function barrier(size: u32): bool {
  generation = atomic.load<u32>(Barrier.GENERATION);
  if (atomic.add<u32>(Barrier.ARRIVED, 1) < size - 1) return wait();
  atomic.store<u32>(Barrier.ARRIVED, 0);
  atomic.store<u32>(Barrier.GENERATION, generation + 1);
  atomic.notify(Barrier.GENERATION, -1);
  return true;
}

/** Waits, having arrived, for the other ranks. */
export function wait(): bool {
  for (let i: u32 = 0; i < SPINS; i++) if (atomic.load<u32>(Barrier.GENERATION) != generation) return true;
  while (atomic.load<u32>(Barrier.GENERATION) == generation) {
    if (atomic.wait<i32>(Barrier.GENERATION, generation, TIMEOUT) == AtomicWaitResult.TIMED_OUT) return false;
  }
  return true;
}
