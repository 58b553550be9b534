// The core as a page carries it: an import of a .wasm file gives its bytes, unshared, deflated, in base64 (see src/core.ts).
import { readFileSync } from "node:fs";
import { zlibAsync } from "@gfx/zopfli";

/** The core for one thread. It is built for shared memory: this clears the flag "shared" (2) in the limits of the memory that
 * it imports, one bit. */
export function unshared(bytes) {
  const copy = Buffer.from(bytes), entry = Buffer.from("\x03env\x06memory\x02", "latin1"), flags = copy.indexOf(entry) + entry.length;
  if (flags < entry.length || copy[flags] !== 3) throw new Error("core.wasm imports no shared memory env.memory");
  copy[flags] = 1;
  return copy;
}

/** The text of a module that stands for a .wasm file. Zopfli deflates as zlib does, but 5 % smaller. */
export async function wasmModule(file) {
  return `export default "${Buffer.from(await zlibAsync(unshared(readFileSync(file)), { numiterations: 15 })).toString("base64")}";`;
}

/** For esbuild. */
export const embedWasm = {
  name: "embed-wasm",
  setup(build) {
    build.onLoad({ filter: /\.wasm$/ }, async ({ path }) => ({ contents: await wasmModule(path), loader: "js" }));
  },
};
