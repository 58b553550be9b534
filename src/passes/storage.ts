// Which values share memory: views (reshape) share with their original, and an op that may work in place takes the
// memory of an input that nobody needs afterwards.

import { type Node, type Value } from "../graph.ts";
import { inputOp, parameterOp } from "../op.ts";
import { constantOp } from "../ops/constant.ts";
import type { Address } from "../program.ts";
import type { Live } from "./live.ts";

/** A piece of memory and the steps (positions of nodes) from and to which it is taken, both included. */
export interface Storage {
  bytes: number;
  start: number;
  end: number;
  /** Where it lies: given beforehand, or set by the plan. */
  address?: Address | undefined;
}

export interface Storages {
  of: Map<Value, Storage>;
  scratch: Map<Node, Storage[]>;
}

/** A value that no instruction makes: its memory is not for others. */
export function isSource({ node }: Value): boolean {
  return node.op === inputOp || node.op === parameterOp || node.op === constantOp;
}

export function assignStorage({ nodes, lastUse }: Live, pins: ReadonlyMap<Value, Address>, inPlace = true): Storages {
  const of = new Map<Value, Storage>(), scratch = new Map<Node, Storage[]>();
  nodes.forEach((node, i) => {
    const { op, inputs, outputs } = node;
    outputs.forEach((output, k) => {
      const pin = pins.get(output), used = lastUse.get(output);
      if (used === undefined && k > 0 && op.optional) return;
      const end = Math.max(used ?? i, i);
      const shared = k > 0 ? undefined
        : op.alias ? of.get(inputs[0]!)
        : pin || !inPlace || isSource(output) ? undefined
        : (op.inPlace ?? []).map((at) => inputs[at]!).filter((input) => free(input, output, i)).map((x) => of.get(x)!)[0];
      if (shared) {
        shared.end = Math.max(shared.end, end);
        if (pin) shared.address = pin;
        of.set(output, shared);
      } else {
        const { bytes } = output;
        // data of the run is there before the first instruction
        of.set(output, { bytes, start: op === inputOp ? -1 : i, end, address: pin });
      }
    });
    const bytes = op.scratch?.(node) ?? [];
    scratch.set(node, bytes.map((count) => ({ bytes: count, start: i, end: i })));
  });
  return { of, scratch };

  /** May the output of node i take this input's memory? */
  function free(input: Value, output: Value, i: number): boolean {
    const storage = of.get(input)!;
    return storage.end === i && !storage.address && input.node.op !== constantOp && input.node.op !== parameterOp
      && storage.bytes === output.bytes;
  }
}
