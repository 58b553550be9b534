// Functions of one to three tensors, element by element. Each kind is one loop over whole vectors, and all loops have one
// shape: they lie side by side in the binary, where they deflate to a third of what loops of different shapes take. The last
// one to three elements and numbers that stand for a whole row are brought into whole vectors in the rank's scratch.

import { Opcode, Size } from "../isa";
import { loadPart, storePart } from "../lanes";
import { share } from "../parallel";
import { mapGradientVectors, mapVectors } from "./activation";
import { binaryVectors } from "./binary";
import { lossGradientVectors, lossVectors } from "./loss";

/** dst[i] = f(a[i], b[i], c[i]), i < count; in place allowed; ranks split i. */
export function elements(
  opcode: u32, kind: u32, dst: usize, a: usize, b: usize, c: usize, count: u32, p: f32, q: f32, rank: u32, size: u32,
): void {
  const start = share(count, 16, rank, size), at = <usize>start << 2;
  row(opcode, kind, dst + at, a + at, b + at, c + at, 16, 16, share(count, 16, rank + 1, size) - start, p, q, rank);
}

/** The same for one rank, where a and b go on by a vector, 16, or stand for all elements, 0. */
export function row(
  opcode: u32, kind: u32, dst: usize, a: usize, b: usize, c: usize, aStep: usize, bStep: usize, count: u32,
  p: f32, q: f32, rank: u32,
): void {
  const scratch = <usize>rank * Size.SCRATCH, pp = f32x4.splat(p), qq = f32x4.splat(q);
  if (!aStep) {
    v128.store(scratch, v128.load32_splat(a));
    a = scratch;
  }
  if (!bStep) {
    v128.store(scratch, v128.load32_splat(b), 16);
    b = scratch + 16;
  }
  const vectors = count >> 2;
  const end = dst + (<usize>vectors << 4);
  each(opcode, kind, dst, end, a, b, c, aStep, bStep, pp, qq);
  count &= 3;
  if (!count) return;
  if (aStep) v128.store(scratch, loadPart(a + vectors * aStep, count));
  if (bStep) v128.store(scratch, loadPart(b + vectors * bStep, count), 16);
  if (opcode == Opcode.LossGradient) v128.store(scratch, loadPart(c + (vectors << 4), count), 32);
  each(opcode, kind, scratch, scratch + 16, scratch, scratch + 16, scratch + 32, 0, 0, pp, qq);
  storePart(end, v128.load(scratch), count);
}

function each(
  opcode: u32, kind: u32, dst: usize, end: usize, a: usize, b: usize, c: usize, aStep: usize, bStep: usize, p: v128, q: v128,
): void {
  switch (opcode) {
    case Opcode.Map: return mapVectors(kind, dst, end, a, p, q);
    case Opcode.MapGradient: return mapGradientVectors(kind, dst, end, a, b, p, q);
    case Opcode.Binary: return binaryVectors(kind, dst, end, a, b, aStep, bStep);
    case Opcode.Loss: return lossVectors(kind, dst, end, a, b);
    case Opcode.LossGradient: return lossGradientVectors(kind, dst, end, a, b, c);
  }
}
