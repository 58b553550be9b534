// npy and npz, NumPy's files: a header that is a Python literal, and the numbers or texts; npz is a zip of such files. Nothing is evaluated,
// pickled objects are refused, lengths are checked before anything is allocated.
// Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

import { FormatError, show } from "../errors.ts";
import { badOption, checkNames, isRecord, wantCount } from "../options.ts";
import { bytesFor, bytesOf, type FileTensor, type NumberKind, numbersOf, RANK_LIMIT } from "./binary.ts";
import { LIMIT, readUnpacked, type Source } from "./source.ts";
import { unzip } from "./zip.ts";

const HEADER_LIMIT = 1 << 20;
const KINDS = ["b1", "u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"];

/** Most texts of an array, as each takes some 30 bytes of memory where it may have one in the file; and most letters of one. */
const TEXTS_LIMIT = 1 << 24, LETTERS_LIMIT = 1 << 20;
/** Different texts that are kept once: labels are few. */
const KNOWN_LIMIT = 4096;

/** Texts of a file, in C order, and their shape. */
export interface FileTexts {
  data: string[];
  shape: number[];
}

/** The numbers of an npy file (versions 1.0 to 3.0, packed by gzip or not), in C order: bool and uint8 as Uint8Array, other whole numbers as
 * Int32Array if they fit and Float64Array if not, float16 and float32 as Float32Array, float64 as Float64Array; either byte order. Texts of
 * fixed length, such as labels (`<U10`, and `|S5` in UTF-8), as an array of strings, without the zeros at their ends; 2^24 of them at most.
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @param options `limit`: most bytes, unpacked. Default 1 GiB.
 * @throws FormatError unless the file is whole and sound, and for types that are neither numbers nor texts, objects among them; DataError for whole numbers beyond 2^53, and
 * where it cannot be read.
 * @example
 * await npy(writeNpy({ data: new Float32Array([1, 2, 3, 4]), shape: [2, 2] })) // → { data: [1, 2, 3, 4], shape: [2, 2] }
 */
export async function npy(source: Source, options: { limit?: number } = {}): Promise<FileTensor | FileTexts> {
  checkNames("npy", options, ["limit"]);
  const { bytes, name, own } = await readUnpacked(source, wantCount("limit", options.limit ?? LIMIT));
  return parseNpy(bytes, name, own);
}

/** The arrays of an npz file by name, as `np.savez` and `np.savez_compressed` write them. Wants fflate where they are compressed.
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.savez.html
 *
 * @param options `limit`: most bytes, unpacked. Default 1 GiB.
 * @throws FormatError unless the file and all its arrays are whole and sound, as `npy`; EngineError where fflate is wanted and not installed.
 * @example
 * // npz("digits.npz") is a Map: (await npz("digits.npz")).get("x") is { data, shape }
 * await npz(new Uint8Array(3)).catch((error) => error.code) // → "bad-file"
 */
export async function npz(source: Source, options: { limit?: number } = {}): Promise<Map<string, FileTensor | FileTexts>> {
  checkNames("npz", options, ["limit"]);
  const limit = wantCount("limit", options.limit ?? LIMIT), { bytes, name } = await readUnpacked(source, limit);
  const arrays = new Map<string, FileTensor | FileTexts>();
  for (const { name: entry, bytes: file, own } of await unzip(bytes, name, limit)) {
    if (!entry.endsWith(".npy")) throw new FormatError("bad-file", { of: name, file: name, problem: `not a sound npz file: ${show(entry)} is no .npy` });
    arrays.set(entry.slice(0, -4), parseNpy(file, `${name}: ${entry}`, own));
  }
  return arrays;
}

/** Bytes of an npy file (version 1.0) with these numbers: '<f4', '<f8', '<i4' or '|u1'.
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @throws OptionError unless the data are a Float32Array, Float64Array, Int32Array, Uint8Array or Uint8ClampedArray that fills its shape.
 * @example
 * writeNpy({ data: new Float32Array([1, 2]), shape: [2] }).length // → 136
 */
export function writeNpy(tensor: { readonly data: FileTensor["data"] | Uint8ClampedArray; readonly shape: readonly number[] }): Uint8Array<ArrayBuffer> {
  const { data, shape } = isRecord(tensor) ? tensor : {} as Partial<typeof tensor>;
  const kind = data instanceof Float32Array ? "<f4" : data instanceof Float64Array ? "<f8" : data instanceof Int32Array ? "<i4"
    : data instanceof Uint8Array || data instanceof Uint8ClampedArray ? "|u1" : undefined;
  const whole = Array.isArray(shape) && shape.length <= RANK_LIMIT && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!data || !kind || !whole || bytesFor(shape, data.BYTES_PER_ELEMENT) !== data.byteLength)
    throw badOption("tensor", tensor, "{ data, shape }, with a typed array that fills the shape");
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const literal = `{'descr': '${kind}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const start = Math.ceil((10 + literal.length + 1) / 64) * 64, file = new Uint8Array(start + data.byteLength).fill(0x20, 0, start);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (start - 10) & 255, (start - 10) >> 8]);
  file.set(new TextEncoder().encode(literal), 10);
  file[start - 1] = 0x0a;
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return file;
}

function parseNpy(bytes: Uint8Array<ArrayBuffer>, name: string, own: boolean): FileTensor | FileTexts {
  const fail = (problem: string, fix?: string): never => {
    throw new FormatError("bad-file", { of: name, file: name, problem: `not a sound npy file: ${problem}`, fix });
  };
  if (bytes.length < 10) fail(`${bytes.length} bytes are too few`);
  if (![0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59].every((byte, i) => bytes[i] === byte)) fail("it does not start with \\x93NUMPY");
  const version = bytes[6]!, view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (version < 1 || version > 3 || bytes[7] !== 0) fail(`there is no version ${version}.${bytes[7]}`);
  if (version > 1 && bytes.length < 12) fail(`${bytes.length} bytes are too few`);
  const from = version === 1 ? 10 : 12, length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true), start = from + length;
  if (length > HEADER_LIMIT || start > bytes.length) fail(`the header's length ${length} goes beyond the file`);
  const { descr, fortran, shape } = parseHeader(new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes.subarray(from, start))) ?? fail("the header is no dictionary of descr, fortran_order and shape");
  const kind = descr.slice(1) as NumberKind, [, text, letters] = /^(?:[<>=](U)|[<>=|](S))([1-9]\d{0,8})$/.exec(descr)?.filter((part) => part !== undefined) ?? [];
  if (!text && (!/^[<>|=]/.test(descr) || !KINDS.includes(kind) || (descr[0] === "|" && bytesOf(kind) > 1)))
    fail(`the type ${show(descr)} is not read`, /O/.test(descr) ? "objects are pickled, which is code: save numbers, or texts by astype(str)" : "save it as float32, float64, int32, uint8 or str");
  if (shape.length > RANK_LIMIT) fail(`${shape.length} axes are more than ${RANK_LIMIT}`);
  const width = text ? Number(letters) * (text === "U" ? 4 : 1) : bytesOf(kind), wanted = bytesFor(shape, width), got = bytes.length - start;
  if (wanted !== got) fail(`(${shape.join(", ")}) wants ${wanted === Infinity ? "more" : wanted} bytes of ${text ? "texts" : "numbers"}, there are ${got}`);
  const part = bytes.subarray(start), little = descr[0] !== ">", turned = fortran && shape.length > 1;
  if (text) {
    if (got / width > TEXTS_LIMIT || Number(letters) > LETTERS_LIMIT)
      throw new FormatError("too-large", { of: name, file: name, problem: `has ${got / width} texts of ${letters} letters, beyond ${TEXTS_LIMIT} of ${LETTERS_LIMIT}`, fix: "save class numbers" });
    const data = textsOf(part, width, text === "U" ? codePoints(little) : utf8(), (position) => {
      throw new FormatError("bad-file", { of: name, file: name, position, problem: `not a sound npy file: a text is no ${text === "U" ? "Unicode" : "UTF-8"}` });
    });
    return { data: turned ? transposed(data, shape) : data, shape };
  }
  const data = numbersOf(part, kind, little, own, name);
  return { data: turned ? transposed(data, shape) : data, shape };
}

/** Texts of `width` bytes each; `read` gives one without the zeros at its end, or undefined if it is none. */
function textsOf(bytes: Uint8Array, width: number, read: (bytes: Uint8Array) => string | undefined, fail: (position: number) => never): string[] {
  const known = new Map<string, string>();
  return Array.from({ length: bytes.length / width }, (_, i) => {
    const text = read(bytes.subarray(i * width, (i + 1) * width)) ?? fail(i), same = known.get(text);
    if (same === undefined && known.size < KNOWN_LIMIT) known.set(text, text);
    return same ?? text;
  });
}

/** UTF-32: each letter is four bytes. */
function codePoints(little: boolean): (bytes: Uint8Array) => string | undefined {
  return (bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), codes: number[] = [];
    for (let at = 0; at < bytes.length; at += 4) {
      const code = view.getUint32(at, little);
      if (code > 0x10ffff || code >> 11 === 0xd800 >> 11) return undefined; // the halves of surrogate pairs are no letters
      codes.push(code);
    }
    let text = "";
    for (const code of codes.slice(0, codes.findLastIndex((code) => code !== 0) + 1)) text += String.fromCodePoint(code);
    return text;
  };
}

function utf8(): (bytes: Uint8Array) => string | undefined {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return (bytes) => {
    try {
      return decoder.decode(bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1));
    } catch {
      return undefined;
    }
  };
}

/** The dictionary of a header: three names, each once. */
function parseHeader(text: string): { descr: string; fortran: boolean; shape: number[] } | undefined {
  const fields = new Map<string, string>();
  const entry = /\s*(?:'(\w+)'|"(\w+)")\s*:\s*('[^']*'|"[^"]*"|True|False|\([\d\sL,]*\))\s*(,|(?=\}))/y;
  if (!/^\{/.test(text)) return undefined;
  entry.lastIndex = 1;
  let end = 1;
  for (let found; (found = entry.exec(text)); end = entry.lastIndex) {
    const key = (found[1] ?? found[2])!;
    if (fields.has(key)) return undefined;
    fields.set(key, found[3]!);
  }
  const descr = fields.get("descr"), order = fields.get("fortran_order"), sizes = fields.get("shape");
  if (!/^\s*\}\s*$/.test(text.slice(end)) || fields.size !== 3 || !/^['"]/.test(descr ?? "") || !/^[TF]/.test(order ?? "")) return undefined;
  if (!sizes || !/^\((\s*|\s*\d{1,16}L?\s*,\s*|\s*\d{1,16}L?(\s*,\s*\d{1,16}L?)+\s*,?\s*)\)$/.test(sizes)) return undefined;
  const shape = (sizes.match(/\d+/g) ?? []).map(Number);
  return shape.every(Number.isSafeInteger) ? { descr: descr!.slice(1, -1), fortran: order === "True", shape } : undefined;
}

/** From Fortran's order, in which the first axis runs fastest, to C's. */
function transposed<T extends FileTensor["data"] | string[]>(data: T, shape: readonly number[]): T {
  const result = new (data.constructor as new (length: number) => T)(data.length), rank = shape.length;
  const index = new Array<number>(rank).fill(0), strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  for (let to = 0, at = 0; to < data.length; to++) {
    result[to] = data[at]!;
    for (let axis = rank - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
