// What a user meets of the catalogue's losses: refused options and targets, how they are read and saved, and what does not
// count in a batch.

import { describe, expect, test } from "vitest";
import {
  binaryCrossEntropy, cosineSimilarity, createModel, crossEntropy, DataError, dense, flatten, focal, GraphError, hash, hinge, huber,
  klDivergence, LanewiseError, loadModel, logSoftmax, losses, mse, multiMargin, nll, ops, OptionError, relu, sequential, sgd, ShapeError,
  smoothL1, softmax, squaredHinge, tanh, tripletMargin,
} from "../src/index.ts";
import { classified, numbers } from "./helpers.ts";

const any = (value: unknown): any => value;

async function errorOf(act: () => unknown): Promise<LanewiseError> {
  try {
    await act();
  } catch (error) {
    expect(error).toBeInstanceOf(LanewiseError);
    return error as LanewiseError;
  }
  throw new Error("nothing was thrown");
}

const net = (outputs: number, ...more: any[]) => createModel(sequential(dense(outputs), ...more), { input: [3], seed: 5 });
const X = numbers(12), four = (...y: number[]) => ({ x: X, y });

describe("refused, with the option, what came and what was wanted:", () => {
  test.each<[string, () => unknown, string, unknown]>([
    ["huber's delta 0", () => huber({ delta: 0 }), "delta", 0],
    ["huber's delta NaN", () => huber({ delta: NaN }), "delta", NaN],
    ["smoothL1's beta below 0", () => smoothL1({ beta: -1 }), "beta", -1],
    ["label smoothing of 1", () => crossEntropy({ labelSmoothing: 1 }), "labelSmoothing", 1],
    ["label smoothing below 0", () => crossEntropy({ labelSmoothing: -0.1 }), "labelSmoothing", -0.1],
    ["class weights that are no list", () => crossEntropy({ classWeights: any({ 0: 1 }) }), "classWeights", { 0: 1 }],
    ["class weights that are null", () => nll({ classWeights: any(null) }), "classWeights", null],
    ["a class weight below 0", () => crossEntropy({ classWeights: [1, -1] }), "classWeights[1]", -1],
    ["a class weight of NaN", () => multiMargin({ classWeights: [NaN] }), "classWeights[0]", NaN],
    ["an ignoreIndex that is no whole number", () => crossEntropy({ ignoreIndex: 0.5 }), "ignoreIndex", 0.5],
    ["an ignoreIndex that float32 does not tell", () => nll({ ignoreIndex: 2 ** 25 }), "ignoreIndex", 2 ** 25],
    ["a posWeight below 0", () => binaryCrossEntropy({ posWeight: -2 }), "posWeight", -2],
    ["a posWeight of Infinity in a list", () => binaryCrossEntropy({ posWeight: [1, Infinity] }), "posWeight[1]", Infinity],
    ["multiMargin's power 3", () => multiMargin({ power: any(3) }), "power", 3],
    ["multiMargin's margin NaN", () => multiMargin({ margin: NaN }), "margin", NaN],
    ["focal's gamma below 0", () => focal({ gamma: -1 }), "gamma", -1],
    ["focal's alpha above 1", () => focal({ alpha: 2 }), "alpha", 2],
    ["focal's alpha as a number for classes", () => focal({ variant: "softmax", alpha: 0.25 }), "alpha", 0.25],
    ["focal's variant", () => focal({ variant: any("tanh") }), "variant", "tanh"],
    ["klDivergence's reduction", () => klDivergence({ reduction: any("rows") }), "reduction", "rows"],
    ["klDivergence's logTarget", () => klDivergence({ logTarget: any(1) }), "logTarget", 1],
    ["tripletMargin's power below 1", () => tripletMargin({ power: 0.5 }), "power", 0.5],
    ["tripletMargin's margin 0", () => tripletMargin({ margin: 0 }), "margin", 0],
    ["tripletMargin's epsilon below 0", () => tripletMargin({ epsilon: -1 }), "epsilon", -1],
    ["tripletMargin's swap", () => tripletMargin({ swap: any("yes") }), "swap", "yes"],
  ])("%s", async (_, make, option, got) => {
    const error = await errorOf(make);
    expect(error).toBeInstanceOf(OptionError);
    expect(error.code).toBe("bad-option");
    expect(error.details).toMatchObject({ option, got });
    expect(error.details.wanted).toBeTruthy();
  });

  test.each(Object.entries(losses))("an unknown option of %s, and a reduction that is none", async (name, make) => {
    expect(await errorOf(() => make(any({ speed: 1 })))).toMatchObject({ code: "unknown-option", details: { of: name, option: "speed" } });
    expect(await errorOf(() => make(any({ reduction: "none" })))).toMatchObject({ code: "bad-option", details: { option: "reduction", got: "none" } });
    expect(await errorOf(() => make(any("mean")))).toBeInstanceOf(OptionError);
  });

  test.each<[string, any, (number | number[])[], new (...args: any[]) => LanewiseError, string, string]>([
    ["class weights of the wrong length", crossEntropy({ classWeights: [1, 2] }), [0, 1, 2, 0], OptionError, "bad-option", "classWeights"],
    ["nll's class weights of the wrong length", nll({ classWeights: [1, 2, 3, 4] }), [0, 1, 2, 0], OptionError, "bad-option", "classWeights"],
    ["multiMargin's class weights of the wrong length", multiMargin({ classWeights: [1, 2] }), [0, 1, 2, 0], OptionError, "bad-option", "classWeights"],
    ["focal's alpha of the wrong length", focal({ variant: "softmax", alpha: [1] }), [0, 1, 2, 0], OptionError, "bad-option", "alpha"],
    ["posWeight of the wrong length", binaryCrossEntropy({ posWeight: [1, 2] }), Array(4).fill([0, 1, 0]), OptionError, "bad-option", "posWeight"],
    ["ignoreIndex for every row", crossEntropy({ ignoreIndex: 2 }), [2, 2, 2, 2], DataError, "all-ignored", "y"],
    ["ignoreIndex for every row of nll", nll({ ignoreIndex: -100 }), [-100, -100, -100, -100], DataError, "all-ignored", "y"],
    ["a label that is neither a class nor ignored", crossEntropy({ ignoreIndex: -100 }), [0, -1, 1, 2], DataError, "label-out-of-range", "y"],
    ["ignoreIndex with distributions", crossEntropy({ ignoreIndex: 1 }), Array(4).fill([0, 1, 0]), DataError, "bad-target", "y"],
    ["distributions that do not sum to 1", crossEntropy({ labelSmoothing: 0.1 }), Array(4).fill([0.5, 0.2, 0.1]), DataError, "bad-distribution", "y"],
    ["klDivergence's targets that do not sum to 1", klDivergence(), Array(4).fill([0.5, 0.2, 0.1]), DataError, "bad-distribution", "y"],
    ["klDivergence's logarithms of more than 1", klDivergence({ logTarget: true }), Array(4).fill([-1, 0.5, -2]), DataError, "bad-target", "y"],
    ["pairs that are neither alike nor unlike", cosineSimilarity({ pairs: true }), [1, -1, 0, 1], DataError, "bad-target", "y"],
    ["a share below 0", nll(), Array(4).fill([1.5, -0.5, 0]), DataError, "bad-distribution", "y"],
    ["probabilities above 1", binaryCrossEntropy({ posWeight: 2 }), Array(4).fill([0, 1.5, 0]), DataError, "bad-target", "y"],
    ["probabilities below 0", binaryCrossEntropy({ from: "probabilities" }), Array(4).fill([0, -0.5, 0]), DataError, "bad-target", "y"],
    ["focal's targets between 0 and 1", focal(), Array(4).fill([0, 0.5, 1]), DataError, "bad-target", "y"],
    ["multiMargin's rows that are not one-hot", multiMargin(), Array(4).fill([0.5, 0.5, 0]), DataError, "bad-target", "y"],
    ["hinge's targets 0 and 1", hinge(), Array(4).fill([0, 1, 0]), DataError, "bad-target", "y"],
    ["squaredHinge's targets 0 and 1", squaredHinge(), Array(4).fill([0, 1, 0]), DataError, "bad-target", "y"],
    ["huber's targets of another width", huber(), [1, 2, 3, 4], ShapeError, "wrong-width", "y"],
    ["cosineSimilarity's targets of another width", cosineSimilarity(), Array(4).fill([1, 2]), ShapeError, "wrong-width", "y"],
    ["focal's class numbers for questions", focal(), [0, 1, 1, 0], ShapeError, "wrong-width", "y"],
    ["labels of two numbers", nll(), Array(4).fill([0, 1]), ShapeError, "wrong-width", "y"],
  ])("%s, and nothing has changed", async (_, loss, y, kind, code, option) => {
    const model = await net(3), before = hash(model), data = { x: X, y: any(y) };
    for (const act of [() => model.fit(data, { loss }), () => model.evaluate(data, { loss }), () => model.trainer({ loss }).step(data)]) {
      const error = await errorOf(act);
      expect(error).toBeInstanceOf(kind);
      expect(error.code).toBe(code);
      expect(error.details.option).toBe(option);
      expect(error.message).toContain("got");
    }
    expect(hash(model)).toBe(before);
  });

  test("hinge says what to do with 0 and 1", async () => {
    expect((await errorOf(async () => (await net(1)).fit(four(0, 1, 1, 0), { loss: hinge() }))).message).toContain("2 * y - 1");
  });

  test("typed batches like the last one are looked at as well", async () => {
    const trainer = (await net(3)).trainer({ loss: crossEntropy({ ignoreIndex: 2 }), optimizer: sgd() });
    trainer.step({ x: X, y: Int32Array.of(0, 1, 2, 0) });
    expect(await errorOf(() => trainer.step({ x: X, y: Int32Array.of(2, 2, 2, 2) }))).toMatchObject({ code: "all-ignored" });
    expect(trainer.steps).toBe(1);
  });

  test("probabilities where logits or logarithms are wanted", async () => {
    const model = await net(3, softmax());
    for (const loss of [nll(), klDivergence(), focal({ variant: "softmax" }), crossEntropy()]) {
      const error = await errorOf(() => model.fit(four(0, 1, 2, 0), { loss: any(loss) }));
      expect(error).toBeInstanceOf(GraphError);
      expect(error.code).toBe("probabilities-as-logits");
      expect(error.details).toMatchObject({ layer: "1", fix: expect.any(String) });
    }
  });

  test("outputs of any numbers where probabilities are wanted", async () => {
    const data = four(0, 1, 2, 0), yes = { x: X, y: [[1], [0], [1], [0]] };
    for (const last of [[], [tanh()], [relu()], [logSoftmax()], [flatten()]]) {
      const model = await net(3, ...last), one = await net(1, ...last), loss = crossEntropy({ from: "probabilities" });
      for (const call of [() => model.fit(data, { loss }), () => model.evaluate(data, { loss }), () => model.evaluate(data, { loss: crossEntropy(), metrics: [loss] }), () => one.fit(yes, { loss: any(binaryCrossEntropy({ from: "probabilities" })) })]) {
        const error = await errorOf(call);
        expect(error).toMatchObject({ code: "logits-as-probabilities", details: { layer: expect.any(String), wanted: "probabilities", got: "any numbers" } });
        expect(error.message).toMatch(/end the model with s/);
      }
    }
    // a mixture of two, and what was scaled, are a user's own business
    const halves = await createModel((x) => { const p = (n: string) => ops.softmax(dense(3, { name: n })(x)); return ops.add(ops.multiply(p("a"), 0.5), ops.multiply(p("b"), 0.5)); }, { input: [3] });
    expect((await halves.fit(data, { loss: crossEntropy({ from: "probabilities" }) })).epochs[0]!.loss).toBeGreaterThan(0);
  });

  test("probabilities of a model's own that are none stop a step", async () => {
    const model = await createModel(flatten(), { input: [2] }), wide = await createModel((x) => ops.subtract(dense(2, { initializer: () => [1, 0, 0, -3], bias: false })(x), 0), { input: [2] });
    const data = { x: [[0.5, 1]], y: [[1, 1]] };
    expect((await model.evaluate(data, { loss: binaryCrossEntropy({ from: "probabilities" }) })).loss).toBeCloseTo(-Math.log(0.5) / 2, 6);
    expect(await errorOf(() => wide.trainer({ loss: binaryCrossEntropy({ from: "probabilities" }) }).step(data))).toMatchObject({ code: "non-finite" });
    expect(await errorOf(() => wide.trainer({ loss: crossEntropy({ from: "probabilities" }) }).step({ x: [[0.5, 1]], y: [1] }))).toMatchObject({ code: "non-finite" });
  });

  test("rows that are not three of one length, or no rows, for tripletMargin and cosineSimilarity", async () => {
    expect(await errorOf(async () => (await net(4)).fit(four(0, 0, 0, 0), { loss: tripletMargin() }))).toMatchObject({ code: "shape-mismatch", details: { option: "tripletMargin" } });
    const scalar = await createModel((x) => ops.sum(x, 1), { input: [3] });
    for (const loss of [tripletMargin(), cosineSimilarity()])
      expect(await errorOf(() => scalar.evaluate(four(0, 0, 0, 0), { loss: any(loss) }))).toMatchObject({ code: "shape-mismatch" });
  });

  test("by other libraries' names, with the right one", async () => {
    const model = await net(3), meant = async (loss: string): Promise<string> => (await errorOf(() => model.fit(four(0, 1, 2, 0), { loss: any(loss) }))).details.fix!;
    for (const [theirs, ours] of [
      ["HuberLoss", "huber"], ["SmoothL1Loss", "smoothL1"], ["NLLLoss", "nll"], ["KLDivLoss", "klDivergence"], ["kl_divergence", "klDivergence"],
      ["MultiMarginLoss", "multiMargin"], ["squared_hinge", "squaredHinge"], ["CosineEmbeddingLoss", "cosineSimilarity"], ["cosine_similarity", "cosineSimilarity"],
      ["TripletMarginLoss", "tripletMargin"], ["sigmoid_focal_loss", "focal"],
    ]) expect(await meant(theirs!)).toContain(`did you mean ${ours}()`);
    expect((await errorOf(() => model.fit(four(0, 1, 2, 0), { loss: any(focal) }))).details.fix).toContain("focal()");
    expect((await errorOf(() => crossEntropy(any({ weight: [1] })))).details.fix).toContain("classWeights");
    expect((await errorOf(() => binaryCrossEntropy(any({ pos_weight: 1 })))).details.fix).toContain("posWeight");
  });
});

describe("what does not count", () => {
  test("a batch of ignored rows alone has no loss and moves nothing; the epoch's loss is that of the others", async () => {
    const model = await net(3), before = hash(model), loss = crossEntropy({ ignoreIndex: -1 });
    const whole = (await model.evaluate(four(-1, -1, 2, 0), { loss })).loss;
    const rest = (await model.evaluate({ x: X.subarray(6), y: [2, 0] }, { loss: crossEntropy() })).loss;
    expect(whole).toBeCloseTo(rest, 6);
    const options = { loss, optimizer: sgd({ learningRate: 0.5 }), batchSize: 2, shuffle: false };
    let first = NaN;
    await model.fit(four(-1, -1, 2, 0), { ...options, onStep: ({ step, loss }) => { if (step === 1) first = loss; } });
    expect(first).toBe(0);
    expect(hash(model)).not.toBe(before);
    const other = await net(3);
    await other.fit({ x: X.subarray(6), y: [2, 0] }, { ...options, loss: crossEntropy() });
    expect(hash(model)).toBe(hash(other));
  });

  test("a batch of classes of weight 0 alone has no loss, even with label smoothing", async () => {
    const model = await net(3), trainer = model.trainer({ loss: crossEntropy({ classWeights: [0, 1, 1], labelSmoothing: 0.1 }), optimizer: sgd() }), before = hash(model);
    expect(trainer.step(four(0, 0, 0, 0))).toBe(0);
    expect(hash(model)).toBe(before);
  });

  test("the loss of a fit's epoch and of evaluate are the same whatever the batches", async () => {
    const { x, y } = classified(50), loss = crossEntropy({ classWeights: [0.5, 3, 1], ignoreIndex: 2 });
    const model = await createModel(dense(3), { input: [6], seed: 1 }), frozen = { loss, optimizer: sgd({ learningRate: 0 }), validation: { x, y } };
    const weight = Float32Array.from(y, (_, row) => (row % 3) / 2);
    const [all, small] = [await model.evaluate({ x, y, weight }, { loss }), await model.evaluate({ x, y, weight }, { loss, batchSize: 7 })];
    expect(small.loss).toBeCloseTo(all.loss, 6);
    const report = (await model.fit({ x, y, weight }, { ...frozen, batchSize: 9 })).epochs[0]!;
    expect(report.loss).toBeCloseTo(all.loss, 6);
    expect(report.validation.loss).toBeCloseTo((await model.evaluate({ x, y }, { loss })).loss, 6);
  });

  test("classes weigh the positions of a row as PyTorch's flattened rows", async () => {
    const loss = crossEntropy({ classWeights: [1, 2, 4], ignoreIndex: -100 });
    const rows = await createModel(flatten(), { input: [3] }), grid = await createModel((x) => ops.reshape(x, [x.shape[0]!, 2, 3]), { input: [6] });
    const x = numbers(18), y = [0, -100, 2, 1, 1, 0];
    const flat = await rows.evaluate({ x, y }, { loss }), placed = await grid.evaluate({ x, y }, { loss });
    expect(placed.loss).toBeCloseTo(flat.loss, 6);
  });

  test("with several outputs each has its own count", async () => {
    const model = await createModel((x) => ({ a: ops.slice(x, 1, 0, 3), b: ops.slice(x, 1, 3) }), { input: [5] });
    const x = numbers(30), a = [0, 1, 2, 0, -1, 1], b = [1, 0, 0, 1, 1, 0];
    const losses = { a: crossEntropy({ ignoreIndex: -1 }), b: crossEntropy({ classWeights: [1, 3] }) };
    const [all, small] = await Promise.all([6, 4].map((batchSize) => model.evaluate({ x, y: { a, b } }, { loss: losses, batchSize })));
    for (const name of ["a", "b"]) expect(small!.losses![name]).toBeCloseTo(all!.losses![name]!, 6);
    expect(all!.loss).toBeCloseTo(all!.losses!.a! + all!.losses!.b!, 6);
  });

  test("memory() of a fit whose ignored class is 0", async () => {
    expect((await net(3)).memory({ loss: crossEntropy({ ignoreIndex: 0 }), rows: 8 }).total).toBeGreaterThan(0);
  });
});

describe("every loss", () => {
  const made = {
    huber: huber({ delta: 0.5 }), smoothL1: smoothL1({ beta: 2 }), crossEntropy: crossEntropy({ labelSmoothing: 0.1, classWeights: Float32Array.of(1, 2, 0.5), ignoreIndex: -1 }),
    nll: nll({ classWeights: [1, 2, 3] }), binaryCrossEntropy: binaryCrossEntropy({ posWeight: Float64Array.of(1, 2, 3) }), squaredHinge: squaredHinge(), hinge: hinge(),
    multiMargin: multiMargin({ power: 2, classWeights: [1, 2, 3] }), klDivergence: klDivergence({ reduction: "batchMean", logTarget: true }),
    focal: focal({ variant: "softmax", alpha: [1, 2, 3] }), cosineSimilarity: cosineSimilarity({ reduction: "sum" }), tripletMargin: tripletMargin({ swap: true, power: 3 }),
    mse: mse(), mae: losses.mae(),
  };
  const targets: Record<string, number[]> = { klDivergence: [...numbers(12, 4)].map((v) => -Math.abs(v)), hinge: [1, -1, 1, -1, 1, 1, -1, 1, 1, -1, -1, 1], binaryCrossEntropy: [1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1] };
  const targetOf = (name: string): number[] =>
    ["crossEntropy", "nll", "multiMargin", "focal"].includes(name) ? [0, 1, 2, 1] : (targets[name.replace("squaredH", "h")] ?? [...numbers(12, 4)]);

  test("is here", () => expect(Object.keys(made).sort()).toEqual(Object.keys(losses).sort()));

  test.each(Object.entries(made))("%s trains, is saved with the model, and comes back with its options", async (name, loss) => {
    const model = await net(3, ...(name === "nll" || name === "klDivergence" ? [logSoftmax()] : [])), data = { x: X, y: targetOf(name) };
    const history = await model.fit(data, { loss: any(loss), optimizer: sgd({ learningRate: 0.05 }), epochs: 20, metrics: [any(loss)] });
    const [first, last] = [history.epochs[0]!.loss, history.epochs.at(-1)!.loss];
    expect(last).toBeLessThan(first);
    const back = await loadModel(model.save());
    // it evaluates with the loss that it was trained with
    expect(await back.evaluate(data)).toEqual(await model.evaluate(data, { loss: any(loss) }));
    expect(JSON.parse(JSON.stringify(loss.options))).toEqual(JSON.parse(JSON.stringify((losses as any)[name](loss.options).options)));
  });
});

describe("classes", () => {
  test.each([["nll", nll()], ["klDivergence", klDivergence()]])("%s: probabilities are those whose logarithms the model gives", async (_, loss) => {
    const model = await net(3, logSoftmax());
    model.trainer({ loss: any(loss) }).step(four(0, 1, 2, 1));
    const [row] = model.classify(X.subarray(0, 3)), logs = model.predict(X.subarray(0, 3)).data;
    for (const { index, probability } of row!) expect(probability).toBeCloseTo(Math.exp(logs[index]!), 6);
  });

  test.each([["multiMargin", multiMargin()], ["focal of classes", focal({ variant: "softmax" })]])("%s: the greatest score is the class", async (_, loss) => {
    const model = await net(3), data = { x: X, y: [0, 1, 2, 1] };
    await model.fit(data, { loss: any(loss), optimizer: sgd({ learningRate: 0.5 }), epochs: 200 });
    expect(model.classify(X, { top: 1 }).map(([best]) => best!.index)).toEqual(data.y);
    expect(await model.evaluate(data, { metrics: ["accuracy"] })).toMatchObject({ accuracy: 1 });
  });

  test("focal of one logit, and squaredHinge by the sign, with class names", async () => {
    for (const loss of [focal(), squaredHinge()]) {
      const model = await createModel(dense(1), { input: [3], seed: 2, classes: ["no", "yes"] });
      const y = loss.loss === "focal" ? [0, 1, 1, 0] : ["no", "yes", "yes", "no"];
      await model.fit({ x: X, y: any(y) }, { loss: any(loss), optimizer: sgd({ learningRate: loss.loss === "focal" ? 8 : 0.3 }), epochs: 500 });
      expect(model.classify(X, { top: 1 }).map(([best]) => best!.label)).toEqual(["no", "yes", "yes", "no"]);
    }
  });

  test("losses of numbers tell none", async () => {
    for (const loss of [huber(), smoothL1(), cosineSimilarity(), tripletMargin()]) {
      const model = await net(3);
      model.trainer({ loss: any(loss) }).step({ x: X, y: numbers(12, 2) });
      expect(await errorOf(() => model.classify(X))).toMatchObject({ code: "no-classes" });
    }
  });
});

test("tripletMargin moves embeddings of named inputs: positives nearer than negatives", async () => {
  const tower = dense(2);
  const model = await createModel(
    ({ a, p, n }) => ops.concat([tower(a), tower(p), tower(n)]), { input: { a: [3], p: [3], n: [3] }, seed: 4 });
  const data = { x: { a: X, p: X.map((x) => x + 0.1), n: numbers(12, 9) }, y: new Int32Array(4) };
  const history = await model.fit(data, { loss: tripletMargin(), optimizer: sgd({ learningRate: 0.3 }), epochs: 300 });
  expect(history.epochs.at(-1)!.loss).toBeLessThan(0.2 * history.epochs[0]!.loss);
});

describe("cosineSimilarity of pairs", () => {
  const tower = () => { const one = dense(3, { name: "tower" }); return createModel(({ a, b }) => ops.concat([one(a), one(b)]), { input: { a: [3], b: [3] }, seed: 4 }); };
  const data = { x: { a: X, b: numbers(12, 9) }, y: Int32Array.of(1, -1, 1, -1) }, loss = cosineSimilarity({ pairs: true, margin: 0.2 });

  test("brings those together that belong together, and the others apart; is saved with the model", async () => {
    const model = await tower(), cosines = (): number[] => {
      const { data: v } = model.predict(data.x), dot = (i: number, j: number): number => v[i]! * v[j]! + v[i + 1]! * v[j + 1]! + v[i + 2]! * v[j + 2]!;
      return [0, 6, 12, 18].map((at) => dot(at, at + 3) / Math.sqrt(dot(at, at) * dot(at + 3, at + 3)));
    };
    const wanted = (all: number[]): number => all.reduce((sum, c, i) => sum + (data.y[i] === 1 ? 1 - c : Math.max(0, c - 0.2)), 0) / 4;
    expect((await model.evaluate(data, { loss })).loss).toBeCloseTo(wanted(cosines()), 6);
    const history = await model.fit(data, { loss, optimizer: sgd({ learningRate: 0.3 }), epochs: 300 });
    expect(history.epochs.at(-1)!.loss).toBeLessThan(0.5 * history.epochs[0]!.loss);
    expect((await model.evaluate(data)).loss).toBeCloseTo(wanted(cosines()), 6);
    expect(await (await loadModel(model.save())).evaluate(data)).toEqual(await model.evaluate(data));
    for (const y of [[[1], [-1], [1], [-1]], Float32Array.of(1, -1, 1, -1)]) expect(await model.evaluate({ ...data, y })).toEqual(await model.evaluate(data));
  });

  test("wants two vectors of one length, and a target for each pair", async () => {
    expect(await errorOf(async () => (await net(3)).fit(four(1, 1, -1, 1), { loss }))).toMatchObject({ code: "shape-mismatch", details: { option: "cosineSimilarity" } });
    expect(await errorOf(async () => (await tower()).fit({ ...data, y: [[1, 1], [1, 1], [1, 1], [-1, 1]] }, { loss }))).toMatchObject({ code: "shape-mismatch", details: { wanted: "one target for each pair" } });
  });
});

test("a model that gives a weighed loss of its own is saved and comes back", async () => {
  const model = await createModel(({ x, t }) => ({ loss: binaryCrossEntropy({ posWeight: [1, 2, 4] })(x, t) }), { input: { x: [3], t: [3] } });
  const data = { x: X, t: numbers(12, 3).map(Math.abs) };
  expect((await loadModel(model.save())).predict(data)).toEqual(model.predict(data));
});

test("one-hot rows and class numbers give the same loss", async () => {
  const model = await net(3), hot = [0, 1, 2, 1].map((y) => [0, 1, 2].map((c) => (c === y ? 1 : 0)));
  for (const loss of [crossEntropy({ labelSmoothing: 0.2 }), nll(), multiMargin({ power: 2 }), klDivergence(), focal({ variant: "softmax" })] as any[])
    expect((await model.evaluate({ x: X, y: hot }, { loss })).loss).toBeCloseTo((await model.evaluate(four(0, 1, 2, 1), { loss })).loss, 6);
});

test("klDivergence refuses logarithms above 0 by more than rounding", async () => {
  const model = await createModel(logSoftmax(), { input: [2] });
  await expect(model.evaluate({ x: [[0, 1]], y: [[-1, 0.01]] }, { loss: klDivergence({ logTarget: true }) })).rejects.toMatchObject({ code: "bad-target" });
});
