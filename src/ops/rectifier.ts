// Activations that bend at a point: those of relu's family. relu and leakyRelu are in activation.ts.

import { MapKind } from "../../assembly/isa.ts";
import type { Value } from "../graph.ts";
import { apply } from "../op.ts";
import { badOption, wantNumber } from "../options.ts";
import { activation, exp } from "./activation.ts";
import { add, greater, minimum, multiply, subtract } from "./binary.ts";
import { withGain } from "./gain.ts";
import { scale } from "./scale.ts";

export const clampOp = /* @__PURE__ */ activation({
  name: "clamp", kind: MapKind.Clamp, formula: "min(max(x, p), q)", derivative: "x > p && x < q ? 1 : 0", from: "x", second: "zero",
});

/** x, but at least `low` and at most `high`; derivative 0 at the bounds.
 * https://pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html
 *
 * @example
 * const f = await compile((x) => clamp(x, 0, 1), [[3]]);
 * f.run([[-2, 0.5, 2]])[0].data // → [0, 0.5, 1]
 */
export function clamp(x: Value, low: number, high: number): Value {
  return apply(clampOp, [x], [low, high]);
}

/** min(max(x, 0), 6); derivative 0 at 0 and 6. https://pytorch.org/docs/stable/generated/torch.nn.ReLU6.html
 *
 * @example
 * const f = await compile((x) => relu6(x), [[3]]);
 * f.run([[-1, 5, 8]])[0].data // → [0, 5, 6]
 */
export function relu6(x: Value): Value {
  return withGain(clamp(x, 0, 6), x);
}

/** Throws unless there is something between hardTanh's bounds. */
export function wantBounds(minimum: number, maximum: number): void {
  wantNumber("hardTanh: minimum", minimum);
  if (wantNumber("hardTanh: maximum", maximum) <= minimum) throw badOption("hardTanh: maximum", maximum, `a number above the minimum ${minimum}`);
}

/** min(max(x, minimum), maximum), −1 and 1 by default; derivative 0 at both. https://pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html
 *
 * @throws OptionError if the minimum is not below the maximum.
 * @example
 * const f = await compile((x) => hardTanh(x), [[3]]);
 * f.run([[-4, 0.5, 8]])[0].data // → [-1, 0.5, 1]
 */
export function hardTanh(x: Value, minimum = -1, maximum = 1): Value {
  wantBounds(minimum, maximum);
  return clamp(x, minimum, maximum);
}

/** min(max(x + 3, 0), 6) / 6. https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html
 *
 * @example
 * const f = await compile((x) => hardSigmoid(x), [[3]]);
 * f.run([[-4, 0, 8]])[0].data // → [0, 0.5, 1]
 */
export function hardSigmoid(x: Value): Value {
  return scale(clamp(add(x, 3), 0, 6), 1 / 6);
}

/** x · hardSigmoid(x); derivative 0 at −3 and 1 at 3. Howard et al., Searching for MobileNetV3 (2019);
 * https://pytorch.org/docs/stable/generated/torch.nn.Hardswish.html
 *
 * @example
 * const f = await compile((x) => hardSwish(x), [[3]]);
 * f.run([[-4, 1.5, 8]])[0].data // → [0, 1.125, 8]
 */
export function hardSwish(x: Value): Value {
  return withGain(multiply(x, hardSigmoid(x)), x);
}

export const eluOp = /* @__PURE__ */ activation({
  name: "elu", kind: MapKind.Elu, formula: "x > 0 ? x : p * expm1(q * x)", derivative: "x > 0 ? 1 : p * q * exp(q * x)", from: "x",
  second: (x, [p, q]) => multiply(subtract(1, greater(x, 0)), scale(exp(scale(minimum(x, 0), q!)), p! * q! * q!)),
});

/** elu's alpha, or celu's, which is divided by. */
export function wantAlpha(of: "elu" | "celu", alpha: number): number {
  wantNumber(`${of}: alpha`, alpha);
  if (of === "celu" && !Number.isFinite(Math.fround(1 / alpha))) throw badOption("celu: alpha", alpha, "a number other than 0");
  return alpha;
}

/** x where x > 0, else alpha · (e^x − 1). Clevert et al., Fast and Accurate Deep Network Learning by Exponential Linear Units
 * (2016); https://pytorch.org/docs/stable/generated/torch.nn.ELU.html
 *
 * @throws OptionError if alpha is not a finite number.
 * @example
 * const f = await compile((x) => elu(x), [[3]]);
 * f.run([[-1000, 0, 2]])[0].data // → [-1, 0, 2]
 */
export function elu(x: Value, alpha = 1): Value {
  return withGain(apply(eluOp, [x], [wantAlpha("elu", alpha), 1]), x);
}

/** x where x > 0, else alpha · (e^(x / alpha) − 1): as elu, but with derivative 1 at 0 for every alpha. Barron, Continuously
 * Differentiable Exponential Linear Units (2017); https://pytorch.org/docs/stable/generated/torch.nn.CELU.html
 *
 * @throws OptionError if alpha is 0, too near to it to divide by, or no finite number.
 * @example
 * const f = await compile((x) => celu(x, 2), [[3]]);
 * f.run([[-1000, 0, 2]])[0].data // → [-2, 0, 2]
 */
export function celu(x: Value, alpha = 1): Value {
  return withGain(apply(eluOp, [x], [wantAlpha("celu", alpha), 1 / alpha]), x);
}

/** 1.0507 · elu(x, 1.6733): keeps the mean 0 and the variance 1 of activations, with lecun initialization and alphaDropout.
 * Klambauer et al., Self-Normalizing Neural Networks (2017); https://pytorch.org/docs/stable/generated/torch.nn.SELU.html
 *
 * @example
 * const f = await compile((x) => selu(x), [[3]]);
 * f.run([[-1000, 0, 1]])[0].data // → [-1.7580993, 0, 1.050701]
 */
export function selu(x: Value): Value {
  return withGain(scale(apply(eluOp, [x], [1.6732632423543772, 1]), 1.0507009873554805), x, 1);
}

/** x where x > 0, else slope · x, the slope being learned: one number, or one for each of the last axis's channels. He et al.,
 * Delving Deep into Rectifiers (2015); https://pytorch.org/docs/stable/generated/torch.nn.PReLU.html
 *
 * @example
 * const f = await compile((x, a) => prelu(x, a), [[2], [1]]);
 * f.run([[-4, 2], [0.25]])[0].data // → [-1, 2]
 */
export function prelu(x: Value, slope: Value): Value {
  const above = greater(x, 0);
  // the slope is 0.25 at first
  return withGain(multiply(x, add(above, multiply(slope, subtract(1, above)))), x, 2 / 1.0625);
}
