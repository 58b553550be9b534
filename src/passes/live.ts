// Dead nodes go: only what an output or an effect needs is compiled. Tells when each value is used for the last time.

import type { Node, Value } from "../graph.ts";

export interface Live {
  /** In the order of execution. */
  nodes: Node[];
  /** For each used value the position in `nodes` of its last use; Infinity for what is read after the run. */
  lastUse: Map<Value, number>;
}

/** What `outputs` (read after the run) and `effects` (nodes that write by themselves) need. */
export function live(outputs: readonly Value[], effects: readonly Node[]): Live {
  const needed = new Set<Node>();
  const queue: Node[] = [...effects, ...outputs.map((value) => value.node)];
  for (let node = queue.pop(); node; node = queue.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    for (const input of node.inputs) queue.push(input.node);
  }
  const nodes = [...needed].sort((a, b) => a.index - b.index);
  const lastUse = new Map<Value, number>();
  nodes.forEach((node, i) => node.inputs.forEach((input) => lastUse.set(input, i)));
  for (const output of outputs) lastUse.set(output, Infinity);
  return { nodes, lastUse };
}
