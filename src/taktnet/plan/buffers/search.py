"""Good service times for any acyclic chain: large-neighbourhood search over spanning trees.

Each move draws a spanning tree, splits the rule S_i <= SI_j of every arc left out at a value
between the two present ones, solves the tree exactly, and mends what is left to gain. The present
answer is always feasible for the move, so the cost never rises.
"""

# ruff: noqa: PLR0917 - compiled kernels take their arrays one by one
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numba import njit

from taktnet.plan.buffers import tree
from taktnet.plan.buffers.chain import Chain


@dataclass
class Space:
    """Scratch arrays and neighbour lists of a chain, shared by search and bound."""

    chain: Chain
    low: np.ndarray = field(init=False)
    high: np.ndarray = field(init=False)
    parent: np.ndarray = field(init=False)
    link: np.ndarray = field(init=False)
    order: np.ndarray = field(init=False)
    used: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        c = self.chain
        n, m = c.n, len(c.links.ups)
        steps = c.price.shape[1]
        self.low = np.concatenate([c.floor, c.inbound])
        self.high = np.concatenate([c.top, c.reach])
        self.parent, self.link, self.order = (np.empty(2 * n, np.int64) for _ in range(3))
        self.used = np.zeros(m, np.bool_)
        self.sums = np.zeros((2 * n, steps))
        self.choice = np.zeros((2 * n, steps), np.int64)
        self.tied = c.tied
        self.arcs = np.stack([c.links.ups, c.links.downs], axis=1)
        self.into = c.links.into_at, c.links.ups[c.links.into]
        self.out_of = c.links.out_at, c.links.downs[c.links.out]

    def solve(self, by: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[float, np.ndarray]:
        """Optimum of the spanning tree that takes arcs in the order `by`, and its values."""
        c = self.chain
        values = np.zeros(2 * c.n, np.int64)
        tree.span(c.n, self.arcs, by, self.parent, self.link, self.order, self.used)
        cost = tree.best(c.n, self.parent, self.link, self.order, c.price, c.concave, c.time,
                         low, high, self.sums, self.choice, values)  # fmt: skip
        return cost, values

    def mend(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """Feasible values near `values`, by pushing down or pulling up, whichever is cheaper."""
        c = self.chain
        best = np.inf, values
        for clip in (False, True):
            mended = _mend(values, c.n, c.order, c.time, c.inbound, c.floor, c.top, self.tied,
                           c.reach, c.price, c.concave, *self.into, *self.out_of, clip)  # fmt: skip
            cost = tree.total_cost(c.n, mended, c.price, c.time)
            if cost < best[0]:
                best = cost, mended
        return best


@njit(cache=True, nogil=True)
def _mend(values: np.ndarray, n: int, order: np.ndarray, time: np.ndarray, inbound: np.ndarray,
          floor: np.ndarray, top: np.ndarray, tied: np.ndarray, reach: np.ndarray,
          price: np.ndarray, concave: np.ndarray, into: np.ndarray, ups: np.ndarray,
          out_of: np.ndarray, downs: np.ndarray, clip: bool) -> np.ndarray:  # fmt: skip
    """Make all rules hold; then raise every S as far as its customers' SI allow (free gain)."""
    v = values.copy()
    if clip:
        for i in range(n):
            for k in range(out_of[i], out_of[i + 1]):
                v[i] = min(v[i], v[n + downs[k]])
    for i in order:
        arrival = inbound[i]
        for k in range(into[i], into[i + 1]):
            arrival = max(arrival, v[ups[k]])
        # A promise may be longer than the arrivals call for: then the stage waits idly.
        arrival = max(arrival, floor[i] - time[i])
        if not (concave[i] or tied[i]):  # of a random time, to order later may save early arrivals
            arrival = max(arrival, min(v[n + i], reach[i]))
        v[n + i] = arrival
        most = min(arrival + time[i], top[i])
        v[i] = most if tied[i] else max(floor[i], min(v[i], most))
    for k in range(n - 1, -1, -1):
        i = order[k]
        most = min(top[i], v[n + i] + time[i])
        for d in range(out_of[i], out_of[i + 1]):
            most = min(most, v[n + downs[d]])
        if concave[i]:
            v[i] = max(v[i], most)
            continue
        gap = v[n + i] + time[i]  # of a random time early arrivals cost, so the most is not best
        for x in range(v[i] + 1, most + 1):
            if price[i, gap - x] < price[i, gap - v[i]]:
                v[i] = x
    return v


def improve(space: Space, cost: float, values: np.ndarray, chance: np.random.Generator,
            go_on: Callable[[float], bool]) -> tuple[float, np.ndarray]:  # fmt: skip
    """Search from feasible `values` while `go_on(cost)`; the best cost and values found."""
    c = space.chain
    n, ups, downs = c.n, c.links.ups, c.links.downs
    best, kept = cost, values
    while go_on(best):
        slack = values[n + downs] - values[ups]
        favour = (slack > 0) * chance.choice([0.0, 0.3, 1.0])
        by = np.argsort(chance.random(len(ups)) + favour)
        tree.span(n, space.arcs, by, space.parent, space.link, space.order, space.used)
        out = ~space.used
        power = chance.choice([0.3, 1.0, 3.0])
        split = values[ups[out]] + np.floor(
            chance.random(int(out.sum())) ** power * (slack[out] + 1)
        )
        split = np.minimum(split.astype(np.int64), values[n + downs[out]])
        low, high = space.low.copy(), space.high.copy()
        np.minimum.at(high, ups[out], split)
        np.maximum.at(low, n + downs[out], split)
        _, found = space.solve(by, low, high)
        new, mended = space.mend(found)
        if new <= cost + 1e-9 * abs(cost):
            cost, values = new, mended
        if new < best:
            best, kept = new, mended
    return best, kept
