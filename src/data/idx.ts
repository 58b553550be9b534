// idx, the format of MNIST: two zeros, a byte for the type, one for the number of axes, their lengths, the numbers; all big-endian.

import { FormatError } from "../errors.ts";
import { checkNames, wantCount } from "../options.ts";
import { bytesFor, bytesOf, type FileTensor, type NumberKind, numbersOf, RANK_LIMIT } from "./binary.ts";
import { LIMIT, readUnpacked, type Source } from "./source.ts";

const kindOf = (type: number): NumberKind | undefined =>
  type === 8 ? "u1" : type === 9 ? "i1" : type === 11 ? "i2" : type === 12 ? "i4" : type === 13 ? "f4" : type === 14 ? "f8" : undefined;

/** The numbers of an idx file, packed by gzip or not: unsigned bytes as Uint8Array, other whole numbers as Int32Array, float as Float32Array, double
 * as Float64Array. Images of MNIST come as [count, rows, columns], labels as [count].
 * Source: The MNIST database of handwritten digits (LeCun, Cortes and Burges, 1998), "the IDX file format".
 *
 * @param options `limit`: most bytes, unpacked. Default 1 GiB.
 * @throws FormatError unless the file is whole and sound; DataError where it cannot be read.
 * @example
 * const file = new Uint8Array([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]);
 * await idx(file) // → { data: [1, 2, 3, 4, 5, 6], shape: [2, 3] }
 */
export async function idx(source: Source, options: { limit?: number } = {}): Promise<FileTensor> {
  checkNames("idx", options, ["limit"]);
  const { bytes, name, own } = await readUnpacked(source, wantCount("limit", options.limit ?? LIMIT));
  const fail = (problem: string): never => {
    throw new FormatError("bad-file", { of: name, file: name, problem: `not a sound idx file: ${problem}` });
  };
  if (bytes.length < 4) fail(`${bytes.length} bytes are too few`);
  if (bytes[0] !== 0 || bytes[1] !== 0) fail("it does not start with two zeros");
  const kind = kindOf(bytes[2]!) ?? fail(`there is no type ${bytes[2]}`), rank = bytes[3]!, start = 4 + 4 * rank;
  if (rank > RANK_LIMIT) fail(`${rank} axes are more than ${RANK_LIMIT}`);
  if (bytes.length < start) fail("it ends within its header");
  const view = new DataView(bytes.buffer, bytes.byteOffset), shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const wanted = bytesFor(shape, bytesOf(kind)), got = bytes.length - start;
  if (wanted !== got) fail(`[${shape.join(", ")}] wants ${wanted === Infinity ? "more" : wanted} bytes of numbers, there are ${got}`);
  return { data: numbersOf(bytes.subarray(start), kind, false, own, name), shape };
}
