// A run over a data set: epochs of steps, validation, reports. Built on the same state and programs as the trainer.

import { type Data, WEIGHT } from "../data/columns.ts";
import { StateError } from "../errors.ts";
import { type Network } from "../network.ts";
import { badOption, checkNames, isRecord, wantBoolean, wantCount, wantFunction, wantNumber, wantSeed } from "../options.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Program } from "../program.ts";
import { describeSchedule, type Schedule, type ScheduleInfo } from "../schedules/schedule.ts";
import type { Block, LoadedProgram } from "../session.ts";
import { SPLIT } from "../ops/random.ts";
import { sizeOf } from "../shape.ts";
import { nextTask, pacer } from "../yield.ts";
import { brokenCheckpoint, describeModel, mismatch, readCheckpoint, restore, writeCheckpoint, wantSettings } from "./checkpoint.ts";
import { type DataSet, layOut, upload } from "./dataset.ts";
import { EVALUATION_ROWS, type EvaluationPlan, type Evaluator, makeEvaluator, makeScorer, planEvaluation } from "./evaluate.ts";
import { describeLosses, dataColumns, type Objective, type ObjectiveOptions, resolveObjective, targetName } from "./objective.ts";
import { DATA, type DataLayout, scoreCount, trainingProgram } from "./programs.ts";
import { History, type Report, type StepReport } from "./report.ts";
import { FIT, type FitLayout, type FitState, layOutFit, makeState, wantOptimizer } from "./state.ts";
import { nonFinite, wantClip, wantRate } from "./trainer.ts";

export interface FitOptions extends ObjectiveOptions {
  /** adam() by default. */
  optimizer?: Optimizer;
  /** What becomes of the optimizer's rate; constant by default. */
  schedule?: Schedule;
  /** Rows of a step; 32 by default. The last batch of an epoch may be smaller. */
  batchSize?: number;
  /** Rounds over the data; 1 by default. */
  epochs?: number;
  /** For shuffling, splitting and dropout; the model's by default. */
  seed?: number;
  /** A new order for each epoch; true by default. */
  shuffle?: boolean;
  /** Data to evaluate after each epoch, or the share of the data that is held out for it: shuffled by the seed, and with
   * every class in its share where the loss tells classes. */
  validation?: Data | number;
  /** Bounds the Euclidean norm of all gradients. */
  clipNorm?: number;
  /** Ends the run after the current step; it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Told of each step; its argument is one object whose fields change. */
  onStep?: (step: StepReport) => void;
  /** Bytes of a checkpoint to go on from: the run then has the bits of one that was never stopped. */
  resume?: Uint8Array;
  /** Milliseconds after which the event loop gets a turn; 12 by default. */
  yieldEvery?: number;
}

export const FIT_OPTIONS = [
  "loss", "lossWeights", "metrics", "optimizer", "schedule", "batchSize", "epochs", "seed", "shuffle", "validation", "clipNorm", "signal",
  "onStep", "resume", "yieldEvery",
];

/** What a model lends to a run. */
export interface FitDefaults {
  seed: number;
  classes: readonly string[] | undefined;
  /** What the last run holds until this one begins, */
  freed: Block | undefined;
  /** when this is called: the data are sound, and nothing stands in the way. */
  onBegin(run: Run): void;
}

/** All that is known of a run before memory is allocated. */
export interface FitPlan {
  objective: Objective;
  layout: FitLayout;
  data: DataLayout;
  /** Places of the data set that are trained on; the others are held out. */
  rows: number;
  batchSize: number;
  /** By number of rows. */
  training: ReadonlyMap<number, Program>;
  validation: { plan: EvaluationPlan; data: DataLayout | undefined } | undefined;
}

/** Checks the options and compiles the programs of a run. Changes nothing. */
export function planFit(network: Network, data: Data, options: FitOptions, classes: readonly string[] | undefined): FitPlan {
  checkNames("fit", options, FIT_OPTIONS);
  const objective = resolveObjective(network, options);
  const optimizer = wantOptimizer(options.optimizer);
  const columns = dataColumns(network, objective, data, classes);
  const { validation } = options;
  const held = typeof validation === "number" ? heldOut(wantNumber("validation", validation, 0, 1), columns.rows) : 0;
  const rows = columns.rows - held;
  const batchSize = Math.min(wantCount("batchSize", options.batchSize ?? 32), rows);
  const layout = layOutFit(network, optimizer, scoreCount(objective));
  const table = layOut(columns);
  const clip = wantClip(options.clipNorm);
  const outputs = objective.some(({ metrics }) => metrics.some(({ metric }) => metric.all));
  const sizes = rows % batchSize ? [batchSize, rows % batchSize] : [batchSize];
  const parts = { network, objective, columns: columns.columns, layout, clip };
  const training = new Map(sizes.map((size) => [size, trainingProgram(parts, size, table, { outputs })]));
  const plan: FitPlan = { objective, layout, data: table, rows, batchSize, training, validation: undefined };
  if (held) plan.validation = { plan: planEvaluation(network, objective, table, held, EVALUATION_ROWS), data: undefined };
  else if (validation !== undefined && typeof validation !== "number") {
    const other = layOut(dataColumns(network, objective, validation, classes, "validation."));
    plan.validation = { plan: planEvaluation(network, objective, other, other.rows, EVALUATION_ROWS), data: other };
  }
  return plan;
}

function heldOut(share: number, rows: number): number {
  const held = Math.round(share * rows);
  if (held < 1 || held >= rows) throw badOption("validation", share, `a share that leaves some of the ${rows} rows on both sides`);
  return held;
}

/** Bytes of a run's parts. */
export function planBytes({ layout, data, training, validation }: FitPlan): {
  /** In the order in which a run takes them; the first `uploads` are data. */
  blocks: number[];
  uploads: number;
  programs: number;
  data: number;
  arena: number;
} {
  const words = (programs: ReadonlyMap<number, Program> = new Map()): number[] => [...programs.values()].map((program) => program.words.byteLength);
  const steps = words(training), evaluations = words(validation?.plan.programs), held = validation?.data?.bytes ?? 0;
  return {
    blocks: [data.bytes, ...(held ? [held] : []), layout.bytes, ...steps, ...(validation ? [validation.plan.cells] : []), ...evaluations],
    uploads: held ? 2 : 1,
    programs: [...steps, ...evaluations].reduce((a, b) => a + b, 0), data: data.bytes + held,
    arena: Math.max(...[...training.values(), ...(validation?.plan.programs.values() ?? [])].map((program) => program.arena)),
  };
}

/** What a checkpoint of a run says. */
interface FitNotes {
  seed: number;
  rows: number;
  batchSize: number;
  shuffle: boolean;
  clipNorm: number;
  schedule: unknown;
  loss: unknown;
  /** Epochs that are done, and batches of the next one. */
  epoch: number;
  batch: number;
  sums: number[];
  seconds: number;
  /** Of the last step. */
  learningRate: number;
  reports: Report[];
  [more: string]: unknown;
}

/** A run: its state in memory and its position. */
export interface Run {
  readonly objective: Objective;
  readonly history: History<Report>;
  /** Gradients and optimizer state, while the run has them. */
  readonly block: Block | undefined;
  /** Lets the run end after the current step. */
  stop(): void;
  /** Ends the wait before an epoch: the model has been disposed. */
  halt(): void;
  /** Runs to the end. `gate` is awaited before each epoch, `report` told after it. */
  run(gate: () => Promise<void>, report: (report: Report) => void): Promise<void>;
  /** Bytes from which `resume` goes on: the state after the last step. */
  checkpoint(): Uint8Array;
  /** Gives the memory of gradients and optimizer state back. */
  release(): void;
}

/** Prepares a run; nothing is allocated before it begins. */
export function makeRun(network: Network, data: Data, options: FitOptions, defaults: FitDefaults): Run {
  const plan = planFit(network, data, options, defaults.classes), { objective, rows, batchSize, layout } = plan;
  const epochs = wantCount("epochs", options.epochs ?? 1), shuffle = wantBoolean("shuffle", options.shuffle ?? true);
  const pause = pacer(wantNumber("yieldEvery", options.yieldEvery ?? 12, 0)), { onStep, schedule, signal } = options;
  if (onStep !== undefined) wantFunction("onStep", onStep);
  if (schedule !== undefined) wantFunction("schedule", schedule);
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw badOption("signal", signal, "an AbortSignal");
  const checkpoint = options.resume === undefined ? undefined : readCheckpoint(options.resume, network, layout);
  const notes = checkpoint?.notes as FitNotes | undefined;
  const seed = wantSeed(options.seed ?? notes?.seed ?? defaults.seed);
  const batches = Math.ceil(rows / batchSize);
  const info: ScheduleInfo = { steps: batches * epochs, epochs, base: layout.optimizer.hyper.learningRate };
  const scorer = makeScorer(network, objective, rows), history = new History<Report>();
  const stepReport: StepReport = { epoch: 0, step: 0, steps: info.steps, loss: NaN, learningRate: 0 };
  // what shapes the run's bits, as plain data
  const settings = {
    run: "fit", model: describeModel(network), trained: layout.slots.map(({ parameter }) => parameter.name),
    weights: plan.data.columns.some(({ name }) => name === WEIGHT), metrics: objective.flatMap(({ metrics }) => metrics.map(({ key }) => key)),
    seed: seed.seed, rows, batchSize, shuffle, clipNorm: options.clipNorm ?? 0, schedule: describeSchedule(schedule), loss: describeLosses(objective),
  };
  if (checkpoint && notes) {
    compare(notes, settings, { epochs, batches, steps: checkpoint.steps, sums: scorer.sums.length });
    const done = Math.min(notes.batch * batchSize, rows);
    if (!scorer.load(notes.sums, done, (output) => checkpoint.file.tensors.get(`extra ${output}`))) throw brokenCheckpoint();
  }
  const bytes = planBytes(plan);
  network.session.want(bytes.blocks, bytes.arena, "fit", defaults.freed, bytes.uploads);

  let wake = (): void => {};
  const halt = (): void => wake();
  let state: FitState | undefined, begun = false, epoch = 0, batch = 0, seconds = 0, stopped = false;

  /** One step: prepare the cells, run the program, look whether all was finite. */
  const step = (at: FitState, programs: ReadonlyMap<number, LoadedProgram>, set: DataSet): void => {
    const from = batch * batchSize, count = Math.min(batchSize, rows - from), program = programs.get(count)!;
    const rate = schedule ? wantRate(schedule(at.steps, info), at.steps) : info.base;
    at.prepare(rate, from);
    program.run();
    if (!at.finite) throw nonFinite(at.steps + 1, epoch + 1, at.loss);
    at.steps++;
    at.updates++;
    batch++;
    scorer.add(set, from, count, program, at.scores);
    stepReport.epoch = epoch + 1;
    stepReport.step = at.steps;
    stepReport.loss = at.loss;
    stepReport.learningRate = rate;
    onStep?.(stepReport);
  };

  const check = (): void => {
    void network.session; // throws if the model has been disposed
    if (signal?.aborted) throw signal.reason;
  };

  const restored = (at: FitState): void => {
    if (!checkpoint || !notes) return;
    restore(checkpoint, network, at);
    ({ epoch, batch, seconds } = notes);
    stepReport.learningRate = notes.learningRate;
    history.epochs.push(...notes.reports);
  };

  const run: Run = {
    objective,
    history,
    halt,
    get block() {
      return state?.block;
    },
    stop() {
      stopped = true;
    },
    async run(gate, report) {
      const free: (() => void)[] = [];
      try {
        signal?.addEventListener("abort", halt);
        const uploaded = async (layout: DataLayout): Promise<DataSet> => {
          const set = await upload(network, layout, pause);
          free.push(() => set.free());
          return set;
        };
        const set = await uploaded(plan.data), other = plan.validation?.data && await uploaded(plan.validation.data);
        check();
        defaults.onBegin(run);
        const own = state = makeState(network, layout, seed), order = split(plan, seed, set);
        const programs = new Map([...plan.training].map(([count, program]) => {
          const loaded = network.load(program, { [FIT]: own.block, [DATA]: set.block });
          free.push(() => network.session.unload(loaded));
          return [count, loaded];
        }));
        const evaluator = validator(network, plan, set, other);
        if (evaluator) free.push(() => evaluator.free());
        restored(own);
        begun = true;
        const start = performance.now() - 1000 * seconds;
        for (; epoch < epochs; epoch++, batch = 0) {
          check();
          await Promise.race([gate(), new Promise<void>((resolve) => (wake = resolve))]);
          check();
          if (stopped) break;
          const began = performance.now(), first = batch;
          set.order(order);
          if (shuffle) set.shuffle(rows, seed, epoch);
          while (batch < batches && !stopped) {
            step(own, programs, set);
            check();
            const turn = pause();
            if (turn) {
              await turn; // only then: each await costs 300 bytes
              check();
            }
          }
          network.wantFinite(own.steps, epoch + 1);
          if (stopped && batch < batches) break;
          const trained = performance.now(), { loss, ...more } = scorer.scores(set, 0);
          const validation = await evaluator?.run(pause);
          check();
          seconds = (performance.now() - start) / 1000;
          const entry = {
            epoch: epoch + 1, step: own.steps, loss, ...more, learningRate: stepReport.learningRate, seconds,
            rowsPerSecond: Math.max(rows - first * batchSize, 0) / Math.max((trained - began) / 1000, 1e-9), findings: [], validation,
          } as Report;
          history.epochs.push(entry);
          scorer.reset();
          report(entry);
        }
      } finally {
        signal?.removeEventListener("abort", halt);
        if (network.attached) for (const release of free.reverse()) release();
      }
    },
    checkpoint() {
      if (!state || !begun) throw new StateError("not-started", { of: "checkpoint", problem: "this run has not begun, or its memory is a later one's" });
      const { learningRate } = stepReport, position = { epoch, batch, sums: [...scorer.sums], seconds, learningRate, reports: history.epochs };
      return writeCheckpoint(network, state, { ...settings, ...position } satisfies FitNotes, scorer.save());
    },
    release() {
      if (network.attached) state?.free();
      state = undefined;
    },
  };
  return run;
}

/** Throws if a checkpoint belongs to a run with other settings, or its position is none. */
function compare(notes: FitNotes, settings: Readonly<Record<string, unknown>>, { epochs, batches, steps, sums: count }: { epochs: number; batches: number; steps: number; sums: number }): void {
  wantSettings(notes, settings);
  const { epoch, batch, sums, reports, seconds, learningRate } = notes;
  const whole = (n: unknown, most: number): boolean => Number.isSafeInteger(n) && (n as number) >= 0 && (n as number) <= most;
  const numbers = (list: unknown): boolean => Array.isArray(list) && list.every((n) => typeof n === "number");
  if (!whole(epoch, Infinity) || !whole(batch, batches) || !numbers(sums) || sums.length !== count || steps !== epoch * batches + batch
    || !Array.isArray(reports) || reports.length < epoch || !reports.every(isRecord) || !numbers([seconds, learningRate])) throw brokenCheckpoint();
  if (epoch > epochs) throw mismatch("epochs", epoch, epochs);
}

/** Row numbers in the order of their use: those to train on, then those held out. */
function split(plan: FitPlan, seed: { low: number; high: number }, data: DataSet): Uint32Array {
  const all = data.layout.rows, held = all - plan.rows, order = Uint32Array.from({ length: all }, (_, i) => i);
  if (held === 0) return order;
  data.order(order);
  data.shuffle(all, seed, 0, SPLIT);
  for (let at = 0; at < all; at++) order[at] = data.id(at);
  const classOf = labels(plan);
  if (!classOf) return order;
  // each class gives its share; largest remainders fill up
  const counts = new Map<number, number>();
  for (const id of order) counts.set(classOf(id), (counts.get(classOf(id)) ?? 0) + 1);
  const shares = [...counts].map(([label, count]) => ({ label, exact: (count * held) / all }));
  const open = held - shares.reduce((sum, { exact }) => sum + Math.floor(exact), 0);
  shares.sort((a, b) => (b.exact % 1) - (a.exact % 1)); // of equal ones, the class that was drawn first
  const left = new Map(shares.map(({ label, exact }, i) => [label, Math.floor(exact) + (i < open ? 1 : 0)]));
  const train: number[] = [], out: number[] = [];
  for (const id of order) {
    const label = classOf(id), wanted = left.get(label)!;
    left.set(label, wanted - 1);
    (wanted > 0 ? out : train).push(id);
  }
  return Uint32Array.from([...train, ...out]);
}

/** The evaluator of what is held out, or of data of its own. */
function validator(network: Network, { validation, rows, objective }: FitPlan, set: DataSet, other: DataSet | undefined): Evaluator | undefined {
  if (!validation) return undefined;
  other?.order(Uint32Array.from({ length: other.layout.rows }, (_, i) => i));
  return makeEvaluator(network, objective, validation.plan, other ?? set, other ? 0 : rows);
}

/** The class of each row, where there is one output that tells classes and every row has one. */
function labels({ objective, data }: FitPlan): ((id: number) => number) | undefined {
  const part = objective.find(({ reading }) => reading !== undefined);
  if (!part) return undefined;
  const { dtype, shape, data: numbers } = data.columns.find(({ name }) => name === targetName(part.output))!, width = sizeOf(shape);
  const several = part.reading === "logits" || part.reading === "probabilities";
  if (width === 1) {
    // 0 and 1, or −1 and 1, but no probabilities between them
    const classes = dtype === "int32" || !several && Array.prototype.every.call(numbers, (n: number) => n === 0 || n * n === 1);
    return classes ? (id) => numbers[id]! : undefined;
  }
  if (dtype === "int32" || !several) return undefined;
  return (id) => {
    let best = 0;
    for (let i = 1; i < width; i++) if (numbers[id * width + i]! > numbers[id * width + best]!) best = i;
    return best;
  };
}

/** A fit: iterate it for its reports, or await it for its history. An iterator that is taken at once paces the run: each
 * epoch begins when its report is asked for, and leaving the loop ends it; awaiting the fit beside it lets it run on. */
export class Training<R = Report> implements AsyncIterable<R>, PromiseLike<History<R>> {
  /** The plain promise. */
  readonly done: Promise<History<R>>;
  private readonly current: Run | undefined;
  private readonly reports: R[] = [];
  private paced = false;
  private asked = 0;
  private ended = false;
  private failure: { error: unknown } | undefined;
  private wake: (() => void)[] = [];

  /** @internal */
  constructor(make: () => Run, onEnd: (run: Run | undefined) => void) {
    let run: Run | undefined, failure: { error: unknown } | undefined;
    try {
      run = make();
    } catch (error) {
      failure = { error };
    }
    this.current = run;
    this.done = (async () => {
      await nextTask();
      try {
        if (failure) throw failure.error;
        await run!.run(() => this.gate(), (report) => {
          this.reports.push(report as R);
          this.notify();
        });
        return run!.history as History<R>;
      } catch (error) {
        this.failure = { error };
        throw error;
      } finally {
        this.ended = true;
        onEnd(run);
        this.notify();
      }
    })();
  }

  /** Ends the run after the current step; it resolves with the history so far. */
  stop(): void {
    this.current?.stop();
    this.asked = Infinity;
    this.notify();
  }

  /** Bytes from which `fit(data, { resume })` goes on, bit for bit: now, or after the end until the next fit begins.
   *
   * @throws (as a rejection) StateError before the first step; NonFiniteError if an update has gone beyond float32.
   */
  async checkpoint(): Promise<Uint8Array> {
    if (!this.current) await this.done;
    return this.current!.checkpoint();
  }

  then<A = History<R>, B = never>(
    fulfilled?: ((history: History<R>) => A | PromiseLike<A>) | null, rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.asked = Infinity; // who awaits wants the end
    this.notify();
    return this.done.then(fulfilled, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<History<R> | B> {
    return this.then(undefined, rejected);
  }

  finally(settled?: (() => void) | null): Promise<History<R>> {
    return this.then().finally(settled);
  }

  [Symbol.asyncIterator](): AsyncIterator<R, undefined> {
    this.done.catch(() => {}); // the iterator tells of the error
    if (!this.started) this.paced = true;
    let at = 0, told = false;
    return {
      next: async () => {
        while (at >= this.reports.length && !this.ended) {
          if (this.asked <= at) {
            this.asked = at + 1; // anew: another call may have taken the report
            this.notify();
          }
          await new Promise<void>((resolve) => this.wake.push(resolve));
        }
        if (at < this.reports.length) return { done: false, value: this.reports[at++]! };
        if (this.failure && !told) {
          told = true;
          throw this.failure.error;
        }
        return { done: true, value: undefined };
      },
      return: async () => {
        told = true;
        this.stop();
        await this.done.catch(() => {});
        return { done: true, value: undefined };
      },
    };
  }

  private started = false;

  /** Before an epoch: waits until somebody asks for its report. */
  private async gate(): Promise<void> {
    this.started = true;
    while (this.paced && this.asked <= this.reports.length) await new Promise<void>((resolve) => this.wake.push(resolve));
  }

  private notify(): void {
    const { wake } = this;
    this.wake = [];
    for (const resolve of wake) resolve();
  }
}
