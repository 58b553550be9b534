// What a model says all over the range of its inputs, where these can be drawn: one or two columns of numbers.

import type { Model, Table } from "../../index.ts";
import { numberAt } from "../../data/transforms.ts";
import { nextTask } from "../../yield.ts";
import type { Axis, Surface } from "./api.ts";
import { heldOutOf, inUnits, outcomesOf } from "./outcomes.ts";
import type { Run } from "./run.ts";

/** Places on a side of a plane, and along a curve. */
const SIDE = 120, ALONG = 200;
/** Points that are drawn at the most. */
const POINTS = 2000;
/** Beyond the data, as a share of their range. */
const MARGIN = 0.05;

export async function surfaceOf(run: Run): Promise<Surface | undefined> {
  const { model, ready } = run, columns = ready.preprocessing?.columns ?? [], table = heldOutOf(ready);
  if (!("columns" in table) || columns.length < 1 || columns.length > 2 || !columns.every((column) => "shift" in column && column.use !== "cyclic")) return undefined;
  const names = columns.map(({ column }) => column), values = names.map((name) => numbersIn(table, name)), axes = names.map((name, i) => axisOf(name, values[i]!));
  const { right } = await outcomesOf(run), stride = Math.ceil(table.rows / POINTS), rows = Array.from({ length: Math.ceil(table.rows / stride) }, (_, i) => i * stride);
  const [x, y] = axes as [Axis, Axis?], classes = ready.classes ?? [];
  if (!y) {
    const at = placesOn(x, ALONG), told = await said(model, names, [at], classes.length);
    return {
      kind: "curve", x, at: [...at],
      lines: classes.length ? classes.map((name, i) => ({ name, values: [...at].map((_, k) => told.chances[k * classes.length + i]!) })) : [{ name: ready.facts.target, values: [...told.values] }],
      points: classes.length ? [] : rows.map((row): [number, number] => [values[0]![row]!, right[row]!]).filter((point) => point.every(Number.isFinite)),
    };
  }
  const across = placesOn(x, SIDE), up = placesOn(y, SIDE), places = Float64Array.from({ length: SIDE * SIDE }, (_, i) => across[i % SIDE]!);
  const { values: cells, chances } = await said(model, names, [places, places.map((_, i) => up[Math.floor(i / SIDE)]!)], classes.length);
  return {
    kind: "plane", x, y, size: SIDE, classes, values: cells,
    probability: classes.length ? cells.map((index, i) => chances[i * classes.length + index]!) : undefined,
    points: rows.map((row) => ({ x: values[0]![row]!, y: values[1]![row]!, value: right[row]! })).filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y)),
  };
}

const numbersIn = (table: Table, name: string): Float64Array => {
  const column = table.columns.get(name)!;
  return Float64Array.from({ length: table.rows }, (_, row) => numberAt(table, name, column, row));
};

function axisOf(name: string, values: Float64Array): Axis {
  let low = Infinity, high = -Infinity;
  for (const value of values) if (Number.isFinite(value)) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(low <= high)) return { name, low: 0, high: 1 };
  const margin = MARGIN * (high - low) || 1;
  return { name, low: low - margin, high: high + margin };
}

const placesOn = ({ low, high }: Axis, count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));

/** Class numbers and probabilities, or numbers, of raw rows. */
async function said(model: Model, names: readonly string[], columns: readonly Float64Array[], classes: number): Promise<{ values: Float32Array; chances: Float32Array }> {
  const rows = columns[0]!.length, values = new Float32Array(rows), chances = new Float32Array(rows * classes), block = 2048;
  for (let from = 0; from < rows; from += block) {
    const part = columns.map((column) => column.slice(from, from + block));
    const table: Table = { name: "plane", rows: part[0]!.length, columns: new Map(names.map((name, i) => [name, part[i]!])) };
    const x = model.preprocessing!.apply(table, { target: false }).x;
    if (classes) model.classify(x).forEach((told, i) => {
      values[from + i] = told[0]!.index;
      for (const { index, probability } of told) chances[(from + i) * classes + index] = probability;
    });
    else values.set(inUnits(model, model.predict(x).data as Float32Array), from);
    await nextTask();
  }
  return { values, chances };
}
