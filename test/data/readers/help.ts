// What the tests of readers share.

import { createHash } from "node:crypto";
import { expect } from "vitest";
import { LanewiseError, type Table } from "../../../src/index.ts";

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Columns as lists. */
export const columnsOf = (table: Table): Record<string, unknown[]> => Object.fromEntries([...table.columns].map(([name, values]) => [name, [...values]]));

/** The error that reading ends in: one of the library, with a code. */
export async function errorOf(reading: Promise<unknown> | (() => Promise<unknown>)): Promise<LanewiseError> {
  try {
    await (typeof reading === "function" ? reading() : reading);
  } catch (error) {
    expect(error).toBeInstanceOf(LanewiseError);
    return error as LanewiseError;
  }
  throw new Error("it was read");
}

/** Bytes in pieces of a size. */
export async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
