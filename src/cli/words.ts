// What the library says, in the words of the command line: it speaks of options and code to programs, and people here have flags. One
// place for messages of errors, for reasons in the table of columns, and for what the doctor advises.

import { type Details, LanewiseError } from "../errors.ts";
import { type Flags, shell } from "./args.ts";
import { dashed } from "../advice/text.ts";
import { ACTIVATIONS } from "../advice/choose.ts";

/** Advice for programs, and what it means here. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/leave such rows out: takeRows.*$/, "leave such rows out"],
  [/give the columns' names in the option names/, "give each column a name of its own in the first line"],
  [/name the column: \{ target \}/, "name the column: --target COLUMN"],
  [/^types overrules/, "--types overrules"],
  [/; image\(\) reads a single one$/, ""],
  [/^use: "hash"/, "transforms: \"hash\""],
  [/^say how: "date:dmy" or "date:mdy"/, "say how: types: \"date:dmy\" or \"date:mdy\""],
  [/^ignore it/, "--ignore COLUMN"],
  [/, for numbers that preprocessing\.apply\(rows\)\.x gives/, ""],
  [/: (?:parquet|npy)\(\) reads it/, ", and its name ends otherwise"],
  [/^raise the option limit/, "part the file"],
  [/^raise it, or use a smaller batchSize or less data at once/, "fewer units in --hidden, a smaller --batch-size, or less data"],
  [/, clipNorm or smaller inputs may help; doctor: doctor\(\) in fit names the op/, " may help: --learning-rate"],
  [/^(?:a lower learning rate; )?onNonFinite: .*$/, "a lower learning rate may help: --learning-rate"],
  [/^fit\(data, .*\) goes on$/, "the same command goes on from there"],
  [/^hand it over: loadModel\(bytes, \{ layers.*$/, "a program of yours loads it, with loadModel of the library"],
  [/^build the model, then .*$/, "the model of a run is model.safetensors in its folder"],
  [/or take another place$/, "or take another folder: --out"],
];

/** The library's functions, which messages name. */
const FUNCTION = /^(?:[a-z]+[A-Z]\w*|Preprocessing\.\w+|fit|verify|resume|apply|classify|words|split|csv)$/;

/** A text of the library with flags in the place of options: `task: "regression"` is --task regression. `column` is the one that it is about. */
export function inFlags(text: string, flags: Flags, column = "COLUMN"): string {
  const said = ADVICE.reduce((all, [code, words]) => all.replace(code, words), text).replace(/--ignore COLUMN/, `--ignore ${shell(column)}`);
  return Object.entries(flags).reduce((all, [name, { kind }]) => {
    const flag = `--${dashed(name)}`, value = String.raw`("[^"]*"|true|false|…|[\d.]+(?:e-?\d+)?)`;
    const written = (of: string, given: string): string => {
      const plain = given.replace(/^"|"$/g, "");
      if (kind === "pairs") return `${flag} ${shell(`${of}=${plain}`)}`;
      return plain === "true" ? flag : plain === "false" ? `--no-${dashed(name)}` : `${flag} ${shell(plain)}`;
    };
    return all
      .replace(new RegExp(String.raw`\b${name}: \{ ("(?:[^"\\]|\\.)*"): ${value} \}`, "g"), (_, of: string, given: string) => written(JSON.parse(of) as string, given))
      .replace(new RegExp(String.raw`(?:\{ )?\b${name}: ${value}(?: or ${value})?(?: \})?`, "g"), (_, one: string, other?: string) => [one, other].flatMap((given) => (given === undefined ? [] : [written(column, given)])).join(" or "))
      .replace(new RegExp(String.raw`(?:\bthe option |\b(?=${name}\(\)))${name}\b(?:\(\))?`, "g"), flag);
  }, said);
}

/** An error of the library as it is told here; `misused`: it is about a flag, and not about what is in a file. */
export function inWords({ code, details }: LanewiseError, flags: Flags): { message: string; misused: boolean } {
  const { option = "", of, fix, column, ...rest } = details, [name = "", ...more] = option.split("."), flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  const about = typeof column === "string" ? column : more.length ? more[0]! : undefined;
  if (code === "resume-mismatch") return { message: otherRun(details, flags), misused: false };
  const misused = flag !== undefined && (code === "bad-option" || code === "unknown-option" || code === "unknown-encoding");
  const place = misused ? `--${flag.off ? "no-" : ""}${dashed(name)}${about === undefined ? "" : ` ${shell(about)}`}` : option;
  const told: Details = { ...rest, ...(column !== undefined && { column }), ...(place && { option: place }), ...(!misused && of !== undefined && !FUNCTION.test(of) && { of }), fix: fix && inFlags(fix, flags, about) };
  if (typeof told.wanted === "string") told.wanted = inFlags(told.wanted, flags, about);
  if (told.problem !== undefined) told.problem = inFlags(told.problem, flags, about);
  return { message: new LanewiseError(code, told).message, misused };
}

/** A run does not go on with anything else than it began with; with --force it does, but not with weights or state of another shape. */
function otherRun({ option = "", wanted, got, fix = "" }: Details, flags: Flags): string {
  const [name = ""] = option.split("."), so = `--fresh begins anew${/\bforce\b/.test(fix) ? ", --force goes on all the same" : ""}`;
  if (name === "data" || name === "validation") return `the run in this folder began with other rows than these: ${so}`;
  const flag = Object.hasOwn(flags, name) ? `--${dashed(name)}` : `its ${option}`;
  return name === "architecture" || name === "trained" ? `the run in this folder began with another network: ${so}` : `the run in this folder began with ${JSON.stringify(got)} as ${flag}, and now it is ${JSON.stringify(wanted)}: ${so}`;
}

/** The doctor's fix, which is code, as flags; "" where there is no flag for it. */
export function fixInFlags(fix: string, flags: Flags): string {
  const call = /\b(optimizer|schedule|loss): (\w+)\((?:\{([^}]*)\})?\)/g, placed = /^(\w+)\(\) \/\/ (?:in place of|after) .*$/;
  const lines = fix.split("\n").flatMap((line): string[] => {
    const [, activation] = placed.exec(line) ?? [];
    if (activation !== undefined) return (ACTIVATIONS as readonly string[]).includes(activation) ? [`--activation ${activation}`] : [];
    const options = (text = ""): string => text.split(",").map((one) => inFlags(one.trim(), flags)).filter((one) => one.startsWith("--")).map((one) => ` ${one}`).join("");
    const said = inFlags(line.replace(/\bclipNorm: 1,? ?/, "").replace(/,? ?\bclipNorm: 1/, "").replace(call, (_, option: string, name: string, inner?: string) => `--${option} ${name}${options(inner)}`), flags)
      .replace(/\bweightDecay\b/, "--weight-decay").replace(/^[^/]*/, (code) => code.replaceAll(", --", " --"));
    return /[({]|=>/.test(said.split("//")[0]!) || !said.trim() ? [] : [said];
  });
  return [...new Set(lines)].join("\n");
}
