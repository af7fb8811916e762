"""As it was, and as we knew it: state and KPIs at another time, folded from the ledger."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import TypeVar

import numpy as np

from taktnet.app.parts import Parts
from taktnet.app.past import Past
from taktnet.base.errors import TaktnetError
from taktnet.base.names import Names
from taktnet.kpi.kpis import Kpis
from taktnet.ledger.fact import FACT, Flag, micros
from taktnet.ledger.ledger import Ledger
from taktnet.state import State

#: Told (done, total) while rows are folded, total 0 where it is not known; may raise to stop.
Progress = Callable[[int, int], object]
T = TypeVar("T")
_FIRST = int(Flag.FIRST)
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
    state = State(names)
    last = known if isinstance(known, int) else None
    knew = micros(known) if isinstance(known, datetime) else None
    until = None if at is None else micros(at)
    kept: list[np.ndarray] = [np.empty(0, FACT)]
    for facts in past.facts(0, last):
        if progress is not None:
            progress(int(facts["seq"][-1]), last or 0)
        part = facts if knew is None else facts[facts["recorded"] <= knew]
        if until is None:
            state.fold(part)
        else:
            kept.append(part[part["at"] <= until])
        if len(part) < len(facts):
            break  # recorded time only rises
    if until is not None:
        state.fold(by_business_time(np.concatenate(kept)))
    return state


def by_business_time(facts: np.ndarray) -> np.ndarray:
    """The facts in the order in which they happened, numbered anew.

    What an event undoes keeps the time of what it undoes, so it may come before the event's own
    facts; each run of facts of one event and one time counts as an event.
    """
    history = facts[np.argsort(facts["at"], kind="stable")].copy()
    if not len(history):
        return history
    begins = np.ones(len(history), np.bool_)
    begins[1:] = (np.diff(history["seq"]) != 0) | (np.diff(history["at"]) != 0)
    history["flags"] = (history["flags"] & ~_FIRST) | (begins * _FIRST)
    history["seq"] = np.cumsum(begins)
    return history


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
        self._parts, self._seq, self._progress = parts, None, progress
        self._lock = Lock()
        self._folded: Kpis | None = None
        now = parts.clock.now()
        if known is not None:
            self._seq = known if isinstance(known, int) else row_at(parts.ledger, micros(known))
            newest = parts.ledger.rows(self._seq - 1, 1) if self._seq else []
            now = newest[0].recorded if newest and isinstance(known, int) else now
            now = min(now, micros(known)) if isinstance(known, datetime) else now
        if at is not None and not _YEARS[0] <= at.year <= _YEARS[1]:
            raise TaktnetError(
                f"{at.isoformat()}: no time that can be looked at. "
                f"Take one of the years {_YEARS[0]} to {_YEARS[1]}."
            )
        self.end = now if at is None else micros(at)
        revisions = parts.revisions
        self.network = revisions.network if self._seq is None else revisions.at(self._seq)

    def look(self, read: Callable[[Kpis], T]) -> T:
        """What `read` finds in the KPIs; those of another time are folded once."""
        if self._seq is None:
            return self._parts.kpis.look(read)
        with self._lock:
            if self._folded is None:
                self._folded = kpis_up_to(self._parts, self._seq, self._progress)
            return read(self._folded)


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
