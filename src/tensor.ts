// Numbers in and out: what callers may hand over, and what they get.

import { ShapeError, show } from "./errors.ts";
import { type Shape, showShape, sizeOf } from "./shape.ts";

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
    for (let level: unknown = value; Array.isArray(level) || isFlat(level); level = level[0]) shape.push(level.length);
    collect(value as ArrayLike<unknown>, 0, shape, data, what);
    return { data, shape };
  }
  if (value !== null && typeof value === "object" && "data" in value && "shape" in value) {
    const { data, shape } = value as { data: unknown; shape: unknown };
    const flat = isFlat(data) ? data : Array.isArray(data) ? numbers(data, what) : undefined;
    if (flat && Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
      if (sizeOf(shape) !== flat.length)
        throw new ShapeError("shape-mismatch", `${what}: ${flat.length} numbers do not fill the shape ${showShape(shape)}`,
          { option: what, got: flat.length, wanted: shape });
      return { data: flat, shape };
    }
  }
  throw new ShapeError("not-numbers", `${what}: wanted a typed array, nested arrays of numbers, or { data, shape }, got ${show(value)}`,
    { option: what, got: value });
}

function numbers(list: readonly unknown[], what: string): readonly number[] {
  const bad = list.findIndex((item) => typeof item !== "number");
  if (bad >= 0)
    throw new ShapeError("not-numbers", `${what}: wanted numbers, got ${show(list[bad])} at position ${bad}`,
      { option: what, got: list[bad], position: bad });
  return list as readonly number[];
}

function collect(list: ArrayLike<unknown>, depth: number, shape: readonly number[], into: number[], what: string): void {
  const ragged = (got: unknown): never => {
    throw new ShapeError("ragged", `${what}: the nested arrays are ragged: wanted ${showShape(shape)} throughout, got ${show(got)} `
      + `${depth} levels down`, { option: what, got, wanted: shape });
  };
  if (list.length !== shape[depth]) ragged(list);
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (depth === shape.length - 1) {
      if (typeof item !== "number") ragged(item);
      into.push(item as number);
    } else if (Array.isArray(item) || isFlat(item)) collect(item, depth + 1, shape, into, what);
    else ragged(item);
  }
}
