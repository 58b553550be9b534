// Tables: columns of numbers or texts under their names, as readers give them and as callers' records become.

import { DataError, type Details, show } from "../errors.ts";
import { didYouMean, isRecord } from "../options.ts";

/** A column's values: numbers (NaN: missing) or texts (null: missing). */
export type ColumnValues = Float64Array | readonly (string | null)[];

/** Columns of equal length under their names; `name` is that of the file, for messages. */
export interface Table {
  readonly name: string;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, ColumnValues>;
}

/** Raw rows as callers have them: a record for each row, by column. (With unknown in the place of any, rows of an interface would be none.) */
export type Records = readonly Readonly<Record<string, any>>[];

/** Most columns of a table that is made of records, and of one that is preprocessed. */
export const MOST_COLUMNS = 65_536;

/** A table of raw rows. Its columns are all names that any row has, in the order in which they come first. A column of numbers alone
 * becomes numbers; any other becomes texts: a number or boolean as JavaScript writes it, a Date as ISO 8601 in UTC. What is null,
 * undefined, NaN or left out is missing.
 *
 * @throws DataError, with row and column, for rows that are no records, and for cells that are arrays, objects, functions or symbols.
 * @example
 * const table = tableOf([{ city: "Bern", height: 542 }, { city: null, height: 408 }]);
 * [table.rows, table.columns.get("city"), table.columns.get("height")] // → [2, ["Bern", null], [542, 408]]
 */
export function tableOf(records: Records, name = "rows"): Table {
  if (!Array.isArray(records)) throw new DataError("not-records", { option: name, wanted: "an array of records, such as [{ age: 41 }]", got: records });
  const found = new Map<string, unknown[]>();
  records.forEach((record: unknown, row) => {
    if (!isRecord(record) || ArrayBuffer.isView(record)) throw new DataError("not-records", { option: name, row, wanted: "a record, such as { age: 41 }", got: record });
    for (const column of Object.keys(record)) {
      let cells = found.get(column);
      if (!cells) {
        if (found.size === MOST_COLUMNS) throw new DataError("too-many-columns", { option: name, row, wanted: `at most ${MOST_COLUMNS} columns`, got: "more" });
        found.set(column, (cells = []));
      }
      cells[row] = record[column];
    }
  });
  const columns = new Map<string, ColumnValues>();
  for (const [column, cells] of found) {
    cells.length = records.length;
    columns.set(column, valuesOf(cells, (row, got) => new DataError("bad-cell", {
      of: name, ...inColumn(column), row, wanted: "a text, a number, true or false, a Date or null", got,
    })));
  }
  return { name, rows: records.length, columns };
}

function valuesOf(cells: readonly unknown[], bad: (row: number, got: unknown) => DataError): ColumnValues {
  const rows = cells.length, numbers = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const cell = cells[row];
    if (cell !== null && cell !== undefined && typeof cell !== "number") return textsOf(cells, bad);
    numbers[row] = cell ?? NaN;
  }
  return numbers;
}

function textsOf(cells: readonly unknown[], bad: (row: number, got: unknown) => DataError): (string | null)[] {
  return Array.from(cells, (cell, row) => {
    if (typeof cell === "string") return cell;
    if (cell === null || cell === undefined || Number.isNaN(cell)) return null;
    if (typeof cell === "number" || typeof cell === "boolean" || typeof cell === "bigint") return String(cell);
    if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? null : cell.toISOString();
    throw bad(row, cell);
  });
}

/** Where rows stand in their file, for messages: row r at r + step, from each `from` on. Few steps, however many rows. */
export class Places {
  private readonly from: number[] = [];
  private readonly steps: number[] = [];

  /** Row `row` stands at `place`; rows come in their order. */
  note(row: number, place: number): void {
    if (place - row === this.steps.at(-1)) return;
    this.from.push(row);
    this.steps.push(place - row);
  }

  of(row: number): number {
    let low = 0, high = this.from.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.from[middle]! <= row) low = middle;
      else high = middle - 1;
    }
    return row + (this.steps[low] ?? 0);
  }
}

/** Of tables that came from a file. Not a field of theirs: a table stays plain data. */
const places = (): WeakMap<object, (row: number) => number> => (known ??= new WeakMap());
let known: WeakMap<object, (row: number) => number> | undefined;

/** The table, whose rows are told by their places in the file. */
export function placed(table: Table, of: ((row: number) => number) | undefined): Table {
  if (of) places().set(table, of);
  return table;
}

/** A column, for messages. */
export function inColumn(column: string): Details {
  return { option: `column ${show(column)}`, column };
}

/** The error of a table's column; of a file, with its name, and the row as the file has it. */
export function columnError(code: string, table: { readonly name: string }, column: string, details: Details): DataError {
  const { name } = table, place = places().get(table);
  return new DataError(code, { of: name, ...inColumn(column), ...details, ...(place && { file: name, ...(details.row !== undefined && { row: place(details.row) }) }) });
}

export function isTable(value: unknown): value is Table {
  return isRecord(value) && value.columns instanceof Map && typeof value.rows === "number";
}

/** Are these raw rows: a table, or records? An empty array is none. */
export function isRaw(value: unknown): value is Table | Records {
  return isTable(value) || (Array.isArray(value) && isRecord(value[0]) && !ArrayBuffer.isView(value[0]));
}

/** The table that callers hand over, as such or as records.
 *
 * @throws DataError for anything else, and for columns of unequal length.
 */
export function wantTable(given: Table | Records): Table {
  if (!isTable(given)) return tableOf(given);
  const { columns, rows, name = "table" } = given;
  if (columns.size > MOST_COLUMNS) throw new DataError("too-many-columns", { option: name, wanted: `at most ${MOST_COLUMNS} columns`, got: columns.size });
  for (const [column, values] of columns) {
    if (!(values instanceof Float64Array || Array.isArray(values))) throw columnError("bad-column", { name }, column, { wanted: "a Float64Array, or an array of texts and null", got: values });
    if (values.length !== rows) throw columnError("rows-mismatch", { name }, column, { wanted: `${rows} rows`, got: values.length });
  }
  return given;
}

/** A column of a table.
 *
 * @throws DataError if there is none of this name.
 */
export function wantColumn(table: Table, column: string): ColumnValues {
  const values = table.columns.get(column);
  if (values) return values;
  const known = [...table.columns.keys()];
  throw columnError("missing-column", table, column, { wanted: "a column of this name", got: known, fix: didYouMean(column, known) });
}

/** A cell as text; null where it is missing. A text of blanks is missing too. */
export function textAt(values: ColumnValues, row: number): string | null {
  const cell = values[row];
  if (typeof cell === "string") return isBlank(cell) ? null : cell;
  return cell === null || cell === undefined || Number.isNaN(cell) ? null : String(cell);
}

/** Has a row no value in a column? */
export function missingAt(values: ColumnValues, row: number): boolean {
  return values instanceof Float64Array ? Number.isNaN(values[row]) : textAt(values, row) === null;
}

function isBlank(text: string): boolean {
  return text === "" || (text.charCodeAt(0) <= 32 && text.trim() === "");
}

/** A number as files write it: digits, a point, an exponent. No thousands' separators, no 0x10, no words. */
const NUMBER = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

/** The number that a text is; NaN if it is none. */
export function numberOf(text: string): number {
  return NUMBER.test(text) ? Number(text) : NaN;
}

/** The rows of a table with these numbers, in this order.
 *
 * @throws DataError for a number that is no row.
 * @example
 * takeRows(tableOf([{ a: 1 }, { a: 2 }, { a: 3 }]), [2, 0]).columns.get("a") // → [3, 1]
 */
export function takeRows(table: Table, rows: ArrayLike<number>): Table {
  for (let i = 0; i < rows.length; i++) {
    const got = rows[i]!;
    if (!(Number.isInteger(got) && got >= 0 && got < table.rows))
      throw new DataError("row-out-of-range", { of: table.name, option: "rows", position: i, wanted: `a row number below ${table.rows}`, got });
  }
  const taken = ([column, values]: [string, ColumnValues]): [string, ColumnValues] => {
    const chosen = values instanceof Float64Array ? new Float64Array(rows.length) : new Array<string | null>(rows.length);
    for (let i = 0; i < rows.length; i++) chosen[i] = values[rows[i]!]!;
    return [column, chosen];
  };
  const place = places().get(table), ids = place && Uint32Array.from(rows);
  return placed({ name: table.name, rows: rows.length, columns: new Map([...table.columns].map(taken)) }, ids && ((row) => place!(ids[row]!)));
}

/** The table without these columns.
 *
 * @throws DataError for a name that is no column.
 * @example
 * [...dropColumns(tableOf([{ a: 1, b: 2 }]), ["a"]).columns.keys()] // → ["b"]
 */
export function dropColumns(table: Table, names: readonly string[]): Table {
  for (const name of names) wantColumn(table, name);
  return placed({ name: table.name, rows: table.rows, columns: new Map([...table.columns].filter(([name]) => !names.includes(name))) }, places().get(table));
}

/** The numbers of the rows that have a value in a column: for `takeRows`, where a target is missing here and there.
 *
 * @throws DataError for a name that is no column.
 * @example
 * rowsWith(tableOf([{ a: 1 }, { a: null }, { a: 3 }]), "a") // → [0, 2]
 */
export function rowsWith(table: Table, column: string): number[] {
  const values = wantColumn(table, column), rows: number[] = [];
  for (let row = 0; row < table.rows; row++) if (!missingAt(values, row)) rows.push(row);
  return rows;
}

/** Order of texts by code point, as sort() wants it: the same on every machine, whatever its language. JavaScript's own is by UTF-16 unit: it
 * has U+1F600 before U+FF5E. */
export function byCodePoint(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length;) {
    const one = a.codePointAt(i)!, other = b.codePointAt(i)!;
    if (one !== other) return one - other;
    i += one > 0xffff ? 2 : 1;
  }
  return a.length - b.length;
}
