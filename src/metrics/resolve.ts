// From what the option `metrics` takes to metrics.

import { OptionError, show } from "../errors.ts";
import { mae, mse } from "../losses/index.ts";
import { isLoss } from "../losses/loss.ts";
import { suggest } from "../options.ts";
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
  if (option !== null && typeof option === "object" && typeof (option as Partial<Metric>).metric === "string") return option as Metric;
  const known = ["accuracy", "mae", "mse"];
  const meant = typeof option === "string" ? (option === "acc" ? "accuracy" : suggest(option, known)) : undefined;
  throw new OptionError("bad-option", `metrics: wanted ${known.map(show).join(", ")}, a loss, or metric(name, f), got ${show(option)}`
    + (meant ? `; did you mean ${show(meant)}?` : ""), { option: "metrics", got: option, wanted: meant ?? known });
}
