// What a run minimises and reports: for each output of the model its loss, its weight and its metrics.

import { type Column, type Columns, type Data, inputColumns, named, targetColumn, WEIGHT, weightColumn } from "../data/columns.ts";
import { DataError, GraphError, OptionError } from "../errors.ts";
import { type Graph, notAValue, Value } from "../graph.ts";
import { isLoss, joinLosses, type Loss, type LossOption, type Reading, reduceLoss, type Reduction } from "../losses/loss.ts";
import { alignTarget, type Metric, type MetricOption, rowMeans } from "../metrics/metric.ts";
import { toMetric } from "../metrics/resolve.ts";
import { type Network, OUTPUT, type Trace } from "../network.ts";
import { badOption, checkNames, didYouMean, isRecord, wantNumber } from "../options.ts";
import { multiply } from "../ops/binary.ts";
import { sum } from "../ops/reduce.ts";

/** Losses or metrics: plainly for a model with one output, by name for one with several. */
export type ByOutput<T> = T | Readonly<Record<string, T>>;

export interface ObjectiveOptions {
  loss: ByOutput<LossOption>;
  /** What each output's loss is multiplied with; 1 by default. */
  lossWeights?: Readonly<Record<string, number>>;
  metrics?: ByOutput<readonly MetricOption[]>;
}

/** One output's part. */
export interface Part {
  output: string;
  loss: LossOption;
  reduction: Reduction;
  weight: number;
  reading: Reading;
  /** Where rows do not count alike: their mean. */
  mean: Loss["mean"];
  counted: Loss["counted"];
  ignoreIndex: unknown;
  metrics: { key: string; metric: Metric }[];
}

export type Objective = readonly Part[];

/** Takes the options apart, one part for each output of the network. */
export function resolveObjective(network: Network, { loss, lossWeights, metrics }: ObjectiveOptions): Objective {
  const names = [...network.outputs.keys()];
  const losses = spreadOver(network, loss, "loss", wantLoss);
  const lists = metrics === undefined ? undefined : spreadOver(network, metrics, "metrics", (list) => {
    if (!Array.isArray(list)) throw badOption("metrics", list, "an array");
    return list.map(toMetric);
  });
  const weights = lossWeights ?? {};
  checkNames("lossWeights", weights, names);
  const parts = names.map((output): Part => {
    const itsLoss = losses.get(output)!, known = isLoss(itsLoss) ? itsLoss : undefined;
    return {
      output, loss: itsLoss, reduction: known?.reduction ?? "mean", reading: known?.reading, mean: known?.mean, counted: known?.counted, ignoreIndex: known?.options.ignoreIndex,
      weight: Object.hasOwn(weights, output) && weights[output] !== undefined ? wantNumber(`lossWeights: ${output}`, weights[output]) : 1,
      metrics: (lists?.get(output) ?? []).map((metric) => ({ key: network.singleOutput ? metric.metric : `${output}.${metric.metric}`, metric })),
    };
  });
  const reductions = parts.map(({ reduction }) => reduction);
  if (new Set(reductions).size > 1) throw badOption("loss", reductions, "losses that are all means, or all sums");
  const keys = parts.flatMap((part) => part.metrics.map(({ key }) => key));
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) throw badOption("metrics", twice, "each metric once");
  return parts;
}

function wantLoss(loss: unknown): LossOption {
  // mse instead of mse() is a function that takes its options only
  const maker = typeof loss === "function" && !isLoss(loss) && loss.length === 0;
  if (typeof loss === "function" && !(maker && LOSS_MAKERS.includes(loss.name))) return loss as LossOption;
  throw badOption("loss", loss, "a loss such as mse(), or a function (prediction, target) => Value", {
    fix: didYouMean(maker ? loss.name : loss, LOSS_MAKERS, "()"),
  });
}

const LOSS_MAKERS: readonly string[] = [
  "mse", "mae", "crossEntropy", "binaryCrossEntropy", "hinge", "huber", "smoothL1", "nll", "squaredHinge",
  "multiMargin", "klDivergence", "focal", "cosineSimilarity", "tripletMargin",
];

/** An option for each output: plain where there is one, a record of all where there are several. */
function spreadOver<T, R>(network: Network, option: ByOutput<T> | undefined, what: string, convert: (value: T) => R): Map<string, R> {
  if (network.singleOutput) return new Map([[OUTPUT, convert(option as T)]]);
  const names = [...network.outputs.keys()];
  const keys = isRecord(option) ? Object.keys(option) : undefined;
  if (!keys?.every((key) => names.includes(key)) || (what === "loss" && keys.length < names.length))
    throw new OptionError("wrong-names", { option: what, wanted: `{ ${names.join(", ")} }, one for each output`, got: option });
  return new Map(Object.entries(option as Record<string, T>).map(([name, value]) => [name, convert(value)]));
}

/** Name of an output's target among a program's inputs. */
export const targetName = (output: string): string => `target ${output}`;

/** The columns of a data set for this objective, or of a part of one. */
export function dataColumns(network: Network, objective: Objective, data: Data, classes: readonly string[] | undefined, at = "", part = false): Columns {
  const fields = ["x", "y", WEIGHT], unknown = isRecord(data) ? Object.keys(data).find((key) => !fields.includes(key)) : undefined;
  if (!isRecord(data) || !("x" in data && "y" in data) || unknown !== undefined)
    throw new DataError("wrong-names", { option: `${at}data`, wanted: "{ x, y } or { x, y, weight }", got: data, fix: didYouMean(unknown, fields) });
  const { rows, columns } = inputColumns(data.x, network.inputs, network.single, `${at}x`);
  const outputs = [...network.outputs.keys()];
  const targets = network.singleOutput ? [data.y] : named(data.y, outputs, `${at}y`);
  const all = [...columns];
  objective.forEach(({ output, loss }, i) => {
    const label = `${at}y${network.singleOutput ? "" : `.${output}`}`;
    all.push(targetColumn(targets[i], label, rows, targetName(output), network.outputs.get(output)!, loss, classes));
  });
  if (data.weight !== undefined) all.push(weightColumn(data.weight, rows, at + WEIGHT, part));
  return { rows, columns: all };
}

/** What is computed from the outputs of a trace. */
export interface Built {
  total: Value;
  /** By output. */
  losses: Map<string, Value>;
  /** By key: the sum over the rows, each times its weight. */
  metrics: Map<string, Value>;
  /** What each mean of its own was divided by, and what its output's metrics are to be. */
  counts: Value[];
}

/** Adds losses and metrics to a trace; `column` gives the Value of a column. */
export function buildObjective(objective: Objective, trace: Trace, columns: readonly Column[], column: (name: string) => Value): Built {
  const weight = columns.some(({ name }) => name === WEIGHT) ? column(WEIGHT) : undefined;
  const losses = new Map<string, Value>(), metrics = new Map<string, Value>(), counts: Value[] = [];
  for (const part of objective) {
    const prediction = trace.outputs.get(part.output)!;
    const target = alignTarget(column(targetName(part.output)), prediction);
    const perElement = wantResult(part.loss(prediction, target), part.output, trace.graph, weight !== undefined, prediction.shape[0]!);
    const own = part.mean?.(prediction, target, weight);
    if (own) counts.push(own.count);
    const those = part.counted?.(target), weighed = (rows: Value): Value => sum(weight ? multiply(rows, weight) : rows);
    if (those) counts.push(weighed(rowMeans(those.counts)));
    losses.set(part.output, own?.loss ?? reduceLoss(perElement, part.reduction, weight));
    for (const { key, metric } of part.metrics) {
      if (!metric.rows) continue;
      metrics.set(key, weighed(metric.rows(prediction, those?.target ?? target, { reading: part.reading, counts: those?.counts })));
    }
  }
  const total = joinLosses(objective.map(({ output, weight: factor }) => ({ value: losses.get(output)!, weight: factor })));
  return { total, losses, metrics, counts };
}

/** What a loss function returned, checked: a scalar, or [rows, ...]. */
function wantResult(result: unknown, output: string, graph: Graph, weighted: boolean, rows: number): Value {
  const at = { of: output, option: "loss" };
  if (!(result instanceof Value) || result.graph !== graph) throw notAValue("loss", result, { ...at, fix: "make it from prediction and target" });
  const { shape } = result, scalar = shape.length === 0;
  if (scalar ? weighted : shape[0] !== rows)
    throw new GraphError("not-per-row", {
      ...at, wanted: `[${rows}, ...]${weighted ? " as there are row weights" : " or a scalar"}`, got: shape,
      fix: scalar ? "return the losses before their mean" : undefined,
    });
  return result;
}
