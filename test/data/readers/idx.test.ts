// idx files: MNIST's, and what is wrong with others.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError, idx } from "../../../src/index.ts";
import { errorOf, gzip, pieces } from "./help.ts";
import { idxFile } from "./files.ts";

const images = idxFile(8, [2, 2, 3], [0, 1, 2, 253, 254, 255, 6, 7, 8, 9, 10, 11]);

describe("numbers", () => {
  it.each<[string, number, number[], Function]>([
    ["unsigned bytes", 8, [0, 1, 255, 128], Uint8Array], ["signed bytes", 9, [0, 1, -128, 127], Int32Array], ["16-bit", 11, [0, 258, -32768, 32767], Int32Array],
    ["32-bit", 12, [1, -2, 2147483647, -2147483648], Int32Array], ["float", 13, [0.5, -1.5, 3.4028234663852886e38, 1.401298464324817e-45], Float32Array],
    ["double", 14, [Math.PI, -1e300, 5e-324, 0], Float64Array],
  ])("%s come as they are", async (_, type, values, array) => {
    const { data, shape } = await idx(idxFile(type, [2, 2], values));
    expect(data).toBeInstanceOf(array);
    expect([...data]).toEqual(values);
    expect(shape).toEqual([2, 2]);
  });

  it("of any rank, also none and with an axis of 0", async () => {
    expect(await idx(idxFile(12, [], [7]))).toEqual({ data: Int32Array.of(7), shape: [] });
    expect(await idx(idxFile(8, [0, 28, 28], []))).toEqual({ data: new Uint8Array(0), shape: [0, 28, 28] });
    expect((await idx(idxFile(8, Array(16).fill(1), [9]))).shape.length).toBe(16);
  });

  it("packed by gzip, in chunks, at an odd address", async () => {
    const wanted = await idx(images);
    expect(wanted.shape).toEqual([2, 2, 3]);
    expect(await idx(await gzip(images))).toEqual(wanted);
    expect(await idx(pieces(images, 3))).toEqual(wanted);
    const moved = new Uint8Array(images.length + 1);
    moved.set(images, 1);
    expect(await idx(moved.subarray(1))).toEqual(wanted);
  });

  it("are the caller's own: his bytes do not change with them", async () => {
    const file = images.slice(), { data } = await idx(file);
    data.fill(1);
    expect(file).toEqual(images);
  });

  it("that were written come back", async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: -32768, max: 32767 }), { minLength: 1, maxLength: 60 }), async (values) => {
      expect([...(await idx(idxFile(11, [values.length], values))).data]).toEqual(values);
    }), { seed: 5 });
  });
});

describe("broken files", () => {
  it("cut off at any byte, or longer by one, are FormatErrors that name the file", async () => {
    for (let length = 0; length < images.length; length++) {
      const error = await errorOf(idx(new File([images.subarray(0, length)], "images.idx")));
      expect(error).toBeInstanceOf(FormatError);
      expect(error).toMatchObject({ code: "bad-file", details: { file: "images.idx" } });
    }
    expect(await errorOf(idx(new Uint8Array([...images, 0])))).toBeInstanceOf(FormatError);
  });

  it.each<[string, number[]]>([
    ["another start", [1, 0, 8, 1, 0, 0, 0, 1, 5]], ["another start", [0, 1, 8, 1, 0, 0, 0, 1, 5]], ["type 10", [0, 0, 10, 1, 0, 0, 0, 1, 5, 5]], ["255 axes", [0, 0, 8, 255, ...Array(1020).fill(0)]],
    ["4 billion rows", [0, 0, 8, 1, 255, 255, 255, 255, 5]], ["a product beyond 2^64", [0, 0, 14, 3, ...Array(12).fill(255), 5]],
    ["a product that is 0 modulo 2^32", [0, 0, 8, 2, 0, 1, 0, 0, 0, 1, 0, 0]],
  ])("%s: nothing is allocated", async (_, bytes) => {
    expect(await errorOf(idx(Uint8Array.from(bytes)))).toBeInstanceOf(FormatError);
  });
});
