// JSON Lines, and an array of objects.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError, jsonl, jsonlBatches, Preprocessing, type Source, type Table } from "../../../src/index.ts";
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

describe("batches", () => {
  const count = 10_000, text = Array.from({ length: count }, (_, i) => `${JSON.stringify({ id: i, text: `row ${i}\n`, ...(i % 3 ? {} : { value: i / 8 }) })}${i % 7 ? "\n" : "\r\n\n"}`).join("");
  const all = async (source: Source, size?: number): Promise<Table[]> => {
    const tables: Table[] = [];
    for await (const table of jsonlBatches(source, size === undefined ? {} : { rows: size })) tables.push(table);
    return tables;
  };

  it.each([1000, 4096, 7, 40_000])("of %i rows are the file, whatever the chunks", async (size) => {
    const whole = columnsOf(await jsonl(utf8(text)));
    for (const source of [utf8(text), pieces(utf8(text), 999), pieces(await gzip(utf8(text)), 4001)]) {
      const tables = await all(source, size);
      expect(tables.slice(0, -1).every((table) => table.rows === size)).toBe(true);
      for (const name of ["id", "text", "value"]) expect(tables.flatMap((table) => [...table.columns.get(name)!]), name).toEqual(whole[name]);
    }
  });

  it("are of 4096 rows, and have each key that has come once", async () => {
    expect((await all(utf8(text))).map((table) => table.rows)).toEqual([4096, 4096, count - 8192]);
    expect((await all(utf8('{"a":1,"b":"x"}\n{"a":2}\n{"c":3}'), 1)).map(columnsOf)).toEqual([{ a: [1], b: ["x"] }, { a: [2], b: [NaN] }, { a: [NaN], b: [NaN], c: [3] }]);
  });

  it("come while the file is still being read, and are read anew", async () => {
    let given = 0, ended = 0;
    const source = (): AsyncGenerator<Uint8Array> => (async function* () {
      try {
        for (;; given++) yield utf8('{"a":12345}\n'.repeat(20_000));
      } finally {
        ended++;
      }
    })();
    let seen = 0;
    for await (const table of jsonlBatches(source(), { rows: 1000 })) if ((seen += table.rows) >= 100_000) break;
    expect([given < 10, ended]).toEqual([true, 1]);
    const batches = jsonlBatches(utf8(text), { rows: 5000 });
    for (let i = 0; i < 2; i++) {
      let rows = 0;
      for await (const table of batches) rows += table.rows;
      expect(rows).toBe(count);
    }
  });

  it("tell the line of what is wrong, in the file and later", async () => {
    const error = await errorOf(all(new File(['{"a":1}\n\n{"a":2}\n{"a":[]}\n'], "rows.jsonl"), 1));
    expect([error.code, error.details.file, error.details.row, error.details.column]).toEqual(["nested", "rows.jsonl", 4, "a"]);
    const fitted = Preprocessing.fit(await jsonl(utf8('{"a":1}\n{"a":2}\n'))), found: unknown[] = [];
    for (const table of await all(new File(['{"a":1}\n\n{"a":"x"}\n'], "late.jsonl"), 1)) await errorOf(Promise.resolve().then(() => fitted.apply(table))).then(({ details }) => found.push(details.row), () => found.push(undefined));
    expect(found).toEqual([undefined, 3]);
  });

  it("of a line that never ends, or a file that is an array, are an error", async () => {
    let given = 0;
    const endless = (async function* () {
      yield utf8('{"a":1}\n{"a":"');
      for (;; given++) yield utf8("x".repeat(1 << 20));
    })();
    expect(await errorOf(all(endless))).toMatchObject({ name: "DataError", code: "line-too-long", details: { row: 2 } });
    expect(given).toBeLessThan(20);
    expect(await errorOf(all(utf8(`\n[${lines.join(",\n")}]`)))).toMatchObject({ name: "DataError", code: "not-an-object", message: expect.stringContaining("jsonl() reads") });
    for (const nothing of ["", "\n \n"]) expect((await errorOf(all(utf8(nothing)))).code).toBe("no-rows");
  });

  it.each<[string, unknown[]]>([["limit", [0, -1, 0.5, NaN, "1"]], ["rows", [0, -1, 0.5, NaN, "1"]], ["nonsense", [1]]])("option %s", (option, values) => {
    for (const value of values) expect(() => jsonlBatches(utf8('{"a":1}'), { [option]: value }), String(value)).toThrow(expect.objectContaining({ name: "OptionError", details: expect.objectContaining({ option }) }));
  });
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
