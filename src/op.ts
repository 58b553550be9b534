// How ops are applied, and the sources: nodes that no instruction makes, because a session puts their values where
// the plan says.

import { GraphError, ShapeError } from "./errors.ts";
import { Graph, notAValue, type Op, type Spec, Value } from "./graph.ts";
import { type Shape, sameShape } from "./shape.ts";

/** A Value, or a number that stands for a scalar of that value. */
export type Operand = Value | number;

/** Applies an op to Values of one graph and returns its first output. */
export function apply<A>(op: Op<A>, inputs: readonly Value[], attributes: A): Value {
  return applyAll(op, inputs, attributes)[0]!;
}

/** Applies an op and returns all its outputs. */
export function applyAll<A>(op: Op<A>, inputs: readonly Value[], attributes: A): readonly Value[] {
  const first = inputs[0];
  if (!(first instanceof Value)) throw notAValue(op.name, first);
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
  for (const { dtype, graph } of inputs)
    if (dtype !== "float32")
      throw new ShapeError("dtype", { ...graph.at, option: op, wanted: "float32", got: dtype, fix: "toFloat(x) converts" });
}

/** Throws unless two Values have one shape. */
export function wantSameShape(op: string, a: Value, b: Value): void {
  if (!sameShape(a.shape, b.shape)) throw apart(op, a, b, "equal shapes");
}

/** The error for two inputs of an op that do not fit together. */
export function apart(option: string, a: Value, b: Value, wanted: string): ShapeError {
  const [one, other] = [a, b].map(({ node }) => node.label);
  return new ShapeError("shape-mismatch", { ...a.graph.at, option, wanted, got: [a.shape, b.shape], fix: `they come from ${one} and ${other}` });
}

/** Throws unless the derivative of an op has itself a derivative. */
export function wantSecond(op: string, graph: Graph, second: unknown): asserts second {
  if (!second) throw new GraphError("no-second-derivative", { ...graph.at, option: op, problem: "no second derivative" });
}

/** The error for an input x, or attributes, that do not suit an op. */
export function misfit(op: string, x: Value, wanted: string, got: unknown, code = "shape-mismatch"): ShapeError {
  return new ShapeError(code, { ...x.graph.at, option: op, wanted, got });
}
