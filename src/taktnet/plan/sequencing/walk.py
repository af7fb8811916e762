"""The random walk over orders of cars: swaps, insertions, reversals and shuffles, annealed.

The moves are those of Estellon, Gardi & Nowak (*European Journal of Operational Research* 191(3),
2008), who won the ROADEF challenge of 2005; a worse order is taken with the chance of Metropolis.
Everything is whole numbers: `load[o, t]` counts the cars with option o in the window that starts
at t, and `price[o, load]` is what such a window costs. A swap looks only at windows that hold one
of its two cars, any other move only at windows that touch the stretch it turns.
"""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

import numpy as np
from numba import njit

from taktnet.plan.chance import draw

#: Longest stretch that is turned, moved or shuffled.
LONGEST = 16


@njit(cache=True, nogil=True)
def loads(order: np.ndarray, has: np.ndarray, size: np.ndarray) -> np.ndarray:
    """int32[option, window]: cars with the option in each whole window of an order."""
    n, options = len(order), len(size)
    load = np.zeros((options, n), np.int32)
    for o in range(options):
        held = 0
        for t in range(n):
            held += has[order[t], o]
            if t >= size[o]:
                held -= has[order[t - size[o]], o]
            if t >= size[o] - 1:
                load[o, t - size[o] + 1] = held
    return load


@njit(cache=True, nogil=True)
def cost_of(
    order: np.ndarray,
    load: np.ndarray,
    size: np.ndarray,
    price: np.ndarray,
    colour: np.ndarray,
    change: int,
) -> int:
    """What an order costs: the price of every window and of every change of colour."""
    n, cost = len(order), 0
    for o in range(len(size)):
        for t in range(n - size[o] + 1):
            cost += price[o, load[o, t]]
    for t in range(n - 1):
        if colour[order[t]] != colour[order[t + 1]]:
            cost += change
    return cost


@njit(cache=True, nogil=True)
def _swapped(
    order: np.ndarray,
    has: np.ndarray,
    load: np.ndarray,
    size: np.ndarray,
    price: np.ndarray,
    i: int,
    j: int,
    do: bool,
) -> int:
    """What the windows cost more when the cars at i < j change places; with `do` it is counted."""
    n, more = len(order), 0
    a, b = order[i], order[j]
    for o in range(len(size)):
        step = np.int64(has[b, o]) - np.int64(has[a, o])
        if step == 0:
            continue
        q = size[o]
        last = n - q
        # Windows with both cars keep their load.
        for t in range(max(0, i - q + 1), min(i, last, j - q) + 1):
            more += price[o, load[o, t] + step] - price[o, load[o, t]]
            if do:
                load[o, t] += step
        for t in range(max(i + 1, j - q + 1), min(j, last) + 1):
            more += price[o, load[o, t] - step] - price[o, load[o, t]]
            if do:
                load[o, t] -= step
    return more


@njit(cache=True, nogil=True)
def _changes(order: np.ndarray, colour: np.ndarray, first: int, last: int) -> int:
    """Changes of colour between the cars from `first` - 1 to `last` + 1."""
    count = 0
    for t in range(max(0, first - 1), min(last, len(order) - 2) + 1):
        if colour[order[t]] != colour[order[t + 1]]:
            count += 1
    return count


@njit(cache=True, nogil=True)
def _changes_at(order: np.ndarray, colour: np.ndarray, i: int, j: int) -> int:
    """Changes of colour beside the cars at i < j, each counted once."""
    if j - i <= 1:
        return _changes(order, colour, i, j)
    return _changes(order, colour, i, i) + _changes(order, colour, j, j)


@njit(cache=True, nogil=True)
def _recount(
    order: np.ndarray,
    has: np.ndarray,
    load: np.ndarray,
    size: np.ndarray,
    price: np.ndarray,
    i: int,
    j: int,
    fresh: np.ndarray,
) -> int:
    """What the windows cost more now that cars i to j stand otherwise; loads go to `fresh`."""
    n, more = len(order), 0
    for o in range(len(size)):
        q = size[o]
        first, last = max(0, i - q + 1), min(j, n - q)
        held = 0
        for t in range(first, min(first + q, n)):
            held += has[order[t], o]
        for t in range(first, last + 1):
            fresh[o, t] = held
            more += price[o, held] - price[o, load[o, t]]
            if t < last:
                held += np.int64(has[order[t + q], o]) - np.int64(has[order[t], o])
    return more


@njit(cache=True, nogil=True)
def _keep(load: np.ndarray, fresh: np.ndarray, size: np.ndarray, i: int, j: int) -> None:
    """Take over the loads of `_recount`."""
    n = load.shape[1]
    for o in range(len(size)):
        for t in range(max(0, i - size[o] + 1), min(j, n - size[o]) + 1):
            load[o, t] = fresh[o, t]


@njit(cache=True, nogil=True)
def _turn(order: np.ndarray, i: int, j: int, kind: int, state: np.ndarray) -> None:
    """Reverse (0), move the first behind the last (1) or the last first (2), or shuffle (3)."""
    if kind == 0:
        while i < j:
            order[i], order[j] = order[j], order[i]
            i += 1
            j -= 1
    elif kind == 1:
        car = order[i]
        for t in range(i, j):
            order[t] = order[t + 1]
        order[j] = car
    elif kind == 2:
        car = order[j]
        for t in range(j, i, -1):
            order[t] = order[t - 1]
        order[i] = car
    else:
        for t in range(j, i, -1):
            u = i + draw(state, t - i + 1)
            order[t], order[u] = order[u], order[t]


@njit(cache=True, nogil=True)
def _place(
    order: np.ndarray,
    has: np.ndarray,
    load: np.ndarray,
    size: np.ndarray,
    price: np.ndarray,
    frozen: int,
    state: np.ndarray,
) -> int:
    """A place to change: of a few windows drawn, a car of one that costs; else any."""
    n, options = len(order), len(size)
    for _ in range(6):
        o = draw(state, options)
        if size[o] > n:
            continue
        t = draw(state, n - size[o] + 1)
        if price[o, load[o, t]] > 0:
            at = t + draw(state, size[o])
            if at >= frozen and has[order[at], o]:
                return at
    return frozen + draw(state, n - frozen)


@njit(cache=True, nogil=True)
def _taken(more: int, warmth: float, state: np.ndarray) -> bool:
    """Whether an order that costs so much more is taken (Metropolis)."""
    return more <= 0 or draw(state, 1 << 30) < np.exp(-more / warmth) * (1 << 30)


@njit(cache=True, nogil=True)
def _swap(
    order: np.ndarray,
    has: np.ndarray,
    load: np.ndarray,
    size: np.ndarray,
    price: np.ndarray,
    colour: np.ndarray,
    change: int,
    i: int,
    j: int,
    warmth: float,
    state: np.ndarray,
) -> int:
    """Let the cars at i < j change places, if that is taken; what the order costs more."""
    more = _swapped(order, has, load, size, price, i, j, False)
    if change:
        old = _changes_at(order, colour, i, j)
        order[i], order[j] = order[j], order[i]
        more += change * (_changes_at(order, colour, i, j) - old)
        order[i], order[j] = order[j], order[i]
    if not _taken(more, warmth, state):
        return 0
    _swapped(order, has, load, size, price, i, j, True)
    order[i], order[j] = order[j], order[i]
    return more


@njit(cache=True, nogil=True)
def _turned(
    order: np.ndarray,
    has: np.ndarray,
    load: np.ndarray,
    size: np.ndarray,
    price: np.ndarray,
    colour: np.ndarray,
    change: int,
    i: int,
    j: int,
    kind: int,
    warmth: float,
    state: np.ndarray,
    fresh: np.ndarray,
) -> int:
    """Turn the stretch from i to j, if that is taken; what the order costs more."""
    old = _changes(order, colour, i, j) if change else 0
    before = order[i : j + 1].copy()
    _turn(order, i, j, kind, state)
    more = _recount(order, has, load, size, price, i, j, fresh)
    if change:
        more += change * (_changes(order, colour, i, j) - old)
    if not _taken(more, warmth, state):
        order[i : j + 1] = before
        return 0
    _keep(load, fresh, size, i, j)
    return more


@njit(cache=True, nogil=True)
def walk(
    order: np.ndarray,
    has: np.ndarray,
    load: np.ndarray,
    size: np.ndarray,
    price: np.ndarray,
    colour: np.ndarray,
    change: int,
    frozen: int,
    cost: int,
    warmth: float,
    moves: int,
    state: np.ndarray,
    best: np.ndarray,
    least: int,
    goal: int,
) -> tuple[int, int]:
    """Walk `moves` moves at one temperature; (cost now, least cost seen, whose order is `best`).

    Arrays: order int32[n], has uint8[class, option], load int32[option, n], size int64[option],
    price int64[option, load], colour int32[class], state uint64[1]. `order` and `load` are
    changed; the first `frozen` cars stay. It stops early at a cost of `goal`.
    """
    n = len(order)
    fresh = np.empty_like(load)
    for _ in range(moves):
        kind = draw(state, 32)
        if kind % 4:
            i = frozen + draw(state, n - frozen)
        else:
            i = _place(order, has, load, size, price, frozen, state)
        if kind < 28:
            j = frozen + draw(state, n - frozen)
            if kind < 8:
                j = min(n - 1, max(frozen, i - 10 + draw(state, 21)))
            if order[i] == order[j]:
                continue
            cost += _swap(
                order, has, load, size, price, colour, change, min(i, j), max(i, j), warmth, state
            )
        elif i < n - 1:
            j = min(n - 1, i + 1 + draw(state, LONGEST - 1))
            cost += _turned(
                order, has, load, size, price, colour, change, i, j, kind - 28, warmth, state, fresh
            )
        if cost < least:
            least = cost
            best[:] = order
            if least <= goal:
                break
    return cost, least
