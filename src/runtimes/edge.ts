// Where a model's programs run in the edge build, in the place of index.ts: such engines have no workers, so it is one thread, here.

import type { Opened } from "./index.ts";
import { type Kit, kit } from "./kit.ts";
import { choose } from "../source.ts";
import { type SiteOptions, wantSite, withBuild } from "./site.ts";

const none = "this is the build for edge engines, which have no workers";

/** Makes a core, whatever threads are asked for.
 *
 * @throws EngineError for a model in a worker, or as loadCore.
 */
export async function open(options: SiteOptions, given: Kit): Promise<Opened> {
  Object.assign(kit, given);
  const { core, where, build } = wantSite(options);
  if (where === "worker") throw new kit.EngineError("no-worker", { option: "where", wanted: '"here"', got: where, problem: none });
  const { source, why } = await choose(build, core, kit.badCore), module = await kit.moduleOf(source, source && build);
  return withBuild({ core: await kit.instantiate(module), site: () => ({ where: "here", threads: 1, why: none }) }, build, why);
}
