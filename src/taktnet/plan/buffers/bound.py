"""A proven lower bound: sequential tree-reweighted message passing (TRW-S).

The model is a pairwise energy over the variables S_i and SI_j with the terms of `tree`. TRW-S
(Kolmogorov, *IEEE PAMI* 28(10), 2006) splits it into monotonic chains and passes messages so that
the sum of the chains' optima, a lower bound on every feasible cost, never falls. On a tree one
sweep is exact. Each sweep also proposes values, to be mended into a feasible answer.
"""

# ruff: noqa: PLR0917 - compiled kernels take their arrays one by one
from __future__ import annotations

from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from taktnet.plan.buffers.convolve import FAR, least
from taktnet.plan.buffers.search import Space
from taktnet.state.stamp import stamp

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
        first = np.concatenate([n + np.arange(n), c.links.ups])
        last = np.concatenate([np.arange(n), n + c.links.downs])
        self._edges = np.stack(
            [first, last, np.repeat([STAGE, RULE], [n, len(c.links.ups)])], axis=1
        )
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

    def copy(self) -> Sweeps:
        """The same with messages of its own."""
        other = copy(self)
        other._messages = self._messages.copy()
        return other

    def split(self, variable: int, at: int) -> tuple[Sweeps, Sweeps]:
        """Two parts of the space: values of `variable` up to `at`, and above."""
        parts = self.copy(), self.copy()
        for part in parts:
            part.low, part.high = self.low.copy(), self.high.copy()
        parts[0].high[variable] = at
        parts[1].low[variable] = at + 1
        return parts

    def sweep(self) -> np.ndarray:
        """One pass down and one up; raises `lower`, and gives values worth mending."""
        c = self.space.chain
        values = np.zeros(2 * c.n, np.int64)
        args = (c.n, self._edges, self._starts, self._touching, self._weight, self._messages,
                c.price, c.concave, c.time, self.low, self.high)  # fmt: skip
        visit(self._sequence, True, values, *args)
        bound = visit(self._sequence[::-1], False, np.zeros_like(values), *args)
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
          price: np.ndarray, concave: np.ndarray, time: np.ndarray, low: np.ndarray,
          high: np.ndarray) -> float:  # fmt: skip
    """Visit the variables in order; the bound (of use after a backward pass only).

    `messages[e]` points at the end of edge e that is visited next. On the way down each variable
    takes the value that is best given the values already taken.
    """
    width = messages.shape[1]
    own, rest, spare = np.empty(width), np.empty(width), np.empty(width, np.int64)
    taken = np.zeros(2 * n, np.bool_)
    bound = 0.0
    for v in sequence:
        a, b = low[v], high[v]
        own[a : b + 1] = 0.0
        for k in range(starts[v], starts[v + 1]):
            e = touching[k]
            for s in range(a, b + 1):
                own[s] += messages[e, s]
        if forward:
            _take(v, own, values, taken, n, edges, starts, touching, messages, price, time, low,
                  high)  # fmt: skip
        small = FAR
        for s in range(a, b + 1):
            small = min(small, own[s])
        bound += small
        for s in range(a, b + 1):
            own[s] -= small
        for k in range(starts[v], starts[v + 1]):
            e = touching[k]
            to = edges[e, 1] if forward else edges[e, 0]
            if to == v:
                continue
            for s in range(a, b + 1):
                rest[s] = weight[v] * own[s] - messages[e, s] if own[s] < 1e200 else FAR
            if edges[e, 2] == RULE:
                _rule(v, to, rest, messages[e], n, low, high)
            else:
                i = v if v < n else v - n
                least(rest, int(a), int(b), price[i], int(time[i]), int(low[to]), int(high[to]),
                      v >= n, bool(concave[i]), messages[e], spare)  # fmt: skip
            bound += _lower(messages[e], int(low[to]), int(high[to]))
    return bound


@njit(cache=True, nogil=True)
def _rule(v: int, to: int, rest: np.ndarray, message: np.ndarray, n: int, low: np.ndarray,
          high: np.ndarray) -> None:  # fmt: skip
    """The message from v to `to` along the rule S <= SI."""
    a, b, lo, hi = low[v], high[v], low[to], high[to]
    if v < n:  # v is S, to is SI
        small, s = FAR, a
        for x in range(lo, hi + 1):
            while s <= min(x, b):
                small = min(small, rest[s])
                s += 1
            message[x] = small
    else:
        small, s = FAR, b
        for x in range(hi, lo - 1, -1):
            while s >= max(x, a):
                small = min(small, rest[s])
                s -= 1
            message[x] = small


@njit(cache=True, nogil=True)
def _lower(message: np.ndarray, lo: int, hi: int) -> float:
    """Take the message's least value off it; that value."""
    small = FAR
    for x in range(lo, hi + 1):
        small = min(small, message[x])
    for x in range(lo, hi + 1):
        message[x] = FAR if message[x] > 1e200 else message[x] - small
    return small


@njit(cache=True, nogil=True)
def _take(v: int, own: np.ndarray, values: np.ndarray, taken: np.ndarray, n: int,
          edges: np.ndarray, starts: np.ndarray, touching: np.ndarray, messages: np.ndarray,
          price: np.ndarray, time: np.ndarray, low: np.ndarray, high: np.ndarray
          ) -> None:  # fmt: skip
    """Choose v's value given the neighbours already chosen and the messages of the others."""
    small, where = FAR * 2, low[v]
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
                total += FAR if gap < 0 else price[i, gap]
        if total < small:
            small, where = total, s
    values[v], taken[v] = where, True


def _entry(number: int) -> Any:
    """The compiled pass; its cache on disk is good only for these very sources."""

    @njit(cache=True, nogil=True)
    def visit(sequence: np.ndarray, forward: bool, values: np.ndarray, n: int, edges: np.ndarray,
              starts: np.ndarray, touching: np.ndarray, weight: np.ndarray, messages: np.ndarray,
              price: np.ndarray, concave: np.ndarray, time: np.ndarray, low: np.ndarray,
              high: np.ndarray) -> float:  # fmt: skip
        """`_pass`."""
        if n < 0:
            return float(number)
        return _pass(sequence, forward, values, n, edges, starts, touching, weight, messages,
                     price, concave, time, low, high)  # fmt: skip

    return visit


visit = _entry(stamp(Path(__file__).parent))
