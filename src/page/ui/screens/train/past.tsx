// A run's past: any step of it, trained again, with its weights and gradients.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Moment, ParameterView, RunView, Spread } from "../../../engine/api.ts";
import { numberText, t } from "../../../text/index.ts";
import { useApp } from "../../state.ts";

/** Milliseconds for which the slider is to rest before the engine is asked. */
const REST = 150;

export function Past({ run: { id, step: last } }: { readonly run: RunView }) {
  const app = useApp(), [step, choose] = useState<number>(), [moment, show] = useState<Moment>();
  useEffect(() => {
    if (step === undefined) return;
    const timer = setTimeout(() => void app.ask(undefined, () => app.engine.moment(id, step)).then((found) => {
      if (found) show(found);
      else choose((now) => (now === step ? undefined : now)); // it went wrong
    }), REST);
    return () => clearTimeout(timer);
  }, [step]);
  const pick = (text: string): void => {
    const value = Math.round(Number(text));
    if (value >= 1 && value <= last) choose(value);
  };
  const shown = step ?? last, waiting = step !== undefined && moment?.step !== step;
  return (
    <section aria-labelledby="past" class="past">
      <h3 id="past">{t("train.past")}</h3>
      <p class="quiet">{t("train.past.about")}</p>
      <div class="row">
        <label class="field slide">{t("train.past.step")}<input type="range" min="1" max={Math.max(1, last)} value={shown} disabled={!last} onInput={({ currentTarget }) => pick(currentTarget.value)} /></label>
        <label class="field"><span class="unseen">{t("train.past.exact")}</span><input type="number" min="1" max={Math.max(1, last)} value={shown} disabled={!last} onChange={({ currentTarget }) => pick(currentTarget.value)} /></label>
      </div>
      <p role="status" class="told">
        {waiting ? t("train.past.wait", { step }) : moment ? t("train.past.told", { step: moment.step, epoch: moment.epoch, loss: moment.loss, rate: moment.learningRate, from: moment.from }) : t("train.past.none")}
      </p>
      {moment && (
        <div class="scroll" tabIndex={0} role="group" aria-labelledby="past">
          <table>
            <thead>
              <tr>{(["parameter", "weights", "gradients", "map"] as const).map((head) => <th key={head} scope="col">{t(`train.past.${head}`)}</th>)}</tr>
            </thead>
            <tbody>
              {moment.parameters.map((parameter) => (
                <tr key={parameter.name}>
                  <th scope="row">{parameter.name}<br /><span class="quiet">{t("train.layer", { layer: parameter.layer })}</span><br /><span class="quiet">{parameter.shape.join(" × ")}</span></th>
                  <td><SpreadFigure name={parameter.name} what={t("train.past.weights")} spread={parameter.weights} /></td>
                  <td><SpreadFigure name={parameter.name} what={t("train.past.gradients")} spread={parameter.gradients} /></td>
                  <td>{parameter.matrix && <HeatMap parameter={parameter} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const WIDTH = 160, HEIGHT = 56;

function SpreadFigure({ name, what, spread: { least, most, mean, deviation, counts } }: { readonly name: string; readonly what: string; readonly spread: Spread }) {
  const highest = Math.max(1, ...counts), wide = WIDTH / counts.length;
  return (
    <figure class="spread">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} role="img" aria-label={t("train.past.spread", { what, name, least, most, mean, deviation })}>
        {counts.map((count, i) => <rect key={i} x={i * wide} y={HEIGHT * (1 - count / highest)} width={wide - 0.5} height={(HEIGHT * count) / highest} />)}
      </svg>
      <figcaption aria-hidden="true"><span>{numberText(least)}</span><span>{numberText(most)}</span></figcaption>
    </figure>
  );
}

/** One cell for each weight: a line for each unit; below 0 and above it in two colours, the stronger the fuller. */
function HeatMap({ parameter: { name, shape: [rows = 1, columns = 1], matrix } }: { readonly parameter: ParameterView }) {
  const app = useApp(), place = useRef<HTMLCanvasElement>(null), most = matrix!.reduce((high, value) => Math.max(high, Math.abs(value)), 0);
  useEffect(() => {
    const canvas = place.current!, context = canvas.getContext("2d")!, style = getComputedStyle(canvas), [below, above] = ["--line-2", "--line-1"].map((name) => style.getPropertyValue(name).trim());
    context.clearRect(0, 0, columns, rows);
    matrix!.forEach((value, i) => {
      context.globalAlpha = Math.abs(value) / (most || 1);
      context.fillStyle = (value < 0 ? below : above)!;
      context.fillRect(i % columns, Math.floor(i / columns), 1, 1);
    });
  }, [matrix, app.looks]);
  return <canvas ref={place} class="map" width={columns} height={rows} role="img" aria-label={t("train.past.mapOf", { name, rows, columns, most })} />;
}
