// safetensors (https://github.com/huggingface/safetensors): 8 bytes little-endian length of a JSON header, the header,
// the numbers. Files come from strangers: every length is checked before it is used, and the header is read as what it has
// to be, names once, flat, whole numbers in digits alone; it never becomes an object that is looked up by names from the file.

import { FormatError, show } from "../errors.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** The reference implementation's bound on the header. */
const HEADER_LIMIT = 100_000_000;
/** Of tensors, and of entries of metadata. */
const NAME_LIMIT = 100_000;
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

/** Bytes of a file with float32 tensors, or with what `encode` makes of a tensor's data: the name of a type, and its numbers.
 * `metadata`: strings only.
 *
 * @throws FormatError for other data than a Float32Array that fills its shape, and for metadata that are no strings.
 */
export function writeSafetensors<Data extends { length: number } = Float32Array>(
  tensors: ReadonlyMap<string, { data: Data; shape: Shape }>, metadata: Readonly<Record<string, string>> = {},
  encode = (_: string, data: Data): [dtype: string, numbers: ArrayBufferView] | false => data instanceof Float32Array && ["F32", data],
): Uint8Array<ArrayBuffer> {
  const entries: string[] = [], parts: ArrayBufferView[] = [];
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== "string") throw new FormatError("bad-metadata", { option: key, wanted: "a string", got: value });
  if (Object.keys(metadata).length) entries.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let end = 0;
  for (const [name, { data, shape }] of tensors) {
    const encoded = name !== "__metadata__" && data?.length === sizeOf(shape) && encode(name, data);
    if (!encoded) throw new FormatError("bad-tensor", { option: name, wanted: `a Float32Array for the shape ${show(shape)}`, got: data });
    const [dtype, numbers] = encoded, begin = end;
    end += numbers.byteLength;
    parts.push(numbers);
    entries.push(`${JSON.stringify(name)}:{"dtype":"${dtype}","shape":${JSON.stringify(shape)},"data_offsets":[${begin},${end}]}`);
  }
  const header = new TextEncoder().encode(`{${entries.join(",")}}`);
  let at = 8 + Math.ceil(header.length / 8) * 8; // so that the numbers are aligned
  const file = new Uint8Array(at + end).fill(0x20, 0, at);
  new DataView(file.buffer).setBigUint64(0, BigInt(at - 8), true);
  file.set(header, 8);
  for (const { buffer, byteOffset, byteLength } of parts) {
    file.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return file;
}

/** Tensors and metadata; the tensors have to be float32, or what `decode` reads. */
export function parseSafetensors(input: Uint8Array | ArrayBuffer, decode = decodeFloat32): SafetensorsFile {
  const { stored, metadata } = openSafetensors(input);
  return { tensors: new Map(stored.map((tensor) => [tensor.name, { data: decode(tensor), shape: tensor.shape }])), metadata };
}

function decodeFloat32(tensor: StoredTensor): Float32Array {
  // a copy is aligned; little-endian as all that runs WebAssembly
  return tensor.dtype === "F32" ? new Float32Array(new Uint8Array(tensor.bytes).buffer) : badType(tensor, "F32");
}

/** Refuses a tensor of a type that is not read. */
export function badType({ name, dtype }: StoredTensor, wanted: string): never {
  throw new FormatError("bad-file", { option: `tensor ${show(name)}`, wanted: `numbers of the type ${wanted}`, got: dtype });
}

/** The tensors in the order in which they lie, each whole within the file, without a gap between them or behind the last.
 *
 * @throws FormatError for anything but a whole and sound file.
 */
export function openSafetensors(input: Uint8Array | ArrayBuffer): { stored: StoredTensor[]; metadata: Map<string, string> } {
  const bytes = input instanceof ArrayBuffer ? new Uint8Array(input) : input;
  if (!(bytes instanceof Uint8Array)) throw new FormatError("bad-file", { wanted: "the bytes of a file (Uint8Array)", got: input });
  if (bytes.length < 10) fail(`${bytes.length} bytes are too few`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true), size = Number(length), start = 8 + size;
  if (size > HEADER_LIMIT || start > bytes.length) fail(`the header's length ${length} goes beyond the file`);
  if (bytes[8] !== 0x7b) fail("the header does not start with {");
  const { entries, metadata } = parseHeader(bytes.subarray(8, start));
  // the tensors must tile the body: no gap, no overlap
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = start;
  const stored = entries.map(({ begin, end, ...tensor }) => {
    if (start + begin !== at) fail(`tensor ${show(tensor.name)} begins at ${begin}, wanted ${at - start}: gap or overlap`);
    at = start + end;
    return { ...tensor, bytes: bytes.subarray(start + begin, at) };
  });
  if (at !== bytes.length) fail(`the tensors end at byte ${at} of ${bytes.length}`);
  return { stored, metadata };
}

function fail(what: string): never {
  throw new FormatError("bad-file", { problem: `not a sound safetensors file: ${what}` });
}

type Entry = Omit<StoredTensor, "bytes"> & { begin: number; end: number };

/** The types, by 1, 2, 4 and 8 bytes for a number. */
const TYPES = /^(?:(BOOL|[UI]8|F8_\w+)|([UI]16|B?F16)|([UIF]32)|([UIF]64|C64))$/;

/** The header, in one pass over its text. JSON.parse would hide a name that is there twice, follow any depth, and make millions of
 * objects of a file of some megabytes; it is given single strings. */
function parseHeader(bytes: Uint8Array): { entries: Entry[]; metadata: Map<string, string> } {
  let text: string, at = 0;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    fail("the header is no UTF-8");
  }
  const bad = (wanted: string): never => fail(`wanted ${wanted} in the header, got ${show(text.slice(at, at + 20))}`);
  const take = (token: string): boolean => {
    while (" \t\n\r".includes(text[at] ?? "end")) at++;
    return text[at] === token && ++at > 0;
  };
  const want = (token: string): boolean => take(token) || bad(token);
  const string = (): string => {
    want('"');
    const from = at - 1;
    for (let slashes = 1; slashes % 2; ) { // a quote behind \ is none, but one behind \\ is
      const quote = text.indexOf('"', at);
      if (quote < 0) bad('"');
      for (slashes = 0; text[quote - 1 - slashes] === "\\"; ) slashes++;
      at = quote + 1;
    }
    try {
      const value = JSON.parse(text.slice(from, at)) as string;
      if (!/[\ud800-\udfff]/u.test(value)) return value; // half a character
    } catch {}
    return fail(`${show(text.slice(from, at))} is no string of JSON`);
  };
  /** An object's names, each once, and for each what `read` does with its value. */
  const object = (read: (name: string) => unknown): void => {
    const names = new Set<string>();
    want("{");
    while (!take("}")) {
      if (names.size) want(",");
      const name = string();
      want(":");
      if (names.has(name) || names.size > NAME_LIMIT) fail(`${show(name)} is there twice, or the ${NAME_LIMIT + 1}th of its kind`);
      names.add(name);
      read(name);
    }
  };
  const numbers = (): number[] => {
    const list: number[] = [];
    want("[");
    while (!take("]")) {
      if (list.length) want(",");
      take(""); // white space
      const from = at;
      while (text[at]! >= "0" && text[at]! <= "9") at++;
      const digits = text.slice(from, at), number = Number(digits);
      if (String(number) !== digits || !Number.isSafeInteger(number) || list.push(number) > RANK_LIMIT) bad(`at most ${RANK_LIMIT} whole numbers`);
    }
    return list;
  };
  const entries: Entry[] = [], metadata = new Map<string, string>();
  object((name) => {
    if (name === "__metadata__") return object((key) => metadata.set(key, string()));
    let dtype = "", shape: number[] | undefined, offsets: number[] = [];
    object((field) => {
      if (field === "dtype") dtype = string();
      else if (field === "shape") shape = numbers();
      else if (field === "data_offsets") offsets = numbers();
      else bad(`dtype, shape or data_offsets before`);
    });
    const width = TYPES.exec(dtype)?.findIndex((group, i) => i > 0 && group) ?? fail(`tensor ${show(name)} has the type ${show(dtype)}`);
    const [begin = 0, end = -1, ...more] = offsets;
    // a product beyond 2^53 is inexact, but never as small as a file
    if (!shape || more.length || end - begin !== sizeOf(shape) * (1 << (width - 1))) fail(`tensor ${show(name)} of shape ${show(shape)} lies at ${show(offsets)}`);
    return entries.push({ name, dtype, shape: shape!, begin, end });
  });
  take("");
  if (at < text.length) bad("its end");
  return { entries, metadata };
}
