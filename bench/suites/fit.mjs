// fit with all that a user pays (shuffling, gathering, metrics, a progress line, reports), from one epoch's end to the next. First beside
// the same program on a batch that is in its place already: the step's instructions one after the other, with nothing between them. Then
// one network on more and more rows. Whatever is compared takes turns of some 60 ms within one process: a fit waits in its onEpoch for
// its next one, or, where epochs take longer than a turn, the other has its turns in onStep.

import { median, medianRatio, now, perRun, timesFor } from "../clock.mjs";
import { say, status, table, three } from "../table.mjs";
import { uniform, works } from "../works.mjs";

export const name = "fit";
const TURN = 60; // ms
/** Turns in which engines compile what is hot. */
const WARM = 5;

const row = (work, rows, dtype = "f32") => ({ work, rows, dtype, name: `${work}, ${rows.toLocaleString("en")} rows${dtype === "u8" ? " of bytes" : ""}` });
/** 5 epochs of 60,000 rows, and what is all overhead. */
const whole = [row("W2", 60_000, "u8"), row("W2", 60_000), row("W1", 4), row("W1", 4000)];
const sizes = [1e3, 1e4, 1e5, 1e6].map((rows) => row("W8", rows));

function dataOf({ work, rows, dtype }) {
  const { id, sizes, loss } = works[work], binary = loss === "binaryCrossEntropy", [width] = sizes;
  const number = dtype === "u8" ? (i) => 2 * uniform(id, i) : binary ? (i) => Number(uniform(id, i) < 0.5) : (i) => uniform(id, i);
  const x = (dtype === "u8" ? Uint8Array : Float32Array).from({ length: rows * width }, (_, i) => number(i));
  const label = binary ? (row) => Number(x[2 * row] !== x[2 * row + 1]) : (row) => Math.floor(uniform(id + 1, row) * sizes.at(-1));
  return { x, y: (binary ? Float32Array : Int32Array).from({ length: rows }, (_, row) => label(row)) };
}

/** A small rate: a network that has learnt its batch by heart has gradients of 0, whose squares take another way through the guard. */
const learningRate = 1e-6;

async function modelOf({ lanewise }, { work }) {
  const { sizes, activation, loss, optimizer: { name: optimizer, ...settings }, batch } = works[work], { createModel, sequential, dense } = lanewise;
  const model = await createModel(sequential(...sizes.slice(1).flatMap((to, i) => (i === 0 ? [dense(to)] : [lanewise[activation](), dense(to)]))), { input: [sizes[0]] });
  return { model, options: { loss: lanewise[loss](), optimizer: lanewise[optimizer]({ ...settings, learningRate }), batchSize: batch, metrics: ["accuracy"] } };
}

/** A fit that waits between two epochs; `turn(ms)` lets it run for whole epochs of at least so long, and gives the ms of a step. */
async function openFit(build, one) {
  const { model, options } = await modelOf(build, one), data = dataOf(one);
  let begun = () => {}, go = () => {}, told = () => {}, wanted = 0, since = 0, from = 0, upload = 0;
  const wait = () => new Promise((resolve) => (go = resolve)), ready = new Promise((resolve) => (begun = resolve)), asked = now();
  const next = async (step) => {
    const time = now();
    if (since && time - since < wanted) return;
    const waiting = wait();
    told((time - since) / (step - from));
    await waiting;
    from = step;
    since = now();
  };
  const training = model.fit(data, {
    ...options, epochs: 1e7, callbacks: [build.lanewise.callbacks.progress({ write() {} }), {
      onStart() {
        upload = now() - asked;
        begun();
        return next(0);
      },
      onEpoch: ({ step }) => next(step),
    }],
  });
  await Promise.race([ready, training.done]);
  return {
    upload, copy: copyOf(data),
    turn: (ms) => new Promise((resolve, reject) => {
      training.done.catch(reject);
      [wanted, told] = [ms, resolve];
      go();
    }),
    async close() {
      training.stop();
      go();
      await training.done;
      model.dispose();
    },
  };
}

/** ms of a step in turns of a fit of five epochs, what happens between two epochs included, and of the other's turns behind them. */
async function turnsOfFit(build, one, plain, times) {
  const { model, options } = await modelOf(build, one), data = dataOf(one), found = [], beside = [], asked = now();
  let upload = 0, since = 0, from = 0;
  await model.fit(data, {
    ...options, epochs: 5, callbacks: [build.lanewise.callbacks.progress({ write() {}, every: 10 }), {
      onStart() {
        upload = now() - asked;
        since = now();
      },
      onStep({ step }) {
        const time = now() - since;
        if (time < TURN) return;
        found.push(time / (step - from));
        beside.push(perRun(plain.run, times));
        from = step;
        since = now();
      },
    }],
  });
  model.dispose();
  return { found: found.slice(WARM), beside: beside.slice(WARM), upload, copy: copyOf(data) };
}

/** ms of a plain copy of the inputs. */
function copyOf({ x }) {
  const into = x.slice(), start = now();
  into.set(x);
  return now() - start;
}

/** The program of a step whose batch is in its place: of whole batches, its instructions but the one that looks for NaN in them. */
async function openInPlace(build, one) {
  const { model, options } = await modelOf(build, one), { batch, sizes: [width] } = works[one.work], { x, y } = dataOf({ ...one, rows: batch, dtype: "f32" });
  const trainer = model.trainer(options);
  trainer.step({ x, y });
  const { core, floats, loaded } = model.network.session, [own] = loaded;
  const { block, program } = own, start = own.place([...program.places.keys()].find((place) => place.startsWith("input "))) / 4;
  const addresses = program.instructions.filter(({ label }) => label !== "check").map(({ word }) => block.offset + 4 * word);
  if (addresses.length === program.instructions.length) throw new Error("no instruction is a check");
  const step = () => { for (const at of addresses) core.execute(at, 0, 1); };
  const whole = one.work === "W1" ? () => core.run(block.offset, 0, 1, 0) : step; // where a call costs as much as an instruction
  whole();
  // where the batch is used no more, the step may keep something else: so much of it is put back
  const spoilt = x.subarray(0, floats.subarray(start, start + batch * width).findLastIndex((value, i) => value !== x[i]) + 1);
  return {
    run(times) {
      for (let i = 0; i < times; i++) {
        if (spoilt.length) floats.set(spoilt, start);
        whole();
      }
    },
    close: () => model.dispose(),
  };
}

async function turnsOfEpochs(build, one, plain, times, turns) {
  const fit = await openFit(build, one), found = [], beside = [];
  for (let turn = 0; turn < WARM + turns; turn++) {
    found.push(await fit.turn(TURN));
    beside.push(perRun(plain.run, times));
  }
  await fit.close();
  return { found: found.slice(WARM), beside: beside.slice(WARM), upload: fit.upload, copy: fit.copy };
}

export function rows(build) {
  return [...whole, ...sizes].map((one) => ({
    name: one.name,
    async open() {
      const { turn, close } = await openFit(build, one);
      await turn(100);
      return { sample: () => turn(3), close };
    },
  }));
}

export async function report({ build, wants, rounds }) {
  const parts = [];
  const beside = [];
  for (const one of whole.filter((one) => wants(one.name))) {
    status(`fit: ${one.name}`);
    const plain = await openInPlace(build, one), times = timesFor(plain.run, TURN, 300);
    beside.push([one, one.rows === 60_000 ? await turnsOfFit(build, one, plain, times) : await turnsOfEpochs(build, one, plain, times, 6 * rounds)]);
    plain.close();
  }
  if (beside.length)
    parts.push(
      "A step of fit relative to the same program with the batch in place (median of the turns, and their middle half); ms from the call to the first "
        + "step, in which the data are checked and uploaded and the programs compiled, and in brackets those of a plain copy of the inputs.",
      table([["", "µs per step", "× in place", "middle half", "ms before (copy)"], ...beside.map(([one, { found, beside: other, upload, copy }]) => {
        const ratios = found.map((ms, i) => ms / other[i]).sort((a, b) => a - b), at = (share) => three(ratios[Math.floor(share * (ratios.length - 1))]);
        return [one.name, three(1000 * median(found)), medianRatio(found, other).toFixed(3), `${at(0.25)} – ${at(0.75)}`, `${three(upload)} (${three(copy)})`];
      })]),
    );
  const wanted = sizes.filter((one) => wants(one.name));
  if (wanted.length) {
    const fits = [];
    for (const one of wanted) {
      status(`fit: ${one.name}, upload`);
      fits.push({ one, fit: await openFit(build, one), found: [] });
    }
    for (const { fit } of fits) await fit.turn(300);
    for (let round = 0; round < 3 * rounds; round++)
      for (const { one, fit, found } of fits) {
        status(`fit: ${one.name}, turn ${round + 1} of ${3 * rounds}`);
        found.push(await fit.turn(TURN));
      }
    for (const { fit } of fits) await fit.close();
    const [{ found: least }] = fits;
    parts.push(
      `A step of fit on more and more rows, relative to the fewest (median of ${3 * rounds} turns).`,
      table([["", "µs per step", "× the first"], ...fits.map(({ one, found }) => [one.name, three(1000 * median(found)), three(medianRatio(found, least))])]),
    );
  }
  if (parts.length === 0) return undefined;
  say("fit: done");
  return ["### fit, end to end", ...parts].join("\n\n");
}
