// Every op, by the description that its tests use too (test/ops/cases.ts): ns per element of the largest tensor, alone
// and with its gradient, and the same relative to a copy of so many numbers, in turns.

import { checkCase, differentiable, loadCases, openCase } from "../cases.mjs";
import { interleave, median, medianRatio, timer } from "../clock.mjs";
import { say, status, table, three } from "../table.mjs";
import { openCopy } from "./copy.mjs";

export const name = "ops";
const SIZES = [1e4, 1e6];
const TURN = 2; // ms
const WRONG = "WRONG";

const label = (size) => `1e${Math.log10(size)}`;

export async function rows({ root }) {
  const parts = await loadCases(root);
  return timings(parts).map(({ its, size, gradient }) => ({
    name: `${its.name}${gradient ? " + gradient" : ""}, ${label(size)}`,
    open: (check) => opened(parts, its, size, gradient, check),
  }));
}

/** What there is to time; ops whose size is fixed fall out. */
function timings({ cases }) {
  return cases.flatMap((its) => SIZES.flatMap((size) => {
    const shapes = its.shapes(size);
    if (Math.max(...shapes.map((shape) => shape.reduce((a, b) => a * b, 1))) < size / 20) return [];
    return [false, true].filter((gradient) => !gradient || differentiable(its, shapes).length > 0).map((gradient) => ({ its, size, gradient }));
  }));
}

async function opened(parts, its, size, gradient, check) {
  const one = await openCase(parts, its, size, gradient);
  try {
    if (check) checkCase(its, one, gradient);
    return one;
  } catch (error) {
    one.close();
    throw error;
  }
}

export async function report({ build, wants, rounds }) {
  const parts = await loadCases(build.root), turns = 3 * rounds, cells = new Map(), notes = [];
  for (const { its, size, gradient } of timings(parts)) {
    if (!wants(its.name)) continue;
    status(`ops: ${its.name}${gradient ? " with its gradient" : ""}, ${label(size)}`);
    if (!cells.has(its)) cells.set(its, new Map());
    const set = (...texts) => cells.get(its).set(`${size} ${gradient}`, texts);
    // the smaller size, whose check is the sharper one, has told
    if (cells.get(its).get(`${SIZES[0]} ${gradient}`)?.[0] === WRONG) {
      set(WRONG, "");
      continue;
    }
    let one;
    try {
      one = await opened(parts, its, size, gradient, true);
    } catch (error) {
      set(WRONG, "");
      notes.push(`- ${its.name}${gradient ? " with its gradient" : ""}, ${label(size)}: ${error.message}`);
      continue;
    }
    const copy = await openCopy(build, one.numbers);
    const [own, plain] = await interleave([timer(one.run, TURN, 20), timer(copy.run, TURN, 20)], turns);
    set(three((1e6 * median(own)) / one.numbers), three(medianRatio(own, plain)));
    one.close();
    copy.close();
  }
  if (cells.size === 0) return undefined;
  say("ops: done");
  const heads = SIZES.flatMap((size) => [`ns, ${label(size)}`, "× copy", "with gradient", "× copy"]);
  return [
    "### Ops",
    "ns per element of an op's largest tensor, and its time relative to the Copy instruction on as many numbers (median of "
      + `${turns} turns); then the op with its gradient in one program. An op that does not fit its formula is not timed.`,
    table([["op", ...heads], ...[...cells].map(([its, found]) =>
      [its.name, ...SIZES.flatMap((size) => [false, true].flatMap((gradient) => found.get(`${size} ${gradient}`) ?? ["", ""]))])]),
    notes.join("\n"),
  ].filter(Boolean).join("\n\n");
}
