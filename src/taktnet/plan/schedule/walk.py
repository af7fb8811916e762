"""The compiled search over orders: over all of a small problem, over windows of a large one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from taktnet.plan.schedule.chains import chain
from taktnet.plan.schedule.decode import decode, lines, search
from taktnet.plan.schedule.problem import Mode, Operation, Problem, Resource
from taktnet.plan.schedule.repair import Turn, times
from taktnet.plan.schedule.shop import Shop, shop

if TYPE_CHECKING:
    from taktnet.plan.schedule.solve import Run

#: Most operations that are moved all together; of more, windows of so many, seen twice as far.
WHOLE, WIDE = 250, 100
#: Seconds between two looks at the clock.
SLICE = 0.02
#: Rounds at falling warmth of a window, and moves for each of its operations in one.
ROUNDS, MOVES = 4, 6
#: Warmth of the search at its start and end, as a share of an operation's mean cost.
HOT, COLD = 0.05, 0.003


def ready() -> None:
    """Load the compiled search and bound, so that no time of a plan's is spent on it."""
    ways = (Resource("R", "S", ((0, 1),)),)
    s = shop(Problem(ways, (Operation("a", (Mode("R", 1),)),)))
    one, best = np.zeros(1, np.int64), np.zeros((3, 1), np.int64)
    none = np.zeros((1, 1), np.int64)
    chain(np.zeros((1, 1)), one, one, none, one, np.zeros(1), one.copy())
    search(s, (0, 1, 1), one, one.copy(), one.copy(), best, 0.0, 0.0, 1.0, 1, np.ones(1, np.uint64))


class Pace:
    """How many moves fit between two looks at the clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock, self.trials = clock, 50

    def seen(self, began: float) -> None:
        """So long the last moves took."""
        took = max(1e-6, self.clock() - began)
        self.trials = max(10, min(100_000, 4 * self.trials, int(self.trials * SLICE / took)))


def whole(run: Run, state: np.ndarray) -> None:
    """Again and again from the best at falling warmth."""
    n, locked = len(run.best.order), run.best.locked
    length, pace = 0.4, Pace(run.clock)
    while not run.over():
        start = run.clock()
        stop = min(run.until, start + max(0.3, length * (run.until - start)))
        turn, cost = run.best, run.cost
        order, mode, floor = turn.order.copy(), turn.mode.copy(), turn.floor.copy()
        best, least, scale = np.array([order, mode, floor]), cost, max(1.0, cost / n)
        fixed = cost - _cost(run.s, turn.order, turn, locked, n)
        while (now := run.clock()) < stop and not run.over():
            warmth = scale * HOT * (COLD / HOT) ** ((now - start) / (stop - start))
            before = least
            here, low = search(
                run.s, (locked, n, n), order, mode, floor, best, cost - fixed, least - fixed,
                warmth, pace.trials, state,
            )  # fmt: skip
            cost, least = here + fixed, low + fixed
            pace.seen(now)
            if least < before:
                run.offer(Turn(best[0].copy(), best[1].copy(), best[2].copy(), locked))
            run.tell()


def windows(run: Run, state: np.ndarray) -> None:
    """Stretches of the plan by themselves, where work is late and anywhere else."""
    chance = np.random.default_rng(run.seed)
    while not run.over():
        turn = run.best
        order, late = by_start(run.s, turn)
        n, locked = len(order), turn.locked
        middle = int(chance.integers(locked, n))
        if len(late) and chance.random() < 0.7:
            middle = int(late[chance.integers(len(late))])
        first = max(locked, min(n - WIDE, middle - int(chance.integers(0, WIDE))))
        last = min(n, first + WIDE)
        span = first, last, min(n, last + WIDE)
        mode, floor = turn.mode.copy(), turn.floor.copy()
        began = cost = least = _cost(run.s, order, turn, first, span[2])
        best = np.array([order, mode, floor])
        scale = max(1.0, cost / (span[2] - first))
        for k in range(ROUNDS):
            warmth = scale * HOT * (COLD / HOT) ** (k / (ROUNDS - 1))
            cost, least = search(
                run.s, span, order, mode, floor, best, cost, least, warmth, MOVES * WIDE, state
            )
            if run.over():
                break
        if least < began:
            run.offer(Turn(best[0].copy(), best[1].copy(), best[2].copy(), locked))
        run.tell()


def by_start(s: Shop, turn: Turn) -> tuple[np.ndarray, np.ndarray]:
    """The order sorted by start, which changes no time, and the places of late work in it."""
    _, start, end = times(s, turn)
    rest = turn.order[turn.locked :]
    ranked = rest[np.lexsort((np.arange(len(rest)), end[rest], start[rest]))]
    order = np.concatenate([turn.order[: turn.locked], ranked])
    late = (s.late[order] > 0) & (end[order] > s.due[order])
    return order, np.flatnonzero(late[turn.locked :]) + turn.locked


def _cost(s: Shop, order: np.ndarray, turn: Turn, first: int, last: int) -> float:
    """What the operations from one place of an order up to another cost, in thousandths."""
    start, end = np.zeros(len(order), np.int64), np.zeros(len(order), np.int64)
    line = lines(s)
    decode(s, order, turn.mode, turn.floor, start, end, line, 0, first)
    return float(decode(s, order, turn.mode, turn.floor, start, end, line, first, last))
