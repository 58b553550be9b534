// Optimizers whose rate follows the size of past gradients: rmsprop, adagrad, adadelta. Formulas and defaults are
// PyTorch's, written in ops.

import type { Value } from "../graph.ts";
import { wantBoolean, wantNumber } from "../options.ts";
import { sqrt, square } from "../ops/activation.ts";
import { add, divide, maximum, multiply, subtract } from "../ops/binary.ts";
import { inOps } from "./formula.ts";
import { type Group, type Hyper, LEAST_EPSILON, type Optimizer, type OptimizerOptions, resolve } from "./optimizer.ts";

/** gradient + weightDecay · parameter, the coupled weight decay */
export function decayed({ gradient, parameter }: { gradient: Value; parameter: Value }, { weightDecay }: Hyper): Value {
  return weightDecay ? add(gradient, multiply(parameter, weightDecay as number)) : gradient;
}

/** keep · old + (1 − keep) · now */
export function blend(old: Value, now: Value, keep: number): Value {
  return add(multiply(old, keep), multiply(now, 1 - keep));
}

export interface RmspropOptions extends OptimizerOptions {
  /** 0.01 by default. */
  learningRate?: number;
  /** Memory of the mean of squares; 0.99 by default. */
  alpha?: number;
  /** Added to the root; 1e-8 by default, at least 1e-16. */
  epsilon?: number;
  /** Share of the last step that goes on; 0 by default. */
  momentum?: number;
  /** Divides by the deviation of gradients rather than by the root of their mean square; false by default. */
  centered?: boolean;
  /** Added to the gradient times the parameter; 0 by default. */
  weightDecay?: number;
  groups?: readonly Group<RmspropOptions>[];
}

/** RMSprop: d = g + weightDecay·p; v = α·v + (1 − α)·d²; step = d / (√v + ε); p −= rate · step. Centered, v less the
 * square of a = α·a + (1 − α)·d stands under the root; with momentum b = momentum·b + step and p −= rate · b.
 * Tieleman and Hinton, Lecture 6.5 of Neural Networks for Machine Learning (2012); Graves, Generating Sequences with
 * Recurrent Neural Networks (2013); https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 *
 * @throws OptionError for an option out of its range.
 * @example
 * const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
 * await model.fit({ x: [[1]], y: [[1]] }, { loss: mse(), optimizer: rmsprop({ learningRate: 0.05 }) });
 * model.predict([[1]]).data // → [0.5]
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { hyper, groups, defaults } = resolve("rmsprop", options, {
    defaults: { learningRate: 1e-2, alpha: 0.99, epsilon: 1e-8, momentum: 0, centered: false, weightDecay: 0 },
    check({ alpha, epsilon, momentum, weightDecay, centered }, where) {
      // at 1 the mean would stay 0, and the first step divide by epsilon
      wantNumber(`${where}: alpha`, alpha, 0, 1, true);
      wantNumber(`${where}: epsilon`, epsilon, LEAST_EPSILON);
      wantNumber(`${where}: momentum`, momentum, 0);
      wantNumber(`${where}: weightDecay`, weightDecay, 0);
      wantBoolean(`${where}: centered`, centered);
    },
  });
  const all = [hyper, ...groups.map((group) => group.hyper)];
  // a state that no group needs is none
  const states = ["v", ...(all.some(({ momentum }) => momentum !== 0) ? ["b"] : []), ...(all.some(({ centered }) => centered) ? ["a"] : [])] as ("v" | "b" | "a")[];
  const cells = ["rate"] as const;
  return {
    optimizer: "rmsprop", hyper, groups, defaults, states, cells: cells.length,
    build: inOps({ states, cells }, groups, hyper, (values, own) => {
      const alpha = own.alpha as number, d = decayed(values, own), v = blend(values.v, square(d), alpha);
      const a = own.centered ? blend(values.a, d, alpha) : undefined;
      // of equal gradients nothing is left but rounding, which may be below 0
      const deviation = add(sqrt(a ? maximum(subtract(v, square(a)), 0) : v), own.epsilon as number);
      const step = divide(d, deviation), b = own.momentum ? add(multiply(values.b, own.momentum as number), step) : undefined;
      return { parameter: subtract(values.parameter, multiply(b ?? step, values.rate)), v, ...(a && { a }), ...(b && { b }) };
    }),
    write(floats, at, _, rate) {
      floats[at] = rate;
    },
  };
}

export interface AdagradOptions extends OptimizerOptions {
  /** 0.01 by default. */
  learningRate?: number;
  /** The rate is divided by 1 + (t − 1) times this; 0 by default. */
  learningRateDecay?: number;
  /** What the sum of squares begins with; 0 by default. */
  initialAccumulator?: number;
  /** Added to the root; 1e-10 by default, at least 1e-16. */
  epsilon?: number;
  /** Added to the gradient times the parameter; 0 by default. */
  weightDecay?: number;
  groups?: readonly Group<AdagradOptions>[];
}

/** Adagrad: d = g + weightDecay·p; s = s + d²; p −= rate / (1 + (t − 1)·learningRateDecay) · d / (√s + ε).
 * Duchi, Hazan and Singer, Adaptive Subgradient Methods for Online Learning and Stochastic Optimization (2011);
 * https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 *
 * @throws OptionError for an option out of its range.
 * @example
 * const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
 * await model.fit({ x: [[1]], y: [[1]] }, { loss: mse(), optimizer: adagrad({ learningRate: 0.5 }) });
 * model.predict([[1]]).data // → [0.5]
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const { hyper, groups, defaults } = resolve("adagrad", options, {
    defaults: { learningRate: 1e-2, learningRateDecay: 0, initialAccumulator: 0, epsilon: 1e-10, weightDecay: 0 },
    check(own, where) {
      for (const name of ["learningRateDecay", "initialAccumulator", "weightDecay"]) wantNumber(`${where}: ${name}`, own[name], 0);
      wantNumber(`${where}: epsilon`, own.epsilon, LEAST_EPSILON);
    },
  });
  const states = ["s"] as const, cells = ["rate", "start"] as const;
  return {
    optimizer: "adagrad", hyper, groups, defaults, states, cells: cells.length,
    build: inOps({ states, cells }, groups, hyper, (values, own) => {
      const d = decayed(values, own), before = own.initialAccumulator ? add(values.s, values.start) : values.s;
      const s = add(before, square(d));
      return { parameter: subtract(values.parameter, multiply(divide(d, add(sqrt(s), own.epsilon as number)), values.rate)), s };
    }),
    write(floats, at, own, rate, t) {
      floats[at] = rate / (1 + (t - 1) * (own.learningRateDecay as number));
      floats[at + 1] = t === 1 ? (own.initialAccumulator as number) : 0;
    },
  };
}

export interface AdadeltaOptions extends OptimizerOptions {
  /** 1 by default. */
  learningRate?: number;
  /** Memory of the means of squares; 0.9 by default. */
  rho?: number;
  /** Added to both means of squares, under their roots; 1e-6 by default, at least 1e-32. */
  epsilon?: number;
  /** Added to the gradient times the parameter; 0 by default. */
  weightDecay?: number;
  groups?: readonly Group<AdadeltaOptions>[];
}

/** Adadelta: d = g + weightDecay·p; v = ρ·v + (1 − ρ)·d²; step = √(u + ε) / √(v + ε) · d; u = ρ·u + (1 − ρ)·step²;
 * p −= rate · step. Zeiler, ADADELTA: An Adaptive Learning Rate Method (2012);
 * https://pytorch.org/docs/stable/generated/torch.optim.Adadelta.html
 *
 * @throws OptionError for an option out of its range.
 * @example
 * const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
 * await model.fit({ x: [[1]], y: [[1]] }, { loss: mse(), optimizer: adadelta({ epsilon: 1, rho: 0 }) });
 * model.predict([[1]]).data // → [0.894427]
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  const { hyper, groups, defaults } = resolve("adadelta", options, {
    defaults: { learningRate: 1, rho: 0.9, epsilon: 1e-6, weightDecay: 0 },
    check({ rho, epsilon, weightDecay }, where) {
      wantNumber(`${where}: rho`, rho, 0, 1);
      wantNumber(`${where}: epsilon`, epsilon, LEAST_EPSILON * LEAST_EPSILON); // it stands under the root
      wantNumber(`${where}: weightDecay`, weightDecay, 0);
    },
  });
  const states = ["v", "u"] as const, cells = ["rate"] as const;
  return {
    optimizer: "adadelta", hyper, groups, defaults, states, cells: cells.length,
    build: inOps({ states, cells }, groups, hyper, (values, own) => {
      const rho = own.rho as number, epsilon = own.epsilon as number, d = decayed(values, own), v = blend(values.v, square(d), rho);
      const step = multiply(divide(sqrt(add(values.u, epsilon)), sqrt(add(v, epsilon))), d);
      return { parameter: subtract(values.parameter, multiply(step, values.rate)), v, u: blend(values.u, square(step), rho) };
    }),
    write(floats, at, _, rate) {
      floats[at] = rate;
    },
  };
}
