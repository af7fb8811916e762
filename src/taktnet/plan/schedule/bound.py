"""What no plan costs less than: every operation as early as if it had each resource to itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taktnet.plan.schedule.hours import net
from taktnet.plan.schedule.problem import Problem
from taktnet.plan.schedule.repair import Turn, times
from taktnet.plan.schedule.shop import FAR, HARD, Shop

#: Site -> minutes (k,) at which something can be there, for k cases side by side.
Where = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Alone:
    """The least cost in thousandths, and the earliest starts and ends of every operation."""

    cost: float
    start: list[int]
    end: list[int]


class Hours:
    """Working minutes of a resource, counted along its spans."""

    def __init__(self, spans: tuple[tuple[int, int], ...]) -> None:
        self.low = np.array([a for a, _ in spans] or [FAR], np.int64)
        self.high = np.array([b for _, b in spans] or [FAR], np.int64)
        self.before = np.concatenate([[0], np.cumsum(self.high - self.low)])

    def worked(self, at: np.ndarray) -> np.ndarray:
        """Working minutes before each minute."""
        k = np.searchsorted(self.high, at, side="right")
        inside = np.maximum(0, at - self.low[np.minimum(k, len(self.low) - 1)])
        return self.before[k] + np.where(k < len(self.low), inside, 0)

    def starts(self, worked: np.ndarray) -> np.ndarray:
        """The minute at which the next working minute begins; FAR behind the last span."""
        k = np.searchsorted(self.before, worked, side="right") - 1
        inside = k < len(self.low)
        k = np.minimum(k, len(self.low) - 1)
        return np.where(inside, self.low[k] + worked - self.before[k], FAR)

    def ends(self, worked: np.ndarray) -> np.ndarray:
        """The minute at which so many working minutes are over; FAR behind the last span."""
        return np.where(worked > self.before[-1], FAR, self.starts(worked - 1) + 1)


class Ahead:
    """How early an operation can end after what it waits for, without waiting for a resource."""

    def __init__(self, p: Problem, s: Shop) -> None:
        self.p = p
        self.spans = {r.id: net(r.spans, r.down) for r in p.resources}
        self.hours = {name: Hours(spans) for name, spans in self.spans.items()}
        self.site = {r.id: r.site for r in p.resources}
        self.floor: list[int] = s.floor.tolist()

    def ends(self, i: int, waits: list[Where], cases: int = 1) -> tuple[np.ndarray, Where]:
        """(earliest start (cases,), earliest ends by site); `waits` are the latter of its inputs.

        FAR where no shift or departure is left.
        """
        start, done = np.full(cases, FAR), dict[str, np.ndarray]()
        for m in self.p.operations[i].modes:
            here, hours = self.site[m.resource], self.hours[m.resource]
            ready = np.full(cases, self.floor[i])
            for told in waits:
                ready = np.maximum(ready, self.there(told, here, cases))
            worked = hours.worked(ready)
            begin, end = hours.starts(worked), hours.ends(worked + m.minutes)
            begin, end = (np.where(end < FAR, x, FAR) for x in (begin, end))
            start = np.minimum(start, begin)
            done[here] = np.minimum(done.get(here, FAR), end)
        return start, done

    def there(self, ends: Where, here: str, cases: int) -> np.ndarray:
        """The earliest that one of them can be at a site."""
        best = np.full(cases, FAR)
        for origin, at in ends.items():
            rows = self.p.departures.get((origin, here), ()) if origin != here else ()
            free = 0 if origin == here else self.p.transport.get((origin, here))
            if rows:
                left = np.searchsorted([a for a, _ in rows], at)
                arrives = np.array([*(b for _, b in rows), FAR])[left]
                there = np.minimum(arrives, at + free) if free is not None else arrives
            else:
                there = at + (free or 0)
            best = np.minimum(best, np.where(at < FAR, there, FAR))
        return best


def alone(p: Problem, s: Shop, turn: Turn, ends: list[int]) -> Alone:
    """The least cost when nothing waits for a resource.

    Operations wait for shifts, material and each other's ways only; what is locked stays as in the
    turn, whose ends are given.
    """
    ahead = Ahead(p, s)
    index = {o.id: i for i, o in enumerate(p.operations)}
    locked = set(turn.order[: turn.locked].tolist())
    _, begun, _ = times(s, turn)
    done: dict[int, Where] = {}
    starts, total = [FAR] * len(ends), 0.0
    for i in turn.order.tolist():
        o = p.operations[i]
        if i in locked:
            r = int(s.resource[turn.mode[i]])
            done[i], start = {p.resources[r].site: np.array([ends[i]])}, int(begun[i])
            total += s.change * (r != s.old_resource[i]) if s.old_start[i] >= s.now else 0.0
        else:
            begin, done[i] = ahead.ends(i, [done[index[a]] for a in o.after])
            start = starts[i] = int(begin[0])
        if s.old_start[i] >= s.now:
            total += float(s.move) * max(0, start - int(s.old_start[i]))
        end = min(int(x[0]) for x in done[i].values())
        total += float(s.late[i]) * max(0, end - int(s.due[i])) + HARD * max(
            0, end - int(s.must[i])
        )
    return Alone(
        total, starts, [min(int(x[0]) for x in done[i].values()) for i in range(len(ends))]
    )
