// Programs run instruction by instruction, to look at what each of them wrote.

import { Size } from "../assembly/isa.ts";
import { badOption, wantCount } from "./options.ts";
import type { LoadedProgram } from "./session.ts";

/** Runs each instruction for rank 0 … size − 1 in turn: the bits of `size` threads, on one. Ends where `after` says true. */
export function runLockstep(loaded: LoadedProgram, size: number, after?: (index: number) => unknown): void {
  loaded.wantLoaded();
  // a rank without a scratch would write over the core's own data
  if (wantCount("size", size) > Size.RANKS) throw badOption("size", size, `at most ${Size.RANKS}`);
  const { session: { core }, block, program } = loaded;
  let at = block.offset;
  for (let index = 0; index < program.instructions.length; index++) {
    let next = at;
    for (let rank = 0; rank < size; rank++) next = core.execute(at, rank, size) >>> 0;
    at = next;
    if (after?.(index) === true) return;
  }
}

/** One line of a trace: an instruction and a hash of what it wrote. */
export interface TraceLine {
  label: string;
  hash: string;
}

/** Runs a loaded program, in lockstep of `size` ranks, and hashes what each instruction wrote (NaN as 0x7fc00000, for
 * its other bits differ between engines). Where two traces part first, there is the instruction to look at.
 *
 * @throws OptionError if `size` is not a whole number from 1 to 64.
 * @example
 * const f = await compile((x) => relu(x), [[2]]);
 * f.stage([[-1, 2]]);
 * trace(f.loaded).map(({ label }) => label) // → ["relu"]
 */
export function trace(loaded: LoadedProgram, size = 1): TraceLine[] {
  const lines: TraceLine[] = [];
  runLockstep(loaded, size, (index) => {
    const { label, writes } = loaded.program.instructions[index]!;
    let hash = 0x811c9dc5, other = 0;
    for (const { address, bytes } of writes) {
      const from = loaded.address(address) >>> 2;
      for (const word of loaded.session.words.subarray(from, from + (bytes >>> 2))) {
        const value = (word & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : word;
        hash = Math.imul(hash ^ value, 0x01000193); // FNV-1a, over words
        other = Math.imul(other ^ value ^ (other >>> 13), 0x85ebca6b);
      }
    }
    lines.push({ label, hash: hex(hash) + hex(other) });
  });
  return lines;
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}
