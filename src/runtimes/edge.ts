// Where a model's programs run in the edge build, in the place of index.ts: such engines have no workers, so it is one thread, here.

import { loadCore } from "../core.ts";
import { EngineError } from "../errors.ts";
import type { Opened } from "./index.ts";
import { type SiteOptions, wantSite } from "./site.ts";

const none = "this is the build for edge engines, which have no workers";

/** Makes a core, whatever threads are asked for.
 *
 * @throws EngineError for a model in a worker, or as loadCore.
 */
export async function open(options: SiteOptions): Promise<Opened> {
  const { core, where } = wantSite(options);
  if (where === "worker") throw new EngineError("no-worker", { option: "where", wanted: '"here"', got: where, problem: none });
  return { core: await loadCore(core), why: none, runner: async () => undefined, wrap: (model) => model };
}
