// Runs that are well: different losses, models, optimizers and data, and not one warning, neither before nor during.

import { expect, test } from "vitest";
import {
  adam, adamW, binaryCrossEntropy, cosine, createModel, crossEntropy, dense, diagnose, doctor, dropout, elu, gelu, hinge, leakyRelu, mae, mse, relu, selu,
  sequential, sgd, sigmoid, silu, softmax, tanh, warmup, type FitOptions, type Layer,
} from "../../src/index.ts";
import * as ops from "../../src/ops/index.ts";
import { classified, numbers } from "../helpers.ts";
import { circle, oneHot, run, wave } from "./data.ts";

const points = circle(300), spots = classified(400), [near, far] = [circle(300, 2), circle(100, 8)];
const plane = { x: numbers(600), y: Float32Array.from({ length: 300 }, (_, i) => numbers(600)[2 * i]! - 2 * numbers(600)[2 * i + 1]! + 1) };
const xor = { x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [0, 1, 1, 0] };

interface Case {
  name: string;
  model: Layer;
  input: number[];
  data: { x: any; y: any };
  options: FitOptions;
  target: number;
}

const cases: Case[] = [
  { name: "XOR with tanh, all rows at once", model: sequential(dense(8), tanh(), dense(1)), input: [2], data: xor, options: { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.05 }), batchSize: 4, epochs: 300 }, target: 0.02 },
  { name: "XOR with relu and mse", model: sequential(dense(16), relu(), dense(1)), input: [2], data: xor, options: { loss: mse(), optimizer: adam({ learningRate: 0.03 }), batchSize: 4, epochs: 200 }, target: 0.01 },
  { name: "a line by sgd with cosine", model: dense(1), input: [2], data: plane, options: { loss: mse(), optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), schedule: cosine(), epochs: 20 }, target: 1e-3 },
  { name: "a curve by mae", model: sequential(dense(32), relu(), dense(32), relu(), dense(1)), input: [1], data: wave(256), options: { loss: mae(), optimizer: adam({ learningRate: 0.005 }), schedule: cosine(), epochs: 60 }, target: 0.05 },
  { name: "a noisy curve with validation", model: sequential(dense(16), tanh(), dense(1)), input: [1], data: wave(400, 1, 0.1), options: { loss: mse(), optimizer: adam({ learningRate: 0.02 }), schedule: cosine(), epochs: 40, validation: wave(100, 5, 0.1) }, target: 0.02 },
  { name: "three classes with dropout", model: sequential(dense(48), relu(), dropout(0.2), dense(24), tanh(), dense(3)), input: [6], data: spots, options: { loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), epochs: 20, validation: 0.2, metrics: ["accuracy"] }, target: 0.3 },
  { name: "one-hot rows through softmax", model: sequential(dense(32), silu(), dense(3), softmax()), input: [6], data: { x: spots.x, y: oneHot(spots.y, 3) }, options: { loss: crossEntropy({ from: "probabilities" }), optimizer: adamW({ learningRate: 0.01 }), epochs: 40 }, target: 0.2 },
  { name: "a circle with gelu and warmup", model: sequential(dense(24), gelu(), dense(24), gelu(), dense(1)), input: [2], data: near, options: { loss: binaryCrossEntropy(), optimizer: adamW({ learningRate: 0.02 }), schedule: warmup(cosine(), { epochs: 3 }), epochs: 40, validation: far }, target: 0.1 },
  { name: "a circle through sigmoid", model: sequential(dense(24), leakyRelu(), dense(1), sigmoid()), input: [2], data: points, options: { loss: binaryCrossEntropy({ from: "probabilities" }), optimizer: adam({ learningRate: 0.03 }), epochs: 60 }, target: 0.15 },
  { name: "signs by hinge", model: sequential(dense(24), elu(), dense(1)), input: [2], data: { x: points.x, y: points.y.map((v) => 2 * v - 1) }, options: { loss: hinge(), optimizer: adam({ learningRate: 0.02 }), epochs: 60 }, target: 0.15 },
  { name: "selu with lecun, deep", model: sequential(...Array.from({ length: 5 }, () => [dense(24, { initializer: "lecun" }), selu()]).flat(), dense(1)), input: [1], data: wave(300), options: { loss: mse(), optimizer: adam({ learningRate: 0.005 }), schedule: cosine(), epochs: 40 }, target: 0.01 },
  { name: "a deep relu network by sgd", model: sequential(...Array.from({ length: 5 }, () => [dense(32, { initializer: "he" }), relu()]).flat(), dense(3)), input: [6], data: spots, options: { loss: crossEntropy(), optimizer: sgd({ learningRate: 0.03, momentum: 0.9 }), schedule: cosine(), clipNorm: 5, epochs: 30 }, target: 0.3 },
];

test.each(cases)("$name", async ({ model, input, data, options, target }) => {
  const before = diagnose(await createModel(model, { input }), data, options);
  expect(before.filter(({ severity }) => severity !== "info")).toEqual([]);
  const { codes, loss, last } = await run(model, input, data, options);
  expect(codes, JSON.stringify(last)).toEqual([]);
  expect(loss).toBeLessThan(target);
});

test("a model's own function with two inputs", async () => {
  const left = dense(12), right = dense(12), body = dense(24), head = dense(1);
  const model = await createModel(({ a, b }) => head(ops.relu(body(ops.relu(ops.concat([left(a), right(b)], 1))))), { input: { a: [1], b: [1] }, seed: 2 });
  const a = numbers(200, 1), b = numbers(200, 2), data = { x: { a, b }, y: Float32Array.from(a, (v, i) => v * b[i]!) };
  const options = { loss: mse(), optimizer: adam({ learningRate: 0.02 }), epochs: 60 } satisfies FitOptions;
  expect(diagnose(model, data, options)).toEqual([]);
  const { epochs } = await model.fit(data, { ...options, doctor: doctor() });
  expect(epochs.flatMap(({ findings }) => findings).filter(({ severity }) => severity !== "info")).toEqual([]);
  expect(epochs.at(-1)!.loss).toBeLessThan(0.01);
});
