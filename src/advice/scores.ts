// What evaluate tells: figures of classes from a confusion matrix, figures of numbers from what was predicted.

import { logarithm } from "../math.ts";

export interface ClassScore {
  readonly name: string;
  /** Of the rows that were taken for it, how many are; NaN where none was. */
  readonly precision: number;
  /** Of its rows, how many were found; NaN where it has none. */
  readonly recall: number;
  readonly f1: number;
  readonly rows: number;
}

export interface ClassScores {
  readonly rows: number;
  readonly accuracy: number;
  /** Mean of −log of the right class's probability, which counts as 1e-15 at the least, as scikit-learn has it. */
  readonly logLoss: number;
  /** Means over the classes that have rows. */
  readonly macroF1: number;
  readonly classes: readonly ClassScore[];
  /** matrix[right][said] */
  readonly matrix: readonly (readonly number[])[];
}

/** Figures from the right classes, those that were said, and the probabilities of the right ones.
 * https://scikit-learn.org/stable/modules/model_evaluation.html */
export function scoreClasses(names: readonly string[], right: ArrayLike<number>, said: ArrayLike<number>, probability: ArrayLike<number>): ClassScores {
  const matrix = names.map(() => names.map(() => 0));
  let loss = 0, hits = 0;
  for (let row = 0; row < right.length; row++) {
    matrix[right[row]!]![said[row]!]!++;
    if (right[row] === said[row]) hits++;
    loss -= logarithm(Math.max(1e-15, probability[row]!));
  }
  const classes = names.map((name, i): ClassScore => {
    const found = matrix[i]![i]!, rows = matrix[i]!.reduce((a, b) => a + b, 0), taken = matrix.reduce((sum, line) => sum + line[i]!, 0);
    return { name, rows, precision: found / taken, recall: found / rows, f1: rows + taken > 0 ? (2 * found) / (rows + taken) : NaN };
  });
  const there = classes.filter(({ rows }) => rows > 0);
  return {
    rows: right.length, accuracy: hits / right.length, logLoss: loss / right.length, macroF1: there.reduce((sum, { f1 }) => sum + f1, 0) / there.length, classes, matrix,
  };
}

export interface NumberScores {
  readonly rows: number;
  /** 1 − Σ residual² / Σ (right − mean)²; NaN where all are alike. */
  readonly r2: number;
  readonly mae: number;
  readonly rmse: number;
  /** right − predicted, at these shares of the sorted residuals. */
  readonly residuals: readonly { readonly at: number; readonly value: number }[];
}

const QUANTILES = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const;

export function scoreNumbers(right: ArrayLike<number>, predicted: ArrayLike<number>): NumberScores {
  const rows = right.length, residuals = Float64Array.from({ length: rows }, (_, i) => right[i]! - predicted[i]!);
  let sum = 0, squares = 0, absolute = 0, spread = 0;
  for (let i = 0; i < rows; i++) sum += right[i]!;
  const mean = sum / rows;
  for (let i = 0; i < rows; i++) {
    squares += residuals[i]! * residuals[i]!;
    absolute += Math.abs(residuals[i]!);
    spread += (right[i]! - mean) * (right[i]! - mean);
  }
  const sorted = residuals.sort();
  return {
    rows, r2: spread > 0 ? 1 - squares / spread : NaN, mae: absolute / rows, rmse: Math.sqrt(squares / rows),
    residuals: QUANTILES.map((at) => ({ at, value: quantile(sorted, at) })),
  };
}

/** Between the two nearest in proportion (type 7 of Hyndman and Fan, 1996). */
export function quantile(sorted: ArrayLike<number>, at: number): number {
  const place = at * (sorted.length - 1), low = Math.floor(place), rest = place - low;
  return sorted[low]! + (rest ? rest * (sorted[low + 1]! - sorted[low]!) : 0);
}

/** The share of numbers beyond Tukey's outer fences: three times the quartiles' distance away from them. */
export function farOff(numbers: ArrayLike<number>): number {
  const sorted = Float64Array.from(numbers).sort(), low = quantile(sorted, 0.25), high = quantile(sorted, 0.75), fence = 3 * (high - low);
  let far = 0;
  for (const number of sorted) if (number < low - fence || number > high + fence) far++;
  return sorted.length ? far / sorted.length : 0;
}
