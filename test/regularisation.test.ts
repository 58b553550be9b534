// What keeps a model from learning by heart: penalties on parameters, and noise in training.

import { describe, expect, test } from "vitest";
import {
  alphaDropout, createModel, crossEntropy, dense, dropout, gaussianNoise, l1, l2, type Layer, layer, lecun, loadModel, metric, mse, type PenaltyOption, selu,
  sequential, sgd, type Tensor,
} from "../src/index.ts";
import { add, multiply, sum } from "../src/ops/index.ts";
import { classified, classifier, numbers, parametersOf } from "./helpers.ts";

/** Normal numbers: sums of twelve even ones have mean 0 and variance 1. */
const normals = (size: number, stream: number): Float32Array =>
  Float32Array.from({ length: size }, ((even) => (_: unknown, i: number) => { let z = 0; for (let k = 0; k < 12; k++) z += even[12 * i + k]!; return z / 2; })(numbers(12 * size, stream)));

const moments = (x: ArrayLike<number>): { mean: number; variance: number } => {
  const list = Array.from(x), mean = list.reduce((a, b) => a + b, 0) / list.length;
  return { mean, variance: list.reduce((a, b) => a + (b - mean) ** 2, 0) / list.length };
};

/** One parameter, so that there is something to train. */
const carry = (): Layer => layer("carry", (x, scope) => multiply(x, scope.parameter("one", [1], { initializer: () => [1] })));

/** What layers make of x in a step of training, and what they make of the gradient 1. */
async function inTraining(made: Layer, x: Float32Array, width: number, seed = 1): Promise<{ y: Float32Array; gradient: number; outside: Float32Array }> {
  let y: Tensor | undefined;
  const model = await createModel(sequential(carry(), made), { input: [width], seed });
  const data = { x, y: new Float32Array(x.length) }, loss = (p: any) => sum(p, [1]), optimizer = sgd({ learningRate: 0 });
  const seen = metric("seen", { all: (prediction) => ((y = prediction), 0) });
  await model.fit(data, { loss, optimizer, batchSize: x.length / width, shuffle: false, metrics: [seen] });
  const trainer = model.trainer({ loss, optimizer }), gradient = trainer.gradients(data).gradients.get("0.one")!.data[0]!;
  const outside = model.predict(x).data;
  model.dispose();
  return { y: y!.data, gradient: gradient * (x.length / width), outside };
}

describe("alphaDropout", () => {
  const LOW = -1.0507009873554805 * 1.6732632423543772, size = 200_000, x = normals(size, 3);

  test.each([0.1, 0.3, 0.5, 0.8])("of rate %s is a·x + b or a·α' + b, and keeps mean and variance", async (rate) => {
    const keep = 1 - rate, a = (keep + LOW ** 2 * keep * rate) ** -0.5, b = -a * rate * LOW;
    const { y, gradient, outside } = await inTraining(alphaDropout(rate), x, 1000);
    let dropped = 0, slope = 0;
    y.forEach((value, i) => {
      if (Math.abs(value - (a * LOW + b)) < 2e-6) dropped++;
      else {
        expect(Math.abs(value - (a * x[i]! + b))).toBeLessThan(2e-6 * Math.max(1, Math.abs(value)));
        slope += a * x[i]!;
      }
    });
    expect(Math.abs(dropped / size - rate)).toBeLessThan(4 * Math.sqrt((rate * keep) / size)); // four deviations
    const { mean, variance } = moments(y), before = moments(x);
    expect(Math.abs(mean - before.mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - before.variance)).toBeLessThan(0.03);
    expect(Math.abs(gradient - slope)).toBeLessThan(1e-4 * size); // the mask is the derivative
    expect(outside).toEqual(x);
  });

  test("keeps mean and variance through eight layers of selu, where dropout does not", async () => {
    const width = 256, input = normals(400 * width, 5);
    const tower = (noise: () => Layer): Layer => sequential(...Array.from({ length: 8 }, () => [dense(width, { bias: false, initializer: lecun() }), selu(), noise()]).flat());
    const kept = moments((await inTraining(tower(() => alphaDropout(0.1)), input, width)).y), lost = moments((await inTraining(tower(() => dropout(0.1)), input, width)).y);
    expect(Math.abs(kept.mean)).toBeLessThan(0.15);
    expect(Math.abs(kept.variance - 1)).toBeLessThan(0.25);
    expect(Math.abs(lost.variance - 1)).toBeGreaterThan(0.25);
  });

  test("of rate 1 gives 0, as PyTorch's; of rate 0 nothing happens", async () => {
    expect((await inTraining(alphaDropout(1), x.subarray(0, 100), 10)).y.every((value) => value === 0)).toBe(true);
    expect((await inTraining(alphaDropout(0), x.subarray(0, 100), 10)).y).toEqual(x.slice(0, 100));
  });
});

describe("gaussianNoise", () => {
  test("adds normal numbers of its deviation, in training alone", async () => {
    const size = 200_000, x = numbers(size, 4), { y, gradient, outside } = await inTraining(gaussianNoise(0.25), x, 1000);
    const noise = y.map((value, i) => value - x[i]!), { mean, variance } = moments(noise);
    expect(Math.abs(mean)).toBeLessThan((4 * 0.25) / Math.sqrt(size));
    expect(Math.abs(variance / 0.0625 - 1)).toBeLessThan(4 * Math.sqrt(2 / size));
    const within = noise.filter((v) => Math.abs(v) < 0.25).length / size;
    expect(Math.abs(within - 0.6826895)).toBeLessThan(0.005); // and it is normal
    expect(Math.abs(gradient - x.reduce((a, b) => a + b, 0))).toBeLessThan(1);
    expect(outside).toEqual(x);
    expect((await inTraining(gaussianNoise(0), x, 1000)).y).toEqual(x);
  });

  test("is other noise with another seed, the same with the same", async () => {
    const x = new Float32Array(100), [a, b, c] = [await inTraining(gaussianNoise(1), x, 10, 1), await inTraining(gaussianNoise(1), x, 10, 1), await inTraining(gaussianNoise(1), x, 10, 2)];
    expect(a.y).toEqual(b.y);
    expect(a.y).not.toEqual(c.y);
  });
});

test("a saved model has its noise again", async () => {
  const model = await createModel(sequential(dense(4), selu(), alphaDropout(0.2), gaussianNoise(0.1), dense(2)), { input: [3] });
  const again = await loadModel(model.save());
  const data = { x: numbers(60), y: numbers(40) }, train = { loss: mse(), optimizer: sgd({ learningRate: 0.1 }), epochs: 3, seed: 5 };
  await model.fit(data, train);
  await again.fit(data, train);
  expect(parametersOf(again)).toEqual(parametersOf(model));
});

describe("penalties", () => {
  const data = classified(40);

  /** Loss and gradients of a batch. */
  async function gradients(penalty?: PenaltyOption) {
    const model = await createModel(sequential(dense(5), dense(3)), { input: [6], seed: 4 });
    model.setParameters(new Map([...model.parameters].map(([name, { data: w, shape }]) => [name, { data: w.map((v, i) => (i === 1 ? 0 : v)), shape }])));
    const weights = model.parameters, got = model.trainer({ loss: crossEntropy(), ...(penalty && { penalty }) }).gradients(data);
    model.dispose();
    return { weights, ...got };
  }

  test.each([
    ["l1", l1(0.03), (w: number) => 0.03 * Math.abs(w), (w: number) => 0.03 * Math.sign(w)],
    ["l2", l2(0.03), (w: number) => 0.03 * w * w, (w: number) => 0.06 * w],
    ["both", [l1(0.02), l2(0.01)], (w: number) => 0.02 * Math.abs(w) + 0.01 * w * w, (w: number) => 0.02 * Math.sign(w) + 0.02 * w],
  ] as [string, PenaltyOption, (w: number) => number, (w: number) => number][])("%s adds its formula to the loss, and its derivative to the gradients of weights alone", async (_, penalty, f, df) => {
    const plain = await gradients(), with_ = await gradients(penalty);
    let cost = 0;
    for (const [name, { data: w }] of plain.weights) {
      const weight = name.endsWith("weight");
      w.forEach((v, i) => {
        if (weight) cost += f(v);
        const added = with_.gradients.get(name)!.data[i]! - plain.gradients.get(name)!.data[i]!;
        expect(Math.abs(added - (weight ? df(v) : 0)), `${name}[${i}]`).toBeLessThan(1e-7);
      });
    }
    expect(with_.loss - plain.loss).toBeCloseTo(cost, 6);
  });

  test("match says which parameters it is about", async () => {
    const plain = await gradients(), biases = await gradients(l2(0.5, { match: /^0\.bias$/ }));
    for (const [name, { data: g }] of plain.gradients) {
      const w = plain.weights.get(name)!.data;
      g.forEach((v, i) => expect(biases.gradients.get(name)!.data[i]!).toBeCloseTo(name === "0.bias" ? v + w[i]! : v, 6));
    }
  });

  test("in sgd, l2(d / 2) is weightDecay d", async () => {
    const trained = async (more: object, penalty?: PenaltyOption) => {
      const model = await classifier();
      const history = await model.fit(data, { loss: crossEntropy(), optimizer: sgd({ learningRate: 0.1, momentum: 0.9, ...more }), epochs: 20, batchSize: 16, ...(penalty && { penalty }) });
      expect(history.epochs.at(-1)!.step).toBe(60);
      return parametersOf(model);
    };
    const decayed = await trained({ weightDecay: 0.02 }), priced = await trained({}, l2(0.01, { match: () => true })), free = await trained({});
    let apart = 0;
    for (const [name, list] of Object.entries(decayed)) list.forEach((v, i) => {
      expect(Math.abs(v - priced[name]![i]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(v)));
      apart = Math.max(apart, Math.abs(v - free[name]![i]!));
    });
    expect(apart).toBeGreaterThan(0.01); // without it, the weights are others
  });

  test("validation and evaluate are about the data alone; frozen parameters cost nothing", async () => {
    const model = await createModel(sequential(dense(4), dense(3)), { input: [6], seed: 2 }), loss = crossEntropy(), optimizer = sgd({ learningRate: 0 });
    const run = async (penalty?: PenaltyOption) => (await model.fit(data, { loss, optimizer, batchSize: 40, validation: data, ...(penalty && { penalty }) })).epochs[0]!;
    const free = await run(), priced = await run(l2(1));
    expect(priced.validation!.loss).toBe(free.validation!.loss);
    const squares = (match: RegExp): number => [...model.parameters].flatMap(([name, { data: w }]) => (match.test(name) ? [...w] : [])).reduce((a, w) => a + w * w, 0);
    expect(priced.loss - free.loss).toBeCloseTo(squares(/weight/), 4);
    model.freeze(/^0/);
    expect((await run(l2(1))).loss - free.loss).toBeCloseTo(squares(/1\.weight/), 4);
  });

  test("one of one's own, in ops", async () => {
    const own = { penalty: "own", options: {}, cost: (all: readonly { value: any }[]) => all.map(({ value }) => sum(value)).reduce((a, b) => add(a, b)) };
    const plain = await gradients(), with_ = await gradients(own);
    for (const [name, { data: g }] of plain.gradients) g.forEach((v, i) => expect(with_.gradients.get(name)!.data[i]!).toBeCloseTo(v + 1, 5));
  });

  test("a checkpoint goes on with its penalty, and with no other", async () => {
    const train = (more: object) => ({ loss: crossEntropy(), batchSize: 16, epochs: 4, ...more });
    const whole = await classifier(), cut = await classifier();
    await whole.fit(data, train({ penalty: l1(1e-3) }));
    const training = cut.fit(data, train({ penalty: l1(1e-3) }));
    for await (const { epoch } of training) if (epoch === 2) break;
    const resume = await training.checkpoint();
    await expect(cut.fit(data, train({ penalty: l1(1e-2), resume })).done).rejects.toMatchObject({ code: "resume-mismatch", details: { option: "penalty 0 strength" } });
    await expect(cut.fit(data, train({ resume })).done).rejects.toMatchObject({ code: "resume-mismatch", details: { option: "penalty 0" } });
    await cut.fit(data, train({ penalty: l1(1e-3), resume }));
    expect(parametersOf(cut)).toEqual(parametersOf(whole));
  });
});
