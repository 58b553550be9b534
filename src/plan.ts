// Lifetimes to offsets: pieces of memory that are not needed at the same time may lie in the same place. The largest
// are placed first, each at the lowest offset that is free during its life (Pisarchyk and Lee, Efficient Memory
// Management for Deep Neural Net Inference, 2020: greedy by size).

import { ARENA } from "./program.ts";
import type { Storage } from "./passes/storage.ts";

/** Start of a cache line: pieces never share one, so ranks do not disturb each other. */
const ALIGNMENT = 64;

/** Gives every storage that has no address one in the arena; returns the arena's size in bytes. */
export function plan(storages: Iterable<Storage>): number {
  const open = [...new Set(storages)].filter((storage) => !storage.address);
  open.sort((a, b) => b.bytes - a.bytes || a.start - b.start);
  const placed: { storage: Storage; from: number; to: number }[] = [];
  let size = 0;
  for (const storage of open) {
    const bytes = alignUp(storage.bytes);
    let from = 0;
    for (const other of placed) {
      if (other.from >= from + bytes) break;
      const together = other.storage.start <= storage.end && storage.start <= other.storage.end;
      if (together) from = Math.max(from, other.to);
    }
    storage.address = { region: ARENA, offset: from };
    const at = placed.findIndex((other) => other.from > from);
    placed.splice(at < 0 ? placed.length : at, 0, { storage, from, to: from + bytes });
    size = Math.max(size, from + bytes);
  }
  return size;
}

export function alignUp(bytes: number, to = ALIGNMENT): number {
  return Math.ceil(bytes / to) * to;
}
