// Reverse-mode differentiation. Gradients are nodes of the same graph, so they can be differentiated again wherever
// the ops know a second derivative.

import { GraphError, ShapeError } from "./errors.ts";
import { type Node, notAValue, Value } from "./graph.ts";
import { constant } from "./ops/constant.ts";
import { add } from "./ops/binary.ts";

/** The gradients of the scalar y with respect to each Value of `wrt`, in their shapes; zeros where y does not depend
 * on one.
 *
 * @throws ShapeError if y is not a scalar; GraphError for what is no Value, and if an op on the way has no derivative.
 * @example
 * const f = await compile((x) => grad(sum(square(x)), [x]), [[2]]);
 * f.run([[3, -1]])[0].data // → [6, -2]
 */
export function grad(y: Value, wrt: readonly Value[]): Value[] {
  for (const value of [y, ...(Array.isArray(wrt) ? wrt : [[wrt]])] as unknown[]) if (!(value instanceof Value)) throw notAValue("grad", value);
  if (y.size !== 1)
    throw new ShapeError("not-a-scalar", { option: "grad", wanted: "a scalar (shape [])", got: y.shape, fix: "sum(y) or mean(y) gives one" });
  const { graph } = y;
  const nodes = graph.nodes.slice(0, y.node.index + 1);
  const reaches = dependents(nodes, wrt);
  const gradients = new Map<Value, Value>([[y, constant(graph, 1, y.shape)]]);
  const { layer, layerType } = graph;
  graph.layerType = "";
  for (const node of nodes.reverse()) {
    const arrived = node.outputs.map((output) => gradients.get(output));
    if (!reaches.has(node) || arrived.every((g) => g === undefined)) continue;
    const its = graph.again?.(node) ?? node;
    graph.layer = node.layer;
    if (!node.op.gradient) throw new GraphError("no-gradient", { layer: node.layer, option: node.op.name, problem: "no derivative" });
    const parts = node.op.gradient(its, arrived);
    node.inputs.forEach((input, i) => {
      const part = parts[i];
      if (!part || !leads(input, reaches, wrt)) return;
      const sum = gradients.get(input);
      gradients.set(input, sum ? add(sum, part) : part);
    });
  }
  Object.assign(graph, { layer, layerType });
  return wrt.map((x) => gradients.get(x) ?? constant(graph, 0, x.shape));
}

/** The nodes that depend on one of the values. */
function dependents(nodes: readonly Node[], values: readonly Value[]): Set<Node> {
  const found = new Set<Node>();
  for (const node of nodes) if (node.inputs.some((input) => leads(input, found, values))) found.add(node);
  return found;
}

function leads(value: Value, found: Set<Node>, values: readonly Value[]): boolean {
  return found.has(value.node) || values.includes(value);
}
