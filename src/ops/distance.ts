// Losses of distances, composed: of numbers from their targets, and of vectors from each other.

import type { Value } from "../graph.ts";
import { wantSameShape } from "../op.ts";
import { abs, sqrt, square } from "./activation.ts";
import { add, divide, greater, maximum, minimum, multiply, subtract } from "./binary.ts";
import { absoluteError } from "./loss.ts";
import { power } from "./power.ts";
import { clamp } from "./rectifier.ts";
import { sum } from "./reduce.ts";
import { scale } from "./scale.ts";

/** ½d² up to |d| = bound, then bound · (|d| − ½·bound), d being p − t; all divided by `divisor`: with c = d held within the
 * bound it is c · (d − ½c) / divisor, whose derivative is c / divisor, and nothing is squared that may overflow. */
function rounded(name: string, prediction: Value, target: Value, bound: number, divisor: number): Value {
  wantSameShape(name, prediction, target);
  const d = subtract(prediction, target), c = clamp(d, -bound, bound);
  return multiply(divisor === 1 ? c : divide(c, divisor), subtract(d, scale(c, 0.5)));
}

/** ½(p − t)² where |p − t| ≤ delta, else delta · (|p − t| − ½·delta), element by element.
 * Huber, Robust Estimation of a Location Parameter (1964); https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
 *
 * @throws ShapeError if the shapes differ.
 * @example
 * const f = await compile((p, t) => huberError(p, t), [[2], [2]]);
 * f.run([[1, 2], [1.5, 5]])[0].data // → [0.125, 2.5]
 */
export function huberError(prediction: Value, target: Value, delta = 1): Value {
  return rounded("huberError", prediction, target, delta, 1);
}

/** ½(p − t)² / beta where |p − t| < beta, else |p − t| − ½·beta, element by element; |p − t| for beta = 0.
 * Girshick, Fast R-CNN (2015); https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 *
 * @throws ShapeError if the shapes differ.
 * @example
 * const f = await compile((p, t) => smoothL1Error(p, t, 2), [[2], [2]]);
 * f.run([[1, 2], [2, 5]])[0].data // → [0.25, 2]
 */
export function smoothL1Error(prediction: Value, target: Value, beta = 1): Value {
  return beta === 0 ? absoluteError(prediction, target) : rounded("smoothL1Error", prediction, target, beta, beta);
}

/** 1 − cos of the angle between vectors along the last axis: 0 where they point alike, 2 where they are opposite. 1e-12 is
 * added to each squared length, as PyTorch does. https://pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html
 *
 * @throws ShapeError if the shapes differ.
 * @example
 * const f = await compile((a, b) => cosineDistance(a, b), [[2, 2], [2, 2]]);
 * f.run([[3, 0, 1, 1], [5, 0, -1, -1]])[0].data // → [0, 2]
 */
export function cosineDistance(a: Value, b: Value): Value {
  wantSameShape("cosineDistance", a, b);
  // roots before the product: lengths up to 1e19 do not overflow
  const length = (x: Value): Value => sqrt(add(sum(square(x), -1), 1e-12));
  return subtract(1, divide(sum(multiply(a, b), -1), multiply(length(a), length(b))));
}

/** How a triplet is measured; see tripletMargin(). */
export interface TripletShape {
  margin?: number;
  power?: number;
  epsilon?: number;
  swap?: boolean;
}

/** max(0, d(a, p) − d(a, n) + margin) of vectors along the last axis, where d(x, y) = ‖x − y + epsilon‖, the norm with the
 * exponent `power`; derivative 1 at 0. With `swap`, d(p, n) stands for d(a, n) where it is less.
 * Schroff et al., FaceNet (2015); https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html
 *
 * @throws ShapeError if the shapes differ.
 * @example
 * const f = await compile((a, p, n) => tripletLoss(a, p, n, { epsilon: 0 }), [[1, 2], [1, 2], [1, 2]]);
 * f.run([[0, 0], [3, 4], [0, 2]])[0].data // → [4]
 */
export function tripletLoss(
  anchor: Value, positive: Value, negative: Value, { margin = 1, power: p = 2, epsilon = 1e-6, swap = false }: TripletShape = {},
): Value {
  wantSameShape("tripletLoss", anchor, positive);
  wantSameShape("tripletLoss", anchor, negative);
  const distance = (x: Value, y: Value): Value => {
    const d = add(subtract(x, y), epsilon), total = sum(p === 2 ? square(d) : power(abs(d), p), -1);
    // a root's slope at 0 is infinite; below 1e-37 it is taken as 0, as PyTorch takes it at 0
    return p === 1 ? total : power(maximum(total, 1e-37), 1 / p);
  };
  const far = distance(anchor, negative), further = swap ? minimum(far, distance(positive, negative)) : far;
  const excess = add(subtract(distance(anchor, positive), further), margin);
  return multiply(excess, subtract(1, greater(0, excess)));
}
