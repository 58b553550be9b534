// The graph: symbolic tensors (Value) and the ops that make them (Node). Building it computes nothing but shapes.
// Nodes stand in the order of their making, so inputs come before what is made from them.

import { type Details, GraphError } from "./errors.ts";
import type { Address, Literal, Operand, Range } from "./program.ts";
import type { Opcode } from "../assembly/isa.ts";
import { type Shape, showShape, sizeOf } from "./shape.ts";

export type Dtype = "float32" | "int32" | "uint8";

/** Bytes of one element. */
export function bytesOf(dtype: Dtype): number {
  return dtype === "uint8" ? 1 : 4;
}

/** Shape and type of an output. */
export interface Spec {
  shape: Shape;
  dtype?: Dtype;
}

/** All that the host knows of an operation. `A` is the type of its attributes: plain data, so that it can be saved. */
export interface Op<A = any> {
  readonly name: string;
  /** Shapes of the outputs; throws a ShapeError if the inputs do not fit together. */
  shape(inputs: readonly Value[], attributes: A): Spec[];
  /** For each input the gradient of the loss, as new nodes, from the gradients of the outputs (undefined: this output
   *  does not reach the loss). Without it the op has no derivative. */
  gradient?(node: Node<A>, gradients: readonly (Value | undefined)[]): (Value | undefined)[];
  /** Writes the instructions. */
  emit(node: Node<A>, to: Emitter): void;
  /** Bytes of working memory that the instructions need between them. */
  scratch?(node: Node<A>): number[];
  /** The inputs (by position) in whose memory output 0 may be written. */
  readonly inPlace?: readonly number[];
  /** Output 0 is input 0 under another shape: no instruction. */
  readonly alias?: boolean;
  /** The op of its derivative, where that is an op of its own. */
  readonly derivative?: Op;
  /** Outputs beyond the first that need no memory when nobody uses them. */
  readonly optional?: boolean;
}

/** What an op writes its instructions with. */
export interface Emitter {
  /** Where a value lies; 0 for an unused optional output. */
  at(value: Value): Address | Literal | 0;
  /** Working memory number i of this node. */
  scratch(i: number): Address;
  /** Adds an instruction; `writes` lists what it writes if that is not the node's outputs. */
  instruction(opcode: Opcode, size: number, slots: Record<number, Operand>, writes?: Range[]): void;
}

export class Node<A = any> {
  readonly graph: Graph;
  readonly op: Op<A>;
  readonly inputs: readonly Value[];
  readonly attributes: A;
  readonly outputs: readonly Value[];
  /** Position in graph.nodes. */
  readonly index: number;
  /** The layer in which it was made, as in parameter names; "" outside. */
  readonly layer: string;

  constructor(graph: Graph, op: Op<A>, inputs: readonly Value[], attributes: A, specs: readonly Spec[]) {
    this.graph = graph;
    this.op = op;
    this.inputs = inputs;
    this.attributes = attributes;
    this.index = graph.nodes.length;
    this.layer = graph.layer;
    this.outputs = specs.map(({ shape, dtype }, i) => new Value(this, i, shape, dtype ?? "float32"));
  }

  /** Op and layer, for listings and messages. */
  get label(): string {
    return this.layer ? `${this.op.name} (${this.layer})` : this.op.name;
  }
}

/** A symbolic tensor: output `index` of a node. Ops make new Values from Values. */
export class Value {
  readonly node: Node;
  readonly index: number;
  readonly shape: Shape;
  readonly dtype: Dtype;

  constructor(node: Node, index: number, shape: Shape, dtype: Dtype) {
    this.node = node;
    this.index = index;
    this.shape = shape;
    this.dtype = dtype;
  }

  get graph(): Graph {
    return this.node.graph;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** @internal */
  get bytes(): number {
    return this.size * bytesOf(this.dtype);
  }

  toString(): string {
    return `${this.node.label}${showShape(this.shape)}`;
  }
}

/** The value whose memory a view shows; a value that is no view itself. */
export function origin(value: Value): Value {
  const { op, inputs: [source] } = value.node;
  return op.alias ? origin(source!) : value;
}

/** Who answers when a layer is called on a Value; see layers/layer.ts. */
export interface LayerCaller {
  call(layer: unknown, input: Value): Value;
}

export class Graph {
  readonly nodes: Node[] = [];
  /** Are dropout and the like active? */
  readonly training: boolean;
  /** Name and kind of the layer that is being traced; the model itself has the name "". */
  layer = "";
  layerType = "";
  /** Streams of random numbers that nodes have taken so far. */
  streams = 0;
  /** How large weights should begin that lead to an activation; see ops/gain.ts. */
  readonly gains = new Map<Value, number>();
  /** Told of each node that is made. */
  onNode: ((node: Node) => void) | undefined;
  /** What a node's gradient is made from, where that is not the node itself; see passes/recompute.ts. */
  again: ((node: Node) => Node) | undefined;
  readonly layers: LayerCaller | undefined;

  constructor({ training = false, layers }: { training?: boolean; layers?: LayerCaller } = {}) {
    this.training = training;
    this.layers = layers;
  }

  add<A>(op: Op<A>, inputs: readonly Value[], attributes: A): readonly Value[] {
    for (const input of inputs) {
      if (!(input instanceof Value)) throw notAValue(op.name, input, this.at);
      if (input.graph !== this)
        throw new GraphError("foreign-value", {
          ...this.at, option: op.name, problem: "a Value of another model or compile()", fix: "use those that your function is given",
        });
    }
    const node = new Node(this, op, inputs, attributes, op.shape(inputs, attributes));
    this.nodes.push(node);
    this.onNode?.(node);
    return node.outputs;
  }

  /** The layer that is being traced, for the details of an error. */
  get at(): { layer: string; layerType: string } {
    return { layer: this.layer, layerType: this.layerType };
  }
}

/** The error for something else where a Value belongs. */
export function notAValue(option: string, got: unknown, more?: Details): GraphError {
  return new GraphError("not-a-value", { option, wanted: "a Value", got, ...more });
}
