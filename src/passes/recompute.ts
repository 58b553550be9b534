// Recomputation: values of the forward pass are made again in the backward pass instead of being kept. The forward pass is
// cut into segments. What crosses a cut is kept; when the backward pass comes to a segment, its other nodes are made once
// more, from the same numbers. Chen et al., Training Deep Nets with Sublinear Memory Cost (2016).
//
//   forward   a b c | d e f | g h i            c and f are kept, and g h i, which are needed next
//   backward  i h g   d e · f e d   a b · c b a

import { type Graph, type Node, origin, type Value } from "../graph.ts";
import { isSource } from "./storage.ts";

/** Cuts a graph, as far as it is made, into segments that make about as many bytes each; for `graph.again`. */
export function recompute(graph: Graph, segments: number): (node: Node) => Node {
  const nodes = graph.nodes.filter(({ outputs: [y] }) => y && !isSource(y));
  /** Where a node's outputs are read for the last time, through views too. */
  const last = new Map<Node, number>();
  nodes.forEach(({ inputs }, i) => inputs.forEach((input) => last.set(origin(input).node, i)));
  // before each node: the bytes made so far, and those that a cut would keep
  const made = [0], kept = nodes.map(() => 0);
  nodes.forEach((node, i) => {
    const bytes = node.op.alias ? 0 : node.outputs.reduce((sum, output) => sum + output.bytes, 0);
    made.push(made[i]! + bytes);
    for (let cut = i + 1; cut <= (last.get(node) ?? 0); cut++) kept[cut]! += bytes;
  });
  const cuts = Array.from({ length: segments - 1 }, (_, k) => {
    // what a segment has beyond its share counts like what is kept
    const costs = kept.map((bytes, i) => bytes + Math.abs(made[i]! - ((k + 1) * made.at(-1)!) / segments));
    return costs.indexOf(Math.min(...costs));
  });
  const segmentOf = new Map(nodes.map((node, i) => [node, cuts.filter((cut) => cut <= i).length]));
  const again = new Map<Value, Value>(), done = new Set<number>(), at = (value: Value): Value => again.get(value) ?? value;
  return (node) => {
    const segment = segmentOf.get(node) ?? cuts.length, end = cuts[segment];
    if (end === undefined) return node;
    if (!done.has(segment)) {
      done.add(segment);
      for (const { op, inputs, outputs, attributes, layer } of nodes.slice(cuts[segment - 1] ?? 0, end)) {
        if (last.get(outputs[0]!.node)! >= end) continue;
        graph.layer = layer;
        graph.add(op, inputs.map(at), attributes).forEach((output, k) => again.set(outputs[k]!, output));
      }
    }
    return Object.assign(Object.create(node), { inputs: node.inputs.map(at), outputs: node.outputs.map(at) });
  };
}
