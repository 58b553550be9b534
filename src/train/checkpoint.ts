// Checkpoints: a safetensors file with parameters, optimizer state and the position of a run. What goes on from one
// has the bits of the run that was never stopped, unless one of the two is of `build: "fast"`.

import { Version } from "../../assembly/isa.ts";
import { FormatError, OptionError, StateError } from "../errors.ts";
import { parse, stringify } from "../formats/json.ts";
import { parseSafetensors, type SafetensorsFile, writeSafetensors } from "../formats/safetensors.ts";
import type { Graph, Value } from "../graph.ts";
import type { Network } from "../network.ts";
import { sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { FitLayout, FitState } from "./state.ts";

/** What a checkpoint says beside the tensors; plain data. */
export interface CheckpointNotes {
  seed: number;
  [more: string]: unknown;
}

export interface Checkpoint {
  file: SafetensorsFile;
  notes: CheckpointNotes;
  steps: number;
  updates: number;
  memory: readonly number[];
}

/** A checkpoint of any run. */
export interface OpenedCheckpoint extends Checkpoint {
  readonly build: unknown;
  readonly optimizer: unknown;
}

const KEY = "lanewise.checkpoint";
/** Before the names of parameters in a checkpoint. */
export const PARAMETER = "parameter ";

/** The tensors of a checkpoint; `extra` ones are kept under their names. */
export function tensorsOf(network: Network, state: FitState, extra: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const { layout } = state, tensors = new Map<string, Tensor>();
  for (const parameter of network.parameters) tensors.set(PARAMETER + parameter.name, network.read(parameter));
  layout.optimizer.states.forEach((name, s) => {
    for (const slot of layout.slots) tensors.set(`${name} ${slot.parameter.name}`, network.read(slot.parameter, state.place(slot, s)));
  });
  for (const [name, tensor] of extra) tensors.set(`extra ${name}`, tensor);
  return tensors;
}

export function writeCheckpoint(network: Network, state: FitState, notes: CheckpointNotes, extra: ReadonlyMap<string, Tensor> = new Map()): Uint8Array<ArrayBuffer> {
  const { steps, updates, memory, layout } = state;
  network.wantFinite(steps);
  return writeSafetensors(tensorsOf(network, state, extra), {
    [KEY]: stringify({ numerics: Version.NUMERICS, build: network.session.core.asked, optimizer: describe(layout), steps, updates, memory, notes }),
  });
}

/** Reads a checkpoint.
 *
 * @throws FormatError if the bytes are no sound checkpoint, or of another numerics version.
 */
export function openCheckpoint(bytes: Uint8Array): OpenedCheckpoint {
  const file = parseSafetensors(bytes), text = file.metadata.get(KEY);
  if (text === undefined) throw new FormatError("not-a-checkpoint", { option: "resume", wanted: "the bytes that checkpoint() gave", got: bytes });
  let head: { numerics?: unknown; build?: unknown; optimizer?: unknown; steps?: unknown; updates?: unknown; memory?: unknown; notes?: unknown };
  try {
    head = parse(text) as typeof head;
  } catch {
    throw brokenCheckpoint();
  }
  const whole = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (head === null || typeof head !== "object" || !whole(head.steps) || !whole(head.updates) || head.notes === null || typeof head.notes !== "object")
    throw brokenCheckpoint();
  if (head.numerics !== Version.NUMERICS)
    throw new FormatError("numerics-version", {
      of: "resume", option: "numerics version", wanted: Version.NUMERICS, got: head.numerics,
      fix: "use the release that wrote it, or its parameters alone",
    });
  const { build, optimizer, steps, updates, memory, notes } = head;
  return { file, build, optimizer, steps, updates, memory: (memory ?? []) as readonly number[], notes: notes as CheckpointNotes };
}

/** Reads a checkpoint and checks it against the network and the optimizer, changing nothing. With `force`, the optimizer may have
 * other options, if it has the same states.
 *
 * @throws FormatError if the bytes are no sound checkpoint, or of another numerics version; OptionError if it belongs to
 * another model or optimizer, or to `build: "fast"` and the model does not.
 */
export function readCheckpoint(bytes: Uint8Array, network: Network, layout: FitLayout, force?: boolean): Checkpoint {
  const opened = openCheckpoint(bytes), { file, memory } = opened, { optimizer } = layout;
  // what began exactly may go on without the promise, but not the other way round
  if (opened.build && !network.session.core.asked) throw mismatch("build", opened.build, "exact");
  if (!force) wantSettings({ optimizer: opened.optimizer }, { optimizer: describe(layout) });
  optimizer.refuse?.({ memory }, 0);
  const want = (name: string, shape: readonly number[]): void => {
    const tensor = file.tensors.get(name);
    if (!tensor || !sameShape(tensor.shape, shape)) throw mismatch(name, tensor?.shape, shape);
    // squares of gradients may be infinite, and the run goes on
    if (name.startsWith(PARAMETER) && !tensor.data.every(Number.isFinite)) throw brokenCheckpoint();
  };
  for (const { name, shape } of network.parameters) want(PARAMETER + name, shape);
  for (const state of optimizer.states) for (const { parameter } of layout.slots) want(`${state} ${parameter.name}`, parameter.shape);
  for (const name of file.tensors.keys())
    if (name.startsWith(PARAMETER) && !network.parameters.some((parameter) => name === PARAMETER + parameter.name))
      throw mismatch(name, file.tensors.get(name)!.shape, "none");
  return opened;
}

/** Puts a checkpoint's numbers into memory. */
export function restore({ file, steps, updates, memory }: Checkpoint, network: Network, state: FitState): void {
  for (const parameter of network.parameters) network.write(parameter, file.tensors.get(PARAMETER + parameter.name)!.data);
  const { layout } = state;
  layout.optimizer.states.forEach((name, s) => {
    for (const slot of layout.slots) network.write(slot.parameter, file.tensors.get(`${name} ${slot.parameter.name}`)!.data, state.place(slot, s));
  });
  state.steps = steps;
  state.memory = memory;
  state.updates = updates;
}

/** An optimizer as plain data; of a match that is a function, the parameters that it chooses. */
export function describe({ optimizer: { optimizer, hyper, groups }, slots }: FitLayout): object {
  return { optimizer, ...hyper, groups: groups.map(({ match, hyper: its }) => ({
    match: match instanceof RegExp ? String(match) : slots.flatMap(({ parameter }) => (match(parameter) ? parameter.name : [])), ...its,
  })) };
}

export function notStarted(): StateError {
  return new StateError("not-started", { of: "checkpoint", problem: "this run has not begun, or its memory is a later one's" });
}

export function notHere(): StateError {
  return new StateError("not-here", { of: "checkpoint", problem: "this step's parameters are in the worker", fix: "take the run as onStep's second argument" });
}

export function brokenCheckpoint(): FormatError {
  return new FormatError("bad-file", { option: "resume", problem: "this checkpoint is broken" });
}

/** What a model computes, as plain data. */
export function describeModel(network: Network): unknown[] {
  const { graph, outputs } = network.trace(2, true);
  return describeGraph(graph, outputs);
}

/** What a graph computes, as plain data: its nodes, then its outputs, by name or place. */
export function describeGraph(graph: Graph, outputs: Iterable<readonly [unknown, Value]>): unknown[] {
  const place = ({ node, index }: Value): unknown => [node.index, index];
  const nodes = graph.nodes.map(({ op, attributes, inputs }) => [op.name, attributes, inputs.map(place)]);
  return [...nodes, [...outputs].map(([name, value]) => [name, place(value)])];
}

/** Throws if a checkpoint belongs to a run with other settings; the error names the first that differs, down to its last part. */
export function wantSettings(notes: Settings, settings: Settings): void {
  const compare = (name: string, made: unknown, wanted: unknown): void => {
    if (!isTree(made) || !isTree(wanted)) {
      if (!Object.is(made, wanted)) throw mismatch(name, made, wanted);
    } else for (const key of new Set([...Object.keys(made), ...Object.keys(wanted)])) compare(`${name} ${key}`, made[key], wanted[key]);
  };
  for (const [name, value] of Object.entries(settings)) compare(name, notes[name], value);
}

type Settings = Readonly<Record<string, unknown>>;

function isTree(value: unknown): value is Settings {
  return typeof value === "object" && value !== null;
}

/** The error for a checkpoint of another run: it `got` what this one does not want. */
export function mismatch(option: string, got: unknown, wanted: unknown): OptionError {
  return new OptionError("resume-mismatch", { of: "resume", option, wanted, got, fix: "a run goes on with the options that it began with" });
}
