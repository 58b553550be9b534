// The WebAssembly side: bytes or a module become an instance on a memory. The only file that touches WebAssembly.
//
// There is one binary, and the fast build (fast.ts) beside it. As it is embedded it imports a memory of its own; for threads one
// bit of it is set, and it imports a shared one. Where an engine refuses to compile bytes (edge runtimes), the build embeds a
// module instead.

import embedded from "../build/core.wasm";
import { Version } from "../assembly/isa.ts";
import { type Details, EngineError, MemoryError } from "./errors.ts";
import { inflate } from "./inflate.ts";
import type { Build, CoreSource } from "./source.ts";

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
  /** The mark of the fast build (assembly/fast.ts). */
  readonly fast?: unknown;
  /** The build that was asked for, had or not, where it is not the exact one: bits are not promised then. */
  readonly asked?: Build;
  shuffle(ids: number, count: number, stream: number, low: number, high: number, step: number): void;
}

/** Bytes of a page of WebAssembly memory. */
const PAGE = 65536;
/** All that 32-bit addresses reach. */
export const ADDRESSABLE = 65536 * PAGE;

interface Exports extends Omit<Core, "memory" | "base" | "asked"> {
  isaVersion?(): number;
  readonly heapBase: WebAssembly.Global;
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
export async function loadCore(source?: CoreSource, build?: Build): Promise<Core> {
  return instantiate(await moduleOf(source, build));
}

/** Makes an instance of a module on a memory, one of its own where none is given: each thread has one on the same memory. */
export async function instantiate(module: WebAssembly.Module, memory = memoryOf(false)): Promise<Core> {
  try {
    const exports = (await WebAssembly.instantiate(module, { env: { memory } })).exports as unknown as Exports, version = exports.isaVersion?.();
    if (version === undefined) throw badCore(module);
    if (version !== Version.ISA)
      throw new EngineError("isa-version", {
        of: "core", option: "instruction set", wanted: Version.ISA, got: version, fix: "take the core from this release",
      });
    return { ...exports, memory, base: Number(exports.heapBase.value) };
  } catch (error) {
    releaseCore({ memory });
    throw badCore(error);
  }
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

/** The module of a source, or of the embedded core; of the fast build where that is asked for and can be had.
 *
 * @throws EngineError if the engine has no SIMD or compiles nothing, or the source is no core.
 */
export async function moduleOf(source?: CoreSource, build: Build = "exact"): Promise<WebAssembly.Module> {
  wantSimd();
  const other = source !== undefined || build !== "exact" ? await (await import("./source.ts")).moduleFrom(build, source, compile, badCore) : undefined;
  if (other) return other;
  if (typeof embedded !== "string") return embedded;
  return compiled ??= embeddedBytes().then(compile).catch((error) => {
    compiled = undefined;
    throw error;
  });
}

/** The embedded core. */
export async function embeddedBytes(): Promise<ArrayBuffer> {
  if (typeof DecompressionStream === "undefined")
    throw new EngineError("no-decompression", { problem: "this engine has no DecompressionStream", fix: "give lanewise/core.wasm as the option core" });
  return inflate(embedded as string);
}

/** A memory for one thread, or for several that share it. */
export function memoryOf(shared: boolean): WebAssembly.Memory {
  return pools[shared ? 1 : 0].pop() ?? new WebAssembly.Memory({ initial: 1, maximum: ADDRESSABLE / PAGE, shared });
}

/** Compiles bytes of a core.
 *
 * @throws EngineError if they are none, or a policy forbids it.
 */
export async function compile(bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    // Chromium and Firefox say so; there is no other way to know
    if (/content security policy|\bCSP\b/i.test(String(error)))
      throw new EngineError("csp", {
        problem: "a Content-Security-Policy refuses WebAssembly", fix: "add 'wasm-unsafe-eval' to its script-src",
      });
    throw badCore(error);
  }
}

/** The error for a core of the caller's, from what was given or what the engine says of it. */
export function badCore(got: unknown, more?: Details): EngineError {
  return got instanceof EngineError ? got : new EngineError("bad-core", { option: "core", wanted: "core.wasm: its bytes, a module, a response or a URL", got, ...more });
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
