"""A story: events told in plain words, lowered to facts, for the tests of the KPIs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from taktnet.base.names import Names
from taktnet.kpi import Kpis, KpiSettings, KpiValue
from taktnet.ledger import event as e
from taktnet.ledger.fact import FACT, Flag, Lowering, micros
from taktnet.network import Network
from taktnet.network import components as c

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday


def site(name: str, kind: str, zone: str, company: str = "", tier: int = 0) -> c.Site:
    """A site; where exactly does not matter here."""
    return c.Site(
        id=name, kind=kind, tier=tier, latitude=48.0, longitude=11.0,
        country="DE", zone=zone, company=company,
    )  # fmt: skip


SITES = (
    site("OPO", "plant", "Europe/Lisbon", "Group"),
    site("KRK", "plant", "Europe/Warsaw", "Group"),
    site("MOTOR", "supplier", "Europe/Berlin", tier=1),
    site("COILS", "supplier", "Europe/Berlin", tier=1),
    site("BIKES", "customer", "Europe/Amsterdam"),
)


def network(**tables: Any) -> Network:
    """A small network; `tables` replace its own."""
    base = Network(
        sites=SITES,
        items=(c.Item(id="M1", cost=10.0), c.Item(id="P1", cost=100.0), c.Item(id="P2", cost=50.0)),
        lanes=(
            c.Lane(
                id="MOTOR-OPO", origin="MOTOR", destination="OPO", transit_h=48.0, agreed_h=72.0
            ),
            c.Lane(id="OPO-KRK", origin="OPO", destination="KRK", transit_h=48.0),
        ),
    )
    return replace(base, **tables)


def hours(count: float) -> datetime:
    """So many hours after the start."""
    return START + timedelta(hours=count)


def us(count: float) -> int:
    """So many hours after the start, in microseconds."""
    return micros(hours(count))


class Story:
    """Events in the order told; each becomes facts with the next sequence number."""

    def __init__(self, net: Network | None = None, settings: KpiSettings | None = None) -> None:
        self.network = net or network()
        self.settings = settings or KpiSettings()
        self.names = Names()
        self.told: dict[str, bytes] = {}
        self.parts: list[np.ndarray] = []
        self._lower = Lowering(self.names)
        self._closed: datetime | None = None

    def tell(self, kind: type[e.Event], at: float, site: str = "", **fields: Any) -> str:
        """An event `at` hours after the start; returns its id. Numbers as windows are hours."""
        number = len(self.told) + 1
        for name in ("window_start", "window_end", "start", "end", "due", "due_from", "until"):
            if isinstance(fields.get(name), (int, float)):
                fields[name] = hours(fields[name])
        undone = self.told[fields["corrects"]] if "corrects" in fields else b""
        event = kind(source="test", id=f"e{number}", at=hours(at), site=site, **fields)
        late = self._closed is not None and event.at < self._closed
        flags = int(Flag.LATE) if late else 0
        facts = self._lower.facts(event, micros(event.at), flags, undone)
        rows = np.frombuffer(facts, FACT).copy()
        rows["seq"] = number
        self.parts.append(rows)
        self.told[event.id] = facts
        if isinstance(event, e.PeriodClosed):
            self._closed = event.until
        return event.id

    @property
    def facts(self) -> np.ndarray:
        """All facts told."""
        return np.concatenate(self.parts) if self.parts else np.zeros(0, FACT)

    def kpis(self) -> Kpis:
        """The holder after the whole story."""
        kpis = Kpis(self.network, self.names, self.settings)
        kpis.update(self.facts)
        return kpis

    def values(self, start: float = 0, end: float = 24, **how: Any) -> dict[Any, KpiValue]:
        """Values by (key, variant), or by (key, variant, member) with `by`."""
        report = self.kpis().report(us(start), us(end), **how)
        if "by" in how:
            return {(v.key, v.variant, v.scope.name): v for v in report}
        return {(v.key, v.variant): v for v in report}
