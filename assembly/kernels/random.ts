// Filling with random numbers, and the shuffle of a data set's row numbers.

import { RandomKind, SeedCell } from "../isa";
import { write } from "../lanes";
import { cosTurn, logNormal } from "../math";
import { shareEnd, shareStart, split } from "../parallel";
import { philox, unit, word0, word1, word2, word3 } from "../random";

/** dst[i] = a number of the kind that depends on seed cells, stream and i alone; ranks split i. */
export function random(
  kind: u32, dst: usize, count: u32, stream: u32, seed: usize, p: f32, q: f32, rank: u32, size: u32,
): void {
  const low = load<u32>(seed + (SeedCell.LOW << 2)), high = load<u32>(seed + (SeedCell.HIGH << 2));
  const step = load<u32>(seed + (SeedCell.STEP << 2));
  split(count, 16, rank, size);
  const end = shareEnd;
  for (let i = shareStart; i < end; i += 16) {
    philox(i >> 2, step, stream, low, high);
    for (let w: u32 = 0; w < 4 && i + 4 * w < end; w++) {
      let x: v128;
      if (kind == RandomKind.Normal) {
        // Box and Muller: words 0 and 1 give a radius each, 2 and 3 an angle; sine is cosine a quarter turn on
        const turn = unit(w < 2 ? word2 : word3);
        x = f32x4.mul(radius(w < 2 ? word0 : word1), cosTurn(w & 1 ? quarterBack(turn) : turn));
      } else {
        x = unit(words(w));
        if (kind == RandomKind.Bernoulli) x = v128.and(f32x4.ge(x, f32x4.splat(p)), f32x4.splat(1));
      }
      x = f32x4.mul(f32x4.splat(q), x);
      if (kind != RandomKind.Bernoulli) x = f32x4.add(f32x4.splat(p), x);
      write(dst + (<usize>(i + 4 * w) << 2), x, end - i - 4 * w);
    }
  }
}

/** Word w of the four blocks made last. */
// @ts-ignore: decorator
@inline
function words(w: u32): v128 {
  return w < 2 ? (w ? word1 : word0) : w == 2 ? word2 : word3;
}

/** √(−2 log u), u in (0, 1] */
// @ts-ignore: decorator
@inline
function radius(bits: v128): v128 {
  const u = f32x4.sub(f32x4.splat(1), unit(bits));
  return f32x4.sqrt(f32x4.mul(f32x4.splat(-2), logNormal(u)));
}

// @ts-ignore: decorator
@inline
function quarterBack(u: v128): v128 {
  const v = f32x4.sub(u, f32x4.splat(0.25));
  return f32x4.add(v, v128.and(f32x4.lt(v, f32x4.splat(0)), f32x4.splat(1)));
}

/** Puts ids[0 … count−1] in an order that depends on seed, stream and step alone: Fisher and Yates, from the end. */
export function shuffle(ids: usize, count: u32, stream: u32, low: u32, high: u32, step: u32): void {
  for (let i = count; i > 1; i--) {
    const draw = count - i;
    if (!(draw & 15)) philox(draw >> 2, step, stream, low, high);
    // multiply-shift instead of a remainder; its bias is below i / 2^32
    const other = <u32>((<u64>word(draw & 15) * i) >> 32);
    const a = ids + (<usize>(i - 1) << 2), b = ids + (<usize>other << 2);
    const held = load<u32>(a);
    store<u32>(a, load<u32>(b));
    store<u32>(b, held);
  }
}

/** Number n (0 … 15) of the sixteen that philox() made last. */
function word(n: u32): u32 {
  const four = words(n >> 2), lane = n & 3;
  return lane < 2
    ? (lane ? i32x4.extract_lane(four, 1) : i32x4.extract_lane(four, 0))
    : lane == 2 ? i32x4.extract_lane(four, 2) : i32x4.extract_lane(four, 3);
}
