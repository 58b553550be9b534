// Every runtime × threads × program: the packed package trains in real engines and browsers, and the SHA-256 of all parameters after
// the last step is the committed one everywhere (test/runtimes/hashes.json). `npm run conformance`; it exits with 1 where a cell
// differs, and in CI where a runtime is missing.
import { register } from "node:module";

register("./typescript.mjs", import.meta.url);
const { readHashes } = await import("../test/runtimes/committed.ts");
const { matrix } = await import("../test/runtimes/conformance.ts");
const { missing } = await import("../test/runtimes/hosts.ts");
const { Stage } = await import("../test/runtimes/stage.ts");

const start = performance.now(), { numerics, hashes } = readHashes();
console.log(`numerics version ${numerics}; the exact build (the fast one makes no promise of bits)\n`);
const stage = await Stage.set();
try {
  const problems = await matrix(stage, hashes, (line) => console.log(line), (line) => console.error(line));
  for (const { name, missing: why } of missing) {
    console.log(`NOT RUN: ${name}: ${why}`);
    if (process.env.CI) problems.push(`${name} is missing: ${why}`);
  }
  for (const problem of problems) console.log(`DIFFERS: ${problem}`);
  process.exitCode = problems.length ? 1 : 0;
} finally {
  await stage.close();
}
console.log(`${((performance.now() - start) / 1000).toFixed(0)} s`);
