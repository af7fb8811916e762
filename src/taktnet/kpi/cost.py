"""G5, total delivered cost: charges and carrying cost, per unit, as index and as split change."""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction

import numpy as np

from taktnet.base.names import Domain
from taktnet.kpi.catalogue import VARIANTS
from taktnet.kpi.charges import ChargeBook
from taktnet.kpi.definition import Dimension, KpiValue, Number, Scope, Window
from taktnet.kpi.delivered_cost import GROUPS
from taktnet.kpi.exact import MILLION, Ints, Objects, Rows, ratio, sums
from taktnet.kpi.held import YEAR, Held, weights
from taktnet.kpi.measure import Facet, Members, value
from taktnet.kpi.moves import RECEIVE
from taktnet.kpi.stock import StockBook
from taktnet.kpi.world import World
from taktnet.ledger.fact import COMPONENT

_PRICE, _CARRYING = COMPONENT["price"], COMPONENT["carrying"]
_GROUP_OF = {COMPONENT[c]: g for g, names in GROUPS.items() for c in names}
_COLUMN = {"site": "site", "supplier": "origin", "lane": "lane", "item": "item"}
Parts = list[Fraction]  # one per bucket
Money = dict[int, dict[str, Parts]]  # item id -> group of components -> EUR
Units = dict[int, Parts]  # item id -> units


class Costs:
    """Cost and quantity of one window by member, item and bucket."""

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
        self._charges(charges.settle())
        self._receipts(stock.transit.settle())
        if world.settings.computed_carrying:
            self._carrying()

    def _member(self, rows: Rows) -> Ints:
        if self.by == "network":
            return np.zeros(len(rows), np.int64)
        return rows[_COLUMN[self.by]].astype(np.int64)

    def _inside(self, rows: Rows) -> Rows:
        rows = rows[(rows["time"] >= self.edges[0]) & (rows["time"] < self.edges[-1])]
        member = self._member(rows)
        return rows if self.by == "network" else rows[member > 0]

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
        rows = self._inside(rows)
        if self.world.settings.computed_carrying:
            mine = rows["component"] == _CARRYING
            for member in self._member(rows[mine]).tolist():
                self.left_out[member] += 1
            rows = rows[~mine]
        member = self._member(rows)
        for m, n in zip(*np.unique(member, return_counts=True), strict=True):
            self.inputs[int(m)] += int(n)
        keys = [member, rows["item"], rows["component"], rows["currency"]]
        for (m, item, component, currency), total in self._sums(rows, keys, rows["amount"]):
            name = self.world.names.text(Domain.CURRENCY, currency) or "EUR"
            rate = MILLION * self.world.per_eur(name)
            self.add(m, item, _GROUP_OF[component], [Fraction(t) / rate for t in total])
        priced = rows[rows["component"] == _PRICE]
        keys = [self._member(priced), priced["item"]]
        self.charged = _units(self._sums(priced, keys, priced["qty"]))

    def _receipts(self, road: Rows) -> None:
        own = self.world.own
        bought = (road["kind"] == RECEIVE) & own[road["site"]] & ~own[road["origin"]]
        road = road[bought]
        rows = np.zeros(len(road), _RECEIPT)
        for name in ("time", "site", "origin", "item", "qty"):
            rows[name] = road[name]
        rows["lane"] = self.world.local_lanes(road["named"])
        rows = self._inside(rows)
        self.received = _units(self._sums(rows, [self._member(rows), rows["item"]], rows["qty"]))

    def _carrying(self) -> None:
        """Stock integral x cost x holding rate; suppliers and lanes carry what is on the road."""
        held = self.held
        rows = np.zeros(len(held.site), _RECEIPT)
        for name in ("site", "origin", "item", "lane"):
            rows[name] = getattr(held, name)
        member = self._member(rows)
        keep = held.keep & (member > 0 if self.by != "network" else True)
        place = np.flatnonzero(keep)
        rates = [held.costs[g] * held.holding[g] for g in place.tolist()]
        weight, unit = weights(rates)
        cost = held.area[place] * weight[:, None]
        scale = unit * MILLION * YEAR
        for row, g in zip(cost, place.tolist(), strict=True):
            if any(row):
                parts = [Fraction(c, scale) for c in row]
                self.add(int(member[g]), int(held.item[g]), "carrying", parts)

    def add(self, member: int, item: int, group: str, parts: Parts) -> None:
        """Add EUR per bucket to a member's item and group of components."""
        groups = self.money[member].setdefault(item, {})
        known = groups.get(group)
        groups[group] = (
            parts if known is None else [a + b for a, b in zip(known, parts, strict=True)]
        )

    def members(self) -> list[int]:
        """Ids of all members with cost or receipts."""
        return sorted({*self.money, *self.charged, *self.received})

    def units(self, member: int) -> tuple[Units, bool]:
        """Units of a member by item, and whether they are those received for want of a price."""
        charged = self.charged.get(member, {})
        if any(any(parts) for parts in charged.values()):
            return charged, False
        received = self.received.get(member, {})
        return received, bool(received)


_RECEIPT = np.dtype([(n, "<i8") for n in ("time", "qty", "site", "origin", "item", "lane")])


def _units(table: list[tuple[list[int], Objects]]) -> dict[int, Units]:
    out: defaultdict[int, Units] = defaultdict(dict)
    for (member, item), total in table:
        out[member][item] = [Fraction(q, MILLION) for q in total]
    return dict(out)


def cost(now: Costs, base: Costs, members: Members, window: Window) -> list[KpiValue]:
    """Values of all variants: those of `now`, and index and splits against the window `base`."""
    members.places(np.array(sorted({*now.members(), *base.members()}), np.int64))
    out: list[KpiValue] = []
    for k, m in enumerate(members.ids):
        scope = Scope(members.by, members.name(k))
        units, by_receipt = now.units(m)
        facet = _facet(now, m, by_receipt)
        money, before = now.money.get(m, {}), base.money.get(m, {})
        out += _amounts(money, units, scope, window, facet)
        change = _Change((before, base.units(m)[0]), (money, units))
        out += change.values(scope, window, facet)
    return out


def _facet(now: Costs, member: int, by_receipt: bool) -> Facet:
    notes = ("units are those received: no price was charged",) if by_receipt else ()
    left = now.left_out[member]
    out = (("carrying cost that was charged", left),) if left else ()
    return Facet(inputs=now.inputs[member], notes=notes, exclusions=out)


def _amounts(
    money: Money, units: Units, scope: Scope, window: Window, facet: Facet
) -> list[KpiValue]:
    """Cost per unit, total and carrying cost, with their trends."""
    buckets = range(window.buckets)
    total = [
        sum((parts[b] for groups in money.values() for parts in groups.values()), Fraction(0))
        for b in buckets
    ]
    count = [sum((parts[b] for parts in units.values()), Fraction(0)) for b in buckets]
    carry = [
        sum((g["carrying"][b] for g in money.values() if "carrying" in g), Fraction(0))
        for b in buckets
    ]
    some: Number = 1 if money else 0

    def one(name: str, over: Number, under: Number, series: list[float | None]) -> KpiValue:
        variant = VARIANTS["cost", name]
        return value(variant, scope, window, (over, under), by_bucket=series, facet=facet)

    return [
        one("unit", sum(total), sum(count), [ratio(*p) for p in zip(total, count, strict=True)]),
        one("total", sum(total), some, [float(t) for t in total]),
        one("carrying", sum(carry), some, [float(c) for c in carry]),
    ]


class _Change:
    """Index and split of the change of cost between two windows, at base quantities.

    Terms are rounded once each and summed without further error, so order does not matter.
    """

    def __init__(self, before: tuple[Money, Units], after: tuple[Money, Units]) -> None:
        self.totals = tuple(
            sum((sum(p) for g in money.values() for p in g.values()), Fraction(0))
            for money, _ in (before, after)
        )
        self.some = bool(before[0]) and bool(after[0])
        (m0, u0), (m1, u1) = before, after
        q0 = {i: sum(parts) for i, parts in u0.items()}
        q1 = {i: sum(parts) for i, parts in u1.items()}
        self.both = [i for i in q0 if i and q0[i] > 0 and q1.get(i, 0) > 0]
        self.old = {i: _groups(m0.get(i, {})) for i in self.both}
        self.new = {
            i: {g: c * q0[i] / q1[i] for g, c in _groups(m1.get(i, {})).items()} for i in self.both
        }

    def split(self, group: str) -> float:
        """Sum of (cost per unit now - before) x base quantity for one group of components."""
        return math.fsum(
            float(self.new[i].get(group, Fraction(0)) - self.old[i].get(group, Fraction(0)))
            for i in self.both
        )

    def values(self, scope: Scope, window: Window, facet: Facet) -> list[KpiValue]:
        """The index, one split per group, and what volume and mix explain."""
        now = math.fsum(float(sum(g.values())) for g in self.new.values())
        then = math.fsum(float(sum(g.values())) for g in self.old.values())
        known = self.some and bool(self.both)
        amounts: dict[str, float | None] = {"index": now / then if known and then else None}
        splits = {f"split.{g}": self.split(g) if known else None for g in GROUPS}
        amounts |= splits
        change = float(self.totals[1] - self.totals[0])
        explained = math.fsum(s for s in splits.values() if s is not None)
        amounts["split.volume"] = change - explained if self.some else None
        return [
            value(VARIANTS["cost", name], scope, window, None, amount=amount, facet=facet)
            for name, amount in amounts.items()
        ]


def _groups(groups: dict[str, Parts]) -> dict[str, Fraction]:
    return {name: sum(parts, Fraction(0)) for name, parts in groups.items()}
