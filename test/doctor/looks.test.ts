// What a doctor tells of steps as they are made.

import { expect, test } from "vitest";
import { createModel, crossEntropy, dense, doctor, hash, type Look, relu, sequential, sgd, sigmoid } from "../../src/index.ts";

const x = Array.from({ length: 256 }, (_, i) => [(i % 16) / 8 - 1, Math.floor(i / 16) / 8 - 1]), y = x.map(([a, b]) => (a! * b! > 0 ? 1 : 0));

/** A net of which two of four relu units are dead from the start. */
async function train(options?: Parameters<typeof doctor>[0], steps = 40) {
  const model = await createModel(sequential(dense(4), relu(), dense(3), sigmoid(), dense(2)), { input: [2], seed: 3 });
  model.setParameters({ "0.weight": [[1, 0], [0, 1], [0, 0], [0, 0]], "0.bias": [0, 0, -1, -1] }, { strict: false });
  await model.fit({ x, y }, { loss: crossEntropy(), optimizer: sgd({ learningRate: 0.1 }), epochs: 99, budget: { steps }, ...(options && { doctor: doctor(options) }) });
  return hash(model);
}

test("it tells of the first steps and of every n-th, layer by layer, and changes no bit", async () => {
  const looks: Look[] = [], told = await train({ every: 16, onLook: (look) => looks.push(look) });
  expect(told).toBe(await train());
  expect(looks.map(({ step }) => step)).toEqual([1, 2, 3, 5, 9, 17, 33]);
  const { weights, units, loss } = looks.at(-1)!;
  expect(weights.map(({ name, layer }) => [name, layer])).toEqual([["0.weight", "0"], ["2.weight", "2"], ["4.weight", "4"]]);
  expect(units.map(({ layer, kind }) => [layer, kind])).toEqual([["1", "relu"], ["3", "sigmoid"]]);
  expect(loss).toBeGreaterThan(0);
});

test("a unit that gives nothing counts as dead once it was looked at for 128 rows", async () => {
  const shares: number[] = [];
  await train({ every: 1, onLook: ({ units }) => shares.push(units[0]!.share) }, 6);
  expect(shares).toEqual([0, 0, 0, 0.5, 0.5, 0.5]);
});

test("what it throws ends the run, and what is no function is refused", async () => {
  await expect(train({ onLook: () => { throw new Error("enough"); } })).rejects.toThrow("enough");
  expect(() => doctor({ onLook: 1 as never })).toThrow(/onLook/);
});
