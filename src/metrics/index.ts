// The metrics, as flat exports and as the namespace `metrics`.

import { ShapeError } from "../errors.ts";
import { notAValue, Value } from "../graph.ts";
import { badOption, isRecord } from "../options.ts";
import { equal, greater } from "../ops/binary.ts";
import { argmax } from "../ops/reduce.ts";
import { type Metric, rowMeans } from "./metric.ts";

export type { AllContext, Metric, MetricContext, MetricOption } from "./metric.ts";
export { f1, logLoss, precision, recall, rocAuc, topKAccuracy, type AverageOptions } from "./classes.ts";
export { confusionMatrix, type ConfusionMatrix } from "./confusion.ts";
export { r2, rmse } from "./numbers.ts";

/** The share of rows (of outputs, where each is a question of its own) that are right: the greatest output is the
 * class; a single logit says yes above 0, a probability above 0.5; hinge goes by the sign.
 * https://scikit-learn.org/stable/modules/generated/sklearn.metrics.accuracy_score.html
 *
 * @example
 * const model = await createModel(flatten(), { input: [2] });
 * (await model.evaluate({ x: [[1, 0], [2, 3]], y: [0, 0] }, { loss: crossEntropy(), metrics: ["accuracy"] })).accuracy // → 0.5
 */
export function accuracy(): Metric<"accuracy"> {
  return {
    metric: "accuracy",
    rows(prediction, target, { reading, counts }) {
      const classes = prediction.shape.at(-1)!;
      const exclusive = reading === "logits" || reading === "probabilities" || (reading === undefined && classes > 1);
      if (exclusive) return rowMeans(equal(argmax(prediction), target.dtype === "int32" ? target : argmax(target)), counts);
      const threshold = reading === "logit" || reading === "sign" ? 0 : 0.5;
      return rowMeans(equal(greater(prediction, threshold), greater(target, reading === "sign" ? 0 : 0.5)));
    },
  };
}

/** A metric of your own: a function in ops that gives one number for each row ([rows], or [rows, ...], which is averaged),
 * or `{ all }`, a function of all predictions and targets.
 *
 * @throws OptionError if the name is empty, or a field of every report or object.
 * @example
 * const worst = metric("worst", { all: (prediction, target) => Math.max(...prediction.data.map((p, i) => Math.abs(p - target.data[i]))) });
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[1], [2]], y: [[1], [5]] }, { loss: mse(), metrics: [worst] })).worst // → 3
 */
export function metric<Name extends string>(
  name: Name,
  f: ((prediction: Value, target: Value) => Value) | { all: NonNullable<Metric["all"]> },
): Metric<Name> {
  if (typeof name !== "string" || name === "" || RESERVED.includes(name) || name in {})
    throw badOption("name", name, `a name other than ${RESERVED.join(", ")}, and none that every object has`, { of: "metric" });
  if (typeof f === "function") return { metric: name, rows: (prediction, target, { counts }) => checked(name, prediction, f(prediction, target), counts) };
  if (isRecord(f) && typeof f.all === "function") return { metric: name, all: f.all };
  throw badOption("f", f, "a function of prediction and target, or { all }", { of: `metric ${name}` });
}

const RESERVED = ["epoch", "step", "loss", "losses", "learningRate", "seconds", "rowsPerSecond", "findings", "validation"];

function checked(name: string, prediction: Value, result: unknown, counts: Value | undefined): Value {
  if (!(result instanceof Value)) throw notAValue(name, result, { of: "metric" });
  if (result.shape[0] !== prediction.shape[0])
    throw new ShapeError("shape-mismatch", {
      of: "metric", option: name, wanted: `one number for each of ${prediction.shape[0]} rows`, got: result.shape,
      fix: "{ all } is for one over all rows",
    });
  return rowMeans(result, counts);
}
