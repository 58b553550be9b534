// A doctor's finding, as a change of the design.

import type { Finding } from "../../index.ts";
import type { Design, Part } from "./api.ts";
import { placeOf } from "./layers.ts";
import { partOf } from "./parts.ts";

type Mend = (design: Design, evidence: Finding["evidence"], place: number) => Design;

const short = (value: number): number => Number(value.toPrecision(2));

const atRate = (factor: number): Mend => (design) => {
  const { optimizer } = design;
  return { ...design, optimizer: { ...optimizer, options: { ...optimizer.options, learningRate: short(factor * Number(optimizer.options.learningRate)) } } };
};

/** The layers, each as `change` makes it; what it leaves out goes. */
const changed = (design: Design, change: (layer: Part, place: number) => readonly Part[]): Design => ({ ...design, layers: design.layers.flatMap(change) });

/** Dense layers with another start: all, or one. */
const start = (initializer: string, only?: number): Mend => (design) =>
  changed(design, (layer, place) => [layer.kind === "dense" && (only ?? place) === place ? { ...layer, options: { ...layer.options, initializer } } : layer]);

/** The dense layer by which a layer is fed. */
const feederOf = ({ layers }: Design, place: number): number => layers.findLastIndex(({ kind }, i) => i < place && kind === "dense");

const without: Mend = (design, _, place) => changed(design, (layer, i) => (i === place ? [] : [layer]));

const withRelu: Mend = (design) => changed(design, (layer) => [layer.kind === "sigmoid" || layer.kind === "tanh" ? partOf("layers", "relu") : layer]);

const falling: Mend = (design) => (design.schedule.kind === "constant" ? { ...design, schedule: partOf("schedules", "cosine") } : design);

/** Units from which on a layer is wide enough. */
const NARROW = 32, WIDE = 64;

/** Wider where it is narrow; else one layer more before the last. */
const larger: Mend = (design) => {
  const { layers } = design, last = layers.findLastIndex(({ kind }) => kind === "dense"), units = ({ options }: Part): number => Number(options.units);
  const narrow = layers.some((layer, i) => i < last && layer.kind === "dense" && units(layer) < NARROW);
  return changed(design, (layer, place) => {
    if (narrow) return [place < last && layer.kind === "dense" && units(layer) < NARROW ? { ...layer, options: { ...layer.options, units: WIDE } } : layer];
    return place === last ? [partOf("layers", "dense", { units: WIDE }), partOf("layers", "relu"), layer] : [layer];
  });
};

/** What the doctor says, where the design can do it. */
const MENDS: Readonly<Record<string, Mend>> = {
  "diverging": atRate(1 / 10),
  "learning-rate-too-high": atRate(1 / 30),
  "learning-rate-too-low": (design, { update }, place) => atRate(Math.min(1000, Math.max(30, 1e-3 / Number(update))))(design, {}, place),
  "non-finite": atRate(1 / 4),
  "exploding-gradients": start("he"),
  "vanishing-gradients": (design, evidence, place) => start("he")(withRelu(design, evidence, place), evidence, place),
  "dead-relu": (design, evidence, place) => {
    const leaky = changed(design, (layer, i) => [i === place ? partOf("layers", "leakyRelu") : layer]);
    // units that began well were thrown out by steps too large; others began so
    const mend = Number(evidence.aliveAtFirst) > Number(evidence.units) / 2 ? atRate(1 / 10) : start("he", feederOf(design, place));
    return mend(leaky, evidence, place);
  },
  "saturated": (design, evidence, place) => start("xavier", feederOf(design, place))(design, evidence, place),
  "overfitting": (design, { epoch }) => ({ ...design, epochs: Number(epoch) }),
  "underfitting": larger,
  "plateau": falling,
  "sgd-without-schedule": falling,
  "sigmoid-for-exclusive-classes": (design, evidence, place) => ({
    ...(evidence.output === "sigmoid" ? without(design, evidence, place) : design), loss: partOf("losses", "crossEntropy"),
  }),
  "regression-through-softmax": without,
  "regression-through-relu": without,
  "squashing-in-deep-network": (design, evidence, place) => start("he")(withRelu(design, evidence, place), evidence, place),
  "linear-stack": (design, { first }) => changed(design, (layer, i) => (i === placeOf(String(first)) ? [layer, partOf("layers", "relu")] : [layer])),
  "selu-without-lecun": (design, evidence, place) => start("lecun", place)(design, evidence, place),
  "rare-class": (design, { rows }) => (Number(rows) > 0 ? { ...design, balanced: true } : design),
};

/** The design as the finding wants it; undefined where its fix is none of the design. */
export function mended({ code, layer = "", evidence }: Finding, design: Design): Design | undefined {
  const made = MENDS[code]?.(design, evidence, placeOf(layer));
  return made && JSON.stringify(made) !== JSON.stringify(design) ? made : undefined;
}
