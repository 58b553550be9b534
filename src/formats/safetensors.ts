// safetensors (https://github.com/huggingface/safetensors): 8 bytes little-endian length of a JSON header, the header,
// the numbers. Files come from strangers: every length is checked before it is used, and the header is read as what it has
// to be, names once, flat, whole numbers in digits alone; it never becomes an object that is looked up by names from the file.

import { FormatError, show } from "../errors.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** The reference implementation's bound on the header. */
const HEADER_LIMIT = 100_000_000;
/** Of tensors, and of entries of metadata. */
export const NAME_LIMIT = 100_000;
export const RANK_LIMIT = 16;

/** What a file holds. */
export interface SafetensorsFile {
  tensors: Map<string, Tensor>;
  metadata: Map<string, string>;
}

/** A tensor as the file has it. */
export interface StoredTensor {
  name: string;
  dtype: string;
  shape: number[];
  /** Where its numbers lie: a part of the file, at any address. */
  bytes: Uint8Array;
}

/** Bytes of a file with float32 tensors, or with numbers of the type that a tensor names. `metadata`: strings only.
 *
 * @throws FormatError for other data than a Float32Array that fills its shape, and for metadata that are no strings.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, { data: Float32Array; shape: Shape; dtype?: undefined } | { data: ArrayBufferView & { length: number }; shape: Shape; dtype: string }>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries: string[] = [];
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== "string") throw new FormatError("bad-metadata", { option: key, wanted: "a string", got: value });
  if (Object.keys(metadata).length) entries.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let end = 0;
  for (const [name, { data, shape, dtype }] of tensors) {
    if (name === "__metadata__" || !(dtype || data instanceof Float32Array) || data.length !== sizeOf(shape))
      throw new FormatError("bad-tensor", { option: name, wanted: `a Float32Array for the shape ${show(shape)}`, got: data });
    const begin = end;
    end += data.byteLength;
    entries.push(`${JSON.stringify(name)}:{"dtype":"${dtype ?? "F32"}","shape":${JSON.stringify(shape)},"data_offsets":[${begin},${end}]}`);
  }
  const header = new TextEncoder().encode(`{${entries.join(",")}}`);
  let at = 8 + Math.ceil(header.length / 8) * 8; // so that the numbers are aligned
  const file = new Uint8Array(at + end).fill(0x20, 0, at);
  new DataView(file.buffer).setBigUint64(0, BigInt(at - 8), true);
  file.set(header, 8);
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/** How a type of numbers is read: the bytes of each, and all of a tensor. */
export interface Reading {
  width(dtype: string): number | undefined;
  decode(tensor: StoredTensor): Float32Array;
}

/** Tensors and metadata; the tensors have to be float32, or what `reading` knows. */
export function parseSafetensors(input: Uint8Array | ArrayBuffer, reading?: Reading): SafetensorsFile {
  const { stored, metadata } = openSafetensors(input, reading?.width);
  // a copy is aligned; little-endian as all that runs WebAssembly
  const decode = reading?.decode ?? (({ bytes }) => new Float32Array(new Uint8Array(bytes).buffer));
  return { tensors: new Map(stored.map((tensor) => [tensor.name, { data: decode(tensor), shape: tensor.shape }])), metadata };
}

/** The tensors in the order in which they lie, each whole within the file, without a gap between them or behind the last. `width`
 * gives the bytes of a type's numbers.
 *
 * @throws FormatError for anything but a whole and sound file.
 */
export function openSafetensors(
  input: Uint8Array | ArrayBuffer, width: Reading["width"] = (dtype) => (dtype === "F32" ? 4 : undefined),
): { stored: StoredTensor[]; metadata: Map<string, string> } {
  const bytes = input instanceof ArrayBuffer ? new Uint8Array(input) : input;
  if (!(bytes instanceof Uint8Array)) throw new FormatError("bad-file", { wanted: "the bytes of a file (Uint8Array)", got: input });
  if (bytes.length < 10) fail(`${bytes.length} bytes are too few`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true), size = Number(length), start = 8 + size;
  if (size > HEADER_LIMIT || start > bytes.length) fail(`the header's length ${length} goes beyond the file`);
  if (bytes[8] !== 0x7b) fail("the header does not start with {");
  const { entries, metadata } = parseHeader(bytes.subarray(8, start), width);
  // the tensors must tile the body: no gap, no overlap
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = start;
  const stored = entries.map(({ begin, end, ...tensor }) => {
    if (start + begin !== at) fail(`tensor ${show(tensor.name)} begins at ${begin}, wanted ${at - start}: gap or overlap`);
    return { ...tensor, bytes: bytes.subarray(at, (at = start + end)) };
  });
  if (at !== bytes.length) fail(`the tensors end at byte ${at} of ${bytes.length}`);
  return { stored, metadata };
}

function fail(what: string): never {
  throw new FormatError("bad-file", { problem: `not a sound safetensors file: ${what}` });
}

type Entry = Omit<StoredTensor, "bytes"> & { begin: number; end: number };

/** The header, in one pass over its text. JSON.parse would hide a name that is there twice, follow any depth, and make millions of
 * objects of a file of some megabytes; it is given single strings. */
function parseHeader(bytes: Uint8Array, width: Reading["width"]): { entries: Entry[]; metadata: Map<string, string> } {
  let text: string, at = 0;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    fail("the header is no UTF-8");
  }
  const want = (token: string, fits: unknown = take(token)): void => {
    if (!fits) fail(`wanted ${token} in the header, got ${show(text.slice(at, at + 20))}`);
  };
  /** Goes over white space, and the token if it is there. */
  const take = (token: string): boolean => {
    while (" \t\n\r".includes(text[at] ?? "end")) at++;
    return text[at] === token && ++at > 0;
  };
  const string = (): string => {
    want('"');
    const from = at - 1;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    at++;
    try {
      return JSON.parse(text.slice(from, at)) as string;
    } catch {
      return fail(`wanted a string in the header, got ${show(text.slice(from, at))}`);
    }
  };
  /** An object's names, each once, and for each what `read` does with its value. */
  const object = (read: (name: string) => unknown): void => {
    const names = new Set<string>();
    for (want("{"); !take("}"); ) {
      if (names.size) want(",");
      const name = string();
      if (names.size === names.add(name).size || names.size > NAME_LIMIT) fail(`${show(name)} is there twice, or the ${NAME_LIMIT + 1}th of its kind`);
      want(":");
      read(name);
    }
  };
  const numbers = (): number[] => {
    const list: number[] = [];
    for (want("["); !take("]"); ) {
      if (list.length) want(",");
      take(""); // white space
      const from = at;
      while (text[at]! >= "0" && text[at]! <= "9") at++;
      const digits = text.slice(from, at);
      want(`at most ${RANK_LIMIT} whole numbers`, String(Number(digits)) === digits && list.push(Number(digits)) <= RANK_LIMIT);
    }
    return list;
  };
  const entries: Entry[] = [], metadata = new Map<string, string>();
  object((name) => {
    if (name === "__metadata__") return object((key) => metadata.set(key, string()));
    const fields = new Map<string, unknown>();
    object((field) => fields.set(field, field === "dtype" ? string() : numbers()));
    const [dtype, shape, offsets] = ["dtype", "shape", "data_offsets"].map((field) => fields.get(field)) as [string, number[]?, number[]?], [begin, end] = offsets ?? [];
    // a product beyond 2^53 is inexact, but never as small as a file
    if (fields.size !== 3 || !shape || offsets?.length !== 2 || end! - begin! !== sizeOf(shape) * width(dtype)!)
      fail(`tensor ${show(name)} cannot be ${show([...fields])}`);
    return entries.push({ name, dtype, shape: shape!, begin: begin!, end: end! });
  });
  take("");
  want("its end", at >= text.length);
  return { entries, metadata };
}
