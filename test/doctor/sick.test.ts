// Each sign of a run that goes wrong, in small runs of its own: named rightly and by nothing else; and once the fix is applied
// as the doctor has written it, the run reaches a target that the sick one does not, without a warning.

import { describe, expect, test } from "vitest";
import { adam, binaryCrossEntropy, createModel, dense, doctor, layer, leakyRelu, mse, normal, prelu, relu, relu6, sequential, sgd, uniform, type FitOptions, type Layer } from "../../src/index.ts";
import * as ops from "../../src/ops/index.ts";
import { numbers } from "../helpers.ts";
import { applyFix } from "./apply.ts";
import { circle, run } from "./data.ts";
import { during } from "./sick.ts";

const points = circle(200);

describe.each(during)("$code: $about", (one) => {
  const { code, input, make, epochs, target, judge, severity = "warning" } = one;

  test.each([1, 4])("is named, and mended by what the fix says: seed %i", async (seed) => {
    const sick = make(seed), options = { ...sick.options, seed };
    const { codes, last } = await run(sequential(...sick.layers), input, sick.data, options, seed);
    expect(last.map((finding) => [finding.code, finding.severity]), JSON.stringify(last)).toEqual(last.map(() => [code, severity]));
    expect(last.length).toBeGreaterThan(0);
    expect(codes.filter((other) => other !== code && other !== one.also)).toEqual([]);
    if (one.layer) expect(last[0]!.layer).toBe(one.layer);
    for (const { cause, evidence } of last) {
      expect(cause.length).toBeGreaterThan(20);
      for (const value of Object.values(evidence)) if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
    }
    // every line once: several layers may tell the same
    const fix = [...new Set(last.flatMap((finding) => finding.fix.split("\n")))].join("\n"), well = applyFix(fix, { ...sick, options });
    const length = epochs && !fix.startsWith("epochs: ") ? { epochs } : {}, of = (outcome: { loss: number; validation: number }): number => (judge ? outcome.validation : outcome.loss);
    const mended = await run(sequential(...well.layers), input, well.data, { ...well.options, ...length }, seed);
    expect(mended.codes, JSON.stringify(mended.last)).toEqual([]);
    const unmended = await run(sequential(...sick.layers), input, sick.data, { ...options, ...length }, seed);
    console.info(`${code} (${one.about}, seed ${seed}): ${of(unmended).toPrecision(3)} without the fix, ${of(mended).toPrecision(3)} with it; target ${target}`);
    expect(of(mended)).toBeLessThan(target);
    expect(of(unmended)).toBeGreaterThan(target);
  });
});

describe("units that are dead are found wherever they are", () => {
  const below = (): Layer => dense(16, { initializer: uniform({ low: -0.5, high: 0.02 }) });
  const data = { x: points.x.map((v) => (v + 1) / 2), y: points.y }, sick = { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.001 }), epochs: 8 } satisfies FitOptions;

  test("in relu6, and in a layer of one's own", async () => {
    for (const activation of [relu6(), layer("mine", (x) => ops.relu(x))])
      expect((await run(sequential(below(), activation, dense(1)), [2], data, sick)).last.map(({ code, layer: of }) => [code, of])).toEqual([["dead-relu", "1"]]);
  });

  test("in a model that is a function", async () => {
    const first = below(), second = dense(1), model = await createModel((x) => second(ops.relu(first(x))), { input: [2] });
    const { epochs } = await model.fit(data, { ...sick, doctor: doctor() });
    expect(epochs.at(-1)!.findings.map(({ code, layer: of }) => [code, of])).toEqual([["dead-relu", "relu"]]);
  });

  test("not in prelu or leakyRelu, which pass something on", async () => {
    for (const activation of [prelu(), leakyRelu()]) expect((await run(sequential(below(), activation, dense(1)), [2], data, sick)).codes).toEqual([]);
  });
});

describe("what is well is not told", () => {
  const quiet = async (layers: Layer[], input: number[], data: any, options: FitOptions): Promise<void> => {
    const { codes, last } = await run(sequential(...layers), input, data, options);
    expect(codes, JSON.stringify(last)).toEqual([]);
  };

  test("of noise nothing can be learnt: neither a model too small nor a rate too low", async () => {
    const data = { x: numbers(1200, 3), y: numbers(300, 4) };
    await quiet([dense(1)], [4], data, { loss: mse(), optimizer: sgd({ learningRate: 0.01 }), schedule: (_, { base }) => base, epochs: 120 });
    await quiet([dense(16), relu(), dense(1)], [4], data, { loss: mse(), optimizer: sgd({ learningRate: 0.01 }), epochs: 120 });
  });

  test("weights that start near 0: a gradient that is larger than they are explodes not", async () => {
    await quiet([dense(16, { initializer: normal({ deviation: 1e-4 }) }), relu(), dense(1, { initializer: "zeros" })], [2], points, { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.01 }), epochs: 60 });
  });

  test("units that few rows of a small batch reach are not dead", async () => {
    await quiet([dense(32), relu(), dense(1)], [2], points, { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.001 }), batchSize: 1, epochs: 4 });
  });

  test("weights of rows belong to what ignorance costs", async () => {
    const weight = Float32Array.from(points.y, (label) => (label ? 40 : 1));
    await quiet([dense(24), relu(), dense(1)], [2], { ...points, weight }, { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.01 }), epochs: 60 });
  });
});
