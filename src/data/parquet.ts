// Parquet, by hyparquet. What its columns hold becomes numbers and texts; what the file says of itself is checked before it is read.
// Source: https://parquet.apache.org/docs/file-format/

import { DataError, FormatError, LanewiseError, show } from "../errors.ts";
import { checkNames, isRecord, wantCount } from "../options.ts";
import { Cells, COLUMN_LIMIT } from "./cells.ts";
import { LIMIT, missingPackage, nameOf, readBytes, type Source } from "./source.ts";
import type { ColumnValues, Table } from "./table.ts";

/** What a page of a file may be unpacked to for each byte, beyond SPARE: runs of equal values pack well. */
const RATIO = 4096;
const SPARE = 1 << 24;

/** A Parquet file as a table. Numbers and decimals make a Float64Array (null: NaN), 64-bit integers too if all are within 2^53, else texts; strings,
 * true and false make texts (null: missing), dates and times make ISO 8601 texts in UTC: 2024-02-29, or 2024-02-29T12:30:00.000Z. Wants hyparquet, and
 * hyparquet-compressors where columns are packed by another method than Snappy. A file that was altered on purpose may keep hyparquet busy for good: read
 * those of strangers in a worker that you can end.
 * Source: https://parquet.apache.org/docs/file-format/
 *
 * @param options `limit`: most bytes of the file, and of its columns when unpacked. Default 1 GiB.
 * @throws FormatError for a file that is not sound; DataError for nested or binary columns, with `file` and `column` in its details; EngineError where a
 * package is not installed.
 * @example
 * // (await parquet("penguins.parquet")).columns.get("species") is ["Adelie", …]
 * await parquet(new Uint8Array(3)).catch((error) => error.code) // → "bad-file"
 */
export async function parquet(source: Source, options: { limit?: number } = {}): Promise<Table> {
  checkNames("parquet", options, ["limit"]);
  const limit = wantCount("limit", options.limit ?? LIMIT), name = nameOf(source), bytes = await readBytes(source, name, limit);
  const library = await hyparquet(), end = new TextDecoder().decode(bytes.subarray(-4));
  if (bytes.length < 12 || end !== "PAR1") throw broken(name, end === "PARE" ? "its footer is encrypted" : "it does not end with PAR1");
  const buffer = bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
  try {
    const metadata = library.parquetMetadata(buffer), { names, rows, codecs } = check(metadata, bytes.length, name, limit);
    const columns = new Map(names.map((column) => [column, new Parts(name, column)]));
    // read one group after the other, and put nothing where it says: a chunk of a foreign row would be a hole
    await library.parquetRead({
      file: buffer, metadata, compressors: await compressors(codecs, library, limit), utf8: true,
      onChunk: ({ columnName, columnData, rowStart }) => columns.get(columnName)?.put(columnData, rowStart),
    });
    return { name, rows, columns: new Map<string, ColumnValues>([...columns].map(([column, parts]) => [column, parts.values(rows)])) };
  } catch (error) {
    if (error instanceof LanewiseError) throw error;
    throw broken(name, String((error as Error)?.message ?? error).slice(0, 200), error);
  }
}

type Library = typeof import("hyparquet");
type Metadata = ReturnType<Library["parquetMetadata"]>;
type Codecs = NonNullable<Parameters<Library["parquetRead"]>[0]["compressors"]>;

async function hyparquet(): Promise<Library> {
  try {
    return await import("hyparquet");
  } catch (error) {
    throw missingPackage("parquet", "hyparquet", error);
  }
}

/** Unpackers by method, which refuse a length that they cannot reach before it is allocated. */
async function compressors(codecs: ReadonlySet<string>, { snappyUncompress }: Library, limit: number): Promise<Codecs> {
  const own: Codecs = {
    SNAPPY(input, length) {
      if (length > 22 * input.length + 64) throw new Error("a page cannot be so long"); // 64 bytes are copied by 3
      const page = new Uint8Array(length);
      snappyUncompress(input, page);
      return page;
    },
  };
  if ([...codecs].every((codec) => codec === "UNCOMPRESSED" || codec === "SNAPPY")) return own;
  try {
    const { compressors: others } = await import("hyparquet-compressors");
    for (const [codec, unpack] of Object.entries(others) as [keyof Codecs & string, (input: Uint8Array, length: number) => Uint8Array][])
      if (codec !== "SNAPPY")
        own[codec as "GZIP"] = (input, length) => {
          if (length > limit) throw new Error("a page is longer than the limit");
          return unpack(input, length);
        };
    return own;
  } catch (error) {
    throw missingPackage(`parquet: ${[...codecs].join(", ")}`, "hyparquet-compressors", error);
  }
}

function broken(name: string, problem: string, cause?: unknown): FormatError {
  return new FormatError("bad-file", { of: name, file: name, problem: `not a sound Parquet file: ${problem}`, cause });
}

/** Columns and rows, and that what the footer says fits the file. */
function check({ schema, row_groups, num_rows }: Metadata, length: number, name: string, limit: number): { names: string[]; rows: number; codecs: Set<string> } {
  const rows = Number(num_rows), [root, ...elements] = schema, names = elements.map((element) => element.name), codecs = new Set<string>();
  if (!root || !Number.isSafeInteger(rows) || rows < 0 || !Array.isArray(row_groups)) throw broken(name, "its footer has no rows");
  if (names.length > COLUMN_LIMIT) throw new DataError("too-many-columns", { of: name, file: name, wanted: `at most ${COLUMN_LIMIT} columns`, got: names.length });
  for (const element of elements) {
    if (element.num_children || element.repetition_type === "REPEATED")
      throw new DataError("nested", { of: name, file: name, option: `column ${show(element.name)}`, column: element.name, wanted: "a column of numbers, texts or dates", got: "a nested one", fix: "leave it out, or give each part a column" });
    if (typeof element.name !== "string" || element.name === "") throw broken(name, "a column has no name");
  }
  if (new Set(names).size !== names.length) throw broken(name, "two columns have the same name");
  if (names.length === 0) throw new DataError("no-rows", { of: name, file: name, problem: "has no columns" });
  let sum = 0, unpacked = 0;
  for (const { columns, num_rows: part } of row_groups) {
    sum += Number(part);
    if (columns.length !== names.length) throw broken(name, "a group of rows lacks columns");
    for (const { meta_data: its } of columns) {
      if (!its || its.path_in_schema.length !== 1 || !names.includes(its.path_in_schema[0]!)) throw broken(name, "a column is not in the schema");
      const size = Number(its.total_compressed_size), from = Number(its.dictionary_page_offset || its.data_page_offset);
      if (!(size >= 0 && from >= 0 && from + size <= length)) throw broken(name, `${show(its.path_in_schema[0])} goes beyond the file`);
      if (Number(its.num_values) !== Number(part)) throw broken(name, `${show(its.path_in_schema[0])} has another number of values than of rows`);
      unpacked += Number(its.total_uncompressed_size);
      codecs.add(its.codec);
    }
  }
  if (sum !== rows) throw broken(name, `its groups have ${sum} rows, its footer ${rows}`);
  if (!(unpacked <= Math.min(limit, SPARE + RATIO * length)) || rows * names.length > SPARE + RATIO * length)
    throw new FormatError("too-large", { of: name, file: name, problem: `says that it has ${unpacked} bytes when unpacked, in ${rows} rows`, fix: "raise the option limit" });
  return { names, rows, codecs };
}

/** The parts of a column, in any order. */
class Parts {
  private readonly parts = new Map<number, ArrayLike<unknown>>();

  constructor(private readonly file: string, private readonly column: string) {}

  put(values: ArrayLike<unknown>, row: number): void {
    // pages of a chunk come one after the other, with their first row
    if (this.parts.has(row)) throw broken(this.file, `${show(this.column)} has two parts for row ${row + 1}`);
    this.parts.set(row, values);
  }

  values(rows: number): ColumnValues {
    const parts = [...this.parts].sort(([a], [b]) => a - b), texts = parts.some(([, values]) => hasLarge(values)), cells = new Cells();
    for (const [row, values] of parts) {
      if (cells.length !== row) throw broken(this.file, `${show(this.column)} has no values for row ${cells.length + 1}`);
      for (let i = 0; i < values.length; i++) cells.add(this.value(values[i], row + i, texts));
    }
    if (cells.length !== rows) throw broken(this.file, `${show(this.column)} has ${cells.length} values for ${rows} rows`);
    return cells.values();
  }

  private value(value: unknown, row: number, texts: boolean): number | string | null {
    if (value === null || value === undefined) return null;
    if (typeof value === "number") return value;
    if (typeof value === "string") return value;
    if (typeof value === "bigint") return texts ? String(value) : Number(value);
    if (typeof value === "boolean") return String(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString().replace("T00:00:00.000Z", "");
    throw new DataError("nested", {
      of: this.file, file: this.file, option: `column ${show(this.column)}`, column: this.column, row: row + 1, wanted: "a number, a text, true, false or a date",
      got: value instanceof Uint8Array ? "bytes" : isRecord(value) ? "an object" : value, fix: "leave the column out",
    });
  }
}

/** Are there integers that are no safe numbers? */
function hasLarge(values: ArrayLike<unknown>): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === "bigint" && !Number.isSafeInteger(Number(value))) return true;
  }
  return false;
}
