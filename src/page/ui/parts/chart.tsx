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
  /** What is not above 0 is left out then. */
  readonly log?: boolean;
}

/** Colours of lines that differ in light and dark, and for eyes that tell few colours: as custom properties. Further lines are dashed. */
const COLOURS = ["--line-1", "--line-2", "--line-3", "--line-4"], DASHES = [undefined, [8, 4], [2, 3], [12, 3, 2, 3]];
const HEIGHT = 240;

export function LineChart({ title, x = [], lines, log = false }: LineChartProps) {
  const app = useApp(), place = useRef<HTMLDivElement>(null), chart = useRef<uPlot>(), names = lines.map(({ name }) => name).join("\n");
  const drawn = (value: number): number | null => (Number.isFinite(value) && !(log && value <= 0) ? value : null);
  const data = lines.length ? uPlot.join(lines.map(({ x: own = x, values }) => [own, values.map(drawn)] as unknown as uPlot.AlignedData)) : [[]] as uPlot.AlignedData;
  useEffect(() => {
    const element = place.current!, style = getComputedStyle(element), colour = (name: string): string => style.getPropertyValue(name).trim();
    const axis: uPlot.Axis = { stroke: colour("--quiet"), grid: { stroke: colour("--border"), width: 1 }, ticks: { stroke: colour("--border"), width: 1 } };
    const value = (_: uPlot, raw: number | null): string => (raw === null || raw === undefined ? "–" : numberText(raw));
    const made = new uPlot({
      width: element.clientWidth, height: HEIGHT, title, scales: { x: { time: false }, y: { distr: log ? 3 : 1 } },
      axes: [axis, { ...axis, size: 64, values: (_, splits) => splits.map((split) => (split === null ? "" : numberText(split))) }],
      series: [{ value }, ...lines.map(({ name, faint }, i) => ({
        label: name, stroke: colour(COLOURS[i % COLOURS.length]!), width: faint ? 1 : 2, alpha: faint ? 0.5 : 1, spanGaps: true, points: { show: false }, value,
        ...(i >= COLOURS.length && { dash: DASHES[Math.min(3, Math.floor(i / COLOURS.length))]! }),
      }))],
    }, data, element);
    chart.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [title, names, log, app.state.theme]);
  useEffect(() => chart.current?.setData(data));
  return <div class="chart" ref={place} role="img" aria-label={title} />;
}
