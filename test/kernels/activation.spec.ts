// Map and MapGradient: every kind against an f64 formula.

import { MapKind, Opcode } from "../../assembly/isa";
import {
  atEndOfMemory, bits, COUNTS, EDGES, fillNoise, get, input, instruction, launch, near, noise, output, outputOf, same, set,
  setUp, within,
} from "./support";

const NAMES: string[] = [
  "Relu", "LeakyRelu", "Sigmoid", "Tanh", "Exp", "Log", "Sqrt", "Square", "Abs", "Scale",
  "Erf", "Clamp", "Elu", "Softplus",
];
const P: f32 = 0.37; // LeakyRelu's slope, Scale's factor, Clamp's lower bound, Elu's size, Softplus's beta
const Q: f32 = 1.75; // Clamp's upper bound, Elu's factor, Softplus's threshold

/** The error function, by its series. */
function erf(x: f64): f64 {
  if (x != x || abs(x) > 5) return x != x ? x : copysign<f64>(1, x);
  let term = x, total = x;
  for (let n = 1; n < 140; n++) {
    term *= -x * x / n;
    total += term / (2 * n + 1);
  }
  return total * 1.1283791670955126;
}

function logistic(x: f64): f64 { return 1 / (1 + NativeMath.exp(-x)); }
function softplus(x: f64): f64 { return max<f64>(x, 0) + NativeMath.log1p(NativeMath.exp(-abs(x))); }

function f(kind: MapKind, x: f64): f64 {
  switch (kind) {
    case MapKind.Relu: return x < 0 ? 0 : x;
    case MapKind.LeakyRelu: return x > 0 ? x : P * x;
    case MapKind.Sigmoid: return 1 / (1 + NativeMath.exp(-x));
    case MapKind.Tanh: return NativeMath.tanh(x);
    case MapKind.Exp: return NativeMath.exp(x);
    case MapKind.Log: return NativeMath.log(x);
    case MapKind.Sqrt: return sqrt<f64>(x);
    case MapKind.Square: return x * x;
    case MapKind.Abs: return abs<f64>(x);
    case MapKind.Scale: return P * x;
    case MapKind.Erf: return erf(x);
    case MapKind.Clamp: return min<f64>(max<f64>(x, P), Q);
    case MapKind.Elu: return x > 0 ? x : P * NativeMath.expm1(Q * x);
    case MapKind.Softplus: return P * x > Q ? x : softplus(P * x) / P;
  }
  throw new Error(`no formula for ${NAMES[kind]}`);
}

/** f′ from v: the input or the output, as isa.ts says. */
function derivative(kind: MapKind, v: f64): f64 {
  switch (kind) {
    case MapKind.Relu: return v > 0 ? 1 : 0;
    case MapKind.LeakyRelu: return v > 0 ? 1 : P;
    case MapKind.Sigmoid: return v * (1 - v);
    case MapKind.Tanh: return 1 - v * v;
    case MapKind.Exp: return v;
    case MapKind.Log: return 1 / v;
    case MapKind.Sqrt: return 0.5 / v;
    case MapKind.Square: return 2 * v;
    case MapKind.Abs: return v > 0 ? 1 : v < 0 ? -1 : 0;
    case MapKind.Erf: return 1.1283791670955126 * NativeMath.exp(-v * v);
    case MapKind.Clamp: return v > P && v < Q ? 1 : 0;
    case MapKind.Elu: return v > 0 ? 1 : <f64>P * Q * NativeMath.exp(Q * v);
    case MapKind.Softplus: return P * v > Q ? 1 : logistic(P * v);
  }
  throw new Error(`no formula for ${NAMES[kind]}`);
}

/** Allowed error in ulp: half an ulp for one operation, and what math.ts states. */
function allowed(kind: MapKind): f64 {
  switch (kind) {
    case MapKind.Sigmoid: return 2.41;
    case MapKind.Tanh: return 1.4;
    case MapKind.Exp: return 0.925;
    case MapKind.Log: return 0.81;
    case MapKind.Erf: return 1.2;
    default: return 0.5;
  }
}

/** What is made of several functions loses digits where they cancel: there the error counts beside the argument. */
function isClose(kind: MapKind, i: u32, got: f32, wanted: f64, ulps: f64, x: f64): void {
  if (kind <= MapKind.Erf || !isFinite(wanted)) return near(i, got, wanted, ulps);
  within(i, got, wanted, 12 * max(1, max(abs(x), abs(wanted)))); // 7e-7
}

function runMap(kind: MapKind, dst: usize, src: usize, count: u32): void {
  launch(instruction(Opcode.Map, [kind, dst, src, count, bits(P), bits(Q)]));
}

function runGradient(kind: MapKind, dst: usize, g: usize, v: usize, count: u32): void {
  launch(instruction(Opcode.MapGradient, [kind, dst, g, v, count, bits(P), bits(Q)]));
}

/** An argument at which the kind is a number. */
function argument(kind: MapKind, at: usize, count: u32): void {
  fillNoise(at, count, 8);
  if (kind == MapKind.Log || kind == MapKind.Sqrt) for (let i: u32 = 0; i < count; i++) set(at, i, abs(get(at, i)));
}

describe("Map", () => {
  it("computes every kind, for every length of tail, for any number of ranks", () => {
    for (let kind: MapKind = 0; kind < MapKind.Count; kind++) {
      for (let c = 0; c < COUNTS.length; c++) {
        const count = COUNTS[c];
        setUp(`${NAMES[kind]} of ${count}`);
        const src = input(count), dst = output(count);
        argument(kind, src, count);
        runMap(kind, dst, src, count);
        for (let i: u32 = 0; i < count; i++) isClose(kind, i, get(dst, i), f(kind, get(src, i)), allowed(kind), get(src, i));
      }
    }
  });

  it("is right at zeros, denormals, infinities, NaN and ±400, in the body and in the tail", () => {
    const count = <u32>EDGES.length; // whole vectors and some more
    for (let kind: MapKind = 0; kind < MapKind.Count; kind++) {
      for (let turn: u32 = 0; turn < 2; turn++) {
        setUp(`${NAMES[kind]} of edges`);
        const src = input(count), dst = output(count);
        for (let i: u32 = 0; i < count; i++) set(src, i, EDGES[(i + turn * 3) % count]);
        runMap(kind, dst, src, count);
        for (let i: u32 = 0; i < count; i++) isClose(kind, i, get(dst, i), f(kind, get(src, i)), allowed(kind), get(src, i));
      }
    }
  });

  it("is right at one such number among others, wherever it stands: exp and log take vectors in pairs", () => {
    const count: u32 = 19;
    for (let kind: MapKind = MapKind.Exp; kind <= MapKind.Log; kind++) {
      for (let e = 0; e < EDGES.length; e++) {
        for (let at: u32 = 0; at < count; at++) {
          setUp(`${NAMES[kind]} of ${EDGES[e]} at ${at}`);
          const src = input(count), dst = output(count);
          for (let i: u32 = 0; i < count; i++) set(src, i, i == at ? EDGES[e] : <f32>i + 1);
          runMap(kind, dst, src, count);
          for (let i: u32 = 0; i < count; i++) isClose(kind, i, get(dst, i), f(kind, get(src, i)), allowed(kind), get(src, i));
        }
      }
    }
  });

  it("works in place", () => {
    for (let kind: MapKind = 0; kind < MapKind.Count; kind++) {
      setUp(`${NAMES[kind]} in place`);
      const count: u32 = 113, src = input(count), dst = output(count);
      argument(kind, src, count);
      const inPlace = outputOf(src, count);
      runMap(kind, dst, src, count);
      runMap(kind, inPlace, inPlace, count);
      for (let i: u32 = 0; i < count; i++) same(i, get(inPlace, i), get(dst, i));
    }
  });

  it("gives an element the same bits wherever it stands", () => {
    for (let kind: MapKind = 0; kind < MapKind.Count; kind++) {
      setUp(`${NAMES[kind]} of one number`);
      const count: u32 = 23, src = input(count), dst = output(count);
      for (let i: u32 = 0; i < count; i++) set(src, i, 0.7310586);
      runMap(kind, dst, src, count);
      for (let i: u32 = 1; i < count; i++) same(i, get(dst, i), get(dst, 0));
    }
  });

  it("reads nothing beyond the end of memory", () => {
    for (let kind: MapKind = 0; kind < MapKind.Count; kind++) {
      for (let count: u32 = 1; count < 18; count++) {
        setUp(`${NAMES[kind]} at the end of memory`);
        runMap(kind, output(count), atEndOfMemory(count), count);
      }
    }
  });

  it("keeps the sign of zero where the function has it", () => {
    const kinds: MapKind[] = [MapKind.LeakyRelu, MapKind.Tanh, MapKind.Sqrt, MapKind.Scale, MapKind.Erf, MapKind.Elu];
    for (let k = 0; k < kinds.length; k++) {
      setUp(`${NAMES[kinds[k]]} of zeros`);
      const src = input(8), dst = output(8);
      for (let i: u32 = 0; i < 8; i++) set(src, i, i & 1 ? -0 : 0);
      runMap(kinds[k], dst, src, 8);
      for (let i: u32 = 0; i < 8; i++) same(i, get(dst, i), get(src, i));
    }
  });
});

describe("MapGradient", () => {
  it("computes every kind, for every length of tail, for any number of ranks", () => {
    for (let kind: MapKind = 0; kind < MapKind.Count; kind++) {
      if (kind == MapKind.Scale) continue;
      for (let c = 0; c < COUNTS.length; c++) {
        const count = COUNTS[c];
        setUp(`gradient of ${NAMES[kind]} of ${count}`);
        const g = noise(count), v = input(count), dst = output(count);
        argument(kind, v, count);
        runGradient(kind, dst, g, v, count);
        for (let i: u32 = 0; i < count; i++) {
          const x = get(v, i), wanted = <f64>get(g, i) * derivative(kind, x);
          // 1 − y² and y (1 − y) lose their last digits near y = 1, as PyTorch's do
          const lost = kind == MapKind.Tanh ? 1 + <f64>x * x : kind == MapKind.Sigmoid ? 1 + abs<f64>(x) : 0;
          const d = kind == MapKind.Tanh ? abs(1 - <f64>x * x) : abs(1 - <f64>x);
          // e^−x² has the rounding of x²
          isClose(kind, i, get(dst, i), wanted, (kind == MapKind.Erf ? 3 + <f64>x * x : 1.5) + (lost ? 2 * lost / d : 0), <f64>get(g, i) * (1 + abs<f64>(x)));
        }
      }
    }
  });

  it("keeps a NaN of the gradient in its place", () => {
    for (let kind: MapKind = 0; kind < MapKind.Count; kind++) {
      if (kind == MapKind.Scale) continue;
      setUp(`gradient of ${NAMES[kind]} with NaN`);
      const count: u32 = 23, g = noise(count), v = input(count), dst = output(count);
      for (let i: u32 = 0; i < count; i++) set(v, i, 0.5);
      set(g, 6, NaN);
      set(g, 21, NaN);
      runGradient(kind, dst, g, v, count);
      for (let i: u32 = 0; i < count; i++) isClose(kind, i, get(dst, i), <f64>get(g, i) * derivative(kind, 0.5), kind == MapKind.Erf ? 3 : 1.5, 0.5);
    }
  });

  it("may overwrite the gradient or the value", () => {
    for (let kind: MapKind = 0; kind < MapKind.Count; kind++) {
      if (kind == MapKind.Scale) continue;
      setUp(`gradient of ${NAMES[kind]} in place`);
      const count: u32 = 113, g = noise(count), v = input(count), dst = output(count);
      argument(kind, v, count);
      const overG = outputOf(g, count), overV = outputOf(v, count);
      runGradient(kind, dst, g, v, count);
      runGradient(kind, overG, overG, v, count);
      runGradient(kind, overV, g, overV, count);
      for (let i: u32 = 0; i < count; i++) {
        same(i, get(overG, i), get(dst, i));
        same(i, get(overV, i), get(dst, i));
      }
    }
  });

  it("reads nothing beyond the end of memory", () => {
    for (let kind: MapKind = 0; kind < MapKind.Count; kind++) {
      if (kind == MapKind.Scale) continue;
      for (let count: u32 = 1; count < 18; count++) {
        setUp(`gradient of ${NAMES[kind]} at the end of memory`);
        runGradient(kind, output(count), atEndOfMemory(count), noise(count), count);
        runGradient(kind, output(count), noise(count), atEndOfMemory(count), count);
      }
    }
  });

  it("is 0 at a kink's flat side, whatever the gradient, as PyTorch's is", () => {
    setUp("gradient at 0");
    const g = input(5), v = input(5), relu = output(5), magnitude = output(5), leaky = output(5);
    for (let i: u32 = 0; i < 5; i++) {
      set(g, i, i == 0 ? Infinity : i == 1 ? NaN : <f32>i);
      set(v, i, i & 1 ? -0 : 0);
    }
    runGradient(MapKind.Relu, relu, g, v, 5);
    runGradient(MapKind.Abs, magnitude, g, v, 5);
    runGradient(MapKind.LeakyRelu, leaky, g, v, 5);
    for (let i: u32 = 0; i < 5; i++) {
      near(i, get(relu, i), 0, 0);
      near(i, get(magnitude, i), 0, 0);
      same(i, get(leaky, i), P * get(g, i));
    }
  });

  it("at the ends: a saturated tanh or sigmoid has none, log and sqrt at 0 an infinite one", () => {
    setUp("gradient at the ends");
    const g = input(4), one = input(4), zero = input(4), dst = output(4);
    for (let i: u32 = 0; i < 4; i++) { set(g, i, i & 1 ? -2 : 2); set(one, i, i & 2 ? -1 : 1); set(zero, i, 0); }
    runGradient(MapKind.Tanh, dst, g, one, 4);
    for (let i: u32 = 0; i < 4; i++) near(i, get(dst, i), 0, 0);
    runGradient(MapKind.Sigmoid, dst, g, zero, 4);
    for (let i: u32 = 0; i < 4; i++) near(i, get(dst, i), 0, 0);
    runGradient(MapKind.Log, dst, g, zero, 4);
    for (let i: u32 = 0; i < 4; i++) same(i, get(dst, i), i & 1 ? -Infinity : Infinity);
    runGradient(MapKind.Sqrt, dst, g, zero, 4);
    for (let i: u32 = 0; i < 4; i++) same(i, get(dst, i), i & 1 ? -Infinity : Infinity);
  });
});
