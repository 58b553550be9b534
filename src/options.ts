// Checks of what callers hand over. A wrong name is met with the right one, in Keras's and PyTorch's spelling too.

import { OptionError, show } from "./errors.ts";

/** Other libraries' names for what is here called otherwise. */
const SPELLINGS: Readonly<Record<string, string>> = {
  lr: "learningRate", learning_rate: "learningRate", eta: "learningRate", weight_decay: "weightDecay", decay: "weightDecay",
  eps: "epsilon", betas: "beta1 and beta2", beta_1: "beta1", beta_2: "beta2", batch_size: "batchSize", batch: "batchSize",
  validation_data: "validation", validation_split: "validation", validationData: "validation", validationSplit: "validation",
  criterion: "loss", objective: "loss", optim: "optimizer", scheduler: "schedule", lr_scheduler: "schedule",
  clipnorm: "clipNorm", clip_norm: "clipNorm", max_norm: "clipNorm", inputShape: "input", input_shape: "input",
  inputSize: "input", random_state: "seed", use_bias: "bias", useBias: "bias", kernelInitializer: "initializer",
  kernel_initializer: "initializer", activation: "a layer of its own, such as relu(), after this one",
  negative_slope: "slope", negativeSlope: "slope", alpha: "slope", p: "rate", initial_epoch: "resume", num_epochs: "epochs",
  loss_weights: "lossWeights", sample_weight: "weight (beside x and y)", sampleWeight: "weight (beside x and y)",
  on_step: "onStep", nesterovMomentum: "nesterov", warmup_steps: "steps", T_max: "steps or epochs", eta_min: "minimum",
  gamma: "factor", step_size: "steps or epochs", n_epochs: "epochs", class_names: "classes", labels: "classes",
};

/** Throws an OptionError for a name that is not known, naming what was probably meant. */
export function checkNames(what: string, given: object | undefined, known: readonly string[]): void {
  if (given === undefined) return;
  if (given === null || typeof given !== "object")
    throw new OptionError("bad-option", `${what}: wanted an object of options, got ${show(given)}`,
      { option: what, got: given, wanted: known });
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const meant = suggest(name, known);
    throw new OptionError("unknown-option",
      `${what}: unknown option ${show(name)}${meant ? `; did you mean ${meant}?` : ""} (known: ${known.join(", ") || "none"})`,
      { option: name, got: name, wanted: meant ?? known });
  }
}

/** The known name that is nearest to what was written. */
export function suggest(name: string, known: readonly string[]): string | undefined {
  const spelled = Object.hasOwn(SPELLINGS, name) ? SPELLINGS[name] : undefined;
  if (spelled && (known.includes(spelled) || spelled.includes(" "))) return spelled;
  let best: string | undefined, least = Math.max(2, name.length / 3);
  for (const candidate of known) {
    const far = distance(name.toLowerCase().replaceAll("_", ""), candidate.toLowerCase());
    if (far <= least && (best === undefined || far < least)) [best, least] = [candidate, far];
  }
  return best;
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

function fail(option: string, got: unknown, wanted: string): never {
  throw new OptionError("bad-option", `${option}: wanted ${wanted}, got ${show(got)}`, { option, got, wanted });
}

/** A whole number of at least `least`. */
export function wantCount(option: string, value: unknown, least = 1): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least)
    fail(option, value, `a whole number of at least ${least}`);
  return value;
}

/** A finite number in [low, high], or in [low, high) if `open`. */
export function wantNumber(option: string, value: unknown, low = -Infinity, high = Infinity, open = false): number {
  const inside = typeof value === "number" && Number.isFinite(value) && value >= low && (open ? value < high : value <= high);
  if (!inside) {
    const range = high === Infinity ? (low === -Infinity ? "" : ` of at least ${low}`) : ` from ${low} to ${open ? "below " : ""}${high}`;
    fail(option, value, `a finite number${range}`);
  }
  return value;
}

export function wantBoolean(option: string, value: unknown): boolean {
  if (typeof value !== "boolean") fail(option, value, "true or false");
  return value;
}

export function wantFunction<F>(option: string, value: F): F {
  if (typeof value !== "function") fail(option, value, "a function");
  return value;
}

export function wantOneOf<T extends string>(option: string, value: unknown, choices: readonly T[]): T {
  if (!choices.includes(value as T)) {
    const meant = typeof value === "string" ? suggest(value, choices) : undefined;
    fail(option, value, `one of ${choices.map(show).join(", ")}${meant ? ` (did you mean ${show(meant)}?)` : ""}`);
  }
  return value as T;
}

/** A seed: a whole number from 0 to 2^53 − 1, as two words. */
export function wantSeed(value: unknown): { seed: number; low: number; high: number } {
  const seed = wantCount("seed", value, 0);
  return { seed, low: seed >>> 0, high: Math.floor(seed / 4294967296) };
}
