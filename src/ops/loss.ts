// Losses, one number for each element or row; losses/ gives them names, options and means.

import { CrossEntropy, CrossEntropyGradient, CrossEntropyKind, Loss, LossGradient, LossKind, Opcode } from "../../assembly/isa.ts";
import type { Op, Value } from "../graph.ts";
import { apply, applyAll, misfit, wantFloats, wantSameShape, wantSecond } from "../op.ts";
import { sameShape } from "../shape.ts";
import { log, sigmoid } from "./activation.ts";
import { add, greater, heaviside, maximum, multiply, subtract } from "./binary.ts";
import { constant } from "./constant.ts";
import { pick, sum } from "./reduce.ts";
import { negate } from "./scale.ts";
import { reshape } from "./shape.ts";
import { logSoftmax, softmaxGradientOp } from "./softmax.ts";

/** A row of the catalogue. Formulas are in JavaScript's notation, over f64, of prediction p and target t. */
export interface LossRow {
  name: string;
  kind: LossKind;
  formula: string;
  /** ∂/∂p */
  derivative: string;
  /** ∂²/∂p² in ops; "zero" where it is; absent: no second derivative. */
  second?: "zero" | ((p: Value, t: Value) => Value);
  /** ∂/∂t in ops. */
  toTarget(p: Value, t: Value): Value;
  /** ∂²/∂p∂t in ops; "zero" where it is; wanted where there is `second`. */
  mixed?: "zero" | ((p: Value, t: Value) => Value);
}

export interface LossOp extends Op<null> {
  readonly row: LossRow;
}

export function elementwise(row: LossRow): LossOp {
  const { name, kind, toTarget } = row;
  const derivative = derivativeOf(row);
  return {
    name,
    row,
    derivative,
    inPlace: [0],
    shape([p, t]) {
      wantFloats(name, [p!, t!]);
      wantSameShape(name, p!, t!);
      return [{ shape: p!.shape }];
    },
    gradient: ({ inputs: [p, t] }, [g]) => [apply(derivative, [g!, p!, t!], null), multiply(g!, toTarget(p!, t!))],
    emit(node, to) {
      const [p, t] = node.inputs;
      to.instruction(Opcode.Loss, Loss.SIZE, {
        [Loss.KIND]: kind, [Loss.DST]: to.at(node.outputs[0]!), [Loss.P]: to.at(p!), [Loss.T]: to.at(t!), [Loss.COUNT]: p!.size,
      });
    },
  };
}

/** g · ∂loss/∂p, of g, p and t. */
function derivativeOf({ name, kind, second, mixed }: LossRow): Op<null> {
  const op: Op<null> = {
    name: `${name}Gradient`,
    inPlace: [0, 1],
    shape: ([g]) => [{ shape: g!.shape }],
    gradient({ inputs: [g, p, t], graph }, [h]) {
      wantSecond(name, graph, second);
      const toG = apply(op, [h!, p!, t!], null);
      const times = (f: LossRow["mixed"]): Value | undefined =>
        f === undefined || f === "zero" ? undefined : multiply(multiply(h!, g!), f(p!, t!));
      return [toG, times(second), times(mixed)];
    },
    emit(node, to) {
      const [g, p, t] = node.inputs;
      to.instruction(Opcode.LossGradient, LossGradient.SIZE, {
        [LossGradient.KIND]: kind, [LossGradient.DST]: to.at(node.outputs[0]!), [LossGradient.G]: to.at(g!),
        [LossGradient.P]: to.at(p!), [LossGradient.T]: to.at(t!), [LossGradient.COUNT]: g!.size,
      });
    },
  };
  return op;
}

export const squaredErrorOp = /* @__PURE__ */ elementwise({
  name: "squaredError", kind: LossKind.SquaredError, formula: "(p - t) * (p - t)", derivative: "2 * (p - t)",
  second: (p) => constant(p.graph, 2, p.shape), toTarget: (p, t) => multiply(subtract(t, p), 2),
  mixed: (p) => constant(p.graph, -2, p.shape),
});

/** (p − t)², element by element.
 *
 * @throws ShapeError if the shapes differ.
 * @example
 * const f = await compile((p, t) => squaredError(p, t), [[2], [2]]);
 * f.run([[1, 2], [1, 5]])[0].data // → [0, 9]
 */
export function squaredError(prediction: Value, target: Value): Value {
  return apply(squaredErrorOp, [prediction, target], null);
}

export const absoluteErrorOp = /* @__PURE__ */ elementwise({
  name: "absoluteError", kind: LossKind.AbsoluteError, formula: "abs(p - t)", derivative: "sign(p - t)", second: "zero",
  toTarget: (p, t) => subtract(heaviside(t, p), heaviside(p, t)), mixed: "zero",
});

/** |p − t|, element by element; derivative 0 at 0.
 *
 * @throws ShapeError if the shapes differ.
 * @example
 * const f = await compile((p, t) => absoluteError(p, t), [[2], [2]]);
 * f.run([[1, 2], [1, 5]])[0].data // → [0, 3]
 */
export function absoluteError(prediction: Value, target: Value): Value {
  return apply(absoluteErrorOp, [prediction, target], null);
}

export const logitCrossEntropyOp = /* @__PURE__ */ elementwise({
  name: "logitCrossEntropy", kind: LossKind.LogitCrossEntropy,
  formula: "max(p, 0) - p * t + log1p(exp(-abs(p)))", derivative: "1 / (1 + exp(-p)) - t",
  second(p) {
    const s = sigmoid(p);
    return multiply(s, subtract(1, s));
  },
  toTarget: (p) => negate(p),
  mixed: (p) => constant(p.graph, -1, p.shape),
});

/** Binary cross-entropy of logits p and targets t in [0, 1], element by element; stable at any size.
 * https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
 *
 * @throws ShapeError if the shapes differ.
 * @example
 * const f = await compile((p, t) => logitCrossEntropy(p, t), [[2], [2]]);
 * f.run([[1000, -1000], [1, 1]])[0].data // → [0, 1000]
 */
export function logitCrossEntropy(logits: Value, target: Value): Value {
  return apply(logitCrossEntropyOp, [logits, target], null);
}

export const probabilityCrossEntropyOp = /* @__PURE__ */ elementwise({
  name: "probabilityCrossEntropy", kind: LossKind.ProbabilityCrossEntropy,
  formula: "-(t * max(log(p), -100) + (1 - t) * max(log1p(-p), -100))",
  derivative: "(p - t) / max(p * (1 - p), 1e-12)",
  toTarget: (p) => subtract(maximum(log(subtract(1, p)), -100), maximum(log(p), -100)),
});

/** Binary cross-entropy of probabilities p and targets t in [0, 1], element by element. Logarithms are at least −100,
 * as in PyTorch. https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
 *
 * @throws ShapeError if the shapes differ.
 * @example
 * const f = await compile((p, t) => probabilityCrossEntropy(p, t), [[2], [2]]);
 * f.run([[1, 0], [1, 1]])[0].data // → [0, 100]
 */
export function probabilityCrossEntropy(probabilities: Value, target: Value): Value {
  return apply(probabilityCrossEntropyOp, [probabilities, target], null);
}

export const hingeOp = /* @__PURE__ */ elementwise({
  name: "hinge", kind: LossKind.Hinge, formula: "max(0, 1 - t * p)", derivative: "t * p < 1 ? -t : 0", second: "zero",
  toTarget: (p, t) => negate(multiply(p, greater(1, multiply(t, p)))), mixed: (p, t) => negate(greater(1, multiply(t, p))),
});

/** max(0, 1 − t·p) for targets −1 and 1, element by element. Cortes and Vapnik, Support-Vector Networks (1995).
 *
 * @throws ShapeError if the shapes differ.
 * @example
 * const f = await compile((p, t) => hingeLoss(p, t), [[2], [2]]);
 * f.run([[2, 0.5], [1, -1]])[0].data // → [0, 1.5]
 */
export function hingeLoss(prediction: Value, target: Value): Value {
  return apply(hingeOp, [prediction, target], null);
}

/** Rows and classes of logits [rows, classes]; labels are int32 [rows], distributions float32 [rows, classes]. */
function kindOf(target: Value): CrossEntropyKind {
  return target.dtype === "int32" ? CrossEntropyKind.Labels : CrossEntropyKind.Distribution;
}

/** Outputs: the loss of each row, and softmax of the logits. */
export const crossEntropyOp: Op<null> = {
  name: "crossEntropy",
  optional: true,
  get derivative() {
    return crossEntropyGradientOp;
  },
  shape([x, t]) {
    wantFloats("crossEntropy", [x!]);
    const [rows, classes] = x!.shape, labels = t!.dtype === "int32";
    if (x!.shape.length !== 2 || !sameShape(t!.shape, labels ? [rows!] : [rows!, classes!])) {
      const wanted = `[rows, classes] and ${labels ? "int32 labels [rows]" : "distributions [rows, classes]"}`;
      throw misfit("crossEntropy", x!, wanted, [x!.shape, t!.shape]);
    }
    return [{ shape: [rows!] }, { shape: x!.shape }];
  },
  gradient({ inputs: [x, t], outputs: [, p] }, [toLoss, toP]) {
    const a = toLoss && apply(crossEntropyGradientOp, [toLoss, p!, t!], null);
    const b = toP && apply(softmaxGradientOp, [toP, p!], null);
    const toTarget = toLoss && t!.dtype === "float32" ? negate(multiply(reshape(toLoss, [toLoss.size, 1]), logSoftmax(x!))) : undefined;
    return [a && b ? add(a, b) : (a ?? b), toTarget];
  },
  emit(node, to) {
    const [x, t] = node.inputs, [rows, classes] = x!.shape;
    to.instruction(Opcode.CrossEntropy, CrossEntropy.SIZE, {
      [CrossEntropy.KIND]: kindOf(t!), [CrossEntropy.LOSS]: to.at(node.outputs[0]!),
      [CrossEntropy.PROBABILITIES]: to.at(node.outputs[1]!), [CrossEntropy.LOGITS]: to.at(x!),
      [CrossEntropy.TARGET]: to.at(t!), [CrossEntropy.ROWS]: rows!, [CrossEntropy.WIDTH]: classes!,
    });
  },
};

/** g · (p · Σ t − t), of g [rows], p and t. */
const crossEntropyGradientOp: Op<null> = {
  name: "crossEntropyGradient",
  inPlace: [1],
  shape: ([, p]) => [{ shape: p!.shape }],
  gradient({ inputs: [g, p, t] }, [h]) {
    const rows = g!.size, column = reshape(g!, [rows, 1]);
    if (t!.dtype === "int32") {
      const hit = reshape(pick(reshape(h!, [...p!.shape, 1]), reshape(t!, [rows, 1])), [rows]);
      return [subtract(sum(multiply(h!, p!), -1), hit), multiply(h!, column), undefined];
    }
    const weight = sum(t!, -1, { keepDims: true });
    return [
      sum(multiply(h!, subtract(multiply(p!, weight), t!)), -1),
      multiply(h!, multiply(column, weight)),
      multiply(column, subtract(sum(multiply(h!, p!), -1, { keepDims: true }), h!)),
    ];
  },
  emit(node, to) {
    const [g, p, t] = node.inputs, [rows, classes] = p!.shape;
    to.instruction(Opcode.CrossEntropyGradient, CrossEntropyGradient.SIZE, {
      [CrossEntropyGradient.KIND]: kindOf(t!), [CrossEntropyGradient.DST]: to.at(node.outputs[0]!),
      [CrossEntropyGradient.G]: to.at(g!), [CrossEntropyGradient.PROBABILITIES]: to.at(p!),
      [CrossEntropyGradient.TARGET]: to.at(t!), [CrossEntropyGradient.ROWS]: rows!, [CrossEntropyGradient.WIDTH]: classes!,
    });
  },
};

/** −Σ t · log softmax(logits) for each row, t being one at the label (int32 [rows]) or a distribution (float32
 * [rows, classes]); stable at any size. https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 *
 * @throws ShapeError if the shapes do not fit.
 * @example
 * const f = await compile((x, t) => softmaxCrossEntropy(x, t), [[2, 2], [2, 2]]);
 * f.run([[1000, 0, 0, 0], [0, 1, 0.5, 0.5]])[0].data // → [1000, 0.6931472]
 */
export function softmaxCrossEntropy(logits: Value, target: Value): Value {
  return applyAll(crossEntropyOp, [logits, target], null)[0]!;
}
