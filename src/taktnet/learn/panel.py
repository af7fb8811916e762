"""Histories of demand on one grid of periods: what every method reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Step = Literal["day", "week", "month"]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEPS: tuple[Step, ...] = get_args(Step)
#: Periods of a usual season: days of a week, weeks and months of a year.
SEASON: dict[Step, int] = {"day": 7, "week": 52, "month": 12}
#: Mean length of a period in days.
DAYS: dict[Step, float] = {"day": 1.0, "week": 7.0, "month": 365.25 / 12}


def period_start(day: date, step: Step) -> date:
    """The first day of the period that `day` lies in; weeks begin on Monday (ISO 8601)."""
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def advance(start: date, step: Step, count: int) -> date:
    """The first day of the period `count` after the one that begins at `start`."""
    if step == "month":
        months = start.year * 12 + start.month - 1 + count
        return date(months // 12, months % 12 + 1, 1)
    return start + timedelta(days=count * (7 if step == "week" else 1))


def between(start: date, day: date, step: Step) -> int:
    """How many periods the one of `day` comes after the one that begins at `start`."""
    if step == "month":
        return (day.year - start.year) * 12 + day.month - start.month
    return (day - start).days // (7 if step == "week" else 1)


@dataclass(frozen=True, slots=True)
class Key:
    """What a series is about: an item at a site; a table may name it in one word, its item."""

    item: str
    site: str = ""

    def __str__(self) -> str:
        return f"{self.item} at {self.site}" if self.site else self.item


@dataclass(frozen=True)
class Panel:
    """Series on one grid: `values` (series, periods) in item units, `first` (series,) their begin.

    Before its first period a series has no history (0 in `values`, read by nobody). `drivers` are
    (series, periods known) per name, and may reach beyond the history. Equal `groups` are alike:
    their series lend each other strength.
    """

    keys: tuple[Key, ...]
    values: Floats
    first: Ints
    start: date
    step: Step
    groups: tuple[str, ...] = ()
    drivers: Mapping[str, Floats] = field(default_factory=dict[str, Floats])

    def __post_init__(self) -> None:
        shape = (len(self.keys), self.periods)
        if self.values.shape != shape or self.first.shape != shape[:1] or not shape[0]:
            raise ValueError("a panel has one row of values and one begin for each of its keys")

    @property
    def periods(self) -> int:
        """Length of the grid."""
        return int(self.values.shape[1])

    @property
    def season(self) -> int:
        """Periods of a usual season."""
        return SEASON[self.step]

    @property
    def end(self) -> date:
        """The first day after the history."""
        return self.day(self.periods)

    def day(self, period: int) -> date:
        """The first day of a period; may lie beyond the history."""
        return advance(self.start, self.step, period)

    def history(self, row: int) -> Floats:
        """What is known of one series, from its first period."""
        return self.values[row, self.first[row] :]

    def pick(self, rows: Ints) -> Panel:
        """The panel of some rows."""
        at = [int(r) for r in rows]
        return replace(
            self, keys=tuple(self.keys[r] for r in at), values=self.values[rows],
            first=self.first[rows], groups=tuple(self.groups[r] for r in at if self.groups),
            drivers={name: known[rows] for name, known in self.drivers.items()},
        )  # fmt: skip

    def until(self, period: int) -> Panel:
        """What was known before a period: the rows that had begun, their history up to it."""
        rows = np.flatnonzero(self.first < period)
        return replace(self.pick(rows), values=self.values[rows, :period])
