// Runs that are kept: they go on with the bits of the run that was never stopped, whatever the place does.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  adam, createModel, crossEntropy, dense, dropout, earlyStopping, type FitOptions, hash, keepRun, type KeepOptions, memoryStore, type Model, readRun, relu, type Report, sequential, sgd, StorageError, type Store, tanh, type WorkerModel,
} from "../../src/index.ts";
import { temporary } from "../runtimes/project.ts";
import { classified, classifier, options } from "../helpers.ts";

let place: ReturnType<typeof temporary>;
beforeAll(() => void (place = temporary()));
afterAll(() => place.remove());

const data = classified(64), STEPS = 12; // 3 epochs of 4 steps

/** The hash of the run that is never stopped. */
let undisturbed: string;
beforeAll(async () => {
  const model = await classifier();
  await model.fit(data, options());
  undisturbed = hash(model);
});

/** Trains a new model; what it came to, and what was told. */
async function train(at: string | Store, keep: KeepOptions = {}, fit: Partial<FitOptions> = {}, rows = data) {
  const acknowledged: number[] = [], resumed: number[] = [], errors: Error[] = [], model = await classifier();
  const run = keepRun(at, { onCheckpoint: (step) => acknowledged.push(step), onResume: (step) => resumed.push(step), onStorageError: (error) => errors.push(error), ...keep });
  const history = await model.fit(rows, { ...options(fit), run });
  return { hash: hash(model), history, run, acknowledged, resumed, errors, model };
}

const steps = async (at: string | Store): Promise<number[]> => (await readRun(at)).checkpoints.map(({ step }) => step);

/** A store that fails for some steps (the manifest's is 0), and has what it took in `inner`. */
function moody(fails: (step: number) => object | false): { store: Store; inner: Store } {
  const inner = memoryStore();
  return {
    inner,
    store: { ...inner, name: "moody", async put(name, bytes) {
      const failure = fails(Number(/-(\d+)-/.exec(name)?.[1] ?? 0));
      if (failure) throw Object.assign(new Error("what the disk says"), failure);
      await inner.put(name, bytes);
    } },
  };
}

describe.each([["in memory", () => memoryStore()], ["in a folder", () => join(place.folder, "runs", String(counter++))]] as const)("%s, a run", (_, make) => {
  test("that is kept has the bits of one that is not", async () => {
    const told = await train(make(), { every: { steps: 2 } });
    expect(told.hash).toBe(undisturbed);
    expect(told.acknowledged).toEqual([2, 4, 6, 8, 10, 12]);
    expect(told.run.step).toBe(STEPS);
    expect(told.run.notes).toEqual([]);
  });

  test("keeps the last ones, and all if asked to", async () => {
    const few = make(), all = make();
    await train(few, { every: { steps: 1 }, keep: 2 });
    expect(await steps(few)).toEqual([11, 12]);
    await train(all, { every: { steps: 1 }, keep: Infinity });
    expect(await steps(all)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
  });

  test("keeps those that a function of their steps says, and the newest in any case", async () => {
    const at = make();
    await train(at, { every: { steps: 1 }, keep: (all) => all.filter((step) => step % 4 === 1) });
    expect(await steps(at)).toEqual([1, 5, 9, 12]);
  });

  test("takes checkpoints by epochs, and one at the end", async () => {
    const at = make();
    await train(at, { every: { epochs: 2 }, keep: 9 });
    expect(await steps(at)).toEqual([8, 12]);
  });

  test("goes on wherever it was stopped, with the bits of the one that never was", async () => {
    for (let stop = 1; stop < STEPS; stop++) {
      const at = make(), first = await train(at, { every: { steps: 5 } }, { budget: { steps: stop } });
      expect(first.acknowledged.at(-1)).toBe(stop); // the end has its checkpoint
      const second = await train(at);
      expect([second.resumed, second.hash]).toEqual([[stop], undisturbed]);
      expect(second.history.epochs).toHaveLength(3);
    }
  });

  test("that is at its end gives the model and the history again, and trains nothing", async () => {
    const at = make(), first = await train(at), again = await train(at, {}, { onStep: () => expect.unreachable() });
    expect(again.hash).toBe(undisturbed);
    expect(again.history.epochs).toEqual(first.history.epochs);
    expect(again.acknowledged).toEqual([]);
    expect((await train(at, {}, { epochs: 4 })).history.epochs).toHaveLength(4); // more epochs go on
  });

  test("a broken newest checkpoint is passed over for the one before, and that is told", async () => {
    const at = make();
    await train(at, { every: { steps: 3 } }, { budget: { steps: 9 } });
    const store = typeof at === "string" ? undefined : at, { checkpoints } = await readRun(at), [, before, newest] = checkpoints;
    for (const [name, alter] of [[newest!.name, (b: Uint8Array) => b.slice(0, -1)], [before!.name, (b: Uint8Array) => b.map((x, i) => (i === 900 ? x ^ 4 : x))]] as const) {
      const bytes = new Uint8Array(store ? (await store.get(name))! : readFileSync(join(at as string, name)));
      if (store) await store.put(name, alter(bytes));
      else writeFileSync(join(at as string, name), alter(bytes));
    }
    await expect(newest!.bytes()).rejects.toBeInstanceOf(StorageError);
    const told = await train(at);
    expect([told.resumed, told.hash]).toEqual([[3], undisturbed]);
    expect(told.run.notes).toEqual([expect.stringContaining(newest!.name), expect.stringContaining(before!.name), "goes on after step 3"]);
    expect((await steps(at)).filter((step) => step < STEPS)).toEqual([3]); // the broken ones are gone
  });

  test("of other data is refused, and what differs is named", async () => {
    const at = make(), x = data.x.slice();
    x[100]! += 1;
    await train(at, {}, { budget: { steps: 5 } });
    await expect(train(at, {}, {}, { x, y: data.y })).rejects.toMatchObject({ code: "resume-mismatch", message: expect.stringMatching(/data/) });
    await expect(train(at, {}, {}, classified(48))).rejects.toMatchObject({ code: "resume-mismatch" });
    expect((await train(at)).hash).toBe(undisturbed); // that was no harm, and the place is free
  });

  test.each([
    ["batch size", { batchSize: 8 }, /batchSize/], ["learning rate", { optimizer: adam({ learningRate: 0.02 }) }, /learningRate/], ["optimizer", { optimizer: sgd() }, /optimizer/],
    ["loss", { loss: crossEntropy({ labelSmoothing: 0.1 }) }, /loss/], ["seed", { seed: 9 }, /seed/], ["shuffling", { shuffle: false }, /shuffle/],
  ] as const)("with another %s is refused by name", async (_, more, name) => {
    const at = make();
    await train(at, {}, { budget: { steps: 5 } });
    await expect(train(at, {}, more)).rejects.toMatchObject({ code: "resume-mismatch", message: expect.stringMatching(name) });
    expect(await steps(at)).toEqual([5]);
  });

  test("with force goes on with other data", async () => {
    const at = make(), x = data.x.slice();
    x[100]! += 1;
    await train(at, {}, { budget: { steps: 5 } });
    const forced = await train(at, { force: true }, {}, { x, y: data.y });
    expect(forced.resumed).toEqual([5]);
    expect(forced.hash).not.toBe(undisturbed);
    expect((await train(at, {}, { epochs: 4 }, { x, y: data.y })).resumed).toEqual([STEPS]); // whose run it is now
  });

  test("ends with a checkpoint when it is stopped, aborted, or a callback throws", async () => {
    const endings: ((model: Model<any, any>, at: string | Store) => Promise<unknown>)[] = [
      async (model, at) => {
        const training = model.fit(data, options({ run: keepRun(at), onStep: ({ step }) => void (step === 6 && training.stop()) }));
        await training;
      },
      async (model, at) => {
        const control = new AbortController();
        await model.fit(data, options({ run: keepRun(at), signal: control.signal, onStep: ({ step }) => void (step === 6 && control.abort()) })).catch(() => {});
      },
      async (model, at) => {
        await expect(model.fit(data, options({ run: keepRun(at), onStep({ step }) { if (step === 6) throw new Error("mine"); } }))).rejects.toThrow("mine");
      },
      async (model, at) => {
        for await (const report of model.fit(data, options({ run: keepRun(at), batchSize: 11 }))) if (report.epoch === 1) break;
      },
    ];
    for (const [i, end] of endings.entries()) {
      const at = make();
      await end(await classifier(), at);
      expect(await steps(at)).toEqual([6]);
      if (i < 3) expect((await train(at)).hash).toBe(undisturbed);
    }
  });

  test("is had by one fit at a time, and free afterwards", async () => {
    const at = make(), [a, b] = [await classifier(), await classifier(4)];
    const both = await Promise.allSettled([a, b].map(async (model) => void (await model.fit(data, options({ run: keepRun(at) })))));
    expect(both.flatMap((it) => (it.status === "rejected" ? [it.reason] : []))).toMatchObject([{ name: "StateError", code: "run-busy" }]);
    const [won, lost] = both[0]!.status === "fulfilled" ? [a, b] : [b, a];
    await lost.fit(data, options()); // the model is none the worse for it
    const again = await classifier(won === a ? 3 : 4);
    await again.fit(data, options({ run: keepRun(at) }));
    expect(hash(again)).toBe(hash(won));
  });
});
let counter = 0;

test("a checkpoint under the name of another step is passed over", async () => {
  const at = memoryStore();
  await train(at, { every: { steps: 3 } }, { budget: { steps: 6 } });
  const { name } = (await readRun(at)).checkpoints.at(-1)!, bytes = (await at.get(name))!;
  await at.put(name.replace(/-\d+-/, "-000000000999-"), bytes);
  await at.remove(name);
  const told = await train(at);
  expect([told.resumed, told.hash]).toEqual([[3], undisturbed]);
  expect(told.run.notes[0]).toMatch(/-000000000999-.* is broken, and the one before it is taken/);
});

describe("a run", () => {
  test("of an ended early stopping is restored as it was left", async () => {
    const at = memoryStore(), callbacks = (): FitOptions["callbacks"] => [earlyStopping({ monitor: "loss", patience: 1, minDelta: 10 })];
    const first = await train(at, {}, { epochs: 9, callbacks: callbacks() }), again = await train(at, {}, { epochs: 9, callbacks: callbacks() });
    expect(again.history.epochs.length).toBeLessThan(9);
    expect([again.history.epochs.length, again.hash]).toEqual([first.history.epochs.length, first.hash]);
  });

  test("on a stream goes on too", async () => {
    const rows = (from: number) => ({ x: data.x.slice(6 * from, 6 * from + 96), y: data.y.slice(from, from + 16) });
    const stream = Object.assign(() => [0, 16, 32, 48].map(rows), { rows: 64 }), model = await classifier(), at = memoryStore();
    await model.fit(stream, options());
    for (const budget of [5, 100]) {
      const again = await classifier();
      await again.fit(stream, options({ run: keepRun(at), budget: { steps: budget } }));
      expect(hash(again) === hash(model)).toBe(budget === 100);
    }
  });

  test("goes from a worker with two threads to this thread and back", async () => {
    const at = join(place.folder, "worker"), make = (more: object) => createModel(sequential(dense(12), relu(), dropout(0.2), dense(8), tanh(), dense(3)), { input: [6], seed: 3, ...more });
    let end = "";
    for (const [steps, where] of [[5, "worker"], [3, "here"], [100, "worker"]] as const) {
      const model = await make(where === "worker" ? { where, threads: 2 } : {}), run = keepRun(at, { every: { steps: 2 } });
      await model.fit(data, options({ run, budget: { steps } }));
      end = await hash(model as unknown as WorkerModel);
      await model.dispose();
    }
    expect(end).toBe(undisturbed);
  });

  test("of a disposed model gives its place back", async () => {
    const at = memoryStore(), model = await classifier(), training = model.fit(data, options({ run: keepRun(at), epochs: 1000 }));
    model.dispose();
    await expect(training).rejects.toMatchObject({ code: "disposed" });
    expect((await train(at)).hash).toBe(undisturbed);
  });

  test("whose options are bad gives its place back", async () => {
    const at = memoryStore();
    await expect(train(at, {}, { batchSize: -1 })).rejects.toMatchObject({ code: "bad-option" });
    expect((await train(at)).hash).toBe(undisturbed);
  });

  test("acknowledges nothing before it is safe", async () => {
    const inner = memoryStore(), safe = new Set<number>(), acknowledged: number[] = [];
    const store: Store = { ...inner, put: async (name, bytes) => {
      await new Promise((resolve) => setTimeout(resolve, 3));
      await inner.put(name, bytes);
      safe.add(Number(/-(\d+)-/.exec(name)?.[1]));
    } };
    await train(store, { every: { steps: 1 }, onCheckpoint: (step) => {
      expect(safe).toContain(step);
      acknowledged.push(step);
    } });
    expect(acknowledged).toHaveLength(STEPS);
  });

  test("writes the manifest before anything else", async () => {
    const inner = memoryStore(), names: string[] = [];
    await train({ ...inner, put: async (name, bytes) => (names.push(name), inner.put(name, bytes)) });
    expect(names[0]).toBe("manifest.json");
    expect((await readRun(inner)).manifest).toMatchObject({ numerics: expect.any(Number), data: { rows: 64 } });
  });

  test("whose onCheckpoint throws ends with that error", async () => {
    await expect(train(memoryStore(), { every: { steps: 1 }, onCheckpoint() { throw new Error("mine"); } })).rejects.toThrow("mine");
  });

  // an unhandled rejection would end the process, and here the test run
  test.each(["onCheckpoint", "onNote", "onResume"] as const)("whose %s is async and throws ends with that error", async (name) => {
    const store = memoryStore();
    await train(store, {}, { budget: { steps: 2 } });
    await expect(train(store, { every: { steps: 1 }, async [name]() { throw new Error("mine"); } })).rejects.toThrow("mine");
    expect((await train(store)).hash).toBe(undisturbed);
  });

  test("gives the place free when what is told of it throws, at the first write or later", async () => {
    for (const bad of [0, 5]) {
      let broken = true;
      const { store } = moody((step) => broken && step >= bad && { code: "EIO" });
      await expect(train(store, { every: { steps: 1 }, onNote() { throw new Error("mine"); } })).rejects.toThrow("mine");
      broken = false;
      expect((await train(store)).hash).toBe(undisturbed);
    }
  });

  test("tells what went wrong first, not that the place could not be closed after it", async () => {
    const store: Store = { ...memoryStore(), close: () => Promise.reject(new Error("closing")) };
    await expect(train(store, {}, { callbacks: [{ onEpoch() { throw new Error("mine"); } }] })).rejects.toThrow("mine");
    await expect(train(store)).rejects.toThrow("closing");
  });

  test("that goes on without its manifest says so", async () => {
    const store = memoryStore();
    await train(store, {}, { budget: { steps: 2 } });
    await store.remove("manifest.json");
    expect((await train(store)).run.notes).toEqual(["manifest.json is not there: whether data and options are those of the run is not known", "goes on after step 2"]);
  });

  test.each<[string, (manifest: any) => unknown, string]>([
    ["an empty object", () => ({}), "lanewise"], ["a list", () => [], "manifest.json"], ["no JSON", () => undefined, "no JSON"],
    ["a number as text", (manifest) => ({ ...manifest, numerics: String(manifest.numerics) }), "numerics"], ["no data", ({ data: _, ...rest }) => rest, "data"],
    ["a short hash", (manifest) => ({ ...manifest, data: { rows: 64, hash: "ab" } }), "data"], ["options of a wrong type", (manifest) => ({ ...manifest, options: "all" }), "options"],
    ["a field of the prototype's name alone", ({ options: _, ...rest }) => JSON.parse(JSON.stringify(rest).replace(/}$/, ',"__proto__":{"options":{}},"constructor":{}}')), "options"],
    ["a loss that is none", (manifest) => ({ ...manifest, options: { ...manifest.options, loss: { 0: "mse" } } }), "options.loss"],
    ["no optimizer", (manifest) => ({ ...manifest, options: { ...manifest.options, optimizer: undefined } }), "options.optimizer"],
    ["too many levels", (manifest) => ({ ...manifest, more: JSON.parse("[".repeat(99) + "]".repeat(99)) }), "levels"],
  ])("whose manifest was edited to %s is refused, with the file and the field; with force it goes on", async (_, edit, field) => {
    const store = memoryStore();
    await train(store, {}, { budget: { steps: 2 } });
    const text = new TextDecoder().decode(await store.get("manifest.json")), edited = JSON.stringify(edit(JSON.parse(text))) ?? text.slice(1);
    await store.put("manifest.json", new TextEncoder().encode(edited));
    const error: any = await train(store).catch((reason: unknown) => reason);
    expect([error.name, error.code]).toEqual(["FormatError", "bad-file"]);
    expect(error.message).toMatch(/manifest/);
    expect(error.message).toContain(field);
    await expect(readRun(store)).rejects.toMatchObject({ name: "FormatError" });
    const forced = await train(store, { force: true });
    expect([forced.resumed, forced.hash]).toEqual([[2], undisturbed]);
    expect((await readRun(store)).manifest!.data.rows).toBe(64); // it is whole again
  });

  test("lets old checkpoints go where one of them cannot, and says so once", async () => {
    const inner = memoryStore(), stuck = "checkpoint-000000000002-";
    const told = await train({ ...inner, remove: async (name) => {
      if (name.startsWith(stuck)) throw new Error("it is open elsewhere");
      await inner.remove(name);
    } }, { every: { steps: 2 }, keep: 2 });
    expect(await steps(inner)).toEqual([2, 10, 12]);
    expect(told.run.notes).toEqual([expect.stringMatching(/^memory: remove: it failed \(it is open elsewhere\)/)]);
    expect(told.errors).toHaveLength(1);
  });
});

describe("a place that fails", () => {
  test("the run goes on, the error is told, the last good checkpoint stays, and writing goes on when it can", async () => {
    const { store, inner } = moody((step) => step >= 5 && step <= 8 && { code: "ENOSPC" });
    const findings: string[][] = [], model = await classifier(), errors: StorageError[] = [], there: Promise<number[]>[] = [];
    const run = keepRun(store, { every: { steps: 1 }, onStorageError(error) {
      errors.push(error as StorageError);
      there.push(steps(inner));
    } });
    for await (const report of model.fit(data, options({ run, epochs: 4 }))) findings.push((report as Report).findings.map(({ code }) => code));
    expect(findings).toEqual([[], ["storage"], ["storage"], []]);
    expect(errors.map(({ code }) => code)).toEqual(Array(4).fill("storage-full"));
    expect(errors[0]).toBeInstanceOf(StorageError);
    // older ones made room, in vain; the last good one is there
    for (const all of await Promise.all(there)) expect(all.at(-1)).toBe(4);
    expect(run.notes).toEqual([expect.stringMatching(/^step 5 is not kept: .*full.*what the disk says/), "writing goes on: step 9 is kept"]);
    expect(await steps(inner)).toEqual([14, 15, 16]);
  });

  test("a store of one's own whose functions are not async is one all the same", async () => {
    const files = new Map<string, Uint8Array>(), store = {
      name: "a Map", put: (name: string, bytes: Uint8Array) => void files.set(name, bytes), get: (name: string) => files.get(name), list: () => [...files.keys()].sort(), remove: (name: string) => void files.delete(name), close() {},
    } as unknown as Store;
    const cut = await train(store, { every: { steps: 2 } }, { budget: { steps: 7 } }), rest = await train(store);
    expect([cut.errors, rest.errors, rest.resumed, rest.hash]).toEqual([[], [], [7], undisturbed]);
  });

  test("from the first to the last moment: the run is what it is without", async () => {
    const { store, inner } = moody(() => ({ code: "EROFS" }));
    const told = await train(store, { every: { steps: 4 } });
    expect(told.hash).toBe(undisturbed);
    expect(told.errors[0]).toMatchObject({ code: "storage-read-only" });
    expect(told.run.step).toBe(0);
    expect(told.history.epochs.at(-1)!.findings).toMatchObject([{ code: "storage", severity: "warning" }]);
    expect(await inner.list()).toEqual([]);
  });

  test("where space is short, older checkpoints make room for the newest", async () => {
    const inner = memoryStore();
    const store: Store = { ...inner, async put(name, bytes) {
      if ((await inner.list()).length >= 3) throw Object.assign(new Error("quota"), { name: "QuotaExceededError" });
      await inner.put(name, bytes);
    } };
    const told = await train(store, { every: { steps: 1 }, keep: 5 });
    expect(told.errors).toEqual([]);
    expect(await steps(inner)).toEqual([11, 12]); // and the manifest
  });
});

/** A file system of its own; undefined where this user may mount none. */
function mounted(size: string): { folder: string; remount(how: string): void; end(): void } | undefined {
  const folder = join(place.folder, `disk-${counter++}`);
  mkdirSync(folder);
  const mount = (...args: string[]): boolean => spawnSync("mount", args, { stdio: "ignore" }).status === 0;
  if (process.platform !== "linux" || !mount("-t", "tmpfs", "-o", `size=${size}`, "lanewise", folder)) return undefined;
  return { folder, remount: (how) => void mount("-o", `remount,${how}`, folder), end: () => void spawnSync("umount", [folder]) };
}

describe("a folder that is emptied in the middle of a run", () => {
  test.each<[string, (folder: string) => void]>([
    ["removed", (folder) => rmSync(folder, { recursive: true })],
    ["emptied", (folder) => readdirSync(folder).forEach((name) => rmSync(join(folder, name)))],
    ["emptied but for hidden files", (folder) => readdirSync(folder).forEach((name) => void (name.startsWith(".") || rmSync(join(folder, name))))],
  ])("%s: that is told once, and the run goes on and is kept there again", async (_, empty) => {
    const folder = join(place.folder, `emptied-${counter++}`), findings: string[][] = [];
    const told = await train(folder, { every: { steps: 1 }, keep: 2 }, { onStep: ({ step }) => void (step === 6 && empty(folder)), callbacks: [{ onEpoch: ({ findings: found }: any) => void findings.push(found) }] });
    expect(told.hash).toBe(undisturbed);
    expect(told.errors).toMatchObject([{ name: "StorageError", code: "storage-emptied" }]);
    expect(told.run.notes).toEqual([expect.stringMatching(/emptied or removed while the run was at work/), expect.stringMatching(/^writing goes on: step \d+ is kept$/)]);
    expect(told.history.epochs.flatMap(({ findings: found }) => found.map(({ code }) => code))).toEqual(["storage"]);
    const kept = await readRun(folder);
    expect([kept.manifest?.data.rows, kept.checkpoints.map(({ step }) => step)]).toEqual([64, [11, 12]]);
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
    expect((await train(folder)).resumed).toEqual([STEPS]);
  });
});

describe("a real disk", () => {
  test("that is full: the run goes on, and writing too when there is room again", async (context) => {
    const disk = mounted("256k");
    if (!disk) return context.skip("only root can mount a small file system: a full disk is tried with a store that fails alone");
    try {
      const folder = join(disk.folder, "run"), ballast = join(disk.folder, "ballast");
      const first = await train(folder, { every: { steps: 1 }, keep: 1 }, { budget: { steps: 4 } });
      expect(first.errors).toEqual([]);
      expect(() => writeFileSync(ballast, Buffer.alloc(1 << 20))).toThrow(/ENOSPC/);
      const before = await steps(folder), full = await train(folder, { every: { steps: 1 } }, { budget: { steps: 4 } });
      expect(full.errors[0]).toMatchObject({ name: "StorageError", code: "storage-full" });
      expect(full.history.epochs.length).toBeGreaterThan(0);
      // nothing half-written, and the last good one is there
      expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
      expect(await steps(folder)).toContain(before.at(-1));
      for (const { bytes } of (await readRun(folder)).checkpoints) await bytes();
      rmSync(ballast);
      const last = await train(folder, { every: { steps: 1 } });
      expect([last.errors, last.hash]).toEqual([[], undisturbed]);
    } finally {
      disk.end();
    }
  });

  test("that may not be written to: the run goes on from what is there", async (context) => {
    const disk = process.getuid?.() === 0 ? mounted("1m") : undefined, folder = disk ? join(disk.folder, "run") : join(place.folder, "read-only");
    if (process.getuid?.() === 0 && !disk) return context.skip("root may write everywhere, and can mount nothing here");
    try {
      await train(folder, {}, { budget: { steps: 7 } });
      if (disk) disk.remount("ro");
      else chmodSync(folder, 0o555);
      const told = await train(folder, { every: { steps: 1 } });
      expect([told.resumed, told.hash]).toEqual([[7], undisturbed]);
      expect(told.errors[0]).toMatchObject({ name: "StorageError", code: "storage-read-only" });
      expect(await steps(folder)).toEqual([7]);
      if (disk) disk.remount("rw");
      else chmodSync(folder, 0o755);
      expect((await train(folder)).errors).toEqual([]);
    } finally {
      if (disk) disk.end();
      else if (existsSync(folder)) chmodSync(folder, 0o755);
    }
  });
});

describe("bad options", () => {
  test.each([
    ["place", [1, {}]], ["place", ["", {}]], ["place", [undefined, {}]], ["place", [{ put() {} }, {}]],
    ["every", ["a", { every: {} }]], ["every", ["a", { every: 3 }]], ["every.steps", ["a", { every: { steps: 0 } }]], ["every.epochs", ["a", { every: { epochs: 1.5 } }]],
    ["every.seconds", ["a", { every: { seconds: 0 } }]], ["keep", ["a", { keep: 0 }]], ["force", ["a", { force: 1 }]], ["store", ["a", { store: "disk" }]],
    ["onCheckpoint", ["a", { onCheckpoint: 1 }]], ["onStorageError", ["a", { onStorageError: 1 }]], ["onResume", ["a", { onResume: 1 }]], ["onNote", ["a", { onNote: 1 }]],
    ["interval", ["a", { interval: 1 }]],
  ] as const)("%s", (name, args) => {
    expect(() => (keepRun as any)(...args)).toThrow(expect.objectContaining({ name: "OptionError", message: expect.stringContaining(name) }));
  });

  test("run that is none, and resume beside it", async () => {
    const model = await classifier();
    for (const run of [1, "runs/a", {}, true]) await expect(model.fit(data, options({ run } as any))).rejects.toMatchObject({ code: "bad-option", details: { option: "run" } });
    await expect(model.fit(data, options({ run: keepRun(memoryStore()), resume: new Uint8Array(3) }))).rejects.toMatchObject({ code: "bad-option", details: { option: "resume" } });
  });
});
