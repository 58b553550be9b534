// Elementary functions against f64, over all exponents. The bounds are those that math.ts states. A sweep takes every
// STEP-th f32 and the inputs that were the worst of all 2^32 (with STEP = 1, in two minutes).

import { cosTurn, erf, exp, expm1, log, log1p, log64, power, sigmoid, tanh } from "../../assembly/math";
import { bits, EDGES, near, number, randomBits, report, same, setUp, ulps } from "./support";

const STEP: u32 = 251; // a prime, so that all patterns of low bits occur

enum Kind { Exp, Log, Log1p, Tanh, Sigmoid, Expm1, Erf, CosTurn }

function lanes(kind: Kind, x: v128): v128 {
  switch (kind) {
    case Kind.Exp: return exp(x);
    case Kind.Log: return log(x);
    case Kind.Log1p: return log1p(x);
    case Kind.Tanh: return tanh(x);
    case Kind.Sigmoid: return sigmoid(x);
    case Kind.Expm1: return expm1(x);
    case Kind.Erf: return erf(x);
    default: return cosTurn(x);
  }
}

function reference(kind: Kind, x: f64): f64 {
  switch (kind) {
    case Kind.Exp: return NativeMath.exp(x);
    case Kind.Log: return NativeMath.log(x);
    case Kind.Log1p: return NativeMath.log1p(x);
    case Kind.Tanh: return NativeMath.tanh(x);
    case Kind.Sigmoid: return 1 / (1 + NativeMath.exp(-x));
    case Kind.Expm1: return NativeMath.expm1(x);
    case Kind.Erf: return erf64(x);
    default: return NativeMath.cos(2 * NativeMath.PI * x);
  }
}

/** The error function: its series, or the continued fraction of erfc (Abramowitz and Stegun 7.1.5, 7.1.14). */
function erf64(x: f64): f64 {
  const size = abs(x);
  if (size < 2.5) {
    let term = x, total = x;
    for (let n = 1; n < 90 && abs(term) > 1e-18 * size; n++) {
      term *= -x * x / n;
      total += term / (2 * n + 1);
    }
    return total * 1.1283791670955126;
  }
  let fraction: f64 = 0;
  for (let n = 60; n > 0; n--) fraction = 0.5 * n / (size + fraction);
  return copysign<f64>(1 - NativeMath.exp(-x * x) * 0.5641895835477563 / (size + fraction), x);
}

/** One number in a lane of its own choice, between other numbers. */
function single(kind: Kind, x: f32): f32 {
  const v = f32x4.replace_lane(f32x4.splat(0.3), 1, x);
  return f32x4.extract_lane(lanes(kind, v), 1);
}

let worst: f64 = 0; // error, in ulp but for cosTurn
let worstAt: f32 = 0;
let measured: u32 = 0;

function begin(): void { worst = 0; measured = 0; }

function measure(kind: Kind, x: f32, y: f32): void {
  const wanted = reference(kind, x);
  const error = kind == Kind.CosTurn ? abs(<f64>y - wanted) : ulps(y, wanted);
  measured++;
  if (!(error <= worst)) {
    worst = error;
    worstAt = x;
  }
}

/** Every STEP-th f32 of those that have these bits, four at once. */
function sweep(kind: Kind, from: u32, to: u32): void {
  for (let b: u64 = from; b <= to; b += 4 * STEP) {
    const x = i32x4.add(i32x4.splat(<u32>b), i32x4.mul(i32x4.splat(STEP), i32x4(0, 1, 2, 3)));
    const y = lanes(kind, x);
    measure(kind, f32x4.extract_lane(x, 0), f32x4.extract_lane(y, 0));
    measure(kind, f32x4.extract_lane(x, 1), f32x4.extract_lane(y, 1));
    measure(kind, f32x4.extract_lane(x, 2), f32x4.extract_lane(y, 2));
    measure(kind, f32x4.extract_lane(x, 3), f32x4.extract_lane(y, 3));
  }
}

function point(kind: Kind, bits: u32): void {
  const x = reinterpret<f32>(bits);
  measure(kind, x, single(kind, x));
}

/** The bound is stated to two digits behind the point. */
function atMost(name: string, bound: f64, unit: string): void {
  report(`${name}: worst error ${worst} ${unit}, at ${worstAt}, of ${measured} points`);
  expect<bool>(worst < (unit == "ulp" ? bound + 0.005 : bound)).toBe(true, `${name}(${worstAt}) is off by ${worst} ${unit}, stated ${bound}`);
}

/** f(x) is exactly y, sign of zero included. */
function exactly(kind: Kind, x: f32, y: f32): void { same(bits(x), single(kind, x), y); }

describe("exp", () => {
  it("is right to 0.92 ulp wherever it is neither 0 nor infinite", () => {
    begin();
    sweep(Kind.Exp, 0, 0x42c80000);
    sweep(Kind.Exp, 0x80000000, 0xc2e00000);
    point(Kind.Exp, 0xc0a552d7);
    point(Kind.Exp, 0x426ffa20);
    atMost("exp", 0.92, "ulp");
  });
  it("keeps NaN, takes infinities, overflows and vanishes where f64 says so", () => {
    setUp("exp");
    exactly(Kind.Exp, NaN, NaN);
    exactly(Kind.Exp, Infinity, Infinity);
    exactly(Kind.Exp, -Infinity, 0);
    exactly(Kind.Exp, 0, 1);
    exactly(Kind.Exp, -0, 1);
    exactly(Kind.Exp, 1e-45, 1);
    exactly(Kind.Exp, 400, Infinity);
    exactly(Kind.Exp, -400, 0);
    exactly(Kind.Exp, 3.4028235e38, Infinity);
    exactly(Kind.Exp, -3.4028235e38, 0);
    exactly(Kind.Exp, 88.72284, Infinity);       // the first that overflows
    near(0, single(Kind.Exp, 88.72283), NativeMath.exp(<f64>(<f32>88.72283)), 0.92);
    exactly(Kind.Exp, -103.97208, 1e-45);        // the last that does not vanish
    exactly(Kind.Exp, -103.97209, 0);
  });
});

describe("log", () => {
  it("is right to 0.81 ulp, denormals included", () => {
    begin();
    sweep(Kind.Log, 1, 0x7f7fffff - 4 * STEP);
    point(Kind.Log, 0x3fb3c59f);
    atMost("log", 0.81, "ulp");
  });
  it("gives −∞ for zero, NaN below, and 0 for 1", () => {
    setUp("log");
    exactly(Kind.Log, 0, -Infinity);
    exactly(Kind.Log, -0, -Infinity);
    exactly(Kind.Log, -1e-45, NaN);
    exactly(Kind.Log, -1, NaN);
    exactly(Kind.Log, -Infinity, NaN);
    exactly(Kind.Log, NaN, NaN);
    exactly(Kind.Log, Infinity, Infinity);
    exactly(Kind.Log, 1, 0);
    near(0, single(Kind.Log, 1e-45), -149 * 0.6931471805599453, 0.81);
    near(1, single(Kind.Log, 3.4028235e38), 128 * 0.6931471805599453, 0.81);
  });
});

describe("log1p", () => {
  it("is right to 2.5 ulp on [0, 1]", () => {
    begin();
    sweep(Kind.Log1p, 0, 0x3f800000 - 4 * STEP);
    point(Kind.Log1p, 0x3c7fffbf);
    point(Kind.Log1p, 0x3f800000);
    atMost("log1p", 2.5, "ulp");
  });
  it("returns zero and denormals as they are, and NaN", () => {
    setUp("log1p");
    exactly(Kind.Log1p, 0, 0);
    exactly(Kind.Log1p, 1e-45, 1e-45);
    exactly(Kind.Log1p, 1.1754942e-38, 1.1754942e-38);
    exactly(Kind.Log1p, 1e-10, 1e-10);
    exactly(Kind.Log1p, NaN, NaN);
  });
});

describe("tanh", () => {
  it("is right to 1.4 ulp", () => {
    begin();
    sweep(Kind.Tanh, 0, 0x41a00000);
    sweep(Kind.Tanh, 0x80000000, 0xc1a00000);
    point(Kind.Tanh, 0x3f208aab);
    atMost("tanh", 1.4, "ulp");
  });
  it("is odd, keeps the sign of zero, denormals and NaN, and ends at ±1", () => {
    setUp("tanh");
    for (let i = 0; i < EDGES.length; i++) exactly(Kind.Tanh, -EDGES[i], -single(Kind.Tanh, EDGES[i]));
    exactly(Kind.Tanh, 0, 0);
    exactly(Kind.Tanh, -0, -0);
    exactly(Kind.Tanh, 1e-45, 1e-45);
    exactly(Kind.Tanh, -1.1754942e-38, -1.1754942e-38);
    exactly(Kind.Tanh, 20, 1);
    exactly(Kind.Tanh, -400, -1);
    exactly(Kind.Tanh, Infinity, 1);
    exactly(Kind.Tanh, -Infinity, -1);
    exactly(Kind.Tanh, NaN, NaN);
    for (let x: f32 = 10; x < 200; x += 0.125) exactly(Kind.Tanh, x, 1); // where e^2x leaves the numbers too
  });
});

describe("sigmoid", () => {
  it("is right to 2.41 ulp, also where it is a denormal", () => {
    begin();
    sweep(Kind.Sigmoid, 0, 0x41c00000);
    sweep(Kind.Sigmoid, 0x80000000, 0xc2e00000);
    point(Kind.Sigmoid, 0xc085088d);
    atMost("sigmoid", 2.41, "ulp");
  });
  it("goes from 0 to 1 and keeps NaN", () => {
    setUp("sigmoid");
    exactly(Kind.Sigmoid, 0, 0.5);
    exactly(Kind.Sigmoid, -0, 0.5);
    exactly(Kind.Sigmoid, 1e-45, 0.5);
    exactly(Kind.Sigmoid, 400, 1);
    exactly(Kind.Sigmoid, -400, 0);
    exactly(Kind.Sigmoid, Infinity, 1);
    exactly(Kind.Sigmoid, -Infinity, 0);
    exactly(Kind.Sigmoid, NaN, NaN);
  });
});

describe("expm1", () => {
  it("is right to 3.14 ulp up to 88", () => {
    begin();
    sweep(Kind.Expm1, 0, 0x42b00000);
    sweep(Kind.Expm1, 0x80000000, 0xc2e00000);
    atMost("expm1", 3.14, "ulp");
  });
  it("keeps small numbers and the sign of zero, and ends at −1 and ∞", () => {
    setUp("expm1");
    exactly(Kind.Expm1, 0, 0);
    exactly(Kind.Expm1, -0, -0);
    exactly(Kind.Expm1, 1e-45, 1e-45);
    exactly(Kind.Expm1, -1e-20, -1e-20);
    exactly(Kind.Expm1, -400, -1);
    exactly(Kind.Expm1, -Infinity, -1);
    exactly(Kind.Expm1, Infinity, Infinity);
    exactly(Kind.Expm1, NaN, NaN);
  });
});

describe("erf", () => {
  it("is right to 1.41 ulp", () => {
    begin();
    sweep(Kind.Erf, 0x00800000, 0x40a00000); // denormals below: 1.128 x is rounded twice there
    sweep(Kind.Erf, 0x80800000, 0xc0a00000);
    point(Kind.Erf, 0x3f6b53ce);
    atMost("erf", 1.41, "ulp");
  });
  it("is odd, keeps NaN, and ends at ±1", () => {
    setUp("erf");
    exactly(Kind.Erf, 0, 0);
    exactly(Kind.Erf, -0, -0);
    exactly(Kind.Erf, 4, 1);
    exactly(Kind.Erf, -400, -1);
    exactly(Kind.Erf, Infinity, 1);
    exactly(Kind.Erf, -Infinity, -1);
    exactly(Kind.Erf, NaN, NaN);
    for (let i = 0; i < EDGES.length; i++) exactly(Kind.Erf, -EDGES[i], -single(Kind.Erf, EDGES[i]));
  });
});

describe("cosTurn", () => {
  it("is off by at most 1e-7 on [0, 1)", () => {
    begin();
    sweep(Kind.CosTurn, 0, 0x3f800000 - 4 * STEP);
    // the numbers that Random.Normal asks for: multiples of 2⁻²⁴
    for (let n: u32 = 0; n < 1 << 24; n += 13) {
      const u = <f32>n * 5.9604645e-8;
      measure(Kind.CosTurn, u, single(Kind.CosTurn, u));
    }
    point(Kind.CosTurn, 0x3e0005e6);
    atMost("cosTurn", 1e-7, "");
  });
});

/** IEEE 754-2008, 9.2.1: x, y, and x to the power y. */
const POWERS: StaticArray<f32> = [
  0, 0, 1, -0, 0, 1, NaN, 0, 1, NaN, -0, 1, Infinity, 0, 1, -Infinity, -0, 1,
  1, NaN, 1, 1, Infinity, 1, 1, -Infinity, 1, 1, 3.5, 1,
  NaN, 1, NaN, 2, NaN, NaN, -1, NaN, NaN, 0, NaN, NaN,
  -1, Infinity, 1, -1, -Infinity, 1, -1, 3, -1, -1, 4, 1, -1, 16777216, 1, -1, 16777215, -1,
  0, 3, 0, -0, 3, -0, -0, 2, 0, -0, 2.5, 0, 0, Infinity, 0, -0, Infinity, 0,
  0, -3, Infinity, -0, -3, -Infinity, -0, -2, Infinity, -0, -2.5, Infinity, 0, -Infinity, Infinity, -0, -Infinity, Infinity,
  Infinity, 2, Infinity, Infinity, -2, 0, Infinity, 0.5, Infinity, Infinity, Infinity, Infinity, Infinity, -Infinity, 0,
  -Infinity, 3, -Infinity, -Infinity, 2, Infinity, -Infinity, 2.5, Infinity,
  -Infinity, -3, -0, -Infinity, -2, 0, -Infinity, -2.5, 0, -Infinity, Infinity, Infinity, -Infinity, -Infinity, 0,
  2, Infinity, Infinity, -2, Infinity, Infinity, 2, -Infinity, 0, -2, -Infinity, 0,
  0.5, Infinity, 0, -0.5, Infinity, 0, 0.5, -Infinity, Infinity, -0.5, -Infinity, Infinity,
  -2, 0.5, NaN, -2, 3, -8, -2, 4, 16, -2, -1, -0.5, -8, 0.33333334, NaN, -1e-45, 0.5, NaN,
  2, 127, 1.7014118e38, 2, 128, Infinity, -2, 128, Infinity, -2, 129, -Infinity, 2, -149, 1e-45, 2, -151, 0, -2, -151, -0,
  1e-45, 1, 1e-45, -1e-45, 1, -1e-45, 1e-45, -1, Infinity, 3, 2, 9, 9, 0.5, 3, 10, -1, 0.1,
  1.0000001, 3.4028235e38, Infinity, 0.99999994, 3.4028235e38, 0, -1.0000001, 3.4028235e38, Infinity,
];

describe("power", () => {
  it("has the special cases of IEEE 754 pow", () => {
    for (let i = 0; i < POWERS.length; i += 3) {
      const x = POWERS[i], y = POWERS[i + 1];
      setUp(`power(${number(x)}, ${number(y)})`);
      same(i, power(x, y), POWERS[i + 2]);
    }
  });
  it("is right to 0.51 ulp for results of all exponents, for bases of either sign", () => {
    setUp("power");
    let most: f64 = 0, atX: f32 = 0, atY: f32 = 0, finite: u32 = 0, exponents: u64 = 0;
    for (let n = 0; n < 1_000_000; n++) {
      const x = reinterpret<f32>(randomBits() & 0x7fffffff);
      if (!(x <= 3.4028235e38) || x == 0) continue;
      // y so that the result has an exponent in −152 … 130; every fourth is whole, and its base negative
      let y = <f32>((<f64>randomBits() / 4294967296.0 * 282 - 152) / NativeMath.log2(x));
      let base = x;
      if (!(n & 3)) { y = nearest(y); base = -x; }
      const wanted = NativeMath.pow(base, y), got = power(base, y);
      if (got != 0 && isFinite(got)) {
        finite++;
        exponents |= 1 << (((bits(got) >> 23) & 255) >> 2);
      }
      const error = ulps(got, wanted);
      if (!(error <= most)) { most = error; atX = base; atY = y; }
    }
    report(`power: worst error ${most} ulp, at (${atX}, ${atY}), of ${finite} points`);
    expect<bool>(finite > 800_000 && exponents == u64.MAX_VALUE).toBe(true, "the sweep is too thin");
    expect<bool>(most <= 0.51).toBe(true, `power(${atX}, ${atY}) is off by ${most} ulp`);
  });
});

describe("log64", () => {
  it("has a relative error of at most 1e-15 for the sums that softmax takes it of", () => {
    let most: f64 = 0, at: f64 = 0;
    for (let n = 0; n < 1_000_000; n++) {
      const x = 1 + <f64>randomBits() / 4294967296.0 * NativeMath.exp(<f64>(n & 31));
      const wanted = NativeMath.log(x), error = abs(log64(x) - wanted) / wanted;
      if (!(error <= most)) { most = error; at = x; }
    }
    report(`log64: worst relative error ${most}, at ${at}`);
    expect<bool>(most <= 1e-15).toBe(true, `log64(${at}) is off by ${most}`);
    expect<f64>(log64(1)).toBe(0);
  });
  it("has it for every f32 too", () => {
    let most: f64 = 0, at: f64 = 0;
    for (let b: u32 = 1; b < 0x7f800000; b += 2003) {
      const x = <f64>reinterpret<f32>(b), wanted = NativeMath.log(x), error = abs(log64(x) - wanted) / abs(wanted);
      if (error > most) { most = error; at = x; }
    }
    report(`log64: worst relative error ${most}, at ${at}`);
    expect<bool>(most <= 1e-15).toBe(true, `log64(${at}) is off by ${most}`);
  });
});
