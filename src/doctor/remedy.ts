// Fixes as code: lines to paste. A line that begins with a name and a colon is an option of fit, or x, y or weight of the
// data; one that ends with "// in place of layer 1", "// after layer 1" or "// before layer 1" belongs into the model.

import type { Column } from "../data/columns.ts";
import type { Network } from "../network.ts";
import { sizeOf } from "../shape.ts";
import { type Activation, feeder, type Weight, weightsOf } from "./anatomy.ts";
import { unscaled } from "./figures.ts";

/** A number of few digits, for evidence and code. */
export function short(value: number): number {
  return Number(value.toPrecision(3));
}

/** "layer 1", "layers 0, 2" */
export function layerNames(layers: readonly string[]): string {
  const names = [...new Set(layers)].map((name) => name || "of the model's function");
  return `layer${names.length > 1 ? "s" : ""} ${names.join(", ")}`;
}

/** Layers that are to be this. */
export function inPlaceOf(layers: readonly string[], code: string): string {
  return `${code} // in place of ${layerNames(layers)}`;
}

/** The dense layers of these weights with another start, a line for each size. */
export function startWith(initializer: string, network: Network, weights: readonly Weight[] = weightsOf(network)): string[] {
  const lines = new Map<string, string[]>(), { calls, parameters } = network;
  for (const { layer, units } of weights) {
    const bias = parameters.some(({ name }) => name === `${layer}.bias`), dense = calls.some(({ path, type }) => path === layer && type === "dense");
    const code = dense ? `dense(${units}, { ${bias ? "" : "bias: false, "}initializer: "${initializer}" })` : `initializer: "${initializer}" // where its weight is declared`;
    lines.set(code, [...(lines.get(code) ?? []), layer]);
  }
  return [...lines].map(([code, layers]) => inPlaceOf(layers, code));
}

/** Weights whose products these activations are fed by. */
export function feeding(network: Network, activations: readonly Activation[]): Weight[] {
  const layers = activations.map(feeder);
  return weightsOf(network).filter(({ layer }) => layers.includes(layer));
}

/** Features for which numbers are written out; of more, one mean and deviation serve all. */
const WRITTEN = 16;

/** A column with mean 0 and deviation 1, as code; undefined if its numbers are of about 1 already. */
export function scaled(column: Column): string | undefined {
  if (!unscaled(column)) return undefined;
  const { data, dtype, label } = column, same = "// and so wherever the model is given rows", code = (each: string): string =>
    `${label}: Float32Array.from(${Array.isArray(data) ? `${label}.flat(9)` : label}, ${each}) ${same}`;
  if (dtype === "uint8") return code("(byte) => byte / 255");
  const width = sizeOf(column.shape), parts = width <= WRITTEN ? width : 1, means: number[] = [], deviations: number[] = [];
  for (let k = 0; k < parts; k++) {
    let sum = 0, squares = 0;
    const count = data.length / parts;
    for (let i = k; i < data.length; i += parts) sum += data[i]!;
    for (let i = k; i < data.length; i += parts) squares += (data[i]! - sum / count) * (data[i]! - sum / count);
    means.push(short(sum / count));
    deviations.push(short(Math.sqrt(squares / count)) || 1);
  }
  const pick = (list: readonly number[]): string => (list.length === 1 ? String(list[0]) : `[${list.join(", ")}][i % ${parts}]`);
  return code(`(value, i) => (value - ${pick(means)}) / ${pick(deviations)}`);
}
