// safetensors (https://github.com/huggingface/safetensors): 8 bytes little-endian length of a JSON header, the header,
// the numbers. Files come from strangers: every length is checked before it is used, and a header never becomes an
// object that is looked up by names from the file.

import { FormatError, show } from "../errors.ts";
import { isRecord } from "../options.ts";
import { type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** The reference implementation's bound on the header. */
const HEADER_LIMIT = 100_000_000;
const TENSOR_LIMIT = 100_000;
const RANK_LIMIT = 16;

/** What a file holds. */
export interface SafetensorsFile {
  /** float32 tensors; others are not read yet, but for I64, which come as numbers. */
  tensors: Map<string, Tensor>;
  metadata: Map<string, string>;
}

/** Bytes of a file with these float32 tensors. `metadata`: strings only.
 *
 * @throws FormatError for other data than a Float32Array that fills its shape, and for metadata that are no strings.
 * @example
 * readSafetensors(writeSafetensors(new Map([["a", { data: new Float32Array([1, 2]), shape: [2] }]]))).get("a").data // → [1, 2]
 */
export function writeSafetensors(tensors: ReadonlyMap<string, { data: Float32Array; shape: Shape }>, metadata: Readonly<Record<string, string>> = {}): Uint8Array<ArrayBuffer> {
  const entries: string[] = [];
  for (const [key, value] of Object.entries(metadata))
    if (typeof value !== "string") throw new FormatError("bad-metadata", { option: key, wanted: "a string", got: value });
  if (Object.keys(metadata).length) entries.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let end = 0;
  for (const [name, { data, shape }] of tensors) {
    if (name === "__metadata__" || !(data instanceof Float32Array) || data.length !== sizeOf(shape))
      throw new FormatError("bad-tensor", { option: name, wanted: `a Float32Array for the shape ${show(shape)}`, got: data });
    const begin = end;
    end += 4 * data.length;
    entries.push(`${JSON.stringify(name)}:{"dtype":"F32","shape":${JSON.stringify(shape)},"data_offsets":[${begin},${end}]}`);
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

/** The float32 tensors of a safetensors file, by name.
 *
 * @throws FormatError for anything but a whole and sound file.
 * @example
 * readSafetensors(writeSafetensors(new Map([["a", { data: new Float32Array([1, 2]), shape: [2] }]]))).get("a").shape // → [2]
 */
export function readSafetensors(bytes: Uint8Array): Map<string, Tensor> {
  return parseSafetensors(bytes).tensors;
}

/** Tensors and metadata. */
export function parseSafetensors(input: Uint8Array | ArrayBuffer): SafetensorsFile {
  const bytes = input instanceof ArrayBuffer ? new Uint8Array(input) : input;
  if (!(bytes instanceof Uint8Array)) throw new FormatError("bad-file", { wanted: "the bytes of a file (Uint8Array)", got: input });
  if (bytes.length < 10) fail(`${bytes.length} bytes are too few`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(HEADER_LIMIT) || Number(length) > bytes.length - 8) fail(`the header's length ${length} goes beyond the file`);
  const size = Number(length), body = bytes.subarray(8 + size);
  if (bytes[8] !== 0x7b) fail("the header does not start with {");
  const tensors = new Map<string, Tensor>(), metadata = new Map<string, string>();
  const spans: { name: string; dtype: string; shape: number[]; begin: number; end: number }[] = [];
  const header = parseHeader(bytes.subarray(8, 8 + size));
  if (header.length > TENSOR_LIMIT) fail(`${header.length} tensors are more than ${TENSOR_LIMIT}`);
  for (const [name, fields] of header) {
    if (name !== "__metadata__") spans.push({ name, ...tensorOf(name, new Map(fields), body.length) });
    else
      for (const [key, text] of fields) {
        if (typeof text !== "string") fail(`metadata ${show(key)} is no string`);
        metadata.set(key, text as string);
      }
  }
  // the tensors must tile the body: no gap, no overlap
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, dtype, shape, begin, end } of spans) {
    if (begin !== at) fail(`tensor ${show(name)} begins at ${begin}, wanted ${at}: gap or overlap`);
    at = end;
    // a copy is aligned; little-endian as all that runs WebAssembly
    const { buffer } = new Uint8Array(body.subarray(begin, end));
    tensors.set(name, { data: dtype === "F32" ? new Float32Array(buffer) : Float32Array.from(new BigInt64Array(buffer), Number), shape });
  }
  if (at !== body.length) fail(`${body.length - at} bytes behind the last tensor belong to none`);
  return { tensors, metadata };
}

function fail(what: string): never {
  throw new FormatError("bad-file", { problem: `not a sound safetensors file: ${what}` });
}

function tensorOf(
  name: string, fields: ReadonlyMap<string, unknown>, bodyLength: number,
): { dtype: string; shape: number[]; begin: number; end: number } {
  const dtype = fields.get("dtype"), shape = fields.get("shape"), offsets = fields.get("data_offsets");
  const bytes = dtype === "F32" ? 4 : dtype === "I64" ? 8 : fail(`tensor ${show(name)} has the type ${show(dtype)}; this version reads F32`);
  const whole = (list: unknown): list is number[] => Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (fields.size === 3 && whole(shape) && shape.length <= RANK_LIMIT && whole(offsets) && offsets.length === 2) {
    const [begin, end] = offsets as [number, number];
    // a product beyond 2^53 is inexact, but never as small as a file
    if (begin <= end && end <= bodyLength && end - begin === sizeOf(shape) * bytes) return { dtype: dtype as string, shape, begin, end };
  }
  return fail(`tensor ${show(name)} of shape ${show(shape)} lies at ${show(offsets)} of ${bodyLength} bytes`);
}

/** The header as lists of entries. JSON.parse hides a name that is there twice, so they are counted in the text too. */
function parseHeader(bytes: Uint8Array): [string, [string, unknown][]][] {
  let text: string, header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    return fail("the header is no JSON in UTF-8");
  }
  const entries = entriesOf(header, "the header").map(([name, value]): [string, [string, unknown][]] => [name, entriesOf(value, show(name))]);
  let names = 0;
  for (const [, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (colon) names++;
  if (names !== entries.reduce((sum, [, fields]) => sum + 1 + fields.length, 0)) fail("a name is there twice, or a field is no plain value");
  return entries;
}

function entriesOf(value: unknown, what: string): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : fail(`${what} is no object`);
}
