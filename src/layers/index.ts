// The layers, as flat exports and as the namespace `layers`.

import { wantNumber } from "../options.ts";
import { alphaDropout as alphaDropoutOp, dropout as dropoutOp, gaussianNoise as gaussianNoiseOp } from "../ops/random.ts";
import { reshape, transpose } from "../ops/shape.ts";
import { type Layer, makeLayer } from "./layer.ts";

export { dense, type DenseOptions } from "./dense.ts";
export { layer, type Forward, type Layer, type ParameterOptions, type Scope } from "./layer.ts";
export { sequential } from "./sequential.ts";
export * from "./activations.ts";

/** Joins all axes of a row into one: [n, ...] → [n, product]. Images [n, height, width, channels] come out in PyTorch's
 * order (channel, height, width), so that PyTorch's weights fit.
 * https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
 *
 * @example
 * const model = await createModel(flatten(), { input: [1, 2, 2] });
 * model.predict({ data: [1, 2, 3, 4], shape: [1, 1, 2, 2] }).data // → [1, 3, 2, 4]
 */
export function flatten(): Layer {
  return makeLayer("flatten", {}, (x) => {
    const channelsFirst = x.shape.length === 4 && x.shape[3] !== 1 ? transpose(x, [0, 3, 1, 2]) : x;
    return reshape(channelsFirst, [x.shape[0]!, x.size / x.shape[0]!]);
  });
}

/** While training, sets each number to 0 with probability `rate` and divides the others by 1 − rate; else nothing.
 * Srivastava et al., Dropout (JMLR 15, 2014); https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 *
 * @throws OptionError if the rate is not in [0, 1].
 * @example
 * const model = await createModel(dropout(0.5), { input: [2] });
 * model.predict([[1, 2]]).data // → [1, 2]
 */
export function dropout(rate: number): Layer {
  wantNumber("dropout: rate", rate, 0, 1);
  return makeLayer("dropout", { rate }, (x) => dropoutOp(x, rate));
}

/** Dropout for selu: while training, sets each number to selu's least value, −1.7581, with probability `rate`, and scales all
 * so that mean 0 and variance 1 stay. Klambauer et al., Self-Normalizing Neural Networks (2017);
 * https://pytorch.org/docs/stable/generated/torch.nn.AlphaDropout.html
 *
 * @throws OptionError if the rate is not in [0, 1].
 * @example
 * const model = await createModel(alphaDropout(0.5), { input: [2] });
 * model.predict([[1, 2]]).data // → [1, 2]
 */
export function alphaDropout(rate: number): Layer {
  wantNumber("alphaDropout: rate", rate, 0, 1);
  return makeLayer("alphaDropout", { rate }, (x) => alphaDropoutOp(x, rate));
}

/** While training, adds normal noise of mean 0; else nothing. Bishop, Training with Noise is Equivalent to Tikhonov
 * Regularization (1995); https://keras.io/api/layers/regularization_layers/gaussian_noise/
 *
 * @throws OptionError if the deviation is negative.
 * @example
 * const model = await createModel(gaussianNoise(0.1), { input: [2] });
 * model.predict([[1, 2]]).data // → [1, 2]
 */
export function gaussianNoise(deviation: number): Layer {
  wantNumber("gaussianNoise: deviation", deviation, 0);
  return makeLayer("gaussianNoise", { deviation }, (x) => gaussianNoiseOp(x, deviation));
}
