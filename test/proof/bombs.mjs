// Files of some megabytes that are made to cost much more: depth, names, escapes, shapes.

import { fileOf } from "./weights-mutations.mjs";

const SIZE = 20_000_000, none = new Uint8Array(0);
const spread = (make, count) => Array.from({ length: count }, (_, i) => make(i)).join(",");
/** A file whose metadata has this text under a name. */
const described = (key, text) => fileOf(JSON.stringify({ __metadata__: { [key]: text } }), none);

/** By name: what makes the file, and what reads it. */
export function bombs({ createModel, dense, inspect, loadModel, mse, readSafetensors }) {
  const resume = async (bytes) => {
    const model = await createModel(dense(1), { input: [1] });
    model.trainer({ loss: mse(), resume: bytes });
  };
  const reader = (make) => ({ make, read: (bytes) => readSafetensors(bytes) });
  const nested = "[".repeat(SIZE / 2) + "]".repeat(SIZE / 2);
  return {
    "lists within lists": reader(() => fileOf(`{"a":${nested}}`, none)),
    "objects within objects": reader(() => fileOf('{"a":'.repeat(SIZE / 5) + "1" + "}".repeat(SIZE / 5), none)),
    "millions of tensors": reader(() => fileOf(`{${spread((i) => `"${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`, SIZE / 60)}}`, none)),
    "millions of entries of metadata": reader(() => fileOf(`{"__metadata__":{${spread((i) => `"${i}":""`, SIZE / 12)}}}`, none)),
    "a shape of millions of axes": reader(() => fileOf(`{"a":{"dtype":"F32","shape":[${"1,".repeat(SIZE / 2)}1],"data_offsets":[0,4]}}`, none)),
    "a number of millions of digits": reader(() => fileOf(`{"a":{"dtype":"F32","shape":[${"1".repeat(SIZE)}],"data_offsets":[0,4]}}`, none)),
    "a name of backslashes": reader(() => fileOf(`{"${"\\".repeat(SIZE)}":{}}`, none)),
    "a name of quotes": reader(() => fileOf(`{"${'\\"'.repeat(SIZE / 2)}":{}}`, none)),
    "a name without an end": reader(() => fileOf(`{"${"a".repeat(SIZE)}`, none)),
    "spaces": reader(() => fileOf(`{${" ".repeat(SIZE)}`, none)),
    "a tensor that says it is as large as memory": reader(() => fileOf('{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}', none)),
    "a header of 2^63 bytes": reader(() => fileOf("{}", none, 2n ** 63n - 1n)),
    "inspect: a description of lists": { make: () => described("lanewise.model", nested), read: inspect },
    "loadModel: a description of lists": { make: () => described("lanewise.model", nested), read: (bytes) => loadModel(bytes) },
    "loadModel: layers within layers, called without end": {
      make: () => described("lanewise.model", JSON.stringify({
        format: 1, numerics: 1, inputs: [{ name: "input", shape: [1], dtype: "float32" }], single: true, root: 99, classes: null, losses: {}, seed: 0,
        layers: [{ type: "relu", options: {} }, ...Array.from({ length: 99 }, (_, i) => ({ type: "sequential", options: {}, layers: [i, i, i] }))],
      })),
      read: (bytes) => loadModel(bytes),
    },
    "loadModel: a layer as large as memory": {
      make: () => described("lanewise.model", JSON.stringify({
        format: 1, numerics: 1, inputs: [{ name: "input", shape: [100000], dtype: "float32" }], single: true, root: 0, classes: null, losses: {}, seed: 0,
        layers: [{ type: "dense", options: { units: 1000000000 } }],
      })),
      read: (bytes) => loadModel(bytes),
    },
    "loadModel: a long name before many layers": {
      make: () => described("lanewise.model", JSON.stringify({
        format: 1, numerics: 1, inputs: [{ name: "input", shape: [1], dtype: "float32" }], single: true, root: 50_001, classes: null, losses: {}, seed: 0,
        layers: [
          ...Array.from({ length: 50_000 }, () => ({ type: "relu", options: {} })), { type: "sequential", options: { name: "n".repeat(1_000_000) }, layers: Array.from({ length: 50_000 }, (_, i) => i) },
          { type: "sequential", options: {}, layers: [50_000] },
        ],
      })),
      read: (bytes) => loadModel(bytes),
    },
    "loadModel: many inputs": {
      make: () => described("lanewise.model", JSON.stringify({
        format: 1, numerics: 1, inputs: Array.from({ length: 300_000 }, (_, i) => ({ name: `${i}`, shape: [1], dtype: "float32" })), single: false, classes: null, losses: {}, seed: 0,
        layers: [], steps: [], outputs: { "": "0" },
      })),
      read: (bytes) => loadModel(bytes),
    },
    "resume: a description of lists": { make: () => described("lanewise.checkpoint", nested), read: resume },
  };
}
