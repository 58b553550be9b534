// Cells on their way into columns. A column is numbers as long as each of its texts is exactly what its number is written as, so
// that nothing is lost: from the first other text on it is texts, and the numbers before it become what they were.

import type { ColumnValues } from "./table.ts";

/** Texts that stand for no value. */
export const MISSING: readonly string[] = ["", "NA", "N/A", "n/a", "na", "#N/A", "NaN", "nan", "NAN", "null", "NULL", "Null", "?", "-"];

/** Most columns of a file. */
export const COLUMN_LIMIT = 65_536;
/** Texts of a column that are kept once. */
const KNOWN_LIMIT = 4096;
/** From this length on, engines cut a text from another by pointing into it. */
const CUT = 13;

/** 1, 10, 100 … 1e15: all are exact. */
const powers = (): readonly number[] => (tens ??= Array.from({ length: 16 }, (_, i) => Number(`1e${i}`)));
let tens: readonly number[] | undefined;

/** A column that grows. */
export class Cells {
  length = 0;
  private numbers = new Float64Array(64);
  private texts: (string | null)[] | undefined;
  private known: Map<string, string> | undefined;
  private readonly missing: ReadonlySet<string>;
  /** Of them, those that are numbers, such as -999. */
  private readonly gaps: ReadonlySet<number> | undefined;

  constructor(missing: ReadonlySet<string> = NONE) {
    this.missing = missing;
    const gaps = [...missing].map(plainNumber).filter((value) => value === value);
    if (gaps.length) this.gaps = new Set(gaps);
  }

  /** A text of a file. */
  push(text: string): void {
    if (!this.texts) {
      const value = plainNumber(text);
      if (value === value) return this.addNumber(this.gaps?.has(value) ? NaN : value);
    }
    this.pushText(text);
  }

  /** A value that has its type already; null is missing. */
  add(value: number | string | null): void {
    if (typeof value === "number" && !this.texts) this.addNumber(value);
    else if (value === null || value !== value) this.addMissing();
    else this.addText(String(value));
  }

  /** Missing values up to a length. */
  fill(length: number): void {
    while (this.length < length) this.addMissing();
  }

  /** What the column has become. */
  values(): ColumnValues {
    return this.texts ?? this.numbers.slice(0, this.length);
  }

  private pushText(text: string): void {
    const first = text.charCodeAt(0), last = text.charCodeAt(text.length - 1);
    if (first <= 32 || last <= 32 || first >= 0xa0 || last >= 0xa0) {
      const trimmed = text.trim();
      if (trimmed.length < text.length) return this.push(trimmed);
    }
    if (this.missing.has(text)) this.addMissing();
    else this.addText(text);
  }

  private addNumber(value: number): void {
    if (this.length === this.numbers.length) {
      const more = new Float64Array(2 * this.length);
      more.set(this.numbers);
      this.numbers = more;
    }
    this.numbers[this.length++] = value;
  }

  private addMissing(): void {
    if (!this.texts) return this.addNumber(NaN);
    this.texts.push(null);
    this.length++;
  }

  private addText(text: string): void {
    this.texts ??= this.becomeTexts();
    this.known ??= new Map();
    let kept = this.known.get(text);
    if (kept === undefined) {
      kept = text.length < CUT ? text : ` ${text}`.slice(1); // else a cell would keep the block that it was cut from
      if (this.known.size < KNOWN_LIMIT) this.known.set(kept, kept);
    }
    this.texts.push(kept);
    this.length++;
  }

  private becomeTexts(): (string | null)[] {
    const texts = Array.from(this.numbers.subarray(0, this.length), (value) => (value !== value ? null : String(value)));
    this.numbers = new Float64Array(0);
    return texts;
  }
}

const NONE: ReadonlySet<string> = /* @__PURE__ */ new Set();

/** The number of a text that is written just as JavaScript writes that number, else NaN: "1.5" and "-3", not "1.50", "007" or "+3". */
export function plainNumber(text: string): number {
  const length = text.length;
  if (length === 0 || length > 25) return NaN;
  const first = text.charCodeAt(0) === 45 ? 1 : 0;
  let i = first, value = 0, decimals = 0;
  for (let digit; i < length && (digit = text.charCodeAt(i) - 48) >= 0 && digit <= 9; i++) value = value * 10 + digit;
  const whole = i - first;
  if (whole === 0 || (whole > 1 && text.charCodeAt(first) === 48)) return NaN;
  if (i < length) {
    if (text.charCodeAt(i) !== 46) return asWritten(text);
    const from = ++i;
    let digit = 0;
    for (; i < length && (digit = text.charCodeAt(i) - 48) >= 0 && digit <= 9; i++) value = value * 10 + digit;
    decimals = i - from;
    if (i < length) return asWritten(text);
    if (decimals === 0 || digit === 0) return NaN;
  }
  // up to 15 digits are exact, and one division rounds once
  if (whole + decimals > 15) return asWritten(text);
  value /= powers()[decimals]!;
  if (value < 1e-6) return value === 0 && first === 0 ? 0 : NaN;
  return first ? -value : value;
}

function asWritten(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) && String(value) === text ? value : NaN;
}
