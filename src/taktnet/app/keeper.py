"""What is done beside the writer while a tower runs: checkpoints, snapshots, reviews by time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Lock, Thread

from taktnet.app.reading import KpiReading, StateReading
from taktnet.app.revisions import Revisions
from taktnet.app.writer import Closed
from taktnet.ledger.checkpoint import Checkpointer
from taktnet.ledger.ledger import Ledger

_LOG = logging.getLogger(__name__)
_TICK_S = 0.05
_THIN_US = 60_000_000


class Keeper:
    """A thread that looks after a tower every fifty milliseconds.

    Hashing goes on in small steps, so that a checkpoint never holds anybody up for long.
    """

    def __init__(
        self,
        ledger: Ledger,
        checkpointer: Checkpointer,
        *,
        state: StateReading,
        kpis: KpiReading,
        revisions: Revisions,
        snapshot_events: int,
        review: Callable[[], object],
        review_s: float,
        micros: Callable[[], int],
    ) -> None:
        self._ledger, self._checkpointer = ledger, checkpointer
        self._state, self._kpis, self._revisions = state, kpis, revisions
        self._every, self._micros = snapshot_events, micros
        self._review, self._review_us = review, round(review_s * 1_000_000)
        self._reviewed = micros()
        self._saved, self._thinned = ledger.head.seq, micros()
        self._stop = Event()
        self._lock = Lock()  # the Merkle log is read by proofs as well
        self.trouble = ""  #: what keeps checkpoints or snapshots from being made
        self._thread = Thread(target=self._run, name="taktnet-keeper", daemon=True)
        self._thread.start()

    def with_log(self, look: Callable[[Checkpointer], object]) -> object:
        """What `look` reads from the Merkle log, up to date."""
        with self._lock:
            self._checkpointer.catch_up()
            return look(self._checkpointer)

    def root(self, size: int) -> bytes:
        """The Merkle root of the first `size` rows."""
        with self._lock:
            self._checkpointer.catch_up()
            return self._checkpointer.log.root(size)

    def sign(self) -> None:
        """Sign a checkpoint now, if there is anything new to sign."""
        with self._lock:
            last = self._checkpointer.last
            if last is None or last.size < self._ledger.head.seq:
                self._checkpointer.make(self._micros())

    def close(self) -> None:
        """Stop, sign what came last, keep snapshots for a fast start."""
        self._stop.set()
        self._thread.join()
        if self._ledger.head.seq:
            self.sign()
            with self._lock:
                self._checkpointer.save()
            self._snapshot()

    def _run(self) -> None:
        while not self._stop.wait(_TICK_S):
            try:
                self._tick()
                self.trouble = ""
            except Closed:
                return
            except Exception as error:
                # The store may be full or away: say so and look again later.
                self.trouble = f"{type(error).__name__}: {error}"
                _LOG.exception("checkpoints and snapshots are not being made")
                self._stop.wait(1.0)

    def _tick(self) -> None:
        self._state.tidy()
        self._kpis.tidy()
        with self._lock:
            size = self._checkpointer.catch_up()
            if self._checkpointer.due(self._micros(), size):
                self._checkpointer.make(self._micros())
        if self._micros() - self._thinned >= _THIN_US:
            self._thinned = self._micros()
            with self._lock:
                self._checkpointer.thin()
        if size - self._saved >= self._every:
            self._snapshot()
        if self._micros() - self._reviewed >= self._review_us:
            self._reviewed = self._micros()
            self._review()

    def _snapshot(self) -> None:
        self._saved = self._state.save()
        self._kpis.save()
        self._revisions.save(self._saved)
