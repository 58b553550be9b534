// Texts in the user's language: templates, filled as the command line fills its own. What stands in [square brackets] is said only where
// all the values in it are there.

import { type ReportWords, WORDS } from "../../advice/report.ts";
import { filled } from "../../advice/text.ts";
import { en } from "./en/index.ts";
import { zh } from "./zh/index.ts";
import { report } from "./zh/report.ts";

export type Key = keyof typeof en;
export type Values = Readonly<Record<string, string | number>>;

export const LANGUAGES = { en: "English", zh: "简体中文" } as const;
export type Language = keyof typeof LANGUAGES;
const CATALOGUES: Readonly<Record<Language, Readonly<Record<Key, string>>>> = { en, zh };

/** The words of a report. */
export const REPORT: Readonly<Record<Language, ReportWords>> = { en: WORDS, zh: report };

let current: Language = "en";

/** The first of the browser's languages that is one of ours; check.js goes by the same rule. */
export const preferred = (): Language => (/^zh\b/i.test(navigator.languages.find((tag) => /^(en|zh)\b/i.test(tag)) ?? "") ? "zh" : "en");

/** As documents name it. */
export const tagOf = (language: Language): string => (language === "zh" ? "zh-Hans" : "en");

export function speak(language: Language): void {
  current = language;
  document.documentElement.lang = tagOf(language);
}

/** A text of the catalogue, such as "{got} is no number[, in row {row}]". */
export const t = (key: Key, values?: Values): string => textIn(current, key, values);

export const textIn = (language: Language, key: Key, values: Values = {}): string => filled(said(unfilled(language, key), values), values);

/** A text with its {names}, for whoever fills them elsewhere. */
export const unfilled = (language: Language, key: Key): string => CATALOGUES[language][key];

/** A template without the parts for which values are missing. */
const said = (template: string, values: Values): string =>
  template.replace(/\[([^\]]*)\]/g, (_, part: string) => ([...part.matchAll(/\{(\w+)/g)].every(([, name]) => values[name!] !== undefined) ? part : ""));

/** Is there such a text? */
export const known = (key: string): key is Key => Object.hasOwn(en, key);

export { numberText } from "../../advice/text.ts";
