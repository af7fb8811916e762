"""The network as the KPIs need it: arrays and small tables by the ids that facts carry."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from taktnet.base.daytexts import WEEK_MIN, parse_departures
from taktnet.base.exact import exact
from taktnet.base.names import Domain, Names
from taktnet.kpi.book import number
from taktnet.kpi.exact import HOUR, Ints, Rows
from taktnet.kpi.settings import KpiSettings
from taktnet.ledger import event as e
from taktnet.network import Network
from taktnet.network.components import Lane

Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
_NONE = Fraction(0)
_NAMES_LANE = [number(k) for k in (e.GoodsShipped, e.DecisionTaken, e.CostCharged)]


@dataclass(frozen=True, slots=True)
class Point:
    """What a stocking point means for the KPIs.

    `least` is in millionths of the item's unit, `carrying` in euros per unit and year.
    """

    consigned: bool
    least: int
    carrying: Fraction


class World:
    """One Network read through the ids of `names`. Ids given later are taken up by `grow`.

    Names are only looked up, never made: the dictionary belongs to the ledger. Lanes get local
    numbers, because a lane of the network need not have been named by an event.
    """

    def __init__(self, network: Network, names: Names, settings: KpiSettings) -> None:
        self.network = network
        self.names = names
        self.settings = settings
        self.holding = Fraction(settings.holding_ppm, 1_000_000)
        self.own: Flags = np.zeros(0, np.bool_)
        self.costs: list[Fraction] = []
        self.lanes: list[str] = [""]
        self._lane_ids: dict[str, int] = {"": 0}
        self._lane_of: Ints = np.zeros(0, np.int64)
        self._points: dict[int, Point] = {}
        self._routes: dict[tuple[int, int, int], tuple[int, int]] = {}
        self._own_sites = {s.id for s in network.sites if s.company}
        self._costs = {i.id: self.euros(i.cost, i.currency) for i in network.items}

    def euros(self, amount: float, currency: str) -> Fraction:
        """An amount of the network's tables in euros, exactly, at the network's rate."""
        return exact(amount) / self.per_eur(currency)

    def per_eur(self, currency: str) -> Fraction:
        """Units of the currency per euro; 1 for a currency without a rate (`check` finds it)."""
        if currency == "EUR":
            return Fraction(1)
        rates = {r.currency: r.per_eur for r in self.network.rates}
        return exact(rates[currency]) if currency in rates else Fraction(1)

    def grow(self, facts: Rows) -> None:
        """Take up the sites, items and lanes that these facts (committed ones) name."""
        shipped = facts["res"][np.isin(facts["kind"], _NAMES_LANE)]
        self.grow_to(_past(facts["site"], facts["to"]), _past(facts["item"]), _past(shipped))

    def grow_to(self, sites: int, items: int, lanes: int) -> None:
        """Take up all ids below these."""
        texts = self.names.text
        fresh = range(len(self.own), sites)
        own = [texts(Domain.SITE, i) in self._own_sites for i in fresh]
        self.own = np.concatenate((self.own, np.array(own, np.bool_)))
        for i in range(len(self.costs), items):
            self.costs.append(self._costs.get(texts(Domain.ITEM, i), _NONE))
        fresh = range(len(self._lane_of), lanes)
        local = [self.lane_id(texts(Domain.LANE, i)) for i in fresh]
        self._lane_of = np.concatenate((self._lane_of, np.array(local, np.int64)))

    @property
    def known(self) -> tuple[int, int, int]:
        """How many sites, items and lanes are taken up; `grow_to` of these makes them again."""
        return len(self.own), len(self.costs), len(self._lane_of)

    def site(self, number: int) -> str:
        """Name of a site."""
        return self.names.text(Domain.SITE, number)

    def item(self, number: int) -> str:
        """Name of an item."""
        return self.names.text(Domain.ITEM, number)

    def ref(self, number: int) -> str:
        """Name of an order line, shipment, schedule or decision."""
        return self.names.text(Domain.REF, number)

    def lane_id(self, name: str) -> int:
        """Local number of a lane, made where new; 0 for none."""
        found = self._lane_ids.get(name)
        if found is None:
            found = self._lane_ids[name] = len(self.lanes)
            self.lanes.append(name)
        return found

    def local_lanes(self, lanes: Ints) -> Ints:
        """Local numbers of lanes named by facts."""
        return self._lane_of[lanes]

    def point(self, site: int, item: int) -> Point:
        """The stocking point; one of our own with the declared holding rate where none is set."""
        key = (site << 32) | item
        found = self._points.get(key)
        if found is None:
            row = self.network.stock_point(self.site(site), self.item(item))
            rate = exact(row.holding_rate) if row else self.holding
            found = self._points[key] = Point(
                row is not None and row.owner == "consigned",
                round(row.reorder_point * 1_000_000) if row else 0,
                self.costs[item] * rate,
            )
        return found

    def route(self, origin: int, site: int, item: int) -> tuple[int, int]:
        """(local lane, quoted lead time in microseconds or 0) by which an item comes to a site.

        The quote is the source's preparation time, the longest wait for a departure and the
        lane's agreed (else mean) transit; among several the source with the largest share, then
        the lane's name, decides.
        """
        key = (origin, site, item)
        found = self._routes.get(key)
        if found is None:
            texts = self.site(origin), self.site(site), self.item(item)
            found = self._routes[key] = self._find_route(*texts)
        return found

    def _find_route(self, origin: str, site: str, item: str) -> tuple[int, int]:
        sources = [s for s in self.network.sources_of(site, item) if s.origin == origin]
        lanes = {lane.id: lane for lane in self.network.lanes_between(origin, site)}
        for source in sorted(sources, key=lambda s: (-s.share, s.lane)):
            if source.lane in lanes:
                return self.lane_id(source.lane), _quote(source.prep_h, lanes[source.lane])
        demand = [d for d in self.network.demand_at(origin, item) if d.site == site]
        lane = min(lanes, default="")
        if demand:
            return self.lane_id(lane), round(demand[0].lead_h * HOUR)
        return self.lane_id(lane), _quote(0.0, lanes[lane]) if lane else 0


def _past(*columns: Ints) -> int:
    return 1 + max((int(c.max()) for c in columns if len(c)), default=0)


def _quote(prep_h: float, lane: Lane) -> int:
    agreed = lane.transit_h if lane.agreed_h is None else lane.agreed_h
    return round((prep_h + agreed) * HOUR) + _wait(lane.departures)


def _wait(departures: str) -> int:
    """The longest time between two departures of a week; none where goods leave at once."""
    leaving = sorted(parse_departures(departures))
    if not leaving:
        return 0
    gaps = [b - a for a, b in pairwise([*leaving, leaving[0] + WEEK_MIN])]
    return max(gaps) * HOUR // 60
