// A page that trains XOR, and shows what it has learnt.

import { adam, binaryCrossEntropy, createModel, dense, sequential, tanh } from "lanewise";

const x = [[0, 0], [0, 1], [1, 0], [1, 1]], y = [0, 1, 1, 0];
const model = await createModel(sequential(dense(8), tanh(), dense(1)), { input: [2], seed: 1 });
for await (const report of model.fit({ x, y }, { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.05 }), batchSize: 4, epochs: 300 }))
  document.body.textContent = "epoch " + report.epoch + ": " + report.loss;
document.body.textContent += " " + model.predict(x).data.map((logit) => (logit > 0 ? 1 : 0)).join(" ");
