// Tensors that are one number throughout.

import { Fill, Opcode } from "../../assembly/isa.ts";
import { type Graph, type Op, Value } from "../graph.ts";
import type { Operand } from "../op.ts";
import { type Address, bits } from "../program.ts";
import { ShapeError } from "../errors.ts";
import { isShape, type Shape } from "../shape.ts";

/** A constant of one element is a literal in the program; a larger one is filled in. */
export const constantOp: Op<{ value: number; shape: Shape }> = {
  name: "constant",
  shape(_, { value, shape }) {
    if (typeof value !== "number" || !isShape(shape))
      throw new ShapeError("bad-shape", { option: "constant", wanted: "a number and a shape", got: [value, shape] });
    return [{ shape }];
  },
  gradient: () => [],
  emit(node, to) {
    const out = node.outputs[0]!;
    if (out.size === 1) return;
    to.instruction(Opcode.Fill, Fill.SIZE, {
      [Fill.DST]: to.at(out), [Fill.COUNT]: out.size, [Fill.VALUE]: bits(node.attributes.value),
    });
  },
};

export function constant(graph: Graph, value: number, shape: Shape = []): Value {
  return graph.add(constantOp, [], { value: Math.fround(value), shape })[0]!;
}

/** The numbers of a list: [length]. A Fill for each, so it is meant for a few: a weight for each class. */
export const vectorOp: Op<readonly number[]> = {
  name: "vector",
  shape(_, values) {
    if (!Array.isArray(values) || !values.length) throw new ShapeError("bad-shape", { option: "vector", wanted: "numbers", got: values });
    return [{ shape: [values.length] }];
  },
  emit({ attributes, outputs: [out] }, to) {
    const { region, offset } = to.at(out!) as Address;
    attributes.forEach((value, i) =>
      to.instruction(Opcode.Fill, Fill.SIZE, { [Fill.DST]: { region, offset: offset + 4 * i }, [Fill.COUNT]: 1, [Fill.VALUE]: bits(value) }));
  },
};

export function vector(graph: Graph, values: readonly number[]): Value {
  return graph.add(vectorOp, [], values)[0]!;
}

/** The number that a Value is throughout, or undefined. */
export function constantValue(x: Operand): number | undefined {
  if (typeof x === "number") return Math.fround(x);
  return x.node.op === constantOp ? (x.node.attributes.value as number) : undefined;
}

/** An operand as a Value of the graph. */
export function toValue(x: Operand, graph: Graph): Value {
  return typeof x === "number" ? constant(graph, x) : x;
}
