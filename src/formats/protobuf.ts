// Protocol buffers, as far as writing goes (https://protobuf.dev/programming-guides/encoding): a message is its fields one after
// the other, a field a key and a number, or a key, a length and bytes. Nothing is copied before the whole is put together.

import { concat } from "../data/source.ts";

/** Bytes in pieces. */
export interface Message {
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
}

const encoder = /* @__PURE__ */ new TextEncoder();

function varint(value: number): number[] {
  const bytes: number[] = [];
  // a negative number as 64 bits in two's complement
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

/** Field `number`: a whole number, a text, bytes, or a message. */
export function field(number: number, value: number | string | Uint8Array | Message): Message {
  if (typeof value === "number") return message([bytes([...varint(8 * number), ...varint(value)])]);
  const content = typeof value === "string" ? bytes(encoder.encode(value)) : value instanceof Uint8Array ? bytes(value) : value;
  return message([bytes([...varint(8 * number + 2), ...varint(content.length)]), content]);
}

/** Field `number`, of type float. */
export function floatField(number: number, value: number): Message {
  const buffer = new Uint8Array(4);
  new DataView(buffer.buffer).setFloat32(0, value, true);
  return message([bytes(varint(8 * number + 5)), bytes(buffer)]);
}

export function message(fields: readonly Message[]): Message {
  return { pieces: fields.flatMap(({ pieces }) => pieces), length: fields.reduce((sum, { length }) => sum + length, 0) };
}

const bytes = (list: ArrayLike<number>): Message => ({ pieces: [list instanceof Uint8Array ? list : Uint8Array.from(list)], length: list.length });

/** The bytes of a message. */
export function encoded({ pieces, length }: Message): Uint8Array<ArrayBuffer> {
  return concat(pieces, length);
}
