// The order of the nodes, for a lower peak of memory: a node waits until the first result that needs it is due. Results are
// due in the order of their making, so that a weight's gradient is taken before the next layer's is begun, and what only
// the last of them needs is not there before it. (To take the node by which memory grows least was up to a third worse.)

import type { Node, Value } from "../graph.ts";

/** The nodes in that order; from the first effect on they stay as they are, for effects write what others read. */
export function order(nodes: readonly Node[], outputs: readonly Value[], effects: readonly Node[]): Node[] {
  const results = new Set(outputs.map(({ node }) => node)), stays = Math.min(...effects.map(({ index }) => index));
  /** For each, by its index, that of the result for which it is there. */
  const due = new Float64Array(1 + (nodes.at(-1)?.index ?? 0)).fill(stays);
  for (const node of [...nodes].reverse()) {
    const { index } = node;
    if (results.has(node) || index >= stays) due[index] = index;
    for (const input of node.inputs) due[input.node.index] = Math.min(due[index]!, due[input.node.index]!);
  }
  return [...nodes].sort((a, b) => due[a.index]! - due[b.index]! || a.index - b.index);
}
