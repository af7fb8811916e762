"""One KPI in full: definition, trend, and the parts it is made of."""

from __future__ import annotations

from dataclasses import dataclass

from taktnet.app.screens.model import Tile


@dataclass(frozen=True, slots=True)
class KpiPart:
    """The KPI for one site, supplier, lane or item, or one of its variants."""

    name: str
    href: str
    value: float | None
    digits: int
    unit: str
    numerator: str
    denominator: str
    count: str


@dataclass(frozen=True, slots=True)
class KpiGroup:
    """The parts of one kind."""

    title: str
    column: str
    rows: tuple[KpiPart, ...]
    total: int


@dataclass(frozen=True, slots=True)
class KpiScreen:
    """The page of one KPI in one scope; `points` are (day, value) of the trend."""

    tile: Tile
    scope_label: str
    points: tuple[tuple[str, float | None], ...]
    groups: tuple[KpiGroup, ...]
