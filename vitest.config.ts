import { configDefaults, defineConfig, type Plugin } from "vitest/config";
import { scriptModule, wasmModule } from "./scripts/wasm.mjs";

/** Imports of a .wasm file and of a script are what they are in the build. */
const embedWasm: Plugin = {
  name: "embed-wasm",
  enforce: "pre",
  load: (id) => (id.endsWith(".wasm") ? wasmModule(id) : id.endsWith("?script") ? scriptModule(id) : undefined),
};

/** Tests that take minutes: run by `npm run test:embed`, and by CI. */
const SLOW = ["test/runtimes/embed.test.ts", "test/runtimes/next.test.ts"];

export default defineConfig(({ mode }) => ({
  plugins: [embedWasm],
  test: { include: ["test/**/*.test.ts"], exclude: [...configDefaults.exclude, ...(mode === "embed" ? [] : SLOW)], testTimeout: 60_000 },
}));
