// The schedules against PyTorch's over 100 steps, and what 50 steps of training with each come to.

import { afterAll, describe, expect, test } from "vitest";
import { createModel, dense, mse, sgd } from "../../src/index.ts";
import { fixture, type Input, numbers, type Saved, type SavedSchedule, toSchedule, typed } from "./fixtures.ts";
import { Worst } from "../worst.ts";

type RatesCase = SavedSchedule & { base: number; steps: number; epochs: number; rates: Saved; heard?: Saved };
type TrainedCase = SavedSchedule & { x: Input; y: Input; weight: Input; losses: Saved; final: Saved };

const rows = fixture<RatesCase | TrainedCase>("rates.json");
const worst = new Worst("rates");
afterAll(() => worst.print());
/** The files have ten digits. */
const DIGITS = 6e-10;
const nameOf = ({ schedule, args }: SavedSchedule): string => `${schedule}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`;

describe("100 steps of", () => {
  for (const row of rows) {
    if (!("rates" in row)) continue;
    test(nameOf(row), () => {
      const { base, steps, epochs, heard } = row, schedule = toSchedule(row), rates = numbers(row.rates), reports: object[] = [];
      const monitors = ["loss", "accuracy"], key = JSON.stringify(row.args).includes("accuracy") ? "accuracy" : "loss";
      rates.forEach((rate, step) => {
        const got = schedule(step, { steps, epochs, base, reports, monitors });
        const error = Math.abs(got - rate) / (rate || 1);
        worst.note(row.schedule, "rates", `${nameOf(row)}, step ${step}`, error, DIGITS);
        expect(error, `step ${step}: got ${got}, wanted ${rate}`).toBeLessThanOrEqual(DIGITS);
        if (heard) reports.push({ [key]: Number(heard[step]) });
      });
    });
  }
});

describe("50 steps of training with", () => {
  for (const row of rows) {
    if (!("losses" in row)) continue;
    test(nameOf(row), async () => {
      const model = await createModel(dense(1, { bias: false }), { input: [3] }), losses: number[] = [];
      model.setParameters({ weight: { data: typed(row.weight), shape: [1, 3] } });
      await model.fit({ x: typed(row.x), y: typed(row.y) }, {
        loss: mse(), optimizer: sgd({ learningRate: 0.1 }), schedule: toSchedule(row), batchSize: 8, epochs: 10, shuffle: false,
        onStep: ({ loss }) => void losses.push(loss),
      });
      worst.check(row.schedule, "losses", `${nameOf(row)}: losses`, losses, row.losses, { most: 1e-5, relative: true });
      worst.check(row.schedule, "parameters", `${nameOf(row)}: weight`, model.parameters.get("weight")!.data, row.final, { most: 1e-5 });
    });
  }
});
