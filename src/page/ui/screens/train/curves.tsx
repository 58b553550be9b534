// The curves of a run: loss and metrics, beside those of others, and what goes on in its layers.

import { useState } from "preact/hooks";
import type { LookView, RunView } from "../../../engine/api.ts";
import { t } from "../../../text/index.ts";
import { type Line, LineChart } from "../../parts/chart.tsx";

/** In epochs: runs whose steps differ lie above each other so. */
const along = ({ design, steps }: RunView, entries: readonly { readonly step: number }[]): number[] => entries.map(({ step }) => (step * design.epochs) / steps);

/** A moving mean that forgets; of the first ones it is the plain mean. */
function smooth(values: readonly number[], by: number): number[] {
  let sum = 0, weight = 0;
  return values.map((value) => {
    if (!Number.isFinite(value)) return value;
    sum = by * sum + (1 - by) * value;
    weight = by * weight + (1 - by);
    return sum / weight;
  });
}

/** All of them, or none. */
const SHARE = [0, 1] as const;

export function Curves({ run, others }: { readonly run: RunView; readonly others: readonly RunView[] }) {
  const [log, scale] = useState(false), [smoothing, soften] = useState(0), { epochs, curve, looks, metric } = run;
  const soft = (line: Line): Line => ({ ...line, values: smooth(line.values, smoothing) });
  /** Of epochs, of this run and the others. */
  const scores = (training: "loss" | "metric", heldOut: "heldOutLoss" | "heldOutMetric"): Line[] => [
    { name: t("train.training"), x: along(run, epochs), values: epochs.map((epoch) => epoch[training]) }, { name: t("train.heldOut"), x: along(run, epochs), values: epochs.map((epoch) => epoch[heldOut]) },
    ...others.filter((other) => other.metric === metric).map((other) => ({ name: other.name, x: along(other, other.epochs), values: other.epochs.map((epoch) => epoch[heldOut]) })),
  ];
  const x = along(run, looks), layers = (of: (look: LookView) => readonly { readonly layer: string }[], what: (entry: never) => number): Line[] =>
    (looks[0] ? of(looks[0]) : []).map(({ layer }, i) => ({ name: t("train.layer", { layer }), values: looks.map((look) => what((of(look)[i] ?? NaN) as never)) }));
  const single: Line = { name: t("train.step"), x: along(run, curve), values: curve.map(({ loss }) => loss), faint: true };
  return (
    <section aria-labelledby="curves">
      <h3 id="curves">{t("train.charts")}</h3>
      <p class="quiet">{t("train.charts.about")}</p>
      <div class="row">
        <label class="field"><input type="checkbox" checked={log} onChange={({ currentTarget }) => scale(currentTarget.checked)} />{t("train.log")}</label>
        <label class="field">{t("train.smoothing")}<input type="range" min="0" max="0.98" step="0.02" value={smoothing} onInput={({ currentTarget }) => soften(Number(currentTarget.value))} /></label>
      </div>
      <div class="charts">
        <LineChart title={t("train.loss")} log={log} over={t("train.epoch")} lines={[...scores("loss", "heldOutLoss"), single].map(soft)} />
        <LineChart title={t(`train.${metric}`)} over={t("train.epoch")} lines={scores("metric", "heldOutMetric").map(soft)} />
        <LineChart title={t("train.gradients")} over={t("train.epoch")} x={x} log lines={layers(({ weights }) => weights, ({ gradient }: { gradient: number }) => gradient).map(soft)} />
        <LineChart title={t("train.updates")} over={t("train.epoch")} x={x} log lines={layers(({ weights }) => weights, ({ update }: { update: number }) => update).map(soft)} />
        <LineChart title={t("train.dead")} range={SHARE} over={t("train.epoch")} x={x} lines={layers(({ units }) => units, ({ share }: { share: number }) => share)} />
        <LineChart title={t("train.learningRate")} over={t("train.epoch")} lines={[{ name: t("train.learningRate"), x: along(run, curve), values: curve.map(({ learningRate }) => learningRate) }]} />
      </div>
    </section>
  );
}
