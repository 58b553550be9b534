import { expect, test, vi } from "vitest";
import {
  adam, cosine, createModel, crossEntropy, dense, hash, mae, metric, mse, NonFiniteError, sequential, sgd, sigmoid, binaryCrossEntropy,
  StateError, warmup, relu,
} from "../src/index.ts";
import { add } from "../src/ops/index.ts";
import { classified, classifier, numbers, options, parametersOf } from "./helpers.ts";

/** y = 2·x₀ − x₁ + 0.5 */
function line(rows: number): { x: Float32Array; y: Float32Array } {
  const x = numbers(rows * 2);
  return { x, y: Float32Array.from({ length: rows }, (_, i) => 2 * x[2 * i]! - x[2 * i + 1]! + 0.5) };
}

test("a line is learnt: weights and bias are those of the formula", async () => {
  const model = await createModel(dense(1), { input: [2] });
  const history = await model.fit(line(200), { loss: mse(), optimizer: adam({ learningRate: 0.05 }), schedule: cosine(), epochs: 60, batchSize: 20 });
  expect(history.epochs.length).toBe(60);
  expect(history.epochs.at(-1)!.loss).toBeLessThan(1e-6);
  const { weight, bias } = parametersOf(model) as { weight: number[]; bias: number[] };
  expect(weight[0]).toBeCloseTo(2, 3);
  expect(weight[1]).toBeCloseTo(-1, 3);
  expect(bias[0]).toBeCloseTo(0.5, 3);
});

test("XOR is learnt from nested arrays, and told apart with classify", async () => {
  const model = await createModel(sequential(dense(8), relu(), dense(1)), { input: [2], seed: 4, classes: ["same", "different"] });
  const x = [[0, 0], [0, 1], [1, 0], [1, 1]];
  await model.fit({ x, y: [0, 1, 1, 0] }, { loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.05 }), epochs: 300, batchSize: 4 });
  expect(model.classify(x, { top: 1 }).map(([best]) => best!.label)).toEqual(["same", "different", "different", "same"]);
  for (const [first, second] of model.classify(x) as [any, any][]) expect(first.probability + second.probability).toBeCloseTo(1, 6);
});

test("iterated, a fit gives a report for each epoch; awaited, the same in its history", async () => {
  const data = classified(100), reports = [];
  const a = await classifier(), b = await classifier();
  for await (const report of a.fit(data, options({ validation: 0.2, metrics: ["accuracy"] }))) reports.push(report);
  const history = await b.fit(data, options({ validation: 0.2, metrics: ["accuracy"] }));
  const timeless = (list: any[]): any[] => list.map(({ seconds, rowsPerSecond, ...rest }) => { expect(seconds).toBeGreaterThan(0); expect(rowsPerSecond).toBeGreaterThan(0); return rest; });
  expect(timeless(reports)).toEqual(timeless(history.epochs));
  expect(reports.map(({ epoch, step }) => [epoch, step])).toEqual([[1, 5], [2, 10], [3, 15]]);
  expect(hash(a)).toBe(hash(b));
  expect(Object.keys(history.columns).sort()).toEqual(["accuracy", "epoch", "learningRate", "loss", "rowsPerSecond", "seconds", "step", "val_accuracy", "val_loss"]);
  expect(history.columns.val_accuracy).toEqual(reports.map(({ validation }) => (validation as any).accuracy));
  expect(history.toCSV().split("\n").length).toBe(5);
});

test("reported loss and accuracy are those that evaluate gives, when nothing changes", async () => {
  const data = classified(50), model = await createModel(dense(3), { input: [6] });
  const [report] = (await model.fit(data, options({ epochs: 1, optimizer: sgd({ learningRate: 0 }), metrics: ["accuracy"], validation: data }))).epochs as any[];
  const scores: any = await model.evaluate(data, { loss: crossEntropy(), metrics: ["accuracy"] });
  expect(report.loss).toBeCloseTo(scores.loss, 6);
  expect(report.accuracy).toBe(scores.accuracy);
  expect(report.validation).toEqual(scores);
  const right = model.classify(data.x, { top: 1 }).filter(([best], row) => best!.index === data.y[row]).length;
  expect(scores.accuracy).toBe(right / 50);
});

test("an iterator taken at once paces the run: between reports no step is done, and the body may change the model", async () => {
  const model = await classifier();
  let steps = 0;
  for await (const report of model.fit(classified(64), options({ onStep: () => steps++ }))) {
    expect(steps).toBe(report.step);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(steps).toBe(report.step);
    model.setParameters(model.parameters);
  }
  expect(steps).toBe(12);
});

test("after break no further step runs, and the model can be fitted again", async () => {
  const model = await classifier();
  let steps = 0;
  for await (const report of model.fit(classified(64), options({ epochs: 10, onStep: () => steps++ }))) if (report.epoch === 2) break;
  expect(steps).toBe(8);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(steps).toBe(8);
  expect((await model.fit(classified(64), options({ epochs: 1 }))).epochs.length).toBe(1);
});

test("stop() ends the run after the current step; it resolves with what is done", async () => {
  const model = await classifier();
  let steps = 0;
  const training = model.fit(classified(64), options({ epochs: 10, onStep: () => { if (++steps === 6) training.stop(); } }));
  const history = await training;
  expect(steps).toBe(6);
  expect(history.epochs.length).toBe(1);
});

test("an aborted signal ends the run after the current step with its reason; a checkpoint can still be taken", async () => {
  const data = classified(64), control = new AbortController(), reason = new Error("enough");
  const model = await classifier(), other = await classifier();
  const training = model.fit(data, options({ signal: control.signal, onStep: ({ step }) => { if (step === 7) control.abort(reason); } }));
  await expect(training).rejects.toBe(reason);
  const bytes = await training.checkpoint();
  await other.fit(data, options());
  await model.fit(data, options({ resume: bytes }));
  expect(hash(model)).toBe(hash(other));
  const early = model.fit(data, options({ signal: AbortSignal.abort(reason), onStep: () => { throw new Error("a step ran"); } }));
  await expect(early).rejects.toBe(reason);
});

test("an exception in onStep rejects the fit with it; the parameters are those after the step", async () => {
  const data = classified(64), a = await classifier(), b = await classifier(), boom = new Error("boom");
  await expect(a.fit(data, options({ onStep: ({ step }) => { if (step === 5) throw boom; } }))).rejects.toBe(boom);
  let copy = "";
  await b.fit(data, options({ onStep: ({ step }) => { if (step === 5) copy = hash(b); } }));
  expect(hash(a)).toBe(copy);
});

test("an error reaches the iterator or the awaiter, and nobody else", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const model = await classifier();
  await expect(model.fit(classified(10), options({ batchSize: 0 }))).rejects.toMatchObject({ code: "bad-option" });
  const loop = (async () => { for await (const _ of model.fit(classified(10), options({ batchSize: 0 }))) throw new Error("no report expected"); })();
  await expect(loop).rejects.toMatchObject({ code: "bad-option" });
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test("a second fit while one runs is refused; the first goes on", async () => {
  const model = await classifier(), first = model.fit(classified(64), options());
  await expect(model.fit(classified(64), options())).rejects.toBeInstanceOf(StateError);
  expect((await first).epochs.length).toBe(3);
});

test("a fit starts in the next task", async () => {
  const model = await classifier(), before = hash(model);
  const training = model.fit(classified(16), options({ epochs: 1 }));
  await Promise.resolve();
  expect(hash(model)).toBe(before);
  await training;
  expect(hash(model)).not.toBe(before);
});

test("disposing the model ends a running fit with a StateError", async () => {
  const model = await classifier();
  const training = model.fit(classified(64), options({ epochs: 1000, onStep: ({ step }) => { if (step === 3) queueMicrotask(() => model.dispose()); } }));
  await expect(training).rejects.toMatchObject({ code: "disposed" });
});

test("the last smaller batch is trained: sum of rows over the steps is the data set's", async () => {
  const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
  // with x = 1 and a loss that is the prediction, each step takes the rate away, however many rows it has
  const losses: number[] = [];
  await model.fit({ x: new Float32Array(7).fill(1), y: new Float32Array(7) },
    { loss: (p) => p, optimizer: sgd({ learningRate: 1 }), batchSize: 3, onStep: ({ loss }) => losses.push(loss) });
  expect(losses).toEqual([0, -1, -2]);
  expect(model.predict([[1]]).data[0]).toBe(-3);
});

test("a row of weight 2 counts as two rows, one of weight 0 not at all", async () => {
  const { x, y } = classified(12), rowsOf = (ids: number[]) => ({ x: Float32Array.from(ids.flatMap((id) => [...x.subarray(6 * id, 6 * id + 6)])), y: ids.map((id) => y[id]!) });
  const weighted = await classifier(), repeated = await classifier();
  const all = { batchSize: 100, shuffle: false, epochs: 5, optimizer: sgd({ learningRate: 0.1 }) };
  const net = () => createModel(sequential(dense(5), relu(), dense(3)), { input: [6], seed: 2 });
  const a = await net(), b = await net();
  const ha = await a.fit({ x, y, weight: [2, 1, 0, 1, 1, 3, 1, 1, 1, 1, 1, 0] }, options({ ...all, metrics: ["accuracy"] }));
  const hb = await b.fit(rowsOf([0, 0, 1, 3, 4, 5, 5, 5, 6, 7, 8, 9, 10]), options({ ...all, metrics: ["accuracy"] }));
  for (const [i, report] of ha.epochs.entries()) {
    expect(report.loss).toBeCloseTo(hb.epochs[i]!.loss, 5);
    expect((report as any).accuracy).toBeCloseTo((hb.epochs[i] as any).accuracy, 6);
  }
  for (const [name, { data }] of a.parameters) data.forEach((value: number, i: number) => expect(value).toBeCloseTo(b.parameters.get(name)!.data[i]!, 5));
  weighted.dispose();
  repeated.dispose();
});

test("clipNorm bounds the step", async () => {
  const net = () => createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [2] });
  const fit = { loss: mse(), optimizer: sgd({ learningRate: 1 }), batchSize: 1 };
  const free = await net(), clipped = await net();
  await free.fit({ x: [[3, 4]], y: [10] }, fit);
  await clipped.fit({ x: [[3, 4]], y: [10] }, { ...fit, clipNorm: 0.5 });
  expect([...free.parameters.get("weight")!.data]).toEqual([60, 80]);
  expect(clipped.parameters.get("weight")!.data[0]).toBeCloseTo(0.3, 5);
  expect(clipped.parameters.get("weight")!.data[1]).toBeCloseTo(0.4, 5);
});

test("a held-out share is drawn by the seed and has every class in its share", async () => {
  const rows = 200, y = Int32Array.from({ length: rows }, (_, i) => (i < 180 ? 0 : i < 190 ? 1 : 2));
  // the row's number is its only feature; the metric sees the held-out rows
  const seen: number[][] = [];
  const spy = metric("rows", { all: (prediction, target) => { seen.push([...target.data]); return prediction.data.length; } });
  for (const seed of [1, 1, 2]) {
    const model = await createModel(dense(3), { input: [1] });
    const history: any = await model.fit({ x: Float32Array.from(y, (_, i) => i / rows), y }, { loss: crossEntropy(), validation: 0.2, metrics: [spy], seed });
    expect(history.epochs[0].validation.rows).toBe(40 * 3);
    expect(history.epochs[0].rows).toBe(160 * 3);
  }
  const held = seen.filter((list) => list.length === 40);
  for (const list of held) expect([0, 1, 2].map((label) => list.filter((other) => other === label).length)).toEqual([36, 2, 2]);
  expect(held[0]).toEqual(held[1]);
});

test("the seed decides: equal seeds, equal bits; other seeds, other bits; without shuffling the order is the data's", async () => {
  const data = classified(100), bits = async (more: object) => {
    const model = await createModel(sequential(dense(4), dense(3)), { input: [6], seed: 1 });
    await model.fit(data, options(more));
    return hash(model);
  };
  expect(await bits({ seed: 5 })).toBe(await bits({ seed: 5 }));
  expect(await bits({ seed: 5 })).not.toBe(await bits({ seed: 6 }));
  expect(await bits({ seed: 5, shuffle: false })).toBe(await bits({ seed: 6, shuffle: false }));
  expect(await bits({ yieldEvery: 0 })).toBe(await bits({ yieldEvery: 1000 }));
});

test("a schedule shapes the rate: a function of the step from 0, a built-in one, and per group in proportion", async () => {
  const seen: number[] = [], rates: number[] = [];
  const model = await createModel(sequential(dense(2), dense(1)), { input: [2] });
  const schedule = (step: number, { steps, epochs, base }: { steps: number; epochs: number; base: number }): number => {
    if (epochs === 2) seen.push(step, steps, epochs, base); // a run that is no run asks for the rates by which checkpoints know it
    return base * (step + 1);
  };
  await model.fit(line(8), { loss: mse(), optimizer: sgd({ learningRate: 0.01 }), schedule, batchSize: 4, epochs: 2, onStep: ({ learningRate }) => rates.push(learningRate) });
  expect(seen).toEqual([0, 4, 2, 0.01, 1, 4, 2, 0.01, 2, 4, 2, 0.01, 3, 4, 2, 0.01]);
  expect(rates).toEqual([0.01, 0.02, 0.03, 0.04]);
  rates.length = 0;
  await model.fit(line(8), { loss: mse(), optimizer: sgd({ learningRate: 1e-3 }), schedule: warmup({ steps: 2, startFactor: 0.5 }), batchSize: 4, epochs: 2, onStep: ({ learningRate }) => rates.push(learningRate) });
  expect(rates).toEqual([0.5e-3, 0.75e-3, 1e-3, 1e-3]);
});

test("groups: the first match counts, its rate keeps its ratio, and a rate of 0 leaves parameters alone", async () => {
  const net = () => createModel(sequential(dense(2), dense(1)), { input: [2], seed: 7 });
  const model = await net(), before = parametersOf(model);
  await model.fit(line(16), {
    loss: mse(), batchSize: 16,
    optimizer: sgd({ learningRate: 0.1, groups: [{ match: /^0\./, learningRate: 0 }, { match: (p) => p.shape.length < 2, learningRate: 0.2 }] }),
  });
  const after = parametersOf(model), plain = await net();
  await plain.fit(line(16), { loss: mse(), batchSize: 16, optimizer: sgd({ learningRate: 0.1 }) });
  const reference = parametersOf(plain);
  expect(after["0.weight"]).toEqual(before["0.weight"]);
  expect(after["0.bias"]).toEqual(before["0.bias"]);
  expect(after["1.weight"]).toEqual(reference["1.weight"]);
  const step = (now: Record<string, number[]>): number => now["1.bias"]![0]! - before["1.bias"]![0]!;
  expect(step(after)).toBeCloseTo(2 * step(reference), 5);
});

test("frozen parameters stay, the others are trained, and unfreezing undoes it", async () => {
  const model = await classifier(), before = parametersOf(model);
  expect(model.freeze(/^0\./)).toEqual(["0.weight", "0.bias"]);
  expect(model.summary()).toContain("Non-trainable params: 84");
  await model.fit(classified(64), options());
  const after = parametersOf(model);
  expect(after["0.weight"]).toEqual(before["0.weight"]);
  expect(after["3.weight"]).not.toEqual(before["3.weight"]);
  model.unfreeze(/^0\./);
  await model.fit(classified(64), options());
  expect(parametersOf(model)["0.weight"]).not.toEqual(before["0.weight"]);
});

test("a layer that is not trainable stays too", async () => {
  const model = await createModel(sequential(dense(4, { trainable: false }), relu(), dense(3)), { input: [6] }), before = parametersOf(model);
  await model.fit(classified(64), options());
  expect(parametersOf(model)["0.weight"]).toEqual(before["0.weight"]);
  expect(parametersOf(model)["2.weight"]).not.toEqual(before["2.weight"]);
});

test("named inputs and outputs: data, losses, weights and metrics are records of the names", async () => {
  const tower = dense(4), a = dense(1), b = dense(3);
  const model = await createModel(({ left, right }) => {
    const shared = add(tower(left), tower(right));
    return { sum: a(shared), kind: b(shared) };
  }, { input: { left: [2], right: [2] }, seed: 3 });
  expect([...model.parameters.keys()]).toEqual(["0.weight", "0.bias", "1.weight", "1.bias", "2.weight", "2.bias"]);
  const x = { left: numbers(80, 1), right: numbers(80, 2) };
  const y = { sum: Float32Array.from({ length: 40 }, (_, i) => x.left[2 * i]! + x.right[2 * i]!), kind: Int32Array.from({ length: 40 }, (_, i) => i % 3) };
  const history = await model.fit({ x, y }, {
    loss: { sum: mse(), kind: crossEntropy() }, lossWeights: { kind: 0.5 }, metrics: { sum: [mae()], kind: ["accuracy"] },
    optimizer: adam({ learningRate: 0.05 }), epochs: 30, batchSize: 8, validation: { x, y },
  });
  const last = history.epochs.at(-1)!;
  expect(last.losses!.sum).toBeLessThan(0.01);
  expect(last.loss).toBeCloseTo(last.losses!.sum! + 0.5 * last.losses!.kind!, 5);
  expect(last["sum.mae"]).toBeLessThan(0.1);
  expect(last.validation["kind.accuracy"]).toBeGreaterThan(0.2);
  const predictions = model.predict(x);
  expect(predictions.sum.shape).toEqual([40, 1]);
  expect(predictions.kind.shape).toEqual([40, 3]);
  expect(model.classify(x, { output: "kind", top: 1 }).length).toBe(40);
});

test("a step whose loss is not finite stops the run with an error; the parameters are as before the step", async () => {
  const data = classified(64), model = await classifier();
  let before = "", steps = 0;
  const poison = { ...options(), optimizer: sgd({ learningRate: 1 }), schedule: (step: number) => (step === 5 ? 1e30 : 0.01) };
  const training = model.fit(data, { ...poison, onStep: ({ step }) => { steps = step; before = hash(model); } });
  await expect(training).rejects.toBeInstanceOf(NonFiniteError);
  await expect(training).rejects.toMatchObject({ code: "non-finite", details: { step: steps + 1 } });
  expect(hash(model)).toBe(before);
  expect(Object.values(parametersOf(model)).flat().every(Number.isFinite)).toBe(true);
});

test("resuming from a checkpoint at any step gives the undisturbed run's parameters and reports", async () => {
  const data = classified(50), all = metric("spread", { all: ({ data: p }) => Math.max(...p) - Math.min(...p) });
  const run = options({ validation: 0.2, metrics: ["accuracy", all], schedule: cosine(), epochs: 3, clipNorm: 1 });
  const whole = await classifier(), checkpoints: Promise<Uint8Array>[] = [];
  const training = whole.fit(data, { ...run, onStep: () => { checkpoints.push(training.checkpoint()); } });
  const history = await training, bits = hash(whole);
  expect(checkpoints.length).toBe(9);
  const timeless = (list: readonly any[]): any[] => list.map(({ seconds, rowsPerSecond, ...rest }) => rest);
  for (const bytes of [...checkpoints, training.checkpoint()]) {
    const model = await classifier(99);
    const resumed = await model.fit(data, { ...run, resume: await bytes });
    expect(hash(model)).toBe(bits);
    expect(timeless(resumed.epochs)).toEqual(timeless(history.epochs));
    model.dispose();
  }
});

test("resuming with other options is refused, and names the difference", async () => {
  const data = classified(50), model = await classifier();
  const training = model.fit(data, options({ seed: 1 }));
  await training;
  const resume = await training.checkpoint();
  const mismatch = (more: object, option: string) =>
    expect(model.fit(data, options({ seed: 1, epochs: 5, resume, ...more }))).rejects.toMatchObject({ code: "resume-mismatch", details: { option } });
  await mismatch({ batchSize: 8 }, "batchSize");
  await mismatch({ seed: 2 }, "seed");
  await mismatch({ optimizer: sgd() }, "optimizer optimizer");
  await mismatch({ optimizer: adam({ learningRate: 0.02 }) }, "optimizer learningRate");
  await mismatch({ shuffle: false }, "shuffle");
  await mismatch({ schedule: cosine() }, "schedule");
  await mismatch({ loss: crossEntropy({ reduction: "sum" }) }, "loss 0 reduction");
  await expect(model.fit(classified(49), options({ seed: 1, epochs: 5, resume }))).rejects.toMatchObject({ code: "resume-mismatch", details: { option: "rows" } });
  const wider = await createModel(dense(3), { input: [6] });
  await expect(wider.fit(data, options({ seed: 1, resume }))).rejects.toMatchObject({ code: "resume-mismatch" });
  // more epochs are welcome, and defaults that are spelled out
  expect((await model.fit(data, options({ seed: 1, epochs: 5, resume, loss: crossEntropy({ reduction: "mean" }) }))).epochs.length).toBe(5);
});

test("bytes as input stay bytes in memory, and give the numbers' results", async () => {
  const bytes = Uint8Array.from({ length: 400 }, (_, i) => (i * 37) % 256), y = Int32Array.from({ length: 100 }, (_, i) => bytes[4 * i]! & 1);
  const bits = async (x: Uint8Array | Float32Array) => {
    const model = await createModel(sequential(dense(4), sigmoid(), dense(2)), { input: [4] });
    await model.fit({ x, y }, options());
    return [hash(model), model.memory({ ...options(), data: { x, y } }).data] as const;
  };
  const [a, small] = await bits(bytes), [b, large] = await bits(Float32Array.from(bytes));
  expect(a).toBe(b);
  expect(small).toBeLessThan(large);
});

test("a run whose loop is left open does not keep another from training", async () => {
  const a = await classifier(), b = await classifier(), data = classified(64);
  const [x, y] = await Promise.all([a.fit(data, options()), b.fit(data, options())]);
  expect(x.epochs.map(({ loss }) => loss)).toEqual(y.epochs.map(({ loss }) => loss));
  expect(hash(a)).toBe(hash(b));
});
