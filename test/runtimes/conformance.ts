// What a host's training comes to, held against the committed hashes; and the matrix of all of them.

import { readTraces } from "./committed.ts";
import { type Host, hosts } from "./hosts.ts";
import type { Outcome, Site } from "./programs.ts";
import type { Stage } from "./stage.ts";
import { firstDifference, type Trace } from "./trace.ts";

export const queryOf = ({ where, threads }: Site): string => `?where=${where}&threads=${threads}`;

/** What is not as it should be after training the programs of `wanted` at a site of a host: other hashes, each with the first instruction
 * whose output differs from what is committed (or from the first host's, where no trace is), or models that were elsewhere. */
export async function differences(
  stage: Stage, host: Host, site: Site, wanted: Readonly<Record<string, string>>, told?: (outcome: Outcome) => void,
): Promise<string[]> {
  const outcome: Outcome = await host.run(stage, "hashes", `${queryOf(site)}&programs=${Object.keys(wanted)}`), { hashes, sites } = outcome;
  told?.(outcome);
  const place = `${site.where}, ${site.threads}: `, elsewhere = sites.filter((one) => !one.startsWith(place)).map((one) => `a model was not ${place}but ${one}`);
  const other = Object.keys(wanted).filter((name) => hashes[name] !== wanted[name]);
  if (other.length === 0) return elsewhere;
  const traces = (of: Host): Promise<Record<string, Trace>> => of.run(stage, "traces", `?programs=${other}`);
  const before = { ...(await traces(hosts[0]!)), ...readTraces() }, after = await traces(host);
  return [...elsewhere, ...other.map((name) =>
    `${name}: hash ${hashes[name]}, committed is ${wanted[name]}; on one thread ${firstDifference(before[name]!, after[name]!)}`)];
}

const THREADS = [1, 2, 3, 4, 7], WHERES = ["here", "worker"] as const;
export const SITES: readonly Site[] = WHERES.flatMap((where) => THREADS.map((threads) => ({ where, threads })));

/** Runs all programs at all sites of all hosts and prints what they come to: a table for each program, with the first digits of
 * each cell's hash. A cell that cannot be had is "–", with its reason below.
 *
 * @returns what is not as it should be; empty if every cell of a program has the committed hash.
 */
export async function matrix(stage: Stage, wanted: Readonly<Record<string, string>>, print: (line: string) => void, tick: (line: string) => void): Promise<string[]> {
  const rows = new Map<string, (Outcome | string)[]>(), problems: string[] = [];
  for (const host of hosts) {
    const start = performance.now(), cells: (Outcome | string)[] = [];
    for (const site of SITES) {
      const reason = host.lacks(site);
      if (reason) cells.push(reason);
      else {
        let outcome: Outcome = { hashes: {}, sites: [] };
        const found = await differences(stage, host, site, wanted, (it) => (outcome = it)).catch((error: unknown) => [String(error)]);
        problems.push(...found.map((problem) => `${host.name}, ${site.where}, ${site.threads}: ${problem}`));
        cells.push(outcome);
      }
    }
    rows.set(host.name, cells);
    tick(`${host.name}: ${cells.filter((cell) => typeof cell !== "string").length} sites in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }

  const reasons = [...new Set([...rows.values()].flat().filter((cell) => typeof cell === "string"))];
  const sign = (reason: string): string => `– ${"abcdefgh"[reasons.indexOf(reason)]}`, width = Math.max(...[...rows.keys()].map((name) => name.length));
  const line = (name: string, cells: readonly string[]): void => print(`${name.padEnd(width)}  ${cells.map((cell) => cell.padEnd(8)).join(" ")}`.trimEnd());
  let equal = 0, different = 0;
  for (const [program, hash] of Object.entries(wanted)) {
    print(`\n${program}: ${hash}`);
    line("", WHERES.map((where) => (where === "here" ? "here, on so many threads" : "in a worker, on so many")).map((text) => text.padEnd(9 * THREADS.length - 1)));
    line("", SITES.map(({ threads }) => String(threads)));
    for (const [name, cells] of rows)
      line(name, cells.map((cell) => {
        if (typeof cell === "string") return sign(cell);
        const got = cell.hashes[program], same = got === hash;
        if (same) equal++;
        else different++;
        return same ? got.slice(0, 8) : `!${(got ?? "none").slice(0, 7)}`;
      }));
  }
  print("");
  for (const reason of reasons) print(`${sign(reason)}: ${reason}`);
  print(`\n${equal} cells have the committed hash, ${different} have another.`);
  return problems;
}
