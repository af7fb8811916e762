"""What every ledger does alike: admit, number, chain, take up names, append.

A store adds the look-ups, the reads, and `_write`, which makes one batch durable.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct

from taktnet.base.names import Names
from taktnet.ledger import event as e
from taktnet.ledger.admission import SKEW_TOLERANCE_US, Desk, Key, Stage, number, settle
from taktnet.ledger.chain import GENESIS, chain
from taktnet.ledger.codec import decode_one
from taktnet.ledger.event import AnyEvent
from taktnet.ledger.ledger import Admission, Admitted, Entry, Head, Parked, Receipt, Recorded, Row

EMPTY = Head(0, GENESIS, 0)


class Batch(Struct, frozen=True):
    """All that one commit makes durable at once."""

    entries: Sequence[Entry]
    hashes: Sequence[bytes]
    recorded: int
    names: list[tuple[int, int, str]]  # domain, id, text
    stage: Stage
    positions: Mapping[str, int]


class WritingLedger(ABC):
    """A ledger without its store. Subclasses call `_open` once they can answer look-ups."""

    def __init__(self, tolerance: int = SKEW_TOLERANCE_US) -> None:
        self.names = Names()
        self._tolerance = tolerance
        self._head = EMPTY
        self._stored = self.names.counts()
        self._desk = Desk(self.names, self, tolerance=tolerance)

    def _open(
        self,
        head: Head,
        names: Iterable[tuple[int, int, str]],
        parked: Iterable[Parked],
        closed: Iterable[e.PeriodClosed],
    ) -> None:
        """Take up what the store holds."""
        self.names.load(names)
        self._stored = self.names.counts()
        self._head = head
        self._desk = Desk(self.names, self, parked, closed, self._tolerance)

    @property
    def head(self) -> Head:
        """The newest committed row."""
        return self._head

    def stamp(self, now: int) -> int:
        """The recorded time of the next batch: `now`, or one microsecond after the newest row."""
        return max(now, self._head.recorded + 1)

    def admit(self, events: Sequence[AnyEvent], recorded: int) -> Admission:
        """See `Ledger.admit`."""
        return self._desk.admit(events, self.stamp(recorded))

    def admit_own(self, event: AnyEvent, recorded: int) -> Admitted:
        """See `Ledger.admit_own`; raises ValueError if the event breaks a rule of its kind."""
        return self._desk.admit_own(event, self.stamp(recorded))

    def commit(
        self, entries: Sequence[Entry], recorded: int, positions: Mapping[str, int] | None = None
    ) -> Head:
        """See `Ledger.commit`; raises ValueError if the entries are not numbered densely."""
        head, recorded, stage = self._head, self.stamp(recorded), self._desk.stage
        for seq, entry in enumerate(entries, start=head.seq + 1):
            if entry.seq != seq:
                raise ValueError(f"row {entry.seq} offered where {seq} comes next")
        rows = [(entry.facts, entry.body) for entry in entries]
        hashes = chain(head.hash, head.seq + 1, recorded, rows)
        counts = self.names.counts()
        names = self.names.since(self._stored) if counts != self._stored else []
        batch = Batch(entries, hashes, recorded, names, stage, positions or {})
        if entries or names or stage.conflicts or stage.parked or positions:
            self._write(batch)
        if entries:
            self._head = Head(entries[-1].seq, hashes[-1], recorded)
        self._stored = counts
        self._desk.committed()
        return self._head

    def abandon(self) -> None:
        """See `Ledger.abandon`."""
        self._desk.abandon()

    def append(self, events: Sequence[AnyEvent], recorded: int) -> tuple[Receipt, ...]:
        """See `Ledger.append`."""
        try:
            admission = self.admit(events, recorded)
            entries = number(admission.admitted, self._head.seq)
            self.commit(entries, recorded)
        except BaseException:
            self.abandon()
            raise
        return settle(admission, [entry.seq for entry in entries])

    def parked(self) -> list[Parked]:
        """See `Ledger.parked`."""
        return self._desk.parked

    def read(self, after: int = 0, limit: int = 1000) -> list[Recorded]:
        """See `Ledger.read`."""
        return [recorded_of(row) for row in self.rows(after, limit)]

    @abstractmethod
    def rows(self, after: int = 0, limit: int = 1000) -> list[Row]:
        """See `Ledger.rows`."""

    @abstractmethod
    def facts(
        self, after: int = 0, until: int | None = None, chunk: int = 100_000
    ) -> Iterator[np.ndarray]:
        """See `Ledger.facts`."""

    @abstractmethod
    def recorded(self, keys: Sequence[Key]) -> dict[Key, tuple[int, bytes]]:
        """See `Lookups.recorded`."""

    @abstractmethod
    def original(self, key: Key) -> tuple[bytes, bytes] | None:
        """See `Lookups.original`."""

    @abstractmethod
    def is_corrected(self, key: Key) -> bool:
        """See `Lookups.is_corrected`."""

    @abstractmethod
    def _write(self, batch: Batch) -> None:
        """Make the batch durable, all or nothing; raise if it is not."""


def recorded_of(row: Row) -> Recorded:
    """The row with its event decoded."""
    event = decode_one(row.body)
    return Recorded(row.seq, row.recorded, event, row.body, row.facts, row.hash)
