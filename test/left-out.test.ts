// What a stranger broke: hangs, and runs whose first steps or last ones were left out.

import { expect, test } from "vitest";
import {
  bestWeights, binaryCrossEntropy, cosineWarmRestarts, createModel, dense, doctor, layer, lbfgs, mse, multiStepDecay, oneCycle, rocAuc, sequential, sgd, truncatedNormal, warmup,
} from "../src/index.ts";
import * as ops from "../src/ops/index.ts";
import { numbers } from "./helpers.ts";

const x = numbers(128), y = Float32Array.from({ length: 64 }, (_, i) => x[2 * i]! - x[2 * i + 1]! + 1);

const line = (initializer: (() => number[]) | "zeros", inputs = 1) => createModel(dense(1, { initializer }), { input: [inputs] });

test("truncatedNormal ends where float32 has no number within two deviations of the mean", async () => {
  for (const [mean, deviation] of [[0.1, 0], [100.00001, 1e-6], [-3.3, 1e-9], [1e-45, 0]] as const) {
    const model = await createModel(dense(3, { initializer: truncatedNormal({ mean, deviation }) }), { input: [2] });
    for (const x of model.parameters.get("weight")!.data) expect(Math.abs(x - mean)).toBeLessThanOrEqual(2 * deviation + 3e-7 * Math.abs(mean) + 1e-44);
  }
});

test("rocAuc leaves out outputs that are NaN: of a model that overflows, and of steps that are left out", async () => {
  const model = await createModel(
    sequential(dense(2, { initializer: () => [3e38, -3e38], bias: false }), dense(1, { initializer: () => [1, 1], bias: false })), { input: [1] });
  expect(await model.evaluate({ x: [[1], [2], [-1]], y: [1, 0, 0] }, { loss: binaryCrossEntropy(), metrics: [rocAuc()] })).toMatchObject({ rocAuc: 0.5 });
  const skipping = await line("zeros");
  const { epochs } = await skipping.fit({ x: [[1], [2], [3e38], [-1]], y: [1, 0, 0, 1] }, {
    loss: mse(), batchSize: 2, shuffle: false, metrics: [rocAuc()], doctor: doctor(), onNonFinite: "skip",
  });
  expect(epochs[0]!.rocAuc).toBe(0.5); // of the first two rows, whose outputs are 0
});

test("a warmup that is longer than the run still has an inner schedule to rise to", async () => {
  const info = { steps: 4, epochs: 2, base: 1 };
  expect(warmup(cosineWarmRestarts({ epochs: 1, multiplier: 2 }), { epochs: 5, startFactor: 0 })(1, info)).toBeCloseTo(0.1, 12);
  expect(warmup(oneCycle({ epochs: 5 }), { epochs: 5, startFactor: 0 })(1, info)).toBeCloseTo(0.04 * 0.1, 12);
});

test("a milestone after a warmup comes at the step of its epoch", () => {
  for (let batches = 1; batches <= 20; batches++) {
    const rate = warmup(multiStepDecay({ epochs: [1], factor: 0.5 }), { epochs: 5 }), info = { steps: 12 * batches, epochs: 12, base: 1 };
    expect([6 * batches - 1, 6 * batches].map((step) => rate(step, info))).toEqual([1, 0.5]);
  }
});

test("with ema, a run whose steps are all left out keeps the weights, and validation sees them", async () => {
  const model = await line(() => [0.5]);
  const { epochs } = await model.fit({ x: [[3e38], [1]], y: [1, 1] }, {
    loss: mse(), batchSize: 2, ema: 0.9, validation: { x: [[1]], y: [1] }, doctor: doctor(), onNonFinite: "skip", callbacks: [bestWeights()],
  });
  expect(epochs[0]!.validation!.loss).toBe(0.25);
  expect([...model.parameters.get("weight")!.data]).toEqual([0.5]);
});

test("a rollback takes the moving average back too", async () => {
  const model = await line(() => [0.5, 0.5], 2);
  const x = Array.from({ length: 64 }, (_, i) => [2 * Math.sin(3 * i), 2 * Math.sin(3 * i + 7)]), y = x.map(([a, b]) => [2 * a! - b!]);
  await model.fit({ x, y }, {
    loss: mse(), optimizer: sgd({ learningRate: 0.05 }), schedule: (step) => (step >= 250 && step < 330 ? 30 : 0.05),
    batchSize: 8, epochs: 60, ema: 0.99, doctor: doctor(), onNonFinite: "rollback",
  });
  const [a, b] = model.parameters.get("weight")!.data;
  expect(Math.abs(a! - 2) + Math.abs(b! + 1)).toBeLessThan(0.5);
});

test("an epoch whose steps were all left out has no loss: it is no best one", async () => {
  const model = await createModel(dense(1), { input: [2], seed: 3 });
  const { epochs } = await model.fit({ x, y }, {
    loss: mse(), optimizer: sgd({ learningRate: 3 }), epochs: 300, batchSize: 64, doctor: doctor(), onNonFinite: "rollback", callbacks: [bestWeights({ monitor: "loss" })],
  });
  expect(epochs.filter(({ loss }) => Number.isNaN(loss)).length).toBeGreaterThan(0);
  expect(epochs.filter(({ loss }) => loss === 0)).toEqual([]);
  expect((await model.evaluate({ x, y })).loss).toBeLessThan(1e-6);
});

test("the same for a loss that is a sum, and for a metric", async () => {
  const model = await createModel(sequential(dense(1, { initializer: "zeros" }), layer("root", (v) => ops.sqrt(v))), { input: [2] });
  const { epochs: [only] } = await model.fit({ x, y }, { loss: mse({ reduction: "sum" }), optimizer: sgd(), doctor: doctor(), onNonFinite: "skip", metrics: ["mae"] });
  expect([only!.loss, only!.mae]).toEqual([NaN, NaN]);
});

test("the fix of a step that was left out is one that lbfgs takes", async () => {
  const model = await createModel(sequential(dense(1), layer("root", (v) => ops.sqrt(v))), { input: [2], seed: 1 });
  const { epochs } = await model.fit({ x, y }, { loss: mse(), optimizer: lbfgs(), epochs: 2, doctor: doctor(), onNonFinite: "skip" });
  expect(epochs[0]!.findings[0]!.fix).not.toContain("clipNorm");
});

test("truncatedNormal goes as far as two deviations", async () => {
  const model = await createModel(dense(100, { initializer: truncatedNormal() }), { input: [100] });
  const most = model.parameters.get("weight")!.data.reduce((a, w) => Math.max(a, Math.abs(w)), 0);
  expect(most).toBeLessThanOrEqual(2);
  expect(most).toBeGreaterThan(1.99);
});
