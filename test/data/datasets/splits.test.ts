// Splits and folds: every row in one part and no part twice, the shares that were asked for, the same rows for the same seed, groups whole,
// the future held out, and fit's own hold-out.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adam, createModel, crossEntropy, type Data, dataset, Dataset, dense, hash, kFold, LanewiseError, mse, split } from "../../../src/index.ts";
import { draws, shuffle } from "../../../src/data/philox.ts";
import { growTo, loadCore } from "../../../src/core.ts";
import { classified, numbers } from "../../helpers.ts";

/** Rows whose x is their number. */
const rows = (count: number, y: ArrayLike<number> | readonly string[] = new Int32Array(count)): Data<any, any> => ({ x: Float32Array.from({ length: count }, (_, i) => i), y });
const list = (ids: Iterable<number>): number[] => [...ids].sort((a, b) => a - b);
const count = <T>(values: Iterable<T>): Map<T, number> => {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
};
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const seeds = fc.integer({ min: 0, max: 2 ** 40 });

const failure = (f: () => unknown): LanewiseError => {
  try {
    f();
  } catch (error) {
    expect(error).toBeInstanceOf(LanewiseError);
    return error as LanewiseError;
  }
  return expect.fail("it did not throw");
};

it("the host shuffles as the core does, bit for bit", async () => {
  const core = await loadCore(), most = 5000;
  growTo(core, core.base + 4 * most);
  for (const [length, stream, low, high, step] of [[1, 0, 0, 0, 0], [2, 0xffffffff, 1, 0, 3], [17, 0xfffffffe, 0xffffffff, 0xffffffff, 0xffffffff], [most, 5, 123456789, 77, 2]] as const) {
    const ids = new Uint32Array(core.memory.buffer, core.base, length);
    ids.set(upTo(length));
    core.shuffle(core.base, length, stream, low, high, step);
    expect([...shuffle(Uint32Array.from(upTo(length)), { low, high }, stream, step)]).toEqual([...ids]);
  }
});

describe("a split", () => {
  it("has each row in one part, and parts of the sizes that were asked for", () => {
    fc.assert(fc.property(fc.integer({ min: 4, max: 400 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), seeds, fc.boolean(), (n, a, b, seed, stratified) => {
      const validation = a / 100, test = b / 100, held = Math.round(validation * n), tested = Math.round(test * n);
      fc.pre(held > 0 && tested > 0 && held + tested < n);
      const y = Int32Array.from({ length: n }, (_, i) => (i * i) % 3), parts = split(rows(n, y), { validation, test, seed, by: stratified ? "stratified" : "random" });
      expect([parts.validation.rows, parts.test.rows]).toEqual([held, tested]);
      expect(list([...parts.training.ids, ...parts.validation.ids, ...parts.test.ids])).toEqual(upTo(n));
      for (const part of [parts.training, parts.validation, parts.test]) {
        expect([...part.x]).toEqual([...part.ids]);
        expect([...part.y]).toEqual([...part.ids].map((id) => y[id]));
      }
    }), { numRuns: 60 });
  });

  it("gives the same rows for the same seed, and others for another", () => {
    const ids = (seed: number): number[] => [...split(rows(100), { seed }).validation.ids];
    expect(ids(7)).toEqual(ids(7));
    expect(ids(7)).not.toEqual(ids(8));
    expect(ids(2 ** 33)).not.toEqual(ids(0)); // all of its bits count
  });

  it("has each class in its share where it is stratified, by numbers, names, one-hot rows, or classes of their own", () => {
    const y = Int32Array.from({ length: 500 }, (_, i) => (i < 350 ? 0 : i < 475 ? 1 : 2)), names = [...y].map((c) => ["b", "a", "c"][c]!);
    const oneHot = { data: Float32Array.from({ length: 1500 }, (_, i) => Number(y[Math.floor(i / 3)] === i % 3)), shape: [500, 3] };
    const cases = [split(rows(500, y), { by: "stratified" }), split({ ...rows(500), y: names }, { by: "stratified" }), split({ ...rows(500), y: oneHot }, { by: "stratified" }), split(rows(500), { by: { classes: names } })];
    for (const { validation } of cases) expect([...count([...validation.ids].map((id) => y[id]))].sort()).toEqual([[0, 70], [1, 25], [2, 5]]);
  });

  it("never splits a group, and comes near to the shares", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 30, maxLength: 200 }), seeds, (group, seed) => {
      fc.pre(new Set(group).size >= 10);
      const { training, validation, test } = split(rows(group.length), { validation: 0.2, test: 0.2, by: { group }, seed });
      expect(list([...training.ids, ...validation.ids, ...test.ids])).toEqual(upTo(group.length));
      const sets = [training, validation, test].map(({ ids }) => new Set([...ids].map((id) => group[id])));
      expect(sets.reduce((sum, { size }) => sum + size, 0)).toBe(new Set(group).size);
      const largest = Math.max(...count(group).values());
      expect(Math.abs(validation.rows - 0.2 * group.length)).toBeLessThanOrEqual(largest);
    }), { numRuns: 60 });
    // one group that is nearly all goes nowhere but into training
    expect(split(rows(100), { by: { group: upTo(100).map((i) => (i < 90 ? "big" : `small ${i}`)) } }).validation.rows).toBe(10);
  });

  it("by time, trains on the past and holds out what comes after it", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 20, maxLength: 200 }), (time) => {
      fc.pre(new Set(time).size >= 3);
      for (const values of [time, time.map((t) => new Date(1e12 + t * 1e6)), time.map((t) => `2024-01-01T00:00:${String(t).padStart(2, "0")}`)]) {
        const { training, validation, test } = split(rows(time.length), { validation: 0.2, test: 0.1, by: { time: values } });
        expect(list([...training.ids, ...validation.ids, ...test.ids])).toEqual(upTo(time.length));
        const [a, b, c] = [training, validation, test].map(({ ids }) => [...ids].map((id) => time[id]!)) as [number[], number[], number[]];
        expect(Math.max(...a)).toBeLessThan(Math.min(...b));
        expect(Math.max(...b)).toBeLessThan(Math.min(...c));
        for (const part of [a, b, c]) expect(part).toEqual([...part].sort((x, y) => x - y));
      }
    }), { numRuns: 40 });
    expect([...split(rows(10), { by: { time: upTo(10).reverse() }, validation: 0.3 }).validation.ids]).toEqual([2, 1, 0]);
  });

  it.each([["random", mse(), 0.25], ["stratified", crossEntropy(), 0.3]] as const)("%s, holds out what fit's own validation does: the same bits", async (by, loss, validation) => {
    const { x, y } = classified(150), data = by === "random" ? { x, y: numbers(150 * 3) } : { x, y };
    const train = async (given: Data<any, any>, held: Data<any, any> | number): Promise<unknown> => {
      const model = await createModel(dense(3), { input: [6], seed: 4 });
      const { epochs } = await model.fit(given, { loss, optimizer: adam({ learningRate: 0.01 }), epochs: 2, validation: held, seed: 11 });
      return [hash(model), epochs.map(({ loss: trained, validation: score }: any) => [trained, score])];
    };
    const parts = split(await dataset(data, { input: [6] }), { validation, by, seed: 11 });
    expect(await train(parts.training, parts.validation)).toEqual(await train(data, validation));
  });

  it("a part can be parted again, and has weights, named inputs and bytes as they were", () => {
    const data = { x: { a: Uint8Array.from({ length: 20 }, (_, i) => i), b: { data: new Float32Array(120), shape: [20, 3, 2] } }, y: { one: upTo(20), two: upTo(20).map(String) }, weight: Float32Array.from(upTo(20)) };
    const { validation } = split(data, { validation: 0.5 }), again = validation.split({ validation: 0.4 }).training;
    expect(Object.keys(again)).toEqual(["x", "y", "weight"]);
    const wanted = [...again.ids].map((id) => validation.ids[id]!);
    expect([...again.x.a]).toEqual(wanted);
    expect(again.x.a).toBeInstanceOf(Uint8Array);
    expect(again.x.b.shape).toEqual([6, 3, 2]);
    expect([[...again.y.one], again.y.two, [...(again.weight as Float32Array)]]).toEqual([wanted, wanted.map(String), wanted]);
  });
});

describe("folds", () => {
  it("hold out each row once, in folds of equal sizes give or take one", () => {
    fc.assert(fc.property(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 24, max: 200 }), seeds, fc.boolean(), (folds, n, seed, stratified) => {
      const y = Int32Array.from({ length: n }, (_, i) => Number(i % 5 === 0 && i < n / 2)), parts = kFold(rows(n, y), { folds, seed, stratified });
      expect(list(parts.flatMap(({ validation }) => [...validation.ids]))).toEqual(upTo(n));
      const sizes = parts.map(({ validation }) => validation.rows), ones = parts.map(({ validation }) => [...validation.y].filter((c) => c === 1).length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      if (stratified) expect(Math.max(...ones) - Math.min(...ones)).toBeLessThanOrEqual(1);
      for (const { training, validation } of parts) expect(list([...training.ids, ...validation.ids])).toEqual(upTo(n));
    }), { numRuns: 60 });
  });

  it("keep groups whole", () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(..."abcdefghij"), { minLength: 20, maxLength: 100 }), fc.integer({ min: 2, max: 4 }), seeds, (groups, folds, seed) => {
      fc.pre(new Set(groups).size >= folds);
      const parts = kFold(rows(groups.length), { folds, groups, seed });
      expect(list(parts.flatMap(({ validation }) => [...validation.ids]))).toEqual(upTo(groups.length));
      for (const { training, validation } of parts) {
        const inside = new Set([...validation.ids].map((id) => groups[id]));
        expect([...training.ids].filter((id) => inside.has(groups[id]))).toEqual([]);
      }
    }), { numRuns: 60 });
  });

  it("are others for another seed", () => {
    const first = (seed: number): number[] => [...kFold(rows(50), { seed })[0]!.validation.ids];
    expect(first(1)).toEqual(first(1));
    expect(first(1)).not.toEqual(first(2));
  });
});

describe("what cannot be parted is told", () => {
  const bad: [string, () => unknown, string, RegExp][] = [
    ["no row for validation", () => split(rows(3), { validation: 0.01 }), "bad-option", /validation.*3 rows/],
    ["none for training", () => split(rows(10), { validation: 0.5, test: 0.5 }), "bad-option", /training/],
    ["an unknown way", () => split(rows(10), { by: "stratify" as never }), "bad-option", /stratified/],
    ["a share that is none", () => split(rows(10), { validation: NaN }), "bad-option", /validation/],
    ["a seed that is none", () => split(rows(10), { seed: -1 }), "bad-option", /seed/],
    ["an unknown option", () => split(rows(10), { testSize: 0.2 } as never), "unknown-option", /testSize/],
    ["numbers that are no classes", () => split(rows(10, numbers(10)), { by: "stratified" }), "no-classes", /row 0/],
    ["too few groups", () => split(rows(10), { by: { group: new Array(10).fill("a") } }), "too-few-groups", /at least 2/],
    ["a row without a group", () => split(rows(3), { by: { group: ["a", null, "b"] } }), "no-group", /row 1/],
    ["groups of another length", () => split(rows(10), { by: { group: ["a", "b"] } }), "rows-mismatch", /10 values/],
    ["times that are none", () => split(rows(3), { by: { time: [1, NaN, 2] } }), "bad-time", /row 1/],
    ["one time", () => split(rows(3), { by: { time: [5, 5, 5] } }), "too-few-times", /2 different/],
    ["more folds than rows", () => kFold(rows(3), { folds: 4 }), "bad-option", /folds/],
    ["one fold", () => kFold(rows(3), { folds: 1 }), "bad-option", /folds/],
    ["more folds than groups", () => kFold(rows(4), { folds: 3, groups: [1, 1, 2, 2] }), "too-few-groups", /3 groups/],
    ["groups and classes at once", () => kFold(rows(4), { folds: 2, groups: [1, 1, 2, 2], stratified: true }), "bad-option", /stratified/],
    ["rows that are none", () => new Dataset(rows(4)).take([4]), "bad-option", /0 to 3/],
    ["x and y of unequal length", () => split({ x: [[1], [2]], y: [1, 2, 3] }), "rows-mismatch", /2 rows/],
    ["what is no data", () => split([1, 2] as never), "wrong-names", /x, y/],
  ];
  it.each(bad)("%s", (_, f, code, message) => {
    const error = failure(f);
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
  });
});

it("draws are numbers below what is asked, and all of them come", () => {
  const draw = draws({ low: 3, high: 1 }, 5), drawn = Array.from({ length: 1000 }, () => draw(7));
  expect([...count(drawn).keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(Math.min(...count(drawn).values())).toBeGreaterThan(100);
  expect(list(shuffle(upTo(100), { low: 1, high: 0 }, 9))).toEqual(upTo(100));
});
