// Metrics of classes beyond accuracy: over all rows, and on the host.

import { crossEntropy, binaryCrossEntropy } from "../losses/index.ts";
import { exponential } from "../math.ts";
import { badOption, checkNames, wantCount, wantOneOf } from "../options.ts";
import { add, equal, greater, subtract } from "../ops/binary.ts";
import { argmax, pick, sum } from "../ops/reduce.ts";
import { reshape } from "../ops/shape.ts";
import type { Tensor } from "../tensor.ts";
import { type AllContext, type Metric, type MetricContext, hasNaN, rowMeans } from "./metric.ts";

export interface AverageOptions<A extends "macro" | "micro" = "macro" | "micro"> {
  /** "macro", the default: the mean over the classes that occur in targets or predictions, each counting alike. "micro":
   * all decisions in one pot, reported as "microPrecision", "microRecall", "microF1". One yes-or-no output has the score of
   * its yes with both. */
  average?: A;
}

/** The name under which an average is reported. */
type Averaged<Name extends string, A> = A extends "micro" ? `micro${Capitalize<Name>}` : Name;

/** Decisions about one class, or one yes-or-no output, by weight. */
interface Counts {
  /** Said yes, rightly. */
  hits: number;
  /** Said yes, wrongly. */
  false: number;
  /** Said no, wrongly. */
  missed: number;
}

/** Are the outputs classes of which one is right, or questions each of its own? As accuracy() has it. */
function exclusive({ reading }: MetricContext, classes: number): boolean {
  return reading === "logits" || reading === "probabilities" || (reading === undefined && classes > 1);
}

/** A row's greatest number's place. */
function greatest(data: ArrayLike<number>, from: number, width: number): number {
  let best = 0;
  for (let i = 1; i < width; i++) if (data[from + i]! > data[from + best]!) best = i;
  return best;
}

/** Rows of several positions ([rows, length, classes]) are taken apart: each position is one decision. `places` are those that
 * count. */
function decisions(name: string, { data, shape }: Tensor, target: Tensor<Float32Array | Int32Array>, context: AllContext) {
  const width = shape.at(-1)!, count = data.length / width, one = exclusive(context, width), perRow = count / shape[0]!;
  const ids = one && target.data instanceof Int32Array;
  const weight = (at: number): number => (ids && target.data[at] === context.ignoreIndex ? 0 : context.weight ? context.weight[Math.floor(at / perRow)]! : 1);
  const places = Array.from({ length: count }, (_, at) => at).filter((at) => weight(at) !== 0 && !hasNaN(data, at * width, width));
  // a loss of one's own, and tripletMargin, may have targets that say nothing of classes
  if (target.data.length !== (ids ? count : data.length)) throw wantTargets(name, target.shape);
  const alien = ids ? places.find((at) => !(target.data[at]! >= 0 && target.data[at]! < width)) : undefined;
  if (alien !== undefined) throw wantTargets(name, target.data[alien]);
  return { width, one, places, weight, label: (at: number): number => (ids ? target.data[at]! : greatest(target.data, at * width, width)) };
}

function wantTargets(metric: string, got: unknown) {
  return badOption("metrics", got, "targets for each output, or an Int32Array of class numbers", { of: metric });
}

/** undefined where nothing counts. */
function countAll(name: string, prediction: Tensor, target: Tensor<Float32Array | Int32Array>, context: AllContext): Counts[] | undefined {
  const { width, one, places, weight, label } = decisions(name, prediction, target, context), { data } = prediction;
  if (places.length === 0) return undefined;
  const counts = Array.from({ length: width }, (): Counts => ({ hits: 0, false: 0, missed: 0 }));
  const threshold = context.reading === "logit" || context.reading === "sign" ? 0 : 0.5, yes = context.reading === "sign" ? 0 : 0.5;
  for (const at of places) {
    const each = weight(at);
    if (one) {
      const said = greatest(data, at * width, width), right = label(at);
      if (said === right) counts[said]!.hits += each;
      else {
        counts[said]!.false += each;
        counts[right]!.missed += each;
      }
    } else {
      for (let i = 0; i < width; i++) {
        const said = data[at * width + i]! > threshold, right = target.data[at * width + i]! > yes;
        if (said || right) counts[i]![said && right ? "hits" : said ? "false" : "missed"] += each;
      }
    }
  }
  return counts;
}

/** A score of counts, averaged; 0 where nothing was said or nothing was there, NaN where no row counts. */
function averaged<Name extends string, A extends "macro" | "micro">(
  name: Name, options: AverageOptions<A>, score: (counts: Counts) => [over: number, under: number],
): Metric<Averaged<Name, A>> {
  checkNames(name, options, ["average"]);
  const micro = wantOneOf(`${name}: average`, options.average ?? "macro", ["macro", "micro"]) === "micro";
  const ratio = (counts: Counts): number => {
    const [over, under] = score(counts);
    return under > 0 ? over / under : 0;
  };
  return {
    metric: (micro ? `micro${name[0]!.toUpperCase()}${name.slice(1)}` : name) as Averaged<Name, A>,
    all(prediction, target, context) {
      const counts = countAll(name, prediction, target, context);
      if (!counts) return NaN;
      const add = (key: keyof Counts): number => counts.reduce((total, each) => total + each[key], 0);
      if (micro) return ratio({ hits: add("hits"), false: add("false"), missed: add("missed") });
      const there = counts.filter(({ hits, false: wrong, missed }) => hits + wrong + missed > 0);
      return there.length ? there.reduce((total, each) => total + ratio(each), 0) / there.length : 0;
    },
  };
}

/** Of what was said to be of a class, the share that is: hits / (hits + false alarms); 0 where nothing was said. The micro
 * average is reported as "microPrecision", beside which the macro one may stand. Rows with an output that is NaN are left out;
 * NaN where none is left.
 * https://scikit-learn.org/stable/modules/generated/sklearn.metrics.precision_score.html
 *
 * @throws OptionError for an unknown average.
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[1], [2], [-1]], y: [1, 0, 1] }, { loss: binaryCrossEntropy(), metrics: [precision()] })).precision // → 0.5
 */
export function precision<const A extends "macro" | "micro" = "macro">(options: AverageOptions<A> = {}): Metric<Averaged<"precision", A>> {
  return averaged("precision", options, ({ hits, false: wrong }) => [hits, hits + wrong]);
}

/** Of what is of a class, the share that was found: hits / (hits + misses); 0 where there is none. The micro average is
 * reported as "microRecall"; NaN as in precision.
 * https://scikit-learn.org/stable/modules/generated/sklearn.metrics.recall_score.html
 *
 * @throws OptionError for an unknown average.
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[1], [2], [-1], [3]], y: [1, 0, 1, 1] }, { loss: binaryCrossEntropy(), metrics: [recall()] })).recall // → 0.6666667
 */
export function recall<const A extends "macro" | "micro" = "macro">(options: AverageOptions<A> = {}): Metric<Averaged<"recall", A>> {
  return averaged("recall", options, ({ hits, missed }) => [hits, hits + missed]);
}

/** The harmonic mean of precision and recall: 2 · hits / (2 · hits + false alarms + misses). The micro average is reported as
 * "microF1"; NaN as in precision.
 * https://scikit-learn.org/stable/modules/generated/sklearn.metrics.f1_score.html
 *
 * @throws OptionError for an unknown average.
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[1], [2], [-1], [3]], y: [1, 0, 1, 1] }, { loss: binaryCrossEntropy(), metrics: [f1()] })).f1 // → 0.6666667
 */
export function f1<const A extends "macro" | "micro" = "macro">(options: AverageOptions<A> = {}): Metric<Averaged<"f1", A>> {
  return averaged("f1", options, ({ hits, false: wrong, missed }) => [2 * hits, 2 * hits + wrong + missed]);
}

/** The share of rows whose class is among the k outputs that are greatest; one that equals the last of them counts as among
 * them, one beside NaN as below it. Of k classes it is 1. Reported as "top3Accuracy". https://keras.io/api/metrics/accuracy_metrics/
 *
 * @throws OptionError if k is not a whole number of at least 1; when fitting, if there are fewer classes than k, and for outputs
 * that are no exclusive classes.
 * @example
 * const model = await createModel(flatten(), { input: [3] });
 * (await model.evaluate({ x: [[3, 2, 1], [3, 2, 1]], y: [1, 2] }, { loss: crossEntropy(), metrics: [topKAccuracy(2)] })).top2Accuracy // → 0.5
 */
export function topKAccuracy<const K extends number>(k: K): Metric<`top${K}Accuracy`> {
  wantCount("topKAccuracy: k", k);
  const name = `top${k}Accuracy` as const;
  return {
    metric: name,
    rows(prediction, target, context) {
      const width = prediction.shape.at(-1)!, count = prediction.size / width;
      if (!exclusive(context, width)) throw wantClasses(name, context);
      if (k > width) throw badOption("topKAccuracy: k", k, `at most the number of classes, ${width}`);
      if (target.size !== (target.dtype === "int32" ? count : prediction.size)) throw wantTargets(name, target.shape);
      const rows = reshape(prediction, [count, width, 1]), labels = target.dtype === "int32" ? target : argmax(target);
      const own = reshape(pick(rows, reshape(labels, [count, 1])), [count, 1, 1]);
      const above = subtract(1, add(greater(own, rows), equal(own, rows)));
      return rowMeans(reshape(greater(k - 0.5, sum(above, [1, 2])), prediction.shape.slice(0, -1)), context.counts);
    },
  };
}

/** The mean of −log p of the right class, whatever the loss is: crossEntropy, or binaryCrossEntropy for yes or no. Its
 * logarithms from probabilities are at least −100, those of scikit-learn about −36.
 * https://scikit-learn.org/stable/modules/generated/sklearn.metrics.log_loss.html
 *
 * @throws when fitting, an OptionError if the loss does not say how outputs are probabilities.
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * const loss = binaryCrossEntropy({ from: "probabilities" });
 * (await model.evaluate({ x: [[0.9], [0.1], [0.2], [0.65]], y: [1, 0, 0, 1] }, { loss, metrics: [logLoss()] })).logLoss // → 0.2161623
 */
export function logLoss(): Metric<"logLoss"> {
  return {
    metric: "logLoss",
    rows(prediction, target, context) {
      const { reading } = context, from = reading === "logits" || reading === "logit" ? "logits" : "probabilities";
      if (reading === undefined || reading === "sign") throw wantClasses("logLoss", context);
      return rowMeans((reading === "logits" || reading === "probabilities" ? crossEntropy({ from }) : binaryCrossEntropy({ from }))(prediction, target), context.counts);
    },
  };
}

function wantClasses(metric: string, { reading }: MetricContext) {
  return badOption("metrics", reading ?? "numbers", "a loss whose outputs are classes, such as crossEntropy()", { of: metric });
}

/** The area under the receiver operating characteristic: how probable it is that a yes has a greater output than a no, equals
 * counting half. Of exclusive classes, each against the rest by its probability, and the mean over those that have both;
 * NaN where none has. Rows with an output that is NaN are left out. https://scikit-learn.org/stable/modules/generated/sklearn.metrics.roc_auc_score.html; Fawcett, An
 * introduction to ROC analysis (2006)
 *
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[0.1], [0.4], [0.35], [0.8]], y: [0, 0, 1, 1] }, { loss: mse(), metrics: [rocAuc()] })).rocAuc // → 0.75
 */
export function rocAuc(): Metric<"rocAuc"> {
  return {
    metric: "rocAuc",
    all(prediction, target, context) {
      const width = prediction.shape.at(-1)!, data = context.reading === "logits" ? softmaxRows(prediction.data, width) : prediction.data;
      // infinite logits have no probabilities either
      const { one, places, weight, label } = decisions("rocAuc", { ...prediction, data: data as Float32Array }, target, context);
      const areas = Array.from({ length: width }, (_, i) => {
        const rows = places.map((at) => ({
          score: data[at * width + i]!, yes: one ? label(at) === i : target.data[at * width + i]! > (context.reading === "sign" ? 0 : 0.5), weight: weight(at),
        }));
        return areaOf(rows);
      }).filter((area) => !Number.isNaN(area));
      return areas.length ? areas.reduce((a, b) => a + b, 0) / areas.length : NaN;
    },
  };
}

/** Σ over yes of the weight of the no below it, and half of that beside it, over the product of the totals. */
function areaOf(rows: { score: number; yes: boolean; weight: number }[]): number {
  rows.sort((a, b) => a.score - b.score);
  let below = 0, positive = 0, area = 0;
  for (let at = 0; at < rows.length;) {
    let yes = 0, no = 0;
    for (const { score } = rows[at]!; at < rows.length && rows[at]!.score === score; at++) {
      if (rows[at]!.yes) yes += rows[at]!.weight;
      else no += rows[at]!.weight;
    }
    area += yes * (below + no / 2);
    below += no;
    positive += yes;
  }
  return area / (positive * below); // 0 / 0 is NaN
}

function softmaxRows(logits: ArrayLike<number>, width: number): Float64Array {
  const p = Float64Array.from(logits);
  for (let from = 0; from < p.length; from += width) {
    const row = p.subarray(from, from + width), most = row.reduce((a, b) => Math.max(a, b));
    for (let i = 0; i < width; i++) row[i] = exponential(row[i]! - most);
    const total = row.reduce((a, b) => a + b);
    for (let i = 0; i < width; i++) row[i]! /= total;
  }
  return p;
}
