"""Files of data as pandas and numpy read them.

Answers each line of JSON on stdin, {reader, file}, with a line on stdout: {ms, sum}, the ms of one reading and the sum of what
it can sum up. The first line says which versions they are.
"""
import json
import sys
import time

import numpy as np

try:
    import pandas as pd
except ImportError:
    pd = None

try:
    import pyarrow
except ImportError:
    pyarrow = None


def idx(file):
    with open(file, "rb") as f:
        head = f.read(4)
        shape = [int.from_bytes(f.read(4), "big") for _ in range(head[3])]
        return np.frombuffer(f.read(), np.uint8).reshape(shape)


def total(read):
    return float(read.sum(dtype=np.float64) if isinstance(read, np.ndarray) else read.select_dtypes("number").to_numpy().sum())


READERS = {"idx": idx, "npy": np.load}
if pd:
    READERS["csv"] = pd.read_csv
if pd and pyarrow:
    READERS["parquet"] = pd.read_parquet

print(json.dumps({"readers": list(READERS), "numpy": np.__version__, "pandas": pd.__version__ if pd else None}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    start = time.perf_counter()
    read = READERS[asked["reader"]](asked["file"])
    ms = 1000 * (time.perf_counter() - start)
    print(json.dumps({"ms": ms, "sum": total(read)}), flush=True)
