"""The ledger's closed stretches as Parquet: who reads them, and who closes what is old enough.

A segment is a checked copy: the ledger keeps its rows, which dedup and proofs need. So a segment
that is damaged or gone costs time and nothing else.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

import numpy as np

from taktnet.base.errors import Fault, TaktnetError
from taktnet.ledger.ledger import Ledger

if TYPE_CHECKING:
    from taktnet.store.segments import Segment, Segments

_LOG = logging.getLogger(__name__)
MANIFEST = "manifest.json"
_LOOK_S = 60.0
_REMEDY = "Remove the folder; segments are made anew from the ledger."
_DAY_US = 86_400 * 1_000_000
Progress = Callable[[int, int], object]


class Past:
    """The facts of a ledger: from closed segments where there are, then from its rows.

    `folder` None: no segments are kept. All methods may be called from any thread.
    """

    def __init__(self, ledger: Ledger, folder: Path | None, rows: int, days: float) -> None:
        self.ledger, self._folder = ledger, folder
        self._rows, self._age = rows, round(days * _DAY_US)
        self._lock = Lock()
        self._segments: Segments | None = None
        self.trouble = ""  #: why segments are not read, or not closed
        self._open()

    def _open(self) -> None:
        """Read the manifest if there is one; Parquet is loaded only where it is used."""
        if self._folder is None or not (self._folder / MANIFEST).exists():
            return
        try:
            self._segments = self._load(self._folder)
        except (TaktnetError, OSError) as error:
            self._warn(error)

    @staticmethod
    def _load(folder: Path) -> Segments:
        from taktnet.store.segments import Segments

        return Segments(folder)

    def _warn(self, error: Exception) -> None:
        self.trouble = str(error)
        _LOG.warning("the ledger's rows are read instead of its segments: %s", error)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What is closed, in order."""
        return self._segments.segments if self._segments is not None else ()

    @property
    def last(self) -> int:
        """The last row that is in a segment; 0 if there is none."""
        return self._segments.last if self._segments is not None else 0

    def facts(
        self, after: int = 0, until: int | None = None, chunk: int = 100_000
    ) -> Iterator[np.ndarray]:
        """Arrays of facts with after < seq <= until, in order, as `Ledger.facts` gives them."""
        head = self.ledger.head.seq
        until = head if until is None else min(until, head)
        if self._segments is not None and after < min(until, self._segments.last):
            try:
                self._segments.check_end(self.ledger)
                for facts in self._segments.facts(after, min(until, self._segments.last)):
                    after = int(facts["seq"][-1])
                    yield facts
            except (TaktnetError, OSError) as error:
                self._warn(error)
        yield from self.ledger.facts(after, until, chunk)

    def close_old(
        self, now: int, root: Callable[[int], bytes] | None = None, pause: Progress | None = None
    ) -> list[Segment]:
        """Close every full stretch whose rows were all recorded long enough before `now`.

        `root` gives the Merkle root of the first so many rows; `pause` is called with (rows
        written, rows in the segment) and may raise to stop, then what it was at is not closed.
        """
        made: list[Segment] = []
        with self._lock:
            while self._folder is not None and self._is_old(self.last, now):
                self._segments = self._segments or self._load(self._folder)
                end = self.last + self._rows
                made += self._segments.export(self.ledger, end, self._rows, root, pause)
        return made

    def _is_old(self, last: int, now: int) -> bool:
        end = last + self._rows
        if end > self.ledger.head.seq:
            return False
        rows = self.ledger.rows(end - 1, 1)
        return bool(rows) and rows[0].recorded <= now - self._age

    def faults(self) -> list[Fault]:
        """What is wrong with the segments; `row` is the first row of the one it is about."""
        if self._segments is None:
            told = self.trouble
            return [Fault("segments", 0, "manifest", told, "readable", _REMEDY)] if told else []
        return self._segments.faults(self.ledger)


class _Stopped(Exception):
    pass


class Closer:
    """A thread that closes old stretches while a tower runs, at half its own pace."""

    def __init__(self, past: Past, now: Callable[[], int], root: Callable[[int], bytes]) -> None:
        self._past, self._now, self._root = past, now, root
        self._stop = Event()
        self._thread = Thread(target=self._run, name="taktnet-closer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; a segment that is half written is begun again at the next start."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_S):
            try:
                self._past.close_old(self._now(), self._root, self._pauses())
            except _Stopped:
                return
            except Exception as error:
                # The disk may be full or away: say so and look again later.
                self._past.trouble = f"{type(error).__name__}: {error}"
                _LOG.exception("old rows are not being closed")

    def _pauses(self) -> Progress:
        """Rests as long as the last page took, so that the writer has the processor."""
        begun = time.monotonic()

        def pause(_: int, __: int) -> None:
            nonlocal begun
            if self._stop.wait(time.monotonic() - begun):
                raise _Stopped
            begun = time.monotonic()

        return pause
