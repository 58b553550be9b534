// What a design is made of: for each part its options, with what they may be. From the same table a part becomes the library's object,
// the TypeScript that makes it, and the fields of a form.

import { cosine, layers, losses, optimizers, reduceOnPlateau, schedules, warmup } from "../../index.ts";
import type { Layer, Loss, Optimizer, Schedule } from "../../index.ts";
import type { Part, PartValue } from "./api.ts";

/** An option, as the library takes it. */
export type OptionSpec = { readonly positional?: boolean } & (
  | { readonly kind: "count"; readonly default: number; readonly least?: number; readonly most?: number }
  | { readonly kind: "number"; readonly default: number; readonly least?: number; readonly most?: number }
  | { readonly kind: "choice"; readonly default: string; readonly choices: readonly string[] }
  | { readonly kind: "yes"; readonly default: boolean });

export interface PartSpec {
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** What it works on: rows of numbers, images, or both. */
  readonly on?: "flat" | "image";
}
export type Family = "layers" | "losses" | "optimizers" | "schedules";

const plain: PartSpec = { options: {} };
const rate = (value: number): OptionSpec => ({ kind: "number", default: value, least: 0, most: 1000 });
const share = (value: number): OptionSpec => ({ kind: "number", default: value, least: 0, most: 1 });

export const PARTS: Readonly<Record<Family, Readonly<Record<string, PartSpec>>>> = {
  layers: {
    dense: {
      options: {
        units: { kind: "count", positional: true, default: 32, most: 4096 },
        initializer: { kind: "choice", default: "pytorch", choices: ["pytorch", "he", "xavier", "lecun"] },
      },
      on: "flat",
    },
    relu: plain, leakyRelu: plain, elu: plain, selu: plain, gelu: plain, silu: plain, mish: plain, tanh: plain, sigmoid: plain, softplus: plain, hardSwish: plain,
    hardSigmoid: plain, hardTanh: plain, relu6: plain, softsign: plain, logSigmoid: plain,
    dropout: { options: { rate: { kind: "number", positional: true, default: 0.2, least: 0, most: 0.95 } } },
    alphaDropout: { options: { rate: { kind: "number", positional: true, default: 0.1, least: 0, most: 0.95 } } },
    gaussianNoise: { options: { deviation: { kind: "number", positional: true, default: 0.1, least: 0, most: 10 } } },
    flatten: { options: {}, on: "image" },
  },
  losses: {
    crossEntropy: { options: { labelSmoothing: share(0) } }, binaryCrossEntropy: plain, focal: plain, multiMargin: plain,
    mse: plain, mae: plain, huber: plain, smoothL1: plain,
  },
  optimizers: {
    sgd: { options: { learningRate: rate(0.05), momentum: share(0.9), weightDecay: share(0) } },
    ...Object.fromEntries(["adam", "adamW", "nadam", "radam", "adamax", "rmsprop", "adagrad", "adadelta", "lion"].map((name) => [name, {
      options: { learningRate: rate(name === "lion" ? 3e-4 : name === "adadelta" ? 1 : name === "adagrad" ? 0.01 : 1e-3), weightDecay: share(name === "adamW" ? 0.01 : 0) },
    }])),
  },
  schedules: { constant: plain, cosine: plain, warmup: plain, oneCycle: plain, reduceOnPlateau: plain },
};

/** A part with its defaults. */
export function partOf(family: Family, kind: string, given: Readonly<Record<string, PartValue>> = {}): Part {
  const { options } = PARTS[family][kind]!;
  return { kind, options: { ...Object.fromEntries(Object.entries(options).map(([name, spec]) => [name, spec.default])), ...given } };
}

/** Its arguments: those by position, then a record of those that are not the default. */
function argumentsOf(family: Family, { kind, options }: Part): unknown[] {
  const specs = Object.entries(PARTS[family][kind]!.options), first = specs.filter(([, { positional }]) => positional).map(([name]) => options[name]);
  const rest = specs.filter(([name, { positional, default: usual }]) => !positional && (family === "optimizers" || options[name] !== usual));
  return [...first, ...(rest.length ? [Object.fromEntries(rest.map(([name]) => [name, options[name]]))] : [])];
}

const FAMILIES = { layers, losses, optimizers, schedules };
const make = (family: Family, part: Part): unknown => (FAMILIES[family] as unknown as Record<string, (...given: unknown[]) => unknown>)[part.kind]!(...argumentsOf(family, part));

export const layerOf = (part: Part): Layer => make("layers", part) as Layer;
export const lossOf = (part: Part): Loss => make("losses", part) as Loss;
export const optimizerOf = (part: Part): Optimizer => make("optimizers", part) as Optimizer;

export function scheduleOf(part: Part): Schedule | undefined {
  switch (part.kind) {
    case "constant":
      return undefined;
    case "warmup":
      return warmup(cosine(), { epochs: 1 });
    case "reduceOnPlateau":
      return reduceOnPlateau({ monitor: "validation.loss" });
    default:
      return make("schedules", part) as Schedule;
  }
}
