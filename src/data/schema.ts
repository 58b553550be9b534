// What the columns of a table are, and what is to be done with them: inferred from their values by rules that are written down here, told
// as a table that people read, and overruled column by column.

import { DataError, show } from "../errors.ts";
import { badOption, checkNames, didYouMean, isRecord, wantOneOf } from "../options.ts";
import { DATE_FORMATS, type DateFormat, type DatePart, nearDate, parseDate, showDate, whyNoDate } from "./dates.ts";
import { byCodePoint, columnError, type ColumnValues, numberOf, type Records, type Table, textAt, wantTable } from "./table.ts";

/** number: is computed with; category: one of a few texts; date; text: words; identifier: names its row, and teaches nothing. */
export type ColumnType = "number" | "category" | "date" | "text" | "identifier";
/** A type as callers write it: a date may say how it is written, as in `"date:dmy"`. */
export type TypeOption = ColumnType | `date:${DateFormat}`;
/** What a model is to tell: which of several classes, or a number. */
export type Task = "classification" | "regression";
/** What becomes of a column's values. */
export type Use = "standardise" | "minMax" | "log" | "none" | "oneHot" | "ordinal" | "hash" | "cyclic" | "ignore" | "target";

/** How missing numbers are filled in: by what is learnt of the training rows, or by a number. */
export type Impute = "mean" | "median" | "mostFrequent" | number;

/** What is to be done with a column where the default is not wanted. A text alone is its `use`. */
export interface TransformOptions {
  /** Numbers: "standardise" (mean 0, deviation 1; the default), "minMax" (0 to 1), "log" (sign(x) · ln(1 + |x|), then standardised) or
   * "none". Categories and texts: "oneHot", "ordinal" or "hash". Dates: "cyclic". Any: "ignore". */
  use?: Exclude<Use, "target">;
  /** Missing numbers become the mean (default), the median, the most frequent value or a number; missing categories stay without a one
   * (default), or become the most frequent. */
  impute?: Impute;
  /** Is there a number more, 1 where the value is missing? By default if it is missing in a training row. */
  indicator?: boolean;
  /** Of categories: which, in this order; by default those of the training rows, the most frequent first. */
  categories?: readonly string[];
  /** Of hashes: how many numbers (64), by the "value" or by its "words" (default for texts), and the seed (0). */
  buckets?: number;
  by?: "value" | "words";
  seed?: number;
  /** Of dates: which of elapsed (days, standardised), month, weekday and hour; by default those that are not the same in each training row. */
  parts?: readonly DatePart[];
}

export type TransformOption = Exclude<Use, "target"> | TransformOptions;

export interface SchemaOptions {
  /** The column that a model is to predict. */
  target?: string;
  /** "classification" or "regression", where the rule says otherwise. */
  task?: Task;
  /** Types of columns where the rules say otherwise. */
  types?: Readonly<Record<string, TypeOption>>;
  /** Columns to leave out. */
  ignore?: readonly string[];
  /** What is done with columns where the rules say otherwise. For a target of numbers: "standardise" (default), "log" or "none". */
  transforms?: Readonly<Record<string, TransformOption>>;
}

/** A column, as a schema has it. */
export interface ColumnSchema {
  name: string;
  type: ColumnType;
  use: Use;
  /** Why it has this type and use, in words, */
  why: string;
  /** and as a stable code with what it was told by, so that a page can say it in another language. */
  reason: Reason;
  /** Rows without a value. */
  missing: number;
  /** Different values; 20,000 where there are more. */
  distinct: number;
  /** Least and greatest number, or date in milliseconds since 1970. */
  range?: [number, number];
  /** How a date is written. */
  format?: DateFormat;
  /** What `transforms` says of it. */
  transform?: TransformOptions;
  /** The most frequent values, and how often they come: at most 8; the first ones, if all are different. */
  frequent: [value: string, count: number][];
}

/** Why a column has its type and use. */
export type Reason =
  | { code: "asked" | "no-values" | "constant" | "numbers-rows" | "named-identifier" | "all-different" | "which-month" | "number" | "date" | "target-two-numbers" | "target-numbers" }
  | { code: "near-numbers" | "near-dates"; example: string }
  | { code: "few-values" | "many-values" | "words"; count: number; codes: boolean }
  | { code: "target-asked"; task: Task }
  | { code: "target-classes"; count: number }
  | { code: "target-codes"; count: number; from: number; to: number };

/** A reason in words. */
function whyOf(reason: Reason): string {
  const many = "codes" in reason ? `${reason.count}${reason.count === MOST_DISTINCT ? " or more" : ""}` : "", kind = "codes" in reason && reason.codes ? "codes with leading zeros" : "texts";
  switch (reason.code) {
    case "asked":
      return "as asked";
    case "no-values":
      return "no values";
    case "constant":
      return "the same in every row";
    case "numbers-rows":
      return "numbers the rows";
    case "named-identifier":
      return "different in every row, and named like one";
    case "all-different":
      return "different in every row";
    case "which-month":
      return "dates, but which is the month? types: \"date:dmy\" or \"date:mdy\"";
    case "number":
    case "date":
      return "";
    case "near-numbers":
      return `numbers, but for such as ${show(reason.example)}?`;
    case "near-dates":
      return `dates, but for such as ${show(reason.example)}? ${whyNoDate("", reason.example, undefined)}`;
    case "few-values":
      return `${many} ${kind}`;
    case "many-values":
      return `${many} different ${kind}`;
    case "words":
      return `words of ${many} texts`;
    case "target-asked":
      return `${reason.task}, as asked`;
    case "target-classes":
      return `${reason.count} classes`;
    case "target-two-numbers":
      return "2 classes, as there are two whole numbers; or task: \"regression\"";
    case "target-codes":
      return `${reason.count} classes, as its numbers are ${reason.from} to ${reason.to}; or task: "regression"`;
    case "target-numbers":
      return "regression, as it has numbers";
  }
}

const because = (reason: Reason): Pick<ColumnSchema, "why" | "reason"> => ({ why: whyOf(reason), reason });

/** Different values that are told apart. */
const MOST_DISTINCT = 20_000;
/** Categories that become a number each. */
const MOST_CATEGORIES = 100;
/** Fewer different values than rows mean nothing where there are fewer rows. */
const FEW_ROWS = 20;
/** Values whose words are counted. */
const SAMPLE = 1000;

const TYPES: readonly ColumnType[] = ["number", "category", "date", "text", "identifier"];
const NAMED_LIKE_AN_ID = /(?:^|[_\s.-])(?:id|uuid|guid|index|key|row|row_?number|unnamed: 0)$|^$/i;
const CAMEL_ID = /[a-z](?:Id|ID)$/;

/** The columns of a table with their types and uses; `String(schema)` is a table of them. */
export class Schema {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly ColumnSchema[];
  readonly target: string | undefined;
  readonly task: Task | undefined;

  /** @internal */
  constructor({ name, rows }: Pick<Table, "name" | "rows">, columns: readonly ColumnSchema[], target: string | undefined, task: Task | undefined) {
    this.name = name;
    this.rows = rows;
    this.columns = columns;
    this.target = target;
    this.task = task;
  }

  /** A table of the columns in at most 120 characters a line: type, missing values, range or most frequent values, use and reason. */
  toString(): string {
    const lines = this.columns.map((column) => [
      column.name, column.use === "target" ? `target (${column.type})` : column.type, String(column.missing), valuesText(column), useText(column),
    ]);
    const all = [["column", "type", "missing", "values", "use"], ...lines];
    const widths = [22, 17, 8, VALUES, Infinity].map((most, i) => Math.min(most, Math.max(...all.map((line) => lengthOf(line[i]!)))));
    widths[4] = 120 - widths.slice(0, 4).reduce((sum, width) => sum + width + 2, 0);
    const told = all.map((line) => line.map((cell, i) => (i === 2 ? pad(cell, widths[i]!, true) : pad(cut(cell, widths[i]!), widths[i]!))).join("  ").trimEnd());
    const what = this.target === undefined ? "no target" : `target ${show(this.target)}: ${this.task}`;
    return [...told, `${this.name}: ${this.rows} rows, ${this.columns.length} columns, ${what}`].join("\n");
  }
}

const USES: Readonly<Record<Use, string>> = {
  standardise: "standardised", minMax: "to 0 … 1", log: "log, standardised", none: "as it is", oneHot: "one-hot", ordinal: "ordinal number", hash: "hashed",
  cyclic: "cyclic", ignore: "ignored", target: "target",
};

function valuesText({ type, range, frequent, distinct }: ColumnSchema): string {
  if (range && type === "date") return `${showDate(range[0])} … ${showDate(range[1])}`;
  if (range && type === "number") return range[0] === range[1] ? short(range[0]) : `${short(range[0])} … ${short(range[1])}`;
  let text = "", told = 0;
  for (const [value, count] of frequent) {
    const more = `${text && `${text}, `}${cut(value, VALUES - 10)}${frequent[0]![1] > 1 ? ` ${count}` : ""}`;
    if (text && lengthOf(more) > VALUES - (told + 1 < distinct ? 3 : 0)) break;
    text = more;
    told++;
  }
  return told < distinct ? `${text}, …` : text;
}

/** Width of the values' column. */
const VALUES = 36;

const FILLS = { mean: "mean", median: "median", mostFrequent: "most frequent" };

/** What is done with a column, and why, in words.
 * @internal */
export function useText({ type, use, why, missing, transform = {} }: ColumnSchema): string {
  const { impute = type === "number" ? "mean" : undefined, indicator = missing > 0, buckets, by, parts, categories } = transform;
  const what = use === "target" && transform.use ? `${USES.target}, ${USES[transform.use]}` : USES[use];
  const more = [by && `by ${by}`, buckets && `${buckets} buckets`, parts?.join(", "), categories && `${categories.length} categories`].filter(Boolean).join(", ");
  const fill = impute === undefined || missing === 0 ? "" : typeof impute === "number" ? String(impute) : FILLS[impute];
  const lost = use === "ignore" || use === "target" ? "" : [fill, indicator && "flag"].filter(Boolean).join(" + ");
  return `${what}${more && ` (${more})`}${why && `: ${why}`}${lost && `, missing: ${lost}`}`;
}

export const ALL_USES: readonly Exclude<Use, "target">[] = ["standardise", "minMax", "log", "none", "oneHot", "ordinal", "hash", "cyclic", "ignore"];

/** What is to be done with a column, as an object. */
export function optionsOf(label: string, option: TransformOption | undefined): TransformOptions {
  if (option === undefined) return {};
  const options = typeof option === "string" ? { use: option } : option;
  if (!isRecord(options)) throw badOption(label, option, "a use, such as \"log\", or an object of options");
  if (options.use !== undefined) wantOneOf(label, options.use, ALL_USES);
  return options;
}

/** A number in six digits. */
function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function lengthOf(text: string): number {
  return [...text].length;
}

function cut(text: string, width: number): string {
  // a control character would break the table
  const characters = [...text.replace(/[\0-\x1f\x7f-\x9f\u2028\u2029]/g, " ")];
  return characters.length > width ? `${characters.slice(0, width - 1).join("")}…` : characters.join("");
}

function pad(text: string, width: number, right = false): string {
  const blanks = " ".repeat(Math.max(0, width - lengthOf(text)));
  return right ? blanks + text : text + blanks;
}

/** Finds out what the columns of a table are. A column is
 *
 * - **number** if all its values are numbers (a code with leading zeros, such as 01234, is none);
 * - **date** if all are dates in one way of writing, and it is clear which of two numbers is the month;
 * - **identifier**, and ignored, if all are different: texts of one or two words, in 20 rows or more; numbers if they are 0, 1, 2, … or
 *   1, 2, 3, … in some order; whatever is named like one (id, user_id, index, …);
 * - **category** if there are at most 20 different texts, or at most 100 that come twice each on average; one-hot;
 * - **text** if its values have three words or more on average; its words are hashed. Other texts are categories too, hashed.
 *
 * What is the same in every row, or missing in every row, is ignored. The target's task is classification if it is a category. Numbers
 * are classes if there are two different ones, both whole, or if they are 0, 1, 2, … or 1, 2, 3, … up to 20 and come 5 times each on
 * average; all others mean regression. The reason stands in the table, and `task` decides otherwise.
 *
 * `transforms` says what is done with a column instead. All rows are looked at, the values of the first 20,000 different ones are counted.
 *
 * @throws DataError for what is no table, and for a text in a column that `types` says has numbers; OptionError for a column that there
 * is not, or dates that can be read in two ways.
 * @example
 * const schema = inferSchema(tableOf([{ size: 3.5, kind: "a" }, { size: 4.25, kind: "b" }, { size: null, kind: "a" }]), { target: "kind" });
 * schema.columns.map(({ name, type, missing, use }) => [name, type, missing, use]) // → [["size", "number", 1, "standardise"], ["kind", "category", 0, "target"]]
 * schema.task // → "classification"
 */
export function inferSchema(given: Table | Records, options: SchemaOptions = {}): Schema {
  const table = wantTable(given), asked = wantAsked(table, options), facts = new Map<string, Facts>();
  learn(facts, table);
  return schemaOf(table, facts, asked);
}

/** As inferSchema, of tables that come one after the other: what is kept of them does not grow with their number. The first tells what columns
 * there are, so that a name that is none is told at once; with `late`, as in JSON Lines, more may come. */
export async function inferSchemaOf(tables: AsyncIterable<Table>, options: SchemaOptions = {}, late = false): Promise<Schema> {
  const facts = new Map<string, Facts>();
  let last: Table | undefined, rows = 0;
  for await (const table of tables) {
    if (!last && !late) wantAsked(table, options);
    learn(facts, (last = table));
    rows += table.rows;
  }
  if (!last) throw new DataError("no-rows", { option: "tables", wanted: "at least one", got: 0 });
  return schemaOf({ ...last, rows }, facts, wantAsked(last, options));
}

/** The options, checked. */
interface Asked {
  readonly target: string | undefined;
  readonly ignore: readonly string[];
  readonly forced: ReadonlyMap<string, { type: ColumnType; format?: DateFormat }>;
  readonly task: Task | undefined;
  readonly transforms: SchemaOptions["transforms"] & object;
}

function wantAsked(table: Table, options: SchemaOptions): Asked {
  checkNames("inferSchema", options, ["target", "task", "types", "ignore", "transforms"]);
  const { target, ignore = [], types = {}, transforms = {} } = options, names = [...table.columns.keys()];
  const known = (option: string, name: unknown): void => {
    if (!(typeof name === "string" && table.columns.has(name)))
      throw badOption(option, name, `a column of ${table.name}: ${names.slice(0, 20).join(", ")}`, { fix: didYouMean(name, names) });
  };
  if (target !== undefined) known("target", target);
  if (!Array.isArray(ignore)) throw badOption("ignore", ignore, "an array of columns' names");
  for (const name of ignore) known("ignore", name);
  if (target !== undefined && ignore.includes(target)) throw badOption("ignore", target, "columns beside the target");
  if (!isRecord(types)) throw badOption("types", types, `a record of types by column: ${TYPES.join(", ")}`);
  for (const name of Object.keys(types)) known("types", name);
  if (!isRecord(transforms)) throw badOption("transforms", transforms, "a record by column, such as { age: \"log\" }");
  for (const name of Object.keys(transforms)) known("transforms", name);
  const task = options.task === undefined ? undefined : wantOneOf("task", options.task, ["classification", "regression"]);
  if (task !== undefined && target === undefined) throw badOption("task", task, "a task for a target", { fix: "name the column: { target }" });
  return { target, ignore, forced: new Map(Object.entries(types).map(([name, type]) => [name, wantType(`types.${name}`, type)])), task, transforms };
}

function schemaOf(table: Table, all: ReadonlyMap<string, Facts>, { target, ignore, forced: types, task, transforms }: Asked): Schema {
  let found: Task | undefined;
  const columns = [...all].map(([name, facts]): ColumnSchema => {
    const forced = types.get(name);
    facts.missing = table.rows - facts.present; // of JSON Lines a column may come late
    if (forced?.type === "number" && facts.noNumber)
      throw columnError("not-a-number", facts.noNumber.table, name, { row: facts.noNumber.row, wanted: "a number, as types says", got: facts.noNumber.text });
    if (forced?.type === "date" && forced.format === undefined && facts.texts && facts.dates.size === 0 && facts.noNumber) throw notADate(table, name, facts);
    const column = transformed(describe(name, facts, forced), Object.hasOwn(transforms, name) ? transforms[name] : undefined);
    if (name === target) {
      const { task: told, reason } = taskOf(column, facts, task);
      found = told;
      return { ...column, type: told === "regression" ? "number" : "category", use: "target", ...because(reason) };
    }
    return ignore.includes(name) ? { ...column, use: "ignore", ...because({ code: "asked" }) } : column;
  });
  return new Schema(table, columns, target, found);
}

/** A column with what is asked to be done with it. */
function transformed(column: ColumnSchema, option: TransformOption | undefined): ColumnSchema {
  if (option === undefined) return column;
  const transform = optionsOf(`transforms.${column.name}`, option), { use } = transform;
  return { ...column, transform, ...(use !== undefined && { use }), ...(use === "ignore" && { why: "as asked" }) };
}

/** The first value that is no date, where most are dates written in one way; or the first of all. Its row is known where all rows are here. */
function notADate(table: Table, name: string, { counts, noDate }: Facts): DataError {
  const fitting = (format: DateFormat): number => [...counts.keys()].reduce((sum, text) => sum + (Number.isNaN(parseDate(text, format)) ? 0 : 1), 0);
  const [format, fit] = DATE_FORMATS.map((one) => [one, fitting(one)] as const).reduce((a, b) => (b[1] > a[1] ? b : a));
  const got = [...counts.keys()].find((text) => Number.isNaN(parseDate(text, format))) ?? noDate!, values = table.columns.get(name)!;
  const row = values.length === table.rows ? { row: Array.from({ length: table.rows }, (_, i) => i).find((i) => textAt(values, i) === got)! } : {};
  return columnError("not-a-date", table, name, { ...row, wanted: fit ? `a date as the others have (${format})` : "a date", got, fix: whyNoDate(name, got, fit ? format : undefined) });
}

function wantType(option: string, type: unknown): { type: ColumnType; format?: DateFormat } {
  if (typeof type === "string" && type.startsWith("date:")) return { type: "date", format: wantOneOf(option, type.slice(5), DATE_FORMATS) };
  return { type: wantOneOf(option, type, TYPES) };
}

/** What is known of a column's values. */
interface Facts {
  /** Rows with a value. */
  present: number;
  missing: number;
  /** How often each value comes; of the first MOST_DISTINCT different ones. */
  counts: Map<string, number>;
  /** Are all different, as far as they were counted? */
  different: boolean;
  /** Were some of them texts? A column of numbers alone has no dates. */
  texts: boolean;
  /** The first text that is no number, and its row. */
  noNumber: { text: string; row: number; table: Table } | undefined;
  /** Is there a number that begins with 0, such as 01234? */
  codes: boolean;
  whole: boolean;
  range: [number, number];
  /** Ways to write dates that fit all values, with their ranges. */
  dates: Map<DateFormat, [number, number]>;
  /** Values whose words are counted, all their words, and how many are numbers, or would be without %, currency and separators of thousands. */
  sampled: number;
  words: number;
  nearNumbers: number;
  /** The share of them that look like dates, and the first that left no way in which all are written. */
  nearDates: number;
  noDate: string | undefined;
}

/** What people take for a number, though it is none here. */
const NEAR_NUMBER = /^\s*[-+]?[$€£¥]?\s*(?:\d+(?:[., ]\d+)*|\.\d+)\s*[%$€£¥]?\s*$/;

const LEADING_ZERO = /^\s*[+-]?0\d/;

function noFacts(): Facts {
  const dates = new Map(DATE_FORMATS.filter((format) => format !== "milliseconds").map((format): [DateFormat, [number, number]] => [format, [Infinity, -Infinity]]));
  return { present: 0, missing: 0, counts: new Map(), different: true, texts: false, noNumber: undefined, codes: false, whole: true, range: [Infinity, -Infinity], dates, sampled: 0, words: 0, nearNumbers: 0, nearDates: 0, noDate: undefined };
}

/** Adds a table's rows to what is known of its columns. */
function learn(all: Map<string, Facts>, table: Table): void {
  for (const [name, values] of table.columns) {
    let facts = all.get(name);
    if (!facts) all.set(name, (facts = noFacts()));
    learnColumn(facts, table, values);
  }
}

function learnColumn(facts: Facts, table: Table, values: ColumnValues): void {
  const { counts, dates, range } = facts, texts = !(values instanceof Float64Array);
  facts.texts ||= texts;
  for (let row = 0; row < table.rows; row++) {
    const text = textAt(values, row);
    if (text === null) continue;
    facts.present++;
    const count = counts.get(text);
    if (count !== undefined) {
      counts.set(text, count + 1);
      facts.different = false;
      continue; // the rest is known of it
    }
    if (counts.size < MOST_DISTINCT) counts.set(text, 1);
    if (!facts.noNumber) {
      const value = texts ? numberOf(text) : (values[row] as number);
      if (Number.isNaN(value)) facts.noNumber = { text, row, table };
      else {
        widen(range, value);
        facts.whole &&= Number.isInteger(value);
        facts.codes ||= texts && LEADING_ZERO.test(text);
      }
    }
    const ways = dates.size;
    for (const [format, dated] of dates) {
      const date = parseDate(text, format);
      if (Number.isNaN(date)) dates.delete(format);
      else widen(dated, date);
    }
    if (ways && !dates.size) facts.noDate = text;
    if (facts.sampled < SAMPLE) {
      facts.sampled++;
      facts.words += text.trim().split(/\s+/).length;
      if (NEAR_NUMBER.test(text)) facts.nearNumbers++;
      if (nearDate(text)) facts.nearDates++;
    }
  }
}

function widen(range: [number, number], value: number): void {
  if (value < range[0]) range[0] = value;
  if (value > range[1]) range[1] = value;
}

/** The most frequent values first; equally frequent ones by code point. */
export function byFrequency(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort((a, b) => b[1] - a[1] || byCodePoint(a[0], b[0]));
}

function describe(name: string, facts: Facts, forced: { type: ColumnType; format?: DateFormat } | undefined): ColumnSchema {
  const { present, missing, counts, range, dates, texts } = facts, distinct = counts.size;
  if (!texts) dates.clear();
  const base = { name, missing, distinct, frequent: (facts.different ? [...counts] : byFrequency(counts)).slice(0, 8) };
  const { type, format, reason, use }: Finding = forced ? { reason: { code: "asked" }, ...forced } : typeOf(name, facts);
  const constant = distinct === 1 && missing === 0, made = use ?? (type === "category" && distinct > MOST_CATEGORIES ? "hash" : USE_OF[type]);
  const told: ColumnSchema = { ...base, type, use: made, ...because(reason) };
  if (present === 0) return forced ? told : { ...told, use: "ignore", ...because({ code: "no-values" }) };
  if (type === "number" && !facts.noNumber) told.range = range;
  if (type === "date") {
    told.format = format ?? wantFormat(name, facts);
    const dated = dates.get(told.format);
    if (dated) told.range = dated;
  }
  return constant && !forced ? { ...told, use: "ignore", ...because({ code: "constant" }) } : told;
}

const USE_OF: Readonly<Record<ColumnType, Use>> = { number: "standardise", category: "oneHot", date: "cyclic", text: "hash", identifier: "ignore" };

/** How the dates of a column that is said to have some are written. */
function wantFormat(name: string, { dates, noNumber, counts }: Facts): DateFormat {
  const [format, other] = dates.keys();
  if (format === undefined && !noNumber) return "milliseconds";
  if (format === undefined || other !== undefined)
    throw badOption(`types.${name}`, "date", format ? "how its dates are written, as day and month can be told apart in none" : "dates", {
      got: counts.keys().next().value, fix: `say how: "date:dmy" or "date:mdy"; known: ${DATE_FORMATS.join(", ")}`,
    });
  return format;
}

interface Finding {
  type: ColumnType;
  reason: Reason;
  format?: DateFormat;
  use?: Use;
}

function typeOf(name: string, facts: Facts): Finding {
  const { present, counts, different, noNumber, codes, whole, range, dates, sampled, noDate } = facts, distinct = counts.size, words = facts.words / sampled, nearNumbers = facts.nearNumbers / sampled, nearDates = facts.nearDates / sampled;
  const named = different && present > 1 && (NAMED_LIKE_AN_ID.test(name) || CAMEL_ID.test(name));
  if (present === 0) return { type: "category", reason: { code: "no-values" } };
  if (!noNumber && !codes) {
    if (whole && named) return { type: "identifier", reason: { code: "named-identifier" } };
    if (whole && different && present >= FEW_ROWS && (range[0] === 0 || range[0] === 1) && range[1] - range[0] === present - 1) return { type: "identifier", reason: { code: "numbers-rows" } };
    return { type: "number", reason: { code: "number" } };
  }
  if (dates.size === 1) return { type: "date", format: dates.keys().next().value!, reason: { code: "date" } };
  if (named) return { type: "identifier", reason: { code: "named-identifier" } };
  const told = { count: distinct, codes: codes && !noNumber };
  const hint: Reason | undefined = dates.size > 1 ? { code: "which-month" } : noDate !== undefined && nearDates > 0.9 ? { code: "near-dates", example: noDate } : noNumber && nearNumbers > 0.9 && distinct > 20 ? { code: "near-numbers", example: noNumber.text } : undefined;
  if (distinct <= 20 || (distinct <= MOST_CATEGORIES && present >= 2 * distinct)) return { type: "category", reason: hint ?? { code: "few-values", ...told } };
  if (words >= 3) return { type: "text", reason: hint ?? { code: "words", ...told } };
  if (different && present >= FEW_ROWS) return { type: "identifier", reason: hint ?? { code: "all-different" } };
  return { type: "category", reason: hint ?? { code: "many-values", ...told } };
}

/** What a target asks for, and why. */
function taskOf({ type }: ColumnSchema, facts: Facts, asked: Task | undefined): { task: Task; reason: Reason } {
  const { counts, present, whole, range, noNumber } = facts, distinct = counts.size;
  if (asked) return { task: asked, reason: { code: "target-asked", task: asked } };
  if (noNumber || type === "category") return { task: "classification", reason: { code: "target-classes", count: distinct } };
  if (distinct === 2 && whole) return { task: "classification", reason: { code: "target-two-numbers" } };
  const codes = whole && range[0] >= 0 && range[0] <= 1 && range[1] - range[0] === distinct - 1 && distinct <= 20;
  if (codes && distinct > 1 && present >= 5 * distinct)
    return { task: "classification", reason: { code: "target-codes", count: distinct, from: range[0], to: range[1] } };
  return { task: "regression", reason: { code: "target-numbers" } };
}
