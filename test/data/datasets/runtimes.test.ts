// The same orders, parts and bytes in Node, Deno, Bun and Chromium; there a canvas decodes, and no package is wanted.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { encode } from "fast-png";
import jpeg from "jpeg-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Browser, browsers } from "../../runtimes/browser.ts";
import { engines, inside, install } from "../../runtimes/engines.ts";
import { embedWasm } from "../../../scripts/wasm.mjs";
import { execute, root } from "../../runtimes/project.ts";
import { program, type Told } from "./program.ts";

const levels = (count: number, stream: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => (Math.imul(i + 1, 2654435761) ^ Math.imul(stream, 0x85ebca6b)) >>> 24);
const files: [string, Uint8Array][] = [["b/1.png", encode({ width: 13, height: 11, channels: 3, data: levels(429, 1) })], ["b/2.png", encode({ width: 5, height: 4, channels: 1, data: levels(20, 2) })], ["é/3.png", encode({ width: 9, height: 30, channels: 4, data: levels(1080, 3).map((level, i) => (i % 4 === 3 ? 255 : level)) })]];
const photo = Uint8Array.from(jpeg.encode({ width: 24, height: 16, data: Uint8Array.from({ length: 1536 }, (_, i) => (i % 4 === 3 ? 255 : 60 + ((i >> 2) % 24) * 6)) }, 90).data);

const folder = mkdtempSync(join(tmpdir(), "datasets-")), images = join(folder, "images");
let wanted: Told;

/** The program with its data, in one file. */
async function bundle(name: string, last: string, external: string[]): Promise<string> {
  const data = (bytes: Uint8Array): string => `Uint8Array.of(${bytes.join()})`;
  const code = `import { program } from "./test/data/datasets/program.ts";
    const files = [${files.map(([path, bytes]) => `[${JSON.stringify(path)}, ${data(bytes)}]`).join()}], photo = ${data(photo)};
    ${last}`;
  const outfile = join(folder, name);
  await build({ stdin: { contents: code, resolveDir: root, loader: "ts" }, outfile, bundle: true, format: "esm", platform: "neutral", mainFields: ["module", "main"], conditions: ["import"], target: "es2022", external, plugins: [embedWasm], logLevel: "error" });
  return outfile;
}

beforeAll(async () => {
  await install();
  for (const [path, bytes] of files) {
    mkdirSync(join(images, path, ".."), { recursive: true });
    writeFileSync(join(images, path), bytes);
  }
  wanted = await program(files, photo, images);
}, 240_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("here: a folder is what its files are, and what is broken has its error", () => {
  expect(wanted.folder).toBe(wanted.hash);
  expect(wanted.errors).toEqual(["FormatError bad-image", "FormatError bad-image", "FormatError bad-image", "FormatError unknown-image", "FormatError bad-image", "FormatError bad-image"]);
  expect([...wanted.order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

describe.each(["Deno", "Bun", "Node 24"])("in %s", (name) => {
  it.skipIf(!engines[name])("all is the same", async () => {
    const file = await bundle("engine.mjs", `console.log(JSON.stringify(await program(files, photo, ${JSON.stringify(images)})));`, ["node:*"]);
    const { stdout } = name === "Deno"
      ? await execute(process.execPath, [inside("deno/bin.cjs"), "run", "--allow-read", file], { cwd: folder, env: { ...process.env, DENO_DIR: join(folder, ".deno"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" } })
      : await execute(engines[name]!.program!, [file], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual(wanted);
  }, 60_000);
});

it("without fast-png or jpeg-js, the error says what to install", async () => {
  const last = `const { image } = await import("./src/data/images.ts");
    for (const bytes of [files[0][1], photo]) await image(bytes).catch(({ name, code, message }) => console.log(name, code, message));`;
  const { stdout } = await execute(process.execPath, [await bundle("bare.mjs", last, ["fast-png", "jpeg-js", "node:*"])], { cwd: folder });
  expect(stdout.trim().split("\n")).toEqual([expect.stringMatching(/^EngineError missing-package .*npm install fast-png/), expect.stringMatching(/^EngineError missing-package .*npm install jpeg-js/)]);
}, 60_000);

const { Chromium } = browsers;
it.skipIf(!Chromium)("in a page, all but a JPEG's last bits is the same, and no package is wanted", async () => {
  await bundle("page.js", "program(files, photo).then((told) => { globalThis.result = told; }, (error) => { globalThis.result = { error: String(error.stack) }; });", ["fast-png", "jpeg-js", "node:*"]);
  writeFileSync(join(folder, "index.html"), '<!DOCTYPE html><meta charset="utf-8"><script type="module" src="page.js"></script>');
  const browser = await Browser.open(Chromium!);
  try {
    const { photo: levels, ...told } = await browser.run(folder, "index.html", {}), { photo: own, folder: _, ...rest } = wanted;
    expect(told).toEqual(rest);
    const far = Math.max(...(levels as number[]).map((level, i) => Math.abs(level - own[i]!)));
    console.log(`JPEG: Chromium's decoder and jpeg-js differ by ${far} levels at most`);
    expect([levels.length, far < 12]).toEqual([own.length, true]);
  } finally {
    await browser.close();
  }
}, 60_000);
