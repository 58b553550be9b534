// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3; SC 2011): a value is
// a function of key and counter alone, so it depends neither on the order of calls nor on the thread that asks.
//
// key = seed (two words); counter = (block, step, stream, 0). Four blocks are made at once, one a lane:
// element 16·b + 4·w + l of a stream is word w of block 4·b + l.

/** The words of the four blocks that philox() made last. Wasm globals belong to one instance, so to one thread. */
export let word0: v128 = i32x4.splat(0);
export let word1: v128 = i32x4.splat(0);
export let word2: v128 = i32x4.splat(0);
export let word3: v128 = i32x4.splat(0);

/** Makes blocks `block` … `block + 3`. */
export function philox(block: u32, step: u32, stream: u32, low: u32, high: u32): void {
  let c0 = i32x4.add(i32x4.splat(block), v128(0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0));
  let c1 = i32x4.splat(step);
  let c2 = i32x4.splat(stream);
  let c3 = i32x4.splat(0);
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(c0, m0);
    const high1 = multiplyHigh(c2, m1);
    const low0 = i32x4.mul(c0, m0);
    const low1 = i32x4.mul(c2, m1);
    c0 = v128.xor(v128.xor(high1, c1), i32x4.splat(low));
    c1 = low1;
    c2 = v128.xor(v128.xor(high0, c3), i32x4.splat(high));
    c3 = low0;
    low += 0x9e3779b9;
    high += 0xbb67ae85;
  }
  word0 = c0;
  word1 = c1;
  word2 = c2;
  word3 = c3;
}

// @ts-ignore: decorator
@inline
function multiplyHigh(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(a, b), 1, 3, 5, 7);
}

/** u in [0, 1) with 24 bits. */
// @ts-ignore: decorator
@inline
export function unit(bits: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_u(i32x4.shr_u(bits, 8)), f32x4.splat(5.9604645e-8));
}
