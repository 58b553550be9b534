// Softmax and its logarithm, along the last axis in the core; another axis is brought there.

import { Opcode, Softmax, SoftmaxGradient, SoftmaxKind } from "../../assembly/isa.ts";
import type { Op, Value } from "../graph.ts";
import { apply, wantFloats } from "../op.ts";
import { axisOf } from "../shape.ts";
import { exp } from "./activation.ts";
import { multiply, subtract } from "./binary.ts";
import { sum } from "./reduce.ts";
import { negate } from "./scale.ts";
import { transpose } from "./shape.ts";

const rowsOf = (x: Value): number => x.size / x.shape.at(-1)!;
const kept = { keepDims: true };

function softmaxLike(name: string, kind: SoftmaxKind, derivative: Op<null>): Op<null> {
  return {
    name,
    derivative,
    inPlace: [0],
    shape([x]) {
      wantFloats(name, [x!]);
      return [{ shape: x!.shape }];
    },
    gradient: ({ outputs: [y] }, [g]) => [apply(derivative, [g!, y!], null)],
    emit(node, to) {
      const [x] = node.inputs;
      to.instruction(Opcode.Softmax, Softmax.SIZE, {
        [Softmax.KIND]: kind, [Softmax.DST]: to.at(node.outputs[0]!), [Softmax.SRC]: to.at(x!),
        [Softmax.ROWS]: rowsOf(x!), [Softmax.WIDTH]: x!.shape.at(-1)!,
      });
    },
  };
}

function derivativeOf(name: string, kind: SoftmaxKind, gradient: (g: Value, y: Value, h: Value) => [Value, Value]): Op<null> {
  return {
    name,
    inPlace: [0, 1],
    shape: ([g]) => [{ shape: g!.shape }],
    gradient: ({ inputs: [g, y] }, [h]) => gradient(g!, y!, h!),
    emit(node, to) {
      const [g, y] = node.inputs;
      to.instruction(Opcode.SoftmaxGradient, SoftmaxGradient.SIZE, {
        [SoftmaxGradient.KIND]: kind, [SoftmaxGradient.DST]: to.at(node.outputs[0]!), [SoftmaxGradient.G]: to.at(g!),
        [SoftmaxGradient.Y]: to.at(y!), [SoftmaxGradient.ROWS]: rowsOf(y!), [SoftmaxGradient.WIDTH]: y!.shape.at(-1)!,
      });
    },
  };
}

/** dx = y·(g − Σ g·y), of g and y = softmax x. */
export const softmaxGradientOp: Op<null> = /* @__PURE__ */ derivativeOf("softmaxGradient", SoftmaxKind.Softmax,
  (g, y, h) => [
    apply(softmaxGradientOp, [h, y], null),
    subtract(multiply(h, subtract(g, sum(multiply(g, y), -1, kept))), multiply(g, sum(multiply(h, y), -1, kept))),
  ]);

/** dx = g − e^y·Σ g, of g and y = log-softmax x. */
const logSoftmaxGradientOp: Op<null> = /* @__PURE__ */ derivativeOf("logSoftmaxGradient", SoftmaxKind.LogSoftmax,
  (g, y, h) => {
    const weighted = multiply(h, exp(y));
    return [subtract(h, sum(weighted, -1, kept)), negate(multiply(weighted, sum(g, -1, kept)))];
  });

export const softmaxOp = /* @__PURE__ */ softmaxLike("softmax", SoftmaxKind.Softmax, softmaxGradientOp);
export const logSoftmaxOp = /* @__PURE__ */ softmaxLike("logSoftmax", SoftmaxKind.LogSoftmax, logSoftmaxGradientOp);

function along(op: Op<null>, x: Value, axis: number): Value {
  const rank = x.shape.length, a = axisOf(axis, rank, op.name);
  if (a === rank - 1) return apply(op, [x], null);
  const order = x.shape.map((_, i) => i);
  order[a] = rank - 1;
  order[rank - 1] = a;
  return transpose(apply(op, [transpose(x, order)], null), order);
}

/** e^x / Σ e^x along an axis (the last by default); the greatest element is subtracted first, so it is stable at any
 * size. https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html
 *
 * @throws ShapeError if there is no such axis.
 * @example
 * const f = await compile((x) => softmax(x), [[1, 2]]);
 * f.run([[1000, 1000]])[0].data // → [0.5, 0.5]
 */
export function softmax(x: Value, axis = -1): Value {
  return along(softmaxOp, x, axis);
}

/** The logarithm of softmax, x − log(Σ e^x), without the loss of digits that taking it afterwards has.
 * https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html
 *
 * @throws ShapeError if there is no such axis.
 * @example
 * const f = await compile((x) => logSoftmax(x), [[1, 2]]);
 * f.run([[0, -1000]])[0].data // → [0, -1000]
 */
export function logSoftmax(x: Value, axis = -1): Value {
  return along(logSoftmaxOp, x, axis);
}
