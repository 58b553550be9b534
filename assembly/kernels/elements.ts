// Functions of one to three tensors, element by element; those of two with broadcasting. A kind is one loop over whole
// vectors. What is no whole vector is made one in the rank's scratch: the last one to three elements, and a number that
// stands for a whole row. So there is one tail for all kinds, and the loops are so alike that they deflate to half of what
// they took with tails of their own.

import { BinaryKind, Opcode, Size } from "../isa";
import { loadPart, storePart } from "../lanes";
import { shareEnd, shareStart, split } from "../parallel";
import { mapGradientVectors, mapVectors } from "./activation";
import { addRows, binaryVectors } from "./binary";
import { lossGradientVectors, lossVectors } from "./loss";

/** dst[i] = f(a[i], b[i], c[i]), i < count, of a kind of Map, MapGradient, Loss or LossGradient, with parameters p and q;
 *  dst may be a, b or c; a kind that takes fewer tensors is given one of them twice; ranks split i. */
export function elements(
  opcode: u32, kind: u32, dst: usize, a: usize, b: usize, c: usize, count: u32, p: f32, q: f32, rank: u32, size: u32,
): void {
  split(count, 16, rank, size);
  const at = <usize>shareStart << 2;
  row(opcode, kind, dst + at, a + at, b + at, c + at, 16, 16, shareEnd - shareStart, p, q, rank);
}

/** dst[…] = f(a[…], b[…]); dims: depth × (size, stride in a, stride in b), strides in elements, the innermost 0
 *  or 1; where a dimension is above 1, one of the strides is not 0;
 *  dst is dense and may be a or b where that is dense; ranks split the outermost dimension. */
export function binary(
  kind: u32, dst: usize, a: usize, b: usize, depth: u32, dims: usize, rank: u32, size: u32,
): void {
  const count = load<u32>(dims);
  const grain: u32 = depth > 1 ? 1 : 16;
  split(count, grain, rank, size);
  const start = shareStart, end = shareEnd;
  if (depth == 2 && kind == BinaryKind.Add) {
    // b is a row for all rows of a, as a bias is
    const n = load<u32>(dims, 12), rest = n & 3;
    if (load<u32>(dims, 4) == n && !load<u32>(dims, 8) && load<u32>(dims, 16) == 1 && load<u32>(dims, 20) == 1 && !(rest && n > LONGEST)) {
      const at = <usize>(start * n) << 2;
      if (start < end && n) rows(dst + at, a + at, b, n, (end - start) * n, rank);
      return;
    }
  }
  let inner: u32 = 1;
  for (let d: u32 = 1; d < depth; d++) inner *= load<u32>(dims + d * 12);
  if (inner) slice(kind, dst, a, b, depth, dims, start, end, inner, rank);
}

/** Longest row that is no whole vectors and yet fits, with three numbers more, behind what row() has of the scratch. */
const LONGEST: u32 = (Size.SCRATCH - 48) / 4 - 3;

/** dst[i] = a[i] + b[i mod n], i < count: one loop over all rows. A row that is no whole vectors stands in the scratch with its
 *  first numbers once more behind it, so that a vector may begin anywhere in it. */
function rows(dst: usize, a: usize, b: usize, n: u32, count: u32, rank: u32): void {
  const period = <usize>n << 2, bytes = <usize>(count >> 2) << 4;
  if (n & 3) {
    const scratch = <usize>rank * Size.SCRATCH + 48;
    for (let i: u32 = 0; i < n + 3; i++) store<f32>(scratch + (<usize>i << 2), load<f32>(b + (<usize>(i % n) << 2)));
    b = scratch;
  }
  addRows(dst, dst + bytes, a, b, period < 16 ? 16 % period : 16, period);
  if (count & 3) row(Opcode.Binary, BinaryKind.Add, dst + bytes, a + bytes, b + bytes % period, b, 16, 16, count & 3, 0, 0, rank);
}

/** Items start … end of the outermost of the remaining dimensions; `inner` elements of dst lie in each. */
function slice(
  kind: u32, dst: usize, a: usize, b: usize, depth: u32, dims: usize, start: u32, end: u32, inner: u32, rank: u32,
): void {
  const step = <usize>inner << 2, aStep = <usize>load<u32>(dims, 4) << 2, bStep = <usize>load<u32>(dims, 8) << 2;
  dst += start * step;
  a += start * aStep;
  b += start * bStep;
  if (depth == 1) {
    const n = end - start;
    // a row of whole vectors, as of a bias, goes straight to its loop: rows of 8 take 0.86 of the time
    if (aStep && bStep && !(n & 3)) binaryVectors(kind, dst, dst + (<usize>n << 2), a, b, 16, 16);
    else row(Opcode.Binary, kind, dst, a, b, b, aStep << 2, bStep << 2, n, 0, 0, rank);
    return;
  }
  const count = load<u32>(dims, 12);
  for (; start < end; start++, dst += step, a += aStep, b += bStep)
    slice(kind, dst, a, b, depth - 1, dims + 12, 0, count, inner / count, rank);
}

/** Elements of one rank, of a kind of Binary too. The steps are 16, or 0 where one number of a or b stands for all. */
function row(
  opcode: u32, kind: u32, dst: usize, a: usize, b: usize, c: usize, aStep: usize, bStep: usize, count: u32,
  p: f32, q: f32, rank: u32,
): void {
  const scratch = <usize>rank * Size.SCRATCH, rest = count & 3, pp = f32x4.splat(p), qq = f32x4.splat(q);
  let bytes = <usize>(count >> 2) << 4, to: usize = 0;
  if (!aStep) {
    v128.store(scratch, v128.load32_splat(a));
    a = scratch;
  }
  if (!bStep) {
    v128.store(scratch, v128.load32_splat(b), 16);
    b = scratch + 16;
  }
  for (;;) {
    if (bytes) vectors(opcode, kind, dst, dst + bytes, a, b, c, aStep, bStep, pp, qq);
    if (!rest) return;
    if (to) break;
    // once more, for the rest
    if (aStep) v128.store(scratch, loadPart(a + bytes, rest));
    if (bStep) v128.store(scratch, loadPart(b + bytes, rest), 16);
    if (opcode == Opcode.LossGradient) v128.store(scratch, loadPart(c + bytes, rest), 32);
    to = dst + bytes;
    dst = a = scratch;
    b = scratch + 16;
    c = scratch + 32;
    bytes = 16;
  }
  storePart(to, v128.load(scratch), rest);
}

/** Whole vectors, until dst is end. */
// @ts-ignore: decorator
@inline
function vectors(
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
