// safetensors files with numbers of every common type, for what comes from elsewhere and goes there. Checkpoints, which every
// page can write and read, know float32 alone (safetensors.ts).

import { FormatError, show } from "../errors.ts";
import { badOption, checkNames, isRecord, wantBoolean, wantOneOf } from "../options.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { fromHalf, toHalf } from "./half.ts";
import { NAME_LIMIT, openSafetensors, RANK_LIMIT, type Reading, type StoredTensor, writeSafetensors as writeFile } from "./safetensors.ts";

/** Numbers as a file may hold them. */
export type StoredNumbers = Float32Array | Float64Array | Int32Array | Uint8Array;
/** A tensor with numbers as they are stored. */
export interface ExactTensor {
  data: StoredNumbers;
  shape: number[];
}

export interface ReadOptions {
  /** Nothing is rounded: F64 comes as Float64Array, whole numbers as Uint8Array (U8, BOOL), Int32Array (I8, I16, U16, I32) or
   * Float64Array (U32, I64, U64). */
  exact?: boolean;
}

/** The types of floating-point numbers that are written, by our names. */
const DTYPES = { float32: "F32", float16: "F16", bfloat16: "BF16" } as const;
export type FloatName = keyof typeof DTYPES;

export interface WriteOptions {
  /** How float32 numbers are stored: "float32" by default; "float16" has 11 bits of precision up to 65504, "bfloat16" 8 bits and float32's
   * range. Rounded to nearest, ties to even. */
  dtype?: FloatName;
  /** What becomes of a number that is beyond the type: "refuse" by default. */
  overflow?: "refuse" | "infinity";
}

/** The tensors of a safetensors file, by name, as float32: F32 as it is, F16 and BF16 exactly, F64 rounded; I64, U64, I32, U32, I16, U16,
 * I8, U8 and BOOL as the numbers that they are, if float32 has them.
 *
 * @throws FormatError for anything but a whole and sound file; for other types; and, naming the tensor, for whole numbers that float32 has
 * not (`exact: true` has up to 2^53), and for F64 beyond float32.
 * @example
 * readSafetensors(writeSafetensors(new Map([["a", { data: new Float32Array([1, 2]), shape: [2] }]]))).get("a").shape // → [2]
 */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer, options?: ReadOptions & { exact?: false }): Map<string, Tensor>;
/** As they are stored. */
export function readSafetensors(bytes: Uint8Array | ArrayBuffer, options: ReadOptions): Map<string, ExactTensor>;
export function readSafetensors(bytes: Uint8Array | ArrayBuffer, options: ReadOptions = {}): Map<string, ExactTensor> {
  checkNames("readSafetensors", options, ["exact"]);
  return readTensors(bytes, wantBoolean("exact", options.exact ?? false) ? decodeExact : decode);
}

/** The tensors, read by `read`. */
export function readTensors<Data>(bytes: Uint8Array | ArrayBuffer, read: (tensor: StoredTensor) => Data): Map<string, { data: Data; shape: number[] }> {
  const begin = bytes instanceof ArrayBuffer ? new Uint8Array(bytes, 0, Math.min(9, bytes.byteLength)) : bytes;
  if (begin?.[0] === 0x50 && begin[1] === 0x4b && begin[2] === 3 && begin[3] === 4 && begin[8] !== 0x7b)
    throw new FormatError("bad-file", {
      problem: "this is a zip file, such as torch.save writes: the pickle in it may run code of its own when it is read",
      fix: "in Python, safetensors.torch.save_file(model.state_dict(), path) writes what is read here",
    });
  return new Map(openSafetensors(bytes, width).stored.map((tensor) => [tensor.name, { data: read(tensor), shape: tensor.shape }]));
}

/** Bytes of a safetensors file. Float32 numbers are stored as `dtype` says, float64, int32 and uint8 as they are. `metadata`: strings only.
 *
 * @throws FormatError, naming the tensor, for data that do not fill its shape, for other arrays, and for finite numbers that are beyond
 * `dtype`; for metadata that are no strings; OptionError for options that are none.
 * @example
 * const file = writeSafetensors(new Map([["a", { data: new Float32Array([1, 0.1]), shape: [2] }]]), {}, { dtype: "float16" });
 * readSafetensors(file).get("a").data // → [1, 0.0999755859375]
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, { readonly data: StoredNumbers; readonly shape: Shape }>, metadata: Readonly<Record<string, string>> = {}, options: WriteOptions = {},
): Uint8Array<ArrayBuffer> {
  checkNames("writeSafetensors", options, ["dtype", "overflow"]);
  const dtype = DTYPES[wantOneOf("dtype", options.dtype ?? "float32", Object.keys(DTYPES) as FloatName[])];
  const infinite = wantOneOf("overflow", options.overflow ?? "refuse", ["refuse", "infinity"]) === "infinity";
  if (!(tensors instanceof Map)) throw badOption("tensors", tensors, "a Map of tensors by name");
  if (!isRecord(metadata)) throw badOption("metadata", metadata, "a record of strings");
  for (const [option, count] of [["tensors", tensors.size], ["metadata", Object.keys(metadata).length]] as const)
    if (count > NAME_LIMIT) throw badOption(option, count, `at most ${NAME_LIMIT}, which is what readers take`);
  for (const [name, tensor] of tensors) {
    if (typeof name !== "string") throw badOption("tensors", name, "names that are strings");
    const shape: unknown = tensor?.shape, sound = Array.isArray(shape) && shape.length <= RANK_LIMIT && shape.every((n) => Number.isSafeInteger(n) && n >= 0);
    if (!sound) throw new FormatError("bad-tensor", { option: String(name), wanted: `a shape of at most ${RANK_LIMIT} whole lengths`, got: shape });
  }
  const encoded = [...tensors].map(([name, { data, shape }]) => [name, { shape, ...encode(name, data, dtype, infinite) }] as const);
  // the widest first, so that all are aligned
  return writeFile(new Map(encoded.sort(([, { data: a }], [, { data: b }]) => (b?.BYTES_PER_ELEMENT ?? 0) - (a?.BYTES_PER_ELEMENT ?? 0))), metadata);
}

/** How an array is stored; one that is not has no type. */
function encode(name: string, data: StoredNumbers, dtype: "F32" | "F16" | "BF16", infinite: boolean): { data: StoredNumbers | Uint16Array; dtype: string } {
  if (data instanceof Float64Array) return { data, dtype: "F64" };
  if (data instanceof Int32Array) return { data, dtype: "I32" };
  if (data instanceof Uint8Array) return { data, dtype: "U8" };
  if (!(data instanceof Float32Array) || dtype === "F32") return { data, dtype: data instanceof Float32Array ? dtype : "" };
  const halves = toHalf(data, dtype), infinity = dtype === "F16" ? 0x7c00 : 0x7f80;
  const position = infinite ? -1 : halves.findIndex((bits, i) => (bits & 0x7fff) === infinity && Number.isFinite(data[i]));
  if (position >= 0)
    throw new FormatError("beyond-range", {
      option: name, position, wanted: `numbers that ${dtype === "F16" ? "float16" : "bfloat16"} has`, got: data[position],
      fix: dtype === "F16" ? '"bfloat16" has the range of float32, and overflow: "infinity" writes infinities' : 'overflow: "infinity" writes infinities',
    });
  return { data: halves, dtype };
}

/** The types, by 1, 2, 4 and 8 bytes for a number. */
const TYPES = /^(?:(BOOL|[UI]8|F8_\w+)|([UI]16|B?F16)|([UIF]32)|([UIF]64|C64))$/;

/** The bytes of a type's numbers, if it is one. */
export function width(dtype: string): number | undefined {
  const group = TYPES.exec(dtype)?.findIndex((found, i) => i > 0 && found !== undefined);
  return group && 1 << (group - 1);
}

/** A tensor's numbers as float32. */
export function decode(tensor: StoredTensor): Float32Array {
  const stored = decodeExact(tensor), whole = !/F/.test(tensor.dtype);
  if (stored instanceof Float32Array) return stored;
  const numbers = new Float32Array(stored);
  const off = numbers.findIndex((number, i) => (whole ? number !== stored[i] : Number.isFinite(stored[i]) && !Number.isFinite(number)));
  if (off >= 0) throw beyond(tensor, off, stored[off], "numbers that float32 has", "readSafetensors(bytes, { exact: true }) does not round");
  return numbers;
}

/** All types, for parseSafetensors. */
export const ALL_TYPES: Reading = { width, decode };

/** As they are stored, in the smallest array that has them all. */
export function decodeExact(tensor: StoredTensor): StoredNumbers {
  const { dtype } = tensor, numbers = viewOf(tensor);
  if (numbers instanceof Uint16Array && dtype !== "U16") return fromHalf(numbers, dtype as "F16" | "BF16");
  if (numbers instanceof BigInt64Array || numbers instanceof BigUint64Array) {
    const exact = new Float64Array(numbers.length);
    for (let i = 0; i < exact.length; i++) exact[i] = Number(numbers[i]);
    const off = exact.findIndex((number) => !Number.isSafeInteger(number));
    if (off >= 0) throw beyond(tensor, off, numbers[off], "whole numbers below 2^53");
    return exact;
  }
  if (dtype === "BOOL") {
    const off = (numbers as Uint8Array).findIndex((byte) => byte > 1);
    if (off >= 0) throw beyond(tensor, off, numbers[off], "0 or 1");
  }
  if (numbers instanceof Float32Array || numbers instanceof Float64Array || numbers instanceof Int32Array || numbers instanceof Uint8Array) return numbers.slice();
  return numbers instanceof Uint32Array ? new Float64Array(numbers) : new Int32Array(numbers);
}

function beyond({ name, dtype }: StoredTensor, position: number, got: unknown, wanted: string, fix?: string): FormatError {
  return new FormatError("beyond-range", { option: `tensor ${show(name)} (${dtype})`, position, wanted, got, fix });
}

/** A typed array over the bytes, or over a copy where they are not aligned. */
export function viewOf(tensor: StoredTensor) {
  const { dtype, bytes } = tensor, view = <V>(View: { new (buffer: ArrayBufferLike, at: number, length: number): V; BYTES_PER_ELEMENT: number }): V => {
    const { buffer, byteOffset, byteLength } = bytes.byteOffset % View.BYTES_PER_ELEMENT ? new Uint8Array(bytes) : bytes; // a Buffer's slice is no copy
    return new View(buffer, byteOffset, byteLength / View.BYTES_PER_ELEMENT);
  };
  switch (dtype) {
    case "F32": return view(Float32Array);
    case "F64": return view(Float64Array);
    case "F16": case "BF16": case "U16": return view(Uint16Array);
    case "I64": return view(BigInt64Array);
    case "U64": return view(BigUint64Array);
    case "I32": return view(Int32Array);
    case "U32": return view(Uint32Array);
    case "I16": return view(Int16Array);
    case "I8": return view(Int8Array);
    case "U8": case "BOOL": return view(Uint8Array);
    default:
      throw new FormatError("bad-file", {
        option: `tensor ${show(tensor.name)}`, wanted: "F32, F16, BF16, F64, I64, U64, I32, U32, I16, U16, I8, U8 or BOOL", got: dtype,
      });
  }
}
