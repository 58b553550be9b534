// safetensors between lanewise and PyTorch, in both directions: models with every layer there is, names that differ, numbers of 16 bits.
// Runs python3-torch, once; skipped where it is missing.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createModel, dense, inspect, layers as all, type Layer, loadModel, loadStateDict, type Model, readSafetensors, relu, saveAs, sequential, writeSafetensors,
} from "../../src/index.ts";
import { layerTable } from "../../src/layers/table.ts";
import { numbers } from "../helpers.ts";
import { Worst } from "../worst.ts";

const PYTHON = "/usr/bin/python3";
const probe = spawnSync(PYTHON, ["-c", "import torch; print(torch.__version__)"], { encoding: "utf8" });
const missing = probe.status === 0 ? "" : ` [SKIPPED: ${PYTHON} has no torch; apt-get install python3-torch]`;
if (missing) console.warn(`test/torch/weights.test.ts: files do not go to PyTorch and back here${missing}`);

const folder = mkdtempSync(join(tmpdir(), "lanewise-weights-"));
const file = (name: string): Uint8Array => readFileSync(join(folder, name));
const worst = new Worst("state_dicts");
afterAll(() => {
  worst.print();
  rmSync(folder, { recursive: true });
});

const image = [2, 3, 4] as const;
/** A layer after dense(6), or one that takes rows of another shape; other options than the defaults too. */
const LAYERS: Readonly<Record<string, readonly Layer[]>> = {
  leakyRelu: [all.leakyRelu(0.3)], elu: [all.elu(), all.elu(0.7)], celu: [all.celu(), all.celu(1.3)], prelu: [all.prelu(), all.prelu({ channels: 6 })],
  gelu: [all.gelu(), all.gelu({ approximate: "tanh" })], silu: [all.silu(), all.silu({ beta: 1.5 }), all.silu({ beta: 0.5, learned: true })],
  softplus: [all.softplus(), all.softplus({ beta: 2, threshold: 1 })], hardTanh: [all.hardTanh(), all.hardTanh({ minimum: -0.3, maximum: 0.6 })],
  dropout: [all.dropout(0.4)], alphaDropout: [all.alphaDropout(0.4)], gaussianNoise: [all.gaussianNoise(0.4)], dense: [dense(5), dense(5, { bias: false })],
};
const cases = [
  ...[...layerTable().keys()].flatMap((type) => (LAYERS[type] ?? [(all as unknown as Record<string, () => Layer>)[type]!()]).map((layer, i) => ({
    type, name: `${type}${i}`, net: type === "flatten" ? sequential(layer, dense(3)) : sequential(dense(6), layer, dense(3)), shape: type === "flatten" ? [...image] : [7],
  }))),
  { type: "sequential", name: "nested", net: sequential(sequential(dense(4), sequential(all.tanh(), dense(5))), relu(), dense(3)), shape: [7] },
];

const FLOATS = Float32Array.from([
  0, -0, 1, -1, Infinity, -Infinity, NaN, 65504, 65519.99, 65520, -65520, 65536, 3.4028235e38, -3.4028235e38, 3.3961775e38, 3.3895314e38, 2 ** -24, 2 ** -25, 2 ** -25 + 2 ** -40, -(2 ** -25), 1.5 * 2 ** -24, 2.5 * 2 ** -24,
  2 ** -14, 2 ** -14 - 2 ** -25, 2 ** -14 - 2 ** -26, 2 ** -126, 2 ** -149, -(2 ** -149), 2 ** -133, 1.00048828125, 1.00146484375, 1.00390625, 1.01171875, 2049, 2051, 257, 259,
  ...new Float32Array(Uint32Array.from({ length: 20_000 }, (_, i) => Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(i, 0x85ebca6b) >>> 7).buffer).filter((x) => !Number.isNaN(x)),
  ...numbers(5000).map((x) => 70000 * x), ...numbers(5000, 2).map((x) => x * 2 ** -13),
]);
const ALL = new Map([
  ["scalar", { data: Float32Array.of(2.5), shape: [] }], ["empty", { data: new Float32Array(0), shape: [0, 4] }], ["wide", { data: Float64Array.of(1 / 3, -1e300), shape: [2] }],
  ["whole", { data: Int32Array.of(-5, 2 ** 31 - 1), shape: [2, 1] }], ["bytes", { data: Uint8Array.of(1, 2, 255), shape: [3] }], ["plain", { data: numbers(6), shape: [2, 3] }],
]);

interface Answer {
  version: string;
  logits: number[][];
  states: number[][];
  metadata: Record<string, string>[];
  named: number[];
}
let torch: Answer;
const models: Model[] = [], rowsOf = (shape: readonly number[]): Float32Array => numbers(5 * shape.reduce((a, b) => a * b, 1), 3).map((x) => 3 * x);
const x = numbers(30, 4);

beforeAll(async () => {
  if (missing) return;
  for (const { net, name, shape } of cases) {
    const model = await createModel(net, { input: shape, seed: 7 });
    models.push(model);
    writeFileSync(join(folder, name), model.save());
  }
  writeFileSync(join(folder, "floats"), writeSafetensors(new Map([["floats", { data: FLOATS, shape: [FLOATS.length] }]])));
  writeFileSync(join(folder, "all"), writeSafetensors(ALL));
  const job = { models: cases.map(({ name, shape }) => ({ name, shape, x: [...rowsOf(shape)] })), x: [...x] };
  const { status, stdout, stderr } = spawnSync(PYTHON, [fileURLToPath(new URL("weights.py", import.meta.url)), folder], { input: JSON.stringify(job), encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(stderr);
  torch = JSON.parse(stdout) as Answer;
});
afterAll(() => models.forEach((model) => model.dispose()));

describe.skipIf(missing)(`models${missing}`, () => {
  test.each(cases.map(({ name, type, shape }, i) => [name, type, shape, i] as const))("PyTorch reads one with %s and gives its logits; its own state_dict gives PyTorch's logits here", async (name, type, shape, i) => {
    const model = models[i]!, rows = rowsOf(shape);
    worst.check(type, "there", name, torch.logits[i]!, [...model.predict(rows).data], { most: 1e-6, zeros: "not looked at" });
    const state = file(`torch-${name}`), other = await createModel(cases[i]!.net, { input: shape, seed: 8 });
    expect(loadStateDict(other, state)).toEqual({ missing: [], unexpected: [], mismatched: [] });
    // twice as much as above: torch draws these weights N(0, 0.7), several times those of a layer, so sums cancel more
    worst.check(type, "here", name, other.predict(rows).data, torch.states[i]!, { most: 2e-6, zeros: "not looked at" });
    // and out again, bit for bit
    expect(readSafetensors(other.save())).toEqual(readSafetensors(state));
    other.dispose();
  });

  test("other tools see the release, the numerics version and the format as strings", () => {
    expect(torch.metadata[0]).toEqual({ format: "pt", "lanewise.version": expect.stringMatching(/^\d+\.\d+\.\d+/), "lanewise.numerics": expect.stringMatching(/^\d+$/) });
  });
});

describe.skipIf(missing)(`names of others${missing}`, () => {
  const make = () => createModel(sequential(dense(4), relu(), dense(3)), { input: [6], seed: 3 });

  test.each(["named", "sorted"])("the error for names that differ has those that would do, and they do: %s", async (name) => {
    const model = await make(), before = model.parameters;
    let error: any;
    try {
      loadStateDict(model, file(name));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "state-mismatch", details: { missing: ["0.weight", "0.bias", "2.weight", "2.bias"] } });
    expect([...error.details.unexpected].sort()).toEqual(["fc1.bias", "fc1.weight", "fc2.bias", "fc2.weight"]);
    expect(error.message).toContain('{ rename: { "fc1.weight": "0.weight"');
    expect(model.parameters).toEqual(before);
    loadStateDict(model, file(name), { rename: error.details.rename });
    worst.check("names", "here", "renamed", model.predict(x).data, torch.named, { most: 2e-6 });
    loadStateDict(model, file("named"), { rename: (name) => name.replace("fc1", "0").replace("fc2", "2") });
    worst.check("names", "here", "renamed by a function", model.predict(x).data, torch.named, { most: 2e-6 });
    model.dispose();
  });

  test("a prefix is told and cut off; counters are left out", async () => {
    const model = await make();
    expect(() => loadStateDict(model, file("module"))).toThrow('{ prefix: "module." }');
    expect(loadStateDict(model, file("module"), { prefix: "module." })).toEqual({ missing: [], unexpected: [], mismatched: [] });
    worst.check("names", "here", "module.", model.predict(x).data, torch.named, { most: 2e-6 });
    expect(() => loadStateDict(model, file("counted"))).toThrow('{ prefix: "model." }');
    expect(loadStateDict(model, file("counted"), { prefix: "model." })).toEqual({ missing: [], unexpected: [], mismatched: [] });
    model.dispose();
  });

  test("a state_dict of float16 fits too", async () => {
    const model = await make(), rename = { "fc1.weight": "0.weight", "fc1.bias": "0.bias", "fc2.weight": "2.weight", "fc2.bias": "2.bias" };
    loadStateDict(model, file("halves"), { rename });
    worst.check("names", "here in float16", "halves", model.predict(x).data, torch.named, { most: 2e-3 });
    model.dispose();
  });

  test("what torch.save writes is refused, with what to write instead", async () => {
    const model = await make();
    expect(() => loadStateDict(model, file("pickle.pt"))).toThrow("safetensors.torch.save_file");
    expect(() => readSafetensors(file("pickle.pt"))).toThrow("pickle");
    model.dispose();
  });
});

describe.skipIf(missing)(`numbers${missing}`, () => {
  const words = ({ buffer, byteOffset, byteLength }: ArrayBufferView): number[] => [...new Uint32Array(buffer, byteOffset, byteLength / 4)];

  test.each([["f16", "float16"], ["bf16", "bfloat16"]] as const)("all 65,536 numbers of PyTorch's %s are read bit for bit, and float32 rounds to PyTorch's", (name, dtype) => {
    const read = readSafetensors(file(name)), halves = read.get("halves")!.data, floats = read.get("floats")!.data;
    expect(halves).toHaveLength(65536);
    // a NaN is a NaN: processors differ in which
    expect(words(halves.map((x) => (Number.isNaN(x) ? NaN : x)))).toEqual(words(floats.map((x) => (Number.isNaN(x) ? NaN : x))));
    const ours = writeSafetensors(new Map([["x", { data: FLOATS, shape: [FLOATS.length] }]]), {}, { dtype, overflow: "infinity" });
    expect([...readSafetensors(ours).get("x")!.data]).toEqual([...read.get("rounded")!.data]);
    const bits = new Int16Array(ours.buffer, ours.byteLength - 2 * FLOATS.length, FLOATS.length), theirs = read.get("rounded bits")!.data;
    expect([...bits].filter((_, i) => !Number.isNaN(FLOATS[i]))).toEqual([...theirs].filter((_, i) => !Number.isNaN(FLOATS[i])));
  });

  test("PyTorch's other types, a scalar and an empty tensor come as they are", () => {
    const read = readSafetensors(file("types"), { exact: true });
    expect(Object.fromEntries(read)).toEqual({
      scalar: { data: Float32Array.of(3.5), shape: [] }, empty: { data: new Float32Array(0), shape: [2, 0, 3] }, f64: { data: Float64Array.of(1 / 3, -0, 1e-320), shape: [3] },
      i64: { data: Float64Array.of(1 - 2 ** 53, 7), shape: [2] }, i32: { data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1), shape: [2] }, i16: { data: Int32Array.of(-32768, 5), shape: [2, 1] },
      i8: { data: Int32Array.of(-128, 127), shape: [2] }, u8: { data: Uint8Array.of(0, 255), shape: [2] }, bool: { data: Uint8Array.of(1, 0, 1), shape: [3] }, odd: { data: Float32Array.of(1.5, -2), shape: [2] },
    });
  });

  test("what lanewise writes, PyTorch reads: each type, a scalar and an empty tensor", () => {
    expect(readSafetensors(file("ours"), { exact: true })).toEqual(readSafetensors(file("all"), { exact: true }));
    expect(readSafetensors(file("ours"), { exact: true })).toEqual(ALL);
  });

  test("a model in float16 and bfloat16 is read by both sides", async () => {
    const model = models[0]!, rows = rowsOf(cases[0]!.shape);
    for (const dtype of ["float16", "bfloat16"] as const) {
      const bytes = saveAs(model, { dtype }), again = await loadModel(bytes);
      expect(inspect(bytes).tensors.map((tensor) => tensor.dtype)).toEqual(inspect(model.save()).tensors.map(() => (dtype === "float16" ? "F16" : "BF16")));
      expect(bytes.length).toBeLessThan(model.save().length);
      const far = Math.max(...again.predict(rows).data.map((y: number, i: number) => Math.abs(y - model.predict(rows).data[i]!)));
      expect(far).toBeLessThan(dtype === "float16" ? 5e-3 : 5e-2);
      again.dispose();
    }
  });
});
