// What a page has to carry, and that the core's bytes come from its source alone.

import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { KB, learnt, LIMITS, MINIFIERS, pageOf, shows, weigh, zipped } from "../bench/page.mjs";
import { npm, packedProject, root, temporary, wantBuilt } from "./runtimes/project.ts";

it.each([["core.wasm", LIMITS.coreZipped], ["fast.wasm", LIMITS.fastZipped]])(`%s has at most ${LIMITS.core / KB} KB, and %i bytes gzipped`, (name, most) => {
  wantBuilt();
  const core = readFileSync(join(root, "build", name));
  tell(`${name}: ${core.length} bytes, ${zipped(core)} gzipped`);
  expect(core.length).toBeLessThanOrEqual(LIMITS.core);
  expect(zipped(core)).toBeLessThanOrEqual(most);
});

it(`a page that trains XOR loads at most ${LIMITS.pageZipped / KB} KB gzipped, with the core in it, by either minifier`, async () => {
  const { folder, remove } = await packedProject();
  try {
    for (const minifier of MINIFIERS) {
      const files = await pageOf("lanewise", folder, minifier), { loaded, later } = weigh(files), whole = weigh(await pageOf("lanewise", folder, minifier, { whole: true }));
      tell(`page with the XOR trainer, minified by ${minifier}: ${loaded} bytes gzipped, ${later} later if asked; as one file ${whole.loaded}`);
      expect(shows(files)).toSatisfy(learnt);
      expect(files.filter((file) => file.loaded).map(({ name }) => name)).toEqual(["index.html", "page.js"]); // see src/runtimes/kit.ts
      // the room for threads and workers is there, and not loaded
      expect(later).toBeGreaterThan(KB);
      expect(loaded).toBeLessThanOrEqual(LIMITS.pageZipped);
    }
  } finally {
    remove();
  }
});

it("the package has no dependency, and its tarball what it needs alone", async () => {
  const { folder, remove } = await packedProject();
  try {
    expect(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["lanewise"]);
    const files = readdirSync(join(folder, "node_modules/lanewise"), { recursive: true }) as string[];
    const bytes = readdirSync(folder).filter((name) => name.endsWith(".tgz")).map((name) => readFileSync(join(folder, name)).length);
    tell(`tarball: ${bytes.join()} bytes, ${files.length} files`);
    expect(files.filter((name) => !/^(dist\b|package\.json$|README\.md$|CHANGELOG\.md$|LICENSE$)/.test(name))).toEqual([]);
  } finally {
    remove();
  }
});

it("the core built again has the same bytes", async () => {
  wantBuilt();
  const { folder, remove } = temporary();
  try {
    for (const name of ["assembly", "asconfig.json", "package.json"]) cpSync(join(root, name), join(folder, name), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
    await npm(["run", "build:core"], folder);
    const sha256 = [root, folder].map((there) => createHash("sha256").update(readFileSync(join(there, "build/core.wasm"))).digest("hex"));
    tell(`core.wasm: sha256 ${sha256.join(" and ")}`);
    expect(sha256[1]).toBe(sha256[0]);
  } finally {
    remove();
  }
});

function tell(figure: string): void {
  console.log(figure);
}
