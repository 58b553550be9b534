// TensorFlow.js on one thread: node bench/peers/tfjs.mjs --backend wasm|cpu --work W2 --seconds 1

import { createRequire } from "node:module";
import { dirname } from "node:path";
import { measure, reporting, stepOptions } from "../measure.mjs";
import { fixedBatch, initialLayers, workNamed } from "../works.mjs";

const options = stepOptions({ backend: "wasm" }), peer = `tfjs-${options.backend}`;
const require = createRequire(import.meta.url);
await reporting(peer, options, async () => {
  const work = workNamed(options.work), tf = await ready(options.backend);
  const { x, y } = fixedBatch(work), rows = work.batch, classes = work.sizes.at(-1);
  const input = tf.tensor(x, [rows, work.sizes[0]]);
  const layers = initialLayers(work).map(({ from, to, weight, bias }) => [tf.variable(tf.tensor(weight, [from, to])), tf.variable(tf.tensor(bias, [to]))]);
  const forward = () => layers.reduce((h, [w, b], i) => tf.add(tf.matMul(i ? tf[work.activation](h) : h, w), b), input);

  let step;
  if (work.inference) step = () => tf.tidy(() => forward().dataSync().reduce((a, b) => a + b, 0));
  else {
    const target = work.loss === "crossEntropy" ? tf.oneHot(tf.tensor1d(y, "int32"), classes).cast("float32") : tf.tensor(y, [rows, 1]);
    const loss = work.loss === "crossEntropy" ? tf.losses.softmaxCrossEntropy : tf.losses.sigmoidCrossEntropy;
    const { learningRate, momentum, beta1, beta2, epsilon } = work.optimizer;
    const optimizer = work.optimizer.name === "sgd" ? tf.train.momentum(learningRate, momentum) : tf.train.adam(learningRate, beta1, beta2, epsilon);
    step = (read) => tf.tidy(() => {
      const value = optimizer.minimize(() => loss(target, forward()), true, layers.flat());
      return read ? value.dataSync()[0] : undefined;
    });
  }
  await measure(peer, options, step, { version: tf.version.tfjs });
});

/** The library with the backend, on one thread. */
async function ready(backend) {
  const { warn } = console;
  console.warn = () => {}; // it advertises tfjs-node
  const tf = require("@tensorflow/tfjs");
  if (backend === "wasm") {
    const wasm = require("@tensorflow/tfjs-backend-wasm");
    wasm.setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}/`);
    wasm.setThreadsCount(1);
  }
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs has no backend ${backend} here`);
  await tf.ready();
  if (backend === "wasm" && !(await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT"))) throw new Error("tfjs-wasm runs without SIMD");
  console.warn = warn;
  return tf;
}
