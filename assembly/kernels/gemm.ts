// Matrix products. Every path adds up an element in one order: within a block of depth from 0 on, one product after
// the other, into a sum that starts at +0; the blocks' sums in order into C. So an element's bits depend neither on
// the path, nor on the tile it falls into, nor on the ranks. Letters as in BLIS (Van Zee and van de Geijn, ACM TOMS
// 41, 2015): C is m × n, depth k ≥ 1; MR × NR is the register tile, KC and MC are cache blocks.

import { Size } from "../isa";
import { mulAdd, read, write } from "../lanes";
import { shareEnd, shareStart, split } from "../parallel";
import { blockDepth } from "./pack";

const MR: u32 = Size.MR;
const NR: u32 = Size.NR;
/** Fewer in the fast build: where rows of C are 4 KB apart, each is a page of its own, and of few pages at a time the processor knows
 *  the addresses. In Node 24 products of 1024 have 1.32 times the exact build's rate, and 1.15 times with 128 rows. */
const MC: u32 = ASC_FEATURE_RELAXED_SIMD ? 48 : Size.MC;

/** C[m, n] = Σk A[m, k] · B[k, n]; no overlap. A is packed MR wide, or, where its rows lie side by side, read where it is:
 *  aStep is then its stride along k in elements, else 0. B likewise, packed NR wide or its columns side by side. In its place A
 *  may be read up to 12 bytes beyond its end, unless m is a multiple of MR or n of NR. Ranks split the panels of A, or those of
 *  B where they are more. */
export function gemm(
  c: usize, a: usize, b: usize, m: u32, n: u32, k: u32, aStep: u32, bStep: u32, rank: u32, size: u32,
): void {
  const aPanels = (m + MR - 1) / MR, bPanels = (n + NR - 1) / NR;
  const byRows = aPanels >= bPanels;
  split(byRows ? aPanels : bPanels, 1, rank, size);
  const i0: u32 = byRows ? shareStart : 0, i1 = byRows ? shareEnd : aPanels;
  const j0: u32 = byRows ? 0 : shareStart, j1 = byRows ? bPanels : shareEnd;
  const block = blockDepth(k);
  for (let k0: u32 = 0; k0 < k; k0 += block) {
    const kc = min(block, k - k0);
    aAlong = aStep ? <usize>aStep << 2 : MR << 2;
    aNext = aStep ? MR << 2 : <usize>kc * MR << 2;
    bAlong = bStep ? <usize>bStep << 2 : NR << 2;
    bNext = bStep ? NR << 2 : <usize>kc * NR << 2;
    const aBlock = a + <usize>k0 * (aStep ? aAlong : <usize>aPanels * MR << 2);
    const bBlock = b + <usize>k0 * (bStep ? bAlong : <usize>bPanels * NR << 2);
    for (let i = i0; i < i1; i += MC / MR)
      macroKernel(c, aBlock, bBlock, m, n, kc, i, min(i + MC / MR, i1), j0, j1, k0 == 0);
  }
}

/** Bytes from one step of depth to the next and from one panel to the next. Wasm globals belong to one thread. */
let aAlong: usize = 0, aNext: usize = 0, bAlong: usize = 0, bNext: usize = 0;

/** Panels i0 … i1 of A, which stay in the second-level cache, times panels j0 … j1 of B. */
function macroKernel(
  c: usize, a: usize, b: usize, m: u32, n: u32, kc: u32, i0: u32, i1: u32, j0: u32, j1: u32, first: bool,
): void {
  const pitch = <usize>n << 2;
  a += i0 * aNext;
  c += <usize>i0 * MR * pitch;
  for (let j = j0; j < j1; j++) {
    let columns = n - j * NR, to = c + (<usize>j * NR << 2), panel = b + j * bNext;
    if (columns >= NR) {
      let from = a;
      for (let i = i0; i < i1; i++, from += aNext, to += MR * pitch) {
        const rows = m - i * MR;
        if (ASC_FEATURE_RELAXED_SIMD && rows >= 3 * MR && i + 3 <= i1) { // three panels are two tiles: rows 0 … 6, and 6 … 12
          const second = from + aNext, third = second + aNext, fifth = to + MR * pitch, ninth = fifth + MR * pitch;
          tallTile(to, from, fifth, second, panel, kc, aAlong, bAlong, pitch, first);
          tallTile(ninth, third, fifth + 2 * pitch, second + 8, panel, kc, aAlong, bAlong, pitch, first);
          i += 2;
          from = third;
          to = ninth;
        } else if (rows >= MR) tile(to, from, panel, kc, aAlong, bAlong, pitch, first);
        else rest(to, from, panel, kc, aAlong, bAlong, pitch, rows, first);
      }
    } else for (; columns; to += 16, panel += 16, columns -= min(columns, 4))
      for (let i = i0; i < i1; i += 2) {
        const rows = m - i * MR, at = to + (i - i0) * MR * pitch, from = a + (i - i0) * aNext;
        narrow(at, from, panel, kc, aAlong, bAlong, pitch, i + 1 < i1 ? aNext : 0, min(rows, (i1 - i) * MR), columns, first);
      }
  }
}

/** The register tile: C[0 … 4, 0 … 8] = or += A panel · B panel. With `six`, two rows of another panel of A beside them, from
 *  `pair` on, whose sums go to `d`. In the sweep (bench/SWEEP.md) 2 × 16 is faster by 4 % on panels in the first-level cache, over two
 *  processors and four engines; in whole steps it brought nothing (0.98 to 1.02 of the speed), and 0.3 KB. */
// @ts-ignore: decorator
@inline
function rowsByEight(
  c: usize, a: usize, d: usize, pair: usize, b: usize, kc: u32, aStep: usize, bStep: usize, pitch: usize, six: bool, first: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  let d00 = c00, d01 = c00, d10 = c00, d11 = c00;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
    c00 = mulAdd(s, b0, c00);
    c01 = mulAdd(s, b1, c01);
    s = v128.load32_splat(a, 4);
    c10 = mulAdd(s, b0, c10);
    c11 = mulAdd(s, b1, c11);
    s = v128.load32_splat(a, 8);
    c20 = mulAdd(s, b0, c20);
    c21 = mulAdd(s, b1, c21);
    s = v128.load32_splat(a, 12);
    c30 = mulAdd(s, b0, c30);
    c31 = mulAdd(s, b1, c31);
    if (six) {
      s = v128.load32_splat(pair);
      d00 = mulAdd(s, b0, d00);
      d01 = mulAdd(s, b1, d01);
      s = v128.load32_splat(pair, 4);
      d10 = mulAdd(s, b0, d10);
      d11 = mulAdd(s, b1, d11);
      pair += aStep;
    }
    a += aStep;
    b += bStep;
  } while (--kc);
  const second = c + pitch, third = second + pitch, fourth = third + pitch, last = d + pitch;
  // all is read before anything is written: rows 4096 bytes apart look alike to a processor, which lets a load wait for the store before
  if (!first) {
    c00 = f32x4.add(v128.load(c), c00);
    c01 = f32x4.add(v128.load(c, 16), c01);
    c10 = f32x4.add(v128.load(second), c10);
    c11 = f32x4.add(v128.load(second, 16), c11);
    c20 = f32x4.add(v128.load(third), c20);
    c21 = f32x4.add(v128.load(third, 16), c21);
    c30 = f32x4.add(v128.load(fourth), c30);
    c31 = f32x4.add(v128.load(fourth, 16), c31);
    if (six) {
      d00 = f32x4.add(v128.load(d), d00);
      d01 = f32x4.add(v128.load(d, 16), d01);
      d10 = f32x4.add(v128.load(last), d10);
      d11 = f32x4.add(v128.load(last, 16), d11);
    }
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(second, c10);
  v128.store(second, c11, 16);
  v128.store(third, c20);
  v128.store(third, c21, 16);
  v128.store(fourth, c30);
  v128.store(fourth, c31, 16);
  if (six) {
    v128.store(d, d00);
    v128.store(d, d01, 16);
    v128.store(last, d10);
    v128.store(last, d11, 16);
  }
}

function tile(c: usize, a: usize, b: usize, kc: u32, aStep: usize, bStep: usize, pitch: usize, first: bool): void {
  rowsByEight(c, a, 0, 0, b, kc, aStep, bStep, pitch, false, first);
}

/** The fast build's own tile, 6 × 8: fused, the eight sums of 4 × 8 are so few that each product waits for the one before. */
function tallTile(
  c: usize, a: usize, d: usize, pair: usize, b: usize, kc: u32, aStep: usize, bStep: usize, pitch: usize, first: bool,
): void {
  rowsByEight(c, a, d, pair, b, kc, aStep, bStep, pitch, true, first);
}

// @ts-ignore: decorator
@inline
function put(to: usize, low: v128, high: v128, first: bool): void {
  v128.store(to, first ? low : f32x4.add(v128.load(to), low));
  v128.store(to, first ? high : f32x4.add(v128.load(to, 16), high), 16);
}

/** The same for the last rows of C, fewer than MR. */
function rest(
  c: usize, a: usize, b: usize, kc: u32, aStep: usize, bStep: usize, pitch: usize, rows: u32, first: bool,
): void {
  for (; rows > 1; rows -= 2, c += 2 * pitch, a += 8) strip(c, a, b, kc, aStep, bStep, pitch, true, first);
  if (rows) strip(c, a, b, kc, aStep, bStep, pitch, false, first);
}

/** One or two rows of eight columns. */
function strip(
  c: usize, a: usize, b: usize, kc: u32, aStep: usize, bStep: usize, pitch: usize, two: bool, first: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00;
  const second: usize = two ? 4 : 0;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
    c00 = mulAdd(s, b0, c00);
    c01 = mulAdd(s, b1, c01);
    s = v128.load32_splat(a + second);
    c10 = mulAdd(s, b0, c10);
    c11 = mulAdd(s, b1, c11);
    a += aStep;
    b += bStep;
  } while (--kc);
  put(c, c00, c01, first);
  if (two) put(c + pitch, c10, c11, first);
}

/** The last columns of C, four at most: vectors of two panels of A, `next` bytes apart, times single numbers of B. Of the
 *  eight rows, `rows` are stored. */
function narrow(
  c: usize, a: usize, b: usize, kc: u32, aStep: usize, bStep: usize, pitch: usize, next: usize, rows: u32, columns: u32,
  first: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00;
  if (columns > 2) {
    const last: usize = columns > 3 ? 12 : 8; // three columns: the last one twice
    do {
      const a0 = v128.load(a), a1 = v128.load(a + next);
      let s = v128.load32_splat(b);
      c00 = mulAdd(a0, s, c00);
      c10 = mulAdd(a1, s, c10);
      s = v128.load32_splat(b, 4);
      c01 = mulAdd(a0, s, c01);
      c11 = mulAdd(a1, s, c11);
      s = v128.load32_splat(b, 8);
      c02 = mulAdd(a0, s, c02);
      c12 = mulAdd(a1, s, c12);
      s = v128.load32_splat(b + last);
      c03 = mulAdd(a0, s, c03);
      c13 = mulAdd(a1, s, c13);
      a += aStep;
      b += bStep;
    } while (--kc);
  } else {
    const last: usize = columns > 1 ? 4 : 0;
    do {
      const a0 = v128.load(a), a1 = v128.load(a + next);
      let s = v128.load32_splat(b);
      c00 = mulAdd(a0, s, c00);
      c10 = mulAdd(a1, s, c10);
      s = v128.load32_splat(b + last);
      c01 = mulAdd(a0, s, c01);
      c11 = mulAdd(a1, s, c11);
      a += aStep;
      b += bStep;
    } while (--kc);
  }
  turn(c, c00, c01, c02, c03, pitch, rows, columns, first);
  if (rows > 4) turn(c + 4 * pitch, c10, c11, c12, c13, pitch, rows - 4, columns, first);
}

/** Stores four columns as rows. */
export function turn(c: usize, x: v128, y: v128, z: v128, w: v128, pitch: usize, rows: u32, columns: u32, first: bool): void {
  const xy = v128.shuffle<i32>(x, y, 0, 4, 1, 5), zw = v128.shuffle<i32>(z, w, 0, 4, 1, 5);
  const XY = v128.shuffle<i32>(x, y, 2, 6, 3, 7), ZW = v128.shuffle<i32>(z, w, 2, 6, 3, 7);
  putPart(c, v128.shuffle<i64>(xy, zw, 0, 2), columns, first);
  if (rows > 1) putPart(c + pitch, v128.shuffle<i64>(xy, zw, 1, 3), columns, first);
  if (rows > 2) putPart(c + 2 * pitch, v128.shuffle<i64>(XY, ZW, 0, 2), columns, first);
  if (rows > 3) putPart(c + 3 * pitch, v128.shuffle<i64>(XY, ZW, 1, 3), columns, first);
}

function putPart(to: usize, sums: v128, columns: u32, first: bool): void {
  write(to, first ? sums : f32x4.add(read(to, columns), sums), columns);
}

/** C[m, n] = Σk A[m, k] · B[k, n], a row at a time; strides in elements, B's columns lie side by side; no overlap. Ranks split
 *  the rows, or the columns where rows are fewer than four. */
export function direct(
  c: usize, a: usize, b: usize, m: u32, n: u32, k: u32, aRow: u32, aColumn: u32, bRow: u32, rank: u32, size: u32,
): void {
  const byRows = m >= MR;
  split(byRows ? m : n, byRows ? 1 : 16, rank, size);
  const i0: u32 = byRows ? shareStart : 0, i1 = byRows ? shareEnd : m;
  const j0: u32 = byRows ? 0 : shareStart, j1 = byRows ? n : shareEnd;
  const block = blockDepth(k), aStep = <usize>aColumn << 2, bStep = <usize>bRow << 2;
  for (let k0: u32 = 0; k0 < k; k0 += block) {
    const kc = min(block, k - k0), first = k0 == 0;
    for (let i = i0; i < i1; i++) {
      const row = a + (((<usize>i * aRow) + <usize>k0 * aColumn) << 2);
      let to = c + (<usize>(i * n + j0) << 2), from = b + k0 * bStep + (<usize>j0 << 2), j = j0;
      for (; j + 16 <= j1; j += 16, to += 64, from += 64) sixteen(to, row, from, kc, aStep, bStep, first);
      for (; j + 4 <= j1; j += 4, to += 16, from += 16) four(to, row, from, kc, aStep, bStep, first);
      for (; j < j1; j++, to += 4, from += 4) one(to, row, from, kc, aStep, bStep, first);
    }
  }
}

/** Sixteen elements of a row of C. */
function sixteen(c: usize, a: usize, b: usize, kc: u32, aStep: usize, bStep: usize, first: bool): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  for (; kc; kc--, a += aStep, b += bStep) {
    const s = v128.load32_splat(a);
    c0 = mulAdd(s, v128.load(b), c0);
    c1 = mulAdd(s, v128.load(b, 16), c1);
    c2 = mulAdd(s, v128.load(b, 32), c2);
    c3 = mulAdd(s, v128.load(b, 48), c3);
  }
  put(c, c0, c1, first);
  put(c + 32, c2, c3, first);
}

function four(c: usize, a: usize, b: usize, kc: u32, aStep: usize, bStep: usize, first: bool): void {
  let sum = f32x4.splat(0);
  for (; kc; kc--, a += aStep, b += bStep) sum = mulAdd(v128.load32_splat(a), v128.load(b), sum);
  v128.store(c, first ? sum : f32x4.add(v128.load(c), sum));
}

function one(c: usize, a: usize, b: usize, kc: u32, aStep: usize, bStep: usize, first: bool): void {
  let sum: f32 = 0;
  for (; kc; kc--, a += aStep, b += bStep) sum += load<f32>(a) * load<f32>(b);
  store<f32>(c, first ? sum : load<f32>(c) + sum);
}
