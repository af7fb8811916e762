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
    needs: np.ndarray  # (n,) set-up; 0: any
    site: np.ndarray  # (r,)
    set_for: np.ndarray  # (r,) set-up at the origin
    table: np.ndarray  # (r,) its table of set-ups
    setups: np.ndarray  # (tables, set-ups, set-ups)
    way: np.ndarray  # (sites, sites)
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
    kinds = ["", *sorted({o.setup for o in ops} | {r.setup for r in p.resources} - {""})]
    kinds = list(dict.fromkeys(kinds))
    old = {x.operation: x for x in p.old}
    spans = [net(r.spans, r.down) for r in p.resources]
    tables = ["", *sorted(p.setups_at)]
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
        _ints(kinds.index(o.setup) for o in ops),
        _ints(sites.index(r.site) for r in p.resources),
        _ints(kinds.index(r.setup) for r in p.resources),
        _ints(tables.index(r.id) if r.id in p.setups_at else 0 for r in p.resources),
        np.array([_table(p, t, kinds) for t in tables], np.int64),
        np.array([[p.way(x, y) for y in sites] for x in sites], np.int64),
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


def _table(p: Problem, resource: str, kinds: list[str]) -> list[list[int]]:
    return [[p.setup(resource, a, b) for b in kinds] for a in kinds]


def _ints(values: object) -> np.ndarray:
    return np.fromiter(values, np.int64)  # type: ignore[call-overload]


def _firsts(counts: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.array(counts, np.int64))]).astype(np.int64)
