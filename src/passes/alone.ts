// Which instructions are too little work to be split: rank 0 executes them alone, and between two of them no rank waits.
// Decided from sizes, so it is the same on every machine; the bits do not depend on it.

import {
  Binary, Check, Convert, Copy, CrossEntropy, CrossEntropyGradient, Direct, Fill, Gather, Gemm, Header, Loss, LossGradient, Map as MapSlot,
  MapGradient, Opcode, Pack, Pick, Place, Random, Reduce, Softmax, SoftmaxGradient, Squares, Update,
} from "../../assembly/isa.ts";
import type { Program } from "../program.ts";

/** An instruction is split from so much work on, in elements of an addition: some 2 µs, several times what a barrier costs. */
const LEAST = 8192;

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
  [Opcode.Update]: [4, Update.TOTAL],
};

/** Marks them in a program's words. */
export function markAlone(program: Program): void {
  const { words, instructions } = program;
  program.alone = true;
  for (const { word } of instructions) {
    const opcode: Opcode = words[word]! & Header.OPCODE;
    if (opcode === Opcode.Stop) continue; // every rank goes its way
    if (workOf(words, word, opcode) < LEAST) words[word]! |= Header.ALONE;
    else program.alone = false;
  }
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
