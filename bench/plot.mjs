// bench/RESULTS.svg: the whole steps' ratios as bars, on a logarithmic scale, a panel for each work and a bar for each Node.
// It has a ground of its own, white or dark as the reader's system is.

import { three } from "./table.mjs";

const WIDTH = 800, COLUMNS = 2, MARGIN = 16, TOP = 62;
/** Of a panel: its head, a peer's line, a bar in it, the axis below, the names to the left, the figures to the right. */
const HEAD = 26, LINE = 19, AXIS = 30, NAMES = 74, FIGURES = 84;

const STYLE = `
  .ground{fill:#fff}text{fill:#1f2328;font:12px system-ui,sans-serif}.title{font-weight:600;font-size:15px}.head{font-weight:600}.tick{fill:#59636e;font-size:11px}
  .grid{stroke:#d8dee4}.one{stroke:#59636e}.n0{fill:#0969da}.n1{fill:#e16f24}
  @media(prefers-color-scheme:dark){
    .ground{fill:#0d1117}text{fill:#e6edf3}.tick{fill:#9198a1}.grid{stroke:#262c33}.one{stroke:#9198a1}.n0{fill:#4493f8}.n1{fill:#f0883e}
  }`.replace(/\n */g, "");

const round = (value) => Math.round(value * 10) / 10;
const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
const text = (x, y, content, more = "") => `<text x="${round(x)}" y="${round(y)}"${more}>${escape(content)}</text>`;

/** The picture of parts { node, figures: { steps: { work, title, ratios: [peer, ratio][] }[] } }, one for each Node. */
export function plot(parts) {
  const [{ figures: { steps } }] = parts, ratios = parts.flatMap(({ figures }) => figures.steps.flatMap(({ ratios }) => ratios.map(([, ratio]) => ratio)));
  // so that a bar of 1 has no length, and those of slower peers go to the right
  const low = Math.log10(Math.min(0.8, ...ratios)), high = Math.log10(Math.max(10, ...ratios)), width = (WIDTH - MARGIN * (COLUMNS + 1)) / COLUMNS;
  const heightOf = ({ ratios }) => HEAD + ratios.length * LINE + AXIS, pieces = [];
  let top = TOP;
  for (let first = 0; first < steps.length; first += COLUMNS) {
    const row = steps.slice(first, first + COLUMNS);
    row.forEach((step, i) => pieces.push(panel(parts, step, MARGIN + i * (width + MARGIN), top, width, low, high)));
    top += Math.max(...row.map(heightOf)) + 6;
  }
  const legend = parts.map(({ node }, i) => `<rect class="n${i}" x="${MARGIN + i * 120}" y="38" width="11" height="11"/>${text(MARGIN + 16 + i * 120, 48, `Node ${node}`)}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${round(top)}" viewBox="0 0 ${WIDTH} ${round(top)}" role="img" aria-labelledby="title">`,
    `<title id="title">Time of a step of other libraries relative to lanewise's; the tables of RESULTS.md have the same figures</title>`,
    `<style>${STYLE}</style>`, `<rect class="ground" width="${WIDTH}" height="${round(top)}" rx="6"/>`,
    text(MARGIN, 24, "Time of a step, relative to lanewise’s: right of 1×, lanewise is faster (logarithmic)", ' class="title"'),
    ...legend, ...pieces, "</svg>", "",
  ].join("\n");
}

function panel(parts, { work, title, ratios }, left, top, width, low, high) {
  const from = left + NAMES, to = left + width - FIGURES, bottom = top + HEAD + ratios.length * LINE;
  const right = (ratio) => from + ((Math.log10(ratio) - low) / (high - low)) * (to - from);
  const pieces = [text(left, top + 13, `${work}: ${title}`, ' class="head"')];
  for (let power = Math.ceil(low); power <= high; power++) {
    const at = round(right(10 ** power));
    pieces.push(`<path class="${power ? "grid" : "one"}" d="M${at} ${top + HEAD - 4}V${bottom + 3}"/>`, text(at, bottom + 16, `${10 ** power}×`, ' class="tick" text-anchor="middle"'));
  }
  const thick = Math.floor((LINE - 5) / parts.length);
  ratios.forEach(([peer], line) => {
    const y = top + HEAD + line * LINE;
    const found = parts.map(({ figures }) => new Map(figures.steps.find((step) => step.work === work)?.ratios).get(peer));
    found.forEach((ratio, i) => {
      if (ratio === undefined) return;
      const [start, end] = [right(1), right(ratio)].sort((a, b) => a - b);
      pieces.push(`<rect class="n${i}" x="${round(start)}" y="${y + 1 + i * thick}" width="${round(Math.max(1, end - start))}" height="${thick}"/>`);
    });
    const figures = found.filter((ratio) => ratio !== undefined);
    pieces.push(text(from - 6, y + 12, peer, ' text-anchor="end"'), text(Math.max(right(1), ...figures.map(right)) + 6, y + 12, figures.map(three).join(" · ")));
  });
  return pieces.join("");
}
