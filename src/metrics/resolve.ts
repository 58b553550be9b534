// From what the option `metrics` takes to metrics.

import { mae, mse } from "../losses/index.ts";
import { isLoss } from "../losses/loss.ts";
import { badOption, didYouMean, isRecord } from "../options.ts";
import { accuracy } from "./index.ts";
import { type Metric, rowMeans } from "./metric.ts";

/** The metric that an option stands for. */
export function toMetric(option: unknown): Metric {
  if (option === "accuracy") return accuracy();
  if (option === "mae") return toMetric(mae());
  if (option === "mse") return toMetric(mse());
  if (isLoss(option)) {
    const loss = option;
    return { metric: loss.loss, rows: (prediction, target) => rowMeans(loss(prediction, target)) };
  }
  if (isRecord(option) && typeof option.metric === "string" && (option.rows || option.all)) return option as unknown as Metric;
  throw badOption("metrics", option, '"accuracy", "mae", "mse", a loss or metric(name, f)', {
    fix: didYouMean(option, ["accuracy", "mae", "mse"]),
  });
}
