// From what the option `metrics` takes to metrics.

import type { Value } from "../graph.ts";
import { isLoss } from "../losses/loss.ts";
import { wantFloats, wantSameShape } from "../op.ts";
import { maximum, multiply, subtract } from "../ops/binary.ts";
import { negate } from "../ops/scale.ts";
import { badOption, didYouMean, isRecord } from "../options.ts";
import { accuracy } from "./index.ts";
import { type Metric, rowMeans } from "./metric.ts";

/** The metric that an option stands for. */
export function toMetric(option: unknown): Metric {
  if (option === "accuracy") return accuracy();
  // as the losses of these names, bit for bit, but without what training needs of them
  if (option === "mae") return difference(option, (d) => maximum(d, negate(d)));
  if (option === "mse") return difference(option, (d) => multiply(d, d));
  if (isLoss(option)) {
    const loss = option;
    return { metric: loss.loss, rows: (prediction, target, { counts }) => rowMeans(loss(prediction, target), counts) };
  }
  if (isRecord(option) && typeof option.metric === "string" && (option.rows || option.all)) return option as unknown as Metric;
  // those without a shorthand are imported, so that pages without them do not carry them
  throw badOption("metrics", option, '"accuracy", "mae", "mse", an imported metric such as f1(), a loss or metric(name, f)', {
    fix: didYouMean(option, ["accuracy", "mae", "mse"]) ?? didYouMean(option, ["precision", "recall", "f1", "rocAuc", "logLoss", "rmse", "r2"], "(), imported"),
  });
}

function difference(metric: string, f: (d: Value) => Value): Metric {
  return {
    metric,
    rows(prediction, target) {
      wantFloats(metric, [prediction, target]);
      wantSameShape(metric, prediction, target);
      return rowMeans(f(subtract(prediction, target)));
    },
  };
}
