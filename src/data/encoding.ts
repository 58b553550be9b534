// From bytes to text. What a file is written in is told by its first bytes (BOM, zeros of UTF-16), or by the first bytes above 127:
// sound UTF-8 is UTF-8, the rest is GB18030 or windows-1252. Until then all of them read the same.
// Source: https://encoding.spec.whatwg.org

import { DataError, OptionError } from "../errors.ts";
import { concat } from "./source.ts";

/** The encodings that are detected; `encoding` takes any other label of the Encoding Standard that the engine knows. */
export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "gb18030" | "windows-1252";

/** Bytes that are decoded at once, and looked at before an encoding is chosen. */
const SAMPLE = 1 << 16;

/** windows-1252 has these in place of the controls from 0x80 on. */
const WINDOWS = "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

/** Labels that the standard reads as windows-1252, which some engines read as ISO 8859-1. */
const LATIN = ["windows-1252", "cp1252", "latin1", "l1", "iso-8859-1", "ascii", "us-ascii"];

/** Decodes chunks that may end anywhere. A BOM is left out. */
export class Decoder {
  /** As it was given or found; undefined while there was nothing above 127. */
  encoding: string | undefined;
  private readonly name: string;
  private readonly given: boolean;
  private started = false;
  private waiting: Uint8Array<ArrayBuffer>[] = [];
  private waitingBytes = 0;
  /** Bytes before those that wait. */
  private offset = 0;
  private rest: TextDecoder | undefined;

  constructor(name: string, encoding?: string) {
    this.name = name;
    this.given = encoding !== undefined;
    if (encoding !== undefined) this.encoding = labelOf(encoding);
  }

  /** The text of a chunk, and of what waited for it. */
  decode(chunk: Uint8Array<ArrayBuffer>): string {
    this.waiting.push(chunk);
    this.waitingBytes += chunk.length;
    return this.waitingBytes < SAMPLE ? "" : this.block(false);
  }

  /** The text that is left. */
  end(): string {
    return this.block(true);
  }

  private block(last: boolean): string {
    let bytes = this.waiting.length === 1 ? this.waiting[0]! : concat(this.waiting, this.waitingBytes);
    this.waiting = [];
    if (!this.started) {
      this.started = true;
      const mark = markOf(bytes);
      if (!this.given) this.encoding = mark?.encoding ?? zerosOf(bytes);
      if (mark && mark.encoding === this.encoding) {
        bytes = bytes.subarray(mark.length);
        this.offset = mark.length;
      }
    }
    if (this.encoding === undefined || this.encoding === "utf-8") return this.utf8(bytes, last);
    this.waitingBytes = 0;
    return this.other(bytes, last);
  }

  /** UTF-8, or no more than ASCII so far. A character that is not whole waits for the next chunk. */
  private utf8(bytes: Uint8Array<ArrayBuffer>, last: boolean): string {
    const whole = last ? bytes.length : wholeLength(bytes), tail = bytes.subarray(whole);
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, whole));
    } catch {
      if (this.encoding || isBroken(bytes)) {
        this.encoding = "utf-8";
        throw this.unsound(bytes);
      }
      this.encoding = isChinese(bytes) ? "gb18030" : "windows-1252";
      this.waitingBytes = 0;
      return this.other(bytes, last);
    }
    if (text.length < whole) this.encoding = "utf-8";
    // a copy, as the chunk's memory may be used again
    this.waiting = tail.length ? [tail.slice()] : [];
    this.waitingBytes = tail.length;
    this.offset += whole;
    return text;
  }

  private other(bytes: Uint8Array<ArrayBuffer>, last: boolean): string {
    if (this.encoding === "windows-1252") return windows(bytes);
    if (this.encoding === "utf-16be") {
      // the half of a unit waits
      const whole = last ? bytes.length : bytes.length & ~1, swapped = new Uint8Array(whole), tail = bytes.slice(whole);
      for (let i = 0; i + 1 < whole; i += 2) {
        swapped[i] = bytes[i + 1]!;
        swapped[i + 1] = bytes[i]!;
      }
      if (tail.length) this.waiting = [tail];
      this.waitingBytes = tail.length;
      bytes = swapped;
    }
    try {
      this.rest ??= new TextDecoder(this.encoding === "utf-16be" ? "utf-16le" : this.encoding, { fatal: true, ignoreBOM: true });
      return this.rest.decode(bytes, { stream: !last });
    } catch (error) {
      if (error instanceof RangeError)
        throw new DataError("unknown-encoding", { of: this.name, problem: `this engine does not read ${this.encoding}`, fix: "save the file as UTF-8" });
      throw this.unsound();
    }
  }

  private unsound(bytes?: Uint8Array): DataError {
    let position: number | undefined;
    if (bytes) {
      // the longest sound beginning
      let low = 0, high = bytes.length;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        try {
          new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
          low = middle;
        } catch {
          high = middle - 1;
        }
      }
      position = this.offset + low;
    }
    return new DataError("bad-encoding", {
      of: this.name, position, problem: `the bytes are no sound ${this.encoding}`, fix: 'give the option encoding, such as "windows-1252" or "gb18030"',
      encoding: this.encoding,
    });
  }
}

/** The encoding's name for an option. */
function labelOf(given: unknown): string {
  const label = typeof given === "string" ? given.trim().toLowerCase() : "";
  if (LATIN.includes(label)) return "windows-1252";
  if (label === "utf-16be" || label === "gb18030") return label;
  try {
    return new TextDecoder(label).encoding.toLowerCase();
  } catch {
    throw new OptionError("bad-option", { option: "encoding", wanted: 'a label such as "utf-8", "utf-16le", "utf-16be", "gb18030" or "windows-1252"', got: given });
  }
}

function markOf([a, b, c]: Uint8Array): { encoding: Encoding; length: number } | undefined {
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: "utf-8", length: 3 };
  if (a === 0xff && b === 0xfe) return { encoding: "utf-16le", length: 2 };
  return a === 0xfe && b === 0xff ? { encoding: "utf-16be", length: 2 } : undefined;
}

/** UTF-16 without a mark has a zero in every other byte of Latin letters and digits. */
function zerosOf(bytes: Uint8Array): Encoding | undefined {
  const zeros: [number, number] = [0, 0], length = Math.min(bytes.length, 4096);
  for (let i = 0; i < length; i++) if (bytes[i] === 0) zeros[i & 1]!++;
  const [even, odd] = zeros, many = length / 8;
  return odd > many && even < odd / 8 ? "utf-16le" : even > many && odd < even / 8 ? "utf-16be" : undefined;
}

/** Bytes before a character that is not whole. */
function wholeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Is most of what lies above 127 UTF-8, though not all is? By chance, a seventh of Chinese characters in GB18030 looks so. */
function isBroken(bytes: Uint8Array): boolean {
  let sound = 0, others = 0;
  for (const [letters] of new TextDecoder().decode(bytes).matchAll(/[^\0-\x7f]+/g))
    for (const letter of letters) {
      if (letter === "\ufffd") others++;
      else sound++;
    }
  return sound > 4 * others;
}

/** Are these bytes, which are no UTF-8, GB18030 rather than windows-1252? There, a letter with an accent stands beside ASCII; a
 * Chinese character is two bytes above 0xa0, but for rare ones. */
function isChinese(bytes: Uint8Array): boolean {
  let both = 0, other = 0;
  const among = (byte: number | undefined, low: number, high: number): boolean => byte !== undefined && byte >= low && byte <= high;
  for (let i = 0; i < bytes.length; i++) {
    const lead = bytes[i]!, trail = bytes[i + 1];
    if (lead < 0x80) continue;
    if (trail === undefined) break;
    if (!among(lead, 0x81, 0xfe)) return false;
    if (among(trail, 0x30, 0x39)) {
      if (i + 3 < bytes.length && !(among(bytes[i + 2], 0x81, 0xfe) && among(bytes[i + 3], 0x30, 0x39))) return false;
      other++;
      i += 3;
    } else {
      if (!among(trail, 0x40, 0xfe) || trail === 0x7f) return false;
      if (lead >= 0xa1 && lead <= 0xf7 && trail >= 0xa1) both++;
      else other++;
      i++;
    }
  }
  return both > other;
}

function windows(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    units[i] = byte >= 0x80 && byte < 0xa0 ? WINDOWS.charCodeAt(byte - 0x80) : byte;
  }
  return new TextDecoder("utf-16le").decode(units);
}
