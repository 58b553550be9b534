// What ops and layers are in PyTorch (https://pytorch.org/docs/stable), as Python.

import { ConvertKind, RandomKind } from "../../assembly/isa.ts";
import { GraphError } from "../errors.ts";
import { isFixed, type Length, type PortableGraph, type PortableValue } from "./portable.ts";

/** A number in Python: never a whole one by its type. */
export function float(x: number): string {
  if (Number.isNaN(x)) return 'float("nan")';
  if (!Number.isFinite(x)) return `${x < 0 ? "-" : ""}float("inf")`;
  const text = Object.is(x, -0) ? "-0" : String(x);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Any plain data in Python. */
export function python(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : float(value);
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  return typeof value === "string" ? JSON.stringify(value) : `{${Object.entries(value as object).map(([key, item]) => `${JSON.stringify(key)}: ${python(item)}`).join(", ")}}`;
}

export const tuple = (list: readonly Length[]): string => `(${list.map((n) => `${length(n)},`).join(" ")})`;
const length = (n: Length): string => (isFixed(n) ? String(n) : n.rows === 1 ? "n" : `${n.rows} * n`);

type Call = (x: readonly string[], attributes: any, y: PortableValue, given: readonly PortableValue[]) => string | string[];

const call = (name: string): Call => (x) => `${name}(${x.join(", ")})`;
const operator = (sign: string): Call => ([a, b]) => `${a} ${sign} ${b}`;
const test = (sign: string): Call => ([a, b]) => `(${a} ${sign} ${b}).float()`;
const each = (name: string): Call => ([p, t]) => `F.${name}(${p}, ${t}, reduction="none")`;
const dims = ({ axis, count }: { axis: number; count: number }): string => tuple(Array.from({ length: count }, (_, i) => axis + i));
const wide = (x: string, { axis, count }: { axis: number; count: number }): string => (count > 1 ? `${x}.flatten(${axis}, ${axis + count - 1})` : x);
const KINDS: Readonly<Record<number, string>> = { [RandomKind.Uniform]: "uniform", [RandomKind.Normal]: "normal", [RandomKind.Bernoulli]: "bernoulli" };

/** Losses that PyTorch has too. */
export const TORCH_LOSSES: readonly string[] = ["crossEntropy", "squaredError", "absoluteError", "logitCrossEntropy", "probabilityCrossEntropy", "hinge"];

const calls = (): ReadonlyMap<string, Call> => new Map(Object.entries<Call>({
  relu: call("torch.relu"), sigmoid: call("torch.sigmoid"), tanh: call("torch.tanh"), exp: call("torch.exp"), log: call("torch.log"),
  sqrt: call("torch.sqrt"), square: call("torch.square"), abs: call("torch.abs"), erf: call("torch.erf"),
  leakyRelu: ([x], [slope]) => `F.leaky_relu(${x}, ${float(slope)})`,
  // torch.clamp has another derivative at its bounds
  clamp: ([x], [low, high]) => `F.hardtanh(${x}, ${float(low)}, ${float(high)})`,
  elu: ([x], [p, q]) => (q === 1 ? `F.elu(${x}, ${float(p)})` : `F.celu(${x}, ${float(p)})`),
  softplus: ([x], [p, q]) => `F.softplus(${x}, ${float(p)}, ${float(q)})`,
  add: operator("+"), subtract: operator("-"), multiply: operator("*"), divide: operator("/"), power: call("torch.pow"),
  maximum: call("torch.maximum"), minimum: call("torch.minimum"), greater: test(">"), equal: test("=="), equalInt: test("=="),
  heaviside: ([a, b]) => `(${a} > ${b}).float() + 0.5 * (${a} == ${b}).float()`,
  scale: ([x], { factor }) => `${x} * ${float(factor)}`,
  constant: (_, { value }, y) => `torch.full(${tuple(y.shape)}, ${float(value)})`,
  vector: (_, list: readonly number[]) => `torch.tensor([${list.map(float).join(", ")}])`,
  convert: ([x], { kind }) => `${x}.to(${kind === ConvertKind.FloatToInt ? "torch.int64" : "torch.float32"})`,
  matmul: ([a, b], { transposeA, transposeB }) => `${a}${transposeA ? ".t()" : ""} @ ${b}${transposeB ? ".t()" : ""}`,
  sum: ([x], axes) => `${x}.sum(${dims(axes)})`, mean: ([x], axes) => `${x}.mean(${dims(axes)})`,
  max: ([x], axes) => `${wide(x!, axes)}.max(${axes.axis})[0]`, argmax: ([x], axes) => `${wide(x!, axes)}.argmax(${axes.axis})`,
  broadcastTo: ([x], _, y) => `${x}.expand(${tuple(y.shape)})`,
  place: ([x, ids], _, y) => `torch.zeros(${tuple(y.shape)}).scatter(1, ${ids}.unsqueeze(1), ${x}.unsqueeze(1))`,
  pick: ([x, ids]) => `${x}.gather(1, ${ids}.unsqueeze(1)).squeeze(1)`,
  copy: ([x]) => `${x}.clone()`,
  reshape: ([x], _, y) => `${x}.reshape(${tuple(y.shape)})`,
  transpose: ([x], { order }) => `${x}.permute(${order.join(", ")})`,
  slice: ([x], { axis, start }, y) => `${x}.narrow(${axis}, ${length(start)}, ${length(y.shape[axis]!)})`,
  pad([x], { axis, start }, y, [own]) {
    const rank = y.shape.length, after = `${length(y.shape[axis]!)} - ${length(start)} - ${length(own!.shape[axis]!)}`;
    return `F.pad(${x}, [${"0, 0, ".repeat(rank - 1 - axis)}${length(start)}, ${after}])`;
  },
  concat: (x, { axis }) => `torch.cat([${x.join(", ")}], ${axis})`,
  softmax: ([x]) => `torch.softmax(${x}, -1)`, logSoftmax: ([x]) => `torch.log_softmax(${x}, -1)`,
  random: (_, { kind, p, q }, y) => `rng.draw("${KINDS[kind]}", ${tuple(y.shape)}, ${float(p)}, ${float(q)})`,
  crossEntropy: ([x, t]) => [`F.cross_entropy(${x}, ${t}, reduction="none")`, `torch.softmax(${x}, -1)`],
  squaredError: each("mse_loss"), absoluteError: each("l1_loss"), logitCrossEntropy: each("binary_cross_entropy_with_logits"),
  probabilityCrossEntropy: each("binary_cross_entropy"), hinge: ([p, t]) => `torch.relu(1 - ${t} * ${p})`,
}));

/** The lines of a function that computes a graph; `source` gives an input or a parameter, by its op and name. */
export function torchLines({ nodes }: PortableGraph, of: string, source: (op: string, name: string) => string): { lines: string[]; names: Map<PortableValue, string> } {
  const table = calls(), names = new Map<PortableValue, string>(), lines: string[] = [];
  const used = new Set(nodes.flatMap(({ inputs }) => inputs));
  for (const { op, inputs, attributes, outputs, layer } of nodes) {
    if (op === "input" || op === "parameter") {
      names.set(outputs[0]!, source(op, attributes.name));
      continue;
    }
    const write = table.get(op);
    if (!write) throw new GraphError("not-portable", { of, layer, problem: `nothing is written for the op ${op}` });
    const texts = [write(inputs.map((value) => names.get(value)!), attributes, outputs[0]!, inputs)].flat();
    texts.forEach((text, i) => {
      if (i > 0 && !used.has(outputs[i]!)) return;
      const name = `v${lines.length}`;
      names.set(outputs[i]!, name);
      lines.push(`${name} = ${text}${layer ? `  # ${layer}` : ""}`);
    });
  }
  return { lines, names };
}

type Options = Readonly<Record<string, any>>;

/** A module of PyTorch: its class, and what it is made with. Classes that PyTorch lacks are written out: see MODULES. */
export interface TorchModule {
  readonly type: string;
  readonly args: string;
  readonly own?: string;
}

/** What each kind of layer is; `features` are those of a dense layer's input. */
export const torchLayers = (): ReadonlyMap<string, (options: Options, features: number) => TorchModule> => {
  const plain = (type: string, args = ""): (() => TorchModule) => () => ({ type: `nn.${type}`, args });
  return new Map<string, (options: Options, features: number) => TorchModule>([
    ["dense", ({ units, bias = true }, features) => ({ type: "nn.Linear", args: `${features}, ${units}${bias ? "" : ", bias=False"}` })],
    ["flatten", () => ({ type: "Flatten", args: "", own: "Flatten" })],
    ["relu", plain("ReLU")], ["relu6", plain("ReLU6")], ["selu", plain("SELU")], ["mish", plain("Mish")], ["softsign", plain("Softsign")],
    ["hardSigmoid", plain("Hardsigmoid")], ["hardSwish", plain("Hardswish")], ["sigmoid", plain("Sigmoid")], ["logSigmoid", plain("LogSigmoid")],
    ["tanh", plain("Tanh")], ["softmax", plain("Softmax", "-1")], ["logSoftmax", plain("LogSoftmax", "-1")],
    ["dropout", ({ rate }) => ({ type: "Dropout", args: float(rate), own: "Dropout" })],
    ["alphaDropout", ({ rate }) => ({ type: "AlphaDropout", args: float(rate), own: "AlphaDropout" })],
    ["gaussianNoise", ({ deviation }) => ({ type: "GaussianNoise", args: float(deviation), own: "GaussianNoise" })],
    ["leakyRelu", ({ slope }) => ({ type: "nn.LeakyReLU", args: float(slope) })],
    ["elu", ({ alpha }) => ({ type: "nn.ELU", args: float(alpha) })],
    ["celu", ({ alpha }) => ({ type: "nn.CELU", args: float(alpha) })],
    ["prelu", ({ channels }) => (channels === 1 ? { type: "nn.PReLU", args: "" } : { type: "PReLU", args: String(channels), own: "PReLU" })],
    ["gelu", ({ approximate }) => ({ type: "nn.GELU", args: approximate === "none" ? "" : `approximate="${approximate}"` })],
    ["silu", ({ beta, learned }) => (beta === 1 && !learned ? { type: "nn.SiLU", args: "" }
      : { type: "Swish", args: `${float(beta)}${learned ? ", learned=True" : ""}`, own: "Swish" })],
    ["softplus", ({ beta, threshold }) => ({ type: "nn.Softplus", args: `${float(beta)}, ${float(threshold)}` })],
    ["hardTanh", ({ minimum, maximum }) => ({ type: "nn.Hardtanh", args: `${float(minimum)}, ${float(maximum)}` })],
  ]);
};

/** Modules that PyTorch lacks, or has otherwise. */
export const MODULES: Readonly<Record<string, string>> = {
  Flatten: `class Flatten(nn.Module):
    """Rows as one axis; images [n, height, width, channels] in the order channel, height, width."""

    def forward(self, x):
        return (x.permute(0, 3, 1, 2) if x.dim() == 4 else x).flatten(1)`,
  Dropout: `class Dropout(nn.Dropout):
    """nn.Dropout that draws from rng, where that has a seed."""

    def forward(self, x):
        if not self.training or self.p == 0 or rng.seed is None:
            return super().forward(x)
        return x * rng.draw("bernoulli", x.shape, self.p, 0.0 if self.p == 1 else 1 / (1 - self.p))`,
  AlphaDropout: `class AlphaDropout(nn.AlphaDropout):
    """nn.AlphaDropout that draws from rng, where that has a seed."""

    def forward(self, x):
        if not self.training or self.p == 0 or rng.seed is None:
            return super().forward(x)
        if self.p == 1:
            return x * 0
        low, keep = -1.7580993408473766, 1 - self.p
        a = 1 / math.sqrt(keep + low * low * keep * self.p)
        return rng.draw("bernoulli", x.shape, self.p, a) * (x - low) + a * low * keep`,
  GaussianNoise: `class GaussianNoise(nn.Module):
    """Normal noise of mean 0, while training."""

    def __init__(self, deviation):
        super().__init__()
        self.deviation = deviation

    def forward(self, x):
        if not self.training or self.deviation == 0:
            return x
        return x + (torch.randn_like(x) * self.deviation if rng.seed is None else rng.draw("normal", x.shape, 0.0, self.deviation))`,
  PReLU: `class PReLU(nn.PReLU):
    """nn.PReLU whose channels are the last axis."""

    def forward(self, x):
        return torch.where(x > 0, x, x * self.weight)`,
  Swish: `class Swish(nn.Module):
    """x * sigmoid(beta * x), beta being fixed or learned."""

    def __init__(self, beta, learned=False):
        super().__init__()
        self.beta = nn.Parameter(torch.tensor([beta])) if learned else beta

    def forward(self, x):
        return x * torch.sigmoid(x * self.beta)`,
};
