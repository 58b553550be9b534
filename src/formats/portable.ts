// What a model computes, for other programs: its inference graph with the number of rows left open, in some forty plain ops.
// The writers of ONNX, PyTorch and the stand-alone predictor read it. Gradients and losses, which a function of one's own may
// hold, are written in those ops first.

import { GraphError } from "../errors.ts";
import { Graph, type Node, Value } from "../graph.ts";
import { type Network, OUTPUT } from "../network.ts";
import { apply, inputOp, parameterOp } from "../op.ts";
import { abs, exp, log, relu, sigmoid, square } from "../ops/activation.ts";
import { add, divide, greater, maximum, minimum, multiply, subtract } from "../ops/binary.ts";
import { constant } from "../ops/constant.ts";
import { oneHot, sum } from "../ops/reduce.ts";
import { negate, scale } from "../ops/scale.ts";
import { reshape } from "../ops/shape.ts";
import { softplusOp } from "../ops/smooth.ts";
import { logSoftmax, softmax } from "../ops/softmax.ts";

/** A length: a number, or so many times the number of rows. */
export type Length = number | { readonly rows: number };

/** A tensor of the graph. */
export interface PortableValue {
  readonly id: number;
  readonly shape: readonly Length[];
  readonly dtype: Value["dtype"];
  readonly node: PortableNode;
}

/** One op. Its attributes are those of the op, with lengths for numbers that grow with the rows. */
export interface PortableNode {
  readonly op: string;
  readonly inputs: readonly PortableValue[];
  readonly attributes: any;
  readonly layer: string;
  readonly outputs: readonly PortableValue[];
}

/** What a model computes. */
export interface PortableGraph {
  /** In an order in which each follows its inputs; sources ("input", "parameter") come first. */
  readonly nodes: readonly PortableNode[];
  readonly outputs: ReadonlyMap<string, PortableValue>;
}

/** Numbers of rows that are traced, to see what grows with them. Nothing in them is proportional by chance as easily as in 2 and 3. */
const FEW = 7, MORE = 11;
/** Attributes that may grow with them. */
const LENGTHS = ["shape", "start", "end", "length"];

/** Traces a model for any number of rows. `read` may add to an output, as a softmax.
 *
 * @throws GraphError "not-portable" where what is computed depends on the number of rows in another way than by its lengths.
 */
export function portableGraph(network: Network, read: (name: string, value: Value) => Value = (_, value) => value): PortableGraph {
  const graph = portableFunction((rows) => {
    const { graph, outputs } = network.trace(rows, false);
    return [graph, new Map([...outputs].map(([name, value]) => [name, read(name, value)]))];
  });
  const random = graph.nodes.find(({ op }) => op === "random");
  if (random)
    throw new GraphError("not-portable", { layer: random.layer, problem: "draws random numbers while it predicts", fix: "draw them only while scope.training" });
  return graph;
}

/** What any graph that is built for a number of rows computes; ops in `keep` stay as they are. */
export function portableFunction(build: (rows: number) => readonly [graph: Graph, outputs: ReadonlyMap<string, Value>], keep: readonly string[] = []): PortableGraph {
  const [few, more] = [FEW, MORE].map((rows) => plain(...build(rows), keep)) as [Traced, Traced];
  return joined(few, more);
}

interface Traced {
  nodes: readonly Node[];
  outputs: ReadonlyMap<string, Value>;
}

/** The nodes that lead to the outputs, in plain ops. */
function plain(graph: Graph, outputs: ReadonlyMap<string, Value>, keep: readonly string[]): Traced {
  const wanted = new Set<Node>(), list = [...outputs.values()].map(({ node }) => node);
  for (const node of list) {
    if (wanted.has(node)) continue;
    wanted.add(node);
    list.push(...node.inputs.map((value) => value.node));
  }
  const to = new Graph(), made = new Map<Value, Value>(), table = plainOps();
  for (const node of graph.nodes) {
    if (!wanted.has(node)) continue;
    to.layer = node.layer;
    const inputs = node.inputs.map((value) => made.get(value)!), write = keep.includes(node.op.name) ? undefined : table.get(node.op.name);
    const results = write ? write(inputs, node.attributes, to) : to.add(node.op, inputs, node.attributes);
    node.outputs.forEach((value, i) => made.set(value, results[i]!));
  }
  return { nodes: to.nodes, outputs: new Map([...outputs].map(([name, value]) => [name, made.get(value)!])) };
}

/** One graph of two that differ in the number of rows alone. */
function joined(few: Traced, more: Traced): PortableGraph {
  const values = new Map<Value, PortableValue>(), nodes: PortableNode[] = [];
  const refuse = (layer: string, what: string): never => {
    throw new GraphError("not-portable", {
      layer, problem: `${what} depends on the number of rows`, fix: "write it so that each row is computed alone, or take sums and means over lengths that are fixed",
    });
  };
  const length = (a: number, b: number, node: Node): Length => {
    if (a === b) return a;
    return a % FEW === 0 && a / FEW === b / MORE ? { rows: a / FEW } : refuse(node.layer, node.op.name);
  };
  const merged = (a: unknown, b: unknown, node: Node, among = ""): unknown => {
    if (Object.is(a, b)) return a;
    if (typeof a === "number" && typeof b === "number" && LENGTHS.includes(among)) return length(a, b, node);
    if (a === null || b === null || typeof a !== "object" || typeof b !== "object" || Object.keys(a).join() !== Object.keys(b).join())
      return refuse(node.layer, node.op.name);
    const list = Object.entries(a).map(([key, value]) => [key, merged(value, (b as Record<string, unknown>)[key], node, Array.isArray(a) ? among : key)] as const);
    return Array.isArray(a) ? list.map(([, value]) => value) : Object.fromEntries(list);
  };
  if (few.nodes.length !== more.nodes.length) refuse("", "the model's function");
  few.nodes.forEach((node, i) => {
    const other = more.nodes[i]!;
    const same = other.op === node.op && other.inputs.length === node.inputs.length && other.inputs.every((value, at) => value.node.index === node.inputs[at]!.node.index);
    if (!same) refuse(node.layer, node.op.name);
    // a source's shape is that of its value
    const source = node.op === inputOp || node.op === parameterOp;
    const outputs: PortableValue[] = [], own: PortableNode = {
      op: node.op.name, inputs: node.inputs.map((value) => values.get(value)!), layer: node.layer, outputs,
      attributes: source ? { name: node.attributes.name as string } : merged(node.attributes, other.attributes, node),
    };
    node.outputs.forEach((value, at) => {
      const { shape, dtype } = value, there = other.outputs[at]!.shape;
      if (shape.length !== there.length) refuse(node.layer, node.op.name);
      const portable: PortableValue = { id: values.size, shape: shape.map((n, axis) => length(n, there[axis]!, node)), dtype, node: own };
      values.set(value, portable);
      outputs.push(portable);
    });
    nodes.push(own);
  });
  return { nodes, outputs: new Map([...few.outputs].map(([name, value]) => [name, values.get(value)!])) };
}

/** How an output is called in a file. */
export const outputName = (name: string): string => (name === OUTPUT ? "output" : name);

/** Is this length fixed? */
export const isFixed = (n: Length): n is number => typeof n === "number";

/** Writes what is not plain in plain ops: losses, and derivatives. */
type Write = (inputs: Value[], attributes: any, graph: Graph) => readonly (Value | undefined)[];

const not = (x: Value): Value => subtract(1, x);
const kept = { keepDims: true };
const rowsOf = (x: Value): Value => reshape(x, [x.size, 1]);
/** Class numbers as rows with a 1. */
const distribution = (t: Value, classes: number): Value => (t.dtype === "int32" ? oneHot(t, classes) : t);
const softplus = (x: Value): Value => apply(softplusOp, [x], [1, Infinity]);
const sign = (x: Value): Value => subtract(greater(x, 0), greater(0, x));
const one = (f: (g: Value, v: Value, p: number, q: number) => Value): Write => ([g, v], parameters: readonly number[]) =>
  [f(g!, v!, parameters[0] ?? 0, parameters[1] ?? 0)];
const loss = (f: (p: Value, t: Value) => Value): Write => ([p, t]) => [f(p!, t!)];
const slope = (f: (p: Value, t: Value) => Value): Write => ([g, p, t]) => [multiply(g!, f(p!, t!))];

/** x, left out where it is 0 · ∞ in a mask. */
const where = (mask: Value, x: Value, y: Value): Value => add(multiply(mask, x), multiply(not(mask), y));

/** By name; a function, so that a page without exports carries nothing of it. */
const plainOps = (): ReadonlyMap<string, Write> => new Map<string, Write>([
  ["reluGradient", one((g, y) => multiply(g, greater(y, 0)))],
  ["leakyReluGradient", one((g, x, p) => { const above = greater(x, 0); return multiply(g, add(above, scale(not(above), p))); })],
  ["sigmoidGradient", one((g, y) => multiply(g, multiply(y, not(y))))],
  ["tanhGradient", one((g, y) => multiply(g, not(square(y))))],
  ["expGradient", one((g, y) => multiply(g, y))],
  ["logGradient", one((g, x) => divide(g, x))],
  ["sqrtGradient", one((g, y) => divide(g, add(y, y)))],
  ["squareGradient", one((g, x) => multiply(g, add(x, x)))],
  ["absGradient", one((g, x) => multiply(g, sign(x)))],
  ["clampGradient", one((g, x, p, q) => multiply(g, multiply(greater(x, p), greater(q, x))))],
  ["eluGradient", one((g, x, p, q) => multiply(g, where(greater(x, 0), constant(g.graph, 1, x.shape), scale(exp(scale(minimum(x, 0), q)), p * q))))],
  ["erfGradient", one((g, x) => multiply(g, scale(exp(negate(square(x))), 1.1283791670955126)))],
  ["softplusGradient", one((g, x, p, q) => { const t = scale(x, p); return multiply(g, where(greater(t, q), constant(g.graph, 1, x.shape), sigmoid(t))); })],
  ["softmaxGradient", ([g, y]) => [multiply(y!, subtract(g!, sum(multiply(g!, y!), -1, kept)))]],
  ["logSoftmaxGradient", ([g, y]) => [subtract(g!, multiply(exp(y!), sum(g!, -1, kept)))]],
  ["crossEntropy", ([x, t]) => [negate(sum(multiply(logSoftmax(x!), distribution(t!, x!.shape[1]!)), -1)), softmax(x!)]],
  ["crossEntropyGradient", ([g, p, t]) => {
    const hot = distribution(t!, p!.shape[1]!);
    return [multiply(rowsOf(g!), subtract(multiply(p!, sum(hot, -1, kept)), hot))];
  }],
  ["squaredError", loss((p, t) => square(subtract(p, t)))],
  ["squaredErrorGradient", slope((p, t) => scale(subtract(p, t), 2))],
  ["absoluteError", loss((p, t) => abs(subtract(p, t)))],
  ["absoluteErrorGradient", slope((p, t) => sign(subtract(p, t)))],
  ["logitCrossEntropy", loss((p, t) => add(subtract(relu(p), multiply(p, t)), softplus(negate(abs(p)))))],
  ["logitCrossEntropyGradient", slope((p, t) => subtract(sigmoid(p), t))],
  ["probabilityCrossEntropy", loss((p, t) =>
    negate(add(multiply(t, maximum(log(p), -100)), multiply(not(t), maximum(log(not(p)), -100)))))],
  ["probabilityCrossEntropyGradient", slope((p, t) => divide(subtract(p, t), maximum(multiply(p, not(p)), 1e-12)))],
  ["hinge", loss((p, t) => relu(subtract(1, multiply(t, p))))],
  ["hingeGradient", slope((p, t) => negate(multiply(t, greater(1, multiply(t, p)))))],
]);
