// What fit and the trainer take alike: the options of a run, checked, and what a checkpoint must agree with.

import type { Column } from "../data/columns.ts";
import { fingerprint, OWN } from "../formats/json.ts";
import { Graph, type Value } from "../graph.ts";
import { isLoss } from "../losses/loss.ts";
import { alignTarget } from "../metrics/metric.ts";
import type { Network } from "../network.ts";
import { input } from "../op.ts";
import { wantBoolean, wantFunction, wantPositive, wantSeed } from "../options.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { type Penalty, type PenaltyOption, wantPenalties } from "../penalties/penalty.ts";
import { describeSchedule, type Schedule } from "../schedules/schedule.ts";
import { type Checkpoint, type CheckpointNotes, describeGraph, describeModel, readCheckpoint, wantSettings } from "./checkpoint.ts";
import { type Objective, type ObjectiveOptions, targetName } from "./objective.ts";
import { type Clip, scoreCount } from "./programs.ts";
import { type FitLayout, layOutFit, wantOptimizer } from "./state.ts";

export interface RunOptions extends ObjectiveOptions {
  /** adam() by default. */
  optimizer?: Optimizer;
  /** What becomes of the optimizer's rate; constant by default. One of your own is a function of the step and what it is told of the run
   * alone: it is asked for steps out of turn, so that a checkpoint knows it again. */
  schedule?: Schedule;
  /** Bounds the Euclidean norm of all gradients. */
  clipNorm?: number;
  /** Bounds each number of the gradients: they become −clipValue to clipValue, before clipNorm. */
  clipValue?: number;
  /** What parameters cost beside the loss: l1(), l2(). */
  penalty?: PenaltyOption;
  /** Makes activations again in the backward pass instead of keeping them, where that takes less memory: the forward pass is cut
   * into segments, and of their values only those are kept that a later segment reads. A step takes longer, by up to another
   * forward pass; the bits are the same. `memory` tells what it brings: on deep nets less than half. A doctor keeps what it looks
   * at. Chen et al., Training Deep Nets with Sublinear Memory Cost (2016). false by default. */
  recompute?: boolean;
  /** For what is drawn at random in training; the model's by default. */
  seed?: number;
  /** Bytes of a checkpoint to go on from: the run then has the bits of one that was never stopped. A model with `build: "fast"` makes
   * no such promise, and its checkpoints go on in such models alone. */
  resume?: Uint8Array;
  /** Lets a run go on from a checkpoint of other options, which is an error that names them else: what the checkpoint has of parameters
   * and optimizer state is taken, whatever came of other options. In the middle of an epoch, the epoch begins anew. false by default. */
  force?: boolean;
}

/** The names of these options. */
export const RUN_OPTIONS = ["loss", "lossWeights", "metrics", "optimizer", "schedule", "batchSize", "clipNorm", "clipValue", "penalty", "recompute", "seed", "resume", "force"];

/** What is trained, and how. */
export interface Setup {
  readonly network: Network;
  readonly objective: Objective;
  readonly layout: FitLayout;
  readonly clip: Clip;
  readonly penalties: readonly Penalty[];
  readonly schedule: Schedule | undefined;
  readonly recompute: boolean;
}

/** Checks the other options of an objective; `rows` of data, or 0 where they come batch by batch. */
export function setUp(network: Network, objective: Objective, options: RunOptions, rows: number): Setup {
  const { schedule } = options, optimizer = wantOptimizer(options.optimizer);
  const bound = (name: "clipNorm" | "clipValue"): number => (options[name] === undefined ? 0 : wantPositive(name, options[name]));
  optimizer.refuse?.({ ...options }, rows);
  if (schedule !== undefined) wantFunction("schedule", schedule);
  return {
    network, objective, layout: layOutFit(network, optimizer, scoreCount(objective)), schedule,
    clip: { norm: bound("clipNorm"), value: bound("clipValue") }, penalties: wantPenalties(options.penalty),
    recompute: wantBoolean("recompute", options.recompute ?? false),
  };
}

/** What shapes a run's bits beside model, data and the optimizer's numbers, as plain data. A loss of the caller's, penalties and updates
 * in ops are told by what they compute, a schedule of the caller's by its rates. Without columns, a loss of the caller's is tried on
 * targets like the outputs. */
export function describeSetup({ network, objective, layout, clip, penalties, schedule }: Setup, columns: readonly Column[] = []): Readonly<Record<string, unknown>> {
  const { optimizer, slots } = layout;
  const computes = (make: (graph: Graph) => Iterable<readonly [unknown, Value]>): number | undefined => {
    const graph = new Graph({ training: true });
    try {
      return fingerprint(describeGraph(graph, make(graph)));
    } catch {
      return undefined; // it wants other targets
    }
  };
  return {
    clipNorm: clip.norm, clipValue: clip.value, schedule: describeSchedule(schedule),
    loss: objective.map(({ loss, weight, output }) => (isLoss(loss) ? { loss: loss.loss, ...loss.options, weight } : {
      loss: OWN, weight, computes: computes((graph) => {
        const made = network.outputs.get(output)!, prediction = input(graph, "", [2, ...made]), { shape, dtype } = columns.find(({ name }) => name === targetName(output)) ?? { shape: made };
        return [["", loss(prediction, alignTarget(input(graph, "", [2, ...shape], dtype), prediction))]];
      }),
    })),
    penalty: penalties.map((one) => ({
      penalty: one.penalty, ...one.options,
      computes: computes((graph) => [["", one.cost(slots.map(({ parameter }) => ({ ...parameter, value: input(graph, parameter.name, parameter.stored) })))]]),
    })),
    update: optimizer.computes && computes((graph) => optimizer.computes!(graph, layout)),
  };
}

/** The seed of a run, the checkpoint that it goes on from, and what shapes its bits as plain data, `more` with it; `forced`, if
 * the checkpoint is of a run with other settings.
 *
 * @throws OptionError if it is, without `force`.
 */
export function begin(
  setup: Setup & { readonly data?: { readonly columns: readonly Column[] } }, options: RunOptions, seed: number, more: Readonly<Record<string, unknown>>,
): { seed: ReturnType<typeof wantSeed>; checkpoint: Checkpoint | undefined; settings: CheckpointNotes; forced: boolean } {
  const { network, layout } = setup, force = wantBoolean("force", options.force ?? false), checkpoint = options.resume === undefined ? undefined : readCheckpoint(options.resume, network, layout, force);
  const wanted = wantSeed(options.seed ?? checkpoint?.notes.seed ?? seed);
  const settings: CheckpointNotes = {
    ...more, model: describeModel(network), trained: layout.slots.map(({ parameter }) => parameter.name), seed: wanted.seed, ...describeSetup(setup, setup.data?.columns),
  };
  let forced = false;
  try {
    if (checkpoint) wantSettings(checkpoint.notes, settings);
  } catch (error) {
    if (!force || checkpoint!.notes.run !== more.run) throw error;
    forced = true;
  }
  return { seed: wanted, checkpoint, settings, forced };
}
