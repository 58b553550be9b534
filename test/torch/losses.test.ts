// The losses against PyTorch, through a trainer and through evaluate: the loss of a batch with both reductions, and its
// gradient with respect to the predictions.

import { afterAll, expect, test } from "vitest";
import { createModel, dense, losses, type Model, sgd } from "../../src/index.ts";
import { subtract } from "../../src/ops/index.ts";
import { fixture, type Input, numbers, type Saved } from "./fixtures.ts";
import { Worst } from "../worst.ts";

export interface LossCase {
  loss: keyof typeof losses;
  options: { reduction: string } & Record<string, unknown>;
  /** [rows, outputs] */
  prediction: Input;
  target: Input;
  value: Saved;
  gradient: Saved;
}

const worst = new Worst("losses");
afterAll(() => worst.print());

/** A model whose predictions for the rows of the identity are the columns of its weight, so that the weight's gradient
 * is that of the predictions. The difference is a graph of one's own, which may end in probabilities. */
async function predicting({ shape, data }: Input): Promise<{ model: Model; x: Float32Array }> {
  const [rows, outputs] = shape as [number, number];
  const model = await createModel((x) => subtract(dense(outputs, { bias: false, name: "p" })(x), 0), { input: [rows] });
  model.setParameters({ "p.weight": { data: transposed(numbers(data), rows, outputs), shape: [outputs, rows] } });
  return { model, x: Float32Array.from({ length: rows * rows }, (_, i) => (i % (rows + 1) === 0 ? 1 : 0)) };
}

/** [rows, columns] → [columns, rows] */
function transposed(data: ArrayLike<number>, rows: number, columns: number): number[] {
  return Array.from({ length: rows * columns }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
}

fixture<LossCase>("losses.json").forEach(({ loss: name, options, prediction, target, value, gradient }, i) => {
  const kind = target.dtype ?? "float32", [rows, outputs] = prediction.shape as [number, number];
  const of = `${i}: ${name}(${JSON.stringify(options)}) of [${rows}, ${outputs}] for ${kind} [${target.shape.join(", ")}]`;
  test(of, async () => {
    const loss = losses[name](options as never), { model, x } = await predicting(prediction);
    const data = { x, y: { data: numbers(target.data), shape: target.shape } };
    const evaluated = await model.evaluate(data, { loss });
    worst.check(name, "value", `${of}, the loss of evaluate`, [evaluated.loss], value);
    const trainer = model.trainer({ loss, optimizer: sgd() }), result = trainer.gradients(data);
    worst.check(name, "value", `${of}, the loss of a step`, [result.loss], value);
    worst.check(name, "gradient", `${of}, the gradient`, transposed(result.gradients.get("p.weight")!.data, outputs, rows), gradient,
      { zeros: "the matrix product adds zeros of either sign" });
    expect(trainer.step(data)).toBe(result.loss);
    model.dispose();
  });
});
