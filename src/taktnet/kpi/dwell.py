"""How long goods stay: first in, first out at every place and on every lane, and Little's law.

Little (1961): L = lambda x W. Over a window that begins and ends empty the area under the work
in progress is exactly the sum of all sojourns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Literal

import numpy as np
from msgspec import Struct

from taktnet.kpi.exact import DAY, HOUR, MILLION, Ints, Rows, moments, order, runs
from taktnet.kpi.kpis import Kpis
from taktnet.kpi.moves import HOLD, RELEASE, SHIP
from taktnet.kpi.stock import areas, levels

_SHARE = 0.95


class Dwell(Struct, frozen=True):
    """How long an item stayed at a site, or on the way between two.

    `qty` units left in the window; `mean_h` and `p95_h` are their stay in calendar hours,
    weighted by quantity. `wip` is the time average of what was there (L), `rate_day` arrivals
    per day (lambda). `little` is lambda x W: near `wip` where the flow is steady, and equal to
    it, `exact`, where the window begins and ends empty. `unmatched` units left that never came.
    """

    kind: Literal["site", "lane"]
    place: str
    origin: str
    item: str
    qty: float
    mean_h: float | None
    p95_h: float | None
    wip: float
    rate_day: float
    little: float | None
    exact: bool
    unmatched: float


def stays(time: Ints, delta: Ints) -> tuple[Ints, Ints, Ints, int]:
    """(quantity, in, out) of the pieces that came and left, first in first out, and the unmatched.

    `time` rises; positive deltas come, negative ones leave. A piece that left before it came (by
    clocks that disagree) has a stay of 0. Unmatched is what left and never came.
    """
    came, left = np.maximum(delta, 0), np.maximum(-delta, 0)
    ins, outs = np.cumsum(came), np.cumsum(left)
    total = min(int(ins[-1]), int(outs[-1])) if len(ins) else 0
    cuts = np.unique(np.concatenate((ins, outs)))
    cuts = cuts[(cuts > 0) & (cuts <= total)]
    qty = np.diff(cuts, prepend=0)
    begin = time[np.searchsorted(ins, cuts, side="left")]
    end = np.maximum(time[np.searchsorted(outs, cuts, side="left")], begin)
    return qty, begin, end, (int(outs[-1]) - total if len(outs) else 0)


def dwell(kpis: Kpis, start: int, end: int, items: Collection[str] | None = None) -> list[Dwell]:
    """Every place and way with goods (of `items`) in [start, end) microseconds UTC."""
    if end <= start:
        raise ValueError("a window must end after it starts")
    kpis.fold()
    rows = kpis.stock.settle()
    rows = rows[~np.isin(rows["kind"], (HOLD, RELEASE)) & (rows["time"] < end)]
    rows = rows[rows["delta"] != 0]
    rows = rows[order(rows["group"], rows["time"], rows["seq"])]
    site, item = kpis.stock.places()
    out: list[Dwell] = []
    for a, b in runs(rows["group"]):
        place = int(rows["group"][a])
        names = (kpis.world.site(int(site[place])), "", kpis.world.item(int(item[place])))
        if items is not None and names[2] not in items:
            continue
        out += _measure("site", names, [rows[a:b]], start, end)
    return out + _ways(kpis, start, end, items)


def _ways(kpis: Kpis, start: int, end: int, items: Collection[str] | None = None) -> list[Dwell]:
    """By lane (or pair of sites) and item; first in first out within each shipment."""
    world, rows = kpis.world, kpis.stock.transit.settle()
    rows = rows[(rows["time"] < end) & (rows["delta"] != 0)]
    rows = rows[order(rows["group"], rows["time"], rows["seq"])]
    found: defaultdict[tuple[str, str, str], list[Rows]] = defaultdict(list)
    for a, b in runs(rows["group"]):
        head = rows[a]
        if head["kind"] != SHIP:
            continue
        origin, place, item = int(head["origin"]), int(head["site"]), int(head["item"])
        if items is not None and world.item(item) not in items:
            continue
        lane = int(world.local_lanes(rows["named"][a : a + 1])[0])
        lane = lane or world.route(origin, place, item)[0]
        name = world.lanes[lane] or f"{world.site(origin)}-{world.site(place)}"
        found[name, world.site(origin), world.item(item)].append(rows[a:b])
    out: list[Dwell] = []
    for names, parts in found.items():
        out += _measure("lane", names, parts, start, end)
    return out


def _measure(
    kind: Literal["site", "lane"],
    names: tuple[str, str, str],
    parts: list[Rows],
    start: int,
    end: int,
) -> list[Dwell]:
    """One row over groups that are matched apart; none where nothing was there."""
    pieces = [stays(p["time"], p["delta"]) for p in parts]
    qty, begin, over = (np.concatenate([p[k] for p in pieces]) for k in range(3))
    left = (over >= start) & (over < end)
    rows = np.concatenate(parts)
    one = np.zeros(len(rows), np.int64)
    area = int(areas(rows, one, 1, (start, end))[0, 0])
    if not left.any() and not area:
        return []
    qty, stay = qty[left], (over - begin)[left]
    total = int(moments(np.zeros(len(qty), np.int64), qty, stay, 1)[0])
    gone, came = int(qty.sum()), _came(rows, start, end)
    first, last = levels(rows, one, 1, (start - 1, end - 1))[0]
    days = (end - start) / DAY
    mean = total / gone if gone else None
    exact = bool(gone) and not first and not last and gone == came
    little = came / MILLION * mean / (end - start) if mean is not None else None
    if exact:
        little = total / (end - start) / MILLION
    return [
        Dwell(
            kind,
            *names,
            gone / MILLION,
            None if mean is None else mean / HOUR,
            _quantile(qty, stay),
            area / (end - start) / MILLION,
            came / MILLION / days,
            little,
            exact,
            sum(p[3] for p in pieces) / MILLION,
        )
    ]


def _came(rows: Rows, start: int, end: int) -> int:
    inside = (rows["time"] >= start) & (rows["time"] < end)
    return int(np.maximum(rows["delta"][inside], 0).sum())


def _quantile(qty: Ints, stay: Ints) -> float | None:
    """The stay that 95 % of the quantity does not pass, in hours."""
    if not len(qty):
        return None
    by = np.argsort(stay, kind="stable")
    share = np.cumsum(qty[by]) / qty.sum()
    return float(stay[by][np.searchsorted(share, _SHARE)]) / HOUR
