"""Lowers a network, and where it stands, to the arrays that the engine runs on.

Pull parameters come from the lowering of the live rules (`policy.lower`), so that twin and plant
order by the same numbers. What the fields of a network do not say is taken so:

- A supplier's site that has no policy for an item is an outside party with any amount of it.
- An order waits for the next collection of its loop, then `prep_h`, and then takes its turn at
  the origin. Without a lane goods are there at once.
- A lane with departures loads in the order of arrival; blank `vehicles` takes whatever there is.
- A process makes one container after another until its lot is done, or the whole order where
  the lot is 0. What is scrapped is made again.
"""

# ruff: noqa: PLR0917  (a public call that is read by position)

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from taktnet.base.calendars import instant, local_micros
from taktnet.base.errors import Fault, InputFaults
from taktnet.base.names import Domain, Names
from taktnet.network import Network
from taktnet.network.explode import delivery_lane, process_shares
from taktnet.network.formats import parse_price_breaks, parse_quantiles
from taktnet.policy import lower as policy_lower
from taktnet.policy import records as r
from taktnet.twin import layout as y
from taktnet.twin.layout import DTYPES, HOUR, SECOND, Table
from taktnet.twin.sim import Model
from taktnet.twin.streams import name_key
from taktnet.twin.timetable import leaves, spans
from taktnet.twin.variates import KNOTS, gamma_knots

if TYPE_CHECKING:
    from taktnet.state import State

MICRO = 1e-6
BIG = 1 << 55
NEVER = 1 << 60
#: What a customer orders and when: (customer, item, supplier) -> (microseconds UTC, quantity).
Plans = Mapping[tuple[str, str, str], Sequence[tuple[int, float]]]
_DEMAND = {"poisson": y.POISSON, "negbin": y.NEGBIN, "fixed": y.STEADY, "normal": y.NORMAL,
           "lognormal": y.LOGN}  # fmt: skip


def lower(
    network: Network,
    state: State | None,
    names: Names,
    at: int,
    days: float = 400.0,
    plans: Plans | None = None,
) -> Model:
    """A model that starts at `at` (microseconds since 1970 UTC) and can run for `days`.

    With a state it starts live: stock, goods on the road with their age, open orders, running
    lots, machines that are down. Without one it starts cold: every level full, nothing under
    way. `plans` give customers' orders one by one instead of by distribution: a schedule, or
    history. Raises InputFaults when something that is needed has no source.
    """
    made = _Lowering(network, names, at, at + round(days * y.DAY), plans or {})
    made.run()
    model = made.model(days, state is not None)
    if state is not None:
        from taktnet.twin.live import place_state

        return place_state(model, network, state)
    return model


@dataclass
class _Lowering:
    """The tables in the making."""

    network: Network
    names: Names
    at: int
    end: int
    plans: Plans
    rows: dict[Table, list[dict[str, Any]]] = field(default_factory=dict[Any, Any])
    plain: dict[Table, list[Any]] = field(default_factory=dict[Any, Any])
    points: list[tuple[str, str]] = field(default_factory=list[Any])
    links: list[tuple[str, str, str, str]] = field(default_factory=list[Any])
    index: dict[tuple[str, str], int] = field(default_factory=dict[Any, int])
    procs: list[tuple[str, str, str]] = field(default_factory=list[Any])
    faults: list[Fault] = field(default_factory=list[Fault])
    dists: dict[Any, int] = field(default_factory=dict[Any, int])
    calendars: dict[Any, int] = field(default_factory=dict[Any, int])
    leaving: dict[Any, tuple[int, int]] = field(default_factory=dict[Any, tuple[int, int]])

    def run(self) -> None:
        """Fill the tables."""
        network = self.network
        self.rows = {t: [] for t in Table}
        self.plain = {t: [] for t in (Table.USER, Table.LEAVE, Table.KNOT, Table.MEMBER)}
        self.site_no = {s.id: i for i, s in enumerate(network.sites)}
        self.lane_no = {lane.id: i for i, lane in enumerate(network.lanes)}
        self._resources()
        self._lanes()
        self._points()
        self._processes()
        self._links()
        self._users()
        self._demand()
        self._cold()
        self._check_supply()
        if self.faults:
            raise InputFaults(tuple(self.faults))

    def add(self, table: Table, **values: Any) -> int:
        """Append a record; fields not given are 0."""
        rows = self.rows[table]
        rows.append(values)
        return len(rows) - 1

    # -- time

    def dist(self, *key: Any) -> int:
        """The number of a distribution: (kind, mean us, cv) or ("quantiles", text)."""
        known = self.dists.get(key)
        if known is None:
            known = self.dists[key] = self._new_dist(*key)
        return known

    def _new_dist(self, kind: str, mean: Any, cv: float = 0.0) -> int:
        knots = self.plain[Table.KNOT]
        first = len(knots)
        if kind == "quantiles":
            pairs = parse_quantiles(mean)
            for p, h in pairs:
                knots += [p, h * HOUR]
            return self.add(Table.DIST, kind=y.QUANTILES, first=first, knots=len(pairs))
        if kind == "fixed" or cv <= 0:
            return self.add(Table.DIST, kind=y.FIXED, a=mean)
        if kind == "lognormal":
            b = math.sqrt(math.log1p(cv * cv))
            return self.add(Table.DIST, kind=y.LOGNORMAL, a=math.log(mean) - b * b / 2, b=b)
        if math.isclose(cv, 1.0, rel_tol=1e-12):
            return self.add(Table.DIST, kind=y.EXPONENTIAL, a=mean)
        shape = 1 / (cv * cv)
        known = self.dists.get(("knots", shape))
        if known is None:
            known = self.dists["knots", shape] = first
            knots += gamma_knots(shape)
        return self.add(Table.DIST, kind=y.TABLE, a=mean, first=known, knots=KNOTS)

    def calendar(self, site: str, resource: str) -> int:
        """The number of a resource's calendar; -1 works day and night."""
        place = self.network.site(site)
        name = self.network.resource(resource).calendar or place.calendar
        if not name:
            return -1
        known = self.calendars.get((name, place.zone))
        if known is None:
            found = spans(self.network.working_time(site, resource), self.at, self.end)
            first = len(self.rows[Table.SPAN])
            for on, off, done in found:
                self.add(Table.SPAN, on=on, off=off, done=done)
            known = self.add(Table.CAL0, first=first, spans=len(found))
            self.calendars[name, place.zone] = known
        return known

    # -- tables

    def _resources(self) -> None:
        by_site: dict[str, list[Any]] = {s.id: [] for s in self.network.sites}
        for row in self.network.resources:
            by_site[row.site].append(row)
        self.res_no: dict[str, int] = {}
        members: dict[int, list[int]] = {}
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
            self.add(Table.SITE0, first_res=first, res=len(rows))
            self.add(Table.SITE, gate_head=-1, gate_tail=-1, held_head=-1, held_tail=-1)
        for cal, row in enumerate(self.rows[Table.CAL0]):
            row["first_member"] = len(self.plain[Table.MEMBER])
            row["members"] = len(members[cal])
            self.plain[Table.MEMBER] += members[cal]
            self.add(Table.CAL)

    def _lanes(self) -> None:
        for row in self.network.lanes:
            mean = row.transit_h * HOUR
            if row.transit_kind == "quantiles" and row.quantiles:
                dist = self.dist("quantiles", row.quantiles)
            else:
                dist = self.dist(row.transit_kind, mean, row.transit_sd_h / row.transit_h)
            first, count = self._leaves(row)
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

    def _leaves(self, row: Any) -> tuple[int, int]:
        if not row.departures:
            return 0, 0
        key = (row.departures, self.network.site(row.origin).zone)
        if key not in self.leaving:
            found = leaves(*key, self.at, self.end)
            self.leaving[key] = len(self.plain[Table.LEAVE]), len(found)
            self.plain[Table.LEAVE] += found
        return self.leaving[key]

    def _points(self) -> None:
        """Every point that keeps, makes, ships or takes an item, ordered by site."""
        network, on = self.network, instant(self.at).date()
        keys = {(p.site, p.item) for p in network.stock_points}
        keys |= {(k.site, k.item) for k in network.loops}
        keys |= {(k.supplier, k.item) for k in network.demand}
        keys |= {(k.site, k.item) for k in network.processes}
        keys |= {(k.site, k.item) for k in network.sources}
        self.open = _open_points(network)
        keys |= {(k.origin, k.item) for k in network.sources}
        for site, item in {(p.site, p.item) for p in network.processes}:
            if (site, item) not in self.open:
                keys |= {(site, b.component) for b in network.bom_of(item)}
        keys -= {k for k in keys if k in self.open and not network.demand_at(*k)}
        keys -= {k for k in keys if network.site(k[0]).kind == "customer"
                 and not network.stock_point(*k) and not network.loops_of(*k)
                 and not network.demand_at(*k)}  # fmt: skip
        self.points = sorted(keys, key=lambda k: (self.site_no[k[0]], k[1]))
        self.index = {k: i for i, k in enumerate(self.points)}
        for i, (site, _) in enumerate(self.points):
            place = self.rows[Table.SITE0][self.site_no[site]]
            place.setdefault("first_point", i)
            place["points"] = place.get("points", 0) + 1
        for site, item in self.points:
            self._point(site, item, on)

    def _point(self, site: str, item: str, on: date) -> None:
        network = self.network
        row, point = network.item(item), network.stock_point(site, item)
        shelf = round(row.shelf_life_d * y.DAY) if row.shelf_life_d else 0
        cost = row.cost / network.per_eur(row.currency)
        self.add(
            Table.PLACE,
            container=_millionths(row.container_qty),
            review=_us(point.review_h) if point and point.policy in _POLICIES else 0,
            shelf=shelf,
            inspect=_us(point.inspect_h) if point else 0,
            cost=cost * MICRO,
            holding=point.holding_rate if point else 0.0,
            kg=row.weight_kg * MICRO,
            m3=row.volume_m3 * MICRO,
            site=self.site_no[site],
            kind=int(bool(network.demand_at(site, item))),
            first_edition=len(self.rows[Table.EDITION]),
        )
        self.add(Table.TALLY, batch_head=-1, batch_tail=-1)
        self.add(Table.POINT, head=-1, tail=-1)
        if network.processes_of(site, item) and (site, item) not in self.open:
            self.rows[Table.PLACE][-1]["editions"] = self._editions(site, item, on)

    def _editions(self, site: str, item: str, on: date) -> int:
        """The bill of materials from day to day: one edition between two changes."""
        lines = self.network.bom_of(item)
        if not lines:
            return 0
        last = instant(self.end).date()
        turns = {b.valid_from for b in lines if b.valid_from}
        turns |= {b.valid_to + timedelta(days=1) for b in lines if b.valid_to}
        zone = _zone(self.network.site(site).zone)
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

    def _processes(self) -> None:
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
                    lot=_millionths(row.lot_qty),
                    cycle=row.cycle_s * SECOND * MICRO,
                    yield_rate=row.yield_rate,
                    share=share,
                    point=p,
                    res=self.res_no[row.resource],
                    dist=self.dist("gamma", 1.0, cv) if cv > 0 else -1,
                    name=name_key("process", site, item, row.resource),
                )
                self.add(Table.PROC, head=-1, tail=-1, next=-1)
                self.procs.append((site, item, row.resource))
            place["procs"] = len(self.rows[Table.PROC0]) - place["first_proc"]

    def _links(self) -> None:
        """The loops and sources of every point, as the live rules have them, then backups."""
        memory = policy_lower.lower(self.network, self.names).memory
        rules = {int(row["key"]): row for row in memory.live(r.Table.POINT)}
        loops, sources = memory.live(r.Table.LOOP), memory.live(r.Table.SOURCE)
        for p, (site, item) in enumerate(self.points):
            place, point = self.rows[Table.PLACE][p], self.rows[Table.POINT][p]
            place["first_link"] = len(self.links)
            row = rules.get(self._key(site, item))
            if row is not None:
                for name in ("policy", "level", "reorder", "lot"):
                    point[name] = int(row[name])
                n, first = int(row["loops"]), int(row["first_loop"])
                for loop in loops[first : first + n]:
                    self._loop(p, loop)
                n, first = int(row["sources"]), int(row["first_source"])
                for source in sources[first : first + n]:
                    self._source(p, source)
                if row["policy"]:
                    self._backups(p, place["first_link"])
            if place["procs"] and len(self.links) == place["first_link"]:
                self._to_order(p)
            place["links"] = len(self.links) - place["first_link"]

    def _key(self, site: str, item: str) -> int:
        names = self.names
        return max(0, names.find(Domain.SITE, site)) << 32 | max(0, names.find(Domain.ITEM, item))

    def _loop(self, p: int, row: Any) -> None:
        name = self.names.text(Domain.LOOP, int(row["key"]))
        loop = self.network.loop(name)
        lane = self.names.text(Domain.LANE, int(row["lane"]))
        proc = -1
        if loop.resource and (loop.origin or loop.site) == loop.site:
            first = self.rows[Table.PLACE][p]["first_proc"]
            made = [
                name
                for _, _, name in self.procs[first : first + self.rows[Table.PLACE][p]["procs"]]
            ]
            proc = first + made.index(loop.resource) if loop.resource in made else -1
        self._link(
            p, loop.origin or loop.site, lane, name,
            container=int(row["container"]), cards=int(row["cards"]), least=int(row["least"]),
            rule=int(row["rule"]), signal_at=int(row["signal_at"]), lot=int(row["lot"]),
            collect=_us(loop.collection_h), proc=proc, share=1.0, active=1,
        )  # fmt: skip

    def _source(self, p: int, row: Any) -> None:
        origin = self.names.text(Domain.SITE, int(row["origin"]))
        lane = self.names.text(Domain.LANE, int(row["lane"]))
        self._link(
            p, origin, lane, origin, container=int(row["container"]), moq=int(row["moq"]),
            share=float(row["share"]), proc=-1, active=1,
        )  # fmt: skip

    def _backups(self, p: int, first: int) -> None:
        site, item = self.points[p]
        have = {(name[2], name[3]) for name in self.links[first:]}
        container = _millionths(self.network.item(item).container_qty)
        for s in self.network.sources_of(site, item):
            if (s.origin, s.lane) not in have and s.role == "backup":
                moq = _millionths(s.moq)
                self._link(p, s.origin, s.lane, s.origin, container=container, moq=moq, proc=-1)

    def _link(self, p: int, origin: str, lane: str, name: str, **values: Any) -> None:
        site, item = self.points[p]
        way = next(
            (s for s in self.network.sources_of(site, item)
             if s.origin == origin and lane in ("", s.lane)), None,
        )  # fmt: skip
        make = origin == site
        first = len(self.rows[Table.BREAK])
        rate = 1.0
        if way is not None:
            rate = MICRO / self.network.per_eur(way.currency)
            for qty, price in parse_price_breaks(way.price_breaks) if way.price_breaks else ():
                self.add(Table.BREAK, qty=_millionths(qty), price=price * rate)
        self.add(
            Table.LINK,
            dest=p,
            origin=-1 if make else self.index.get((origin, item), -1),
            origin_site=self.site_no[origin],
            lane=self.lane_no.get(lane, -1),
            way=y.MAKE if make else y.SHIP,
            prep=_us(way.prep_h) if way is not None and not make else 0,
            price=way.price * rate if way is not None else 0.0,
            first_break=first,
            breaks=len(self.rows[Table.BREAK]) - first,
            name=name_key("link", site, item, name, lane),
            **values,
        )
        self.links.append((site, item, name, lane))
        if make and not self.rows[Table.PLACE][p].get("procs"):
            wanted = f"a process for {item!r} at {site!r}"
            self.faults.append(_fault("loops", name, "origin", origin, wanted))

    def _to_order(self, p: int) -> None:
        """A point that makes an item without a policy of its own makes what is ordered."""
        site, item = self.points[p]
        self.rows[Table.POINT][p]["policy"] = r.BASE_STOCK
        container = _millionths(self.network.item(item).container_qty)
        self._link(p, site, "", site, container=container, share=1.0, proc=-1, active=1)

    def _check_supply(self) -> None:
        """What is asked for must come from somewhere."""
        for p in sorted(self._reached()):
            if self.rows[Table.PLACE][p]["links"]:
                continue
            site, item = self.points[p]
            if (site, item) in self.open:
                self.rows[Table.POINT][p]["onhand"] = BIG
                continue
            point = self.network.stock_point(site, item)
            wanted = "a policy, or a loop, with a source or a process"
            remedy = f"{item} is needed at {site} and nothing replenishes it."
            found = point.policy if point else "missing"
            self.faults.append(
                _fault("stock_points", f"{site}|{item}", "policy", found, wanted, remedy)
            )

    def _reached(self) -> set[int]:
        """Points that customers' orders come to, by whatever way."""
        left: list[int] = [row["point"] for row in self.rows[Table.DEMAND0]]
        found: set[int] = set()
        while left:
            p = left.pop()
            if p < 0 or p in found:
                continue
            found.add(p)
            place: dict[str, Any] = self.rows[Table.PLACE][p]
            links = self.rows[Table.LINK][place["first_link"] :][: place["links"]]
            left += [k["origin"] for k in links if k.get("active")]
            if any(k["way"] == y.MAKE for k in links):
                left += self._parts(p)
        return found

    def _parts(self, p: int) -> list[int]:
        """The points of all parts that a point's item is ever made of."""
        place = self.rows[Table.PLACE][p]
        first, n = place["first_edition"], place.get("editions", 0)
        found: list[int] = []
        for edition in self.rows[Table.EDITION][first : first + n]:
            parts = self.rows[Table.PART][edition["first"] : edition["first"] + edition["parts"]]
            found += [part["point"] for part in parts]
        return found

    def _users(self) -> None:
        """Which processes use a point."""
        users: dict[int, dict[int, None]] = {}
        for i, row in enumerate(self.rows[Table.PROC0]):
            for part in self._parts(int(row["point"])):
                users.setdefault(part, {})[i] = None
        for p, place in enumerate(self.rows[Table.PLACE]):
            place["first_user"] = len(self.plain[Table.USER])
            place["users"] = len(users.get(p, ()))
            self.plain[Table.USER] += list(users.get(p, ()))

    def _demand(self) -> None:
        for row in self.network.demand:
            key = (row.site, row.item, row.supplier)
            plan = self.plans.get(key)
            kind, p1, p2, rate = _parameters(row)
            first = len(self.rows[Table.PLAN])
            for at, qty in plan or ():
                if self.at <= at <= self.end:
                    self.add(Table.PLAN, at=at - self.at, qty=_millionths(qty))
            name = name_key("demand", *key)
            lane = delivery_lane(self.network, row)
            self.add(
                Table.DEMAND0,
                lead=_us(row.lead_h),
                first=name % y.DAY,
                rate=rate,
                p1=p1,
                p2=p2,
                price=row.price / self.network.per_eur(row.currency) * MICRO,
                point=self.index[row.supplier, row.item],
                lane=self.lane_no.get(lane, -1),
                site=self.site_no[row.site],
                kind=kind if plan is None else y.PLANNED,
                partial=int(row.partial == "yes"),
                prio=row.priority,
                plan=first,
                plans=len(self.rows[Table.PLAN]) - first,
                name=name,
            )
            self.add(Table.DEMAND, factor=1.0)

    def _cold(self) -> None:
        """Every level full, nothing under way."""
        for p, point in enumerate(self.rows[Table.POINT]):
            place, policy = self.rows[Table.PLACE][p], point.get("policy", 0)
            first = place["first_link"]
            loops = self.rows[Table.LINK][first : first + place["links"]]
            if policy == r.LOTS:
                point["onhand"] = point["reorder"] + point["lot"]
            elif policy:
                point["onhand"] = point.get("level", 0)
            elif loops:
                point["onhand"] = sum(k.get("cards", 0) * k["container"] for k in loops)

    def model(self, days: float, live: bool) -> Model:
        """The finished model."""
        arrays: dict[Table, np.ndarray] = {}
        for table, dtype in DTYPES.items():
            if table in self.plain:
                arrays[table] = np.array(self.plain[table], dtype)
            else:
                arrays[table] = _array(dtype, self.rows[table])
        counts = {"points": Table.POINT, "links": Table.LINK, "lanes": Table.LANE,
                  "sites": Table.SITE, "resources": Table.RES, "servers": Table.SERVER,
                  "calendars": Table.CAL, "demands": Table.DEMAND, "procs": Table.PROC}  # fmt: skip
        head = np.zeros(1, DTYPES[Table.HEAD])
        for name, table in counts.items():
            head[name] = len(self.rows[table])
        head["start"], head["shift"] = self.at, _shift(self.network)
        arrays[Table.HEAD] = head
        arrays[Table.SERIES] = np.zeros(0, DTYPES[Table.SERIES])
        return Model(
            at=self.at,
            days=days,
            live=live,
            static={t: a for t, a in arrays.items() if t >= y.FIRST_STATIC},
            fresh={t: a for t, a in arrays.items() if t < y.FIRST_STATIC},
            points=tuple(self.points),
            links=tuple(self.links),
            lanes=tuple(self.lane_no),
            sites=tuple(self.site_no),
            processes=tuple(self.procs),
            resources=tuple(self.res_no),
            demands=tuple((d.site, d.item, d.supplier) for d in self.network.demand),
        )


_POLICIES = frozenset(("base_stock", "sS", "RQ"))


def _open_points(network: Network) -> set[tuple[str, str]]:
    """Items of suppliers' sites that nothing replenishes there: outside, without limit."""
    needed = {(s.origin, s.item) for s in network.sources}
    needed |= {(d.supplier, d.item) for d in network.demand}
    needed |= {(p.site, p.item) for p in network.processes}
    needed |= {(s.id, b.component) for s in network.sites if s.kind == "supplier"
               for b in network.bom}  # fmt: skip
    return {
        (site, item)
        for site, item in needed
        if network.site(site).kind == "supplier"
        and not network.loops_of(site, item)
        and getattr(network.stock_point(site, item), "policy", "none") not in _POLICIES
    }


def _parameters(row: Any) -> tuple[int, float, float, float]:
    """Kind, two parameters and orders per microsecond of a demand row."""
    kind, mean = _DEMAND[row.distribution], row.rate_day
    per_us = mean / y.DAY
    if kind == y.NEGBIN:
        spread = (row.cv * mean) ** 2
        if spread <= mean:
            return y.POISSON, 0.0, 0.0, per_us
        p = 1 - mean / spread
        lots = -mean * (1 - p) / p * math.log1p(-p)  # orders a day, of log-series size
        return kind, p, 0.0, lots / y.DAY
    if kind == y.POISSON:
        return kind, 0.0, 0.0, per_us
    spread = math.sqrt(math.log1p(row.cv**2)) if kind == y.LOGN else row.cv * mean / MICRO
    return kind, mean / MICRO, spread, per_us


def _millionths(qty: float) -> int:
    return policy_lower.millionths(qty)


def _us(hours: float) -> int:
    return round(hours * HOUR)


def _zone(name: str) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def _array(dtype: np.dtype, rows: Iterable[dict[str, Any]]) -> np.ndarray:
    rows = list(rows)
    array = np.zeros(len(rows), dtype)
    for name in dtype.names or ():
        if any(name in row for row in rows):
            array[name] = [row.get(name, 0) for row in rows]
    return array


def _shift(network: Network) -> int:
    """A first guess of the width of buckets: four events for each order of a customer."""
    rate = sum(d.rate_day for d in network.demand) * 4 / y.DAY
    return max(4, min(40, int(-math.log2(rate)))) if rate > 0 else 30


def _fault(table: str, row: str, name: str, found: str, wanted: str, remedy: str = "") -> Fault:
    return Fault(f"network/{table}.csv", 0, name, found, wanted, remedy, f'"{row}"')


__all__ = ["Plans", "lower"]
