import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { configDefaults, defineConfig, type Plugin } from "vitest/config";
import { guideModule } from "./scripts/guide.mjs";
import { scriptModule, wasmModule } from "./scripts/wasm.mjs";

/** Imports of a .wasm file and of a script are what they are in the build; with --mode fast, the fast core stands in for the exact one. */
const embedWasm = (mode: string): Plugin => ({
  name: "embed-wasm",
  enforce: "pre",
  load: (id) => (id.endsWith(".wasm") ? wasmModule(mode === "fast" ? id.replace(/core\.wasm$/, "fast.wasm") : id) : id.endsWith("?script") ? scriptModule(id) : undefined),
});

/** Imports of "file?gzip", a file's bytes, gzipped, and of "docs/choosing.md?guide" are what they are in the build of the page. */
const PACKED: Readonly<Record<string, (file: string) => string>> = {
  "?gzip": (file) => `export default Uint8Array.from(atob("${gzipSync(readFileSync(file)).toString("base64")}"), (letter) => letter.charCodeAt(0));`,
  "?guide": guideModule,
};
const packed: Plugin = {
  name: "packed",
  enforce: "pre",
  resolveId: (id, from) => (from && Object.keys(PACKED).some((end) => id.endsWith(end)) ? `\0${join(from, "..", id)}` : undefined),
  load(id) {
    const end = Object.keys(PACKED).find((one) => id.endsWith(one));
    return end && PACKED[end]!(id.slice(1, -end.length));
  },
};

/** Tests that take minutes: run by `npm run test:embed`, and by CI. */
const SLOW = ["test/runtimes/embed.test.ts", "test/runtimes/next.test.ts"];

/** Journeys through the trainer page, in real browsers: run by `npm run test:page`, and by CI. */
const PAGE = ["test/page/journeys/**"];

export default defineConfig(({ mode }) => ({
  plugins: [embedWasm(mode), packed],
  test: { include: ["test/**/*.test.ts"], exclude: [...configDefaults.exclude, ...(mode === "embed" ? [] : SLOW), ...(mode === "page" ? [] : PAGE)], testTimeout: 60_000 },
}));
