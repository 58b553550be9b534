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
  /** From where to where y goes, if not by the values. */
  readonly range?: readonly [number, number];
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
  if (waiting.size) requestAnimationFrame(drawNext);
  first[1]();
}

export function LineChart({ title, x = [], over, lines, log = false, range }: LineChartProps) {
  const app = useApp(), place = useRef<HTMLDivElement>(null), key = useRef({}).current, chart = useRef<{ made: uPlot; like: string }>();
  const like = JSON.stringify([title, over, log, app.looks, app.state.language, lines.map(({ name, faint }) => [name, faint])]);
  useEffect(() => later(key, () => {
    const data = lines.length ? uPlot.join(lines.map(({ x: own = x, values }) => [own, values.map((value) => drawn(value, log))] as unknown as uPlot.AlignedData)) : [[]] as uPlot.AlignedData;
    if (chart.current?.like === like) return chart.current.made.setData(data);
    chart.current?.made.destroy();
    chart.current = { made: new uPlot({ ...optionsOf(place.current!, over, lines, log, range), title, width: place.current!.clientWidth, height: HEIGHT }, data, place.current!), like };
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
  return <div class="chart" ref={place} role="img" aria-label={[title, ...lines.map(lastText)].join("; ")} />;
}

/** A line for who does not see it: where it ends. */
const lastText = ({ name, values }: Line): string => `${name}: ${values.length ? numberText(values.at(-1)!) : "–"}`;

/** Magnitudes that are drawn: beyond them uPlot finds no steps for its axes. */
const LEAST = 1e-30, MOST = 1e30;

/** A value as it is drawn: its logarithm, if asked for, for uPlot's own logarithmic scale has no end below 1e-16. */
function drawn(value: number, log: boolean): number | null {
  const size = Math.abs(value);
  if (!(size <= MOST) || (log && !(value >= LEAST))) return null;
  return log ? Math.log10(value) : size < LEAST ? 0 : value;
}

/** Steps of a logarithmic axis, in powers of ten. */
const POWERS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20];

function optionsOf(element: Element, over: string | undefined, lines: readonly Line[], log: boolean, range: LineChartProps["range"]): Pick<uPlot.Options, "scales" | "axes" | "series"> {
  const style = getComputedStyle(element), colour = (name: string): string => style.getPropertyValue(name).trim();
  const thin = { stroke: colour("--border"), width: 1 }, axis: uPlot.Axis = { stroke: colour("--quiet"), grid: thin, ticks: thin };
  const told = (raw: number | null | undefined): string => (raw === null || raw === undefined ? "–" : numberText(raw));
  const value = (_: uPlot, raw: number | null | undefined): string => told(log && typeof raw === "number" ? 10 ** raw : raw);
  return {
    scales: { x: { time: false }, ...(range && { y: { range: [...range] } }) },
    axes: [axis, { ...axis, size: 64, ...(log && { incrs: POWERS }), values: (_, splits) => splits.map((split) => splitText(log ? 10 ** split : split)) }],
    series: [{ value: (_, raw) => told(raw), ...(over && { label: over }) }, ...lines.map(({ name, faint }, i) => ({
      label: name, stroke: colour(faint ? "--quiet" : COLOURS[i % COLOURS.length]!), width: faint ? 1 : 2, alpha: faint ? 0.4 : 1, spanGaps: true, points: { show: false }, value,
      ...(i >= COLOURS.length && { dash: DASHES[Math.min(3, Math.floor(i / COLOURS.length))]! }),
    }))],
  };
}

/** A number beside an axis, where there is little room. */
function splitText(split: number): string {
  const size = Math.abs(split);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? Number(split.toPrecision(3)).toExponential() : numberText(size < 1e-2 ? Number(split.toPrecision(3)) : split);
}
