// brain.js on the CPU: node bench/peers/brain.mjs --work W1 --seconds 1
//
// Not the same arithmetic: it updates the weights after each sample, has one activation for all layers, the output
// included, and squared error only. A "step" is one pass over the work's batch: samples per second compare, losses do
// not. What is checked is that its error falls.

import Module, { createRequire } from "node:module";
import { measure, reporting, stepOptions } from "../measure.mjs";
import { packageVersion } from "../setup.mjs";
import { fixedBatch, workNamed } from "../works.mjs";

const options = stepOptions(), peer = "brain.js";
await reporting(peer, options, async () => {
  const work = workNamed(options.work), { sizes } = work, classes = sizes.at(-1);
  if (work.inference) throw new Error("is not asked to predict here");
  const { NeuralNetwork } = loadWithoutGpu();
  const { x, y } = fixedBatch(work);
  const samples = Array.from({ length: work.batch }, (_, row) => ({
    input: Array.from(x.subarray(row * sizes[0], (row + 1) * sizes[0])),
    output: classes === 1 ? [y[row]] : Array.from({ length: classes }, (_, k) => (k === y[row] ? 1 : 0)),
  }));
  const { name, ...rates } = work.optimizer;
  const settings = { ...rates, ...(name === "adam" ? { praxis: "adam", activation: "sigmoid" } : { activation: work.activation }) };
  seedRandom(); // its weights come from Math.random
  const net = new NeuralNetwork({ hiddenLayers: sizes.slice(1, -1), ...settings });
  const { preparedData } = net.prepTraining(samples, { ...settings, iterations: 1 });
  const step = () => {
    net.iterations++; // adam counts with it
    return net.calculateTrainingError(preparedData);
  };
  await measure(peer, options, step, { version: packageVersion("brain.js") });
});

/** brain.js requires gpu.js, and that an OpenGL addon to be compiled; the CPU class uses neither, so an empty module
 * takes its place. */
function loadWithoutGpu() {
  const load = Module._load;
  class Nothing {}
  Module._load = (request, ...rest) => (request === "gpu.js"
    ? { GPU: Nothing, Texture: Nothing, Input: Nothing, alias: (_, f) => f, utils: {} } : load(request, ...rest));
  try {
    return createRequire(import.meta.url)("brain.js");
  } finally {
    Module._load = load;
  }
}

function seedRandom() {
  let state = 1;
  Math.random = () => (state = (state * 48271) % 2147483647) / 2147483647;
}
