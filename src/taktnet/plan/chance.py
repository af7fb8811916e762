"""Whole numbers drawn inside compiled searches, from a state that the caller seeds."""

# pyright: reportReturnType=false

from __future__ import annotations

import numpy as np
from numba import njit, uint64


@njit(cache=True, nogil=True)
def draw(state: np.ndarray, below: int) -> int:
    """A whole number from 0 to below - 1 (xorshift64*, Vigna 2016); `state` is one uint64."""
    x = state[0]
    x ^= x >> uint64(12)
    x ^= x << uint64(25)
    x ^= x >> uint64(27)
    state[0] = x
    high = (x * uint64(0x2545F4914F6CDD1D)) >> uint64(32)
    return np.int64((high * uint64(below)) >> uint64(32))
