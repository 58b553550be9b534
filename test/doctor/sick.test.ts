// Each sign of a run that goes wrong, in a small run of its own: named rightly and by nothing else; and once the doctor's
// fix is applied, the run reaches its target without a warning.

import { describe, expect, test } from "vitest";
import {
  adam, adamW, binaryCrossEntropy, cosine, createModel, crossEntropy, dense, doctor, dropout, layer, leakyRelu, mse, normal, prelu, relu, relu6, sequential, sgd,
  sigmoid, tanh, uniform,
  type FitOptions, type Layer,
} from "../../src/index.ts";
import * as ops from "../../src/ops/index.ts";
import { classified, numbers } from "../helpers.ts";
import { circle, run, wave } from "./data.ts";

interface Case {
  code: string;
  layer?: string;
  /** What epochs before the last may tell as well. */
  also?: string;
  model: Layer;
  input: number[];
  data: { x: any; y: any };
  options: FitOptions;
  /** What of the fix is applied, and what the run then reaches; `says` is in the fix. */
  says: RegExp;
  fixed: { model?: Layer; data?: { x: any; y: any }; options?: Partial<FitOptions>; target: number };
}

const line = { x: numbers(400), y: Float32Array.from({ length: 200 }, (_, i) => numbers(400)[2 * i]! - numbers(400)[2 * i + 1]!) };
const points = circle(200), curve = wave(256), spots = classified(300);
const stack = (depth: number, units: number, activation: () => Layer, options = {}): Layer =>
  sequential(...Array.from({ length: depth }, () => [dense(units, options), activation()]).flat(), dense(1));

const cases: Case[] = [
  {
    code: "diverging", model: dense(1), input: [2], data: line, options: { loss: mse(), optimizer: sgd({ learningRate: 1.9 }), epochs: 3 },
    says: /sgd\(\{ learningRate: 0\.19 \}\)/, fixed: { options: { optimizer: sgd({ learningRate: 0.19 }), epochs: 20 }, target: 1e-3 },
  },
  {
    code: "learning-rate-too-high", also: "diverging", model: sequential(dense(32), tanh(), dense(3)), input: [6], data: spots,
    options: { loss: crossEntropy(), optimizer: adam({ learningRate: 2 }), epochs: 10 },
    says: /adam\(\{ learningRate: 0\.0667 \}\)/, fixed: { options: { optimizer: adam({ learningRate: 0.0667 }), epochs: 30 }, target: 0.15 },
  },
  {
    code: "learning-rate-too-low", model: sequential(dense(32), relu(), dense(3)), input: [6], data: spots,
    options: { loss: crossEntropy(), optimizer: adam({ learningRate: 3e-4 / 30 }), epochs: 8 },
    says: /adam\(\{ learningRate: 0\.0003 \}\)/, fixed: { options: { optimizer: adam({ learningRate: 3e-4 }), epochs: 150 }, target: 0.5 },
  },
  {
    // inputs above 0 and weights below it
    code: "dead-relu", layer: "1", model: sequential(dense(16, { initializer: uniform({ low: -0.5, high: 0.02 }) }), relu(), dense(1)), input: [2],
    data: { x: points.x.map((v) => (v + 1) / 2), y: circle(200).y }, options: { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.001 }), epochs: 8 },
    says: /"he".*\nleakyRelu\(\).*as layer 1/,
    fixed: { model: sequential(dense(16, { initializer: "he" }), leakyRelu(), dense(1)), options: { optimizer: adam({ learningRate: 0.02 }), epochs: 120 }, target: 0.1 },
  },
  {
    // units that began well, and steps that threw them out
    code: "dead-relu", layer: "1", also: "learning-rate-too-high", model: sequential(dense(32), relu(), dense(3)), input: [6], data: spots,
    options: { loss: crossEntropy(), optimizer: sgd({ learningRate: 1, momentum: 0.95 }), epochs: 20 },
    says: /sgd\(\{ learningRate: 0\.1, momentum: 0\.95 \}\)\nleakyRelu/, fixed: { model: sequential(dense(32), leakyRelu(), dense(3)), options: { optimizer: sgd({ learningRate: 0.1, momentum: 0.95 }), epochs: 60 }, target: 0.3 },
  },
  {
    code: "saturated", layer: "1", model: sequential(dense(32), tanh(), dense(1)), input: [2], data: { x: points.x.map((v) => 300 * v), y: points.y },
    options: { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.01 }), epochs: 10 },
    says: /"xavier".*inputs of about 1/,
    fixed: { model: sequential(dense(32, { initializer: "xavier" }), tanh(), dense(1)), data: points, options: { epochs: 250 }, target: 0.1 },
  },
  {
    code: "vanishing-gradients", layer: "0", model: stack(8, 16, sigmoid), input: [2], data: points,
    options: { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.003 }), epochs: 10 },
    says: /relu\(\) in|relu\(\).*\n.*"he"/, fixed: { model: stack(8, 16, relu, { initializer: "he" }), options: { epochs: 60 }, target: 0.1 },
  },
  {
    code: "exploding-gradients", model: stack(6, 64, relu, { initializer: normal({ deviation: 1 }) }), input: [1], data: curve,
    options: { loss: mse(), optimizer: adam({ learningRate: 1e-3 }), epochs: 4 },
    says: /"he".*\nclipNorm: 1/, fixed: { model: stack(6, 64, relu, { initializer: "he" }), options: { clipNorm: 1, epochs: 40 }, target: 0.02 },
  },
  {
    code: "overfitting", model: stack(2, 128, relu), input: [1], data: wave(24, 1, 0.6),
    options: { loss: mse(), optimizer: adam({ learningRate: 0.01 }), epochs: 200, validation: wave(200, 9, 0.6) },
    says: /epochs: \d+.*\n.*dropout\(0\.5\).*adamW\(\{ weightDecay: 0\.1 \}\)/,
    fixed: {
      model: sequential(dense(128), relu(), dropout(0.5), dense(128), relu(), dropout(0.5), dense(1)),
      options: { optimizer: adamW({ learningRate: 0.01, weightDecay: 0.1 }), epochs: 31 }, target: 0.35,
    },
  },
  {
    code: "underfitting", model: dense(1), input: [2], data: points, options: { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.02 }), epochs: 80 },
    says: /dense\(64\), relu\(\)/, fixed: { model: stack(2, 64, relu), options: { epochs: 80 }, target: 0.1 },
  },
  {
    code: "plateau", model: sequential(dense(32), tanh(), dense(1)), input: [1], data: wave(256, 1, 0.2),
    options: { loss: mse(), optimizer: adam({ learningRate: 0.03 }), epochs: 60, batchSize: 4 },
    says: /schedule: cosine\(\)/, fixed: { options: { schedule: cosine() }, target: 0.02 },
  },
];

describe.each(cases)("$code", ({ code, layer, also, model, input, data, options, says, fixed }) => {
  test("is named, and nothing else is", async () => {
    const { codes, last } = await run(model, input, data, options);
    const finding = last.find((one) => one.code === code);
    expect(finding?.code, JSON.stringify(last)).toBe(code);
    expect(codes.filter((one) => one !== code && one !== also)).toEqual([]);
    expect(last.length).toBe(1);
    if (layer) expect(finding!.layer).toBe(layer);
    expect(finding!.fix).toMatch(says);
    expect(finding!.cause.length).toBeGreaterThan(20);
    for (const value of Object.values(finding!.evidence)) if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
  });

  test("with the fix the run reaches its target, without a warning", async () => {
    const { codes, loss, last } = await run(fixed.model ?? model, input, fixed.data ?? data, { ...options, ...fixed.options });
    expect(loss).toBeLessThan(fixed.target);
    expect(codes, JSON.stringify(last)).toEqual([]);
  });
});

describe("units that are dead are found wherever they are", () => {
  const below = (): Layer => dense(16, { initializer: uniform({ low: -0.5, high: 0.02 }) });
  const data = { x: points.x.map((v) => (v + 1) / 2), y: points.y }, sick = { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.001 }), epochs: 8 } satisfies FitOptions;

  test("in relu6, and in a layer of one's own", async () => {
    for (const activation of [relu6(), layer("mine", (x) => ops.relu(x))])
      expect((await run(sequential(below(), activation, dense(1)), [2], data, sick)).last.map(({ code, layer: of }) => [code, of])).toEqual([["dead-relu", "1"]]);
  });

  test("in a model that is a function", async () => {
    const first = below(), second = dense(1), model = await createModel((x) => second(ops.relu(first(x))), { input: [2] });
    const { epochs } = await model.fit(data, { ...sick, doctor: doctor() });
    expect(epochs.at(-1)!.findings.map(({ code, layer: of }) => [code, of])).toEqual([["dead-relu", "relu"]]);
  });

  test("not in prelu or leakyRelu, which pass something on", async () => {
    for (const activation of [prelu(), leakyRelu()]) expect((await run(sequential(below(), activation, dense(1)), [2], data, sick)).codes).toEqual([]);
  });
});
