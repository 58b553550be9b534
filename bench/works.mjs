// The whole train steps that are measured, and their data. Every peer starts from the same weights, sees the same batch
// and uses the same optimizer, so their losses must be the same too: reference.mjs computes them in f64.
//
// All numbers come from one function of (stream, index). The weights of parameter number j (w, b, w, b …) of work `id`
// are stream 1000·id + j; its inputs are stream 1000·id + 900 and its labels 1000·id + 901. Dense weights are
// [in, out]. peers/pytorch.py has the same formulas.

/** Number `index` of a stream, in [0, 1): the mixing function of mulberry32 at a counter. */
export function uniform(stream, index) {
  const counter = (Math.imul(stream, 0x9e3779b1) + Math.imul(index + 1, 0x6d2b79f5)) | 0;
  const first = Math.imul(counter ^ (counter >>> 15), counter | 1);
  const second = first ^ (first + Math.imul(first ^ (first >>> 7), first | 61));
  return ((second ^ (second >>> 14)) >>> 0) / 2 ** 32;
}

const adam = { name: "adam", learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const classifier = { activation: "relu", loss: "crossEntropy", optimizer: adam };

/** sizes: of the layers, inputs first. Between them stands the activation; the last layer gives logits. */
export const works = {
  W1: {
    id: 1, title: "XOR 2-8-1, batch 4, sgd + momentum", sizes: [2, 8, 1], batch: 4, activation: "tanh",
    loss: "binaryCrossEntropy", optimizer: { name: "sgd", learningRate: 0.1, momentum: 0.9 },
  },
  W8: { id: 8, title: "13-64-32-3, batch 32, adam", sizes: [13, 64, 32, 3], batch: 32, ...classifier },
  W2: { id: 2, title: "784-128-10, batch 64, adam", sizes: [784, 128, 10], batch: 64, ...classifier },
  W3: { id: 3, title: "784-512-512-10, batch 128, adam", sizes: [784, 512, 512, 10], batch: 128, ...classifier },
};
/** Predictions by W2's network. */
works.W7a = { ...works.W2, title: "784-128-10, prediction of 1 row", batch: 1, inference: true };
works.W7c = { ...works.W2, title: "784-128-10, prediction of 256 rows", batch: 256, inference: true };

export function workNamed(name) {
  const work = works[name];
  if (!work) throw new Error(`no work ${name}; there are ${Object.keys(works).join(", ")}`);
  return work;
}

/** For each layer { from, to, weight [from, to], bias [to] }: uniform in ±1 / √from. */
export function initialLayers({ id, sizes }) {
  return sizes.slice(1).map((to, layer) => {
    const from = sizes[layer], bound = 1 / Math.sqrt(from);
    const draw = (stream, length) => Float32Array.from({ length }, (_, i) => (2 * uniform(stream, i) - 1) * bound);
    const stream = 1000 * id + 2 * layer;
    return { from, to, weight: draw(stream, from * to), bias: draw(stream + 1, to) };
  });
}

/** The batch: x [batch, in], and y: class numbers (Int32Array), or 0 and 1 for XOR (Float32Array). */
export function fixedBatch({ id, sizes, batch, loss }) {
  if (loss === "binaryCrossEntropy")
    return { x: Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), y: Float32Array.of(0, 1, 1, 0) };
  const stream = 1000 * id + 900, classes = sizes.at(-1);
  return {
    x: Float32Array.from({ length: batch * sizes[0] }, (_, i) => uniform(stream, i)),
    y: Int32Array.from({ length: batch }, (_, i) => Math.floor(uniform(stream + 1, i) * classes)),
  };
}
