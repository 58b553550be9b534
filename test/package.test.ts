// The tarball is what package.json says: all that it names is there, each runtime finds its build, and nothing else is in it.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inside, install } from "./runtimes/engines.ts";
import { execute, packedProject } from "./runtimes/project.ts";

type Targets = string | { readonly [condition: string]: Targets };

let project: Awaited<ReturnType<typeof packedProject>>, folder: string, manifest: { exports: Record<string, Targets>; files: string[]; bin: Record<string, string> };

beforeAll(async () => {
  await install();
  project = await packedProject();
  folder = join(project.folder, "node_modules/lanewise");
  manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}, 240_000);

afterAll(() => project?.remove());

/** Files that package.json exports, under any condition. */
const targets = (of: Targets): string[] => (typeof of === "string" ? [of] : Object.values(of).flatMap(targets));

/** What a module imports, statically or not; of a declaration, other declarations. */
function imports(file: string): string[] {
  return [...readFileSync(join(folder, file), "utf8").matchAll(/^(?:import|export)\b[^"';]*?"([^"\n]+)"|\bimport\("([^"\n]+)"\)|^} from "([^"\n]+)"/gm)]
    .map(([, ...names]) => names.find((name) => name !== undefined)!);
}

/** A file, and all that it leads to. */
function reached(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (/\.(js|ts)$/.test(file))
    for (const name of imports(file).filter((it) => it.startsWith("."))) {
      const path = join(dirname(file), name.replace(/\?.*$/, ""));
      reached(file.endsWith(".d.ts") ? path.replace(/\.js$/, ".d.ts") : path, seen);
    }
  return seen;
}

/** The file that a bundler takes for an import under these conditions. */
async function resolved(name: string, conditions: string[]): Promise<string> {
  const { metafile } = await build({
    stdin: { contents: `import ${JSON.stringify(name)}`, resolveDir: project.folder }, bundle: true, write: false, metafile: true, platform: "neutral",
    conditions, loader: { ".wasm": "copy" }, outdir: "out", ignoreAnnotations: true,
  });
  return relative(folder, join(process.cwd(), metafile.inputs["<stdin>"]!.imports[0]!.path)).replaceAll("\\", "/");
}

describe("the tarball", () => {
  it("has every file that package.json names, and what these import", () => {
    const named = [...targets(manifest.exports), ...targets(manifest.bin)];
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((file) => !existsSync(join(folder, file)))).toEqual([]);
    const all = named.flatMap((file) => [...reached(file)]);
    expect(all.filter((file) => !existsSync(join(folder, file)))).toEqual([]);
    expect(manifest.files.filter((name) => !existsSync(join(folder, name)))).toEqual([]);
  });

  it("has no file that package.json does not lead to, but those for people", () => {
    const led = new Set([...targets(manifest.exports), ...targets(manifest.bin)].flatMap((file) => [...reached(join(file))]));
    const files = (readdirSync(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
    expect(files.filter((file) => !led.has(file)).sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "dist/cli.licenses.txt", "dist/lanewise.schema.json", "dist/trainer.licenses.txt"]);
  });
});

describe("exports", () => {
  const library = ["index.js", "ops.js", "fast.js"], entries = ["lanewise", "lanewise/ops", "lanewise/fast"];
  it.each([
    ["no condition at all", [], "dist/"], ["Node.js", ["node"], "dist/"], ["Deno", ["deno", "node"], "dist/"], ["Bun", ["bun", "node"], "dist/"],
    ["a bundler for pages", ["browser", "module"], "dist/"], ["workerd, as Wrangler asks", ["workerd", "worker", "browser"], "dist/edge/"],
    ["Next.js's edge", ["edge-light", "worker", "browser"], "dist/edge/"],
  ])("%s finds its build of all entries", async (_, conditions, place) => {
    expect(await Promise.all(entries.map((name) => resolved(name, conditions)))).toEqual(library.map((name) => place + name));
  });

  it("names every runtime, declarations first, and promises nothing to require", () => {
    const conditions = ["types", "workerd", "edge-light", "node", "deno", "bun", "browser", "default"];
    expect(Object.keys(manifest.exports["."]!)).toEqual(conditions);
    expect(Object.keys(manifest.exports["./ops"]!)).toEqual(conditions);
    expect(Object.keys(manifest.exports["./fast"]!)).toEqual(conditions);
    expect(JSON.stringify(manifest.exports)).not.toContain('"require"');
  });

  it("publint finds nothing to say", async () => {
    const { stdout } = await execute(process.execPath, [inside("publint/src/cli.js"), "run", folder, "--strict"], { cwd: project.folder });
    expect(stdout).toContain("All good!");
  });

  it("attw finds the declarations of every entry, as ES modules", async () => {
    const tarball = readdirSync(project.folder).find((name) => name.endsWith(".tgz"))!;
    const { stdout } = await execute(process.execPath, [
      inside("@arethetypeswrong/cli/dist/index.js"), tarball, "--profile", "esm-only", "--exclude-entrypoints", "core.wasm", "fast.wasm", "trainer.html", "--format", "ascii", "--no-emoji",
    ], { cwd: project.folder });
    expect(stdout).toMatch(/"lanewise\/worker"/);
  });
});

describe("the library", () => {
  const train = (lanewise: string): string => `
    const { adam, createModel, dense, hash, mse, sequential, tanh } = ${lanewise};
    const model = await createModel(sequential(dense(4), tanh(), dense(1)), { input: [2], seed: 1 });
    await model.fit({ x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [0, 1, 1, 0] }, { loss: mse(), optimizer: adam(), epochs: 3 });
    console.log(hash(model));`;
  const run = async (file: string, text: string): Promise<string> => {
    writeFileSync(join(project.folder, file), text);
    return (await execute(process.execPath, [file], { cwd: project.folder })).stdout.trim();
  };

  it("is there for CommonJS by import(), and trains the same", async () => {
    const got = await run("common.cjs", `(async () => { require("node:assert"); ${train('await import("lanewise")')} })();`);
    expect(got).toMatch(/^[0-9a-f]{64}$/);
    expect(got).toBe(await run("module.mjs", train('await import("lanewise")')));
  });

  it("reads no file and fetches nothing to make a model, in one script or in its own modules", async () => {
    const without = 'globalThis.fetch = process.getBuiltinModule = () => { throw new Error("the library reaches out"); };';
    const wanted = await run("module.mjs", train('await import("lanewise")'));
    expect(await run("closed.mjs", `const lanewise = await import("lanewise"); ${without} ${train("lanewise")}`)).toBe(wanted);
    const { outputFiles } = await build({
      stdin: { contents: `${without} ${train('await import("lanewise")')}`, resolveDir: project.folder }, bundle: true, write: false, platform: "browser", format: "esm", target: "es2022",
    });
    expect(await run("bundled.mjs", outputFiles[0]!.text)).toBe(wanted);
  });

  /** What is not the package's own. Optional peers may be asked for, when they are used; then their import stands in a call. */
  const others = (files: readonly string[]): string[] => {
    const { peerDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { peerDependencies: Record<string, string> };
    const asked = (name: string, file: string): boolean => name in peerDependencies
      && new RegExp(`try \\{((?!catch)[^])*import\\("${name}"\\)`).test(readFileSync(join(folder, file), "utf8")); // which bundlers forgive where it is missing
    return files.filter((file) => file.endsWith(".js")).flatMap((file) => imports(file).filter((name) => !name.startsWith(".") && !asked(name, file)));
  };

  it("imports nothing of node: in the build for pages, nor any other package but for peers that are optional", () => {
    const files = ["dist/index.js", "dist/ops.js", "dist/fast.js", "dist/worker.js"].flatMap((file) => [...reached(file)]);
    expect(files.length).toBeGreaterThan(3);
    expect(others(files)).toEqual([]);
    expect(files.filter((file) => /\brequire\(|\bfrom\s*["']node:|\bimport\s*\(?["']node:/.test(readFileSync(join(folder, file), "utf8")))).toEqual([]);
  });

  it("compiles nothing on the edge: there core.wasm is a module that it imports", () => {
    const files = ["dist/edge/index.js", "dist/edge/ops.js"].flatMap((file) => [...reached(file)]), texts = files.filter((file) => file.endsWith(".js")).map((file) => readFileSync(join(folder, file), "utf8"));
    expect(files).toContain("dist/core.wasm");
    expect(others(files)).toEqual([]);
    expect(texts.filter((text) => /core_default = "|\bnew Worker\(|import\.meta/.test(text))).toEqual([]);
    for (const name of ["core.wasm", "fast.wasm"]) {
      const bytes = readFileSync(join(folder, "dist", name)), memory = bytes.indexOf("\x03env\x06memory\x02", 0, "latin1");
      expect(bytes[memory + 12]).toBe(1); // a memory of its own: no shared one can be had there
    }
  });

  it("has the fast core in a file that is loaded if it is asked for, and on the edge if it is imported", () => {
    const others = (file: string): string[] => [...reached(file)];
    expect(others("dist/fast.js")).toEqual(["dist/fast.js"]); // it shares nothing: a page has no file more
    expect(others("dist/index.js")).toContain("dist/fast.js");
    const statically = [...others("dist/index.js")].filter((file) => /from "\.\/fast\.js"/.test(readFileSync(join(folder, file), "utf8")));
    expect(statically).toEqual([]);
    // edge engines compile what a program can reach, and fail where there is no relaxed SIMD
    expect([...others("dist/edge/index.js"), ...others("dist/edge/ops.js")].filter((file) => file.includes("fast"))).toEqual([]);
    expect(others("dist/edge/fast.js")).toEqual(["dist/edge/fast.js", "dist/fast.wasm"]);
  });
});
