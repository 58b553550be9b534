// Texts in the user's language. In a text {name} stands for a value, and {n:row|rows} for the word that goes with one, or with more.

import { grouped } from "../../cli/text.ts";
import { en } from "./en/index.ts";
import { zh } from "./zh/index.ts";

export type Key = keyof typeof en;
export type Values = Readonly<Record<string, string | number>>;

export const LANGUAGES = { en: "English", zh: "简体中文" } as const;
export type Language = keyof typeof LANGUAGES;
const CATALOGUES: Readonly<Record<Language, Readonly<Record<Key, string>>>> = { en, zh };

let current: Language = "en";

/** The language that the browser asks for, if it is one of ours. */
export const preferred = (): Language => (navigator.languages.some((tag) => /^zh\b/i.test(tag)) && !/^en\b/i.test(navigator.languages[0] ?? "") ? "zh" : "en");

export function speak(language: Language): void {
  current = language;
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
}

/** A text of the catalogue. */
export function t(key: Key, values: Values = {}): string {
  return CATALOGUES[current][key].replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (_, name: string, one?: string, more?: string) => {
    const value = values[name];
    if (one !== undefined) return value === 1 ? one : more!;
    return typeof value === "number" ? numberText(value) : value ?? "";
  });
}

/** Is there such a text? */
export const known = (key: string): key is Key => Object.hasOwn(en, key);

/** A number as people read it. */
export const numberText = (value: number): string => (Number.isInteger(value) ? grouped(value) : String(Number(value.toPrecision(4))));
