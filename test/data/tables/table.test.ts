// Records of all sorts become a table, or an error that says where.

import fc from "fast-check";
import { expect, test } from "vitest";
import { byCodePoint, numberOf } from "../../../src/data/table.ts";
import { DataError, dropColumns, rowsWith, type Table, tableOf, takeRows } from "../../../src/index.ts";

test("columns are all names that any row has; numbers stay numbers, what is missing is NaN or null", () => {
  const table = tableOf([{ a: 1, b: "x" }, { b: null, c: true }, { a: NaN, c: 2n, d: new Date("2020-02-03T04:05:06Z") }], "mine");
  expect(table).toMatchObject({ name: "mine", rows: 3 });
  expect([...table.columns]).toEqual([
    ["a", new Float64Array([1, NaN, NaN])], ["b", ["x", null, null]], ["c", [null, "true", "2"]], ["d", [null, null, "2020-02-03T04:05:06.000Z"]],
  ]);
  expect(tableOf([]).columns.size).toBe(0);
});

test("a column of numbers and texts is of texts, with numbers as JavaScript writes them", () => {
  expect(tableOf([{ a: 1.5 }, { a: "x" }, { a: -0 }, { a: 1e21 }, { a: Infinity }]).columns.get("a")).toEqual(["1.5", "x", "0", "1e+21", "Infinity"]);
});

test("names such as __proto__ are columns like any other", () => {
  const rows = JSON.parse('[{"__proto__": 1, "constructor": "a"}, {"__proto__": 2, "toString": 3}]') as Record<string, unknown>[];
  expect([...tableOf(rows).columns.keys()]).toEqual(["__proto__", "constructor", "toString"]);
  expect(tableOf(rows).columns.get("__proto__")).toEqual(new Float64Array([1, 2]));
  expect({}).not.toHaveProperty("a");
});

test.each<[string, unknown, object]>([
  ["no array", { a: 1 }, { got: { a: 1 } }],
  ["a row that is no record", [{ a: 1 }, [1]], { row: 1 }],
  ["a row of nothing", [null], { row: 0 }],
  ["a cell that is an object", [{ a: 1 }, { a: { b: 1 } }], { row: 1, column: "a" }],
  ["a cell that is a function", [{ a: "x" }, { b: () => 1 }], { row: 1, column: "b" }],
  ["a cell that is a symbol", [{ a: Symbol("x") }], { row: 0, column: "a" }],
])("%s is refused with its place", (_, rows, details) => {
  expect(() => tableOf(rows as never)).toThrow(DataError);
  try {
    tableOf(rows as never);
  } catch (error) {
    expect((error as DataError).details).toMatchObject(details);
  }
});

test("rows are taken, columns dropped, and rows with a value found", () => {
  const table = tableOf([{ a: 1, b: "x" }, { a: 2, b: null }, { a: 3, b: " " }]);
  expect([...takeRows(table, [2, 0, 2]).columns]).toEqual([["a", new Float64Array([3, 1, 3])], ["b", [" ", "x", " "]]]);
  expect([...dropColumns(table, ["a"]).columns.keys()]).toEqual(["b"]);
  expect(rowsWith(table, "b")).toEqual([0]);
  expect(() => takeRows(table, [3])).toThrow(/rows.*wanted a row number below 3, got 3/);
  expect(() => takeRows(table, [0.5])).toThrow(DataError);
  expect(() => dropColumns(table, ["aa"])).toThrow(/did you mean a\?/);
  expect(() => rowsWith(table, "z")).toThrow(/column "z"/);
});

test("numbers are what files write: no hexadecimal, no words, no thousands", () => {
  expect(["1", " -1.5 ", "+.5", "5.", "1e3", "1E-3", "007"].map(numberOf)).toEqual([1, -1.5, 0.5, 5, 1000, 0.001, 7]);
  for (const text of ["", " ", "0x10", "Infinity", "NaN", "1,5", "1 000", "1_000", "e5", ".", "--1", "１"]) expect(numberOf(text), text).toBeNaN();
});

test("texts are in the order of their code points", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
    const [p, q] = [[...a].map((c) => c.codePointAt(0)!), [...b].map((c) => c.codePointAt(0)!)];
    const at = p.findIndex((point, i) => point !== q[i]);
    const wanted = at < 0 ? p.length - q.length : at >= q.length ? 1 : p[at]! - q[at]!;
    expect(Math.sign(byCodePoint(a, b))).toBe(Math.sign(wanted));
  }));
});

test("any records are taken or refused with a DataError", () => {
  fc.assert(fc.property(fc.array(fc.dictionary(fc.string(), fc.anything(), { noNullPrototype: false }), { maxLength: 6 }), (rows) => {
    let table: Table;
    try {
      table = tableOf(rows);
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
      return;
    }
    expect(table.rows).toBe(rows.length);
    for (const values of table.columns.values()) expect(values.length).toBe(rows.length);
  }));
});
