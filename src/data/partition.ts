// Row numbers for training, validation and test: shuffled, with every class in its share, by groups, or by time.

import { DataError } from "../errors.ts";
import { SPLIT } from "../ops/random.ts";
import { badOption, checkNames, isRecord, wantBoolean, wantCount, wantNumber, wantSeed } from "../options.ts";
import { type SeedWords, shuffle } from "./philox.ts";
import { stratify } from "../train/split.ts";
import { classNumbersOf } from "./rows.ts";

/** What rows are parted by. */
export type SplitBy =
  | "random"
  /** Each class of y gives its share. */
  | "stratified"
  /** The same by other classes than y. */
  | { readonly classes: ArrayLike<number> | ArrayLike<string> }
  /** Rows of one group, a patient or a user, stay together. */
  | { readonly group: ArrayLike<unknown> }
  /** The earliest rows are for training, the latest held out: numbers, Dates, or texts of ISO 8601 in one form. Rows of one time stay together. */
  | { readonly time: ArrayLike<number | string | Date> };

export interface SplitOptions {
  /** Share of the rows for validation; 0.2 by default. */
  validation?: number;
  /** Share of the rows for a test; none by default. */
  test?: number;
  /** "random" by default. */
  by?: SplitBy;
  /** 0 by default. */
  seed?: number;
}

export interface FoldOptions {
  /** How many; 5 by default. */
  folds?: number;
  /** Gives each class its share in each fold; false by default. */
  stratified?: boolean;
  /** A value for each row: rows of one group stay in one fold. */
  groups?: ArrayLike<unknown>;
  /** 0 by default. */
  seed?: number;
}

/** Row numbers of a split. */
export interface PartIds {
  training: Uint32Array;
  validation: Uint32Array;
  test: Uint32Array | undefined;
}

/** Row numbers of a fold, ascending. */
export interface FoldIds {
  training: Uint32Array;
  validation: Uint32Array;
}

/** Steps of the stream SPLIT: 0 is that of fit's validation, which a random or stratified split shares. */
const GROUPS = 1, FOLDS = 2, FOLD_GROUPS = 3;

/** Parts `rows` rows; `classes` are those of y. */
export function splitIds(rows: number, options: SplitOptions, classes: () => Float64Array): PartIds {
  checkNames("split", options, ["validation", "test", "by", "seed"]);
  const { by = "random" } = options, { low, high } = wantSeed(options.seed ?? 0);
  const share = (name: "validation" | "test", value: number): number => Math.round(wantNumber(name, value, 0, 1) * rows);
  const held = share("validation", options.validation ?? 0.2), tested = options.test === undefined ? 0 : share("test", options.test);
  if (held < 1) throw badOption("validation", options.validation ?? 0.2, `a share that leaves some of ${rows} rows on both sides`);
  if (options.test !== undefined && tested < 1) throw badOption("test", options.test, `a share of at least one of ${rows} rows`);
  if (held + tested >= rows) throw badOption("validation", options.validation ?? 0.2, `shares that leave some of ${rows} rows for training`);
  // the test is taken out first
  const wanted = tested ? [tested, held] : [held], seed = { low, high };
  const [training, ...parts] = part(rows, by, wanted, seed, classes) as [Uint32Array, ...Uint32Array[]];
  return { training, validation: parts.at(-1)!, test: tested ? parts[0] : undefined };
}

/** Row numbers that stay, then those of each held-out part. */
function part(rows: number, by: SplitBy, wanted: readonly number[], seed: SeedWords, classes: () => Float64Array): Uint32Array[] {
  if (by === "random" || by === "stratified") return holdOut(rows, wanted, seed, by === "random" ? undefined : classes());
  const entries = isRecord(by) ? Object.entries(by) : [], [name, given] = entries[0] ?? [];
  if (entries.length !== 1 || !(name === "classes" || name === "group" || name === "time"))
    throw badOption("by", by, '"random", "stratified", { classes }, { group } or { time }');
  const values = wantValues(`by: ${name}`, given, rows);
  if (name === "classes") return holdOut(rows, wanted, seed, classNumbersOf(values, rows, "by: classes").numbers);
  return name === "group" ? byGroup(values, rows, wanted, seed) : byTime(values, rows, wanted);
}

/** Shuffled, and with every class in its share where there are classes. */
function holdOut(rows: number, wanted: readonly number[], seed: SeedWords, classes: Float64Array | undefined): Uint32Array[] {
  let order: Uint32Array = shuffle(countTo(rows), seed, SPLIT);
  const parts = wanted.map((held) => {
    if (classes) order = stratify(order, held, (id) => classes[id]!);
    const out = order.slice(order.length - held);
    order = order.slice(0, order.length - held);
    return out;
  });
  return [order, ...parts];
}

/** Whole groups, in an order by the seed, go where they bring the number of rows nearer to what is wanted. */
function byGroup(values: ArrayLike<unknown>, rows: number, wanted: readonly number[], seed: SeedWords): Uint32Array[] {
  const { groupOf, sizes } = groupsOf(values, rows, "by: group");
  if (sizes.length <= wanted.length) throw new DataError("too-few-groups", { option: "by: group", wanted: `at least ${wanted.length + 1} groups, one for each part`, got: sizes.length });
  let left = [...shuffle(countTo(sizes.length), seed, SPLIT, GROUPS)];
  const partOf = new Uint8Array(sizes.length);
  wanted.forEach((held, i) => {
    const later = wanted.length - i, chosen = new Set<number>();
    let have = 0;
    for (const group of left)
      if (left.length - chosen.size > later && Math.abs(have + sizes[group]! - held) < Math.abs(have - held)) {
        chosen.add(group);
        have += sizes[group]!;
      }
    if (chosen.size === 0) chosen.add(left.reduce((least, group) => (sizes[group]! < sizes[least]! ? group : least)));
    for (const group of chosen) partOf[group] = i + 1;
    left = left.filter((group) => !chosen.has(group));
  });
  return [0, ...wanted].map((_, i) => countTo(rows).filter((id) => partOf[groupOf[id]!] === i));
}

/** The latest rows are held out; bounds move to the nearest change of time. */
function byTime(values: ArrayLike<unknown>, rows: number, wanted: readonly number[]): Uint32Array[] {
  const times = Array.from(values, (value) => (value instanceof Date ? value.getTime() : value)) as (number | string)[];
  const wrong = times.findIndex((time) => typeof time !== typeof times[0] || !(typeof time === "string" ? time : Number.isFinite(time)));
  if (wrong >= 0) throw new DataError("bad-time", { option: "by: time", row: wrong, wanted: "numbers, Dates or texts of ISO 8601, all alike", got: values[wrong] });
  const order = countTo(rows), compare = (a: number, b: number): number => (times[a]! < times[b]! ? -1 : times[a]! > times[b]! ? 1 : a - b);
  const sorted = Uint32Array.from([...order].sort(compare));
  const changes = [...order].filter((at) => at > 0 && times[sorted[at]!] !== times[sorted[at - 1]!]);
  if (changes.length < wanted.length) throw new DataError("too-few-times", { option: "by: time", wanted: `at least ${wanted.length + 1} different times`, got: changes.length + 1 });
  let end = rows;
  const parts = wanted.map((held, i) => {
    const later = wanted.length - 1 - i, choices = changes.slice(later).filter((at) => at < end);
    const from = choices.reduce((best, at) => (Math.abs(at - (end - held)) < Math.abs(best - (end - held)) ? at : best));
    const out = sorted.slice(from, end);
    end = from;
    return out;
  });
  return [sorted.slice(0, end), ...parts];
}

/** Cuts `rows` rows into folds, each of which is held out once. */
export function foldIds(rows: number, options: FoldOptions, classes: () => Float64Array): FoldIds[] {
  checkNames("kFold", options, ["folds", "stratified", "groups", "seed"]);
  const { groups } = options, { low, high } = wantSeed(options.seed ?? 0), seed = { low, high };
  const folds = wantCount("folds", options.folds ?? 5, 2), stratified = wantBoolean("stratified", options.stratified ?? false);
  if (folds > rows) throw badOption("folds", folds, `at most ${rows}, as there are so many rows`);
  if (groups !== undefined && stratified) throw badOption("stratified", stratified, "false, as whole groups cannot give each class its share");
  const foldOf = groups !== undefined ? foldsOfGroups(wantValues("groups", groups, rows), rows, folds, seed) : foldsOfRows(rows, folds, seed, stratified ? classes() : undefined);
  const ids = countTo(rows);
  return Array.from({ length: folds }, (_, fold) => ({ training: ids.filter((id) => foldOf[id] !== fold), validation: ids.filter((id) => foldOf[id] === fold) }));
}

/** Shuffled, and dealt out one after the other, in the list of one class after the other where there are classes: so that folds, and
 * a class's rows in them, are equally many, give or take one. */
function foldsOfRows(rows: number, folds: number, seed: SeedWords, classes: Float64Array | undefined): Uint32Array {
  const order = shuffle(countTo(rows), seed, SPLIT, FOLDS), foldOf = new Uint32Array(rows);
  if (classes) {
    const most = [...countClasses(classes).values()].reduce((a, b) => Math.max(a, b));
    if (most < folds) throw badOption("folds", folds, `at most ${most}, the rows of the largest class`);
  }
  const dealt = classes ? [...order].sort((a, b) => classes[a]! - classes[b]!) : order;
  dealt.forEach((id, at) => (foldOf[id] = at % folds));
  return foldOf;
}

/** The largest groups first, each into the fold with the fewest rows, as scikit-learn's GroupKFold; the seed says which of equals is first. */
function foldsOfGroups(values: ArrayLike<unknown>, rows: number, folds: number, seed: SeedWords): Uint32Array {
  const { groupOf, sizes } = groupsOf(values, rows, "groups"), foldOfGroup = new Uint32Array(sizes.length), filled = new Float64Array(folds);
  if (sizes.length < folds) throw new DataError("too-few-groups", { option: "groups", wanted: `at least ${folds} groups, one for each fold`, got: sizes.length });
  for (const group of [...shuffle(countTo(sizes.length), seed, SPLIT, FOLD_GROUPS)].sort((a, b) => sizes[b]! - sizes[a]!)) {
    const fold = filled.indexOf(Math.min(...filled));
    foldOfGroup[group] = fold;
    filled[fold]! += sizes[group]!;
  }
  return groupOf.map((group) => foldOfGroup[group]!);
}

/** The number of each row's group, in the order in which they come, and how many rows they have. */
function groupsOf(values: ArrayLike<unknown>, rows: number, option: string): { groupOf: Uint32Array; sizes: number[] } {
  const numbers = new Map<unknown, number>(), sizes: number[] = [];
  const groupOf = Uint32Array.from({ length: rows }, (_, row) => {
    const value = values[row];
    if (value === null || value === undefined || Number.isNaN(value)) throw new DataError("no-group", { option, row, wanted: "a value for each row", got: value });
    const group = numbers.get(value) ?? sizes.push(0) - 1;
    numbers.set(value, group);
    sizes[group]!++;
    return group;
  });
  return { groupOf, sizes };
}

/** How many rows each class has. */
export function countClasses(classes: ArrayLike<number>): Map<number, number> {
  const counts = new Map<number, number>();
  for (let row = 0; row < classes.length; row++) counts.set(classes[row]!, (counts.get(classes[row]!) ?? 0) + 1);
  return counts;
}

const countTo = (rows: number): Uint32Array => Uint32Array.from({ length: rows }, (_, id) => id);

function wantValues(option: string, values: unknown, rows: number): ArrayLike<unknown> {
  if (!Array.isArray(values) && !ArrayBuffer.isView(values)) throw badOption(option, values, `an array of ${rows} values, one for each row`);
  const { length } = values as unknown as ArrayLike<unknown>;
  if (length !== rows) throw new DataError("rows-mismatch", { option, wanted: `${rows} values, one for each row`, got: length });
  return values as unknown as ArrayLike<unknown>;
}
