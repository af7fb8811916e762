"""The ledger in one SQLite file: WAL, synchronous=FULL, one writer, any number of readers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any

import apsw
import numpy as np

from taktnet.base.names import Domain
from taktnet.ledger.admission import SKEW_TOLERANCE_US, Key
from taktnet.ledger.fact import FACT
from taktnet.ledger.ledger import Fenced, Head, Recorded, Row, StoreError
from taktnet.ledger.writing import Batch, WritingLedger, recorded_of
from taktnet.store import common
from taktnet.store import sqlite_schema as schema
from taktnet.store.common import ROW, columns, ids_of
from taktnet.store.series import Numbered, Series
from taktnet.store.sqlite_rows import (
    ADVANCE,
    GREATEST,
    Name,
    beside,
    fetch,
    fields_of,
    head_of,
    marked_head,
    names_after,
    newest_row,
    without_gaps,
    write_stage,
)

#: Rows fetched at once: as many as stay in the processor's cache until they are joined.
_CACHED = 10_000
_BY_KEY = "FROM event WHERE tenant = ? AND source = ? AND id = ?"
_KNOWN = f"SELECT tenant, source, id, seq, body {_BY_KEY}"
_INSERT = (
    "INSERT INTO event (seq, recorded, tenant, source, id, corrects, facts, hash, body) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
#: One row and the look at the epoch in one statement, which is a transaction by itself.
_INSERT_ONE = (
    "INSERT INTO event (seq, recorded, tenant, source, id, corrects, facts, hash, body, names) "
    "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM head WHERE epoch = ?"
)
_LIST = "INSERT INTO name VALUES (?, ?, ?)"
_MOVE_HEAD = "UPDATE head SET seq = ?, hash = ?, recorded = ?"
_EPOCH = "SELECT epoch FROM head"
#: The head's row is rewritten after so many rows, with each checkpoint and when closed: a page
#: less in every small commit. The newest row is the head; see `sqlite_rows.head_of`.
_HEAD_ROWS = 64


class SqliteLedger(WritingLedger):
    """A ledger in the file `path`, made if it is not there.

    One process writes: it holds the lock `<path>.lock` and the newest `epoch` of the file. Another
    that opens for writing is refused, or with `takeover` becomes the writer: the former one's
    next commit raises Fenced. `read_only` opens beside the writer and never changes the file.
    Reads may come from any thread at any time; `admit` to `commit` from one thread at a time.
    Raises StoreError, in words, for whatever the file or the disk does not allow.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        read_only: bool = False,
        takeover: bool = False,
        tolerance: int = SKEW_TOLERANCE_US,
    ) -> None:
        super().__init__(tolerance)
        schema.check_library(apsw.sqlite_lib_version())
        self.path = Path(path).absolute()
        self._in_words = schema.InWords(self.path)
        self._mutex = RLock()
        self._readers: deque[apsw.Connection] = deque()
        self._writer: apsw.Connection | None = None
        self._ids = self.names.ids(Domain.TENANT), self.names.ids(Domain.SOURCE)
        self._lock: schema.WriterLock | None = None
        self._epoch = 0
        self._marked = 0  # the row that the head's row names
        self._laid = False  # whether the log has its length
        self._series = Series(lambda *asked: self._look(GREATEST, [asked])[0][0])
        self._unlisted: list[Name] = []  # names that stand beside their row alone
        self._broken = ""
        if read_only and not self.path.exists():
            raise StoreError(f"{self.path}: no such ledger. Name one that exists.")
        try:
            with self._in_words:
                if not read_only:
                    self._become_writer(takeover)
                self._load()
        except BaseException:
            self.close()
            raise

    # -- opening -------------------------------------------------------------------------------

    def _become_writer(self, takeover: bool) -> None:
        self._lock = schema.WriterLock(self.path)
        if not self._lock.acquire() and not takeover:
            raise common.being_written(self.path, self._other_writer())
        self._writer = schema.open_writer(self.path)
        schema.migrate(self._writer, self.path)
        found = self._writer.execute(
            "UPDATE head SET epoch = epoch + 1, writer = ? RETURNING epoch",
            (common.this_process(),),
        ).get
        self._epoch = int(found)

    def _other_writer(self) -> str:
        try:
            reader = schema.open_reader(self.path)
            return str(reader.execute("SELECT writer FROM head").get)
        except apsw.Error:
            return "another process"

    def _load(self) -> None:
        with self._reading() as reader:
            schema.check_owner(reader, self.path)
            if schema.pending_steps(reader, self.path):
                raise StoreError(f"{self.path}: an older schema. Open it for writing once.")
            head = head_of(reader)
            if self._writer is not None:
                self._check_tail(reader)
            listed, unlisted = names_after(reader, self.names.counts())
            parked = fetch(reader, "SELECT recorded, body FROM parked ORDER BY n")
            closed = fetch(reader, "SELECT body FROM event JOIN period USING (seq) ORDER BY seq")
            self._unlisted = unlisted
            names = listed if self._writer is not None else without_gaps(listed)
            waiting, closings = common.waiting(parked), common.closings(closed)
            self._open(head, (*names, *unlisted), waiting, closings)

    def _check_tail(self, reader: apsw.Connection) -> None:
        kept, newest = marked_head(reader), newest_row(reader)
        found = fetch(reader, "SELECT hash FROM event WHERE seq = ?", (kept.seq,))
        if kept.seq and found != [(kept.hash,)]:
            raise common.changed_outside(self.path, kept.seq, newest.seq)
        self._marked = kept.seq

    @property
    def head(self) -> Head:
        """The newest committed row; a read-only ledger looks it up, with the names up to it.

        Names interned into a read-only ledger keep it where it is: new ones could not follow.
        """
        if self._writer is None and self.names.counts() == self._stored:
            with self._reading() as reader:
                self._head = head_of(reader)
                for names in names_after(reader, self._stored):
                    self.names.load(names)
            self._stored = self.names.counts()
        return self._head

    # -- writing -------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[apsw.Connection]:
        """A transaction: durable when left, undone when left by an exception."""
        with self._mutex:
            writer = self._able()
            try:
                with self._in_words:
                    writer.execute("BEGIN IMMEDIATE")
                    yield writer
                    writer.execute("COMMIT")
            except BaseException as problem:
                self._failed(problem.__cause__, problem)
                raise

    def _able(self) -> apsw.Connection:
        """The writer's connection, if it may still write."""
        if self._writer is None:
            raise common.only_read(self.path)
        if self._broken:
            raise StoreError(self._broken)
        if self._lock is not None and not self._lock.held:
            self._lock.acquire()  # taken over: the lock follows when the other process ends
        return self._writer

    def _failed(self, problem: BaseException | None, told: BaseException) -> None:
        if isinstance(problem, apsw.IOError):
            # After a failed fsync nobody knows what the disk holds: never go on.
            self._broken = str(told)
        if self._writer is not None and self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    @contextmanager
    def _small_write(self) -> Iterator[apsw.Connection]:
        with self._writing() as writer:
            common.fence(writer.execute(_EPOCH).get == self._epoch, self.path)
            yield writer

    @contextmanager
    def _listing(self) -> Iterator[apsw.Connection]:
        """A small write that may move the head's row: no row up to it has names for itself."""
        with self._mutex:
            with self._small_write() as writer:
                yield writer
                if self._unlisted:
                    writer.executemany(_LIST, self._unlisted)
            self._unlisted = []

    def _write(self, batch: Batch) -> None:
        entries, stage = batch.entries, batch.stage
        aside = stage.conflicts or stage.parked or stage.released or stage.closed
        mark = bool(entries) and entries[-1].seq >= self._marked + _HEAD_ROWS
        if len(entries) == 1 and not (mark or aside or batch.positions):
            self._write_one(batch)
            return
        with self._listing() as writer:
            if mark and not self._laid:
                schema.lay_log(self.path, schema.page_of(writer))
                self._laid = True
            rows = columns(batch, self.names)
            writer.executemany(_INSERT, rows)
            if mark:
                head = Head(entries[-1].seq, batch.hashes[-1], batch.recorded)
                writer.execute(_MOVE_HEAD, fields_of(head))
                self._marked = head.seq
            if batch.names:
                writer.executemany(_LIST, batch.names)
            if batch.positions:
                writer.executemany(ADVANCE, list(batch.positions.items()))
            if aside:
                write_stage(writer, batch)
        for row in rows:
            self._series.take(row[2:5])

    def _write_one(self, batch: Batch) -> None:
        """One row and the names it brings by one statement, durable when it returns."""
        (row,) = columns(batch, self.names)
        with self._mutex:
            writer = self._able()
            try:
                writer.execute(_INSERT_ONE, (*row, beside(batch.names), self._epoch))
            except apsw.Error as problem:
                told = schema.in_words(self.path, problem)
                self._failed(problem, told)
                raise told from problem
            common.fence(writer.changes() == 1, self.path)
            self._unlisted += batch.names
        self._series.take(row[2:5])

    # -- what the desk asks ----------------------------------------------------------------------

    def _look(self, sql: str, values: Iterable[tuple[Any, ...]]) -> list[Any]:
        """Look by the writer's own connection, whose pages are warm: a reader's go at a commit."""
        if self._writer is None:
            raise common.only_read(self.path)
        with self._mutex, self._in_words:
            return self._writer.executemany(sql, values).fetchall()

    def recorded(self, keys: Sequence[Key]) -> dict[Key, tuple[int, bytes]]:
        """See `Lookups.recorded`."""
        tenants, sources = self._ids
        asked: dict[Numbered, Key] = {}
        for key in keys:
            numbered = tenants.get(key[0], -1), sources.get(key[1], -1), key[2]
            if not self._series.is_new(numbered):
                asked[numbered] = key
        if not asked:
            return {}
        found = self._look(_KNOWN, asked)
        return {asked[tenant, source, told]: (n, body) for tenant, source, told, n, body in found}

    def original(self, key: Key) -> tuple[bytes, bytes] | None:
        """See `Lookups.original`."""
        found = self._look(f"SELECT facts, body {_BY_KEY}", [ids_of(self.names, key)])
        return found[0] if found else None

    def is_corrected(self, key: Key) -> bool:
        """See `Lookups.is_corrected`."""
        sql = "SELECT 1 FROM event WHERE tenant = ? AND source = ? AND corrects = ?"
        return bool(self._look(sql, [ids_of(self.names, key)]))

    # -- reading -------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        """A connection of its own for one read, kept for the next one."""
        with self._in_words:
            try:
                reader = self._readers.pop()
            except IndexError:
                reader = schema.open_reader(self.path)
            try:
                yield reader
            finally:
                self._readers.append(reader)

    def rows(self, after: int = 0, limit: int = 1000) -> list[Row]:
        """See `Ledger.rows`."""
        sql = f"SELECT {ROW} FROM event WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
        with self._reading() as reader:
            return [Row(*row) for row in fetch(reader, sql, (after, limit))]

    def find(self, source: str, id: str, tenant: str = "main") -> Recorded | None:
        """See `Ledger.find`."""
        sql = f"SELECT {ROW} {_BY_KEY}"
        with self._reading() as reader:
            rows = fetch(reader, sql, ids_of(self.names, (tenant, source, id)))
        return recorded_of(Row(*rows[0])) if rows else None

    def facts(
        self, after: int = 0, until: int | None = None, chunk: int = 100_000
    ) -> Iterator[np.ndarray]:
        """See `Ledger.facts`."""
        last = self.head.seq if until is None else min(until, self.head.seq)
        for low in range(after, last, chunk):
            blobs = self._column("facts", low, min(low + chunk, last))
            yield np.frombuffer(blobs, FACT)

    def hashes(self, after: int = 0, until: int | None = None) -> bytes:
        """See `Ledger.hashes`."""
        last = self.head.seq if until is None else min(until, self.head.seq)
        return self._column("hash", after, last)

    def _column(self, column: str, after: int, until: int) -> bytes:
        sql = f"SELECT {column} FROM event WHERE seq > ? AND seq <= ? ORDER BY seq"  # noqa: S608
        parts: list[bytes] = []
        for low in range(after, until, _CACHED):
            with self._reading() as reader:
                found = fetch(reader, sql, (low, min(low + _CACHED, until)))
            parts.append(b"".join([blob for (blob,) in found]))
        return b"".join(parts)

    def conflicts(self, after: int = 0) -> list[tuple[int, str, str, bytes]]:
        """See `Ledger.conflicts`."""
        sql = "SELECT recorded, source, id, body FROM conflict WHERE recorded > ? ORDER BY n"
        with self._reading() as reader:
            return fetch(reader, sql, (after,))

    # -- followers, snapshots, checkpoints -----------------------------------------------------

    def position(self, follower: str) -> int:
        """See `Ledger.position`."""
        with self._reading() as reader:
            return reader.execute("SELECT seq FROM follower WHERE name = ?", (follower,)).get or 0

    def advance(self, follower: str, seq: int) -> None:
        """See `Ledger.advance`."""
        with self._small_write() as writer:
            writer.execute(ADVANCE, (follower, seq))

    def save_snapshot(self, name: str, seq: int, blob: bytes) -> None:
        """See `Ledger.save_snapshot`."""
        with self._small_write() as writer:
            writer.execute("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)", (name, seq, blob))

    def load_snapshot(self, name: str) -> tuple[int, bytes] | None:
        """See `Ledger.load_snapshot`."""
        with self._reading() as reader:
            return reader.execute("SELECT seq, blob FROM snapshot WHERE name = ?", (name,)).get

    def save_checkpoint(self, size: int, note: str) -> None:
        """See `Ledger.save_checkpoint`."""
        with self._listing() as writer:
            writer.execute("INSERT OR REPLACE INTO checkpoint VALUES (?, ?)", (size, note))
            writer.execute(_MOVE_HEAD, fields_of(newest_row(writer)))

    def checkpoints(self, after: int = 0, limit: int = 1000) -> list[tuple[int, str]]:
        """See `Ledger.checkpoints`."""
        sql = "SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?"
        with self._reading() as reader:
            return fetch(reader, sql, (after, limit))

    def drop_checkpoints(self, sizes: Sequence[int]) -> None:
        """See `Ledger.drop_checkpoints`."""
        with self._small_write() as writer:
            writer.executemany("DELETE FROM checkpoint WHERE size = ?", [(n,) for n in sizes])

    def close(self) -> None:
        """See `Ledger.close`."""
        while self._readers:
            self._readers.pop().close()
        if self._writer is not None:
            with self._mutex:
                self._mark_head()
                self._writer.close()
        if self._lock is not None:
            self._lock.release()

    def _mark_head(self) -> None:
        """Bring the head's row up, if this is still the writer and the disk lets it."""
        if self._marked < self._head.seq and not self._broken:
            self._marked = self._head.seq
            with suppress(StoreError, Fenced), self._listing() as writer:
                writer.execute(_MOVE_HEAD, fields_of(newest_row(writer)))
