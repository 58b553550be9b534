// What several tests need: small data sets made from whole numbers, and models.

import { adam, createModel, crossEntropy, dense, dropout, type FitOptions, relu, sequential, tanh, type Model } from "../src/index.ts";

/** Numbers in [-1, 1) from their place: the same on every machine. */
export function numbers(size: number, stream = 1): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => {
    let t = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(stream, 0x85ebca6b);
    t = Math.imul(t ^ (t >>> 15), 0x2c1b3c6d);
    t = Math.imul(t ^ (t >>> 12), 0x297a2d39);
    return ((t ^ (t >>> 15)) >>> 0) / 2147483648 - 1;
  });
}

/** Rows of `width` numbers and a class for each that can be learnt from them. */
export function classified(rows: number, width = 6, classes = 3, stream = 1): { x: Float32Array; y: Int32Array } {
  const x = numbers(rows * width, stream);
  const y = Int32Array.from({ length: rows }, (_, row) => {
    const sum = x[row * width]! + 0.7 * x[row * width + 1]! - 0.4 * x[row * width + 2]!;
    return Math.min(classes - 1, Math.max(0, Math.floor(((sum + 1.5) / 3) * classes)));
  });
  return { x, y };
}

/** A classifier 6-12-8-3 with dropout. */
export function classifier(seed = 3, threads = 1): Promise<Model<any, any>> {
  return createModel(sequential(dense(12), relu(), dropout(0.2), dense(8), tanh(), dense(3)), { input: [6], seed, threads });
}

export const options = (more: Partial<FitOptions> = {}): FitOptions => ({
  loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), batchSize: 16, epochs: 3, ...more,
});

/** The plain arrays of a model's parameters. */
export function parametersOf(model: Model<any, any>): Record<string, number[]> {
  return Object.fromEntries([...model.parameters].map(([name, { data }]) => [name, [...data]]));
}
