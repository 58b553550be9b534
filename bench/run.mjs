// npm run bench: tables of ratios, in one interleaved run, and bench/RESULTS.md.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { against } from "./against.mjs";
import { here, loadBuild } from "./lanewise.mjs";
import { readOptions } from "./options.mjs";
import { ensureBuild, ensurePackages, machine, packageVersion, pythonWith } from "./setup.mjs";
import { suites } from "./suites/index.mjs";
import { say } from "./table.mjs";

const USAGE = `npm run bench                    every table; writes bench/RESULTS.md
npm run bench -- --only NAME     rows whose name contains NAME: a part (${suites.map(({ name }) => name).join(", ")}) or a row (W2, "gemm 512 NN", tanh)
npm run bench -- --against REF   this checkout against another commit; with --only for some rows
  --rounds N    rounds of the whole steps, 5 by default; the other parts take turns in proportion
  --seconds S   measured seconds of each process of the whole steps, 1 by default
  --pairs N     pairs of --against, 30 by default
  --no-build    measures dist/ as it is`;

let options;
try {
  options = readOptions({ only: "", against: "", rounds: 5, seconds: 1, pairs: 30, "no-build": false, help: false });
  if (options.help) console.log(USAGE);
  else await main();
} catch (error) {
  say(options ? error.stack : `${error.message}\n\n${USAGE}`);
  process.exitCode = 1;
}

async function main() {
  if (!options["no-build"]) ensureBuild();
  if (options.against) {
    console.log(`\n${await against(options.against, options)}`);
    return;
  }
  const only = options.only.toLowerCase(), build = await loadBuild(), versions = new Map(), sections = [];
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
    const section = await suite.report({
      build, python, packages, versions, rounds: options.rounds, seconds: options.seconds, wants: (row) => wanted(suite, row),
    });
    if (section === undefined) continue;
    console.log(`\n${section}\n`);
    sections.push({ suite, section });
  }
  if (sections.length === 0) {
    say(`Nothing is named ${JSON.stringify(options.only)}.\n\n${USAGE}`);
    process.exitCode = 1;
    return;
  }
  const facts = `${machine()}.\n${[...versions.values()].join(", ")}`.trim();
  console.log(facts);
  if (only) return say("bench/RESULTS.md stays as it is: this was a part");
  writeFileSync(join(here, "bench/RESULTS.md"), page(sections, facts));
  say("written to bench/RESULTS.md");

  function wanted(suite, row) {
    return `${suite.name} ${row}`.toLowerCase().includes(only);
  }
}

function page(sections, facts) {
  return `# Measured

Written by \`npm run bench\`. Only ratios within one run mean anything: clocks vary, and machines differ.

${facts}

${sections.map(({ suite, section }) => `${section}\n\nThis table alone: \`npm run bench -- --only ${suite.name}\``).join("\n\n")}
`;
}
