// What a loss is: a function of prediction and target that gives one number for each element or row, and what the
// host must know of it: which targets it takes, and how a prediction is read as classes.

import { DataError } from "../errors.ts";
import type { Value } from "../graph.ts";
import { checkNames, wantOneOf } from "../options.ts";
import { add, divide, maximum, multiply } from "../ops/binary.ts";
import { mean, sum } from "../ops/reduce.ts";

export type Reduction = "mean" | "sum";

/** How a model that was trained with the loss tells classes: softmax of logits, probabilities that sum to 1, one logit,
 * one probability, the sign; undefined where it tells none. */
export type Reading = "logits" | "probabilities" | "logit" | "probability" | "sign" | undefined;

/** Targets: class numbers (or one-hot rows, distributions), or numbers in the prediction's shape. */
export type TargetKind = "classes" | "numbers";

/** A loss: made by mse(), crossEntropy() … It can be called on Values, as any function that is used as a loss. */
export interface Loss<Name extends string = string> {
  (prediction: Value, target: Value): Value;
  readonly loss: Name;
  /** How it was made: plain data. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly reduction: Reduction;
  readonly target: TargetKind;
  readonly reading: Reading;
  /** Throws a DataError if a target is out of range. */
  readonly check: ((target: ArrayLike<number>, what: string) => void) | undefined;
}

/** A function that can be a loss: one number for each row or element, or a scalar. */
export type LossFunction = (prediction: Value, target: Value) => Value;
export type LossOption = Loss | LossFunction;

export interface LossOptions {
  /** "mean" over all elements (over the rows for crossEntropy), the default, or their "sum". */
  reduction?: Reduction;
}

/** Makes a loss. */
export function makeLoss<Name extends string>(
  loss: Name, options: LossOptions & Record<string, unknown>, known: readonly string[],
  kind: { target: TargetKind; reading: Reading; check?: Loss["check"] }, f: LossFunction,
): Loss<Name> {
  checkNames(loss, options, ["reduction", ...known]);
  const reduction = options.reduction === undefined ? "mean" : wantOneOf("reduction", options.reduction, ["mean", "sum"]);
  const call: LossFunction = (prediction, target) => f(prediction, target);
  return Object.assign(call, { loss, options: { ...options, reduction }, reduction, target: kind.target, reading: kind.reading, check: kind.check });
}

export function isLoss(value: unknown): value is Loss {
  return typeof value === "function" && typeof (value as Partial<Loss>).loss === "string";
}

/** The loss of a batch: a scalar. With weights [rows], rows count as often as their weight says: Σ w·l / Σ w. */
export function reduceLoss(perElement: Value, reduction: Reduction, weight: Value | undefined): Value {
  if (perElement.shape.length === 0) return perElement;
  const inner = perElement.shape.slice(1).map((_, i) => i + 1);
  if (!weight) return reduction === "sum" ? sum(perElement) : mean(perElement);
  const rows = inner.length === 0 ? perElement : reduction === "sum" ? sum(perElement, inner) : mean(perElement, inner);
  const total = sum(multiply(rows, weight));
  // rows of weight 0 only: no loss, rather than 0 / 0
  return reduction === "sum" ? total : divide(total, maximum(sum(weight), 1e-30));
}

/** The sum of several losses, each times its weight. */
export function joinLosses(losses: readonly { value: Value; weight: number }[]): Value {
  return losses.map(({ value, weight }) => multiply(value, weight)).reduce((a, b) => add(a, b));
}

/** For Loss.check: throws at the first target for which `good` is false. */
export function checkTargets(wanted: string, good: (value: number) => boolean, fix?: string) {
  return (target: ArrayLike<number>, option: string): void => {
    for (let i = 0; i < target.length; i++)
      if (!good(target[i]!)) throw new DataError("bad-target", { option, position: i, wanted, got: target[i], fix });
  };
}
