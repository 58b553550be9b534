// Training runs whose bits are the same everywhere. runtimes.test.ts runs them from the packed package in each engine,
// determinism.test.ts from src/; hashes.json holds what they all come to. Their data are integers' bits: no Math.random,
// no Math.sin, which differ between engines.

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

/** A program trains a model; who calls it disposes the model. */
export type TrainingRun = (library: Library, options?: Options) => Promise<Model>;

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
function classes(x: Float32Array, width: number, count: number): Int32Array {
  return Int32Array.from({ length: x.length / width }, (_, row) => Math.floor((x[row * width]! + 1) * (count / 2)));
}

/** 10 epochs of 10 steps: dropout, shuffling, a held-out share, a falling rate, and a last batch of 3 rows. */
const mlp: TrainingRun = async ({ createModel, sequential, dense, relu, dropout, tanh, crossEntropy, adam, cosine }, options = {}) => {
  const layers = sequential(dense(32), relu(), dropout(0.2), dense(16), tanh(), dense(5));
  const model = await createModel(layers, { input: [20], seed: 20 });
  const x = numbers(184 * 20, 1), y = classes(x, 20, 5);
  await run(model, { x, y }, {
    loss: crossEntropy(), optimizer: adam({ learningRate: 0.01, weightDecay: 1e-3 }), schedule: cosine(), batchSize: 16, epochs: 10,
    validation: 0.2, metrics: ["accuracy"],
  }, options);
  return model;
};

/** 100 steps by hand. */
const xor: TrainingRun = async ({ createModel, sequential, dense, tanh, binaryCrossEntropy, sgd }, { between } = {}) => {
  const model = await createModel(sequential(dense(8), tanh(), dense(1)), { input: [2], seed: 8 });
  const data = { x: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), y: Float32Array.of(0, 1, 1, 0) };
  const trainer = model.trainer({ loss: binaryCrossEntropy(), optimizer: sgd({ learningRate: 0.3, momentum: 0.9 }), batchSize: 4 });
  while (trainer.steps < 100) {
    trainer.step(data);
    await between?.(model, data);
  }
  trainer.dispose();
  return model;
};

/** 40 steps of a function of two inputs with two outputs, weighted rows and losses, groups and clipping. */
const pair: TrainingRun = async ({ createModel, sequential, dense, sigmoid, leakyRelu, binaryCrossEntropy, mse, adamW, warmup, cosine, ops }, options = {}) => {
  const tower = sequential(dense(12), leakyRelu(), dense(6)), head = dense(1, { name: "head" }), rating = sequential(dense(9), sigmoid(), dense(1));
  const model = await createModel(({ user, item }) => {
    const both = ops.concat([tower(user), ops.multiply(tower(item), 0.5)], 1);
    return { match: head(both), rating: rating(both) };
  }, { input: { user: [7], item: [7] }, seed: 77 });
  const rows = 58, user = numbers(7 * rows, 2), item = numbers(7 * rows, 3);
  const match = Float32Array.from({ length: rows }, (_, i) => (user[7 * i]! > item[7 * i]! ? 1 : 0));
  const stars = Float32Array.from({ length: rows }, (_, i) => user[7 * i]! * item[7 * i + 1]!);
  const weight = Float32Array.from({ length: rows }, (_, i) => 1 + (i % 3));
  await run(model, { x: { user, item }, y: { match, rating: stars }, weight }, {
    loss: { match: binaryCrossEntropy(), rating: mse() }, lossWeights: { rating: 0.25 }, clipNorm: 0.5, batchSize: 15, epochs: 10,
    optimizer: adamW({ learningRate: 0.02, groups: [{ match: ({ shape }) => shape.length < 2, weightDecay: 0 }] }),
    schedule: warmup(cosine(), { steps: 10 }),
  }, options);
  return model;
};

/** 21 steps of layers that are wider than the core's blocks, and a last batch of one row. */
const wide: TrainingRun = async ({ createModel, sequential, dense, relu, crossEntropy, adam }, options = {}) => {
  const model = await createModel(sequential(dense(130), relu(), dense(10)), { input: [600], seed: 600 });
  const x = numbers(75 * 600, 4), y = classes(x, 600, 10);
  await run(model, { x, y }, { loss: crossEntropy(), optimizer: adam(), batchSize: 37, epochs: 7 }, options);
  return model;
};

async function run(model: Model, data: Lanewise.Data, fit: Lanewise.FitOptions, { resume, onStep, between }: Options): Promise<void> {
  const training = model.fit(data, {
    ...fit, ...(resume && { resume }), onStep: ({ step }) => onStep?.(step, () => training.checkpoint()),
  });
  if (!between) return void (await training);
  for await (const _ of training) await between(model, data);
}

export const programs: Readonly<Record<string, TrainingRun>> = { mlp, xor, pair, wide };

/** Runs them all; their hashes. */
export async function hashes(library: Library): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const [name, program] of Object.entries(programs)) {
    const model = await program(library);
    all[name] = library.hash(model);
    model.dispose();
  }
  return all;
}
