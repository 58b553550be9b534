// A chart of lines over a common x.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

export interface Line {
  readonly name: string;
  readonly values: readonly number[];
}

/** Colours of lines that differ in light and dark, and for eyes that tell few colours: as custom properties. */
const COLOURS = ["--line-1", "--line-2", "--line-3", "--line-4"];
const HEIGHT = 240;

export function LineChart({ title, x, lines }: { readonly title: string; readonly x: readonly number[]; readonly lines: readonly Line[] }) {
  const place = useRef<HTMLDivElement>(null), chart = useRef<uPlot>();
  const data = [x, ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData;
  useEffect(() => {
    const element = place.current!, style = getComputedStyle(element), colour = (name: string): string => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--border") }, ticks: { stroke: colour("--border") } };
    const made = new uPlot({
      width: element.clientWidth, height: HEIGHT, title, scales: { x: { time: false } }, axes: [axis, axis],
      series: [{}, ...lines.map(({ name }, i) => ({ label: name, stroke: colour(COLOURS[i]!), width: 2 }))],
    }, data, element);
    chart.current = made;
    const watch = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [title, lines.length]);
  useEffect(() => chart.current?.setData(data));
  return <div class="chart" ref={place} role="img" aria-label={title} />;
}
