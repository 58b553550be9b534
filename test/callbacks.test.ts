// Callbacks: when they are told of a run, and what those of the library make of it.

import { describe, expect, test } from "vitest";
import {
  accuracy, bestWeights, callbacks, type Callback, createModel, crossEntropy, dense, earlyStopping, hash, type Model, mse, NonFiniteError, OptionError, progress,
  reduceOnPlateau, type Running, sgd, StateError,
} from "../src/index.ts";
import { classified, classifier, options, parametersOf } from "./helpers.ts";

const data = classified(64), held = classified(40, 6, 3, 9);

/** A model whose loss over epochs is what a list says: one weight, which a schedule drives to √loss. */
const driven = async (losses: readonly number[]) => {
  const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
  // w' = w − rate · 2 · (w − t) with t = 1: any next w by its rate, here by a sign of the gradient that a callback knows
  const drive: Callback = {
    onStart: () => void model.setParameters({ weight: [[1 + Math.sqrt(losses[0]!)]] }),
    onEpoch: ({ epoch }) => void (epoch < losses.length && model.setParameters({ weight: [[1 + Math.sqrt(losses[epoch]!)]] })),
  };
  const fit = { loss: mse(), optimizer: sgd({ learningRate: 0 }), epochs: losses.length };
  return { model, drive, fit, weight: () => model.parameters.get("weight")!.data[0]! };
};
const at = (loss: number): number => Math.fround(1 + Math.sqrt(loss));
const one = { x: [[1]], y: [[1]] };

describe("are told", () => {
  const record = (told: string[], name = ""): Callback => ({
    onStart: ({ epochs, steps, monitors }) => void told.push(`${name}start ${epochs} ${steps} ${monitors.join()}`),
    onStep: ({ step }, training) => void told.push(`${name}step ${step} of ${training.steps}`),
    onEpoch: async ({ epoch, validation }, training) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      told.push(`${name}epoch ${epoch} ${typeof validation} ${training.reports.length}`);
    },
    onEnd: () => void told.push(`${name}end`),
  });

  test("of the start, each step, each epoch and the end, one after the other, and the next epoch waits", async () => {
    const told: string[] = [], model = await classifier();
    await model.fit(data, options({ batchSize: 32, epochs: 2, validation: held, metrics: ["accuracy"], callbacks: [record(told), record(told, "2nd ")] }));
    const monitors = "loss,accuracy,validation.loss,validation.accuracy";
    const each = (line: string): string[] => [line, `2nd ${line}`];
    expect(told).toEqual([
      `start 2 4 ${monitors}`, "step 1 of 4", "step 2 of 4", "epoch 1 object 1", "step 3 of 4", "step 4 of 4", "epoch 2 object 2", "end",
    ].flatMap(each));
  });

  test("with the option onStep beside them", async () => {
    const told: string[] = [], model = await classifier();
    await model.fit(data, options({ epochs: 1, batchSize: 32, onStep: ({ step }) => void told.push(`option ${step}`), callbacks: [{ onStep: ({ step }) => void told.push(`callback ${step}`) }] }));
    expect(told).toEqual(["option 1", "callback 1", "option 2", "callback 2"]);
  });

  test("and do not change a bit", async () => {
    const a = await classifier(), b = await classifier();
    await a.fit(data, options({ validation: 0.25 }));
    await b.fit(data, options({ validation: 0.25, callbacks: [record([]), callbacks.jsonl({ write() {} }), earlyStopping({ patience: 9, restoreBest: false })] }));
    expect(hash(b)).toBe(hash(a));
  });

  test("training.stop() ends the run after this epoch, or this step", async () => {
    const model = await classifier();
    const epochs = await model.fit(data, options({ epochs: 9, callbacks: [{ onEpoch: ({ epoch }, training) => void (epoch === 2 && training.stop()) }] }));
    expect(epochs.epochs.map(({ epoch }) => epoch)).toEqual([1, 2]);
    let last = 0;
    const steps = await model.fit(data, options({ epochs: 9, callbacks: [{ onStep: ({ step }, training) => void ((last = step) === 6 && training.stop()) }] }));
    expect([last, steps.epochs.length]).toEqual([6, 1]);
  });

  test("a stopped run ends for an iterator too", async () => {
    const model = await classifier(), seen: number[] = [];
    for await (const { epoch } of model.fit(data, options({ epochs: 9, callbacks: [{ onEpoch: (_, training) => training.stop() }] }))) seen.push(epoch);
    expect(seen).toEqual([1]);
  });

  test.each(["onStart", "onStep", "onEpoch", "onEnd"] as const)("an error in %s rejects the run, and the model works on", async (hook) => {
    const model = await classifier(), told: string[] = [], broken: Callback = { [hook]: () => { throw new RangeError("mine"); } };
    await expect(model.fit(data, options({ callbacks: [record(told), broken] })).done).rejects.toThrow(new RangeError("mine"));
    expect(told.filter((line) => line === "end")).toHaveLength(1);
    await model.fit(data, options());
  });

  test("one that throws at the end keeps the end from no other; the first error is told", async () => {
    const told: string[] = [], model = await classifier(), boom = (text: string) => ({ onEnd() { told.push(text); throw new Error(text); } });
    await expect(model.fit(data, options({ callbacks: [boom("first"), { onEnd: () => void told.push("second") }, boom("third")] }))).rejects.toThrow("first");
    expect(told).toEqual(["first", "second", "third"]);
  });

  test("a callback that was not started is not ended", async () => {
    const model = await classifier(), told: string[] = [];
    await expect(model.fit(data, options({ callbacks: [{ onStart: () => { throw new Error("no"); } }, record(told)] })).done).rejects.toThrow("no");
    expect(told).toEqual([]);
  });
});

describe("earlyStopping", () => {
  test("a run that it has ended is over when it is resumed, unless there is more patience", async () => {
    const flat = async (patience: number, restoreBest: boolean, resume?: Uint8Array) => {
      const { model, fit } = await driven([1, 1, 1, 1, 1, 1, 1]);
      const training = model.fit(one, { ...fit, callbacks: [earlyStopping({ monitor: "loss", patience, restoreBest })], ...(resume && { resume }) });
      return { history: await training, bytes: await training.checkpoint(), model };
    };
    for (const restoreBest of [true, false]) {
      const whole = await flat(2, restoreBest), again = await flat(2, restoreBest, whole.bytes);
      expect(whole.history.epochs.length).toBe(3);
      expect(again.history.epochs).toEqual(whole.history.epochs);
      expect(hash(again.model)).toBe(hash(whole.model));
      expect((await flat(4, restoreBest, whole.bytes)).history.epochs.length).toBe(5);
    }
  });

  const losses = [4, 3, 5, 2.9, 3, 3, 3, 1, 0];

  test("stops after `patience` epochs without improvement, and sets the best epoch's parameters", async () => {
    const { model, drive, fit, weight } = await driven(losses);
    const history = await model.fit(one, { ...fit, callbacks: [earlyStopping({ monitor: "loss", patience: 3 }), drive] });
    expect(history.epochs.map(({ loss }) => Number(loss.toPrecision(5)))).toEqual([4, 3, 5, 2.9, 3, 3, 3]);
    expect(weight()).toBe(at(2.9));
  });

  test("any improvement is one where minDelta is left out", async () => {
    const falling = [1, 0.996, 0.992, 0.988, 0.984], { model, drive, fit } = await driven(falling);
    expect((await model.fit(one, { ...fit, callbacks: [earlyStopping({ monitor: "loss", patience: 1 }), drive] })).epochs.length).toBe(5);
  });

  test("minDelta is what an improvement has to be more than", async () => {
    const { model, drive, fit, weight } = await driven(losses);
    const history = await model.fit(one, { ...fit, callbacks: [earlyStopping({ monitor: "loss", patience: 3, minDelta: 0.2 }), drive] });
    expect([history.epochs.length, weight()]).toEqual([5, at(3)]);
  });

  test("without restoreBest the last parameters stay", async () => {
    const { model, drive, fit, weight } = await driven(losses);
    const history = await model.fit(one, { ...fit, callbacks: [earlyStopping({ monitor: "loss", patience: 1, restoreBest: false }), drive] });
    expect([history.epochs.length, weight()]).toEqual([3, at(2.9)]); // drive stands after it, and has moved on
  });

  test("a metric that rises is better when it is higher; mode says otherwise", async () => {
    const seen = async (mode: "auto" | "min"): Promise<number> => {
      const model = await classifier();
      return (await model.fit(data, options({ epochs: 30, metrics: [accuracy()], callbacks: [earlyStopping({ monitor: "accuracy", patience: 4, mode })] }))).epochs.length;
    };
    expect(await seen("min")).toBeLessThan(await seen("auto"));
  });

  test.each(["the last epoch", "a signal", "an error", "stop()", "break"])("sets the best after %s too", async (how) => {
    const { model, drive, fit, weight } = await driven([4, 1, 3, 3, 3, 3]), controller = new AbortController();
    const end: Callback = {
      onEpoch({ epoch }, training) {
        if (epoch !== 4 || how === "break") return;
        if (how === "a signal") controller.abort(new Error("enough"));
        if (how === "an error") throw new Error("enough");
        if (how === "stop()") training.stop();
      },
    };
    const training = model.fit(one, { ...fit, signal: controller.signal, callbacks: [bestWeights({ monitor: "loss" }), drive, end] });
    if (how === "break") {
      for await (const { epoch } of training) if (epoch === 4) break;
    } else if (how === "a signal" || how === "an error") await expect(training.done).rejects.toThrow("enough");
    else expect((await training).epochs.length).toBe(how === "stop()" ? 4 : 6);
    expect(weight()).toBe(at(1));
  });

  test("sets the best after a step that was not finite", async () => {
    const model = await createModel(dense(1, { bias: false, initializer: () => [0.5] }), { input: [1] }), rates = [0.1, 0.1, 1e30, 1e30];
    const training = model.fit(one, {
      loss: mse(), optimizer: sgd({ learningRate: 1 }), schedule: (step) => rates[step]!, epochs: 4, validation: one, callbacks: [earlyStopping({ patience: 9 })],
    });
    await expect(training.done).rejects.toThrow(NonFiniteError);
    expect(model.predict([[1]]).data[0]).toBeCloseTo(0.68, 6); // after two good steps
  });

  test("a run that ended before its first epoch keeps its parameters, whatever the callback saw before", async () => {
    const stopping = earlyStopping({ monitor: "loss", patience: 2 }), model = await classifier();
    await model.fit(data, options({ callbacks: [stopping] }));
    const fresh = await classifier(8), before = hash(fresh);
    await expect(fresh.fit(data, options({ signal: AbortSignal.abort(new Error("now")), callbacks: [stopping] })).done).rejects.toThrow("now");
    expect(hash(fresh)).toBe(before);
  });

  test("NaN is no improvement", async () => {
    const model = await classifier(), nan = { metric: "broken", all: () => NaN };
    const history = await model.fit(data, options({ epochs: 9, metrics: [nan], callbacks: [earlyStopping({ monitor: "broken", patience: 2 })] }));
    expect(history.epochs.length).toBe(2);
  });

  test("an unknown monitor is an error at the start, with what there is", async () => {
    const model = await classifier(), before = hash(model);
    for (const [monitor, fix] of [["validation.loss", /no validation data/], ["los", /did you mean loss/], ["validation.accuracy", /./]] as const) {
      const error: OptionError = await model.fit(data, options({ callbacks: [earlyStopping({ monitor, patience: 1 })] })).done.catch((caught: OptionError) => caught) as never;
      expect(error).toBeInstanceOf(OptionError);
      expect(error.details).toMatchObject({ option: "monitor", got: monitor, of: "earlyStopping" });
      expect(error.message).toMatch(fix);
    }
    expect(hash(model)).toBe(before);
  });
});

describe("checkpoints", () => {
  const watched = (patience = 2): Callback[] => [earlyStopping({ patience }), { save: () => "mine", load: (saved) => void expect(saved).toBe("mine") }];
  const train = (more: object) => options({ epochs: 12, optimizer: sgd({ learningRate: 0.9, momentum: 0.9 }), validation: held, ...more });

  test("a run that goes on stops where the whole one did, with its best parameters", async () => {
    const whole = await classifier(), cut = await classifier();
    const history = await whole.fit(data, train({ callbacks: watched() }));
    expect(history.epochs.length).toBeLessThan(12);
    const training = cut.fit(data, train({ callbacks: watched() }));
    for await (const { epoch } of training) if (epoch === history.epochs.length - 1) break;
    const resume = await training.checkpoint(), other = await classifier(1);
    const rest = await other.fit(data, train({ callbacks: watched(), resume }));
    expect(rest.epochs.map(({ loss }) => loss)).toEqual(history.epochs.map(({ loss }) => loss));
    expect(parametersOf(other)).toEqual(parametersOf(whole));
  });

  test("after the best has been set, a checkpoint still goes on from the last step", async () => {
    const straight = await classifier(), cut = await classifier();
    await straight.fit(data, train({ epochs: 6 }));
    const training = cut.fit(data, train({ epochs: 6, callbacks: [bestWeights({ monitor: "loss", mode: "max" })] }));
    for await (const { epoch } of training) if (epoch === 3) break;
    const restored = hash(cut), resume = await training.checkpoint();
    expect(hash(cut)).toBe(restored); // taking it changes nothing
    await cut.fit(data, train({ epochs: 6, resume }));
    expect(hash(cut)).toBe(hash(straight));
  });

  test("one taken in onEpoch or onStep goes on bit for bit", async () => {
    for (const hook of ["onEpoch", "onStep"] as const) {
      const straight = await classifier(), cut = await classifier(), kept: Uint8Array[] = [];
      const history = await straight.fit(data, train({ epochs: 4 }));
      await cut.fit(data, train({ epochs: 4, callbacks: [{ [hook]: (_: unknown, training: Running) => void kept.push(training.checkpoint()) }] }));
      for (const resume of kept.slice(0, -1)) {
        const other = await classifier(5), rest = await other.fit(data, train({ epochs: 4, resume }));
        expect(rest.epochs.map(({ loss, validation }) => [loss, validation])).toEqual(history.epochs.map(({ loss, validation }) => [loss, validation]));
        expect(hash(other)).toBe(hash(straight));
      }
    }
  });

  test("reduceOnPlateau goes on where it was", async () => {
    const more = { schedule: reduceOnPlateau({ patience: 0, threshold: 0.05, factor: 0.5 }) };
    const straight = await classifier(), cut = await classifier();
    const history = await straight.fit(data, train(more)), rates = history.epochs.map(({ learningRate }) => learningRate);
    expect(new Set(rates).size).toBeGreaterThan(2);
    const training = cut.fit(data, train(more));
    for await (const { epoch } of training) if (epoch === 7) break;
    const other = await classifier(5), rest = await other.fit(data, train({ schedule: reduceOnPlateau({ patience: 0, threshold: 0.05, factor: 0.5 }), resume: await training.checkpoint() }));
    expect(rest.epochs.map(({ learningRate }) => learningRate)).toEqual(rates);
    expect(hash(other)).toBe(hash(straight));
  });

  test("a callback's state from another one is let be", async () => {
    const training = (await classifier()).fit(data, train({ epochs: 2, callbacks: [earlyStopping({ monitor: "loss", patience: 1 })] }));
    await training;
    const resume = await training.checkpoint(), other = await classifier();
    const history = await other.fit(data, train({ epochs: 3, resume, callbacks: [bestWeights({ monitor: "validation.loss" })] }));
    expect(history.epochs.length).toBe(3);
  });
});

describe("what is told to people", () => {
  test("progress writes a line for each epoch, and covers those of steps", async () => {
    const text: string[] = [], model = await classifier();
    await model.fit(data, options({ epochs: 2, batchSize: 16, metrics: ["accuracy"], validation: held, callbacks: [progress({ write: (part) => void text.push(part), every: 2 })] }));
    expect(text).toHaveLength(6);
    expect(text[0]).toMatch(/^epoch 1\/2  step 2\/8  loss [\d.]+$/);
    expect(text[1]).toMatch(/^\repoch 1\/2  step 4\/8  loss [\d.]+ *$/);
    expect(text[2]).toMatch(/^\repoch 1\/2  loss [\d.]+  accuracy [\d.]+  validation.loss [\d.]+  validation.accuracy [\d.]+  rate 0.01  [\d.e+]+ rows\/s *\n$/);
    expect(text[3]).toMatch(/^epoch 2\/2  step 6\/8/);
  });

  test("progress ends its line when a run ends amid an epoch", async () => {
    const text: string[] = [], model = await classifier();
    await model.fit(data, options({ batchSize: 16, callbacks: [progress({ write: (part) => void text.push(part), every: 1 }), { onStep: ({ step }, training) => void (step === 2 && training.stop()) }] }));
    expect(text.at(-1)).toMatch(/^\r *\n$/);
  });

  test("jsonl writes each report as it is", async () => {
    const lines: string[] = [], model = await classifier();
    const history = await model.fit(data, options({ validation: held, callbacks: [callbacks.jsonl({ write: (line) => void lines.push(line) })] }));
    expect(lines.every((line) => line.endsWith("}\n"))).toBe(true);
    expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(history.epochs)));
  });
});

test("a model that is disposed amid a run ends it, callbacks or not", async () => {
  const model: Model<any, any> = await classifier(), told: string[] = [];
  const run = model.fit(data, options({ epochs: 50, callbacks: [bestWeights({ monitor: "loss" }), { onEpoch: ({ epoch }) => void (epoch === 3 && model.dispose()), onEnd: () => void told.push("end") }] }));
  await expect(run.done).rejects.toThrow(StateError);
  expect(told).toEqual(["end"]);
});

test("with several outputs, each one's loss and metrics can be monitored by name", async () => {
  const model = await createModel(({ x }) => ({ a: dense(3)(x), b: dense(1)(x) }), { input: { x: [6] } }), told: string[] = [];
  await model.fit({ x: { x: data.x }, y: { a: data.y, b: new Float32Array(64) } }, {
    loss: { a: crossEntropy(), b: mse() }, metrics: { a: ["accuracy"] },
    callbacks: [
      earlyStopping({ monitor: "losses.b", patience: 1 }), earlyStopping({ monitor: "a.accuracy", patience: 1 }),
      { onStart: ({ monitors }) => void told.push(...monitors) },
    ],
  });
  expect(told).toEqual(["loss", "losses.a", "a.accuracy", "losses.b"]);
});
