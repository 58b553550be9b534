// The WebAssembly side: bytes or a module become an instance on a memory. The only file that touches WebAssembly.

import embedded from "../build/core.wasm";
import { Version } from "../assembly/isa.ts";
import { EngineError, MemoryError } from "./errors.ts";

/** A core of one's own: the bytes of core.wasm, or a module compiled from them. */
export type CoreSource = WebAssembly.Module | ArrayBuffer | Uint8Array;

/** The functions of the core (assembly/index.ts) and the memory that they work on. */
export interface Core {
  readonly memory: WebAssembly.Memory;
  /** First byte that is free for plans. */
  readonly base: number;
  run(program: number, rank: number, size: number): number;
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
  run: Core["run"];
  execute: Core["execute"];
  firstNonFinite: Core["firstNonFinite"];
  shuffle: Core["shuffle"];
}

let compiled: Promise<WebAssembly.Module> | undefined;
/** Memories of disposed models: a page may have only some hundred live ones, and they are freed late. */
const pool: WebAssembly.Memory[] = [];
const POOLED = 4;
const POOLED_BYTES = 64 * 1024 * 1024;

/** Makes an instance on a memory of its own.
 *
 * @throws EngineError if the engine has no SIMD, or the core speaks another instruction set.
 */
export async function loadCore(source?: CoreSource): Promise<Core> {
  wantSimd();
  const module = await (source === undefined ? ownModule() : moduleOf(source));
  const memory = pool.pop() ?? newMemory();
  let exports: Exports;
  try {
    exports = (await WebAssembly.instantiate(module, { env: { memory } })).exports as unknown as Exports;
  } catch (error) {
    pool.push(memory);
    throw badCore(error);
  }
  const version = typeof exports.isaVersion === "function" ? exports.isaVersion() : undefined;
  if (version !== Version.ISA) {
    pool.push(memory);
    throw new EngineError("isa-version", {
      of: "core", option: "instruction set", wanted: Version.ISA, got: version, fix: "take the core from this release",
    });
  }
  const { run, execute, firstNonFinite, shuffle, heapBase } = exports;
  return { memory, base: Number(heapBase.value), run, execute, shuffle, firstNonFinite: (from, count) => firstNonFinite(from, count) >>> 0 };
}

/** Gives a memory back, for the next model. */
export function releaseCore({ memory }: Core): void {
  if (pool.length < POOLED && memory.buffer.byteLength <= POOLED_BYTES) pool.push(memory);
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

/** The embedded core's module, made once. */
async function ownModule(): Promise<WebAssembly.Module> {
  try {
    return await (compiled ??= inflate(embedded).then(moduleOf));
  } catch (error) {
    compiled = undefined;
    throw error;
  }
}

/** The embedded core: deflated, it costs a page 4 KB less on the wire. */
async function inflate(base64: string): Promise<ArrayBuffer> {
  if (typeof DecompressionStream === "undefined")
    throw new EngineError("no-decompression", { problem: "this engine has no DecompressionStream", fix: "give the bytes of lanewise/core.wasm as the option core" });
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).arrayBuffer();
}

function newMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: ADDRESSABLE / PAGE });
}

async function moduleOf(source: CoreSource): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  const bytes = source instanceof ArrayBuffer ? new Uint8Array(source) : source;
  if (!(bytes instanceof Uint8Array)) throw badCore(source);
  try {
    return await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    throw badCore(error);
  }
}

/** The error for a core of the caller's, from what was given or what the engine says of it. */
function badCore(got: unknown): EngineError {
  return new EngineError("bad-core", { option: "core", wanted: "the bytes of lanewise's core.wasm, or a module of them", got });
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
