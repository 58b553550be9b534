import { expect, test } from "vitest";
import {
  accuracy, adam, createModel, crossEntropy, dense, dropout, flatten, hash, hinge, layer, leakyRelu, loadModel, type Loss, logSoftmax, mae, metric, mse, relu,
  sequential, sgd, sigmoid, softmax, tanh, readSafetensors, binaryCrossEntropy,
} from "../src/index.ts";
import * as ops from "../src/ops/index.ts";
import { classified, classifier, numbers, options, parametersOf } from "./helpers.ts";

test("parameters have PyTorch's names, order and layouts; every layer counts", async () => {
  const model = await createModel(sequential(flatten(), dense(3), relu(), sequential(dense(2), tanh()), dense(1, { bias: false, name: "head" })), { input: [2, 2] });
  expect([...model.parameters].map(([name, { shape }]) => [name, shape])).toEqual([
    ["1.weight", [3, 4]], ["1.bias", [3]], ["3.0.weight", [2, 3]], ["3.0.bias", [2]], ["head.weight", [1, 2]],
  ]);
  expect([...(await createModel(dense(1), { input: [2] })).parameters.keys()]).toEqual(["weight", "bias"]);
});

test("predictions are the formula's: weights are [out, in]", async () => {
  const model = await createModel(dense(2), { input: [3] });
  model.setParameters({ weight: [[1, 2, 3], [4, 5, 6]], bias: [10, 20] });
  expect(model.predict([[1, 1, 1], [1, 0, -1]])).toEqual({ data: new Float32Array([16, 35, 8, 18]), shape: [2, 2] });
});

test("parameters start as PyTorch's: within 1/sqrt(in), spread evenly, and by the seed", async () => {
  const model = await createModel(dense(200), { input: [100], seed: 1 });
  const { weight, bias } = parametersOf(model) as { weight: number[]; bias: number[] };
  for (const list of [weight, bias]) {
    expect(Math.max(...list.map(Math.abs))).toBeLessThanOrEqual(0.1);
    expect(Math.max(...list)).toBeGreaterThan(0.095);
    expect(Math.abs(list.reduce((a, b) => a + b, 0) / list.length)).toBeLessThan(0.01);
  }
  const same = await createModel(dense(200), { input: [100], seed: 1 }), other = await createModel(dense(200), { input: [100], seed: 2 });
  expect(hash(same)).toBe(hash(model));
  expect(hash(other)).not.toBe(hash(model));
});

test("initializers: he, xavier and zeros by name, a distribution by option, a function of the shape", async () => {
  const deviation = (list: number[]): number => Math.sqrt(list.reduce((sum, x) => sum + x * x, 0) / list.length);
  const weights = async (initializer: any) => parametersOf(await createModel(dense(300, { initializer }), { input: [200] })) as { weight: number[]; bias: number[] };
  expect(deviation((await weights("he")).weight)).toBeCloseTo(Math.sqrt(2 / 200), 2);
  expect(deviation((await weights("xavier")).weight)).toBeCloseTo(Math.sqrt(2 / 500), 2);
  expect((await weights("zeros")).weight.every((x) => x === 0)).toBe(true);
  expect((await weights("he")).bias.every((x) => x === 0)).toBe(true);
  let asked: number[] = [];
  const own = await weights((shape: number[]) => { asked = shape; return Array.from({ length: 60000 }, (_, i) => i); });
  expect(asked).toEqual([300, 200]);
  expect(own.weight.slice(0, 3)).toEqual([0, 1, 2]);
});

test("one layer object used twice shares its weights; two objects have their own", async () => {
  const shared = dense(2, { bias: false });
  const model = await createModel((x) => ops.concat([shared(x), shared(x), dense(2, { bias: false, name: "own" })(x)]), { input: [2] });
  expect([...model.parameters.keys()]).toEqual(["0.weight", "own.weight"]);
  const { data } = model.predict([[1, 2]]);
  expect([...data.subarray(0, 2)]).toEqual([...data.subarray(2, 4)]);
  expect([...data.subarray(4)]).not.toEqual([...data.subarray(0, 2)]);
});

test("layers that a model's function makes in each call are known by their place", async () => {
  const model = await createModel((x) => dense(3)(ops.relu(dense(8)(x))), { input: [6], seed: 2 });
  const outside = await createModel(sequential(dense(8), relu(), dense(3)), { input: [6], seed: 2 });
  expect([...model.parameters.keys()]).toEqual(["0.weight", "0.bias", "1.weight", "1.bias"]);
  await model.fit(classified(40), options());
  await outside.fit(classified(40), options());
  expect(Object.values(parametersOf(model))).toEqual(Object.values(parametersOf(outside)));
});

test("a parameter that is declared in training only is refused when it comes", async () => {
  const odd = layer("odd", (x, scope) => (scope.training ? ops.multiply(x, scope.parameter("late", [1])) : x));
  const model = await createModel(sequential(odd, dense(3)), { input: [6] });
  await expect(model.fit(classified(10), options())).rejects.toMatchObject({ code: "late-parameter" });
});

test("a layer of one's own has parameters, buffers, training mode and random numbers", async () => {
  const modes: boolean[] = [];
  const noisy = layer("noisy", (x, scope) => {
    modes.push(scope.training);
    const scale = scope.parameter("scale", [1], { initializer: () => [2] });
    const shift = scope.buffer("shift", [1], { initializer: () => [0.5] });
    const y = ops.add(ops.multiply(x, scale), shift);
    return scope.training ? ops.add(y, scope.random(x.shape)) : y;
  });
  const model = await createModel(sequential(noisy, dense(1, { initializer: () => [1], bias: false, trainable: false })), { input: [1] });
  expect([...model.parameters.keys()]).toEqual(["0.scale", "0.shift", "1.weight"]);
  expect(model.predict([[3]]).data[0]).toBe(6.5);
  await model.fit({ x: [[1], [2]], y: [[2], [4]] }, { loss: mse(), optimizer: adam({ learningRate: 0.1 }), epochs: 2 });
  const after = parametersOf(model);
  expect(after["0.scale"]![0]).not.toBe(2);
  expect(after["0.shift"]).toEqual([0.5]);
  expect(modes).toContain(true);
});

test("flatten brings images into PyTorch's order", async () => {
  const model = await createModel(flatten(), { input: [2, 3, 4] });
  const { data, shape } = model.predict(Float32Array.from({ length: 24 }, (_, i) => i));
  expect(shape).toEqual([1, 24]);
  // (channel, height, width) from [height, width, channel]
  expect([...data]).toEqual(Array.from({ length: 24 }, (_, i) => { const c = Math.floor(i / 6), h = Math.floor(i / 3) % 2, w = i % 3; return (h * 3 + w) * 4 + c; }));
});

test("each activation layer is its op", async () => {
  const x = [[-3, -0.5, 0, 0.5, 3, 40]];
  for (const [its, op] of [[relu(), ops.relu], [leakyRelu(0.2), (v: any) => ops.leakyRelu(v, 0.2)], [sigmoid(), ops.sigmoid], [tanh(), ops.tanh], [softmax(), ops.softmax], [logSoftmax(), ops.logSoftmax]] as any[]) {
    const model = await createModel(its, { input: [6] });
    using f = await ops.compile(op, [[1, 6]]);
    expect(model.predict(x).data).toEqual(f.run(x)[0]!.data);
  }
});

test("dropout acts in training only, and keeps the mean", async () => {
  const model = await createModel(sequential(dropout(0.3), dense(1, { bias: false, initializer: () => new Float32Array(1000).fill(1), trainable: false }), dense(1)), { input: [1000] });
  expect(model.predict(new Float32Array(1000).fill(1)).data).toEqual(model.predict(new Float32Array(1000).fill(1)).data);
  const losses: number[] = [];
  const only = await createModel(sequential(dropout(0.3), dense(1, { bias: false, initializer: () => new Float32Array(1000).fill(0.001) })), { input: [1000] });
  await only.fit({ x: new Float32Array(64_000).fill(1), y: new Float32Array(64) }, { loss: (p) => p, optimizer: adam({ learningRate: 0 }), batchSize: 64, epochs: 20, onStep: ({ loss }) => losses.push(loss) });
  expect(losses.reduce((a, b) => a + b, 0) / 20).toBeCloseTo(1, 2);
  expect(new Set(losses).size).toBe(20); // a new mask at each step
});

test("predict takes rows in every form, cuts them into blocks, and writes where it is told", async () => {
  const model = await createModel(dense(2), { input: [3] }), x = numbers(3 * 600);
  const whole = model.predict(x);
  expect(whole.shape).toEqual([600, 2]);
  const nested = Array.from({ length: 600 }, (_, row) => [...x.subarray(3 * row, 3 * row + 3)]);
  expect(model.predict(nested)).toEqual(whole);
  expect(model.predict({ data: x, shape: [600, 3] })).toEqual(whole);
  expect(model.predict([...x])).toEqual(whole);
  expect(model.predict(Float64Array.from(x))).toEqual(whole);
  const into = new Float32Array(1200);
  expect(model.predict(x, { into }).data).toBe(into);
  expect(into).toEqual(whole.data);
  for (const row of [0, 255, 256, 599]) expect(model.predict(x.subarray(3 * row, 3 * row + 3)).data).toEqual(whole.data.slice(2 * row, 2 * row + 2));
});

test("what predict gives is a copy, and what it is given stays as it is", async () => {
  const model = await createModel(relu(), { input: [2] }), x = new Float32Array([-1, 2]);
  const first = model.predict(x);
  first.data.fill(9);
  expect([...model.predict(x).data]).toEqual([0, 2]);
  expect([...x]).toEqual([-1, 2]);
});

test("classify reads the output as the loss does", async () => {
  const x = [[3, 1]], net = (last: any) => createModel(sequential(dense(2, { initializer: () => [1, 0, 0, 1] }), ...last), { input: [2], classes: ["a", "b"] });
  const logits = await net([]), [[best]] = logits.classify(x) as any;
  expect(best).toMatchObject({ label: "a", index: 0 });
  expect(best.probability).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  expect((await net([softmax()])).classify(x)[0]![0]!.probability).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
  const one = await createModel(dense(1, { initializer: () => [1, 0] }), { input: [2], classes: ["no", "yes"] });
  expect(one.classify(x)[0]![0]).toMatchObject({ label: "yes", index: 1 });
  expect(one.classify([[-3, 1]])[0]![0]!.label).toBe("no");
  const trained = (loss: Loss, y: number[]): void => {
    using trainer = one.trainer({ loss, optimizer: sgd({ learningRate: 0 }) });
    trainer.step({ x, y });
  };
  one.trainer({ loss: mse() }).dispose(); // no step, no change
  trained(hinge(), [1]);
  expect(one.classify(x)[0]).toEqual([{ label: "yes", index: 1, probability: 1 }, { label: "no", index: 0, probability: 0 }]);
  trained(mse(), [1]);
  expect(() => one.classify(x)).toThrow(expect.objectContaining({ code: "no-classes" }));
});

test("targets may be class names where the model knows its classes", async () => {
  const model = await createModel(dense(3), { input: [6], classes: ["red", "green", "blue"] }), { x, y } = classified(30);
  const names = [...y].map((label) => ["red", "green", "blue"][label]!);
  expect(await model.evaluate({ x, y: names }, { loss: crossEntropy() })).toEqual(await model.evaluate({ x, y }, { loss: crossEntropy() }));
  await expect(model.evaluate({ x, y: names.map(() => "pink") }, { loss: crossEntropy() })).rejects.toMatchObject({ code: "label-out-of-range", details: { got: "pink", row: 0 } });
});

test("evaluate gives loss and metrics whatever the batch, of the last fit's if none are given", async () => {
  const model = await classifier(), data = classified(77);
  const error = metric("wrong", (p, t) => ops.subtract(1, ops.equal(ops.argmax(p), t)));
  await model.fit(data, options({ metrics: [accuracy(), error] }));
  const scores: any = await model.evaluate(data);
  expect(Object.keys(scores)).toEqual(["loss", "accuracy", "wrong"]);
  expect(scores.accuracy + scores.wrong).toBeCloseTo(1, 6);
  for (const batchSize of [1, 7, 76, 1000]) {
    const other: any = await model.evaluate(data, { batchSize });
    expect(other.accuracy).toBe(scores.accuracy);
    expect(other.loss).toBeCloseTo(scores.loss, 6);
  }
  expect(Object.keys(await model.evaluate(data, { loss: crossEntropy(), metrics: [] }))).toEqual(["loss"]);
});

test("accuracy thresholds one logit at 0, one probability at 0.5, and goes by the sign for hinge", async () => {
  const model = await createModel(flatten(), { input: [1] }), x = [[-0.2], [0.2], [0.6], [0.9]];
  const score = async (loss: any, y: number[]) => ((await model.evaluate({ x: loss.options.from === "probabilities" ? x.map(([v]) => [Math.abs(v!)]) : x, y }, { loss, metrics: ["accuracy"] })) as any).accuracy;
  expect(await score(binaryCrossEntropy(), [0, 1, 1, 0])).toBe(0.75);
  expect(await score(binaryCrossEntropy({ from: "probabilities" }), [0, 0, 1, 1])).toBe(1);
  expect(await score(hinge(), [-1, 1, -1, 1])).toBe(0.75);
  expect(await score(mse(), [0, 0, 1, 1])).toBe(1);
  const both = await createModel(flatten(), { input: [2] });
  expect(((await both.evaluate({ x: [[0, 1], [3, 2]], y: [[0, 1], [0, 1]] }, { loss: crossEntropy(), metrics: ["accuracy"] })) as any).accuracy).toBe(0.5);
});

test("every loss is a metric, and a name stands for it", async () => {
  const model = await createModel(flatten(), { input: [2] }), data = { x: [[1, 2], [3, 4]], y: [[1, 4], [3, 8]] };
  expect(await model.evaluate(data, { loss: mse(), metrics: ["mae", "mse"] })).toEqual({ loss: 5, mae: 1.5, mse: 5 });
  expect(await model.evaluate(data, { loss: mse(), metrics: [mae()] })).toEqual({ loss: 5, mae: 1.5 });
});

test("reduction sum adds where mean divides", async () => {
  const model = await createModel(flatten(), { input: [2] }), data = { x: [[1, 2], [3, 4], [0, 0]], y: [[1, 4], [3, 8], [0, 0]] };
  expect((await model.evaluate(data, { loss: mse({ reduction: "sum" }), batchSize: 2 })).loss).toBe(20);
  expect((await model.evaluate(data, { loss: mse(), batchSize: 2 })).loss).toBeCloseTo(20 / 6, 6);
});

test("summary lists layers, shapes, parameters and bytes, and prints nothing", async () => {
  const model = await createModel(sequential(dense(12), relu(), dense(3)), { input: [6] });
  const lines = model.summary().split("\n");
  expect(lines[0]).toMatch(/^Layer \(type\) +Output Shape +Param # +Bytes$/);
  expect(lines[2]).toMatch(/^0 \(dense\) +\[rows, 12\] +84 +336$/);
  expect(lines[3]).toMatch(/^1 \(relu\) +\[rows, 12\] +0 +0$/);
  expect(model.summary()).toContain("Total params: 123 (492 bytes)");
});

test("memory tells the bytes of a fit before it; the fit needs no more", async () => {
  const model = await createModel(sequential(dense(256), relu(), dense(3)), { input: [200] }), data = classified(3000, 200);
  const before = model.info().memory, plan = model.memory({ ...options({ validation: 0.1, metrics: ["accuracy"] }), data });
  expect(model.info().memory).toBe(before);
  const parts = plan.parameters + plan.gradients + plan.optimizer + plan.activations + plan.programs + plan.data;
  expect(plan.total - parts).toBeGreaterThanOrEqual(0);
  expect(plan.total - parts).toBeLessThan(10240); // what lies below: 8 KB of scratch for 64 ranks, the constants of the core
  expect(plan.parameters).toBe(4 * (256 * 200 + 256 + 3 * 256 + 4));
  await model.fit(data, options({ validation: 0.1, metrics: ["accuracy"] }));
  expect(Math.abs(model.info().memory - plan.total)).toBeLessThan(2 * 65536);
});

test("save and loadModel: layers, functions, shared and own layers come back with the same bits", async () => {
  const { x } = classified(20);
  const wave = layer("wave", (value, scope) => ops.multiply(ops.tanh(value), scope.parameter("height", [1], { initializer: () => [1.5] })));
  const first = dense(5), models: [any, any][] = [
    [await classifier(), x],
    [await createModel(sequential(flatten(), dense(4, { bias: false, name: "in" }), leakyRelu(0.3), wave, dense(2, { initializer: "he" })), { input: [2, 3], classes: ["p", "q"] }), x],
    [await createModel((value) => ops.add(first(value), ops.relu(first(value))), { input: [6] }), x],
    [await createModel(({ a, b }) => ({
      sum: ops.mean(ops.concat([first(a), ops.reshape(ops.maximum(b, -Infinity), [-1, 6])]), 1, { keepDims: true }), kind: wave(dense(2, { name: "k" })(a)),
    }), { input: { a: [6], b: [2, 3] } }), { a: x, b: x }],
  ];
  for (const [model, input] of models) {
    const bytes = model.save(), again = await loadModel(bytes, { layers: { wave } });
    expect(again.predict(input)).toEqual(model.predict(input));
    expect(hash(again)).toBe(hash(model));
    expect(again.save()).toEqual(bytes);
    expect([...readSafetensors(bytes).keys()]).toEqual([...model.parameters.keys()]);
    expect(again.summary()).toBe(model.summary());
  }
  await expect(loadModel(models[1]![0].save())).rejects.toMatchObject({ code: "missing-layer", details: { layer: "wave" } });
});

test("a loaded model goes on: it knows its classes and its loss, and can be trained", async () => {
  const model = await createModel(sequential(dense(8), relu(), dense(3)), { input: [6], classes: ["x", "y", "z"], seed: 6 }), data = classified(60);
  await model.fit(data, options());
  const again = await loadModel(model.save());
  expect(again.classify(data.x)).toEqual(model.classify(data.x));
  expect(await again.evaluate(data)).toEqual(await model.evaluate(data, { metrics: [] }));
  await model.fit(data, options());
  await again.fit(data, options());
  expect(hash(again)).toBe(hash(model));
});

test("a model's function may use the number of rows as a number, in proportion; else it cannot be saved, and is told why", async () => {
  const model = await createModel((x) => ops.slice(ops.reshape(x, [x.shape[0]!, 3, 2]), 0, 0, x.shape[0]), { input: [6] });
  expect((await loadModel(model.save())).predict(numbers(30))).toEqual(model.predict(numbers(30)));
  const scaled = await createModel((x) => ops.multiply(x, 1 / x.shape[0]!), { input: [6] });
  expect(() => scaled.save()).toThrow(expect.objectContaining({ code: "not-portable" }));
  const noisy = await createModel((x) => ops.dropout(x, 0.5), { input: [6] });
  expect(() => noisy.save()).toThrow(expect.objectContaining({ code: "not-portable" }));
});

test("setParameters: strict by default, telling what differs; otherwise it sets what fits", async () => {
  const model = await createModel(dense(2), { input: [2] }), before = parametersOf(model);
  const given = new Map<string, any>([["weight", [1, 2, 3]], ["other", [1]]]);
  expect(() => model.setParameters(given)).toThrow(expect.objectContaining({ code: "state-mismatch", details: expect.objectContaining({ missing: ["bias"], unexpected: ["other"] }) }));
  expect(parametersOf(model)).toEqual(before);
  given.set("bias", [7, 8]);
  const { missing, unexpected, mismatched } = model.setParameters(given, { strict: false });
  expect([missing, unexpected, mismatched.length]).toEqual([[], ["other"], 1]);
  expect(parametersOf(model)).toEqual({ ...before, bias: [7, 8] });
  expect(() => model.setParameters({ weight: [1, 2, 3, NaN], bias: [1, 2] })).toThrow(expect.objectContaining({ code: "not-finite" }));
  const copy = await createModel(dense(2), { input: [2], seed: 9 });
  copy.setParameters(model.parameters);
  expect(hash(copy)).toBe(hash(model));
});

test("hash is SHA-256 over names, shapes and bytes", async () => {
  const model = await createModel(dense(1, { initializer: () => [1] }), { input: [1] });
  // sha256 of '["weight",[1,1]]' 0000803f '["bias",[1]]' 00000000
  const { createHash } = await import("node:crypto");
  const wanted = createHash("sha256").update('["weight",[1,1]]').update(Buffer.from([0, 0, 0x80, 0x3f])).update('["bias",[1]]').update(Buffer.from([0, 0, 0, 0])).digest("hex");
  expect(hash(model)).toBe(wanted);
});

test("after dispose every call throws a StateError, and dispose may be called again", async () => {
  const model = await classifier(), trainer = model.trainer({ loss: crossEntropy() });
  model.dispose();
  model.dispose();
  const { x, y } = classified(4), disposed = expect.objectContaining({ code: "disposed", name: "StateError" });
  for (const call of [
    () => model.predict(x), () => model.classify(x), () => model.parameters, () => model.setParameters({}), () => model.save(), () => model.info(),
    () => model.trainer({ loss: crossEntropy() }), () => model.freeze(/./), () => trainer.step({ x, y }), () => hash(model), () => trainer.checkpoint(),
  ]) expect(call).toThrow(disposed);
  await expect(model.fit({ x, y }, options())).rejects.toEqual(disposed);
  await expect(model.evaluate({ x, y }, { loss: crossEntropy() })).rejects.toEqual(disposed);
});

test("a disposed model's memory is used again, and does not show", async () => {
  for (let i = 0; i < 30; i++) {
    const model = await createModel(sequential(dense(64), relu(), dense(3)), { input: [6], seed: 1 });
    await model.fit(classified(40), options());
    expect(hash(model)).toBe(await first);
    model.dispose();
  }
});
const first = (async () => {
  const model = await createModel(sequential(dense(64), relu(), dense(3)), { input: [6], seed: 1 });
  await model.fit(classified(40), options());
  return hash(model);
})();
