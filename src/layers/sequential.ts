// Layers in a row.

import { OptionError, show } from "../errors.ts";
import { isLayer, type Layer, makeLayer } from "./layer.ts";

/** The layers one after the other. Parameters are named by a layer's place, counting every layer ("0.weight",
 * "2.weight"), or by its option `name`. https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 *
 * @throws OptionError if something else than a layer is given.
 * @example
 * const model = await createModel(sequential(dense(3), relu(), dense(1)), { input: [2] });
 * [...model.parameters.keys()] // → ["0.weight", "0.bias", "2.weight", "2.bias"]
 */
export function sequential(...layers: Layer[]): Layer {
  const list = layers.length === 1 && Array.isArray(layers[0]) ? (layers[0] as Layer[]) : layers;
  list.forEach((item, i) => {
    if (isLayer(item)) return;
    const hint = typeof item === "function" ? "; a function on Values becomes one with layer(name, f), and layers are made by calling: relu()" : "";
    throw new OptionError("not-a-layer", `sequential: wanted layers, got ${show(item)} as number ${i}${hint}`, { option: String(i), got: item });
  });
  if (list.length === 0) throw new OptionError("bad-option", "sequential: wanted at least one layer, got none", { option: "layers", got: 0 });
  return makeLayer("sequential", { layers: list }, (x, scope) =>
    list.reduce((value, item, i) => scope.child(item, value, String(i)), x));
}
