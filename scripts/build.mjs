// From src/, build/core.wasm and build/fast.wasm to dist/: ES modules with the core embedded, the same for edge engines, which
// import core.wasm, the two files, what a worker runs, the command line, and declarations.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { licencesOf, licenceText } from "./licences.mjs";
import { embedWasm, fastApart, importWasm, scriptOf, unshared } from "./wasm.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);

// Private members whose names stand nowhere else in src/, nor in the benches, get short ones: 0.1 KB less for a page.
const sources = ["src", "bench/suites"].flatMap((folder) => readdirSync(join(root, folder), { recursive: true })
  .filter((name) => /^(?!(?:advice|cli|page)\b).*\.(ts|mjs)$/.test(name)).map((name) => readFileSync(join(root, folder, name), "utf8")));
// comments on lines of their own only: what stands behind "//" may be in a string, with code behind it
const text = sources.join("\n").replace(/^ *(?:\/\*[^]*?\*\/|\/\/.*)$/gm, "");
const declared = new Set([...text.matchAll(/^ +private (?:readonly |async |get )*(\w+)/gm)].map(([, name]) => name));
const hidden = [...declared].filter((name) => !new RegExp(`(?<!this\\.|private (?:readonly |async |get )*)\\b${name}\\b`).test(text));

// what users install beside it, if they read such files
const external = Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).peerDependencies ?? {});

/** The two entries, and chunks that both share: a Value of one is a Value of the other. */
const modules = (outdir, plugins, entryPoints = { index: "src/index.ts", ops: "src/ops/index.ts" }) => build({
  absWorkingDir: root,
  entryPoints,
  outdir, bundle: true, splitting: true, external, format: "esm", platform: "neutral", target: "es2022",
  mainFields: ["module", "main"], plugins, legalComments: "inline", chunkNames: "[hash]", mangleProps: new RegExp(`^(?:${hidden.join("|")})$`),
});
await modules("dist", [fastApart, embedWasm]);
await modules("dist/edge", [importWasm]);
// The fast build shares no chunk with them: a page would have a file more.
for (const [outdir, core] of [["dist", embedWasm], ["dist/edge", importWasm]]) await modules(outdir, [core], { fast: "src/fast.ts" });
// The command line is one file, with the readers' peers in it: npx finds no package beside the one that it runs. Their licences lie beside it.
const { metafile } = await build({
  absWorkingDir: root, entryPoints: { cli: "src/cli/main.ts" }, outdir: "dist", bundle: true, format: "esm", platform: "node", target: "es2022", metafile: true,
  mainFields: ["module", "main"], plugins: [fastApart, embedWasm], legalComments: "inline", minifyWhitespace: true, minifySyntax: true, banner: { js: "#!/usr/bin/env node" },
});
writeFileSync(join(dist, "cli.licenses.txt"), licenceText(licencesOf(root, metafile)));
copyFileSync(join(root, "src/cli/lanewise.schema.json"), join(dist, "lanewise.schema.json"));

// Namespaces (layers, ops …) as esbuild writes them keep a bundler from dropping what a page does not use: marked pure,
// they go with their contents. The embedded core goes first: gzip codes it in a block of its own, 1.5 KB less for a page.
// The formulas of the ops' rows are for tests and benches, which read src/: without them 0.4 KB less.
for (const file of readdirSync(dist, { recursive: true }).filter((name) => name.endsWith(".js"))) {
  const path = join(dist, file);
  writeFileSync(path, readFileSync(path, "utf8")
    .replace(/^([\s\S]*)^(var core_default = ".*";\n)/m, "$2$1")
    .replace(/^ +(?:formula|derivative): (?:"[^"\n]*"|`[^`\n]*`),?\n/gm, "")
    .replace(/, formula: "[^"\n]*"(?= \})/g, "") // a row of one line
    .replace(/^var (\w+) = \{\};\n__export\(\1, (\{[\s\S]*?\n\})\);/gm, "var $1 = /* @__PURE__ */ __export({}, $2);")
    .replace(/^(var __export = \(target, all\) => \{\n[\s\S]*?)\n\};/m, "$1\n  return target;\n};"));
}

// What a worker runs, as a file of the page's own origin. It exports nothing, and its declaration says so.
writeFileSync(join(dist, "worker.js"), scriptOf(join(root, "src/runtimes/worker.ts")));
writeFileSync(join(dist, "worker.d.ts"), "export {};\n");

// The cores on their own, for engines that take a .wasm as a module: without the flag "shared" on their memory.
for (const name of ["core.wasm", "fast.wasm"]) writeFileSync(join(dist, name), unshared(readFileSync(join(root, "build", name))));

const tsc = createRequire(import.meta.url).resolve("typescript/package.json");
execFileSync(process.execPath, [join(dirname(tsc), "bin/tsc"), "-p", "scripts/tsconfig.types.json"], { cwd: root, stdio: "inherit" });
// Declarations import each other as JavaScript. What no entry leads to is the library's own.
const types = join(dist, "types"), reached = new Set();
const reach = (path) => {
  if (reached.has(path)) return;
  reached.add(path);
  const text = readFileSync(path, "utf8").replace(/(from "\.[^"]*|import\("\.[^"]*)\.ts"/g, '$1.js"');
  writeFileSync(path, text);
  for (const [, other] of text.matchAll(/(?:from |import\()"(\.[^"]*)\.js"/g)) reach(join(dirname(path), `${other}.d.ts`));
};
for (const entry of ["src/index.d.ts", "src/ops/index.d.ts", "src/fast.d.ts"]) reach(join(types, entry));
for (const file of readdirSync(types, { recursive: true }).map((name) => join(types, name)))
  if (file.endsWith(".d.ts") && !reached.has(file)) rmSync(file);
