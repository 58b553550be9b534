// From a design to a model and its training.

import { type Data, earlyStopping, type Model, r2, sequential } from "../../index.ts";
import { balancedWeights } from "../../advice/choose.ts";
import { modelFrom, numbersOf, type Ready, weighted } from "../../advice/prepare.ts";
import type { Design, Estimate } from "./api.ts";
import { layerOf, lossOf, optimizerOf, scheduleOf } from "./parts.ts";

/** An untrained model of a design. */
export const modelOf = (ready: Ready, { layers, seed }: Design): Promise<Model> => modelFrom(ready, sequential(...layers.map(layerOf)), { seed });

/** The rows to train on, each with what it counts. */
export const trainingOf = (ready: Ready, design: Design): Data => rowsOf(ready.training, ready, design);

function rowsOf(data: Data, ready: Ready, { balanced }: Design): Data {
  return balanced ? weighted(data, { classWeights: balancedWeights(ready.facts) }) : data;
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

/** For so many milliseconds steps are timed, within so many epochs. */
const TIMED = 250, MANY = 100_000;

/** What it will take: memory from the plan, time from some steps of a model that is thrown away. */
export async function estimate(ready: Ready, design: Design): Promise<Estimate> {
  const model = await modelOf(ready, design), data = trainingOf(ready, design), { loss, optimizer, batchSize } = fitOptionsOf(ready, design), given = { loss, optimizer, batchSize };
  try {
    const { total } = model.memory({ ...given, data } as never);
    const stepsPerEpoch = Math.ceil(ready.facts.rows / batchSize), times: number[] = [];
    await model.fit(data as never, { ...given, epochs: MANY, budget: { milliseconds: TIMED }, onStep: () => void times.push(performance.now()) } as never);
    // a pass forward, as for the rows that are held out, takes a third of a step; the first step compiles
    const steps = stepsPerEpoch + numbersOf(ready.heldOut.y).length / batchSize / 3, [from = 0] = times, each = (times.at(-1)! - from) / Math.max(1, times.length - 1);
    return { bytes: total, stepsPerEpoch, secondsPerEpoch: (steps * each) / 1000 };
  } finally {
    model.dispose();
  }
}
