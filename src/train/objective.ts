// What a run minimises and reports: for each output of the model its loss, its weight and its metrics.

import { type Column, type Columns, type Data, inputColumns, named, targetColumn, WEIGHT, weightColumn } from "../data/columns.ts";
import { DataError, GraphError, OptionError, show } from "../errors.ts";
import { type Graph, Value } from "../graph.ts";
import { isLoss, joinLosses, type LossOption, type Reading, reduceLoss, type Reduction } from "../losses/loss.ts";
import { alignTarget, type Metric, type MetricOption } from "../metrics/metric.ts";
import { toMetric } from "../metrics/resolve.ts";
import { INPUT, type Network, OUTPUT, type Trace } from "../network.ts";
import { suggest, wantNumber } from "../options.ts";
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
  metrics: { key: string; metric: Metric }[];
}

export type Objective = readonly Part[];

/** Takes the options apart, one part for each output of the network. */
export function resolveObjective(network: Network, { loss, lossWeights, metrics }: ObjectiveOptions): Objective {
  const names = [...network.outputs.keys()];
  const losses = spreadOver(network, loss, "loss", wantLoss);
  const lists = metrics === undefined ? undefined : spreadOver(network, metrics, "metrics", (list) => {
    if (!Array.isArray(list)) throw new OptionError("bad-option", `metrics: wanted an array, got ${show(list)}`, { option: "metrics", got: list });
    return list.map(toMetric);
  });
  const weights = lossWeights === undefined ? {} : lossWeights;
  for (const name of Object.keys(weights))
    if (!names.includes(name))
      throw new OptionError("unknown-option", `lossWeights: the model has no output ${show(name)} (it has ${names.join(", ")})`, { option: name, got: name, wanted: names });
  const parts = names.map((output): Part => {
    const itsLoss = losses.get(output)!, known = isLoss(itsLoss) ? itsLoss : undefined;
    return {
      output, loss: itsLoss, reduction: known?.reduction ?? "mean", reading: known?.reading,
      weight: weights[output] === undefined ? 1 : wantNumber(`lossWeights: ${output}`, weights[output]),
      metrics: (lists?.get(output) ?? []).map((metric) => ({ key: network.singleOutput ? metric.metric : `${output}.${metric.metric}`, metric })),
    };
  });
  const keys = parts.flatMap((part) => part.metrics.map(({ key }) => key));
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) throw new OptionError("bad-option", `metrics: ${show(twice)} is there twice`, { option: "metrics", got: twice });
  return parts;
}

function wantLoss(loss: unknown): LossOption {
  if (typeof loss === "function") {
    // mse instead of mse(): called on nothing it gives a loss
    if (!isLoss(loss) && loss.length === 0 && LOSS_MAKERS.includes(loss.name))
      throw new OptionError("bad-option", `loss: wanted ${loss.name}(), got the function ${loss.name} itself`, { option: "loss", got: loss, wanted: `${loss.name}()` });
    return loss as LossOption;
  }
  const meant = typeof loss === "string" ? LOSS_NAMES[loss.toLowerCase().replace(/[^a-z]/g, "")] ?? suggest(loss, LOSS_MAKERS) : undefined;
  throw new OptionError("bad-option", `loss: wanted a loss such as ${meant ?? "crossEntropy"}(), or a function (prediction, target) => Value, got ${show(loss)}`
    + (meant ? `; did you mean ${meant}()?` : ""), { option: "loss", got: loss, wanted: meant ? `${meant}()` : "a loss" });
}

const LOSS_MAKERS: readonly string[] = ["mse", "mae", "crossEntropy", "binaryCrossEntropy", "hinge"];
/** Keras's and PyTorch's names, in letters only. */
const LOSS_NAMES: Readonly<Record<string, string>> = {
  categoricalcrossentropy: "crossEntropy", sparsecategoricalcrossentropy: "crossEntropy", crossentropyloss: "crossEntropy",
  softmaxcrossentropy: "crossEntropy", nllloss: "crossEntropy", bce: "binaryCrossEntropy", bceloss: "binaryCrossEntropy",
  bcewithlogitsloss: "binaryCrossEntropy", sigmoidcrossentropy: "binaryCrossEntropy", meansquarederror: "mse", mseloss: "mse",
  meanabsoluteerror: "mae", lloss: "mae", hingeembeddingloss: "hinge", squarederror: "mse", absolutedifference: "mae",
};

/** An option for each output: plain where there is one, a record of all where there are several. */
function spreadOver<T, R>(network: Network, option: ByOutput<T> | undefined, what: string, convert: (value: T) => R): Map<string, R> {
  if (network.singleOutput) return new Map([[OUTPUT, convert(option as T)]]);
  const names = [...network.outputs.keys()];
  const plain = option === null || typeof option !== "object" || Array.isArray(option);
  const keys = plain ? [] : Object.keys(option as object), unknown = keys.find((key) => !names.includes(key));
  const missing = what === "loss" ? names.find((name) => !keys.includes(name)) : undefined;
  if (plain || unknown !== undefined || missing !== undefined)
    throw new OptionError("wrong-names", `${what}: this model has the outputs ${names.join(", ")}; wanted a record of them, got `
      + (plain ? show(option) : `{ ${keys.join(", ")} }`), { option: what, got: plain ? option : keys, wanted: names });
  return new Map(Object.entries(option as Record<string, T>).map(([name, value]) => [name, convert(value)]));
}

/** Name of an output's target among a program's inputs. */
export const targetName = (output: string): string => `target ${output}`;

/** The columns of a data set for this objective. */
export function dataColumns(network: Network, objective: Objective, data: Data, classes: readonly string[] | undefined): Columns {
  if (data === null || typeof data !== "object" || !("x" in data) || !("y" in data))
    throw new DataError("wrong-names", `data: wanted { x, y } or { x, y, weight }, got ${show(data)}`, { option: "data", got: data, wanted: ["x", "y", "weight"] });
  const unknown = Object.keys(data).find((key) => !["x", "y", "weight"].includes(key));
  if (unknown !== undefined) {
    const meant = suggest(unknown, ["x", "y", "weight"]);
    throw new DataError("wrong-names", `data: unknown field ${show(unknown)}; wanted x, y and weight${meant ? `; did you mean ${meant}?` : ""}`,
      { option: unknown, got: unknown, wanted: ["x", "y", "weight"] });
  }
  const { rows, columns } = inputColumns(data.x, network.inputs, network.single);
  const outputs = [...network.outputs.keys()];
  const targets = network.singleOutput ? [data.y] : named(data.y, outputs, "y");
  const all = [...columns];
  objective.forEach(({ output, loss }, i) => {
    const label = network.singleOutput ? "y" : `y.${output}`;
    all.push(targetColumn(targets[i], label, rows, targetName(output), network.outputs.get(output)!, loss, classes));
  });
  if (data.weight !== undefined) all.push(weightColumn(data.weight, rows));
  return { rows, columns: all };
}

/** What is computed from the outputs of a trace. */
export interface Built {
  total: Value;
  /** By output. */
  losses: Map<string, Value>;
  /** By key: the sum over the rows, each times its weight. */
  metrics: Map<string, Value>;
}

/** Adds losses and metrics to a trace; `column` gives the Value of a column. */
export function buildObjective(objective: Objective, trace: Trace, columns: readonly Column[], column: (name: string) => Value): Built {
  const weight = columns.some(({ name }) => name === WEIGHT) ? column(WEIGHT) : undefined;
  const losses = new Map<string, Value>(), metrics = new Map<string, Value>();
  for (const part of objective) {
    const prediction = trace.outputs.get(part.output)!;
    const target = alignTarget(column(targetName(part.output)), prediction);
    const perElement = wantResult(part.loss(prediction, target), part, trace.graph, weight !== undefined, prediction.shape[0]!);
    losses.set(part.output, reduceLoss(perElement, part.reduction, weight));
    for (const { key, metric } of part.metrics) {
      if (!metric.rows) continue;
      const rows = metric.rows(prediction, target, { reading: part.reading });
      metrics.set(key, sum(weight ? multiply(rows, weight) : rows));
    }
  }
  const total = joinLosses(objective.map(({ output, weight: factor }) => ({ value: losses.get(output)!, weight: factor })));
  return { total, losses, metrics };
}

/** What a loss function returned, checked: a scalar, or [rows, ...]. */
function wantResult(result: unknown, { output, loss }: Part, graph: Graph, weighted: boolean, rows: number): Value {
  const where = output === OUTPUT ? "loss" : `loss of ${output}`;
  if (!(result instanceof Value) || result.graph !== graph)
    throw new GraphError("not-a-value", `${where}: the function returned ${show(result)}; wanted a Value made from prediction and target`, { option: "loss", got: result });
  const scalar = result.shape.length === 0;
  if (!scalar && result.shape[0] !== rows)
    throw new GraphError("not-per-row", `${where}: wanted a scalar or one number for each of the ${rows} rows, got [${result.shape.join(", ")}]`,
      { option: "loss", got: result.shape, wanted: [rows] });
  if (scalar && weighted)
    throw new GraphError("not-per-row", `${where}: with row weights, wanted one number for each row, got a scalar${isLoss(loss) ? "" : "; return the losses before their mean"}`,
      { option: "loss", got: [], wanted: [rows] });
  return result;
}

/** Name of an input's column. */
export function inputLabel(network: Network, name: string): string {
  return network.single && name === INPUT ? "x" : `x.${name}`;
}
