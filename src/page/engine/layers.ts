// How a design's layers are named in what is told of a run.

import type { Design } from "./api.ts";

/** Its place among the layers of a design, from the library's path of the layer. */
export const placeOf = (path: string): number => Number(/(\d+)$/.exec(path)?.[1] ?? NaN);

/** Its number, from 1, and its kind. */
export function layerName({ layers }: Design, path: string): string {
  const place = placeOf(path), layer = layers[place];
  return layer ? `${place + 1} (${layer.kind})` : path;
}
