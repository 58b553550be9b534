// What must be there before anything is measured: a build of lanewise, the peers' packages, Python with numpy and
// torch. And the facts about the machine that a table needs.

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { arch, availableParallelism, cpus, platform } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { here } from "./lanewise.mjs";
import { say } from "./table.mjs";

const bench = dirname(fileURLToPath(import.meta.url));

/** npm, by the file that runs now or by name; false if it fails. What it says goes to stderr. */
export function npm(args, cwd, stdout = 2) {
  const file = process.env.npm_execpath;
  const [program, ...first] = file?.endsWith("js") ? [process.execPath, file] : ["npm"];
  return spawnSync(program, [...first, ...args], { cwd, stdio: ["ignore", stdout, 2], shell: program === "npm" && platform() === "win32" }).status === 0;
}

/** Builds a checkout if its sources are newer than dist/. */
export function ensureBuild(root = here) {
  const built = join(root, "dist/index.js");
  const newest = Math.max(...["src", "assembly", "scripts"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((file) => statSync(join(root, folder, file)).mtimeMs)));
  if (existsSync(built) && statSync(built).mtimeMs >= newest) return;
  say("The sources are newer than dist/: npm run build");
  if (!npm(["run", "build", "--silent"], root)) throw new Error("npm run build failed; --no-build measures dist/ as it is");
}

/** Installs the peers where they are missing; false if that fails. They are this folder's packages, so that those who
 * use or test lanewise never get them. */
export function ensurePackages() {
  const wanted = Object.entries(JSON.parse(readFileSync(join(bench, "package.json"), "utf8")).dependencies);
  if (wanted.every(([name, version]) => packageVersion(name) === version)) return true;
  say(`Installing ${wanted.map(([name]) => name).join(", ")} into bench/node_modules: npm ci`);
  return npm(["ci"], bench);
}

/** The version of an installed peer, or undefined. */
export function packageVersion(name) {
  const file = join(bench, "node_modules", name, "package.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : undefined;
}

/** A Python that has a module, or undefined; $PYTHON, or Debian's, or any. */
export function pythonWith(module) {
  const candidates = process.env.PYTHON ? [process.env.PYTHON] : ["/usr/bin/python3", "python3"];
  return candidates.find((python) => spawnSync(python, ["-c", `import ${module}`]).status === 0);
}

/** The machine in a line, */
export function cpu() {
  return `${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${availableParallelism()} cores, ${platform()} ${arch()}`;
}

/** and with the Node that runs this. */
export function machine() {
  return `${cpu()}, Node ${process.versions.node}`;
}
