// The core as a page carries it: an import of a .wasm file gives its bytes, deflated, in base64 (see src/core.ts).
import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";

/** The text of a module that stands for a .wasm file. */
export function wasmModule(file) {
  return `export default "${deflateSync(readFileSync(file), { level: 9 }).toString("base64")}";`;
}

/** For esbuild. */
export const embedWasm = {
  name: "embed-wasm",
  setup(build) {
    build.onLoad({ filter: /\.wasm$/ }, ({ path }) => ({ contents: wasmModule(path), loader: "js" }));
  },
};
