// What a run reports, and its types: metrics and validation are typed from the options of fit.

import type { MetricName, MetricOption } from "../metrics/metric.ts";

/** What a doctor found: what is wrong, where, by which numbers, why, and how to mend it. */
export interface Finding {
  /** Stable, such as "dead-relu". */
  code: string;
  /** "error": it cannot work so; "warning": it works badly; "info": worth knowing. */
  severity: "info" | "warning" | "error";
  /** As in `model.summary()`; absent where the whole run is meant. */
  layer?: string;
  /** The numbers that it was told by. */
  evidence: Record<string, number | string>;
  cause: string;
  /** What to write instead, as code. */
  fix: string;
}

/** Loss and metrics of an evaluation. */
export type Evaluation<Metrics extends string = never> = { loss: number; losses?: Record<string, number> } & { [name in Metrics]: number };

/** One epoch of a run. Epochs and steps are counts of what is done. */
export type Report<Metrics extends string = never, Validation = Evaluation | undefined> = {
  epoch: number;
  step: number;
  /** The mean over the epoch's rows, each at the time of its step. */
  loss: number;
  /** By output, for a model with several. */
  losses?: Record<string, number>;
  /** The rate of the epoch's last step. */
  learningRate: number;
  /** Since the start of the run. */
  seconds: number;
  /** Of this epoch. */
  rowsPerSecond: number;
  /** What the doctor found; empty without one. */
  findings: readonly Finding[];
  validation: Validation;
} & { [name in Metrics]: number };

/** What a step tells to onStep: one object, whose fields change. */
export interface StepReport {
  epoch: number;
  step: number;
  /** Steps of the whole run. */
  steps: number;
  loss: number;
  learningRate: number;
}

type Element<T> = T extends readonly (infer E)[] ? E : never;

/** The names under which the options' metrics are reported. */
export type MetricsOf<O> = O extends { metrics: infer M }
  ? M extends readonly MetricOption[] ? MetricName<Element<M>>
  : { [K in keyof M & string]: `${K}.${MetricName<Element<M[K]>> & string}` }[keyof M & string]
  : never;

/** The report that a fit with these options gives. */
export type ReportOf<O> = Report<MetricsOf<O>,
  O extends { validation: object | number } ? Evaluation<MetricsOf<O>>
  : "validation" extends keyof O ? Evaluation<MetricsOf<O>> | undefined : undefined>;

/** The reports of a run. */
export class History<R = Report> {
  /** One report for each epoch. */
  readonly epochs: R[] = [];
  /** What `resume` goes on from, where a budget has ended the run before its end. */
  checkpoint?: Uint8Array<ArrayBuffer>;

  /** By column: the fields that are numbers, and validation's as val_…; NaN where an epoch has none. */
  get columns(): Record<string, number[]> {
    const rows = this.epochs.map((report) => flat(report as Record<string, unknown>));
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] ?? NaN)]));
  }

  /** A line of names, then one for each epoch. */
  toCSV(): string {
    const { columns } = this, names = Object.keys(columns);
    const quoted = names.map((name) => (/[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name));
    const lines = this.epochs.map((_, i) => names.map((name) => String(columns[name]![i])).join(","));
    return [quoted.join(","), ...lines].join("\n") + "\n";
  }
}

function flat(report: Record<string, unknown>, prefix = ""): Record<string, number> {
  const row: Record<string, number> = {};
  for (const [name, value] of Object.entries(report)) {
    const inner = name === "validation" ? "val_" : name === "losses" && `${prefix}loss_`;
    if (typeof value === "number") row[prefix + name] = value;
    else if (inner && value) Object.assign(row, flat(value as Record<string, unknown>, inner));
  }
  return row;
}
