// The optimizers, as flat exports and as the namespace `optimizers`. Formulas and defaults are PyTorch's.

import { AdamCell, SgdCell, UpdateKind } from "../../assembly/isa.ts";
import { integerPower } from "../math.ts";
import { badOption, wantNumber } from "../options.ts";
import { type Group, type Hyper, LEAST_EPSILON, type Optimizer, type OptimizerOptions, resolve } from "./optimizer.ts";

export type { Group, Match, Optimizer, OptimizerOptions, ParameterInfo } from "./optimizer.ts";
export { adadelta, adagrad, type AdadeltaOptions, type AdagradOptions, rmsprop, type RmspropOptions } from "./adaptive.ts";
export { optimizer, type OwnOptions } from "./formula.ts";
export { lbfgs, type LbfgsOptions } from "./lbfgs.ts";
export { adamax, lion, type LionOptions, type MomentOptions, nadam, type NadamOptions, radam } from "./moments.ts";

export interface SgdOptions extends OptimizerOptions {
  /** 1e-3 by default. */
  learningRate?: number;
  /** Share of the last step that goes on; 0 by default. */
  momentum?: number;
  /** Share of the gradient that momentum leaves out; 0 by default. */
  dampening?: number;
  /** Looks ahead along the momentum; false by default. Wants momentum and no dampening. */
  nesterov?: boolean;
  /** Added to the gradient times the parameter; 0 by default. */
  weightDecay?: number;
  groups?: readonly Group<SgdOptions>[];
}

/** Stochastic gradient descent: d = g + weightDecay·p; b = momentum·b + (1 − dampening)·d (the first b is d);
 * p −= rate·b, or rate·(d + momentum·b) with nesterov. https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 *
 * @throws OptionError for an option out of its range.
 * @example
 * const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
 * await model.fit({ x: [[1]], y: [[1]] }, { loss: mse(), optimizer: sgd({ learningRate: 0.25 }) });
 * model.predict([[1]]).data // → [0.5]
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { hyper, groups, defaults } = resolve("sgd", options, {
    defaults: { learningRate: 1e-3, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 },
    check({ momentum, dampening, nesterov, weightDecay }, where) {
      wantNumber(`${where}: momentum`, momentum, 0);
      wantNumber(`${where}: dampening`, dampening, 0, 1);
      wantNumber(`${where}: weightDecay`, weightDecay, 0);
      if (nesterov && (momentum === 0 || dampening !== 0))
        throw badOption("nesterov", [momentum, dampening], "momentum above 0 and dampening 0", { of: where });
    },
  });
  const plain = [hyper, ...groups.map((group) => group.hyper)].every(({ momentum }) => momentum === 0);
  return {
    optimizer: "sgd", hyper, groups, defaults, kind: plain ? UpdateKind.Sgd : UpdateKind.Momentum,
    states: plain ? [] : ["momentum"], cells: SgdCell.SIZE,
    write(cells, at, hyper, learningRate, t) {
      const momentum = hyper.momentum as number;
      cells[at + SgdCell.RATE] = learningRate;
      cells[at + SgdCell.DECAY] = hyper.weightDecay as number;
      cells[at + SgdCell.MOMENTUM] = t === 1 ? 0 : momentum;
      cells[at + SgdCell.UNDAMPENED] = t === 1 ? 1 : 1 - (hyper.dampening as number);
      // without momentum, the step is the gradient itself
      cells[at + SgdCell.GRADIENT_SHARE] = hyper.nesterov || momentum === 0 ? 1 : 0;
      cells[at + SgdCell.BUFFER_SHARE] = hyper.nesterov ? momentum : momentum === 0 ? 0 : 1;
    },
  };
}

export interface AdamOptions extends OptimizerOptions {
  /** 1e-3 by default. */
  learningRate?: number;
  /** Memory of the mean of gradients; 0.9 by default. */
  beta1?: number;
  /** Memory of the mean of their squares; 0.999 by default. */
  beta2?: number;
  /** Added to the root of the squares; 1e-8 by default, at least 1e-16. (PyTorch takes 0 too, and gives NaN where a gradient is 0.) */
  epsilon?: number;
  /** adam: added to the gradient times the parameter, 0 by default. adamW: the share, times the rate, by which
   * parameters shrink at each step; 0.01 by default. */
  weightDecay?: number;
  /** Divides by the root of the greatest mean of squares so far; false by default. */
  amsgrad?: boolean;
  groups?: readonly Group<AdamOptions>[];
}

/** Adam: m = β1·m + (1 − β1)·g; v = β2·v + (1 − β2)·g²; p −= rate · m/(1 − β1ᵗ) / (√(v/(1 − β2ᵗ)) + ε).
 * With amsgrad the greatest v so far stands under the root. Kingma and Ba, Adam: A Method for Stochastic Optimization
 * (2015); Reddi, Kale and Kumar, On the Convergence of Adam and Beyond (2018);
 * https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
 *
 * @throws OptionError for an option out of its range.
 * @example
 * const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
 * await model.fit({ x: [[1]], y: [[1]] }, { loss: mse(), optimizer: adam({ learningRate: 0.5 }) });
 * model.predict([[1]]).data // → [0.5]
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return adamLike("adam", options, 0, false);
}

/** Adam with decoupled weight decay: p = (1 − rate·weightDecay)·p first. Loshchilov and Hutter, Decoupled Weight Decay
 * Regularization (2019); https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html
 *
 * @throws OptionError for an option out of its range.
 * @example
 * adamW().hyper.weightDecay // → 0.01
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  return adamLike("adamW", options, 0.01, true);
}

function adamLike(name: string, options: AdamOptions, weightDecay: number, decoupled: boolean): Optimizer {
  const { hyper, groups, defaults } = resolve(name, options, {
    defaults: { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay, amsgrad: false },
    check(hyper, where) {
      wantNumber(`${where}: beta1`, hyper.beta1, 0, 1, true);
      wantNumber(`${where}: beta2`, hyper.beta2, 0, 1, true);
      wantNumber(`${where}: epsilon`, hyper.epsilon, LEAST_EPSILON);
      wantNumber(`${where}: weightDecay`, hyper.weightDecay, 0);
    },
  });
  if (groups.some((group) => group.hyper.amsgrad !== hyper.amsgrad)) throw badOption("amsgrad", hyper.amsgrad, "the same for all groups", { of: name });
  return {
    optimizer: name, hyper, groups, defaults, kind: hyper.amsgrad ? UpdateKind.Amsgrad : UpdateKind.Adam,
    states: hyper.amsgrad ? ["m", "v", "greatest"] : ["m", "v"], cells: AdamCell.SIZE,
    write(cells, at, hyper: Hyper, learningRate, t) {
      const beta1 = hyper.beta1 as number, beta2 = hyper.beta2 as number, decay = hyper.weightDecay as number;
      cells[at + AdamCell.RATE] = learningRate / (1 - integerPower(beta1, t));
      cells[at + AdamCell.DECAY] = decoupled ? 0 : decay;
      cells[at + AdamCell.RATE_DECAY] = decoupled ? 1 - learningRate * decay : 1;
      cells[at + AdamCell.BETA1] = beta1;
      cells[at + AdamCell.ONE_MINUS_BETA1] = 1 - beta1;
      cells[at + AdamCell.BETA2] = beta2;
      cells[at + AdamCell.ONE_MINUS_BETA2] = 1 - beta2;
      cells[at + AdamCell.DEVIATION] = 1 / Math.sqrt(1 - integerPower(beta2, t));
      cells[at + AdamCell.EPSILON] = hyper.epsilon as number;
    },
  };
}
