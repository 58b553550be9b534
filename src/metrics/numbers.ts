// Metrics of numbers: how far predictions are off.

import { badOption } from "../options.ts";
import { squaredError } from "../ops/loss.ts";
import { hasNaN, type Metric, rowMeans } from "./metric.ts";

function wantNumbers(metric: string, { shape }: { readonly shape: readonly number[] }) {
  return badOption("metrics", shape, "targets that are numbers, one for each output", { of: metric });
}

/** √ of the mean squared error: in the target's own unit. https://keras.io/api/metrics/regression_metrics/
 *
 * @throws OptionError for targets that are no numbers for each output, such as class numbers.
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[1], [2]], y: [[1], [6]] }, { loss: mse(), metrics: [rmse()] })).rmse // → 2.828427
 */
export function rmse(): Metric<"rmse"> {
  return {
    metric: "rmse", finish: Math.sqrt,
    rows(prediction, target) {
      if (target.size !== prediction.size) throw wantNumbers("rmse", target);
      return rowMeans(squaredError(prediction, target));
    },
  };
}

/** The share of the targets' variance that is explained: 1 − Σ (t − p)² / Σ (t − mean)²; 1 is perfect, 0 is as good as the
 * mean. With several outputs, the mean over them. An output whose targets are all alike counts 1 if it is met exactly, else 0.
 * Rows with an output that is NaN are left out; NaN where none is left.
 * https://scikit-learn.org/stable/modules/generated/sklearn.metrics.r2_score.html
 *
 * @throws as rmse.
 * @example
 * const model = await createModel(flatten(), { input: [1] });
 * (await model.evaluate({ x: [[2.5], [0], [2], [8]], y: [[3], [-0.5], [2], [7]] }, { loss: mse(), metrics: [r2()] })).r2 // → 0.9486081
 */
export function r2(): Metric<"r2"> {
  return {
    metric: "r2",
    all({ data, shape }, targets, { weight }) {
      const target = targets.data;
      if (target.length !== data.length) throw wantNumbers("r2", targets);
      const width = data.length / shape[0]!, rows = Array.from({ length: shape[0]! }, (_, row) => row).filter((row) => !hasNaN(data, row * width, width)), of = (row: number): number => (weight ? weight[row]! : 1);
      if (rows.length === 0) return NaN;
      let score = 0;
      for (let i = 0; i < width; i++) {
        let total = 0, sum = 0, off = 0, spread = 0;
        for (const row of rows) {
          total += of(row);
          sum += of(row) * target[row * width + i]!;
        }
        for (const row of rows) {
          const t = target[row * width + i]!, error = t - data[row * width + i]!, apart = t - sum / total;
          off += of(row) * error * error;
          spread += of(row) * apart * apart;
        }
        score += (spread > 0 ? 1 - off / spread : off > 0 ? 0 : 1) / width;
      }
      return score;
    },
  };
}
