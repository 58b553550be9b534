// What the compiler's passes bring: the same program with each of them and without, in turns, by time and by bytes of the
// arena. recompute, an option of fit, trades time for bytes.

import { interleave, median, medianRatio, timer } from "../clock.mjs";
import { say, status, table, three } from "../table.mjs";
import { uniform } from "../works.mjs";

export const name = "passes";
const TURN = 5; // ms

/** A classifier of so many layers, and rows of a batch; `more` stands behind each activation. */
const net = (layers, width, batch, activation, more = []) => ({ layers, width, batch, activation, more, inputs: width });
const deep = net(20, 64, 256, "relu"), smooth = net(20, 64, 256, "gelu", ["dropout"]), small = { ...net(2, 64, 32, "relu"), inputs: 13 };

const all = [
  { pass: "inPlace", title: "relu((relu(x / 2) + 1) / 4), 1e6 numbers", open: openFormula },
  { pass: "order", title: "64-256-128-64-32-10, batch 256, relu", open: openStep, net: { ...deep, layers: 4, widths: [256, 128, 64, 32] } },
  { pass: "order", title: "two inputs, 2 layers of 64, two outputs, batch 256", open: openStep, net: { ...deep, layers: 2, towers: true } },
  { pass: "alone", title: "13-64-64-10, batch 32, on two threads", open: openStep, net: small, threads: 2 },
  { pass: "recompute", title: "8 layers of 64, batch 256, relu", open: openStep, net: { ...deep, layers: 8 } },
  { pass: "recompute", title: "20 layers of 64, batch 256, relu", open: openStep, net: deep },
  { pass: "recompute", title: "20 layers of 64, batch 256, gelu and dropout", open: openStep, net: smooth },
].map((one) => ({ ...one, name: `${one.pass}: ${one.title}` }));

async function openFormula({ pass }, { ops: { add, compile, multiply, relu } }, on) {
  const count = 1e6, f = await compile((x) => relu(multiply(add(relu(multiply(x, 0.5)), 1), 0.25)), [[count]], { passes: { [pass]: on } });
  const [{ data }] = f.run([Float32Array.from({ length: count }, (_, i) => 2 * uniform(1, i) - 1)]);
  return {
    arena: f.program.arena, result: String(data.subarray(0, 1000)), close: () => f.dispose(),
    run(times) {
      for (let i = 0; i < times; i++) f.loaded.run();
    },
  };
}

/** Steps of a trainer, for all that TypeScript calls private. */
async function openStep({ pass, net, threads = 1 }, { lanewise, ops }, on) {
  const { layers, width, widths = [], batch, activation, more, towers, inputs } = net, { adam, createModel, crossEntropy, dense, hash, sequential } = lanewise;
  const made = (count, end) => sequential(...Array.from({ length: count }, (_, i) => [dense(widths[i] ?? width), lanewise[activation](), ...more.map((name) => lanewise[name](0.1))]).flat(), dense(end));
  const [a, b, c, d] = [made(layers / 2, width), made(layers / 2, width), made(layers / 2, 10), made(layers / 2, 10)];
  const join = ({ u, v }) => {
    const both = ops.concat([a(u), b(v)]);
    return { s: c(both), t: d(both) };
  };
  const named = (make) => Object.fromEntries((towers ? ["s", "t"] : [""]).map((name) => [name, make()])), plainly = (record) => (towers ? record : record[""]);
  const model = await createModel(towers ? join : made(layers, 10), { input: towers ? { u: [inputs], v: [inputs] } : [inputs], seed: 1, threads });
  const trainer = model.trainer({ loss: plainly(named(crossEntropy)), optimizer: adam(), ...(pass === "recompute" && { recompute: on }) });
  trainer.setup.passes = { [pass]: on };
  const x = Float32Array.from({ length: batch * inputs }, (_, i) => uniform(1, i)), y = Int32Array.from({ length: batch }, (_, i) => Math.floor(10 * uniform(2, i)));
  const data = { x: towers ? { u: x, v: x } : x, y: plainly(named(() => y)) }, step = () => trainer.step(data);
  for (let i = 0; i < 3; i++) step();
  const [{ program }] = trainer.programs.values();
  return {
    arena: program.program.arena, result: hash(model), close: () => model.dispose(),
    run(times) {
      for (let i = 0; i < times; i++) step();
    },
  };
}

export function rows(build) {
  return all.map((one) => ({ name: one.name, open: () => one.open(one, build, true) }));
}

export async function report({ build, wants, rounds }) {
  const wanted = all.filter((one) => wants(one.name)), turns = 20 * rounds;
  if (wanted.length === 0) return undefined;
  const lines = [];
  for (const one of wanted) {
    status(`passes: ${one.name}`);
    const on = await one.open(one, build, true), off = await one.open(one, build, false);
    if (on.result !== off.result) throw new Error(`${one.name}: other bits than without`);
    const [with_, without] = await interleave([timer(on.run, TURN, 200), timer(off.run, TURN, 200)], turns);
    lines.push([one.name, three(median(without)), three(medianRatio(with_, without)), three(off.arena / 1000), three(on.arena / off.arena)]);
    on.close();
    off.close();
  }
  say("passes: done");
  return [
    "### Passes",
    `Each pass beside the same program without it: its time and the arena that activations and scratch need (median of ${turns} turns; the bits are the same). `
      + "Below 1 is a gain. recompute is an option, which trades time for memory.",
    table([["pass, program", "ms without", "× time with it", "KB without", "× bytes with it"], ...lines]),
  ].join("\n\n");
}
