"""G2, inventory turns: what was sold at standard cost over the average own stock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import lcm
from typing import Any

import numpy as np

from taktnet.kpi.catalogue import VARIANTS
from taktnet.kpi.definition import KpiValue, Scope, Window
from taktnet.kpi.exact import DAY, MILLION, Ints, Objects, Rows, ratio, sums
from taktnet.kpi.measure import Facet, Members, value
from taktnet.kpi.moves import CONSUME, SHIP
from taktnet.kpi.stock import StockBook, areas, levels
from taktnet.kpi.world import World

YEAR = 365 * DAY
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Held:
    """Own stock by place: (site, item) groups, then items in transit.

    `area` and `issued` are places x buckets (millionths x us, and millionths), `five` places x 5
    instants; `weights` are whole numbers, cost in EUR times `unit`.
    """

    site: Ints
    item: Ints
    keep: Flags
    area: Objects
    five: Objects
    issued: Objects
    weights: Objects
    unit: int
    negative: tuple[tuple[int, int], ...]
    consigned: int


def weights(costs: list[Fraction]) -> tuple[Objects, int]:
    """Whole numbers in proportion to the costs, and what one euro is in them."""
    unit = reduce(lcm, (c.denominator for c in costs), 1)
    whole = np.empty(len(costs), object)
    whole[:] = [c.numerator * (unit // c.denominator) for c in costs]
    return whole, unit


def clipped(window: Window) -> tuple[int, ...]:
    """The window's edges, none after as-of: stock of the future is not known."""
    return tuple(min(edge, window.as_of) for edge in window.edges)


def owned(rows: Rows, world: World) -> Flags:
    """Which transit rows carry stock of our own: to an own site, from one or by agreement."""
    declared = world.settings.own_inbound
    return world.own[rows["site"]] & (declared | world.own[rows["origin"]])


def hold(book: StockBook, world: World, window: Window, members: Members) -> Held:
    """Own stock and what was issued from it, for the members' dimension."""
    rows, road = book.settle(), book.transit.settle()
    site, item = book.places()
    count = len(site)
    points = [world.point(s, i) for s, i in zip(site.tolist(), item.tolist(), strict=True)]
    consigned = np.array([p.consigned for p in points], np.bool_)
    own = world.own[site] if count else np.zeros(0, np.bool_)
    keep = own & ~consigned
    edges, five = clipped(window), _five(window)
    rows = rows[keep[rows["group"]]]
    issued = _issued(rows, book, world, members, window)
    road = road[owned(road, world)]
    items, where = np.unique(road["item"], return_inverse=True)
    area = np.concatenate(
        (areas(rows, rows["group"], count, edges), areas(road, where, len(items), edges))
    )
    level = np.concatenate(
        (levels(rows, rows["group"], count, five), levels(road, where, len(items), five))
    )
    item = np.concatenate((item, items))
    cost, unit = weights([world.costs[i] for i in item.tolist()])
    negative = np.flatnonzero((book.below < edges[-1]) & keep)
    return Held(
        site=np.concatenate((site, np.zeros(len(items), np.int64))),
        item=item,
        keep=np.concatenate((keep, np.ones(len(items), np.bool_))),
        area=area,
        five=level,
        issued=np.concatenate((issued, np.zeros((len(items), window.buckets), object))),
        weights=cost,
        unit=unit,
        negative=tuple((int(site[g]), int(item[g])) for g in negative),
        consigned=int((own & consigned).sum()),
    )


def _five(window: Window) -> tuple[int, ...]:
    edges = clipped(window)
    return tuple(edges[0] + (edges[-1] - edges[0]) * k // 4 for k in range(5))


def _issued(rows: Rows, book: StockBook, world: World, members: Members, window: Window) -> Objects:
    """What left own stock as sold, by group and bucket; what counts depends on the dimension."""
    edges, count = clipped(window), len(book.groups)
    inside = (rows["time"] >= edges[0]) & (rows["time"] < edges[-1])
    rows = rows[inside & np.isin(rows["kind"], (SHIP, CONSUME))]
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
    buckets = len(edges) - 1
    index = rows["group"] * buckets + bucket
    return -sums(index, rows["delta"], count * buckets).reshape(count, buckets)


def turns(book: StockBook, world: World, window: Window, members: Members) -> list[KpiValue]:
    """Values of all variants; none for suppliers and lanes, whose stock is not ours."""
    if members.by not in ("network", "site", "item"):
        return []
    held = hold(book, world, window, members)
    place = _place(held, members)
    out: list[KpiValue] = []
    for k in range(len(members)):
        mine = np.flatnonzero((place == k) & held.keep)
        scope = Scope(members.by, members.name(k))
        out += _Turns(held, mine, window, world, scope).values()
    return out


def _place(held: Held, members: Members) -> Ints:
    if members.by == "network":
        return np.zeros(len(held.site), np.int64)
    ids = held.site if members.by == "site" else held.item
    return members.places(np.where(held.keep, ids, 0))


class _Turns:
    """Sums over the places of one member; a place with negative average stock is left out."""

    def __init__(self, held: Held, mine: Ints, window: Window, world: World, scope: Scope) -> None:
        self.window, self.world, self.held, self.scope = window, world, held, scope
        wrong = held.area[mine].sum(axis=1) < 0
        self.left_out = int(wrong.sum())
        self.all = mine
        mine = mine[~wrong.astype(np.bool_)]
        self.mine = mine
        cost = held.weights[mine]
        self.area = _row(cost, held.area[mine], window.buckets)
        self.sold = _row(cost, held.issued[mine], window.buckets)
        self.five = _row(cost, held.five[mine], 5)
        self.edges = clipped(window)
        self.long = self.edges[-1] - self.edges[0]

    def values(self) -> list[KpiValue]:
        """One value per variant."""
        facet = self._facet()
        year, stock = self._money(sum(self.sold) * YEAR), self._money(sum(self.area))
        five = Fraction(sum(self.five), 5 * self.held.unit * MILLION)
        pieces = list(zip(self.sold, self.area, strict=True))
        daily = [ratio(s * YEAR, a) for s, a in pieces]
        days = [ratio(a * 365, s * YEAR) for s, a in pieces]
        level = [
            ratio(a, (e - b) * MILLION * self.held.unit)
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
            one("stock", stock, int(self.long > 0), level),
        ]
        return [*out, self._units(one)] if self.scope.dimension == "item" else out

    def _units(self, one: Callable[..., KpiValue]) -> KpiValue:
        area, sold = self.held.area[self.mine].sum(), self.held.issued[self.mine].sum()
        if not self.long:
            return one("units", 0, 0, [])
        scale = MILLION * self.long
        return one("units", Fraction(sold * YEAR, scale), Fraction(area, scale), [])

    def _money(self, total: int) -> Fraction:
        """EUR per window length, from weights x millionths (x microseconds)."""
        if not self.long:
            return Fraction(0)
        return Fraction(total, self.held.unit * MILLION * self.long)

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
        here = {(int(held.site[g]), int(held.item[g])) for g in self.all.tolist()}
        wrong = [p for p in held.negative if p in here]
        errors = tuple(
            f"{self.world.site(s)} {self.world.item(i)}: book stock below zero" for s, i in wrong
        )
        return Facet(
            inputs=len(self.mine), exclusions=tuple(out), notes=tuple(notes), errors=errors
        )


def _row(cost: Objects, cells: Objects, buckets: int) -> list[int]:
    """Weighted sum over places, per bucket."""
    if not len(cost):
        return [0] * buckets
    return (cells * cost[:, None]).sum(axis=0).tolist()
