// Other engines than the one that runs the bench: those that the tests have (test/runtimes), installed from its lockfile when
// they are first wanted. They are written in TypeScript, so esbuild bundles them.

import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { here } from "./lanewise.mjs";

const runtimes = join(here, "test/runtimes");

/** `engines`, `browsers`, `Browser` and `install` of test/runtimes. */
export async function loadEngines() {
  const folder = mkdtempSync(join(tmpdir(), "lanewise-engines-")), outfile = join(folder, "engines.mjs");
  const contents = `
    export { engines, install } from "./engines.ts";
    export { Browser, browsers } from "./browser.ts";`;
  try {
    await build({
      stdin: { contents, resolveDir: runtimes, loader: "ts" }, outfile, bundle: true, format: "esm", platform: "node", target: "es2022", logLevel: "silent",
      define: { "import.meta.url": JSON.stringify(pathToFileURL(join(runtimes, "engines.ts")).href) }, // they look for what lies beside them
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The program of the Node 24 that test/runtimes pins; undefined where there is none for this platform. */
export async function node24() {
  const { engines, install } = await loadEngines();
  await install();
  return engines["Node 24"]?.program;
}
