// JSON Lines: one object in each line; or one JSON array of objects. Keys are names of columns, never properties that are looked up.
// Source: https://jsonlines.org

import { DataError, show } from "../errors.ts";
import { checkNames, isRecord, wantCount } from "../options.ts";
import { Cells, COLUMN_LIMIT } from "./cells.ts";
import { Decoder } from "./encoding.ts";
import { LIMIT, nameOf, type Source, unpackedChunks } from "./source.ts";
import { type ColumnValues, placed, Places, type Table } from "./table.ts";

/** Most letters of a line, where the file is read by batches; and of one, or of an array, where it is read at once. */
const LINE_LIMIT = 1 << 24, WHOLE_LIMIT = 1 << 28;
/** Rows of a batch, where nothing is said. */
const BATCH = 4096;
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
  for await (const table of tables(source, wantCount("limit", options.limit ?? LIMIT), Infinity)) return table;
  throw new Error("unreachable");
}

/** A file with a JSON object in each line in batches of `rows` rows (default 4096), of which the last may have fewer: memory stays flat,
 * however large the file is. Each iteration reads the source anew. A key that has come once is a column of all batches from then on; it may
 * be numbers in one batch and texts in another. See `jsonl`, whose errors it has; a file that is one array is for `jsonl` alone.
 *
 * @param options `rows`; `limit`: most bytes, unpacked, by default without limit. A line may have 16 million letters.
 * @throws OptionError for a bad option; DataError as `jsonl`.
 * @example
 * const sizes = [];
 * for await (const { rows } of jsonlBatches(new Blob(['{"a":1}\n{"a":2}\n{"a":3}\n']), { rows: 2 })) sizes.push(rows);
 * sizes // → [2, 1]
 */
export function jsonlBatches(source: Source, options: { rows?: number; limit?: number } = {}): { [Symbol.asyncIterator](): AsyncIterator<Table> } {
  checkNames("jsonlBatches", options, ["rows", "limit"]);
  const { rows = BATCH, limit = Infinity } = options, size = wantCount("rows", rows);
  if (limit !== Infinity) wantCount("limit", limit);
  return { [Symbol.asyncIterator]: () => tables(source, limit, size) };
}

/** Tables of so many rows, or one of all. */
async function* tables(source: Source, limit: number, size: number): AsyncGenerator<Table> {
  const name = nameOf(source), decoder = new Decoder(name), records = new Records(name), most = size === Infinity ? WHOLE_LIMIT : LINE_LIMIT;
  let parts: string[] = [], length = 0, array: boolean | undefined;
  const wantLength = (letters: number): void => {
    if (letters > most) throw records.bad("line-too-long", { problem: `has more than ${most} letters` }, 1);
  };
  function* take(text: string, last: boolean): Generator<Table> {
    parts.push(text);
    length += text.length;
    if (/\S/.test(text)) array ??= /^\s*\[/.test(text);
    if (array && size !== Infinity) throw records.bad("not-an-object", { wanted: "a JSON object in each line", got: [], fix: "jsonl() reads a file that is one array" }, 1);
    if (last || (!array && text.includes("\n"))) {
      const whole = parts.join(""), lines = whole.split("\n"), rest = last ? "" : lines.pop()!;
      parts = [rest];
      length = rest.length;
      if (array) records.array(whole);
      else
        for (const line of lines) {
          wantLength(line.length);
          records.line(line);
          if (records.rows === size) yield records.table();
        }
    }
    wantLength(length);
  }
  for await (const chunk of unpackedChunks(source, name, limit)) yield* take(decoder.decode(chunk), false);
  yield* take(decoder.end(), true);
  if (records.rows || !records.given) yield records.table();
}

/** Objects on their way into columns. */
class Records {
  /** Of the table that is being filled; and tables that are full. */
  rows = 0;
  given = 0;
  private places = new Places();
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

  /** The objects so far; the next ones are of another table. */
  table(): Table {
    if (this.rows === 0) throw new DataError("no-rows", { of: this.file, file: this.file, problem: "has no objects" });
    const { file, rows, places } = this, columns = new Map<string, ColumnValues>();
    for (const [name, cells] of this.columns) {
      cells.fill(rows);
      columns.set(name, cells.values());
      this.columns.set(name, new Cells());
    }
    this.places = new Places();
    this.rows = this.letters = 0;
    this.given++;
    return placed({ name: file, rows, columns }, (row) => places.of(row));
  }

  /** An error in the last line, or so many behind it. */
  bad(code: string, more: object, behind = 0): DataError {
    return new DataError(code, { of: this.file, file: this.file, row: this.lines + behind, ...more });
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
        if (this.columns.size > COLUMN_LIMIT) throw this.bad("too-many-columns", { wanted: `at most ${COLUMN_LIMIT} keys`, got: this.columns.size, limit: COLUMN_LIMIT });
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
