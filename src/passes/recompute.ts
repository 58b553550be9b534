// Recomputation: values of the forward pass are made again in the backward pass instead of being kept. The forward pass is
// cut into segments. What a later one reads is kept; when the backward pass comes to a segment, its other nodes are made
// once more, from the same numbers. Chen et al., Training Deep Nets with Sublinear Memory Cost (2016).
//
//   forward   a b c | d e f | g h i            c and f are kept, and g h i, which are needed next
//   backward  i h g   d e · f e d   a b · c b a

import { type Graph, type Node, origin, type Value } from "../graph.ts";
import { isSource } from "./storage.ts";

/** Cuts a graph, as far as it is made, into segments that make about as many bytes each; for `graph.again`. */
export function recompute(graph: Graph, segments: number): (node: Node) => Node {
  const nodes = graph.nodes.filter(({ outputs: [y] }) => y && !isSource(y)), segmentOf = new Map<Node, number>();
  /** The last segment that reads a node. */
  const last = new Map<Node, number>();
  const all = nodes.reduce((sum, { outputs: [y] }) => sum + y!.bytes, 0);
  let made = 0;
  for (const node of nodes) {
    const segment = Math.floor((segments * made) / all);
    segmentOf.set(node, segment);
    for (const input of node.inputs) last.set(origin(input).node, segment); // a view is read where it is made from
    made += node.outputs[0]!.bytes;
  }
  const again = new Map<Value, Value>(), now = (value: Value): Value => again.get(value) ?? value;
  let at = segments - 1;
  return (node) => {
    if (segmentOf.get(node)! < at) {
      at = segmentOf.get(node)!;
      for (const { op, inputs, outputs, attributes, layer } of nodes.filter((other) => segmentOf.get(other) === at && !(last.get(other)! > at))) {
        graph.layer = layer;
        graph.add(op, inputs.map(now), attributes).forEach((output, k) => again.set(outputs[k]!, output));
      }
    }
    return Object.assign(Object.create(node), { inputs: node.inputs.map(now), outputs: node.outputs.map(now) });
  };
}
