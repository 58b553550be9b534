// k trainings, each on all folds but one, and judged by that one.

import { StateError } from "../errors.ts";
import type { Model } from "../model.ts";
import { badOption, checkNames, wantFunction } from "../options.ts";
import { sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { FIT_OPTIONS, type FitOptions } from "../train/fit.ts";
import type { Evaluation, History } from "../train/report.ts";
import type { WorkerModel } from "../workerModel.ts";
import { type Data, isStream } from "./columns.ts";
import { type FoldOptions, foldIds } from "./partition.ts";
import { asDataset } from "./splits.ts";

/** What a fold's model is made for. */
export interface FoldPart {
  /** From 0. */
  fold: number;
  training: Data<any, any>;
  validation: Data<any, any>;
  /** Their row numbers. */
  trainingRows: Uint32Array;
  validationRows: Uint32Array;
}

export interface CrossValidateOptions extends Omit<FitOptions, "validation" | "resume" | "transfer">, FoldOptions {
  /** Share of each fold's training rows, or other data, to evaluate after each epoch, for earlyStopping() say; none by default. The
   * fold itself is seen at the end alone. */
  validation?: Data | number;
  /** Makes the data of a fold, where something is to be fitted on its training rows alone, such as a Preprocessing:
   * `async ({ trainingRows, validationRows }) => { const all = await dataset(table, { preprocessing: Preprocessing.fit(table, { target,
   * rows: trainingRows }) }); return { training: all.take(trainingRows), validation: all.take(validationRows) }; }`. Of the data that
   * crossValidate is given, only the number of rows and, for stratified folds, y are looked at then. */
  prepare?: (rows: { fold: number; trainingRows: Uint32Array; validationRows: Uint32Array }) => Pair | Promise<Pair>;
  /** Told of each fold that is done. */
  onFold?: (report: FoldReport) => void;
}

/** Data of one fold. */
export interface Pair {
  training: Data<any, any>;
  validation: Data<any, any>;
}

/** What a fold came to. */
export interface FoldReport {
  /** From 0. */
  fold: number;
  /** Loss and metrics of the rows that were held out, by the model as the run left it. */
  scores: Evaluation & Readonly<Record<string, any>>;
  /** Of its training. */
  history: History;
  /** Row numbers that were held out. */
  rows: Uint32Array;
}

export interface CrossValidation {
  folds: FoldReport[];
  /** Over the folds, by the names of loss and metrics. */
  mean: Record<string, number>;
  /** Standard deviation over the folds, as of a sample: divided by their number − 1. */
  deviation: Record<string, number>;
  /** What the model that has not seen a row gives for it, in the order of the data's rows; by name where there are several outputs. */
  predictions: Tensor | Record<string, Tensor>;
}

/** Trains a new model for each of k folds, on the rows of all others, and evaluates it on those of the fold: loss and metrics with their
 * mean and deviation, and a prediction for each row by the model that has not seen it. Options are those of kFold and fit; a model is
 * disposed of before the next is made, whatever happens. Stone, Cross-Validatory Choice and Assessment of Statistical Predictions (1974).
 *
 * @throws (as a rejection) what kFold, fit and evaluate throw, and what `makeModel` does.
 * @example
 * const data = { x: [[0], [1], [2], [3]], y: [0, 2, 4, 6] }, start = { input: [1], seed: 1 };
 * const result = await crossValidate(() => createModel(dense(1), start), data, { folds: 2, loss: mse(), epochs: 2 });
 * [result.folds.length, Object.keys(result.mean), result.predictions.shape] // → [2, ["loss"], [4, 1]]
 */
export async function crossValidate(
  makeModel: (part: FoldPart) => Model<any, any> | WorkerModel<any, any> | Promise<Model<any, any> | WorkerModel<any, any>>, data: Data<any, any>, options: CrossValidateOptions,
): Promise<CrossValidation> {
  wantFunction("makeModel", makeModel);
  checkNames("crossValidate", options, known());
  if (isStream(data)) throw badOption("data", data, "data in memory, as rows are taken by their numbers", { of: "crossValidate" });
  const { folds, stratified, groups, prepare, onFold, ...fit } = options ?? ({} as CrossValidateOptions), { seed } = fit;
  if (prepare !== undefined) wantFunction("prepare", prepare);
  if (onFold !== undefined) wantFunction("onFold", onFold);
  const whole = asDataset(data), reports: FoldReport[] = [], outputs = new Map<string, Tensor>();
  const parts = foldIds(whole.rows, { ...(folds !== undefined && { folds }), ...(stratified !== undefined && { stratified }), ...(groups !== undefined && { groups }), seed: seed ?? 0 }, () => whole.classNumbers());
  let single = true;
  for (const [fold, { training: trainingRows, validation: validationRows }] of parts.entries()) {
    const rows = { fold, trainingRows, validationRows };
    const { training, validation } = prepare ? await prepare(rows) : { training: whole.take(trainingRows), validation: whole.take(validationRows) };
    const model = await makeModel({ ...rows, training, validation }) as unknown as Model<any, any>;
    if (typeof model?.fit !== "function") throw badOption("makeModel", model, "a function that returns a model", { of: "crossValidate" });
    try {
      const history = await model.fit(training, fit as FitOptions) as History, scores = await model.evaluate(validation);
      const predicted = await model.predict(validation.x) as Tensor | Record<string, Tensor>;
      single = ArrayBuffer.isView(predicted.data);
      for (const [name, tensor] of single ? [["", predicted as Tensor] as const] : Object.entries(predicted as Record<string, Tensor>))
        scatter(outputs, name, tensor, validationRows, whole.rows);
      const report: FoldReport = { fold, scores, history, rows: validationRows };
      reports.push(report);
      onFold?.(report);
    } finally {
      await model.dispose();
    }
  }
  const names = Object.keys(reports[0]!.scores).filter((name) => typeof reports[0]!.scores[name] === "number");
  const column = (name: string): number[] => reports.map(({ scores }) => scores[name] as number);
  return {
    folds: reports,
    mean: Object.fromEntries(names.map((name) => [name, meanOf(column(name))])),
    deviation: Object.fromEntries(names.map((name) => [name, deviationOf(column(name))])),
    predictions: single ? outputs.get("")! : Object.fromEntries(outputs),
  };
}

const known = (): string[] => [...FIT_OPTIONS.filter((name) => name !== "resume" && name !== "transfer"), "folds", "stratified", "groups", "prepare", "onFold"];

/** Puts the predictions of some rows where they belong. */
function scatter(outputs: Map<string, Tensor>, name: string, { data, shape }: Tensor, ids: Uint32Array, rows: number): void {
  const row = shape.slice(1), width = sizeOf(row);
  if (shape[0] !== ids.length) throw new StateError("rows-mismatch", { of: "crossValidate", option: "prepare", wanted: `validation data of ${ids.length} rows`, got: shape[0] });
  const all = outputs.get(name) ?? { data: new Float32Array(rows * width), shape: [rows, ...row] };
  outputs.set(name, all);
  ids.forEach((id, i) => all.data.set(data.subarray(i * width, (i + 1) * width), id * width));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / (values.length - 1));
}
