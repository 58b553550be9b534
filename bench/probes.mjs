// The ceilings: what this engine reaches with vectors of 128 bits where nothing else is to be done (assembly/probes). Each
// probe has `run(times)`, as clock.mjs times it, and what one run does: `flops`, or the `bytes` that it loads and stores.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { here } from "./lanewise.mjs";
import { say } from "./table.mjs";

/** Depth of the panels of the probe with loads: 4 and 8 KB. */
const DEPTH = 256;
/** What the streams are filled with, so that no arithmetic of a probe meets a denormal number or a NaN. */
const VALUE = 1;

/** Streams of each probe: loads and stores. */
export const STREAMS = {
  load1: [1, 0], store1: [0, 1], load1Store1: [1, 1], load2Store1: [2, 1], load3Store1: [3, 1], load3Store2: [3, 2], load4Store3: [4, 3],
  sgd: [2, 1], adam: [4, 3], copy: [1, 1],
};

/** Bytes of build/probes.wasm, compiled where it is missing or older than its source. */
export function probesWasm(root = here) {
  const file = join(root, "build/probes.wasm"), folder = join(root, "assembly/probes");
  const newest = Math.max(...["index.ts", "asconfig.json"].map((name) => statSync(join(folder, name)).mtimeMs));
  if (!existsSync(file) || statSync(file).mtimeMs < newest) {
    say("build/probes.wasm is missing or old: asc");
    mkdirSync(dirname(file), { recursive: true });
    const asc = createRequire(join(root, "package.json")).resolve("assemblyscript/asc");
    execFileSync(process.execPath, [join(dirname(asc), "../bin/asc.js"), "--config", join(folder, "asconfig.json"), "--target", "probes"], { cwd: root, stdio: "inherit" });
  }
  return readFileSync(file);
}

/** The probes, on a memory of their own. */
export async function openProbes(root = here) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
  const { exports } = (await WebAssembly.instantiate(probesWasm(root), { env: { memory } })).instance;
  const base = Math.ceil(exports.heapBase.value / 64) * 64;
  const reserve = (bytes) => {
    const missing = base + bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    new Float32Array(memory.buffer, base, bytes >>> 2).fill(VALUE);
  };
  return {
    /** Products and sums in registers: `flops` of one run. */
    multiplyAdd: { flops: 96 * 1000, run: (times) => void exports.multiplyAdd(1000 * times) },
    /** The same with the loads of a micro-kernel of 4 × 8, whose panels are in the first-level cache. */
    get multiplyAddLoads() {
      reserve(48 * DEPTH);
      return { flops: 64 * DEPTH, run: (times) => void exports.multiplyAddLoads(base, base + 16 * DEPTH, DEPTH, times) };
    },
    /** Quotients. */
    divide: { flops: 32 * 1000, run: (times) => void exports.divide(1000 * times) },
    /** Streams of `bytes` each (a multiple of 64) by their name in STREAMS; stores go where the first loads come from, or with
     * `apart` behind them all. There is one memory: ask for the next when this one has been timed. */
    stream(name, bytes, { apart = name === "copy" } = {}) {
      if (bytes % 64) throw new Error(`a stream of ${bytes} bytes: a multiple of 64 is wanted`);
      // streams that are a multiple of 4096 bytes apart would have their lines in the same places of the cache
      const [loads, stores] = STREAMS[name], stride = bytes % 4096 ? bytes : bytes + 192;
      const to = apart ? base + loads * stride : base;
      reserve(stride * (apart ? loads + stores : Math.max(loads, stores)));
      return { bytes: (loads + stores) * bytes, run: (times) => void exports[name](base, to, stride, bytes, times) };
    },
  };
}
