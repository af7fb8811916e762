"""How goods come from site to site: at any time, or with the departures of a timetable."""

from __future__ import annotations

import math
from collections import defaultdict

from taktnet.base.timetable import leaves
from taktnet.network import Network
from taktnet.plan.schedule.problem import Span

MINUTE = 60_000_000
#: (from, to) -> minutes.
Free = dict[tuple[str, str], int]
#: (from, to) -> (leaves, arrives) in minutes after the origin, both in order.
Timed = dict[tuple[str, str], tuple[Span, ...]]


def ways(network: Network, origin: int, span: Span) -> tuple[Free, Timed]:
    """The quickest lane without a timetable, and all departures that no later one overtakes.

    `span` (instants in microseconds) is when departures are wanted; `origin` the instant of minute
    0. Goods take a lane's mean transit and customs time.
    """
    free: Free = {}
    timed: defaultdict[tuple[str, str], list[Span]] = defaultdict(list)
    for lane in network.lanes:
        way, minutes = (lane.origin, lane.destination), lane.transit_h + lane.customs_h
        minutes = math.ceil(minutes * 60)
        if not lane.departures:
            free[way] = min(minutes, free.get(way, minutes))
            continue
        zone = network.site(lane.origin).zone
        for us in leaves(lane.departures, zone, *span).tolist():
            at = (span[0] + us - origin) // MINUTE
            timed[way].append((at, at + minutes))
    return free, {way: _kept(rows) for way, rows in timed.items()}


def _kept(rows: list[Span]) -> tuple[Span, ...]:
    """Departures in order, without those that a later one is not behind."""
    kept: list[Span] = []
    for leave, arrive in sorted(rows, key=lambda row: (-row[0], row[1])):
        if not kept or (arrive < kept[-1][1] and leave < kept[-1][0]):
            kept.append((leave, arrive))
    return tuple(reversed(kept))
