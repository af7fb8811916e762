"""Who gets an order, live: sources by their shares, backups while what they stand in for is closed.

The choice itself is `policy.choose`, which the twin calls too; here is what it reads live.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from taktnet.policy import records as r
from taktnet.policy.choose import furthest_behind_by, rank
from taktnet.state.fold.closures import LANE_CLOSED, closed_by
from taktnet.state.fold.lines import option
from taktnet.state.fold.records import POINT, SUPPLY, closure_at, loop_of, supply_at, touch
from taktnet.state.memory import USED, find, kernel, pair, rows, word

rule_point_at = rows(r.Table.POINT, r.POINT)
rule_loop_at = rows(r.Table.LOOP, r.LOOP)
rule_source_at = rows(r.Table.SOURCE, r.SOURCE)
RULE_POINT, RULE_LOOP = int(r.Table.POINT), int(r.Table.LOOP)
OTHER, BACKUP, NOBODY = r.OTHER, r.BACKUP, r.NOBODY


@kernel
def given(x: int, point: int, origin: int, lane: int) -> int:
    """What was asked for from an origin by a lane so far."""
    row = find(x, SUPPLY, option(point + 1, origin, lane))
    return supply_at(x, row).decided if row >= 0 else 0


@kernel
def source_terms(x: int, y: int, row: int, i: int) -> tuple[int, float, int]:
    """What `furthest_behind` reads of a source."""
    s = rule_source_at(y, i)
    closed = closed_by(x, s.origin, s.lane) >= 0
    return rank(s.backup != 0, closed), s.share, given(x, row, s.origin, s.lane)


furthest_behind = furthest_behind_by(source_terms)


@kernel
def point_of_loop(y: int, loop: int) -> Any:
    """The point that a loop replenishes."""
    k = rule_loop_at(y, loop)
    return rule_point_at(y, find(y, RULE_POINT, pair(k.site, k.item)))


@kernel
def card_terms(x: int, y: int, loop: int, i: int) -> tuple[int, float, int]:
    """A loop, as the row before its point's backups, and who may fill its cards in its place."""
    k, point = rule_loop_at(y, loop), point_of_loop(y, loop)
    row = find(x, POINT, point.key)
    if i < point.first_source:
        closed = closed_by(x, k.origin, k.lane) >= 0
        return rank(False, closed), 1.0, given(x, row, k.origin, k.lane)
    return source_terms(x, y, row, i)


stand_in = furthest_behind_by(card_terms)


@kernel
def order_from(c: Any, s: Any) -> None:
    """Note from whom and by which way an order comes."""
    c.origin, c.lane, c.action, c.backup = s.origin, s.lane, s.action, s.backup
    c.collect, c.lead, c.unit_us, c.transit = 0, s.lead, s.unit_us, s.transit
    c.window, c.works, c.leaves, c.opens = s.window, s.works, s.leaves, s.opens


@kernel
def fills(x: int, y: int, c: Any, loop: int) -> bool:
    """Note who fills the cards that a loop sends off; False while they are too few for a backup."""
    k, point = rule_loop_at(y, loop), point_of_loop(y, loop)
    c.closure = closed_by(x, k.origin, k.lane)
    if c.closure < 0:
        return True
    best = stand_in(x, y, loop, point.first_source - 1, point.sources + 1, c.qty)
    if best < point.first_source:
        return True
    s = rule_source_at(y, best)
    order_from(c, s)
    return c.qty >= min(s.moq, c.cards * k.container)


@kernel
def first_closed(x: int, y: int, point: Any) -> int:
    """The closure of the first source of a point that is closed and no backup, or -1."""
    for i in range(point.first_source, point.first_source + point.sources):
        s = rule_source_at(y, i)
        row = closed_by(x, s.origin, s.lane) if s.backup == 0 else -1
        if row >= 0:
            return row
    return -1


@kernel
def tell_closed(x: int, c: Any, info: Any) -> None:
    """Write down what is closed, and who is asked for that."""
    info.closed_seq = 0
    if c.closure < 0:
        return
    closure = closure_at(x, c.closure)
    info.closed_seq, info.closed_site, info.closed_lane = closure.seq, closure.site, closure.lane
    info.since, info.until = closure.since, closure.until
    info.instead = BACKUP if c.backup != 0 else OTHER
    if closed_by(x, c.origin, c.lane) >= 0:
        info.instead = NOBODY


@kernel
def touch_supplied(x: int, y: int, f: Any) -> None:
    """A site or a lane closed or opened: touch the points that order from it or by it."""
    lane = f.kind >= LANE_CLOSED
    for i in range(word(y, RULE_POINT, USED)):
        p = rule_point_at(y, i)
        row = find(x, POINT, p.key)
        if row < 0:
            continue
        for k in range(p.first_source, p.first_source + p.sources):
            s = rule_source_at(y, k)
            if (lane and s.lane == f.res) or (not lane and s.origin == f.site):
                touch(x, 0, row)
        for k in range(p.first_loop, p.first_loop + p.loops):
            loop = rule_loop_at(y, k)
            if (lane and loop.lane == f.res) or (not lane and loop.origin == f.site):
                touch(x, 0, row)
                if loop.scan != 0:
                    touch(x, 1, loop_of(x, np.int64(loop.key)))
