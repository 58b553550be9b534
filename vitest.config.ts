import { defineConfig, type Plugin } from "vitest/config";
import { wasmModule } from "./scripts/wasm.mjs";

/** An import of a .wasm file is what it is in the build. */
const embedWasm: Plugin = {
  name: "embed-wasm",
  enforce: "pre",
  load: (id) => (id.endsWith(".wasm") ? wasmModule(id) : undefined),
};

export default defineConfig({
  plugins: [embedWasm],
  test: { include: ["test/**/*.test.ts"], testTimeout: 60_000 },
});
