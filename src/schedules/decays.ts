// Schedules that only fall.

import { integerPower, power } from "../math.ts";
import { checkNames, wantNumber, wantPositive } from "../options.ts";
import { checkLength, checkMilestones, type Length, type Milestones, milestonesOf, named, type Schedule, stepsOf } from "./schedule.ts";

export interface MultiStepDecayOptions extends Milestones {
  /** What the rate is multiplied with at each milestone; 0.1 by default. */
  factor?: number;
}

/** rate = base · factor^(milestones that have been reached).
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html
 *
 * @throws OptionError without milestones, in steps or in epochs.
 * @example
 * const rate = multiStepDecay({ epochs: [1, 2], factor: 0.5 });
 * [0, 9, 10, 20].map((step) => rate(step, { steps: 30, epochs: 3, base: 1 })) // → [1, 1, 0.5, 0.25]
 */
export function multiStepDecay(options: MultiStepDecayOptions): Schedule {
  checkNames("multiStepDecay", options, ["steps", "epochs", "factor"]);
  checkMilestones("multiStepDecay", options ?? {});
  const factor = wantNumber("multiStepDecay: factor", options.factor ?? 0.1, 0);
  return named("multiStepDecay", options, (step, info) =>
    info.base * integerPower(factor, milestonesOf(options, info).filter((at) => step >= at).length));
}

export interface ExponentialDecayOptions extends Length {
  /** What the rate is multiplied with over each length, smoothly. */
  factor: number;
}

/** rate = base · factor^(step / length); over the whole run without a length. PyTorch's gamma is the factor of
 * `{ steps: 1 }`. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 *
 * @throws OptionError if the factor is not above 0.
 * @example
 * const rate = exponentialDecay({ factor: 0.01 });
 * [0, 5, 10].map((step) => rate(step, { steps: 10, epochs: 1, base: 1 })) // → [1, 0.1, 0.01]
 */
export function exponentialDecay(options: ExponentialDecayOptions): Schedule {
  checkNames("exponentialDecay", options, ["steps", "epochs", "factor"]);
  checkLength("exponentialDecay", options ?? {}, false);
  const factor = wantPositive("exponentialDecay: factor", options?.factor);
  return named("exponentialDecay", options, (step, info) => info.base * power(factor, step / stepsOf(options, info)));
}

export interface PolynomialDecayOptions extends Length {
  /** 1, a line, by default. */
  power?: number;
  /** The rate at the end; 0 by default. */
  minimum?: number;
}

/** rate = minimum + (base − minimum) · (1 − step / length)^power; over the whole run without a length; past it the rate
 * stays. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html
 *
 * @throws OptionError for an option out of its range.
 * @example
 * const rate = polynomialDecay({ power: 2 });
 * [0, 5, 10, 11].map((step) => rate(step, { steps: 10, epochs: 1, base: 1 })) // → [1, 0.25, 0, 0]
 */
export function polynomialDecay(options: PolynomialDecayOptions = {}): Schedule {
  checkNames("polynomialDecay", options, ["steps", "epochs", "power", "minimum"]);
  checkLength("polynomialDecay", options, false);
  const exponent = wantPositive("polynomialDecay: power", options.power ?? 1);
  const minimum = wantNumber("polynomialDecay: minimum", options.minimum ?? 0, 0);
  return named("polynomialDecay", options, (step, info) =>
    minimum + (info.base - minimum) * power(1 - Math.min(1, step / stepsOf(options, info)), exponent));
}

/** rate = base / √(1 + step / length): never ends. After a warmup of the same length, as in
 * `warmup(inverseSqrtDecay({ steps: n }), { steps: n })`, it is the peak times √(n / step), the schedule of
 * Vaswani et al., Attention Is All You Need (2017).
 *
 * @throws OptionError without a length.
 * @example
 * const rate = inverseSqrtDecay({ steps: 10 });
 * [0, 30, 80].map((step) => rate(step, { steps: 90, epochs: 1, base: 1 })) // → [1, 0.5, 0.3333333]
 */
export function inverseSqrtDecay(options: Length): Schedule {
  checkNames("inverseSqrtDecay", options, ["steps", "epochs"]);
  checkLength("inverseSqrtDecay", options ?? {}, true);
  return named("inverseSqrtDecay", options, (step, info) => info.base / Math.sqrt(1 + step / stepsOf(options, info)));
}
