// Each bound of the doctor from both sides: what lies just beyond it is told, what lies just before it is not, so that no bound
// moves unseen. The signs are made up; sick.test.ts and healthy.test.ts have those of real runs.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { adam, binaryCrossEntropy, createModel, dense, diagnose, doctor, hash, layer, mse, relu, sequential, sgd, tanh, type FitOptions } from "../../src/index.ts";
import * as ops from "../../src/ops/index.ts";
import { findingsOf, IDLE, LAST, type Signs } from "../../src/doctor/signs.ts";
import type { Figures } from "../../src/doctor/probe.ts";
import type { Doctor } from "../../src/train/fit.ts";
import type { Report } from "../../src/train/report.ts";
import { numbers } from "../helpers.ts";

const times = <T>(count: number, value: T): T[] => new Array<T>(count).fill(value);
const weight = (layer: string, more = {}) => ({ name: `${layer}.weight`, layer, gradient: 1, weight: 1, usual: 0.1, update: 1e-3, ...more });
const figures = (more: Partial<Figures> = {}): Figures => ({ weights: [weight("0"), weight("2"), weight("4")], rectifiers: [], squashers: [], ...more });
/** Signs in the first step and in the last ones. */
const throughout = (more: Partial<Figures>): Pick<Signs, "first" | "last"> => ({ first: figures(more), last: times(LAST, figures(more)) });

/** A run of which nothing is told: its loss is what ignorance costs, but its rate is a usual one and it is young. */
const signs = (more: Partial<Signs> = {}): Signs => ({
  bar: 0.5, mend: { start: () => [], activation: () => [], scaled: () => [], deeper: () => ["dense(64)"] }, at: (rate) => `sgd({ learningRate: ${rate} })`,
  base: 0.1, schedule: false, steps: 100, batches: 10, ignorance: 1, start: 1, recent: times(64, 1), inputs: 1, told: IDLE, idle: new Map(), reports: [],
  ...throughout({}), ...more,
});
const codes = (more: Partial<Signs>): string[] => findingsOf(signs(more)).map(({ code }) => code);

const dead = (count: number, more: Partial<Signs> = {}): Partial<Signs> => ({ idle: new Map([["1", Uint32Array.from({ length: 100 }, (_, unit) => (unit < count ? IDLE : 0))]]), ...more });
const squashers = (share: number): Partial<Figures> => ({ squashers: [{ layer: "1", kind: "tanh", share }] });
/** Losses that jump about 2 by this share of it, at updates of this size. */
const jumping = (share: number, update = 0.03, more: Partial<Signs> = {}): Partial<Signs> =>
  ({ recent: Array.from({ length: 64 }, (_, i) => 2 + (i % 2 ? 1 : -1) * share * (23 / 22)), last: times(LAST, figures({ weights: [weight("0", { update })] })), ...more });
/** A loss that has risen in two steps. */
const risen = (earlier: number, loss: number): Partial<Signs> => ({ recent: [...times(48, 1), ...times(8, earlier), ...times(8, loss)] });
const report = (loss: number, validation?: number): Report => ({ loss, ...(validation !== undefined && { validation: { loss: validation } }), learningRate: 0.1 }) as unknown as Report;
/** Epochs whose validation loss is 1 at first and then this, while that of training falls to this. */
const apart = (validation: number, training: number, more: Partial<Signs> = {}, epochs = 5): Partial<Signs> =>
  ({ bar: 10, reports: [...times(5, report(1.1, 1)), ...times(epochs, report(training, validation))], ...more });
/** Two halves of a run that stood at these losses. */
const stood = (epochs: number, before: number, now: number, more: Partial<Signs> = {}): Partial<Signs> =>
  ({ reports: [...times(epochs - (epochs >> 1), report(before)), ...times(epochs >> 1, report(now))], ...more });
const low = { update: 1e-4 };

/** Name of the bound, the code, signs just beyond it, and just before it. */
const during: [bound: string, code: string, beyond: Partial<Signs>, before: Partial<Signs>][] = [
  ["DEAD, of 100 units", "dead-relu", dead(61), dead(60)],
  ["IDLE", "dead-relu", dead(61), dead(61, { told: IDLE + 1 })],
  ["EARLY, of dead units", "dead-relu", dead(61, { steps: 40 }), dead(61, { steps: 39 })],
  ["LEARNING", "dead-relu", dead(61, { recent: [...times(48, 1), ...times(16, 0.91)] }), dead(61, { recent: [...times(48, 1), ...times(16, 0.89)] })],
  ["bar", "dead-relu", dead(61, { bar: 0.99 }), dead(61, { bar: 1.01 })],
  ["SATURATED", "saturated", throughout(squashers(0.51)), throughout(squashers(0.49))],
  ["LAST", "saturated", throughout(squashers(0.51)), { ...throughout(squashers(0.51)), last: times(LAST - 1, figures(squashers(0.51))) }],
  ["VANISHED", "vanishing-gradients",
    throughout({ weights: [weight("0", { gradient: 0.9e-4 }), weight("2"), weight("4")] }), throughout({ weights: [weight("0", { gradient: 1.1e-4 }), weight("2"), weight("4")] })],
  ["EXPLODED", "exploding-gradients", throughout({ weights: [weight("0", { gradient: 101 })] }), throughout({ weights: [weight("0", { gradient: 99 })] })],
  ["DIVERGED", "diverging", risen(2, 3.05), risen(2, 2.95)],
  ["RISING", "diverging", risen(3.05 / 1.33, 3.05), risen(3.05 / 1.27, 3.05)],
  ["GONE", "diverging", { recent: times(64, 10.5) }, { recent: times(64, 9.5) }],
  ["RESTLESS", "learning-rate-too-high", jumping(0.26), jumping(0.24)],
  ["LARGE_UPDATE", "learning-rate-too-high", jumping(0.4, 0.021), jumping(0.4, 0.019)],
  ["EARLY, of a rate too high", "learning-rate-too-high", jumping(0.4, 0.03, { steps: 40 }), jumping(0.4, 0.03, { steps: 39 })],
  ["FALLING", "learning-rate-too-high",
    jumping(0, 0.03, { recent: Array.from({ length: 64 }, (_, i) => (i % 2 ? 2.8 : 1.2) * (i < 52 ? 1 : 0.62)) }),
    jumping(0, 0.03, { recent: Array.from({ length: 64 }, (_, i) => (i % 2 ? 2.8 : 1.2) * (i < 52 ? 1 : 0.58)) })],
  ["OVERTURNED", "learning-rate-too-high", { first: figures({ weights: [weight("0", { update: 1.1 })] }) }, { first: figures({ weights: [weight("0", { update: 0.9 })] }) }],
  ["SMALL_UPDATE", "learning-rate-too-low", throughout({ weights: [weight("0", { update: 1.9e-4 })] }), throughout({ weights: [weight("0", { update: 2.1e-4 })] })],
  ["EARLY, of a rate too low", "learning-rate-too-low", { ...throughout({ weights: [weight("0", low)] }), steps: 40 }, { ...throughout({ weights: [weight("0", low)] }), steps: 39 }],
  ["WORSE", "overfitting", apart(1.26, 0.5), apart(1.24, 0.5)],
  ["APART", "overfitting", apart(1.3, 0.86), apart(1.3, 0.88)],
  ["PATIENCE", "overfitting", apart(1.3, 0.5), apart(1.3, 0.5, {}, 4)],
  ["LITTLE_LEFT", "overfitting", apart(1.3, 0.5, { ignorance: 1.3 / 0.16 }), apart(1.3, 0.5, { ignorance: 1.3 / 0.14 })],
  ["FLAT, of a high loss", "underfitting", stood(80, 1, 0.996), stood(80, 1, 0.994)],
  ["STILL_HIGH, epochs of 10 steps", "underfitting", stood(80, 1, 1), stood(79, 1, 1)],
  ["FLAT, of a loss that is good", "plateau", stood(40, 0.1, 0.0996, { bar: 2 }), stood(40, 0.1, 0.0994, { bar: 2 })],
  ["NOTHING_LEFT", "plateau", stood(40, 0.021, 0.021, { bar: 2 }), stood(40, 0.019, 0.019, { bar: 2 })],
  ["STILL, epochs of 10 steps", "plateau", stood(40, 1, 1, { bar: 2 }), stood(39, 1, 1, { bar: 2 })],
];

describe("during a run", () => {
  test("of one that is well nothing is told", () => expect(codes({})).toEqual([]));

  test.each(during)("%s: %s", (_, code, beyond, before) => {
    expect(codes(beyond)).toEqual([code]);
    expect(codes(before)).toEqual([]);
  });

  test("a rate too low is raised to where a step changes weights by a thousandth, thirty times at least and a thousand at most", () => {
    const fix = (update: number): string => findingsOf(signs(throughout({ weights: [weight("0", { update })] })))[0]!.fix;
    expect([1e-4, 1e-5, 1e-8].map(fix)).toEqual([3, 10, 100].map((rate) => `optimizer: sgd({ learningRate: ${rate} })`));
  });
});

describe("the guide says by how much a fix changes the rate", () => {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/choosing.md"), "utf8");
  const words: Readonly<Record<string, number>> = { "a tenth of the rate": 0.1, "a thirtieth of the rate": 1 / 30, "thirty times the rate": 30 };
  test.each(["diverging", "learning-rate-too-high", "learning-rate-too-low"])("%s", (code) => {
    const [, told] = new RegExp(`^\\| \`${code}\` \\| [^|]+ \\| ([^|]+) \\|$`, "m").exec(guide)!, [, , beyond] = during.find(([, of]) => of === code)!;
    // in the middle of what is too low, where thirty times is what it wants
    const signsOf = code === "learning-rate-too-low" ? throughout({ weights: [weight("0", { update: 1e-4 })] }) : beyond;
    const [, rate] = /learningRate: ([\d.e-]+)/.exec(findingsOf(signs(signsOf))[0]!.fix)!;
    expect(Number(rate) / signs().base / words[told!]!).toBeCloseTo(1, 2);
  });
});

describe("before training", () => {
  const found = async (layers: any, input: number, data: any, options: FitOptions): Promise<string[]> =>
    diagnose(await createModel(layers, { input: [input] }), data, options).map(({ code }) => code);
  const few = { x: numbers(8), y: Float32Array.of(0, 1, 0, 1) };

  test("DEEP: three layers that squash between four weights, not two between three", async () => {
    const deep = (count: number): unknown => sequential(...Array.from({ length: count }, () => [dense(4), tanh()]).flat(), dense(1));
    expect(await found(deep(3), 2, few, { loss: binaryCrossEntropy() })).toEqual(["squashing-in-deep-network"]);
    expect(await found(deep(2), 2, few, { loss: binaryCrossEntropy() })).toEqual([]);
  });

  test("RARE: of two classes in 200 rows, nine rows are few, eleven are not", async () => {
    const rare = (count: number): object => ({ x: numbers(400), y: Float32Array.from({ length: 200 }, (_, i) => (i < count ? 1 : 0)) });
    expect(await found(dense(1), 2, rare(9), { loss: binaryCrossEntropy() })).toEqual(["rare-class"]);
    expect(await found(dense(1), 2, rare(11), { loss: binaryCrossEntropy() })).toEqual([]);
  });

  test("SHARED: six of a hundred validation rows, not five; and rows that come twice", async () => {
    const x = numbers(400), y = new Float32Array(100), data = { x: x.slice(0, 200), y }, options = { loss: mse(), optimizer: adam() };
    const shared = (count: number): any => ({ x: Float32Array.from([...x.slice(0, 2 * count), ...x.slice(200 + 2 * count)]), y });
    expect(await found(dense(1), 2, data, { ...options, validation: shared(6) })).toEqual(["shared-rows"]);
    expect(await found(dense(1), 2, data, { ...options, validation: shared(5) })).toEqual([]);
    expect(await found(dense(1), 2, shared(0), { ...options, validation: 0.2 })).toEqual([]);
    const twice = (count: number): any => ({ x: Float32Array.from([...x.slice(0, 2 * count), ...x.slice(0, 200 - 2 * count)]), y });
    expect(await found(dense(1), 2, twice(6), { ...options, validation: 0.2 })).toEqual(["shared-rows"]);
    expect(await found(dense(1), 2, twice(5), { ...options, validation: 0.2 })).toEqual([]);
  });

  test("LARGE and SMALL: features of 11 and of 9e-4 are not scaled, those of 9 and 1.1e-3 are", async () => {
    const filled = (value: number): object => ({ x: new Float32Array(8).fill(value), y: few.y });
    for (const [value, codes] of [[11, ["inputs-not-scaled"]], [9, []], [1.1e-3, []], [9e-4, ["inputs-not-scaled"]]] as const)
      expect(await found(dense(1), 2, filled(value), { loss: mse(), optimizer: adam() })).toEqual(codes);
  });
});

describe("by steps", () => {
  test("every = 32 by default, and the powers of two before", async () => {
    const told: number[] = [], real = doctor();
    const noting: Doctor = {
      ...real,
      begin(...given) {
        const watcher = real.begin(...given), { before } = watcher;
        watcher.before = (at) => before(at) && told.push(at.steps) > 0;
        return watcher;
      },
    };
    await (await createModel(dense(1), { input: [1] })).fit({ x: numbers(100), y: numbers(100) }, { loss: mse(), batchSize: 1, doctor: noting });
    expect(told).toEqual([0, 1, 2, 4, 8, 16, 32, 64, 96]);
  });

  test("SNAPSHOT: a rollback at step 250 goes back to step 100, the last but one of the hundreds", async () => {
    const model = await createModel(sequential(layer("root", (x) => ops.sqrt(x)), dense(4), relu(), dense(1)), { input: [1], seed: 2 }), hashes = [hash(model)];
    const x = numbers(250).map((value) => value + 2);
    x[249] = -1;
    await model.fit({ x, y: numbers(250, 2) }, {
      loss: mse(), optimizer: sgd({ learningRate: 1e-3 }), batchSize: 1, shuffle: false, doctor: doctor(), onNonFinite: "rollback", onStep: () => hashes.push(hash(model)),
    });
    expect(hashes.length).toBe(250);
    expect(hashes.indexOf(hash(model))).toBe(100);
  });
});
