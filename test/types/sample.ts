// Compiled, not run: what users write, under strict and noUncheckedIndexedAccess. tsc is part of `npm test`.

import { writeFile } from "node:fs/promises";
import { adam, cosine, createModel, crossEntropy, dense, dropout, mae, metric, mse, type Report, relu, sequential, type Tensor } from "../../src/index.ts";
import * as ops from "../../src/ops/index.ts";
import { compile, grad, matmul, mean, square } from "../../src/ops/index.ts";

declare const x: Float32Array, y: Int32Array, xt: Float32Array, yt: Int32Array, xNew: Float32Array;

export async function digits(): Promise<void> {
  const model = await createModel(sequential(dense(128), relu(), dropout(0.2), dense(10)), { input: [784], seed: 1 });
  for await (const report of model.fit({ x, y }, {
    loss: crossEntropy(), optimizer: adam({ learningRate: 1e-3 }), schedule: cosine(),
    batchSize: 64, epochs: 5, validation: { x: xt, y: yt }, metrics: ["accuracy"],
  })) console.log(report.epoch, report.loss, report.validation.accuracy);
  const { data, shape } = model.predict(xNew);
  const numbers: Float32Array = data, lengths: number[] = shape;
  console.log(numbers, lengths);
  await writeFile("digits.safetensors", model.save());
  // @ts-expect-error: no such metric was asked for
  for await (const report of model.fit({ x, y }, { loss: crossEntropy(), metrics: ["accuracy"] })) console.log(report.mae);
  // @ts-expect-error: no validation was asked for
  for await (const report of model.fit({ x, y }, { loss: crossEntropy(), metrics: ["accuracy"] })) console.log(report.validation.accuracy);
  const history = await model.fit({ x, y }, { loss: crossEntropy(), metrics: [mae(), metric("spread", { all: () => 1 })], validation: 0.2 });
  const last = history.epochs.at(-1)!, spread: number = last.spread + last.validation.mae;
  const plain: Report = (await model.fit({ x, y }, { loss: crossEntropy() })).epochs[0]!;
  console.log(spread, plain.learningRate);
}

export async function towers(): Promise<void> {
  const tower = dense(8), head = dense(1);
  const model = await createModel(({ user, item }) => ({ score: head(ops.concat([tower(user), tower(item)])) }), { input: { user: [32], item: { shape: [32], dtype: "float32" } } });
  const { score }: { score: Tensor } = model.predict({ user: x, item: x });
  await model.fit({ x: { user: x, item: x }, y: { score: xt } }, { loss: { score: mse() } });
  // @ts-expect-error: no such input
  model.predict({ user: x, thing: x });
  console.log(score);
}

export async function formula(): Promise<void> {
  const f = await compile((a, w) => { const value = mean(square(matmul(a, w))); return [value, ...grad(value, [w])]; }, [[4, 3], [3, 2]]);
  const [value, dw] = f.run([x, xt]);
  console.log(value?.data, dw?.shape);
}
