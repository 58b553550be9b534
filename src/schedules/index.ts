// The schedules, as flat exports and as the namespace `schedules`: what becomes of the optimizer's rate as training goes
// on. A schedule is a function of the step (from 0) and the run's lengths that gives an absolute rate; these make such
// functions.

import { cosPi, integerPower } from "../math.ts";
import { checkNames, wantFunction, wantNumber } from "../options.ts";
import { checkLength, describeSchedule, type Length, named, type Schedule, type ScheduleInfo, stepsOf } from "./schedule.ts";

export type { Length, Milestones, Schedule, ScheduleInfo } from "./schedule.ts";
export * from "./decays.ts";
export * from "./cycles.ts";
export { reduceOnPlateau, type ReduceOnPlateauOptions } from "./plateau.ts";
export { sequence, type SequenceOptions } from "./sequence.ts";

export interface StepDecayOptions extends Length {
  /** What the rate is multiplied with; 0.1 by default. */
  factor?: number;
}

/** rate = base · factor^⌊step / length⌋. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 *
 * @throws OptionError without a length.
 * @example
 * const rate = stepDecay({ steps: 10, factor: 0.5 });
 * [0, 9, 10, 20].map((step) => rate(step, { steps: 30, epochs: 3, base: 1 })) // → [1, 1, 0.5, 0.25]
 */
export function stepDecay(options: StepDecayOptions): Schedule {
  checkNames("stepDecay", options, ["steps", "epochs", "factor"]);
  checkLength("stepDecay", options ?? {}, true);
  const factor = wantNumber("stepDecay: factor", options.factor ?? 0.1, 0);
  return named("stepDecay", options, (step, info) => info.base * integerPower(factor, Math.floor(step / stepsOf(options, info))));
}

export interface CosineOptions extends Length {
  /** The rate at the end; 0 by default. */
  minimum?: number;
}

/** rate = minimum + (base − minimum) · (1 + cos(π · step / length)) / 2; over the whole run without a length; past it the
 * rate stays. Loshchilov and Hutter, SGDR (2017);
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html (which rises again)
 *
 * @throws OptionError for an option out of its range.
 * @example
 * const rate = cosine();
 * [0, 5, 10].map((step) => rate(step, { steps: 10, epochs: 1, base: 2 })) // → [2, 1, 0]
 */
export function cosine(options: CosineOptions = {}): Schedule {
  checkNames("cosine", options, ["steps", "epochs", "minimum"]);
  checkLength("cosine", options, false);
  const minimum = wantNumber("cosine: minimum", options.minimum ?? 0, 0);
  return named("cosine", options, (step, info) =>
    minimum + (info.base - minimum) * (1 + cosPi(Math.min(1, step / stepsOf(options, info)))) / 2);
}

export interface WarmupOptions extends Length {
  /** Share of the rate at the first step, from 0 to 1; 1/3 by default. */
  startFactor?: number;
}

/** rate = first · (startFactor + (1 − startFactor) · step / length), first being the inner schedule's first rate; then the
 * inner schedule runs, its clock starting there. Without an inner schedule the rate stays.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
 *
 * @throws OptionError without a length.
 * @example
 * const rate = warmup(cosine(), { steps: 2, startFactor: 0.5 });
 * [0, 1, 2, 12].map((step) => rate(step, { steps: 12, epochs: 1, base: 4 })) // → [2, 3, 4, 0]
 */
export function warmup(options: WarmupOptions): Schedule;
export function warmup(inner: Schedule | undefined, options: WarmupOptions): Schedule;
export function warmup(first: Schedule | WarmupOptions | undefined, second?: WarmupOptions): Schedule {
  const inner = typeof first === "function" ? first : undefined;
  if (second !== undefined && first !== undefined) wantFunction("warmup: inner", first);
  const options = second ?? (inner ? {} : (first as WarmupOptions));
  checkNames("warmup", options, ["steps", "epochs", "startFactor"]);
  checkLength("warmup", options ?? {}, true);
  const startFactor = wantNumber("warmup: startFactor", options?.startFactor ?? 1 / 3, 0, 1);
  const schedule: Schedule = (step, info) => {
    const length = Math.ceil(stepsOf(options, info));
    const steps = Math.max(1, info.steps - length), rest: ScheduleInfo = { ...info, steps, epochs: info.epochs * (steps / info.steps) };
    if (step >= length) return inner ? inner(step - length, rest) : info.base;
    const target = inner ? inner(0, rest) : info.base;
    return target * (startFactor + (1 - startFactor) * (step / length));
  };
  return named("warmup", { ...options, inner: inner && describeSchedule(inner) }, schedule);
}
