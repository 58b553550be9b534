// NaN and infinity of several kinds, each at a step that is known: the run stops there with op, layer, step and numbers named
// and the parameters as before the step; "skip" and "rollback" go on and end trained.

import { describe, expect, test } from "vitest";
import { adam, createModel, dense, doctor, hash, layer, mse, NonFiniteError, sequential, sgd, tanh, type FitOptions, type Layer, type LossOption, type Model } from "../../src/index.ts";
import * as ops from "../../src/ops/index.ts";
import { numbers } from "../helpers.ts";

/** Forty rows, in steps of four; row 26 comes in step 7 of an epoch. */
const BAD = 26, STEP = 7;
const rows = (value: (x: number, i: number) => number, target: (x: number) => number) => {
  const x = numbers(40, 5).map((v, i) => value(v, i));
  return { x, y: x.map(target) };
};

interface Kind {
  name: string;
  layers: () => Layer;
  data: { x: Float32Array; y: Float32Array };
  loss?: LossOption;
  /** What the error names. */
  op: string;
  layer?: string;
  made: number;
  /** One of what went in. */
  given: number;
  says: RegExp;
  /** The loss of the trained run on the other rows. */
  trained: number;
}

const kinds: Kind[] = [
  {
    name: "a root of a number below 0: a bad row", layers: () => sequential(layer("root", (x) => ops.sqrt(x)), dense(8), tanh(), dense(1)),
    data: rows((v, i) => (i === BAD ? -4 : v + 1.1), (x) => (x > 0 ? Math.sqrt(x) : 0)), op: "sqrt", layer: "0", made: NaN, given: -4, says: /sqrt made NaN from .* -4/, trained: 0.05,
  },
  {
    name: "0 / 0 in a layer of one's own", layers: () => sequential(layer("ratio", (x) => ops.divide(x, ops.abs(x))), dense(4), tanh(), dense(1)),
    data: rows((v, i) => (i === BAD ? 0 : v), (x) => Math.sign(x)), op: "divide", layer: "0", made: NaN, given: 0, says: /divide made NaN/, trained: 0.05,
  },
  {
    name: "log of 0 in a loss of one's own", layers: () => sequential(dense(8), tanh(), dense(1)),
    data: rows((v, i) => (i === BAD ? -1.5 : v), (x) => x + 1.5),
    loss: (prediction, target) => ops.square(ops.subtract(prediction, ops.log(target))), op: "log", made: -Infinity, given: 0, says: /log made -Infinity/, trained: 0.05,
  },
];

const failure = async (training: PromiseLike<unknown>): Promise<NonFiniteError> => {
  const error = await training.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(NonFiniteError);
  return error as NonFiniteError;
};

describe.each(kinds)("$name", ({ layers, data, loss = mse(), op, layer: of, made, given, says, trained }) => {
  const plain = { loss, optimizer: adam({ learningRate: 0.02 }), batchSize: 4, shuffle: false, epochs: 3 } satisfies FitOptions;
  const make = (): Promise<Model<any, any>> => createModel(layers(), { input: [1], seed: 4 });
  const keep = (list: Float32Array): Float32Array => list.filter((_, i) => i !== BAD);

  test("stops, and says where", async () => {
    const model = await make(), before: string[] = [];
    const error = await failure(model.fit(data, { ...plain, doctor: doctor(), onStep: () => before.push(hash(model)) }));
    expect(error.details).toMatchObject({ op, made, step: STEP, epoch: 1 });
    if (of !== undefined) expect(error.details.layer).toBe(of);
    expect((error.details.inputs as { value?: number }[]).map(({ value }) => value)).toContain(given);
    expect(error.message).toMatch(says);
    expect(error.message).toMatch(/the parameters are those from before the step/);
    expect(hash(model)).toBe(before[STEP - 2]);
  });

  test.each(["skip", "rollback"] as const)("%s goes on and ends trained", async (onNonFinite) => {
    const model = await make();
    // every epoch has the bad row: rollback, which halves the rate each time, has few epochs
    const epochs = onNonFinite === "skip" ? 60 : 4, before = (await model.evaluate({ x: keep(data.x), y: keep(data.y) }, { loss })).loss;
    const history = await model.fit(data, { ...plain, epochs, doctor: doctor(), onNonFinite });
    expect(history.epochs.at(-1)!.findings[0]).toMatchObject({ code: "non-finite", evidence: { leftOut: epochs, op } });
    const { loss: after } = await model.evaluate({ x: keep(data.x), y: keep(data.y) }, { loss });
    expect(after).toBeLessThan(onNonFinite === "skip" ? trained : before);
  });
});

test("in the gradient of a parameter only: the op of the gradient is named", async () => {
  // |w|^½ at w = 0: the loss is 1, its slope without end
  const root = layer("root", (x, { parameter }) => ops.add(x, ops.sqrt(parameter("w", [1], { initializer: () => [0] }))));
  const model = await createModel(root, { input: [1] }), before = hash(model);
  const error = await failure(model.fit({ x: [[1]], y: [[2]] }, { loss: mse(), doctor: doctor(), epochs: 3 }));
  expect(error.details).toMatchObject({ step: 1, epoch: 1 });
  expect(error.message).toMatch(/gradients are not finite|made -?(Infinity|NaN) from/);
  expect(error.details.op).toMatch(/\w/);
  expect((error.details.inputs as { value?: number }[]).some(({ value }) => value === 0)).toBe(true);
  expect(hash(model)).toBe(before);
});

test("a rate that throws the parameters out: stopped where the first number overflows, and with rollback trained", async () => {
  const data = { x: numbers(512), y: Float32Array.from({ length: 256 }, (_, i) => numbers(512)[2 * i]! + 1) };
  const sick = { loss: mse(), optimizer: sgd({ learningRate: 3.2 }), epochs: 150, batchSize: 64 } satisfies FitOptions;
  const make = () => createModel(dense(1), { input: [2], seed: 1 });
  const error = await failure((await make()).fit(data, { ...sick, doctor: doctor() }));
  expect(error.details.op).toMatch(/\w/);
  expect((error.details.findings as { code: string }[]).map(({ code }) => code)).toEqual(["diverging"]);
  const { epochs } = await (await make()).fit(data, { ...sick, epochs: 300, doctor: doctor(), onNonFinite: "rollback" });
  expect(epochs.at(-1)!.learningRate).toBeLessThan(4);
  expect(epochs.at(-1)!.loss).toBeLessThan(1e-3);
});

test("infinity in the data is refused before anything runs", async () => {
  const model = await createModel(dense(1), { input: [1] }), before = hash(model);
  await expect(model.fit({ x: [[1], [Infinity]], y: [1, 2] }, { loss: mse(), doctor: doctor(), onNonFinite: "skip" })).rejects.toMatchObject({ code: "not-finite" });
  expect(hash(model)).toBe(before);
});

test("a trainer has no doctor: its error names the step, keeps the parameters, and says how to learn more", async () => {
  const model = await createModel(sequential(layer("root", (x) => ops.sqrt(x)), dense(1)), { input: [1] }), trainer = model.trainer({ loss: mse() });
  trainer.step({ x: [[1]], y: [1] });
  const before = hash(model);
  expect(() => trainer.step({ x: [[-1]], y: [1] })).toThrow(NonFiniteError);
  expect(hash(model)).toBe(before);
  try {
    trainer.step({ x: [[-1]], y: [1] });
  } catch (error) {
    expect((error as NonFiniteError).details.step).toBe(2);
    expect((error as Error).message).toMatch(/doctor: doctor\(\) in fit names the op/);
  }
});
