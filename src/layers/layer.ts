// Layers: functions on Values that own parameters. A layer object is data and a pure function; its parameters belong
// to the model in which it is called, one set for each layer object, however often it is called there.

import { GraphError, OptionError } from "../errors.ts";
import { Graph, type LayerCaller, notAValue, Value } from "../graph.ts";
import { type Fans, type Initializer, type InitializerOption, torchDefault } from "../initializers/initializer.ts";
import { toInitializer } from "../initializers/resolve.ts";
import { parameterOp } from "../op.ts";
import { badOption, checkNames } from "../options.ts";
import { uniform } from "../ops/random.ts";
import { isShape, sameShape, type Shape, sizeOf } from "../shape.ts";

/** A layer: call it on a Value, or hand it to createModel or sequential. */
export interface Layer {
  (x: Value): Value;
  /** The kind of layer, such as "dense"; loadModel finds it by this name. */
  readonly type: string;
  /** How it was made; plain data, but for functions such as an initializer. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What it computes. */
  readonly forward: Forward;
}

export type Forward = (x: Value, scope: Scope) => Value;

export interface ParameterOptions {
  /** PyTorch's ±1 / √fanIn by default. */
  initializer?: InitializerOption | undefined;
  /** Does training change it? True by default. */
  trainable?: boolean;
  /** How files and `model.parameters` have its axes: axis i there is axis order[i] here. The same by default. */
  order?: readonly number[];
  /** For initializers; by default as for a weight [out, in, ...]. */
  fans?: { readonly fanIn: number; readonly fanOut: number };
}

/** What a layer's function is given beside its input. */
export interface Scope {
  /** A parameter of this layer: the same Value whenever it is asked for. */
  parameter(name: string, shape: Shape, options?: ParameterOptions): Value;
  /** Like a parameter, but never trained: constants and statistics that are saved with the model. */
  buffer(name: string, shape: Shape, options?: Omit<ParameterOptions, "trainable">): Value;
  /** True in the program of a training step, false in predict and evaluate. */
  readonly training: boolean;
  /** Numbers in [0, 1), new at each training step. */
  random(shape: Shape): Value;
  /** Calls a layer under a name of its own; called plainly, a layer is named by its option `name` or its number. */
  child(layer: Layer, x: Value, key: string): Value;
}

/** What a model knows of a parameter. */
export interface Definition {
  /** As in PyTorch's state_dict: "0.weight". */
  readonly name: string;
  /** The layer it belongs to. */
  readonly layer: string;
  /** As in PyTorch. */
  readonly shape: Shape;
  /** In memory: `order` maps its axes to those of `shape`. */
  readonly stored: Shape;
  /** Axis i of `shape` is axis order[i] of `stored`; undefined where both are alike. */
  readonly order: readonly number[] | undefined;
  readonly buffer: boolean;
  readonly trainable: boolean;
  readonly initializer: Initializer | ((shape: number[]) => ArrayLike<number>);
  readonly fans: Readonly<Fans>;
}

/** One call of a layer without layers inside, for summaries. */
export interface LayerCall {
  path: string;
  type: string;
  shape: Shape;
}

/** All layers of one model: their names and parameters, the same in every program that is compiled from it. A layer
 * object keeps the name that it had first; one that a model's function makes anew in each call is known by its place. */
export class Registry {
  readonly definitions = new Map<string, Definition>();
  /** No more parameters: those that there are have their places in memory. */
  sealed = false;
  readonly paths = new WeakMap<Layer, string>();

  define(definition: Definition): Definition {
    const known = this.definitions.get(definition.name);
    if (!known) {
      if (this.sealed)
        throw new GraphError("late-parameter", {
          layer: definition.layer, option: definition.name, problem: "declared in training or for some numbers of rows only",
          fix: "declare it in every call",
        });
      this.definitions.set(definition.name, definition);
      return definition;
    }
    if (!sameShape(known.stored, definition.stored))
      throw new GraphError("shared-shape", {
        layer: definition.layer, option: definition.name, wanted: known.shape, got: definition.shape,
        fix: "a layer shares its parameters between its calls",
      });
    return known;
  }
}

/** A model that calls more layers is a mistake, or a file that means harm; so is one whose layers have longer paths: together they are memory. */
const CALLS = 100_000, LETTERS = 999;

interface Frame {
  path: string;
  layers: number;
  hasChildren: boolean;
}

/** Calls layers while one graph is traced. */
export class Tracer implements LayerCaller {
  readonly graph: Graph;
  readonly calls: LayerCall[] = [];
  /** The parameters that this graph reads, by name. */
  readonly parameters = new Map<string, Value>();
  /** Told of layers that are called by no other layer. */
  onCall: ((layer: Layer, input: Value, output: Value) => void) | undefined;
  private count = 0;
  private readonly taken = new Map<string, Layer>();
  private readonly registry: Registry;
  private readonly callStack: Frame[] = [{ path: "", layers: 0, hasChildren: false }];

  constructor(registry: Registry, training: boolean) {
    this.registry = registry;
    this.graph = new Graph({ training, layers: this });
  }

  /** Is a layer being called right now? */
  get inside(): boolean {
    return this.callStack.length > 1;
  }

  call(layer: Layer, x: Value, key?: string): Value {
    const { graph, callStack: frames } = this, parent = frames.at(-1)!;
    const path = this.pathOf(layer, key);
    if (++this.count > CALLS || path.length > LETTERS) throw new GraphError("too-many-layers", { wanted: `at most ${CALLS} calls of layers in a model, and shorter paths` });
    parent.hasChildren = true;
    const frame = { path, layers: 0, hasChildren: false };
    frames.push(frame);
    const outer = [graph.layer, graph.layerType] as const;
    [graph.layer, graph.layerType] = [path, layer.type];
    try {
      const y = layer.forward(x, this.scope(path));
      if (!(y instanceof Value)) throw notAValue("result", y, graph.at);
      if (!frame.hasChildren) this.calls.push({ path, type: layer.type, shape: y.shape });
      frames.pop();
      if (!this.inside) this.onCall?.(layer, x, y);
      return y;
    } finally {
      [graph.layer, graph.layerType] = outer;
      if (frames.at(-1) === frame) frames.pop();
    }
  }

  /** The layer's name: what it had before, its own, or its place among the layers of the one around it. */
  private pathOf(layer: Layer, key: string | undefined): string {
    const { registry, taken } = this, parent = this.callStack.at(-1)!;
    let path = registry.paths.get(layer);
    if (path === undefined) {
      const own = (layer.options.name as string | undefined) ?? key ?? String(parent.layers);
      path = parent.path && own ? `${parent.path}.${own}` : parent.path + own;
      registry.paths.set(layer, path);
    }
    const other = taken.get(path);
    if (other === undefined) parent.layers++;
    else if (other !== layer)
      throw new OptionError("duplicate-name", { layer: path, problem: "there are two of this name", fix: "give one of them another" });
    taken.set(path, layer);
    return path;
  }

  /** A parameter's Value in this graph. */
  parameter(definition: Definition): Value {
    const { name, stored } = this.registry.define(definition);
    let value = this.parameters.get(name);
    if (!value) {
      value = this.graph.add(parameterOp, [], { name, shape: stored })[0]!;
      this.parameters.set(name, value);
    }
    return value;
  }

  private scope(path: string): Scope {
    const { graph, graph: { at, at: { layer } } } = this;
    const declare = (name: string, shape: Shape, options: ParameterOptions, buffer: boolean): Value => {
      const full = path === "" ? name : `${path}.${name}`;
      checkNames(full, options, ["initializer", "order", "fans", ...(buffer ? [] : ["trainable"])]);
      if (typeof name !== "string" || !/^[A-Za-z_]\w*$/.test(name))
        throw badOption("parameter", name, "a name of letters, digits and _, a digit not first", at);
      if (!isShape(shape)) throw badOption(name, shape, "a shape of whole lengths above 0", at);
      const { order, initializer, trainable = true } = options;
      return this.parameter({
        name: full, layer, buffer, trainable: trainable && !buffer, order,
        shape: order ? order.map((axis) => shape[axis]!) : [...shape], stored: [...shape],
        initializer: initializer === undefined ? torchDefault() : toInitializer(initializer),
        fans: options.fans ?? fansOf(shape),
      });
    };
    return {
      parameter: (name, shape, options = {}) => declare(name, shape, options, false),
      buffer: (name, shape, options = {}) => declare(name, shape, { initializer: "zeros", ...options }, true),
      training: graph.training,
      random: (shape) => uniform(graph, shape),
      child: (child, x, key) => this.call(child, x, key),
    };
  }
}

/** PyTorch's rule for a weight [out, in, …]: the inner lengths count on both sides. */
function fansOf(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) return { fanIn: shape[0] ?? 1, fanOut: shape[0] ?? 1 };
  const inner = sizeOf(shape.slice(2));
  return { fanIn: shape[1]! * inner, fanOut: shape[0]! * inner };
}

/** Makes a layer object. */
export function makeLayer(type: string, options: Record<string, unknown>, forward: Forward): Layer {
  if (options.name !== undefined) wantName(type, options.name);
  const call = (x: Value): Value => {
    if (!(x instanceof Value)) throw notAValue(type, x, { fix: "numbers go into the predict(x) of a model" });
    const { layers } = x.graph;
    if (!layers) throw new GraphError("layer-outside-model", { layerType: type, problem: "no layer in compile()", fix: "use createModel" });
    return layers.call(layer, x);
  };
  const layer: Layer = Object.assign(call, { type, options, forward });
  return layer;
}

/** Is this a layer object? */
export function isLayer(value: unknown): value is Layer {
  return typeof value === "function" && typeof (value as Partial<Layer>).forward === "function";
}

/** A layer of your own: `f` gives the output from the input and declares parameters in its scope. A saved model that
 * has it is loaded with `loadModel(bytes, { layers: { [type]: … } })`.
 *
 * @throws OptionError if the name is not one of letters, digits, _ and -.
 * @example
 * const scaled = layer("scaled", (x, scope) => multiply(x, scope.parameter("factor", [1], { initializer: () => [3] })));
 * const model = await createModel(scaled, { input: [2] });
 * model.predict([[1, 2]]).data // → [3, 6]
 */
export function layer(type: string, f: Forward): Layer {
  wantName("layer", type);
  if (typeof f !== "function") throw badOption("f", f, "a function (x, scope) => Value", { of: "layer" });
  return makeLayer(type, {}, f);
}

function wantName(of: string, name: unknown): void {
  if (typeof name !== "string" || !/^[\w-]+$/.test(name)) throw badOption("name", name, "letters, digits, _ and -", { of });
}
