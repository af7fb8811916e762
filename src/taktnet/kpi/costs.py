"""Cost and quantity of one window: charges, receipts and carrying cost by member and item (G5)."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from math import lcm

import numpy as np

from taktnet.base.names import Domain
from taktnet.kpi.charges import ChargeBook
from taktnet.kpi.definition import Dimension
from taktnet.kpi.delivered_cost import GROUPS
from taktnet.kpi.exact import MILLION, Ints, Objects, Rows, sums
from taktnet.kpi.held import YEAR, Held, weights
from taktnet.kpi.moves import RECEIVE
from taktnet.kpi.stock import StockBook
from taktnet.kpi.world import World
from taktnet.ledger.fact import COMPONENT

_PRICE, _CARRYING = COMPONENT["price"], COMPONENT["carrying"]
_GROUP_OF = {COMPONENT[c]: g for g, names in GROUPS.items() for c in names}
_COLUMN = {"site": "site", "supplier": "origin", "lane": "lane", "item": "item"}
Money = dict[int, dict[str, Objects]]  # item id -> group of components -> cost per bucket
Units = dict[int, Objects]  # item id -> quantity per bucket
_PLACE = np.dtype([(n, "<i8") for n in ("time", "qty", "site", "origin", "item", "lane")])


class Costs:
    """Cost and quantity of one window by member, item and bucket.

    Cost is in whole numbers, `scale` to a euro; quantities are in millionths.
    """

    def __init__(
        self, charges: ChargeBook, stock: StockBook, world: World, held: Held, by: Dimension
    ) -> None:
        self.world, self.held, self.by = world, held, by
        self.edges = held.edges
        self.buckets = len(self.edges) - 1
        self.money: defaultdict[int, Money] = defaultdict(dict)  # by member id
        self.charged: dict[int, Units] = {}
        self.received: dict[int, Units] = {}
        self.inputs: defaultdict[int, int] = defaultdict(int)
        self.left_out: defaultdict[int, int] = defaultdict(int)
        rows = self._counted(self._inside(charges.settle()))
        self._rates = self._euros(rows["currency"])
        place, cost, unit = self._places()
        self.scale = lcm(unit * MILLION * YEAR, *(r.denominator for r in self._rates.values()))
        self._charges(rows)
        self._receipts(stock.transit.settle())
        self._carry(place, cost, self.scale // (unit * MILLION * YEAR))

    def _member(self, rows: Rows) -> Ints:
        if self.by == "network":
            return np.zeros(len(rows), np.int64)
        return rows[_COLUMN[self.by]].astype(np.int64)

    def _inside(self, rows: Rows) -> Rows:
        rows = rows[(rows["time"] >= self.edges[0]) & (rows["time"] < self.edges[-1])]
        return rows if self.by == "network" else rows[self._member(rows) > 0]

    def _counted(self, rows: Rows) -> Rows:
        """The charges that count: none of carrying cost where that is computed."""
        if not self.world.settings.computed_carrying:
            return rows
        mine = rows["component"] == _CARRYING
        for member in self._member(rows[mine]).tolist():
            self.left_out[member] += 1
        return rows[~mine]

    def _euros(self, currencies: Ints) -> dict[int, Fraction]:
        """Euros in one millionth of each currency that occurs."""
        text = self.world.names.text
        names = {i: text(Domain.CURRENCY, i) or "EUR" for i in np.unique(currencies).tolist()}
        return {i: 1 / (MILLION * self.world.per_eur(name)) for i, name in names.items()}

    def _places(self) -> tuple[Ints, Objects, int]:
        """Places that carry cost, their cost per bucket, and what a euro for a year is in it.

        Suppliers and lanes carry what is on the road.
        """
        held = self.held
        keep = held.keep & self.world.settings.computed_carrying
        if self.by != "network":
            keep = keep & (getattr(held, _COLUMN[self.by]) > 0)
        place = np.flatnonzero(keep)
        weight, unit = weights([held.carrying[g] for g in place.tolist()])
        return place, held.area[place] * weight[:, None], unit

    def _sums(self, rows: Rows, keys: list[Ints], values: Ints) -> list[tuple[list[int], Objects]]:
        """(key, sums per bucket) for every combination of keys that occurs."""
        if not len(rows):
            return []
        table = np.stack([k.astype(np.int64) for k in keys], axis=1)
        unique, inverse = np.unique(table, axis=0, return_inverse=True)
        bucket = np.searchsorted(np.array(self.edges), rows["time"], side="right") - 1
        index = inverse.reshape(-1) * self.buckets + bucket
        total = sums(index, values, len(unique) * self.buckets)
        return list(zip(unique.tolist(), total.reshape(-1, self.buckets), strict=True))

    def _charges(self, rows: Rows) -> None:
        member = self._member(rows)
        for m, n in zip(*np.unique(member, return_counts=True), strict=True):
            self.inputs[int(m)] += int(n)
        keys = [member, rows["item"], rows["component"], rows["currency"]]
        for (m, item, component, currency), total in self._sums(rows, keys, rows["amount"]):
            factor = self._rates[currency] * self.scale
            self.add(m, item, _GROUP_OF[component], total * factor.numerator)
        priced = rows[rows["component"] == _PRICE]
        keys = [self._member(priced), priced["item"]]
        self.charged = _units(self._sums(priced, keys, priced["qty"]))

    def _receipts(self, road: Rows) -> None:
        own = self.world.own
        bought = (road["kind"] == RECEIVE) & own[road["site"]] & ~own[road["origin"]]
        road = road[bought]
        rows = np.zeros(len(road), _PLACE)
        for name in ("time", "site", "origin", "item", "qty"):
            rows[name] = road[name]
        rows["lane"] = self.world.local_lanes(road["named"])
        rows = self._inside(rows)
        self.received = _units(self._sums(rows, [self._member(rows), rows["item"]], rows["qty"]))

    def _carry(self, place: Ints, cost: Objects, factor: int) -> None:
        held = self.held
        by = np.zeros(len(place), np.int64)
        if self.by != "network":
            by = getattr(held, _COLUMN[self.by])[place]
        where = zip(by.tolist(), held.item[place].tolist(), cost * factor, strict=True)
        for member, item, parts in where:
            if parts.any():
                self.add(member, item, "carrying", parts)

    def add(self, member: int, item: int, group: str, parts: Objects) -> None:
        """Add cost per bucket to a member's item and group of components."""
        groups = self.money[member].setdefault(item, {})
        groups[group] = groups[group] + parts if group in groups else parts

    def members(self) -> list[int]:
        """Ids of all members with cost or receipts."""
        return sorted({*self.money, *self.charged, *self.received})

    def units(self, member: int) -> tuple[Units, bool]:
        """Units of a member by item, and whether they are those received for want of a price."""
        charged = self.charged.get(member, {})
        if any(parts.any() for parts in charged.values()):
            return charged, False
        received = self.received.get(member, {})
        return received, bool(received)


def _units(table: list[tuple[list[int], Objects]]) -> dict[int, Units]:
    out: defaultdict[int, Units] = defaultdict(dict)
    for (member, item), total in table:
        out[member][item] = total
    return dict(out)
