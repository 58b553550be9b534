// npm run sizes: what a page carries and how soon it trains, tfjs and jax-js beside it. Sizes are of the packed package, as its
// users get it; times are of fresh processes, each beside an empty one, A B A B. A size above its limit makes the exit code 1,
// a time never does.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, medianInterval, now } from "./clock.mjs";
import { here } from "./lanewise.mjs";
import { readOptions } from "./options.mjs";
import { KB, learnt, LIMITS, MINIFIERS, pageOf, pages, shows, weigh, zipped } from "./page.mjs";
import { ensureBuild, ensurePackages, machine, npm, packageVersion } from "./setup.mjs";
import { say, status, table } from "./table.mjs";

const USAGE = `npm run sizes     what a page carries and how soon it trains, tfjs and jax-js beside it
  --pairs N    pairs of processes of each row of times, 31 by default; 0 leaves the times out
  --no-build   weighs dist/ as it is`;

const XOR = "const x = [[0, 0], [0, 1], [1, 0], [1, 1]];";

/** tfjs as Node gets it; what it says of itself goes nowhere. */
const tfjs = (backend, ready) => ({
  name: `tfjs-${backend}`, package: "@tensorflow/tfjs",
  import: backend === "wasm" ? 'import "@tensorflow/tfjs"; import "@tensorflow/tfjs-backend-wasm";' : 'import "@tensorflow/tfjs";',
  step: `import * as tf from "@tensorflow/tfjs"; ${ready} ${XOR}
    const w1 = tf.variable(tf.randomUniform([2, 8])), b1 = tf.variable(tf.zeros([8])), w2 = tf.variable(tf.randomUniform([8, 1])), b2 = tf.variable(tf.zeros([1]));
    const logits = () => tf.add(tf.matMul(tf.tanh(tf.add(tf.matMul(x, w1), b1)), w2), b2), y = tf.tensor([[0], [1], [1], [0]]);
    const [loss] = tf.train.adam(0.05).minimize(() => tf.losses.sigmoidCrossEntropy(y, logits()), true).dataSync();`,
});

const jaxStep = readFileSync(join(pages, "jax-js.js"), "utf8").replace(/for \(let epoch[^]*/, "[state, loss] = step(state, x, y); loss = loss.item();");

/** `import` and `step` are what a fresh process of Node runs: the import alone, and all up to the first trained step. */
const libraries = [
  {
    name: "lanewise", import: 'import "lanewise";',
    step: `import { adam, binaryCrossEntropy, createModel, dense, sequential, tanh } from "lanewise"; ${XOR}
      const model = await createModel(sequential(dense(8), tanh(), dense(1)), { input: [2], seed: 1 });
      const loss = model.trainer({ loss: binaryCrossEntropy(), optimizer: adam({ learningRate: 0.05 }), batchSize: 4 }).step({ x, y: [0, 1, 1, 0] });`,
  },
  {
    ...tfjs("wasm", `import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
      setWasmPaths("./node_modules/@tensorflow/tfjs-backend-wasm/dist/"); await tf.setBackend("wasm");`),
    core: "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
  },
  tfjs("cpu", 'await tf.setBackend("cpu");'),
  { name: "jax-js", package: "@jax-js/jax", import: 'import "@jax-js/jax";', step: jaxStep },
];

let options;
try {
  options = readOptions({ pairs: 31, "no-build": false, help: false });
  if (options.help) console.log(USAGE);
  else await main();
} catch (error) {
  say(options ? error.stack : `${error.message}\n\n${USAGE}`);
  process.exitCode = 1;
}

async function main() {
  if (!options["no-build"]) ensureBuild();
  const there = ensurePackages(), folder = mkdtempSync(join(tmpdir(), "lanewise-sizes-"));
  if (!there) say("The peers' packages could not be installed: NOT CHECKED");
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
  install(folder);
  // what is bundled, and what a process imports, are the packages of its folder
  const present = libraries.map((library) => (library.name === "lanewise" ? { ...library, folder, pages: folder }
    : there ? { ...library, folder: join(here, "bench"), pages } : { ...library, missing: "NOT CHECKED" }));
  const head = (first, second) => [first, second, ...present.map(({ name }) => name)], problems = [];
  console.log(`
### What a page carries

In KB of 1000 bytes; gzipped with zlib at level 9, each file by itself. The page trains XOR (2-8-1, adam) with everything in it that it loads;
it is bundled by esbuild from the installed package and has been run. What it loads later only if asked, such as lanewise's threads
and workers, is in "as one file", where bundlers do not split. tfjs is its core without layers, with the .wasm that a page fetches.

${table([head("", "limit"), ...await sizes(present, problems)])}
`);
  if (options.pairs > 0)
    console.log(`### How soon it trains

In fresh processes of Node: milliseconds beyond an empty start (node -e ""), the median of the differences of ${options.pairs} pairs, A B A B, with its
95 % interval; and the ratio to lanewise's of the same turn. Below 1 of an empty start, an import costs less than starting Node.

${table([head("", "empty start"), ...times(present)])}
`);
  const versions = present.filter((one) => one.package).map((one) => `${one.package} ${packageVersion(one.package) ?? one.missing}`);
  console.log(`${machine()}.\nlanewise ${JSON.parse(readFileSync(join(here, "package.json"), "utf8")).version}, ${versions.filter((text, i) => versions.indexOf(text) === i).join(", ")}`);
  for (const problem of problems) console.log(`PROBLEM: ${problem}`);
  if (problems.length) process.exitCode = 1;
}

/** Packs this checkout and installs it in an empty project. */
function install(folder) {
  status("packing");
  const quiet = ["--ignore-scripts", "--silent", "--prefix", folder];
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
  if (!npm(["pack", here, "--pack-destination", folder, ...quiet], folder, "ignore")) throw new Error("npm pack failed");
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (!npm(["install", `./${tarball}`, "--offline", "--no-audit", "--no-fund", ...quiet], folder)) throw new Error("npm install failed");
}

async function sizes(present, problems) {
  const kb = (bytes) => (bytes / KB).toFixed(1);
  /** A row: what `weight` finds of a library in bytes, or a text; lanewise's must not be above the limit. */
  const row = async (title, limit, weight) => {
    const cells = [];
    for (const library of present) {
      const found = library.missing ?? await weight(library);
      cells.push(typeof found === "number" ? kb(found) : found);
      if (library.name === "lanewise" && found > limit) problems.push(`${title}: ${kb(found)} KB, more than ${kb(limit)}`);
    }
    return [title, limit === undefined ? "" : kb(limit), ...cells];
  };
  const own = (name) => readFileSync(join(present[0].folder, "node_modules/lanewise/dist", name));
  const core = ({ name, core }) => (name === "lanewise" ? own("core.wasm") : readFileSync(join(here, "bench/node_modules", core)));
  const coreOf = (size) => (library) => (library.name === "lanewise" || library.core ? size(core(library)) : "none");
  /** That of `build: "fast"`, which a page loads if it asks for it. */
  const fastOf = (size) => ({ name }) => (name === "lanewise" ? size(own("fast.wasm")) : "none");
  const rows = [
    await row("core, .wasm", LIMITS.core, coreOf((bytes) => bytes.length)),
    await row("core, .wasm gzipped", LIMITS.coreZipped, coreOf(zipped)),
    await row("fast core, .wasm", LIMITS.core, fastOf((bytes) => bytes.length)),
    await row("fast core, .wasm gzipped", LIMITS.fastZipped, fastOf(zipped)),
  ];
  for (const minifier of MINIFIERS) for (const whole of [false, true])
    rows.push(await row(`XOR page gzipped, minified by ${minifier}${whole ? ", as one file" : ""}`, whole ? undefined : LIMITS.pageZipped, async ({ name, pages, core }) => {
      status(`page of ${name}, ${minifier}`);
      const assets = core ? [join(here, "bench/node_modules", core)] : [], files = await pageOf(name, pages, minifier, { whole, assets }), text = shows(files);
      if (!learnt(text)) problems.push(`the page of ${name}, minified by ${minifier}, does not learn XOR; it shows ${text}`);
      return weigh(files).loaded;
    }));
  status("");
  return rows;
}

/** Milliseconds of a process of Node, from its start to its end. */
function start(text, folder) {
  const args = text === undefined ? ["-e", ""] : ["--input-type=module", "-e", text], from = now();
  const { status: code, stderr } = spawnSync(process.execPath, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  const took = now() - from;
  if (code !== 0) throw new Error(`a process failed:\n${text}\n${stderr.trim()}`);
  return took;
}

function times(present) {
  const all = present.filter(({ missing }) => !missing);
  const parts = ["import", "step"], lines = parts.flatMap((part) => all.map((library) => ({ library, part, more: [], empty: [] })));
  const run = ({ library: { folder, ...texts }, part }) => start(part === "import" ? texts.import : `${texts.step}\nif (!(loss > 0)) throw new Error("no loss");`, folder);
  for (const line of lines) run(line); // the file system has it then
  for (let pair = 0; pair < options.pairs; pair++) {
    status(`times: pair ${pair + 1} of ${options.pairs}`);
    for (const line of lines) {
      const empty = start(undefined, line.library.folder);
      line.empty.push(empty);
      line.more.push(run(line) - empty);
    }
  }
  status("");
  const withInterval = (values, digits = 1) => {
    const [low, high] = medianInterval(values).map((value) => value.toFixed(digits));
    return `${median(values).toFixed(digits)} (${low} – ${high})`;
  };
  const cells = (part, cellOf) => present.map(({ name, missing }) => missing ?? cellOf(lines.find((line) => line.part === part && line.library.name === name)));
  const ratio = (part) => cells(part, ({ more }) => {
    const own = lines.find((line) => line.part === part).more;
    return more === own ? "1" : withInterval(more.map((value, i) => value / own[i]));
  });
  return [
    ["import, ms", withInterval(lines.flatMap((line) => line.empty)), ...cells("import", ({ more }) => withInterval(more))],
    ["import, ratio to lanewise", "", ...ratio("import")],
    ["import, in empty starts", "1", ...cells("import", ({ more, empty }) => withInterval(more.map((value, i) => value / empty[i]), 2))],
    ["import, model and one step of XOR, ms", "", ...cells("step", ({ more }) => withInterval(more))],
    ["import, model and one step of XOR, ratio to lanewise", "", ...ratio("step")],
  ];
}
