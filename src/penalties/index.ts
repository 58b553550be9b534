// The penalties, as flat exports and as the namespace `penalties`: the option `penalty` of fit and trainer. They are a part
// of the loss that training minimises and reports; evaluate and validation are about the data, and leave them out.

import type { Value } from "../graph.ts";
import { OWN } from "../formats/json.ts";
import { checkNames, wantNumber } from "../options.ts";
import { abs, square } from "../ops/activation.ts";
import { add, multiply } from "../ops/binary.ts";
import { sum } from "../ops/reduce.ts";
import { type Match, matches, unmatched, wantMatch } from "../optimizers/optimizer.ts";
import type { Penalty } from "./penalty.ts";

export type { Penalty, PenaltyOption } from "./penalty.ts";

export interface PenaltyOptions {
  /** The parameters that it is about; by default those with two axes and more: weights, not biases. */
  match?: Match;
}

function penalty(name: string, strength: number, options: PenaltyOptions, cost: (x: Value) => Value): Penalty {
  wantNumber(`${name}: strength`, strength, 0);
  checkNames(name, options, ["match"]);
  const match = options.match === undefined ? (p: { shape: readonly number[] }): boolean => p.shape.length > 1 : wantMatch(name, options.match);
  return {
    penalty: name,
    options: { strength, ...(options.match && { match: options.match instanceof RegExp ? String(options.match) : OWN }) },
    cost(parameters) {
      const chosen = parameters.filter((parameter) => matches(match, parameter));
      if (chosen.length === 0) throw unmatched(`${name}: match`, match, parameters);
      return multiply(chosen.map(({ value }) => sum(cost(value))).reduce((a, b) => add(a, b)), strength);
    },
  };
}

/** strength · Σ |w|: draws weights to 0. Its gradient is strength · sign(w), 0 at 0.
 * Tibshirani, Regression Shrinkage and Selection via the Lasso (1996)
 *
 * @throws OptionError for a negative strength; when fitting, if no parameter matches.
 * @example
 * const model = await createModel(dense(1, { bias: false, initializer: () => [2, -3] }), { input: [2] });
 * model.trainer({ loss: mse(), penalty: l1(0.5) }).step({ x: [[0, 0]], y: [[0]] }) // → 2.5
 */
export function l1(strength: number, options: PenaltyOptions = {}): Penalty {
  return penalty("l1", strength, options, abs);
}

/** strength · Σ w²: keeps weights small. Its gradient is 2 · strength · w, so that in sgd l2(d / 2) is weightDecay d; in
 * adam it is weight decay as L2, and adamW's is none. Hoerl and Kennard, Ridge Regression (1970)
 *
 * @throws OptionError for a negative strength; when fitting, if no parameter matches.
 * @example
 * const model = await createModel(dense(1, { bias: false, initializer: () => [2, -3] }), { input: [2] });
 * model.trainer({ loss: mse(), penalty: [l1(0.5), l2(0.1)] }).step({ x: [[0, 0]], y: [[0]] }) // → 3.8
 */
export function l2(strength: number, options: PenaltyOptions = {}): Penalty {
  return penalty("l2", strength, options, square);
}
