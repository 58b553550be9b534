// The doctor: looks at a run from within, and guards it against steps that are not finite.

import { type Details, NonFiniteError } from "../errors.ts";
import { type Column, inputName } from "../data/columns.ts";
import { isLoss } from "../losses/loss.ts";
import type { Network } from "../network.ts";
import type { Hyper, Optimizer } from "../optimizers/optimizer.ts";
import { checkNames, isRecord, wantCount, wantFunction, wantOneOf } from "../options.ts";
import { sizeOf } from "../shape.ts";
import type { Doctor, FitOptions, FitPlan, Watcher } from "../train/fit.ts";
import { brokenCheckpoint } from "../train/checkpoint.ts";
import { type Objective, targetName } from "../train/objective.ts";
import { trainingProgram } from "../train/programs.ts";
import type { Finding, History, Report } from "../train/report.ts";
import type { FitState } from "../train/state.ts";
import { type Activation, hiddenActivations, products, weightsOf } from "./anatomy.ts";
import { baselineOf, magnitudeOf } from "./figures.ts";
import { type Figures, probe, readFigures } from "./probe.ts";
import { type Culprit, replay } from "./replay.ts";
import { inPlaceOf, feeding, scaled, short, startWith } from "./remedy.ts";
import { findingsOf, IDLE, IDLE_ROWS, LAST, RECENT, type Remedies, type Signs } from "./signs.ts";
import { tellingOf } from "./telling.ts";

export { diagnose } from "./diagnose.ts";
export type { Given } from "./replay.ts";

export interface DoctorOptions {
  /** Every how many steps the program that tells more runs in the place of the plain one; 32 by default. Of the first ones
   * those run so whose number, from 0, is a power of two, that short runs tell enough. */
  every?: number;
  /** Told of each step in which that program has run; what it throws ends the run. */
  onLook?: (look: Look) => void;
}

/** What a step has told: means of magnitudes for each weight that is trained, and the units that give nothing any more. */
export interface Look {
  readonly step: number;
  readonly loss: number;
  /** `update` is what the step has changed the weight by. */
  readonly weights: readonly { readonly name: string; readonly layer: string; readonly gradient: number; readonly weight: number; readonly update: number }[];
  /** By hidden layer: of relu the share of units that have given 0 for each of the last 128 rows or more that were looked at; of sigmoid and
   * tanh the share of outputs at a bound. */
  readonly units: readonly { readonly layer: string; readonly kind: string; readonly share: number }[];
}

/** A loss is high as long as less than this share of what the data tell is learnt. */
const LEARNT = 0.5;

/** Steps between two snapshots; the least share of the rate that rollbacks may leave, 1 / 256; steps left out in a row. */
const SNAPSHOT = 100, SLOWEST = 0.00390625, LEFT_OUT = 100;

/** For the option `doctor` of fit: each report then has `findings`. Every `every` steps the training program runs in a
 * form that also reduces gradients, weights, updates and activations to a few numbers; it trains the same bits.
 *
 * Codes: diverging, learning-rate-too-high, learning-rate-too-low, dead-relu, saturated, vanishing-gradients,
 * exploding-gradients, overfitting, underfitting, plateau, non-finite.
 *
 * With it, `onNonFinite` may be "skip" or "rollback" too, and a NonFiniteError tells in its details the op and layer that
 * made the first NaN or infinity, and what went in: { op, layer, position, made, inputs: [{ of, minimum, maximum, value }] }.
 * Sources: Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks (2010); Pascanu,
 * Mikolov and Bengio, On the Difficulty of Training Recurrent Neural Networks (2013).
 *
 * @throws OptionError if `every` is not a whole number of at least 1, or `onLook` no function.
 * @example
 * const model = await createModel(dense(1), { input: [1] });
 * const options = { loss: mse(), optimizer: sgd({ learningRate: 2 }), epochs: 12, doctor: doctor() };
 * const { epochs } = await model.fit({ x: [[1], [2]], y: [1, 2] }, options);
 * epochs.at(-1).findings.map(({ code }) => code) // → ["diverging"]
 */
export function doctor(options: DoctorOptions = {}): Doctor {
  checkNames("doctor", options, ["every", "onLook"]);
  const every = wantCount("doctor: every", options.every ?? 32), { onLook } = options;
  if (onLook !== undefined) wantFunction("doctor: onLook", onLook);
  return {
    program: (parts, rows, data, outputs) => trainingProgram(parts, rows, data, { outputs, probe: probe(parts.network) }),
    begin: (network, plan, fit, history, average) => watch(network, plan, fit, history, average, every, onLook),
  };
}

const PARTS = ["parameters", "states", "average"] as const;
type Part = (typeof PARTS)[number];

/** Figures as plain data. */
type PlainFigures = Omit<Figures, "rectifiers"> & { rectifiers: { layer: string; peaks: number[] }[] };

const plain = ({ rectifiers, ...more }: Figures): PlainFigures => ({ ...more, rectifiers: rectifiers.map(({ layer, peaks }) => ({ layer, peaks: [...peaks] })) });
const revived = ({ rectifiers, ...more }: PlainFigures): Figures => ({ ...more, rectifiers: rectifiers.map(({ layer, peaks }) => ({ layer, peaks: Float32Array.from(peaks) })) });

/** What a doctor has heard of a run so far: of it the findings of a run that goes on are those of one that was never stopped. */
interface Heard {
  steps: number;
  start: number;
  first?: PlainFigures;
  last: PlainFigures[];
  recent: number[];
  idle: [string, number[]][];
  leftOut: number;
  inARow: number;
  reason: Record<string, number | string>;
}

/** Is it what save() gave? It comes from a file. */
function isHeard(heard: Heard): boolean {
  const numbers = (list: unknown): boolean => Array.isArray(list) && list.every((n) => typeof n === "number");
  const figures = (one: PlainFigures): boolean => isRecord(one) && [one.weights, one.rectifiers, one.squashers].every((list) => Array.isArray(list) && list.every(isRecord)) && one.rectifiers.every(({ peaks }) => numbers(peaks));
  return isRecord(heard) && numbers([heard.steps, heard.start, heard.leftOut, heard.inARow]) && isRecord(heard.reason) && numbers(heard.recent)
    && Array.isArray(heard.last) && [...heard.last, ...(heard.first ? [heard.first] : [])].every(figures)
    && Array.isArray(heard.idle) && heard.idle.every((pair) => Array.isArray(pair) && typeof pair[0] === "string" && numbers(pair[1]));
}

/** What a rollback brings back. */
type Snapshot = Record<Part, Float32Array> & Pick<FitState, "updates" | "memory">;

function watch(network: Network, plan: FitPlan, options: FitOptions, history: History<Report>, average: Float32Array | undefined, every: number, onLook: DoctorOptions["onLook"]): Watcher {
  const onNonFinite = wantOneOf("onNonFinite", options.onNonFinite ?? "stop", ["stop", "skip", "rollback"]);
  const { optimizer: { optimizer, hyper } } = plan.layout, rows = plan.batchSize, batches = Math.ceil(plan.rows / rows);
  const trace = network.trace(rows, true), hidden = hiddenActivations(trace);
  const activations = hidden.map(({ kind, layer, y }) => ({ kind, layer: layer || kind, units: y.shape.at(-1)! }));
  const inputs = plan.data.columns.filter(({ name }) => network.inputs.some((input) => inputName(input.name) === name));
  const size = Math.min(1, ...inputs.map(magnitudeOf)), mend = remedies(network, plan, hidden, products(trace).at(-1)?.layer);
  let bar: number | undefined;
  const ignorance = baselineOf(plan.objective, plan.data, (output) => sizeOf(network.outputs.get(output)!.slice(-1)));
  const idleSteps = Math.max(IDLE, Math.ceil(IDLE_ROWS / rows)), recent: number[] = [], last: Figures[] = [], idle = new Map<string, Uint32Array>();
  let steps = 0, start = NaN, first: Figures | undefined, leftOut = 0, inARow = 0, reason: Record<string, number | string> = {};
  const at = (learningRate: number): string => withRate(plan.layout.optimizer, learningRate);
  /** Parameters, optimizer state and moving average: the newest, and the one before, which is far enough back. */
  let snapshots: Snapshot[] = [];
  const { state, stride, optimizer: { states } } = plan.layout;
  /** What a snapshot keeps, as it lies in memory now. */
  const places = (at: FitState): Record<Part, Float32Array> => {
    const { session: { floats }, block } = network, from = (at.block.offset + state) / 4;
    return {
      parameters: floats.subarray(block.offset / 4, (block.offset + network.bytes) / 4),
      states: floats.subarray(from, from + (states.length * stride) / 4), average: average ?? new Float32Array(0),
    };
  };

  const signs = (reports: readonly Report[]): Signs => ({
    get bar() {
      return (bar ??= (1 - LEARNT * known(network, plan, inputs)) * this.ignorance);
    },
    mend, inputs: size, told: idleSteps,
    at, base: hyper.learningRate, schedule: options.schedule !== undefined, steps, batches,
    ignorance: ignorance ?? start, start, recent, first, last, idle, reports,
  });

  const lookOf = ({ weights, squashers }: Figures, step: number, loss: number): Look => ({
    step, loss,
    weights: weights.map(({ name, layer, gradient, weight, update }) => ({ name, layer, gradient, weight, update })),
    units: [
      ...[...idle].map(([layer, counts]) => ({ layer, kind: "relu", share: counts.filter((count) => count >= idleSteps).length / counts.length })),
      ...squashers.map(({ layer, kind, share }) => ({ layer, kind, share })),
    ],
  });

  // was a step of this epoch taken? Before a checkpoint of a run without a doctor, surely
  let slow = 1, taken = options.resume !== undefined, now: FitState | undefined;

  /** Is it time for another snapshot? */
  const looks = ({ steps: number }: FitState): boolean => onNonFinite === "rollback" && (snapshots.length === 0 || number % SNAPSHOT === 0);

  /** Leaves a step out, as the option says, or throws: `wrong` is what was wrong with it. */
  const leaveOut = (state: FitState, wrong: Details, overflown: boolean): void => {
    const { step, op, layer } = wrong;
    const stopped = (): NonFiniteError =>
      new NonFiniteError("non-finite", { ...wrong, fix: adviceFor(overflown), findings: recent.length ? findingsOf(signs(history.epochs)) : [] });
    if (onNonFinite === "stop") throw stopped();
    leftOut++;
    if (leftOut === 1) reason = { step: step!, ...(op !== undefined && { op: String(op), ...(layer && { layer }) }) };
    if (onNonFinite === "skip") {
      // from parameters that are not finite no later step is
      if (overflown || ++inARow >= LEFT_OUT) throw stopped();
      return;
    }
    const [back] = snapshots = snapshots.slice(-1);
    if (!back || slow / 2 < SLOWEST) throw stopped();
    slow /= 2;
    const at = places(state);
    for (const part of PARTS) at[part].set(back[part]);
    network.session.wrote(network.block.offset, network.bytes);
    network.session.wrote(state.block.offset, state.block.bytes);
    state.updates = back.updates;
    state.memory = back.memory;
  };

  /** What helps that the run does not do already. */
  const adviceFor = (overflown: boolean): string => {
    const smaller = `${optimizer === "lbfgs" ? "" : "clipNorm and "}smaller inputs may help`, back = 'onNonFinite: "rollback" goes back to finite ones, at half the rate';
    if (onNonFinite === "rollback") return `at 1/${1 / slow} of the rate it is no better: ${smaller}, or another op`;
    if (overflown) return `a lower learning rate; ${back}; or resume from a checkpoint`;
    return onNonFinite === "skip" ? `${LEFT_OUT} steps in a row were left out: "rollback" goes on at half the rate; ${smaller}`
      : `onNonFinite: "rollback" goes on at half the rate, "skip" without such steps; ${smaller}`;
  };

  /** The update of the last step that was done, where it has gone beyond float32. The loss of a step tells only of those before it. */
  const overflow = (state: FitState): Details | undefined => {
    const { session: { core, floats }, block: { offset }, bytes, parameters } = network, at = core.firstNonFinite(offset, bytes / 4);
    if (at >= bytes / 4) return undefined;
    const { name, layer } = parameters.findLast((parameter) => parameter.offset <= 4 * at)!, made = floats[offset / 4 + at]!;
    const step = state.steps, epoch = Math.ceil(step / batches);
    return { step, epoch, op: "update", ...(layer && { layer }), made, problem: `the update made ${made} in ${name}; the parameters are no longer finite` };
  };

  return {
    get slow() {
      return slow;
    },
    save(tensors) {
      snapshots.forEach((snapshot, i) => PARTS.forEach((part) => tensors.set(`snapshot ${i} ${part}`, { data: snapshot[part], shape: [snapshot[part].length] })));
      const heard = { steps, start, first: first && plain(first), last: last.map(plain), recent: [...recent], idle: [...idle].map(([key, counts]) => [key, [...counts]]), leftOut, inARow, reason };
      return { slow, taken, heard, snapshots: snapshots.map(({ updates, memory }) => ({ updates, memory })) };
    },
    load(saved: { slow: number; taken: boolean; heard: Heard; snapshots: Pick<Snapshot, "updates" | "memory">[] }, tensor) {
      if (!(saved.slow > 0 && saved.slow <= 1) || !Array.isArray(saved.snapshots) || !isHeard(saved.heard)) throw brokenCheckpoint();
      const sizes = { parameters: network.bytes / 4, states: (states.length * stride) / 4, average: average?.length ?? 0 };
      const loaded = saved.snapshots.map(({ updates, memory }, i) => {
        const data = (part: Part): Float32Array => {
          const tensorOf = tensor(`snapshot ${i} ${part}`);
          if (tensorOf?.data.length !== sizes[part]) throw brokenCheckpoint();
          return tensorOf.data;
        };
        return { parameters: data("parameters"), states: data("states"), average: data("average"), updates, memory };
      });
      [slow, taken, snapshots] = [saved.slow, saved.taken, loaded];
      ({ steps, start, leftOut, inARow, reason } = saved.heard);
      first = saved.heard.first && revived(saved.heard.first);
      last.splice(0, LAST, ...saved.heard.last.map(revived));
      recent.splice(0, RECENT, ...saved.heard.recent);
      idle.clear();
      for (const [key, counts] of saved.heard.idle) idle.set(key, Uint32Array.from(counts));
    },
    looks,
    before(state) {
      const { steps: number, updates, memory } = now = state;
      if (number % batches === 0) taken = false;
      if (looks(state)) {
        const { parameters, states, average } = places(state);
        snapshots = [{ parameters: parameters.slice(), states: states.slice(), average: average.slice(), updates, memory }, ...snapshots.slice(0, 1)];
      }
      return number % every === 0 || (number < every && (number & (number - 1)) === 0);
    },
    spares(state, program, error) {
      const gone = overflow(state), culprit = gone ? undefined : replay(program);
      const more = culprit && { ...culprit, problem: `${told(culprit)}; the parameters are those from before the step` };
      leaveOut(state, gone ?? { ...error.details, ...more }, gone !== undefined);
      return true;
    },
    after(loss, program) {
      if (Number.isNaN(start)) start = history.epochs[0]?.loss ?? loss;
      steps++;
      inARow = 0;
      taken = true;
      // after the last step of an epoch no other comes that would tell
      const gone = now!.steps % batches === 0 ? overflow(now!) : undefined;
      if (gone) return leaveOut(now!, gone, true);
      if (recent.push(loss) > RECENT) recent.shift();
      if (!program) return;
      const figures = readFigures(program, network, activations);
      first ??= figures;
      if (last.push(figures) > LAST) last.shift();
      figures.rectifiers.forEach(({ layer, peaks }, i) => {
        const key = figures.rectifiers.findIndex((other) => other.layer === layer) === i ? layer : `${layer} (call ${i})`;
        const counts = idle.get(key) ?? new Uint32Array(peaks.length);
        idle.set(key, counts);
        peaks.forEach((peak, unit) => (counts[unit] = peak > 0 ? 0 : counts[unit]! + 1));
      });
      onLook?.(lookOf(figures, now!.steps, loss));
    },
    findings(report) {
      if (!taken) forget(report);
      const found: Finding[] = leftOut === 0 ? [] : [{
        code: "non-finite", severity: "warning", ...(reason.layer !== undefined && { layer: String(reason.layer) }),
        evidence: { leftOut, ...reason, learningRate: short(report.learningRate) },
        cause: `${leftOut} steps brought NaN or infinity, the first of them step ${reason.step}${reason.op === undefined ? "" : ` in ${reason.op}`}`,
        fix: `optimizer: ${at(short(hyper.learningRate / 4))}${optimizer === "lbfgs" ? "" : ", clipNorm: 1"}`,
      }];
      return recent.length ? [...found, ...findingsOf(signs(history.epochs))] : found;
    },
  };
}

/** Of an epoch whose steps were all left out nothing is known: its sums are 0, which would be the best of losses. */
function forget(report: Report): void {
  const scores = report as unknown as Record<string, unknown>, { losses } = scores;
  for (const [key, value] of Object.entries(scores))
    if (typeof value === "number" && !["epoch", "step", "learningRate", "seconds", "rowsPerSecond"].includes(key)) scores[key] = NaN;
  if (losses) scores.losses = Object.fromEntries(Object.keys(losses).map((name) => [name, NaN]));
}

/** The share of the targets' variance that the data tell; all of it, where there is more than one target. Below a twentieth
 * it is chance, and no loss is too high. */
function known(network: Network, { objective, data }: FitPlan, inputs: readonly Column[]): number {
  const [part, ...more] = objective as [Objective[number]], target = data.columns.find(({ name }) => name === targetName(part.output))!;
  if (more.length) return 1;
  const classes = target.dtype === "int32" && isLoss(part.loss) && part.loss.target === "classes" ? network.outputs.get(part.output)!.at(-1)! : 0;
  const share = tellingOf(inputs, target, classes);
  return share < 0.05 ? -Infinity : share;
}

function remedies(network: Network, { data, objective }: FitPlan, hidden: readonly Activation[], last: string | undefined): Remedies {
  return {
    start: (initializer, fedTo) => startWith(initializer, network, fedTo === undefined ? undefined : feeding(network, hidden.filter(({ layer }) => layer === fedTo))),
    activation(code, layer) {
      const layers = layer === undefined ? hidden.filter(({ kind }) => kind === "sigmoid" || kind === "tanh").map((one) => one.layer) : [layer];
      return layers.length ? [inPlaceOf(layers, code)] : [];
    },
    scaled() {
      const numbers = objective.flatMap(({ output, reading }) => (reading === undefined ? [targetName(output)] : []));
      return data.columns.filter(({ name }) => network.inputs.some((input) => inputName(input.name) === name) || numbers.includes(name)).flatMap((column) => scaled(column) ?? []);
    },
    deeper() {
      const narrow = weightsOf(network).slice(0, -1).filter(({ units }) => units < 32).map(({ layer }) => layer);
      return [narrow.length ? inPlaceOf(narrow, "dense(64)") : `dense(64), relu(), dense(64), relu() // before layer ${last || "of the last product"}`];
    },
  };
}

/** An optimizer with its options and groups at another rate, as code. */
function withRate({ optimizer, hyper, groups, defaults }: Optimizer, learningRate: number): string {
  const differing = (own: Hyper, from: Hyper): string[] =>
    Object.entries(own).flatMap(([key, value]) => (key === "learningRate" || value === from[key] ? [] : [`${key}: ${value}`]));
  const list = groups.map(({ match, hyper: own }) => {
    // its rate keeps its ratio to the optimizer's
    const rate = own.learningRate === hyper.learningRate ? [] : [`learningRate: ${hyper.learningRate === 0 ? own.learningRate : short((own.learningRate / hyper.learningRate) * learningRate)}`];
    return `{ ${[`match: ${match}`, ...rate, ...differing(own, hyper)].join(", ")} }`;
  });
  const options = [`learningRate: ${learningRate}`, ...differing(hyper, defaults), ...(list.length ? [`groups: [${list.join(", ")}]`] : [])];
  return `${optimizer}({ ${options.join(", ")} })`;
}

/** "log made NaN from subtract -1" */
function told({ op, made, inputs }: Culprit): string {
  return `${op} made ${made} from ${inputs.map(({ of, minimum, maximum, value }) => `${of} ${value ?? `${minimum} … ${maximum}`}`).join(" and ")}`;
}
