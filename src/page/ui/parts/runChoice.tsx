// Which run is looked at, where there are several.

import type { RunView } from "../../engine/api.ts";
import { t } from "../../text/index.ts";
import { useApp } from "../state.ts";

/** Has it something to be looked at? */
export const trained = (run: RunView | undefined): run is RunView => run !== undefined && (run.status === "done" || run.status === "paused") && run.step > 0;

export function RunChoice() {
  const app = useApp(), able = app.state.runs.filter(trained);
  if (able.length < 2) return null;
  return (
    <label class="field">
      {t("understand.run")}
      <select value={app.state.run} onChange={({ currentTarget }) => app.set({ run: currentTarget.value })}>{able.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}</select>
    </label>
  );
}
