import { readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vitest/config";

/** An import of a .wasm file is its bytes in base64, as in the build. */
const wasmBase64: Plugin = {
  name: "wasm-base64",
  enforce: "pre",
  load(id) {
    if (!id.endsWith(".wasm")) return undefined;
    return `export default "${readFileSync(id).toString("base64")}";`;
  },
};

export default defineConfig({
  plugins: [wasmBase64],
  test: { include: ["test/**/*.test.ts"], testTimeout: 60_000 },
});
