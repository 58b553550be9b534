// Loss and metrics of a data set in memory, without training.

import type { Network } from "../network.ts";
import type { Address, Program } from "../program.ts";
import type { Block, LoadedProgram } from "../session.ts";
import { sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { DataSet } from "./dataset.ts";
import { type Objective, targetName } from "./objective.ts";
import { DATA, type DataLayout, evaluationProgram, outputPlace, scoreCount } from "./programs.ts";
import type { Evaluation } from "./report.ts";
import type { Cells } from "./state.ts";

/** Rows of a batch where nothing else is said. */
export const EVALUATION_ROWS = 256;

/** Sums over batches that become means: of the loss, the losses by output, and the metrics, in the order in which a
 * program writes them. */
export class Tally {
  /** Weight of the rows; then the sums. */
  readonly sums: Float64Array;
  private readonly objective: Objective;
  /** For each number: 1 if a program writes a mean over the batch, 0 if a sum. */
  private readonly means: Uint8Array;

  constructor(objective: Objective) {
    this.objective = objective;
    const { length } = objective, count = scoreCount(objective);
    this.sums = new Float64Array(1 + count);
    this.means = new Uint8Array(count);
    this.means[0] = objective.every(({ reduction }) => reduction === "sum") ? 0 : 1;
    if (length > 1) objective.forEach(({ reduction }, i) => (this.means[1 + i] = reduction === "sum" ? 0 : 1));
  }

  /** Adds a batch: the weight of its rows, and the numbers that its program wrote. Allocates nothing. */
  add(weight: number, floats: Float32Array, at: number): void {
    const { sums, means } = this;
    sums[0]! += weight;
    for (let i = 0; i < means.length; i++) sums[1 + i]! += means[i] ? weight * floats[at + i]! : floats[at + i]!;
  }

  /** The means; `collected` has the metrics over all rows. */
  scores(collected: Readonly<Record<string, number>>): Evaluation & Record<string, unknown> {
    const { objective, sums } = this, weight = sums[0]!;
    let at = 1;
    const next = (summed: boolean): number => (summed ? sums[at++]! : sums[at++]! / weight);
    const scores: Evaluation & Record<string, unknown> = { loss: next(!this.means[0]) };
    if (objective.length > 1)
      scores.losses = Object.fromEntries(objective.map(({ output, reduction }) => [output, next(reduction === "sum")]));
    for (const { metrics } of objective)
      for (const { key, metric } of metrics) scores[key] = metric.rows ? next(false) : collected[key];
    return scores;
  }

  reset(): void {
    this.sums.fill(0);
  }
}

/** Collects predictions and targets for metrics over all rows. */
export class Collector {
  private readonly parts: { output: string; width: number; shape: readonly number[]; data: Float32Array; keys: { key: string; all: AllMetric }[] }[];
  private rows = 0;

  constructor(network: Network, objective: Objective, rows: number) {
    this.parts = objective.flatMap(({ output, metrics }) => {
      const keys = metrics.flatMap(({ key, metric }) => (metric.all ? [{ key, all: metric.all }] : []));
      if (keys.length === 0) return [];
      const shape = network.outputs.get(output)!, width = sizeOf(shape);
      return [{ output, width, shape, data: new Float32Array(rows * width), keys }];
    });
  }

  /** Are there such metrics? */
  get needed(): boolean {
    return this.parts.length > 0;
  }

  /** Adds the predictions of a batch. */
  add(rows: number, program: LoadedProgram): void {
    for (const { output, width, data } of this.parts) {
      const from = program.place(outputPlace(output)) / 4;
      data.set(program.session.floats.subarray(from, from + rows * width), this.rows * width);
    }
    this.rows += rows;
  }

  /** The metrics over the rows collected, whose targets are those at the data set's places from `first` on. */
  scores(data: DataSet, first: number): Record<string, number> {
    const result: Record<string, number> = {};
    for (const { output, width, shape, data: predictions, keys } of this.parts) {
      const target = data.rowsOf(targetName(output), first, this.rows);
      const prediction = { data: predictions.slice(0, this.rows * width), shape: [this.rows, ...shape] };
      for (const { key, all } of keys) result[key] = all(prediction, target);
    }
    return result;
  }

  reset(): void {
    this.rows = 0;
  }

  /** For a checkpoint in the middle of an epoch. */
  save(): Map<string, Tensor> {
    return new Map(this.parts.map(({ output, width, data }) => [output, { data: data.slice(0, this.rows * width), shape: [this.rows, width] }]));
  }

  load(saved: (output: string) => Tensor | undefined): void {
    for (const { output, data } of this.parts) {
      const tensor = saved(output);
      if (!tensor) continue;
      data.set(tensor.data);
      this.rows = tensor.shape[0]!;
    }
  }
}

type AllMetric = NonNullable<Objective[number]["metrics"][number]["metric"]["all"]>;

/** The region of an evaluation's cells: the cursor, then what its programs write. */
const CELLS = "cells";
const CURSOR: Address = { region: CELLS, offset: 0 };
const SCORES: Address = { region: CELLS, offset: 4 };
const cells: Cells = { cursor: CURSOR, scores: SCORES };

/** An evaluation's programs, by their number of rows, and the bytes of its cells; known before anything is allocated. */
export interface EvaluationPlan {
  readonly programs: ReadonlyMap<number, Program>;
  readonly cells: number;
  readonly rows: number;
  readonly batchSize: number;
}

export function planEvaluation(network: Network, objective: Objective, data: DataLayout, rows: number, batch: number): EvaluationPlan {
  const batchSize = Math.min(batch, rows), collects = objective.some(({ metrics }) => metrics.some(({ metric }) => metric.all));
  const sizes = rows % batchSize ? [batchSize, rows % batchSize] : [batchSize];
  const programs = new Map(sizes.map((size) =>
    [size, evaluationProgram(network, objective, data.columns, size, { kind: "gathered", data }, cells, collects)]));
  return { programs, cells: 4 * (1 + scoreCount(objective)), rows, batchSize };
}

/** Evaluates the places of a data set from `first` on, as often as wanted. */
export class Evaluator {
  private readonly programs: ReadonlyMap<number, LoadedProgram>;
  private readonly cells: Block;
  private readonly collector: Collector;
  private readonly tally: Tally;
  private readonly network: Network;
  private readonly data: DataSet;
  private readonly first: number;
  private readonly plan: EvaluationPlan;

  constructor(network: Network, objective: Objective, plan: EvaluationPlan, data: DataSet, first: number) {
    this.network = network;
    this.plan = plan;
    this.data = data;
    this.first = first;
    this.collector = new Collector(network, objective, plan.rows);
    this.tally = new Tally(objective);
    const block = network.session.allocate(plan.cells, "the cells of an evaluation");
    this.cells = block;
    this.programs = new Map([...plan.programs].map(([rows, program]) =>
      [rows, network.load(program, { [DATA]: data.block, [CELLS]: block })]));
  }

  async run(pause: () => Promise<void> | undefined): Promise<Evaluation & Record<string, unknown>> {
    const { network, first, plan: { rows, batchSize }, collector, data, tally } = this;
    collector.reset();
    tally.reset();
    for (let from = first, end = first + rows; from < end; from += batchSize) {
      const { session } = network, count = Math.min(batchSize, end - from), program = this.programs.get(count)!;
      session.words[this.cells.offset / 4] = from;
      program.run();
      tally.add(data.weight(from, from + count), session.floats, this.cells.offset / 4 + 1);
      collector.add(count, program);
      await pause();
    }
    return tally.scores(collector.scores(data, first));
  }

  free(): void {
    const { session } = this.network;
    for (const program of this.programs.values()) session.unload(program);
    session.free(this.cells);
  }
}
