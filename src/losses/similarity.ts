// Losses of vectors that should be alike, or unlike.

import type { Value } from "../graph.ts";
import { misfit } from "../op.ts";
import { badOption, wantBoolean, wantNumber, wantPositive } from "../options.ts";
import { add, greater, maximum, multiply, subtract } from "../ops/binary.ts";
import { toFloat } from "../ops/convert.ts";
import { cosineDistance, tripletLoss } from "../ops/distance.ts";
import { reshape, slice } from "../ops/shape.ts";
import { checkTargets, type Loss, type LossKind, type LossOptions, makeLoss, wantOptions } from "./loss.ts";

export interface CosineSimilarityOptions extends LossOptions {
  /** The prediction's rows are both vectors, one after the other on the last axis, and a target is 1 for two that belong
   * together or -1 for two that do not; false by default. */
  pairs?: boolean;
  /** For pairs: the cosine up to which those that do not belong together cost nothing, from -1 to 1; 0 by default. */
  margin?: number;
}

/** 1 − p·t / (‖p‖·‖t‖), which is 1 − cos of the angle between prediction and target, along the last axis: for embeddings
 * that should point where given ones do, whatever their length. With `pairs`, what two towers give is held against each other,
 * as `concat([tower(a), tower(b)])` makes it: 1 − cos for the target 1, max(0, cos − margin) for −1; all of PyTorch's
 * CosineEmbeddingLoss. https://pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html
 *
 * @throws OptionError for an unknown option or one out of its range; when fitting pairs, a DataError for targets other than −1
 * and 1, and a ShapeError for rows that are not two of one length.
 * @example
 * const model = await createModel(flatten(), { input: [2] });
 * (await model.evaluate({ x: [[3, 0], [1, 0]], y: [[5, 0], [0, 2]] }, { loss: cosineSimilarity() })).loss // → 0.5
 */
export function cosineSimilarity(options: CosineSimilarityOptions = {}): Loss<"cosineSimilarity"> {
  const known = ["pairs", "margin"];
  wantOptions("cosineSimilarity", options, known);
  const pairs = wantBoolean("pairs", options.pairs ?? false), margin = wantNumber("margin", options.margin ?? 0, -1, 1);
  if (!pairs) {
    if (margin) throw badOption("margin", margin, "0, or pairs: true");
    return makeLoss("cosineSimilarity", options, known, { target: "numbers", reading: undefined }, (prediction, target) =>
      cosineDistance(wantRows("cosineSimilarity", prediction), target));
  }
  const kind: LossKind = { target: "any", reading: undefined, check: checkTargets("targets 1 and -1", (t) => t === 1 || t === -1) };
  return makeLoss("cosineSimilarity", { ...options, pairs, margin }, known, kind, (prediction, target) => {
    const [a, b] = parts("cosineSimilarity", prediction, ["one", "other"]) as [Value, Value], distance = cosineDistance(a, b);
    if (target.size !== distance.size) throw misfit("cosineSimilarity", prediction, "one target for each pair", [distance.shape, target.shape]);
    const alike = greater(reshape(toFloat(target), distance.shape), 0), excess = subtract(1 - margin, distance);
    return add(multiply(alike, distance), multiply(subtract(1, alike), maximum(excess, 0)));
  });
}

export interface TripletMarginOptions extends LossOptions {
  /** By how much the negative has to be farther off than the positive; 1 by default. */
  margin?: number;
  /** The norm's exponent, at least 1; 2 by default. */
  power?: number;
  /** Added to each difference; 1e-6 by default. */
  epsilon?: number;
  /** Take the positive's distance from the negative where it is less than the anchor's; false by default. */
  swap?: boolean;
}

/** max(0, ‖a − p‖ − ‖a − n‖ + margin): an anchor a should be nearer to its positive p than to a negative n. The prediction's
 * rows are all three, one after the other on the last axis: [anchor | positive | negative], as
 * `concat([tower(anchor), tower(positive), tower(negative)])` makes them. There is nothing to compare them with: y is any
 * number for each row, such as 0. Schroff et al., FaceNet: A Unified Embedding for Face Recognition and Clustering (2015);
 * https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html
 *
 * @throws OptionError for a power below 1, a negative epsilon or an unknown option; when fitting, a ShapeError for rows that
 * are not three of one length.
 * @example
 * const model = await createModel(flatten(), { input: [6] });
 * (await model.evaluate({ x: [[0, 0, 3, 4, 0, 2]], y: [0] }, { loss: tripletMargin({ epsilon: 0 }) })).loss // → 4
 */
export function tripletMargin(options: TripletMarginOptions = {}): Loss<"tripletMargin"> {
  const known = ["margin", "power", "epsilon", "swap"];
  wantOptions("tripletMargin", options, known);
  const shape = {
    margin: wantPositive("margin", options.margin ?? 1), power: wantNumber("power", options.power ?? 2, 1),
    epsilon: wantNumber("epsilon", options.epsilon ?? 1e-6, 0), swap: wantBoolean("swap", options.swap ?? false),
  };
  return makeLoss("tripletMargin", { ...options, ...shape }, known, { target: "any", reading: undefined }, (prediction) => {
    const [anchor, positive, negative] = parts("tripletMargin", prediction, ["anchor", "positive", "negative"]) as [Value, Value, Value];
    return tripletLoss(anchor, positive, negative, shape);
  });
}

/** The vectors that stand one after the other on the last axis. */
function parts(loss: string, prediction: Value, names: readonly string[]): Value[] {
  const length = wantRows(loss, prediction).shape.at(-1)! / names.length;
  if (!Number.isInteger(length)) throw misfit(loss, prediction, `rows [${names.join(" | ")}], all of one length`, prediction.shape);
  return names.map((_, i) => slice(prediction, -1, i * length, (i + 1) * length));
}

/** Throws for an output that is one number a row: [rows] has no last axis beside the rows. */
function wantRows(loss: string, prediction: Value): Value {
  if (prediction.shape.length < 2) throw misfit(loss, prediction, "an output of several numbers for each row", prediction.shape);
  return prediction;
}
