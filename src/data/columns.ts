// From what callers hand over to columns: flat numbers of a known type and row shape, ready to be copied into memory.

import { DataError, ShapeError, show } from "../errors.ts";
import type { Dtype } from "../graph.ts";
import { isLoss, type LossOption } from "../losses/loss.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../shape.ts";
import { type Flat, flatten, isFlat, type Numbers } from "../tensor.ts";

/** Labels: numbers, or strings where the model knows `classes`. */
export type Labels = Numbers | readonly string[];

/** A data set: rows of x and y under one number, with a weight for each row where wanted. A model with named inputs or
 * outputs takes records of the same names. */
export interface Data<X = Numbers | Readonly<Record<string, Numbers>>, Y = Labels | Readonly<Record<string, Labels>>> {
  readonly x: X;
  readonly y: Y;
  /** How much each row counts: a row of weight 2 counts as two rows. Not negative. */
  readonly weight?: Numbers;
}

/** One tensor of a data set. */
export interface Column {
  /** As the program knows it. */
  name: string;
  /** As the caller knows it, for messages. */
  label: string;
  dtype: Dtype;
  /** Of one row. */
  shape: Shape;
  data: Flat | readonly number[];
}

export interface Columns {
  rows: number;
  columns: readonly Column[];
}

export interface InputSpec {
  name: string;
  shape: Shape;
  dtype: "float32" | "int32";
}

/** The columns of a model's inputs. */
export function inputColumns(x: unknown, inputs: readonly InputSpec[], single: boolean): Columns {
  const parts = single ? [x] : named(x, inputs.map(({ name }) => name), "x");
  const columns = inputs.map((spec, i) => inputColumn(parts[i], spec, single ? "x" : `x.${spec.name}`));
  const rows = wantEqualRows(columns.map(({ column, rows }) => ({ label: column.label, rows })));
  if (rows === 0) throw new DataError("no-rows", "x: wanted at least one row, got none", { option: "x", got: 0, wanted: 1 });
  return { rows, columns: columns.map(({ column }) => column) };
}

function inputColumn(value: unknown, { name, shape, dtype }: InputSpec, label: string): { column: Column; rows: number } {
  const { data, shape: given } = flatten(value, label);
  const width = sizeOf(shape);
  const fits = given === undefined ? data.length % width === 0
    : sameShape(given.slice(1), shape) || (given.length === 2 && given[1] === width) || (given[0] === 0 && data.length === 0);
  if (!fits) {
    const got = given === undefined ? `${data.length} numbers, no multiple of ${width}` : `shape ${showShape(given)}`;
    throw new ShapeError("wrong-width", `${label}: wanted rows of shape ${showShape(shape)} (${width} numbers), got ${got}`,
      { option: label, got: given ?? data.length, wanted: ["rows", ...shape] });
  }
  if (dtype === "int32") wantWhole(data, label);
  const bytes = dtype === "float32" && (data instanceof Uint8Array || data instanceof Uint8ClampedArray);
  return { column: { name, label, dtype: bytes ? "uint8" : dtype, shape, data }, rows: data.length / width };
}

/** The column of a target for an output of the given row shape. */
export function targetColumn(
  value: unknown, label: string, rows: number, name: string, output: Shape, loss: LossOption, classes: readonly string[] | undefined,
): Column {
  const known = isLoss(loss) ? loss : undefined;
  const wantsClasses = known?.target === "classes";
  const strings = Array.isArray(value) && typeof value[0] === "string";
  const { data, shape: given } = strings
    ? { data: classNumbers(value, label, known?.reading ? classes : undefined, known?.reading === "sign"), shape: undefined }
    : flatten(value, label);
  const perRow = given ? sizeOf(given.slice(1)) : data.length / rows;
  const count = given ? given[0]! : data.length / perRow;
  if (count !== rows || !Number.isInteger(perRow))
    throw new DataError("rows-mismatch", `${label}: wanted as many rows as x, ${rows}, got ${given ? given[0] : `${data.length} numbers`}`,
      { option: label, got: given ? given[0] : data.length, wanted: rows });
  const width = sizeOf(output);
  if (wantsClasses) {
    const number = output.at(-1)!, positions = width / number;
    if (number === 1)
      throw new ShapeError("one-class", `${label}: ${known!.loss} tells classes apart, but the model has one output; give its last layer an `
        + "output for each class, or use binaryCrossEntropy()", { option: "loss", got: 1, wanted: "at least 2 outputs" });
    if (perRow === positions) {
      wantLabels(data, label, number, classes);
      return { name, label, dtype: "int32", shape: output.slice(0, -1), data };
    }
    if (perRow === width) {
      wantDistributions(data, label, number);
      return { name, label, dtype: "float32", shape: output, data };
    }
    throw new ShapeError("wrong-width", `${label}: ${known!.loss} wants class numbers (${positions} for each row) or rows of shape `
      + `${showShape(output)}, got ${perRow} numbers for each row`, { option: label, got: perRow, wanted: [positions, width] });
  }
  if (known && perRow !== width)
    throw new ShapeError("wrong-width", `${label}: ${known.loss} wants targets of the output's shape ${showShape(output)}, got ${perRow} `
      + "numbers for each row", { option: label, got: given ? given.slice(1) : perRow, wanted: output });
  if (known && given && !sameShape(given.slice(1), output) && !(width === 1 && perRow === 1) && given.length !== 2)
    throw new ShapeError("wrong-shape", `${label}: wanted rows of shape ${showShape(output)}, got ${showShape(given.slice(1))}`,
      { option: label, got: given.slice(1), wanted: output });
  known?.check?.(data, label);
  // a function of the caller's gets class numbers as int32, other targets in the output's shape where they fill it
  const whole = !known && perRow !== width && (value instanceof Int32Array || strings);
  const shape = perRow === width ? output : given ? given.slice(1) : perRow === 1 ? [] : [perRow];
  return { name, label, dtype: whole ? "int32" : "float32", shape, data };
}

/** The column of row weights. */
export function weightColumn(value: unknown, rows: number): Column {
  const { data } = flatten(value, "weight");
  if (data.length !== rows)
    throw new DataError("rows-mismatch", `weight: wanted one number for each of the ${rows} rows, got ${data.length}`,
      { option: "weight", got: data.length, wanted: rows });
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    if (!(data[i]! >= 0 && data[i]! < Infinity))
      throw new DataError("bad-weight", `weight: wanted numbers of at least 0, got ${show(data[i])} for row ${i}`, { option: "weight", got: data[i], row: i });
    sum += data[i]!;
  }
  if (!(sum > 0)) throw new DataError("bad-weight", "weight: all weights are 0", { option: "weight", got: 0 });
  return { name: WEIGHT, label: "weight", dtype: "float32", shape: [], data };
}

export const WEIGHT = "weight";

/** The values of a record, in the order of `names`. */
export function named(value: unknown, names: readonly string[], label: string): unknown[] {
  const isRecord = value !== null && typeof value === "object" && !Array.isArray(value) && !isFlat(value) && !("data" in value && "shape" in value);
  const keys = isRecord ? Object.keys(value) : [];
  const missing = names.filter((name) => !keys.includes(name)), unknown = keys.filter((key) => !names.includes(key));
  if (!isRecord || missing.length || unknown.length)
    throw new DataError("wrong-names", `${label}: wanted a record with ${names.map(show).join(", ")}, got ${isRecord ? `{ ${keys.join(", ")} }` : show(value)}`,
      { option: label, got: isRecord ? keys : value, wanted: names });
  return names.map((name) => (value as Record<string, unknown>)[name]);
}

function wantEqualRows(columns: readonly { label: string; rows: number }[]): number {
  const first = columns[0]!;
  for (const { label, rows } of columns)
    if (rows !== first.rows)
      throw new DataError("rows-mismatch", `${label} has ${rows} rows, ${first.label} has ${first.rows}`, { option: label, got: rows, wanted: first.rows });
  return first.rows;
}

function wantWhole(data: ArrayLike<number>, label: string): void {
  if (data instanceof Int32Array || data instanceof Uint8Array || data instanceof Uint8ClampedArray) return;
  for (let i = 0; i < data.length; i++)
    if ((data[i]! | 0) !== data[i])
      throw new DataError("not-whole", `${label}: wanted whole numbers (int32), got ${show(data[i])} at position ${i}`,
        { option: label, got: data[i], position: i });
}

function wantLabels(data: ArrayLike<number>, label: string, number: number, classes: readonly string[] | undefined): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (!Number.isInteger(value) || value < 0 || value >= number)
      throw new DataError("label-out-of-range", `${label}: wanted class numbers from 0 to ${number - 1}${classes ? ` (${classes.length} classes)` : ""}`
        + `, got ${show(value)} at row ${i}; the model's last layer has ${number} outputs`, { option: label, got: value, wanted: [0, number - 1], row: i });
  }
}

/** One-hot rows and distributions: not negative, sum 1. */
function wantDistributions(data: ArrayLike<number>, label: string, number: number): void {
  for (let i = 0; i < data.length; i += number) {
    let sum = 0, negative = false;
    for (let c = 0; c < number; c++) {
      sum += data[i + c]!;
      negative ||= data[i + c]! < 0;
    }
    if (negative || !(Math.abs(sum - 1) <= 1e-3))
      throw new DataError("bad-distribution", `${label}: wanted one-hot rows or probabilities that sum to 1, got `
        + `${negative ? "a negative number" : `the sum ${sum}`} in row ${i / number}`, { option: label, got: sum, wanted: 1, row: i / number });
  }
}

function classNumbers(labels: readonly unknown[], label: string, classes: readonly string[] | undefined, signs: boolean): number[] {
  if (!classes)
    throw new DataError("no-classes", `${label}: these are strings; they are understood where the loss is one for classes and the model knows `
      + "them: createModel(..., { classes: [...] })", { option: label, got: labels[0], wanted: "classes" });
  const numbers = new Map(classes.map((name, i) => [name, i]));
  return labels.map((name, row) => {
    const number = numbers.get(name as string);
    if (number === undefined)
      throw new DataError("label-out-of-range", `${label}: ${show(name)} at row ${row} is none of the classes ${show(classes)}`,
        { option: label, got: name, wanted: classes, row });
    return signs ? 2 * number - 1 : number;
  });
}
