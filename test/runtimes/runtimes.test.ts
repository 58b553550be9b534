// The package as its users get it, in the engines that they have: packed, installed in an empty folder, and run there. All
// programs, the catalogue once in each; npm run conformance has the whole matrix.

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readHashes } from "./committed.ts";
import { differences } from "./conformance.ts";
import { type Host, hosts, missing, pages } from "./hosts.ts";
import type { Site } from "./programs.ts";
import { execute, root } from "./project.ts";
import { readmeTrainer, Stage } from "./stage.ts";

let stage: Stage;
/** What the README's trainer logged in the engine that ran it first, and the chain of a run there. */
let logged: string[] | undefined, chain: unknown;

beforeAll(async () => void (stage = await Stage.set()), 240_000);
afterAll(() => stage?.close());

/** One thread and two, here and in a worker where a host has them. */
const sitesOf = (host: Host): readonly Site[] => {
  const all: readonly Site[] = [{ where: "here", threads: 1 }, { where: "here", threads: 2 }, { where: "worker", threads: 2 }];
  return [...all, ...(host.lacks(all[2]!) ? [{ where: "worker", threads: 1 } as const] : [])].filter((site) => !host.lacks(site));
};

describe.each(hosts)("in $name", (host) => {
  if (host.entries.includes("trainer")) it("the README's trainer runs, and logs the same as elsewhere", async () => {
    const lines = await host.run(stage, "trainer");
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join("\n")).not.toMatch(/NaN|undefined|Infinity/);
    expect(lines).toEqual((logged ??= lines));
  });

  it.each(sitesOf(host))("training with where $where and threads $threads gives the committed hashes", async (site) => {
    const { catalogue, ...others } = readHashes().hashes as Record<"catalogue", string>, once = site.where === "here" && site.threads === 1;
    expect(await differences(stage, host, site, once ? { ...others, catalogue } : others)).toEqual([]);
  });

  it.each(sitesOf(host).slice(-2))("training is proved with where $where and threads $threads: the chain is that of elsewhere, and a changed bit is found", async ({ where, threads }) => {
    const told = await host.run(stage, "verify", `?where=${where}&threads=${threads}`);
    expect(told).toEqual({ chain: (chain ??= told.chain), ok: true, intervals: 3, wrong: { from: 5, to: 10, step: 10 } });
  });

  it("lanewise/ops differentiates a formula", async () => {
    expect(await host.run(stage, "formulas")).toEqual({ y: 9, dw: [3, 3, 3, 3, 3, 3], one: true });
  });

  it("a step is profiled, beside what the engine reaches where it compiles", async () => {
    const told = await host.run(stage, "profile");
    expect(told).toMatchObject({ sound: true, last: "update" });
    expect(told.shares).toBeCloseTo(1, 6);
    expect("gflops" in told).toBe(!host.name.startsWith("workerd"));
    const { grain, microseconds, sum, gflops, repeated } = told as Record<string, number>;
    console.log(`${host.name}: a grain of ${grain!.toFixed(2)} µs, ${(100 * repeated!).toFixed(0)} % repeated, a step of ${microseconds!.toFixed(2)} µs, its instructions ${sum!.toFixed(2)} µs, ${gflops?.toFixed(1)} GFLOP/s`);
  });
});

// workerd is asked for nothing: it has no workers at all
describe.each(hosts.filter((host) => host.lacks({ where: "worker", threads: 4 }) && !host.lacks({ where: "worker", threads: 1 })))("in $name, which has no threads", (host) => {
  it("a model in a worker that wants four has one, and info() says why", async () => {
    const { sites } = await host.run(stage, "hashes", "?where=worker&threads=4&programs=xor");
    expect(sites).toEqual([expect.stringMatching(/^worker, 1: /)]);
    expect(sites[0]).toContain(host.lacks({ where: "worker", threads: 4 }));
  });
});

describe.each(pages)("a page of $name whose Content-Security-Policy", ({ run }) => {
  const cases: [string, Site, string, RegExp][] = [
    ["refuses WebAssembly", { where: "here", threads: 1 }, "script-src 'self'", /'wasm-unsafe-eval'.*script-src/],
    ["refuses WebAssembly to a worker", { where: "worker", threads: 1 }, "script-src 'self'", /'wasm-unsafe-eval'.*script-src/],
    ["refuses the worker", { where: "worker", threads: 1 }, "script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'", /'self'.*worker-src/],
  ];
  it.each(cases)("%s is told within two seconds which directive to add", async (_, site, policy, directive) => {
    const { name, code, message, milliseconds } = await run(stage, site, policy);
    expect({ name, code }).toEqual({ name: "EngineError", code: "csp" });
    expect(message).toMatch(directive);
    expect(milliseconds).toBeLessThan(2000);
  });
});

for (const { name, missing: text } of missing) it.skip(`${text}: nothing is known of ${name}`);

it("what users write is strict TypeScript with the packed declarations", async () => {
  const tsc = join(dirname(createRequire(join(root, "package.json")).resolve("typescript/package.json")), "bin/tsc");
  const flags = ["--noEmit", "--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext", "--types", ""];
  const files = ["sample.ts", ...(readmeTrainer().language.startsWith("t") ? ["readme.ts"] : [])];
  await execute(process.execPath, [tsc, ...flags, ...files], { cwd: stage.folder });
});
