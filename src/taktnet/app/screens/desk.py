"""One look at a tower: state, network and clock of one moment, and what several screens share.

A desk is made for one row of the ledger and thrown away with it. Everything on it is made when
first asked for, once, from the public views of state and network.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from taktnet.app.screens.model import (
    ClosedLine,
    DecisionLine,
    Level,
    OrderLine,
    ResourceLine,
    StockLine,
    Way,
)
from taktnet.ledger.event import DecisionTaken, LaneClosed, SiteClosed
from taktnet.ledger.fact import micros
from taktnet.ledger.ledger import Ledger
from taktnet.network import Network
from taktnet.network.components import Site
from taktnet.state import State
from taktnet.state.rows import Decision, Feed, Order, Resource, Transit

HOUR_US = 3_600_000_000
LATE_H = 0.25  # less is no lateness that a person acts on
VERY_LATE_H = 24.0
_NO_FAULT = frozenset(("planned", "changeover"))


def us(at: datetime | None) -> int:
    """Microseconds since 1970 UTC, 0 for no instant."""
    return 0 if at is None else micros(at)


def lateness(hours: float) -> Level:
    """ok, warn, or crit from a day on."""
    if hours < LATE_H:
        return "ok"
    return "crit" if hours >= VERY_LATE_H else "warn"


class Reasons:
    """The recorded reasons of decisions, which are kept as they never change, and of closures."""

    def __init__(self, ledger: Ledger, tenant: str, most: int = 20_000) -> None:
        self._ledger, self._tenant = ledger, tenant
        self._known: dict[str, tuple[int, str]] = {}
        self._most = most

    def of(self, decision: str) -> tuple[int, str]:
        """(row, reason); (0, "") where no such decision is recorded."""
        found = self._known.get(decision)
        if found is None:
            row = self._ledger.find("taktnet", decision, self._tenant)
            if row is None or not isinstance(row.event, DecisionTaken):
                return 0, ""
            if len(self._known) >= self._most:
                self._known.clear()
            found = self._known[decision] = (row.seq, row.event.reason)
        return found

    def of_closure(self, name: str, seq: int) -> str:
        """Why a site or lane was closed in this row; "" where the row does not say."""
        for row in self._ledger.read(seq - 1, 1) if seq > 0 else ():
            event = row.event
            if isinstance(event, SiteClosed | LaneClosed):
                shut = event.lane if isinstance(event, LaneClosed) else event.site
                return event.reason if shut == name else ""
        return ""


class Desk:
    """What the screens of one moment are made from."""

    def __init__(self, state: State, network: Network, now: int, reasons: Reasons) -> None:
        self.state, self.network, self.now, self.reasons = state, network, now, reasons

    @cached_property
    def sites(self) -> dict[str, Site]:
        """Sites of the network by id."""
        return {s.id: s for s in self.network.sites}

    @cached_property
    def units(self) -> dict[str, str]:
        """Unit of each item."""
        return {i.id: i.unit for i in self.network.items}

    @cached_property
    def costs(self) -> dict[str, float]:
        """Standard cost of each item in euros."""
        per_eur = {"EUR": 1.0} | {r.currency: r.per_eur for r in self.network.rates}
        return {i.id: i.cost / per_eur.get(i.currency, 1.0) for i in self.network.items}

    def zone(self, site: str) -> str:
        """Zone of a site, UTC for one that the network does not have."""
        found = self.sites.get(site)
        return found.zone if found else "UTC"

    def unit(self, item: str) -> str:
        """Unit of an item, "" for one that the network does not have."""
        return self.units.get(item, "")

    @cached_property
    def transit(self) -> list[Transit]:
        """Everything under way."""
        return self.state.transit(self.now)

    @cached_property
    def ways(self) -> list[Way]:
        """Everything under way as rows, the latest first, then by when it is expected."""
        rows = [self._way(t) for t in self.transit]
        far = 1 << 62
        return sorted(rows, key=lambda w: (-w.late_h, w.eta or far, w.shipment, w.item))

    def _way(self, t: Transit) -> Way:
        level = lateness(t.late_h)
        return Way(
            t.shipment,
            t.origin,
            t.to,
            self.zone(t.origin),
            self.zone(t.to),
            t.item,
            self.unit(t.item),
            t.qty,
            us(t.shipped_at),
            t.age_h or 0.0,
            us(t.eta or t.promised),
            t.late_h if level in ("warn", "crit") else 0.0,
            level,
            t.order,
            t.lane,
        )

    @cached_property
    def orders(self) -> list[OrderLine]:
        """Open orders and call-offs, past due first."""
        rows = [self._order(o) for o in self.state.orders()]
        return sorted(rows, key=lambda o: (o.end or 1 << 62, o.order))

    def _order(self, o: Order) -> OrderLine:
        end = us(o.window_end)
        late = (self.now - end) / HOUR_US if end and o.open > 0 else 0.0
        return OrderLine(
            o.order,
            o.seller,
            o.buyer,
            o.item,
            self.unit(o.item),
            o.qty,
            o.open,
            us(o.window_start),
            end,
            self.zone(o.buyer),
            lateness(late),
        )

    @cached_property
    def stock(self) -> list[StockLine]:
        """Balances by site, item, lot and status."""
        return [
            StockLine(s.site, s.item, self.unit(s.item), s.lot, s.status, s.qty)
            for s in self.state.stock()
        ]

    @cached_property
    def resources(self) -> list[ResourceLine]:
        """Lines and machines; those that are down first."""
        rows = [self._resource(r) for r in self.state.resources()]
        return sorted(rows, key=lambda r: (r.up, r.since, r.id))

    def _resource(self, r: Resource) -> ResourceLine:
        zone = self.zone(r.site)
        return ResourceLine(r.resource, r.site, zone, r.up, us(r.since), r.reason, r.item)

    @cached_property
    def stopped(self) -> list[ResourceLine]:
        """Resources that are down for a cause that nobody planned."""
        return [r for r in self.resources if not r.up and r.reason not in _NO_FAULT]

    @cached_property
    def closed(self) -> list[ClosedLine]:
        """Sites and lanes that are closed, those of the network, sites first."""
        lanes = {lane.id: lane for lane in self.network.lanes}
        rows: list[ClosedLine] = []
        for c in self.state.closures():
            lane = lanes.get(c.name) if c.kind == "lane" else None
            origin, destination = (lane.origin, lane.destination) if lane else (c.name, c.name)
            if lane or (c.kind == "site" and c.name in self.sites):
                zone, times = self.zone(origin), (us(c.since), us(c.until))
                why = self.reasons.of_closure(c.name, c.seq)
                rows.append(ClosedLine(c.kind, c.name, origin, destination, *times, zone, why))
        return sorted(rows, key=lambda c: (c.kind != "site", c.name))

    @cached_property
    def late_feeds(self) -> list[Feed]:
        """Feeds that are later than their own rhythm, the longest silence first."""
        late = [f for f in self.state.feeds(self.now) if f.late]
        return sorted(late, key=lambda f: (-f.silent_h, f.site, f.source))

    @cached_property
    def stale_sites(self) -> frozenset[str]:
        """Sites of which a feed is late."""
        return frozenset(f.site for f in self.late_feeds)

    @cached_property
    def decisions(self) -> list[Decision]:
        """Decisions still remembered, newest first."""
        rows = self.state.decisions(closed=True)
        return sorted(rows, key=lambda d: (d.taken_at, d.decision), reverse=True)

    @cached_property
    def waiting(self) -> list[Decision]:
        """Decisions that wait for a person, newest first."""
        return [d for d in self.decisions if d.status == "waiting"]

    def line(self, d: Decision) -> DecisionLine:
        """A decision with its recorded reason."""
        seq, reason = self.reasons.of(d.decision)
        return DecisionLine(
            d.decision,
            seq,
            us(d.taken_at),
            self.zone(d.site),
            d.site,
            d.origin,
            d.item,
            self.unit(d.item),
            d.qty,
            d.action,
            d.rule,
            d.status,
            reason.replace(" -> ", " → "),  # a sign that no line end tears
            d.loop,
            us(d.due),
            d.stale,
        )

    @cached_property
    def levels(self) -> Mapping[str, tuple[Level, str]]:
        """Sites that need attention: how much ("none": only their data are late), and why."""
        why: defaultdict[str, list[str]] = defaultdict(list)
        bad: set[str] = set()
        only_late_data = self.stale_sites - {d.site for d in self.waiting}
        only_late_data -= {w.destination for w in self._late_shipments}
        for c in self.closed:
            why[c.destination].append("closed" if c.kind == "site" else f"lane {c.name} closed")
            if c.kind == "site":
                bad.add(c.name)
        only_late_data -= {c.destination for c in self.closed}
        for r in self.stopped:
            why[r.site].append(f"{r.id} stopped")
            bad.add(r.site)
        late = Counter(w.destination for w in self._late_shipments)
        for site, count in late.items():
            why[site].append(f"{count} late shipment{'s' if count > 1 else ''}")
        for site in self.stale_sites:
            why[site].append("feed late")
        for site, count in Counter(d.site for d in self.waiting).items():
            why[site].append(f"{count} decision{'s' if count > 1 else ''} waiting")
        return {
            s: (
                "crit" if s in bad else "none" if s in only_late_data else "warn",
                ", ".join(w),
            )
            for s, w in why.items()
        }

    @cached_property
    def _late_shipments(self) -> list[Way]:
        """One row per late shipment and destination."""
        seen: dict[tuple[str, str], Way] = {}
        for w in self.ways:
            if w.level in ("warn", "crit"):
                seen.setdefault((w.shipment, w.destination), w)
        return list(seen.values())

    @property
    def late_shipments(self) -> list[Way]:
        """One row per late shipment and destination, the latest first."""
        return self._late_shipments

    def level(self, site: str) -> tuple[Level, str]:
        """How a site is."""
        return self.levels.get(site, ("ok", ""))
