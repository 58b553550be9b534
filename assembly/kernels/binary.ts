// Functions of two numbers.

import { BinaryKind } from "../isa";
import { power } from "../math";

@final class Add { @inline f(a: v128, b: v128): v128 { return f32x4.add(a, b); } }
@final class Subtract { @inline f(a: v128, b: v128): v128 { return f32x4.sub(a, b); } }
@final class Multiply { @inline f(a: v128, b: v128): v128 { return f32x4.mul(a, b); } }
@final class Divide { @inline f(a: v128, b: v128): v128 { return f32x4.div(a, b); } }
@final class Maximum { @inline f(a: v128, b: v128): v128 { return f32x4.max(a, b); } }
@final class Minimum { @inline f(a: v128, b: v128): v128 { return f32x4.min(a, b); } }
@final class Power {
  @inline f(a: v128, b: v128): v128 {
    let r = f32x4.splat(power(f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)));
    r = f32x4.replace_lane(r, 1, power(f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)));
    r = f32x4.replace_lane(r, 2, power(f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)));
    return f32x4.replace_lane(r, 3, power(f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)));
  }
}
@final class Greater { @inline f(a: v128, b: v128): v128 { return v128.and(f32x4.gt(a, b), f32x4.splat(1)); } }
@final class Equal { @inline f(a: v128, b: v128): v128 { return v128.and(f32x4.eq(a, b), f32x4.splat(1)); } }
@final class EqualInt { @inline f(a: v128, b: v128): v128 { return v128.and(i32x4.eq(a, b), f32x4.splat(1)); } }
@final class Heaviside {
  @inline f(a: v128, b: v128): v128 {
    return v128.andnot(v128.bitselect(f32x4.splat(0.5), f32x4.splat(1), f32x4.eq(a, b)), f32x4.lt(a, b));
  }
}

/** dst[i] = f(a[i], b[i]) for whole vectors until dst is end; a and b go on by their steps; see elements.ts. */
export function binaryVectors(
  kind: u32, dst: usize, end: usize, a: usize, b: usize, aStep: usize, bStep: usize,
): void {
  switch (kind) {
    case BinaryKind.Add: return apply<Add>(dst, end, a, b, aStep, bStep);
    case BinaryKind.Subtract: return apply<Subtract>(dst, end, a, b, aStep, bStep);
    case BinaryKind.Multiply: return apply<Multiply>(dst, end, a, b, aStep, bStep);
    case BinaryKind.Divide: return apply<Divide>(dst, end, a, b, aStep, bStep);
    case BinaryKind.Maximum: return apply<Maximum>(dst, end, a, b, aStep, bStep);
    case BinaryKind.Minimum: return apply<Minimum>(dst, end, a, b, aStep, bStep);
    case BinaryKind.Power: return apply<Power>(dst, end, a, b, aStep, bStep);
    case BinaryKind.Greater: return apply<Greater>(dst, end, a, b, aStep, bStep);
    case BinaryKind.Equal: return apply<Equal>(dst, end, a, b, aStep, bStep);
    case BinaryKind.EqualInt: return apply<EqualInt>(dst, end, a, b, aStep, bStep);
    case BinaryKind.Heaviside: return apply<Heaviside>(dst, end, a, b, aStep, bStep);
  }
}

/** dst[i] = a[i] + b[i] for whole vectors until dst is end, where b is `period` bytes, again and again, and goes on by `step`. */
export function addRows(dst: usize, end: usize, a: usize, b: usize, step: usize, period: usize): void {
  for (let at: usize = 0; dst < end; dst += 16, a += 16) {
    v128.store(dst, f32x4.add(v128.load(a), v128.load(b + at)));
    at += step;
    at = select<usize>(at - period, at, at >= period);
  }
}

function apply<F>(dst: usize, end: usize, a: usize, b: usize, aStep: usize, bStep: usize): void {
  const fn = changetype<F>(0);
  for (; dst < end; dst += 16, a += aStep, b += bStep) v128.store(dst, fn.f(v128.load(a), v128.load(b)));
}
