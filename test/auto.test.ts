// `initializer: "auto"`: weights begin as the activation wants them that comes next.

import { describe, expect, test } from "vitest";
import {
  auto, createModel, dense, dropout, flatten, gaussianNoise, hash, he, initializers, type Layer, layer, layers, lecun, loadModel, type Model, relu,
  selu, sequential, softmax, tanh, xavier,
} from "../src/index.ts";
import * as ops from "../src/ops/index.ts";
import { numbers } from "./helpers.ts";

const IN = 300, OUT = 200;
const free = (): Layer => dense(OUT, { initializer: "auto" });

/** Bounds and variance of a weight, times fanIn. */
function weightOf(model: Model, name = "0.weight"): { variance: number; largest: number } {
  const { data, shape } = model.parameters.get(name)!;
  const variance = data.reduce((sum, w) => sum + w * w, 0) / data.length;
  return { variance: variance * shape[1]!, largest: data.reduce((most, w) => Math.max(most, Math.abs(w)), 0) };
}

/** √(6 / (fanIn + fanOut)) is never passed, and the variance is a third of its square. */
function expectXavier({ variance, largest }: ReturnType<typeof weightOf>, fanIn = IN, fanOut = OUT): void {
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  expect(largest).toBeLessThanOrEqual(bound);
  expect(largest).toBeGreaterThan(0.99 * bound);
  expect(variance / ((2 * fanIn) / (fanIn + fanOut))).toBeCloseTo(1, 1);
}

/** Normal numbers, some of them beyond three deviations. */
function expectGain({ variance, largest }: ReturnType<typeof weightOf>, gain: number, fanIn = IN): void {
  expect(Math.abs(variance / gain - 1)).toBeLessThan(0.03);
  expect(largest).toBeGreaterThan(3 * Math.sqrt(gain / fanIn));
}

const HE = 2, XAVIER = undefined;
const activations: [string, Layer, number | undefined][] = [
  ["relu", relu(), HE], ["relu6", layers.relu6(), HE], ["elu", layers.elu(), HE], ["celu", layers.celu(2), HE], ["gelu", layers.gelu(), HE],
  ["gelu", layers.gelu({ approximate: "tanh" }), HE], ["silu", layers.silu(), HE], ["silu", layers.silu({ learned: true }), HE],
  ["mish", layers.mish(), HE], ["softplus", layers.softplus(), HE], ["hardSwish", layers.hardSwish(), HE],
  ["leakyRelu", layers.leakyRelu(), 2 / 1.0001], ["leakyRelu", layers.leakyRelu(0.5), 1.6], ["leakyRelu", layers.leakyRelu(1), 1], ["prelu", layers.prelu(), 2 / 1.0625], ["selu", selu(), 1],
  ["tanh", tanh(), XAVIER], ["sigmoid", layers.sigmoid(), XAVIER], ["softsign", layers.softsign(), XAVIER], ["hardTanh", layers.hardTanh(), XAVIER],
  ["hardSigmoid", layers.hardSigmoid(), XAVIER], ["logSigmoid", layers.logSigmoid(), XAVIER], ["softmax", softmax(), XAVIER],
  ["logSoftmax", layers.logSoftmax(), XAVIER],
];

describe("a dense layer with initializer auto before", () => {
  test.each(activations)("%s", async (_, next, gain) => {
    const model = await createModel(sequential(free(), next), { input: [IN], seed: 7 }), weight = weightOf(model);
    if (gain === undefined) expectXavier(weight);
    else expectGain(weight, gain);
    expect(model.parameters.get("0.bias")!.data.every((b) => b === 0)).toBe(true);
    model.dispose();
  });

  test("nothing, or what is no activation that it knows: as xavier", async () => {
    expectXavier(weightOf(await createModel(free(), { input: [IN] }), "weight"));
    expectXavier(weightOf(await createModel(sequential(free(), dense(1), relu()), { input: [IN] })));
    expectXavier(weightOf(await createModel(sequential(free(), layer("own", (x) => ops.square(x))), { input: [IN] })));
  });

  test("every activation of the library is in the table above", () => {
    const others = ["dense", "sequential", "layer", "flatten", "dropout", "alphaDropout", "gaussianNoise", "swish"];
    expect(Object.keys(layers).filter((name) => !others.includes(name)).sort()).toEqual([...new Set(activations.map(([name]) => name))].sort());
  });
});

describe("what comes next is found", () => {
  test("behind dropout, noise, flatten and nested layers", async () => {
    const model = await createModel(
      sequential(sequential(free(), dropout(0.3)), sequential(flatten(), sequential(gaussianNoise(0.1), selu())), free(), layers.alphaDropout(0.1), tanh()), { input: [IN] });
    expectGain(weightOf(model, "0.0.weight"), 1);
    expectXavier(weightOf(model, "2.weight"), OUT, OUT);
  });

  test("for each layer its own: an earlier or later activation does not count", async () => {
    const model = await createModel(sequential(tanh(), free(), relu(), free(), selu(), free()), { input: [IN] });
    expectGain(weightOf(model, "1.weight"), 2);
    expectGain(weightOf(model, "3.weight"), 1, OUT);
    expectXavier(weightOf(model, "5.weight"), OUT, OUT);
  });

  test("in a model's own function, over sums and joins", async () => {
    const a = dense(OUT, { initializer: "auto", name: "a" }), b = dense(OUT, { initializer: "auto", name: "b" }), c = dense(OUT, { initializer: "auto", name: "c" });
    const model = await createModel(({ x, y }) => ({ joined: ops.relu(ops.concat([a(x), ops.add(b(y), 1)])), other: ops.tanh(c(x)) }), { input: { x: [IN], y: [IN] } });
    expectGain(weightOf(model, "a.weight"), 2);
    expectGain(weightOf(model, "b.weight"), 2);
    expectXavier(weightOf(model, "c.weight"));
  });

  test("past a residual sum, and the product before the activation only", async () => {
    const first = dense(OUT, { initializer: "auto", name: "first" }), second = dense(OUT, { initializer: "auto", name: "second" });
    const model = await createModel((x) => { const h = first(x); return ops.relu(ops.add(h, second(ops.tanh(h)))); }, { input: [IN] });
    expectGain(weightOf(model, "first.weight"), 2);
    expectGain(weightOf(model, "second.weight"), 2, OUT);
  });

  test("for parameters of a layer of one's own, transposed too", async () => {
    const own = layer("own", (x, scope) => ops.selu(ops.matmul(x, ops.transpose(scope.parameter("w", [OUT, IN], { initializer: "auto" })))));
    expectGain(weightOf(await createModel(sequential(own), { input: [IN] }), "0.w"), 1);
  });

  test("the first of several: a layer that is used twice", async () => {
    const shared = dense(OUT, { initializer: "auto", name: "shared" });
    const model = await createModel((x) => ops.add(ops.selu(shared(x)), ops.relu(shared(x))), { input: [IN] });
    expectGain(weightOf(model, "shared.weight"), 1);
  });

  test("quickly where sums double the ways back", async () => {
    const model = await createModel((x) => {
      let h = dense(4, { initializer: "auto", name: "d" })(x);
      for (let i = 0; i < 100; i++) h = ops.add(h, ops.reshape(h, h.shape));
      return ops.relu(h);
    }, { input: [200] });
    expect(model.parameters.get("d.weight")!.data.some((w) => Math.abs(w) > Math.sqrt(6 / 204))).toBe(true);
  });
});

test("it is he, xavier or lecun bit for bit, from the same seed", async () => {
  for (const [next, initializer] of [[relu(), he()], [tanh(), xavier()], [selu(), lecun()]] as const) {
    const net = (own: any, seed: number) => createModel(sequential(dense(8, { initializer: own }), next, dense(3, { initializer: own === "auto" ? auto() : xavier() })), { input: [5], seed });
    expect(hash(await net("auto", 3))).toBe(hash(await net(initializer, 3)));
    expect(hash(await net("auto", 3))).not.toBe(hash(await net("auto", 4)));
  }
});

test("a saved model that began so comes back, and may be trained on", async () => {
  const model = await createModel(sequential(free(), relu(), dense(2, { initializer: "auto" })), { input: [IN], seed: 5 }), x = numbers(3 * IN);
  const again = await loadModel(model.save());
  expect(again.predict(x)).toEqual(model.predict(x));
  expect(hash(again)).toBe(hash(model));
});

test("a name that is none is met with those there are", async () => {
  for (const [name, meant] of [["automatic", "auto"], ["kaiming", "he"], ["glorotUniform", "xavier"], ["toString", undefined]] as const)
    expect(() => dense(3, { initializer: name as never })).toThrow(expect.objectContaining({
      code: "bad-option", details: expect.objectContaining({ option: "initializer", got: name, ...(meant && { fix: `did you mean ${meant}?` }) }),
    }) as Error);
  expect(initializers.auto).toBe(auto);
});
