// Checks of what callers hand over. A wrong name is met with the right one, in Keras's and PyTorch's spelling too.

import { type Details, OptionError, show } from "./errors.ts";

/** Other libraries' names, in small letters and digits alone, for what is here called quite otherwise. */
const SPELLINGS: Readonly<Record<string, string>> = {
  lr: "learningRate", eta: "learningRate", betas: "beta1 and beta2", criterion: "loss", objective: "loss", maxnorm: "clipNorm", maxgradnorm: "clipNorm",
  randomstate: "seed", p: "rate", alpha: "slope", activation: "relu() as the next layer",
  initialepoch: "resume", sampleweight: "weight, beside x and y", classweight: "crossEntropy({ classWeights })", tmax: "steps or epochs", stepsize: "steps or epochs",
  etamin: "minimum", gamma: "factor", labels: "classes",
  // losses, metrics and initializers
  kldivloss: "klDivergence", cosineembeddingloss: "cosineSimilarity", bce: "binaryCrossEntropy", bceloss: "binaryCrossEntropy", bcewithlogitsloss: "binaryCrossEntropy",
  meansquarederror: "mse", l1loss: "mae", meanabsoluteerror: "mae",
  kaiming: "he", kaimingnormal: "he", glorot: "xavier", glorotuniform: "xavier",
};

/** Is it an object with fields, and no array? */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** Throws an OptionError for a name that is not known, naming what was probably meant. */
export function checkNames(of: string, given: object | undefined, known: readonly string[]): void {
  if (given === undefined) return;
  if (!isRecord(given)) throw badOption(of, given, "an object of options");
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new OptionError("unknown-option", {
        of, option: name, problem: "unknown option", wanted: known,
        fix: didYouMean(name, known) ?? `known: ${known.join(", ") || "none"}`,
      });
}

/** What to say where a name is not known: the one that is nearest to it. */
export function didYouMean(name: unknown, known: readonly string[], call = ""): string | undefined {
  const meant = typeof name === "string" ? suggest(name, known) : undefined;
  return meant && `did you mean ${meant}${call}?`;
}

/** The known name that is nearest to what was written, or that is a part of it, or the other way round. */
function suggest(name: string, known: readonly string[]): string | undefined {
  const written = plain(name), spelled = Object.hasOwn(SPELLINGS, written) ? SPELLINGS[written] : undefined;
  if (spelled && (known.includes(spelled) || spelled.includes(" "))) return spelled;
  // it stands in one place, with the optimizer
  if (plain(spelled ?? name) === "learningrate" && known.includes("optimizer")) return "optimizer: adam({ learningRate })";
  const far = (candidate: string): number => distance(written, plain(candidate));
  const [best] = [...known].sort((a, b) => far(a) - far(b));
  if (best !== undefined && far(best) <= Math.max(2, name.length / 3)) return best;
  return known.find((candidate) => written.includes(plain(candidate)) || (written.length > 2 && plain(candidate).includes(written)));
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** Edits that turn one word into the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}

/** The error for a value that an option does not take. */
export function badOption(option: string, got: unknown, wanted: unknown, more?: Details): OptionError {
  return new OptionError("bad-option", { option, wanted, got, ...more });
}

/** A whole number of at least `least`. */
export function wantCount(option: string, value: unknown, least = 1): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least)
    throw badOption(option, value, `a whole number of at least ${least}`);
  return value;
}

/** A number in [low, high] that is finite, in float32 too, or in [low, high) if `open`. */
export function wantNumber(option: string, value: unknown, low = -Infinity, high = Infinity, open = false): number {
  const inside = typeof value === "number" && Number.isFinite(Math.fround(value)) && value >= low && (open ? value < high : value <= high);
  if (!inside) {
    const range = high < Infinity ? ` from ${low} to ${open ? "below " : ""}${high}` : low > -Infinity ? ` of at least ${low}` : "";
    throw badOption(option, value, `a finite number${range}`);
  }
  return value;
}

/** A finite number above 0. */
export function wantPositive(option: string, value: unknown): number {
  const number = wantNumber(option, value);
  if (!(Math.fround(number) > 0)) throw badOption(option, value, "a number above 0");
  return number;
}

export function wantBoolean(option: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw badOption(option, value, "true or false");
  return value;
}

export function wantFunction<F>(option: string, value: F): F {
  if (typeof value !== "function") throw badOption(option, value, "a function");
  return value;
}

export function wantOneOf<T extends string>(option: string, value: unknown, choices: readonly T[]): T {
  if (!choices.includes(value as T))
    throw badOption(option, value, `one of ${choices.map(show).join(", ")}`, { fix: didYouMean(value, choices) });
  return value as T;
}

/** A seed: a whole number from 0 to 2^53 − 1, as two words. */
export function wantSeed(value: unknown): { seed: number; low: number; high: number } {
  const seed = wantCount("seed", value, 0);
  return { seed, low: seed >>> 0, high: Math.floor(seed / 4294967296) };
}
