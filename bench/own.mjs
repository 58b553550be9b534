// The works' steps by lanewise, wherever JavaScript runs: nothing here is of Node.

import { fixedBatch, initialLayers } from "./works.mjs";

/** A work's step: a function that does one and returns its loss; for a prediction, the sum of the outputs. `options` are
 * createModel's; `model` is what it made. */
export async function lanewiseStep({ lanewise }, work, options = {}) {
  const { createModel, sequential, dense, binaryCrossEntropy, crossEntropy } = lanewise;
  const layers = work.sizes.slice(1).flatMap((to, i) => (i === 0 ? [dense(to)] : [lanewise[work.activation](), dense(to)]));
  const model = await createModel(sequential(...layers), { input: [work.sizes[0]], ...options });
  model.setParameters(new Map(initialLayers(work).flatMap(({ from, to, weight, bias }, i) => [
    // the names and layouts are PyTorch's: [out, in]
    [`${2 * i}.weight`, { data: Float32Array.from(weight, (_, at) => weight[(at % from) * to + Math.floor(at / from)]), shape: [to, from] }],
    [`${2 * i}.bias`, { data: bias, shape: [to] }],
  ])));
  const { x, y } = fixedBatch(work), dispose = () => model.dispose();
  if (work.inference) {
    const into = new Float32Array(work.batch * work.sizes.at(-1));
    return { model, dispose, step: () => model.predict(x, { into }).data.reduce((a, b) => a + b, 0) };
  }
  const { name, ...settings } = work.optimizer;
  const trainer = model.trainer({
    loss: work.loss === "crossEntropy" ? crossEntropy() : binaryCrossEntropy(), optimizer: lanewise[name](settings), batchSize: work.batch,
  });
  const batch = { x, y };
  return { model, dispose, step: () => trainer.step(batch) };
}
