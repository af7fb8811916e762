"""Lowers a network to the arrays that the compiled rules read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from taktnet.base.names import Domain, Names
from taktnet.ledger.fact import ACTION, MILLION, RULE
from taktnet.network import Network
from taktnet.policy import records as r
from taktnet.policy.hours import Hours
from taktnet.state.memory import USED, Memory, reindex
from taktnet.state.tables import HOUR, SECOND

_POLICY = {"base_stock": r.BASE_STOCK, "sS": r.UP_TO, "RQ": r.LOTS}


def millionths(qty: float) -> int:
    """A quantity as a whole number of millionths, as facts carry it."""
    return round(qty * MILLION)


def _hours(h: float) -> int:
    return round(h * HOUR)


@dataclass
class Lowered:
    """The arrays; the points with a policy but nobody to order from, or only themselves."""

    memory: Memory
    silent: list[tuple[str, str]]
    rings: set[tuple[str, str]]
    hours: Hours

    def reach(self, now: int) -> None:
        """Bring the hours that due times look up to those of `now`."""
        for table, rows in (self.hours.at(now) or {}).items():
            _load(self.memory, table, rows)


def lower(network: Network, names: Names) -> Lowered:
    """Points, loops and sources of a network; names new to the ledger get their ids."""
    keys = {(p.site, p.item) for p in network.stock_points if p.policy in _POLICY}
    made = Lowered(_empty(), [], rings(network, keys), Hours(network))
    keys |= {(loop.site, loop.item) for loop in network.loops}
    points: list[dict[str, Any]] = []
    loops: list[dict[str, Any]] = []
    sources: list[dict[str, Any]] = []
    for site, item in sorted(keys):
        point = _point(network, names, site, item)
        if not point["policy"]:
            own = [_loop(network, names, made.hours, loop) for loop in network.loops_of(site, item)]
            point["first_loop"], point["loops"] = len(loops), len(own)
            point["capacity"] = sum(row["cards"] * row["container"] for row in own)
            loops += own
            ways = _backups(network, names, made.hours, own, (site, item))
        else:
            ring = (site, item) in made.rings
            ways = [] if ring else _sources(network, names, made.hours, site, item)
            if ways:
                ways += _backups(network, names, made.hours, ways, (site, item))
            elif not ring:
                made.silent.append((site, item))
        point["first_source"], point["sources"] = len(sources), len(ways)
        sources += [{"key": len(sources) + i, **way} for i, way in enumerate(ways)]
        points.append(point)
    for table, rows in ((r.Table.POINT, points), (r.Table.LOOP, loops), (r.Table.SOURCE, sources)):
        _load(made.memory, table, rows)
    return made


def rings(network: Network, points: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Points whose orders come back to them: what is left when all ends are taken away."""
    ways = {
        (site, item): {(s.origin, item) for s in network.sources_of(site, item)} & points
        for site, item in points
    }
    left = set(points)
    while True:
        fed = {origin for point in left for origin in ways[point]}
        ends = {point for point in left if point not in fed or not ways[point] & left}
        if not ends:
            return left
        left -= ends


def _empty() -> Memory:
    return Memory(r.DTYPES, keyed=tuple(r.Table), beside={}, sizes={}, fill=reindex)


def _load(memory: Memory, table: r.Table, rows: Iterable[dict[str, Any]]) -> None:
    dtype = r.DTYPES[table]
    cells = [tuple(row.get(name, 0) for name in dtype.names or ()) for row in rows]
    array = np.array(cells, dtype) if cells else np.zeros(0, dtype)
    counts = memory.context[table, USED:].copy()
    counts[0] = len(array)
    memory.load(table, array, counts)


def _key(names: Names, site: str, item: str) -> int:
    return names.intern(Domain.SITE, site) << 32 | names.intern(Domain.ITEM, item)


def _point(network: Network, names: Names, site: str, item: str) -> dict[str, Any]:
    """The policy of a point; loops decide where it has no other."""
    point = network.stock_point(site, item)
    row: dict[str, Any] = {"key": _key(names, site, item), "policy": r.NONE}
    if point is None or point.policy not in _POLICY:
        return row
    level = point.base_stock if point.policy == "base_stock" else point.order_up_to
    return {
        **row,
        "policy": _POLICY[point.policy],
        "rule": RULE[point.policy],
        "level": millionths(level),
        "reorder": millionths(point.reorder_point),
        "lot": millionths(point.order_qty),
        "review": _hours(point.review_h),
    }


def _loop(network: Network, names: Names, hours: Hours, loop: Any) -> dict[str, Any]:
    origin = loop.origin or loop.site
    container = millionths(loop.container_qty)
    way = next(
        (s for s in network.sources_of(loop.site, loop.item) if s.origin == origin
         and loop.lane in ("", s.lane)),
        None,
    )  # fmt: skip
    lane = loop.lane or (way.lane if way else "")
    moq = millionths(way.moq) if way else 0
    made_here = origin == loop.site
    if made_here:
        making = _making(network, hours, loop.site, loop.item, loop.resource)
    else:
        prep = _hours(way.prep_h if way else 0.0)
        making = {"lead": prep, **_delivery(network, hours, loop.site, origin, lane)}
    window = _hours(loop.collection_h) if made_here else _window(network, lane)
    return {
        "key": names.intern(Domain.LOOP, loop.id),
        "container": container,
        "collect": _hours(loop.collection_h),
        **making,
        "window": window,
        "site": names.intern(Domain.SITE, loop.site),
        "item": names.intern(Domain.ITEM, loop.item),
        "origin": names.intern(Domain.SITE, origin),
        "lane": names.intern(Domain.LANE, lane),
        "rule": RULE[loop.kind],
        "action": _action(network, loop.site, origin),
        "scan": int(loop.trigger == "scan"),
        "cards": loop.cards,
        "least": min(loop.cards, max(1, -(-moq // container))),
        "signal_at": loop.signal_at,
        "lot": loop.lot_cards,
    }


def _delivery(network: Network, hours: Hours, site: str, origin: str, lane: str) -> dict[str, int]:
    """By what a delivery is promised: whose hours prepare it, when it leaves, who receives it."""
    return {
        "transit": _transit(network, lane),
        "works": hours.works(origin),
        "leaves": hours.leaves(lane),
        "opens": hours.works(site),
    }


def _sources(
    network: Network, names: Names, hours: Hours, site: str, item: str
) -> list[dict[str, Any]]:
    """Primary sources, with what is made on the spot for the rest; backups where there is none."""
    options = network.sources_of(site, item)
    chosen = [s for s in options if s.role == "primary"]
    made = bool(network.processes_of(site, item)) and not any(s.origin == site for s in chosen)
    chosen = chosen or ([] if made else list(options))
    container = millionths(network.item(item).container_qty)
    rows = [_source(network, names, hours, s, container) for s in chosen]
    rest = 1.0 - sum(row["share"] for row in rows)
    if made and (not rows or rest > 1e-9):
        making = _making(network, hours, site, item, "")
        here = names.intern(Domain.SITE, site)
        rows.append(
            {"origin": here, "share": rest, "container": container, **making,
             "action": ACTION["produce"]}
        )  # fmt: skip
    return rows


def _backups(
    network: Network,
    names: Names,
    hours: Hours,
    have: list[dict[str, Any]],
    at: tuple[str, str],
) -> list[dict[str, Any]]:
    """Sources that step in while the others (`have`) are closed; a blank share is a whole one."""
    ways = {(row["origin"], row.get("lane", 0)) for row in have}
    container = millionths(network.item(at[1]).container_qty)
    rows = [
        {**_source(network, names, hours, s, container), "backup": 1, "share": s.share or 1.0}
        for s in network.sources_of(*at)
        if s.role == "backup"
    ]
    return [row for row in rows if (row["origin"], row["lane"]) not in ways]


def _source(network: Network, names: Names, hours: Hours, s: Any, container: int) -> dict[str, Any]:
    """One source as the rules read it."""
    return {
        "origin": names.intern(Domain.SITE, s.origin),
        "lane": names.intern(Domain.LANE, s.lane),
        "share": s.share,
        "moq": millionths(s.moq),
        "container": container,
        "lead": _hours(s.prep_h),
        **_delivery(network, hours, s.site, s.origin, s.lane),
        "window": _window(network, s.lane),
        "action": _action(network, s.site, s.origin),
    }


def _transit(network: Network, lane: str) -> int:
    """How long a delivery is promised to be under way: the agreed time."""
    if not lane:
        return 0
    way = network.lane(lane)
    return _hours(way.transit_h if way.agreed_h is None else way.agreed_h)


def _window(network: Network, lane: str) -> int:
    return _hours(network.lane(lane).window_h) if lane else 0


def _making(network: Network, hours: Hours, site: str, item: str, resource: str) -> dict[str, Any]:
    """Working time to set up and per unit, on the line that makes it."""
    on = line(network, site, item, resource)
    ways = (p for p in network.processes_of(site, item) if p.resource == on)
    made = {"leaves": -1, "opens": -1, "works": hours.works(site, on)}
    way = min(ways, key=lambda p: p.priority, default=None)
    if way is None:
        return made
    return {**made, "lead": round(way.setup_s * SECOND), "unit_us": way.cycle_s * SECOND}


def line(network: Network, site: str, item: str, resource: str) -> str:
    """The resource that makes an item: the one asked for, or the first that can; "" for none."""
    ways = sorted(network.processes_of(site, item), key=lambda p: (p.priority, p.resource))
    able = [way.resource for way in ways]
    return resource if resource in able else (able[0] if able else "")


def _action(network: Network, site: str, origin: str) -> int:
    if origin == site:
        return ACTION["produce"]
    company = network.site(site).company
    own = company != "" and company == network.site(origin).company
    return ACTION["move" if own else "buy"]
