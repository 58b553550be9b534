// The losses by name, for loadModel. Nothing else imports this file.

import * as losses from "./index.ts";
import type { Loss } from "./loss.ts";

/** Makes a loss from its saved options. */
export function lossTable(): Map<string, (options: Readonly<Record<string, any>>) => Loss> {
  return new Map(Object.entries(losses));
}
