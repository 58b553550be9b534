// Where a core may come from beside the library: bytes, a module, a response, a URL, or the fast build. Loaded when one is asked
// for, or threads are wanted.

import type { Details, EngineError } from "./errors.ts";

/** "exact": the same bits everywhere. "fast": with relaxed SIMD, where the engine has it. */
export type Build = "exact" | "fast";

/** A core of one's own: the bytes of core.wasm (of fast.wasm for `build: "fast"`), a module compiled from them, a response with
 * them, or where they lie. */
export type CoreSource = WebAssembly.Module | ArrayBuffer | Uint8Array | Response | URL | string;

type Bytes = ArrayBuffer | Uint8Array<ArrayBuffer>;
type BadCore = (got: unknown, more?: Details) => EngineError;

/** A module of one function with a relaxed instruction: (func (param v128) (drop (f32x4.relaxed_madd … three times the parameter))) */
const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 1, 123, 0, 3, 2, 1, 0, 10, 14, 1, 12, 0, 32, 0, 32, 0, 32, 0, 253, 133, 2, 26, 11,
]);

/** The core that a build is to have: undefined for the one that the library embeds, which is exact. */
export interface Choice {
  readonly source: WebAssembly.Module | Bytes | undefined;
  /** Why it is exact though the fast build was asked for, where that is known. */
  readonly why?: string;
}

/** The core of a build: the caller's own, if one is given. Where an engine has no relaxed SIMD, the fast build is the exact one.
 *
 * @throws EngineError if the source is no core, or leads to none.
 */
export async function choose(build: Build, own: CoreSource | undefined, badCore: BadCore): Promise<Choice> {
  const given = own === undefined ? own : await read(own, badCore);
  if (build === "fast" && !WebAssembly.validate(RELAXED_PROBE)) return { source: undefined, why: "this engine has no relaxed SIMD" };
  if (given) return { source: given };
  const { fastCore } = build === "fast" ? await import("./fast.ts") : {};
  return fastCore ? { source: await fastCore() }
    : { source: undefined, why: "the library for edge engines has no other core: give fastCore() of lanewise/fast as the option core" };
}

/** The module of a choice, but for the embedded one; with core.ts's own ways to compile bytes, and to say what is no core.
 *
 * @throws EngineError if the source is no core, leads to none, or is a fast one that was not asked for.
 */
export async function moduleFrom(
  build: Build, own: CoreSource | undefined, compile: (bytes: Bytes) => Promise<WebAssembly.Module>, badCore: BadCore,
): Promise<WebAssembly.Module | undefined> {
  const { source } = await choose(build, own, badCore);
  return source && wantBuild(build, isModule(source) ? source : await compile(source), badCore);
}

/** A module that is not the fast build, unless that was asked for: without a word, nobody is to have other bits.
 *
 * @throws EngineError for another.
 */
export function wantBuild(build: Build, module: WebAssembly.Module, badCore: BadCore): WebAssembly.Module {
  let exports: WebAssembly.ModuleExportDescriptor[];
  try {
    exports = WebAssembly.Module.exports(module);
  } catch (error) {
    throw badCore(error);
  }
  if (build !== "fast" && exports.some(({ name }) => name === "fast"))
    throw badCore(module, { wanted: "the exact build, lanewise/core.wasm", fix: 'build: "fast" takes lanewise/fast.wasm, and gives up the promise of bits' });
  return module;
}

/** A module, or bytes; those of a response or behind a URL are fetched.
 *
 * @throws EngineError if it is neither.
 */
export async function read(source: CoreSource, badCore: BadCore): Promise<WebAssembly.Module | Bytes> {
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
