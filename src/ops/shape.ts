// Ops that move numbers and change none: reshape, transpose, slice, concat.

import { Copy, Fill, Opcode } from "../../assembly/isa.ts";
import { ShapeError } from "../errors.ts";
import type { Emitter, Op, Value } from "../graph.ts";
import { apply, misfit } from "../op.ts";
import type { Operand } from "../program.ts";
import { axisOf, collapse, sameShape, type Shape, showShape, sizeOf, stridesOf } from "../shape.ts";
import { constant, constantValue } from "./constant.ts";

/** Writes a strided copy: for each axis its length and the strides of both sides, in elements from `offset`s on. */
export function emitCopy(
  to: Emitter, destination: Value, source: Value, sizes: number[], dst: number[], src: number[],
  dstOffset = 0, srcOffset = 0,
): void {
  const walk = collapse({ sizes, strides: [dst, src] });
  const slots: Record<number, Operand> = {
    [Copy.DST]: shifted(to.at(destination), dstOffset), [Copy.SRC]: shifted(to.at(source), srcOffset),
    [Copy.RANK]: walk.sizes.length,
  };
  walk.sizes.forEach((size, axis) => {
    const slot = Copy.DIMS + 3 * axis;
    slots[slot] = size;
    slots[slot + 1] = walk.strides[0]![axis]!;
    slots[slot + 2] = walk.strides[1]![axis]!;
  });
  to.instruction(Opcode.Copy, Copy.DIMS + 3 * walk.sizes.length, slots);
}

function shifted(place: Operand, elements: number): Operand {
  return elements && typeof place === "object" && "region" in place
    ? { region: place.region, offset: place.offset + 4 * elements } : place;
}

export const reshapeOp: Op<{ shape: number[] }> = {
  name: "reshape",
  alias: true,
  shape([x], { shape }) {
    const size = sizeOf(x!.shape), known = shape.filter((length) => length !== -1);
    const rest = size / sizeOf(known);
    const fits = shape.every((length) => Number.isInteger(length) && length >= -1)
      && (known.length === shape.length ? rest === 1 : known.length === shape.length - 1 && Number.isInteger(rest));
    if (!fits) throw misfit("reshape", x!, `${size} elements, as ${showShape(x!.shape)} has`, shape, "reshape");
    return [{ shape: shape.map((length) => (length === -1 ? rest : length)), dtype: x!.dtype }];
  },
  gradient: ({ inputs: [x] }, [g]) => [reshape(g!, x!.shape)],
  emit() {},
};

/** The same numbers under another shape; one length may be -1: what remains. No instruction.
 * https://pytorch.org/docs/stable/generated/torch.reshape.html
 *
 * @throws ShapeError if the numbers of elements differ.
 * @example
 * const f = await compile((x) => reshape(x, [-1, 2]), [[4]]);
 * f.run([[1, 2, 3, 4]])[0].shape // → [2, 2]
 */
export function reshape(x: Value, shape: Shape): Value {
  if (!Array.isArray(shape)) throw misfit("reshape", x, "a shape", shape, "reshape");
  if (sameShape(x.shape, shape)) return x;
  const value = constantValue(x);
  const attributes = { shape: [...shape] };
  if (value !== undefined) return constant(x.graph, value, reshapeOp.shape([x], attributes)[0]!.shape);
  return apply(reshapeOp, [x], attributes);
}

export const copyOp: Op<null> = {
  name: "copy",
  shape: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  gradient: (_, [g]) => [g],
  emit(node, to) {
    const [x] = node.inputs;
    emitCopy(to, node.outputs[0]!, x!, [x!.size], [1], [1]);
  },
};

/** The same numbers in memory of their own. */
export function copy(x: Value): Value {
  return apply(copyOp, [x], null);
}

export const transposeOp: Op<{ order: number[] }> = {
  name: "transpose",
  shape([x], { order }) {
    const rank = x!.shape.length;
    if (order.length !== rank || new Set(order).size !== rank || !order.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < rank))
      throw misfit("transpose", x!, `an order of the axes 0 to ${rank - 1}`, order, "axis");
    return [{ shape: order.map((axis) => x!.shape[axis]!), dtype: x!.dtype }];
  },
  gradient({ attributes: { order } }, [g]) {
    const back = new Array<number>(order.length);
    order.forEach((axis, i) => (back[axis] = i));
    return [transpose(g!, back)];
  },
  emit(node, to) {
    const [x] = node.inputs, out = node.outputs[0]!, strides = stridesOf(x!.shape);
    emitCopy(to, out, x!, [...out.shape], stridesOf(out.shape), node.attributes.order.map((axis) => strides[axis]!));
  },
};

/** The axes in another order: axis i of the result is axis order[i] of x. Without an order, all axes are reversed.
 * https://pytorch.org/docs/stable/generated/torch.permute.html
 *
 * @throws ShapeError if `order` is not a permutation of the axes.
 * @example
 * const f = await compile((x) => transpose(x), [[2, 3]]);
 * f.run([[1, 2, 3, 4, 5, 6]])[0].data // → [1, 4, 2, 5, 3, 6]
 */
export function transpose(x: Value, order?: readonly number[]): Value {
  const rank = x.shape.length;
  const axes = (order ?? x.shape.map((_, i) => rank - 1 - i)).map((axis) => axisOf(axis, rank, "transpose"));
  if (axes.length === rank && axes.every((axis, i) => axis === i)) return x;
  return apply(transposeOp, [x], { order: axes });
}

export const sliceOp: Op<{ axis: number; start: number; end: number }> = {
  name: "slice",
  shape([x], { axis, start, end }) {
    const length = x!.shape[axisOf(axis, x!.shape.length, "slice")]!;
    if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= length))
      throw misfit("slice", x!, `start and end from 0 to ${length}`, [start, end], "slice");
    return [{ shape: x!.shape.map((n, i) => (i === axis ? end - start : n)), dtype: x!.dtype }];
  },
  gradient: ({ inputs: [x], attributes: { axis, start } }, [g]) =>
    [apply(padOp, [g!], { axis, start, length: x!.shape[axis]! })],
  emit(node, to) {
    const [x] = node.inputs, out = node.outputs[0]!, { axis, start } = node.attributes, strides = stridesOf(x!.shape);
    emitCopy(to, out, x!, [...out.shape], stridesOf(out.shape), strides, 0, start * strides[axis]!);
  },
};

/** Elements start … end − 1 of one axis; negative positions count from the end.
 * https://pytorch.org/docs/stable/generated/torch.narrow.html
 *
 * @throws ShapeError if the range is empty or reaches beyond the axis.
 * @example
 * const f = await compile((x) => slice(x, 1, 0, 2), [[2, 3]]);
 * f.run([[1, 2, 3, 4, 5, 6]])[0].data // → [1, 2, 4, 5]
 */
export function slice(x: Value, axis: number, start: number, end: number = Number.MAX_SAFE_INTEGER): Value {
  const a = axisOf(axis, x.shape.length, "slice"), length = x.shape[a]!;
  const from = start < 0 ? start + length : start;
  const to = end === Number.MAX_SAFE_INTEGER ? length : end < 0 ? end + length : end;
  return from === 0 && to === length ? x : apply(sliceOp, [x], { axis: a, start: from, end: to });
}

/** Zeros of `length` along the axis, with x put in at `start`: the gradient of slice. */
export const padOp: Op<{ axis: number; start: number; length: number }> = {
  name: "pad",
  shape([x], { axis, start, length }) {
    const own = x!.shape[axisOf(axis, x!.shape.length, "pad")]!;
    if (!(Number.isInteger(start) && Number.isInteger(length) && start >= 0 && start + own <= length))
      throw misfit("pad", x!, `room for ${own} numbers`, [start, length], "pad");
    return [{ shape: x!.shape.map((n, i) => (i === axis ? length : n)) }];
  },
  gradient: ({ inputs: [x], attributes: { axis, start } }, [g]) => [slice(g!, axis, start, start + x!.shape[axis]!)],
  emit(node, to) {
    const [x] = node.inputs, out = node.outputs[0]!, { axis, start } = node.attributes, strides = stridesOf(out.shape);
    to.instruction(Opcode.Fill, Fill.SIZE, { [Fill.DST]: to.at(out), [Fill.COUNT]: out.size, [Fill.VALUE]: 0 });
    emitCopy(to, out, x!, [...x!.shape], strides, stridesOf(x!.shape), start * strides[axis]!);
  },
};

export const concatOp: Op<{ axis: number }> = {
  name: "concat",
  shape(inputs, { axis }) {
    const first = inputs[0]!;
    axisOf(axis, first.shape.length, "concat");
    for (const x of inputs) {
      const fits = x.dtype === first.dtype && x.shape.length === first.shape.length
        && x.shape.every((n, i) => i === axis || n === first.shape[i]);
      if (!fits) throw misfit("concat", x, `shapes that differ in axis ${axis} alone`, [first.shape, x.shape]);
    }
    const length = inputs.reduce((sum, x) => sum + x.shape[axis]!, 0);
    return [{ shape: first.shape.map((n, i) => (i === axis ? length : n)), dtype: first.dtype }];
  },
  gradient({ inputs, attributes: { axis } }, [g]) {
    let start = 0;
    return inputs.map((x) => slice(g!, axis, start, (start += x.shape[axis]!)));
  },
  emit(node, to) {
    const out = node.outputs[0]!, { axis } = node.attributes, strides = stridesOf(out.shape);
    let start = 0;
    for (const x of node.inputs) {
      emitCopy(to, out, x, [...x.shape], strides, stridesOf(x.shape), start * strides[axis]!);
      start += x.shape[axis]!;
    }
  },
};

/** Values put one after the other along an axis; the last one by default.
 * https://pytorch.org/docs/stable/generated/torch.cat.html
 *
 * @throws ShapeError if they differ in another axis.
 * @example
 * const f = await compile((a, b) => concat([a, b]), [[2, 1], [2, 2]]);
 * f.run([[1, 2], [3, 4, 5, 6]])[0].data // → [1, 3, 4, 2, 5, 6]
 */
export function concat(values: readonly Value[], axis = -1): Value {
  const first = Array.isArray(values) ? (values as readonly Value[])[0] : undefined;
  if (!first) throw new ShapeError("concat", { option: "concat", wanted: "at least one Value", got: values });
  if (values.length === 1) return first;
  return apply(concatOp, values, { axis: axisOf(axis, first.shape.length, "concat") });
}
