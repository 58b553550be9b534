// Draws a chart as SVG: axes, curves, a legend. It has a ground of its own, white or dark as the reader's system is, so that
// it can be read on any page; dashes tell curves apart where colours do not.

const WIDTH = 360, HEIGHT = 240;
const AREA = { left: 46, top: 42, right: 348, bottom: 202 };
/** Width of a letter of the legend, roughly. */
const LETTER = 6.3;

const STYLE = `
  .ground{fill:#fff}text{fill:#1f2328;font:11px system-ui,sans-serif}.title{font-weight:600;font-size:13px}
  .grid{stroke:#d8dee4}.zero{stroke:#8c959f}.level{stroke:#c3cad1;fill:none}.mark{fill:#1f2328}
  .curve{fill:none;stroke-width:2;stroke-linejoin:round}
  .c0{stroke:#0969da}.c1{stroke:#bc4c00}.c2{stroke:#1a7f37}.c3{stroke:#6e7781}
  .c1{stroke-dasharray:6 3}.c2{stroke-dasharray:2 3}.dot0{fill:#0969da}.dot1{fill:#bc4c00}.dot2{fill:#1a7f37}.dot3{fill:#6e7781}
  .thin{stroke-width:1;stroke-dasharray:none}
  @media(prefers-color-scheme:dark){
    .ground{fill:#0d1117}text,.mark{fill:#e6edf3}.grid{stroke:#262c33}.zero{stroke:#6e7681}.level{stroke:#39414a}
    .c0{stroke:#58a6ff}.c1{stroke:#f0883e}.c2{stroke:#56d364}.c3{stroke:#8b949e}
    .dot0{fill:#58a6ff}.dot1{fill:#f0883e}.dot2{fill:#56d364}.dot3{fill:#8b949e}
  }`.replace(/\n */g, "");

/** A tenth of a pixel. */
const round = (value) => Math.round(value * 10) / 10 + 0;
const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
/** 0.30000000000000004 is 0.3, and −1 has a minus. */
const show = (value) => String(Number(value.toPrecision(6))).replace("-", "−");

/** Leaves out points that lie on the line between others: Ramer, An Iterative Procedure for the Polygonal Approximation of
 * Plane Curves (1972); Douglas and Peucker (1973). */
function thinned(points) {
  if (points.length < 3) return points;
  const [x0, y0] = points[0], [x1, y1] = points.at(-1), length = Math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0));
  let far = 0, at = 0;
  points.forEach(([x, y], i) => {
    const off = length ? Math.abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length : Math.sqrt((x - x0) * (x - x0) + (y - y0) * (y - y0));
    if (off > far) [far, at] = [off, i];
  });
  return far < 0.1 ? [points[0], points.at(-1)] : [...thinned(points.slice(0, at + 1)).slice(0, -1), ...thinned(points.slice(at))];
}

/**
 * `x` and `y`: { label, from, to, step, name? }, ticks standing at multiples of `step`; `name` writes one, by
 * which 0 is another number, such as the rate 1, and no axis.
 * `curves`: { name, points: [x, y][], dots?, thin?, jump? }; a step in y of more than `jump` from point to point is a gap.
 * `levels`: ellipses { x, y, rx, ry } below the curves; `marks`: points { x, y }.
 */
export function chart({ title, description, x, y, curves, levels = [], marks = [] }) {
  const right = (value) => AREA.left + ((value - x.from) / (x.to - x.from)) * (AREA.right - AREA.left);
  const up = (value) => AREA.bottom - ((value - y.from) / (y.to - y.from)) * (AREA.bottom - AREA.top);
  const ticks = ({ from, to, step }) => Array.from({ length: Math.floor(to / step + 1e-9) - Math.ceil(from / step - 1e-9) + 1 }, (_, i) => (Math.ceil(from / step - 1e-9) + i) * step);
  const parts = [];
  for (const at of ticks(x)) {
    const place = round(right(at));
    parts.push(`<path class="${at === 0 && !x.name ? "zero" : "grid"}" d="M${place} ${AREA.top}V${AREA.bottom}"/><text x="${place}" y="216" text-anchor="middle">${(x.name ?? show)(at)}</text>`);
  }
  for (const at of ticks(y)) {
    const place = round(up(at));
    parts.push(`<path class="${at === 0 && !y.name ? "zero" : "grid"}" d="M${AREA.left} ${place}H${AREA.right}"/><text x="${AREA.left - 5}" y="${round(place + 4)}" text-anchor="end">${(y.name ?? show)(at)}</text>`);
  }
  const inside = [];
  for (const { x: cx, y: cy, rx, ry } of levels)
    inside.push(`<ellipse class="level" cx="${round(right(cx))}" cy="${round(up(cy))}" rx="${round(right(rx) - right(0))}" ry="${round(up(0) - up(ry))}"/>`);
  // thin curves below; dashes over what is whole, so that both are seen where they meet
  [...curves.entries()].sort(([, a], [, b]) => Number(b.thin ?? false) - Number(a.thin ?? false)).forEach(([i, { points, dots, thin, jump = Infinity }]) => {
    const runs = [];
    points.forEach(([px, py], n) => {
      if (n === 0 || Math.abs(py - points[n - 1][1]) > jump) runs.push([]);
      // far outside is as good as just outside
      runs.at(-1).push([right(px), Math.min(HEIGHT * 3, Math.max(-HEIGHT * 2, up(py)))]);
    });
    const d = runs.map((run) => (dots ? run : thinned(run)).map(([px, py], n) => `${n ? (n === 1 ? "L" : " ") : "M"}${round(px)} ${round(py)}`).join("")).join("");
    inside.push(`<path class="curve c${i}${thin ? " thin" : ""}" d="${d}"/>`);
    if (dots) inside.push(`<path class="dot${i}" d="${runs.flat().map(([px, py]) => `M${round(px - 2)} ${round(py)}a2 2 0 1 0 4 0a2 2 0 1 0-4 0`).join("")}"/>`);
  });
  for (const { x: mx, y: my } of marks) inside.push(`<circle class="mark" cx="${round(right(mx))}" cy="${round(up(my))}" r="3"/>`);
  let from = AREA.left;
  const legend = curves.map(({ name, thin }, i) => {
    const at = from;
    from += 38 + name.length * LETTER;
    return `<path class="curve c${i}${thin ? " thin" : ""}" d="M${round(at)} 30h20"/><text x="${round(at + 25)}" y="34">${escape(name)}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="title">`,
    `<title id="title">${escape(description)}</title>`,
    `<style>${STYLE}</style>`,
    `<clipPath id="area"><path d="M${AREA.left} ${AREA.top}H${AREA.right}V${AREA.bottom}H${AREA.left}z"/></clipPath>`,
    `<rect class="ground" width="${WIDTH}" height="${HEIGHT}" rx="6"/>`,
    `<text class="title" x="${AREA.left}" y="17">${escape(title)}</text>`, ...legend, ...parts,
    `<g clip-path="url(#area)">`, ...inside, "</g>",
    `<text x="${(AREA.left + AREA.right) / 2}" y="233" text-anchor="middle">${escape(x.label)}</text>`,
    `<text transform="translate(11 ${(AREA.top + AREA.bottom) / 2})rotate(-90)" text-anchor="middle">${escape(y.label)}</text>`,
    "</svg>", "",
  ].join("\n");
}
