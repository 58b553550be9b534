// What a model says of each held-out row, and how far it is off.

import { hash, type Model, type Table, type Tensor } from "../../index.ts";
import type { Arrays } from "../../advice/data.ts";
import { numbersOf, type Ready } from "../../advice/prepare.ts";
import { logarithm } from "../../math.ts";
import { pacer } from "../../yield.ts";
import type { Run } from "./run.ts";

/** The held-out rows as they came: the page's data are in memory, in one part. */
export const heldOutOf = ({ raw }: Ready): Table | Arrays => raw[0]!;

export interface Outcomes {
  /** Of classes; undefined for numbers. */
  readonly names: readonly string[] | undefined;
  /** Class numbers, or numbers in the target's units. */
  readonly right: ArrayLike<number>;
  readonly said: ArrayLike<number>;
  /** Of each class, [rows, classes]. */
  readonly chances: Float32Array;
  /** −log of the right class's probability; of numbers the distance. */
  readonly loss: Float64Array;
}

/** Rows that are predicted between two turns of the event loop, so that other calls are answered. */
const BLOCK = 1024;
/** In milliseconds, likewise. */
const TURN = 25;

/** By model, with the hash of the parameters that it was made with. */
const known = new WeakMap<Model, { readonly hash: string; readonly outcomes: Promise<Outcomes> }>();

export function outcomesOf({ model, ready }: Run): Promise<Outcomes> {
  const now = hash(model), before = known.get(model);
  if (before?.hash === now) return before.outcomes;
  const { x, y } = ready.heldOut as { readonly x: Tensor; readonly y: unknown }, outcomes = outcomesIn(model, ready.classes, x, numbersOf(y));
  known.set(model, { hash: now, outcomes });
  outcomes.catch(() => known.delete(model));
  return outcomes;
}

/** Rows of numbers as the model takes them, with their answers. */
async function outcomesIn(model: Model, names: readonly string[] | undefined, { data, shape }: Tensor, y: ArrayLike<number>): Promise<Outcomes> {
  const rows = shape[0]!, width = data.length / rows, count = names?.length ?? 0, pause = pacer(TURN);
  const said = new Float64Array(rows), chances = new Float32Array(rows * count), loss = new Float64Array(rows), right = names ? y : inUnits(model, y);
  for (let from = 0; from < rows; from += BLOCK) {
    const end = Math.min(rows, from + BLOCK), block = { data: data.subarray(from * width, end * width), shape: [end - from, ...shape.slice(1)] } as Tensor;
    if (names) model.classify(block).forEach((told, i) => {
      const row = from + i;
      said[row] = told[0]!.index;
      for (const { index, probability } of told) chances[row * count + index] = probability;
      loss[row] = -logarithm(Math.max(1e-15, chances[row * count + right[row]!]!));
    });
    else inUnits(model, model.predict(block).data as Float32Array).forEach((value, i) => {
      said[from + i] = value;
      loss[from + i] = Math.abs(value - right[from + i]!);
    });
    await pause();
  }
  return { names, right, said, chances, loss };
}

/** A regression's numbers as the target has them. */
export function inUnits({ preprocessing }: Model, numbers: ArrayLike<number>): Float32Array {
  return preprocessing ? (preprocessing.words(numbers) as Float32Array) : Float32Array.from(numbers);
}
