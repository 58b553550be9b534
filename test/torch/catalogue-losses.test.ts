// The losses of the catalogue with every option against PyTorch: through evaluate, whatever its batch size, and through a
// trainer, with and without row weights; and the gradient with respect to the predictions.

import { afterAll, expect, test } from "vitest";
import { createModel, dense, losses, type Model, sgd } from "../../src/index.ts";
import { subtract } from "../../src/ops/index.ts";
import type { LossCase } from "./losses.test.ts";
import { fixture, type Input, numbers } from "./fixtures.ts";
import { type Tolerance, Worst } from "../worst.ts";

interface CatalogueCase extends LossCase {
  weight?: Input;
}

/** Where float32 rounds more than 2e-6. */
const TOLERANCES: Readonly<Record<string, Tolerance>> = {};

const worst = new Worst("losses of the catalogue");
afterAll(() => worst.print());

/** [rows, columns] → [columns, rows] */
function transposed(data: ArrayLike<number>, rows: number, columns: number): number[] {
  return Array.from({ length: rows * columns }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
}

const rows = fixture<CatalogueCase>("catalogue_losses.json");

rows.forEach(({ loss: name, options, prediction, target, weight, value, gradient }, i) => {
  const kind = target.dtype ?? "float32", [count, outputs] = prediction.shape as [number, number];
  const of = `${i}: ${name}(${JSON.stringify(options)}) of [${count}, ${outputs}] for ${kind} [${target.shape.join(", ")}]${weight ? " with row weights" : ""}`;
  test(of, async () => {
    const loss = losses[name](options as never), tolerance = { ...TOLERANCES[name], zeros: "zeros are multiplied and added with either sign" };
    // the identity's rows through a layer whose weight's columns are the predictions: the weight's gradient is theirs
    const model: Model = await createModel((x) => subtract(dense(outputs, { bias: false, name: "p" })(x), 0), { input: [count] });
    model.setParameters({ "p.weight": { data: transposed(numbers(prediction.data), count, outputs), shape: [outputs, count] } });
    const x = Float32Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 1 : 0));
    const data = { x, y: { data: numbers(target.data), shape: target.shape }, ...(weight && { weight: numbers(weight.data) }) };
    for (const batchSize of [256, 2])
      worst.check(name, "value", `${of}, evaluate's loss in batches of ${batchSize}`, [(await model.evaluate(data, { loss, batchSize })).loss], value, tolerance);
    const trainer = model.trainer({ loss, optimizer: sgd() }), result = trainer.gradients(data);
    worst.check(name, "value", `${of}, the loss of a step`, [result.loss], value, tolerance);
    worst.check(name, "gradient", `${of}, the gradient`, transposed(result.gradients.get("p.weight")!.data, outputs, count), gradient, tolerance);
    expect(trainer.step(data)).toBe(result.loss);
    model.dispose();
  });
});

test("every loss has cases, and every option one beside its default", () => {
  const seen = new Map<string, Map<string, Set<string>>>();
  for (const { loss, options } of rows)
    for (const [option, value] of Object.entries(losses[loss](options as never).options)) {
      const values = seen.get(loss) ?? seen.set(loss, new Map()).get(loss)!;
      values.set(option, (values.get(option) ?? new Set()).add(JSON.stringify(value)));
    }
  const known: Readonly<Record<string, readonly string[]>> = {
    mse: [], mae: [], huber: ["delta"], smoothL1: ["beta"], hinge: [], squaredHinge: [], multiMargin: ["power", "margin", "classWeights"],
    crossEntropy: ["from", "labelSmoothing", "classWeights", "ignoreIndex"], nll: ["classWeights", "ignoreIndex"],
    binaryCrossEntropy: ["from", "posWeight"], klDivergence: ["logTarget"], focal: ["variant", "gamma", "alpha"], cosineSimilarity: ["pairs", "margin"],
    tripletMargin: ["margin", "power", "epsilon", "swap"],
  };
  expect([...seen.keys()].sort()).toEqual(Object.keys(losses).sort());
  expect(Object.keys(known).sort()).toEqual(Object.keys(losses).sort());
  for (const [loss, options] of Object.entries(known))
    for (const option of ["reduction", ...options]) {
      const others = [...(seen.get(loss)!.get(option) ?? [])].filter((value) => value !== JSON.stringify(losses[loss as "mse"]().options[option as "reduction"]));
      expect(others.length, `${loss}: ${option}`).toBeGreaterThan(0);
    }
});
