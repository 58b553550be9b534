// Numbers from the bytes of idx and npy files: any width and byte order, to arrays that a model takes.

import { DataError, FormatError } from "../errors.ts";
import { fromHalf } from "../formats/half.ts";

/** A kind of number and its bytes, as NumPy writes it. */
export type NumberKind = "b1" | "u1" | "i1" | "i2" | "u2" | "i4" | "u4" | "i8" | "u8" | "f2" | "f4" | "f8";

/** Numbers of a file, and their shape. */
export interface FileTensor {
  data: Uint8Array | Int32Array | Float32Array | Float64Array;
  shape: number[];
}

/** Most axes of a file. */
export const RANK_LIMIT = 16;

export const bytesOf = (kind: NumberKind): number => Number(kind[1]);

/** Bytes that a shape takes, of so many each, or Infinity if they are beyond what can be counted. */
export function bytesFor(shape: readonly number[], width: number): number {
  if (shape.includes(0)) return 0;
  const bytes = shape.reduce((product, size) => product * size, width);
  return Number.isSafeInteger(bytes) ? bytes : Infinity;
}

/** The numbers in bytes. Bytes and truth values stay bytes, other whole numbers become Int32Array if they fit and Float64Array if not, f2 and f4
 * Float32Array, f8 Float64Array. `own`: the result may lie in the same memory.
 *
 * @throws DataError for whole numbers beyond 2^53.
 */
export function numbersOf(bytes: Uint8Array<ArrayBuffer>, kind: NumberKind, little: boolean, own: boolean, name: string): FileTensor["data"] {
  const width = bytesOf(kind), count = bytes.length / width, view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const aligned = own && little && bytes.byteOffset % width === 0;
  if (kind === "u1" || kind === "b1") {
    if (kind === "b1" && bytes.some((byte) => byte > 1)) throw new FormatError("bad-file", { of: name, file: name, problem: "a truth value is neither 0 nor 1" });
    return own ? bytes : bytes.slice();
  }
  if (kind === "f4" && aligned) return new Float32Array(bytes.buffer, bytes.byteOffset, count);
  if (kind === "f8" && aligned) return new Float64Array(bytes.buffer, bytes.byteOffset, count);
  if (kind === "i4" && aligned) return new Int32Array(bytes.buffer, bytes.byteOffset, count);
  if (kind === "f2") return fromHalf(filled(new Uint16Array(count), (i) => view.getUint16(2 * i, little)), "F16");
  if (kind === "i8" || kind === "u8") return longs(view, count, little, kind === "i8", name);
  if (kind === "u4") {
    let fits = true;
    for (let i = 0; fits && i < count; i++) fits = view.getInt32(4 * i, little) >= 0;
    if (!fits) return filled(new Float64Array(count), (i) => view.getUint32(4 * i, little));
  }
  switch (kind) {
    case "f4": return filled(new Float32Array(count), (i) => view.getFloat32(4 * i, little));
    case "f8": return filled(new Float64Array(count), (i) => view.getFloat64(8 * i, little));
    case "i1": return filled(new Int32Array(count), (i) => view.getInt8(i));
    case "i2": return filled(new Int32Array(count), (i) => view.getInt16(2 * i, little));
    case "u2": return filled(new Int32Array(count), (i) => view.getUint16(2 * i, little));
    default: return filled(new Int32Array(count), (i) => view.getInt32(4 * i, little));
  }
}

function filled<T extends Uint16Array | Int32Array | Float32Array | Float64Array>(into: T, at: (i: number) => number): T {
  for (let i = 0; i < into.length; i++) into[i] = at(i);
  return into;
}

function longs(view: DataView, count: number, little: boolean, signed: boolean, name: string): Int32Array | Float64Array {
  const low = little ? 0 : 4, high = 4 - low;
  let fits = true;
  for (let i = 0; fits && i < count; i++) {
    const top = view.getInt32(8 * i + high, little);
    fits = view.getInt32(8 * i + low, little) >> 31 === top && (signed || top === 0); // all ones are -1, or the largest of those without a sign
  }
  if (fits) return filled(new Int32Array(count), (i) => view.getInt32(8 * i + low, little));
  return filled(new Float64Array(count), (position) => {
    const at = 8 * position, top = signed ? view.getInt32(at + high, little) : view.getUint32(at + high, little);
    const value = top * 4294967296 + view.getUint32(at + low, little);
    if (!Number.isSafeInteger(value))
      throw new DataError("not-safe", { of: name, position, wanted: "whole numbers up to 2^53", got: signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little) });
    return value;
  });
}
