"""Goods on the road: what was shipped and is not yet received, by shipment and item."""

from __future__ import annotations

from typing import Any

import numpy as np

from taktnet.kpi.book import Groups
from taktnet.kpi.exact import Log, Rows, order, pair, starts
from taktnet.kpi.moves import RECEIVE, SHIP

#: A change of what is on the road; `site` is the destination.
TRANSIT_ROW = np.dtype(
    [
        ("time", "<i8"),
        ("at", "<i8"),
        ("seq", "<i8"),
        ("delta", "<i8"),
        ("qty", "<i8"),
        ("group", "<i4"),
        ("site", "<i4"),
        ("origin", "<i4"),
        ("item", "<i4"),
        ("named", "<i4"),
        ("ref", "<i4"),
        ("kind", "<i2"),
    ]
)


class TransitBook:
    """Rows by shipment and item; what is received beyond what was shipped was never on the road."""

    def __init__(self) -> None:
        self._log = Log(TRANSIT_ROW)
        self.groups = Groups()

    def add(self, moved: Rows) -> None:
        """Take in stock rows; only goods shipped and received count."""
        moved = moved[np.isin(moved["kind"], (SHIP, RECEIVE))]
        if not len(moved):
            return
        rows = np.zeros(len(moved), TRANSIT_ROW)
        for name in ("time", "at", "seq", "item", "ref", "kind"):
            rows[name] = moved[name]
        rows["qty"] = np.where(moved["undone"], -moved["qty"], moved["qty"])
        ship = moved["kind"] == SHIP
        rows["origin"] = np.where(ship, moved["site"], 0)
        rows["site"] = np.where(ship, moved["other"], moved["site"])
        rows["named"] = np.where(ship, moved["res"], 0)
        rows["group"] = self.groups.number(pair(rows["ref"], rows["item"]))
        self._log.append(rows)

    def settle(self) -> Rows:
        """All rows with deltas; a receipt has the origin and lane of what was shipped before it."""
        rows = self._log.rows
        dirty = self.groups.dirty
        if dirty.any():
            place = np.flatnonzero(dirty[rows["group"]])
            mine = rows[place]
            by = order(mine["group"], mine["time"], mine["seq"])
            rows[place[by]] = _settled(mine[by])
            self.groups.clean()
        return rows

    def state(self) -> dict[str, Any]:
        """Everything needed to go on, as plain values."""
        return {"rows": self._log.rows.tobytes(), "groups": self.groups.keys}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""
        self._log.append(np.frombuffer(state["rows"], TRANSIT_ROW))
        self.groups = Groups(state["groups"])


def _settled(mine: Rows) -> Rows:
    first = starts(mine["group"])
    length = np.diff(np.append(first, len(mine)))
    signed = np.where(mine["kind"] == SHIP, mine["qty"], -mine["qty"])
    total = np.cumsum(signed)
    open_ = np.maximum(total - np.repeat(total[first] - signed[first], length), 0)
    before = np.concatenate(([0], open_[:-1]))
    before[first] = 0
    mine["delta"] = open_ - before
    ship = mine["kind"] == SHIP
    place = np.arange(len(mine))
    last = np.maximum.accumulate(np.where(ship, place, -1))
    known = last >= np.repeat(first, length)  # the newest shipment before a receipt
    for name in ("origin", "named"):
        mine[name] = np.where(ship, mine[name], np.where(known, mine[name][last], 0))
    return mine
