// What can be said about a training: as flags of train, and in lanewise.json under the same names.

import { readFile } from "node:fs/promises";
import { DATE_FORMATS } from "../data/dates.ts";
import { ACTIVATIONS, LOSSES, OPTIMIZERS, SCHEDULES } from "../advice/choose.ts";
import { checkSetting, type Flag, type Flags, nearest, oneOf, type Values } from "./args.ts";
import { dashed } from "../advice/text.ts";
import { UsageError } from "../advice/failure.ts";
import { clean } from "./text.ts";
import { TRANSFORMS } from "./transforms.ts";

/** Kinds that --types knows. */
const KINDS = ["number", "category", "date", ...DATE_FORMATS.map((format) => `date:${format}`), "text", "identifier"];

/** What stands between cells. */
export const DELIMITER = {
  pattern: '^([^"\\r\\n\\u0000]|\\\\t|tab)$',
  wanted: (text: string): string | undefined => (new RegExp(DELIMITER.pattern).test(text) ? undefined : "one character, or tab"),
};

/** The size of images. */
const IMAGE_SIZE = {
  pattern: "^[1-9]\\d{0,3}[xX×][1-9]\\d{0,3}$",
  wanted: (text: string): string | undefined => (new RegExp(IMAGE_SIZE.pattern).test(text) ? undefined : "WIDTHxHEIGHT in pixels, such as 32x32"),
};

/** How a table is read. */
export const READING = {
  delimiter: { kind: "text", help: "what stands between cells of a CSV file; found out by itself otherwise", value: "CHARACTER", setting: true, values: DELIMITER },
  encoding: { kind: "text", help: "of a CSV file: utf-8, utf-16le, windows-1252, gb18030 …; found out by itself otherwise", value: "NAME", setting: true },
  header: { kind: "yes", off: true, help: "the first line of a CSV file holds values, not names", setting: true },
  decimalComma: { kind: "yes", help: "numbers of a CSV file are written 3,14", setting: true },
  missing: { kind: "names", value: "TEXT,…", help: "what stands for no value in a CSV file too, such as none,-999; empty cells, NA, NaN, null, ? and - do anyhow", setting: true },
} satisfies Flags;

/** What a training is made of. */
export const TRAINING = {
  target: { kind: "text", value: "COLUMN", help: "the column to predict", setting: true },
  types: { kind: "pairs", value: "COLUMN=KIND,…", help: "what columns are, where it was found out wrongly: number, category, date (or date:dmy …), text, identifier", setting: true,
    values: { pattern: `^(${KINDS.join("|")})$`, wanted: (text) => (KINDS.includes(text) ? undefined : oneOf(text, KINDS)) },
  },
  transforms: { kind: "pairs", value: "COLUMN=HOW,…", help: TRANSFORMS.help, setting: true, values: TRANSFORMS },
  task: { kind: "text", choices: ["classification", "regression"], help: "what is predicted, where it was found out wrongly", setting: true },
  ignore: { kind: "names", value: "COLUMN,…", help: "columns that are left out", setting: true },
  hidden: { kind: "counts", value: "N,N", word: "none", most: 65536, help: "units of the hidden layers, such as 64,32", setting: true },
  activation: { kind: "text", choices: ACTIVATIONS, help: "what follows each hidden layer", setting: true },
  dropout: { kind: "number", value: "SHARE", least: 0, most: 0.95, help: "share of the hidden units that a step leaves out", setting: true },
  loss: { kind: "text", choices: LOSSES, help: "what is made small", setting: true },
  optimizer: { kind: "text", choices: OPTIMIZERS, help: "how weights are changed", setting: true },
  learningRate: { kind: "number", word: "auto", value: "RATE|auto", least: 1e-12, most: 1000, help: "the first rate; auto, the default, makes a range test", setting: true },
  weightDecay: { kind: "number", value: "STRENGTH", least: 0, most: 10, help: "draws weights to 0", setting: true },
  schedule: { kind: "text", choices: SCHEDULES, help: "what becomes of the rate", setting: true },
  epochs: { kind: "count", most: 1_000_000, help: "rounds over the rows, at the most", setting: true },
  batchSize: { kind: "count", most: 1 << 24, help: "rows of a step", setting: true },
  validation: { kind: "number", value: "SHARE", least: 0.01, most: 0.9, help: "share of the rows that is held out; 0.2 by default", setting: true },
  patience: { kind: "count", value: "EPOCHS", help: "ends the run after so many epochs without a better held-out loss", setting: true },
  earlyStopping: { kind: "yes", off: true, help: "take all epochs, and keep the last weights", setting: true },
  group: { kind: "text", value: "COLUMN", help: "rows of one group stay together when a part is held out", setting: true },
  time: { kind: "text", value: "COLUMN", help: "the latest rows are held out", setting: true },
  classWeights: { kind: "text", choices: ["auto", "balanced", "oversample", "none"], help: "where classes have unequally many rows, balanced lets all count alike, oversample takes rows of the rarer ones more often", setting: true },
  stream: { kind: "yes", help: "read a file of CSV or JSON Lines anew in each epoch, and never all of it at once; from 100 MB on it is read so by itself (20 MB of gzip)", setting: true },
  seed: { kind: "count", least: 0, most: Number.MAX_SAFE_INTEGER, help: "of the split, the first weights and the order of rows; 0 by default", setting: true },
  threads: { kind: "count", word: "auto", most: 64, value: "N|auto", help: "threads that share the work; the bits do not depend on it", setting: true },
} satisfies Flags;

/** How images become rows. */
export const PICTURES = {
  imageSize: { kind: "text", value: "WIDTHxHEIGHT", help: "of images: the size that all of them get, such as 32x32", setting: true, values: IMAGE_SIZE },
  channels: { kind: "text", choices: ["grey", "rgb", "rgba"], help: "of images: the numbers of a pixel", setting: true },
} satisfies Flags;

export type Settings = Values<typeof TRAINING & typeof READING & typeof PICTURES>;

/** Settings from lanewise.json and from flags, which win; and a word for where each comes from.
 *
 * @throws UsageError for a file that is no JSON object of known settings.
 */
export async function settingsOf(flags: Settings, config: string | undefined): Promise<{ settings: Settings; from(name: string): string; file: string | undefined; own: Settings | undefined }> {
  const path = config ?? "lanewise.json", text = await readFile(path, "utf8").catch((error: { code?: string }) => {
    if (error.code === "ENOENT" && config === undefined) return undefined;
    throw new UsageError(`${path}: ${error.code === "ENOENT" ? "no such file" : `cannot be read (${error.code})`}`);
  });
  const file = text === undefined ? {} : checkSettings(text, path);
  return {
    settings: { ...file, ...flags } as Settings, file: text === undefined ? undefined : path, own: text === undefined ? undefined : file as Settings,
    from: (name) => (Object.hasOwn(flags, name) ? `from --${TABLE[name]?.off ? "no-" : ""}${dashed(name)}` : `from ${path}`),
  };
}

const TABLE: Readonly<Record<string, Flag>> = { ...READING, ...PICTURES, ...TRAINING };

/** The settings of a lanewise.json. */
export function checkSettings(text: string, path: string): Record<string, unknown> {
  let given: unknown;
  try {
    given = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw new UsageError(`${path}: no JSON: ${clean((error as Error).message)}`);
  }
  if (given === null || typeof given !== "object" || Array.isArray(given)) throw new UsageError(`${path}: wanted an object of settings`);
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (name === "$schema") continue;
    const known = Object.keys(TABLE), flag = Object.hasOwn(TABLE, name) ? TABLE[name] : undefined;
    if (!flag) {
      const meant = nearest(name, known);
      throw new UsageError(`${path}: unknown setting ${JSON.stringify(clean(name))}; ${meant ? `did you mean ${meant}?` : `known: ${known.join(", ")}`}`);
    }
    settings[name] = checkSetting(value, flag, `${path}: ${name}`);
  }
  return settings;
}

/** The JSON Schema (draft 2020-12) of lanewise.json; lanewise.schema.json is what it gives. */
export function schemaOfSettings(): object {
  const properties = Object.entries(TABLE).map(([name, flag]): [string, object] => [name, { ...typeOf(flag), description: capital(flag.help) }]);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema", title: "lanewise.json", description: "What lanewise train takes where no flag says it.",
    type: "object", additionalProperties: false, properties: { $schema: { type: "string" }, ...Object.fromEntries(properties) },
  };
}

const capital = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;

function typeOf({ kind, choices, values, word, least, most }: Flag): object {
  const number = { type: kind === "number" ? "number" : "integer", minimum: least ?? 1, ...(most !== undefined && { maximum: most }) };
  switch (kind) {
    case "yes":
      return { type: "boolean" };
    case "text":
      return choices ? { enum: [...choices] } : { type: "string", ...(values ? { pattern: values.pattern } : { minLength: 1 }) };
    case "names":
      return { type: "array", items: { type: "string", minLength: 1 } };
    case "pairs": {
      const text = { type: "string", ...(values && { pattern: values.pattern }) };
      return { type: "object", additionalProperties: values?.objects ? { anyOf: [text, { type: "object" }] } : text };
    }
    case "counts": {
      const list = { type: "array", items: number };
      return word ? { anyOf: [list, { const: word }] } : list;
    }
    default:
      return word ? { anyOf: [number, { const: word }] } : number;
  }
}
