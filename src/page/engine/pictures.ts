// Pictures: those of the data, and others made like them.

import { image } from "../../index.ts";
import type { Ready } from "../../advice/prepare.ts";
import { drawn } from "../form/ink.ts";
import type { Drawing, Picture, PictureWanted } from "./api.ts";

/** Numbers of the training rows that are looked at for what pictures are like. */
const LOOKED = 200_000;

/** What a model's pictures are like. Of 16 levels are those of the UCI digits. */
export function pictureWanted({ input, training }: Ready): PictureWanted {
  const [height, width, channels] = input.length === 1 ? [1, input[0]!, 1] : [input[0]!, input[1]!, input[2] ?? 1];
  const { data } = training.x as unknown as { readonly data: ArrayLike<number> };
  let most = 0, edge = 0, edges = 0;
  for (let i = 0; i < Math.min(LOOKED, data.length); i++) {
    const place = Math.floor(i / channels!) % (height! * width!), x = place % width!, y = Math.floor(place / width!);
    most = Math.max(most, data[i]!);
    if (x > 0 && y > 0 && x < width! - 1 && y < height! - 1) continue;
    edge += data[i]!;
    edges++;
  }
  const levels = most > 0 && most <= 16 ? 16 : 255;
  return { height: height!, width: width!, channels: channels!, most: levels, light: edge / edges > levels / 2 };
}

/** A row of the data as a picture. */
export function pictureOf(wanted: PictureWanted, data: ArrayLike<number>, row: number): Picture {
  const { height, width, channels, most } = wanted, size = height * width * channels;
  return { height, width, channels, most, data: Uint8Array.from({ length: size }, (_, i) => data[row * size + i]!) };
}

/** A drawing, or an image's file, as the model's pixels. */
export async function pictureFrom(wanted: PictureWanted, given: File | { readonly drawing: Drawing }): Promise<Picture> {
  const { height, width, channels, most } = wanted;
  if (!(given instanceof File)) return { height, width, channels, most, data: drawn(given.drawing, wanted) };
  const { data } = await image(given, { size: [height, width], channels: channels as 1 | 3 | 4 });
  return { height, width, channels, most, data: data.map((value) => Math.round((value * most) / 255)) };
}
