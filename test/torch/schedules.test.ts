// The schedules against PyTorch's, step by step.

import { expect, test } from "vitest";
import { fixture, numbers, type Saved, type SavedSchedule, toSchedule } from "./fixtures.ts";

export type ScheduleCase = SavedSchedule & { base: number; steps: number; epochs: number; rates: Saved };

for (const row of fixture<ScheduleCase>("schedules.json")) {
  const { base, steps, epochs, rates } = row;
  test(`${row.schedule}(${row.args.map((arg) => JSON.stringify(arg)).join(", ")})`, () => {
    const schedule = toSchedule(row);
    // the files have ten digits
    numbers(rates).forEach((rate, step) => expect(schedule(step, { steps, epochs, base }) / rate, `step ${step}`).toBeCloseTo(1, 9));
  });
}
