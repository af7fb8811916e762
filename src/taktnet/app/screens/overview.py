"""The overview: the network on the map, the six KPIs, pace, exceptions and the newest decisions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from taktnet.app.screens.desk import Desk, lateness
from taktnet.app.screens.model import (
    DecisionLine,
    MapFlow,
    MapSite,
    PaceRow,
    Tile,
    Trouble,
    Way,
)
from taktnet.app.screens.trouble import opening


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first screen shows; lists are cut to what a person can take in."""

    tiles: tuple[Tile, ...]
    sites: tuple[MapSite, ...]
    flows: tuple[MapFlow, ...]
    shipments: int
    late: int
    pace: tuple[PaceRow, ...]
    troubles: tuple[Trouble, ...]
    critical: int
    decisions: tuple[DecisionLine, ...]


_MOST_TROUBLES = 60
_MOST_DECISIONS = 30
_MOST_FLOWS = 400
_MOST_PACE = 60
_MOST_DOTS = 12


def map_sites(desk: Desk) -> tuple[MapSite, ...]:
    """Every site of the network with its state."""
    return tuple(
        MapSite(s.id, s.name or s.id, s.kind, s.latitude, s.longitude, *desk.level(s.id))
        for s in desk.network.sites
    )


def map_flows(desk: Desk) -> tuple[MapFlow, ...]:
    """Goods under way between two sites, the most valuable and all late ones, and closed lanes."""
    groups: defaultdict[tuple[str, str], list[Way]] = defaultdict(list)
    for way in desk.ways:
        groups[way.origin, way.destination].append(way)
    flows = [_flow(desk, *ends, ways) for ends, ways in groups.items()]
    flows.sort(key=lambda f: (f.level == "ok", -f.value, f.origin, f.destination))
    return (*flows[:_MOST_FLOWS], *_closed_lanes(desk))


def _closed_lanes(desk: Desk) -> list[MapFlow]:
    """Lanes on which nothing sets out."""
    return [
        MapFlow(c.origin, c.destination, "", 0, 0.0, 0, 0.0, "warn", (),
                f"lane {c.name} is closed, {opening(c, desk.now)}")
        for c in desk.closed
        if c.kind == "lane"
    ]  # fmt: skip


def _flow(desk: Desk, origin: str, destination: str, ways: list[Way]) -> MapFlow:
    shipments: dict[str, Way] = {}
    for way in ways:
        shipments.setdefault(way.shipment, way)
    late = [w for w in shipments.values() if w.level in ("warn", "crit")]
    worst = max((w.late_h for w in late), default=0.0)
    value = sum(w.qty * desk.costs.get(w.item, 0.0) for w in ways)
    progress = tuple(_progress(w, desk.now) for w in list(shipments.values())[:_MOST_DOTS])
    level = lateness(worst)
    mode = _mode(desk, ways[0])
    return MapFlow(
        origin, destination, mode, len(shipments), value, len(late), worst, level, progress
    )


def _mode(desk: Desk, way: Way) -> str:
    lanes = desk.network.lanes_between(way.origin, way.destination)
    return next((lane.mode for lane in lanes if way.lane in ("", lane.id)), "")


def _progress(way: Way, now: int) -> float:
    """How far a shipment is by time: never quite there before it has arrived."""
    if not way.eta or not way.shipped or way.eta <= way.shipped:
        return 0.5
    return min(0.97, max(0.03, (now - way.shipped) / (way.eta - way.shipped)))


def overview(
    desk: Desk, tiles: tuple[Tile, ...], pace: tuple[PaceRow, ...], open_: tuple[Trouble, ...]
) -> Overview:
    """The first screen."""
    return Overview(
        tiles,
        map_sites(desk),
        map_flows(desk),
        len({w.shipment for w in desk.ways}),
        len({w.shipment for w in desk.late_shipments}),
        tuple(p for p in pace if desk.sites[p.site].kind == "plant")[:_MOST_PACE],
        open_[:_MOST_TROUBLES],
        sum(t.level == "crit" for t in open_),
        tuple(desk.line(d) for d in desk.decisions[:_MOST_DECISIONS]),
    )
