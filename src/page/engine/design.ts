// From a design to a model and its training.

import { createModel, type Data, earlyStopping, type Model, type ModelOptions, ops, r2, sequential } from "../../index.ts";
import { type Ready, weighted } from "../../cli/prepare.ts";
import type { Design, Estimate } from "./api.ts";
import { layerOf, lossOf, optimizerOf, scheduleOf } from "./parts.ts";

/** An untrained model of a design. */
export async function modelOf({ input, classes, preprocessing, factor }: Ready, { layers, seed }: Design): Promise<Model> {
  const network = sequential(...layers.map(layerOf));
  const options = { input: input as readonly number[], seed, ...(classes && { classes }), ...(preprocessing && { preprocessing }) } as ModelOptions<readonly number[], "here">;
  return factor === 1 ? createModel(network, options) : createModel((x) => network(ops.multiply(x as never, factor)), options);
}

/** The rows to train on, each with what it counts. */
export const trainingOf = (ready: Ready, design: Design): Data => rowsOf(ready.training, ready, design);

function rowsOf(data: Data, ready: Ready, { balanced }: Design): Data {
  return balanced ? weighted(data, { classWeights: balancedOf(ready) } as never) : data;
}

function balancedOf({ facts: { classes = [], rows } }: Ready): number[] {
  return classes.map((one) => rows / (classes.length * Math.max(1, one.rows)));
}

/** Options of fit, but for what looks on and what keeps: the same bits wherever they are taken. */
export function fitOptionsOf(ready: Ready, design: Design) {
  const schedule = scheduleOf(design.schedule), { batchSize, epochs, seed, patience } = design;
  return {
    loss: lossOf(design.loss), optimizer: optimizerOf(design.optimizer), ...(schedule && { schedule }), batchSize, epochs, seed,
    validation: rowsOf(ready.heldOut, ready, design), metrics: ready.classes ? ["accuracy" as const] : [r2()],
    callbacks: patience ? [earlyStopping({ patience })] : [],
  };
}

/** What it will take, before it is trained: sizes from the plan, time from a few steps. */
export async function estimate(ready: Ready, design: Design): Promise<Estimate> {
  const model = await modelOf(ready, design), data = trainingOf(ready, design), loss = lossOf(design.loss), optimizer = optimizerOf(design.optimizer);
  try {
    const { batchSize } = design, { total } = model.memory({ loss, optimizer, batchSize, data } as never) as unknown as { total: number };
    const parameters = [...model.parameters.values()].reduce((sum, tensor) => sum + (tensor as { data: { length: number } }).data.length, 0);
    const stepsPerEpoch = Math.ceil(ready.facts.rows / batchSize), started = performance.now();
    await model.fit(data as never, { loss, optimizer, batchSize, budget: { seconds: 0.1 } } as never);
    return { layers: [], parameters, bytes: total, stepsPerEpoch, secondsPerEpoch: (performance.now() - started) / 1000 };
  } finally {
    model.dispose();
  }
}
