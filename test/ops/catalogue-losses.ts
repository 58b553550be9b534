// The cases of the catalogue's losses: those that are ops of their own, and those whose options compose several.

import { losses } from "../../src/index.ts";
import * as ops from "../../src/ops/index.ts";
import type { OpCase } from "./cases.ts";

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);
const pairs = (size: number): number[][] => [[size], [size]];
const rows = (size: number, width = 5): number[] => [Math.max(1, Math.round(size / width)), width];
const log1pExp = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function softmax(row: readonly number[]): number[] {
  const top = Math.max(...row), e = row.map((x) => Math.exp(x - top));
  return e.map((x) => x / sum(e));
}

/** A formula of the r-th rows of all arguments that have as many. */
function perRow(f: (...own: number[][]) => number | number[]): OpCase["formula"] {
  return (args, shapes) => Float64Array.from(Array.from({ length: shapes[0]![0]! }, (_, r) =>
    f(...args.map((arg) => Array.from(arg.subarray((r * arg.length) / shapes[0]![0]!, ((r + 1) * arg.length) / shapes[0]![0]!))))).flat());
}

const elementwise = (f: (p: number, t: number) => number): OpCase["formula"] => ([p, t]) => p!.map((value, i) => f(value, t![i]!));
const labelled = (size: number): number[][] => [rows(size), [rows(size)[0]!]];
const labels = { argument: 1, of: 0 }, flat = [1];
const norm = (a: readonly number[], b: readonly number[], p: number, epsilon = 1e-6): number => sum(a.map((x, i) => Math.abs(x - b[i]! + epsilon) ** p)) ** (1 / p);
const WEIGHTS = [0.5, 2, 1, 3, 0.25];
const smooth = (y: number, c: number): number => (c === y ? 0.8 : 0) + 0.2 / 5;

const focalCases = [2, 0.5].map((gamma): OpCase => ({
  name: `logitFocalLoss, gamma ${gamma}`, shapes: (size) => [rows(size, 2), rows(size, 2)], labels, flat,
  build: (x, t) => ops.logitFocalLoss(x!, t!, { gamma }),
  formula: elementwise((x, t) => (t ? 0.25 : 0.75) * log1pExp(t ? -x : x) * Math.exp(-gamma * log1pExp(t ? x : -x))),
}));

const tripletCases = ([{}, { power: 1 }, { power: 3, margin: 4 }, { swap: true, margin: 5 }] as const).map((shape: ops.TripletShape): OpCase => ({
  name: `tripletLoss of ${JSON.stringify(shape)}`, shapes: (size) => [rows(size), rows(size), rows(size)], build: (a, p, n) => ops.tripletLoss(a!, p!, n!, shape),
  formula: perRow((a, p, n) => {
    const { power = 2, margin = 1, swap } = shape, far = norm(a!, n!, power);
    return Math.max(0, norm(a!, p!, power) - (swap ? Math.min(far, norm(p!, n!, power)) : far) + margin);
  }),
}));

export const catalogueCases: readonly OpCase[] = [
  { name: "huberError", shapes: pairs, build: (p, t) => ops.huberError(p!, t!, 0.75),
    formula: elementwise((p, t) => (Math.abs(p - t) <= 0.75 ? (p - t) ** 2 / 2 : 0.75 * (Math.abs(p - t) - 0.375))) },
  { name: "smoothL1Error", shapes: pairs, build: (p, t) => ops.smoothL1Error(p!, t!, 0.75),
    formula: elementwise((p, t) => (Math.abs(p - t) < 0.75 ? (p - t) ** 2 / 1.5 : Math.abs(p - t) - 0.375)) },
  { name: "squaredHingeLoss", shapes: pairs, build: (p, t) => ops.squaredHingeLoss(p!, t!), formula: elementwise((p, t) => Math.max(0, 1 - t * p) ** 2) },
  { name: "divergence", shapes: pairs, build: (x, t) => ops.divergence(x!, t!), ranges: [[-3, 0], [0.05, 1]], formula: elementwise((x, t) => t * (Math.log(t) - x)) },
  ...focalCases, ...tripletCases,
  ...([1, 2] as const).map((power): OpCase => ({
    name: `marginLoss, power ${power}`, shapes: labelled, labels, flat, build: (x, t) => ops.marginLoss(x!, ops.toInt(t!), { power, margin: 0.8 }),
    formula: perRow((x, [y]) => sum(x!.map((one, c) => (c === y ? 0 : Math.max(0, 0.8 - x![y!]! + one) ** power))) / 5),
  })),
  ...[2, 0.5].map((gamma): OpCase => ({
    name: `softmaxFocalLoss, gamma ${gamma}`, shapes: labelled, labels, flat, build: (x, t) => ops.softmaxFocalLoss(x!, ops.toInt(t!), { gamma }),
    formula: perRow((x, [y]) => { const q = softmax(x!)[y!]!; return -((1 - q) ** gamma) * Math.log(q); }),
  })),
  { name: "cosineDistance", shapes: (size) => [rows(size), rows(size)], build: (a, b) => ops.cosineDistance(a!, b!), ranges: [[0.2, 2], [-2, 2]],
    formula: perRow((a, b) => 1 - sum(a!.map((x, i) => x * b![i]!)) / Math.sqrt((sum(a!.map((x) => x * x)) + 1e-12) * (sum(b!.map((x) => x * x)) + 1e-12))) },
  { name: "crossEntropy with classWeights, labelSmoothing and ignoreIndex", shapes: labelled, labels, flat,
    build: (x, t) => losses.crossEntropy({ classWeights: WEIGHTS, labelSmoothing: 0.2, ignoreIndex: 3 })(x!, ops.toInt(t!)),
    formula: perRow((x, [y]) => (y === 3 ? 0 : -sum(softmax(x!).map((p, c) => WEIGHTS[c]! * smooth(y!, c) * Math.log(p))))) },
  { name: "crossEntropy from probabilities with the same", shapes: labelled, labels, flat, ranges: [[0.05, 0.95]],
    build: (x, t) => losses.crossEntropy({ from: "probabilities", classWeights: WEIGHTS, labelSmoothing: 0.2, ignoreIndex: 3 })(x!, ops.toInt(t!)),
    formula: perRow((x, [y]) => (y === 3 ? 0 : -sum(x!.map((p, c) => WEIGHTS[c]! * smooth(y!, c) * Math.log(p))))) },
  { name: "nll with classWeights", shapes: labelled, labels, flat, build: (x, t) => losses.nll({ classWeights: WEIGHTS })(x!, ops.toInt(t!)),
    formula: perRow((x, [y]) => -WEIGHTS[y!]! * x![y!]!) },
  { name: "binaryCrossEntropy with posWeight", shapes: (size) => [rows(size), rows(size)], ranges: [[-6, 6], [0, 1]],
    build: (x, t) => losses.binaryCrossEntropy({ posWeight: WEIGHTS })(x!, t!),
    formula: perRow((x, t) => x!.map((one, c) => WEIGHTS[c]! * t![c]! * log1pExp(-one) + (1 - t![c]!) * log1pExp(one))) },
];
