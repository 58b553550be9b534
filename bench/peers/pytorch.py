"""PyTorch on one thread: python3 bench/peers/pytorch.py --work W2 --seconds 1 --works JSON

The works come as JSON, from works.mjs by way of peers.mjs. How wide its vectors may be is set by the environment that
peers.mjs gives. The timing loop and the line it prints are those of measure.mjs.
"""
import argparse
import json
import math
import time

import numpy as np
import torch
from torch import nn

from openblas import library
from uniform import uniform

CHUNK, PATIENCE = 10.0, 1500.0  # ms

parser = argparse.ArgumentParser()
parser.add_argument("--peer", default="torch")
parser.add_argument("--work", default="W2")
parser.add_argument("--works", required=True)
parser.add_argument("--seconds", type=float, default=1)
parser.add_argument("--warmup", type=float, default=1)
parser.add_argument("--check", action="store_true")
options = parser.parse_args()
work = json.loads(options.works)[options.work]
sizes, rows, inference = work["sizes"], work["batch"], work.get("inference", False)
torch.set_num_threads(1)


def draw(stream, shape, bound):
    values = (2 * uniform(stream, math.prod(shape)) - 1) * bound
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


layers = []
for i, (n, m) in enumerate(zip(sizes, sizes[1:])):
    layer, stream = nn.Linear(n, m), 1000 * work["id"] + 2 * i
    with torch.no_grad():
        layer.weight.copy_(draw(stream, [n, m], 1 / math.sqrt(n)).t())
        layer.bias.copy_(draw(stream + 1, [m], 1 / math.sqrt(n)))
    layers += [layer, {"relu": nn.ReLU, "tanh": nn.Tanh}[work["activation"]]()]
model = nn.Sequential(*layers[:-1])

if work["loss"] == "crossEntropy":
    stream = 1000 * work["id"] + 900
    x = torch.from_numpy(uniform(stream, rows * sizes[0]).astype(np.float32).reshape(rows, sizes[0]))
    y = torch.from_numpy(np.floor(uniform(stream + 1, rows) * sizes[-1]).astype(np.int64))
    loss_of = nn.CrossEntropyLoss()
else:
    x, y = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]]), torch.tensor([[0.0], [1], [1], [0]])
    loss_of = nn.BCEWithLogitsLoss()
settings = work["optimizer"]
if settings["name"] == "sgd":
    optimizer = torch.optim.SGD(model.parameters(), lr=settings["learningRate"], momentum=settings["momentum"])
else:
    optimizer = torch.optim.Adam(
        model.parameters(), lr=settings["learningRate"], betas=(settings["beta1"], settings["beta2"]), eps=settings["epsilon"])


def step(read):
    if inference:
        with torch.inference_mode():
            out = model(x)
            return float(out.sum()) if read else None
    optimizer.zero_grad(set_to_none=True)
    loss = loss_of(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item() if read else None


steps, last, losses = 0, None, {}


def now():
    return 1000 * time.perf_counter()


def chunk_of(count):
    """ms of a step, from `count` of them; the last is read."""
    global steps, last
    begin = now()
    for _ in range(count - 1):
        step(False)
    last = step(True)
    steps += count
    return (now() - begin) / count


def warm():
    if options.check:
        return steps >= 20
    return now() - start >= 1000 * options.warmup if steps >= 20 else steps >= 2 and now() - start > PATIENCE


start = now()
while not warm():
    chunk_of(1)
    if steps in (1, 5, 20):
        losses[steps] = last
line = dict(peer=options.peer, work=options.work)
if not options.check:
    each = chunk_of(1)
    if each < CHUNK:
        each = chunk_of(3)
    chunk, samples, begin = max(1, round(CHUNK / each)), [], now()
    while len(samples) < 3 or now() - begin < 1000 * options.seconds:
        samples.append(chunk_of(chunk))
    median = float(np.median(samples))
    line.update(ms_min=min(samples), ms_median=median, steps_per_s=1000 / median, chunk=chunk)
line.update(steps=steps, loss_first=losses.get(1), loss_5=losses.get(5), loss_20=losses.get(20), loss_last=last, version=f"{torch.__version__} with {library() or 'no OpenBLAS'}")
print(json.dumps({name: float(f"{value:.7g}") if isinstance(value, float) else value for name, value in line.items()}))
