"""Followers: readers of the ledger that keep their own position and resume where they were.

A follower delivers every row at least once, in order, and never skips one: it stores its position
only after the delivery returned, and refuses to go on when a number is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Condition, Event

from taktnet.base.errors import TaktnetError
from taktnet.ledger.ledger import Ledger, Recorded

BATCH = 500


class Gap(TaktnetError):
    """The ledger gave a row out of its turn; nothing after it was delivered."""


class Wake:
    """Tells waiting followers how far the ledger has come; a hint, never the truth.

    The truth is the ledger itself, so a lost or early ring only costs time.
    """

    def __init__(self, seq: int = 0) -> None:
        self._condition = Condition()
        self._seq = seq

    def ring(self, seq: int) -> None:
        """Rows up to `seq` are committed."""
        with self._condition:
            self._seq = max(self._seq, seq)
            self._condition.notify_all()

    def wait(self, after: int, timeout_s: float) -> bool:
        """Sleep until there are rows after `after` or the time is over; whether there are."""
        with self._condition:
            return self._condition.wait_for(lambda: self._seq > after, timeout_s)


def rows_after(ledger: Ledger, after: int, batch: int = BATCH) -> Iterator[list[Recorded]]:
    """Batches of the rows after `after` until there are none, every number in its turn."""
    while rows := ledger.read(after, batch):
        for row in rows:
            if row.seq != after + 1:
                raise Gap(f"row {after + 1} is missing: the ledger gave {row.seq} in its place")
            after = row.seq
        yield rows


class Follower:
    """Delivers rows to one consumer under a name, at least once each and in order.

    `deliver` gets a batch and returns when it is done with all of it; if it raises, the position
    stays and the same rows come again.
    """

    def __init__(
        self,
        ledger: Ledger,
        name: str,
        deliver: Callable[[Sequence[Recorded]], None],
        batch: int = BATCH,
    ) -> None:
        self._ledger, self._name, self._deliver, self._batch = ledger, name, deliver, batch
        self._position = ledger.position(name)

    @property
    def position(self) -> int:
        """The last row that is delivered and stored as such."""
        return self._position

    def step(self) -> int:
        """Deliver at most one batch; how many rows it had."""
        for rows in rows_after(self._ledger, self._position, self._batch):
            self._deliver(rows)
            self._ledger.advance(self._name, rows[-1].seq)
            self._position = rows[-1].seq
            return len(rows)
        return 0

    def catch_up(self, stop: Event | None = None) -> int:
        """Deliver until nothing is left (or `stop` is set); how many rows."""
        total = 0
        while not (stop and stop.is_set()) and (count := self.step()):
            total += count
        return total

    def run(self, wake: Wake, stop: Event, idle_s: float = 0.5) -> None:
        """Deliver until `stop`; sleeps until rung, and looks by itself every `idle_s` seconds."""
        while not stop.is_set():
            self.catch_up(stop)
            if not stop.is_set():
                wake.wait(self._position, idle_s)
