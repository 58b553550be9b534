// Images as rows: what fast-png and jpeg-js have encoded, PNGs of every kind made by hand, folders and lists of files, and files that
// are broken or mean harm.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { encode as encodePng } from "fast-png";
import jpeg from "jpeg-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adam, createModel, crossEntropy, dataHash, dense, flatten, image, imageBatches, imageFiles, imageFolder, LanewiseError, sequential } from "../../../src/index.ts";
import { resized } from "../../../src/data/pixels.ts";

type Bytes = Uint8Array;

/** Levels from 0 to 255 from their place. */
const levels = (count: number, stream = 1): Uint8Array => Uint8Array.from({ length: count }, (_, i) => (Math.imul(i + 1, 2654435761) ^ Math.imul(stream, 0x85ebca6b)) >>> 24);
const png = (width: number, height: number, channels: number, data: Uint8Array | Uint16Array = levels(width * height * channels), depth: 8 | 16 = 8): Bytes => encodePng({ width, height, data, channels, depth });
const jpg = (width: number, height: number, rgba: Uint8Array, quality = 95): Bytes => Uint8Array.from(jpeg.encode({ width, height, data: rgba }, quality).data);

function crc(bytes: Bytes): number {
  let c = 0xffffffff;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  }
  return (c ^ 0xffffffff) >>> 0;
}

function chunk(type: string, data: Bytes): Bytes {
  const bytes = new Uint8Array(12 + data.length), view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** A PNG from what stands in it: lines of packed samples, without filters. */
function rawPng(width: number, height: number, depth: number, colour: number, lines: number[][], more: Bytes[] = [], idat?: Bytes): Bytes {
  const head = new Uint8Array(13), view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  head.set([depth, colour, 0, 0, 0], 8);
  const data = idat ?? deflateSync(Uint8Array.from(lines.flatMap((line) => [0, ...line])));
  const parts = [Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), chunk("IHDR", head), ...more, chunk("IDAT", data), chunk("IEND", new Uint8Array(0))];
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const failure = async (promise: PromiseLike<unknown>): Promise<LanewiseError> => {
  const error: unknown = await Promise.resolve(promise).then(() => expect.fail("it did not reject"), (error: unknown) => error);
  expect(error, String((error as Error).stack)).toBeInstanceOf(LanewiseError);
  return error as LanewiseError;
};

describe("an image", () => {
  it("of a PNG has its bytes, for each number of channels", async () => {
    const rgb = levels(5 * 3 * 3);
    expect(await image(png(5, 3, 3, rgb))).toEqual({ data: rgb, shape: [1, 3, 5, 3] });
    const grey = levels(20, 2);
    expect(await image(png(4, 5, 1, grey), { channels: 1 })).toEqual({ data: grey, shape: [1, 5, 4, 1] });
    expect((await image(png(4, 5, 1, grey))).data).toEqual(Uint8Array.from([...grey].flatMap((g) => [g, g, g])));
    const rgba = levels(2 * 2 * 4, 3);
    expect((await image(png(2, 2, 4, rgba), { channels: 4 })).data).toEqual(rgba);
    expect((await image(png(2, 2, 3, levels(12)), { channels: 4 })).data.filter((_, i) => i % 4 === 3)).toEqual(Uint8Array.of(255, 255, 255, 255));
    const wide = Uint16Array.from({ length: 4 }, (_, i) => [0, 128, 32896, 65535][i]!);
    expect((await image(png(2, 2, 1, wide, 16), { channels: 1 })).data).toEqual(Uint8Array.of(0, 0, 128, 255));
  });

  it("is grey by Rec. 601's luma, and lies on its background where it is transparent", async () => {
    const rgba = Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 10, 20, 30, 0);
    expect((await image(png(4, 1, 4, rgba), { channels: 1 })).data).toEqual(Uint8Array.of(76, 150, 29, 255));
    expect((await image(png(4, 1, 4, rgba), { channels: 1, background: [0, 0, 0] })).data).toEqual(Uint8Array.of(76, 150, 29, 0));
    expect((await image(png(1, 1, 4, Uint8Array.of(200, 100, 0, 128)), { background: [0, 0, 255] })).data).toEqual(Uint8Array.of(100, 50, 127));
  });

  it.each([1, 2, 4, 8])("of a PNG with a palette, %i bits a pixel, odd width", async (depth) => {
    const palette = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 8, 7]].slice(0, depth === 1 ? 2 : 4), width = 11, height = 3;
    const indices = Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => (x * 3 + y) % palette.length));
    const packed = indices.map((line) => Array.from({ length: Math.ceil((width * depth) / 8) }, (_, b) => Array.from({ length: 8 / depth }, (_, k) => (line[(b * 8) / depth + k] ?? 0) << (8 - depth * (k + 1))).reduce((a, c) => a | c, 0)));
    const bytes = rawPng(width, height, depth, 3, packed, [chunk("PLTE", Uint8Array.from(palette.flat()))]);
    expect((await image(bytes)).data).toEqual(Uint8Array.from(indices.flat().flatMap((i) => palette[i]!)));
    const clear = rawPng(width, height, depth, 3, packed, [chunk("PLTE", Uint8Array.from(palette.flat())), chunk("tRNS", Uint8Array.of(0))]);
    expect((await image(clear, { channels: 4 })).data).toEqual(Uint8Array.from(indices.flat().flatMap((i) => [...palette[i]!, i === 0 ? 0 : 255])));
  });

  it.each([1, 2, 4])("of a grey PNG of %i bits", async (depth) => {
    const most = 2 ** depth - 1, line = Array.from({ length: 8 / depth }, (_, i) => i % (most + 1)), packed = [line.map((s, k) => s << (8 - depth * (k + 1))).reduce((a, b) => a | b)];
    expect((await image(rawPng(line.length, 1, depth, 0, [packed]), { channels: 1 })).data).toEqual(Uint8Array.from(line, (s) => Math.round((s * 255) / most)));
  });

  it("with one transparent colour", async () => {
    const bytes = rawPng(3, 1, 8, 2, [[1, 2, 3, 4, 5, 6, 4, 5, 7]], [chunk("tRNS", Uint8Array.of(0, 4, 0, 5, 0, 6))]);
    expect((await image(bytes, { channels: 4 })).data).toEqual(Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 0, 4, 5, 7, 255));
    expect((await image(bytes)).data).toEqual(Uint8Array.of(1, 2, 3, 255, 255, 255, 4, 5, 7));
  });

  it("of a JPEG has jpeg-js's pixels, near to what was encoded", async () => {
    const rgba = Uint8Array.from({ length: 16 * 16 * 4 }, (_, i) => (i % 4 === 3 ? 255 : 100 + ((i >> 2) % 16) * 4)), bytes = jpg(16, 16, rgba);
    const { data, shape } = await image(bytes), known = jpeg.decode(bytes, { useTArray: true, formatAsRGBA: false }).data;
    expect(shape).toEqual([1, 16, 16, 3]);
    expect(data).toEqual(Uint8Array.from(known));
    expect(Math.max(...data.map((level, i) => Math.abs(level - rgba[Math.floor(i / 3) * 4 + (i % 3)]!)))).toBeLessThan(12);
  });

  it("comes from bytes, a buffer within another, a Blob, a path, a URL, or what a canvas has", async () => {
    const folder = await mkdtemp(join(tmpdir(), "images-")), bytes = png(3, 2, 3), path = join(folder, "one.png"), wanted = await image(bytes);
    await writeFile(path, bytes);
    const inside = new Uint8Array(bytes.length + 20);
    inside.set(bytes, 7);
    for (const source of [inside.subarray(7, 7 + bytes.length), bytes.slice().buffer as ArrayBuffer, new Blob([bytes as Uint8Array<ArrayBuffer>]), path, pathToFileURL(path)]) expect(await image(source)).toEqual(wanted);
    await rm(folder, { recursive: true });
    const painted = { width: 3, height: 2, data: Uint8ClampedArray.from({ length: 24 }, (_, i) => (i % 4 === 3 ? 255 : wanted.data[Math.floor(i / 4) * 3 + (i % 4)]!)) };
    expect(await image(painted)).toEqual(wanted);
  });

  it("is a row that predict takes", async () => {
    const model = await createModel(sequential(flatten(), dense(2)), { input: [4, 4, 1], seed: 1 });
    expect(model.predict(await image(png(9, 7, 3), { size: [4, 4], channels: 1 })).shape).toEqual([1, 2]);
  });
});

describe("another size", () => {
  /** The mean over the area of each pixel, by counting on a grid that both sizes divide. */
  function area(data: Uint8Array, h: number, w: number, H: number, W: number): number[] {
    return Array.from({ length: H * W }, (_, i) => {
      const y = Math.floor(i / W), x = i % W;
      let sum = 0;
      for (let a = y * h; a < (y + 1) * h; a++) for (let b = x * w; b < (x + 1) * w; b++) sum += data[Math.floor(a / H) * w + Math.floor(b / W)]!;
      return sum / (h * w);
    });
  }

  it("that is smaller has the mean of each area", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer(), (h, w, H, W, stream) => {
      fc.pre(H <= h && W <= w);
      const data = levels(h * w, stream), got = resized({ width: w, height: h, channels: 1, data }, H, W).data;
      area(data, h, w, H, W).forEach((level, i) => expect(Math.abs(got[i]! - level)).toBeLessThanOrEqual(0.5 + 1e-9));
    }));
  });

  it("that is larger is a straight line between centres, and the last level beyond them", () => {
    const row = (from: number[], to: number): number[] => [...resized({ width: from.length, height: 1, channels: 1, data: Uint8Array.from(from) }, 1, to).data];
    expect(row([0, 100], 4)).toEqual([0, 25, 75, 100]);
    expect(row([0, 90, 180], 9)).toEqual([0, 0, 30, 60, 90, 120, 150, 180, 180]);
    expect(row([7], 3)).toEqual([7, 7, 7]);
    expect([...resized({ width: 1, height: 2, channels: 1, data: Uint8Array.of(0, 100) }, 4, 1).data]).toEqual([0, 25, 75, 100]);
  });

  it("of one colour stays that colour, with any alpha, and what is transparent colours nothing", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 255 }), (h, W, alpha) => {
      const data = Uint8Array.from({ length: h * 5 * 4 }, (_, i) => [10, 200, 255, alpha][i % 4]!);
      const { data: got } = resized({ width: 5, height: h, channels: 4, data }, 7, W);
      expect([...new Set([0, 1, 2, 3].map((c) => [...new Set(got.filter((_, i) => i % 4 === c))].join()))]).toEqual(["10", "200", "255", String(alpha)].filter((v, i, all) => all.indexOf(v) === i));
    }));
    expect([...resized({ width: 2, height: 1, channels: 4, data: Uint8Array.of(200, 100, 50, 255, 0, 0, 0, 0) }, 1, 1).data]).toEqual([200, 100, 50, 128]);
  });

  it("has the same bytes everywhere: a committed hash", async () => {
    const source = png(37, 23, 4, levels(37 * 23 * 4, 9)), made = await Promise.all([[8, 8], [64, 50], [23, 10], [5, 90]].map((size) => image(source, { size: size as [number, number], channels: 4 })));
    expect(await Promise.all(made.map((x) => dataHash({ x })))).toEqual([
      "6fc81bd53158fdc40ec91a6a1c2ea9669b02a098b9a6752da2bc00443d037ca6",
      "ebc87802da9753dd6740a62d6027483b0c59576337c2516c4ade583937d6c61d",
      "476c2108b7b3d2f23d4d08b1863463e33890f9927c6346ce172ebaeabc2876ea",
      "53d79dca2505fa4825819286a7cc26c17d071a8d347f281f3d52c44e305413ff",
    ]);
  });
});

describe("a folder of images", () => {
  let folder: string;
  const tree: Record<string, Bytes> = {
    "rose/10.png": png(4, 4, 3, levels(48, 1)), "rose/2.png": png(4, 4, 1, levels(16, 2)), "rose/more/3.PNG": png(8, 8, 3, levels(192, 3)), "Daisy/a.jpeg": jpg(8, 6, levels(192, 4).map((v, i) => (i % 4 === 3 ? 255 : v))),
    "äster/x.png": png(2, 2, 4, levels(16, 5)), "😀/y.png": png(4, 4, 3, levels(48, 6)), "\uff5e/z.png": png(4, 4, 3, levels(48, 7)),
  };
  const others: Record<string, Bytes> = { "rose/notes.txt": Uint8Array.of(1), "rose/.hidden.png": Uint8Array.of(1), ".git/a.png": Uint8Array.of(2), "README.md": Uint8Array.of(3) };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "images-"));
    for (const [name, bytes] of Object.entries({ ...tree, ...others })) {
      await mkdir(join(folder, name, ".."), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("has its folders as classes and its files as rows, in the order of code points", async () => {
    const data = await imageFolder(folder, { size: [4, 4], channels: 1 });
    expect(data.classes).toEqual(["Daisy", "rose", "äster", "\uff5e", "😀"]);
    expect(data.names).toEqual(["Daisy/a.jpeg", "rose/10.png", "rose/2.png", "rose/more/3.PNG", "äster/x.png", "\uff5e/z.png", "😀/y.png"]);
    expect([...data.y]).toEqual([0, 1, 1, 1, 2, 3, 4]);
    expect(data.x.shape).toEqual([7, 4, 4, 1]);
    expect(data.x.data).toBeInstanceOf(Uint8Array);
    for (const [row, name] of data.names!.entries())
      expect(data.x.data.subarray(16 * row, 16 * row + 16)).toEqual((await image(tree[name]!, { size: [4, 4], channels: 1 })).data);
    const { validation } = data.split({ validation: 0.3 });
    expect(validation.names).toEqual([...validation.ids].map((id) => data.names![id]));
  });

  it("is what the same files are in a page, chosen as a folder or as pairs, in any order", async () => {
    const wanted = await dataHash(await imageFolder(folder, { size: [5, 3] })), all = Object.entries({ ...tree, ...others });
    expect(await dataHash(await imageFolder(pathToFileURL(folder), { size: [5, 3] }))).toBe(wanted);
    const pairs = all.filter(([name]) => name !== "README.md").reverse(), data = await imageFiles(pairs, { size: [5, 3] });
    expect([await dataHash(data), data.classes]).toEqual([wanted, ["Daisy", "rose", "äster", "\uff5e", "😀"]]);
    const files = all.map(([name, bytes]) => Object.assign(new File([bytes as Uint8Array<ArrayBuffer>], name.split("/").at(-1)!), { webkitRelativePath: `flowers/${name}` }));
    expect(await dataHash(await imageFiles(files, { size: [5, 3] }))).toBe(wanted);
    expect(await dataHash(await imageFiles({ ...files, length: files.length } as unknown as File[], { size: [5, 3] }))).toBe(wanted);
  });

  it("keeps the numbers of classes that it is given", async () => {
    const classes = ["rose", "tulip", "Daisy", "äster", "😀", "\uff5e"], data = await imageFolder(folder, { size: [2, 2], classes });
    expect([data.classes, [...data.y]]).toEqual([classes, [2, 0, 0, 0, 3, 5, 4]]);
    expect((await failure(imageFolder(folder, { size: [2, 2], classes: ["rose"] }))).code).toBe("label-out-of-range");
  });

  it("comes as a stream, in a new order in each epoch", async () => {
    const whole = await imageFolder(folder, { size: [4, 4] }), read = async (epoch: number, options: object = {}): Promise<{ rows: number[]; y: number[] }> => {
      const rows: number[] = [], y: number[] = [], stream = await imageBatches(folder, { size: [4, 4], batchSize: 3, seed: 6, ...options });
      expect([stream.rows, stream.classes]).toEqual([7, whole.classes]);
      for await (const batch of stream(epoch)) {
        y.push(...batch.y);
        for (let row = 0; row < batch.y.length; row++) {
          const own = [...batch.x.data.subarray(48 * row, 48 * row + 48)].join();
          rows.push(Array.from({ length: 7 }, (_, i) => i).findIndex((i) => [...whole.x.data.subarray(48 * i, 48 * i + 48)].join() === own));
        }
      }
      return { rows, y };
    };
    const one = await read(0), next = await read(1);
    for (const { rows, y } of [one, next]) {
      expect([...rows].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
      expect(y).toEqual(rows.map((row) => whole.y[row]));
    }
    expect(next.rows).not.toEqual(one.rows);
    expect(await read(0)).toEqual(one);
    expect((await read(0, { batchSize: 1 })).rows).toEqual(one.rows);
    expect((await read(5, { shuffle: false })).rows).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const model = await createModel(sequential(flatten(), dense(5)), { input: [4, 4, 3] }), pairs = Object.entries(tree);
    const { epochs } = await model.fit(await imageBatches(pairs, { size: [4, 4], seed: 6 }), { loss: crossEntropy(), optimizer: adam(), epochs: 2, batchSize: 4 });
    expect(epochs.map(({ step }) => step)).toEqual([2, 4]);
    for (const [bad, option] of [[{ size: undefined }, "size"], [{ batchSize: 0 }, "batchSize"], [{ shuffle: 1 }, "shuffle"], [{ seed: -1 }, "seed"], [{ sizes: 1 }, "sizes"]] as const)
      expect((await failure(imageBatches(folder, { size: [4, 4], ...bad } as never))).message).toContain(option);
    const broken = await failure((async () => {
      for await (const _ of (await imageBatches([...pairs, ["rose/z.png", new Uint8Array(9)]], { size: [2, 2] }))(0)) void 0;
    })());
    expect(broken.message).toMatch(/^rose\/z\.png/);
  });

  it("tells what is wrong, by the file's name", async () => {
    const size = [2, 2] as const, bad: [() => Promise<unknown>, string, RegExp][] = [
      [() => imageFolder(folder), "sizes-differ", /rose\/10\.png.*4 × 4/], [() => imageFolder(join(folder, "nothing")), "unreadable", /nothing: there is no such file or folder$/], [() => imageFolder(join(folder, "rose"), { size }), "no-class", /10\.png.*folder/],
      [() => imageFiles([]), "no-rows", /PNG or JPEG/], [() => imageFiles([["a/b.png", new Uint8Array(0)]]), "bad-image", /^a\/b\.png: this file is empty/], [() => imageFiles([["a/b.gif", new TextEncoder().encode("GIF89a...")]]), "unknown-image", /a\/b\.gif.*GIF.*PNG/],
      [() => imageFiles([["b.png", png(1, 1, 3)]]), "no-class", /b\.png/], [() => imageFiles([5 as never]), "bad-option", /files/], [() => imageFolder(5 as never), "bad-option", /path/], [() => imageFolder(folder, { size: [2] as never }), "bad-option", /size/],
      [() => imageFolder(folder, { size: [0, 2] }), "bad-option", /size/], [() => imageFolder(folder, { channels: 2 as never }), "bad-option", /channels/], [() => imageFolder(folder, { background: [0, 0, 256] }), "bad-option", /background/],
      [() => imageFolder(folder, { maxPixels: 15, size }), "image-too-large", /Daisy\/a\.jpeg.*15 pixels.*8 × 6/], [() => imageFolder(folder, { classes: ["a", "a"], size }), "bad-option", /classes/], [() => image(png(1, 1, 3), { resize: 2 } as never), "unknown-option", /resize/],
      [() => image({ width: 2, height: 2, data: new Uint8ClampedArray(4) }), "bad-image", /4 bytes/], [() => image(5 as never), "bad-option", /source/],
    ];
    for (const [promise, code, message] of bad) {
      const error = await failure(promise());
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    }
  });
});

describe("files that are broken or mean harm", () => {
  const whole: Record<string, Bytes> = {
    "grey.png": png(3, 3, 1), "colour.png": png(5, 4, 3), "palette.png": rawPng(3, 1, 8, 3, [[0, 1, 0]], [chunk("PLTE", Uint8Array.of(1, 2, 3, 4, 5, 6))]),
    "photo.jpg": jpg(9, 9, levels(324)),
  };

  it.each(Object.entries(whole))("%s, cut off at each byte", async (name, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      const error = await failure(imageFiles([[`a/${name}`, bytes.slice(0, length)]]));
      expect(error.message).toContain(name);
    }
    expect((await imageFiles([[`a/${name}`, bytes]])).rows).toBe(1);
  });

  it("each byte of the header changed: an image of that size, or an error of ours", async () => {
    for (const [name, bytes] of Object.entries(whole))
      for (let at = 0; at < Math.min(bytes.length, 80); at++)
        for (const value of [0, 1, 127, 255, bytes[at]! ^ 1]) {
          const changed = bytes.slice();
          changed[at] = value;
          try {
            const { data, shape } = await image(changed, { maxPixels: 1e6 });
            expect(data.length).toBe(shape.reduce((a, b) => a * b));
          } catch (error) {
            expect(error, `${name} with ${value} at ${at}: ${(error as Error).stack}`).toBeInstanceOf(LanewiseError);
          }
        }
  });

  it("bytes at random behind a right beginning", async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...Object.values(whole)), fc.uint8Array({ maxLength: 60 }), fc.nat(), async (bytes, noise, place) => {
      const changed = bytes.slice(), at = 2 + (place % bytes.length);
      changed.set(noise.subarray(0, Math.max(0, changed.length - at)), Math.min(at, changed.length));
      await image(changed, { maxPixels: 1e6 }).catch((error: unknown) => expect(error, String((error as Error).stack)).toBeInstanceOf(LanewiseError));
    }), { numRuns: 300 });
  });

  it("sizes that no memory holds are refused before anything is decoded", async () => {
    const vast = png(1, 1, 3);
    new DataView(vast.buffer, vast.byteOffset).setUint32(16, 65535);
    new DataView(vast.buffer, vast.byteOffset).setUint32(20, 65535);
    const photo = jpg(8, 8, levels(256)), frame = photo.findIndex((byte, i) => byte === 0xff && photo[i + 1] === 0xc0);
    photo.set([255, 255, 255, 255], frame + 5);
    const before = process.memoryUsage().rss;
    for (const [name, bytes] of [["vast.png", vast], ["vast.jpg", photo]] as const) {
      const error = await failure(imageFiles([[`a/${name}`, bytes]]));
      expect([error.code, error.message]).toEqual(["image-too-large", expect.stringMatching(new RegExp(`${name}.*65535 × 65535`))]);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  });

  it("a PNG whose data unpack to gigabytes, or to less than its size, is refused", async () => {
    const bomb = rawPng(4, 4, 8, 0, [], [], deflateSync(new Uint8Array(300e6))), before = process.memoryUsage().rss;
    expect((await failure(image(bomb))).message).toMatch(/more pixels/);
    expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
    const noise = Array.from({ length: 400 }, (_, y) => [...levels(400, y)]), large = deflateSync(Uint8Array.from(noise.flatMap((line) => [0, ...line])));
    expect((await image(rawPng(400, 400, 8, 0, [], [], large), { channels: 1 })).data).toEqual(Uint8Array.from(noise.flat()));
    expect((await failure(image(rawPng(400, 401, 8, 0, [], [], large)))).message).toMatch(/fewer pixels/);
    expect((await failure(image(rawPng(400, 399, 8, 0, [], [], large)))).message).toMatch(/more pixels/);
    expect((await failure(image(rawPng(400, 400, 8, 0, [], [], large.subarray(0, large.length - 5000))))).message).toMatch(/broken or cut off|fewer/);
    expect((await failure(image(rawPng(4, 4, 8, 0, [[1, 2, 3, 4]])))).message).toMatch(/cannot be decoded/);
    expect((await failure(image(rawPng(4, 1, 8, 0, [], [], Uint8Array.of(1, 2, 3, 4))))).message).toMatch(/cannot be decoded/);
    const sound = png(30, 30, 3);
    for (let at = 41; at < sound.length - 12; at += 23) {
      const flipped = sound.slice();
      flipped[at]! ^= 4; // its checksum tells
      expect((await failure(image(flipped))).code).toBe("bad-image");
    }
    expect((await failure(image(rawPng(2, 1, 8, 3, [[0, 9]], [chunk("PLTE", Uint8Array.of(1, 2, 3))])))).message).toMatch(/palette/);
  });

  it("what is no image says what it is", async () => {
    const text = (value: string): Bytes => Uint8Array.from(value, (c) => c.charCodeAt(0));
    for (const [bytes, name] of [["RIFF\0\0\0\0WEBPVP8 ", "WebP"], ["BM......", "BMP"], ["%PDF-1.4", "PDF"], ["<svg xmlns", "SVG"], ["II*\0....", "TIFF"], ["\0\0\0 ftypavif", "AVIF"]] as const) {
      const error = await failure(image(text(bytes)));
      expect([error.code, error.message]).toEqual(["unknown-image", expect.stringContaining(name)]);
    }
    expect((await failure(image(text("hello, world")))).message).toMatch(/bytes 68 65 6c/);
  });
});
