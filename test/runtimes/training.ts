// What the training programs are made of: numbers that are the same everywhere (integers' bits: no Math.random, no Math.sin,
// which differ between engines), and a run that others may look into.

import type * as Lanewise from "../../src/index.ts";

export type Library = typeof Lanewise;
type Model = Lanewise.Model;

export interface Options {
  /** A checkpoint to go on from. */
  resume?: Uint8Array;
  /** Told of each step, with the run as it is then. */
  onStep?: (step: number, checkpoint: () => Promise<Uint8Array>) => void;
  /** Done with the model between steps or epochs; it may not change a bit. */
  between?: (model: Model, data: Lanewise.Data) => unknown;
}

/** What a program leaves: its parameters, of a model here or in a worker, and whatever else is to be the same everywhere. */
export interface Trained {
  readonly parameters: ReadonlyMap<string, Lanewise.Tensor> | Promise<ReadonlyMap<string, Lanewise.Tensor>>;
  dispose(): unknown;
}

/** A program trains a model; who calls it disposes what it gives. It awaits all that a model says, so that its models may be in
 * workers. */
export type TrainingRun = (library: Library, options?: Options) => Promise<Trained>;

/** Numbers in [−1, 1), of 16 bits each. */
export function numbers(count: number, salt: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (mix(i, salt) >>> 16) / 32768 - 1);
}

/** A whole number's bits, stirred (the finalizer of MurmurHash3). */
function mix(i: number, salt: number): number {
  let bits = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** Rows whose class is where their first number lies. */
export function classes(x: Float32Array, width: number, count: number): Int32Array {
  return Int32Array.from({ length: x.length / width }, (_, row) => Math.floor((x[row * width]! + 1) * (count / 2)));
}

/** Trains, and does between epochs what is to be done there. */
export async function run(
  model: Model, data: Lanewise.Data, fit: Lanewise.FitOptions, { resume, onStep, between }: Options,
): Promise<Lanewise.History<Lanewise.Report>> {
  const training = model.fit(data, {
    ...fit, ...(resume && { resume }), onStep: ({ step }) => onStep?.(step, () => training.checkpoint()),
  });
  if (between) for await (const _ of training) await between(model, data);
  return training;
}
