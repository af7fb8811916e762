"""Compiled access to the records of the state, and what every group of kinds needs."""

from __future__ import annotations

from typing import Any

from taktnet.state import tables as t
from taktnet.state.memory import CAPACITY, HAND, USED, find, kernel, pair, put, rows, set_word, word

POINT, STOCK, LINE = int(t.Table.POINT), int(t.Table.STOCK), int(t.Table.LINE)
TRANSIT, SHIPMENT, WORK = int(t.Table.TRANSIT), int(t.Table.SHIPMENT), int(t.Table.WORK)
LOOP, CARD, CARRIER = int(t.Table.LOOP), int(t.Table.CARD), int(t.Table.CARRIER)
RESOURCE, FEED, SUPPLY = int(t.Table.RESOURCE), int(t.Table.FEED), int(t.Table.SUPPLY)
COUNT, CLOSURE, ANOMALY = int(t.Table.COUNT), int(t.Table.CLOSURE), int(t.Table.ANOMALY)
TOUCH_ROOM = t.TOUCH_ROOM

head_at = rows(t.Table.HEAD, t.HEAD)
point_at = rows(t.Table.POINT, t.POINT)
stock_at = rows(t.Table.STOCK, t.STOCK)
line_at = rows(t.Table.LINE, t.LINE)
transit_at = rows(t.Table.TRANSIT, t.TRANSIT)
shipment_at = rows(t.Table.SHIPMENT, t.SHIPMENT)
work_at = rows(t.Table.WORK, t.WORK)
loop_at = rows(t.Table.LOOP, t.LOOP)
card_at = rows(t.Table.CARD, t.CARD)
carrier_at = rows(t.Table.CARRIER, t.CARRIER)
resource_at = rows(t.Table.RESOURCE, t.RESOURCE)
feed_at = rows(t.Table.FEED, t.FEED)
supply_at = rows(t.Table.SUPPLY, t.SUPPLY)
count_at = rows(t.Table.COUNT, t.COUNT)
closure_at = rows(t.Table.CLOSURE, t.CLOSURE)
anomaly_at = rows(t.Table.ANOMALY, t.ANOMALY)
touched_at = rows(t.Table.TOUCHED, t.TOUCHED)

FIRST, REVERSAL, CARD_FLAG, STALE, WAITING, EMPTY = 1, 2, 4, 32, 64, 128
#: No fact adds more rows than this to one table.
ROWS_A_FACT = 4


@kernel
def anomaly(x: int, code: int, f: Any, qty: int) -> None:
    """Count a fact that does not fit what was known."""
    row = anomaly_at(x, put(x, ANOMALY, pair(code, f.site)))
    row.code, row.site = code, f.site
    row.n += 1
    row.qty += abs(qty)
    row.seq = f.seq


@kernel
def touch(x: int, what: int, row: int) -> None:
    """Note that the event at hand touched a point (0) or a loop (1); more than fit touch all."""
    h = head_at(x, 0)
    if h.touched > TOUCH_ROOM:
        return
    for i in range(h.touched):
        known = touched_at(x, i)
        if known.row == row and known.what == what:
            return
    if h.touched < TOUCH_ROOM:
        new = touched_at(x, h.touched)
        new.what, new.row = what, row
    h.touched += 1


@kernel
def point_of(x: int, site: int, item: int) -> int:
    """The row of a stocking point, made when first named."""
    row = put(x, POINT, pair(site, item))
    p = point_at(x, row)
    if p.site != site or p.item != item:
        p.site, p.item = site, item
    return row


@kernel
def here(x: int, f: Any) -> int:
    """The point whose stock a fact tells about; its feed is the fact's."""
    row = point_of(x, f.site, f.item)
    head_at(x, 0).here = row + 1
    return row


@kernel
def loop_of(x: int, loop: int) -> int:
    """The row of a loop, made when first named."""
    row = put(x, LOOP, loop)
    loop_at(x, row).loop = loop
    return row


@kernel
def line_of(x: int, ref: int) -> int:
    """The row of a line, or -1."""
    return find(x, LINE, ref) if ref > 0 else -1


@kernel
def spare(x: int) -> int:
    """How many more facts there is surely room for."""
    least = 1 << 40
    for table in range(POINT, ANOMALY + 1):
        free = (word(x, table, CAPACITY) - word(x, table, USED)) // ROWS_A_FACT
        least = min(least, free)
    return least


@kernel
def hand(x: int, table: int) -> int:
    """The next row that the sweep of a table looks at, or -1 when there is none."""
    used = word(x, table, USED)
    if used == 0:
        return -1
    at = word(x, table, HAND)
    at = at if at < used else 0
    set_word(x, table, HAND, at + 1)
    return at
