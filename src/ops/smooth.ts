// Smooth activations: softplus, erf, and those that weigh their input by a probability, which are composed: a kernel of its
// own for each would be in the core of every page.

import { MapKind } from "../../assembly/isa.ts";
import { Value } from "../graph.ts";
import { apply, type Operand } from "../op.ts";
import { wantNumber, wantOneOf, wantPositive } from "../options.ts";
import { abs, activation, exp, sigmoid, square, tanh } from "./activation.ts";
import { add, divide, greater, multiply, subtract } from "./binary.ts";
import { withGain } from "./gain.ts";
import { clamp } from "./rectifier.ts";
import { negate, scale } from "./scale.ts";

export const erfOp = /* @__PURE__ */ activation({
  name: "erf", kind: MapKind.Erf, formula: "erf(x)", derivative: "1.1283791670955126 * exp(-x * x)", from: "x",
  second: (x) => multiply(scale(x, -2 * 1.1283791670955126), exp(negate(square(x)))),
});

/** Error function, 2/√π · ∫₀ˣ e^−t² dt; error below 1.42 ulp. https://pytorch.org/docs/stable/generated/torch.erf.html
 *
 * @example
 * const f = await compile((x) => erf(x), [[3]]);
 * f.run([[-9, 0, 1]])[0].data // → [-1, 0, 0.84270078]
 */
export function erf(x: Value): Value {
  return apply(erfOp, [x], []);
}

export const softplusOp = /* @__PURE__ */ activation({
  name: "softplus", kind: MapKind.Softplus, formula: "p * x > q ? x : (max(p * x, 0) + log1p(exp(-abs(p * x)))) / p",
  derivative: "p * x > q ? 1 : 1 / (1 + exp(-p * x))", from: "x",
  second(x, [p, q]) {
    const t = scale(x, p!), s = sigmoid(t);
    return scale(multiply(multiply(s, subtract(1, s)), subtract(1, greater(t, q!))), p!);
  },
});

/** Throws for what softplus does not take. */
export function wantSoftplus(beta: number, threshold: number): void {
  wantPositive("softplus: beta", beta);
  wantNumber("softplus: threshold", threshold);
}

/** log(1 + e^(beta · x)) / beta, or x itself where beta · x is above the threshold; stable at any size.
 * https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html
 *
 * @throws OptionError if beta is not above 0, or the threshold no number.
 * @example
 * const f = await compile((x) => softplus(x), [[3]]);
 * f.run([[-1000, 0, 1000]])[0].data // → [0, 0.6931472, 1000]
 */
export function softplus(x: Value, beta = 1, threshold = 20): Value {
  wantSoftplus(beta, threshold);
  return withGain(apply(softplusOp, [x], [beta, threshold]), x);
}

/** log(1 / (1 + e^−x)), stable at any size. https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html
 *
 * @example
 * const f = await compile((x) => logSigmoid(x), [[3]]);
 * f.run([[-1000, 0, 1000]])[0].data // → [-1000, -0.6931472, 0]
 */
export function logSigmoid(x: Value): Value {
  return negate(apply(softplusOp, [negate(x)], [1, Infinity]));
}

/** x / (1 + |x|). https://pytorch.org/docs/stable/generated/torch.nn.Softsign.html
 *
 * @example
 * const f = await compile((x) => softsign(x), [[3]]);
 * f.run([[-1, 0, 3]])[0].data // → [-0.5, 0, 0.75]
 */
export function softsign(x: Value): Value {
  return divide(x, add(abs(x), 1));
}

export function wantBeta(beta: number): number {
  return wantNumber("silu: beta", beta);
}

/** x · sigmoid(beta · x); also called swish. Beta may be a Value, which can be learned. Ramachandran et al., Searching for
 * Activation Functions (2017); https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html (beta = 1)
 *
 * @throws OptionError for a beta that is neither a finite number nor a Value.
 * @example
 * const f = await compile((x) => silu(x), [[3]]);
 * f.run([[-1000, 0, 1000]])[0].data // → [0, 0, 1000]
 */
export function silu(x: Value, beta: Operand = 1): Value {
  return withGain(multiply(x, sigmoid(beta === 1 ? x : beta instanceof Value ? multiply(x, beta) : scale(x, wantBeta(beta)))), x);
}

/** x · tanh(softplus(x)). Misra, Mish: A Self Regularized Non-Monotonic Activation Function (2019);
 * https://pytorch.org/docs/stable/generated/torch.nn.Mish.html
 *
 * @example
 * const f = await compile((x) => mish(x), [[3]]);
 * f.run([[-1000, 0, 1000]])[0].data // → [0, 0, 1000]
 */
export function mish(x: Value): Value {
  return multiply(x, tanh(softplus(x)));
}

export function wantApproximate(approximate: "none" | "tanh"): "none" | "tanh" {
  return wantOneOf("gelu: approximate", approximate, ["none", "tanh"]);
}

/** x · Φ(x), Φ being the normal distribution's cumulative function; with `approximate: "tanh"` its approximation by tanh.
 * Hendrycks and Gimpel, Gaussian Error Linear Units (2016); https://pytorch.org/docs/stable/generated/torch.nn.GELU.html
 *
 * Its second gradient is within 4e-6, not 2e-6: by tanh it is made of 1 − sigmoid, of which little is left near 1, times the
 * square of a slope of 4.
 *
 * @throws OptionError for another approximation.
 * @example
 * const f = await compile((x) => gelu(x), [[3]]);
 * f.run([[-1000, 0, 1]])[0].data // → [0, 0, 0.84134475]
 */
export function gelu(x: Value, approximate: "none" | "tanh" = "none"): Value {
  if (wantApproximate(approximate) === "none") return withGain(multiply(scale(x, 0.5), add(erf(scale(x, 0.7071067811865476)), 1)), x);
  // ½ (1 + tanh u) is sigmoid(2u), u = √(2/π) · (x + 0.044715 · x³); beyond 20 it is 0 or 1, and the square might overflow
  const t = clamp(x, -20, 20);
  return withGain(multiply(x, sigmoid(multiply(t, add(scale(square(t), 0.07135481628159806), 1.5957691216057308)))), x);
}
