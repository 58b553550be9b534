// Which rows a run trains on, and which it holds out.

import { SPLIT } from "../ops/random.ts";
import { sizeOf } from "../shape.ts";
import type { DataSet } from "./dataset.ts";
import { type Objective, targetName } from "./objective.ts";

/** Row numbers in the order of their use: `rows` to train on, then those held out, as the seed shuffles them. */
export function split(objective: Objective, data: DataSet, rows: number, seed: { low: number; high: number }): Uint32Array {
  const all = data.layout.rows, held = all - rows;
  if (held) data.shuffle(all, seed, 0, SPLIT);
  const order = Uint32Array.from({ length: all }, (_, at) => data.id(at)), classOf = held && labels(objective, data);
  return classOf ? stratify(order, held, classOf) : order;
}

/** The same row numbers, those held out last: at equal distances in the list of one class after the other, each class gives its share. */
export function stratify(order: Uint32Array, held: number, classOf: (id: number) => number): Uint32Array {
  const sorted = [...order].sort((a, b) => classOf(a) - classOf(b));
  const out = new Set(Array.from({ length: held }, (_, i) => sorted[Math.floor(((i + 0.5) * order.length) / held)]!));
  return Uint32Array.from([...order.filter((id) => !out.has(id)), ...out]);
}

/** The class of each row, where there is one output that tells classes and every row has one. */
function labels(objective: Objective, { layout }: DataSet): ((id: number) => number) | undefined {
  const part = objective.find(({ reading }) => reading !== undefined);
  if (!part) return undefined;
  const { dtype, shape, data: numbers } = layout.columns.find(({ name }) => name === targetName(part.output))!, width = sizeOf(shape);
  const several = part.reading === "logits" || part.reading === "probabilities";
  if (width === 1) {
    // 0 and 1, or −1 and 1, but no probabilities between them
    const classes = dtype === "int32" || !several && Array.prototype.every.call(numbers, (n: number) => n === 0 || n * n === 1);
    return classes ? (id) => numbers[id]! : undefined;
  }
  if (dtype === "int32" || !several) return undefined;
  return (id) => {
    let best = 0;
    for (let i = 1; i < width; i++) if (numbers[id * width + i]! > numbers[id * width + best]!) best = i;
    return best;
  };
}
