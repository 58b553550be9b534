// From src/page/ to dist/trainer.html: one file with all that it needs, which asks the network for nothing.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, transformSync } from "esbuild";
import lzma from "lzma/src/lzma-c-min.js";
import { guideModule } from "./guide.mjs";
import { embedWasm, fastApart } from "./wasm.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** Bytes of the samples as they are in the page, by name. */
const samples = new Map();

/** An import of "file?gzip" gives the file's bytes, gzipped. */
const gzipped = {
  name: "gzipped",
  setup(build) {
    build.onResolve({ filter: /\?gzip$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path.replace(/\?gzip$/, "")), namespace: "gzip" }));
    build.onLoad({ filter: /.*/, namespace: "gzip" }, ({ path }) => {
      const contents = gzipSync(readFileSync(path), { level: 9 });
      samples.set(path, Math.ceil(contents.length / 3) * 4);
      return { contents, loader: "binary" };
    });
  },
};

/** An import of "docs/choosing.md?guide" gives the guide in both languages. */
const guide = {
  name: "guide",
  setup(build) {
    build.onResolve({ filter: /\?guide$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path.replace(/\?guide$/, "")), namespace: "guide" }));
    build.onLoad({ filter: /.*/, namespace: "guide" }, ({ path }) => ({ contents: guideModule(path) }));
  },
};

/** uPlot asks Intl for the browser's language when it is loaded, and fails where Intl does not know it ("en-US@posix", of Chromium without
 * a locale): Intl's own default is one that it knows. */
const anyLanguage = {
  name: "any-language",
  setup(build) {
    build.onLoad({ filter: /uPlot\.esm\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8"), contents = text.replace("domEnv ? nav.language : 'en-US'", "undefined");
      if (contents === text) throw new Error("uPlot asks for the language in another way now");
      return { contents };
    });
  },
};

/** The library imports fflate when it is used, whole; here it is but what unpacks. */
const inflateOnly = {
  name: "inflate-only",
  setup(build) {
    build.onResolve({ filter: /^fflate$/ }, ({ kind }) => (kind === "dynamic-import" ? { path: "fflate", namespace: "inflate" } : undefined));
    build.onLoad({ filter: /.*/, namespace: "inflate" }, () => ({ contents: 'export { Inflate } from "fflate";', resolveDir: root }));
  },
};

/** The engine is in a worker as it is, on one thread: as in the edge build, nothing of threads and workers; and it shows no profile of instructions. */
const oneThread = {
  name: "one-thread",
  setup(build) {
    build.onResolve({ filter: /\/runtimes\/index\.ts$/ }, () => ({ path: join(root, "src/runtimes/edge.ts") }));
    build.onResolve({ filter: /\/profile\/index\.ts$/ }, ({ path }) => ({ path, namespace: "none" }));
  },
};

/** All rows are in memory: it trains on no stream, nor learns from one. */
const inMemory = {
  name: "in-memory",
  setup(build) {
    build.onResolve({ filter: /\/(train\/streams|data\/learners)\.ts$/ }, ({ path }) => ({ path, namespace: "none" }));
  },
};

/** The formulas of the ops' rows are for tests and benches. */
const noFormulas = {
  name: "no-formulas",
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/]ops[\\/]\w+\.ts$/ }, ({ path }) => ({ contents: readFileSync(path, "utf8").replace(/\b(?:formula|derivative): (?:"[^"\n]*"|`[^`\n]*`),? ?/g, ""), loader: "ts" }));
  },
};

/** What of the command line is not for a page: files and the terminal. */
const noNode = {
  name: "no-node",
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: "none" }));
    build.onLoad({ filter: /.*/, namespace: "none" }, () => ({ contents: "module.exports = {};" }));
    // runs are kept in the browser
    build.onLoad({ filter: /[\\/]runs[\\/]files\.ts$/ }, () => ({ contents: "export const folderStore = undefined;" }));
  },
};

const { outputFiles: [{ text: script }], metafile } = await build({
  absWorkingDir: root, entryPoints: ["src/page/main.tsx"], bundle: true, minify: true, format: "iife", charset: "utf8", platform: "browser", target: "es2022", write: false, metafile: true,
  external: ["hyparquet", "hyparquet-compressors", "fast-png", "jpeg-js"], plugins: [gzipped, guide, anyLanguage, inflateOnly, noNode, oneThread, inMemory, noFormulas, fastApart, embedWasm], legalComments: "none", jsx: "automatic", jsxImportSource: "preact",
  define: { "import.meta.url": "undefined" },
});
const sheets = readdirSync(join(root, "src/page/styles")).sort().map((name) => join("src/page/styles", name));
const styles = transformSync(["node_modules/uplot/dist/uPlot.min.css", ...sheets].map((path) => readFileSync(join(root, path), "utf8")).join("\n"), { loader: "css", minify: true }).code;
// by LZMA the script is a third as long, a tenth less than deflated by Zopfli (261 KB beside 292, without samples), and unpacked in some 0.1 s
const packed = Buffer.from(lzma.LZMA.compress(Buffer.from(script), 9)).toString("base64");
const { code: unpack } = transformSync(readFileSync(join(root, "scripts/unlzma.mjs"), "utf8").replace("export function", "function"), { minify: true, target: "es2022" });
const loader = `if(!document.documentElement.dataset.lacks){${unpack}const script=document.createElement("script");`
  + `script.textContent=new TextDecoder().decode(unlzma(Uint8Array.from(atob("${packed}"),(c)=>c.charCodeAt(0))));document.body.append(script)}`;
// what comes before it stays in plain old JavaScript
const check = transformSync(readFileSync(join(root, "src/page/check.js"), "utf8"), { minify: true, target: "es5", charset: "utf8" }).code;
const hash = (text) => createHash("sha256").update(text).digest("base64");
const page = readFileSync(join(root, "src/page/index.html"), "utf8")
  .replace("sha256-CHECK", () => `sha256-${hash(check)}`).replace("<script>CHECK", () => `<script>${check}`)
  .replace("sha256-LOADER", () => `sha256-${hash(loader)}`).replace("sha256-SCRIPT", () => `sha256-${hash(script)}`).replace("sha256-STYLE", () => `sha256-${hash(styles)}`)
  .replace("<style>STYLE", () => `<style>${styles}`).replace("<script>LOADER", () => `<script>${loader}`);

mkdirSync(join(root, "dist"), { recursive: true });
writeFileSync(join(root, "dist/trainer.html"), page);
const bytes = Buffer.byteLength(page), inSamples = [...samples.values()].reduce((sum, size) => sum + size, 0), KB = (n) => `${(n / 1000).toFixed(1)} KB`;
console.log(`dist/trainer.html: ${KB(bytes)}, ${KB(gzipSync(page, { level: 9 }).length)} gzipped; of it ${KB(inSamples)} of samples`);
if (process.argv.includes("--parts")) {
  const sizes = Object.entries(Object.values(metafile.outputs)[0].inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput]).sort((a, b) => b[1] - a[1]);
  for (const [path, size] of sizes.slice(0, 999)) console.log(`${String(size).padStart(8)}  ${path}`);
}
