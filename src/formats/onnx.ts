// A model as an ONNX file (https://onnx.ai/onnx/intro): the graph that predict runs, the number of rows left open. The numbers
// of the fields are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
//
// Each operator is written in the form of the oldest opset that has it as it is wanted here, and the file asks for the newest of
// those, from 7 to 11: so old runtimes read it too. The metadata say which operator wanted it. (None may be above 12, where axes
// are still attributes.)

import { Version } from "../../assembly/isa.ts";
import { inputName } from "../data/columns.ts";
import { GraphError, show } from "../errors.ts";
import type { Model } from "../model.ts";
import type { Parameter } from "../network.ts";
import { badOption, checkNames, wantBoolean } from "../options.ts";
import { exported } from "./exported.ts";
import { modelProto, operators, valueInfo, Writer } from "./onnxOps.ts";
import { outputName, portableGraph, type PortableGraph, type PortableNode, type PortableValue } from "./portable.ts";
import { field } from "./protobuf.ts";
import { rawRowsOf, rawType, writeRawRows, writeUnits } from "./rawRows.ts";

export interface OnnxOptions {
  /** Outputs that tell classes become probabilities: softmax or sigmoid is appended, as classify reads them. false by default: the
   * output is that of predict. */
  probabilities?: boolean;
  /** Of a model with preprocessing, false exports the network alone, which takes numbers. true by default. */
  preprocessing?: boolean;
  /** The licence of the weights, for the file's metadata. */
  license?: string;
}

/** A protocol buffer has at most 2 GiB. */
const MOST_BYTES = 0x7fff_ffff - 0x10_0000;
/** From 4 on, initializers need not be inputs too. */
const IR_VERSION = 4;

/** The model as the bytes of an ONNX file: what predict computes, for any number of rows. Its inputs are named as the model's, or
 * "input" where there is one without a name; so are the outputs ("output"). These two become "input_2" or "output_2" where the caller has
 * named something so. The weights are initializers under PyTorch's names and
 * in its layouts. The metadata tell classes, licence, numerics version, and which operator the opset (7 to 11) was chosen for.
 * The inputs of a model with preprocessing are its columns, [rows, 1] each: numbers as float64 (NaN: missing), texts as strings ("":
 * missing); its answers are in the target's units. Functions of your own, shared layers and layers of your own are exported as what they compute. https://onnx.ai/onnx/operators
 *
 * @throws GraphError "not-portable" for an output with the name of an input, or one of them with a parameter's; for a name that is no Unicode; for a column of texts or dates, which it names, for a model that draws random numbers while it predicts, or that depends on the number of
 * rows otherwise than by lengths; NonFiniteError if an update has taken parameters beyond float32; StateError after dispose.
 * @example
 * const model = await createModel(sequential(dense(3), relu(), dense(2)), { input: [4] });
 * toONNX(model) instanceof Uint8Array // → true
 */
export function toONNX(model: Model<any, any>, options: OnnxOptions = {}): Uint8Array<ArrayBuffer> {
  const { network, classes, probabilities } = exported(model, "toONNX");
  checkNames("toONNX", options, ["probabilities", "preprocessing", "license"]);
  const { license } = options;
  if (license !== undefined && typeof license !== "string") throw badOption("license", license, "a string", { of: "toONNX" });
  if (network.bytes > MOST_BYTES) throw new GraphError("not-portable", { of: "toONNX", problem: `${network.bytes} bytes of weights are more than a file can hold, 2 GiB` });
  const graph = portableGraph(network, wantBoolean("toONNX: probabilities", options.probabilities ?? false) ? probabilities : undefined);
  const to = new Writer(), known = operators(), names = new Map<PortableValue, string>();
  for (const { name } of network.parameters) to.name(name);
  /** A name of the caller's, which stays as it is. */
  const keep = (option: string, name: string): string => {
    if (to.has(name)) throw new GraphError("not-portable", { of: "toONNX", option, problem: `${show(name)} is the name of an input or a parameter too, and ONNX has each name once`, fix: "give it another name in the model" });
    if (/\p{Surrogate}/u.test(name)) throw new GraphError("not-portable", { of: "toONNX", option, problem: `${show(name)} has half a letter, which a file cannot`, fix: "give it another name in the model" });
    return to.name(name);
  };
  const raw = wantBoolean("toONNX: preprocessing", options.preprocessing ?? true) ? rawRowsOf(model) : undefined;
  const specs = raw?.columns.map((column) => ({ name: column.column, shape: [1], dtype: rawType(column, "toONNX") })) ?? network.inputs;
  const plain = network.single && !raw, columns = plain ? [] : specs.map(({ name }) => keep("input", name));
  const answers = network.singleOutput ? [] : [...graph.outputs.keys()].map((name) => keep("output", outputName(name)));
  // what has no name of its own gives way
  const inputs = specs.map(({ name, shape, dtype }, i) => ({ name: columns[i] ?? to.name(name), key: inputName(name), shape: [{ rows: 1 }, ...shape], dtype }));
  const outputs = [...graph.outputs].map(([name, value], i) => ({ name: answers[i] ?? to.name(outputName(name)), value }));
  to.first = inputs[0]!.name;
  const numbers = raw && writeRawRows(to, raw, inputs.map(({ name }) => name));
  const parameters = new Map(network.parameters.map((parameter) => [parameter.name, parameter])), affine = products(graph, parameters);

  for (const node of graph.nodes) {
    const { op, layer, attributes, inputs: x, outputs: [y] } = node, product = affine.get(node);
    if (op === "input") names.set(y!, numbers ?? inputs.find(({ key }) => key === attributes.name)!.name);
    else if (op === "parameter") {
      const parameter = parameters.get(attributes.name)!, { name, order } = parameter, { data, shape } = network.read(parameter);
      names.set(y!, to.initializer(name, "float32", shape, data));
      // where it is wanted as it lies in memory; Gemm reads it as it is
      if (order) to.later.set(name, () => to.node("Transpose", [name], { perm: order.map((_, axis) => order.indexOf(axis)) }, layer));
    } else if (product) {
      const [rows, weight] = product.inputs, turned = parameters.get(weight!.node.attributes.name)!.order?.[0] === 1;
      names.set(y!, to.node("Gemm", [to.value(names.get(rows!)!), names.get(weight!)!, to.value(names.get(x[1]!)!)],
        { transB: Number(turned !== product.attributes.transposeB) }, layer));
    } else if (![...affine.values()].includes(node)) {
      const write = known.get(op);
      if (!write) throw new GraphError("not-portable", { of: "toONNX", layer, problem: `ONNX has nothing for the op ${op}` });
      names.set(y!, write(to, x.map((value) => to.value(names.get(value)!)), node));
    }
  }
  for (const { name, value } of outputs) to.node("Identity", [writeUnits(to, network.singleOutput ? raw?.target ?? null : null, to.value(names.get(value)!))], {}, "", { output: name });

  const metadata = new Map([["numerics", String(Version.NUMERICS)], ["opset", `${to.opset}, for ${to.why}`]]);
  if (classes) metadata.set("classes", JSON.stringify(classes));
  if (license !== undefined) metadata.set("license", license);
  return modelProto(to, IR_VERSION, [
    ...inputs.map(({ name, dtype, shape }) => field(11, valueInfo(name, dtype, shape))),
    ...outputs.map(({ name, value: { dtype, shape } }) => field(12, valueInfo(name, dtype, shape))),
  ], metadata);
}

/** The additions x · W + b that are one Gemm, W and b being a weight as PyTorch has it and a row, and their products. */
function products({ nodes, outputs }: PortableGraph, parameters: ReadonlyMap<string, Parameter>): Map<PortableNode, PortableNode> {
  const uses = new Map<PortableValue, number>();
  for (const value of [...nodes.flatMap(({ inputs }) => inputs), ...outputs.values()]) uses.set(value, (uses.get(value) ?? 0) + 1);
  return new Map(nodes.flatMap((node) => {
    if (node.op !== "add") return [];
    const [product, bias] = node.inputs as [PortableValue, PortableValue], { op, inputs: [, weight], attributes } = product.node;
    const fits = op === "matmul" && uses.get(product) === 1 && !attributes.transposeA && bias.shape.length === 1 && bias.shape[0] === product.shape[1];
    return fits && parameters.has(weight!.node.attributes?.name) && weight!.node.op === "parameter" ? [[node, product.node] as const] : [];
  }));
}
