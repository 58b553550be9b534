// What is trained, wherever it is trained: is a point of the square in the ring?

import { adam, cosine, crossEntropy, dense, relu, sequential } from "lanewise";

const points = Array.from({ length: 1024 }, (_, i) => [(i % 32) / 16 - 1, Math.floor(i / 32) / 16 - 1] as const);

export const data = {
  x: points.map((point) => [...point]),
  y: points.map(([x, y]) => (x * x + y * y > 0.2 && x * x + y * y < 0.7 ? "ring" : "outside")),
};
export const network = () => sequential(dense(32), relu(), dense(32), relu(), dense(2));
export const options = { input: [2], classes: ["outside", "ring"], seed: 1 };
export const training = {
  loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), schedule: cosine(), batchSize: 32, epochs: 30, metrics: ["accuracy"],
} as const;
