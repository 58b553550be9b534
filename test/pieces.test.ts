// Steps between which nobody looks are done together, and in a worker in one message. Nothing else is different: not the bits, nor
// what goes wrong, nor where.

import { describe, expect, it, vi } from "vitest";
import { adam, createModel, crossEntropy, dense, type FitOptions, hash, type Model, NonFiniteError, OptionError, relu, sequential, sgd, stepDecay, type WorkerModel } from "../src/index.ts";
import { classified } from "./helpers.ts";

const data = classified(330, 6), options = { loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), batchSize: 4, epochs: 3, metrics: ["accuracy"] } satisfies FitOptions;
const SITES = [{}, { threads: 2 }, { where: "worker" }, { where: "worker", threads: 2 }] as const;
/** A step by itself. */
const looked = { onStep() {} };

const make = (site: object): Promise<WorkerModel> => createModel(sequential(dense(8), relu(), dense(3)), { input: [6], seed: 3, ...site }) as Promise<never>;

async function outcome(site: object, more: object, rows = data): Promise<{ error: any; step: number; hash: string; losses: unknown; checkpoint: Uint8Array }> {
  const model = await make(site), training = model.fit(rows, { ...options, ...more } as FitOptions), losses: unknown[] = [];
  let error: any;
  try {
    for await (const { loss, accuracy, learningRate, step } of training as any) losses.push([loss, accuracy, learningRate, step]);
  } catch (reason) {
    error = reason;
  }
  const checkpoint = await training.checkpoint(), result = { error, step: error?.details.step, hash: hash({ parameters: await model.parameters }), losses, checkpoint };
  await model.dispose();
  return result;
}

describe.each(SITES)("on %j", (site) => {
  it.each<[string, object]>([
    ["plain", {}], ["a schedule", { schedule: stepDecay({ steps: 30, factor: 0.9 }) }], ["a budget of steps", { budget: { steps: 100 } }], ["one step at a time", { yieldEvery: 0 }],
  ])("%s: the same bits and reports as step by step", async (_, more) => {
    const [one, other] = [await outcome(site, { ...more, ...looked }), await outcome(site, more)];
    expect([other.hash, other.losses, other.error]).toEqual([one.hash, one.losses, undefined]);
  });

  it("so are those where the clock stands still, one step at a time", async () => {
    const one = await outcome({}, looked), clock = vi.spyOn(performance, "now").mockReturnValue(1);
    try {
      const other = await outcome(site, { yieldEvery: 0 });
      expect([other.hash, other.losses, other.error]).toEqual([one.hash, one.losses, undefined]);
    } finally {
      clock.mockRestore();
    }
  });

  it("a step that is not finite is the same one, and the parameters are those from before it", async () => {
    const wild = { optimizer: sgd({ learningRate: 1e19 }) }, [one, other] = [await outcome({}, { ...wild, ...looked }), await outcome(site, wild)];
    expect(other.error).toBeInstanceOf(NonFiniteError);
    expect([other.step, other.error.message, other.hash]).toEqual([one.step, one.error.message, one.hash]);
  });

  it("nor is anything done after one batch that is not finite, though the next would be", async () => {
    const wild = { ...data, x: (data.x as Float32Array).slice() }, more = { shuffle: false, epochs: 1 };
    wild.x.fill(3e38, 6 * 200, 6 * 201);
    const [one, other] = [await outcome({}, { ...more, ...looked }, wild), await outcome(site, more, wild)];
    expect(other.error).toBeInstanceOf(NonFiniteError);
    expect([other.step, other.hash]).toEqual([51, one.hash]);
  });

  it("so is a step at which a schedule has no rate", async () => {
    const wrong = { schedule: (step: number) => (step < 57 ? 0.01 : NaN) }, [one, other] = [await outcome({}, { ...wrong, ...looked }), await outcome(site, wrong)];
    expect(other.error).toBeInstanceOf(OptionError);
    expect([other.step, other.hash]).toEqual([57, one.hash]);
  });

  it("an abort ends it soon, and it goes on from there to the same bits", async () => {
    const wanted = (await outcome({}, { epochs: 60 })).hash, controller = new AbortController(), model = await make(site);
    const training = model.fit(data, { ...options, epochs: 60, signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 30);
    const error = await training.then(() => undefined, (reason: any) => reason);
    if (error) expect(error.message).toBe("enough");
    const resume = await training.checkpoint(), again = await make(site);
    await again.fit(data, { ...options, epochs: 60, resume });
    expect(hash({ parameters: await again.parameters })).toBe(wanted);
    await model.dispose();
    await again.dispose();
  });
});

it("the event loop has its turns, and a checkpoint is that of a step", async () => {
  const model = await make({}) as unknown as Model, training = model.fit(data, { ...options, epochs: 100, yieldEvery: 5 });
  let turns = 0;
  const timer = setInterval(() => turns++, 1), resume = await training.checkpoint().catch(() => undefined);
  await training;
  clearInterval(timer);
  expect(turns).toBeGreaterThan(0);
  if (resume) expect(resume.length).toBeGreaterThan(0);
});
