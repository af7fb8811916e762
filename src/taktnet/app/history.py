"""As it was, and as we knew it: state and KPIs at another time, folded from the ledger."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeVar

import numpy as np
from msgspec.structs import replace

from taktnet.app.parts import Parts
from taktnet.app.past import Past
from taktnet.base.errors import TaktnetError
from taktnet.base.names import Names
from taktnet.kpi.kpis import Kpis
from taktnet.ledger.event import NUMBER, DecisionTaken
from taktnet.ledger.fact import FACT, Flag, micros
from taktnet.ledger.ledger import Ledger, Recorded
from taktnet.ledger.search import Query, search
from taktnet.state import State

#: Told (done, total) while rows are folded; may raise to stop.
Progress = Callable[[int, int], object]
T = TypeVar("T")
_FIRST = int(Flag.FIRST)
_DECIDED = NUMBER[DecisionTaken]
_CHUNK = 20_000
#: Whose calendars can be worked out, with a window before and after.
_YEARS = (1970, 9000)


def state_as_of(
    past: Past,
    names: Names,
    at: datetime | None,
    known: datetime | int | None,
    progress: Progress | None = None,
) -> State:
    """The state from events that happened up to `at` and were recorded up to `known`.

    `known` is a time or a row's number; without it everything recorded counts. Without `at` it is
    the live state as it stood then, late events in the order in which they came. With `at` events
    count by business time, so what came late but happened before stands where it belongs; such a
    state numbers its events anew.
    """
    state, ledger = State(names), past.ledger
    last = row_at(ledger, micros(known)) if isinstance(known, datetime) else known
    last = ledger.head.seq if last is None else last
    until = None if at is None else micros(at)
    kept: list[np.ndarray] = [np.empty(0, FACT)]
    for facts in past.facts(0, last):
        if progress is not None:
            progress(int(facts["seq"][-1]), last)
        if until is None:
            state.fold(facts)
        else:
            kept.append(facts[facts["at"] <= until])
    if until is not None:
        state.fold(by_business_time(np.concatenate(kept)))
    return state


def by_business_time(facts: np.ndarray) -> np.ndarray:
    """The facts in the order in which they happened, numbered anew.

    A decision stands behind what was known when it was taken: events that came together may tell
    what was done about it a moment later. What an event undoes keeps the time of what it undoes,
    so it may come before the event's own facts; each run of facts of one event and one time counts
    as an event.
    """
    at = facts["at"]
    order = np.where(facts["kind"] == _DECIDED, np.minimum(at, come_to(facts)), at)
    history = facts[np.argsort(order, kind="stable")].copy()
    if not len(history):
        return history
    begins = np.ones(len(history), np.bool_)
    begins[1:] = (np.diff(history["seq"]) != 0) | (np.diff(history["at"]) != 0)
    history["flags"] = (history["flags"] & ~_FIRST) | (begins * _FIRST)
    history["seq"] = np.cumsum(begins)
    return history


def come_to(facts: np.ndarray) -> np.ndarray:
    """The latest business time that was known at each fact; decisions add nothing to it."""
    at = np.where(facts["kind"] == _DECIDED, np.iinfo(np.int64).min, facts["at"])
    return np.maximum.accumulate(at)


class Sight:
    """KPIs and network as seen from a time: `at` is when a window ends, `known` what was known.

    `known` is a time or a row's number; without it everything recorded counts. `end` (in
    microseconds since 1970 UTC) is `at`, or when that was known, or now.
    """

    def __init__(
        self,
        parts: Parts,
        at: datetime | None = None,
        known: datetime | int | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._parts, self._progress = parts, progress
        self.seq: int | None = None  #: the last row that was known; None: all are
        self._lock = Lock()
        self._folded: Kpis | None = None
        self.at = at
        self.recorded: int | None = None  #: until when rows were known, microseconds since 1970 UTC
        now = parts.clock.now()
        if known is not None:
            self.seq = known if isinstance(known, int) else row_at(parts.ledger, micros(known))
            newest = parts.ledger.rows(self.seq - 1, 1) if self.seq else []
            if isinstance(known, datetime):
                self.recorded = micros(known)
                now = min(now, self.recorded)
            else:
                now = self.recorded = newest[0].recorded if newest else now
        if at is not None and not _YEARS[0] <= at.year <= _YEARS[1]:
            raise TaktnetError(
                f"{at.isoformat()}: no time that can be looked at. "
                f"Take one of the years {_YEARS[0]} to {_YEARS[1]}."
            )
        self.end = now if at is None else micros(at)
        revisions = parts.revisions
        self.network = revisions.network if self.seq is None else revisions.at(self.seq)

    def look(self, read: Callable[[Kpis], T]) -> T:
        """What `read` finds in the KPIs; those of another time are folded once."""
        if self.seq is None:
            return self._parts.kpis.look(read)
        with self._lock:
            if self._folded is None:
                self._folded = kpis_up_to(self._parts, self.seq, self._progress)
            return read(self._folded)

    def covers(self, row: Recorded) -> bool:
        """Whether a row was known, and had happened."""
        known = self.seq is None or row.seq <= self.seq
        return known and (self.at is None or row.event.at <= self.at)

    def search(self, query: Query, limit: int = 50, before: int = 0) -> list[Recorded]:
        """`ledger.search.search` among the rows that it covers; `before` 0: from the newest."""
        if self.at is not None:
            end = self.at + timedelta(microseconds=1)
            query = replace(query, end=end if query.end is None else min(end, query.end))
        known = None if self.seq is None else self.seq + 1
        bounds = [bound for bound in (before or None, known) if bound is not None]
        return search(self._parts.ledger, query, limit, min(bounds, default=None))

    def fold(self, progress: Progress) -> None:
        """Fold the KPIs now, told how far it is; `look` then has them at once."""
        if self.seq is not None:
            folded = kpis_up_to(self._parts, self.seq, progress)
            with self._lock:
                self._folded = folded


def row_at(ledger: Ledger, recorded: int) -> int:
    """The newest row recorded at or before a time; 0 if there is none."""
    rows = range(1, ledger.head.seq + 1)
    return bisect_right(rows, recorded, key=lambda seq: ledger.rows(seq - 1, 1)[0].recorded)


def kpis_up_to(parts: Parts, until: int, progress: Progress | None = None) -> Kpis:
    """The KPIs of all rows up to `until`, each under the network as it was; folded anew."""
    names, revisions = parts.ledger.names, parts.revisions
    until = min(until, parts.ledger.head.seq)
    kpis = Kpis(revisions.at(0), names)
    for seq in [*(s for s in revisions.since(0) if s < until), until]:
        for facts in parts.past.facts(kpis.seq, seq, _CHUNK):
            kpis.update(facts)
            kpis.fold()
            if progress is not None:
                progress(kpis.seq, until)
        if seq < until:
            kpis = Kpis.from_bytes(kpis.to_bytes(), revisions.at(seq), names)
    return kpis
