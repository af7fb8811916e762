"""The book of frozen schedules and of what was built on their resources (G4)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from taktnet.kpi.adherence import compare, longest_rising
from taktnet.kpi.book import Book, number
from taktnet.kpi.exact import Ints, Rows, order, runs
from taktnet.kpi.match import share_of
from taktnet.kpi.world import World
from taktnet.ledger import event as e
from taktnet.ledger.fact import Flag

FROZEN, FINISHED = number(e.ScheduleFrozen), number(e.LotFinished)
PRODUCED = number(e.StockProduced)
LATE = int(Flag.LATE)

#: One schedule of a resource (item 0), or one item of it, with the sums of `adherence`.
CELL = np.dtype(
    [
        ("time", "<i8"),
        ("end", "<i8"),
        ("group", "<i4"),
        ("site", "<i4"),
        ("item", "<i4"),
        ("schedule", "<i4"),
        ("resource", "<i4"),
        ("planned", "<i8"),
        ("made", "<i8"),
        ("mixed", "<i8"),
        ("excess", "<i8"),
        ("lots", "<i8"),
        ("matched", "<i8"),
        ("in_order", "<i8"),
        ("attained", "<i8"),
        ("changed", "<i8"),
    ]
)


class ScheduleBook(Book):
    """Facts of schedules and building, one group per site, and one result per schedule (CELL)."""

    def __init__(self, world: World) -> None:
        super().__init__((FROZEN, FINISHED, PRODUCED), CELL)
        self.world = world

    def _keys(self, rows: Rows) -> Ints:
        return rows["site"].astype(np.int64)

    def close(self, until: int) -> None:
        """Schedules that ended before `until` stay as they are now."""
        self.settle()
        self.results.close(until)

    def _evaluate(self, rows: Rows, group: Ints) -> Rows:
        plan = rows["kind"] == FROZEN
        out: list[tuple[int, ...]] = []
        tolerance = self.world.settings.attainment_ppm
        built = _ByPlace(rows[~plan])
        lots, own = rows[plan], group[plan]
        by = order(lots["site"], lots["ref"], lots["res"], lots["seq"])
        lots, own = lots[by], own[by]
        cell = (lots["ref"].astype(np.int64) << 32) | lots["res"]
        edges = [b for a in runs(lots["site"]) for b in _shifted(cell, a)]
        for a, b in edges:
            out += _Schedule(lots[a:b], int(own[a]), built, tolerance).rows()
        return np.array(out, CELL)


def _shifted(cell: Ints, span: tuple[int, int]) -> list[tuple[int, int]]:
    first, last = span
    return [(a + first, b + first) for a, b in runs(cell[first:last])]


class _ByPlace:
    """What was built, by site and by site and resource, in time order."""

    def __init__(self, rows: Rows) -> None:
        rows = rows[order(rows["site"], rows["at"], rows["seq"])]
        self._rows = {int(rows["site"][a]): rows[a:b] for a, b in runs(rows["site"])}
        self._none = rows[:0]

    def during(self, site: int, resource: int, start: int, end: int) -> Rows:
        """Lots finished on the resource (0: any) in [start, end); else what was produced."""
        rows = self._rows.get(site, self._none)
        a, b = np.searchsorted(rows["at"], (start, end)).tolist()
        rows = rows[a:b]
        if resource:
            rows = rows[rows["res"] == resource]
        finished = rows[rows["kind"] == FINISHED]
        return finished if len(finished) else rows


class _Lot:
    """One lot of the plan, and what was built of it."""

    __slots__ = ("built", "changed", "fact", "place")

    def __init__(self, fact: Any) -> None:
        self.fact = fact
        self.changed = False
        self.built: int | None = None
        self.place = 0

    def same(self, other: Any) -> bool:
        """Whether a later fact says the same of the lot."""
        return all(self.fact[n] == other[n] for n in ("item", "qty", "t1", "t2", "lot"))


class _Schedule:
    """One schedule on one resource: the first frozen version of each lot is the plan."""

    def __init__(self, facts: Rows, group: int, built: _ByPlace, tolerance: int) -> None:
        self.group = group
        self.head = facts[0]
        self.tolerance = tolerance
        self.lots = _plan(facts)
        for place, lot in enumerate(self.lots):
            lot.place = place
        self.start = min(int(lot.fact["t1"]) for lot in self.lots)
        self.end = max(int(lot.fact["t2"]) for lot in self.lots)
        late = [int(lot.fact["recorded"]) for lot in self.lots if lot.fact["flags"] & LATE]
        self.time = max([self.end, *late])
        site, res = int(self.head["site"]), int(self.head["res"])
        self.made = built.during(site, res, self.start, self.end)
        self.order = self._match()

    def _match(self) -> list[int]:
        """Give each built lot to the planned lot it names, else to the next of its item."""
        named = {int(lot.fact["lot"]): lot for lot in self.lots if lot.fact["lot"]}
        free: defaultdict[int, list[_Lot]] = defaultdict(list)
        taken = {int(name) for name in self.made["lot"]} & set(named)
        for lot in self.lots:
            if int(lot.fact["lot"]) not in taken:
                free[int(lot.fact["item"])].append(lot)
        built: list[int] = []
        for row in self.made:
            lot = named.get(int(row["lot"]))
            if lot is None or lot.fact["item"] != row["item"]:
                waiting = free[int(row["item"])]
                lot = waiting.pop(0) if waiting else None
            if lot is None:
                continue
            if lot.built is None:
                built.append(lot.place)
            lot.built = (lot.built or 0) + int(row["qty"])
        return built

    def rows(self) -> list[tuple[int, ...]]:
        """CELL rows: the whole schedule, then one per planned item."""
        planned: defaultdict[int, int] = defaultdict(int)
        made: defaultdict[int, int] = defaultdict(int)
        for lot in self.lots:
            planned[int(lot.fact["item"])] += int(lot.fact["qty"])
        for row in self.made:
            made[int(row["item"])] += int(row["qty"])
        out = [self._row(0, planned, made, self.lots, longest_rising(self.order))]
        for item, qty in planned.items():
            own = [lot for lot in self.lots if lot.fact["item"] == item]
            out.append(self._row(item, {item: qty}, {item: made[item]}, own, 0))
        return out

    def _row(
        self,
        item: int,
        planned: dict[int, int],
        made: dict[int, int],
        lots: list[_Lot],
        rising: int,
    ) -> tuple[int, ...]:
        plan, done, mixed = compare(planned, made)
        attained = sum(1 for lot in lots if self._attained(lot))
        matched = sum(1 for lot in lots if lot.built is not None)
        changed = sum(1 for lot in lots if lot.changed)
        head = self.head
        where = (int(head["site"]), item, int(head["ref"]), int(head["res"]))
        sums = (plan, done, mixed, max(sum(made.values()) - plan, 0), len(lots))
        return (self.time, self.end, self.group, *where, *sums, matched, rising, attained, changed)

    def _attained(self, lot: _Lot) -> bool:
        qty = int(lot.fact["qty"])
        room = share_of(qty, self.tolerance)
        return lot.built is not None and abs(lot.built - qty) <= room


def _plan(facts: Rows) -> list[_Lot]:
    """The first version of every lot, by position; later versions mark it as changed."""
    by_position: defaultdict[int, list[_Lot]] = defaultdict(list)
    for fact in facts:
        earlier = [lot for lot in by_position[int(fact["qty2"])] if lot.fact["at"] < fact["at"]]
        if not earlier:
            by_position[int(fact["qty2"])].append(_Lot(fact))
            continue
        named = [lot for lot in earlier if lot.fact["lot"] == fact["lot"]]
        alike = [lot for lot in named or earlier if lot.fact["item"] == fact["item"]]
        lot = (alike or named or earlier)[0]
        lot.changed |= not lot.same(fact)
    return [lot for position in sorted(by_position) for lot in by_position[position]]
