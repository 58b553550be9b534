// Every option and argument of every family, held against values that are none of its own. What there is to try is read off
// the library: the names of arguments from the functions, those of options from the error for an unknown one. So an export,
// an argument or an option that is forgotten here fails.

import { describe, expect, test } from "vitest";
import {
  callbacks, createModel, crossEntropy, dense, diagnose, doctor, exportPyTorch, findLearningRate, hash, initializers, keepRun, LanewiseError, layers, loadModel, loadStateDict, losses,
  memoryStore, metrics, mse, optimizers, penalties, readRun, readSafetensors, saveAs, schedules, toONNX, writeSafetensors,
} from "../src/index.ts";
import * as ops from "../src/ops/index.ts";
import { classified } from "./helpers.ts";

type Values = Readonly<Record<string, unknown>>;

interface Row {
  /** What a call must have that is in order. */
  good?: Values;
  /** By argument or option: what it does not take. */
  bad: Readonly<Record<string, readonly unknown[]>>;
  /** Names of the arguments where the function's own say too little; "options" is the record of options. */
  arguments?: readonly string[];
}

const numbers = [NaN, Infinity, -Infinity, 1e300, "1", true, {}, []];
const positive = [...numbers, 0, -1], atLeast0 = [...numbers, -1], share = [...atLeast0, 1.5], below1 = [...share, 1];
const counts = [...positive, 0.5, 2 ** 53], flags = [0, 1, "true", {}], functions = [1, "f", {}, true], names = [1, "", {}, true];
const choice = ["others", 1, {}, true], list = [1, "1", {}, [NaN], [-1], [Infinity], ["1"]], weightList = [...list, []];
const match = ["weight", 1, {}], groups = [1, {}, "x", [1], [{}], [{ match: "weight" }], [{ match: /x/, learningRate: -1 }], [null]];
const steps = [...counts], epochs = [...positive], milestones = [1, "1", {}, [], [0], [-1], [NaN], ["1"]];

const reduction = { reduction: [...choice, "none"] }, rate = { learningRate: atLeast0, groups }, decay = { weightDecay: atLeast0 };
const betas = { beta1: below1, beta2: below1 }, adam = { ...rate, ...betas, epsilon: positive, ...decay };
const distribution: Row = { bad: { distribution: choice } }, deviation: Row = { good: { deviation: 1e37 }, bad: { mean: [...numbers, 3.4e38], deviation: [...atLeast0, 1e38] } };
const average: Row = { bad: { average: choice } }, monitored = { monitor: [1, "", {}], mode: choice }, length = { steps, epochs };

/** By family and export; functions without arguments need no row. */
const TABLE: Readonly<Record<string, [exports: object, rows: Readonly<Record<string, Row>>]>> = {
  layers: [layers, {
    dense: { good: { units: 2 }, bad: { units: counts, bias: flags, initializer: ["glorot", 1, {}, true, []], trainable: flags, name: [...names, "a.b"] } },
    leakyRelu: { bad: { slope: numbers } }, elu: { bad: { alpha: numbers } }, celu: { bad: { alpha: [...numbers, 0, 1e-44] } },
    prelu: { bad: { channels: counts } }, gelu: { bad: { approximate: choice } }, silu: { bad: { beta: numbers, learned: flags } },
    swish: { bad: { beta: numbers, learned: flags } }, softplus: { bad: { beta: positive, threshold: [NaN, "1", {}, true] } },
    hardTanh: { bad: { minimum: [...numbers, 1, 2], maximum: [...numbers, -1, -2] } },
    dropout: { good: { rate: 0.5 }, bad: { rate: share } }, alphaDropout: { good: { rate: 0.5 }, bad: { rate: share } },
    gaussianNoise: { good: { deviation: 1 }, bad: { deviation: atLeast0 } },
    layer: { arguments: ["name", "f"], good: { name: "own", f: () => 1 }, bad: { name: [...names, "a.b"], f: functions } },
    sequential: { arguments: ["sequential"], bad: { sequential: [1, "dense", {}, layers.relu, [], [1]] } },
  }],
  losses: [losses, {
    mse: { bad: reduction }, mae: { bad: reduction }, huber: { bad: { ...reduction, delta: positive } }, smoothL1: { bad: { ...reduction, beta: atLeast0 } },
    crossEntropy: { bad: { ...reduction, from: choice, labelSmoothing: below1, classWeights: weightList, ignoreIndex: [...numbers, 0.5, 2 ** 25] } },
    nll: { bad: { ...reduction, classWeights: weightList, ignoreIndex: [...numbers, 0.5, 2 ** 25] } },
    binaryCrossEntropy: { bad: { ...reduction, from: choice, posWeight: [NaN, Infinity, -1, ...list.slice(1)] } },
    hinge: { bad: reduction }, squaredHinge: { bad: reduction },
    multiMargin: { bad: { ...reduction, power: [...numbers, 0, 1.5, 3], margin: numbers, classWeights: weightList } },
    klDivergence: { bad: { ...reduction, logTarget: flags } },
    focal: { bad: { ...reduction, variant: choice, gamma: atLeast0, alpha: [NaN, Infinity, -0.5, 1.5, "1", {}, [1, 2]] } },
    cosineSimilarity: { bad: { ...reduction, pairs: flags, margin: [...numbers, -1.5, 1.5, 0.5] } },
    tripletMargin: { bad: { ...reduction, margin: positive, power: [...numbers, 0.5], epsilon: atLeast0, swap: flags } },
  }],
  optimizers: [optimizers, {
    sgd: { bad: { ...rate, momentum: atLeast0, dampening: numbers, nesterov: [...flags, true], ...decay } },
    adam: { bad: { ...adam, amsgrad: flags } }, adamW: { bad: { ...adam, amsgrad: flags } }, adamax: { bad: adam }, nadam: { bad: { ...adam, momentumDecay: atLeast0 } },
    radam: { bad: adam }, lion: { bad: { ...rate, ...betas, ...decay } },
    rmsprop: { bad: { ...rate, alpha: below1, epsilon: positive, momentum: atLeast0, centered: flags, ...decay } },
    adagrad: { bad: { ...rate, learningRateDecay: atLeast0, initialAccumulator: atLeast0, epsilon: positive, ...decay } },
    adadelta: { bad: { ...rate, rho: share, epsilon: positive, ...decay } },
    lbfgs: { bad: { ...rate, iterations: counts, evaluations: counts, history: counts, gradientTolerance: atLeast0, changeTolerance: atLeast0 } },
    optimizer: {
      good: { name: "own", update: () => ({}) },
      bad: { name: [1, "", {}, true], learningRate: atLeast0, state: [1, "m", {}, [1], ["m", "m"], ["gradient"]], update: functions, options: [1, "x", [], true], groups },
    },
  }],
  schedules: [schedules, {
    stepDecay: { good: { epochs: 1 }, bad: { ...length, factor: atLeast0 } }, multiStepDecay: { good: { epochs: [1] }, bad: { steps: milestones, epochs: milestones, factor: atLeast0 } },
    exponentialDecay: { good: { factor: 0.5 }, bad: { ...length, factor: positive } }, polynomialDecay: { bad: { ...length, power: positive, minimum: atLeast0 } },
    inverseSqrtDecay: { good: { epochs: 1 }, bad: length }, cosine: { bad: { ...length, minimum: atLeast0 } },
    cosineWarmRestarts: { good: { epochs: 1 }, bad: { ...length, multiplier: [...numbers, 0.5], minimum: atLeast0 } },
    oneCycle: { bad: { ...length, warmup: share, anneal: choice, startDivisor: [...numbers, 0.5], finalDivisor: [...numbers, 0.5], threePhase: flags } },
    reduceOnPlateau: { bad: { ...monitored, factor: below1, patience: [...atLeast0, 0.5], threshold: below1, cooldown: [...atLeast0, 0.5], minimum: atLeast0 } },
    sequence: { good: { schedules: [schedules.cosine(), schedules.cosine()], epochs: [1] }, bad: { schedules: [1, {}, [], [schedules.cosine()], [1, 2]], steps: milestones, epochs: milestones } },
    warmup: { arguments: ["inner", "options"], good: { inner: schedules.cosine(), epochs: 1 }, bad: { inner: [1, "cosine", true], ...length, startFactor: share } },
  }],
  initializers: [initializers, {
    he: distribution, xavier: distribution, lecun: distribution, constant: { good: { value: 1 }, bad: { value: [...numbers, 1e39] } },
    uniform: { good: { high: 3e38 }, bad: { low: [...numbers, -3e38, 3e38], high: [...numbers, 0, -1] } }, normal: deviation, truncatedNormal: deviation, orthogonal: { bad: { gain: positive } },
  }],
  metrics: [metrics, {
    precision: average, recall: average, f1: average, topKAccuracy: { good: { k: 1 }, bad: { k: counts } },
    metric: { good: { name: "own", f: () => 1 }, bad: { name: [1, "", {}, "loss", "epoch", "__proto__", "constructor"], f: [1, "f", {}, { all: 1 }, true] } },
    confusionMatrix: {
      arguments: ["said", "right", "options"], good: { said: [0, 1], right: [1, 1] },
      bad: { said: [1, "x", {}, [], [0], [0.5, 1], [NaN, 1], [-2, 1]], right: [1, "x", {}, [], [0], [0.5, 1], [-2, 1]], classes: [1, "x", {}, [1]] },
    },
  }],
  penalties: [penalties, {
    l1: { good: { strength: 1 }, bad: { strength: atLeast0, match } }, l2: { good: { strength: 1 }, bad: { strength: atLeast0, match } },
  }],
  callbacks: [callbacks, {
    earlyStopping: { good: { patience: 1 }, bad: { ...monitored, minDelta: atLeast0, patience: [...atLeast0, 0.5], restoreBest: flags } },
    bestWeights: { bad: { ...monitored, minDelta: atLeast0 } }, jsonl: { good: { write: () => 1 }, bad: { write: functions } },
    progress: { good: { write: () => 1 }, bad: { write: functions, every: atLeast0 } },
  }],
};

/** The error that a call throws or rejects with. */
async function errorOf(call: () => unknown): Promise<LanewiseError> {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(LanewiseError);
    return error as LanewiseError;
  }
  throw new Error("it was taken");
}

const text = (value: unknown): string => (typeof value === "function" ? value.name : typeof value === "number" ? String(value) : JSON.stringify(value));

/** Each value is refused with an error that says which option, what came and what was wanted. */
async function expectRefused(option: string, value: unknown, call: () => unknown): Promise<void> {
  const error = await errorOf(call).catch((why: Error) => { throw new Error(`${option}: ${text(value)}: ${why.message}`); });
  const said = `${option}: ${text(value)}: ${error.message}`;
  if (error.code !== "bad-file") expect(error.message, said).toMatch(new RegExp(`\\b${option}\\b`));
  expect("wanted" in error.details || "problem" in error.details, said).toBe(true);
  expect("got" in error.details || "problem" in error.details, said).toBe(true);
  expect(error.message.replace("got undefined", ""), said).not.toMatch(/undefined|\[object/);
}

/** What a function knows: the options that its error for another names. */
async function knownOptions(call: (options: Values) => unknown): Promise<readonly string[]> {
  const error = await errorOf(() => call({ "no such option": 1 }));
  expect(error).toMatchObject({ code: "unknown-option", details: { option: "no such option" } });
  return error.details.wanted as string[];
}

/** Names of a function's arguments, from its text. */
function argumentsOf(f: Function): string[] {
  const inner = /^(?:async )?function\s*\w*\s*\(([^)]*)\)/.exec(f.toString())![1]!;
  return inner.split(",").map((one) => one.replace(/=.*/, "").replace("...", "").trim()).filter((name) => name !== "" && name !== "{}");
}

for (const [family, [exports, rows]] of Object.entries(TABLE))
  describe(family, () => {
    const makers = Object.entries(exports).filter(([, f]) => argumentsOf(f).length > 0) as [string, (...args: any[]) => unknown][];

    test("each that takes something has its row, and no other", () => {
      expect(Object.keys(rows).sort()).toEqual(makers.map(([name]) => name).sort());
    });

    describe.each(makers)("%s", (name, make) => {
      const { good = {}, bad, arguments: own = argumentsOf(make) } = rows[name]!;
      const call = (given: Values): unknown => {
        // one of optimizer() is called options itself
        const all: Values = { ...good, ...given }, rest = Object.fromEntries(Object.entries(all).filter(([key]) => !own.includes(key) || key === "options"));
        return make(...own.map((argument) => (argument === "options" ? rest : all[argument])));
      };

      test("takes what is in order", () => void (own.includes("sequential") || call({})));

      test("has bad values for each option and argument", async () => {
        const wanted = [...own.filter((argument) => argument !== "options"), ...(own.includes("options") ? await knownOptions(call) : [])];
        expect(Object.keys(bad).sort()).toEqual([...wanted].sort());
        for (const values of Object.values(bad)) expect(values.length).toBeGreaterThan(1);
      });

      test.each(Object.keys(bad))("%s", async (option) => {
        for (const value of bad[option]!) await expectRefused(option, value, () => call({ ...(["steps", "epochs"].includes(option) && { steps: undefined, epochs: undefined }), [option]: value }));
      });

      if (own.includes("options"))
        test("a misspelt option is met with the right one, and options that are none are refused", async () => {
          for (const option of await knownOptions(call))
            expect((await errorOf(() => call({ [`${option}x`]: 1 }))).details).toMatchObject({ option: `${option}x`, fix: `did you mean ${option}?` });
          for (const none of [1, "x", [], true, null])
            await errorOf(() => make(...own.map((argument) => (argument === "options" ? none : good[argument]))));
        });
    });
  });

describe("the op refuses what its layer refuses", () => {
  const found = Object.entries(TABLE.layers![1]).flatMap(([name, { bad }]) => {
    const op = (ops as unknown as Record<string, (...args: unknown[]) => ops.Value>)[name], [, ...own] = op ? argumentsOf(op) : [];
    return own.filter((argument) => argument in bad).map((argument) => [name, argument, op!, own.indexOf(argument), bad[argument]!] as const);
  });

  test.each(found)("%s: %s", async (_, argument, op, at, values) => {
    for (const value of values) await expectRefused(argument, value, () => ops.compile((x) => op(x, ...Array<undefined>(at), value), [[2]]));
  });

  test("every one that has options", () => {
    expect(found.map(([name, argument]) => `${name} ${argument}`).sort()).toEqual([
      "alphaDropout rate", "celu alpha", "dropout rate", "elu alpha", "gaussianNoise deviation", "gelu approximate", "hardTanh maximum", "hardTanh minimum", "leakyRelu slope", "silu beta", "softplus beta", "softplus threshold", "swish beta",
    ]);
  });
});

/** What a model takes, by the call. */
const small = classified(12), seeds = [...atLeast0, 0.5], weights = [1, "x", { other: 1 }];
/** An optimizer of one's own by hand that lacks something. */
const whole = optimizers.rmsprop(), incomplete = ["hyper", "groups", "states", "build", "write"].map((key) => ({ ...whole, [key]: undefined }));
const objective = { loss: [1, "mse", {}, mse, null], lossWeights: weights, metrics: [1, "accuracy", {}, ["acuracy"], [1], [{}]] };
const training = { ...objective, optimizer: [1, "adam", {}, optimizers.adam, null, ...incomplete], batchSize: counts, clipNorm: positive, clipValue: positive, penalty: [1, "l1", {}, [1]], recompute: flags, seed: seeds };
const resume = [1, "x", {}, new Uint8Array(10)], signal = [1, {}, "x"];
const CALLS: Readonly<Record<string, [(model: any, options: Values) => unknown, Readonly<Record<string, readonly unknown[]>>]>> = {
  createModel: [(_, more) => createModel(dense(2), { input: [6], ...more } as any), {
    input: [1, "x", {}, [], [0], [NaN], [1.5], null, { shape: [2], dtype: "x" }], seed: seeds, classes: [1, "x", {}, ["a"], ["a", "a"], [1, 2]], memoryLimit: counts,
    threads: [0, 65, 1.5, "x", {}, NaN], where: choice, worker: [1, "x", {}, true], build: [...choice, "faster"], core: [1, "x", {}, new Uint8Array(8)],
    preprocessing: [1, "x", {}, null, []],
  }],
  fit: [(model, more) => model.fit(small, { loss: crossEntropy(), ...more }), {
    ...training, schedule: [1, "x", {}], epochs: counts, shuffle: flags, validation: [NaN, -1, 0, 1, 1.5, "x", {}, null, []],
    accumulate: [...counts, 33], ema: below1, doctor: [1, "x", {}, true, doctor], onNonFinite: [...choice, "skip"], signal, onStep: functions,
    callbacks: [1, "x", {}, [1], [{ onStep: 1 }], [null]], resume, force: flags, yieldEvery: atLeast0,
    budget: [1, "x", [], { step: 1 }, { steps: 0 }, { steps: 1.5 }, { milliseconds: -1 }, { milliseconds: NaN }], transfer: flags, run: [1, "runs/a", [], {}, true],
  }],
  trainer: [(model, more) => model.trainer({ loss: crossEntropy(), ...more }), { ...training, schedule: [1, "x", {}], steps: counts, resume, force: flags }],
  evaluate: [(model, more) => model.evaluate(small, { loss: crossEntropy(), ...more }), { ...objective, batchSize: counts, transfer: flags }],
  predict: [(model, more) => model.predict(small.x, more), { into: [1, "x", {}, new Float32Array(3), new Int32Array(36), []] }],
  classify: [(model, more) => model.classify(small.x, more), { top: counts, output: [1, "x", {}] }],
  setParameters: [(model, more) => model.setParameters(new Map(), { strict: false, ...more }), { strict: flags }],
  loadModel: [(model, more) => loadModel(model.save(), more), { layers: [1, "x", [], { a: 1 }], preprocessing: [1, "x", {}, null, true], memoryLimit: counts, threads: [0, 65, "x"], where: choice, worker: [1, "x", {}, true], build: choice, core: [1, "x", {}, new Uint8Array(8)] }],
  readSafetensors: [(model, more) => readSafetensors(model.save(), more), { exact: flags }],
  writeSafetensors: [(model, more) => writeSafetensors(model.parameters, {}, more), { dtype: choice, overflow: choice }],
  saveAs: [(model, more) => saveAs(model, more), {
    dtype: choice, overflow: choice, licence: [1, {}, "", true], metadata: [1, "x", [], { a: 1 }, { format: "x" }, { "lanewise.model": "x" }],
  }],
  loadStateDict: [(model, more) => loadStateDict(model, model.parameters, more), { strict: flags, prefix: [1, {}, true, "no."], rename: [1, "x", [], { weight: 1 }, { no: "weight" }, () => 1] }],
  findLearningRate: [(model, more) => findLearningRate(model, small, { loss: crossEntropy(), ...more } as any), {
    loss: objective.loss, lossWeights: weights, optimizer: training.optimizer, penalty: training.penalty, recompute: flags, batchSize: counts, clipNorm: positive, clipValue: positive, seed: seeds,
    minimum: positive, maximum: [...positive, 1e-6], steps: [...counts, 1], smoothing: below1, signal,
  }],
  profile: [(model, more) => model.profile(1, { loss: crossEntropy(), ...more }), {
    ...objective, optimizer: training.optimizer, penalty: training.penalty, recompute: flags, clipNorm: positive, clipValue: positive, batchSize: counts,
    program: choice, data: [1, "x", [], {}, null, { x: small.x }],
  }],
  keepRun: [(_, more) => keepRun("a", more), {
    every: [1, "x", [], {}, { steps: 0 }, { epochs: 1.5 }, { seconds: 0 }, { seconds: NaN }], keep: [0, -1, 1.5, NaN, "1"], force: flags, store: choice,
    onResume: functions, onCheckpoint: functions, onStorageError: functions, onNote: functions,
  }],
  readRun: [(_, more) => readRun(memoryStore(), more), { store: choice }],
  doctor: [(_, more) => doctor(more), { every: counts, onLook: functions }],
  toONNX: [toONNX, { probabilities: flags, preprocessing: flags, license: [1, {}, true, []] }],
  exportPyTorch: [(model, more) => exportPyTorch(model, { loss: crossEntropy(), ...more }), {
    loss: objective.loss, lossWeights: weights, optimizer: training.optimizer, penalty: training.penalty, schedule: [1, "x", {}], batchSize: counts, epochs: counts, shuffle: flags,
    seed: seeds, clipNorm: positive, clipValue: positive, data: [1, "x", [], {}, null],
  }],
  diagnose: [(model, more) => diagnose(model, small as any, { loss: crossEntropy(), ...more } as any), {}],
};

describe.each(Object.entries(CALLS))("%s", (name, [call, bad]) => {
  test("refuses each bad value, changes nothing, and has some for each option", async () => {
    const model = await createModel(dense(3), { input: [6], seed: 1 }), before = hash(model);
    if (name !== "diagnose") expect(Object.keys(bad).sort()).toEqual([...(await knownOptions((more) => call(model, more)))].sort());
    for (const [option, values] of Object.entries(bad)) for (const value of values) await expectRefused(option, value, () => call(model, { [option]: value }));
    expect(hash(model)).toBe(before);
    await model.fit(small, { loss: crossEntropy() }); // it works on
    model.dispose();
  });
});

test("options that are left out are missed by name", async () => {
  const model = await createModel(dense(1), { input: [2] }), data = { x: [[1, 2]], y: [[3]] };
  expect(() => diagnose(model, data, undefined as never)).toThrow(/loss: wanted/);
  await expect(findLearningRate(model, data, undefined as never)).rejects.toThrow(/loss: wanted/);
});
