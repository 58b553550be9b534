// What is told of the data once a target is chosen.

import type { Schema, Table } from "../../index.ts";
import type { Ready } from "../../advice/prepare.ts";
import { numberOf } from "../../data/table.ts";
import type { Asked, ColumnView, Described } from "./api.ts";
import type { Opened } from "./files.ts";

/** Bars of a histogram. */
const BARS = 12;

export function describe({ facts, schema, input, training, heldOut, notes }: Ready, asked: Asked, opened: Opened | undefined): Described {
  const table = opened?.kind === "table" ? opened.table : undefined;
  const rows = (data: { y: unknown }): number => (data.y as { length: number }).length;
  return {
    asked, task: facts.task, target: facts.target, classes: facts.classes ?? [], trainingRows: rows(training), heldOutRows: rows(heldOut), input,
    columns: schema && table ? columnsOf(schema, table) : [],
    notes,
  };
}

export function columnsOf(schema: Schema, table: Table): ColumnView[] {
  return schema.columns.map(({ name, type, use, reason: { code, ...details }, missing, distinct, range, frequent }) => ({
    name, type, use, why: { code, details: plain(details) }, missing, distinct, range,
    histogram: range && type === "number" ? counts(table, name, range) : frequent.map(([label, count]) => ({ label, count })),
  }));
}

const plain = (details: Readonly<Record<string, string | number | boolean>>): Record<string, string | number> =>
  Object.fromEntries(Object.entries(details).map(([name, value]) => [name, typeof value === "boolean" ? String(value) : value]));

function counts(table: Table, name: string, [least, most]: readonly [number, number]): ColumnView["histogram"] {
  const values = table.columns.get(name)!, bars = new Array<number>(BARS).fill(0);
  for (let row = 0; row < table.rows; row++) {
    const value = numberOf(values[row] as never);
    if (Number.isFinite(value)) bars[Math.min(BARS - 1, Math.floor((BARS * (value - least)) / (most - least || 1)))]!++;
  }
  return bars.map((count, i) => ({ label: String(least + ((most - least) * i) / BARS), count }));
}
