// The rules of a run: from what its steps have told to findings. Each is a few numbers and a bound, and says which.
//
// A loss means little by itself: it is held against the loss of a model that has learnt nothing, which is that of the best
// constant prediction where it is known, or else the loss of the first step.

import type { Finding, Report } from "../train/report.ts";
import type { Figures, WeightFigures } from "./probe.ts";
import { short } from "./remedy.ts";

/** Changes of the model and the data, as code. */
export interface Remedies {
  /** The dense layers with another start: all, or the one that feeds an activation. */
  start(initializer: string, fedTo?: string): string[];
  /** Another activation: in one layer, or in all hidden layers that squash. */
  activation(code: string, layer?: string): string[];
  /** Inputs and targets of about 1, where they are not. */
  scaled(): string[];
  /** More units, or more layers before the last. */
  deeper(): string[];
}

/** What a run has told so far. */
export interface Signs {
  /** The loss above which there is more to learn: what the data tell, held against what ignorance costs. Rules ask last: it is
   * found out when it is first asked for. */
  readonly bar: number;
  mend: Remedies;
  /** The optimizer with its options at another rate, as code. */
  at(learningRate: number): string;
  /** The optimizer's own rate, and whether a schedule shapes it. */
  base: number;
  schedule: boolean;
  /** Steps done, and those of an epoch. */
  steps: number;
  batches: number;
  /** The loss of a model that has learnt nothing, and that of the first step. */
  ignorance: number;
  start: number;
  /** The losses of the last steps, the newest last. */
  recent: readonly number[];
  /** What the first step told, and the last few that told. */
  first: Figures | undefined;
  last: readonly Figures[];
  /** The mean magnitude of the inputs: of many zeros comes a small gradient. */
  inputs: number;
  /** Steps in a row after which a unit counts as dead. */
  told: number;
  /** By relu layer: for each unit the steps in a row that told of no output above 0. */
  idle: ReadonlyMap<string, Uint32Array>;
  reports: readonly Report[];
}

/** Rows without an output after which a unit counts as dead, and the steps that they come in at least. A unit that is
 * active in one row of fifty is silent for 128 of them in one case of thirteen. */
export const IDLE_ROWS = 128, IDLE = 4;
/** Steps that tell which are looked at. */
export const LAST = 5;
/** Steps whose losses are looked at. */
export const RECENT = 64;

// The bounds below are ours unless a source is named. They were set so that 1240 healthy runs (test/doctor/healthy.ts, 40 seeds
// each) get no warning, and of 1240 sick ones (sick.ts) four go unnamed; the figures seen are beside them.

/** Shares of a layer's units that are dead, and of its outputs at a bound. Relu layers that learn had up to 0.59 dead. */
const DEAD = 0.6, SATURATED = 0.5;
/** The least gradient over that of the last layer: eight sigmoids give 4e-8. A sigmoid passes a
 * quarter on at most: Glorot and Bengio (2010). */
const VANISHED = 1e-4;
/** The first gradient over the weights: weights of 1 in six layers give 1e7, targets of a thousand 2e4. */
const EXPLODED = 100;
/** The loss over that of the start, of the steps before while it rises, and where it need not rise any more. */
const DIVERGED = 3, RISING = 1.3, GONE = 10;
/** The mean jump of the loss from step to step, without its fall, over its mean; Adam at 2 gives 0.5 to 0.7.
 * One half of the steps over the other: below it, the loss falls. */
const RESTLESS = 0.25, FALLING = 0.6;
/** The mean update over the mean weight. About 1e-3 is usual: Karpathy's notes for CS231n, Neural Networks Part 3 (2015). */
const LARGE_UPDATE = 0.02, SMALL_UPDATE = 2e-4, USUAL_UPDATE = 1e-3;
/** That of the first step, by which nothing of the start is left. */
const OVERTURNED = 1;
/** The last quarter of the steps over the first: below it, the run is getting somewhere. */
const LEARNING = 0.9;
/** Steps before which a rate cannot be judged, and over which a loss that stands still is told: a high one later, as deep
 * networks may stand still before they set out. */
const EARLY = 40, STILL = 200, STILL_HIGH = 400;
/** Steps that a loss may jump in before it comes down. */
const OPENING = 16;
/** Epochs over which losses are compared, and the share that is standing still. */
const PATIENCE = 5, FLAT = 0.005;
/** Validation loss over its least, and over the training loss; below the share of ignorance no rise matters: two healthy runs
 * rose by half at a twelfth of it. */
const WORSE = 1.25, APART = 1.5, LITTLE_LEFT = 0.15;
/** A loss below this share of ignorance has nowhere to go. */
const NOTHING_LEFT = 0.02;

/** All that is wrong now. What has another cause that is told is left out: a network whose units are dead stands still,
 * but not because it is too small. */
export function findingsOf(signs: Signs): Finding[] {
  const exploding = explodingGradients(signs);
  if (exploding.length) return exploding; // what they do to the units is their doing
  const diverged = divergence(signs);
  if (diverged.length) return diverged;
  const dead = deadUnits(signs), high = rateTooHigh(signs, dead.length > 0);
  if (high.length) return high; // likewise
  const saturated = saturation(signs), vanishing = saturated.length || dead.length ? [] : vanishingGradients(signs);
  const units = [...dead, ...saturated, ...vanishing], known = [...units, ...(units.length ? [] : rateTooLow(signs))];
  const over = overfitting(signs), still = known.length || over.length ? [] : standstill(signs);
  return [...known, ...over, ...still];
}

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Has the loss come down over the last steps? */
function learning(recent: readonly number[]): boolean {
  const quarter = recent.length >> 2;
  return mean(recent.slice(-quarter)) < LEARNING * mean(recent.slice(0, quarter));
}

type WeightMedians = Omit<WeightFigures, "name">;

/** By weight, over the last steps that told, the medians. */
function weights({ last }: Signs): WeightMedians[] {
  return (last[0]?.weights ?? []).map(({ layer, usual }, i) => {
    const of = (what: "gradient" | "weight" | "update"): number => median(last.map((figures) => figures.weights[i]![what]));
    return { layer, usual, gradient: of("gradient"), weight: of("weight"), update: of("update") };
  });
}

/** The greatest share of a weight that a step changes. */
function largestUpdate(list: readonly WeightMedians[]): number {
  return Math.max(0, ...list.map(({ update, weight, usual }) => update / Math.max(weight, usual)));
}

function explodingGradients(signs: Signs): Finding[] {
  const { first, base, at, recent, mend } = signs;
  const ratios = (first?.weights ?? []).map(({ layer, gradient, weight, usual }) => ({ layer, gradient, weight, ratio: gradient / Math.max(weight, usual) }));
  const [worst] = ratios.sort((a, b) => b.ratio - a.ratio);
  if (!worst || !(worst.ratio > EXPLODED) || !(mean(recent) > signs.bar)) return [];
  const { layer, gradient, weight, ratio } = worst;
  return [{
    code: "exploding-gradients", severity: "warning", layer, evidence: { gradient: short(gradient), weight: short(weight), ratio: short(ratio) },
    cause: `from the first step on the gradient of layer ${layer} is ${short(ratio)} times as large as its weights: weights start too large, or inputs or targets are`,
    fix: [...(mend.scaled().length ? mend.scaled() : mend.start("he")), `clipNorm: 1, optimizer: ${at(base)}`].join("\n"),
  }];
}

function divergence({ recent, steps, start, ignorance, at, base }: Signs): Finding[] {
  const loss = mean(recent.slice(-8)), from = Math.max(start, ignorance);
  // one that has jumped up and comes down again is restless, and no more
  const earlier = recent.slice(-16, -8), before = recent.slice(0, -16);
  const rising = (!earlier.length || loss > RISING * mean(earlier)) && (!before.length || mean(recent.slice(-16)) > RISING * mean(before));
  if (steps < 3 || !(loss > DIVERGED * from) || !(rising || loss > GONE * from) || mean(recent.slice(-2)) < Math.max(...recent) / 2) return [];
  return [{
    code: "diverging", severity: "error", evidence: { loss: short(loss), start: short(start), learningRate: base },
    cause: `the loss has risen from ${short(start)} to ${short(loss)}: each step goes further past the minimum than the last`,
    fix: `optimizer: ${at(short(base / 10))}`,
  }];
}

function deadUnits(signs: Signs): Finding[] {
  const { idle, first, at, base, recent, steps, mend, told } = signs;
  // of few inputs many units see one side only; if the others learn, all is well
  if (steps < EARLY || learning(recent)) return [];
  return [...idle].flatMap(([layer, counts]): Finding[] => {
    const units = counts.length, dead = counts.filter((count) => count >= told).length, share = dead / units;
    if (!(share > DEAD) || !(mean(recent.slice(-16)) > signs.bar)) return [];
    const alive = first?.rectifiers.find((one) => one.layer === layer)?.peaks.filter((peak) => peak > 0).length ?? 0;
    // units that began well were thrown out by steps too large; others began so
    const start = alive > units / 2 ? [`optimizer: ${at(short(base / 10))}`] : mend.start("he", layer);
    return [{
      code: "dead-relu", severity: "warning", layer, evidence: { dead, units, share: short(share), aliveAtFirst: alive, steps: told },
      cause: `${dead} of ${units} units of layer ${layer} give 0 for every row: they have no gradient and do not come back`,
      fix: [...start, ...mend.activation("leakyRelu()", layer)].join("\n"),
    }];
  });
}

function saturation(signs: Signs): Finding[] {
  const { last, recent, mend, first, ignorance, steps } = signs, loss = mean(recent);
  if (steps < EARLY || last.length < LAST) return [];
  return last[0]!.squashers.flatMap(({ layer, kind }, i): Finding[] => {
    const share = median(last.map((figures) => figures.squashers[i]!.share));
    // units that training has brought there, with profit, do what they are asked
    const grown = !(first!.squashers[i]!.share > SATURATED);
    if (!(share > SATURATED) || (grown && (loss < 0.95 * ignorance || steps < 3 * EARLY)) || !(loss > signs.bar)) return [];
    return [{
      code: "saturated", severity: "warning", layer, evidence: { share: short(share), kind, loss: short(loss) },
      cause: `${Math.round(100 * share)} % of the outputs of ${kind} in layer ${layer} stand at a bound, where it is flat: hardly any gradient passes`,
      fix: [...mend.start("xavier", layer), ...mend.scaled()].join("\n"),
    }];
  });
}

function vanishingGradients(signs: Signs): Finding[] {
  const { recent, last, mend, inputs } = signs, all = weights(signs), end = all.at(-1), loss = mean(recent);
  if (all.length < 3 || last.length < LAST || !end || learning(recent)) return [];
  const [least] = all.filter(({ gradient }) => gradient > 0).sort((a, b) => a.gradient - b.gradient);
  if (!least || !(least.gradient < VANISHED * Math.min(1, inputs) * end.gradient) || !(loss > signs.bar)) return [];
  return [{
    code: "vanishing-gradients", severity: "warning", layer: least.layer,
    evidence: { gradient: least.gradient, last: end.gradient, ratio: short(least.gradient / end.gradient) },
    cause: `the gradient of layer ${least.layer} is ${short(least.gradient / end.gradient)} of that of layer ${end.layer}: it shrinks on its way back`,
    fix: [...mend.activation("relu()"), ...mend.start("he")].join("\n"),
  }];
}

function rateTooHigh(signs: Signs, dead: boolean): Finding[] {
  const { steps, ignorance, base, at, first } = signs, recent = signs.recent.slice(-EARLY + OPENING); // without the first steps
  // a loss that falls fast jumps in one direction: that is no rest lost
  const loss = mean(recent), path = recent.slice(1).map((value, i) => Math.abs(value - recent[i]!)), way = Math.abs(recent.at(-1)! - recent[0]!);
  const jump = path.length ? (mean(path) - way / path.length) / loss : 0, update = largestUpdate(weights(signs));
  const opening = largestUpdate(first?.weights ?? []), half = recent.length >> 1;
  const falling = mean(recent.slice(half)) < FALLING * mean(recent.slice(0, half)), restless = jump > RESTLESS && update > LARGE_UPDATE && !falling;
  // batches differ, so that a loss may jump about what ignorance costs without harm; well above it, it is the rate
  const high = restless && loss > 1.2 * ignorance && steps >= EARLY, overturned = !dead && (loss > 1.2 * ignorance || !learning(signs.recent)) && opening > OVERTURNED && loss > 0.9 * ignorance && steps >= 2 * EARLY;
  if (!high && !overturned) return [];
  return [{
    code: "learning-rate-too-high", severity: "warning",
    evidence: { learningRate: base, jump: short(jump), update: short(update), opening: short(opening), loss: short(loss), ignorance: short(ignorance) },
    cause: `the loss jumps by ${Math.round(100 * jump)} % from step to step and gets nowhere; the first changed weights by ${short(100 * opening)} %, the last by ${short(100 * update)} % (0.1 % is usual)`,
    fix: `optimizer: ${at(short(base / 30))}`,
  }];
}

function rateTooLow(signs: Signs): Finding[] {
  const { steps, recent, base, at, last, reports } = signs, loss = mean(recent.slice(-16)), update = largestUpdate(weights(signs));
  const start = reports[0]?.loss ?? signs.start; // one batch is chance
  if (steps < EARLY || last.length < LAST || !(loss > 0.9 * start) || !(update < SMALL_UPDATE) || !(loss > signs.bar)) return [];
  if ((reports.at(-1)?.learningRate ?? base) < base / 2) return []; // a schedule's doing
  const progress = (start - loss) / start / steps;
  return [{
    code: "learning-rate-too-low", severity: "warning", evidence: { learningRate: base, update, progress, loss: short(loss), start: short(start) },
    cause: `${steps} steps have taken ${short(Math.max(0, 100 * (1 - loss / start)))} % off the loss; a step changes weights by ${short(100 * update)} % (0.1 % is usual)`,
    fix: `optimizer: ${at(short(base * Math.min(1000, Math.max(30, USUAL_UPDATE / update))))}`,
  }];
}

function overfitting({ reports, ignorance }: Signs): Finding[] {
  // one epoch's validation loss is chance: means of some epochs are held against each other
  const losses = reports.map(({ validation }) => (validation as { loss: number } | undefined)?.loss ?? NaN);
  const smooth = losses.slice(PATIENCE - 1).map((_, i) => mean(losses.slice(i, i + PATIENCE)));
  if (smooth.length <= PATIENCE) return [];
  const now = smooth.at(-1)!, least = Math.min(...smooth), lowest = smooth.indexOf(least);
  const { loss: train } = reports.at(-1)!, best = losses.indexOf(Math.min(...losses.slice(lowest, lowest + PATIENCE)), lowest);
  if (smooth.length - 1 - lowest < PATIENCE || !(now > WORSE * least) || !(now > APART * train)) return [];
  if (!(train < 0.95 * reports[best]!.loss) || !(now > LITTLE_LEFT * ignorance)) return [];
  return [{
    code: "overfitting", severity: "warning", evidence: { training: short(train), validation: short(now), best: short(losses[best]!), epoch: best + 1 },
    cause: `since epoch ${best + 1} the validation loss has risen from ${short(losses[best]!)} to ${short(now)} while the training loss fell to ${short(train)}`,
    fix: `epochs: ${best + 1} // or more data, dropout(), weightDecay`,
  }];
}

function standstill(signs: Signs): Finding[] {
  const { reports, batches, ignorance, recent, at, base, schedule, mend } = signs;
  const of = (list: readonly Report[]): number => mean(list.map(({ loss }) => loss));
  const spanOf = (steps: number): number => Math.max(PATIENCE, Math.ceil(steps / batches));
  if (reports.length < 2 * spanOf(STILL)) return [];
  const high = mean(recent) > signs.bar, epochs = spanOf(high ? STILL_HIGH : STILL);
  if (reports.length < 2 * epochs) return [];
  // means: the least of many epochs is chance
  const spans = [reports.slice(-2 * epochs, -epochs), reports.slice(-epochs)], [before, loss] = spans.map(of) as [number, number];
  const evidence = { loss: short(mean(recent)), before: short(before), ignorance: short(ignorance), epochs };
  if (high)
    return loss > before * (1 - FLAT) ? [{
      code: "underfitting", severity: "warning", evidence,
      cause: `for ${epochs} epochs the training loss has stood at ${short(loss)}; knowing nothing costs ${short(ignorance)}, and the data tell more: the model cannot express what is asked`,
      fix: mend.deeper().join("\n"),
    }] : [];
  // what falls by less than two standard errors of the difference is lost in what the epochs differ by
  const squares = spans.reduce((sum, list) => sum + list.reduce((all, one) => all + (one.loss - of(list)) * (one.loss - of(list)), 0), 0);
  if (loss < NOTHING_LEFT * ignorance || !(loss > before * (1 - FLAT) || loss > before - (2 * Math.sqrt(squares)) / epochs)) return [];
  return [{
    code: "plateau", severity: "info", evidence,
    cause: `for ${epochs} epochs the training loss has stood at ${short(loss)}`,
    fix: schedule ? "// it is done: fewer epochs do" : `optimizer: ${at(base)}, schedule: cosine() // a rate that falls lets it settle`,
  }];
}
