// A model whose programs run in a worker, so that a page stays alive: the names of Model, every result a promise. Graph, autodiff
// and plan are made here, so losses, layers, schedules and callbacks of one's own work as they do there.

import type { Data, Stream } from "./data/columns.ts";
import type { Preprocessing } from "./data/preprocessing.ts";
import type { Classification, EvaluateOptions, MemoryPlan, Model, ModelInfo, Only, Raw, Running, TargetOf } from "./model.ts";
import type { Network } from "./network.ts";
import type { Profile } from "./profile/report.ts";
import type { Numbers, Tensor } from "./tensor.ts";
import type { FitOptions } from "./train/fit.ts";
import type { Evaluation, MetricsOf, ReportOf } from "./train/report.ts";
import type { Training } from "./train/training.ts";

/** Runs what a computation wants to be run where that belongs; here, if the worker has died. */
async function runAway<T>(running: Running<T>): Promise<T> {
  let next = running.next();
  for (; !next.done; next = running.next()) await (next.value.session.runner?.dead ? next.value.runSync() : next.value.run());
  return next.value;
}

/** A model in a worker; made by createModel and loadModel with `where: "worker"`. Each method is that of Model, and what that
 * throws, the promise rejects with; a WorkerError besides if the worker dies. After that it works on in this thread, with the
 * parameters of before. */
export class WorkerModel<X = any, Y = any> {
  private readonly model: Model<X, Y>;
  private readonly network: Network;

  /** @internal */
  constructor(model: Model<X, Y>, network: Network) {
    this.model = model;
    this.network = network;
  }

  /** Copies of all parameters and buffers by name, with PyTorch's names and layouts. */
  get parameters(): Promise<Map<string, Tensor>> {
    return this.upToDate(() => this.model.parameters);
  }

  /** What turns raw rows into the model's numbers, if it was made with it. */
  get preprocessing(): Preprocessing | undefined {
    return this.model.preprocessing;
  }

  /** As Model.metadata; here, and no promise. */
  get metadata(): Map<string, string> {
    return this.model.metadata;
  }

  /** As Model.predict. With `into`, the numbers are written there when they have come. */
  async predict(x: X | Raw, options: { into?: Y extends Tensor ? Float32Array : Readonly<Record<string, Float32Array>> } = {}): Promise<Y> {
    return runAway(this.model.predicting(x, options));
  }

  /** As Model.classify. */
  async classify(x: X | Raw, options: { top?: number; output?: string } = {}): Promise<Classification[][]> {
    return runAway(this.model.classifying(x, options));
  }

  /** As Model.evaluate. */
  async evaluate<const O extends EvaluateOptions>(data: Data<X, TargetOf<Y>> | Stream<X, TargetOf<Y>> | Raw, options: O & Only<O, EvaluateOptions> = {} as O & Only<O, EvaluateOptions>): Promise<Evaluation<MetricsOf<O>>> {
    return this.model.evaluate(data, options);
  }

  /** As Model.fit. Data are copied into the worker once; `transfer: true` moves the inputs there, and the caller's arrays are
   * empty then. */
  fit<const O extends FitOptions>(data: Data<X, TargetOf<Y>> | Stream<X, TargetOf<Y>>, options: O & Only<O, FitOptions>): Training<ReportOf<O>> {
    return this.model.fit(data, options) as unknown as Training<ReportOf<O>>;
  }

  /** As Model.setParameters. */
  async setParameters(
    parameters: ReadonlyMap<string, Numbers> | Readonly<Record<string, Numbers>>, options: { strict?: boolean } = {},
  ): Promise<{ missing: string[]; unexpected: string[]; mismatched: string[] }> {
    return this.model.setParameters(parameters, options);
  }

  /** As Model.freeze. */
  async freeze(match: Parameters<Model["freeze"]>[0]): Promise<string[]> {
    return this.model.freeze(match);
  }

  /** As Model.unfreeze. */
  async unfreeze(match: Parameters<Model["unfreeze"]>[0]): Promise<string[]> {
    return this.model.unfreeze(match);
  }

  /** As Model.summary. */
  async summary(): Promise<string> {
    return this.model.summary();
  }

  /** As Model.memory. */
  async memory(options: Parameters<Model<X, Y>["memory"]>[0] = {}): Promise<MemoryPlan> {
    return this.model.memory(options);
  }

  /** Refuses, with an OptionError: only programs that run in this thread are timed. loadModel(await model.save()) makes a model
   * with such ones. */
  async profile(...options: Parameters<Model["profile"]>): Promise<Profile> {
    return this.model.profile(...options);
  }

  /** As Model.save. */
  save(): Promise<Uint8Array<ArrayBuffer>> {
    return this.upToDate(() => this.model.save());
  }

  /** As Model.info. */
  async info(): Promise<ModelInfo> {
    return this.model.info();
  }

  /** Ends the worker. A running fit rejects; every later call does, with a StateError. */
  async dispose(): Promise<void> {
    this.model.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.model.dispose();
  }

  private async upToDate<T>(read: () => T): Promise<T> {
    if (this.network.attached) {
      if (!this.model["running"]) await this.network.session.detach(); // what is here is up to date
      await this.network.pull();
    }
    return read();
  }
}
