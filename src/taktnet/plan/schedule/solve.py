"""A finite schedule that is there at once and improves until its time is up.

Right-shift answers first. Then a compiled search and CP-SAT work side by side from that plan: on
the whole problem while it is small enough to be bounded, else on windows of time, one after another
(large-neighbourhood search). The gap to the best bound is always told.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Lock
from typing import TYPE_CHECKING

import numpy as np

from taktnet.plan.schedule.bound import alone
from taktnet.plan.schedule.chains import chain
from taktnet.plan.schedule.dispatch import dispatch
from taktnet.plan.schedule.load import waiting
from taktnet.plan.schedule.plan import Cost, price
from taktnet.plan.schedule.problem import Placed, Problem
from taktnet.plan.schedule.repair import Turn, placed, right_shift, times
from taktnet.plan.schedule.shop import FAR, MILLI, Shop, shop

if TYPE_CHECKING:
    from taktnet.plan.schedule.model import Model

#: Most operations that CP-SAT is given at once; of more, it has windows of about `WINDOW`.
WHOLE, WINDOW = 600, 60
#: Seconds that a search must have before CP-SAT is loaded for it.
LOADING = 3.0
#: Seconds that are kept to hand the plan over in, as a share of the time.
SPARE = 0.03


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
    after `first_s` seconds; `lower` is money. `unplaced` operations find no shift. `bounded_by`
    says what proved `lower`: "work alone" (`bound`), "crowded lines" (`load`) or "CP-SAT".
    """

    plan: tuple[Placed, ...]
    cost: Cost
    lower: float
    first: Cost
    first_s: float
    seconds: float
    unplaced: tuple[str, ...]
    bounded_by: str = "work alone"

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
    until = begun + seconds * (1 - SPARE)
    run = Run(p, s, turn, span=(begun, until), clock=clock, watch=watch, seed=seed)
    if seconds > 0 and len(turn.order) > turn.locked:
        run.report()
        run.offer(dispatch(p, s, turn))
        pool = ThreadPoolExecutor(2)
        walk, bound = pool.submit(run.walk), pool.submit(run.bound, workers - 1)
        # Code that is still being loaded, or a solver that is slow to stop, is not waited for.
        if wait([walk], max(0.0, begun + seconds - clock())).done:
            walk.result()
        run.halt()
        if wait([bound], max(0.0, begun + seconds - clock())).done:
            bound.result()
        run.close()
        pool.shutdown(wait=False)
    plan = placed(p, s, run.best)
    known = {x.operation for x in plan}
    missing = tuple(o.id for o in p.operations if o.id not in known)
    cost = price(p, plan)
    lower = min(run.lower / MILLI, cost.total)
    taken = clock() - begun
    return Scheduled(plan, cost, lower, price(p, first), first_s, taken, missing, run.by)


class Run:
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
        self.lower, self.by, self.going, self.told = 0.0, "work alone", True, clock()
        self.lock, self.closed = Lock(), False
        self.model: Model | None = None

    def over(self) -> bool:
        """Whether time is up, somebody stopped it, or nothing is left to gain."""
        return not self.going or self.clock() >= self.until or self.cost <= self.lower + 0.5

    def halt(self) -> None:
        """Have a solver that still works end at once."""
        model = self.model
        if model is not None and self.over():
            model.halt()

    def close(self) -> None:
        """Take nothing any more."""
        with self.lock:
            self.closed, self.going = True, False

    def offer(self, turn: Turn) -> None:
        """Take a plan that is better."""
        cost, _, _ = times(self.s, turn)
        with self.lock:
            if cost < self.cost and not self.closed:
                self.best, self.cost = turn, cost

    def tell(self) -> None:
        """Report now and then."""
        if self.clock() - self.told > 0.25:
            self.told = self.clock()
            self.report()

    def report(self) -> None:
        """Tell who watches."""
        if self.watch is None:
            return
        at = self.clock() - self.begun
        plan = placed(self.p, self.s, self.best)
        if not self.watch(Progress(price(self.p, plan).total, self.lower / MILLI, at, plan)):
            self.going = False

    def walk(self) -> None:
        """The compiled search until it is over."""
        from taktnet.plan.schedule import walk

        state = np.array([self.seed * 2_654_435_769 + 88_172_645_463_325_252], np.uint64)
        small = len(self.best.order) - self.best.locked <= walk.WHOLE
        (walk.whole if small else walk.windows)(self, state)

    def bound(self, workers: int) -> None:
        """The bounds that cost little, then CP-SAT's with so many workers."""
        turn = self.best
        found = alone(self.p, self.s, turn, self.ends)
        self.lower = found.cost
        if chain.signatures or self.longer():
            for more in waiting(self.p, self.s, turn, found, self.over):
                self.raised(found.cost + more, "crowded lines")
        if workers > 0 and not self.over() and ("ortools" in sys.modules or self.longer()):
            from taktnet.plan.schedule.model import TimeUp

            with suppress(TimeUp):
                self.cp_sat(workers)

    def raised(self, lower: float, by: str) -> None:
        """Take a bound, in thousandths, where it is higher."""
        if lower > self.lower:
            self.lower, self.by = lower, by

    def longer(self) -> bool:
        """Whether there is the time to load a solver."""
        return self.until - self.begun >= LOADING * (1 - SPARE)

    def cp_sat(self, workers: int) -> None:
        """The whole problem, or windows of it, by CP-SAT."""
        turn = self.best
        n = len(turn.order) - turn.locked
        horizon = max((e for e in self.s.high.tolist() if e < FAR), default=0)
        if n <= WHOLE:
            lower = self.solve(turn, turn.order[turn.locked :].tolist(), horizon, workers)
            self.raised(min(lower, self.cost), "CP-SAT")
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
            self.solve(turn, free, min(horizon, reach), workers, most=2.0)

    def solve(
        self, turn: Turn, free: list[int], horizon: int, workers: int, most: float = 1e9
    ) -> float:
        """Let CP-SAT work on a part; its bound in thousandths."""
        from taktnet.plan.schedule.model import Model

        model = Model(self.s, turn, free, horizon, stop=self.over)
        left = min(most, self.until - self.clock())
        if left <= 0:
            return 0.0
        self.model = model
        return model.solve(left, workers, self.seed, self.offer, self.over)[1]
