// Losses of vectors that should be alike, or unlike.

import type { Value } from "../graph.ts";
import { misfit } from "../op.ts";
import { wantBoolean, wantNumber, wantPositive } from "../options.ts";
import { cosineDistance, tripletLoss } from "../ops/distance.ts";
import { slice } from "../ops/shape.ts";
import { type Loss, type LossOptions, makeLoss, wantOptions } from "./loss.ts";

/** 1 − cos of the angle between prediction and target, along the last axis: for embeddings that should point where given
 * ones do, whatever their length. It is PyTorch's CosineEmbeddingLoss for pairs that belong together.
 * https://pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html
 *
 * @throws OptionError for an unknown option.
 * @example
 * const model = await createModel(flatten(), { input: [2] });
 * (await model.evaluate({ x: [[3, 0], [1, 0]], y: [[5, 0], [0, 2]] }, { loss: cosineSimilarity() })).loss // → 0.5
 */
export function cosineSimilarity(options: LossOptions = {}): Loss<"cosineSimilarity"> {
  return makeLoss("cosineSimilarity", options, [], { target: "numbers", reading: undefined }, (prediction, target) =>
    cosineDistance(wantRows("cosineSimilarity", prediction), target));
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
    const third = wantRows("tripletMargin", prediction).shape.at(-1)! / 3;
    if (!Number.isInteger(third)) throw misfit("tripletMargin", prediction, "rows [anchor | positive | negative], three of one length", prediction.shape);
    const [anchor, positive, negative] = [0, 1, 2].map((i) => slice(prediction, -1, i * third, (i + 1) * third)) as [Value, Value, Value];
    return tripletLoss(anchor, positive, negative, shape);
  });
}

/** Throws for an output that is one number a row: [rows] has no last axis beside the rows. */
function wantRows(loss: string, prediction: Value): Value {
  if (prediction.shape.length < 2) throw misfit(loss, prediction, "an output of several numbers for each row", prediction.shape);
  return prediction;
}
