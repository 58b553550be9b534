// JSON Lines: one object in each line; or one JSON array of objects. Keys are names of columns, never properties that are looked up.
// Source: https://jsonlines.org

import { DataError, show } from "../errors.ts";
import { checkNames, isRecord, wantCount } from "../options.ts";
import { Cells, COLUMN_LIMIT } from "./cells.ts";
import { Decoder } from "./encoding.ts";
import { LIMIT, nameOf, type Source, unpackedChunks } from "./source.ts";
import { type ColumnValues, placed, Places, type Table } from "./table.ts";

/** Most letters of a line, or of an array. */
const LINE_LIMIT = 1 << 28;
/** Cells that a file may have beyond four times its letters: a new key in each line would else make a column of each. */
const SPARE = 1 << 22;

/** A file with a JSON object in each line, or with one array of objects, as a table. Numbers make a Float64Array (null or no such key: NaN); strings,
 * true and false make texts (null: missing), and so do numbers beside them. Empty lines are left out, gzip is unpacked.
 * Source: https://jsonlines.org
 *
 * @param options `limit`: most bytes, unpacked. Default 1 GiB.
 * @throws DataError for what is no JSON object, and for nested values; with `file`, `row` (the line, from 1) and `column` (the key) in its details.
 * @example
 * const table = await jsonl(new Blob(['{"species":"Adelie","mass":3750}\n{"species":"Gentoo","mass":null}']));
 * table.columns.get("species") // → ["Adelie", "Gentoo"]
 * table.columns.get("mass") // → [3750, NaN]
 */
export async function jsonl(source: Source, options: { limit?: number } = {}): Promise<Table> {
  checkNames("jsonl", options, ["limit"]);
  const limit = wantCount("limit", options.limit ?? LIMIT), name = nameOf(source), decoder = new Decoder(name), records = new Records(name);
  let parts: string[] = [], length = 0, array: boolean | undefined;
  const take = (text: string, last: boolean): void => {
    parts.push(text);
    length += text.length;
    if (length > LINE_LIMIT) throw records.bad("line-too-long", { problem: `has more than ${LINE_LIMIT} letters` });
    if (/\S/.test(text)) array ??= /^\s*\[/.test(text);
    if (!last && (array || !text.includes("\n"))) return;
    const whole = parts.join(""), lines = whole.split("\n"), rest = last ? "" : lines.pop()!;
    parts = [rest];
    length = rest.length;
    if (array) records.array(whole);
    else for (const line of lines) records.line(line);
  };
  for await (const chunk of unpackedChunks(source, name, limit)) take(decoder.decode(chunk), false);
  take(decoder.end(), true);
  return records.table();
}

/** Objects on their way into columns. */
class Records {
  private rows = 0;
  private readonly places = new Places();
  private lines = 0;
  private letters = 0;
  private readonly columns = new Map<string, Cells>();

  constructor(private readonly file: string) {}

  line(text: string): void {
    this.lines++;
    this.letters += text.length;
    if (/\S/.test(text)) this.record(this.parse(text));
  }

  array(text: string): void {
    this.letters = text.length;
    this.lines = 1;
    const list = this.parse(text) as unknown[];
    for (const [i, item] of list.entries()) {
      this.lines = i + 1;
      this.record(item);
    }
  }

  table(): Table {
    if (this.rows === 0) throw new DataError("no-rows", { of: this.file, file: this.file, problem: "has no objects" });
    const columns = new Map<string, ColumnValues>();
    for (const [name, cells] of this.columns) {
      cells.fill(this.rows);
      columns.set(name, cells.values());
    }
    return placed({ name: this.file, rows: this.rows, columns }, (row) => this.places.of(row));
  }

  bad(code: string, more: object): DataError {
    return new DataError(code, { of: this.file, file: this.file, row: Math.max(1, this.lines), ...more });
  }

  private parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      // of a deep one an engine may run out of stack
      throw this.bad("bad-json", { problem: error instanceof SyntaxError ? "is no JSON" : "is nested too deeply", cause: error });
    }
  }

  private record(value: unknown): void {
    if (!isRecord(value)) throw this.bad("not-an-object", { wanted: "a JSON object", got: value });
    for (const key of Object.keys(value)) {
      const item = value[key]; // JSON.parse makes an own property of any key
      if (item !== null && typeof item === "object")
        throw this.bad("nested", { option: `column ${show(key)}`, column: key, wanted: "a number, a string, true, false or null", got: item, fix: "give each part a key of its own" });
      let cells = this.columns.get(key);
      if (!cells) {
        this.columns.set(key, cells = new Cells());
        if (this.columns.size > COLUMN_LIMIT) throw this.bad("too-many-columns", { wanted: `at most ${COLUMN_LIMIT} keys`, got: this.columns.size });
      }
      cells.fill(this.rows);
      cells.add(typeof item === "boolean" ? String(item) : item as number | string | null);
    }
    this.places.note(this.rows, this.lines);
    this.rows++;
    if (this.rows * this.columns.size > SPARE + 4 * this.letters)
      throw this.bad("too-many-columns", { problem: `${this.columns.size} keys for ${this.rows} objects leave nearly all cells empty`, fix: `look at ${show([...this.columns.keys()].at(-1)!)}` });
  }
}
