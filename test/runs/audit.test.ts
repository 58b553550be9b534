// A run that is kept can be proved: verify() takes what readRun() gives.

import { expect, test } from "vitest";
import { audit, keepRun, memoryStore, readRun, verify } from "../../src/index.ts";
import { classified, classifier, options } from "../helpers.ts";

test("a kept and interrupted run verifies, and one with a flipped bit does not", async () => {
  const store = memoryStore(), data = classified(64);
  for (const steps of [7, 100]) await (await classifier()).fit(data, options({ callbacks: [audit()], budget: { steps }, run: keepRun(store, { every: { steps: 2 }, keep: Infinity }) }));
  const model = await classifier(), run = await readRun(store);
  expect(run.checkpoints.map(({ step }) => step)).toEqual([2, 4, 6, 7, 8, 10, 12]);
  expect(await verify(run, data, { model })).toMatchObject({ ok: true, chainOk: true });
  const flipped = { ...run, checkpoints: await Promise.all(run.checkpoints.map(async ({ step, bytes }) => {
    const copy = (await bytes()).slice();
    if (step === 8) copy[copy.length - 3]! ^= 1;
    return { step, bytes: () => copy };
  })) };
  expect(await verify(flipped, data, { model })).toMatchObject({ ok: false });
});
