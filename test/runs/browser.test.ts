// Runs where they are kept without a folder, in real browsers; and one that goes from engine to engine.

import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { embedWasm } from "../../scripts/wasm.mjs";
import { Browser, browsers } from "../runtimes/browser.ts";
import { engines, inside, install } from "../runtimes/engines.ts";
import { POLICY } from "../runtimes/hosts.ts";
import { temporary } from "../runtimes/project.ts";

let place: ReturnType<typeof temporary>, undisturbed: string;
const opened = new Map<string, Promise<Browser>>(), file = (name: string): string => join(place.folder, name);

beforeAll(async () => {
  await install();
  place = temporary();
  await build({
    entryPoints: [fileURLToPath(new URL("page.ts", import.meta.url))], outdir: place.folder, bundle: true, format: "esm", target: "es2022", plugins: [embedWasm],
  });
  writeFileSync(file("page.html"), '<!doctype html><meta charset="utf-8"><title>runs</title><script type="module" src="page.js"></script>');
  // for engines without a page: node step.js FOLDER STEPS
  writeFileSync(file("step.mjs"), 'import { train } from "./page.js"; const [folder, steps] = process.argv.slice(2); console.log(JSON.stringify(await train(folder, Number(steps))));');
  undisturbed = (await (await import(/* @vite-ignore */ file("page.js"))).train(undefined)).hash;
}, 240_000);

afterAll(async () => {
  for (const browser of opened.values()) await (await browser).close();
  place.remove();
});

function page(name: keyof typeof browsers, query = ""): Promise<any> {
  if (!opened.has(name)) opened.set(name, Browser.open(browsers[name]!));
  return opened.get(name)!.then((browser) => browser.run(place.folder, `page.html${query}`, POLICY));
}

describe.each(["Chromium", "Firefox"] as const)("in %s", (name) => {
  it.skipIf(!browsers[name])("runs are kept in the browser's file system and in IndexedDB, from a page and from a worker", async () => {
    const told = { passed: 22, same: true, safe: [4, 8, 12, 13], from: 13, refused: "run-busy", end: 60, steps: [52, 56, 60], manifest: true };
    expect(await page(name)).toEqual({ here: { opfs: told, indexeddb: told }, inWorker: { opfs: told, indexeddb: told } });
  });
});

/** Goes on for some steps in an engine; what it says. */
function step(program: string, args: readonly string[], folder: string, steps: number): Promise<{ hash: string; from?: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, file("step.mjs"), folder, String(steps)], { cwd: place.folder, env: { ...process.env, NO_COLOR: "1", NODE_OPTIONS: "", DENO_DIR: file(".deno"), DENO_NO_UPDATE_CHECK: "1" } });
    let said = "", wrong = "";
    child.stdout.on("data", (chunk) => (said += chunk));
    child.stderr.on("data", (chunk) => (wrong += chunk));
    child.on("close", (code) => (code === 0 ? resolve(JSON.parse(said.trim().split("\n").at(-1)!)) : reject(new Error(said + wrong))));
  });
}

test("a run goes from Node to Deno to Bun to Chromium and back to Node, and comes to the bits of one that never moved", async (context) => {
  const folder = file("relay"), bun = engines.Bun?.program;
  mkdirSync(folder);
  expect((await step(process.execPath, [], folder, 11)).from).toBeUndefined();
  // reading, writing, and asking who has the folder
  const deno = [inside("deno/bin.cjs"), "run", "--allow-read", "--allow-write", "--allow-sys", "--allow-env"];
  expect((await step(process.execPath, deno, folder, 12)).from).toBe(11);
  let at = 23;
  if (bun) {
    expect((await step(bun, [], folder, 7)).from).toBe(at);
    at += 7;
  }
  if (browsers.Chromium) {
    const files = Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString("base64")]));
    writeFileSync(file("files.json"), JSON.stringify(files));
    const told = await page("Chromium", "?relay=files.json");
    expect(told.from).toBe(at);
    for (const [name, text] of Object.entries(told.files as Record<string, string>)) writeFileSync(join(folder, name), Buffer.from(text, "base64"));
    at += 15;
  }
  const last = await step(process.execPath, [], folder, 1000);
  expect([last.from, last.hash]).toEqual([at, undisturbed]);
  if (!bun || !browsers.Chromium) context.skip(`it did not go by ${[!bun && "Bun", !browsers.Chromium && "Chromium"].filter(Boolean).join(" and ")}, which this machine has not`);
}, 120_000);
