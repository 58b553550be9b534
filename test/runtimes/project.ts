// The package as its users get it: packed, and installed in an empty folder.

import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a process wrote. */
export interface Output {
  stdout: string;
  stderr: string;
}

/** Runs a program to its end.
 *
 * @throws Error with all that it wrote, if it fails.
 */
export function execute(file: string, args: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }): Promise<Output> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { env: process.env, maxBuffer: 1 << 26, timeout: 240_000, ...options }, (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}\n${stdout}\n${stderr}`)) : resolve({ stdout, stderr }));
  });
}

/** npm, wherever this process comes from: inside `npm test`, the npm that node_modules/.bin may hold comes first in the
 * path, and the outer npm's own folder stands in the environment. */
export function npm(args: readonly string[], cwd: string): Promise<Output> {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env))
    if (!/^(npm_config_local_prefix|npm_package_.*|npm_lifecycle_.*|INIT_CWD)$/i.test(name)) env[name] = value;
  const path = Object.keys(env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  env[path] = (env[path] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules")).join(delimiter);
  const cli = process.env.npm_execpath;
  if (cli?.endsWith("npm-cli.js")) return execute(process.execPath, [cli, ...args], { cwd, env });
  return process.platform === "win32" ? execute("cmd", ["/c", "npm", ...args], { cwd, env }) : execute("npm", args, { cwd, env });
}

/** Runs a task while no other process does one of this name. */
export async function alone<T>(name: string, task: () => Promise<T>): Promise<T> {
  const lock = join(root, "build", `${name}.lock`);
  mkdirSync(dirname(lock), { recursive: true });
  for (;;)
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch {
      if (abandoned(lock)) rmSync(lock, { force: true });
      else await pause(200);
    }
  try {
    return await task();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Was the process that holds a lock ended in the middle? */
function abandoned(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, "utf8")), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** An empty folder; `remove` deletes it. */
export function temporary(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "lanewise-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** An empty project in which the packed package is installed. */
export async function packedProject(): Promise<{ folder: string; remove: () => void }> {
  wantBuilt();
  const { folder, remove } = temporary();
  try {
    await npm(["pack", "--ignore-scripts", "--pack-destination", folder], root);
    const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
    await npm(["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", `./${tarball}`], folder);
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, remove };
}

/** Throws if what is built is older than what it is built from: the tests would tell of another library. */
export function wantBuilt(): void {
  for (const name of ["core", "fast"]) wantNewer(`build/${name}.wasm`, ["assembly", "asconfig.json"]);
  wantNewer("dist/index.js", ["src", "assembly", "scripts/build.mjs", "scripts/wasm.mjs"]);
}

/** And of the trainer page. */
export function wantPage(): void {
  wantNewer("dist/trainer.html", ["src", "docs/choosing.md", "docs/choosing.zh.md", "scripts/page.mjs", "scripts/guide.mjs", "scripts/wasm.mjs"]);
}

function wantNewer(built: string, sources: readonly string[]): void {
  const path = join(root, built), newest = Math.max(...sources.map((source) => changed(join(root, source))));
  if (!existsSync(path) || statSync(path).mtimeMs < newest)
    throw new Error(`${built} is missing or older than ${sources.join(", ")}: run npm run build`);
}

/** When a file, or any file in a folder, was last written. */
function changed(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs;
  return Math.max(...readdirSync(path).map((name) => changed(join(path, name))));
}
