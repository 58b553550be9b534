// One number for a data set: equal hashes, equal training data, whatever the files and decoders they came through.

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { DataError } from "../errors.ts";
import { checkNames } from "../options.ts";
import type { Shape } from "../shape.ts";
import { isFlat } from "../tensor.ts";
import { pacer } from "../yield.ts";
import { type Data, isStream, type Stream } from "./columns.ts";
import { type Field, fieldsOf, type Known } from "./rows.ts";
import { byCodePoint } from "./table.ts";

type Digest = ReturnType<typeof sha256.create>;

/** One array, as far as it has come. */
interface Running {
  readonly label: string;
  readonly dtype: string;
  readonly row: Shape;
  readonly digest: Digest;
}

/** Numbers between two looks at the clock. */
const CHUNK = 1 << 20;

/** SHA-256, as hexadecimal digits, over the numbers of a data set as training reads them: bytes stay bytes, int32 stays, all others are
 * float32 (so float64 and float32 of the same value have one hash); names in UTF-8. For x, y and weight, in this order, and inputs and
 * outputs by the order of their names' code points: name, dtype, shape, and the SHA-256 of the little-endian bytes. Of a stream, epoch 0
 * is read once, and the hash is that of the same rows in arrays. `input` gives the row shape of a flat x.
 *
 * @throws (as a rejection) DataError or ShapeError for what is no data set.
 * @example
 * const whole = await dataHash({ x: new Float32Array([1, 2, 3]), y: [1, 0, 1] });
 * await dataHash([{ x: new Float32Array([1, 2]), y: [1, 0] }, { x: [3], y: [1] }]) === whole // → true
 */
export async function dataHash(data: Data<any, any> | { readonly x: unknown } | Stream<any, any>, options: Pick<Known, "input"> = {}): Promise<string> {
  checkNames("dataHash", options, ["input"]);
  const pause = pacer(12);
  let running: Running[] | undefined, rows = 0, number = 0;
  const add = async (batch: unknown, at: string): Promise<void> => {
    const { rows: count, fields } = fieldsOf(batch, { ...options, at, bare: true }), first = running === undefined;
    if (count === 0 && number > 0) return;
    running ??= fields.map((field) => ({ label: field.label.slice(at.length), dtype: dtypeOf(field), row: rowOf(field), digest: sha256.create() }));
    if (!first && fields.length !== running.length) throw new DataError("batch-mismatch", { option: `${at}data`, wanted: `${running.map(({ label }) => label).join(", ")}, as in the first batch`, got: fields.map(({ label }) => label) });
    for (const [i, field] of fields.entries()) {
      const own = running[i]!, told = (label: string, dtype: string, row: Shape): string => `${label}: ${dtype} [${["rows", ...row].join(", ")}]`;
      const wanted = told(own.label, own.dtype, own.row), got = told(field.label.slice(at.length), dtypeOf(field), rowOf(field));
      if (wanted !== got) throw new DataError("batch-mismatch", { option: field.label, wanted: `${wanted}, as in the first batch`, got });
      for (let from = 0; from < field.data.length; from += CHUNK) {
        own.digest.update(littleEndian(field.data.slice(from, from + CHUNK) as Field["data"]));
        const turn = pause();
        if (turn) await turn;
      }
    }
    rows += count;
  };
  if (!isStream(data)) await add(data, "");
  else for await (const batch of typeof data === "function" ? data(0) : data) await add(batch, `batch ${++number}: `);
  const whole = sha256.create();
  for (const { label, dtype, row, digest } of (running ?? []).sort((a, b) => order(a.label, b.label)))
    whole.update(utf8ToBytes(`${JSON.stringify([label, dtype, [rows, ...row]])}${bytesToHex(digest.digest())}`));
  return bytesToHex(whole.digest());
}

const PARTS = ["x", "y", "weight"];

/** x, y, weight; and of one part by the code points of names. */
function order(a: string, b: string): number {
  const part = (label: string): number => PARTS.indexOf(label.split(".", 1)[0]!);
  return part(a) - part(b) || byCodePoint(a, b);
}

function dtypeOf({ data }: Field): string {
  return data instanceof Uint8Array || data instanceof Uint8ClampedArray ? "uint8" : data instanceof Int32Array ? "int32" : Array.isArray(data) ? "text" : "float32";
}

function rowOf({ shape, width }: Field): Shape {
  return shape ?? (width > 1 ? [width] : []);
}

/** The bytes of numbers; of texts, the number of each one's bytes, and these. */
function littleEndian(data: Field["data"]): Uint8Array {
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return new Uint8Array(data.buffer, data.byteOffset, data.length);
  if (!isFlat(data)) {
    const texts = data.map(utf8ToBytes), bytes = new Uint8Array(texts.reduce((sum, { length }) => sum + 4 + length, 0)), view = new DataView(bytes.buffer);
    let at = 0;
    for (const text of texts) {
      view.setUint32(at, text.length, true);
      bytes.set(text, at + 4);
      at += 4 + text.length;
    }
    return bytes;
  }
  const words = data instanceof Int32Array ? data : Float32Array.from(data), bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  if (words !== data) for (let i = 0; i < words.length; i++) if (Number.isNaN(words[i])) new Uint32Array(words.buffer)[i] = 0x7fc00000; // a NaN has other bits elsewhere
  if (new Uint8Array(new Uint16Array([1]).buffer)[0]) return bytes;
  const view = new DataView(bytes.slice().buffer); // a machine that begins with the upper byte
  for (let i = 0; i < bytes.length; i += 4) view.setUint32(i, view.getUint32(i), true);
  return new Uint8Array(view.buffer);
}
