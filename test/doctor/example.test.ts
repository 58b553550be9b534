// The example in examples/doctor, as a user runs it, through the package.

import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { root, wantBuilt } from "../runtimes/project.ts";

test("examples/doctor: what is wrong is told, and the advice helps", () => {
  wantBuilt();
  const text = execFileSync(process.execPath, ["examples/doctor/main.js"], { cwd: root, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
  const [before, during, after] = text.split(/It is trained all the same|With what was advised/) as [string, string, string];
  expect(before).toMatch(/warning squashing-in-deep-network in layer 1\n[^]*relu\(\) \/\/ in place of layers 1, 3, 5\n[^]*warning inputs-not-scaled/);
  expect(during).toMatch(/warning learning-rate-too-high\n[^]*optimizer: adam\(\{ learningRate: 0\.01 \}\)/);
  expect(after).toMatch(/nothing found\n.*epoch 40.*\n  nothing found/);
  const [, sick, well] = /Held-out accuracy: (\S+) before, (\S+) with/.exec(after)!;
  expect(Number(sick)).toBeLessThan(0.7);
  expect(Number(well)).toBeGreaterThan(0.93);
});
