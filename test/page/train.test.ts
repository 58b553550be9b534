// Runs of the trainer page: begun, paused, gone on with, ended, looked back at. The engine runs here as it does in the page's worker.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { hash } from "../../src/index.ts";
import type { Design, RunView } from "../../src/page/engine/api.ts";
import { fitOptionsOf, modelOf, trainingOf } from "../../src/page/engine/design.ts";
import { mended } from "../../src/page/engine/mend.ts";
import { memoryPlaces } from "../../src/page/engine/places.ts";
import { Project } from "../../src/page/engine/project.ts";
import { dataApi } from "../../src/page/engine/data.ts";
import { Run } from "../../src/page/engine/run.ts";
import { spread, Series } from "../../src/page/engine/series.ts";
import { trainApi } from "../../src/page/engine/train.ts";
import { findings } from "../../src/page/text/en/findings.ts";
import { findings as zhFindings } from "../../src/page/text/zh/findings.ts";
import { differences, otherData } from "../../src/page/ui/screens/train/words.ts";

const dense = (units: number) => ({ kind: "dense", options: { units, initializer: "pytorch" } }), part = (kind: string, options = {}) => ({ kind, options });
const DESIGN: Design = {
  layers: [dense(16), part("relu"), part("dropout", { rate: 0.1 }), dense(3)], loss: part("crossEntropy", { labelSmoothing: 0 }),
  optimizer: part("adam", { learningRate: 0.01, weightDecay: 0 }), schedule: part("cosine"), batchSize: 32, epochs: 12, patience: 0, balanced: false, seed: 7,
};

/** Penguins, and what is told of runs. */
async function penguins() {
  const told: RunView[] = [], waiting: { id: string; is(view: RunView): boolean; resolve(view: RunView): void }[] = [];
  const places = memoryPlaces(), project = new Project((it) => {
    if (it.tell !== "run") return;
    const { run } = it;
    told.push(run);
    for (const one of waiting.filter(({ id, is }) => run.id === id && is(run)).splice(0)) one.resolve(run);
  }, places);
  const data = dataApi(project), api = trainApi(project);
  await data.open({ kind: "sample", name: "penguins" });
  await data.describe({ target: "species" });
  const until = (id: string, is: (view: RunView) => boolean): Promise<RunView> => new Promise((resolve) => waiting.push({ id, is, resolve }));
  /** A run to its end. */
  const run = async (id: string, design: Design): Promise<RunView> => {
    const end = until(id, ({ status }) => status !== "running" && status !== "paused");
    await api.train(id, id, design);
    return end;
  };
  return { project, api, told, until, run, ready: project.known };
}

test("looking changes no bit: a run has the hash of the same fit without doctor, curves and checkpoints", async () => {
  const { run, ready } = await penguins(), view = await run("a", DESIGN), plain = await modelOf(ready, DESIGN);
  await plain.fit(trainingOf(ready, DESIGN) as never, fitOptionsOf(ready, DESIGN) as never);
  expect(view.hash).toBe(hash(plain));
  expect(view).toMatchObject({ status: "done", step: view.steps, metric: "accuracy" });
  expect(view.epochs.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  expect(view.curve.map(({ step }) => step)).toEqual(Array.from({ length: view.steps }, (_, i) => i + 1));
  expect(view.looks[0]).toMatchObject({ step: 1, weights: [{ layer: "1 (dense)" }, { layer: "4 (dense)" }], units: [{ layer: "2 (relu)", share: 0 }] });
  expect(view.looks.every(({ weights }) => weights.every(({ gradient, update }) => gradient > 0 && update > 0 && update < 1))).toBe(true);
});

test("a run that was paused goes on bit for bit, also one that was made again from its record", async () => {
  const { project, api, until, run, ready } = await penguins(), long = { ...DESIGN, epochs: 800, patience: 700 }, whole = await run("whole", long);
  const begun = until("b", ({ step }) => step > 3);
  await api.train("b", "b", long);
  await begun;
  await api.pause("b");
  const first = project.run("b").record;
  expect(first.status).toBe("paused");
  expect(first.step).toBeGreaterThan(3);
  expect(first.step).toBeLessThan(first.steps);
  expect(first.checkpoints.at(-1)).toBe(first.step);
  // as after a reload: of the run there is what was told, and its checkpoints
  const again: Run = new Run(JSON.parse(JSON.stringify(first)) as RunView, ready, project.keeper, () => project.told(again));
  project.runs.set("b", again);
  const done = until("b", ({ status }) => status === "done");
  await api.train("b", "b", long);
  const end = await done;
  expect(end.hash).toBe(whole.hash);
  expect(end.epochs.at(-1)).toEqual(whole.epochs.at(-1));
  expect(end.curve.at(-1)).toEqual(whole.curve.at(-1));
});

test("a run that was stopped is done: its model comes back from its record as it was", async () => {
  const { project, api, until, ready } = await penguins(), begun = until("c", ({ step }) => step > 3);
  await api.train("c", "c", { ...DESIGN, epochs: 20_000, patience: 19_999 });
  await begun;
  await api.stop("c");
  const { record } = project.run("c"), again = new Run(record, ready, project.keeper, () => {});
  expect(record.status).toBe("done");
  expect(record.step).toBeLessThan(record.steps);
  await again.wake();
  expect(hash(again.model)).toBe(record.hash);
  await expect(again.go()).rejects.toMatchObject({ code: "run-over" });
});

test("a run whose checkpoints are lost is trained again when its model is wanted, by whoever asks, once", async () => {
  const { api, project, until, ready } = await penguins(), begun = until("h", ({ step }) => step > 100);
  await api.train("h", "h", { ...DESIGN, epochs: 20_000 });
  await begun;
  await api.stop("h");
  const { record } = project.run("h"), again = new Run(record, ready, { places: memoryPlaces(), trouble() {} }, () => {});
  await Promise.all([again.wake(), again.wake()]);
  expect(hash(again.model)).toBe(record.hash);
  expect(again.record).toMatchObject({ status: "done", step: record.step, hash: record.hash });
  expect(again.record.curve.at(-1)).toEqual(record.curve.at(-1));
});

test("a paused run can be ended, and any can be renamed and deleted", async () => {
  const { project, api, told, until } = await penguins(), begun = until("d", ({ step }) => step > 3);
  await api.train("d", "d", { ...DESIGN, epochs: 20_000 });
  await begun;
  await api.pause("d");
  await api.rename("d", "The best");
  await api.stop("d");
  expect(told.at(-1)).toMatchObject({ name: "The best", status: "done", hash: hash(project.run("d").model) });
  await api.remove("d");
  expect(project.runs.size).toBe(0);
  await expect(api.moment("d", 1)).rejects.toMatchObject({ code: "no-run" });
});

test("going back to a step gives the weights and the loss that it had, from the nearest checkpoint", async () => {
  const { project, api, until, run } = await penguins(), view = await run("e", DESIGN);
  const last = await api.moment("e", view.steps), early = await api.moment("e", 5);
  expect(last).toMatchObject({ step: view.steps, epoch: 12, hash: view.hash, from: 0, loss: view.curve.at(-1)!.loss });
  expect(early).toMatchObject({ step: 5, epoch: 1, loss: view.curve[4]!.loss, learningRate: view.curve[4]!.learningRate });
  const [weight, bias] = early!.parameters;
  expect(weight).toMatchObject({ name: "0.weight", layer: "1 (dense)", matrix: expect.any(Float32Array) });
  expect(bias!.matrix).toBeUndefined();
  for (const { shape, weights, gradients } of early!.parameters)
    for (const { counts, least, mean, most } of [weights, gradients]) {
      expect(counts.reduce((a, b) => a + b, 0)).toBe(shape.reduce((a, b) => a * b, 1));
      expect(least <= mean && mean <= most && least < most).toBe(true);
    }
  // of a run that was paused, from its checkpoint
  const begun = until("f", ({ step }) => step > 3);
  await api.train("f", "f", { ...DESIGN, epochs: 20_000 });
  await begun;
  const during = await api.moment("f", 3); // while it goes on
  await api.pause("f");
  expect(during!.step).toBe(3);
  const paused = until("f", ({ step, checkpoints }) => step > checkpoints.at(-1)!);
  await api.train("f", "f", DESIGN);
  await paused;
  await api.pause("f");
  const { step, curve, checkpoints } = project.run("f").record;
  expect(await api.moment("f", step)).toMatchObject({ from: checkpoints.at(-2), loss: curve.at(-1)!.loss });
  await expect(api.moment("f", 0)).rejects.toMatchObject({ code: "bad-option", details: { option: "step" } });
});

test("who asks for another step is not kept waiting by the one before", async () => {
  const { api, run } = await penguins(), { steps } = await run("g", { ...DESIGN, epochs: 100 });
  const [first, second] = await Promise.all([api.moment("g", steps), api.moment("g", 2)]);
  expect([first, second?.step]).toEqual([undefined, 2]);
});

test("a run whose loss is not finite fails, with findings that say where, and whose fix makes it learn", async () => {
  const { run } = await penguins(), deep = [dense(64), part("elu"), dense(64), part("elu"), dense(3)];
  const wild = { ...DESIGN, layers: deep, optimizer: part("sgd", { learningRate: 1000, momentum: 0.9, weightDecay: 0 }) }, view = await run("wild", wild);
  expect(view).toMatchObject({ status: "failed", problem: { code: "non-finite", details: { step: 4, op: "matmul" } } });
  expect(view.hash).toBeUndefined();
  expect(view.findings).toContainEqual(expect.objectContaining({ code: "non-finite", layer: "5 (dense)", epoch: 1, details: { step: 4, op: "matmul" } }));
  // each fix is a run of its own, until one is sound
  let design: Design = wild, name = "wild", tries = 0, last = view;
  for (; last.status === "failed" || last.findings.some(({ severity }) => severity === "error"); last = await run(name, design)) {
    design = last.findings.find(({ mended }) => mended)!.mended!;
    name += "+";
    expect(++tries).toBeLessThan(8);
  }
  expect(last.epochs.at(-1)!.heldOutMetric).toBeGreaterThan(0.9);
});

test("a design is looked at before it is trained, and its fix is applied to it", async () => {
  const { run } = await penguins(), view = await run("linear", { ...DESIGN, layers: [dense(8), dense(3)], epochs: 1 });
  const finding = view.findings.find(({ code }) => code === "linear-stack")!;
  expect(finding).toMatchObject({ severity: "warning", layer: "2 (dense)", epoch: 0 });
  expect(finding.mended!.layers.map(({ kind }) => kind)).toEqual(["dense", "relu", "dense"]);
});

test("every fix that the page applies makes a design that can be trained, and changes what it says", async () => {
  const { ready } = await penguins(), sigmoids: Design = { ...DESIGN, layers: [dense(16), part("sigmoid"), dense(64), part("relu"), dense(3), part("sigmoid")], optimizer: part("sgd", { learningRate: 0.01, momentum: 0.9, weightDecay: 0 }), schedule: part("constant") };
  const kinds = (design: Design): string[] => design.layers.map(({ kind }) => kind), rate = (design: Design): unknown => design.optimizer.options.learningRate;
  const starts = ({ layers }: Design): unknown[] => layers.flatMap(({ kind, options }) => (kind === "dense" ? [options.initializer] : []));
  const cases: [code: string, layer: string, evidence: Record<string, number | string>, told: (design: Design) => unknown, is: unknown][] = [
    ["diverging", "", {}, rate, 0.001], ["learning-rate-too-high", "", {}, rate, 0.00033], ["learning-rate-too-low", "", { update: 1e-5 }, rate, 1], ["non-finite", "", {}, rate, 0.0025],
    ["exploding-gradients", "0", {}, starts, ["he", "he", "he"]], ["vanishing-gradients", "0", {}, kinds, ["dense", "relu", "dense", "relu", "dense", "relu"]],
    ["dead-relu", "3", { units: 64, aliveAtFirst: 60 }, (design) => [kinds(design)[3], rate(design)], ["leakyRelu", 0.001]],
    ["dead-relu", "3", { units: 64, aliveAtFirst: 2 }, (design) => [kinds(design)[3], ...starts(design)], ["leakyRelu", "pytorch", "he", "pytorch"]],
    ["saturated", "1", {}, starts, ["xavier", "pytorch", "pytorch"]], ["overfitting", "", { epoch: 4 }, ({ epochs }) => epochs, 4],
    ["underfitting", "", {}, ({ layers }) => layers[0]!.options.units, 64], ["plateau", "", {}, ({ schedule }) => schedule.kind, "cosine"],
    ["sgd-without-schedule", "", {}, ({ schedule }) => schedule.kind, "cosine"],
    ["sigmoid-for-exclusive-classes", "5", { output: "sigmoid" }, kinds, ["dense", "sigmoid", "dense", "relu", "dense"]],
    ["regression-through-softmax", "5", {}, (design) => kinds(design).length, 5], ["regression-through-relu", "5", {}, (design) => kinds(design).length, 5],
    ["squashing-in-deep-network", "1", {}, starts, ["he", "he", "he"]], ["linear-stack", "2", { first: "0" }, (design) => kinds(design)[1], "relu"],
    ["selu-without-lecun", "2", {}, starts, ["pytorch", "lecun", "pytorch"]], ["rare-class", "", { rows: 3 }, ({ balanced }) => balanced, true],
  ];
  for (const [code, layer, evidence, told, is] of cases) {
    const made = mended({ code, severity: "warning", layer, evidence, cause: "", fix: "" }, sigmoids)!;
    expect([code, told(made)]).toEqual([code, is]);
    (await modelOf(ready, made)).dispose();
  }
  expect(mended({ code: "inputs-not-scaled", severity: "warning", evidence: {}, cause: "", fix: "" }, sigmoids)).toBeUndefined();
  expect(mended({ code: "plateau", severity: "info", evidence: {}, cause: "", fix: "" }, DESIGN)).toBeUndefined(); // it falls already
});

test("what differs between two designs is told in the library's words", () => {
  expect(differences(DESIGN, DESIGN)).toEqual([]);
  expect(differences(DESIGN, { ...DESIGN, layers: [dense(64), ...DESIGN.layers.slice(1)], optimizer: part("adam", { learningRate: 0.001, weightDecay: 0 }), epochs: 9 })).toEqual([
    "1: dense 16 → dense 64", "learningRate 0.01 → 0.001", "epochs 12 → 9",
  ]);
  expect(differences(DESIGN, { ...DESIGN, layers: [dense(3)], optimizer: part("sgd", { learningRate: 0.01, momentum: 0.9, weightDecay: 0 }), balanced: true })).toEqual(["dense 3", "adam → sgd", "balanced false → true"]);
});

test("every finding of the library has its title, cause and fix in both languages", () => {
  const sources = ["doctor/diagnose.ts", "doctor/index.ts", "doctor/signs.ts", "runs/run.ts"].map((file) => readFileSync(new URL(`../../src/${file}`, import.meta.url), "utf8")).join("\n");
  const codes = new Set([...sources.matchAll(/\bcode: "([a-z-]+)"/g)].map(([, code]) => code!));
  expect(codes.size).toBeGreaterThanOrEqual(21);
  const wanted = [...codes].flatMap((code) => [`finding.${code}`, `finding.${code}.cause`, `finding.${code}.fix`]);
  expect(wanted.filter((key) => !(key in findings) || !(key in zhFindings))).toEqual([]);
  expect(Object.entries(zhFindings).filter(([key, text]) => text === findings[key as keyof typeof findings])).toEqual([]);
});

test("of many numbers a list keeps the first, the last and evenly some between", () => {
  const series = new Series<number>(10);
  for (let i = 0; i <= 1000; i++) series.add(i);
  expect(series.all.length).toBeLessThanOrEqual(10);
  expect([series.all[0], series.all.at(-1)]).toEqual([0, 1000]);
  expect(new Set(series.all.slice(1, -1).map((value, i) => value - series.all[i]!)).size).toBe(1);
  expect(spread([1, 2, 3, 10, 20, 30], 4)).toEqual([1, 10, 20, 30]);
});

test("a fix is trained on the data of its run, whatever has been said of them since", async () => {
  const { project, api, run } = await penguins(), first = await run("a", { ...DESIGN, epochs: 2 });
  await dataApi(project).describe({ target: "island" });
  const anew = new Promise<RunView>((resolve) => (project as { tell: unknown }).tell = (it: { run: RunView }) => it.run?.id === "b" && it.run.status === "done" && resolve(it.run));
  await api.train("b", "b", { ...DESIGN, epochs: 2 }, "a");
  const { hash: found, asked } = await anew;
  expect(asked).toEqual({ target: "species" });
  expect(found).toBe(first.hash);
  expect(otherData(first, { asked: { target: "island" } })).toEqual(["predicts island"]);
});

test("pictures are scaled within the model: the doctor does not ask for it", async () => {
  const { project, api, until } = await penguins(), data = dataApi(project);
  await data.open({ kind: "sample", name: "digits" });
  await data.describe({});
  const done = until("a", ({ status }) => status === "done");
  await api.train("a", "a", { ...DESIGN, layers: [part("flatten"), dense(10)], epochs: 1 });
  expect((await done).findings.map(({ code }) => code)).not.toContain("inputs-not-scaled");
});
