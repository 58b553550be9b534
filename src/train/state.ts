// The block of a fit: gradients, the optimizer's states, the table of segments, and the cells that the host writes
// before a step and reads after it.
//
//   gradients | state 0 | state 1 | … | segment table | cells
//
// Gradients and states have one layout: the trainable parameters in their order, each padded to 16 bytes.

import { GuardCell, SeedCell, Segment } from "../../assembly/isa.ts";
import { OptionError, show } from "../errors.ts";
import { type Network, type Parameter, PARAMETERS } from "../network.ts";
import { assignGroups, type Optimizer } from "../optimizers/optimizer.ts";
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

/** Where things lie in the block; known before there is one. */
export class FitLayout {
  readonly optimizer: Optimizer;
  readonly slots: readonly Slot[];
  /** Numbers in the gradient block. */
  readonly count: number;
  readonly segments: readonly { parameter: number; start: number; count: number; group: number }[];
  /** Offsets in bytes. */
  readonly state: number;
  readonly table: number;
  readonly groups: number;
  readonly guard: number;
  readonly seed: number;
  readonly cursor: number;
  readonly flag: number;
  /** The loss and what else a program writes for each batch; `scores` numbers. */
  readonly loss: number;
  readonly cells: Cells;
  readonly bytes: number;

  constructor(network: Network, optimizer: Optimizer, scores: number) {
    this.optimizer = optimizer;
    const trainable = network.parameters.filter((parameter) => parameter.trainable && !parameter.frozen);
    if (trainable.length === 0)
      throw new OptionError("nothing-to-train", network.parameters.length ? "fit: all parameters are frozen" : "fit: the model has no parameters",
        { option: "trainable", got: 0 });
    const groups = assignGroups(optimizer, trainable);
    let offset = 0;
    this.slots = trainable.map((parameter) => {
      const slot = { parameter, offset };
      offset += alignUp(4 * parameter.size, 16);
      return slot;
    });
    this.count = offset / 4;
    const segments: { parameter: number; start: number; count: number; group: number }[] = [];
    this.slots.forEach((slot, i) => {
      const { parameter } = slot, group = groups[i]!, count = alignUp(4 * parameter.size, 16) / 4, last = segments.at(-1);
      // neighbours of one group are one segment
      if (last && last.group === group && last.parameter + 4 * last.count === parameter.offset) last.count += count;
      else segments.push({ parameter: parameter.offset, start: slot.offset / 4, count, group });
    });
    this.segments = segments;
    this.state = alignUp(offset);
    let at = this.state + optimizer.states.length * alignUp(offset);
    const take = (words: number): number => {
      const start = at;
      at += 4 * words;
      return start;
    };
    this.table = take(segments.length * Segment.SIZE);
    this.groups = take((optimizer.groups.length + 1) * optimizer.cells);
    this.guard = take(GuardCell.SIZE);
    this.seed = take(SeedCell.SIZE);
    this.cursor = take(1);
    this.flag = take(1);
    this.loss = take(scores);
    this.cells = { cursor: this.address(this.cursor), scores: this.address(this.loss) };
    this.bytes = at;
  }

  /** Bytes of one state. */
  get stride(): number {
    return alignUp(4 * this.count);
  }

  address(offset: number): Address {
    return { region: FIT, offset };
  }

  guardAttributes(clip: number): GuardAttributes {
    return {
      gradient: this.address(0), count: this.count, cells: this.address(this.guard), flag: this.address(this.flag),
      loss: this.address(this.loss), clip,
    };
  }

  updateAttributes(): UpdateAttributes {
    const { optimizer, segments } = this;
    return {
      kind: optimizer.kind, table: this.address(this.table), segments: segments.length, gradient: this.address(0),
      count: this.count, state: this.address(this.state), stride: this.stride, cells: this.address(this.groups),
      group: 4 * optimizer.cells, guard: this.address(this.guard),
      writes: segments.map(({ parameter, count }) => ({ address: { region: PARAMETERS, offset: parameter }, bytes: 4 * count })),
    };
  }
}

/** A fit's block in a session's memory. */
export class FitState {
  readonly layout: FitLayout;
  readonly block: Block;
  private readonly network: Network;
  /** Steps that have changed the parameters. */
  updates = 0;
  /** Steps tried: what random numbers depend on. */
  steps = 0;

  constructor(network: Network, layout: FitLayout, seed: { low: number; high: number }) {
    this.network = network;
    this.layout = layout;
    this.block = network.session.allocate(layout.bytes, "gradients and optimizer state");
    const { words } = network.session, at = this.block.offset / 4;
    layout.segments.forEach(({ parameter, start, count, group }, i) => {
      const row = at + layout.table / 4 + i * Segment.SIZE;
      words[row + Segment.PARAMETER] = network.block.offset + parameter;
      words[row + Segment.START] = start;
      words[row + Segment.COUNT] = count;
      words[row + Segment.GROUP] = group;
    });
    words[at + layout.seed / 4 + SeedCell.LOW] = seed.low;
    words[at + layout.seed / 4 + SeedCell.HIGH] = seed.high;
  }

  /** Writes the cells of the next step. Allocates nothing. */
  prepare(learningRate: number, cursor: number): void {
    const { layout, block, network } = this, { optimizer } = layout, { floats, words } = network.session;
    const at = block.offset >>> 2, { groups, hyper, cells } = optimizer, first = at + layout.groups / 4;
    for (let i = 0; i <= groups.length; i++) {
      const own = i < groups.length ? groups[i]!.hyper : hyper;
      // a group's rate keeps its ratio to the optimizer's, and is its own where that is 0
      const rate = own === hyper ? learningRate
        : hyper.learningRate === 0 ? own.learningRate
        : learningRate * (own.learningRate / hyper.learningRate);
      optimizer.write(floats, first + i * cells, own, rate, this.updates + 1);
    }
    words[at + layout.seed / 4 + SeedCell.STEP] = this.steps;
    words[at + layout.cursor / 4] = cursor;
    words[at + layout.flag / 4] = 0;
  }

  /** Was all finite in the step that has run? */
  get finite(): boolean {
    return this.network.session.words[(this.block.offset + this.layout.guard) / 4 + GuardCell.FINITE] === 1;
  }

  get norm(): number {
    return this.network.session.floats[(this.block.offset + this.layout.guard) / 4 + GuardCell.NORM]!;
  }

  get loss(): number {
    return this.network.session.floats[(this.block.offset + this.layout.loss) / 4]!;
  }

  /** Place in the floats of the numbers that a step has written: the loss first. */
  get scores(): number {
    return (this.block.offset + this.layout.loss) / 4;
  }

  /** Byte address of a slot's gradient (state −1) or of one of its states. */
  place(slot: Slot, state = -1): number {
    return this.block.offset + slot.offset + (state < 0 ? 0 : this.layout.state + state * this.layout.stride);
  }

  free(): void {
    this.network.session.free(this.block);
  }
}

/** The optimizer that an option stands for. */
export function wantOptimizer(optimizer: unknown): Optimizer {
  const given = optimizer as Partial<Optimizer> | null;
  if (given !== null && typeof given === "object" && typeof given.optimizer === "string") return given as Optimizer;
  const spelled = typeof optimizer === "string" ? optimizer.toLowerCase() : typeof optimizer === "function" ? optimizer.name.toLowerCase() : "";
  const meant = ["sgd", "adam", "adamW"].find((name) => name.toLowerCase() === spelled);
  throw new OptionError("bad-option", `optimizer: wanted an optimizer such as ${meant ?? "adam"}(), got ${show(optimizer)}`
    + (meant ? `; did you mean ${meant}()?` : ""), { option: "optimizer", got: optimizer, wanted: meant ? `${meant}()` : "an optimizer" });
}
