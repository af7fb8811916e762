"""Chance: uniform, the same for the same names, and nothing else."""

from __future__ import annotations

import numpy as np
from numba import njit

from taktnet.twin.streams import name_key, run_key, uniform


@njit
def draws(seed: int, replication: int, name: int, purpose: int, n: int) -> np.ndarray:
    """The first n draws of a stream."""
    key = run_key(seed, replication)
    out = np.empty(n)
    for i in range(n):
        out[i] = uniform(key, name, purpose, i)
    return out


def key(*parts: str) -> np.uint64:
    """The key of a name as compiled code takes it."""
    return np.uint64(name_key(*parts))


def test_draws_are_uniform() -> None:
    """A million draws fill 1,000 cells evenly: chi-square within five standard deviations."""
    u = draws(1, 0, key("demand", "K"), 1, 1_000_000)
    assert u.min() > 0 and u.max() < 1
    cells = np.histogram(u, 1000, (0, 1))[0]
    chi = ((cells - 1000) ** 2 / 1000).sum()
    assert abs(chi - 999) < 5 * np.sqrt(2 * 999)


def test_streams_are_unlike_one_another() -> None:
    """Other seeds, replications, names and purposes give uncorrelated draws, neighbours too."""
    base = draws(1, 0, key("a"), 1, 100_000)
    others = [draws(2, 0, key("a"), 1, 100_000), draws(1, 1, key("a"), 1, 100_000),
              draws(1, 0, key("b"), 1, 100_000), draws(1, 0, key("a"), 2, 100_000)]  # fmt: skip
    for other in others:
        assert not np.intersect1d(base, other).size
        assert abs(np.corrcoef(base, other)[0, 1]) < 5 / np.sqrt(100_000)
    assert abs(np.corrcoef(base[1:], base[:-1])[0, 1]) < 5 / np.sqrt(100_000)


def test_a_draw_is_frozen() -> None:
    """The same names give the same bits on every machine and in every version."""
    assert name_key("demand", "K") == 0x56B5B47378614473
    u = draws(1, 0, np.uint64(7), 1, 2)
    assert u.tolist() == FROZEN


#: Worked out with Python's own integers by the same formula.
FROZEN = [0.4231283994094987, 0.850462989959581]
