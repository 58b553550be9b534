// JSON Lines, and an array of objects.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError, jsonl } from "../../../src/index.ts";
import { columnsOf, errorOf, gzip, pieces, utf8 } from "./help.ts";

const rows = [{ a: 1, b: "x", c: true, d: 1 }, { a: null, b: null, c: false, d: "x" }, { a: -2.5, e: 7 }];
const columns = { a: [1, NaN, -2.5], b: ["x", null, null], c: ["true", "false", null], d: ["1", "x", null], e: [NaN, NaN, 7] };
const lines = rows.map((row) => JSON.stringify(row));

describe("rows", () => {
  it.each([
    ["in lines", lines.join("\n")], ["in lines that end in \\r\\n, with empty ones", `\r\n${lines.join("\r\n\r\n")}\r\n`],
    ["with a mark", `\ufeff${lines.join("\n")}`], ["in an array", `\n [${lines.join(",\n")}]\n`], ["in an array of one line", `[${lines.join(",")}]`],
  ])("%s are a table", async (_, text) => {
    for (const size of [1, 5, 1e6]) expect(columnsOf(await jsonl(pieces(utf8(text), size)))).toEqual(columns);
    expect(columnsOf(await jsonl(await gzip(utf8(text))))).toEqual(columns);
  });

  it("of numbers are Float64Arrays", async () => {
    const { rows, columns } = await jsonl(utf8(Array.from({ length: 5000 }, (_, i) => `{"i":${i}}`).join("\n")));
    expect(rows).toBe(5000);
    expect(columns.get("i")).toEqual(Float64Array.from({ length: 5000 }, (_, i) => i));
  });

  it("of any flat objects come back", async () => {
    const value = fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null));
    await fc.assert(fc.asyncProperty(fc.array(fc.dictionary(fc.string(), value), { minLength: 1, maxLength: 10 }), async (records) => {
      const table = await jsonl(utf8(records.map((record) => JSON.stringify(record)).join("\n")));
      expect(table.rows).toBe(records.length);
      expect([...table.columns.keys()].sort()).toEqual([...new Set(records.flatMap((record) => Object.keys(record)))].sort());
      for (const [name, values] of table.columns)
        for (const [r, record] of records.entries()) {
          const wanted = Object.hasOwn(record, name) ? record[name] : null, got = values[r];
          if (wanted === null || wanted === undefined) expect(got === null || Number.isNaN(got)).toBe(true);
          else expect(String(got)).toBe(String(wanted));
        }
    }), { numRuns: 300, seed: 3 });
  });
});

it("keys such as __proto__ are columns, and no more", async () => {
  const { columns } = await jsonl(utf8('{"__proto__":1,"constructor":"x","hasOwnProperty":null}\n{"__proto__":2}'));
  expect([...columns.keys()]).toEqual(["__proto__", "constructor", "hasOwnProperty"]);
  expect([...columns.get("__proto__")!]).toEqual([1, 2]);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

describe("broken files name the line and the key", () => {
  const deep = "[".repeat(200_000);
  it.each<[string, string, string, object]>([
    ["no JSON", '{"a":1}\n\n{"a":}\n', "bad-json", { row: 3 }], ["a line that breaks off", '{"a":1}\n{"a"', "bad-json", { row: 2 }],
    ["a number for a row", '{"a":1}\n5\n', "not-an-object", { row: 2 }], ["a list for a row", '{"a":1}\n[1]\n', "not-an-object", { row: 2 }],
    ["null in an array", '[{"a":1},null]', "not-an-object", { row: 2 }],
    ["a nested value", '{"a":1}\n{"a":1,"b":{"c":1}}', "nested", { row: 2, column: "b" }], ["a list as a value", '{"__proto__":[1]}', "nested", { row: 1, column: "__proto__" }],
    ["200,000 lists in each other", deep, "bad-json", {}], ["the same, closed", `{"a":${deep}${"]".repeat(200_000)}}`, "", {}], ["nothing", "", "no-rows", {}], ["empty lines", "\n \n", "no-rows", {}],
    ["an empty array", "[]", "no-rows", {}], ["zeros", "\0\0\0\0", "bad-json", {}],
  ])("%s", async (_, text, code, details) => {
    const error = await errorOf(jsonl(new File([text], "rows.jsonl")));
    expect(error).toBeInstanceOf(DataError);
    if (code) expect(error.code).toBe(code);
    else expect(["nested", "bad-json"]).toContain(error.code); // as deep as the engine's stack
    expect(error.details).toMatchObject({ file: "rows.jsonl", ...details });
  });

  it("a new key in each line ends before the memory does", async () => {
    const text = Array.from({ length: 60_000 }, (_, i) => `{"k${i}":1}`).join("\n"), before = process.memoryUsage().rss;
    expect((await errorOf(jsonl(utf8(text)))).code).toBe("too-many-columns");
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });
});
