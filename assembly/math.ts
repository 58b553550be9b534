// Elementary functions on four f32 at once. Polynomials are minimax fits (Remez exchange weighted for the
// relative error, coefficients rounded to f32); arguments are reduced by Cody and Waite's method (Software
// Manual for the Elementary Functions, 1980). The stated errors are the worst that a sweep over the range
// found against f64 (test/kernels/math.spec.ts). Constants are loaded from memory because engines rebuild
// v128 constants in each iteration of a loop.

import { mulAdd } from "./lanes";

const EXP = memory.data<f32>([
  88.8, -104, 1.44269504, 12582912, // upper and lower bound, log2 e, 1.5 · 2^23: rounds to an integer
  0.693145751953125, 1.42860677e-6, // ln 2 in two parts: n times the first is exact
  0.00139507256, 0.00836902484, 0.0416662022, 0.166665182, 0.5, 1,
  reinterpret<f32>(127),
]);

// @ts-ignore: decorator
@inline
function constant(table: usize, i: usize): v128 {
  return v128.load32_splat(table + (i << 2));
}

/** e^x; 0.92 ulp, denormal results right, NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  x = f32x4.pmin(x, constant(EXP, 0));
  x = f32x4.pmax(x, constant(EXP, 1));
  return power2(x, true);
}

/** The same for |x| up to 87, where no result leaves the normal numbers. */
// @ts-ignore: decorator
@inline
function expNear(x: v128): v128 { return power2(x, false); }

// @ts-ignore: decorator
@inline
function power2(x: v128, any: bool): v128 {
  const magic = constant(EXP, 3);
  const rounded = mulAdd(x, constant(EXP, 2), magic);
  const n = f32x4.sub(rounded, magic);
  const high = f32x4.sub(x, f32x4.mul(n, constant(EXP, 4)));
  const low = f32x4.mul(n, constant(EXP, 5));
  const r = f32x4.sub(high, low);
  let q = constant(EXP, 6);
  q = mulAdd(q, r, constant(EXP, 7));
  q = mulAdd(q, r, constant(EXP, 8));
  q = mulAdd(q, r, constant(EXP, 9));
  q = mulAdd(q, r, constant(EXP, 10));
  // 1 + r + q·r², where `low` joins the small term so that it costs no rounding of r
  q = f32x4.sub(f32x4.mul(f32x4.mul(r, r), q), low);
  q = f32x4.add(f32x4.add(high, q), constant(EXP, 11));
  // times 2^n: what stands above n in `rounded` is shifted out
  if (!any) return i32x4.add(q, i32x4.shl(rounded, 23));
  // two factors: 2^n alone would not reach into the denormals
  const exponent = i32x4.sub(rounded, magic), half = i32x4.shr_s(exponent, 1), one = constant(EXP, 12);
  q = f32x4.mul(q, i32x4.shl(i32x4.add(half, one), 23));
  return f32x4.mul(q, i32x4.shl(i32x4.add(i32x4.sub(exponent, half), one), 23));
}

const LOG = memory.data<f32>([
  0.693359375, -2.12194440e-4, // ln 2 in two parts
  0.06915427, -0.1178983, 0.11872964, -0.12384343, 0.14218660, -0.16669251, 0.20002227, -0.24999987, 0.33333310,
  0.707106769, 1, 0.5, 1.17549435e-38, 3.40282347e38, // √½, one, a half, the least and the greatest normal number
]);

/** log x of a normal positive x, where e is added to x's exponent: log(x · 2^e). */
// @ts-ignore: decorator
@inline
function logOf(x: v128, e: v128): v128 {
  // m in [√½, √2), x = m · 2^e
  const shift = i32x4.shr_s(i32x4.sub(x, constant(LOG, 11)), 23);
  const m = f32x4.sub(i32x4.sub(x, i32x4.shl(shift, 23)), constant(LOG, 12));
  const n = f32x4.convert_i32x4_s(i32x4.add(shift, e));
  let p = constant(LOG, 2);
  p = mulAdd(p, m, constant(LOG, 3));
  p = mulAdd(p, m, constant(LOG, 4));
  p = mulAdd(p, m, constant(LOG, 5));
  p = mulAdd(p, m, constant(LOG, 6));
  p = mulAdd(p, m, constant(LOG, 7));
  p = mulAdd(p, m, constant(LOG, 8));
  p = mulAdd(p, m, constant(LOG, 9));
  p = mulAdd(p, m, constant(LOG, 10));
  const square = f32x4.mul(m, m);
  p = f32x4.mul(f32x4.mul(square, m), p);
  p = f32x4.add(p, f32x4.mul(n, constant(LOG, 1)));
  p = f32x4.sub(p, f32x4.mul(square, constant(LOG, 13)));
  return f32x4.add(f32x4.add(m, p), f32x4.mul(n, constant(LOG, 0)));
}

/** Are all lanes normal positive numbers? */
// @ts-ignore: decorator
@inline
export function isNormal(x: v128, y: v128): bool {
  const low = i32x4.gt_s(constant(LOG, 14), i32x4.min_s(x, y)), high = i32x4.gt_s(i32x4.max_s(x, y), constant(LOG, 15));
  return !v128.any_true(v128.or(low, high));
}

/** log x for such lanes. */
// @ts-ignore: decorator
@inline
export function logNormal(x: v128): v128 { return logOf(x, i32x4.splat(0)); }

/** Natural logarithm; 0.81 ulp, denormals too; log 0 = −∞, log of a negative number = NaN. */
export function log(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const normal = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  let y = logOf(normal, v128.and(tiny, i32x4.splat(-23)));
  y = v128.bitselect(y, x, f32x4.lt(x, f32x4.splat(Infinity)));
  y = v128.bitselect(f32x4.splat(-Infinity), y, f32x4.eq(x, f32x4.splat(0)));
  return v128.bitselect(f32x4.splat(NaN), y, f32x4.lt(x, f32x4.splat(0)));
}

/** log(1 + x) for x in [0, 1]; 2.5 ulp. The factor mends what rounding 1 + x lost (W. Kahan). */
// @ts-ignore: decorator
@inline
export function log1p(x: v128): v128 {
  const one = f32x4.splat(1);
  const w = f32x4.add(one, x);
  const rest = f32x4.sub(w, one);
  const y = f32x4.mul(logOf(w, i32x4.splat(0)), f32x4.div(x, rest));
  return v128.bitselect(x, y, f32x4.eq(rest, f32x4.splat(0)));
}

const TANH = memory.data<f32>([-0.00571704516, 0.020650588, -0.0537434965, 0.133314908, -0.333332837]);

/** Hyperbolic tangent; 1.4 ulp. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const one = f32x4.splat(1);
  const size = f32x4.abs(x);
  // from 2 · 10 on it is 1
  const twice = f32x4.pmin(f32x4.add(size, size), f32x4.splat(40));
  const large = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(expNear(twice), one)));
  const z = f32x4.mul(x, x);
  let p = constant(TANH, 0);
  p = mulAdd(p, z, constant(TANH, 1));
  p = mulAdd(p, z, constant(TANH, 2));
  p = mulAdd(p, z, constant(TANH, 3));
  p = mulAdd(p, z, constant(TANH, 4));
  const small = f32x4.add(x, f32x4.mul(f32x4.mul(x, z), p));
  // NaN is not ≥: it takes `small`, for expNear() makes numbers of some NaNs
  const y = v128.bitselect(large, small, f32x4.ge(size, f32x4.splat(0.625)));
  return v128.bitselect(x, y, i32x4.splat(0x80000000)); // −0 too keeps its sign
}

/** 1 / (1 + e^−x); 2.41 ulp. The exponential never overflows. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp(f32x4.neg(f32x4.abs(x)));
  return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(one, e));
}

// The functions above are compiled into the loops that use them. Those below are called, as are these in their stead: a
// fifth slower, but a tenth of the bytes.

export function sigmoidOf(x: v128): v128 { return sigmoid(x); }
export function expOf(x: v128): v128 { return exp(x); }

/** e^x − 1; 3.14 ulp. */
export function expm1(x: v128): v128 {
  let q = constant(EXP, 6);
  q = mulAdd(q, x, constant(EXP, 7));
  q = mulAdd(q, x, constant(EXP, 8));
  q = mulAdd(q, x, constant(EXP, 9));
  q = mulAdd(q, x, constant(EXP, 10));
  const small = f32x4.add(x, f32x4.mul(f32x4.mul(x, x), q)); // where exp takes no power of 2 out
  const large = f32x4.sub(expOf(x), f32x4.splat(1));
  const y = v128.bitselect(small, large, f32x4.lt(f32x4.abs(x), f32x4.splat(0.34)));
  return v128.bitselect(x, y, i32x4.splat(0x80000000)); // −0 too keeps its sign
}

const ERF = memory.data<f32>([
  -0.000599940742, 0.0049948307, -0.0267677202, 0.11281846, -0.376124965, 0.12837915, // erf(x) / x − 1 in x²
  1.04329615e-5, -0.000314856635, 0.00361033617, -0.0236945542, 0.106159036, 0.635198042, 1.12863707, // −log(1 − erf x) / x
]);

/** Error function; 1.41 ulp. */
export function erf(x: v128): v128 {
  const size = f32x4.pmin(f32x4.abs(x), f32x4.splat(4)), z = f32x4.mul(x, x);
  let s = constant(ERF, 0);
  s = mulAdd(s, z, constant(ERF, 1));
  s = mulAdd(s, z, constant(ERF, 2));
  s = mulAdd(s, z, constant(ERF, 3));
  s = mulAdd(s, z, constant(ERF, 4));
  s = mulAdd(s, z, constant(ERF, 5));
  const small = f32x4.add(x, f32x4.mul(x, s));
  let q = constant(ERF, 6);
  q = mulAdd(q, size, constant(ERF, 7));
  q = mulAdd(q, size, constant(ERF, 8));
  q = mulAdd(q, size, constant(ERF, 9));
  q = mulAdd(q, size, constant(ERF, 10));
  q = mulAdd(q, size, constant(ERF, 11));
  q = mulAdd(q, size, constant(ERF, 12));
  const large = f32x4.sub(f32x4.splat(1), expOf(f32x4.neg(f32x4.mul(q, size))));
  const y = v128.bitselect(small, large, f32x4.lt(size, f32x4.splat(0.92)));
  return v128.bitselect(x, y, i32x4.splat(0x80000000));
}

/** log(1 + e^x), for x of any size. */
export function softplus(x: v128): v128 {
  return f32x4.add(f32x4.max(x, f32x4.splat(0)), log1p(expOf(f32x4.neg(f32x4.abs(x)))));
}

const TURN = memory.data<f32>([
  42.0586940, -76.7058598, 81.6052493, -41.3417022, 6.28318531, // sin(2πu) / u in u²
  59.2204072, -85.4428521, 64.9393162, -19.7392087, 1, // cos(2πu) in u²
]);

/** cos(2πu), for u in [0, 1); error 1e-7. */
// @ts-ignore: decorator
@inline
export function cosTurn(u: v128): v128 {
  // quadrants of width ¼ around 0, ¼, ½, ¾
  const quarter = f32x4.nearest(f32x4.mul(u, f32x4.splat(4)));
  const r = f32x4.sub(u, f32x4.mul(quarter, f32x4.splat(0.25)));
  const q = i32x4.trunc_sat_f32x4_s(quarter);
  const z = f32x4.mul(r, r);
  let s = constant(TURN, 0);
  s = mulAdd(s, z, constant(TURN, 1));
  s = mulAdd(s, z, constant(TURN, 2));
  s = mulAdd(s, z, constant(TURN, 3));
  s = f32x4.mul(mulAdd(s, z, constant(TURN, 4)), r);
  let c = constant(TURN, 5);
  c = mulAdd(c, z, constant(TURN, 6));
  c = mulAdd(c, z, constant(TURN, 7));
  c = mulAdd(c, z, constant(TURN, 8));
  c = mulAdd(c, z, constant(TURN, 9));
  // cos(r + q·¼ turn): c, −s, −c, s
  const odd = i32x4.ne(v128.and(q, i32x4.splat(1)), i32x4.splat(0));
  const minus = i32x4.shl(v128.and(i32x4.add(q, i32x4.splat(1)), i32x4.splat(2)), 30);
  return v128.xor(v128.bitselect(s, c, odd), minus);
}

/** x to the power y, one number, with the special cases of IEEE 754 pow. In f64, because an error in
 *  y · log x is magnified by its size: 0.51 ulp. */
export function power(x: f32, y: f32): f32 {
  if (y == 0 || x == 1) return 1;
  if (isNaN(x) || isNaN(y)) return NaN;
  const whole = floor<f32>(y) == y;
  const odd = whole && abs<f32>(y) < 16777216 && (<i32>y & 1) == 1;
  if (abs<f32>(x) == 1 && abs<f32>(y) == Infinity) return 1;
  if (x < 0 && !whole) return x == -Infinity ? (y < 0 ? 0 : Infinity) : NaN;
  const sign: f32 = odd ? copysign<f32>(1, x) : 1;
  if (x == 0) return y < 0 ? sign * Infinity : sign * 0;
  if (abs<f32>(x) == Infinity) return y < 0 ? sign * 0 : sign * Infinity;
  const exponent = <f64>y * log64(<f64>abs<f32>(x));
  if (exponent > 90) return sign * Infinity;
  if (exponent < -106) return sign * 0;
  return <f32>(<f64>sign * exp64(exponent));
}

/** log of a positive normal f64: 2·artanh((m−1)/(m+1)) as its series; error 1e-15. NaN stays NaN. */
export function log64(x: f64): f64 {
  if (!(x < Infinity)) return x;
  const bits = reinterpret<i64>(x);
  const e = (bits - 0x3fe6a09e667f3bcd) >> 52;
  const m = reinterpret<f64>(bits - (e << 52));
  const t = (m - 1) / (m + 1);
  const z = t * t; // at most 0.0295
  let p: f64 = 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  p = p * z + 1;
  return 2 * t * p + <f64>e * 0.6931471805599453;
}

/** e^x for |x| ≤ 110: its series on |r| ≤ ½ ln 2; error 1e-14. */
function exp64(x: f64): f64 {
  const n = nearest<f64>(x * 1.4426950408889634);
  const r = x - n * 0.6931471805599453;
  let p: f64 = 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  return p * reinterpret<f64>((<i64>n + 1023) << 52);
}
