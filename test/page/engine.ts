// The page's engine in Node: what a run comes to that no browser has a part in.

import type { Design, RunView, SampleName } from "../../src/page/engine/api.ts";
import { engine } from "../../src/page/engine/engine.ts";
import { memoryPlaces } from "../../src/page/engine/places.ts";

/** Trains what is suggested for a sample, but for these changes, to its end. */
export async function engineRun(sample: SampleName, change: Partial<Design> = {}): Promise<RunView> {
  let over: (view: RunView) => void;
  const end = new Promise<RunView>((resolve) => (over = resolve));
  const api = engine((told) => {
    if (told.tell === "run" && (told.run.status === "done" || told.run.status === "failed")) over(told.run);
  }, memoryPlaces());
  await api.describe({ target: (await api.open({ kind: "sample", name: sample })).target });
  await api.train("a", "", { ...(await api.suggest()).design, ...change });
  return end;
}
