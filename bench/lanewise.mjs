// lanewise as the bench uses it: the modules of a build, which is found by the root of its checkout, so that two of them
// can be compared.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export { lanewiseStep, modelOf, trainerOf } from "./own.mjs";

/** The checkout in which this file stands. */
export const here = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The modules `lanewise` and `lanewise/ops` of a checkout that has been built; `fast`: has it the fast build, as older ones
 * have not? */
export async function loadBuild(root = here) {
  const load = (file) => import(pathToFileURL(join(root, "dist", file)).href);
  return { root, lanewise: await load("index.js"), ops: await load("ops.js"), fast: existsSync(join(root, "dist/fast.js")) };
}
