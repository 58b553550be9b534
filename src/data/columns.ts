// From what callers hand over to columns: flat numbers of a known type and row shape, ready to be copied into memory.

import { DataError, ShapeError, show } from "../errors.ts";
import type { Dtype } from "../graph.ts";
import { isLoss, type LossOption } from "../losses/loss.ts";
import { isRecord } from "../options.ts";
import { type Shape, sameShape, sizeOf } from "../shape.ts";
import { type Flat, flatten, isFlat, type Numbers, wantWhole } from "../tensor.ts";

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

/** Batches one after the other. */
export type Batches<D = Data> = Iterable<D> | AsyncIterable<D>;

/** A data set that need not be in memory: its batches, of any size, one after the other. Each epoch reads them anew, from the iterator
 * of an object, or from what a function returns, which is told how many epochs are done. `rows` says how many an epoch has: what
 * depends on the length of a run wants to know it, and an endless source has to tell it. */
export type Stream<X = Data["x"], Y = Data["y"]> = (Batches<Data<X, Y>> | ((epoch: number) => Batches<Data<X, Y>>)) & { readonly rows?: number };

export function isStream(data: unknown): data is Stream<any, any> {
  const { asyncIterator, iterator } = Symbol, given = data as any;
  return typeof data === "function" || typeof data === "object" && (given?.[asyncIterator] ?? given?.[iterator]) !== undefined;
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

/** Name of a model's input among a program's inputs; names of the user's own stand behind a word of ours. */
export const inputName = (name: string): string => `input ${name}`;

/** The columns of a model's inputs. */
export function inputColumns(x: unknown, inputs: readonly InputSpec[], single: boolean, label = "x"): Columns {
  const parts = single ? [x] : named(x, inputs.map(({ name }) => name), label);
  const columns = inputs.map((spec, i) => inputColumn(parts[i], spec, single ? label : `${label}.${spec.name}`));
  const [first] = columns as [Column], rows = rowsOf(first);
  if (rows === 0) throw new DataError("no-rows", { option: label, wanted: "at least one row", got: 0 });
  for (const column of columns)
    if (rowsOf(column) !== rows)
      throw new DataError("rows-mismatch", { option: column.label, wanted: `${rows} rows, as ${first.label}`, got: rowsOf(column) });
  return { rows, columns };
}

function rowsOf({ data, shape }: Column): number {
  return data.length / sizeOf(shape);
}

function inputColumn(value: unknown, { name, shape, dtype }: InputSpec, label: string): Column {
  const { data, shape: given } = flatten(value, label);
  const width = sizeOf(shape);
  const fits = given === undefined ? data.length % width === 0
    : sameShape(given.slice(1), shape) || (given.length === 2 && given[1] === width) || (given[0] === 0 && data.length === 0);
  if (!fits) {
    const wanted = given ? `the shape ${showRows(shape)}` : `a multiple of ${width} numbers`;
    throw new ShapeError("wrong-width", { option: label, wanted, got: given ?? data.length });
  }
  if (dtype === "int32") wantWhole(data, label);
  const bytes = dtype === "float32" && (data instanceof Uint8Array || data instanceof Uint8ClampedArray);
  return { name: inputName(name), label, dtype: bytes ? "uint8" : dtype, shape, data };
}

/** The column of a target for an output of the given row shape. */
export function targetColumn(
  value: unknown, label: string, rows: number, name: string, output: Shape, loss: LossOption, classes: readonly string[] | undefined,
): Column {
  const made = isLoss(loss) ? loss : undefined, known = made?.target === "any" ? undefined : made;
  const wantsClasses = known?.target === "classes";
  const strings = Array.isArray(value) && typeof value[0] === "string";
  const { data, shape: given } = strings
    ? { data: classNumbers(value, label, known?.reading ? classes : undefined, known?.reading === "sign"), shape: undefined }
    : flatten(value, label);
  const perRow = given ? sizeOf(given.slice(1)) : data.length / rows;
  const count = given ? given[0]! : data.length / perRow;
  if (count !== rows || !Number.isInteger(perRow))
    throw new DataError("rows-mismatch", { option: label, wanted: `${rows} rows, as x`, got: given ? given[0] : data.length });
  const width = sizeOf(output);
  if (wantsClasses) {
    const number = output.at(-1)!, positions = width / number;
    if (number === 1)
      throw new ShapeError("one-class", {
        of: label, option: known!.loss, wanted: "an output for each class", got: 1, fix: "one output can have binaryCrossEntropy()",
      });
    if (perRow === positions) {
      wantLabels(data, label, number, known!.options.ignoreIndex);
      known!.check?.(data, label, true);
      return { name, label, dtype: "int32", shape: output.slice(0, -1), data };
    }
    if (perRow === width) {
      wantDistributions(data, label, number);
      known!.check?.(data, label);
      return { name, label, dtype: "float32", shape: output, data };
    }
    throw new ShapeError("wrong-width", {
      option: label, wanted: `${positions} class numbers or ${width} probabilities for each row`, got: perRow,
    });
  }
  if (known && perRow !== width) throw new ShapeError("wrong-width", { option: label, wanted: `${width} numbers for each row`, got: perRow });
  if (known && given && !sameShape(given.slice(1), output) && !(width === 1 && perRow === 1) && given.length !== 2)
    throw new ShapeError("wrong-shape", { option: label, wanted: `the shape ${showRows(output)}`, got: given });
  made?.check?.(data, label);
  // a function of the caller's gets class numbers as int32, other targets in the output's shape where they fill it
  const whole = !known && perRow !== width && value instanceof Int32Array;
  const shape = perRow === width ? output : given ? given.slice(1) : perRow === 1 ? [] : [perRow];
  return { name, label, dtype: whole ? "int32" : "float32", shape, data };
}

/** The column of row weights. */
export function weightColumn(value: unknown, rows: number, label: string, part: boolean): Column {
  const { data } = flatten(value, label);
  if (data.length !== rows) throw new DataError("rows-mismatch", { option: label, wanted: `${rows} rows, as x`, got: data.length });
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const got = Math.fround(data[row]!);
    if (!(got >= 0 && got < Infinity)) throw new DataError("bad-weight", { option: label, row, wanted: "a number of at least 0", got });
    sum += got;
  }
  if (!part && !(sum > 0)) throw new DataError("bad-weight", { option: label, problem: "all are 0" });
  return { name: WEIGHT, label, dtype: "float32", shape: [], data };
}

export const WEIGHT = "weight";

/** The values of a record, in the order of `names`. */
export function named(value: unknown, names: readonly string[], label: string): unknown[] {
  const record = isRecord(value) && !isFlat(value) && !("data" in value && "shape" in value);
  const keys = record ? Object.keys(value) : [];
  if (!record || keys.length !== names.length || !names.every((name) => keys.includes(name)))
    throw new DataError("wrong-names", { option: label, wanted: `{ ${names.join(", ")} }`, got: value });
  return names.map((name) => value[name]);
}

function wantLabels(data: ArrayLike<number>, label: string, number: number, ignored: unknown): void {
  for (let row = 0; row < data.length; row++) {
    const got = data[row]!;
    if ((!Number.isInteger(got) || got < 0 || got >= number) && got !== ignored)
      throw new DataError("label-out-of-range", {
        option: label, row, wanted: `a class number from 0 to ${number - 1}, as the model has ${number} outputs`, got,
      });
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
      throw new DataError("bad-distribution", {
        option: label, row: i / number, wanted: "a one-hot row, or probabilities that sum to 1", got: Array.from({ length: number }, (_, c) => data[i + c]),
      });
  }
}

function classNumbers(labels: readonly unknown[], label: string, classes: readonly string[] | undefined, signs: boolean): number[] {
  if (!classes)
    throw new DataError("no-classes", {
      option: label, wanted: "numbers", got: labels[0], fix: "names want createModel(..., { classes }) and a loss for classes",
    });
  const numbers = new Map<unknown, number>(classes.map((name, i) => [name, i]));
  return labels.map((name, row) => {
    const number = numbers.get(name);
    if (number === undefined) throw new DataError("label-out-of-range", { option: label, row, wanted: `one of the classes ${show(classes)}`, got: name });
    return signs ? 2 * number - 1 : number;
  });
}

/** The shape of rows, whatever their number. */
function showRows(shape: Shape): string {
  return `[${["rows", ...shape].join(", ")}]`;
}
