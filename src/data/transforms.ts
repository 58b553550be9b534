// From a column's values to numbers. What is learnt of a column (a mean, its categories) is plain data, fitted on the training rows alone;
// an encoder applies it to any rows. Formulas are scikit-learn's (StandardScaler, MinMaxScaler, SimpleImputer with add_indicator,
// OneHotEncoder with handle_unknown="ignore"). Sums run over the rows in their order, in f64.

import { FormatError, show } from "../errors.ts";
import { badOption, checkNames, isRecord, wantBoolean, wantCount, wantNumber, wantOneOf } from "../options.ts";
import { exponentialM1, logarithm1p } from "../math.ts";
import { cycle, DATE_FORMATS, DATE_PARTS, type DateFormat, type DatePart, DAY, parseDate, turnOf, whyNoDate } from "./dates.ts";
import { murmur3, wordsOf } from "./murmur.ts";
import { ALL_USES, byFrequency, type ColumnSchema, optionsOf, type TransformOption, type TransformOptions, type Use } from "./schema.ts";
import { columnError, type ColumnValues, missingAt, numberOf, type Table, textAt } from "./table.ts";

/** (f(x) − shift) / scale, with f(x) = x, or sign(x) · ln(1 + |x|) for "log"; `fill` in the place of a missing x. */
export interface FittedNumber {
  column: string;
  use: "standardise" | "minMax" | "log" | "none";
  fill: number;
  shift: number;
  scale: number;
  indicator: boolean;
}

/** A one at the category's place, or its place, counted from 1; all 0 where it is missing or not known. */
export interface FittedCategory {
  column: string;
  use: "oneHot" | "ordinal";
  categories: string[];
  /** Are they numbers, so that 1.0 is 1? */
  numeric: boolean;
  /** In the place of a missing one. */
  fill: string | null;
  indicator: boolean;
}

/** 1 in the bucket murmur3(value, seed) mod buckets; for words their counts, divided by their Euclidean length. */
export interface FittedHash {
  column: string;
  use: "hash";
  by: "value" | "words";
  buckets: number;
  seed: number;
  indicator: boolean;
}

/** elapsed: (days − shift) / scale; each other part as sine and cosine; all 0 where it is missing. */
export interface FittedDate {
  column: string;
  use: "cyclic";
  format: DateFormat;
  parts: DatePart[];
  shift: number;
  scale: number;
  indicator: boolean;
}

/** What was learnt of a column, as plain data. */
export type Fitted = FittedNumber | FittedCategory | FittedHash | FittedDate;

/** Values that are counted while rows become numbers, by column. */
export interface Notes {
  /** Categories that the training rows did not have. */
  unseen: Map<string, number>;
  missing: Map<string, number>;
}

/** Applies what was fitted. */
export interface Encoder {
  readonly column: string;
  /** Names of the numbers that it makes of a value. */
  readonly features: readonly string[];
  /** Writes the numbers of row r to into[at + r · pitch] and on. */
  encode(table: Table, values: ColumnValues, into: Float32Array, at: number, pitch: number, notes: Notes): void;
}

/** Most numbers that a row may become. */
export const MOST_FEATURES = 65_536;
/** As far as a Date goes. */
const LAST_INSTANT = 8.64e15;
/** Greatest f32. */
const GREATEST = 3.4028234663852886e38;

/** A cell of a column of numbers; NaN where it is missing.
 *
 * @throws DataError, with the row, for a text that is no number, and for an infinity.
 */
export function numberAt(table: Table, column: string, values: ColumnValues, row: number): number {
  const cell = values[row];
  if (typeof cell === "number") {
    if (cell === Infinity || cell === -Infinity) throw columnError("not-a-number", table, column, { row, wanted: "a finite number", got: cell });
    return cell;
  }
  const text = textAt(values, row);
  if (text === null) return NaN;
  const number = numberOf(text);
  if (!Number.isFinite(number)) throw columnError("not-a-number", table, column, { row, wanted: "a finite number", got: text, fix: "leave it empty if it is missing" });
  return number;
}

/** A cell of a column of dates, in milliseconds since 1970; NaN where it is missing. */
export function dateAt(table: Table, column: string, values: ColumnValues, row: number, format: DateFormat): number {
  if (format === "milliseconds") {
    const number = numberAt(table, column, values, row);
    if (Math.abs(number) > LAST_INSTANT) throw columnError("not-a-date", table, column, { row, wanted: "milliseconds since 1970", got: number });
    return number;
  }
  const text = textAt(values, row);
  if (text === null) return NaN;
  let date = parseDate(text, format);
  if (Number.isNaN(date) && format !== "iso") date = parseDate(text, "iso"); // what becomes of a Date in raw rows
  if (Number.isNaN(date)) throw columnError("not-a-date", table, column, { row, wanted: `a date as the others have (${format})`, got: text, fix: whyNoDate(column, text, format) });
  return date;
}

/** ln(1 + |x|) with the sign of x: like x near 0, and like ln |x| far from it. */
export function signedLog(x: number): number {
  return x < 0 ? -logarithm1p(-x) : logarithm1p(x);
}

/** The x whose signedLog it is. */
export function signedExp(z: number): number {
  return z < 0 ? -exponentialM1(-z) : exponentialM1(z);
}

/** A category as it is compared: numbers without what can be written in several ways. */
export function categoryOf(text: string, numeric: boolean): string {
  if (!numeric) return text;
  const number = numberOf(text);
  return Number.isNaN(number) ? text : String(number + 0);
}

/** Are these all numbers, none with leading zeros, which are codes? */
export function areNumbers(texts: Iterable<string>): boolean {
  for (const text of texts) if (Number.isNaN(numberOf(text)) || /^\s*[+-]?0\d/.test(text)) return false;
  return true;
}

/** Mean and deviation (of all, as StandardScaler has it) of what is no NaN; a deviation of 0 is 1. Two passes. */
export function momentsOf(values: ArrayLike<number>): { mean: number; deviation: number } {
  let sum = 0, count = 0, squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  const mean = sum / count + 0; // never −0, which JSON has not
  for (let i = 0; i < values.length; i++) {
    const off = values[i]! - mean;
    if (!Number.isNaN(off)) squares += off * off;
  }
  // of equal values only the rounding of their mean is left
  const deviation = Math.sqrt(squares / count);
  return { mean, deviation: deviation <= 1e-14 * Math.abs(mean) ? 1 : deviation };
}

/** Learns what is to be done with a column from the given rows, in their order.
 *
 * @throws DataError for values that do not fit; OptionError for options that do not.
 */
export function fitColumn(table: Table, values: ColumnValues, rows: ArrayLike<number>, schema: ColumnSchema, option: TransformOption | undefined): Fitted | undefined {
  const how = howOf(schema, option);
  if (!how) return undefined;
  const { column, use, options } = how;
  let missing = 0;
  for (let i = 0; i < rows.length; i++) if (missingAt(values, rows[i]!)) missing++;
  const indicator = indicatorOf(table, how, missing, rows.length);
  if (use === "cyclic") return fitDate(table, values, rows, how, indicator);
  if (use === "hash") return fitHash(how, indicator);
  if (use === "oneHot" || use === "ordinal") {
    const counts = new Map<string, number>();
    for (let i = 0; i < rows.length; i++) tally(counts, textAt(values, rows[i]!));
    return fitCategory(counts, column, use, options, indicator);
  }
  return fitNumber(table, values, rows, column, use, options, indicator);
}

/** What is to be done with a column, checked. */
export interface How {
  readonly column: string;
  readonly schema: ColumnSchema;
  readonly use: Exclude<Use, "ignore" | "target">;
  readonly options: TransformOptions;
}

/** Undefined for one that is left out. */
export function howOf(schema: ColumnSchema, option: TransformOption | undefined): How | undefined {
  const { name: column } = schema, label = `transforms.${column}`, options = optionsOf(label, option);
  const use = options.use ?? schema.use;
  if (use === "ignore" || use === "target") return undefined;
  const known = USES_OF[schema.type];
  if (!known.includes(use))
    throw badOption(label, use, `one of ${known.map(show).join(", ")}, as it is a column of type ${schema.type}`, { fix: `types: { ${show(column)}: … } makes it another` });
  checkNames(label, options, ["use", "impute", "indicator", ...OPTIONS_OF[use]]);
  return { column, schema, use, options };
}

/** Is there a number more that says where a value is missing? */
export function indicatorOf(table: Table, { column, options: { indicator } }: How, missing: number, rows: number): boolean {
  if (missing === rows) throw columnError("all-missing", table, column, { problem: "it has no value in any training row", fix: "ignore it" });
  return indicator === undefined ? missing > 0 : wantBoolean(`transforms.${column}.indicator`, indicator);
}

export function fitHash({ column, schema: { type }, options }: How, indicator: boolean): FittedHash {
  const { buckets = 64, by = type === "text" ? "words" : "value", seed = 0 } = options, label = `transforms.${column}`;
  if (options.impute !== undefined) throw badOption(`${label}.impute`, options.impute, "nothing, as a missing value is in no bucket");
  return { column, use: "hash", by: wantOneOf(`${label}.by`, by, ["value", "words"]), buckets: wantBuckets(`${label}.buckets`, buckets), seed: wantHashSeed(`${label}.seed`, seed), indicator };
}

/** Counts a text that is not missing. */
export function tally(counts: Map<string, number>, text: string | null): void {
  if (text !== null) counts.set(text, (counts.get(text) ?? 0) + 1);
}

/** Uses that a type allows. */
const USES_OF: Readonly<Record<ColumnSchema["type"], readonly Use[]>> = {
  number: ["standardise", "minMax", "log", "none"], category: ["oneHot", "ordinal", "hash"], text: ["hash", "oneHot", "ordinal"], date: ["cyclic"], identifier: ["oneHot", "ordinal", "hash"],
};

const OPTIONS_OF: Readonly<Record<Exclude<Use, "ignore" | "target">, readonly string[]>> = {
  standardise: [], minMax: [], log: [], none: [], oneHot: ["categories"], ordinal: ["categories"], hash: ["buckets", "by", "seed"], cyclic: ["parts"],
};

function wantBuckets(option: string, value: unknown): number {
  const buckets = wantCount(option, value);
  if (buckets > MOST_FEATURES) throw badOption(option, value, `at most ${MOST_FEATURES}`);
  return buckets;
}

function wantHashSeed(option: string, value: unknown): number {
  const seed = wantCount(option, value, 0);
  if (seed > 0xffffffff) throw badOption(option, value, "a whole number below 2^32");
  return seed;
}

function fitNumber(table: Table, values: ColumnValues, rows: ArrayLike<number>, column: string, use: FittedNumber["use"], options: TransformOptions, indicator: boolean): FittedNumber {
  const numbers = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) numbers[i] = numberAt(table, column, values, rows[i]!);
  const { impute = "mean" } = options, fill = fillOf(`transforms.${column}.impute`, numbers, impute);
  return wantSound(table, { column, use, fill, ...scaleOf(numbers, use), indicator });
}

/** A column of numbers that can be computed with. */
export function wantSound(table: Table, fitted: FittedNumber): FittedNumber {
  const { column, fill, shift, scale } = fitted;
  if (![fill, shift, scale].every(Number.isFinite)) throw columnError("too-great", table, column, { problem: "its numbers are so great that their mean is none", fix: "transforms: \"log\", or smaller units" });
  return fitted;
}

/** Shift and scale of numbers, missing ones left aside. */
export function scaleOf(numbers: Float64Array, use: FittedNumber["use"]): { shift: number; scale: number } {
  if (use === "none") return { shift: 0, scale: 1 };
  if (use === "minMax") {
    let least = Infinity, greatest = -Infinity;
    for (const number of numbers) {
      if (number < least) least = number;
      if (number > greatest) greatest = number;
    }
    return { shift: least + 0, scale: greatest - least || 1 };
  }
  const { mean, deviation } = momentsOf(use === "log" ? numbers.map(signedLog) : numbers);
  return { shift: mean, scale: deviation };
}

function fillOf(option: string, numbers: Float64Array, impute: unknown): number {
  if (typeof impute === "number") return wantNumber(option, impute) + 0;
  const how = wantOneOf(option, impute, ["mean", "median", "mostFrequent"]);
  if (how === "mean") return momentsOf(numbers).mean;
  const sorted = numbers.filter((number) => !Number.isNaN(number)).sort(), middle = sorted.length >> 1;
  if (how === "median") return (sorted.length % 2 ? sorted[middle]! : sorted[middle - 1]! / 2 + sorted[middle]! / 2) + 0;
  // of equally frequent ones the least, as SimpleImputer has it
  let best = sorted[0]!, most = 0;
  for (let from = 0, to = 0; from < sorted.length; from = to) {
    while (to < sorted.length && sorted[to] === sorted[from]) to++;
    if (to - from > most) {
      most = to - from;
      best = sorted[from]!;
    }
  }
  return best + 0;
}

/** From how often each text comes. */
export function fitCategory(counts: ReadonlyMap<string, number>, column: string, use: FittedCategory["use"], options: TransformOptions, indicator: boolean): FittedCategory {
  const label = `transforms.${column}`;
  const given = options.categories, numeric = areNumbers(given && Array.isArray(given) && given.every((one) => typeof one === "string") ? given : counts.keys());
  const merged = new Map<string, number>();
  for (const [text, times] of counts) merged.set(categoryOf(text, numeric), (merged.get(categoryOf(text, numeric)) ?? 0) + times);
  const frequent = byFrequency(merged).map(([text]) => text);
  const categories = given === undefined ? frequent : wantCategories(`${label}.categories`, given, numeric);
  if (use === "oneHot" && categories.length > MOST_FEATURES) throw badOption(label, use, `at most ${MOST_FEATURES} categories`, { got: categories.length, fix: "use: \"hash\"" });
  const impute = options.impute === undefined ? undefined : wantOneOf(`${label}.impute`, options.impute, ["mostFrequent"]);
  const fill = impute ? frequent.find((text) => categories.includes(text)) ?? null : null;
  return { column, use, categories, numeric, fill, indicator };
}

function wantCategories(option: string, given: unknown, numeric: boolean): string[] {
  const sound = Array.isArray(given) && given.length > 0 && given.every((one) => typeof one === "string" && one.trim() !== "");
  const categories = sound ? (given as string[]).map((one) => categoryOf(one, numeric)) : [];
  if (!sound || new Set(categories).size < categories.length) throw badOption(option, given, "texts, each once");
  return categories;
}

function fitDate(table: Table, values: ColumnValues, rows: ArrayLike<number>, how: How, indicator: boolean): FittedDate {
  const days = new Float64Array(rows.length), turns = new Turns();
  for (let i = 0; i < rows.length; i++) {
    const instant = dateAt(table, how.column, values, rows[i]!, formatOf(how));
    turns.add(instant);
    days[i] = instant / DAY;
  }
  return fittedDate(how, turns, momentsOf(days), indicator);
}

export const formatOf = ({ schema: { format = "iso" } }: How): DateFormat => format;

/** Which parts of dates are not the same in each row. */
export class Turns {
  private readonly seen = new Map<DatePart, Set<number>>(DATE_PARTS.map((part) => [part, new Set()]));

  /** NaN is missing. */
  add(instant: number): void {
    if (Number.isNaN(instant)) return;
    for (const [part, turn] of this.seen) if (turn.size < 2) turn.add(part === "elapsed" ? instant : turnOf(part, instant));
  }

  varies(part: DatePart): boolean {
    return this.seen.get(part)!.size > 1;
  }
}

export function fittedDate(how: How, turns: Turns, { mean, deviation }: { mean: number; deviation: number }, indicator: boolean): FittedDate {
  const { column, options } = how, label = `transforms.${column}`;
  if (options.impute !== undefined) throw badOption(`${label}.impute`, options.impute, "nothing, as the numbers of a missing date are 0");
  const { parts = DATE_PARTS.filter((part) => turns.varies(part)) } = options;
  const sound = Array.isArray(parts) && parts.every((part) => DATE_PARTS.includes(part as DatePart)) && new Set(parts).size === parts.length && (options.parts === undefined || parts.length > 0);
  if (!sound) throw badOption(`${label}.parts`, parts, `some of ${DATE_PARTS.map(show).join(", ")}, each once`);
  return { column, use: "cyclic", format: formatOf(how), parts: [...parts], shift: mean, scale: deviation, indicator };
}

/** Names of the numbers that a value becomes. */
export function featuresOf(fitted: Fitted): string[] {
  const { column, indicator } = fitted, features: string[] = [];
  if (fitted.use === "oneHot") for (const category of fitted.categories) features.push(`${column}=${category}`);
  else if (fitted.use === "hash") for (let bucket = 0; bucket < fitted.buckets; bucket++) features.push(`${column}#${bucket}`);
  else if (fitted.use === "cyclic") for (const part of fitted.parts) features.push(...(part === "elapsed" ? [`${column} ${part}`] : [`${column} ${part} sin`, `${column} ${part} cos`]));
  else features.push(column);
  if (indicator) features.push(`${column} missing`);
  return features;
}

/** How many these are. */
export function widthOf(fitted: Fitted): number {
  const width = fitted.use === "oneHot" ? fitted.categories.length : fitted.use === "hash" ? fitted.buckets
    : fitted.use === "cyclic" ? fitted.parts.reduce((sum, part) => sum + (part === "elapsed" ? 1 : 2), 0) : 1;
  return width + (fitted.indicator ? 1 : 0);
}

/** Writes a row's numbers from `at` on; null is a missing value. */
type Write = (row: number, into: Float32Array, at: number) => "unseen" | undefined | null;

/** The encoder of what was fitted. */
export function encoderOf(fitted: Fitted): Encoder {
  const { column, indicator } = fitted, width = widthOf(fitted), writer = writerOf(fitted);
  return {
    column, features: featuresOf(fitted),
    encode(table, values, into, at, pitch, { unseen, missing }) {
      const write = writer(table, values), end = indicator ? width - 1 : -1;
      let lost = 0, strange = 0;
      for (let row = 0, place = at; row < table.rows; row++, place += pitch) {
        const told = write(row, into, place);
        if (told === null) {
          lost++;
          if (indicator) into[place + end] = 1;
        } else if (told) strange++;
      }
      if (lost) missing.set(column, lost);
      if (strange) unseen.set(column, strange);
    },
  };
}

function writerOf(fitted: Fitted): (table: Table, values: ColumnValues) => Write {
  switch (fitted.use) {
    case "oneHot": case "ordinal": return categoryWriter(fitted);
    case "hash": return hashWriter(fitted);
    case "cyclic": return dateWriter(fitted);
    default: return numberWriter(fitted);
  }
}

function numberWriter({ column, use, fill, shift, scale }: FittedNumber): (table: Table, values: ColumnValues) => Write {
  const scaled = (value: number): number => ((use === "log" ? signedLog(value) : value) - shift) / scale, filled = scaled(fill);
  return (table, values) => (row, into, at) => {
    const value = numberAt(table, column, values, row), none = Number.isNaN(value);
    into[at] = wantSmall(none ? filled : scaled(value), table, column, row, none ? fill : value);
    return none ? null : undefined;
  };
}

function wantSmall(scaled: number, table: Table, column: string, row: number, got: number): number {
  if (!(Math.abs(scaled) <= GREATEST)) throw columnError("too-great", table, column, { row, wanted: "a number within float32 when it is scaled", got });
  return scaled;
}

function categoryWriter({ use, categories, numeric, fill }: FittedCategory): (table: Table, values: ColumnValues) => Write {
  const places = new Map(categories.map((category, i) => [category, i]));
  const write = (place: number, into: Float32Array, at: number): void => {
    if (use === "oneHot") into[at + place] = 1;
    else into[at] = place + 1;
  };
  return (_, values) => (row, into, at) => {
    const text = textAt(values, row);
    if (text === null) {
      if (fill !== null) write(places.get(fill)!, into, at);
      return null;
    }
    const place = places.get(categoryOf(text, numeric));
    if (place === undefined) return "unseen";
    write(place, into, at);
    return undefined;
  };
}

function hashWriter({ by, buckets, seed }: FittedHash): (table: Table, values: ColumnValues) => Write {
  return (_, values) => (row, into, at) => {
    const text = textAt(values, row);
    if (text === null) return null;
    if (by === "value") {
      into[at + (murmur3(text, seed) % buckets)] = 1;
      return undefined;
    }
    const touched = new Map<number, number>();
    for (const word of wordsOf(text)) {
      const bucket = murmur3(word, seed) % buckets;
      touched.set(bucket, (touched.get(bucket) ?? 0) + 1);
    }
    let squares = 0;
    for (const count of touched.values()) squares += count * count;
    const length = Math.sqrt(squares);
    for (const [bucket, count] of touched) into[at + bucket] = count / length;
    return undefined;
  };
}

function dateWriter({ column, format, parts, shift, scale }: FittedDate): (table: Table, values: ColumnValues) => Write {
  return (table, values) => (row, into, at) => {
    const instant = dateAt(table, column, values, row, format);
    if (Number.isNaN(instant)) return null;
    let place = at;
    for (const part of parts) {
      if (part === "elapsed") into[place++] = wantSmall((instant / DAY - shift) / scale, table, column, row, instant);
      else {
        const [sine, cosine] = cycle(part, instant);
        into[place++] = sine;
        into[place++] = cosine;
      }
    }
    return undefined;
  };
}

/** Checks what a file says was fitted, field by field.
 *
 * @throws FormatError for anything that fitColumn does not make.
 */
export function wantFitted(value: unknown, at: string): Fitted {
  const object = wantObject(value, at), text = (name: string): string => wantText(object[name], `${at}.${name}`);
  const column = text("column"), use = wantFrom(object.use, `${at}.use`, ALL_USES), indicator = wantFlag(object.indicator, `${at}.indicator`);
  const finite = (name: string): number => wantFinite(object[name], `${at}.${name}`);
  const scale = (): number => {
    const got = finite("scale");
    if (!(got > 0)) throw broken(`${at}.scale`, "a number above 0", got);
    return got;
  };
  switch (use) {
    case "standardise": case "minMax": case "log": case "none":
      wantKeys(object, at, ["column", "use", "fill", "shift", "scale", "indicator"]);
      return { column, use, fill: finite("fill"), shift: finite("shift"), scale: scale(), indicator };
    case "oneHot": case "ordinal": {
      wantKeys(object, at, ["column", "use", "categories", "numeric", "fill", "indicator"]);
      const categories = wantTexts(object.categories, `${at}.categories`), fill = object.fill === null ? null : text("fill");
      if (fill !== null && !categories.includes(fill)) throw broken(`${at}.fill`, "one of the categories", fill);
      return { column, use, categories, numeric: wantFlag(object.numeric, `${at}.numeric`), fill, indicator };
    }
    case "hash": {
      wantKeys(object, at, ["column", "use", "by", "buckets", "seed", "indicator"]);
      const buckets = wantWholeNumber(object.buckets, `${at}.buckets`, 1, MOST_FEATURES), seed = wantWholeNumber(object.seed, `${at}.seed`, 0, 0xffffffff);
      return { column, use, by: wantFrom(object.by, `${at}.by`, ["value", "words"]), buckets, seed, indicator };
    }
    case "cyclic": {
      wantKeys(object, at, ["column", "use", "format", "parts", "shift", "scale", "indicator"]);
      const { parts } = object;
      if (!Array.isArray(parts) || parts.length > DATE_PARTS.length || new Set(parts).size < parts.length) throw broken(`${at}.parts`, "parts of dates, each once", parts);
      const format = wantFrom(object.format, `${at}.format`, DATE_FORMATS);
      return { column, use, format, parts: parts.map((part, i) => wantFrom(part, `${at}.parts[${i}]`, DATE_PARTS)), shift: finite("shift"), scale: scale(), indicator };
    }
    default: throw broken(`${at}.use`, "a use of columns", use);
  }
}

/** Longest text of a file: a column's name, a category, a class. */
const LONGEST = 100_000;

export function broken(option: string, wanted: unknown, got: unknown): FormatError {
  return new FormatError("bad-file", { of: "the preprocessing in this file", option, wanted, got });
}

export function wantObject(value: unknown, at: string): Record<string, unknown> {
  if (!isRecord(value)) throw broken(at, "an object", value);
  return value;
}

export function wantKeys(object: Readonly<Record<string, unknown>>, at: string, keys: readonly string[]): void {
  const own = Object.keys(object), wrong = own.find((key) => !keys.includes(key)) ?? keys.find((key) => !Object.hasOwn(object, key));
  if (wrong !== undefined) throw broken(at, `{ ${keys.join(", ")} }`, wrong);
}

export function wantText(value: unknown, at: string): string {
  if (typeof value !== "string" || value.length > LONGEST) throw broken(at, "a text", value);
  return value;
}

/** Texts, each once. */
export function wantTexts(value: unknown, at: string, least = 1): string[] {
  if (!Array.isArray(value) || value.length < least || value.length > 1e6) throw broken(at, `at least ${least} texts`, value);
  const texts = value.map((one, i) => wantText(one, `${at}[${i}]`));
  if (new Set(texts).size < texts.length) throw broken(at, "texts, each once", texts);
  return texts;
}

export function wantFlag(value: unknown, at: string): boolean {
  if (typeof value !== "boolean") throw broken(at, "true or false", value);
  return value;
}

export function wantFinite(value: unknown, at: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw broken(at, "a finite number", value);
  return value + 0;
}

function wantWholeNumber(value: unknown, at: string, least: number, most: number): number {
  const number = wantFinite(value, at);
  if (!Number.isInteger(number) || number < least || number > most) throw broken(at, `a whole number from ${least} to ${most}`, value);
  return number;
}

export function wantFrom<T extends string>(value: unknown, at: string, choices: readonly T[]): T {
  if (!choices.includes(value as T)) throw broken(at, `one of ${choices.map(show).join(", ")}`, value);
  return value as T;
}
