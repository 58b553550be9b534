// Where bytes come from.

import { createServer } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { chunksOf, csv, csvBatches, DataError, FormatError, nameOf, OptionError, readBytes, type Source } from "../../../src/index.ts";
import { columnsOf, errorOf, gzip, pieces, utf8 } from "./help.ts";

const bytes = utf8("a,b\n1,2\n3,4\n"), folder = mkdtempSync(join(tmpdir(), "lanewise-readers-"));
const server = createServer(({ url }, response) => {
  response.statusCode = url === "/missing.csv" ? 404 : 200;
  response.end(url === "/missing.csv" ? "no" : bytes);
});
let web = "";

beforeAll(async () => {
  writeFileSync(join(folder, "numbers.csv"), bytes);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  web = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** A source that can be read as often as wanted, or once. */
const sources: [name: string, make: () => Source, again: boolean, called: string][] = [
  ["a path", () => join(folder, "numbers.csv"), true, "numbers.csv"],
  ["a file: URL", () => pathToFileURL(join(folder, "numbers.csv")), true, "numbers.csv"],
  ["a file: URL as text", () => pathToFileURL(join(folder, "numbers.csv")).href, true, "numbers.csv"],
  ["an http: URL", () => `${web}/some/numbers.csv?version=2`, true, "numbers.csv"],
  ["a data: URL", () => `data:text/csv;base64,${Buffer.from(bytes).toString("base64")}`, true, "data"],
  ["a blob: URL", () => URL.createObjectURL(new Blob([bytes])), true, "data"],
  ["bytes", () => bytes, true, "data"],
  ["an ArrayBuffer", () => bytes.buffer, true, "data"],
  ["a Blob", () => new Blob([bytes]), true, "data"],
  ["a File", () => new File([bytes], "numbers.csv"), true, "numbers.csv"],
  ["a Response", () => new Response(bytes), false, "data"],
  ["a stream", () => new Blob([bytes]).stream(), false, "data"],
  ["a generator", () => pieces(bytes, 3), false, "data"],
  ["an async iterable", () => ({ [Symbol.asyncIterator]: () => pieces(bytes, 5) }), true, "data"],
];

describe.each(sources)("%s", (_, make, again, called) => {
  it("gives its bytes, whole, in chunks and as a table", async () => {
    expect(nameOf(make())).toBe(called);
    expect([...await readBytes(make())]).toEqual([...bytes]);
    const chunks: number[] = [];
    for await (const chunk of chunksOf(make())) chunks.push(...chunk);
    expect(chunks).toEqual([...bytes]);
    expect(columnsOf(await csv(make()))).toEqual({ a: [1, 3], b: [2, 4] });
  });

  it(again ? "can be read again" : "says that it was read when it is read again", async () => {
    const batches = csvBatches(make(), { rows: 1 });
    const read = async (): Promise<number[]> => {
      const rows: number[] = [];
      for await (const { columns } of batches) rows.push(columns.get("a")![0] as number);
      return rows;
    };
    expect(await read()).toEqual([1, 3]);
    if (again) expect(await read()).toEqual([1, 3]);
    else expect(await errorOf(read())).toMatchObject({ code: "unreadable", message: expect.stringContaining("read once") });
  });
});

it("bytes of a caller are not copied by readBytes, and not written to by any reader", async () => {
  expect(await readBytes(bytes)).toBe(bytes);
});

it("a reader that stops early closes the file and ends the stream", async () => {
  const cancel = vi.fn(), stream = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(utf8("1,2\n".repeat(100_000))), cancel });
  for await (const { rows } of csvBatches(stream, { rows: 10 })) {
    expect(rows).toBe(10);
    break;
  }
  expect(cancel).toHaveBeenCalledOnce();
});

describe("what cannot be read", () => {
  it.each<[string, () => Source, string]>([
    ["a path that leads nowhere", () => join(folder, "other.csv"), "there is no file"], ["a folder", () => folder, "EISDIR"],
    ["a page that is not there", () => `${web}/missing.csv`, "HTTP status 404"], ["a port where nobody listens", () => "http://127.0.0.1:1/a.csv", "cannot be fetched"],
    ["a failed Response", () => new Response("", { status: 500 }), "HTTP status 500"],
    ["a stream that fails", () => new ReadableStream({ pull: () => { throw new Error("the line is dead"); } }), "the line is dead"],
    ["a stream of texts", () => new ReadableStream({ start: (it) => { it.enqueue("text"); } }) as never, "Uint8Array"],
    ["an iterable of numbers", () => (async function* () { yield 1; })() as never, "Uint8Array"],
  ])("%s is told as a DataError", async (_, make, what) => {
    const error = await errorOf(readBytes(make()));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(what);
  });

  it.each([undefined, null, 1, {}, [1, 2], new Float32Array(2), new DataView(new ArrayBuffer(2)), () => 1])("%s is no source", async (source) => {
    expect(await errorOf(csv(source as never))).toBeInstanceOf(OptionError);
    expect(await errorOf(readBytes(source as never))).toBeInstanceOf(OptionError);
  });
});

describe("gzip", () => {
  it("is unpacked, whatever the chunks and the name", async () => {
    const packed = await gzip(bytes);
    for (const size of [1, 2, 7, 1000]) expect(columnsOf(await csv(pieces(packed, size)))).toEqual({ a: [1, 3], b: [2, 4] });
  });

  it("that is cut off anywhere, or altered, is a typed error", async () => {
    const packed = await gzip(utf8("a,b\n" + "1,2\n".repeat(500)));
    for (let length = 2; length < packed.length; length++) expect((await errorOf(csv(packed.subarray(0, length)))).code).toMatch(/^bad-gzip$/);
    const altered = packed.slice();
    altered[altered.length - 5]! ^= 1; // its checksum
    expect(await errorOf(csv(altered))).toBeInstanceOf(FormatError);
  });

  it("that would fill the memory ends at the limit, whole or in batches", async () => {
    const bomb = await gzip(await gzip(new Uint8Array(1 << 26))), once = await gzip(new Uint8Array(1 << 26).fill(49));
    expect(once.length).toBeLessThan(100_000);
    expect(await errorOf(csv(once, { limit: 1 << 20 }))).toMatchObject({ code: "too-large", details: { limit: 1 << 20 } });
    const batches = csvBatches(once, { limit: 1 << 20 })[Symbol.asyncIterator]();
    expect(await errorOf(batches.next())).toMatchObject({ code: "too-large" });
    expect((await errorOf(csv(bomb))).code).toBe("not-text"); // gzip in gzip is no text
  });
});
