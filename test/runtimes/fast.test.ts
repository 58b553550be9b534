// The fast build from the packed package, in engines with relaxed SIMD and without: within the catalogue's tolerances, on threads and
// in workers, beside exact models, whose bits it leaves alone.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readHashes } from "./committed.ts";
import { engines } from "./engines.ts";
import { hosts } from "./hosts.ts";
import type { Site } from "./programs.ts";
import { execute, root, temporary } from "./project.ts";
import { Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => void (stage = await Stage.set()), 240_000);
afterAll(() => stage?.close());

const SITES: readonly Site[] = [{ where: "here", threads: 1 }, { where: "here", threads: 2 }, { where: "worker", threads: 1 }, { where: "worker", threads: 2 }];
/** Engines that are known to have relaxed SIMD. */
const RELAXED = /^(Node 2[4-9]|Deno|Bun|Chromium)/;

// workerd is in edge.test.ts
describe.each(hosts.filter(({ name }) => !name.startsWith("workerd")))("in $name", (host) => {
  it("fast models beside exact ones train close to them, and say what they run on; the exact ones have the committed hashes", async () => {
    const sites = SITES.filter((site) => !host.lacks(site)), { hashes } = readHashes();
    const { relaxed, sites: told } = await host.run(stage, "fast", `?sites=${sites.map(({ where, threads }) => `${where} ${threads}`)}`);
    if (RELAXED.test(host.name)) expect(relaxed).toBe(true);
    expect(told.length).toBe(2 * sites.length);
    /** Hashes of fast models, by program: wherever they run, one engine rounds them alike. */
    const fastHashes = new Map<string, string>();
    for (const { name, site, fast, exact, apart } of told) {
      expect(fast).toMatchObject({ ...site, build: relaxed ? "fast" : "exact" });
      expect(exact).toMatchObject({ ...site, build: "exact", hash: hashes[name] });
      expect(/no relaxed SIMD/.test(fast.why)).toBe(!relaxed);
      fastHashes.set(name, fastHashes.get(name) ?? fast.hash);
      expect(fast.hash).toBe(relaxed ? fastHashes.get(name) : exact.hash);
      expect(apart).toBeLessThan(1e-3); // 100 and 6 steps of 0.01 and 0.003, which go apart from one rounding on
    }
    const most = Math.max(...told.map(({ apart }: { apart: number }) => apart));
    console.log(`${host.name}: ${!relaxed ? "no relaxed SIMD" : most ? `fast and exact parameters are at most ${most.toExponential(1)} apart` : "fast and exact parameters are the same: nothing is fused"}`);
  });
});

const node = engines["Node 24"];
if (!node?.program) it.skip("no Node 24 (there is no package of it for this platform): nothing is known of the fast build's tolerances");
else it(`what is held against PyTorch and formulas in f64 is within the same tolerances with the fast core, in ${node.name}`, async () => {
  const files = ["ops", "layers", "losses", "catalogue-losses", "curves", "optim", "rates"].map((name) => `test/torch/${name}.test.ts`).concat("test/products.test.ts", "test/ops");
  const { folder, remove } = temporary();
  try {
    const report = join(folder, "report.json"), env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^VITEST|^NODE_OPTIONS$/.test(name)));
    await execute(node.program!, [join(root, "node_modules/vitest/vitest.mjs"), "run", "--mode", "fast", "--reporter=json", `--outputFile=${report}`, ...files], { cwd: root, env })
      .catch((error: unknown) => { if (!existsSync(report)) throw error; });
    const { numPassedTests, testResults } = JSON.parse(readFileSync(report, "utf8")) as { numPassedTests: number; testResults: { assertionResults: { status: string; fullName: string; failureMessages: string[] }[] }[] };
    const failed = testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status === "failed");
    expect(failed.map(({ fullName, failureMessages: [message] }) => `${fullName}: ${message?.split("\n")[0]}`)).toEqual([]);
    expect(numPassedTests).toBeGreaterThan(2000);
  } finally {
    remove();
  }
}, 240_000);
