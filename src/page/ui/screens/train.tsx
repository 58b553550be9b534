// Training: start, pause, go on; what happens meanwhile, and what happened before.

import { useEffect, useRef, useState } from "preact/hooks";
import type { RunView } from "../../engine/api.ts";
import { known, numberText, t } from "../../text/index.ts";
import { useApp } from "../state.ts";
import { Compare } from "./train/compare.tsx";
import { Curves } from "./train/curves.tsx";
import { Findings } from "./train/findings.tsx";
import { Past } from "./train/past.tsx";
import { timeText } from "./train/words.ts";

export function TrainScreen() {
  const app = useApp(), { design, runs } = app.state, { run } = app, [overlaid, overlay] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => void app.suggest(), [app.state.described]); // also for who has not looked at the model
  if (!design && !runs.length) return <p>{t("needs.data")}</p>;
  const busy = app.state.busy !== undefined || runs.some(({ status }) => status === "running");
  return (
    <>
      <h2>{t("train.title")}</h2>
      <div class="row controls">
        {run?.status === "running" && <button type="button" onClick={() => void app.pause(run.id)}>{t("train.pause")}</button>}
        {run?.status === "paused" && <button type="button" class="main" disabled={busy} onClick={() => void app.goOn(run)}>{t("train.goOn")}</button>}
        {(run?.status === "running" || run?.status === "paused") && <button type="button" onClick={() => void app.stop(run.id)}>{t("train.stop")}</button>}
        {design && run?.status !== "running" && (
          <button type="button" class={run?.status === "paused" || run?.status === "done" ? "" : "main"} disabled={busy} onClick={() => void app.train(design, app.nextName)}>{t("train.start")}</button>
        )}
        {run?.status === "done" && <button type="button" class="main" onClick={() => app.set({ screen: "understand" })}>{t("next.understand")}</button>}
      </div>
      {run && (
        <>
          <Progress run={run} />
          <div class="training">
            <Findings run={run} />
            <Curves run={run} others={runs.filter(({ id }) => id !== run.id && overlaid.has(id))} />
          </div>
          <Compare runs={runs} shown={run.id} overlaid={overlaid} overlay={overlay} />
          <Past key={run.id} run={run} />
        </>
      )}
    </>
  );
}

function Progress({ run }: { readonly run: RunView }) {
  const app = useApp(), { name, status, step, steps, design, problem, seconds, secondsLeft, rowsPerSecond, metric } = run, last = run.epochs.at(-1);
  const text = t(`train.status.${status}`, { step, steps }), key = `problem.${problem?.code}`;
  const figure = (what: string, rows: string): string => t("train.figure", { what, rows });
  const figures: readonly [string, string][] = [
    [t("train.epoch"), t("train.epoch.of", { epoch: Math.min(design.epochs, Math.ceil((step / steps) * design.epochs)), epochs: design.epochs })],
    [t("train.speed"), rowsPerSecond ? numberText(Math.round(rowsPerSecond)) : "–"],
    status === "running" ? [t("train.left"), secondsLeft === undefined ? "–" : timeText(secondsLeft)] : [t("train.time"), timeText(seconds)],
    [figure(t("train.loss"), t("train.training")), last ? numberText(last.loss) : "–"],
    [figure(t("train.loss"), t("train.heldOut")), last ? numberText(last.heldOutLoss) : "–"],
    [figure(t(`train.${metric}`), t("train.heldOut")), last ? numberText(last.heldOutMetric) : "–"],
  ];
  return (
    <section class="progress" aria-label={t("train.progress", { name })}>
      <h3>{name}</h3>
      <progress max={steps} value={step} aria-label={t("train.progress", { name })} />
      <p class="told">{text}</p>
      <Announced text={text} now={`${status} ${app.state.language}`} />
      {problem && <p class="failed">{known(key) ? t(key, problem.details) : problem.message}</p>}
      <p class="told hash quiet">{run.hash && <>{t("train.hash")} <code>{run.hash}</code></>}</p>
      <dl class="figures">{figures.map(([what, figure]) => <div key={what}><dt>{what}</dt><dd>{figure}</dd></div>)}</dl>
    </section>
  );
}

/** Milliseconds between two announcements. */
const CALM = 5000;

/** A text for screen readers, which are told now and then, and at once where `now` has changed. */
function Announced({ text, now }: { readonly text: string; readonly now: string }) {
  const [said, say] = useState(text), last = useRef({ now, at: performance.now() });
  useEffect(() => {
    if (last.current.now === now && performance.now() - last.current.at < CALM) return;
    last.current = { now, at: performance.now() };
    say(text);
  });
  return <p role="status" class="unseen">{said}</p>;
}
