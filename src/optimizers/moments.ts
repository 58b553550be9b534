// Relatives of Adam: adamax, nadam, radam, lion. Formulas and defaults are PyTorch's, written in ops; what depends on the
// step alone is computed in f64 and handed over in cells.

import { integerPower } from "../math.ts";
import { wantNumber } from "../options.ts";
import { abs, sqrt, square } from "../ops/activation.ts";
import { add, divide, greater, maximum, multiply, subtract } from "../ops/binary.ts";
import { blend, decayed } from "./adaptive.ts";
import { inOps } from "./formula.ts";
import { type Group, type Hyper, LEAST_EPSILON, type Optimizer, type OptimizerOptions, resolve } from "./optimizer.ts";

/** Options that these optimizers share. */
export interface MomentOptions extends OptimizerOptions {
  learningRate?: number;
  /** Memory of the mean of gradients; 0.9 by default. */
  beta1?: number;
  /** Memory of their size; 0.999 by default. */
  beta2?: number;
  /** Keeps the divisor from 0; 1e-8 by default, at least 1e-16. */
  epsilon?: number;
  /** Added to the gradient times the parameter; 0 by default. */
  weightDecay?: number;
  groups?: readonly Group<MomentOptions>[];
}

const DEFAULTS = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };

function checkMoments(own: Hyper, where: string): void {
  wantNumber(`${where}: beta1`, own.beta1, 0, 1, true);
  wantNumber(`${where}: beta2`, own.beta2, 0, 1, true);
  if (own.epsilon !== undefined) wantNumber(`${where}: epsilon`, own.epsilon, LEAST_EPSILON);
  wantNumber(`${where}: weightDecay`, own.weightDecay, 0);
}

/** Adamax: d = g + weightDecay·p; m = β1·m + (1 − β1)·d; u = max(β2·u, |d| + ε); p −= rate/(1 − β1ᵗ) · m / u. The rate is
 * 2e-3 by default. Kingma and Ba, Adam: A Method for Stochastic Optimization (2015), section 7.1;
 * https://pytorch.org/docs/stable/generated/torch.optim.Adamax.html
 *
 * @throws OptionError for an option out of its range.
 * @example
 * const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
 * await model.fit({ x: [[1]], y: [[1]] }, { loss: mse(), optimizer: adamax({ learningRate: 0.5 }) });
 * model.predict([[1]]).data // → [0.5]
 */
export function adamax(options: MomentOptions = {}): Optimizer {
  const { hyper, groups, defaults } = resolve("adamax", options, { defaults: { learningRate: 2e-3, ...DEFAULTS }, check: checkMoments });
  const states = ["m", "u"] as const, cells = ["rate"] as const;
  return {
    optimizer: "adamax", hyper, groups, defaults, states, cells: cells.length,
    build: inOps({ states, cells }, groups, hyper, (values, own) => {
      const d = decayed(values, own), m = blend(values.m, d, own.beta1 as number);
      const u = maximum(multiply(values.u, own.beta2 as number), add(abs(d), own.epsilon as number));
      return { parameter: subtract(values.parameter, multiply(divide(m, u), values.rate)), m, u };
    }),
    write(floats, at, own, rate, t) {
      floats[at] = rate / (1 - integerPower(own.beta1 as number, t));
    },
  };
}

export interface NadamOptions extends MomentOptions {
  /** How fast the momentum rises to β1: μₜ = β1 · (1 − ½ · 0.96^(t · momentumDecay)); 4e-3 by default. */
  momentumDecay?: number;
  groups?: readonly Group<NadamOptions>[];
}

/** NAdam, Adam with Nesterov's momentum: d = g + weightDecay·p; m, v as Adam's; with μₜ = β1·(1 − ½·0.96^(t·momentumDecay))
 * and Πₜ = μ1·…·μₜ, p −= rate · ((1 − μₜ)/(1 − Πₜ)·d + μₜ₊₁/(1 − Πₜ₊₁)·m) / (√(v/(1 − β2ᵗ)) + ε). The rate is 2e-3 by default.
 * Dozat, Incorporating Nesterov Momentum into Adam (2016);
 * https://pytorch.org/docs/stable/generated/torch.optim.NAdam.html
 *
 * @throws OptionError for an option out of its range.
 * @example
 * nadam().hyper.momentumDecay // → 0.004
 */
export function nadam(options: NadamOptions = {}): Optimizer {
  const { hyper, groups, defaults } = resolve("nadam", options, {
    defaults: { learningRate: 2e-3, ...DEFAULTS, momentumDecay: 4e-3 },
    check(own, where) {
      checkMoments(own, where);
      wantNumber(`${where}: momentumDecay`, own.momentumDecay, 0);
    },
  });
  const states = ["m", "v"] as const, cells = ["deviation", "now", "mean"] as const;
  /** For each group the product of its momenta up to step t, which is one more multiplication at each step. */
  const products = new Map([hyper, ...groups.map((group) => group.hyper)].map((own) =>
    [own as Hyper, { t: 0, product: 1, base: powerOf96(own.momentumDecay as number) }]));
  return {
    optimizer: "nadam", hyper, groups, defaults, states, cells: cells.length,
    build: inOps({ states, cells }, groups, hyper, (values, own) => {
      const d = decayed(values, own), m = blend(values.m, d, own.beta1 as number), v = blend(values.v, square(d), own.beta2 as number);
      const deviation = add(multiply(sqrt(v), values.deviation), own.epsilon as number);
      const step = divide(add(multiply(d, values.now), multiply(m, values.mean)), deviation);
      return { parameter: subtract(values.parameter, step), m, v };
    }),
    write(floats, at, own, rate, t) {
      const past = products.get(own)!, momentum = (n: number): number => (own.beta1 as number) * (1 - 0.5 * integerPower(past.base, n));
      // another run of this optimizer, or one that is resumed, stands elsewhere
      if (past.t > t) Object.assign(past, { t: 0, product: 1 });
      while (past.t < t) past.product *= momentum(++past.t);
      const now = momentum(t), next = momentum(t + 1);
      floats[at] = 1 / Math.sqrt(1 - integerPower(own.beta2 as number, t));
      floats[at + 1] = (rate * (1 - now)) / (1 - past.product);
      floats[at + 2] = (rate * next) / (1 - past.product * next);
    },
  };
}

/** 0.96^x for x ≥ 0; e^(x · log 0.96) by its series, halved until that converges at once. */
function powerOf96(x: number): number {
  let exponent = -0.040821994520255166 * x, halved = 1, term = 1, sum = 1;
  for (; exponent < -0.5; exponent /= 2) halved *= 2;
  for (let n = 1; n <= 15; n++) sum += term *= exponent / n;
  return integerPower(sum, halved);
}

/** RAdam, which rectifies Adam's variance: d = g + weightDecay·p; m, v as Adam's; ρ∞ = 2/(1 − β2) − 1 and
 * ρₜ = ρ∞ − 2t·β2ᵗ/(1 − β2ᵗ). While ρₜ ≤ 5, p −= rate · m/(1 − β1ᵗ); then
 * p −= rate · m/(1 − β1ᵗ) · √(1 − β2ᵗ)/(√v + ε) · √((ρₜ − 4)(ρₜ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρₜ)).
 * Liu, Jiang, He, Chen, Liu, Gao and Han, On the Variance of the Adaptive Learning Rate and Beyond (2020);
 * https://pytorch.org/docs/stable/generated/torch.optim.RAdam.html
 *
 * @throws OptionError for an option out of its range.
 * @example
 * const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
 * await model.fit({ x: [[1]], y: [[1]] }, { loss: mse(), optimizer: radam({ learningRate: 0.25 }) });
 * model.predict([[1]]).data // → [0.5]
 */
export function radam(options: MomentOptions = {}): Optimizer {
  const { hyper, groups, defaults } = resolve("radam", options, {
    defaults: { learningRate: 1e-3, ...DEFAULTS },
    check: checkMoments,
  });
  const states = ["m", "v"] as const, cells = ["rectified", "plain"] as const;
  return {
    optimizer: "radam", hyper, groups, defaults, states, cells: cells.length,
    build: inOps({ states, cells }, groups, hyper, (values, own) => {
      const d = decayed(values, own), m = blend(values.m, d, own.beta1 as number), v = blend(values.v, square(d), own.beta2 as number);
      const deviation = add(sqrt(v), own.epsilon as number);
      // one of the two cells is 0
      const rate = add(divide(values.rectified, deviation), values.plain);
      return { parameter: subtract(values.parameter, multiply(m, rate)), m, v };
    }),
    write(floats, at, own, rate, t) {
      const beta2 = own.beta2 as number, power = integerPower(beta2, t), corrected = rate / (1 - integerPower(own.beta1 as number, t));
      const most = 2 / (1 - beta2) - 1, length = most - (2 * t * power) / (1 - power), rectified = length > 5;
      const share = ((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length);
      floats[at] = rectified ? corrected * Math.sqrt(1 - power) * Math.sqrt(share) : 0;
      floats[at + 1] = rectified ? 0 : corrected;
    },
  };
}

export interface LionOptions extends OptimizerOptions {
  /** 1e-4 by default. */
  learningRate?: number;
  /** Share of the momentum in the direction; 0.9 by default. */
  beta1?: number;
  /** Memory of the momentum; 0.99 by default. */
  beta2?: number;
  /** The share, times the rate, by which parameters shrink at each step; 0 by default. */
  weightDecay?: number;
  groups?: readonly Group<LionOptions>[];
}

/** Lion: p = (1 − rate·weightDecay)·p − rate · sign(β1·m + (1 − β1)·g); m = β2·m + (1 − β2)·g. Every step is as long as the
 * rate, so it wants one of a third to a tenth of Adam's. Chen et al., Symbolic Discovery of Optimization Algorithms (2023),
 * https://arxiv.org/abs/2302.06675
 *
 * @throws OptionError for an option out of its range.
 * @example
 * const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
 * await model.fit({ x: [[1]], y: [[1]] }, { loss: mse(), optimizer: lion({ learningRate: 0.5 }) });
 * model.predict([[1]]).data // → [0.5]
 */
export function lion(options: LionOptions = {}): Optimizer {
  const { hyper, groups, defaults } = resolve("lion", options, { defaults: { learningRate: 1e-4, beta1: 0.9, beta2: 0.99, weightDecay: 0 }, check: checkMoments });
  const states = ["m"] as const, cells = ["rate", "shrink"] as const;
  return {
    optimizer: "lion", hyper, groups, defaults, states, cells: cells.length,
    build: inOps({ states, cells }, groups, hyper, ({ parameter, gradient, m, rate, shrink }, own) => {
      const along = blend(m, gradient, own.beta1 as number), sign = subtract(greater(along, 0), greater(0, along));
      const kept = own.weightDecay ? multiply(parameter, shrink) : parameter;
      return { parameter: subtract(kept, multiply(sign, rate)), m: blend(m, gradient, own.beta2 as number) };
    }),
    write(floats, at, own, rate) {
      floats[at] = rate;
      floats[at + 1] = 1 - rate * (own.weightDecay as number);
    },
  };
}
