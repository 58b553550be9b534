// How models are made: from a layer or a function on Values, or from a file; here, on threads, or in a worker.

import { ADDRESSABLE, badCore, compile, embeddedBytes, growTo, instantiate, loadCore, memoryOf, moduleOf, releaseCore } from "./core.ts";
import { compileProgram } from "./compile.ts";
import { inputColumns, type InputSpec } from "./data/columns.ts";
import type { Preprocessing } from "./data/preprocessing.ts";
import { EngineError, FormatError, OptionError, StateError, WorkerError } from "./errors.ts";
import { areClasses, readModel } from "./formats/model.ts";
import type { Value } from "./graph.ts";
import { isLayer, type Layer } from "./layers/layer.ts";
import { Model, type Notes } from "./model.ts";
import { INPUT, type ModelFunction, Network } from "./network.ts";
import { badOption, checkNames, isRecord, wantCount, wantNumber, wantOneOf, wantSeed } from "./options.ts";
import type { ProfileKit } from "./profile/index.ts";
import type { Opened } from "./runtimes/index.ts";
import type { Kit } from "./runtimes/kit.ts";
import type { WorkerLike } from "./runtimes/thread.ts";
import { disposed } from "./session.ts";
import { isShape, sameShape, type Shape } from "./shape.ts";
import type { Build, CoreSource } from "./source.ts";
import type { Numbers, Tensor } from "./tensor.ts";
import { writeCheckpoint } from "./train/checkpoint.ts";
import { copyNumbers, layOut, upload } from "./train/dataset.ts";
import { dataColumns, resolveObjective } from "./train/objective.ts";
import { outputPlace, predictionProgram, trainingProgram } from "./train/programs.ts";
import { setUp } from "./train/setup.ts";
import { makeState } from "./train/state.ts";
import { nonFinite } from "./train/trainer.ts";
import type { WorkerModel } from "./workerModel.ts";
import { nextTask, pacer } from "./yield.ts";

/** The shape of one row of an input, with its type where that is not float32. */
export type InputOption = Shape | { readonly shape: Shape; readonly dtype?: "float32" | "int32" };

export interface ModelOptions<Input = InputOption | Readonly<Record<string, InputOption>>, Where extends "here" | "worker" = "here" | "worker"> {
  /** One row's shape (`[784]`), or a record of named inputs. That of `preprocessing` where it is given. */
  input?: Input;
  /** For initial parameters, and for fit where it has no seed of its own; 0 by default. */
  seed?: number;
  /** Names of the classes that the outputs stand for. */
  classes?: readonly string[];
  /** What makes the model's numbers of raw rows: predict, classify and evaluate take these too then, and it is saved with the model. */
  preprocessing?: Preprocessing;
  /** Most bytes that the model may use for everything; 4 GiB by default. */
  memoryLimit?: number;
  /** Threads that share the work: 1 by default; "auto" is one for each processor. The bits do not depend on it. Where there
   * can be but one, `info()` says why. On a page's main thread, more than one want `where: "worker"`. */
  threads?: number | "auto";
  /** "worker": a WorkerModel, whose programs run in a worker. "here" by default. */
  where?: Where;
  /** For `where: "worker"`: where lanewise/worker lies, or what makes a worker that runs it; else the file beside the library. */
  worker?: URL | (() => WorkerLike);
  /** "exact" by default: the same bits everywhere. "fast" has relaxed SIMD, which multiplies and adds in one instruction: matrix
   * products are faster, but bits depend on the engine and the processor. Where an engine has no relaxed SIMD, it is the exact one,
   * and `info()` says so. */
  build?: Build;
  /** A core.wasm of one's own, or a fast.wasm for `build: "fast"`: its bytes, a module, a response, or its URL. */
  core?: CoreSource;
}

/** For threads and workers, and for profiles. */
const KIT: Kit & ProfileKit = {
  badCore, compile, embeddedBytes, growTo, instantiate, memoryOf, moduleOf, releaseCore, EngineError, WorkerError, badOption, wantCount, wantOneOf, disposed,
  writeCheckpoint, nextTask,
  StateError, checkNames, compileProgram, copyNumbers, dataColumns, inputColumns, layOut, makeState, nonFinite, outputPlace, pacer, resolveObjective, setUp, trainingProgram, upload,
};

const SITE = ["memoryLimit", "threads", "where", "worker", "build", "core"];

type IsRecord<I> = I extends readonly number[] ? false : I extends { shape: Shape } ? false : true;
/** What a model takes as x. */
export type InputOf<I> = IsRecord<I> extends true ? { readonly [K in keyof I]: Numbers } : Numbers;
/** What a function gets. */
export type Values<I> = IsRecord<I> extends true ? { readonly [K in keyof I]: Value } : Value;
/** What a model gives. */
export type OutputOf<R> = R extends Value ? Tensor : { [K in keyof R]: Tensor };

/** Makes a model from a layer, or from a function on Values, and draws its parameters from the seed.
 *
 * @throws OptionError, ShapeError, GraphError if the model does not fit together; EngineError for an engine without SIMD,
 * a core of another release, or a fast core without `build: "fast"`; MemoryError beyond the limit.
 * @example
 * const model = await createModel(({ a, b }) => ({ sum: add(a, b) }), { input: { a: [2], b: [2] } });
 * model.predict({ a: [[1, 2]], b: [[10, 20]] }).sum.data // → [11, 22]
 */
export async function createModel<
  const I extends InputOption | Readonly<Record<string, InputOption>> = readonly number[], R extends Value | Readonly<Record<string, Value>> = Value, W extends "here" | "worker" = "here",
>(model: (inputs: Values<I>) => R, options: ModelOptions<I, W>): Promise<Made<InputOf<I>, OutputOf<R>, W>> {
  checkNames("createModel", options, ["input", "seed", "classes", "preprocessing", ...SITE]);
  if (typeof model !== "function") throw new OptionError("not-a-layer", { option: "model", wanted: "a layer or a function on Values", got: model });
  const preprocessing = options?.preprocessing;
  if (preprocessing !== undefined && typeof preprocessing?.wantFit !== "function") throw badOption("preprocessing", preprocessing, "what Preprocessing.fit gives");
  const { input = preprocessing?.input, classes: names = preprocessing?.classes }: ModelOptions<unknown> = options ?? {}, { inputs, single } = inputsOf(input);
  if (isLayer(model) && inputs.length !== 1)
    throw badOption("input", inputs.length, "one input for a layer", { fix: "a function on Values can have several" });
  const classes = names === undefined ? undefined : wantClasses(names);
  preprocessing?.wantFit(inputs, classes);
  const seed = wantSeed(options.seed ?? 0), limit = limitOf(options);
  const network = new Network(model as Layer | ModelFunction, inputs, single);
  return attach(network, options, limit, { seed: seed.seed, classes, preprocessing, losses: new Map() }, () => network.initialize(seed.low, seed.high));
}

/** A model, or one in a worker. */
type Made<X, Y, W> = W extends "worker" ? WorkerModel<X, Y> : Model<X, Y>;

/** Where a model is, and what it runs on. */
type SiteOptions<W extends "here" | "worker" = "here" | "worker"> = Pick<ModelOptions<any, W>, "memoryLimit" | "threads" | "where" | "worker" | "build" | "core">;

export interface LoadOptions<W extends "here" | "worker" = "here" | "worker"> extends SiteOptions<W> {
  /** Layers of your own that the model has, by their type. */
  layers?: Readonly<Record<string, Layer>>;
  /** The class Preprocessing, for a model that was made with preprocessing; others do not mind it. */
  preprocessing?: typeof Preprocessing;
}

/** Brings a saved model back.
 *
 * @throws FormatError if the bytes are no whole and sound model file, or it has a layer that is not known, or preprocessing and the class is
 * not handed over.
 * @example
 * const model = await loadModel((await createModel(dense(1, { initializer: () => [3] }), { input: [1] })).save());
 * model.predict([[2]]).data // → [6]
 */
export async function loadModel<W extends "here" | "worker" = "here">(bytes: Uint8Array | ArrayBuffer, options: LoadOptions<W> = {}): Promise<Made<any, any, W>> {
  checkNames("loadModel", options, ["layers", "preprocessing", ...SITE]);
  const { layers = {}, preprocessing: maker } = options, limit = limitOf(options);
  if (maker !== undefined && typeof maker?.load !== "function") throw badOption("preprocessing", maker, "the class Preprocessing");
  if (!isRecord(layers) || !Object.values(layers).every(isLayer)) throw badOption("layers", layers, "a record of layers by type");
  const { network, tensors, classes, losses, seed, metadata, preprocessing: told } = readModel(bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes, layers);
  const wanted = new Map(network.parameters.map(({ name, shape }) => [name, shape]));
  for (const [name, shape] of wanted) {
    const tensor = tensors.get(name);
    if (!tensor || !sameShape(tensor.shape, shape)) throw badTensor(name, shape, tensor?.shape);
    const bad = tensor.data.find((value) => !Number.isFinite(value));
    if (bad !== undefined) throw badTensor(name, "finite numbers", bad);
  }
  const more = [...tensors.keys()].find((name) => !wanted.has(name));
  if (more !== undefined) throw badTensor(more, "no such parameter", tensors.get(more)!.shape);
  try {
    predictionProgram(network, 2);
  } catch (error) {
    throw badTensor("the model's function", "steps that can be compiled", error);
  }
  // handed over, so that a page without it has none of it: with a dynamic import, esbuild puts into each page what index.ts exports too
  if (told !== undefined && !maker)
    throw new FormatError("missing-preprocessing", { problem: "the model has preprocessing", fix: "hand it over: loadModel(bytes, { preprocessing: Preprocessing })" });
  const preprocessing = told === undefined ? undefined : maker!.load(told, network.inputs, classes);
  return attach(network, options, limit, { seed, classes, preprocessing, losses, metadata }, () => {
    for (const parameter of network.parameters) network.write(parameter, tensors.get(parameter.name)!.data);
  });
}

function badTensor(option: string, wanted: unknown, got: unknown): FormatError {
  return new FormatError("bad-file", { of: "the model in this file", option, wanted, got });
}

/** Gives a network its memory, fills its parameters, and hands its programs to those who are to run them. */
async function attach<M>(network: Network, options: SiteOptions, limit: number, notes: Pick<Notes, "seed" | "classes" | "preprocessing" | "losses" | "metadata">, fill: () => void): Promise<M> {
  const { core, threads = 1, where = "here", build = "exact" } = options;
  const opened: Opened = threads === 1 && where === "here" && build === "exact" && !options.worker
    ? { core: await loadCore(core), site: () => ({ where, threads, why: "one thread was asked for" }) }
    : await (await import("./runtimes/index.ts")).open(options, KIT); // a page that asks for neither does not load them
  network.attach(opened.core, limit);
  try {
    fill();
    await opened.start?.(network.session);
  } catch (error) {
    network.close();
    throw error;
  }
  const model = new Model(network, {
    ...notes, ...opened, profile: async (...given) => (await import("./profile/index.ts")).profile(...given, KIT),
  });
  return (opened.wrap?.(model, network) ?? model) as M;
}

function limitOf({ memoryLimit }: SiteOptions): number {
  return memoryLimit === undefined ? ADDRESSABLE : wantNumber("memoryLimit", memoryLimit, 1, ADDRESSABLE);
}

/** The inputs that the option describes. */
function inputsOf(input: unknown): { inputs: InputSpec[]; single: boolean } {
  if (Array.isArray(input) || (isRecord(input) && Array.isArray(input.shape))) return { inputs: [inputOf(INPUT, input, "input")], single: true };
  if (!isRecord(input) || Object.keys(input).length === 0)
    throw badOption("input", input, "the shape of one row, such as [784], or a record of named inputs");
  return { inputs: Object.entries(input).map(([name, value]) => inputOf(name, value, `input.${name}`)), single: false };
}

function inputOf(name: string, value: unknown, option: string): InputSpec {
  const { shape, dtype = "float32" }: { shape?: unknown; dtype?: unknown } = isRecord(value) ? value : { shape: value };
  if (!isShape(shape) || shape.length === 0) throw badOption(option, value, "the shape of one row in whole lengths above 0, such as [784]");
  if (isRecord(value)) checkNames(option, value, ["shape", "dtype"]);
  return { name, shape: [...shape], dtype: wantOneOf(`${option}.dtype`, dtype, ["float32", "int32"]) };
}

function wantClasses(classes: unknown): readonly string[] {
  if (!areClasses(classes)) throw badOption("classes", classes, "at least two names, each once");
  return [...classes];
}
