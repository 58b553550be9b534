// Wrong options of optimizers: an error that names the option, what it got and what it wanted, before anything changes.

import { describe, expect, it } from "vitest";
import {
  adam, adamW, createModel, crossEntropy, dense, type FitOptions, hash, LanewiseError, lbfgs, mse, ops, type Optimizer, optimizer, optimizers, sequential, sgd, tanh, type TrainerOptions,
} from "../src/index.ts";
import { classified, classifier } from "./helpers.ts";

type Make = (options: object) => unknown;
const made = optimizers as unknown as Record<string, Make>;

/** The error that a call throws. */
function thrown(call: () => unknown): LanewiseError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(LanewiseError);
    return error as LanewiseError;
  }
  throw new Error("it should have thrown");
}

describe.each([
  ["adam", { beta1: 1 }], ["adam", { amsgrad: 1 }], ["adam", { amsgrad: true, groups: [{ match: /bias/, amsgrad: false }] }, "amsgrad"],
  ["rmsprop", { alpha: 1 }], ["rmsprop", { alpha: -0.1 }], ["rmsprop", { alpha: NaN }], ["rmsprop", { epsilon: -1e-8 }], ["rmsprop", { epsilon: 0 }], ["rmsprop", { momentum: -1 }],
  ["rmsprop", { weightDecay: -1 }], ["rmsprop", { centered: 1 }], ["rmsprop", { beta1: 0.9 }], ["rmsprop", { learningRate: Infinity }],
  ["adagrad", { learningRateDecay: -1 }], ["adagrad", { initialAccumulator: -1 }], ["adagrad", { epsilon: "1" }], ["adagrad", { epsilon: 0 }], ["adagrad", { weightDecay: -1 }],
  ["adadelta", { rho: 1.1 }], ["adadelta", { rho: -1 }], ["adadelta", { epsilon: NaN }], ["adadelta", { epsilon: 1e-60 }], ["adadelta", { weightDecay: -1 }],
  ["adamax", { beta1: 1 }], ["adamax", { beta2: 1 }], ["adamax", { beta2: -1 }], ["adamax", { epsilon: -1 }], ["adamax", { epsilon: 0 }], ["adamax", { weightDecay: -1e-9 }],
  ["nadam", { beta1: 1.5 }], ["nadam", { momentumDecay: -1 }], ["nadam", { epsilon: 0 }], ["nadam", { weightDecay: -1 }],
  ["radam", { beta2: 1 }], ["radam", { epsilon: 0 }], ["radam", { weightDecay: -1 }],
  ["lion", { beta1: 1 }], ["lion", { epsilon: 1e-8 }], ["lion", { weightDecay: -1 }], ["lion", { learningRate: -1 }],
  ["lbfgs", { iterations: 0 }], ["lbfgs", { iterations: 1.5 }], ["lbfgs", { history: 0 }], ["lbfgs", { evaluations: 0 }], ["lbfgs", { changeTolerance: -1 }],
  ["lbfgs", { gradientTolerance: NaN }], ["lbfgs", { groups: [{ match: /bias/ }] }],
] as [string, Record<string, unknown>, string?][])("%s with %o", (name, options, named) => {
  it("names the option", () => {
    const { details, message } = thrown(() => made[name]!(options)), [option] = named ? [named] : Object.keys(options);
    expect(details.option).toMatch(new RegExp(`(^|: )${option}$`));
    expect(message).toContain(name);
  });

  if (!options.groups) it("in a group too", () => {
    const [option] = Object.keys(options);
    if (name === "lbfgs" || option === "amsgrad") return;
    expect(thrown(() => made[name]!({ groups: [{ match: /x/, ...options }] })).message).toContain("groups[0]");
  });
});

describe("an epsilon far below what states keep", () => {
  /** The longest step, in rates, of a weight whose gradients are `small` for 64 steps, when states are flushed, and 0 from then on. */
  async function longest(optimizer: Optimizer, small: number): Promise<number> {
    const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
    const trainer = model.trainer({ loss: (p, t) => ops.sum(ops.multiply(p, t)), optimizer });
    let before = 0, most = 0;
    for (let step = 0; step < 70; step++) {
      trainer.step({ x: [[1]], y: [[step < 64 ? small : 0]] });
      const now = model.parameters.get("weight")!.data[0]!;
      if (!(Math.abs(now - before) <= most)) most = Math.abs(now - before);
      before = now;
    }
    return most / optimizer.hyper.learningRate;
  }
  const forced = (made: Optimizer, epsilon: number): Optimizer => ({ ...made, hyper: { ...made.hyper, epsilon } });

  it.each([["adam", adam], ["adamW", adamW]] as const)("of %s is refused, for a weight whose unit dies would jump, or be no number", async (_, make) => {
    expect(await longest(forced(make({ learningRate: 1e-20, weightDecay: 0 }), 1e-30), 1e-17)).toBeGreaterThan(1e9);
    await expect(longest(forced(make({ weightDecay: 0 }), 0), 0)).rejects.toMatchObject({ code: "non-finite", details: { step: 2 } });
    for (const small of [1e-14, 5e-15, 1e-15, 1e-16, 1e-17, 0]) expect(await longest(make({ learningRate: 1e-20, weightDecay: 0, epsilon: 1e-16 }), small)).toBeLessThan(6);
    for (const epsilon of [0, 1e-60, 1e-30, 9e-17]) expect(() => make({ epsilon })).toThrow(expect.objectContaining({ name: "OptionError", message: expect.stringMatching(/epsilon: wanted a finite number of at least 1e-16/) }));
  });
});

describe("optimizer()", () => {
  const update = ({ parameter }: { parameter: unknown }): any => ({ parameter });
  it.each([
    ["without a name", () => optimizer("", { update }), "name"],
    ["without options", () => (optimizer as (name: string) => unknown)("mine"), "mine: update"],
    ["without update", () => optimizer("mine", {} as never), "mine: update"],
    ["states twice", () => optimizer("mine", { state: ["m", "m"] as any, update }), "state"],
    ["a state with a name that is taken", () => optimizer("mine", { state: ["gradient"] as any, update }), "state"],
    ["states that are no list", () => optimizer("mine", { state: "m" as any, update }), "state"],
    ["an option that is no number", () => optimizer("mine", { options: { beta: "0.9" } as any, update }), "beta"],
    ["an option called learningRate", () => optimizer("mine", { options: { learningRate: 1 }, update }), "learningRate"],
    ["an unknown option", () => optimizer("mine", { states: ["m"], update } as any), "states"],
    ["a group with an unknown option", () => optimizer("mine", { update, groups: [{ match: /x/, beta: 1 }] }), "beta"],
    ["a rate below 0", () => optimizer("mine", { update, learningRate: -1 }), "mine: learningRate"],
  ])("%s", (_, call, option) => expect(thrown(call).details.option).toBe(option));

  it.each([
    ["other names", ({ parameter, m }: any) => ({ parameter, momentum: m }), "wrong-names"],
    ["a name too few", ({ parameter }: any) => ({ parameter }), "wrong-names"],
    ["a name too many", ({ parameter, m }: any) => ({ parameter, m, v: m }), "wrong-names"],
    ["nothing", () => undefined, "wrong-names"],
    ["a number", ({ parameter }: any) => ({ parameter, m: 0 }), "not-a-value"],
    ["a scalar", ({ parameter, learningRate }: any) => ({ parameter, m: learningRate }), "shape-mismatch"],
    ["another shape", ({ parameter, m }: any) => ({ parameter, m: ops.reshape(m, [-1]) }), "shape-mismatch"],
    ["integers", ({ parameter, m }: any) => ({ parameter, m: ops.toInt(m) }), "shape-mismatch"],
  ])("an update that returns %s", async (_, wrong, code) => {
    const model = await createModel(dense(2), { input: [3], seed: 1 }), before = hash(model);
    const own = optimizer("mine", { state: ["m"], update: wrong as any });
    await expect(model.fit({ x: [[1, 2, 3]], y: [[0, 1]] }, { loss: mse(), optimizer: own })).rejects.toMatchObject({ code });
    expect(thrown(() => model.trainer({ loss: mse(), optimizer: own }).step({ x: [[1, 2, 3]], y: [[0, 1]] })).code).toBe(code);
    expect(hash(model)).toBe(before);
  });

  it("a Value of another model", async () => {
    let kept: any;
    const keep = optimizer("keep", { update: (values) => ({ parameter: (kept ??= values.parameter) }) });
    const model = await createModel(dense(2, { bias: false }), { input: [2] }), other = await createModel(dense(2, { bias: false }), { input: [2] });
    const data = { x: [[1, 2]], y: [[0, 1]] };
    await model.fit(data, { loss: mse(), optimizer: keep });
    await expect(other.fit(data, { loss: mse(), optimizer: keep })).rejects.toMatchObject({ code: "not-a-value" });
  });
});

describe("fit and trainer", () => {
  const data = classified(45);
  it.each([
    ["clipValue of 0", { clipValue: 0 }, "clipValue"], ["clipValue NaN", { clipValue: NaN }, "clipValue"], ["clipValue as text", { clipValue: "1" }, "clipValue"],
    ["accumulate of 0", { accumulate: 0 }, "accumulate"], ["half a micro-batch", { accumulate: 1.5 }, "accumulate"],
    ["more micro-batches than rows", { accumulate: 17, batchSize: 16 }, "accumulate"],
    ["ema of 1", { ema: 1 }, "ema"], ["ema below 0", { ema: -0.1 }, "ema"], ["ema NaN", { ema: NaN }, "ema"],
    ["a group that matches nothing", { optimizer: optimizers.rmsprop({ groups: [{ match: /nothing/ }] }) }, "groups[0]"],
    ["lbfgs with a small batch", { optimizer: lbfgs(), batchSize: 16 }, "batchSize"],
    ["lbfgs shuffled", { optimizer: lbfgs(), shuffle: true }, "shuffle"],
    ["lbfgs with clipNorm", { optimizer: lbfgs(), clipNorm: 1 }, "clipNorm"],
    ["lbfgs with clipValue", { optimizer: lbfgs(), clipValue: 1 }, "clipValue"],
    ["lbfgs with accumulate", { optimizer: lbfgs(), accumulate: 2 }, "accumulate"],
    ["an optimizer that was not called", { optimizer: optimizers.nadam }, "optimizer"],
  ])("%s", async (_, more, option) => {
    const model = await classifier(), before = hash(model), memory = model.info().memory;
    await expect(model.fit(data, { loss: crossEntropy(), ...more } as FitOptions)).rejects.toMatchObject({ details: { option } });
    expect([hash(model), model.info().memory]).toEqual([before, memory]);
    model.dispose();
  });

  it("an optimizer by name is met with the call of that name, for every one there is", async () => {
    const model = await classifier();
    for (const name of Object.keys(optimizers).filter((each) => each !== "optimizer"))
      await expect(model.fit(data, { loss: crossEntropy(), optimizer: name.toUpperCase() as never })).rejects.toMatchObject({ details: { fix: `did you mean ${name}()?` } });
  });

  it("losses of several reductions have no total; those that count rows by themselves are accumulated alone", async () => {
    const a = dense(1), b = dense(1);
    const model = await createModel(({ x }) => ({ a: a(x), b: b(x) }), { input: { x: [2] } });
    const rows = { x: { x: [[1, 2], [3, 4]] }, y: { a: [1, 2], b: [3, 4] } };
    await expect(model.fit(rows, { loss: { a: mse(), b: mse({ reduction: "sum" }) }, batchSize: 2 })).rejects.toMatchObject({ details: { option: "loss" } });
    const c = dense(2), d = dense(2), two = await createModel(({ x }) => ({ c: c(x), d: d(x) }), { input: { x: [2] } });
    const loss = { c: crossEntropy({ classWeights: [1, 2] }), d: crossEntropy() };
    await expect(two.fit({ x: rows.x, y: { c: [0, 1], d: [0, 1] } }, { loss, batchSize: 2, accumulate: 2 })).rejects.toMatchObject({ details: { option: "accumulate" } });
  });

  it("lbfgs takes full batches where nothing else is said, more rows than there are, and what the defaults say", async () => {
    for (const more of [{}, { batchSize: 1000 }, { shuffle: false }, { accumulate: 1 }]) {
      const model = await classifier();
      const { epochs } = await model.fit(data, { loss: crossEntropy(), optimizer: lbfgs({ iterations: 2 }), epochs: 2, ...more });
      expect(epochs.map(({ step }) => step)).toEqual([1, 2]);
    }
  });

  it("lbfgs by hand makes its steps itself", async () => {
    const model = await createModel(sequential(dense(3), tanh(), dense(3)), { input: [6] }), trainer = model.trainer({ loss: crossEntropy(), optimizer: lbfgs() });
    const { gradients } = trainer.gradients(data), before = hash(model);
    expect(thrown(() => trainer.apply(gradients)).message).toContain("call step");
    expect(hash(model)).toBe(before);
    const first = trainer.step(data);
    expect(trainer.step(data)).toBeLessThan(first);
  });

  it.each([["clipNorm", { clipNorm: 1 }], ["clipValue", { clipValue: 1 }]])("a trainer with lbfgs and %s", async (option, more) => {
    const model = await classifier();
    expect(thrown(() => model.trainer({ loss: crossEntropy(), optimizer: lbfgs(), ...more } as TrainerOptions)).details.option).toBe(option);
  });

  it.each([
    ["another decay", { ema: 0.8 }, "ema"], ["no average", {}, "ema"], ["another clipValue", { ema: 0.9, clipValue: 2 }, "clipValue"],
    ["micro-batches", { ema: 0.9, accumulate: 2 }, "accumulate"],
  ])("a checkpoint of a run with an average, resumed with %s", async (_, more, option) => {
    const model = await classifier(), options = { loss: crossEntropy(), optimizer: sgd(), batchSize: 16 };
    const training = model.fit(data, { ...options, ema: 0.9 });
    await training;
    const resume = await training.checkpoint();
    await expect(model.fit(data, { ...options, ...more, resume, epochs: 2 })).rejects.toMatchObject({ code: "resume-mismatch", details: { option } });
  });

  it("a checkpoint of lbfgs whose position was altered", async () => {
    const model = await classifier(), options = { loss: crossEntropy(), optimizer: lbfgs({ iterations: 3, history: 4 }), epochs: 2 };
    const training = model.fit(data, options);
    await training;
    const bytes = await training.checkpoint(), text = new TextDecoder("latin1").decode(bytes), at = /memory\\*":\[\d+,/.exec(text)!;
    // as many bytes, but more pairs than the history has
    const altered = bytes.slice();
    altered[at.index + at[0].length] = "9".charCodeAt(0);
    const other = await classifier(), before = hash(other);
    await expect(other.fit(data, { ...options, epochs: 4, resume: altered })).rejects.toMatchObject({ code: "bad-file" });
    expect(hash(other)).toBe(before);
  });

  it("amsgrad is known from adam without it", async () => {
    const model = await classifier(), options = { loss: crossEntropy(), batchSize: 16 };
    const training = model.fit(data, { ...options, optimizer: adam() });
    await training;
    const resume = await training.checkpoint();
    await expect(model.fit(data, { ...options, optimizer: adam({ amsgrad: true }), resume, epochs: 2 })).rejects.toMatchObject({ details: { option: "optimizer amsgrad" } });
  });
});
