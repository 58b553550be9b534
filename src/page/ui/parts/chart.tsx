// A chart of lines, each over its own x or over a common one.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { numberText } from "../../text/index.ts";
import { useApp } from "../state.ts";

export interface Line {
  readonly name: string;
  readonly values: readonly number[];
  /** Where the chart's x is not its own. */
  readonly x?: readonly number[];
  /** Drawn thin, behind the others. */
  readonly faint?: boolean;
}

export interface LineChartProps {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly x?: readonly number[];
  /** What x is. */
  readonly over?: string;
  /** What is not above 0 is left out then. */
  readonly log?: boolean;
}

/** Colours of lines that differ in light and dark, and for eyes that tell few colours: as custom properties. Further lines are dashed. */
const COLOURS = ["--line-1", "--line-2", "--line-3", "--line-4"], DASHES = [undefined, [8, 4], [2, 3], [12, 3, 2, 3]];
const HEIGHT = 240;

/** What is to be drawn, by chart: one in each frame, so that many charts keep the page from nothing. */
const waiting = new Map<object, () => void>();

function later(chart: object, draw: () => void): void {
  if (!waiting.size) requestAnimationFrame(drawNext);
  waiting.set(chart, draw);
}

function drawNext(): void {
  const [first] = waiting;
  if (!first) return;
  waiting.delete(first[0]);
  first[1]();
  if (waiting.size) requestAnimationFrame(drawNext);
}

export function LineChart({ title, x = [], over, lines, log = false }: LineChartProps) {
  const app = useApp(), place = useRef<HTMLDivElement>(null), key = useRef({}).current, chart = useRef<{ made: uPlot; like: string }>();
  const like = JSON.stringify([title, over, log, app.state.theme, app.state.language, lines.map(({ name, faint }) => [name, faint])]);
  useEffect(() => later(key, () => {
    const data = lines.length ? uPlot.join(lines.map(({ x: own = x, values }) => [own, values.map((value) => drawn(value, log))] as unknown as uPlot.AlignedData)) : [[]] as uPlot.AlignedData;
    if (chart.current?.like === like) return chart.current.made.setData(data);
    chart.current?.made.destroy();
    chart.current = { made: new uPlot({ ...optionsOf(place.current!, over, lines, log), title, width: place.current!.clientWidth, height: HEIGHT }, data, place.current!), like };
  }));
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => chart.current?.made.setSize({ width: entry!.contentRect.width, height: HEIGHT }));
    watch.observe(place.current!);
    return () => {
      watch.disconnect();
      waiting.delete(key);
      chart.current?.made.destroy();
    };
  }, []);
  return <div class="chart" ref={place} role="img" aria-label={title} />;
}

const drawn = (value: number, log: boolean): number | null => (Number.isFinite(value) && !(log && value <= 0) ? value : null);

/** A number beside an axis, where there is little room. */
const splitText = (split: number | null): string => (split === null ? "" : split !== 0 && Math.abs(split) < 1e-3 ? split.toExponential() : numberText(split));

/** Of a logarithmic axis, the lines that are enough. */
const decades: uPlot.Axis.Filter = (_, splits) => splits.map((split) => (/^1e/.test(split.toExponential()) ? split : null));

function optionsOf(element: Element, over: string | undefined, lines: readonly Line[], log: boolean): Pick<uPlot.Options, "scales" | "axes" | "series"> {
  const style = getComputedStyle(element), colour = (name: string): string => style.getPropertyValue(name).trim();
  const thin = { stroke: colour("--border"), width: 1 }, axis: uPlot.Axis = { stroke: colour("--quiet"), grid: thin, ticks: thin };
  const value = (_: uPlot, raw: number | null | undefined): string => (raw === null || raw === undefined ? "–" : numberText(raw));
  return {
    scales: { x: { time: false }, y: { distr: log ? 3 : 1 } },
    axes: [axis, { ...axis, size: 64, ...(log && { grid: { ...thin, filter: decades }, ticks: { ...thin, filter: decades } }), values: (_, splits) => splits.map(splitText) }],
    series: [{ value, ...(over && { label: over }) }, ...lines.map(({ name, faint }, i) => ({
      label: name, stroke: colour(faint ? "--quiet" : COLOURS[i % COLOURS.length]!), width: faint ? 1 : 2, alpha: faint ? 0.4 : 1, spanGaps: true, points: { show: false }, value,
      ...(i >= COLOURS.length && { dash: DASHES[Math.min(3, Math.floor(i / COLOURS.length))]! }),
    }))],
  };
}
