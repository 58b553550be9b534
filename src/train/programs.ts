// The programs of a run: a training step, its two halves, and an evaluation, each for some number of rows.

import { compileProgram, ownMemory } from "../compile.ts";
import { grad } from "../autodiff.ts";
import type { Column, InputSpec } from "../data/columns.ts";
import type { Graph, Node, Value } from "../graph.ts";
import type { Network, Trace } from "../network.ts";
import { input } from "../op.ts";
import { constant } from "../ops/constant.ts";
import { gatherRows } from "../ops/convert.ts";
import { SEED } from "../ops/random.ts";
import { checkOp, effect, guardOp, updateOp } from "../ops/update.ts";
import type { Address, Program } from "../program.ts";
import { buildObjective, type Built, type Objective } from "./objective.ts";
import type { Cells, FitLayout } from "./state.ts";

/** Where a program's rows come from: written by the host before each run, or gathered from a data set in memory. */
export type Feed = { readonly kind: "staged" } | { readonly kind: "gathered"; readonly data: DataLayout };

/** A data set in memory: its columns and a list of row numbers, as offsets in the region DATA. */
export interface DataLayout {
  readonly columns: readonly Column[];
  readonly offsets: ReadonlyMap<string, number>;
  readonly ids: number;
  readonly rows: number;
}

/** The region of a data set. */
export const DATA = "data";

/** Makes the Values of columns in a graph, and remembers where their sources lie. */
class Feeder {
  readonly sources = new Map<Value, Address>();
  readonly staged: Value[] = [];
  private readonly values = new Map<string, Value>();
  private readonly graph: Graph;
  private readonly rows: number;
  private readonly columns: readonly Column[];
  private readonly feed: Feed;
  private readonly cells: Cells;
  private ids: Value | undefined;
  private cursor: Value | undefined;

  constructor(graph: Graph, rows: number, columns: readonly Column[], feed: Feed, cells: Cells) {
    this.graph = graph;
    this.rows = rows;
    this.columns = columns;
    this.feed = feed;
    this.cells = cells;
  }

  column(name: string): Value {
    let value = this.values.get(name);
    if (!value) this.values.set(name, (value = this.make(this.columns.find((column) => column.name === name)!)));
    return value;
  }

  private make({ name, dtype, shape }: Column): Value {
    const { graph, rows, feed } = this;
    if (feed.kind === "staged") {
      // the host turns bytes into numbers as it writes them
      const value = input(graph, name, [rows, ...shape], dtype === "uint8" ? "float32" : dtype);
      if (value.dtype === "float32") this.staged.push(value);
      return value;
    }
    const { data } = feed;
    const table = this.source(name, [data.rows, ...shape], dtype, { region: DATA, offset: data.offsets.get(name)! });
    this.ids ??= this.source("row numbers", [data.rows], "int32", { region: DATA, offset: data.ids });
    this.cursor ??= this.source("cursor", [1], "int32", this.cells.cursor);
    return gatherRows(table, this.ids, this.cursor, rows);
  }

  private source(name: string, shape: readonly number[], dtype: Column["dtype"], address: Address): Value {
    const value = input(this.graph, name, shape, dtype);
    this.sources.set(value, address);
    return value;
  }
}

interface Fed {
  trace: Trace;
  feeder: Feeder;
  built: Built;
}

/** A trace of the network with its loss, on rows from the feed. */
function fed(network: Network, objective: Objective, columns: readonly Column[], rows: number, feed: Feed, training: boolean, cells: Cells): Fed {
  let feeder: Feeder | undefined;
  const trace = network.trace(rows, training, (graph: Graph, spec: InputSpec) => {
    feeder ??= new Feeder(graph, rows, columns, feed, cells);
    return feeder.column(spec.name);
  });
  const built = buildObjective(objective, trace, columns, (name) => feeder!.column(name));
  return { trace, feeder: feeder!, built };
}

export interface TrainingProgram {
  network: Network;
  objective: Objective;
  columns: readonly Column[];
  layout: FitLayout;
  clip: number;
}

/** A whole training step; with `update` false only loss, gradients and guard. `outputs` keeps the predictions. */
export function trainingProgram(
  { network, objective, columns, layout, clip }: TrainingProgram, rows: number, feed: Feed, { update = true, outputs = false } = {},
): Program {
  const { trace, feeder, built } = fed(network, objective, columns, rows, feed, true, layout.cells);
  const { graph } = trace;
  const wrt = layout.slots.map(({ parameter }) => trace.parameters.get(parameter.name));
  const known = wrt.filter((value) => value !== undefined);
  const gradients = new Map(grad(built.total, known).map((gradient, i) => [known[i]!, gradient]));
  const wanted: [Value, Address][] = layout.slots.map(({ parameter, offset }, i) =>
    // a parameter that training does not read
    [wrt[i] ? gradients.get(wrt[i])! : constant(graph, 0, parameter.stored), layout.address(offset)]);
  wanted.push(...cellStores(objective, built, layout.cells));
  const stores = ownMemory(wanted.map(([value]) => value)).map((value, i) => [value, wanted[i]![1]] as const);
  const effects: Node[] = feeder.staged.map((value) => effect(checkOp, [value], { flag: layout.address(layout.flag) }));
  effects.push(effect(guardOp, stores.map(([value]) => value), layout.guardAttributes(clip)));
  if (update) effects.push(effect(updateOp, [built.total], layout.updateAttributes()));
  return compileProgram({
    stores, effects, sources: sourcesOf(network, trace, feeder, layout), outputs: outputs ? outputPlaces(trace) : new Map(),
  });
}

/** The whole loss and, of several, each output's; then the metrics: each into its cell. */
function cellStores(objective: Objective, { total, losses, metrics }: Built, cells: Cells): [Value, Address][] {
  const values = [total, ...(objective.length > 1 ? losses.values() : []), ...metrics.values()];
  return values.map((value, i) => [value, { region: cells.scores.region, offset: cells.scores.offset + 4 * i }]);
}

/** Numbers that a run's programs write for each batch: see cellStores. */
export function scoreCount(objective: Objective): number {
  const metrics = objective.flatMap((part) => part.metrics.filter(({ metric }) => metric.rows));
  return 1 + (objective.length > 1 ? objective.length : 0) + metrics.length;
}

function sourcesOf(network: Network, trace: Trace, feeder: Feeder, layout: FitLayout | undefined): Map<Value, Address> {
  const sources = new Map([...network.sources(trace), ...feeder.sources]);
  if (layout) {
    const seed = trace.graph.nodes.find((node) => node.attributes?.name === SEED && node.op.name === "input")?.outputs[0];
    if (seed) sources.set(seed, layout.address(layout.seed));
  }
  return sources;
}

/** Guard and update alone: the gradients are in the block already. */
export function applyProgram({ network, layout, clip }: Pick<TrainingProgram, "network" | "layout" | "clip">): Program {
  const { graph } = network.trace(1, false);
  const loss = constant(graph, 0);
  const effects = [effect(guardOp, [loss], layout.guardAttributes(clip)), effect(updateOp, [loss], layout.updateAttributes())];
  return compileProgram({ effects });
}

/** Name of an output among a program's places. */
export const outputPlace = (name: string): string => `output ${name}`;

/** Loss and metrics without training; `outputs` keeps the predictions too. */
export function evaluationProgram(
  network: Network, objective: Objective, columns: readonly Column[], rows: number, feed: Feed, cells: Cells, outputs: boolean,
): Program {
  const { trace, feeder, built } = fed(network, objective, columns, rows, feed, false, cells);
  const wanted = cellStores(objective, built, cells);
  const stores = ownMemory(wanted.map(([value]) => value)).map((value, i) => [value, wanted[i]![1]] as const);
  return compileProgram({
    stores, outputs: outputs ? outputPlaces(trace) : new Map(), sources: sourcesOf(network, trace, feeder, undefined),
  });
}

/** The outputs alone, from staged rows; `change` may add to them. */
export function predictionProgram(network: Network, rows: number, change = (_name: string, output: Value): Value => output): Program {
  const trace = network.trace(rows, false);
  for (const [name, value] of trace.outputs) trace.outputs.set(name, change(name, value));
  return compileProgram({ outputs: outputPlaces(trace), sources: network.sources(trace) });
}

function outputPlaces(trace: Trace): Map<string, Value> {
  return new Map([...trace.outputs].map(([name, value]) => [outputPlace(name), value]));
}
