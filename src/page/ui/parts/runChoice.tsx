// Which run is looked at, where there are several.

import type { RunView } from "../../engine/api.ts";
import { t } from "../../text/index.ts";
import { useApp } from "../state.ts";

/** Has it something to be looked at? */
export const trained = (run: RunView | undefined): run is RunView => run !== undefined && (run.status === "done" || run.status === "paused") && run.step > 0;

export function RunChoice() {
  const app = useApp(), { runs } = app.state;
  if (runs.length < 2 || !runs.some(trained)) return null;
  return (
    <label class="field">
      {t("understand.run")}
      <select value={app.state.run} onChange={({ currentTarget }) => app.set({ run: currentTarget.value })}>{runs.map((run) => <option key={run.id} value={run.id} disabled={!trained(run)}>{run.name}</option>)}</select>
    </label>
  );
}

/** Instead of what a run has to show, while it has nothing. */
export function NoRun() {
  const { run } = useApp();
  return <><RunChoice /><p>{t(run?.status === "running" ? "problem.fit-running" : "needs.run")}</p></>;
}
