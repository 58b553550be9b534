// Schedules one after the other.

import { badOption, checkNames, wantFunction } from "../options.ts";
import { checkMilestones, describeSchedule, type Milestones, milestonesOf, named, type Schedule } from "./schedule.ts";

/** Where each schedule but the first begins, in rising order. */
export type SequenceOptions = Milestones;

/** One schedule after the other, rate = scheduleᵢ(step − its milestone): each begins at its milestone, its clock starting
 * there, and a length that it leaves out is the time until the next one begins. Each shapes the optimizer's rate, whatever came before.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
 *
 * @throws OptionError unless there is a milestone between any two schedules, each after the one before.
 * @example
 * const rate = sequence([() => 0.5, polynomialDecay()], { steps: [2] });
 * [0, 1, 2, 4, 6].map((step) => rate(step, { steps: 6, epochs: 1, base: 1 })) // → [0.5, 0.5, 1, 0.5, 0]
 */
export function sequence(schedules: readonly Schedule[], options: SequenceOptions): Schedule {
  checkNames("sequence", options, ["steps", "epochs"]);
  const starts = checkMilestones("sequence", options ?? {});
  if (!Array.isArray(schedules) || schedules.length !== starts.length + 1)
    throw badOption("schedules", Array.isArray(schedules) ? schedules.length : schedules, `${starts.length + 1} schedules, for a milestone between any two`, { of: "sequence" });
  schedules.forEach((schedule, i) => wantFunction(`sequence: schedules[${i}]`, schedule));
  if (starts.some((at, i) => i > 0 && at <= starts[i - 1]!)) throw badOption("milestones", starts, "each after the one before", { of: "sequence" });
  return named("sequence", { ...options, schedules: schedules.map(describeSchedule) }, (step, info) => {
    const at = [0, ...milestonesOf(options, info).map(Math.ceil), info.steps];
    let now = 0;
    while (now < starts.length && step >= at[now + 1]!) now++;
    const steps = Math.max(1, at[now + 1]! - at[now]!);
    return schedules[now]!(step - at[now]!, { ...info, steps, epochs: info.epochs * (steps / info.steps) });
  });
}
