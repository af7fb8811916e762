"""What was just committed, kept ready for live readers.

The writer puts each commit in once, already encoded for server-sent events; any number of readers
take it by position. A reader that fell behind the ring reads the ledger instead, so nobody is
skipped and nobody can make the tower keep more than the ring.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import NamedTuple


class Burst(NamedTuple):
    """One commit as server-sent events: rows `first` to `last`."""

    first: int
    last: int
    frames: bytes


def frame(seq: int, recorded: int, body: bytes) -> bytes:
    """One server-sent event; its id is the sequence number, its data one line of JSON."""
    return b'id: %d\ndata: {"seq":%d,"recorded":%d,"event":%b}\n\n' % (seq, seq, recorded, body)


class Hub:
    """The ring of recent commits and the wake-up calls of those who wait for the next."""

    def __init__(self, limit_bytes: int, head: int) -> None:
        self._lock = Lock()
        self._ring: deque[Burst] = deque()
        self._bytes = 0
        self._limit = limit_bytes
        self._wakers: tuple[Callable[[], None], ...] = ()
        self.head = head

    def put(self, first: int, recorded: int, bodies: Sequence[bytes]) -> None:
        """Rows `first`... were committed; wakes every reader."""
        last = first + len(bodies) - 1
        frames = b"".join([frame(first + n, recorded, body) for n, body in enumerate(bodies)])
        with self._lock:
            self._ring.append(Burst(first, last, frames))
            self._bytes += len(frames)
            while self._bytes > self._limit and len(self._ring) > 1:
                self._bytes -= len(self._ring.popleft().frames)
            self.head = last
            wakers = self._wakers
        for wake in wakers:
            wake()

    def after(self, seq: int) -> list[Burst] | None:
        """The commits behind `seq`; None where the ring no longer reaches back that far.

        A commit that `seq` lies inside of counts as too far: the ledger cuts it exactly.
        """
        with self._lock:
            if seq >= self.head:
                return []
            found: list[Burst] = []
            for burst in reversed(self._ring):
                if burst.last <= seq:
                    break
                found.append(burst)
        if not found or found[-1].first != seq + 1:
            return None
        found.reverse()
        return found

    def subscribe(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` (short; in the writer's thread) at each commit; returns the end of it."""
        with self._lock:
            self._wakers = (*self._wakers, wake)

        def leave() -> None:
            with self._lock:
                self._wakers = tuple(w for w in self._wakers if w is not wake)

        return leave
