// What the page unpacks is what the build packed.

import fc from "fast-check";
import LZMA from "lzma";
import { expect, test } from "vitest";
import { unpack } from "../../src/page/loader/lzma.ts";

const back = (bytes: Uint8Array): Uint8Array => unpack(Uint8Array.from(LZMA.compress(bytes, 3)));

test("any bytes come back as they were: none, one, noise, and runs that repeat near and far", () => {
  for (const bytes of [new Uint8Array(), Uint8Array.of(0), Uint8Array.of(255)]) expect(back(bytes)).toEqual(bytes);
  const part = fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }), times: fc.integer({ min: 1, max: 400 }) });
  fc.assert(fc.property(fc.array(part, { maxLength: 6 }), fc.boolean(), (parts, twice) => {
    const once = parts.flatMap(({ bytes, times }) => Array.from({ length: times }, () => [...bytes]).flat()), bytes = Uint8Array.from(twice ? [...once, ...once] : once);
    expect(Buffer.compare(back(bytes), bytes)).toBe(0);
  }), { numRuns: 40 });
});
