"""The numbers that works.mjs draws: element i of a stream, in [0, 1), as an array."""
import numpy as np


def uniform(stream, count):
    u = np.uint32
    with np.errstate(over="ignore"):
        counter = (np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x6D2B79F5)).astype(u) + u(stream * 0x9E3779B1 & 0xFFFFFFFF)
        first = (counter ^ (counter >> u(15))) * (counter | u(1))
        second = first ^ (first + (first ^ (first >> u(7))) * (first | u(61)))
    return (second ^ (second >> u(14))).astype(np.float64) / 2.0**32
