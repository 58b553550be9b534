// What the service trains: a small classifier of rows of numbers.
import { adam, createModel, crossEntropy, dense, relu, sequential } from "lanewise";

export const options = { loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), batchSize: 16, epochs: 30 };

/** A new network for such rows; its classes are the labels that there are. */
export function networkFor({ x, y }) {
  const classes = [...new Set(y)].sort();
  return createModel(sequential(dense(16), relu(), dense(classes.length)), { input: [x[0].length], classes, seed: 1 });
}
