// ONNX files: ONNX's own checker accepts them, and ONNX Runtime, native and in WebAssembly, computes what predict does.
// The checker is Debian's python3-onnx; where it is missing, that is told.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createModel, crossEntropy, dense, layer, loadModel, type Model, mse, ops, relu, sequential, sgd, sigmoid, toONNX } from "../../src/index.ts";
import { layerTable } from "../../src/layers/table.ts";
import { opTable } from "../../src/ops/table.ts";
import { uniform } from "../../src/ops/random.ts";
import { readModel } from "../onnx/files.ts";
import { compare } from "../worst.ts";
import { asArgument, asOutputs, type Case, layerCases, modelCases, opCases, rowsFor } from "./models.ts";
import { type Runtime, runtime, RUNTIMES, session } from "./onnxRuntime.ts";

const PYTHON = "/usr/bin/python3";
const noChecker = spawnSync(PYTHON, ["-c", "import onnx"]).status === 0 ? "" : ` [SKIPPED: ${PYTHON} has no onnx; apt-get install python3-onnx]`;
if (noChecker) console.warn(`test/formats/onnx.test.ts: files are not checked${noChecker}`);

const folder = mkdtempSync(join(tmpdir(), "lanewise-onnx-")), written: string[] = [];
afterAll(() => rmSync(folder, { recursive: true }));

async function run(ort: Runtime, file: Uint8Array, one: Case, rows: number): ReturnType<Awaited<ReturnType<typeof session>>["run"]> {
  const loaded = await session(ort, file);
  const outputs = await loaded.run(Object.fromEntries(Object.entries(rowsFor(one, rows)).map(([name, { data, shape }]) =>
    [name || "input", new ort.Tensor(data instanceof Int32Array ? "int32" : "float32", data, shape)])));
  await loaded.release();
  return outputs;
}

function save(name: string, file: Uint8Array): void {
  const path = join(folder, `${written.length}.onnx`);
  writeFileSync(path, file);
  written.push(`${path}\t${name}`);
}

/** Compares what a runtime makes of a model's file with what predict gives, for any number of rows. */
async function same(one: Case, model: Model<any, any>, file: Uint8Array): Promise<void> {
  for (const name of RUNTIMES) {
    const ort = await runtime(name);
    for (const rows of [1, 7, 64]) {
      const outputs = await run(ort, file, one, rows), wanted = asOutputs(model.predict(asArgument(rowsFor(one, rows))));
      expect(Object.keys(outputs).sort()).toEqual(Object.keys(wanted).sort());
      for (const [output, { data, shape }] of Object.entries(wanted)) {
        expect(outputs[output]!.dims).toEqual(shape);
        compare(`${name}, ${rows} rows, ${output}`, outputs[output]!.data, [...data], { most: 1e-5, zeros: "ONNX says nothing of their sign" });
      }
    }
  }
}

describe.each([["layers", layerCases], ["ops", opCases], ["models", modelCases]] as const)("%s", (_, cases) => {
  test.each(cases.map((one) => [one.name, one] as const))("%s: ONNX Runtime computes what predict does", async (name, one) => {
    const model = await one.make(), file = toONNX(model);
    save(name, file);
    await same(one, model, file);
    model.dispose();
  });
});

test("every layer and every op that a function may use has a case", async () => {
  for (const kind of layerTable().keys()) expect(layerCases.some(({ name }) => name.startsWith(`${kind} `)), kind).toBe(true);
  const used = new Set<string>();
  for (const one of opCases) {
    const model = await one.make();
    model["network"].trace(3, false).graph.nodes.forEach(({ op }) => used.add(op.name));
    model.dispose();
  }
  expect([...opTable().keys()].filter((name) => !used.has(name))).toEqual([]);
});

test.skipIf(noChecker)(`ONNX's checker accepts each file, strictly${noChecker}`, () => {
  const program = `
import sys, onnx
for line in sys.stdin.read().splitlines():
    path, name = line.split("\\t")
    model = onnx.load(path)
    try:
        onnx.checker.check_model(model, full_check=True)
        onnx.shape_inference.infer_shapes(model, strict_mode=True)
    except Exception as error:
        print(name, error)
`;
  const { stdout, stderr, status } = spawnSync(PYTHON, ["-c", program], { input: written.join("\n"), encoding: "utf8" });
  expect(stderr).toBe("");
  expect(stdout).toBe("");
  expect(status).toBe(0);
  expect(written.length).toBeGreaterThanOrEqual(layerCases.length + opCases.length + modelCases.length);
});

test("weights stand in the file under PyTorch's names and in its layouts, x · W + b is one Gemm", async () => {
  const model = await createModel(sequential(dense(3), relu(), dense(2, { name: "head" })), { input: [4] });
  const { nodes, constants, inputs, outputs, opset } = readModel(toONNX(model));
  for (const [name, { data, shape }] of model.parameters) expect(constants.get(name)).toEqual({ type: "float32", shape, data: [...data] });
  expect(nodes.map(({ op }) => op)).toEqual(["Gemm", "Relu", "Gemm", "Identity"]);
  expect([inputs, outputs, opset]).toEqual([["input"], ["output"], 7]);
  model.dispose();
});

test("the opset is the oldest that has what is in use, and the metadata say for what", async () => {
  const text = async (make: () => Promise<Model<any, any>>, options = {}): Promise<[number, string]> => {
    const model = await make(), file = toONNX(model, options);
    model.dispose();
    return [readModel(file).opset, new TextDecoder("latin1").decode(file)];
  };
  const [low, plain] = await text(() => createModel(sequential(dense(3), sigmoid()), { input: [4], classes: ["no", "maybe", "yes"] }), { license: "CC0-1.0" });
  expect(low).toBe(7);
  for (const told of ["7, for broadcasting", '["no","maybe","yes"]', "CC0-1.0", "numerics"]) expect(plain).toContain(told);
  const [high, clipped] = await text(() => createModel((x) => ops.clamp(x, 0, 1), { input: [4] }));
  expect([high, clipped.includes("11, for Clip")]).toEqual([11, true]);
});

test("with probabilities, outputs are those of classify", async () => {
  const model = await createModel(sequential(dense(3)), { input: [2], seed: 1 }), x = { data: Float32Array.of(1, -2, 0.5, 3), shape: [2, 2] };
  await model.fit({ x, y: [0, 2] }, { loss: crossEntropy(), optimizer: sgd() });
  const file = toONNX(model, { probabilities: true });
  expect(readModel(file).nodes.map(({ op }) => op)).toEqual(["Gemm", "Softmax", "Identity"]);
  const wanted = model.classify(x).flatMap((row) => [...row].sort((a, b) => a.index - b.index).map(({ probability }) => probability));
  for (const name of RUNTIMES) {
    const ort = await runtime(name), loaded = await session(ort, file);
    compare(name, (await loaded.run({ input: new ort.Tensor("float32", x.data, x.shape) })).output!.data, wanted, { most: 1e-6 });
  }
  await model.fit({ x, y: [[1, 2, 3], [4, 5, 6]] }, { loss: mse(), optimizer: sgd() });
  expect(() => toONNX(model, { probabilities: true })).toThrow(expect.objectContaining({ code: "no-classes" }));
  model.dispose();
});

test("inputs and outputs keep the names that the model gives them, or that is an error", async () => {
  const names = (model: Model<any, any>): readonly string[][] => {
    const { inputs, outputs } = readModel(toONNX(model));
    return [inputs, outputs];
  };
  const both = await createModel(({ a, b }: any) => ({ a: ops.add(a, b), c: a }), { input: { a: [2], b: [2] } });
  expect(() => toONNX(both)).toThrow(expect.objectContaining({ name: "GraphError", code: "not-portable", message: expect.stringContaining('output: "a" is the name of an input') }));
  const weights = await createModel(({ x, "0.weight": y }: any) => ops.add(dense(2)(x), y), { input: { x: [2], "0.weight": [2] } });
  expect(() => toONNX(weights)).toThrow(/input: "0.weight" is the name of an input or a parameter/);
  const halves = await createModel(({ x }: any) => ({ "a\ud800": ops.tanh(x), "a\ud801": x }), { input: { x: [2] } }); // both would be "a\ufffd"
  expect(() => toONNX(halves)).toThrow(/output: "a\\ud800" has half a letter/);
  const [again, plain] = [await createModel((x: any) => ({ input: ops.tanh(x), more: x }), { input: [2] }), await createModel(({ output, x }: any) => ops.add(output, x), { input: { output: [2], x: [2] } })];
  expect(names(again)).toEqual([["input_2"], ["input", "more"]]); // the input has no name of its own
  expect(names(plain)).toEqual([["output", "x"], ["output_2"]]);
});

test("a model that was saved and loaded gives the same file", async () => {
  const model = await modelCases[0]!.make(), again = await loadModel(model.save());
  expect(toONNX(again)).toEqual(toONNX(model));
  for (const one of [model, again]) one.dispose();
});

test("what cannot be exported is named", async () => {
  const noisy = await createModel(layer("noisy", (x) => ops.add(x, uniform(x.graph, x.shape))), { input: [2] }).catch((error: unknown) => error);
  if (noisy instanceof Error) expect(noisy).toMatchObject({ code: expect.any(String) });
  else expect(() => toONNX(noisy as Model)).toThrow(expect.objectContaining({ code: "not-portable", details: expect.objectContaining({ problem: expect.stringContaining("random") }) }));
  const counting = await createModel((x) => ops.multiply(x, 1 / x.shape[0]!), { input: [2] });
  expect(() => toONNX(counting)).toThrow(expect.objectContaining({ code: "not-portable" }));
  expect(() => toONNX(counting, { probabilites: true } as never)).toThrow(/did you mean probabilities/);
  expect(() => toONNX(counting, { license: 3 } as never)).toThrow(expect.objectContaining({ code: "bad-option" }));
  expect(() => toONNX({} as never)).toThrow(expect.objectContaining({ code: "bad-option" }));
  counting.dispose();
  expect(() => toONNX(counting)).toThrow(expect.objectContaining({ code: "disposed" }));
});
