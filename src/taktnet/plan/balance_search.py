"""Search for a line of so many stations, and bounds on how many it takes.

Maximal loads are enough (Jackson, *Management Science* 2(3), 1956). The rule of the fullest
station is Hoffmann's (*Management Science* 9(4), 1963); bounds LM1 to LM3 and the
heads and tails of tasks from Scholl & Becker, *European Journal of Operational Research* 168(3),
2006.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from taktnet.plan.balance_tasks import Line


@dataclass
class Budget:
    """Steps that the search may still take."""

    left: int

    @property
    def spent(self) -> bool:
        """Whether the search was cut off."""
        return self.left <= 0


def greedy(line: Line, *, longest: bool) -> list[int]:
    """Station loads by a priority rule: the longest task first, or the heaviest position."""
    ranked = sorted(range(line.n), key=lambda j: -line.time[j]) if longest else range(line.n)
    done, loads = 0, []
    while done != line.all:
        load, room = 0, line.cycle
        while True:
            fits = (j for j in ranked if _open(line, j, done | load) and line.time[j] <= room)
            j = next(fits, None)
            if j is None:
                break
            load |= 1 << j
            room -= line.time[j]
        loads.append(load)
        done |= load
    return loads


def fullest(line: Line, most: int = 300) -> list[int]:
    """Station by station the load with most work, of the first `most` (Hoffmann's rule)."""
    done, loads = 0, []
    while done != line.all:
        found = islice(_loads(line, done, line.cycle, Budget(20 * most + line.n)), most)
        loads.append(max(found, key=line.work))
        done |= loads[-1]
    return loads


def least(line: Line) -> int:
    """A lower bound on the stations of the whole line."""
    ends = (
        -(-(t + line.work(line.ahead[j])) // line.cycle)
        + -(-(t + line.work(line.behind[j])) // line.cycle)
        - 1
        for j, t in enumerate(line.time)
    )
    return max(1, _by_size(line, line.time), *ends)


def fit(line: Line, stations: int, budget: Budget) -> list[int] | None:
    """Loads of a line with so many stations; None if there is none, or the budget is spent."""
    tails = [-(-(t + line.work(line.behind[j])) // line.cycle) for j, t in enumerate(line.time)]
    reached = {0: 0}  # the fewest stations after which a set of tasks was done
    chosen: list[int] = []
    path = [_loads(line, 0, stations * line.cycle - sum(line.time), budget)]
    while path and not budget.spent:
        load = next(path[-1], 0)
        if not load:
            path.pop()
            del chosen[-1:]
            continue
        done, used = sum(chosen) | load, len(chosen) + 1
        if done == line.all:
            return [*chosen, load]
        if reached.get(done, used + 1) <= used:
            continue
        reached[done] = used
        left = [j for j in range(line.n) if not done >> j & 1]
        need = max(_by_size(line, [line.time[j] for j in left]), *(tails[j] for j in left))
        if used + need <= stations:
            chosen.append(load)
            idle = (stations - used) * line.cycle - sum(line.time[j] for j in left)
            path.append(_loads(line, done, idle, budget))
    return None


def _loads(line: Line, done: int, idle: int, budget: Budget) -> Iterator[int]:
    """Every maximal load of the next station that leaves at most `idle` time unused."""
    stack = [(0, line.cycle, 0)]
    while stack and not budget.spent:
        load, room, first = stack.pop()
        budget.left -= 1
        now = done | load
        fits = [j for j in range(line.n) if line.time[j] <= room and _open(line, j, now)]
        if not fits:
            if room <= idle:
                yield load
            continue
        # Sets are listed in workable order, so each is met once; the heaviest branch comes last
        # and is looked at first.
        stack.extend((load | 1 << j, room - line.time[j], j) for j in reversed(fits) if j >= first)


def _open(line: Line, j: int, done: int) -> bool:
    return not done >> j & 1 and not line.before[j] & ~done


def _by_size(line: Line, times: Sequence[int]) -> int:
    """LM1, LM2 and LM3: total work; tasks over a half, and over a third, of the cycle."""
    cycle = line.cycle
    halves = sum(2 if 2 * t > cycle else 1 for t in times if 2 * t >= cycle)
    sixths = sum(_sixths(3 * t, cycle) for t in times)
    return max(-(-sum(times) // cycle), -(-halves // 2), -(-sixths // 6))


def _sixths(thrice: int, cycle: int) -> int:
    """What three times a task's time says it takes of a station, in sixths."""
    if thrice > cycle:
        return 6 if thrice > 2 * cycle else 4 if thrice == 2 * cycle else 3
    return 2 if thrice == cycle else 0
