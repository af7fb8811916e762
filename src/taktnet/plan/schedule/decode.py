"""From an order of operations to times, and the search for a better order.

An order lists every operation behind those it waits for. Each is put on its resource behind what
stands there, as early as shifts, set-up, transport and material allow: a semi-active schedule
(Giffler & Thompson, *Operations Research* 8(4), 1960). The search moves one operation at a time
along the order or to another resource and takes a worse order with the chance of Metropolis.
"""

# ruff: noqa: PLR0912, PLR0915, PLR0917, SIM110  (one pass that calls nothing; compiled, by position)

from __future__ import annotations

import numpy as np
from numba import njit

from taktnet.plan.chance import draw
from taktnet.plan.schedule.shop import FAR, HARD, Shop


@njit(cache=True, nogil=True)
def decode(
    s: Shop,
    order: np.ndarray,
    mode: np.ndarray,
    floor: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    line: np.ndarray,
    first: int,
    last: int,
) -> float:
    """Fill `start` and `end` (int64[n]) of an order from `first` up to `last`; their cost.

    In thousandths. `mode[i]` is the place of operation i's mode among all modes, `floor[i]` its
    earliest start. `line` (int64[3, r], of `lines`) holds when each resource is free, its span and
    its set-up, and goes along. What finds no shift ends at FAR. It calls nothing, so that it also
    runs uncompiled.
    """
    free, span, state = line[0], line[1], line[2]
    sites = len(s.way)
    cost = 0.0
    for place in range(first, last):
        i = order[place]
        r = s.resource[mode[i]]
        ready, t, k, stop = floor[i], free[r], span[r], s.span_first[r + 1]
        for b in range(s.before_first[i], s.before_first[i + 1]):
            j = s.before[b]
            pair = s.site[s.resource[mode[j]]] * sites + s.site[r]
            there = end[j] + s.way[s.site[s.resource[mode[j]]], s.site[r]]
            low, high = s.leave_first[pair], s.leave_first[pair + 1]
            final = high
            while low < high:  # the first departure at or after its end
                middle = (low + high) >> 1
                if s.leave[middle] >= end[j]:
                    high = middle
                else:
                    low = middle + 1
            if low < final:
                there = min(there, s.arrive[low])
            ready = max(ready, there)
        begin = s.fixed[i]
        needs = s.needs[mode[i]]
        change = 0
        if needs:
            if begin < 0:
                change = s.setups[s.setup_first[r] + state[r] * s.kinds[r] + needs]
            state[r] = needs
        if begin < 0:
            t = max(t, s.now) if change else t
        else:
            t = ready = begin
        for stage in range(2):
            left = s.minutes[mode[i]] if stage else change
            if stage:
                t = max(t, ready)
            elif not change:
                continue
            while k < stop and s.high[k] <= t:
                k += 1
            if k < stop:
                t = max(t, s.low[k])
            begin = t
            while k < stop and left > s.high[k] - t:
                left -= s.high[k] - t
                k += 1
                if k < stop:
                    t = s.low[k]
            t = t + left if k < stop else FAR
        start[i], end[i] = (begin, t) if t < FAR else (FAR, FAR)
        free[r], span[r] = t, k
        cost += s.late[i] * max(0, t - s.due[i]) + HARD * max(0, t - s.must[i])
        if s.old_start[i] >= s.now:
            cost += s.move * abs(start[i] - s.old_start[i])
            cost += s.change * (r != s.old_resource[i])
    return cost  # pyright: ignore[reportReturnType]


def lines(s: Shop) -> np.ndarray:
    """Every resource as it is at the origin: free, in its first span, set up."""
    return np.array([np.zeros(len(s.site), np.int64), s.span_first[:-1], s.set_for])


@njit(cache=True, nogil=True)
def _pick(s: Shop, order: np.ndarray, end: np.ndarray, locked: int, n: int,
          state: np.ndarray) -> int:  # fmt: skip
    """A place in the order to move: half the time of late work or of what it waits for."""
    place = locked + draw(state, n - locked)
    if draw(state, 2):
        return place
    for _ in range(8):
        i = order[locked + draw(state, n - locked)]
        if s.late[i] > 0 and end[i] > s.due[i]:
            while s.before_first[i + 1] > s.before_first[i] and draw(state, 2):
                first = s.before_first[i]
                i = s.before[first + draw(state, int(s.before_first[i + 1] - first))]
            for p in range(locked, n):
                if order[p] == i:
                    return p
    return place


@njit(cache=True, nogil=True)
def _waits(s: Shop, i: int, j: int) -> bool:
    """Whether operation i waits directly for operation j."""
    for b in range(s.before_first[i], s.before_first[i + 1]):
        if s.before[b] == j:
            return True
    return False


@njit(cache=True, nogil=True)
def _bounds(s: Shop, order: np.ndarray, p: int, locked: int, n: int) -> tuple[int, int]:
    """The places that the operation at p may take among those it waits for and that wait for it."""
    i, low, high = order[p], p, p
    while low > locked and not _waits(s, i, order[low - 1]):
        low -= 1
    while high < n - 1 and not _waits(s, order[high + 1], i):
        high += 1
    return low, high


@njit(cache=True, nogil=True)
def _shift(order: np.ndarray, p: int, to: int) -> None:
    """Move what stands at p to another place."""
    i = order[p]
    while p < to:
        order[p] = order[p + 1]
        p += 1
    while p > to:
        order[p] = order[p - 1]
        p -= 1
    order[p] = i


@njit(cache=True, nogil=True)
def _target(s: Shop, order: np.ndarray, mode: np.ndarray, p: int, low: int, high: int,
            state: np.ndarray) -> int:  # fmt: skip
    """Where to: beside the next or the one after on the same resource, or anywhere allowed."""
    if draw(state, 4) == 0:
        return low + draw(state, high - low + 1)
    r, step = s.resource[mode[order[p]]], 1 if draw(state, 2) else -1
    skips, q = draw(state, 3), p + step
    while low <= q <= high:
        if s.resource[mode[order[q]]] == r:
            if skips == 0:
                return q
            skips -= 1
        q += step
    return low + draw(state, high - low + 1)


@njit(cache=True, nogil=True)
def search(
    s: Shop,
    span: tuple[int, int, int],
    order: np.ndarray,
    mode: np.ndarray,
    floor: np.ndarray,
    best: np.ndarray,
    cost: float,
    least: float,
    warmth: float,
    trials: int,
    state: np.ndarray,
) -> tuple[float, float]:
    """Try `trials` moves; the cost now and the least, whose order, modes and floors are `best`.

    `best` is int64[3, n]. An operation's floor is its own or the old start it is held to. Of the
    order, what lies in `span` (locked, n, seen) from `locked` up to `n` may move; costs are of what
    lies from `locked` up to `seen`.
    """
    locked, n, seen = span
    size = len(order)
    start, end = np.zeros(size, np.int64), np.zeros(size, np.int64)
    begin = np.zeros((3, len(s.site)), np.int64)
    begin[1], begin[2] = s.span_first[:-1], s.set_for
    decode(s, order, mode, floor, start, end, begin, 0, locked)
    decode(s, order, mode, floor, start, end, begin.copy(), locked, seen)
    line = begin.copy()
    for _ in range(trials):
        p = _pick(s, order, end, locked, n, state)
        i = order[p]
        was, held, many = mode[i], floor[i], s.first[i + 1] - s.first[i]
        if s.old_start[i] > s.floor[i] and draw(state, 4) == 0:
            floor[i] = s.floor[i] if held > s.floor[i] else s.old_start[i]
        if many > 1 and draw(state, 3) == 0:
            mode[i] = s.first[i] + draw(state, int(many))
        low, high = _bounds(s, order, p, locked, n)
        to = _target(s, order, mode, p, low, high, state)
        if to == p and mode[i] == was and floor[i] == held:
            continue
        _shift(order, p, to)
        line[:] = begin
        new = decode(s, order, mode, floor, start, end, line, locked, seen)
        if new <= cost or draw(state, 1 << 30) < np.exp((cost - new) / warmth) * (1 << 30):
            cost = new
            if cost < least:
                least = cost
                best[0], best[1], best[2] = order, mode, floor
        else:
            _shift(order, to, p)
            mode[i], floor[i] = was, held
    return cost, least
