// Before training: do output, loss and labels fit together, and are the data fit to be learnt from?

import { type Column, type Columns, type Data, inputName } from "../data/columns.ts";
import { LanewiseError, OptionError } from "../errors.ts";
import { isLoss } from "../losses/loss.ts";
import type { Model } from "../model.ts";
import type { WorkerModel } from "../workerModel.ts";
import type { Network, Trace } from "../network.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Schedule } from "../schedules/schedule.ts";
import { sizeOf } from "../shape.ts";
import { type FitOptions, planFit } from "../train/fit.ts";
import { dataColumns, type Objective, resolveObjective, targetName } from "../train/objective.ts";
import type { Finding } from "../train/report.ts";
import { feeder, hiddenActivations, linearPairs, outputOp, products, weightsOf } from "./anatomy.ts";
import { classCounts, isOneHot, rangeOf, repeatedRows, sharedRows, unscaled } from "./figures.ts";
import { feeding, inPlaceOf, layerNames, scaled, short, startWith } from "./remedy.ts";

/** Weights from the input to the output from which on a network is called deep. */
const DEEP = 4;
/** A class with less than this share of what it would have among equals is hardly present. */
const RARE = 0.1;
/** Share of validation rows that may be in the training data by chance. */
const SHARED = 0.05;

/** Looks at a model, its data and the options of a fit before training: nothing runs, nothing is changed. What fit would
 * refuse is a finding of severity "error"; what will work badly, a "warning"; what is worth knowing, "info".
 *
 * Codes: sigmoid-for-exclusive-classes, regression-through-softmax, regression-through-relu, squashing-in-deep-network,
 * linear-stack, selu-without-lecun, sgd-without-schedule, inputs-not-scaled, rare-class, shared-rows; and those of errors.
 * Sources: Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks (2010); LeCun,
 * Bottou, Orr and Müller, Efficient BackProp (1998); Klambauer et al., Self-Normalizing Neural Networks (2017).
 *
 * @throws OptionError for options that fit does not know or take; StateError if the model has been disposed.
 * @example
 * const model = await createModel(sequential(dense(8), dense(1)), { input: [2] });
 * diagnose(model, { x: [[0, 1], [1, 0]], y: [1, 2] }, { loss: mse() }).map(({ code, layer }) => [code, layer]) // → [["linear-stack", "1"]]
 */
export function diagnose(model: Model | WorkerModel, data: Data, options: FitOptions): Finding[] {
  options ??= {} as FitOptions;
  const own = "model" in model ? (model["model"] as Model) : model, network = own["network"], { classes } = own["notes"];
  void network.session; // throws if the model has been disposed
  let objective: Objective, columns: Columns, other: Columns | undefined;
  try {
    planFit(network, data, options, classes);
    objective = resolveObjective(network, options);
    columns = dataColumns(network, objective, data, classes);
    const { validation } = options;
    other = typeof validation === "object" ? dataColumns(network, objective, validation as Data, classes, "validation.") : undefined;
  } catch (error) {
    if (error instanceof OptionError || !(error instanceof LanewiseError)) throw error;
    return [refusal(error)];
  }
  const trace = network.trace(2, false); // dropout and the like stand in nobody's way
  const found = [
    ...outputs(network, trace, objective, columns), ...depth(network, trace), ...stacks(trace), ...initializers(network, trace),
    ...rate(options.optimizer, options.schedule), ...scales(network, columns), ...classShares(network, objective, columns, data, classes),
    ...leaks(network, columns, data, other, options.validation),
  ];
  // an op outside of layers has no name to give
  return found.map(({ layer, ...rest }) => (layer ? { ...rest, layer } : rest));
}

/** What fit would throw. */
function refusal({ code, details, message }: LanewiseError): Finding {
  const evidence = Object.fromEntries(Object.entries(details).flatMap(([key, value]) =>
    typeof value === "number" || typeof value === "string" ? [[key, value] as const] : []));
  return {
    code, severity: "error", ...(details.layer && { layer: details.layer }), evidence, cause: message,
    fix: details.fix ?? `// wanted: ${String(details.wanted ?? details.problem)}`,
  };
}

function outputs(network: Network, trace: Trace, objective: Objective, columns: Columns): Finding[] {
  return objective.flatMap(({ output, loss, reading }): Finding[] => {
    const width = network.outputs.get(output)!.at(-1)!, { op, layer } = outputOp(trace, output), target = targetOf(columns, output);
    const oneHot = width > 2 && sizeOf(target.shape) === width && isOneHot(target), labels = target.dtype === "int32";
    const without = `// remove ${layerNames([layer])}, ${op}()`;
    const apart = op === "sigmoid" || reading === "logit" || reading === "probability";
    if (width > 2 && apart && (oneHot || labels))
      return [{
        code: "sigmoid-for-exclusive-classes", severity: "warning", layer, evidence: { classes: width, output: op },
        cause: `each row has one of ${width} classes, but the outputs are asked one by one: their probabilities do not sum to 1`,
        fix: `${op === "sigmoid" ? `${without}: the loss wants logits\n` : ""}loss: crossEntropy()`,
      }];
    const known = isLoss(loss) ? loss : undefined;
    if (!known || known.target !== "numbers" || reading !== undefined || labels) return [];
    const { minimum, maximum } = rangeOf(target), evidence = { minimum, maximum };
    if (op === "softmax" && !isDistribution(target))
      return [{
        code: "regression-through-softmax", severity: "error", layer, evidence,
        cause: `softmax gives shares of 1, the targets go from ${minimum} to ${maximum}`, fix: without,
      }];
    if (op === "relu")
      return [{
        code: "regression-through-relu", severity: minimum < 0 ? "error" : "warning", layer, evidence,
        cause: minimum < 0 ? `relu gives nothing below 0, the targets go down to ${minimum}` : "an output that relu holds at 0 has no gradient and stays there",
        fix: without,
      }];
    return [];
  });
}

function targetOf({ columns }: Columns, output: string): Column {
  return columns.find(({ name }) => name === targetName(output))!;
}

function isDistribution({ data, shape }: Column): boolean {
  const width = sizeOf(shape);
  for (let i = 0; i < data.length; i += width) {
    let sum = 0;
    for (let k = 0; k < width; k++) {
      if (data[i + k]! < 0) return false;
      sum += data[i + k]!;
    }
    if (Math.abs(sum - 1) > 1e-3) return false;
  }
  return true;
}

function depth(network: Network, trace: Trace): Finding[] {
  const weights = products(trace).length, squashing = hiddenActivations(trace).filter(({ kind }) => kind === "sigmoid" || kind === "tanh");
  if (weights < DEEP || squashing.length < DEEP - 1) return [];
  const [{ kind, layer }] = squashing as [typeof squashing[0]];
  return [{
    code: "squashing-in-deep-network", severity: "warning", layer, evidence: { weights, activations: squashing.length, kind },
    cause: `each ${kind} shrinks the gradient on its way back: over ${squashing.length} of them the first layers learn hardly anything`,
    fix: [inPlaceOf(squashing.map((one) => one.layer), "relu()"), ...startWith("he", network, feeding(network, squashing))].join("\n"),
  }];
}

function stacks(trace: Trace): Finding[] {
  return linearPairs(trace).map(({ first, second }) => ({
    code: "linear-stack", severity: "warning", layer: second.layer,
    evidence: { first: first.layer, units: first.outputs[0]!.shape.at(-1)! },
    cause: `nothing but linear steps lie between layer ${first.layer || "matmul"} and layer ${second.layer || "matmul"}: both together can do what one can`,
    fix: `relu() // after ${layerNames([first.layer])}`,
  }));
}

function initializers(network: Network, trace: Trace): Finding[] {
  const weights = weightsOf(network);
  return hiddenActivations(trace).flatMap((activation): Finding[] => {
    if (activation.kind !== "selu") return [];
    const layer = feeder(activation), weight = weights.find((one) => one.layer === layer);
    if (!weight || ["lecun", "auto", "function"].includes(weight.initializer)) return [];
    return [{
      code: "selu-without-lecun", severity: "warning", layer: weight.layer, evidence: { initializer: weight.initializer, activation: activation.layer },
      cause: "selu keeps mean 0 and variance 1 through the layers only if weights start with the variance 1 / fan in",
      fix: startWith("lecun", network, [weight]).join("\n"),
    }];
  });
}

function rate(optimizer: Optimizer | undefined, schedule: Schedule | undefined): Finding[] {
  if (optimizer?.optimizer !== "sgd" || schedule) return [];
  const { learningRate } = optimizer.hyper;
  return [{
    code: "sgd-without-schedule", severity: "info", evidence: { learningRate },
    cause: "sgd at a constant rate goes on jumping about the minimum: it wants a rate that falls",
    fix: "schedule: cosine()",
  }];
}

function scales(network: Network, { columns }: Columns): Finding[] {
  // a layer that normalises needs no scaled inputs
  if (/norm/i.test(network.calls.find(({ type }) => type !== "flatten")?.type ?? "")) return [];
  return network.inputs.flatMap(({ name }): Finding[] => {
    const column = columns.find((one) => one.name === inputName(name))!, scale = unscaled(column);
    if (!scale) return [];
    const { position, mean, deviation, largest } = scale;
    return [{
      code: "inputs-not-scaled", severity: "warning", evidence: { input: column.label, position, mean, deviation, largest },
      cause: `feature ${position} of ${column.label} has mean ${short(mean)} and deviation ${short(deviation)}: weights start for inputs of about 1`,
      fix: scaled(column)!,
    }];
  });
}

function classShares(network: Network, objective: Objective, columns: Columns, { y }: Data, names: readonly string[] | undefined): Finding[] {
  return objective.flatMap(({ output, loss, reading }): Finding[] => {
    if (reading === undefined) return [];
    const target = targetOf(columns, output), counts = classCounts(target, network.outputs.get(output)!.at(-1)!, isLoss(loss) && loss.target === "classes", true);
    if (!counts) return [];
    const rows = counts.reduce((a, b) => a + b, 0), fewest = Math.min(...counts), label = counts.indexOf(fewest);
    if (fewest >= (RARE * rows) / counts.length) return [];
    return [{
      code: "rare-class", severity: "warning", evidence: { class: label, rows: fewest, of: rows },
      cause: fewest ? `class ${label} has ${fewest} of ${rows} rows: a model that never says it is nearly always right` : `class ${label} has no row: it cannot be learnt`,
      fix: fewest ? balanced(counts, target, objective.length === 1 ? y : undefined, names) : `// rows of class ${label}, or a model with one class less`,
    }];
  });
}

/** Weights by which every class counts alike, as code. */
function balanced(counts: readonly number[], target: Column, y: unknown, names: readonly string[] | undefined): string {
  const rows = counts.reduce((a, b) => a + b, 0), weights = counts.map((count) => short(rows / (counts.length * count)));
  if (y === undefined || sizeOf(target.shape) > 1) return `loss: crossEntropy({ classWeights: [${weights.join(", ")}] })`;
  if (names && typeof (y as ArrayLike<unknown>)[0] === "string")
    return `weight: ${target.label}.map((label) => (${JSON.stringify(Object.fromEntries(names.map((name, i) => [name, weights[i]])))})[label])`;
  const place = target.dtype === "int32" && counts.length > 2 ? "label" : "label > 0 ? 1 : 0";
  return `weight: Array.from(${target.label}, (label) => [${weights.join(", ")}][${place}])`;
}

function leaks(network: Network, { rows, columns }: Columns, data: Data, other: Columns | undefined, validation: unknown): Finding[] {
  const inputs = (all: Columns["columns"]): Column[] => network.inputs.map(({ name }) => all.find((column) => column.name === inputName(name))!);
  const shared = other ? sharedRows(inputs(columns), inputs(other.columns)) : [];
  if (other && shared.length > SHARED * other.rows)
    return [{
      code: "shared-rows", severity: "warning", evidence: { rows: shared.length, of: other.rows, first: shared[0]! },
      cause: `${shared.length} of ${other.rows} validation rows are in the training data: the scores tell what is remembered, not what is learnt`,
      fix: "validation: 0.2 // of the data, held out; or rows that are not in x",
    }];
  const repeated = typeof validation === "number" ? repeatedRows(inputs(columns)) : 0;
  if (repeated > SHARED * rows)
    return [{
      code: "shared-rows", severity: "warning", evidence: { rows: repeated, of: rows },
      cause: `${repeated} of ${rows} rows come more than once: of some, one will be trained on and the other held out`,
      fix: once(rows, data),
    }];
  return [];
}

/** Data with each row once, as code. */
function once(rows: number, { x, y, weight }: Data): string {
  const parts = Object.entries({ x, y, weight }).filter(([, part]) => part !== undefined) as [string, ArrayLike<unknown>][];
  if (!parts.every(([, { length }]) => length % rows === 0)) return "// each row once, before the split";
  const row = (name: string, { length }: ArrayLike<unknown>): string => `${name}.slice(${length / rows} * i, ${length / rows} * (i + 1))`;
  return [
    `const kept = [...new Map(Array.from({ length: ${rows} }, (_, i) => [String(${row(...parts[0]!)}), i])).values()]`,
    ...parts.map((part) => `${part[0]}: kept.flatMap((i) => [...${row(...part)}])`),
  ].join("\n");
}
