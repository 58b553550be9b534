// Classes that have unequally many rows: scikit-learn's weights, and rows taken more than once.

import fc from "fast-check";
import { expect, it } from "vitest";
import { classWeights, createModel, crossEntropy, dense, LanewiseError, oversample, rowWeights } from "../../../src/index.ts";

const code = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    return (error as LanewiseError).code;
  }
  return "none";
};

it("weights are rows / (classes · rows of the class), for numbers, names and one-hot rows", () => {
  // scikit-learn's documentation: compute_class_weight("balanced", classes=[0, 1], y=[1, 1, 1, 1, 0, 0]) is [1.5, 0.75]
  expect(classWeights([1, 1, 1, 1, 0, 0])).toEqual([1.5, 0.75]);
  expect(classWeights(Int32Array.of(1, 1, 1, 1, 0, 0))).toEqual([1.5, 0.75]);
  expect(classWeights([[0, 1], [0, 1], [0, 1], [0, 1], [1, 0], [1, 0]])).toEqual([1.5, 0.75]);
  expect(classWeights(["b", "b", "b", "b", "a", "a"])).toEqual([1.5, 0.75]);
  expect(classWeights(["b", "b", "b", "b", "a", "a"], { classes: ["b", "a"] })).toEqual([0.75, 1.5]);
});

it("weights make the rows of each class weigh alike, and rows weigh 1 in the mean", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 4, maxLength: 100 }), (more) => {
    const y = [0, 1, 2, 3, ...more], weights = classWeights(y), rows = rowWeights(y);
    for (let c = 0; c < 4; c++) expect(y.filter((label) => label === c).length * weights[c]!).toBeCloseTo(y.length / 4, 10);
    expect(rows.reduce((a, b) => a + b) / y.length).toBeCloseTo(1, 5);
    y.forEach((label, row) => expect(rows[row]).toBe(Math.fround(weights[label]!)));
  }));
});

it("a loss takes them, and so does weight", async () => {
  const y = [0, 0, 0, 1], x = [[1], [2], [3], [4]], model = await createModel(dense(2), { input: [1] });
  const one = await model.evaluate({ x, y }, { loss: crossEntropy({ classWeights: classWeights(y) }) });
  const other = await model.evaluate({ x, y, weight: rowWeights(y) }, { loss: crossEntropy() });
  expect(other.loss).toBeCloseTo(one.loss, 5);
});

it("oversampling gives each class as many rows as the largest, each of its rows as often as the others give or take one", () => {
  fc.assert(fc.property(fc.array(fc.constantFrom(0, 0, 0, 1, 1, 2), { minLength: 1, maxLength: 80 }), fc.integer({ min: 0, max: 1e9 }), (y, seed) => {
    const data = oversample({ x: Float32Array.from(y, (_, i) => i), y }, { seed });
    const own = new Map<number, number>(), got = new Map<number, number>(), times = new Map<number, number>();
    for (const label of y) own.set(label, (own.get(label) ?? 0) + 1);
    for (const label of data.y as Float64Array) got.set(label, (got.get(label) ?? 0) + 1);
    for (const id of data.ids) times.set(id, (times.get(id) ?? 0) + 1);
    const most = Math.max(...own.values());
    expect([...got.keys()].sort()).toEqual([...own.keys()].sort());
    for (const [label, count] of got) {
      expect(count).toBe(most);
      const each = y.flatMap((other, id) => (other === label ? [times.get(id) ?? 0] : []));
      expect(Math.min(...each)).toBe(Math.floor(most / each.length));
      expect(Math.max(...each)).toBe(Math.ceil(most / each.length));
    }
    expect([...data.x]).toEqual([...data.ids]);
    expect([...oversample({ x: Float32Array.from(y, (_, i) => i), y }, { seed }).ids]).toEqual([...data.ids]);
  }));
  expect([...oversample({ x: [[1], [2], [3], [4], [5]], y: [0, 0, 0, 0, 1] }, { seed: 1 }).ids]).not.toEqual([...oversample({ x: [[1], [2], [3], [4], [5]], y: [0, 0, 0, 0, 1] }, { seed: 2 }).ids]);
});

it("what has no classes is told", () => {
  expect(code(() => classWeights([0, 0, 2]))).toBe("empty-class");
  expect(code(() => classWeights(["a", "a"], { classes: ["a", "b"] }))).toBe("empty-class");
  expect(code(() => classWeights(["a", "c"], { classes: ["a", "b"] }))).toBe("label-out-of-range");
  expect(code(() => classWeights([0, 3], { classes: 2 }))).toBe("label-out-of-range");
  expect(code(() => classWeights([0, -1]))).toBe("label-out-of-range");
  expect(code(() => classWeights([0.5, 1]))).toBe("no-classes");
  expect(code(() => classWeights([]))).toBe("no-rows");
  expect(code(() => classWeights([0, 1], { classes: 0 }))).toBe("bad-option");
  expect(code(() => classWeights([0, 1], { balanced: true } as never))).toBe("unknown-option");
  expect(code(() => oversample({ x: [[1]], y: [0.5] }))).toBe("no-classes");
  expect(code(() => oversample({ x: [[1]], y: [0] }, { seed: -1 }))).toBe("bad-option");
});
