// Training as it is watched: paused and gone on with, looked back at, compared, deleted.

import { expect, test } from "vitest";
import { visits } from "../visitor.ts";

const open = visits();

test("a run of digits is paused, goes on, is gone back in, and stands beside another one of the same bits", async () => {
  const visitor = await open();
  await visitor.press("Digits");
  await visitor.press("Go on to the model");
  await visitor.press("Go on to training");
  await visitor.evaluate("shifts = [], new PerformanceObserver((list) => shifts.push(...list.getEntries().filter(({ hadRecentInput }) => !hadRecentInput).map(({ value }) => value))).observe({ type: 'layout-shift' })");
  await visitor.watch();
  // with a quick hand: the whole run takes half a second
  await visitor.evaluate(`void (watch = setInterval(() => {
    if (!/Training: step [1-9]/.test(document.body.innerText)) return;
    clearInterval(watch);
    [...document.querySelectorAll("button")].find(({ textContent }) => textContent === "Pause").click();
  }, 5))`);
  await visitor.press("Start training");
  const [, paused] = await visitor.sees(/Paused after step ([\d,]+) of/);
  expect(Number(paused!.replace(",", ""))).toBeGreaterThan(0);
  await visitor.press("Go on");
  await visitor.sees(/^Trained: [\d,]+ steps$/m);
  const [, hash] = await visitor.sees(/SHA-256 of the parameters: ([0-9a-f]{64})/);
  // a run that nobody paused has the same bits
  await visitor.press("Start training");
  await visitor.sees("Pause");
  await visitor.sees(/^Trained: [\d,]+ steps$/m);
  expect((await visitor.sees(/SHA-256 of the parameters: ([0-9a-f]{64})/))[1]).toBe(hash);
  expect(await visitor.evaluate("shifts")).toEqual([]);
  // wanted is none above 50 ms; but a machine that is at something else makes one of any length
  const longest = await visitor.longest();
  console.log(`longest task of the page while it trains: ${longest ? `${longest} ms` : "none above 50 ms"}`);
  expect(longest).toBeLessThan(250);
  await visitor.fill("Step, as a number", "7", "spinbutton");
  await visitor.press("Step, as a number", "spinbutton");
  await visitor.evaluate("document.activeElement.blur()");
  await visitor.sees(/Step 7, epoch 1: loss [\d.]+, learning rate [\d.]+; trained again from step 0/);
  await visitor.press("Draw Run 1 in the curves", "checkbox");
  expect(await visitor.violations()).toEqual([]);
  await visitor.press("Delete Run 1");
  await visitor.press("Really delete?");
  await expect.poll(() => visitor.evaluate("document.querySelectorAll('tbody input[type=radio]').length")).toBe(1);
}, 120_000);
