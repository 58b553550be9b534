// The schedules against PyTorch's, step by step.

import { afterAll, expect, test } from "vitest";
import { Worst } from "../worst.ts";
import { fixture, numbers, type Saved, type SavedSchedule, toSchedule } from "./fixtures.ts";

export type ScheduleCase = SavedSchedule & { base: number; steps: number; epochs: number; rates: Saved };

/** The files have ten digits. */
const DIGITS = 6e-10;
const worst = new Worst("schedules");
afterAll(() => worst.print());

for (const row of fixture<ScheduleCase>("schedules.json")) {
  const { base, steps, epochs, rates } = row, name = `${row.schedule}(${row.args.map((arg) => JSON.stringify(arg)).join(", ")})`;
  test(name, () => {
    const schedule = toSchedule(row);
    numbers(rates).forEach((rate, step) => {
      const got = schedule(step, { steps, epochs, base }), error = Math.abs(got - rate) / rate;
      worst.note(row.schedule, "rates", `${name}, step ${step}`, error, DIGITS);
      expect(error, `step ${step}: got ${got}, wanted ${rate}`).toBeLessThanOrEqual(DIGITS);
    });
  });
}
