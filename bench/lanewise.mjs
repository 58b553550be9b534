// lanewise as the bench uses it: the modules of a build, and the works' train steps with them. A build is found by the
// root of its checkout, so that two of them can be compared.

import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fixedBatch, initialLayers } from "./works.mjs";

/** The checkout in which this file stands. */
export const here = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The modules `lanewise` and `lanewise/ops` of a checkout that has been built. */
export async function loadBuild(root = here) {
  const load = (file) => import(pathToFileURL(join(root, "dist", file)).href);
  return { root, lanewise: await load("index.js"), ops: await load("ops.js") };
}

/** A work's model with its initial weights, and the options of its training. */
export async function lanewiseModel({ lanewise }, work) {
  const { createModel, sequential, dense, binaryCrossEntropy, crossEntropy } = lanewise;
  const layers = work.sizes.slice(1).flatMap((to, i) => (i === 0 ? [dense(to)] : [lanewise[work.activation](), dense(to)]));
  const model = await createModel(sequential(...layers), { input: [work.sizes[0]] });
  model.setParameters(new Map(initialLayers(work).flatMap(({ from, to, weight, bias }, i) => [
    // the names and layouts are PyTorch's: [out, in]
    [`${2 * i}.weight`, { data: Float32Array.from(weight, (_, at) => weight[(at % from) * to + Math.floor(at / from)]), shape: [to, from] }],
    [`${2 * i}.bias`, { data: bias, shape: [to] }],
  ])));
  const { name, ...settings } = work.optimizer;
  return { model, options: { loss: work.loss === "crossEntropy" ? crossEntropy() : binaryCrossEntropy(), optimizer: lanewise[name](settings), batchSize: work.batch } };
}

/** A work's step: a function that does one and returns its loss; for a prediction, the sum of the outputs. */
export async function lanewiseStep(build, work) {
  const { model, options } = await lanewiseModel(build, work), { x, y } = fixedBatch(work), dispose = () => model.dispose();
  if (work.inference) {
    const into = new Float32Array(work.batch * work.sizes.at(-1));
    return { dispose, step: () => model.predict(x, { into }).data.reduce((a, b) => a + b, 0) };
  }
  const trainer = model.trainer(options), batch = { x, y };
  return { dispose, step: () => trainer.step(batch) };
}
