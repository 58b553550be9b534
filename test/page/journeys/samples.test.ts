// From opening the page to a trained model, with what the page brings along.

import { describe, expect, test } from "vitest";
import { type Visitor, visits } from "../visitor.ts";

const open = visits();

/** Opens a sample and trains what is suggested, up to the figures. */
async function trained(visitor: Visitor, sample: string): Promise<void> {
  await visitor.press(sample);
  await visitor.press("Go on to the model");
  await visitor.press("Go on to training");
  await visitor.press("Start training");
  await visitor.sees(/^Trained: /m);
  await visitor.press("See how good it is");
}

describe.each(["Chromium", "Firefox"] as const)("in %s, from file://", (browser) => {
  test.each([["Penguins", 97], ["Digits", 87], ["Spirals", 90]] as const)("%s are told apart", async (sample, least) => {
    const start = performance.now(), visitor = await open({ browser });
    await trained(visitor, sample);
    const [, percent] = await visitor.sees(/([\d.]+) % of the .* held-out rows are right/);
    console.log(`${browser}: from opening to a trained model of ${sample} in ${((performance.now() - start) / 1000).toFixed(1)} s, ${percent} % right`);
    expect(Number(percent)).toBeGreaterThanOrEqual(least);
  }, 120_000);

  test("a sine is followed", async () => {
    const visitor = await open({ browser });
    await trained(visitor, "Sine");
    const [, r2] = await visitor.sees(/R² ([\d.]+)/);
    expect(Number(r2)).toBeGreaterThan(0.8);
  }, 120_000);
});
