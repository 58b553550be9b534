// What a metric is: one number for each row, which the core averages, or one number over all rows.

import type { Value } from "../graph.ts";
import type { Loss, Reading } from "../losses/loss.ts";
import { multiply } from "../ops/binary.ts";
import { mean } from "../ops/reduce.ts";
import { reshape } from "../ops/shape.ts";
import { sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** What a metric may want to know beside prediction and target. */
export interface MetricContext {
  /** How the loss reads the prediction as classes. */
  reading: Reading;
  /** 1 for what counts and 0 for what the loss's ignoreIndex leaves out, as class numbers have it; undefined where all count. */
  counts?: Value | undefined;
}

/** For a metric over all rows. */
export interface AllContext extends MetricContext {
  /** How much each row counts; undefined where all count alike. */
  weight: ArrayLike<number> | undefined;
  /** The class number of what does not count. */
  ignoreIndex?: unknown;
}

/** A metric: made by accuracy(), metric() …; every loss is one too. */
export interface Metric<Name extends string = string> {
  readonly metric: Name;
  /** One number for each row, in ops. */
  readonly rows?: (prediction: Value, target: Value, context: MetricContext) => Value;
  /** What is made of their mean: a square root, say. */
  readonly finish?: (mean: number) => number;
  /** One number over all rows. */
  readonly all?: (prediction: Tensor, target: Tensor<Float32Array | Int32Array>, context: AllContext) => number;
}

export type MetricOption = "accuracy" | "mae" | "mse" | Metric | Loss;

/** Name under which a metric is reported. */
export type MetricName<M> = M extends string ? M : M extends { metric: infer N extends string } ? N : M extends { loss: infer N extends string } ? N : never;

/** Is one of a row's outputs NaN? Those of a step that was left out are, and of a model that overflows: metrics over all rows
 * leave such rows out. */
export function hasNaN(data: ArrayLike<number>, from: number, width: number): boolean {
  for (let i = from; i < from + width; i++) if (Number.isNaN(data[i])) return true;
  return false;
}

/** The mean over each row: [rows, ...] → [rows]; what does not count is 0. */
export function rowMeans(x: Value, counts?: Value): Value {
  const all = counts && sameShape(counts.shape, x.shape) ? multiply(x, counts) : x;
  return x.shape.length < 2 ? all : mean(all, x.shape.slice(1).map((_, i) => i + 1));
}

/** For outputs [rows, 1] a target [rows] is as good as [rows, 1]. */
export function alignTarget(target: Value, prediction: Value): Value {
  return target.dtype === "float32" && target.size === prediction.size && !sameShape(target.shape, prediction.shape)
    ? reshape(target, prediction.shape) : target;
}
