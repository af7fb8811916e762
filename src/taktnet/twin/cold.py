"""A network simulated from a cold start: the warm-up is found by MSER-5 and left out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from taktnet.base.calendars import micros
from taktnet.network import Network
from taktnet.twin.batch import Span, Stop
from taktnet.twin.compare import Comparison, Goal, compare
from taktnet.twin.run import Runs, run_all
from taktnet.twin.scenario import AS_IT_IS, Scenario
from taktnet.twin.start import Start
from taktnet.twin.warmup import Cut, mser
from taktnet.twin.workers import Progress, Workers

#: Monday, 5 January 2026: where a cold start begins when nothing else is said.
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
#: Replications whose mean is looked at for the warm-up, and the most snapshots of each.
PILOT, SNAPSHOTS = 8, 2000
#: Totals of the network that must have settled.
LOOKED_AT = ("stock", "owed", "coming")


@dataclass(frozen=True, slots=True)
class Warmup:
    """The days that a cold start leaves out, which total decided, and whether all settled."""

    days: float
    by: str
    settled: bool
    pilot_days: float

    def __str__(self) -> str:
        told = f"the first {self.days:g} days are left out (MSER-5 on {self.by})"
        if self.settled:
            return told
        return f"{told}; {self.pilot_days:g} days are too short to say that all has settled"


@dataclass(frozen=True, eq=False)
class Cold:
    """What a cold start told, and the warm-up that it left out."""

    result: Comparison
    warmup: Warmup

    @property
    def runs(self) -> Runs:
        """The replications."""
        return self.result.base.runs

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        cut = self.warmup
        told = {"days": cut.days, "by": cut.by, "settled": cut.settled, "text": str(cut)}
        return {**self.result.to_json(), "warmup": told}


def simulate(
    network: Network,
    days: float = 365.0,
    replications: int = 32,
    seed: int = 1,
    scenario: Scenario = AS_IT_IS,
    *,
    at: datetime = BEGIN,
    warmup: float | None = None,
    goals: tuple[Goal, ...] = (),
    most: int = 1024,
    every_h: float = 24.0,
    workers: Workers | None = None,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
) -> Cold:
    """Simulate a network that starts with every level full and nothing under way.

    The warm-up is found on a pilot of as many `days`, and comes before the days that count;
    `warmup` days are left out instead where it is given. Raises InputFaults when the network is
    wrong or cannot run, before anything runs.
    """
    faults = network.check()
    if faults:
        from taktnet.base.errors import InputFaults

        raise InputFaults(faults)
    start = Start(network, micros(at), days if warmup is None else days + warmup)
    cut = (
        Warmup(warmup, "what was asked", settled=True, pilot_days=0.0)
        if (warmup is not None)
        else find_warmup(start, days, seed, scenario, workers=workers, stop=stop)
    )
    if start.days < days + cut.days:
        start = replace(start, days=days + cut.days)
    result = compare(
        start, scenario, (), days, replications, most, seed, goals=goals, warmup=cut.days,
        every_h=every_h, workers=workers, on_progress=on_progress, stop=stop,
    )  # fmt: skip
    return Cold(result, cut)


def find_warmup(
    start: Start,
    days: float,
    seed: int,
    scenario: Scenario = AS_IT_IS,
    *,
    workers: Workers | None = None,
    stop: Stop | None = None,
) -> Warmup:
    """The longest of the cuts of stock, of what is owed and of what is on its way.

    Each is the mean over some replications at every snapshot, as by Welch (1983).
    """
    every_h = max(1.0, math.ceil(days * 24 / SNAPSHOTS))
    span = Span(seed, days, 0.0, every_h)
    runs = run_all([start.sim(scenario)], span, PILOT, 0, workers, None, stop)[0]
    cuts: list[tuple[Cut, str]] = []
    for name in LOOKED_AT:
        rows = runs.series[name]
        whole = (runs.series["at"] > 0).all(0) if len(rows) else np.zeros(0, bool)
        series = rows[:, whole].mean(0) if whole.any() else np.zeros(0)
        cuts.append((mser(series), name))
    cut, by = max(cuts, key=lambda c: c[0].observations)
    settled = all(c.settled for c, _ in cuts)
    return Warmup(cut.observations * every_h / 24, by, settled, days)
