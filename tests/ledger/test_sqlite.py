"""What is particular to the SQLite store: versions, files, disks that fail, other processes."""

from __future__ import annotations

import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pytest
from samples import NOW, used

from support.happenings import START_US, happenings
from taktnet.base.names import Domain
from taktnet.ledger.ledger import StoreError
from taktnet.ledger.memory import MemoryLedger
from taktnet.ledger.verify import verify
from taktnet.store import open_ledger, sqlite_schema
from taktnet.store.migrations import Migration, NewerSchema
from taktnet.store.sqlite import SqliteLedger


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.7.0"])
def test_an_sqlite_that_can_corrupt_the_file_is_refused(version: str) -> None:
    """The WAL-reset bug was fixed in 3.51.3; older ones are not used, in words."""
    with pytest.raises(StoreError, match=r"SQLite .* can corrupt .* wanted 3\.51\.3 or newer"):
        sqlite_schema.check_library(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.52.0", "4.0.0"])
def test_an_sqlite_with_the_fix_is_taken(version: str) -> None:
    """From the version that has it on."""
    sqlite_schema.check_library(version)


def test_commits_are_durable_by_setting(tmp_path: Path) -> None:
    """WAL and synchronous=FULL (2), as the file and the connection say themselves."""
    ledger = SqliteLedger(tmp_path / "a.db")
    writer = ledger._writer
    assert writer is not None
    found = [writer.pragma(name) for name in ("journal_mode", "synchronous", "fullfsync")]
    assert found == ["wal", 2, 1]
    ledger.close()


def test_only_the_writer_can_change_the_file(tmp_path: Path) -> None:
    """Connections for reading are opened read-only, so they neither write nor checkpoint."""
    ledger = SqliteLedger(tmp_path / "a.db")
    ledger.append([used("1")], NOW)
    with ledger._reading() as reader, pytest.raises(apsw.ReadOnlyError):
        reader.execute("DELETE FROM follower")
    wal = (tmp_path / "a.db-wal").stat().st_size
    with ledger._reading() as reader, pytest.raises(apsw.Error):
        reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert (tmp_path / "a.db-wal").stat().st_size == wal > 0
    ledger.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET body = x'00' WHERE seq = 1",
        "DELETE FROM event WHERE seq = 1",
        "UPDATE name SET text = 'X'",
        "DELETE FROM name",
    ],
)
def test_rows_and_names_are_append_only(tmp_path: Path, statement: str) -> None:
    """Also for whoever opens the file by other means, as long as the triggers stand."""
    ledger = SqliteLedger(tmp_path / "a.db")
    ledger.append([used("1")], NOW)
    ledger.close()
    with (
        apsw.Connection(str(tmp_path / "a.db")) as connection,
        pytest.raises(apsw.ConstraintError, match="append-only"),
    ):
        connection.execute(statement)


def test_a_newer_schema_is_refused_and_the_file_left_alone(tmp_path: Path) -> None:
    """A ledger of a newer Taktnet is not touched, for writing or for reading."""
    path = tmp_path / "a.db"
    SqliteLedger(path).close()
    with apsw.Connection(str(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(NewerSchema, match="version 99"):
            SqliteLedger(path, read_only=read_only)
    assert path.read_bytes() == before


def test_an_older_schema_is_brought_up_step_by_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step once; what was recorded stays; reading alone never migrates."""
    path = tmp_path / "a.db"
    first = SqliteLedger(path)
    first.append(happenings(10), START_US)
    rows = first.rows()
    first.close()
    steps = (
        *sqlite_schema.MIGRATIONS,
        Migration(len(sqlite_schema.MIGRATIONS) + 1, "a note", "CREATE TABLE note (text TEXT)"),
    )
    monkeypatch.setattr(sqlite_schema, "MIGRATIONS", steps)
    with pytest.raises(StoreError, match="an older schema"):
        SqliteLedger(path, read_only=True)
    for _ in range(2):
        second = SqliteLedger(path)
        assert second.rows() == rows
        second.close()
    with apsw.Connection(str(path)) as connection:
        assert connection.pragma("user_version") == len(steps)
        assert connection.execute("SELECT count(*) FROM note").get == 0


def test_a_step_that_fails_leaves_the_schema_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a migration is none."""
    path = tmp_path / "a.db"
    SqliteLedger(path).close()
    broken = Migration(
        len(sqlite_schema.MIGRATIONS) + 1, "broken", "CREATE TABLE half (x); SELECT nonsense"
    )
    monkeypatch.setattr(sqlite_schema, "MIGRATIONS", (*sqlite_schema.MIGRATIONS, broken))
    with pytest.raises(StoreError, match="nonsense"):
        SqliteLedger(path)
    monkeypatch.undo()
    SqliteLedger(path).close()
    with apsw.Connection(str(path)) as connection:
        sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"
        assert connection.execute(sql).get == 0


def test_a_file_of_the_first_schema_is_brought_up(tmp_path: Path) -> None:
    """Its rows and names are as they were, it verifies, and rows of one commit go on behind."""
    ledger = SqliteLedger(tmp_path / "new.db")
    ledger.append(happenings(70), START_US)
    rows = ledger.rows()
    ledger.close()
    old = tmp_path / "old.db"
    with apsw.Connection(str(old)) as connection:
        connection.execute(sqlite_schema.MIGRATIONS[0].script)
        connection.pragma("user_version", 1)
        connection.pragma("application_id", sqlite_schema.APPLICATION_ID)
        connection.execute("ATTACH ? AS new", (str(tmp_path / "new.db"),))
        connection.execute(
            "INSERT INTO event SELECT seq, recorded, tenant, source, id, corrects, facts, hash, "
            "body FROM new.event; INSERT INTO name SELECT * FROM new.name; "
            "UPDATE head SET (seq, hash, recorded) = (SELECT seq, hash, recorded FROM new.head)"
        )
    with pytest.raises(StoreError, match="an older schema"):
        SqliteLedger(old, read_only=True)
    again = SqliteLedger(old)
    assert again.rows() == rows
    again.append(happenings(1, 70), START_US + 1)
    assert verify(again).rows == 71
    again.close()


def _listed(path: Path) -> int:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    return connection.execute("SELECT count(*) FROM name").get


def test_names_stand_beside_their_row_until_they_are_listed(tmp_path: Path) -> None:
    """A reader has them at once, whoever comes after a crash too, and a larger commit, a checkpoint
    and the end list them."""
    path, copy = tmp_path / "a.db", tmp_path / "copy.db"
    ledger = SqliteLedger(path)
    ledger.append(happenings(3), START_US)
    reader = SqliteLedger(path, read_only=True)
    for n in range(3, 30):
        ledger.append(happenings(1, n), START_US + n)
        assert reader.head == ledger.head
        assert reader.names.counts() == ledger.names.counts()
    named = sum(ledger.names.counts()) - len(Domain)
    assert _listed(path) < named
    assert verify(SqliteLedger(path, read_only=True)).rows == 30
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    other = SqliteLedger(copy)
    assert other.names.since((1,) * len(Domain)) == ledger.names.since((1,) * len(Domain))
    other.append(happenings(2, 30), START_US + 30)
    assert _listed(copy) == sum(other.names.counts()) - len(Domain)
    assert verify(other).rows == 32
    other.close()
    ledger.save_checkpoint(30, "note")
    assert _listed(path) == named
    ledger.append([used("new", item="ITM-NEW")], START_US + 31)
    assert _listed(path) == named
    ledger.close()
    assert _listed(path) > named
    reader.close()


def test_names_changed_from_outside_are_told(tmp_path: Path) -> None:
    """By the row that they stand beside."""
    path, copy = tmp_path / "a.db", tmp_path / "copy.db"
    ledger = SqliteLedger(path)
    ledger.append(happenings(1), START_US)
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    ledger.close()
    connection = apsw.Connection(str(copy))
    connection.execute("DROP TRIGGER event_stays; UPDATE event SET names = '[[1'")
    connection.close()
    with pytest.raises(StoreError, match="the names beside row 1 cannot be read"):
        SqliteLedger(copy)


def test_names_whose_listing_fails_are_listed_later(tmp_path: Path) -> None:
    """A commit that finds no room takes nothing from those that wait."""
    ledger = SqliteLedger(tmp_path / "a.db")
    for n in range(20):
        ledger.append(happenings(1, n), START_US + n)
    writer = ledger._writer
    assert writer is not None
    assert ledger._unlisted
    writer.pragma("max_page_count", writer.pragma("page_count"))
    with pytest.raises(StoreError, match="the disk is full"):
        ledger.append(happenings(2000, 20), START_US + 20)
    writer.pragma("max_page_count", 1_000_000)
    ledger.append(happenings(2000, 20), START_US + 20)
    ledger.close()
    assert verify(SqliteLedger(tmp_path / "a.db", read_only=True)).rows == 2020


def test_files_that_are_no_ledger_are_refused_in_words(tmp_path: Path) -> None:
    """Another database, another kind of file, a missing folder, a missing file to read."""
    other, text = tmp_path / "other.db", tmp_path / "notes.txt"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    text.write_text("these are notes, not a ledger " * 200)
    before = other.read_bytes()
    with pytest.raises(StoreError, match="not a ledger of Taktnet"):
        SqliteLedger(other)
    assert other.read_bytes() == before
    with pytest.raises(StoreError, match="not an SQLite database"):
        SqliteLedger(text)
    with pytest.raises(StoreError, match="Does its folder exist"):
        SqliteLedger(tmp_path / "no" / "such" / "a.db")
    with pytest.raises(StoreError, match="no such ledger"):
        SqliteLedger(tmp_path / "none.db", read_only=True)
    assert not (tmp_path / "none.db").exists()


def test_a_full_disk_stores_nothing_and_is_survived(tmp_path: Path) -> None:
    """The batch is refused in words; with room again the same ledger goes on."""
    ledger = SqliteLedger(tmp_path / "a.db")
    ledger.append(happenings(10), START_US)
    writer, head, counts = ledger._writer, ledger.head, ledger.names.counts()
    assert writer is not None
    pages = writer.pragma("page_count")
    writer.pragma("max_page_count", pages)
    with pytest.raises(StoreError, match="the disk is full; nothing of this was stored"):
        ledger.append(happenings(2000, 10), START_US)
    assert (ledger.head, ledger.names.counts(), len(ledger.rows())) == (head, counts, 10)
    writer.pragma("max_page_count", 1_000_000)
    ledger.append(happenings(2000, 10), START_US)
    assert verify(ledger).rows == 2010
    ledger.close()


class _FailingFile(apsw.VFSFile):
    """A file whose fsync fails while `failing` is set, as that of a dying disk does."""

    failing = False
    synced = 0

    def __init__(self, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)

    def xSync(self, flags: int) -> None:  # noqa: N802 - the name SQLite gives it
        if _FailingFile.failing:
            raise apsw.IOError("fsync failed")
        _FailingFile.synced += 1
        super().xSync(flags)


class _FailingDisk(apsw.VFS):
    def __init__(self) -> None:
        super().__init__("failing", "", makedefault=False)

    def xOpen(self, name: Any, flags: list[int]) -> _FailingFile:  # noqa: N802 - as above
        return _FailingFile(name, flags)


_connect = apsw.Connection


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_FailingFile]]:
    """A disk whose fsync can be counted and made to fail."""
    vfs = _FailingDisk()
    monkeypatch.setattr(
        apsw, "Connection", lambda name, **more: _connect(name, **{"vfs": "failing", **more})
    )
    monkeypatch.setattr(_FailingFile, "failing", False)
    yield _FailingFile
    vfs.unregister()


def test_every_commit_is_on_the_disk_before_it_is_acknowledged(
    tmp_path: Path, disk: type[_FailingFile]
) -> None:
    """Kill tests cannot tell: the page cache survives them. So the fsyncs are counted."""
    ledger = SqliteLedger(tmp_path / "a.db")
    for n in range(5):
        before = disk.synced
        ledger.append([used(f"{n}")], NOW)
        assert disk.synced > before
    before = disk.synced
    ledger.append([used("0")], NOW)  # a repeat stores nothing and needs none
    assert disk.synced == before
    ledger.close()


def test_after_a_failed_fsync_nothing_more_is_written(
    tmp_path: Path, disk: type[_FailingFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows what such a disk holds: no retry, not even when it seems well again."""
    ledger = SqliteLedger(tmp_path / "a.db")
    ledger.append([used("1")], NOW)
    monkeypatch.setattr(_FailingFile, "failing", True)
    with pytest.raises(StoreError, match="the disk failed"):
        ledger.append([used("2")], NOW)
    monkeypatch.setattr(_FailingFile, "failing", False)
    with pytest.raises(StoreError, match="the disk failed"):
        ledger.append([used("3")], NOW)
    assert [row.id for row in ledger.rows()] == ["1"]
    ledger.close()
    again = SqliteLedger(tmp_path / "a.db")
    assert again.append([used("2")], NOW)[0].seq == 2
    assert verify(again).good
    again.close()


def test_another_process_that_writes_is_named(tmp_path: Path) -> None:
    """The lock is one of the operating system; it ends with its process, even by SIGKILL."""
    path = tmp_path / "a.db"
    program = (
        "import sys, time\n"
        "from taktnet.store.sqlite import SqliteLedger\n"
        "ledger = SqliteLedger(sys.argv[1])\n"
        "print('open', flush=True)\n"
        "time.sleep(60)\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, env=os.environ
    )
    assert other.stdout is not None
    try:
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(StoreError, match=f"written by process {other.pid} on"):
            SqliteLedger(path)
        SqliteLedger(path, read_only=True).close()
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
    SqliteLedger(path).close()


def test_a_torn_log_opens_to_a_prefix(tmp_path: Path) -> None:
    """Power lost in the middle: the write-ahead log cut or garbled anywhere still gives a sound
    ledger of some first batches, and it can be written on."""
    path, copy = tmp_path / "a.db", tmp_path / "copy.db"
    ledger = SqliteLedger(path)
    for n in range(20):
        ledger.append(happenings(5, 5 * n), START_US + n)
    rows, log = ledger.rows(), Path(f"{path}-wal").read_bytes()
    lots, seen, used_up = random.Random(7), set[int](), len(log.rstrip(b"\0"))
    assert used_up < len(log)  # the log is laid ahead: what is left of a cut ends in zeros or not
    for round_ in range(25):
        cut = lots.randrange(used_up)
        torn = log[:cut] if round_ % 2 else log[:cut] + lots.randbytes(4096) + log[cut + 4096 :]
        shutil.copy(path, copy)
        Path(f"{copy}-wal").write_bytes(torn)
        Path(f"{copy}-shm").unlink(missing_ok=True)
        opened = SqliteLedger(copy)
        kept = opened.rows()
        assert kept == rows[: len(kept)]
        assert len(kept) % 5 == 0
        assert verify(opened).good
        opened.append([used("after")], START_US + 100)
        opened.close()
        seen.add(len(kept))
    ledger.close()
    assert len(seen) > 3


def test_the_log_has_its_length_before_it_is_used(tmp_path: Path) -> None:
    """So that no commit makes a file longer; a ledger of few rows does without."""
    ledger = SqliteLedger(tmp_path / "a.db")
    log = tmp_path / "a.db-wal"
    ledger.append(happenings(60), START_US)
    short = log.stat().st_size
    ledger.append(happenings(4, 60), START_US + 1)
    laid = log.stat().st_size
    for n in range(64, 264):
        ledger.append(happenings(1, n), START_US + n)
    assert short < laid == log.stat().st_size
    assert (len(ledger.rows()), verify(ledger).rows) == (264, 264)
    ledger.close()


def test_a_disk_without_room_for_the_log_is_left_as_it_was(tmp_path: Path) -> None:
    """It is made longer as far as it goes, found too short, and cut back."""
    log = tmp_path / "a.db-wal"
    log.write_bytes(b"x" * 1000)
    least, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, most))
    try:
        sqlite_schema.lay_log(tmp_path / "a.db", 2_048)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (least, most))
    assert log.read_bytes() == b"x" * 1000
    sqlite_schema.lay_log(tmp_path / "a.db", 2_048)
    assert log.read_bytes().rstrip(b"\0") == b"x" * 1000
    assert log.stat().st_size > 8_000_000


def test_facts_are_the_same_bytes_as_in_the_rows(tmp_path: Path) -> None:
    """Read in bulk or row by row."""
    ledger = SqliteLedger(tmp_path / "a.db")
    ledger.append(happenings(200), START_US)
    bulk = np.concatenate(list(ledger.facts(chunk=64))).tobytes()
    assert bulk == b"".join(row.facts for row in ledger.rows())
    ledger.close()


def test_a_ledger_is_opened_by_its_address(tmp_path: Path) -> None:
    """`memory:`, a path, `sqlite:PATH`; anything else is refused in words."""
    assert isinstance(open_ledger("memory:"), MemoryLedger)
    for address in (f"sqlite:{tmp_path}/a.db", f"{tmp_path}/a.db"):
        ledger = open_ledger(address)
        assert isinstance(ledger, SqliteLedger)
        assert ledger.path == tmp_path / "a.db"
        ledger.close()
    with pytest.raises(StoreError, match="wanted memory:, sqlite:PATH"):
        open_ledger("mysql://server/db")
    with pytest.raises(StoreError, match="names no file"):
        open_ledger("sqlite:")


def test_a_ledger_keeps_the_pages_it_was_made_with(tmp_path: Path) -> None:
    """Those of before have larger pages; their log is laid for them."""
    old = apsw.Connection(str(tmp_path / "old.db"))
    old.execute("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; VACUUM").fetchall()
    old.close()
    for name, page in (("old.db", 4_096), ("new.db", 2_048)):
        ledger = SqliteLedger(tmp_path / name)
        ledger.append(happenings(100), START_US)
        assert ledger._writer is not None
        assert sqlite_schema.page_of(ledger._writer) == page
        laid = (tmp_path / f"{name}-wal").stat().st_size
        assert laid == sqlite_schema.LOG_BYTES // page * (24 + page)
        ledger.close()
