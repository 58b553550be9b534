// Runs that are well, as functions of a seed that draws weights and data: the tests take one or two seeds of each, and
// whoever changes a bound of the doctor runs many.

import { readFileSync } from "node:fs";
import {
  adadelta, adagrad, adam, adamax, adamW, binaryCrossEntropy, cosine, crossEntropy, dense, dropout, elu, focal, gelu, hinge, huber, lbfgs, leakyRelu, lion, mae, mse, multiMargin,
  nadam, oneCycle, radam, relu, rmsprop, selu, sequential, sgd, sigmoid, silu, smoothL1, softmax, squaredHinge, stepDecay, tanh, warmup, type FitOptions, type Layer,
} from "../../src/index.ts";
// @ts-expect-error: an example, in plain JavaScript
import { digits } from "../../examples/digits/data.js";
import { classified, numbers } from "../helpers.ts";
import { circle, oneHot, spirals, wave } from "./data.ts";

export interface Healthy {
  name: string;
  make(seed: number): { model: Layer; input: number[]; data: { x: any; y: any; weight?: any }; options: FitOptions };
  /** The loss that it reaches. */
  target: number;
  /** What it may be told besides, as information. */
  info?: string[];
}

const xor = { x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [0, 1, 1, 0] };
const line = (seed: number) => {
  const x = numbers(600, seed);
  return { x, y: Float32Array.from({ length: 300 }, (_, i) => x[2 * i]! - 2 * x[2 * i + 1]! + 1) };
};
const stack = (depth: number, units: number, out: number, activation: () => Layer, options = {}): Layer =>
  sequential(...Array.from({ length: depth }, () => [dense(units, options), activation()]).flat(), dense(out));
const signs = (rows: number, seed: number) => {
  const { x, y } = circle(rows, seed);
  return { x, y: y.map((v) => 2 * v - 1) };
};
/** One row in twenty is far off. */
const outliers = (seed: number) => {
  const { x, y } = wave(400, seed, 0.1), far = numbers(400, seed + 7);
  return { x, y: y.map((v, i) => (far[i]! > 0.9 ? v + 5 * far[i]! : v)) };
};
const noisyClasses = (rows: number, seed: number) => {
  const { x, y } = classified(rows, 6, 3, seed), draw = numbers(rows, seed + 3);
  return { x, y: y.map((label, i) => (draw[i]! > 0.8 ? (label + 1) % 3 : label)) };
};
const iris = (() => {
  const { x, y } = JSON.parse(readFileSync(new URL("../fixtures/iris.json", import.meta.url), "utf8")) as { x: number[]; y: number[] };
  const mean = [0, 1, 2, 3].map((k) => x.filter((_, i) => i % 4 === k).reduce((a, b) => a + b) / 150);
  const deviation = mean.map((m, k) => Math.sqrt(x.filter((_, i) => i % 4 === k).reduce((sum, v) => sum + (v - m) ** 2, 0) / 150));
  return { x: Float32Array.from(x, (v, i) => (v - mean[i % 4]!) / deviation[i % 4]!), y: Int32Array.from(y) };
})();
const drawn = (rows: number, seed: number) => {
  const { train } = digits({ train: rows + 500, seed }) as { train: { x: Float32Array; y: Int32Array } };
  return {
    train: { x: train.x.subarray(0, 784 * rows), y: train.y.subarray(0, rows) },
    validation: { x: train.x.subarray(784 * rows), y: train.y.subarray(rows) },
  };
};
/** Counts of forty words in texts of twelve; words below ten speak for one class, those above for the other. */
const bags = (rows: number, seed: number) => {
  const draw = numbers(rows * 13, seed), x = new Float32Array(40 * rows), y = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const label = (y[row] = draw[13 * row]! > 0 ? 1 : 0);
    for (let word = 1; word < 13; word++) {
      const u = (draw[13 * row + word]! + 1) / 2, told = word % 3 === 0;
      x[40 * row + Math.floor(told ? 10 * u + (label ? 10 : 0) : 40 * u)]! += 1;
    }
  }
  return { x, y };
};

const simple: (Omit<Healthy, "make"> & { model: () => Layer; input: number[]; data: (seed: number) => any; options: (seed: number) => FitOptions })[] = [
  { name: "XOR with tanh, all rows at once", model: () => sequential(dense(8), tanh(), dense(1)), input: [2], data: () => xor, options: () => ({ loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.05 }), batchSize: 4, epochs: 300 }), target: 0.02 },
  { name: "XOR with relu and mse", model: () => sequential(dense(16), relu(), dense(1)), input: [2], data: () => xor, options: () => ({ loss: mse(), optimizer: adam({ learningRate: 0.03 }), batchSize: 4, epochs: 200 }), target: 0.01 },
  { name: "a line by sgd with cosine", model: () => dense(1), input: [2], data: line, options: () => ({ loss: mse(), optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), schedule: cosine(), epochs: 20 }), target: 1e-3 },
  { name: "a line by lbfgs", model: () => dense(1), input: [2], data: line, options: () => ({ loss: mse(), optimizer: lbfgs(), epochs: 10 }), target: 1e-6 },
  { name: "a curve by mae", model: () => stack(2, 32, 1, relu), input: [1], data: (seed) => wave(256, seed), options: () => ({ loss: mae(), optimizer: adam({ learningRate: 0.005 }), schedule: cosine(), epochs: 60 }), target: 0.05 },
  { name: "a noisy curve with validation", model: () => sequential(dense(16), tanh(), dense(1)), input: [1], data: (seed) => wave(400, seed, 0.1), options: (seed) => ({ loss: mse(), optimizer: adam({ learningRate: 0.02 }), schedule: cosine(), epochs: 40, validation: wave(100, seed + 4, 0.1) }), target: 0.02 },
  { name: "a curve with outliers by huber", model: () => sequential(dense(32), tanh(), dense(1)), input: [1], data: outliers, options: () => ({ loss: huber({ delta: 0.5 }), optimizer: adam({ learningRate: 0.01 }), schedule: cosine(), epochs: 60 }), target: 0.2 },
  { name: "a curve by smoothL1 and rmsprop", model: () => stack(2, 24, 1, silu), input: [1], data: (seed) => wave(256, seed), options: () => ({ loss: smoothL1({ beta: 0.1 }), optimizer: rmsprop({ learningRate: 0.003 }), schedule: cosine(), epochs: 60 }), target: 0.05 },
  { name: "three classes with dropout", model: () => sequential(dense(48), relu(), dropout(0.2), dense(24), tanh(), dense(3)), input: [6], data: (seed) => classified(400, 6, 3, seed), options: () => ({ loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), epochs: 12, validation: 0.2, metrics: ["accuracy"] }), target: 0.35 },
  { name: "one-hot rows through softmax", model: () => sequential(dense(32), silu(), dense(3), softmax()), input: [6], data: (seed) => { const { x, y } = classified(400, 6, 3, seed); return { x, y: oneHot(y, 3) }; }, options: () => ({ loss: crossEntropy({ from: "probabilities" }), optimizer: adamW({ learningRate: 0.01 }), epochs: 40 }), target: 0.2 },
  { name: "classes with noise and smoothed labels", model: () => sequential(dense(16), relu(), dense(3)), input: [6], data: (seed) => noisyClasses(400, seed), options: () => ({ loss: crossEntropy({ labelSmoothing: 0.1 }), optimizer: nadam({ learningRate: 0.01 }), schedule: cosine(), epochs: 15, validation: 0.25 }), target: 0.85 },
  { name: "a circle with gelu and warmup", model: () => stack(2, 24, 1, gelu), input: [2], data: (seed) => circle(300, seed), options: (seed) => ({ loss: binaryCrossEntropy(), optimizer: adamW({ learningRate: 0.02 }), schedule: warmup(cosine(), { epochs: 3 }), epochs: 40, validation: circle(100, seed + 6) }), target: 0.1 },
  { name: "a circle through sigmoid", model: () => sequential(dense(24), leakyRelu(), dense(1), sigmoid()), input: [2], data: (seed) => circle(300, seed), options: () => ({ loss: binaryCrossEntropy({ from: "probabilities" }), optimizer: adam({ learningRate: 0.03 }), epochs: 60 }), target: 0.2 },
  { name: "a circle by focal and radam", model: () => stack(2, 24, 1, relu), input: [2], data: (seed) => circle(300, seed), options: () => ({ loss: focal(), optimizer: radam({ learningRate: 0.01 }), epochs: 40 }), target: 0.05 },
  { name: "signs by hinge", model: () => sequential(dense(24), elu(), dense(1)), input: [2], data: (seed) => signs(300, seed), options: () => ({ loss: hinge(), optimizer: adam({ learningRate: 0.02 }), epochs: 60 }), target: 0.2 },
  { name: "signs by squaredHinge and adamax", model: () => sequential(dense(32), relu(), dense(1)), input: [2], data: (seed) => signs(300, seed), options: () => ({ loss: squaredHinge(), optimizer: adamax({ learningRate: 0.02 }), epochs: 60 }), target: 0.2 },
  { name: "classes by multiMargin and adagrad", model: () => sequential(dense(32), relu(), dense(3)), input: [6], data: (seed) => classified(400, 6, 3, seed), options: () => ({ loss: multiMargin(), optimizer: adagrad({ learningRate: 0.05 }), epochs: 40 }), target: 0.15 },
  { name: "selu with lecun, deep", model: () => stack(5, 24, 1, selu, { initializer: "lecun" }), input: [1], data: (seed) => wave(300, seed), options: () => ({ loss: mse(), optimizer: adam({ learningRate: 0.005 }), schedule: cosine(), epochs: 40 }), target: 0.01 },
  { name: "a deep relu network by sgd", model: () => stack(5, 32, 3, relu, { initializer: "he" }), input: [6], data: (seed) => classified(400, 6, 3, seed), options: () => ({ loss: crossEntropy(), optimizer: sgd({ learningRate: 0.03, momentum: 0.9 }), schedule: cosine(), clipNorm: 5, epochs: 30 }), target: 0.4 },
  { name: "two spirals", model: () => stack(2, 48, 1, relu, { initializer: "he" }), input: [2], data: (seed) => spirals(300, 2, seed), options: () => ({ loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.01 }), batchSize: 16, epochs: 120 }), target: 0.1 },
  { name: "three spirals by oneCycle", model: () => stack(3, 32, 3, relu), input: [2], data: (seed) => spirals(300, 3, seed), options: () => ({ loss: crossEntropy(), optimizer: adamW({ learningRate: 0.01 }), schedule: oneCycle(), epochs: 80 }), target: 0.15 },
  { name: "irises by Adam", model: () => sequential(dense(16), relu(), dense(3)), input: [4], data: () => iris, options: () => ({ loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), batchSize: 16, epochs: 40, validation: 0.2 }), target: 0.12 },
  { name: "irises by lbfgs", model: () => sequential(dense(16), tanh(), dense(3)), input: [4], data: () => iris, options: () => ({ loss: crossEntropy(), optimizer: lbfgs(), epochs: 60 }), target: 0.02 },
  { name: "irises by lion and stepDecay", model: () => sequential(dense(16), relu(), dense(3)), input: [4], data: () => iris, options: () => ({ loss: crossEntropy(), optimizer: lion({ learningRate: 0.002 }), schedule: stepDecay({ epochs: 20 }), batchSize: 16, epochs: 60 }), target: 0.3 },
  { name: "words in a bag", model: () => sequential(dense(16), relu(), dropout(0.3), dense(1)), input: [40], data: (seed) => bags(400, seed), options: () => ({ loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.003 }), epochs: 15, validation: 0.25 }), target: 0.35 },
  { name: "words in a bag, one layer", model: () => dense(1), input: [40], data: (seed) => bags(400, seed), options: () => ({ loss: binaryCrossEntropy(), optimizer: adagrad({ learningRate: 0.1 }), epochs: 30 }), target: 0.4 },
  { name: "a curve by adadelta", model: () => sequential(dense(32), tanh(), dense(1)), input: [1], data: (seed) => wave(256, seed), options: () => ({ loss: mse(), optimizer: adadelta({ learningRate: 1 }), batchSize: 16, epochs: 80 }), target: 0.05 },
  { name: "a curve, row by row", model: () => sequential(dense(16), tanh(), dense(1)), input: [1], data: (seed) => wave(100, seed), options: () => ({ loss: mse(), optimizer: adam({ learningRate: 0.003 }), batchSize: 1, epochs: 60 }), target: 0.05 },
];

export const healthy: Healthy[] = [
  ...simple.map(({ name, model, input, data, options, ...rest }): Healthy => ({
    name, ...rest, make: (seed) => ({ model: model(), input, data: data(seed), options: { ...options(seed), seed } }),
  })),
  {
    name: "digits by Adam", target: 0.4,
    make(seed) {
      const { train, validation } = drawn(1500, seed);
      return { model: sequential(dense(64), relu(), dense(10)), input: [784], data: train, options: { loss: crossEntropy(), optimizer: adam(), epochs: 6, validation, seed, metrics: ["accuracy"] } };
    },
  },
  {
    name: "digits by sgd with momentum", target: 0.25,
    make(seed) {
      const { train, validation } = drawn(1500, seed);
      return { model: sequential(dense(64), relu(), dropout(0.2), dense(32), relu(), dense(10)), input: [784], data: train, options: { loss: crossEntropy(), optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), schedule: cosine(), epochs: 6, validation, seed } };
    },
  },
  {
    name: "an autoencoder of digits", target: 0.05,
    make(seed) {
      const { train: { x } } = drawn(600, seed);
      return { model: sequential(dense(48), elu(), dense(784), sigmoid()), input: [784], data: { x, y: x }, options: { loss: mse(), optimizer: adam({ learningRate: 0.002 }), epochs: 12, seed } };
    },
  },
];
