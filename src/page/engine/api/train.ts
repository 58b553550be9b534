// Of runs.

import type { Problem, Said } from "./common.ts";
import type { Design } from "./model.ts";

/** What a run tells while it goes on, and what is kept of it. */
export interface RunView {
  readonly id: string;
  readonly name: string;
  readonly design: Design;
  readonly status: "running" | "paused" | "done" | "failed";
  readonly step: number;
  readonly steps: number;
  /** By epoch. */
  readonly epochs: readonly EpochView[];
  readonly findings: readonly FindingView[];
  /** Steps of the checkpoints that are kept. */
  readonly checkpoints: readonly number[];
  readonly secondsLeft: number | undefined;
  readonly rowsPerSecond: number;
  /** SHA-256 of the parameters, once it has ended. */
  readonly hash?: string | undefined;
  readonly problem?: Problem | undefined;
}

export interface EpochView {
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
  readonly metric: number;
  readonly heldOutLoss: number;
  readonly heldOutMetric: number;
  readonly learningRate: number;
}

export interface FindingView extends Said {
  readonly severity: "info" | "warning" | "error";
  readonly layer: string | undefined;
  readonly cause: string;
  readonly fix: string;
}


export interface TrainApi {
  /** Begins a run, or goes on with one that was paused. */
  train(id: string, name: string, design: Design): Promise<void>;
  pause(id: string): Promise<void>;
}
