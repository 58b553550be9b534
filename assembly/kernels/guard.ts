// The guard: is all that an update would use finite, how long is the gradient, and by what is it clipped?

import { GuardCell, Size } from "../isa";
import { loadPart, total, widen } from "../lanes";
import { shareEnd, shareStart, split } from "../parallel";

const GUARD_CHUNK: u32 = Size.GUARD_CHUNK;

/** flag[0] = 1 if any src[i] is NaN or infinite; ranks split i, each writes only a 1. */
export function check(src: usize, count: u32, flag: usize, rank: u32, size: u32): void {
  split(count, 16, rank, size);
  const start = shareStart, end = shareEnd;
  if (firstNonFinite(src + (<usize>start << 2), end - start) != end - start) store<u32>(flag, 1);
}

/** Index of the first NaN or infinity among `count` floats; `count` if there is none. */
export function firstNonFinite(src: usize, count: u32): u32 {
  const exponent = i32x4.splat(0x7f800000);
  let i: u32 = 0;
  for (; i + 16 <= count; i += 16) {
    const at = src + (<usize>i << 2);
    const w = v128.and(v128.load(at), exponent), x = v128.and(v128.load(at, 16), exponent);
    const y = v128.and(v128.load(at, 32), exponent), z = v128.and(v128.load(at, 48), exponent);
    // the greatest exponent of all
    if (v128.any_true(i32x4.eq(i32x4.max_s(i32x4.max_s(w, x), i32x4.max_s(y, z)), exponent))) break;
  }
  for (; i + 4 <= count; i += 4) {
    const bits = v128.and(v128.load(src + (<usize>i << 2)), exponent);
    if (v128.any_true(i32x4.eq(bits, exponent))) break;
  }
  for (; i < count; i++) if ((load<u32>(src + (<usize>i << 2)) & 0x7f800000) == 0x7f800000) break;
  return i;
}

/** partials[c] = Σ src² over chunk c, in f64; not finite exactly if something in the chunk is not; ranks split c. */
export function squares(partials: usize, src: usize, count: u32, rank: u32, size: u32): void {
  const chunks = (count + GUARD_CHUNK - 1) / GUARD_CHUNK;
  split(chunks, 1, rank, size);
  const end = shareEnd;
  for (let c = shareStart; c < end; c++) {
    const from = src + ((<usize>c * GUARD_CHUNK) << 2), n = min(GUARD_CHUNK, count - c * GUARD_CHUNK);
    let value = squaresNarrow(from, n);
    // squares of f32 may overflow or vanish where the numbers are sound: once more in f64
    if (!(value < 1e30) || (value < 1e-30 && !zeros(from, n))) value = squaresWide(from, n);
    store<f64>(partials + (<usize>c << 3), value);
  }
}

function squaresNarrow(src: usize, count: u32): f64 {
  let all = f64x2.splat(0);
  while (count >= 16) {
    const block = min<u32>(count & ~15, 512);
    let a = f32x4.splat(0), b = a, c = a, d = a;
    for (const end = src + (block << 2); src < end; src += 64) {
      const w = v128.load(src), x = v128.load(src, 16), y = v128.load(src, 32), z = v128.load(src, 48);
      a = f32x4.add(a, f32x4.mul(w, w));
      b = f32x4.add(b, f32x4.mul(x, x));
      c = f32x4.add(c, f32x4.mul(y, y));
      d = f32x4.add(d, f32x4.mul(z, z));
    }
    all = widen(all, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
    count -= block;
  }
  for (; count >= 4; count -= 4, src += 16) {
    const w = v128.load(src);
    all = widen(all, f32x4.mul(w, w));
  }
  if (count) {
    const w = loadPart(src, count);
    all = widen(all, f32x4.mul(w, w));
  }
  return total(all);
}

/** Are all +0, as gradients of dead units, and of what is learnt by heart? */
function zeros(src: usize, count: u32): bool {
  for (; count >= 4; count -= 4, src += 16) if (v128.any_true(v128.load(src))) return false;
  return count == 0;
}

function squaresWide(src: usize, count: u32): f64 {
  let all: f64 = 0;
  for (; count; count--, src += 4) {
    const x = <f64>load<f32>(src);
    all += x * x;
  }
  return all;
}

/** cells (GuardCell) from the partials and the loss; one rank does it. */
export function guard(
  cells: usize, partials: usize, chunks: u32, loss: usize, flag: usize, clip: f32, rank: u32,
): void {
  if (rank) return;
  let all: f64 = 0;
  for (let c: u32 = 0; c < chunks; c++) all += load<f64>(partials + (<usize>c << 3));
  const l = load<f32>(loss);
  const finite = isFinite(all) && isFinite(l) && (flag == 0 || load<u32>(flag) == 0);
  const norm = sqrt<f64>(all);
  store<u32>(cells + (GuardCell.FINITE << 2), finite ? 1 : 0);
  store<f32>(cells + (GuardCell.NORM << 2), <f32>norm);
  // torch.nn.utils.clip_grad_norm_
  const factor = clip > 0 ? min<f64>(1, <f64>clip / (norm + 1e-6)) : 1;
  store<f32>(cells + (GuardCell.FACTOR << 2), <f32>factor);
}
