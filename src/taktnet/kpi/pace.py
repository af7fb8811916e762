"""Actual pace beside the network's takt: who is ahead, who behind, and what runs dry or full.

What a place should have done follows its working time: working seconds so far / takt. A lane
runs day and night.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Literal

import numpy as np
from msgspec import Struct

from taktnet.base.names import Domain
from taktnet.kpi.exact import DAY, HOUR, MILLION, Ints, Rows
from taktnet.kpi.kpis import Kpis
from taktnet.kpi.moves import COUNT, HOLD, PRODUCE, RELEASE, SHIP
from taktnet.kpi.world import World
from taktnet.network.rates import NetworkTakt

Kind = Literal["site", "line", "lane"]
_Node = tuple[str, str]


class Buffer(Struct, frozen=True):
    """The stock of an item at a site between its supply and its use, at present rates.

    Rates are units per day over the window. `most` is what the point may hold (cards of its
    loops, or its order-up-to level; None: no limit). `at` is when it runs dry or full, in
    microseconds since 1970 UTC; None where it does neither.
    """

    site: str
    item: str
    stock: float
    inflow_day: float
    outflow_day: float
    most: float | None
    turns: Literal["dry", "full", "steady"]
    at: int | None


class Pace(Struct, frozen=True):
    """What one site, line or lane should have done in the window, and did.

    Sites: units of all items shipped out. Lines: good units made. Lanes: units sent off. `ahead`
    is `actual - wanted` (negative: behind) in units, `ahead_h` the same in working hours at takt.
    Rates are per calendar day. `buffer` is the first stock behind it to run dry or full.
    """

    kind: Kind
    name: str
    site: str
    rate_day: float
    actual_day: float
    takt_s: float | None
    wanted: float
    actual: float
    ahead: float
    ahead_h: float | None
    buffer: Buffer | None


def pace(kpis: Kpis, takt: NetworkTakt, start: int, end: int) -> list[Pace]:
    """Every site, line and lane that the takt knows, over [start, end) microseconds UTC."""
    kpis.fold()
    window = _Window(kpis, start, end)
    return [*_sites(window, takt), *_lines(window, takt), *_lanes(window, takt)]


def buffers(kpis: Kpis, start: int, end: int) -> dict[_Node, Buffer]:
    """Every stock that moved in the window or is on hand, by (site, item)."""
    kpis.fold()
    return _Window(kpis, start, end).buffers


class _Window:
    """What was made, shipped, taken in and used in the window."""

    def __init__(self, kpis: Kpis, start: int, end: int) -> None:
        if end <= start:
            raise ValueError("a window must end after it starts")
        self.world: World = kpis.world
        self.start, self.end = start, end
        self.days = (end - start) / DAY
        rows = kpis.stock.settle()
        rows = rows[rows["time"] < end]
        count = len(kpis.stock.groups)
        site, item = kpis.stock.places()
        self.nodes: list[_Node] = [
            (self.world.site(s), self.world.item(i))
            for s, i in zip(site.tolist(), item.tolist(), strict=True)
        ]
        inside = rows[rows["time"] >= start]
        stock = _units(rows["group"], rows["delta"], count)
        moved = inside[~np.isin(inside["kind"], (HOLD, RELEASE, COUNT))]
        plus = _units(moved["group"], np.maximum(moved["delta"], 0), count)
        minus = _units(moved["group"], np.maximum(-moved["delta"], 0), count)
        self.buffers = {
            node: self._buffer(node, *levels)
            for node, *levels in zip(self.nodes, stock, plus, minus, strict=True)
        }
        self.made = self._made(inside[inside["kind"] == PRODUCE])
        self.shipped, self.sent = self._sent(inside[inside["kind"] == SHIP])

    def _buffer(self, node: _Node, stock: float, plus: float, minus: float) -> Buffer:
        inflow, outflow = plus / self.days, minus / self.days
        most, net = self._most(node), inflow - outflow
        turns: Literal["dry", "full", "steady"] = "steady"
        days = 0.0
        if net < 0:
            turns, days = "dry", max(stock, 0.0) / -net
        elif net > 0 and most is not None:
            turns, days = "full", max(most - stock, 0.0) / net
        at = None if turns == "steady" else self.end + round(days * DAY)
        return Buffer(*node, stock, inflow, outflow, most, turns, at)

    def _most(self, node: _Node) -> float | None:
        net = self.world.network
        cards = sum(loop.cards * loop.container_qty for loop in net.loops_of(*node))
        point = net.stock_point(*node)
        levels = [cards, point.order_up_to, point.base_stock] if point else [cards]
        if point and point.order_qty:
            levels.append(point.reorder_point + point.order_qty)
        return max(levels) or None

    def _made(self, rows: Rows) -> dict[_Node, float]:
        """Good units by (line, item); a line that is not named is the only one that makes it."""
        out: defaultdict[_Node, float] = defaultdict(float)
        keys = np.stack([rows[n].astype(np.int64) for n in ("res", "group")], axis=1)
        for (res, group), units in _by(keys, rows["delta"]):
            node = self.nodes[group]
            name = self.world.names.text(Domain.RESOURCE, res) if res else self._only_line(node)
            out[name, node[1]] += units
        return dict(out)

    def _only_line(self, node: _Node) -> str:
        made_by = {p.resource for p in self.world.network.processes_of(*node)}
        return made_by.pop() if len(made_by) == 1 else ""

    def _sent(self, rows: Rows) -> tuple[dict[str, float], dict[str, float]]:
        """Units sent off by site and by lane."""
        by_site: defaultdict[str, float] = defaultdict(float)
        by_lane: defaultdict[str, float] = defaultdict(float)
        names = ("site", "other", "item", "res")
        keys = np.stack([rows[n].astype(np.int64) for n in names], axis=1)
        for (site, other, item, res), units in _by(keys, -rows["delta"]):
            lane = int(self.world.local_lanes(np.array([res]))[0])
            lane = lane or self.world.route(site, other, item)[0]
            by_site[self.world.site(site)] += units
            by_lane[self.world.lanes[lane]] += units
        return dict(by_site), dict(by_lane)

    def working_s(self, site: str, line: str = "") -> float:
        """Net working seconds of a place in the window."""
        spans = self.world.network.working_time(site, line).edges(self.start, self.end)
        return sum(b - a for a, b in spans) / MILLION

    def first(self, nodes: Iterable[_Node]) -> Buffer | None:
        """Of these stocks the one that runs dry or full first; else the first one known."""
        known = [self.buffers[n] for n in nodes if n in self.buffers]
        urgent = [b for b in known if b.at is not None]
        return min(urgent, key=lambda b: (b.at or 0, b.item), default=known[0] if known else None)

    def row(
        self, kind: Kind, names: _Node, rate_day: float, takt_s: float | None, working_s: float
    ) -> Callable[[float, Iterable[_Node]], Pace]:
        """A row of the table, once its actual units and stocks are known."""

        def make(actual: float, nodes: Iterable[_Node]) -> Pace:
            wanted = working_s / takt_s if takt_s else rate_day * self.days
            ahead = actual - wanted
            return Pace(
                kind,
                *names,
                rate_day,
                actual / self.days,
                takt_s,
                wanted,
                actual,
                ahead,
                ahead * takt_s * MILLION / HOUR if takt_s else None,
                self.first(nodes),
            )

        return make


def _units(place: Ints, values: Ints, count: int) -> list[float]:
    total = np.zeros(count, np.int64)
    np.add.at(total, place, values)
    return (total / MILLION).tolist()


def _by(keys: Ints, values: Ints) -> list[tuple[list[int], float]]:
    """Units per distinct row of keys."""
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    totals = _units(inverse.reshape(-1), values, len(unique))
    return list(zip(unique.tolist(), totals, strict=True))


def _sites(window: _Window, takt: NetworkTakt) -> list[Pace]:
    kept: defaultdict[str, list[_Node]] = defaultdict(list)
    for node in window.nodes:
        kept[node[0]].append(node)
    out: list[Pace] = []
    for r in takt.sites:
        row = window.row("site", (r.site, r.site), r.rate_day, r.takt_s, window.working_s(r.site))
        out.append(row(window.shipped.get(r.site, 0.0), kept[r.site]))
    return out


def _lines(window: _Window, takt: NetworkTakt) -> list[Pace]:
    items: defaultdict[str, list[str]] = defaultdict(list)
    for p in takt.processes:
        items[p.resource].append(p.item)
    made: defaultdict[str, float] = defaultdict(float)
    for (line, _), units in window.made.items():
        made[line] += units
    out: list[Pace] = []
    for r in takt.lines:
        working = window.working_s(r.site, r.resource)
        row = window.row("line", (r.resource, r.site), r.rate_day, r.takt_s, working)
        out.append(row(made[r.resource], [(r.site, i) for i in items[r.resource]]))
    return out


def _lanes(window: _Window, takt: NetworkTakt) -> list[Pace]:
    rates: defaultdict[tuple[str, str], float] = defaultdict(float)
    nodes: defaultdict[str, list[_Node]] = defaultdict(list)
    for r in takt.lanes:
        rates[r.lane, r.destination] += r.rate_day
        nodes[r.lane].append((r.destination, r.item))
    elapsed = (window.end - window.start) / MILLION
    out: list[Pace] = []
    for (lane, destination), rate in rates.items():
        takt_s = DAY / MILLION / rate if rate else None
        row = window.row("lane", (lane, destination), rate, takt_s, elapsed)
        out.append(row(window.sent.get(lane, 0.0), nodes[lane]))
    return out
