// What 10,000 steps leave behind: run by step.test.ts in a process of its own, with --expose-gc.

import { adam, binaryCrossEntropy, createModel, crossEntropy, dense, dropout, relu, sequential, tanh } from "../src/index.ts";
import { numbers } from "./runtimes/training.ts";

/** Bytes that were added between the first and the last look. */
export interface Growth {
  what: string;
  steps: number;
  memory: number;
  heap: number;
}

const STEPS = 10_000;
/** Steps before the first look: engines compile their functions in them. */
const WARM = 3000;

declare const process: { memoryUsage(): { heapUsed: number; external: number } };
declare const gc: () => void;

function heap(): number {
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

interface Look {
  memory: number;
  heap: number;
  steps: number;
}

function look(model: { info(): { memory: number } }, steps: number): Look {
  return { memory: model.info().memory, heap: heap(), steps };
}

function growth(what: string, before: Look, after: Look): Growth {
  return { what, steps: after.steps - before.steps, memory: after.memory - before.memory, heap: after.heap - before.heap };
}

async function trainer(what: string, data: { x: Float32Array | number[][]; y: Float32Array | number[] }): Promise<Growth> {
  const model = await createModel(sequential(dense(8), tanh(), dense(1)), { input: [2] });
  const loop = model.trainer({ loss: binaryCrossEntropy(), optimizer: adam(), batchSize: 4 });
  const run = (to: number): Look => {
    while (loop.steps < to) loop.step(data);
    return look(model, loop.steps);
  };
  const result = growth(what, run(WARM), run(WARM + STEPS));
  model.dispose();
  return result;
}

async function fit(): Promise<Growth> {
  const model = await createModel(sequential(dense(16), relu(), dropout(0.2), dense(3)), { input: [10] });
  const rows = 1000, x = numbers(10 * rows, 1), y = Int32Array.from({ length: rows }, (_, i) => i % 3);
  let before: Look | undefined, after: Look | undefined;
  await model.fit({ x, y }, {
    loss: crossEntropy(), optimizer: adam(), batchSize: 15, epochs: Math.ceil((WARM + STEPS) / 67) + 1,
    onStep({ step }) {
      if (step === WARM) before = look(model, step);
      if (step === WARM + STEPS) after = look(model, step);
    },
  });
  return growth("fit", before!, after!);
}

const plain = [[0, 0], [0, 1], [1, 0], [1, 1]], answers = [0, 1, 1, 0];
console.log(JSON.stringify([
  await trainer("trainer", { x: Float32Array.from(plain.flat()), y: Float32Array.from(answers) }),
  await trainer("trainer of plain arrays", { x: plain, y: answers }),
  await fit(),
]));
