// What each plain op is in ONNX (https://onnx.ai/onnx/operators), and the writer of nodes and constants.

import { ConvertKind } from "../../assembly/isa.ts";
import { GraphError } from "../errors.ts";
import { sizeOf } from "../shape.ts";
import { isFixed, type Length, type PortableNode } from "./portable.ts";
import { encoded, field, floatField, type Message, message } from "./protobuf.ts";

/** Element types of TensorProto. */
export const TYPES = { float32: 1, uint8: 2, int32: 6, int64: 7, string: 8, float64: 11 } as const;
export type Type = keyof typeof TYPES;

/** From which opset on an operator has the form that is written here; 7, where numbers broadcast, for those that are not listed. */
const SINCE: Readonly<Record<string, number>> = {
  Max: 8, Min: 8, Expand: 8, Where: 9, Erf: 9, Sign: 9, ConstantOfShape: 9, IsNaN: 9, Slice: 10, Clip: 11, Equal: 11, GatherElements: 11, Pad: 11,
};
/** Those that older opsets have for whole numbers only. */
const WHOLE_SINCE: Readonly<Record<string, number>> = { Equal: 7 };

/** Of the domain ai.onnx.ml: LabelEncoder between any types. */
const ML_OPSET = 2;

export type Attribute = number | readonly number[] | string | { float: number } | { floats: readonly number[] } | { strings: readonly string[] } | Message;

/** Node names and constants of one file. */
export class Writer {
  readonly nodes: Message[] = [];
  readonly initializers: Message[] = [];
  /** The newest operator in use, and the opset that it wants. */
  opset = 7;
  why = "broadcasting";
  /** Of the input that tells the number of rows. */
  first = "";
  private readonly names = new Set<string>();
  private readonly constants = new Map<string, string>();
  /** What is made of a name when it is first asked for. */
  readonly later = new Map<string, () => string>();
  readonly domains = new Set<string>();
  private rows: string | undefined;

  /** Is there something of this name? */
  has(name: string): boolean {
    return this.names.has(name);
  }

  /** A name that is free: this one, or one with a number. */
  name(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.names.has(name); i++) name = `${wanted}_${i}`;
    this.names.add(name);
    return name;
  }

  /** A value that an operator reads. */
  value(name: string): string {
    const make = this.later.get(name);
    if (!make) return name;
    const made = make();
    this.later.set(name, () => made);
    return made;
  }

  /** Adds a node; the name of its output. */
  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>>, layer: string, { output, since, domain = "" }: { output?: string; since?: number; domain?: string } = {}): string {
    const wants = since ?? SINCE[op] ?? 7;
    if (domain) this.domains.add(domain);
    else if (wants > this.opset) [this.opset, this.why] = [wants, op];
    const name = output ?? this.name(`/${layer ? `${layer}/` : ""}${op}`);
    this.nodes.push(message([
      ...inputs.map((input) => field(1, input)), field(2, name), field(3, name), field(4, op),
      ...Object.entries(attributes).map(([key, value]) => field(5, attribute(key, value))), ...(domain ? [field(7, domain)] : []),
    ]));
    return name;
  }

  /** A constant tensor under a name of its own. */
  initializer(name: string, type: Type, shape: readonly number[], data: ArrayLike<number> | readonly string[]): string {
    this.initializers.push(tensor(name, type, shape, data));
    return name;
  }

  /** A constant; the same one once. */
  constant(type: Type, shape: readonly number[], data: readonly (number | string)[]): string {
    const key = JSON.stringify([type, shape, data.map((n) => (Object.is(n, -0) ? "-0" : String(n)))]), known = this.constants.get(key);
    if (known !== undefined) return known;
    const name = this.initializer(this.name(`/constant/${this.constants.size}`), type, shape, data as number[]);
    this.constants.set(key, name);
    return name;
  }

  scalar(value: number): string {
    return this.constant("float32", [], [value]);
  }

  /** Lengths as an int64 tensor, computed where they are not fixed. */
  lengths(list: readonly Length[]): string {
    if (list.every(isFixed)) return this.constant("int64", [list.length], list);
    const pieces = list.map((n) => (isFixed(n) ? this.constant("int64", [1], [n]) : this.times(n.rows)));
    return pieces.length === 1 ? pieces[0]! : this.node("Concat", pieces, { axis: 0 }, "");
  }

  /** So many times the number of rows: int64 [1]. */
  private times(rows: number): string {
    this.rows ??= this.node("Gather", [this.node("Shape", [this.first], {}, ""), this.constant("int64", [1], [0])], { axis: 0 }, "");
    return rows === 1 ? this.rows : this.node("Mul", [this.rows, this.constant("int64", [1], [rows])], {}, "");
  }

  reshape(x: string, shape: readonly Length[], layer: string): string {
    const open = shape.filter((n) => !isFixed(n)).length;
    const lengths = open === 1 ? this.constant("int64", [shape.length], shape.map((n) => (isFixed(n) ? n : -1))) : this.lengths(shape);
    return this.node("Reshape", [x, lengths], {}, layer);
  }
}

function attribute(name: string, value: Attribute): Message {
  const one = (fields: readonly Message[], type: number): Message => message([field(1, name), ...fields, field(20, type)]);
  if (typeof value === "number") return one([field(3, value)], 2);
  if (typeof value === "string") return one([field(4, value)], 3);
  if ("pieces" in value) return one([field(5, value)], 4);
  if ("float" in value) return one([floatField(2, value.float)], 1);
  if ("floats" in value) return one(value.floats.map((n) => floatField(7, n)), 6);
  if ("strings" in value) return one(value.strings.map((text) => field(9, text)), 8);
  return one((value as readonly number[]).map((n) => field(8, n)), 7);
}

/** A TensorProto. */
function tensor(name: string, type: Type, shape: readonly number[], data: ArrayLike<number> | readonly string[]): Message {
  const head = [...shape.map((n) => field(1, n)), field(2, TYPES[type])];
  if (type === "string") return message([...head, ...(data as readonly string[]).map((text) => field(6, text)), field(8, name)]);
  const numbers = data as ArrayLike<number>;
  const list = type === "float32" ? (numbers instanceof Float32Array ? numbers : Float32Array.from(numbers))
    : type === "float64" ? Float64Array.from(numbers) : type === "int64" ? BigInt64Array.from(Array.from(numbers, BigInt)) : Int32Array.from(numbers);
  return message([...head, field(8, name), field(9, new Uint8Array(list.buffer, list.byteOffset, list.byteLength))]);
}

/** ValueInfoProto: a name, a type and a shape. */
export function valueInfo(name: string, type: Type, shape: readonly Length[]): Message {
  const dimensions = shape.map((n) => field(1, isFixed(n) ? field(1, n) : field(2, n.rows === 1 ? "rows" : `${n.rows}*rows`)));
  return message([field(1, name), field(2, field(1, message([field(1, TYPES[type]), field(2, message(dimensions))])))]);
}

/** Bytes of the model around a graph. */
export function modelProto(writer: Writer, irVersion: number, ends: readonly Message[], metadata: ReadonlyMap<string, string>): Uint8Array<ArrayBuffer> {
  const graph = message([
    ...writer.nodes.map((node) => field(1, node)), field(2, "lanewise"), ...writer.initializers.map((one) => field(5, one)), ...ends,
  ]);
  return encoded(message([
    field(1, irVersion), field(2, "lanewise"), field(7, graph), field(8, field(2, writer.opset)),
    ...[...writer.domains].map((domain) => field(8, message([field(1, domain), field(2, ML_OPSET)]))),
    ...[...metadata].map(([key, value]) => field(14, message([field(1, key), field(2, value)]))),
  ]));
}

/** Writes an op; the names of its outputs. */
type Operator = (to: Writer, x: readonly string[], node: PortableNode) => string;

const plain = (op: string, attributes: Readonly<Record<string, Attribute>> = {}): Operator => (to, x, { layer }) => to.node(op, x, attributes, layer);
/** A comparison as 1 and 0. */
const test = (op: string, type: number | undefined = undefined): Operator => (to, x, { layer }) =>
  to.node("Cast", [to.node(op, x, {}, layer, { since: type })], { to: TYPES.float32 }, layer);

/** The operators; a function, so that a page without exports carries nothing of it. */
export function operators(): ReadonlyMap<string, Operator> {
  const list: Record<string, Operator> = {
    relu: plain("Relu"), sigmoid: plain("Sigmoid"), tanh: plain("Tanh"), exp: plain("Exp"), log: plain("Log"), sqrt: plain("Sqrt"), abs: plain("Abs"),
    erf: plain("Erf"), add: plain("Add"), subtract: plain("Sub"), multiply: plain("Mul"), divide: plain("Div"), maximum: plain("Max"), minimum: plain("Min"),
    power: plain("Pow"), copy: plain("Identity"), greater: test("Greater"), equal: test("Equal"), equalInt: test("Equal", WHOLE_SINCE.Equal),
    leakyRelu: (to, x, { attributes: [slope], layer }) => to.node("LeakyRelu", x, { alpha: { float: slope } }, layer),
    square: (to, [x], { layer }) => to.node("Mul", [x!, x!], {}, layer),
    scale: (to, [x], { attributes: { factor }, layer }) => to.node("Mul", [x!, to.scalar(factor)], {}, layer),
    clamp: (to, [x], { attributes: [low, high], layer }) => to.node("Clip", [x!, to.scalar(low), to.scalar(high)], {}, layer),
    // x > 0 ? x : p · (e^(q · x) − 1)
    elu(to, [x], { attributes: [p, q], layer }) {
      if (q === 1) return to.node("Elu", [x!], { alpha: { float: p } }, layer);
      const power = to.node("Exp", [to.node("Mul", [x!, to.scalar(q)], {}, layer)], {}, layer);
      const low = to.node("Mul", [to.node("Sub", [power, to.scalar(1)], {}, layer), to.scalar(p)], {}, layer);
      return to.node("Where", [to.node("Greater", [x!, to.scalar(0)], {}, layer, { since: 9 }), x!, low], {}, layer);
    },
    // p · x > q ? x : log(1 + e^(p · x)) / p
    softplus(to, [x], { attributes: [p, q], layer }) {
      const t = p === 1 ? x! : to.node("Mul", [x!, to.scalar(p)], {}, layer), soft = to.node("Softplus", [t], {}, layer);
      const y = p === 1 ? soft : to.node("Div", [soft, to.scalar(p)], {}, layer);
      return q === Infinity ? y : to.node("Where", [to.node("Greater", [t, to.scalar(q)], {}, layer, { since: 9 }), x!, y], {}, layer);
    },
    // a < b ? 0 : a = b ? ½ : 1
    heaviside(to, x, { layer }) {
      const half = to.node("Where", [to.node("Equal", x, {}, layer), to.scalar(0.5), to.scalar(1)], {}, layer);
      return to.node("Where", [to.node("Less", x, {}, layer, { since: 9 }), to.scalar(0), half], {}, layer);
    },
    constant(to, _, { attributes: { value, shape } }) {
      const lengths = shape as Length[], size = lengths.every(isFixed) ? sizeOf(lengths as number[]) : Infinity;
      if (size <= 1024) return to.constant("float32", lengths as number[], new Array<number>(size).fill(value));
      const one = message([field(1, 1), field(2, TYPES.float32), field(9, new Uint8Array(Float32Array.of(value).buffer))]);
      return to.node("ConstantOfShape", [to.lengths(lengths)], { value: one }, "");
    },
    vector: (to, _, { attributes }) => to.constant("float32", [attributes.length], attributes),
    convert: (to, x, { attributes: { kind }, layer }) => to.node("Cast", x, { to: kind === ConvertKind.FloatToInt ? TYPES.int32 : TYPES.float32 }, layer),
    matmul(to, [a, b], { attributes: { transposeA, transposeB }, layer }) {
      const turned = (x: string, turn: boolean): string => (turn ? to.node("Transpose", [x], { perm: [1, 0] }, layer) : x);
      return to.node("MatMul", [turned(a!, transposeA), turned(b!, transposeB)], {}, layer);
    },
    sum: (to, x, node) => to.node("ReduceSum", x, reduced(node), node.layer),
    mean: (to, x, node) => to.node("ReduceMean", x, reduced(node), node.layer),
    max: (to, x, node) => to.node("ReduceMax", x, reduced(node), node.layer),
    argmax(to, x, { attributes: { axis, count }, layer }) {
      if (count !== 1) throw new GraphError("not-portable", { of: "toONNX", layer, problem: "argmax over several axes" });
      return to.node("Cast", [to.node("ArgMax", x, { axis, keepdims: 0 }, layer)], { to: TYPES.int32 }, layer);
    },
    broadcastTo: (to, [x], { attributes: { shape }, layer }) => to.node("Expand", [x!, to.lengths(shape)], {}, layer),
    // zeros with x at the positions: where a position is its own number
    place(to, [x, ids], { attributes: { length }, layer }) {
      const all = to.constant("int32", [1, length, 1], Array.from({ length }, (_, i) => i)), middle = { axes: [1] };
      const here = to.node("Equal", [to.node("Unsqueeze", [ids!], middle, layer), all], {}, layer, { since: 7 });
      return to.node("Where", [here, to.node("Unsqueeze", [x!], middle, layer), to.scalar(0)], {}, layer);
    },
    pick(to, [x, ids], { layer }) {
      const middle = { axes: [1] }, at = to.node("Unsqueeze", [ids!], middle, layer);
      return to.node("Squeeze", [to.node("GatherElements", [x!, at], { axis: 1 }, layer)], middle, layer);
    },
    reshape: (to, [x], { outputs: [y], layer }) => to.reshape(x!, y!.shape, layer),
    transpose: (to, x, { attributes: { order }, layer }) => to.node("Transpose", x, { perm: order }, layer),
    slice: (to, [x], { attributes: { axis, start, end }, layer }) =>
      to.node("Slice", [x!, to.lengths([start]), to.lengths([end]), to.constant("int64", [1], [axis])], {}, layer),
    pad(to, [x], { inputs: [own], outputs: [y], attributes: { axis, start }, layer }) {
      const from = own!.shape[axis]!, all = y!.shape[axis]!, rank = own!.shape.length;
      if (!isFixed(start) || !isFixed(from) || !isFixed(all)) throw new GraphError("not-portable", { of: "toONNX", layer, problem: "pads rows" });
      const pads = Array.from({ length: 2 * rank }, (_, i) => (i === axis ? start : i === rank + axis ? all - start - from : 0));
      return to.node("Pad", [x!, to.constant("int64", [2 * rank], pads)], {}, layer);
    },
    concat: (to, x, { attributes: { axis }, layer }) => to.node("Concat", x, { axis }, layer),
    softmax: (to, x, { inputs: [own], layer }) => to.node("Softmax", x, { axis: own!.shape.length - 1 }, layer),
    logSoftmax: (to, x, { inputs: [own], layer }) => to.node("LogSoftmax", x, { axis: own!.shape.length - 1 }, layer),
  };
  return new Map(Object.entries(list));
}

function reduced({ attributes: { axis, count } }: PortableNode): Record<string, Attribute> {
  return { axes: Array.from({ length: count }, (_, i) => axis + i), keepdims: 0 };
}
