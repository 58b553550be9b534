// What a table's columns are taken for, and how that is told.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError, inferSchema, LanewiseError, OptionError, Preprocessing, type SchemaOptions, tableOf } from "../../../src/index.ts";
import { penguins, type Row, texts } from "./penguins.ts";

/** So many rows of one column. */
const column = (count: number, cell: (i: number) => unknown): Row[] => Array.from({ length: count }, (_, i) => ({ it: cell(i), other: i % 2 ? "a" : "b" }));
const told = (rows: readonly Row[], options: SchemaOptions = {}): [string, string] => {
  const { type, use } = inferSchema(tableOf(rows), options).columns[0]!;
  return [type, use];
};

describe("a column is", () => {
  test.each<[string, number, (i: number) => unknown, [string, string]]>([
    ["numbers", 30, (i) => i / 4, ["number", "standardise"]],
    ["numbers as texts", 30, (i) => `${i / 4}`, ["number", "standardise"]],
    ["whole numbers with gaps", 30, (i) => i * 7, ["number", "standardise"]],
    ["whole numbers that come again", 30, (i) => i % 5, ["number", "standardise"]],
    ["numbers of rows", 30, (i) => i + 1, ["identifier", "ignore"]],
    ["whole numbers one after the other from 20 on", 30, (i) => 20 + i, ["number", "standardise"]],
    ["codes with leading zeros", 30, (i) => `0${i % 4}123`, ["category", "oneHot"]],
    ["few texts", 30, (i) => `kind ${i % 3}`, ["category", "oneHot"]],
    ["booleans", 30, (i) => i % 2 === 0, ["category", "oneHot"]],
    ["numbers with a text among them", 30, (i) => (i === 7 ? "?" : `${i % 6}`), ["category", "oneHot"]],
    ["several hundred texts", 900, (i) => `street ${i % 300}`, ["category", "hash"]],
    ["names, all different", 30, (i) => `Ann${i}`, ["identifier", "ignore"]],
    ["sentences", 60, (i) => `the note number ${i} says little`, ["text", "hash"]],
    ["ISO dates", 30, (i) => `2020-01-${String(1 + (i % 28)).padStart(2, "0")}`, ["date", "cyclic"]],
    ["dates with the day first", 30, (i) => `${1 + (i % 28)}/3/2020`, ["date", "cyclic"]],
    ["dates with the month first", 30, (i) => `3/${1 + (i % 28)}/2020`, ["date", "cyclic"]],
    ["Dates", 30, (i) => new Date(i * 1e10), ["date", "cyclic"]],
    ["the same everywhere", 30, () => "x", ["category", "ignore"]],
    ["the same number everywhere", 30, () => 5, ["number", "ignore"]],
    ["missing everywhere", 30, () => null, ["category", "ignore"]],
    ["blank everywhere", 30, () => " ", ["category", "ignore"]],
  ])("%s", (_, count, cell, wanted) => {
    expect(told(column(count, cell))).toEqual(wanted);
  });

  test("an identifier by its name, if it is different in every row", () => {
    for (const name of ["id", "user_id", "userId", "UUID", "index", ""]) expect(told([{ [name]: 17 }, { [name]: 3 }, { [name]: 9 }])).toEqual(["identifier", "ignore"]);
    expect(told([{ id: 17 }, { id: 3 }, { id: 3 }])).toEqual(["number", "standardise"]);
    expect(told([{ paid: 17 }, { paid: 3 }, { paid: 9 }])).toEqual(["number", "standardise"]);
  });

  test("no date where day and month cannot be told apart, and the reason says so", () => {
    const rows = column(30, (i) => `${1 + (i % 12)}/${1 + (i % 4)}/2020`);
    expect(told(rows)[0]).toBe("category");
    expect(inferSchema(tableOf(rows)).columns[0]!.why).toMatch(/which is the month\? types: "date:dmy"/);
    expect(inferSchema(tableOf(rows), { types: { it: "date:dmy" } }).columns[0]).toMatchObject({ type: "date", format: "dmy", range: [Date.UTC(2020, 0, 1), Date.UTC(2020, 3, 12)] });
    expect(() => inferSchema(tableOf(rows), { types: { it: "date" } })).toThrow(/"date:dmy" or "date:mdy"/);
  });

  test("what the caller says it is", () => {
    expect(told(column(30, (i) => i % 5), { types: { it: "category" } })).toEqual(["category", "oneHot"]);
    expect(told(column(30, (i) => i + 1), { types: { it: "number" } })).toEqual(["number", "standardise"]);
    expect(told(column(30, (i) => `0${i}`), { types: { it: "number" } })).toEqual(["number", "standardise"]);
    expect(told(column(30, (i) => i * 1e12), { types: { it: "date" } })).toEqual(["date", "cyclic"]);
    expect(told(column(30, (i) => i / 4), { ignore: ["it"] })).toEqual(["number", "ignore"]);
  });
});

describe("a target's task", () => {
  test.each<[string, number, (i: number) => unknown, string]>([
    ["texts", 30, (i) => `kind ${i % 3}`, "classification"],
    ["booleans", 30, (i) => i % 2 === 0, "classification"],
    ["two whole numbers", 30, (i) => (i % 2) * 7, "classification"],
    ["0, 1, 2 in turn", 30, (i) => i % 3, "classification"],
    ["1 to 5 in turn", 30, (i) => 1 + (i % 5), "classification"],
    ["3 to 8 in turn, which are no codes", 60, (i) => 3 + (i % 6), "regression"],
    ["0 to 9, each three times", 30, (i) => i % 10, "regression"],
    ["halves", 30, (i) => (i % 3) / 2, "regression"],
    ["numbers", 30, (i) => i * 1.5, "regression"],
    ["numbers as texts", 30, (i) => `${i * 1.5}`, "regression"],
  ])("%s", (_, count, cell, wanted) => {
    const schema = inferSchema(tableOf(column(count, cell)), { target: "it" });
    expect([schema.target, schema.task, schema.columns[0]!.use]).toEqual(["it", wanted, "target"]);
    expect(schema.columns[0]!.why).not.toBe("");
  });

  test("is what the caller says, and its reason says what would be said otherwise", () => {
    const table = tableOf(column(30, (i) => i % 3));
    expect(inferSchema(table, { target: "it" }).columns[0]!.why).toBe("3 classes, as its numbers are 0 to 2; or task: \"regression\"");
    expect(inferSchema(table, { target: "it", task: "regression" }).task).toBe("regression");
    expect(inferSchema(tableOf(column(30, (i) => i * 1.5)), { target: "it", task: "classification" }).task).toBe("classification");
  });
});

test("the table of a schema reads well in 120 columns", () => {
  const rows = texts(penguins(344)).map((row, i) => ({ ...row, rowid: i, note: "seen on the beach, number " + i, seen: `2008-11-${String(1 + (i % 28)).padStart(2, "0")}` }));
  const text = String(inferSchema(tableOf(rows, "penguins.csv"), { target: "species" }));
  expect(text).toMatchInlineSnapshot(`
    "column             type               missing  values                                use
    species            target (category)        0  Adelie 162, Gentoo 118, Chinstrap 64  target: 3 classes
    island             category                 0  Biscoe 182, Dream 112, Torgersen 50   one-hot: 3 texts
    bill_length_mm     number                   4  34.4 … 54.8                           standardised, missing: mean + flag
    bill_depth_mm      number                   4  13.8 … 20.1                           standardised, missing: mean + flag
    flipper_length_mm  number                   4  178 … 229                             standardised, missing: mean + flag
    body_mass_g        number                   4  2825 … 5725                           standardised, missing: mean + flag
    sex                category                17  MALE 168, FEMALE 159                  one-hot: 2 texts, missing: flag
    rowid              identifier               0  0, 1, 2, 3, 4, 5, 6, 7, …             ignored: numbers the rows
    note               text                     0  seen on the beach, number…, …         hashed: words of 344 texts
    seen               date                     0  2008-11-01 … 2008-11-28               cyclic
    penguins.csv: 344 rows, 10 columns, target "species": classification"
  `);
  for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
});

test("numbers that a few texts spoil are told as such, and not as texts that are all different", () => {
  const why = (cell: (i: number) => string): string => inferSchema(tableOf(column(60, cell))).columns[0]!.why;
  expect(why((i) => (i === 7 ? "inf" : `${i}.25`))).toBe('numbers, but for such as "inf"?');
  expect(why((i) => `${i},${100 + i}`)).toBe('numbers, but for such as "0,100"?');
  expect(why((i) => `${i} %`)).toBe('numbers, but for such as "0 %"?');
  expect(why((i) => `Ann${i}`)).toBe("different in every row");
});

test("transforms are told in the table, and Preprocessing.fit does what they say", () => {
  const rows = Array.from({ length: 30 }, (_, i) => ({ size: i === 3 ? null : i * 1.5, kind: `kind ${i % 3}`, name: `Ann${i}`, day: `2024-01-${10 + (i % 20)}`, price: i * 2.5 }));
  const schema = inferSchema(rows, { target: "price", transforms: { size: { use: "log", impute: "median", indicator: false }, kind: "ordinal", name: { use: "hash", buckets: 8 }, day: { parts: ["weekday"] }, price: "log" } });
  expect(String(schema).split("\n").slice(1, -1).map((line) => line.replace(/^.*(?:, …|\d)  +/, ""))).toEqual([
    "log, standardised, missing: median", "ordinal number: 3 texts", "hashed (8 buckets): different in every row", "cyclic (weekday)", expect.stringMatching(/^target, log, standardised: regression, as it/),
  ]);
  const fitted = Preprocessing.fit(rows, { schema });
  expect(fitted.columns.map(({ column, use }) => [column, use])).toEqual([["size", "log"], ["kind", "ordinal"], ["name", "hash"], ["day", "cyclic"]]);
  expect([fitted.features.length, fitted.target]).toEqual([1 + 1 + 8 + 2, expect.objectContaining({ use: "log" })]);
  // what is said beside a schema goes before what it says
  expect(Preprocessing.fit(rows, { schema, transforms: { size: "minMax" } }).columns[0]).toMatchObject({ use: "minMax" });
});

describe("dates that are none", () => {
  const days = (...first: string[]): object[] => Array.from({ length: 40 }, (_, i) => ({ day: first[i] ?? `${10 + (i % 18)}/0${1 + (i % 9)}/2024`, y: i }));

  test("a column that nearly has dates says which value is none, and how to mend it", () => {
    const why = (...first: string[]): string => inferSchema(tableOf(days(...first))).columns[0]!.why;
    expect(why("13/01/2024", "31/02/2024")).toBe('dates, but for such as "31/02/2024"? there is no such day: correct it, or leave it empty if it is missing');
    expect(why(...Array.from({ length: 40 }, (_, i) => `${13 + (i % 9)}.01.24`))).toBe('dates, but for such as "13.01.24"? a year has four digits: 2024, not 24');
  });

  test.each<[string, string[], object, number, RegExp]>([
    ["a day that is none", ["13/01/2024", "31/02/2024"], { day: "date" }, 1, /column "day", row 1: wanted a date as the others have \(dmy\), got "31\/02\/2024"; there is no such day/],
    ["two digits for a year", ["13/01/24"], { day: "date" }, 0, /got "13\/01\/24"; a year has four digits: 2024, not 24/],
    ["another way to write it", ["13/01/2024", "2024-01-31T25:00"], { day: "date" }, 1, /got "2024-01-31T25:00"; there is no such day|leave it empty/],
    ["a word", ["13/01/2024", "soon"], { day: "date" }, 1, /got "soon"; leave it empty if it is missing/],
  ])("said to be some: %s is refused with its row", (_, first, types, row, message) => {
    const bad = (): unknown => inferSchema(tableOf(days(...first)), { types: types as never });
    expect(bad).toThrow(message);
    expect(bad).toThrow(expect.objectContaining({ name: "DataError", code: "not-a-date", details: expect.objectContaining({ row, column: "day" }) }));
  });

  test("written in the other order: it says which", () => {
    const bad = (): unknown => Preprocessing.fit(days("13/01/2024", "01/31/2024") as never, { types: { day: "date:dmy" } });
    expect(bad).toThrow(/row 1: .*got "01\/31\/2024"; types: \{ "day": "date:mdy" \}, if all are written so/);
  });
});

test("wide cells and control characters do not break it", () => {
  const rows = column(30, (i) => `${"long ".repeat(30)}\n\u001b[31m${i % 3}`), long = { ["name ".repeat(40)]: 1 };
  const text = String(inferSchema(tableOf([...rows, long])));
  expect(text.split("\n")).toHaveLength(5);
  expect(text).not.toMatch(/[\0-\x09\x0b-\x1f]/);
  for (const line of text.split("\n").slice(0, -1)) expect([...line].length).toBeLessThanOrEqual(120);
});

test.each<[string, object, RegExp]>([
  ["a target that is no column", { target: "its" }, /target: wanted a column of rows: it, other, got "its"; did you mean it\?/],
  ["a type of no column", { types: { no: "number" } }, /types/],
  ["a type that is none", { types: { it: "int" } }, /types\.it: wanted one of "number"/],
  ["a way of writing dates that is none", { types: { it: "date:ymd" } }, /types\.it: wanted one of "iso"/],
  ["an ignored column that is none", { ignore: ["no"] }, /ignore/],
  ["an ignored target", { target: "it", ignore: ["it"] }, /ignore/],
  ["transforms that are no record", { transforms: "log" }, /transforms: wanted a record by column/],
  ["a transform of no column", { transforms: { its: "log" } }, /transforms: wanted a column of rows.*did you mean it\?/],
  ["a transform that is none", { transforms: { it: "logs" } }, /transforms\.it: wanted one of "standardise".*did you mean log\?/],
  ["a transform that is a number", { transforms: { it: 3 } }, /transforms\.it: wanted a use/],
  ["a task without a target", { task: "regression" }, /task/],
  ["a task that is none", { target: "it", task: "regress" }, /task: wanted one of "classification", "regression", got "regress"; did you mean regression\?/],
  ["an unknown option", { targets: "it" }, /did you mean target\?/],
])("%s is refused", (_, options, message) => {
  expect(() => inferSchema(tableOf(column(5, (i) => i / 2)), options as never)).toThrow(message);
  expect(() => inferSchema(tableOf(column(5, (i) => i / 2)), options as never)).toThrow(OptionError);
});

test("a text in a column that is said to have numbers is told with its row", () => {
  expect(() => inferSchema(tableOf(column(30, (i) => (i === 7 ? "seven" : i)), "t.csv"), { types: { it: "number" } })).toThrow(/^t\.csv: column "it", row 7: wanted a number, as types says, got "seven"$/);
  expect(() => inferSchema(5 as never)).toThrow(DataError);
});

test("any table has a schema", () => {
  const cell = fc.oneof(fc.string(), fc.double(), fc.constantFrom(null, "", "1", "01", "1/2/2020", "2020-01-02", "x", true), fc.date());
  fc.assert(fc.property(fc.array(fc.dictionary(fc.constantFrom("a", "b", "__proto__", "id"), cell), { maxLength: 40 }), (rows) => {
    try {
      expect(String(inferSchema(tableOf(rows)))).toContain("column");
    } catch (error) {
      expect(error).toBeInstanceOf(LanewiseError);
    }
  }));
});
