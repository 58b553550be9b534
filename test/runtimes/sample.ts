// The public surface as a strict program of a user: only compiled, with the packed declarations.

export const sample = `import {
  adam, cosine, createModel, crossEntropy, dense, dropout, hash, loadModel, type Model, ops, relu, sequential, type Tensor,
} from "lanewise";
import { grad, matmul, type Value } from "lanewise/ops";

declare const x: Float32Array, y: Uint8Array, xt: number[][], yt: string[], xNew: Uint8Array;

const model = await createModel(sequential(dense(128), relu(), dropout(0.2), dense(10)), { input: [784], seed: 1 });

for await (const report of model.fit({ x, y }, {
  loss: crossEntropy(), optimizer: adam({ learningRate: 1e-3 }), schedule: cosine(),
  batchSize: 64, epochs: 5, validation: { x: xt, y: yt }, metrics: ["accuracy"],
})) {
  const numbers: number[] = [report.epoch, report.loss, report.accuracy, report.validation.accuracy, report.validation.loss];
  void numbers;
}

const { data, shape } = model.predict(xNew);
const typed: [Float32Array, number[]] = [data, shape];
const bytes: Uint8Array = model.save();
const again: Model = await loadModel(bytes);
const digits: string = hash(again);

const two = await createModel(({ user, item }) => ({ score: dense(1)(ops.concat([user, item], 1)) }), { input: { user: [32], item: [32] } });
const score: Tensor = two.predict({ user: x, item: x }).score;
const gradient = (a: Value, w: Value): Value | undefined => grad(ops.mean(matmul(a, w)), [w])[0];

// @ts-expect-error: no such input
two.predict({ person: x });
// @ts-expect-error: no such option
adam({ lr: 1 });

void [typed, digits, score, gradient];
`;
