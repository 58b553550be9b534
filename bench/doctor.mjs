// What the doctor costs: fits of 784-128-10 (batch 64, Adam) with and without it, in pairs whose order alternates, so that
// what slows the machine slows both. Prints the median of the pairs' ratios and its 95 % interval.
// Run by hand: node bench/doctor.mjs [pairs] [steps]

import { adam, createModel, crossEntropy, dense, doctor, relu, sequential } from "../dist/index.js";
import { median, medianInterval, now } from "./clock.mjs";

const [pairs = 61, steps = 128] = process.argv.slice(2).map(Number), batchSize = 64, rows = batchSize * 64;
// every tenth pixel, from the class on, is brighter; or classes that the pixels do not tell
const noise = (i) => ((i * 2654435761) >>> 16 & 255) / 510, y = Int32Array.from({ length: rows }, (_, i) => i % 10);
const told = Float32Array.from({ length: rows * 784 }, (_, i) => noise(i) + ((i % 784) % 10 === Math.floor(i / 784) % 10 ? 0.5 : 0));
const untold = Float32Array.from(told, (_, i) => noise(i));

async function time(every, x) {
  const model = await createModel(sequential(dense(128), relu(), dense(10)), { input: [784], seed: 1 });
  let from = 0;
  for await (const report of model.fit({ x, y }, {
    loss: crossEntropy(), optimizer: adam(), batchSize, epochs: 1 + steps / 64, yieldEvery: 1000, ...(every && { doctor: doctor({ every }) }),
  })) if (report.epoch === 1) from = now(); // the first epoch copies the data in and warms up: it is not counted
  const took = now() - from;
  model.dispose();
  return took / steps;
}

/** The ratios with and without, in pairs. */
async function compare(every, x = told) {
  const ratios = [], plain = [];
  await time(every, x);
  for (let pair = 0; pair < pairs; pair++) {
    const first = pair % 2 === 0, a = await time(first && every, x), b = await time(!first && every, x);
    ratios.push(first ? a / b : b / a);
    plain.push(first ? b : a);
  }
  return { ratio: median(ratios), interval: medianInterval(ratios), ms: median(plain) };
}

const percent = (ratio, share = 1) => `${(100 * share * (ratio - 1)).toFixed(2)} %`;
for (const every of [32, 1]) {
  const { ratio, interval, ms } = await compare(every);
  console.log(`784-128-10, batch ${batchSize}, ${ms.toFixed(3)} ms a step; every ${every}: ${percent(ratio)} (95 %: ${interval.map((end) => percent(end)).join(" to ")}), ${pairs} pairs of ${steps} steps`);
  // a step that tells comes once in 32: its own cost, measured where every step tells, is a 32nd of that
  if (every === 1) console.log(`  so for the default, every 32: ${percent(ratio, 1 / 32)} (${interval.map((end) => percent(end, 1 / 32)).join(" to ")})`);
}
// a run that gets nowhere: once, what the data tell is found out, to know whether it could
const { ratio, interval, ms } = await compare(32, untold);
const [once, from, to] = [ratio, ...interval].map((one) => (ms * steps * (one - 1)).toFixed(0));
console.log(`once, where a rule asks what the data tell: ${once} ms (95 %: ${from} to ${to})`);
