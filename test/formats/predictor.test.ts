// The stand-alone predictor: a module that imports nothing and gives the bits of predict.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createModel, crossEntropy, dense, type Model, relu, sequential, sgd, toPredictor } from "../../src/index.ts";
import { engines, install } from "../runtimes/engines.ts";
import { compare } from "../worst.ts";
import { asArgument, asOutputs, type Case, layerCases, modelCases, opCases, rowsFor } from "./models.ts";

interface Predictor {
  predict(x: unknown): any;
  classify?(x: unknown): unknown;
  classes?: readonly string[];
}

const folder = mkdtempSync(join(tmpdir(), "lanewise-predictor-"));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

async function predictor(model: Model<any, any>): Promise<Predictor> {
  const path = join(folder, `${count++}.mjs`);
  writeFileSync(path, toPredictor(model));
  return import(/* @vite-ignore */ path) as Promise<Predictor>;
}

/** The bits, every NaN being one. */
const bits = (data: Float32Array): number[] => [...new Uint32Array(data.map((x) => (Number.isNaN(x) ? NaN : x)).buffer)];

async function same(one: Case): Promise<void> {
  const model = await one.make(), { predict } = await predictor(model);
  for (const rows of [1, 7, 64]) {
    const x = asArgument(rowsFor(one, rows)), wanted = asOutputs(model.predict(x)), got = asOutputs(predict(x));
    expect(Object.keys(got)).toEqual(Object.keys(wanted));
    for (const [name, { data, shape }] of Object.entries(wanted)) {
      expect(got[name]!.shape).toEqual(shape);
      // derivatives and losses in a function of one's own are written in other ops
      if (/Gradient|Error|Entropy|hinge/.test(one.name)) compare(`${rows} rows, ${name}`, got[name]!.data, [...data], { most: 2e-6, zeros: "either sign" });
      else expect(bits(got[name]!.data), `${rows} rows, ${name}`).toEqual(bits(data));
    }
  }
  model.dispose();
}

describe.each([["layers", layerCases], ["ops", opCases], ["models", modelCases]] as const)("%s", (_, cases) => {
  test.each(cases.map((one) => [one.name, one] as const))("%s: the predictor has the bits of predict", (_name, one) => same(one));
});

test("it is a few KB beside its weights, imports nothing and evaluates nothing", async () => {
  const model = await createModel(sequential(dense(8), relu(), dense(3)), { input: [4], classes: ["a", "b", "c"] }), text = toPredictor(model);
  const code = text.replace(/atob\("[^"]*"\)/, "");
  expect(code.length).toBeLessThan(7000);
  expect(code).not.toMatch(/\beval\b|Function\(|\bimport\b|WebAssembly|require\(/);
  model.dispose();
});

test("it tells classes as classify does, and takes nested rows", async () => {
  const model = await createModel(sequential(dense(3)), { input: [2], classes: ["cat", "dog", "</script>*/\u2028"], seed: 3 }), x = [[1, -2], [0.5, 3], [9, 9]];
  await model.fit({ x, y: [0, 2, 1] }, { loss: crossEntropy(), optimizer: sgd() });
  const { classify, classes } = await predictor(model);
  expect(classes).toEqual(["cat", "dog", "</script>*/\u2028"]);
  expect(classify!(x)).toEqual(model.classify(x));
  model.dispose();
});

test("rows that do not fit are refused", async () => {
  const model = await createModel(dense(1), { input: [2] }), { predict } = await predictor(model);
  for (const x of [[[1, 2, 3]], [], [[1, NaN]], [["1", 2]], undefined, [[1e39, 0]]]) expect(() => predict(x), String(x)).toThrow(TypeError);
  model.dispose();
});

test("names of inputs and outputs cannot break out of the text", async () => {
  const name = '*/ globalThis.broken = 1; /* " ` ${globalThis.broken = 1} \\';
  const model = await createModel((x: Record<string, any>) => ({ [name]: dense(1)(x[name]) }), { input: { [name]: [2] } as Record<string, number[]> });
  const { predict } = await predictor(model), x = { [name]: [[1, 2]] };
  expect(predict(x)[name].data).toEqual((model.predict(x as never) as Record<string, { data: Float32Array }>)[name]!.data);
  expect("broken" in globalThis).toBe(false);
  model.dispose();
});

test.each(["Node 24", "Deno", "Bun"])("the bits are the same in %s", async (name) => {
  await install();
  const engine = engines[name], one = modelCases[1]!, model = await one.make(), x = asArgument(rowsFor(one, 5)), file = `engine-${name.replace(" ", "")}.mjs`;
  if (!engine) return console.warn(`test/formats/predictor.test.ts: there is no ${name} for this machine`);
  writeFileSync(join(folder, file), `${toPredictor(model)}
console.log(JSON.stringify([...new Uint32Array(predict({ data: ${JSON.stringify([...x.data])}, shape: ${JSON.stringify(x.shape)} }).data.buffer)]));
`);
  expect(JSON.parse(await engine.run(file, "", folder))).toEqual(bits(model.predict(x).data));
  model.dispose();
}, 300_000);
