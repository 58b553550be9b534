// Losses that are 0 beyond a margin, composed.

import type { Value } from "../graph.ts";
import { relu, square } from "./activation.ts";
import { add, multiply, subtract } from "./binary.ts";
import { hingeLoss } from "./loss.ts";
import { mean, oneHot, sum } from "./reduce.ts";

/** max(0, 1 − t·p)² for targets −1 and 1, element by element. Lee and Lin, A Study on L2-Loss (Squared Hinge-Loss)
 * Multiclass SVM (2013).
 *
 * @throws ShapeError if the shapes differ.
 * @example
 * const f = await compile((p, t) => squaredHingeLoss(p, t), [[2], [2]]);
 * f.run([[2, 0.5], [1, -1]])[0].data // → [0, 2.25]
 */
export function squaredHingeLoss(prediction: Value, target: Value): Value {
  return square(hingeLoss(prediction, target));
}

/** Σ max(0, margin − x[y] + x[c])^power / classes over the classes c other than the right one y, for each row of scores x
 * [rows, classes]; the target is y (int32 [rows]) or a one-hot row (float32 [rows, classes]).
 * https://pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html
 *
 * @throws ShapeError if the shapes do not fit.
 * @example
 * const f = await compile((x, t) => marginLoss(x, t), [[1, 4], [1, 4]]);
 * f.run([[0.1, 0.2, 0.4, 0.8], [0, 0, 0, 1]])[0].data // → [0.325]
 */
export function marginLoss(scores: Value, target: Value, { margin = 1, power = 1 }: { margin?: number; power?: 1 | 2 } = {}): Value {
  const right = oneHot(target, scores.shape.at(-1)!), own = sum(multiply(scores, right), -1, { keepDims: true });
  const over = multiply(relu(add(subtract(scores, own), margin)), subtract(1, right));
  return mean(power === 2 ? square(over) : over, -1);
}
