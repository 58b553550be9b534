# The other side of test/torch/weights.test.ts: torch reads safetensors files of lanewise and writes some, with its own twenty lines (no pickle,
# no package). `python3 weights.py FOLDER < job.json` prints JSON.
import json, os, struct, sys
import torch
from torch import nn

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}


def read(path):
    data = open(path, "rb").read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__", {})
    tensor = lambda t: torch.frombuffer(bytearray(data[start + t["data_offsets"][0]:start + t["data_offsets"][1]]), dtype=DTYPES[t["dtype"]]) if 0 not in t["shape"] else torch.empty(0, dtype=DTYPES[t["dtype"]])
    return {name: tensor(t).reshape(t["shape"]) for name, t in header.items()}, metadata


def write(path, tensors):
    names, header, body = {dtype: name for name, dtype in DTYPES.items()}, {}, b""
    for name, tensor in tensors.items():
        flat = tensor.detach().contiguous().reshape(-1)
        part = bytes(flat.view(torch.uint8).tolist()) if flat.numel() else b""
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(body), len(body) + len(part)]}
        body += part
    text = json.dumps(header).encode()
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + body)


class Swish(nn.Module):  # silu({ learned: true }), which torch has not
    def __init__(self, beta):
        super().__init__()
        self.beta = nn.Parameter(torch.tensor([float(beta)]))

    def forward(self, x):
        return x * torch.sigmoid(self.beta * x)


class Scaled(nn.Module):  # silu({ beta })
    def __init__(self, beta):
        super().__init__()
        self.factor = beta

    def forward(self, x):
        return x * torch.sigmoid(self.factor * x)


class Flat(nn.Module):  # images are NHWC in lanewise, and NCHW in torch
    def forward(self, x):
        return (x.permute(0, 3, 1, 2) if x.dim() == 4 else x).flatten(1)


def silu(beta, learned):
    return Swish(beta) if learned else nn.SiLU() if beta == 1 else Scaled(beta)


MODULES = {
    "relu": nn.ReLU, "relu6": nn.ReLU6, "selu": nn.SELU, "mish": nn.Mish, "softsign": nn.Softsign, "hardSigmoid": nn.Hardsigmoid, "hardSwish": nn.Hardswish,
    "sigmoid": nn.Sigmoid, "logSigmoid": nn.LogSigmoid, "tanh": nn.Tanh, "softmax": lambda: nn.Softmax(-1), "logSoftmax": lambda: nn.LogSoftmax(-1), "flatten": Flat,
    "leakyRelu": lambda slope: nn.LeakyReLU(slope), "elu": nn.ELU, "celu": nn.CELU, "prelu": lambda channels: nn.PReLU(channels), "gelu": nn.GELU, "silu": silu,
    "softplus": nn.Softplus, "hardTanh": lambda minimum, maximum: nn.Hardtanh(minimum, maximum), "dropout": nn.Dropout, "alphaDropout": nn.AlphaDropout,
    "gaussianNoise": lambda deviation: nn.Identity(),
}
RENAMED = {"rate": "p"}


def build(layers, number, state, name):
    """The module that a layer of the file is, with the shapes of `state`."""
    layer = layers[number]
    if layer["type"] == "sequential":
        return nn.Sequential(*[build(layers, inner, state, f"{name}{i}.") for i, inner in enumerate(layer["layers"])])
    if layer["type"] == "dense":
        units, features = state[f"{name}weight"].shape
        return nn.Linear(features, units, layer["options"].get("bias", True))
    return MODULES[layer["type"]](**{RENAMED.get(key, key): value for key, value in layer["options"].items()})


def answer(net, rows, shape):
    with torch.no_grad():
        return net.eval()(torch.tensor(rows).reshape([-1, *shape])).reshape(-1).tolist()


class Named(nn.Module):  # as people write them
    def __init__(self):
        super().__init__()
        self.fc1, self.bn, self.fc2 = nn.Linear(6, 4), nn.Identity(), nn.Linear(4, 3)

    def forward(self, x):
        return self.fc2(torch.relu(self.bn(self.fc1(x))))


folder, job = sys.argv[1], json.load(sys.stdin)
torch.manual_seed(1)
result = {"version": torch.__version__, "logits": [], "states": [], "metadata": []}
for file in job["models"]:
    state, metadata = read(os.path.join(folder, file["name"]))
    model = json.loads(metadata["lanewise.model"])
    net = build(model["layers"], model["root"], state, "")
    net.load_state_dict({name: tensor.float() for name, tensor in state.items()}, strict=True)
    result["logits"].append(answer(net, file["x"], file["shape"]))
    result["metadata"].append({key: value for key, value in metadata.items() if key != "lanewise.model"})
    # and with weights of torch's own, the other way round
    for parameter in net.parameters():
        nn.init.normal_(parameter, 0, 0.7)
    write(os.path.join(folder, f"torch-{file['name']}"), net.state_dict())
    result["states"].append(answer(net, file["x"], file["shape"]))

# names as they come from elsewhere
named, x = Named(), job["x"]
state = named.state_dict()
result["named"] = answer(named, x, [6])
write(f"{folder}/named", state)
write(f"{folder}/sorted", dict(sorted(state.items())))  # as the package safetensors writes them
write(f"{folder}/module", {f"module.{name}": tensor for name, tensor in nn.Sequential(named.fc1, nn.ReLU(), named.fc2).state_dict().items()})
write(f"{folder}/counted", {**{f"model.{name}": tensor for name, tensor in nn.Sequential(named.fc1, nn.ReLU(), named.fc2).state_dict().items()}, "model.1.num_batches_tracked": torch.tensor(2 ** 40 + 1), "step": torch.tensor(3)})
write(f"{folder}/halves", {name: tensor.half() for name, tensor in state.items()})
torch.save(state, f"{folder}/pickle.pt")

# each number of 16 bits as float32, and float32 as numbers of 16 bits; bit for bit
bits = torch.arange(-32768, 32768, dtype=torch.int32).to(torch.int16)
floats = read(os.path.join(folder, "floats"))[0]["floats"]
for dtype in [torch.float16, torch.bfloat16]:
    halves = bits.view(dtype)
    write(f"{folder}/{'f16' if dtype == torch.float16 else 'bf16'}", {"halves": halves, "floats": halves.float(), "rounded": floats.to(dtype), "rounded bits": floats.to(dtype).view(torch.int16)})
write(f"{folder}/types", {
    "scalar": torch.tensor(3.5), "empty": torch.empty(2, 0, 3), "f64": torch.tensor([1 / 3, -0.0, 1e-320], dtype=torch.float64), "i64": torch.tensor([-(2 ** 53) + 1, 7]),
    "i32": torch.tensor([-(2 ** 31), 2 ** 31 - 1], dtype=torch.int32), "i16": torch.tensor([[-32768], [5]], dtype=torch.int16), "i8": torch.tensor([-128, 127], dtype=torch.int8),
    "u8": torch.tensor([0, 255], dtype=torch.uint8), "bool": torch.tensor([True, False, True]), "odd": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
})
write(f"{folder}/ours", read(os.path.join(folder, "all"))[0])  # what lanewise wrote, read and written again
print(json.dumps(result))
