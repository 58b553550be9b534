// The package as its users get it, in the engines that they have: packed, installed in an empty folder, and run there.

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build, transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Browser, chromiumName } from "./browser.ts";
import { engines, install, node24 } from "./engines.ts";
import { type Hashes, readHashes, readTraces } from "./committed.ts";
import { execute, packedProject, root } from "./project.ts";
import { sample } from "./sample.ts";
import { firstDifference, type Trace } from "./trace.ts";

/** Programs that are run in every engine; see entries/. */
const ENTRIES = ["trainer", "hashes", "formulas", "traces"];

let project: { folder: string; remove: () => void };
let browser: Browser | undefined;
/** What the README's trainer logged in the engine that ran it first. */
let logged: string[] | undefined;

beforeAll(async () => {
  await install();
  project = await packedProject();
  await fill(project.folder);
  if (chromiumName) browser = await Browser.open();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  project?.remove();
});

/** An engine, or a page in a browser, that runs an entry and gives its result. */
interface Host {
  name: string;
  run(entry: string): Promise<any>;
}

const hosts: Host[] = [
  ...engines.map(({ name, run }) => ({
    name, run: async (entry: string) => JSON.parse((await run(`${entry}.js`, project.folder)).trim().split("\n").at(-1)!),
  })),
  ...(chromiumName ? ["bundled", "plain"].map((kind) => ({
    name: `${chromiumName}, ${kind} page`, run: (entry: string) => browser!.run(project.folder, `${kind}-${entry}.html`),
  })) : []),
];

describe.each(hosts)("in $name", ({ run }) => {
  it("the README's trainer runs, and logs the same as elsewhere", async () => {
    const lines = await run("trainer");
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join("\n")).not.toMatch(/NaN|undefined|Infinity/);
    expect(lines).toEqual((logged ??= lines));
  });

  it("training gives the committed hashes", async () => {
    const { hashes: wanted } = readHashes(), got: Hashes = await run("hashes");
    const other = Object.keys(wanted).filter((name) => got[name] !== wanted[name]);
    if (other.length === 0) return;
    const before = readTraces(), after: Record<string, Trace> = await run("traces");
    throw new Error(other.map((name) => `${name}: hash ${got[name]}, committed is ${wanted[name]}; ${firstDifference(before[name]!, after[name]!)}`).join("\n"));
  });

  it("lanewise/ops differentiates a formula", async () => {
    expect(await run("formulas")).toEqual({ y: 9, dw: [3, 3, 3, 3, 3, 3], one: true });
  });
});

for (const [found, name] of [[node24, "Node 24"], [chromiumName, "Chromium (CHROME_PATH may name one)"]] as const)
  if (!found) it.skip(`in ${name}: there is no package of it for this platform`);

it("what users write is strict TypeScript with the packed declarations", async () => {
  const tsc = join(dirname(createRequire(join(root, "package.json")).resolve("typescript/package.json")), "bin/tsc");
  const flags = ["--noEmit", "--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext", "--types", ""];
  const files = ["sample.ts", ...(readmeTrainer().language.startsWith("t") ? ["readme.ts"] : [])];
  await execute(process.execPath, [tsc, ...flags, ...files], { cwd: project.folder });
});

/** Writes the entries, and two pages for each: one bundled, one of the package's own modules. */
async function fill(folder: string): Promise<void> {
  cpSync(new URL("entries", import.meta.url), folder, { recursive: true });
  for (const name of ["programs", "trace"])
    writeFileSync(join(folder, `${name}.js`), await javascript(readFileSync(new URL(`${name}.ts`, import.meta.url), "utf8")));
  const { code } = readmeTrainer();
  writeFileSync(join(folder, "sample.ts"), sample);
  writeFileSync(join(folder, "readme.ts"), code);
  writeFileSync(join(folder, "readme.js"), await javascript(code));
  await build({
    absWorkingDir: folder, entryPoints: ENTRIES.map((name) => `${name}.js`), outdir: "bundled", bundle: true, minify: true,
    format: "esm", target: "es2022",
  });
  const map = { imports: { lanewise: "./node_modules/lanewise/dist/index.js", "lanewise/ops": "./node_modules/lanewise/dist/ops.js" } };
  for (const name of ENTRIES) {
    writeFileSync(join(folder, `bundled-${name}.html`), pageOf(`bundled/${name}.js`));
    writeFileSync(join(folder, `plain-${name}.html`), pageOf(`${name}.js`, `<script type="importmap">${JSON.stringify(map)}</script>`));
  }
}

async function javascript(typescript: string): Promise<string> {
  return (await transform(typescript, { loader: "ts", target: "es2022" })).code;
}

function pageOf(script: string, head = ""): string {
  return `<!doctype html><meta charset="utf-8"><title>${script}</title>${head}<body><script type="module" src="./${script}"></script>`;
}

/** The first block of code under "The trainer" in README.md. */
function readmeTrainer(): { language: string; code: string } {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, language, code] = /^#+ The trainer\s[\s\S]*?^```(js|ts|javascript|typescript)\n([\s\S]*?)^```/m.exec(readme) ?? [];
  if (!language || !code) throw new Error('README.md: wanted a block of js or ts under a heading "The trainer"');
  return { language, code };
}
