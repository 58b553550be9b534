// 50,000 mutated files each for the safetensors reader, loadModel and resume: only lanewise's own errors, no change after a refusal,
// Object.prototype as it was, and no more memory than the files and a fixed cap. Then large files made to be costly, each in a process of its
// own. `node --expose-gc test/proof/mutate-weights.mjs [count] [seed]`, after `npm run build`; it takes some two minutes.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bombs } from "./bombs.mjs";
import { throwAt } from "./weights-mutations.mjs";

const MB = 2 ** 20;
/** Beyond the files: what the engine has not yet collected. */
const CAP = 96 * MB;
/** For a large file: its header as text, a string of it and one within that, and besides them the engine's own. */
const TEXTS = 3, BOMB_CAP = 96 * MB;

const lanewise = await import("../../dist/index.js");

/** One bomb: what the process holds at its peak beyond what it held with the file, in bytes, and what was thrown. */
if (process.argv[2] === "--bomb") {
  const { read } = bombs(lanewise)[process.argv[3]], file = readFileSync(process.argv[4]);
  const before = process.resourceUsage().maxRSS, start = performance.now();
  let thrown = "nothing";
  try {
    await read(file);
  } catch (error) {
    thrown = error instanceof lanewise.LanewiseError ? error.code : `WRONG: ${error?.stack ?? error}`;
  }
  console.log(JSON.stringify({ bytes: file.length, peak: (process.resourceUsage().maxRSS - before) * 1024, thrown, milliseconds: performance.now() - start }));
  process.exit();
}

const count = Number(process.argv[2] ?? 50_000), seed = Number(process.argv[3] ?? 1);
let failed = 0;
const say = (good, text) => {
  if (!good) failed++;
  console.log(`${good ? "ok" : "FAILED"}: ${text}`);
};
const start = performance.now();
for (const { name, files, taken, codes, wrong, slowest, largest, peak, seconds } of await throwAt(lanewise, { count, seed })) {
  const told = Object.entries(codes).sort(([, a], [, b]) => b - a).map(([code, n]) => `${n} ${code}`).join(", ");
  say(!wrong.length && files >= count && peak <= largest + CAP,
    `${name}: ${files} files in ${seconds.toFixed(1)} s, ${taken} taken, ${told}; the slowest ${slowest.toFixed(0)} ms; at most ${(peak / MB).toFixed(1)} MB held, of files up to ${(largest / MB).toFixed(2)} MB`);
  for (const what of wrong.slice(0, 10)) console.log(`  ${what}`);
  if (wrong.length > 10) console.log(`  … and ${wrong.length - 10} more`);
}
const folder = mkdtempSync(join(tmpdir(), "lanewise-bombs-")), path = join(folder, "bomb");
for (const [name, { make }] of Object.entries(bombs(lanewise))) {
  writeFileSync(path, make());
  const { stdout, stderr } = spawnSync(process.execPath, ["--max-old-space-size=512", fileURLToPath(import.meta.url), "--bomb", name, path], { encoding: "utf8", timeout: 60_000 });
  const told = stdout.startsWith("{") ? JSON.parse(stdout) : undefined;
  say(told && !told.thrown.startsWith("WRONG") && told.peak <= TEXTS * told.bytes + BOMB_CAP,
    told ? `${name}: ${(told.bytes / MB).toFixed(1)} MB, ${told.thrown} after ${told.milliseconds.toFixed(0)} ms, ${(told.peak / MB).toFixed(0)} MB more at the peak` : `${name}: ${stderr.split("\n")[0]}`);
}
rmSync(folder, { recursive: true });
console.log(`${((performance.now() - start) / 1000).toFixed(0)} s, seed ${seed}`);
process.exit(failed ? 1 : 0);
