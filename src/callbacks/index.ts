// The callbacks, as flat exports and as the namespace `callbacks`.

import type { Network } from "../network.ts";
import { badOption, checkNames, wantBoolean, wantCount, wantFunction, wantNumber } from "../options.ts";
import { makeMonitor, type MonitorOptions } from "../schedules/monitor.ts";
import type { StepReport } from "../train/report.ts";
import type { Callback, Running } from "./callback.ts";

export type { Callback, Running } from "./callback.ts";
export type { MonitorMode, MonitorOptions } from "../schedules/monitor.ts";

export interface BestWeightsOptions extends MonitorOptions {
  /** By how much a number must be better to count; 0 by default. */
  minDelta?: number;
}

export interface EarlyStoppingOptions extends BestWeightsOptions {
  /** Epochs in a row without improvement after which the run ends. */
  patience: number;
  /** Sets the parameters to those of the best epoch at the end; true by default. */
  restoreBest?: boolean;
}

/** All parameters and buffers as they lie in memory, for now. */
function parametersOf({ session, block, bytes }: Network): Float32Array {
  return session.floats.subarray(block.offset / 4, (block.offset + bytes) / 4);
}

/** Watches a monitor: keeps the best epoch's parameters and, with patience, stops. A run's state lies here from its start. */
function watch(of: string, options: BestWeightsOptions, patience: number, keep: boolean): Callback {
  const monitor = makeMonitor(of, options), delta = wantNumber(`${of}: minDelta`, options.minDelta ?? 0, 0);
  // two that watch alike keep the same
  const name = `best ${monitor.name} ${monitor.rising} ${delta}`;
  let best: number | undefined, bad = 0, kept: Float32Array | undefined, size = 0, run: Running;
  return {
    onStart(training) {
      run = training;
      size = training.network.bytes / 4;
      monitor.check(training.monitors);
      best = undefined;
      bad = 0;
      kept = undefined;
    },
    onEpoch(report, training) {
      const value = monitor.read(report);
      const better = best === undefined ? !Number.isNaN(value) : monitor.rising ? value > best + delta : value < best - delta;
      if (better) {
        best = value;
        bad = 0;
        if (keep) kept = training.evaluated(() => parametersOf(training.network).slice());
      } else if (++bad >= patience) training.stop();
    },
    onEnd(training) {
      if (!kept || !training.network.attached) return;
      // what goes on, goes on from the last step; if that has left no finite numbers, nothing does
      let last = (): Uint8Array<ArrayBuffer> => bytes, bytes!: Uint8Array<ArrayBuffer>;
      try {
        bytes = training.checkpoint();
      } catch (error) {
        last = () => {
          throw error;
        };
      }
      training.final = last;
      const { session, block: { offset }, bytes: size } = training.network;
      parametersOf(training.network).set(kept);
      session.wrote(offset, size);
    },
    save(tensors) {
      if (kept) tensors.set(name, { data: kept, shape: [kept.length] });
      return { monitor: monitor.name, best, bad };
    },
    load(saved: { monitor?: unknown; best?: unknown; bad?: unknown }, tensor) {
      if (saved.monitor !== monitor.name) return; // another callback stood here
      if (typeof saved.best === "number") best = saved.best;
      if (typeof saved.bad === "number") bad = saved.bad;
      if (bad >= patience) run.stop(); // it ended with this epoch
      const data = tensor(name)?.data;
      kept = keep && data?.length === size ? data : undefined;
    },
  };
}

/** Ends a run that gets no better, and sets the parameters to those of its best epoch, whatever ended it: this, the last
 * epoch, a signal, an error. https://keras.io/api/callbacks/early_stopping/; Prechelt, Early Stopping — But When? (1998)
 *
 * @throws OptionError for an option out of its range; at the start of a run, for a monitor that its reports will not have.
 * @example
 * const model = await createModel(dense(1), { input: [1] });
 * const stopping = earlyStopping({ monitor: "loss", patience: 2 });
 * const history = await model.fit({ x: [[0]], y: [[1]] }, { loss: mse(), optimizer: sgd({ learningRate: 0 }), epochs: 9, callbacks: [stopping] });
 * history.epochs.length // → 3
 */
export function earlyStopping(options: EarlyStoppingOptions): Callback {
  checkNames("earlyStopping", options, ["monitor", "mode", "minDelta", "patience", "restoreBest"]);
  const patience = wantCount("earlyStopping: patience", options?.patience);
  return watch("earlyStopping", options, patience, wantBoolean("earlyStopping: restoreBest", options.restoreBest ?? true));
}

/** Sets the parameters to those of the best epoch when a run has ended, however it ended.
 * https://keras.io/api/callbacks/model_checkpoint/
 *
 * @throws OptionError for an option out of its range; at the start of a run, for a monitor that its reports will not have.
 * @example
 * const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
 * // the rate is too high: 0, then 3, then −3
 * await model.fit({ x: [[1]], y: [[1]] }, { loss: mse(), optimizer: sgd({ learningRate: 1.5 }), epochs: 2, callbacks: [bestWeights({ monitor: "loss" })] });
 * model.predict([[1]]).data // → [3]
 */
export function bestWeights(options: BestWeightsOptions = {}): Callback {
  checkNames("bestWeights", options, ["monitor", "mode", "minDelta"]);
  return watch("bestWeights", options, Infinity, true);
}

/** Where a callback's text goes: the library never prints by itself. */
export type Write = (text: string) => void;

export interface ProgressOptions {
  /** Takes the text, e.g. `(text) => process.stdout.write(text)`. */
  write: Write;
  /** Writes a line after so many steps too, which the next one covers ("\r"); 0, the default, after epochs only. */
  every?: number;
}

/** A line of text for each epoch: its number, the scores, the rate and the rows per second.
 *
 * @throws OptionError without `write`.
 * @example
 * const lines = [], model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
 * const told = progress({ write: (text) => lines.push(text.replace(/ [^ ]+ rows/, " 9 rows")) });
 * await model.fit({ x: [[1]], y: [[1]] }, { loss: mse(), optimizer: sgd({ learningRate: 0.5 }), epochs: 2, callbacks: [told] });
 * lines // → ["epoch 1/2  loss 1  rate 0.5  9 rows/s\n", "epoch 2/2  loss 0  rate 0.5  9 rows/s\n"]
 */
export function progress(options: ProgressOptions): Callback {
  checkNames("progress", options, ["write", "every"]);
  const write = wantWrite("progress", options), every = wantCount("progress: every", options.every ?? 0, 0);
  let width = 0; // of the line that stands there
  const line = (text: string, end: string): void => {
    write(`${width ? "\r" : ""}${text.padEnd(width)}${end}`);
    width = end ? 0 : text.length;
  };
  return {
    onStep: every === 0 ? undefined : ({ epoch, step, steps, loss }: StepReport, training) => {
      if (step % every === 0) line(`epoch ${epoch}/${training.epochs}  step ${step}/${steps}  loss ${short(loss)}`, "");
    },
    onEpoch(report, training) {
      const scores = training.monitors.map((name) => `${name} ${short(makeMonitor("progress", { monitor: name }).read(report))}`);
      const rate = `rate ${short(report.learningRate)}  ${short(report.rowsPerSecond)} rows/s`;
      line(`epoch ${report.epoch}/${training.epochs}  ${scores.join("  ")}  ${rate}`, "\n");
    },
    onEnd() {
      if (width) line("", "\n"); // the run has ended amid an epoch
    },
  };
}

/** Four digits. */
function short(x: number): string {
  return String(Number(x.toPrecision(4)));
}

/** A line of JSON for each report (https://jsonlines.org/, 2014): what a log file keeps. NaN and infinities are null.
 *
 * @throws OptionError without `write`.
 * @example
 * const lines = [], model = await createModel(dense(1), { input: [1] });
 * await model.fit({ x: [[1]], y: [[1]] }, { loss: mse(), epochs: 2, callbacks: [callbacks.jsonl({ write: (text) => lines.push(text) })] });
 * lines.map((line) => JSON.parse(line).epoch) // → [1, 2]
 */
export function jsonl(options: { write: Write }): Callback {
  checkNames("jsonl", options, ["write"]);
  const write = wantWrite("jsonl", options);
  return { onEpoch: (report) => write(`${JSON.stringify(report)}\n`) };
}

function wantWrite(of: string, options: { write: Write } | undefined): Write {
  if (options?.write === undefined) throw badOption("write", undefined, "a function that takes text", { of });
  return wantFunction(`${of}: write`, options.write);
}
