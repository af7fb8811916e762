"""What no plan costs less than: every operation as early as if it had each resource to itself."""

from __future__ import annotations

from dataclasses import dataclass

from taktnet.plan.schedule.hours import add, net, next_working
from taktnet.plan.schedule.problem import Problem
from taktnet.plan.schedule.repair import Turn
from taktnet.plan.schedule.shop import FAR, HARD, Shop


@dataclass(frozen=True, slots=True)
class Alone:
    """The least cost in thousandths, and the earliest starts and ends of every operation."""

    cost: float
    start: list[int]
    end: list[int]


class Ahead:
    """How early an operation can end after what it waits for, without waiting for a resource."""

    def __init__(self, p: Problem, s: Shop) -> None:
        self.p = p
        self.spans = {r.id: net(r.spans, r.down) for r in p.resources}
        self.site = {r.id: r.site for r in p.resources}
        self.floor: list[int] = s.floor.tolist()

    def ends(self, i: int, waits: list[dict[str, int]]) -> tuple[int, dict[str, int]]:
        """(earliest start, {site: earliest end there}); `waits` are the latter of its inputs."""
        start, done = FAR, dict[str, int]()
        for m in self.p.operations[i].modes:
            here = self.site[m.resource]
            ready = max([self.floor[i], *(self.there(w, here) for w in waits)])
            begin = next_working(self.spans[m.resource], min(ready, FAR))
            end = add(self.spans[m.resource], min(ready, FAR), m.minutes)
            if begin is not None and end is not None:
                start = min(start, begin)
                done[here] = min(done.get(here, FAR), end)
        return start, done or {self.site[self.p.operations[i].modes[0].resource]: FAR}

    def there(self, ends: dict[str, int], here: str) -> int:
        """The earliest that one of them can be at a site."""
        ways = (self.p.there(x, here, e) if e < FAR else None for x, e in ends.items())
        return min((FAR if at is None else at for at in ways), default=FAR)


def alone(p: Problem, s: Shop, turn: Turn, ends: list[int]) -> Alone:
    """The least cost when nothing waits for a resource.

    Operations wait for shifts, material and each other's ways only; `ends` are those of the turn,
    taken for the work that is locked.
    """
    ahead = Ahead(p, s)
    index = {o.id: i for i, o in enumerate(p.operations)}
    locked = set(turn.order[: turn.locked].tolist())
    done: dict[int, dict[str, int]] = {}
    starts, total = [FAR] * len(ends), 0.0
    for i in turn.order.tolist():
        o = p.operations[i]
        if i in locked:
            done[i] = {ahead.site[p.resources[int(s.resource[turn.mode[i]])].id]: ends[i]}
        else:
            starts[i], done[i] = ahead.ends(i, [done[index[a]] for a in o.after])
            if s.old_start[i] >= s.now:
                total += float(s.move) * max(0, starts[i] - int(s.old_start[i]))
        end = min(done[i].values())
        total += float(s.late[i]) * max(0, end - int(s.due[i])) + HARD * max(
            0, end - int(s.must[i])
        )
    return Alone(total, starts, [min(done[i].values()) for i in range(len(ends))])
