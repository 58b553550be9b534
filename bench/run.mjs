// npm run bench: tables of ratios, each in one interleaved run, and bench/RESULTS.md with its plot.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { against } from "./against.mjs";
import { node24 } from "./engines.mjs";
import { here, loadBuild } from "./lanewise.mjs";
import { readOptions } from "./options.mjs";
import { plot } from "./plot.mjs";
import { cpu, ensureBuild, ensurePackages, machine, packageVersion, pythonWith } from "./setup.mjs";
import { suites } from "./suites/index.mjs";
import { firstLine, say } from "./table.mjs";

const USAGE = `npm run bench                    every table, under this Node and under Node 24; writes bench/RESULTS.md and RESULTS.svg
npm run bench -- --only NAME     rows whose name contains NAME: a part (${suites.map(({ name }) => name).join(", ")}) or a row (W2, "gemm 512 NN", tanh)
npm run bench -- --against REF   this checkout against another commit; with --only for some rows
  --node PATH   under another Node; 24: the one that test/runtimes pins
  --rounds N    rounds of the whole steps, 3 by default; the other parts take turns in proportion
  --seconds S   measured seconds of each process of the whole steps, 0.5 by default
  --pairs N     pairs of --against, 30 by default
  --no-build    measures dist/ as it is`;

let options;
try {
  // out: a file for what this Node measured, from a run that makes one page of several
  options = readOptions({ only: "", against: "", node: "", rounds: 3, seconds: 0.5, pairs: 30, out: "", "no-build": false, help: false });
  if (options.help) console.log(USAGE);
  else await main();
} catch (error) {
  say(options ? error.stack : `${error.message}\n\n${USAGE}`);
  process.exitCode = 1;
}

async function main() {
  if (!options["no-build"]) ensureBuild();
  const again = Object.entries({ ...options, node: "", "no-build": true }).flatMap(([name, value]) =>
    (value === true ? [`--${name}`] : value ? [`--${name}`, String(value)] : []));
  if (options.node) {
    const node = options.node === "24" ? await node24() : options.node;
    if (!node) throw new Error("test/runtimes has no Node 24 for this platform");
    process.exitCode = runUnder(node, again);
    return;
  }
  if (options.against) {
    console.log(`\n${await against(options.against, options)}`);
    return;
  }
  const whole = !options.only && !options.out;
  const other = whole && await node24().catch((error) => say(`Going on without Node 24: ${firstLine(error)}`));
  const part = await measured();
  if (part.sections.length === 0) {
    say(`Nothing is named ${JSON.stringify(options.only)}.\n\n${USAGE}`);
    process.exitCode = 1;
    return;
  }
  if (options.out) return writeFileSync(options.out, JSON.stringify(part));
  if (!whole) return say("bench/RESULTS.md stays as it is: this was a part");
  const parts = other && other !== process.execPath ? [part, measuredBy(other, again)] : [part];
  writeFileSync(join(here, "bench/RESULTS.svg"), plot(parts));
  writeFileSync(join(here, "bench/RESULTS.md"), page(parts));
  say("written to bench/RESULTS.md and bench/RESULTS.svg");
}

/** All that is wanted, under this Node: { node, versions, sections: { suite, text }[], figures }. */
async function measured() {
  const only = options.only.toLowerCase(), build = await loadBuild(), versions = new Map(), figures = {}, sections = [];
  const wanted = (suite, row) => `${suite.name} ${row}`.toLowerCase().includes(only);
  const wants = async (name) => {
    const suite = suites.find((suite) => suite.name === name);
    return (await suite.rows(build)).some((row) => wanted(suite, row.name));
  };
  const steps = await wants("steps"), gemm = await wants("gemm"), python = {};
  for (const [module, needed] of [["torch", steps], ["numpy", gemm]]) {
    if (!needed) continue;
    python[module] = pythonWith(module);
    if (!python[module]) say(`No python3 with ${module} here; going on without it (Debian: apt-get install python3-${module})`);
  }
  const packages = steps && ensurePackages();
  if (steps && !packages) say("The peers' packages could not be installed; going on without them");

  for (const suite of suites) {
    if (suite.once && options.out) continue; // another Node's share
    const text = await suite.report({
      build, python, packages, versions, figures, rounds: options.rounds, seconds: options.seconds, wants: (row) => wanted(suite, row),
    }).catch((error) => { // the other parts have taken minutes
      say(error.stack);
      process.exitCode = 1;
      return `### ${suite.name}\n\nFAILED: ${firstLine(error)}`;
    });
    if (text === undefined) continue;
    console.log(`\n${text}\n`);
    sections.push({ suite: suite.name, text });
  }
  if (sections.length) console.log(`${machine()}.\n${[...versions.values()].join(", ")}`.trim());
  return { node: process.versions.node, versions: [...versions.values()], sections, figures };
}

function runUnder(node, args) {
  const { status, error } = spawnSync(node, [fileURLToPath(import.meta.url), ...args], { stdio: "inherit" });
  if (error) throw new Error(`${node}: ${error.message}`);
  return status ?? 1;
}

/** The same from another Node. */
function measuredBy(node, args) {
  const folder = mkdtempSync(join(tmpdir(), "lanewise-bench-")), out = join(folder, "part.json");
  try {
    if (runUnder(node, [...args, "--out", out]) !== 0) throw new Error(`the bench failed under ${node}`);
    return JSON.parse(readFileSync(out, "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function page(parts) {
  const versions = new Set(parts.flatMap(({ versions }) => versions));
  return `${[
    "# Measured",
    "Written by `npm run bench`. Only ratios within one run mean anything: clocks vary, and machines differ.",
    `${cpu()}, Node ${parts.map(({ node }) => node).join(" and Node ")}.\n${[...versions].join(", ")}`,
    "![Time of a train step beside other libraries](RESULTS.svg)",
    ...parts.flatMap(({ node, sections }) => [
      `## Node ${node}`, ...sections.flatMap(({ suite, text }) => [text, `This table alone: \`npm run bench -- --only ${suite}\``]),
    ]),
  ].join("\n\n")}\n`;
}
