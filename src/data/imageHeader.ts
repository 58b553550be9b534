// What an image file says of itself, read before anything is decoded: a file of some bytes may state 65,535 × 65,535 pixels. PNG by
// ISO/IEC 15948 (https://www.w3.org/TR/png-3/), JPEG by ITU-T T.81.

import { FormatError } from "../errors.ts";
import type { Details } from "../errors.ts";

export interface ImageHeader {
  readonly type: "png" | "jpeg";
  readonly width: number;
  readonly height: number;
  /** Of a PNG: bytes that its pixels have when they are unpacked, each line with its filter byte. */
  readonly unpacked: number;
  /** Of a PNG: are its lines interlaced, and bits of a sample. */
  readonly interlaced: boolean;
  readonly depth: number;
  /** Of a PNG: where the pieces of its data lie. */
  readonly data: readonly (readonly [from: number, to: number])[];
}

/** Kinds of files that are taken for images, or given for such, by their first bytes. */
const KINDS: readonly (readonly [name: string, at: number, bytes: string])[] = [
  ["GIF", 0, "GIF8"], ["WebP", 8, "WEBP"], ["BMP", 0, "BM"], ["TIFF", 0, "II*\0"], ["TIFF", 0, "MM\0*"], ["AVIF or HEIC", 4, "ftyp"], ["JPEG XL", 0, "\xff\x0a"],
  ["JPEG 2000", 4, "jP  "], ["PDF", 0, "%PDF"], ["SVG", 0, "<svg"], ["XML", 0, "<?xml"], ["HTML", 0, "<!DOCTYPE"], ["ZIP", 0, "PK\x03\x04"], ["gzip", 0, "\x1f\x8b"], ["icon", 0, "\0\0\x01\0"],
];

const PNG = "\x89PNG\r\n\x1a\n";

export function brokenImage(of: string, problem: string, more: Details = {}): FormatError {
  return new FormatError("bad-image", { of, problem, ...more });
}

/** Reads the header of a PNG or JPEG, and whether the file is whole.
 *
 * @throws FormatError, by the file's name, for other or broken files, and more than `maxPixels` pixels.
 */
export function imageHeader(bytes: Uint8Array, of: string, maxPixels: number): ImageHeader {
  if (bytes.length === 0) throw brokenImage(of, "this file is empty");
  const header = isAt(bytes, 0, PNG) ? pngHeader(bytes, of) : bytes[0] === 0xff && bytes[1] === 0xd8 ? jpegHeader(bytes, of) : undefined;
  if (!header) {
    const start = [PNG, "\xff\xd8"].some((magic) => bytes.length < magic.length && isAt(bytes, 0, magic.slice(0, bytes.length)));
    if (start) throw cutOff(of);
    const kind = KINDS.find(([, at, text]) => isAt(bytes, at, text))?.[0];
    throw new FormatError("unknown-image", { of, wanted: "a PNG or JPEG file", got: kind ?? `bytes ${Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ")}`, fix: kind && "convert it to PNG" });
  }
  const { width, height } = header;
  if (width * height > maxPixels)
    throw new FormatError("image-too-large", { of, wanted: `at most ${maxPixels} pixels`, got: `${width} × ${height}`, fix: "raise the option maxPixels, if the file is to be trusted" });
  return header;
}

function isAt(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

const cutOff = (of: string): FormatError => brokenImage(of, "this file is cut off");

/** Samples of a pixel of a PNG by its colour type, and the bits that they may have. */
function samples(colour: number, depth: number): number | undefined {
  const channels = colour === 0 || colour === 3 ? 1 : colour === 2 ? 3 : colour === 4 ? 2 : colour === 6 ? 4 : 0;
  const fits = channels > 0 && (depth === 8 || (depth === 16 && colour !== 3) || ((depth === 1 || depth === 2 || depth === 4) && channels === 1));
  return fits ? channels : undefined;
}

/** The seven passes of an interlaced PNG: where each begins, and its steps. */
const PASSES = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]] as const;

function pngHeader(bytes: Uint8Array, of: string): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length), data: [number, number][] = [];
  if (bytes.length < 33) throw cutOff(of);
  if (view.getUint32(8) !== 13 || !isAt(bytes, 12, "IHDR")) throw brokenImage(of, "this PNG does not begin with IHDR");
  const width = view.getUint32(16), height = view.getUint32(20), depth = bytes[24]!, colour = bytes[25]!, channels = samples(colour, depth), interlace = bytes[28]!;
  if (width === 0 || height === 0 || width > 0x7fffffff || height > 0x7fffffff) throw brokenImage(of, `this PNG has no sound size: ${width} × ${height}`);
  if (channels === undefined || bytes[26] !== 0 || bytes[27] !== 0 || interlace > 1) throw brokenImage(of, "the header of this PNG is none that the standard knows");
  // the other chunks, to the last one
  let at = 33, ended = false;
  while (!ended) {
    if (at + 12 > bytes.length) throw cutOff(of);
    const length = view.getUint32(at), from = at + 8, to = from + length;
    if (to + 4 > bytes.length) throw cutOff(of);
    if (isAt(bytes, at + 4, "IDAT")) data.push([from, to]);
    ended = isAt(bytes, at + 4, "IEND");
    at = to + 4;
  }
  if (data.length === 0) throw brokenImage(of, "this PNG has no pixels");
  const line = (pixels: number): number => (pixels > 0 ? 1 + Math.ceil((pixels * channels * depth) / 8) : 0);
  const steps = (size: number, from: number, step: number): number => Math.ceil((size - from) / step);
  const unpacked = !interlace ? height * line(width) : PASSES.reduce((sum, [x, y, dx, dy]) => sum + Math.max(0, steps(height, y, dy)) * line(steps(width, x, dx)), 0);
  return { type: "png", width, height, unpacked, interlaced: interlace === 1, depth, data };
}

function jpegHeader(bytes: Uint8Array, of: string): ImageHeader {
  let at = 2, size: { width: number; height: number } | undefined;
  for (;;) {
    if (at + 1 >= bytes.length) throw cutOff(of);
    if (bytes[at] !== 0xff) throw brokenImage(of, "this JPEG has something else where a marker should be");
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at++; // a filling byte
      continue;
    }
    at += 2;
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) continue; // no length
    if (marker === 0xd9) throw brokenImage(of, "this JPEG ends before its pixels");
    if (at + 2 > bytes.length) throw cutOff(of);
    const length = bytes[at]! * 256 + bytes[at + 1]!;
    if (length < 2) throw brokenImage(of, "this JPEG has a segment of no length");
    if (at + length > bytes.length) throw cutOff(of);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      if (length < 8) throw brokenImage(of, "this JPEG has a broken frame");
      const height = bytes[at + 3]! * 256 + bytes[at + 4]!, width = bytes[at + 5]! * 256 + bytes[at + 6]!;
      // the first tells the size, and no other may come
      if (size || width === 0 || height === 0) throw brokenImage(of, `this JPEG has no sound size: ${width} × ${height}`);
      if (marker > 0xc2) throw brokenImage(of, "this JPEG is lossless, hierarchical or arithmetically coded, which no decoder here reads", { fix: "convert it to PNG" });
      size = { width, height };
    }
    at += length;
    if (marker === 0xda) break;
  }
  if (!size) throw brokenImage(of, "this JPEG has no frame before its pixels");
  // an end marker, somewhere behind the beginning of the pixels; cameras append what is their own
  let end = bytes.length - 2;
  while (end >= at && !(bytes[end] === 0xff && bytes[end + 1] === 0xd9)) end--;
  if (end < at) throw cutOff(of);
  return { type: "jpeg", ...size, unpacked: 0, interlaced: false, depth: 8, data: [] };
}
