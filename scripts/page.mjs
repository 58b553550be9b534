// From src/page/ to dist/trainer.html: one file with all that it needs, which asks the network for nothing.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, buildSync, transformSync } from "esbuild";
import LZMA from "lzma";
import { minify } from "terser";
import { guideModule } from "./guide.mjs";
import { licencesOf, licenceText } from "./licences.mjs";
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

/** The file's text without what stands there for what; if it does not stand there any more, that is told. */
function edited(path, changes) {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`${path} has no ${JSON.stringify(from)} now`);
    return text.replace(from, to);
  }, readFileSync(path, "utf8"));
}

/** uPlot asks Intl for the browser's language when it is loaded, and fails where Intl does not know it ("en-US@posix", of Chromium without
 * a locale): Intl's own default is one that it knows. And the page draws straight lines only. */
const chart = {
  name: "chart",
  setup(build) {
    build.onLoad({ filter: /uPlot\.esm\.js$/ }, ({ path }) => ({
      contents: edited(path, [["domEnv ? nav.language : 'en-US'", "undefined"], ["(paths.stepped = stepped);", ""], ["(paths.bars    = bars);", ""], ["(paths.spline  = monotoneCubic);", ""]]),
    }));
  },
};

/** Of papaparse the library takes the parser alone, which lies in one function with all the rest. */
const parserOnly = {
  name: "parser-only",
  setup(build) {
    build.onResolve({ filter: /^papaparse$/ }, () => ({ path: join(root, "node_modules/papaparse/papaparse.js") }));
    build.onLoad({ filter: /[\\/]papaparse\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8"), cut = (pattern) => {
        const found = pattern.exec(text);
        if (!found) throw new Error(`papaparse has no ${pattern} now`);
        return found[0];
      };
      const functions = ["Parser", "escapeRegExp", "isFunction"].map((name) => cut(new RegExp(`^\\tfunction ${name}\\([^]*?^\\t}`, "m")));
      return { contents: ["const Papa = { BYTE_ORDER_MARK: \"\\ufeff\" };", cut(/Papa\.BAD_DELIMITERS = .*/), ...functions, "export { Parser };"].join("\n") };
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

/** The engine is in a worker as it is, on one thread: as in the edge build, nothing of threads and workers. It has its data in memory and its
 * core embedded, and shows no profile of instructions: what would be loaded for these is not there, so that a use of it fails. */
const oneThread = {
  name: "one-thread",
  setup(build) {
    build.onResolve({ filter: /\/runtimes\/index\.ts$/ }, () => ({ path: join(root, "src/runtimes/edge.ts") }));
    build.onResolve({ filter: /^\.\/(profile\/index|train\/streams|source)\.ts$/ }, ({ path, kind }) => (kind === "dynamic-import" ? { path, namespace: "none" } : undefined));
    build.onLoad({ filter: /.*/, namespace: "none" }, () => ({ contents: "module.exports = {};" }));
  },
};

/** Runs are kept in the browser. */
const noFolders = {
  name: "no-folders",
  setup(build) {
    build.onLoad({ filter: /[\\/]runs[\\/]files\.ts$/ }, () => ({ contents: "export const folderStore = undefined;" }));
  },
};

const { outputFiles: [{ text }], metafile } = await build({
  absWorkingDir: root, entryPoints: ["src/page/main.tsx"], bundle: true, minify: true, format: "iife", charset: "utf8", platform: "browser", target: "es2022", write: false, metafile: true,
  external: ["hyparquet", "hyparquet-compressors", "fast-png", "jpeg-js"], plugins: [gzipped, guide, chart, parserOnly, inflateOnly, noFolders, oneThread, fastApart, embedWasm], legalComments: "none", jsx: "automatic", jsxImportSource: "preact",
  define: { "import.meta.url": "undefined" },
});
// the same with other names, by which it is packed 3 % smaller
const { code: script } = await minify(text, { compress: false, ecma: 2022 });
const sheets = readdirSync(join(root, "src/page/styles")).sort().map((name) => join("src/page/styles", name));
const styles = transformSync(["node_modules/uplot/dist/uPlot.min.css", ...sheets].map((path) => readFileSync(join(root, path), "utf8")).join("\n"), { loader: "css", minify: true }).code;
// LZMA packs it a tenth smaller than deflate; mode 3 is as small as 9, in an eighth of the time
const packed = Buffer.from(LZMA.compress(script, 3)).toString("base64");
const { outputFiles: [{ text: loader }] } = buildSync({
  absWorkingDir: root, entryPoints: ["src/page/loader/loader.ts"], bundle: true, minify: true, format: "iife", platform: "browser", target: "es2022", write: false, define: { PACKED: JSON.stringify(packed) },
});
// what comes before it stays in plain old JavaScript
const check = transformSync(readFileSync(join(root, "src/page/check.js"), "utf8"), { minify: true, target: "es5", charset: "utf8" }).code;
// whoever has the file has the licences' notices in it; their whole texts lie beside it in the package
const licences = licencesOf(root, metafile), copyright = (text) => /^.*copyright (?!notice|owner|holder|and|license|in |law).*$/im.exec(text)?.[0].trim() ?? "";
const notices = [
  "In this page is code of others:", ...licences.map(({ name, text }) => `${name}: ${/apache/i.test(text) ? "Apache License 2.0, https://www.apache.org/licenses/LICENSE-2.0" : "MIT"}. ${copyright(text)}`),
  "The digits are E. Alpaydin's and C. Kaynak's, UCI Machine Learning Repository, https://doi.org/10.24432/C50P49, CC BY 4.0; the penguins are CC0.",
  licences.find(({ text }) => /Permission is hereby granted/.test(text)).text.replace(/^[^]*?(?=Permission is hereby granted)/, ""),
].join("\n").replace(/--+/g, "-");
const hash = (text) => createHash("sha256").update(text).digest("base64");
const page = readFileSync(join(root, "src/page/index.html"), "utf8")
  .replace("NOTICES", () => notices).replace("sha256-CHECK", () => `sha256-${hash(check)}`).replace("<script>CHECK", () => `<script>${check}`)
  .replace("sha256-LOADER", () => `sha256-${hash(loader)}`).replace("sha256-SCRIPT", () => `sha256-${hash(script)}`).replace("sha256-STYLE", () => `sha256-${hash(styles)}`)
  .replace("<style>STYLE", () => `<style>${styles}`).replace("<script>LOADER", () => `<script>${loader}`);

mkdirSync(join(root, "dist"), { recursive: true });
writeFileSync(join(root, "dist/trainer.html"), page);
writeFileSync(join(root, "dist/trainer.licenses.txt"), licenceText(licences));
const bytes = Buffer.byteLength(page), inSamples = [...samples.values()].reduce((sum, size) => sum + size, 0), KB = (n) => `${(n / 1000).toFixed(1)} KB`;
console.log(`dist/trainer.html: ${KB(bytes)}, ${KB(gzipSync(page, { level: 9 }).length)} gzipped; of it ${KB(inSamples)} of samples`);
if (process.argv.includes("--parts")) {
  const sizes = Object.entries(Object.values(metafile.outputs)[0].inputs).map(([path, { bytesInOutput }]) => [path, bytesInOutput]).sort((a, b) => b[1] - a[1]);
  for (const [path, size] of sizes.slice(0, 120)) console.log(`${String(size).padStart(8)}  ${path}`);
}
