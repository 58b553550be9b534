// From a manifest back to what it was made from: the options of fit, the model. Manifests come from strangers: names are looked up in
// tables of ours, options are checked by who takes them, and what is the caller's own has to be handed over.

import { FormatError, OptionError } from "../errors.ts";
import { doctor } from "../doctor/index.ts";
import { OWN } from "../formats/json.ts";
import { writeSafetensors } from "../formats/safetensors.ts";
import { loadModel, type LoadOptions } from "../create.ts";
import type { Loss, LossOption } from "../losses/loss.ts";
import { lossTable } from "../losses/table.ts";
import * as metrics from "../metrics/index.ts";
import type { Metric, MetricOption } from "../metrics/metric.ts";
import type { Model } from "../model.ts";
import { isRecord } from "../options.ts";
import * as optimizers from "../optimizers/index.ts";
import type { Match, Optimizer } from "../optimizers/optimizer.ts";
import { sum } from "../ops/reduce.ts";
import { scale } from "../ops/scale.ts";
import { reshape } from "../ops/shape.ts";
import * as penalties from "../penalties/index.ts";
import type { Penalty } from "../penalties/penalty.ts";
import * as schedules from "../schedules/index.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { Tensor } from "../tensor.ts";
import type { WorkerModel } from "../workerModel.ts";
import type { AuditNotes } from "./chain.ts";
import type { FitOptions } from "./fit.ts";
import { partsOf } from "./manifest.ts";

type Plain = Readonly<Record<string, unknown>>;

/** The error for what a manifest cannot say: it has to be handed over. */
function wanted(option: string, why: string): OptionError {
  return new OptionError("wanted-option", { of: "verify", option: `options.${option}`, problem: why, fix: `hand it over: verify(run, data, { options: { ${option}: ... } })` });
}

function broken(what: string): FormatError {
  return new FormatError("bad-file", { of: "verify", problem: `the manifest's ${what} is none that this release can make` });
}

/** One of ours, by its name; what stands in a module and makes none is not known. */
function make<T>(table: object, name: unknown, what: string, ...given: unknown[]): T {
  const known = typeof name === "string" && Object.hasOwn(table, name) ? (table as Record<string, unknown>)[name] : undefined;
  if (typeof known !== "function") throw broken(what);
  return (known as (...given: unknown[]) => T)(...given);
}

function recordOf(value: unknown, what: string): Plain {
  if (!isRecord(value)) throw broken(what);
  return value;
}

/** What chooses parameters: their names, as a function of the caller's chose them, or a pattern of plain letters, which no text can keep busy
 * for long. */
function matchOf(saved: unknown, option: string): Match {
  if (Array.isArray(saved)) return ({ name }) => saved.includes(name);
  const [, source, flags] = /^\/([\w.^$|\\-]*)\/([gimsuvy]*)$/.exec(String(saved)) ?? [];
  if (source === undefined) throw wanted(option, "its match is a function, or a pattern that is not read from files");
  try {
    return new RegExp(source, flags);
  } catch {
    throw broken(option); // such as a flag twice
  }
}

/** The options of the run that a manifest tells of; `own` ones are taken first. */
export function optionsOf({ manifest }: AuditNotes, outputs: readonly string[], single: boolean, own: Partial<FitOptions>): FitOptions {
  const { options, validation } = manifest, schedule = own.schedule ?? scheduleOf(options.schedule);
  const { batchSize, epochs, seed, shuffle, accumulate, ema, clipNorm, clipValue, onNonFinite, metrics: names, penalty } = options as Record<string, any>;
  const share = isRecord(validation) && "share" in validation ? (validation.share as number) : undefined;
  const listened = JSON.stringify(options.schedule ?? null).includes('"schedule":"reduceOnPlateau"');
  if (listened && own.validation === undefined && share === undefined && validation !== null)
    throw wanted("validation", "the schedule listens to it, and a checkpoint has no data");
  const weights = lossesOf(options.loss).map(({ weight }) => weight as number);
  return {
    loss: own.loss ?? byOutput(lossesOf(options.loss).map(lossOf), outputs, single), ...(!single && { lossWeights: Object.fromEntries(outputs.map((name, i) => [name, weights[i]!])) }),
    optimizer: own.optimizer ?? optimizerOf(options.optimizer), ...(schedule && { schedule }),
    metrics: own.metrics ?? metricsOf(names, outputs, single, listened), batchSize, epochs, seed, shuffle, accumulate,
    ...(ema !== null && { ema }), ...(clipNorm !== 0 && { clipNorm }), ...(clipValue !== 0 && { clipValue }),
    penalty: own.penalty ?? penaltiesOf(penalty), ...(onNonFinite !== "stop" && { onNonFinite, doctor: own.doctor ?? doctor() }),
    ...(own.validation !== undefined ? { validation: own.validation } : share !== undefined && { validation: share }),
  };
}

function lossesOf(list: unknown): Plain[] {
  if (!Array.isArray(list)) throw broken("loss");
  return list.map((one) => recordOf(one, "loss"));
}

function lossOf({ loss, weight: _, ...options }: Plain): LossOption {
  if (loss === OWN) throw wanted("loss", "the loss is a function of your own");
  return make<Loss>(Object.fromEntries(lossTable()), loss, "loss", options);
}

function byOutput<T>(list: readonly T[], outputs: readonly string[], single: boolean): T | Record<string, T> {
  if (list.length !== outputs.length) throw broken("loss");
  return single ? list[0]! : Object.fromEntries(outputs.map((name, i) => [name, list[i]!]));
}

function optimizerOf(saved: unknown): Optimizer {
  const { optimizer: name, groups, update: _, ...hyper } = recordOf(saved, "optimizer");
  if (name === "optimizer" || typeof name !== "string" || !Object.hasOwn(optimizers, name)) throw wanted("optimizer", "the optimizer is one of your own");
  const { defaults } = make<Optimizer>(optimizers, name, "optimizer"), told = (own: Plain): Plain => Object.fromEntries(Object.entries(own).filter(([key, value]) => value !== defaults[key]));
  const list = (Array.isArray(groups) ? groups : []).map((group: unknown) => {
    const { match, ...own } = recordOf(group, "optimizer");
    return { match: matchOf(match, "optimizer"), ...own };
  });
  return make<Optimizer>(optimizers, name, "optimizer", { ...told(hyper), ...(list.length && { groups: list }) });
}

function scheduleOf(saved: unknown): Schedule | undefined {
  if (saved === null || saved === undefined) return undefined;
  const { schedule: name, inner, schedules: parts, ...options } = recordOf(saved, "schedule");
  if (name === OWN) throw wanted("schedule", "the schedule is a function of your own");
  if (name === "sequence") return make(schedules, name, "schedule", (Array.isArray(parts) ? parts : []).map(scheduleOf), options);
  return name === "warmup" ? make(schedules, name, "schedule", scheduleOf(inner), options) : make(schedules, name, "schedule", options);
}

function penaltiesOf(list: unknown): Penalty[] {
  if (!Array.isArray(list)) throw broken("penalty");
  return list.map((one: unknown) => {
    const { penalty: name, strength, match, computes: _, ...more } = recordOf(one, "penalty");
    if (Object.keys(more).length || !(name === "l1" || name === "l2")) throw wanted("penalty", "the penalty is one of your own");
    return make<Penalty>(penalties, name, "penalty", strength, match === undefined ? {} : { match: matchOf(match, "penalty") });
  });
}

/** Metrics change no bit, but a checkpoint in the middle of an epoch has their sums: what is not known is stood in for by one that is NaN,
 * unless a schedule may listen to it. */
function metricsOf(list: unknown, outputs: readonly string[], single: boolean, listened: boolean): any {
  if (!Array.isArray(list)) throw broken("metrics");
  const all = list.map((one: unknown) => recordOf(one, "metrics")).map(({ name, over }) => ({ name: String(name), over }));
  const metric = (name: string, over: unknown): MetricOption => {
    if (name === "accuracy" || name === "mae" || name === "mse") return name;
    const known = ["precision", "recall", "f1", "rocAuc", "logLoss", "rmse", "r2"].includes(name) ? make<Metric>(metrics, name, "metrics") : undefined;
    if (known?.metric === name && (over === "all rows") === (known.all !== undefined)) return known;
    if (listened) throw wanted("metrics", `the schedule may listen to ${name}, which is one of your own`);
    return over === "all rows" ? { metric: name, all: () => NaN }
      : { metric: name, rows: (prediction) => sum(reshape(scale(prediction, NaN), [prediction.shape[0]!, -1]), [1]) };
  };
  if (single) return all.map(({ name, over }) => metric(name, over));
  return Object.fromEntries(outputs.map((output) => [output, all.filter(({ name }) => name.startsWith(`${output}.`)).map(({ name, over }) => metric(name.slice(output.length + 1), over))]));
}

/** The model of a checkpoint, made anew, with its parameters. */
export async function modelOf({ manifest, model }: AuditNotes, parameters: ReadonlyMap<string, Tensor>, options: LoadOptions): Promise<Model<any, any> | WorkerModel<any, any>> {
  if (model === null)
    throw new OptionError("wanted-option", { of: "verify", option: "model", problem: "its function cannot be written down, so the run does not have it", fix: "hand it over: verify(run, data, { model })" });
  const made: Model<any, any> | WorkerModel<any, any> = await loadModel(writeSafetensors(parameters as Map<string, Tensor<Float32Array>>, { "lanewise.model": model }), options);
  const frozen = [...parameters.keys()].filter((name) => !manifest.trained.includes(name)), { network } = partsOf(made);
  const chosen = network.parameters.filter(({ name, trainable }) => trainable && frozen.includes(name)).map(({ name }) => name);
  if (chosen.length) await made.freeze(({ name }) => chosen.includes(name));
  return made;
}
