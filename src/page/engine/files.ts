// From what was dropped to data: the reader goes by the names, and where they say nothing by the first bytes.

import { csv, DataError, idx, imageFiles, jsonl, type Table } from "../../index.ts";
import type { Arrays } from "../../cli/data.ts";

export type Opened = { readonly kind: "table"; readonly table: Table } | { readonly kind: "images"; readonly arrays: Arrays };

/** Reads files that belong together.
 *
 * @throws LanewiseError that names the file.
 */
export async function open(files: readonly File[]): Promise<Opened> {
  if (!files.length) throw new DataError("no-file", { option: "files", wanted: "a file", got: 0 });
  const images = files.filter(({ name }) => /\.(png|jpe?g)$/i.test(name));
  if (images.length > 0) {
    const { data } = await imageFiles(images) as unknown as { data: { x: Arrays["x"]; y: Int32Array } };
    return { kind: "images", arrays: { name: "images", rows: data.y.length, x: data.x, y: { data: data.y, shape: [data.y.length] } } };
  }
  const pictures = files.find(({ name }) => /idx[34]-ubyte(\.gz)?$/i.test(name));
  if (pictures) {
    const labels = files.find(({ name }) => /idx1-ubyte(\.gz)?$/i.test(name)), x = await idx(pictures), y = labels && await idx(labels);
    return { kind: "images", arrays: { name: pictures.name, rows: x.shape[0]!, x: x as Arrays["x"], y: y as Arrays["y"] } };
  }
  const [file] = files as [File];
  return { kind: "table", table: /\.(jsonl|ndjson|json)(\.gz)?$/i.test(file.name) ? await jsonl(file) : await csv(file) };
}
