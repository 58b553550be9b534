// The committed results of programs.ts. UPDATE_HASHES=1 with test/determinism.test.ts writes them anew: a change of bits
// wants a new numerics version (assembly/isa.ts) and a line in CHANGELOG.md.

import { readFileSync, writeFileSync } from "node:fs";
import type { Trace } from "./trace.ts";

/** SHA-256 of all parameters, by program. */
export type Hashes = Record<string, string>;

const hashFile = new URL("hashes.json", import.meta.url), traceFile = new URL("traces.json", import.meta.url);

export const readHashes = (): { numerics: number; hashes: Hashes } => JSON.parse(readFileSync(hashFile, "utf8"));
/** Traces of the programs but for the catalogue's, which has 200 KB: where its hash differs, two engines' are compared. */
export const readTraces = (): Record<string, Trace | undefined> => JSON.parse(readFileSync(traceFile, "utf8"));

export function writeCommitted(numerics: number, hashes: Hashes, traces: Record<string, Trace>): void {
  writeFileSync(hashFile, `${JSON.stringify({ numerics, hashes }, undefined, 2)}\n`);
  const text = Object.entries(traces).filter(([name]) => name !== "catalogue").map(([name, { programs, runs }]) =>
    `"${name}": {\n"programs": [\n${programs.map((labels) => JSON.stringify(labels)).join(",\n")}\n],\n`
    + `"runs": [\n${runs.map((run) => JSON.stringify(run)).join(",\n")}\n]\n}`);
  writeFileSync(traceFile, `{\n${text.join(",\n")}\n}\n`);
}
