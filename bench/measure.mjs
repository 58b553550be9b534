// The timing loop that every JavaScript peer runs in a process of its own, and the line that it prints:
// {"peer", "work", "ms_min", "ms_median", "steps_per_s", "steps", "chunk", "loss_first", "loss_5", "loss_20",
//  "loss_last", "version"}. peers/pytorch.py does the same.

import { median, now } from "./clock.mjs";
import { readOptions } from "./options.mjs";
import { checkpoints } from "./reference.mjs";

/** ms of a chunk of steps: long beside the clock's grain, short beside what disturbs a machine. */
const CHUNK = 10;
/** A peer that is so slow that 20 steps take longer than this (ms) is timed after fewer. */
const PATIENCE = 1500;

/** --work NAME, --seconds to measure, --warmup in seconds, --check: 20 steps for their losses, no timing. */
export function stepOptions(more = {}) {
  return readOptions({ work: "W2", seconds: 1, warmup: 1, check: false, ...more });
}

/** Runs `step(read)`, which does one train step, or a prediction, and returns the loss, or the sum of the outputs, as
 * a number or a promise of one where `read` is set. Each chunk of steps ends with a read, so that nothing a lazy
 * backend has put off remains undone. */
export async function measure(peer, options, step, more = {}) {
  print({ peer, work: options.work, ...await timed({ ...options, patience: PATIENCE }, step), ...more });
}

/** What the line tells of the steps. Without `patience`, 20 of them are done in any case. */
export async function timed({ seconds, warmup, check, patience = Infinity }, step) {
  const start = now(), losses = new Map(), wanted = checkpoints.at(-1).step;
  let steps = 0, last;
  /** ms of a step, from `count` of them; the last is read. */
  const chunkOf = async (count) => {
    const begin = now();
    for (let i = 1; i < count; i++) {
      const pending = step(false);
      if (pending instanceof Promise) await pending;
    }
    last = await step(true);
    steps += count;
    return (now() - begin) / count;
  };
  const warm = () => (check ? steps >= wanted
    : steps >= wanted ? now() - start >= 1000 * warmup : steps >= 2 && now() - start > patience);
  while (!warm()) {
    await chunkOf(1);
    if (checkpoints.some((point) => point.step === steps)) losses.set(steps, last);
  }
  const samples = [], line = {};
  if (!check) {
    let probe = 1, each = await chunkOf(probe);
    while (probe * each < CHUNK / 3) each = await chunkOf(probe *= 4); // a page's clock may stand still for a while
    const chunk = Math.max(1, Math.round(CHUNK / each)), begin = now();
    while (samples.length < 3 || now() - begin < 1000 * seconds) samples.push(await chunkOf(chunk));
    Object.assign(line, { ms_min: digits(Math.min(...samples)), ms_median: digits(median(samples)), steps_per_s: digits(1000 / median(samples)), chunk });
  }
  return { ...line, steps, loss_first: digits(losses.get(1)), loss_5: digits(losses.get(5)), loss_20: digits(losses.get(20)), loss_last: digits(last) };
}

function digits(value) {
  return value === undefined ? null : Number(value.toPrecision(7));
}

function print(line) {
  console.log(JSON.stringify(line));
}

/** Runs a peer's main function; what it throws becomes its line. */
export async function reporting(peer, options, main) {
  try {
    await main();
  } catch (error) {
    print({ peer, work: options.work, error: String(error?.message ?? error).slice(0, 300) });
  }
}
