// Rows that ignoreIndex leaves out count neither in the loss nor in any metric.

import { describe, expect, test } from "vitest";
import {
  accuracy, createModel, crossEntropy, dense, f1, flatten, logLoss, metric, nll, logSoftmax, precision, recall, rocAuc, sequential, sgd, topKAccuracy,
} from "../src/index.ts";
import * as ops from "../src/ops/index.ts";
import { numbers } from "./helpers.ts";

const any = (value: unknown): any => value;
const ROWS = 24, x = numbers(ROWS * 4), weight = numbers(ROWS, 5).map((w) => 1 + w);
const label = (row: number): number => (row * 7 + (row >> 2)) % 4;
const metrics = () => [
  accuracy(), topKAccuracy(2), logLoss(), precision(), recall({ average: "micro" }), f1(), rocAuc(),
  metric("own", (p) => ops.sum(p, 1)),
];

describe.each([["a number that is no class", -100], ["a class", 2]])("ignoreIndex, %s", (_, ignoreIndex) => {
  const out = (row: number): boolean => (ignoreIndex === 2 ? label(row) === 2 : row % 3 === 1);
  const y = Array.from({ length: ROWS }, (_, row) => (out(row) ? ignoreIndex : label(row))), kept = y.flatMap((_, row) => (out(row) ? [] : [row]));
  const some = { x: Float32Array.from(kept.flatMap((row) => [...x.subarray(4 * row, 4 * row + 4)])), y: kept.map(label) };

  test.each([["", false], [" with row weights", true]])("evaluate has the scores of the rows that are left%s, in batches of any size", async (_, weighed) => {
    const model = await createModel(flatten(), { input: [4] });
    const wanted = await model.evaluate(any({ ...some, ...(weighed && { weight: kept.map((row) => weight[row]!) }) }), { loss: crossEntropy(), metrics: metrics() });
    for (const batchSize of [256, 7, 1]) {
      const got = await model.evaluate(any({ x, y, ...(weighed && { weight }) }), { loss: crossEntropy({ ignoreIndex }), metrics: metrics(), batchSize });
      expect(Object.keys(got)).toEqual(Object.keys(wanted));
      for (const [name, value] of Object.entries(wanted)) expect((got as any)[name], `${name} at ${batchSize}`).toBeCloseTo(value as number, 5);
    }
    // and it is not the score of all rows
    const all = await model.evaluate({ x, y: y.map((_, row) => label(row)) }, { loss: crossEntropy(), metrics: ["accuracy"] });
    expect(all.accuracy).not.toBeCloseTo((wanted as any).accuracy, 3);
  });

  test("so have fit and its validation, with class weights, by the shorthand", async () => {
    const options = (more: object) => ({
      loss: crossEntropy({ classWeights: [1, 2, 0.5, 3], ...more }), metrics: ["accuracy", crossEntropy()] as any, optimizer: sgd({ learningRate: 0 }), batchSize: 5, shuffle: false,
    });
    const model = await createModel(dense(4), { input: [4], seed: 2 });
    const wanted = (await model.fit(some, { ...options({}), validation: some })).epochs[0] as any;
    const got = (await model.fit({ x, y }, { ...options({ ignoreIndex }), validation: { x, y } })).epochs[0] as any;
    for (const name of ["loss", "accuracy", "crossEntropy"]) {
      expect(got[name], name).toBeCloseTo(wanted[name], 5);
      expect(got.validation[name], name).toBeCloseTo(wanted.validation[name], 5);
    }
  });
});

test("of rows with several positions, the positions that are left count alike", async () => {
  const labels = [0, -1, 2, 1, -1, -1, 3, 0, 1];
  const deep = await createModel((v) => ops.reshape(v, [v.shape[0]!, 3, 4]), { input: [12] }), all = numbers(36, 3);
  const loss = crossEntropy({ ignoreIndex: -1 }), metrics = ["accuracy", topKAccuracy(2), f1({ average: "micro" })] as any;
  const got = await deep.evaluate({ x: all, y: labels }, { loss, metrics }) as any;
  const left = labels.flatMap((y, i) => (y < 0 ? [] : [i]));
  const flat = await createModel(flatten(), { input: [4] });
  const wanted = await flat.evaluate({ x: left.map((i) => [...all.subarray(4 * i, 4 * i + 4)]), y: left.map((i) => labels[i]!) }, { loss: crossEntropy(), metrics }) as any;
  for (const name of Object.keys(wanted)) expect(got[name], name).toBeCloseTo(wanted[name], 5);
});

test("nll leaves them out as well; of several outputs, each its own", async () => {
  const labels = [0, 1, -1, 2, -1, 0], data = numbers(24, 9);
  const model = await createModel((v) => { const p = ops.logSoftmax(v); return { a: p, b: p }; }, { input: [4] });
  const got = await model.evaluate({ x: data, y: { a: labels, b: [0, 1, 1, 2, 2, 0] } } as any, {
    loss: { a: nll({ ignoreIndex: -1 }), b: nll() }, metrics: { a: ["accuracy"], b: ["accuracy"] },
  } as any) as any;
  const right = (row: number, y: number): boolean => Math.max(...data.subarray(4 * row, 4 * row + 4)) === data[4 * row + y];
  const share = (list: number[]): number => { const rows = list.flatMap((y, row) => (y < 0 ? [] : [right(row, y)])); return rows.filter(Boolean).length / rows.length; };
  expect(got["a.accuracy"]).toBeCloseTo(share(labels), 6);
  expect(got["b.accuracy"]).toBeCloseTo(share([0, 1, 1, 2, 2, 0]), 6);
  const single = await createModel(sequential(flatten(), logSoftmax()), { input: [4] });
  expect((await single.evaluate({ x: data, y: labels }, { loss: nll({ ignoreIndex: -1 }), metrics: ["accuracy"] })).accuracy).toBeCloseTo(share(labels), 6);
});
