"""Ranks answers to a base by one measure, with a stated error, in as few runs as it takes."""

# ruff: noqa: PLR0917  (a public call that is read by position)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from taktnet.twin.batch import Span, Stop
from taktnet.twin.intervals import Interval, plain
from taktnet.twin.measures import MEASURES, Penalties, measure
from taktnet.twin.options import Option, Trials, answered, known
from taktnet.twin.race import Result, Rules, race
from taktnet.twin.scenario import AS_IT_IS, Scenario
from taktnet.twin.start import Start
from taktnet.twin.workers import Progress, Workers


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """An option in its place: how far behind the first, how probably truly better than it.

    `better` is the probability that it is better by more than what does not matter, `equal`
    whether it is surely neither better nor worse by more.
    """

    option: Option
    rank: int
    behind: Interval
    better: float
    equal: bool
    loss: float


@dataclass(frozen=True, eq=False)
class Ranking:
    """Options from the best to the worst; the base is one of them (do nothing).

    `error` is the most probable that another option is truly better than the first by more than
    `indifference`, `loss` the most that is expected to be lost because one is; see `race` for
    how they are bounded. `stopped` says that it ended with what it had.
    """

    places: tuple[Place, ...]
    measure: str
    base: Option
    error: float
    loss: float
    asked: float
    indifference: float
    stopped: bool
    currency: str

    @property
    def best(self) -> Option:
        """The first."""
        return self.places[0].option

    @property
    def sure(self) -> bool:
        """Whether the error asked for was reached."""
        return self.error <= self.asked

    def to_json(self, level: float = 0.95) -> dict[str, Any]:
        """Plain values: the places, with every measure and its difference from the base."""
        return {
            "measure": self.measure,
            "error": self.error,
            "expected_loss": plain(self.loss),
            "error_asked": self.asked,
            "indifference": self.indifference,
            "sure": self.sure,
            "stopped": self.stopped,
            "currency": self.currency,
            "base": self.base.name,
            "places": [self._row(place, level) for place in self.places],
        }

    def _row(self, place: Place, level: float) -> dict[str, Any]:
        option = place.option
        names = MEASURES if option is not self.base else ()
        return {
            "rank": place.rank,
            "name": option.name,
            "note": option.scenario.note,
            "replications": len(option.runs),
            "behind": place.behind.to_json(),
            "better_probability": place.better,
            "equal": place.equal,
            "expected_loss": plain(place.loss),
            "measures": {m: option.level(m, level).to_json() for m in MEASURES},
            "differences": {m: option.minus(self.base, m, level).to_json() for m in names},
        }


def rank(
    start: Start,
    base: Scenario = AS_IT_IS,
    answers: Sequence[Scenario] = (),
    days: float = 14.0,
    measured: str = "cost",
    seed: int = 1,
    *,
    rules: Rules | None = None,
    penalties: Penalties | None = None,
    warmup: float = 0.0,
    every_h: float = 0.0,
    workers: Workers | None = None,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
) -> Ranking:
    """Run the base, and each answer on top of it, against one another until one leads.

    Raises InputFaults or NotPossible before anything runs.
    """
    rule, sign = rules or Rules(), -1.0 if MEASURES[known(measured)].more_is_better else 1.0
    span = Span(seed, days, warmup, every_h)
    trials = Trials(start, answered(base, answers), span, penalties, workers, on_progress, stop)
    trials.expected = _expected(len(trials.scenarios), rule.first)

    def evaluate(who: Sequence[int], first: int, count: int) -> list[np.ndarray]:
        made: list[np.ndarray] = []
        for runs in trials.more(who, first, count):
            row = np.full(count, np.nan)
            row[runs.replications - first] = sign * measure(runs, penalties)[measured]
            made.append(row)
        return made

    result = race(evaluate, len(trials.scenarios), rule)
    return _ranking(trials, result, measured, rule, start.model.currency)


def _ranking(trials: Trials, result: Result, measured: str, rule: Rules, currency: str) -> Ranking:
    options = trials.options()
    best = options[result.order[0]]
    places = [
        Place(
            option=options[i],
            rank=rank,
            behind=options[i].minus(best, measured),
            better=result.rival[i],
            equal=result.apart[i] <= rule.error,
            loss=result.loss[i],
        )
        for rank, i in enumerate(result.order, start=1)
    ]
    return Ranking(
        places=tuple(places),
        measure=measured,
        base=options[0],
        error=result.error,
        loss=result.lost,
        asked=rule.error,
        indifference=rule.indifference,
        stopped=trials.stop is not None and trials.stop(),
        currency=currency,
    )


def _expected(options: int, first: int) -> int:
    """Replications of a race that ends with its halving."""
    total, left, n = options * first, options, first
    while left > 2:
        left = (left + 1) // 2
        total, n = total + left * n, 2 * n
    return total
