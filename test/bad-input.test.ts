// Bad input gets a LanewiseError with a stable code before anything is changed.

import { Version } from "../assembly/isa.ts";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  adam, adamW, binaryCrossEntropy, cosine, createModel, crossEntropy, dense, dropout, hash, hinge, LanewiseError, layer, leakyRelu, loadModel, metric,
  mse, relu, sequential, sgd, sigmoid, softmax, stepDecay, warmup, writeSafetensors,
} from "../src/index.ts";
import { add, compile, grad, matmul, reshape, sum, argmax, toFloat } from "../src/ops/index.ts";
import { classified, numbers, options } from "./helpers.ts";

type Wanted = { code: string; option?: string | RegExp };

/** The error that a call throws or rejects with; it must be ours, with a message that says something. */
async function errorOf(call: () => unknown): Promise<LanewiseError> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(LanewiseError);
    const { message, code, details } = error as LanewiseError;
    expect(message.length).toBeGreaterThan(15);
    expect(message.replace("got undefined", "")).not.toMatch(/undefined|\[object/);
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(details).toBeTypeOf("object");
    return error as LanewiseError;
  }
  throw new Error("nothing was thrown");
}

function matches(error: LanewiseError, { code, option }: Wanted): void {
  expect(error.code, error.message).toBe(code);
  if (option !== undefined) expect(String(error.details.option)).toMatch(typeof option === "string" ? new RegExp(`^${option.replace(/[.[\]]/g, "\\$&")}$`) : option);
}

const net = () => createModel(sequential(dense(4), relu(), dense(3)), { input: [6], classes: ["a", "b", "c"], seed: 1 });
const data = classified(20);
const any = (value: unknown): any => value;

describe("data handed to fit, evaluate and trainer.step", () => {
  const withNaN = (value: number): Float32Array => Object.assign(data.x.slice(), { 31: value });
  const bad: [string, any, Wanted][] = [
    ["x and y of unequal rows", { x: data.x, y: data.y.subarray(1) }, { code: "rows-mismatch", option: "y" }],
    ["wrong width", { x: numbers(121), y: data.y }, { code: "wrong-width", option: "x" }],
    ["wrong width, nested", { x: [[1, 2, 3]], y: [0] }, { code: "wrong-width", option: "x" }],
    ["wrong width, with a shape", { x: { data: numbers(120), shape: [24, 5] }, y: data.y }, { code: "wrong-width", option: "x" }],
    ["a shape that its data do not fill", { x: { data: numbers(120), shape: [20, 7] }, y: data.y }, { code: "shape-mismatch", option: "x" }],
    ["ragged rows", { x: [[1, 2, 3, 4, 5, 6], [1, 2]], y: [0, 1] }, { code: "ragged", option: "x" }],
    ["text among numbers", { x: [[1, 2, 3, 4, 5, "6"]], y: [0] }, { code: /ragged|not-numbers/.source as string }],
    ["a label outside the classes", { x: data.x, y: Int32Array.from(data.y, () => 3) }, { code: "label-out-of-range", option: "y" }],
    ["a negative label", { x: data.x, y: Array.from(data.y, () => -1) }, { code: "label-out-of-range", option: "y" }],
    ["a label that is no whole number", { x: data.x, y: Array.from(data.y, () => 0.5) }, { code: "label-out-of-range", option: "y" }],
    ["an unknown class name", { x: data.x, y: Array.from(data.y, () => "d") }, { code: "label-out-of-range", option: "y" }],
    ["one-hot rows of another width", { x: data.x, y: Array.from(data.y, () => [1, 0]) }, { code: "wrong-width", option: "y" }],
    ["distributions that do not sum to 1", { x: data.x, y: Array.from(data.y, () => [0.5, 0.2, 0.2]) }, { code: "bad-distribution", option: "y" }],
    ["NaN in x", { x: withNaN(NaN), y: data.y }, { code: "not-finite", option: "x" }],
    ["Infinity in x", { x: withNaN(-Infinity), y: data.y }, { code: "not-finite", option: "x" }],
    ["a number too large for float32", { x: Float64Array.from(data.x, () => 1e300), y: data.y }, { code: "not-finite", option: "x" }],
    ["no rows", { x: new Float32Array(0), y: new Int32Array(0) }, { code: "no-rows", option: "x" }],
    ["no rows, nested", { x: [], y: [] }, { code: "no-rows", option: "x" }],
    ["no y", { x: data.x }, { code: "wrong-names" }],
    ["a misspelt field", { x: data.x, y: data.y, sample_weight: data.x }, { code: "wrong-names" }],
    ["nothing", undefined, { code: "wrong-names" }],
    ["a string", "x", { code: "wrong-names" }],
    ["weights of another number", { ...data, weight: [1, 2] }, { code: "rows-mismatch", option: "weight" }],
    ["a negative weight", { ...data, weight: Array.from(data.y, (_, i) => i - 1) }, { code: "bad-weight", option: "weight" }],
    ["weights that are all 0", { ...data, weight: Array.from(data.y, () => 0) }, { code: "bad-weight", option: "weight" }],
    ["a NaN weight", { ...data, weight: Array.from(data.y, () => NaN) }, { code: "bad-weight", option: "weight" }],
  ];
  test.each(bad)("%s", async (_, given, wanted) => {
    const model = await net(), trainer = model.trainer({ loss: crossEntropy() }), before = hash(model);
    const code = (error: LanewiseError, its = wanted): void => (wanted.code.includes("|") ? expect(error.code).toMatch(new RegExp(`^(${wanted.code})$`)) : matches(error, its));
    code(await errorOf(() => model.fit(given, options())));
    code(await errorOf(() => model.evaluate(given, { loss: crossEntropy() })));
    code(await errorOf(() => trainer.step(given)));
    const held = wanted.option === undefined ? wanted : { ...wanted, option: `validation.${wanted.option}` };
    code(await errorOf(() => model.fit(data, options({ validation: given ?? null }))), held);
    expect(hash(model)).toBe(before);
    trainer.dispose();
    await model.fit(data, options()); // the model works on
  });

  test("targets that a loss does not take", async () => {
    const model = await createModel(dense(1), { input: [1] }), x = [[1], [2]], fit = (loss: any, y: any) => errorOf(() => model.fit({ x, y }, { loss }));
    matches(await fit(hinge(), [0, 1]), { code: "bad-target", option: "y" });
    matches(await fit(binaryCrossEntropy(), [0, 2]), { code: "bad-target", option: "y" });
    matches(await fit(binaryCrossEntropy(), [0, NaN]), { code: "bad-target", option: "y" });
    matches(await fit(mse(), [0, NaN]), { code: "not-finite", option: "y" });
    matches(await fit(mse(), [[1, 2], [3, 4]]), { code: "wrong-width", option: "y" });
    matches(await fit(crossEntropy(), [0, 0]), { code: "one-class" });
    matches(await fit(mse(), ["no", "yes"]), { code: "no-classes", option: "y" });
    const wide = await createModel(dense(3), { input: [1] });
    matches(await errorOf(() => wide.fit({ x, y: [1, 2] }, { loss: mse() })), { code: "wrong-width", option: "y" });
  });

  test("predict: width, NaN, no rows, a place of another length", async () => {
    const model = await net();
    matches(await errorOf(() => model.predict([[1, 2]])), { code: "wrong-width", option: "x" });
    matches(await errorOf(() => model.predict([[1, 2, 3, 4, 5, NaN]])), { code: "not-finite", option: "x" });
    matches(await errorOf(() => model.predict([])), { code: "no-rows" });
    matches(await errorOf(() => model.predict(any(null))), { code: "not-numbers" });
    matches(await errorOf(() => model.predict(data.x, { into: new Float32Array(3) })), { code: "wrong-width", option: "into" });
    matches(await errorOf(() => model.classify(data.x, { top: 0 })), { code: "bad-option" });
  });

  test("records of named inputs and outputs: missing and unknown names", async () => {
    const model = await createModel(({ a, b }) => ({ p: dense(1)(a), q: dense(1)(b) }), { input: { a: [1], b: [1] } });
    const good = { x: { a: [[1]], b: [[1]] }, y: { p: [[1]], q: [[1]] } }, loss = { p: mse(), q: mse() };
    matches(await errorOf(() => model.predict(any({ a: [[1]] }))), { code: "wrong-names", option: "x" });
    matches(await errorOf(() => model.predict(any({ a: [[1]], b: [[1]], c: [[1]] }))), { code: "wrong-names", option: "x" });
    matches(await errorOf(() => model.predict(any([[1]]))), { code: "wrong-names", option: "x" });
    matches(await errorOf(() => model.predict({ a: [[1]], b: [[1], [2]] })), { code: "rows-mismatch", option: "x.b" });
    matches(await errorOf(() => model.fit({ ...good, y: any([[1]]) }, { loss })), { code: "wrong-names", option: "y" });
    matches(await errorOf(() => model.fit(good, { loss: any(mse()) })), { code: "wrong-names", option: "loss" });
    matches(await errorOf(() => model.fit(good, { loss: any({ p: mse() }) })), { code: "wrong-names", option: "loss" });
    matches(await errorOf(() => model.fit(good, { loss, lossWeights: { r: 1 } })), { code: "unknown-option", option: "r" });
    expect((await model.fit(good, { loss })).epochs.length).toBe(1);
  });
});

describe("options of fit", () => {
  const bad: [string, object, Wanted][] = [
    ["batchSize 0", { batchSize: 0 }, { code: "bad-option", option: "batchSize" }],
    ["batchSize negative", { batchSize: -3 }, { code: "bad-option", option: "batchSize" }],
    ["batchSize fractional", { batchSize: 1.5 }, { code: "bad-option", option: "batchSize" }],
    ["batchSize a string", { batchSize: "32" }, { code: "bad-option", option: "batchSize" }],
    ["epochs 0", { epochs: 0 }, { code: "bad-option", option: "epochs" }],
    ["epochs NaN", { epochs: NaN }, { code: "bad-option", option: "epochs" }],
    ["a seed that is negative", { seed: -1 }, { code: "bad-option", option: "seed" }],
    ["a seed that is fractional", { seed: 0.5 }, { code: "bad-option", option: "seed" }],
    ["shuffle a number", { shuffle: 1 }, { code: "bad-option", option: "shuffle" }],
    ["clipNorm 0", { clipNorm: 0 }, { code: "bad-option", option: "clipNorm" }],
    ["clipNorm NaN", { clipNorm: NaN }, { code: "bad-option", option: "clipNorm" }],
    ["a share of everything", { validation: 1 }, { code: "bad-option", option: "validation" }],
    ["a share of nothing", { validation: 0.001 }, { code: "bad-option", option: "validation" }],
    ["a negative share", { validation: -0.5 }, { code: "bad-option", option: "validation" }],
    ["no loss", { loss: undefined }, { code: "bad-option", option: "loss" }],
    ["a loss by Keras's name", { loss: "sparse_categorical_crossentropy" }, { code: "bad-option", option: "loss" }],
    ["a loss that was not called", { loss: mse }, { code: "bad-option", option: "loss" }],
    ["an optimizer by name", { optimizer: "adam" }, { code: "bad-option", option: "optimizer" }],
    ["an optimizer that was not called", { optimizer: adam }, { code: "bad-option", option: "optimizer" }],
    ["a schedule that is no function", { schedule: 0.1 }, { code: "bad-option", option: "schedule" }],
    ["a schedule that gives NaN", { schedule: () => NaN }, { code: "bad-option", option: "schedule" }],
    ["a schedule that gives a negative rate", { schedule: () => -1 }, { code: "bad-option", option: "schedule" }],
    ["metrics that are no array", { metrics: "accuracy" }, { code: "bad-option", option: "metrics" }],
    ["an unknown metric", { metrics: ["acuracy"] }, { code: "bad-option", option: "metrics" }],
    ["a metric twice", { metrics: ["accuracy", "accuracy"] }, { code: "bad-option", option: "metrics" }],
    ["a signal that is none", { signal: {} }, { code: "bad-option", option: "signal" }],
    ["onStep that is no function", { onStep: true }, { code: "bad-option", option: "onStep" }],
    ["resume that is no file", { resume: new Uint8Array(100) }, { code: "bad-file" }],
    ["a misspelt option", { epoch: 3 }, { code: "unknown-option", option: "epoch" }],
    ["Keras's batch_size", { batch_size: 3 }, { code: "unknown-option", option: "batch_size" }],
    ["Keras's validation_data", { validation_data: data }, { code: "unknown-option", option: "validation_data" }],
    ["a group that matches nothing", { optimizer: adam({ groups: [{ match: /nothing/ }] }) }, { code: "unmatched-group", option: "groups[0]" }],
  ];
  test.each(bad)("%s", async (_, more, wanted) => {
    const model = await net(), before = hash(model);
    const error = await errorOf(() => model.fit(data, options(more)));
    matches(error, wanted);
    expect(hash(model)).toBe(before);
    await model.fit(data, options());
  });

  test("did you mean: the right name for a misspelt, Keras's or PyTorch's", async () => {
    const model = await net();
    const meant = async (more: object): Promise<string> => (await errorOf(() => model.fit(data, options(more)))).message;
    expect(await meant({ batch_size: 3 })).toContain("batchSize");
    expect(await meant({ epoch: 3 })).toContain("epochs");
    expect(await meant({ validation_split: 0.1 })).toContain("validation");
    expect(await meant({ learningRate: 0.1 })).toContain("learningRate");
    expect(await meant({ loss: "categoricalCrossentropy" })).toContain("crossEntropy()");
    expect(await meant({ loss: "BCEWithLogitsLoss" })).toContain("binaryCrossEntropy()");
    expect(await meant({ optimizer: "SGD" })).toContain("sgd()");
    expect(await meant({ metrics: ["acc"] })).toContain("accuracy");
    expect((await errorOf(() => adam(any({ lr: 0.1 })))).message).toContain("learningRate");
    expect((await errorOf(() => sgd(any({ weight_decay: 0.1 })))).message).toContain("weightDecay");
    expect((await errorOf(() => dense(3, any({ use_bias: true })))).message).toContain("bias");
    expect((await errorOf(() => dense(3, any({ initializer: "glorot_uniform" })))).message).toContain("xavier");
    expect((await errorOf(() => createModel(dense(3), any({ inputShape: [3] })))).message).toContain("input");
  });

  test("softmax before crossEntropy from logits: both remedies are named", async () => {
    const model = await createModel(sequential(dense(3), softmax()), { input: [6] }), error = await errorOf(() => model.fit(data, options()));
    matches(error, { code: "probabilities-as-logits" });
    expect(error.message).toContain("softmax");
    expect(error.message).toContain('crossEntropy({ from: "probabilities" })');
    await model.fit(data, options({ loss: crossEntropy({ from: "probabilities" }) }));
    const one = await createModel(sequential(dense(1), sigmoid()), { input: [6] });
    matches(await errorOf(() => one.fit({ x: data.x, y: Float32Array.from(data.y, (label) => (label ? 1 : 0)) }, { loss: binaryCrossEntropy() })), { code: "probabilities-as-logits" });
  });

  test("a plan over the memory limit is told before anything is allocated", async () => {
    const model = await createModel(dense(3), { input: [6], memoryLimit: 300_000 }), before = model.info().memory;
    const much = classified(20_000);
    matches(await errorOf(() => model.fit(much, options())), { code: "memory-limit", option: "memoryLimit" });
    matches(await errorOf(() => model.evaluate(much, { loss: crossEntropy() })), { code: "memory-limit" });
    expect(model.info().memory).toBe(before);
    await model.fit(data, options());
    matches(await errorOf(() => createModel(dense(1000), { input: [1000], memoryLimit: 1_000_000 })), { code: "memory-limit" });
    matches(await errorOf(() => createModel(dense(100_000), { input: [100_000] })), { code: "memory-limit" });
  });
});

describe("optimizers, schedules, layers and metrics", () => {
  const bad: [string, () => unknown, Wanted][] = [
    ["a learning rate of NaN", () => adam({ learningRate: NaN }), { code: "bad-option", option: /learningRate/ }],
    ["a negative learning rate", () => sgd({ learningRate: -0.1 }), { code: "bad-option", option: /learningRate/ }],
    ["an infinite learning rate", () => adamW({ learningRate: Infinity }), { code: "bad-option", option: /learningRate/ }],
    ["a learning rate that is text", () => adam({ learningRate: any("0.1") }), { code: "bad-option", option: "learningRate" }],
    ["beta1 of 1", () => adam({ beta1: 1 }), { code: "bad-option", option: /beta1/ }],
    ["a negative weight decay", () => adam({ weightDecay: -1 }), { code: "bad-option", option: /weightDecay/ }],
    ["nesterov without momentum", () => sgd({ nesterov: true }), { code: "bad-option", option: "nesterov" }],
    ["PyTorch's lr", () => adam(any({ lr: 1 })), { code: "unknown-option", option: "lr" }],
    ["options that are a number", () => adam(any(0.1)), { code: "bad-option" }],
    ["groups that are no array", () => adam({ groups: any({ match: /x/ }) }), { code: "bad-option", option: "groups" }],
    ["a group without match", () => adam({ groups: [any({ learningRate: 1 })] }), { code: "bad-option", option: "match" }],
    ["a group's unknown option", () => adam({ groups: [any({ match: /x/, lr: 1 })] }), { code: "unknown-option", option: "lr" }],
    ["stepDecay without a length", () => stepDecay(any({})), { code: "bad-option" }],
    ["a length in steps and epochs", () => cosine({ steps: 1, epochs: 1 }), { code: "bad-option" }],
    ["warmup without a length", () => warmup(cosine(), any({})), { code: "bad-option" }],
    ["a negative minimum", () => cosine({ minimum: -1 }), { code: "bad-option" }],
    ["zero units", () => dense(0), { code: "bad-option", option: /units/ }],
    ["fractional units", () => dense(2.5), { code: "bad-option", option: /units/ }],
    ["units in an object", () => dense(any({ units: 3 })), { code: "bad-option", option: /units/ }],
    ["an unknown option of dense", () => dense(3, any({ activation: "relu" })), { code: "unknown-option", option: "activation" }],
    ["a layer's name with a dot", () => dense(3, { name: "a.b" }), { code: "bad-option", option: "name" }],
    ["dropout above 1", () => dropout(1.5), { code: "bad-option", option: /rate/ }],
    ["dropout of NaN", () => dropout(NaN), { code: "bad-option", option: /rate/ }],
    ["a slope of NaN", () => leakyRelu(NaN), { code: "bad-option", option: /slope/ }],
    ["sequential of nothing", () => sequential(), { code: "bad-option" }],
    ["sequential of a layer that was not called", () => sequential(any(relu)), { code: "not-a-layer" }],
    ["sequential of text", () => sequential(any("Linear")), { code: "not-a-layer" }],
    ["a loss's unknown option", () => mse(any({ weight: 1 })), { code: "unknown-option" }],
    ["a reduction that is none", () => mse({ reduction: any("none") }), { code: "bad-option", option: "reduction" }],
    ["from what", () => crossEntropy({ from: any("probs") }), { code: "bad-option", option: "from" }],
    ["a metric named loss", () => metric("loss", () => any(0)), { code: "bad-option", option: "name" }],
    ["a metric without a function", () => metric("m", any(3)), { code: "bad-option" }],
    ["a layer without a function", () => layer("l", any(null)), { code: "bad-option" }],
    ["a layer called on numbers", () => relu()(any([1, 2])), { code: "not-a-value" }],
  ];
  test.each(bad)("%s", async (_, call, wanted) => matches(await errorOf(call), wanted));
});

describe("models", () => {
  const bad: [string, () => Promise<unknown>, Wanted][] = [
    ["no model", () => createModel(any(undefined), { input: [2] }), { code: "not-a-layer" }],
    ["no options", () => createModel(dense(1), any(undefined)), { code: "bad-option", option: "input" }],
    ["no input", () => createModel(dense(1), any({})), { code: "bad-option", option: "input" }],
    ["an input of 0", () => createModel(dense(1), { input: [0] }), { code: "bad-option", option: "input" }],
    ["an input that is a number", () => createModel(dense(1), { input: any(5) }), { code: "bad-option", option: "input" }],
    ["an input of an unknown type", () => createModel(dense(1), { input: { shape: [2], dtype: any("float64") } }), { code: "bad-option", option: "input.dtype" }],
    ["an unknown option", () => createModel(dense(1), any({ input: [2], sed: 1 })), { code: "unknown-option", option: "sed" }],
    ["one class", () => createModel(dense(1), { input: [2], classes: ["a"] }), { code: "bad-option", option: "classes" }],
    ["a class twice", () => createModel(dense(1), { input: [2], classes: ["a", "a"] }), { code: "bad-option", option: "classes" }],
    ["half a thread", () => createModel(dense(1), { input: [2], threads: 1.5 }), { code: "bad-option", option: "threads" }],
    ["more threads than there can be", () => createModel(dense(1), { input: [2], threads: 65 }), { code: "bad-option", option: "threads" }],
    ["layers that do not fit together", () => createModel((x) => matmul(dense(3)(x), dense(4)(x)), { input: [2] }), { code: "shape-mismatch" }],
    ["a function that returns a number", () => createModel(any(() => 3), { input: [2] }), { code: "not-a-value" }],
    ["a function that loses the rows", () => createModel((x) => sum(x), { input: [2] }), { code: "lost-rows" }],
    ["an output of whole numbers", () => createModel((x) => argmax(x), { input: [2] }), { code: "dtype" }],
    ["a Value of another model", async () => { let other: any; await createModel((x) => (other = dense(1)(x)), { input: [2] }); await createModel((x) => add(x, other), { input: [1] }); }, { code: "foreign-value" }],
    ["two layers of one name", () => createModel(sequential(dense(1, { name: "a" }), dense(1, { name: "a" })), { input: [2] }), { code: "duplicate-name" }],
    ["a shared layer on two widths", async () => { const d = dense(2); await createModel(sequential(d, dense(3), d), { input: [2] }); }, { code: "shared-shape" }],
    ["an initializer that gives too little", () => createModel(dense(2, { initializer: () => [1] }), { input: [2] }), { code: "bad-option", option: "initializer" }],
    ["an initializer that gives NaN", () => createModel(dense(1, { initializer: () => [NaN, 1] }), { input: [2] }), { code: "bad-option", option: "initializer" }],
    ["a layer that returns no Value", () => createModel(layer("l", () => any(1)), { input: [2] }), { code: "not-a-value" }],
    ["a parameter without a shape", () => createModel(layer("l", (x, scope) => { scope.parameter("p", any(3)); return x; }), { input: [2] }), { code: "bad-option" }],
    ["a core that is no module", () => createModel(dense(1), { input: [2], core: new Uint8Array([1, 2, 3]) }), { code: "bad-core" }],
    ["a core that is text", () => createModel(dense(1), { input: [2], core: any("core.wasm") }), { code: "bad-core" }],
    ["a core of another instruction set", () => createModel(dense(1), { input: [2], core: otherCore() }), { code: "isa-version" }],
  ];
  test.each(bad)("%s", async (_, call, wanted) => matches(await errorOf(call), wanted));

  test("layers that do not fit: the layer and both shapes are named", async () => {
    const error = await errorOf(() => createModel(sequential(dense(3), layer("pair", (x) => matmul(x, x))), { input: [2] }));
    expect(error.message).toContain("1 (pair)");
    expect(error.details.layer).toBe("1");
    expect(error.message).toContain("[2, 3]");
  });

  test("an engine without SIMD is told which version brings it", async () => {
    const { validate } = WebAssembly;
    WebAssembly.validate = () => false;
    try {
      const error = await errorOf(() => createModel(dense(1), { input: [2] }));
      matches(error, { code: "no-simd" });
      expect(error.message).toMatch(/Chrome.*91.*Firefox 89.*Safari 16\.4/);
    } finally {
      WebAssembly.validate = validate;
    }
  });

  test("compile: shapes, arguments and gradients that do not fit", async () => {
    matches(await errorOf(() => compile((x) => reshape(x, [5]), [[4]])), { code: "reshape" });
    matches(await errorOf(() => compile((x) => x, [[0]])), { code: "bad-shape" });
    matches(await errorOf(() => compile((x) => grad(x, [x]), [[2]])), { code: "not-a-scalar" });
    matches(await errorOf(() => compile((x) => dense(1)(x), [[2, 2]])), { code: "layer-outside-model" });
    matches(await errorOf(() => compile(any(() => 1), [[2]])), { code: "not-a-value" });
    using f = await compile((x) => toFloat(argmax(x)), [[1, 3]]);
    matches(await errorOf(() => f.run([[1, 2]])), { code: "shape-mismatch" });
    matches(await errorOf(() => f.run([])), { code: "arguments" });
  });
});

/** The built core with its version raised by one: isaVersion is the function that returns it. */
function otherCore(): Uint8Array {
  const bytes = new Uint8Array(readFileSync(new URL("../dist/core.wasm", import.meta.url)));
  // (func (result i32) (i32.const version)): size 4, no locals, i32.const 1, end
  for (let i = bytes.length - 5; i > 0; i--)
    if (bytes[i] === 4 && bytes[i + 1] === 0 && bytes[i + 2] === 0x41 && bytes[i + 3] === Version.ISA && bytes[i + 4] === 0x0b) {
      bytes[i + 3] = Version.ISA + 1;
      return bytes;
    }
  throw new Error("no such function");
}

describe("files handed to loadModel", () => {
  const saved = async (): Promise<Uint8Array> => (await net()).save();

  test("truncated at any byte of the header and at many of the body", async () => {
    const bytes = await saved(), header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    for (let length = 0; length < bytes.length; length += length < header ? 1 : 37) {
      const error = await errorOf(() => loadModel(bytes.slice(0, length)));
      expect(error.name).toBe("FormatError");
    }
  });

  test("any byte of the header changed: an error of ours, or a model", async () => {
    const bytes = await saved(), header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    for (let at = 0; at < header; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << (at % 8);
      try {
        (await loadModel(changed)).dispose();
      } catch (error) {
        expect(error).toBeInstanceOf(LanewiseError);
      }
    }
  });

  test("foreign safetensors, other formats, and what is no file", async () => {
    matches(await errorOf(() => loadModel(writeSafetensors(new Map([["a", { data: new Float32Array(1), shape: [1] }]])))), { code: "not-a-model" });
    matches(await errorOf(() => loadModel(new TextEncoder().encode("hello, this is text, not a model"))), { code: "bad-file" });
    matches(await errorOf(() => loadModel(any("digits.safetensors"))), { code: "bad-file" });
    matches(await errorOf(() => loadModel(any(undefined))), { code: "bad-file" });
    const trainer = (await net()).trainer({ loss: crossEntropy() });
    matches(await errorOf(() => loadModel(trainer.checkpoint())), { code: "not-a-model" });
  });

  test("a model whose description was altered by hand", async () => {
    const bytes = await saved(), text = new TextDecoder().decode(bytes);
    const alter = async (from: string, to: string): Promise<LanewiseError> => {
      expect(text).toContain(from);
      const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      const header = new TextDecoder().decode(bytes.subarray(8, 8 + length)).trimEnd().replace(from, to);
      const encoded = new TextEncoder().encode(header), file = new Uint8Array(8 + encoded.length + bytes.length - 8 - length);
      new DataView(file.buffer).setBigUint64(0, BigInt(encoded.length), true);
      file.set(encoded, 8);
      file.set(bytes.subarray(8 + length), 8 + encoded.length);
      return errorOf(() => loadModel(file));
    };
    matches(await alter('\\"format\\":1', '\\"format\\":2'), { code: "format-version" });
    matches(await alter('\\"units\\":4', '\\"units\\":5'), { code: "bad-file" });
    matches(await alter('\\"units\\":4', '\\"units\\":1e15'), { code: "bad-file" });
    matches(await alter('\\"units\\":4', '\\"units\\":-4'), { code: "bad-file" });
    matches(await alter('\\"type\\":\\"relu\\"', '\\"type\\":\\"rope\\"'), { code: "missing-layer" });
    matches(await alter('\\"type\\":\\"relu\\"', '\\"type\\":\\"__proto__\\"'), { code: "missing-layer" });
    matches(await alter('\\"layers\\":[0,1,2]', '\\"layers\\":[3,1,2]'), { code: "bad-file" });
    matches(await alter('\\"root\\":3', '\\"root\\":7'), { code: "bad-file" });
    matches(await alter('\\"shape\\":[6]', '\\"shape\\":[7]'), { code: "bad-file" });
    const within = (json: string): string => JSON.stringify(json).slice(1, -1);
    for (const other of ["[]", '["a"]', '["a","a","b"]']) matches(await alter(within('"classes":["a","b","c"]'), within(`"classes":${other}`)), { code: "bad-file" });
    matches(await alter('"2.bias":', '"3.bias":'), { code: "bad-file" });
  });

  test("a list of layers that would be called without end", async () => {
    const layers: any[] = [{ type: "relu", options: {} }];
    for (let i = 0; i < 60; i++) layers.push({ type: "sequential", options: {}, layers: [i, i] });
    const description = { format: 1, numerics: 1, inputs: [{ name: "input", shape: [1], dtype: "float32" }], single: true, layers, root: 60, classes: null, losses: {}, seed: 0 };
    matches(await errorOf(() => loadModel(writeSafetensors(new Map(), { "lanewise.model": JSON.stringify(description) }))), { code: "bad-file" });
  });
});

test("nothing of all this has touched Object.prototype", () => {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as any).shape).toBeUndefined();
});
