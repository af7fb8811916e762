"""Goods between sites: shipped, positioned, arrived, received."""

from __future__ import annotations

from typing import Any

from taktnet.state import tables as t
from taktnet.state.fold.cards import on_carrier
from taktnet.state.fold.lines import RECEIVED, SHIPPED, advance, carry, named_line
from taktnet.state.fold.records import (
    SHIPMENT,
    TRANSIT,
    anomaly,
    hand,
    head_at,
    here,
    point_at,
    point_of,
    shipment_at,
    touch,
    transit_at,
)
from taktnet.state.fold.stock import AVAILABLE, HELD, SHIPPED_OUT, point_pace, shelve
from taktnet.state.memory import drop, find, kernel, pair, put

RETAIN = t.RETAIN
NO_SHIPMENT = int(t.Anomaly.RECEIPT_WITHOUT_SHIPMENT)
OVER, ELSEWHERE = int(t.Anomaly.OVER_RECEIPT), int(t.Anomaly.RECEIVED_ELSEWHERE)
UNKNOWN_SHIPMENT = int(t.Anomaly.UNKNOWN_SHIPMENT)


@kernel
def weigh_transit(x: int, row: int, sign: int) -> None:
    """Put what is under way on its destination, or take it off."""
    way = transit_at(x, row)
    if way.dest > 0:
        point_at(x, way.dest - 1).in_transit += sign * max(0, way.shipped - way.received)
        touch(x, 0, way.dest - 1)


@kernel
def transit_of(x: int, f: Any) -> int:
    """The row of one item of a shipment; makes room by forgetting those closed long ago."""
    key = pair(f.ref, f.item)
    row = find(x, TRANSIT, key)
    if row >= 0:
        return row
    for _ in range(2):
        old = hand(x, TRANSIT)
        if old >= 0 and transit_at(x, old).key >= 0:
            closed = transit_at(x, old).closed
            if 0 < closed < head_at(x, 0).clock - RETAIN:
                forget(x, old)
    row = put(x, TRANSIT, key)
    way = transit_at(x, row)
    way.ref, way.item = f.ref, f.item
    shipment = put(x, SHIPMENT, f.ref)
    s = shipment_at(x, shipment)
    s.ref = f.ref
    s.lines += 1
    way.shipment = shipment + 1
    return row


@kernel
def forget(x: int, row: int) -> None:
    """Forget an item of a shipment, and the shipment with its last."""
    shipment = transit_at(x, row).shipment - 1
    drop(x, TRANSIT, row)
    s = shipment_at(x, shipment)
    s.lines -= 1
    if s.lines == 0:
        drop(x, SHIPMENT, shipment)


@kernel
def close_transit(x: int, row: int) -> None:
    """Mark an item of a shipment as closed while nothing of it is under way."""
    way = transit_at(x, row)
    way.closed = head_at(x, 0).clock if way.shipped <= way.received else 0


@kernel
def shipped(x: int, f: Any, sign: int) -> None:
    """goods.shipped: off the shelf here, under way to `to`."""
    qty = sign * f.qty
    origin, dest = here(x, f), point_of(x, f.to, f.item)
    shelve(x, origin, f.lot, AVAILABLE, -qty, f)
    point_pace(x, origin, SHIPPED_OUT, qty, f)
    row = transit_of(x, f)
    way = transit_at(x, row)
    weigh_transit(x, row, -1)
    way.shipped += qty
    if sign > 0:
        way.origin, way.site, way.dest = f.site, f.to, dest + 1
        way.lot, way.loop, way.lane, way.order = f.lot, f.loop, f.res, f.ref2
        way.at, way.promised = f.at, f.t2
        s = shipment_at(x, way.shipment - 1)
        s.origin, s.site = f.site, f.to
        if f.t1 > 0:
            s.last_eta, s.eta = s.eta, f.t1
    weigh_transit(x, row, 1)
    close_transit(x, row)
    point_at(x, dest).seq = f.seq
    h = head_at(x, 0)
    known = named_line(x, f.ref2, f) >= 0
    h.lined = 1 if known or h.cards == 0 else 0
    if h.lined == 1:
        carry(x, dest, SHIPPED, sign, f.qty, f.ref2, f.site, f.loop, False, h.cards == 0, f)


@kernel
def shipped_card(x: int, f: Any, decision: int) -> None:
    """A card that goes along: its decision's line moves, unless the shipment named an order."""
    h = head_at(x, 0)
    if h.lined == 1:
        return
    sign = -1 if f.flags & 2 else 1
    row = named_line(x, decision, f)
    if row >= 0:
        advance(x, row, SHIPPED, sign * h.share, False, f)
    else:
        dest = point_of(x, f.to, f.item)
        carry(x, dest, SHIPPED, sign, h.share, 0, f.site, f.loop, False, False, f)


@kernel
def received(x: int, f: Any, sign: int) -> None:
    """goods.received: no longer under way; on the shelf here, what was rejected is held."""
    home = here(x, f)
    row = transit_of(x, f)
    way = transit_at(x, row)
    if sign > 0:
        if way.shipped <= 0:
            anomaly(x, NO_SHIPMENT, f, f.qty)
        elif way.received + f.qty > way.shipped:
            anomaly(x, OVER, f, way.received + f.qty - way.shipped)
        if way.site > 0 and way.site != f.site:
            anomaly(x, ELSEWHERE, f, f.qty)
    weigh_transit(x, row, -1)
    way.received += sign * f.qty
    way.rejected += sign * f.qty2
    if way.site == 0:
        way.site = f.site
    weigh_transit(x, row, 1)
    close_transit(x, row)
    good = max(0, f.qty - f.qty2)
    shelve(x, home, f.lot, f.status, sign * good, f)
    shelve(x, home, f.lot, HELD, sign * (f.qty - good), f)
    cards = on_carrier(x, pair(f.ref, f.item), RECEIVED, sign * f.qty, f.at)
    order = f.ref2 if f.ref2 > 0 else way.order
    dest = way.dest - 1 if way.dest > 0 else home
    carry(x, dest, RECEIVED, sign, f.qty, order, way.origin, way.loop, False, not cards, f)


@kernel
def positioned(x: int, f: Any, sign: int) -> None:
    """goods.position: where a shipment is, and when it is now expected."""
    row = find(x, SHIPMENT, f.ref)
    if row < 0:
        anomaly(x, UNKNOWN_SHIPMENT, f, 0)
        return
    s = shipment_at(x, row)
    if sign < 0:
        if s.eta == f.t1 and f.t1 > 0:
            s.eta = s.last_eta
    elif f.at >= s.position_at:
        s.position_at, s.latitude, s.longitude = f.at, f.qty, f.qty2
        if f.t1 > 0:
            s.last_eta, s.eta = s.eta, f.t1


@kernel
def arrived(x: int, f: Any, sign: int) -> None:
    """goods.arrived: at the gate."""
    row = find(x, SHIPMENT, f.ref)
    if row < 0:
        anomaly(x, UNKNOWN_SHIPMENT, f, 0)
    else:
        shipment_at(x, row).arrived = f.at if sign > 0 else 0


@kernel
def moved(x: int, f: Any, sign: int) -> None:
    """stock.moved: at once from here to `to`."""
    qty = sign * f.qty
    origin, dest = here(x, f), point_of(x, f.to, f.item)
    shelve(x, origin, f.lot, AVAILABLE, -qty, f)
    shelve(x, dest, f.lot, AVAILABLE, qty, f)
    point_pace(x, origin, SHIPPED_OUT, qty, f)
    carry(x, dest, RECEIVED, sign, f.qty, 0, f.site, 0, False, True, f)
