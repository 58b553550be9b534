// The range test: which learning rate to begin with.

import { type Data, inputName, WEIGHT } from "./data/columns.ts";
import { NonFiniteError, StateError } from "./errors.ts";
import { power } from "./math.ts";
import { Model } from "./model.ts";
import { OUTPUT } from "./network.ts";
import { SHUFFLE } from "./ops/random.ts";
import { badOption, checkNames, wantCount, wantNumber, wantPositive, wantSeed } from "./options.ts";
import { sizeOf } from "./shape.ts";
import { dataColumns, resolveObjective, targetName } from "./train/objective.ts";
import type { Trainer, TrainerOptions } from "./train/trainer.ts";
import { pacer } from "./yield.ts";

export interface FindLearningRateOptions extends Omit<TrainerOptions, "schedule" | "steps" | "resume" | "metrics"> {
  /** The first rate; 1e-6 by default. */
  minimum?: number;
  /** The last rate; 10 by default. The sweep ends before it where the smoothed loss is four times the best. */
  maximum?: number;
  /** Steps from one to the other; 100 by default. */
  steps?: number;
  /** How much of the smoothed loss is what it was before: from 0 to below 1, 0.9 by default. */
  smoothing?: number;
  /** Ends the sweep after the current step; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What a sweep found. */
export interface RateCurve {
  /** The rates that were tried, each in one step. */
  rates: number[];
  /** The loss of each step. */
  losses: number[];
  /** The losses smoothed by an exponential mean without bias. */
  smoothed: number[];
  /** The rate at which the smoothed loss falls fastest. */
  steepest: number;
  /** A tenth of the rate at which it is lowest. */
  minimum: number;
  /** The rate to begin with: the geometric mean of both. */
  suggestion: number;
}

const OPTIONS = [
  "loss", "lossWeights", "optimizer", "penalty", "recompute", "clipNorm", "clipValue", "batchSize", "seed", "minimum", "maximum", "steps", "smoothing", "signal",
];

/** The sweep is over where the smoothed loss is so many times the best. */
const DIVERGED = 4;

/** Trains with a rate that rises from step to step, each rate · the same factor, and looks at which rate the loss falls:
 * the range test of Smith, Cyclical Learning Rates (2017); smoothing and end as in fastai (https://docs.fast.ai/callback.schedule.html).
 * The batches are those of fit's first epochs with the same seed. Whatever becomes of the sweep, the model is afterwards as
 * it was: parameters, and what it knows of its last fit. Await it before the model is used again.
 *
 * @throws (as a rejection) OptionError, DataError, ShapeError for options or data that do not fit; StateError while a fit
 * or another sweep runs; NonFiniteError if the first step is not finite.
 * @example
 * const model = await createModel(dense(1, { bias: false, initializer: "zeros" }), { input: [1] });
 * const curve = await findLearningRate(model, { x: [[1]], y: [[1]] }, { loss: mse(), optimizer: sgd(), minimum: 0.001, maximum: 0.1, steps: 3 });
 * [curve.rates, curve.losses] // → [[0.001, 0.01, 0.1], [1, 0.996004, 0.956562]]
 */
export async function findLearningRate<M extends Model>(model: M, data: Parameters<M["fit"]>[0], options: FindLearningRateOptions): Promise<RateCurve> {
  checkNames("findLearningRate", options, OPTIONS);
  options ??= {} as FindLearningRateOptions;
  const { minimum = 1e-6, maximum = 10, steps = 100, smoothing = 0.9, signal, ...trained } = options;
  wantPositive("minimum", minimum);
  wantNumber("maximum", maximum, minimum);
  if (maximum === minimum) throw badOption("maximum", maximum, `a rate above the minimum, ${minimum}`);
  wantCount("steps", steps, 2);
  wantNumber("smoothing", smoothing, 0, 1, true);
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw badOption("signal", signal, "an AbortSignal");
  if (!(model instanceof Model))
    throw badOption("model", model, 'a model made with where: "here"', { of: "findLearningRate", fix: "loadModel(await model.save()) makes one" });
  if (model["running"]) throw new StateError("fit-running", { of: "findLearningRate", problem: "a fit or a sweep is running on this model", fix: "await it, or stop it first" });
  const batch = batches(model, data as Data, trained), { session, block } = model["network"], known = model["losses"], told = model["told"];
  const before = session.bytes(block).slice(), pause = pacer(12), factor = power(maximum / minimum, 1 / (steps - 1));
  const curve: RateCurve = { rates: [], losses: [], smoothed: [], steepest: NaN, minimum: NaN, suggestion: NaN };
  model["running"] = { halt() {} } as never; // what begins now would be undone at the end
  let trainer: Trainer | undefined, mean = 0, kept = 1, best = Infinity;
  try {
    trainer = model.trainer(trained);
    for (let step = 0; step < steps; step++) {
      if (signal?.aborted) throw signal.reason;
      const rate = step === steps - 1 ? maximum : minimum * power(factor, step);
      trainer.learningRate = rate;
      let loss: number;
      try {
        loss = trainer.step(batch(step) as never);
      } catch (error) {
        if (step > 0 && error instanceof NonFiniteError) break; // as far as rates go
        throw error;
      }
      mean = smoothing * mean + (1 - smoothing) * loss;
      kept *= smoothing;
      const smooth = mean / (1 - kept);
      curve.rates.push(rate);
      curve.losses.push(loss);
      curve.smoothed.push(smooth);
      best = Math.min(best, smooth);
      if (step > 0 && smooth > DIVERGED * Math.abs(best)) break;
      await pause();
    }
  } finally {
    model["running"] = undefined;
    if (model["network"].attached) {
      trainer?.dispose();
      session.bytes(block).set(before);
    }
    model["losses"] = known;
    model["told"] = told;
  }
  return suggest(curve);
}

/** The batches of a run, by its step, in the order of fit. */
function batches(model: Model, data: Data, options: TrainerOptions): (step: number) => Data {
  const network = model["network"], objective = resolveObjective(network, options);
  const { rows, columns } = dataColumns(network, objective, data, model["notes"].classes);
  const batchSize = Math.min(wantCount("batchSize", options.batchSize ?? 32), rows), perEpoch = Math.ceil(rows / batchSize);
  const { low, high } = wantSeed(options.seed ?? model["notes"].seed), { session } = network;
  let order = new Uint32Array(0), shuffled = -1;
  return (step) => {
    const epoch = Math.floor(step / perEpoch), from = (step % perEpoch) * batchSize;
    if (epoch !== shuffled) {
      const block = session.allocate(4 * rows, "row numbers"), start = block.offset / 4;
      session.words.set(Uint32Array.from({ length: rows }, (_, i) => i), start);
      session.core.shuffle(block.offset, rows, SHUFFLE, low, high, epoch);
      order = session.words.slice(start, start + rows);
      session.free(block);
      shuffled = epoch;
    }
    const ids = order.subarray(from, from + batchSize);
    const taken = new Map(columns.map(({ name, dtype, shape, data: all }) => {
      const width = sizeOf(shape), size = ids.length * width, numbers = dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
      ids.forEach((id, at) => {
        for (let i = 0; i < width; i++) numbers[at * width + i] = all[id * width + i]!;
      });
      return [name, { data: numbers, shape: [ids.length, ...shape] }] as const;
    }));
    const weight = taken.get(WEIGHT), outputs = [...network.outputs.keys()];
    return {
      x: network.single ? taken.get(inputName(network.inputs[0]!.name))! : Object.fromEntries(network.inputs.map(({ name }) => [name, taken.get(inputName(name))!])),
      y: network.singleOutput ? taken.get(targetName(OUTPUT))! : Object.fromEntries(outputs.map((name) => [name, taken.get(targetName(name))!])),
      ...(weight && { weight }),
    };
  };
}

/** Reads the suggestions off the curve. */
function suggest(curve: RateCurve): RateCurve {
  const { rates, smoothed } = curve;
  let low = 0, steep = 0, slope = Infinity;
  smoothed.forEach((loss, i) => {
    if (loss < smoothed[low]!) low = i;
  });
  // up to the lowest: what falls after it falls back
  for (let i = 1; i < low; i++) {
    const here = smoothed[i + 1]! - smoothed[i - 1]!;
    if (here < slope) [steep, slope] = [i, here];
  }
  curve.steepest = rates[steep]!;
  curve.minimum = rates[low]! / 10;
  curve.suggestion = Math.sqrt(curve.steepest * curve.minimum);
  return curve;
}
