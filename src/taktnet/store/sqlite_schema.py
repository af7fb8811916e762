"""The SQLite file of a ledger: its tables, its versions, its one writer.

`event` and `name` are append-only by trigger. `seq` is dense. `event_key` keeps a key once for
ever, `event_corrects` lets an event be corrected once. No other index slows appending. The names
that a row of its own commit brings stand beside it first and are listed in `name` when the head's
row is written: a page less in every small commit.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import apsw

from taktnet.ledger.ledger import StoreError
from taktnet.store.migrations import Migration, pending

#: Older SQLite can corrupt a database in WAL mode (the WAL-reset bug, fixed in 3.51.3).
OLDEST_SQLITE = (3, 51, 3)
#: "TAKT": marks the file as a ledger of Taktnet.
APPLICATION_ID = 0x54414B54
#: Bytes of a page of a new ledger: an event fills a tenth of two pages, which each commit writes.
PAGE = 2_048
#: When the log has so many bytes of pages, they are taken into the file and it begins again.
LOG_BYTES = 8 << 20
_FRAME = 24  # bytes before each page of the log
_PIECE = 16_384  # bytes of the log laid at once

_FIRST = """
CREATE TABLE event (
  seq INTEGER PRIMARY KEY, recorded INTEGER NOT NULL,
  tenant INTEGER NOT NULL, source INTEGER NOT NULL, id TEXT NOT NULL, corrects TEXT,
  facts BLOB NOT NULL, hash BLOB NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_key ON event (tenant, source, id);
CREATE UNIQUE INDEX event_corrects ON event (tenant, source, corrects) WHERE corrects IS NOT NULL;
CREATE TABLE name (
  domain INTEGER NOT NULL, id INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (domain, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE head (
  one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL,
  recorded INTEGER NOT NULL, epoch INTEGER NOT NULL, writer TEXT NOT NULL
) STRICT;
INSERT INTO head VALUES (1, 0, zeroblob(32), 0, 0, '');
CREATE TABLE period (seq INTEGER PRIMARY KEY) STRICT;
CREATE TABLE conflict (
  n INTEGER PRIMARY KEY, recorded INTEGER NOT NULL, tenant TEXT NOT NULL, source TEXT NOT NULL,
  id TEXT NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL, UNIQUE (tenant, source, id, digest)
) STRICT;
CREATE TABLE parked (
  n INTEGER PRIMARY KEY, recorded INTEGER NOT NULL, tenant TEXT NOT NULL, source TEXT NOT NULL,
  id TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (tenant, source, id)
) STRICT;
CREATE TABLE follower (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE snapshot (name TEXT PRIMARY KEY, seq INTEGER NOT NULL, blob BLOB NOT NULL) STRICT;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TRIGGER event_stays BEFORE UPDATE ON event
  BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER event_remains BEFORE DELETE ON event
  BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER name_stays BEFORE UPDATE ON name
  BEGIN SELECT RAISE(ABORT, 'names are append-only'); END;
CREATE TRIGGER name_remains BEFORE DELETE ON name
  BEGIN SELECT RAISE(ABORT, 'names are append-only'); END;
"""

#: What makes each version of the schema out of the one before; only ever added to.
MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "events, names, head, followers", _FIRST),
    Migration(2, "new names beside their row", "ALTER TABLE event ADD COLUMN names TEXT"),
)


def check_library(version: str) -> None:
    """Refuse an SQLite with the WAL-reset bug; `version` is such as "3.51.3"."""
    if tuple(int(part) for part in version.split(".")) < OLDEST_SQLITE:
        wanted = ".".join(str(part) for part in OLDEST_SQLITE)
        raise StoreError(
            f"SQLite {version} can corrupt a database in WAL mode, wanted {wanted} or newer. "
            "Install apsw from its wheel, which brings its own SQLite."
        )


class InWords:
    """Around what may fail: SQLite's errors as StoreError, with the file and what to do.

    A class and not a generator, which costs every single append a few microseconds more.
    """

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, apsw.Error):
            raise in_words(self.path, problem) from problem


def in_words(path: Path, problem: apsw.Error) -> StoreError:
    """An error of SQLite with the file and what to do."""
    return StoreError(f"{path}: {_words(problem)}")


def _words(problem: apsw.Error) -> str:
    for kind, words in _WORDS:
        if isinstance(problem, kind):
            return words.format(problem)
    return f"SQLite says: {problem}"


_WORDS: tuple[tuple[type[apsw.Error], str], ...] = (
    (apsw.FullError, "the disk is full; nothing of this was stored. Make room, then go on."),
    (apsw.NotADBError, "this file is not an SQLite database. Name another file."),
    (
        apsw.CantOpenError,
        "the file cannot be opened. Does its folder exist, and may you write there?",
    ),
    (
        apsw.ReadOnlyError,
        "the file cannot be written. Check its permissions and those of its folder.",
    ),
    (
        apsw.BusyError,
        "another process is writing this file. Let one process alone write a ledger.",
    ),
    (apsw.CorruptError, "the file is damaged ({}). Restore it from a backup."),
    (
        apsw.IOError,
        "the disk failed ({}); nothing of this was acknowledged. Check the disk, then start "
        "again: what is durable is read anew.",
    ),
)


class WriterLock:
    """The lock that a process holds while it writes a ledger; gone with the process.

    The lock is one of the operating system, taken through SQLite on the file `<ledger>.lock`.
    """

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(f"{path}.lock")
        self._connection.set_busy_timeout(0)
        self.held = False

    def acquire(self) -> bool:
        """Take the lock if nobody has it; whether it is held now."""
        if not self.held:
            try:
                self._connection.execute("BEGIN EXCLUSIVE")
                self.held = True
            except apsw.BusyError:
                return False
        return True

    def release(self) -> None:
        """Let the lock go."""
        self._connection.close()


def open_writer(path: Path) -> apsw.Connection:
    """A connection that may write, durable at every commit."""
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(10_000)
    check_owner(connection, path)
    connection.execute(f"PRAGMA page_size = {PAGE}")  # a ledger that is there keeps its own
    pragmas = (
        "journal_mode = WAL",
        "synchronous = FULL",
        "fullfsync = ON",  # macOS: fsync alone leaves data in the drive
        "checkpoint_fullfsync = ON",
        f"wal_autocheckpoint = {LOG_BYTES // page_of(connection)}",
        "journal_size_limit = 67108864",
        "cache_size = -65536",
        "foreign_keys = OFF",
    )
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def page_of(connection: apsw.Connection) -> int:
    """Bytes of a page."""
    return int(connection.pragma("page_size"))


def lay_log(path: Path, page: int) -> None:
    """Make the file of the log as long as it gets, once; the caller has begun to write.

    A commit that makes a file longer waits for the file system's journal as well, which takes as
    long again. SQLite reads its log up to the first page that is not of it: zeros are none. It is
    laid in small pieces: a large one is kept in memory as one, and then each small write into it
    looks through it all. A disk without that much room is left as it was.
    """
    end = LOG_BYTES // page * (_FRAME + page)
    with suppress(OSError), Path(f"{path}-wal").open("r+b", buffering=0) as log:
        at = there = log.seek(0, os.SEEK_END)
        try:
            while at < end:
                at += log.write(bytes(min(_PIECE, end - at)))
        except OSError:
            log.truncate(there)


def open_reader(path: Path) -> apsw.Connection:
    """A connection that only reads: it never writes, migrates or checkpoints."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(10_000)
    return connection


def check_owner(connection: apsw.Connection, path: Path) -> None:
    """Refuse a database that is not a ledger of Taktnet; an empty one may become one."""
    mark = connection.pragma("application_id")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
    if mark != APPLICATION_ID and tables:
        raise StoreError(f"{path}: a database, but not a ledger of Taktnet. Name another file.")


def pending_steps(connection: apsw.Connection, path: Path) -> tuple[Migration, ...]:
    """The steps the file still needs; raises NewerSchema if it is beyond them."""
    return pending(int(connection.pragma("user_version")), MIGRATIONS, str(path))


def migrate(connection: apsw.Connection, path: Path) -> None:
    """Bring the file to the newest version, each step in a transaction of its own."""
    for step in pending_steps(connection, path):
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(step.script)
            connection.execute(f"PRAGMA user_version = {step.version}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
