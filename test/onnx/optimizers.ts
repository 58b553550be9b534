// ONNX's optimizers, each a step of ours from a state of its own: https://onnx.ai/onnx/operators/onnx_aionnxpreviewtraining_Adam.html
// and its neighbours. A state is set as a checkpoint's is.

import { createModel, layer, mse, ops, optimizers, type Optimizer } from "../../src/index.ts";
import { parseSafetensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import type { Node, OnnxTensor } from "./files.ts";
import { Unsupported } from "./nodes.ts";

interface Step {
  optimizer: Optimizer;
  /** The states after gradients, in ONNX's order; the names are ours. */
  states: string[];
  /** Has our step been done before, so that it takes the state as it is? */
  later: boolean;
}

type Make = (rate: number, updates: number, number: (name: string, otherwise: number) => number, text: (name: string) => string) => Step;

export const OPTIMIZERS: Readonly<Record<string, Make>> = {
  // before the first update ONNX corrects nothing: its first step is ours with what the correction takes away put back
  Adam(rate, updates, number) {
    if (updates !== 0 || number("norm_coefficient_post", 0) !== 0) throw new Unsupported("adam that goes on from a later step");
    const beta1 = number("alpha", 0.9), beta2 = number("beta", 0.999), root = Math.sqrt(1 - beta2);
    return {
      optimizer: optimizers.adam({
        learningRate: (rate * (1 - beta1)) / root, beta1, beta2, epsilon: number("epsilon", 1e-6) / root, weightDecay: number("norm_coefficient", 0),
      }),
      states: ["m", "v"], later: false,
    };
  },
  Adagrad: (learningRate, updates, number) => {
    if (updates !== 0) throw new Unsupported("adagrad that goes on from a later step");
    return {
      optimizer: optimizers.adagrad({
        learningRate, learningRateDecay: number("decay_factor", 0), epsilon: number("epsilon", 1e-6), weightDecay: number("norm_coefficient", 0),
      }),
      states: ["s"], later: false,
    };
  },
  // ONNX's first step takes the gradient undamped, and has a buffer before it
  Momentum: (learningRate, updates, number, text) => ({
    optimizer: optimizers.sgd({
      learningRate, momentum: number("alpha", 0), dampening: updates ? 1 - number("beta", 1) : 0, nesterov: text("mode") === "nesterov",
      weightDecay: number("norm_coefficient", 0),
    }),
    states: ["momentum"], later: true,
  }),
};

/** Inputs: the rate, the number of updates, then all parameters, all gradients, and all of each state. */
export async function optimize({ op, inputs, attributes }: Node, given: ReadonlyMap<string, OnnxTensor>): Promise<OnnxTensor[]> {
  const [rate, updates, ...rest] = inputs.map((name) => given.get(name)!);
  const { optimizer, states, later } = OPTIMIZERS[op]!(
    rate!.data[0]!, updates!.data[0]!, (name, otherwise) => (attributes[name] as number | undefined) ?? otherwise, (name) => attributes[name] as string,
  );
  const count = rest.length / (2 + states.length), part = (i: number): OnnxTensor[] => rest.slice(i * count, (i + 1) * count);
  const names = part(0).map((_, i) => `p${i}`);
  const model = await createModel(layer("parameters", (x, scope) => names.map((name, i) => ops.sum(scope.parameter(name, part(0)[i]!.shape))).reduce(ops.add, x)), { input: [1] });
  const options = { loss: mse(), optimizer };
  const before = model.trainer(options);
  if (later) before.apply(new Map(names.map((name, i) => [name, part(1)[i]!])));
  const { tensors, metadata } = parseSafetensors(before.checkpoint());
  before.dispose();
  names.forEach((name, i) => ["parameter", ...states].forEach((kind, s) => {
    const key = `${kind} ${name}`, { data, shape } = part(s === 0 ? 0 : 1 + s)[i]!;
    if (!tensors.has(key)) throw new Error(`the checkpoint has no ${key}, but ${[...tensors.keys()].join(", ")}`);
    tensors.set(key, { data: Float32Array.from(data), shape });
  }));
  const trainer = model.trainer({ ...options, resume: writeSafetensors(tensors, Object.fromEntries(metadata)) });
  trainer.apply(new Map(names.map((name, i) => [name, part(1)[i]!])));
  const after = parseSafetensors(trainer.checkpoint()).tensors;
  model.dispose();
  return ["parameter", ...states].flatMap((kind) => names.map((name) => {
    const { data, shape } = after.get(`${kind} ${name}`)!;
    return { type: "float32", shape: [...shape], data: [...data] };
  }));
}
