// CSV (RFC 4180, and what is called so): papaparse finds cells and quotes; here are encoding, delimiter, header, types and checks. A
// file is read in blocks of text, and what a block's last row lacks waits for the next: rows never pass one by one.

import { DataError, show } from "../errors.ts";
import { badOption, checkNames, wantBoolean, wantCount, wantOneOf } from "../options.ts";
import { Cells, COLUMN_LIMIT, MISSING } from "./cells.ts";
import { Decoder } from "./encoding.ts";
import { LIMIT, missingPackage, nameOf, type Source, unpackedChunks } from "./source.ts";
import { type ColumnValues, placed, Places, type Table } from "./table.ts";

/** How a CSV file is written; what is left out is found out. */
export interface CsvOptions {
  /** Between cells; else Excel's first line sep=; tells it, or it is found among comma, semicolon, tab and | by the first rows. */
  delimiter?: string;
  /** Is the first row the columns' names? Default true; one without a name is "Unnamed: 0", counted from 0, as pandas has it. Without, they are column1, column2 … */
  header?: boolean;
  /** The columns' names, in place of the file's. */
  names?: readonly string[];
  /** Texts that stand for a missing value, in place of empty, NA, N/A, NaN, null, ? and -. */
  missing?: readonly string[];
  /** Decimal mark; else found by the first rows, where the delimiter is no comma. */
  decimal?: "." | ",";
  /** "utf-8", "utf-16le", "utf-16be", "gb18030", "windows-1252" or another label of the Encoding Standard; else the first five are told apart. */
  encoding?: string;
  /** Most bytes, unpacked if the file is gzip. Default 1 GiB; for csvBatches without limit. */
  limit?: number;
}

/** How a file was written, as it was given or found: csv of a like file takes it as its options. */
export interface CsvForm {
  delimiter: string;
  header: boolean;
  decimal: "." | ",";
  /** undefined where no letter was beyond ASCII so far. */
  encoding: string | undefined;
  /** Only where it was given. */
  missing?: readonly string[];
}

/** Of tables that csv and csvBatches gave. Not a field of theirs: a table stays plain data. */
const forms = (): WeakMap<object, CsvForm> => (known ??= new WeakMap());
let known: WeakMap<object, CsvForm> | undefined;

/** How the file of a table was written.
 * @internal */
export const formOf = (table: Table): CsvForm | undefined => forms().get(table);

/** The marks that are tried. */
const DELIMITERS = [",", ";", "\t", "|"];
/** Letters of the first block by which delimiter and decimal mark are found. */
const SAMPLE = 1 << 16;
/** Most letters of a row: beyond, a quote was never closed. */
const ROW_LIMIT = 1 << 24;
/** Rows of a batch, where nothing is said. */
const BATCH = 4096;
const OPTIONS = ["delimiter", "header", "names", "missing", "decimal", "encoding", "limit"];

/** A CSV file as a table. A column is a Float64Array (NaN: missing) if each of its cells is written just as JavaScript writes that
 * number, as 3, -1.5 and 1e+21 are; any other column is texts (null: missing), so that 007 and 1.10 stay what they are. Space around
 * cells is left out, empty lines too. gzip is unpacked. Rows in messages count from 1 with the header, as in a spreadsheet. Wants papaparse.
 * Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180
 *
 * @throws DataError for ragged rows, names that are there twice, quotes that do not close, bytes that are no text; with `file`, `row` and
 * `column` in its details. OptionError for a bad option, FormatError for broken gzip, EngineError where papaparse is not installed.
 * @example
 * const table = await csv(new Blob(["species,mass\nAdelie,3750\nGentoo,NA\n"]));
 * [...table.columns.keys()] // → ["species", "mass"]
 * table.columns.get("mass") // → [3750, NaN]
 */
export async function csv(source: Source, options: CsvOptions = {}): Promise<Table> {
  checkNames("csv", options, OPTIONS);
  for await (const table of tables(source, { limit: LIMIT, ...defined(options) }, Infinity)) return table;
  throw new Error("unreachable");
}

/** A CSV file in batches of `rows` rows (default 4096), of which the last may have fewer: memory stays flat, however large the file
 * is. Each iteration reads the source anew. A column may be numbers in one batch and texts in another; see `csv`, whose options and errors it has.
 *
 * @example
 * const sizes = [];
 * for await (const { rows } of csvBatches(new Blob(["a\n1\n2\n3\n"]), { rows: 2 })) sizes.push(rows);
 * sizes // → [2, 1]
 */
export function csvBatches(source: Source, options: CsvOptions & { rows?: number } = {}): { [Symbol.asyncIterator](): AsyncIterator<Table> } {
  checkNames("csvBatches", options, [...OPTIONS, "rows"]);
  const { rows = BATCH, ...rest } = options, size = wantCount("rows", rows);
  wantOptions(rest);
  return { [Symbol.asyncIterator]: () => tables(source, { limit: Infinity, ...defined(rest) }, size) };
}

/** Without what is undefined, which would stand in place of a default. */
const defined = (options: CsvOptions): CsvOptions => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

function wantOptions({ delimiter, header, names, missing, decimal, limit }: CsvOptions): void {
  const wanted = (option: string, good: boolean, got: unknown, text: string): void => {
    if (!good) throw badOption(option, got, text);
  };
  const strings = (list: unknown): boolean => Array.isArray(list) && list.every((item) => typeof item === "string");
  wanted("delimiter", delimiter === undefined || (typeof delimiter === "string" && delimiter.length === 1 && !/["\r\n\0]/.test(delimiter)), delimiter, "one character, no quote and no line break");
  if (header !== undefined) wantBoolean("header", header);
  wanted("names", names === undefined || (strings(names) && names.length > 0), names, "an array of strings");
  wanted("missing", missing === undefined || strings(missing), missing, "an array of strings");
  if (decimal !== undefined) wantOneOf("decimal", decimal, [".", ","]);
  if (limit !== undefined && limit !== Infinity) wantCount("limit", limit);
}

interface Parsed {
  data: string[][];
  errors: readonly { code?: string; row?: number; index?: number }[];
  meta: { cursor: number };
}

interface Parser {
  parse(text: string, base: number, ignoreLastRow: boolean): Parsed;
}

type Papa = new (config: object) => Parser;

async function papa(): Promise<Papa> {
  try {
    const module = await import("papaparse") as unknown as { Parser?: Papa; default: { Parser: Papa } };
    return module.default?.Parser ?? module.Parser!;
  } catch (error) {
    throw missingPackage("csv", "papaparse", error);
  }
}

async function* tables(source: Source, options: CsvOptions, size: number): AsyncGenerator<Table> {
  wantOptions(options);
  const name = nameOf(source), reader = new Reader(name, options, await papa(), size), decoder = new Decoder(name, options.encoding);
  const formed = function* (tables: Generator<Table>): Generator<Table> {
    for (const table of tables) {
      forms().set(table, { ...reader.form, header: options.header ?? true, encoding: decoder.encoding, ...(options.missing && { missing: options.missing }) });
      yield table;
    }
  };
  for await (const chunk of unpackedChunks(source, name, options.limit!)) yield* formed(reader.read(decoder.decode(chunk), false));
  yield* formed(reader.read(decoder.end(), true));
  yield* formed(reader.end());
}

/** From blocks of text to tables. */
class Reader {
  private rest = "";
  private carriage = "";
  /** Carriage returns alone end lines, as they once did. */
  private old: boolean | undefined;
  private parser: Parser | undefined;
  private names: readonly string[] | undefined;
  private comma = false;
  private delimiter = ",";
  private readonly missing: ReadonlySet<string>;
  private columns: Cells[] = [];
  private filled = 0;
  private places = new Places();
  /** Rows of the file that are done, the header and empty lines too. */
  private done = 0;
  private given = 0;

  constructor(private readonly file: string, private readonly options: CsvOptions, private readonly Papa: Papa, private readonly size: number) {
    this.missing = new Set(options.missing ?? MISSING);
  }

  /** What was given or found. */
  get form(): Pick<CsvForm, "delimiter" | "decimal"> {
    return { delimiter: this.delimiter, decimal: this.comma ? "," : "." };
  }

  /** The tables that a block makes full. */
  *read(block: string, last: boolean): Generator<Table> {
    let text = this.rest + this.lines(block, last);
    this.rest = "";
    if (text === "") return;
    if (!last && !this.parser && text.length < SAMPLE) {
      this.rest = text;
      return;
    }
    const zero = text.indexOf("\0");
    if (zero >= 0) throw this.foreign(text);
    if (!this.parser) {
      // Excel's own way to tell the delimiter
      const [line, told] = /^"?sep=([^"\n])"?\n/i.exec(text) ?? [];
      if (line !== undefined && (this.options.delimiter ?? told) === told) {
        text = text.slice(line.length);
        this.done = 1;
      }
      this.parser = this.open(text, last, told);
    }
    const { data, errors, meta } = this.parse(text, last);
    const cursor = last ? text.length : meta.cursor;
    const error = errors.find(({ index }) => last || index === undefined || index < cursor);
    if (error) {
      throw this.bad("lone-quote", this.done + 1 + (error.row ?? 0), {
        problem: error.code === "MissingQuotes" ? "a quote opens and never closes" : "a quote within a quoted cell stands alone", fix: 'a quote within quotes is written twice: ""',
      });
    }
    this.rest = text.slice(cursor);
    if (this.rest.length > ROW_LIMIT)
      throw this.bad("row-too-long", this.done + data.length + 1, { problem: `has more than ${ROW_LIMIT} letters`, fix: "look for a quote that is not closed" });
    yield* this.rows(data);
  }

  private parse(text: string, last: boolean): Parsed {
    try {
      return this.parser!.parse(text, 0, !last);
    } catch (error) {
      // more cells than an array has
      throw this.bad("bad-row", this.done + 1, { problem: `papaparse cannot read it: ${(error as Error).message}`, cause: error });
    }
  }

  /** What is left, or all of it. */
  *end(): Generator<Table> {
    if (!this.names) throw new DataError("no-rows", { of: this.file, file: this.file, problem: "is empty" });
    if (this.filled || this.size === Infinity || this.given === 0) yield this.table();
  }

  /** Line ends as \n. */
  private lines(block: string, last: boolean): string {
    let text = this.carriage + block;
    this.carriage = "";
    if (!text.includes("\r")) return text;
    if (!last && text.endsWith("\r")) {
      this.carriage = "\r";
      text = text.slice(0, -1);
    }
    text = text.replaceAll("\r\n", "\n");
    this.old ??= !text.includes("\n") && !this.rest.includes("\n");
    return this.old ? text.replaceAll("\r", "\n") : text;
  }

  /** A parser for what the first rows show. */
  private open(text: string, last: boolean, told: string | undefined): Parser {
    const controls = text.slice(0, SAMPLE).match(/[\x01-\x08\x0e-\x1a\x1c-\x1f]/g)?.length ?? 0;
    if (controls > Math.min(text.length, SAMPLE) / 50) throw this.foreign(text);
    const sample = text.slice(0, SAMPLE), whole = last && sample.length === text.length;
    const rowsBy = (delimiter: string): string[][] => {
      const parser = this.parserOf(delimiter, 100), rows = parser.parse(sample, 0, !whole).data.filter((row) => !isEmpty(row));
      return rows.length ? rows : parser.parse(sample, 0, false).data; // a row may be longer than the sample
    };
    const { delimiter = told ?? guess(rowsBy), decimal } = this.options;
    this.delimiter = delimiter;
    this.comma = decimal === undefined ? delimiter !== "," && hasCommas(rowsBy(delimiter)) : decimal === ",";
    return this.parserOf(delimiter);
  }

  private parserOf(delimiter: string, preview = 0): Parser {
    return new this.Papa({ delimiter, newline: "\n", quoteChar: '"', escapeChar: '"', preview });
  }

  /** Rows into columns. */
  private *rows(rows: string[][]): Generator<Table> {
    let start = 0;
    if (!this.names) {
      while (start < rows.length && isEmpty(rows[start]!)) start++;
      if (start === rows.length) {
        this.done += rows.length;
        return;
      }
      this.names = this.header(rows[start]!, this.done + start + 1);
      if (this.options.header !== false) start++;
      this.begin();
    }
    const width = this.names.length, full: string[][] = [], numbers: number[] = [], before = this.done + 1;
    for (let r = start; r < rows.length; r++) {
      const row = rows[r]!;
      if (row.length === width && !(width === 1 && row[0] === "")) {
        full.push(row);
        numbers.push(before + r);
      } else if (!isEmpty(row))
        throw this.bad("ragged-row", this.done + r + 1, {
          wanted: `${width} cells, as the ${this.options.names ? "names" : "first row"}`, got: row.length, cells: width, column: Math.min(width, row.length) + 1,
          fix: "look for a delimiter or a quote within a cell, or give the option delimiter",
        });
    }
    this.done += rows.length;
    for (let from = 0; from < full.length;) {
      const to = Math.min(full.length, from + this.size - this.filled);
      for (let r = from; r < to; r++) this.places.note(this.filled + r - from, numbers[r]!);
      for (const [c, cells] of this.columns.entries()) {
        if (this.comma) for (let r = from; r < to; r++) cells.push(pointed(full[r]![c]!));
        else for (let r = from; r < to; r++) cells.push(full[r]![c]!);
      }
      this.filled += to - from;
      from = to;
      if (this.filled === this.size) yield this.table();
    }
  }

  private header(row: readonly string[], number: number): readonly string[] {
    const { names, header = true } = this.options;
    if (row.length > COLUMN_LIMIT) throw this.bad("too-many-columns", number, { wanted: `at most ${COLUMN_LIMIT} columns`, got: row.length, limit: COLUMN_LIMIT });
    if (names && names.length !== row.length)
      throw this.bad("ragged-row", number, { wanted: `${names.length} cells, as the option names`, got: row.length });
    const all = names ?? row.map((cell, i) => (header ? cell.trim() || `Unnamed: ${i}` : `column${i + 1}`)), seen = new Map<string, number>();
    for (const [i, name] of all.entries()) {
      const more = { column: i + 1, fix: "give the columns' names in the option names" };
      if (name === "") throw this.bad("bad-name", number, { problem: `column ${i + 1} has no name`, ...more });
      if (seen.has(name)) throw this.bad("bad-name", number, { problem: `columns ${seen.get(name)! + 1} and ${i + 1} both have the name ${show(name)}`, name, first: seen.get(name)! + 1, ...more });
      seen.set(name, i);
    }
    return all;
  }

  private begin(): void {
    this.columns = this.names!.map(() => new Cells(this.missing));
    this.filled = 0;
    this.places = new Places();
  }

  private table(): Table {
    const columns = new Map<string, ColumnValues>(this.names!.map((name, i) => [name, this.columns[i]!.values()]));
    const { places } = this, table = placed({ name: this.file, rows: this.filled, columns }, (row) => places.of(row));
    this.given++;
    this.begin();
    return table;
  }

  private bad(code: string, row: number, more: object): DataError {
    return new DataError(code, { of: this.file, file: this.file, row, ...more });
  }

  /** No text at all. */
  private foreign(text: string): DataError {
    const reader = text.startsWith("PK\x03\x04") ? "an Excel file or archive: export it as CSV" : text.startsWith("PAR1") ? "a Parquet file: parquet() reads it"
      : /^.?NUMPY/.test(text) ? "a NumPy file: npy() reads it" : undefined;
    const before = text.slice(0, Math.max(0, text.search(/[\0-\x08\x0e-\x1a\x1c-\x1f]/)));
    return this.bad("not-text", this.done + before.split("\n").length, { problem: `has bytes that are no text${reader ? `; this looks like ${reader}` : ""}` });
  }
}

const isEmpty = (row: readonly string[]): boolean => row.length === 1 && row[0] === "";

/** The delimiter by which most rows are as wide as the first, and of these the one that makes most cells. */
function guess(rowsBy: (delimiter: string) => readonly string[][]): string {
  let best = ",", share = 0, width = 1;
  for (const delimiter of DELIMITERS) {
    const rows = rowsBy(delimiter), first = rows[0]?.length ?? 0;
    if (first < 2) continue;
    const alike = rows.filter((row) => row.length === first).length / rows.length;
    if (alike > share || (alike === share && first > width)) [best, share, width] = [delimiter, alike, first];
  }
  return best;
}

/** 3,14 or 1.234,5: a comma that does not group thousands, and no point that does else. */
function hasCommas(rows: readonly string[][]): boolean {
  let commas = 0, points = 0;
  for (const row of rows)
    for (const cell of row) {
      const text = cell.trim();
      if (/^[-+]?(\d+|\d{1,3}(\.\d{3})+),\d+$/.test(text) && !/^[-+]?[1-9]\d{0,2}(,\d{3})+$/.test(text)) commas++;
      else if (/^[-+]?\d+\.\d+$/.test(text) && !/^[-+]?[1-9]\d{0,2}(\.\d{3})+$/.test(text)) points++;
    }
  return commas > 0 && points === 0;
}

/** A number with a decimal comma as JavaScript writes it: "1.234,50" is "1234.5". */
function pointed(text: string): string {
  if (!text.includes(",") && !text.includes(".")) return text;
  const [, whole, fraction = "", exponent = ""] = /^\s*([-+]?\d{1,3}(?:\d*|(?:\.\d{3})+))(,\d+)?(e[-+]?\d+)?\s*$/i.exec(text) ?? [];
  return whole === undefined ? text : whole.replaceAll(".", "") + fraction.replace(/,?0*$/, "").replace(",", ".") + exponent;
}
