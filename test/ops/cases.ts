// One description of each op gives its forward check, its gradient checks and its row in the benchmark.

import { apply } from "../../src/op.ts";
import { activationOps, binaryOps, lossOps } from "../../src/ops/table.ts";
import * as ops from "../../src/ops/index.ts";
import { heaviside } from "../../src/ops/binary.ts";
import type { Value } from "../../src/graph.ts";
import { catalogueCases } from "./catalogue-losses.ts";

export interface OpCase {
  name: string;
  /** Shapes of the arguments, about `size` numbers in the largest. */
  shapes(size: number): number[][];
  build(...values: Value[]): Value;
  /** The same in f64: the oracle. */
  formula(args: readonly Float64Array[], shapes: readonly number[][]): Float64Array;
  /** Where each argument's numbers are drawn from; -2 to 2 by default. */
  ranges?: readonly (readonly [number, number])[];
  /** Whole numbers below the length of another argument's last axis, instead of a range: class numbers. */
  labels?: { argument: number; of: number };
  /** Numbers at which the function has a kink: arguments keep away from them. Pairs that are equal count for two. */
  kinks?: readonly number[];
  /** Arguments that have no gradient, by position. */
  flat?: readonly number[];
  /** Has it no second derivative? */
  once?: boolean;
}

const rows = (size: number, width = 7): number[][] => [[Math.max(1, Math.round(size / width)), width]];
const f64 = (size: number, f: (i: number) => number): Float64Array => Float64Array.from({ length: size }, (_, i) => f(i));
const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

/** A formula in JavaScript's notation as a function. */
export function evaluator(formula: string, ...names: string[]): (...args: number[]) => number {
  const math = ["exp", "expm1", "log", "log1p", "sqrt", "abs", "tanh", "sign", "max", "min", "pow"];
  return new Function("erf", ...math, `return (${names.join(", ")}) => ${formula};`)(erf, ...math.map((name) => Math[name as "exp"])) as (...args: number[]) => number;
}

/** The error function in f64, by its series; at most 1e-13 off for |x| < 4. */
function erf(x: number): number {
  let term = x, total = x;
  for (let n = 1; n < 120; n++) total += (term *= -x * x / n) / (2 * n + 1);
  return Math.abs(x) > 5 ? Math.sign(x) : total * 2 / Math.sqrt(Math.PI);
}

/** Parameters of the activations that have some. */
const PARAMETERS: Readonly<Record<string, readonly number[]>> = {
  leakyRelu: [0.01], clamp: [-1.5, 2], elu: [0.75, 1.25], softplus: [2, 5],
};
/** Where they bend, beside 0. */
const KINKS: Readonly<Record<string, readonly number[]>> = { clamp: [-1.5, 2], softplus: [2.5] };
const POSITIVE = new Set(["log", "sqrt"]);

const activationCases = activationOps.map((op): OpCase => {
  const f = evaluator(op.row.formula, "x", "p", "q"), parameters = PARAMETERS[op.name] ?? [], [p = 0, q = 0] = parameters.map(Math.fround);
  return {
    name: op.name, shapes: (size) => [[size]], build: (x) => apply(op, [x!], parameters),
    formula: ([x]) => x!.map((value) => f(value, p, q)),
    ranges: [POSITIVE.has(op.name) ? [0.1, 4] : [-4, 4]], kinks: [0, ...(KINKS[op.name] ?? [])], once: op.row.second === undefined,
  };
});

/** The place of element i of a broadcast tensor. */
function broadcast(i: number, out: readonly number[], own: readonly number[]): number {
  let place = 0, step = 1, rest = i;
  for (let axis = 1; axis <= out.length; axis++) {
    const length = out[out.length - axis]!, at = rest % length, n = own[own.length - axis] ?? 1;
    rest = Math.floor(rest / length);
    if (n !== 1) place += at * step;
    step *= n;
  }
  return place;
}

/** Each function of two numbers, in the layouts that broadcasting has. */
const LAYOUTS: readonly [string, (size: number) => number[][]][] = [
  ["", (size) => [[size], [size]]],
  [" of a row", (size) => [[Math.max(1, Math.round(size / 8)), 8], [8]]],
  [" of a column", (size) => [[Math.max(1, Math.round(size / 8)), 1], [Math.max(1, Math.round(size / 8)), 8]]],
  [" of an outer and an inner axis", (size) => [[Math.max(1, Math.round(size / 15)), 1, 5], [3, 1]]],
];

const binaryCases = binaryOps.filter((op) => op.name !== "equalInt").flatMap((op) => {
  const f = evaluator(op.row.formula, "a", "b");
  return (["add", "divide", "power"].includes(op.name) ? LAYOUTS : LAYOUTS.slice(0, 2)).map(([layout, shapes]): OpCase => ({
    name: op.name + layout, shapes, build: (a, b) => apply(op, [a!, b!], null),
    formula([a, b], [as, bs]) {
      const out = outShape(as!, bs!);
      return f64(out.reduce((x, y) => x * y, 1), (i) => f(a![broadcast(i, out, as!)]!, b![broadcast(i, out, bs!)]!));
    },
    ranges: op.name === "power" ? [[0.3, 3], [-2, 2]] : op.name === "divide" ? [[-2, 2], [0.5, 3]] : [[-2, 2], [-2, 2]],
    ...(op.row.gradient ? {} : { flat: [0, 1] }),
  }));
});

function outShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => Math.max(a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1));
}

const PROBABILITIES = new Set(["probabilityCrossEntropy"]);
const lossCases = lossOps.map((op): OpCase => {
  const f = evaluator(op.row.formula, "p", "t");
  return {
    name: op.name, shapes: (size) => [[size], [size]], build: (p, t) => apply(op, [p!, t!], null),
    formula: ([p, t]) => p!.map((value, i) => f(value, t![i]!)),
    ranges: PROBABILITIES.has(op.name) ? [[0.05, 0.95], [0, 1]] : op.name === "logitCrossEntropy" ? [[-6, 6], [0, 1]] : [[-2, 2], [-2, 2]],
    once: op.row.second === undefined,
  };
});

function product(name: string, flags: { transposeA?: boolean; transposeB?: boolean }, m: number, n: number, k: (size: number) => number): OpCase {
  const shapes = (size: number): number[][] => {
    const depth = k(size);
    return [flags.transposeA ? [depth, m] : [m, depth], flags.transposeB ? [n, depth] : [depth, n]];
  };
  return {
    name, shapes, build: (a, b) => ops.matmul(a!, b!, flags), ranges: [[-1, 1], [-1, 1]],
    formula([a, b], [as, bs]) {
      const depth = as![flags.transposeA ? 0 : 1]!;
      return f64(m * n, (i) => {
        const row = Math.floor(i / n), column = i % n;
        return sum(f64(depth, (d) => a![flags.transposeA ? d * as![1]! + row : row * as![1]! + d]! * b![flags.transposeB ? column * bs![1]! + d : d * bs![1]! + column]!));
      });
    },
  };
}

const matmulCases = [{}, { transposeB: true }, { transposeA: true }, { transposeA: true, transposeB: true }].flatMap((flags) => {
  const letters = `${"transposeA" in flags ? "T" : "N"}${"transposeB" in flags ? "T" : "N"}`;
  return [
    product(`matmul ${letters}`, flags, 9, 11, (size) => Math.max(1, Math.round(size / 11))),
    product(`matmul ${letters} of 3 rows`, flags, 3, 21, (size) => Math.max(1, Math.round(size / 21))),
  ];
});

/** Softmax of one row. */
function softmax(row: ArrayLike<number>): Float64Array {
  const top = Math.max(...Array.from(row)), e = Float64Array.from(Array.from(row), (x) => Math.exp(x - top)), total = sum(e);
  return e.map((x) => x / total);
}

function perRow(x: Float64Array, width: number, f: (row: Float64Array, r: number) => ArrayLike<number>): Float64Array {
  return Float64Array.from(Array.from({ length: x.length / width }, (_, r) => Array.from(f(x.subarray(r * width, (r + 1) * width), r))).flat());
}

/** Activations that are made of others. */
function compositions(): OpCase[] {
  const one = (name: string, build: (x: Value) => Value, formula: string, kinks: readonly number[] = [0]): OpCase => {
    const f = evaluator(formula, "x");
    return { name, shapes: (size) => [[size]], build: (x) => build(x!), formula: ([x]) => x!.map((value) => f(value)), ranges: [[-4, 4]], kinks };
  };
  return [
    one("relu6", (x) => ops.relu6(ops.multiply(x, 2)), "min(max(2 * x, 0), 6)", [0, 3]),
    one("hardTanh", (x) => ops.hardTanh(x), "min(max(x, -1), 1)", [-1, 1]),
    one("hardSigmoid", ops.hardSigmoid, "min(max(x + 3, 0), 6) / 6", [-3, 3]),
    one("hardSwish", ops.hardSwish, "x * min(max(x + 3, 0), 6) / 6", [-3, 3]),
    one("celu", (x) => ops.celu(x, 2), "x > 0 ? x : 2 * expm1(x / 2)"),
    one("selu", ops.selu, "1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x))"),
    one("silu", (x) => ops.silu(x, 1.5), "x / (1 + exp(-1.5 * x))"),
    one("mish", ops.mish, "x * tanh(log1p(exp(x)))"),
    one("gelu", (x) => ops.gelu(x), "0.5 * x * (1 + erf(x * 0.7071067811865476))"),
    one("gelu by tanh", (x) => ops.gelu(x, "tanh"), "0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * pow(x, 3))))"),
    one("logSigmoid", ops.logSigmoid, "-log1p(exp(-x))"),
    one("softsign", ops.softsign, "x / (1 + abs(x))"),
    { name: "prelu of channels", shapes: (size) => [...rows(size), [7]], build: (x, a) => ops.prelu(x!, a!),
      formula: ([x, a]) => x!.map((value, i) => (value > 0 ? value : a![i % 7]! * value)), kinks: [0] },
    { name: "silu of a learned beta", shapes: (size) => [[size], [1]], build: (x, b) => ops.silu(x!, b!),
      formula: ([x, b]) => x!.map((value) => value / (1 + Math.exp(-b![0]! * value))) },
  ];
}

const CLASSES = 7;
const otherCases: OpCase[] = [
  ...compositions(),
  { name: "softmax", shapes: rows, build: (x) => ops.softmax(x!), formula: ([x], [s]) => perRow(x!, s![1]!, softmax) },
  { name: "softmax of the first axis", shapes: rows, build: (x) => ops.softmax(x!, 0),
    formula: ([x], [s]) => transposed(perRow(transposed(x!, s![1]!), s![0]!, softmax), s![0]!) },
  { name: "logSoftmax", shapes: rows, build: (x) => ops.logSoftmax(x!), formula: ([x], [s]) => perRow(x!, s![1]!, (row) => softmax(row).map(Math.log)) },
  { name: "crossEntropy of distributions", shapes: (size) => [...rows(size), ...rows(size)], build: (x, t) => ops.softmaxCrossEntropy(x!, t!),
    formula: ([x, t], [s]) => perRow(x!, s![1]!, (row, r) => { const p = softmax(row); return [-sum(p.map((q, c) => t![r * s![1]! + c]! * Math.log(q)))]; }),
    ranges: [[-2, 2], [0, 1]] },
  { name: "crossEntropy of labels", shapes: (size) => [...rows(size, CLASSES), [rows(size, CLASSES)[0]![0]!]], labels: { argument: 1, of: 0 }, flat: [1],
    build: (x, t) => ops.softmaxCrossEntropy(x!, ops.toInt(t!)),
    formula: ([x, t], [s]) => perRow(x!, s![1]!, (row, r) => [-Math.log(softmax(row)[t![r]!]!)]) },
  // not around 0, where what is left of a sum is its rounding
  { name: "sum", shapes: (size) => [[size]], build: (x) => ops.sum(x!), formula: ([x]) => f64(1, () => sum(x!)), ranges: [[0, 2]] },
  { name: "sum of rows", shapes: rows, build: (x) => ops.sum(x!, 1), formula: ([x], [s]) => perRow(x!, s![1]!, (row) => [sum(row)]) },
  { name: "sum of columns", shapes: (size) => rows(size, 21), ranges: [[0, 2]], build: (x) => ops.sum(x!, 0),
    formula: ([x], [s]) => f64(s![1]!, (c) => sum(x!.filter((_, i) => i % s![1]! === c))) },
  { name: "sum of outer and inner axes", shapes: (size) => [[2, Math.max(1, Math.round(size / 6)), 3]], build: (x) => ops.sum(x!, [0, 2]),
    formula: ([x], [s]) => f64(s![1]!, (m) => sum(x!.filter((_, i) => Math.floor(i / 3) % s![1]! === m))) },
  { name: "mean", shapes: (size) => [[size]], build: (x) => ops.mean(x!), formula: ([x]) => f64(1, () => sum(x!) / x!.length) },
  { name: "mean of columns", shapes: rows, build: (x) => ops.mean(x!, 0, { keepDims: true }),
    formula: ([x], [s]) => f64(s![1]!, (c) => sum(x!.filter((_, i) => i % s![1]! === c)) / s![0]!) },
  { name: "max", shapes: rows, build: (x) => ops.max(x!), formula: ([x], [s]) => perRow(x!, s![1]!, (row) => [Math.max(...row)]), once: false },
  { name: "max of columns", shapes: rows, build: (x) => ops.max(x!, 0),
    formula: ([x], [s]) => f64(s![1]!, (c) => Math.max(...x!.filter((_, i) => i % s![1]! === c))) },
  { name: "argmax", shapes: rows, build: (x) => ops.toFloat(ops.argmax(x!)), flat: [0],
    formula: ([x], [s]) => perRow(x!, s![1]!, (row) => [row.indexOf(Math.max(...row))]) },
  { name: "equal of whole numbers", shapes: (size) => [...rows(size), ...rows(size)], flat: [0, 1], build: (a, b) => ops.equal(ops.argmax(a!), ops.argmax(b!)),
    formula: ([a, b], [s]) => perRow(a!, s![1]!, (row, r) => {
      const other = b!.subarray(r * s![1]!, (r + 1) * s![1]!);
      return [row.indexOf(Math.max(...row)) === other.indexOf(Math.max(...other)) ? 1 : 0];
    }) },
  { name: "broadcastTo", shapes: () => [[3, 1]], build: (x) => ops.broadcastTo(x!, [2, 3, 4]), formula: ([x]) => f64(24, (i) => x![Math.floor(i / 4) % 3]!) },
  { name: "transpose", shapes: rows, build: (x) => ops.transpose(x!), formula: ([x], [s]) => transposed(x!, s![1]!) },
  { name: "transpose of three axes", shapes: (size) => [[Math.max(1, Math.round(size / 6)), 2, 3]], build: (x) => ops.transpose(x!, [2, 0, 1]),
    formula: ([x], [s]) => f64(x!.length, (i) => { const n = s![0]! * 2; return x![(i % n) * 3 + Math.floor(i / n)]!; }) },
  { name: "reshape", shapes: rows, build: (x) => ops.reshape(x!, [-1]), formula: ([x]) => x!.slice() },
  { name: "slice", shapes: rows, build: (x) => ops.slice(x!, 1, 2, -1), formula: ([x], [s]) => perRow(x!, s![1]!, (row) => row.subarray(2, s![1]! - 1)) },
  { name: "concat", shapes: (size) => [...rows(size), ...rows(size)], build: (a, b) => ops.concat([a!, b!, a!], 1),
    formula: ([a, b], [s]) => perRow(a!, s![1]!, (row, r) => [...row, ...b!.subarray(r * s![1]!, (r + 1) * s![1]!), ...row]) },
  { name: "negate", shapes: (size) => [[size]], build: (x) => ops.negate(x!), formula: ([x]) => x!.map((value) => -value) },
  { name: "multiply by a number", shapes: (size) => [[size]], build: (x) => ops.multiply(x!, 2.5), formula: ([x]) => x!.map((value) => 2.5 * value) },
  { name: "power of a number", shapes: (size) => [[size]], build: (x) => ops.power(x!, 3), formula: ([x]) => x!.map((value) => value ** 3), ranges: [[0.3, 2]] },
  { name: "heaviside", shapes: (size) => [[size], [size]], build: (a, b) => heaviside(a!, b!), flat: [0, 1],
    formula: ([a, b]) => a!.map((value, i) => (value > b![i]! ? 1 : value === b![i]! ? 0.5 : 0)) },
];

function transposed(x: Float64Array, width: number): Float64Array {
  const height = x.length / width;
  return f64(x.length, (i) => x[(i % height) * width + Math.floor(i / height)]!);
}

export const cases: readonly OpCase[] = [...activationCases, ...binaryCases, ...lossCases, ...matmulCases, ...otherCases, ...catalogueCases];
