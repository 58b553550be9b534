// What a table's model goes by: one column after the other is shuffled.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Importance, Scores } from "../../engine/api.ts";
import { t } from "../../text/index.ts";
import { useApp } from "../state.ts";

export function ImportanceView({ run, scores: { kind, columns } }: { readonly run: string; readonly scores: Scores }) {
  const app = useApp(), [found, keep] = useState<readonly Importance[]>([]), [at, look] = useState<string>(), asked = useRef(0);
  useEffect(() => () => void asked.current++, []);
  const start = async (): Promise<void> => {
    const mine = ++asked.current;
    keep([]);
    for (const column of columns) {
      look(column);
      const one = await app.ask(undefined, () => app.engine.importance(run, column));
      if (mine !== asked.current) return;
      if (!one) break;
      keep((before) => [...before, one].sort((a, b) => b.mean - a.mean));
    }
    look(undefined);
  };
  const stop = (): void => {
    asked.current++;
    look(undefined);
  };
  const most = Math.max(1e-9, ...found.map(({ mean }) => mean)), digits = (value: number): string => value.toFixed(3);
  const done = found.length === columns.length && at === undefined;
  return (
    <section>
      <h3>{t("understand.importance")}</h3>
      <p class="quiet">{t("understand.importance.about", { score: t(kind === "classes" ? "understand.importance.accuracy" : "understand.importance.r2") })}</p>
      <div class="row">
        <button type="button" onClick={() => (at === undefined ? void start() : stop())}>{t(at === undefined ? "understand.importance.start" : "understand.importance.stop")}</button>
        <span role="status">{at !== undefined ? t("understand.importance.busy", { column: at }) : done ? t("understand.importance.done") : ""}</span>
      </div>
      {found.length > 0 && (
        <div class="scroll" tabIndex={0} role="group" aria-label={t("understand.importance")}>
          <table class="numbers importance">
            <thead><tr><th scope="col">{t("understand.importance.column")}</th><th scope="col">{t("understand.importance.loss")}</th><td /><th scope="col">{t("understand.importance.range")}</th></tr></thead>
            <tbody>
              {found.map(({ column, mean, least, most: greatest }) => (
                <tr key={column}>
                  <th scope="row">{column}</th><td>{digits(mean)}</td><td class="track" aria-hidden="true"><span class="bar" style={{ width: `${Math.max(0, 100 * (mean / most))}%` }} /></td>
                  <td>{digits(least)} … {digits(greatest)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
