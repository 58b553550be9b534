// npm run sweep: what the matrix product is built on, measured. Which register tile is best, in each engine that the tests have;
// which path for which product; which block sizes. Writes bench/SWEEP.md.
//
//   --part NAME   tiles, paths or blocks alone; nothing is written then
//   --turns N     turns through all variants, 15 by default

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { median } from "./clock.mjs";
import { loadEngines } from "./engines.mjs";
import { here } from "./lanewise.mjs";
import { readOptions } from "./options.mjs";
import { cpu, ensureBuild } from "./setup.mjs";
import { say, status, table, three } from "./table.mjs";
import { unshared } from "../scripts/wasm.mjs";
import { source, tiles } from "./sweep/tiles.mjs";

const options = readOptions({ part: "", turns: 15 });
const BLOCKS = [[256, 128], [256, 64], [256, 256], [128, 128], [128, 256], [192, 128], [384, 128], [512, 64], [512, 128]];
const PROCESSORS = join(here, "bench/sweep/processors.json");
const folder = mkdtempSync(join(tmpdir(), "lanewise-sweep-"));
const require = createRequire(import.meta.url);
try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function main() {
  ensureBuild();
  say("compiling the variants");
  const core = unshared(readFileSync(join(here, "build/core.wasm")));
  const modules = {
    exact: compileTiles("exact", false), fused: compileTiles("fused", true), core,
    ...Object.fromEntries(BLOCKS.map(([kc, mc]) => [`core ${kc} ${mc}`, compileCore(kc, mc)])),
  };
  await stage(modules);
  const { hosts, close } = await open(), sections = [];
  try {
    for (const part of [tilesPart, pathsPart, blocksPart]) if (part.name.startsWith(options.part)) {
      sections.push(await part(hosts));
      console.log(`\n${sections.at(-1)}`);
    }
  } finally {
    await close();
  }
  if (options.part) return;
  writeFileSync(join(here, "bench/SWEEP.md"), `# The sweep

Written by \`npm run sweep\`. Only ratios within one run mean anything. ${cpu()}; ${hosts.map(({ name }) => name).join(", ")}.

${sections.join("\n\n")}
`);
  say("written to bench/SWEEP.md");
}

/** As the core is compiled: asc, then wasm-opt. */
function compile(entry, cwd, target, features) {
  const out = join(folder, "out.wasm"), bin = (name, file) => join(dirname(require.resolve(`${name}/package.json`)), file);
  execFileSync(process.execPath, [bin("assemblyscript", "bin/asc.js"), entry, ...target, "--outFile", out], { cwd, stdio: ["ignore", 2, 2] });
  execFileSync(process.execPath, [bin("binaryen", "bin/wasm-opt"), out, "-o", out, "-O3", "--converge", "--enable-nontrapping-float-to-int",
    "--enable-sign-ext", "--enable-mutable-globals", "--enable-bulk-memory", ...features.map((name) => `--enable-${name}`)], { stdio: ["ignore", 2, 2] });
  return readFileSync(out);
}

function compileTiles(name, fused) {
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, source(fused));
  const features = fused ? ["simd", "relaxed-simd"] : ["simd"];
  return compile(file, folder, ["--runtime", "stub", "--importMemory", "--noAssert", "-O3", "--converge", "--use", "abort=", ...features.flatMap((one) => ["--enable", one])], features);
}

/** The core with other block sizes. */
function compileCore(kc, mc) {
  const copy = join(folder, `core-${kc}-${mc}`), isa = join(copy, "assembly/isa.ts");
  cpSync(join(here, "assembly"), join(copy, "assembly"), { recursive: true });
  cpSync(join(here, "asconfig.json"), join(copy, "asconfig.json"));
  const text = readFileSync(isa, "utf8"), changed = text.replace(/\bKC = \d+/, `KC = ${kc}`).replace(/\bMC = \d+/, `MC = ${mc}`);
  if (!changed.includes(`KC = ${kc},`) || !changed.includes(`MC = ${mc},`)) throw new Error("isa.ts has no KC and MC");
  writeFileSync(isa, changed);
  return unshared(compile("assembly/index.ts", copy, ["--target", "core"], ["simd", "threads"]));
}

async function stage(modules) {
  const text = JSON.stringify(Object.fromEntries(Object.entries(modules).map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")])));
  writeFileSync(join(folder, "modules.ts"), `export const modules: Record<string, string> = ${text};\nexport * as isa from ${JSON.stringify(join(here, "assembly/isa.ts"))};`);
  await build({
    absWorkingDir: here, entryPoints: ["bench/sweep/engine.js"], outdir: folder, bundle: true, format: "esm", target: "es2022", logLevel: "error",
    alias: { "lanewise-sweep-modules": join(folder, "modules.ts") },
  });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "index.html"), '<!doctype html><meta charset="utf-8"><title>sweep</title><body><script type="module" src="engine.js"></script>');
}

/** Every engine that the tests have, and Chromium. */
async function open() {
  const { engines, browsers, Browser, install } = await loadEngines();
  await install();
  const hosts = Object.values(engines).filter(Boolean).map((engine) => ({
    name: engine.name, run: async (query) => JSON.parse((await engine.run("engine.js", query, folder)).trim().split("\n").at(-1)),
  }));
  const browser = browsers.Chromium && await Browser.open(browsers.Chromium);
  if (browser) hosts.push({ name: browsers.Chromium.name, run: (query) => browser.run(folder, `index.html${query}`, {}) });
  return { hosts, close: async () => browser?.close() };
}

async function tilesPart(hosts) {
  const found = { exact: [], fused: [] };
  for (const { name, run } of hosts) for (const module of ["exact", "fused"]) {
    status(`tiles: ${name}, ${module}`);
    const { rates } = await run(`?part=tiles&module=${module}&turns=${options.turns}`);
    found[module].push(rates);
  }
  const rates = processors(), own = (rates[cpu().split(",")[0]] = {});
  const part = (module) => {
    const best = found[module].map((rates) => rates && Math.max(...rates));
    const lines = tiles.map(({ name }, i) => ({ name, shares: found[module].map((rates, host) => rates && rates[i] / best[host]) }));
    // those that the tile is chosen for
    const mean = ({ shares }) => {
      const v8 = shares.filter((share, host) => share && !/^Bun/.test(hosts[host].name));
      return v8.reduce((product, share) => product * share, 1) ** (1 / v8.length);
    };
    lines.sort((a, b) => mean(b) - mean(a));
    own[module] = Object.fromEntries(lines.map((line) => [line.name, Number(three(mean(line)))]));
    return table([["rows × columns, A", ...hosts.map(({ name }) => name), "all"], ["best, GFLOP/s", ...best.map((rate) => (rate ? three(rate) : "")), ""],
      ...lines.map((line) => [line.name, ...line.shares.map((share) => (share ? three(share) : "")), three(mean(line))])]);
  };
  const text = `## Register tiles

Rate of each tile on panels of 256 steps in the first-level cache, relative to the best one of the engine; "all" is the geometric mean of those with V8. With multiplication and addition, as in the exact build:

${part("exact")}

With fused multiply-add, as in the fast build. Its tile is 6 × 8: four rows of a panel and two of the one beside it, so that both builds pack alike:

${part("fused")}`;
  if (!options.part) writeFileSync(PROCESSORS, `${JSON.stringify(rates, null, 1)}\n`);
  return `${text}

### Over processors

The column "all" of each processor on which this was run, and their mean (bench/sweep/processors.json): first multiplication and addition, then fused. The best dozen.

${["exact", "fused"].map((module) => over(module, rates)).join("\n\n")}`;
}

/** Shares of tiles by processor; this run's takes the place of an earlier one's. */
function processors() {
  return JSON.parse(readFileSync(PROCESSORS, "utf8"));
}

function over(module, rates) {
  const names = Object.keys(rates), mean = (tile) => names.reduce((product, name) => product * rates[name][module][tile], 1) ** (1 / names.length);
  const best = tiles.map(({ name }) => name).sort((a, b) => mean(b) - mean(a)).slice(0, 12);
  return table([["rows × columns, A", ...names, "mean"], ...best.map((tile) => [tile, ...names.map((name) => three(rates[name][module][tile])), three(mean(tile))])]);
}

async function pathsPart(hosts) {
  const { pathsOf, products } = await import(await bundled()), found = [];
  const some = hosts.filter(({ name }) => /^Node/.test(name));
  for (const { name, run } of some) {
    status(`paths: ${name}`);
    found.push((await run(`?part=paths&turns=${options.turns}`)).products);
  }
  const names = ["direct", "both in place", "A in place", "B in place", "packed"];
  const title = ({ m, n, k, ta, tb }) => `${m} × ${n} × ${k} ${ta ? "T" : "N"}${tb ? "T" : "N"}`;
  return `## Paths

A product by each path, packing included, relative to the core's micro-kernel: the mean of ${some.map(({ name }) => name).join(" and ")}. "In place" is a factor that Gemm reads where it stands.

${table([["m × n × k", ...names], ...products.map((product, p) => {
    const paths = pathsOf(product).map(({ path }) => path);
    return [title(product), ...names.map((name) => {
      const at = paths.indexOf(name);
      return at < 0 ? "" : three(Math.sqrt(found.reduce((all, one) => all * one[p][at] ** (2 / found.length), 1)));
    })];
  })])}`;
}

async function blocksPart(hosts) {
  const { products } = await import(await bundled()), found = [];
  const some = hosts.filter(({ name }) => /^Node/.test(name)), large = products.map((product, i) => [product, i]).filter(([{ m, n, k }]) => m * n * k >= 2 ** 20);
  for (const { name, run } of some) {
    status(`blocks: ${name}`);
    found.push((await run(`?part=blocks&turns=${options.turns}`)).products);
  }
  const title = ({ m, n, k, ta, tb }) => `${m} × ${n} × ${k} ${ta ? "T" : "N"}${tb ? "T" : "N"}`;
  return `## Blocks

The packed product by cores with other block sizes, KC (longest block of depth) and MC (rows of A in the second-level cache), relative to ${BLOCKS[0].join(", ")}: the median over ${some.map(({ name }) => name).join(" and ")}. There is no NC: all of B's block of depth passes by for each MC rows of A. The fast build has an MC of its own, 48 (assembly/kernels/gemm.ts).

${table([["m × n × k", ...BLOCKS.map(([kc, mc]) => `${kc}, ${mc}`)], ...large.map(([product, p]) =>
    [title(product), ...BLOCKS.map((_, i) => three(median(found.map((one) => one[p][i]))))])])}`;
}

/** products.mjs with the names that it imports. */
async function bundled() {
  const outfile = join(folder, "products.mjs");
  await build({ entryPoints: [join(here, "bench/sweep/products.mjs")], outfile, bundle: true, format: "esm", logLevel: "error", alias: { "lanewise-sweep-modules": join(folder, "modules.ts") } });
  return outfile;
}
