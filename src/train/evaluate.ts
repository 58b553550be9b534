// Loss and metrics of a data set in memory, without training.

import { type Column, WEIGHT } from "../data/columns.ts";
import type { Network } from "../network.ts";
import type { Address, Program } from "../program.ts";
import { badOption } from "../options.ts";
import type { LoadedProgram } from "../session.ts";
import { sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Pause } from "../yield.ts";
import type { DataSet } from "./dataset.ts";
import { type Objective, targetName } from "./objective.ts";
import { DATA, type DataLayout, evaluationProgram, outputPlace, scoreCount } from "./programs.ts";
import type { Evaluation } from "./report.ts";
import type { Cells } from "./state.ts";

/** Rows of a batch where nothing else is said. */
export const EVALUATION_ROWS = 256;

/** Gathers what the batches of a data set score. */
export interface Scorer {
  /** Weight of the rows; then the sums of the numbers that a program writes for each batch, as cellStores has them. */
  readonly sums: Float64Array;
  /** Adds a batch: its rows are at places from `from` on, its numbers in the floats from `at` on. Allocates nothing, but
   * for metrics over all rows. Without `at` its numbers, of a step that is left out, count for nothing, and
   * its predictions are NaN. */
  add(data: DataSet, from: number, rows: number, program: LoadedProgram, at?: number): void;
  /** The means, and the metrics over all rows added, which are at places from `first` on. */
  scores(data: DataSet, first: number): Evaluation & Record<string, unknown>;
  reset(): void;
  /** The predictions, for a checkpoint in the middle of an epoch. */
  save(): Map<string, Tensor>;
  /** Takes up sums, and the predictions of so many rows. Do they fit? */
  load(sums: ArrayLike<number>, rows: number, saved: (name: string) => Tensor | undefined): boolean;
}

/** A scorer of up to `most` rows. */
export function makeScorer(network: Network, objective: Objective, most: number): Scorer {
  const several = objective.length > 1, sums = new Float64Array(1 + scoreCount(objective));
  // a program writes the mean over a batch of losses that are means, and sums of all else; here stands which of the sums has
  // what a mean was divided by: that of the weights, or, behind the losses, that of a loss that counts rows by itself
  let own = several ? objective.length + 2 : 2;
  const average: (number | false)[] = [], shares = objective.map(({ reduction, mean, counted }) => {
    average.push(mean ? own++ : reduction === "mean" && 0);
    return counted ? own++ : 0;
  });
  const averaged = several ? [objective[0]!.reduction === "mean" && 0, ...average] : average;
  const predictions = new Map(objective.filter(({ metrics }) => metrics.some(({ metric }) => metric.all)).map(({ output }) => {
    const shape = network.outputs.get(output)!, width = sizeOf(shape);
    return [output, { shape, width, data: new Float32Array(most * width) }];
  }));
  let count = 0;
  return {
    sums,
    add(data, from, rows, program, at) {
      const { floats } = program.session, weight = at === undefined ? 0 : data.weight(from, from + rows);
      sums[0]! += weight;
      for (let i = 1; at !== undefined && i < sums.length; i++) {
        const by = averaged[i - 1];
        sums[i]! += (typeof by !== "number" ? 1 : by ? floats[at + by - 1]! : weight) * floats[at + i - 1]!;
      }
      if (predictions.size) for (const [output, { width, data: numbers }] of predictions) {
        const place = program.place(outputPlace(output)) / 4;
        if (at === undefined) numbers.fill(NaN, count * width, (count + rows) * width);
        else numbers.set(floats.subarray(place, place + rows * width), count * width);
      }
      count += rows;
    },
    scores(data, first) {
      let at = 0;
      const next = (by = averaged[at]): number => {
        at++;
        return by === false ? sums[at]! : sums[at]! / (sums[by!]! || 1);
      };
      const scores: Evaluation & Record<string, unknown> = { loss: next() };
      if (several) scores.losses = Object.fromEntries(objective.map(({ output }) => [output, next()]));
      at = own - 1;
      const weight = predictions.size && data.layout.offsets.has(WEIGHT) ? data.rowsOf(WEIGHT, first, count).data : undefined;
      for (const [i, { output, metrics, reading, ignoreIndex }] of objective.entries()) {
        const kept = predictions.get(output);
        const prediction = kept && { data: kept.data.slice(0, count * kept.width), shape: [count, ...kept.shape] };
        const target = kept && data.rowsOf(targetName(output), first, count);
        for (const { key, metric } of metrics) {
          const value = metric.rows ? next(shares[i]) : wantScore(key, metric.all!(prediction!, target!, { reading, weight, ignoreIndex }));
          scores[key] = metric.finish ? metric.finish(value) : value;
        }
      }
      return scores;
    },
    reset() {
      sums.fill(0);
      count = 0;
    },
    save: () => new Map([...predictions].map(([output, { width, data }]) => [outputPlace(output), { data: data.slice(0, count * width), shape: [count, width] }])),
    load(from, rows, saved) {
      sums.set(from);
      count = rows;
      return [...predictions].every(([output, { width, data }]) => {
        const { data: numbers } = saved(outputPlace(output)) ?? { data: [] };
        if (numbers.length !== rows * width) return false;
        data.set(numbers);
        return true;
      });
    },
  };
}

function wantScore(name: string, score: unknown): number {
  if (typeof score !== "number") throw badOption(name, score, "a number", { of: "metric" });
  return score;
}

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
    [size, evaluationProgram(network, objective, data, size, cells, collects)]));
  return { programs, cells: 4 * (1 + scoreCount(objective)), rows, batchSize };
}

/** Evaluates a part of a data set, as often as wanted. */
export interface Evaluator {
  /** After so many epochs; what it has to wait for, `awaited` waits for: undefined if it was woken before. */
  run(pause: Pause, epoch?: number, awaited?: <T>(coming: Promise<T>) => Promise<T | undefined>): Promise<Evaluation & Record<string, unknown>>;
  /** Its parts: reset(), some rows at places from `from` on, and what they come to. `meanwhile` is called while they are computed. */
  reset(): void;
  batch(from: number, count: number, meanwhile?: () => void): Promise<void>;
  scores(): Evaluation & Record<string, unknown>;
  free(): void;
}

/** An evaluator of the places of a data set from `first` on. */
export function makeEvaluator(
  network: Network, objective: Objective, { cells: bytes, programs, rows, batchSize }: EvaluationPlan, data: DataSet, first: number,
): Evaluator {
  const { session } = network, scorer = makeScorer(network, objective, rows);
  const block = session.allocate(bytes, "the cells of an evaluation"), loaded = new Map<number, LoadedProgram>();
  const load = (count: number, program: Program): LoadedProgram => {
    const made = network.load(program, { [DATA]: data.block, [CELLS]: block });
    loaded.set(count, made);
    return made;
  };
  for (const [count, program] of programs) load(count, program);
  const { reset } = scorer, scores = (): ReturnType<Evaluator["scores"]> => scorer.scores(data, first);
  const batch = async (from: number, count: number, meanwhile?: () => void): Promise<void> => {
    const program = loaded.get(count) ?? load(count, planEvaluation(network, objective, data.layout, count, count).programs.get(count)!);
    network.session.words[block.offset / 4] = from;
    network.session.wrote(block.offset, 4);
    const running = program.run();
    meanwhile?.();
    if (running) await running;
    scorer.add(data, from, count, program, block.offset / 4 + 1);
  };
  return {
    reset, batch, scores,
    async run(pause) {
      reset();
      for (let from = first, end = first + rows; from < end; from += batchSize) {
        await batch(from, Math.min(batchSize, end - from));
        const turn = pause();
        if (turn) await turn;
      }
      return scores();
    },
    free() {
      for (const program of loaded.values()) session.unload(program);
      session.free(block);
    },
  };
}

/** Rows that come batch by batch, of which two batches are in memory; made by streams.ts. */
export interface Feed {
  /** What came first, as columns: their types and shapes are those of all that comes. */
  readonly columns: readonly Column[];
  /** Of an epoch; Infinity where that is not known. */
  readonly rows: number;
  /** Of two batches in memory. */
  layout(): DataLayout;
  /** Of its evaluation. */
  plan(network: Network): { plan: EvaluationPlan; data: DataLayout };
  /** Takes memory for two batches. Its places are those of the memory. */
  open(network: Network, layout: DataLayout): DataSet;
  /** Begins an epoch, `epoch` others being done, after so many of its rows. */
  begin(epoch: number, rows: number): void;
  /** How many rows the next batch has in memory, from `place` on; 0 at the end of the epoch. What is wrong with them, or with the
   * source, is thrown here. */
  next(): number | Promise<number>;
  readonly place: number;
  /** Called while a batch is in use: asks for the one after it, and puts it into the other half of the memory. */
  fill(): void;
  /** Evaluates the whole stream. */
  readonly evaluator: typeof makeEvaluator;
  /** Tells the source that no more is wanted. */
  close(): Promise<void>;
}

export interface Feeds {
  readonly data?: Feed;
  readonly validation?: Feed;
}
