// The end of a training step: check, guard, update. These nodes write by themselves and have no output that others
// read; addresses of the fit's block are their attributes.

import { Check, Guard, GuardCell, Map, MapKind, Opcode, Size, Squares, Stop, Update, type UpdateKind } from "../../assembly/isa.ts";
import type { Node, Op, Value } from "../graph.ts";
import { type Address, bits } from "../program.ts";

/** FLAG = 1 if the input has a NaN or an infinity. */
export const checkOp: Op<{ flag: Address }> = {
  name: "check",
  shape: () => [],
  emit({ inputs: [x], attributes: { flag } }, to) {
    to.instruction(Opcode.Check, Check.SIZE, { [Check.SRC]: to.at(x!), [Check.COUNT]: x!.size, [Check.FLAG]: flag },
      [{ address: flag, bytes: 4 }]);
  },
};

/** Every number of the gradients between −value and value; FLAG = 1 if one was infinite before. */
export const clipOp: Op<{ gradient: Address; count: number; value: number; flag: Address }> = {
  name: "clip",
  shape: () => [],
  emit({ attributes: { gradient, count, value, flag } }, to) {
    to.instruction(Opcode.Check, Check.SIZE, { [Check.SRC]: gradient, [Check.COUNT]: count, [Check.FLAG]: flag },
      [{ address: flag, bytes: 4 }]);
    to.instruction(Opcode.Map, Map.SIZE, {
      [Map.KIND]: MapKind.Clamp, [Map.DST]: gradient, [Map.SRC]: gradient, [Map.COUNT]: count, [Map.P0]: bits(-value), [Map.P1]: bits(value),
    }, [{ address: gradient, bytes: 4 * count }]);
  },
};

export interface GuardAttributes {
  /** The gradients: `count` numbers. */
  gradient: Address;
  count: number;
  cells: Address;
  flag: Address;
  loss: Address;
  /** Greatest norm; 0 for any. */
  clip: number;
}

/** Inputs: what must have been computed before (loss and gradients). */
export const guardOp: Op<GuardAttributes> = {
  name: "guard",
  shape: () => [],
  scratch: ({ attributes: { count } }) => [8 * Math.ceil(count / Size.GUARD_CHUNK)],
  emit({ attributes: { gradient, count, cells, flag, loss, clip } }, to) {
    const partials = to.scratch(0), chunks = Math.ceil(count / Size.GUARD_CHUNK);
    to.instruction(Opcode.Squares, Squares.SIZE, { [Squares.PARTIALS]: partials, [Squares.SRC]: gradient, [Squares.COUNT]: count },
      [{ address: partials, bytes: 8 * chunks }]);
    to.instruction(Opcode.Guard, Guard.SIZE, {
      [Guard.CELLS]: cells, [Guard.PARTIALS]: partials, [Guard.CHUNKS]: chunks, [Guard.LOSS]: loss, [Guard.FLAG]: flag,
      [Guard.CLIP]: bits(clip),
    }, [{ address: cells, bytes: 4 * GuardCell.FLUSH }]);
  },
};

export interface UpdateAttributes {
  kind: UpdateKind;
  table: Address;
  segments: number;
  gradient: Address;
  count: number;
  state: Address;
  stride: number;
  cells: Address;
  /** Bytes of a group's cells. */
  group: number;
  guard: Address;
  /** What it writes: the parameters. */
  writes: { address: Address; bytes: number }[];
}

export const updateOp: Op<UpdateAttributes> = {
  name: "update",
  shape: () => [],
  emit({ attributes: a }, to) {
    to.instruction(Opcode.Update, Update.SIZE, {
      [Update.KIND]: a.kind, [Update.TABLE]: a.table, [Update.SEGMENTS]: a.segments, [Update.TOTAL]: a.count,
      [Update.GRADIENT]: a.gradient, [Update.STATE]: a.state, [Update.STRIDE]: a.stride, [Update.CELLS]: a.cells,
      [Update.GROUP]: a.group, [Update.GUARD]: a.guard,
    }, a.writes);
  },
};

/** The program ends here after a step that was not finite: what follows is not written. */
export const stopOp: Op<{ guard: Address }> = {
  name: "stop",
  shape: () => [],
  emit({ attributes: { guard } }, to) {
    // the word 0 is an End
    to.instruction(Opcode.Stop, Stop.SIZE, { [Stop.GUARD]: guard, [Stop.END]: { literal: Opcode.End } }, []);
  },
};

/** Adds an effect and returns its node. */
export function effect<A>(op: Op<A>, after: readonly Value[], attributes: A): Node {
  const { graph } = after[0]!;
  graph.add(op, after, attributes);
  return graph.nodes.at(-1)!;
}
