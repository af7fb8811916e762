"""Sites and lanes that close and open."""

from __future__ import annotations

from typing import Any

from taktnet.ledger import event as e
from taktnet.state.fold.records import CLOSURE, closure_at
from taktnet.state.memory import find, kernel, pair, put

SITE_CLOSED, LANE_CLOSED = e.NUMBER[e.SiteClosed], e.NUMBER[e.LaneClosed]
SITE_OPENED, LANE_OPENED = e.NUMBER[e.SiteOpened], e.NUMBER[e.LaneOpened]
#: What a closure is of.
SITE, LANE = 0, 1


@kernel
def is_closure(kind: int) -> bool:
    """Whether a kind of fact closes or opens a site or a lane."""
    return SITE_CLOSED <= kind <= LANE_OPENED


@kernel
def turned(x: int, f: Any, sign: int) -> None:
    """site.closed, site.opened, lane.closed, lane.opened.

    What is closed twice is closed since the first time, until the newest time that was said.
    """
    closes = f.kind in (SITE_CLOSED, LANE_CLOSED)
    lane = f.kind >= LANE_CLOSED
    c = closure_at(x, put(x, CLOSURE, pair(LANE, f.res) if lane else pair(SITE, f.site)))
    if lane:
        c.lane = f.res
    else:
        c.site = f.site
    if sign < 0:
        if c.changed == f.at and (c.closed == 1) == closes:
            c.closed, c.since, c.until = c.last_closed, c.last_since, c.last_until
            c.changed, c.seq = c.last_changed, f.seq
        return
    c.last_closed, c.last_since, c.last_until = c.closed, c.since, c.until
    c.last_changed, c.changed, c.seq = c.changed, f.at, f.seq
    if (c.closed == 1) != closes or c.since == 0:
        c.since = f.at
    c.closed, c.until = (1, f.t1) if closes else (0, 0)


@kernel
def closed_by(x: int, site: int, lane: int) -> int:
    """The closure that stands in the way of what comes from a site by a lane (0: none), or -1."""
    row = find(x, CLOSURE, pair(SITE, site))
    if row < 0 or closure_at(x, row).closed == 0:
        row = find(x, CLOSURE, pair(LANE, lane)) if lane > 0 else -1
    if row >= 0 and closure_at(x, row).closed == 0:
        row = -1
    return row
