"""The book of stock: signed movements by business time, and what counts made of them (G2).

Deltas are stored, never balances. A count is the one movement whose delta depends on others: the
balance before it, in business time. So only groups with counts are worked out again.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

import numpy as np

from taktnet.kpi.book import Groups, number
from taktnet.kpi.exact import Ints, Log, Objects, Rows, moments, order, pair, runs, starts, sums
from taktnet.kpi.moves import COUNT, STOCK_ROW, movements
from taktnet.kpi.transit import TransitBook
from taktnet.ledger import event as e

_NEVER = np.iinfo(np.int64).max
_ORDER = number(e.OrderPlaced)


class StockBook:
    """All stock movements, by (site, item) group; goods on the road in `transit`."""

    def __init__(self) -> None:
        self._log = Log(STOCK_ROW)
        self.groups = Groups()  # key: site, item
        self._keys = Groups()  # key: group, lot, status
        self._counted: set[int] = set()  # keys that have counts
        self._below = np.zeros(0, np.int64)  # first instant with stock below zero, by group
        self.transit = TransitBook()
        self.customer_orders: set[int] = set()

    def add(self, facts: Rows) -> None:
        """Take in facts, posting instants filled."""
        self.customer_orders.update(facts["ref"][facts["kind"] == _ORDER].tolist())
        rows = movements(facts)
        if not len(rows):
            return
        rows["group"] = self.groups.number(pair(rows["site"], rows["item"]))
        shelf = (rows["lot"].astype(np.int64) << 2) | rows["status"]
        rows["key"] = self._keys.number((rows["group"].astype(np.int64) << 34) | shelf)
        self._counted.update(rows["key"][rows["kind"] == COUNT].tolist())
        self._log.append(rows)
        self.transit.add(rows)

    def settle(self) -> Rows:
        """All movements with the deltas of counts filled."""
        dirty = self.groups.dirty
        rows = self._log.rows
        if dirty.any():
            self._settle_counts(rows)
            place = np.flatnonzero(dirty[rows["group"]])
            self._find_negative(rows[place], dirty)
            self.groups.clean()
            self._keys.clean()
        return rows

    def _settle_counts(self, rows: Rows) -> None:
        todo = np.zeros(len(self._keys), np.bool_)
        todo[list(self._counted)] = True
        todo &= self._keys.dirty
        place = np.flatnonzero(todo[rows["key"]])
        mine = rows[place]
        by = order(mine["key"], mine["time"], mine["seq"])
        place, mine = place[by], mine[by]
        for a, b in runs(mine["key"]):
            at, delta = _count_deltas(mine[a:b])
            rows["delta"][place[a + at]] = delta

    def _find_negative(self, mine: Rows, dirty: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
        grown = np.full(len(self.groups), _NEVER)
        grown[: len(self._below)] = self._below
        grown[dirty] = _NEVER
        mine = mine[order(mine["group"], mine["time"], mine["seq"])]
        first = starts(mine["group"])
        total = np.cumsum(mine["delta"])
        length = np.diff(np.append(first, len(mine)))
        level = total - np.repeat(total[first] - mine["delta"][first], length)
        last = np.append(mine["time"][1:] != mine["time"][:-1], True)
        last |= np.append(mine["group"][1:] != mine["group"][:-1], True)
        bad = mine[(level < 0) & last]
        np.minimum.at(grown, bad["group"], bad["time"])
        self._below = grown

    def close(self, until: int) -> None:
        """Nothing to fix: what comes after a close is posted after it, and no delta changes."""

    @property
    def below(self) -> Ints:
        """Per group the first instant at which book stock was below zero; far future if never."""
        return self._below

    def places(self) -> tuple[Ints, Ints]:
        """(site, item) of every group."""
        keys = np.array(self.groups.keys, np.int64)
        return keys >> 32, keys & 0xFFFFFFFF

    def state(self) -> dict[str, Any]:
        """Everything needed to go on, as plain values."""
        return {
            "rows": self._log.rows.tobytes(),
            "groups": self.groups.keys,
            "keys": self._keys.keys,
            "orders": sorted(self.customer_orders),
            "transit": self.transit.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""
        rows = np.frombuffer(state["rows"], STOCK_ROW)
        self._log.append(rows)
        self.groups, self._keys = Groups(state["groups"]), Groups(state["keys"])
        self._counted = set(rows["key"][rows["kind"] == COUNT].tolist())
        self.customer_orders = set(state["orders"])
        self.transit.restore(state["transit"])


def _count_deltas(shelf: Rows) -> tuple[Ints, Ints]:
    """(positions, deltas) of the counts among the rows of one shelf, in posting order.

    A count moves the balance to what it found. One that is posted late moves it by what it found
    less the balance at its own time, so that what happened since stays. One that is undone is
    taken back.
    """
    at = np.flatnonzero(shelf["kind"] == COUNT)
    moved = shelf["delta"].copy()
    moved[at] = 0
    before = np.concatenate(([0], np.cumsum(moved))).tolist()
    times: list[int] = shelf["time"].tolist()
    standing: list[tuple[int, int, int, int]] = []  # (posted, at, qty, delta)
    deltas: list[int] = []
    base = 0
    for i in at.tolist():
        row = shelf[i]
        own, posted, qty = int(row["at"]), int(row["time"]), int(row["qty"])
        if row["undone"]:
            hit = next((c for c in reversed(standing) if c[1:3] == (own, qty)), None)
            delta = -hit[3] if hit else 0
            if hit:
                standing.remove(hit)
        elif own < posted:
            then = before[bisect_right(times, own)]
            delta = qty - then - sum(c[3] for c in standing if c[0] <= own)
            standing.append((posted, own, qty, delta))
        else:
            delta = qty - base - before[i]
            standing.append((posted, own, qty, delta))
        base += delta
        deltas.append(delta)
    return at, np.array(deltas, np.int64)


def levels(rows: Rows, place: Ints, count: int, instants: tuple[int, ...]) -> Objects:
    """Stock per place (0 <= place < count) at each instant, changes at the instant included."""
    bucket = np.searchsorted(np.array(instants), rows["time"], side="left")
    inside = bucket < len(instants)
    index = place[inside] * len(instants) + bucket[inside]
    change = sums(index, rows["delta"][inside], count * len(instants))
    return np.cumsum(change.reshape(count, len(instants)), axis=1)


def areas(rows: Rows, place: Ints, count: int, edges: tuple[int, ...]) -> Objects:
    """Time integral of stock per place and bucket, exactly, in millionths x microseconds."""
    buckets = len(edges) - 1
    ends = np.array(edges[1:])
    inside = rows["time"] < edges[-1]
    rows, place = rows[inside], place[inside]
    time = np.maximum(rows["time"], edges[0])
    bucket = np.searchsorted(ends, time, side="right")
    index = place * buckets + bucket
    change = sums(index, rows["delta"], count * buckets).reshape(count, buckets)
    opening = np.zeros((count, buckets), np.int64)
    opening[:, 1:] = np.cumsum(change, axis=1)[:, :-1]
    every = np.arange(count * buckets)
    total = moments(
        np.concatenate((index, every)),
        np.concatenate((rows["delta"], opening.ravel())),
        np.concatenate((ends[bucket] - time, np.tile(np.diff(edges), count))),
        count * buckets,
    )
    return total.reshape(count, buckets)
