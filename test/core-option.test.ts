// The option core: a core.wasm of one's own, in all forms that it comes in, and what is none.

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adam, createModel, dense, EngineError, hash, loadModel, mse, relu, sequential } from "../src/index.ts";
import { compile, square } from "../src/ops/index.ts";
import { root, wantBuilt } from "./runtimes/project.ts";

let bytes: Uint8Array<ArrayBuffer>, server: Server, at: string;

beforeAll(async () => {
  wantBuilt();
  bytes = new Uint8Array(readFileSync(join(root, "dist/core.wasm")));
  server = createServer(({ url }, response) => {
    if (url === "/core.wasm") response.writeHead(200, { "content-type": "application/wasm" }).end(bytes);
    else if (url === "/page") response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Not found</title>");
    else if (url === "/cut") response.writeHead(200, { "content-length": bytes.length }).end(bytes.subarray(0, 100));
    else response.writeHead(404).end("no such file");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Trains a little; the parameters' hash. */
async function train(core?: any): Promise<string> {
  const model = await createModel(sequential(dense(5), relu(), dense(2)), { input: [3], seed: 3, ...(core !== undefined && { core }) });
  const x = Array.from({ length: 10 }, (_, i) => [i / 10, 1 - i / 10, (i % 3) / 3]), y = x.map(([a, b, c]) => [a! * c!, b! - c!]);
  await model.fit({ x, y }, { loss: mse(), optimizer: adam({ learningRate: 0.02 }), batchSize: 4, epochs: 3 });
  const result = hash(model);
  model.dispose();
  return result;
}

/** Where the file lies. */
const file = (): URL => pathToFileURL(join(root, "dist/core.wasm"));

describe("a core of one's own trains to the same bits, given as", () => {
  const forms: [string, () => any][] = [
    ["bytes", () => bytes],
    ["bytes within a larger buffer", () => {
      const larger = new Uint8Array(bytes.length + 24);
      larger.set(bytes, 11);
      return larger.subarray(11, 11 + bytes.length);
    }],
    ["an ArrayBuffer", () => bytes.slice().buffer],
    ["a module", () => new WebAssembly.Module(bytes)],
    ["a module of another realm, as Next.js gives its edge routes", () => runInNewContext("new WebAssembly.Module(bytes)", { bytes })],
    ["a response", () => new Response(bytes, { headers: { "content-type": "application/wasm" } })],
    ["a response of a server", () => fetch(`${at}/core.wasm`)],
    ["the URL of a file", file],
    ["the URL of a file, as text", () => String(file())],
    ["a URL of a server", () => new URL(`${at}/core.wasm`)],
    ["a URL of a server, as text", () => `${at}/core.wasm`],
  ];
  test.each(forms)("%s", async (_, core) => expect(await train(await core())).toBe(await train()));

  test("an option of loadModel and of compile too", async () => {
    const model = await createModel(dense(1), { input: [2], seed: 1 });
    expect(hash(await loadModel(model.save(), { core: new URL(`${at}/core.wasm`) }))).toBe(hash(model));
    using f = await compile((x) => square(x), [[2]], { core: bytes });
    expect([...f.run([[2, 3]])[0]!.data]).toEqual([4, 9]);
  });

  test("bytes for threads, which share its memory", async () => {
    const model = await createModel(dense(1), { input: [2], seed: 1, threads: 2, core: bytes });
    expect(model.info().threads).toBe(2);
    model.dispose();
  });

  test("a response for a model in a worker, and for another model", async () => {
    const core = await fetch(`${at}/core.wasm`);
    const model = await createModel(dense(1), { input: [2], seed: 1, where: "worker", core });
    expect([...(await model.predict([[0, 0]])).data]).toHaveLength(1);
    await model.dispose();
    expect(await train(core)).toBe(await train());
  });

  test("what is given stays as it is", async () => {
    const before = bytes.slice();
    await train(bytes);
    expect(bytes).toEqual(before);
  });
});

describe("what is no core is refused with bad-core, and the message says what it got", () => {
  const wasm = (...more: number[]): Uint8Array<ArrayBuffer> => new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, ...more]);
  const bad: [string, () => any, RegExp][] = [
    ["no bytes", () => new Uint8Array(0), /got CompileError/],
    ["bytes of something else", () => new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]), /got CompileError/],
    ["a core that was cut off", () => bytes.subarray(0, 1000), /got CompileError/],
    ["an ArrayBuffer of something else", () => new ArrayBuffer(64), /got CompileError/],
    ["a module of something else", () => new WebAssembly.Module(wasm()), /got a Module/],
    ["a module that wants more than a memory", () => new WebAssembly.Module(wasm(1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 97, 1, 98, 0, 0)), /got TypeError/],
    ["a response that says 404", () => new Response("no such file", { status: 404 }), /HTTP 404/],
    ["a response of a page", () => fetch(`${at}/page`), /got CompileError/],
    ["a response that was read before", async () => {
      const response = new Response(bytes);
      await response.arrayBuffer();
      return response;
    }, /got TypeError/],
    ["a URL of a server that has no such file", () => new URL(`${at}/nothing.wasm`), /HTTP 404 for http.*nothing\.wasm/],
    ["a URL whose answer breaks off", () => new URL(`${at}/cut`), /got TypeError/],
    ["a URL of nobody", () => new URL("http://127.0.0.1:9/core.wasm"), /got TypeError/],
    ["a file that is not there", () => new URL("nothing.wasm", file()), /ENOENT.*nothing\.wasm/],
    ["a file of something else", () => pathToFileURL(join(root, "package.json")), /got CompileError/],
    ["a path", () => "core.wasm", /got TypeError/],
    ["an instance", () => new WebAssembly.Instance(new WebAssembly.Module(wasm())), /got /],
    ["a number", () => 1, /got 1$/],
    ["null", () => null, /got null/],
    ["an object that says it is a module", () => ({ [Symbol.toStringTag]: "WebAssembly.Module" }), /got TypeError/],
  ];
  test.each(bad)("%s", async (_, core, message) => {
    const given = await core(), error = await train(given).catch((it: unknown) => it);
    expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError).code).toBe("bad-core");
    expect((error as EngineError).message).toMatch(/^core: wanted core\.wasm/);
    expect((error as EngineError).message).toMatch(message);
    expect(await train()).toMatch(/^[0-9a-f]{64}$/); // and nothing is left behind
  });
});
