// CSV as people have it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csv, csvBatches, type CsvOptions, DataError, dropColumns, jsonl, OptionError, Preprocessing, type Table, takeRows } from "../../../src/index.ts";
import { columnsOf, errorOf, gzip, pieces, utf8 } from "./help.ts";

const read = async (text: string, options?: CsvOptions): Promise<Record<string, unknown[]>> => columnsOf(await csv(utf8(text), options));
const examples = join(import.meta.dirname, "../../../examples");

it("penguins.csv is 344 birds, numbers where there are numbers, with what is missing", async () => {
  const { name, rows, columns } = await csv(join(examples, "penguins.csv"));
  expect([name, rows]).toEqual(["penguins.csv", 344]);
  expect([...columns.keys()]).toEqual(["species", "island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex"]);
  expect([...new Set<unknown>(columns.get("species"))].sort()).toEqual(["Adelie", "Chinstrap", "Gentoo"]);
  const mass = columns.get("body_mass_g") as Float64Array;
  expect(mass).toBeInstanceOf(Float64Array);
  expect([mass.filter(Number.isNaN).length, Math.min(...mass.filter((it) => it > 0)), Math.max(...mass.filter((it) => it > 0))]).toEqual([2, 2700, 6300]);
  expect((columns.get("sex") as string[]).filter((sex) => sex === null).length).toBe(10);
});

describe("cells", () => {
  it("in quotes hold delimiters, quotes and line breaks", async () => {
    expect(await read('a,b\n"1,5","he said ""no"""\n"two\nlines",""\n')).toEqual({ a: ["1,5", "two\nlines"], b: ['he said "no"', null] });
  });

  it("lose the space around them", async () => {
    expect(await read("age, work\n39, State-gov \n 50,\tPrivate\n")).toEqual({ age: [39, 50], work: ["State-gov", "Private"] });
  });

  it("make numbers only where the numbers say all that the texts said", async () => {
    const { plain, zeros, places, plus, long, big, mixed } = await read(
      "plain,zeros,places,plus,long,big,mixed\n1,007,1.10,+1,0.1234567890123456,12345678901234567890,1\n-2.5,1,1.1,2,1e-7,1,x\n0,2,2,3,1e+21,2,NA\n");
    expect(plain).toEqual([1, -2.5, 0]);
    expect(zeros).toEqual(["007", "1", "2"]);
    expect(places).toEqual(["1.10", "1.1", "2"]);
    expect(plus).toEqual(["+1", "2", "3"]);
    expect(long).toEqual([0.1234567890123456, 1e-7, 1e21]);
    expect(big).toEqual(["12345678901234567890", "1", "2"]);
    expect(mixed).toEqual(["1", "x", null]);
  });

  it("of any number that JavaScript writes come back as that number", async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.float({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -99999, max: 99999 }).map((n) => n / 1000)), { minLength: 1 }), async (values) => {
      const { x } = await read(`x\n${values.map(String).join("\n")}\n`);
      expect(x).toEqual(values.map((value) => value + 0 || 0)); // −0 is written as 0
    }), { numRuns: 300, seed: 7 });
  });
});

describe("missing values", () => {
  it("are empty, NA, N/A, NaN, null, ? and -", async () => {
    const words = ["", "NA", "N/A", "NaN", "null", "?", "-"];
    expect(await read(`x,word\n${words.map((word) => `${word},a`).join("\n")}\n7,b`)).toEqual({ x: [NaN, NaN, NaN, NaN, NaN, NaN, NaN, 7], word: [...words.map(() => "a"), "b"] });
    expect((await read(`x,word\n${words.map((word) => `1,${word}`).join("\n")}\n7,b`)).word).toEqual([...words.map(() => null), "b"]);
  });

  it("are what the option says", async () => {
    expect(await read("x,y\n-99,?\n1,a\n-99.5,-99\n", { missing: ["-99"] })).toEqual({ x: [NaN, 1, -99.5], y: ["?", "a", null] });
    expect(await read("x\nnone\n1\n", { missing: ["none"] })).toEqual({ x: [NaN, 1] });
  });

  it("in a row of their own are no empty line, but where there is one column", async () => {
    expect(await read("a,b\n,\n\n1,2\n")).toEqual({ a: [NaN, 1], b: [NaN, 2] });
    expect(await read("a\n\n1\n\n")).toEqual({ a: [1] });
  });
});

describe("delimiters", () => {
  it.each([",", ";", "\t", "|"])("%j is found", async (mark) => {
    expect(await read(["a", "b", "c"].join(mark) + "\n" + ["x", '"p;q,r\t|"', "1"].join(mark) + "\n")).toEqual({ a: ["x"], b: ["p;q,r\t|"], c: [1] });
  });
  it("can be given, as any character", async () => {
    expect(await read("a:b\n1:2\n", { delimiter: ":" })).toEqual({ a: [1], b: [2] });
    expect(await read("a;b,c\n1;2,3\n", { delimiter: "," })).toEqual({ "a;b": ["1;2"], c: [3] });
  });
  it("need not be there", async () => {
    expect(await read("a\n1\n2\n")).toEqual({ a: [1, 2] });
  });
});

describe("decimal commas", () => {
  it("are found where the delimiter is no comma", async () => {
    expect(await read("a;b;c\n1,50;x;1.234,5\n2;y,z;12\n")).toEqual({ a: [1.5, 2], b: ["x", "y,z"], c: [1234.5, 12] });
    expect(await read("a\tb\n0,25\t-1,5e3\n")).toEqual({ a: [0.25], b: ["-1.5e3"] });
  });
  it("are no thousands: 1,234 alone stays a text", async () => {
    expect(await read("a;b\n1,234;1.5\n")).toEqual({ a: ["1,234"], b: [1.5] });
    expect(await read("a;b\n1,234;2\n")).toEqual({ a: ["1,234"], b: [2] });
  });
  it("can be given, or refused", async () => {
    expect(await read('a,b\n"1,234",2\n', { decimal: "," })).toEqual({ a: [1.234], b: [2] });
    expect(await read("a;b\n1,5;2\n", { decimal: "." })).toEqual({ a: ["1,5"], b: [2] });
  });
});

describe("headers", () => {
  it("may be missing", async () => {
    expect(await read("1,x\n2,y\n", { header: false })).toEqual({ column1: [1, 2], column2: ["x", "y"] });
    expect(await read("1,x\n2,y\n", { header: false, names: ["n", "l"] })).toEqual({ n: [1, 2], l: ["x", "y"] });
  });
  it("may be replaced", async () => {
    expect(await read(",a,a\n1,2,3\n", { names: ["id", "a", "b"] })).toEqual({ id: [1], a: [2], b: [3] });
  });
  it("never become properties", async () => {
    const { columns } = await csv(utf8("__proto__,constructor,toString\n1,2,3\n"));
    expect([...columns.keys()]).toEqual(["__proto__", "constructor", "toString"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
  it("alone are a table without rows", async () => {
    const { rows, columns } = await csv(utf8("a,b\n"));
    expect([rows, [...columns.keys()]]).toEqual([0, ["a", "b"]]);
  });
});

describe("lines", () => {
  it.each([["\\n", "\n"], ["\\r\\n", "\r\n"], ["\\r", "\r"]])("end in %s, with or without a last one", async (_, end) => {
    const lines = ["a,b", '1,"x"', "2,y"];
    expect(await read(lines.join(end))).toEqual({ a: [1, 2], b: ["x", "y"] });
    expect(await read(lines.join(end) + end)).toEqual({ a: [1, 2], b: ["x", "y"] });
    for (const size of [1, 2, 3, 5]) expect(columnsOf(await csv(pieces(utf8(lines.join(end) + end), size)))).toEqual({ a: [1, 2], b: ["x", "y"] });
  });
  it("may end now so, now so", async () => {
    expect(await read('a,b\r\n1,"x"\n2,"y"\r\n')).toEqual({ a: [1, 2], b: ["x", "y"] });
  });
});

describe("batches", () => {
  const rows = 30_000, text = `id,text,value\n${Array.from({ length: rows }, (_, i) => `${i},"row ${i}, ""quoted""${i % 7 ? "" : "\n"}",${i / 8}\n`).join("")}`;
  const all = async (source: Parameters<typeof csv>[0], size?: number): Promise<Table[]> => {
    const tables: Table[] = [];
    for await (const table of csvBatches(source, size === undefined ? {} : { rows: size })) tables.push(table);
    return tables;
  };

  it.each([1000, 4096, 7, 40_000])("of %i rows are the file, whatever the chunks", async (size) => {
    const whole = columnsOf(await csv(utf8(text)));
    for (const source of [utf8(text), pieces(utf8(text), 999), pieces(await gzip(utf8(text)), 4001)]) {
      const tables = await all(source, size);
      expect(tables.slice(0, -1).every((table) => table.rows === size)).toBe(true);
      for (const name of ["id", "text", "value"]) expect(tables.flatMap((table) => [...table.columns.get(name)!]), name).toEqual(whole[name]);
    }
  });

  it("are of 4096 rows, of a header alone one without rows", async () => {
    expect((await all(utf8(text))).map((table) => table.rows)).toEqual([...Array(7).fill(4096), rows - 7 * 4096]);
    expect((await all(utf8("a,b\n"))).map((table) => table.rows)).toEqual([0]);
  });

  it("come while the file is still being read", async () => {
    let given = 0;
    const source = (async function* () {
      yield utf8("a\n");
      for (;;) {
        given++;
        yield utf8("12345\n".repeat(20_000));
      }
    })();
    let seen = 0;
    for await (const table of csvBatches(source, { rows: 1000 })) if ((seen += table.rows) >= 100_000) break;
    expect(given).toBeLessThan(10);
  });
});

it("any table that is written as CSV is read as it was, in any chunks", async () => {
  const cell = fc.oneof(fc.string({ unit: fc.constantFrom("a", '"', ",", ";", "\n", " ", "é", "中", "𝄞", "0") }), fc.string({ unit: "binary" }), fc.integer().map(String));
  // what is told apart by no reader: space around a cell, what is missing, controls
  const held = cell.filter((text) => text === text.trim() && !/[\0-\x08\x0b-\x1f\x7f-\x9f\ufeff]/.test(text) && !/\p{Cs}/u.test(text) && !["NA", "N/A", "n/a", "na", "nan", "NaN", "NAN", "null", "NULL", "Null", "?", "-", "#N/A"].includes(text));
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const table = fc.integer({ min: 2, max: 4 }).chain((width) => fc.array(fc.array(held, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }));
  await fc.assert(fc.asyncProperty(table, fc.integer({ min: 1, max: 50 }), async (rows, size) => {
    const text = `${rows[0]!.map((_, i) => `c${i}`).join(",")}\n${rows.map((row) => row.map(quoted).join(",")).join("\n")}\n`;
    const { columns } = await csv(pieces(utf8(text), size), { delimiter: "," });
    const got = rows.map((_, r) => [...columns.values()].map((values) => values[r]).map((value) => (value === null || Number.isNaN(value) ? "" : String(value))));
    expect(got).toEqual(rows);
  }), { numRuns: 400, seed: 11 });
});

describe("headers as programs write them", () => {
  it("a name that is empty is pandas' Unnamed, counted from 0", async () => {
    expect(await read(",a,\n0,5,\n1,6,\n")).toEqual({ "Unnamed: 0": [0, 1], a: [5, 6], "Unnamed: 2": [NaN, NaN] });
  });

  it("Excel's sep= tells the delimiter, and is a row that counts", async () => {
    expect(await read("sep=;\r\na;b\r\n1,5;2\r\n")).toEqual({ a: [1.5], b: [2] });
    expect((await errorOf(csv(utf8("sep=;\na;b\n1;2;3\n")))).details).toMatchObject({ row: 3 });
    expect(await read("sep=;\n1\n", { delimiter: "," })).toEqual({ "sep=;": [1] });
    expect(await read("sep=;\na;b\n1;2\n", { delimiter: ";" })).toEqual({ a: [1], b: [2] });
  });
});

describe("rows of errors that come later are those of the file", () => {
  const rows = 'a,y\n\n1,"two\nlines"\n2,m\n\nx,n\n', file = new File([rows], "late.csv");
  const fitted = Preprocessing.fit([{ a: 1, y: "m" }, { a: 2, y: "n" }], { target: "y" });

  it("of the whole table, and of rows that were taken from it", async () => {
    const table = await csv(file);
    for (const some of [table, takeRows(table, [2]), dropColumns(takeRows(takeRows(table, [2, 0]), [0]), [])])
      expect((await errorOf(Promise.resolve().then(() => fitted.apply(some, { target: false })))).details).toMatchObject({ file: "late.csv", row: 6, column: "a" });
  });

  it("of batches", async () => {
    const found: unknown[] = [];
    for await (const table of csvBatches(file, { rows: 1 })) await errorOf(Promise.resolve().then(() => fitted.apply(table, { target: false }))).then(({ details }) => found.push(details.row), () => found.push(undefined));
    expect(found).toEqual([undefined, undefined, 6]);
  });

  it("of JSON Lines", async () => {
    const table = await jsonl(new File(['{"a":1}\n\n{"a":"x"}\n'], "late.jsonl"));
    expect((await errorOf(Promise.resolve().then(() => fitted.apply(table)))).details).toMatchObject({ file: "late.jsonl", row: 3 });
  });
});

describe("broken files name file, row and column", () => {
  const broken = (text: string | Uint8Array<ArrayBuffer>, options?: CsvOptions) => errorOf(csv(new File([typeof text === "string" ? utf8(text) : text], "broken.csv"), options));

  it.each<[string, string, string, Record<string, unknown>]>([
    ["a row with a cell too many", "a,b\n1,2\n3,4,5\n", "ragged-row", { row: 3, column: 3, got: 3 }],
    ["a row with a cell too few", "a,b\n1,2\n3\n", "ragged-row", { row: 3, column: 2, got: 1 }],
    ["a row behind quoted line breaks and empty lines", 'a,b\n"1\n\n",2\n\n3\n', "ragged-row", { row: 4 }],
    ["a name that is there twice", "a,b,a\n1,2,3\n", "bad-name", { row: 1, column: 3 }],
    ["a quote that never closes", 'a,b\n1,"x\n2,y\n', "lone-quote", { row: 2 }],
    ["a quote within quotes", 'a,b\n1,"x"y"\n', "lone-quote", { row: 2 }],
    ["an empty file", "", "no-rows", {}], ["a file of line breaks", "\n\n\r\n", "no-rows", {}],
    ["zeros", "a,b\n1,2\n1,\0\n", "not-text", { row: 3 }],
    ["a million columns", `${Array.from({ length: 1_000_000 }, (_, i) => `c${i}`).join(",")}\n`, "too-many-columns", { row: 1, got: 1_000_000 }],
  ])("%s", async (_, text, code, details) => {
    const error = await broken(text);
    expect(error).toBeInstanceOf(DataError);
    expect(error.code).toBe(code);
    expect(error.details).toMatchObject({ ...details, ...(code === "no-rows" ? {} : { file: "broken.csv" }) });
    expect(error.message).toMatch(/^broken\.csv: /);
  });

  it("binary garbage, and files of other kinds by their name", async () => {
    const garbage = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919 + (i * i) % 251) & 255);
    expect(["not-text", "bad-encoding"]).toContain((await broken(garbage)).code);
    expect((await broken("PK\x03\x04\x14\0\0\0\x08\0")).message).toContain("Excel");
    expect((await broken("PAR1\x15\0\0")).message).toContain("parquet()");
  });

  it("a quote that never closes in a large file ends before the memory does", async () => {
    let given = 0;
    const source = (async function* () {
      yield utf8('a,b\n1,"x\n');
      for (; given < 100; given++) yield utf8("some text, and more\n".repeat(50_000));
    })();
    expect(await errorOf(csv(source, { delimiter: "," }))).toMatchObject({ code: "row-too-long", details: { row: 2 } });
    expect(given).toBeLessThan(30);
  });

  it.each<[keyof CsvOptions | "rows", unknown[]]>([
    ["delimiter", ["", ",,", 1, '"', "\n"]], ["header", [0, "yes", null]], ["names", ["a", [], [1]]], ["missing", ["NA", [1]]], ["decimal", ["", ";", 1]],
    ["encoding", ["klingon", 1, ""]], ["limit", [0, -1, 0.5, NaN, "1"]], ["rows", [0, -1, 0.5, NaN, "1"]], ["nonsense" as never, [1]],
  ])("option %s", async (option, values) => {
    for (const value of values) {
      const error = await errorOf(async () => {
        for await (const _ of csvBatches(utf8("a\n1\n"), { [option]: value })) break;
      });
      expect(error, String(value)).toBeInstanceOf(OptionError);
      expect(error.details.option).toBe(option);
    }
  });
});

it("memory: a file of numbers in batches leaves nothing behind", async () => {
  const block = utf8("1.5,2.5,3.5,4.5\n".repeat(65_536)), blocks = 40;
  const source = (async function* () {
    yield utf8("a,b,c,d\n");
    for (let i = 0; i < blocks; i++) yield block;
  })();
  let rows = 0, most = 0;
  const before = process.memoryUsage().rss;
  for await (const table of csvBatches(source)) {
    rows += table.rows;
    most = Math.max(most, process.memoryUsage().rss - before);
  }
  expect(rows).toBe(blocks * 65_536);
  expect(most).toBeLessThan(200e6); // the file has 42 MB, its cells as texts some 350
});

it("examples/penguins.csv says where it is from", () => {
  expect(readFileSync(join(examples, "penguins.md"), "utf8")).toMatch(/CC0/);
});
