// One process of a comparison: times every row of lanewise itself, each on its own, and prints { name: ms }.
// node bench/sample.mjs --root CHECKOUT --only NAME [--check]; see against.mjs.

import { median, perRun, timesFor } from "./clock.mjs";
import { here, loadBuild } from "./lanewise.mjs";
import { readOptions } from "./options.mjs";
import { suites } from "./suites/index.mjs";
import { firstLine } from "./table.mjs";

/** ms of a chunk, chunks of a row, ms in which the engine may compile what is hot; times of a row that takes its own. */
const CHUNK = 3, CHUNKS = 5, WARMUP = 30, FRESH = 3;

const options = readOptions({ root: here, only: "", check: false });
const build = await loadBuild(options.root), only = options.only.toLowerCase(), found = {}, errors = {};
// "steps W1" is of one suite: the others' rows, some of which are bundled first, are not looked at
const [first] = only.split(" "), chosen = suites.filter(({ name }) => name === first);
for (const suite of chosen.length ? chosen : suites) {
  let rows = [];
  try {
    rows = await suite.rows(build);
  } catch (error) {
    errors[suite.name] = firstLine(error);
  }
  for (const row of rows) {
    const name = `${suite.name} ${row.name}`;
    if (!name.toLowerCase().includes(only)) continue;
    try {
      if (row.time) {
        found[name] = median(Array.from({ length: FRESH }, row.time));
        continue;
      }
      const { run, sample, close } = await row.open(options.check), times = run && timesFor(run, CHUNK, WARMUP), chunks = [];
      // what is no loop of its own gives the ms of one run by itself
      while (chunks.length < CHUNKS) chunks.push(sample ? await sample() : perRun(run, times));
      found[name] = median(chunks);
      await close();
    } catch (error) {
      errors[name] = firstLine(error);
    }
  }
}
console.log(JSON.stringify({ found, errors }));
