"""The clock a tower goes by: the wall, or the pace of a replayed history."""

from __future__ import annotations

import time
from threading import Lock
from typing import Protocol


class Clock(Protocol):
    """Tells the time in microseconds since 1970 UTC."""

    def now(self) -> int:
        """The present instant."""
        ...


class WallClock:
    """The machine's own clock."""

    def now(self) -> int:
        """Microseconds since 1970 UTC."""
        return time.time_ns() // 1000


class ReplayClock:
    """Time in a replayed history: set by the events, running at the wall's pace in between.

    Never goes back, so what a tower records in a replay is in order like everything else.
    """

    def __init__(self, start: int) -> None:
        self._lock = Lock()
        self._at = start
        self._wall = time.monotonic_ns()

    def now(self) -> int:
        """The replayed instant."""
        with self._lock:
            return self._at + (time.monotonic_ns() - self._wall) // 1000

    def reach(self, at: int) -> None:
        """History has come to `at`; an earlier instant changes nothing."""
        with self._lock:
            wall = time.monotonic_ns()
            self._at = max(at, self._at + (wall - self._wall) // 1000)
            self._wall = wall
