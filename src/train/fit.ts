// A run over a data set: epochs of steps, validation, reports. Built on the same state and programs as the trainer.

import type { Data } from "../data/columns.ts";
import { FormatError, OptionError, StateError, show } from "../errors.ts";
import { type Network } from "../network.ts";
import { checkNames, wantBoolean, wantCount, wantFunction, wantNumber, wantSeed } from "../options.ts";
import { adam } from "../optimizers/index.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Program } from "../program.ts";
import { describeSchedule, type Schedule, type ScheduleInfo } from "../schedules/schedule.ts";
import type { LoadedProgram } from "../session.ts";
import { isLoss } from "../losses/loss.ts";
import { nextTask, Pacer } from "../yield.ts";
import { type Checkpoint, mismatch, readCheckpoint, restore, writeCheckpoint } from "./checkpoint.ts";
import { DataSet, layOut, SPLIT } from "./dataset.ts";
import { Collector, EVALUATION_ROWS, type EvaluationPlan, Evaluator, planEvaluation, Tally } from "./evaluate.ts";
import { dataColumns, type Objective, type ObjectiveOptions, resolveObjective, targetName } from "./objective.ts";
import { DATA, scoreCount, trainingProgram } from "./programs.ts";
import { type Evaluation, History, type Report, type StepReport } from "./report.ts";
import { FIT, FitLayout, FitState, wantOptimizer } from "./state.ts";
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

const OPTIONS = [
  "loss", "lossWeights", "metrics", "optimizer", "schedule", "batchSize", "epochs", "seed", "shuffle", "validation", "clipNorm", "signal",
  "onStep", "resume", "yieldEvery",
];

/** What a model lends to a run. */
export interface FitDefaults {
  seed: number;
  classes: readonly string[] | undefined;
}

/** All that is known of a run before memory is allocated. */
export interface FitPlan {
  objective: Objective;
  layout: FitLayout;
  data: ReturnType<typeof layOut>;
  /** Places of the data set that are trained on; the others are held out. */
  rows: number;
  batchSize: number;
  /** By number of rows. */
  training: ReadonlyMap<number, Program>;
  validation: { plan: EvaluationPlan; data: ReturnType<typeof layOut> | undefined } | undefined;
}

/** Checks the options and compiles the programs of a run. Changes nothing. */
export function planFit(network: Network, data: Data, options: FitOptions, classes: readonly string[] | undefined): FitPlan {
  checkNames("fit", options, OPTIONS);
  const objective = resolveObjective(network, options);
  const optimizer = options.optimizer === undefined ? adam() : wantOptimizer(options.optimizer);
  const columns = dataColumns(network, objective, data, classes);
  const { validation } = options;
  const held = typeof validation === "number" ? heldOut(wantNumber("validation", validation, 0, 1), columns.rows) : 0;
  const rows = columns.rows - held;
  const batchSize = Math.min(wantCount("batchSize", options.batchSize ?? 32), rows);
  const layout = new FitLayout(network, optimizer, scoreCount(objective));
  const table = layOut(columns), feed = { kind: "gathered", data: table } as const;
  const clip = options.clipNorm === undefined ? 0 : wantClip(options.clipNorm);
  const outputs = objective.some(({ metrics }) => metrics.some(({ metric }) => metric.all));
  const sizes = rows % batchSize ? [batchSize, rows % batchSize] : [batchSize];
  const parts = { network, objective, columns: columns.columns, layout, clip };
  const training = new Map(sizes.map((size) => [size, trainingProgram(parts, size, feed, { outputs })]));
  const plan: FitPlan = { objective, layout, data: table, rows, batchSize, training, validation: undefined };
  if (held) plan.validation = { plan: planEvaluation(network, objective, table, held, EVALUATION_ROWS), data: undefined };
  else if (validation !== undefined && typeof validation !== "number") {
    const other = layOut(dataColumns(network, objective, validation, classes));
    plan.validation = { plan: planEvaluation(network, objective, other, other.rows, EVALUATION_ROWS), data: other };
  }
  return plan;
}

function heldOut(share: number, rows: number): number {
  const held = Math.round(share * rows);
  if (held < 1 || held >= rows)
    throw new OptionError("bad-option", `validation: a share of ${share} of ${rows} rows leaves ${held ? "nothing to train on" : "nothing to validate with"}`,
      { option: "validation", got: share, wanted: "a share that leaves rows on both sides" });
  return held;
}

/** Bytes of a run's parts. */
export function planBytes({ layout, data, training, validation }: FitPlan): { blocks: number[]; programs: number; data: number; arena: number } {
  const programs = [...training.values(), ...(validation?.plan.programs.values() ?? [])];
  const words = programs.map((program) => program.words.byteLength);
  const dataBytes = [data.bytes, ...(validation?.data ? [validation.data.bytes] : [])];
  return {
    blocks: [layout.bytes, ...dataBytes, ...words, ...(validation ? [validation.plan.cells] : [])],
    programs: words.reduce((a, b) => a + b, 0), data: dataBytes.reduce((a, b) => a + b, 0),
    arena: Math.max(...programs.map((program) => program.arena)),
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
export class Run {
  readonly history = new History<Report>();
  readonly epochs: number;
  private readonly network: Network;
  private readonly plan: FitPlan;
  private readonly options: FitOptions;
  private readonly seed: { seed: number; low: number; high: number };
  private readonly shuffle: boolean;
  private readonly pacer: Pacer;
  private readonly info: ScheduleInfo;
  private readonly checkpointed: Checkpoint | undefined;
  private readonly tally: Tally;
  private readonly collector: Collector;
  private readonly stepReport: StepReport;
  private state: FitState | undefined;
  private epoch = 0;
  private batch = 0;
  private seconds = 0;
  private stopped = false;

  constructor(network: Network, data: Data, options: FitOptions, defaults: FitDefaults) {
    this.plan = planFit(network, data, options, defaults.classes);
    this.network = network;
    this.options = options;
    this.epochs = wantCount("epochs", options.epochs ?? 1);
    this.shuffle = wantBoolean("shuffle", options.shuffle ?? true);
    const every = wantNumber("yieldEvery", options.yieldEvery ?? 12, 0);
    this.pacer = new Pacer(every);
    if (options.onStep !== undefined) wantFunction("onStep", options.onStep);
    if (options.schedule !== undefined) wantFunction("schedule", options.schedule);
    if (options.signal !== undefined && !(options.signal instanceof AbortSignal))
      throw new OptionError("bad-option", `signal: wanted an AbortSignal, got ${show(options.signal)}`, { option: "signal", got: options.signal });
    this.checkpointed = options.resume === undefined ? undefined : readCheckpoint(options.resume, network, this.plan.layout);
    this.seed = wantSeed(options.seed ?? this.checkpointed?.notes.seed ?? defaults.seed);
    const { plan: { objective, rows, layout } } = this;
    this.info = { steps: this.batches * this.epochs, epochs: this.epochs, base: layout.optimizer.hyper.learningRate };
    this.tally = new Tally(objective);
    this.collector = new Collector(network, objective, rows);
    this.stepReport = { epoch: 0, step: 0, steps: this.info.steps, loss: NaN, learningRate: 0 };
    if (this.checkpointed) this.compare(this.checkpointed.notes as FitNotes);
    const bytes = planBytes(this.plan);
    network.session.want(bytes.blocks, bytes.arena, "fit");
  }

  get objective(): Objective {
    return this.plan.objective;
  }

  private get batches(): number {
    return Math.ceil(this.plan.rows / this.plan.batchSize);
  }

  /** Lets the run end after the current step. */
  stop(): void {
    this.stopped = true;
  }

  /** Runs to the end. `gate` is awaited before each epoch, `report` told after it. */
  async run(gate: () => Promise<void>, report: (report: Report) => void): Promise<void> {
    const { network, plan, pacer: { pause }, options: { signal } } = this;
    const free: (() => void)[] = [];
    try {
      const data = await DataSet.upload(network, plan.data, pause);
      free.push(() => data.free());
      this.state = new FitState(network, plan.layout, this.seed);
      const order = this.split(data);
      const programs = new Map([...plan.training].map(([rows, program]) => {
        const loaded = network.load(program, { [FIT]: this.state!.block, [DATA]: data.block });
        free.push(() => network.session.unload(loaded));
        return [rows, loaded];
      }));
      const evaluator = await this.evaluator(data, free);
      if (this.checkpointed) this.restore(this.checkpointed);
      const start = performance.now() - 1000 * this.seconds;
      for (; this.epoch < this.epochs; this.epoch++, this.batch = 0) {
        await gate();
        this.check(signal);
        if (this.stopped) break;
        const began = performance.now(), first = this.batch;
        data.order(order);
        if (this.shuffle) data.shuffle(plan.rows, this.seed, this.epoch);
        for (; this.batch < this.batches && !this.stopped; ) {
          this.step(programs, data);
          this.check(signal);
          await pause();
          this.check(signal);
        }
        if (this.stopped && this.batch < this.batches) break;
        const trained = performance.now();
        const scores = this.tally.scores(this.collector.scores(data, 0));
        const validation = evaluator ? await evaluator.run(pause) : undefined;
        this.seconds = (performance.now() - start) / 1000;
        const rows = plan.rows - first * plan.batchSize;
        const entry = this.entry(scores, validation, rows / Math.max((trained - began) / 1000, 1e-9));
        this.history.epochs.push(entry);
        this.tally.reset();
        this.collector.reset();
        report(entry);
      }
    } finally {
      if (network.attached) for (const release of free.reverse()) release();
    }
  }

  /** Bytes from which `resume` goes on: the state after the last step. */
  checkpoint(): Uint8Array {
    const { state, plan, seed, tally, collector } = this;
    if (!state) throw new StateError("not-started", "checkpoint: the run has not made its first step, or its memory has been given to a later one");
    const notes: FitNotes = {
      ...this.settings(), seed: seed.seed, rows: plan.rows, epoch: this.epoch, batch: this.batch,
      sums: [...tally.sums], seconds: this.seconds, learningRate: this.stepReport.learningRate, reports: this.history.epochs,
    };
    return writeCheckpoint(this.network, state, notes, collector.save());
  }

  /** Gives the memory of gradients and optimizer state back. */
  release(): void {
    if (this.network.attached) this.state?.free();
    this.state = undefined;
  }

  /** One step: prepare the cells, run the program, look whether all was finite. */
  private step(programs: ReadonlyMap<number, LoadedProgram>, data: DataSet): void {
    const { plan, tally, collector, options: { schedule, onStep }, info, stepReport, network } = this, state = this.state!;
    const from = this.batch * plan.batchSize, rows = Math.min(plan.batchSize, plan.rows - from);
    const program = programs.get(rows)!;
    const rate = schedule ? wantRate(schedule(state.steps, info), state.steps) : info.base;
    state.prepare(rate, from);
    program.run();
    if (!state.finite) throw nonFinite(state.steps + 1, this.epoch + 1, state.loss);
    state.steps++;
    state.updates++;
    this.batch++;
    tally.add(data.weight(from, from + rows), network.session.floats, state.scores);
    if (collector.needed) collector.add(rows, program);
    stepReport.epoch = this.epoch + 1;
    stepReport.step = state.steps;
    stepReport.loss = state.loss;
    stepReport.learningRate = rate;
    onStep?.(stepReport);
  }

  private check(signal: AbortSignal | undefined): void {
    void this.network.session; // throws if the model has been disposed
    if (signal?.aborted) throw signal.reason;
  }

  /** Row numbers in the order of their use: those to train on, then those held out. */
  private split(data: DataSet): Uint32Array {
    const { plan, seed } = this, all = data.layout.rows, held = all - plan.rows;
    const order = Uint32Array.from({ length: all }, (_, i) => i);
    if (held === 0) return order;
    data.order(order);
    data.shuffle(all, seed, 0, SPLIT);
    for (let at = 0; at < all; at++) order[at] = data.id(at);
    const classOf = labels(plan);
    if (!classOf) return order;
    // each class gives its share; largest remainders fill up
    const byClass = new Map<number, number[]>();
    for (const id of order) {
      const list = byClass.get(classOf(id));
      if (list) list.push(id);
      else byClass.set(classOf(id), [id]);
    }
    const shares = [...byClass].map(([label, ids]) => ({ label, ids, exact: (ids.length * held) / all }));
    const taken = new Map(shares.map(({ label, exact }) => [label, Math.floor(exact)]));
    let open = held - shares.reduce((sum, { exact }) => sum + Math.floor(exact), 0);
    for (const { label } of shares.sort((a, b) => (b.exact % 1) - (a.exact % 1) || a.label - b.label)) {
      if (open-- <= 0) break;
      taken.set(label, taken.get(label)! + 1);
    }
    const train: number[] = [], out: number[] = [];
    for (const id of order) {
      const label = classOf(id), left = taken.get(label)!;
      if (left > 0) {
        out.push(id);
        taken.set(label, left - 1);
      } else train.push(id);
    }
    return Uint32Array.from([...train, ...out]);
  }

  private async evaluator(data: DataSet, free: (() => void)[]): Promise<Evaluator | undefined> {
    const { network, plan: { validation, rows, objective }, pacer: { pause } } = this;
    if (!validation) return undefined;
    let set = data, first = rows;
    if (validation.data) {
      set = await DataSet.upload(network, validation.data, pause);
      const own = set;
      free.push(() => own.free());
      set.order(Uint32Array.from({ length: validation.data.rows }, (_, i) => i));
      first = 0;
    }
    const evaluator = new Evaluator(network, objective, validation.plan, set, first);
    free.push(() => evaluator.free());
    return evaluator;
  }

  private entry(scores: Record<string, unknown>, validation: Evaluation | undefined, rowsPerSecond: number): Report {
    const { loss, ...more } = scores;
    return {
      epoch: this.epoch + 1, step: this.state!.steps, loss, ...more, learningRate: this.stepReport.learningRate, seconds: this.seconds,
      rowsPerSecond, findings: [], validation,
    } as unknown as Report;
  }

  /** The options that shape a run's bits, as plain data. */
  private settings(): { batchSize: number; shuffle: boolean; clipNorm: number; schedule: unknown; loss: unknown } {
    const { plan, options, shuffle } = this;
    return {
      batchSize: plan.batchSize, shuffle, clipNorm: options.clipNorm ?? 0, schedule: describeSchedule(options.schedule),
      loss: plan.objective.map(({ loss, weight }) => (isLoss(loss) ? { loss: loss.loss, ...loss.options, weight } : { loss: "function", weight })),
    };
  }

  /** Throws if the checkpoint belongs to a run with other options. */
  private compare(notes: FitNotes): void {
    const here: Record<string, unknown> = { ...this.settings(), seed: this.seed.seed, rows: this.plan.rows };
    for (const [name, value] of Object.entries(here)) {
      const made = JSON.stringify(notes[name]), wanted = JSON.stringify(value);
      if (made !== wanted) throw mismatch(name, made, wanted);
    }
    const { epoch, batch, sums, reports, seconds, learningRate } = notes;
    const whole = (n: unknown, most: number): boolean => Number.isSafeInteger(n) && (n as number) >= 0 && (n as number) <= most;
    const numbers = Array.isArray(sums) && sums.length === this.tally.sums.length && sums.every((n) => typeof n === "number");
    if (!whole(epoch, Infinity) || !whole(batch, this.batches) || !numbers || !Array.isArray(reports) || typeof seconds !== "number" || typeof learningRate !== "number")
      throw new FormatError("bad-file", "resume: the checkpoint's position is broken", { option: "resume" });
    if (epoch > this.epochs) throw mismatch("epochs", epoch, this.epochs);
  }

  private restore(checkpoint: Checkpoint): void {
    const notes = checkpoint.notes as FitNotes;
    restore(checkpoint, this.network, this.state!);
    this.epoch = notes.epoch;
    this.batch = notes.batch;
    this.seconds = notes.seconds;
    this.stepReport.learningRate = notes.learningRate;
    this.tally.sums.set(notes.sums);
    this.collector.load((output) => checkpoint.file.tensors.get(`extra ${output}`));
    this.history.epochs.push(...notes.reports);
  }
}

/** The class of each row, where there is one output that tells classes. */
function labels({ objective, data }: FitPlan): ((id: number) => number) | undefined {
  const part = objective.find(({ reading }) => reading !== undefined);
  if (!part) return undefined;
  const column = data.columns.find(({ name }) => name === targetName(part.output))!;
  const width = column.shape.reduce((a, b) => a * b, 1), { data: numbers } = column;
  if (column.dtype === "int32") return width === 1 ? (id) => numbers[id]! : undefined;
  if (width === 1) return (id) => numbers[id]!;
  if (part.reading !== "logits" && part.reading !== "probabilities") return undefined;
  return (id) => {
    let best = 0;
    for (let i = 1; i < width; i++) if (numbers[id * width + i]! > numbers[id * width + best]!) best = i;
    return best;
  };
}

/** A fit: iterate it for its reports, or await it for its history. An iterator that is taken at once paces the run: each
 * epoch begins when its report is asked for, and leaving the loop ends it. */
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
   * @throws StateError (as a rejection) before the first step.
   */
  async checkpoint(): Promise<Uint8Array> {
    if (!this.current) await this.done;
    return this.current!.checkpoint();
  }

  then<A = History<R>, B = never>(
    fulfilled?: ((history: History<R>) => A | PromiseLike<A>) | null, rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.done.then(fulfilled, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<History<R> | B> {
    return this.done.catch(rejected);
  }

  finally(settled?: (() => void) | null): Promise<History<R>> {
    return this.done.finally(settled);
  }

  [Symbol.asyncIterator](): AsyncIterator<R, undefined> {
    this.done.catch(() => {}); // the iterator tells of the error
    if (!this.started) this.paced = true;
    let at = 0, told = false;
    return {
      next: async () => {
        this.asked = Math.max(this.asked, at + 1);
        this.notify();
        while (at >= this.reports.length && !this.ended) await new Promise<void>((resolve) => this.wake.push(resolve));
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
