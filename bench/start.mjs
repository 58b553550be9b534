// One process of the start: when a work's first step is done. node bench/start.mjs --root CHECKOUT --work W2 prints ms as
// { import, first, next }: the import, createModel up to the end of the first step, in which all is compiled, and the next step.

import { now } from "./clock.mjs";
import { here, loadBuild, modelOf, trainerOf } from "./lanewise.mjs";
import { readOptions } from "./options.mjs";
import { fixedBatch, workNamed } from "./works.mjs";

const options = readOptions({ root: here, work: "W2" }), work = workNamed(options.work), batch = fixedBatch(work), times = [now()];
const { lanewise } = await loadBuild(options.root);
times.push(now());
const trainer = trainerOf(lanewise, await modelOf(lanewise, work, { seed: 1 }), work), losses = [];
for (let step = 0; step < 2; step++) {
  losses.push(trainer.step(batch));
  times.push(now());
}
if (!(losses[1] < losses[0])) throw new Error(`the second loss, ${losses[1]}, is not below the first, ${losses[0]}`);
const [imported, first, next] = times.slice(1).map((time, i) => time - times[i]);
console.log(JSON.stringify({ import: imported, first, next }));
