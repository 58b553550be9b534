// A page as a browser gets it: bundled from installed packages, minified, and weighed gzipped, file by file, as servers send
// them. The pages of xor/ all train the same network on the same table, each with another library.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

/** 1 KB is 1000 bytes, here as everywhere. */
export const KB = 1000;
/** What may not be exceeded, in bytes: less than 10 % above what they were before the kernels were made faster. The fast core has one
 * tile more than the core, and is loaded by those alone who ask for it. */
export const LIMITS = { core: 27 * KB, coreZipped: 9.5 * KB, fastZipped: 9.9 * KB, pageZipped: 52.79 * KB };
/** Minifiers name nested functions' variables otherwise: terser (which webpack takes) gives each function the same short
 * names, which gzip likes; esbuild does not. So a page has two sizes. */
export const MINIFIERS = ["esbuild", "terser"];

export const zipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

/** Where the pages of xor/ stand: the peers' are bundled here. */
export const pages = join(dirname(fileURLToPath(import.meta.url)), "xor");

/** The page of a library with the packages that are installed for `folder`: { name, content, zipped, loaded } of each file;
 * what is not loaded comes by a dynamic import, if ever. `whole`: as one file, which holds that too. `assets`: files
 * that the script fetches. */
export async function pageOf(library, folder, minifier, { whole = false, assets = [] } = {}) {
  const { outputFiles, metafile: { outputs } } = await build({
    absWorkingDir: folder, stdin: { contents: readFileSync(join(pages, `${library}.js`), "utf8"), resolveDir: folder, sourcefile: "page.js" },
    outdir: join(folder, "out"), entryNames: "page", bundle: true, splitting: !whole, minify: minifier === "esbuild", format: "esm", target: "es2022",
    write: false, metafile: true, legalComments: "none", logLevel: "error",
  });
  const byName = new Map(Object.entries(outputs).map(([path, output]) => [basename(path), output]));
  const loaded = new Set(["page.js"]); // grows while it is gone through
  for (const name of loaded)
    for (const { path, kind, external } of byName.get(name).imports) if (kind === "import-statement" && !external) loaded.add(basename(path));
  const html = Buffer.from('<!doctype html><meta charset="utf-8"><title>XOR</title><body><script type="module" src="page.js"></script>');
  const files = [{ name: "index.html", content: html, loaded: true }];
  for (const { path, text } of outputFiles) {
    const name = basename(path), code = minifier === "terser" ? (await minify(text, { module: true, ecma: 2020 })).code : text;
    files.push({ name, content: Buffer.from(code), loaded: loaded.has(name) });
  }
  for (const path of assets) files.push({ name: basename(path), content: readFileSync(path), loaded: true });
  return files.map((file) => ({ ...file, zipped: zipped(file.content) }));
}

/** Bytes, gzipped, of what the page loads, and of what it may load later. */
export function weigh(files) {
  const sum = (loaded) => files.reduce((sum, file) => sum + (file.loaded === loaded ? file.zipped : 0), 0);
  return { loaded: sum(true), later: sum(false) };
}

/** Stands in for a browser's globals, without those of Node, and prints what the page shows in the end. */
const BROWSER = `
import { readFileSync } from "node:fs";
const say = console.log, type = { "content-type": "application/wasm" };
globalThis.window = globalThis;
globalThis.document = { body: { textContent: "" } };
globalThis.fetch = async (path) => new Response(readFileSync(String(path)), { headers: type });
delete globalThis.process;
delete globalThis.SharedArrayBuffer; // as on a page that is not isolated
await import("./page.js");
say(document.body.textContent);
`;

/** What the page shows when its script has run, with the files alone that it loads. A page that does not learn is none. */
export function shows(files) {
  const folder = mkdtempSync(join(tmpdir(), "lanewise-page-"));
  try {
    for (const { name, content, loaded } of files) if (loaded) writeFileSync(join(folder, name), content);
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "browser.js"), BROWSER);
    const { stdout, stderr } = spawnSync(process.execPath, ["browser.js"], { cwd: folder, encoding: "utf8", timeout: 60_000 });
    return stdout.trim() || `nothing: ${stderr.trim().slice(-300)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Has the page learnt its table? */
export const learnt = (text) => /^epoch 300: \S+ 0 1 1 0$/.test(text);
