import { defineConfig, type Plugin } from "vitest/config";
import { scriptModule, wasmModule } from "./scripts/wasm.mjs";

/** Imports of a .wasm file and of a script are what they are in the build. */
const embedWasm: Plugin = {
  name: "embed-wasm",
  enforce: "pre",
  load: (id) => (id.endsWith(".wasm") ? wasmModule(id) : id.endsWith("?script") ? scriptModule(id) : undefined),
};

export default defineConfig({
  plugins: [embedWasm],
  test: { include: ["test/**/*.test.ts"], testTimeout: 60_000 },
});
