// What people drop on the page, and what the engine makes of it; it runs here as it does in the page's worker, but for the decoders of pictures.

import { strToU8, zipSync } from "fflate";
import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import type { Api, DataView, Named } from "../../src/page/engine/api.ts";
import { engine } from "../../src/page/engine/engine.ts";
import { en } from "../../src/page/text/en/index.ts";
import { zh } from "../../src/page/text/zh/index.ts";

const named = (path: string, content: string | Uint8Array): Named => ({ path, file: new File([content as never], path.split("/").at(-1)!) });
const drop = (...files: Named[]): { api: Api; view: Promise<DataView> } => {
  const api = engine(() => {});
  return { api, view: api.open({ kind: "files", files }) };
};
const problem = async (...files: Named[]): Promise<string> => drop(...files).view.then(() => "read", ({ code }) => code);

/** A picture of one grey. */
const png = (grey: number, width = 4, height = 4): Uint8Array => encode({ width, height, data: new Uint8Array(width * height).fill(grey), channels: 1 });
const flowers = (): [string, Uint8Array][] => Array.from({ length: 24 }, (_, i) => [`flowers/${i % 2 ? "rose" : "daisy"}/${i}.png`, png(i % 2 ? 200 + i : i)]);

describe("tables", () => {
  test.each([
    ["a CSV file", named("rows.csv", "size,kind\n1,a\n2,b\n3,a\n")],
    ["one with semicolons and a byte order mark", named("rows.csv", "\ufeffsize;kind\n1;a\n2;b\n3;a\n")],
    ["JSON Lines", named("rows.jsonl", '{"size":1,"kind":"a"}\n{"size":2,"kind":"b"}\n{"size":3,"kind":"a"}\n')],
    ["JSON Lines by their first character", named("rows", '{"size":1,"kind":"a"}\n{"size":2,"kind":"b"}\n{"size":3,"kind":"a"}\n')],
    ["a table in a ZIP", named("rows.zip", zipSync({ "in/rows.csv": strToU8("size,kind\n1,a\n2,b\n3,a\n"), "__MACOSX/._rows.csv": strToU8("?"), "in/.DS_Store": strToU8("?") }))],
  ])("%s", async (_, file) => {
    expect(await drop(file).view).toMatchObject({ kind: "table", rows: 3, columns: ["size", "kind"], target: "kind", preview: [["1", "a"], ["2", "b"], ["3", "a"]] });
  });

  test("cells that were copied from a spreadsheet", async () => {
    const api = engine(() => {});
    expect(await api.open({ kind: "text", text: "size\tkind\n1\ta\n2\tb, or c\n3\ta\n" })).toMatchObject({ kind: "table", rows: 3, preview: [["1", "a"], ["2", "b, or c"], ["3", "a"]] });
  });

  test("a column says what it is, and can be said to be something else", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i},${i % 5},${i % 2 ? "yes" : "no"}`).join("\n"), { api, view } = drop(named("rows.csv", `id,level,answer\n${rows}\n`));
    await view;
    const found = await api.describe({ target: "answer" }), [id, level, answer] = found.columns;
    expect(id).toMatchObject({ use: "ignore", why: { code: "named-identifier" } });
    expect(level).toMatchObject({ type: "number", use: "standardise", range: [0, 4] });
    expect(level!.histogram.reduce((sum, { count }) => sum + count, 0)).toBe(40);
    expect(answer).toMatchObject({ use: "target", why: { code: "target-classes", details: { count: 2 } } });
    expect(found).toMatchObject({ task: "yes-no", trainingRows: 32, heldOutRows: 8, input: [1] });
    const other = await api.describe({ target: "answer", types: { level: "category" }, validation: 0.5 });
    expect(other).toMatchObject({ trainingRows: 20, heldOutRows: 20, input: [5] });
  });

  test("where nothing can be learnt from the columns as they are taken, they are shown, and can be said to be something else", async () => {
    const { api, view } = drop(named("rows.csv", `one,day,answer\n${Array.from({ length: 40 }, (_, i) => `5,${i},${i % 2 ? "yes" : "no"}`).join("\n")}\n`)), { target } = await view;
    await expect(api.describe({ target })).rejects.toMatchObject({ code: "no-features" });
    expect((await api.look({ target })).columns).toMatchObject([{ name: "one", use: "ignore", why: { code: "constant" } }, { name: "day", use: "ignore", why: { code: "numbers-rows" } }, { name: "answer", use: "target" }]);
    expect((await api.describe({ target, types: { day: "number" } })).input).toEqual([1]);
  });

  test("rows that are left out, and classes of which none is held out, are told by code", async () => {
    const { api, view } = drop(named("rows.csv", `size,kind\n${Array.from({ length: 60 }, (_, i) => `${i % 7},${i < 20 ? "" : i % 2 ? "a" : "b"}`).join("\n")}\n`));
    await view;
    expect((await api.describe({ target: "kind" })).notes).toEqual([{ code: "note.unanswered", details: { left: 20, rows: 60, target: "kind" } }]);
    expect(zh["note.unanswered"]).not.toBe(en["note.unanswered"]);
  });

  test("too few rows, or none, are told as that", async () => {
    expect(await problem(named("rows.csv", "size,kind\n"))).toBe("no-rows");
    const { api, view } = drop(named("rows.csv", "size,kind\n1,a\n2,b\n")), { target } = await view;
    await expect(api.describe({ target })).rejects.toMatchObject({ code: "too-few-rows", details: { rows: 2 } });
  });

  test("names that a page could take for something else are names", async () => {
    const { api, view } = drop(named("rows.csv", `__proto__,<img src=x onerror=alert(1)>,constructor\n${Array.from({ length: 30 }, (_, i) => `${i / 7},${i * i % 11},${i % 2 ? "a" : "b"}`).join("\n")}\n`));
    expect((await view).columns).toEqual(["__proto__", "<img src=x onerror=alert(1)>", "constructor"]);
    expect((await api.describe({ target: "constructor" })).input).toEqual([2]);
  });
});

describe("pictures", () => {
  test("in a folder for each class", async () => {
    const { api, view } = drop(...flowers().map(([path, bytes]) => named(path, bytes)), named("flowers/README.txt", "flowers"));
    const { rows, pictures, notes } = await view;
    expect({ rows, width: pictures[0]!.width, labels: [...new Set(pictures.map(({ label }) => label))].sort(), notes }).toEqual({ rows: 24, width: 4, labels: ["daisy", "rose"], notes: [{ code: "note.not-pictures", details: { n: 1 } }] });
    expect((await api.describe({})).classes.map(({ name }) => name)).toEqual(["daisy", "rose"]);
  });

  test("in a ZIP", async () => {
    expect(await drop(named("flowers.zip", zipSync(Object.fromEntries(flowers())))).view).toMatchObject({ kind: "images", rows: 24 });
  });

  test("of several sizes, or large ones, are brought to one", async () => {
    const { view } = drop(named("a/1.png", png(1, 5, 9)), named("b/2.png", png(200, 7, 3)), named("a/3.png", png(3, 100, 80)));
    const { pictures, notes } = await view;
    expect(pictures.map(({ width, height }) => [width, height])).toEqual([[32, 32], [32, 32], [32, 32]]);
    expect(notes).toEqual([{ code: "note.resized", details: { side: 32 } }]);
  });

  test("of a sample, and in MNIST's files", async () => {
    const api = engine(() => {});
    expect(await api.open({ kind: "sample", name: "digits" })).toMatchObject({ kind: "images", rows: 1797, pictures: { length: 20, 0: { most: 16 } } });
    const header = (...sizes: number[]): Uint8Array => Uint8Array.from([0, 0, 8, sizes.length, ...sizes.flatMap((size) => [0, 0, size >> 8, size & 255])]);
    const idx = (sizes: number[], data: Uint8Array): Uint8Array => Uint8Array.from([...header(...sizes), ...data]);
    const images = named("train-images-idx3-ubyte", idx([10, 2, 2], Uint8Array.from({ length: 40 }, (_, i) => 6 * i))), labels = named("train-labels-idx1-ubyte", idx([10], Uint8Array.from({ length: 10 }, (_, i) => i % 2)));
    const test = named("t10k-images-idx3-ubyte", idx([2, 2, 2], new Uint8Array(8)));
    expect(await drop(test, labels, images).view).toMatchObject({ rows: 10, notes: [{ code: "note.first-pictures" }] });
    expect(await problem(images)).toBe("no-labels");
    expect(await problem(labels)).toBe("no-pictures");
    expect(await problem(images, named("train-labels-idx1-ubyte", idx([9], new Uint8Array(9))))).toBe("rows-differ");
  });
});

describe("what cannot be used says why", () => {
  test.each([
    ["nothing", "no-file", []],
    ["what systems leave behind", "no-file", [named(".DS_Store", "?")]],
    ["a spreadsheet", "spreadsheet", [named("rows.xlsx", zipSync({ "[Content_Types].xml": strToU8("<Types/>"), "xl/workbook.xml": strToU8("<workbook/>") }))]],
    ["an old spreadsheet", "spreadsheet", [named("rows.xls", Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1))]],
    ["Parquet", "parquet", [named("rows.parquet", "PAR1....PAR1")]],
    ["two tables", "several-files", [named("a.csv", "a\n1\n"), named("b.csv", "a\n1\n")]],
    ["an archive in an archive", "archive-in-archive", [named("a.zip", zipSync({ "b.zip": zipSync({ "a.csv": strToU8("a\n1\n") }) }))]],
    ["a broken archive", "bad-file", [named("a.zip", zipSync({ "a.csv": strToU8("a\n1\n") }).subarray(0, 40))]],
    ["a picture without a class", "no-class", [named("1.png", png(1))]],
    ["a picture that is none", "unknown-image", [named("a/1.png", "hello"), named("b/2.png", png(1))]],
  ] as const)("%s", async (_, code, files) => {
    expect(await problem(...files)).toBe(code);
  });

  test("an archive that would unpack to more than there is room for", async () => {
    const archive = zipSync({ "a.csv": new Uint8Array(1_000_000) }), view = new DataView(archive.buffer), directory = archive.length - 22 - (46 + 5);
    view.setUint32(directory + 24, 0xfffffff0, true); // its size, as it says
    expect(await problem(named("a.zip", archive))).toMatch(/^(too-large|bad-file)$/);
  });
});
