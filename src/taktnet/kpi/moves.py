"""Stock movements as signed rows, from facts; the same for the KPIs, pace and flow."""

from __future__ import annotations

import numpy as np

from taktnet.kpi.book import CARD, REVERSAL, number
from taktnet.kpi.exact import Ints, Rows
from taktnet.ledger import event as e
from taktnet.ledger.fact import STATUS

COUNT, CONSUME, PRODUCE = number(e.StockCounted), number(e.StockConsumed), number(e.StockProduced)
TAKE_IN, MOVE, SCRAP = number(e.StockReceived), number(e.StockMoved), number(e.StockScrapped)
HOLD, RELEASE = number(e.StockHeld), number(e.StockReleased)
SHIP, RECEIVE = number(e.GoodsShipped), number(e.GoodsReceived)
KINDS = [COUNT, CONSUME, PRODUCE, TAKE_IN, MOVE, SCRAP, HOLD, RELEASE, SHIP, RECEIVE]
_ADDS = [PRODUCE, TAKE_IN, RECEIVE]
_NEUTRAL = [HOLD, RELEASE, COUNT]

#: One signed change of the stock of a site, item, lot and status. `time` is when it is posted,
#: `other` the site at the other end, `qty` what a count found (else the amount moved).
STOCK_ROW = np.dtype(
    [
        ("time", "<i8"),
        ("at", "<i8"),
        ("seq", "<i8"),
        ("delta", "<i8"),
        ("qty", "<i8"),
        ("group", "<i4"),
        ("key", "<i4"),
        ("site", "<i4"),
        ("item", "<i4"),
        ("lot", "<i4"),
        ("other", "<i4"),
        ("ref", "<i4"),
        ("res", "<i4"),
        ("kind", "<i2"),
        ("status", "i1"),
        ("undone", "?"),
    ]
)


def movements(facts: Rows) -> Rows:
    """STOCK_ROW rows of facts (posting instants filled), keys and groups still 0.

    What a resource or order used is `ref` (consumption) and `res`; shipments carry their lane
    in `res`. Rejected goods never enter stock.
    """
    facts = facts[np.isin(facts["kind"], KINDS) & ((facts["flags"] & CARD) == 0)]
    kind = facts["kind"]
    rows = _rows(facts)
    sign = np.where(rows["undone"], -1, 1)
    good = facts["qty"] - np.where(kind == RECEIVE, facts["qty2"], 0)
    rows["delta"] = sign * good * np.where(np.isin(kind, _ADDS), 1, -1)
    rows["delta"][np.isin(kind, _NEUTRAL)] = 0
    leaves = np.isin(kind, (CONSUME, SHIP, MOVE))
    rows["status"][leaves] = STATUS["available"]
    extra = [rows]
    moved = kind == MOVE
    if moved.any():
        extra.append(_arrivals(rows[moved]))
    shift = np.isin(kind, (HOLD, RELEASE))
    if shift.any():
        extra += _shifts(rows[shift], sign[shift])
    return np.concatenate(extra) if len(extra) > 1 else rows


def _rows(facts: Rows) -> Rows:
    rows = np.zeros(len(facts), STOCK_ROW)
    for name in ("at", "seq", "qty", "site", "item", "lot", "res", "kind", "status"):
        rows[name] = facts[name]
    rows["time"], rows["other"] = facts["recorded"], facts["to"]
    goods = np.isin(facts["kind"], (SHIP, RECEIVE))
    rows["ref"] = np.where(goods, facts["ref"], facts["ref2"])
    rows["undone"] = (facts["flags"] & REVERSAL) != 0
    return rows


def _arrivals(moved: Rows) -> Rows:
    """The other end of stock moved at once."""
    into = moved.copy()
    into["site"], into["other"], into["delta"] = moved["other"], moved["site"], -moved["delta"]
    return into


def _shifts(rows: Rows, sign: Ints) -> list[Rows]:
    """Held: from available; released: to available. Each is two rows that cancel."""
    held = rows["kind"] == HOLD
    blocked = np.where(held, STATUS["held"], rows["status"])
    out, into = rows.copy(), rows.copy()
    out["status"] = np.where(held, STATUS["available"], blocked)
    into["status"] = np.where(held, blocked, STATUS["available"])
    out["delta"], into["delta"] = -sign * rows["qty"], sign * rows["qty"]
    return [out, into]
