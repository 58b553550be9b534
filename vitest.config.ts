import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vitest/config";

/** An import of a .wasm file is its bytes, as in the build. */
const wasmBytes: Plugin = {
  name: "wasm-bytes",
  enforce: "pre",
  load(id) {
    if (!id.endsWith(".wasm")) return undefined;
    return `export default new Uint8Array(Buffer.from("${readFileSync(id).toString("base64")}", "base64"));`;
  },
};

export default defineConfig({
  plugins: [wasmBytes],
  test: { include: ["test/**/*.test.ts"], testTimeout: 60_000 },
});
