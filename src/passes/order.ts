// The order of the nodes, for a lower peak of memory: a node waits until the first result that needs it is due. Results are
// due in the order of their making, so that a weight's gradient is taken before the next layer's is begun, and what only
// the last of them needs is not there before it.

import type { Node, Value } from "../graph.ts";

/** The nodes in that order; from the first effect on they stay as they are, for effects write what others read. */
export function order(nodes: readonly Node[], outputs: readonly Value[], effects: readonly Node[]): Node[] {
  const results = new Set(outputs.map(({ node }) => node)), stays = Math.min(...effects.map(({ index }) => index));
  /** Index of the result for which each is there. */
  const due = new Map<Node, number>();
  for (const node of [...nodes].reverse()) {
    const { index } = node, when = results.has(node) || index >= stays ? index : due.get(node)!;
    due.set(node, when);
    // readers come first here
    for (const input of node.inputs) due.set(input.node, Math.min(when, stays, due.get(input.node) ?? Infinity));
  }
  return [...nodes].sort((a, b) => due.get(a)! - due.get(b)! || a.index - b.index);
}
