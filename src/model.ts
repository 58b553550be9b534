// Models, as users meet them: everything but fit and evaluate is synchronous. create.ts makes them.

import { type Data, inputColumns, isStream, type Labels, type Stream } from "./data/columns.ts";
import type { Preprocessing } from "./data/preprocessing.ts";
import type { Records, Table } from "./data/table.ts";
import { DataError, ShapeError, StateError } from "./errors.ts";
import { writeModel } from "./formats/model.ts";
import { bytesOf, origin, type Value } from "./graph.ts";
import { isLoss, type LossOption, type Reading } from "./losses/loss.ts";
import { Network, OUTPUT, type Parameter } from "./network.ts";
import { badOption, checkNames, isRecord, wantBoolean, wantCount, wantOneOf } from "./options.ts";
import { type Match, matches, unmatched, wantMatch } from "./optimizers/optimizer.ts";
import { sigmoid } from "./ops/activation.ts";
import { greater } from "./ops/binary.ts";
import { softmax } from "./ops/softmax.ts";
import type { Profile, ProfileOptions } from "./profile/report.ts";
import { disposed, type LoadedProgram, type Session } from "./session.ts";
import { showShape, sizeOf } from "./shape.ts";
import type { Build } from "./source.ts";
import { summaryOf } from "./summary.ts";
import { fills, flatten, type Numbers, type Tensor } from "./tensor.ts";
import { copyNumbers, layOut, upload } from "./train/dataset.ts";
import { EVALUATION_ROWS, type Evaluator, type Feeds, makeEvaluator, planEvaluation } from "./train/evaluate.ts";
import { FIT_OPTIONS, type FitOptions, makeRun, planBytes, planFit, type Run } from "./train/fit.ts";
import { dataColumns, type Objective, type ObjectiveOptions, resolveObjective } from "./train/objective.ts";
import type { makeKeeper } from "./train/keeper.ts";
import { outputPlace, predictionProgram } from "./train/programs.ts";
import type { Evaluation, MetricsOf, ReportOf } from "./train/report.ts";
import type { Site as StreamSite, StreamKit } from "./train/streams.ts";
import { Training } from "./train/training.ts";
import { failIfNotFinite, Trainer, type TrainerOptions } from "./train/trainer.ts";
import { pacer } from "./yield.ts";

/** What a model takes as y. */
export type TargetOf<O> = O extends Tensor ? Labels : { readonly [K in keyof O]: Labels };

/** Raw rows, for a model with preprocessing. */
export type Raw = Table | Records;

/** No options but these: a misspelt one is an error of the compiler too. */
export type Only<O, Known> = { readonly [K in Exclude<keyof O, keyof Known>]: never };

/** A row's class, by its name where the model knows its classes. */
export interface Classification {
  label: string;
  index: number;
  probability: number;
}

export interface EvaluateOptions extends Partial<ObjectiveOptions> {
  /** Rows of a batch; 256 by default. */
  batchSize?: number;
  /** As in fit. */
  transfer?: boolean;
}

/** Bytes of a model's memory by region. */
export interface MemoryPlan {
  parameters: number;
  gradients: number;
  optimizer: number;
  /** Activations and scratch: as much as the largest program needs. */
  activations: number;
  programs: number;
  data: number;
  /** All that WebAssembly memory must hold, with what lies there already. */
  total: number;
}

/** Where programs run. */
export interface Site {
  where: "here" | "worker";
  /** Threads that run them. */
  threads: number;
  /** Why so many. */
  why: string;
}

export interface ModelInfo extends Site {
  engine: string;
  /** "fast" if that was asked for, and the engine has relaxed SIMD; `why` says so if it has not. */
  build: Build;
  /** Bytes of the WebAssembly memory. */
  memory: number;
}

/** For streams. */
const STREAMS: StreamKit = {
  isStream, DataError, bytesOf, badOption, wantCount, copyNumbers, layOut, EVALUATION_ROWS, makeEvaluator, planEvaluation, dataColumns, resolveObjective,
};

/** Rows that predict takes at once: more bring nothing, and need more memory. */
const PREDICTION_ROWS = 256;
/** Prediction programs that are kept. */
const PREDICTION_PROGRAMS = 8;

/** How classify reads an output. */
interface ClassReading {
  output: string;
  reading: Exclude<Reading, undefined>;
}

/** Probabilities from an output. */
export function asProbabilities(output: Value, reading: ClassReading["reading"]): Value {
  if (reading === "logits") return softmax(output);
  if (reading === "logit") return sigmoid(output);
  // hinge knows no probabilities: the side is certain
  return reading === "sign" ? greater(output, 0) : output;
}

/** What a model knows beside its network. */
export interface Notes {
  seed: number;
  classes: readonly string[] | undefined;
  preprocessing: Preprocessing | undefined;
  losses: ReadonlyMap<string, LossOption>;
  metadata?: ReadonlyMap<string, string>;
  site(session: Session): Site;
  keeper?: typeof makeKeeper;
  profile(model: Model, steps?: number, options?: ProfileOptions): Promise<Profile>;
}

/** A computation that yields the programs that it wants to be run. */
export type Running<T> = Generator<LoadedProgram, T, void>;

/** Runs them here. */
function runSync<T>(running: Running<T>): T {
  let next = running.next();
  for (; !next.done; next = running.next()) next.value.runSync();
  return next.value;
}

/** A model; made by createModel and loadModel. Everything but fit and evaluate is synchronous. */
export class Model<X = any, Y = any> {
  /** Strings that go into the model's file, for other tools too, and come back with it: what you set here, such as a licence, and "metrics",
   * the last report of the last fit as JSON. Models of the command line have "csv", where they were trained on a CSV file: how it was written, as
   * JSON of CsvOptions ({ delimiter, header, decimal, encoding }; no encoding where all was ASCII). Other files of rows are read so there,
   * if they have the columns then. */
  readonly metadata: Map<string, string>;
  private readonly network: Network;
  private readonly notes: Notes;
  /** Prediction programs by number of rows and reading, the last used last. */
  private readonly loadedPredictors = new Map<string, LoadedProgram>();
  private running: Pick<Run, "halt"> | undefined;
  /** Who waits for a stream, and is to be told when the model is disposed of. */
  private readonly waits = new Set<(error: unknown) => void>();
  /** The last run: its memory is kept for a checkpoint until the next begins. */
  private ended: Run | undefined;
  private readonly trainers = new Set<Trainer>();
  /** Of the last fit. */
  private objective: Objective | undefined;
  /** What was trained last. */
  private told: Objective | undefined;
  private losses: ReadonlyMap<string, LossOption>;

  /** @internal */
  constructor(network: Network, notes: Notes) {
    this.network = network;
    this.notes = notes;
    this.losses = notes.losses;
    this.metadata = new Map(notes.metadata);
  }

  /** Copies of all parameters and buffers by name, with PyTorch's names and layouts. */
  get parameters(): Map<string, Tensor> {
    this.wantOpen();
    return new Map(this.network.parameters.map((parameter) => [parameter.name, this.network.read(parameter)]));
  }

  /** What turns raw rows into the model's numbers, if it was made with it. */
  get preprocessing(): Preprocessing | undefined {
    return this.notes.preprocessing;
  }

  /** The model's output for each row; in evaluation mode. A row's bits do not depend on the rows beside it. A model with preprocessing
   * takes raw rows too, a table or records; the output of a regression is in the target's units then.
   *
   * @throws ShapeError or DataError for rows that do not fit, or with NaN or infinities.
   * @example
   * const model = await createModel(dense(1, { initializer: () => [2] }), { input: [1] });
   * model.predict([[1], [2]]) // → { data: [2, 4], shape: [2, 1] }
   */
  predict(x: X | Raw, options: { into?: Y extends Tensor ? Float32Array : Readonly<Record<string, Float32Array>> } = {}): Y {
    return runSync(this.predicting(x, options));
  }

  /** @internal */
  *predicting(x: X | Raw, options: { into?: unknown } = {}): Running<Y> {
    this.wantOpen();
    checkNames("predict", options, ["into"]);
    const { network } = this, names = [...network.outputs.keys()];
    const { into = {} } = options;
    if (!network.singleOutput) checkNames("predict: into", into as object, names);
    const tensors = yield* this.outputs(x, (network.singleOutput && options.into !== undefined ? { [OUTPUT]: into } : into) as Readonly<Record<string, unknown>>);
    return (network.singleOutput ? tensors[0]! : Object.fromEntries(names.map((name, i) => [name, tensors[i]!]))) as Y;
  }

  /** For each row the classes with the greatest probabilities, the greatest first. The loss that the model was trained
   * with says how its output is read; before, an output of several numbers is read as logits, one as a logit, unless
   * the model ends with softmax or sigmoid. hinge knows no probabilities: they are 0 and 1. A model with preprocessing takes raw rows too.
   *
   * @throws StateError if the loss tells no classes; else as predict.
   * @example
   * const model = await createModel(flatten(), { input: [2], classes: ["cat", "dog"] });
   * model.classify([[0, 100]], { top: 1 }) // → [[{ label: "dog", index: 1, probability: 1 }]]
   */
  classify(x: X | Raw, options: { top?: number; output?: string } = {}): Classification[][] {
    return runSync(this.classifying(x, options));
  }

  /** @internal */
  *classifying(x: X | Raw, options: { top?: number; output?: string } = {}): Running<Classification[][]> {
    this.wantOpen();
    checkNames("classify", options, ["top", "output"]);
    const { network, notes: { classes } } = this, names = [...network.outputs.keys()];
    const output = wantOneOf("classify: output", options.output ?? names[0], names);
    const [width = 1, ...rest] = network.outputs.get(output)!;
    if (rest.length)
      throw new StateError("no-classes", { of: "classify", wanted: "an output [rows, classes]", got: ["rows", width, ...rest], fix: "use predict" });
    const top = options.top === undefined ? undefined : wantCount("classify: top", options.top);
    const reading = this.readingOf(output, width);
    const count = width === 1 ? 2 : width;
    if (classes && classes.length !== count)
      throw new StateError("no-classes", { of: "classify", option: "classes", wanted: `${count}, as the model tells`, got: classes.length });
    const [{ data }] = (yield* this.outputs(x, {}, { output, reading })) as [Tensor];
    return Array.from({ length: data.length / width }, (_, row) => {
      const numbers = [...data.subarray(row * width, (row + 1) * width)];
      // one number is the probability of yes; the classes are no and yes
      const probabilities = width === 1 ? [1 - numbers[0]!, numbers[0]!] : numbers;
      return probabilities
        .map((probability, index) => ({ label: classes?.[index] ?? String(index), index, probability }))
        .sort((a, b) => b.probability - a.probability || a.index - b.index)
        .slice(0, top);
    });
  }

  /** Loss and metrics of data, or of a stream of batches; in evaluation mode. Loss and metrics are those of the last fit where none are given.
   * A model with preprocessing takes raw rows with their target too; the loss is of the numbers that it trains on, so that of a regression is in
   * standard deviations of the target.
   *
   * @throws (as a rejection) OptionError without a loss before the first fit; DataError or ShapeError for data that do
   * not fit.
   * @example
   * const model = await createModel(flatten(), { input: [1] });
   * await model.evaluate({ x: [[1]], y: [[3]] }, { loss: mse(), metrics: ["mae"] }) // → { loss: 4, mae: 2 }
   */
  async evaluate<const O extends EvaluateOptions>(rows: Data<X, TargetOf<Y>> | Stream<X, TargetOf<Y>> | Raw, options: O & Only<O, EvaluateOptions> = {} as O & Only<O, EvaluateOptions>): Promise<Evaluation<MetricsOf<O>>> {
    this.wantOpen();
    checkNames("evaluate", options, ["loss", "lossWeights", "metrics", "batchSize", "transfer"]);
    const batch = wantCount("batchSize", options.batchSize ?? EVALUATION_ROWS);
    const { network } = this, objective = this.evaluated(options), pause = pacer(12), data = this.preprocessing?.data(rows) ?? rows;
    if (!this.running) await network.session.detach();
    if (isStream(data)) return (await import("./train/streams.ts")).evaluateStream(this.site, data, objective, batch, pause) as Promise<any>;
    const columns = dataColumns(network, objective, data as Data, this.notes.classes), layout = layOut(columns);
    const plan = planEvaluation(network, objective, layout, columns.rows, batch);
    network.session.want([layout.bytes, plan.cells, ...[...plan.programs.values()].map(({ words }) => words.byteLength)],
      Math.max(...[...plan.programs.values()].map(({ arena }) => arena)), "evaluate");
    const moves = wantBoolean("transfer", options.transfer ?? false) ? [] as (() => void)[] : undefined, set = await upload(network, layout, pause, moves);
    moves?.forEach((move) => move());
    let evaluator: Evaluator | undefined;
    try {
      evaluator = makeEvaluator(network, objective, plan, set, 0);
      return (await evaluator.run(pause)) as Evaluation<MetricsOf<O>>;
    } finally {
      if (network.attached) {
        evaluator?.free();
        set.free();
        if (!this.running) await network.session.detach(); // a worker that has died leaves others that may still write
      }
    }
  }

  /** Trains the model on data, or on a stream of batches (see Stream). Starts in the next task; the result is iterated for a report after each epoch, or awaited
   * for the history. Each fit begins with fresh optimizer state unless it resumes.
   *
   * @throws (to whoever awaits or iterates) OptionError, DataError, ShapeError, GraphError, MemoryError before anything
   * is changed; StateError while another fit runs; NonFiniteError at a step that would have brought NaN, or
   * at the end of an epoch in which an update went beyond float32.
   * @example
   * const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
   * for await (const report of model.fit({ x: [[1]], y: [[1]] }, { loss: mse(), optimizer: sgd({ learningRate: 0.25 }), epochs: 2 }))
   *   void report.loss;
   * model.predict([[1]]).data // → [0.75]
   */
  fit<const O extends FitOptions>(data: Data<X, TargetOf<Y>> | Stream<X, TargetOf<Y>>, options: O & Only<O, FitOptions>): Training<ReportOf<O>> {
    const all = options ?? {}, begin = (given: FitOptions, feeds?: Feeds): Run => (this.running = makeRun(this.network, data as Data, given, {
      ...this.notes, feeds, freed: this.ended?.at?.block,
      onBegin: ({ objective }) => {
        this.ended?.release();
        this.ended = undefined;
        this.objective = objective;
        this.trained(objective);
      },
    }));
    return new Training<ReportOf<O>>((cancelled) => {
      this.wantOpen();
      if (this.running) throw new StateError("fit-running", { of: "fit", problem: "a fit is running on this model", fix: "await it, or stop it first" });
      const { run } = all, feeds = [data, all.validation].some(isStream), start = (given: FitOptions): Run | Promise<Run> => !feeds ? begin(given)
        : import("./train/streams.ts").then(({ openFeeds }) => openFeeds(this.site, data as Data, given, (feeds) => begin(given, feeds), cancelled));
      if (run && !run.open) throw badOption("run", run, "keepRun(place)");
      if (!run && !feeds) return begin(all);
      this.running = { halt() {} };
      return Promise.resolve(run ? run.open(all, start, this.network, data as Data, this.notes) : start(all)).catch((error) => {
        this.running = undefined;
        throw error;
      });
    }, (run) => {
      if (!run) return;
      this.running = undefined;
      if (run.at) this.ended = run; // else it has not begun
      // how long it took is left out: the same run gives the same file
      for (const { seconds, rowsPerSecond, findings, ...report } of run.history.epochs.slice(-1)) this.metadata.set("metrics", JSON.stringify(report));
    });
  }

  /** The loop by hand: a trainer whose `step(batch)` is one call into the core.
   *
   * @throws OptionError for options that do not fit; MemoryError beyond the limit.
   * @example
   * const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
   * const trainer = model.trainer({ loss: mse(), optimizer: sgd({ learningRate: 0.25 }) });
   * [trainer.step({ x: [[1]], y: [[1]] }), trainer.step({ x: [[1]], y: [[1]] })] // → [1, 0.25]
   */
  trainer(options: TrainerOptions): Trainer {
    this.wantOpen();
    const trainer: Trainer = new Trainer(this.network, options ?? {}, {
      ...this.notes, onTrained: (objective) => this.trained(objective), onDispose: () => this.trainers.delete(trainer),
    });
    this.trainers.add(trainer);
    return trainer;
  }

  /** Sets parameters by name, from arrays with PyTorch's layouts. With `strict` (the default) every parameter must be
   * there with its shape, and no other name but PyTorch's counters num_batches_tracked; else what fits is set. Nothing is set if it
   * throws. loadStateDict does it with other names.
   *
   * @throws ShapeError if strict and something is missing, unexpected or of another shape; DataError for NaN or infinities.
   * @example
   * const model = await createModel(dense(1), { input: [1] });
   * model.setParameters(new Map([["weight", [[5]]]]), { strict: false }) // → { missing: ["bias"], unexpected: [], mismatched: [] }
   */
  setParameters(
    parameters: ReadonlyMap<string, Numbers> | Readonly<Record<string, Numbers>>, options: { strict?: boolean } = {},
  ): { missing: string[]; unexpected: string[]; mismatched: string[] } {
    this.wantOpen();
    checkNames("setParameters", options, ["strict"]);
    if (!isRecord(parameters)) throw new DataError("wrong-names", { option: "parameters", wanted: "a Map of arrays by name", got: parameters });
    const given: ReadonlyMap<string, Numbers> = parameters instanceof Map ? parameters : new Map(Object.entries(parameters));
    const own = this.network.parameters;
    const missing = own.flatMap(({ name }) => (given.get(name) === undefined ? [name] : []));
    const unexpected = [...given.keys()].filter((name) => !own.some((parameter) => parameter.name === name) && !String(name).endsWith("num_batches_tracked")); // a Map may have any keys
    const mismatched: string[] = [], fitting: [Parameter, ArrayLike<number>][] = [];
    for (const parameter of own) {
      const numbers = given.get(parameter.name);
      if (numbers === undefined) continue;
      const { name, shape } = parameter, flat = flatten(numbers, name), { data } = flat;
      if (!fills(flat, shape)) {
        mismatched.push(`${name} ${flat.shape ? showShape(flat.shape) : `(${data.length} numbers)`}, wanted ${showShape(shape)}`);
        continue;
      }
      failIfNotFinite([{ name, label: name, dtype: "float32", shape: shape.slice(1), data }]);
      fitting.push([parameter, data]);
    }
    const lists = { missing, unexpected, mismatched };
    const wrong = Object.entries(lists).filter(([, names]) => names.length).map(([what, names]) => `${what}: ${names.join("; ")}`);
    if (wantBoolean("setParameters: strict", options.strict ?? true) && wrong.length)
      throw new ShapeError("state-mismatch", { of: "setParameters", problem: wrong.join(". "), ...lists, fix: "{ strict: false } sets what fits; loadStateDict() renames" });
    for (const [parameter, data] of fitting) this.network.write(parameter, data);
    this.metadata.delete("metrics");
    return lists;
  }

  /** Keeps parameters as they are in later fits: those that `match` chooses, by name or by a function.
   *
   * @throws OptionError if it chooses none; StateError while a fit or trainer is at work.
   * @example
   * const model = await createModel(sequential(dense(2), dense(1)), { input: [2] });
   * model.freeze(/^0\./) // → ["0.weight", "0.bias"]
   */
  freeze(match: Match): string[] {
    return this.setFrozen(match, true, "freeze");
  }

  /** Lets parameters be trained again. */
  unfreeze(match: Match): string[] {
    return this.setFrozen(match, false, "unfreeze");
  }

  /** A table of the layers with their output shapes, parameters and bytes. */
  summary(): string {
    this.wantOpen();
    return summaryOf(this.network);
  }

  /** Bytes that a fit with these options will need, by region; nothing is allocated. `rows` rows of data, or `data`
   * itself, are counted in.
   *
   * @throws OptionError, ShapeError, GraphError for options that do not fit.
   * @example
   * const model = await createModel(dense(1), { input: [3] });
   * model.memory({ loss: mse(), optimizer: adam(), rows: 10 }).gradients // → 32
   */
  memory(options: Omit<FitOptions, "loss"> & Partial<Pick<FitOptions, "loss">> & { rows?: number; data?: Data<X, TargetOf<Y>> } = {}): MemoryPlan {
    const { network } = this, { session } = network, { rows, data, ...fit } = options ?? {}, parameters = network.bytes;
    checkNames("memory", fit, FIT_OPTIONS);
    if (fit.loss === undefined) {
      const { arena, words: { byteLength } } = predictionProgram(network, PREDICTION_ROWS);
      return { parameters, gradients: 0, optimizer: 0, activations: arena, programs: byteLength, data: 0, total: session.measure([byteLength], arena) };
    }
    const given = data ?? this.blankData(resolveObjective(network, fit as FitOptions), wantCount("rows", rows ?? wantCount("batchSize", fit.batchSize ?? 32)));
    const plan = planFit(network, given as Data, fit as FitOptions, this.notes.classes), { layout } = plan;
    const { blocks, uploads, arena, programs, data: dataBytes } = planBytes(plan);
    return {
      parameters, gradients: 4 * layout.count, optimizer: layout.bytes - layout.state, activations: arena, programs, data: dataBytes,
      total: session.measure(blocks, arena, this.ended?.at?.block, uploads),
    };
  }

  /** Where a program's time goes: for each instruction its op, layer and shapes, µs, GFLOP/s, GB/s, share, and percent of what this
   * engine reaches with so much arithmetic or so many loads and stores alone. The program is the step of the last fit or trainer, of
   * other options, or a prediction; `steps` passes of it are timed (50 by default), on a copy of the parameters: the model stays as
   * it is, bit for bit. `console.log(String(profile))` shows a table, and `profile.toTrace()` is for Chrome's trace viewer.
   *
   * An instruction that takes more than 20 grains of the clock is timed in passes of the whole program: the mean of the middle half
   * of the passes, off by some percent where the machine does nothing else. Shorter ones, and most where the clock is as coarse as in
   * browsers, are repeated by themselves (`repeated`) over at least 20 grains, which is off by 5 % at most; but what they read stays
   * in the caches, so that large ones may seem faster than in a step. One thread is timed, whatever the model has.
   *
   * @throws (as a rejection) OptionError for options that do not fit, or for a model in a worker; StateError while a fit runs;
   * EngineError where the clock stands still, as in edge runtimes; MemoryError beyond the limit; NonFiniteError if the step's loss
   * or gradients are not finite.
   * @example
   * const model = await createModel(dense(1), { input: [3] });
   * const profile = await model.profile(5, { loss: mse(), optimizer: sgd(), batchSize: 8 });
   * profile.instructions.at(-1).instruction // → "Update"
   */
  async profile(steps?: number, options?: ProfileOptions): Promise<Profile> {
    this.wantOpen();
    return this.notes.profile(this, steps, options);
  }

  /** The model as a safetensors file: PyTorch's names and layouts, and what loadModel needs to build it again.
   *
   * @throws GraphError if the model is a function that cannot be written down (see the message); NonFiniteError if an update
   * has taken parameters beyond float32.
   * @example
   * const model = await createModel(dense(1), { input: [1] });
   * (await loadModel(model.save())).parameters.get("bias").shape // → [1]
   */
  save(): Uint8Array<ArrayBuffer> {
    this.wantOpen();
    this.network.wantFinite();
    return writeModel(this.network, { ...this.notes, losses: this.losses, metadata: this.metadata });
  }

  /** What the model runs on. */
  info(): ModelInfo {
    const { session } = this.network;
    return { engine: engineName(), build: session.core.fast ? "fast" : "exact", ...this.notes.site(session), memory: session.core.memory.buffer.byteLength };
  }

  /** Gives the memory back. A running fit rejects; every later call throws a StateError. */
  dispose(): void {
    if (!this.network.attached) return;
    for (const trainer of [...this.trainers]) trainer.dispose();
    this.running?.halt();
    for (const end of this.waits) end(disposed("the model"));
    this.loadedPredictors.clear();
    this.network.close();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The loss says how classify reads the outputs. */
  private trained(objective: Objective): void {
    if (this.told === objective) return;
    this.told = objective;
    this.losses = new Map(objective.map(({ output, loss }) => [output, loss]));
  }

  private get site(): StreamSite {
    return { kit: STREAMS, network: this.network, classes: this.notes.classes, waits: this.waits };
  }

  private wantOpen(): void {
    void this.network.session; // throws if the model has been disposed
  }

  /** The outputs for all rows, block by block; or the probabilities of one output. */
  private *outputs(x: X | Raw, into: Readonly<Record<string, unknown>>, classes?: ClassReading): Running<Tensor[]> {
    const { network, preprocessing } = this, numbers = preprocessing?.numbers(x), { rows, columns } = inputColumns(numbers ?? x, network.inputs, network.single);
    const shapes = [...network.outputs].filter(([name]) => !classes || name === classes.output);
    const wanted = shapes.map(([name, shape]) => {
      const size = rows * sizeOf(shape), given = Object.hasOwn(into, name) ? into[name] : undefined;
      if (given !== undefined && !(given instanceof Float32Array && given.length === size))
        throw new ShapeError("wrong-width", { of: "predict", option: "into", wanted: `a Float32Array of ${size} numbers`, got: given });
      return given ?? new Float32Array(size);
    });
    // what is given is written whole or not at all: several blocks are joined elsewhere
    const parts = rows > PREDICTION_ROWS && Object.keys(into).length ? wanted.map(({ length }) => new Float32Array(length)) : wanted;
    for (let from = 0; from < rows; from += PREDICTION_ROWS) {
      const count = Math.min(PREDICTION_ROWS, rows - from), program = this.predictor(count, classes), { session } = network;
      for (const column of columns) {
        if (!program.program.places.has(column.name)) continue; // nothing reads it
        const width = sizeOf(column.shape), dtype = column.dtype === "int32" ? "int32" : "float32";
        const at = program.place(column.name);
        copyNumbers(session, column, from * width, (from + count) * width, at, dtype);
        session.wrote(at, 4 * count * width);
      }
      yield program;
      shapes.forEach(([name, shape], i) => {
        const at = program.place(outputPlace(name)) / 4, width = sizeOf(shape);
        parts[i]!.set(session.floats.subarray(at, at + count * width), from * width);
      });
    }
    if (numbers && !classes && shapes.length === 1) preprocessing!.inUnits(parts[0]!);
    if (parts !== wanted) parts.forEach((part, i) => wanted[i]!.set(part));
    return shapes.map(([, shape], i) => ({ data: wanted[i]!, shape: [rows, ...shape] }));
  }

  private predictor(rows: number, classes: ClassReading | undefined): LoadedProgram {
    const predictors = this.loadedPredictors, { network } = this, key = classes ? `${rows} ${classes.output} ${classes.reading}` : String(rows);
    let loaded = predictors.get(key);
    if (loaded) predictors.delete(key);
    else {
      loaded = network.load(predictionProgram(network, rows, (name, value) => (name === classes?.output ? asProbabilities(value, classes.reading) : value)));
      if (predictors.size >= PREDICTION_PROGRAMS) {
        const [oldest, program] = predictors.entries().next().value!;
        network.session.unload(program);
        predictors.delete(oldest);
      }
    }
    predictors.set(key, loaded); // the last used last
    return loaded;
  }

  private setFrozen(match: Match, frozen: boolean, of: string): string[] {
    this.wantOpen();
    wantMatch(of, match);
    if (this.running || this.trainers.size)
      throw new StateError("fit-running", { of, problem: "a fit or a trainer is at work on this model", fix: `${of} before it begins` });
    const trainable = this.network.parameters.filter((parameter) => parameter.trainable);
    const chosen = trainable.filter((parameter) => matches(match, parameter));
    if (chosen.length === 0) throw unmatched(of, match, trainable);
    for (const parameter of chosen) parameter.frozen = frozen;
    return chosen.map(({ name }) => name);
  }

  /** The objective of an evaluation: the options', filled up with the last fit's. */
  private evaluated(options: EvaluateOptions): Objective {
    const { objective, network } = this;
    if (options.loss !== undefined) return resolveObjective(network, { ...options, loss: options.loss });
    const last = Object.fromEntries(objective?.map(({ output, loss }) => [output, loss] as const) ?? this.losses);
    if (Object.keys(last).length === 0) throw badOption("loss", undefined, "a loss, as the model has not been trained", { of: "evaluate" });
    const loss = network.singleOutput ? last[OUTPUT]! : last;
    const lossWeights = options.lossWeights ?? Object.fromEntries((objective ?? []).map(({ output, weight }) => [output, weight]));
    const resolved = resolveObjective(network, { ...options, loss, lossWeights });
    return options.metrics === undefined && options.lossWeights === undefined && objective ? objective : resolved;
  }

  private readingOf(output: string, width: number): ClassReading["reading"] {
    const loss = this.losses.get(output);
    if (loss) {
      const reading = isLoss(loss) ? loss.reading : undefined;
      if (reading === undefined)
        throw new StateError("no-classes", {
          of: "classify", wanted: "a model trained with a loss for classes", got: isLoss(loss) ? loss.loss : loss, fix: "use predict",
        });
      return reading;
    }
    const { op } = origin(this.network.trace(1, false).outputs.get(output)!).node;
    if (op.name === "softmax") return "probabilities";
    if (op.name === "sigmoid") return "probability";
    return width > 1 ? "logits" : "logit";
  }

  /** Data of the right shapes, for a plan. */
  private blankData(objective: Objective, rows: number): Data {
    const { network } = this;
    const x = network.inputs.map(({ name, shape, dtype }) => [name, dtype === "int32" ? new Int32Array(rows * sizeOf(shape)) : new Float32Array(rows * sizeOf(shape))] as const);
    const y = objective.map(({ output, loss }) => {
      const shape = network.outputs.get(output)!, classes = isLoss(loss) && loss.target === "classes";
      const size = rows * sizeOf(classes ? shape.slice(0, -1) : shape);
      const fill = isLoss(loss) && (loss.reading === "sign" || loss.options.ignoreIndex === 0) ? 1 : 0;
      return [output, (classes ? new Int32Array(size) : new Float32Array(size)).fill(fill)] as const;
    });
    return { x: network.single ? x[0]![1] : Object.fromEntries(x), y: network.singleOutput ? y[0]![1] : Object.fromEntries(y) };
  }
}

function engineName(): string {
  const { navigator, process, EdgeRuntime } = globalThis as unknown as Record<string, any>;
  const node = process?.versions?.node; // Node.js has a navigator from 21 on; Vercel's edge has neither
  return String(navigator?.userAgent ?? (node ? `Node.js/${node}` : EdgeRuntime ?? "unknown"));
}
