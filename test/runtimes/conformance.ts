// What a host's training comes to, held against the committed hashes; and the matrix of all of them.

import { readTraces } from "./committed.ts";
import { type Host, hosts } from "./hosts.ts";
import type { Outcome, Site } from "./programs.ts";
import type { Stage } from "./stage.ts";
import { firstDifference, type Trace } from "./trace.ts";

export const queryOf = ({ where, threads }: Site): string => `?where=${where}&threads=${threads}`;

/** What is not as it should be after training all programs at a site of a host: other hashes, each with the first instruction
 * whose output differs from what is committed (or from the first host's, where no trace is), or models that were elsewhere. */
export async function differences(
  stage: Stage, host: Host, site: Site, wanted: Readonly<Record<string, string>>, told?: (outcome: Outcome) => void,
): Promise<string[]> {
  const outcome: Outcome = await host.run(stage, "hashes", queryOf(site)), { hashes, sites } = outcome;
  told?.(outcome);
  const place = `${site.where}, ${site.threads}: `, elsewhere = sites.filter((one) => !one.startsWith(place)).map((one) => `a model was not ${place}but ${one}`);
  const other = Object.keys(wanted).filter((name) => hashes[name] !== wanted[name]);
  if (other.length === 0) return elsewhere;
  const traces = (of: Host): Promise<Record<string, Trace>> => of.run(stage, "traces", `?programs=${other}`);
  const before = { ...(await traces(hosts[0]!)), ...readTraces() }, after = await traces(host);
  return [...elsewhere, ...other.map((name) =>
    `${name}: hash ${hashes[name]}, committed is ${wanted[name]}; on one thread ${firstDifference(before[name]!, after[name]!)}`)];
}
