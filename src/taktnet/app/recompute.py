"""The KPIs anew from the ledger, compared with those kept incrementally to the last digit."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from taktnet.app.history import kpis_up_to
from taktnet.app.parts import Parts
from taktnet.app.reports import window
from taktnet.kpi.definition import DIMENSIONS
from taktnet.kpi.kpis import Kpis


class Recomputed(Struct, frozen=True):
    """How many values were compared over how many rows, and which differ."""

    rows: int
    values: int
    differ: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every value is the same."""
        return not self.differ


def recompute(
    parts: Parts, progress: Callable[[int, int], object] | None = None, days: float = 28.0
) -> Recomputed:
    """Every KPI of every dimension, kept and anew; `progress` may raise to stop."""
    start, end = window(parts, days)
    kept, seq = parts.kpis.look(lambda known: (_values(known, start, end), known.seq))
    anew = _values(kpis_up_to(parts, seq, progress), start, end)
    keys = sorted(kept.keys() | anew.keys())
    differ = tuple(key for key in keys if kept.get(key) != anew.get(key))
    return Recomputed(seq, len(keys), differ)


def _values(kpis: Kpis, start: int, end: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for by in DIMENSIONS:
        for value in kpis.report(start, end, by=by):
            key = f"{value.key}.{value.variant} {value.scope.dimension} {value.scope.name}".strip()
            found[key] = value
    return found
