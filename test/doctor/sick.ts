// Sick trainings, one or more for each rule, as functions of a seed that draws weights and data: the tests take some seeds of
// each, and whoever changes a bound of the doctor runs many.

import {
  adam, binaryCrossEntropy, crossEntropy, dense, mse, normal, relu, rmsprop, selu, sgd, sigmoid, softmax, tanh, uniform, type Layer,
} from "../../src/index.ts";
import { classified, numbers } from "../helpers.ts";
import type { Sick } from "./apply.ts";
import { circle, line, oneHot, spirals, wave } from "./data.ts";

export interface Illness {
  code: string;
  about: string;
  severity?: string;
  layer?: string;
  input: number[];
  make(seed: number): Sick;
  /** What epochs before the last may tell as well. */
  also?: string;
  /** Epochs of the run that is mended, and those of the sick one that it is held against; as many as the sick one has by default. */
  epochs?: number;
  /** The loss, or with `judge` the validation loss, that the mended run is below and the sick one above. */
  target: number;
  judge?: "validation";
  /** It trains as well without the fix: what is sick shows elsewhere. */
  trains?: boolean;
  /** With the fix it is found all the same. */
  stays?: boolean;
}

const stack = (depth: number, units: number, activation: () => Layer, options = {}): Layer[] =>
  [...Array.from({ length: depth }, () => [dense(units, options), activation()]).flat(), dense(1)];
const bytes = (x: Float32Array): Uint8Array => Uint8Array.from(x, (v) => Math.round(127.5 * (v + 1)));
const spots = (rows: number, seed: number) => classified(rows, 6, 3, seed);
/** One row in a hundred is in the circle. */
const rare = (seed: number): { x: Float32Array; y: Float32Array } => {
  const { x, y } = circle(2000, seed), keep = Array.from(y, (label, i) => (label === 0 || i % 60 === 0 ? i : -1)).filter((i) => i >= 0);
  return { x: Float32Array.from(keep.flatMap((i) => [x[2 * i]!, x[2 * i + 1]!])), y: Float32Array.from(keep, (i) => y[i]!) };
};
const fast = adam({ learningRate: 0.02 }), half = (x: Float32Array): Float32Array => x.map((v) => (v + 1) / 2);
const twice = (list: Float32Array): Float32Array => Float32Array.from([...list, ...list]);

/** What diagnose finds. */
export const before: Illness[] = [
  {
    code: "sigmoid-for-exclusive-classes", about: "one-hot rows by binaryCrossEntropy", severity: "warning", layer: "3", input: [6], target: 0.15, trains: true,
    make(seed) {
      const { x, y } = spots(300, seed);
      return { layers: [dense(16), relu(), dense(3), sigmoid()], data: { x, y: oneHot(y, 3) }, options: { loss: binaryCrossEntropy({ from: "probabilities" }), optimizer: fast, epochs: 30 } };
    },
  },
  {
    code: "sigmoid-for-exclusive-classes", about: "labels by crossEntropy", severity: "warning", layer: "3", input: [6], target: 0.15, trains: true,
    make: (seed) => ({ layers: [dense(16), relu(), dense(3), sigmoid()], data: spots(300, seed), options: { loss: crossEntropy({ from: "probabilities" }), optimizer: fast, epochs: 30 } }),
  },
  {
    code: "regression-through-softmax", about: "targets from -1 to 1", severity: "error", layer: "3", input: [1], target: 0.06, epochs: 120,
    make(seed) {
      const { x, y } = wave(256, seed);
      return { layers: [dense(16), relu(), dense(2), softmax()], data: { x, y: Float32Array.from({ length: 512 }, (_, i) => (i % 2 ? 1 : -1) * y[i >> 1]!) }, options: { loss: mse(), optimizer: fast, epochs: 20 } };
    },
  },
  {
    code: "regression-through-relu", about: "targets below 0", severity: "error", layer: "3", input: [1], target: 0.02, epochs: 40,
    make: (seed) => ({ layers: [dense(16), tanh(), dense(1), relu()], data: wave(256, seed), options: { loss: mse(), optimizer: fast, epochs: 40 } }),
  },
  {
    code: "regression-through-relu", about: "an output that starts below 0", severity: "warning", layer: "3", input: [1], target: 0.1, epochs: 150,
    make(seed) {
      const { x, y } = wave(256, seed);
      return { layers: [dense(16), sigmoid(), dense(1, { initializer: uniform({ low: -1, high: -0.5 }) }), relu()], data: { x, y: y.map((v) => v + 2) }, options: { loss: mse(), optimizer: fast, epochs: 60 } };
    },
  },
  {
    code: "squashing-in-deep-network", about: "six layers of sigmoid", severity: "warning", layer: "1", input: [2], target: 0.1, epochs: 120,
    make: (seed) => ({ layers: stack(6, 32, sigmoid), data: circle(200, seed), options: { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.005 }), epochs: 120 } }),
  },
  {
    code: "linear-stack", about: "two layers", severity: "warning", layer: "1", input: [2], target: 0.2,
    make: (seed) => ({ layers: [dense(16), dense(1)], data: circle(200, seed), options: { loss: binaryCrossEntropy(), optimizer: fast, epochs: 60 } }),
  },
  {
    code: "selu-without-lecun", about: "weights of PyTorch's start", severity: "warning", layer: "0", input: [1], target: 0.03, trains: true,
    make: (seed) => ({ layers: [dense(24), selu(), dense(1)], data: wave(256, seed), options: { loss: mse(), optimizer: fast, epochs: 60 } }),
  },
  {
    code: "sgd-without-schedule", about: "batches of four, with noise", severity: "info", input: [1], target: 0.08,
    make: (seed) => ({ layers: [dense(16), tanh(), dense(1)], data: wave(256, seed, 0.4), options: { loss: mse(), optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }), batchSize: 4, epochs: 60 } }),
  },
  {
    code: "inputs-not-scaled", about: "bytes", severity: "warning", input: [2], target: 0.15, trains: true,
    make(seed) {
      const { x, y } = circle(200, seed);
      return { layers: [dense(32), relu(), dense(1)], data: { x: bytes(x), y }, options: { loss: binaryCrossEntropy(), optimizer: fast, epochs: 120 } };
    },
  },
  {
    code: "inputs-not-scaled", about: "features of unequal scale, in rows", severity: "warning", input: [2], target: 0.15,
    make(seed) {
      const { x, y } = circle(200, seed);
      return { layers: [dense(16), tanh(), dense(1)], data: { x: Array.from(y, (_, i) => [1000 * x[2 * i]! + 3000, x[2 * i + 1]!]), y }, options: { loss: binaryCrossEntropy(), optimizer: fast, epochs: 80 } };
    },
  },
  {
    code: "rare-class", about: "one row in a hundred", severity: "warning", input: [2], target: 0.15, trains: true, stays: true,
    make: (seed) => ({ layers: [dense(24), relu(), dense(1)], data: rare(seed), options: { loss: binaryCrossEntropy(), optimizer: fast, epochs: 60 } }),
  },
  {
    code: "shared-rows", about: "validation rows of the training data", severity: "warning", input: [2], target: 0.15, trains: true,
    make(seed) {
      const { x, y } = circle(200, seed);
      return { layers: [dense(16), relu(), dense(1)], data: { x, y }, options: { loss: binaryCrossEntropy(), optimizer: fast, epochs: 80, validation: { x: x.slice(0, 80), y: y.slice(0, 40) } } };
    },
  },
  {
    code: "shared-rows", about: "rows that come twice", severity: "warning", input: [2], target: 0.15, trains: true,
    make(seed) {
      const { x, y } = circle(200, seed);
      return { layers: [dense(16), relu(), dense(1)], data: { x: twice(x), y: twice(y) }, options: { loss: binaryCrossEntropy(), optimizer: fast, epochs: 80, validation: 0.2 } };
    },
  },
];

/** What a run shows. */
export const during: Illness[] = [
  {
    code: "diverging", about: "a line by sgd", input: [2], target: 1e-3, epochs: 20, severity: "error",
    make: (seed) => ({ layers: [dense(1)], data: line(200, seed), options: { loss: mse(), optimizer: sgd({ learningRate: 2.5 }), epochs: 3 } }),
  },
  {
    code: "learning-rate-too-high", about: "Adam at 2", also: "diverging", input: [6], target: 0.2, epochs: 40,
    make: (seed) => ({ layers: [dense(32), tanh(), dense(3)], data: spots(300, seed), options: { loss: crossEntropy(), optimizer: adam({ learningRate: 2 }), epochs: 10 } }),
  },
  {
    code: "learning-rate-too-high", about: "rmsprop at 1", also: "diverging", input: [2], target: 0.2, epochs: 60,
    make: (seed) => ({ layers: [dense(32), tanh(), dense(1)], data: circle(300, seed), options: { loss: binaryCrossEntropy(), optimizer: rmsprop({ learningRate: 1 }), epochs: 10 } }),
  },
  {
    code: "learning-rate-too-low", about: "Adam at 1e-5", input: [6], target: 0.5, epochs: 150,
    make: (seed) => ({ layers: [dense(32), relu(), dense(3)], data: spots(300, seed), options: { loss: crossEntropy(), optimizer: adam({ learningRate: 1e-5 }), epochs: 8 } }),
  },
  {
    code: "learning-rate-too-low", about: "sgd at 1e-6", input: [1], target: 0.25, epochs: 200,
    make: (seed) => ({ layers: [dense(32), tanh(), dense(1)], data: wave(256, seed), options: { loss: mse(), optimizer: sgd({ learningRate: 1e-6, momentum: 0.9 }), epochs: 12 } }),
  },
  {
    // inputs above 0 and weights below it
    code: "dead-relu", about: "units that start dead", layer: "1", input: [2], target: 0.2, epochs: 250,
    make(seed) {
      const { x, y } = circle(200, seed);
      return { layers: [dense(16, { initializer: uniform({ low: -0.5, high: 0.02 }) }), relu(), dense(1)], data: { x: half(x), y }, options: { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.01 }), epochs: 12 } };
    },
  },
  {
    code: "dead-relu", about: "units that large steps threw out", also: "learning-rate-too-high", input: [2], target: 0.3, epochs: 150,
    make: (seed) => ({
      layers: stack(3, 16, relu), data: circle(200, seed),
      options: { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 1 }), schedule: (step, { base }) => (step < 16 ? base : base / 30), epochs: 20 },
    }),
  },
  {
    code: "saturated", about: "inputs of 300", layer: "1", input: [2], target: 0.12, epochs: 250,
    make(seed) {
      const { x, y } = circle(200, seed);
      return { layers: [dense(32), tanh(), dense(1)], data: { x: x.map((v) => 300 * v), y }, options: { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.01 }), epochs: 10 } };
    },
  },
  {
    code: "saturated", about: "weights of 30", layer: "1", input: [2], target: 0.14, epochs: 250,
    make: (seed) => ({ layers: [dense(32, { initializer: normal({ deviation: 30 }) }), tanh(), dense(1)], data: circle(200, seed), options: { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.01 }), epochs: 10 } }),
  },
  {
    code: "vanishing-gradients", about: "eight layers of sigmoid", layer: "0", input: [2], target: 0.15, epochs: 120,
    make: (seed) => ({ layers: stack(8, 32, sigmoid), data: circle(200, seed), options: { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.003 }), epochs: 10 } }),
  },
  {
    code: "exploding-gradients", about: "weights of 1", input: [1], target: 0.02, epochs: 40,
    make: (seed) => ({ layers: stack(6, 64, relu, { initializer: normal({ deviation: 1 }) }), data: wave(256, seed), options: { loss: mse(), optimizer: adam({ learningRate: 1e-3 }), epochs: 4 } }),
  },
  {
    code: "exploding-gradients", about: "targets of a thousand", input: [1], target: 0.05, epochs: 40,
    make(seed) {
      const { x, y } = wave(256, seed);
      return { layers: [dense(32), tanh(), dense(1)], data: { x, y: y.map((v) => 1000 * v + 2000) }, options: { loss: mse(), optimizer: adam({ learningRate: 0.01 }), epochs: 4 } };
    },
  },
  {
    code: "overfitting", about: "ten features for thirty rows with noise", input: [10], target: 1.9, judge: "validation",
    make(seed) {
      const noisy = (rows: number, stream: number) => {
        const x = numbers(10 * rows, stream), noise = numbers(rows, stream + 40);
        return { x, y: Float32Array.from(noise, (v, i) => x[10 * i]! + 2 * v) };
      };
      return { layers: stack(2, 64, relu), data: noisy(30, seed), options: { loss: mse(), optimizer: adam({ learningRate: 0.005 }), epochs: 120, validation: noisy(300, seed + 8) } };
    },
  },
  {
    code: "overfitting", about: "classes of which one in five is wrong", input: [6], target: 1.05, judge: "validation",
    make(seed) {
      const noisy = (rows: number, stream: number) => {
        const { x, y } = spots(rows, stream);
        return { x, y: y.map((label, i) => ((i * 7 + stream) % 5 === 0 ? (label + 1) % 3 : label)) };
      };
      return { layers: [dense(128), relu(), dense(128), relu(), dense(3)], data: noisy(120, seed), options: { loss: crossEntropy(), optimizer: adam({ learningRate: 0.005 }), epochs: 80, validation: noisy(300, seed + 8) } };
    },
  },
  {
    code: "underfitting", about: "a line for a circle", input: [2], target: 0.2,
    make: (seed) => ({ layers: [dense(1)], data: circle(200, seed), options: { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.02 }), epochs: 160 } }),
  },
  {
    code: "underfitting", about: "a line for three spirals", input: [2], target: 0.3, epochs: 200,
    make: (seed) => ({ layers: [dense(3)], data: spirals(300, 3, seed), options: { loss: crossEntropy(), optimizer: adam({ learningRate: 0.03 }), epochs: 300 } }),
  },
  {
    code: "plateau", about: "a rate that stays", severity: "info", input: [1], target: 0.0165, epochs: 60,
    make: (seed) => ({ layers: [dense(32), tanh(), dense(1)], data: wave(256, seed, 0.2), options: { loss: mse(), optimizer: adam({ learningRate: 0.03 }), epochs: 100, batchSize: 4 } }),
  },
];
