// From a path to data: the reader goes by the name's end, and where that says nothing, by the first bytes.

import { open, stat } from "node:fs/promises";
import { MISSING } from "../data/cells.ts";
import { type CsvForm, formOf } from "../data/csv.ts";
import { IMAGE } from "../data/images.ts";
import { csv, csvBatches, type CsvOptions, idx, jsonl, type Model, npz, parquet, type Table } from "../index.ts";
import { type Arrays, FORM, type Kind, type Numbers } from "../advice/data.ts";
import { failed, UsageError } from "../advice/failure.ts";
import type { Values } from "./args.ts";
import { DELIMITER, type READING } from "./settings.ts";

export type Reading = Values<typeof READING>;

const ENDS: Readonly<Record<string, Kind>> = {
  csv: "csv", tsv: "csv", txt: "csv", jsonl: "jsonl", ndjson: "jsonl", json: "jsonl", parquet: "parquet", npz: "npz", idx: "idx", zip: "images",
};

/** What a file holds.
 *
 * @throws Error with a code for a file that cannot be read.
 */
export async function kindOf(path: string): Promise<Kind> {
  const about = await stat(path).catch((error: { code?: string }) => {
    throw failed(path, error.code === "ENOENT" ? `no such file${path === "-" ? "; a pipe is /dev/stdin" : ""}` : `cannot be read (${error.code})`);
  });
  if (about.isDirectory()) return "images";
  // a pipe says nothing of its size, and can be read once
  const whole = about.isFile();
  if (whole && about.size === 0) throw failed(path, "is empty");
  if (/\.safetensors$/i.test(path)) throw failed(path, "is a model file: wanted a file of rows (CSV, JSON Lines, Parquet, IDX or npz)");
  if (/\.(xlsx?|xlsm|xlsb|ods)$/i.test(path)) throw failed(path, "is a spreadsheet: export it as CSV");
  if (/\.npy$/i.test(path)) throw failed(path, "is one array: wanted inputs and labels in one file, by numpy.savez(\"data.npz\", x=…, y=…)");
  const name = path.toLowerCase().replace(/\.gz$/, ""), end = name.slice(name.lastIndexOf(".") + 1);
  if (IMAGE.test(path)) return "images";
  if (/idx[1-4]-(ubyte|byte|short|int|float|double)$/.test(name)) return "idx";
  return (Object.hasOwn(ENDS, end) ? ENDS[end] : undefined) ?? (whole ? guess(await beginning(path)) : "csv");
}

/** By what a file begins with. */
function guess(bytes: Uint8Array): Kind {
  const text = String.fromCharCode(...bytes);
  if (text.startsWith("PAR1")) return "parquet";
  if (text.startsWith("PK\x03\x04")) return "npz";
  if (bytes[0] === 0 && bytes[1] === 0 && bytes[2]! >= 8 && bytes[2]! <= 14) return "idx";
  return /^(\u00ef\u00bb\u00bf)?\s*\{/.test(text) ? "jsonl" : "csv";
}

export async function beginning(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array(16), { bytesRead } = await file.read(bytes, 0, 16, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

export const isTabular = (kind: Kind): boolean => kind === "csv" || kind === "jsonl" || kind === "parquet";

function csvOptions({ delimiter, encoding, header, decimalComma, missing }: Reading): CsvOptions {
  return {
    ...(delimiter !== undefined && { delimiter: delimiter === "\\t" || delimiter === "tab" ? "\t" : delimiter }), ...(encoding !== undefined && { encoding }),
    ...(header === false && { header }), ...(decimalComma !== undefined && { decimal: decimalComma ? "," as const : "." as const }),
    ...(missing && { missing: [...new Set([...MISSING, ...missing])] }),
  };
}

/** How a file is to be read: as flags say, or else as the file that the model was trained on, if it is a like one. */
export async function readingFor(model: Model, path: string, kind: Kind, flags: Reading): Promise<Reading> {
  const kept = kind === "csv" ? formIn(model) : undefined;
  if (!kept) return flags;
  const reading: Reading = { delimiter: kept.delimiter, header: kept.header, decimalComma: kept.decimal === ",", ...(kept.encoding !== undefined && { encoding: kept.encoding }), ...(kept.missing && { missing: kept.missing }), ...flags };
  // a pipe can be read once
  if (!(await stat(path)).isFile()) return reading;
  const { encoding, ...rest } = reading, wanted = model.preprocessing?.columns.map(({ column }) => column) ?? [];
  // sound UTF-8 is UTF-8, whatever the other file was
  const plain = encoding !== undefined && flags.encoding === undefined && formOf((await firstOf(path, rest, 4096)) ?? NONE)?.encoding?.startsWith("utf") ? rest : reading;
  const first = await firstOf(path, plain, 1);
  return first && wanted.every((column) => first.columns.has(column)) ? plain : flags;
}

const NONE: Table = { name: "", rows: 0, columns: new Map() };

/** The first rows of a CSV file; undefined if it cannot be read so. */
async function firstOf(path: string, reading: Reading, rows: number): Promise<Table | undefined> {
  try {
    for await (const table of csvBatches(path, { ...csvOptions(reading), rows })) return table;
  } catch {
    return undefined; // what is wrong is told when all is read
  }
  return undefined;
}

function formIn({ metadata }: Model): CsvForm | undefined {
  try {
    const { delimiter, header, decimal, encoding, missing } = JSON.parse(metadata.get(FORM)!) as Record<string, unknown>;
    const told = (list: unknown): list is string[] => Array.isArray(list) && list.every((text) => typeof text === "string");
    const sound = typeof delimiter === "string" && DELIMITER.wanted(delimiter) === undefined && typeof header === "boolean" && (decimal === "." || decimal === ",") && (encoding === undefined || typeof encoding === "string");
    return sound && (missing === undefined || told(missing)) ? { delimiter, header, decimal, encoding, ...(missing && { missing }) } : undefined;
  } catch {
    return undefined; // an older file, or somebody else's word: the rows tell it themselves
  }
}

/** A table, whole. */
export async function readTable(path: string, reading: Reading, kind?: Kind): Promise<Table> {
  switch (kind ?? await kindOf(path)) {
    case "csv":
      return csv(path, csvOptions(reading));
    case "jsonl":
      return jsonl(path);
    case "parquet":
      return parquet(path);
    default:
      throw new UsageError(`${path}: wanted a table (CSV, JSON Lines or Parquet)`);
  }
}

/** Tables of some thousand rows, one after the other: a CSV file is never in memory as a whole. */
export async function* tablesOf(path: string, reading: Reading, kind?: Kind): AsyncGenerator<Table> {
  kind ??= await kindOf(path);
  if (kind === "csv") yield* { [Symbol.asyncIterator]: () => csvBatches(path, { ...csvOptions(reading), rows: 4096 })[Symbol.asyncIterator]() };
  else yield await readTable(path, reading, kind);
}

/** Names under which npz files have inputs and targets. */
const INPUTS = ["x", "x_train", "images", "data", "X"], TARGETS = ["y", "y_train", "labels", "target", "Y"];

/** Arrays of rows from an npz file, or from an IDX file and the labels beside it. */
export async function readArrays(path: string, kind: Kind, target: string | undefined, labels: string | undefined): Promise<Arrays> {
  const name = path.split(/[\\/]/).at(-1)!;
  if (kind === "idx") {
    const x = await idx(path), beside = labels ?? await labelsBeside(path);
    return rowsOf(name, x, beside === undefined ? undefined : await idx(beside), beside);
  }
  const all = await npz(path), names = [...all.keys()];
  const find = (wanted: readonly string[]): string | undefined => wanted.find((one) => all.has(one));
  const yName = target ?? find(TARGETS), xName = find(INPUTS) ?? names.find((one) => one !== yName);
  if (target !== undefined && !all.has(target)) throw new UsageError(`--target: ${name} has no array ${JSON.stringify(target)}; it has ${names.join(", ")}`);
  if (xName === undefined) throw failed(path, "holds no array of inputs");
  return rowsOf(name, all.get(xName)!, yName === undefined ? undefined : all.get(yName), yName);
}

/** MNIST's names: train-images-idx3-ubyte.gz has train-labels-idx1-ubyte.gz. */
async function labelsBeside(path: string): Promise<string | undefined> {
  const other = path.replace(/images([-.])idx\d/, "labels$1idx1");
  return other !== path && await stat(other).then(() => true, () => false) ? other : undefined;
}

function rowsOf(name: string, x: { data: unknown; shape: readonly number[] }, y: { data: unknown; shape: readonly number[] } | undefined, yName = "y"): Arrays {
  const [rows = 0] = x.shape;
  if (x.shape.length < 2 || rows === 0) throw failed(name, `wanted inputs of shape [rows, …], got [${x.shape.join(", ")}]`);
  if (y && y.shape[0] !== rows) throw failed(name, `has ${rows} rows of inputs, but ${y.shape[0]} of ${yName}`);
  return { name, rows, x: { data: numbersOf(name, x.data), shape: x.shape }, y: y && { data: numbersOf(`${name}: ${yName}`, y.data), shape: y.shape } };
}

function numbersOf(name: string, data: unknown): Numbers {
  if (data instanceof Uint8Array || data instanceof Int32Array || data instanceof Float32Array || data instanceof Float64Array) return data;
  if (ArrayBuffer.isView(data) && !(data instanceof DataView)) return Float64Array.from(data as unknown as ArrayLike<number | bigint>, Number);
  throw failed(name, "holds no numbers");
}
