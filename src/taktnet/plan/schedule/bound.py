"""What no plan costs less than: every operation as early as if it had each resource to itself."""

from __future__ import annotations

from taktnet.plan.schedule.hours import add, net, next_working
from taktnet.plan.schedule.problem import Problem
from taktnet.plan.schedule.repair import Turn
from taktnet.plan.schedule.shop import FAR, HARD, Shop


def alone(p: Problem, s: Shop, turn: Turn, ends: list[int]) -> float:
    """The least cost in thousandths when nothing waits for a resource.

    Operations wait for shifts, material and each other's ways only; `ends` are those of the turn,
    taken for the work that is locked.
    """
    spans = {r.id: net(r.spans, r.down) for r in p.resources}
    site = {r.id: r.site for r in p.resources}
    index = {o.id: i for i, o in enumerate(p.operations)}
    locked = set(turn.order[: turn.locked].tolist())
    done: dict[int, dict[str, int]] = {}  # by site the earliest that its output can be there
    total = 0.0
    for i in turn.order.tolist():
        o = p.operations[i]
        if i in locked:
            end = ends[i]
            at = site[p.resources[int(s.resource[turn.mode[i]])].id]
            done[i] = {at: end}
        else:
            done[i], start = {}, FAR
            for m in o.modes:
                here = site[m.resource]
                waits = (
                    min(e + p.way(x, here) for x, e in done[index[a]].items()) for a in o.after
                )
                ready = max([int(s.floor[i]), *waits])
                begin = next_working(spans[m.resource], min(ready, FAR))
                end = add(spans[m.resource], min(ready, FAR), m.minutes)
                if begin is not None and end is not None:
                    start = min(start, begin)
                    done[i][here] = min(done[i].get(here, FAR), end)
            done[i] = done[i] or {site[o.modes[0].resource]: FAR}
            if s.old_start[i] >= s.now:
                total += float(s.move) * max(0, start - int(s.old_start[i]))
        end = min(done[i].values())
        total += float(s.late[i]) * max(0, end - int(s.due[i])) + HARD * max(
            0, end - int(s.must[i])
        )
    return total
