// How good a model is, on the rows that were held out.

import { useEffect, useState } from "preact/hooks";
import type { Scores } from "../../engine/api.ts";
import { t } from "../../text/index.ts";
import { useApp } from "../state.ts";

export function UnderstandScreen() {
  const app = useApp(), { run } = app, [scores, keep] = useState<Scores>();
  useEffect(() => {
    if (run?.status === "done") void app.ask(undefined, () => app.engine.scores(run.id)).then(keep);
  }, [run?.id, run?.status]);
  if (!run || run.status !== "done") return <p>{t("needs.run")}</p>;
  return (
    <>
      <h2>{t("understand.title")}</h2>
      {scores?.kind === "classes" && (
        <>
          <p class="figure">{t("understand.accuracy", { percent: (100 * scores.accuracy).toFixed(1), rows: scores.rows })}</p>
          <table>
            <caption>{t("understand.matrix")}</caption>
            <thead><tr><td />{scores.classes.map(({ name }) => <th key={name} scope="col">{name}</th>)}</tr></thead>
            <tbody>{scores.matrix.map((line, i) => <tr key={i}><th scope="row">{scores.classes[i]!.name}</th>{line.map((count, k) => <td key={k}>{count}</td>)}</tr>)}</tbody>
          </table>
        </>
      )}
      {scores?.kind === "numbers" && <p class="figure">{t("understand.r2", { r2: scores.r2.toFixed(3), rows: scores.rows })}</p>}
      <button type="button" class="main" onClick={() => app.set({ screen: "use" })}>{t("next.use")}</button>
    </>
  );
}
