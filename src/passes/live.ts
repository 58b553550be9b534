// Dead nodes go: only what an output or an effect needs is compiled. Tells when each value is used for the last time.

import type { Node, Value } from "../graph.ts";

export interface Live {
  /** In the order of execution. */
  nodes: readonly Node[];
  /** For each used value the position in `nodes` of its last use; Infinity for what is read after the run. */
  lastUse: Map<Value, number>;
}

/** The nodes that `outputs` (read after the run) and `effects` (nodes that write by themselves) need, in the order of
 * their making. */
export function needed(outputs: readonly Value[], effects: readonly Node[]): Node[] {
  const found = new Set<Node>();
  const queue: Node[] = [...effects, ...outputs.map((value) => value.node)];
  for (let node = queue.pop(); node; node = queue.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    for (const input of node.inputs) queue.push(input.node);
  }
  return [...found].sort((a, b) => a.index - b.index);
}

export function live(nodes: readonly Node[], outputs: readonly Value[]): Live {
  const lastUse = new Map<Value, number>();
  nodes.forEach((node, i) => node.inputs.forEach((input) => lastUse.set(input, i)));
  for (const output of outputs) lastUse.set(output, Infinity);
  return { nodes, lastUse };
}
