// How good a model is, on the rows that were held out.

import { useEffect, useState } from "preact/hooks";
import type { Examples, Scores } from "../../engine/api.ts";
import { numberText, t } from "../../text/index.ts";
import { ExamplesView } from "../parts/examples.tsx";
import { ImportanceView } from "../parts/importance.tsx";
import { Matrix } from "../parts/matrix.tsx";
import { Plot } from "../parts/plot.tsx";
import { Roc } from "../parts/roc.tsx";
import { NoRun, RunChoice, trained } from "../parts/runChoice.tsx";
import { SurfaceView } from "../parts/surface.tsx";
import { useApp } from "../state.ts";

export function UnderstandScreen() {
  const app = useApp(), { run } = app, ready = trained(run), [scores, keep] = useState<Scores>();
  useEffect(() => {
    let wanted = true;
    keep(undefined);
    if (ready) void app.ask("understand.busy", () => app.engine.scores(run.id)).then((found) => wanted && keep(found));
    return () => void (wanted = false);
  }, [run?.id, run?.step, ready]);
  if (!ready) return <NoRun />;
  return (
    <>
      <h2>{t("understand.title")}</h2>
      <RunChoice />
      {scores && (
        <div key={run.id}>
          <p class="figure">{scores.kind === "classes" ? t("understand.accuracy", { percent: (100 * scores.accuracy).toFixed(1), rows: scores.rows }) : t("understand.r2", { r2: scores.r2.toFixed(3), rows: scores.rows })}</p>
          {scores.kind === "classes" ? <Classes run={run.id} scores={scores} /> : <Numbers scores={scores} />}
          <Worst run={run.id} kind={scores.kind} />
          {scores.columns.length > 0 && scores.columns.length <= 2 && <SurfaceView run={run.id} step={run.step} />}
          {scores.columns.length > 1 && <ImportanceView run={run.id} scores={scores} />}
        </div>
      )}
      <p><button type="button" class="main" onClick={() => app.set({ screen: "use" })}>{t("next.use")}</button></p>
    </>
  );
}

const share = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : "–");

function Figures({ list }: { readonly list: readonly (readonly [string, string])[] }) {
  return <dl class="figures" aria-label={t("understand.figures")}>{list.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

function Classes({ run, scores }: { readonly run: string; readonly scores: Extract<Scores, { kind: "classes" }> }) {
  const heads = ["precision", "recall", "f1", "auc"] as const, area = (index: number): number => (scores.roc.length === 1 ? scores.roc[0]! : scores.roc[index]!).auc;
  return (
    <>
      <Figures list={[[t("understand.macroF1"), share(scores.macroF1)], [t("understand.logLoss"), numberText(scores.logLoss)]]} />
      <Matrix run={run} scores={scores} />
      <section>
        <h3>{t("understand.byClass")}</h3>
        <div class="scroll" tabIndex={0} role="group" aria-label={t("understand.byClass")}>
          <table class="numbers">
            <thead>
              <tr>
                <th scope="col">{t("understand.class")}</th>
                {heads.map((name) => <th key={name} scope="col"><abbr title={t(`understand.${name}.about`)}>{t(`understand.${name}`)}</abbr></th>)}
                <th scope="col">{t("understand.rows")}</th>
              </tr>
            </thead>
            <tbody>
              {scores.classes.map(({ name, precision, recall, f1, rows }, i) => <tr key={i}><th scope="row">{name}</th><td>{share(precision)}</td><td>{share(recall)}</td><td>{share(f1)}</td><td>{share(area(i))}</td><td>{rows}</td></tr>)}
            </tbody>
          </table>
        </div>
        <dl class="terms">{heads.map((name) => <div key={name}><dt>{t(`understand.${name}`)}</dt><dd>{t(`understand.${name}.about`)}</dd></div>)}</dl>
      </section>
      <Roc curves={scores.roc} />
    </>
  );
}

function Numbers({ scores: { rows, r2, mae, rmse, right, predicted } }: { readonly scores: Extract<Scores, { kind: "numbers" }> }) {
  const all = [...right, ...predicted], low = Math.min(...all), high = Math.max(...all), residuals = right.map((value, i) => value - predicted[i]!);
  const [from, to] = [Math.min(...predicted), Math.max(...predicted)], [least, most] = [Math.min(0, ...residuals), Math.max(0, ...residuals)], mean = residuals.reduce((sum, value) => sum + value, 0) / residuals.length;
  return (
    <>
      <Figures list={[["R²", share(r2)], [t("understand.mae"), numberText(mae)], [t("understand.rmse"), numberText(rmse)]]} />
      <section>
        <h3>{t("understand.fit")}</h3>
        <p class="quiet">{t("understand.fit.about")}</p>
        <Plot
          label={t("understand.fit.alt", { rows, mae: numberText(mae) })} x={{ name: t("understand.right"), low, high }} y={{ name: t("understand.predicted"), low, high }}
          dots={right.map((value, i): [number, number] => [value, predicted[i]!])} lines={[{ name: "=", points: [[low, low], [high, high]], dashed: true }]}
        />
      </section>
      <section>
        <h3>{t("understand.residuals")}</h3>
        <p class="quiet">{t("understand.residuals.about")}</p>
        <Plot
          label={t("understand.residuals.alt", { rows, low: least, high: most, mean })} x={{ name: t("understand.predicted"), low: from, high: to }} y={{ name: t("understand.residual"), low: least, high: most }}
          dots={residuals.map((value, i): [number, number] => [predicted[i]!, value])} lines={[{ name: "0", points: [[from, 0], [to, 0]], dashed: true }]}
        />
      </section>
    </>
  );
}

function Worst({ run, kind }: { readonly run: string; readonly kind: Scores["kind"] }) {
  const app = useApp(), [examples, keep] = useState<Examples>();
  return (
    <section>
      <h3>{t("understand.worst")}</h3>
      <p class="quiet">{t(kind === "classes" ? "understand.worst.about" : "understand.worst.numbers")}</p>
      {!examples ? <button type="button" onClick={() => void app.ask("understand.busy", () => app.engine.examples(run, "worst")).then(keep)}>{t("understand.worst.show")}</button>
        : examples.of === 0 ? <p>{t("understand.worst.none")}</p>
          : <><p class="quiet">{t("understand.examples.count", { shown: examples.rows.length, of: examples.of })}</p><ExamplesView label={t("understand.worst")} examples={examples} /></>}
      <p role="status" class="unseen">{examples && (examples.of ? t("understand.examples.count", { shown: examples.rows.length, of: examples.of }) : t("understand.worst.none"))}</p>
    </section>
  );
}
