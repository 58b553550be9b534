// Losses of support vector machines: 0 where the answer is right by a margin.

import { DataError } from "../errors.ts";
import { badOption, wantNumber } from "../options.ts";
import { multiply } from "../ops/binary.ts";
import { hingeLoss } from "../ops/loss.ts";
import { marginLoss, squaredHingeLoss } from "../ops/margin.ts";
import { oneHot, sum } from "../ops/reduce.ts";
import { byRows, checkTargets, type Loss, type LossKind, type LossOptions, makeLoss, perOutput, wantClassWeights, wantOptions } from "./loss.ts";

const SIDES: LossKind = {
  target: "numbers", reading: "sign",
  check: /* @__PURE__ */ checkTargets("targets -1 and 1", (t) => t === 1 || t === -1, "for targets 0 and 1 use 2 * y - 1"),
};

/** max(0, 1 − t·p) for targets −1 and 1: the loss of support vector machines.
 * Cortes and Vapnik, Support-Vector Networks (Machine Learning 20, 1995)
 *
 * @throws when fitting, a DataError for targets other than −1 and 1.
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[0.5]], y: [1] }, { loss: hinge() })).loss // → 0.5
 */
export function hinge(options: LossOptions = {}): Loss<"hinge"> {
  return makeLoss("hinge", options, [], SIDES, hingeLoss);
}

/** max(0, 1 − t·p)² for targets −1 and 1: smooth at the margin, and harder than hinge on what is far on the wrong side. Lee
 * and Lin, A Study on L2-Loss (Squared Hinge-Loss) Multiclass SVM (2013)
 *
 * @throws when fitting, a DataError for targets other than −1 and 1.
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[0.5]], y: [-1] }, { loss: squaredHinge() })).loss // → 2.25
 */
export function squaredHinge(options: LossOptions = {}): Loss<"squaredHinge"> {
  return makeLoss("squaredHinge", options, [], SIDES, squaredHingeLoss);
}

export interface MultiMarginOptions extends LossOptions {
  /** 1, the default, or 2: squares. */
  power?: 1 | 2;
  /** By how much the right score has to be above each other; 1 by default. */
  margin?: number;
  /** What a row's loss is multiplied with, by its class; the mean divides by the number of rows all the same. */
  classWeights?: ArrayLike<number>;
}

/** Σ max(0, margin − x[y] + x[c])^power / classes over the classes c other than the right one y: hinge for exclusive
 * classes. The target is class numbers or one-hot rows. classify reads the scores as logits; trained so, its probabilities
 * are no more than an order. Crammer and Singer, On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines
 * (2001); https://pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html
 *
 * @throws OptionError for a power other than 1 and 2, or weights that are not one for each class; when fitting, a DataError
 * for rows that are not one-hot.
 * @example
 * const model = await createModel(flatten(), { input: [4] });
 * (await model.evaluate({ x: [[0.1, 0.2, 0.4, 0.8]], y: [3] }, { loss: multiMargin() })).loss // → 0.325
 */
export function multiMargin(options: MultiMarginOptions = {}): Loss<"multiMargin"> {
  const known = ["power", "margin", "classWeights"];
  wantOptions("multiMargin", options, known);
  const { power = 1 } = options, margin = wantNumber("margin", options.margin ?? 1);
  if (power !== 1 && power !== 2) throw badOption("power", power, "1 or 2");
  const all = { ...options, power, margin }, list = wantClassWeights(options.classWeights);
  if (list) all.classWeights = list;
  const kind: LossKind = { target: "classes", reading: "logits", check: wantOneHot };
  return makeLoss("multiMargin", all, known, kind, byRows((scores, target) => {
    const right = oneHot(target, scores.shape[1]!), losses = marginLoss(scores, right, { margin, power });
    return list ? multiply(losses, sum(multiply(right, perOutput("classWeights", list, scores)), -1)) : losses;
  }));
}

function wantOneHot(target: ArrayLike<number>, option: string, labels?: boolean): void {
  for (let position = 0; position < target.length && !labels; position++) {
    const got = target[position];
    if (got !== 0 && got !== 1) throw new DataError("bad-target", { option, position, wanted: "class numbers, or rows of 0 with one 1", got });
  }
}
