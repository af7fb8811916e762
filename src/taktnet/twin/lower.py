"""Lowers a network, and where it stands, to the arrays that the engine runs on.

Pull parameters come from the lowering of the live rules (`policy.lower`), so that twin and plant
order by the same numbers. What the fields of a network do not say is taken so:

- A supplier's site that has no policy for an item is an outside party with any amount of it.
- An order waits for the next collection of its loop, then `prep_h` of the origin's working time,
  and then takes its turn at the origin. Without a lane goods are there at once.
- Goods that come outside the working time of a site that keeps stock wait at its gate.
- A customer's order over a lane is picked for the last departure that the agreed transit time
  brings in before its delivery window (`lead_h`, the lane's `window_h`) ends; for the next where
  there is none, or where the window is open from the start. Without departures it leaves in the
  middle of the times that keep the window.
- A lane with departures loads in the order of arrival; blank `vehicles` takes whatever there is.
- A customer that keeps stock of an item under a policy of its own takes from there, on the spot.
- Stock that is there at the start was made then: of what is counted no date is on record.
- A process makes one container after another until its lot is done, or the whole order where
  the lot is 0. What is scrapped is made again.
"""

# ruff: noqa: PLR0917  (a public call that is read by position)

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from taktnet.base.errors import InputFaults
from taktnet.base.names import Domain, Names
from taktnet.network import Network
from taktnet.network.explode import delivery_lane
from taktnet.policy import records as r
from taktnet.twin import layout as y
from taktnet.twin.draft import MICRO, Plans, micros, millionths, records
from taktnet.twin.engine.settle import ASSUMED
from taktnet.twin.layout import DTYPES, Table
from taktnet.twin.places import serving_point
from taktnet.twin.sim import Model
from taktnet.twin.streams import name_key
from taktnet.twin.supply import Supply

if TYPE_CHECKING:
    from taktnet.state import State

#: The source and the tenant of a traced run's facts.
SOURCE, TENANT = "twin", "main"
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


class _Lowering(Supply):
    """All of a network, and the finished model."""

    def run(self) -> None:
        """Fill the tables."""
        self.add_resources()
        self.add_lanes()
        self.add_points()
        self.add_processes()
        self.add_links()
        self.add_users()
        self.add_demand()
        self.add_ids()
        self.cold()
        self.check_supply()
        if self.faults:
            raise InputFaults(tuple(self.faults))

    def add_demand(self) -> None:
        for row in self.network.demand:
            key = (row.site, row.item, row.supplier)
            plan = self.plans.get(key)
            kind, p1, p2, rate = _parameters(row)
            first = len(self.rows[Table.PLAN])
            for at, qty, *until in plan or ():
                if self.at <= at <= self.end:
                    back = until[0] - self.at if until else 0
                    self.add(Table.PLAN, at=at - self.at, qty=millionths(qty), until=back)
            name = name_key("demand", *key)
            point = serving_point(self.network, row)
            lane = delivery_lane(self.network, row) if point[0] == row.supplier else ""
            slack, window = self.leeway(row, lane)
            self.add(
                Table.DEMAND0,
                lead=micros(row.lead_h),
                slack=slack,
                window=window,
                first=name % y.DAY,
                rate=rate,
                p1=p1,
                p2=p2,
                price=row.price / self.network.per_eur(row.currency) * MICRO,
                point=self.index[point],
                lane=self.lane_no.get(lane, -1),
                site=self.site_no[row.site],
                kind=kind if plan is None else y.PLANNED,
                partial=int(row.partial == "yes"),
                prio=row.priority,
                plan=first,
                plans=len(self.rows[Table.PLAN]) - first,
                name=name,
            )
            self.add(Table.DEMAND, factor=1.0, held_head=-1, held_tail=-1)

    def leeway(self, row: Any, lane: str) -> tuple[int, int]:
        """How long after an order its goods may leave at the latest, and its window's width.

        Where goods may leave at any time, it is the middle of the times that keep the window.
        """
        lead = micros(row.lead_h)
        if not lane:
            return 0, lead
        way = self.network.lane(lane)
        window = min(lead, micros(way.window_h))
        transit = micros((way.transit_h if way.agreed_h is None else way.agreed_h) + way.customs_h)
        latest = lead - transit - (0 if way.departures else window // 2)
        return max(0, latest) if window < lead else 0, window

    def add_ids(self) -> None:
        """The names of all records, for a run that writes what happens."""
        intern, network = self.names.intern, self.network
        for site, item in self.points:
            self.add(Table.POINT_ID, site=intern(Domain.SITE, site), item=intern(Domain.ITEM, item))
        for row in network.lanes:
            transit = row.transit_h if row.agreed_h is None else row.agreed_h
            lane = intern(Domain.LANE, row.id)
            self.add(Table.LANE_ID, lane=lane, transit=micros(transit + row.customs_h))
        sites = {name: network.resource(name).site for name in self.res_no}
        for name, site in sites.items():
            self.add(
                Table.RES_ID, site=intern(Domain.SITE, site), res=intern(Domain.RESOURCE, name)
            )
        for row in network.demand:
            customer = intern(Domain.SITE, row.site)
            currency = intern(Domain.CURRENCY, row.currency)
            price = millionths(row.price)
            self.add(Table.DEMAND_ID, customer=customer, currency=currency, price=price)

    def cold(self) -> None:
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
            point["flags"] = ASSUMED

    def model(self, days: float, live: bool) -> Model:
        """The finished model."""
        arrays: dict[Table, np.ndarray] = {}
        for table, dtype in DTYPES.items():
            if table in self.plain:
                arrays[table] = np.concatenate(self.plain[table])
            else:
                arrays[table] = records(dtype, self.rows[table])
        counts = {"points": Table.POINT, "links": Table.LINK, "lanes": Table.LANE,
                  "sites": Table.SITE, "resources": Table.RES, "servers": Table.SERVER,
                  "calendars": Table.CAL, "demands": Table.DEMAND, "procs": Table.PROC}  # fmt: skip
        head = np.zeros(1, DTYPES[Table.HEAD])
        for name, table in counts.items():
            head[name] = len(self.rows[table])
        head["start"] = head["at"] = self.at
        head["order_head"] = head["order_tail"] = -1
        head["shift"], head["ref"] = _shift(self.network), self.names.count(Domain.REF)
        head["source"] = self.names.intern(Domain.SOURCE, SOURCE)
        head["tenant"] = self.names.intern(Domain.TENANT, TENANT)
        arrays[Table.HEAD] = head
        arrays[Table.SERIES] = np.zeros(0, DTYPES[Table.SERIES])
        return Model(
            at=self.at,
            days=days,
            live=live,
            static={t: arrays[t] for t in y.STATIC},
            fresh={t: arrays[t] for t in y.OWN},
            points=tuple(self.points),
            links=tuple(self.links),
            lanes=tuple(self.lane_no),
            sites=tuple(self.site_no),
            processes=tuple(self.procs),
            resources=tuple(self.res_no),
            demands=tuple((d.site, d.item, d.supplier) for d in self.network.demand),
        )


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


def _shift(network: Network) -> int:
    """A first guess of the width of buckets: four events for each order of a customer."""
    rate = sum(d.rate_day for d in network.demand) * 4 / y.DAY
    return max(4, min(40, int(-math.log2(rate)))) if rate > 0 else 30


__all__ = ["Plans", "lower"]
