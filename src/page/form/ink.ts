// From a drawing, or any picture, to the pixels of the pictures that a model was trained on.

import { type Pixels, resized, withChannels } from "../../data/pixels.ts";
import type { Drawing, PictureWanted } from "./fields.ts";

/** A drawing as the model's pixels. Small pictures of 16 levels are those of the UCI digits, which count the dots of a bitmap four times as
 * wide and high; all others are as MNIST's: in a box of 20 of 28 places, with their centre of mass in the middle. */
export function drawn(drawing: Drawing, wanted: PictureWanted): Uint8Array<ArrayBuffer> {
  const { height, width, most } = wanted, box = boxOf(drawing), counts = most === 16;
  const ink = !box ? new Uint8Array(height * width) : counts ? counted(box, height, width) : centred(box, height, width).map((value) => Math.round((value * most) / 255));
  return spread(ink, wanted);
}

/** One value to all channels; dark on light where the model's pictures are so. */
function spread(ink: Uint8Array, { channels, most, light }: PictureWanted): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(ink.length * channels);
  for (let i = 0; i < out.length; i++) out[i] = light ? most - ink[Math.floor(i / channels)]! : ink[Math.floor(i / channels)]!;
  return out;
}

/** What lies between the outermost dots; undefined where nothing was drawn. */
function boxOf({ height, width, ink }: Drawing): Pixels | undefined {
  let left = width, right = -1, top = height, bottom = -1;
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    if (ink[y * width + x]! < 128) continue;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  if (right < 0) return undefined;
  const w = right - left + 1, h = bottom - top + 1, data = new Uint8Array(w * h);
  for (let y = 0; y < h; y++) data.set(ink.subarray((top + y) * width + left, (top + y) * width + right + 1), y * w);
  return { width: w, height: h, channels: 1, data };
}

/** The greatest size within a box, at the same ratio of the sides. */
function within({ width, height }: Pixels, most: number): [height: number, width: number] {
  const longer = Math.max(width, height);
  return [Math.max(1, Math.round((height * most) / longer)), Math.max(1, Math.round((width * most) / longer))];
}

const BLOCK = 4;

/** As high as the picture; each pixel tells how many of its 4 × 4 dots are black. */
function counted(box: Pixels, height: number, width: number): Uint8Array<ArrayBuffer> {
  const [h, w] = within(box, BLOCK * Math.min(height, width)), { data } = resized(box, h, w), out = new Uint8Array(height * width);
  const left = Math.floor((BLOCK * width - w) / 2), top = Math.floor((BLOCK * height - h) / 2);
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) if (data[y * w + x]! >= 128) out[Math.floor((top + y) / BLOCK) * width + Math.floor((left + x) / BLOCK)]!++;
  return out;
}

function centred(box: Pixels, height: number, width: number): Uint8Array<ArrayBuffer> {
  const [h, w] = within(box, Math.max(1, Math.round((20 * Math.min(height, width)) / 28))), { data } = resized(box, h, w), out = new Uint8Array(height * width);
  let sum = 0, across = 0, down = 0;
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) {
    const value = data[y * w + x]!;
    sum += value;
    across += value * (x + 0.5);
    down += value * (y + 0.5);
  }
  const left = Math.round(width / 2 - across / sum), top = Math.round(height / 2 - down / sum);
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) {
    const to = top + y, at = left + x;
    if (to >= 0 && to < height && at >= 0 && at < width) out[to * width + at] = data[y * w + x]!;
  }
  return out;
}

/** A decoded picture as the model's pixels: its size and channels, from 0 to `most`. */
export function pictured(pixels: Pixels, { height, width, channels, most }: PictureWanted): Uint8Array<ArrayBuffer> {
  const { data } = resized(withChannels(pixels, channels as 1 | 3 | 4, [255, 255, 255]), height, width);
  return Uint8Array.from(data, (value) => Math.round((value * most) / 255));
}
