// The same page with tfjs, by the least of it that trains: its core, without layers.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/register_all_gradients";

export async function train() {
  const x = tf.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), y = tf.tensor([[0], [1], [1], [0]]);
  const draw = (shape, seed) => tf.variable(tf.randomUniform(shape, -1, 1, "float32", seed));
  const w1 = draw([2, 8], 1), b1 = tf.variable(tf.zeros([8])), w2 = draw([8, 1], 2), b2 = tf.variable(tf.zeros([1]));
  const forward = () => tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(x, w1), b1)), w2), b2);
  const optimizer = tf.train.adam(0.05);
  for (let epoch = 1; epoch <= 300; epoch++) {
    const loss = optimizer.minimize(() => tf.losses.sigmoidCrossEntropy(y, forward()), true);
    document.body.textContent = "epoch " + epoch + ": " + (await loss.data())[0];
    loss.dispose();
  }
  document.body.textContent += " " + [...await forward().data()].map((logit) => (logit > 0 ? 1 : 0)).join(" ");
}
