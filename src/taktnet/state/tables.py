"""The tables of the state: what each record holds, and how tables lie in memory.

Quantities are int64 millionths of the item's unit, instants int64 microseconds since 1970 UTC,
names are ids of `base.names`. A field that points at a record holds its row number plus one, so
that a record of zeros points nowhere. Fields in `LINKS` are
no part of the canonical digest.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

from taktnet.base.names import Domain

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
#: How long a closed line, shipment, work order or count is remembered, in business time.
RETAIN = 35 * DAY
#: Days of the pace ring.
RING = 32
#: Buckets of the rhythm of a feed: gaps of 2^(n-1) to 2^n seconds.
BUCKETS = 32


class Table(IntEnum):
    """The tables, by their place in the context."""

    HEAD = 0
    POINT = 1
    STOCK = 2
    LINE = 3
    TRANSIT = 4
    SHIPMENT = 5
    WORK = 6
    LOOP = 7
    CARD = 8
    CARRIER = 9
    RESOURCE = 10
    FEED = 11
    SUPPLY = 12
    COUNT = 13
    CLOSURE = 14
    ANOMALY = 15
    TOUCHED = 16
    POINT_PACE = 17
    RESOURCE_PACE = 18
    RHYTHM = 19


class Card(IntEnum):
    """Where a card is."""

    UNKNOWN = 0
    FULL = 1
    EMPTY = 2
    ORDERED = 3
    IN_PROCESS = 4
    IN_TRANSIT = 5
    WITHDRAWN = 6


class Anomaly(IntEnum):
    """Facts that do not fit what was known; counted per site, never lost, never a fault."""

    NEGATIVE_STOCK = 1
    RECEIPT_WITHOUT_SHIPMENT = 2
    OVER_RECEIPT = 3
    RECEIVED_ELSEWHERE = 4
    UNKNOWN_CARD = 5
    CARD_SCANNED_TWICE = 6
    CARD_OUT_OF_STATE = 7
    COUNT_FORGOTTEN = 8
    UNKNOWN_ORDER = 9
    UNKNOWN_DECISION = 10
    UNKNOWN_SHIPMENT = 11
    UNKNOWN_WORK = 12


#: `LINE.kinds`: what has named this line.
ORDERED, CALLED, DECIDED = 1, 2, 4
#: `LINE.ended`.
LIVE, CANCELLED, DECLINED, REFUSED = 0, 1, 2, 3
#: `LINE.signal`.
UNSENT, SENT, ACKNOWLEDGED = 0, 1, 2
#: What moves a line along.
STARTED, SHIPPED, RECEIVED, SHORT = 0, 1, 2, 3


def _record(longs: str, ints: str = "", bytes_: str = "") -> np.dtype:
    """A record of 8-byte, 4-byte and 1-byte fields, filled up to whole words."""
    fields: list[Any] = [(name, "<i8") for name in longs.split()]
    fields += [(name, "<i4") for name in ints.split()]
    fields += [(name, "i1") for name in bytes_.split()]
    rest = -np.dtype(fields).itemsize % 8
    return np.dtype([*fields, ("pad", "i1", (rest,))] if rest else fields)


#: One record: how far the fold has come, and what it must remember between two facts.
HEAD = _record(
    "seq recorded clock facts closed_until undone_key undone_base share touched",
    "ref cards lined here",
)
#: A stocking point: site and item; `plain` is what of `available` has no lot. Three cache lines:
#: what a change of stock reads, what supply and demand read, and the rest.
POINT = np.dtype(
    [
        *((n, "<i8") for n in ("key", "available", "plain", "refused", "seq", "out_seq")),
        *((n, "<i4") for n in ("feed", "day", "site", "item")),
        *((n, "<i8") for n in ("held", "inspection", "on_order", "in_process", "in_transit")),
        ("reserved", "<i8"),
        *((n, "<i4") for n in ("head", "tail", "last_line", "work")),
        ("decided", "<i8"),
        ("decisions", "<i8"),
        ("pad", "<i8", (6,)),
    ]
)
#: A balance: site, item, lot, status; but available stock without a lot is in its point.
STOCK = _record("key qty", "site item lot status")
#: A line of supply and demand: a customer's order, a call-off, a decision.
LINE = _record(
    "key qty first_qty last_qty short started shipped received price t1 t2 last_t1 last_t2 at"
    " promised closed seq",
    "ref site origin item loop lane dest source next prev containers named currency signals",
    "kinds rule action ended signal waiting stale listed",
)
#: One item of a shipment.
TRANSIT = _record(
    "key shipped received rejected at promised closed",
    "ref item origin site lot loop lane order dest shipment",
)
#: What all items of a shipment share.
SHIPMENT = _record(
    "key eta last_eta latitude longitude position_at arrived", "ref origin site lines"
)
#: A work order.
WORK = _record(
    "key qty produced scrap started finished good closed",
    "ref site item resource lot loop line dest",
    "ended",
)
#: Cards of a loop by where they are: named ones, and containers of decisions without names.
LOOP = _record(
    "key refused seq out_seq decided",
    "loop issued full empty ordered in_process in_transit withdrawn free_ordered free_in_process"
    " free_in_transit decisions feed head site item",
)
#: A named card.
CARD = _record(
    "key since last_since share last_share carrier last_carrier seq",
    "loop card next prev cycle feed",
    "status last_status",
)
#: What carries cards: the board of a loop, a decision, a work order, an item of a shipment.
CARRIER = _record("key started shipped done", "head tail n", "least")
#: A line or machine.
RESOURCE = _record(
    "key since last_since stops down",
    "resource site item last_item day",
    "stopped reason last_reason",
)
#: What comes from one source system about one site.
FEED = _record("key last heard events time short_time short_gaps", "system site")
#: How much of a point's need was asked for from each origin, by each lane.
SUPPLY = _record("key decided", "site item origin lane")
#: A count of stock and the balance it found, kept so that it can be undone.
COUNT = _record("key base qty at closed", "site item lot status")
#: Whether a site or a lane is closed: since when, and until when as it was said; what it was before
#: the last change, kept so that this can be undone.
CLOSURE = _record(
    "key since until changed seq last_since last_until last_changed",
    "site lane",
    "closed last_closed",
)
ANOMALY = _record("key n qty seq", "code site")
#: What the facts of one event touched: (0, point row) or (1, loop row).
TOUCHED = _record("what row")
#: Parallel to POINT: units made, used and shipped per day of the ring, and before it.
POINT_PACE = np.dtype([("day", "<i8", (RING, 3)), ("past", "<i8", (3,))])
#: Parallel to RESOURCE: units made.
RESOURCE_PACE = np.dtype([("day", "<i8", (RING, 1)), ("past", "<i8", (1,))])
#: Parallel to FEED: per bucket of gap length, seconds spent in such gaps and their number.
#: Gaps below a minute or so are in the feed itself.
RHYTHM = np.dtype([("gaps", "<i8", (BUCKETS, 2))])

DTYPES: dict[Table, np.dtype] = {
    Table.HEAD: HEAD,
    Table.POINT: POINT,
    Table.STOCK: STOCK,
    Table.LINE: LINE,
    Table.TRANSIT: TRANSIT,
    Table.SHIPMENT: SHIPMENT,
    Table.WORK: WORK,
    Table.LOOP: LOOP,
    Table.CARD: CARD,
    Table.CARRIER: CARRIER,
    Table.RESOURCE: RESOURCE,
    Table.FEED: FEED,
    Table.SUPPLY: SUPPLY,
    Table.COUNT: COUNT,
    Table.CLOSURE: CLOSURE,
    Table.ANOMALY: ANOMALY,
    Table.TOUCHED: TOUCHED,
    Table.POINT_PACE: POINT_PACE,
    Table.RESOURCE_PACE: RESOURCE_PACE,
    Table.RHYTHM: RHYTHM,
}
#: Tables found by key, which grow.
KEYED: tuple[Table, ...] = tuple(t for t in Table if Table.POINT <= t <= Table.ANOMALY)
#: Tables whose key is an id by itself.
DENSE: tuple[Table, ...] = (
    Table.LINE,
    Table.SHIPMENT,
    Table.WORK,
    Table.LOOP,
    Table.RESOURCE,
)
#: Tables that lie row by row beside another.
BESIDE: dict[Table, Table] = {
    Table.POINT_PACE: Table.POINT,
    Table.RESOURCE_PACE: Table.RESOURCE,
    Table.RHYTHM: Table.FEED,
}
TOUCH_ROOM = 1024

#: Pointers, and what can be derived or is of no meaning by itself.
LINKS = frozenset(
    (
        *("key", "feed", "head", "tail", "dest", "source", "next", "prev", "shipment"),
        *("listed", "carrier", "last_carrier", "share", "last_share", "named", "n"),
        *("last_since", "last_status", "last_until", "last_changed", "last_closed", "pad"),
    )
)
#: What the ids in a field name, where it is not clear from the field alone.
DOMAINS: dict[str, Domain] = {
    "site": Domain.SITE,
    "origin": Domain.SITE,
    "item": Domain.ITEM,
    "last_item": Domain.ITEM,
    "lot": Domain.LOT,
    "ref": Domain.REF,
    "order": Domain.REF,
    "line": Domain.REF,
    "last_line": Domain.REF,
    "work": Domain.REF,
    "card": Domain.REF,
    "loop": Domain.LOOP,
    "lane": Domain.LANE,
    "resource": Domain.RESOURCE,
    "currency": Domain.CURRENCY,
    "system": Domain.SOURCE,
}
