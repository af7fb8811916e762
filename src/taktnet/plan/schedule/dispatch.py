"""A plan by the clock: whenever a resource is free, the most urgent work that is there begins.

A non-delay schedule (Baker & Trietsch, *Principles of Sequencing and Scheduling*, 2009, 12.2) by
the latest start that is still in time. Where much is new it is a better place to begin from than
the old plan with the new work behind it.
"""

from __future__ import annotations

import heapq

import numpy as np

from taktnet.plan.schedule.hours import add, net
from taktnet.plan.schedule.problem import Problem
from taktnet.plan.schedule.repair import Turn, followers, times, urgency
from taktnet.plan.schedule.shop import FAR, Shop


def dispatch(p: Problem, s: Shop, turn: Turn) -> Turn:
    """The turn with all that is not locked begun by urgency; resources and floors stay."""
    return Turn(np.array(_Clock(p, s, turn).run(), np.int64), turn.mode, turn.floor, turn.locked)


class _Clock:
    """What waits where, as time goes on."""

    def __init__(self, p: Problem, s: Shop, turn: Turn) -> None:
        self.p = p
        self.users, self.waits = followers(s)
        self.urgency = urgency(p)
        self.on = s.resource[turn.mode].tolist()
        self.minutes = s.minutes[turn.mode].tolist()
        self.spans = [net(r.spans, r.down) for r in p.resources]
        self.ready = turn.floor.tolist()
        self.free = [p.now] * len(p.resources)
        self.setup = [r.setup for r in p.resources]
        self.order = turn.order[: turn.locked].tolist()
        self.later: list[list[tuple[int, int]]] = [[] for _ in p.resources]
        self.here: list[list[tuple[int, int]]] = [[] for _ in p.resources]
        self.events: list[tuple[int, int]] = []
        locked, ends = set(self.order), times(s, turn)[2].tolist()
        for i in self.order:
            self.free[self.on[i]] = max(self.free[self.on[i]], ends[i])
            self.setup[self.on[i]] = p.operations[i].setup or self.setup[self.on[i]]
            self.done(i, ends[i], locked)
        for i in turn.order[turn.locked :].tolist():
            if not self.waits[i]:
                self.come(i)

    def come(self, i: int) -> None:
        """All that an operation waits for is there at its time."""
        r = self.on[i]
        heapq.heappush(self.later[r], (self.ready[i], i))
        heapq.heappush(self.events, (max(self.ready[i], self.free[r]), r))

    def done(self, i: int, end: int, locked: set[int] | None = None) -> None:
        """Tell those that wait for an operation when its output is with them."""
        sites, origin = self.p.resources, self.p.resources[self.on[i]].site
        for u in self.users[i]:
            there = self.p.there(origin, sites[self.on[u]].site, min(end, FAR))
            self.ready[u] = max(self.ready[u], FAR if there is None else there)
            self.waits[u] -= 1
            if not self.waits[u] and locked is None:
                self.come(u)

    def run(self) -> list[int]:
        """The order in which everything begins."""
        while self.events:
            at, r = heapq.heappop(self.events)
            if at < self.free[r]:
                continue  # another event waits for when it is free
            later, here = self.later[r], self.here[r]
            while later and later[0][0] <= at:
                i = heapq.heappop(later)[1]
                heapq.heappush(here, (self.urgency[i], i))
            if here:
                self.begin(heapq.heappop(here)[1], r, at)
            elif later:
                heapq.heappush(self.events, (later[0][0], r))
        return self.order

    def begin(self, i: int, r: int, at: int) -> None:
        """Work on an operation, set up for it first."""
        needs = self.p.operations[i].setup
        change = self.p.setup(self.p.resources[r].id, self.setup[r], needs)
        self.setup[r] = needs or self.setup[r]
        end = add(self.spans[r], at, change + self.minutes[i])
        self.order.append(i)
        self.free[r] = FAR if end is None else end
        heapq.heappush(self.events, (self.free[r], r))
        self.done(i, self.free[r])
