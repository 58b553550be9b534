// lanewise where it is interrupted, shown on a terminal, installed from its package, and run by other engines.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engines, inside, install } from "../runtimes/engines.ts";
import { packedProject, temporary, wantBuilt } from "../runtimes/project.ts";
import { CLI, lanewise, PENGUINS, start, until } from "./lanewise.ts";

let folder: string, remove: () => void;

beforeAll(() => {
  wantBuilt();
  ({ folder, remove } = temporary());
});
afterAll(() => remove());

describe("interrupted", () => {
  const LONG = ["train", PENGUINS, "--target", "species", "--epochs", "4000", "--no-early-stopping", "--learning-rate", "0.001", "--out"];

  it("once: saves, says how to go on, and goes on to the very bits of a run that was never stopped", async () => {
    const run = start(process.execPath, [CLI, ...LONG, "stopped"], folder);
    await until(run, /^epoch /m);
    run.child.kill("SIGINT");
    const first = await run.ended;
    expect([first.code, first.stdout]).toEqual([130, expect.stringMatching(/Stopped after step \d+, and saved\. To go on:\n  lanewise train .*--out stopped\n/)]);
    const on = await lanewise(folder, ...LONG, "stopped"), whole = await lanewise(folder, ...LONG, "whole");
    expect([on.code, whole.code]).toEqual([0, 0]);
    expect(on.stdout).toMatch(/Going on with the run in stopped, after step \d+/);
    const hash = (name: string): string => JSON.parse(readFileSync(join(folder, name, "report.json"), "utf8")).model.hash;
    expect(hash("stopped")).toBe(hash("whole"));
  }, 120_000);

  it("twice: quits at once, and does not wait for what is being saved", async () => {
    // a checkpoint of some 30 MB takes its time
    const run = start(process.execPath, [CLI, "train", PENGUINS, "--target", "species", "--hidden", "1536,1536", "--epochs", "1000", "--learning-rate", "0.0001", "--out", "twice"], folder);
    await until(run, /^epoch /m);
    run.child.kill("SIGINT");
    await until(run, /Saving/);
    run.child.kill("SIGINT");
    const { code, stdout } = await run.ended;
    expect([code, stdout]).toEqual([130, expect.not.stringContaining("Stopped after")]);
  }, 120_000);

  it("a run with other data or settings does not go on, and says what differs", async () => {
    const run = start(process.execPath, [CLI, ...LONG, "other"], folder);
    await until(run, /^epoch /m);
    run.child.kill("SIGTERM"); // as a scheduler asks
    expect(await run.ended).toMatchObject({ code: 143, stdout: expect.stringMatching(/Stopped after step \d+, and saved/) });
    const settings = await lanewise(folder, ...LONG, "other", "--batch-size", "16");
    expect([settings.code, settings.stderr]).toEqual([1, expect.stringMatching(/32 as --batch-size, and now it is 16/)]);
    writeFileSync(join(folder, "penguins.csv"), readFileSync(PENGUINS, "utf8").split("\n").slice(0, -20).join("\n"));
    const data = await lanewise(folder, ...LONG.map((it) => (it === PENGUINS ? "penguins.csv" : it)), "other");
    expect(data.code).toBe(1);
    expect(data.stderr).toMatch(/began with|went on with|begun with|goes on with/);
  });
});

describe("on a terminal", () => {
  // script(1) gives a program a terminal of its own
  const terminal = async (columns: number, ...args: string[]) => {
    const line = `stty cols ${columns} rows 40; exec ${[process.execPath, CLI, ...args].map((it) => `'${it}'`).join(" ")}`;
    return start("script", ["-qefc", line, "/dev/null"], folder, { TERM: "xterm" }).ended;
  };

  it.each([120, 80, 46])("%d columns wide: the progress is one line that is rewritten, and no line is broken", async (columns) => {
    const { code, stdout } = await terminal(columns, "train", PENGUINS, "--target", "species", "--out", `wide${columns}`, "--epochs", "300", "--no-early-stopping", "--learning-rate", "0.01");
    expect(code).toBe(0);
    expect(stdout).toMatch(/\repoch .*\x1b\[K\repoch /);
    for (const line of stdout.replace(/\x1b\[[0-9;]*[mK]/g, "").split(/\r?\n|\r/)) if (!line.startsWith("  lanewise ") && !line.startsWith("Saved:") && !line.startsWith("       wide")) expect(line.length).toBeLessThanOrEqual(columns);
  });
});

describe("packed, and installed in an empty project", () => {
  let project: Awaited<ReturnType<typeof packedProject>>;
  beforeAll(async () => {
    await install();
    project = await packedProject();
  }, 240_000);
  afterAll(() => project?.remove());

  /** The command line in each engine, with no package beside it but itself. */
  const inEngine = (name: string) => {
    const cli = join(project.folder, "node_modules/lanewise/dist/cli.js");
    const [program, ...first] = name === "npx" ? [join(project.folder, "node_modules/.bin/lanewise")] : name === "Deno" ? [process.execPath, inside("deno/bin.cjs"), "run", "-A", cli] : [engines[name]!.program!, cli];
    return (...args: string[]) => start(program!, [...first, ...args], project.folder, { DENO_DIR: join(project.folder, ".deno"), DENO_NO_UPDATE_CHECK: "1" }).ended;
  };
  let hash: string;

  it("a run that was stopped in Node goes on in another engine, to the same bits", async () => {
    const args = ["train", PENGUINS, "--target", "species", "--epochs", "3000", "--no-early-stopping", "--learning-rate", "0.001", "--json", "--out"];
    const run = start(process.execPath, [join(project.folder, "node_modules/lanewise/dist/cli.js"), ...args, "moved"], project.folder);
    await until(run, /"event":"epoch"/);
    run.child.kill("SIGINT");
    const first = await run.ended, on = await inEngine(engines.Bun ? "Bun" : "Deno")(...args, "moved"), whole = await inEngine("npx")(...args, "whole");
    expect([first.code, first.events.at(-1)!.event, on.code]).toEqual([130, "interrupted", 0]);
    expect(on.events.find(({ event }) => event === "resume")!.step).toBe(first.events.at(-1)!.step);
    expect(on.events.at(-1)!.hash).toBe(whole.events.at(-1)!.hash);
  }, 120_000);

  it.each(["npx", "Node 24", "Deno", "Bun"])("%s: trains on penguins to 0.97 with the same bits, and predicts; the same exit codes", async (name) => {
    if (name !== "npx" && !engines[name]) return; // none for this platform
    const run = inEngine(name), out = name.replace(" ", ""), trained = await run("train", PENGUINS, "--target", "species", "--out", out, "--json");
    expect([trained.code, trained.stderr]).toEqual([0, ""]);
    const done = trained.events.at(-1)!;
    expect(done.scores.accuracy).toBeGreaterThanOrEqual(0.97);
    expect(done.hash).toBe((hash ??= done.hash));
    expect((await run("predict", `${out}/model.safetensors`, PENGUINS)).stdout).toMatch(/^prediction,Adelie,Chinstrap,Gentoo\r\nAdelie,/);
    expect((await run("train", PENGUINS, "--target", "species", "--epoch", "3")).code).toBe(2);
    expect((await run("train", "nowhere.csv", "--target", "species")).code).toBe(1);
  }, 120_000);
});
