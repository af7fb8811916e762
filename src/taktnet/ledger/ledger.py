"""The ledger port: what a store must do. Its contract test runs over every implementation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, Protocol

import numpy as np
from msgspec import Struct

from taktnet.base.errors import TaktnetError
from taktnet.base.names import Names
from taktnet.ledger.event import AnyEvent

Outcome = Literal["recorded", "duplicate", "conflict", "parked", "rejected"]


class StoreError(TaktnetError):
    """A store cannot be opened, read or written; the text says why and what to do."""


class Fenced(StoreError):
    """Another writer has taken this ledger over; this one can never commit again."""


class Receipt(Struct, frozen=True, gc=False):
    """What became of one event. `seq` is its number (of the first one for a duplicate).

    conflict: the key was recorded with other content, or what it corrects was corrected before;
    the event is kept among the conflicts. parked: it corrects an event that has not come yet;
    it is kept and recorded right behind that one. rejected: not kept; `detail` says why.
    """

    outcome: Outcome
    seq: int
    id: str
    detail: str = ""


class Admitted(Struct, frozen=True, gc=False):
    """An event that may be committed: lowered, its key new, its correction resolved."""

    event: AnyEvent
    body: bytes  # canonical JSON, the bytes that are hashed
    facts: bytes  # packed facts, sequence numbers 0


class Admission(Struct, frozen=True, gc=False):
    """The outcome of `admit`: what is to be committed, and a receipt per event offered.

    `receipts[i].seq` is 0 where the event is admitted; `index[k]` is the offered position of
    `admitted[k]`, or -1 for a parked correction that now follows its original. `twins` pairs the
    offered position of a repetition with the k of its first within the same batch.
    `admission.settle(admission, seqs)` fills in the numbers.
    """

    admitted: tuple[Admitted, ...]
    index: tuple[int, ...]
    receipts: tuple[Receipt, ...]
    twins: tuple[tuple[int, int], ...] = ()


class Entry(Struct, frozen=True, gc=False):
    """One row to commit, numbered: its facts carry `seq`."""

    seq: int
    event: AnyEvent
    body: bytes
    facts: bytes


class Recorded(Struct, frozen=True, gc=False):
    """One row as stored."""

    seq: int
    recorded: int  # microseconds since 1970 UTC, strictly rising with seq's batch
    event: AnyEvent
    body: bytes
    facts: bytes
    hash: bytes


class Row(Struct, frozen=True, gc=False):
    """One row with every column just as it is stored, undecoded: what `verify` looks at."""

    seq: int
    recorded: int
    tenant: int  # id in Domain.TENANT
    source: int  # id in Domain.SOURCE
    id: str
    corrects: str  # "" for none
    facts: bytes
    body: bytes
    hash: bytes


class Parked(Struct, frozen=True, gc=False):
    """A correction that waits for its original."""

    recorded: int
    event: AnyEvent


class Head(Struct, frozen=True, gc=False):
    """The newest committed row. An empty ledger has seq 0 and a hash of 32 zero bytes."""

    seq: int
    hash: bytes
    recorded: int


class Ledger(Protocol):
    """An append-only sequence of events with dense numbers from 1, one writer at a time.

    A batch goes `admit` -> (fold, decide, number) -> `commit`, all by the one writer. Between the
    two nothing is stored; `commit` returns when the batch is durable, or raises and leaves the
    store as it was (`Fenced` when another writer has taken over). After a failed commit the
    caller calls `abandon`, which forgets the names that the batch had brought.

    `commit` also stores the conflicts and parked corrections that `admit` found: call it even
    when nothing was admitted. All that was admitted is committed, in the order of `admitted`, with
    decisions in between. Recorded time rises with every batch: pass what `stamp(now)` says.
    """

    names: Names

    @property
    def head(self) -> Head:
        """The newest committed row."""
        ...

    def stamp(self, now: int) -> int:
        """The recorded time of the next batch: `now`, or just after the newest row's."""
        ...

    def admit(self, events: Sequence[AnyEvent], recorded: int) -> Admission:
        """Check keys against the store and within the batch, resolve corrections, lower."""
        ...

    def admit_own(self, event: AnyEvent, recorded: int) -> Admitted:
        """Lower an event of Taktnet itself whose key is known to be new (a decision)."""
        ...

    def commit(
        self, entries: Sequence[Entry], recorded: int, positions: Mapping[str, int] | None = None
    ) -> Head:
        """Store the entries (numbers head.seq + 1 ...), new names, follower positions: at once."""
        ...

    def abandon(self) -> None:
        """Forget what `admit` brought in since the last commit."""
        ...

    def append(self, events: Sequence[AnyEvent], recorded: int) -> tuple[Receipt, ...]:
        """`admit` and `commit` with nothing between: for imports and tests."""
        ...

    def read(self, after: int = 0, limit: int = 1000) -> list[Recorded]:
        """Rows with seq > after, in order."""
        ...

    def rows(self, after: int = 0, limit: int = 1000) -> list[Row]:
        """Rows with seq > after, in order, as stored and undecoded."""
        ...

    def find(self, source: str, id: str, tenant: str = "main") -> Recorded | None:
        """The row with this key."""
        ...

    def facts(
        self, after: int = 0, until: int | None = None, chunk: int = 100_000
    ) -> Iterator[np.ndarray]:
        """Arrays of facts (dtype FACT) with after < seq <= until, in order."""
        ...

    def position(self, follower: str) -> int:
        """How far a follower has come; 0 if it is new."""
        ...

    def advance(self, follower: str, seq: int) -> None:
        """Store a follower's position; it never goes back."""
        ...

    def hashes(self, after: int = 0, until: int | None = None) -> bytes:
        """The row hashes (32 bytes each, joined) with after < seq <= until: the Merkle leaves."""
        ...

    def save_checkpoint(self, size: int, note: str) -> None:
        """Keep the signed note of the log at `size` rows; the same size again replaces it."""
        ...

    def checkpoints(self, after: int = 0, limit: int = 1000) -> list[tuple[int, str]]:
        """(size, signed note) with size > after, in order of size."""
        ...

    def drop_checkpoints(self, sizes: Sequence[int]) -> None:
        """Let go of the checkpoints of these sizes; those that are not there are passed over."""
        ...

    def conflicts(self, after: int = 0) -> list[tuple[int, str, str, bytes]]:
        """(recorded, source, id, offered body) of keys offered again with other content."""
        ...

    def parked(self) -> list[Parked]:
        """Corrections that wait for their original, in the order they came."""
        ...

    def save_snapshot(self, name: str, seq: int, blob: bytes) -> None:
        """Keep a projection's bytes as of seq; older ones of that name may go."""
        ...

    def load_snapshot(self, name: str) -> tuple[int, bytes] | None:
        """The newest snapshot of that name."""
        ...

    def close(self) -> None:
        """Let go of the store; the ledger is not used after."""
        ...
