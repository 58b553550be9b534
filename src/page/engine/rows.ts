// Predictions of many rows, and as a CSV file that a spreadsheet opens: with a byte order mark, and no cell of text that it would compute.

import type { Model, Table, Tensor } from "../../index.ts";
import { csvLine } from "../../advice/rows.ts";
import { numberOf, takeRows, textAt } from "../../data/table.ts";
import { pacer } from "../../yield.ts";
import { inUnits } from "./outcomes.ts";

type Cell = string | number;

/** Rows that are predicted at once. */
const BLOCK = 1024;
/** In milliseconds, between two turns of the event loop. */
const TURN = 25;

/** Rows in blocks, each with its cells: those of the table, and then what the model says. */
export async function* predicted(model: Model, table: Table): AsyncGenerator<{ readonly rows: readonly (readonly Cell[])[]; readonly unseen: Iterable<string> }> {
  const pause = pacer(TURN), columns = [...table.columns.keys()];
  for (let from = 0; from < table.rows; from += BLOCK) {
    const part = takeRows(table, Uint32Array.from({ length: Math.min(BLOCK, table.rows - from) }, (_, i) => from + i));
    const { x, unseen } = model.preprocessing!.apply(part, { target: false }), said = saidOf(model, x);
    yield { rows: said.map((cells, row) => [...columns.map((name) => textAt(part.columns.get(name)!, row) ?? ""), ...cells]), unseen: unseen.keys() };
    await pause();
  }
}

/** Of each row the class and the probabilities of all, or the number. */
export function saidOf(model: Model, x: Tensor, classes = model.preprocessing?.classes): Cell[][] {
  if (!classes) return Array.from(inUnits(model, model.predict(x).data as Float32Array), (value) => [digits(value)]);
  return model.classify(x).map((told) => {
    const cells: Cell[] = [told[0]!.label];
    for (const { index, probability } of told) cells[1 + index] = digits(probability);
    return cells;
  });
}

/** Names of these cells. */
export const saidColumns = (classes: readonly string[] | undefined): string[] => ["prediction", ...(classes ?? [])];

/** As many digits as a float32 has. */
const digits = (value: number): number => Number(value.toPrecision(7));

export const BYTE_ORDER_MARK = "\ufeff";

/** A line of CSV. A text that a spreadsheet would take for a formula begins with an apostrophe; a number stays one. */
export const safeLine = (cells: readonly Cell[]): string =>
  csvLine(cells.map((cell) => (typeof cell === "string" && /^[=+\-@\t\r]/.test(cell) && Number.isNaN(numberOf(cell)) ? `'${cell}` : cell)));
