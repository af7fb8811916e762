"""A finite schedule that is there at once and improves until its time is up.

Right-shift answers first. Then a compiled search and CP-SAT work side by side from that plan: on
the whole problem while it is small enough to be bounded, else on windows of time, one after another
(large-neighbourhood search). The gap to the best bound is always told.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Lock

import numpy as np

from taktnet.plan.schedule.bound import alone
from taktnet.plan.schedule.decode import search
from taktnet.plan.schedule.plan import Cost, price
from taktnet.plan.schedule.problem import Placed, Problem
from taktnet.plan.schedule.repair import Turn, placed, right_shift, times
from taktnet.plan.schedule.shop import FAR, MILLI, Shop, shop

#: Most operations that CP-SAT is given at once; of more, it has windows of about `WINDOW`.
WHOLE, WINDOW = 600, 60
#: Seconds that a search must have before CP-SAT is loaded for it.
LOADING = 3.0
#: Moves between two looks at the clock, for a hundred operations.
STRIDE = 4_000
#: Warmth of the search at its start and end, as a share of an operation's mean cost.
HOT, COLD = 0.05, 0.003


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is: money, bound, seconds since it began, and the plan so far."""

    cost: float
    lower: float
    seconds: float
    plan: tuple[Placed, ...]


#: Hears of progress; False ends the search with the plan so far.
Watch = Callable[[Progress], bool]


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A plan with what it costs, what no plan can cost less than, and what the first answer cost.

    `first` is the right-shift of the old plan (or the first plan, where there was none), there
    after `first_s` seconds; `lower` is money. `unplaced` operations find no shift.
    """

    plan: tuple[Placed, ...]
    cost: Cost
    lower: float
    first: Cost
    first_s: float
    seconds: float
    unplaced: tuple[str, ...]

    @property
    def gap(self) -> float:
        """(cost - lower) / cost; 0 is a proven optimum."""
        total = self.cost.total
        return 0.0 if total <= self.lower + 1e-9 else (total - self.lower) / total

    @property
    def proven(self) -> bool:
        """Whether no plan costs less."""
        return self.gap == 0.0 and not self.unplaced and not self.cost.overrun_min


def repair(p: Problem, wanted: tuple[Placed, ...] | None = None) -> tuple[Placed, ...]:
    """Right-shift alone: the old plan, or `wanted`, with only what must move moved later."""
    s = shop(p)
    return placed(p, s, right_shift(p, s, wanted))


def schedule(
    p: Problem,
    *,
    seconds: float = 10.0,
    wanted: tuple[Placed, ...] | None = None,
    workers: int = 2,
    seed: int = 0,
    clock: Callable[[], float] = time.perf_counter,
    watch: Watch | None = None,
) -> Scheduled:
    """The cheapest plan found in `seconds`; with 0 the first answer.

    It starts from `wanted`, else from the old plan of the problem. `workers` above 1 let CP-SAT
    work beside the search. Raises nothing for a problem that was made: what finds no shift within
    the calendars is told in `unplaced`, must-ends that are passed in the cost.
    """
    begun = clock()
    s = shop(p)
    turn = right_shift(p, s, wanted)
    first = placed(p, s, turn)
    first_s = clock() - begun
    run = _Run(p, s, turn, span=(begun, begun + seconds), clock=clock, watch=watch, seed=seed)
    if seconds > 0 and len(turn.order) > turn.locked:
        run.report()
        with ThreadPoolExecutor(2) as pool:
            jobs = [pool.submit(run.walk), pool.submit(run.bound, workers - 1)]
            for job in jobs:
                job.result()
    plan = placed(p, s, run.best)
    known = {x.operation for x in plan}
    missing = tuple(o.id for o in p.operations if o.id not in known)
    cost = price(p, plan)
    lower = min(run.lower / MILLI, cost.total)
    return Scheduled(plan, cost, lower, price(p, first), first_s, clock() - begun, missing)


class _Run:
    """The best plan so far, shared by those who look for a better one."""

    def __init__(
        self,
        p: Problem,
        s: Shop,
        turn: Turn,
        *,
        span: tuple[float, float],
        clock: Callable[[], float],
        watch: Watch | None,
        seed: int,
    ) -> None:
        self.p, self.s, self.seed = p, s, seed
        (self.begun, self.until), self.clock, self.watch = span, clock, watch
        self.best = turn
        self.cost, _, ends = times(s, turn)
        self.ends = ends.tolist()
        self.lower, self.going = 0.0, True
        self.fresh = False
        self.lock = Lock()

    def bound(self, workers: int) -> None:
        """The bound that costs little, then CP-SAT's with so many workers."""
        self.lower = alone(self.p, self.s, self.best, self.ends)
        outlasts = "ortools" in sys.modules or self.until - self.begun >= LOADING
        if workers > 0 and outlasts and not self.over():
            from taktnet.plan.schedule.model import TimeUp

            with suppress(TimeUp):
                self.cp_sat(workers)

    def over(self) -> bool:
        """Whether time is up, somebody stopped it, or nothing is left to gain."""
        return not self.going or self.clock() >= self.until or self.cost <= self.lower + 0.5

    def offer(self, turn: Turn) -> None:
        """Take a plan that is better."""
        cost, _, _ = times(self.s, turn)
        with self.lock:
            if cost < self.cost:
                self.best, self.cost, self.fresh = turn, cost, True

    def report(self) -> None:
        """Tell who watches."""
        if self.watch is None:
            return
        at = self.clock() - self.begun
        plan = placed(self.p, self.s, self.best)
        if not self.watch(Progress(price(self.p, plan).total, self.lower / MILLI, at, plan)):
            self.going = False

    def walk(self) -> None:
        """The compiled search, again and again from the best at falling warmth."""
        state = np.array([self.seed * 2_654_435_769 + 88_172_645_463_325_252], np.uint64)
        trials = max(50, STRIDE * 100 // len(self.best.order))
        n = len(self.best.order)
        length, told = 0.4, self.clock()
        while not self.over():
            start = self.clock()
            stop = min(self.until, start + max(0.3, length * (self.until - start)))
            turn, cost = self.best, self.cost
            order, mode, floor = turn.order.copy(), turn.mode.copy(), turn.floor.copy()
            best, least, scale = np.array([order, mode, floor]), cost, max(1.0, cost / n)
            while (now := self.clock()) < stop and not self.over():
                warmth = scale * HOT * (COLD / HOT) ** ((now - start) / (stop - start))
                before = least
                cost, least = search(
                    self.s, turn.locked, order, mode, floor, best, cost, least, warmth, trials,
                    state,
                )  # fmt: skip
                if least < before:
                    self.offer(Turn(best[0].copy(), best[1].copy(), best[2].copy(), turn.locked))
                if now - told > 0.25:
                    self.report()
                    told = now

    def cp_sat(self, workers: int) -> None:
        """The whole problem, or windows of it, by CP-SAT."""
        n = len(self.best.order)
        ends = [e for e in self.s.high.tolist() if e < FAR]
        horizon = max(ends, default=0)
        from taktnet.plan.schedule.model import Model

        if n - self.best.locked <= WHOLE:
            free = self.best.order[self.best.locked :].tolist()
            model = Model(self.s, self.best, free, horizon, stop=self.over)
            left = self.until - self.clock()
            if left <= 0:
                return
            _, lower = model.solve(left, workers, self.seed, self.offer, self.over)
            self.lower = max(self.lower, min(lower, self.cost))
            return
        # The search gains most at first; windows are for when it has slowed down.
        while not self.over() and self.clock() < (self.begun + self.until) / 2:
            Event().wait(0.02)
        chance = np.random.default_rng(self.seed)
        while not self.over():
            turn = self.best
            _, start, end = times(self.s, turn)
            rest = turn.order[turn.locked :]
            ranked = rest[np.argsort(start[rest], kind="stable")]
            at = int(chance.integers(0, max(1, len(ranked) - WINDOW // 2)))
            free = ranked[at : at + WINDOW].tolist()
            reach = int(end[free].max()) + int(end[free].max() - start[free].min()) // 4
            model = Model(self.s, turn, free, min(horizon, reach), stop=self.over)
            left = min(2.0, self.until - self.clock())
            if left > 0:
                model.solve(left, workers, self.seed, self.offer, self.over)
