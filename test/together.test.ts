// Options of fit that meet in one step: micro-batches, averages, callbacks, penalties, the doctor, and checkpoints of all.

import { expect, test } from "vitest";
import {
  accuracy, adam, bestWeights, type Callback, createModel, crossEntropy, dense, doctor, type FitOptions, hash, l2, lbfgs, metric, mse, relu, sequential, sgd,
} from "../src/index.ts";
import * as ops from "../src/ops/index.ts";
import { classified, numbers } from "./helpers.ts";

const spots = classified(60), model = () => createModel(sequential(dense(8), relu(), dense(3)), { input: [6], seed: 3 });
/** Counts rows whose prediction is there. */
const told = metric("told", { all: ({ data }) => data.filter(Number.isFinite).length / 3 });

test("bestWeights keeps the average that was evaluated, and a checkpoint goes on from the weights", async () => {
  const options = { loss: crossEntropy(), optimizer: adam({ learningRate: 0.05 }), epochs: 4, ema: 0.9, validation: 0.25, batchSize: 10 } satisfies FitOptions;
  const kept = await model(), run = kept.fit(spots, { ...options, callbacks: [bestWeights()] }), { epochs } = await run;
  const plain = await model(), other = plain.fit(spots, options);
  await other;
  // the loss fell to the end, so the best is the last average
  expect(epochs.map(({ validation }) => validation.loss)).toEqual([...epochs.map(({ validation }) => validation.loss)].sort((a, b) => b - a));
  expect(hash(kept)).toBe(hash(plain));
  const [a, b] = [await model(), await model()];
  await a.fit(spots, { ...options, epochs: 6, callbacks: [bestWeights()], resume: await run.checkpoint() });
  await b.fit(spots, { ...options, epochs: 6, resume: await other.checkpoint() });
  expect(hash(a)).toBe(hash(b));
});

test("a run of micro-batches with ema, penalty, clipping and callbacks resumes bit for bit", async () => {
  const options = {
    loss: crossEntropy(), optimizer: adam({ learningRate: 0.05 }), epochs: 3, batchSize: 12, accumulate: 3, ema: 0.5, penalty: l2(0.01), clipValue: 0.1,
    metrics: [accuracy(), told], callbacks: [bestWeights({ monitor: "loss" })],
  } satisfies FitOptions;
  const whole = await model();
  const { epochs } = await whole.fit(spots, options);
  let taken: Uint8Array | undefined;
  const taker: Callback = { onStep: ({ step }, training) => void (step === 7 && (taken = training.checkpoint())) };
  await (await model()).fit(spots, { ...options, callbacks: [...options.callbacks, taker] });
  const second = await model(), history = await second.fit(spots, { ...options, resume: taken! });
  expect(hash(second)).toBe(hash(whole));
  expect(history.epochs.map(({ loss, accuracy: share, told: rows }) => [loss, share, rows])).toEqual(epochs.map(({ loss, accuracy: share, told: rows }) => [loss, share, rows]));
});

test("a step of micro-batches that is left out leaves all of them out, and the next is whole", async () => {
  const x = numbers(40), y = numbers(20, 2), options = { loss: mse(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 4, shuffle: false, epochs: 1 } satisfies FitOptions;
  const make = () => createModel(({ v }) => dense(1)(ops.log(ops.add(v!, 2))), { input: { v: [2] }, seed: 1 });
  const bad = x.slice();
  bad[11] = -3; // row 5, in the second step
  const [some, rest] = [await make(), await make()];
  const { epochs: [report] } = await some.fit({ x: { v: bad }, y }, { ...options, accumulate: 2, doctor: doctor(), onNonFinite: "skip", metrics: [metric("rows", { all: ({ shape }) => shape[0]! })] });
  const without = (list: Float32Array, width: number): Float32Array => Float32Array.from([...list.slice(0, 4 * width), ...list.slice(8 * width)]);
  await rest.fit({ x: { v: without(x, 2) }, y: without(y, 1) }, { ...options, accumulate: 2 });
  expect(hash(some)).toBe(hash(rest));
  expect(report!.rows).toBe(20);
  expect(Number.isFinite(report!.loss)).toBe(true);
  expect(report!.findings.map(({ code }) => code)).toContain("non-finite");
});

test("a checkpoint amid an epoch with a step left out goes on", async () => {
  const x = numbers(40), y = numbers(20, 2);
  x[5] = -3;
  const make = () => createModel(({ v }) => dense(1)(ops.log(ops.add(v!, 2))), { input: { v: [2] }, seed: 1 });
  let taken: Uint8Array | undefined;
  const options = (): FitOptions => ({ loss: mse(), optimizer: sgd({ learningRate: 0.1 }), batchSize: 4, epochs: 2, doctor: doctor(), onNonFinite: "skip", metrics: [told] });
  const whole = await make(), second = await make();
  await whole.fit({ x: { v: x }, y }, { ...options(), callbacks: [{ onStep: ({ epoch }, training) => void (epoch === 1 && (taken = training.checkpoint())) }] });
  await second.fit({ x: { v: x }, y }, { ...options(), callbacks: [{}], resume: taken! });
  expect(hash(second)).toBe(hash(whole));
});

test("the doctor looks at what there is of micro-batches and of lbfgs", async () => {
  for (const more of [{ accumulate: 3, batchSize: 12 }, { optimizer: lbfgs() }]) {
    const [watched, plain] = [await model(), await model()];
    const { epochs } = await watched.fit(spots, { loss: crossEntropy(), epochs: 5, doctor: doctor(), ...more });
    await plain.fit(spots, { loss: crossEntropy(), epochs: 5, ...more });
    expect(hash(watched)).toBe(hash(plain));
    expect(epochs.flatMap(({ findings }) => findings).filter(({ severity }) => severity !== "info")).toEqual([]);
  }
});

test("micro-batches refuse a penalty beside a sum, which each would add", async () => {
  const line = await createModel(dense(1), { input: [1] }), data = { x: [[0], [1]], y: [0, 1] };
  await expect(line.fit(data, { loss: mse({ reduction: "sum" }), accumulate: 2, penalty: l2(0.1) })).rejects.toMatchObject({ details: { option: "accumulate" } });
});

test("bestWeights brings the best back where the last update went beyond float32", async () => {
  const line = await createModel(dense(1), { input: [1], seed: 1 }), data = { x: [[1e3], [2e3]], y: [1e5, -1e5] };
  const options = { loss: mse(), optimizer: sgd({ learningRate: 1e-8 }), epochs: 3 } satisfies FitOptions;
  const run = line.fit(data, { ...options, schedule: (step) => (step < 2 ? 1e-8 : 3e38), callbacks: [bestWeights({ monitor: "loss" })] });
  await expect(run).rejects.toMatchObject({ code: "non-finite" });
  const other = await createModel(dense(1), { input: [1], seed: 1 });
  await other.fit(data, { ...options, epochs: 2 });
  expect(hash(line)).toBe(hash(other));
  await expect(async () => run.checkpoint()).rejects.toMatchObject({ code: "non-finite" });
});
