// The same bits everywhere: what the page trains, the page's engine in Node, and the program that the page gives to copy.

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { en } from "../../../src/page/text/en/index.ts";
import { root, wantBuilt } from "../../runtimes/project.ts";
import { engineRun } from "../engine.ts";
import { folder, visits } from "../visitor.ts";

const open = visits(), place = folder();
beforeAll(() => wantBuilt());
afterAll(() => place.remove());

test.each([
  ["penguins", ["examples/penguins.csv"]],
  ["digits", ["src/page/samples/digits-images-idx3-ubyte", "src/page/samples/digits-labels-idx1-ubyte"]],
] as const)("%s", async (sample, files) => {
  const visitor = await open();
  for (const name of [`sample.${sample}`, "next.model"] as const) await visitor.press(en[name]);
  await visitor.unfold(en["model.code"]);
  const code = async (): Promise<string> => visitor.evaluate(`document.querySelector('pre[aria-label="${en["model.code"]}"]').textContent`);
  await expect.poll(code, { timeout: 20_000 }).toContain("hash(model)");
  const program = await code();
  for (const name of ["next.train", "train.start"] as const) await visitor.press(en[name]);
  const [, hash] = await visitor.sees(/SHA-256 of the parameters: ([0-9a-f]{64})/);
  expect((await engineRun(sample)).hash).toBe(hash);
  // installed, it is the built library
  writeFileSync(join(place.path, "train.mjs"), program.replace(`"lanewise"`, JSON.stringify(pathToFileURL(join(root, "dist/index.js")).href)));
  for (const path of files) writeFileSync(join(place.path, path.split("/").at(-1)!), readFileSync(join(root, path)));
  const [, command] = /\n\/\/ {3}node train\.ts (.*)\n/.exec(program)!;
  expect(command!.split(" ")).toEqual(files.map((path) => path.split("/").at(-1)));
  const { stdout } = await promisify(execFile)(process.execPath, ["train.mjs", ...command!.split(" ")], { cwd: place.path });
  expect(stdout.trim()).toBe(hash);
  console.log(`${sample}: ${hash} in the page, in its engine in Node, and by the program`);
}, 90_000);
