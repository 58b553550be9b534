// The report of evaluate as one file: tables and pictures as inline SVG, light and dark, no script, nothing fetched. All text is
// escaped: names of classes and columns come from files.

import type { ClassScores, NumberScores } from "./scores.ts";
import { grouped, share, short } from "./text.ts";

/** Text as it stands in HTML and in attributes. Characters that XML 1.0 has not are shown as missing. */
export function escape(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
    .replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

export interface ReportHead {
  readonly title: string;
  /** Names and values below it. */
  readonly facts: readonly (readonly [string, string])[];
  /** The losses of the training by epoch, where they are known. */
  readonly history?: {
    /** Of each entry; 1, 2, 3 … by default. */
    readonly epochs?: readonly number[];
    readonly loss: readonly number[];
    readonly heldOut: readonly number[];
  };
  /** What the report says, and in which language; English by default. */
  readonly words?: ReportWords;
}

/** The words of a report; {n} stands for a number. */
export const WORDS = {
  tag: "en",
  accuracy: "accuracy", macroF1: "macro F1", logLoss: "log loss", rows: "rows", r2: "R²", mae: "mean absolute error", rmse: "root mean square error",
  byClass: "By class", class: "class", precision: "precision", recall: "recall", f1: "F1",
  matrix: "Confusion matrix", matrixAbout: "Rows are what is right, columns what the model said.", matrixLarge: "Left out: {n} classes make a table that nobody reads.", corner: "right \\ said",
  sure: "How sure, and how right", sureAbout: "Rows by the probability of the class that was said. Wrong answers belong to the left.", sureAxis: "probability of what was said",
  sureLabel: "Rows by probability, right and wrong", right: "right", wrong: "wrong",
  dots: "Right and predicted", dotsAbout: "Each dot is a row; on the dashed line the prediction is right.", dotsLabel: "Right numbers and predicted ones", actual: "right", predicted: "predicted",
  residuals: "Residuals", residualsAbout: "Right minus predicted.", residual: "residual", quantile: "quantile", smallest: "smallest", largest: "largest",
  training: "Training", lossLabel: "Loss by epoch", epoch: "epoch", loss: "loss", trained: "training", heldOut: "held out",
};
export type ReportWords = Readonly<typeof WORDS>;

const STYLE = `
:root { color-scheme: light dark; --text: #1d2129; --faint: #5d6675; --line: #d5dae2; --back: #ffffff; --panel: #f5f7fa; --one: #1f6feb; --two: #c2410c; --cell: 31, 111, 235; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ef; --faint: #9aa4b5; --line: #39414f; --back: #14171d; --panel: #1c212a; --one: #6ba6ff; --two: #ff9d66; --cell: 107, 166, 255; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--back); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; }
p, figcaption { color: var(--faint); margin: .35rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; margin: 1rem 0; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0; }
.figures div { background: var(--panel); border-radius: .5rem; padding: .6rem 1rem; min-width: 8.5rem; }
.figures b { display: block; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.figures span { color: var(--faint); font-size: .875rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .75rem; text-align: right; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--faint); }
th[scope="row"], .corner { text-align: left; }
th[scope="row"] { color: var(--text); max-width: 18rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.matrix td { text-align: center; min-width: 3.5rem; }
figure { margin: 1rem 0; }
svg { width: 100%; height: auto; max-width: 44rem; display: block; }
svg text { fill: var(--faint); font: 12px system-ui, sans-serif; }
.axis { stroke: var(--line); stroke-width: 1; fill: none; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
.one { stroke: var(--one); } .two { stroke: var(--two); }
.fill-one { fill: var(--one); } .fill-two { fill: var(--two); }
.dot { fill: var(--one); fill-opacity: .45; }
.ideal { stroke: var(--two); stroke-dasharray: 5 4; fill: none; }
@media print { body { max-width: none; padding: 0; } }
`;

function page(head: ReportHead, words: ReportWords, body: string): string {
  return `<!doctype html>
<html lang="${words.tag}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(head.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(head.title)}</h1>
<dl>${head.facts.map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`).join("")}</dl>
${body}${head.history ? `<h2>${words.training}</h2>\n${curves(head.history, words)}\n` : ""}</main>
</body>
</html>
`;
}

const figures = (list: readonly (readonly [string, string])[]): string =>
  `<div class="figures">${list.map(([name, value]) => `<div><b>${escape(value)}</b><span>${escape(name)}</span></div>`).join("")}</div>\n`;

/** The strongest shade of a cell: the text on it is read in light and dark. */
const SHADE = 0.5;

/** More classes make a matrix that nobody reads. */
const MATRIX = 40;

/** The report for classes. `certain` has for each row the probability of what was said, and whether that was right. */
export function classReport(head: ReportHead, scores: ClassScores, certain: { readonly probability: ArrayLike<number>; readonly right: ArrayLike<number> }): string {
  const { classes, matrix } = scores, { words = WORDS } = head;
  const rows = classes.map(({ name, precision, recall, f1, rows: count }) =>
    `<tr><th scope="row" title="${escape(name)}">${escape(name)}</th><td>${share(precision)}</td><td>${share(recall)}</td><td>${share(f1)}</td><td>${grouped(count)}</td></tr>`);
  return page(head, words, [
    figures([[words.accuracy, share(scores.accuracy)], [words.macroF1, share(scores.macroF1)], [words.logLoss, short(scores.logLoss)], [words.rows, grouped(scores.rows)]]),
    `<h2>${words.byClass}</h2>\n<div class="scroll" tabindex="0" role="group" aria-label="${words.byClass}"><table><thead><tr><th class="corner" scope="col">${words.class}</th><th scope="col">${words.precision}</th><th scope="col">${words.recall}</th><th scope="col">${words.f1}</th><th scope="col">${words.rows}</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>\n`,
    `<h2>${words.matrix}</h2>\n<p>${words.matrixAbout}</p>\n`,
    classes.length <= MATRIX ? heatmap(classes.map(({ name }) => name), matrix, words) : `<p>${words.matrixLarge.replace("{n}", String(classes.length))}</p>\n`,
    `<h2>${words.sure}</h2>\n<p>${words.sureAbout}</p>\n`,
    certainty(certain.probability, certain.right, words),
  ].join(""));
}

function heatmap(names: readonly string[], matrix: readonly (readonly number[])[], words: ReportWords): string {
  const head = names.map((name) => `<th scope="col" title="${escape(name)}">${escape(name.length > 14 ? `${name.slice(0, 13)}…` : name)}</th>`).join("");
  const lines = matrix.map((line, i) => {
    const sum = line.reduce((a, b) => a + b, 0) || 1;
    const cells = line.map((count) => `<td style="background: rgba(var(--cell), ${(SHADE * (count / sum)).toFixed(3)})">${count ? grouped(count) : "·"}</td>`);
    return `<tr><th scope="row" title="${escape(names[i]!)}">${escape(names[i]!)}</th>${cells.join("")}</tr>`;
  });
  return `<div class="scroll" tabindex="0" role="group" aria-label="${words.matrix}"><table class="matrix"><thead><tr><th class="corner" scope="col">${words.corner}</th>${head}</tr></thead><tbody>${lines.join("\n")}</tbody></table></div>\n`;
}

/** The report for numbers. */
export function numberReport(head: ReportHead, scores: NumberScores, right: ArrayLike<number>, predicted: ArrayLike<number>, unit: string): string {
  const { words = WORDS } = head;
  const quantiles = scores.residuals.map(({ at, value }) => `<tr><th scope="row">${at === 0 ? words.smallest : at === 1 ? words.largest : `${100 * at} %`}</th><td>${short(value)}</td></tr>`);
  return page(head, words, [
    figures([[words.r2, share(scores.r2)], [words.mae, short(scores.mae)], [words.rmse, short(scores.rmse)], [words.rows, grouped(scores.rows)]]),
    `<h2>${words.dots}</h2>\n<p>${words.dotsAbout}</p>\n${scatter(right, predicted, unit, words)}`,
    `<h2>${words.residuals}</h2>\n<p>${words.residualsAbout}</p>\n${residuals(right, predicted, words)}`,
    `<div class="scroll" tabindex="0" role="group" aria-label="${words.residuals}"><table><thead><tr><th class="corner" scope="col">${words.quantile}</th><th scope="col">${words.residual}</th></tr></thead><tbody>${quantiles.join("\n")}</tbody></table></div>\n`,
  ].join(""));
}

// Pictures: a frame of numbers, with what lies in it.

const WIDTH = 640, HEIGHT = 320, LEFT = 62, RIGHT = 14, TOP = 12, BOTTOM = 40;

interface Frame {
  x(value: number): number;
  y(value: number): number;
  svg(inner: string, label: string): string;
}

/** Rounded steps of an axis, 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number, wanted = 5): number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  let step = 1;
  while (step * wanted < span) step *= 10;
  while (step * wanted > span) step /= 10;
  const factor = [1, 2, 5, 10].find((one) => step * one * wanted >= span)!, size = step * factor;
  const list: number[] = [];
  for (let i = Math.ceil(low / size - 1e-9); i * size <= high + 1e-9 * span; i++) list.push(Number((i * size).toPrecision(12)));
  return list;
}

function frame([left, right]: readonly [number, number], [low, high]: readonly [number, number], xName: string, yName: string): Frame {
  const place = (from: number, to: number, start: number, end: number) => (value: number): number => start + ((value - from) / (to - from || 1)) * (end - start);
  const x = place(left, right, LEFT, WIDTH - RIGHT), y = place(low, high, HEIGHT - BOTTOM, TOP), at = (value: number): string => value.toFixed(1);
  const axes = [
    `<path class="axis" d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}"/>`,
    ...ticks(left, right).map((value) => `<text x="${at(x(value))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${escape(short(value))}</text>`),
    ...ticks(low, high).map((value) => `<path class="axis" d="M${LEFT} ${at(y(value))}H${WIDTH - RIGHT}" opacity=".5"/><text x="${LEFT - 6}" y="${at(y(value) + 4)}" text-anchor="end">${escape(short(value))}</text>`),
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${escape(xName)}</text>`,
    `<text x="12" y="${(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 12 ${(TOP + HEIGHT - BOTTOM) / 2})">${escape(yName)}</text>`,
  ];
  return {
    x, y,
    svg: (inner, label) => `<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(label)}">${axes.join("")}${inner}</svg></figure>\n`,
  };
}

function rangeOf(...lists: readonly ArrayLike<number>[]): [number, number] {
  let low = Infinity, high = -Infinity;
  for (const list of lists) for (let i = 0; i < list.length; i++) {
    if (!Number.isFinite(list[i]!)) continue;
    low = Math.min(low, list[i]!);
    high = Math.max(high, list[i]!);
  }
  if (!(low <= high)) return [0, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}

/** Bars one beside the other, by how many numbers lie in each of `bins` equal parts. */
function histogram(numbers: ArrayLike<number>, [low, high]: readonly [number, number], bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < numbers.length; i++) {
    const bin = Math.floor(((numbers[i]! - low) / (high - low)) * bins);
    if (Number.isFinite(bin)) counts[Math.min(bins - 1, Math.max(0, bin))]!++;
  }
  return counts;
}

function bars({ x, y }: Frame, counts: readonly number[], [low, high]: readonly [number, number], fill: string, base: readonly number[] = counts.map(() => 0)): string {
  const size = (high - low) / counts.length;
  return counts.map((count, i) => {
    if (!count) return "";
    const from = x(low + i * size), to = x(low + (i + 1) * size), top = y(base[i]! + count), bottom = y(base[i]!);
    return `<rect class="${fill}" x="${(from + 0.5).toFixed(1)}" y="${top.toFixed(1)}" width="${Math.max(0.5, to - from - 1).toFixed(1)}" height="${(bottom - top).toFixed(1)}"/>`;
  }).join("");
}

function certainty(probability: ArrayLike<number>, right: ArrayLike<number>, words: ReportWords): string {
  const all = Array.from(probability), range = [0, 1] as const, bins = 20;
  const good = histogram(all.filter((_, i) => right[i]), range, bins), bad = histogram(all.filter((_, i) => !right[i]), range, bins);
  const view = frame(range, [0, Math.max(1, ...good.map((count, i) => count + bad[i]!))], words.sureAxis, words.rows);
  const legend = `<rect class="fill-one" x="${LEFT + 12}" y="${TOP + 4}" width="10" height="10"/><text x="${LEFT + 27}" y="${TOP + 13}">${words.right}</text><rect class="fill-two" x="${LEFT + 72}" y="${TOP + 4}" width="10" height="10"/><text x="${LEFT + 87}" y="${TOP + 13}">${words.wrong}</text>`;
  return view.svg(bars(view, bad, range, "fill-two") + bars(view, good, range, "fill-one", bad) + legend, words.sureLabel);
}

/** Dots that a picture has at the most: every so-many-th row. */
const DOTS = 2000;

function scatter(right: ArrayLike<number>, predicted: ArrayLike<number>, unit: string, words: ReportWords): string {
  const range = rangeOf(right, predicted), view = frame(range, range, `${words.actual} ${unit}`, `${words.predicted} ${unit}`), stride = Math.ceil(right.length / DOTS);
  let dots = "";
  for (let i = 0; i < right.length; i += stride) dots += `<circle class="dot" cx="${view.x(right[i]!).toFixed(1)}" cy="${view.y(predicted[i]!).toFixed(1)}" r="2.5"/>`;
  const line = `<path class="ideal" d="M${view.x(range[0]).toFixed(1)} ${view.y(range[0]).toFixed(1)}L${view.x(range[1]).toFixed(1)} ${view.y(range[1]).toFixed(1)}"/>`;
  return view.svg(dots + line, words.dotsLabel);
}

function residuals(right: ArrayLike<number>, predicted: ArrayLike<number>, words: ReportWords): string {
  const list = Array.from(right, (value, i) => value - predicted[i]!), range = rangeOf(list), counts = histogram(list, range, 30);
  const view = frame(range, [0, Math.max(1, ...counts)], words.residual, words.rows);
  return view.svg(bars(view, counts, range, "fill-one"), words.residuals);
}

function curves({ loss, heldOut, epochs = loss.map((_, i) => i + 1) }: NonNullable<ReportHead["history"]>, words: ReportWords): string {
  const view = frame([1, Math.max(2, epochs.at(-1)!)], [0, rangeOf(loss, heldOut)[1]], words.epoch, words.loss);
  const path = (list: readonly number[], kind: string): string => {
    const points = list.flatMap((value, i) => (Number.isFinite(value) ? [`${view.x(epochs[i]!).toFixed(1)} ${view.y(value).toFixed(1)}`] : []));
    return points.length ? `<path class="curve ${kind}" d="M${points.join("L")}"/>` : "";
  };
  const at = WIDTH - 150;
  const legend = `<path class="curve one" d="M${at} ${TOP + 9}h18"/><text x="${at + 24}" y="${TOP + 13}">${words.trained}</text><path class="curve two" d="M${at} ${TOP + 27}h18"/><text x="${at + 24}" y="${TOP + 31}">${words.heldOut}</text>`;
  return view.svg(path(loss, "one") + path(heldOut, "two") + legend, words.lossLabel);
}
