import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { configDefaults, defineConfig, type Plugin } from "vitest/config";
import { scriptModule, wasmModule } from "./scripts/wasm.mjs";

/** Imports of a .wasm file and of a script are what they are in the build; with --mode fast, the fast core stands in for the exact one. */
const embedWasm = (mode: string): Plugin => ({
  name: "embed-wasm",
  enforce: "pre",
  load: (id) => (id.endsWith(".wasm") ? wasmModule(mode === "fast" ? id.replace(/core\.wasm$/, "fast.wasm") : id) : id.endsWith("?script") ? scriptModule(id) : undefined),
});

/** An import of "file?gzip" gives the file's bytes, gzipped, as in the build of the page. */
const gzipped: Plugin = {
  name: "gzipped",
  enforce: "pre",
  resolveId: (id, from) => (id.endsWith("?gzip") && from ? `\0${join(from, "..", id)}` : undefined),
  load: (id) => (id.endsWith("?gzip") ? `export default Uint8Array.from(atob("${gzipSync(readFileSync(id.slice(1, -5))).toString("base64")}"), (letter) => letter.charCodeAt(0));` : undefined),
};

/** Tests that take minutes: run by `npm run test:embed`, and by CI. */
const SLOW = ["test/runtimes/embed.test.ts", "test/runtimes/next.test.ts"];

/** Journeys through the trainer page, in real browsers: run by `npm run test:page`, and by CI. */
const PAGE = ["test/page/journeys/**"];

export default defineConfig(({ mode }) => ({
  plugins: [embedWasm(mode), gzipped],
  test: { include: ["test/**/*.test.ts"], exclude: [...configDefaults.exclude, ...(mode === "embed" ? [] : SLOW), ...(mode === "page" ? [] : PAGE)], testTimeout: 60_000 },
}));
