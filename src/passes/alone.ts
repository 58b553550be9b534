// Which instructions are too little work to be split: rank 0 executes them alone, and between two of them no rank waits.
// Decided from sizes, so it is the same on every machine; the bits do not depend on it.

import {
  Binary, Check, Convert, Copy, CrossEntropy, CrossEntropyGradient, Direct, Fill, Gather, Gemm, Header, Loss, LossGradient, Map as MapSlot,
  MapGradient, Opcode, Pack, Pick, Place, Random, Reduce, Softmax, SoftmaxGradient, Squares, Update,
} from "../../assembly/isa.ts";
import type { Program } from "../program.ts";

/** An instruction is split from so much work on, in additions of an element (some 8 in a nanosecond): 4 µs, several times what a
 * barrier costs; and only in a program of so much in all, 0.8 ms. With two threads of the 2-core machine that it was measured on, a
 * step of 0.03 ms had 0.17 of its speed where all was split, one of 0.3 ms 0.4 to 0.6, one of 0.7 ms 0.85 to 0.99, one of 5 ms
 * 1.33, one of 7 ms 1.5 (784-256-256-10 in batches of 256). */
const LEAST = 32768, LEAST_IN_ALL = 6e6;

/** Work of an element of each instruction, in additions, and the operands that multiply to their number. */
const WORK: Readonly<Partial<Record<Opcode, readonly [cost: number, ...slots: number[]]>>> = {
  [Opcode.Fill]: [0.5, Fill.COUNT],
  [Opcode.Convert]: [1, Convert.COUNT],
  [Opcode.Gather]: [1, Gather.ROWS, Gather.WIDTH],
  [Opcode.Pick]: [4, Pick.OUTER, Pick.INNER],
  [Opcode.Place]: [1, Place.OUTER, Place.AXIS, Place.INNER],
  [Opcode.Random]: [20, Random.COUNT],
  [Opcode.Pack]: [1, Pack.LINES, Pack.DEPTH],
  [Opcode.Gemm]: [0.4, Gemm.M, Gemm.N, Gemm.K],
  [Opcode.Direct]: [0.8, Direct.M, Direct.N, Direct.K],
  [Opcode.Map]: [4, MapSlot.COUNT],
  [Opcode.MapGradient]: [2, MapGradient.COUNT],
  [Opcode.Reduce]: [1, Reduce.OUTER, Reduce.AXIS, Reduce.INNER],
  [Opcode.Softmax]: [10, Softmax.ROWS, Softmax.WIDTH],
  [Opcode.SoftmaxGradient]: [4, SoftmaxGradient.ROWS, SoftmaxGradient.WIDTH],
  [Opcode.CrossEntropy]: [10, CrossEntropy.ROWS, CrossEntropy.WIDTH],
  [Opcode.CrossEntropyGradient]: [2, CrossEntropyGradient.ROWS, CrossEntropyGradient.WIDTH],
  [Opcode.Loss]: [4, Loss.COUNT],
  [Opcode.LossGradient]: [4, LossGradient.COUNT],
  [Opcode.Check]: [1, Check.COUNT],
  [Opcode.Squares]: [1, Squares.COUNT],
  [Opcode.Guard]: [0],
  [Opcode.Stop]: [0],
  [Opcode.Update]: [4, Update.TOTAL],
};

/** Marks them in a program's words. */
export function markAlone(program: Program): void {
  const { words, instructions, shared } = program;
  if (shared) return;
  const works = instructions.map(({ word }) => workOf(words, word, words[word]! & Header.OPCODE));
  program.alone = works.reduce((sum, work) => sum + work, 0) < LEAST_IN_ALL;
  instructions.forEach(({ word }, i) => {
    const opcode = words[word]! & Header.OPCODE, stop = opcode === Opcode.Stop; // every rank goes its way
    // a sum to so few numbers is not split, whatever its work
    const whole = opcode === Opcode.Reduce && words[word + Reduce.OUTER] === 1 && words[word + Reduce.INNER]! <= 4;
    if (!stop && (program.alone || whole || works[i]! < LEAST)) words[word]! |= Header.ALONE;
  });
}

function workOf(words: Uint32Array, at: number, opcode: Opcode): number {
  // their sizes stand in a list
  if (opcode === Opcode.Copy) return dimensions(words, at + Copy.RANK, at + Copy.DIMS);
  if (opcode === Opcode.Binary) return dimensions(words, at + Binary.RANK, at + Binary.DIMS);
  const [cost, ...slots] = WORK[opcode] ?? [Infinity];
  return slots.reduce((work, slot) => work * words[at + slot]!, cost);
}

/** The product of the sizes in a list of size and two strides. */
function dimensions(words: Uint32Array, rank: number, first: number): number {
  let size = 1;
  for (let i = 0; i < words[rank]!; i++) size *= words[first + 3 * i]!;
  return size;
}
