// Losses of pairs, forward and gradient, against f64.

import { LossKind, Opcode } from "../../assembly/isa";
import {
  atEndOfMemory, COUNTS, get, input, instruction, launch, near, noise, output, outputOf, same, set, setUp, within,
} from "./support";

const NAMES: string[] = ["SquaredError", "AbsoluteError", "LogitCrossEntropy", "ProbabilityCrossEntropy", "Hinge"];

function f(kind: LossKind, p: f64, t: f64): f64 {
  switch (kind) {
    case LossKind.SquaredError: return (p - t) * (p - t);
    case LossKind.AbsoluteError: return abs<f64>(p - t);
    case LossKind.LogitCrossEntropy: return max<f64>(p, 0) - p * t + NativeMath.log1p(NativeMath.exp(-abs<f64>(p)));
    case LossKind.ProbabilityCrossEntropy:
      return -t * max<f64>(NativeMath.log(p), -100) - (1 - t) * max<f64>(NativeMath.log1p(-p), -100);
    case LossKind.Hinge: return max<f64>(0, 1 - t * p);
  }
  throw new Error(`no formula for ${NAMES[kind]}`);
}

/** ∂f/∂p, as PyTorch defines it at kinks and ends. */
function derivative(kind: LossKind, p: f64, t: f64): f64 {
  switch (kind) {
    case LossKind.SquaredError: return 2 * (p - t);
    case LossKind.AbsoluteError: return p > t ? 1 : p < t ? -1 : 0;
    case LossKind.LogitCrossEntropy: return 1 / (1 + NativeMath.exp(-p)) - t;
    case LossKind.ProbabilityCrossEntropy: return (p - t) / max<f64>(p * (1 - p), 1e-12);
    case LossKind.Hinge: return t * p < 1 ? -t : 0;
  }
  throw new Error(`no formula for ${NAMES[kind]}`);
}

/** Compares in units of 2⁻²⁴ times the size of the terms that are added up. */
function compareLoss(i: u32, kind: LossKind, got: f32, p: f32, t: f32): void {
  const wanted = f(kind, p, t);
  switch (kind) {
    case LossKind.SquaredError: return near(i, got, wanted, 2);
    case LossKind.AbsoluteError: return near(i, got, wanted, 0.5);
    case LossKind.LogitCrossEntropy: return within(i, got, wanted, 3 * (abs<f64>(p) + abs<f64>(p * t) + 1));
    case LossKind.ProbabilityCrossEntropy: return near(i, got, wanted, 5);
    default: return within(i, got, wanted, 2 * abs<f64>(t * p) + 1);
  }
}

function compareGradient(i: u32, kind: LossKind, got: f32, g: f32, p: f32, t: f32): void {
  const wanted = <f64>g * derivative(kind, p, t);
  switch (kind) {
    case LossKind.SquaredError: return near(i, got, wanted, 1.5);
    case LossKind.LogitCrossEntropy: return within(i, got, wanted, 6 * abs<f64>(g));
    case LossKind.ProbabilityCrossEntropy: return near(i, got, wanted, 4);
    default: return near(i, got, wanted, 0.5);
  }
}

function run(kind: LossKind, dst: usize, p: usize, t: usize, count: u32): void {
  launch(instruction(Opcode.Loss, [kind, dst, p, t, count]));
}

function runGradient(kind: LossKind, dst: usize, g: usize, p: usize, t: usize, count: u32): void {
  launch(instruction(Opcode.LossGradient, [kind, dst, g, p, t, count]));
}

/** Predictions of the kind: numbers, or probabilities. */
function predictions(kind: LossKind, count: u32): usize {
  const p = noise(count + 1);
  if (kind == LossKind.ProbabilityCrossEntropy) for (let i: u32 = 0; i < count; i++) set(p, i, abs<f32>(get(p, i)) / 4);
  return p;
}

/** Targets of the kind: numbers, 0 … 1, or ±1. */
function targets(kind: LossKind, count: u32): usize {
  const t = noise(count + 1);
  for (let i: u32 = 0; i < count; i++) {
    const x = get(t, i);
    if (kind == LossKind.Hinge) set(t, i, copysign<f32>(1, x));
    else if (kind >= LossKind.LogitCrossEntropy) set(t, i, i & 3 ? (x < 0 ? 0 : 1) : abs<f32>(x) / 4);
  }
  return t;
}

describe("Loss", () => {
  it("computes every kind, for every length of tail, for any number of ranks", () => {
    for (let kind: LossKind = 0; kind < LossKind.Count; kind++) {
      for (let c = 0; c < COUNTS.length; c++) {
        const n = COUNTS[c];
        setUp(`${NAMES[kind]} of ${n}`);
        const p = predictions(kind, n), t = targets(kind, n), dst = output(n);
        run(kind, dst, p, t, n);
        for (let i: u32 = 0; i < n; i++) compareLoss(i, kind, get(dst, i), get(p, i), get(t, i));
      }
    }
  });

  it("is right for predictions of 0, ±400, denormals, infinities and NaN", () => {
    const ps: StaticArray<f32> = [0, -0, 1, -1, 400, -400, 1e-45, 1e-20, 88, -104, 3e38, NaN, Infinity];
    const ts: StaticArray<f32> = [0, 1, -1, 0.25];
    const n = <u32>(ps.length * ts.length);
    for (let kind: LossKind = 0; kind < LossKind.Count; kind++) {
      if (kind == LossKind.ProbabilityCrossEntropy) continue; // has its own ends, below
      setUp(`${NAMES[kind]} of edges`);
      const p = input(n), t = input(n), dst = output(n);
      for (let i: u32 = 0; i < n; i++) { set(p, i, ps[i / 4]); set(t, i, ts[i & 3]); }
      run(kind, dst, p, t, n);
      for (let i: u32 = 0; i < n; i++) compareLoss(i, kind, get(dst, i), get(p, i), get(t, i));
    }
  });

  it("of certain probabilities: 0 if right, 100 if wrong; of tiny ones their logarithm", () => {
    setUp("ProbabilityCrossEntropy at its ends");
    const ps: StaticArray<f32> = [0, 0, 1, 1, 0.5, 1e-45, 1e-45, 1e-10, 1e-10, 1e-4, 0.99999994, 0.99999994, 0, 1, NaN, 0.3];
    const ts: StaticArray<f32> = [0, 1, 0, 1, 0.5, 0, 1, 0, 1, 0, 0, 1, 0.25, 0.25, 0, NaN];
    const n = <u32>ps.length, p = input(n), t = input(n), dst = output(n);
    for (let i: u32 = 0; i < n; i++) { set(p, i, ps[i]); set(t, i, ts[i]); }
    run(LossKind.ProbabilityCrossEntropy, dst, p, t, n);
    for (let i: u32 = 0; i < n; i++) near(i, get(dst, i), f(LossKind.ProbabilityCrossEntropy, ps[i], ts[i]), 5);
    near(0, get(dst, 0), 0, 0);
    same(1, get(dst, 1), 100);
    same(2, get(dst, 2), 100);
    near(3, get(dst, 3), 0, 0);
  });

  it("works in place of predictions or targets", () => {
    for (let kind: LossKind = 0; kind < LossKind.Count; kind++) {
      setUp(`${NAMES[kind]} in place`);
      const n: u32 = 113, p = predictions(kind, n), t = targets(kind, n), dst = output(n);
      const overP = outputOf(p, n), overT = outputOf(t, n);
      run(kind, dst, p, t, n);
      run(kind, overP, overP, t, n);
      run(kind, overT, p, overT, n);
      for (let i: u32 = 0; i < n; i++) {
        same(i, get(overP, i), get(dst, i));
        same(i, get(overT, i), get(dst, i));
      }
    }
  });

  it("reads nothing beyond the end of memory", () => {
    for (let kind: LossKind = 0; kind < LossKind.Count; kind++) {
      for (let n: u32 = 1; n < 18; n++) {
        setUp(`${NAMES[kind]} at the end of memory`);
        run(kind, output(n), atEndOfMemory(n), noise(n), n);
        run(kind, output(n), noise(n), atEndOfMemory(n), n);
        runGradient(kind, output(n), atEndOfMemory(n), noise(n), noise(n), n);
        runGradient(kind, output(n), noise(n), atEndOfMemory(n), noise(n), n);
        runGradient(kind, output(n), noise(n), noise(n), atEndOfMemory(n), n);
      }
    }
  });
});

describe("LossGradient", () => {
  it("computes every kind, for every length of tail, for any number of ranks", () => {
    for (let kind: LossKind = 0; kind < LossKind.Count; kind++) {
      for (let c = 0; c < COUNTS.length; c++) {
        const n = COUNTS[c];
        setUp(`gradient of ${NAMES[kind]} of ${n}`);
        const g = noise(n), p = predictions(kind, n), t = targets(kind, n), dst = output(n);
        runGradient(kind, dst, g, p, t, n);
        for (let i: u32 = 0; i < n; i++) compareGradient(i, kind, get(dst, i), get(g, i), get(p, i), get(t, i));
      }
    }
  });

  it("is right at kinks, at certain probabilities and at ±400", () => {
    const ps: StaticArray<f32> = [0, -0, 1, -1, 400, -400, 1e-45, 1e-20, 0.25, 0.99999994, 88, -104, 3e38];
    const ts: StaticArray<f32> = [0, 1, -1, 0.25];
    const n = <u32>(ps.length * ts.length);
    for (let kind: LossKind = 0; kind < LossKind.Count; kind++) {
      setUp(`gradient of ${NAMES[kind]} at edges`);
      const g = noise(n), p = input(n), t = input(n), dst = output(n);
      for (let i: u32 = 0; i < n; i++) { set(p, i, ps[i / 4]); set(t, i, ts[i & 3]); }
      runGradient(kind, dst, g, p, t, n);
      for (let i: u32 = 0; i < n; i++) {
        if (kind == LossKind.ProbabilityCrossEntropy && !(get(p, i) >= 0 && get(p, i) <= 1)) continue;
        compareGradient(i, kind, get(dst, i), get(g, i), get(p, i), get(t, i));
      }
    }
  });

  it("keeps a NaN of the prediction; but hinge, which asks only for the side, has none there", () => {
    for (let kind: LossKind = 0; kind < LossKind.Count; kind++) {
      setUp(`gradient of ${NAMES[kind]} at NaN`);
      const g = noise(9), p = input(9), t = input(9), dst = output(9);
      for (let i: u32 = 0; i < 9; i++) { set(p, i, i == 2 || i == 8 ? NaN : 0.5); set(t, i, 0.75); }
      runGradient(kind, dst, g, p, t, 9);
      for (let i: u32 = 0; i < 9; i++)
        if (i == 2 || i == 8) near(i, get(dst, i), kind == LossKind.Hinge ? 0 : NaN, 0);
        else compareGradient(i, kind, get(dst, i), get(g, i), 0.5, 0.75);
    }
  });

  it("may overwrite the gradient, the predictions or the targets", () => {
    for (let kind: LossKind = 0; kind < LossKind.Count; kind++) {
      setUp(`gradient of ${NAMES[kind]} in place`);
      const n: u32 = 113, g = noise(n), p = predictions(kind, n), t = targets(kind, n), dst = output(n);
      const overG = outputOf(g, n), overP = outputOf(p, n), overT = outputOf(t, n);
      runGradient(kind, dst, g, p, t, n);
      runGradient(kind, overG, overG, p, t, n);
      runGradient(kind, overP, g, overP, t, n);
      runGradient(kind, overT, g, p, overT, n);
      for (let i: u32 = 0; i < n; i++) {
        same(i, get(overG, i), get(dst, i));
        same(i, get(overP, i), get(dst, i));
        same(i, get(overT, i), get(dst, i));
      }
    }
  });
});
