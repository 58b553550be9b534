// Softmax over rows. The row's maximum is subtracted first, so no exponential overflows; sums run in f64.

import { SoftmaxKind } from "../isa";
import { read, total, widen, write } from "../lanes";
import { exp, log64 } from "../math";
import { shareEnd, shareStart, split } from "../parallel";

/** The largest of `count` floats. A NaN may be overlooked: it comes back in the exponentials. */
export function maximum(src: usize, count: u32): f32 {
  let best = f32x4.splat(-Infinity);
  for (; count >= 4; count -= 4, src += 16) best = f32x4.pmax(best, v128.load(src));
  let m = max<f32>(max<f32>(f32x4.extract_lane(best, 0), f32x4.extract_lane(best, 1)),
    max<f32>(f32x4.extract_lane(best, 2), f32x4.extract_lane(best, 3)));
  for (; count; count--, src += 4) m = max<f32>(m, load<f32>(src));
  return m;
}

/** dst[c] = exp(src[c] − top); returns Σ dst. In place allowed; dst 0: the sum alone. */
export function exponentials(dst: usize, src: usize, count: u32, top: f32): f64 {
  const shift = f32x4.splat(top);
  let all = f64x2.splat(0);
  for (let c: u32 = 0; c < count; c += 4) {
    const at = <usize>c << 2, rest = count - c;
    let x = f32x4.sub(read(src + at, rest), shift);
    // lanes beyond the row become e^−∞ = 0
    if (rest < 4) x = v128.bitselect(x, f32x4.splat(-Infinity), i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(rest)));
    const e = exp(x);
    all = widen(all, e);
    if (dst) write(dst + at, e, rest);
  }
  return total(all);
}

/** dst[c] /= divisor */
export function divide(dst: usize, count: u32, divisor: f32): void {
  const by = f32x4.splat(divisor);
  for (; count >= 4; count -= 4, dst += 16) v128.store(dst, f32x4.div(v128.load(dst), by));
  for (; count; count--, dst += 4) store<f32>(dst, load<f32>(dst) / divisor);
}

/** dst[r, :] = softmax or log-softmax of src[r, :]; in place allowed; ranks split r. */
export function softmax(kind: u32, dst: usize, src: usize, rows: u32, width: u32, rank: u32, size: u32): void {
  const pitch = <usize>width << 2;
  split(rows, 1, rank, size);
  const end = shareEnd;
  for (let r = shareStart; r < end; r++) {
    const from = src + r * pitch, to = dst + r * pitch;
    const top = maximum(from, width);
    if (kind == SoftmaxKind.Softmax) divide(to, width, <f32>exponentials(to, from, width, top));
    else subtract(to, from, width, top, <f32>log64(exponentials(0, from, width, top)));
  }
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
        : f32x4.sub(gv, f32x4.mul(exp(yv), sum));
      write(to + at, d, count);
    }
  }
}
