"""Consigned stock is not measured by line but by time at or above its least stock (G1, E3)."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np

from taktnet.kpi.catalogue import VARIANTS
from taktnet.kpi.definition import KpiValue, Scope, Window
from taktnet.kpi.exact import DAY, Rows, order, ratio
from taktnet.kpi.held import clipped
from taktnet.kpi.measure import Facet, Members, value
from taktnet.kpi.stock import StockBook
from taktnet.kpi.world import World


def consigned(book: StockBook, world: World, window: Window, members: Members) -> list[KpiValue]:
    """One value per member with consigned stock points, and one for the network in any case."""
    if members.by not in ("network", "site", "item"):
        return []
    rows = book.settle()
    found: dict[int, list[list[tuple[int, int]]]] = {0: []} if members.by == "network" else {}
    for group, key in enumerate(book.groups.keys):
        site, item = key >> 32, key & 0xFFFFFFFF
        point = world.point(site, item)
        if point.consigned:
            member = {"network": 0, "site": site}.get(members.by, item)
            mine = rows[rows["group"] == group]
            found.setdefault(member, []).append(_covered(mine, point.least, window))
    out: list[KpiValue] = []
    for member, points in found.items():
        good = [sum(p[b][0] for p in points) for b in range(window.buckets)]
        time = [sum(p[b][1] for p in points) for b in range(window.buckets)]
        place = members.places(np.array([member]))[0] if member else 0
        made = value(
            VARIANTS["otif", "consigned"],
            Scope(members.by, members.name(int(place))),
            window,
            (Fraction(sum(good), DAY), Fraction(sum(time), DAY)),
            by_bucket=[ratio(g, t) for g, t in zip(good, time, strict=True)],
            facet=Facet(inputs=len(points)),
        )
        out.append(made)
    return out


def _covered(rows: Rows, least: int, window: Window) -> list[tuple[int, int]]:
    """(time with at least `least` in stock, time since its first movement) per bucket."""
    edges = clipped(window)
    rows = rows[order(rows["time"], rows["seq"])]
    good = np.cumsum(rows["delta"]) >= least
    begin = rows["time"]
    end = np.append(begin[1:], max(edges[-1], int(begin[-1])))
    out: list[tuple[int, int]] = []
    for a, b in pairwise(edges):
        span = np.maximum(np.minimum(end, b) - np.maximum(begin, a), 0)
        out.append((int(span[good].sum()), int(span.sum())))
    return out
