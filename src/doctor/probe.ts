// The program that tells more: a training step that also reduces gradients, weights, updates and activations to a few
// numbers each. It is made of the same ops, so that what it trains has the same bits.
//
// Means of magnitudes, not of squares: they neither overflow nor vanish where the numbers themselves do not.

import type { Value } from "../graph.ts";
import type { Network } from "../network.ts";
import { abs } from "../ops/activation.ts";
import { greater, subtract } from "../ops/binary.ts";
import { max, mean } from "../ops/reduce.ts";
import { copy, reshape } from "../ops/shape.ts";
import type { LoadedProgram } from "../session.ts";
import type { Probe } from "../train/programs.ts";
import { hiddenActivations, weightsOf } from "./anatomy.ts";

/** Means of magnitudes over one weight. */
export interface WeightFigures {
  name: string;
  layer: string;
  gradient: number;
  weight: number;
  /** What weights of its fan in are usually: half of 1 / √fan in, the mean of PyTorch's. One that starts at 0 is held
   * against this. */
  usual: number;
  /** What the step has changed it by. */
  update: number;
}

/** What one step told. */
export interface Figures {
  weights: WeightFigures[];
  /** By relu layer: the greatest output of each unit over the batch. */
  rectifiers: { layer: string; peaks: Float32Array }[];
  /** By sigmoid or tanh layer: the share of outputs within 1 % of a bound. */
  squashers: { layer: string; kind: string; share: number }[];
}

const name = (what: string, of: string | number): string => `doctor ${what} ${of}`;

export function probe(network: Network): Probe {
  return (trace, gradients) => {
    const outputs = new Map<string, Value>(), before: [string, Value, Value][] = [];
    for (const weight of weightsOf(network)) {
      const value = trace.parameters.get(weight.name), gradient = value && gradients.get(value);
      if (!gradient) continue; // training does not read it
      outputs.set(name("gradient", weight.name), mean(abs(gradient)));
      outputs.set(name("weight", weight.name), mean(abs(value)));
      before.push([weight.name, value, copy(value)]);
    }
    hiddenActivations(trace).forEach(({ kind, y }, i) => {
      const units = reshape(y, [-1, y.shape.at(-1)!]);
      if (kind === "relu") outputs.set(name("activation", i), max(units, 0));
      else if (kind === "tanh") outputs.set(name("activation", i), mean(greater(abs(units), 0.98)));
      else if (kind === "sigmoid") outputs.set(name("activation", i), mean(greater(abs(subtract(units, 0.5)), 0.49)));
    });
    return () => {
      // nodes run in the order of their making: after the update, the parameter is what it has become
      for (const [weight, after, old] of before) outputs.set(name("update", weight), mean(abs(subtract(after, old))));
      return outputs;
    };
  };
}

/** Reads what the program has told. */
export function readFigures(loaded: LoadedProgram, network: Network, activations: readonly { kind: string; layer: string; units: number }[]): Figures {
  const { floats } = loaded.session, { places } = loaded.program;
  const at = (what: string, of: string | number): number => loaded.place(name(what, of)) / 4;
  const figures: Figures = { weights: [], rectifiers: [], squashers: [] };
  for (const { name: weight, layer, fanIn } of weightsOf(network)) {
    if (!places.has(name("gradient", weight))) continue;
    const read = (what: string): number => floats[at(what, weight)]!;
    figures.weights.push({ name: weight, layer, gradient: read("gradient"), weight: read("weight"), usual: 0.5 / Math.sqrt(fanIn), update: read("update") });
  }
  activations.forEach(({ kind, layer, units }, i) => {
    if (kind === "relu") figures.rectifiers.push({ layer, peaks: floats.slice(at("activation", i), at("activation", i) + units) });
    else if (kind !== "selu") figures.squashers.push({ layer, kind, share: floats[at("activation", i)]! });
  });
  return figures;
}
