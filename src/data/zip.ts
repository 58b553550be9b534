// The files in a zip archive (npz, folders of images). Its directory is checked against the archive before anything is unpacked, sizes and checksums while it
// is: what is larger than it says, overlaps, or is of no use to a reader of data is refused.
// Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

import { FormatError, LanewiseError, show } from "../errors.ts";
import { missingPackage } from "./source.ts";

/** A file of the archive. `own`: its bytes are no part of the archive's. */
export interface ZipFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
  own: boolean;
}

interface Entry {
  name: string;
  method: number;
  sum: number;
  packed: number;
  size: number;
  at: number;
}

const ENTRY_LIMIT = 65_536;
/** deflate makes a byte of at most 1,032. */
const DEFLATE = 1032;
/** Packed bytes that are inflated at once. */
const PIECE = 1 << 16;

type Inflate = new (onData: (chunk: Uint8Array, last: boolean) => void) => { push(chunk: Uint8Array, last: boolean): void };

/** All files of an archive, of at most `limit` bytes together.
 *
 * @throws FormatError unless the archive is whole and sound; EngineError where fflate is wanted and not installed.
 */
export async function unzip(archive: Uint8Array<ArrayBuffer>, of: string, limit: number): Promise<ZipFile[]> {
  const fail = (problem: string): never => {
    throw new FormatError("bad-file", { of, file: of, problem: `not a sound zip archive: ${problem}` });
  };
  const entries = directory(archive, fail), files: ZipFile[] = [];
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > limit) throw new FormatError("too-large", { of, file: of, problem: `has more than ${limit} bytes when unpacked`, fix: "raise the option limit", limit });
  const names = new Set<string>();
  for (const { name } of entries) {
    if (names.has(name)) fail(`${show(name)} is there twice`);
    names.add(name);
  }
  const Inflate = entries.some(({ method }) => method === 8) ? await inflater() : undefined;
  for (const { name, method, sum, packed, size, at } of entries) {
    const content = archive.subarray(at, at + packed);
    const bytes = method === 8 ? inflate(Inflate!, content, size, () => fail(`${show(name)} is broken`)) : content;
    if (crc32(bytes) !== sum) fail(`the checksum of ${show(name)} is another`);
    files.push({ name, bytes, own: method === 8 });
  }
  return files;
}

async function inflater(): Promise<Inflate> {
  try {
    return (await import("fflate")).Inflate as unknown as Inflate;
  } catch (error) {
    throw missingPackage("npz", "fflate", error);
  }
}

/** What an archive says it has; each part lies within it, and none over another. */
function directory(archive: Uint8Array<ArrayBuffer>, fail: (problem: string) => never): Entry[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const long = (at: number): number => view.getUint32(at, true) + 4294967296 * view.getUint32(at + 4, true);
  // the end is behind all, but for a comment
  let end = archive.length - 22;
  const least = Math.max(0, end - 65_535);
  while (end >= least && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < least) fail("it has no directory");
  let count = view.getUint16(end + 10, true), size = view.getUint32(end + 12, true), start = view.getUint32(end + 16, true);
  if (count === 0xffff || size === 0xffffffff || start === 0xffffffff) {
    const locator = end - 20;
    if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50) fail("its directory is broken");
    const record = long(locator + 8);
    if (!(record + 56 <= locator) || view.getUint32(record, true) !== 0x06064b50) fail("its directory is broken");
    count = long(record + 32);
    size = long(record + 40);
    start = long(record + 48);
    end = record;
  }
  if (count > ENTRY_LIMIT) fail(`${count} files are more than ${ENTRY_LIMIT}`);
  if (!(start + size <= end)) fail("its directory is broken");
  const entries: Entry[] = [], spans: [from: number, to: number][] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 46 > start + size || view.getUint32(at, true) !== 0x02014b50) fail("its directory is broken");
    const flags = view.getUint16(at + 8, true), method = view.getUint16(at + 10, true), sum = view.getUint32(at + 16, true);
    let packed = view.getUint32(at + 20, true), whole = view.getUint32(at + 24, true), local = view.getUint32(at + 42, true);
    const letters = view.getUint16(at + 28, true), extra = view.getUint16(at + 30, true), note = view.getUint16(at + 32, true);
    const next = at + 46 + letters + extra + note;
    if (next > start + size) fail("its directory is broken");
    const name = new TextDecoder().decode(archive.subarray(at + 46, at + 46 + letters));
    // sizes beyond 4 GiB, or written as if they were
    for (let field = at + 46 + letters, last = field + extra; field + 4 <= last;) {
      const length = view.getUint16(field + 2, true);
      if (field + 4 + length > last) break;
      if (view.getUint16(field, true) === 1) {
        let value = field + 4;
        const take = (old: number): number => {
          if (old !== 0xffffffff) return old;
          if (value + 8 > field + 4 + length) fail("its directory is broken");
          value += 8;
          return long(value - 8);
        };
        whole = take(whole);
        packed = take(packed);
        local = take(local);
      }
      field += 4 + length;
    }
    if (flags & 0x41) fail(`${show(name)} is encrypted`);
    if (method !== 0 && method !== 8) fail(`${show(name)} is packed by method ${method}; stored and deflated ones are read`);
    if (!(local + 30 <= start) || view.getUint32(local, true) !== 0x04034b50) fail(`${show(name)} is not where the directory says`);
    const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    if (!(from + packed <= start)) fail(`${show(name)} goes beyond the archive`);
    if (method === 0 ? whole !== packed : whole > DEFLATE * packed + 64) fail(`${show(name)} cannot have ${whole} bytes`);
    spans.push([local, from + packed]);
    entries.push({ name, method, sum, packed, size: whole, at: from });
    at = next;
  }
  spans.sort((a, b) => a[0] - b[0]);
  for (let i = 1; i < spans.length; i++) if (spans[i]![0] < spans[i - 1]![1]) fail("two of its files overlap");
  return entries;
}

/** Exactly `size` bytes. */
function inflate(Inflate: Inflate, packed: Uint8Array, size: number, fail: () => never): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let at = 0, done = false;
  const stream = new Inflate((chunk, last) => {
    if (at + chunk.length > size) fail();
    bytes.set(chunk, at);
    at += chunk.length;
    done ||= last;
  });
  try {
    for (let from = 0; from === 0 || from < packed.length; from += PIECE) stream.push(packed.subarray(from, from + PIECE), from + PIECE >= packed.length);
  } catch (error) {
    if (error instanceof LanewiseError) throw error;
    fail();
  }
  return done && at === size ? bytes : fail();
}

/** CRC-32 as in zip (ISO 3309). */
export function crc32(bytes: Uint8Array): number {
  const table = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? value >>> 1 ^ 0xedb88320 : value >>> 1;
    table[i] = value;
  }
  let sum = ~0;
  for (let i = 0; i < bytes.length; i++) sum = table[(sum ^ bytes[i]!) & 255]! ^ sum >>> 8;
  return ~sum >>> 0;
}
