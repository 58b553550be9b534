// Where a core may come from beside the library: bytes, a module, a response, a URL. Loaded when one is given, or threads are wanted.

import type { EngineError } from "./errors.ts";

/** A core of one's own: the bytes of core.wasm, a module compiled from them, a response with them, or where they lie. */
export type CoreSource = WebAssembly.Module | ArrayBuffer | Uint8Array | Response | URL | string;

type Bytes = ArrayBuffer | Uint8Array<ArrayBuffer>;

/** The module of a source; with core.ts's own ways to compile bytes, and to say what is no core.
 *
 * @throws EngineError if the source is no core, or leads to none.
 */
export async function moduleFrom(
  source: CoreSource, compile: (bytes: Bytes) => Promise<WebAssembly.Module>, badCore: (got: unknown) => EngineError,
): Promise<WebAssembly.Module> {
  const given = await read(source, badCore);
  return isModule(given) ? given : compile(given);
}

/** A module, or bytes; those of a response or behind a URL are fetched.
 *
 * @throws EngineError if it is neither.
 */
export async function read(source: CoreSource, badCore: (got: unknown) => EngineError): Promise<WebAssembly.Module | Bytes> {
  const bytes = await bytesOf(source).catch((error: unknown) => error);
  if (bytes instanceof ArrayBuffer || bytes instanceof Uint8Array || isModule(bytes)) return bytes as WebAssembly.Module | Bytes;
  throw badCore(bytes);
}

/** Edge engines may give the program a WebAssembly of another realm than the one in which they compile what it imports. */
export function isModule(source: unknown): source is WebAssembly.Module {
  return Object.prototype.toString.call(source) === "[object WebAssembly.Module]";
}

/** What a response or a URL leads to; what is neither is given back. */
async function bytesOf(source: unknown): Promise<unknown> {
  const response = typeof source === "string" || source instanceof URL ? await load(source) : source;
  if (!(response instanceof Response)) return response;
  if (!response.ok) throw new Error(`HTTP ${response.status} for ${response.url}`);
  return response.clone().arrayBuffer(); // another model may read it again
}

/** What lies at a URL; Node.js fetches no files. */
async function load(url: string | URL): Promise<Response | Uint8Array> {
  const { process } = globalThis as unknown as { process?: { getBuiltinModule?: (name: string) => any } };
  if (/^file:/.test(String(url)) && process?.getBuiltinModule) return process.getBuiltinModule("node:fs/promises").readFile(new URL(url));
  return fetch(url);
}

/** Bytes of the import env.memory, up to its limits: a flag byte follows, 1 for a memory of its own and 3 for a shared one. */
const ENTRY = [3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2];

/** The core for a shared memory: one bit. What is no core is given back. */
export function forSharedMemory(source: ArrayBuffer | Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(source).slice(), at = bytes.findIndex((_, i) => ENTRY.every((byte, j) => bytes[i + j] === byte));
  if (at >= 0) bytes[at + ENTRY.length] = 3;
  return bytes;
}
