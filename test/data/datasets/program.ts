// What each runtime computes of data sets: orders, parts, and the bytes of images. Bundled for engines and a page, and run here too.

import { classWeights } from "../../../src/data/balance.ts";
import { dataset } from "../../../src/data/dataset.ts";
import { dataHash } from "../../../src/data/hash.ts";
import { image, imageFiles, imageFolder } from "../../../src/data/images.ts";
import { kFold, split } from "../../../src/data/splits.ts";

export interface Told {
  order: number[];
  parts: number[][];
  weights: number[];
  /** Of PNGs without alpha. */
  hash: string;
  classes: readonly string[];
  errors: string[];
  /** A JPEG's levels, which decoders may differ in. */
  photo: number[];
  /** Of the same files in a folder. */
  folder: string | undefined;
}

/** `files`: PNGs by path; `photo`: a JPEG; `folder`: where the files lie, if anywhere. */
export async function program(files: readonly (readonly [string, Uint8Array])[], photo: Uint8Array, folder?: string): Promise<Told> {
  const numbers = async function* (): AsyncGenerator<any> {
    for (let i = 0; i < 100; i += 10) yield { x: Float32Array.from({ length: 10 }, (_, k) => i + k), y: new Int32Array(10) };
  };
  const order: number[] = [];
  for await (const { x } of (await dataset(numbers, { shuffleBuffer: 30, seed: 123456789012 }))(4)) order.push(...(x as Float32Array));
  const rows = { x: new Float32Array(50), y: Int32Array.from({ length: 50 }, (_, i) => i % 3) }, { training, validation } = split(rows, { by: "stratified", seed: 9 });
  const options = { size: [9, 7] as const, channels: 3 as const }, images = await imageFiles(files, options), errors: string[] = [];
  const first = files[0]![1], broken = [new Uint8Array(0), first.slice(0, 40), first.slice(0, first.length - 20), Uint8Array.of(71, 73, 70, 56), first.map((byte, i) => (i > 50 ? 0 : byte)), photo.slice(0, 100)];
  for (const bytes of broken) errors.push(await image(bytes).then(() => "none", ({ code, name }) => `${name} ${code}`));
  return {
    order, parts: [[...training.ids], [...validation.ids], ...kFold(rows, { folds: 3, seed: 2 }).map(({ validation: held }) => [...held.ids])], weights: classWeights(rows.y),
    hash: await dataHash(images), classes: images.classes!, errors, photo: [...(await image(photo)).data], folder: folder === undefined ? undefined : await dataHash(await imageFolder(folder, options)),
  };
}
