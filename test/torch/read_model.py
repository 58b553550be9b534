# Reads a model that lanewise saved into torch.nn.Sequential, without pickle: a length, a JSON header, the numbers. Prints
# the outputs for the rows on standard input, both as JSON: `/usr/bin/python3 read_model.py digits.safetensors < rows.json`
import json, struct, sys
import torch
from torch import nn

data = open(sys.argv[1], "rb").read()
start = 8 + struct.unpack("<Q", data[:8])[0]
header, numbers = json.loads(data[8:start]), torch.frombuffer(bytearray(data[start:]), dtype=torch.float32)
model = json.loads(header.pop("__metadata__")["lanewise.model"])
state = {name: numbers[t["data_offsets"][0] // 4:t["data_offsets"][1] // 4].reshape(t["shape"]) for name, t in header.items()}
kinds = {
    "dense": lambda i, units, bias=True, **_: nn.Linear(state[f"{i}.weight"].shape[1], units, bias), "relu": lambda i: nn.ReLU(),
    "leakyRelu": lambda i, slope: nn.LeakyReLU(slope), "sigmoid": lambda i: nn.Sigmoid(), "tanh": lambda i: nn.Tanh(),
    "softmax": lambda i: nn.Softmax(-1), "flatten": lambda i: nn.Flatten(), "dropout": lambda i, rate: nn.Dropout(rate),
}
layers = [model["layers"][number] for number in model["layers"][model["root"]]["layers"]]
net = nn.Sequential(*[kinds[layer["type"]](i, **layer["options"]) for i, layer in enumerate(layers)]).eval()
net.load_state_dict(state, strict=True)
print(json.dumps(net(torch.tensor(json.load(sys.stdin))).tolist()))
