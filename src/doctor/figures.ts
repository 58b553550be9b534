// What a doctor reads in data: scales, classes, rows that come twice, and the loss of a model that knows nothing.

import { type Column, type Columns, WEIGHT } from "../data/columns.ts";
import { isLoss } from "../losses/loss.ts";
import { bits } from "../program.ts";
import { sizeOf } from "../shape.ts";
import { type Objective, targetName } from "../train/objective.ts";

/** The input feature with the greatest distance from 0, and the greatest deviation of any. */
export function scaleOf({ data, shape }: Column): { position: number; mean: number; deviation: number; largest: number } {
  const width = sizeOf(shape), rows = data.length / width, worst = { position: 0, mean: 0, deviation: 0, largest: 0 };
  let size = -1;
  for (let position = 0; position < width; position++) {
    let sum = 0, squares = 0;
    for (let i = position; i < data.length; i += width) {
      sum += data[i]!;
      squares += data[i]! * data[i]!;
      worst.largest = Math.max(worst.largest, Math.abs(data[i]!));
    }
    const mean = sum / rows, deviation = Math.sqrt(Math.max(0, squares / rows - mean * mean));
    if (squares > size) Object.assign(worst, { position, mean, deviation });
    size = Math.max(size, squares);
  }
  return worst;
}

/** The mean magnitude of a column's numbers. */
export function magnitudeOf({ data }: Column): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += Math.abs(data[i]!);
  return sum / data.length;
}

/** A feature further than this from 0, in units of its own, is not scaled; a feature smaller than its inverse neither. */
const LARGE = 10, SMALL = 1e-3;

/** Is a column of numbers far from about 1? What scaleOf says, or undefined. */
export function unscaled(column: Column): ReturnType<typeof scaleOf> | undefined {
  if (column.dtype === "int32") return undefined;
  const scale = scaleOf(column), { mean, deviation, largest } = scale;
  return Math.abs(mean) > LARGE || deviation > LARGE || (largest > 0 && largest < SMALL) ? scale : undefined;
}

/** Rows of each class; undefined where the targets tell none. */
export function classCounts(column: Column, classes: number, wantsClasses: boolean, binary: boolean): number[] | undefined {
  const { data, dtype, shape } = column, width = sizeOf(shape);
  if (wantsClasses && dtype === "int32") {
    const counts = new Array<number>(classes).fill(0);
    for (let i = 0; i < data.length; i++) if (data[i]! in counts) counts[data[i]!]!++; // what is ignored may be no class
    return counts;
  }
  if (binary && width === 1) {
    const counts = [0, 0];
    for (let i = 0; i < data.length; i++) counts[data[i]! > 0.5 ? 1 : 0]!++;
    return counts;
  }
  if (width < 2 || !isOneHot(column)) return undefined;
  const counts = new Array<number>(width).fill(0);
  for (let i = 0; i < data.length; i++) counts[i % width]! += data[i]!;
  return counts;
}

/** Is every row 0 but for a single 1? */
export function isOneHot({ data, shape }: Column): boolean {
  const width = sizeOf(shape);
  for (let i = 0; i < data.length; i += width) {
    let ones = 0;
    for (let k = 0; k < width; k++) {
      if (data[i + k] !== 0 && data[i + k] !== 1) return false;
      ones += data[i + k]!;
    }
    if (ones !== 1) return false;
  }
  return true;
}

export function rangeOf({ data }: Column): { minimum: number; maximum: number } {
  let minimum = Infinity, maximum = -Infinity;
  for (let i = 0; i < data.length; i++) {
    minimum = Math.min(minimum, data[i]!);
    maximum = Math.max(maximum, data[i]!);
  }
  return { minimum, maximum };
}

/** Row numbers of `other` that have the numbers of a row of `columns` in every column. */
export function sharedRows(columns: readonly Column[], other: readonly Column[]): number[] {
  const rows = (list: readonly Column[]): number => list[0]!.data.length / sizeOf(list[0]!.shape);
  const known = new Map<number, number[]>();
  for (let row = 0; row < rows(columns); row++) {
    const key = hashRow(columns, row), same = known.get(key);
    if (same) same.push(row);
    else known.set(key, [row]);
  }
  return Array.from({ length: rows(other) }, (_, row) => row).filter((row) =>
    known.get(hashRow(other, row))?.some((mine) => columns.every((column, c) => sameRow(column, mine, other[c]!, row))));
}

/** Rows that come more than once. */
export function repeatedRows(columns: readonly Column[]): number {
  const seen = new Map<number, number[]>(), rows = columns[0]!.data.length / sizeOf(columns[0]!.shape);
  let repeated = 0;
  for (let row = 0; row < rows; row++) {
    const key = hashRow(columns, row), same = seen.get(key) ?? [];
    if (same.some((mine) => columns.every((column) => sameRow(column, mine, column, row)))) repeated++;
    else seen.set(key, [...same, row]);
  }
  return repeated;
}

function hashRow(columns: readonly Column[], row: number): number {
  let hash = 0x811c9dc5;
  for (const { data, shape } of columns) {
    const width = sizeOf(shape);
    for (let i = row * width; i < (row + 1) * width; i++) {
      const word = bits(data[i]! + 0); // −0 is 0
      hash = Math.imul(hash ^ word ^ (word >>> 15), 0x01000193);
    }
  }
  return hash;
}

function sameRow(a: Column, i: number, b: Column, k: number): boolean {
  const width = sizeOf(a.shape);
  for (let at = 0; at < width; at++) if (Math.fround(a.data[i * width + at]!) !== Math.fround(b.data[k * width + at]!)) return false;
  return true;
}

/** The loss of the best constant prediction, where the loss is one whose constant is known: what a model that has learnt
 * nothing reaches. Rows count by their weights. */
export function baselineOf(objective: Objective, { columns }: Pick<Columns, "columns">, classesOf: (output: string) => number): number | undefined {
  const [{ loss, output, weight }, ...more] = objective as [Objective[number]], { data, dtype, shape } = columns.find(({ name }) => name === targetName(output))!;
  if (more.length || !isLoss(loss) || loss.reduction !== "mean") return undefined;
  const labels = loss.target === "classes" && dtype === "int32", width = labels ? classesOf(output) : sizeOf(shape), rows = data.length / sizeOf(shape);
  const of = columns.find(({ name }) => name === WEIGHT)?.data, counts = Array.from({ length: rows }, (_, row) => of?.[row] ?? 1), total = counts.reduce((a, b) => a + b, 0);
  const at = (row: number, k: number): number => (labels ? Number(data[row] === k) : data[row * width + k]!);
  /** The weighted mean of a function of an output's targets. */
  const mean = (k: number, f = (target: number): number => target): number => counts.reduce((sum, count, row) => sum + count * f(at(row, k)), 0) / total;
  const outputs = Array.from({ length: width }, (_, k) => k), all = (f: (k: number) => number): number => weight * outputs.reduce((sum, k) => sum + f(k), 0);
  const given = (list: unknown, k: number): number => (typeof list === "number" ? list : (list as ArrayLike<number> | undefined)?.[k] ?? 1);
  if (loss.loss === "mse") return all((k) => Math.max(0, mean(k, (y) => y * y) - mean(k) * mean(k))) / width;
  if (loss.loss === "mae")
    return all((k) => {
      const sorted = counts.map((_, row) => at(row, k)).sort((a, b) => a - b), middle = sorted[rows >> 1]!;
      return mean(k, (y) => Math.abs(y - middle));
    }) / width;
  if (loss.loss === "binaryCrossEntropy")
    return all((k) => {
      const ones = given(loss.options.posWeight, k) * mean(k), zeros = 1 - mean(k);
      return entropy(ones, ones + zeros) + entropy(zeros, ones + zeros);
    }) / width;
  if (loss.loss !== "crossEntropy") return undefined;
  const shares = outputs.map((k) => given(loss.options.classWeights, k) * mean(k)), sum = shares.reduce((a, b) => a + b, 0);
  return all((k) => entropy(shares[k]!, sum)) / (labels ? sum : 1);
}

function entropy(part: number, all: number): number {
  return part > 0 ? -part * logarithm(part / all) : 0;
}

/** log x for x in (0, 1], good to 1e-9: halves are taken off, the rest is 2·artanh((x − 1) / (x + 1)). */
export function logarithm(x: number): number {
  let halves = 0;
  for (; x < 0.75; x *= 2) halves++;
  const z = (x - 1) / (x + 1);
  let term = z, sum = 0;
  for (let n = 1; n < 20; n += 2, term *= z * z) sum += term / n;
  return 2 * sum - halves * Math.LN2;
}
