// Files of tensors and models: types of numbers, metadata, what a file tells of itself, and names that differ.

import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  createModel, dense, type ExactTensor, inspect, layer, loadModel, loadStateDict, mse, ops, readSafetensors, relu, saveAs, sequential, writeSafetensors,
} from "../src/index.ts";
import { fromHalf, toHalf } from "../src/formats/half.ts";
import { parseSafetensors } from "../src/formats/safetensors.ts";
import { VERSION } from "../src/version.ts";
import { classified, numbers, options } from "./helpers.ts";
import { fileOf } from "./proof/weights-mutations.mjs";

const net = (seed = 1) => createModel(sequential(dense(4), relu(), dense(3)), { input: [6], classes: ["a", "b", "c"], seed });
const one = (data: ExactTensor["data"], shape = [data.length]) => new Map([["x", { data, shape }]]);

describe("numbers of 16 bits", () => {
  const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

  test.each([["F16", 0x7c00], ["BF16", 0x7f80]] as const)("each %s that is a number comes out again as it was", (dtype, infinity) => {
    const again = toHalf(fromHalf(all, dtype), dtype);
    // a NaN is one again
    const other = [...all].filter((bits) => ((bits & 0x7fff) <= infinity ? again[bits] !== bits : (again[bits]! & 0x7fff) <= infinity));
    expect(other).toEqual([]);
  });

  test("they are the sums of their bits (IEEE 754)", () => {
    const f16 = fromHalf(all, "F16"), bf16 = fromHalf(all, "BF16");
    const value = (bits: number, fraction: number, bias: number): number => {
      const low = bits & ((1 << fraction) - 1), exponent = (bits & 0x7fff) >> fraction, sign = bits >> 15 ? -1 : 1, most = (0x7fff >> fraction);
      if (exponent === most) return low ? NaN : sign * Infinity;
      return sign * (exponent ? (1 + low / 2 ** fraction) * 2 ** (exponent - bias) : (low / 2 ** fraction) * 2 ** (1 - bias));
    };
    expect([...all].filter((bits) => !Object.is(f16[bits], value(bits, 10, 15)) || !Object.is(bf16[bits], value(bits, 7, 127)))).toEqual([]);
  });

  test.each(["F16", "BF16"] as const)("a number is rounded to the nearest %s, ties to even", (dtype) => {
    const finite = [...all].filter((bits) => Number.isFinite(fromHalf(Uint16Array.of(bits), dtype)[0]!));
    const values = fromHalf(Uint16Array.from(finite), dtype), order = finite.map((bits, i) => [values[i]!, bits] as const).filter(([, bits]) => bits !== 0x8000).sort(([a], [b]) => a - b);
    const largest = order.at(-1)![0];
    fc.assert(fc.property(fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.float({ min: Math.fround(-70000), max: 70000, noNaN: true }), fc.float({ min: Math.fround(-1e-4), max: Math.fround(1e-4), noNaN: true })), (x) => {
      const [bits] = toHalf(Float32Array.of(x), dtype) as unknown as [number];
      if (Math.abs(x) > largest) return;
      let low = 0, high = order.length - 1; // the last that is not above x
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (order[middle]![0] <= x) low = middle;
        else high = middle - 1;
      }
      const [below, above] = [order[low]!, order[Math.min(low + 1, order.length - 1)]!], down = x - below[0], up = above[0] - x;
      const wanted = down < up || (down === up && below[1] % 2 === 0) ? below : above;
      expect(fromHalf(Uint16Array.of(bits), dtype)[0]).toEqual(wanted[0] === 0 ? (bits & 0x8000 ? -0 : 0) : wanted[0]);
    }), { numRuns: 3000 });
  });

  test("a number beyond the type is refused with its tensor and place, or becomes infinite if that is asked for", () => {
    for (const [dtype, beyond, within] of [["float16", 65520, 65519.996], ["bfloat16", 3.3961775292304957e38, 3.395e38]] as const) {
      const data = Float32Array.of(1, NaN, Infinity, -beyond);
      expect(() => writeSafetensors(one(data), {}, { dtype })).toThrow(expect.objectContaining({ code: "beyond-range", details: expect.objectContaining({ option: "x", position: 3 }) }));
      expect([...readSafetensors(writeSafetensors(one(data), {}, { dtype, overflow: "infinity" })).get("x")!.data]).toEqual([1, NaN, Infinity, -Infinity]);
      expect(readSafetensors(writeSafetensors(one(Float32Array.of(within)), {}, { dtype })).get("x")!.data[0]).toBeLessThan(Infinity);
    }
  });
});

describe("types", () => {
  const stored = (dtype: string, data: ArrayBufferView): Uint8Array => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength), count = (data as Float32Array).length;
    // one byte before it, so that nothing is aligned
    return fileOf(`{"before":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"${dtype}","shape":[${count}],"data_offsets":[1,${1 + bytes.length}]}}`, Uint8Array.of(0, ...bytes));
  };
  const read = (dtype: string, data: ArrayBufferView, exact = false) => readSafetensors(stored(dtype, data), { exact }).get("x")!.data;

  test("all are float32, or as they are stored, wherever they lie", () => {
    const rows: [string, ArrayBufferView, number[], ExactTensor["data"]][] = [
      ["F32", Float32Array.of(1.5, -0), [1.5, -0], Float32Array.of(1.5, -0)], ["F64", Float64Array.of(0.1, 1e-300), [Math.fround(0.1), 0], Float64Array.of(0.1, 1e-300)],
      ["F16", Uint16Array.of(0x3c00, 0x8001), [1, -(2 ** -24)], Float32Array.of(1, -(2 ** -24))], ["BF16", Uint16Array.of(0x3f80, 0xff80), [1, -Infinity], Float32Array.of(1, -Infinity)],
      ["I64", BigInt64Array.of(-5n, 2n ** 24n), [-5, 2 ** 24], Float64Array.of(-5, 2 ** 24)], ["U64", BigUint64Array.of(0n, 7n), [0, 7], Float64Array.of(0, 7)],
      ["I32", Int32Array.of(-1, 3), [-1, 3], Int32Array.of(-1, 3)], ["U32", Uint32Array.of(2 ** 31, 3), [2 ** 31, 3], Float64Array.of(2 ** 31, 3)], ["I16", Int16Array.of(-300, 3), [-300, 3], Int32Array.of(-300, 3)],
      ["U16", Uint16Array.of(65535, 0), [65535, 0], Int32Array.of(65535, 0)], ["I8", Int8Array.of(-128, 1), [-128, 1], Int32Array.of(-128, 1)], ["U8", Uint8Array.of(255, 1), [255, 1], Uint8Array.of(255, 1)],
      ["BOOL", Uint8Array.of(1, 0), [1, 0], Uint8Array.of(1, 0)],
    ];
    for (const [dtype, data, plain, exact] of rows) {
      expect([...read(dtype, data)], dtype).toEqual(plain);
      expect(read(dtype, data), dtype).toBeInstanceOf(Float32Array);
      expect(read(dtype, data, true), dtype).toEqual(exact);
      const buffer = Buffer.from(stored(dtype, data)); // as node:fs gives it
      expect(readSafetensors(buffer, { exact: true }).get("x")!.data, dtype).toEqual(exact);
    }
  });

  test("a number that would not be the same is refused, with its tensor and place", () => {
    const rows: [string, ArrayBufferView, boolean, RegExp][] = [
      ["I64", BigInt64Array.of(0n, 2n ** 53n), true, /"x" \(I64\), position 1: wanted whole numbers below 2\^53, got 9007199254740992n/],
      ["U64", BigUint64Array.of(2n ** 64n - 1n), true, /"x" \(U64\), position 0/], ["I64", BigInt64Array.of(2n ** 24n + 1n), false, /exact: true/],
      ["I32", Int32Array.of(2 ** 24 + 1), false, /"x" \(I32\), position 0.*exact: true/], ["F64", Float64Array.of(1, -1e39), false, /"x" \(F64\), position 1.*exact: true/],
      ["BOOL", Uint8Array.of(1, 2), false, /"x" \(BOOL\), position 1: wanted 0 or 1, got 2/],
    ];
    for (const [dtype, data, exact, why] of rows) expect(() => read(dtype, data, exact), dtype).toThrow(why);
    expect(() => read("F8_E4M3", Uint8Array.of(1))).toThrow(/"x".*F32, F16.*got "F8_E4M3"/);
  });

  test("what is written comes back, whatever its type, shape and name", () => {
    const data = fc.oneof(
      fc.array(fc.float({ noNaN: true }), { maxLength: 8 }).map((list) => Float32Array.from(list)), fc.array(fc.double({ noNaN: true }), { maxLength: 8 }).map((list) => Float64Array.from(list)),
      fc.array(fc.integer(), { maxLength: 8 }).map((list) => Int32Array.from(list)), fc.uint8Array({ maxLength: 8 }).map((list) => Uint8Array.from(list)),
    );
    const tensor = data.chain((data) => fc.constantFrom([data.length], [1, data.length, 1], ...(data.length === 1 ? [[]] : []), ...(data.length % 2 ? [] : [[data.length / 2, 2]])).map((shape) => ({ data, shape })));
    const name = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("__proto__", "constructor", '"', "\\", "\u0000")).filter((name) => name !== "__metadata__");
    fc.assert(fc.property(fc.array(fc.tuple(name, tensor), { maxLength: 5 }), fc.dictionary(name, fc.string({ unit: "grapheme" })), (list, metadata) => {
      const tensors = new Map(list), file = writeSafetensors(tensors, metadata);
      expect(readSafetensors(file, { exact: true })).toEqual(tensors);
      expect(inspect(file).metadata).toEqual({ ...metadata });
      // aligned, for readers that look at the file in place
      const start = file.length - [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
      expect(start % 8).toBe(0);
    }), { numRuns: 300 });
  });

  test("arrays and shapes that cannot be written are refused with their name", () => {
    const bad: [unknown, unknown][] = [[[1, 2], [2]], [new Float32Array(3), [2]], [new Int8Array(2), [2]], [undefined, [2]], [new Float32Array(2), [-1, -2]], [new Float32Array(2), "2"], [new Float32Array(2), undefined], [new Float32Array(1), Array(17).fill(1)], [new Float32Array(1), [0.5, 2]]];
    for (const [data, shape] of bad)
      expect(() => writeSafetensors(new Map([["the name", { data, shape } as never]]))).toThrow(expect.objectContaining({ code: "bad-tensor", details: expect.objectContaining({ option: "the name" }) }));
    for (const name of [5, undefined, null]) expect(() => writeSafetensors(new Map([[name, { data: new Float32Array(1), shape: [1] }]]) as never)).toThrow(expect.objectContaining({ code: "bad-option" }));
    const many = Array.from({ length: 100_001 }, (_, i) => String(i)); // more than are read again
    expect(() => writeSafetensors(new Map(many.map((name) => [name, { data: new Float32Array(0), shape: [0] }])))).toThrow(expect.objectContaining({ code: "bad-option", details: expect.objectContaining({ option: "tensors" }) }));
    expect(() => writeSafetensors(new Map(), Object.fromEntries(many.map((name) => [name, ""])))).toThrow(expect.objectContaining({ code: "bad-option", details: expect.objectContaining({ option: "metadata" }) }));
    expect(() => writeSafetensors([] as never)).toThrow(expect.objectContaining({ code: "bad-option" }));
    expect(() => writeSafetensors(new Map(), [] as never)).toThrow(expect.objectContaining({ code: "bad-option" }));
  });
});

describe("a model's file", () => {
  test("says in strings what made it, its classes and the last fit's metrics, and brings back what was added", async () => {
    const model = await net(), data = classified(32);
    expect(model.metadata.size).toBe(0);
    const { epochs } = await model.fit(data, options({ epochs: 2, metrics: ["accuracy"], validation: 0.25 }));
    model.metadata.set("licence", "CC-BY-4.0").set("title", "three classes");
    const file = model.save(), { metadata } = inspect(file), { loss, accuracy, validation } = epochs[1] as any;
    expect(metadata).toMatchObject({ format: "pt", "lanewise.version": VERSION, "lanewise.numerics": expect.stringMatching(/^\d+$/), classes: '["a","b","c"]', licence: "CC-BY-4.0", title: "three classes" });
    expect(JSON.parse(metadata["metrics"]!)).toEqual({ epoch: 2, step: 4, loss, accuracy, learningRate: 0.01, validation });
    const again = await loadModel(file);
    expect([...again.metadata].sort()).toEqual([["licence", "CC-BY-4.0"], ["metrics", metadata["metrics"]], ["title", "three classes"]]);
    expect(again.save()).toEqual(file);
    // other parameters, other metrics
    again.setParameters(model.parameters);
    expect(again.metadata.has("metrics")).toBe(false);
    await model.fit(data, options({ epochs: 1 }));
    expect(JSON.parse(model.metadata.get("metrics")!)).not.toHaveProperty("accuracy");
    for (const made of [model, again]) made.dispose();
  });

  test("the same run gives the same file, byte for byte", async () => {
    const files = await Promise.all([1, 2].map(async () => {
      const model = await net();
      await model.fit(classified(32), options({ metrics: ["accuracy"] }));
      return model.save();
    }));
    expect(files[0]).toEqual(files[1]);
  });

  test("the release that it names is that of the package", () => {
    expect(VERSION).toBe((JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as { version: string }).version);
  });

  test("saveAs writes half the bytes, a licence and more, and changes nothing in the model", async () => {
    const model = await net(), before = model.save();
    const file = saveAs(model, { dtype: "float16", licence: "MIT", metadata: { title: "x" } }), again = await loadModel(file);
    expect(Object.fromEntries(again.metadata)).toEqual({ licence: "MIT", title: "x" });
    const halves = [...model.parameters].map(([name, { data, shape }]) => [name, { data: fromHalf(toHalf(data, "F16"), "F16"), shape }] as const);
    expect(again.parameters).toEqual(new Map(halves));
    expect(again.classify(numbers(6), { top: 1 })[0]![0]!.label).toMatch(/^[abc]$/);
    expect(model.save()).toEqual(before);
    expect(saveAs(model)).toEqual(before);
    model.setParameters({ "0.bias": [1e6, 0, 0, 0] }, { strict: false });
    expect(() => saveAs(model, { dtype: "float16" })).toThrow(expect.objectContaining({ code: "beyond-range", details: expect.objectContaining({ option: "0.bias", position: 0, got: 1e6 }) }));
    await expect(loadModel(saveAs(model, { dtype: "float16", overflow: "infinity" }))).rejects.toMatchObject({ code: "bad-file", details: { option: "0.bias" } });
    for (const made of [model, again]) made.dispose();
  });

  test("metadata that are no strings are refused when it is saved", async () => {
    const model = await net();
    model.metadata.set("year", 2026 as never);
    expect(() => model.save()).toThrow(expect.objectContaining({ code: "bad-metadata" }));
  });
});

describe("inspect", () => {
  test("a model: its table, and its tensors with their ranges", async () => {
    const model = await net();
    model.setParameters({ "0.bias": [1, 2, 3, -6] }, { strict: false });
    const told = inspect(model.save());
    expect(told.problem).toBeUndefined();
    expect(told).toMatchObject({ kind: "model", count: 6 * 4 + 4 + 4 * 3 + 3, summary: model.summary(), description: { classes: ["a", "b", "c"] } });
    expect(told.tensors.map(({ name }) => name)).toEqual([...model.parameters.keys()]);
    expect(told.tensors[1]).toEqual({ name: "0.bias", dtype: "F32", shape: [4], count: 4, bytes: 16, minimum: -6, maximum: 3, mean: 0, nonFinite: 0 });
    expect(JSON.parse(JSON.stringify(told)).tensors[1].mean).toBe(0);
    model.dispose();
  });

  test("a model with layers of one's own is told as far as the file goes", async () => {
    const model = await createModel(sequential(dense(2), layer("swirl", (x) => ops.tanh(x))), { input: [2] });
    expect(inspect(model.save()).summary).toBeUndefined();
    expect(inspect(model.save())).toMatchObject({ kind: "model", problem: expect.stringContaining("swirl"), tensors: [{ name: "0.weight" }, { name: "0.bias" }] });
  });

  test("a checkpoint, and a file of tensors", async () => {
    const model = await net(), training = model.fit(classified(32), options());
    await training;
    const told = inspect(await training.checkpoint());
    expect(told.problem).toBeUndefined();
    expect(told).toMatchObject({ kind: "checkpoint", description: { steps: 6 } });
    expect(told.tensors.some(({ name }) => name === "parameter 0.weight")).toBe(true);
    expect(inspect(writeSafetensors(one(Float32Array.of(1))))).toEqual({ kind: "tensors", bytes: 68, count: 1, metadata: {}, tensors: [{ name: "x", dtype: "F32", shape: [1], count: 1, bytes: 4, minimum: 1, maximum: 1, mean: 1, nonFinite: 0 }] });
    model.dispose();
  });

  test("NaN and infinities are counted and left out; nothing is rounded; types that are not read are named", () => {
    const at = (data: ExactTensor["data"]) => inspect(writeSafetensors(one(data))).tensors[0]!;
    expect(at(Float32Array.of(NaN, 1, Infinity, -Infinity, 3))).toMatchObject({ minimum: 1, maximum: 3, mean: 2, nonFinite: 3 });
    expect(at(Float32Array.of(NaN))).toEqual({ name: "x", dtype: "F32", shape: [1], count: 1, bytes: 4, nonFinite: 1 });
    expect(at(new Float32Array(0))).toEqual({ name: "x", dtype: "F32", shape: [0], count: 0, bytes: 0, nonFinite: 0 });
    expect(at(Float64Array.of(1e300, -1e300))).toMatchObject({ minimum: -1e300, maximum: 1e300, mean: 0 });
    const many = Float32Array.from({ length: 200_001 }, (_, i) => i);
    expect(at(many)).toMatchObject({ minimum: 0, maximum: 200_000, mean: 100_000, count: 200_001 });
    const wide = inspect(fileOf('{"a":{"dtype":"F8_E5M2","shape":[3],"data_offsets":[8,11]},"b":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80, 1, 2, 3)));
    expect(wide.tensors).toEqual([
      { name: "b", dtype: "I64", shape: [1], count: 1, bytes: 8, minimum: -(2 ** 63), maximum: -(2 ** 63), mean: -(2 ** 63), nonFinite: 0 }, { name: "a", dtype: "F8_E5M2", shape: [3], count: 3, bytes: 3 },
    ]);
  });
});

describe("loadStateDict", () => {
  const state = async (change: (name: string) => string) => new Map([...(await net(5)).parameters].map(([name, tensor]) => [change(name), tensor]));

  test("of a model in a worker, a promise; so is saveAs", async () => {
    const model = await createModel(sequential(dense(4), relu(), dense(3)), { input: [6], where: "worker" });
    await expect(loadStateDict(model, await state((name) => `module.${name}`))).rejects.toMatchObject({ code: "state-mismatch", details: { prefix: "module." } });
    expect(await loadStateDict(model, await state((name) => name))).toEqual({ missing: [], unexpected: [], mismatched: [] });
    model.metadata.set("title", "away");
    const told = inspect(await saveAs(model, { dtype: "bfloat16", licence: "MIT" }));
    expect(told).toMatchObject({ metadata: { title: "away", licence: "MIT" }, tensors: [{ dtype: "BF16" }, {}, {}, {}] });
    await model.dispose();
  });

  test("takes files, maps and records", async () => {
    const model = await net(), wanted = await state((name) => name);
    for (const given of [wanted, Object.fromEntries(wanted), writeSafetensors(wanted), writeSafetensors(wanted).buffer]) {
      model.setParameters((await net(6)).parameters);
      expect(loadStateDict(model, given)).toEqual({ missing: [], unexpected: [], mismatched: [] });
      expect(model.parameters).toEqual(wanted);
    }
  });

  test("says what would fit: a prefix, or other names where the shapes are the same in order; else what does not", async () => {
    const model = await net(), before = model.parameters;
    const error = (given: ReadonlyMap<string, any>, more = {}): any => {
      try {
        loadStateDict(model, given, more);
      } catch (thrown) {
        expect(model.parameters).toEqual(before);
        return thrown;
      }
      throw new Error("it was taken");
    };
    expect(error(await state((name) => `module.${name}`))).toMatchObject({ code: "state-mismatch", details: { prefix: "module." } });
    expect(error(await state((name) => `model.net.${name}`), { prefix: "model." })).toMatchObject({ details: { prefix: "model.net." } });
    const renamed = error(await state((name) => name.replace("0.", "fc1.").replace("2.", "fc2.")));
    expect(renamed.details.rename).toEqual({ "fc1.weight": "0.weight", "fc1.bias": "0.bias", "fc2.weight": "2.weight", "fc2.bias": "2.bias" });
    expect(renamed.message).toContain('{ rename: { "fc1.weight": "0.weight"');
    // as the package safetensors writes them: by name
    const blocks = await createModel(sequential(...Array.from({ length: 11 }, (_, i) => dense(i + 2))), { input: [1] });
    const byName = new Map([...blocks.parameters].map(([name, tensor]) => [`block${name}`, tensor] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
    expect([...byName.keys()].slice(2, 5)).toEqual(["block1.bias", "block1.weight", "block10.bias"]);
    let told: any;
    expect(() => {
      try {
        loadStateDict(blocks, byName);
      } catch (error) {
        told = error;
        throw error;
      }
    }).toThrow("rename");
    expect(loadStateDict(blocks, byName, { rename: told.details.rename })).toMatchObject({ missing: [] });
    // other shapes, or another number of them: no suggestion that would not do
    const wrong = new Map([...(await state((name) => `a${name}`))].slice(1));
    expect(error(wrong).details.rename).toBeUndefined();
    expect(error(wrong).message).toContain("{ strict: false } sets what fits");
    expect(error(new Map([["0.weight", { data: new Float32Array(4), shape: [2, 2] }]])).details.mismatched).toEqual(["0.weight [2, 2], wanted [4, 6]"]);
  });

  test("two parameters under one name, a name to change that is not there, and a prefix that nothing has", async () => {
    const model = await net(), given = await state((name) => name);
    expect(() => loadStateDict(model, given, { rename: { "0.weight": "2.weight" } })).toThrow(expect.objectContaining({ code: "wrong-names", details: expect.objectContaining({ option: "2.weight" }) }));
    expect(() => loadStateDict(model, given, { rename: { "0.wieght": "2.weight" } })).toThrow("did you mean 0.weight?");
    expect(() => loadStateDict(model, given, { rename: { constructor: "2.weight" } })).toThrow(expect.objectContaining({ code: "bad-option" }));
    expect(() => loadStateDict(model, given, { prefix: "net." })).toThrow(/what names begin with, such as \["0.weight"/);
    expect(() => loadStateDict(model, 5 as never)).toThrow(expect.objectContaining({ code: "bad-option" }));
    const numbered = new Map([[0, [1]]]) as never; // as of a list of layers
    expect(() => loadStateDict(model, numbered)).toThrow(expect.objectContaining({ code: "bad-option", details: expect.objectContaining({ option: "state" }) }));
    expect(model.setParameters(numbered, { strict: false }).unexpected).toEqual([0]);
  });

  test("what is left out by rename is not there", async () => {
    const model = await net(), given = await state((name) => name);
    expect(loadStateDict(model, given, { strict: false, rename: (name) => (name.startsWith("2.") ? undefined : name) })).toEqual({ missing: ["2.weight", "2.bias"], unexpected: [], mismatched: [] });
  });

  test("counters of PyTorch's BatchNorm are nothing that is unexpected, to setParameters neither", async () => {
    const model = await net(), given = new Map<string, any>([...(await state((name) => name)), ["1.num_batches_tracked", [5]]]);
    expect(model.setParameters(given)).toEqual({ missing: [], unexpected: [], mismatched: [] });
    expect(loadStateDict(model, given)).toEqual({ missing: [], unexpected: [], mismatched: [] });
  });
});

test("a checkpoint with a tensor that is not float32 is refused by its name", async () => {
  const model = await createModel(dense(1), { input: [1] }), trainer = model.trainer({ loss: mse() });
  trainer.step({ x: [[1]], y: [[1]] });
  const { tensors, metadata } = parseSafetensors(trainer.checkpoint()), halves = writeSafetensors(tensors, Object.fromEntries(metadata), { dtype: "float16" });
  trainer.dispose();
  expect(() => model.trainer({ loss: mse(), resume: halves })).toThrow(/tensor "parameter weight" cannot be \[\["dtype", "F16"\]/);
});
