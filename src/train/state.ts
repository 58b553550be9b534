// The block of a fit: gradients, the optimizer's states, the table of segments, and the cells that the host writes
// before a step and reads after it.
//
//   gradients | state 0 | state 1 | … | segment table | cells
//
// Gradients and states have one layout: the trainable parameters in their order, each padded to 16 bytes.

import { GuardCell, SeedCell, Segment } from "../../assembly/isa.ts";
import { OptionError } from "../errors.ts";
import { type Network, type Parameter, PARAMETERS } from "../network.ts";
import { badOption, didYouMean } from "../options.ts";
import { adam } from "../optimizers/index.ts";
import { assignGroups, isOptimizer, type Optimizer } from "../optimizers/optimizer.ts";
import { alignUp } from "../plan.ts";
import type { Address } from "../program.ts";
import type { Block } from "../session.ts";
import type { GuardAttributes, UpdateAttributes } from "../ops/update.ts";

/** The region of a fit's block. */
export const FIT = "fit";

/** Words that a run's programs share with the host. */
export interface Cells {
  /** Where in the row numbers the batch begins. */
  readonly cursor: Address;
  /** The first of the numbers that a program writes for each batch: loss, then metrics. */
  readonly scores: Address;
}

/** A trainable parameter and its place in the gradient block, in bytes. */
export interface Slot {
  parameter: Parameter;
  offset: number;
}

/** Where things lie in the block; known before there is one. Places are in bytes from its start. */
export interface FitLayout {
  readonly optimizer: Optimizer;
  readonly slots: readonly Slot[];
  /** Numbers in the gradient block. */
  readonly count: number;
  readonly segments: readonly { parameter: number; start: number; count: number; group: number }[];
  /** The optimizer's states, and the bytes of one. */
  readonly state: number;
  readonly stride: number;
  readonly table: number;
  readonly groups: number;
  readonly guard: number;
  readonly seed: number;
  readonly cursor: number;
  readonly flag: number;
  /** The loss and what else a program writes for each batch. */
  readonly loss: number;
  readonly bytes: number;
}

/** Steps from one in which the states of sgd and adam are flushed (assembly/kernels/update.ts) to the next: what decays to 0.9 in each gets to 2^−114
 * in between, far from the denormal numbers. */
const FLUSHED = 64;

export const inFit = (offset: number): Address => ({ region: FIT, offset });

/** Lays out the block of a fit whose programs write `scores` numbers for each batch. */
export function layOutFit(network: Network, optimizer: Optimizer, scores: number): FitLayout {
  const trainable = network.parameters.filter((parameter) => parameter.trainable && !parameter.frozen);
  if (trainable.length === 0)
    throw new OptionError("nothing-to-train", {
      problem: network.parameters.length ? "all parameters are frozen" : "the model has no parameters",
    });
  let at = 0;
  const take = (bytes: number): number => (at += bytes) - bytes;
  const assigned = assignGroups(optimizer, trainable), segments: { parameter: number; start: number; count: number; group: number }[] = [];
  const slots = trainable.map((parameter, i): Slot => {
    const bytes = alignUp(4 * parameter.size, 16), count = bytes / 4, group = assigned[i]!, last = segments.at(-1), offset = take(bytes);
    // neighbours of one group are one segment
    if (last && last.group === group && last.parameter + 4 * last.count === parameter.offset) last.count += count;
    else segments.push({ parameter: parameter.offset, start: offset / 4, count, group });
    return { parameter, offset };
  });
  const count = at / 4, stride = alignUp(at);
  at = stride;
  return {
    optimizer, slots, count, segments, stride,
    state: take(optimizer.states.length * stride),
    table: take(4 * segments.length * Segment.SIZE),
    groups: take(4 * (optimizer.groups.length + 1) * optimizer.cells),
    guard: take(4 * GuardCell.SIZE),
    seed: take(4 * SeedCell.SIZE),
    cursor: take(4),
    flag: take(4),
    loss: take(4 * scores),
    bytes: at,
  };
}

export function cellsOf({ cursor, loss }: FitLayout): Cells {
  return { cursor: inFit(cursor), scores: inFit(loss) };
}

export function guardAttributes({ count, guard, flag, loss }: FitLayout, clip: number): GuardAttributes {
  return { gradient: inFit(0), count, cells: inFit(guard), flag: inFit(flag), loss: inFit(loss), clip };
}

export function updateAttributes({ optimizer, segments, table, count, state, stride, groups, guard }: FitLayout): UpdateAttributes {
  return {
    kind: optimizer.kind!, table: inFit(table), segments: segments.length, gradient: inFit(0), count, state: inFit(state), stride,
    cells: inFit(groups), group: 4 * optimizer.cells, guard: inFit(guard),
    writes: segments.map(({ parameter, count: numbers }) => ({ address: { region: PARAMETERS, offset: parameter }, bytes: 4 * numbers })),
  };
}

/** A fit's block in a session's memory. */
export interface FitState {
  readonly layout: FitLayout;
  readonly block: Block;
  /** Steps that have changed the parameters. */
  updates: number;
  /** Steps tried: what random numbers depend on. */
  steps: number;
  /** Numbers that an optimizer keeps beside its states. */
  memory: readonly number[];
  /** Place in the floats of the numbers that a step has written: the loss first. */
  readonly scores: number;
  readonly loss: number;
  /** Was all finite in the step that has run? */
  readonly finite: boolean;
  /** The cells that prepare writes, and the word that is 1 after a step in which all was finite. */
  readonly cells: Block;
  readonly guard: number;
  /** Writes the cells of the next step, or of the one that is so many further; `draw` is what its random numbers depend on. Allocates
   * nothing. */
  prepare(learningRate: number, cursor: number, draw?: number, ahead?: number): void;
  /** Byte address of a slot's gradient (state −1) or of one of its states. */
  place(slot: Slot, state?: number): number;
  free(): void;
}

export function makeState(network: Network, layout: FitLayout, seed: { low: number; high: number }): FitState {
  const { optimizer, segments } = layout, { groups, hyper, cells } = optimizer;
  const block = network.session.allocate(layout.bytes, "gradients and optimizer state");
  const word = (offset: number): number => (block.offset + offset) / 4;
  const { words } = network.session, seedCells = word(layout.seed);
  segments.forEach(({ parameter, start, count, group }, i) => {
    const row = word(layout.table) + i * Segment.SIZE;
    words[row + Segment.PARAMETER] = network.block.offset + parameter;
    words[row + Segment.START] = start;
    words[row + Segment.COUNT] = count;
    words[row + Segment.GROUP] = group;
  });
  words[seedCells + SeedCell.LOW] = seed.low;
  words[seedCells + SeedCell.HIGH] = seed.high;
  network.session.wrote(block.offset + layout.table, layout.bytes - layout.table);
  const written: Block = { offset: block.offset + layout.groups, bytes: layout.loss - layout.groups }, guard = word(layout.guard) + GuardCell.FINITE;
  return {
    layout,
    block,
    cells: written,
    guard,
    updates: 0,
    steps: 0,
    memory: [],
    scores: word(layout.loss),
    get loss() {
      return network.session.floats[word(layout.loss)]!;
    },
    get finite() {
      return network.session.words[guard] === 1;
    },
    prepare(learningRate, cursor, draw, ahead = 0) {
      const { floats, words: now } = network.session;
      for (let i = 0; i <= groups.length; i++) {
        const own = i < groups.length ? groups[i]!.hyper : hyper;
        // a group's rate keeps its ratio to the optimizer's, and is its own where that is 0
        const rate = own === hyper ? learningRate
          : hyper.learningRate === 0 ? own.learningRate
          : learningRate * (own.learningRate / hyper.learningRate);
        optimizer.write(floats, word(layout.groups) + i * cells, own, rate, this.updates + ahead + 1);
      }
      now[seedCells + SeedCell.STEP] = draw ?? this.steps + ahead;
      now[word(layout.cursor)] = cursor;
      now[word(layout.flag)] = 0;
      now[word(layout.guard) + GuardCell.FLUSH] = Number((this.updates + ahead + 1) % FLUSHED === 0);
      if (!ahead) network.session.wrote(written.offset, written.bytes);
    },
    place: (slot, state = -1) => block.offset + slot.offset + (state < 0 ? 0 : layout.state + state * layout.stride),
    free: () => network.session.free(block),
  };
}

const OPTIMIZERS = ["sgd", "adam", "adamW", "rmsprop", "adagrad", "adadelta", "adamax", "nadam", "radam", "lion", "lbfgs", "optimizer"];

/** The optimizer that an option stands for. */
export function wantOptimizer(optimizer: unknown = adam()): Optimizer {
  if (isOptimizer(optimizer)) return optimizer;
  throw badOption("optimizer", optimizer, "an optimizer such as adam()", {
    fix: didYouMean(typeof optimizer === "function" ? optimizer.name : optimizer, OPTIMIZERS, "()"),
  });
}
