// One number for all parameters of a model: equal hashes, equal bits.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Tensor } from "./tensor.ts";

/** SHA-256, as hexadecimal digits, over the names, shapes and little-endian f32 of all parameters and buffers in their
 * order, with PyTorch's layouts. Two models with one hash give the same bits, unless one is of `build: "fast"`.
 *
 * @throws StateError after dispose.
 * @example
 * const a = await createModel(dense(3), { input: [2], seed: 7 }), b = await createModel(dense(3), { input: [2], seed: 7 });
 * hash(a) === hash(b) // → true
 */
export function hash(model: { readonly parameters: ReadonlyMap<string, Tensor> }): string;
/** Of a model in a worker, a promise. */
export function hash(model: { readonly parameters: PromiseLike<ReadonlyMap<string, Tensor>> }): Promise<string>;
export function hash({ parameters }: { readonly parameters: ReadonlyMap<string, Tensor> | PromiseLike<ReadonlyMap<string, Tensor>> }): string | Promise<string> {
  if ("then" in parameters) return Promise.resolve(parameters).then((all) => hash({ parameters: all }));
  const digest = sha256.create();
  for (const [name, { data, shape }] of parameters) {
    digest.update(utf8ToBytes(JSON.stringify([name, shape])));
    const bytes = new Uint8Array(4 * data.length), view = new DataView(bytes.buffer);
    data.forEach((value, i) => view.setFloat32(4 * i, value, true));
    digest.update(bytes);
  }
  return bytesToHex(digest.digest());
}
