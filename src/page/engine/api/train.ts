// Of runs.

import type { Problem, Said } from "./common.ts";
import type { Asked } from "./data.ts";
import type { Design } from "./model.ts";

/** All that is told and kept of a run: with its checkpoints, a run can be made again from it. Of long runs the lists have every n-th entry,
 * and the last. */
export interface RunView {
  readonly id: string;
  readonly name: string;
  readonly design: Design;
  /** What was said of the data that it learns from. */
  readonly asked: Asked;
  readonly status: "running" | "paused" | "done" | "failed";
  readonly step: number;
  /** Of the whole run, if nothing ends it before. */
  readonly steps: number;
  /** What is measured beside the loss. */
  readonly metric: "accuracy" | "r2";
  /** By epoch. */
  readonly epochs: readonly EpochView[];
  /** By step. */
  readonly curve: readonly StepView[];
  /** What the doctor has seen, at some steps. */
  readonly looks: readonly LookView[];
  readonly findings: readonly FindingView[];
  /** Steps of the checkpoints that are kept, the oldest first. */
  readonly checkpoints: readonly number[];
  /** That it has trained. */
  readonly seconds: number;
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

export interface StepView {
  readonly step: number;
  /** Of its batch alone. */
  readonly loss: number;
  readonly learningRate: number;
}

/** Layers are named by their number, from 1, and their kind. */
export interface LookView {
  readonly step: number;
  /** Means of magnitudes: of gradients, and of what the step has changed the weights by, as a share of them. */
  readonly weights: readonly { readonly layer: string; readonly gradient: number; readonly update: number }[];
  /** Shares of units that are dead, or of outputs that stand at a bound. */
  readonly units: readonly { readonly layer: string; readonly share: number }[];
}

export interface FindingView extends Said {
  readonly severity: "info" | "warning" | "error";
  readonly layer: string | undefined;
  /** The epoch that it was last found in; 0: before the first. */
  readonly epoch: number;
  /** In the library's English. */
  readonly cause: string;
  readonly fix: string;
  /** The design with the fix, where it is one of the design. */
  readonly mended: Design | undefined;
}

/** A step of a run, trained again. */
export interface Moment {
  readonly step: number;
  readonly epoch: number;
  /** Of the step's batch. */
  readonly loss: number;
  readonly learningRate: number;
  /** SHA-256 of the parameters after the step. */
  readonly hash: string;
  /** Steps of the checkpoint that it was trained from; 0: from the start. */
  readonly from: number;
  readonly parameters: readonly ParameterView[];
}

export interface ParameterView {
  readonly name: string;
  readonly layer: string;
  readonly shape: readonly number[];
  readonly weights: Spread;
  readonly gradients: Spread;
  /** The weights themselves, row by row, where they are a small matrix. */
  readonly matrix: Float32Array | undefined;
}

/** How numbers are spread: how many lie in each of equal parts of their range. */
export interface Spread {
  readonly least: number;
  readonly most: number;
  readonly mean: number;
  readonly deviation: number;
  readonly counts: readonly number[];
}


export interface TrainApi {
  /** Begins a run, or goes on with one that was paused, bit for bit. It learns from the data as they are described, or as the run `like` does. */
  train(id: string, name: string, design: Design, like?: string): Promise<void>;
  /** Lets it end after the step under way; it can go on. */
  pause(id: string): Promise<void>;
  /** Ends it for good, as it is. */
  stop(id: string): Promise<void>;
  rename(id: string, name: string): Promise<void>;
  /** Deletes it, and what is kept of it. */
  remove(id: string): Promise<void>;
  /** Goes back to a step of a run, which may go on meanwhile; undefined if another one has been asked for since. */
  moment(id: string, step: number): Promise<Moment | undefined>;
}
