// The activations as layers. Each is its op with its options.

import { constant } from "../initializers/index.ts";
import { checkNames, wantBoolean, wantCount } from "../options.ts";
import * as activations from "../ops/activation.ts";
import * as rectifiers from "../ops/rectifier.ts";
import * as smooth from "../ops/smooth.ts";
import * as softmaxes from "../ops/softmax.ts";
import { type Layer, makeLayer } from "./layer.ts";

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
  activations.wantSlope(slope);
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

/** Hyperbolic tangent, (e^x − e^−x) / (e^x + e^−x). https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html
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

/** The logarithm of softmax, x − log(Σ e^x), over the last axis. For nll and klDivergence.
 * https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
 *
 * @example
 * const model = await createModel(logSoftmax(), { input: [2] });
 * model.predict([[5, 5]]).data // → [-0.6931472, -0.6931472]
 */
export function logSoftmax(): Layer {
  return makeLayer("logSoftmax", {}, (x) => softmaxes.logSoftmax(x));
}

/** x where x > 0, else a · x, where a is learned: one number, or one for each of `channels` on the last axis; 0.25 at first.
 * Not with weight decay. He et al., Delving Deep into Rectifiers (2015);
 * https://pytorch.org/docs/stable/generated/torch.nn.PReLU.html
 *
 * @throws OptionError for channels that are no whole number above 0.
 * @example
 * const model = await createModel(prelu(), { input: [2] });
 * model.predict([[-4, 2]]).data // → [-1, 2]
 */
export function prelu(options: { channels?: number } = {}): Layer {
  checkNames("prelu", options, ["channels"]);
  const channels = wantCount("prelu: channels", options.channels ?? 1);
  return makeLayer("prelu", { channels }, (x, scope) =>
    rectifiers.prelu(x, scope.parameter("weight", [channels], { initializer: constant(0.25) })));
}

/** min(max(x, 0), 6): relu for small devices and low precision. https://pytorch.org/docs/stable/generated/torch.nn.ReLU6.html
 *
 * @example
 * const model = await createModel(relu6(), { input: [2] });
 * model.predict([[-1, 8]]).data // → [0, 6]
 */
export function relu6(): Layer {
  return makeLayer("relu6", {}, rectifiers.relu6);
}

/** x where x > 0, else alpha · (e^x − 1). https://pytorch.org/docs/stable/generated/torch.nn.ELU.html
 *
 * @throws OptionError if alpha is not a finite number.
 * @example
 * const model = await createModel(elu(0.5), { input: [2] });
 * model.predict([[-1000, 2]]).data // → [-0.5, 2]
 */
export function elu(alpha = 1): Layer {
  rectifiers.wantAlpha("elu", alpha);
  return makeLayer("elu", { alpha }, (x) => rectifiers.elu(x, alpha));
}

/** 1.0507 · elu(x, 1.6733), which keeps mean 0 and variance 1 through many layers, with lecun initialization.
 * https://pytorch.org/docs/stable/generated/torch.nn.SELU.html
 *
 * @example
 * const model = await createModel(selu(), { input: [2] });
 * model.predict([[-1000, 1]]).data // → [-1.7580993, 1.050701]
 */
export function selu(): Layer {
  return makeLayer("selu", {}, rectifiers.selu);
}

/** x where x > 0, else alpha · (e^(x / alpha) − 1). https://pytorch.org/docs/stable/generated/torch.nn.CELU.html
 *
 * @throws OptionError if alpha is 0, too near to it to divide by, or no finite number.
 * @example
 * const model = await createModel(celu(2), { input: [2] });
 * model.predict([[-1000, 2]]).data // → [-2, 2]
 */
export function celu(alpha = 1): Layer {
  rectifiers.wantAlpha("celu", alpha);
  return makeLayer("celu", { alpha }, (x) => rectifiers.celu(x, alpha));
}

/** x · Φ(x); with `approximate: "tanh"` the approximation that GPT-2 has.
 * https://pytorch.org/docs/stable/generated/torch.nn.GELU.html
 *
 * @throws OptionError for another approximation.
 * @example
 * const model = await createModel(gelu(), { input: [2] });
 * model.predict([[-1000, 1]]).data // → [0, 0.84134475]
 */
export function gelu(options: { approximate?: "none" | "tanh" } = {}): Layer {
  checkNames("gelu", options, ["approximate"]);
  const approximate = smooth.wantApproximate(options.approximate ?? "none");
  return makeLayer("gelu", { approximate }, (x) => smooth.gelu(x, approximate));
}

/** x · sigmoid(beta · x), also called swish. With `learned: true` beta is a parameter, and its option the start.
 * https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html
 *
 * @throws OptionError if beta is not a finite number.
 * @example
 * const model = await createModel(silu({ learned: true }), { input: [2] });
 * model.predict([[0, 1000]]).data // → [0, 1000]
 */
export function silu(options: { beta?: number; learned?: boolean } = {}): Layer {
  checkNames("silu", options, ["beta", "learned"]);
  const beta = smooth.wantBeta(options.beta ?? 1), learned = wantBoolean("silu: learned", options.learned ?? false);
  return makeLayer("silu", { beta, learned }, (x, scope) =>
    smooth.silu(x, learned ? scope.parameter("beta", [1], { initializer: constant(beta) }) : beta));
}

export { silu as swish };

/** x · tanh(softplus(x)). https://pytorch.org/docs/stable/generated/torch.nn.Mish.html
 *
 * @example
 * const model = await createModel(mish(), { input: [2] });
 * model.predict([[-1000, 1000]]).data // → [0, 1000]
 */
export function mish(): Layer {
  return makeLayer("mish", {}, smooth.mish);
}

/** log(1 + e^(beta · x)) / beta, and x where beta · x is above the threshold: for outputs that must be positive.
 * https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html
 *
 * @throws OptionError if beta is not above 0, or the threshold no number.
 * @example
 * const model = await createModel(softplus(), { input: [2] });
 * model.predict([[0, 1000]]).data // → [0.6931472, 1000]
 */
export function softplus(options: { beta?: number; threshold?: number } = {}): Layer {
  checkNames("softplus", options, ["beta", "threshold"]);
  const { beta = 1, threshold = 20 } = options;
  smooth.wantSoftplus(beta, threshold);
  return makeLayer("softplus", { beta, threshold }, (x) => smooth.softplus(x, beta, threshold));
}

/** x / (1 + |x|): as tanh, but slower to saturate. https://pytorch.org/docs/stable/generated/torch.nn.Softsign.html
 *
 * @example
 * const model = await createModel(softsign(), { input: [2] });
 * model.predict([[-1, 3]]).data // → [-0.5, 0.75]
 */
export function softsign(): Layer {
  return makeLayer("softsign", {}, smooth.softsign);
}

/** min(max(x + 3, 0), 6) / 6: sigmoid for small devices. https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html
 *
 * @example
 * const model = await createModel(hardSigmoid(), { input: [2] });
 * model.predict([[-4, 0]]).data // → [0, 0.5]
 */
export function hardSigmoid(): Layer {
  return makeLayer("hardSigmoid", {}, rectifiers.hardSigmoid);
}

/** x · hardSigmoid(x): silu for small devices. https://pytorch.org/docs/stable/generated/torch.nn.Hardswish.html
 *
 * @example
 * const model = await createModel(hardSwish(), { input: [2] });
 * model.predict([[-4, 1.5]]).data // → [0, 1.125]
 */
export function hardSwish(): Layer {
  return makeLayer("hardSwish", {}, rectifiers.hardSwish);
}

/** min(max(x, minimum), maximum), −1 and 1 by default. https://pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html
 *
 * @throws OptionError if the minimum is not below the maximum.
 * @example
 * const model = await createModel(hardTanh(), { input: [2] });
 * model.predict([[-4, 0.5]]).data // → [-1, 0.5]
 */
export function hardTanh(options: { minimum?: number; maximum?: number } = {}): Layer {
  checkNames("hardTanh", options, ["minimum", "maximum"]);
  const { minimum = -1, maximum = 1 } = options;
  rectifiers.wantBounds(minimum, maximum);
  return makeLayer("hardTanh", { minimum, maximum }, (x) => rectifiers.hardTanh(x, minimum, maximum));
}

/** log(sigmoid(x)), stable at any size. https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html
 *
 * @example
 * const model = await createModel(logSigmoid(), { input: [2] });
 * model.predict([[-1000, 0]]).data // → [-1000, -0.6931472]
 */
export function logSigmoid(): Layer {
  return makeLayer("logSigmoid", {}, smooth.logSigmoid);
}
