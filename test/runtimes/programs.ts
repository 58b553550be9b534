// Training runs whose bits are the same everywhere. runtimes.test.ts and npm run conformance run them from the packed package
// in each engine, determinism.test.ts from src/; hashes.json holds what they all come to.

import { catalogue } from "./catalogue.ts";
import { classes, type Library, numbers, run, type TrainingRun } from "./training.ts";

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

/** 100 steps: by hand, or, in a worker, where there is no trainer, of a fit whose epochs are one step each. */
const xor: TrainingRun = async ({ createModel, sequential, dense, tanh, binaryCrossEntropy, sgd }, options = {}) => {
  const model = await createModel(sequential(dense(8), tanh(), dense(1)), { input: [2], seed: 8 });
  const data = { x: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), y: Float32Array.of(0, 1, 1, 0) };
  const means = { loss: binaryCrossEntropy(), optimizer: sgd({ learningRate: 0.3, momentum: 0.9 }), batchSize: 4 };
  if (!("trainer" in model)) {
    await run(model, data, { ...means, shuffle: false, epochs: 100 }, options);
    return model;
  }
  const trainer = model.trainer(means);
  while (trainer.steps < 100) {
    trainer.step(data);
    await options.between?.(model, data);
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

/** 6 steps that are large enough for threads to share them (src/passes/alone.ts). */
const broad: TrainingRun = async ({ createModel, sequential, dense, relu, dropout, crossEntropy, adamW }, options = {}) => {
  const model = await createModel(sequential(dense(520), relu(), dropout(0.1), dense(260), relu(), dense(10)), { input: [700], seed: 520 });
  const x = numbers(150 * 700, 5), y = classes(x, 700, 10);
  await run(model, { x, y }, { loss: crossEntropy(), optimizer: adamW({ learningRate: 0.003 }), clipNorm: 1, batchSize: 68, epochs: 2, validation: 0.1, metrics: ["accuracy"] }, options);
  return model;
};

export const programs: Readonly<Record<string, TrainingRun>> = { mlp, xor, pair, wide, broad, catalogue };

/** Where a model's programs run, as createModel takes it. */
export interface Site {
  readonly where: "here" | "worker";
  readonly threads: number;
}

/** What the programs came to at a site, and what the models said of themselves there: one text if all said the same. */
export interface Outcome {
  hashes: Record<string, string>;
  sites: string[];
}

/** Trains programs with models at a site. */
export async function train(library: Library, site: Site, names: readonly string[] = Object.keys(programs)): Promise<Outcome> {
  const hashes: Record<string, string> = {}, sites = new Set<string>();
  const createModel = async (model: any, options: any): Promise<any> => {
    const made = await library.createModel(model, { ...options, ...site }), { where, threads, why } = await made.info();
    sites.add(`${where}, ${threads}: ${why}`);
    return made;
  };
  for (const name of names) {
    const trained = await programs[name]!({ ...library, createModel: createModel as Library["createModel"] });
    hashes[name] = library.hash({ parameters: await trained.parameters });
    await trained.dispose();
  }
  return { hashes, sites: [...sites] };
}
