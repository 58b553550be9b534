// How ops are applied, and the sources: nodes that no instruction makes, because a session puts their values where
// the plan says.

import { GraphError, ShapeError } from "./errors.ts";
import { Graph, type Op, type Spec, Value } from "./graph.ts";
import { type Shape, sameShape, showShape } from "./shape.ts";

/** A Value, or a number that stands for a scalar of that value. */
export type Operand = Value | number;

/** Applies an op to Values of one graph and returns its first output. */
export function apply<A>(op: Op<A>, inputs: readonly Value[], attributes: A): Value {
  return applyAll(op, inputs, attributes)[0]!;
}

/** Applies an op and returns all its outputs. */
export function applyAll<A>(op: Op<A>, inputs: readonly Value[], attributes: A): readonly Value[] {
  const first = inputs[0];
  if (!(first instanceof Value))
    throw new GraphError("not-a-value", `${op.name}: wanted a Value as its first operand, got ${typeof first}`,
      { got: first, wanted: "Value" });
  return first.graph.add(op, inputs, attributes);
}

/** What a source is, for a session. */
export interface SourceAttributes extends Spec {
  name: string;
}

function source(name: string): Op<SourceAttributes> {
  return {
    name,
    shape: (_, spec) => [spec],
    gradient: () => [],
    emit() {},
  };
}

/** Data of a run: the host, or an instruction that gathers, writes it before. */
export const inputOp: Op<SourceAttributes> = /* @__PURE__ */ source("input");
/** A parameter or buffer: lies in the parameter block. */
export const parameterOp: Op<SourceAttributes> = /* @__PURE__ */ source("parameter");

export function input(graph: Graph, name: string, shape: Shape, dtype: Spec["dtype"] = "float32"): Value {
  return graph.add(inputOp, [], { name, shape, dtype })[0]!;
}

/** Throws unless every input is of the type that the op computes with. */
export function wantFloats(op: string, inputs: readonly Value[]): void {
  for (const value of inputs)
    if (value.dtype !== "float32")
      throw new ShapeError("dtype", `${op}${value.graph.where}: wanted float32, got ${value.dtype} ${showShape(value.shape)}`
        + "; toFloat(x) converts", { layer: value.graph.layer, got: value.dtype, wanted: "float32" });
}

/** Throws unless two Values have one shape. */
export function wantSameShape(op: string, a: Value, b: Value): void {
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError("shape-mismatch",
      `${op}${a.graph.where}: wanted two equal shapes, got ${showShape(a.shape)} and ${showShape(b.shape)}`,
      { layer: a.graph.layer, got: [a.shape, b.shape] });
}
