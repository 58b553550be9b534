// The fully connected layer.

import { ShapeError } from "../errors.ts";
import type { InitializerOption } from "../initializers/initializer.ts";
import { toInitializer } from "../initializers/resolve.ts";
import { checkNames, wantBoolean, wantCount } from "../options.ts";
import { add } from "../ops/binary.ts";
import { matmul } from "../ops/matmul.ts";
import { reshape } from "../ops/shape.ts";
import { type Layer, makeLayer, type ParameterOptions } from "./layer.ts";

export interface DenseOptions {
  /** Adds a bias; true by default. */
  bias?: boolean;
  /** How the weight starts; PyTorch's ±1 / √in by default. The bias starts so too, or at 0 where an initializer is given. "auto"
   * goes by the activation that comes next: he for relu and its kin, lecun for selu, xavier for others; see auto(). */
  initializer?: InitializerOption;
  /** Does training change it? True by default. */
  trainable?: boolean;
  /** Its name in `model.parameters`; its number in the model by default. */
  name?: string;
}

/** x · W + b: [..., in] → [..., units]. Parameters as PyTorch has them: weight [units, in], bias [units].
 * https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
 *
 * @throws OptionError if units is not a whole number of at least 1, or for an unknown option.
 * @example
 * const model = await createModel(dense(1, { initializer: () => [2, 3] }), { input: [2] });
 * model.predict([[1, 10]]).data // → [32]
 */
export function dense(units: number, options: DenseOptions = {}): Layer {
  wantCount("dense: units", units);
  checkNames("dense", options, ["bias", "initializer", "trainable", "name"]);
  const { bias = true, initializer, trainable = true } = options;
  wantBoolean("dense: bias", bias);
  wantBoolean("dense: trainable", trainable);
  if (initializer !== undefined) toInitializer(initializer);
  return makeLayer("dense", { units, ...options }, (x, scope) => {
    const features = x.shape.at(-1)!;
    if (x.shape.length < 2)
      throw new ShapeError("shape-mismatch", { ...x.graph.at, wanted: "[rows, ..., features]", got: x.shape });
    const fans = { fanIn: features, fanOut: units };
    // in memory [in, units], so that the forward pass reads it in rows
    const stored: ParameterOptions = { trainable, order: [1, 0], fans, initializer };
    const flat = reshape(x, [x.size / features, features]);
    let y = matmul(flat, scope.parameter("weight", [features, units], stored));
    if (bias) {
      const start: ParameterOptions = { trainable, fans, initializer: initializer && "zeros" };
      y = add(y, scope.parameter("bias", [units], start));
    }
    return reshape(y, [...x.shape.slice(0, -1), units]);
  });
}
