// The programs of a run: a training step, its two halves, and an evaluation, each for some number of rows.

import { compileProgram, ownMemory, type Passes, type Store } from "../compile.ts";
import { grad } from "../autodiff.ts";
import { type Column, inputName } from "../data/columns.ts";
import type { Graph, Node, Value } from "../graph.ts";
import { type Network, PARAMETERS, type Trace } from "../network.ts";
import { input } from "../op.ts";
import { add } from "../ops/binary.ts";
import { constant } from "../ops/constant.ts";
import { gatherRows } from "../ops/convert.ts";
import { seedOf } from "../ops/random.ts";
import { checkOp, clipOp, effect, guardOp, updateOp } from "../ops/update.ts";
import { recompute } from "../passes/recompute.ts";
import type { Penalty } from "../penalties/penalty.ts";
import type { Address, Program, Range } from "../program.ts";
import { buildObjective, type Built, type Objective } from "./objective.ts";
import { type Cells, cellsOf, type FitLayout, guardAttributes, inFit, updateAttributes } from "./state.ts";

/** A data set in memory: its columns and a list of row numbers, as offsets in the region DATA. */
export interface DataLayout {
  readonly columns: readonly Column[];
  readonly offsets: ReadonlyMap<string, number>;
  readonly ids: number;
  readonly rows: number;
  /** Of all together. */
  readonly bytes: number;
}

/** The region of a data set. */
export const DATA = "data";

interface Fed {
  trace: Trace;
  built: Built;
  /** Where the data set lies. */
  sources: Map<Value, Address>;
  /** Float inputs that the host writes. */
  staged: Value[];
}

/** A trace of the network with its loss, on rows that are gathered from a data set, or else written by the host before
 * each run. */
function fed(
  network: Network, objective: Objective, columns: readonly Column[], rows: number, data: DataLayout | undefined, training: boolean, cells: Cells,
): Fed {
  const sources = new Map<Value, Address>(), staged: Value[] = [], values = new Map<string, Value>();
  let ids: Value | undefined, cursor: Value | undefined;
  const source = (graph: Graph, name: string, shape: readonly number[], dtype: Column["dtype"], address: Address): Value => {
    const value = input(graph, name, shape, dtype);
    sources.set(value, address);
    return value;
  };
  const make = (graph: Graph, { name, dtype, shape }: Column): Value => {
    if (!data) {
      // the host turns bytes into numbers as it writes them
      const value = input(graph, name, [rows, ...shape], dtype === "uint8" ? "float32" : dtype);
      if (value.dtype === "float32") staged.push(value);
      return value;
    }
    const table = source(graph, name, [data.rows, ...shape], dtype, { region: DATA, offset: data.offsets.get(name)! });
    ids ??= source(graph, "row numbers", [data.rows], "int32", { region: DATA, offset: data.ids });
    cursor ??= source(graph, "cursor", [1], "int32", cells.cursor);
    return gatherRows(table, ids, cursor, rows);
  };
  const column = (graph: Graph, wanted: string): Value => {
    const value = values.get(wanted) ?? make(graph, columns.find(({ name }) => name === wanted)!);
    values.set(wanted, value);
    return value;
  };
  const trace = network.trace(rows, training, (graph, { name }) => column(graph, inputName(name)));
  const built = buildObjective(objective, trace, columns, (name) => column(trace.graph, name));
  return { trace, built, sources: new Map([...network.sources(trace), ...sources]), staged };
}

export interface TrainingProgram {
  network: Network;
  objective: Objective;
  columns: readonly Column[];
  layout: FitLayout;
  clip: Clip;
  penalties: readonly Penalty[];
  /** Makes values of the forward pass again instead of keeping them, where that takes less memory. */
  recompute: boolean;
  passes?: Passes;
}

/** Bounds of gradients: of the norm of all, and of each number; 0 for none. */
export interface Clip {
  norm: number;
  value: number;
}

/** Adds what a doctor reads to a training program: called when the gradients are made, and what it returns after the
 * update, which gives the Values to keep, by name. */
export type Probe = (trace: Trace, gradients: ReadonlyMap<Value, Value>) => () => ReadonlyMap<string, Value>;

/** How a training program is made: with `update` false only loss, gradients and guard; `outputs` keeps the predictions. */
interface TrainingOptions {
  update?: boolean;
  outputs?: boolean;
  probe?: Probe;
}

/** A whole training step, on rows of a data set or on staged ones. */
export function trainingProgram(parts: TrainingProgram, rows: number, data: DataLayout | undefined, options: TrainingOptions = {}): Program {
  let best = inSegments(1, parts, rows, data, options);
  // with more segments less is kept and more made again at once: the best number is soon found, some √layers
  if (parts.recompute)
    for (let segments = 2, idle = 0; idle < 3; segments++) {
      const next = inSegments(segments, parts, rows, data, options), better = next.arena < best.arena;
      idle = better ? 0 : idle + 1;
      if (better) best = next;
    }
  return best;
}

/** A training step whose forward pass is made again in so many segments, but for the last. */
function inSegments(
  segments: number, { network, objective, columns, layout, clip, penalties, passes = {} }: TrainingProgram, rows: number,
  data: DataLayout | undefined, { update = true, outputs = false, probe }: TrainingOptions,
): Program {
  const cells = cellsOf(layout), { trace, built, sources, staged } = fed(network, objective, columns, rows, data, true, cells);
  const { graph } = trace;
  if (segments > 1) graph.again = recompute(graph, segments);
  const wrt = layout.slots.map(({ parameter }) => trace.parameters.get(parameter.name));
  const known = wrt.filter((value) => value !== undefined);
  for (const penalty of penalties)
    built.total = add(built.total, penalty.cost(layout.slots.flatMap(({ parameter }, i) => (wrt[i] ? { ...parameter, value: wrt[i] } : []))));
  const gradients = new Map(grad(built.total, known).map((gradient, i) => [known[i]!, gradient]));
  const slots = layout.slots.map(({ parameter, offset }, i): Store =>
    // a parameter that training does not read
    [wrt[i] ? gradients.get(wrt[i])! : constant(graph, 0, parameter.stored), inFit(offset)]);
  const stores = ownMemory([...slots, ...cellStores(objective, built, cells)]);
  const seed = seedOf(graph);
  if (seed) sources.set(seed, inFit(layout.seed));
  const probed = probe?.(trace, gradients), effects: Node[] = staged.map((value) => effect(checkOp, [value], { flag: inFit(layout.flag) }));
  effects.push(...guardNodes(layout, update ? clip : { ...clip, value: 0 }, stores.map(([value]) => value)));
  if (update) effects.push(...updateNodes(layout, built.total, stores, sources));
  const results = [...told(layout), ...(update ? [] : [{ address: inFit(0), bytes: 4 * layout.count }])];
  return compileProgram({ stores, effects, sources, results, passes, outputs: new Map([...(outputs ? outputPlaces(trace) : []), ...(probed?.() ?? [])]) });
}

/** What a step tells the host: the cells from the guard's on. */
const told = ({ guard, bytes }: FitLayout): Range[] => [{ address: inFit(guard), bytes: bytes - guard }];

/** Clipping by value, and the guard. */
function guardNodes(layout: FitLayout, { norm, value }: Clip, after: readonly Value[]): Node[] {
  const guard = (): Node => effect(guardOp, after, guardAttributes(layout, norm));
  return value ? [effect(clipOp, after, { gradient: inFit(0), count: layout.count, value, flag: inFit(layout.flag) }), guard()] : [guard()];
}

/** The update, which an optimizer may build itself. */
function updateNodes(layout: FitLayout, loss: Value, stores: Store[], sources: Map<Value, Address>): Node[] {
  const { optimizer } = layout, parameters = (offset: number): Address => ({ region: PARAMETERS, offset });
  return optimizer.build?.({ layout, loss, fit: inFit, parameters, stores, sources }) ?? [effect(updateOp, [loss], updateAttributes(layout))];
}

/** The whole loss and, of several, each output's; then the counts, then the metrics: each into its cell. */
function cellStores(objective: Objective, { total, losses, metrics, counts }: Built, cells: Cells): Store[] {
  const values = [total, ...(objective.length > 1 ? losses.values() : []), ...counts, ...metrics.values()];
  return values.map((value, i) => [value, { region: cells.scores.region, offset: cells.scores.offset + 4 * i }]);
}

/** Numbers that a run's programs write for each batch: see cellStores. */
export function scoreCount(objective: Objective): number {
  const metrics = objective.flatMap((part) => part.metrics.filter(({ metric }) => metric.rows));
  return 1 + (objective.length > 1 ? objective.length : 0) + metrics.length + objective.flatMap(({ mean, counted }) => [mean, counted]).filter(Boolean).length;
}

/** Guard and update alone: the gradients are in the block already. */
export function applyProgram({ network, layout, clip }: Pick<TrainingProgram, "network" | "layout" | "clip">): Program {
  const { graph } = network.trace(1, true);
  const stores = ownMemory([[constant(graph, 0), inFit(layout.loss)]]), [[loss]] = stores as [Store], sources = new Map<Value, Address>();
  const effects = [...guardNodes(layout, clip, [loss]), ...updateNodes(layout, loss, stores, sources)];
  return compileProgram({ stores, effects, sources, results: told(layout) });
}

/** Name of an output among a program's places. */
export const outputPlace = (name: string): string => `output ${name}`;

/** Loss and metrics without training; `outputs` keeps the predictions too. */
export function evaluationProgram(
  network: Network, objective: Objective, data: DataLayout, rows: number, cells: Cells, outputs: boolean,
): Program {
  const { trace, built, sources } = fed(network, objective, data.columns, rows, data, false, cells);
  const stores = ownMemory(cellStores(objective, built, cells));
  const results = [{ address: cells.scores, bytes: 4 * scoreCount(objective) }];
  return compileProgram({ stores, sources, results, outputs: outputs ? outputPlaces(trace) : new Map() });
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
