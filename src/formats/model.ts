// A model as a file: a safetensors file with PyTorch's names and layouts, and in its metadata what is needed to build
// the model again: its inputs, its layers, and, where the model is a function, the steps of that function.

import { Version } from "../../assembly/isa.ts";
import type { InputSpec } from "../data/columns.ts";
import { FormatError, GraphError, LanewiseError, show } from "../errors.ts";
import { type Node, Value } from "../graph.ts";
import { isLayer, type Layer, makeLayer } from "../layers/layer.ts";
import { sequential } from "../layers/sequential.ts";
import { layerTable } from "../layers/table.ts";
import { isLoss, type Loss } from "../losses/loss.ts";
import { lossTable } from "../losses/table.ts";
import { type ModelFunction, Network, OUTPUT, type Recorder } from "../network.ts";
import { inputOp } from "../op.ts";
import { opTable } from "../ops/table.ts";
import type { LossOption } from "../losses/loss.ts";
import { isShape } from "../shape.ts";
import { parse, stringify, wantFew } from "./json.ts";
import { parseSafetensors, writeSafetensors } from "./safetensors.ts";
import { ALL_TYPES } from "./weights.ts";
import type { Tensor } from "../tensor.ts";
import { VERSION } from "../version.ts";

export const KEY = "lanewise.model";
/** Metadata that a model's file has of itself. */
export const RESERVED = /^(lanewise\.|format$|classes$)/;
const FORMAT = 1;
/** Of layers, of steps and of inputs. */
const PARTS = 100_000;

/** A layer as data: its kind and options; layers inside others by their number in the file's list. */
interface SavedLayer {
  type: string;
  options: Record<string, unknown>;
  layers?: number[];
}

/** Where a value of a function comes from: an input, or an output of a step. */
type Reference = string | [step: number, output: number];

type Step =
  | { layer: number; input: Reference }
  | { op: string; inputs: Reference[]; attributes: unknown };

/** What the metadata say. */
interface SavedModel {
  format: number;
  numerics: number;
  inputs: { name: string; shape: number[]; dtype: "float32" | "int32" }[];
  single: boolean;
  layers: SavedLayer[];
  /** The model is a layer … */
  root?: number;
  /** … or a function. */
  steps?: Step[];
  outputs?: Record<string, Reference>;
  classes: string[] | null;
  /** Of Preprocessing.toJSON. */
  preprocessing?: unknown;
  losses: Record<string, { loss: string; options: Record<string, unknown> }>;
  seed: number;
}

export interface ModelNotes {
  classes: readonly string[] | undefined;
  preprocessing: unknown;
  /** The losses that it was trained with, by output. */
  losses: ReadonlyMap<string, LossOption>;
  seed: number;
  /** Strings that the file has besides. */
  metadata: ReadonlyMap<string, string>;
}

/** Bytes of a model. */
export function writeModel(network: Network, notes: ModelNotes): Uint8Array<ArrayBuffer> {
  const { model } = network;
  const losses = [...notes.losses].flatMap(([output, loss]) => (isLoss(loss) ? [[output, { loss: loss.loss, options: loss.options }] as const] : []));
  const saved: SavedModel = {
    format: FORMAT, numerics: Version.NUMERICS,
    inputs: network.inputs.map(({ name, shape, dtype }) => ({ name, shape: [...shape], dtype })), single: network.single,
    ...(isLayer(model) ? savedLayer(model) : savedFunction(network)),
    classes: notes.classes ? [...notes.classes] : null, preprocessing: notes.preprocessing, losses: Object.fromEntries(losses), seed: notes.seed,
  };
  const tensors = new Map<string, Tensor>(network.parameters.map((parameter) => [parameter.name, network.read(parameter)]));
  return writeSafetensors(tensors, {
    ...Object.fromEntries(notes.metadata), format: "pt", "lanewise.version": VERSION, "lanewise.numerics": String(Version.NUMERICS),
    ...(saved.classes && { classes: JSON.stringify(saved.classes) }), [KEY]: JSON.stringify(saved),
  });
}

/** A list of saved layers, and a function that adds a layer (and those inside it) and gives its number. */
function layerList(): { layers: SavedLayer[]; save(layer: Layer): number } {
  const layers: SavedLayer[] = [], numbers = new Map<Layer, number>();
  const save = (layer: Layer): number => {
    const known = numbers.get(layer);
    if (known !== undefined) return known;
    const { layers: inner, ...options } = layer.options;
    const saved: SavedLayer = { type: layer.type, options: plainOptions(options) };
    if (Array.isArray(inner)) saved.layers = inner.filter(isLayer).map(save);
    numbers.set(layer, layers.length);
    return layers.push(saved) - 1;
  };
  return { layers, save };
}

function savedLayer(layer: Layer): { layers: SavedLayer[]; root: number } {
  const { layers, save } = layerList();
  return { root: save(layer), layers };
}

/** Options without functions (an initializer has done its work). */
function plainOptions(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([name, value]) => name !== "initializer" && typeof value !== "function"));
}

/** A model's function as what it did in one call. */
interface SavedFunction {
  layers: SavedLayer[];
  steps: Step[];
  outputs: Record<string, Reference>;
}

/** A number in a step that is so many times the number of rows. */
interface Rows {
  rows: number;
}

/** The function as it is for any number of rows: what differs between calls with 2 and with 3 rows must be in proportion.
 * In training it must do the same, outside its layers. */
function savedFunction(network: Network): SavedFunction {
  const [two, three, training] = [record(network, 2, false), record(network, 3, false), record(network, 2, true)];
  const refuse = (): never => {
    throw new GraphError("not-portable", {
      of: "save", problem: "outside its layers, the model's function differs with the number of rows, or while training",
      fix: "use dropout() the layer instead of the op, and layer(name, f) for what is more",
    });
  };
  const merge = (a: unknown, b: unknown): unknown => {
    if (Object.is(a, b)) return a;
    if (typeof a === "number" && typeof b === "number" && 3 * a === 2 * b) return { rows: a / 2 } satisfies Rows;
    if (a === null || b === null || typeof a !== "object" || typeof b !== "object" || Object.keys(a).join() !== Object.keys(b).join()) return refuse();
    const merged = Object.entries(a).map(([key, value]) => [key, merge(value, (b as Record<string, unknown>)[key])] as const);
    return Array.isArray(a) ? merged.map(([, value]) => value) : Object.fromEntries(merged);
  };
  if (JSON.stringify(two) !== JSON.stringify(training)) refuse();
  return merge(two, three) as SavedFunction;
}

function record(network: Network, rows: number, training: boolean): SavedFunction {
  const { layers, save } = layerList(), steps: Step[] = [], references = new Map<Value, Reference>();
  const refer = (value: Value): Reference => {
    const reference = references.get(value);
    if (reference === undefined)
      throw new GraphError("not-portable", { of: "save", layer: value.node.layer, problem: `${value} is used outside this layer` });
    return reference;
  };
  const recorder: Recorder = {
    input: (name, value) => references.set(value, name),
    layer(layer, input, output) {
      steps.push({ layer: save(layer), input: refer(input) });
      references.set(output, [steps.length - 1, 0]);
    },
    node(node: Node) {
      if (node.op === inputOp) return;
      steps.push({ op: node.op.name, inputs: node.inputs.map(refer), attributes: JSON.parse(stringify(node.attributes)) as unknown });
      node.outputs.forEach((output, i) => references.set(output, [steps.length - 1, i]));
    },
  };
  const { outputs } = network.trace(rows, training, undefined, recorder);
  return { layers, steps, outputs: Object.fromEntries([...outputs].map(([name, value]) => [name, refer(value)])) };
}

/** Attributes as they were, for `rows` rows. */
function revived(attributes: unknown, rows: number): unknown {
  return parse(JSON.stringify(attributes ?? null), (value) => (typeof (value as Rows).rows === "number" ? (value as Rows).rows * rows : value));
}

/** What a file says. */
export interface LoadedModel {
  network: Network;
  tensors: ReadonlyMap<string, Tensor>;
  classes: readonly string[] | undefined;
  /** As it stands in the file. */
  preprocessing: unknown;
  losses: Map<string, Loss>;
  seed: number;
  metadata: Map<string, string>;
}

/** Builds the network that a file describes; `own` are the caller's layers by type.
 *
 * @throws FormatError for anything but a whole and sound file of this format; a layer that is not known is named.
 */
export function readModel(bytes: Uint8Array, own: Readonly<Record<string, Layer>>): LoadedModel {
  const { tensors, metadata } = parseSafetensors(bytes, ALL_TYPES), text = metadata.get(KEY);
  if (text === undefined)
    throw new FormatError("not-a-model", {
      problem: `this safetensors file has tensors but no model: ${show([...tensors.keys()])}`,
      fix: "build the model, then model.setParameters(readSafetensors(bytes))",
    });
  const more = new Map([...metadata].filter(([key]) => !RESERVED.test(key)));
  return { tensors, metadata: more, ...buildModel(text, own) };
}

/** The JSON of a file's metadata. */
export function parseDescription(text: string): unknown {
  try {
    return JSON.parse(wantFew(text));
  } catch {
    throw broken("it is no JSON, or has millions of objects");
  }
}

/** The network that a description means, without its numbers. */
export function buildModel(text: string, own: Readonly<Record<string, Layer>>): Omit<LoadedModel, "tensors" | "metadata"> {
  const saved = parseDescription(text) as SavedModel;
  if (saved === null || typeof saved !== "object") throw broken("it is no object");
  if (saved.format !== FORMAT)
    throw new FormatError("format-version", { option: "format", wanted: FORMAT, got: saved.format, fix: "the release that saved the file reads it" });
  try {
    for (const list of [saved.layers, saved.steps ?? [], saved.inputs]) if (list.length > PARTS) throw broken(`it has ${list.length} layers, steps or inputs`);
    const layers = buildLayers(saved.layers, own);
    const single = saved.single === true, model = saved.root === undefined ? functionOf(saved.steps!, saved.outputs!, layers, single) : wantAt(layers, saved.root);
    const inputs = saved.inputs.map(wantInput);
    if (new Set(inputs.map(({ name }) => name)).size < inputs.length || (single && inputs.length !== 1)) throw broken("its inputs");
    const network = new Network(model, inputs, single);
    const losses = new Map(Object.entries(saved.losses).map(([output, { loss, options }]) => {
      const make = lossTable().get(loss);
      if (!make || !network.outputs.has(output)) throw broken(`the loss ${show(loss)} of ${show(output)} is not known`);
      return [output, make(options)] as const;
    }));
    const { classes } = saved;
    if (classes !== null && !areClasses(classes)) throw broken("classes are not at least two names, each once");
    if (!Number.isSafeInteger(saved.seed) || saved.seed < 0) throw broken("the seed is no whole number");
    return { network, classes: classes ?? undefined, preprocessing: saved.preprocessing, losses, seed: saved.seed };
  } catch (error) {
    // what the file says may be anything: whatever goes wrong in building it is the file's fault
    if (error instanceof FormatError) throw error;
    throw broken(error instanceof LanewiseError ? error.message : String(error));
  }
}

/** Can these be the names of a model's classes? */
export function areClasses(names: unknown): names is readonly string[] {
  return Array.isArray(names) && names.length >= 2 && names.every((name) => typeof name === "string") && new Set(names).size === names.length;
}

function broken(why: string): FormatError {
  return new FormatError("bad-file", { problem: `the model in this file is broken: ${why}` });
}

function wantInput({ name, shape, dtype }: SavedModel["inputs"][number]): InputSpec {
  const sound = typeof name === "string" && isShape(shape) && shape.length <= 16 && (dtype === "float32" || dtype === "int32");
  if (!sound) throw broken(`the input ${show(name)}`);
  return { name, shape, dtype };
}

function wantAt<T>(list: readonly T[], i: unknown): T {
  const item = typeof i === "number" ? list[i] : undefined;
  if (item === undefined) throw broken(`a reference to ${show(i)}`);
  return item;
}

function buildLayers(saved: readonly SavedLayer[], own: Readonly<Record<string, Layer>>): Layer[] {
  const table = layerTable(), layers: Layer[] = [];
  for (const { type, options, layers: inner } of saved) {
    const make = table.get(type);
    if (type === "sequential") layers.push(named(sequential(...inner!.map((i) => wantAt(layers, i))), options));
    else if (make) layers.push(named(make(options), options));
    else if (Object.hasOwn(own, type) && isLayer(own[type])) layers.push(makeLayer(type, options, own[type].forward));
    else
      throw new FormatError("missing-layer", {
        layer: type, problem: "the model has this layer of your own", fix: `hand it over: loadModel(bytes, { layers: { ${type}: ... } })`,
      });
  }
  return layers;
}

/** A layer under the name that it had. */
function named(layer: Layer, { name }: Record<string, unknown>): Layer {
  return name === undefined || layer.options.name === name ? layer : makeLayer(layer.type, { ...layer.options, name }, layer.forward);
}

/** The function that the steps are. */
function functionOf(steps: readonly Step[], outputs: Readonly<Record<string, Reference>>, layers: readonly Layer[], single: boolean): ModelFunction {
  const ops = opTable();
  return (given: Value | Readonly<Record<string, Value>>) => {
    const inputs = single ? undefined : (given as Readonly<Record<string, Value>>), first = single ? (given as Value) : Object.values(inputs!)[0]!;
    const made: (readonly Value[])[] = [];
    const value = (reference: Reference): Value => {
      if (typeof reference !== "string") return wantAt(wantAt(made, reference[0]), reference[1]);
      const input = inputs ? (Object.hasOwn(inputs, reference) ? inputs[reference] : undefined) : first;
      if (!input) throw broken(`the input ${show(reference)}`);
      return input;
    };
    for (const step of steps) {
      if ("layer" in step) made.push([wantAt(layers, step.layer)(value(step.input))]);
      else {
        const op = ops.get(step.op);
        if (!op) throw broken(`the op ${show(step.op)}`);
        made.push(first.graph.add(op, step.inputs.map(value), revived(step.attributes, first.shape[0]!)));
      }
    }
    const named = Object.fromEntries(Object.entries(outputs).map(([name, reference]) => [name, value(reference)]));
    return named[OUTPUT] ?? named;
  };
}
