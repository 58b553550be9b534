// Sums, means and maxima along axes, and broadcastTo, the counterpart of sum: each is the other's gradient.

import { Opcode, Pick, Place, Reduce, ReduceKind } from "../../assembly/isa.ts";
import type { Op, Value } from "../graph.ts";
import { apply, misfit, wantFloats } from "../op.ts";
import { axisOf, broadcastShape, broadcastStrides, isShape, sameShape, type Shape, showShape, sizeOf, stridesOf } from "../shape.ts";
import { constant, constantValue } from "./constant.ts";
import { scale } from "./scale.ts";
import { emitCopy, reshape } from "./shape.ts";

/** The axes from `axis` on, `count` of them, as one: [outer, axis, inner]. */
interface Axes {
  axis: number;
  count: number;
}

function split(shape: Shape, { axis, count }: Axes): { outer: number; length: number; inner: number } {
  return {
    outer: sizeOf(shape.slice(0, axis)), length: sizeOf(shape.slice(axis, axis + count)),
    inner: sizeOf(shape.slice(axis + count)),
  };
}

function reduction(name: string, kind: ReduceKind, gradient?: Op<Axes>["gradient"]): Op<Axes> {
  return {
    name,
    shape([x], { axis, count }) {
      wantFloats(name, [x!]);
      axisOf(axis, x!.shape.length, name);
      axisOf(axis + count - 1, x!.shape.length, name);
      if (!(axis >= 0 && count >= 1)) throw misfit(name, x!, "axes", [axis, count], "axis");
      const shape = [...x!.shape.slice(0, axis), ...x!.shape.slice(axis + count)];
      return [{ shape, dtype: kind === ReduceKind.ArgMax ? "int32" : "float32" }];
    },
    gradient,
    emit(node, to) {
      const [x] = node.inputs, { outer, length, inner } = split(x!.shape, node.attributes);
      to.instruction(Opcode.Reduce, Reduce.SIZE, {
        [Reduce.KIND]: kind, [Reduce.DST]: to.at(node.outputs[0]!), [Reduce.SRC]: to.at(x!),
        [Reduce.OUTER]: outer, [Reduce.AXIS]: length, [Reduce.INNER]: inner,
      });
    },
  };
}

/** g with its reduced axes back, as length 1, then stretched to x's shape. */
function spread(g: Value, x: Value, { axis, count }: Axes): Value {
  return broadcastTo(reshape(g, x.shape.map((n, i) => (i >= axis && i < axis + count ? 1 : n))), x.shape);
}

export const sumOp = /* @__PURE__ */ reduction("sum", ReduceKind.Sum, ({ inputs: [x], attributes }, [g]) =>
  [spread(g!, x!, attributes)]);

export const meanOp = /* @__PURE__ */ reduction("mean", ReduceKind.Mean, ({ inputs: [x], attributes }, [g]) =>
  [spread(scale(g!, 1 / split(x!.shape, attributes).length), x!, attributes)]);

export const argmaxOp = /* @__PURE__ */ reduction("argmax", ReduceKind.ArgMax, () => [undefined]);

export const maxOp = /* @__PURE__ */ reduction("max", ReduceKind.Max, ({ inputs: [x], attributes }, [g]) => {
  const { outer, length, inner } = split(x!.shape, attributes);
  const at = apply(argmaxOp, [x!], attributes);
  const placed = place(reshape(g!, [outer, inner]), reshape(at, [outer, inner]), length);
  return [reshape(placed, x!.shape)];
});

/** Options of the reductions. */
export interface ReduceOptions {
  /** Keep the reduced axes, with length 1. */
  keepDims?: boolean;
}

/** Applies a reduction to the axes given (all without), neighbours together. */
function reduce(op: Op<Axes>, x: Value, axes: number | readonly number[] | undefined, keepDims = false): Value {
  const rank = x.shape.length;
  const list = axes === undefined ? x.shape.map((_, i) => i) : typeof axes === "number" ? [axes] : axes;
  const sorted = [...new Set(list.map((axis) => axisOf(axis, rank, op.name)))].sort((a, b) => a - b);
  let y = x;
  for (let last = sorted.length - 1; last >= 0;) {
    let first = last;
    while (first > 0 && sorted[first - 1] === sorted[first]! - 1) first--;
    y = apply(op, [y], { axis: sorted[first]!, count: last - first + 1 });
    last = first - 1;
  }
  return keepDims ? reshape(y, x.shape.map((n, i) => (sorted.includes(i) ? 1 : n))) : y;
}

/** Σ x along the axes; over all of them if none are given.
 * https://pytorch.org/docs/stable/generated/torch.sum.html
 *
 * @example
 * const f = await compile((x) => [sum(x), sum(x, 0)], [[2, 2]]);
 * f.run([[1, 2, 3, 4]]).map((y) => [...y.data]) // → [[10], [4, 6]]
 */
export function sum(x: Value, axes?: number | readonly number[], { keepDims }: ReduceOptions = {}): Value {
  return reduce(sumOp, x, axes, keepDims);
}

/** The mean of x along the axes; over all of them if none are given.
 * https://pytorch.org/docs/stable/generated/torch.mean.html
 *
 * @example
 * const f = await compile((x) => mean(x, 1), [[2, 2]]);
 * f.run([[1, 2, 3, 4]])[0].data // → [1.5, 3.5]
 */
export function mean(x: Value, axes?: number | readonly number[], { keepDims }: ReduceOptions = {}): Value {
  return reduce(meanOp, x, axes, keepDims);
}

/** The greatest element along one axis (the last by default); NaN if there is one. The gradient goes to the first
 * of equals. https://pytorch.org/docs/stable/generated/torch.max.html
 *
 * @example
 * const f = await compile((x) => max(x), [[2, 2]]);
 * f.run([[1, 5, 4, 3]])[0].data // → [5, 4]
 */
export function max(x: Value, axis = -1, { keepDims }: ReduceOptions = {}): Value {
  return reduce(maxOp, x, axis, keepDims);
}

/** Position (int32) of the greatest element along one axis (the last by default), the first of equals.
 * https://pytorch.org/docs/stable/generated/torch.argmax.html
 *
 * @example
 * const f = await compile((x) => argmax(x), [[2, 2]]);
 * f.run([[1, 5, 4, 3]])[0].data // → [1, 0]
 */
export function argmax(x: Value, axis = -1, { keepDims }: ReduceOptions = {}): Value {
  return reduce(argmaxOp, x, axis, keepDims);
}

export const broadcastOp: Op<{ shape: number[] }> = {
  name: "broadcastTo",
  shape([x], { shape }) {
    const joint = isShape(shape) ? broadcastShape(x!.shape, shape) : undefined;
    if (!joint || !sameShape(joint, shape)) throw misfit("broadcastTo", x!, `a shape that ${showShape(x!.shape)} stretches to`, shape);
    return [{ shape, dtype: x!.dtype }];
  },
  gradient: ({ inputs: [x] }, [g]) => [sumTo(g!, x!.shape)],
  emit(node, to) {
    const [x] = node.inputs, out = node.outputs[0]!;
    emitCopy(to, out, x!, [...out.shape], stridesOf(out.shape), broadcastStrides(x!.shape, out.shape));
  },
};

/** x repeated along axes of length 1 and along new outer axes, until it has the shape.
 * https://pytorch.org/docs/stable/generated/torch.broadcast_to.html
 *
 * @throws ShapeError if the shape cannot be reached so.
 * @example
 * const f = await compile((x) => broadcastTo(x, [2, 3]), [[3]]);
 * f.run([[1, 2, 3]])[0].data // → [1, 2, 3, 1, 2, 3]
 */
export function broadcastTo(x: Value, shape: Shape): Value {
  if (!isShape(shape)) throw misfit("broadcastTo", x, "a shape of whole lengths above 0", shape);
  if (sameShape(x.shape, shape)) return x;
  const value = constantValue(x), fits = sameShape(broadcastShape(x.shape, shape) ?? [], shape);
  return value === undefined || !fits ? apply(broadcastOp, [x], { shape: [...shape] }) : constant(x.graph, value, shape);
}

/** Sums over the axes that broadcasting has stretched. */
export function sumTo(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const missing = x.shape.length - shape.length;
  const axes = x.shape.flatMap((n, i) => (i < missing || (shape[i - missing] === 1 && n !== 1) ? [i] : []));
  return reshape(axes.length ? sum(x, axes) : x, shape);
}

interface Indexed {
  length: number;
}

export const placeOp: Op<Indexed> = {
  name: "place",
  shape([x, ids], { length }) {
    wantPositions("place", x!, ids!, x!.shape);
    if (x!.shape.length !== 2 || !isShape([length])) throw misfit("place", x!, "[outer, inner] and a length", [x!.shape, length], "place");
    return [{ shape: [x!.shape[0]!, length, x!.shape[1]!] }];
  },
  gradient: ({ inputs: [, ids] }, [g]) => [pick(g!, ids!), undefined],
  emit(node, to) {
    const [x, ids] = node.inputs, [outer, inner] = x!.shape;
    to.instruction(Opcode.Place, Place.SIZE, {
      [Place.DST]: to.at(node.outputs[0]!), [Place.SRC]: to.at(x!), [Place.IDS]: to.at(ids!),
      [Place.OUTER]: outer!, [Place.AXIS]: node.attributes.length, [Place.INNER]: inner!,
    });
  },
};

export const pickOp: Op<null> = {
  name: "pick",
  shape([x, ids]) {
    if (x!.shape.length !== 3) throw misfit("pick", x!, "[outer, length, inner]", x!.shape);
    wantPositions("pick", x!, ids!, [x!.shape[0]!, x!.shape[2]!]);
    return [{ shape: ids!.shape }];
  },
  gradient: ({ inputs: [x, ids] }, [g]) => [place(g!, ids!, x!.shape[1]!), undefined],
  emit(node, to) {
    const [x, ids] = node.inputs, [outer, length, inner] = x!.shape;
    to.instruction(Opcode.Pick, Pick.SIZE, {
      [Pick.DST]: to.at(node.outputs[0]!), [Pick.SRC]: to.at(x!), [Pick.IDS]: to.at(ids!),
      [Pick.OUTER]: outer!, [Pick.AXIS]: length!, [Pick.INNER]: inner!,
    });
  },
};

function wantPositions(op: string, x: Value, ids: Value, shape: Shape): void {
  wantFloats(op, [x]);
  if (ids.dtype !== "int32" || !sameShape(ids.shape, shape)) throw misfit(op, x, `int32 positions ${showShape(shape)}`, ids.shape);
}

/** From x [outer, length, inner] the elements at positions ids [outer, inner] of the middle axis. */
export function pick(x: Value, ids: Value): Value {
  return apply(pickOp, [x, ids], null);
}

/** Zeros [outer, length, inner] with x [outer, inner] put in at positions ids [outer, inner]. */
export function place(x: Value, ids: Value, length: number): Value {
  return apply(placeOp, [x, ids], { length });
}

/** Labels (int32 [rows]) as rows with a 1 at the label [rows, classes]; rows of zeros where it is no class. Rows of floats
 * stay as they are. */
export function oneHot(labels: Value, classes: number): Value {
  if (labels.dtype !== "int32") return labels;
  const rows = labels.size;
  return reshape(place(constant(labels.graph, 1, [rows, 1]), reshape(labels, [rows, 1]), classes), [rows, classes]);
}
