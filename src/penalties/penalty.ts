// What a penalty is: a number that parameters cost, added to the loss of a training step.

import type { Value } from "../graph.ts";
import { badOption, isRecord } from "../options.ts";
import type { ParameterInfo } from "../optimizers/optimizer.ts";

/** A penalty: made by l1(), l2(), or an object of one's own. */
export interface Penalty {
  readonly penalty: string;
  /** How it was made: plain data, which a checkpoint compares. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What these parameters cost, in ops: a scalar. They are all that are trained. */
  cost(parameters: readonly (ParameterInfo & { readonly value: Value })[]): Value;
}

/** One, or several that are added. */
export type PenaltyOption = Penalty | readonly Penalty[];

export function wantPenalties(option: unknown = []): readonly Penalty[] {
  const list = [option].flat() as Penalty[];
  for (const one of list) if (!isRecord(one) || typeof one.cost !== "function") throw badOption("penalty", one, "l1(), l2() or a list of them");
  return list;
}
