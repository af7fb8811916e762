"""KPI values as tiles: display units, targets, trend, and the definition behind each number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from taktnet.app.screens.model import Definition, Level, Tile
from taktnet.kpi.catalogue import CATALOGUE, VARIANTS, Kpi
from taktnet.kpi.definition import KpiValue, Number
from taktnet.ledger.fact import EPOCH

LABELS = {
    "otif": "OTIF to production",
    "turns": "Inventory turns",
    "lead_time": "Lead-time variability",
    "schedule": "Schedule adherence",
    "cost": "Delivered cost",
    "stockout": "Stockout rate",
}
_FAR = 0.1  # a tenth off its target is critical
_DAY_US = 86_400_000_000


class Shown(NamedTuple):
    """How a unit of the catalogue is shown: its sign, the factor to it, and its decimals."""

    sign: str
    factor: float
    digits: int


UNITS = {
    "share": Shown("%", 100.0, 1),
    "1/year": Shown("a year", 1.0, 1),
    "d": Shown("days", 1.0, 1),
    "d2": Shown("days²", 1.0, 2),
    "EUR": Shown("€", 1.0, 0),
    "EUR/unit": Shown("€ a unit", 1.0, 2),
    "1/1000 h": Shown("/ 1,000 h", 1.0, 2),
}


def shown(unit: str) -> Shown:
    """How this unit is shown; one that is not in the table as it is."""
    return UNITS.get(unit, Shown(unit, 1.0, 2))


def scaled(value: float | None, unit: str) -> float | None:
    """A value in display units."""
    return None if value is None else value * shown(unit).factor


def number_text(value: Number | None) -> str:
    """An exact number as people read it."""
    if value is None:
        return "–"
    return f"{float(value):,.2f}".rstrip("0").rstrip(".").replace("-", "−")


def level(value: float | None, target: float | None, better: int) -> Level:
    """ok at the target or on its good side, crit when more than a tenth off, else warn."""
    if value is None or target is None or better == 0:
        return "none"
    short = (target - value) * better
    if short <= 0:
        return "ok"
    return "crit" if short > _FAR * abs(target) else "warn"


def definition(kpi: Kpi, value: KpiValue, target: float | None) -> Definition:
    """Everything that makes the number what it is."""
    days = (value.end - value.start) / _DAY_US
    end = EPOCH + timedelta(microseconds=value.end)
    left_out = "; ".join(f"{count:,} {why}" for why, count in value.exclusions if count)
    rows = [
        ("Numerator", number_text(value.numerator)),
        ("Denominator", number_text(value.denominator)),
        ("Records", f"{value.inputs:,}"),
        ("Source", kpi.source),
        ("Target", f"{target:g}" if target is not None else "none; see targets.toml"),
        *(("Note", note) for note in value.notes),
        *(("Fault in the data", fault) for fault in value.errors),
    ]
    window = f"{days:.0f} days until {end:%Y-%m-%d %H:%M} UTC"
    return Definition(kpi.title, value.definition, value.formula, window, left_out, tuple(rows))


def tile(kpi: Kpi, value: KpiValue, targets: Mapping[str, float]) -> Tile:
    """One value as a tile; `targets` are in display units, by KPI."""
    how = shown(value.unit)
    better = VARIANTS[value.key, value.variant].better
    number, target = scaled(value.value, value.unit), targets.get(kpi.key)
    return Tile(
        kpi.key,
        LABELS.get(kpi.key, kpi.title),
        number,
        how.sign,
        how.digits,
        target,
        better >= 0,
        tuple(scaled(p.value, value.unit) for p in value.trend),
        definition(kpi, value, target),
        level(number, target, better),
    )


def tiles(
    values: Iterable[KpiValue], targets: Mapping[str, float], scope: str = ""
) -> tuple[Tile, ...]:
    """The leading variant of each KPI for the member called `scope`, in catalogue order."""
    leading = {(v.key, v.variant): v for v in values if v.scope.name == scope}
    found = ((kpi, leading.get((kpi.key, kpi.leading.name))) for kpi in CATALOGUE)
    return tuple(tile(kpi, value, targets) for kpi, value in found if value is not None)
