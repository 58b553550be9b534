// Functions of one to three tensors, element by element. Each kind is one loop over whole vectors, and all loops have one
// shape: they lie side by side in the binary, where they deflate to a third of what loops of different shapes take. The last
// one to three elements and numbers that stand for a whole row are brought into whole vectors in the rank's scratch.

import { Opcode, Size } from "../isa";
import { loadPart, storePart } from "../lanes";
import { shareEnd, shareStart, split } from "../parallel";
import { mapGradientVectors, mapVectors } from "./activation";
import { binaryVectors } from "./binary";
import { lossGradientVectors, lossVectors } from "./loss";

/** dst[i] = f(a[i], b[i], c[i]), i < count; in place allowed; ranks split i. */
export function elements(
  opcode: u32, kind: u32, dst: usize, a: usize, b: usize, c: usize, count: u32, p: f32, q: f32, rank: u32, size: u32,
): void {
  split(count, 16, rank, size);
  const at = <usize>shareStart << 2;
  row(opcode, kind, dst + at, a + at, b + at, c + at, 16, 16, shareEnd - shareStart, p, q, rank);
}

/** The same for one rank, where a and b go on by a vector, 16, or stand for all elements, 0. */
export function row(
  opcode: u32, kind: u32, dst: usize, a: usize, b: usize, c: usize, aStep: usize, bStep: usize, count: u32,
  p: f32, q: f32, rank: u32,
): void {
  const scratch = <usize>rank * Size.SCRATCH, pp = f32x4.splat(p), qq = f32x4.splat(q), rest = count & 3;
  if (!aStep) v128.store(scratch, v128.load32_splat(a)), a = scratch;
  if (!bStep) v128.store(scratch, v128.load32_splat(b), 16), b = scratch + 16;
  let to: usize = 0, bytes = <usize>(count >> 2) << 4;
  for (;;) {
    if (bytes) each(opcode, kind, dst, dst + bytes, a, b, c, aStep, bStep, pp, qq);
    if (!rest) return;
    if (dst == scratch) break;
    // once more, with what is left
    if (aStep) v128.store(scratch, loadPart(a + bytes, rest));
    if (bStep) v128.store(scratch, loadPart(b + bytes, rest), 16);
    if (opcode == Opcode.LossGradient) v128.store(scratch, loadPart(c + bytes, rest), 32);
    to = dst + bytes; 
    dst = a = scratch; b = scratch + 16; c = scratch + 32; bytes = 16;
  }
  storePart(to, v128.load(scratch), rest);
}

// @ts-ignore: decorator
@inline
function each(
  opcode: u32, kind: u32, dst: usize, end: usize, a: usize, b: usize, c: usize, aStep: usize, bStep: usize, p: v128, q: v128,
): void {
  switch (opcode) {
    case Opcode.Map: mapVectors(kind, dst, end, a, p, q); break;
    case Opcode.MapGradient: mapGradientVectors(kind, dst, end, a, b, p, q); break;
    case Opcode.Binary: binaryVectors(kind, dst, end, a, b, aStep, bStep); break;
    case Opcode.Loss: lossVectors(kind, dst, end, a, b); break;
    case Opcode.LossGradient: lossGradientVectors(kind, dst, end, a, b, c); break;
  }
}
