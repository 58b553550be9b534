// Faults that a stranger found, each as a user would meet it.

import { expect, test } from "vitest";
import {
  accuracy, adam, binaryCrossEntropy, cosine, createModel, crossEntropy, dense, doctor, dropout, findLearningRate, hash, hinge, layer, loadModel, metric, mse, optimizer, relu, sequential, sgd, tanh, trace,
  writeSafetensors,
} from "../src/index.ts";
import * as ops from "../src/ops/index.ts";
import { parseSafetensors } from "../src/formats/safetensors.ts";
import { INITIAL, SHUFFLE, SPLIT } from "../src/ops/random.ts";
import { classified, classifier, numbers } from "./helpers.ts";
import { runLockstep } from "../src/trace.ts";

const batch = (rows: number, stream = 1) => classified(rows, 6, 3, stream);

test("a dropout mask is not drawn from the numbers that the weights were drawn from", async () => {
  const rate = 0.2, width = 784;
  const model = await createModel(sequential(dropout(rate), dense(10)), { input: [width], seed: 1 });
  const weight = model.parameters.get("1.weight")!.data;
  // the gradient of the first output's weights is the mask
  const trainer = model.trainer({ loss: (p, t) => ops.sum(ops.multiply(p, t)) });
  const y = new Float32Array(10).fill(1), { gradients } = trainer.gradients({ x: new Float32Array(width).fill(1), y });
  const mask = gradients.get("1.weight")!.data.subarray(0, width);
  const bound = 1 / Math.sqrt(width);
  // memory has the weights as [in, out]: number i of the stream is weight [i % 10, floor(i / 10)]
  const own = Array.from({ length: width }, (_, i) => (weight[(i % 10) * width + Math.floor(i / 10)]! + bound) / (2 * bound) >= rate);
  const equal = own.filter((kept, i) => kept === mask[i]! > 0).length / width;
  expect(equal).toBeGreaterThan(0.6);
  expect(equal).toBeLessThan(0.76); // 0.8² + 0.2² for numbers that know nothing of each other
});

test("the streams of nodes, parameters, split and shuffle are apart", () => {
  expect(INITIAL).toBe(2 ** 31);
  expect(new Set([INITIAL, SPLIT, SHUFFLE]).size).toBe(3);
  expect(Math.min(SPLIT, SHUFFLE)).toBeGreaterThan(INITIAL + 2 ** 30);
});

test("a step after many batches of other sizes is still a step", async () => {
  const [a, b] = [await classifier(), await classifier()];
  const one = a.trainer({ loss: crossEntropy(), optimizer: sgd() }), other = b.trainer({ loss: crossEntropy(), optimizer: sgd() });
  one.step(batch(4));
  other.step(batch(4));
  for (let rows = 5; rows < 20; rows++) one.gradients(batch(rows));
  expect(one.step(batch(4))).toBe(other.step(batch(4)));
  expect(hash(a)).toBe(hash(b));
});

test("apply does not hear of a loss that was not finite before", async () => {
  const model = await createModel(dense(1, { bias: false, initializer: () => [3e38] }), { input: [1] });
  const trainer = model.trainer({ loss: mse(), optimizer: sgd({ learningRate: 1 }) });
  expect(() => trainer.gradients({ x: [[3e38]], y: [[1]] })).toThrow();
  trainer.apply(new Map([["weight", [[1e38]]]]));
  expect(model.parameters.get("weight")!.data[0]).toBeCloseTo(2e38, -32);
});

test("a held-out share of soft targets is spread over them", async () => {
  const y = Array.from({ length: 100 }, (_, i) => i / 100), x = y.map((value) => [value]);
  const model = await createModel(dense(1, { bias: false, initializer: () => [1] }), { input: [1] });
  const means: number[] = [];
  for (let seed = 0; seed < 4; seed++) {
    const held = (await model.fit({ x, y }, {
      loss: binaryCrossEntropy(), optimizer: sgd({ learningRate: 0 }), validation: 0.2, seed, batchSize: 100,
      metrics: [ops_meanTarget()],
    })).epochs[0]! as unknown as { validation: Record<string, number> };
    means.push(held.validation.target!);
  }
  for (const mean of means) expect(mean).toBeGreaterThan(0.3);
  expect(new Set(means).size).toBe(4);
});

function ops_meanTarget() {
  return { metric: "target", rows: (_: ops.Value, target: ops.Value) => ops.reshape(target, [-1]) } as never;
}

test("what has been disposed does not run in somebody else's memory", async () => {
  const f = await ops.compile((x) => ops.relu(x), [[4]]);
  const { loaded } = f;
  f.dispose();
  using g = await ops.compile((x) => ops.negate(x), [[4]]);
  expect(() => loaded.run()).toThrow(expect.objectContaining({ code: "disposed" }));
  expect(() => runLockstep(loaded, 2)).toThrow(expect.objectContaining({ code: "disposed" }));
  expect([...g.run([[1, 2, 3, 4]])[0]!.data]).toEqual([-1, -2, -3, -4]);
});

test("compile wants a function, and shapes with a type that it has", async () => {
  const f = (x: ops.Value): ops.Value => x;
  await expect(ops.compile(f, [{ shape: [4], dtype: "uint8" as never }])).rejects.toMatchObject({ code: "bad-option" });
  for (const shapes of [[3], undefined, [[0]], [{ shape: 3 }]]) await expect(ops.compile(f, shapes as never)).rejects.toMatchObject({ name: expect.stringMatching(/^(ShapeError|OptionError)$/) });
  await expect(ops.compile(3 as never, [[1]])).rejects.toMatchObject({ code: "bad-option" });
  await expect(ops.compile(f, [[1]], { memoryLimit: "10 bytes" as never })).rejects.toMatchObject({ code: "bad-option" });
  await expect(ops.compile((x) => ops.grad(ops.sum(x), [3 as never]), [[1]])).rejects.toMatchObject({ code: "not-a-value" });
  await expect(ops.compile((x) => ops.dropout(x, 2), [[1]])).rejects.toMatchObject({ code: "bad-option" });
});

test("a scalar constant is that number under another shape too", async () => {
  using f = await ops.compile((b) => ops.reshape(ops.grad(ops.sum(b), [b])[0]!, [-1]), [[1]]);
  f.loaded.session.floats.fill(7, f.loaded.session.arena / 4);
  expect([...f.run([[5]])[0]!.data]).toEqual([1]);
});

test("a model that has gradients in it is saved and comes back", async () => {
  const model = await createModel((x: ops.Value) => ops.multiply(ops.grad(ops.sum(ops.sigmoid(x)), [x])[0]!, -0), { input: [3] });
  const again = await loadModel(model.save()), x = [[1, 2, 3]];
  expect(again.predict(x)).toEqual(model.predict(x));
});

test("a checkpoint that is taken before a resumed run has begun is refused", async () => {
  const model = await classifier(), data = batch(64), common = { loss: crossEntropy(), optimizer: adam(), batchSize: 4 };
  const training = model.fit(data, { ...common, epochs: 1 });
  await training;
  const resume = await training.checkpoint(), next = model.fit(data, { ...common, epochs: 2, resume, validation: data, yieldEvery: 0 });
  await expect(next.checkpoint()).rejects.toMatchObject({ code: "not-started" });
  await next;
});

test("writeSafetensors wants float32 numbers and strings", () => {
  expect(() => writeSafetensors(new Map([["a", { data: [1.5, 2.5] as never, shape: [2] }]]))).toThrow(expect.objectContaining({ code: "bad-tensor" }));
  expect(() => writeSafetensors(new Map(), { version: 3 as never })).toThrow(expect.objectContaining({ code: "bad-metadata" }));
});

test("classify wants one row of numbers for each row", async () => {
  const model = await createModel(dense(3), { input: [2, 4] });
  expect(() => model.classify(numbers(8))).toThrow(expect.objectContaining({ code: "no-classes" }));
});

test("the memory that a plan tells is enough, and a byte less is not; also for a second fit", async () => {
  const data = batch(100), options = { loss: crossEntropy(), optimizer: adam(), batchSize: 32, validation: batch(40), metrics: ["accuracy"] as const };
  const make = (memoryLimit?: number) => createModel(sequential(dense(12), relu(), dense(3)), { input: [6], seed: 1, ...(memoryLimit && { memoryLimit }) });
  const { total } = (await make()).memory({ ...options, data }), model = await make(total);
  expect(model.memory({ ...options, data }).total).toBe(total);
  for (let fit = 0; fit < 3; fit++) {
    await model.fit(data, options);
    expect(model.memory({ ...options, data }).total).toBe(total);
  }
  const small = await make(total - 1);
  await expect(small.fit(data, options)).rejects.toMatchObject({ code: "memory-limit" });
});

test("a trainer resumes only what was begun with its options, and changes nothing where it does not", async () => {
  const model = await classifier(), options = { loss: crossEntropy(), optimizer: adam(), clipNorm: 1, schedule: cosine(), steps: 10 };
  const trainer = model.trainer(options);
  trainer.step(batch(4));
  const resume = trainer.checkpoint();
  trainer.dispose();
  const other = await classifier(), before = hash(other);
  for (const change of [{ clipNorm: 2 }, { schedule: undefined }, { loss: crossEntropy({ reduction: "sum" }) }, { steps: 11 }])
    expect(() => other.trainer({ ...options, ...change, resume })).toThrow(expect.objectContaining({ code: "resume-mismatch" }));
  const fit = other.fit(batch(8), { loss: crossEntropy(), optimizer: adam(), clipNorm: 1, schedule: cosine(), seed: 1 });
  await fit;
  const ofFit = await fit.checkpoint(), now = hash(other);
  expect(() => other.trainer({ ...options, resume: ofFit })).toThrow(expect.objectContaining({ code: "resume-mismatch" }));
  expect(hash(other)).toBe(now);
  expect(now).not.toBe(before);
  expect(other.trainer({ ...options, resume }).steps).toBe(1);
});

test("predict writes what it is given whole, or not at all", async () => {
  const model = await createModel(dense(1), { input: [1] }), into = new Float32Array(300).fill(7), x = new Float32Array(300);
  x[299] = NaN;
  expect(() => model.predict(x, { into })).toThrow(expect.objectContaining({ code: "not-finite" }));
  expect(into.every((value) => value === 7)).toBe(true);
});

test("a file with NaN among its parameters is refused", async () => {
  const model = await createModel(dense(1, { bias: false, initializer: () => [1234.5] }), { input: [1] }), file = model.save();
  const view = new DataView(file.buffer, file.byteOffset), at = file.length - 4;
  expect(view.getFloat32(at, true)).toBe(1234.5);
  view.setFloat32(at, NaN, true);
  await expect(loadModel(file)).rejects.toMatchObject({ code: "bad-file" });
});

test("fit and trainer without options name the loss; what only looks like an optimizer is none", async () => {
  const model = await classifier(), data = batch(8);
  await expect((model.fit as unknown as (data: unknown) => Promise<unknown>)(data)).rejects.toMatchObject({ code: "bad-option", details: { option: "loss" } });
  expect(() => (model.trainer as () => unknown)()).toThrow(expect.objectContaining({ code: "bad-option" }));
  await expect(model.fit(data, { loss: crossEntropy(), optimizer: { optimizer: "adam" } as never })).rejects.toMatchObject({ code: "bad-option" });
  for (const batchSize of [-1, "a" as never]) expect(() => model.memory({ loss: crossEntropy(), batchSize })).toThrow(expect.objectContaining({ code: "bad-option" }));
});

test("held-out rows of no weight have the loss 0, not NaN", async () => {
  const losses: number[] = [];
  for (let seed = 0; seed < 16; seed++) {
    const model = await createModel(dense(1, { initializer: () => [9] }), { input: [1] });
    const { epochs: [report] } = await model.fit({ x: [[1], [2]], y: [[1], [2]], weight: [1, 0] }, { loss: mse(), validation: 0.5, seed });
    losses.push(report!.validation!.loss);
  }
  expect(losses).toContain(0);
  expect(losses.every(Number.isFinite)).toBe(true);
});

test("who awaits a fit that somebody iterates gets its end", async () => {
  const model = await classifier(), training = model.fit(batch(8), { loss: crossEntropy(), epochs: 3 });
  training[Symbol.asyncIterator]();
  expect((await training).epochs.length).toBe(3);
  const finished = model.fit(batch(8), { loss: crossEntropy(), epochs: 3 });
  finished[Symbol.asyncIterator]();
  expect((await finished.finally(() => {})).epochs.length).toBe(3);
  const two = model.fit(batch(8), { loss: crossEntropy(), epochs: 3 })[Symbol.asyncIterator]();
  expect((await Promise.all([two.next(), two.next()])).map(({ value }) => (value as { epoch: number }).epoch).sort()).toEqual([1, 2]);
});

test("an input may be called weight, seed, output or target: names of ours are not in its way", async () => {
  const losses = new Set<number>();
  for (const name of ["mass", "weight", "seed", "output output", "target output", "cursor"]) {
    const model = await createModel((v: Record<string, ops.Value>) => dropoutOf(dense(1, { name: "d" })(ops.concat([v.height!, v[name]!]))), {
      input: { height: [1], [name]: [1] }, seed: 1,
    });
    const data = { x: { height: [[1], [2], [3]], [name]: [[10], [20], [0]] }, y: [1, 2, 100], weight: [1, 2, 1] };
    losses.add((await model.fit(data, { loss: mse(), optimizer: sgd({ learningRate: 1e-6 }) })).epochs[0]!.loss);
  }
  expect(losses.size).toBe(1);
});

const dropoutOf = (x: ops.Value): ops.Value => ops.dropout(x, 0.5);

test("an output may be called output, constructor or toString", async () => {
  for (const name of ["output", "constructor", "toString"]) {
    const model = await createModel((x: ops.Value) => ({ [name]: ops.multiply(x, 2) }), { input: [1] });
    expect(model.predict([[3]])).toEqual({ [name]: { data: new Float32Array([6]), shape: [1, 1] } });
    const { loss } = await model.evaluate({ x: [[3]], y: { [name]: [[5]] } }, { loss: { [name]: mse() } });
    expect(loss).toBe(1);
    expect((await loadModel(model.save())).predict([[3]])).toEqual(model.predict([[3]]));
  }
});

test("a fit whose data are refused leaves the model, its loss and the last checkpoint as they were", async () => {
  const model = await createModel(dense(2), { input: [1], classes: ["a", "b"] });
  const first = model.fit({ x: [[1], [2]], y: [0, 1] }, { loss: crossEntropy() });
  await first;
  const before = model.save(), checkpoint = await first.checkpoint();
  await expect(model.fit({ x: [[1], [NaN]], y: [[0, 1], [1, 0]] }, { loss: mse() })).rejects.toMatchObject({ code: "not-finite" });
  await expect(model.fit({ x: [[1], [2]], y: [[0, 1], [1, 0]] }, { loss: mse(), validation: { x: [[NaN]], y: [[0, 1]] } })).rejects.toMatchObject({ code: "not-finite", details: { option: "validation.x" } });
  expect(model.save()).toEqual(before);
  expect(await first.checkpoint()).toEqual(checkpoint);
  expect(model.classify([[1]])).toHaveLength(1);
});

test("numbers beyond float32 are refused as options; an update that overflows is told", async () => {
  for (const make of [() => sgd({ learningRate: 1e300 }), () => sgd({ momentum: 1e300 }), () => adam({ epsilon: 0 }), () => adam({ epsilon: 1e-60 })])
    expect(make).toThrow(expect.objectContaining({ code: "bad-option" }));
  // the first update overflows, and no step tells of it
  const make = () => createModel(dense(1, { bias: false, initializer: () => [1] }), { input: [1] });
  const data = { x: [[1]], y: [[-1e10]] }, options = { loss: mse(), optimizer: sgd({ learningRate: 1e30 }) };
  const model = await make(), training = model.fit(data, options), told = { name: "NonFiniteError", message: expect.stringContaining("an update") };
  await expect(training).rejects.toMatchObject(told);
  await expect(training.checkpoint()).rejects.toMatchObject(told);
  expect(() => model.save()).toThrow(expect.objectContaining(told));
  const stopped = (await make()).fit({ x: [[1], [1]], y: [[-1e10], [-1e10]] }, { ...options, batchSize: 1, onStep: () => stopped.stop() });
  await expect(stopped).rejects.toMatchObject(told);
});

test("abort and dispose end a fit that waits for its iterator", async () => {
  for (const end of ["abort", "dispose"]) {
    const model = await classifier(), control = new AbortController();
    const training = model.fit(batch(8), { loss: crossEntropy(), epochs: 5, signal: control.signal });
    const iterator = training[Symbol.asyncIterator]();
    await iterator.next();
    if (end === "abort") control.abort(new Error("enough"));
    else model.dispose();
    await expect(training.done).rejects.toMatchObject(end === "abort" ? { message: "enough" } : { code: "disposed" });
  }
});

test("a checkpoint goes on only with the model, the parameters and the metrics that it was made with", async () => {
  const net = (rate: number, last = relu) => createModel(sequential(dense(4), last(), dropout(rate), dense(3)), { input: [6], seed: 1 });
  const options = { loss: crossEntropy(), optimizer: adam(), batchSize: 4, epochs: 2, metrics: ["accuracy"] as const };
  const accuracyTwice = { ...accuracy(), metric: "twice" };
  const model = await net(0.1), training = model.fit(batch(16), { ...options, onStep: ({ step }) => { if (step === 2) training.stop(); } });
  await training;
  const resume = await training.checkpoint(), refused = { code: "resume-mismatch" };
  await expect((await net(0.9)).fit(batch(16), { ...options, resume })).rejects.toMatchObject(refused);
  await expect((await net(0.1, tanh)).fit(batch(16), { ...options, resume })).rejects.toMatchObject(refused);
  await expect((await net(0.1)).fit(batch(16), { ...options, metrics: [accuracyTwice], resume })).rejects.toMatchObject(refused);
  await expect((await net(0.1)).fit({ ...batch(16), weight: new Float32Array(16).fill(1) }, { ...options, resume })).rejects.toMatchObject(refused);
  const frozen = await net(0.1);
  frozen.freeze(/^0/);
  await expect(frozen.fit(batch(16), { ...options, resume })).rejects.toMatchObject(refused);
  expect((await (await net(0.1)).fit(batch(16), { ...options, resume })).epochs).toHaveLength(2);
});

test("a metric that was infinite does not spoil the checkpoint", async () => {
  const endless = metric("endless", (p: ops.Value) => ops.log(ops.multiply(ops.sum(p, 1), 0)));
  const options = { loss: crossEntropy(), optimizer: adam(), batchSize: 4, epochs: 2, metrics: [endless] };
  const model = await classifier(), training = model.fit(batch(8), { ...options, onStep: ({ step }) => { if (step === 3) training.stop(); } });
  await training;
  const resume = await training.checkpoint(), { epochs } = await (await classifier()).fit(batch(8), { ...options, resume });
  expect(epochs.map((report) => (report as never as { endless: number }).endless)).toEqual([-Infinity, -Infinity]);
});

test("an altered checkpoint is refused, and nothing has changed", async () => {
  const all = metric("all", { all: (p) => p.data.length });
  const options = { loss: crossEntropy(), optimizer: adam(), batchSize: 4, epochs: 2, metrics: [all] };
  const model = await classifier(), training = model.fit(batch(16), { ...options, onStep: ({ step }) => { if (step === 2) training.stop(); } });
  await training;
  const { tensors, metadata } = parseSafetensors(await training.checkpoint()), [name] = [...tensors.keys()].filter((key) => key.startsWith("parameter"));
  const altered = (change: (tensors: Map<string, { data: Float32Array; shape: number[] }>) => void, text = metadata): Uint8Array => {
    const copy = new Map([...tensors].map(([key, { data, shape }]) => [key, { data: data.slice(), shape }]));
    change(copy);
    return writeSafetensors(copy, Object.fromEntries(text));
  };
  const stepsOff = new Map([...metadata].map(([key, value]) => [key, value.replace('"steps":2', '"steps":5')]));
  const bad = [
    altered((copy) => copy.set("extra output ", { data: new Float32Array(200), shape: [100, 2] })), altered((copy) => copy.delete("extra output ")),
    altered((copy) => { copy.get(name!)!.data[0] = Infinity; }), altered(() => {}, stepsOff),
  ];
  const before = hash(model);
  for (const resume of bad) await expect(model.fit(batch(16), { ...options, resume })).rejects.toMatchObject({ name: "FormatError" });
  expect(hash(model)).toBe(before);
  expect((await model.fit(batch(16), { ...options, resume: altered(() => {}) })).epochs).toHaveLength(2);
});

test("a model file whose steps cannot be compiled is refused", async () => {
  const model = await createModel((x: ops.Value) => ops.relu(dense(3)(x)), { input: [2] }), { tensors, metadata } = parseSafetensors(model.save());
  const text = metadata.get("lanewise.model")!, broken = text.replace(/"attributes":\[\]/, '"attributes":null');
  expect(broken).not.toBe(text);
  await expect(loadModel(writeSafetensors(tensors, { "lanewise.model": broken }))).rejects.toMatchObject({ code: "bad-file" });
});

test("what is handed over instead of options, metrics and arrays is told", async () => {
  const model = await classifier(), data = batch(8), self: unknown[] = [];
  self[0] = self;
  for (const make of [crossEntropy, binaryCrossEntropy]) expect(() => make(null as never)).toThrow(expect.objectContaining({ code: "bad-option" }));
  expect(() => model.predict(self as never)).toThrow(expect.objectContaining({ code: "ragged" }));
  expect(() => model.memory({ batch_size: 3 } as never)).toThrow(expect.objectContaining({ code: "unknown-option" }));
  await expect(model.fit(data, { loss: crossEntropy(), metrics: [metric("five", (() => 5) as never)] })).rejects.toMatchObject({ code: "not-a-value" });
  await expect(model.fit(data, { loss: crossEntropy(), metrics: [{ metric: "x" } as never] })).rejects.toMatchObject({ code: "bad-option" });
  await expect(model.fit(data, { loss: crossEntropy(), metrics: [metric("text", { all: (() => "x") as never })] })).rejects.toMatchObject({ code: "bad-option" });
  await expect(model.fit(data, { loss: crossEntropy(), learning_rate: 1 } as never)).rejects.toThrow("optimizer: adam({ learningRate })");
  expect(() => model.setParameters(new Map([...model.parameters, ["0.bias", undefined as never]]))).toThrow(expect.objectContaining({ code: "state-mismatch" }));
  await expect(ops.compile((a, b) => ops.add(ops.relu(a), ops.exp(b)), [[3], [4]])).rejects.toThrow("they come from relu and exp");
});

test("a checkpoint whose squares of gradients are infinite goes on as the run does", async () => {
  const make = () => createModel(dense(1, { bias: false, initializer: () => [1] }), { input: [1] });
  const data = { x: [[1e12]], y: [[-1e12]] }, options = { loss: mse(), optimizer: adam(), epochs: 3 };
  const whole = await make(), model = await make();
  await whole.fit(data, options);
  const training = model.fit(data, { ...options, onStep: ({ step }) => { if (step === 1) training.stop(); } });
  await training;
  const resumed = await make();
  await resumed.fit(data, { ...options, resume: await training.checkpoint() });
  expect(hash(resumed)).toBe(hash(whole));
});

test("a checkpoint of the same layers joined otherwise is refused, in a message that can be read", async () => {
  const make = (swap: boolean) => createModel((x: ops.Value) => {
    const a = dense(3, { name: "a" })(x), b = dense(3, { name: "b" })(x);
    return swap ? ops.subtract(b, a) : ops.subtract(a, b);
  }, { input: [6], seed: 1 });
  const options = { loss: crossEntropy(), optimizer: adam(), epochs: 2 }, training = (await make(false)).fit(batch(8), options);
  await training;
  const resume = await training.checkpoint(), refused = (await make(true)).fit(batch(8), { ...options, epochs: 3, resume });
  await expect(refused).rejects.toMatchObject({ code: "resume-mismatch", details: { option: expect.stringMatching(/^model /) } });
  expect((String(await refused.catch((error: unknown) => (error as Error).message))).length).toBeLessThan(200);
  expect((await (await make(false)).fit(batch(8), { ...options, epochs: 2, resume })).epochs).toHaveLength(2);
});

test("reports of an altered checkpoint are counted, and its position belongs to its steps", async () => {
  const options = { loss: crossEntropy(), optimizer: adam(), batchSize: 4, epochs: 2 };
  const model = await classifier(), training = model.fit(batch(16), { ...options, onStep: ({ step }) => { if (step === 6) training.stop(); } });
  await training;
  const { tensors, metadata } = parseSafetensors(await training.checkpoint()), [[key, text]] = [...metadata] as [[string, string]];
  for (const change of [/"steps":6/, /"reports":\[/]) {
    expect(text).toMatch(change);
    const other = text.replace(change, (found) => found.replace(/\d/, "0").replace("[", "[null,"));
    await expect(model.fit(batch(16), { ...options, resume: writeSafetensors(tensors, { [key]: other }) })).rejects.toMatchObject({ code: "bad-file" });
  }
});

test("classify takes outputs of one number for each row, whatever their shape", async () => {
  const model = await createModel((x: ops.Value) => ops.reshape(dense(1, { initializer: () => [1] })(x), [-1]), { input: [1] });
  expect(model.classify([[100], [-100]], { top: 1 }).map(([best]) => best!.index)).toEqual([1, 0]);
});

test("an output without a name is refused; loss weights that are undefined are 1", async () => {
  await expect(createModel((x: ops.Value) => ({ "": x }), { input: [1] })).rejects.toMatchObject({ code: "not-a-value" });
  const model = await createModel((x: ops.Value) => ({ a: x, b: x }), { input: [1] }), data = { x: [[1]], y: { a: [[2]], b: [[3]] } };
  const loss = { a: mse(), b: mse() };
  expect((await model.evaluate(data, { loss, lossWeights: { a: undefined as never } })).loss).toBe(5);
  expect(() => model.predict([[1]], { into: { c: new Float32Array(1) } as never })).toThrow(expect.objectContaining({ code: "unknown-option" }));
});

test("evaluate keeps the loss weights of the last fit, or takes those that it is given", async () => {
  const model = await createModel((x: ops.Value) => ({ a: dense(1, { name: "l", initializer: () => [1] })(x), b: x }), { input: [1] });
  const data = { x: [[1]], y: { a: [[2]], b: [[3]] } };
  await model.fit(data, { loss: { a: mse(), b: mse() }, lossWeights: { b: 10 }, optimizer: sgdOf() });
  expect((await model.evaluate(data)).loss).toBe(41);
  expect((await model.evaluate(data, { metrics: { a: ["mae"] } })).loss).toBe(41);
  expect((await model.evaluate(data, { lossWeights: { b: 2 } })).loss).toBe(9);
});

const sgdOf = () => sgd({ learningRate: 0 });

test("clipNorm that float32 has no number for is refused, as are lists that are none", async () => {
  const model = await classifier();
  await expect(model.fit(batch(8), { loss: crossEntropy(), clipNorm: 1e-60 })).rejects.toMatchObject({ code: "bad-option" });
  await expect(model.fit(batch(8), { loss: crossEntropy(), optimizer: { optimizer: "x", write() {} } as never })).rejects.toMatchObject({ code: "bad-option" });
  await expect(ops.compile((x) => ops.grad(ops.sum(x), x as never), [[2]])).rejects.toMatchObject({ code: "not-a-value" });
  await expect(ops.compile((x) => ops.broadcastTo(x, 3 as never), [[1]])).rejects.toMatchObject({ name: "ShapeError" });
  await expect(ops.compile((x) => ops.reshape(x, undefined as never), [[1]])).rejects.toMatchObject({ name: "ShapeError" });
});

test("abort while the last epoch is evaluated rejects; many epochs leave nothing behind", async () => {
  const model = await classifier(), control = new AbortController();
  const late = metric("late", { all: () => { control.abort(new Error("late")); return 1; } });
  const validation = batch(8), training = model.fit(batch(8), { loss: crossEntropy(), metrics: [late], validation, signal: control.signal });
  await expect(training).rejects.toThrow("late");
});

test("classify reads what was trained last, trainer or fit", async () => {
  const model = await createModel(dense(1, { initializer: () => [1] }), { input: [1], classes: ["no", "yes"] }), data = { x: [[1]], y: [1] };
  using trainer = model.trainer({ loss: hinge(), optimizer: sgdOf() });
  const certain = (): boolean => model.classify([[0.5]], { top: 1 })[0]![0]!.probability === 1;
  trainer.step(data);
  expect(certain()).toBe(true);
  await model.fit(data, { loss: binaryCrossEntropy(), optimizer: sgdOf() });
  expect(certain()).toBe(false);
  trainer.step(data);
  expect(certain()).toBe(true);
});

test("after a rollback the moving average has nothing of what was undone", async () => {
  const model = await createModel(dense(1), { input: [2], seed: 1 });
  const x = Array.from({ length: 64 }, (_, i) => [i / 64 - 0.5, ((i * 37) % 64) / 64 - 0.5]), y = x.map(([a, b]) => [2 * a! - b! + 0.3]);
  // from step 450 on the rate is so high that the weights grow until the loss overflows
  const schedule = (step: number): number => (step >= 450 && step < 550 ? 5 : 0.3);
  const data = { x, y }, options = { loss: mse(), optimizer: sgd(), schedule, batchSize: 16, epochs: 300, ema: 0.99, seed: 1 };
  const { epochs } = await model.fit(data, { ...options, validation: data, doctor: doctor(), onNonFinite: "rollback" });
  expect(epochs.some(({ findings }) => findings.some(({ code }) => code === "non-finite"))).toBe(true);
  expect(epochs.at(-1)!.validation.loss).toBeLessThan(1e-3);
  expect((await model.evaluate(data)).loss).toBeLessThan(1e-3);
});

test("a label of -100 is not taken for the NaN that a step made", async () => {
  const root = layer("root", (x) => ops.sqrt(x)), model = await createModel(sequential(dense(4, { initializer: "zeros", bias: false }), root, dense(3)), { input: [2] });
  const run = model.fit({ x: [[1, 2], [3, 1]], y: [0, -100] }, { loss: crossEntropy({ ignoreIndex: -100 }), doctor: doctor() });
  await expect(run).rejects.toMatchObject({ code: "non-finite", details: { op: "sqrtGradient", layer: "1" } });
});

test("an update of one's own that draws at random draws anew at each step, by the seed", async () => {
  const noise = optimizer("noise", { update: ({ parameter }) => ({ parameter: ops.gaussianNoise(ops.multiply(parameter, 0), 1) }) });
  const data = { x: [[0], [0]], y: [[0, 0], [0, 0]] };
  const drawn = async (seed: number, way: "step" | "apply" | "accumulate", steps = 1): Promise<string> => {
    const model = await createModel(dense(2), { input: [1] }), options = { loss: mse(), optimizer: noise, seed };
    if (way === "accumulate") await model.fit(data, { ...options, accumulate: 2, epochs: steps });
    else {
      using trainer = model.trainer(options);
      for (let i = 0; i < steps; i++) way === "step" ? trainer.step(data) : trainer.apply(trainer.gradients(data).gradients);
    }
    return [...model.parameters.values()].map(({ data: numbers }) => numbers.join()).join();
  };
  const all = await Promise.all([drawn(1, "step"), drawn(1, "step", 2), drawn(2, "step"), drawn(1, "accumulate", 2), drawn(2, "accumulate", 2)]);
  expect(new Set(all).size).toBe(5);
  expect(all.some((numbers) => /^[0,]*$/.test(numbers))).toBe(false);
  expect(await drawn(1, "apply")).toBe(all[0]);
  expect(await drawn(1, "step")).toBe(all[0]);
});

test("a run goes on with a default written out, and with another way to meet what is not finite", async () => {
  const model = await classifier(), options = { loss: crossEntropy(), epochs: 1 }, training = model.fit(batch(8), options);
  await training;
  const resume = await training.checkpoint();
  for (const more of [{ accumulate: 1 }, { onNonFinite: "stop" }, { doctor: doctor(), onNonFinite: "rollback" }] as const)
    expect((await model.fit(batch(8), { ...options, ...more, resume, epochs: 2 })).epochs.length).toBe(2);
});

test("a trace wants as many ranks as have a scratch", async () => {
  const f = await ops.compile((x) => ops.tanh(x), [[70]]), x = numbers(70, 1), [before] = f.run([x]);
  f.stage([x]);
  for (const size of [0, -1, 1.5, NaN, 65, 1000]) expect(() => trace(f.loaded, size)).toThrow(expect.objectContaining({ code: "bad-option", details: expect.objectContaining({ option: "size", got: size }) }));
  const hashes = [1, 64].map((size) => {
    f.stage([x]); // tanh works in the memory of its input
    return trace(f.loaded, size);
  });
  expect(hashes[1]).toEqual(hashes[0]);
  expect(f.run([x])[0]!.data).toEqual(before!.data);
});

test("auto sees the activation behind broadcastTo", async () => {
  const wide = (through: boolean) => layer("wide", (x, scope) => {
    const y = ops.matmul(x, ops.transpose(scope.parameter("w", [64, 100], { initializer: "auto" })));
    return ops.mean(ops.relu(through ? ops.broadcastTo(y, [3, ...y.shape]) : ops.reshape(y, [1, ...y.shape])), 0);
  });
  const weight = async (through: boolean) => [...(await createModel(wide(through), { input: [100], seed: 1 })).parameters.values()][0]!.data;
  expect(await weight(true)).toEqual(await weight(false));
});

test("clipValue does not hide an infinite gradient, in one call or in two halves or in micro-batches", async () => {
  const root = layer("root", (x) => ops.sqrt(x)), model = await createModel(sequential(dense(4, { initializer: "zeros", bias: false }), root, dense(1)), { input: [2] });
  const options = { loss: mse(), optimizer: sgd({ learningRate: 0.1 }), clipValue: 1 }, data = { x: [[1, 2], [3, 1]], y: [[1], [2]] }, before = hash(model);
  using trainer = model.trainer(options);
  expect(() => trainer.step(data)).toThrow(expect.objectContaining({ code: "non-finite" }));
  expect(() => trainer.gradients(data)).toThrow(expect.objectContaining({ code: "non-finite" }));
  for (const accumulate of [1, 2]) await expect(model.fit(data, { ...options, accumulate })).rejects.toMatchObject({ code: "non-finite" });
  expect(hash(model)).toBe(before);
});

test("what begins during a range test is refused, not undone", async () => {
  const model = await classifier(), data = batch(40), before = hash(model);
  const sweep = findLearningRate(model, data, { loss: crossEntropy() });
  await expect(findLearningRate(model, data, { loss: crossEntropy() })).rejects.toMatchObject({ code: "fit-running" });
  await expect(model.fit(data, { loss: crossEntropy() })).rejects.toMatchObject({ code: "fit-running" });
  await sweep;
  expect(hash(model)).toBe(before);
  await model.fit(data, { loss: crossEntropy() });
  expect(hash(model)).not.toBe(before);
});
