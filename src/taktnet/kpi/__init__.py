"""The six KPIs, pace and flow, read from facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taktnet.kpi.catalogue import CATALOGUE, reference_markdown
from taktnet.kpi.definition import KpiValue, Scope, TrendPoint
from taktnet.kpi.settings import KpiSettings

if TYPE_CHECKING:
    from taktnet.kpi.kpis import Kpis, recompute

__all__ = [
    "CATALOGUE",
    "KpiSettings",
    "KpiValue",
    "Kpis",
    "Scope",
    "TrendPoint",
    "recompute",
    "reference_markdown",
]


def __getattr__(name: str) -> object:
    """The holder is loaded when first named, so that the definitions alone stay light."""
    if name in ("Kpis", "recompute"):
        from taktnet.kpi import kpis

        return getattr(kpis, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
