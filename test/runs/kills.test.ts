// A process that trains and keeps its run is killed at random moments: nothing is torn, nothing that was acknowledged is lost, and the
// run ends with the bits of the one that was never killed. test/proof/kills.mjs does it sixty times, and kills browsers too.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root, temporary, wantBuilt } from "../runtimes/project.ts";
import { killedRun, train } from "./kills.mjs";

const library = pathToFileURL(join(root, "dist/index.js")).href;
let place: ReturnType<typeof temporary>;
beforeAll(() => {
  wantBuilt();
  place = temporary();
});
afterAll(() => place?.remove());

const hashOf = ({ lines }: { lines: string[] }): string | undefined => lines.find((line) => line.startsWith("end "))?.slice(4);

test("six kills: no torn file, no acknowledged checkpoint lost, the bits of the undisturbed run", async () => {
  const undisturbed = hashOf(await train(library, "none")), kept = await train(library, join(place.folder, "kept"));
  expect(undisturbed).toMatch(/^[0-9a-f]{64}$/);
  expect(hashOf(kept)).toBe(undisturbed);
  const { end, kills, resumes, faults } = await killedRun(library, join(place.folder, "killed"), 6, 0.7 * kept.milliseconds);
  expect(faults).toEqual([]);
  expect(end).toBe(undisturbed);
  expect(kills).toBeGreaterThan(0);
  expect(resumes).toBeGreaterThan(0);
});

test("two processes at once in one folder: one trains, the other is told, and the run is as it should be", async () => {
  const folder = join(place.folder, "both"), undisturbed = hashOf(await train(library, "none"));
  const both = await Promise.allSettled([train(library, folder), train(library, folder)]);
  const [refused, ...more] = both.flatMap((it) => (it.status === "rejected" ? [String(it.reason)] : []));
  expect(more).toEqual([]);
  expect(refused).toMatch(/run-busy|trains there/);
  const ended = both.flatMap((it) => (it.status === "fulfilled" ? [hashOf(it.value)] : []));
  expect(ended).toEqual([undisturbed]);
  expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
});
