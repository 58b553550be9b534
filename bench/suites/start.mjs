// The start, in fresh processes: the import, and what follows up to the first trained step: the model, its program, the
// engine's compiling of the core. Beside it an empty start of Node, A B A B.

import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { interleave, median, medianRatio, now } from "../clock.mjs";
import { say, status, table, three } from "../table.mjs";
import { works } from "../works.mjs";

export const name = "start";
const script = join(dirname(fileURLToPath(import.meta.url)), "../start.mjs");
const all = ["W1", "W2", "W3"];
const rowName = (work) => `${work} ${works[work].title}`;

/** ms by what they are for, of one process. */
function started(root, work) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--root", root, "--work", work], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr.trim().split("\n").slice(-6).join("\n"));
  return JSON.parse(stdout);
}

export const rows = ({ root }) => all.flatMap((work) => [
  { name: `${rowName(work)}: import`, time: () => started(root, work).import },
  { name: `${rowName(work)}: createModel to the first step`, time: () => started(root, work).first },
]);

export async function report({ build, wants, rounds }) {
  const wanted = all.filter((work) => wants(rowName(work))), turns = 3 * rounds, lines = [];
  if (wanted.length === 0) return undefined;
  const empty = () => {
    const begin = now();
    spawnSync(process.execPath, ["-e", ""]);
    return now() - begin;
  };
  for (const work of wanted) {
    status(`start: ${work}`);
    const found = [];
    const [, bare] = await interleave([() => found.push(started(build.root, work)), empty], turns);
    const column = (part) => found.map((one) => one[part]);
    lines.push([rowName(work), ...["import", "first", "next"].map((part) => three(median(column(part)))),
      three(medianRatio(found.map(({ import: imported, first }) => imported + first), bare))]);
  }
  say("start: done");
  return [
    "### The first step",
    `In fresh processes: ms of the import, of createModel up to the end of the first step, in which all is compiled, and of the step after it; and import `
      + `and first step relative to an empty start of Node (node -e ""; median of ${turns} turns).`,
    table([["", "import", "to the first step", "next step", "of an empty start"], ...lines]),
  ].join("\n\n");
}
