// A model and its training as a PyTorch program: model.py, train.py and the weights. Layers become the modules of PyTorch that
// they are named after, with their defaults and names; what a function or a layer of one's own computes is written out. train.py
// draws its random numbers and the order of rows as the core does (assembly/random.ts), so that it trains on the same batches with
// the same dropout.

import { type Column, type Data, inputName, WEIGHT } from "../data/columns.ts";
import { GraphError } from "../errors.ts";
import { Graph, type Value } from "../graph.ts";
import { isLayer, type Layer } from "../layers/layer.ts";
import type { Model } from "../model.ts";
import type { Network, Parameter } from "../network.ts";
import { input, parameterOp } from "../op.ts";
import { badOption, checkNames, wantBoolean, wantCount, wantSeed } from "../options.ts";
import { assignGroups, type Optimizer } from "../optimizers/optimizer.ts";
import { add } from "../ops/binary.ts";
import { buildObjective, dataColumns, type Objective, resolveObjective } from "../train/objective.ts";
import type { FitOptions } from "../train/fit.ts";
import { setUp, type Setup } from "../train/setup.ts";
import { exported } from "./exported.ts";
import { portableFunction, portableGraph, type PortableGraph } from "./portable.ts";
import { writeSafetensors } from "./safetensors.ts";
import { float, MODULES, python, TORCH_LOSSES, torchLayers, torchLines, type TorchModule } from "./torchOps.ts";

/** The options of fit that train.py knows, and the data. */
export interface PyTorchOptions extends Partial<Pick<FitOptions,
  "loss" | "lossWeights" | "optimizer" | "schedule" | "batchSize" | "epochs" | "shuffle" | "seed" | "clipNorm" | "clipValue" | "penalty">> {
  /** As fit takes it; becomes data.safetensors. A schedule wants it, for it depends on the number of steps. */
  data?: Data;
}

/** The files of a PyTorch program, by name. */
export interface PyTorchFiles {
  "model.py": string;
  "weights.safetensors": Uint8Array<ArrayBuffer>;
  /** Where there is a loss. */
  "train.py"?: string;
  /** Where there are data. */
  "data.safetensors"?: Uint8Array<ArrayBuffer>;
}

/** Steps whose rates are written into train.py. */
const RATES = 100_000;

/** The model as a PyTorch program, which wants torch and nothing else: model.py has the class `Model`, whose state_dict has the
 * names and layouts of `model.parameters`, and `load()`, which reads the weights. With a loss, train.py trains as fit would from
 * here with the same options: loss, optimizer, its groups and schedule, the order of rows, and dropout; its losses are those of fit
 * to some 1e-6 at first, and part as rounding adds up. `python3 train.py` prints the loss of each step and writes
 * trained.safetensors. https://pytorch.org/docs/stable/nn.html
 *
 * @throws GraphError "not-portable" for what PyTorch has not, or has already: a layer or a parameter whose name is one of nn.Module's
 * own, such as "training" or "type"; an optimizer or a schedule of your own that looks at reports, a model
 * that depends on the number of rows otherwise than by lengths; else what fit throws for its options and data.
 * @example
 * const model = await createModel(sequential(dense(3), relu(), dense(1)), { input: [2] });
 * Object.keys(exportPyTorch(model, { loss: mse(), optimizer: sgd() })) // → ["model.py", "weights.safetensors", "train.py"]
 */
export function exportPyTorch(model: Model<any, any>, options: PyTorchOptions = {}): PyTorchFiles {
  const { network, classes } = exported(model, "exportPyTorch");
  checkNames("exportPyTorch", options, ["loss", "lossWeights", "optimizer", "schedule", "batchSize", "epochs", "shuffle", "seed", "clipNorm", "clipValue", "penalty", "data"]);
  const files: PyTorchFiles = { "model.py": modelFile(network, classes), "weights.safetensors": writeSafetensors(model.parameters, { format: "pt" }) };
  const { loss, data } = options;
  if (loss === undefined) return files;
  const objective = resolveObjective(network, { ...options, loss });
  const known = data === undefined ? undefined : dataColumns(network, objective, data, classes);
  const columns = known ?? dataColumns(network, objective, model["blankData"](objective, 7), classes);
  const seed = wantSeed(options.seed ?? model["notes"].seed), setup = setUp(network, objective, options as FitOptions, known?.rows ?? 0);
  files["train.py"] = trainFile(network, setup, options, columns.columns, known?.rows, seed);
  if (known)
    files["data.safetensors"] = writeSafetensors(new Map(known.columns.map(({ name, shape, data }) =>
      [columnKey(network, name), { data: Float32Array.from(data as ArrayLike<number>), shape: [known.rows, ...shape] }])), { format: "pt" });
  return files;
}

/** A column's name in data.safetensors: "x", "y", or "x.name", "y.name"; "weight". */
function columnKey({ single, singleOutput }: Network, name: string): string {
  if (name === WEIGHT) return "weight";
  const own = name.slice(name.indexOf(" ") + 1);
  return name.startsWith(inputName("")) ? (single ? "x" : `x.${own}`) : singleOutput ? "y" : `y.${own}`;
}

/** A parameter's Value as an expression: its axes as they lie in memory. */
const inMemory = ({ name, order }: Parameter, of: string): string =>
  `${of}[${JSON.stringify(name)}]${order ? `.permute(${order.map((_, axis) => order.indexOf(axis)).join(", ")})` : ""}`;

const indented = (lines: readonly string[], by: number): string => lines.map((line) => (line ? " ".repeat(by) + line : line)).join("\n");

/** As one text, so that those who look for imports in the library's own files do not find these. */
const imports = (...names: readonly string[]): string => names.map((name) => `import ${name}`).join("\n");

/** model.py */
function modelFile(network: Network, classes: readonly string[] | undefined): string {
  const own = new Set<string>(), { model } = network;
  const known = isLayer(model) ? rootOf(network, model, own) : undefined;
  if (!known) own.clear();
  wantNames(known ? pathsOf(known) : [], network.parameters.map(({ name }) => name));
  const text = known ? ofLayers(known) : ofOps(network);
  // JSON does not tell 1 from 1.0
  const type = (dtype: string): string => (dtype === "int32" ? "torch.int64" : "torch.float32");
  const types = network.single ? type(network.inputs[0]!.dtype) : `{${network.inputs.map(({ name, dtype }) => `${JSON.stringify(name)}: ${type(dtype)}`).join(", ")}}`;
  return `# A model of lanewise for PyTorch. ${known ? "Its layers are those of the model." : "What its function computes is written out."}
# load() gives it with its weights; as a program, it prints the outputs for rows on standard input, both as JSON.
${imports("json, math, pathlib, struct, sys", "torch")}
from torch import nn
from torch.nn import functional as F
${classes ? `\nCLASSES = ${python(classes)}\n` : ""}

def read_safetensors(path):
    """Tensors by name: 8 bytes with the length of a JSON header, the header, the numbers."""
    data = pathlib.Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"{name}: F32 is read, not {entry['dtype']}")
        begin, end = entry["data_offsets"]
        numbers = torch.frombuffer(bytearray(data[start + begin:start + end]), dtype=torch.float32) if end > begin else torch.empty(0)
        tensors[name] = numbers.reshape(entry["shape"])
    return tensors


def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + 4 * tensor.numel()]}
        at += 4 * tensor.numel()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    body = b"".join(struct.pack(f"<{tensor.numel()}f", *tensor.detach().flatten().tolist()) for tensor in tensors.values())
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + body)


class Rng:
    """Philox4x32-10 (Salmon et al., SC 2011), as lanewise draws: numbers are a function of seed, step, stream and place."""

    M = 0xFFFFFFFF

    def __init__(self):
        self.seed, self.step, self.stream = None, 0, 0

    def begin(self, step):
        self.step, self.stream = step, 0

    def words(self, count, stream, step):
        """Four rows of 32-bit words, for at least \`count\` numbers."""
        low, high = self.seed
        c0 = torch.arange(4 * ((count + 15) // 16), dtype=torch.int64)
        c1, c2, c3 = torch.full_like(c0, step), torch.full_like(c0, stream), torch.zeros_like(c0)
        for _ in range(10):
            p0, p1 = c0 * 0xD2511F53, c2 * 0xCD9E8D57
            c0, c1, c2, c3 = ((p1 >> 32) & self.M) ^ c1 ^ low, p1 & self.M, ((p0 >> 32) & self.M) ^ c3 ^ high, p0 & self.M
            low, high = (low + 0x9E3779B9) & self.M, (high + 0xBB67AE85) & self.M
        return torch.stack([c0, c1, c2, c3])

    @staticmethod
    def flat(rows, count):
        return rows.reshape(4, -1, 4).permute(1, 0, 2).reshape(-1)[:count]

    def draw(self, kind, shape, p, q):
        count = math.prod(shape)
        words = self.words(count, self.stream, self.step)
        self.stream += 1
        unit = (words >> 8).float() * 5.9604644775390625e-08
        p, q = torch.tensor(p), torch.tensor(q)
        if kind == "bernoulli":
            return ((self.flat(unit, count) >= p).float() * q).reshape(shape)
        if kind == "normal":
            radius, turn = torch.sqrt(-2 * torch.log(1 - unit[:2])), 2 * math.pi * unit[2:]
            unit = torch.stack([radius[0] * torch.cos(turn[0]), radius[0] * torch.sin(turn[0]), radius[1] * torch.cos(turn[1]), radius[1] * torch.sin(turn[1])])
        return (p + q * self.flat(unit, count)).reshape(shape)

    def shuffle(self, count, epoch, stream=0xFFFFFFFF):
        """The order of rows in an epoch: Fisher and Yates, from the end."""
        ids, words = list(range(count)), self.flat(self.words(count, stream, epoch), count).tolist()
        for draw, i in enumerate(range(count, 1, -1)):
            other = (words[draw] * i) >> 32
            ids[i - 1], ids[other] = ids[other], ids[i - 1]
        return ids


rng = Rng()

${[...own].map((name) => `\n${MODULES[name]}\n\n`).join("")}
${text}

def load(path=pathlib.Path(__file__).with_name("weights.safetensors")):
    """The model with the weights of a file, in evaluation mode."""
    model = Model()
    model.load_state_dict(read_safetensors(path), strict=True)
    return model.eval()


if __name__ == "__main__":
    given = json.load(sys.stdin)
    types = ${types}
    tensors = ${network.single ? "torch.tensor(given, dtype=types)" : "{name: torch.tensor(given[name], dtype=dtype) for name, dtype in types.items()}"}
    with torch.no_grad():
        outputs = load()(tensors)
    print(json.dumps({name: value.tolist() for name, value in outputs.items()} if isinstance(outputs, dict) else outputs.tolist()))
`;
}

/** A tree of modules. */
interface Tree extends TorchModule {
  readonly name: string;
  readonly inner?: readonly Tree[];
}

/** What modules of PyTorch have already (torch 1.13 to 2.7), beside names with two underscores at both ends. */
const attributes = (): ReadonlySet<string> => new Set((
  "T_destination add_module append apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval extend extra_repr float forward get_buffer " +
  "get_extra_state get_parameter get_submodule half insert ipu load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters pop " +
  "register_backward_hook register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook " +
  "register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook " +
  "requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty train training type xpu zero_grad " +
  "_apply _backward_hooks _backward_pre_hooks _buffers _call_impl _compiled_call_impl _forward_hooks _forward_hooks_always_called _forward_hooks_with_kwargs " +
  "_forward_pre_hooks _forward_pre_hooks_with_kwargs _get_backward_hooks _get_backward_pre_hooks _get_item_by_idx _get_name _is_full_backward_hook _load_from_state_dict " +
  "_load_state_dict_post_hooks _load_state_dict_pre_hooks _maybe_warn_non_full_backward_hook _modules _named_members _non_persistent_buffers_set _parameters " +
  "_register_load_state_dict_pre_hook _register_state_dict_hook _replicate_for_data_parallel _save_to_state_dict _slow_forward _state_dict_hooks _state_dict_pre_hooks " +
  "_version _wrapped_call_impl"
).split(" "));

/** Throws for what a module of PyTorch cannot be called, or a parameter. Any other name will do, a keyword of Python too: all of them
 * are texts in model.py. They are not changed, for the weights of the file, and of who trains on there, have the model's names. */
function wantNames(modules: readonly string[], parameters: readonly string[]): void {
  const refuse = (layer: string, problem: string): never => {
    throw new GraphError("not-portable", { of: "exportPyTorch", layer, problem, fix: "give it another name" });
  };
  const known = attributes();
  for (const path of [...modules, ...parameters]) {
    const taken = path.split(".").find((name) => known.has(name) || /^__.*__$/.test(name));
    if (taken !== undefined) refuse(path, `PyTorch's modules have ${taken} of their own`);
  }
  for (const path of parameters) {
    const inside = parameters.find((other) => other.startsWith(`${path}.`));
    if (inside !== undefined) refuse(path, `it is a parameter, and ${inside} is one of a layer of that name`);
  }
}

/** The modules inside of one. */
function pathsOf({ inner = [] }: Tree, before = ""): string[] {
  return inner.flatMap((item) => [before + item.name, ...pathsOf(item, `${before}${item.name}.`)]);
}

/** The model's layer. One with a name of its own stands under that name in the parameters' names. */
function rootOf(network: Network, layer: Layer, own: Set<string>): Tree | undefined {
  const name = (layer.options.name as string | undefined) ?? "", tree = structure(network, layer, name, own);
  return tree && name ? { type: "nn.Sequential", args: "", name: "", inner: [tree] } : tree;
}

/** A layer as modules of PyTorch; undefined where one of them, or of those inside, is none. */
function structure(network: Network, layer: Layer, path: string, own: Set<string>, key = ""): Tree | undefined {
  const { type, options } = layer, name = (options.name as string | undefined) ?? key;
  if (type === "sequential") {
    const layers = options.layers as readonly Layer[];
    // a layer that stands there twice is one module, whose name is that of its first place
    if (new Set(layers).size < layers.length) return undefined;
    const inner = layers.map((item, i) => structure(network, item, join(path, item, String(i)), own, String(i)));
    return inner.every((item) => item !== undefined) ? { type: "nn.Sequential", args: "", name, inner: inner as Tree[] } : undefined;
  }
  const make = torchLayers().get(type);
  if (!make) return undefined;
  const weight = network.parameters.find((parameter) => parameter.name === (path ? `${path}.weight` : "weight"));
  if (type === "dense" && !weight) return undefined;
  const module = make(options, weight?.shape[1] ?? 0);
  if (module.own) own.add(module.own);
  return { ...module, name };
}

function join(path: string, { options }: Layer, key: string): string {
  const own = (options.name as string | undefined) ?? key;
  return path ? `${path}.${own}` : own;
}

function ofLayers(root: Tree): string {
  const made = ({ type, args, inner }: Tree, depth: number): string => {
    if (!inner) return `${type}(${args})`;
    const pad = " ".repeat(depth + 4), plain = inner.every(({ name }, i) => name === String(i));
    const items = inner.map((item) => (plain ? made(item, depth + 4) : `(${JSON.stringify(item.name)}, ${made(item, depth + 4)})`)).map((text) => `${pad}${text},\n`).join("");
    return plain ? `nn.Sequential(\n${items}${" ".repeat(depth)})` : `nn.Sequential(OrderedDict([\n${items}${" ".repeat(depth)}]))`;
  };
  const { type, args, inner } = root, body = inner ? made(root, 8).slice("nn.Sequential(".length, -1) : args;
  return `${body.includes("OrderedDict(") ? "from collections import OrderedDict\n\n\n" : ""}class Model(${type}):
    def __init__(self):
        super().__init__(${body})

`;
}

/** A model that is a function, or has layers of one's own: what it computes. */
function ofOps(network: Network): string {
  const evaluated = portableGraph(network);
  const trained = portableFunction((rows) => {
    const { graph, outputs } = network.trace(rows, true);
    return [graph, outputs];
  }, TORCH_LOSSES);
  const random = trained.nodes.some(({ op }) => op === "random"), byName = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
  const body = (graph: PortableGraph): string[] => {
    const { lines, names } = torchLines(graph, "exportPyTorch", (op, name) => {
      if (op === "parameter") return inMemory(byName.get(name)!, "p");
      const spec = network.inputs.find((one) => inputName(one.name) === name);
      if (!spec) return "None"; // the seed, which rng has
      return network.single ? "x" : `x[${JSON.stringify(spec.name)}]`;
    });
    const outputs = [...graph.outputs].map(([name, value]) => [name, names.get(value)!] as const);
    const first = network.single ? "x" : `x[${JSON.stringify(network.inputs[0]!.name)}]`;
    return [`n = ${first}.shape[0]`, ...lines, `return ${network.singleOutput ? outputs[0]![1] : `{${outputs.map(([name, text]) => `${JSON.stringify(name)}: ${text}`).join(", ")}}`}`];
  };
  const declared = network.parameters.map(({ name, shape, buffer }) => `(${JSON.stringify(name)}, [${shape.join(", ")}], ${python(buffer)}),`);
  const compute = (name: string, graph: PortableGraph): string => `def ${name}(x, p):\n${indented(body(graph), 4)}\n\n\n`;
  return `${random ? compute("trained", trained) : ""}${compute("evaluated", evaluated)}class Model(nn.Module):
    def __init__(self):
        super().__init__()
        for name, shape, buffer in [
${indented(declared, 12)}
        ]:
            module, (*path, last) = self, name.split(".")
            for part in path:
                if part not in module._modules:
                    module.add_module(part, nn.Module())
                module = module._modules[part]
            if buffer:
                module.register_buffer(last, torch.zeros(shape))
            else:
                module.register_parameter(last, nn.Parameter(torch.zeros(shape)))

    def forward(self, x):
        p = dict([*self.named_parameters(), *self.named_buffers()])
        return ${random ? "trained(x, p) if self.training and rng.seed is not None else " : ""}evaluated(x, p)

`;
}

/** train.py */
function trainFile(network: Network, setup: Setup, options: PyTorchOptions, columns: readonly Column[], rows: number | undefined, seed: { low: number; high: number }): string {
  const { layout, clip } = setup, { optimizer } = layout, driven = optimizer.drive !== undefined;
  const batchSize = wantCount("batchSize", options.batchSize ?? (driven ? rows ?? 0 : 32), driven && !rows ? 0 : 1), epochs = wantCount("epochs", options.epochs ?? 1);
  const shuffle = wantBoolean("shuffle", options.shuffle ?? !driven);
  const trainable = layout.slots.map(({ parameter }) => parameter as Parameter), frozen = network.parameters.filter((parameter) => !parameter.buffer && !trainable.includes(parameter));
  const { lines, names, loss } = lossLines(network, setup, columns);
  const inputs = network.single ? `data["x"][rows]` : `{${network.inputs.map(({ name }) => `${JSON.stringify(name)}: data[${JSON.stringify(`x.${name}`)}][rows]`).join(", ")}}`;
  const whole = columns.filter(({ dtype }) => dtype === "int32").map(({ name }) => columnKey(network, name));
  const batches = rows === undefined ? undefined : Math.ceil(rows / Math.min(batchSize, rows));
  return `# The training of a lanewise model in PyTorch: the same loss, optimizer, order of rows and dropout. Prints each step's loss, and
# writes trained.safetensors. python3 train.py [steps]
${imports("math, pathlib, sys", "torch")}
from torch.nn import functional as F
from model import load, read_safetensors, rng, write_safetensors

HERE = pathlib.Path(__file__).parent
EPOCHS, BATCH, SHUFFLE = ${epochs}, ${batchSize || "None"}, ${python(shuffle)}
rng.seed = (${seed.low}, ${seed.high})
${rateLines(setup, batches === undefined ? undefined : { steps: batches * epochs, epochs })}

def loss_of(outputs, data, rows, p):
    """The loss of a batch."""
    n = len(rows)
${indented(lines, 4)}
    return ${names.get(loss)}

${optimizer.optimizer === "lion" ? `\n${LION}\n` : ""}
def main(most=math.inf):
    data = read_safetensors(HERE / "data.safetensors")
${whole.length ? `    for name in ${python(whole)}:\n        data[name] = data[name].to(torch.int64)\n` : ""}    model = load().train()
    p = dict(model.named_parameters())
${frozen.length ? `    for name in ${python(frozen.map(({ name }) => name))}:\n        p[name].requires_grad_(False)\n` : ""}    trained = ${python(trainable.map(({ name }) => name))}
${indented(optimizerLines(optimizer, trainable), 4)}
    count, step = len(data[${JSON.stringify(columnKey(network, columns[0]!.name))}]), 0
    batch = min(BATCH or count, count)
    for epoch in range(EPOCHS):
        order = rng.shuffle(count, epoch) if SHUFFLE else list(range(count))
        for start in range(0, count, batch):
            if step >= most:
                break
            rows = torch.tensor(order[start:start + batch])
            for group in optimizer.param_groups:
                group["lr"] = rate(step) * group["ratio"]

            def closure():
                optimizer.zero_grad()
                rng.begin(step)
                loss = loss_of(model(${inputs}), data, rows, p)
                loss.backward()
                for name in trained:
                    if p[name].grad is None:
                        p[name].grad = torch.zeros_like(p[name])
                return loss

${driven ? "            loss = optimizer.step(closure)" : `            loss = closure()${clip.value ? `\n            torch.nn.utils.clip_grad_value_([p[name] for name in trained], ${float(clip.value)})` : ""}${clip.norm ? `\n            torch.nn.utils.clip_grad_norm_([p[name] for name in trained], ${float(clip.norm)})` : ""}
            optimizer.step()`}
            step += 1
            print(step, repr(loss.item()), flush=True)
    write_safetensors(HERE / "trained.safetensors", model.state_dict())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
`;
}

/** What the loss of a batch is, from outputs and targets. */
function lossLines(network: Network, { objective, layout, penalties }: Setup, columns: readonly Column[]): ReturnType<typeof torchLines> & { loss: PortableGraph["nodes"][number]["outputs"][number] } {
  const plain: Objective = objective.map((part) => ({ ...part, metrics: [] })), sources = new Map<string, string>();
  const graph = portableFunction((rows) => {
    const graph = new Graph({ training: true }), made = new Map<string, Value>();
    const source = (name: string, text: string, shape: readonly number[], dtype: Column["dtype"]): Value => {
      sources.set(name, text);
      const value = made.get(name) ?? input(graph, name, [rows, ...shape], dtype === "uint8" ? "float32" : dtype);
      made.set(name, value);
      return value;
    };
    const outputs = new Map([...network.outputs].map(([name, shape]) =>
      [name, source(`output ${name}`, network.singleOutput ? "outputs" : `outputs[${JSON.stringify(name)}]`, shape, "float32")]));
    const column = (wanted: string): Value => {
      const { name, shape, dtype } = columns.find((one) => one.name === wanted)!;
      return source(name, `data[${JSON.stringify(columnKey(network, name))}][rows]`, shape, dtype);
    };
    let { total } = buildObjective(plain, { graph, outputs, parameters: new Map(), calls: [] }, columns, column);
    const trained = layout.slots.map(({ parameter }) => parameter as Parameter);
    for (const penalty of penalties) total = add(total, penalty.cost(trained.map((parameter) =>
      ({ ...parameter, value: graph.add(parameterOp, [], { name: parameter.name, shape: parameter.stored })[0]! }))));
    return [graph, new Map([["loss", total]])];
  }, TORCH_LOSSES);
  const byName = new Map(network.parameters.map((parameter) => [parameter.name, parameter]));
  const source = (op: string, name: string): string => (op === "parameter" ? inMemory(byName.get(name)!, "p") : sources.get(name)!);
  return { ...torchLines(graph, "exportPyTorch", source), loss: graph.outputs.get("loss")! };
}

/** The rate of each step. */
function rateLines({ schedule, layout: { optimizer } }: Setup, run: { steps: number; epochs: number } | undefined): string {
  const base = optimizer.hyper.learningRate;
  if (!schedule) return `\n\ndef rate(step):\n    return ${float(base)}\n`;
  if (!run) throw badOption("data", undefined, "the data, on whose number of steps the schedule depends", { of: "exportPyTorch" });
  const refuse = (problem: string): never => {
    throw new GraphError("not-portable", { of: "exportPyTorch", option: "schedule", problem });
  };
  if (run.steps > RATES) refuse(`${run.steps} steps are more than the ${RATES} whose rates are written down`);
  const rates = Array.from({ length: run.steps }, (_, step) => {
    try {
      return schedule(step, { ...run, base });
    } catch {
      return refuse("it looks at reports, which train.py has not");
    }
  });
  const text = JSON.stringify((schedule as { schedule?: string }).schedule ?? "a function");
  return `
# Of each step: the schedule ${text}.
RATES = [${rates.join(", ")}]


def rate(step):
    return RATES[step]
`;
}

/** Names of torch.optim, and of their options. */
const OPTIMIZERS: Readonly<Record<string, readonly [type: string, names: Readonly<Record<string, string>>]>> = {
  sgd: ["torch.optim.SGD", { momentum: "momentum", dampening: "dampening", nesterov: "nesterov", weightDecay: "weight_decay" }],
  adam: ["torch.optim.Adam", { epsilon: "eps", weightDecay: "weight_decay", amsgrad: "amsgrad" }],
  adamW: ["torch.optim.AdamW", { epsilon: "eps", weightDecay: "weight_decay", amsgrad: "amsgrad" }],
  adamax: ["torch.optim.Adamax", { epsilon: "eps", weightDecay: "weight_decay" }],
  nadam: ["torch.optim.NAdam", { epsilon: "eps", weightDecay: "weight_decay", momentumDecay: "momentum_decay" }],
  radam: ["torch.optim.RAdam", { epsilon: "eps", weightDecay: "weight_decay" }],
  rmsprop: ["torch.optim.RMSprop", { alpha: "alpha", epsilon: "eps", momentum: "momentum", centered: "centered", weightDecay: "weight_decay" }],
  adagrad: ["torch.optim.Adagrad", { learningRateDecay: "lr_decay", initialAccumulator: "initial_accumulator_value", epsilon: "eps", weightDecay: "weight_decay" }],
  adadelta: ["torch.optim.Adadelta", { rho: "rho", epsilon: "eps", weightDecay: "weight_decay" }],
  lion: ["Lion", { weightDecay: "weight_decay" }],
  lbfgs: ["torch.optim.LBFGS", { iterations: "max_iter", history: "history_size", gradientTolerance: "tolerance_grad", changeTolerance: "tolerance_change" }],
};

const LION = `
class Lion(torch.optim.Optimizer):
    """Chen et al., Symbolic Discovery of Optimization Algorithms (2023)."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for q in group["params"]:
                m = self.state[q].setdefault("m", torch.zeros_like(q))
                direction = torch.sign(beta1 * m + (1 - beta1) * q.grad)
                q.mul_(1 - group["lr"] * group["weight_decay"]).sub_(direction * group["lr"])
                m.copy_(beta2 * m + (1 - beta2) * q.grad)
`;

function optimizerLines(optimizer: Optimizer, trainable: readonly Parameter[]): string[] {
  const known = Object.hasOwn(OPTIMIZERS, optimizer.optimizer) ? OPTIMIZERS[optimizer.optimizer] : undefined;
  if (!known) throw new GraphError("not-portable", { of: "exportPyTorch", option: "optimizer", problem: `${optimizer.optimizer} is one of your own` });
  const [type, names] = known, { hyper, groups } = optimizer, base = hyper.learningRate, assigned = assignGroups(optimizer, trainable);
  const options = (own: Optimizer["hyper"]): string[] => [
    ...("beta1" in own ? [`betas=(${float(own.beta1 as number)}, ${float(own.beta2 as number)})`] : []),
    ...Object.entries(names).filter(([key]) => key in own).map(([key, name]) =>
      `${name}=${typeof own[key] === "boolean" ? python(own[key]) : name === "max_iter" || name === "history_size" ? own[key] : float(own[key] as number)}`),
  ];
  if (optimizer.drive)
    return [
      `optimizer = ${type}([p[name] for name in trained], lr=${float(base)}, line_search_fn="strong_wolfe", ${options(hyper).join(", ")}${hyper.evaluations ? `, max_eval=${hyper.evaluations}` : ""})`,
      `optimizer.param_groups[0]["ratio"] = 1.0`,
    ];
  const lists = [...groups.map((group) => group.hyper), hyper].map((own, i) => {
    const members = trainable.filter((_, at) => assigned[at] === i).map(({ name }) => name);
    if (base === 0 && own.learningRate !== 0 && members.length)
      throw new GraphError("not-portable", { of: "exportPyTorch", option: "optimizer", problem: "a group with a rate beside one of 0", fix: "give the optimizer itself the rate" });
    const ratio = base === 0 ? 1 : own.learningRate / base;
    return members.length ? [`    dict(params=[p[name] for name in ${python(members)}], ratio=${float(ratio)}, ${options(own).join(", ")}),`] : [];
  });
  // torch 1.13 has nadam's formula in its foreach loop alone: the other one multiplies the product of momenta by the last of them twice
  const foreach = optimizer.optimizer === "nadam" ? ", foreach=True" : "";
  return [`optimizer = ${type}([`, ...lists.flat(), `], lr=${float(base)}, ${options(hyper).join(", ")}${foreach})`];
}
