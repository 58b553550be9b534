// Matrix products. Every path adds up an element in one order: within a block of depth from 0 on, one product after
// the other, into a sum that starts at +0; the blocks' sums in order into C. So an element's bits depend neither on
// the path, nor on the tile it falls into, nor on the ranks. Letters as in BLIS (Van Zee and van de Geijn, ACM TOMS
// 41, 2015): C is m × n, depth k ≥ 1; MR × NR is the register tile, KC and MC are cache blocks.

import { Size } from "../isa";
import { loadPart, storePart } from "../lanes";
import { shareEnd, shareStart, split } from "../parallel";
import { blockDepth } from "./pack";

const MR: u32 = Size.MR;
const NR: u32 = Size.NR;
const MC: u32 = Size.MC;

/** C[m, n] = Σk A[m, k] · B[k, n]; A packed MR wide, B packed NR wide; no overlap. Ranks split the panels of A, or
 *  those of B where they are more. */
export function gemm(c: usize, a: usize, b: usize, m: u32, n: u32, k: u32, rank: u32, size: u32): void {
  const aPanels = (m + MR - 1) / MR, bPanels = (n + NR - 1) / NR;
  const byRows = aPanels >= bPanels;
  split(byRows ? aPanels : bPanels, 1, rank, size);
  const i0: u32 = byRows ? shareStart : 0, i1 = byRows ? shareEnd : aPanels;
  const j0: u32 = byRows ? 0 : shareStart, j1 = byRows ? bPanels : shareEnd;
  const block = blockDepth(k);
  for (let k0: u32 = 0; k0 < k; k0 += block) {
    const kc = min(block, k - k0);
    const aBlock = a + ((<usize>k0 * aPanels * MR) << 2), bBlock = b + ((<usize>k0 * bPanels * NR) << 2);
    for (let i = i0; i < i1; i += MC / MR)
      macroKernel(c, aBlock, bBlock, m, n, kc, i, min(i + MC / MR, i1), j0, j1, k0 == 0);
  }
}

/** Panels i0 … i1 of A, which stay in the second-level cache, times panels j0 … j1 of B. */
function macroKernel(
  c: usize, a: usize, b: usize, m: u32, n: u32, kc: u32, i0: u32, i1: u32, j0: u32, j1: u32, first: bool,
): void {
  const pitch = <usize>n << 2;
  for (let j = j0; j < j1; j++) {
    const columns = min(NR, n - j * NR);
    const panel = b + ((<usize>j * kc * NR) << 2);
    for (let i = i0; i < i1; i++) {
      const to = c + <usize>i * MR * pitch + (<usize>j * NR << 2);
      tile(to, a + ((<usize>i * kc * MR) << 2), panel, kc, pitch, min(MR, m - i * MR), columns, first);
    }
  }
}

/** The register tile: C[0 … 4, 0 … 8] = or += A panel · B panel; only rows × columns of it are stored. */
function tile(c: usize, a: usize, b: usize, kc: u32, pitch: usize, rows: u32, columns: u32, first: bool): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  for (const end = a + (<usize>kc << 4); a < end; a += 16, b += 32) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
    c00 = f32x4.add(c00, f32x4.mul(s, b0));
    c01 = f32x4.add(c01, f32x4.mul(s, b1));
    s = v128.load32_splat(a, 4);
    c10 = f32x4.add(c10, f32x4.mul(s, b0));
    c11 = f32x4.add(c11, f32x4.mul(s, b1));
    s = v128.load32_splat(a, 8);
    c20 = f32x4.add(c20, f32x4.mul(s, b0));
    c21 = f32x4.add(c21, f32x4.mul(s, b1));
    s = v128.load32_splat(a, 12);
    c30 = f32x4.add(c30, f32x4.mul(s, b0));
    c31 = f32x4.add(c31, f32x4.mul(s, b1));
  }
  put(c, c00, c01, columns, first);
  if (rows > 1) put(c + pitch, c10, c11, columns, first);
  if (rows > 2) put(c + 2 * pitch, c20, c21, columns, first);
  if (rows > 3) put(c + 3 * pitch, c30, c31, columns, first);
}

// @ts-ignore: decorator
@inline
function put(to: usize, low: v128, high: v128, columns: u32, first: bool): void {
  if (columns == NR) {
    v128.store(to, first ? low : f32x4.add(v128.load(to), low));
    v128.store(to, first ? high : f32x4.add(v128.load(to, 16), high), 16);
  } else putPart(to, low, high, columns, first);
}

function putPart(to: usize, low: v128, high: v128, columns: u32, first: bool): void {
  if (columns >= 4) {
    v128.store(to, first ? low : f32x4.add(v128.load(to), low));
    to += 16;
    columns -= 4;
    low = high;
  }
  if (columns) storePart(to, first ? low : f32x4.add(loadPart(to, columns), low), columns);
}

/** C[m, n] = Σk A[m, k] · B[k, n] without packing; strides in elements, of B one is 1; no overlap. Ranks split the
 *  rows, or the columns where rows are fewer than four. */
export function direct(
  c: usize, a: usize, b: usize, m: u32, n: u32, k: u32,
  aRow: u32, aColumn: u32, bRow: u32, bColumn: u32, rank: u32, size: u32,
): void {
  const byRows = m >= MR;
  split(byRows ? m : n, byRows ? 1 : 16, rank, size);
  const i0: u32 = byRows ? shareStart : 0, i1 = byRows ? shareEnd : m;
  const j0: u32 = byRows ? 0 : shareStart, j1 = byRows ? n : shareEnd;
  const block = blockDepth(k);
  const aStep = <usize>aColumn << 2, bStep = <usize>bRow << 2, bNext = <usize>bColumn << 2;
  for (let k0: u32 = 0; k0 < k; k0 += block) {
    const kc = min(block, k - k0), first = k0 == 0;
    const bBlock = b + k0 * bStep;
    for (let i = i0; i < i1; i++) {
      const row = a + (((<usize>i * aRow) + <usize>k0 * aColumn) << 2);
      let to = c + (<usize>(i * n + j0) << 2), from = bBlock + j0 * bNext, j = j0;
      if (bColumn == 1) {
        for (; j + 16 <= j1; j += 16, to += 64, from += 64) sixteen(to, row, from, kc, aStep, bStep, first);
        for (; j + 4 <= j1; j += 4, to += 16, from += 16) four(to, row, from, kc, aStep, bStep, first);
      } else {
        for (; j + 4 <= j1; j += 4, to += 16, from += 4 * bNext) fourAcross(to, row, from, kc, aStep, bNext, first);
      }
      for (; j < j1; j++, to += 4, from += bNext) one(to, row, from, kc, aStep, bStep, first);
    }
  }
}

/** Sixteen elements of a row of C; B's columns lie side by side. */
function sixteen(c: usize, a: usize, b: usize, kc: u32, aStep: usize, bStep: usize, first: bool): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  for (; kc; kc--, a += aStep, b += bStep) {
    const s = v128.load32_splat(a);
    c0 = f32x4.add(c0, f32x4.mul(s, v128.load(b)));
    c1 = f32x4.add(c1, f32x4.mul(s, v128.load(b, 16)));
    c2 = f32x4.add(c2, f32x4.mul(s, v128.load(b, 32)));
    c3 = f32x4.add(c3, f32x4.mul(s, v128.load(b, 48)));
  }
  put(c, c0, c1, 8, first);
  put(c + 32, c2, c3, 8, first);
}

function four(c: usize, a: usize, b: usize, kc: u32, aStep: usize, bStep: usize, first: bool): void {
  let sum = f32x4.splat(0);
  for (; kc; kc--, a += aStep, b += bStep) sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(a), v128.load(b)));
  v128.store(c, first ? sum : f32x4.add(v128.load(c), sum));
}

/** Four elements of a row of C; B's rows lie side by side (its stride along k is 1), so 4 × 4 blocks are turned. */
function fourAcross(c: usize, a: usize, b: usize, kc: u32, aStep: usize, bNext: usize, first: bool): void {
  let sum = f32x4.splat(0);
  const b1 = b + bNext, b2 = b1 + bNext, b3 = b2 + bNext;
  let k: usize = 0;
  for (const end = <usize>(kc & ~3) << 2; k < end; k += 16) {
    const w = v128.load(b + k), x = v128.load(b1 + k), y = v128.load(b2 + k), z = v128.load(b3 + k);
    const wx = v128.shuffle<i32>(w, x, 0, 4, 1, 5), yz = v128.shuffle<i32>(y, z, 0, 4, 1, 5);
    const WX = v128.shuffle<i32>(w, x, 2, 6, 3, 7), YZ = v128.shuffle<i32>(y, z, 2, 6, 3, 7);
    sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(a), v128.shuffle<i64>(wx, yz, 0, 2))); a += aStep;
    sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(a), v128.shuffle<i64>(wx, yz, 1, 3))); a += aStep;
    sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(a), v128.shuffle<i64>(WX, YZ, 0, 2))); a += aStep;
    sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(a), v128.shuffle<i64>(WX, YZ, 1, 3))); a += aStep;
  }
  for (const end = <usize>kc << 2; k < end; k += 4, a += aStep) {
    let w = v128.load32_zero(b + k);
    w = v128.load32_lane(b1 + k, w, 1);
    w = v128.load32_lane(b2 + k, w, 2);
    w = v128.load32_lane(b3 + k, w, 3);
    sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(a), w));
  }
  v128.store(c, first ? sum : f32x4.add(v128.load(c), sum));
}

function one(c: usize, a: usize, b: usize, kc: u32, aStep: usize, bStep: usize, first: bool): void {
  let sum: f32 = 0;
  for (; kc; kc--, a += aStep, b += bStep) sum += load<f32>(a) * load<f32>(b);
  store<f32>(c, first ? sum : load<f32>(c) + sum);
}
