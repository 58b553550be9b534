// Between whole numbers and floats, and rows by number.

import { Convert, ConvertKind, Gather, GatherKind, Opcode } from "../../assembly/isa.ts";
import type { Op, Value } from "../graph.ts";
import { apply, misfit } from "../op.ts";
import { sizeOf } from "../shape.ts";

export const convertOp: Op<{ kind: ConvertKind }> = {
  name: "convert",
  inPlace: [0],
  shape([x], { kind }) {
    if (!(kind >= 0 && kind < ConvertKind.Count)) throw misfit("convert", x!, "a known kind", kind, "kind");
    return [{ shape: x!.shape, dtype: kind === ConvertKind.FloatToInt ? "int32" : "float32" }];
  },
  gradient: () => [undefined],
  emit(node, to) {
    const [x] = node.inputs;
    to.instruction(Opcode.Convert, Convert.SIZE, {
      [Convert.KIND]: node.attributes.kind, [Convert.DST]: to.at(node.outputs[0]!), [Convert.SRC]: to.at(x!),
      [Convert.COUNT]: x!.size,
    });
  },
};

/** int32 as float32; no gradient.
 *
 * @example
 * const f = await compile((x) => toFloat(argmax(x)), [[1, 3]]);
 * f.run([[0, 5, 1]])[0].data // → [1]
 */
export function toFloat(x: Value): Value {
  return x.dtype === "float32" ? x : apply(convertOp, [x], { kind: ConvertKind.IntToFloat });
}

/** float32 as int32, rounded towards 0; no gradient.
 *
 * @example
 * const f = await compile((x) => toInt(x), [[2]]);
 * f.run([[1.7, -1.7]])[0].data // → [1, -1]
 */
export function toInt(x: Value): Value {
  return x.dtype === "int32" ? x : apply(convertOp, [x], { kind: ConvertKind.FloatToInt });
}

const gatherOp: Op<{ rows: number }> = {
  name: "gatherRows",
  shape: ([table], { rows }) => [{
    shape: [rows, ...table!.shape.slice(1)], dtype: table!.dtype === "uint8" ? "float32" : table!.dtype,
  }],
  gradient: () => [undefined, undefined, undefined],
  emit(node, to) {
    const [table, ids, cursor] = node.inputs, { rows } = node.attributes;
    to.instruction(Opcode.Gather, Gather.SIZE, {
      [Gather.KIND]: table!.dtype === "uint8" ? GatherKind.ByteToFloat : GatherKind.Word,
      [Gather.DST]: to.at(node.outputs[0]!), [Gather.TABLE]: to.at(table!), [Gather.IDS]: to.at(ids!),
      [Gather.CURSOR]: to.at(cursor!), [Gather.ROWS]: rows, [Gather.WIDTH]: sizeOf(table!.shape.slice(1)),
    });
  },
};

/** Rows ids[cursor] … ids[cursor + rows − 1] of a table; bytes become floats. The positions must lie in the table. */
export function gatherRows(table: Value, ids: Value, cursor: Value, rows: number): Value {
  return apply(gatherOp, [table, ids, cursor], { rows });
}
