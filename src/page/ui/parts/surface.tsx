// What a model says all over its inputs: a plane of colours for two, a curve for one.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Surface } from "../../engine/api.ts";
import { numberText, t } from "../../text/index.ts";
import { useApp } from "../state.ts";
import { Plot } from "./plot.tsx";

export function SurfaceView({ run, step }: { readonly run: string; readonly step: number }) {
  const app = useApp(), [surface, keep] = useState<Surface>();
  useEffect(() => {
    let wanted = true;
    void app.ask("understand.busy", () => app.engine.surface(run)).then((found) => wanted && keep(found));
    return () => void (wanted = false);
  }, [run, step]);
  if (!surface) return null;
  return surface.kind === "plane" ? <Plane surface={surface} /> : <Line surface={surface} />;
}

const rangeOf = (values: Iterable<number>): [number, number] => {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
};

function Line({ surface: { x, at, lines, points } }: { readonly surface: Extract<Surface, { kind: "curve" }> }) {
  const [low, high] = rangeOf([...lines.flatMap(({ values }) => values), ...points.map(([, value]) => value)]);
  const parts = lines.map(({ name, values }) => {
    const [least, most] = rangeOf(values);
    return t("understand.curve.part", { name, first: numberText(values[0]!), last: numberText(values.at(-1)!), least: numberText(least), most: numberText(most) });
  });
  return (
    <section>
      <h3>{t("understand.curve")}</h3>
      <p class="quiet">{t("understand.curve.about", { x: x.name })}</p>
      <Plot
        label={t("understand.curve.alt", { x: x.name, low: numberText(x.low), high: numberText(x.high), parts: parts.join("; ") })}
        x={x} y={{ name: lines.length === 1 ? lines[0]!.name : "", low, high }} dots={points} lines={lines.map(({ name, values }) => ({ name, points: values.map((value, i): [number, number] => [at[i]!, value]) }))}
      />
    </section>
  );
}

/** Places on a side of the picture, for points that are sharp. */
const SIDE = 480;

function Plane({ surface }: { readonly surface: Extract<Surface, { kind: "plane" }> }) {
  const { x, y, size, classes, values, probability, points } = surface, place = useRef<HTMLCanvasElement>(null), app = useApp(), { looks } = app;
  const [low, high] = rangeOf(values);
  useEffect(() => {
    const context = place.current!.getContext("2d")!, style = getComputedStyle(place.current!), pixels = context.createImageData(size, size);
    const colours = [1, 2, 3, 4].map((n) => rgbOf(context, style.getPropertyValue(`--line-${n}`))), back = rgbOf(context, style.getPropertyValue("--card"));
    const share = (value: number): number => (value - low) / (high - low || 1);
    for (let row = 0; row < size; row++) for (let column = 0; column < size; column++) {
      const i = row * size + column, to = 4 * ((size - 1 - row) * size + column), colour = colours[classes.length ? values[i]! % 4 : 0]!;
      // as strong as it is sure, or as the number is great
      const strength = classes.length ? 0.15 + 0.55 * Math.max(0, (probability![i]! - 1 / classes.length) / (1 - 1 / classes.length)) : 0.1 + 0.8 * share(values[i]!);
      for (let c = 0; c < 3; c++) pixels.data[to + c] = back[c]! + strength * (colour[c]! - back[c]!);
      pixels.data[to + 3] = 255;
    }
    const small = new OffscreenCanvas(size, size);
    small.getContext("2d")!.putImageData(pixels, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, SIDE, SIDE);
    context.lineWidth = 1.5;
    for (const point of points) {
      const colour = colours[classes.length ? point.value % 4 : 0]!;
      context.fillStyle = `rgb(${colour.map((value, c) => (classes.length ? value : back[c]! + (0.1 + 0.8 * share(point.value)) * (value - back[c]!))).join()})`;
      context.strokeStyle = `rgb(${back.join()})`;
      context.beginPath();
      context.arc(((point.x - x.low) / (x.high - x.low)) * SIDE, SIDE - ((point.y - y.low) / (y.high - y.low)) * SIDE, 4.5, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }, [surface, looks]);
  const counts = classes.map((_, index) => values.reduce((sum, value) => sum + (value === index ? 1 : 0), 0));
  const parts = classes.length ? classes.map((name, i) => t("understand.surface.part", { name, percent: ((100 * counts[i]!) / values.length).toFixed(0) })) : [t("understand.surface.values", { low: numberText(low), high: numberText(high) })];
  return (
    <section>
      <h3>{t("understand.surface")}</h3>
      <p class="quiet">{t("understand.surface.about", { x: x.name, y: y.name })}</p>
      <figure class="plane">
        <span class="plane-y quiet">{y.name}<br />{numberText(y.low)} … {numberText(y.high)}</span>
        <canvas
          ref={place} width={SIDE} height={SIDE} role="img"
          aria-label={t("understand.surface.alt", { x: x.name, y: y.name, xLow: numberText(x.low), xHigh: numberText(x.high), yLow: numberText(y.low), yHigh: numberText(y.high), parts: parts.join("; ") })}
        />
        <figcaption>
          <span class="quiet">{x.name}{t("punctuation.colon")}{numberText(x.low)} … {numberText(x.high)}</span>
          <ul class="legend">{classes.map((_, i) => <li key={i}><span class={`swatch colour-${1 + (i % 4)}`} />{parts[i]}</li>)}</ul>
        </figcaption>
      </figure>
    </section>
  );
}

/** A colour of the style as three numbers. */
function rgbOf(context: CanvasRenderingContext2D, colour: string): number[] {
  context.fillStyle = colour.trim();
  const text = context.fillStyle as string;
  return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
}
