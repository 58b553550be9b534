// What is learnt of tables that come one after the other is what is learnt of the whole.

import { describe, expect, test } from "vitest";
import { csv, csvBatches, DataError, inferSchema, OptionError, Preprocessing, type PreprocessingOptions, type Table } from "../../../src/index.ts";
import { inferSchemaOf } from "../../../src/data/schema.ts";
import { numbers } from "./penguins.ts";

const next = numbers(3), pick = <T>(...from: readonly T[]): T => from[Math.floor(next() * from.length)]!, two = (n: number): string => String(n).padStart(2, "0");
/** Columns of every kind, whose cells are numbers in one batch and texts in another. */
const lines = Array.from({ length: 211 }, (_, i) => [
  i + 1, next() < 0.1 ? "" : (1e6 + next()).toFixed(3), pick("1.50", "2", "2.0", "10"), pick("red", "green", "blue", ""), `2020-${two(1 + (i % 12))}-${two(1 + (i % 28))}T${two(i % 24)}:00`, `a note of ${i} words`,
  pick("007", "11", "12"), 5, i < 100 ? "" : pick("x", "y"), pick("no", "yes"), (next() * 50).toFixed(2),
].join(","));
const file = new Blob([`id,mass,level,colour,day,note,code,same,late,kind,price\n${lines.join("\n")}\n`]);
const batches = (rows: number): AsyncIterable<Table> => csvBatches(file, { rows });

describe.each(["kind", "price"])("of a table with target %s", (target) => {
  const options = { target, types: { level: "category" } } as const;

  test.each([7, 100, 500])("in batches of %d rows: the same schema, and the same numbers of the rows", async (size) => {
    const whole = await csv(file), schema = inferSchema(whole, options), streamed = await inferSchemaOf(batches(size), options);
    expect({ ...streamed }).toEqual({ ...schema });
    expect(new Set(schema.columns.map(({ type }) => type))).toEqual(new Set(["identifier", "number", "category", "date", "text"]));
    const all: NonNullable<PreprocessingOptions["transforms"]>[] = [{}, { mass: "log", colour: "ordinal", code: { use: "oneHot", impute: "mostFrequent" } }, { mass: { use: "minMax", impute: 3, indicator: false }, day: { parts: ["hour"] } }];
    for (const transforms of all) {
      const fitted = Preprocessing.fit(whole, { schema, transforms }), learnt = await Preprocessing.fitTables(batches(size), streamed, transforms);
      expect(learnt.features).toEqual(fitted.features);
      expect(learnt.classes).toEqual(fitted.classes);
      const [a, b] = [fitted, learnt].map((one) => one.apply(whole, { target: true }));
      // deviations differ in their last digits
      const off = (now: ArrayLike<number>, then: ArrayLike<number>): number => Math.max(...Array.from(now, (value, i) => Math.abs(value - then[i]!) / Math.max(1, Math.abs(value))));
      expect(off(b!.x.data, a!.x.data)).toBeLessThanOrEqual(1e-6);
      expect(off(b!.y, a!.y)).toBeLessThanOrEqual(1e-6);
    }
  });
});

describe("is refused", () => {
  const fit = async (text: string, target: string, transforms = {}): Promise<unknown> => {
    const some = (): AsyncIterable<Table> => csvBatches(new Blob([text]), { rows: 2 });
    return inferSchemaOf(some(), { target }).then((schema) => Preprocessing.fitTables(some(), schema, transforms)).catch((error) => error);
  };
  test.each<[string, string, string, object, new (...args: any) => Error, RegExp]>([
    ["a column that is not there", "a,b\n1,2\n3,4\n", "c", {}, OptionError, /a column of data: a, b/],
    ["what wants all rows at once", "a,b\n1,2.5\n3,4\n5,6\n", "b", { a: { impute: "median" } }, OptionError, /transforms\.a\.impute.*not all rows are in memory/],
    ["a transform of no column", "a,b\n1,2.5\n3,4\n5,6\n", "b", { c: "log" }, OptionError, /transforms\.c: no such column/],
    ["one class", "a,b\n1,x\n3,x\n5,x\n", "b", {}, DataError, /at least two classes/],
    ["rows without a target", "a,b\n1,x\n3,\n5,y\n", "b", {}, DataError, /row 3.*a target in each row/],
  ])("%s", async (_, text, target, transforms, kind, message) => {
    const error = await fit(text, target, transforms);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(message);
  });
});
