// The preprocessing of a model as ONNX operators: raw columns in, the numbers of a row out, and a regression's answers in the
// target's units. Columns of numbers are float64, as they are before they are scaled, NaN where one is missing; texts are strings,
// "" where one is missing. Each is [rows, 1]. Text categories want LabelEncoder of ai.onnx.ml
// (https://onnx.ai/onnx/operators/onnx_aionnxml_LabelEncoder.html), for ONNX compares no strings before opset 19.

import { GraphError } from "../errors.ts";
import { isRecord } from "../options.ts";
import type { Type, Writer } from "./onnxOps.ts";

/** What a model knows of its raw rows, as plain data; see Preprocessing.toJSON. */
export interface RawRows {
  readonly columns: readonly RawColumn[];
  readonly target: RawTarget | null;
}

interface RawNumber { column: string; use: "standardise" | "minMax" | "log" | "none"; fill: number; shift: number; scale: number; indicator: boolean }
interface RawCategory { column: string; use: "oneHot" | "ordinal"; categories: string[]; numeric: boolean; fill: string | null; indicator: boolean }
export type RawColumn = RawNumber | RawCategory | { column: string; use: "hash" | "cyclic" };

type RawTarget = { task: "classification" } | { task: "regression"; use: "standardise" | "log" | "none"; mean: number; deviation: number };

/** What a model was given beside its network; undefined where it takes numbers. */
export function rawRowsOf(model: object): RawRows | undefined {
  const { preprocessing } = model as { preprocessing?: { toJSON(): unknown } }, json = preprocessing?.toJSON();
  return isRecord(json) ? (json as unknown as RawRows) : undefined;
}

/** Throws for a column that has no equal elsewhere. */
function notPortable({ column, use }: RawColumn, of: string): GraphError {
  return new GraphError("not-portable", {
    of, option: column, problem: `the column ${JSON.stringify(column)} is made into numbers by ${use}, for which there is no operator`,
    fix: "{ preprocessing: false } exports the model without it, for numbers that preprocessing.apply(rows).x gives",
  });
}

/** Type of the input that a column becomes. */
export function rawType(column: RawColumn, of: string): Type {
  if (column.use === "hash" || column.use === "cyclic") throw notPortable(column, of);
  return "categories" in column && !column.numeric ? "string" : "float64";
}

/** Writes the columns as [rows, features]; `names` are those of the inputs. */
export function writeRawRows(to: Writer, { columns }: RawRows, names: readonly string[]): string {
  const features = columns.flatMap((column, i) => writeColumn(to, column, names[i]!));
  return features.length === 1 ? features[0]! : to.node("Concat", features, { axis: 1 }, "");
}

function writeColumn(to: Writer, column: RawColumn, x: string): string[] {
  const node = (op: string, inputs: readonly string[], attributes = {}, more = {}): string => to.node(op, inputs, attributes, "", more);
  const double = (n: number): string => to.constant("float64", [1, 1], [n]), float = (name: string): string => node("Cast", [name], { to: 1 });
  if ("shift" in column) {
    const { use, shift, scale, fill, indicator } = column, missing = node("IsNaN", [x]);
    const filled = node("Where", [missing, double(fill), x]);
    const bent = use === "log" ? node("Mul", [node("Sign", [filled]), node("Log", [node("Add", [node("Abs", [filled]), double(1)])])]) : filled;
    const y = float(node("Div", [node("Sub", [bent, double(shift)]), double(scale)]));
    return indicator ? [y, float(missing)] : [y];
  }
  if (!("categories" in column)) throw notPortable(column, "toONNX");
  const { use, categories, numeric, fill, indicator } = column, count = categories.length;
  let at = x, missing: string, places: string;
  if (numeric) {
    missing = node("IsNaN", [x]);
    if (fill !== null) at = node("Where", [missing, double(Number(fill)), x]);
    places = to.constant("float64", [1, count], categories.map(Number));
  } else {
    const whole = (n: number): string => to.constant("int64", [1, 1], [n]), MISSING = -2, UNSEEN = -1;
    at = node("LabelEncoder", [x], {
      keys_strings: { strings: [...categories, ""] }, values_int64s: [...categories.map((_, i) => i), MISSING], default_int64: UNSEEN,
    }, { domain: "ai.onnx.ml" });
    missing = node("Equal", [at, whole(MISSING)], {}, { since: 7 });
    if (fill !== null) at = node("Where", [missing, whole(categories.indexOf(fill)), at]);
    places = to.constant("int64", [1, count], categories.map((_, i) => i));
  }
  const hot = float(node("Equal", [at, places], {}, { since: numeric ? 11 : 7 }));
  const y = use === "oneHot" ? hot : node("MatMul", [hot, to.constant("float32", [count, 1], categories.map((_, i) => i + 1))]);
  return indicator ? [y, float(missing)] : [y];
}

/** A regression's output in the units of its target. */
export function writeUnits(to: Writer, target: RawRows["target"], y: string): string {
  if (target?.task !== "regression" || target.use === "none") return y;
  const node = (op: string, inputs: readonly string[]): string => to.node(op, inputs, {}, "");
  const z = node("Add", [node("Mul", [y, to.scalar(target.deviation)]), to.scalar(target.mean)]);
  return target.use === "log" ? node("Mul", [node("Sign", [z]), node("Sub", [node("Exp", [node("Abs", [z])]), to.scalar(1)])]) : z;
}
