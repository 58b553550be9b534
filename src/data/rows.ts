// A data set's arrays as fields of so many rows each, so that rows can be counted, taken, and put together again, whatever they are.

import { DataError, ShapeError } from "../errors.ts";
import { didYouMean, isRecord } from "../options.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { type Flat, flatten, isFlat } from "../tensor.ts";
import type { Data } from "./columns.ts";
import { byCodePoint } from "./table.ts";

/** One array of a data set. */
export interface Field {
  /** "x", "y", "weight"; "x.name" where there are several. */
  readonly label: string;
  readonly data: Flat | readonly string[];
  /** How many of them a row has. */
  readonly width: number;
  /** Of one row, where it is known. */
  readonly shape: Shape | undefined;
}

export interface Fields {
  readonly rows: number;
  readonly fields: readonly Field[];
}

/** What may be known of a data set beside its arrays. */
export interface Known {
  /** Row shape of x; of each input by name where there are several. */
  readonly input?: Shape | Readonly<Record<string, Shape>> | undefined;
  /** Before labels, in messages. */
  readonly at?: string;
  /** May y be missing? */
  readonly bare?: boolean;
}

const PARTS = ["x", "y", "weight"] as const;

/** Takes a data set apart. The number of rows is that of what has a shape, as nested arrays do, or is known by `input`; else there is
 * one weight, or one number or text of y, for each row.
 *
 * @throws DataError or ShapeError for what is no { x, y }, or whose rows are not equally many.
 */
export function fieldsOf(data: unknown, { input, at = "", bare = false }: Known = {}): Fields {
  const keys: readonly string[] = isRecord(data) ? Object.keys(data) : [], unknown = keys.find((key) => !PARTS.includes(key as "x"));
  if (!isRecord(data) || !("x" in data) || !(bare || "y" in data) || unknown !== undefined)
    throw new DataError("wrong-names", { option: `${at}data`, wanted: "{ x, y } or { x, y, weight }", got: data, fix: didYouMean(unknown, PARTS) });
  const found: { label: string; data: Field["data"]; shape: Shape | undefined; row: Shape | undefined }[] = [];
  const add = (label: string, value: unknown, row: Shape | undefined): void => {
    const given = texts(value, label) ?? flatten(value, label), { data } = given;
    found.push({ label, data: isFlat(data) || typeof data[0] === "string" ? data as Field["data"] : Float64Array.from(data as readonly number[]), shape: given.shape, row });
  };
  for (const part of PARTS) {
    const value = data[part];
    if (value === undefined && (part === "weight" || bare)) continue;
    const rowOf = (name?: string): Shape | undefined => {
      if (part !== "x" || input === undefined) return undefined;
      return isRecord(input) ? (name !== undefined && Object.hasOwn(input, name) ? input[name] as Shape : undefined) : name === undefined ? input as Shape : undefined;
    };
    if (isNamed(value)) for (const name of Object.keys(value)) add(`${at}${part}.${name}`, value[name], rowOf(name));
    else add(at + part, value, rowOf());
  }
  const first = found.find(({ shape, row }) => shape ?? row) ?? found.find(({ label }) => label === `${at}weight`) ?? found.find(({ label }) => label.startsWith(`${at}y`)) ?? found[0]!;
  const rows = first.shape ? first.shape[0]! : first.row ? first.data.length / sizeOf(first.row) : first.data.length;
  if (!Number.isInteger(rows)) throw new ShapeError("wrong-width", { option: first.label, wanted: `a multiple of ${sizeOf(first.row!)} numbers`, got: first.data.length });
  const fields = found.map(({ label, data, shape, row }): Field => {
    const width = rows === 0 ? row ? sizeOf(row) : 1 : data.length / rows;
    if (shape ? shape[0] !== rows : !Number.isInteger(width) || (rows === 0 && data.length > 0))
      throw new DataError("rows-mismatch", {
        option: label, wanted: `${rows} rows, as ${first.label}`, got: shape ? shape[0] : data.length,
        fix: shape || first.shape ? undefined : "flat arrays have one number of y for each row, unless a shape is given: { data, shape: [rows, ...] }",
      });
    if (row && width !== sizeOf(row)) throw new ShapeError("wrong-width", { option: label, wanted: `rows of ${sizeOf(row)} numbers`, got: width });
    return { label, data, width, shape: row ?? shape?.slice(1) };
  });
  return { rows, fields };
}

/** An array of texts. */
function texts(value: unknown, label: string): { data: readonly string[]; shape: undefined } | undefined {
  if (!Array.isArray(value) || typeof value[0] !== "string") return undefined;
  const row = value.findIndex((item) => typeof item !== "string");
  if (row >= 0) throw new DataError("not-a-label", { option: label, row, wanted: "a text, as the others", got: value[row] });
  return { data: value as readonly string[], shape: undefined };
}

/** Is it a record of arrays by name? */
function isNamed(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && !isFlat(value) && !("data" in value && "shape" in value);
}

/** Room for so many of what a field holds. */
export function blank(data: Field["data"], length: number): Flat | string[] {
  if (data instanceof Uint8ClampedArray) return new Uint8ClampedArray(length);
  if (data instanceof Uint8Array) return new Uint8Array(length);
  if (data instanceof Int32Array) return new Int32Array(length);
  if (data instanceof Float64Array) return new Float64Array(length);
  return data instanceof Float32Array ? new Float32Array(length) : new Array<string>(length);
}

/** Copies a row, number by number: with subarray() and set() it takes as long at 784 numbers, and 1.4 times as long at 16. */
export function copyRow(from: Field["data"], row: number, to: Flat | string[], place: number, width: number): void {
  for (let i = 0, a = row * width, b = place * width; i < width; i++) (to as unknown as number[])[b + i] = (from as unknown as number[])[a + i]!;
}

/** These rows of a field. */
export function takeField({ data, width }: Field, ids: ArrayLike<number>): Flat | string[] {
  const taken = blank(data, ids.length * width);
  for (let i = 0; i < ids.length; i++) copyRow(data, ids[i]!, taken, i, width);
  return taken;
}

/** A data set of the names and shapes of these fields, from what `pick` gives for each. */
export function assemble<X, Y>(rows: number, fields: readonly Field[], pick: (field: Field, index: number) => Flat | readonly string[], at = ""): Data<X, Y> {
  const parts = new Map<string, unknown>(), named = new Map<string, [string, unknown][]>();
  fields.forEach((field, index) => {
    const data = pick(field, index), { shape } = field, value = shape && isFlat(data) ? { data, shape: [rows, ...shape] } : data;
    const label = field.label.slice(at.length), dot = label.indexOf("."), part = dot < 0 ? label : label.slice(0, dot);
    if (dot < 0) parts.set(part, value);
    else named.set(part, [...(named.get(part) ?? []), [label.slice(dot + 1), value]]);
  });
  for (const [part, values] of named) parts.set(part, Object.fromEntries(values));
  return Object.fromEntries(parts) as unknown as Data<X, Y>;
}

/** These rows of a data set, in this order. */
export function takeRows<X, Y>({ fields }: Fields, ids: ArrayLike<number>): Data<X, Y> {
  return assemble(ids.length, fields, (field) => takeField(field, ids));
}

/** The class of each row as a number: class numbers as they are, texts by `classes` or else by the order of their code points, and of
 * one-hot rows and probabilities the place of the greatest.
 *
 * @throws DataError if they are no classes.
 */
export function classNumbersOf(values: Field["data"] | ArrayLike<unknown>, rows: number, label: string, classes?: readonly string[]): { numbers: Float64Array; classes: readonly string[] | undefined } {
  const width = values.length / rows, numbers = new Float64Array(rows);
  if (typeof values[0] === "string") {
    const list = values as ArrayLike<string>, names = classes ?? [...new Set(Array.from(list))].sort(byCodePoint), places = new Map(names.map((name, i) => [name, i]));
    if (list.length !== rows) throw new DataError("rows-mismatch", { option: label, wanted: `${rows} rows, as x`, got: list.length });
    for (let row = 0; row < rows; row++) {
      const place = places.get(list[row]!);
      if (place === undefined) throw new DataError("label-out-of-range", { option: label, row, wanted: `one of the classes ${names.slice(0, 8).join(", ")}`, got: list[row] });
      numbers[row] = place;
    }
    return { numbers, classes: names };
  }
  const given = values as ArrayLike<number>, refuse = (row: number): never => {
    throw new DataError("no-classes", { option: label, row, wanted: "class numbers, names, or one-hot rows", got: width > 1 ? Array.from({ length: width }, (_, i) => given[row * width + i]) : given[row] });
  };
  if (!Number.isInteger(width)) throw new DataError("rows-mismatch", { option: label, wanted: `${rows} rows, as x`, got: values.length });
  for (let row = 0; row < rows; row++) {
    let best = 0;
    for (let i = 0; i < width; i++) {
      const value = given[row * width + i]!;
      if (width === 1 ? !Number.isInteger(value) : !(value >= 0 && value <= 1)) refuse(row);
      if (value > given[row * width + best]!) best = i;
    }
    numbers[row] = width === 1 ? given[row]! : best;
  }
  return { numbers, classes };
}
