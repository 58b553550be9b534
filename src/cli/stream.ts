// Tables larger than memory: read from the file, some thousand rows at a time, again in each epoch. Two passes come first: what the columns
// are, by all rows; and what is learnt of the training rows. Which rows are held out follows from the seed and the row's number (or its
// group's name) alone, so that every pass, and every run, parts them alike.

import { stat } from "node:fs/promises";
import { murmur3 } from "../data/murmur.ts";
import { draws } from "../data/philox.ts";
import { inferSchemaOf } from "../data/schema.ts";
import { missingAt, textAt } from "../data/table.ts";
import { type Data, dataset, type DatasetStream, jsonlBatches, Preprocessing, type Schema, type SchemaOptions, type Table, takeRows } from "../index.ts";
import { SPLIT } from "../ops/random.ts";
import { wantSeed } from "../options.ts";
import { failed, UsageError } from "../advice/failure.ts";
import { columnOf, type Kind, nothingIn } from "../advice/data.ts";
import { grouped, plural, sized } from "../advice/text.ts";
import { type Said, say } from "../advice/choose.ts";
import { beginning, tablesOf } from "./data.ts";
import type { Settings } from "./settings.ts";
import type { Progress } from "./terminal.ts";

/** Bytes of a file from which on it is streamed unasked, plain or gzip: 100 MB of eight columns, one of words, are half a gigabyte of numbers. No
 * share of this machine's memory, for the same call gives the same bits on every machine. */
const LARGE = 100_000_000, LARGE_PACKED = 20_000_000;
/** Kinds of files that are read some rows at a time. */
const STREAMED: readonly Kind[] = ["csv", "jsonl"];
/** Rows that are read at once. */
const BATCH = 4096;
/** Rows that are held out at the most: they stay in memory, and more would say nothing more. */
const MOST_HELD = 50_000;
/** Rows among which the order is new in each epoch, and those of a range test. */
const MIXED = 65_536, SAMPLE = 25_600;
/** Bytes that the numbers of each of these may take. */
const MOST_BYTES = 1 << 25;
/** Step of the random stream SPLIT, behind those of data/. */
const STREAM_ROWS = 64;
const GRAIN = 1 << 30;

/** What is known of a table after two passes. */
export interface Streamed {
  readonly schema: Schema;
  readonly preprocessing: Preprocessing;
  readonly training: DatasetStream;
  /** Rows that are trained on, and of each answer of classes how many. */
  readonly rows: number;
  readonly answers: ReadonlyMap<string, number>;
  /** The rows that are held out, as they came. */
  readonly raw: readonly Table[];
  /** Enough training rows for a range test. */
  sample(): Promise<Data>;
  readonly notes: readonly Said[];
  /** How rows are read and held out, and why, for the choices. */
  readonly told: { readonly rows: readonly [string, string]; readonly heldOut: readonly [string, string] };
}

/** Is a table to be streamed? `asked` is --stream, or false in lanewise.json.
 *
 * @throws UsageError where it is asked for and cannot be.
 */
export async function wantsStream(path: string, kind: Kind, asked: boolean | undefined): Promise<boolean> {
  const about = await stat(path), can = STREAMED.includes(kind) && about.isFile() && !(kind === "jsonl" && /^\s*\[/.test(String.fromCharCode(...await beginning(path))));
  if (asked && !can) throw new UsageError(`--stream: ${about.isFile() || about.isDirectory() ? "wanted a CSV file, or JSON Lines" : "a pipe can be read once"}; leave it out, and ${path} is read as a whole`);
  return can && (asked ?? about.size >= (/\.gz$/i.test(path) ? LARGE_PACKED : LARGE));
}

/** The rows of a file, some at a time. */
export const batchesOf = (path: string, kind: Kind, settings: Settings): AsyncIterable<Table> => (kind === "jsonl" ? jsonlBatches(path, { rows: BATCH }) : tablesOf(path, settings, kind));

/** Reads a table twice, and makes the stream of its training rows. */
export async function streamTable(path: string, kind: Kind, settings: Settings & { target: string }, options: SchemaOptions, progress?: Progress): Promise<Streamed> {
  const { target, validation = 0.2, seed = 0, time, group } = settings, notes: Said[] = [];
  if (time !== undefined) throw new UsageError("--time: the latest rows are known where all are in memory; --group parts a stream, and --no-stream reads the file as a whole");
  async function* pass(name: string, all?: number): AsyncGenerator<Table> {
    let rows = 0, last: Table | undefined;
    for await (const table of batchesOf(path, kind, settings)) {
      // of JSON Lines a column may come late
      if (group !== undefined && kind !== "jsonl") columnOf(table, "group", group);
      last = table;
      rows += table.rows;
      progress?.show(() => [{ text: name, rank: 0 }, { text: all === undefined ? `${grouped(rows)} rows` : `${grouped(rows)} of ${grouped(all)} rows`, rank: 1 }]);
      yield table;
    }
    if (group !== undefined) columnOf(last, "group", group);
    progress?.end();
  }
  const schema = await inferSchemaOf(pass("first pass over all rows: what the columns are"), options, kind === "jsonl"), column = schema.columns.find(({ name }) => name === target)!;
  const rows = schema.rows - column.missing, most = Math.min(MOST_HELD, Math.floor(MOST_BYTES / (4 * widest(schema)))), share = Math.min(validation, most / rows);
  if (rows === 0) throw failed(schema.name, `the column ${JSON.stringify(target)} has no value in any row`);
  if (column.missing) notes.push(say("note.unanswered", { left: column.missing, rows: schema.rows, target }));
  if (schema.task === "regression" && column.distinct === 1) throw failed(schema.name, `column ${JSON.stringify(target)}: wanted at least two different numbers, got ${column.frequent[0]![0]} in every row`, "one-value");

  /** The rows of each table that are trained on; the others go to `aside`. */
  async function* trainingRows(tables: AsyncIterable<Table>, aside?: Table[]): AsyncGenerator<Table> {
    const part = parting(target, group, share, seed);
    for await (const given of tables) {
      const table = whole(given, schema), { training, heldOut } = part(table);
      if (aside && heldOut.length) aside.push(takeRows(table, heldOut));
      if (training.length) yield takeRows(table, training);
    }
  }
  const held: Table[] = [], answers = new Map<string, number>();
  let trained = 0;
  async function* counted(): AsyncGenerator<Table> {
    for await (const table of trainingRows(pass("second pass: what is learnt of the training rows", schema.rows), held)) {
      trained += table.rows;
      const values = table.columns.get(target)!;
      if (schema.task === "classification") for (let row = 0; row < table.rows; row++) answers.set(textAt(values, row)!, (answers.get(textAt(values, row)!) ?? 0) + 1);
      yield table;
    }
  }
  const preprocessing = await Preprocessing.fitTables(counted(), schema), mixed = Math.min(MIXED, Math.max(1, Math.floor(MOST_BYTES / (4 * preprocessing.input[0]))));
  const training = await dataset(() => trainingRows(batchesOf(path, kind, settings)), { preprocessing, shuffleBuffer: mixed, seed, rows: trained });
  return {
    schema, preprocessing, training, rows: trained, answers, raw: held, notes, sample: () => sampleOf(training, preprocessing.input[0]),
    told: {
      rows: ["streamed", `${settings.stream ? "as asked" : `the file has ${sized((await stat(path)).size)}`}: each epoch reads it anew, in an order that is mixed within ${plural(mixed, "row")}`],
      heldOut: [`${(100 * share).toPrecision(3)} %`, share < validation ? `at most ${grouped(most)} rows: they stay in memory, and tell enough` : `by a hash of the seed and ${group === undefined ? "the row's number" : `its ${group}`}`],
    },
  };
}

/** A table with all columns: of JSON Lines one may come late. */
function whole(table: Table, { columns }: Schema): Table {
  if (columns.every(({ name }) => table.columns.has(name))) return table;
  return { ...table, columns: new Map(columns.map(({ name }) => [name, table.columns.get(name) ?? new Array<null>(table.rows).fill(null)])) };
}

/** Numbers that a row becomes, at the most. */
function widest({ columns }: Schema): number {
  return columns.reduce((sum, { use, distinct }) => sum + (use === "oneHot" ? distinct + 1 : use === "hash" ? 65 : use === "cyclic" ? 8 : use === "ignore" || use === "target" ? 0 : 2), 1);
}

/** Parts the rows of tables that come in the file's order; those without an answer are left out. */
function parting(target: string, group: string | undefined, share: number, seed: number): (table: Table) => { training: number[]; heldOut: number[] } {
  const words = wantSeed(seed), draw = draws(words, SPLIT, STREAM_ROWS);
  return (table) => {
    const training: number[] = [], heldOut: number[] = [], answers = table.columns.get(target)!, groups = group === undefined ? undefined : table.columns.get(group);
    for (let row = 0; row < table.rows; row++) {
      const at = groups ? murmur3(textAt(groups, row) ?? "", words.low ^ words.high) / 4_294_967_296 : draw(GRAIN) / GRAIN;
      if (missingAt(answers, row)) continue;
      if (groups && missingAt(groups, row)) throw nothingIn(table, "group", group!, row);
      (at < share ? heldOut : training).push(row);
    }
    return { training, heldOut };
  };
}

/** The first rows of the first epoch. */
async function sampleOf(training: DatasetStream, width: number): Promise<Data> {
  const most = Math.min(SAMPLE, training.rows!, Math.max(1, Math.floor(MOST_BYTES / (4 * width)))), x = new Float32Array(most * width);
  let y: Float32Array | Int32Array | undefined, rows = 0;
  for await (const batch of training(0) as AsyncIterable<{ x: { data: Float32Array }; y: Float32Array | Int32Array }>) {
    const take = Math.min(batch.y.length, most - rows);
    y ??= batch.y instanceof Int32Array ? new Int32Array(most) : new Float32Array(most);
    x.set(batch.x.data.subarray(0, take * width), rows * width);
    y.set(batch.y.subarray(0, take), rows);
    rows += take;
    if (rows === most) break;
  }
  return { x: { data: x, shape: [most, width] }, y: y! };
}
