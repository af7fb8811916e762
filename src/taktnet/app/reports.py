"""Takt, flow and KPIs of a running tower: which window, which network, and then the tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from taktnet.app.history import Progress, Sight
from taktnet.app.parts import Parts
from taktnet.kpi.definition import KpiValue
from taktnet.kpi.exact import DAY
from taktnet.kpi.flow import Dwell, Ladder, dwell, value_stream
from taktnet.kpi.kpis import Kpis
from taktnet.kpi.pace import Pace, pace
from taktnet.ledger.fact import instant
from taktnet.network import Network
from taktnet.network.rates import NetworkTakt, network_takt

if TYPE_CHECKING:
    from taktnet.twin.scenario import Scenario


@dataclass(frozen=True, slots=True)
class TaktReport:
    """The rates to keep and the pace kept in [start, end) (microseconds since 1970 UTC)."""

    start: int
    end: int
    takt: NetworkTakt
    pace: tuple[Pace, ...]


@dataclass(frozen=True, slots=True)
class FlowReport:
    """Flow in [start, end) (microseconds since 1970 UTC): `products` are what customers take.

    `ladders` are those of one product or of all; `dwell` tells every place and lane, with both
    sides of Little's law.
    """

    start: int
    end: int
    products: tuple[str, ...]
    ladders: tuple[Ladder, ...]
    dwell: tuple[Dwell, ...]


class _Keyed:
    """A network as the key of a cache: by its digest."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def __hash__(self) -> int:
        return hash(self.network.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.network.digest == self.network.digest


@lru_cache(maxsize=8)
def _takt(keyed: _Keyed, on: date) -> NetworkTakt:
    return network_takt(keyed.network, on)


def window(parts: Parts, days: float) -> tuple[int, int]:
    """The last `days` up to now, microseconds since 1970 UTC."""
    now = parts.clock.now()
    return now - round(days * DAY), now


def takt(
    parts: Parts,
    days: float = 7.0,
    site: str = "",
    *,
    at: datetime | None = None,
    known: datetime | int | None = None,
    progress: Progress | None = None,
) -> TaktReport:
    """Takt of the network, and the pace of every site, line and lane in the last `days`.

    For `at` and `known` see `history.Sight`; without them as of now.
    """
    return takt_of(Sight(parts, at, known, progress), days, site)


def takt_of(sight: Sight, days: float = 7.0, site: str = "") -> TaktReport:
    """The same as seen from a time."""
    start, end = span(sight, days)
    wanted = _takt(_Keyed(sight.network), instant(end).date())
    kept = sight.look(lambda kpis: pace(kpis, wanted, start, end))
    shown = tuple(row for row in kept if not site or row.site == site)
    return TaktReport(start, end, wanted, shown)


def flow(
    parts: Parts,
    item: str = "",
    days: float = 28.0,
    *,
    at: datetime | None = None,
    known: datetime | int | None = None,
    progress: Progress | None = None,
) -> FlowReport:
    """Value-stream ladders of a product (or of all), and dwell over the last `days`."""
    return flow_of(Sight(parts, at, known, progress), item, days)


def flow_of(sight: Sight, item: str = "", days: float = 28.0) -> FlowReport:
    """The same as seen from a time."""
    start, end = span(sight, days)
    wanted = _takt(_Keyed(sight.network), instant(end).date())
    products = tuple(dict.fromkeys(row.item for row in sight.network.demand))
    shown = (item,) if item else products

    def read(known: Kpis) -> tuple[list[Ladder | None], list[Dwell]]:
        ladders = [value_stream(known, wanted, one, now=end) for one in shown]
        return ladders, dwell(known, start, end, {item} if item else None)

    ladders, stays = sight.look(read)
    kept = tuple(one for one in ladders if one is not None)
    return FlowReport(start, end, products, kept, tuple(stays))


def kpis(
    parts: Parts,
    days: float = 28.0,
    *,
    at: datetime | None = None,
    known: datetime | int | None = None,
    progress: Progress | None = None,
    **how: Any,
) -> list[KpiValue]:
    """The six KPIs over the last `days`; `how` as `Kpis.report` takes it."""
    return kpis_of(Sight(parts, at, known, progress), days, **how)


def kpis_of(sight: Sight, days: float = 28.0, **how: Any) -> list[KpiValue]:
    """The same as seen from a time."""
    start, end = span(sight, days)
    return sight.look(lambda known: known.report(start, end, **how))


def span(sight: Sight, days: float) -> tuple[int, int]:
    """The last `days` up to where a sight ends, microseconds since 1970 UTC."""
    return sight.end - round(days * DAY), sight.end


def simulate(
    parts: Parts, scenario: Scenario | None, answers: Sequence[Scenario], **how: Any
) -> dict[str, Any]:
    """See `Tower.simulate`."""
    from taktnet.app.simulation.answers import simulate as ask
    from taktnet.app.simulation.question import Question
    from taktnet.twin.scenario import AS_IT_IS

    return ask(parts, Question(base=scenario or AS_IT_IS, answers=tuple(answers), **how))
