// What a doctor sees in a model's graph: weights, activations, and what lies before them. It looks at ops and the layers
// that made them, so that a model's own function is read like layers are.

import { type Node, origin, type Value } from "../graph.ts";
import type { Network, Trace } from "../network.ts";
import { parameterOp } from "../op.ts";

export interface Activation {
  kind: "relu" | "sigmoid" | "tanh" | "selu";
  layer: string;
  /** What it gives. */
  y: Value;
}

/** Activation layers, and the op in each whose output is looked at. */
const LAYERS: Readonly<Record<string, readonly [Activation["kind"], string]>> = {
  relu: ["relu", "relu"], relu6: ["relu", "clamp"], sigmoid: ["sigmoid", "sigmoid"], tanh: ["tanh", "tanh"], selu: ["selu", "elu"],
};
/** Layers that may be made of the same ops, and mean something else. */
const OTHERS = ["prelu", "leakyRelu", "elu", "celu", "gelu", "silu", "mish", "softplus", "softsign", "hardSigmoid", "hardSwish", "hardTanh", "logSigmoid"];
/** Ops that pass numbers on, sums and multiples of them: a row of them is as good as one. */
const LINEAR = ["reshape", "scale", "transpose", "slice", "concat", "copy", "pad", "add", "subtract"];

/** The nodes that the outputs are made by, not those of loss and gradients. */
function forward(trace: Trace): Node[] {
  const last = Math.max(...[...trace.outputs.values()].map(({ node }) => node.index));
  return trace.graph.nodes.slice(0, last + 1);
}

/** The activations in the order of their making; those that give an output are left out. */
export function hiddenActivations(trace: Trace): Activation[] {
  const types = new Map(trace.calls.map(({ path, type }) => [path, type]));
  const outputs = [...trace.outputs.values()].map((value) => origin(value).node);
  // what another number is multiplied with is a gate, as in silu and mish
  const gates = new Set(trace.graph.nodes.flatMap(({ op, inputs }) => (op.name === "multiply" ? inputs.map((input) => origin(input).node) : [])));
  return forward(trace).flatMap((node): Activation[] => {
    const { op, layer, outputs: [y] } = node, type = types.get(layer) ?? "", known = LAYERS[type];
    const own = !known && !OTHERS.includes(type) && !gates.has(node) && (op.name === "relu" || op.name === "sigmoid" || op.name === "tanh");
    if (outputs.some((output) => output === node || (known && output.layer === layer && types.get(layer) === "selu"))) return [];
    return known ? (known[1] === op.name ? [{ kind: known[0], layer, y: y! }] : []) : own ? [{ kind: op.name as "relu", layer, y: y! }] : [];
  });
}

/** Name of the op that gives an output, looking through views. */
export function outputOp(trace: Trace, output: string): { op: string; layer: string } {
  const { node } = origin(trace.outputs.get(output)!);
  return { op: node.op.name, layer: node.layer };
}

/** Products of inputs with weights: the layers that learn. */
export function products(trace: Trace): Node[] {
  return forward(trace).filter(({ op }) => op.name === "matmul");
}

/** Products whose input is another product, with nothing between them that is not linear. */
export function linearPairs(trace: Trace): { first: Node; second: Node }[] {
  // for each node the product that it is a linear function of, or that it is made of weights and numbers alone
  const known = new Map<Node, Node | "weights" | undefined>(), pairs: { first: Node; second: Node }[] = [];
  for (const node of forward(trace)) {
    const { op, inputs } = node, sources = inputs.map((input) => known.get(input.node)), moving = sources.filter((source) => source !== "weights");
    const [first] = moving, linear = LINEAR.includes(op.name) && moving.every((source) => source);
    const weights = op === parameterOp || op.name === "constant" || (inputs.length > 0 && moving.length === 0);
    known.set(node, op.name === "matmul" && !weights ? node : weights ? "weights" : linear ? first : undefined);
    if (op.name === "matmul" && typeof sources[0] === "object") pairs.push({ first: sources[0], second: node });
  }
  return pairs;
}

/** The layer whose product an activation is fed by. */
export function feeder({ y }: Activation): string | undefined {
  let { node } = y;
  for (let inside = node.layer; node.op.name !== "matmul"; ) {
    const next = node.inputs.find((input) => input.node.op !== parameterOp && input.node.op.name !== "constant")?.node;
    // past its own ops, only what a dense layer ends with may lie between
    if (!next || (node.layer !== inside && !LINEAR.includes(node.op.name))) return undefined;
    node = next;
  }
  return node.layer;
}

/** A weight that is trained. */
export interface Weight {
  name: string;
  layer: string;
  initializer: string;
  /** Numbers that the layer gives, and those that each is made of. */
  units: number;
  fanIn: number;
}

/** Trainable weights, those with two axes or more (all, where there are none such), in the order of the layers. */
export function weightsOf(network: Network): Weight[] {
  const trained = network.parameters.filter(({ trainable, frozen }) => trainable && !frozen);
  const weights = trained.filter(({ shape }) => shape.length > 1);
  return (weights.length ? weights : trained).map(({ name, layer, initializer, shape, fans }) => ({
    name, layer: layer || name, initializer: typeof initializer === "function" ? "function" : initializer.initializer,
    units: shape[0]!, fanIn: Math.max(1, fans.fanIn),
  }));
}
