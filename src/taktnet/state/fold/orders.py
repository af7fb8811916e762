"""Orders, call-offs, decisions and what becomes of them."""

from __future__ import annotations

from typing import Any

from taktnet.ledger import event as e
from taktnet.state import tables as t
from taktnet.state.fold.cards import released, taken_back
from taktnet.state.fold.lines import (
    line_of,
    new_line,
    open_qty,
    place,
    settle,
    supplied,
    unlist,
    weigh,
)
from taktnet.state.fold.records import (
    STALE,
    WAITING,
    anomaly,
    line_at,
    loop_at,
    loop_of,
    point_at,
)
from taktnet.state.memory import kernel, pair

UNKNOWN_ORDER, UNKNOWN_DECISION = int(t.Anomaly.UNKNOWN_ORDER), int(t.Anomaly.UNKNOWN_DECISION)
ORDERED, CALLED, DECIDED = t.ORDERED, t.CALLED, t.DECIDED
LIVE, CANCELLED, DECLINED, REFUSED = t.LIVE, t.CANCELLED, t.DECLINED, t.REFUSED
SENT, ACKNOWLEDGED = t.SENT, t.ACKNOWLEDGED
CALLOFF = e.NUMBER[e.CalloffPlaced]
CHANGED = e.NUMBER[e.OrderChanged]
APPROVED, DECLINED_KIND = e.NUMBER[e.DecisionApproved], e.NUMBER[e.DecisionDeclined]
SENT_KIND, ACKNOWLEDGED_KIND = e.NUMBER[e.SignalSent], e.NUMBER[e.SignalAcknowledged]
REFUSED_KIND = e.NUMBER[e.SignalRefused]


@kernel
def move_line(x: int, row: int, site: int, item: int, origin: int) -> None:
    """Place a line that carries no weight now; off the list of a point it leaves."""
    line = line_at(x, row)
    if line.listed == 1 and (line.site != site or line.item != item):
        unlist(x, row)
    place(x, row, site, item, origin)


@kernel
def placed(x: int, f: Any, sign: int) -> None:
    """order.placed, calloff.placed: demand at the seller, supply for the buyer."""
    called = f.kind == CALLOFF
    buyer, seller = (f.site, f.to) if called else (f.to, f.site)
    row = new_line(x, f.ref, f)
    line = line_at(x, row)
    weigh(x, row, -1)
    move_line(x, row, buyer, f.item, seller)
    if sign < 0:
        line.qty, line.first_qty, line.last_qty = 0, 0, 0
    else:
        line.kinds |= CALLED if called else ORDERED
        line.qty, line.first_qty, line.last_qty = f.qty, f.qty, f.qty
        line.t1, line.t2, line.last_t1, line.last_t2 = f.t1, f.t2, f.t1, f.t2
        line.price, line.currency, line.at = f.qty2, f.lot, f.at
        if f.loop > 0:
            line.loop = f.loop
        if line.source > 0:
            point = point_at(x, line.source - 1)
            point.refused, point.out_seq = 0, f.seq
    weigh(x, row, 1)
    settle(x, row, f)


@kernel
def amended(x: int, f: Any, sign: int) -> None:
    """order.changed, order.cancelled."""
    row = line_of(x, f.ref)
    if row < 0 or line_at(x, row).dest == 0:
        anomaly(x, UNKNOWN_ORDER, f, f.qty)
        return
    line = line_at(x, row)
    weigh(x, row, -1)
    if f.kind != CHANGED:
        if sign > 0:
            line.ended = CANCELLED
        elif line.ended == CANCELLED:
            line.ended = LIVE
    elif sign > 0:
        if f.qty > 0:
            line.last_qty, line.qty = line.qty, f.qty
        if f.t1 > 0:
            line.last_t1, line.t1 = line.t1, f.t1
        if f.t2 > 0:
            line.last_t2, line.t2 = line.t2, f.t2
    else:
        unchange(line, f)
    if line.source > 0:
        point_at(x, line.source - 1).out_seq = f.seq
        point_at(x, line.source - 1).refused = 0
    weigh(x, row, 1)
    settle(x, row, f)


@kernel
def unchange(line: Any, f: Any) -> None:
    """Undo a change of a line: what was changed again since stays."""
    if f.qty > 0:
        if line.qty == f.qty:
            line.qty = line.last_qty
        elif line.last_qty == f.qty:
            line.last_qty = line.first_qty
    if f.t1 > 0 and line.t1 == f.t1:
        line.t1 = line.last_t1
    if f.t2 > 0 and line.t2 == f.t2:
        line.t2 = line.last_t2


@kernel
def decided(x: int, f: Any, sign: int) -> None:
    """decision.taken: on order here, reserved at the origin; its cards follow as facts."""
    row = new_line(x, f.ref, f)
    line = line_at(x, row)
    weigh(x, row, -1)
    move_line(x, row, f.site, f.item, f.to)
    if sign < 0:
        supplied(x, line, -line.qty)
        line.qty = 0
    else:
        line.kinds |= DECIDED
        line.qty, line.first_qty, line.last_qty = f.qty, f.qty, f.qty
        line.rule, line.action, line.loop, line.lane = f.status, f.reason, f.loop, f.res
        line.containers, line.t1, line.t2, line.at = f.qty2, f.t2, f.t1, f.at
        line.stale = 1 if f.flags & STALE else 0
        line.waiting = 1 if f.flags & WAITING else 0
        supplied(x, line, f.qty)
        point = point_at(x, line.dest - 1)
        point.decided = f.at
        if f.loop > 0:
            loop = loop_at(x, loop_of(x, f.loop))
            loop.site, loop.item, loop.decided = f.site, f.item, f.at
            loop.decisions += 1
        else:
            point.decisions += 1
        if line.source > 0:
            source = point_at(x, line.source - 1)
            source.out_seq, source.refused = f.seq, 0
    weigh(x, row, 1)
    settle(x, row, f)


@kernel
def answered(x: int, f: Any, sign: int) -> None:
    """What became of a decision: approved, declined, sent, acknowledged, refused."""
    row = line_of(x, f.ref)
    if row < 0 or line_at(x, row).kinds & DECIDED == 0:
        anomaly(x, UNKNOWN_DECISION, f, 0)
        return
    line = line_at(x, row)
    if f.kind == APPROVED:
        line.waiting = 0 if sign > 0 else 1
    elif f.kind == SENT_KIND:
        line.signals += sign
        if sign > 0:
            line.signal = max(line.signal, SENT)
    elif f.kind == ACKNOWLEDGED_KIND:
        line.signal = ACKNOWLEDGED if sign > 0 else SENT
        line.promised = f.t1 if sign > 0 else 0
    else:
        end(x, row, f, sign)
    line.seq = f.seq


@kernel
def end(x: int, row: int, f: Any, sign: int) -> None:
    """A decision is declined or refused: its open quantity is off order, its cards are detached.

    Nothing is decided in its place until a new pull comes.
    """
    line = line_at(x, row)
    how = DECLINED if f.kind == DECLINED_KIND else REFUSED
    if (sign > 0) == (line.ended != LIVE):
        return
    weigh(x, row, -1)
    still = open_qty(line) if sign > 0 else 0
    line.ended = how if sign > 0 else LIVE
    line.waiting = 0
    if sign < 0:
        still = -open_qty(line)
    supplied(x, line, -still)
    weigh(x, row, 1)
    settle(x, row, f)
    if sign > 0:
        point_at(x, line.dest - 1).refused = f.recorded
    if line.loop > 0:
        if sign > 0:
            released(x, pair(line.ref, line.item), line.loop, f)
            loop_at(x, loop_of(x, line.loop)).refused = f.recorded
        else:
            taken_back(x, pair(line.ref, line.item), line.loop, f)
