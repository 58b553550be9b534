// npm run proof:long: what takes too long for every run of the tests. Each part prints its figures; the last lines say which held.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url)), vitest = join(root, "node_modules/vitest/vitest.mjs");
const PARTS = [
  ["mutated weights, models and checkpoints", ["--expose-gc", "test/proof/mutate-weights.mjs"]],
  ["mutated data files", ["test/proof/mutate-data.mjs"]],
  ["mutated checkpoints that resume", [vitest, "run", "test/train/mutations.test.ts"], { MUTATIONS: "50000" }],
  ["1 GB of CSV through training", ["test/proof/big-csv.mjs"]],
  ["50 MB of CSV through the trainer page", [vitest, "run", "--mode", "page", "test/page/journeys/big.test.ts"], { MEGABYTES: "50" }],
  ["60 killed processes and 10 killed browsers", ["test/proof/kills.mjs"]],
];

const failed = PARTS.filter(([name, args, env]) => {
  console.log(`\n== ${name}`);
  return spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } }).status !== 0;
});
for (const [name] of PARTS) console.log(`${failed.some(([other]) => other === name) ? "FAILED" : "ok"}: ${name}`);
process.exitCode = failed.length ? 1 : 0;
