// Watching one number of the reports, for a schedule or a callback: which one, and which way is better.

import { badOption, didYouMean, isRecord, wantOneOf } from "../options.ts";

export type MonitorMode = "auto" | "min" | "max";

export interface MonitorOptions {
  /** The number of a report to watch; "validation.loss" by default. */
  monitor?: string;
  /** Whether a lower or a higher one is better; "auto", the default, takes accuracy, precision, recall, f1, rocAuc, r2
   * and the like for numbers that rise, all others for losses. */
  mode?: MonitorMode;
}

const RISING = /accuracy|precision|recall|f1|auc|r2|score/i;

/** Reads one number of a report. */
export interface Monitor {
  readonly name: string;
  /** Is a higher number the better one? */
  readonly rising: boolean;
  /** The number: NaN where a report has none. */
  read(report: object): number;
  /** Throws an OptionError if reports will not have it. */
  check(known: readonly string[] | undefined): void;
}

export function makeMonitor(of: string, { monitor = "validation.loss", mode = "auto" }: MonitorOptions): Monitor {
  if (typeof monitor !== "string" || monitor === "") throw badOption("monitor", monitor, 'a number of the reports, such as "validation.loss"', { of });
  const way = wantOneOf(`${of}: mode`, mode, ["auto", "min", "max"]);
  return {
    name: monitor,
    rising: way === "auto" ? RISING.test(monitor.split(".").at(-1)!) : way === "max",
    read(report) {
      // names may have dots of their own: an output's metric is "output.metric"
      const inner = monitor.startsWith("validation.") ? (report as Record<string, unknown>).validation : undefined;
      const value = isRecord(inner) ? find(inner, monitor.slice(11)) : find(report as Record<string, unknown>, monitor);
      return typeof value === "number" ? value : NaN; // in a checkpoint, NaN is null
    },
    check(known) {
      if (!known) throw badOption("monitor", monitor, "a run by fit, which makes reports", { of });
      if (known.includes(monitor)) return;
      const held = monitor.startsWith("validation.") && !known.some((name) => name.startsWith("validation."));
      throw badOption("monitor", monitor, `one of ${known.join(", ")}`, { of, fix: held ? "fit has no validation data" : didYouMean(monitor, known) });
    },
  };
}

/** A field, or one of the losses by output. */
function find(scores: Record<string, unknown>, name: string): unknown {
  if (name in scores) return scores[name];
  return name.startsWith("losses.") && isRecord(scores.losses) ? scores.losses[name.slice(7)] : undefined;
}
