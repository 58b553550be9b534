// npy and npz files: NumPy's, and what is wrong with others.

import { spawnSync } from "node:child_process";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError, FormatError, npy, npz, OptionError, writeNpy } from "../../../src/index.ts";
import { npyFile, zipFile } from "./files.ts";
import { errorOf, gzip, pieces } from "./help.ts";

const PYTHON = "/usr/bin/python3", numpy = spawnSync(PYTHON, ["-c", "import numpy"]).status === 0;
/** Files that a line of Python writes to f. */
function python(code: string): Uint8Array<ArrayBuffer> {
  const { stdout, stderr, status } = spawnSync(PYTHON, ["-c", `import io, sys, numpy as np\nf = io.BytesIO()\n${code}\nsys.stdout.buffer.write(f.getvalue())`], { maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(String(stderr));
  return new Uint8Array(stdout);
}

const header = (descr: string, shape: string, order = "False"): string => `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

describe("npy", () => {
  it.each<[string, number[], Function]>([
    ["|b1", [1, 0, 1], Uint8Array], ["|u1", [0, 1, 255], Uint8Array], ["|i1", [-128, 0, 127], Int32Array], ["<i2", [-32768, 1, 32767], Int32Array], [">i2", [-32768, 1, 32767], Int32Array],
    ["<u2", [0, 1, 65535], Int32Array], [">u2", [0, 1, 65535], Int32Array], ["<i4", [-2147483648, 1, 2147483647], Int32Array], [">i4", [-2147483648, 1, 2147483647], Int32Array],
    ["<u4", [0, 1, 2147483647], Int32Array], ["<u4", [0, 1, 4294967295], Float64Array], [">u4", [0, 1, 4294967295], Float64Array], ["<i8", [-5, 0, 7], Int32Array], [">i8", [-5, 0, 7], Int32Array],
    ["<i8", [-9007199254740991, 0, 4294967296], Float64Array], [">i8", [-9007199254740991, -1, 2147483648], Float64Array], ["<u8", [0, 1, 9007199254740991], Float64Array], ["<u8", [3, 2, 1], Int32Array],
    ["<f2", [0.5, -65504, 5.960464477539063e-8], Float32Array], [">f2", [0.000030517578125, -0, Infinity], Float32Array], ["<f4", [0.5, -1.5, 3.4028234663852886e38], Float32Array], [">f4", [0.5, -1.5, NaN], Float32Array],
    ["<f8", [Math.PI, -1e300, 5e-324], Float64Array], [">f8", [Math.PI, -Infinity, NaN], Float64Array],
  ])("%s of %j", async (descr, values, array) => {
    const width = Number(descr[2]), little = descr[0] !== ">", bytes = new Uint8Array(width * values.length), view = new DataView(bytes.buffer);
    const halves: Record<string, number> = { 0.5: 0x3800, "-65504": 0xfbff, 5.960464477539063e-8: 1, 0.000030517578125: 0x0200, "-0": 0x8000, Infinity: 0x7c00 };
    values.forEach((value, i) => {
      const at = width * i, kind = descr.slice(1);
      if (kind === "f2") view.setUint16(at, halves[Object.is(value, -0) ? "-0" : String(value)]!, little);
      else if (kind === "f4") view.setFloat32(at, value, little);
      else if (kind === "f8") view.setFloat64(at, value, little);
      else if (width === 8) view.setBigInt64(at, BigInt(value), little);
      else if (width === 4) view.setInt32(at, value, little);
      else if (width === 2) view.setInt16(at, value, little);
      else view.setInt8(at, value);
    });
    for (const version of [1, 2, 3]) {
      const { data, shape } = await npy(npyFile(header(descr, "(3,)"), bytes, version));
      expect(data).toBeInstanceOf(array);
      expect([...data]).toEqual(values);
      expect(shape).toEqual([3]);
    }
  });

  it.each(["<u8", ">u8"])("%s: the largest number is none that can be told, and not -1", async (descr) => {
    await expect(npy(npyFile(header(descr, "(2,)"), new Uint8Array(16).fill(255, 8)))).rejects.toMatchObject({ code: "not-safe", details: { position: 1, got: 18446744073709551615n } });
  });

  it.runIf(numpy)("every type and order that NumPy writes", async () => {
    for (const type of ["b1", "u1", "i1", "<i2", ">i2", "<u2", ">u2", "<i4", ">i4", "<u4", ">u4", "<i8", ">i8", "<u8", ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"])
      for (const order of ["C", "F"]) {
        const { data, shape } = await npy(python(`np.save(f, np.array(np.arange(24).reshape(2, 3, 4) % ${type === "b1" ? 2 : 100}, dtype='${type}', order='${order}'))`));
        expect(shape).toEqual([2, 3, 4]);
        expect([...data], `${type} ${order}`).toEqual(Array.from({ length: 24 }, (_, i) => (type === "b1" ? i % 2 : i)));
      }
    const halves = await npy(python("np.save(f, np.arange(65536, dtype='<u2').view('<f2'))")), wanted = await npy(python("np.save(f, np.arange(65536, dtype='<u2').view('<f2').astype('<f4'))"));
    expect([...halves.data]).toEqual([...wanted.data]);
  });

  it.runIf(numpy)("what it writes, NumPy reads", () => {
    for (const [data, type] of [[Float32Array.of(1, -2.5, 3, 4, 5, 6), "float32"], [Float64Array.of(1, -2.5, 3, 4, 5, 6), "float64"], [Int32Array.of(1, -2, 3, 4, 5, 6), "int32"], [Uint8Array.of(1, 2, 3, 4, 5, 6), "uint8"]] as const) {
      const { stdout } = spawnSync(PYTHON, ["-c", "import sys, io, numpy as np\na = np.load(io.BytesIO(sys.stdin.buffer.read()))\nprint(a.dtype, a.shape, a.tolist())"], { input: writeNpy({ data, shape: [2, 3] }), encoding: "utf8" });
      expect(stdout.trim().replaceAll(".0", "")).toBe(`${type} (2, 3) [[${[...data.slice(0, 3)].join(", ")}], [${[...data.slice(3)].join(", ")}]]`);
    }
  });

  it("what it writes, it reads, whatever shape, chunks or address", async () => {
    const array = fc.oneof(fc.float32Array({ minLength: 1, maxLength: 40 }), fc.float64Array({ minLength: 1, maxLength: 40 }), fc.int32Array({ minLength: 1, maxLength: 40 }), fc.uint8Array({ minLength: 1, maxLength: 40 }));
    await fc.assert(fc.asyncProperty(array, fc.boolean(), fc.integer({ min: 1, max: 50 }), async (data, two, size) => {
      const shape = two && data.length % 2 === 0 ? [2, data.length / 2] : [data.length], file = writeNpy({ data, shape });
      expect(file.length % 64 === data.byteLength % 64).toBe(true);
      const moved = new Uint8Array(file.length + 3);
      moved.set(file, 3);
      for (const source of [file, pieces(file, size), moved.subarray(3)]) expect(await npy(source)).toEqual({ data, shape });
    }), { numRuns: 200, seed: 2 });
    expect(await npy(await gzip(writeNpy({ data: Float32Array.of(7), shape: [] })))).toEqual({ data: Float32Array.of(7), shape: [] });
    expect(await npy(writeNpy({ data: new Float32Array(0), shape: [0, 4] }))).toEqual({ data: new Float32Array(0), shape: [0, 4] });
  });

  it.runIf(numpy)("texts, as NumPy saves labels", async () => {
    const words = ["cat", "", "Straße", "𝄞 中", "a\0b", "tail\0"], list = JSON.stringify(words);
    for (const type of ["<U8", ">U8"]) {
      const { data, shape } = await npy(python(`np.save(f, np.array(${list}, dtype='${type}').reshape(2, 3))`));
      expect([data, shape]).toEqual([["cat", "", "Straße", "𝄞 中", "a\0b", "tail"], [2, 3]]); // zeros at the end are none, as for NumPy
    }
    for (const order of ["C", "F"]) expect((await npy(python(`np.save(f, np.array([['a', 'b', 'c'], ['d', 'e', 'f']], order='${order}'))`))).data).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect(await npy(python("np.save(f, np.array([b'x', 'é'.encode(), b'']))"))).toEqual({ data: ["x", "é", ""], shape: [3] });
    expect(await npy(python("np.save(f, np.array('one'))"))).toEqual({ data: ["one"], shape: [] });
    expect(await npy(python("np.save(f, np.array([], dtype='U'))"))).toEqual({ data: [], shape: [0] });
    const arrays = await npz(python("np.savez_compressed(f, x=np.zeros((3, 2), 'f4'), labels=np.array(['cat', 'dog', 'cat']))"));
    expect(arrays.get("labels")).toEqual({ data: ["cat", "dog", "cat"], shape: [3] });
    expect(await errorOf(npy(python("np.save(f, np.array(['cat', 'dog'], dtype=object))")))).toMatchObject({ name: "FormatError", message: expect.stringContaining("astype(str)") });
  });

  it.each<[string, string, Uint8Array]>([
    ["half of a surrogate pair", "<U1", new Uint8Array(Uint32Array.of(0xd800).buffer)], ["what is beyond Unicode", "<U1", new Uint8Array(Uint32Array.of(0x110000).buffer)],
    ["the other byte order", ">U1", new Uint8Array(Uint32Array.of(97).buffer)], ["no UTF-8", "|S2", Uint8Array.of(0xc3, 0x28)],
  ])("a text with %s is a FormatError that names its place", async (_, descr, bytes) => {
    const two = new Uint8Array(2 * bytes.length);
    two.set(bytes, bytes.length);
    expect(await errorOf(npy(npyFile(header(descr, "(2,)"), two)))).toMatchObject({ name: "FormatError", code: "bad-file", details: { position: 1 } });
  });

  it("more texts than memory is good for are refused before there is an array of them", async () => {
    const file = npyFile(header("|S1", `(${(1 << 24) + 1},)`), new Uint8Array((1 << 24) + 1));
    expect(await errorOf(npy(file))).toMatchObject({ name: "FormatError", code: "too-large" });
  });

  it("headers of other writers: any order, double quotes, longs of Python 2", async () => {
    const one = Uint8Array.of(5);
    for (const text of [`{"shape":(1L,),"descr":"|u1","fortran_order":False}`, "{'shape': ( 1 , ), 'fortran_order': True, 'descr': '|u1'}   \n", "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 1, 1,), }"])
      expect([...(await npy(npyFile(text, one))).data]).toEqual([5]);
  });

  it.each<[string, string]>([
    ["objects, which are pickles", header("|O", "(1,)")], ["texts without a byte order", header("|U1", "(1,)")], ["texts of no length", header("<U", "(1,)")], ["texts of length 0", header("<U0", "(1,)")], ["bytes of length 0", header("|S0", "(4294967296,)")], ["texts that are cut off", header("<U2", "(1,)")], ["complex numbers", header("<c8", "(1,)")], ["dates", header("<M8[ns]", "(1,)")], ["structures", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }"],
    ["a name twice", "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,), }"], ["another name", "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), '__proto__': (1,), }"], ["a name too few", "{'descr': '|u1', 'shape': (1,), }"],
    ["code", "{'descr': '|u1', 'fortran_order': False, 'shape': (__import__('os').getpid(),), }"], ["no end", "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), "], ["more behind the end", header("|u1", "(1,)") + "x"],
    ["a number, no tuple", header("|u1", "1")], ["(1)", header("|u1", "(1)")], ["a negative length", header("|u1", "(-1,)")], ["a length beyond 2^53", header("|u1", "(99999999999999999999,)")], ["2^32 × 2^32", header("|u1", "(4294967296, 4294967296)")],
    ["17 axes", header("|u1", `(${"1, ".repeat(17)})`)], ["no byte order for many bytes", header("|u4", "(1,)")], ["nothing", ""], ["dictionaries in each other", "{".repeat(60_000)],
  ])("%s: a FormatError", async (_, text) => {
    expect(await errorOf(npy(npyFile(text, Uint8Array.of(5))))).toBeInstanceOf(FormatError);
  });

  it("cut off at any byte, or longer by one, are FormatErrors that name the file", async () => {
    for (const version of [1, 2, 3]) {
      const file = npyFile(header("<f4", "(2, 2)"), new Uint8Array(16), version);
      for (let length = 0; length < file.length; length++) expect(await errorOf(npy(new File([file.subarray(0, length)], "x.npy")))).toMatchObject({ code: "bad-file", details: { file: "x.npy" } });
      expect(await errorOf(npy(new Uint8Array([...file, 0])))).toBeInstanceOf(FormatError);
    }
  });

  it("whole numbers beyond 2^53 name their place", async () => {
    const file = npyFile(header("<i8", "(2,)"), new Uint8Array(new BigInt64Array([1n, 2n ** 60n]).buffer));
    const error = await errorOf(npy(file));
    expect(error).toBeInstanceOf(DataError);
    expect(error.details).toMatchObject({ position: 1, got: 2n ** 60n });
  });

  it.each([undefined, null, [1], { data: [1], shape: [1] }, { data: Float32Array.of(1), shape: [2] }, { data: Float32Array.of(1), shape: "1" }, { data: Float32Array.of(1), shape: [-1] }])("%j cannot be written", (tensor) => {
    expect(() => writeNpy(tensor as never)).toThrow(OptionError);
  });
});

describe("npz", () => {
  const x = writeNpy({ data: Float32Array.from({ length: 600 }, (_, i) => i % 10), shape: [2, 300] }), y = writeNpy({ data: Int32Array.of(3, 4), shape: [2] });
  const files: [string, Uint8Array][] = [["x.npy", x], ["__proto__.npy", y]];

  it.each([0, 8])("packed by method %i", async (method) => {
    const arrays = await npz(zipFile(files, method));
    expect([...arrays.keys()]).toEqual(["x", "__proto__"]);
    expect(arrays.get("x")).toEqual(await npy(x));
    expect(arrays.get("__proto__")).toEqual({ data: Int32Array.of(3, 4), shape: [2] });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.runIf(numpy)("NumPy's, stored and compressed", async () => {
    for (const save of ["savez", "savez_compressed"]) {
      const arrays = await npz(python(`np.${save}(f, x=np.arange(10000, dtype='<f4').reshape(100, 100), labels=np.array([1, 2, 3]))`));
      expect([...arrays.keys()]).toEqual(["x", "labels"]);
      expect(arrays.get("labels")).toEqual({ data: Int32Array.of(1, 2, 3), shape: [3] });
      expect([...arrays.get("x")!.data]).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    }
  });

  it("cut off at any byte is a FormatError", async () => {
    for (const method of [0, 8]) {
      const file = zipFile([["x.npy", writeNpy({ data: Float32Array.of(1, 2), shape: [2] })]], method);
      for (let length = 0; length < file.length; length++) expect(await errorOf(npz(file.subarray(0, length)))).toBeInstanceOf(FormatError);
    }
  });

  it.each<[string, () => Uint8Array<ArrayBuffer>]>([
    ["a file twice", () => zipFile([["a.npy", y], ["a.npy", y]])], ["a text", () => zipFile([["readme.txt", y]])], ["an array that is none", () => zipFile([["a.npy", Uint8Array.of(1, 2, 3)]])],
    ["another checksum", () => zipFile(files, 8, { sum: 1 })], ["a size that is too small", () => zipFile(files, 8, { size: 100 })], ["a size that is too large", () => zipFile(files, 8, { size: 1000 * 100 })],
    ["a size that deflate cannot reach", () => zipFile(files, 8, { size: 2 ** 31 })], ["a part beyond the archive", () => zipFile(files, 8, { packed: 2 ** 31 })], ["files over each other", () => zipFile(files, 0, { at: 0 })],
    ["a start that is none", () => zipFile(files, 0, { at: 3 })], ["method 12", () => zipFile(files, 12)], ["zip64 that leads nowhere", () => zipFile(files, 0, { at: 0xffffffff })],
  ])("%s: a FormatError", async (_, make) => {
    expect(await errorOf(npz(make()))).toBeInstanceOf(FormatError);
  });

  it("a bomb ends at the limit, before it is unpacked", async () => {
    const bomb = zipFile([["x.npy", new Uint8Array(1 << 26)]], 8), before = process.memoryUsage().arrayBuffers;
    expect(bomb.length).toBeLessThan(70_000);
    expect(await errorOf(npz(bomb, { limit: 1 << 24 }))).toMatchObject({ code: "too-large" });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 24);
  });

  it("deflated data that go on behind their size are refused", async () => {
    const long = deflateRawSync(new Uint8Array(5000)), file = zipFile([["x.npy", new Uint8Array(5000)]], 8, { size: 4999 });
    expect(file.length).toBeGreaterThan(long.length);
    expect(await errorOf(npz(file))).toMatchObject({ code: "bad-file" });
  });
});
