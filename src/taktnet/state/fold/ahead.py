"""Asks memory for what the next facts of an array will need, while the present one is folded.

A fact touches a dozen records far apart; without this most of a long fold is spent waiting. It
changes nothing but time.
"""

from __future__ import annotations

from typing import Any

from taktnet.ledger import event as e
from taktnet.state import tables as t
from taktnet.state.fold.records import FEED, LINE, POINT, SHIPMENT, TRANSIT
from taktnet.state.fold.stock import DAY, POINT_PACE, POINT_PACE_SIZE, RING
from taktnet.state.memory import ROWS, STRIDE, kernel, pair, peek4, prefetch, slot, word

#: How many facts ahead the index, and then the records, are asked for.
FAR, NEAR = 8, 4
SHIPPED, RECEIVED = e.NUMBER[e.GoodsShipped], e.NUMBER[e.GoodsReceived]
ORDERED, CALLED = e.NUMBER[e.OrderPlaced], e.NUMBER[e.CalloffPlaced]
MOVED, FINISHED = e.NUMBER[e.StockMoved], e.NUMBER[e.LotFinished]
STARTED = e.NUMBER[e.LotStarted]
WORK = int(t.Table.WORK)


@kernel
def ask_index(x: int, f: Any) -> None:
    """The index entries of the records of a fact."""
    prefetch(slot(x, POINT, pair(f.site, f.item)))
    if f.kind in (SHIPPED, RECEIVED):
        prefetch(slot(x, TRANSIT, pair(f.ref, f.item)))
        prefetch(slot(x, SHIPMENT, f.ref))
    elif f.kind in (ORDERED, CALLED):
        prefetch(slot(x, LINE, f.ref))
    elif f.kind in (STARTED, FINISHED):
        prefetch(slot(x, WORK, f.ref))
    if f.to > 0:
        prefetch(slot(x, POINT, pair(f.to, f.item)))


@kernel
def ask_rows(x: int, f: Any) -> None:
    """The records of a fact, as far as the index tells at once."""
    row = peek4(slot(x, POINT, pair(f.site, f.item)))
    if row > 0:
        at = word(x, POINT, ROWS) + (row - 1) * word(x, POINT, STRIDE)
        prefetch(at)
        day = f.at // DAY % RING
        prefetch(word(x, POINT_PACE, ROWS) + (row - 1) * POINT_PACE_SIZE + day * 24)
        if f.kind >= MOVED or f.kind <= CALLED:
            prefetch(at + 64)
    if f.to > 0:
        ask_row(x, POINT, pair(f.to, f.item))
    if f.kind == RECEIVED:
        ask_row(x, TRANSIT, pair(f.ref, f.item))
    ask_row(x, FEED, pair(f.source, f.site))


@kernel
def ask_row(x: int, table: int, key: int) -> None:
    """The first two cache lines of a record."""
    row = peek4(slot(x, table, key))
    if row > 0:
        at = word(x, table, ROWS) + (row - 1) * word(x, table, STRIDE)
        prefetch(at)
        prefetch(at + 64)
