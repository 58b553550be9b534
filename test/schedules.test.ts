// Schedules beyond what PyTorch's fixtures say: lengths in epochs, past their end, one in another; the f64 functions below
// them; and bad input.

import { describe, expect, test } from "vitest";
import {
  bestWeights, callbacks, cosine, cosineWarmRestarts, createModel, dense, earlyStopping, exponentialDecay, f1, gaussianNoise, alphaDropout, inverseSqrtDecay, l1, l2,
  LanewiseError, mse, multiStepDecay, oneCycle, polynomialDecay, precision, progress, reduceOnPlateau, type Schedule, sequence, sgd, stepDecay, topKAccuracy, warmup,
  confusionMatrix, crossEntropy, logLoss,
} from "../src/index.ts";
import { exponential, logarithm, power } from "../src/math.ts";
import { classified, classifier, options } from "./helpers.ts";

const info = { steps: 60, epochs: 6, base: 0.5 };
const rates = (schedule: Schedule, steps: readonly number[] = [0, 1, 7, 10, 25, 59, 60, 200]): number[] => steps.map((step) => schedule(step, info));

describe("lengths", () => {
  test.each([
    ["exponentialDecay", exponentialDecay({ epochs: 2, factor: 0.3 }), exponentialDecay({ steps: 20, factor: 0.3 })],
    ["polynomialDecay", polynomialDecay({ epochs: 2.5 }), polynomialDecay({ steps: 25 })],
    ["inverseSqrtDecay", inverseSqrtDecay({ epochs: 0.5 }), inverseSqrtDecay({ steps: 5 })],
    ["cosineWarmRestarts", cosineWarmRestarts({ epochs: 1, multiplier: 1.5 }), cosineWarmRestarts({ steps: 10, multiplier: 1.5 })],
    ["oneCycle", oneCycle({ epochs: 3 }), oneCycle({ steps: 30 })],
    ["multiStepDecay", multiStepDecay({ epochs: [1, 2.5] }), multiStepDecay({ steps: [10, 25] })],
    ["sequence", sequence([cosine(), polynomialDecay()], { epochs: [2.5] }), sequence([cosine({ steps: 25 }), polynomialDecay({ steps: 35 })], { steps: [25] })],
  ])("%s: an epoch is its steps", (_, epochs, steps) => expect(rates(epochs)).toEqual(rates(steps)));

  test.each([
    ["exponentialDecay", exponentialDecay({ factor: 0.1 }), 0.05], ["polynomialDecay", polynomialDecay({ minimum: 0.02 }), 0.02], ["cosine", cosine({ minimum: 0.1 }), 0.1],
  ])("%s: one left out is the rest of the run", (_, schedule, end) => expect(schedule(60, info)).toBeCloseTo(end, 12));

  test.each([["polynomialDecay", polynomialDecay({ steps: 20, minimum: 0.02 })], ["oneCycle", oneCycle({ steps: 20 })], ["cosine", cosine({ steps: 20 })]])("%s holds its last value past its end", (_, schedule) =>
    expect(new Set(rates(schedule, [20, 21, 59, 1000])).size).toBe(1));

  test("every rate is finite and not negative, in runs of one step too", () => {
    for (const steps of [1, 2, 3, 1e6])
      for (const make of [() => exponentialDecay({ factor: 1e-9 }), polynomialDecay, () => oneCycle({ threePhase: true }), () => oneCycle({ warmup: 0 }), () => oneCycle({ warmup: 1 }), oneCycle, () => inverseSqrtDecay({ steps: 1 }), () => cosineWarmRestarts({ steps: 1, multiplier: 3 })])
        for (const step of [0, 1, 2, steps - 1, steps, 2 * steps]) expect(make()(step, { ...info, steps })).toSatisfy((rate: number) => rate >= 0 && rate <= 0.5);
  });
});

test("a length in epochs that is a whole number of steps but for rounding is that number", () => {
  const run = { steps: 500, epochs: 10, base: 1 }; // 1.1 · 50 is 55.00000000000001
  expect([54, 55].map((step) => warmup({ epochs: 1.1, startFactor: 0 })(step, run))).toEqual([54 / 55, 1]);
  expect([54, 55].map((step) => stepDecay({ epochs: 1.1, factor: 0.5 })(step, run))).toEqual([1, 0.5]);
  expect([54, 55].map((step) => multiStepDecay({ epochs: [1.1], factor: 0.5 })(step, run))).toEqual([1, 0.5]);
  expect([54, 55].map((step) => cosineWarmRestarts({ epochs: 1.1 })(step, run) === 1)).toEqual([false, true]);
  expect([54, 55].map((step) => sequence([() => 2, () => 3], { epochs: [1.1] })(step, run))).toEqual([2, 3]);
  expect(warmup({ epochs: 1.11, startFactor: 0 })(55, run)).toBe(55 / 56); // 55.5, and not all of it
});

test("cosineWarmRestarts of cycles shorter than a step has a rate at once", () => {
  for (const multiplier of [1, 1.0000000000000002]) expect(cosineWarmRestarts({ epochs: 1e-17, multiplier })(50, info)).toSatisfy((rate: number) => rate >= 0 && rate <= 0.5);
});

test("warmup before inverseSqrtDecay of the same length is the Transformer's schedule", () => {
  const schedule = warmup(inverseSqrtDecay({ steps: 8 }), { steps: 8, startFactor: 1 / 8 });
  for (let step = 1; step <= 60; step++) // its step counts from 1
    expect(schedule(step, info)).toBeCloseTo(0.5 * Math.min(Math.sqrt(8 / step), 1 / 8 + (7 / 8) * (step / 8)), 12);
});

test("schedules can stand in one another", () => {
  const schedule = warmup(sequence([oneCycle(), stepDecay({ steps: 5, factor: 0.5 })], { steps: [20] }), { steps: 10 });
  expect(schedule(10, info)).toBe(oneCycle()(0, { ...info, steps: 20 }));
  expect(rates(schedule, [30, 35, 40])).toEqual([0.5, 0.25, 0.125]);
  const reports = [1, 1, 1, 1].map((loss) => ({ loss })), monitors = ["loss"], heard = sequence([() => 9, reduceOnPlateau({ monitor: "loss", patience: 0 })], { steps: [5] });
  expect([heard(4, { ...info, reports, monitors }), heard(5, { ...info, reports, monitors })]).toEqual([9, 0.5 * 0.1 * 0.1 * 0.1]);
});

test("a reduceOnPlateau that served one run begins anew in the next", async () => {
  const schedule = reduceOnPlateau({ monitor: "loss", patience: 0, threshold: 0.5 }), model = await classifier();
  const run = async () => (await model.fit(classified(32), options({ epochs: 4, schedule }))).epochs.map(({ learningRate }) => learningRate);
  expect(await run()).toEqual([0.01, 0.01, 0.001, expect.closeTo(0.0001, 12)]);
  expect(await run()).toEqual([0.01, 0.01, 0.001, expect.closeTo(0.0001, 12)]);
});

describe("f64 functions of our own are Math's but for the last bits", () => {
  const grid = (from: number, to: number, count = 20_000): number[] => Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

  test("exponential: relative error below 1e-15", () => {
    for (const x of grid(-708, 709)) expect(Math.abs(exponential(x) / Math.exp(x) - 1), String(x)).toBeLessThan(1e-15);
    expect([0, -0, -800, 710, Infinity, -Infinity, NaN].map(exponential)).toEqual([1, 1, 0, Infinity, Infinity, 0, NaN]);
    expect(exponential(-745)).toBe(5e-324);
  });

  test("logarithm: error below 2e-16 · max(1, |ln x|)", () => {
    for (const x of [...grid(-744, 709).map(Math.exp), ...grid(0.5, 2), 5e-324, Number.MAX_VALUE])
      expect(Math.abs(logarithm(x) - Math.log(x)), String(x)).toBeLessThanOrEqual(2e-16 * Math.max(1, Math.abs(Math.log(x))));
    expect(logarithm(1)).toBe(0);
  });

  test("power: relative error below 1e-14 + 2e-16 · x", () => {
    for (const base of [1e-9, 0.1, 0.5, 0.97, 0.999, 0.99999, 1.0001, 3, 1e4])
      for (const x of grid(0, 2000, 3001)) {
        const wanted = base ** x;
        if (wanted > 1e-300 && wanted < 1e300) expect(Math.abs(power(base, x) / wanted - 1), `${base}^${x}`).toBeLessThan(1e-14 + 2e-16 * x);
      }
    expect([power(0, 0), power(0, 0.5), power(0, 3), power(1, 0.3), power(2, 10), power(7, 0)]).toEqual([1, 0, 0, 1, 1024, 1]);
  });
});

describe("bad input: an error that names the option", () => {
  const any = (value: unknown): any => value;
  test.each([
    ["multiStepDecay without milestones", () => multiStepDecay({}), "multiStepDecay"], ["multiStepDecay with none", () => multiStepDecay({ steps: [] }), "multiStepDecay"],
    ["multiStepDecay with both", () => multiStepDecay({ steps: [1], epochs: [1] }), "multiStepDecay"], ["a milestone of 0", () => multiStepDecay({ steps: [0] }), "multiStepDecay: steps"],
    ["a milestone of half a step", () => multiStepDecay({ steps: [1.5] }), "multiStepDecay: steps"], ["multiStepDecay of a number", () => multiStepDecay(any({ steps: 3 })), "multiStepDecay"],
    ["a negative factor", () => multiStepDecay({ steps: [1], factor: -1 }), "multiStepDecay: factor"], ["exponentialDecay without a factor", () => exponentialDecay(any({})), "exponentialDecay: factor"],
    ["exponentialDecay of nothing", () => exponentialDecay(any(undefined)), "exponentialDecay: factor"], ["a factor of 0", () => exponentialDecay({ factor: 0 }), "exponentialDecay: factor"],
    ["two lengths", () => polynomialDecay({ steps: 1, epochs: 1 }), "polynomialDecay"], ["a power of 0", () => polynomialDecay({ power: 0 }), "polynomialDecay: power"],
    ["a negative minimum", () => polynomialDecay({ minimum: -1 }), "polynomialDecay: minimum"], ["inverseSqrtDecay without a length", () => inverseSqrtDecay({}), "inverseSqrtDecay"],
    ["a cycle without a length", () => cosineWarmRestarts({}), "cosineWarmRestarts"], ["a multiplier below 1", () => cosineWarmRestarts({ steps: 3, multiplier: 0.5 }), "cosineWarmRestarts: multiplier"],
    ["a warmup above 1", () => oneCycle({ warmup: 1.1 }), "oneCycle: warmup"], ["three phases that do not fit", () => oneCycle({ warmup: 0.6, threePhase: true }), "oneCycle: warmup"],
    ["PyTorch's 'cos'", () => oneCycle(any({ anneal: "cos" })), "oneCycle: anneal"], ["a divisor of 0", () => oneCycle({ startDivisor: 0 }), "oneCycle: startDivisor"],
    ["PyTorch's name of an option", () => oneCycle(any({ pct_start: 0.3 })), "pct_start"], ["a sequence of one", () => sequence([cosine()], { steps: [3] }), "schedules"],
    ["a sequence of no functions", () => sequence(any([cosine(), 3]), { steps: [3] }), "sequence: schedules[1]"], ["a sequence without milestones", () => sequence([cosine(), cosine()], {}), "sequence"],
    ["milestones that fall", () => sequence([cosine(), cosine(), cosine()], { steps: [5, 5] }), "milestones"], ["a plateau of factor 1", () => reduceOnPlateau({ factor: 1 }), "reduceOnPlateau: factor"],
    ["a patience of -1", () => reduceOnPlateau({ patience: -1 }), "reduceOnPlateau: patience"], ["a monitor that is no name", () => reduceOnPlateau(any({ monitor: 3 })), "monitor"],
    ["an unknown mode", () => reduceOnPlateau(any({ mode: "up" })), "reduceOnPlateau: mode"], ["a plateau in a run without reports", () => reduceOnPlateau()(0, info), "monitor"],
    ["earlyStopping without patience", () => earlyStopping(any({})), "earlyStopping: patience"], ["a patience of 0", () => earlyStopping({ patience: 0 }), "earlyStopping: patience"],
    ["a negative minDelta", () => earlyStopping({ patience: 1, minDelta: -1 }), "earlyStopping: minDelta"], ["restoreBest of 1", () => earlyStopping(any({ patience: 1, restoreBest: 1 })), "earlyStopping: restoreBest"],
    ["Keras's restore_best_weights", () => earlyStopping(any({ patience: 1, restore_best_weights: true })), "restore_best_weights"], ["bestWeights with patience", () => bestWeights(any({ patience: 3 })), "patience"],
    ["progress without write", () => progress(any({})), "write"], ["jsonl to a name", () => callbacks.jsonl(any({ write: "log.jsonl" })), "jsonl: write"], ["progress every -1", () => progress({ write() {}, every: -1 }), "progress: every"],
    ["l1 of a negative strength", () => l1(-1), "l1: strength"], ["l2 of NaN", () => l2(NaN), "l2: strength"], ["l2 with a string to match", () => l2(1, any({ match: "weight" })), "match"],
    ["alphaDropout above 1", () => alphaDropout(1.1), "alphaDropout: rate"], ["noise of a negative deviation", () => gaussianNoise(-1), "gaussianNoise: deviation"],
    ["an unknown average", () => precision(any({ average: "weighted" })), "precision: average"], ["the best 0 classes", () => topKAccuracy(0), "topKAccuracy: k"],
    ["lists of unequal length", () => confusionMatrix([1, 2], [1]), "right"], ["no rows", () => confusionMatrix([], []), "right"], ["a class of -1", () => confusionMatrix([0, -1], [0, 0]), "class"],
    ["a class of a half", () => confusionMatrix([0.5], [0]), "said"], ["a name that is none", () => confusionMatrix(["a"], ["b"], { classes: ["a"] }), "class"], ["classes that are no names", () => confusionMatrix([0], [0], any({ classes: [1] })), "classes"],
  ])("%s", (_, call, option) => {
    let error: unknown;
    try {
      call();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(LanewiseError);
    expect((error as LanewiseError).details.option).toBe(option);
    expect((error as LanewiseError).message).not.toMatch(/undefined(?!$)|\[object/);
  });

  test.each([
    ["callbacks that are no list", { callbacks: earlyStopping({ patience: 1 }) }, "callbacks"], ["a callback that is a function", { callbacks: [() => {}] }, "callbacks"],
    ["Keras's name of a hook", { callbacks: [{ onEpochEnd() {} }] }, "onEpochEnd"], ["a penalty that is a number", { penalty: 0.1 }, "penalty"], ["a penalty that is its maker", { penalty: [l2] }, "penalty"],
    ["a penalty that matches nothing", { penalty: l2(0.1, { match: /gamma/ }) }, "l2: match"], ["a metric that is to be imported", { metrics: ["f1"] }, "metrics"],
    ["logLoss of numbers", { metrics: [logLoss()], loss: mse(), y: true }, "metrics"], ["topKAccuracy of numbers", { metrics: [topKAccuracy(1)], loss: mse(), one: true }, "metrics"],
    ["a monitor that reports will not have", { schedule: reduceOnPlateau() }, "monitor"],
  ])("fit: %s", async (_, more: any, option) => {
    const { y, one, ...rest } = more, model = await createModel(dense(one ? 1 : 3), { input: [6], seed: 1 }), data = classified(20), before = [...model.parameters.get("weight")!.data];
    const targets = one ? new Float32Array(20) : y ? new Float32Array(60) : data.y;
    const error = await model.fit({ x: data.x, y: targets }, { loss: crossEntropy(), optimizer: sgd(), ...rest }).done.catch((caught) => caught);
    expect(error).toBeInstanceOf(LanewiseError);
    expect(error.details.option).toBe(option);
    expect([...model.parameters.get("weight")!.data]).toEqual(before);
  });

  test("a metric without a shorthand is named with what to do", async () => {
    const model = await classifier();
    for (const name of ["f1", "F1Score", "roc_auc", "log_loss"]) await expect(model.fit(classified(20), options({ metrics: [name as never] })).done).rejects.toThrow(/imported/);
    expect(f1().metric).toBe("f1");
  });
});

// the best is 1, and the fourth is better than that by 1.5e-4
test("reduceOnPlateau takes a fall of one in two thousand for an improvement", () => {
  const schedule = reduceOnPlateau({ monitor: "loss", patience: 0 });
  const at = (share: number) => {
    const reports = Array.from({ length: 4 }, (_, i) => ({ loss: (1 - share) ** i }));
    return schedule(40, { steps: 100, epochs: 10, base: 1, reports, monitors: ["loss"] } as never);
  };
  expect([at(5e-4), at(5e-5)]).toEqual([1, expect.closeTo(0.01, 8)]);
});
