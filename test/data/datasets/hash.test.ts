// A data set's hash: of numbers, not of how they came.

import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { dataHash, dataset } from "../../../src/index.ts";

it("is the SHA-256 that its docstring says", async () => {
  const x = Float32Array.of(1, -2.5, 3, 0.1, 7, 8), y = Int32Array.of(2, 0), weight = [1, 0.5];
  const inner = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  const bytes = (array: Float32Array | Int32Array): Uint8Array => new Uint8Array(array.buffer);
  const wanted = createHash("sha256")
    .update(`["x","float32",[2,3]]${inner(bytes(x))}`).update(`["y","int32",[2]]${inner(bytes(y))}`).update(`["weight","float32",[2]]${inner(bytes(Float32Array.from(weight)))}`).digest("hex");
  expect(await dataHash({ x, y, weight })).toBe(wanted);
  expect(await dataHash({ weight, y, x: { data: Float64Array.from(x), shape: [2, 3] } })).toBe(wanted);
  expect(await dataHash({ x: [[...x].slice(0, 3), [...x].slice(3)], y, weight })).toBe(wanted);
  const names = Buffer.from([1, 0, 0, 0, 0x61, 3, 0, 0, 0, 0xe2, 0x82, 0xac]);
  expect(await dataHash({ x: Uint8Array.of(4, 5), y: ["a", "€"] })).toBe(createHash("sha256").update(`["x","uint8",[2]]${inner(Buffer.from([4, 5]))}`).update(`["y","text",[2]]${inner(names)}`).digest("hex"));
});

it("of a stream is that of the same rows in arrays, for any batches, read once", async () => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }), async (rows, sizes) => {
    const x = Float32Array.from({ length: rows * 4 }, (_, i) => i / 3), y = Array.from({ length: rows }, (_, i) => `class ${i % 3}`);
    let reads = 0;
    const cut = async function* (): AsyncGenerator<any> {
      reads++;
      for (let from = 0, i = 0; from < rows; i++) {
        const to = Math.min(rows, from + sizes[i % sizes.length]!);
        yield { x: x.subarray(4 * from, 4 * to), y: y.slice(from, to) };
        from = to;
      }
    };
    expect(await dataHash(cut)).toBe(await dataHash({ x, y }));
    expect(reads).toBe(1);
  }), { numRuns: 30 });
});

it("changes with any number, name, shape, type and order", async () => {
  const base = { x: [[1, 2], [3, 4]], y: [0, 1], weight: [1, 1] }, all = [
    base, { ...base, x: [[1, 2], [3, 4.0000005]] }, { ...base, x: [[3, 4], [1, 2]] }, { ...base, y: [1, 0] }, { ...base, y: [[0], [1]] }, { ...base, y: Int32Array.of(0, 1) }, { ...base, y: ["0", "1"] },
    { x: base.x, y: base.y }, { ...base, weight: [1, 2] }, { ...base, x: { a: base.x } }, { ...base, x: { b: base.x } }, { ...base, x: Uint8Array.of(1, 2, 3, 4) }, { ...base, x: { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2, 1] } },
    { ...base, y: ["01", ""] }, { x: base.x }, { ...base, x: [[1, 2], [3, -0]] }, { ...base, x: [[1, 2], [3, 0]] },
  ];
  const hashes = await Promise.all(all.map((data) => dataHash(data)));
  expect(new Set(hashes).size).toBe(all.length);
  expect(await dataHash({ x: { b: [[1]], a: [[2]] }, y: [1] })).toBe(await dataHash({ x: { a: [[2]], b: [[1]] }, y: [1] }));
});

it("tells what is no data set", async () => {
  for (const bad of [null, 5, {}, { y: [1] }, { x: [[1]], z: [1] }, [{ x: [[1]], y: [1] }, { x: [[1, 2]], y: [1] }], [{ x: [[1]], y: [1] }, { x: [[1]] }], { x: [[1], [2, 3]], y: [1, 2] }])
    await expect(dataHash(bad as never)).rejects.toMatchObject({ code: expect.any(String) });
  await expect(dataHash({ x: [[1]], y: [1] }, { shape: [1] } as never)).rejects.toMatchObject({ code: "unknown-option" });
  expect(await dataHash(await dataset({ x: new Float32Array(4), y: [1, 2] }, { input: [2] }))).toBe(await dataHash({ x: new Float32Array(4), y: [1, 2] }));
});
