// A dense network as an ONNX file. An ONNX file is a protocol buffer (https://protobuf.dev/programming-guides/encoding);
// the numbers of the fields are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).

const ELEMENT_FLOAT = 1, IR_VERSION = 8, OPSET = 17;

function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

/** A field: a number, or what has a length: a string, bytes or a message. */
function field(number, value) {
  if (typeof value === "number") return Buffer.concat([varint(8 * number), varint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(8 * number + 2), varint(bytes.length), bytes]);
}

const message = (...fields) => Buffer.concat(fields);
const node = (op, inputs, output) => message(...inputs.map((name) => field(1, name)), field(2, output), field(4, op));
const tensor = (name, shape, { buffer, byteOffset, byteLength }) => message(
  ...shape.map((size) => field(1, size)), field(2, ELEMENT_FLOAT), field(8, name), field(9, new Uint8Array(buffer, byteOffset, byteLength)));

function valueInfo(name, shape) {
  const dimensions = shape.map((size) => field(1, field(1, size)));
  return message(field(1, name), field(2, field(1, message(field(1, ELEMENT_FLOAT), field(2, message(...dimensions))))));
}

const OPS = { relu: "Relu", tanh: "Tanh" };

/** The bytes of a file whose graph computes `logits` [rows, out] from `x` [rows, in] with layers as initialLayers gives them. */
export function onnxFile(layers, { rows, activation }) {
  const nodes = [], tensors = [], last = layers.length - 1;
  layers.forEach(({ from, to, weight, bias }, i) => {
    tensors.push(tensor(`weight${i}`, [from, to], weight), tensor(`bias${i}`, [to], bias));
    nodes.push(node("Gemm", [i ? `a${i - 1}` : "x", `weight${i}`, `bias${i}`], i === last ? "logits" : `z${i}`));
    if (i < last) nodes.push(node(OPS[activation], [`z${i}`], `a${i}`));
  });
  const graph = message(
    ...nodes.map((one) => field(1, one)), field(2, "network"), ...tensors.map((one) => field(5, one)),
    field(11, valueInfo("x", [rows, layers[0].from])), field(12, valueInfo("logits", [rows, layers[last].to])));
  return message(field(1, IR_VERSION), field(7, graph), field(8, field(2, OPSET)));
}
