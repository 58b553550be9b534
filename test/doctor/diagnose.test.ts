// What diagnose finds before training: each rule by a small case that has it and nothing else; what can be trained trains to
// its target once the fix is applied as it is written; what fit refuses is shown with its remedy.

import { describe, expect, test } from "vitest";
import {
  adam, binaryCrossEntropy, createModel, crossEntropy, dense, diagnose, dropout, hash, initializers, leakyRelu, mse, OptionError, prelu, relu, selu,
  sequential, sigmoid, softmax, StateError, tanh, type FitOptions, type Layer,
} from "../../src/index.ts";
import * as ops from "../../src/ops/index.ts";
import { classified, numbers } from "../helpers.ts";
import { applyFix } from "./apply.ts";
import { circle, oneHot, run } from "./data.ts";
import { before } from "./sick.ts";

const points = circle(200), spots = classified(300), fast = adam({ learningRate: 0.02 });

describe.each(before)("$code: $about", (one) => {
  const { code, severity, layer, input, make, target, epochs, trains, stays } = one;

  test.each([1, 2])("is found and nothing else, and the run that is mended by what the fix says reaches its target: seed %i", async (seed) => {
    const sick = make(seed), options = { ...sick.options, seed };
    const found = diagnose(await createModel(sequential(...sick.layers), { input, seed }), sick.data, options);
    expect(found.map((finding) => [finding.code, finding.severity, finding.layer])).toEqual([[code, severity, layer]]);
    const [{ cause, fix, evidence }] = found as [typeof found[0] & object];
    expect(cause.length).toBeGreaterThan(30);
    expect(Object.keys(evidence).length).toBeGreaterThan(0);

    const well = applyFix(fix, { ...sick, options }), length = epochs ? { epochs } : {};
    const again = diagnose(await createModel(sequential(...well.layers), { input, seed }), well.data, well.options);
    expect(again.map((finding) => finding.code)).toEqual(stays ? [code] : []);
    const mended = await run(sequential(...well.layers), input, well.data, { ...well.options, ...length }, seed);
    expect(mended.codes, JSON.stringify(mended.last)).toEqual([]);
    expect(mended.loss).toBeLessThan(target);
    if (trains) return;
    expect((await run(sequential(...sick.layers), input, sick.data, { ...options, ...length }, seed)).loss).toBeGreaterThan(target);
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
