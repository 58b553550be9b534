// Data with the plan that train would have for them, for the commands that look before a training.

import type { Flags } from "./args.ts";
import { type Asked, type Choice, choose, type Plan } from "./choose.ts";
import { prepare, type Ready, type Wanted } from "./prepare.ts";
import { READING, settingsOf, TRAINING } from "./settings.ts";

/** Flags of those commands. */
export const PLANNING = {
  ...TRAINING,
  labels: { kind: "text", value: "FILE", help: "the labels of an IDX file; found beside it by MNIST's names" },
  config: { kind: "text", value: "FILE", help: "settings, instead of lanewise.json in the current folder" },
  ...READING,
} as const satisfies Flags;

export interface Planned {
  readonly ready: Ready;
  readonly plan: Plan;
  readonly wanted: Wanted;
  readonly choices: readonly Choice[];
}

/** Reads the data and plans; the learning rate is not tested. */
export async function planOf(path: string, { config, labels, ...flags }: Wanted & { readonly config?: string }): Promise<Planned> {
  const { settings, from } = await settingsOf(flags, config), wanted: Wanted = { ...settings, ...(labels !== undefined && { labels }) };
  const ready = await prepare(path, wanted), { plan, choices } = choose(ready.facts, settings as Asked, from);
  return { ready, plan, wanted, choices };
}
