// Optimizer updates. Gradients and states are blocks of the same layout; a table of segments says which
// parameters they belong to, so one instruction updates a whole model. Formulas are PyTorch's.

import { AdamCell, GuardCell, Segment, SgdCell, UpdateKind } from "../isa";
import { shareEnd, shareStart, split } from "../parallel";

/** Nothing where guard says "not finite". Where it says so, states are flushed afterwards: in each step, Adam would take 1.2 times
 *  as long. All counts are multiples of 4 (segments are padded), so there are no tails; ranks split the gradient block. */
export function update(
  kind: u32, table: usize, segments: u32, all: u32, gradient: usize, state: usize, stride: usize,
  cells: usize, group: usize, guard: usize, rank: u32, size: u32,
): void {
  if (!load<u32>(guard + (GuardCell.FINITE << 2))) return;
  const factor = f32x4.splat(load<f32>(guard + (GuardCell.FACTOR << 2)));
  split(all, 64, rank, size);
  const start = shareStart, end = shareEnd;
  for (; segments; segments--, table += Segment.SIZE << 2) {
    const from = load<u32>(table + (Segment.START << 2)), to = from + load<u32>(table + (Segment.COUNT << 2));
    const low = max(from, start), high = min(to, end);
    if (low >= high) continue;
    const parameter = <usize>load<u32>(table + (Segment.PARAMETER << 2)) + (<usize>(low - from) << 2);
    const offset = <usize>low << 2, bytes = <usize>(high - low) << 2;
    const its = cells + <usize>load<u32>(table + (Segment.GROUP << 2)) * group;
    switch (kind) {
      case UpdateKind.Sgd: sgd(parameter, gradient + offset, bytes, its, factor); break;
      case UpdateKind.Momentum: momentum(parameter, gradient + offset, state + offset, bytes, its, factor); break;
      case UpdateKind.Adam: adam(parameter, gradient + offset, state + offset, stride, bytes, its, factor, false); break;
      case UpdateKind.Amsgrad: adam(parameter, gradient + offset, state + offset, stride, bytes, its, factor, true); break;
    }
    // a kind's number is that of its states
    if (load<u32>(guard + (GuardCell.FLUSH << 2))) for (let s: u32 = 0; s < kind; s++) flush(state + offset + s * stride, bytes);
  }
}

/** Small numbers become multiples of 2^−104. What decays by a factor, as states do, would else stop among the denormal numbers (0.9 times 4 of
 *  the smallest is 4 of them again), for each of which some processors take 100 cycles and more. */
function flush(at: usize, bytes: usize): void {
  const coarse = f32x4.splat(8.271806125530277e-25); // 2^−80
  for (const end = at + bytes; at < end; at += 16) v128.store(at, f32x4.sub(f32x4.add(v128.load(at), coarse), coarse));
}

// @ts-ignore: decorator
@inline
function cell(cells: usize, i: i32): v128 {
  return v128.load32_splat(cells + (<usize>i << 2));
}

/** p −= rate · (g + decay · p) */
function sgd(p: usize, g: usize, bytes: usize, cells: usize, factor: v128): void {
  const rate = cell(cells, SgdCell.RATE), decay = cell(cells, SgdCell.DECAY);
  for (; bytes & 63; bytes -= 16, p += 16, g += 16) v128.store(p, descend(v128.load(p), v128.load(g), rate, decay, factor));
  for (const end = p + bytes; p < end; p += 64, g += 64) { // four at a time: 1.2 times as fast in cache, up to 1.1 out of it
    v128.store(p, descend(v128.load(p), v128.load(g), rate, decay, factor));
    v128.store(p, descend(v128.load(p, 16), v128.load(g, 16), rate, decay, factor), 16);
    v128.store(p, descend(v128.load(p, 32), v128.load(g, 32), rate, decay, factor), 32);
    v128.store(p, descend(v128.load(p, 48), v128.load(g, 48), rate, decay, factor), 48);
  }
}

// @ts-ignore: decorator
@inline
function descend(x: v128, g: v128, rate: v128, decay: v128, factor: v128): v128 {
  return f32x4.sub(x, f32x4.mul(rate, f32x4.add(f32x4.mul(g, factor), f32x4.mul(decay, x))));
}

/** d = g + decay · p; m = momentum · m + undampened · d; p −= rate · (gradientShare · d + bufferShare · m) */
function momentum(p: usize, g: usize, m: usize, bytes: usize, cells: usize, factor: v128): void {
  const rate = cell(cells, SgdCell.RATE), decay = cell(cells, SgdCell.DECAY);
  const keep = cell(cells, SgdCell.MOMENTUM), add = cell(cells, SgdCell.UNDAMPENED);
  const direct = cell(cells, SgdCell.GRADIENT_SHARE), buffer = cell(cells, SgdCell.BUFFER_SHARE);
  for (const end = p + bytes; p < end; p += 16, g += 16, m += 16) {
    const x = v128.load(p);
    const d = f32x4.add(f32x4.mul(v128.load(g), factor), f32x4.mul(decay, x));
    const b = f32x4.add(f32x4.mul(keep, v128.load(m)), f32x4.mul(add, d));
    v128.store(m, b);
    v128.store(p, f32x4.sub(x, f32x4.mul(rate, f32x4.add(f32x4.mul(direct, d), f32x4.mul(buffer, b)))));
  }
}

/** d = g + decay · p; m = β1 · m + (1−β1) · d; v = β2 · v + (1−β2) · d²; w = amsgrad ? max(w, v) : v;
 *  p = rateDecay · p − rate · m / (√w · deviation + ε) */
// @ts-ignore: decorator
@inline
function adam(
  p: usize, g: usize, m: usize, stride: usize, bytes: usize, cells: usize, factor: v128, amsgrad: bool,
): void {
  const rate = cell(cells, AdamCell.RATE), decay = cell(cells, AdamCell.DECAY);
  const rateDecay = cell(cells, AdamCell.RATE_DECAY), deviation = cell(cells, AdamCell.DEVIATION);
  const beta1 = cell(cells, AdamCell.BETA1), rest1 = cell(cells, AdamCell.ONE_MINUS_BETA1);
  const beta2 = cell(cells, AdamCell.BETA2), rest2 = cell(cells, AdamCell.ONE_MINUS_BETA2);
  const epsilon = cell(cells, AdamCell.EPSILON);
  for (const end = p + bytes; p < end; p += 16, g += 16, m += 16) {
    const x = v128.load(p);
    const d = f32x4.add(f32x4.mul(v128.load(g), factor), f32x4.mul(decay, x));
    const first = f32x4.add(f32x4.mul(beta1, v128.load(m)), f32x4.mul(rest1, d));
    let second = f32x4.add(f32x4.mul(beta2, v128.load(m + stride)), f32x4.mul(rest2, f32x4.mul(d, d)));
    v128.store(m, first);
    v128.store(m + stride, second);
    if (amsgrad) {
      second = f32x4.max(second, v128.load(m + 2 * stride));
      v128.store(m + 2 * stride, second);
    }
    const scale = f32x4.add(f32x4.mul(f32x4.sqrt(second), deviation), epsilon);
    v128.store(p, f32x4.sub(f32x4.mul(rateDecay, x), f32x4.mul(rate, f32x4.div(first, scale))));
  }
}
