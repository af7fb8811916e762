"""What people's own forecasts were worth: forecast value added, measured after the fact.

FVA = 1 - sum |actual - override| / sum |actual - statistical| over the spans that are over
(Gilliland 2010): above 0 the overrides were nearer than the statistics they replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from taktnet.learn.panel import Floats, Key, Panel


@dataclass(frozen=True, slots=True)
class Override:
    """A person's quantity for the days from `start` on, in place of what statistics said."""

    key: Key
    start: date
    days: int
    qty: float
    statistical: float
    by: str
    reason: str
    id: str = ""

    @property
    def end(self) -> date:
        """The first day after it."""
        return self.start + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Judged:
    """An override whose days are over, and what came; `better` in units, below 0 for worse."""

    override: Override
    actual: float

    @property
    def better(self) -> float:
        """How much nearer the override was than the statistics."""
        return abs(self.actual - self.override.statistical) - abs(self.actual - self.override.qty)


@dataclass(frozen=True, slots=True)
class Added:
    """Forecast value added of some overrides; None where there is nothing to divide by."""

    judged: tuple[Judged, ...]
    statistical_error: float
    override_error: float

    @property
    def share(self) -> float | None:
        """1 - error of the overrides over error of the statistics."""
        if self.statistical_error <= 0:
            return None
        return 1 - self.override_error / self.statistical_error


def added(overrides: Iterable[Override], actual: Sequence[float | None]) -> Added:
    """The value added by overrides, given what came (None: not over yet)."""
    judged = tuple(Judged(o, a) for o, a in zip(overrides, actual, strict=True) if a is not None)
    return Added(
        judged,
        sum(abs(j.actual - j.override.statistical) for j in judged),
        sum(abs(j.actual - j.override.qty) for j in judged),
    )


def overridden(panel: Panel, row: int, mean: Floats, overrides: Sequence[Override]) -> Floats:
    """The path of one series with people's quantities in place; a later override wins.

    Within an override's days its quantity is spread evenly; what of a period it does not cover
    keeps its share of the statistics.
    """
    told = mean.copy()
    for one in overrides:
        if one.key != panel.keys[row]:
            continue
        for k, (share, taken) in enumerate(_shares(panel, one, len(told))):
            if taken > 0:
                told[k] = (1 - taken) * told[k] + one.qty * share
    return told


def _shares(panel: Panel, one: Override, parts: int) -> list[tuple[float, float]]:
    """(share of the override, share of the period) for each period ahead."""
    shares: list[tuple[float, float]] = []
    for k in range(parts):
        a, b = panel.day(panel.periods + k), panel.day(panel.periods + k + 1)
        common = max(0, (min(b, one.end) - max(a, one.start)).days)
        shares.append((common / one.days, common / (b - a).days))
    return shares


def statistical(panel: Panel, mean: Floats, start: date, days: int) -> float:
    """What a path says of some days ahead, periods cut evenly; days beyond its end say nothing."""
    total = 0.0
    end = start + timedelta(days=days)
    for k, qty in enumerate(mean):
        a, b = panel.day(panel.periods + k), panel.day(panel.periods + k + 1)
        common = max(0, (min(b, end) - max(a, start)).days)
        total += float(qty) * common / (b - a).days
    return total
