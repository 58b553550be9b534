// Models in a worker: whatever Model can do, WorkerModel gives the same bits, by promises. In browsers: runtimes/.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  adam, bestWeights, createModel, crossEntropy, dense, diagnose, doctor, dropout, earlyStopping, findLearningRate, type FitOptions, hash, l2, lbfgs, loadModel, type Model, mse, ops,
  optimizer, readSafetensors, r2, reduceOnPlateau, relu, rocAuc, sequential, sgd, tanh, type Training, type WorkerModel, binaryCrossEntropy,
} from "../src/index.ts";
import { classified, numbers } from "./helpers.ts";

const data = classified(70), targets = { x: data.x, y: numbers(210, 6) };
const make = <W extends "here" | "worker">(where: W, more: object = {}) =>
  createModel(sequential(dense(12), relu(), dropout(0.2), dense(3)), { input: [6], seed: 3, where, classes: ["a", "b", "c"], ...more });
const same = { loss: crossEntropy(), batchSize: 16, epochs: 3 } satisfies FitOptions;

/** All bits that a run leaves: parameters, columns of the history but for times, and its checkpoint. */
async function traces(model: Model | WorkerModel, training: Training<any>): Promise<unknown> {
  const { columns } = await training, { seconds: _, rowsPerSecond: __, ...scores } = columns;
  const checkpoint = readSafetensors(await training.checkpoint());
  return { hash: hash({ parameters: await model.parameters }), scores, checkpoint: [...checkpoint].map(([name, { data: all }]) => [name, [...all]]) };
}

const mine = () => optimizer("mine", {
  learningRate: 0.05, state: ["m"],
  update: ({ parameter, gradient, learningRate, m }) => {
    const mean = ops.add(ops.multiply(m, 0.9), gradient);
    return { parameter: ops.subtract(parameter, ops.multiply(mean, learningRate)), m: mean };
  },
});

describe("a fit in a worker has the bits of one here", () => {
  it.each<[string, () => Partial<FitOptions>, (typeof targets)?]>([
    ["by adam, with validation and metrics", () => ({ optimizer: adam(), validation: 0.2, metrics: ["accuracy"] })],
    ["with other data for validation", () => ({ validation: classified(30, 6, 3, 9), metrics: ["accuracy"] })],
    ["with clipping, a penalty and groups", () => ({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9, groups: [{ match: /bias/, learningRate: 0.01 }] }), clipNorm: 0.5, clipValue: 0.1, penalty: l2(1e-3) })],
    ["in micro-batches", () => ({ accumulate: 3 })],
    ["with a moving average", () => ({ ema: 0.9, validation: 0.2 })],
    ["in micro-batches, with a moving average and a rollback", () => ({ accumulate: 2, ema: 0.9, doctor: doctor(), onNonFinite: "rollback" })],
    ["by an optimizer of one's own", () => ({ optimizer: mine() })],
    ["by lbfgs", () => ({ optimizer: lbfgs({ iterations: 5 }), batchSize: 70 })],
    ["by lbfgs, with a moving average", () => ({ optimizer: lbfgs({ iterations: 5 }), batchSize: 70, ema: 0.5 })],
    ["with a loss and a schedule of one's own", () => ({ loss: (p, t) => ops.square(ops.subtract(ops.tanh(p), t)), schedule: (step) => 0.01 / (step + 1) }), targets],
    ["with a schedule that looks at reports", () => ({ schedule: reduceOnPlateau({ monitor: "loss", patience: 1 }), epochs: 5 })],
    ["that stops early, with the best weights", () => ({ optimizer: sgd({ learningRate: 2 }), callbacks: [earlyStopping({ monitor: "validation.loss", patience: 1 })], validation: 0.3, epochs: 8 })],
    ["with best weights and an average", () => ({ callbacks: [bestWeights({ monitor: "loss" })], ema: 0.8 })],
    ["with a doctor", () => ({ doctor: doctor({ every: 1 }) })],
    ["in the order of the rows", () => ({ shuffle: false, seed: 9 })],
  ])("%s", async (_, options, other = undefined) => {
    const results = await Promise.all((["here", "worker"] as const).map(async (where) => {
      const model = await make(where), result = await traces(model, model.fit(other ?? data, { ...same, ...options() } as FitOptions));
      await model.dispose();
      return result;
    }));
    expect(results[1]).toEqual(results[0]);
  });

  it("on several inputs and outputs, bytes and weights, with a metric over all rows, on threads", async () => {
    const rows = 50, x = { a: Uint8Array.from(numbers(rows * 4, 1), (v) => 128 + 127 * v), b: numbers(rows * 3, 2) }, weight = Float32Array.from(numbers(rows, 3), Math.abs);
    const y = { sign: Int32Array.from(numbers(rows, 4), (v) => Number(v > 0)), size: numbers(rows, 5) };
    const results = await Promise.all(([["here", 1], ["worker", 1], ["worker", 3]] as const).map(async ([where, threads]) => {
      const one = dense(5), two = dense(5), head = dense(1), other = dense(1);
      const model = await createModel(({ a, b }) => {
        const both = ops.tanh(ops.add(one(ops.divide(a, 255)), two(b)));
        return { sign: head(both), size: other(both) };
      }, { input: { a: [4], b: [3] }, where, threads, seed: 5 });
      const result = await traces(model as Model, (model as Model).fit({ x, y, weight }, {
        loss: { sign: binaryCrossEntropy(), size: mse() }, metrics: { sign: [rocAuc()] } as never, batchSize: 7, epochs: 2, validation: 0.2,
      }) as Training<any>);
      const predicted = await (model as Model).predict(x);
      await model.dispose();
      return [result, predicted];
    }));
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it("of steps that are not finite", async () => {
    const results = await Promise.all((["here", "worker"] as const).map(async (where) => {
      const told: unknown[] = [];
      for (const onNonFinite of ["stop", "skip", "rollback"] as const) {
        const model = await createModel(dense(1, { bias: false, initializer: () => [1] }), { input: [1], where });
        const steep = (p: Parameters<typeof ops.exp>[0]) => ops.exp(ops.square(ops.multiply(p, 4)));
        const training = model.fit({ x: Float32Array.of(1, 1, 2, 3, 1, 1), y: Float32Array.of(0, 0, 0, 0, 0, 0) }, {
          loss: steep, optimizer: sgd({ learningRate: 1e-6 }), batchSize: 1, epochs: 2, shuffle: false, doctor: doctor(), onNonFinite,
        });
        told.push(await training.then(({ columns }) => columns.loss, (error: any) => [error.code, error.message, error.details.op]));
        told.push(hash({ parameters: await model.parameters }));
        await model.dispose();
      }
      return told;
    }));
    expect(results[1]).toEqual(results[0]);
  });

  it("that goes on from a checkpoint of any step, taken here or there", async () => {
    const ended = async (model: Model | WorkerModel, more: Partial<FitOptions> = {}): Promise<string> => {
      await model.fit(data, { ...same, ...more });
      const result = hash({ parameters: await model.parameters });
      await model.dispose();
      return result;
    };
    const wanted = await ended(await make("here")), checkpoints: Promise<Uint8Array>[] = [], read: Uint8Array[] = [];
    const model = await make("worker"), training = model.fit(data, {
      ...same, onStep: () => void checkpoints.push(training.checkpoint()),
      callbacks: [{ onStep: (_, run) => void read.push(run.checkpoint()) }],
    });
    await training;
    await model.dispose();
    expect(checkpoints).toHaveLength(15);
    const without = (bytes: Uint8Array) => [...readSafetensors(bytes)];
    for (const [i, checkpoint] of (await Promise.all(checkpoints)).entries()) {
      expect(without(checkpoint)).toEqual(without(read[i]!)); // what callbacks see is the same
      expect(await ended(await make(i % 2 ? "worker" : "here"), { resume: checkpoint })).toBe(wanted);
    }
  });
});

describe("WorkerModel", () => {
  let here: Model<any, any>, away: WorkerModel<any, any>;
  beforeAll(async () => {
    [here, away] = [await make("here"), await make("worker")];
    for (const model of [here, away]) await model.fit(data, same);
  });
  afterAll(async () => {
    here.dispose();
    await away.dispose();
  });

  it("predicts, classifies and evaluates as Model does, also more rows than fit into one program", async () => {
    const many = numbers(700 * 6, 8);
    for (const rows of [data.x, many, many.subarray(0, 6)]) expect(await away.predict(rows)).toEqual(here.predict(rows));
    expect(await away.classify(many, { top: 2 })).toEqual(here.classify(many, { top: 2 }));
    expect(await away.evaluate(data, { metrics: ["accuracy"] })).toEqual(await here.evaluate(data, { metrics: ["accuracy"] }));
    const into = new Float32Array(70 * 3);
    expect((await away.predict(data.x, { into })).data).toBe(into);
    expect([...into]).toEqual([...here.predict(data.x).data]);
  });

  it("answers many questions at once", async () => {
    const parts = Array.from({ length: 20 }, (_, i) => numbers((i + 1) * 6, i));
    const answers = await Promise.all(parts.map((part) => away.predict(part)));
    expect(answers).toEqual(parts.map((part) => here.predict(part)));
  });

  it("has its parameters, file, summary, memory and info", async () => {
    expect([...(await away.parameters)]).toEqual([...here.parameters]);
    expect(await away.save()).toEqual(here.save());
    expect(await away.summary()).toBe(here.summary());
    expect((await away.memory({ loss: crossEntropy(), rows: 10 })).activations).toBe(here.memory({ loss: crossEntropy(), rows: 10 }).activations);
    expect(await away.info()).toMatchObject({ where: "worker", threads: 1 });
    const again = await loadModel(await away.save(), { where: "worker" });
    expect(hash({ parameters: await again.parameters })).toBe(hash(here));
    await again.dispose();
    expect(await hash(away)).toBe(hash(here));
  });

  it("is looked at before training; a sweep of rates wants a model here, and says so", async () => {
    expect(diagnose(away, data, same)).toEqual(diagnose(here, data, same));
    await expect(findLearningRate(away as never, data as never, { loss: crossEntropy() })).rejects.toThrow(/where: "here".*loadModel/);
  });

  it("takes parameters, and freezes", async () => {
    const bias = { "0.bias": Array.from({ length: 12 }, (_, i) => i / 8) };
    expect(await away.setParameters(bias, { strict: false })).toEqual(here.setParameters(bias, { strict: false }));
    expect(await away.predict(data.x)).toEqual(here.predict(data.x));
    expect(await away.freeze(/^0/)).toEqual(here.freeze(/^0/));
    for (const model of [here, away]) await model.fit(data, same);
    expect([...(await away.parameters)]).toEqual([...here.parameters]);
    expect(await away.unfreeze(/^0/)).toEqual(here.unfreeze(/^0/));
  });

  it("rejects what Model throws", async () => {
    await expect(away.predict([[1]])).rejects.toThrow(expect.objectContaining({ code: "wrong-width" }));
    await expect(away.predict([[1, 2, 3, 4, 5, NaN]])).rejects.toThrow(expect.objectContaining({ code: "not-finite" }));
    await expect(away.setParameters({ x: [1] })).rejects.toThrow(expect.objectContaining({ code: "state-mismatch" }));
    await expect(away.fit({ x: data.x, y: [9] }, same)).rejects.toThrow();
    await expect(away.fit({ x: new Float32Array(12).fill(NaN), y: [0, 1] }, same)).rejects.toThrow(expect.objectContaining({ code: "not-finite" }));
    await expect(away.freeze(/none/)).rejects.toThrow(expect.objectContaining({ code: "unmatched-group" }));
    expect(await away.predict(data.x)).toEqual(here.predict(data.x));
  });
});

it("predictions that are asked for at once, of a model that is new, do not disturb each other: each moves the arena", async () => {
  const [one, other] = [await make("here"), await make("worker")], sizes = [1, 2, 3, 40, 300, 7];
  const rows = sizes.map((count) => numbers(count * 6, count));
  expect(await Promise.all(rows.map((x) => other.predict(x)))).toEqual(rows.map((x) => one.predict(x)));
  one.dispose();
  await other.dispose();
});

it("what a metric over all rows tells does not depend on predictions beside the fit", async () => {
  const y = Int32Array.from(data.y, (label) => Number(label > 1)), seen = await Promise.all([false, true].map(async (beside) => {
    const model = await createModel(sequential(dense(12), relu(), dense(1)), { input: [6], seed: 3, where: "worker" });
    let done = false;
    const training = model.fit({ x: data.x, y }, { loss: binaryCrossEntropy(), metrics: [rocAuc()], batchSize: 16, epochs: 3, yieldEvery: 0, ema: 0.9, validation: 0.2 });
    void training.finally(() => (done = true));
    for (let rows = 1; beside && !done; rows++) await Promise.all([model.predict(numbers(rows * 6, rows)), model.parameters, training.checkpoint().catch(() => {})]);
    const { columns } = await training, result = [columns.rocAuc, columns.val_rocAuc, await hash(model)];
    await model.dispose();
    return result;
  }));
  expect(seen[1]).toEqual(seen[0]);
});

it("transfer copies what somebody else reads: targets in the same buffer, views of a larger one; and what cannot be moved", async () => {
  const trained = async (where: "here" | "worker", x: Float32Array, transfer: boolean): Promise<unknown> => {
    const model = await createModel(sequential(dense(3), tanh(), dense(6)), { input: [6], seed: 3, where });
    const { columns } = await (model as Model).fit({ x, y: x }, { loss: mse(), metrics: [r2()], batchSize: 16, epochs: 2, transfer, validation: { x, y: x } });
    const result = [columns.r2, columns.val_r2, x.length];
    await model.dispose();
    return result;
  };
  const wanted = await trained("here", data.x.slice(), false), larger = new Float32Array(500), foreign = new Float32Array(new WebAssembly.Memory({ initial: 1 }).buffer, 0, 420);
  larger.set(data.x, 7);
  foreign.set(data.x);
  for (const x of [data.x.slice(), larger.subarray(7, 427), foreign]) expect(await trained("worker", x, true)).toEqual(wanted);
});

it("a worker option that makes no worker is refused at once", async () => {
  for (const worker of [() => ({}), () => undefined, () => Promise.resolve(1)])
    await expect(make("worker", { worker })).rejects.toThrow(expect.objectContaining({ code: "no-worker" }));
});

it("transfer moves the inputs to the worker, and trains the same", async () => {
  const hashes = await Promise.all([false, true].map(async (transfer) => {
    const model = await make("worker"), x = data.x.slice(), y = data.y.slice();
    await model.fit({ x, y }, { ...same, transfer, validation: 0.2 });
    expect([x.length, y.length]).toEqual(transfer ? [0, 70] : [420, 70]);
    const result = hash({ parameters: await model.parameters });
    await model.dispose();
    return result;
  }));
  expect(hashes[1]).toBe(hashes[0]);
});

describe.each(["here", "worker"] as const)("%s", (where) => {
  it("a paused run waits after a step, can be asked and goes on to the same bits", async () => {
    const wanted = await make("here");
    await wanted.fit(data, same);
    const model = await make(where);
    let steps = 0;
    const training = model.fit(data, { ...same, onStep: ({ step }) => {
      steps = step;
      if (step === 4) training.pause();
    } });
    while (steps < 4) await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(steps).toBe(4);
    expect((await model.predict(data.x)).shape).toEqual([70, 3]);
    const checkpoint = await training.checkpoint();
    training.resume();
    await training;
    expect(hash({ parameters: await model.parameters })).toBe(hash(wanted));
    const other = await make(where);
    await other.fit(data, { ...same, resume: checkpoint });
    expect(hash({ parameters: await other.parameters })).toBe(hash(wanted));
    // a paused run can be stopped, or aborted
    const stopping = model.fit(data, { ...same, onStep: () => stopping.pause() });
    await new Promise((resolve) => setTimeout(resolve, 20));
    stopping.stop();
    expect((await stopping).epochs).toEqual([]);
    const controller = new AbortController(), aborted = model.fit(data, { ...same, signal: controller.signal, onStep: () => aborted.pause() });
    setTimeout(() => controller.abort(new Error("enough")), 20);
    await expect(aborted).rejects.toThrow("enough");
    for (const one of [wanted, model, other]) await one.dispose();
  });

  it("a run that waits until its reader wants a report goes on waiting when it is paused and resumed", async () => {
    const model = await make(where);
    let steps = 0;
    const training = model.fit(data, { ...same, onStep: ({ step }) => (steps = step) }), reports = training[Symbol.asyncIterator]();
    const first = await reports.next(), turns = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 20));
    await turns();
    training.pause();
    training.resume();
    await turns();
    expect(steps).toBe(first.value!.step);
    training.pause();
    const second = reports.next();
    await turns();
    expect(steps).toBe(first.value!.step);
    training.resume();
    expect((await second).value!.epoch).toBe(2);
    await reports.return!();
    await model.dispose();
  });

  it("predictions and evaluations beside a fit do not change it", async () => {
    const wanted = await make("here");
    await wanted.fit(data, same);
    const model = await make(where), rows = numbers(9 * 6, 4);
    let done = false;
    const training = model.fit(data, { ...same, yieldEvery: 0 }).then(() => (done = true));
    let questions = 0;
    while (!done) {
      await Promise.all([model.predict(rows), model.evaluate(data, { loss: crossEntropy(), batchSize: 11 }), model.parameters, new Promise((resolve) => setImmediate(resolve))]);
      questions++;
    }
    await training;
    expect(questions).toBeGreaterThan(0);
    expect(hash({ parameters: await model.parameters })).toBe(hash(wanted));
    await model.dispose();
    wanted.dispose();
  });

  it("two models train at once", async () => {
    const alone = await Promise.all([1, 2].map(async (seed) => {
      const model = await make(where, { seed });
      await model.fit(data, same);
      return model;
    }));
    for (const [i, model] of alone.entries()) {
      const one = await make("here", { seed: i + 1 });
      await one.fit(data, same);
      expect(hash({ parameters: await model.parameters })).toBe(hash(one));
      one.dispose();
      await model.dispose();
    }
  });

  it("a callback that is async and throws ends the run", async () => {
    const model = await make(where), wrong = new Error("enough");
    await expect(model.fit(data, { ...same, epochs: 1000, onStep: (async ({ step }: { step: number }) => {
      if (step === 2) throw wrong;
    }) as never })).rejects.toBe(wrong);
    await model.dispose();
  });

  it("a disposed model's fit rejects, and so does all else", async () => {
    const model = await make(where), training = model.fit(data, { ...same, epochs: 1e6 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const asked = (async () => model.predict(data.x))();
    if (where === "here") await asked;
    await model.dispose();
    if (where === "worker") await expect(asked).rejects.toThrow(expect.objectContaining({ code: "disposed" }));
    await expect(training).rejects.toThrow(expect.objectContaining({ code: "disposed" }));
    await expect((async () => model.predict(data.x))()).rejects.toThrow(expect.objectContaining({ code: "disposed" }));
    await expect((async () => model.parameters)()).rejects.toThrow(expect.objectContaining({ code: "disposed" }));
    await expect((async () => model.save())()).rejects.toThrow(expect.objectContaining({ code: "disposed" }));
    await model.dispose();
  });

  it("a budget ends a run with a checkpoint, from which others come to the same end", async () => {
    const wanted = await make("here");
    await wanted.fit(data, same);
    let resume: Uint8Array | undefined, runs = 0, model: Model | WorkerModel;
    do {
      model = await make(where);
      const { checkpoint, epochs } = await model.fit(data, { ...same, budget: { steps: 4 }, ...(resume && { resume }) });
      resume = checkpoint;
      runs++;
      if (!resume) {
        expect(epochs).toHaveLength(3);
        expect(hash({ parameters: await model.parameters })).toBe(hash(wanted));
      }
      await model.dispose();
    } while (resume);
    expect(runs).toBe(4);
    model = await make(where);
    expect((await model.fit(data, { ...same, epochs: 1e6, budget: { milliseconds: 10 } })).checkpoint).toBeInstanceOf(Uint8Array);
    await model.dispose();
    wanted.dispose();
  });
});
