"""Options that are compared: scenarios that are run with the same luck, and what they told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from taktnet.base.errors import TaktnetError
from taktnet.network.cells import did_you_mean
from taktnet.twin.batch import Span, Stop
from taktnet.twin.intervals import Interval, interval
from taktnet.twin.measures import MEASURES, Penalties, measure
from taktnet.twin.run import Runs, run_all
from taktnet.twin.scenario import Scenario
from taktnet.twin.sim import Sim
from taktnet.twin.start import Start
from taktnet.twin.workers import Progress, Workers

#: The most options that are run against one another.
MAX_OPTIONS = 200


class NotPossible(TaktnetError):
    """An experiment was asked for that cannot be made; the text says why."""


@dataclass(frozen=True, eq=False)
class Option:
    """A scenario and what its replications told: a number for each and each measure."""

    scenario: Scenario
    runs: Runs
    values: dict[str, np.ndarray]

    @property
    def name(self) -> str:
        """The name of the scenario."""
        return self.scenario.name

    def level(self, measure: str, level: float = 0.95) -> Interval:
        """The mean of a measure with its interval."""
        return interval(self.values[known(measure)], level)

    def minus(self, other: Option, measure: str, level: float = 0.95) -> Interval:
        """The mean paired difference of a measure from another option, over shared luck."""
        return interval(self.paired(other, measure), level)

    def paired(self, other: Option, measure: str) -> np.ndarray:
        """The difference of a measure from another option in each replication both have."""
        _, mine, theirs = np.intersect1d(
            self.runs.replications, other.runs.replications, return_indices=True
        )
        name = known(measure)
        return self.values[name][mine] - other.values[name][theirs]


def known(name: str) -> str:
    """The name of a measure; raises NotPossible for one that there is not."""
    if name not in MEASURES:
        remedy = did_you_mean(name, tuple(MEASURES))
        raise NotPossible(
            f'no measure is called "{name}", wanted one of {", ".join(MEASURES)}. {remedy}'.strip()
        )
    return name


@dataclass
class Trials:
    """The options of an experiment, which run as far as they are asked to.

    The first is the base; the others are it and an answer each.
    """

    start: Start
    scenarios: Sequence[Scenario]
    span: Span
    penalties: Penalties | None = None
    workers: Workers | None = None
    on_progress: Progress | None = None
    stop: Stop | None = None
    expected: int = 0
    done: int = 0
    _sims: list[Sim] = field(default_factory=list[Sim])
    _runs: list[Runs | None] = field(default_factory=list[Any])

    def __post_init__(self) -> None:
        if len(self.scenarios) > MAX_OPTIONS:
            raise NotPossible(f"{len(self.scenarios)} options, at most {MAX_OPTIONS} are compared")
        if not 0 < self.span.days <= self.start.days:
            raise NotPossible(
                f"{self.span.days:g} days are asked for, wanted more than 0 and at most the"
                f" {self.start.days:g} of the start"
            )
        self._sims = [self.start.sim(scenario) for scenario in self.scenarios]
        self._runs = [None] * len(self._sims)

    def more(self, who: Sequence[int], first: int, count: int) -> list[Runs]:
        """Run replications of some options, and keep them."""
        total = max(self.expected, self.done + count * len(who))

        def told(done: int, _of: int) -> None:
            if self.on_progress is not None:
                self.on_progress(self.done + done, total)

        sims = [self._sims[i] for i in who]
        found = run_all(sims, self.span, count, first, self.workers, told, self.stop)
        for i, runs in zip(who, found, strict=True):
            before = self._runs[i]
            self._runs[i] = runs if before is None else before.and_more(runs)
        self.done += sum(map(len, found))
        return found

    def options(self) -> tuple[Option, ...]:
        """What all options told."""
        made: list[Option] = []
        for scenario, sim, runs in zip(self.scenarios, self._sims, self._runs, strict=True):
            done = runs or run_all([sim], self.span, 0)[0]
            made.append(Option(scenario, done, measure(done, self.penalties)))
        return tuple(made)


def answered(base: Scenario, answers: Sequence[Scenario]) -> list[Scenario]:
    """The base, and each answer after the base under the answer's own name."""
    names = [base.name, *(a.name for a in answers)]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise NotPossible(f"options need names of their own; {', '.join(twice)} is there twice")
    return [base, *(_over(base, a) for a in answers)]


def _over(base: Scenario, answer: Scenario) -> Scenario:
    return Scenario(name=answer.name, note=answer.note, changes=base.changes + answer.changes)
