// What a loss is: a function of prediction and target that gives one number for each element or row, and what the
// host must know of it: which targets it takes, and how a prediction is read as classes.

import { DataError, GraphError } from "../errors.ts";
import { origin, type Value } from "../graph.ts";
import { badOption, checkNames, wantNumber, wantOneOf } from "../options.ts";
import { add, divide, maximum, multiply } from "../ops/binary.ts";
import { vector } from "../ops/constant.ts";
import { mean, sum } from "../ops/reduce.ts";
import { reshape } from "../ops/shape.ts";

export type Reduction = "mean" | "sum";

/** How a model that was trained with the loss tells classes: softmax of logits, probabilities that sum to 1, one logit,
 * one probability, the sign; undefined where it tells none. */
export type Reading = "logits" | "probabilities" | "logit" | "probability" | "sign" | undefined;

/** Targets: class numbers (or one-hot rows, distributions), numbers in the prediction's shape, or anything: the loss does
 * not look at them. */
export type TargetKind = "classes" | "numbers" | "any";

/** The mean of a batch's losses and what it was divided by: scalars. */
export interface WeighedMean {
  loss: Value;
  count: Value;
}

/** A loss: made by mse(), crossEntropy() … It can be called on Values, as any function that is used as a loss. */
export interface Loss<Name extends string = string> {
  (prediction: Value, target: Value): Value;
  readonly loss: Name;
  /** How it was made: plain data. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly reduction: Reduction;
  readonly target: TargetKind;
  readonly reading: Reading;
  /** Throws a DataError if a target is out of range; `labels`: they are class numbers. */
  readonly check: ((target: ArrayLike<number>, what: string, labels?: boolean) => void) | undefined;
  /** The mean over a batch with weights [rows], where rows do not count alike. */
  readonly mean: ((prediction: Value, target: Value, weight: Value | undefined) => WeighedMean) | undefined;
  /** Of class numbers of which some do not count: 1 for those that do and 0 for the others; and all, those as class 0. */
  readonly counted: ((target: Value) => { counts: Value; target: Value }) | undefined;
}

/** What the host must know of a loss. */
export interface LossKind {
  target: TargetKind;
  reading: Reading;
  check?: Loss["check"];
  mean?: Loss["mean"];
  counted?: Loss["counted"];
}

/** A function that can be a loss: one number for each row or element, or a scalar. */
export type LossFunction = (prediction: Value, target: Value) => Value;
export type LossOption = Loss | LossFunction;

export interface LossOptions {
  /** "mean" over all elements (over the rows for crossEntropy), the default, or their "sum". */
  reduction?: Reduction;
}

/** Throws for what is no record of options; before one is looked at. */
export function wantOptions(loss: string, options: object, known: readonly string[]): void {
  checkNames(loss, options, ["reduction", ...known]);
}

/** Makes a loss. */
export function makeLoss<Name extends string>(
  loss: Name, options: LossOptions | Record<string, unknown>, known: readonly string[],
  { mean, ...kind }: LossKind, f: LossFunction,
): Loss<Name> {
  wantOptions(loss, options, known);
  const reduction = options.reduction === undefined ? "mean" : wantOneOf("reduction", options.reduction, ["mean", "sum"]);
  const call: LossFunction = (prediction, target) => f(prediction, target);
  return Object.assign(call, { loss, options: { ...options, reduction }, reduction, check: undefined, counted: undefined, ...kind, mean: reduction === "mean" ? mean : undefined });
}

export function isLoss(value: unknown): value is Loss {
  return typeof value === "function" && typeof (value as Partial<Loss>).loss === "string";
}

/** A loss of rows of classes: f gets [rows, classes] with int32 [rows] or float32 [rows, classes], and gives [rows]. */
export function byRows(f: LossFunction): LossFunction {
  return (prediction, target) => {
    const { shape } = prediction, rows = reshape(prediction, [prediction.size / shape.at(-1)!, shape.at(-1)!]);
    return reshape(f(rows, reshape(target, target.dtype === "int32" ? [target.size] : rows.shape)), shape.slice(0, -1));
  };
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

/** A list of numbers of at least 0, as an option; undefined if it is. */
export function wantList(option: string, list: ArrayLike<number> | undefined): number[] | undefined {
  if (list === undefined) return undefined;
  if (!Array.isArray(list) && !ArrayBuffer.isView(list)) throw badOption(option, list, "an array of numbers");
  return Array.from(list, (weight, i) => wantNumber(`${option}[${i}]`, weight, 0));
}

/** The weights of classes: a list that is not empty; undefined if there is none. */
export function wantClassWeights(list: ArrayLike<number> | undefined): number[] | undefined {
  const weights = wantList("classWeights", list);
  if (weights?.length === 0) throw badOption("classWeights", weights, "a number for each class");
  return weights;
}

/** The numbers of an option for each of the prediction's outputs: [outputs]. */
export function perOutput(option: string, list: readonly number[], { graph, shape }: Value): Value {
  const outputs = shape.at(-1);
  if (list.length !== outputs) throw badOption(option, list, `${outputs} numbers, one for each output`);
  return vector(graph, list);
}

/** Throws where a loss is given probabilities, as softmax and sigmoid make them, instead of what it wants; or, where it wants
 * "probabilities", what certainly is none: what a parameter was added to or multiplied with, or an op that gives more than 0 to 1.
 * A graph of one's own may end in any other op. */
export function refuse(
  loss: string, prediction: Value, wanted = "logits", fix = `remove it, or use ${loss}({ from: "probabilities" })`,
): void {
  const { node: { op: { name }, layer, inputs } } = origin(prediction), any = wanted === "probabilities";
  if (any ? inputs[1]?.node.op.name === "parameter" || /^(tanh|relu|log)/.test(name) : name === "softmax" || name === "sigmoid")
    throw new GraphError(any ? "logits-as-probabilities" : "probabilities-as-logits", {
      layer, layerType: name, option: loss, wanted, got: any ? "any numbers" : "probabilities", fix,
    });
}
