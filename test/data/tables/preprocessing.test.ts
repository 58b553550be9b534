// From a table to numbers and back, and what is refused.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError, FormatError, inferSchema, LanewiseError, OptionError, Preprocessing, type PreprocessingOptions, rowsWith, tableOf, takeRows } from "../../../src/index.ts";
import { penguins, type Row, texts } from "./penguins.ts";

const rows = penguins(200), table = tableOf(texts(rows), "penguins.csv");

describe("a table of penguins", () => {
  const preprocessing = Preprocessing.fit(table, { target: "species" });

  test("becomes numbers with names", () => {
    expect(preprocessing.features).toEqual([
      "island=Biscoe", "island=Dream", "island=Torgersen", "bill_length_mm", "bill_length_mm missing", "bill_depth_mm", "bill_depth_mm missing", "flipper_length_mm", "flipper_length_mm missing",
      "body_mass_g", "body_mass_g missing", "sex=FEMALE", "sex=MALE", "sex missing",
    ]);
    expect(preprocessing.input).toEqual([14]);
    expect(preprocessing.classes).toEqual(["Adelie", "Chinstrap", "Gentoo"]);
    expect(preprocessing.target).toEqual({ name: "species", task: "classification", classes: ["Adelie", "Chinstrap", "Gentoo"] });
  });

  test("has y where there is a target, and none where it is not wanted", () => {
    const { x, y } = preprocessing.apply(table);
    expect(x.shape).toEqual([200, 14]);
    expect([...y!]).toEqual(rows.map(({ species }) => preprocessing.classes!.indexOf(species)));
    expect(Object.keys(preprocessing.apply(table, { target: false }))).toEqual(["x"]);
    expect(Object.keys(preprocessing.apply(rows.map(({ species: _, ...row }) => row)))).toEqual(["x"]);
  });

  test("texts of a file and numbers of a caller are the same", () => {
    expect(preprocessing.apply(rows)).toEqual(preprocessing.apply(table));
    expect(JSON.stringify(Preprocessing.fit(rows, { target: "species" }))).toBe(JSON.stringify(preprocessing));
  });

  test("a row has the same numbers alone and among others", () => {
    const { data } = preprocessing.apply(rows).x;
    for (const row of [0, 7, 199]) expect(preprocessing.apply([rows[row]!]).x.data).toEqual(data.slice(14 * row, 14 * row + 14));
  });

  test("counts what was not seen in training, and what is missing", () => {
    const { unseen, missing, x } = preprocessing.apply([{ ...rows[0], island: "Anvers", sex: null }, { ...rows[1], island: "Anvers" }], { target: false });
    expect([...unseen]).toEqual([["island", 2]]);
    expect([...missing]).toEqual([["sex", 1]]);
    expect([...x.data.slice(0, 3)]).toEqual([0, 0, 0]);
  });

  test("comes back from JSON with the same numbers", () => {
    const back = Preprocessing.from(JSON.parse(JSON.stringify(preprocessing)));
    expect(back.apply(rows)).toEqual(preprocessing.apply(rows));
    expect(back.toJSON()).toEqual(preprocessing.toJSON());
  });
});

test("only training rows are learnt from", () => {
  const data = [{ a: 1, c: "x", y: 1.5 }, { a: 3, c: "x", y: 2.5 }, { a: 1000, c: "z", y: 99.5 }, { a: null, c: null, y: 1e9 }];
  const fitted = Preprocessing.fit(data, { target: "y", rows: [1, 0] });
  expect(fitted.features).toEqual(["a", "c=x"]);
  expect(fitted.target).toEqual({ name: "y", task: "regression", use: "standardise", mean: 2, deviation: 0.5 });
  expect(fitted.apply(data).unseen.get("c")).toBe(1);
  // but what a column is, all rows say
  expect(() => Preprocessing.fit([...data, { a: "many", c: "x", y: 1 }], { target: "y", rows: [0, 1], types: { a: "number" } })).toThrow(/row 4/);
});

describe("a target of numbers", () => {
  const data = [{ a: 1, y: 10 }, { a: 2, y: 20 }, { a: 3, y: 60 }];

  test("is standardised, and words() gives its units back", () => {
    const fitted = Preprocessing.fit(data, { target: "y" }), { y } = fitted.apply(data, { target: true });
    const back = fitted.words(y as Float32Array) as Float32Array;
    [10, 20, 60].forEach((wanted, i) => expect(back[i]).toBeCloseTo(wanted, 5));
    expect(fitted.words({ data: y as Float32Array, shape: [3, 1] })).toEqual(back);
  });

  test("can be a logarithm, or stay", () => {
    const log = Preprocessing.fit(data, { target: "y", transforms: { y: "log" } }), { y } = log.apply(data, { target: true });
    const [a, b, c] = [10, 20, 60].map(Math.log1p) as [number, number, number], mean = (a + b + c) / 3;
    expect(y[0]).toBeCloseTo((a - mean) / Math.sqrt(((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 3), 6);
    [...(log.words(y as Float32Array) as Float32Array)].forEach((got, i) => expect(got).toBeCloseTo([10, 20, 60][i]!, 4));
    const none = Preprocessing.fit(data, { target: "y", transforms: { y: "none" } });
    expect([...none.apply(data, { target: true }).y]).toEqual([10, 20, 60]);
    expect(() => Preprocessing.fit(data, { target: "y", transforms: { y: "minMax" } })).toThrow(/transforms\.y: wanted one of "standardise", "log", "none"/);
  });
});

test("classes of numbers are in the order of numbers, of texts by code point", () => {
  const of = (cells: unknown[]): readonly string[] | undefined => Preprocessing.fit(cells.map((y, a) => ({ a: a / 2, y })), { target: "y", task: "classification" }).classes;
  expect(of([10, 9, 10, 9.5])).toEqual(["9", "9.5", "10"]);
  expect(of(["10", "9", "9.0"])).toEqual(["9", "10"]);
  expect(of(["b", "a", "b", "B"])).toEqual(["B", "a", "b"]);
  expect(of([true, false])).toEqual(["false", "true"]);
});

test("probabilities are told in the user's words", () => {
  const fitted = Preprocessing.fit([{ a: 1, y: "no" }, { a: 2, y: "yes" }], { target: "y" });
  expect(fitted.words({ data: Float32Array.of(0.75), shape: [1, 1] })).toEqual([[{ label: "yes", index: 1, probability: 0.75 }, { label: "no", index: 0, probability: 0.25 }]]);
  expect(fitted.words([0.25], { top: 1 })).toEqual([[{ label: "no", index: 0, probability: 0.75 }]]);
  expect(fitted.words({ data: Float32Array.of(0.5, 0.5, 0.25, 0.75), shape: [2, 2] }, { top: 1 })).toEqual([[{ label: "no", index: 0, probability: 0.5 }], [{ label: "yes", index: 1, probability: 0.75 }]]);
  expect(() => fitted.words({ data: Float32Array.of(1, 2, 3), shape: [1, 3] })).toThrow(DataError);
  expect(() => fitted.words("no" as never)).toThrow(DataError);
  expect(() => fitted.words([0.5], { top: 0 })).toThrow(OptionError);
  expect(() => Preprocessing.fit([{ a: 1 }, { a: 2 }]).words([1])).toThrow(/target/);
});

test("tables that come one after the other become batches that can be read again", async () => {
  const fitted = Preprocessing.fit(table, { target: "species" }), parts = [takeRows(table, [0, 1, 2]), takeRows(table, [3])], stream = fitted.batches(parts);
  for (let time = 0; time < 2; time++) {
    const shapes: unknown[] = [];
    for await (const { x, y } of stream) shapes.push([x.shape, y.length]);
    expect(shapes).toEqual([[[3, 14], 3], [[1, 14], 1]]);
  }
});

test("rows without a target are left out with takeRows and rowsWith", () => {
  const some = tableOf([{ a: 1, y: "n" }, { a: 2, y: null }, { a: 3, y: "m" }]);
  expect(() => Preprocessing.fit(some, { target: "y" })).toThrow(/^rows: column "y", row 1: wanted a target in each row, got null; leave such rows out: takeRows\(table, rowsWith\(table, "y"\)\)$/);
  expect(Preprocessing.fit(takeRows(some, rowsWith(some, "y")), { target: "y" }).classes).toEqual(["m", "n"]);
  expect(Preprocessing.fit(some, { target: "y", rows: rowsWith(some, "y") }).classes).toEqual(["m", "n"]);
});

describe("what cannot be learnt from is told", () => {
  const some: Row[] = [{ a: 1, b: "x", y: "n" }, { a: 2, b: "y", y: "m" }, { a: 4, b: "x", y: "n" }];
  test.each<[string, Row[], PreprocessingOptions, string, RegExp]>([
    ["one class", some, { target: "y", rows: [0, 2] }, "one-class", /column "y": wanted at least two classes among the training rows, got \["n"\]/],
    ["a column without values that is said to be a number", some.map((row) => ({ ...row, a: null })), { target: "y", types: { a: "number" } }, "all-missing", /column "a": it has no value in any training row; ignore it/],
    ["a column without values in training rows", [...some, { a: 1, b: null, y: "n" }, { a: 1, b: null, y: "m" }], { target: "y", rows: [3, 4] }, "all-missing", /column "b"/],
    ["a target beyond float32, in which predictions come back", some.map((row, i) => ({ ...row, y: i ? i * 1e39 : 1 })), { target: "y" }, "too-great", /column "y", row 1: wanted a number within float32/],
    ["no column", some, { target: "y", ignore: ["a", "b"] }, "no-features", /a column to learn from, got \["a: as asked", "b: as asked"\]/],
    ["no rows", [], {}, "no-rows", /at least one row/],
    ["too many numbers", some, { target: "y", types: { a: "category" }, transforms: { a: { use: "hash", buckets: 65_536 } } }, "too-many-features", /column "b"/],
  ])("%s", (_, given, options, code, message) => {
    expect(() => Preprocessing.fit(given, options)).toThrow(message);
    try {
      Preprocessing.fit(given, options);
    } catch (error) {
      expect((error as LanewiseError).code).toBe(code);
    }
  });

  test.each<[string, PreprocessingOptions, RegExp]>([
    ["an unknown option", { targets: "y" } as never, /targets.*did you mean target\?/],
    ["transforms of no column", { transforms: { A: "log" } }, /transforms\.A: no such column; did you mean a\?/],
    ["transforms of classes", { target: "y", transforms: { y: "log" } }, /transforms\.y/],
    ["transforms that are none", { transforms: 5 as never }, /transforms/],
    ["rows beyond the end", { rows: [3] }, /rows.*a row number below 3, got 3/],
    ["rows that are none", { rows: "all" as never }, /rows/],
    ["no rows", { rows: [] }, /rows/],
    ["a schema of one's own", { schema: { columns: [] } as never }, /schema/],
    ["another target than the schema's", { schema: inferSchema(some, { target: "y" }), target: "b" }, /target: .*got "b"/],
    ["types beside a schema", { schema: inferSchema(some), types: { a: "number" } }, /types: wanted nothing beside schema/],
  ])("%s", (_, options, message) => {
    expect(() => Preprocessing.fit(some, options)).toThrow(message);
    expect(() => Preprocessing.fit(some, options)).toThrow(OptionError);
  });

  test("a schema says what is done", () => {
    const schema = inferSchema(some, { target: "y", ignore: ["b"] });
    expect(Preprocessing.fit(some, { schema }).features).toEqual(["a"]);
    expect(Preprocessing.fit(some, { schema, target: "y" }).classes).toEqual(["m", "n"]);
    expect(() => Preprocessing.fit([{ a: 1, y: "n" }, { a: 2, y: "m" }], { schema })).toThrow(/missing|column "b"/);
  });
});

describe("rows to predict that do not fit are told", () => {
  const fitted = Preprocessing.fit(table, { target: "species" }), good = rows[0]!;
  test.each<[string, unknown, RegExp]>([
    ["a column that is not there", [{ ...good, sex: undefined, island: undefined }].map(({ sex: _, ...row }) => row), /^rows: column "sex": wanted a column of this name/],
    ["a text where a number is wanted", [good, { ...good, body_mass_g: "heavy" }], /^rows: column "body_mass_g", row 1: wanted a finite number, got "heavy"; leave it empty if it is missing$/],
    ["a boolean where a number is wanted", [{ ...good, body_mass_g: true }], /column "body_mass_g", row 0: wanted a finite number, got "true"/],
    ["a class that was not seen", [{ ...good, species: "Emperor" }], /column "species", row 0: wanted one of the classes of the training rows.*got "Emperor"/],
    ["a target that is missing", [good, { ...good, species: null }], /column "species", row 1: wanted a target in each row/],
    ["no rows", [], /at least one row/],
    ["no records", 5, /an array of records/],
    ["columns of unequal length", { name: "t", rows: 2, columns: new Map([["sex", ["a"]]]) }, /t: column "sex": wanted 2 rows, got 1/],
    ["columns that are none", { name: "t", rows: 2, columns: new Map([["sex", 5]]) }, /t: column "sex": wanted a Float64Array/],
  ])("%s", (_, given, message) => {
    expect(() => fitted.apply(given as never)).toThrow(message);
    expect(() => fitted.apply(given as never)).toThrow(DataError);
  });

  test("more numbers than a memory holds, before they are allocated", () => {
    const wide = Preprocessing.fit([{ a: "x" }, { a: "y" }], { transforms: { a: { use: "hash", buckets: 65_536 } } });
    expect(() => wide.apply({ name: "t", rows: 20_000, columns: new Map([["a", new Float64Array(20_000)]]) })).toThrow(/t: wanted at most 4294967296 bytes, got 5242880000; some rows at a time/);
  });

  test("a target that is wanted and is not there", () => {
    const { species: _, ...row } = good;
    expect(() => fitted.apply([row], { target: true })).toThrow(/column "species"/);
    expect(() => fitted.apply([good], { target: 1 as never })).toThrow(OptionError);
    expect(() => Preprocessing.fit([{ a: 1 }, { a: 2 }]).apply([{ a: 1 }], { target: true })).toThrow(/no target/);
  });
});

describe("what a file says is checked", () => {
  const whole = rows.filter(({ body_mass_g }) => body_mass_g !== null), rich = Preprocessing.fit(texts(whole).map((row, i) => ({ ...row, day: `2020-0${1 + (i % 9)}-11`, note: `a few words about penguin ${i}` })), { target: "body_mass_g" });
  const saved = JSON.parse(JSON.stringify(rich)) as any;

  test.each<[string, (json: any) => unknown]>([
    ["another format", (json) => { json.format = 2; }], ["no columns", (json) => { json.columns = []; }], ["columns that are none", (json) => { json.columns = {}; }],
    ["a column twice", (json) => { json.columns.push(json.columns[0]); }], ["the target as a column", (json) => { json.target.column = json.columns[0].column; }],
    ["a key more", (json) => { json.more = 1; }], ["a key more in a column", (json) => { json.columns[0].more = 1; }], ["a key less in a column", (json) => { delete json.columns[0].indicator; }],
    ["a use that is none", (json) => { json.columns[0].use = "toString"; }], ["a name that is no text", (json) => { json.columns[0].column = 1; }],
    ["categories that come twice", (json) => { json.columns[1].categories[1] = json.columns[1].categories[0]; }], ["no categories", (json) => { json.columns[1].categories = []; }],
    ["a scale of 0", (json) => { json.columns[2].scale = 0; }], ["a shift that is no number", (json) => { json.columns[2].shift = "1"; }], ["a shift of null, as JSON has NaN", (json) => { json.columns[2].shift = null; }],
    ["a task that is none", (json) => { json.target.task = "x"; }], ["a deviation below 0", (json) => { json.target.deviation = -1; }],
    ["more buckets than fit", (json) => { json.columns.find((one: any) => one.use === "hash").buckets = 65_536; }],
    ["a part of a date that is none", (json) => { json.columns.find((one: any) => one.use === "cyclic").parts[0] = "year"; }],
    ["nothing", () => null], ["a number", () => 5], ["a list", () => []],
  ])("%s is refused", (_, change) => {
    const json = structuredClone(saved) as any, changed = change(json);
    expect(() => Preprocessing.from(changed === undefined ? json : changed)).toThrow(FormatError);
  });

  test("it comes back as it was", () => {
    expect(Preprocessing.from(saved).toJSON()).toEqual(saved);
    expect(rich.columns.map(({ use }) => use)).toContain("cyclic");
    expect(rich.columns.map(({ use }) => use)).toContain("hash");
  });

  test("__proto__ in it touches no prototype", () => {
    for (const text of ['{"format":1,"__proto__":{"columns":[],"target":null}}', JSON.stringify(saved).replace('"target"', '"__proto__"'), JSON.stringify(saved).replace('"indicator"', '"__proto__"')])
      expect(() => Preprocessing.from(JSON.parse(text))).toThrow(FormatError);
    expect(({} as any).columns).toBeUndefined();
  });

  test("one thing in it replaced by anything is refused with a FormatError, or works", () => {
    const places: (string | number)[][] = [];
    const walk = (value: unknown, path: (string | number)[]): void => {
      places.push(path);
      if (Array.isArray(value)) value.slice(0, 3).forEach((one, i) => walk(one, [...path, i]));
      else if (value !== null && typeof value === "object") for (const [key, one] of Object.entries(value)) walk(one, [...path, key]);
    };
    walk(saved, []);
    const row = { ...texts(rows)[0]!, day: "2020-02-02", note: "x" };
    fc.assert(fc.property(fc.constantFrom(...places), fc.oneof(fc.jsonValue(), fc.constantFrom("oneHot", "hash", 1e308, -1, 1e9, "__proto__", true)), (path, value) => {
      let json: any = structuredClone(saved);
      if (path.length === 0) json = value;
      else {
        const last = path.at(-1)!;
        path.slice(0, -1).reduce((at, key) => at[key], json)[last] = value;
      }
      let loaded: Preprocessing;
      try {
        loaded = Preprocessing.from(json);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        return;
      }
      try {
        expect(loaded.apply([row], { target: false }).x.shape).toEqual([1, loaded.input[0]]);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
      }
    }), { numRuns: 2000 });
  });
});

test("any rows become finite numbers, or are refused with a DataError", () => {
  const fitted = Preprocessing.fit(texts(rows).map((row, i) => ({ ...row, day: `2020-0${1 + (i % 9)}-11`, note: `words about penguin ${i}` })), { target: "species" });
  const cell = fc.oneof({ weight: 3, arbitrary: fc.constantFrom("Biscoe", "1.5", null, "", "2020-01-01", 3) }, { weight: 1, arbitrary: fc.anything() }, fc.double(), fc.string({ unit: "binary" }));
  const row = fc.record(Object.fromEntries(["species", "island", "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "sex", "day", "note", "__proto__"].map((name) => [name, cell])), { noNullPrototype: false });
  fc.assert(fc.property(fc.array(row, { maxLength: 4 }), (given) => {
    try {
      const { x } = fitted.apply(given as Row[], { target: false });
      expect(x.data.every(Number.isFinite)).toBe(true);
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
    }
  }), { numRuns: 500 });
  fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), (given) => {
    try {
      const own = Preprocessing.fit(given as Row[]);
      expect(own.apply(given as Row[]).x.data.every(Number.isFinite)).toBe(true);
      expect(Preprocessing.from(JSON.parse(JSON.stringify(own))).toJSON()).toEqual(own.toJSON());
    } catch (error) {
      expect(error).toBeInstanceOf(LanewiseError);
    }
  }), { numRuns: 500 });
});
