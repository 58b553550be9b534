// Functions of one number, on 1e3 to 1e7 of them: ns per element, beside the same function of JavaScript's Math in a loop, and as
// a share of what loads and stores alone reach on as many bytes (assembly/probes).

import { interleave, median, medianRatio, timer } from "../clock.mjs";
import { openProbes } from "../probes.mjs";
import { say, status, table, three } from "../table.mjs";
import { uniform } from "../works.mjs";

export const name = "math";
const SIZES = [1e3, 1e4, 1e5, 1e6, 1e7], TURN = 2; // ms

/** Each with its loop in JavaScript: a function of its own, as who writes one would have it. Numbers are from `from` on, 8 wide. */
const functions = {
  exp: { from: -4, loop: (y, x) => { for (let i = 0; i < x.length; i++) y[i] = Math.exp(x[i]); } },
  log: { from: 0.01, loop: (y, x) => { for (let i = 0; i < x.length; i++) y[i] = Math.log(x[i]); } },
  tanh: { from: -4, loop: (y, x) => { for (let i = 0; i < x.length; i++) y[i] = Math.tanh(x[i]); } },
  sigmoid: { from: -4, loop: (y, x) => { for (let i = 0; i < x.length; i++) y[i] = 1 / (1 + Math.exp(-x[i])); } },
  softplus: { from: -4, loop: (y, x) => { for (let i = 0; i < x.length; i++) y[i] = Math.log1p(Math.exp(x[i])); } },
  elu: { from: -4, loop: (y, x) => { for (let i = 0; i < x.length; i++) y[i] = x[i] > 0 ? x[i] : Math.expm1(x[i]); } },
  silu: { from: -4, loop: (y, x) => { for (let i = 0; i < x.length; i++) y[i] = x[i] / (1 + Math.exp(-x[i])); } },
  sqrt: { from: 0.01, loop: (y, x) => { for (let i = 0; i < x.length; i++) y[i] = Math.sqrt(x[i]); } },
  relu: { from: -4, loop: (y, x) => { for (let i = 0; i < x.length; i++) y[i] = Math.max(x[i], 0); } },
  leakyRelu: { from: -4, loop: (y, x) => { for (let i = 0; i < x.length; i++) y[i] = x[i] > 0 ? x[i] : 0.01 * x[i]; } },
  square: { from: -4, loop: (y, x) => { for (let i = 0; i < x.length; i++) y[i] = x[i] * x[i]; } },
};
const all = Object.keys(functions).flatMap((its) => SIZES.map((size) => ({ name: `${its}, 1e${Math.log10(size)}`, its, size })));

/** The op, compiled so that it finds its argument again, and checked; and JavaScript's loop on the same numbers. */
async function open({ its, size }, { ops }) {
  const { from, loop } = functions[its], f = await ops.compile((x) => ops[its](x), [[size]], { passes: { inPlace: false } });
  const x = Float32Array.from({ length: size }, (_, i) => from + 8 * uniform(7, i)), y = new Float32Array(size), [{ data }] = f.run([x]);
  loop(y, x);
  const bad = data.findIndex((value, i) => !(Math.abs(value - y[i]) <= 2e-6 * Math.max(1, Math.abs(y[i]))));
  if (bad >= 0) throw new Error(`${its} of ${x[bad]} is ${data[bad]}, should be ${y[bad]}`);
  return {
    run(times) {
      for (let i = 0; i < times; i++) f.loaded.run();
    },
    script(times) {
      for (let i = 0; i < times; i++) loop(y, x);
    },
    close: () => f.dispose(),
  };
}

export function rows(build) {
  return all.map((one) => ({ name: one.name, open: () => open(one, build) }));
}

export async function report({ build, wants, rounds }) {
  const wanted = all.filter((one) => wants(one.name)), turns = 3 * rounds, probes = await openProbes(), lines = [];
  if (wanted.length === 0) return undefined;
  for (const one of wanted) {
    status(`math: ${one.name}`);
    const { run, script, close } = await open(one, build), bytes = Math.ceil((4 * one.size) / 64) * 64;
    const [own, loop, streams] = await interleave([run, script, probes.stream("load1Store1", bytes, { apart: true }).run].map((its) => timer(its, TURN, 40)), turns);
    lines.push([one.name, three((1e6 * median(own)) / one.size), three((1e6 * median(loop)) / one.size), `${three(medianRatio(loop, own))}×`, three(medianRatio(streams, own))]);
    close();
  }
  say("math: done");
  return [
    "### Functions of one number",
    `ns per element, of lanewise and of a loop in JavaScript with its Math; how much faster lanewise is; and its rate relative to a loop that does nothing but load and store as many `
      + `numbers, with vectors of 128 bits (median of ${turns} turns).`,
    table([["function, numbers", "ns", "ns of the loop", "faster", "of load and store"], ...lines]),
  ].join("\n\n");
}
