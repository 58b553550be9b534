// Runs that are well: different losses, models, optimizers and data, and not one warning, neither before nor during. The
// line that is printed says what was told as information.

import { expect, test } from "vitest";
import { adam, createModel, dense, diagnose, doctor, mse, type FitOptions } from "../../src/index.ts";
import * as ops from "../../src/ops/index.ts";
import { numbers } from "../helpers.ts";
import { run } from "./data.ts";
import { healthy } from "./healthy.ts";

/** What may be told of a run that is well: sgd without a schedule, a loss that stands still at its floor. */
const INFO = ["sgd-without-schedule", "plateau"];

test.each(healthy)("$name", async ({ name, make, target }) => {
  const told = new Set<string>();
  for (const seed of [1, 2]) {
    const { model, input, data, options } = make(seed);
    const before = diagnose(await createModel(model, { input, seed }), data, options);
    expect(before.filter(({ severity }) => severity !== "info")).toEqual([]);
    const { codes, info, loss, last } = await run(model, input, data, options, seed);
    expect(codes, JSON.stringify(last)).toEqual([]);
    expect(loss).toBeLessThan(target);
    for (const code of [...before.map((one) => one.code), ...info]) told.add(code);
  }
  for (const code of told) expect(INFO).toContain(code);
  if (told.size) console.info(`${name}: information only, ${[...told].join(", ")}`);
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
