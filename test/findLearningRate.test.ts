// The range test: what it finds, and that nothing is left of it.

import { expect, describe, test } from "vitest";
import {
  adam, createModel, crossEntropy, dense, findLearningRate, hash, l2, LanewiseError, mse, NonFiniteError, relu, sequential, sgd, StateError, type Optimizer,
} from "../src/index.ts";
// @ts-expect-error: an example, in plain JavaScript
import { digits } from "../examples/digits/data.js";
import { classified, classifier, numbers, parametersOf } from "./helpers.ts";

const data = classified(100), loss = crossEntropy();

describe("on the digits, the suggestion is within a factor of 3 of the best rate of a grid, with", () => {
  const { train, test: rest } = digits({ train: 4000, seed: 1 }) as Record<"train" | "test", { x: Float32Array; y: Int32Array }>;
  const validation = { x: rest.x.subarray(0, 784_000), y: rest.y.subarray(0, 1000) };
  const net = () => createModel(sequential(dense(64), relu(), dense(10)), { input: [784], seed: 1 });

  test.each([
    ["sgd", (learningRate: number) => sgd({ learningRate }), [0.003, 0.01, 0.03, 0.1, 0.3, 1]],
    ["momentum", (learningRate: number) => sgd({ learningRate, momentum: 0.9 }), [0.003, 0.01, 0.03, 0.1, 0.3, 1]],
    ["adam", (learningRate: number) => adam({ learningRate }), [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2]],
  ] as [string, (rate: number) => Optimizer, number[]][])("%s", async (name, optimizer, grid) => {
    const tried: { rate: number; loss: number }[] = [];
    for (const rate of grid) {
      using model = await net();
      const history = await model.fit(train, { loss, optimizer: optimizer(rate), batchSize: 64, epochs: 2, validation });
      tried.push({ rate, loss: history.epochs.at(-1)!.validation.loss });
    }
    const best = tried.reduce((a, b) => (b.loss < a.loss ? b : a)).rate;
    using model = await net();
    const before = hash(model), found = await findLearningRate(model, train, { loss, optimizer: optimizer(1e-3), batchSize: 64 });
    console.info(`${name}: suggestion ${found.suggestion.toPrecision(3)} (steepest ${found.steepest.toPrecision(3)}, minimum / 10 ${found.minimum.toPrecision(3)}), ` +
      `best of the grid ${best}: ${tried.map(({ rate, loss: l }) => `${rate} ${l.toFixed(3)}`).join(", ")}`);
    expect(found.suggestion / best).toBeGreaterThan(1 / 3);
    expect(found.suggestion / best).toBeLessThan(3);
    expect(hash(model)).toBe(before);
  });
});

test("the curve has the losses of a fit whose rate rises so, with the same batches and the same dropout", async () => {
  const model = await classifier(), other = await classifier(), losses: number[] = [];
  const weight = Float32Array.from({ length: 100 }, (_, i) => 1 + (i % 3));
  const { rates, losses: swept } = await findLearningRate(model, { ...data, weight }, { loss, optimizer: sgd(), steps: 14, minimum: 1e-3, maximum: 0.5, batchSize: 16, seed: 7, clipNorm: 1, penalty: l2(0.01) });
  await other.fit({ ...data, weight }, { loss, optimizer: sgd(), schedule: (step) => rates[step]!, epochs: 2, batchSize: 16, seed: 7, clipNorm: 1, penalty: l2(0.01), onStep: (step) => void losses.push(step.loss) });
  expect(swept).toHaveLength(14);
  expect(swept).toEqual(losses);
  expect([rates[0], rates[13]]).toEqual([1e-3, 0.5]);
  for (let i = 1; i < 14; i++) expect(rates[i]! / rates[i - 1]!).toBeCloseTo(500 ** (1 / 13), 10);
});

test("smoothed is an exponential mean without bias, and the suggestions are read off it", async () => {
  const found = await findLearningRate(await classifier(), data, { loss, optimizer: sgd(), smoothing: 0.7 });
  let mean = 0;
  found.losses.forEach((value, i) => {
    mean = 0.7 * mean + 0.3 * value;
    expect(found.smoothed[i]).toBeCloseTo(mean / (1 - 0.7 ** (i + 1)), 10);
  });
  const low = found.smoothed.indexOf(Math.min(...found.smoothed)), slope = (i: number): number => found.smoothed[i + 1]! - found.smoothed[i - 1]!;
  const steep = found.rates.indexOf(found.steepest);
  expect(found.minimum).toBe(found.rates[low]! / 10);
  for (let i = 1; i < low; i++) expect(slope(steep)).toBeLessThanOrEqual(slope(i));
  expect(found.suggestion).toBeCloseTo(Math.sqrt(found.steepest * found.minimum), 12);
});

test("it ends where the loss diverges", async () => {
  const { rates, smoothed } = await findLearningRate(await classifier(), data, { loss, optimizer: sgd(), maximum: 1e4 });
  expect(rates.length).toBeLessThan(100);
  expect(smoothed.at(-1)!).toBeGreaterThan(4 * Math.min(...smoothed));
});

describe("the model is as it was", () => {
  const fitted = async () => {
    const model = await classifier(), validation = classified(30, 6, 3, 5);
    const training = model.fit(data, { loss, metrics: ["accuracy"], epochs: 2, validation });
    await training;
    return { model, training, validation };
  };
  const bad = { x: Object.assign(data.x.slice(), { 599: NaN }), y: data.y };
  const sweeps: [string, (model: any) => Promise<unknown>, object | undefined][] = [
    ["a sweep", (model) => findLearningRate(model, data, { loss }), undefined],
    ["one with another loss", (model) => findLearningRate(model, { x: data.x, y: numbers(300) }, { loss: mse(), steps: 5 }), undefined],
    ["one that diverges", (model) => findLearningRate(model, data, { loss, optimizer: sgd(), maximum: 1e30, steps: 40 }), undefined],
    ["one that is cancelled", (model) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new RangeError("enough")), 15);
      return findLearningRate(model, data, { loss, steps: 1e6, minimum: 1e-6, maximum: 2e-6, signal: controller.signal });
    }, { name: "RangeError" }],
    ["one that was cancelled before", (model) => findLearningRate(model, data, { loss, signal: AbortSignal.abort(new RangeError("no")) }), { name: "RangeError" }],
    ["NaN in the data", (model) => findLearningRate(model, bad, { loss }), { code: "not-finite" }],
    ["a penalty that throws", (model) => findLearningRate(model, data, { loss, penalty: { penalty: "own", options: {}, cost: () => { throw new RangeError("no"); } } }), { name: "RangeError" }],
    ["an option that is wrong", (model) => findLearningRate(model, data, { loss, steps: 1 }), { code: "bad-option" }],
  ];
  test.each(sweeps)("after %s", async (_, sweep, wanted) => {
    const { model, training, validation } = await fitted(), control = await fitted();
    const notes = async (m: typeof model) => [hash(m), await m.evaluate(validation), m.classify(data.x.subarray(0, 60)), m.info().memory > 0, Buffer.from(m.save()).toString("base64")];
    const before = await notes(model), resume = await training.checkpoint();
    if (wanted) await expect(sweep(model)).rejects.toMatchObject(wanted);
    else await sweep(model);
    expect(await notes(model)).toEqual(before);
    expect(await training.checkpoint()).toEqual(resume); // the last fit can go on
    // and so does a new one: the random numbers are where they were
    for (const m of [model, control.model]) await m.fit(data, { loss, epochs: 1 });
    expect(parametersOf(model)).toEqual(parametersOf(control.model));
  });

  test("twenty sweeps take no more memory than one", async () => {
    const model = await classifier(), memory: number[] = [];
    for (let i = 0; i < 20; i++) {
      await findLearningRate(model, data, { loss, steps: 10 });
      memory.push(model.info().memory);
    }
    expect(memory.at(-1)).toBe(memory[0]);
  });
});

test("models with named inputs and outputs can be swept", async () => {
  const layers = { a: dense(3), b: dense(1) };
  const model = await createModel(({ p, q }) => ({ a: layers.a(p), b: layers.b(q) }), { input: { p: [6], q: [2] } });
  const { losses } = await findLearningRate(model, { x: { p: data.x, q: numbers(200) }, y: { a: data.y, b: numbers(100) } }, { loss: { a: loss, b: mse() }, optimizer: adam(), steps: 20 });
  expect(losses.every(Number.isFinite)).toBe(true);
});

describe("bad input", () => {
  test.each([
    ["minimum", { minimum: 0 }], ["minimum", { minimum: NaN }], ["maximum", { maximum: 1e-7 }], ["maximum", { minimum: 1, maximum: 1 }], ["steps", { steps: 1 }], ["steps", { steps: 2.5 }],
    ["smoothing", { smoothing: 1 }], ["smoothing", { smoothing: -0.1 }], ["signal", { signal: {} }], ["batchSize", { batchSize: 0 }], ["schedule", { schedule: () => 1 }],
    ["loss", { loss: undefined }], ["optimizer", { optimizer: "sgd" }], ["penalty", { penalty: "l2" }],
  ])("%s: %o", async (option, more) => {
    const model = await classifier(), before = hash(model);
    const error = await findLearningRate(model, data, { loss, ...more } as never).catch((caught) => caught);
    expect(error).toBeInstanceOf(LanewiseError);
    expect(String(error.details.option)).toBe(option);
    expect(hash(model)).toBe(before);
  });

  test("while a fit runs, or after dispose", async () => {
    const model = await classifier(), training = model.fit(data, { loss, epochs: 3 });
    await expect(findLearningRate(model, data, { loss })).rejects.toMatchObject({ code: "fit-running" });
    await training;
    model.dispose();
    await expect(findLearningRate(model, data, { loss })).rejects.toThrow(StateError);
  });

  test("a first step that is not finite is an error", async () => {
    const model = await createModel(dense(1, { initializer: () => [3e38, 3e38] }), { input: [2] });
    await expect(findLearningRate(model, { x: [[1, 1]], y: [[0]] }, { loss: mse() })).rejects.toThrow(NonFiniteError);
  });
});
