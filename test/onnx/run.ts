// Runs one case of the ONNX backend tests: a folder with model.onnx and test_data_set_n.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ops } from "../../src/index.ts";
import type { Value } from "../../src/graph.ts";
import { readModel, type Node, type OnnxModel, type OnnxTensor, readTensor } from "./files.ts";
import { Call, type Given, NODES, Unsupported } from "./nodes.ts";
import { OPTIMIZERS, optimize } from "./optimizers.ts";

/** Debian's package. */
export const DATA = "/usr/share/libonnx-testdata/data";
export const PACKAGE = "libonnx-testdata";
const SUITES = ["node", "simple", "pytorch-converted", "pytorch-operator"];
/** float64 is computed in float32, as everything. */
const FLOATS = ["float32", "float64"];
/** What is no arithmetic, and therefore no reason to run a case. */
const PLUMBING = ["Constant", "Shape", "Identity"];

export interface Case {
  name: string;
  folder: string;
  model: OnnxModel;
  ops: string[];
}

export const available = (): boolean => existsSync(join(DATA, "node/test_relu/model.onnx"));

/** All cases, also those with operators that lanewise has not. */
export function cases(): Case[] {
  return SUITES.flatMap((suite) => readdirSync(join(DATA, suite)).sort().map((name) => {
    const folder = join(DATA, suite, name), model = readModel(readFileSync(join(folder, "model.onnx")));
    return { name: `${suite}/${name}`, folder, model, ops: [...new Set(model.nodes.map(({ op }) => op))] };
  }));
}

const known = (op: string): boolean => op in NODES || op in OPTIMIZERS || op === "Constant" || op === "Gradient";

/** Has lanewise all that the case is made of? */
export function hasCounterpart({ ops }: Case): boolean {
  return ops.every(known) && ops.some((op) => !PLUMBING.includes(op));
}

export interface Outcome {
  got: OnnxTensor[];
  wanted: OnnxTensor[];
}

/** What lanewise gives for each data set, and what the data set says.
 *
 * @throws Unsupported, or one of lanewise's own errors.
 */
export async function runCase({ folder, model }: Case): Promise<Outcome[]> {
  if (!model.tensors) throw new Unsupported("sequences, maps and optionals");
  const sets = readdirSync(folder).filter((name) => name.startsWith("test_data_set"));
  if (sets.length === 0) throw new Error("no data set");
  const outcomes: Outcome[] = [];
  for (const set of sets) {
    const read = (kind: string, count: number): OnnxTensor[] => Array.from({ length: count }, (_, i) => readTensor(readFileSync(join(folder, set, `${kind}_${i}.pb`))));
    const given = new Map(model.constants), wanted = read("output", model.outputs.length);
    // constants may be listed as inputs too, and have no file
    const own = model.inputs.filter((name) => !model.constants.has(name)), files = read("input", readdirSync(join(folder, set)).filter((name) => name.startsWith("input_")).length);
    const names = files.length === own.length ? own : model.inputs;
    names.forEach((name, i) => given.set(name, files[i]!));
    const odd = [...files, ...wanted].find(({ type }) => ![...FLOATS, "int32", "int64", "bool"].includes(type));
    if (odd) throw new Unsupported(`numbers of type ${odd.type}`);
    const node = model.nodes[0]!;
    outcomes.push({ wanted, got: node.op in OPTIMIZERS ? await optimize(node, given) : await compute(model, given) });
  }
  return outcomes;
}

/** A graph in ops. */
async function compute({ nodes, outputs, opset }: OnnxModel, tensors: ReadonlyMap<string, OnnxTensor>): Promise<OnnxTensor[]> {
  const given = new Map<string, Given>([...tensors].map(([name, known]) => [name, { known }]));
  for (const { op, outputs: [name], attributes } of nodes) if (op === "Constant") given.set(name!, { known: attributes["value"] as OnnxTensor });
  // what has numbers that a program can take is an argument of it, beside being known
  const args = [...given.values()].filter(({ known }) => [...FLOATS, "int32", "int64"].includes(known!.type) && known!.data.length > 0
    && known!.data.every((x) => FLOATS.includes(known!.type) || Math.abs(x) < 2 ** 31)).map((one) => ({ one, ...one.known!, float: FLOATS.includes(one.known!.type) }));
  const computed = new Map<string, OnnxTensor>(), places: string[] = [];
  const f = await ops.compile((...values) => {
    args.forEach(({ one }, i) => (one.value = values[i]!));
    for (const node of nodes) if (node.op !== "Constant") evaluate(node, given, opset);
    return outputs.flatMap((name) => {
      const { value, known } = given.get(name)!;
      if (!value) computed.set(name, known!);
      else places.push(name);
      return value ? [value] : [];
    });
  }, args.map(({ shape, float }) => ({ shape, dtype: float ? ("float32" as const) : ("int32" as const) })));
  f.run(args.map(({ data, float }) => (float ? Float32Array.from(data) : Int32Array.from(data)))).forEach(({ data, shape }, i) =>
    computed.set(places[i]!, { type: data instanceof Float32Array ? "float32" : "int32", shape, data: [...data] }));
  f.dispose();
  return outputs.map((name) => computed.get(name)!);
}

function evaluate(node: Node, given: Map<string, Given>, opset: number): void {
  if (node.op === "Gradient") {
    const y = given.get(node.attributes["y"] as string)!.value!, by = (node.attributes["xs"] as string[]).map((name) => given.get(name)!.value!);
    ops.grad(ops.sum(y), by).forEach((value, i) => given.set(node.outputs[i]!, { value }));
    return;
  }
  const built = NODES[node.op]!(new Call(node, opset, node.inputs.map((name) => (name === "" ? undefined : given.get(name)))));
  const results: readonly (Value | OnnxTensor)[] = Array.isArray(built) ? built : [built];
  results.forEach((result, i) => {
    if (node.outputs[i]) given.set(node.outputs[i]!, "node" in result ? { value: result } : { known: result });
  });
}
