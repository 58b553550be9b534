// What a callback is, and what it sees of a run.

import type { Network } from "../network.ts";
import { badOption, checkNames, isRecord, wantFunction } from "../options.ts";
import type { ScheduleInfo } from "../schedules/schedule.ts";
import type { Tensor } from "../tensor.ts";
import type { Report, StepReport } from "../train/report.ts";

/** A run, as callbacks see it. */
export interface Running extends ScheduleInfo {
  readonly reports: readonly Report[];
  readonly monitors: readonly string[];
  /** Lets the run end: after the current step, or the epoch whose report is told. */
  stop(): void;
  /** Bytes from which `resume` goes on: the state after the last step. Taken while callbacks are told of an epoch, those that have yet
   * to hear of it do so when the run goes on. */
  checkpoint(): Uint8Array<ArrayBuffer>;
  /** @internal */
  readonly network: Network;
  /** Calls `look` while the model has what validation sees: with ema, the average.
   * @internal */
  evaluated<T>(look: () => T): T;
  /** Gives what checkpoint() gives from now on: the state after the last step, of a run whose parameters are then set to others.
   * @internal */
  final?: (() => Uint8Array<ArrayBuffer>) | undefined;
}

/** Is told of a run as it goes on. One that throws ends the run; the parameters are those of the last step. */
export interface Callback {
  /** Before the first step, or the first one after a checkpoint. */
  onStart?(training: Running): void | Promise<void>;
  /** After each step; its argument is one object whose fields change. */
  onStep?: ((step: StepReport, training: Running) => void) | undefined;
  /** After each epoch; the next one waits for it. */
  onEpoch?(report: Report & Readonly<Record<string, any>>, training: Running): void | Promise<void>;
  /** However the run has ended, if it has begun. */
  onEnd?(training: Running): void | Promise<void>;
  /** Plain data for a checkpoint; what is large goes into `tensors`, which all share. `given` is true for what checkpoint() gives, and
   * not for what a run keeps for itself, lest a worker dies. */
  save?(tensors: Map<string, Tensor>, given?: boolean): unknown;
  /** What save() gave, and the tensors by name; comes after onStart. */
  load?(saved: any, tensor: (name: string) => Tensor | undefined): void;
}

const HOOKS = ["onStart", "onStep", "onEpoch", "onEnd"];

export function wantCallbacks(callbacks: unknown = []): readonly Callback[] {
  if (!Array.isArray(callbacks)) throw badOption("callbacks", callbacks, "an array");
  for (const callback of callbacks) {
    if (!isRecord(callback)) throw badOption("callbacks", callback, "an object such as earlyStopping({ patience: 5 })");
    // it may have fields of its own, but no hook that is never told
    for (const name in callback) if (/^on[A-Z]/.test(name)) {
      checkNames("callbacks", { [name]: 0 }, HOOKS);
      if (callback[name] !== undefined) wantFunction(`callbacks: ${name}`, callback[name]);
    }
  }
  return callbacks as Callback[];
}
