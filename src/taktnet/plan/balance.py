"""Line balance: the fewest stations that keep the cycle, exact for small lines, bounded for large.

Methods B2. Symbols: t task time, S_j load of station j, CT cycle time, n stations. Times are
compared exactly, as they are written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from taktnet.plan.balance_search import Budget, fit, fullest, greedy, least
from taktnet.plan.balance_tasks import Line, Task, read_line

__all__ = ["Balance", "Task", "balance", "longest_task"]

#: Steps of the search before it gives up and reports its bound: about a second.
STEPS = 1_000_000


@dataclass(frozen=True, slots=True)
class Balance:
    """Who does what: `stations` in line order, tasks by name in an order that can be worked.

    `load_s` is the work of each station in seconds; `lower` a proven least number of stations.
    """

    stations: tuple[tuple[str, ...], ...]
    load_s: tuple[float, ...]
    cycle_s: float
    lower: int

    @property
    def proven(self) -> bool:
        """Whether no line with fewer stations keeps the cycle."""
        return len(self.stations) == self.lower

    @property
    def gap(self) -> float:
        """(stations - lower) / stations; 0 is a proven optimum."""
        return (len(self.stations) - self.lower) / len(self.stations)

    @property
    def efficiency(self) -> float:
        """Work over station time: sum t / (n CT)."""
        return math.fsum(self.load_s) / (len(self.stations) * self.cycle_s)

    @property
    def delay(self) -> float:
        """Balance delay: the share of station time without work."""
        return 1.0 - self.efficiency

    @property
    def idle_s(self) -> float:
        """Seconds without work per cycle, over all stations."""
        return len(self.stations) * self.cycle_s - math.fsum(self.load_s)

    @property
    def smoothness(self) -> float:
        """sqrt(sum (max - S_j)^2) in seconds; 0 when all stations carry the same."""
        most = max(self.load_s)
        return math.sqrt(math.fsum((most - s) ** 2 for s in self.load_s))


def balance(tasks: Sequence[Task], cycle_s: float, steps: int = STEPS) -> Balance:
    """The fewest stations for `cycle_s`; where `steps` do not prove it, `gap` is above 0.

    Raises InputFaults with every fault: a task longer than the cycle, an unknown task to come
    after, tasks that wait for each other.
    """
    line = read_line(tasks, cycle_s)
    rules = greedy(line, longest=True), greedy(line, longest=False), fullest(line)
    best = min(rules, key=len)
    lower = least(line)
    budget = Budget(steps)
    while lower < len(best):
        found = fit(line, lower, budget)
        if found is not None:
            best = found
        elif budget.spent:
            break
        else:
            lower += 1
    return _answer(line, best, lower)


def longest_task(tasks: Sequence[Task], cycle_s: float) -> Balance:
    """The classic rule, for comparison: the longest task that may go next and still fits."""
    line = read_line(tasks, cycle_s)
    return _answer(line, greedy(line, longest=True), least(line))


def _answer(line: Line, loads: Sequence[int], lower: int) -> Balance:
    stations = [[j for j in range(line.n) if load >> j & 1] for load in loads]
    work = tuple(float(Fraction(line.work(load), line.scale)) for load in loads)
    names = tuple(tuple(line.names[j] for j in s) for s in stations)
    return Balance(names, work, float(Fraction(line.cycle, line.scale)), lower)
