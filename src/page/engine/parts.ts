// What a design is made of: for each part its options, with what they may be. From the same table a part becomes the library's object,
// the TypeScript that makes it, and the fields of a form.

import {
  adadelta, adagrad, adam, adamax, adamW, alphaDropout, binaryCrossEntropy, celu, cosine, cosineWarmRestarts, crossEntropy, dense, dropout, elu, exponentialDecay, flatten, focal,
  gaussianNoise, gelu, hardSigmoid, hardSwish, hardTanh, huber, inverseSqrtDecay, type Layer, leakyRelu, lion, logSigmoid, logSoftmax, type Loss, mae, mish, mse, multiMargin, nadam,
  oneCycle, type Optimizer, polynomialDecay, prelu, radam, reduceOnPlateau, relu, relu6, rmsprop, type Schedule, selu, sgd, sigmoid, silu, smoothL1, softmax, softplus, softsign,
  stepDecay, tanh, warmup,
} from "../../index.ts";
import type { Design, Part, PartValue } from "./api.ts";

/** An option, as the library takes it. `default` is the library's own: such a value is not written. */
export type OptionSpec = {
  readonly positional?: boolean;
  /** What a new part begins with, where that is not the default. */
  readonly first?: PartValue;
  /** It is always written: the library has no default, or its value is what people look for. */
  readonly needed?: boolean;
  /** Beside which value of which other option it has a meaning. */
  readonly beside?: readonly [option: string, value: PartValue];
} & (
  | { readonly kind: "count"; readonly default: number; readonly least: number; readonly most: number }
  /** `open`: most is out of bounds itself; `above`: least is. */
  | { readonly kind: "number"; readonly default: number; readonly least: number; readonly most: number; readonly open?: boolean; readonly above?: boolean }
  | { readonly kind: "choice"; readonly default: string; readonly choices: readonly string[] }
  | { readonly kind: "yes"; readonly default: boolean });

export interface PartSpec {
  readonly options: Readonly<Record<string, OptionSpec>>;
}
export const FAMILIES = ["layers", "losses", "optimizers", "schedules"] as const;
export type Family = (typeof FAMILIES)[number];

type More = Partial<Pick<OptionSpec, "positional" | "first" | "needed" | "beside">>;
const plain: PartSpec = { options: {} };
const count = (usual: number, least: number, most: number, more: More = {}): OptionSpec => ({ kind: "count", default: usual, least, most, ...more });
const number = (usual: number, least: number, most: number, more: More & { open?: boolean; above?: boolean } = {}): OptionSpec => ({ kind: "number", default: usual, least, most, ...more });
const choice = (choices: readonly string[], more: More = {}): OptionSpec => ({ kind: "choice", default: choices[0]!, choices, ...more });
const yes = (usual: boolean, more: More = {}): OptionSpec => ({ kind: "yes", default: usual, ...more });

const memory = (usual: number): OptionSpec => number(usual, 0, 1, { open: true });
const epsilon = (usual: number): OptionSpec => number(usual, 0, 1, { above: true });
const epochs = (usual: number): OptionSpec => count(usual, 1, 100_000, { needed: true });
const minimum = number(0, 0, 1000);

/** What all optimizers have; the decay may leave biases out, by a group of their own. */
function optimizerSpec(learningRate: number, options: Readonly<Record<string, OptionSpec>> = {}, weightDecay = 0): PartSpec {
  return { options: { learningRate: number(learningRate, 0, 1000, { needed: true }), weightDecay: number(weightDecay, 0, 100), ...options, decayBiases: yes(true, weightDecay ? { first: false } : {}) } };
}
const moments = (beta2 = 0.999): Readonly<Record<string, OptionSpec>> => ({ beta1: memory(0.9), beta2: memory(beta2) });

export const PARTS: Readonly<Record<Family, Readonly<Record<string, PartSpec>>>> = {
  layers: {
    dense: {
      options: {
        units: count(1, 1, 8192, { positional: true, first: 32 }), bias: yes(true),
        initializer: choice(["pytorch", "auto", "he", "xavier", "lecun", "zeros"], { first: "auto" }),
      },
    },
    relu: plain, leakyRelu: { options: { slope: number(0.01, -10, 10, { positional: true }) } }, prelu: plain, elu: { options: { alpha: number(1, 0, 100, { positional: true }) } },
    selu: plain, celu: { options: { alpha: number(1, 0, 100, { positional: true, above: true }) } }, gelu: { options: { approximate: choice(["none", "tanh"]) } },
    silu: { options: { beta: number(1, -100, 100), learned: yes(false) } }, mish: plain, tanh: plain, sigmoid: plain,
    softplus: { options: { beta: number(1, 0, 100, { above: true }), threshold: number(20, 0, 1000) } }, softsign: plain, relu6: plain, hardSwish: plain, hardSigmoid: plain,
    hardTanh: { options: { minimum: number(-1, -1000, 1000), maximum: number(1, -1000, 1000) } }, logSigmoid: plain, softmax: plain, logSoftmax: plain,
    dropout: { options: { rate: number(0, 0, 1, { positional: true, first: 0.2, open: true }) } }, alphaDropout: { options: { rate: number(0, 0, 1, { positional: true, first: 0.1, open: true }) } },
    gaussianNoise: { options: { deviation: number(0, 0, 100, { positional: true, first: 0.1 }) } },
    flatten: plain,
  },
  losses: {
    crossEntropy: { options: { labelSmoothing: number(0, 0, 1, { open: true }) } }, binaryCrossEntropy: { options: { posWeight: number(1, 0, 1e6, { above: true }) } },
    focal: { options: { variant: choice(["sigmoid", "softmax"], { needed: true }), gamma: number(2, 0, 100), alpha: number(0.25, 0, 1, { beside: ["variant", "sigmoid"] }) } },
    multiMargin: { options: { power: choice(["1", "2"]), margin: number(1, 0, 1000, { above: true }) } },
    mse: plain, mae: plain, huber: { options: { delta: number(1, 0, 1e6, { above: true }) } }, smoothL1: { options: { beta: number(1, 0, 1e6, { above: true }) } },
  },
  optimizers: {
    adam: optimizerSpec(1e-3, { ...moments(), epsilon: epsilon(1e-8), amsgrad: yes(false) }), adamW: optimizerSpec(1e-3, { ...moments(), epsilon: epsilon(1e-8), amsgrad: yes(false) }, 0.01),
    sgd: optimizerSpec(0.05, { momentum: number(0, 0, 10, { first: 0.9 }), dampening: number(0, 0, 1, { beside: ["nesterov", false] }), nesterov: yes(false) }),
    rmsprop: optimizerSpec(1e-3, { alpha: memory(0.99), epsilon: epsilon(1e-8), momentum: number(0, 0, 10), centered: yes(false) }),
    adagrad: optimizerSpec(0.01, { learningRateDecay: number(0, 0, 1000), initialAccumulator: number(0, 0, 1000), epsilon: epsilon(1e-10) }),
    adadelta: optimizerSpec(1, { rho: memory(0.9), epsilon: epsilon(1e-6) }), adamax: optimizerSpec(1e-3, { ...moments(), epsilon: epsilon(1e-8) }),
    nadam: optimizerSpec(1e-3, { ...moments(), epsilon: epsilon(1e-8), momentumDecay: number(4e-3, 0, 1000) }), radam: optimizerSpec(1e-3, { ...moments(), epsilon: epsilon(1e-8) }),
    lion: optimizerSpec(3e-4, moments(0.99)),
  },
  schedules: {
    constant: plain, cosine: { options: { minimum } }, warmup: { options: { epochs: epochs(1), startFactor: number(1 / 3, 0, 1, { above: true }), minimum } },
    oneCycle: { options: { warmup: number(0.3, 0, 1), anneal: choice(["cosine", "linear"]), startDivisor: number(25, 1, 1e6), finalDivisor: number(1e4, 1, 1e9), threePhase: yes(false) } },
    reduceOnPlateau: { options: { factor: memory(0.1), patience: count(10, 0, 100_000), threshold: memory(1e-4), cooldown: count(0, 0, 100_000), minimum } },
    stepDecay: { options: { epochs: epochs(30), factor: number(0.1, 0, 1, { above: true }) } }, exponentialDecay: { options: { factor: number(0.01, 0, 1, { above: true, needed: true }) } },
    polynomialDecay: { options: { power: number(1, 0, 100, { above: true }), minimum } }, inverseSqrtDecay: { options: { epochs: epochs(1) } },
    cosineWarmRestarts: { options: { epochs: epochs(10), multiplier: count(1, 1, 100), minimum } },
  },
};

/** Numbers of a design beside its parts. */
export const NUMBERS = { batchSize: count(32, 1, 1_000_000), epochs: count(50, 1, 100_000), patience: count(10, 0, 100_000), seed: count(0, 0, 0xffff_ffff) } as const satisfies Partial<Record<keyof Design, OptionSpec>>;

/** A part with what it begins with. */
export function partOf(family: Family, kind: string, given: Readonly<Record<string, PartValue>> = {}): Part {
  const { options } = PARTS[family][kind]!;
  return { kind, options: { ...Object.fromEntries(Object.entries(options).map(([name, spec]) => [name, spec.first ?? spec.default])), ...given } };
}

/** Is the value one that the option may have? */
export function fits(spec: OptionSpec, value: PartValue): boolean {
  switch (spec.kind) {
    case "yes":
      return typeof value === "boolean";
    case "choice":
      return spec.choices.includes(value as string);
    case "count":
      return Number.isInteger(value) && (value as number) >= spec.least && (value as number) <= spec.most;
    case "number": {
      const { least, most, open, above } = spec, x = value as number;
      return typeof x === "number" && (above ? x > least : x >= least) && (open ? x < most : x <= most);
    }
  }
}

/** A call of a function of the library: what it is made by, and how it is written. */
export interface Call {
  readonly name: string;
  readonly given: readonly Argument[];
}
export type Argument = PartValue | Call | RegExp | readonly Argument[] | { readonly [name: string]: Argument };

const call = (name: string, ...given: readonly Argument[]): Call => ({ name, given });
export const isCall = (value: Argument): value is Call => typeof value === "object" && "given" in value;

/** The call that makes a part: arguments by position, then a record of those that are not the default; undefined for a constant rate. */
export function callOf(family: Family, part: Part): Call | undefined {
  const { kind, options } = part, specs = Object.entries(PARTS[family][kind]!.options);
  const written = ([name, spec]: [string, OptionSpec]): boolean => (spec.needed || options[name] !== spec.default) && (!spec.beside || options[spec.beside[0]] === spec.beside[1]);
  const first = specs.filter(([, { positional }]) => positional).map(([name]) => options[name]!);
  const { decayBiases, ...rest } = Object.fromEntries(specs.filter(([, { positional }]) => !positional).filter(written).map(([name]) => [name, options[name]!])) as Record<string, Argument>;
  if (kind === "constant") return undefined;
  if (kind === "warmup") {
    const { minimum, ...own } = rest;
    return call(kind, call("cosine", ...(minimum === undefined ? [] : [{ minimum }])), own);
  }
  if (kind === "multiMargin" && rest.power !== undefined) rest.power = Number(rest.power);
  if (decayBiases === false && options.weightDecay) rest.groups = [{ match: /bias$/, weightDecay: 0 }];
  return call(kind, ...first, ...(Object.keys(rest).length ? [rest] : []));
}

/** Functions that may be called; no others of the library come into the page for them. */
const CALLED = {
  adadelta, adagrad, adam, adamax, adamW, alphaDropout, binaryCrossEntropy, celu, cosine, cosineWarmRestarts, crossEntropy, dense, dropout, elu, exponentialDecay, flatten, focal,
  gaussianNoise, gelu, hardSigmoid, hardSwish, hardTanh, huber, inverseSqrtDecay, leakyRelu, lion, logSigmoid, logSoftmax, mae, mish, mse, multiMargin, nadam, oneCycle, polynomialDecay,
  prelu, radam, reduceOnPlateau, relu, relu6, rmsprop, selu, sgd, sigmoid, silu, smoothL1, softmax, softplus, softsign, stepDecay, tanh, warmup,
} as unknown as Readonly<Record<string, (...given: unknown[]) => unknown>>;

/** What a call makes. */
export function made(value: Argument): unknown {
  if (typeof value !== "object" || value instanceof RegExp) return value;
  if (Array.isArray(value)) return value.map(made);
  if (isCall(value)) return CALLED[value.name]!(...value.given.map(made));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, made(one)]));
}

export const layerOf = (part: Part): Layer => made(callOf("layers", part)!) as Layer;
export const lossOf = (part: Part): Loss => made(callOf("losses", part)!) as Loss;
export const optimizerOf = (part: Part): Optimizer => made(callOf("optimizers", part)!) as Optimizer;
export function scheduleOf(part: Part): Schedule | undefined {
  const called = callOf("schedules", part);
  return called && (made(called) as Schedule);
}
