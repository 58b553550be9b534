// This checkout against another commit: both builds in turns, A B A B, each time in a fresh process. For each row the
// median of the pairs' ratios and its 95 % interval. The commit is built in a worktree of its own in the temporary
// folder, which is removed in the end.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, medianInterval, now } from "./clock.mjs";
import { here } from "./lanewise.mjs";
import { npm } from "./setup.mjs";
import { say, status, table } from "./table.mjs";

const sampler = join(dirname(fileURLToPath(import.meta.url)), "sample.mjs");

/** The table, for people. */
export async function against(ref, { only, pairs }) {
  const worktree = addWorktree(ref);
  try {
    buildThere(worktree.path);
    const ratios = new Map(), notes = new Set(), start = now();
    for (let pair = 0; pair < pairs; pair++) {
      status(`pair ${pair + 1} of ${pairs}`);
      const [a, b] = [here, worktree.path].map((root) => sample(root, only, pair === 0));
      for (const [where, { errors }] of [["here", a], [ref, b]])
        for (const [name, error] of Object.entries(errors)) notes.add(`- ${name}, ${where}: ${error}`);
      for (const [name, ms] of Object.entries(a.found)) {
        if (b.found[name] === undefined) continue;
        if (!ratios.has(name)) ratios.set(name, []);
        ratios.get(name).push(b.found[name] / ms);
      }
      if (pair === 0) {
        if (ratios.size === 0) throw new Error([`no row named ${JSON.stringify(only)} runs in both`, ...notes].join("\n"));
        say(`${ratios.size} rows; ${pairs} pairs take about ${Math.ceil((pairs * (now() - start)) / 60000)} minutes`);
      }
    }
    status("");
    return [
      `### Against ${ref} (${worktree.commit})`,
      `Speed of this checkout relative to ${ref}: above 1, this checkout is faster. The median of ${pairs} pairs of fresh processes, `
        + "A B A B, with its 95 % interval; of twenty rows without a difference one shows an interval beside 1.",
      table([["row", "relative speed", "95 % interval", "verdict"], ...[...ratios].map(([name, values]) => line(name, values))]),
      [...notes].join("\n"),
    ].filter(Boolean).join("\n\n");
  } finally {
    worktree.remove();
  }
}

function line(name, values) {
  const [low, high] = medianInterval(values);
  return [name, median(values).toFixed(3), `${low.toFixed(3)} – ${high.toFixed(3)}`, low > 1 ? "faster" : high < 1 ? "slower" : "same"];
}

function sample(root, only, check) {
  const done = spawnSync(process.execPath, [sampler, "--root", root, "--only", only, ...(check ? ["--check"] : [])], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`bench/sample.mjs failed:\n${done.stderr}`);
  return JSON.parse(done.stdout);
}

function git(...args) {
  const done = spawnSync("git", args, { cwd: here, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`git ${args[0]}: ${done.stderr.trim()}`);
  return done.stdout.trim();
}

/** A worktree of the commit outside the repository; gone with the process, whatever ends it. */
function addWorktree(ref) {
  const commit = git("rev-parse", "--short", "--verify", `${ref}^{commit}`);
  const folder = mkdtempSync(join(tmpdir(), "lanewise-against-")), path = join(folder, "checkout");
  let present = true;
  const remove = () => {
    if (!present) return;
    present = false;
    rmSync(folder, { recursive: true, force: true }); // the link to this checkout's packages is not followed
    git("worktree", "prune");
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));
  process.once("exit", remove);
  git("worktree", "add", "--detach", path, commit);
  return { commit, path, remove };
}

/** Packages are those of this checkout where both want the same. */
function buildThere(path) {
  say("building it in a worktree of its own");
  const lock = (root) => readFileSync(join(root, "package-lock.json"), "utf8");
  if (lock(path) === lock(here) && existsSync(join(here, "node_modules")))
    symlinkSync(join(here, "node_modules"), join(path, "node_modules"), "junction");
  else if (!npm(["ci", "--silent"], path)) throw new Error("npm ci failed there");
  if (!npm(["run", "build", "--silent"], path)) throw new Error("npm run build failed there");
}
