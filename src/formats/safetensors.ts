// safetensors (https://github.com/huggingface/safetensors): 8 bytes little-endian length of a JSON header, the header,
// the numbers. Files come from strangers: every length is checked before it is used, and a header never becomes an
// object that is looked up by names from the file.

import { FormatError, show } from "../errors.ts";
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
 * @example
 * readSafetensors(writeSafetensors(new Map([["a", { data: new Float32Array([1, 2]), shape: [2] }]]))).get("a").data // → [1, 2]
 */
export function writeSafetensors(tensors: ReadonlyMap<string, { data: Float32Array; shape: Shape }>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const entries: string[] = [];
  if (Object.keys(metadata).length) entries.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let end = 0;
  for (const [name, { data, shape }] of tensors) {
    if (name === "__metadata__" || data.length !== sizeOf(shape))
      throw new FormatError("bad-tensor", `tensor ${show(name)}: ${data.length} numbers for the shape ${show(shape)}`, { option: name });
    const begin = end;
    end += 4 * data.length;
    entries.push(`${JSON.stringify(name)}:{"dtype":"F32","shape":${JSON.stringify(shape)},"data_offsets":[${begin},${end}]}`);
  }
  let header = new TextEncoder().encode(`{${entries.join(",")}}`);
  const padded = Math.ceil(header.length / 8) * 8; // so that the numbers are aligned
  const spaces = new Uint8Array(padded).fill(0x20);
  spaces.set(header);
  header = spaces;
  const file = new Uint8Array(8 + padded + end), view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(padded), true);
  file.set(header, 8);
  let at = 8 + padded;
  for (const { data } of tensors.values()) {
    if (LITTLE_ENDIAN) file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    else data.forEach((value, i) => view.setFloat32(at + 4 * i, value, true));
    at += 4 * data.length;
  }
  return file;
}

const LITTLE_ENDIAN = /* @__PURE__ */ new Uint8Array(/* @__PURE__ */ new Uint16Array([1]).buffer)[0] === 1;

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
  if (!(bytes instanceof Uint8Array)) throw new FormatError("bad-file", `wanted the bytes of a file (Uint8Array), got ${show(input)}`, { got: input });
  if (bytes.length < 10) fail(`${bytes.length} bytes are too few`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(HEADER_LIMIT) || Number(length) > bytes.length - 8) fail(`the header's length ${length} goes beyond the file`);
  const size = Number(length), body = bytes.subarray(8 + size);
  if (bytes[8] !== 0x7b) fail("the header does not start with {");
  const header = parseHeader(bytes.subarray(8, 8 + size));
  const tensors = new Map<string, Tensor>(), metadata = new Map<string, string>();
  const spans: { name: string; begin: number; end: number }[] = [];
  if (header.length > TENSOR_LIMIT) fail(`${header.length} tensors are more than ${TENSOR_LIMIT}`);
  for (const [name, value] of header) {
    if (name === "__metadata__") {
      for (const [key, text] of entriesOf(value, "__metadata__")) {
        if (typeof text !== "string") fail(`metadata ${show(key)} is no string`);
        metadata.set(key, text as string);
      }
      continue;
    }
    const { dtype, shape, begin, end } = tensorOf(name, value, body.length);
    spans.push({ name, begin, end });
    const data = new Float32Array(sizeOf(shape)), source = new DataView(body.buffer, body.byteOffset + begin, end - begin);
    if (dtype === "F32") {
      if (LITTLE_ENDIAN) new Uint8Array(data.buffer).set(body.subarray(begin, end));
      else data.forEach((_, i) => (data[i] = source.getFloat32(4 * i, true)));
    } else data.forEach((_, i) => (data[i] = Number(source.getBigInt64(8 * i, true))));
    tensors.set(name, { data, shape });
  }
  // the tensors must tile the body: no gap, no overlap
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const { name, begin, end } of spans) {
    if (begin !== at) fail(`tensor ${show(name)} begins at ${begin}, wanted ${at}: gap or overlap`);
    at = end;
  }
  if (at !== body.length) fail(`${body.length - at} bytes behind the last tensor belong to none`);
  return { tensors, metadata };
}

function fail(what: string): never {
  throw new FormatError("bad-file", `not a sound safetensors file: ${what}`, { got: what, wanted: "safetensors" });
}

const BYTES: Readonly<Record<string, number>> = { F32: 4, I64: 8 };

function tensorOf(name: string, value: unknown, bodyLength: number): { dtype: string; shape: number[]; begin: number; end: number } {
  const fields = new Map(entriesOf(value, name));
  const dtype = fields.get("dtype"), shape = fields.get("shape"), offsets = fields.get("data_offsets");
  const whole = (n: unknown): n is number => typeof n === "number" && Number.isSafeInteger(n) && n >= 0;
  if (fields.size !== 3 || typeof dtype !== "string" || !Array.isArray(shape) || !Array.isArray(offsets) || offsets.length !== 2)
    return fail(`tensor ${show(name)} wants dtype, shape and data_offsets, and nothing else`);
  if (!Object.hasOwn(BYTES, dtype)) return fail(`tensor ${show(name)} has the type ${show(dtype)}; this version reads F32`);
  if (shape.length > RANK_LIMIT || !shape.every(whole)) return fail(`tensor ${show(name)} has the shape ${show(shape)}`);
  const [begin, end] = offsets as unknown[];
  let count = 1;
  for (const n of shape as number[]) count = n === 0 || count <= Number.MAX_SAFE_INTEGER / 8 / n ? count * n : NaN;
  if (!whole(begin) || !whole(end) || begin > end || end > bodyLength) return fail(`tensor ${show(name)} lies at ${show(offsets)} of ${bodyLength} bytes`);
  if (end - begin !== count * BYTES[dtype]!) return fail(`tensor ${show(name)} has ${end - begin} bytes for the shape ${show(shape)} of ${dtype}`);
  return { dtype, shape: shape as number[], begin, end };
}

function entriesOf(value: unknown, name: string): [string, unknown][] {
  if (!Array.isArray(value) || (value as { object?: boolean }).object !== true) return fail(`${show(name)} is no object`);
  return value as [string, unknown][];
}

/** The header's JSON with objects as lists of entries: JSON.parse would hide duplicate keys, and "__proto__" would
 * not be a key like others. */
function parseHeader(bytes: Uint8Array): [string, unknown][] {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail("the header is not UTF-8");
  }
  let at = 0;
  const skip = (): void => { while (/[ \n\r\t]/.test(text[at] ?? "")) at++; };
  const scan = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) return fail(`the header is no JSON at character ${at}`);
    at += found[0].length;
    return found[0];
  };
  const string = (): string => {
    const literal = scan(STRING);
    try {
      return JSON.parse(literal) as string;
    } catch {
      return fail(`the header has a broken string at character ${at}`);
    }
  };
  const list = (close: string, item: () => void): void => {
    at++;
    skip();
    if (text[at] === close) { at++; return; }
    for (;;) {
      item();
      skip();
      const mark = text[at++];
      if (mark === close) return;
      if (mark !== ",") fail(`the header is no JSON at character ${at - 1}`);
      skip();
    }
  };
  const value = (depth: number): unknown => {
    if (depth > 8) return fail("the header is nested too deeply");
    skip();
    if (text[at] === "{") {
      const entries: [string, unknown][] = [], names = new Set<string>();
      list("}", () => {
        const name = string();
        if (names.has(name)) fail(`the name ${show(name)} is there twice`);
        names.add(name);
        skip();
        scan(COLON);
        entries.push([name, value(depth + 1)]);
      });
      return Object.assign(entries, { object: true });
    }
    if (text[at] === "[") {
      const items: unknown[] = [];
      list("]", () => items.push(value(depth + 1)));
      return items;
    }
    if (text[at] === '"') return string();
    return JSON.parse(scan(SCALAR)) as unknown;
  };
  const result = value(0);
  skip();
  if (at !== text.length) fail(`the header goes on after its end, at character ${at}`);
  return entriesOf(result, "header");
}

const STRING = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const COLON = /:/y;
