// The works' steps by lanewise, wherever JavaScript runs: nothing here is of Node.

import { fixedBatch, initialLayers } from "./works.mjs";

/** A work's network. */
export function modelOf({ createModel, sequential, dense, ...lanewise }, { sizes, activation }, options) {
  const layers = sizes.slice(1).flatMap((to, i) => (i === 0 ? [dense(to)] : [lanewise[activation](), dense(to)]));
  return createModel(sequential(...layers), { input: [sizes[0]], ...options });
}

export function trainerOf({ binaryCrossEntropy, crossEntropy, ...lanewise }, model, { loss, batch, optimizer: { name, ...settings } }) {
  return model.trainer({ loss: loss === "crossEntropy" ? crossEntropy() : binaryCrossEntropy(), optimizer: lanewise[name](settings), batchSize: batch });
}

/** A work's step: a function that does one and returns its loss; for a prediction, the sum of the outputs. `options` are
 * createModel's; `model` is what it made. */
export async function lanewiseStep({ lanewise }, work, options = {}) {
  const model = await modelOf(lanewise, work, options);
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
  const trainer = trainerOf(lanewise, model, work), batch = { x, y };
  return { model, dispose, step: () => trainer.step(batch) };
}
