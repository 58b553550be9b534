// What every vector kernel needs: products that are added, the last one to three elements of a row, and sums over lanes.

/** The first `count` (1 … 3) floats at `from`; the other lanes are 0. Reads nothing beyond them. */
export function loadPart(from: usize, count: u32): v128 {
  if (count == 1) return v128.load32_zero(from);
  const pair = v128.load64_zero(from);
  return count == 2 ? pair : v128.load32_lane(from, pair, 2, 8);
}

/** Stores the first `count` (1 … 3) lanes. */
export function storePart(to: usize, value: v128, count: u32): void {
  if (count == 1) return v128.store32_lane(to, value, 0);
  v128.store64_lane(to, value, 0);
  if (count == 3) v128.store32_lane(to, value, 2, 8);
}

/** Four floats, or the `count` that are left if they are fewer. */
export function read(from: usize, count: u32): v128 {
  return count >= 4 ? v128.load(from) : loadPart(from, count);
}

export function write(to: usize, value: v128, count: u32): void {
  if (count >= 4) v128.store(to, value);
  else storePart(to, value, count);
}

/** a · b + c; in the fast build (asconfig.json) rounded once, not twice, where the processor can. */
// @ts-ignore: decorator
@inline
export function mulAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(c, f32x4.mul(a, b));
}

/** Adds the four lanes to the two halves of an f64 sum. */
// @ts-ignore: decorator
@inline
export function widen(sum: v128, value: v128): v128 {
  const high = v128.shuffle<i32>(value, value, 2, 3, 0, 1);
  return f64x2.add(sum, f64x2.add(f64x2.promote_low_f32x4(value), f64x2.promote_low_f32x4(high)));
}

// @ts-ignore: decorator
@inline
export function total(sum: v128): f64 {
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Σ of `count` floats: sixteen running f32 sums over blocks of 512, the blocks' sums in f64. */
export function sum(from: usize, count: u32): f64 {
  let all = f64x2.splat(0);
  while (count >= 16) {
    const block = min<u32>(count & ~15, 512);
    let a = f32x4.splat(0), b = a, c = a, d = a;
    for (const end = from + (block << 2); from < end; from += 64) {
      a = f32x4.add(a, v128.load(from));
      b = f32x4.add(b, v128.load(from, 16));
      c = f32x4.add(c, v128.load(from, 32));
      d = f32x4.add(d, v128.load(from, 48));
    }
    all = widen(all, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
    count -= block;
  }
  for (; count >= 4; count -= 4, from += 16) all = widen(all, v128.load(from));
  if (count) all = widen(all, loadPart(from, count));
  return total(all);
}
