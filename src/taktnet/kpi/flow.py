"""The value stream of a product: its ladder, lead time and process cycle efficiency (B6).

Rother and Shook, Learning to See: an inventory rung waits pieces / customer daily demand days, a
process rung works its cycle time. Where branches meet, the longest one is the lead time.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import numpy as np
from msgspec import Struct

from taktnet.base.exact import Number, exact
from taktnet.kpi.dwell import Dwell, dwell
from taktnet.kpi.exact import MILLION, sums
from taktnet.kpi.kpis import Kpis
from taktnet.kpi.stock import levels
from taktnet.network.rates import NetworkTakt

__all__ = ["Dwell", "Ladder", "Rung", "dwell", "kingman_h", "ladder", "little_wait", "value_stream"]

DAY_S = 86_400.0
RungKind = Literal["stock", "transit", "process"]


class Rung(Struct, frozen=True):
    """One step: goods wait (`stock`) or travel (`transit`) for `days`, or are worked for `seconds`.

    `qty` is the stock that waits. Days are days of demand: calendar days for a rate per calendar
    day.
    """

    kind: RungKind
    place: str
    item: str
    days: float
    seconds: float = 0.0
    qty: float = 0.0


class Ladder(Struct, frozen=True):
    """The rungs of one path from raw material to customer, and what they add up to.

    `lead_d` is waiting plus processing in days of `day_s` seconds, the declared time base;
    `value_s` the seconds in which value is added; `pce` = value / lead time, None for no lead time.
    """

    product: str
    rungs: tuple[Rung, ...]
    wait_d: float
    value_s: float
    lead_d: float
    pce: float | None
    day_s: float
    time_base: str


def ladder(
    product: str,
    rungs: Sequence[Rung],
    day_s: Number = DAY_S,
    time_base: str = "calendar days of 86,400 s",
) -> Ladder:
    """Add up a path. `day_s` seconds make one day: 86,400, or the net working time of a day."""
    wait = sum((exact(r.days) for r in rungs), Fraction(0))
    value = sum((exact(r.seconds) for r in rungs), Fraction(0))
    day = exact(day_s)
    lead = wait * day + value
    return Ladder(
        product=product,
        rungs=tuple(rungs),
        wait_d=float(wait),
        value_s=float(value),
        lead_d=float(lead / day),
        pce=float(value / lead) if lead else None,
        day_s=float(day),
        time_base=time_base,
    )


def little_wait(wip: Number, throughput: Number) -> Fraction | None:
    """W = L / lambda: how long a piece stays, in the time unit of the throughput."""
    return exact(wip) / exact(throughput) if exact(throughput) else None


def kingman_h(ca2: Number, ce2: Number, use: Number, te: Number) -> Fraction | None:
    """Mean wait before a resource: ((ca^2 + ce^2) / 2) x (u / (1 - u)) x te (Kingman; VUT).

    In the unit of `te`. None where u >= 1: no steady state.
    """
    u = exact(use)
    if u >= 1:
        return None
    return (exact(ca2) + exact(ce2)) / 2 * (u / (1 - u)) * exact(te)


def value_stream(
    kpis: Kpis, takt: NetworkTakt, item: str, site: str = "", *, now: int, working: bool = False
) -> Ladder | None:
    """The longest ladder to `item` at `site` (default: where most of it is made) as of `now`.

    Stock rungs are present stock / rate the network asks of it. `working` counts a day as the
    net working time of the product's site, else as 86,400 s. None where no demand reaches it.
    """
    kpis.fold()
    nodes = [n for n in takt.nodes if n.item == item and (n.site == site or not site)]
    if not nodes:
        return None
    end = max(nodes, key=lambda n: (n.made_day, n.rate_day, n.site))
    path = _Stream(kpis, takt, now).path((end.site, item))
    if working and end.available_s_day:
        return ladder(item, path, end.available_s_day, f"net working time of {end.site}")
    return ladder(item, path)


_Node = tuple[str, str]


class _Stream:
    """Walks upstream from a product, along components and sources."""

    def __init__(self, kpis: Kpis, takt: NetworkTakt, now: int) -> None:
        self.takt = takt
        self.network = kpis.world.network
        rows = kpis.stock.settle()
        count = len(kpis.stock.groups)
        site, item = kpis.stock.places()
        stock: list[int] = levels(rows, rows["group"], count, (now,))[:, 0].tolist()
        world = kpis.world
        self.stock = {
            (world.site(s), world.item(i)): qty / MILLION
            for s, i, qty in zip(site.tolist(), item.tolist(), stock, strict=True)
        }
        self.road = _on_road(kpis, now)
        self._paths: dict[_Node, tuple[Rung, ...]] = {}

    def path(self, node: _Node) -> tuple[Rung, ...]:
        """The longest path that ends with the stock of the node, raw material first."""
        found = self._paths.get(node)
        if found is None:
            self._paths[node] = ()  # a cycle of lanes ends here
            found = self._paths[node] = self._longest(node)
        return found

    def _longest(self, node: _Node) -> tuple[Rung, ...]:
        site, item = node
        rate = self.takt.node(site, item)
        own = self.stock.get(node, 0.0)
        days = max(own, 0.0) / rate.rate_day if rate and rate.rate_day else 0.0
        ways = [*self._made(node), *self._bought(node)]
        before = max(ways, key=_length, default=())
        return (*before, Rung("stock", site, item, days, qty=own))

    def _made(self, node: _Node) -> list[tuple[Rung, ...]]:
        site, item = node
        processes = self.network.processes_of(site, item)
        rate = self.takt.node(site, item)
        if not processes or not rate or not rate.made_day:
            return []
        first = min(processes, key=lambda p: (p.priority, p.resource))
        work = Rung("process", first.resource, item, 0.0, first.cycle_s)
        parts = self.network.components_of(item, self.takt.on)
        ways = [(*self.path((site, line.component)), work) for line in parts]
        return ways or [(work,)]

    def _bought(self, node: _Node) -> list[tuple[Rung, ...]]:
        site, item = node
        rate = self.takt.node(site, item)
        out: list[tuple[Rung, ...]] = []
        for source in self.network.sources_of(site, item):
            if source.role != "primary" or not rate or not rate.bought_day:
                continue
            qty = self.road.get((source.origin, site, item))
            daily = rate.bought_day * source.share
            if qty is None or not daily:
                days = self.network.lane(source.lane).transit_h / 24
            else:
                days = qty / daily
            way = Rung("transit", source.lane, item, days, qty=qty or 0.0)
            out.append((*self.path((source.origin, item)), way))
        return out


def _length(path: Sequence[Rung]) -> float:
    return sum(r.days + r.seconds / DAY_S for r in path)


def _on_road(kpis: Kpis, now: int) -> dict[tuple[str, str, str], float]:
    """Units on the road by (origin, site, item); relations that ever carried something."""
    world, rows = kpis.world, kpis.stock.transit.settle()
    rows = rows[rows["time"] <= now]
    names = ("origin", "site", "item")
    keys = np.stack([rows[n].astype(np.int64) for n in names], axis=1)
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    totals = sums(inverse.reshape(-1), rows["delta"], len(unique)).tolist()
    return {
        (world.site(o), world.site(s), world.item(i)): qty / MILLION
        for (o, s, i), qty in zip(unique.tolist(), totals, strict=True)
    }
