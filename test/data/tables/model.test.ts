// Models with preprocessing: raw rows in, the user's words out, in this process and after a file.

import { describe, expect, test } from "vitest";
import {
  adam, createModel, crossEntropy, DataError, dense, FormatError, hash, loadModel, type Model, mse, OptionError, Preprocessing, readSafetensors, relu, sequential, ShapeError, tableOf, writeSafetensors,
} from "../../../src/index.ts";
import { parseSafetensors } from "../../../src/formats/safetensors.ts";
import { penguins, texts } from "./penguins.ts";

const rows = penguins(344), train = rows.map((_, i) => i).filter((i) => i % 5), held = rows.filter((_, i) => i % 5 === 0), table = tableOf(texts(rows), "penguins.csv");

async function trained(): Promise<{ model: Model; preprocessing: Preprocessing }> {
  const preprocessing = Preprocessing.fit(table, { target: "species", rows: train });
  const model = await createModel(sequential(dense(16), relu(), dense(3)), { preprocessing, seed: 1 });
  await model.fit(preprocessing.apply(train.map((i) => rows[i]!), { target: true }), { loss: crossEntropy(), optimizer: adam({ learningRate: 0.01 }), epochs: 30 });
  return { model, preprocessing };
}

test("penguins: table, preprocessing, fit, save, load, classify raw rows: the same bits", async () => {
  const { model, preprocessing } = await trained(), loaded = await loadModel(model.save(), { preprocessing: Preprocessing });
  expect(model.preprocessing).toBe(preprocessing);
  expect(loaded.preprocessing).toBeInstanceOf(Preprocessing);
  expect(loaded.preprocessing!.toJSON()).toEqual(preprocessing.toJSON());
  const raw = held.map(({ species: _, ...row }) => row), said = model.classify(raw, { top: 1 });
  expect(loaded.classify(raw, { top: 1 })).toEqual(said);
  expect(loaded.classify(tableOf(texts(held)), { top: 1 })).toEqual(said);
  expect(loaded.predict(raw)).toEqual(model.predict(preprocessing.apply(raw).x));
  expect(loaded.classify([raw[3]!])[0]!.map(({ label }) => label).sort()).toEqual(["Adelie", "Chinstrap", "Gentoo"]);
  const right = said.filter(([best], i) => best!.label === held[i]!.species).length;
  expect(right / held.length).toBeGreaterThan(0.95);
  // saved again, it is the same file
  expect(loaded.save()).toEqual(model.save());
  const evaluation = await loaded.evaluate(held, { metrics: ["accuracy"] });
  expect(evaluation.accuracy).toBeCloseTo(right / held.length, 6);
  expect(evaluation).toEqual(await model.evaluate(preprocessing.apply(held, { target: true }), { loss: crossEntropy(), metrics: ["accuracy"] }));
});

test("a regression's numbers are in the user's units for raw rows, and the model's own for numbers", async () => {
  const data = Array.from({ length: 60 }, (_, i) => ({ size: 20 + i, city: i % 2 ? "Bern" : "Bonn", price: 1000 * (20 + i) + (i % 2 ? 50_000 : 0) }));
  const preprocessing = Preprocessing.fit(data, { target: "price" }), model = await createModel(dense(1), { preprocessing });
  await model.fit(preprocessing.apply(data, { target: true }), { loss: mse(), optimizer: adam({ learningRate: 0.05 }), epochs: 300 });
  const loaded = await loadModel(model.save(), { preprocessing: Preprocessing }), { x } = preprocessing.apply(data), own = model.predict(x).data, told = loaded.predict(data);
  expect(told.shape).toEqual([60, 1]);
  data.forEach(({ price }, i) => expect(Math.abs(told.data[i]! - price)).toBeLessThan(500));
  expect(told.data).toEqual(preprocessing.words(own));
  expect(Math.abs(own[0]!)).toBeLessThan(3);
  const into = new Float32Array(60);
  loaded.predict(data, { into });
  expect(into).toEqual(told.data);
  // more rows than one block
  const many = Array.from({ length: 600 }, (_, i) => data[i % 60]!);
  expect(loaded.predict(many, { into: new Float32Array(600) }).data.slice(540)).toEqual(told.data);
  expect(loaded.predict(tableOf(many)).data.slice(540)).toEqual(told.data);
});

test("batches of tables train and evaluate as the whole table does", async () => {
  const preprocessing = Preprocessing.fit(rows, { target: "species" }), parts = [rows.slice(0, 50), rows.slice(50, 51), rows.slice(51)];
  const make = () => createModel(dense(3), { preprocessing, seed: 2 }), [a, b] = [await make(), await make()];
  await a.fit(preprocessing.apply(rows, { target: true }), { loss: crossEntropy(), optimizer: adam(), epochs: 2, shuffle: false });
  await b.fit(preprocessing.batches(parts), { loss: crossEntropy(), optimizer: adam(), epochs: 2, shuffle: false });
  expect(hash(b)).toBe(hash(a));
  expect(await b.evaluate(preprocessing.batches(parts))).toEqual(await a.evaluate(rows));
  expect(await b.evaluate([preprocessing.apply(rows, { target: true })])).toEqual(await a.evaluate(rows)); // a list of batches is a stream
});

test("a model in a worker takes raw rows too", async () => {
  const { model } = await trained(), away = await loadModel(model.save(), { where: "worker", preprocessing: Preprocessing });
  try {
    expect(away.preprocessing!.toJSON()).toEqual(model.preprocessing!.toJSON());
    expect(await away.classify(held, { top: 1 })).toEqual(model.classify(held, { top: 1 }));
    expect(await away.evaluate(held, { metrics: ["accuracy"] })).toEqual(await model.evaluate(held, { metrics: ["accuracy"] }));
  } finally {
    await away.dispose();
  }
});

describe("what does not fit is told", () => {
  const preprocessing = Preprocessing.fit(rows, { target: "species" });

  test("an input or classes that are not the preprocessing's", async () => {
    await expect(createModel(dense(3), { input: [4], preprocessing })).rejects.toThrow(/input: wanted \[14\], as preprocessing gives, got \[\[4\]\]; leave it out/);
    await expect(createModel(dense(3), { classes: ["a", "b", "c"], preprocessing })).rejects.toThrow(/classes/);
    await expect(createModel(dense(3), { preprocessing: JSON.parse(JSON.stringify(preprocessing)) as never })).rejects.toThrow(OptionError);
    const model = await createModel(dense(3), { input: preprocessing.input, classes: preprocessing.classes!, preprocessing });
    expect(model.classify([rows[0]!], { top: 1 })[0]).toHaveLength(1);
  });

  test("raw rows with a text among numbers, and raw rows for a model without preprocessing", async () => {
    const model = await createModel(dense(3), { preprocessing }), before = hash(model);
    expect(() => model.predict([{ ...rows[0]!, body_mass_g: "fat" }])).toThrow(/column "body_mass_g", row 0/);
    expect(() => model.classify([{ species: "Adelie" }])).toThrow(DataError);
    await expect(model.evaluate([{ ...rows[0]!, species: null }], { loss: crossEntropy() })).rejects.toThrow(/column "species", row 0/);
    expect(hash(model)).toBe(before);
    const plain = await createModel(dense(3), { input: [14] });
    expect(() => plain.predict(rows)).toThrow(ShapeError);
    expect(plain.preprocessing).toBeUndefined();
  });

  test("a file whose preprocessing was altered, or does not fit its model", async () => {
    const bytes = (await createModel(dense(3), { preprocessing })).save(), { tensors, metadata } = parseSafetensors(bytes), saved = JSON.parse(metadata.get("lanewise.model")!) as any;
    const file = (change: (preprocessing: any) => unknown): Uint8Array => {
      const other = structuredClone(saved), changed = change(other.preprocessing);
      return writeSafetensors(new Map(tensors), { format: "pt", "lanewise.model": JSON.stringify(changed === undefined ? other : { ...other, preprocessing: changed }) });
    };
    const load = (bytes: Uint8Array): Promise<Model> => loadModel(bytes, { preprocessing: Preprocessing });
    expect((await load(file(() => undefined))).preprocessing!.toJSON()).toEqual(preprocessing.toJSON());
    await expect(load(file((one) => { one.columns.pop(); }))).rejects.toThrow(/does not fit its model: input/);
    await expect(load(file((one) => { one.target.classes.reverse(); }))).rejects.toThrow(/does not fit its model: classes/);
    await expect(load(file((one) => { one.columns[0].use = "x"; }))).rejects.toThrow(/columns\[0\]\.use/);
    for (const wrong of [null, 5, [], "x", {}]) await expect(load(file(() => wrong))).rejects.toThrow(FormatError);
    expect(readSafetensors(bytes).size).toBe(2);
    await expect(loadModel(bytes)).rejects.toThrow("the model has preprocessing; hand it over: loadModel(bytes, { preprocessing: Preprocessing })");
    expect((await load((await createModel(dense(3), { input: [2] })).save())).preprocessing).toBeUndefined();
  });
});
