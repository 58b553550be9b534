// Folders of images as data: each folder in them is a class, each PNG or JPEG file a row. What size and which channels all rows get is
// chosen here, by what the files are; a model has them as the shape of its input, so predict knows them again.

import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Model } from "../index.ts";
import { imageHeader } from "../data/imageHeader.ts";
import { type Entry, filesIn, IMAGE, imageOf, imagesOf } from "../data/images.ts";
import { readBytes } from "../data/source.ts";
import { byCodePoint } from "../data/table.ts";
import { unzip } from "../data/zip.ts";
import type { Arrays, Images } from "../advice/data.ts";
import { failed } from "../advice/failure.ts";
import { plural } from "../advice/text.ts";
import { bytesOf } from "./models.ts";

/** Names of --channels, and how many numbers of a pixel each is. */
const CHANNELS = { grey: 1, rgb: 3, rgba: 4 } as const;
type Channels = 1 | 3 | 4;

/** Images up to this side stay as large as they are; larger ones, or unequal ones, get the other one: dense layers weigh each pixel by itself. */
const KEPT = 64, SIDE = 32;
/** Bytes of a zip archive when it is unpacked. */
const MOST_UNPACKED = 4_294_967_296;
/** Pixels of an image. */
const MOST_PIXELS = 1 << 26;
/** Images that are decoded together for predict. */
const TOGETHER = 64;

export interface ImagesWanted {
  readonly imageSize?: string;
  readonly channels?: string;
}

/** The image files of a folder, an archive, or the one that a path leads to. */
async function entriesAt(path: string): Promise<Entry[]> {
  const folder = (await stat(path)).isDirectory(), entries = folder ? await filesIn(resolve(path)) : IMAGE.test(path) ? [{ parts: [basename(path)], read: () => readBytes(path, path) }] : await unpacked(path);
  if (entries.length === 0)
    throw failed(path, `is ${folder ? "a folder" : "an archive"} without images: wanted ${folder ? "a file of rows (CSV, JSON Lines, Parquet, IDX or npz), or " : ""}a folder for each class, with PNG or JPEG files in it`);
  return entries.sort((a, b) => byCodePoint(a.parts.join("/"), b.parts.join("/")));
}

async function unpacked(path: string): Promise<Entry[]> {
  const files = await unzip(await bytesOf(path), path, MOST_UNPACKED);
  const entries = files.map(({ name, bytes }): Entry => ({ parts: name.split("/").filter(Boolean), read: async () => bytes }))
    .filter(({ parts }) => parts.length > 0 && !parts.some((part) => part.startsWith(".")) && IMAGE.test(parts.at(-1)!));
  // what was packed may be the folder of the classes: flowers/rose/1.png
  const [top] = new Set(entries.map(({ parts }) => parts[0])), within = entries.every(({ parts }) => parts.length > 2 && parts[0] === top);
  return within ? entries.map(({ parts, read }) => ({ parts: parts.slice(1), read })) : entries;
}

/** SHA-256 of the images of a folder, by their names. */
export async function hashOfImages(path: string): Promise<string> {
  const hash = createHash("sha256");
  for (const { parts, read } of await entriesAt(path)) {
    const bytes = await read();
    hash.update(JSON.stringify([parts, bytes.length])).update(bytes);
  }
  return hash.digest("hex");
}

/** All images of a folder of classes, decoded. */
export async function readImages(path: string, asked: ImagesWanted): Promise<Images> {
  const given = asked.imageSize === undefined ? undefined : sizeIn(asked.imageSize), channels = asked.channels as keyof typeof CHANNELS | undefined;
  const entries = await entriesAt(path), folders = [...new Set(entries.map(({ parts }) => parts[0]!))], [{ parts: first }] = entries as [Entry];
  if (folders.length === 1 && first.length > 1) throw failed(path, `has images of one class, ${JSON.stringify(folders[0])}: wanted a folder for each of two classes or more`, "one-class");
  const [size, why] = given ? [given, "as asked"] as const : await sizeOf(entries);
  const arrays = arraysOf(basename(resolve(path)), await imagesOf(entries, { size, channels: channels ? CHANNELS[channels] : 3 }));
  const imageSize = [`${size[1]}x${size[0]}`, why] as const;
  if (channels) return { ...arrays, images: { imageSize, channels: [channels, "as asked"] } };
  const grey = greyOf(arrays);
  return grey ? { ...grey, images: { imageSize, channels: ["grey", "no image has a colour"] } } : { ...arrays, images: { imageSize, channels: ["rgb", "some images have colours; what is transparent is white"] } };
}

/** Labelled images as a model takes them: its classes come first, then those that it has never seen. */
export async function imagesFor(model: Model, path: string): Promise<Arrays> {
  const { size, channels } = wantsImages(model, path), arrays = arraysOf(basename(resolve(path)), await imagesOf(await entriesAt(path), { size, channels }));
  const { y, classes: folders = [] } = arrays, classes = [...new Set([...(model["notes"].classes ?? []), ...folders])];
  return { ...arrays, classes, y: y && { ...y, data: Int32Array.from(y.data, (label) => classes.indexOf(folders[label]!)) } };
}

/** Images without labels as a model takes them, some at a time. */
export async function* imagesToPredict(model: Model, path: string): AsyncGenerator<Arrays> {
  const wanted = wantsImages(model, path), { size: [height, width], channels } = wanted, each = height * width * channels, entries = await entriesAt(path);
  for (let from = 0; from < entries.length; from += TOGETHER) {
    const part = entries.slice(from, from + TOGETHER), data = new Uint8Array(part.length * each);
    for (const [row, entry] of part.entries()) data.set((await imageOf(entry, wanted)).data, row * each);
    yield { name: basename(resolve(path)), rows: part.length, x: { data, shape: [part.length, height, width, channels] }, y: undefined, names: part.map(({ parts }) => parts.join("/")) };
  }
}

/** What a model was trained on is the shape of its input.
 *
 * @throws Error with a code for a model of something else.
 */
function wantsImages(model: Model, path: string): { size: [number, number]; channels: Channels } {
  const { shape } = model["network"].inputs[0]!, [height, width, channels] = shape;
  if (shape.length !== 3 || ![1, 3, 4].includes(channels!)) throw failed(path, `holds images, and the model wants ${model.preprocessing ? "a table" : `rows of ${shape.join(" × ")} numbers`}`, "no-images");
  return { size: [height!, width!], channels: channels as Channels };
}

function arraysOf(name: string, { x, y, rows, names, classes }: Awaited<ReturnType<typeof imagesOf>>): Arrays {
  return { name, rows, x, y: { data: y, shape: [rows] }, ...(names && { names }), ...(classes && { classes }) };
}

/** Height and width of --image-size. */
function sizeIn(text: string): [number, number] {
  const [width, height] = text.split(/[xX×]/).map(Number) as [number, number];
  return [height, width];
}

/** The size that all rows get, and why. */
async function sizeOf(entries: readonly Entry[]): Promise<readonly [[number, number], string]> {
  let least: Seen | undefined, most: Seen | undefined, alike = true;
  for (const { parts, read } of entries) {
    const name = parts.join("/"), { width, height } = imageHeader(await read(), name, MOST_PIXELS), seen = { name, width, height };
    alike &&= !least || (width === least.width && height === least.height);
    if (!least || width * height < least.width * least.height) least = seen;
    if (!most || width * height > most.width * most.height) most = seen;
  }
  const { width, height } = most!, longer = Math.max(width, height), told = ({ width, height, name }: Seen): string => `${width}x${height} (${name})`;
  if (!alike) return [[SIDE, SIDE], `sizes differ, from ${told(least!)} to ${told(most!)}: a coarse picture of each, for dense layers weigh each pixel by itself`];
  if (longer <= KEPT) return [[height, width], `all ${plural(entries.length, "image")} have it`];
  const scaled = (side: number): number => Math.max(1, Math.round((SIDE * side) / longer));
  return [[scaled(height), scaled(width)], `all images are ${width}x${height}: a coarse picture of each, for dense layers weigh each pixel by itself`];
}

interface Seen {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/** One channel of three that are alike everywhere; undefined where one is not. */
function greyOf({ x: { data, shape: [rows = 0, height = 0, width = 0] }, ...rest }: Arrays): Arrays | undefined {
  for (let i = 0; i < data.length; i += 3) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return undefined;
  return { ...rest, x: { data: Uint8Array.from({ length: data.length / 3 }, (_, i) => data[3 * i]!), shape: [rows, height, width, 1] } };
}
