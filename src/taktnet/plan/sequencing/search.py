"""The search for an order: walks of several workers, each at falling warmth, phase by phase."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from taktnet.plan.sequencing.arrays import Arrays
from taktnet.plan.sequencing.walk import cost_of, loads, walk

#: Hears of the least cost of the phase and its bound; False ends the search with what there is.
Watch = Callable[[int, int], bool]
#: Moves between two looks at the clock.
STRIDE = 20_000
#: Warmth at the start and at the end of a walk, and of the walks that set out from the best.
HOT, COLD, AGAIN = 0.5, 0.07, 0.25
#: The part of the time left that each walk has, until it would be less than the last.
SHARE, LAST = 0.5, 0.02


@dataclass(frozen=True, slots=True)
class Phase:
    """Prices of a car too many and of a change of colour, and the cost that ends the search."""

    ratios: int
    change: int
    goal: int


class Search:
    """The walks of all workers; `moves` counts them."""

    def __init__(
        self, arrays: Arrays, frozen: int, clock: Callable[[], float], watch: Watch | None
    ) -> None:
        self.arrays, self.frozen = arrays, frozen
        self.clock, self.watch = clock, watch
        self.moves, self.going = 0, True

    def run(
        self,
        orders: Sequence[np.ndarray],
        phase: Phase,
        until: float,
        quota: int | None,
        chance: np.random.Generator,
    ) -> list[np.ndarray]:
        """The best order of one phase, once for every worker, who each began with their own.

        The phase ends at `until` by the clock, or after `quota` moves of each worker.
        """
        states = [chance.integers(1, 2**63, 1).astype(np.uint64) for _ in orders]
        walks = [_Walk(self, phase, state) for state in states]
        with ThreadPoolExecutor(len(walks)) as pool:
            ended = pool.map(lambda w, order: w.run(order, until, quota), walks, orders)
            found = list(ended)
        self.moves += sum(w.moves for w in walks)
        best = min(found, key=lambda f: f[0])[1]  # the first of equals: any number of workers, one
        return [best.copy() for _ in walks]

    def goes_on(self, least: int, goal: int) -> bool:
        """Whether nobody has asked to stop."""
        if self.watch and not self.watch(least, goal):
            self.going = False
        return self.going


class _Walk:
    """One worker: a first walk, and others from the best so far while there is time."""

    def __init__(self, search: Search, phase: Phase, state: np.ndarray) -> None:
        self.search, self.phase, self.state = search, phase, state
        self.price = search.arrays.price(phase.ratios)
        # Warmth is measured in the least step that the phase knows.
        steps = search.arrays.ratio[search.arrays.ratio > 0] * phase.ratios
        units = [u for u in (phase.change, int(steps.min(initial=1 << 62))) if u]
        self.unit = float(min(units, default=1))
        self.moves = 0

    def run(self, order: np.ndarray, until: float, quota: int | None) -> tuple[int, np.ndarray]:
        """The least cost that was met, and its order."""
        s, a = self.search, self.search.arrays
        load = loads(order, a.has, a.size)
        least = int(cost_of(order, load, a.size, self.price, a.colour, self.phase.change))
        best = order.copy()
        start, end = (s.clock(), until) if quota is None else (0.0, float(quota))
        shortest, hot = LAST * (end - start), HOT
        while start < end and s.going and least > self.phase.goal and s.frozen < len(order) - 1:
            stop = start + SHARE * (end - start)
            if stop - start < shortest:
                stop = end
            least, start = self._cool(best, least, (start, stop), hot, quota is not None)
            hot = AGAIN
        return least, best

    def _cool(
        self, best: np.ndarray, least: int, span: tuple[float, float], hot: float, by_moves: bool
    ) -> tuple[int, float]:
        """One walk from `best`, which it betters in place; the least cost and when it ended."""
        s, a, goal = self.search, self.search.arrays, self.phase.goal
        start, stop = span
        order, cost, now = best.copy(), least, start
        load = loads(order, a.has, a.size)
        while now < stop and least > goal and s.goes_on(least, goal):
            warmth = self.unit * hot * (COLD / hot) ** ((now - start) / (stop - start))
            cost, least = walk(
                order, a.has, load, a.size, self.price, a.colour, self.phase.change, s.frozen,
                cost, warmth, STRIDE, self.state, best, least, goal,
            )  # fmt: skip
            self.moves += STRIDE
            now = float(self.moves) if by_moves else s.clock()
        return int(least), now
