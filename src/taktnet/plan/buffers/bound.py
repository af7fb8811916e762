"""A proven lower bound: sequential tree-reweighted message passing (TRW-S).

The model is a pairwise energy over the variables S_i and SI_j with the terms of `tree`. TRW-S
(Kolmogorov, *IEEE PAMI* 28(10), 2006) splits it into monotonic chains and passes messages so that
the sum of the chains' optima, a lower bound on every feasible cost, never falls. On a tree one
sweep is exact. Each sweep also proposes values, to be mended into a feasible answer.
"""

# ruff: noqa: PLR0912, PLR0917 - compiled kernels take their arrays one by one
from __future__ import annotations

from collections.abc import Callable
from copy import copy

import numpy as np
from numba import njit

from taktnet.plan.buffers.search import Space
from taktnet.plan.buffers.tree import FAR

STAGE, RULE = 0, 1


class Sweeps:
    """Messages of a chain's energy, and the best bound so far."""

    def __init__(self, space: Space) -> None:
        c = space.chain
        n = c.n
        self.space = space
        self.lower = 0.0
        self.low, self.high = space.low, space.high
        # Variables from upstream to downstream: SI before S of its stage.
        rank = np.empty(2 * n, np.int64)
        rank[n + c.order] = 2 * np.arange(n)
        rank[c.order] = 2 * np.arange(n) + 1
        first = np.concatenate([n + np.arange(n), c.arcs[:, 0]])
        last = np.concatenate([np.arange(n), n + c.arcs[:, 1]])
        self._edges = np.stack([first, last, np.repeat([STAGE, RULE], [n, len(c.arcs)])], axis=1)
        self._sequence = np.argsort(rank)
        self._starts, self._touching = _incidence(first, last, 2 * n)
        self._messages = np.zeros((len(first), space.sums.shape[1]))
        ahead = np.bincount(first, minlength=2 * n)
        behind = np.bincount(last, minlength=2 * n)
        self._weight = 1.0 / np.maximum(1, np.maximum(ahead, behind))

    @property
    def size(self) -> int:
        """How many numbers the messages hold."""
        return self._messages.size

    def split(self, variable: int, at: int) -> tuple[Sweeps, Sweeps]:
        """Two parts of the space: values of `variable` up to `at`, and above."""
        parts = copy(self), copy(self)
        for part in parts:
            part.low, part.high = self.low.copy(), self.high.copy()
            part._messages = self._messages.copy()
        parts[0].high[variable] = at
        parts[1].low[variable] = at + 1
        return parts

    def sweep(self) -> np.ndarray:
        """One pass down and one up; raises `lower`, and gives values worth mending."""
        space, c = self.space, self.space.chain
        values = np.zeros(2 * c.n, np.int64)
        args = (c.n, self._edges, self._starts, self._touching, self._weight, self._messages,
                c.cost, c.time, self.low, self.high, space.root)  # fmt: skip
        _pass(self._sequence, True, values, *args)
        bound = _pass(self._sequence[::-1], False, np.zeros_like(values), *args)
        self.lower = max(self.lower, bound)
        return values


def raise_bound(
    sweeps: Sweeps, propose: Callable[[np.ndarray], object], go_on: Callable[[float], bool]
) -> None:
    """Sweep while `go_on(lower)`, proposing values after each; stops where nothing moves."""
    still = 0
    while still < 8 and go_on(sweeps.lower):
        before = sweeps.lower
        propose(sweeps.sweep())
        still = still + 1 if sweeps.lower <= before + 1e-7 * abs(before) else 0


def _incidence(first: np.ndarray, last: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    ends = np.concatenate([first, last])
    edges = np.tile(np.arange(len(first)), 2)
    starts = np.zeros(count + 1, np.int64)
    starts[1:] = np.cumsum(np.bincount(ends, minlength=count))
    return starts, edges[np.argsort(ends, kind="stable")]


@njit(cache=True, nogil=True)
def _pass(sequence: np.ndarray, forward: bool, values: np.ndarray, n: int, edges: np.ndarray,
          starts: np.ndarray, touching: np.ndarray, weight: np.ndarray, messages: np.ndarray,
          cost: np.ndarray, time: np.ndarray, low: np.ndarray, high: np.ndarray,
          root: np.ndarray) -> float:  # fmt: skip
    """Visit the variables in order; the bound (of use after a backward pass only).

    `messages[e]` points at the end of edge e that is visited next. On the way down each variable
    takes the value that is best given the values already taken.
    """
    width = messages.shape[1]
    own, rest = np.empty(width), np.empty(width)
    taken = np.zeros(2 * n, np.bool_)
    bound = 0.0
    for v in sequence:
        a, b = low[v], high[v]
        for s in range(a, b + 1):
            own[s] = 0.0
        for k in range(starts[v], starts[v + 1]):
            e = touching[k]
            for s in range(a, b + 1):
                own[s] += messages[e, s]
        if forward:
            _take(v, own, values, taken, n, edges, starts, touching, messages, cost, time, low,
                  high, root)  # fmt: skip
        least = FAR
        for s in range(a, b + 1):
            least = min(least, own[s])
        bound += least
        for s in range(a, b + 1):
            own[s] -= least
        for k in range(starts[v], starts[v + 1]):
            e = touching[k]
            to = edges[e, 1] if forward else edges[e, 0]
            if to == v:
                continue
            for s in range(a, b + 1):
                rest[s] = weight[v] * own[s] - messages[e, s] if own[s] < 1e200 else FAR
            bound += _send(v, to, edges[e, 2], rest, messages[e], n, cost, time, low, high, root)
    return bound


@njit(cache=True, nogil=True)
def _send(v: int, to: int, kind: int, rest: np.ndarray, message: np.ndarray, n: int,
          cost: np.ndarray, time: np.ndarray, low: np.ndarray, high: np.ndarray,
          root: np.ndarray) -> float:  # fmt: skip
    """The message from v to `to`, its least value taken off; that value."""
    a, b, lo, hi = low[v], high[v], low[to], high[to]
    if kind == RULE and v < n:  # v is S, to is SI: S <= SI
        least, s = FAR, a
        for x in range(lo, hi + 1):
            while s <= min(x, b):
                least = min(least, rest[s])
                s += 1
            message[x] = least
    elif kind == RULE:  # v is SI, to is S
        least, s = FAR, b
        for x in range(hi, lo - 1, -1):
            while s >= max(x, a):
                least = min(least, rest[s])
                s -= 1
            message[x] = least
    elif v < n:  # v is S, to is SI of the same stage
        t, c = time[v], cost[v]
        for x in range(lo, hi + 1):
            least = FAR
            for s in range(a, min(b, x + t) + 1):
                least = min(least, rest[s] + c * root[x + t - s])
            message[x] = least
    else:  # v is SI, to is S
        t, c = time[v - n], cost[v - n]
        for x in range(lo, hi + 1):
            least = FAR
            for s in range(max(a, x - t), b + 1):
                least = min(least, rest[s] + c * root[s + t - x])
            message[x] = least
    least = FAR
    for x in range(lo, hi + 1):
        least = min(least, message[x])
    for x in range(lo, hi + 1):
        message[x] = FAR if message[x] > 1e200 else message[x] - least
    return least


@njit(cache=True, nogil=True)
def _take(v: int, own: np.ndarray, values: np.ndarray, taken: np.ndarray, n: int,
          edges: np.ndarray, starts: np.ndarray, touching: np.ndarray, messages: np.ndarray,
          cost: np.ndarray, time: np.ndarray, low: np.ndarray, high: np.ndarray,
          root: np.ndarray) -> None:  # fmt: skip
    """Choose v's value given the neighbours already chosen and the messages of the others."""
    least, where = FAR * 2, low[v]
    for s in range(low[v], high[v] + 1):
        total = own[s]
        for k in range(starts[v], starts[v + 1]):
            e = touching[k]
            u = edges[e, 0] if edges[e, 1] == v else edges[e, 1]
            if not taken[u]:
                continue
            total -= messages[e, s] if messages[e, s] < 1e200 else 0.0
            up, down = values[edges[e, 0]] if u == edges[e, 0] else s, 0
            down = values[edges[e, 1]] if u == edges[e, 1] else s
            if edges[e, 2] == RULE:
                total += FAR if up > down else 0.0
            else:
                i = edges[e, 1]
                gap = up + time[i] - down
                total += FAR if gap < 0 else cost[i] * root[gap]
        if total < least:
            least, where = total, s
    values[v], taken[v] = where, True
