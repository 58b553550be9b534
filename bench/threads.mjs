// What threads and a worker bring: steps of several models on two threads, and fits in a worker, beside the same on one thread
// here. All take turns in one process, A B A B, and a figure is the median of the ratios of neighbours. Two threads want two
// processors to themselves: a round in which other processes took one is left out, and if there are too few others, said so.
// Run by hand: node bench/threads.mjs [--rounds 31] [--only NAME] [--threads 2] [--root CHECKOUT]

import { cpus } from "node:os";
import { interleave, median, medianInterval, now, perRun, timesFor } from "./clock.mjs";
import { here, loadBuild } from "./lanewise.mjs";
import { readOptions } from "./options.mjs";
import { machine } from "./setup.mjs";
import { say, status, table, three } from "./table.mjs";
import { uniform } from "./works.mjs";

const options = readOptions({ rounds: 31, only: "", threads: 2, root: here });
const { lanewise } = await loadBuild(options.root), { adam, binaryCrossEntropy, createModel, crossEntropy, dense, relu, sequential, sgd, tanh } = lanewise;
/** ms of a turn of one model's steps. */
const TURN = 30;
/** A round is left out if others take more of the machine than this, in processors. */
const QUIET = 0.1;

const classifier = { activation: relu, optimizer: () => adam(), classes: true };
const works = [
  { name: "XOR 2-8-1, batch 4, sgd", sizes: [2, 8, 1], batch: 4, activation: tanh, optimizer: () => sgd({ learningRate: 0.1, momentum: 0.9 }) },
  { name: "13-64-32-3, batch 32, adam", sizes: [13, 64, 32, 3], batch: 32, ...classifier },
  { name: "784-128-10, batch 64, adam", sizes: [784, 128, 10], batch: 64, ...classifier },
  { name: "784-256-256-10, batch 256, adam", sizes: [784, 256, 256, 10], batch: 256, ...classifier },
  { name: "784-512-512-10, batch 64, adam", sizes: [784, 512, 512, 10], batch: 64, ...classifier },
  { name: "16-8192, batch 64, adam: a wide softmax", sizes: [16, 8192], batch: 64, ...classifier },
  { name: "dense 512-512, prediction of 512 rows", sizes: [512, 512], batch: 512, predicts: true },
].filter(({ name }) => name.toLowerCase().includes(options.only.toLowerCase()));

async function modelOf({ sizes, activation }, where) {
  const layers = sizes.slice(1).flatMap((to, i) => (i ? [activation(), dense(to)] : [dense(to)]));
  return createModel(sequential(...layers), { input: [sizes[0]], seed: 1, ...where });
}

function dataOf({ sizes, batch, classes }, batches) {
  const rows = batch * batches, outputs = sizes.at(-1);
  return {
    x: Float32Array.from({ length: rows * sizes[0] }, (_, i) => uniform(1, i % 65536)),
    y: Float32Array.from({ length: rows }, (_, i) => Math.floor(uniform(2, i) * (classes ? outputs : 2))),
  };
}

const lossOf = ({ classes }) => (classes ? crossEntropy() : binaryCrossEntropy());

/** A timer of steps, or predictions, by hand. */
async function byHand(work, where) {
  const model = await modelOf(work, where), data = dataOf(work, 1), info = model.info();
  let step;
  if (work.predicts) {
    const into = new Float32Array(work.batch * work.sizes.at(-1));
    step = () => model.predict(data.x, { into });
  } else {
    const trainer = model.trainer({ loss: lossOf(work), optimizer: work.optimizer(), batchSize: work.batch });
    step = () => trainer.step(data);
  }
  return {
    model, info,
    time: (steps) => perRun((times) => {
      for (let i = 0; i < times; i++) step();
    }, steps),
  };
}

/** A timer of a fit's steps, when the data are there and some steps are done. */
async function byFit(work, where) {
  const model = await modelOf(work, where), info = await model.info();
  return {
    model, info,
    async time(steps) {
      const first = Math.max(2, steps >> 2);
      let from = 0, to = 0;
      await model.fit(dataOf(work, first + steps), {
        loss: lossOf(work), optimizer: work.optimizer(), batchSize: work.batch, shuffle: false,
        onStep({ step }) {
          if (step === first) from = now();
          if (step === first + steps) to = now();
        },
      });
      return (to - from) / steps;
    },
  };
}

/** Processors that others keep busy, since the last call. */
let before = { at: 0, busy: 0, own: 0 };
function others() {
  const busy = cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0), { user, system } = process.cpuUsage();
  const last = before;
  before = { at: now(), busy, own: (user + system) / 1000 };
  return Math.max(0, (busy - last.busy - (before.own - last.own)) / (before.at - last.at));
}

const rows = [], threads = options.threads, many = `${threads} threads`;
let disturbed = 0, all = 0;
for (const work of works) {
  const hands = [{}, { threads }], fits = work.predicts ? [] : [{}, { threads }, { where: "worker" }, { where: "worker", threads }];
  const made = [];
  for (const where of hands) made.push(await byHand(work, where));
  for (const where of fits) made.push(await byFit(work, where));
  for (const { info } of made.filter((_, i) => i % 2)) if (info.threads !== threads) say(`${work.name}: ${info.threads} threads, since ${info.why}`);
  const steps = Math.max(4, timesFor(made[0].time, TURN));
  for (const { time } of made) await time(steps);
  const found = made.map(() => []), loud = made.map(() => []);
  for (let round = 0; round < options.rounds * 3 && found[0].length < options.rounds; round++) {
    status(`${work.name}: round ${round + 1}`);
    others();
    const turn = (await interleave(made.map(({ time }) => () => time(steps)), 1)).map(([ms]) => ms), noise = others();
    all++;
    if (noise > QUIET) disturbed++;
    turn.forEach((ms, i) => (noise > QUIET ? loud : found)[i].push(ms));
  }
  status("");
  for (const { model } of made) model.dispose();
  const quiet = found[0].length >= 6, series = quiet ? found : found.map((values, i) => [...values, ...loud[i]]);
  const cell = (of, to) => {
    if (!series[of]) return "";
    const ratios = series[to].map((ms, i) => ms / series[of][i]), [low, high] = medianInterval(ratios);
    return `${three(median(ratios))} (${three(low)} – ${three(high)})`;
  };
  rows.push([work.name, three(median(series[0])), cell(1, 0), cell(3, 2), cell(4, 2), cell(5, 2), `${series[0].length}${quiet ? "" : ", not quiet"}`]);
  console.error(rows.at(-1).join(" | "));
}
console.log(`
Speed relative to one thread here: above 1, faster. Medians of the rounds with their 95 % interval.

${table([["", "one thread, ms", many, `fit, ${many}`, "fit, worker", `fit, worker with ${many}`, "rounds"], ...rows])}

${disturbed} of ${all} rounds left out or marked: other processes took more than ${QUIET} of a processor.
${machine()}.`);
