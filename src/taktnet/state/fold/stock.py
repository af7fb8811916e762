"""Stock on the shelf: balances by lot and status, pace, and what a count changes."""

# ruff: noqa: PLR0917  (compiled functions take their arguments by position)

from __future__ import annotations

from typing import Any

import numpy as np

from taktnet.state import tables as t
from taktnet.state.fold.records import (
    COUNT,
    FIRST,
    STOCK,
    anomaly,
    count_at,
    hand,
    head_at,
    point_at,
    stock_at,
    touch,
)
from taktnet.state.memory import ROWS, drop, find, kernel, peek, poke, put, word

DAY, RING, RETAIN = t.DAY, t.RING, t.RETAIN
NEGATIVE, FORGOTTEN = int(t.Anomaly.NEGATIVE_STOCK), int(t.Anomaly.COUNT_FORGOTTEN)
AVAILABLE, HELD, INSPECTION = 0, 1, 2
MADE, USED_UP, SHIPPED_OUT = 0, 1, 2


@kernel
def add_pace(x: int, beside: int, size: int, measures: int, row: int, day: int, known: int,
             measure: int, qty: int) -> int:  # fmt: skip
    """Add to a day's bucket; returns the newest day (`known` is the former one).

    What leaves the ring, or is older than it, is added to the past.
    """
    base = word(x, beside, ROWS) + row * size
    past = base + measures * RING * 8
    if day > known:
        first = max(known + 1, day - RING + 1) if known > 0 else day
        for fresh in range(first, day + 1):
            for m in range(measures):
                bucket = base + (fresh % RING * measures + m) * 8
                poke(past + m * 8, peek(past + m * 8) + peek(bucket))
                poke(bucket, 0)
        known = day
    if day > known - RING:
        bucket = base + (day % RING * measures + measure) * 8
    else:
        bucket = past + measure * 8
    poke(bucket, peek(bucket) + qty)
    return known


@kernel
def business_day(f: Any) -> int:
    """Days since 1970 UTC; a time far ahead of its record counts as the day after it."""
    return min(f.at, f.recorded + DAY) // DAY


POINT_PACE, POINT_PACE_SIZE = int(t.Table.POINT_PACE), t.POINT_PACE.itemsize


@kernel
def point_pace(x: int, p: int, measure: int, qty: int, f: Any) -> None:
    """Add to the pace of a point."""
    row = point_at(x, p)
    row.day = add_pace(x, POINT_PACE, POINT_PACE_SIZE, 3, p, business_day(f), row.day, measure, qty)


@kernel
def shelf_key(p: int, lot: int, status: int) -> Any:
    """The key of a balance."""
    return (np.int64(p) << 34) | (np.int64(lot) << 2) | status


@kernel
def shelf(x: int, p: int, lot: int, status: int) -> int:
    """The row of a balance with a lot or not available, made when first named."""
    point = point_at(x, p)
    row = put(x, STOCK, shelf_key(p, lot, status))
    s = stock_at(x, row)
    s.site, s.item, s.lot, s.status = point.site, point.item, lot, status
    return row


@kernel
def shelve(x: int, p: int, lot: int, status: int, delta: int, f: Any) -> None:
    """Change a balance, and all that follows from it."""
    if delta == 0:
        return
    point = point_at(x, p)
    if status == AVAILABLE:
        point.available += delta
    elif status == HELD:
        point.held += delta
    else:
        point.inspection += delta
    if lot == 0 and status == AVAILABLE:
        now = point.plain + delta
        point.plain = now
    else:
        row = shelf(x, p, lot, status)
        now = stock_at(x, row).qty + delta
        stock_at(x, row).qty = now
        if now == 0:
            drop(x, STOCK, row)
    if now < 0 <= now - delta:
        anomaly(x, NEGATIVE, f, now)
    point.seq = f.seq
    if delta < 0:
        point.out_seq = f.seq
        point.refused = 0
    touch(x, 0, p)


@kernel
def count_key(shelf_: int, f: Any) -> Any:
    """The key under which a count is remembered. Without signs, as products overflow."""
    at, qty = np.uint64(f.at), np.uint64(f.qty)
    mixed: Any = (np.uint64(shelf_) * np.uint64(31) + at) * np.uint64(0x9E3779B97F4A7C15) + qty
    mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.int64((mixed ^ (mixed >> np.uint64(29))) & np.uint64(0x7FFFFFFFFFFFFFFF))


@kernel
def balance(x: int, p: int, lot: int, status: int) -> int:
    """The balance now."""
    if lot == 0 and status == AVAILABLE:
        return point_at(x, p).plain
    row = find(x, STOCK, shelf_key(p, lot, status))
    return stock_at(x, row).qty if row >= 0 else 0


@kernel
def counted(x: int, p: int, f: Any, sign: int) -> None:
    """A count moves the balance to what was counted.

    The corrected count moves it from the balance that the wrong count had found, so that what
    happened since stays.
    """
    h = head_at(x, 0)
    key = shelf_key(p, f.lot, f.status)
    if sign < 0:
        row = find(x, COUNT, count_key(key, f))
        if row < 0:
            anomaly(x, FORGOTTEN, f, f.qty)
            return
        base = count_at(x, row).base
        drop(x, COUNT, row)
        shelve(x, p, f.lot, f.status, base - f.qty, f)
        h.undone_key, h.undone_base = key + 1, base
        return
    base = balance(x, p, f.lot, f.status)
    if (f.flags & FIRST) == 0 and h.undone_key == key + 1:
        base = h.undone_base
    sweep_counts(x)
    c = count_at(x, put(x, COUNT, count_key(key, f)))
    c.base, c.qty, c.at, c.closed = base, f.qty, f.at, h.clock
    c.site, c.item, c.lot, c.status = f.site, f.item, f.lot, f.status
    shelve(x, p, f.lot, f.status, f.qty - base, f)
    point_at(x, p).seq = f.seq
    touch(x, 0, p)


@kernel
def sweep_counts(x: int) -> None:
    """Forget counts of long ago, two rows at a time."""
    clock = head_at(x, 0).clock
    for _ in range(2):
        row = hand(x, COUNT)
        if row >= 0 and count_at(x, row).key >= 0:
            closed = count_at(x, row).closed
            if 0 < closed < clock - RETAIN:
                drop(x, COUNT, row)
