"""G2, inventory turns: what was sold at standard cost over the average own stock."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from taktnet.kpi.catalogue import VARIANTS
from taktnet.kpi.definition import KpiValue, Scope, Window
from taktnet.kpi.exact import DAY, MILLION, Ints, Objects, Rows, ratio, sums
from taktnet.kpi.held import YEAR, Held, weights
from taktnet.kpi.measure import Facet, Members, value
from taktnet.kpi.moves import CONSUME, SHIP
from taktnet.kpi.stock import StockBook
from taktnet.kpi.world import World


def issued(rows: Rows, book: StockBook, world: World, held: Held, members: Members) -> Objects:
    """What left own stock as sold, by place and bucket; what counts depends on the dimension."""
    edges, buckets = held.edges, len(held.edges) - 1
    inside = (rows["time"] >= edges[0]) & (rows["time"] < edges[-1])
    inside &= np.isin(rows["kind"], (SHIP, CONSUME))
    rows = rows[inside & held.keep[rows["group"]]]
    shipped = rows["kind"] == SHIP
    outside = ~world.own[rows["other"]]
    sold = ~shipped & np.isin(rows["ref"], list(book.customer_orders))
    match members.by:
        case "site":
            counts = shipped | sold
        case "item":
            counts = (shipped & outside) | ~shipped
        case _:
            counts = (shipped & outside) | sold
    rows = rows[counts]
    bucket = np.searchsorted(np.array(edges), rows["time"], side="right") - 1
    size = len(held.site) * buckets
    return -sums(rows["group"] * buckets + bucket, rows["delta"], size).reshape(-1, buckets)


def turns(
    book: StockBook, world: World, held: Held, window: Window, members: Members
) -> list[KpiValue]:
    """Values of all variants; none for suppliers and lanes, whose stock is not ours."""
    if members.by not in ("network", "site", "item"):
        return []
    gone = issued(book.settle(), book, world, held, members)
    place = _place(held, members)
    out: list[KpiValue] = []
    for k in range(len(members)):
        mine = np.flatnonzero((place == k) & held.keep)
        scope = Scope(members.by, members.name(k))
        out += _Turns(held, gone, mine, world, window=window, scope=scope).values()
    return out


def _place(held: Held, members: Members) -> Ints:
    """Member of each place; goods on the road belong to no site."""
    if members.by == "network":
        return np.zeros(len(held.site), np.int64)
    if members.by == "site":
        return members.places(np.where(held.keep & ~held.road, held.site, 0))
    return members.places(np.where(held.keep, held.item, 0))


class _Turns:
    """Sums over the places of one member; a place with negative average stock is left out."""

    def __init__(
        self, held: Held, gone: Objects, mine: Ints, world: World, *, window: Window, scope: Scope
    ) -> None:
        self.window, self.world, self.held, self.scope = window, world, held, scope
        self.wrong = mine[held.negative[mine]]
        below = (held.area[mine].sum(axis=1) < 0).astype(np.bool_)
        self.left_out = int(below.sum())
        mine = mine[~below]
        cost, self.unit = weights([held.costs[g] for g in mine.tolist()])
        self.count = len(mine)
        self.pieces = held.area[mine].sum(), gone[mine].sum()
        self.area = _row(cost, held.area[mine], window.buckets)
        self.sold = _row(cost, gone[mine], window.buckets)
        self.five = _row(cost, held.five[mine], 5)
        self.edges = held.edges
        self.long = self.edges[-1] - self.edges[0]

    def values(self) -> list[KpiValue]:
        """One value per variant."""
        facet = self._facet()
        year, stock = self._money(sum(self.sold) * YEAR), self._money(sum(self.area))
        five = Fraction(sum(self.five), 5 * self.unit * MILLION)
        pieces = list(zip(self.sold, self.area, strict=True))
        daily = [ratio(s * YEAR, a) for s, a in pieces]
        days = [ratio(a * 365, s * YEAR) for s, a in pieces]
        level = [
            ratio(a, (e - b) * MILLION * self.unit)
            for a, b, e in zip(self.area, self.edges[:-1], self.edges[1:], strict=True)
        ]

        def one(name: str, over: Any, under: Any, series: list[float | None]) -> KpiValue:
            variant = VARIANTS["turns", name]
            parts = (over, under)
            return value(variant, self.scope, self.window, parts, by_bucket=series, facet=facet)

        out = [
            one("daily", year, stock, daily),
            one("five_point", year, five, []),
            one("days", stock * 365, year, days),
            one("days.five_point", five * 365, year, []),
            one("stock", stock, int(self.long > 0 and self.count > 0), level),
        ]
        return [*out, self._units(one)] if self.scope.dimension == "item" else out

    def _units(self, one: Callable[..., KpiValue]) -> KpiValue:
        if not self.long:
            return one("units", 0, 0, [])
        area, sold = self.pieces
        scale = MILLION * self.long
        return one("units", Fraction(sold * YEAR, scale), Fraction(area, scale), [])

    def _money(self, total: int) -> Fraction:
        """EUR per window length, from weights x millionths (x microseconds)."""
        if not self.long:
            return Fraction(0)
        return Fraction(total, self.unit * MILLION * self.long)

    def _facet(self) -> Facet:
        held = self.held
        notes: list[str] = []
        if self.long < YEAR:
            notes.append(f"annualised from {self.long / DAY:g} days")
        out: list[tuple[str, int]] = []
        if held.consigned:
            out.append(("consigned stock points", held.consigned))
        if self.left_out:
            out.append(("negative average book stock", self.left_out))
        errors = sorted(
            f"{self.world.site(s)} {self.world.item(i)}: book stock below zero"
            for s, i in zip(
                held.site[self.wrong].tolist(), held.item[self.wrong].tolist(), strict=True
            )
        )
        return Facet(
            inputs=self.count, exclusions=tuple(out), notes=tuple(notes), errors=tuple(errors)
        )


def _row(cost: Objects, cells: Objects, buckets: int) -> list[int]:
    """Weighted sum over places, per bucket."""
    if not len(cost):
        return [0] * buckets
    return (cells * cost[:, None]).sum(axis=0).tolist()
