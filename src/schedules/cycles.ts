// Schedules that rise again, or first.

import { cosPi } from "../math.ts";
import { checkNames, wantBoolean, wantNumber, wantOneOf } from "../options.ts";
import { checkLength, type Length, named, type Schedule, stepsOf } from "./schedule.ts";

export interface CosineWarmRestartsOptions extends Length {
  /** How much longer each cycle is than the one before it; 1 by default. */
  multiplier?: number;
  /** The rate at the end of a cycle; 0 by default. */
  minimum?: number;
}

/** A cosine from base to minimum over each cycle, then the next one from base; the length, at least a step, is that of the first.
 * rate = minimum + (base − minimum) · (1 + cos(π · step in the cycle / its length)) / 2. Loshchilov and Hutter, SGDR (2017);
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html
 *
 * @throws OptionError without a length, or for a multiplier below 1.
 * @example
 * const rate = cosineWarmRestarts({ steps: 4, multiplier: 2 });
 * [0, 2, 4, 8, 12].map((step) => rate(step, { steps: 28, epochs: 1, base: 2 })) // → [2, 1, 2, 1, 2]
 */
export function cosineWarmRestarts(options: CosineWarmRestartsOptions): Schedule {
  checkNames("cosineWarmRestarts", options, ["steps", "epochs", "multiplier", "minimum"]);
  checkLength("cosineWarmRestarts", options ?? {}, true);
  const multiplier = wantNumber("cosineWarmRestarts: multiplier", options.multiplier ?? 1, 1);
  const minimum = wantNumber("cosineWarmRestarts: minimum", options.minimum ?? 0, 0);
  return named("cosineWarmRestarts", options, (step, info) => {
    let length = Math.max(1, stepsOf(options, info)), at = step; // a shorter one would be passed without end
    if (multiplier === 1) at %= length;
    else for (; at >= length; length *= multiplier) at -= length;
    return minimum + (info.base - minimum) * (1 + cosPi(at / length)) / 2;
  });
}

export interface OneCycleOptions extends Length {
  /** Share of the length in which the rate rises; 0.3 by default. */
  warmup?: number;
  /** How it goes from one rate to the next; "cosine" by default. */
  anneal?: "cosine" | "linear";
  /** The peak is so many times the first rate; 25 by default. */
  startDivisor?: number;
  /** The first rate is so many times the last; 10,000 by default. */
  finalDivisor?: number;
  /** Falls as long as it has risen, to the first rate, and only then to the last; false by default. */
  threePhase?: boolean;
}

/** The rate rises from base / startDivisor to base, the peak, and falls to base / (startDivisor · finalDivisor); over the
 * whole run without a length; past it the rate stays. Momentum stays as it is, which is PyTorch's cycle_momentum=False.
 * Smith and Topin, Super-Convergence (2018); https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
 *
 * @throws OptionError for an option out of its range.
 * @example
 * const rate = oneCycle({ warmup: 0.5, startDivisor: 10, finalDivisor: 10, anneal: "linear" });
 * [0, 4, 9, 10].map((step) => rate(step, { steps: 10, epochs: 1, base: 1 })) // → [0.1, 1, 0.01, 0.01]
 */
export function oneCycle(options: OneCycleOptions = {}): Schedule {
  checkNames("oneCycle", options, ["steps", "epochs", "warmup", "anneal", "startDivisor", "finalDivisor", "threePhase"]);
  checkLength("oneCycle", options, false);
  const threePhase = wantBoolean("oneCycle: threePhase", options.threePhase ?? false);
  const rise = wantNumber("oneCycle: warmup", options.warmup ?? 0.3, 0, threePhase ? 0.5 : 1);
  const linear = wantOneOf("oneCycle: anneal", options.anneal ?? "cosine", ["cosine", "linear"]) === "linear";
  const first = 1 / wantNumber("oneCycle: startDivisor", options.startDivisor ?? 25, 1);
  const last = first / wantNumber("oneCycle: finalDivisor", options.finalDivisor ?? 1e4, 1);
  return named("oneCycle", options, (step, info) => {
    const length = stepsOf(options, info), peak = rise * length - 1;
    const phases: [end: number, share: number][] = [[peak, 1], ...(threePhase ? [[2 * peak, first] as [number, number]] : []), [length - 1, last]];
    let start = 0, from = first;
    for (const [end, to] of phases) {
      if (step <= end || to === last) {
        const part = end > start ? Math.min(1, (step - start) / (end - start)) : 1;
        return info.base * (linear ? from + (to - from) * part : to + (from - to) * (1 + cosPi(part)) / 2);
      }
      [start, from] = [end, to];
    }
    return NaN; // the last phase has no end
  });
}
