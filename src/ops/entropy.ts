// Relatives of cross-entropy, composed.

import type { Value } from "../graph.ts";
import { apply, wantSameShape } from "../op.ts";
import { exp, log } from "./activation.ts";
import { add, equal, maximum, multiply, subtract } from "./binary.ts";
import { power } from "./power.ts";
import { oneHot, sum } from "./reduce.ts";
import { elu } from "./rectifier.ts";
import { negate, scale } from "./scale.ts";
import { softplusOp } from "./smooth.ts";
import { logSoftmax } from "./softmax.ts";

/** Binary cross-entropy of logits x and targets t of 0 and 1, times (1 − q)^gamma, q being the probability of what is right,
 * and times alpha where t is 1, 1 − alpha where it is 0 (no factor for alpha = -1); element by element. Lin et al., Focal
 * Loss for Dense Object Detection (2017), as torchvision.ops.sigmoid_focal_loss has it.
 *
 * @throws ShapeError if the shapes differ.
 * @example
 * const f = await compile((x, t) => logitFocalLoss(x, t), [[2], [2]]);
 * f.run([[0, 1000], [1, 0]])[0].data // → [0.0433217, 750]
 */
export function logitFocalLoss(logits: Value, target: Value, { gamma = 2, alpha = 0.25 }: { gamma?: number; alpha?: number } = {}): Value {
  wantSameShape("logitFocalLoss", logits, target);
  // with z the logit of what is right, −log q is softplus(−z) and −log(1 − q) softplus(z): no difference of nearly equals
  const softplus = (x: Value): Value => apply(softplusOp, [x], [1, Infinity]);
  const z = multiply(logits, subtract(scale(target, 2), 1)), easy = softplus(z);
  const loss = multiply(softplus(negate(z)), exp(scale(easy, -gamma)));
  return alpha < 0 ? loss : multiply(loss, add(scale(target, 2 * alpha - 1), 1 - alpha));
}

/** −Σ t · (1 − p)^gamma · log p for each row, p being softmax of the logits [rows, classes] and t one at the label (int32
 * [rows]) or a row of float32 [rows, classes], whose numbers may be weighed. Lin et al., Focal Loss for Dense Object
 * Detection (2017), for exclusive classes.
 *
 * @throws ShapeError if the shapes do not fit.
 * @example
 * const f = await compile((x, t) => softmaxFocalLoss(x, t), [[2, 2], [2, 2]]);
 * f.run([[0, 0, 1000, 0], [1, 0, 0, 1]])[0].data // → [0.1732868, 1000]
 */
export function softmaxFocalLoss(logits: Value, target: Value, { gamma = 2 }: { gamma?: number } = {}): Value {
  const logs = logSoftmax(logits), t = oneHot(target, logits.shape.at(-1)!);
  // 1 − p = −(e^log p − 1), exact where p is nearly 1; held above 0, where an exponent below 1 has an infinite slope
  const rest = gamma === 0 ? undefined : power(maximum(negate(elu(logs)), 1e-37), gamma);
  return negate(sum(multiply(rest ? multiply(logs, rest) : logs, t), -1));
}

/** t · (log t − x), the parts of the Kullback-Leibler divergence of probabilities t from those whose logarithms are x,
 * element by element; 0 · log 0 is 0. Kullback and Leibler, On Information and Sufficiency (1951);
 * https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
 *
 * @throws ShapeError if the shapes differ.
 * @example
 * const f = await compile((x, t) => divergence(x, t), [[2], [2]]);
 * f.run([[-1, -1], [1, 0]])[0].data // → [1, 0]
 */
export function divergence(logs: Value, target: Value): Value {
  wantSameShape("divergence", logs, target);
  return multiply(target, subtract(log(add(target, equal(target, 0))), logs));
}
