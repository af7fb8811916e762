"""The cheapest chain of operations on one resource, compiled: operations may repeat or be absent.

Positions are working minutes. The recursion is that of the single machine with set-ups, over its
last operation and its end; never the same operation twice in a row.
"""

# ruff: noqa: PLR0917  (compiled, by position)

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def chain(
    cost: np.ndarray,
    minutes: np.ndarray,
    kind: np.ndarray,
    setups: np.ndarray,
    wall: np.ndarray,
    prize: np.ndarray,
    visits: np.ndarray,
) -> float:
    """The least of costs less prizes, at most 0; `visits` (n,) becomes how often each comes.

    `cost` is (n, t) by the position of a start, infinite where it may not be; `setups` are minutes
    from kind to kind. What ended by `wall[t]` (t,) needs no set-up for a start at t.
    """
    n, t = cost.shape
    # The best two operations of each kind that have ended, by position: value, which, when.
    value = np.full((t + 1, len(setups), 2), np.inf)
    known = np.full((t + 1, len(setups), 2, 2), -1)
    ended = np.full((n, t + 1), np.inf)
    before = np.full((n, t + 1, 2), -1)
    least, last, end = 0.0, -1, -1
    for u in range(t + 1):
        if u:
            value[u], known[u] = value[u - 1], known[u - 1]
        for j in range(n):
            if ended[j, u] < least:
                least, last, end = ended[j, u], j, u
            if ended[j, u] < np.inf:
                _enter(value, known, ended[j, u], j, u, kind[j])
        for j in range(n):
            stop = u + minutes[j]
            if u == t or stop > t or cost[j, u] == np.inf:
                continue
            best, who, at = _behind(value, known, setups, kind[j], u, wall[u], j)
            best += cost[j, u] - prize[j]
            if best < ended[j, stop]:
                ended[j, stop] = best
                before[j, stop, 0], before[j, stop, 1] = who, at
    visits[:] = 0
    while last >= 0:
        visits[last] += 1
        last, end = before[last, end, 0], before[last, end, 1]
    return least


@njit(cache=True, nogil=True)
def _enter(value: np.ndarray, known: np.ndarray, v: float, j: int, u: int, k: int) -> None:
    """Keep the best two of a kind, of different operations: one that costs v has ended at u."""
    place = 1
    if known[u, k, 0, 0] == j:
        place = 0
    elif v < value[u, k, 0]:
        place = 0
        value[u, k, 1] = value[u, k, 0]
        known[u, k, 1, 0], known[u, k, 1, 1] = known[u, k, 0, 0], known[u, k, 0, 1]
    if v < value[u, k, place]:
        value[u, k, place] = v
        known[u, k, place, 0], known[u, k, place, 1] = j, u


@njit(cache=True, nogil=True)
def _behind(
    value: np.ndarray, known: np.ndarray, setups: np.ndarray, kind: int, u: int, wall: int, j: int
) -> tuple[float, int, int]:
    """What is best done before a start of j at u, which it is and when it ended; first: nothing."""
    best, who, at = 0.0, -1, -1
    for k in range(len(setups)):
        by = max(u - setups[k, kind], wall)
        if by < 0:
            continue
        place = 1 if known[by, k, 0, 0] == j else 0
        if value[by, k, place] < best:
            best = value[by, k, place]
            who, at = known[by, k, place, 0], known[by, k, place, 1]
    return best, who, at
