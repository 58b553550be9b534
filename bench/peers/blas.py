"""Matrix products of numpy, which hands them to the BLAS it was built with, on one thread.

Answers each line of JSON on stdin, {m, n, k, ta, tb, ms, at}, with a line on stdout: with ms the ms of one product, as
a mean over about so many ms; with `at` (positions in C) the elements there. A and B are streams 1 and 2 of uniform.py,
2u − 1; a factor with ta or tb set is stored transposed. The first line says which BLAS it is.
"""
import functools
import json
import sys
import time

import numpy as np

from openblas import library
from uniform import uniform


@functools.lru_cache(maxsize=4)
def factors(m, n, k, ta, tb):
    a = (2 * uniform(1, m * k) - 1).astype(np.float32).reshape((k, m) if ta else (m, k))
    b = (2 * uniform(2, k * n) - 1).astype(np.float32).reshape((n, k) if tb else (k, n))
    return a.T if ta else a, b.T if tb else b, np.empty((m, n), np.float32)


def mean(product, ms):
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < ms / 1000:
        product()
        count += 1
    return 1000 * (time.perf_counter() - start) / count


print(json.dumps(library() or "the BLAS of numpy"), flush=True)
for line in sys.stdin:
    job = json.loads(line)
    a, b, c = factors(job["m"], job["n"], job["k"], job["ta"], job["tb"])
    if "at" in job:
        np.matmul(a, b, out=c)
        print(json.dumps([float(c.flat[i]) for i in job["at"]]), flush=True)
    else:
        print(json.dumps(mean(lambda: np.matmul(a, b, out=c), job["ms"])), flush=True)
