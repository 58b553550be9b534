// Work in one piece: what the page saves of itself comes back as it was, and what is broken or made up is refused.

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Api, Design, Restored, RunView } from "../../src/page/engine/api.ts";
import { engine } from "../../src/page/engine/engine.ts";
import { memoryPlaces } from "../../src/page/engine/places.ts";

const dense = (units: number) => ({ kind: "dense", options: { units, initializer: "pytorch" } }), part = (kind: string, options = {}) => ({ kind, options });
const DESIGN: Design = {
  layers: [dense(8), part("relu"), dense(3)], loss: part("crossEntropy", { labelSmoothing: 0 }), optimizer: part("adam", { learningRate: 0.01, weightDecay: 0 }), schedule: part("cosine"),
  batchSize: 32, epochs: 4000, patience: 0, balanced: false, seed: 7,
};

/** An engine, and its runs as they were told. */
function page(): { api: Api; run(id: string, is: (view: RunView) => boolean): Promise<RunView> } {
  const waiting: { id: string; is(view: RunView): boolean; resolve(view: RunView): void }[] = [];
  const api = engine((told) => {
    if (told.tell === "run") for (const one of waiting.filter(({ id, is }) => told.run.id === id && is(told.run))) one.resolve(told.run);
  }, memoryPlaces());
  return { api, run: (id, is) => new Promise((resolve) => waiting.push({ id, is, resolve })) };
}

const done = ({ status }: RunView): boolean => status === "done";

/** Penguins with a run that was paused. */
async function packed(): Promise<{ work: Blob; paused: RunView; end: RunView }> {
  const { api, run } = page();
  await api.open({ kind: "sample", name: "penguins" });
  await api.describe({ target: "species", validation: 0.3 });
  await api.note({ screen: "train", suggestion: undefined, design: DESIGN, run: "a" });
  const begun = run("a", ({ step }) => step > 50);
  await api.train("a", "First", DESIGN);
  await begun;
  const still = run("a", ({ status }) => status === "paused");
  await api.pause("a");
  const paused = await still, work = await api.pack(), end = run("a", done);
  await api.train("a", "First", DESIGN);
  return { work, paused, end: await end };
}

async function restored(work: Blob): Promise<{ api: Api; run: ReturnType<typeof page>["run"]; back: Restored }> {
  const { api, run } = page(), kept = await api.kept(work);
  expect(kept).toMatchObject({ name: "penguins.csv", runs: 1, packed: true });
  return { api, run, back: await api.restore() };
}

test("a page that was saved in the middle of a run goes on elsewhere, to the same bits", async () => {
  const { work, paused, end } = await packed(), { api, run, back } = await restored(work);
  expect(back).toMatchObject({ screen: "train", design: DESIGN, run: "a", described: { target: "species", heldOutRows: 103 }, data: { rows: 344 } });
  expect(back.runs).toEqual([paused]);
  const again = run("a", done);
  await api.train("a", "First", DESIGN);
  expect((await again).hash).toBe(end.hash);
  expect((await again).epochs.at(-1)).toMatchObject({ epoch: 4000 });
  expect(await api.scores("a")).toMatchObject({ kind: "classes", rows: 103 });
});

test("a model that is half edited is left out, and the rest comes back", async () => {
  const { api } = page();
  await api.open({ kind: "sample", name: "penguins" });
  await api.describe({ target: "species" });
  const suggestion = await api.suggest();
  await api.note({ screen: "model", suggestion, design: { ...suggestion.design, batchSize: NaN, epochs: 1.5 }, run: undefined });
  const other = page().api;
  await other.kept(await api.pack());
  expect(await other.restore()).toMatchObject({ screen: "model", design: suggestion.design, data: { rows: 344 } });
});

test("figures that are none come back as none", async () => {
  const { api, run } = page();
  await api.open({ kind: "sample", name: "penguins" });
  await api.describe({ target: "species" });
  const failed = run("a", ({ status }) => status === "failed");
  await api.train("a", "Wild", { ...DESIGN, epochs: 3, optimizer: part("sgd", { learningRate: 1e30, momentum: 0, weightDecay: 0 }) });
  const { curve, looks } = await failed, other = page().api;
  await other.kept(await api.pack());
  const [back] = (await other.restore()).runs;
  expect(back).toMatchObject({ status: "failed", curve, looks });
});

test("what is erased is not written again", async () => {
  const { api } = page();
  await api.open({ kind: "sample", name: "penguins" });
  await api.describe({ target: "species" });
  await api.erase();
  expect(await api.pack().catch(({ code }) => code)).toBe("no-data");
  expect(await api.suggest().catch(({ code }) => code)).toBe("no-data");
});

test("files are in it as they were dropped", async () => {
  const { api } = page(), csv = `size,kind\n${Array.from({ length: 40 }, (_, i) => `${i * i},${i % 2 ? "a" : "b"}`).join("\n")}\n`;
  await api.open({ kind: "files", files: [{ path: "rows.csv", file: new File([csv], "rows.csv") }] });
  const other = page().api;
  expect(await other.kept(await api.pack())).toEqual({ name: "rows.csv", runs: 0, steps: 0, broken: false, packed: true, replaced: undefined });
  expect((await other.restore()).data).toMatchObject({ rows: 40, columns: ["size", "kind"] });
});

test("what is broken, cut off or made up is refused, and nothing else happens", async () => {
  const { work } = await packed(), bytes = new Uint8Array(await new Response(work.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  const refused = async (changed: Uint8Array): Promise<string> => {
    const zipped = await new Response(new Blob([changed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream("gzip"))).blob();
    return page().api.kept(zipped).then(() => "taken", ({ code }) => code);
  };
  expect(await refused(bytes)).toBe("taken");
  expect(await page().api.kept(new Blob(["hello"])).catch(({ code }) => code)).toBe("bad-work");
  expect(await page().api.kept(work.slice(0, 1000)).catch(({ code }) => code)).toBe("bad-work");
  const swap = (from: string, to: string): Uint8Array => {
    const text = Buffer.from(bytes).toString("latin1");
    expect(text).toContain(from);
    expect(from.length).toBe(to.length);
    return Buffer.from(text.replace(from, to), "latin1");
  };
  expect(await refused(swap('"kind":"sample"', '"kind":"simple"'))).toBe("bad-work");
  expect(await refused(swap('"screen":"train"', '"screen":"brain"'))).toBe("bad-work");
  await fc.assert(fc.asyncProperty(fc.nat(bytes.length - 1), async (at) => {
    expect(await refused(bytes.subarray(0, at))).toBe("bad-work");
  }), { numRuns: 60 });
  await fc.assert(fc.asyncProperty(fc.nat(3000), fc.nat(255), async (at, byte) => {
    const changed = bytes.slice();
    changed[at] = byte;
    expect(await refused(changed)).toMatch(/^(bad-work|taken)$/);
  }), { numRuns: 60 });
});
