// Threads: every rank runs the same program; a kernel takes its share of the output, and a barrier follows
// each instruction. Nothing here is kept in static memory: the barrier's words lie in the program's block,
// because every thread's instance writes its own data segments over the shared memory when it starts.

import { Program } from "./isa";

/** Polls before a waiter sleeps: some 10 µs, about what waking a sleeping thread costs. */
const SPINS: u32 = 4000;
/** A barrier that waits longer than this, in ns, reports a dead rank. */
const TIMEOUT: i64 = 10_000_000_000;

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

/** Waits until all ranks are here; false if some did not come in time. */
export function barrier(program: usize, size: u32): bool {
  const arrived = program + (Program.ARRIVED << 2);
  const generation = program + (Program.GENERATION << 2);
  const now = atomic.load<u32>(generation);
  if (atomic.add<u32>(arrived, 1) == size - 1) {
    atomic.store<u32>(arrived, 0);
    atomic.store<u32>(generation, now + 1);
    atomic.notify(generation, -1);
    return true;
  }
  for (let i: u32 = 0; i < SPINS; i++) if (atomic.load<u32>(generation) != now) return true;
  while (atomic.load<u32>(generation) == now) {
    if (atomic.wait<i32>(generation, now, TIMEOUT) == AtomicWaitResult.TIMED_OUT) return false;
  }
  return true;
}
