"""The ledger in PostgreSQL: one writer for the whole database, any number of readers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from threading import RLock
from typing import Any, Literal, LiteralString, TypeVar

import numpy as np
import psycopg

from taktnet.base.names import Domain
from taktnet.ledger.admission import SKEW_TOLERANCE_US, Key
from taktnet.ledger.fact import FACT
from taktnet.ledger.ledger import Head, Recorded, Row, StoreError
from taktnet.ledger.writing import Batch, WritingLedger, recorded_of
from taktnet.store import common
from taktnet.store import postgres_link as links
from taktnet.store import postgres_rows as statements
from taktnet.store.common import ROW, columns, ids_of
from taktnet.store.postgres_link import Link, Pool
from taktnet.store.postgres_rows import COPY, packed, write_names, write_stage

T = TypeVar("T")
_LOCK = 0x54414B54  # "TAKT": the advisory lock of this database's writer
_LOCK_WAIT_S = 1.0
_HASHES = 1_000_000
_HEAD = "SELECT seq, hash, recorded FROM head"
_MOVE_HEAD = "UPDATE head SET seq = %b, hash = %b, recorded = %b WHERE seq = %b AND epoch = %b"
_BY_KEY = "FROM events WHERE tenant = %b AND source = %b AND id = %s"
_KNOWN = (
    "SELECT e.tenant, e.source, e.id, e.seq, e.body FROM events e "
    "JOIN unnest(%b::integer[], %b::integer[], %b::text[]) AS k (tenant, source, id) "
    'ON e.tenant = k.tenant AND e.source = k.source AND e.id = k.id COLLATE "C"'
)


class PostgresLedger(WritingLedger):
    """A ledger in the schema `taktnet` of the database `dsn`, made if it is not there.

    One process writes: it holds an advisory lock and the newest epoch. Another that opens for
    writing is refused, or with `takeover` becomes the writer: the former one's next commit raises
    Fenced. `read_only` opens beside the writer. Reads may come from any thread at any time, on
    connections of their own; `admit` to `commit` from one thread at a time. Raises StoreError, in
    words, for whatever the server does not allow. A connection that is lost is made anew, for up
    to `patience_s`; a commit on its way is then found to have arrived, or sent again.
    """

    def __init__(
        self,
        dsn: str,
        *,
        read_only: bool = False,
        takeover: bool = False,
        tolerance: int = SKEW_TOLERANCE_US,
        patience_s: float = 30.0,
    ) -> None:
        super().__init__(tolerance)
        self._dsn, self._read_only, self._patience = dsn, read_only, patience_s
        self._pool = Pool(dsn)
        self._mutex = RLock()
        self._writer: Link | None = None
        self._epoch = -1
        self._locked = False
        self._unsure = False  # a commit failed: what is durable is not known
        self.place = "postgresql"
        try:
            with links.in_words(self.place):
                if not read_only:
                    self._become_writer(takeover)
                self._load()
        except BaseException:
            self.close()
            raise

    # -- opening -------------------------------------------------------------------------------

    def _become_writer(self, takeover: bool) -> None:
        self._writer = links.connect(self._dsn)
        self.place = links.place_of(self._writer)
        if not takeover and not self._wait_for_lock():
            raise common.being_written(self.place, self._other_writer())
        if takeover:
            self._lock()
        links.migrate(self._writer)
        found = self._writer.execute(
            "UPDATE head SET epoch = epoch + 1, writer = %s RETURNING epoch",
            (common.this_process(),),
        ).fetchone()
        self._epoch = int(found[0]) if found else -1

    def _lock(self) -> bool:
        assert self._writer is not None
        row = self._writer.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,)).fetchone()
        self._locked = bool(row and row[0])
        return self._locked

    def _wait_for_lock(self) -> bool:
        # asked for a while: the server is late to notice that a process was killed
        until = time.monotonic() + _LOCK_WAIT_S
        while not self._lock():
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def _other_writer(self) -> str:
        assert self._writer is not None
        if links.version_of(self._writer) == 0:
            return "another process"
        row = self._writer.execute("SELECT writer FROM head").fetchone()
        return str(row[0]) if row else "another process"

    def _load(self) -> None:
        with self._pool.link() as link, link.transaction():
            link.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self.place = links.place_of(link)
            version = links.version_of(link)
            if links.pending(version, links.STEPS, self.place):
                raise StoreError(f"{self.place}: no ledger here yet. Open it for writing once.")
            head = Head(*link.execute(_HEAD, binary=True).fetchall()[0])
            if not self._read_only:
                self._check_tail(link, head)
            names = link.execute(
                "SELECT domain, id, text FROM names ORDER BY domain, id"
            ).fetchall()
            counts = self.names.counts()
            parked = common.waiting(link.execute("SELECT recorded, body FROM parked ORDER BY n"))
            bodies = link.execute("SELECT body FROM events JOIN periods USING (seq) ORDER BY seq")
            closed = common.closings(bodies)
        names = [name for name in names if name[1] >= counts[name[0]]]
        self._open(head, names, parked, closed)

    def _check_tail(self, link: Link, head: Head) -> None:
        row = link.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        newest = row or (0, bytes(32))
        if newest != (head.seq, head.hash):
            raise common.changed_outside(self.place, head.seq, newest[0])

    @property
    def head(self) -> Head:
        """The newest committed row; a read-only ledger looks it up, with the names up to it."""
        if self._read_only:
            self._head = Head(*self._ask(_HEAD)[0])
            sql = "SELECT domain, id, text FROM names WHERE domain = %b AND id >= %b ORDER BY id"
            for domain, count in enumerate(self.names.counts()):
                self.names.load(self._ask(sql, (domain, count)))
        return self._head

    # -- writing -------------------------------------------------------------------------------

    def _write(self, batch: Batch) -> None:
        head, entries = self._head, batch.entries
        last = head if not entries else Head(entries[-1].seq, batch.hashes[-1], batch.recorded)
        if self._read_only:
            raise common.only_read(self.place)
        with self._mutex, links.in_words(self.place):
            if self._unsure:
                raise StoreError(f"{self.place}: the last commit failed. Abandon it first.")
            self._unsure = True
            try:
                self._store(batch, head, last)
            except psycopg.OperationalError:
                # Whether the commit arrived is written in the head: its hash is of these rows.
                if self._patiently(self._found_head, self._patience) != last or last == head:
                    self._store(batch, head, last)
            self._unsure = False

    def _store(self, batch: Batch, head: Head, last: Head) -> None:
        """One transaction: durable when this returns, undone when it raises."""
        writer = self._writer
        assert writer is not None
        if not self._locked:  # taken over: the lock follows when the other process ends
            self._lock()
        moved = (last.seq, last.hash, last.recorded, head.seq, self._epoch)
        with writer.transaction():
            common.fence(writer.execute(_MOVE_HEAD, moved).rowcount == 1, self.place)
            if batch.entries:
                with writer.cursor() as cursor, cursor.copy(COPY) as copy:
                    copy.write(packed(columns(batch, self.names)))
            if batch.names:
                write_names(writer, batch.names)
            for follower, seq in batch.positions.items():
                writer.execute(statements.ADVANCE, (follower, seq, self._epoch))
            stage = batch.stage
            if stage.conflicts or stage.parked or stage.released or stage.closed:
                write_stage(writer, batch)

    def _found_head(self) -> Head:
        """The head in the database, over a connection that works."""
        self._reconnect()
        assert self._writer is not None
        return Head(*self._writer.execute(_HEAD, binary=True).fetchall()[0])

    def abandon(self) -> None:
        """See `Ledger.abandon`; after a failed commit also finds out what is durable."""
        super().abandon()
        if self._unsure:
            with self._mutex, links.in_words(self.place):
                self._patiently(self._found_head, self._patience)
                self._load()
                self._unsure = False

    @staticmethod
    def _patiently(work: Callable[[], T], patience_s: float) -> T:
        """What `work` gives; while there is no connection it is tried again, at least once."""
        until, pause_s = time.monotonic() + patience_s, 0.0
        while True:
            try:
                return work()
            except psycopg.OperationalError:
                if pause_s and time.monotonic() > until:
                    raise
                time.sleep(pause_s)
                pause_s = 0.1

    def _reconnect(self) -> None:
        """Connect the writer anew; Fenced if another one has come meanwhile."""
        assert self._writer is not None
        self._writer.close()
        self._pool.clear()
        self._writer = links.connect(self._dsn)
        self._lock()
        row = self._writer.execute("SELECT epoch FROM head").fetchone()
        common.fence(row is not None and row[0] == self._epoch, self.place)

    # -- what the desk asks ----------------------------------------------------------------------

    def recorded(self, keys: Sequence[Key]) -> dict[Key, tuple[int, bytes]]:
        """See `Lookups.recorded`."""
        wanted = [ids_of(self.names, key) for key in keys]
        wanted = [key for key in wanted if key[0] > 0 and key[1] > 0]
        if not wanted:
            return {}
        text = self.names.text
        columns = [list(column) for column in zip(*wanted, strict=True)]
        return {
            (text(Domain.TENANT, tenant), text(Domain.SOURCE, source), told): (seq, body)
            for tenant, source, told, seq, body in self._ask(_KNOWN, columns, self._patience)
        }

    def original(self, key: Key) -> tuple[bytes, bytes] | None:
        """See `Lookups.original`."""
        rows = self._ask(f"SELECT facts, body {_BY_KEY}", ids_of(self.names, key), self._patience)
        return rows[0] if rows else None

    def is_corrected(self, key: Key) -> bool:
        """See `Lookups.is_corrected`."""
        sql = "SELECT 1 FROM events WHERE tenant = %b AND source = %b AND corrects = %s"
        return bool(self._ask(sql, ids_of(self.names, key), self._patience))

    # -- reading -------------------------------------------------------------------------------

    def _ask(
        self, sql: LiteralString, values: Sequence[object] = (), patience_s: float = 3.0
    ) -> list[Any]:
        """All rows of a query on a connection of its own; asked again while that is lost."""

        def once() -> list[Any]:
            try:
                with self._pool.link() as link:
                    return link.execute(sql, values, binary=True).fetchall()
            except psycopg.OperationalError:
                self._pool.clear()
                raise

        with links.in_words(self.place):
            return self._patiently(once, min(patience_s, self._patience))

    def rows(self, after: int = 0, limit: int = 1000) -> list[Row]:
        """See `Ledger.rows`."""
        sql = f"SELECT {ROW} FROM events WHERE seq > %b ORDER BY seq LIMIT %b"  # noqa: S608
        return [Row(*row) for row in self._ask(sql, (after, limit))]

    def find(self, source: str, id: str, tenant: str = "main") -> Recorded | None:
        """See `Ledger.find`."""
        rows = self._ask(f"SELECT {ROW} {_BY_KEY}", ids_of(self.names, (tenant, source, id)))
        return recorded_of(Row(*rows[0])) if rows else None

    def facts(
        self, after: int = 0, until: int | None = None, chunk: int = 100_000
    ) -> Iterator[np.ndarray]:
        """See `Ledger.facts`."""
        last = self.head.seq if until is None else min(until, self.head.seq)
        for low in range(after, last, chunk):
            yield np.frombuffer(self._column("facts", low, min(low + chunk, last)), FACT)

    def hashes(self, after: int = 0, until: int | None = None) -> bytes:
        """See `Ledger.hashes`."""
        last = self.head.seq if until is None else min(until, self.head.seq)
        parts = [
            self._column("hash", low, min(low + _HASHES, last))
            for low in range(after, last, _HASHES)
        ]
        return b"".join(parts)

    def _column(self, column: Literal["facts", "hash"], after: int, until: int) -> bytes:
        # joined by the server: one value to take over instead of a row at a time
        sql = (
            f"SELECT string_agg({column}, '' ORDER BY seq) FROM events "  # noqa: S608
            "WHERE seq > %b AND seq <= %b"
        )
        return self._ask(sql, (after, until))[0][0] or b""

    def conflicts(self, after: int = 0) -> list[tuple[int, str, str, bytes]]:
        """See `Ledger.conflicts`."""
        sql = "SELECT recorded, source, id, body FROM conflicts WHERE recorded > %b ORDER BY n"
        return self._ask(sql, (after,))

    # -- followers, snapshots, checkpoints -----------------------------------------------------

    def position(self, follower: str) -> int:
        """See `Ledger.position`."""
        rows = self._ask("SELECT seq FROM followers WHERE name = %s", (follower,))
        return rows[0][0] if rows else 0

    def _small_write(self, sql: LiteralString, *values: object) -> None:
        if self._read_only:
            raise common.only_read(self.place)
        common.fence(bool(self._ask(sql, (*values, self._epoch))), self.place)

    def advance(self, follower: str, seq: int) -> None:
        """See `Ledger.advance`."""
        self._small_write(statements.ADVANCE, follower, seq)

    def save_snapshot(self, name: str, seq: int, blob: bytes) -> None:
        """See `Ledger.save_snapshot`."""
        self._small_write(statements.SNAPSHOT, name, seq, blob)

    def load_snapshot(self, name: str) -> tuple[int, bytes] | None:
        """See `Ledger.load_snapshot`."""
        rows = self._ask("SELECT seq, blob FROM snapshots WHERE name = %s", (name,))
        return rows[0] if rows else None

    def save_checkpoint(self, size: int, note: str) -> None:
        """See `Ledger.save_checkpoint`."""
        self._small_write(statements.CHECKPOINT, size, note)

    def checkpoints(self, after: int = 0, limit: int = 1000) -> list[tuple[int, str]]:
        """See `Ledger.checkpoints`."""
        sql = "SELECT size, note FROM checkpoints WHERE size > %b ORDER BY size LIMIT %b"
        return self._ask(sql, (after, limit))

    def drop_checkpoints(self, sizes: Sequence[int]) -> None:
        """See `Ledger.drop_checkpoints`."""
        self._small_write(statements.DROP, list(sizes), self._epoch)

    def close(self) -> None:
        """See `Ledger.close`."""
        self._pool.close()
        if self._writer is not None:
            with self._mutex:
                self._writer.close()
