// The losses, as flat exports and as the namespace `losses`.

import { GraphError } from "../errors.ts";
import { origin, type Value } from "../graph.ts";
import { checkNames, wantOneOf } from "../options.ts";
import { log } from "../ops/activation.ts";
import { add, equal, maximum, multiply, subtract } from "../ops/binary.ts";
import * as ops from "../ops/loss.ts";
import { pick, sum } from "../ops/reduce.ts";
import { negate } from "../ops/scale.ts";
import { reshape } from "../ops/shape.ts";
import { checkTargets, type Loss, type LossOptions, makeLoss } from "./loss.ts";

export type { Loss, LossFunction, LossOption, LossOptions, Reduction } from "./loss.ts";

/** Mean squared error: (p − t)². For regression. https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 *
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[1], [2]], y: [[1], [4]] }, { loss: mse() })).loss // → 2
 */
export function mse(options: LossOptions = {}): Loss<"mse"> {
  return makeLoss("mse", { ...options }, [], { target: "numbers", reading: undefined }, ops.squaredError);
}

/** Mean absolute error: |p − t|. For regression with outliers.
 * https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
 *
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[1], [2]], y: [[1], [4]] }, { loss: mae() })).loss // → 1
 */
export function mae(options: LossOptions = {}): Loss<"mae"> {
  return makeLoss("mae", { ...options }, [], { target: "numbers", reading: undefined }, ops.absoluteError);
}

/** What a classification loss is given: logits (any numbers), or probabilities. */
export type From = "logits" | "probabilities";

export interface CrossEntropyOptions extends LossOptions {
  /** "logits", the default: the model ends without softmax. "probabilities": it ends with one. */
  from?: From;
}

/** Cross-entropy for exclusive classes: −Σ t · log p. The target is class numbers, one-hot rows or distributions.
 * https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 *
 * @throws OptionError for an unknown option; when fitting, a GraphError for logits that are softmax's output.
 * @example
 * const model = await createModel(flatten(), { input: [2] });
 * (await model.evaluate({ x: [[0, 0]], y: [1] }, { loss: crossEntropy() })).loss // → 0.6931472
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss<"crossEntropy"> {
  const from = fromOf("crossEntropy", options);
  return makeLoss("crossEntropy", { ...options, from }, ["from"], { target: "classes", reading: from }, (prediction, target) => {
    const rows = (x: Value): Value => reshape(x, [x.size / prediction.shape.at(-1)!, prediction.shape.at(-1)!]);
    const labels = target.dtype === "int32" ? reshape(target, [target.size]) : rows(target);
    let losses: Value;
    if (from === "logits") {
      refuse("crossEntropy", prediction, ["softmax", "sigmoid"]);
      losses = ops.softmaxCrossEntropy(rows(prediction), labels);
    } else {
      // what softmax was made from says the same without loss of digits
      const { node } = prediction;
      if (node.op.name === "softmax") losses = ops.softmaxCrossEntropy(rows(node.inputs[0]!), labels);
      else {
        // the logarithm at least −100, as in binaryCrossEntropy; where the target is 0, that of 1: a probability of 0 there
        // has the gradient 0, and not 0 / 0
        const p = rows(prediction), logs = (x: Value): Value => maximum(log(x), -100);
        if (target.dtype === "int32")
          losses = negate(reshape(logs(pick(reshape(p, [...p.shape, 1]), reshape(labels, [labels.size, 1]))), [labels.size]));
        else {
          const none = equal(labels, 0);
          losses = negate(sum(multiply(logs(add(multiply(p, subtract(1, none)), none)), labels), -1));
        }
      }
    }
    return reshape(losses, prediction.shape.slice(0, -1));
  });
}

/** Cross-entropy for yes or no: −t·log p − (1 − t)·log(1 − p), for each output on its own. Targets in [0, 1].
 * https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html, and BCELoss from probabilities
 *
 * @throws OptionError for an unknown option; when fitting, a GraphError for logits that are sigmoid's output.
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[0]], y: [1] }, { loss: binaryCrossEntropy() })).loss // → 0.6931472
 */
export function binaryCrossEntropy(options: CrossEntropyOptions = {}): Loss<"binaryCrossEntropy"> {
  const from = fromOf("binaryCrossEntropy", options);
  const check = checkTargets("targets from 0 to 1", (t) => t >= 0 && t <= 1);
  const reading = from === "logits" ? "logit" : "probability";
  return makeLoss("binaryCrossEntropy", { ...options, from }, ["from"], { target: "numbers", reading, check }, (prediction, target) => {
    if (from === "probabilities") return ops.probabilityCrossEntropy(prediction, target);
    refuse("binaryCrossEntropy", prediction, ["sigmoid", "softmax"]);
    return ops.logitCrossEntropy(prediction, target);
  });
}

/** max(0, 1 − t·p) for targets −1 and 1: the loss of support vector machines.
 * Cortes and Vapnik, Support-Vector Networks (Machine Learning 20, 1995)
 *
 * @throws when fitting, a DataError for targets other than −1 and 1.
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[0.5]], y: [1] }, { loss: hinge() })).loss // → 0.5
 */
export function hinge(options: LossOptions = {}): Loss<"hinge"> {
  const check = checkTargets("targets -1 and 1", (t) => t === 1 || t === -1, "for targets 0 and 1 use 2 * y - 1");
  return makeLoss("hinge", { ...options }, [], { target: "numbers", reading: "sign", check }, ops.hingeLoss);
}

function fromOf(loss: string, options: CrossEntropyOptions): From {
  checkNames(loss, options, ["reduction", "from"]);
  return options.from === undefined ? "logits" : wantOneOf("from", options.from, ["logits", "probabilities"]);
}

/** Throws where a loss that wants logits is given the output of one of these. */
function refuse(loss: string, prediction: Value, squashing: readonly string[]): void {
  const { node } = origin(prediction);
  if (!squashing.includes(node.op.name)) return;
  throw new GraphError("probabilities-as-logits", {
    layer: node.layer, layerType: node.op.name, problem: `${loss} wants logits, not probabilities`,
    fix: `remove it, or use ${loss}({ from: "probabilities" })`,
  });
}
