"""Work orders and resources: started, produced, finished; stopped and running again."""

from __future__ import annotations

from typing import Any

from taktnet.state import tables as t
from taktnet.state.fold.cards import on_carrier
from taktnet.state.fold.lines import (
    RECEIVED,
    SHORT,
    STARTED,
    advance,
    carry,
    fits,
    line_of,
    named_line,
    room,
)
from taktnet.state.fold.records import (
    RESOURCE,
    WORK,
    anomaly,
    hand,
    head_at,
    here,
    line_at,
    point_at,
    point_of,
    resource_at,
    touch,
    work_at,
)
from taktnet.state.fold.stock import MADE, add_pace, business_day, point_pace, shelve
from taktnet.state.memory import drop, find, kernel, pair, put

RETAIN, UNKNOWN_WORK = t.RETAIN, int(t.Anomaly.UNKNOWN_WORK)
PACE, PACE_SIZE = int(t.Table.RESOURCE_PACE), t.RESOURCE_PACE.itemsize


@kernel
def weigh_work(x: int, row: int, sign: int) -> None:
    """Work that no decision asked for is in process at its point until it is produced."""
    work = work_at(x, row)
    if work.line == 0 and work.dest > 0 and work.ended == 0:
        point_at(x, work.dest - 1).in_process += sign * max(0, work.qty - work.produced)
        touch(x, 0, work.dest - 1)


@kernel
def work_of(x: int, ref: int, f: Any) -> int:
    """The row of a work order; makes room by forgetting those finished long ago."""
    row = find(x, WORK, ref)
    if row >= 0:
        return row
    for _ in range(2):
        old = hand(x, WORK)
        if old >= 0 and work_at(x, old).key >= 0:
            closed = work_at(x, old).closed
            if 0 < closed < head_at(x, 0).clock - RETAIN:
                drop(x, WORK, old)
    row = put(x, WORK, ref)
    work_at(x, row).ref = ref
    return row


@kernel
def line_for_work(x: int, dest: int, f: Any) -> int:
    """The decision a work order carries out: the one it is named after, else the oldest open.

    Of those that are open one that asks for just so much goes first: lines do not always keep the
    order of the signals.
    """
    row = named_line(x, f.ref, f)
    if row >= 0 and line_at(x, row).dest == dest + 1:
        return row
    oldest, row = -1, point_at(x, dest).head - 1
    while row >= 0:
        line = line_at(x, row)
        still = room(line, STARTED, 0)
        if still > 0 and fits(line, 0, f.loop, True, True):
            if still == f.qty:
                return row
            if oldest < 0:
                oldest = row
        row = line.next - 1
    return oldest


@kernel
def started(x: int, f: Any, sign: int, cards: bool) -> None:
    """lot.started: in process, for the decision it carries out or on its own."""
    dest = point_of(x, f.site, f.item)
    row = work_of(x, f.ref, f)
    work = work_at(x, row)
    weigh_work(x, row, -1)
    if sign > 0:
        line = line_for_work(x, dest, f)
        work.site, work.item, work.resource, work.lot = f.site, f.item, f.res, f.lot
        work.loop, work.dest = f.loop, dest + 1
        work.line = line_at(x, line).ref if line >= 0 else 0
        work.started = f.at
        point_at(x, dest).work = f.ref
    work.qty += sign * f.qty
    weigh_work(x, row, 1)
    line = line_of(x, work.line)
    if line >= 0:
        advance(x, line, STARTED, sign * f.qty, not cards, f)
    if work.qty <= 0:
        drop(x, WORK, row)
    point_at(x, dest).seq = f.seq
    touch(x, 0, dest)


@kernel
def finished(x: int, f: Any, sign: int) -> None:
    """lot.finished: what was started and not made well will not come."""
    row = find(x, WORK, f.ref)
    if row < 0:
        anomaly(x, UNKNOWN_WORK, f, f.qty)
        return
    work = work_at(x, row)
    weigh_work(x, row, -1)
    work.ended = 1 if sign > 0 else 0
    work.finished, work.closed = (f.at, head_at(x, 0).clock) if sign > 0 else (0, 0)
    work.good = f.qty if sign > 0 else 0
    weigh_work(x, row, 1)
    short = sign * max(0, work.qty - f.qty)
    line = line_of(x, work.line)
    if short != 0:
        on_carrier(x, pair(f.ref, f.item), RECEIVED, short, f.at)
        if line >= 0:
            advance(x, line, SHORT, short, True, f)
    touch(x, 0, point_of(x, work.site, work.item))


@kernel
def produced(x: int, f: Any, sign: int) -> None:
    """stock.produced: on the shelf, and off the decision or work order that it was made for."""
    home = here(x, f)
    qty = sign * f.qty
    shelve(x, home, f.lot, f.status, qty, f)
    point_pace(x, home, MADE, qty, f)
    if f.res > 0:
        r = put(x, RESOURCE, f.res)
        res = resource_at(x, r)
        res.resource, res.site, res.last_item = f.res, f.site, f.item
        res.day = add_pace(x, PACE, PACE_SIZE, 1, r, business_day(f), res.day, 0, qty)
    order = f.ref2
    if named_line(x, order, f) >= 0:
        made_for_line(x, named_line(x, order, f), order, f, sign)
        return
    row = find(x, WORK, order if order > 0 else point_at(x, home).work)
    if row < 0 or work_at(x, row).item != f.item:
        carry(x, home, RECEIVED, sign, f.qty, 0, 0, 0, True, True, f)
        return
    work = work_at(x, row)
    weigh_work(x, row, -1)
    work.produced += qty
    work.scrap += sign * f.qty2
    weigh_work(x, row, 1)
    line = line_of(x, work.line)
    if line >= 0:
        made_for_line(x, line, work.ref, f, sign)
    elif work.line == 0:
        on_carrier(x, pair(work.ref, f.item), RECEIVED, qty, f.at)


@kernel
def made_for_line(x: int, line: int, order: int, f: Any, sign: int) -> None:
    """Book a production to a line, and its cards to the work order that carries them."""
    cards = on_carrier(x, pair(order, f.item), RECEIVED, sign * f.qty, f.at)
    same = line_at(x, line).ref == order
    work = find(x, WORK, order) if same else -1
    if work >= 0:
        work_at(x, work).produced += sign * f.qty
        work_at(x, work).scrap += sign * f.qty2
    advance(x, line, RECEIVED, sign * f.qty, not cards, f)


@kernel
def stopped(x: int, f: Any, sign: int) -> None:
    """resource.stopped."""
    r = put(x, RESOURCE, f.res)
    res = resource_at(x, r)
    res.resource, res.site = f.res, f.site
    if sign < 0:
        res.stops -= 1
        if res.stopped == 1 and res.since == f.at:
            res.stopped, res.since = 0, res.last_since
        return
    res.stops += 1
    if res.stopped == 0:
        res.last_since, res.since = res.since, f.at
    res.stopped, res.reason, res.item = 1, f.reason, f.item


@kernel
def running(x: int, f: Any, sign: int) -> None:
    """resource.started."""
    r = put(x, RESOURCE, f.res)
    res = resource_at(x, r)
    res.resource, res.site = f.res, f.site
    if sign < 0:
        if res.stopped == 0 and res.since == f.at and res.last_since > 0:
            res.stopped, res.since = 1, res.last_since
            res.down -= f.at - res.last_since
        return
    if res.stopped == 1:
        res.down += max(0, f.at - res.since)
        res.last_since, res.since = res.since, f.at
        res.stopped = 0
    elif res.since == 0:
        res.since = f.at
