// Losses of numbers that should come near their targets.

import { wantNumber, wantPositive } from "../options.ts";
import { huberError, smoothL1Error } from "../ops/distance.ts";
import { absoluteError, squaredError } from "../ops/loss.ts";
import { type Loss, type LossOptions, makeLoss, wantOptions } from "./loss.ts";

/** Mean squared error: (p − t)². For regression. https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 *
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[1], [2]], y: [[1], [4]] }, { loss: mse() })).loss // → 2
 */
export function mse(options: LossOptions = {}): Loss<"mse"> {
  return makeLoss("mse", options, [], { target: "numbers", reading: undefined }, squaredError);
}

/** Mean absolute error: |p − t|. For regression with outliers.
 * https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
 *
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[1], [2]], y: [[1], [4]] }, { loss: mae() })).loss // → 1
 */
export function mae(options: LossOptions = {}): Loss<"mae"> {
  return makeLoss("mae", options, [], { target: "numbers", reading: undefined }, absoluteError);
}

export interface HuberOptions extends LossOptions {
  /** Where the square becomes a line; above 0, 1 by default. */
  delta?: number;
}

/** ½(p − t)² where |p − t| ≤ delta, else delta · (|p − t| − ½·delta): smooth as mse at the target, and as mild as mae to
 * outliers. Huber, Robust Estimation of a Location Parameter (1964);
 * https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
 *
 * @throws OptionError for a delta of 0 or below, or an unknown option.
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[1], [2]], y: [[1], [5]] }, { loss: huber() })).loss // → 1.25
 */
export function huber(options: HuberOptions = {}): Loss<"huber"> {
  const known = ["delta"];
  wantOptions("huber", options, known);
  const delta = wantPositive("delta", options.delta ?? 1);
  return makeLoss("huber", { ...options, delta }, known, { target: "numbers", reading: undefined }, (p, t) => huberError(p, t, delta));
}

export interface SmoothL1Options extends LossOptions {
  /** Where the square becomes a line; 1 by default, and 0 makes it mae. */
  beta?: number;
}

/** ½(p − t)² / beta where |p − t| < beta, else |p − t| − ½·beta: huber({ delta: beta }) / beta. For bounding boxes.
 * Girshick, Fast R-CNN (2015); https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 *
 * @throws OptionError for a beta below 0, or an unknown option.
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[1], [2]], y: [[1], [5]] }, { loss: smoothL1({ beta: 2 }) })).loss // → 1
 */
export function smoothL1(options: SmoothL1Options = {}): Loss<"smoothL1"> {
  const known = ["beta"];
  wantOptions("smoothL1", options, known);
  const beta = wantNumber("beta", options.beta ?? 1, 0);
  return makeLoss("smoothL1", { ...options, beta }, known, { target: "numbers", reading: undefined }, (p, t) => smoothL1Error(p, t, beta));
}
