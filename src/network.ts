// A model's function, traced; its parameters, laid out; and the session in which they live. Everything that runs on a
// model (predict, evaluate, a trainer) compiles programs against one Network.

import { Fill, Opcode, Random, RandomKind, SeedCell } from "../assembly/isa.ts";
import type { Core } from "./core.ts";
import { inputName, type InputSpec } from "./data/columns.ts";
import { GraphError, show, NonFiniteError } from "./errors.ts";
import { type Graph, notAValue, Value } from "./graph.ts";
import { type Definition, isLayer, type Layer, type LayerCall, Registry, Tracer } from "./layers/layer.ts";
import { input } from "./op.ts";
import { alignUp } from "./plan.ts";
import { INITIAL } from "./ops/random.ts";
import { type Address, Assembler, bits, type Program } from "./program.ts";
import { badOption, isRecord } from "./options.ts";
import { type Block, disposed, type LoadedProgram, Session } from "./session.ts";
import { collapse, sizeOf, stridesOf } from "./shape.ts";
import { isFlat, type Tensor } from "./tensor.ts";

/** A model as a function of its inputs. */
export type ModelFunction = (inputs: any) => Value | Readonly<Record<string, Value>>;

/** A model's function called on Values of one graph. */
export interface Trace {
  graph: Graph;
  /** Parameters that the graph reads, by name. */
  parameters: ReadonlyMap<string, Value>;
  /** By name; a single output is called OUTPUT. */
  outputs: Map<string, Value>;
  calls: readonly LayerCall[];
}

/** Told of what a model's own function does, outside its layers. */
export interface Recorder {
  input(name: string, value: Value): void;
  layer(layer: Layer, input: Value, output: Value): void;
  node(node: Value["node"]): void;
}

export const INPUT = "input";
export const OUTPUT = "";
/** The region of parameters and buffers. */
export const PARAMETERS = "parameters";

/** A parameter and where it lies. */
export interface Parameter extends Definition {
  /** Bytes from the start of the parameter block. */
  offset: number;
  /** Numbers in it. */
  size: number;
  /** Frozen by model.freeze(). */
  frozen: boolean;
}

export class Network {
  readonly model: Layer | ModelFunction;
  readonly inputs: readonly InputSpec[];
  /** One unnamed input: x is handed over plainly. */
  readonly single: boolean;
  readonly parameters: Parameter[] = [];
  /** Bytes of the parameter block. */
  readonly bytes: number;
  /** Row shapes of the outputs. */
  readonly outputs: ReadonlyMap<string, readonly number[]>;
  readonly singleOutput: boolean;
  readonly calls: readonly LayerCall[];
  private readonly registry = new Registry();
  private open: { session: Session; block: Block } | undefined;

  constructor(model: Layer | ModelFunction, inputs: readonly InputSpec[], single: boolean) {
    this.model = model;
    this.inputs = inputs;
    this.single = single;
    // two rows: a model that mixes rows, or that fixes their number, is found out here
    const first = this.trace(2, false);
    this.singleOutput = first.outputs.has(OUTPUT);
    this.outputs = new Map([...first.outputs].map(([name, { shape }]) => [name, shape.slice(1)]));
    this.calls = first.calls;
    this.registry.sealed = true;
    let offset = 0;
    for (const definition of this.registry.definitions.values()) {
      const size = sizeOf(definition.shape);
      const gain = first.graph.gains.get(first.parameters.get(definition.name)!);
      this.parameters.push({ ...definition, fans: { ...definition.fans, gain }, offset, size, frozen: false });
      offset += alignUp(4 * size, 16); // so that updates have no tails
    }
    this.bytes = offset;
  }

  /** Calls the model's function on `rows` rows. With `source`, its inputs come from there. */
  trace(rows: number, training: boolean, source?: (graph: Graph, spec: InputSpec) => Value, recorder?: Recorder): Trace {
    const tracer = new Tracer(this.registry, training), { graph } = tracer;
    const values = this.inputs.map((spec) =>
      source ? source(graph, spec) : input(graph, inputName(spec.name), [rows, ...spec.shape], spec.dtype));
    if (recorder) {
      this.inputs.forEach(({ name }, i) => recorder.input(name, values[i]!));
      graph.onNode = (node) => { if (!tracer.inside) node.outputs.forEach((_, i) => i === 0 && recorder.node(node)); };
      tracer.onCall = (layer, x, y) => recorder.layer(layer, x, y);
    }
    const argument = this.single ? values[0]! : Object.fromEntries(this.inputs.map(({ name }, i) => [name, values[i]!]));
    const result = isLayer(this.model) ? tracer.call(this.model, values[0]!, "") : this.model(argument);
    return { graph, parameters: tracer.parameters, outputs: outputsOf(result, graph, rows), calls: tracer.calls };
  }

  /** Puts the parameters into a core's memory, not yet filled. */
  attach(core: Core, limit: number): void {
    const session = new Session(core, limit);
    this.open = { session, block: session.allocate(this.bytes, "the parameters") };
  }

  /** Has it a memory? Not before createModel is done, nor after dispose. */
  get attached(): boolean {
    return this.open !== undefined;
  }

  get session(): Session {
    const { session } = this.opened;
    session.runner?.settle?.();
    return session;
  }

  /** The block of parameters. */
  get block(): Block {
    return this.opened.block;
  }

  private get opened(): { session: Session; block: Block } {
    if (!this.open) throw disposed("the model");
    return this.open;
  }

  close(): void {
    const { session } = this.opened;
    this.open = undefined;
    session.close();
  }

  /** Brings the parameters up to date, where programs run on another memory. */
  pull(...more: readonly Block[]): Promise<void> | undefined {
    return this.session.pull(this.block, ...more);
  }

  /** Where a graph's parameters lie. */
  sources({ parameters }: Trace): Map<Value, Address> {
    return new Map(this.parameters.flatMap(({ name, offset }) => {
      const value = parameters.get(name);
      return value ? [[value, { region: PARAMETERS, offset }] as const] : [];
    }));
  }

  load(program: Program, regions: Readonly<Record<string, Block>> = {}): LoadedProgram {
    return this.session.load(program, { [PARAMETERS]: this.block, ...regions });
  }

  /** Fills the parameters as their initializers say; one stream of random numbers for each. */
  initialize(low: number, high: number): void {
    const assembler = new Assembler(), given: [Parameter, ArrayLike<number>][] = [];
    const seed: Address = { region: "seed", offset: 0 };
    this.parameters.forEach((parameter, stream) => {
      const { initializer, offset, size, name } = parameter;
      if (typeof initializer === "function") {
        given.push([parameter, initialNumbers(initializer([...parameter.shape]), parameter)]);
        return;
      }
      const address: Address = { region: PARAMETERS, offset };
      const label = `initialize (${name})`, writes = [{ address, bytes: 4 * size }];
      const filling = initializer.filling(parameter.fans);
      if (filling.kind === "constant") {
        assembler.instruction(Opcode.Fill, Fill.SIZE, {
          [Fill.DST]: address, [Fill.COUNT]: size, [Fill.VALUE]: bits(filling.value),
        }, label, writes);
        return;
      }
      const normal = filling.kind === "normal";
      assembler.instruction(Opcode.Random, Random.SIZE, {
        [Random.KIND]: normal ? RandomKind.Normal : RandomKind.Uniform, [Random.DST]: address, [Random.COUNT]: size,
        [Random.STREAM]: INITIAL + stream, [Random.SEED]: seed, [Random.P0]: bits(normal ? filling.mean : filling.low),
        [Random.P1]: bits(normal ? filling.deviation : filling.high - filling.low),
      }, label, writes);
    });
    const { session } = this, cells = session.allocate(4 * SeedCell.SIZE, "the seed");
    const loaded = this.load(assembler.finish(), { seed: cells });
    const run = (step: number): void => {
      session.words.set([low, high, step], cells.offset / 4);
      loaded.runSync();
    };
    for (const parameter of this.parameters) {
      const { initializer, shape } = parameter;
      if (typeof initializer === "function" || !initializer.finish) continue;
      const draw = (n: number): Float32Array => {
        run(n);
        return this.read(parameter).data;
      };
      given.push([parameter, initializer.finish(draw(0), shape, draw)]);
    }
    run(0);
    session.unload(loaded);
    session.free(cells);
    for (const [parameter, numbers] of given) this.write(parameter, numbers);
  }

  /** Throws if an update has gone beyond float32: the loss of a step tells only of those before it. */
  wantFinite(step?: number, epoch?: number): void {
    const { session, block: { offset, bytes } } = this;
    if (session.core.firstNonFinite(offset, bytes / 4) < bytes / 4)
      throw new NonFiniteError("non-finite", {
        ...(step !== undefined && { step }), epoch, problem: "an update has left parameters that are not finite", fix: "lower the learning rate",
      });
  }

  /** A copy of a parameter (or of what lies like one at `base`), with its axes as PyTorch has them. */
  read(parameter: Parameter, base = this.block.offset + parameter.offset): Tensor {
    const { size, shape } = parameter, data = new Float32Array(size), { floats } = this.session;
    walk(parameter, base / 4, (memory, file) => (data[file] = floats[memory]!));
    return { data, shape: [...shape] };
  }

  /** Writes a parameter from numbers in PyTorch's order. */
  write(parameter: Parameter, numbers: ArrayLike<number>, base = this.block.offset + parameter.offset): void {
    const { floats } = this.session;
    walk(parameter, base / 4, (memory, file) => (floats[memory] = numbers[file]!));
    this.session.wrote(base, 4 * parameter.size);
  }
}

/** Visits each number of a parameter: its place in memory (in f32, from `start`) and in PyTorch's order. */
function walk({ stored, order, shape, size }: Definition & { size: number }, start: number, visit: (memory: number, file: number) => void): void {
  if (!order) {
    for (let i = 0; i < size; i++) visit(start + i, i);
    return;
  }
  const strides = stridesOf(stored);
  const { sizes, strides: [steps] } = collapse({ sizes: [...shape], strides: [order.map((axis) => strides[axis]!)] });
  let file = 0;
  const axis = (depth: number, at: number): void => {
    for (let i = 0; i < sizes[depth]!; i++) {
      const place = at + i * steps![depth]!;
      if (depth === sizes.length - 1) visit(place, file++);
      else axis(depth + 1, place);
    }
  };
  axis(0, start);
}

/** What a caller's initializer gave, checked. */
function initialNumbers(numbers: unknown, { name, layer, size, shape }: Parameter): ArrayLike<number> {
  const list = numbers as ArrayLike<number>;
  const good = (Array.isArray(numbers) || isFlat(numbers)) && list.length === size;
  const bad = good ? Array.prototype.findIndex.call(list, (x) => typeof x !== "number" || !Number.isFinite(Math.fround(x))) : -1;
  if (!good || bad >= 0)
    throw badOption("initializer", good ? list[bad] : numbers, `${size} finite numbers for the shape ${show(shape)}`, {
      of: name, layer, position: good ? bad : undefined,
    });
  return list;
}

/** A model's result as a record of outputs, checked. */
function outputsOf(result: unknown, graph: Graph, rows: number): Map<string, Value> {
  const outputs = result instanceof Value ? { [OUTPUT]: result } : result;
  const of = "the model's function";
  if (!isRecord(outputs) || Object.keys(outputs).length === 0 || (outputs === result && OUTPUT in outputs))
    throw notAValue("result", result, { of, wanted: "a Value, or a record of Values with names" });
  return new Map(Object.entries(outputs).map(([option, value]) => {
    if (!(value instanceof Value) || value.graph !== graph) throw notAValue(option, value, { of, fix: "make it from the inputs" });
    const { dtype, shape } = value;
    if (dtype !== "float32") throw new GraphError("dtype", { of, option, wanted: "float32", got: dtype, fix: "toFloat(x) converts" });
    if (shape[0] !== rows) throw new GraphError("lost-rows", { of, option, wanted: `[${rows}, ...] from ${rows} rows`, got: shape });
    return [option, value];
  }));
}
