// From a path to data that are ready: in memory, or streamed.

import { type AnyReady, classNumbers, numbersOf, prepareArrays, prepareTable, type Ready, schemaOptions, taskOf, type Wanted as Asked } from "../advice/prepare.ts";
import { say } from "../advice/choose.ts";
import type { Kind } from "../advice/data.ts";
import { failed, UsageError } from "../advice/failure.ts";
import { farOff } from "../advice/scores.ts";
import { plural } from "../advice/text.ts";
import { formOf } from "../data/csv.ts";
import { textAt } from "../data/table.ts";
import { areNumbers, categoryOf } from "../data/transforms.ts";
import { type Data, type DatasetStream, type Table, takeRows } from "../index.ts";
import { isTabular, kindOf, readArrays, readTable } from "./data.ts";
import { readImages } from "./imageFolder.ts";
import type { Settings } from "./settings.ts";
import { batchesOf, streamTable, wantsStream } from "./stream.ts";
import type { Progress } from "./terminal.ts";
import { transformsOf } from "./transforms.ts";

/** What a command is told. */
export interface Wanted extends Settings, Pick<Asked, "folds"> {
  /** Where an IDX file's labels lie. */
  readonly labels?: string;
}

/** The same, as it is made ready by. */
const asked = ({ transforms, ...settings }: Wanted): Asked => ({ ...settings, ...(transforms && { transforms: transformsOf(transforms) }) });

/** Reads a file and makes it ready; where that takes long, `progress` shows how far it is. */
export async function prepare(path: string, settings: Wanted, progress?: Progress): Promise<AnyReady> {
  const kind = await kindOf(path);
  if (await wantsStream(path, kind, settings.stream)) return prepareStream(path, kind, settings, progress);
  if (isTabular(kind)) return prepareTable(await wantTarget(path, settings, kind), kind, asked(settings));
  return prepareArrays(kind === "images" ? await readImages(path, settings) : await readArrays(path, kind, settings.target, settings.labels), kind, asked(settings));
}

async function wantTarget(path: string, settings: Wanted, kind: Kind): Promise<Table> {
  const table = await readTable(path, settings, kind);
  wantNamed(table, settings);
  return table;
}

function wantNamed(table: Table, { target }: Wanted): void {
  const names = [...table.columns.keys()];
  if (target === undefined)
    throw new UsageError(`--target is missing: which column is to be predicted? ${table.name} has ${names.slice(0, 12).join(", ")}${names.length > 12 ? ", …" : ""}`);
}

/** A table that is not in memory as a whole. */
async function prepareStream(path: string, kind: Kind, settings: Wanted, progress: Progress | undefined): Promise<Ready<DatasetStream>> {
  const first = await firstOf(batchesOf(path, kind, settings));
  wantNamed(first, settings);
  const target = settings.target!, { schema, preprocessing, training, sample, rows, answers, raw, told, ...found } = await streamTable(path, kind, { ...settings, target }, schemaOptions(asked(settings)), progress);
  const { classes } = preprocessing, numeric = areNumbers(answers.keys()), alone = new Set<string>(), notes = [...found.notes];
  // of classes that no training row has, nothing can be said
  const held = !classes ? raw : raw.map((table) => {
    const values = table.columns.get(target)!, ids = Array.from({ length: table.rows }, (_, row) => row), text = (row: number): string => textAt(values, row)!;
    for (const row of ids) if (!classes.includes(categoryOf(text(row), numeric))) alone.add(text(row));
    return alone.size ? takeRows(table, ids.filter((row) => !alone.has(text(row)))) : table;
  }).filter((table) => table.rows > 0);
  if (!held.length) throw failed(schema.name, `of ${plural(schema.rows, "row")} none is held out: --no-stream, or a greater --validation`, "no-rows");
  const left = raw.reduce((sum, table) => sum + table.rows, 0) - held.reduce((sum, table) => sum + table.rows, 0);
  if (left) notes.push(say("note.untrained", { names: [...alone].join(", "), left }));
  const heldOut = together(held.map((table) => preprocessing.apply(table, { target: true }))), counts = new Map<number, number>();
  if (classes) {
    const numbers = classNumbers([...answers.keys()], classes);
    [...answers.values()].forEach((count, i) => counts.set(numbers[i]!, (counts.get(numbers[i]!) ?? 0) + count));
  }
  const facts = classes ? { task: taskOf(classes), classes: classes.map((name, i) => ({ name, rows: counts.get(i) ?? 0 })) } : { task: "number" as const, far: farOff(numbersOf(heldOut.y)) };
  return {
    name: schema.name, kind, form: formOf(first), schema, preprocessing, classes, input: preprocessing.input, factor: 1, training, sample, heldOut, raw: held, notes, facts: { ...facts, target, rows, inputs: preprocessing.input[0], stream: told },
    all: () => {
      throw new UsageError(`${schema.name} is streamed, and this wants all rows in memory: --no-stream`);
    },
  };
}

async function firstOf<T>(list: AsyncIterable<T>): Promise<T> {
  for await (const one of list) return one;
  throw new Error("unreachable");
}

/** Rows of several tables as those of one. */
function together(parts: readonly { readonly x: { readonly data: ArrayLike<number>; readonly shape: readonly number[] }; readonly y: ArrayLike<number> }[]): Data {
  const rows = parts.reduce((sum, { y }) => sum + y.length, 0), width = parts[0]!.x.shape[1]!, x = new Float32Array(rows * width);
  const y = parts[0]!.y instanceof Int32Array ? new Int32Array(rows) : new Float32Array(rows);
  let at = 0;
  for (const part of parts) {
    x.set(part.x.data, at * width);
    y.set(part.y, at);
    at += part.y.length;
  }
  return { x: { data: x, shape: [rows, width] }, y };
}
