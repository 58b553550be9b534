// Numbers in and out: what callers may hand over, and what they get.

import { DataError, ShapeError, show } from "./errors.ts";
import { isRecord } from "./options.ts";
import { sameShape, type Shape, sizeOf } from "./shape.ts";

/** Numbers with a shape; always a copy, the caller's own. */
export interface Tensor<Data extends Float32Array | Int32Array = Float32Array> {
  data: Data;
  shape: number[];
}

export type NestedNumbers = readonly number[] | readonly NestedNumbers[];
export type Flat = Float32Array | Float64Array | Int32Array | Uint8Array | Uint8ClampedArray;
/** Numbers as callers hand them over: a flat array, nested arrays, or data with a shape. */
export type Numbers = Flat | NestedNumbers | { readonly data: Flat | readonly number[]; readonly shape: Shape };

/** Numbers in one row, and their shape where it is known. */
export interface FlatNumbers {
  data: Flat | readonly number[];
  shape: number[] | undefined;
}

/** Most axes of nested arrays: an array may hold itself. */
const RANK_LIMIT = 16;

export function isFlat(value: unknown): value is Flat {
  return value instanceof Float32Array || value instanceof Float64Array || value instanceof Int32Array
    || value instanceof Uint8Array || value instanceof Uint8ClampedArray;
}

/** Takes what callers hand over apart; `what` names it in messages.
 *
 * @throws ShapeError for ragged arrays, values that are no numbers, or a shape that does not fit the data.
 */
export function flatten(value: unknown, what: string): FlatNumbers {
  if (isFlat(value)) return { data: value, shape: undefined };
  if (Array.isArray(value)) {
    if (!Array.isArray(value[0]) && !isFlat(value[0])) return { data: numbers(value, what), shape: undefined };
    const shape: number[] = [], data: number[] = [];
    for (let level: unknown = value; Array.isArray(level) || isFlat(level); level = level[0])
      if (shape.push(level.length) > RANK_LIMIT) throw new ShapeError("ragged", { option: what, wanted: `at most ${RANK_LIMIT} axes`, got: value });
    collect(value as ArrayLike<unknown>, 0, shape, data, what);
    return { data, shape };
  }
  if (isRecord(value) && "data" in value && "shape" in value) {
    const { data, shape } = value;
    const flat = isFlat(data) ? data : Array.isArray(data) ? numbers(data, what) : undefined;
    if (flat && Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
      if (sizeOf(shape) !== flat.length)
        throw new ShapeError("shape-mismatch", { option: what, wanted: `${sizeOf(shape)} numbers for ${show(shape)}`, got: flat.length });
      return { data: flat, shape };
    }
  }
  throw new ShapeError("not-numbers", { option: what, wanted: "numbers in arrays, or { data, shape }", got: value });
}

/** Are these as many numbers as the shape wants, and in that shape if they have one? */
export function fills({ data, shape }: FlatNumbers, wanted: Shape): boolean {
  return data.length === sizeOf(wanted) && (!shape || sameShape(shape, wanted));
}

/** Throws unless all are int32. */
export function wantWhole(data: ArrayLike<number>, label: string): void {
  if (data instanceof Int32Array || data instanceof Uint8Array || data instanceof Uint8ClampedArray) return;
  for (let position = 0; position < data.length; position++) {
    const got = data[position]!;
    if ((got | 0) !== got) throw new DataError("not-whole", { option: label, position, wanted: "a whole number (int32)", got });
  }
}

function numbers(list: readonly unknown[], what: string): readonly number[] {
  const position = list.findIndex((item) => typeof item !== "number");
  if (position >= 0) throw new ShapeError("not-numbers", { option: what, position, wanted: "a number", got: list[position] });
  return list as readonly number[];
}

function collect(list: ArrayLike<unknown>, depth: number, shape: readonly number[], into: number[], what: string): void {
  const want = (fits: boolean, got: unknown): void => {
    if (!fits) throw new ShapeError("ragged", { option: what, wanted: `nested arrays of the shape ${show(shape)} throughout`, got });
  };
  want(list.length === shape[depth], list);
  for (let i = 0; i < list.length; i++) {
    const item = list[i], last = depth === shape.length - 1;
    want(last ? typeof item === "number" : Array.isArray(item) || isFlat(item), item);
    if (last) into.push(item as number);
    else collect(item as ArrayLike<unknown>, depth + 1, shape, into, what);
  }
}
