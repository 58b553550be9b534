// Models that are taken out of lanewise: one for each kind of layer, functions that use every op, and some as users have them.

import { createModel, layer, type Layer, layers, type Model, ops, sequential } from "../../src/index.ts";
import { layerTable } from "../../src/layers/table.ts";
import type { Value } from "../../src/graph.ts";
import { place, pick } from "../../src/ops/reduce.ts";
import { apply } from "../../src/op.ts";
import { copyOp, padOp } from "../../src/ops/shape.ts";
import { softmaxCrossEntropy } from "../../src/ops/loss.ts";
import { heaviside } from "../../src/ops/binary.ts";
import { constant, vector } from "../../src/ops/constant.ts";
import { numbers } from "../helpers.ts";

export interface Case {
  name: string;
  make(): Promise<Model<any, any>>;
  /** Numbers of a row, by input ("" for one without a name). */
  inputs: Readonly<Record<string, readonly number[]>>;
  /** Inputs of class numbers below this. */
  whole?: Readonly<Record<string, number>>;
}

const { dense, relu } = layers;

/** A model of each kind of layer; weights are moved so that no option stands at its default. */
const LAYERS: Readonly<Record<string, [make: () => Layer, ...shape: number[]][]>> = {
  dense: [[() => dense(3), 5], [() => dense(2, { bias: false, name: "plain" }), 4], [() => dense(3), 2, 5]],
  flatten: [[() => layers.flatten(), 2, 3, 4], [() => layers.flatten(), 5]],
  relu: [[() => relu(), 7]], relu6: [[() => layers.relu6(), 7]], selu: [[() => layers.selu(), 7]], mish: [[() => layers.mish(), 7]],
  softsign: [[() => layers.softsign(), 7]], hardSigmoid: [[() => layers.hardSigmoid(), 7]], hardSwish: [[() => layers.hardSwish(), 7]],
  sigmoid: [[() => layers.sigmoid(), 7]], logSigmoid: [[() => layers.logSigmoid(), 7]], tanh: [[() => layers.tanh(), 7]],
  softmax: [[() => layers.softmax(), 7], [() => layers.softmax(), 2, 7]], logSoftmax: [[() => layers.logSoftmax(), 7], [() => layers.logSoftmax(), 2, 5]],
  dropout: [[() => layers.dropout(0.4), 7]], alphaDropout: [[() => layers.alphaDropout(0.4), 7]], gaussianNoise: [[() => layers.gaussianNoise(0.3), 7]],
  leakyRelu: [[() => layers.leakyRelu(0.2), 7]], elu: [[() => layers.elu(1.5), 7]], celu: [[() => layers.celu(0.7), 7], [() => layers.celu(-2), 7]],
  prelu: [[() => layers.prelu(), 7], [() => layers.prelu({ channels: 5 }), 2, 5]],
  gelu: [[() => layers.gelu(), 7], [() => layers.gelu({ approximate: "tanh" }), 7]],
  silu: [[() => layers.silu(), 7], [() => layers.silu({ beta: 1.7 }), 7], [() => layers.silu({ beta: 0.6, learned: true }), 7]],
  softplus: [[() => layers.softplus(), 7], [() => layers.softplus({ beta: 3, threshold: 2 }), 7]],
  hardTanh: [[() => layers.hardTanh({ minimum: -0.5, maximum: 0.8 }), 7]],
};

/** Each kind of layer that there is; a new one without a case fails. */
export const layerCases: readonly Case[] = [...layerTable().keys()].flatMap((kind) =>
  (LAYERS[kind] ?? [[() => { throw new Error(`no case for the layer ${kind}`); }, 1] as const]).map(([make, ...shape], i): Case => ({
    name: `${kind} ${i}`, make: () => createModel(make(), { input: shape, seed: 5 }), inputs: { "": shape },
  })));

type Function = (x: Value) => Value;
const { add, subtract, multiply, divide, sum, mean, max, abs, reshape, grad } = ops;
/** The gradient of an op, by what it does to a sum. */
const slope = (f: Function): Function => (x) => grad(sum(f(x)), [x])[0]!;
const positive: Function = (x) => add(abs(x), 0.5);

/** Functions of [rows, 6], by the op that they are about. */
const FUNCTIONS: Readonly<Record<string, Function>> = {
  relu: (x) => ops.relu(x), reluGradient: slope((x) => ops.square(ops.relu(x))), leakyRelu: (x) => ops.leakyRelu(x, 0.1), leakyReluGradient: slope((x) => ops.square(ops.leakyRelu(x, 0.1))),
  sigmoid: (x) => ops.sigmoid(x), sigmoidGradient: slope((x) => ops.sigmoid(x)), tanh: (x) => ops.tanh(x), tanhGradient: slope((x) => ops.tanh(x)),
  exp: (x) => ops.exp(x), expGradient: slope((x) => ops.exp(x)), log: (x) => ops.log(positive(x)), logGradient: slope((x) => ops.log(positive(x))),
  sqrt: (x) => ops.sqrt(positive(x)), sqrtGradient: slope((x) => ops.sqrt(positive(x))), square: (x) => ops.square(x), squareGradient: slope((x) => ops.square(x)),
  abs: (x) => abs(x), absGradient: slope((x) => abs(x)), clamp: (x) => ops.clamp(x, -0.3, 0.6), clampGradient: slope((x) => ops.clamp(x, -0.3, 0.6)),
  elu: (x) => add(ops.elu(x, 1.2), ops.celu(x, 0.8)), eluGradient: slope((x) => add(ops.elu(x, 1.2), ops.celu(x, 0.8))), erf: (x) => ops.erf(x), erfGradient: slope((x) => ops.erf(x)),
  softplus: (x) => ops.softplus(x, 2, 1), softplusGradient: slope((x) => ops.softplus(x, 2, 1)),
  add: (x) => add(x, reshape(mean(x, -1), [-1, 1])), subtract: (x) => subtract(1, x), multiply: (x) => multiply(x, ops.slice(x, 1, 0, 1)), divide: (x) => divide(x, positive(x)),
  maximum: (x) => ops.maximum(x, 0.2), minimum: (x) => ops.minimum(x, 0.2), power: (x) => ops.power(positive(x), 1.7),
  greater: (x) => ops.greater(x, 0.1), equal: (x) => ops.equal(x, ops.maximum(x, 0)), equalInt: (x) => multiply(x, reshape(ops.equal(ops.argmax(x), ops.argmax(abs(x))), [-1, 1])),
  heaviside: (x) => heaviside(ops.maximum(x, 0), 0),
  squaredError: (x) => ops.squaredError(x, ops.relu(x)), squaredErrorGradient: slope((x) => ops.squaredError(x, ops.sigmoid(x))),
  absoluteError: (x) => ops.absoluteError(x, ops.sigmoid(x)), absoluteErrorGradient: slope((x) => ops.absoluteError(x, ops.sigmoid(x))),
  logitCrossEntropy: (x) => ops.logitCrossEntropy(x, ops.sigmoid(ops.negate(x))), logitCrossEntropyGradient: slope((x) => ops.logitCrossEntropy(x, ops.sigmoid(ops.negate(x)))),
  probabilityCrossEntropy: (x) => ops.probabilityCrossEntropy(ops.sigmoid(x), ops.sigmoid(ops.negate(x))),
  probabilityCrossEntropyGradient: slope((x) => ops.probabilityCrossEntropy(ops.sigmoid(x), ops.sigmoid(ops.negate(x)))),
  hinge: (x) => ops.hingeLoss(x, ops.relu(x)), hingeGradient: slope((x) => ops.hingeLoss(x, ops.tanh(x))),
  constant: (x) => ops.concat([x, constant(x.graph, 2, [x.shape[0]!, 2])]), convert: (x) => ops.toFloat(ops.toInt(multiply(x, 5))),
  crossEntropy: (x) => add(softmaxCrossEntropy(x, ops.softmax(ops.negate(x))), softmaxCrossEntropy(x, ops.argmax(ops.negate(x)))),
  crossEntropyGradient: slope((x) => add(softmaxCrossEntropy(x, ops.softmax(ops.negate(x))), softmaxCrossEntropy(x, ops.argmax(ops.negate(x))))),
  matmul: (x) => ops.matmul(ops.matmul(x, matrix(x, [4, 6]), { transposeB: true }), matrix(x, [4, 5])),
  argmax: (x) => add(x, reshape(ops.toFloat(ops.argmax(x)), [-1, 1])), broadcastTo: (x) => ops.broadcastTo(reshape(x, [-1, 1, 6]), [x.shape[0]!, 3, 6]),
  max: (x) => subtract(x, max(x, -1, { keepDims: true })), mean: (x) => mean(reshape(x, [-1, 2, 3]), [1, 2]), sum: (x) => sum(reshape(x, [-1, 3, 2]), 1),
  pick: (x) => pick(reshape(x, [-1, 3, 2]), ops.argmax(reshape(x, [-1, 3, 2]), 1)), place: (x) => place(reshape(max(x), [-1, 1]), reshape(ops.argmax(x), [-1, 1]), 6),
  scale: (x) => multiply(x, 1.3), vector: (x) => add(x, vector(x.graph, [1, 2, 3, 4, 5, 6])),
  concat: (x) => ops.concat([x, ops.square(x)]), copy: (x) => apply(copyOp, [x], null), pad: (x) => apply(padOp, [x], { axis: 1, start: 2, length: 9 }),
  reshape: (x) => reshape(x, [-1, 3, 2]), slice: (x) => ops.slice(x, 1, 1, -2), transpose: (x) => ops.transpose(reshape(x, [-1, 2, 3]), [0, 2, 1]),
  softmax: (x) => ops.softmax(reshape(x, [-1, 2, 3]), 1), softmaxGradient: slope((x) => multiply(x, ops.softmax(x))),
  logSoftmax: (x) => ops.logSoftmax(x), logSoftmaxGradient: slope((x) => multiply(x, ops.logSoftmax(x))),
};

/** A matrix that is no parameter. */
function matrix({ graph }: Value, [m, n]: [number, number]): Value {
  return reshape(vector(graph, [...numbers(m * n, 9)]), [m, n]);
}

export const opCases: readonly Case[] = Object.entries(FUNCTIONS).map(([name, f]) => ({
  name, make: () => createModel((x: Value) => f(x), { input: [6] }), inputs: { "": [6] },
}));

const scaled = layer("scaled", (x, scope) => multiply(x, scope.parameter("factor", [1], { initializer: () => [3] })));
const shared = dense(6);

export const modelCases: readonly Case[] = [
  { name: "classifier", inputs: { "": [6] }, make: () => createModel(sequential(dense(12), relu(), layers.dropout(0.2), dense(8), layers.tanh(), dense(3)), { input: [6], seed: 3, classes: ["a", "b", "c"] }) },
  { name: "long products", inputs: { "": [700] }, make: () => createModel(sequential(dense(20), layers.gelu(), dense(1), layers.sigmoid()), { input: [700], seed: 4 }) },
  { name: "a layer of one's own", inputs: { "": [4] }, make: () => createModel(sequential(dense(5), scaled, layers.dropout(0.5), dense(2)), { input: [4], seed: 1 }) },
  {
    name: "shared layers, several inputs and outputs", inputs: { left: [6], right: [6], kind: [1] }, whole: { kind: 4 },
    make: () => createModel(({ left, right, kind }: Record<string, Value>) => {
      const a = shared(left!), b = shared(right!), hot = reshape(place(multiply(reshape(ops.toFloat(kind!), [-1, 1]), 0.5), reshape(kind!, [-1, 1]), 4), [-1, 4]);
      return { close: sum(multiply(a, b), -1), both: dense(3, { name: "head" })(ops.concat([ops.relu(a), b, hot])) };
    }, { input: { left: [6], right: [6], kind: { shape: [1], dtype: "int32" } }, seed: 2 }),
  },
];

/** Rows for a case: the same numbers each time, some of them beyond where activations bend. */
export function rowsFor({ inputs, whole = {} }: Case, rows: number, stream = 1): Record<string, { data: Float32Array | Int32Array; shape: number[] }> {
  return Object.fromEntries(Object.entries(inputs).map(([name, shape], i) => {
    const size = rows * shape.reduce((a, b) => a * b, 1), list = numbers(size, stream + i).map((x) => 4 * x * x * x + x), most = whole[name];
    return [name, { data: most ? Int32Array.from(list, (x) => Math.floor(Math.abs(x) * 7) % most) : list, shape: [rows, ...shape] }];
  }));
}

/** As predict takes it. */
export const asArgument = (x: ReturnType<typeof rowsFor>): any => ("" in x ? x[""] : x);
/** An output's tensors by name: "output" for the one without. */
export const asOutputs = (y: any): Record<string, { data: Float32Array; shape: number[] }> => ("data" in y && "shape" in y && !("data" in Object(y.data)) ? { output: y } : y);
