"""Sites, resources, lanes and stocking points of a network as records."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from taktnet.base.calendars import instant, local_micros
from taktnet.base.names import Domain
from taktnet.network import Network
from taktnet.network.changeovers import Changeovers, setup_of
from taktnet.network.explode import process_shares
from taktnet.twin import layout as y
from taktnet.twin.draft import MICRO, Draft, micros, millionths
from taktnet.twin.layout import HOUR, SECOND, Table
from taktnet.twin.streams import name_key

NEVER = 1 << 60
_POLICIES = frozenset(("base_stock", "sS", "RQ"))


class Places(Draft):
    """What stands where."""

    def add_resources(self) -> None:
        """Resources and their machines, site by site."""
        by_site: dict[str, list[Any]] = {s.id: [] for s in self.network.sites}
        for row in self.network.resources:
            by_site[row.site].append(row)
        members: dict[int, list[int]] = {}
        takes_in: dict[int, list[int]] = {}
        keepers = self.keepers()
        for site, rows in by_site.items():
            first = len(self.rows[Table.RES0])
            for row in rows:
                cal = self.calendar(site, row.id)
                number = self.res_no[row.id] = self.add(
                    Table.RES0,
                    site=self.site_no[site],
                    cal=cal,
                    mtbf=(row.mtbf_h or 0.0) * HOUR,
                    mttr=row.mttr_h * HOUR,
                    first_server=len(self.rows[Table.SERVER]),
                    servers=row.count,
                    name=name_key("resource", row.id),
                )
                members.setdefault(cal, []).append(number)
                first_server = len(self.rows[Table.SERVER])
                self.add(Table.RES, head=-1, tail=-1, idle=first_server)
                for i in range(row.count):
                    after = first_server + i + 1 if i + 1 < row.count else -1
                    self.add(Table.SERVER, res=number, next=after, proc=-1, last=-1, listed=1)
            if site in keepers:
                takes_in.setdefault(self.calendar(site, ""), []).append(self.site_no[site])
            name = self.names.intern(Domain.SITE, site)
            self.add(Table.SITE0, first_res=first, res=len(rows), name=name)
            self.add(Table.SITE, gate_head=-1, gate_tail=-1, held_head=-1, held_tail=-1)
        for cal, row in enumerate(self.rows[Table.CAL0]):
            mine, takers = members.get(cal, []), takes_in.get(cal, [])
            row["first_member"], row["members"] = self.lay(Table.MEMBER, mine), len(mine)
            row["first_site"], row["sites"] = self.lay(Table.MEMBER, takers), len(takers)

    def keepers(self) -> set[str]:
        """Sites that replenish a stock, and take its goods in."""
        network = self.network
        rows = (network.stock_points, network.loops, network.sources)
        return {row.site for table in rows for row in table}

    def add_lanes(self) -> None:
        """Lanes with their times and rates."""
        for row in self.network.lanes:
            mean = row.transit_h * HOUR
            if row.transit_kind == "quantiles" and row.quantiles:
                dist = self.dist("quantiles", row.quantiles)
            else:
                dist = self.dist(row.transit_kind, mean, row.transit_sd_h / row.transit_h)
            first, count = self.leaving_of(row)
            rate = 1 / self.network.per_eur(row.currency)
            self.add(
                Table.LANE0,
                dist=dist,
                first_leave=first,
                leaves=count,
                origin=self.site_no[row.origin],
                dest=self.site_no[row.destination],
                customs=round(row.customs_h * HOUR),
                cap_kg=row.capacity_kg or math.inf,
                cap_m3=row.capacity_m3 or math.inf,
                cost_shipment=row.cost_shipment * rate,
                cost_kg=row.cost_kg * rate,
                cost_m3=row.cost_m3 * rate,
                co2=row.co2_kg_tkm * row.distance_km / 1e6,
                km=row.distance_km,
                name=name_key("lane", row.id),
            )
            self.add(Table.LANE, head=-1, tail=-1, vehicles=row.vehicles)

    def add_points(self) -> None:
        """Every point that keeps, makes, ships or takes an item, ordered by site."""
        network, on = self.network, instant(self.at).date()
        keys = {(p.site, p.item) for p in network.stock_points}
        keys |= {(k.site, k.item) for k in network.loops}
        keys |= {(k.supplier, k.item) for k in network.demand}
        keys |= {(k.site, k.item) for k in network.processes}
        keys |= {(k.site, k.item) for k in network.sources}
        self.open = OpenPoints(network)
        keys |= {(k.origin, k.item) for k in network.sources}
        for site, item in {(p.site, p.item) for p in network.processes}:
            if (site, item) not in self.open:
                keys |= {(site, b.component) for b in network.bom_of(item)}
        keys -= {k for k in keys if k in self.open and not network.demand_at(*k)}
        keys -= {k for k in keys if network.site(k[0]).kind == "customer"
                 and not network.stock_point(*k) and not network.loops_of(*k)
                 and not network.demand_at(*k)}  # fmt: skip
        self.serving = {serving_point(network, row) for row in network.demand}
        self.points = sorted(keys, key=lambda k: (self.site_no[k[0]], k[1]))
        self.index = {k: i for i, k in enumerate(self.points)}
        for i, (site, _) in enumerate(self.points):
            place = self.rows[Table.SITE0][self.site_no[site]]
            place.setdefault("first_point", i)
            place["points"] = place.get("points", 0) + 1
        for site, item in self.points:
            self.add_point(site, item, on)

    def add_point(self, site: str, item: str, on: date) -> None:
        """One stocking point."""
        network = self.network
        row, point = network.item(item), network.stock_point(site, item)
        shelf = round(row.shelf_life_d * y.DAY) if row.shelf_life_d else 0
        cost = row.cost / network.per_eur(row.currency)
        self.add(
            Table.PLACE,
            container=millionths(row.container_qty),
            review=micros(point.review_h) if point and point.policy in _POLICIES else 0,
            shelf=shelf,
            inspect=micros(point.inspect_h) if point else 0,
            cost=cost * MICRO,
            holding=point.holding_rate if point else 0.0,
            kg=row.weight_kg * MICRO,
            m3=row.volume_m3 * MICRO,
            site=self.site_no[site],
            kind=int((site, item) in self.serving),
            first_edition=len(self.rows[Table.EDITION]),
        )
        self.add(Table.TALLY, batch_head=-1, batch_tail=-1)
        self.add(Table.POINT, head=-1, tail=-1)
        if network.processes_of(site, item) and (site, item) not in self.open:
            self.rows[Table.PLACE][-1]["editions"] = self.editions(site, item, on)

    def editions(self, site: str, item: str, on: date) -> int:
        """The bill of materials from day to day: one edition between two changes."""
        lines = self.network.bom_of(item)
        if not lines:
            return 0
        last = instant(self.end).date()
        turns = {b.valid_from for b in lines if b.valid_from}
        turns |= {b.valid_to + timedelta(days=1) for b in lines if b.valid_to}
        zone = ZoneInfo(self.network.site(site).zone)
        days = [on, *sorted(d for d in turns if on < d <= last)]
        for day, after in zip(days, [*days[1:], None], strict=True):
            until = NEVER if after is None else local_micros(after, 0, zone) - self.at
            first = len(self.rows[Table.PART])
            for line in self.network.components_of(item, day):
                if (site, line.component) in self.index:
                    part = self.index[site, line.component]
                    self.add(Table.PART, point=part, per=line.qty / (1 - line.scrap))
            parts = len(self.rows[Table.PART]) - first
            self.add(Table.EDITION, until=until, first=first, parts=parts)
        return len(days)

    def add_processes(self) -> None:
        """The processes of every point, those of the lowest priority number."""
        kinds = self.add_setups()
        for p, (site, item) in enumerate(self.points):
            place: dict[str, Any] = self.rows[Table.PLACE][p]
            place["first_proc"], place["procs"] = len(self.rows[Table.PROC0]), 0
            if (site, item) in self.open:
                continue
            for row, share in process_shares(self.network, site, item):
                cv = row.cycle_cv
                self.add(
                    Table.PROC0,
                    setup=round(row.setup_s * SECOND),
                    lot=millionths(row.lot_qty),
                    cycle=row.cycle_s * SECOND * MICRO,
                    yield_rate=row.yield_rate,
                    share=share,
                    point=p,
                    res=self.res_no[row.resource],
                    dist=self.dist("gamma", 1.0, cv) if cv > 0 else -1,
                    kind=kinds.get((row.resource, setup_of(row)), 0),
                    name=name_key("process", site, item, row.resource),
                )
                self.add(Table.PROC, head=-1, tail=-1, next=-1)
                self.procs.append((site, item, row.resource))
            place["procs"] = len(self.rows[Table.PROC0]) - place["first_proc"]

    def add_setups(self) -> dict[tuple[str, str], int]:
        """The changeovers of resources that know set-ups; the number of each (resource, set-up)."""
        numbers: dict[tuple[str, str], int] = {}
        told = Changeovers(self.network)
        for resource in sorted(told.ordered & set(self.res_no)):
            names = told.setups(resource)
            numbers |= {(resource, name): i for i, name in enumerate(names)}
            row = self.rows[Table.RES0][self.res_no[resource]]
            times = [round(told.seconds(resource, a, b) * SECOND) for a in names for b in names]
            row["first_setup"], row["kinds"] = self.lay(Table.SETUP, times), len(names)
        return numbers


def serving_point(network: Network, row: Any) -> tuple[str, str]:
    """Where a customer's demand takes from: its own stock of the item, or the supplier's.

    Stock at the customer (consigned, or kept for it) is replenished by its own policy or loops;
    what the customer takes then is not shipped a second time.
    """
    point = network.stock_point(row.site, row.item)
    kept = point is not None and point.policy != "none"
    if kept and (network.loops_of(row.site, row.item) or network.sources_of(row.site, row.item)):
        return row.site, row.item
    return row.supplier, row.item


class OpenPoints:
    """Items of suppliers' sites that nothing replenishes there: outside, without limit."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._asked = {(s.origin, s.item) for s in network.sources}
        self._asked |= {(d.supplier, d.item) for d in network.demand}
        self._asked |= {(p.site, p.item) for p in network.processes}
        self._parts = {line.component for line in network.bom}

    def __contains__(self, key: tuple[str, str]) -> bool:
        network = self._network
        return (
            (key in self._asked or key[1] in self._parts)
            and network.site(key[0]).kind == "supplier"
            and not network.loops_of(*key)
            and getattr(network.stock_point(*key), "policy", "none") not in _POLICIES
        )
