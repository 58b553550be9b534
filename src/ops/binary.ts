// Functions of two tensors with broadcasting: shapes are aligned at the end, and lengths of 1 stretch.

import { Binary, BinaryKind, Opcode } from "../../assembly/isa.ts";
import { notAValue, type Op, Value } from "../graph.ts";
import { apart, apply, misfit, type Operand } from "../op.ts";
import type { Operand as Word } from "../program.ts";
import { broadcastShape, broadcastStrides, collapse } from "../shape.ts";
import { constantValue, toValue } from "./constant.ts";
import { sumTo } from "./reduce.ts";
import { negate, scale } from "./scale.ts";

/** A row of the catalogue: f(a, b) as a formula in JavaScript's notation, and its gradients in ops. */
export interface BinaryRow {
  name: string;
  kind: BinaryKind;
  formula: string;
  /** ∂/∂a and ∂/∂b times g, in the shape of the result; undefined where the function is flat. */
  gradient?(a: Value, b: Value, y: Value, g: Value): [Value | undefined, Value | undefined];
}

export interface BinaryOp extends Op<null> {
  readonly row: BinaryRow;
}

export function binary(row: BinaryRow): BinaryOp {
  const { name, kind, gradient } = row;
  const dtype = kind === BinaryKind.EqualInt ? "int32" : "float32";
  return {
    name,
    row,
    inPlace: [0, 1],
    shape([a, b]) {
      if (a!.dtype !== dtype || b!.dtype !== dtype) throw misfit(name, a!, dtype, [a!.dtype, b!.dtype], "dtype");
      const shape = broadcastShape(a!.shape, b!.shape);
      if (!shape) throw apart(name, a!, b!, "shapes that fit together");
      return [{ shape }];
    },
    gradient({ inputs: [a, b], outputs: [y] }, [g]) {
      if (!gradient) return [undefined, undefined];
      const [da, db] = gradient(a!, b!, y!, g!);
      return [da && sumTo(da, a!.shape), db && sumTo(db, b!.shape)];
    },
    emit(node, to) {
      const [a, b] = node.inputs, out = node.outputs[0]!;
      const walk = collapse({
        sizes: [...out.shape], strides: [broadcastStrides(a!.shape, out.shape), broadcastStrides(b!.shape, out.shape)],
      });
      const slots: Record<number, Word> = {
        [Binary.KIND]: kind, [Binary.DST]: to.at(out), [Binary.A]: to.at(a!), [Binary.B]: to.at(b!),
        [Binary.RANK]: walk.sizes.length,
      };
      walk.sizes.forEach((size, axis) => {
        const slot = Binary.DIMS + 3 * axis;
        slots[slot] = size;
        slots[slot + 1] = walk.strides[0]![axis]!;
        slots[slot + 2] = walk.strides[1]![axis]!;
      });
      to.instruction(Opcode.Binary, Binary.DIMS + 3 * walk.sizes.length, slots);
    },
  };
}

/** Applies a function of two operands of which one may be a number. */
export function applyBinary(op: BinaryOp, a: Operand, b: Operand): Value {
  const graph = a instanceof Value ? a.graph : b instanceof Value ? b.graph : undefined;
  if (!graph) throw notAValue(op.name, [a, b]);
  return apply(op, [toValue(a, graph), toValue(b, graph)], null);
}

export const addOp = /* @__PURE__ */ binary({
  name: "add", kind: BinaryKind.Add, formula: "a + b", gradient: (_a, _b, _y, g) => [g, g],
});

export const subtractOp = /* @__PURE__ */ binary({
  name: "subtract", kind: BinaryKind.Subtract, formula: "a - b", gradient: (_a, _b, _y, g) => [g, negate(g)],
});

export const multiplyOp = /* @__PURE__ */ binary({
  name: "multiply", kind: BinaryKind.Multiply, formula: "a * b",
  gradient: (a, b, _y, g) => [multiply(g, b), multiply(g, a)],
});

export const divideOp = /* @__PURE__ */ binary({
  name: "divide", kind: BinaryKind.Divide, formula: "a / b",
  gradient: (_a, b, y, g) => [divide(g, b), negate(divide(multiply(g, y), b))],
});

export const maximumOp = /* @__PURE__ */ binary({
  name: "maximum", kind: BinaryKind.Maximum, formula: "max(a, b)",
  gradient: (a, b, _y, g) => [multiply(g, heaviside(a, b)), multiply(g, heaviside(b, a))],
});

export const minimumOp = /* @__PURE__ */ binary({
  name: "minimum", kind: BinaryKind.Minimum, formula: "min(a, b)",
  gradient: (a, b, _y, g) => [multiply(g, heaviside(b, a)), multiply(g, heaviside(a, b))],
});

export const greaterOp = /* @__PURE__ */ binary({ name: "greater", kind: BinaryKind.Greater, formula: "a > b ? 1 : 0" });
export const equalOp = /* @__PURE__ */ binary({ name: "equal", kind: BinaryKind.Equal, formula: "a === b ? 1 : 0" });
export const equalIntOp = /* @__PURE__ */ binary({ name: "equalInt", kind: BinaryKind.EqualInt, formula: "a === b ? 1 : 0" });
export const heavisideOp = /* @__PURE__ */ binary({
  name: "heaviside", kind: BinaryKind.Heaviside, formula: "a < b ? 0 : a === b ? 0.5 : 1",
});

/** a + b, with broadcasting.
 *
 * @throws ShapeError if the shapes do not fit together.
 * @example
 * const f = await compile((a, b) => add(a, b), [[2, 2], [2]]);
 * f.run([[1, 2, 3, 4], [10, 20]])[0].data // → [11, 22, 13, 24]
 */
export function add(a: Operand, b: Operand): Value {
  return applyBinary(addOp, a, b);
}

/** a − b, with broadcasting.
 *
 * @throws ShapeError if the shapes do not fit together.
 * @example
 * const f = await compile((a) => subtract(1, a), [[2]]);
 * f.run([[1, 3]])[0].data // → [0, -2]
 */
export function subtract(a: Operand, b: Operand): Value {
  return applyBinary(subtractOp, a, b);
}

/** a · b, element by element, with broadcasting.
 *
 * @throws ShapeError if the shapes do not fit together.
 * @example
 * const f = await compile((a, b) => multiply(a, b), [[2], [2]]);
 * f.run([[2, 3], [4, 5]])[0].data // → [8, 15]
 */
export function multiply(a: Operand, b: Operand): Value {
  const left = constantValue(a), right = constantValue(b);
  if (right !== undefined && a instanceof Value && stretches(b, a)) return scale(a, right);
  if (left !== undefined && b instanceof Value && stretches(a, b)) return scale(b, left);
  return applyBinary(multiplyOp, a, b);
}

/** Does the constant leave the other's shape as it is? */
function stretches(number: Operand, x: Value): boolean {
  return typeof number === "number" || broadcastShape(number.shape, x.shape)?.length === x.shape.length
    && number.shape.every((n, i) => n === 1 || n === x.shape[x.shape.length - number.shape.length + i]);
}

/** a / b, element by element, with broadcasting.
 *
 * @throws ShapeError if the shapes do not fit together.
 * @example
 * const f = await compile((a, b) => divide(a, b), [[2], [2]]);
 * f.run([[2, 3], [4, 2]])[0].data // → [0.5, 1.5]
 */
export function divide(a: Operand, b: Operand): Value {
  return applyBinary(divideOp, a, b);
}

/** The greater of a and b, with broadcasting; NaN if either is. Equals share the gradient.
 * https://pytorch.org/docs/stable/generated/torch.maximum.html
 *
 * @example
 * const f = await compile((a) => maximum(a, 0), [[2]]);
 * f.run([[-1, 3]])[0].data // → [0, 3]
 */
export function maximum(a: Operand, b: Operand): Value {
  return applyBinary(maximumOp, a, b);
}

/** The lesser of a and b, with broadcasting; NaN if either is. Equals share the gradient.
 * https://pytorch.org/docs/stable/generated/torch.minimum.html
 *
 * @example
 * const f = await compile((a) => minimum(a, 0), [[2]]);
 * f.run([[-1, 3]])[0].data // → [-1, 0]
 */
export function minimum(a: Operand, b: Operand): Value {
  return applyBinary(minimumOp, a, b);
}

/** 1 where a > b, else 0; no gradient.
 *
 * @example
 * const f = await compile((a) => greater(a, 0), [[3]]);
 * f.run([[-1, 0, 3]])[0].data // → [0, 0, 1]
 */
export function greater(a: Operand, b: Operand): Value {
  return applyBinary(greaterOp, a, b);
}

/** 1 where a = b, else 0, of two float32 or two int32 tensors; no gradient.
 *
 * @example
 * const f = await compile((a, b) => equal(argmax(a), argmax(b)), [[2, 2], [2, 2]]);
 * f.run([[1, 0, 0, 1], [1, 0, 1, 0]])[0].data // → [1, 0]
 */
export function equal(a: Operand, b: Operand): Value {
  return applyBinary(a instanceof Value && a.dtype === "int32" ? equalIntOp : equalOp, a, b);
}

/** 0 where a < b, ½ where they are equal, else (for NaN too) 1: the derivative of maximum. */
export function heaviside(a: Operand, b: Operand): Value {
  return applyBinary(heavisideOp, a, b);
}
