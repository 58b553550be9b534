// The WebAssembly side: bytes or a module become an instance on a memory. The only file that touches WebAssembly.
//
// There is one binary. As it is embedded it imports a memory of its own; for threads one bit of it is set, and it imports a
// shared one. Where an engine refuses to compile bytes (edge runtimes), the build embeds a module instead.

import embedded from "../build/core.wasm";
import { Version } from "../assembly/isa.ts";
import { EngineError, MemoryError } from "./errors.ts";

/** A core of one's own: the bytes of core.wasm, a module compiled from them, a response with them, or where they lie. */
export type CoreSource = WebAssembly.Module | ArrayBuffer | Uint8Array | Response | URL | string;

/** The functions of the core (assembly/index.ts) and the memory that they work on. */
export interface Core {
  readonly memory: WebAssembly.Memory;
  /** First byte that is free for plans. */
  readonly base: number;
  /** Runs a program as one of `size` ranks. 0: done. Else some rank has not come to a barrier within a tenth of a second: to go
   * on, call again with what was returned as `from`. */
  run(program: number, rank: number, size: number, from?: number): number;
  execute(instruction: number, rank: number, size: number): number;
  firstNonFinite(from: number, count: number): number;
  shuffle(ids: number, count: number, stream: number, low: number, high: number, step: number): void;
}

/** Bytes of a page of WebAssembly memory. */
const PAGE = 65536;
/** All that 32-bit addresses reach. */
export const ADDRESSABLE = 65536 * PAGE;

interface Exports {
  isaVersion(): number;
  heapBase: WebAssembly.Global;
  run(program: number, rank: number, size: number, from: number): number;
  execute: Core["execute"];
  firstNonFinite: Core["firstNonFinite"];
  shuffle: Core["shuffle"];
}

/** The embedded core's module, made once. */
let compiled: Promise<WebAssembly.Module> | undefined;
/** Memories of disposed models, those of their own and shared ones: a page may have only some hundred live ones, and they are
 * freed late. */
const pools: readonly [own: WebAssembly.Memory[], shared: WebAssembly.Memory[]] = [[], []];
const POOLED = 4;
const POOLED_BYTES = 64 * 1024 * 1024;

/** Makes an instance on a memory of its own.
 *
 * @throws EngineError if the engine has no SIMD, or the core speaks another instruction set.
 */
export async function loadCore(source?: CoreSource): Promise<Core> {
  return instantiate(await moduleOf(source));
}

/** Makes an instance of a module on a memory, one of its own where none is given: each thread has one on the same memory. */
export async function instantiate(module: WebAssembly.Module, given?: WebAssembly.Memory): Promise<Core> {
  const memory = given ?? memoryOf(false);
  const giveBack = (): unknown => given ?? pools[0].push(memory);
  let exports: Exports;
  try {
    exports = (await WebAssembly.instantiate(module, { env: { memory } })).exports as unknown as Exports;
  } catch (error) {
    giveBack();
    throw badCore(error);
  }
  const version = typeof exports.isaVersion === "function" ? exports.isaVersion() : undefined;
  if (version !== Version.ISA) {
    giveBack();
    if (version === undefined) throw badCore(module);
    throw new EngineError("isa-version", {
      of: "core", option: "instruction set", wanted: Version.ISA, got: version, fix: "take the core from this release",
    });
  }
  const { run, execute, firstNonFinite, shuffle, heapBase } = exports;
  return {
    memory, base: Number(heapBase.value), run: (program, rank, size, from = 0) => run(program, rank, size, from) >>> 0,
    execute, shuffle, firstNonFinite: (from, count) => firstNonFinite(from, count) >>> 0,
  };
}

/** Gives a memory back, for the next model. No thread may write to it any more. */
export function releaseCore({ memory }: Pick<Core, "memory">): void {
  const { buffer } = memory, pool = pools[buffer instanceof ArrayBuffer ? 0 : 1];
  if (pool.length < POOLED && buffer.byteLength <= POOLED_BYTES) pool.push(memory);
}

/** Lets the memory have at least so many bytes. Views made before become invalid. */
export function growTo({ memory }: Core, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing <= 0) return;
  try {
    memory.grow(Math.ceil(missing / PAGE));
  } catch {
    throw new MemoryError("out-of-memory", { problem: `the engine refused a memory of ${bytes} bytes` });
  }
}

/** The module of a source, or of the embedded core.
 *
 * @throws EngineError if the engine has no SIMD or compiles nothing, or the source is no core.
 */
export async function moduleOf(source?: CoreSource): Promise<WebAssembly.Module> {
  wantSimd();
  const given = source === undefined ? embedded : source;
  if (source === undefined && typeof embedded === "string")
    try {
      return await (compiled ??= embeddedBytes().then(compile));
    } catch (error) {
      compiled = undefined;
      throw error;
    }
  return isModule(given) ? given : compile(await bytesFrom(given));
}

/** The bytes of a source; those of a response or a URL are fetched. */
export async function bytesFrom(source: CoreSource): Promise<unknown> {
  if (source instanceof ArrayBuffer || source instanceof Uint8Array) return source;
  try {
    return await (await import("./source.ts")).bytesOf(source);
  } catch (error) {
    throw badCore(error);
  }
}

/** The embedded core: deflated, it costs a page 4 KB less on the wire. */
export async function embeddedBytes(): Promise<ArrayBuffer> {
  if (typeof DecompressionStream === "undefined")
    throw new EngineError("no-decompression", { problem: "this engine has no DecompressionStream", fix: "give the bytes of lanewise/core.wasm as the option core" });
  const bytes = Uint8Array.from(atob(embedded as string), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
}

/** A memory for one thread, or for several that share it. */
export function memoryOf(shared: boolean): WebAssembly.Memory {
  return pools[shared ? 1 : 0].pop() ?? new WebAssembly.Memory({ initial: 1, maximum: ADDRESSABLE / PAGE, shared });
}

/** Compiles bytes of a core.
 *
 * @throws EngineError if they are none, or a policy forbids it.
 */
export async function compile(bytes: unknown): Promise<WebAssembly.Module> {
  if (!(bytes instanceof ArrayBuffer || bytes instanceof Uint8Array)) throw badCore(bytes);
  try {
    return await WebAssembly.compile(bytes as BufferSource);
  } catch (error) {
    // Chromium and Firefox say so; there is no other way to know
    if (/content security policy|\bCSP\b/i.test(String(error)))
      throw new EngineError("csp", {
        problem: "the page's Content-Security-Policy refuses WebAssembly", fix: "add 'wasm-unsafe-eval' to its script-src", cause: String(error),
      });
    throw badCore(error);
  }
}

/** Edge engines may give the program a WebAssembly of another realm than the one in which they compile what it imports. */
export function isModule(source: unknown): source is WebAssembly.Module {
  return Object.prototype.toString.call(source) === "[object WebAssembly.Module]";
}

/** The error for a core of the caller's, from what was given or what the engine says of it. */
function badCore(got: unknown): EngineError {
  return new EngineError("bad-core", { option: "core", wanted: "the bytes of lanewise's core.wasm, a module or a response of them, or their URL", got });
}

/** A module of one function that needs SIMD: (func (drop (i8x16.splat (i32.const 0)))) */
const SIMD_PROBE = /* @__PURE__ */ new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11,
]);

function wantSimd(): void {
  if (typeof WebAssembly !== "object")
    throw new EngineError("no-webassembly", { problem: "this engine has no WebAssembly, or a policy forbids it" });
  if (!WebAssembly.validate(SIMD_PROBE))
    throw new EngineError("no-simd", {
      problem: "this engine has no WebAssembly SIMD",
      fix: "it came with Chrome 91, Firefox 89 and Safari 16.4",
    });
}
