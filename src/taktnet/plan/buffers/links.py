"""The arcs of a chain as neighbour lists, and sums that run along them."""

# ruff: noqa: PLR0917 - compiled kernels take their arrays one by one
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit


@dataclass(frozen=True, slots=True)
class Links:
    """Arcs of n stages by number: `ups[k]` supplies `downs[k]` with `qty[k]` units for one.

    The arcs into stage i are `into[into_at[i] : into_at[i + 1]]`, those out of it likewise;
    `order` has the stages from upstream to downstream, fewer than n where arcs run in a ring.
    """

    n: int
    ups: np.ndarray
    downs: np.ndarray
    qty: np.ndarray
    into_at: np.ndarray
    into: np.ndarray
    out_at: np.ndarray
    out: np.ndarray
    order: np.ndarray

    @classmethod
    def of(cls, n: int, pairs: np.ndarray, qty: np.ndarray) -> Links:
        """The lists of the arcs `pairs` (m, 2)."""
        ups, downs = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
        into_at, into = _lists(downs, n)
        out_at, out = _lists(ups, n)
        return cls(n, ups, downs, qty, into_at, into, out_at, out,
                   _order(into_at, out_at, out, downs))  # fmt: skip

    def suppliers(self, stage: int) -> list[int]:
        """The stages that supply one."""
        return self.ups[self.into[self.into_at[stage] : self.into_at[stage + 1]]].tolist()

    def longest(self, time: np.ndarray, inbound: np.ndarray) -> np.ndarray:
        """The longest time of arrival at each stage, outside supply included."""
        return _longest(self.order, self.into_at, self.into, self.ups, time, inbound)

    def cumulative(self, added: np.ndarray) -> np.ndarray:
        """What one unit of each stage has cost, all units that go into it included."""
        return _cumulative(self.order, self.into_at, self.into, self.ups, self.qty, added)

    def paths(self, ends: np.ndarray) -> np.ndarray:
        """Units of each stage that go into one unit of each end item, over all paths (n, ends)."""
        return _paths(self.order, self.out_at, self.out, self.downs, self.qty, ends, self.n)


def _lists(by: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(by, minlength=n), out=starts[1:])
    return starts, np.argsort(by, kind="stable")


@njit(cache=True, nogil=True)
def _order(into_at: np.ndarray, out_at: np.ndarray, out: np.ndarray,
           downs: np.ndarray) -> np.ndarray:  # fmt: skip
    n = len(into_at) - 1
    waiting = into_at[1:] - into_at[:-1]
    order = np.empty(n, np.int64)
    done = 0
    for i in range(n):
        if waiting[i] == 0:
            order[done] = i
            done += 1
    k = 0
    while k < done:
        for a in range(out_at[order[k]], out_at[order[k] + 1]):
            j = downs[out[a]]
            waiting[j] -= 1
            if waiting[j] == 0:
                order[done] = j
                done += 1
        k += 1
    return order[:done]


@njit(cache=True, nogil=True)
def _longest(order: np.ndarray, into_at: np.ndarray, into: np.ndarray, ups: np.ndarray,
             time: np.ndarray, inbound: np.ndarray) -> np.ndarray:  # fmt: skip
    reach = inbound.copy()
    for i in order:
        for a in range(into_at[i], into_at[i + 1]):
            u = ups[into[a]]
            reach[i] = max(reach[i], reach[u] + time[u])
    return reach


@njit(cache=True, nogil=True)
def _cumulative(order: np.ndarray, into_at: np.ndarray, into: np.ndarray, ups: np.ndarray,
                qty: np.ndarray, added: np.ndarray) -> np.ndarray:  # fmt: skip
    total = added.copy()
    for i in order:
        for a in range(into_at[i], into_at[i + 1]):
            total[i] += qty[into[a]] * total[ups[into[a]]]
    return total


@njit(cache=True, nogil=True)
def _paths(order: np.ndarray, out_at: np.ndarray, out: np.ndarray, downs: np.ndarray,
           qty: np.ndarray, ends: np.ndarray, n: int) -> np.ndarray:  # fmt: skip
    paths = np.zeros((n, len(ends)))
    for k in range(len(ends)):
        paths[ends[k], k] = 1.0
    for k in range(len(order) - 1, -1, -1):
        i = order[k]
        for a in range(out_at[i], out_at[i + 1]):
            paths[i] += qty[out[a]] * paths[downs[out[a]]]
    return paths
