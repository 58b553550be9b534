// Shapes: lists of lengths, outermost first; [] is a scalar.

import { ShapeError } from "./errors.ts";

export type Shape = readonly number[];

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}

/** Is it a list of whole lengths above 0? */
export function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && length > 0);
}

export function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Steps between neighbours along each axis of a dense tensor, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** The shape that two operands have together (NumPy's rule: aligned at the end, 1 stretches), or undefined. */
export function broadcastShape(a: Shape, b: Shape): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const left = a[a.length - i] ?? 1, right = b[b.length - i] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return undefined;
    shape[rank - i] = left === 1 ? right : left;
  }
  return shape;
}

/** Strides of a dense tensor read as if it had the larger shape: 0 along stretched axes. */
export function broadcastStrides(shape: Shape, to: Shape): number[] {
  const strides = stridesOf(shape), missing = to.length - shape.length;
  return to.map((length, axis) => {
    const own = axis - missing;
    return own < 0 || (shape[own] === 1 && length !== 1) ? 0 : strides[own]!;
  });
}

/** An axis counted from the end if negative; a ShapeError if there is none such. */
export function axisOf(axis: number, rank: number, what: string): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank)
    throw new ShapeError("axis", { of: what, option: "axis", wanted: `one of ${rank} axes (${-rank} to ${rank - 1})`, got: axis });
  return positive;
}

/** A walk over several dense tensors at once: for each axis its length and each tensor's stride. */
export interface Walk {
  sizes: number[];
  strides: number[][];
}

/** Joins neighbouring axes that every tensor walks through without a jump, and drops axes of length 1. */
export function collapse({ sizes, strides }: Walk): Walk {
  const outSizes: number[] = [], outStrides: number[][] = strides.map(() => []);
  sizes.forEach((size, axis) => {
    if (size === 1) return;
    const last = outSizes.length - 1;
    if (last >= 0 && strides.every((s, t) => outStrides[t]![last] === s[axis]! * size)) {
      outSizes[last]! *= size;
      strides.forEach((s, t) => (outStrides[t]![last] = s[axis]!));
    } else {
      outSizes.push(size);
      strides.forEach((s, t) => outStrides[t]!.push(s[axis]!));
    }
  });
  if (outSizes.length === 0) return { sizes: [1], strides: strides.map(() => [1]) };
  return { sizes: outSizes, strides: outStrides };
}
