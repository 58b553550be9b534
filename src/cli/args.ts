// The command line's grammar: flags as tables, from which parsing, lanewise.json and the help texts are made. What is not in a
// table is met with what was probably meant.

import { parseArgs } from "node:util";
import { didYouMean } from "../options.ts";
import { UsageError } from "../advice/failure.ts";
import { dashed } from "../advice/text.ts";
import type { Terminal } from "./terminal.ts";
import { wrap } from "./text.ts";

/** A flag, by its name in camelCase: on the command line it is --with-dashes. */
export interface Flag {
  /** "yes" takes no value; "count" is a whole number; "counts" and "names" are lists with commas; "pairs" is name=value,… */
  readonly kind: "yes" | "text" | "count" | "number" | "counts" | "names" | "pairs";
  /** What stands behind it in help texts: FOLDER, N. */
  readonly value?: string;
  readonly short?: string;
  /** Words that it takes. */
  readonly choices?: readonly string[];
  /** Of texts and pairs: what a value is to be where it is not, as "one of …"; and the pattern of those that are right, for the schema of
   * lanewise.json, which may have objects in their place. */
  readonly values?: { readonly pattern: string; wanted(text: string): string | undefined; readonly objects?: boolean };
  /** A word that a number may be too, or that stands for an empty list of counts. */
  readonly word?: string;
  readonly least?: number;
  readonly most?: number;
  /** Has --no-NAME instead of --NAME: it is on otherwise. */
  readonly off?: boolean;
  readonly help: string;
  /** May it stand in lanewise.json? */
  readonly setting?: boolean;
}

export type Flags = Readonly<Record<string, Flag>>;

type ValueOf<F extends Flag> = F["kind"] extends "yes" ? boolean
  : F["kind"] extends "text" ? string
  : F["kind"] extends "count" | "number" ? (F extends { word: infer W extends string } ? number | W : number)
  : F["kind"] extends "counts" ? readonly number[]
  : F["kind"] extends "pairs" ? Readonly<Record<string, string>> : readonly string[];

/** What was given, by name. */
export type Values<F extends Flags> = { readonly [K in keyof F]?: ValueOf<F[K]> };

export interface Argument {
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
}

export interface Command<F extends Flags = any> {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** What a stranger wants to know beside it. */
  readonly about: string;
  readonly arguments: readonly Argument[];
  readonly flags: F;
  readonly examples: readonly string[];
  /** Exit codes that mean something of its own. */
  readonly exits?: Readonly<Record<number, string>>;
  /** Goes on when nobody reads its words any more: what it makes lies in files. */
  readonly unheard?: boolean;
  /** Gives the exit code. */
  run(terminal: Terminal, given: readonly string[], flags: Values<F>): Promise<number>;
}

/** A command, with its flags' types known to its `run`. */
export function command<const F extends Flags>(parts: Command<F>): Command<F> {
  return parts;
}

/** Exit codes of all commands. */
export const EXITS: Readonly<Record<number, string>> = {
  0: "done",
  1: "failed: data or a file that cannot be used, a run that broke",
  2: "called wrongly: an unknown command, flag or value",
  130: "interrupted with Ctrl+C; train saves its state first, if it has begun to train",
  143: "asked to end by SIGTERM, as schedulers and containers do: as Ctrl+C",
};

/** Flags that every command has. */
export const COMMON = {
  json: { kind: "yes", help: "write one JSON object per line to stdout, and nothing else" },
  help: { kind: "yes", short: "h", help: "show this help" },
} satisfies Flags;

/** A text as a shell takes it. */
export const shell = (text: string): string => (/^[\p{L}\p{N}_./:=,+…-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const written = (name: string, flag: Flag): string => `--${flag.off ? "no-" : ""}${dashed(name)}`;

/** What follows a command's name, as its flags and arguments.
 *
 * @throws UsageError for what the command does not take.
 */
export function parse<F extends Flags>(command: Command<F>, given: readonly string[]): { given: string[]; flags: Values<F>; json: boolean; help: boolean } {
  const all: Flags = { ...command.flags, ...COMMON };
  const byName = new Map(Object.entries(all).map(([name, flag]) => [written(name, flag).slice(2), name]));
  // a setting of yes or no has its opposite too, which takes back what lanewise.json or a model's file says
  const opposite = new Map(Object.entries(all).flatMap(([name, flag]) => (flag.kind === "yes" && flag.setting ? [[written(name, { ...flag, off: !flag.off }).slice(2), name]] : [])));
  const options = Object.fromEntries([...byName, ...opposite].map(([long, name]) => {
    const { kind, short } = all[name]!;
    return [long, { type: kind === "yes" ? "boolean" as const : "string" as const, ...(short && byName.has(long) && { short }) }];
  }));
  // strict by ourselves: engines tell it in words of their own, and none says what was meant
  const { tokens } = parseArgs({ args: [...given], options, allowPositionals: true, strict: false, tokens: true });
  const values: Record<string, unknown> = {}, positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const name = byName.get(token.name) ?? opposite.get(token.name);
    if (name === undefined) throw new UsageError(unknownFlag(token.rawName, byName));
    const flag = all[name]!;
    if (flag.kind === "yes") {
      if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value, got ${JSON.stringify(token.value)}`);
      values[name] = byName.has(token.name) ? !flag.off : flag.off === true;
      continue;
    }
    const missing = token.value === undefined || (!token.inlineValue && /^-\D/.test(token.value));
    if (missing) throw new UsageError(`${token.rawName} wants a value: ${token.rawName} ${placeholder(flag)}`);
    const value = valueOf(token.value!, flag, token.rawName);
    // lists grow where a flag is given again
    values[name] = flag.kind === "pairs" ? { ...(values[name] ?? {}), ...(value as object) } : flag.kind === "names" ? [...((values[name] ?? []) as string[]), ...(value as string[])] : value;
  }
  const { json = false, help = false, ...flags } = values;
  if (!help) checkCount(command, positionals);
  return { given: positionals, flags: flags as Values<F>, json: json === true, help: help === true };
}

function unknownFlag(raw: string, byName: ReadonlyMap<string, string>): string {
  const name = nearest(raw.replace(/^-+/, ""), [...byName.values()]), flag = [...byName].find(([, other]) => other === name)?.[0];
  return `unknown flag ${raw}${flag ? `; did you mean --${flag}?` : ""}`;
}

/** The name that was probably meant, in whatever way it was written, or as other libraries have it. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, ""), word = plain(written);
  if (!word) return undefined;
  const [, meant] = /^did you mean (\w+)\?$/.exec(didYouMean(written, known) ?? "") ?? [];
  return known.find((name) => plain(name) === word) ?? meant ?? known.find((name) => word.length > 2 && (plain(name).startsWith(word) || word.startsWith(plain(name))));
}

function checkCount(command: Command, given: readonly string[]): void {
  const wanted = command.arguments, needed = wanted.filter(({ optional }) => !optional);
  const missing = needed[given.length];
  if (missing) throw new UsageError(`${missing.name} is missing: ${missing.help}`);
  if (given.length > wanted.length) throw new UsageError(`${JSON.stringify(given[wanted.length])} is one argument too many`);
}

/** A flag's value from its text. */
function valueOf(text: string, flag: Flag, name: string): unknown {
  const fail = (wanted: string): UsageError => new UsageError(`${name}: wanted ${wanted}, got ${JSON.stringify(text)}`);
  const parts = text.split(",").map((part) => part.trim());
  switch (flag.kind) {
    case "counts":
    case "count":
    case "number": {
      if (text === flag.word) return flag.kind === "counts" ? [] : text;
      const numbers = (flag.kind === "counts" ? parts : [text]).map((part) => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part) ? Number(part) : NaN));
      const problem = numbers.map((number) => outside(number, flag)).find((found) => found !== undefined);
      if (problem) throw fail(problem);
      return flag.kind === "counts" ? numbers : numbers[0];
    }
    case "pairs": {
      // a column's name may have a = in it, and a value has none
      const pairs = parts.map((part) => [part.slice(0, Math.max(0, part.lastIndexOf("="))).trim(), part.slice(part.lastIndexOf("=") + 1).trim()] as const);
      if (pairs.some(([key, value]) => !key || !value)) throw fail(`${placeholder(flag)}`);
      for (const [key, value] of pairs) wantValue(value, flag, (wanted) => new UsageError(`${name} ${key}=…: wanted ${wanted}, got ${JSON.stringify(value)}`));
      return Object.fromEntries(pairs);
    }
    case "names":
      if (parts.some((part) => part === "")) throw fail("names with commas between them");
      return parts;
    default:
      return wantChoice(text, flag, (wanted) => fail(wanted));
  }
}

function wantValue(value: string, { values }: Flag, fail: (wanted: string) => Error): void {
  const wanted = values?.wanted(value);
  if (wanted !== undefined) throw fail(wanted);
}

/** "one of a, b (did you mean a?)" */
export function oneOf(text: string, known: readonly string[]): string {
  const meant = didYouMean(text, known);
  return `one of ${known.join(", ")}${meant ? ` (${meant})` : ""}`;
}

function wantChoice(text: string, flag: Flag, fail: (wanted: string) => Error): string {
  if (text === "") throw fail("some text");
  wantValue(text, flag, fail);
  if (!flag.choices || flag.choices.includes(text)) return text;
  throw fail(oneOf(text, flag.choices));
}

/** What would be right, where a number is not. */
function outside(number: unknown, { kind, least, most, word }: Flag): string | undefined {
  const whole = kind !== "number", low = least ?? (whole ? 1 : -Infinity), high = most ?? Infinity;
  if (typeof number === "number" && number >= low && number <= high && Number.isFinite(number) && (!whole || Number.isSafeInteger(number))) return undefined;
  const range = high < Infinity ? ` from ${low} to ${high}` : low > -Infinity ? ` of at least ${low}` : "";
  return `${word ? `${word}, or ` : ""}${kind === "counts" ? "whole numbers" : whole ? "a whole number" : "a number"}${range}`;
}

/** Checks what lanewise.json says of one setting; gives it back.
 *
 * @throws UsageError for a value of another kind.
 */
export function checkSetting(value: unknown, flag: Flag, name: string): unknown {
  const fail = (wanted: string): UsageError => new UsageError(`${name}: wanted ${wanted}, got ${JSON.stringify(value)}`);
  const texts = (list: unknown): list is string[] => Array.isArray(list) && list.every((one) => typeof one === "string" && one !== "");
  switch (flag.kind) {
    case "yes":
      if (typeof value !== "boolean") throw fail("true or false");
      return value;
    case "text":
      if (typeof value !== "string") throw fail("a text");
      return wantChoice(value, flag, fail);
    case "names":
      if (!texts(value)) throw fail("a list of names");
      return value;
    case "pairs": {
      const { objects = false } = flag.values ?? {}, isObject = (one: unknown): boolean => one !== null && typeof one === "object" && !Array.isArray(one);
      if (!isObject(value) || !texts(Object.values(value as object).filter((one) => !(objects && isObject(one))))) throw fail(`an object of texts${objects ? " or objects" : ""}`);
      for (const [key, one] of Object.entries(value as object)) if (typeof one === "string") wantValue(one, flag, (wanted) => new UsageError(`${name}: ${key}: wanted ${wanted}, got ${JSON.stringify(one)}`));
      return value;
    }
    default: {
      if (value === flag.word && value !== undefined) return flag.kind === "counts" ? [] : value;
      const list = flag.kind === "counts" ? value : [value];
      const problem = Array.isArray(list) ? list.map((number) => outside(number, flag)).find((found) => found !== undefined) : "a list of whole numbers";
      if (problem) throw fail(problem);
      return value;
    }
  }
}

function placeholder({ value, choices, kind, word }: Flag): string {
  if (value) return value;
  if (choices) return "NAME";
  const plain = kind === "counts" ? "N,N" : kind === "names" ? "NAME,NAME" : kind === "pairs" ? "NAME=VALUE" : "N";
  return word ? `${plain}|${word}` : plain;
}

/** The help of a command. */
export function helpOf(command: Command, width: number): string {
  const usage = ["lanewise", command.name, ...command.arguments.map(({ name, optional }) => (optional ? `[${name}]` : name)), "[flags]"].join(" ");
  const flags = Object.entries({ ...command.flags, ...COMMON } as Flags).map(([name, flag]): [string, string] => [
    `${flag.short ? `-${flag.short}, ` : ""}${written(name, flag)}${flag.kind === "yes" ? "" : ` ${placeholder(flag)}`}`,
    flag.choices ? `${flag.help}: ${flag.choices.join(", ")}` : flag.help,
  ]);
  return [
    wrap(command.summary, width), "", `Usage: ${usage}`, "",
    ...command.about.split("\n\n").flatMap((paragraph) => [wrap(paragraph, width), ""]),
    ...(command.arguments.length ? [pairs(command.arguments.map(({ name, help }) => [name, help]), width), ""] : []),
    "Flags:", pairs(flags, width), "",
    "Examples:", ...command.examples.map((line) => `  ${line}`), "",
    "Exit codes:", pairs(exitsOf({ ...EXITS, ...command.exits }), width),
  ].join("\n");
}

/** The help of all. */
export function overview(commands: readonly Command[], version: string, width: number): string {
  return [
    wrap(`lanewise ${version}: trains neural networks on your own data, and gives you a file that runs anywhere.`, width), "",
    "Usage: lanewise COMMAND [flags]", "",
    "Commands:", pairs(commands.map(({ name, summary }) => [name, summary]), width), "",
    "Begin with:", "  lanewise train data.csv --target COLUMN", "",
    wrap("lanewise COMMAND --help tells what a command takes; --json makes every one of them write one JSON object per line. --version tells the version.", width), "",
    "Exit codes:", pairs(exitsOf(EXITS), width),
  ].join("\n");
}

const exitsOf = (exits: Readonly<Record<number, string>>): [string, string][] => Object.entries(exits);

/** Two columns: names, and what they mean; one below the other where the terminal is narrow. */
function pairs(list: readonly (readonly [string, string])[], width: number): string {
  const most = Math.max(...list.map(([name]) => name.length)), column = Math.min(most, 26) + 4, narrow = width < column + 30;
  return list.flatMap(([name, help]) => {
    if (narrow) return [`  ${name}`, wrap(help, width, "      ")];
    const lines = wrap(help, width - column).split("\n").map((line) => " ".repeat(column) + line);
    if (name.length > column - 4) return [`  ${name}`, ...lines];
    return [`  ${name}`.padEnd(column) + lines[0]!.slice(column), ...lines.slice(1)];
  }).join("\n");
}
