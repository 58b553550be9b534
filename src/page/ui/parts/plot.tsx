// Lines and dots over two axes of numbers.

import { useEffect, useRef, useState } from "preact/hooks";
import { ticks } from "../../../advice/report.ts";
import { numberText } from "../../text/index.ts";

export interface PlotLine {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  /** A line to compare with. */
  readonly dashed?: boolean;
}

interface Axis {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

const HEIGHT = 320, LEFT = 60, RIGHT = 12, TOP = 12, BOTTOM = 44;

/** The width that an element has, as it changes. */
export function useWidth<E extends Element>() {
  const place = useRef<E>(null), [width, set] = useState(600);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => set(Math.max(200, Math.round(entry!.contentRect.width))));
    watch.observe(place.current!);
    return () => watch.disconnect();
  }, []);
  return { place, width };
}

/** `label` says in words what is to be seen. */
export function Plot({ label, x, y, lines = [], dots = [] }: { readonly label: string; readonly x: Axis; readonly y: Axis; readonly lines?: readonly PlotLine[]; readonly dots?: readonly (readonly [number, number])[] }) {
  const { place, width } = useWidth<HTMLDivElement>(), bottom = HEIGHT - BOTTOM, right = width - RIGHT;
  const across = (value: number): number => LEFT + ((value - x.low) / (x.high - x.low || 1)) * (right - LEFT), up = (value: number): number => bottom - ((value - y.low) / (y.high - y.low || 1)) * (bottom - TOP);
  const at = ([px, py]: readonly [number, number]): string => `${across(px).toFixed(1)} ${up(py).toFixed(1)}`, solid = lines.filter(({ dashed }) => !dashed);
  return (
    <div class="plot" ref={place}>
      <svg width={width} height={HEIGHT} role="img" aria-label={label}>
        {ticks(x.low, x.high, Math.max(2, Math.floor(width / 110))).map((value) => <text key={value} x={across(value)} y={bottom + 18} text-anchor="middle">{numberText(value)}</text>)}
        {ticks(y.low, y.high).map((value) => (
          <g key={value}>
            <path class="plot-grid" d={`M${LEFT} ${up(value).toFixed(1)}H${right}`} />
            <text x={LEFT - 6} y={up(value) + 4} text-anchor="end">{numberText(value)}</text>
          </g>
        ))}
        <text x={(LEFT + right) / 2} y={HEIGHT - 6} text-anchor="middle">{x.name}</text>
        <text x={14} y={(TOP + bottom) / 2} text-anchor="middle" transform={`rotate(-90 14 ${(TOP + bottom) / 2})`}>{y.name}</text>
        {dots.length > 0 && <path class="plot-dots" d={dots.map((dot) => `M${at(dot)}h0`).join("")} />}
        {lines.filter(({ points }) => points.length > 0).map(({ name, points, dashed }) => <path key={name} class={dashed ? "plot-dashed" : `plot-line colour-${1 + (solid.findIndex((one) => one.name === name) % 4)}`} d={`M${points.map(at).join("L")}`} />)}
      </svg>
      {lines.length > 1 && (
        <ul class="legend" aria-hidden="true">
          {lines.map(({ name, dashed }) => <li key={name}><span class={dashed ? "swatch dashed" : `swatch colour-${1 + (solid.findIndex((one) => one.name === name) % 4)}`} />{name}</li>)}
        </ul>
      )}
    </div>
  );
}
