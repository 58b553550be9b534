// Whole train steps beside the peers, in rounds, in which each peer runs in a process of its own for some time. It trains 20
// steps before it is timed, and their losses are compared with the f64 reference: who is off is shown as wrong. A ratio is that
// of two processes of one round, and the table has the median over the rounds.

import { lanewiseStep } from "../lanewise.mjs";
import { median, medianRatio } from "../clock.mjs";
import { peers, runPeer } from "../peers.mjs";
import { disagreement, referenceLosses } from "../reference.mjs";
import { say, status, table, three, times } from "../table.mjs";
import { works } from "../works.mjs";

export const name = "steps";
/** ms of a step from which one round is enough. */
const SLOW = 100;

const rowName = (work) => `${work} ${works[work].title}`;

export function rows(build) {
  return Object.keys(works).map((work) => ({
    name: rowName(work),
    async open(check) {
      if (check) {
        const { step, dispose } = await lanewiseStep(build, works[work]);
        const losses = Array.from({ length: 20 }, step);
        dispose();
        const wrong = disagreement([losses[0], losses[4], losses[19]], referenceLosses(works[work]));
        if (wrong) throw new Error(wrong);
      }
      const { step, dispose } = await lanewiseStep(build, works[work]);
      return {
        run(times) {
          for (let i = 0; i < times; i++) step();
        },
        close: dispose,
      };
    },
  }));
}

export async function report({ wants, rounds, seconds, python, packages, versions, figures }) {
  const wanted = Object.keys(works).filter((work) => wants(rowName(work)));
  if (wanted.length === 0) return undefined;
  const present = peers.filter(({ needs }) => (needs === "torch" ? python.torch : needs === "packages" ? packages : true));
  const notes = new Set(), runs = new Map(), references = new Map();
  for (const work of wanted) {
    status(`steps: losses of ${work} in f64`);
    references.set(work, referenceLosses(works[work]));
    runs.set(work, new Map(present.map((peer) => [peer, { ms: [], ...(works[work].inference ? peer.trainsOnly : peer.predictsOnly) && { cell: "" } }])));
  }
  for (let round = 1; round <= rounds; round++) {
    for (const [work, lines] of runs) for (const [peer, line] of lines) {
      if (line.cell !== undefined || (peer !== present[0] && line.ms[0] > SLOW)) continue;
      status(`steps, round ${round} of ${rounds}: ${work}, ${peer.name}`);
      const found = runPeer(peer, python.torch, ["--work", work, "--seconds", String(seconds), "--warmup", String(seconds)]);
      const wrong = found.error ? undefined : wrongIn(found, peer, work, references.get(work), python.torch);
      if (found.version) versions.set(peer.name, `${peer.name} ${found.version}`);
      if (found.version?.endsWith("no OpenBLAS")) notes.add(`${peer.name} has no OpenBLAS here and is slower than it could be (Debian: apt-get install libopenblas0)`);
      if (peer.ownArithmetic) notes.add(peer.ownArithmetic);
      if (found.error ?? wrong) {
        line.cell = found.error ? "error" : "WRONG";
        notes.add(`${work}, ${peer.name}: ${found.error ?? wrong}`);
      } else line.ms.push(found.ms_median);
    }
    say(`steps: round ${round} of ${rounds} done`);
  }
  if (present.length < peers.length)
    notes.add(`not here: ${peers.filter((peer) => !present.includes(peer)).map((peer) => peer.name).join(", ")}`);
  const each = (cellOf) => table([["", ...present.map((peer) => peer.name)], ...wanted.map((work) => {
    const lines = [...runs.get(work).values()];
    return [work, ...lines.map((line) => line.cell ?? (lines[0].cell === undefined ? cellOf(line.ms, lines[0].ms) : "-"))];
  })]);
  figures.steps = wanted.map((work) => {
    const lines = [...runs.get(work)], [[, own]] = lines;
    const timed = lines.slice(1).filter(([, line]) => own.cell === undefined && line.cell === undefined);
    return { work, title: works[work].title, ratios: timed.map(([peer, { ms }]) => [peer.name, medianRatio(ms, own.ms)]) };
  });
  return [
    "### Whole train steps",
    "Time of a step relative to lanewise's: above 1, lanewise is faster. Every library on one thread; ort is ONNX Runtime, which "
      + "predicts only; torch-sse is torch held to vectors of 128 bits, the width of WebAssembly's SIMD. A library whose losses, or "
      + `predictions, are off is shown as wrong; one that takes more than ${SLOW} ms is timed in one round only.`,
    wanted.map((work) => `- ${rowName(work)}`).join("\n"),
    each((ms, own) => (ms === own ? "1" : times(medianRatio(ms, own)))),
    `Over the rounds (${rounds}), the least and the greatest of these ratios:`,
    each((ms, own) => (ms === own ? "" : rangeOf(ms.map((value, round) => value / own[round])))),
    "Milliseconds of a step:",
    each((ms) => three(median(ms))),
    [...notes].map((note) => `- ${note}`).join("\n"),
  ].filter(Boolean).join("\n\n");
}

const rangeOf = (values) => `${three(Math.min(...values))} – ${three(Math.max(...values))}`;

/** What is wrong with a peer's losses, if anything is. */
function wrongIn(found, peer, work, reference, python) {
  const lossesOf = ({ loss_first, loss_5, loss_20 }) => [loss_first, loss_5, loss_20];
  let losses = lossesOf(found);
  // too slow to come to step 20 before it was timed
  if (losses.includes(null)) losses = lossesOf(runPeer(peer, python, ["--work", work, "--check"]));
  return peer.ownArithmetic ? losses[2] < losses[0] ? undefined : "it does not learn" : disagreement(losses, reference);
}
