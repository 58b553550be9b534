// lanewise in one engine beside the other: whole steps in every Node, Deno, Bun and browser that the tests have, each time in
// a process, or a page, of its own. Rounds go through all of them, and a ratio is that of two turns of one round.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build as bundle } from "esbuild";
import { medianRatio, median } from "../clock.mjs";
import { loadEngines } from "../engines.mjs";
import { here } from "../lanewise.mjs";
import { disagreement, referenceLosses } from "../reference.mjs";
import { firstLine, say, status, table, three } from "../table.mjs";
import { works } from "../works.mjs";

export const name = "engines";
export const once = true;
const all = Object.keys(works).filter((work) => !works[work].inference);
const rowName = (work) => `${work} ${works[work].title}`;

/** Nothing that one process could time. */
export const rows = () => [];

export async function report({ build, wants, rounds, seconds }) {
  const wanted = all.filter((work) => wants(rowName(work)));
  if (wanted.length === 0) return undefined;
  const testing = await loadEngines();
  try {
    await testing.install();
  } catch (error) {
    say(`The engines of test/runtimes could not be installed; going on without them: ${firstLine(error)}`);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "lanewise-engines-")), { hosts, close } = await open(testing, folder);
  try {
    await stage(build.root, folder);
    return await compared(hosts, build.fast ? ["exact", "fast"] : ["exact"], wanted, rounds, seconds);
  } finally {
    await close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is run, in a folder: a script with the library in it, and its page. */
async function stage(root, folder) {
  await bundle({
    absWorkingDir: here, entryPoints: ["bench/engine.js"], outdir: folder, bundle: true, splitting: true, format: "esm", target: "es2022", logLevel: "error",
    alias: { lanewise: join(root, "dist/index.js") },
  });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(join(folder, "index.html"), '<!doctype html><meta charset="utf-8"><title>bench</title><body><script type="module" src="engine.js"></script>');
}

/** All engines of this machine, the one that runs this first: { name, run(query) }. */
async function open({ engines, browsers, Browser }, folder) {
  const hosts = new Map(), opened = [];
  for (const engine of Object.values(engines).filter(Boolean))
    hosts.set(engine.name, async (query) => JSON.parse((await engine.run("engine.js", query, folder)).trim().split("\n").at(-1)));
  for (const kind of Object.values(browsers).filter(Boolean)) {
    try {
      const browser = await Browser.open(kind);
      opened.push(browser);
      hosts.set(kind.name, (query) => browser.run(folder, `index.html${query}`, {}));
    } catch (error) {
      say(`${kind.name} does not open here; going on without it: ${firstLine(error)}`);
    }
  }
  return { hosts: [...hosts].map(([name, run]) => ({ name, run })), close: () => Promise.all(opened.map((browser) => browser.close())) };
}

async function compared(hosts, builds, wanted, rounds, seconds) {
  const lines = [], notes = new Set();
  for (const host of hosts) for (const build of builds) lines.push({ host, build, ms: new Map(wanted.map((work) => [work, []])), gone: new Set() });
  const references = new Map(wanted.map((work) => [work, referenceLosses(works[work])]));
  for (let round = 1; round <= rounds; round++) {
    for (const work of wanted) for (const { host, build, ms, gone } of lines) {
      if (gone.has(work)) continue;
      status(`engines, round ${round} of ${rounds}: ${work}, ${host.name}, ${build}`);
      const found = await asked(host, `?work=${work}&seconds=${seconds}&build=${build}`);
      const wrong = found.lacks ? undefined : found.error ?? disagreement([found.loss_first, found.loss_5, found.loss_20], references.get(work));
      if (wrong || found.lacks) gone.add(work);
      else ms.get(work).push(found.ms_median);
      if (wrong) notes.add(`- ${work}, ${host.name}, ${build}: ${wrong}`);
    }
    say(`engines: round ${round} of ${rounds} done`);
  }
  const shown = lines.filter(({ gone }) => gone.size < wanted.length), [first] = lines;
  const each = (cellOf) => table([["", ...wanted], ...shown.map(({ host, build, ms, gone }) =>
    [`${host.name}${build === "exact" ? "" : ", fast"}`, ...wanted.map((work) => (gone.has(work) || first.gone.has(work) ? "" : cellOf(ms.get(work), first.ms.get(work))))])]);
  return [
    "### Engines",
    `Speed of a step relative to that in ${first.host.name}: above 1, it is faster. The median of ${rounds} rounds; "fast" is the build with relaxed SIMD, `
      + "where the engine has it.",
    wanted.map((work) => `- ${rowName(work)}`).join("\n"),
    each((ms, base) => (ms === base ? "1" : three(medianRatio(base, ms)))),
    "Milliseconds of a step:",
    each((ms) => three(median(ms))),
    [...notes].join("\n"),
  ].filter(Boolean).join("\n\n");
}

async function asked({ run }, query) {
  try {
    return await run(query);
  } catch (error) {
    return { error: String(error?.message ?? error).split("\n").slice(0, 3).join(" ") };
  }
}
