// What a doctor reads in data: scales, classes, rows that come twice, and the loss of a model that knows nothing.

import type { Column, Columns } from "../data/columns.ts";
import { isLoss } from "../losses/loss.ts";
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
    for (let i = 0; i < data.length; i++) counts[data[i]!]!++;
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

const float = /* @__PURE__ */ new Float32Array(1);
const word = /* @__PURE__ */ new Int32Array(float.buffer);

function hashRow(columns: readonly Column[], row: number): number {
  let hash = 0x811c9dc5;
  for (const { data, shape } of columns) {
    const width = sizeOf(shape);
    for (let i = row * width; i < (row + 1) * width; i++) {
      float[0] = data[i]! + 0; // −0 is 0
      hash = Math.imul(hash ^ word[0]! ^ (word[0]! >>> 15), 0x01000193);
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
 * nothing reaches. */
export function baselineOf(objective: Objective, { columns }: Pick<Columns, "columns">, classesOf: (output: string) => number): number | undefined {
  if (objective.length !== 1) return undefined;
  const { loss, output, weight } = objective[0]!, column = columns.find(({ name }) => name === targetName(output))!;
  if (!isLoss(loss) || loss.reduction !== "mean") return undefined;
  const { data } = column;
  if (loss.loss === "mse") {
    // each output has a constant of its own
    const width = sizeOf(column.shape), rows = data.length / width;
    let variance = 0;
    for (let k = 0; k < width; k++) {
      let sum = 0, squares = 0;
      for (let i = k; i < data.length; i += width) {
        sum += data[i]!;
        squares += data[i]! * data[i]!;
      }
      variance += Math.max(0, squares / rows - (sum / rows) * (sum / rows)) / width;
    }
    return weight * variance;
  }
  if (loss.loss !== "crossEntropy" && loss.loss !== "binaryCrossEntropy") return undefined;
  const counts = classCounts(column, classesOf(output), loss.target === "classes", loss.loss === "binaryCrossEntropy");
  const total = counts?.reduce((a, b) => a + b, 0);
  return counts && weight * counts.reduce((sum, count) => sum - (count ? (count / total!) * logarithm(count / total!) : 0), 0);
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
