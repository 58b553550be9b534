// The catalogues of the page's texts: whole in both languages, and a text for every code of an error that can reach the page.

import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test, vi } from "vitest";
import { TEXTS } from "../../src/advice/choose.ts";
import { en } from "../../src/page/text/en/index.ts";
import { preferred, t } from "../../src/page/text/index.ts";
import { zh } from "../../src/page/text/zh/index.ts";

const root = resolve(import.meta.dirname, "../..");

const SOURCES = readdirSync(join(root, "src"), { recursive: true }).map((name) => String(name).replaceAll("\\", "/"))
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith(".d.ts") && !name.startsWith("cli/") && !name.startsWith("page/text/"));
const code = (name: string): string => readFileSync(join(root, "src", name), "utf8").replace(/^\s*(\/\/|\*|\/\*\*).*$/gm, "");

/** Codes that are not written where the error is made: a helper's caller says them, or its name stands for them. */
const HELPERS = /(?:columnError|\.bad)\(\s*"([a-z-]+)"|(?:failed|misfit)\(.*?, "([a-z]+(?:-[a-z]+)+)"(?:, \{.*\})?\)|code = "([a-z-]+)"|"(storage-[a-z-]+)"|\? "([a-z-]+-as-[a-z-]+)" : "([a-z-]+-as-[a-z-]+)"/g;
/** Files of these helpers, with what stands there for a code. */
const INDIRECT = ["data/csv.ts code", "data/jsonl.ts code", "data/table.ts code", 'losses/loss.ts any ? "logits-as-probabilities" : "probabilities-as-logits"', "op.ts code", "runs/store.ts kind"];

function thrown(): { codes: Map<string, string>; indirect: string[] } {
  const classes = [...code("errors.ts").matchAll(/class (\w+) extends LanewiseError/g)].map(([, name]) => name).join("|");
  const made = new RegExp(`new [\\w.]*(?:LanewiseError|${classes})\\(\\s*([^,]*)`, "g"), codes = new Map<string, string>(), indirect: string[] = [];
  for (const name of SOURCES) {
    const text = code(name);
    for (const [, first] of text.matchAll(made)) {
      const literal = /^"([^"]*)"$/.exec(first!)?.[1];
      if (literal === undefined) indirect.push(`${name} ${first}`);
      else codes.set(literal, name);
    }
    for (const [, ...said] of text.matchAll(HELPERS)) for (const one of said) if (one) codes.set(one, name);
  }
  return { codes, indirect };
}

/** Codes that no visitor of the page meets, and why. */
const NEVER: Readonly<Record<string, readonly string[]>> = {
  "the page opens no files of models, and has no layers of a caller's own in them": [
    "bad-metadata", "bad-tensor", "beyond-range", "format-version", "missing-layer", "missing-preprocessing", "no-preprocessing", "not-a-model", "state-mismatch", "isa-version", "wanted-option",
  ],
  "checkpoints come and go by the library's own runs": ["not-a-checkpoint", "not-here", "not-started"],
  "models are made of the library's layers, losses and optimizers, never of a caller's own functions": [
    "all-ignored", "axis", "bad-shape", "concat", "dtype", "duplicate-name", "foreign-value", "late-parameter", "layer-outside-model", "lost-rows", "no-gradient", "no-second-derivative", "not-a-layer",
    "not-a-scalar", "not-a-value", "not-per-row", "shared-shape", "too-many-layers", "unmatched-group", "wrong-names",
  ],
  "data are handed to the library by the engine itself, in arrays and tables that fit": [
    "bad-cell", "bad-chunk", "bad-column", "bad-distribution", "bad-weight", "empty-class", "not-a-label", "not-numbers", "not-records", "not-whole", "ragged", "rows-mismatch",
  ],
  "no streams, datasets or folds": ["batch-mismatch", "no-target", "not-a-dataset", "one-shot"],
  "rows are split by chance and by class alone": ["bad-time", "no-group", "too-few-groups", "too-few-times"],
  "Node.js's files and pages' file systems": ["no-files", "no-opfs", "no-store"],
  "64-bit numbers of npz files, which the page does not open": ["not-safe"],
  "compile, lbfgs and profile are not used": ["arguments", "no-gradients", "no-clock"],
};

test("every code of an error has its text, or cannot reach the page", () => {
  const { codes, indirect } = thrown(), never = Object.values(NEVER).flat();
  expect([...new Set(indirect)].sort(), "a new helper that makes errors: name its codes in HELPERS").toEqual([...INDIRECT].sort());
  expect(codes.size).toBeGreaterThan(130);
  expect([...codes].filter(([one]) => !Object.hasOwn(en, `problem.${one}`) && !never.includes(one)).map(([one, name]) => `${one} of ${name}`)).toEqual([]);
  expect(never.filter((one) => !codes.has(one)), "no longer thrown").toEqual([]);
  expect(never.filter((one) => Object.hasOwn(en, `problem.${one}`)), "has a text").toEqual([]);
});

/** Names of values in a text, and whether a part is left out without them. */
const namesIn = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name]) => name!))].sort();
const wantedIn = (text: string): string[] => namesIn(text.replace(/\[[^\]]*\]/g, ""));
const ALL = Object.entries(en) as [keyof typeof en, string][];
/** Said as they come from the data or from the engine; and names of the library, which are the same in all languages. */
const plain = (text: string): string => text.replace(/\{[^}]*\}/g, "");

test("both languages have the same texts with the same values", () => {
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  for (const [key, text] of ALL) {
    expect(namesIn(zh[key]), key).toEqual(namesIn(text));
    expect(wantedIn(zh[key]), key).toEqual(wantedIn(text));
  }
});

test("no text stands in the place of another screen's", () => {
  for (const language of ["en", "zh"]) {
    const all = readdirSync(join(root, "src/page/text", language)).filter((name) => name !== "index.ts").flatMap((name) => keysOf(join(root, "src/page/text", language, name)));
    expect(all.filter((key, i) => all.indexOf(key) !== i), language).toEqual([]);
  }
});

/** Keys that a file of texts says; the English reasons of choices stand with the choices. */
const keysOf = (path: string): string[] => {
  const text = readFileSync(path, "utf8"), keys = [...text.matchAll(/^ {2}"([^"]+)":/gm)].map(([, key]) => key!);
  return /\.\.\.TEXTS/.test(text) ? [...keys, ...Object.keys(TEXTS)] : keys;
};

test("no text is empty but the reasons that go without saying", () => {
  for (const catalogue of [en, zh]) expect(Object.entries(catalogue).filter(([, text]) => !text.trim()).map(([key]) => key).sort()).toEqual(["reason.date", "reason.number"]);
});

test("Chinese texts are Chinese, English ones are not", () => {
  const han = /\p{Script=Han}/u, latin = Object.entries(zh).filter(([key, text]) => /[A-Za-z]{2}/.test(plain(text)) && !han.test(text) && en[key as keyof typeof en] !== text);
  expect(latin).toEqual([]);
  expect(ALL.filter(([key, text]) => key.startsWith("problem.") && !han.test(zh[key]) && text)).toEqual([]);
  expect(ALL.filter(([, text]) => han.test(text))).toEqual([]);
});

test("what is in square brackets is said where its values are there", () => {
  expect(t("problem.not-a-number", { got: "abc", column: "age", row: 1234, file: "a.csv" })).toMatch(/^Column age: abc is no number: row 1,234 of a\.csv\. /);
  expect(t("problem.not-a-number", { got: "[x]" })).toMatch(/^\[x\] is no number\. /);
  for (const catalogue of [en, zh]) for (const [key, text] of Object.entries(catalogue)) {
    for (const [part] of text.matchAll(/\[[^\]]*\]/g)) expect(part, key).toMatch(/\{\w+\}/);
    expect(text.replace(/\[[^[\]]*\]/g, ""), key).not.toMatch(/[[\]]/);
  }
});

test("what an engine has to be stands in the page before any script, in both languages", () => {
  const page = readFileSync(join(root, "src/page/index.html"), "utf8"), versions = /Chrome [^\d]*98.*Firefox 113.*Safari 16\.4/;
  expect(page).toMatch(new RegExp(`<p lang="en">.*${versions.source}`));
  expect(page).toMatch(new RegExp(`<p lang="zh-Hans">.*${versions.source}`));
  for (const catalogue of [en, zh]) for (const [key, text] of Object.entries(catalogue)) if (key.startsWith("problem.") && text.includes("Safari")) expect(text, key).toMatch(versions);
});

test("the first of the browser's languages that is one of ours is spoken, before the page is drawn too", () => {
  const check = readFileSync(join(root, "src/page/check.js"), "utf8"), rule = /for \(i = tags[^]*?\n/.exec(check)![0], early = (tags: readonly string[]): string =>
    new Function("tags", `var chinese = false, i; ${rule} return chinese ? "zh" : "en";`)(tags) as string;
  for (const [languages, spoken] of [[["zh-CN"], "zh"], [["en-US", "zh"], "en"], [["zh-TW", "en"], "zh"], [["fr", "en", "zh"], "en"], [["fr", "zh", "en"], "zh"], [["fr"], "en"], [[], "en"]] as const) {
    vi.stubGlobal("navigator", { languages });
    expect([preferred(), early(languages)], languages.join()).toEqual([spoken, spoken]);
  }
  vi.unstubAllGlobals();
});
