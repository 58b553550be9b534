// What a reading of the promises word by word has found.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  bestWeights, createModel, crossEntropy, dense, diagnose, doctor, findLearningRate, flatten, layer, lbfgs, mse, OptionError, r2, reduceOnPlateau, sequential, sgd,
  tripletMargin, truncatedNormal, klDivergence, logSoftmax,
} from "../src/index.ts";
import * as ops from "../src/ops/index.ts";
import { numbers } from "./helpers.ts";

const x = numbers(128), y = Float32Array.from({ length: 64 }, (_, i) => x[2 * i]! - x[2 * i + 1]! + 1);

test("an epoch whose steps were all left out has no loss: it is no best one", async () => {
  const model = await createModel(dense(1), { input: [2], seed: 3 });
  const { epochs } = await model.fit({ x, y }, {
    loss: mse(), optimizer: sgd({ learningRate: 3 }), epochs: 300, batchSize: 64, doctor: doctor(), onNonFinite: "rollback", callbacks: [bestWeights({ monitor: "loss" })],
  });
  expect(epochs.filter(({ loss }) => Number.isNaN(loss)).length).toBeGreaterThan(0);
  expect(epochs.filter(({ loss }) => loss === 0)).toEqual([]);
  expect((await model.evaluate({ x, y })).loss).toBeLessThan(1e-6);
});

test("the same for a loss that is a sum, and for a metric", async () => {
  const model = await createModel(sequential(dense(1, { initializer: "zeros" }), layer("root", (v) => ops.sqrt(v))), { input: [2] });
  const { epochs: [only] } = await model.fit({ x, y }, { loss: mse({ reduction: "sum" }), optimizer: sgd(), doctor: doctor(), onNonFinite: "skip", metrics: ["mae"] });
  expect([only!.loss, only!.mae]).toEqual([NaN, NaN]);
});

test("r2 of class numbers is refused, as is that of targets of another width", async () => {
  const model = await createModel(flatten(), { input: [3] }), rows = [[3, 2, 1], [1, 2, 3]];
  for (const loss of [crossEntropy(), tripletMargin()]) await expect(model.evaluate({ x: rows, y: [2, 0] }, { loss: loss as never, metrics: [r2()] })).rejects.toThrow(OptionError);
});

test("options that are left out are missed by name", async () => {
  const model = await createModel(dense(1), { input: [2] });
  expect(() => diagnose(model, { x, y }, undefined as never)).toThrow(/loss: wanted/);
  await expect(findLearningRate(model, { x, y }, undefined as never)).rejects.toThrow(/loss: wanted/);
});

test("the fix of a step that was left out is one that lbfgs takes", async () => {
  const model = await createModel(sequential(dense(1), layer("root", (v) => ops.sqrt(v))), { input: [2], seed: 1 });
  const { epochs } = await model.fit({ x, y }, { loss: mse(), optimizer: lbfgs(), epochs: 2, doctor: doctor(), onNonFinite: "skip" });
  expect(epochs[0]!.findings[0]!.fix).not.toContain("clipNorm");
});

// the best is 1, and the fourth is better than that by 1.5e-4
test("reduceOnPlateau takes a fall of one in two thousand for an improvement", () => {
  const schedule = reduceOnPlateau({ monitor: "loss", patience: 0 });
  const at = (share: number) => {
    const reports = Array.from({ length: 4 }, (_, i) => ({ loss: (1 - share) ** i }));
    return schedule(40, { steps: 100, epochs: 10, base: 1, reports, monitors: ["loss"] } as never);
  };
  expect([at(5e-4), at(5e-5)]).toEqual([1, expect.closeTo(0.01, 8)]);
});

test("truncatedNormal goes as far as two deviations", async () => {
  const model = await createModel(dense(100, { initializer: truncatedNormal() }), { input: [100] });
  const most = model.parameters.get("weight")!.data.reduce((a, w) => Math.max(a, Math.abs(w)), 0);
  expect(most).toBeLessThanOrEqual(2);
  expect(most).toBeGreaterThan(1.99);
});

test("klDivergence refuses logarithms above 0 by more than rounding", async () => {
  const model = await createModel(logSoftmax(), { input: [2] });
  await expect(model.evaluate({ x: [[0, 1]], y: [[-1, 0.01]] }, { loss: klDivergence({ logTarget: true }) })).rejects.toMatchObject({ code: "bad-target" });
});

test("the guide has PyTorch's names as the table of the proof has them", () => {
  const guide = readFileSync(join(import.meta.dirname, "../docs/choosing.md"), "utf8");
  const rows = JSON.parse(readFileSync(join(import.meta.dirname, "proof/catalogue.json"), "utf8")) as { name: string; torch?: string }[];
  let compared = 0;
  for (const [, name, line] of guide.matchAll(/^### (\w+)$[\s\S]*?^- \*\*PyTorch:\*\* (.*)$/gm)) {
    const torch = rows.find((row) => row.name === name)?.torch?.split(".").at(-1);
    if (!torch) continue;
    compared++;
    expect(line, name).toMatch(new RegExp(`\\b${torch}\\b`));
  }
  expect(compared).toBeGreaterThan(45);
});
