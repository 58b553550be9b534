// The loop by hand: one batch, one step, one call into the core.

import type { Column, Data } from "../data/columns.ts";
import { NonFiniteError, ShapeError } from "../errors.ts";
import { isLoss } from "../losses/loss.ts";
import type { Network } from "../network.ts";
import { badOption, checkNames, wantCount, wantNumber } from "../options.ts";
import { disposed, type LoadedProgram } from "../session.ts";
import { sizeOf } from "../shape.ts";
import { fills, flatten, type Numbers, type Tensor } from "../tensor.ts";
import { type CheckpointNotes, restore, writeCheckpoint } from "./checkpoint.ts";
import { notFinite } from "./dataset.ts";
import { dataColumns, type Objective, resolveObjective } from "./objective.ts";
import { applyProgram, trainingProgram } from "./programs.ts";
import { begin, RUN_OPTIONS, type RunOptions, setUp, type Setup } from "./setup.ts";
import { type FitState, makeState } from "./state.ts";

export interface TrainerOptions extends RunOptions {
  /** Steps of the whole run: a schedule wants to know. */
  steps?: number;
  /** As in fit, so that one object serves both; nothing depends on it: each number of rows is compiled when it first comes.
   * `metrics` likewise. */
  batchSize?: number;
}

/** A program for some number of rows, with the addresses that a step writes to. */
interface Step {
  key: string;
  program: LoadedProgram;
  columns: readonly Column[];
  /** Byte addresses of the columns; stale once the session has moved its arena. */
  addresses: number[];
  moves: number;
  /** Where batches of this shape may be copied without taking them apart. */
  plain: { x: number; y: number; labels: number } | undefined;
}

/** What a model lends to a trainer. */
interface TrainerDefaults {
  seed: number;
  classes: readonly string[] | undefined;
  onTrained: (objective: Objective) => void;
  onDispose: () => void;
}

/** Trains a model step by step; made by `model.trainer(options)`. */
export class Trainer {
  /** The optimizer's rate; a schedule shapes it. Settable between steps. */
  private rate: number;
  private readonly setup: Setup;
  private readonly defaults: TrainerDefaults;
  private readonly state: FitState;
  private readonly info: { steps: number; epochs: number; base: number };
  /** What shapes the bits of the run, as plain data. */
  private readonly settings: CheckpointNotes;
  private readonly programs = new Map<string, Step>();
  private applier: LoadedProgram | undefined;
  private last: Step | undefined;
  private open = true;

  /** @internal */
  constructor(network: Network, options: TrainerOptions, defaults: TrainerDefaults) {
    checkNames("trainer", options, [...RUN_OPTIONS, "steps"]);
    this.defaults = defaults;
    if (options.batchSize !== undefined) wantCount("batchSize", options.batchSize);
    const setup = this.setup = setUp(network, resolveObjective(network, options), options, 0), { layout } = setup;
    const steps = options.steps === undefined && !setup.schedule ? 1 : wantCount("steps", options.steps);
    const { seed, checkpoint, settings } = begin(setup, options, defaults.seed, { run: "trainer", steps });
    this.settings = settings;
    this.rate = checkpoint ? wantNumber("learningRate", checkpoint.notes.learningRate, 0) : layout.optimizer.hyper.learningRate;
    this.info = { steps, epochs: 1, base: this.rate };
    this.state = makeState(network, layout, seed);
    if (checkpoint) restore(checkpoint, network, this.state);
  }

  /** Steps done. */
  get steps(): number {
    this.wantOpen();
    return this.state.steps;
  }

  get learningRate(): number {
    return this.rate;
  }

  set learningRate(value: number) {
    this.wantOpen();
    this.rate = wantNumber("learningRate", value, 0);
  }

  /** One training step on a batch; returns its loss. One call into the core.
   *
   * @throws DataError or ShapeError for a batch that does not fit, or with NaN or infinities; NonFiniteError if loss or
   * gradients were not finite. The parameters are then as before. (That an update goes beyond float32, the next step tells.)
   */
  step(data: Data): number {
    this.wantOpen();
    const step = this.stageBatch(data, false);
    return this.advance(step.program, data);
  }

  /** Loss and gradients of a batch, without a step; by parameter name, in PyTorch's layout. */
  gradients(data: Data): { loss: number; gradients: Map<string, Tensor> } {
    this.wantOpen();
    const { state, setup: { network, layout } } = this, { program } = this.stageBatch(data, true);
    state.prepare(this.currentRate(), 0);
    program.runSync();
    if (!state.finite) this.fail(data);
    const gradients = new Map(layout.slots.map((slot) => [slot.parameter.name, network.read(slot.parameter, state.place(slot))]));
    return { loss: state.loss, gradients };
  }

  /** The step that these gradients make: clipping and update.
   *
   * @throws ShapeError if a trainable parameter's gradient is missing or has another shape; NonFiniteError if one is
   * not finite. The parameters are then as before.
   */
  apply(gradients: ReadonlyMap<string, Numbers>): void {
    this.wantOpen();
    const { state, setup: { network, layout } } = this;
    const names = layout.slots.map(({ parameter }) => parameter.name);
    if (!(gradients instanceof Map) || gradients.size !== names.length || !names.every((name) => gradients.has(name)))
      throw new ShapeError("wrong-names", {
        of: "apply", option: "gradients", wanted: `a Map with ${names.join(", ")}`,
        got: gradients instanceof Map ? [...gradients.keys()] : gradients,
      });
    const numbers = layout.slots.map(({ parameter: { name, shape } }) => {
      const given = flatten(gradients.get(name), name);
      if (!fills(given, shape))
        throw new ShapeError("shape-mismatch", { of: "apply", option: name, wanted: shape, got: given.shape ?? given.data.length });
      return given.data;
    });
    this.applier ??= network.load(applyProgram(this.setup), { fit: state.block });
    layout.slots.forEach((slot, i) => network.write(slot.parameter, numbers[i]!, state.place(slot)));
    this.advance(this.applier, undefined);
  }

  /** Bytes from which `trainer({ resume })` goes on, bit for bit.
   *
   * @throws NonFiniteError if an update has gone beyond float32.
   */
  checkpoint(): Uint8Array<ArrayBuffer> {
    this.wantOpen();
    return writeCheckpoint(this.setup.network, this.state, { ...this.settings, learningRate: this.rate });
  }

  /** Gives the memory of gradients and optimizer state back. */
  dispose(): void {
    if (!this.open) return;
    this.open = false;
    const { session } = this.setup.network;
    for (const { program } of this.programs.values()) session.unload(program);
    if (this.applier) session.unload(this.applier);
    this.state.free();
    this.defaults.onDispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private wantOpen(): void {
    void this.setup.network.session; // throws if the model has been disposed
    if (!this.open) throw disposed("the trainer");
  }

  private currentRate(): number {
    const { rate, info, setup: { schedule }, state: { steps } } = this;
    info.base = rate;
    return schedule ? wantRate(schedule(steps, info), steps) : rate;
  }

  private advance(program: LoadedProgram, data: Data | undefined): number {
    const { state, setup: { network, layout, objective } } = this, learningRate = this.currentRate();
    state.prepare(learningRate, 0);
    program.runSync();
    if (!state.finite) this.fail(data);
    const { loss } = state;
    // a run takes its batch's memory for other things
    const { drive } = layout.optimizer;
    if (drive) for (const _ of drive({ state, network, learningRate })) this.stageBatch(data!, false).program.runSync();
    state.steps++;
    state.updates++;
    this.defaults.onTrained(objective);
    return loss;
  }

  /** Writes a batch into memory, compiling its program if need be. */
  private stageBatch(data: Data, half: boolean): Step {
    const fast = half ? undefined : this.stageAlike(data);
    if (fast) return fast;
    const { setup } = this, { network, layout, objective } = setup;
    const { rows, columns } = dataColumns(network, objective, data, this.defaults.classes);
    const key = `${half ? "gradients" : "step"} ${rows} ${columns.map(({ name, dtype, shape }) => [name, dtype === "int32", shape]).join(" ")}`;
    let step = this.programs.get(key);
    if (!step) {
      const program = network.load(trainingProgram({ ...setup, columns }, rows, undefined, { update: !half && !layout.optimizer.drive }), { fit: this.state.block });
      step = { key, program, columns, addresses: [], moves: -1, plain: plainShape(network, objective, columns, rows) };
      this.evict();
    }
    this.programs.delete(key);
    this.programs.set(key, step); // the last used stand last
    this.place(step);
    const { floats, words } = network.session;
    columns.forEach(({ data: numbers, dtype }, i) => {
      const at = step.addresses[i]!;
      if (at >= 0) (dtype === "int32" ? words : floats).set(numbers, at >>> 2);
    });
    if (!half) this.last = step;
    return step;
  }

  /** A batch like the last one, of typed arrays, is copied as it is. */
  private stageAlike(data: Data): Step | undefined {
    const step = this.last, x = data?.x, y = data?.y;
    for (const name in data) if (name !== "x" && name !== "y") return undefined;
    if (!step?.plain || !(x instanceof Float32Array) || x.length !== step.plain.x) return undefined;
    const { labels } = step.plain;
    if (!(y instanceof Int32Array || y instanceof Float32Array) || y instanceof Int32Array !== labels > 0 || y.length !== step.plain.y) return undefined;
    if (labels) for (let i = 0; i < y.length; i++) if (y[i]! >>> 0 >= labels) return undefined; // the long way tells
    const { network, objective: [part] } = this.setup, { loss } = part!;
    if (isLoss(loss)) loss.check?.(y, "y", labels > 0);
    this.place(step);
    const { floats, words } = network.session;
    floats.set(x, step.addresses[0]! >>> 2);
    (labels ? words : floats).set(y, step.addresses[1]! >>> 2);
    return step;
  }

  /** Looks the addresses up again where the arena has moved. */
  private place(step: Step): void {
    const { session } = this.setup.network;
    if (step.moves === session.moves) return;
    const { places } = step.program.program;
    step.addresses = step.columns.map(({ name }) => (places.has(name) ? step.program.place(name) : -1));
    step.moves = session.moves;
  }

  /** Makes room for a program more: those of the last few batch sizes are kept. */
  private evict(): void {
    if (this.programs.size < PROGRAMS) return;
    const [key, step] = this.programs.entries().next().value!;
    this.setup.network.session.unload(step.program);
    this.programs.delete(key);
    if (this.last === step) this.last = undefined;
  }

  private fail(data: Data | undefined): never {
    if (data) failIfNotFinite(dataColumns(this.setup.network, this.setup.objective, data, this.defaults.classes).columns);
    const { steps, loss } = this.state;
    throw nonFinite(steps + 1, undefined, data ? loss : undefined);
  }
}

const PROGRAMS = 8;

/** Lengths of typed arrays that can be copied as they are: one input, one target, no weights, no bytes. */
function plainShape(network: Network, objective: Objective, columns: readonly Column[], rows: number): Step["plain"] {
  if (!network.single || !network.singleOutput || columns.length !== 2) return undefined;
  const [x, y] = columns as [Column, Column], { loss } = objective[0]!, labels = y.dtype === "int32";
  // distributions over classes are checked, and a function of the caller's may take whole numbers
  if (x.dtype === "int32" || labels !== (isLoss(loss) && loss.target === "classes")) return undefined;
  return { x: rows * sizeOf(x.shape), y: rows * sizeOf(y.shape), labels: labels ? network.outputs.values().next().value!.at(-1)! : 0 };
}

/** Throws the error that names the first NaN or infinity. */
export function failIfNotFinite(columns: readonly Column[]): void {
  for (const column of columns) {
    if (column.dtype === "int32") continue;
    const { data } = column;
    for (let i = 0; i < data.length; i++) if (!Number.isFinite(Math.fround(data[i]!))) throw notFinite(column, i);
  }
}

export function nonFinite(step: number, epoch: number | undefined, loss: number | undefined): NonFiniteError {
  const what = loss === undefined || Number.isFinite(loss) ? "the gradients are not finite" : `the loss is ${loss}`;
  return new NonFiniteError("non-finite", {
    step, epoch, problem: `${what}; the parameters are those from before the step`,
    fix: "a lower learning rate, clipNorm or smaller inputs may help; doctor: doctor() in fit names the op",
  });
}

export function wantRate(rate: unknown, step: number): number {
  if (typeof rate !== "number" || !(rate >= 0 && Math.fround(rate) < Infinity))
    throw badOption("schedule", rate, "a finite rate of at least 0", { step });
  return rate;
}

