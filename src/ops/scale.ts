// A tensor times a number that is known when the graph is built.

import { Map, MapKind, Opcode } from "../../assembly/isa.ts";
import type { Op, Value } from "../graph.ts";
import { apply, misfit, wantFloats } from "../op.ts";
import { bits } from "../program.ts";
import { constant, constantValue } from "./constant.ts";

export const scaleOp: Op<{ factor: number }> = {
  name: "scale",
  inPlace: [0],
  shape([x], { factor }) {
    wantFloats("scale", [x!]);
    if (typeof factor !== "number") throw misfit("scale", x!, "a number", factor, "not-a-number");
    return [{ shape: x!.shape }];
  },
  gradient: ({ attributes: { factor } }, [g]) => [scale(g!, factor)],
  emit(node, to) {
    const [x] = node.inputs;
    to.instruction(Opcode.Map, Map.SIZE, {
      [Map.KIND]: MapKind.Scale, [Map.DST]: to.at(node.outputs[0]!), [Map.SRC]: to.at(x!), [Map.COUNT]: x!.size,
      [Map.P0]: bits(node.attributes.factor), [Map.P1]: 0,
    });
  },
};

/** factor · x */
export function scale(x: Value, factor: number): Value {
  const value = constantValue(x);
  if (value !== undefined) return constant(x.graph, value * Math.fround(factor), x.shape);
  return factor === 1 ? x : apply(scaleOp, [x], { factor: Math.fround(factor) });
}

/** −x
 *
 * @example
 * const f = await compile((x) => negate(x), [[2]]);
 * f.run([[1, -2]])[0].data // → [-1, 2]
 */
export function negate(x: Value): Value {
  return scale(x, -1);
}
