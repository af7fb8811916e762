"""How much later still work must be because a resource does one thing at a time.

The work of one resource may be cut into minutes and done in any of its hours: a transportation
problem whose cost no real turn undercuts (the preemptive time-indexed bound of Gelinas & Soumis,
*Transportation Science* 31, 1997). Its dual prices tell how much of a late order's price was
needed; what is left of it counts for the next resource, so that the bounds of all add up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from taktnet.plan.schedule.bound import Ahead, Alone
from taktnet.plan.schedule.problem import Problem, Span
from taktnet.plan.schedule.repair import Turn, followers
from taktnet.plan.schedule.shop import FAR, Shop

#: Minutes of a bucket at least, and most buckets of a resource.
BUCKET, BUCKETS = 20, 160


@dataclass(frozen=True, slots=True)
class _Work:
    """One operation on its only resource: minutes, earliest start, and whose lateness it makes.

    `goal` is -1 where another operation makes it. A start off `kept` costs `move` a minute.
    """

    i: int
    minutes: int
    head: int
    goal: int
    kept: int
    move: float


def waiting(
    p: Problem, s: Shop, turn: Turn, found: Alone, stop: Callable[[], bool]
) -> Iterator[float]:
    """Cost in thousandths that each resource adds to `found`, the busiest first."""
    after, ahead = _paths(s, turn), Ahead(p, s)
    weight = s.late.tolist()
    by_resource = _by_resource(s, turn, found, after)
    for r, rows in sorted(by_resource.items(), key=lambda x: -sum(w.minutes for w in x[1])):
        if stop():
            return
        price = np.array([weight[w.goal] if w.goal >= 0 else 0.0 for w in rows])
        spans = ahead.spans[p.resources[r].id]
        grid = _grid(spans, rows)
        if len(rows) < 2 or grid is None or not (price.any() or any(w.move for w in rows)):
            continue
        late = np.zeros((len(rows), len(grid)))
        for k, w in enumerate(rows):
            if price[k] > 0:
                due = max(int(s.due[w.goal]), found.end[w.goal])
                done = _done(ahead, after, w.i, p.resources[r].site, grid)
                late[k] = np.maximum(0, np.array(done) - due)
        off = np.array([w.move * _moved(spans, grid, w) for w in rows])
        added, used = _transport(rows, price, (late, off), grid)
        for w, part in zip(rows, used, strict=True):
            if w.goal >= 0:
                weight[w.goal] = max(0.0, weight[w.goal] - part)
        yield added


def _paths(s: Shop, turn: Turn) -> list[int]:
    """The next operation towards the dearest order that an operation is for; itself at its end."""
    users, _ = followers(s)
    after = list(range(len(turn.order)))
    worth = s.late.tolist()
    for i in reversed(turn.order.tolist()):
        best = max(users[i], key=lambda u: worth[u], default=i)
        if s.late[i] == 0 and worth[best] > 0:
            after[i], worth[i] = best, worth[best]
    return after


def _by_resource(s: Shop, turn: Turn, found: Alone, after: list[int]) -> dict[int, list[_Work]]:
    """Work that can be done on one resource alone; of an order the last there makes it late."""
    rows: dict[int, dict[int, _Work]] = {}
    for i in turn.order[turn.locked :].tolist():
        first = int(s.first[i])
        if s.first[i + 1] - first != 1 or found.start[i] >= FAR:
            continue
        goal, own = i, rows.setdefault(int(s.resource[first]), {})
        while after[goal] != goal:
            goal = after[goal]
        goal = goal if s.late[goal] > 0 else -1
        for k, other in own.items():
            if other.goal == goal >= 0:
                own[k] = replace(other, goal=-1)
        moves = s.old_start[i] >= s.now
        kept = max(found.start[i], int(s.old_start[i]))
        own[i] = _Work(
            i, int(s.minutes[first]), found.start[i], goal, kept, float(s.move) if moves else 0.0
        )
    return {r: list(own.values()) for r, own in rows.items()}


def _grid(spans: tuple[Span, ...], rows: list[_Work]) -> list[Span] | None:
    """Stretches of working time that hold all the work; None where the shifts do not suffice."""
    if not rows:
        return None
    first, need = min(w.head for w in rows), sum(w.minutes for w in rows)
    # From `last` on later is never cheaper, so what lies behind the grid can be left out.
    last = max(w.kept if w.move else w.head for w in rows)
    length = max(BUCKET, (last - first + 2 * need) // (2 * BUCKETS))
    made: list[Span] = []
    k = bisect_right(spans, first, key=lambda x: x[1])
    for low, high in spans[k:]:
        at = max(low, first)
        while at < high and need > 0 and len(made) < 4 * BUCKETS:
            end = min(high, at + length)
            made.append((at, end))
            need -= max(0, end - max(at, last)) if end > last else 0
            at = end
        if need <= 0:
            return made
    return None


def _done(ahead: Ahead, after: list[int], i: int, site: str, grid: list[Span]) -> list[int]:
    """When the order of an operation is done at the earliest, by the stretch that it ends in."""
    told: list[int] = []
    for low, _ in grid:
        k, at = i, {site: low + 1}
        while after[k] != k:
            k = after[k]
            at = ahead.ends(k, [at])[1]
        told.append(min(*at.values(), FAR))
    return told


def _moved(spans: tuple[Span, ...], grid: list[Span], w: _Work) -> np.ndarray:
    """Minutes that a start is off at least, later or earlier, with a minute in each stretch."""
    low = np.array([a for a, _ in spans])
    before = np.concatenate([[0], np.cumsum([b - a for a, b in spans])])
    at = np.array([a for a, _ in grid])
    k = np.searchsorted(low, at, side="right") - 1
    worked = np.maximum(0, before[k] + at - low[k] - w.minutes + 1)
    k = np.searchsorted(before, worked, side="right") - 1
    later, earlier = low[k] + worked - before[k] - w.kept, w.kept - np.array([b for _, b in grid])
    return np.maximum(0, np.maximum(later, earlier + 1))


def _transport(
    rows: list[_Work], price: np.ndarray, costs: tuple[np.ndarray, np.ndarray], grid: list[Span]
) -> tuple[float, np.ndarray]:
    """The least cost of one resource, and how much of each price it takes to prove it.

    `costs` are minutes late, to be priced, and the money of moves.
    """
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    late, off = costs
    minutes = np.array([w.minutes for w in rows], float)
    room = np.array([b - a for a, b in grid], float)
    ends = np.array([b for _, b in grid])
    i, b = np.nonzero(ends[None, :] > np.array([w.head for w in rows])[:, None])
    one, at = np.ones(len(i)), np.arange(len(i))
    told = linprog(
        (price[i] * late[i, b] + off[i, b]) / minutes[i],
        A_ub=coo_array((one, (b, at)), shape=(len(room), len(i))).tocsr(), b_ub=room,
        A_eq=coo_array((one, (i, at)), shape=(len(rows), len(i))).tocsr(), b_eq=minutes,
        method="highs-ds",
    )  # fmt: skip
    if told.status != 0:
        return 0.0, np.zeros(len(rows))
    y, v = told.eqlin.marginals, told.ineqlin.marginals
    needed = (y[i] + v[b]) * minutes[i] - off[i, b]
    gain = np.where(late[i, b] > 0, needed / np.maximum(late[i, b], 1e-9), 0.0)
    used = np.zeros(len(rows))
    np.maximum.at(used, i, gain)
    return max(0.0, float(minutes @ y + room @ v) * (1 - 1e-9)), np.minimum(used, price)
