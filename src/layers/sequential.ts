// Layers in a row.

import { OptionError } from "../errors.ts";
import { badOption } from "../options.ts";
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
    const fix = typeof item === "function" ? "a layer is made by a call, as relu(), or of a function by layer(name, f)" : undefined;
    throw new OptionError("not-a-layer", { option: "sequential", position: i, wanted: "a layer", got: item, fix });
  });
  if (list.length === 0) throw badOption("sequential", list, "at least one layer");
  return makeLayer("sequential", { layers: list }, (x, scope) =>
    list.reduce((value, item, i) => scope.child(item, value, String(i)), x));
}
