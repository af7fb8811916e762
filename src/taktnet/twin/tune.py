"""Finds values of parameters that cost least and still keep a service: simple optimisation."""

# ruff: noqa: PLR0917  (a public call that is read by position)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from taktnet.twin.batch import Span, Stop
from taktnet.twin.compare import Comparison, compare
from taktnet.twin.intervals import Interval
from taktnet.twin.measures import Penalties, measure
from taktnet.twin.options import NotPossible
from taktnet.twin.parameters import Parameter, check, scenario
from taktnet.twin.run import run_all
from taktnet.twin.scenario import AS_IT_IS, Scenario
from taktnet.twin.search import Found, compass
from taktnet.twin.start import Start
from taktnet.twin.workers import Progress, Workers

#: Added to the seed for the replications that judge what was found: luck it has not seen.
FRESH = 1_000_003
#: What a point short of the service costs beyond every point that keeps it.
WORSE = 1e15


@dataclass(frozen=True, eq=False)
class Tuned:
    """The values that were found, and what they are worth on replications not seen before.

    `kept` says whether the service asked for lies below the whole interval of the service found,
    `looked_at` how many points were looked at.
    """

    parameters: tuple[Parameter, ...]
    values: tuple[float, ...]
    judged: Comparison
    service_asked: float
    measure: str
    looked_at: int
    finished: bool

    @property
    def service(self) -> Interval:
        """The service of what was found."""
        return self.judged.answers[0].level(self.measure)

    @property
    def saving(self) -> Interval:
        """Cost of what was found minus cost as it is: negative is saved."""
        return self.judged.difference(self.judged.answers[0], "cost")

    @property
    def kept(self) -> bool:
        """Whether the service is kept, surely."""
        return self.service.low >= self.service_asked

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        names = [p.name for p in self.parameters]
        return {
            "values": dict(zip(names, self.values, strict=True)),
            "service_asked": self.service_asked,
            "service_measure": self.measure,
            "service": self.service.to_json(),
            "service_kept": self.kept,
            "cost_difference": self.saving.to_json(),
            "points": self.looked_at,
            "finished": self.finished,
            "currency": self.judged.currency,
            "judged": self.judged.to_json(),
        }


def tune(
    start: Start,
    parameters: Sequence[Parameter],
    service: float = 0.95,
    base: Scenario = AS_IT_IS,
    days: float = 90.0,
    replications: int = 16,
    seed: int = 1,
    *,
    begin: Sequence[float] | None = None,
    service_measure: str = "fill",
    judges: int = 64,
    points: int = 400,
    penalties: Penalties | None = None,
    warmup: float = 0.0,
    workers: Workers | None = None,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
) -> Tuned:
    """Search values of parameters with the least mean cost at a mean service of `service`.

    The search begins at `begin` (the middle of the ranges when None), and all points share their
    luck. What it finds is judged on `judges` replications with other luck, which the search has
    not fitted. Stopped, it judges the best so far. Raises InputFaults or NotPossible before
    anything runs.
    """
    check(parameters)
    if service_measure not in ("fill", "service") or not 0 < service <= 1:
        raise NotPossible("the service is that of `fill` or `service`, above 0 and at most 1")
    if replications < 1 or judges < 2 or points < 1:
        raise NotPossible("wanted 1 replication, 2 judges and 1 point, or more")
    first = [(p.low + p.high) / 2 for p in parameters] if begin is None else list(begin)
    if len(first) != len(parameters):
        raise NotPossible(f"{len(first)} values to begin with, wanted {len(parameters)}")
    search = _Search(start, parameters, base, Span(seed, days, warmup), replications, service,
                     service_measure, penalties, workers, on_progress, points)  # fmt: skip
    found = search.run([p.place(v) for p, v in zip(parameters, first, strict=True)], stop)
    values = search.values(found.point)
    best = scenario(AS_IT_IS, parameters, values, "tuned")
    judged = compare(start, base, [best], days, judges, max(judges, 2), seed + FRESH,
                     penalties=penalties, warmup=warmup, workers=workers)  # fmt: skip
    return Tuned(tuple(parameters), tuple(values), judged, service, service_measure,
                 found.looked_at, found.finished)  # fmt: skip


@dataclass
class _Search:
    start: Start
    parameters: Sequence[Parameter]
    base: Scenario
    span: Span
    replications: int
    service: float
    service_measure: str
    penalties: Penalties | None
    workers: Workers | None
    on_progress: Progress | None
    points: int
    done: int = 0

    def values(self, point: Sequence[float]) -> list[float]:
        """The values of the parameters at a point of the unit cube."""
        return [p.value(x) for p, x in zip(self.parameters, point, strict=True)]

    def rounded(self, point: tuple[float, ...]) -> tuple[float, ...]:
        """The nearest point at which whole numbers are whole."""
        values = self.values(point)
        return tuple(p.place(v) for p, v in zip(self.parameters, values, strict=True))

    def run(self, begin: Sequence[float], stop: Stop | None) -> Found:
        """Search until the step is below a fiftieth of the range, or one whole number."""
        widest = max((p.high - p.low for p in self.parameters if p.whole), default=0.0)
        least = min(0.02, 0.75 / widest) if widest else 0.02
        return compass(self.evaluate, tuple(begin), smallest=least, most=self.points, stop=stop,
                       rounded=self.rounded)  # fmt: skip

    def evaluate(self, points: Sequence[tuple[float, ...]]) -> list[float]:
        """The cost of points; beyond every cost, and by how much, where the service is short."""
        sims = [
            self.start.sim(scenario(self.base, self.parameters, self.values(p), "point"))
            for p in points
        ]
        found = run_all(sims, self.span, self.replications, 0, self.workers)
        self.done += len(points)
        if self.on_progress is not None:
            self.on_progress(min(self.done, self.points), self.points)
        return [self._cost(measure(runs, self.penalties)) for runs in found]

    def _cost(self, told: dict[str, np.ndarray]) -> float:
        values = told[self.service_measure]
        kept = float(np.nanmean(values)) if np.isfinite(values).any() else 0.0
        if kept < self.service:
            return WORSE * (1 + self.service - kept)
        return float(told["cost"].mean())
