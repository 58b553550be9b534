// What is done with a column, as --transforms says it: words with + between them, such as log+median, hash:256+words, month+hour. In
// lanewise.json it may be an object too, which the library takes as it is.

import type { TransformOption, TransformOptions } from "../index.ts";
import { DATE_PARTS } from "../data/dates.ts";
import { ALL_USES } from "../data/schema.ts";
import { oneOf } from "./args.ts";

/** Words, and what they say. */
const WORDS: ReadonlyMap<string, TransformOptions> = new Map<string, TransformOptions>([
  ...ALL_USES.map((use): [string, TransformOptions] => [use, { use }]),
  ...(["mean", "median", "mostFrequent"] as const).map((impute): [string, TransformOptions] => [impute, { impute }]),
  ["flag", { indicator: true }], ["noFlag", { indicator: false }],
  ...(["value", "words"] as const).map((by): [string, TransformOptions] => [by, { by }]),
  ...DATE_PARTS.map((part): [string, TransformOptions] => [part, { parts: [part] }]),
]);

/** hash:BUCKETS and fill:NUMBER. */
const HASH = "hash:[1-9]\\d*", FILL = "fill:-?\\d+(\\.\\d+)?", NUMBERED = new RegExp(`^(${HASH}|${FILL})$`);

function saysOf(word: string): TransformOptions | undefined {
  const number = Number(word.slice(word.indexOf(":") + 1));
  return NUMBERED.test(word) ? (word.startsWith("hash") ? { use: "hash", buckets: number } : { impute: number }) : WORDS.get(word);
}

/** How values of --transforms are written. */
export const TRANSFORMS = {
  help: "what is done with columns, where another way is wanted. Numbers: standardise, minMax, log or none; where one is missing: mean, median, mostFrequent or fill:NUMBER. Categories and texts: oneHot, ordinal or hash "
    + "(hash:256 has so many buckets, by value or by words). Dates: some of elapsed, month, weekday, hour. Any: ignore; flag or noFlag, a number more that says that a value is missing. With + between: age=log+median",
  pattern: ((words) => `^(${words})(\\+(${words}))*$`)([...WORDS.keys(), HASH, FILL].join("|")),
  objects: true,
  wanted(text: string): string | undefined {
    const words = text.split("+"), strange = words.find((word) => !saysOf(word)), said = new Set<string>();
    if (strange !== undefined) return `${oneOf(strange, [...WORDS.keys(), "hash:BUCKETS", "fill:NUMBER"])}, with + between them`;
    const again = words.find((word) => Object.keys(saysOf(word)!).some((key) => key !== "parts" && said.size === said.add(key).size));
    return again === undefined ? undefined : `one word for each thing, not ${again} beside another`;
  },
};

/** As the library takes them. */
export function transformsOf(asked: Readonly<Record<string, string | TransformOptions>>): Record<string, TransformOption> {
  return Object.fromEntries(Object.entries(asked).map(([column, said]) => [column, typeof said === "string" ? optionsOf(said) : said]));
}

function optionsOf(text: string): TransformOptions {
  return text.split("+").map((word) => saysOf(word)!).reduce((all, one) => ({ ...all, ...one, ...(one.parts && { parts: [...(all.parts ?? []), ...one.parts] }) }), {});
}
