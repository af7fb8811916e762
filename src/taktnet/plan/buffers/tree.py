"""Exact optimum of the guaranteed-service model on a tree, by dynamic programming.

Every stage i is two variables, S_i (index i) and SI_i (index n + i), joined by the price of
the net replenishment time SI_i + T_i - S_i; every arc i -> j of the tree is the rule S_i <= SI_j.
Rooted anywhere, each variable sends its parent the least cost of its side for every value of the
parent (Graves & Willems 2000, with the erratum of 2003). Work: one comparison per value and arc,
one convolution (see `convolve`) per stage.
"""

# ruff: noqa: PLR0912, PLR0917 - compiled kernels take their arrays one by one
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numba import njit

from taktnet.plan.buffers.convolve import FAR, least
from taktnet.state.stamp import stamp

NONE, STAGE, ABOVE, BELOW = 0, 1, 2, 3  # kinds of a variable's link to its parent


@njit(cache=True, nogil=True)
def span(n: int, arcs: np.ndarray, by: np.ndarray, parent: np.ndarray, link: np.ndarray,
         order: np.ndarray, used: np.ndarray) -> None:  # fmt: skip
    """Fill a spanning forest that takes arcs in the order `by`; `order` has leaves first."""
    union = np.arange(n)
    head = np.full(n, -1, np.int64)
    following = np.empty(2 * len(arcs), np.int64)
    arc_of = np.empty(2 * len(arcs), np.int64)
    count = 0
    for a in by:
        x, y = arcs[a, 0], arcs[a, 1]
        while union[x] != x:
            union[x] = union[union[x]]
            x = union[x]
        while union[y] != y:
            union[y] = union[union[y]]
            y = union[y]
        used[a] = x != y
        if used[a]:
            union[x] = y
            for end in (arcs[a, 0], arcs[a, 1]):
                arc_of[count], following[count], head[end] = a, head[end], count
                count += 1
    seen = np.zeros(2 * n, np.bool_)
    stack = np.empty(2 * n, np.int64)
    done = 0
    for root in range(n):
        if seen[root]:
            continue
        stack[0], depth = root, 1
        seen[root], parent[root], link[root] = True, -1, NONE
        while depth > 0:
            depth -= 1
            v = stack[depth]
            order[2 * n - 1 - done] = v
            done += 1
            stage = v if v < n else v - n
            other = v + n if v < n else v - n
            if not seen[other]:
                seen[other], parent[other], link[other] = True, v, STAGE
                stack[depth] = other
                depth += 1
            e = head[stage]
            while e >= 0:
                a = arc_of[e]
                w, kind = -1, NONE
                if v < n and arcs[a, 0] == stage:
                    w, kind = n + arcs[a, 1], BELOW
                elif v >= n and arcs[a, 1] == stage:
                    w, kind = arcs[a, 0], ABOVE
                if w >= 0 and not seen[w]:
                    seen[w], parent[w], link[w] = True, v, kind
                    stack[depth] = w
                    depth += 1
                e = following[e]


@njit(cache=True, nogil=True)
def _up(n: int, parent: np.ndarray, link: np.ndarray, order: np.ndarray, price: np.ndarray,
        concave: np.ndarray, time: np.ndarray, low: np.ndarray, high: np.ndarray,
        sums: np.ndarray, choice: np.ndarray) -> None:  # fmt: skip
    """Leaves first: add to every parent's `sums` the least of each child, note the choice."""
    found = np.empty(sums.shape[1])
    for k in range(2 * n):
        v, p = order[k], parent[order[k]]
        if p < 0:
            continue
        if link[v] == ABOVE:  # v is S of the upstream stage, p is SI: S <= SI
            small, where, s = FAR, low[v], low[v]
            for x in range(low[p], high[p] + 1):
                while s <= min(x, high[v]):
                    if sums[v, s] < small:
                        small, where = sums[v, s], s
                    s += 1
                sums[p, x] += small
                choice[v, x] = where
        elif link[v] == BELOW:  # v is SI of the downstream stage, p is S
            small, where, s = FAR, high[v], high[v]
            for x in range(high[p], low[p] - 1, -1):
                while s >= max(x, low[v]):
                    if sums[v, s] < small:
                        small, where = sums[v, s], s
                    s -= 1
                sums[p, x] += small
                choice[v, x] = where
        else:
            i = v if v < n else v - n
            least(sums[v], int(low[v]), int(high[v]), price[i], int(time[i]), int(low[p]),
                  int(high[p]), v >= n, bool(concave[i]), found, choice[v])  # fmt: skip
            for x in range(low[p], high[p] + 1):
                sums[p, x] += found[x]


@njit(cache=True, nogil=True)
def _down(n: int, parent: np.ndarray, order: np.ndarray, low: np.ndarray, high: np.ndarray,
          sums: np.ndarray, choice: np.ndarray, out: np.ndarray) -> float:  # fmt: skip
    """Roots first: take what was chosen; the cost."""
    total = 0.0
    for k in range(2 * n - 1, -1, -1):
        v, p = order[k], parent[order[k]]
        if p >= 0:
            out[v] = choice[v, out[p]]
            continue
        small = FAR
        for s in range(low[v], high[v] + 1):
            if sums[v, s] < small:
                small, out[v] = sums[v, s], s
        total = FAR if small >= FAR else total + small
    return total


def _entry(number: int) -> Any:
    """The compiled solver; its cache on disk is good only for these very sources."""

    @njit(cache=True, nogil=True)
    def best(n: int, parent: np.ndarray, link: np.ndarray, order: np.ndarray, price: np.ndarray,
             concave: np.ndarray, time: np.ndarray, low: np.ndarray, high: np.ndarray,
             sums: np.ndarray, choice: np.ndarray, out: np.ndarray) -> float:  # fmt: skip
        """The least cost with low <= value <= high, and its values in `out`; FAR if none.

        `sums` (2n, K) floats and `choice` (2n, K) are scratch.
        """
        if n < 0:
            return float(number)
        for v in range(2 * n):
            for s in range(low[v], high[v] + 1):
                sums[v, s] = 0.0
        _up(n, parent, link, order, price, concave, time, low, high, sums, choice)
        return _down(n, parent, order, low, high, sums, choice, out)

    return best


best = _entry(stamp(Path(__file__).parent))


@njit(cache=True, nogil=True)
def total_cost(n: int, values: np.ndarray, price: np.ndarray, time: np.ndarray) -> float:
    """Yearly cost of the safety stock of the service times `values`."""
    total = 0.0
    for i in range(n):
        total += price[i, max(0, values[n + i] + time[i] - values[i])]
    return total
