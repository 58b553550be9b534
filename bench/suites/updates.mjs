// Optimizers: the Update instruction on 1e3 to 1e7 parameters, beside probes with the same loads and stores (assembly/probes), and
// a copy of as many numbers. A copy reads and writes 4 bytes for each; sgd reads 8 and writes 4, with momentum 12 and 8, adam 16 and 12.

import { interleave, median, medianRatio, timer } from "../clock.mjs";
import { openProbes, STREAMS } from "../probes.mjs";
import { update } from "../reference.mjs";
import { say, status, table, three } from "../table.mjs";
import { uniform } from "../works.mjs";

export const name = "updates";
const FEATURES = 1000, TURN = 4; // ms

const optimizers = {
  "sgd": { name: "sgd", learningRate: 1e-3 },
  "sgd + momentum": { name: "sgd", learningRate: 1e-3, momentum: 0.9 },
  "adam": { name: "adam", learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
};
/** Probes of the same streams: with the arithmetic of the bare formula, and with none. */
const PROBES = { "sgd": ["sgd", "load2Store1"], "sgd + momentum": [undefined, "load3Store2"], "adam": ["adam", "load4Store3"] };
const all = Object.entries(optimizers).flatMap(([title, settings]) =>
  ["1e3", "1e4", "1e5", "1e6", "8e6", "1e7"].map((text) => ({ name: `${title}, ${text}`, size: Number(text), settings, probes: PROBES[title] })));

/** A dense model of so many weights, after two steps of trainer.apply that are checked against f64. */
async function open({ settings, size }, { lanewise }) {
  const { name: kind, ...options } = settings, { createModel, dense, mse } = lanewise;
  const model = await createModel(dense(size / FEATURES, { bias: false }), { input: [FEATURES] });
  const trainer = model.trainer({ loss: mse(), optimizer: lanewise[kind](options) });
  const weights = () => model.parameters.get("weight").data;
  const wanted = Float64Array.from(weights()), gradient = Float32Array.from(wanted, (_, i) => uniform(5, i) - 0.5);
  const states = [new Float64Array(size), new Float64Array(size)];
  for (let t = 1; t <= 2; t++) {
    trainer.apply(new Map([["weight", gradient]]));
    update(settings, wanted, gradient, states, t);
  }
  const found = weights(), bad = wanted.findIndex((value, i) => !(Math.abs(found[i] - value) <= 1e-6));
  if (bad >= 0) throw new Error(`weight ${bad} is ${found[bad]} after two steps, should be ${wanted[bad]}`);

  // the last instruction of apply's program, for all that TypeScript calls private
  const { session, block, program } = trainer.applier, { core } = session;
  const last = program.instructions.at(-1);
  if (last.label !== "update") throw new Error(`apply ends with ${last.label}`);
  const at = block.offset + 4 * last.word;
  return {
    run(times) {
      for (let i = 0; i < times; i++) core.execute(at, 0, 1);
    },
    close: () => model.dispose(),
  };
}

export function rows(build) {
  return all.map((one) => ({ name: one.name, open: () => open(one, build) }));
}

export async function report({ build, wants, rounds }) {
  const wanted = all.filter((one) => wants(one.name)), turns = 4 * rounds;
  if (wanted.length === 0) return undefined;
  const lines = [];
  for (const one of wanted) {
    status(`updates: ${one.name}`);
    const own = await open(one, build), bytes = Math.floor((4 * one.size) / 64) * 64;
    const others = await Promise.all([...one.probes, "copy"].map(async (name) => name && { name, ...(await openProbes()).stream(name, bytes) }));
    const timers = [own, ...others].filter(Boolean).map(({ run }) => timer(run, TURN, 60)), [ms, ...rest] = await interleave(timers, turns);
    const found = new Map(others.filter(Boolean).map(({ name }, i) => [name, rest[i]])), [arithmetic, streams] = one.probes;
    const moved = STREAMS[streams].reduce((a, b) => a + b) * 4 * one.size, gbps = (bytes, times) => three(bytes / median(times) / 1e6);
    lines.push([
      one.name, three((1e6 * median(ms)) / one.size), gbps(moved, ms), arithmetic ? three(medianRatio(found.get(arithmetic), ms)) : "",
      three(medianRatio(found.get(streams), ms)), gbps(8 * one.size, found.get("copy")), three(medianRatio(ms, found.get("copy"))),
    ]);
    own.close();
  }
  say("updates: done");
  return [
    "### Optimizers",
    `The Update instruction: ns per parameter, GB/s that it loads and stores, and its rate relative to probes with the same streams (sgd 2 loads and 1 store, sgd + momentum 3 and 2, `
      + `adam 4 and 3): one with the bare formula's arithmetic, without clipping and weight decay, and one that does nothing else. Then memory.copy of as many numbers: its GB/s, and the update's time relative to it (median of ${turns} turns).`,
    table([["optimizer, parameters", "ns per parameter", "GB/s", "of the probe", "of loads and stores alone", "memory.copy GB/s", "× memory.copy"], ...lines]),
  ].join("\n\n");
}
