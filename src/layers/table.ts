// The kinds of layers by name, for loadModel. Nothing else imports this file.

import { dense } from "./dense.ts";
import * as layers from "./index.ts";
import type { Layer } from "./layer.ts";

type Options = Readonly<Record<string, any>>;

/** Makes a layer of a kind from its saved options. Layers that hold others are made by loadModel itself. */
export function layerTable(): Map<string, (options: Options) => Layer> {
  const plain = ["flatten", "relu", "sigmoid", "tanh", "softmax", "logSoftmax"] as const;
  const table = new Map<string, (options: Options) => Layer>(plain.map((type) => [type, () => layers[type]()]));
  table.set("dense", ({ units, ...options }) => dense(units, options));
  table.set("dropout", ({ rate }) => layers.dropout(rate));
  table.set("leakyRelu", ({ slope }) => layers.leakyRelu(slope));
  return table;
}
