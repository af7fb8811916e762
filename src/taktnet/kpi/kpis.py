"""The holder of all KPIs: facts in, values out, the same however the facts were chunked."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Any, Literal, Protocol

import msgspec
import numpy as np

from taktnet.base.errors import TaktnetError
from taktnet.base.names import Names
from taktnet.kpi.adherence import adherence
from taktnet.kpi.book import number
from taktnet.kpi.catalogue import CATALOGUE
from taktnet.kpi.charges import ChargeBook
from taktnet.kpi.consigned import consigned
from taktnet.kpi.cost import cost
from taktnet.kpi.costs import Costs
from taktnet.kpi.definition import Dimension, KpiValue, Window, edges
from taktnet.kpi.exact import DAY, Rows
from taktnet.kpi.held import Held, hold
from taktnet.kpi.leadtime import lead_time
from taktnet.kpi.lines import LineBook
from taktnet.kpi.measure import Members
from taktnet.kpi.otif import otif
from taktnet.kpi.schedules import ScheduleBook
from taktnet.kpi.settings import KpiSettings
from taktnet.kpi.stock import StockBook
from taktnet.kpi.stockout import stockout
from taktnet.kpi.stops import StopBook
from taktnet.kpi.turns import turns
from taktnet.kpi.world import World
from taktnet.ledger import event as e
from taktnet.network import Network

_CLOSED = number(e.PeriodClosed)
_STEP = {"none": 0, "day": DAY, "week": 7 * DAY}
_LAYOUT = 1
KEYS: tuple[str, ...] = tuple(kpi.key for kpi in CATALOGUE)
Step = Literal["none", "day", "week"]


class SnapshotRefused(TaktnetError):
    """A snapshot was made under another layout or other settings: recompute instead."""


class Book(Protocol):
    """What the holder asks of a book."""

    def add(self, facts: Rows) -> None:
        """Take in facts, posting instants filled."""
        ...

    def settle(self) -> Rows:
        """Result rows, up to date."""
        ...

    def close(self, until: int) -> None:
        """Results before `until` stay as they are now."""
        ...

    def state(self) -> dict[str, Any]:
        """Everything needed to go on."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""
        ...


class Kpis:
    """All KPIs over the facts seen so far.

    `update` only keeps the facts; the first `report` after it folds them. Facts must come in the
    order of the ledger, corrections and late ones included. What was known on an earlier day is
    `recompute` over the facts recorded until then.
    """

    def __init__(self, network: Network, names: Names, settings: KpiSettings | None = None) -> None:
        self.settings = settings or KpiSettings()
        self.names = names
        self.world = World(network, names, self.settings)
        self.lines = LineBook(self.world)
        self.stock = StockBook()
        self.schedules = ScheduleBook(self.world)
        self.charges = ChargeBook(self.world)
        self.stops = StopBook()
        self.seq = 0
        self._waiting: list[Rows] = []
        self._closed = np.iinfo(np.int64).min

    @property
    def _books(self) -> dict[str, Book]:
        return {
            "lines": self.lines,
            "stock": self.stock,
            "schedules": self.schedules,
            "charges": self.charges,
            "stops": self.stops,
        }

    def update(self, facts: Rows) -> None:
        """Take in facts (dtype FACT) that follow those seen before; the array is copied."""
        if len(facts):
            self._waiting.append(facts.copy())
            self.seq = int(facts["seq"][-1])

    def fold(self) -> None:
        """Fold what waits. `report` does it; call it to choose the moment."""
        if not self._waiting:
            return
        facts = np.concatenate(self._waiting)
        self._waiting.clear()
        self.world.grow(facts)
        ends = np.flatnonzero(facts["kind"] == _CLOSED) + 1
        for piece in np.split(facts, ends):
            self._fold(piece)

    def settle(self) -> None:
        """Work out all results now, so that the next report only sums them up."""
        self.fold()
        for book in self._books.values():
            book.settle()
        self.stock.transit.settle()

    def _fold(self, facts: Rows) -> None:
        if not len(facts):
            return
        facts["recorded"] = np.maximum(facts["at"], self._closed)
        for book in self._books.values():
            book.add(facts)
        if facts["kind"][-1] == _CLOSED and facts["t1"][-1] > self._closed:
            self._closed = int(facts["t1"][-1])
            for book in self._books.values():
                book.close(self._closed)

    def report(
        self,
        start: int,
        end: int,
        *,
        by: Dimension = "network",
        as_of: int | None = None,
        step: Step = "none",
        keys: Collection[str] = KEYS,
        base: tuple[int, int] | None = None,
    ) -> list[KpiValue]:
        """Values of the KPIs `keys`, all variants, for [start, end) by the members of `by`.

        Instants are microseconds since 1970 UTC. `as_of` (default: `end`) is when the report is
        looked at: lines due later do not count, stock after it is not known. `step` cuts the
        window into days or weeks from `start` for the trend. `base` is the window against which
        cost is compared (default: the one of the same length before). Raises ValueError for an
        empty window.
        """
        self.fold()
        window = Window(edges(start, end, _STEP[step]), end if as_of is None else as_of)
        before = base or (2 * start - end, start)
        report = _Report(self, window, Window(edges(*before, 0), before[1]))
        out: list[KpiValue] = []
        for key in KEYS:
            if key in keys:
                found = report.values(key, Members(by, self.world))
                out += sorted(found, key=lambda v: v.scope.name)
        return out

    def to_bytes(self) -> bytes:
        """A snapshot as of `seq`, for a fast restart."""
        self.fold()
        state = {
            "layout": _LAYOUT,
            "settings": self.settings,
            "seq": self.seq,
            "closed": int(self._closed),
            "known": self.world.known,
            "lanes": self.world.lanes,
            "books": {name: book.state() for name, book in self._books.items()},
        }
        return msgspec.msgpack.encode(state)

    @classmethod
    def from_bytes(
        cls,
        blob: bytes,
        network: Network,
        names: Names,
        settings: KpiSettings | None = None,
    ) -> Kpis:
        """The holder of a snapshot; raises SnapshotRefused where it must be recomputed.

        `network` may be a changed one: costs, calendars, lanes and owners are then those of the
        new one for all of history, but for lines, schedules and stops of closed periods.
        """
        kpis = cls(network, names, settings)
        state = msgspec.msgpack.decode(blob)
        if state["layout"] != _LAYOUT or state["settings"] != msgspec.to_builtins(kpis.settings):
            raise SnapshotRefused(
                "The snapshot of the KPIs was made with other settings or by another version."
                " Recompute it from the ledger."
            )
        kpis.seq, kpis._closed = state["seq"], state["closed"]
        for name, book in kpis._books.items():
            book.restore(state["books"][name])
        for name in state["lanes"]:  # first of all: closed results carry their numbers
            kpis.world.lane_id(name)
        kpis.world.grow_to(*state["known"])
        return kpis


class _Report:
    """One report: what several KPIs of it share is worked out once."""

    def __init__(self, kpis: Kpis, window: Window, base: Window) -> None:
        self.kpis, self.window, self.base = kpis, window, base

    @cached_property
    def held(self) -> Held:
        """Own stock over the window."""
        return hold(self.kpis.stock, self.kpis.world, self.window)

    def values(self, key: str, members: Members) -> list[KpiValue]:
        """All variants of one KPI."""
        k, window = self.kpis, self.window
        match key:
            case "otif":
                kept = consigned(k.stock, k.world, window, members)
                return otif(k.lines.settle(), members, window) + kept
            case "turns":
                return turns(k.stock, k.world, self.held, window, members)
            case "lead_time":
                return lead_time(k.lines.settle(), members, window, k.settings)
            case "schedule":
                return adherence(k.schedules.settle(), members, window)
            case "cost":
                return self._cost(members)
            case _:
                return stockout(k.stops, k.world, window, members)

    def _cost(self, members: Members) -> list[KpiValue]:
        k = self.kpis
        before = hold(k.stock, k.world, self.base)
        now, then = (
            Costs(k.charges, k.stock, k.world, held, members.by) for held in (self.held, before)
        )
        return cost(now, then, members, self.window)


def recompute(
    facts: Iterable[Rows],
    network: Network,
    names: Names,
    settings: KpiSettings | None = None,
) -> Kpis:
    """All KPIs anew from facts in the order of the ledger, chunk by chunk."""
    kpis = Kpis(network, names, settings)
    for chunk in facts:
        kpis.update(chunk)
        kpis.fold()
    return kpis
