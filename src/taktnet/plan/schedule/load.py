"""How much later still work must be because a resource does one thing at a time.

Each resource is taken alone: the cheapest chain of its operations, with set-ups, in which one may
come several times or never (`chains`); what each is paid for coming is moved until it comes once
(state-space relaxation with Lagrange multipliers: Christofides, Mingozzi & Toth, *Networks* 11,
1981; Abdul-Razaq & Potts, *Journal of the Operational Research Society* 39, 1988). An operation
costs what its start and end move and make late, of its own and of all that waits for it. Each such
price counts on one resource alone, so that the bounds of all add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass

import numpy as np

from taktnet.plan.schedule.bound import Ahead, Alone, Hours, Where
from taktnet.plan.schedule.chains import chain
from taktnet.plan.schedule.problem import Problem
from taktnet.plan.schedule.repair import Turn, followers, times
from taktnet.plan.schedule.shop import FAR, Shop

#: Most rounds of prizes, rounds without gain after which the aim is halved, and the least aim.
ROUNDS, PATIENCE, SHORT = 400, 8, 0.002
#: Most positions times operations of one resource; those times set-ups and rounds at most.
MOST, WORK = 4_000_000, 60_000_000


@dataclass(frozen=True, slots=True)
class _Line:
    """One resource: operations that are done on it unless they leave, what is fixed, overlaps.

    `fixed` are starts, ends and set-ups of work whose time is given; `overlap` the minutes in
    which the resource would do several things, or be set up meanwhile, if each had its way.
    """

    r: int
    own: tuple[int, ...]
    fixed: tuple[tuple[int, int, int], ...]
    overlap: int


def waiting(
    p: Problem, s: Shop, turn: Turn, found: Alone, stop: Callable[[], bool]
) -> Iterator[float]:
    """Cost in thousandths that all resources together add to `found` at least, ever more.

    First every crowded one counts its own; then those that add least are left out one by one, as
    long as what they make late counts for more where it comes from.
    """
    costs = _Costs(p, s, found, turn)
    added = dict[int, float]()
    for line in costs.lines:
        added[line.r] = _least(costs, line, stop)
        yield sum(added.values())
    best = sum(added.values())
    for r in sorted(added, key=lambda r: added[r]):
        fewer = costs.without(r)
        told = {line.r: added[line.r] for line in fewer.lines}
        for line in fewer.lines:
            if stop():
                return
            if any(costs.behind[i] != fewer.behind[i] for i in line.own):
                told[line.r] = _least(fewer, line, stop)
        if sum(told.values()) > best:
            best, added, costs = sum(told.values()), told, fewer
            yield best


class _Costs:
    """What an operation's time costs beyond `found`, and which resource that counts on."""

    def __init__(self, p: Problem, s: Shop, found: Alone, turn: Turn) -> None:
        self.p, self.s, self.found, self.turn, self.ahead = p, s, found, turn, Ahead(p, s)
        _, start, end = times(s, turn)
        self.start: list[int] = start.tolist()
        self.end: list[int] = end.tolist()
        self.index = {o.id: i for i, o in enumerate(p.operations)}
        lines = sorted(self._lines(), key=lambda x: (-x.overlap, x.r))
        self.lines = [line for line in lines if line.overlap]
        self.behind = self._behind()

    def without(self, r: int) -> _Costs:
        """The same with all that is done on one line counting where it comes from."""
        fewer = copy(self)
        fewer.lines = [line for line in self.lines if line.r != r]
        fewer.behind = fewer._behind()
        return fewer

    def _lines(self) -> Iterator[_Line]:
        s, own, fixed = self.s, dict[int, list[int]](), dict[int, list[tuple[int, int, int]]]()
        for place, i in enumerate(self.turn.order.tolist()):
            first, many = int(s.first[i]), int(s.first[i + 1] - s.first[i])
            if place < self.turn.locked:
                r, kind = int(s.resource[self.turn.mode[i]]), int(s.needs[self.turn.mode[i]])
                if s.now < self.end[i] < FAR:
                    fixed.setdefault(r, []).append((self.start[i], self.end[i], kind))
            elif self.found.start[i] < FAR and (many == 1 or s.old_start[i] >= s.now):
                r = int(s.resource[first]) if many == 1 else int(s.old_resource[i])
                own.setdefault(r, []).append(i)
        for r, rows in own.items():
            hours = self.hours(r)
            kept = np.array([self.kept(i) for i in rows])
            done = hours.ends(hours.worked(kept) + [self.minutes(i, r) for i in rows])
            kinds = [int(s.needs[self.mode(i, r)]) for i in rows]
            taken = [*fixed.get(r, []), *zip(kept.tolist(), done.tolist(), kinds, strict=True)]
            overlap = _overlap(taken, self.setups(r))
            yield _Line(r, tuple(rows), tuple(sorted(fixed.get(r, []))), overlap)

    def _behind(self) -> dict[int, list[int]]:
        """What waits for an operation on a crowded line, and counts with it: on no such line."""
        users, _ = followers(self.s)
        taken = {i for line in self.lines for i in line.own}
        told: dict[int, list[int]] = {}
        for line in self.lines:
            for i in line.own:
                rows, rest = list[int](), [i]
                while rest:
                    more = [u for u in users[rest.pop(0)] if u not in taken]
                    taken.update(more)
                    rows += more
                    rest += more
                told[i] = rows
        return told

    def hours(self, r: int) -> Hours:
        """The working minutes of a resource."""
        return self.ahead.hours[self.p.resources[r].id]

    def setups(self, r: int) -> np.ndarray:
        """Minutes from set-up to set-up of a resource."""
        at, many = int(self.s.setup_first[r]), int(self.s.kinds[r])
        return self.s.setups[at : at + many * many].reshape(many, many)

    def kept(self, i: int) -> int:
        """The start that costs no move more than it must."""
        return max(self.found.start[i], int(self.s.old_start[i]))

    def mode(self, i: int, r: int) -> int:
        """The place of its mode on a resource."""
        modes = range(int(self.s.first[i]), int(self.s.first[i + 1]))
        return next(k for k in modes if self.s.resource[k] == r)

    def minutes(self, i: int, r: int) -> int:
        """Working minutes that an operation takes on a resource."""
        return int(self.s.minutes[self.mode(i, r)])

    def of(self, i: int, r: int, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Thousandths (k,) of k starts and ends on a resource, with all that counts with it."""
        total = self._own(i, start, end)
        done: dict[int, Where] = {i: {self.p.resources[r].site: end}}
        for u in self.behind[i]:
            waits = [done[a] for x in self.p.operations[u].after if (a := self.index[x]) in done]
            begin, ends = self.ahead.ends(u, waits, len(end))
            done[u] = {site: np.maximum(at, self.found.end[u]) for site, at in ends.items()}
            # It may start later, but not earlier.
            begin = np.maximum(begin, self.kept(u))
            total += self._own(u, begin, np.min(list(done[u].values()), axis=0))
        return total

    def _own(self, i: int, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        s = self.s
        due = max(int(s.due[i]), self.found.end[i])
        cost = s.late[i] * np.maximum(0, end - due).astype(float)
        if s.old_start[i] >= s.now:
            cost += s.move * np.abs(start - self.kept(i))
        return cost


def _overlap(taken: list[tuple[int, int, int]], setups: np.ndarray) -> int:
    total, last, state = 0, 0, 0
    for a, b, kind in sorted(taken):
        total += max(0, min(b, last + int(setups[state, kind])) - a)
        last, state = max(last, b), kind or state
    return total


def _least(costs: _Costs, line: _Line, stop: Callable[[], bool]) -> float:
    """A bound on what the operations of one line cost beyond what they cost alone."""
    s, hours = costs.s, costs.hours(line.r)
    modes = [costs.mode(i, line.r) for i in line.own]
    minutes, kind = s.minutes[modes], s.needs[modes]
    setups = costs.setups(line.r)
    heads = hours.worked(np.array([costs.found.start[i] for i in line.own]))
    first = int(heads.min())
    # Behind the last start that is kept later is never cheaper: all is done as soon as it can be.
    last = [costs.kept(i) for i in line.own] + [b for _, b, _ in line.fixed]
    need = int((minutes + setups.max()).sum()) + sum(b - a for a, b, _ in line.fixed)
    until = min(int(hours.worked(np.array(last)).max()) + need, int(hours.before[-1]))
    if until - first <= 0 or (until - first) * len(line.own) > MOST:
        return 0.0
    places = np.arange(first, until)
    cost = np.full((len(line.own), len(places)), np.inf)
    free, wall = _free(costs, line, places, (minutes, kind, setups))
    for n, i in enumerate(line.own):
        able = np.flatnonzero(free[n] & (places >= heads[n]) & (places + minutes[n] <= until))
        begin, end = hours.starts(places[able]), hours.ends(places[able] + minutes[n])
        cost[n, able] = costs.of(i, line.r, begin, end)
    if not np.isfinite(cost).any(axis=1).all():
        return 0.0
    leave = np.array([s.change if s.first[i + 1] - s.first[i] > 1 else np.inf for i in line.own])
    return _raised(cost, (minutes, kind, setups, wall), leave, stop)


def _free(
    costs: _Costs, line: _Line, places: np.ndarray, work: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Where each operation may start (n, t) among what is fixed; the last such start (t,)."""
    minutes, kind, setups = work
    hours = costs.hours(line.r)
    free, wall = np.ones((len(minutes), len(places)), bool), np.full(len(places), -1)
    # By way of another operation it takes that one's minutes at least.
    after = [np.minimum(row, (row[kind] + minutes).min())[kind] for row in setups]
    ahead = [np.minimum(row, (row[kind] + minutes).min())[kind] for row in setups.T]
    blocks = [(*hours.worked(np.array([x, y])).tolist(), k) for x, y, k in line.fixed]
    if not blocks:
        now = int(hours.worked(np.array([costs.s.now]))[0])
        blocks = [(-FAR, now, int(costs.s.set_for[line.r]))]
    ends = places + minutes[:, None]
    for n, (low, high, k) in enumerate(blocks):
        before = blocks[n - 1][1] if n else -FAR
        behind = blocks[n + 1][0] if n + 1 < len(blocks) else FAR
        free &= (ends <= low) | (places >= high)
        free &= (ends <= low - ahead[k][:, None]) | (ends > low) | (places < before)
        free &= (places >= high + after[k][:, None]) | (places < high) | (places >= behind)
        wall[places >= high] = low - int(places[0])
    return free, wall


def _raised(
    cost: np.ndarray,
    work: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    leave: np.ndarray,
    stop: Callable[[], bool],
) -> float:
    """The greatest bound that moving prizes finds, in thousandths."""
    minutes, kind, setups, wall = work
    visits = np.zeros(len(cost), np.int64)
    prize = np.minimum(leave, cost.min(axis=1))
    # How far above the best bound the prizes aim: Polyak's step with a level that is moved.
    best, idle, reach = 0.0, 0, max(1.0, float(np.median(cost[np.isfinite(cost)])))
    rounds = min(ROUNDS, max(20, WORK // (cost.size * len(setups))))
    for _ in range(rounds):
        if stop():
            break
        lower = float(prize.sum()) + chain(cost, minutes, kind, setups, wall, prize, visits)
        if lower > best:
            reach = reach * 1.3 if lower > best + reach / 2 else reach
            best, idle = lower, 0
        else:
            idle += 1
        if idle >= PATIENCE:
            reach, idle = reach / 2, 0
        miss = 1.0 - visits
        # A prize of what may leave is no greater than what leaving costs.
        miss[(prize >= leave) & (miss > 0)] = 0.0
        if reach < max(1.0, SHORT * best) or not miss.any():
            break
        prize = np.clip(prize + (best + reach - lower) * miss / (miss @ miss), 0.0, leave)
    return max(0.0, best * (1 - 1e-9))
