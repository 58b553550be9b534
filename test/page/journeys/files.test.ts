// From files, as people have them, to a model that is taken away; and what is no use says why.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { encode } from "fast-png";
import { strToU8, zipSync } from "fflate";
import jpeg from "jpeg-js";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { filled } from "../../../src/advice/text.ts";
import { en } from "../../../src/page/text/en/index.ts";
import { loadModel, Preprocessing } from "../../../src/index.ts";
import { digitFiles } from "../digits.ts";
import { root } from "../../runtimes/project.ts";
import { folder, type Visitor, visits } from "../visitor.ts";

const open = visits(), place = folder();
afterAll(() => place.remove());

/** Writes a file, and gives its path. */
function file(name: string, content: string | Uint8Array): string {
  const path = join(place.path, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const ROWS = Array.from({ length: 60 }, (_, i) => ({ width: i % 7, height: (i * 37) % 11, kind: (i % 7) + ((i * 37) % 11) > 8 ? "large" : "small" }));
const lines = (between: string): string => ["width", "height", "kind"].join(between) + "\n" + ROWS.map((row) => `${Object.values(row).join(between)}\n`).join("");
/** Pictures of 12 × 10 pixels, dark and light ones. */
const FLOWERS = Array.from({ length: 40 }, (_, i): [string, number] => [`${i % 2 ? "rose" : "daisy"}/${i}`, i % 2 ? 180 + i : 20 + i]);
const png = (grey: number): Uint8Array => encode({ width: 12, height: 10, data: new Uint8Array(120).fill(grey), channels: 1 });
const jpg = (grey: number): Uint8Array => jpeg.encode({ width: 12, height: 10, data: Uint8Array.from({ length: 480 }, (_, i) => (i % 4 === 3 ? 255 : grey)) }, 90).data;
const sample = (name: string): Uint8Array => readFileSync(join(root, "src/page/samples", name));

/** From open data to a model that is read here. */
async function takesModel(visitor: Visitor): Promise<void> {
  for (const name of ["next.model", "next.train", "train.start", "next.understand"] as const) await visitor.press(en[name]);
  await visitor.sees(/[\d.]+ % of the .* held-out rows are right/);
  await visitor.press(en["next.use"]);
  const { name, bytes } = await visitor.download(en["use.take.safetensors"]), model = await loadModel(Uint8Array.from(bytes), { preprocessing: Preprocessing });
  expect([name, model.parameters.size > 1]).toEqual(["model.safetensors", true]);
  model.dispose();
}

describe("each kind of file comes to a model", () => {
  let visitor: Visitor;
  beforeAll(async () => void (visitor = await open()), 60_000);
  afterEach(async () => {
    await visitor.unfold(en["keep.title"]);
    for (const name of ["keep.erase", "keep.erase.yes"] as const) await visitor.press(en[name]);
  });
  const found = (name: string, rows: number) => visitor.sees(filled(en["data.preview"], { name, rows }));
  const choose = (...paths: string[]) => visitor.give(en["data.choose"], paths);

  test("CSV, dropped", async () => {
    await visitor.drop(en["data.drop"], [file("rows.csv", lines(","))]);
    await found("rows.csv", 60);
    await takesModel(visitor);
  });

  test("JSON Lines", async () => {
    await choose(file("rows.jsonl", ROWS.map((row) => JSON.stringify(row)).join("\n")));
    await found("rows.jsonl", 60);
    await takesModel(visitor);
  });

  test("cells of a spreadsheet, pasted", async () => {
    await visitor.press(en["data.paste"]);
    await visitor.fill(en["data.paste.about"], lines("\t"));
    await visitor.press(en["data.paste.read"]);
    await found("pasted.csv", 60);
    await takesModel(visitor);
  });

  test("a folder of PNGs, dropped, and chosen", async () => {
    for (const [name, grey] of FLOWERS) file(`flowers/${name}.png`, png(grey));
    await visitor.drop(en["data.drop"], [join(place.path, "flowers")]);
    await found("flowers", 40);
    await takesModel(visitor);
    await visitor.press(en["screen.data"]);
    await visitor.give(en["data.choose.folder"], [join(place.path, "flowers/")]);
    await visitor.press(en["keep.replace.yes"]);
    await visitor.sees(filled(en["data.split"], { training: 32, heldOut: 8 }));
    await found("flowers", 40);
  });

  test("a ZIP of PNGs and JPEGs", async () => {
    await choose(file("garden.zip", zipSync(Object.fromEntries(FLOWERS.map(([name, grey], i) => (i % 3 ? [`garden/${name}.jpg`, jpg(grey)] : [`garden/${name}.png`, png(grey)]))))));
    await found("garden", 40);
    await takesModel(visitor);
  });

  test.each([["plain", "", (bytes: Uint8Array) => bytes], ["gzipped", ".gz", gzipSync]] as const)("MNIST's files, %s", async (_, end, pack) => {
    await choose(...["train-labels-idx1-ubyte", "train-images-idx3-ubyte"].map((name) => file(name + end, pack(sample(name.replace("train", "digits"))))));
    await found(`train-images-idx3-ubyte${end}`, 1797);
    await takesModel(visitor);
  });
});

describe("what is no use says why, and the page goes on", () => {
  let visitor: Visitor;
  beforeAll(async () => void (visitor = await open()), 60_000);

  test.each([
    ["a spreadsheet", "spreadsheet", "rows.xlsx", zipSync({ "[Content_Types].xml": strToU8("<Types/>"), "xl/workbook.xml": strToU8("<workbook/>") })],
    ["a broken archive", "bad-file", "a.zip", zipSync({ "a.csv": strToU8("a\n1\n") }).subarray(0, 40)],
    ["a picture that is none", "unknown-image", "pictures.zip", zipSync({ "a/1.png": strToU8("hello"), "b/2.png": png(1) })],
    ["an empty file", "no-rows", "empty.csv", ""],
    ["a million columns", "too-many-columns", "wide.csv", `${Array.from({ length: 1e6 }, (_, i) => `c${i}`).join()}\n`],
    ["noise", "not-text", "noise.csv", Uint8Array.from({ length: 100_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255)],
  ] as const)("%s", async (_, code, name, content) => {
    await visitor.give(en["data.choose"], [file(name, content)]);
    await visitor.sees(en["problem.title"]);
    // what stands in brackets comes with details
    for (const part of en[`problem.${code}`].split(/\[.*?\]|\{.*?\}/).filter((text) => text.trim().length > 3)) expect(await visitor.text()).toContain(part.trim());
    await visitor.press(en["problem.close"]);
    await visitor.press(en["sample.penguins"]);
    await visitor.sees(filled(en["data.preview"], { name: "penguins.csv", rows: 344 }));
  });

  test("names that are HTML are names", async () => {
    const html = "<img src=x onerror=alert(1)>", rows = ROWS.map(({ width, kind }) => `${width},<b>${kind}</b>\n`).join("");
    await visitor.give(en["data.choose"], [file("<img src=x onerror=alert(1)>.csv", `${html},kind\n${rows}`)]);
    await visitor.sees(filled(en["data.preview"], { name: `${html}.csv`, rows: 60 }));
    await visitor.sees("<b>large</b>");
    expect(await visitor.evaluate("document.querySelectorAll('main img, main b').length")).toBe(0);
  });
});

test.each(["Chromium", "Firefox"] as const)("the 10,000 digits of MNIST, as files, are told apart in %s", async (browser) => {
  const visitor = await open({ browser }), files = digitFiles().map(([name, bytes]) => file(name, bytes)), start = performance.now();
  await visitor.give(en["data.choose"], files);
  await visitor.sees(filled(en["data.preview"], { name: "train-images-idx3-ubyte", rows: 10_000 }));
  for (const name of ["next.model", "next.train"] as const) await visitor.press(en[name]);
  for (const name of ["train.start", "next.understand"] as const) await visitor.press(en[name]);
  const [, percent] = await visitor.sees(/([\d.]+) % of the .* held-out rows are right/);
  console.log(`10,000 digits in ${browser}: ${percent} % right, ${((performance.now() - start) / 1000).toFixed(1)} s from the choice of files`);
  expect(Number(percent)).toBeGreaterThanOrEqual(94);
}, 180_000);
