// Data as they come: tables are the library's; numbers without names are these.

import type { CsvForm } from "../data/csv.ts";
import { type ColumnValues, columnError, missingAt } from "../data/table.ts";
import type { Model, Table } from "../index.ts";
import { didYouMean } from "../options.ts";
import { UsageError } from "./failure.ts";

/** "images": a folder of them, an archive of such a folder, or one image. */
export type Kind = "csv" | "jsonl" | "parquet" | "idx" | "npz" | "images";

/** Numbers in rows, without names: pictures and the like. */
export interface Arrays {
  readonly name: string;
  readonly rows: number;
  readonly x: { readonly data: Numbers; readonly shape: readonly number[] };
  /** Class numbers, or numbers to predict; without it there is nothing to compare with. */
  readonly y: { readonly data: Numbers; readonly shape: readonly number[] } | undefined;
  /** What class numbers stand for, where they have names. */
  readonly classes?: readonly string[];
  /** Of each row, such as its file, where they have some. */
  readonly names?: readonly string[];
}

export type Numbers = Uint8Array | Int32Array | Float32Array | Float64Array;

/** Labelled images, with what was chosen for them: value and reason. */
export interface Images extends Arrays {
  readonly images: { readonly imageSize: readonly [string, string]; readonly channels: readonly [string, string] };
}

/** Some rows. */
export function takeArrays({ x, y, names, ...rest }: Arrays, ids: ArrayLike<number>): Arrays {
  const take = <T extends { readonly data: any; readonly shape: readonly number[] }>({ data, shape }: T) => {
    const width = data.length / shape[0]!, taken = new data.constructor(ids.length * width);
    for (let i = 0; i < ids.length; i++) taken.set(data.subarray(ids[i]! * width, (ids[i]! + 1) * width), i * width);
    return { data: taken, shape: [ids.length, ...shape.slice(1)] };
  };
  return { ...rest, rows: ids.length, x: take(x), y: y && take(y), ...(names && { names: Array.from(ids, (id) => names[id]!) }) };
}

/** The column that a flag names. */
export function columnOf(table: Table | undefined, flag: string, name: string): ColumnValues {
  const values = table?.columns.get(name), names = [...(table?.columns.keys() ?? [])];
  if (!values) throw new UsageError(`--${flag}: no column ${JSON.stringify(name)} to split by; ${didYouMean(name, names) ?? (names.length ? `known: ${names.join(", ")}` : "only tables have columns")}`);
  return values;
}

/** Likewise, with a value in each row. */
export function wholeColumnOf(table: Table | undefined, flag: string, name: string): ColumnValues {
  const values = columnOf(table, flag, name);
  for (let row = 0; row < values.length; row++) if (missingAt(values, row)) throw nothingIn(table!, flag, name, row);
  return values;
}

/** Rows are split by a column, and one has nothing in it. */
export const nothingIn = (table: Table, flag: string, column: string, row: number): Error =>
  columnError("no-group", table, column, { row, problem: `--${flag} splits by it, and it is empty`, fix: "fill it in, or leave such rows out" });

/** Where a model's metadata say how the CSV file was written that it was trained on: JSON of CsvOptions. */
export const FORM = "csv";

/** Notes in a model's file how the rows were written. */
export function keepForm(model: Model, form: CsvForm): void {
  model.metadata.set(FORM, JSON.stringify(form));
}
