// npm run profile: where the time of a step goes, instruction by instruction, beside what this engine reaches.

import { readFileSync, writeFileSync } from "node:fs";
import { lanewiseModel, loadBuild, trainingOf } from "./lanewise.mjs";
import { readOptions } from "./options.mjs";
import { ensureBuild } from "./setup.mjs";
import { say } from "./table.mjs";
import { fixedBatch, works, workNamed } from "./works.mjs";

const USAGE = `npm run profile                          a step of the digits' network (examples/digits), on its data
npm run profile -- --work W2             a work of the bench: ${Object.keys(works).join(", ")}
npm run profile -- --model FILE          a saved model: a step with its loss (--loss NAME) and adam(), on made-up numbers
  --batch N       rows
  --steps N       passes that are timed, 50 by default
  --predict       a prediction instead of a step
  --trace FILE    writes a trace for chrome://tracing or ui.perfetto.dev too
  --no-build      profiles dist/ as it is`;

const options = readOptionsOrSay();
if (options) {
  if (!options["no-build"]) ensureBuild();
  try {
    await main(options);
  } catch (error) {
    say(error.message); // of an option, a file or a work that is none
    process.exitCode = 1;
  }
}

async function main(options) {
  const { model, ...its } = await chosen(await loadBuild(), options);
  if (options.batch) its.batchSize = options.batch;
  if (options.predict) its.program = "predict";
  const profile = await model.profile(options.steps, its);
  console.log(String(profile));
  if (options.trace) {
    writeFileSync(options.trace, profile.toTrace());
    say(`written to ${options.trace}`);
  }
  model.dispose();
}

function readOptionsOrSay() {
  try {
    const read = readOptions({ work: "", model: "", loss: "", batch: 0, steps: 50, predict: false, trace: "", "no-build": false, help: false });
    if (!read.help) return read;
    console.log(USAGE);
  } catch (error) {
    say(`${error.message}\n\n${USAGE}`);
    process.exitCode = 1;
  }
  return undefined;
}

/** The model, and the options of its profile. */
async function chosen(build, { work, model, loss }) {
  const { lanewise } = build;
  if (work) {
    const its = workNamed(work), { x, y } = fixedBatch(its);
    return { model: await lanewiseModel(build, its), ...trainingOf(lanewise, its), data: { x, y }, ...(its.inference && { program: "predict" }) };
  }
  if (model) return { model: await lanewise.loadModel(readFileSync(model)), ...(loss && { loss: lanewise[loss]() }) };
  const { digits, SIZE } = await import("../examples/digits/data.js"), { adam, createModel, crossEntropy, dense, dropout, relu, sequential } = lanewise;
  return {
    model: await createModel(sequential(dense(128), relu(), dropout(0.2), dense(10)), { input: [SIZE], seed: 1 }),
    loss: crossEntropy(), optimizer: adam({ learningRate: 2e-3 }), batchSize: 64, data: digits({ train: 8000, seed: 1 }).train,
  };
}
