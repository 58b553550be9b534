// The kinds of layers by name, for loadModel. Nothing else imports this file.

import { dense } from "./dense.ts";
import * as layers from "./index.ts";
import type { Layer } from "./layer.ts";

type Options = Readonly<Record<string, any>>;

/** Makes a layer of a kind from its saved options. Layers that hold others are made by loadModel itself. */
export function layerTable(): Map<string, (options: Options) => Layer> {
  const plain = [
    "flatten", "relu", "relu6", "selu", "mish", "softsign", "hardSigmoid", "hardSwish", "sigmoid", "logSigmoid", "tanh", "softmax", "logSoftmax",
  ] as const;
  const table = new Map<string, (options: Options) => Layer>(plain.map((type) => [type, () => layers[type]()]));
  table.set("dense", ({ units, ...options }) => dense(units, options));
  for (const type of ["dropout", "alphaDropout"] as const) table.set(type, ({ rate }) => layers[type](rate));
  table.set("gaussianNoise", ({ deviation }) => layers.gaussianNoise(deviation));
  table.set("leakyRelu", ({ slope }) => layers.leakyRelu(slope));
  for (const type of ["elu", "celu"] as const) table.set(type, ({ alpha }) => layers[type](alpha));
  for (const type of ["prelu", "gelu", "silu", "softplus", "hardTanh"] as const) table.set(type, (options) => layers[type](options));
  return table;
}
