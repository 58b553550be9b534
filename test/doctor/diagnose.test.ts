// What diagnose finds before training: each rule by a small case that has it and nothing else; what can be trained trains to
// its target once the fix is applied; what fit refuses is shown with its remedy.

import { describe, expect, test } from "vitest";
import {
  adam, binaryCrossEntropy, createModel, crossEntropy, dense, diagnose, dropout, hash, initializers, leakyRelu, mse, OptionError, prelu, relu, selu,
  sequential, sgd, sigmoid, softmax, StateError, tanh, type FitOptions, type Layer,
} from "../../src/index.ts";
import * as ops from "../../src/ops/index.ts";
import { classified, numbers } from "../helpers.ts";
import { circle, oneHot, run, wave } from "./data.ts";

interface Case {
  code: string;
  severity: string;
  layer?: string;
  model: Layer;
  input: number[];
  data: { x: any; y: any; weight?: any };
  options: FitOptions;
  says: RegExp;
  /** What the run reaches with the fix; where there is none, fit throws. */
  fixed?: { model?: Layer; data?: { x: any; y: any; weight?: any }; options?: Partial<FitOptions>; target: number };
}

const points = circle(200), curve = wave(256), spots = classified(300), fast = adam({ learningRate: 0.02 });
const stack = (depth: number, units: number, activation: () => Layer, options = {}): Layer =>
  sequential(...Array.from({ length: depth }, () => [dense(units, options), activation()]).flat(), dense(1));
/** One row in fifty is in the circle. */
const rare = ((): { x: Float32Array; y: Float32Array } => {
  const { x, y } = circle(2000), keep = Array.from(y, (label, i) => (label === 0 || i % 60 === 0 ? i : -1)).filter((i) => i >= 0);
  return { x: Float32Array.from(keep.flatMap((i) => [x[2 * i]!, x[2 * i + 1]!])), y: Float32Array.from(keep, (i) => y[i]!) };
})();
const counts = [rare.y.filter((v) => v === 0).length, rare.y.filter((v) => v === 1).length] as const;
const bytes = Uint8Array.from(points.x, (v) => Math.round(127.5 * (v + 1)));

const cases: Case[] = [
  {
    code: "sigmoid-for-exclusive-classes", severity: "warning", layer: "3", model: sequential(dense(16), relu(), dense(3), sigmoid()), input: [6],
    data: { x: spots.x, y: oneHot(spots.y, 3) }, options: { loss: binaryCrossEntropy({ from: "probabilities" }), optimizer: fast, epochs: 30 }, says: /crossEntropy\(\)/,
    fixed: { model: sequential(dense(16), relu(), dense(3)), options: { loss: crossEntropy() }, target: 0.15 },
  },
  {
    code: "sigmoid-for-exclusive-classes", severity: "warning", layer: "3", model: sequential(dense(16), relu(), dense(3), sigmoid()), input: [6],
    data: spots, options: { loss: crossEntropy({ from: "probabilities" }), optimizer: fast, epochs: 30 }, says: /without sigmoid/,
    fixed: { model: sequential(dense(16), relu(), dense(3)), options: { loss: crossEntropy() }, target: 0.15 },
  },
  {
    code: "regression-through-softmax", severity: "error", layer: "3", model: sequential(dense(16), relu(), dense(2), softmax()), input: [1],
    data: { x: curve.x, y: Float32Array.from({ length: 512 }, (_, i) => (i % 2 ? 1 : -1) * curve.y[i >> 1]!) }, options: { loss: mse(), optimizer: fast, epochs: 120 },
    says: /without softmax/, fixed: { model: sequential(dense(16), relu(), dense(2)), target: 0.02 },
  },
  {
    code: "regression-through-relu", severity: "error", layer: "3", model: sequential(dense(16), tanh(), dense(1), relu()), input: [1], data: curve,
    options: { loss: mse(), optimizer: fast, epochs: 40 }, says: /without relu/, fixed: { model: sequential(dense(16), tanh(), dense(1)), target: 0.02 },
  },
  {
    code: "regression-through-relu", severity: "warning", layer: "3", model: sequential(dense(16), tanh(), dense(1), relu()), input: [1],
    data: { x: curve.x, y: curve.y.map((v) => v + 2) }, options: { loss: mse(), optimizer: fast, epochs: 60 }, says: /without relu/,
    fixed: { model: sequential(dense(16), tanh(), dense(1)), target: 0.03 },
  },
  {
    code: "squashing-in-deep-network", severity: "warning", layer: "1", model: stack(6, 16, sigmoid), input: [2], data: points,
    options: { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.01 }), epochs: 80 }, says: /relu\(\).*\n.*"he"/,
    fixed: { model: stack(6, 16, relu, { initializer: "he" }), target: 0.1 },
  },
  {
    code: "linear-stack", severity: "warning", layer: "1", model: sequential(dense(16), dense(1)), input: [2], data: points,
    options: { loss: binaryCrossEntropy(), optimizer: fast, epochs: 60 }, says: /dense\(units\), relu\(\), dense/,
    fixed: { model: sequential(dense(16), relu(), dense(1)), target: 0.15 },
  },
  {
    code: "selu-without-lecun", severity: "warning", layer: "0", model: sequential(dense(24), selu(), dense(1)), input: [1], data: curve,
    options: { loss: mse(), optimizer: fast, epochs: 60 }, says: /"lecun"/, fixed: { model: sequential(dense(24, { initializer: "lecun" }), selu(), dense(1)), target: 0.02 },
  },
  {
    code: "sgd-without-schedule", severity: "info", model: sequential(dense(16), tanh(), dense(1)), input: [1], data: curve,
    options: { loss: mse(), optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), epochs: 60 }, says: /schedule: cosine\(\)/,
    fixed: { options: { schedule: (step, { steps, base }) => base * (1 - step / steps) }, target: 0.02 },
  },
  {
    code: "inputs-not-scaled", severity: "warning", model: sequential(dense(16), relu(), dense(1)), input: [2], data: { x: bytes, y: points.y },
    options: { loss: binaryCrossEntropy(), optimizer: fast, epochs: 80 }, says: /byte \/ 255/, fixed: { data: { x: Float32Array.from(bytes, (byte) => byte / 255), y: points.y }, target: 0.15 },
  },
  {
    code: "rare-class", severity: "warning", model: sequential(dense(24), relu(), dense(1)), input: [2], data: rare,
    options: { loss: binaryCrossEntropy(), optimizer: fast, epochs: 60 }, says: /weight: y\.map/,
    fixed: { data: { ...rare, weight: Float32Array.from(rare.y, (label) => rare.y.length / (2 * counts[label as 0 | 1])) }, target: 0.15 },
  },
  {
    code: "shared-rows", severity: "warning", model: sequential(dense(16), relu(), dense(1)), input: [2], data: points,
    options: { loss: binaryCrossEntropy(), optimizer: fast, epochs: 60, validation: { x: points.x.slice(0, 80), y: points.y.slice(0, 40) } }, says: /validation: 0\.2/,
    fixed: { options: { validation: 0.2 }, target: 0.15 },
  },
];

describe.each(cases)("$code ($severity)", ({ code, severity, layer, model, input, data, options, says, fixed }) => {
  test("is found, and nothing else is", async () => {
    const found = diagnose(await createModel(model, { input }), data, options);
    expect(found.map((one) => [one.code, one.severity, one.layer])).toEqual([[code, severity, layer]]);
    const [{ cause, fix, evidence }] = found as [typeof found[0] & object];
    expect(fix).toMatch(says);
    expect(cause.length).toBeGreaterThan(30);
    expect(Object.keys(evidence).length).toBeGreaterThan(0);
  });

  test("with the fix it is not found, and the run reaches its target", async () => {
    const [its, rows, settings] = [fixed!.model ?? model, fixed!.data ?? data, { ...options, ...fixed!.options }];
    const again = diagnose(await createModel(its, { input }), rows, settings).map((one) => one.code);
    // weights mend a rare class, and leave it rare
    expect(again).toEqual(code === "rare-class" ? ["rare-class"] : []);
    const { loss } = await run(its, input, rows, settings);
    expect(loss).toBeLessThan(fixed!.target);
  });
});

describe("what fit would refuse", () => {
  const refused: [string, Layer, { x: any; y: any }, FitOptions, string, RegExp][] = [
    ["softmax before a loss of logits", sequential(dense(3), softmax()), spots, { loss: crossEntropy() }, "probabilities-as-logits", /remove it, or use crossEntropy\(\{ from: "probabilities" \}\)/],
    ["labels outside the classes", dense(2), spots, { loss: crossEntropy() }, "label-out-of-range", /class number from 0 to 1/],
    ["targets of another width", dense(2), spots, { loss: mse() }, "wrong-width", /2 numbers for each row/],
  ];
  test.each(refused)("%s", async (_, layers, data, options, code, remedy) => {
    const model = await createModel(layers, { input: [6] }), before = hash(model);
    const [finding, ...more] = diagnose(model, data, options);
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ code, severity: "error" });
    expect(finding!.fix).toMatch(remedy);
    const error = await model.fit(data, options).then(() => undefined, (reason: any) => reason);
    expect(error.code).toBe(code);
    expect(finding!.cause).toBe(error.message);
    expect(hash(model)).toBe(before);
  });

  test("options that are none throw, as in fit", async () => {
    const model = await createModel(dense(1), { input: [2] });
    expect(() => diagnose(model, points, { loss: mse(), epoch: 3 } as never)).toThrow(OptionError);
    expect(() => diagnose(model, points, {} as never)).toThrow(/loss/);
    model.dispose();
    expect(() => diagnose(model, points, { loss: mse() })).toThrow(StateError);
  });
});

describe("what is well is not found", () => {
  const well = async (model: any, input: any, data: any, options: FitOptions): Promise<unknown> => diagnose(await createModel(model, { input }), data, options);
  const adamly = { loss: mse(), optimizer: fast };

  test("sums around activations: a residual is no linear stack", async () => {
    const [a, b, c] = [dense(4), dense(4), dense(1)];
    expect(await well((x: any) => { const h = a(x); return c(ops.add(h, ops.relu(b(h)))); }, [2], points, adamly)).toMatchObject([{ code: "linear-stack", evidence: { first: "0" } }]); // a, then b
    expect(await well((x: any) => { const h = ops.relu(a(x)); return c(ops.add(h, ops.relu(b(h)))); }, [2], points, adamly)).toEqual([]);
  });

  test("dropout between two layers does not make them apart", async () => {
    expect(await well(sequential(dense(4), dropout(0.5), dense(1)), [2], points, adamly)).toMatchObject([{ code: "linear-stack", layer: "2" }]);
  });

  test("other activations between", async () => {
    for (const activation of [leakyRelu(), prelu(), tanh(), sigmoid()]) expect(await well(sequential(dense(4), activation, dense(1)), [2], points, adamly)).toEqual([]);
  });

  test("shares of 1 through softmax, and several labels through sigmoid", async () => {
    expect(await well(sequential(dense(4), relu(), dense(3), softmax()), [6], { x: spots.x, y: oneHot(spots.y, 3) }, adamly)).toEqual([]);
    const labels = Float32Array.from({ length: 900 }, (_, i) => (numbers(900, 4)[i]! > 0 ? 1 : 0));
    expect(await well(sequential(dense(4), relu(), dense(3)), [6], { x: spots.x, y: labels }, { loss: binaryCrossEntropy() })).toEqual([]);
  });

  test("lecun, a function of one's own, or no selu at all", async () => {
    for (const initializer of ["lecun", initializers.lecun({ distribution: "uniform" }), () => numbers(8)] as any[])
      expect(await well(sequential(dense(4, { initializer }), selu(), dense(1)), [2], points, adamly)).toEqual([]);
  });

  test("whole numbers for an embedding are not scaled", async () => {
    const table = (x: any): any => ops.toFloat(x);
    expect(await well((x: any) => dense(1)(ops.multiply(table(x), 0.01)), { shape: [2], dtype: "int32" }, { x: Int32Array.from({ length: 40 }, (_, i) => i), y: new Float32Array(20) }, adamly)).toEqual([]);
  });

  test("a class that has no row is named; two of equal size are not", async () => {
    const y = Int32Array.from({ length: 300 }, (_, i) => i % 2);
    expect(await well(dense(3), [6], { x: spots.x, y }, { loss: crossEntropy() })).toMatchObject([{ code: "rare-class", evidence: { class: 2, rows: 0, of: 300 } }]);
    expect(await well(dense(2), [6], { x: spots.x, y }, { loss: crossEntropy() })).toEqual([]);
  });

  test("rows that come twice would be on both sides of a split", async () => {
    const twice = { x: Float32Array.from([...points.x, ...points.x]), y: Float32Array.from([...points.y, ...points.y]) };
    expect(await well(dense(1), [2], twice, { loss: binaryCrossEntropy(), validation: 0.2 })).toMatchObject([{ code: "shared-rows", evidence: { rows: 200, of: 400 } }]);
    expect(await well(dense(1), [2], points, { loss: binaryCrossEntropy(), validation: 0.2 })).toEqual([]);
  });
});
