// Training: start, pause, go on; what happens meanwhile.

import { t } from "../../text/index.ts";
import { LineChart } from "../parts/chart.tsx";
import { useApp } from "../state.ts";

export function TrainScreen() {
  const app = useApp(), { design, runs } = app.state, { run } = app;
  if (!design) return <p>{t("needs.data")}</p>;
  return (
    <>
      <h2>{t("train.title")}</h2>
      <div class="row">
        {run?.status !== "running" && <button type="button" class="main" onClick={() => void app.train(design, t("train.run", { n: runs.length + 1 }))}>{t("train.start")}</button>}
        {run?.status === "running" && <button type="button" onClick={() => void app.engine.pause(run.id)}>{t("train.pause")}</button>}
        {run?.status === "paused" && <button type="button" onClick={() => void app.engine.train(run.id, run.name, run.design)}>{t("train.goOn")}</button>}
      </div>
      {run && (
        <>
          <p role="status">{t(`train.status.${run.status}`, { step: run.step, steps: run.steps })}</p>
          <LineChart
            title={t("train.loss")} x={run.epochs.map(({ epoch }) => epoch)}
            lines={[{ name: t("train.loss"), values: run.epochs.map(({ loss }) => loss) }, { name: "held out", values: run.epochs.map(({ heldOutLoss }) => heldOutLoss) }]}
          />
          {run.status === "done" && <button type="button" class="main" onClick={() => app.set({ screen: "understand" })}>{t("next.understand")}</button>}
        </>
      )}
    </>
  );
}
