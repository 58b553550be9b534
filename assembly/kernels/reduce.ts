// Sums, means and maxima over the middle axis of [outer, axis, inner]. Sums run over fixed blocks in f32 and
// over the blocks in f64, so their error stays near one rounding.

import { ReduceKind } from "../isa";
import { sum, write } from "../lanes";
import { shareEnd, shareStart, split } from "../parallel";

/** Rows whose sum is kept in f32 before it is added in f64. */
const BLOCK: u32 = 64;

/** dst[o, i] = reduce over a of src[o, a, i]; no overlap; ranks split o, or i where there is one o. */
export function reduce(
  kind: u32, dst: usize, src: usize, outer: u32, axis: u32, inner: u32, rank: u32, size: u32,
): void {
  const byColumn = outer == 1;
  // columns() takes sixteen at a time, and fewer by four: 8 or 10 of them are split too, in 0.5 to 0.7 of the time
  split(byColumn ? inner : outer, !byColumn ? 1 : inner < 16 ? 4 : 16, rank, size);
  const first: u32 = byColumn ? 0 : shareStart, last: u32 = byColumn ? 1 : shareEnd;
  const start: u32 = byColumn ? shareStart : 0, end = byColumn ? shareEnd : inner;
  const scale: f64 = kind == ReduceKind.Mean ? <f64>axis : 1;
  for (let o = first; o < last; o++) {
    const from = src + ((<usize>o * axis * inner) << 2);
    const to = dst + ((<usize>o * inner) << 2);
    if (kind >= <u32>ReduceKind.Max) extremes(kind, to, from, axis, inner, start, end);
    else if (inner == 1) {
      if (start < end) store<f32>(to, <f32>(sum(from, axis) / scale));
    } else columns(to, from, axis, inner, start, end, scale);
  }
}

/** Column sums of [axis, inner], divided by scale: sixteen columns at a time, then four, then the rest. */
function columns(dst: usize, src: usize, axis: u32, inner: u32, start: u32, end: u32, scale: f64): void {
  const pitch = <usize>inner << 2;
  let i = start;
  for (; i + 16 <= end; i += 16) {
    let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    let from = src + (<usize>i << 2);
    for (let r: u32 = 0; r < axis; r += BLOCK) {
      let a = f32x4.splat(0), b = a, c = a, d = a;
      for (let n = min(BLOCK, axis - r); n; n--, from += pitch) {
        a = f32x4.add(a, v128.load(from));
        b = f32x4.add(b, v128.load(from, 16));
        c = f32x4.add(c, v128.load(from, 32));
        d = f32x4.add(d, v128.load(from, 48));
      }
      s0 = f64x2.add(s0, f64x2.promote_low_f32x4(a));
      s1 = f64x2.add(s1, promoteHigh(a));
      s2 = f64x2.add(s2, f64x2.promote_low_f32x4(b));
      s3 = f64x2.add(s3, promoteHigh(b));
      s4 = f64x2.add(s4, f64x2.promote_low_f32x4(c));
      s5 = f64x2.add(s5, promoteHigh(c));
      s6 = f64x2.add(s6, f64x2.promote_low_f32x4(d));
      s7 = f64x2.add(s7, promoteHigh(d));
    }
    const to = dst + (<usize>i << 2);
    v128.store(to, demote(s0, s1, scale));
    v128.store(to, demote(s2, s3, scale), 16);
    v128.store(to, demote(s4, s5, scale), 32);
    v128.store(to, demote(s6, s7, scale), 48);
  }
  while (i < end) {
    // the last one to three go with those before them, if there are any: one pass for all
    if (end - i < 4 && end - start >= 4) i = end - 4;
    const count: u32 = end - i < 4 ? 1 : 4;
    let low = f64x2.splat(0), high = low;
    let from = src + (<usize>i << 2);
    for (let r: u32 = 0; r < axis; r += BLOCK) {
      let a = f32x4.splat(0);
      for (let n = min(BLOCK, axis - r); n; n--, from += pitch)
        a = f32x4.add(a, count == 4 ? v128.load(from) : v128.load32_zero(from));
      low = f64x2.add(low, f64x2.promote_low_f32x4(a));
      high = f64x2.add(high, promoteHigh(a));
    }
    write(dst + (<usize>i << 2), demote(low, high, scale), count);
    i += count;
  }
}

// @ts-ignore: decorator
@inline
function promoteHigh(x: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 0, 1));
}

function demote(low: v128, high: v128, scale: f64): v128 {
  const by = f64x2.splat(scale);
  return v128.shuffle<i32>(
    f32x4.demote_f64x2_zero(f64x2.div(low, by)), f32x4.demote_f64x2_zero(f64x2.div(high, by)), 0, 1, 4, 5,
  );
}

/** Max or ArgMax of columns start … end of [axis, inner]; NaN is greater than any number. */
function extremes(kind: u32, dst: usize, src: usize, axis: u32, inner: u32, start: u32, end: u32): void {
  for (let i = start; i < end; i++) {
    let from = src + (<usize>i << 2);
    let best = load<f32>(from), at: u32 = 0;
    for (let a: u32 = 1; a < axis && best == best; a++) {
      from += <usize>inner << 2;
      const value = load<f32>(from);
      if (!(value <= best)) { best = value; at = a; }
    }
    const to = dst + (<usize>i << 2);
    if (kind == ReduceKind.Max) store<f32>(to, best);
    else store<u32>(to, at);
  }
}
