// What the module exports.

import { Version } from "./isa";

export { execute, run } from "./vm";
export { firstNonFinite } from "./kernels/guard";
export { shuffle } from "./kernels/random";

/** First byte behind the core's own data. */
export const heapBase: usize = __heap_base;

/** The instruction set that this binary understands. */
export function isaVersion(): u32 {
  return Version.ISA;
}
