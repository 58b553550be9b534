// Optimizers: the Update instruction on 1e5 and 1e6 parameters, per parameter and relative to a copy of as many numbers.
// A copy reads and writes 4 bytes for each; sgd reads 8 and writes 4, with momentum 12 and 8, adam 16 and 12.

import { interleave, median, medianRatio, timer } from "../clock.mjs";
import { update } from "../reference.mjs";
import { say, status, table, three } from "../table.mjs";
import { uniform } from "../works.mjs";
import { openCopy } from "./copy.mjs";

export const name = "updates";
const FEATURES = 1000, TURN = 4; // ms

const optimizers = {
  "sgd": { name: "sgd", learningRate: 1e-3 },
  "sgd + momentum": { name: "sgd", learningRate: 1e-3, momentum: 0.9 },
  "adam": { name: "adam", learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
};
const all = Object.entries(optimizers).flatMap(([title, settings]) =>
  [1e5, 1e6].map((size) => ({ name: `${title}, 1e${Math.log10(size)}`, settings, size })));

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
    const own = await open(one, build), copy = await openCopy(build, one.size);
    const [ms, plain] = await interleave([timer(own.run, TURN, 60), timer(copy.run, TURN, 60)], turns);
    lines.push([one.name, three((1e6 * median(ms)) / one.size), three(medianRatio(ms, plain))]);
    own.close();
    copy.close();
  }
  say("updates: done");
  return [
    "### Optimizers",
    `The Update instruction: ns per parameter, and its time relative to a copy of as many numbers (median of ${turns} turns). A copy `
      + "moves 8 bytes for each, sgd 12, sgd + momentum 20, adam 28.",
    table([["optimizer, parameters", "ns per parameter", "× copy"], ...lines]),
  ].join("\n\n");
}
