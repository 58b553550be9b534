// What a browser is asked, in a page or in its worker: do its stores do what all stores do; does a run go on there; who else is told
// that it is busy. The result is that of each question.

import { adam, createModel, crossEntropy, dense, dropout, hash, keepRun, memoryStore, readRun, relu, sequential, type Store } from "../../src/index.ts";
import { indexedDBStore, opfsStore } from "../../src/runs/browser.ts";
import { trySuite } from "./suite.ts";

const x = Float32Array.from({ length: 160 * 8 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 16) / 32768 - 1);
const y = Int32Array.from({ length: 160 }, (_, i) => Math.floor((x[i * 8]! + 1) * 1.5));

/** Trains a new model up to some step, with its run in a place; its hash then, and where it went on. */
export async function train(place: string | Store | undefined, steps = Infinity, store?: "opfs" | "indexeddb" | "files"): Promise<{ hash: string; from: number | undefined; safe: number[] }> {
  const model = await createModel(sequential(dense(24), relu(), dropout(0.2), dense(3)), { input: [8], seed: 5 }), safe: number[] = [];
  let from: number | undefined;
  await model.fit({ x, y }, {
    loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), batchSize: 16, epochs: 6, ...(steps < Infinity && { budget: { steps } }),
    ...(place && { run: keepRun(place, { every: { steps: 4 }, onResume: (step) => void (from = step), onCheckpoint: (step) => safe.push(step), ...(store && { store }) }) }),
  });
  const trained = hash(model);
  model.dispose();
  return { hash: trained, from, safe };
}

/** All questions about one kind of store. */
async function ask(kind: "opfs" | "indexeddb", name: string): Promise<Record<string, unknown>> {
  const open = kind === "opfs" ? opfsStore : indexedDBStore, suite = `suite ${name}`, run = `../a run/${name}?`;
  const passed = await trySuite(await open(suite), () => open(suite));
  const undisturbed = await train(undefined), first = await train(run, 13, kind), second = await train(run, Infinity, kind);
  const held = await open(run), refused = await train(run, Infinity, kind).catch((error: { code?: string }) => error.code);
  await held.close();
  const third = await train(run, Infinity, kind), { checkpoints, manifest } = await readRun(run, { store: kind });
  for (const { bytes } of checkpoints) await bytes();
  return {
    passed: passed.length, same: second.hash === undisturbed.hash && third.hash === undisturbed.hash, safe: first.safe, from: second.from, refused, end: third.from,
    steps: checkpoints.map(({ step }) => step), manifest: manifest !== undefined,
  };
}

const base64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const bytesOf = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** Goes on with a run that comes as files, for some steps, and gives the files back. */
async function relay(files: Record<string, string>, steps: number): Promise<unknown> {
  const store = memoryStore();
  for (const [name, text] of Object.entries(files)) await store.put(name, bytesOf(text));
  const told = await train(store, steps), names = await store.list();
  return { ...told, files: Object.fromEntries(await Promise.all(names.map(async (name) => [name, base64((await store.get(name))!)]))) };
}

async function answer(): Promise<unknown> {
  const { searchParams } = new URL(location.href), given = searchParams.get("relay");
  if (given) return relay(await (await fetch(given)).json() as Record<string, string>, 15);
  const where = typeof document === "undefined" ? "worker" : "page";
  return { opfs: await ask("opfs", where), indexeddb: await ask("indexeddb", where) };
}

const told = (error: unknown): unknown => ({ error: String((error as Error).stack ?? error) });

async function main(): Promise<void> {
  if (typeof document === "undefined") return (postMessage as (message: unknown) => void)(await answer().catch(told));
  const here = await answer().catch(told);
  const inWorker = location.search ? undefined : await new Promise((resolve) => {
    const worker = new Worker("page.js", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve({ error: message });
  });
  (globalThis as any).result = inWorker ? { here, inWorker } : here;
}

if (typeof location !== "undefined") void main();
