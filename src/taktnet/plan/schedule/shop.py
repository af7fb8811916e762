"""A problem as arrays: what the compiled decoder and search read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from taktnet.plan.schedule.hours import net
from taktnet.plan.schedule.problem import Operation, Placed, Problem

#: A minute that never comes: the end of what no shift is left for.
FAR = 1 << 28
#: Money is counted in thousandths; a price an hour becomes so many of them a minute.
MILLI = 1000
#: The price of a minute after a must-end: more than any lateness is worth.
HARD = 10_000_000


class Shop(NamedTuple):
    """Arrays over operations (n), modes (m), resources (r), spans and predecessors.

    `first` to the next `first` are an operation's modes; likewise `before_first` its predecessors
    in `before`, and `span_first` a resource's spans. Prices are thousandths a minute.
    """

    first: np.ndarray  # (n+1,) of `resource` and `minutes`
    resource: np.ndarray  # (m,)
    minutes: np.ndarray  # (m,)
    before_first: np.ndarray  # (n+1,)
    before: np.ndarray
    floor: np.ndarray  # (n,) earliest start
    fixed: np.ndarray  # (n,) start of what runs, else -1
    due: np.ndarray  # (n,)
    late: np.ndarray  # (n,) price
    must: np.ndarray  # (n,)
    old_start: np.ndarray  # (n,) -1: new
    old_resource: np.ndarray  # (n,) -1: new
    needs: np.ndarray  # (m,) set-up, numbered by resource; 0: any
    site: np.ndarray  # (r,)
    set_for: np.ndarray  # (r,) set-up at the origin
    kinds: np.ndarray  # (r,) set-ups that a resource knows
    setup_first: np.ndarray  # (r,) of `setups`: kinds x kinds, from row to column
    setups: np.ndarray
    way: np.ndarray  # (sites, sites) at any time; FAR: by departures alone
    least: np.ndarray  # (sites, sites) without waiting for a departure
    leave_first: np.ndarray  # (sites * sites + 1,) of `leave` and `arrive`
    leave: np.ndarray
    arrive: np.ndarray
    span_first: np.ndarray  # (r+1,)
    low: np.ndarray
    high: np.ndarray
    now: int
    move: float
    change: float


def shop(p: Problem) -> Shop:
    """The arrays of a problem, operations and resources in its order."""
    ops, index = p.operations, {o.id: i for i, o in enumerate(p.operations)}
    at = {r.id: i for i, r in enumerate(p.resources)}
    sites = sorted({r.site for r in p.resources})
    kinds = _kinds(p)
    old = {x.operation: x for x in p.old}
    spans = [net(r.spans, r.down) for r in p.resources]
    return Shop(
        _firsts([len(o.modes) for o in ops]),
        _ints(at[m.resource] for o in ops for m in o.modes),
        _ints(m.minutes for o in ops for m in o.modes),
        _firsts([len(o.after) for o in ops]),
        _ints(index[a] for o in ops for a in o.after),
        _ints(_floor(p, o, old.get(o.id)) for o in ops),
        _ints(old[o.id].start if o.id in old and old[o.id].start < p.now else -1 for o in ops),
        _ints(FAR if o.due is None else o.due for o in ops),
        np.array(
            [round(o.late_price * MILLI / 60) if o.due is not None else 0 for o in ops], float
        ),
        _ints(FAR if o.must_end is None else o.must_end for o in ops),
        _ints(old[o.id].start if o.id in old else -1 for o in ops),
        _ints(at[old[o.id].resource] if o.id in old else -1 for o in ops),
        _ints(kinds[at[m.resource]][o.setup] for o in ops for m in o.modes),
        _ints(sites.index(r.site) for r in p.resources),
        _ints(k[r.setup] for r, k in zip(p.resources, kinds, strict=True)),
        _ints(len(k) for k in kinds),
        _firsts([len(k) ** 2 for k in kinds])[:-1],
        _ints(
            p.setup(r.id, a, b)
            for r, k in zip(p.resources, kinds, strict=True)
            for a in k
            for b in k
        ),
        *_ways(p, sites),
        _firsts([len(s) for s in spans]),
        _ints(a for s in spans for a, _ in s),
        _ints(b for s in spans for _, b in s),
        p.now,
        float(round(p.move_price * MILLI / 60)),
        float(round(p.change_price * MILLI)),
    )


def _floor(p: Problem, o: Operation, old: Placed | None) -> int:
    """The earliest start: frozen work not before its old one, other work behind the fence."""
    if old is None:
        return max(o.release, p.now)
    return max(o.release, old.start if old.start < p.fence else max(p.now, p.fence))


def _kinds(p: Problem) -> list[dict[str, int]]:
    """The set-ups that each resource may be in, numbered; "" is 0."""
    found = {r.id: {"": 0, r.setup: int(bool(r.setup))} for r in p.resources}
    for o in p.operations:
        for m in o.modes:
            own = found[m.resource]
            own.setdefault(o.setup, len(own))
    return [found[r.id] for r in p.resources]


def _ways(
    p: Problem, sites: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """`way` to `arrive`."""
    timed = [p.departures.get((x, y), ()) if x != y else () for x in sites for y in sites]
    return (
        np.array([[_free(p, x, y) for y in sites] for x in sites], np.int64),
        np.array([[p.way(x, y) for y in sites] for x in sites], np.int64),
        _firsts([len(rows) for rows in timed]),
        _ints(a for rows in timed for a, _ in rows),
        _ints(b for rows in timed for _, b in rows),
    )


def _free(p: Problem, x: str, y: str) -> int:
    """Minutes of a way at any time; FAR where there are departures alone."""
    if x == y:
        return 0
    return p.transport.get((x, y), FAR if p.departures.get((x, y)) else 0)


def _ints(values: object) -> np.ndarray:
    return np.fromiter(values, np.int64)  # type: ignore[call-overload]


def _firsts(counts: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.array(counts, np.int64))]).astype(np.int64)
