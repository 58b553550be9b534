// Cross-validation: a model for each fold, judged by rows that it has not seen, and gone afterwards whatever happens.

import { describe, expect, it } from "vitest";
import { adam, createModel, crossEntropy, crossValidate, dense, earlyStopping, kFold, type Model, mse, relu, sequential, sgd } from "../../../src/index.ts";
import { classified, numbers } from "../../helpers.ts";

const { x: flat, y } = classified(120), data = { x: { data: flat, shape: [120, 6] }, y };
const options = { folds: 4, seed: 5, loss: crossEntropy(), optimizer: adam({ learningRate: 0.02 }), epochs: 4, batchSize: 16, metrics: ["accuracy"] } as const;

/** Models, and how many of them are alive. */
function maker(site: object = {}): { make: () => Promise<Model>; alive: () => number; made: Model[] } {
  const made: Model[] = [];
  return {
    made,
    make: async () => {
      const model = await createModel(sequential(dense(8), relu(), dense(3)), { input: [6], seed: 2, ...site }) as Model;
      made.push(model);
      return model;
    },
    alive: () => made.filter((model) => {
      try {
        return model.info() !== undefined;
      } catch {
        return false;
      }
    }).length,
  };
}

describe("crossValidate", () => {
  it("does what a loop over kFold does", async () => {
    const { make, alive, made } = maker(), result = await crossValidate(make, data, { ...options, stratified: true });
    expect([made.length, alive()]).toEqual([4, 0]);
    const folds = kFold(data, { folds: 4, seed: 5, stratified: true }), predictions = new Float32Array(120 * 3), losses: number[] = [];
    for (const [i, { training, validation }] of folds.entries()) {
      const model = await make();
      const { epochs } = await model.fit(training, { loss: options.loss, optimizer: options.optimizer, epochs: 4, batchSize: 16, metrics: ["accuracy"], seed: 5 });
      const scores = await model.evaluate(validation), { data: rows } = model.predict(validation.x);
      validation.ids.forEach((id, at) => predictions.set(rows.subarray(3 * at, 3 * at + 3), 3 * id));
      losses.push(scores.loss);
      expect(result.folds[i]).toMatchObject({ fold: i, scores, rows: validation.ids });
      expect(result.folds[i]!.history.epochs.map(({ loss }) => loss)).toEqual(epochs.map(({ loss }) => loss));
      model.dispose();
    }
    expect(result.predictions).toEqual({ data: predictions, shape: [120, 3] });
    const mean = losses.reduce((a, b) => a + b) / 4, deviation = Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / 3);
    expect(result.mean.loss).toBeCloseTo(mean, 12);
    expect(result.deviation.loss).toBeCloseTo(deviation, 12);
    expect(result.mean.accuracy).toBeGreaterThan(0.5);
  });

  it("has the same bits on each run, and in a worker", async () => {
    const one = await crossValidate(maker().make, data, options), other = await crossValidate(maker().make, data, options), away = await crossValidate(maker({ where: "worker" }).make, data, { ...options });
    const told = ({ folds, mean, deviation, predictions }: typeof one): unknown => [folds.map(({ scores }) => scores), mean, deviation, predictions];
    expect(told(other)).toEqual(told(one));
    expect(told(away)).toEqual(told(one));
  });

  it("keeps groups whole, tells of each fold, and lets earlyStopping look at other rows than the fold", async () => {
    const groups = Array.from({ length: 120 }, (_, i) => `patient ${i % 10}`), told: number[] = [];
    const { folds } = await crossValidate(maker().make, data, {
      ...options, groups, validation: 0.2, callbacks: [earlyStopping({ monitor: "validation.loss", patience: 1 })], onFold: ({ fold }) => { told.push(fold); },
    });
    expect(told).toEqual([0, 1, 2, 3]);
    for (const { rows } of folds) {
      const inside = new Set([...rows].map((id) => groups[id]));
      expect(rows.length).toBe(12 * inside.size);
    }
    expect(folds[0]!.history.epochs[0]).toHaveProperty("validation.loss");
  });

  it("has several outputs by name", async () => {
    const { dense: layer } = { dense };
    const result = await crossValidate(() => {
      const a = layer(1), b = layer(2);
      return createModel(({ u }) => ({ a: a(u), b: b(u) }), { input: { u: [2] }, seed: 1 }) as Promise<Model>;
    }, { x: { u: { data: numbers(40), shape: [20, 2] } }, y: { a: numbers(20), b: { data: numbers(40), shape: [20, 2] } } }, { folds: 2, loss: { a: mse(), b: mse() }, epochs: 1 });
    const { a, b } = result.predictions as Record<string, { shape: number[] }>;
    expect([a!.shape, b!.shape]).toEqual([[20, 1], [20, 2]]);
    expect(Object.keys(result.mean)).toEqual(["loss"]);
  });

  it("prepares each fold's data by its training rows alone", async () => {
    const seen: number[][] = [];
    const result = await crossValidate(({ training }) => createModel(dense(1), { input: [(training.x as { shape: number[] }).shape[1]!], seed: 1 }) as Promise<Model>, { x: new Float32Array(12), y: numbers(12) }, {
      folds: 3, loss: mse(), optimizer: sgd({ learningRate: 0.01 }),
      prepare: async ({ trainingRows, validationRows }) => {
        seen.push([trainingRows.length, validationRows.length]);
        const made = (rows: Uint32Array): any => ({ x: { data: Float32Array.from([...rows].flatMap((row) => [row, 1])), shape: [rows.length, 2] }, y: Float32Array.from(rows) });
        return { training: made(trainingRows), validation: made(validationRows) };
      },
    });
    expect(seen).toEqual([[8, 4], [8, 4], [8, 4]]);
    expect((result.predictions as { shape: number[] }).shape).toEqual([12, 1]);
  });

  it("leaves no model behind when something fails", async () => {
    const { make, alive, made } = maker();
    await expect(crossValidate(make, data, { ...options, onStep: ({ step }) => { if (step === 3 && made.length === 2) throw new Error("stop here"); } })).rejects.toThrow("stop here");
    expect([made.length, alive()]).toEqual([2, 0]);
    await expect(crossValidate(make, data, { ...options, onFold: () => { throw new Error("and here"); } })).rejects.toThrow("and here");
    await expect(crossValidate(make, { x: data.x, y: new Int32Array(120).fill(7) }, options)).rejects.toMatchObject({ code: "label-out-of-range" });
    expect(alive()).toBe(0);
    const stop = new AbortController();
    await expect(crossValidate(make, data, { ...options, signal: stop.signal, onFold: () => stop.abort(new Error("enough")) })).rejects.toThrow("enough");
    expect(alive()).toBe(0);
  });

  it("tells what does not fit, before a model is made", async () => {
    const { make, made } = maker(), bad: [() => Promise<unknown>, string][] = [
      [() => crossValidate(make, data, { ...options, folds: 121 }), "bad-option"], [() => crossValidate(make, data, { ...options, fold: 3 } as never), "unknown-option"],
      [() => crossValidate(make, data, { ...options, resume: new Uint8Array(1) } as never), "unknown-option"], [() => crossValidate(make, [data] as never, options), "bad-option"],
      [() => crossValidate(make, data, { ...options, prepare: 1 as never }), "bad-option"], [() => crossValidate(make, data, { ...options, onFold: {} as never }), "bad-option"],
      [() => crossValidate(1 as never, data, options), "bad-option"], [() => crossValidate(make, data, { ...options, groups: ["a"] }), "rows-mismatch"],
    ];
    for (const [promise, code] of bad) await expect(promise()).rejects.toMatchObject({ code });
    expect(made.length).toBe(0);
    await expect(crossValidate(() => ({}) as never, data, options)).rejects.toMatchObject({ code: "bad-option" });
  });
});
