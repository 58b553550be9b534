// Data with the plan that train would have for them, for the commands that look before a training.

import type { Model } from "../index.ts";
import type { Flags } from "./args.ts";
import { type Asked, type Choice, choose, type Plan, testedChoice, withRate } from "../advice/choose.ts";
import { modelOf, type AnyReady, testedRate } from "../advice/prepare.ts";
import { prepare, type Wanted } from "./ready.ts";
import { PICTURES, READING, settingsOf, TRAINING } from "./settings.ts";
import type { Progress } from "./terminal.ts";

/** Flags of those commands. */
export const PLANNING = {
  ...TRAINING,
  labels: { kind: "text", value: "FILE", help: "the labels of an IDX file; found beside it by MNIST's names" },
  config: { kind: "text", value: "FILE", help: "settings, instead of lanewise.json in the current folder" },
  ...PICTURES,
  ...READING,
} as const satisfies Flags;

export interface Planned {
  readonly ready: AnyReady;
  readonly plan: Plan;
  readonly wanted: Wanted;
  readonly choices: readonly Choice[];
}

/** Reads the data and plans; the learning rate is not tested. With `folds`, nothing is kept apart by group or time. */
export async function planOf(path: string, { config, labels, ...flags }: Wanted & { readonly config?: string }, progress?: Progress, folds = false): Promise<Planned> {
  const { settings, from } = await settingsOf(flags, config), wanted: Wanted = { ...settings, ...(labels !== undefined && { labels }), folds };
  const ready = await prepare(path, wanted, progress), { plan, choices } = choose(ready.facts, settings as Asked, from);
  return { ready, plan, wanted, choices };
}

/** The plan with the rate that a range test finds, where nobody has said one; and the untrained model, which the test has left as it was. */
export async function rated({ ready, plan, wanted, choices }: Planned): Promise<Planned & { readonly model: Model }> {
  const model = await modelOf(ready, plan, wanted);
  if (plan.learningRate !== undefined) return { ready, plan, wanted, choices, model };
  const tested = await testedRate(model, ready, plan, wanted);
  return { ready, plan: { ...plan, learningRate: tested.rate }, wanted, choices: withRate(choices, testedChoice(tested)), model };
}
