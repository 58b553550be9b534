// Files as other programs write them, made by hand.

import { crc32 } from "node:zlib";
import { deflateRawSync } from "node:zlib";

/** An idx file. */
export function idxFile(type: number, shape: readonly number[], values: readonly number[]): Uint8Array<ArrayBuffer> {
  const width = { 8: 1, 9: 1, 11: 2, 12: 4, 13: 4, 14: 8 }[type]!, start = 4 + 4 * shape.length, bytes = new Uint8Array(start + width * values.length), view = new DataView(bytes.buffer);
  bytes.set([0, 0, type, shape.length]);
  shape.forEach((size, i) => view.setUint32(4 + 4 * i, size));
  const set = { 8: "setUint8", 9: "setInt8", 11: "setInt16", 12: "setInt32", 13: "setFloat32", 14: "setFloat64" }[type] as "setInt8";
  values.forEach((value, i) => view[set](start + width * i, value));
  return bytes;
}

/** An npy file of any header. */
export function npyFile(header: string, numbers: Uint8Array, version = 1): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(header, version === 3 ? "utf8" : "latin1"), start = (version === 1 ? 10 : 12) + text.length, bytes = new Uint8Array(start + numbers.length);
  bytes.set([0x93, ...Buffer.from("NUMPY"), version, 0]);
  if (version === 1) new DataView(bytes.buffer).setUint16(8, text.length, true);
  else new DataView(bytes.buffer).setUint32(8, text.length, true);
  bytes.set(text, start - text.length);
  bytes.set(numbers, start);
  return bytes;
}

/** A zip archive; `method` 0 or 8; `change` alters what its directory says of a file. */
export function zipFile(files: readonly [name: string, bytes: Uint8Array][], method = 0, change: { size?: number; sum?: number; packed?: number; at?: number } = {}): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [], directory: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of files) {
    const packed = method === 8 ? deflateRawSync(bytes) : Buffer.from(bytes), text = Buffer.from(name);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(20, 4);
    head.writeUInt16LE(method, 8);
    head.writeUInt32LE(crc32(bytes), 14);
    head.writeUInt32LE(packed.length, 18);
    head.writeUInt32LE(bytes.length, 22);
    head.writeUInt16LE(text.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(change.sum ?? crc32(bytes), 16);
    entry.writeUInt32LE(change.packed ?? packed.length, 20);
    entry.writeUInt32LE(change.size ?? bytes.length, 24);
    entry.writeUInt16LE(text.length, 28);
    entry.writeUInt32LE(change.at ?? at, 42);
    parts.push(head, text, packed);
    directory.push(entry, text);
    at += 30 + text.length + packed.length;
  }
  const end = Buffer.alloc(22), listed = Buffer.concat(directory);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...parts, listed, end]));
}
