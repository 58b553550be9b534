// What goes wrong while a model trains: aborts, callbacks that throw, workers that die. Whatever happens, no promise stays
// pending, the parameters are those of a step, and the run goes on from there to the bits of one that was never disturbed.

import { Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  adam, cosine, createModel, crossEntropy, dense, dropout, type FitOptions, hash, type Model, readSafetensors, relu, sequential, WorkerError, type WorkerModel,
} from "../src/index.ts";
import { classified, numbers } from "./helpers.ts";

// all instructions are split, so that a rank dies in the middle of any
vi.mock("../src/passes/alone.ts", () => ({ markAlone() {} }));

const data = classified(200, 20), options = {
  loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), schedule: cosine(), batchSize: 32, epochs: 12, validation: 0.2, metrics: ["accuracy"],
} satisfies FitOptions;
const STEPS = 60, TIMES = 100;

const sites = [{ threads: 1 }, { threads: 2 }, { threads: 3 }, { where: "worker" }, { where: "worker", threads: 2 }] as const;
type Site = (typeof sites)[number];
const make = (site: Site): Promise<Model | WorkerModel> =>
  createModel(sequential(dense(24), relu(), dropout(0.2), dense(3)), { input: [20], seed: 4, ...(site as { threads: 1 }) });

/** A run that is long enough for a worker to die in it. */
const long = { ...options, epochs: 120 } satisfies FitOptions;

/** What runs that are never disturbed come to. */
let undisturbed: string, longUndisturbed: string;
/** Workers that this process has started and that live. */
const workers = new Set<Worker>();
const seen = (worker: Worker): void => {
  workers.add(worker);
  worker.on("exit", () => workers.delete(worker));
};

beforeAll(async () => {
  process.on("worker", seen);
  const ended = async (run: FitOptions): Promise<string> => {
    const model = await make({ threads: 1 });
    await model.fit(data, run);
    return hashOf(model).finally(() => model.dispose());
  };
  [undisturbed, longUndisturbed] = await Promise.all([ended(options), ended(long)]);
});
afterAll(() => void process.off("worker", seen));
afterEach(async () => {
  await vi.waitFor(() => expect(workers.size).toBe(0), 5000);
});

/** Random numbers of a test, the same each time. */
const random = numbers(4 * TIMES, 77).map((x) => (x + 1) / 2);

const hashOf = async (model: Model | WorkerModel): Promise<string> => hash({ parameters: await model.parameters });

/** Are the model's parameters those of the checkpoint? */
async function expectState(model: Model | WorkerModel, checkpoint: Uint8Array): Promise<void> {
  const saved = readSafetensors(checkpoint);
  for (const [name, { data: now }] of await model.parameters) expect([...saved.get(`parameter ${name}`)!.data]).toEqual([...now]);
}

/** Goes on from a checkpoint, on the same model or a new one. */
async function expectEnd(model: Model | WorkerModel, resume: Uint8Array): Promise<void> {
  await model.fit(data, { ...options, resume });
  expect(await hashOf(model)).toBe(undisturbed);
}

it(`${TIMES} aborts and exceptions of callbacks at random steps: the parameters are those of the step, and the run goes on to the undisturbed hash`, async () => {
  for (let i = 0; i < TIMES; i++) {
    const site = sites[i % sites.length]!, model = await make(site), at = 1 + Math.floor(random[i]! * (STEPS - 1)), controller = new AbortController();
    const wrong = new Error("enough");
    const training = model.fit(data, {
      ...options, signal: controller.signal,
      onStep({ step }) {
        if (step === at && i % 4 === 0) controller.abort(wrong);
        if (step === at && i % 4 === 1) throw wrong;
      },
      callbacks: [{
        onStep: ({ step }) => { if (step === at && i % 4 === 2) throw wrong; },
        onEpoch: ({ step }) => { if (step >= at && i % 4 === 3) return Promise.reject(wrong); },
      }],
    });
    await expect(training).rejects.toBe(wrong);
    const checkpoint = await training.checkpoint();
    await expectState(model, checkpoint);
    await expectEnd(model, checkpoint);
    await model.dispose();
  }
}, 240_000);

it("an abort from outside, at any time, stops at a step", async () => {
  for (let i = 0; i < 20; i++) {
    const model = await make(sites[i % sites.length]!), training = model.fit(data, { ...options, signal: AbortSignal.timeout(Math.floor(random[i]! * 20)) });
    const error = await training.then(() => undefined, (reason: any) => reason);
    if (error !== undefined) expect(error.name).toBe("TimeoutError");
    const checkpoint = await training.checkpoint().catch((reason) => reason);
    if (checkpoint instanceof Uint8Array) await expectEnd(model, checkpoint);
    else expect(checkpoint.code).toBe("not-started");
    await model.dispose();
  }
}, 60_000);

it(`${TIMES} killed workers: the fit tells the step, the parameters are those of the snapshot, and the run goes on to the undisturbed hash`, async () => {
  const threaded = sites.slice(1), late: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const model = await make(threaded[i % threaded.length]!), victims = [...workers], victim = victims[i % victims.length]!;
    const at = 1 + Math.floor(random[i]! * 250);
    let killed = 0;
    const training = model.fit(data, {
      ...long,
      onStep({ step }) {
        if (step !== at) return;
        killed = performance.now();
        void victim.terminate();
      },
    });
    const error = await training.then(() => undefined, (reason: any) => reason);
    late.push(performance.now() - killed);
    expect(error).toBeInstanceOf(WorkerError);
    expect(error.code).toBe("worker-died");
    expect(error.details.step).toBeGreaterThan(at);
    await expectState(model, error.checkpoint);
    expect(await training.checkpoint()).toEqual(error.checkpoint);
    expect(await model.info()).toMatchObject({ threads: 1, why: "a worker has died" });
    expect((await model.predict(data.x)).shape).toEqual([200, 3]);
    await model.fit(data, { ...long, resume: error.checkpoint });
    expect(await hashOf(model)).toBe(longUndisturbed);
    await model.dispose();
  }
  late.sort((a, b) => a - b);
  console.log(`a killed worker is told after ${late[TIMES / 2]!.toFixed(0)} ms (median), ${late.at(-1)!.toFixed(0)} ms at most`);
}, 240_000);

it("a worker that dies as the others still start is told by createModel", async () => {
  let died = 0;
  const kill = (worker: Worker): void => void worker.once("message", () => { if (!died++) void worker.terminate(); });
  process.on("worker", kill);
  try {
    await expect(make({ threads: 12 as 1 })).rejects.toThrow(WorkerError);
  } finally {
    process.off("worker", kill);
  }
});

describe.each(sites.slice(1))("on %j", (site) => {
  /** The fit of a model whose worker dies, and is seen to be dead, when `die` is called in it. */
  const dying = async (more: (die: () => void) => FitOptions, then?: (training: ReturnType<Model["fit"]>) => unknown): Promise<{ model: Model | WorkerModel; error: any; training: ReturnType<Model["fit"]> }> => {
    const model = await make(site), victim = [...workers][0]!;
    const training = (model as Model).fit(data, more(() => {
      void victim.terminate();
      for (const until = performance.now() + 40; performance.now() < until; ); // it is dead before the next turn
    }));
    await then?.(training);
    return { model, training, error: await training.then(() => undefined, (reason: any) => reason) };
  };

  /** The fit has failed, and says from where it goes on; or it has ended, with the parameters of its end. */
  const expectSound = async ({ model, training, error }: Awaited<ReturnType<typeof dying>>, end: string, run: FitOptions): Promise<void> => {
    if (error) {
      expect(error).toBeInstanceOf(WorkerError);
      await expectState(model, error.checkpoint);
      expect(await training.checkpoint()).toEqual(error.checkpoint);
      await model.fit(data, { ...run, resume: error.checkpoint });
    }
    expect(await hashOf(model)).toBe(end);
    await model.dispose();
  };

  it("a worker that dies at the last step, in a pause or at the end of an epoch is not overlooked", async () => {
    const at = (step: number) => (die: () => void): FitOptions => ({ ...options, onStep: (report) => { if (report.step === step) die(); } });
    await expectSound(await dying(at(STEPS)), undisturbed, options);
    await expectSound(await dying(at(5)), undisturbed, options);
    await expectSound(await dying((die) => ({ ...options, callbacks: [{ onEpoch: ({ epoch }) => { if (epoch === 7) die(); } }] })), undisturbed, options);
  });

  it("a checkpoint that is asked of a paused run whose worker has died is refused, or leads to the undisturbed hash", async () => {
    let paused!: () => void;
    const pausing = new Promise<void>((resolve) => (paused = resolve));
    let held: ReturnType<Model["fit"]> | undefined, victim: Worker | undefined;
    const run = await dying(() => ({ ...options, onStep: ({ step }) => {
      if (step !== 20) return;
      held!.pause();
      paused();
    } }), async (training) => {
      training.done.catch(() => {}); // it may have failed before anybody waits for it
      held = training;
      victim = [...workers][0]!;
      await pausing;
      await victim.terminate();
      await new Promise((resolve) => setTimeout(resolve, 20));
      const asked = await training.checkpoint().then((bytes) => bytes, (reason) => reason);
      if (asked instanceof Uint8Array) {
        const other = await make({ threads: 1 });
        await expectEnd(other, asked);
        await other.dispose();
      } else expect(asked).toBeInstanceOf(WorkerError);
      training.resume();
    });
    await expectSound(run, undisturbed, options);
  });

  it("with a moving average, the model and its average are those of the checkpoint", async () => {
    const averaged = { ...options, ema: 0.9 } satisfies FitOptions, wanted = await make({ threads: 1 });
    await wanted.fit(data, averaged);
    const { model, error } = await dying((die) => ({ ...averaged, onStep: ({ step }) => { if (step === 30) die(); } }));
    expect(error).toBeInstanceOf(WorkerError);
    const resumed = await make({ threads: 1 });
    await resumed.fit(data, { ...averaged, resume: error.checkpoint, budget: { steps: 1 } });
    await model.fit(data, { ...averaged, resume: error.checkpoint, budget: { steps: 1 } });
    expect(await hashOf(model)).toBe(await hashOf(resumed));
    await model.fit(data, { ...averaged, resume: error.checkpoint });
    expect(await hashOf(model)).toBe(await hashOf(wanted));
    for (const one of [model, resumed, wanted]) await one.dispose();
  });

  it("a worker that dies while nothing runs is told by the next fit, or not missed at all", async () => {
    const model = await make(site), wanted = await make({ threads: 1 }), victim = [...workers][0]!;
    await wanted.fit(data, options);
    await model.fit(data, options);
    await victim.terminate();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await model.predict(data.x)).toEqual(await wanted.predict(data.x));
    expect(await model.evaluate(data, { loss: crossEntropy() })).toEqual(await wanted.evaluate(data, { loss: crossEntropy() }));
    expect(await model.save()).toEqual(await wanted.save());
    await model.fit(data, options);
    await wanted.fit(data, options);
    expect(await hashOf(model)).toBe(await hashOf(wanted));
    await model.dispose();
    await wanted.dispose();
  });

  it("a worker that dies in a prediction or an evaluation rejects it, or it is done without", async () => {
    const model = await make(site), wanted = await make({ threads: 1 }), victim = [...workers][0]!, many = numbers(20 * 5000, 3);
    const asked = [0, 1, 2, 3].map(async () => model.predict(many)), evaluated = model.evaluate(data, { loss: crossEntropy(), batchSize: 1 });
    void victim.terminate();
    for (const answer of await Promise.allSettled([...asked, evaluated]))
      if (answer.status === "rejected") expect(answer.reason).toBeInstanceOf(WorkerError);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await model.predict(many)).toEqual(await wanted.predict(many));
    await model.dispose();
    await wanted.dispose();
  });

  it("a program that traps ends the worker, and the fit with it", async () => {
    const model = await make(site), network = (model as any).network;
    const training = model.fit(data, {
      ...options,
      onStep({ step }) {
        if (step !== 20) return;
        // every instruction of every program writes beyond the memory
        for (const { block, program } of network.session.loaded) {
          for (const { word } of program.instructions) network.session.words[block.offset / 4 + word + 1] = 0xfffffff0;
          network.session.wrote(block.offset, block.bytes);
        }
      },
    });
    await expect(training).rejects.toThrow();
    await model.dispose();
  });
});
