// The licences of what a bundle has of others.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Of each package in a bundle, by esbuild's account of it, its name and its licence.
 *
 * @throws Error for a package that has none: it may not be in a bundle.
 */
export function licencesOf(root, { inputs }) {
  const folders = [...new Set(Object.keys(inputs).flatMap((path) => /(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(path)?.[1] ?? []))].sort();
  return folders.map((folder) => {
    const file = readdirSync(join(root, folder)).find((name) => /^licen[cs]e/i.test(name));
    if (!file) throw new Error(`${folder} has no licence: it may not be in a bundle`);
    return { name: folder.replace(/.*node_modules\//, ""), text: readFileSync(join(root, folder, file), "utf8").trim() };
  });
}

/** All of them, one after the other. */
export const licenceText = (licences) => licences.map(({ name, text }) => `${name}\n\n${text}\n`).join(`\n${"-".repeat(80)}\n\n`);
