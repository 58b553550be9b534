// Exact resume: whatever a run has, going on from a checkpoint of any step, in the middle of an epoch, between two callbacks, on threads or in
// a worker, comes to the parameters, the history and the decisions of the run that was never stopped.

import { describe, expect, it } from "vitest";
import {
  adam, bestWeights, type Callback, cosine, cosineWarmRestarts, createModel, crossEntropy, type Data, dense, doctor, dropout, earlyStopping, exponentialDecay, type FitOptions, hash,
  type History, inverseSqrtDecay, l2, lbfgs, metric, type Model, mse, multiStepDecay, oneCycle, ops, optimizer, polynomialDecay, readSafetensors, reduceOnPlateau, relu, type Running, sequence, sequential, sgd, stepDecay,
  type Stream, warmup, type WorkerModel,
} from "../../src/index.ts";
import type { Value } from "../../src/graph.ts";
import { classified, numbers } from "../helpers.ts";

type Any = Model<any, any> | WorkerModel<any, any>;
type Make = (site?: object, seed?: number) => Promise<Any>;

const data = classified(41), held = classified(17, 6, 3, 9);
const net: Make = (site = {}, seed = 3) => createModel(sequential(dense(7), relu(), dropout(0.2), dense(3)), { input: [6], seed, ...site }) as Promise<Any>;
const spread = metric("spread", { all: ({ data: p }) => Math.max(...p) - Math.min(...p) });

/** A callback that decides by what it has heard, and says what it did: its memory is in checkpoints. */
function counting(log: string[], stopAt = Infinity): Callback {
  let left = 3, ended = false, run: Running;
  return {
    onStart(training) {
      [left, ended, run] = [3, false, training];
    },
    async onEpoch({ epoch, loss }) {
      await Promise.resolve();
      left = (left + 3) % 4; // 3, 2, 1, 0, 3 …
      log.push(`${epoch} ${left} ${loss}`);
      if ((ended = epoch >= stopAt)) run.stop();
    },
    save: () => (ended ? -1 : left),
    load(saved: number) {
      left = saved;
      if (saved < 0) run.stop(); // it has ended
    },
  };
}

/** What a history says but for the time that it took. */
function told(history: History<any>): unknown {
  const { seconds: _, rowsPerSecond: __, ...columns } = history.columns, times = Object.keys(history.columns).flatMap((name, i) => (name === "seconds" || name === "rowsPerSecond" ? [i] : []));
  const csv = history.toCSV().split("\n").map((line) => line.split(",").filter((_, i) => !times.includes(i)).join(","));
  return { columns, csv, findings: history.epochs.map(({ findings }) => findings), names: history.epochs.map((report) => Object.keys(report).filter((name) => report[name] !== undefined)) };
}

interface Case {
  make?: Make;
  data?: () => Data<any, any> | Stream<any, any>;
  /** Made anew for each run; what its callbacks do goes into the log. */
  options: (log: string[]) => Partial<FitOptions>;
  /** Every how many steps there is a checkpoint; 1 by default. */
  every?: number;
}

/** Runs once, taking a checkpoint after each step and each epoch; then goes on from each. */
async function expectExact({ make = net, data: rows = () => data, options, every = 1 }: Case, sites: readonly object[] = [{}]): Promise<number> {
  const log: string[] = [], model = await make(), taken: { bytes: Promise<Uint8Array>; log: number }[] = [];
  const whole: FitOptions = { loss: crossEntropy(), optimizer: adam({ learningRate: 0.05 }), batchSize: 8, epochs: 4, ...options(log) };
  const take = (): void => void taken.push({ bytes: training.checkpoint(), log: log.length });
  const training = (model as Model<any, any>).fit(rows() as Data, {
    ...whole, onStep: ({ step }) => void (step % every === 0 && take()), callbacks: [...(whole.callbacks ?? []), { onEpoch: take }],
  });
  const history = await training, bits = hash({ parameters: await model.parameters }), end = state(await training.checkpoint());
  expect(taken.length).toBeGreaterThan(5);
  for (const [i, { bytes, log: before }] of taken.entries()) {
    const again: string[] = [], site = sites[i % sites.length]!, other = await make(site, 99);
    const own: FitOptions = { loss: crossEntropy(), optimizer: adam({ learningRate: 0.05 }), batchSize: 8, epochs: 4, ...options(again), resume: await bytes };
    // with one more callback at the end, as the run had
    const resumed = (other as Model<any, any>).fit(rows() as Data, { ...own, callbacks: [...(own.callbacks ?? []), {}] });
    expect(told(await resumed), `checkpoint ${i}, ${JSON.stringify(site)}`).toEqual(told(history));
    expect(hash({ parameters: await other.parameters })).toBe(bits);
    expect(again).toEqual(log.slice(before));
    expect(state(await resumed.checkpoint())).toEqual(end);
    await other.dispose();
  }
  await model.dispose();
  return history.epochs.length;
}

/** The tensors of a checkpoint. */
function state(bytes: Uint8Array): unknown {
  return [...readSafetensors(bytes)].map(([name, { data: all, shape }]) => [name, shape, [...all]]);
}

const SCHEDULES: Record<string, () => FitOptions["schedule"]> = {
  cosine, polynomialDecay, oneCycle: () => oneCycle(), exponentialDecay: () => exponentialDecay({ epochs: 1, factor: 0.5 }), stepDecay: () => stepDecay({ epochs: 2 }), multiStepDecay: () => multiStepDecay({ steps: [3, 11] }),
  inverseSqrtDecay: () => inverseSqrtDecay({ steps: 4 }), cosineWarmRestarts: () => cosineWarmRestarts({ epochs: 1 }), "warmup and cosine": () => warmup(cosine(), { steps: 5 }),
  "a sequence that ends with a plateau": () => sequence([warmup({ steps: 3 }), reduceOnPlateau({ monitor: "loss", patience: 0, threshold: 0.2 })], { steps: [4] }),
};

describe("a run that goes on from any of its steps is the run that was never stopped", () => {
  it.each<[string, Case]>([
    ["with validation, metrics and dropout", { options: () => ({ validation: 0.2, metrics: ["accuracy", spread] }) }],
    ["with data of their own for validation, row weights, a penalty and clipping", {
      data: () => ({ ...data, weight: Float32Array.from({ length: 41 }, (_, i) => i % 3) }),
      options: () => ({ validation: held, penalty: l2(1e-3), clipNorm: 1, clipValue: 0.2, optimizer: sgd({ learningRate: 0.1, momentum: 0.9, groups: [{ match: /bias/, learningRate: 0.01 }] }) }),
    }],
    ["in micro-batches, with a moving average", { options: () => ({ accumulate: 3, ema: 0.9, validation: 0.2, callbacks: [bestWeights()] }) }],
    ["by lbfgs", { options: () => ({ optimizer: lbfgs({ iterations: 3, history: 3 }), batchSize: 41, epochs: 7, validation: held }) }],
    ["with a plateau that lowers the rate, early stopping with its best, and callbacks that count", {
      every: 2, options: (log) => ({
        epochs: 12, validation: held, schedule: reduceOnPlateau({ patience: 0, factor: 0.5, threshold: 0.02 }), callbacks: [counting(log), earlyStopping({ patience: 3 }), counting(log)],
      }),
    }],
    ["that a callback of one's own ends", { options: (log) => ({ epochs: 9, callbacks: [counting(log, 3)] }) }],
    ["with a doctor", { every: 3, options: () => ({ epochs: 10, optimizer: sgd({ learningRate: 30 }), doctor: doctor({ every: 4 }) }) }],
    ["with a doctor that rolls back", { every: 2, options: () => ({ ema: 0.5, epochs: 6, loss: (p, t) => ops.add(ops.mean(ops.log(ops.add(p, 0.4))), ops.multiply(ops.sum(ops.toFloat(t)), 0)), optimizer: sgd({ learningRate: 0.2 }), doctor: doctor(), onNonFinite: "rollback" }) }],
    ["with several outputs", {
      make: (site = {}, seed = 3) => createModel(({ a }: any) => {
        const h = dense(5, { name: "h" })(a);
        return { cls: dense(3, { name: "cls" })(relu()(h)), num: dense(2, { name: "num" })(h) };
      }, { input: { a: [6] }, seed, ...site }) as Promise<Any>,
      data: () => ({ x: { a: data.x }, y: { cls: data.y, num: numbers(82, 5) } }),
      options: () => ({ loss: { cls: crossEntropy(), num: mse() }, lossWeights: { num: 0.3 }, metrics: { cls: ["accuracy"], num: ["mae"] }, validation: 0.25 }) as any,
    }],
  ])("%s", async (_, one) => void (await expectExact(one)));

  it.each(Object.entries(SCHEDULES))("by the schedule %s", async (_, schedule) => void (await expectExact({ every: 2, options: () => ({ schedule: schedule()! }) })));

  it("on another number of threads, and in a worker", async () => {
    const sites = [{ threads: 2 }, { where: "worker" }, { threads: 3 }, { where: "worker", threads: 2 }];
    await expectExact({ every: 3, options: (log) => ({ validation: 0.2, ema: 0.9, metrics: [spread], callbacks: [counting(log), bestWeights()] }) }, sites);
  });

  it("early stopping has ended one before its last epoch", async () => {
    const epochs = await expectExact({ every: 1, options: () => ({ epochs: 12, validation: held, optimizer: sgd({ learningRate: 2 }), callbacks: [earlyStopping({ patience: 1 })] }) });
    expect(epochs).toBeLessThan(12);
  });
});

/** The rows in batches of 5, 9, 5 …, another order for each epoch. */
function* batches(epoch = 0): Generator<Data<any, any>> {
  const order = Array.from({ length: 41 }, (_, i) => (i * 7 + 11 * epoch) % 41);
  for (let from = 0, size = 5; from < 41; from += size, size = 14 - size) {
    const ids = order.slice(from, from + size);
    yield { x: ids.map((id) => [...data.x.subarray(6 * id, 6 * id + 6)]), y: ids.map((id) => data.y[id]!) };
  }
}

describe("a stream goes on where it was", () => {
  const later = async function* (epoch: number): AsyncGenerator<Data<any, any>> {
    for (const batch of batches(epoch)) yield await Promise.resolve(batch);
  };
  it.each<[string, () => Stream<any, any>]>([
    ["of a known size", () => Object.assign((epoch: number) => batches(epoch), { rows: 41 })],
    ["that does not tell its size", () => (epoch: number) => batches(epoch)],
    ["that comes later", () => (epoch: number) => later(epoch)],
    ["that is an object, read anew for each epoch", () => ({ [Symbol.iterator]: () => batches() })],
  ])("%s", async (_, stream) => void (await expectExact({ data: stream, options: () => ({ ema: 0.5, validation: stream(), metrics: ["accuracy"] }) }, [{}, { where: "worker" }])));
});

describe("checkpoints", () => {
  it("that are asked for while callbacks wait: those that have not heard of the epoch do so", async () => {
    const run = (log: string[], onEpoch: Callback["onEpoch"]): FitOptions => ({
      loss: crossEntropy(), optimizer: sgd({ learningRate: 2 }), batchSize: 8, epochs: 12, validation: held, callbacks: [counting(log), { onEpoch: onEpoch! }, earlyStopping({ patience: 1 }), counting(log)],
    });
    const log: string[] = [], model = await net(), taken: [Uint8Array, number][] = [];
    const training = (model as Model<any, any>).fit(data, run(log, async () => void taken.push([await training.checkpoint(), log.length])));
    const history = await training;
    expect(history.epochs.length).toBeLessThan(12);
    for (const [resume, before] of taken) {
      const again: string[] = [], other = await net({}, 99), rest = await (other as Model<any, any>).fit(data, { ...run(again, () => {}), resume });
      expect(again).toEqual(log.slice(before)); // the last callback hears of that epoch
      expect(told(rest)).toEqual(told(history));
      expect(hash(other as Model)).toBe(hash(model as Model));
    }
  });

  it("of a step in a worker are refused to who has not asked for its parameters, and right for who has", async () => {
    const run = (callbacks: Callback[]): FitOptions => ({ loss: crossEntropy(), optimizer: adam({ learningRate: 0.05 }), batchSize: 8, callbacks });
    const taken: Uint8Array[][] = [], errors: any[] = [];
    for (const site of [{}, { where: "worker" }]) {
      const model = await net(site) as Model<any, any>, kept: Uint8Array[] = [];
      taken.push(kept);
      await model.fit(data, run([{ onStep: (_, training) => void kept.push(training.checkpoint()) }]));
      let captured: Running;
      await Promise.resolve(model.fit(data, run([{ onStart: (training) => void (captured = training), onStep: () => void captured.checkpoint() }]))).catch((error: unknown) => errors.push(error));
      await model.dispose();
    }
    expect(taken[1]!.map((bytes) => state(bytes))).toEqual(taken[0]!.map((bytes) => state(bytes)));
    expect(errors).toMatchObject([{ code: "not-here", details: { of: "checkpoint" } }]);
  });

  it("keep what a callback has saved though it is 0, false or an empty text", async () => {
    for (const saved of [0, false, ""]) {
      const loaded: unknown[] = [], keep: Callback = { save: () => saved, load: (it) => void loaded.push(it) }, run = { loss: crossEntropy(), callbacks: [keep] } satisfies FitOptions;
      const training = (await net() as Model<any, any>).fit(data, run);
      await training;
      await (await net() as Model<any, any>).fit(data, { ...run, epochs: 2, resume: await training.checkpoint() });
      expect(loaded).toEqual([saved]);
    }
  });
});

describe("force", () => {
  const base: FitOptions = { loss: crossEntropy(), optimizer: adam({ learningRate: 0.05 }), batchSize: 8, epochs: 4, metrics: ["accuracy"], validation: 0.2 };
  const checkpointOf = async (steps: number, more: object = {}): Promise<Uint8Array> => (await (await net() as Model<any, any>).fit(data, { ...base, ...more, budget: { steps } })).checkpoint!;

  it.each<[string, Partial<FitOptions>]>([
    ["batchSize", { batchSize: 5 }], ["rows", { validation: 0.4 }], ["metrics", { metrics: [] }], ["schedule", { schedule: cosine() }], ["shuffle", { shuffle: false }], ["seed", { seed: 8 }], ["ema", { ema: 0.9 }],
    ["optimizer learningRate", { optimizer: adam({ learningRate: 0.01 }) }], ["clipNorm", { clipNorm: 1 }], ["loss 0 reduction", { loss: crossEntropy({ reduction: "sum" }) }],
  ])("goes on with another %s, which is refused without it, and its own checkpoints go on exactly", async (option, more) => {
    const resume = await checkpointOf(6), model = await net() as Model<any, any>, before = hash(model);
    const error: any = await Promise.resolve(model.fit(data, { ...base, ...more, resume })).catch((reason) => reason);
    expect(error).toMatchObject({ code: "resume-mismatch", details: { option: option === "metrics" ? expect.stringMatching(/^metrics/) : option } });
    expect(hash(model)).toBe(before);
    const training = model.fit(data, { ...base, ...more, resume, force: true, onStep: ({ step }) => void (step === 9 && (kept = training.checkpoint())) });
    let kept: Promise<Uint8Array> | undefined;
    const history = await training, other = await net({}, 5) as Model<any, any>;
    expect(history.epochs).toHaveLength(4);
    const rest = await other.fit(data, { ...base, ...more, resume: (await kept)! });
    expect([hash(other), told(rest)]).toEqual([hash(model), told(history)]);
  });

  it.each<[string, (by: number) => Partial<FitOptions>]>([
    ["loss 0 computes", (by) => ({ loss: (p, t) => ops.sum(ops.square(ops.subtract(p, ops.multiply(ops.reshape(ops.toFloat(t), [-1, 1]), by))), [1]) })],
    ["schedule rates", (by) => ({ schedule: (step) => 0.05 / (1 + by * step) })],
    ["penalty 0 computes", (by) => ({ penalty: { penalty: "mine", options: {}, cost: ([first]) => ops.multiply(ops.sum(ops.square(first!.value)), by) } })],
    ["update", (by) => ({ optimizer: optimizer("mine", { learningRate: 0.05, update: ({ parameter, gradient, learningRate }) => ({ parameter: ops.subtract(parameter, ops.multiply(ops.multiply(gradient, learningRate), by)) }) }) })],
  ])("is wanted where a function of one's own was changed: %s", async (option, own) => {
    const resume = await checkpointOf(6, { metrics: [], ...own(0.5) }), run = { ...base, metrics: [], resume };
    await expect((await net() as Model<any, any>).fit(data, { ...run, ...own(0.25) })).rejects.toMatchObject({ code: "resume-mismatch", details: { option } });
    await (await net() as Model<any, any>).fit(data, { ...run, ...own(0.25), force: true });
    const [whole, rest] = [await net() as Model<any, any>, await net({}, 5) as Model<any, any>];
    await whole.fit(data, { ...base, metrics: [], ...own(0.5) });
    await rest.fit(data, { ...run, ...own(0.5) }); // the same function, made anew
    expect(hash(rest)).toBe(hash(whole));
  });

  it("is wanted by a trainer whose loss of one's own was changed", async () => {
    const model = await createModel(dense(2), { input: [3] }), batch = { x: [[1, 2, 3]], y: [[1, 0]] };
    const own = (by: number): object => ({ loss: (p: Value, t: Value) => ops.multiply(ops.square(ops.subtract(p, t)), by) });
    const trainer = model.trainer({ ...own(2) } as any);
    trainer.step(batch);
    const resume = trainer.checkpoint();
    expect(() => model.trainer({ ...own(3), resume } as any)).toThrow(expect.objectContaining({ code: "resume-mismatch" }));
    expect(model.trainer({ ...own(2), resume } as any).steps).toBe(1);
  });

  it("changes nothing where nothing differs", async () => {
    const resume = await checkpointOf(6), [plain, forced] = [await net() as Model, await net() as Model];
    await plain.fit(data, { ...base, resume });
    await forced.fit(data, { ...base, resume, force: true });
    expect(hash(forced)).toBe(hash(plain));
  });

  it("does not take what does not fit: another model, another optimizer's state, a trainer's run", async () => {
    const resume = await checkpointOf(6), wide = await createModel(dense(3), { input: [6] }), model = await net() as Model<any, any>;
    await expect(wide.fit(data, { ...base, resume, force: true })).rejects.toMatchObject({ code: "resume-mismatch" });
    await expect(model.fit(data, { ...base, optimizer: sgd({ momentum: 0.9 }), resume, force: true })).rejects.toMatchObject({ code: "resume-mismatch" });
    const trainer = model.trainer({ loss: crossEntropy(), optimizer: adam({ learningRate: 0.05 }) });
    trainer.step(data);
    await expect(model.fit(data, { ...base, resume: trainer.checkpoint(), force: true })).rejects.toMatchObject({ code: "resume-mismatch", details: { option: "run" } });
  });
});
