// A model's preprocessing in its exports: raw columns in, answers in the user's units out.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createModel, dense, type Model, Preprocessing, relu, sequential, toONNX, toPredictor } from "../../src/index.ts";
import { compare } from "../worst.ts";
import { runtime, RUNTIMES, session } from "./onnxRuntime.ts";

const PYTHON = "/usr/bin/python3", noChecker = spawnSync(PYTHON, ["-c", "import onnx"]).status !== 0;
if (noChecker) console.warn(`test/formats/raw-rows.test.ts: files are not checked [SKIPPED: ${PYTHON} has no onnx; apt-get install python3-onnx]`);

const folder = mkdtempSync(join(tmpdir(), "lanewise-raw-"));
afterAll(() => rmSync(folder, { recursive: true }));

const COLUMNS = [
  { column: "age", use: "standardise", fill: 40, shift: 41.5, scale: 12.25, indicator: true },
  { column: "share", use: "minMax", fill: 0.25, shift: -1, scale: 3, indicator: false },
  { column: "income", use: "log", fill: 100, shift: 2.5, scale: 1.5, indicator: false },
  { column: "year", use: "none", fill: 0, shift: 0, scale: 1, indicator: false },
  { column: "serial", use: "standardise", fill: 1e9, shift: 1_000_000_000, scale: 2, indicator: false },
  { column: "city", use: "oneHot", categories: ["Bern", "Köln", "東京"], numeric: false, fill: null, indicator: true },
  { column: "grade", use: "ordinal", categories: ["low", "high"], numeric: false, fill: "high", indicator: false },
  { column: "rooms", use: "oneHot", categories: ["1", "2.5", "-3"], numeric: true, fill: "2.5", indicator: true },
];
const ROWS = [
  { age: 30, share: 0.5, income: 5000, year: 3, serial: 1_000_000_003, city: "Bern", grade: "low", rooms: 1 },
  { age: null, share: null, income: -20, year: -2, serial: 999_999_998, city: "", grade: "", rooms: null },
  { age: 55.5, share: -1, income: null, year: null, serial: null, city: "東京", grade: "high", rooms: -3 },
  { age: 0, share: 2, income: 0, year: 1, serial: 1_000_000_001, city: "Paris", grade: "none", rooms: 7 },
] as const;
const WIDTH = 2 + 1 + 1 + 1 + 1 + 4 + 1 + 4;

/** The numbers of a row, by the formulas of the columns. */
function features(row: Record<string, unknown>): number[] {
  return COLUMNS.flatMap((fitted) => {
    const value = row[fitted.column], missing = value === null || value === "";
    if (fitted.categories) {
      const text = missing ? fitted.fill : String(value), at = text === null ? -1 : fitted.categories.indexOf(text as string);
      return [...(fitted.use === "ordinal" ? [at + 1] : fitted.categories.map((_, i) => Number(i === at))), ...(fitted.indicator ? [Number(missing)] : [])];
    }
    const x = missing ? (fitted.fill as number) : (value as number), bent = fitted.use === "log" ? Math.sign(x) * Math.log1p(Math.abs(x)) : x;
    return [(bent - fitted.shift!) / fitted.scale!, ...(fitted.indicator ? [Number(missing)] : [])];
  });
}

/** A model as it is with such preprocessing. */
async function made(target: unknown, columns: unknown[] = COLUMNS): Promise<Model<any, any>> {
  const preprocessing = Preprocessing.from({ format: 1, columns, target }), outputs = preprocessing.classes?.length ?? 1;
  return createModel(sequential(dense(8), relu(), dense(outputs)), { seed: 3, preprocessing });
}

const TARGETS = {
  "standardised": [{ column: "price", task: "regression", use: "standardise", mean: 250, deviation: 30 }, (y: number) => y * 30 + 250],
  "logarithmic": [{ column: "price", task: "regression", use: "log", mean: 0.5, deviation: 2 }, (y: number) => { const z = y * 2 + 0.5; return Math.sign(z) * Math.expm1(Math.abs(z)); }],
  "plain": [{ column: "price", task: "regression", use: "none", mean: 0, deviation: 1 }, (y: number) => y],
  "classes": [{ column: "kind", task: "classification", classes: ["a", "b", "c"], numeric: false }, (y: number) => y],
} as const;

test.each(Object.entries(TARGETS))("ONNX Runtime takes raw columns; the target is %s", async (what, [target, units]) => {
  const model = await made(target), file = toONNX(model);
  const wanted = [...model.predict({ data: Float32Array.from(ROWS.flatMap(features)), shape: [ROWS.length, WIDTH] }).data].map(units);
  if (!noChecker && what === "logarithmic") {
    writeFileSync(join(folder, "raw.onnx"), file);
    expect(spawnSync(PYTHON, ["-c", "import sys, onnx; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)", join(folder, "raw.onnx")], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  }
  for (const name of RUNTIMES) {
    const ort = await runtime(name), loaded = await session(ort, file);
    expect(loaded.inputNames).toEqual(COLUMNS.map(({ column }) => column));
    const feeds = Object.fromEntries(COLUMNS.map(({ column, numeric, categories }) => {
      const values = ROWS.map((row) => row[column as keyof typeof row]);
      return [column, categories && !numeric ? new ort.Tensor("string", values, [ROWS.length, 1]) : new ort.Tensor("float64", Float64Array.from(values, (x) => (x === null ? NaN : Number(x))), [ROWS.length, 1])];
    }));
    compare(name, (await loaded.run(feeds)).output!.data, wanted, { most: 1e-5 });
  }
  model.dispose();
});

test.each(Object.entries(TARGETS))("the predictor takes records; the target is %s", async (name, [target, units]) => {
  const model = await made(target), path = join(folder, `${name}.mjs`);
  writeFileSync(path, toPredictor(model));
  const { predict, classify } = await import(/* @vite-ignore */ path), x = { data: Float32Array.from(ROWS.flatMap(features)), shape: [ROWS.length, WIDTH] };
  const plain = model.predict(x);
  compare("records", predict(ROWS).data, [...plain.data].map(units), { most: 1e-6 });
  expect(predict(x)).toEqual(plain); // numbers stay numbers
  const texts = ROWS.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value === null ? "" : ` ${value} `.slice(1, -1)])));
  expect(predict(texts)).toEqual(predict(ROWS)); // as a CSV file has them
  if (name === "classes") expect(classify(ROWS)[0].map(({ label }: { label: string }) => label).sort()).toEqual(["a", "b", "c"]);
  expect(() => predict([{ ...ROWS[0], age: "old" }])).toThrow(/age/);
  // as model.predict: a name that is misspelled is no missing value
  const { city: Bern, ...rest } = ROWS[0];
  expect(() => predict([{ ...rest, town: Bern }])).toThrow("city: no row has this column");
  expect(predict([rest, ROWS[2]])).toEqual(predict([{ ...rest, city: "" }, ROWS[2]]));
  model.dispose();
});

test("ONNX has nothing for texts and dates: the column is named, and the network alone can be exported", async () => {
  const rows = Array.from({ length: 9 }, (_, i) => ({ born: `2020-0${i + 1}-0${i + 1}`, y: i / 2 }));
  for (const [type, use] of [["category", { use: "hash", buckets: 4 }], ["date", "cyclic"]] as const) {
    const preprocessing = Preprocessing.fit(rows, { target: "y", types: { born: type }, transforms: { born: use as never } });
    expect(preprocessing.columns).toMatchObject([{ column: "born", use: type === "date" ? "cyclic" : "hash" }]);
    const model = await createModel(dense(1), { preprocessing });
    expect(() => toONNX(model)).toThrow(expect.objectContaining({ code: "not-portable", details: expect.objectContaining({ option: "born" }) }));
    expect(toONNX(model, { preprocessing: false }).length).toBeGreaterThan(100);
    model.dispose();
  }
});

/** Dates as each format has them, at the edges of months, years and days, and one that is missing. */
const DATES: Readonly<Record<string, readonly (string | number | Date | null)[]>> = {
  iso: ["2020-02-29", "1969-12-31T23:59:59.5Z", "2000/1/1 12:30 pm", "0099-03-01", "2024-06-15T00:30:00+05:30", "2021-07", new Date(1e12), null],
  dmy: ["31.1.2020", "01/02/2021 06:00", "28-2-1900", "2020-05-06", "1/12/2019 11:59:59 PM", null, "3.3.2003", "30/4/1970"],
  mdy: ["1/31/2020", "02-28-2021 18:15", "12/1/1999", "2020-05-06", "7/4/1976 12:00 AM", null, "3/3/2003", "4/30/1970"],
  named: ["31 Jan 2020", "March 1, 2021", "Sun, 5 sept 1999 10:00 GMT", "2020-05-06", "4 July 1976", null, "Feb 29 2004", "May 9, 2010 3:04 pm"],
  milliseconds: [0, -1, 1.6e12, 951782400000, 253402300799999, null, 1e9, "1580560200000"],
};

test.each(Object.entries(DATES))("the predictor takes dates, with the bits of predict: %s", async (format, dates) => {
  await sameRecords(dates.map((day, i) => ({ day, y: i })), { day: `date:${format}` }, {}, `dates-${format}`);
});

test("the predictor takes texts, whole or by words", async () => {
  const notes = ["The cat, the CAT", "a", "日本語 と cat", "naïve—café", "", "a b c d e f g h", "…", "😀 smile"];
  await sameRecords(notes.map((note, i) => ({ note, y: i })), { note: "text" }, {}, "words");
  await sameRecords(notes.map((note, i) => ({ note, y: i })), { note: "category" }, { note: { use: "hash", buckets: 5 } }, "values");
});

/** The numbers of a row go through, so that each has to be right. */
async function sameRecords(rows: readonly Record<string, unknown>[], types: Record<string, string>, transforms: object, name: string): Promise<void> {
  const preprocessing = Preprocessing.fit(rows, { target: "y", types: types as never, transforms: transforms as never }), model = await createModel((x) => x as never, { preprocessing: Preprocessing.from({ ...(preprocessing.toJSON() as object), target: null }) });
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, toPredictor(model as Model));
  const { predict } = await import(/* @vite-ignore */ path);
  const { data, shape } = model.predict(rows as never) as { data: Float32Array; shape: number[] };
  expect(shape[1]).toBeGreaterThan(2);
  expect(predict(rows)).toEqual({ data, shape });
  const [column] = Object.keys(types);
  if (types[column!]!.startsWith("date")) expect(() => predict([{ [column!]: "31.13.2020" }])).toThrow(new RegExp(`^${column}: a date is wanted`));
  model.dispose();
}
