// A run over a data set: epochs of steps, validation, reports. Built on the same state and programs as the trainer.

import { type Callback, type Running, wantCallbacks } from "../callbacks/callback.ts";
import { type Columns, type Data, type Stream, WEIGHT } from "../data/columns.ts";
import type { NonFiniteError } from "../errors.ts";
import { type Network } from "../network.ts";
import { badOption, checkNames, isRecord, wantBoolean, wantCount, wantFunction, wantNumber } from "../options.ts";
import type { Program } from "../program.ts";
import type { ScheduleInfo } from "../schedules/schedule.ts";
import type { Block, LoadedProgram } from "../session.ts";
import type { Tensor } from "../tensor.ts";
import { pacer } from "../yield.ts";
import { makeTree } from "./accumulate.ts";
import { makeAverage } from "./average.ts";
import { brokenCheckpoint, mismatch, notHere, notStarted, restore, writeCheckpoint } from "./checkpoint.ts";
import { type DataSet, layOut, upload } from "./dataset.ts";
import type { Keeper, makeKeeper, Position } from "./keeper.ts";
import { EVALUATION_ROWS, type EvaluationPlan, type Feed, type Feeds, makeEvaluator, makeScorer, planEvaluation } from "./evaluate.ts";
import { dataColumns, type Objective, type Part, resolveObjective } from "./objective.ts";
import { applyProgram, DATA, type DataLayout, type TrainingProgram, trainingProgram } from "./programs.ts";
import { type Finding, History, type Report, type StepReport } from "./report.ts";
import { begin, RUN_OPTIONS, type RunOptions, setUp, type Setup } from "./setup.ts";
import { split } from "./split.ts";
import { FIT, type FitState, makeState } from "./state.ts";
import { nonFinite, wantRate } from "./trainer.ts";

export interface FitOptions extends RunOptions {
  /** Rows of a step; 32 by default. The last batch of an epoch may be smaller. */
  batchSize?: number;
  /** Rounds over the data; 1 by default. */
  epochs?: number;
  /** A new order for each epoch; true by default, but for a stream, whose order is its own. */
  shuffle?: boolean;
  /** Data or a stream to evaluate after each epoch, or the share of the data that is held out for it: shuffled by the seed, and with
   * every class in its share where the loss tells classes. */
  validation?: Data | Stream | number;
  /** Micro-batches that a step's rows are taken in, so that batchSize may be larger than memory for activations allows;
   * their gradients are added in a fixed tree. The step is that of the whole batch, but for rounding and for what a loss
   * divides by beside the rows' weights; dropout draws for each by itself. 1 by default. */
  accumulate?: number;
  /** Keeps an exponential moving average of the trained weights, of this decay (0.999, say): after a step,
   * average = decay · average + (1 − decay) · weights, and the weights after the first. `validation` sees the average,
   * and whatever ends the run leaves it in the model; checkpoints have both, and go on from the weights. Between epochs
   * the model has the weights. */
  ema?: number;
  /** Looks at the run now and then; its findings stand in the reports. Made by doctor(). */
  doctor?: Doctor;
  /** What becomes of a step whose loss or gradients are NaN or infinite; the parameters are those from before it. "stop",
   * the default, ends the run with a NonFiniteError. The others want a doctor: "skip" leaves the step out; "rollback" brings
   * parameters and optimizer state of some steps ago back and goes on at half the rate, eight times at most. */
  onNonFinite?: "stop" | "skip" | "rollback";
  /** Ends the run after the current step, or after those of some 2 ms where nobody looks between them; it rejects with the signal's
   * reason. */
  signal?: AbortSignal;
  /** Told of each step; its argument is one object whose fields change. */
  onStep?: (step: StepReport) => void;
  /** Told of the run as it goes on: earlyStopping() …, or objects of your own. */
  callbacks?: readonly Callback[];
  /** Milliseconds after which the event loop gets a turn; 12 by default. */
  yieldEvery?: number;
  /** Ends the run after so many steps, or so much time: the history has a checkpoint then, from which `resume` goes on. Where
   * clocks stand still, as in some edge runtimes, steps are what counts. */
  budget?: { readonly steps?: number; readonly milliseconds?: number };
  /** Moves the inputs to the worker of a model that has one, instead of copying them: the caller's typed arrays of x are empty
   * then. false by default. */
  transfer?: boolean;
  /** Keeps the run in a place, from which it goes on by itself when it is begun again. Made by keepRun(place). */
  run?: RunKeeper;
}

export const FIT_OPTIONS = [
  ...RUN_OPTIONS, "epochs", "shuffle", "validation", "accumulate", "ema", "doctor", "onNonFinite", "signal", "onStep", "callbacks", "yieldEvery", "budget", "transfer", "run",
];

/** What a model lends to a run. */
export interface FitDefaults {
  seed: number;
  classes: readonly string[] | undefined;
  /** Keeps snapshots, where there are workers that may die. */
  keeper?: typeof makeKeeper;
  /** Of the data that come as streams. */
  feeds?: Feeds | undefined;
  /** What the last run holds until this one begins, */
  freed: Block | undefined;
  /** when this is called: the data are sound, and nothing stands in the way. */
  onBegin(run: Run): void;
}

/** Who keeps runs; made by keepRun(). */
export interface RunKeeper {
  /** Steps of the last checkpoint that is safe. */
  readonly step: number;
  /** Opens the place, and makes the run: a new one, or one that goes on.
   * @internal */
  open(
    options: FitOptions, start: (options: FitOptions) => Run | Promise<Run>, network: Network, data: Data | Stream, defaults: Pick<FitDefaults, "seed" | "classes">,
  ): Promise<Run>;
}

/** Who looks at runs; made by doctor(). */
export interface Doctor {
  /** A training program that tells more: it runs in the place of the plain one now and then, and changes no bit. */
  program(parts: TrainingProgram, rows: number, data: DataLayout, outputs: boolean): Program;
  begin(network: Network, plan: FitPlan, options: FitOptions, history: History<Report>, average: Float32Array | undefined): Watcher;
}

/** A doctor at one run; what it keeps for a rollback goes into checkpoints. */
export interface Watcher extends Required<Pick<Callback, "save" | "load">> {
  /** What rollbacks have left of the rate: 1 at first. */
  readonly slow: number;
  /** Will before() read parameters and optimizer state? */
  looks(at: FitState): boolean;
  /** Told of each step before it is run. Is it to tell more? */
  before(at: FitState): boolean;
  /** Is a step that was not finite to be left out? Else the run ends with the error, or with a better one. */
  spares(at: FitState, program: LoadedProgram, error: NonFiniteError): boolean;
  /** Told of a step that is done; `program` has told more. */
  after(loss: number, program: LoadedProgram | undefined): void;
  /** What was found, at the end of an epoch. */
  findings(report: Report): Finding[];
}

/** Milliseconds that steps may take together where nobody looks between them; and how many there may be, for clocks that stand still. */
const PIECE = 2, MOST = 4096;

/** Key of a doctor's program among those of a run. */
const TELLING = 0;

/** All that is known of a run before memory is allocated. */
export interface FitPlan extends Setup {
  data: DataLayout;
  /** Places of the data set that are trained on; the others are held out. */
  rows: number;
  batchSize: number;
  /** Rows that a program takes: batchSize, or fewer with accumulate. */
  micro: number;
  /** By number of rows; a doctor's under TELLING. */
  training: ReadonlyMap<number, Program>;
  /** The program for another number of rows. */
  program(rows: number): Program;
  /** The update by itself, where the others have none. */
  apply: Program | undefined;
  validation: { plan: EvaluationPlan; data: DataLayout | undefined } | undefined;
}

/** Checks the options and compiles the programs of a run. Changes nothing. */
export function planFit(network: Network, data: Data, options: FitOptions, classes: readonly string[] | undefined, { data: feed, validation: heldFeed }: Feeds = {}): FitPlan {
  checkNames("fit", options, FIT_OPTIONS);
  const objective = resolveObjective(network, options), columns = feed ?? dataColumns(network, objective, data, classes);
  const { validation } = options;
  const held = typeof validation === "number" ? heldOut(wantNumber("validation", validation, 0, 1), columns.rows) : 0;
  const rows = columns.rows - held, setup = setUp(network, objective, options, rows), { optimizer } = setup.layout, { penalties } = setup;
  const batchSize = Math.min(wantCount("batchSize", options.batchSize ?? (optimizer.drive ? rows : 32)), rows);
  const parts = wantCount("accumulate", options.accumulate ?? 1), micro = Math.ceil(batchSize / parts);
  if (parts > batchSize) throw badOption("accumulate", parts, `at most batchSize, ${batchSize}`);
  const table = feed ? feed.layout() : layOut(columns as Columns);
  const outputs = objective.some(({ metrics }) => metrics.some(({ metric }) => metric.all));
  // whole ones, and the last of a batch and of the data
  const sizes = [...new Set([micro, batchSize % micro, (rows % batchSize) % micro])].filter((size) => size > 0);
  const update = parts === 1 && !optimizer.drive, common = { ...setup, columns: columns.columns };
  const program = (size: number): Program => trainingProgram(common, size, table, { outputs, update });
  const training = new Map(sizes.map((size) => [size, program(size)]));
  const apply = parts > 1 ? applyProgram(setup) : undefined;
  if (apply && (objective[0]!.reduction === "sum" ? penalties.length : objective.length > 1 && objective.some(({ mean }) => mean)))
    throw badOption("accumulate", parts, "1 where sums have a penalty, or several outputs class weights");
  const { doctor, onNonFinite } = options;
  if (doctor) {
    if (typeof doctor.program !== "function") throw badOption("doctor", doctor, "doctor()");
    // where a step is more than one program, there is only the loss to look at
    if (update) training.set(TELLING, doctor.program(common, batchSize, table, outputs));
  } else if ((onNonFinite ?? "stop") !== "stop") throw badOption("onNonFinite", onNonFinite, '"stop", or another with doctor: doctor()');
  const plan: FitPlan = { ...setup, data: table, rows, batchSize, micro, training, program, apply, validation: undefined };
  if (heldFeed) plan.validation = heldFeed.plan(network);
  else if (held) plan.validation = { plan: planEvaluation(network, objective, table, held, EVALUATION_ROWS), data: undefined };
  else if (validation !== undefined && typeof validation !== "number") {
    const other = layOut(dataColumns(network, objective, validation as Data, classes, "validation."));
    plan.validation = { plan: planEvaluation(network, objective, other, other.rows, EVALUATION_ROWS), data: other };
  }
  return plan;
}

function heldOut(share: number, rows: number): number {
  const held = Math.round(share * rows);
  if (held < 1 || held >= rows) throw badOption("validation", share, `a share that leaves some of ${rows} rows on both sides`);
  return held;
}

/** Bytes of a run's parts. */
export function planBytes({ layout, data, training, apply, validation }: FitPlan): {
  /** In the order in which a run takes them; the first `uploads` are data. */
  blocks: number[];
  uploads: number;
  programs: number;
  data: number;
  arena: number;
} {
  const steps = [...training.values(), ...(apply ? [apply] : [])], evaluations = [...(validation?.plan.programs.values() ?? [])];
  const words = (programs: readonly Program[]): number[] => programs.map((program) => program.words.byteLength);
  const all = [...steps, ...evaluations], held = validation?.data?.bytes ?? 0;
  return {
    blocks: [data.bytes, ...(held ? [held] : []), layout.bytes, ...words(steps), ...(validation ? [validation.plan.cells] : []), ...words(evaluations)],
    uploads: held ? 2 : 1,
    programs: words(all).reduce((a, b) => a + b, 0), data: data.bytes + held,
    arena: Math.max(...all.map((program) => program.arena)),
  };
}

/** What a checkpoint says of a run's position, beside its settings. */
interface FitNotes {
  seed: number;
  /** Sums of the epoch after the reported ones; and steps that it had before it began anew with other options. */
  sums: number[];
  left: number;
  seconds: number;
  /** Of the last step. */
  learningRate: number;
  reports: Report[];
  /** Callbacks that have been told of the last report. */
  heard: number;
  callbacks?: unknown[];
  doctor?: unknown;
  [more: string]: unknown;
}

/** A run: its state in memory and its position; what callbacks see of it is Running. */
export interface Run extends Running {
  readonly plan: FitPlan;
  readonly objective: Objective;
  readonly history: History<Report>;
  /** Gradients and optimizer state, while the run has them. */
  readonly at: FitState | undefined;
  /** What the run was made from. */
  readonly given: { readonly data: Data; readonly options: FitOptions; readonly defaults: FitDefaults };
  /** Ends a wait: the model has been disposed. */
  halt(): void;
  /** What checkpoint() gives, as soon as no step is under way. */
  state(): Promise<Uint8Array<ArrayBuffer>>;
  /** Runs to the end. Before each step, `gate` gives what is to be waited for, if anything; `report` is told after each epoch. */
  run(gate: () => Promise<void> | undefined, report: (report: Report) => void): Promise<void>;
  /** Gives the memory of gradients and optimizer state back. */
  release(): void;
}

/** Prepares a run; nothing is allocated before it begins. */
export function makeRun(network: Network, data: Data, options: FitOptions, defaults: FitDefaults): Run {
  const { feeds = {} } = defaults, { data: feed } = feeds, plan = planFit(network, data, options, defaults.classes, feeds), { objective, rows, batchSize, micro, layout, schedule } = plan, { optimizer } = layout;
  const epochs = wantCount("epochs", options.epochs ?? 1), shuffle = wantBoolean("shuffle", options.shuffle ?? !(feed || optimizer.drive));
  const yieldEvery = wantNumber("yieldEvery", options.yieldEvery ?? 12, 0), pause = pacer(yieldEvery), { onStep, signal } = options;
  if (onStep !== undefined) wantFunction("onStep", onStep);
  const callbacks: readonly Callback[] = [{ onStep }, ...wantCallbacks(options.callbacks)];
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw badOption("signal", signal, "an AbortSignal");
  const { accumulate = 1, ema } = options;
  const { seed, checkpoint, settings, forced } = begin(plan, options, defaults.seed, {
    run: "fit", weights: plan.data.columns.some(({ name }) => name === WEIGHT), metrics: objective.flatMap(({ metrics }) => metrics.map(({ key }) => key)),
    rows, batchSize, shuffle, accumulate, ema,
  });
  const notes = checkpoint?.notes as FitNotes | undefined;
  const batches = Math.ceil(rows / batchSize);
  const scorer = makeScorer(network, objective, rows), history = new History<Report>();
  const scores = ["loss", ...objective.flatMap(({ output, metrics }) => [...(objective.length > 1 ? [`losses.${output}`] : []), ...metrics.map(({ key }) => key)])];
  const monitors = plan.validation ? [...scores, ...scores.map((name) => `validation.${name}`)] : scores;
  const info = { steps: batches * epochs, epochs, base: optimizer.hyper.learningRate, reports: history.epochs, monitors } satisfies ScheduleInfo;
  const stepReport: StepReport = { epoch: 0, step: 0, steps: info.steps, loss: NaN, learningRate: 0 };
  const extra = (name: string): Tensor | undefined => checkpoint?.file.tensors.get(`extra ${name}`);
  const average = ema === undefined ? undefined : makeAverage(network, layout, wantNumber("ema", ema, 0, 1, true));
  let state: FitState | undefined, applier: LoadedProgram | undefined, begun = false, epoch = 0, batch = 0, seconds = 0, stopped = false, spent = false;
  /** Callbacks that have been told of the last epoch; steps that the one after it had before it began anew. */
  let heard = Infinity, left = 0;
  if (checkpoint && notes) {
    batch = batchOf(notes, checkpoint.steps, forced ? [] : [batches, scorer.sums.length]);
    epoch = notes.reports.length;
    if (epoch > epochs) throw mismatch("epochs", epoch, epochs);
    ({ heard, left } = notes);
    if (forced) {
      left += batch;
      batch = 0;
    } else {
      if (!scorer.load(notes.sums, Math.min(batch * batchSize, rows), extra)) throw brokenCheckpoint();
    }
  }
  /** The average that a checkpoint has. */
  const averaged = average && checkpoint && extra(AVERAGE)?.data;
  if (averaged?.length === layout.count) average!.load(averaged as Float32Array);
  else if (average && checkpoint && !forced) throw brokenCheckpoint();
  const bytes = planBytes(plan);
  network.session.want(bytes.blocks, bytes.arena, "fit", defaults.freed, bytes.uploads);

  const watcher = options.doctor?.begin(network, plan, options, history, average?.numbers), tree = makeTree();
  if (notes?.doctor) watcher?.load(notes.doctor, extra);
  const transfer = wantBoolean("transfer", options.transfer ?? false), { steps: most = Infinity, milliseconds = Infinity } = options.budget ?? {};
  checkNames("budget", options.budget, ["steps", "milliseconds"]);
  if (most !== Infinity) wantCount("budget.steps", most);
  if (milliseconds !== Infinity) wantNumber("budget.milliseconds", milliseconds, 0);
  /** Have programs run elsewhere since the parameters were brought here? */
  let away = false;
  let wake = (): void => {}, underWay = false, over = false, thrown: { error: unknown } | undefined, keeper: Keeper | undefined;
  const halt = (): void => wake();
  /** Who wants a checkpoint as soon as the step under way is done. */
  const asked: ((bytes: Promise<Uint8Array<ArrayBuffer>>) => void)[] = [];
  const rest = (): void => {
    underWay = false;
    if (asked.length) for (const resolve of asked.splice(0)) resolve(running.state()); // splice makes an array, of each step
  };

  // Of the step under way. It is taken apart, for where programs run elsewhere there is a wait after each of them; and the
  // parts are no async functions, for each call of one costs some hundred bytes.
  let rate = 0, loss = 0, whole = 0, finite = true, telling: LoadedProgram | undefined, kept: Float64Array | undefined;
  /** Where its rows begin, and where they end. */
  let first = 0, end = 0;

  /** The rate of a step. */
  const rateAt = (step: number): number => (schedule ? wantRate(schedule(step, info), step) : info.base);

  const beginStep = (at: FitState, programs: (rows: number) => LoadedProgram): void => {
    away = true;
    telling = watcher?.before(at) && end - first === batchSize && plan.training.has(TELLING) ? programs(TELLING) : undefined;
    rate = (watcher?.slow ?? 1) * rateAt(at.steps);
    loss = whole = 0;
    finite = true;
    kept = applier && scorer.sums.slice();
  };

  /** Prepares the cells of a micro-batch, or of the whole; its program. */
  const beginPart = (at: FitState, programs: (rows: number) => LoadedProgram, from: number): LoadedProgram => {
    at.prepare(rate, from, applier && at.steps * Math.ceil(batchSize / micro) + (from - first) / micro);
    return telling ?? programs(Math.min(micro, end - from));
  };

  /** Looks at what was not finite: the step is left out, or the run ends here. */
  const judge = async (at: FitState, program: LoadedProgram): Promise<void> => {
    const error = nonFinite(at.steps + 1, epoch + 1, at.loss);
    finite = false;
    if (!watcher) throw error;
    await network.session.twin?.readAll(); // it runs the program again, here
    if (!watcher.spares(at, program, error)) throw error;
  };

  const endPart = (at: FitState, program: LoadedProgram, set: DataSet, from: number): void => {
    const to = Math.min(from + micro, end), part = (from - first) / micro;
    scorer.add(set, from, to - from, program, finite ? at.scores : undefined);
    if (!finite) return; // all rows are counted
    const { floats } = network.session, [{ reduction, mean }] = objective as [Part];
    // what its mean was divided by: the step's is that over all its rows
    let share = !applier ? 1 : reduction === "sum" ? Number(part === 0) : mean ? floats[at.scores + 1]! : set.weight(from, to);
    whole += share;
    if (reduction === "sum" || (to === end && whole === 0)) share = 1;
    loss += share * at.loss;
    if (!applier) return;
    tree.add(floats.subarray(at.block.offset / 4, at.block.offset / 4 + layout.count), part, share, to === end ? whole || 1 : 0);
    if (to === end) network.session.wrote(at.block.offset, 4 * layout.count);
  };

  const endStep = (at: FitState): void => {
    loss /= whole || 1;
    at.steps++;
    batch++;
    if (!finite) {
      if (kept) scorer.sums.set(kept); // the parts before count for nothing either
      return;
    }
    at.updates++;
    average?.add(at.updates);
    watcher?.after(loss, telling);
    stepReport.epoch = epoch + 1;
    stepReport.step = at.steps;
    stepReport.loss = loss;
    stepReport.learningRate = rate;
    // one that is async is not waited for
    for (const callback of callbacks) (callback.onStep?.(stepReport, running) as unknown as Promise<unknown> | undefined)?.catch?.((error) => (thrown ??= { error }));
  };

  /** Brings parameters, gradients and optimizer state up to date, where programs run on another memory. */
  const pull = (at: FitState): Promise<void> | undefined => network.pull(at.block)?.then(() => void (away = false));

  /** Runs up to `times` steps of one program, between which nobody looks; `finite` is false if the last one was not. */
  const advance = (at: FitState, program: LoadedProgram, set: DataSet, count: number, times: number): Promise<void> | undefined => {
    const { runner } = network.session, rates: number[] = [];
    /** Prepares the step that is `i` steps further. */
    const before = (i: number): void => at.prepare((rates[i] = rateAt(at.steps + i)), (batch + i) * batchSize, undefined, i);
    const after = (i: number): boolean => {
      if ((finite = at.finite)) {
        scorer.add(set, batch * batchSize, count, program, at.scores);
        stepReport.learningRate = rates[i]!;
        at.steps++;
        at.updates++;
        batch++;
      }
      return finite;
    };
    away = true;
    if (runner) return runner.series(program, times, at, before, after);
    do {
      before(0);
      program.runSync();
    } while (after(0) && --times > 0);
    return undefined;
  };

  /** What a checkpoint says of the run now, beside parameters and optimizer state; `given`, if it is one that somebody gets. */
  const position = (given?: boolean): Position => {
    const extra = scorer.save(), reports = [...history.epochs];
    if (average) extra.set(AVERAGE, { data: average.numbers.slice(), shape: [layout.count] });
    const saved = callbacks.map((callback) => callback.save?.(extra, given));
    const own = { sums: [...scorer.sums], left, seconds, learningRate: stepReport.learningRate, reports, heard } satisfies Partial<FitNotes>;
    return { notes: { ...settings, ...own, callbacks: saved, doctor: watcher?.save(extra) }, extra };
  };

  /** Waits for a source; undefined if the run is to stop. */
  const awaited = async <T>(coming: Promise<T>): Promise<T | undefined> => {
    const value = await Promise.race([coming, new Promise<undefined>((resolve) => (wake = () => resolve(undefined)))]);
    check();
    return value;
  };

  const check = (): void => {
    void network.session; // throws if the model has been disposed
    if (thrown) throw thrown.error;
    if (signal?.aborted) throw signal.reason;
  };

  /** Calls `look` while the model has the average, or the weights. */
  const showing = <T>(on: boolean, look: () => T): T => {
    const shown = average?.shown;
    average?.show(on);
    try {
      return look();
    } finally {
      average?.show(shown!);
    }
  };

  const restored = (at: FitState): void => {
    if (checkpoint && notes) {
      restore(checkpoint, network, at);
      ({ seconds } = notes);
      stepReport.learningRate = notes.learningRate;
      history.epochs.push(...notes.reports);
    }
    if (!averaged) average?.add(1); // before any step it is the weights
    begun = true;
    callbacks.forEach((callback, i) => {
      const saved = notes?.callbacks?.[i];
      if (saved !== null && saved !== undefined) callback.load?.(saved, extra);
    });
  };

  /** Tells the callbacks of the last epoch that have not heard of it. */
  const tell = async (): Promise<void> => {
    for (const entry = history.epochs.at(-1); entry && heard < callbacks.length;) {
      const waiting = callbacks[heard++]?.onEpoch?.(entry, running);
      if (waiting) await waiting;
    }
  };

  const running: Run = {
    ...info,
    network,
    plan,
    objective,
    history,
    halt,
    async state() {
      if (underWay) return new Promise<Uint8Array<ArrayBuffer>>((resolve) => asked.push(resolve));
      const pulled = state && !over && !running.final && pull(state);
      if (pulled) await pulled; // only then: else the run would go on before it is taken
      return running.checkpoint();
    },
    get at() {
      return state;
    },
    given: { data, options, defaults },
    stop() {
      stopped = true;
      wake();
    },
    evaluated: (look) => showing(true, look),
    async run(gate, report) {
      const free: (() => void)[] = [];
      const started: Callback[] = [];
      const hold = async (held: Promise<void> | undefined): Promise<void> => {
        for (let wait = held; wait && !stopped; wait = gate()) {
          await Promise.race([wait, new Promise<void>((resolve) => (wake = resolve))]);
          check();
        }
      };
      const moves: (() => void)[] | undefined = transfer && !watcher ? [] : undefined;
      const train = async (): Promise<void> => {
        await network.session.detach();
        if (network.session.runner) keeper = defaults.keeper?.(network, callbacks, position, (checkpoint, kept) => {
          running.final = () => checkpoint;
          average?.load(kept.get(AVERAGE)!.data as Float32Array);
        });
        const uploaded = async (layout: DataLayout, feed: Feed | undefined): Promise<DataSet> => {
          const set = feed ? feed.open(network, layout) : await upload(network, layout, pause, moves);
          free.push(() => set.free());
          return set;
        };
        const set = await uploaded(plan.data, feed), other = plan.validation?.data && await uploaded(plan.validation.data, feeds.validation);
        moves?.forEach((move) => move());
        check();
        defaults.onBegin(running);
        const own = state = makeState(network, layout, seed);
        await pause(); // large parts of the work before the first step are tasks of their own
        const order = feed ? undefined : split(objective, set, rows, seed);
        const load = (program: Program): LoadedProgram => {
          const loaded = network.load(program, { [FIT]: own.block, [DATA]: set.block });
          free.push(() => network.session.unload(loaded));
          return loaded;
        };
        const loaded = new Map([...plan.training].map(([count, program]) => [count, load(program)]));
        const programs = (count: number): LoadedProgram => {
          if (!loaded.has(count)) loaded.set(count, load(plan.program(count))); // a stream ends where it ends
          return loaded.get(count)!;
        };
        applier = plan.apply && load(plan.apply);
        /** Does nobody look between two steps, or have a part in them? */
        const alone = ![watcher, average, applier, optimizer.drive, feed, ...callbacks.map(({ onStep }) => onStep)].some(Boolean);
        const held = plan.validation, evaluator = held && (feeds.validation?.evaluator ?? makeEvaluator)(network, objective, held.plan, other ?? set, other ? 0 : rows);
        if (evaluator) free.push(() => evaluator.free());
        for (const callback of callbacks) {
          started.push(callback);
          await callback.onStart?.(running);
        }
        restored(own);
        await tell(); // the checkpoint may stand between two of them
        const start = performance.now() - 1000 * seconds, until = performance.now() + milliseconds, goal = Math.min(PIECE, yieldEvery / 2);
        let spare = most, piece = 1;
        const kept = keeper?.keep(own);
        if (kept) await kept;
        await pause();
        while (epoch < epochs && !stopped) {
          check();
          const held = gate();
          if (held) await hold(held);
          if (stopped) break;
          const began = performance.now();
          let done = 0;
          if (order) set.order(order);
          if (shuffle) set.shuffle(rows, seed, epoch);
          feed?.begin(epoch, batch * batchSize);
          let ended = false;
          while ((feed || batch < batches) && !stopped) {
            const held = gate();
            if (held) await hold(held);
            if (stopped) break;
            first = batch * batchSize;
            let count: number | undefined = Math.min(batchSize, rows - first);
            if (feed) {
              const coming = feed.next();
              count = typeof coming === "number" ? coming : await awaited(coming);
              ended = count === 0;
              if (!count) break; // the epoch ends, or the run
              first = feed.place;
            }
            end = first + count;
            done += count;
            const begun = own.steps, began = alone ? performance.now() : 0;
            underWay = true;
            if (alone) {
              // up to the last batch, which may have fewer rows
              const waiting = advance(own, programs(count), set, count, Math.min(piece, spare, Math.max(1, Math.floor(rows / batchSize) - batch)));
              if (waiting) await waiting;
              if (!finite) throw nonFinite(own.steps + 1, epoch + 1, own.loss);
              done += (own.steps - begun - 1) * count;
              piece = Math.max(1, Math.min(2 * piece, Math.floor((own.steps - begun) * goal / (performance.now() - began || 1e-9)), MOST)); // a clock may stand still
            } else {
              if (watcher?.looks(own)) await pull(own);
              beginStep(own, programs);
              for (let row = first; row < end; row += micro) {
                const program = beginPart(own, programs, row);
                if (finite) {
                  const waiting = program.run();
                  if (row === first) feed?.fill();
                  if (waiting) await waiting; // only then: each await costs 300 bytes
                  if (!own.finite) await judge(own, program);
                }
                endPart(own, program, set, row);
                if (finite && optimizer.drive)
                  for (const _ of optimizer.drive({ state: own, network, learningRate: rate })) {
                    const waiting = program.run() ?? pause();
                    if (waiting) await waiting;
                  }
                if (row + micro < end) {
                  const turn = pause();
                  if (turn) await turn;
                }
              }
              if (finite && applier) {
                const waiting = applier.run();
                if (waiting) await waiting;
                if (!own.finite) await judge(own, applier);
              }
              if (keeper && (keeper.watched || average || (watcher && batch === batches - 1))) await pull(own);
              endStep(own);
            }
            rest();
            check();
            spare -= own.steps - begun;
            if (spare <= 0 || (until < Infinity && performance.now() >= until)) stopped = spent = true;
            const turn = keeper?.keep(own) ?? pause();
            if (turn) {
              await turn;
              check();
            }
          }
          const pulled = pull(own);
          if (pulled) await pulled;
          network.wantFinite(own.steps, epoch + 1);
          if (stopped && !ended && batch < batches) break;
          const trained = performance.now(), scores = scorer.scores(set, 0);
          average?.show(true);
          const validation = evaluator && await evaluator.run(pause, epoch, awaited);
          check();
          average?.show(false);
          seconds = (performance.now() - start) / 1000;
          const entry = {
            epoch: epoch + 1, step: own.steps, ...scores, learningRate: stepReport.learningRate, seconds,
            rowsPerSecond: done / Math.max((trained - began) / 1000, 1e-9), findings: [], validation,
          } as Report;
          history.epochs.push(entry);
          if (watcher) entry.findings = watcher.findings(entry);
          scorer.reset();
          epoch++;
          batch = left = 0; // a checkpoint goes on from here
          heard = 0;
          await tell();
          report(entry);
        }
        if (spent && epoch < epochs) history.checkpoint = running.checkpoint();
      };
      try {
        signal?.addEventListener("abort", halt);
        await train();
      } catch (error) {
        throw keeper ? await keeper.recover(error, state) : error;
      } finally {
        signal?.removeEventListener("abort", halt);
        over = true;
        rest();
        try {
          for (const feed of Object.values(feeds)) await feed.close();
          if (network.attached && begun) average?.show(true);
          let failed: { error: unknown } | undefined;
          for (const callback of started)
            try {
              await callback.onEnd?.(running);
            } catch (error) {
              failed ??= { error }; // the others hear of the end all the same
            }
          if (failed) throw failed.error;
        } finally {
          if (network.attached) for (const release of free.reverse()) release();
        }
      }
    },
    checkpoint() {
      if (!state || !begun) throw notStarted();
      if (running.final) return running.final();
      if (away && !over && network.session.twin) throw notHere();
      const at = state;
      return showing(false, () => {
        const { notes: now, extra: tensors } = position(true);
        return writeCheckpoint(network, at, now, tensors);
      });
    },
    release() {
      if (network.attached) state?.free();
      state = running.final = keeper = undefined;
    },
  };
  return running;
}

/** Name of the average in a checkpoint, beside those of outputs. */
export const AVERAGE = "moving average";

/** Batches that are done of the epoch after the reported ones; throws if a checkpoint's position is none of this run, of so many batches
 * and sums. Of a run with other options, any will do. */
function batchOf({ sums, left, reports, seconds, learningRate, heard }: FitNotes, steps: number, [batches = Infinity, count]: readonly number[]): number {
  const sound = Array.isArray(reports) && reports.every(isRecord) && Array.isArray(sums) && sums.length === (count ?? sums.length)
    && [...sums, seconds, learningRate].every((n) => typeof n === "number") && left >= 0 && heard >= 0;
  const batch = sound ? steps - (reports.at(-1)?.step ?? 0) - left : -1;
  if (!(Number.isInteger(batch) && batch >= 0 && batch <= batches)) throw brokenCheckpoint();
  return batch;
}

