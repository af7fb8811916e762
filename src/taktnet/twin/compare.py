"""Compares answers to a base, pair by pair, with intervals as narrow as is asked for."""

# ruff: noqa: PLR0917  (a public call that is read by position)

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from taktnet.twin.batch import Span, Stop
from taktnet.twin.intervals import Interval, plain
from taktnet.twin.measures import MEASURES, Penalties
from taktnet.twin.options import NotPossible, Option, Trials, answered, known
from taktnet.twin.scenario import AS_IT_IS, Scenario
from taktnet.twin.start import Start
from taktnet.twin.workers import Progress, Workers

#: The most replications of one option.
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Goal:
    """How narrow the interval of a measure must be: half of its width.

    `relative` means a share of the base's mean. With answers it is the interval of each paired
    difference from the base, without any it is that of the base.
    """

    measure: str
    half_width: float
    relative: bool = False


@dataclass(frozen=True, eq=False)
class Comparison:
    """The base, its answers, and whether every goal was reached.

    `asked` are the goals; `stopped` whether it ended before its time with what it had.
    """

    base: Option
    answers: tuple[Option, ...]
    asked: tuple[Goal, ...]
    level: float
    reached: bool
    stopped: bool
    currency: str

    @property
    def options(self) -> tuple[Option, ...]:
        """The base and its answers."""
        return (self.base, *self.answers)

    @property
    def replications(self) -> int:
        """How many replications every option rests on."""
        return min(len(option.runs) for option in self.options)

    def difference(self, answer: Option, measure: str) -> Interval:
        """An answer minus the base, replication by replication."""
        return answer.minus(self.base, measure, self.level)

    def to_json(self) -> dict[str, Any]:
        """Plain values: every measure of every option, and its difference from the base."""
        return {
            "replications": self.replications,
            "days": self.base.runs.days,
            "seed": self.base.runs.seed,
            "level": self.level,
            "currency": self.currency,
            "goals_reached": self.reached,
            "stopped": self.stopped,
            "options": [self._row(option) for option in self.options],
        }

    def _row(self, option: Option) -> dict[str, Any]:
        other = option is not self.base
        return {
            "name": option.name,
            "note": option.scenario.note,
            "replications": len(option.runs),
            "measures": {m: option.level(m, self.level).to_json() for m in MEASURES},
            "differences": {m: self.difference(option, m).to_json() for m in MEASURES if other},
        }


def compare(
    start: Start,
    base: Scenario = AS_IT_IS,
    answers: Sequence[Scenario] = (),
    days: float = 14.0,
    replications: int = 32,
    most: int = 1024,
    seed: int = 1,
    *,
    goals: Sequence[Goal] = (),
    penalties: Penalties | None = None,
    warmup: float = 0.0,
    every_h: float = 0.0,
    level: float = 0.95,
    workers: Workers | None = None,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
) -> Comparison:
    """Run the base, and each answer on top of it, with the same luck.

    Without goals each runs `replications` times; with goals it goes on, at most doubling, until
    all are reached or `most` are done. Raises InputFaults or NotPossible before anything runs.
    """
    _check(replications, most, level, goals)
    span = Span(seed, days, warmup, every_h)
    trials = Trials(start, answered(base, answers), span, penalties, workers, on_progress, stop)
    everyone = range(len(trials.scenarios))
    n, have = replications, 0
    trials.expected = n * len(everyone)
    while True:
        trials.more(everyone, have, n - have)
        have = n
        first, *others = trials.options()
        missing = max(_missing(first, others, goals, level), default=1.0)
        stopped = stop is not None and stop()
        if missing <= 1 or have >= most or stopped:
            break
        n = min(most, 2 * have, max(have + 8, math.ceil(have * missing)))
        trials.expected = trials.done + (n - have) * len(everyone)
    return Comparison(
        base=first,
        answers=tuple(others),
        asked=tuple(goals),
        level=level,
        reached=missing <= 1,
        stopped=stopped and len(first.runs) < have,
        currency=start.model.currency,
    )


def _missing(
    base: Option, answers: Sequence[Option], goals: Sequence[Goal], level: float
) -> Iterator[float]:
    """How many times the replications each interval needs: (half / wanted) squared.

    Or as many as its level takes to hold, where that is more.
    """
    for goal in goals:
        scale = abs(base.level(goal.measure).mean) if goal.relative else 1.0
        wanted = goal.half_width * scale
        found = [a.minus(base, goal.measure, level) for a in answers]
        for one in found or [base.level(goal.measure, level)]:
            if one.half > 0 and one.n > 0:
                narrow = (one.half / wanted) ** 2 if wanted > 0 else math.inf
                yield max(narrow, one.enough / one.n)


def _check(replications: int, most: int, level: float, goals: Sequence[Goal]) -> None:
    if not 1 <= replications <= most <= MOST:
        raise NotPossible(
            f"{replications} to {most} replications, wanted 1 or more, and at most {MOST}"
        )
    if not 0 < level < 1:
        raise NotPossible(f"a level of {plain(level)}, wanted more than 0 and less than 1")
    if goals and replications < 2:
        raise NotPossible("an interval needs 2 replications or more")
    for goal in goals:
        known(goal.measure)
        if not 0 < goal.half_width < math.inf:
            raise NotPossible(f"a half-width of {plain(goal.half_width)}, wanted more than 0")
