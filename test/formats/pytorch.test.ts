// PyTorch programs: model.py computes what predict does, and train.py has the losses of fit. Run by Debian's python3-torch.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  createModel, type Data, exportPyTorch, layer, layers, losses, type Model, ops, optimizer, optimizers, penalties, type PyTorchFiles, type PyTorchOptions, readSafetensors, schedules, sequential,
} from "../../src/index.ts";
import { layerTable } from "../../src/layers/table.ts";
import { lossTable } from "../../src/losses/table.ts";
import { torchLayers } from "../../src/formats/torchOps.ts";
import { classified, numbers } from "../helpers.ts";
import { compare } from "../worst.ts";
import { asArgument, asOutputs, type Case, layerCases, modelCases, opCases, rowsFor } from "./models.ts";

const PYTHON = "/usr/bin/python3";
const missing = spawnSync(PYTHON, ["-c", "import torch"]).status === 0 ? "" : ` [SKIPPED: ${PYTHON} has no torch; apt-get install python3-torch]`;
if (missing) console.warn(`test/formats/pytorch.test.ts: exported programs are not run${missing}`);

const folder = mkdtempSync(join(tmpdir(), "lanewise-pytorch-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes the files of a program; its folder. */
function write(name: string, files: PyTorchFiles): string {
  const path = join(folder, name.replace(/\W+/g, "-"));
  mkdirSync(path, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content as string | Uint8Array);
  return path;
}

/** Many programs in one Python: torch takes a second to load. */
async function python(program: string, input: unknown): Promise<any> {
  const child = spawn(PYTHON, ["-c", program]);
  let out = "", errors = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (errors += chunk));
  child.stdin.end(JSON.stringify(input));
  const code = await new Promise((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(errors);
  return JSON.parse(out);
}

const PREDICT = `
import importlib.util, json, sys, torch
results = []
for index, (path, inputs) in enumerate(json.load(sys.stdin)):
    spec = importlib.util.spec_from_file_location(f"model{index}", path + "/model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tensors = {name: torch.tensor(data, dtype=torch.int64 if whole else torch.float32).reshape(shape) for name, (data, shape, whole) in inputs.items()}
    with torch.no_grad():
        y = module.load()(tensors[""] if "" in tensors else tensors)
    y = y if isinstance(y, dict) else {"output": y}
    results.append({name: [value.float().flatten().tolist(), list(value.shape)] for name, value in y.items()})
print(json.dumps(results))
`;

describe.each([["layers", layerCases], ["ops", opCases], ["models", modelCases]] as const)("%s", (kind, cases) => {
  test.skipIf(missing)(`model.py computes what predict does${missing}`, async () => {
    const wanted: ReturnType<typeof asOutputs>[] = [], jobs: unknown[] = [];
    for (const one of cases) {
      const model = await one.make(), x = rowsFor(one, 7);
      wanted.push(asOutputs(model.predict(asArgument(x))));
      jobs.push([write(`${kind} ${one.name}`, exportPyTorch(model)), Object.fromEntries(Object.entries(x).map(([name, { data, shape }]) => [name, [[...data], shape, data instanceof Int32Array]]))]);
      model.dispose();
    }
    const results = (await python(PREDICT, jobs)) as Record<string, [number[], number[]]>[];
    cases.forEach((one: Case, i: number) => {
      for (const [name, { data, shape }] of Object.entries(wanted[i]!)) {
        const [numbers, its] = results[i]![name]!;
        expect(its, one.name).toEqual(shape);
        compare(`${one.name}, ${name}`, Float32Array.from(numbers), [...data], { most: 1e-5, zeros: "PyTorch's products add zeros of either sign" });
      }
    });
  });
});

test.skipIf(missing)(`model.py as a program takes rows of whole numbers${missing}`, async () => {
  const shared = layers.dense(2), ids = [[0, 2], [1, 1]];
  const one = await createModel(sequential(layers.dense(2)), { input: [3] }), two = await createModel(
    ({ "in": x, more, ids }) => ({ "it's": shared(ops.add(x, more)), "class": ops.add(shared(x), ops.toFloat(ids)) }),
    { input: { "in": [3], more: [3], ids: { shape: [2], dtype: "int32" } } },
  );
  for (const [name, model, given] of [["one", one, [[1, 2, 3], [4, 5, 6]]], ["two", two, { "in": [[1, 2, 3], [4, 5, 6]], more: [[0, 0, 1], [1, 0, 0.5]], ids }]] as const) {
    const child = spawnSync(PYTHON, [join(write(`program ${name}`, exportPyTorch(model as Model<any, any>)), "model.py")], { input: JSON.stringify(given), encoding: "utf8" });
    expect(child.stderr).toBe("");
    const got = JSON.parse(child.stdout) as any, wanted = asOutputs((model as Model<any, any>).predict(given));
    for (const [output, { data }] of Object.entries(wanted)) compare(output, Float32Array.from((Array.isArray(got) ? got : got[output]).flat()), [...data], { most: 1e-5 });
  }
}, 120_000);

describe("names", () => {
  const { dense, relu } = layers;
  /** A layer of one's own with a parameter of some name, and perhaps a layer inside. */
  const scaled = (parameter: string, inner?: ReturnType<typeof dense>) => layer("scaled", (x, site) => {
    const y = ops.multiply(x, site.parameter(parameter, [3], { initializer: () => [1, 2, 3] }));
    return inner ? site.child(inner, y, parameter) : y;
  });

  test.each<[string, () => Parameters<typeof createModel>[0]]>([
    ["training", () => sequential(dense(3, { name: "training" }), relu())], ["type", () => sequential(dense(3, { name: "type" }))], ["forward", () => sequential(dense(2, { name: "forward" }), relu())],
    ["append", () => sequential(sequential(dense(3, { name: "append" })))], ["__init__", () => sequential(dense(3, { name: "__init__" }))], ["_modules", () => sequential(dense(3, { name: "_modules" }))],
    ["half", () => sequential(scaled("half"))], ["0.w", () => sequential(scaled("w", dense(3)))],
  ])("%s, which torch.nn.Module cannot have, is refused by name", async (name, make) => {
    const model = await createModel(make(), { input: [3] });
    expect(() => exportPyTorch(model)).toThrow(expect.objectContaining({ name: "GraphError", code: "not-portable", message: expect.stringContaining(name) }));
  });

  test.skipIf(missing)(`all that a module has are refused, and others stay, also what is no name in Python${missing}`, async () => {
    const { taken } = await python("import json, torch\nprint(json.dumps({'taken': [name for name in dir(torch.nn.Sequential()) if not name.startswith('__')]}))", null);
    for (const name of taken) {
      const model = await createModel(sequential(dense(1, { name })), { input: [1] });
      expect(() => exportPyTorch(model), name).toThrow(/of their own/);
    }
    const names = ["class", "2nd", "my-layer", "trained", "x", "p", "None", "weight"], jobs: unknown[] = [], wanted: number[][] = [];
    for (const make of [() => sequential(...names.map((name) => dense(3, { name }))), () => sequential(scaled("trained"), ...names.map((name) => dense(3, { name })), layers.dropout(0.5))]) {
      const model = await createModel(make(), { input: [3], seed: 1 });
      jobs.push([write(`names ${jobs.length}`, exportPyTorch(model)), { "": [[1, 2, 3], [1, 3], false] }]);
      wanted.push([...(model.predict([[1, 2, 3]]) as { data: Float32Array }).data]);
    }
    const results = (await python(PREDICT, jobs)) as { output: [number[], number[]] }[];
    results.forEach(({ output: [got] }, i) => compare("names", Float32Array.from(got), wanted[i]!, { most: 1e-5 }));
  });
});

test("every layer has its module", () => {
  expect([...torchLayers().keys()].sort()).toEqual([...layerTable().keys()].sort());
});

const { dense, relu } = layers;
const rows = 40, x = numbers(rows * 6, 4), { y: labels } = classified(rows, 6, 3, 4);
const oneHot = Float32Array.from({ length: rows * 3 }, (_, i) => (labels[Math.floor(i / 3)] === i % 3 ? 1 : 0));
const net = (...end: ReturnType<typeof relu>[]) => () => createModel(sequential(dense(8), layers.tanh(), dense(3), ...end), { input: [6], seed: 7 });
const binary = Float32Array.from(oneHot), signs = oneHot.map((t) => 2 * t - 1), reals = numbers(rows * 3, 8);

interface Training {
  name: string;
  make(): Promise<Model<any, any>>;
  options: PyTorchOptions & { data: Data };
  /** Losses that are compared. */
  steps?: number;
  most?: number;
}

const train = (name: string, make: Training["make"], y: unknown, options: PyTorchOptions, more: Partial<Training> = {}): Training =>
  ({ name, make, options: { batchSize: 8, epochs: 4, seed: 11, ...options, data: { x, y } as Data }, ...more });

const lossCases: readonly Training[] = [
  ...Object.entries({ mse: losses.mse(), mae: losses.mae(), huber: losses.huber({ delta: 0.5 }), smoothL1: losses.smoothL1({ beta: 0.3 }), cosineSimilarity: losses.cosineSimilarity() })
    .map(([name, loss]) => train(name, net(), reals, { loss })),
  train("crossEntropy", net(), labels, { loss: losses.crossEntropy() }),
  train("crossEntropy, smoothed and weighed", net(), labels, { loss: losses.crossEntropy({ labelSmoothing: 0.1, classWeights: [1, 2, 0.5] }) }),
  train("crossEntropy, some ignored", net(), labels, { loss: losses.crossEntropy({ ignoreIndex: 1 }) }),
  train("crossEntropy of distributions, sum", net(), oneHot, { loss: losses.crossEntropy({ reduction: "sum" }), optimizer: optimizers.sgd({ learningRate: 1e-3 }) }),
  train("crossEntropy from probabilities", net(layers.softmax()), labels, { loss: losses.crossEntropy({ from: "probabilities" }) }),
  train("nll", net(layers.logSoftmax()), labels, { loss: losses.nll() }),
  train("klDivergence", net(layers.logSoftmax()), oneHot, { loss: losses.klDivergence() }),
  train("focal", net(), binary, { loss: losses.focal() }), train("focal, softmax", net(), labels, { loss: losses.focal({ variant: "softmax" }) }),
  train("binaryCrossEntropy", net(), binary, { loss: losses.binaryCrossEntropy({ posWeight: [1, 2, 3] }) }),
  train("binaryCrossEntropy from probabilities", net(layers.sigmoid()), binary, { loss: losses.binaryCrossEntropy({ from: "probabilities" }) }),
  train("hinge", net(), signs, { loss: losses.hinge() }), train("squaredHinge", net(), signs, { loss: losses.squaredHinge() }),
  train("multiMargin", net(), labels, { loss: losses.multiMargin() }),
  train("tripletMargin", () => createModel(sequential(dense(9), layers.tanh(), dense(6)), { input: [6], seed: 7 }), reals.subarray(0, rows), { loss: losses.tripletMargin() }),
  train("a function of one's own", net(), reals, { loss: (p, t) => ops.log(ops.add(1, ops.square(ops.subtract(p, t)))) }),
];

const optimizerCases: readonly Training[] = [
  ...(["adam", "adamW", "rmsprop", "adagrad", "adadelta", "adamax", "nadam", "radam", "lion"] as const).map((name) => train(name, net(), labels, { loss: losses.crossEntropy(), optimizer: optimizers[name]({ weightDecay: 0.01 }) })),
  train("sgd", net(), labels, { loss: losses.crossEntropy(), optimizer: optimizers.sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 1e-3 }) }),
  train("rmsprop, centered", net(), labels, { loss: losses.crossEntropy(), optimizer: optimizers.rmsprop({ momentum: 0.5, centered: true }) }),
  train("adagrad, accumulated", net(), labels, { loss: losses.crossEntropy(), optimizer: optimizers.adagrad({ initialAccumulator: 0.1, learningRateDecay: 0.1 }) }),
  train("amsgrad", net(), labels, { loss: losses.crossEntropy(), optimizer: optimizers.adam({ amsgrad: true, beta1: 0.8 }) }),
  train("lbfgs", net(), labels, { loss: losses.crossEntropy(), optimizer: optimizers.lbfgs({ iterations: 5 }), batchSize: rows }, { steps: 3, most: 1e-4 }),
  train("groups", net(), labels, { loss: losses.crossEntropy(), optimizer: optimizers.adamW({ groups: [{ match: /bias/, weightDecay: 0, learningRate: 0.01 }] }), schedule: schedules.cosine() }),
];

const scaled = layer("scaled", (value, scope) => ops.multiply(value, scope.parameter("factor", [1], { initializer: () => [3] })));
const shared = dense(6);
const others: readonly Training[] = [
  train("clipped, with penalties, warm up, no shuffle", net(), labels, {
    loss: losses.crossEntropy(), clipNorm: 0.5, clipValue: 0.2, penalty: [penalties.l1(1e-3), penalties.l2(1e-3)], schedule: schedules.warmup({ steps: 10 }), shuffle: false,
    optimizer: optimizers.sgd({ learningRate: 0.3 }),
  }),
  train("dropout and noise", () => createModel(sequential(dense(16), relu(), layers.dropout(0.3), layers.gaussianNoise(0.1), dense(8), layers.selu(), layers.alphaDropout(0.2), dense(3)), { input: [6], seed: 4294967299 }), labels,
    { loss: losses.crossEntropy(), seed: 4294967299 }),
  train("a layer of one's own, and dropout", () => createModel(sequential(dense(5), scaled, layers.dropout(0.5), dense(3)), { input: [6], seed: 1 }), labels, { loss: losses.crossEntropy() }),
  train("a function with a shared layer", () => createModel((value) => dense(3)(ops.add(shared(shared(value)), layers.dropout(0.2)(value))), { input: [6], seed: 1 }), labels, { loss: losses.crossEntropy() }),
  {
    name: "several inputs and outputs, row weights", make: modelCases[3]!.make,
    options: {
      loss: { close: losses.mse(), both: losses.crossEntropy() }, lossWeights: { both: 0.5 }, batchSize: 8, epochs: 4,
      data: { x: { left: x, right: numbers(rows * 6, 9), kind: labels }, y: { close: numbers(rows, 3), both: labels }, weight: numbers(rows, 2).map(Math.abs) },
    },
  },
];

const all = [...lossCases, ...optimizerCases, ...others];

const TRAIN = `
import contextlib, io, json, runpy, sys
results = []
for path, steps in json.load(sys.stdin):
    sys.path.insert(0, path)
    sys.modules.pop("model", None)
    out = io.StringIO()
    sys.argv = [path + "/train.py", str(steps)]
    with contextlib.redirect_stdout(out):
        runpy.run_path(path + "/train.py", run_name="__main__")
    sys.path.pop(0)
    results.append([float(line.split()[1]) for line in out.getvalue().splitlines()])
print(json.dumps(results))
`;

test.skipIf(missing)(`train.py has the first losses of fit, for each loss, optimizer, schedule and kind of dropout${missing}`, async () => {
  const jobs: [string, number][] = [], ours: number[][] = [], trained: { path: string; parameters: Map<string, { data: Float32Array }> }[] = [];
  for (const { name, make, options, steps = 20 } of all) {
    const model = await make(), { data, ...fit } = options, path = write(`train ${name}`, exportPyTorch(model, options)), list: number[] = [];
    jobs.push([path, steps]);
    await model.fit(data, { ...fit, loss: fit.loss!, budget: { steps }, onStep: ({ loss }) => void list.push(loss) });
    ours.push(list);
    trained.push({ path, parameters: model.parameters });
    model.dispose();
  }
  const theirs = (await python(TRAIN, jobs)) as number[][];
  all.forEach(({ name, most = 1e-5, steps = 20 }, i) => {
    expect(ours[i]!.length, name).toBe(steps);
    compare(`${name}: losses`, Float32Array.from(theirs[i]!), ours[i]!, { most });
    const { path, parameters } = trained[i]!, written = readSafetensors(readFileSync(join(path, "trained.safetensors")));
    expect([...written.keys()].sort()).toEqual([...parameters.keys()].sort());
  });
}, 120_000);

test("every loss and every optimizer is among those trainings", () => {
  const losses = new Set(lossCases.flatMap(({ options: { loss } }) => (loss && "loss" in loss ? [loss.loss as string] : [])));
  expect([...lossTable().keys()].filter((name) => !losses.has(name))).toEqual([]);
  const used = new Set(optimizerCases.map(({ options }) => options.optimizer!.optimizer));
  expect(Object.keys(optimizers).filter((name) => name !== "optimizer" && !used.has(name))).toEqual([]);
});

test("without a loss there is no train.py; without data, no data file", async () => {
  const model = await net()();
  expect(Object.keys(exportPyTorch(model))).toEqual(["model.py", "weights.safetensors"]);
  expect(Object.keys(exportPyTorch(model, { loss: losses.mse() }))).toEqual(["model.py", "weights.safetensors", "train.py"]);
  expect(exportPyTorch(model)["model.py"]).toContain("nn.Linear(6, 8),\n            nn.Tanh(),\n            nn.Linear(8, 3),");
  model.dispose();
});

test("what PyTorch has not is named", async () => {
  const model = await net()(), own = optimizer("own", { update: ({ parameter, gradient }) => ({ parameter: ops.subtract(parameter, gradient) }) });
  const data = { x, y: labels }, loss = losses.crossEntropy(), notPortable = expect.objectContaining({ code: "not-portable" });
  expect(() => exportPyTorch(model, { loss, optimizer: own })).toThrow(notPortable);
  expect(() => exportPyTorch(model, { loss, data, schedule: schedules.reduceOnPlateau({ monitor: "loss" }) })).toThrow(notPortable);
  expect(() => exportPyTorch(model, { loss, schedule: schedules.cosine() })).toThrow(expect.objectContaining({ code: "bad-option" }));
  expect(() => exportPyTorch(model, { loss, ema: 0.9 } as never)).toThrow(expect.objectContaining({ code: "unknown-option" }));
  expect(() => exportPyTorch(model, { loss, data: { x, y: [1] } })).toThrow(expect.objectContaining({ code: expect.any(String) }));
  model.dispose();
});
