// How often values come: bars, and the same in words for who does not see them.

import { t } from "../../text/index.ts";

interface Bar {
  readonly label: string;
  readonly count: number;
}

const WIDTH = 96, HEIGHT = 24;

export function Histogram({ name, bars }: { readonly name: string; readonly bars: readonly Bar[] }) {
  const most = Math.max(1, ...bars.map(({ count }) => count)), wide = WIDTH / Math.max(1, bars.length);
  return (
    <svg class="histogram" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t("data.histogram", { name, values: bars.map(({ label, count }) => `${label}: ${count}`).join(", ") })}>
      {bars.map(({ label, count }, i) => {
        const high = count && Math.max(1, (HEIGHT * count) / most);
        return <rect key={label} x={i * wide} y={HEIGHT - high} width={Math.max(1, wide - 1)} height={high}><title>{`${label}: ${count}`}</title></rect>;
      })}
    </svg>
  );
}
