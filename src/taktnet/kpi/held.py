"""Own stock by time integral: in (site, item) places and on the road, at standard cost (G2, G5)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import lcm
from typing import Any

import numpy as np

from taktnet.kpi.definition import Window
from taktnet.kpi.exact import DAY, Ints, Objects, Rows
from taktnet.kpi.stock import StockBook, areas, levels
from taktnet.kpi.world import World

YEAR = 365 * DAY
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Held:
    """Own stock by place: first every (site, item) group, then every relation on the road.

    `area` is places x buckets (millionths x us), `five` the stock at start, quarters and end.
    `keep` marks own places that are not consigned; `road` those on the road, whose `site` is
    the destination and that alone have an origin and lane.
    """

    edges: tuple[int, ...]
    site: Ints
    origin: Ints
    item: Ints
    lane: Ints
    keep: Flags
    road: Flags
    area: Objects
    five: Objects
    costs: list[Fraction]
    carrying: list[Fraction]
    negative: Flags
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


def hold(book: StockBook, world: World, window: Window) -> Held:
    """Own stock over the window."""
    edges = clipped(window)
    five = tuple(edges[0] + (edges[-1] - edges[0]) * k // 4 for k in range(4))
    five = (*five, edges[-1] - 1)  # the end is the last moment within the window
    rows, road = book.settle(), book.transit.settle()
    site, item = book.places()
    own = world.own[site]
    points = [world.point(s, i) for s, i in zip(site.tolist(), item.tolist(), strict=True)]
    consigned = np.array([p.consigned for p in points], np.bool_)
    keep = own & ~consigned
    rows = rows[keep[rows["group"]]]
    road = road[owned(road, world)]
    ways, where = _ways(road)
    count, far = len(site), len(ways)
    lanes = world.local_lanes(ways["named"])
    road_points = [world.point(int(w["site"]), int(w["item"])) for w in ways]
    items = np.concatenate((item, ways["item"]))
    return Held(
        edges=edges,
        site=np.concatenate((site, ways["site"])),
        origin=np.concatenate((np.zeros(count, np.int64), ways["origin"])),
        item=items,
        lane=np.concatenate((np.zeros(count, np.int64), lanes)),
        keep=np.concatenate((keep, np.ones(far, np.bool_))),
        road=np.arange(count + far) >= count,
        area=np.concatenate(
            (areas(rows, rows["group"], count, edges), areas(road, where, far, edges))
        ),
        five=np.concatenate(
            (levels(rows, rows["group"], count, five), levels(road, where, far, five))
        ),
        costs=[world.costs[i] for i in items.tolist()],
        carrying=[p.carrying for p in (*points, *road_points)],
        negative=np.concatenate(((book.below < edges[-1]) & keep, np.zeros(far, np.bool_))),
        consigned=int((own & consigned).sum()),
    )


_WAY = np.dtype([("site", "<i8"), ("origin", "<i8"), ("item", "<i8"), ("named", "<i8")])


def _ways(road: Rows) -> tuple[Rows, Ints]:
    """The distinct relations on the road, and the relation of each row."""
    keys = np.stack([road[name].astype(np.int64) for name in _WAY.names or ()], axis=1)
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    ways = np.zeros(len(unique), _WAY)
    for column, name in enumerate(_WAY.names or ()):
        ways[name] = unique[:, column]
    return ways, inverse.reshape(-1)
