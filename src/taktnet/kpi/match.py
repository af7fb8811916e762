"""Which goods serve which line, and how each line comes out.

Goods belong to a line that they name, or whose shipment names it; else they serve the lines of
the same site, item and origin first in, first out, none before it was asked for.
"""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from taktnet.kpi.exact import MILLION, Ints, Rows, pair, starts
from taktnet.kpi.fifo import serve
from taktnet.kpi.line import (
    ARRIVED,
    CALLOFF,
    DECISION,
    LINE,
    ORDER,
    RECEIVED,
    REFUSED,
    SHIPPED,
    TAKEN_IN,
    WAITS,
    WITHDRAWN,
    targets,
)
from taktnet.kpi.settings import KpiSettings
from taktnet.kpi.world import World

#: A part of a delivery given to one line: `time` is that of record, `taken` that of receipt.
PART = np.dtype(
    [("line", "<i8"), ("time", "<i8"), ("taken", "<i8"), ("qty", "<i8"), ("good", "<i8")]
)
#: A receipt on its way to a line; `pool` is the place of a line name, -1 where none is known.
RECEIPT = np.dtype([*PART.descr[1:], ("group", "<i8"), ("origin", "<i8"), ("pool", "<i8")])
_MINUTE = 60 * MILLION


def evaluate(rows: Rows, group: Ints, words: Rows, world: World, orders: dict[str, int]) -> Rows:
    """LINE rows of whole groups. `rows` stand (corrected) and are in the ledger's order."""
    kind = rows["kind"]
    placed = np.isin(kind, (ORDER, CALLOFF, DECISION))
    lines = targets(rows[placed], group[placed], words, world, orders)
    if not len(lines):
        return np.zeros(0, LINE)
    lines = lines[np.lexsort((lines["ref"], lines["asked"], lines["due"], lines["group"]))]
    shipped, taken = kind == SHIPPED, np.isin(kind, (RECEIVED, TAKEN_IN))
    parts = _Matching(lines, world).run(
        rows[shipped], group[shipped], rows[taken], group[taken], words[words["kind"] == ARRIVED]
    )
    _outcome(lines, parts, world.settings)
    return lines


class _Matching:
    """Lines sorted by due time, and the goods given to them."""

    def __init__(self, lines: Rows, world: World) -> None:
        self.lines = lines
        self.world = world
        keys = pair(lines["group"], lines["ref"])
        self.by_name = np.argsort(keys, kind="stable")
        ordered = keys[self.by_name]
        self.first = starts(ordered)
        self.names = ordered[self.first]
        self.count = np.diff(np.append(self.first, len(ordered)))
        self.taken = np.zeros(len(lines), np.bool_)
        self.parts: list[Rows] = []
        self.loose: list[tuple[int, int, int, int, int]] = []

    def run(
        self, shipped: Rows, ship_group: Ints, received: Rows, group: Ints, arrived: Rows
    ) -> Rows:
        """All parts given to lines."""
        gate = _Gate(arrived)
        ship_pool = self.pool(ship_group, shipped["ref2"])
        shipments = _Shipments(pair(ship_group, shipped["ref"]), ship_pool, shipped)
        receipts = self.receipts(received, group, gate, shipments)
        self.lanes(shipped, ship_pool)
        self.give_named(receipts, shipments, pair(group, received["ref"]))
        self.give_at_gate(shipped, ship_group, ship_pool, pair(group, received["ref"]), gate)
        self.give_in_order(receipts[receipts["pool"] == -1])
        parts = np.concatenate(self.parts) if self.parts else np.zeros(0, PART)
        if self.loose:
            parts = np.concatenate((parts, np.array(self.loose, PART)))
        return parts

    def pool(self, group: Ints, ref: Ints) -> Ints:
        """Place of the line name in `names` for each row, -1 where it names none."""
        keys = pair(group, ref)
        place = np.minimum(np.searchsorted(self.names, keys), len(self.names) - 1)
        return np.where((self.names[place] == keys) & (ref != 0), place, -1)

    def receipts(self, rows: Rows, group: Ints, gate: _Gate, shipments: _Shipments) -> Rows:
        """Receipts with their time of record, and the name or origin by which to match them."""
        out = np.zeros(len(rows), RECEIPT)
        out["taken"], out["qty"], out["group"] = rows["at"], rows["qty"], group
        bought = rows["kind"] == TAKEN_IN
        out["good"] = np.where(bought, rows["qty"], rows["qty"] - rows["qty2"])
        at_gate = gate.time(rows["site"], rows["ref"])
        out["time"] = np.where(bought | (at_gate == 0), rows["at"], at_gate)
        named = self.pool(group, rows["ref2"])
        pool, origin = shipments.find(pair(group, rows["ref"]))
        out["pool"] = np.where((named == -1) & ~bought, pool, named)
        out["origin"] = np.where(bought, rows["to"], origin)
        return out

    def lanes(self, shipped: Rows, pool: Ints) -> None:
        """A lane named by a shipment is the lane of its line."""
        known = (pool >= 0) & (shipped["res"] != 0)
        if known.any():
            line = self.by_name[self.first[pool[known]]]
            self.lines["lane"][line] = self.world.local_lanes(shipped["res"][known])

    def give_named(self, receipts: Rows, shipments: _Shipments, keys: Ints) -> None:
        """Receipts that name a line, themselves or by their shipment."""
        pool = receipts["pool"]
        self.taken[self.by_name[self.first[shipments.named]]] = True
        one = (pool >= 0) & (self.count[np.maximum(pool, 0)] == 1)
        given = np.zeros(int(one.sum()), PART)
        given["line"] = self.by_name[self.first[pool[one]]]
        for name in PART.names[1:] if PART.names else ():
            given[name] = receipts[name][one]
        self.taken[given["line"]] = True
        self.parts.append(given)
        for k in np.unique(pool[(pool >= 0) & ~one]).tolist():
            lines = self.by_name[self.first[k] : self.first[k] + self.count[k]].tolist()
            room = [(line, int(self.lines["qty"][line])) for line in lines]
            self.share(room, receipts[pool == k])
        for key in np.unique(keys[pool == _Shipments.SEVERAL]).tolist():
            room = [
                (int(self.by_name[self.first[p]]), q) for p, q in shipments.contents(key) if p >= 0
            ]
            self.share(room, receipts[(pool == _Shipments.SEVERAL) & (keys == key)])

    def share(self, room: list[tuple[int, int]], receipts: Rows) -> None:
        """Fill lines in turn from receipts in turn; what is left over goes to the last line."""
        if not room:
            return
        turn, left = 0, room[0][1]
        for line, _ in room:
            self.taken[line] = True
        for r in receipts[np.lexsort((receipts["time"], receipts["taken"]))]:
            qty, good = int(r["qty"]), int(r["good"])
            while qty > 0:
                last = turn == len(room) - 1
                take = qty if last else min(qty, left)
                self.part(room[turn][0], r, take, min(take, good))
                qty, good, left = qty - take, good - min(take, good), left - take
                if left <= 0 and not last:
                    turn += 1
                    left = room[turn][1]

    def give_at_gate(
        self, shipped: Rows, group: Ints, pool: Ints, received: Ints, gate: _Gate
    ) -> None:
        """Customers that report the gate and no receipt: what was shipped came at the gate."""
        time = gate.time(shipped["to"], shipped["ref"])
        silent = ~np.isin(pair(group, shipped["ref"]), received)
        for i in np.flatnonzero((pool >= 0) & (time != 0) & silent).tolist():
            line = int(self.by_name[self.first[pool[i]]])
            if self.lines["customer"][line]:
                qty, at = int(shipped["qty"][i]), int(time[i])
                self.loose.append((line, at, at, qty, qty))

    def give_in_order(self, receipts: Rows) -> None:
        """Receipts that name nothing: first in, first out among lines that nothing names."""
        if len(receipts):
            closed = np.isin(self.lines["out"], (WITHDRAWN, REFUSED, WAITS))
            self.loose += serve(self.lines, np.flatnonzero(~self.taken & ~closed), receipts)

    def part(self, line: int, receipt: Any, qty: int, good: int) -> None:
        """Give a part of a receipt to a line."""
        self.loose.append((line, int(receipt["time"]), int(receipt["taken"]), qty, good))


class _Gate:
    """When a shipment was first at a site's gate."""

    def __init__(self, arrived: Rows) -> None:
        keys = pair(arrived["site"], arrived["ref"])
        by = np.lexsort((arrived["at"], keys))
        ordered = keys[by]
        first = starts(ordered)
        self.keys, self.times = ordered[first], arrived["at"][by][first]

    def time(self, site: Ints, shipment: Ints) -> Ints:
        """Microseconds, 0 where no arrival is on record."""
        if not len(self.keys):
            return np.zeros(len(site), np.int64)
        keys = pair(site, shipment)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.times[place], 0)


class _Shipments:
    """What each shipment carries to a group, and for which lines."""

    SEVERAL = -2

    def __init__(self, keys: Ints, pool: Ints, rows: Rows) -> None:
        by = np.argsort(keys, kind="stable")
        self.keys, self.pool, self.qty = keys[by], pool[by], rows["qty"][by]
        self.first = starts(self.keys)
        self.unique = self.keys[self.first]
        self.named = np.unique(pool[pool >= 0])
        origin = rows["site"][by]
        if len(by):
            low = np.minimum.reduceat(self.pool, self.first)
            high = np.maximum.reduceat(self.pool, self.first)
            self.line = np.where(low == high, low, self.SEVERAL)
            self.origin = origin[self.first]

    def find(self, keys: Ints) -> tuple[Ints, Ints]:
        """(place of the line name, origin) per key; -1 and 0 where no shipment is on record."""
        if not len(self.unique):
            return np.full(len(keys), -1), np.zeros(len(keys), np.int64)
        place = np.minimum(np.searchsorted(self.unique, keys), len(self.unique) - 1)
        known = self.unique[place] == keys
        return np.where(known, self.line[place], -1), np.where(known, self.origin[place], 0)

    def contents(self, key: int) -> list[tuple[int, int]]:
        """(place of the line name, quantity) of each row of a shipment."""
        a, b = np.searchsorted(self.keys, [key, key + 1]).tolist()
        return list(zip(self.pool[a:b].tolist(), self.qty[a:b].tolist(), strict=True))


@overload
def share_of(qty: int, ppm: int) -> int: ...
@overload
def share_of(qty: Ints, ppm: int) -> Ints: ...
def share_of(qty: Ints | int, ppm: int) -> Ints | int:
    """Whole millionths in `ppm` of a quantity, rounded down, without overflow."""
    return (qty // MILLION) * ppm + (qty % MILLION) * ppm // MILLION


def _outcome(lines: Rows, parts: Rows, declared: KpiSettings) -> None:
    """Fill the outcome of each line from the parts it was given."""
    who = parts["line"]
    opens, due, qty = lines["opens"], lines["due"], lines["qty"]

    def inside(early: int, late: int, what: str) -> Ints:
        in_time = parts["time"] >= opens[who] - early
        in_time &= parts["time"] <= due[who] + late
        total = np.zeros(len(lines), np.int64)
        np.add.at(total, who[in_time], parts[what][in_time])
        return total

    received, accepted = inside(0, 0, "qty"), inside(0, 0, "good")
    lines["strict_received"] = received == qty
    lines["strict_accepted"] = accepted == qty
    lines["received"] = np.minimum(received, qty)
    lines["accepted"] = np.minimum(accepted, qty)
    basis = "qty" if declared.basis == "received" else "good"
    agreed = inside(declared.early_min * _MINUTE, declared.late_min * _MINUTE, basis)
    lines["contract"] = qty - agreed <= share_of(qty, declared.under_ppm)
    lines["contract"] &= agreed - qty <= share_of(qty, declared.over_ppm)
    _complete(lines, parts, qty - share_of(qty, MILLION - declared.complete_ppm))


def _complete(lines: Rows, parts: Rows, need: Ints) -> None:
    """When the accepted quantity of each line was complete."""
    parts = parts[np.lexsort((parts["taken"], parts["line"]))]
    first = starts(parts["line"])
    if not len(first):
        return
    total = np.cumsum(parts["good"])
    before = np.repeat(total[first] - parts["good"][first], np.diff(np.append(first, len(parts))))
    full = np.flatnonzero(total - before >= need[parts["line"]])
    who, where = np.unique(parts["line"][full], return_index=True)
    lines["done"][who] = parts["taken"][full[where]]
