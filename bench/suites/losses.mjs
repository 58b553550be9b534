// Softmax and the losses that are instructions, on 1e3 to 1e7 numbers: ns per number, beside a loop in JavaScript that computes the
// same, and as a share of what loads and stores alone reach on as many bytes (assembly/probes). The losses that are composed of
// these and others have their rows in ops.

import { checkCase, loadCases, openCase } from "../cases.mjs";
import { interleave, median, medianRatio, timer } from "../clock.mjs";
import { openProbes } from "../probes.mjs";
import { say, status, table, three } from "../table.mjs";
import { uniform } from "../works.mjs";

export const name = "losses";
const SIZES = ["1e3", "1e4", "1e5", "1e6", "1e7"], TURN = 2; // ms

/** Of rows `width` wide: y[…] = softmax, or, with logs, its logarithm. */
function softmax(y, x, width, logs) {
  for (let r = 0; r < x.length; r += width) {
    let top = -Infinity, sum = 0;
    for (let c = r; c < r + width; c++) top = Math.max(top, x[c]);
    for (let c = r; c < r + width; c++) sum += Math.exp(x[c] - top);
    for (let c = r; c < r + width; c++) y[c] = logs ? x[c] - top - Math.log(sum) : Math.exp(x[c] - top) / sum;
  }
}

function crossEntropy(y, x, t, width) {
  for (let r = 0; r < y.length; r++) {
    const row = r * width;
    let top = -Infinity, sum = 0;
    for (let c = row; c < row + width; c++) top = Math.max(top, x[c]);
    for (let c = row; c < row + width; c++) sum += Math.exp(x[c] - top);
    y[r] = Math.log(sum) - (x[row + t[r]] - top);
  }
}

const ofRows = (width, { ops }) => ({
  "softmax": { build: (x) => ops.softmax(x), loop: (y, x) => softmax(y, x, width, false), streams: "load1Store1" },
  "logSoftmax": { build: (x) => ops.logSoftmax(x), loop: (y, x) => softmax(y, x, width, true), streams: "load1Store1" },
  "crossEntropy": { build: (x, t) => ops.softmaxCrossEntropy(x, ops.toInt(t)), labels: { argument: 1, of: 0 }, loop: (y, x, t) => crossEntropy(y, x, t, width), streams: "load1" },
});
/** Of predictions p and targets t. */
const ofPairs = ({ ops }) => ({
  "squaredError": { build: ops.squaredError, loop: (y, p, t) => { for (let i = 0; i < y.length; i++) y[i] = (p[i] - t[i]) ** 2; } },
  "absoluteError": { build: ops.absoluteError, loop: (y, p, t) => { for (let i = 0; i < y.length; i++) y[i] = Math.abs(p[i] - t[i]); } },
  "hingeLoss": { build: ops.hingeLoss, loop: (y, p, t) => { for (let i = 0; i < y.length; i++) y[i] = Math.max(0, 1 - p[i] * t[i]); } },
  "logitCrossEntropy": {
    build: ops.logitCrossEntropy, ranges: [[-4, 4], [0, 1]],
    loop: (y, p, t) => { for (let i = 0; i < y.length; i++) y[i] = Math.max(p[i], 0) - p[i] * t[i] + Math.log1p(Math.exp(-Math.abs(p[i]))); },
  },
  "probabilityCrossEntropy": {
    build: ops.probabilityCrossEntropy, ranges: [[0.01, 0.99], [0, 1]],
    loop: (y, p, t) => { for (let i = 0; i < y.length; i++) y[i] = -t[i] * Math.log(p[i]) - (1 - t[i]) * Math.log(1 - p[i]); },
  },
});

/** What there is to time, as the op cases of the tests are described. */
function timings(parts) {
  const all = [
    ...[10, 1000].flatMap((width) => Object.entries(ofRows(width, parts)).map(([name, its]) => {
      const shapes = (size) => [[size / width, width], ...(its.labels ? [[size / width]] : [])];
      return { ...its, name: `${name} of rows of ${width}`, shapes, out: (size) => (its.labels ? size / width : size) };
    })),
    ...Object.entries(ofPairs(parts)).map(([name, its]) => ({ ...its, name, streams: "load2Store1", shapes: (size) => [[size], [size]], out: (size) => size })),
  ];
  return all.flatMap((its) => SIZES.map((text) => {
    const size = Number(text);
    const formula = (args) => {
      const y = new Float64Array(its.out(size));
      its.loop(y, ...args);
      return y;
    };
    return { name: `${its.name}, ${text}`, its: { ...its, formula }, size };
  }));
}

async function opened(parts, { its, size }) {
  const one = await openCase(parts, its, size, false);
  try {
    checkCase(its, one, false);
    return one;
  } catch (error) {
    one.close();
    throw error;
  }
}

export async function rows(build) {
  const parts = await loadCases(build.root);
  return timings(parts).map((one) => ({ name: one.name, open: () => opened(parts, one) }));
}

export async function report({ build, wants, rounds }) {
  const parts = await loadCases(build.root), wanted = timings(parts).filter((one) => wants(one.name)), turns = 3 * rounds, lines = [];
  if (wanted.length === 0) return undefined;
  const probes = await openProbes();
  for (const one of wanted) {
    const { its, size } = one;
    status(`losses: ${one.name}`);
    const own = await opened(parts, one), bytes = Math.ceil((4 * size) / 64) * 64;
    const args = own.args.map((arg, i) => (its.labels?.argument === i ? Int32Array.from(arg) : arg)), y = new Float32Array(its.out(size));
    const script = (times) => {
      for (let i = 0; i < times; i++) its.loop(y, ...args);
    };
    const [ms, loop, streams] = await interleave([own.run, script, probes.stream(its.streams, bytes, { apart: its.streams !== "load1" }).run].map((run) => timer(run, TURN, 40)), turns);
    lines.push([one.name, three((1e6 * median(ms)) / size), three((1e6 * median(loop)) / size), `${three(medianRatio(loop, ms))}×`, three(medianRatio(streams, ms))]);
    own.close();
  }
  say("losses: done");
  return [
    "### Softmax and losses",
    `ns per number, of lanewise and of a loop in JavaScript; how much faster lanewise is; and its rate relative to a loop that does nothing but load and store as many numbers, with vectors of `
      + `128 bits (median of ${turns} turns).`,
    table([["what, numbers", "ns", "ns of the loop", "faster", "of load and store"], ...lines]),
  ].join("\n\n");
}
