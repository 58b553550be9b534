// Softmax and cross-entropy over rows. The row's maximum is subtracted first, so no exponential overflows; sums run in f64.

import { CrossEntropyKind, Size, SoftmaxKind } from "../isa";
import { read, total, widen, write } from "../lanes";
import { expOf, log64 } from "../math";
import { shareEnd, shareStart, split } from "../parallel";
import { turn } from "./gemm";

// Rows are taken four at a time, a lane for each, so that no lane is empty and much is under way at once: rows of 10 take a third
// of the time that they take one by one, rows of 1000 as much. Where fewer are left, the last one goes twice or more: a long
// row alone takes as long as four (a path for it would be 0.2 KB, a fiftieth of the core).
// What is found of them lies in the rank's scratch: TOP is f32, the others are f64.
const TOP: usize = 0, SUM: usize = 16, DISTANCE: usize = 48, WEIGHT: usize = 80;

/** From the first row to the others, in bytes. Wasm globals belong to one thread. */
let second: usize = 0, third: usize = 0, fourth: usize = 0;

/** A number of each row. */
function column(src: usize): v128 {
  const x = v128.load32_lane(src + second, v128.load32_zero(src), 1);
  return v128.load32_lane(src + fourth, v128.load32_lane(src + third, x, 2), 3);
}

/** TOP = the largest number of each row. A NaN may be overlooked: it comes back in the exponentials. */
function maxima(scratch: usize, src: usize, pitch: usize): void {
  let best = column(src);
  for (const end = src + pitch; (src += 4) < end;) best = f32x4.pmax(best, column(src));
  v128.store(scratch, best, TOP);
}

/** SUM = Σ e^(x − TOP) of each row; dst, if it is not 0, becomes what is added. In place allowed. */
function exponentials(scratch: usize, dst: usize, src: usize, rows: u32, width: u32): void {
  let a = f64x2.splat(0), b = a, c = a, d = a;
  const pitch = <usize>width << 2;
  for (; width; width -= min(width, 4), src += 16) {
    const e0 = term(scratch, src, width, 0), e1 = term(scratch, src, width, 1);
    const e2 = term(scratch, src, width, 2), e3 = term(scratch, src, width, 3);
    if (dst) {
      turn(dst, e0, e1, e2, e3, pitch, rows, width, true);
      dst += 16;
    }
    // in the order of widen()
    a = f64x2.add(a, f64x2.add(f64x2.promote_low_f32x4(e0), f64x2.promote_low_f32x4(e2)));
    b = f64x2.add(b, f64x2.add(f64x2.promote_low_f32x4(e1), f64x2.promote_low_f32x4(e3)));
    c = f64x2.add(c, f64x2.add(promoteHigh(e0), promoteHigh(e2)));
    d = f64x2.add(d, f64x2.add(promoteHigh(e1), promoteHigh(e3)));
  }
  v128.store(scratch, f64x2.add(a, b), SUM);
  v128.store(scratch, f64x2.add(c, d), SUM + 16);
}

function promoteHigh(x: v128): v128 { return f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 0)); }

/** e^(x − TOP) of column i of each row, of which `left` are there; else 0. */
function term(scratch: usize, src: usize, left: u32, i: u32): v128 {
  if (i >= left) return f32x4.splat(0);
  return expOf(f32x4.sub(column(src + (<usize>i << 2)), v128.load(scratch, TOP)));
}

/** dst[c] /= divisor */
function divide(dst: usize, count: u32, divisor: f32): void {
  const by = f32x4.splat(divisor);
  for (; count >= 4; count -= 4, dst += 16) v128.store(dst, f32x4.div(v128.load(dst), by));
  for (; count; count--, dst += 4) store<f32>(dst, load<f32>(dst) / divisor);
}

/** dst[r, :] = softmax or, with `logs`, log-softmax of src[r, :]; dst may be src, or 0 where there is a target. Then
 *  loss[r] = −Σc t[c] · log softmax(src[r, :])[c], where t is one at the label or the row of a distribution; a label outside
 *  0 … width−1 makes its row NaN. Ranks split r. */
export function softmax(
  logs: bool, dst: usize, src: usize, kind: u32, loss: usize, target: usize, rows: u32, width: u32, rank: u32, size: u32,
): void {
  const pitch = <usize>width << 2, scratch = <usize>rank * Size.SCRATCH;
  split(rows, 1, rank, size);
  const end = shareEnd;
  for (let r = shareStart; r < end; r += 4) {
    const group = min(end - r, 4);
    let from = src + r * pitch, to = dst ? dst + r * pitch : 0;
    second = group > 1 ? pitch : 0;
    third = group > 2 ? 2 * pitch : second;
    fourth = group > 3 ? 3 * pitch : third;
    maxima(scratch, from, pitch);
    // before dst may overwrite src
    if (target) for (let i: u32 = 0; i < group; i++) differences(kind, scratch, from + i * pitch, target, r + i, i, width);
    exponentials(scratch, logs ? 0 : to, from, group, width);
    for (let i: u32 = 0; i < group; i++, from += pitch, to += pitch) {
      const its = scratch + (<usize>i << 3), sum = load<f64>(its, SUM), log = logs || target ? log64(sum) : 0;
      if (logs) subtract(to, from, width, load<f32>(scratch + (<usize>i << 2), TOP), <f32>log);
      else if (dst) divide(to, width, <f32>sum);
      if (target) store<f32>(loss + (<usize>(r + i) << 2), <f32>(load<f64>(its, WEIGHT) * log - load<f64>(its, DISTANCE)));
    }
  }
}

/** Of row r, row i of its four, whose numbers lie at `from`: WEIGHT = Σ t, DISTANCE = Σ t · (x − TOP). */
function differences(kind: u32, scratch: usize, from: usize, target: usize, r: u32, i: u32, width: u32): void {
  const top = load<f32>(scratch + (<usize>i << 2), TOP);
  let weight: f64 = 1, distance: f64 = 0;
  if (kind == CrossEntropyKind.Labels) {
    const label = load<u32>(target + (<usize>r << 2));
    distance = label < width ? <f64>(load<f32>(from + (<usize>label << 2)) - top) : NaN;
  } else {
    weight = 0;
    target += <usize>r * width << 2;
    for (let c: usize = 0, bytes = <usize>width << 2; c < bytes; c += 4) {
      const t = <f64>load<f32>(target + c);
      weight += t;
      if (t != 0) distance += t * <f64>(load<f32>(from + c) - top);
    }
  }
  store<f64>(scratch + (<usize>i << 3), weight, WEIGHT);
  store<f64>(scratch + (<usize>i << 3), distance, DISTANCE);
}

/** dst[c] = (src[c] − a) − b */
function subtract(dst: usize, src: usize, count: u32, a: f32, b: f32): void {
  const aa = f32x4.splat(a), bb = f32x4.splat(b);
  for (; count >= 4; count -= 4, dst += 16, src += 16)
    v128.store(dst, f32x4.sub(f32x4.sub(v128.load(src), aa), bb));
  for (; count; count--, dst += 4, src += 4) store<f32>(dst, load<f32>(src) - a - b);
}

/** From y = softmax: dst = y · (g − Σ g·y). From y = log-softmax: dst = g − e^y · Σ g. dst may be g or y;
 *  ranks split r. */
export function softmaxGradient(
  kind: u32, dst: usize, g: usize, y: usize, rows: u32, width: u32, rank: u32, size: u32,
): void {
  const pitch = <usize>width << 2;
  split(rows, 1, rank, size);
  const end = shareEnd;
  for (let r = shareStart; r < end; r++) {
    const gr = g + r * pitch, yr = y + r * pitch, to = dst + r * pitch;
    let all = f64x2.splat(0);
    for (let c: u32 = 0; c < width; c += 4) {
      const count = width - c, at = <usize>c << 2;
      const gv = read(gr + at, count);
      all = widen(all, kind == SoftmaxKind.Softmax ? f32x4.mul(gv, read(yr + at, count)) : gv);
    }
    const sum = f32x4.splat(<f32>total(all));
    for (let c: u32 = 0; c < width; c += 4) {
      const count = width - c, at = <usize>c << 2;
      const gv = read(gr + at, count), yv = read(yr + at, count);
      const d = kind == SoftmaxKind.Softmax
        ? f32x4.mul(yv, f32x4.sub(gv, sum))
        : f32x4.sub(gv, f32x4.mul(expOf(yv), sum));
      write(to + at, d, count);
    }
  }
}

/** dst[r, c] = g[r] · (p[r, c] · Σ t[r] − t[r, c]); dst may be probabilities; ranks split r. */
export function crossEntropyGradient(
  kind: u32, dst: usize, g: usize, probabilities: usize, target: usize, rows: u32, width: u32,
  rank: u32, size: u32,
): void {
  const pitch = <usize>width << 2;
  split(rows, 1, rank, size);
  const end = shareEnd;
  for (let r = shareStart; r < end; r++) {
    const from = probabilities + r * pitch, to = dst + r * pitch;
    const factor = load<f32>(g + (<usize>r << 2));
    if (kind == CrossEntropyKind.Labels) {
      const label = load<u32>(target + (<usize>r << 2)), at = <usize>label << 2;
      const hit = label < width ? factor * (load<f32>(from + at) - 1) : 0;
      scale(to, from, width, label < width ? factor : NaN);
      if (label < width) store<f32>(to + at, hit);
    } else {
      const t = target + r * pitch;
      let weight: f64 = 0;
      for (let c: usize = 0; c < pitch; c += 4) weight += <f64>load<f32>(t + c);
      for (let c: usize = 0; c < pitch; c += 4)
        store<f32>(to + c, factor * (load<f32>(from + c) * <f32>weight - load<f32>(t + c)));
    }
  }
}

/** dst[c] = factor · src[c] */
function scale(dst: usize, src: usize, count: u32, factor: f32): void {
  const by = f32x4.splat(factor);
  for (; count >= 4; count -= 4, dst += 16, src += 16) v128.store(dst, f32x4.mul(v128.load(src), by));
  for (; count; count--, dst += 4, src += 4) store<f32>(dst, load<f32>(src) * factor);
}
