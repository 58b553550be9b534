// Reads what the ONNX backend tests hold: model.onnx and the tensors beside it. Both are protocol buffers
// (https://protobuf.dev/programming-guides/encoding), of which this needs five messages of onnx.proto.

/** A message as its fields: numbers, and the bytes of what has a length. */
type Message = Map<number, (number | bigint | Uint8Array)[]>;

function parse(bytes: Uint8Array): Message {
  const fields: Message = new Map(), view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const [tag, after] = varint(bytes, at), field = Number(tag >> 3n);
    at = after;
    let value: number | bigint | Uint8Array;
    switch (Number(tag & 7n)) {
      case 0: [value, at] = varint(bytes, at); break;
      case 1: value = view.getFloat64(at, true); at += 8; break;
      case 2: {
        const [length, start] = varint(bytes, at);
        at = start + Number(length);
        if (at > bytes.length) throw new Error("a field ends behind its message");
        value = bytes.subarray(start, at);
        break;
      }
      case 5: value = view.getFloat32(at, true); at += 4; break;
      default: throw new Error(`wire type ${tag & 7n}`);
    }
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

function varint(bytes: Uint8Array, at: number): [bigint, number] {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[at++];
    if (byte === undefined || shift > 63n) throw new Error("a number without an end");
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return [value, at];
  }
}

const messages = (of: Message, field: number): Message[] => (of.get(field) ?? []).map((value) => parse(value as Uint8Array));
const strings = (of: Message, field: number): string[] => (of.get(field) ?? []).map((value) => new TextDecoder().decode(value as Uint8Array));
const string = (of: Message, field: number): string => strings(of, field)[0] ?? "";

/** Repeated numbers, packed or one by one. */
function whole(of: Message, field: number): number[] {
  return (of.get(field) ?? []).flatMap((value) => {
    if (!(value instanceof Uint8Array)) return Number(BigInt.asIntN(64, value as bigint));
    const list: number[] = [];
    for (let at = 0; at < value.length;) {
      const [n, after] = varint(value, at);
      list.push(Number(BigInt.asIntN(64, n)));
      at = after;
    }
    return list;
  });
}

function floats(of: Message, field: number, width: 4 | 8): number[] {
  return (of.get(field) ?? []).flatMap((value) => (value instanceof Uint8Array ? words(value, width === 4 ? "float32" : "float64") : Number(value)));
}

/** The types that are read; others are named by their number. */
const TYPES: Readonly<Record<number, string>> = {
  1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool", 10: "float16", 11: "float64", 12: "uint32",
  13: "uint64", 16: "bfloat16",
};

export interface OnnxTensor {
  type: string;
  shape: number[];
  data: number[];
}

function words(bytes: Uint8Array, type: string): number[] {
  const { buffer } = Uint8Array.from(bytes); // a copy: slice of a Buffer is none
  switch (type) {
    case "float32": return [...new Float32Array(buffer)];
    case "float64": return [...new Float64Array(buffer)];
    case "int32": return [...new Int32Array(buffer)];
    case "int64": return [...new BigInt64Array(buffer)].map(Number);
    case "bool": case "uint8": return [...new Uint8Array(buffer)];
    default: return []; // never looked at: there is none here
  }
}

function tensor(of: Message): OnnxTensor {
  const code = whole(of, 2)[0]!, type = TYPES[code] ?? `type ${code}`, raw = of.get(9)?.[0] as Uint8Array | undefined;
  const data = raw?.length ? words(raw, type) : type === "int64" ? whole(of, 7) : type === "float64" ? floats(of, 10, 8) : type === "float32" ? floats(of, 4, 4) : whole(of, 5);
  return { type, shape: whole(of, 1), data };
}

/** The tensor of an input_0.pb. */
export const readTensor = (bytes: Uint8Array): OnnxTensor => tensor(parse(bytes));

export type Attribute = number | string | OnnxTensor | number[] | string[];

export interface Node {
  op: string;
  inputs: string[];
  outputs: string[];
  attributes: Readonly<Record<string, Attribute>>;
}

export interface OnnxModel {
  /** Of the operators of ONNX itself. */
  opset: number;
  inputs: string[];
  outputs: string[];
  constants: Map<string, OnnxTensor>;
  nodes: Node[];
  /** Is each input and output a tensor, not a sequence, map or optional? */
  tensors: boolean;
}

function attribute(of: Message): [string, Attribute] {
  const value = (): Attribute => {
    if (of.has(5)) return tensor(parse(of.get(5)![0] as Uint8Array));
    if (of.has(2)) return Number(of.get(2)![0]);
    if (of.has(3)) return whole(of, 3)[0]!;
    if (of.has(4)) return string(of, 4);
    return of.has(7) ? floats(of, 7, 4) : of.has(9) ? strings(of, 9) : whole(of, 8);
  };
  return [string(of, 1), value()];
}

/** A model.onnx. */
export function readModel(bytes: Uint8Array): OnnxModel {
  const model = parse(bytes), graph = messages(model, 7)[0]!, ends = [...messages(graph, 11), ...messages(graph, 12)];
  const sets = messages(model, 8).map((set) => ({ domain: string(set, 1), version: whole(set, 2)[0]! }));
  return {
    opset: sets.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 0,
    inputs: messages(graph, 11).map((info) => string(info, 1)),
    outputs: messages(graph, 12).map((info) => string(info, 1)),
    constants: new Map(messages(graph, 5).map((of) => [string(of, 8), tensor(of)])),
    nodes: messages(graph, 1).map((node) => ({
      op: string(node, 4), inputs: strings(node, 1), outputs: strings(node, 2), attributes: Object.fromEntries(messages(node, 5).map(attribute)),
    })),
    tensors: ends.every((info) => messages(info, 2).every((type) => type.has(1))),
  };
}
