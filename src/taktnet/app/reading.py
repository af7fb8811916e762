"""State and KPIs as readers see them: followers of the ledger, never in the writer's way.

The writer hands over the facts of each commit; they are folded here when somebody asks, or when
enough of them wait. A state that a reader gets is a copy and stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import zip_longest
from threading import Lock
from typing import TypeVar

import numpy as np
from msgspec import MsgspecError

from taktnet.app.past import Past
from taktnet.app.revisions import Revisions
from taktnet.kpi.kpis import Kpis, SnapshotRefused
from taktnet.ledger.ledger import Ledger
from taktnet.state import State
from taktnet.state.snapshot import BadSnapshot

STATE = "state"
KPIS = "kpis"
_MOST_WAITING = 200_000  # facts kept for readers; beyond that they are read from the ledger again
_MANY_WAITING = 20_000
T = TypeVar("T")


def load_state(ledger: Ledger, past: Past) -> State:
    """The state as of the newest row: the snapshot and the facts behind it."""
    kept = ledger.load_snapshot(STATE)
    state = State(ledger.names)
    if kept is not None:
        with suppress(BadSnapshot):  # then everything is folded again
            state = State.from_bytes(kept[1], ledger.names)
    for facts in past.facts(state.seq):
        state.fold(facts)
    return state


class StateReading:
    """A second fold of the state. All methods may be called from any thread."""

    def __init__(self, ledger: Ledger, past: Past) -> None:
        self._ledger, self._past = ledger, past
        self._inbox: list[np.ndarray] = []
        self._waiting = 0
        self._inbox_lock = Lock()
        self._lock = Lock()
        self._state = load_state(ledger, past)
        self._copy: State | None = None

    def hear(self, facts: np.ndarray) -> None:
        """Facts that were just committed, in order; called by the writer."""
        with self._inbox_lock:
            self._inbox.append(facts)
            self._waiting += len(facts)
            if self._waiting > _MOST_WAITING:
                self._inbox.clear()
                self._waiting = 0

    def state(self) -> State:
        """A copy as of the newest committed row; leave it as it is."""
        with self._lock:
            self._catch_up()
            if self._copy is None or self._copy.seq != self._state.seq:
                self._copy = self._state.copy()
            return self._copy

    def tidy(self) -> None:
        """Catch up when much waits, so that the next reader does not have to."""
        if self._waiting > _MANY_WAITING:
            with self._lock:
                self._catch_up()

    def save(self) -> int:
        """Store a snapshot as of the newest committed row; its number."""
        state = self.state()
        self._ledger.save_snapshot(STATE, state.seq, state.to_bytes())
        return state.seq

    def _catch_up(self) -> None:
        with self._inbox_lock:
            parts, self._inbox = self._inbox, []
            self._waiting = 0
        for facts in parts:
            if int(facts["seq"][0]) == self._state.seq + 1:
                self._state.fold(facts)
        # Rows may be missing when too many waited, or when the writer has not told of them yet.
        for facts in self._past.facts(self._state.seq, self._ledger.head.seq):
            self._state.fold(facts)


class KpiReading:
    """The KPIs, kept up to date from the ledger. All methods may be called from any thread."""

    def __init__(self, ledger: Ledger, past: Past, revisions: Revisions) -> None:
        self._ledger, self._past, self._revisions = ledger, past, revisions
        self._lock = Lock()
        self._kpis = self._load()

    def look(self, read: Callable[[Kpis], T]) -> T:
        """What `read` finds in the KPIs as of the newest committed row."""
        with self._lock:
            self._catch_up()
            return read(self._kpis)

    def tidy(self) -> None:
        """Catch up when much waits, so that the next reader does not have to."""
        if self._ledger.head.seq - self._kpis.seq > _MANY_WAITING:
            self.look(lambda kpis: kpis.fold())

    def save(self) -> None:
        """Store a snapshot as of the newest committed row."""
        seq, blob = self.look(lambda kpis: (kpis.seq, kpis.to_bytes()))
        self._ledger.save_snapshot(KPIS, seq, blob)

    def _load(self) -> Kpis:
        names, revisions = self._ledger.names, self._revisions
        kept = self._ledger.load_snapshot(KPIS)
        if kept is not None:
            with suppress(SnapshotRefused, MsgspecError):  # then everything is read again
                return Kpis.from_bytes(kept[1], revisions.at(kept[0]), names)
        return Kpis(revisions.at(0), names)

    def _catch_up(self) -> None:
        head = self._ledger.head.seq
        changes = self._revisions.since(self._kpis.seq)
        for seq, following in zip_longest(changes, changes[1:]):
            if seq <= head and following != seq + 1:  # of a run of changes the last one counts
                # The rows so far were read under the network as it was; go on under the new one.
                self._update(seq)
                network, blob = self._revisions.at(seq), self._kpis.to_bytes()
                self._kpis = Kpis.from_bytes(blob, network, self._ledger.names)
        self._update(head)

    def _update(self, until: int) -> None:
        for facts in self._past.facts(self._kpis.seq, until):
            self._kpis.update(facts)
