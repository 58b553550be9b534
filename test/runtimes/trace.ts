// What every instruction of a training run wrote, short enough to be committed: where a hash differs from the committed
// one, the first instruction whose output differs is the place to look at.

import type { Library, TrainingRun } from "./training.ts";

/** A training run: its programs, and for each time that one ran the hashes of its instructions' outputs. */
export interface Trace {
  /** Labels of the instructions, for each program. */
  programs: string[][];
  /** Which program, and four hexadecimal digits for each of its instructions. */
  runs: [program: number, digits: string][];
}

const DIGITS = 4;

/** Runs a program, instruction by instruction. */
export async function record(library: Library, program: TrainingRun): Promise<Trace> {
  const probe = await library.ops.compile((x) => library.ops.abs(x), [[1]]);
  const loaded = Object.getPrototypeOf(probe.loaded) as typeof probe.loaded;
  probe.dispose();
  const { runSync } = loaded, made: Trace = { programs: [], runs: [] }, known = new Map<string, number>();
  loaded.runSync = function () {
    const lines = library.trace(this), labels = lines.map(({ label }) => label), key = labels.join("\n");
    if (!known.has(key)) known.set(key, made.programs.push(labels) - 1);
    made.runs.push([known.get(key)!, lines.map(({ hash }) => hash.slice(0, DIGITS)).join("")]);
  };
  try {
    await (await program(library)).dispose();
  } finally {
    loaded.runSync = runSync;
  }
  return made;
}

/** Says where two traces part first. Instructions that only one of them has are passed over: what the same label wrote
 * is compared. */
export function firstDifference(wanted: Trace, got: Trace): string {
  for (let run = 0; run < Math.min(wanted.runs.length, got.runs.length); run++) {
    const before = new Map(outputs(wanted, run).map(({ key, digits }) => [key, digits]));
    const after = outputs(got, run);
    const at = after.findIndex(({ key, digits }) => before.has(key) && before.get(key) !== digits);
    if (at < 0) continue;
    const { label, digits, key } = after[at]!;
    const added = after.slice(0, at).filter((output) => !before.has(output.key)).map((output) => output.label);
    return `the first instruction whose output differs is number ${at}, "${label}", of run ${run + 1}: ${digits}…, it was ${before.get(key)}…`
      + (added.length ? `; before it there are instructions that were not: ${added.join(", ")}` : "");
  }
  if (wanted.runs.length !== got.runs.length) return `all outputs are the same, but there are ${got.runs.length} runs of programs, there were ${wanted.runs.length}`;
  return "all instructions that are still there have the same outputs";
}

/** The outputs of one run of a program; a key is a label and how often it came before. */
function outputs({ programs, runs }: Trace, run: number): { key: string; label: string; digits: string }[] {
  const [program, all] = runs[run]!, times = new Map<string, number>();
  return programs[program]!.map((label, i) => {
    const time = times.get(label) ?? 0;
    times.set(label, time + 1);
    return { key: `${label} ${time}`, label, digits: all.slice(DIGITS * i, DIGITS * (i + 1)) };
  });
}
