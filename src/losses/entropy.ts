// Losses of probabilities: cross-entropy and its relatives.

import { DataError } from "../errors.ts";
import type { Value } from "../graph.ts";
import { badOption, wantBoolean, wantNumber, wantOneOf } from "../options.ts";
import { exp, log } from "../ops/activation.ts";
import { add, divide, equal, greater, maximum, multiply, subtract } from "../ops/binary.ts";
import { constant } from "../ops/constant.ts";
import { toFloat, toInt } from "../ops/convert.ts";
import { divergence, logitFocalLoss, softmaxFocalLoss } from "../ops/entropy.ts";
import * as ops from "../ops/loss.ts";
import { oneHot, pick, sum } from "../ops/reduce.ts";
import { negate, scale } from "../ops/scale.ts";
import { reshape } from "../ops/shape.ts";
import {
  byRows, checkTargets, type Loss, type LossFunction, type LossKind, type LossOptions, makeLoss, perOutput, type Reading, reduceLoss,
  type Reduction, refuse, wantClassWeights, wantList, wantOptions,
} from "./loss.ts";

/** What a classification loss is given: logits (any numbers), or probabilities. */
export type From = "logits" | "probabilities";

/** Options of losses for exclusive classes. */
export interface ClassOptions extends LossOptions {
  /** How much each class counts: a number of at least 0 for each. A row's loss is multiplied with the weight of its class, and
   * the mean over class numbers divides by the sum of these weights; that over distributions (and one-hot rows) by the number
   * of rows, as in PyTorch. Row weights multiply them. As a metric, the loss is averaged over all rows. */
  classWeights?: ArrayLike<number>;
  /** Rows with this class number, which need not be a class, do not count, in metrics neither; PyTorch's default is -100, here none. */
  ignoreIndex?: number;
}

export interface CrossEntropyOptions extends ClassOptions {
  /** "logits", the default: the model ends without softmax. "probabilities": it ends with one. */
  from?: From;
  /** The share of each target that is spread evenly over all classes: from 0, the default, to below 1. */
  labelSmoothing?: number;
}

/** Cross-entropy for exclusive classes: −Σ t · log p. The target is class numbers, one-hot rows or distributions; with
 * `labelSmoothing` ε it is (1 − ε) · t + ε / classes, and `classWeights` w make it −Σ w · t · log p. Logarithms of
 * probabilities are at least −100. https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 *
 * @throws OptionError for an unknown option or one out of its range; when fitting, an OptionError for weights that are not
 * one for each class, a GraphError for logits that are softmax's output or probabilities that are certainly none (such as those of
 * a model that ends with dense), and a DataError if every row is to be ignored.
 * @example
 * const model = await createModel(flatten(), { input: [2] });
 * (await model.evaluate({ x: [[0, 0]], y: [1] }, { loss: crossEntropy() })).loss // → 0.6931472
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss<"crossEntropy"> {
  const known = ["from", "labelSmoothing", "classWeights", "ignoreIndex"], from = fromOf("crossEntropy", options, known), { labelSmoothing } = options;
  if (labelSmoothing !== undefined) wantNumber("labelSmoothing", labelSmoothing, 0, 1, true);
  return ofClasses("crossEntropy", { ...options, from }, known, from, (prediction) => {
    if (from === "logits") {
      refuse("crossEntropy", prediction);
      return ops.softmaxCrossEntropy;
    }
    refuse("crossEntropy", prediction, from, "end the model with softmax, or leave `from` out");
    const { node } = prediction;
    // what softmax was made from says the same without loss of digits
    if (node.op.name === "softmax") return (rows, target) => ops.softmaxCrossEntropy(reshape(node.inputs[0]!, rows.shape), target);
    // logarithms at least −100, as in binaryCrossEntropy: below e^−100, and where the target is 0, that of 1 is taken, whose
    // gradient is 0, and not 0 / 0; what is negative stays, and becomes NaN
    const logs = (p: Value, none?: Value): Value => {
      const low = subtract(greater(3.75e-44, p), greater(0, p)), skipped = none ? maximum(low, none) : low;
      return add(log(add(multiply(p, subtract(1, skipped)), skipped)), scale(low, -100));
    };
    return (p, target) => negate(target.dtype === "int32" ? logs(chosen(p, target)) : sum(multiply(logs(p, equal(target, 0)), target), -1));
  });
}

/** Negative log-likelihood for exclusive classes: −Σ t · x, x being logarithms of probabilities. The model ends with
 * logSoftmax; crossEntropy() wants none and says the same. The target is class numbers, one-hot rows or distributions.
 * https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
 *
 * @throws as crossEntropy; when fitting, a GraphError for probabilities instead of their logarithms.
 * @example
 * const model = await createModel(logSoftmax(), { input: [2] });
 * (await model.evaluate({ x: [[0, 0]], y: [1] }, { loss: nll() })).loss // → 0.6931472
 */
export function nll(options: ClassOptions = {}): Loss<"nll"> {
  const known = ["classWeights", "ignoreIndex"];
  wantOptions("nll", options, known);
  return ofClasses("nll", { ...options }, known, "logits", (prediction) => {
    wantLogarithms("nll", prediction);
    return (x, target) => negate(target.dtype === "int32" ? chosen(x, target) : sum(multiply(x, target), -1));
  });
}

/** x [rows, classes] at the labels [rows]. */
function chosen(x: Value, labels: Value): Value {
  return reshape(pick(reshape(x, [...x.shape, 1]), reshape(labels, [labels.size, 1])), labels.shape);
}

/** A loss for exclusive classes with classWeights, ignoreIndex and labelSmoothing; `of` gives its function of rows, as byRows
 * takes it. */
function ofClasses<Name extends string>(
  name: Name, options: CrossEntropyOptions & Record<string, unknown>, known: readonly string[], reading: Reading,
  of: (prediction: Value) => LossFunction,
): Loss<Name> {
  const { ignoreIndex, labelSmoothing: smoothing = 0 } = options, list = wantClassWeights(options.classWeights);
  if (list) options.classWeights = list;
  // labels are compared as float32
  if (ignoreIndex !== undefined && !(Number.isInteger(ignoreIndex) && Math.abs(ignoreIndex) <= 16777216))
    throw badOption("ignoreIndex", ignoreIndex, "a whole number from -16777216 to 16777216");

  /** 1 for each label that counts, 0 for the others; undefined where all do. */
  const counted = (labels: Value): Value | undefined =>
    ignoreIndex === undefined ? undefined : subtract(1, equal(toFloat(labels), ignoreIndex));
  /** Class numbers all of them: what is ignored may be none. */
  const valid = (labels: Value): Value => {
    const count = counted(labels);
    return count ? toInt(multiply(toFloat(labels), count)) : labels;
  };
  /** Of each row [rows, classes] of class numbers: the weight of its class, or 0. */
  const weights = (rows: Value, labels: Value): Value | undefined => {
    const count = counted(labels);
    if (!list) return count;
    const weight = sum(multiply(oneHot(labels, rows.shape[1]!), perOutput("classWeights", list, rows)), -1);
    return count ? multiply(weight, count) : weight;
  };
  const f: LossFunction = (prediction, given) => byRows((rows, target) => {
    const loss = of(prediction), labels = target.dtype === "int32", count = labels ? counted(target) : undefined;
    const right = labels ? valid(target) : target;
    if (labels && !smoothing) {
      const weight = weights(rows, target), losses = loss(rows, right);
      return weight ? multiply(losses, weight) : losses;
    }
    const hot = oneHot(right, rows.shape[1]!);
    const smooth = smoothing ? add(scale(hot, 1 - smoothing), smoothing / rows.shape[1]!) : hot;
    const losses = loss(rows, list ? multiply(smooth, perOutput("classWeights", list, rows)) : smooth);
    return count ? multiply(losses, count) : losses;
  })(prediction, given);

  const kind: LossKind = { target: "classes", reading };
  if (ignoreIndex !== undefined) kind.counted = (target) => ({ counts: counted(target)!, target: valid(target) });
  if (ignoreIndex !== undefined) kind.check = (target, option, labels) => {
    if (!labels) throw new DataError("bad-target", { option, wanted: "class numbers, as there is ignoreIndex", got: "rows of probabilities" });
    if (Array.prototype.every.call(target, (label) => label === ignoreIndex))
      throw new DataError("all-ignored", { option, wanted: `class numbers other than ignoreIndex ${ignoreIndex}`, got: target });
  };
  if (list || ignoreIndex !== undefined) kind.mean = (prediction, target, weight) => {
    const losses = f(prediction, target), total = reduceLoss(losses, "sum", weight);
    const counts = target.dtype === "int32" ? byRows((rows, labels) => weights(rows, labels)!)(prediction, target) : undefined;
    const count = reduceLoss(counts ?? constant(losses.graph, 1, losses.shape), "sum", weight);
    // a batch of rows that do not count: no loss, rather than x / 0
    return { loss: divide(multiply(total, greater(count, 0)), maximum(count, 1e-30)), count };
  };
  return makeLoss(name, options, known, kind, f);
}

export interface BinaryCrossEntropyOptions extends LossOptions {
  /** "logits", the default: the model ends without sigmoid. "probabilities": it ends with one. */
  from?: From;
  /** What the losses of targets of 1 are multiplied with: one number, or one for each output; at least 0, 1 by default. */
  posWeight?: number | ArrayLike<number>;
}

/** Cross-entropy for yes or no: −w·t·log p − (1 − t)·log(1 − p), for each output on its own; w is `posWeight`. Targets in
 * [0, 1]. Logarithms of probabilities are at least −100.
 * https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html, and BCELoss from probabilities
 *
 * @throws OptionError for an unknown option or one out of its range; when fitting, a GraphError for logits that are
 * sigmoid's output or probabilities that are certainly none, and a DataError for targets outside [0, 1].
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[0]], y: [1] }, { loss: binaryCrossEntropy() })).loss // → 0.6931472
 */
export function binaryCrossEntropy(options: BinaryCrossEntropyOptions = {}): Loss<"binaryCrossEntropy"> {
  const known = ["from", "posWeight"], from = fromOf("binaryCrossEntropy", options, known), { posWeight: given } = options;
  const posWeight = typeof given === "number" ? wantNumber("posWeight", given, 0) : wantList("posWeight", given);
  const all = { ...options, from, ...(posWeight !== undefined && { posWeight }) };
  const check = checkTargets("targets from 0 to 1", (t) => t >= 0 && t <= 1);
  const reading = from === "logits" ? "logit" : "probability";
  return makeLoss("binaryCrossEntropy", all, known, { target: "numbers", reading, check }, (prediction, target) => {
    if (from === "logits") refuse("binaryCrossEntropy", prediction);
    else refuse("binaryCrossEntropy", prediction, from, "end the model with sigmoid, or leave `from` out");
    const loss = from === "logits" ? ops.logitCrossEntropy : ops.probabilityCrossEntropy;
    if (posWeight === undefined) return loss(prediction, target);
    // each side on its own: nothing is lost in a difference
    const side = (t: number): Value => loss(prediction, constant(prediction.graph, t, prediction.shape));
    const weight = typeof posWeight === "number" ? posWeight : perOutput("posWeight", posWeight, prediction);
    return add(multiply(multiply(target, weight), side(1)), multiply(subtract(1, target), side(0)));
  });
}

function fromOf(loss: string, options: { from?: From }, known: readonly string[]): From {
  wantOptions(loss, options, known);
  return options.from === undefined ? "logits" : wantOneOf("from", options.from, ["logits", "probabilities"]);
}

export interface KlDivergenceOptions extends Omit<LossOptions, "reduction"> {
  /** "mean" over all elements, the default, as in PyTorch; "batchMean": over the rows, as the formula has it; or their "sum". */
  reduction?: Reduction | "batchMean";
  /** The targets are logarithms of probabilities too; false by default. */
  logTarget?: boolean;
}

/** Kullback-Leibler divergence: t · (log t − x), x being logarithms of probabilities, as logSoftmax gives them. The target is
 * distributions (or class numbers). Note that the "mean" is over rows × classes. Kullback and Leibler, On Information and
 * Sufficiency (1951); https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
 *
 * @throws OptionError for an unknown option; when fitting, a GraphError for probabilities instead of their logarithms, and a
 * DataError for targets that do not sum to 1.
 * @example
 * const model = await createModel(logSoftmax(), { input: [2] });
 * (await model.evaluate({ x: [[0, 0]], y: [[0, 1]] }, { loss: klDivergence() })).loss // → 0.3465736
 */
export function klDivergence(options: KlDivergenceOptions = {}): Loss<"klDivergence"> {
  const known = ["logTarget"];
  wantOptions("klDivergence", options, known);
  const { reduction, logTarget = false } = options, batch = reduction === "batchMean";
  const kind: LossKind = wantBoolean("logTarget", logTarget)
    ? { target: "numbers", reading: "logits", check: checkTargets("logarithms of probabilities, not above 0", (t) => t <= 1e-3) }
    : { target: "classes", reading: "logits" };
  const all = { ...options, logTarget, reduction: batch ? ("mean" as const) : reduction };
  const loss = makeLoss("klDivergence", all, known, kind, (x, target) => {
    wantLogarithms("klDivergence", x);
    const t = target.dtype === "int32" ? reshape(oneHot(target, x.shape.at(-1)!), x.shape) : target;
    const parts = logTarget ? multiply(exp(t), subtract(t, x)) : divergence(x, t);
    return batch ? sum(parts, -1) : parts;
  });
  return batch ? Object.assign(loss, { options: { ...loss.options, reduction } }) : loss;
}

/** Throws for what is certainly no logarithm. */
function wantLogarithms(loss: string, prediction: Value): void {
  refuse(loss, prediction, "logarithms of probabilities", "end the model with logSoftmax instead");
}

export interface FocalOptions extends LossOptions {
  /** "sigmoid", the default: each output is a question of its own. "softmax": the classes are exclusive. */
  variant?: "sigmoid" | "softmax";
  /** How much less counts what is easy: at least 0, 2 by default. */
  gamma?: number;
  /** "sigmoid": the share that targets of 1 have, from 0 to 1; 0.25 by default, and -1 for none. "softmax": a number for each
   * class, which a row's loss is multiplied with; none by default. */
  alpha?: number | ArrayLike<number>;
}

/** Cross-entropy that counts what is easy less: −α · (1 − q)^γ · log q, q being the probability of what is right. For rare
 * objects among many. From logits; targets are 0 and 1 for "sigmoid", class numbers, one-hot rows or distributions for
 * "softmax" (the sum over the classes, each times its share). The mean is over elements, over rows for "softmax". Lin et al.,
 * Focal Loss for Dense Object Detection (2017), as torchvision.ops.sigmoid_focal_loss has it (whose default is no reduction);
 * https://pytorch.org/vision/stable/generated/torchvision.ops.sigmoid_focal_loss.html
 *
 * @throws OptionError for an unknown option or one out of its range; when fitting, a GraphError for probabilities, and a
 * DataError for targets that do not fit.
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[0]], y: [1] }, { loss: focal() })).loss // → 0.0433217
 */
export function focal(options: FocalOptions = {}): Loss<"focal"> {
  const known = ["variant", "gamma", "alpha"];
  wantOptions("focal", options, known);
  const variant = wantOneOf("variant", options.variant ?? "sigmoid", ["sigmoid", "softmax"]), gamma = wantNumber("gamma", options.gamma ?? 2, 0);
  const all = { ...options, variant, gamma }, logits = (prediction: Value): Value => {
    refuse("focal", prediction, "logits", "remove it");
    return prediction;
  };
  if (variant === "softmax") {
    const list = wantList("alpha", options.alpha as ArrayLike<number> | undefined);
    if (list) all.alpha = list;
    return makeLoss("focal", all, known, { target: "classes", reading: "logits" }, byRows((rows, target) => {
      const t = oneHot(target, rows.shape[1]!);
      return softmaxFocalLoss(logits(rows), list ? multiply(t, perOutput("alpha", list, rows)) : t, { gamma });
    }));
  }
  const alpha = all.alpha = options.alpha === -1 ? -1 : wantNumber("alpha", options.alpha ?? 0.25, 0, 1);
  const check = checkTargets("targets 0 and 1", (t) => t === 0 || t === 1);
  return makeLoss("focal", all, known, { target: "numbers", reading: "logit", check }, (x, t) => logitFocalLoss(logits(x), t, { gamma, alpha }));
}
