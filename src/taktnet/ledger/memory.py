"""A ledger in memory: the reference for the stores, for tests and for towers to throw away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from taktnet.base.names import Domain
from taktnet.ledger.admission import SKEW_TOLERANCE_US, Key, key_of
from taktnet.ledger.fact import FACT
from taktnet.ledger.ledger import Recorded, Row, StoreError
from taktnet.ledger.writing import Batch, WritingLedger, recorded_of


class MemoryLedger(WritingLedger):
    """A ledger that is gone when the process ends; everything else is as with the stores."""

    def __init__(self, tolerance: int = SKEW_TOLERANCE_US) -> None:
        super().__init__(tolerance)
        self._rows: list[Row] = []
        self._by_key: dict[Key, int] = {}
        self._corrected: set[Key] = set()
        self._conflicts: dict[tuple[Key, bytes], int] = {}
        self._positions: dict[str, int] = {}
        self._snapshots: dict[str, tuple[int, bytes]] = {}
        self._checkpoints: dict[int, str] = {}

    def _write(self, batch: Batch) -> None:
        find = self.names.find
        keys = [key_of(entry.event) for entry in batch.entries]
        if len(set(keys)) != len(keys) or any(key in self._by_key for key in keys):
            raise StoreError("a key of this batch is recorded already; nothing was stored")
        for entry, digest in zip(batch.entries, batch.hashes, strict=True):
            event = entry.event
            tenant, source = (
                find(Domain.TENANT, event.tenant),
                find(Domain.SOURCE, event.source),
            )
            row = Row(
                entry.seq,
                batch.recorded,
                tenant,
                source,
                event.id,
                event.corrects,
                entry.facts,
                entry.body,
                digest,
            )
            self._rows.append(row)
            self._by_key[key_of(event)] = entry.seq
            if event.corrects:
                self._corrected.add((event.tenant, event.source, event.corrects))
        for c in batch.stage.conflicts:
            self._conflicts.setdefault(((c.tenant, c.source, c.id), c.body), batch.recorded)
        for follower, seq in batch.positions.items():
            self.advance(follower, seq)

    def recorded(self, keys: Sequence[Key]) -> dict[Key, tuple[int, bytes]]:
        """See `Lookups.recorded`."""
        known = ((key, self._by_key.get(key)) for key in keys)
        return {key: (seq, self._rows[seq - 1].body) for key, seq in known if seq is not None}

    def original(self, key: Key) -> tuple[bytes, bytes] | None:
        """See `Lookups.original`."""
        seq = self._by_key.get(key)
        return None if seq is None else (self._rows[seq - 1].facts, self._rows[seq - 1].body)

    def is_corrected(self, key: Key) -> bool:
        """See `Lookups.is_corrected`."""
        return key in self._corrected

    def rows(self, after: int = 0, limit: int = 1000) -> list[Row]:
        """See `Ledger.rows`."""
        return self._rows[after : min(after + limit, self._head.seq)]

    def find(self, source: str, id: str, tenant: str = "main") -> Recorded | None:
        """See `Ledger.find`."""
        seq = self._by_key.get((tenant, source, id))
        return None if seq is None else recorded_of(self._rows[seq - 1])

    def facts(
        self, after: int = 0, until: int | None = None, chunk: int = 100_000
    ) -> Iterator[np.ndarray]:
        """See `Ledger.facts`."""
        last = self._head.seq if until is None else min(until, self._head.seq)
        for start in range(after, last, chunk):
            rows = self._rows[start : min(start + chunk, last)]
            yield np.frombuffer(b"".join(row.facts for row in rows), FACT)

    def hashes(self, after: int = 0, until: int | None = None) -> bytes:
        """See `Ledger.hashes`."""
        last = self._head.seq if until is None else min(until, self._head.seq)
        return b"".join(row.hash for row in self._rows[after:last])

    def position(self, follower: str) -> int:
        """See `Ledger.position`."""
        return self._positions.get(follower, 0)

    def advance(self, follower: str, seq: int) -> None:
        """See `Ledger.advance`."""
        self._positions[follower] = max(seq, self._positions.get(follower, 0))

    def conflicts(self, after: int = 0) -> list[tuple[int, str, str, bytes]]:
        """See `Ledger.conflicts`."""
        return [
            (recorded, source, told, body)
            for ((_, source, told), body), recorded in self._conflicts.items()
            if recorded > after
        ]

    def save_checkpoint(self, size: int, note: str) -> None:
        """See `Ledger.save_checkpoint`."""
        self._checkpoints[size] = note

    def checkpoints(self, after: int = 0, limit: int = 1000) -> list[tuple[int, str]]:
        """See `Ledger.checkpoints`."""
        return sorted((s, n) for s, n in self._checkpoints.items() if s > after)[:limit]

    def drop_checkpoints(self, sizes: Sequence[int]) -> None:
        """See `Ledger.drop_checkpoints`."""
        for size in sizes:
            self._checkpoints.pop(size, None)

    def save_snapshot(self, name: str, seq: int, blob: bytes) -> None:
        """See `Ledger.save_snapshot`."""
        self._snapshots[name] = (seq, bytes(blob))

    def load_snapshot(self, name: str) -> tuple[int, bytes] | None:
        """See `Ledger.load_snapshot`."""
        return self._snapshots.get(name)

    def close(self) -> None:
        """See `Ledger.close`."""
