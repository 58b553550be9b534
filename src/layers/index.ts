// The layers, as flat exports and as the namespace `layers`.

import { wantNumber } from "../options.ts";
import * as activations from "../ops/activation.ts";
import { dropout as dropoutOp } from "../ops/random.ts";
import { reshape, transpose } from "../ops/shape.ts";
import * as softmaxes from "../ops/softmax.ts";
import { type Layer, makeLayer } from "./layer.ts";

export { dense, type DenseOptions } from "./dense.ts";
export { layer, type Forward, type Layer, type ParameterOptions, type Scope } from "./layer.ts";
export { sequential } from "./sequential.ts";

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

/** max(x, 0). For hidden layers, with he initialization.
 * https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html
 *
 * @example
 * const model = await createModel(relu(), { input: [2] });
 * model.predict([[-1, 2]]).data // → [0, 2]
 */
export function relu(): Layer {
  return makeLayer("relu", {}, activations.relu);
}

/** x where x > 0, else slope · x: no unit dies. https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html
 *
 * @throws OptionError if the slope is not a finite number.
 * @example
 * const model = await createModel(leakyRelu(0.5), { input: [2] });
 * model.predict([[-1, 2]]).data // → [-0.5, 2]
 */
export function leakyRelu(slope = 0.01): Layer {
  wantNumber("leakyRelu: slope", slope);
  return makeLayer("leakyRelu", { slope }, (x) => activations.leakyRelu(x, slope));
}

/** 1 / (1 + e^−x). For the output of a binary classifier from probabilities; hidden layers do better with relu.
 * https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html
 *
 * @example
 * const model = await createModel(sigmoid(), { input: [2] });
 * model.predict([[0, 1000]]).data // → [0.5, 1]
 */
export function sigmoid(): Layer {
  return makeLayer("sigmoid", {}, activations.sigmoid);
}

/** Hyperbolic tangent. https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html
 *
 * @example
 * const model = await createModel(tanh(), { input: [2] });
 * model.predict([[0, 1000]]).data // → [0, 1]
 */
export function tanh(): Layer {
  return makeLayer("tanh", {}, activations.tanh);
}

/** e^x / Σ e^x over the last axis: probabilities of classes. Not before crossEntropy(), which takes logits.
 * https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html
 *
 * @example
 * const model = await createModel(softmax(), { input: [2] });
 * model.predict([[5, 5]]).data // → [0.5, 0.5]
 */
export function softmax(): Layer {
  return makeLayer("softmax", {}, (x) => softmaxes.softmax(x));
}

/** The logarithm of softmax over the last axis. https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
 *
 * @example
 * const model = await createModel(logSoftmax(), { input: [2] });
 * model.predict([[5, 5]]).data // → [-0.6931472, -0.6931472]
 */
export function logSoftmax(): Layer {
  return makeLayer("logSoftmax", {}, (x) => softmaxes.logSoftmax(x));
}
