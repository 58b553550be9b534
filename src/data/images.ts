// Images as rows: files, folders of them whose names are classes, what a page is given by its user. PNG and JPEG alone, so that every
// runtime reads the same: by the platform's decoder in pages, by fast-png and jpeg-js elsewhere.

import { DataError, LanewiseError, MemoryError } from "../errors.ts";
import { SHUFFLE } from "../ops/random.ts";
import { badOption, checkNames, isRecord, wantBoolean, wantCount, wantSeed } from "../options.ts";
import { shuffle } from "./philox.ts";
import { pacer } from "../yield.ts";
import type { Data, Stream } from "./columns.ts";
import { dataset, type DatasetStream } from "./dataset.ts";
import { type ImageHeader, brokenImage, imageHeader } from "./imageHeader.ts";
import { type Colour, type Pixels, resized, withChannels } from "./pixels.ts";
import { byCodePoint } from "./table.ts";
import { missingPackage, nameOf, readBytes, type Source } from "./source.ts";
import { Dataset } from "./splits.ts";

export interface ImageOptions {
  /** Height and width of all rows; by default those of the images, which must all be the same. Smaller ones are the mean over the area
   * of each pixel, larger ones bilinear; the ratio of the sides is not kept. */
  size?: readonly [height: number, width: number];
  /** 1: grey, the luma of Rec. 601 (0.299 R + 0.587 G + 0.114 B); 3, the default: red, green, blue; 4: with alpha. */
  channels?: 1 | 3 | 4;
  /** What shows through where alpha is left out; white, [255, 255, 255], by default. */
  background?: Colour;
  /** Pixels of a file beyond which it is not decoded; 67,108,864 by default. */
  maxPixels?: number;
}

export interface ImageFilesOptions extends ImageOptions {
  /** Names of the classes in the order of their numbers; by default the folders' names in the order of their code points. */
  classes?: readonly string[];
}

export interface ImageBatchesOptions extends ImageFilesOptions {
  size: readonly [height: number, width: number];
  /** Rows that are decoded together; 32 by default. What fit takes as a batch is its own option. */
  batchSize?: number;
  /** A new order for each epoch; true by default. */
  shuffle?: boolean;
  /** Of that order; 0 by default. */
  seed?: number;
}

/** Bytes of images, [rows, height, width, channels] one after the other. */
export interface ImageTensor {
  data: Uint8Array;
  shape: [rows: number, height: number, width: number, channels: number];
}

/** Pixels as a canvas gives them. */
interface Painted {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

const OPTIONS = ["size", "channels", "background", "maxPixels"];

/** The options, whole. */
interface Wanted {
  readonly size: readonly [number, number] | undefined;
  readonly channels: 1 | 3 | 4;
  readonly background: Colour;
  readonly maxPixels: number;
}

/** One image as a row that predict and classify take: [1, height, width, channels], in bytes from 0 to 255. EXIF's rotation is not
 * looked at, nor are colour profiles; alpha is laid over `background` unless it is asked for. The same pixels have the same bytes
 * everywhere; but decoders of JPEG may differ by some levels, and of PNG with alpha where a canvas decodes it.
 *
 * @throws (as a rejection) FormatError that names the file, for one that is broken, empty, too large, or neither PNG nor JPEG;
 * OptionError for options out of their range; EngineError where fast-png or jpeg-js is wanted and not installed.
 * @example
 * const { data, shape } = await image({ width: 2, height: 1, data: Uint8ClampedArray.of(255, 0, 0, 255, 0, 0, 255, 255) }, { channels: 1 });
 * [shape, data] // → [[1, 1, 2, 1], [76, 29]]
 */
export async function image(source: Source | ImageData | { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray }, options: ImageOptions = {}): Promise<ImageTensor> {
  const wanted = wantOptions("image", options, OPTIONS), { channels } = wanted;
  const { data, height, width } = await pixelsOf(source, isPainted(source) ? "image" : nameOf(source as Source), wanted);
  return { data: Uint8Array.from(data), shape: [1, height, width, channels] };
}

/** A folder of images as a data set, in Node.js, Deno and Bun: each folder in it is a class, and all PNG and JPEG files below it are its
 * rows. x is bytes [rows, height, width, channels], y class numbers. Classes and files come in the order of their names' code
 * points; `names` has the files. Files whose names end otherwise than an image's, and hidden ones, are left out.
 *
 * @throws (as a rejection) as image; DataError for a folder without classes or images, files outside of one, or unequal sizes; MemoryError
 * if so many rows have no room.
 * @example
 * // (await imageFolder("flowers/train", { size: [64, 64] })).classes: ["daisy", "rose"]
 * await imageFolder("no/such/folder").catch(({ code }) => code) // → "unreadable"
 */
export async function imageFolder(path: string | URL, options: ImageFilesOptions = {}): Promise<Dataset> {
  const wanted = wantOptions("imageFolder", options, [...OPTIONS, "classes"]);
  return gather(order(await filesIn(path), options.classes), wanted);
}

/** Images that a page is given by its user, or bytes by name, as a data set like imageFolder's: the files of
 * `<input type="file" webkitdirectory>`, whose class is the folder within the one that was chosen, or pairs of a name such as
 * "rose/1.png" and its bytes.
 *
 * @throws As imageFolder.
 * @example
 * await imageFiles([["rose/1.png", new Uint8Array(0)]]).catch(({ message }) => message) // → "rose/1.png: this file is empty"
 */
export async function imageFiles(files: Iterable<File | readonly [name: string, bytes: Uint8Array | ArrayBuffer | Blob]> | ArrayLike<File>, options: ImageFilesOptions = {}): Promise<Dataset> {
  const wanted = wantOptions("imageFiles", options, [...OPTIONS, "classes"]);
  return gather(order(filesOf(files), options.classes), wanted);
}

/** Images as a stream, where so many have no room in memory: those of a folder's path, or the files that imageFiles takes. They are
 * decoded anew in each epoch, while steps are at work, and come in a new order that seed and epoch alone decide.
 *
 * @throws As imageFolder; OptionError without a size. What is wrong with an image is told when its batch comes.
 * @example
 * await imageBatches([["rose/1.png", new Uint8Array(0)]], { size: [8, 8] }).then(({ rows, classes }) => [rows, classes]) // → [1, ["rose"]]
 */
export async function imageBatches(source: string | URL | Parameters<typeof imageFiles>[0], options: ImageBatchesOptions): Promise<DatasetStream> {
  const wanted = wantOptions("imageBatches", options, [...OPTIONS, "classes", "batchSize", "shuffle", "seed"]), { size, channels } = wanted;
  if (!size) throw badOption("size", size, "[height, width], as not all images are known beforehand", { of: "imageBatches" });
  const batchSize = wantCount("batchSize", options.batchSize ?? 32), shuffled = wantBoolean("shuffle", options.shuffle ?? true), { low, high } = wantSeed(options.seed ?? 0);
  const { entries, classes } = order(typeof source === "string" || source instanceof URL ? await filesIn(source) : filesOf(source), options.classes);
  const each = size[0] * size[1] * channels;
  const read = async function* (epoch: number): AsyncGenerator<Data> {
    const ids = Uint32Array.from(entries, (_, id) => id);
    if (shuffled) shuffle(ids, { low, high }, SHUFFLE, epoch);
    for (let from = 0; from < ids.length; from += batchSize) {
      const batch = Array.from(ids.subarray(from, from + batchSize), (id) => entries[id]!), data = new Uint8Array(batch.length * each);
      for (const [row, { name, read }] of batch.entries()) data.set((await pixelsOf(await read(), name, wanted)).data, row * each);
      yield { x: { data, shape: [batch.length, size[0], size[1], channels] }, y: Int32Array.from(batch, ({ label }) => label) };
    }
  };
  return dataset(read as Stream, { rows: entries.length, classes });
}

/** A file that is to be a row: its folders and name. */
export interface Entry {
  readonly parts: readonly string[];
  read(): Promise<Uint8Array>;
}

/** Files that are at hand already, for the command line; imageFolder's for whoever has their path. */
export async function imagesOf(list: readonly Entry[], options: ImageFilesOptions): Promise<Dataset> {
  return gather(order(list, options.classes), wantOptions("images", options, [...OPTIONS, "classes"]));
}

/** The pixels of one of them. */
export async function imageOf({ parts, read }: Entry, options: ImageOptions): Promise<Pixels> {
  return pixelsOf(await read(), parts.join("/"), wantOptions("image", options, OPTIONS));
}

/** Names of image files; of those that are not read too, for they are meant to be rows. */
export const IMAGE = /\.(png|apng|jpe?g|jpe|jfif|gif|webp|bmp|tiff?|avif|heic|jxl|jp2)$/i;

/** The files below a folder. */
export async function filesIn(path: string | URL): Promise<Entry[]> {
  const { fs, file } = folderAt(path), list: Entry[] = [];
  const walk = async (parts: readonly string[]): Promise<void> => {
    if (parts.length > 16) throw new DataError("unreadable", { of: parts.join("/"), problem: "there are more than 16 folders in each other" });
    for (const name of await fs.readdir(file(parts)).catch((error: Error) => unreadable(parts.join("/") || String(path), error))) {
      if (name.startsWith(".")) continue;
      // a link that leads nowhere matters where it is to be a row
      const own = [...parts, name], stat = await fs.stat(file(own)).catch((error: Error) => (IMAGE.test(name) ? unreadable(own.join("/"), error) : undefined));
      if (stat?.isDirectory()) await walk(own);
      else if (IMAGE.test(name)) list.push({ parts: own, read: () => readBytes(file(own), own.join("/")) });
    }
  };
  await walk([]);
  return list;
}

function filesOf(files: Parameters<typeof imageFiles>[0]): Entry[] {
  if (!isRecord(files) && !Array.isArray(files)) throw badOption("files", files, "Files, or pairs [name, bytes]");
  const list = Array.from(files as Iterable<unknown>, (given, i): Entry => {
    const pair = Array.isArray(given) && typeof given[0] === "string", file = given as File, path = pair ? given[0] as string : file?.webkitRelativePath;
    if (!pair && !(typeof Blob === "function" && given instanceof Blob)) throw badOption("files", given, "Files, or pairs [name, bytes]", { position: i });
    const parts = (path || file.name || "").split(/[\\/]+/).filter(Boolean);
    // what was chosen is the folder of the classes
    return { parts: pair || !path ? parts : parts.slice(1), read: () => readBytes(pair ? given[1] as Uint8Array : file, parts.join("/")) };
  });
  return list.filter(({ parts }) => parts.length === 0 || (!parts.some((part) => part.startsWith(".")) && IMAGE.test(parts.at(-1)!)));
}

/** A row. */
interface Labelled extends Entry {
  readonly name: string;
  readonly label: number;
}

/** The rows in their order, and the classes. */
function order(list: readonly Entry[], given: readonly string[] | undefined): { entries: Labelled[]; classes: readonly string[] } {
  if (list.length === 0) throw new DataError("no-rows", { option: "images", wanted: "PNG or JPEG files in a folder for each class", got: "none" });
  const named = list.map((entry) => ({ ...entry, name: entry.parts.join("/"), folder: entry.parts[0]! }));
  const outside = named.find(({ parts }) => parts.length < 2);
  if (outside) throw new DataError("no-class", { of: outside.name || "a file", problem: "this file is in no folder that is its class", fix: "a folder for each class: rose/1.png; image() reads a single one" });
  const classes = given === undefined ? [...new Set(named.map(({ folder }) => folder))].sort(byCodePoint) : wantClasses(given);
  const numbers = new Map(classes.map((name, i) => [name, i])), strange = named.find(({ folder }) => !numbers.has(folder));
  if (strange) throw new DataError("label-out-of-range", { of: strange.name, option: "classes", wanted: `a folder of ${classes.join(", ")}`, got: strange.folder });
  named.sort((a, b) => byCodePoint(a.folder, b.folder) || byCodePoint(a.name, b.name));
  return { entries: named.map((entry) => ({ ...entry, label: numbers.get(entry.folder)! })), classes };
}

async function gather({ entries, classes }: { entries: readonly Labelled[]; classes: readonly string[] }, wanted: Wanted): Promise<Dataset> {
  const pause = pacer(12), { channels } = wanted;
  let x: Uint8Array | undefined, size = wanted.size;
  for (const [row, { name, read }] of entries.entries()) {
    const { data, height, width } = await pixelsOf(await read(), name, wanted);
    size ??= [height, width];
    if (height !== size[0] || width !== size[1])
      throw new DataError("sizes-differ", { of: name, wanted: `${size[0]} × ${size[1]} pixels, as ${entries[0]!.name}`, got: `${height} × ${width}`, fix: "give the option size: [height, width]" });
    x ??= room(entries.length, data.length);
    x.set(data, row * data.length);
    const turn = pause();
    if (turn) await turn;
  }
  const [height, width] = size!, y = Int32Array.from(entries, ({ label }) => label);
  return new Dataset({ x: { data: x!, shape: [entries.length, height, width, channels] }, y }, { classes, names: entries.map(({ name }) => name) });
}

function room(rows: number, each: number): Uint8Array {
  try {
    return new Uint8Array(rows * each);
  } catch (error) {
    throw new MemoryError("no-memory", { of: "images", problem: `no room for ${rows} rows of ${each} bytes`, fix: "a smaller size, or fewer channels", cause: error });
  }
}

function wantOptions(of: string, options: ImageFilesOptions, known: readonly string[]): Wanted {
  checkNames(of, options, known);
  const { size, channels = 3, background = [255, 255, 255], maxPixels = 1 << 26 } = options;
  if (size !== undefined) {
    if (!Array.isArray(size) || size.length !== 2) throw badOption("size", size, "[height, width]");
    for (const length of size) wantCount("size", length);
  }
  if (channels !== 1 && channels !== 3 && channels !== 4) throw badOption("channels", channels, "1, 3 or 4");
  if (!Array.isArray(background) || background.length !== 3 || !background.every((level) => Number.isInteger(level) && level >= 0 && level <= 255))
    throw badOption("background", background, "[red, green, blue], each a whole number from 0 to 255");
  return { size: size && [size[0], size[1]], channels, background: [background[0]!, background[1]!, background[2]!], maxPixels: wantCount("maxPixels", maxPixels) };
}

function wantClasses(classes: unknown): readonly string[] {
  if (!Array.isArray(classes) || classes.length === 0 || !classes.every((name) => typeof name === "string") || new Set(classes).size !== classes.length)
    throw badOption("classes", classes, "names of folders, each once");
  return [...classes as string[]];
}

/** The pixels of a source, as they are wanted. */
async function pixelsOf(source: unknown, of: string, { size, channels, background, maxPixels }: Wanted): Promise<Pixels> {
  let pixels: Pixels;
  if (isPainted(source)) {
    const { width, height, data } = source;
    if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0 && data.length === 4 * width * height))
      throw new DataError("bad-image", { of, wanted: "{ width, height, data } with 4 bytes for each pixel, as a canvas gives it", got: [width, height, data.length] });
    pixels = { width, height, channels: 4, data };
  } else {
    const bytes = await readBytes(source as Source, of);
    pixels = await decode(bytes, imageHeader(bytes, of, maxPixels), of);
  }
  const shown = withChannels(pixels, channels, background);
  return size ? resized(shown, size[0], size[1]) : shown;
}

function isPainted(source: unknown): source is Painted {
  return isRecord(source) && source.data instanceof Uint8ClampedArray && "width" in source && "height" in source;
}

async function decode(bytes: Uint8Array, header: ImageHeader, of: string): Promise<Pixels> {
  const { width, height, type } = header;
  let pixels: Pixels;
  try {
    pixels = hasCanvas() ? await byCanvas(bytes, header) : type === "png" ? await byFastPng(bytes, header, of) : await byJpegJs(bytes, header);
  } catch (error) {
    if (error instanceof LanewiseError) throw error;
    throw brokenImage(of, `this ${type === "png" ? "PNG" : "JPEG"} cannot be decoded: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (pixels.width !== width || pixels.height !== height || pixels.data.length !== width * height * pixels.channels)
    throw brokenImage(of, "what was decoded has another size than the file's header says");
  return pixels;
}

/** Is this a page, or its worker, with a decoder of its own and something to read its pixels from? Deno has a part of that. */
function hasCanvas(): boolean {
  const { process } = globalThis as unknown as { process?: { versions?: { node?: string }; type?: string } };
  return !(process?.versions?.node && process.type !== "renderer") && typeof createImageBitmap === "function" && (typeof OffscreenCanvas === "function" || (typeof document === "object" && typeof HTMLCanvasElement === "function"));
}

async function byCanvas(bytes: Uint8Array, { type, width, height }: ImageHeader): Promise<Pixels> {
  const blob = new Blob([bytes as Uint8Array<ArrayBuffer>], { type: `image/${type}` });
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none", imageOrientation: "none" });
  try {
    const canvas = typeof OffscreenCanvas === "function" ? new OffscreenCanvas(width, height) : Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D | null;
    if (!context) throw new Error("this page can make no canvas of that size");
    context.drawImage(bitmap, 0, 0);
    return { width: bitmap.width, height: bitmap.height, channels: 4, data: context.getImageData(0, 0, width, height).data };
  } finally {
    bitmap.close();
  }
}

// Bundlers forgive a package that is not there if its import stands in a try.
async function fastPng() {
  try {
    return await import("fast-png");
  } catch (error) {
    throw missingPackage("PNG files", "fast-png", error);
  }
}

async function jpegJs() {
  try {
    return await import("jpeg-js");
  } catch (error) {
    throw missingPackage("JPEG files", "jpeg-js", error);
  }
}

async function byFastPng(bytes: Uint8Array, header: ImageHeader, of: string): Promise<Pixels> {
  if (header.interlaced && header.depth < 8) throw brokenImage(of, "this PNG is interlaced with less than 8 bits for a sample, which fast-png does not read", { fix: "save it without interlacing" });
  await wantWholeData(bytes, header, of);
  return unpackPng((await fastPng()).decode(bytes, { checkCrc: true }));
}

async function byJpegJs(bytes: Uint8Array, { width, height }: ImageHeader): Promise<Pixels> {
  const library = await jpegJs(), decode = library.decode ?? library.default.decode; // it is a CommonJS module
  const megapixels = Math.ceil((width * height) / 1e6); // already allowed; coefficients and samples are some 20 bytes a pixel
  const { data, ...size } = decode(bytes, { useTArray: true, formatAsRGBA: false, tolerantDecoding: false, maxResolutionInMP: megapixels + 1, maxMemoryUsageInMB: 64 + 64 * megapixels });
  return { width: size.width, height: size.height, channels: 3, data };
}

/** Bytes of packed pixels that are 64 MB at most when they are unpacked: deflate makes 1032 of one. */
const HARMLESS = 1 << 16;

/** Throws unless the data of a PNG are as many bytes, unpacked, as its size wants: a few may become gigabytes. */
async function wantWholeData(bytes: Uint8Array, { data, unpacked }: ImageHeader, of: string): Promise<void> {
  if (typeof DecompressionStream !== "function" || data.reduce((sum, [from, to]) => sum + to - from, 0) <= HARMLESS) return;
  const packed = new Blob(data.map(([from, to]) => bytes.subarray(from, to) as Uint8Array<ArrayBuffer>)), reader = packed.stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  let count = 0;
  try {
    while (count <= unpacked) {
      const { value, done } = await reader.read();
      if (done) break;
      count += value.length;
    }
  } catch (error) {
    if (count !== unpacked) throw brokenImage(of, "the pixels of this PNG are broken or cut off", { cause: error });
  } finally {
    await reader.cancel().catch(() => {});
  }
  if (count !== unpacked) throw brokenImage(of, `this PNG has ${count < unpacked ? "fewer" : "more"} pixels than its size wants`);
}

/** What fast-png gives. */
interface DecodedPng {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly channels: number;
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
  readonly palette?: readonly (readonly number[])[];
  /** The colour that is wholly transparent: one sample, or three. */
  readonly transparency?: ArrayLike<number>;
}

/** Samples of 8 bits: those of 1, 2 and 4 bits lie packed, line by line; palettes are looked up. */
function unpackPng({ width, height, depth, channels, data, palette, transparency }: DecodedPng): Pixels {
  const line = width * channels, samples = depth < 8 ? unpackBits(data, depth, line, height) : data;
  if (palette) {
    const wide = palette.some((colour) => colour.length > 3) ? 4 : 3, out = new Uint8Array(width * height * wide);
    for (let i = 0; i < width * height; i++) {
      const colour = palette[samples[i]!];
      if (!colour) throw new Error(`colour ${samples[i]} is not in the palette`);
      for (let c = 0; c < wide; c++) out[i * wide + c] = colour[c] ?? 255;
    }
    return { width, height, channels: wide, data: out };
  }
  const highest = depth === 16 ? 65535 : depth === 8 ? 255 : depth === 4 ? 15 : depth === 2 ? 3 : 1;
  const level = (sample: number): number => Math.floor((sample * 255) / highest + 0.5);
  if (!transparency?.length) return { width, height, channels, data: highest === 255 ? samples as Uint8Array : Uint8Array.from(samples, level) };
  const wide = channels + 1, out = new Uint8Array(width * height * wide);
  for (let i = 0; i < width * height; i++) {
    let same = true;
    for (let c = 0; c < channels; c++) {
      const sample = samples[i * channels + c]!;
      same &&= sample === transparency[c];
      out[i * wide + c] = level(sample);
    }
    out[i * wide + channels] = same ? 0 : 255;
  }
  return { width, height, channels: wide, data: out };
}

function unpackBits(data: ArrayLike<number>, depth: number, line: number, lines: number): Uint8Array {
  const out = new Uint8Array(line * lines), pitch = Math.ceil((line * depth) / 8), mask = (1 << depth) - 1;
  for (let y = 0; y < lines; y++)
    for (let x = 0; x < line; x++) {
      const bit = x * depth;
      out[y * line + x] = (data[y * pitch + (bit >> 3)]! >> (8 - depth - (bit & 7))) & mask;
    }
  return out;
}

function unreadable(of: string, cause: Error & { code?: string }): never {
  throw new DataError("unreadable", { of, problem: cause.code === "ENOENT" ? "there is no such file or folder" : cause.message, cause });
}

/** node:fs/promises, as far as it is used. */
interface Folders {
  readdir(path: string | URL): Promise<string[]>;
  stat(path: string | URL): Promise<{ isDirectory(): boolean }>;
}

/** The file system, and the paths of what is in a folder. */
function folderAt(folder: string | URL): { fs: Folders; file(parts: readonly string[]): string | URL } {
  const { process } = globalThis as unknown as { process?: { getBuiltinModule?(name: string): any } }, fs = process?.getBuiltinModule?.("node:fs/promises");
  if (typeof folder !== "string" && !(folder instanceof URL)) throw badOption("path", folder, "the path of a folder", { of: "imageFolder" });
  if (!fs) throw new DataError("unreadable", { of: String(folder), problem: "folders are read in Node.js, Deno and Bun", fix: "imageFiles(files) takes what a page is given" });
  const root = String(folder).replace(/[\\/]+$/, "");
  return { fs, file: (parts) => (folder instanceof URL ? new URL(`${root}/${parts.map(encodeURIComponent).join("/")}`) : parts.length ? [root, ...parts].join("/") : folder) };
}
