// Transforms beside scikit-learn's formulas, computed here another way.

import { describe, expect, test } from "vitest";
import { murmur3, wordsOf } from "../../../src/data/murmur.ts";
import { exponentialM1, logarithm1p, sinTurn, cosTurn } from "../../../src/math.ts";
import { DataError, OptionError, Preprocessing, type TransformOption } from "../../../src/index.ts";
import { numbers, type Row } from "./penguins.ts";

/** What a column of these cells becomes, row by row. */
function becomes(cells: readonly unknown[], option?: TransformOption, apply: readonly unknown[] = cells, type?: string): number[][] {
  const rows = (list: readonly unknown[]): Row[] => list.map((it) => ({ it }));
  const { x } = Preprocessing.fit(rows(cells), { ...(option && { transforms: { it: option } }), ...(type && { types: { it: type as "number" } }) }).apply(rows(apply));
  return Array.from({ length: x.shape[0]! }, (_, row) => [...x.data.subarray(row * x.shape[1]!, (row + 1) * x.shape[1]!)]);
}

const next = numbers(3), drawn = Array.from({ length: 200 }, () => 1000 + 50 * next());

describe("numbers", () => {
  test("standardised: mean 0, deviation 1 over all rows (ddof 0)", () => {
    const mean = drawn.reduce((a, b) => a + b) / drawn.length, deviation = Math.sqrt(drawn.reduce((sum, v) => sum + (v - mean) ** 2, 0) / drawn.length);
    becomes(drawn).forEach(([got], i) => expect(got).toBeCloseTo((drawn[i]! - mean) / deviation, 5));
  });

  test("the same everywhere: 0, as its deviation is taken for 1", () => {
    expect(becomes([0.1, 0.1, 0.1], undefined, [0.1, 1.1], "number")).toEqual([[expect.closeTo(0, 15)], [1]]);
  });

  test("to 0 … 1 by minimum and maximum, beyond them too", () => {
    expect(becomes([2, 4, 6], "minMax", [2, 3, 8])).toEqual([[0], [0.25], [1.5]]);
  });

  test("log: sign(x) · ln(1 + |x|), standardised", () => {
    const cells = [0, 1, 9, 99, 999, -9], logs = cells.map((x) => Math.sign(x) * Math.log1p(Math.abs(x)));
    const mean = logs.reduce((a, b) => a + b) / 6, deviation = Math.sqrt(logs.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 6);
    becomes(cells, "log").forEach(([got], i) => expect(got).toBeCloseTo((logs[i]! - mean) / deviation, 6));
  });

  test("as they are", () => {
    expect(becomes([0.5, 2, 300], "none")).toEqual([[0.5], [2], [300]]);
  });

  test.each<[string, TransformOption, number]>([
    ["mean", { use: "none" }, 4], ["median", { use: "none", impute: "median" }, 2], ["most frequent", { use: "none", impute: "mostFrequent" }, 1], ["number", { use: "none", impute: -7 }, -7],
  ])("a missing one is the %s, and a number more says so", (_, option, wanted) => {
    expect(becomes([1, 3, null, 1, 11], option)).toEqual([[1, 0], [3, 0], [wanted, 1], [1, 0], [11, 0]]);
  });

  test("a missing one is the mean where none was missing in training, without a number more", () => {
    expect(becomes([1, 3], "none", [null])).toEqual([[2]]);
    expect(becomes([1, 3], { use: "none", indicator: true }, [null])).toEqual([[2, 1]]);
    expect(becomes([1, null, 3], { use: "none", indicator: false })).toEqual([[1], [2], [3]]);
  });

  test("texts are numbers too where the column is", () => {
    expect(becomes(["1", " 2.5 ", "", "4e0"], { use: "none", impute: 0 })).toEqual([[1, 0], [2.5, 0], [0, 1], [4, 0]]);
  });

  test("sums are the same whatever the order in which rows are named", () => {
    const rows = drawn.map((it) => ({ it })), order = drawn.map((_, i) => i);
    const fit = (named: number[]): string => JSON.stringify(Preprocessing.fit(rows, { rows: named }));
    expect(fit([...order].reverse())).toBe(fit(order));
    expect(fit(order)).toBe(JSON.stringify(Preprocessing.fit(rows)));
    expect(fit(order.slice(1))).not.toBe(fit(order));
  });
});

describe("categories", () => {
  const cells = ["b", "c", "a", "b", null, "c", "b", "a"];

  test("one-hot, the most frequent first, then by code point; a missing one has a place of its own", () => {
    expect(becomes(cells)).toEqual([[1, 0, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]);
  });

  test("one that was not seen has 0 everywhere", () => {
    expect(becomes(cells, undefined, ["z", "a"])).toEqual([[0, 0, 0, 0], [0, 1, 0, 0]]);
  });

  test("a missing one is the most frequent if wanted", () => {
    expect(becomes(cells, { impute: "mostFrequent", indicator: false }, [null])).toEqual([[1, 0, 0]]);
  });

  test("ordinal numbers count from 1; 0 is a missing or unseen one", () => {
    expect(becomes(cells, { use: "ordinal", indicator: false }, ["b", "a", "c", "z", null])).toEqual([[1], [2], [3], [0], [0]]);
    expect(becomes(["m", "s", "l"], { use: "ordinal", categories: ["s", "m", "l"] })).toEqual([[2], [1], [3]]);
  });

  test("numbers as categories are equal however they are written", () => {
    expect(becomes(["1", "2", "1.0"], undefined, [1, "1.00", 2], "category")).toEqual([[1, 0], [1, 0], [0, 1]]);
    expect(becomes(["01", "1", "01"], undefined, ["01", "1"], "category")).toEqual([[1, 0], [0, 1]]);
  });
});

describe("hashes", () => {
  test("are MurmurHash3's", () => {
    // the numbers of its reference implementation
    expect(["", "a", "hello", "hello, world", "The quick brown fox jumps over the lazy dog"].map((text) => murmur3(text, 0))).toEqual([0, 0x3c2569b2, 0x248bfa47, 0x149bbb7f, 0x2e4ff723]);
    expect([murmur3("", 1), murmur3("", 0xffffffff), murmur3("aaaa", 0x9747b28c), murmur3("ππππππππ", 0x9747b28c)]).toEqual([0x514e28b7, 0x81f16f39, 0x5a97808a, 0xd58063c1]);
  });

  test("a value has a one in its bucket, seen or not; a missing one has none", () => {
    const [a, z, gone] = becomes(["a", "b", "c"], { use: "hash", buckets: 5, seed: 9 }, ["a", "z", null]);
    expect(a!.indexOf(1)).toBe(murmur3("a", 9) % 5);
    expect(z!.indexOf(1)).toBe(murmur3("z", 9) % 5);
    expect(gone).toEqual([0, 0, 0, 0, 0]);
  });

  test("words are counted, whatever their case and punctuation, and the row has length 1", () => {
    expect(wordsOf("Well, well: a “well” – naïve\u00a0Größe!")).toEqual(["well", "well", "a", "well", "naïve", "größe"]);
    const [row] = becomes(["x"], { use: "hash", buckets: 1000, by: "words" }, ["Red red green"], "text");
    expect(row![murmur3("red", 0) % 1000]).toBeCloseTo(2 / Math.sqrt(5), 6);
    expect(row![murmur3("green", 0) % 1000]).toBeCloseTo(1 / Math.sqrt(5), 6);
    expect(row!.filter((value) => value !== 0)).toHaveLength(2);
  });
});

describe("dates", () => {
  const days = ["2024-01-01", "2024-01-03", "2024-04-01", null];

  test("become days, and sine and cosine of what comes round", () => {
    const fitted = Preprocessing.fit(days.map((it) => ({ it })));
    expect(fitted.features).toEqual(["it elapsed", "it month sin", "it month cos", "it weekday sin", "it weekday cos", "it missing"]);
    const { data } = fitted.apply([{ it: "2024-04-03" }, { it: null }]).x, t = (2 * Math.PI * 2) / 7, mean = (0 + 2 + 91) / 3;
    const deviation = Math.sqrt((mean ** 2 + (2 - mean) ** 2 + (91 - mean) ** 2) / 3);
    [(93 - mean) / deviation, 1, 0, Math.sin(t), Math.cos(t), 0, 0, 0, 0, 0, 0, 1].forEach((wanted, i) => expect(data[i], `${i}`).toBeCloseTo(wanted, 4));
  });

  test("have the parts that are asked for, and hours where there are any", () => {
    const fitted = (option?: TransformOption, time = ""): readonly string[] =>
      Preprocessing.fit(["2024-01-01T10:00", `2024-01-01T1${time || "0:00"}`, "2024-01-02T10:00"].map((it) => ({ it })), option ? { transforms: { it: option } } : {}).features;
    expect(fitted()).toEqual(["it elapsed", "it weekday sin", "it weekday cos"]);
    expect(fitted(undefined, "2:30")).toEqual(["it elapsed", "it weekday sin", "it weekday cos", "it hour sin", "it hour cos"]);
    expect(fitted({ parts: ["month"] })).toEqual(["it month sin", "it month cos"]);
  });

  test("a Date in a raw row fits whatever way the column was written in", () => {
    const fitted = Preprocessing.fit([{ it: "31/1/2020" }, { it: "1/2/2020" }, { it: "13/2/2020" }], { transforms: { it: { parts: ["elapsed"] } } });
    expect(fitted.apply([{ it: new Date("2020-02-13") }]).x.data).toEqual(fitted.apply([{ it: "13/2/2020" }]).x.data);
  });
});

test.each<[string, TransformOption, RegExp]>([
  ["a use of another type", "oneHot", /transforms\.it: wanted one of "standardise".*got "oneHot"; types: \{ "it": … \}/],
  ["a use that is none", "standardize" as never, /did you mean standardise\?/],
  ["an option of another use", { use: "minMax", buckets: 3 }, /transforms\.it: buckets: unknown option/],
  ["an imputation that is none", { impute: "average" as never }, /transforms\.it\.impute/],
  ["null, which JSON may have", { impute: null as never }, /transforms\.it\.impute/],
  ["an imputation that is not finite", { impute: Infinity }, /transforms\.it\.impute/],
  ["an indicator that is no flag", { indicator: 1 as never }, /transforms\.it\.indicator/],
  ["a number", 5 as never, /transforms\.it/],
])("%s is refused", (_, option, message) => {
  expect(() => becomes([1, 2, 4], option)).toThrow(message);
  expect(() => becomes([1, 2, 4], option)).toThrow(OptionError);
});

test.each<[string, TransformOption]>([
  ["no buckets", { use: "hash", buckets: 0 }], ["too many buckets", { use: "hash", buckets: 1e9 }], ["a seed beyond 32 bits", { use: "hash", seed: 2 ** 32 }], ["a strange way", { use: "hash", by: "letters" as never }],
  ["categories that come twice", { categories: ["a", "a"] }], ["no categories", { categories: [] }], ["a mean of categories", { impute: "mean" }],
])("%s is refused for categories", (_, option) => {
  expect(() => becomes(["a", "b", "a"], option)).toThrow(OptionError);
});

test("infinities and what float32 cannot hold are told with column and row", () => {
  expect(() => becomes([1, Infinity, 3])).toThrow(/column "it", row 1: wanted a finite number, got Infinity/);
  expect(() => becomes([1, 2, 3], undefined, [2, -Infinity])).toThrow(DataError);
  expect(() => becomes([1, 2, 3], "none", [2, 1e39])).toThrow(/column "it", row 1: wanted a number within float32/);
  expect(() => becomes([1e308, 1e308, -1e308])).toThrow(/mean is none/);
});

test("our own functions are those of Math, but for the last bits", () => {
  for (const x of [0, 1e-300, 1e-10, 1e-5, 0.1, 1, 10, 1e6, 1e300]) expect(Math.abs(logarithm1p(x) - Math.log1p(x))).toBeLessThanOrEqual(1e-15 * Math.log1p(x) + 1e-320);
  for (const x of [0, 1e-10, 9.9e-6, 1.1e-5, 0.1, 1, 10, 300]) expect(Math.abs(exponentialM1(x) - Math.expm1(x))).toBeLessThanOrEqual(1e-10 * Math.expm1(x));
  for (let x = 0; x < 1; x += 1 / 97) {
    expect(Math.abs(sinTurn(x) - Math.sin(2 * Math.PI * x))).toBeLessThan(2e-15); // Math.sin has a rounded argument
    expect(Math.abs(cosTurn(x) - Math.cos(2 * Math.PI * x))).toBeLessThan(2e-15);
  }
});
