// What lanewise has for the operators of ONNX: each node becomes ops of ours. https://onnx.ai/onnx/operators

import { losses, ops } from "../../src/index.ts";
import type { Value } from "../../src/graph.ts";
import type { Attribute, Node, OnnxTensor } from "./files.ts";

/** A case that lanewise has the op for, but not this use of it. */
export class Unsupported extends Error {}

/** What a name stands for: numbers that are known before anything runs, a Value, or both. */
export interface Given {
  known?: OnnxTensor;
  value?: Value;
}

/** A node with its arguments. */
export class Call {
  readonly node: Node;
  readonly opset: number;
  private readonly given: readonly (Given | undefined)[];

  constructor(node: Node, opset: number, given: readonly (Given | undefined)[]) {
    this.node = node;
    this.opset = opset;
    this.given = given;
  }

  /** An argument as a Value. */
  x(i = 0): Value {
    const given = this.given[i];
    if (given?.value) return given.value;
    throw new Unsupported(given?.known ? "a tensor without numbers" : `${this.node.op} without argument ${i}`);
  }

  get values(): Value[] {
    return this.given.map((_, i) => this.x(i));
  }

  has(i: number): boolean {
    return this.given[i] !== undefined;
  }

  /** An argument whose numbers shape the graph: axes, lengths, bounds. */
  known(i: number): OnnxTensor | undefined {
    const given = this.given[i];
    if (given && !given.known) throw new Unsupported("a shape that is computed");
    return given?.known;
  }

  number(name: string, otherwise: number): number {
    return (this.node.attributes[name] as number | undefined) ?? otherwise;
  }

  list(name: string, input = -1): number[] | undefined {
    return (this.node.attributes[name] as number[] | undefined) ?? this.known(input)?.data;
  }

  text(name: string, otherwise: string): string {
    return (this.node.attributes[name] as string | undefined) ?? otherwise;
  }

  attribute(name: string): Attribute | undefined {
    return this.node.attributes[name];
  }
}

type Build = (call: Call) => Value | (Value | OnnxTensor)[];

const { add, subtract, multiply, divide, reshape, sum, mean, max, negate, square, sqrt, log, exp, abs, transpose } = ops;
const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const unary = (f: (x: Value) => Value): Build => (call) => f(call.x());
const many = (f: (a: Value, b: Value) => Value): Build => ({ values }) => values.reduce(f);

/** Of two arguments; before opset 7 the second had to say where it is broadcast. */
const binary = (f: (a: Value, b: Value) => Value): Build => (call) => {
  const a = call.x(0), b = call.x(1), axis = call.attribute("axis") as number | undefined;
  return f(a, axis === undefined || call.opset >= 7 ? b : reshape(b, [...b.shape, ...a.shape.slice(axis + b.shape.length).map(() => 1)]));
};

/** Over `axes`, an attribute or the second argument; over all without. */
function reduction(f: (x: Value, axes: number[]) => Value): Build {
  return (call) => {
    const x = call.x(), rank = x.shape.length, given = call.list("axes", 1)?.map((axis) => (axis < 0 ? axis + rank : axis));
    if (given?.length === 0 && call.number("noop_with_empty_axes", 0)) return x;
    const axes = given?.length ? given : x.shape.map((_, i) => i), keep = call.number("keepdims", 1);
    return reshape(f(x, axes), keep ? x.shape.map((n, i) => (axes.includes(i) ? 1 : n)) : x.shape.filter((_, i) => !axes.includes(i)));
  };
}
const greatest = (x: Value, axes: number[]): Value => [...axes].sort((a, b) => b - a).reduce((y, axis) => max(y, axis), x);

function position(f: (x: Value) => Value): Build {
  return (call) => {
    if (call.number("select_last_index", 0)) throw new Unsupported("argmax gives the first of equals, as PyTorch does");
    return [ops.argmax(f(call.x()), call.number("axis", 0), { keepDims: call.number("keepdims", 1) === 1 })];
  };
}

/** Along one axis; before opset 13, over all axes from it on. */
function normalized(f: (x: Value, axis: number) => Value): Build {
  return (call) => {
    const x = call.x(), rank = x.shape.length;
    if (call.opset >= 13) return f(x, call.number("axis", -1));
    const axis = call.number("axis", 1), split = axis < 0 ? axis + rank : axis;
    return reshape(f(reshape(x, [size(x.shape.slice(0, split)), -1]), -1), x.shape);
  };
}

/** Of class numbers: log-probabilities [n, classes, ...] for labels [n, ...]. */
function classLoss(name: "nll" | "crossEntropy"): Build {
  return (call) => {
    const x = call.x(), [n, classes, ...rest] = x.shape as [number, number, ...number[]], axes = x.shape.map((_, i) => i);
    const rows = (value: Value): Value => reshape(transpose(value, [0, ...axes.slice(2), 1]), [-1, classes]);
    const weights = call.known(2)?.data, ignored = call.attribute("ignore_index") as number | undefined, reduction = call.text("reduction", "mean");
    const loss = losses[name]({
      reduction: reduction === "sum" ? "sum" : "mean", ...(weights && { classWeights: weights }), ...(ignored !== undefined && { ignoreIndex: ignored }),
    });
    const prediction = rows(x), labels = reshape(call.x(1), [-1]), each = loss(prediction, labels);
    const value = reduction === "none" ? reshape(each, [n, ...rest]) : reduction === "sum" ? sum(each) : loss.mean?.(prediction, labels, undefined).loss ?? mean(each);
    if (call.node.outputs.length === 1) return value;
    const logs = reshape(ops.logSoftmax(prediction, -1), [n, ...rest, classes]), last = axes.length - 1;
    return [value, transpose(logs, [0, last, ...axes.slice(1, last)])];
  };
}

export const NODES: Readonly<Record<string, Build>> = {
  Relu: unary(ops.relu), Sigmoid: unary(ops.sigmoid), Tanh: unary(ops.tanh), Softsign: unary(ops.softsign), Erf: unary(ops.erf), Exp: unary(exp), Log: unary(log),
  Softplus: (call) => ops.softplus(call.x()),
  Sqrt: unary(sqrt), Abs: unary(abs), Neg: unary(negate), HardSwish: unary(ops.hardSwish), Reciprocal: unary((x) => divide(1, x)),
  LeakyRelu: (call) => ops.leakyRelu(call.x(), call.number("alpha", 0.01)),
  Elu: (call) => ops.elu(call.x(), call.number("alpha", 1)),
  Celu: (call) => ops.celu(call.x(), call.number("alpha", 1)),
  Selu(call) {
    const alpha = call.attribute("alpha") as number | undefined;
    return alpha === undefined ? ops.selu(call.x()) : multiply(ops.elu(call.x(), alpha), call.number("gamma", 1.0507));
  },
  PRelu(call) {
    const x = call.x(0), slope = call.x(1);
    // before opset 7, the slopes of the channels
    const own = call.opset < 7 && slope.shape.length === 1 && slope.size > 1 ? reshape(slope, [slope.size, ...x.shape.slice(2).map(() => 1)]) : slope;
    return ops.prelu(x, own);
  },
  HardSigmoid: (call) => ops.clamp(add(multiply(call.x(), call.number("alpha", 0.2)), call.number("beta", 0.5)), 0, 1),
  Clip(call) {
    const bound = (name: string, i: number, otherwise: number): number => (call.attribute(name) as number | undefined) ?? call.known(i)?.data[0] ?? otherwise;
    return ops.hardTanh(call.x(), bound("min", 1, -3.4028234663852886e38), bound("max", 2, 3.4028234663852886e38));
  },
  Softmax: normalized(ops.softmax), LogSoftmax: normalized(ops.logSoftmax),

  Add: binary(add), Sub: binary(subtract), Mul: binary(multiply), Div: binary(divide), Pow: binary((a, b) => ops.power(a, a.dtype === "float32" && b.dtype === "int32" ? ops.toFloat(b) : b)),
  Greater: binary(ops.greater), Less: binary((a, b) => ops.greater(b, a)), Equal: binary(ops.equal),
  Max: many(ops.maximum), Min: many(ops.minimum), Sum: many(add), Mean: ({ values }) => divide(values.reduce(add), values.length),

  MatMul(call) {
    const a = call.x(0), b = call.x(1);
    if (a.shape.length !== 2 || b.shape.length !== 2) throw new Unsupported("matmul takes matrices, not stacks of them");
    return ops.matmul(a, b);
  },
  Gemm(call) {
    const flags = { transposeA: call.number("transA", 0) === 1, transposeB: call.number("transB", 0) === 1 };
    const product = multiply(ops.matmul(call.x(0), call.x(1), flags), call.number("alpha", 1));
    return call.has(2) ? add(product, multiply(call.x(2), call.number("beta", 1))) : product;
  },

  ReduceSum: reduction(sum), ReduceMean: reduction(mean), ReduceMax: reduction(greatest), ReduceMin: reduction((x, axes) => negate(greatest(negate(x), axes))),
  ReduceSumSquare: reduction((x, axes) => sum(square(x), axes)), ReduceL1: reduction((x, axes) => sum(abs(x), axes)),
  ReduceL2: reduction((x, axes) => sqrt(sum(square(x), axes))), ReduceLogSum: reduction((x, axes) => log(sum(x, axes))),
  ReduceLogSumExp: reduction((x, axes) => log(sum(exp(x), axes))),
  ArgMax: position((x) => x), ArgMin: position(negate),

  Identity: unary((x) => x),
  Dropout(call) {
    if (call.known(2)?.data[0] && call.known(1)?.data[0] !== 0) throw new Unsupported("dropout in training: its random numbers are its own");
    if (call.node.outputs.length > 1) throw new Unsupported("dropout hands out no mask");
    return call.x();
  },
  Transpose: (call) => transpose(call.x(), call.list("perm")),
  Flatten(call) {
    const x = call.x(), axis = call.number("axis", 1), split = axis < 0 ? axis + x.shape.length : axis;
    return reshape(x, [size(x.shape.slice(0, split)), size(x.shape.slice(split))]);
  },
  Reshape(call) {
    const x = call.x(), wanted = call.list("shape", 1)!;
    return reshape(x, wanted.map((n, i) => (n === 0 && !call.number("allowzero", 0) ? x.shape[i]! : n)));
  },
  Squeeze(call) {
    const x = call.x(), axes = call.list("axes", 1)?.map((axis) => (axis < 0 ? axis + x.shape.length : axis));
    return reshape(x, x.shape.filter((n, i) => (axes ? !axes.includes(i) : n !== 1)));
  },
  Unsqueeze(call) {
    const x = call.x(), given = call.list("axes", 1)!, rank = x.shape.length + given.length, left = [...x.shape];
    const axes = given.map((axis) => (axis < 0 ? axis + rank : axis));
    return reshape(x, Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : left.shift()!)));
  },
  Expand(call) {
    const x = call.x(), wanted = call.known(1)!.data, rank = Math.max(wanted.length, x.shape.length);
    const at = (shape: readonly number[], i: number): number => shape[i - rank + shape.length] ?? 1;
    return ops.broadcastTo(x, Array.from({ length: rank }, (_, i) => Math.max(at(wanted, i), at(x.shape, i))));
  },
  Concat: (call) => ops.concat(call.values, call.number("axis", 1)),
  Slice(call) {
    const starts = call.list("starts", 1)!, ends = call.list("ends", 2)!, axes = call.list("axes", 3) ?? starts.map((_, i) => i);
    if (call.known(4)?.data.some((step) => step !== 1)) throw new Unsupported("slice takes every element of a range");
    return axes.reduce((x, axis, i) => {
      const length = x.shape.at(axis)!, within = (n: number): number => Math.min(length, Math.max(0, n < 0 ? n + length : n));
      return ops.slice(x, axis, within(starts[i]!), within(ends[i]!));
    }, call.x());
  },
  Split(call) {
    const x = call.x(), axis = call.number("axis", 0), count = call.node.outputs.length;
    let at = 0;
    return (call.list("split", 1) ?? Array.from({ length: count }, () => x.shape.at(axis)! / count)).map((length) => ops.slice(x, axis, at, (at += length)));
  },
  Shape(call) {
    const { shape } = call.x(), part = shape.slice(call.number("start", 0), call.number("end", shape.length));
    return [{ type: "int64", shape: [part.length], data: part }];
  },
  NegativeLogLikelihoodLoss: classLoss("nll"), SoftmaxCrossEntropyLoss: classLoss("crossEntropy"),
};
