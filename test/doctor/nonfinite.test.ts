// Steps that are not finite: stopped with the op, layer, step and numbers named; left out; or rolled back from.

import { describe, expect, test } from "vitest";
import {
  adam, adamW, createModel, dense, doctor, gaussianNoise, hash, layer, lbfgs, mse, NonFiniteError, OptionError, optimizers, rmsprop, sequential, sgd, tanh,
  type FitOptions, type Model, type Optimizer,
} from "../../src/index.ts";
import * as ops from "../../src/ops/index.ts";
import { classified, classifier, numbers, options, parametersOf } from "../helpers.ts";
import { wave } from "./data.ts";

/** A root of the input: NaN where it is below 0. */
const root = layer("root", (x) => ops.sqrt(x));
/** Rows of which one, and so one step of an epoch, is below 0. */
const rows = (bad: number): { x: Float32Array; y: Float32Array } =>
  ({ x: Float32Array.from({ length: 40 }, (_, i) => (i === bad ? -4 : 0.2 + i / 40)), y: new Float32Array(40).fill(1) });
const make = (): Promise<Model<any, any>> => createModel(sequential(root, dense(8), tanh(), dense(1)), { input: [1], seed: 2 });
const plain = { loss: mse(), optimizer: adam({ learningRate: 0.01 }), batchSize: 4, shuffle: false, epochs: 1 } satisfies FitOptions;

async function failure(training: PromiseLike<unknown>): Promise<NonFiniteError> {
  const error = await training.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(NonFiniteError);
  return error as NonFiniteError;
}

describe("stop", () => {
  // rows 0 … 39 in steps of four: row 26 comes in step 7
  test.each([{ every: 1, how: "a step that tells more" }, { every: 1000, how: "a plain step" }])("in $how: op, layer, step and inputs are named", async ({ every }) => {
    const model = await make(), before: string[] = [];
    const error = await failure(model.fit(rows(26), { ...plain, doctor: doctor({ every }), onStep: () => before.push(hash(model)) }));
    expect(error.details).toMatchObject({ op: "sqrt", layer: "0", step: 7, epoch: 1, position: 2, made: NaN });
    expect(error.details.inputs).toEqual([{ of: expect.stringMatching(/gatherRows|input/), minimum: -4, maximum: expect.closeTo(0.875, 6), value: -4 }]);
    expect(error.message).toMatch(/layer 0, position 2, step 7, epoch 1: sqrt made NaN from .* -4/);
    expect(before.length).toBe(6);
    expect(hash(model)).toBe(before.at(-1)); // as they were before step 7
  });

  test("an overflow is named where it began: in the product, not in the loss", async () => {
    const model: Model<any, any> = await createModel(sequential(dense(4, { initializer: () => new Float32Array(4).fill(1e38) }), dense(1)), { input: [1] });
    const error = await failure(model.fit({ x: [[10]], y: [[1]] }, { ...plain, doctor: doctor() }));
    expect(error.details).toMatchObject({ op: "matmul", layer: "0", step: 1, made: Infinity });
    expect((error.details.inputs as { maximum: number }[]).map(({ maximum }) => maximum)).toEqual([10, expect.closeTo(1e38, -33)]);
  });

  test("a run that diverges is told as that", async () => {
    const model: Model<any, any> = await createModel(dense(1), { input: [1], seed: 1 });
    const error = await failure(model.fit(wave(64), { ...plain, optimizer: sgd({ learningRate: 1e3 }), epochs: 50, doctor: doctor() }));
    expect((error.details.findings as { code: string }[]).map(({ code }) => code)).toEqual(["diverging"]);
    for (const { length, ...all } of Object.values(parametersOf(model))) for (let i = 0; i < length; i++) expect(Number.isFinite(all[i])).toBe(true);
  });

  test("without a doctor the error is as before", async () => {
    const error = await failure((await make()).fit(rows(26), plain));
    expect(error.details).toMatchObject({ step: 7, epoch: 1 });
    expect(error.details.op).toBeUndefined();
  });
});

describe("an update beyond float32", () => {
  const far = { x: numbers(40, 6), y: new Float32Array(40).fill(1e4) };
  const sick = { ...plain, optimizer: sgd({ learningRate: 1e38 }), doctor: doctor() } satisfies FitOptions;
  const line = (): Promise<Model<any, any>> => createModel(sequential(dense(1)), { input: [1], seed: 1 });

  test.each([["amid an epoch", 4], ["by its last step", 40]] as const)("%s is named by its own step, and the parameters are said to be no longer finite", async (_, batchSize) => {
    const error = await failure((await line()).fit(far, { ...sick, batchSize }));
    expect(error.details).toMatchObject({ op: "update", layer: "0", step: 1, epoch: 1 });
    expect(Math.abs(error.details.made as number)).toBe(Infinity);
    expect(error.message).toMatch(/the update made -?Infinity in 0\.(weight|bias); the parameters are no longer finite; a lower learning rate; onNonFinite: "rollback" .*checkpoint/);
    expect(error.message).not.toMatch(/before the step/);
  });

  test("is not skipped, for no step after it would be finite", async () => {
    const error = await failure((await line()).fit(far, { ...sick, onNonFinite: "skip" }));
    expect(error.details).toMatchObject({ op: "update", step: 1 });
  });

  test.each([["amid an epoch", 2], ["by its last step", 9]] as const)("%s is rolled back, and the run goes on", async (_, at) => {
    const model = await line(), schedule = (step: number): number => (step === at ? 1e38 : 0.1);
    const { epochs } = await model.fit(far, { ...sick, schedule, epochs: 40, onNonFinite: "rollback" });
    expect(epochs[0]!.findings[0]).toMatchObject({ code: "non-finite", layer: "0", evidence: { op: "update", step: at + 1, leftOut: 1 } });
    expect(epochs.at(-1)!.learningRate).toBe(0.05);
    expect((await model.evaluate(far, { loss: mse() })).loss).toBeLessThan(1);
  });
});

describe("advice is of what the run does not do already", () => {
  const advice = async (onNonFinite: FitOptions["onNonFinite"]): Promise<string> =>
    (await failure((await make()).fit({ x: new Float32Array(40).fill(-1), y: new Float32Array(40) }, { ...plain, epochs: 100, doctor: doctor(), ...(onNonFinite && { onNonFinite }) }))).details.fix!;

  test("stop", async () => expect(await advice(undefined)).toMatch(/"rollback".*"skip"/));
  test("skip", async () => expect(await advice("skip")).toMatch(/^100 steps in a row were left out: "rollback"/));
  test("rollback", async () => {
    expect(await advice("rollback")).toMatch(/^at 1\/256 of the rate it is no better: clipNorm/);
    expect(await advice("rollback")).not.toMatch(/rollback|skip/);
  });
  test("lbfgs, which takes no clipping", async () => {
    const error = await failure((await make()).fit({ x: [[-1]], y: [[1]] }, { loss: mse(), optimizer: lbfgs(), doctor: doctor() }));
    expect(error.details.fix).toMatch(/"rollback"/);
    expect(error.details.fix).not.toMatch(/clipNorm/);
  });
});

describe("a fix repeats the optimizer with all that it was given", () => {
  const fixOf = async (optimizer: Optimizer, more: Partial<FitOptions> = { batchSize: 4, shuffle: false }): Promise<string> => {
    const { epochs } = await (await make()).fit(rows(26), { loss: mse(), optimizer, ...more, doctor: doctor(), onNonFinite: "skip" });
    return epochs[0]!.findings[0]!.fix;
  };

  test("options that are not the defaults, and groups, whose rates fall alike", async () => {
    expect(await fixOf(adam({ learningRate: 0.04, beta1: 0.5, amsgrad: true }))).toBe("optimizer: adam({ learningRate: 0.01, beta1: 0.5, amsgrad: true }), clipNorm: 1");
    expect(await fixOf(rmsprop({ learningRate: 0.04, alpha: 0.9, centered: true }))).toBe("optimizer: rmsprop({ learningRate: 0.01, alpha: 0.9, centered: true }), clipNorm: 1");
    expect(await fixOf(adamW({ learningRate: 0.04, weightDecay: 0 }))).toBe("optimizer: adamW({ learningRate: 0.01, weightDecay: 0 }), clipNorm: 1");
    expect(await fixOf(sgd({ learningRate: 0.04, momentum: 0.9, groups: [{ match: /bias/, learningRate: 0.08, momentum: 0 }] })))
      .toBe("optimizer: sgd({ learningRate: 0.01, momentum: 0.9, groups: [{ match: /bias/, learningRate: 0.02, momentum: 0 }] }), clipNorm: 1");
  });

  test.each(Object.keys(optimizers).filter((name) => name !== "optimizer" && name !== "lbfgs"))("the defaults of %s are not repeated", async (name) => {
    const make = optimizers[name as "adam"];
    expect(await fixOf(make({ learningRate: 0.04 }))).toBe(`optimizer: ${name}({ learningRate: 0.01 }), clipNorm: 1`);
  });

  test("nor those of lbfgs", async () => {
    expect(await fixOf(lbfgs({ learningRate: 0.04 }), {})).toBe("optimizer: lbfgs({ learningRate: 0.01 })");
    expect(await fixOf(lbfgs({ learningRate: 0.04, history: 5 }), {})).toBe("optimizer: lbfgs({ learningRate: 0.01, history: 5 })");
  });
});

describe("skip", () => {
  test("leaves the step out: the parameters are those of a run without its rows, but for the step's number", async () => {
    const a = await make(), b = await make(), data = rows(26);
    const { epochs } = await a.fit(data, { ...plain, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), doctor: doctor(), onNonFinite: "skip" });
    const without = (list: Float32Array): Float32Array => Float32Array.from([...list.slice(0, 24), ...list.slice(28)]);
    await b.fit({ x: without(data.x), y: without(data.y) }, { ...plain, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) });
    expect(hash(a)).toBe(hash(b));
    const [{ step, loss, findings }] = epochs as [any];
    expect(step).toBe(10);
    expect(Number.isFinite(loss)).toBe(true);
    expect(findings.map(({ code, layer: of, evidence }: any) => [code, of, evidence.leftOut, evidence.step, evidence.op])).toEqual([["non-finite", "0", 1, 7, "sqrt"]]);
  });

  test.each([24, 26])("with accumulate, a step that is left out for one of its parts (row %i) counts in no report", async (bad) => {
    const data = rows(bad), without = (list: Float32Array): Float32Array => Float32Array.from([...list.slice(0, 24), ...list.slice(28)]);
    const report = async (given: typeof data, accumulate: number): Promise<any> =>
      (await (await make()).fit(given, { ...plain, optimizer: sgd({ learningRate: 0.1 }), metrics: ["mae"], accumulate, doctor: doctor(), onNonFinite: "skip" })).epochs[0];
    const [whole, parts, other] = await Promise.all([report(data, 1), report(data, 2), report({ x: without(data.x), y: without(data.y) }, 2)]);
    for (const name of ["loss", "mae"]) {
      expect(parts[name]).toBeCloseTo(whole[name], 6);
      expect(other[name]).toBeCloseTo(whole[name], 6);
    }
    expect(parts.findings[0].evidence).toMatchObject({ leftOut: 1, step: 7 });
  });

  test("a run of which every step is not finite ends after a hundred", async () => {
    const data = { x: new Float32Array(40).fill(-1), y: new Float32Array(40) };
    const error = await failure((await make()).fit(data, { ...plain, epochs: 1000, doctor: doctor(), onNonFinite: "skip" }));
    expect(error.details.step).toBe(100);
  });
});

describe("rollback", () => {
  test("a rate that brings NaN is halved from a snapshot until it does not, and the run ends trained", async () => {
    const line = (): Promise<Model<any, any>> => createModel(dense(1), { input: [2], seed: 3 });
    const data = { x: numbers(512), y: Float32Array.from({ length: 256 }, (_, i) => numbers(512)[2 * i]! - numbers(512)[2 * i + 1]! + 1) };
    const sick = { loss: mse(), optimizer: sgd({ learningRate: 3 }), epochs: 200, batchSize: 64 } satisfies FitOptions;
    const plainly = await failure((await line()).fit(data, sick));
    expect(plainly.details.step).toBeGreaterThan(10);
    const { epochs } = await (await line()).fit(data, { ...sick, doctor: doctor(), onNonFinite: "rollback" });
    const last = epochs.at(-1)!;
    expect(last.learningRate).toBeLessThan(3);
    expect(Math.log2(3 / last.learningRate) % 1).toBe(0);
    expect(last.loss).toBeLessThan(1e-6);
    expect(last.findings[0]).toMatchObject({ code: "non-finite" });
    expect(last.findings[0]!.evidence.leftOut).toBe(Math.log2(3 / last.learningRate));
  });

  test("goes back to the parameters and the optimizer's state of the snapshot", async () => {
    // step 7 of 10 is bad: back to the start, at half the rate; then steps 8, 9 and 10
    const a = await make(), b = await make(), data = rows(26), momentum = sgd({ learningRate: 0.1, momentum: 0.9 });
    await a.fit(data, { ...plain, optimizer: momentum, doctor: doctor(), onNonFinite: "rollback" });
    await b.fit({ x: data.x.slice(28), y: data.y.slice(28) }, { ...plain, optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }) });
    expect(hash(a)).toBe(hash(b));
  });

  test("ends after eight: what no rate mends is an error", async () => {
    const error = await failure((await make()).fit(rows(26), { ...plain, epochs: 100, doctor: doctor(), onNonFinite: "rollback" }));
    expect(error.details).toMatchObject({ op: "sqrt", step: 87 }); // step 7 of the ninth epoch
  });

  test("a checkpoint keeps what is left of the rate", async () => {
    const sick = { ...plain, optimizer: sgd({ learningRate: 0.1 }), doctor: doctor(), onNonFinite: "rollback" } satisfies FitOptions;
    const whole = await make(), half = await make();
    await whole.fit(rows(26), { ...sick, epochs: 4 });
    const training = half.fit(rows(26), { ...sick, epochs: 4 });
    for await (const { epoch } of training) if (epoch === 1) break;
    const resumed = await make(), { epochs } = await resumed.fit(rows(26), { ...sick, epochs: 4, resume: await training.checkpoint() });
    expect(epochs[0]!.learningRate).toBe(0.05);
    expect(epochs.at(-1)!.learningRate).toBeLessThan(0.05);
    expect(epochs.at(-1)!.learningRate).toBe((await whole.fit(rows(26), { ...sick, epochs: 4 })).epochs.at(-1)!.learningRate);
  });
});

describe("a run with rollbacks goes on bit for bit from a checkpoint of any step", () => {
  const noisy = (): Promise<Model<any, any>> => createModel(sequential(gaussianNoise(0.14), root, dense(4), tanh(), dense(1)), { input: [1], seed: 2 });
  const cases: [string, () => Promise<Model<any, any>>, FitOptions][] = [
    ["momentum", make, { ...plain, epochs: 3, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) }],
    ["adam, in an order of its own", make, { ...plain, epochs: 3, shuffle: true }],
    ["adam in micro-batches", make, { ...plain, epochs: 3, accumulate: 2 }],
    ["lbfgs, by chance", noisy, { loss: mse(), optimizer: lbfgs({ history: 3, iterations: 4 }), epochs: 16 }],
  ];
  test.each(cases.flatMap(([name, of, options]) => [[name, "without ema", of, options], [name, "with ema", of, { ...options, ema: 0.9 }]] as const))("%s, %s", async (_, __, of, options) => {
    const data = rows(of === make ? 26 : -1), watched = { ...options, doctor: doctor(), onNonFinite: "rollback" } satisfies FitOptions, whole = await of(), done: number[] = [];
    const { epochs, columns } = await whole.fit(data, { ...watched, onStep: ({ step }) => done.push(step) });
    expect(done.length, "steps rolled back from").toBeLessThan(epochs.at(-1)!.step);
    for (const last of done) {
      const part = await of(), training = part.fit(data, { ...watched, callbacks: [{ onStep: ({ step }, { stop }) => step === last && stop() }] });
      await training;
      const resumed = await of(), history = await resumed.fit(data, { ...watched, resume: await training.checkpoint() });
      expect(hash(resumed), `from step ${last}`).toBe(hash(whole));
      expect(history.columns.loss).toEqual(columns.loss);
      expect(history.columns.learningRate).toEqual(columns.learningRate);
    }
  });
});

test("a checkpoint with a share of the rate that is none is refused, and changes nothing", async () => {
  const sick = { ...plain, epochs: 2, doctor: doctor(), onNonFinite: "rollback" } satisfies FitOptions, training = (await make()).fit(rows(26), sick);
  for await (const { epoch } of training) if (epoch === 1) break;
  const text = Buffer.from(await training.checkpoint()).toString("latin1"), model = await make(), before = hash(model);
  expect(text).toContain('slow\\":0.5');
  const resume = Uint8Array.from(Buffer.from(text.replace('slow\\":0.5', 'slow\\":7.5'), "latin1"));
  await expect(model.fit(rows(26), { ...sick, resume })).rejects.toThrow(/broken/);
  expect(hash(model)).toBe(before);
});

describe("the doctor changes no bit", () => {
  test.each([1, 7, 32])("with every = %i, dropout and a last smaller batch", async (every) => {
    const data = classified(100), a = await classifier(), b = await classifier();
    const plainly = await a.fit(data, options({ clipNorm: 0.5, validation: 0.2, metrics: ["accuracy"] }));
    const watched = await b.fit(data, options({ clipNorm: 0.5, validation: 0.2, metrics: ["accuracy"], doctor: doctor({ every }) }));
    expect(hash(b)).toBe(hash(a));
    expect(watched.columns.loss).toEqual(plainly.columns.loss);
    expect(watched.columns.accuracy).toEqual(plainly.columns.accuracy);
  });

  test("memory is planned with it", async () => {
    const model = await classifier(), loss = options().loss;
    expect(model.memory({ loss, rows: 64, doctor: doctor() }).programs).toBeGreaterThan(model.memory({ loss, rows: 64 }).programs);
  });
});

describe("bad input", () => {
  const cases: [string, Record<string, unknown>, RegExp][] = [
    ["a doctor that is none", { doctor: true }, /doctor: wanted "?doctor\(\)|doctor\(\)/],
    ["a doctor that was not called", { doctor }, /doctor\(\)/],
    ["skip without a doctor", { onNonFinite: "skip" }, /onNonFinite: wanted .*doctor: doctor\(\).*got "skip"/],
    ["an unknown way", { onNonFinite: "ignore", doctor: doctor() }, /onNonFinite: wanted one of .*got "ignore"/],
    ["an unknown way without a doctor", { onNonFinite: "ignore" }, /onNonFinite: wanted/],
  ];
  test.each(cases)("%s", async (_, more, message) => {
    const model = await make(), before = hash(model);
    const error = await model.fit({ x: numbers(8), y: numbers(8) }, { ...plain, ...more } as FitOptions).then(() => undefined, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(OptionError);
    expect((error as Error).message).toMatch(message);
    expect(hash(model)).toBe(before);
  });

  test.each([[{ every: 0 }, /every/], [{ every: 1.5 }, /every/], [{ often: 3 }, /often.*known: every|every/], [5, /doctor/]])("doctor(%j)", (given, message) => {
    expect(() => doctor(given as never)).toThrow(OptionError);
    expect(() => doctor(given as never)).toThrow(message);
  });
});
