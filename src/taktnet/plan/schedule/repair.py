"""A plan at once: right-shift what a change has made impossible, or a first plan from nothing.

Right-shift keeps every resource and every turn and moves work later only as far as it must. It is
one pass of the decoder, so there is always an answer.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from taktnet.plan.schedule.decode import decode, lines, search
from taktnet.plan.schedule.problem import Placed, Problem
from taktnet.plan.schedule.shop import FAR, Shop


@dataclass(frozen=True, slots=True)
class Turn:
    """A plan as the search knows it: order, mode and floor of operations, int64[n] each.

    The first `locked` of the order run or are frozen.
    """

    order: np.ndarray
    mode: np.ndarray
    floor: np.ndarray
    locked: int


def times(s: Shop, turn: Turn) -> tuple[float, np.ndarray, np.ndarray]:
    """The cost in thousandths, starts and ends; without waiting for a compiler."""
    start, end = np.zeros(len(turn.order), np.int64), np.zeros(len(turn.order), np.int64)
    ready = bool(decode.signatures) or bool(search.signatures)
    run = decode if ready else decode.py_func
    last = len(turn.order)
    cost = run(s, turn.order, turn.mode, turn.floor, start, end, lines(s), 0, last)
    return float(cost), start, end


def placed(p: Problem, s: Shop, turn: Turn) -> tuple[Placed, ...]:
    """The plan of a turn, in order of start; what finds no shift is left out."""
    _, start, end = times(s, turn)
    rows = (
        Placed(o.id, p.resources[int(s.resource[turn.mode[i]])].id, int(start[i]), int(end[i]))
        for i, o in enumerate(p.operations)
        if end[i] < FAR
    )
    return tuple(sorted(rows, key=lambda x: (x.start, x.resource, x.operation)))


def right_shift(p: Problem, s: Shop, wanted: Sequence[Placed] | None = None) -> Turn:
    """The turn that keeps to `wanted` (default: the old plan) and moves later where it must.

    New operations come behind, by how soon they are due.
    """
    plan = {x.operation: x for x in (p.old if wanted is None else wanted)}
    old = {x.operation: x for x in p.old}
    locked = [o.id in old and old[o.id].start < max(p.fence, p.now) for o in p.operations]
    latest = urgency(p)
    keys = []
    for i, o in enumerate(p.operations):
        if locked[i]:
            keys.append((0, old[o.id].start, i))
        elif o.id in plan:
            keys.append((1, plan[o.id].start, i))
        else:
            keys.append((2, latest[i], i))
    order = _topological(s, keys)
    mode = _modes(p, s, {**plan, **{o.id: old[o.id] for o, k in zip(p.operations, locked,
        strict=True) if k}}, order)  # fmt: skip
    floor = s.floor.copy()
    for i, o in enumerate(p.operations):
        if o.id in plan and not locked[i]:
            floor[i] = max(floor[i], plan[o.id].start)
    ahead = next((n for n, i in enumerate(order) if not locked[i]), len(order))
    return Turn(np.array(order, np.int64), mode, floor, ahead)


def followers(s: Shop) -> tuple[list[list[int]], list[int]]:
    """Those that wait for each operation, and for how many each waits."""
    first, before = s.before_first.tolist(), s.before.tolist()
    users: list[list[int]] = [[] for _ in range(len(first) - 1)]
    for i, (a, b) in enumerate(pairwise(first)):
        for j in before[a:b]:
            users[j].append(i)
    return users, np.diff(s.before_first).tolist()


def _topological(s: Shop, keys: Sequence[tuple[int, int, int]]) -> list[int]:
    """Every operation behind those it waits for, else by key."""
    users, waits = followers(s)
    heap = [keys[i] for i in range(len(keys)) if not waits[i]]
    heapq.heapify(heap)
    order: list[int] = []
    while heap:
        i = heapq.heappop(heap)[2]
        order.append(i)
        for u in users[i]:
            waits[u] -= 1
            if not waits[u]:
                heapq.heappush(heap, keys[u])
    return order


def _modes(p: Problem, s: Shop, plan: dict[str, Placed], order: Sequence[int]) -> np.ndarray:
    """The mode of every operation: as planned, else where least work has been given so far."""
    load = np.zeros(len(p.resources))
    mode = np.zeros(len(order), np.int64)
    for i in order:
        o, first = p.operations[i], int(s.first[i])
        known = plan.get(o.id)
        names = [m.resource for m in o.modes]
        if known is not None and known.resource in names:
            k = names.index(known.resource)
        else:
            k = min(
                range(len(names)), key=lambda k: load[s.resource[first + k]] + o.modes[k].minutes
            )
        mode[i] = first + k
        load[s.resource[mode[i]]] += o.modes[k].minutes
    return mode


def urgency(p: Problem) -> list[int]:
    """The latest start by which what needs an operation can still be in time, shifts left aside."""
    index = {o.id: i for i, o in enumerate(p.operations)}
    latest = [FAR] * len(index)
    users: dict[int, list[int]] = {i: [] for i in index.values()}
    left = {index[o.id]: 0 for o in p.operations}
    for o in p.operations:
        for a in set(o.after):
            users[index[a]].append(index[o.id])
            left[index[a]] += 1
    ready = [i for i, n in left.items() if not n]
    while ready:
        i = ready.pop()
        o = p.operations[i]
        due = min([FAR if o.due is None else o.due, *(latest[u] for u in users[i])])
        latest[i] = due - min(m.minutes for m in o.modes)
        for a in set(o.after):
            left[index[a]] -= 1
            if not left[index[a]]:
                ready.append(index[a])
    return latest
