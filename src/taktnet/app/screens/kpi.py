"""One KPI in full: definition, trend, and the parts it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

from taktnet.app.screens.model import Tile
from taktnet.app.screens.tiles import number_text, scaled, shown, tiles
from taktnet.kpi.catalogue import CATALOGUE
from taktnet.kpi.definition import Dimension, KpiValue
from taktnet.ledger.fact import instant


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


_DIMENSIONS: tuple[tuple[Dimension, str, str], ...] = (
    ("site", "By site", "Site"),
    ("supplier", "By supplier", "Supplier"),
    ("lane", "By lane", "Lane"),
    ("item", "By item", "Item"),
)
_MOST_PARTS = 40
Report = Callable[[Dimension], list[KpiValue]]


def scope_of(text: str) -> tuple[Dimension, str]:
    """A scope such as "site:OPO"; "" is the network. Raises KeyError for another dimension."""
    dimension, _, name = text.partition(":")
    if not text:
        return "network", ""
    if not name or dimension not in [d for d, _, _ in _DIMENSIONS]:
        raise KeyError(text)
    return cast(Dimension, dimension), name


def _part(name: str, href: str, value: KpiValue) -> KpiPart:
    how = shown(value.unit)
    return KpiPart(
        name,
        href,
        scaled(value.value, value.unit),
        how.digits,
        f" {how.sign}",
        number_text(value.numerator),
        number_text(value.denominator),
        f"{value.inputs:,}",
    )


def _variants(values: list[KpiValue], id: str, scope: str, name: str) -> KpiGroup:
    query = f"?{urlencode({'scope': scope})}" if scope else ""
    rows = tuple(
        _part(v.variant, f"/kpis/{id}{query}", v)
        for v in values
        if v.key == id and v.scope.name == name
    )
    return KpiGroup("Variants", "Variant", rows, len(rows))


def _groups(report: Report, id: str) -> Iterator[KpiGroup]:
    leading = next(kpi.leading.name for kpi in CATALOGUE if kpi.key == id)
    for dimension, title, column in _DIMENSIONS:
        found = [
            v
            for v in report(dimension)
            if v.key == id and v.variant == leading and v.scope.name and v.value is not None
        ]
        found.sort(key=lambda v: (-v.inputs, v.scope.name))
        if found:
            rows = tuple(
                _part(v.scope.name, f"/kpis/{id}?{_scope(dimension, v.scope.name)}", v)
                for v in found[:_MOST_PARTS]
            )
            yield KpiGroup(title, column, rows, len(found))


def _scope(dimension: Dimension, name: str) -> str:
    return urlencode({"scope": f"{dimension}:{name}"})


def kpi_screen(id: str, scope: str, report: Report, targets: Mapping[str, float]) -> KpiScreen:
    """One KPI in one scope; raises KeyError for a KPI or a scope that there is not."""
    dimension, name = scope_of(scope)
    values = report(dimension)
    tile = next((t for t in tiles(values, targets, name) if t.id == id), None)
    if tile is None:
        raise KeyError(f"{id} {scope}")
    leading = next(kpi.leading.name for kpi in CATALOGUE if kpi.key == id)
    value = next(v for v in values if (v.key, v.variant, v.scope.name) == (id, leading, name))
    points = tuple((f"{instant(p.start):%d %b}", scaled(p.value, value.unit)) for p in value.trend)
    groups = [_variants(values, id, scope, name)]
    if not scope:
        groups += _groups(report, id)
    label = f"{dimension} {name}" if scope else "the whole network"
    return KpiScreen(tile, label, points, tuple(groups))
