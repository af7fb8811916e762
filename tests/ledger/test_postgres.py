"""What PostgreSQL adds to the ledger's contract: one writer, durable, append-only, reconnected."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import psycopg
import pytest

from support import postgres
from support.happenings import START_US, happenings
from taktnet.ledger.admission import number
from taktnet.ledger.ledger import Fenced, StoreError
from taktnet.ledger.memory import MemoryLedger
from taktnet.store import open_ledger, postgres_link, postgres_schema
from taktnet.store.migrations import Migration, NewerSchema
from taktnet.store.postgres import PostgresLedger

pytestmark = pytest.mark.postgres


@pytest.fixture
def dsn() -> str:
    """A fresh, empty database."""
    return postgres.shared().fresh()


@pytest.fixture
def ledger(dsn: str) -> Iterator[PostgresLedger]:
    """An open ledger with ten rows."""
    opened = PostgresLedger(dsn, patience_s=5.0)
    opened.append(happenings(10), START_US)
    yield opened
    opened.close()


def kill_backends(dsn: str) -> None:
    """What a network does: every connection to the database ends at once."""
    with psycopg.connect(dsn, autocommit=True) as link:
        link.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_its_chain_is_that_of_the_memory_ledger(ledger: PostgresLedger) -> None:
    """Same events in the same batches, same last hash: the store adds and loses nothing."""
    memory = MemoryLedger()
    memory.append(happenings(10), START_US)
    assert ledger.head == memory.head
    assert ledger.rows() == memory.rows()
    assert ledger.hashes() == memory.hashes()
    found = b"".join(facts.tobytes() for facts in ledger.facts(chunk=3))
    assert found == b"".join(row.facts for row in memory.rows())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET body = 'x' WHERE seq = 3",
        "DELETE FROM events WHERE seq = 10",
        "TRUNCATE events",
        "UPDATE names SET text = 'x'",
        "DELETE FROM names",
        "TRUNCATE names",
    ],
)
def test_rows_cannot_be_changed_or_removed_by_sql(
    ledger: PostgresLedger, dsn: str, statement: str
) -> None:
    """Even the owner's own UPDATE, DELETE and TRUNCATE are refused by trigger."""
    before = ledger.rows()
    with postgres_link.connect(dsn) as link, pytest.raises(psycopg.Error, match="append-only"):
        link.execute(statement.encode())
    assert ledger.rows() == before


def test_a_second_writer_is_refused_and_told_who_writes(ledger: PostgresLedger, dsn: str) -> None:
    """Opening for writing beside a writer fails; opening to read does not."""
    with pytest.raises(StoreError, match=r"being written by process \d+"):
        PostgresLedger(dsn)
    reader = PostgresLedger(dsn, read_only=True)
    ledger.append(happenings(5, first=10), START_US)
    assert reader.head == ledger.head
    assert reader.names.counts() == ledger.names.counts()
    assert [row.seq for row in reader.read(9)] == [10, 11, 12, 13, 14, 15]
    with pytest.raises(StoreError, match="reading only"):
        reader.append(happenings(1, first=50), START_US)
    with pytest.raises(StoreError, match="reading only"):
        reader.advance("f", 1)
    reader.close()


def test_closing_lets_the_next_writer_in(ledger: PostgresLedger, dsn: str) -> None:
    """The lock ends with the connection, without waiting and without taking over."""
    ledger.close()
    again = PostgresLedger(dsn)
    assert again.head.seq == 10
    assert again.append(happenings(2, first=9), START_US)[0].outcome == "duplicate"
    again.close()


def test_a_writer_that_was_taken_over_can_never_commit_again(
    ledger: PostgresLedger, dsn: str
) -> None:
    """Its next commit, position, checkpoint and snapshot are Fenced; nothing of them is stored."""
    new = PostgresLedger(dsn, takeover=True)
    new.append(happenings(3, first=10), START_US)
    with pytest.raises(Fenced):
        ledger.append(happenings(3, first=20), START_US)
    for write in (
        lambda: ledger.advance("f", 5),
        lambda: ledger.save_checkpoint(10, "note"),
        lambda: ledger.save_snapshot("s", 10, b"x"),
        lambda: ledger.append(happenings(1, first=30), START_US),
    ):
        with pytest.raises(Fenced):
            write()
    assert (new.head.seq, new.position("f"), new.checkpoints()) == (13, 0, [])
    assert new.load_snapshot("s") is None
    new.append(happenings(1, first=13), START_US)
    new.close()


def test_a_lost_connection_is_made_anew_without_losing_a_batch(
    ledger: PostgresLedger, dsn: str
) -> None:
    """After all connections were cut, reads and the next batch work as if nothing had been."""
    for n in range(3):
        kill_backends(dsn)
        assert len(ledger.read()) == 10 + 3 * n
        receipts = ledger.append(happenings(3, first=10 + 3 * n), START_US)
        assert {r.outcome for r in receipts} == {"recorded"}
    assert [row.seq for row in ledger.read()] == list(range(1, 20))


def cut(monkeypatch: pytest.MonkeyPatch, ledger: PostgresLedger, after_commit: bool) -> None:
    """The connection is lost in the next transaction, before or after the server commits."""
    plain, calls = ledger._store, 0

    def store(*how: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 1 and not after_commit:
            assert ledger._writer is not None
            with ledger._writer.transaction():
                ledger._writer.execute("UPDATE head SET seq = seq")
                kill_backends(ledger._dsn)
                ledger._writer.execute("SELECT 1")
        plain(*how)
        if calls == 1:
            raise psycopg.OperationalError("the answer was lost")

    monkeypatch.setattr(ledger, "_store", store)


@pytest.mark.parametrize("count", [3, 40])
@pytest.mark.parametrize("after_commit", [False, True])
def test_a_connection_lost_within_a_commit_stores_that_batch_exactly_once(
    ledger: PostgresLedger, monkeypatch: pytest.MonkeyPatch, after_commit: bool, count: int
) -> None:
    """Whether it was lost before the server committed or before it could say so."""
    cut(monkeypatch, ledger, after_commit)
    receipts = ledger.append(happenings(count, first=10), START_US)
    assert [r.seq for r in receipts] == list(range(11, 11 + count))
    memory = MemoryLedger()
    memory.append(happenings(10), START_US)
    memory.append(happenings(count, first=10), START_US)
    assert ledger.rows() == memory.rows()
    monkeypatch.undo()
    again = ledger.append(happenings(count, first=10), START_US)
    assert {r.outcome for r in again} == {"duplicate"}


@pytest.mark.slow
def test_a_server_that_crashes_and_recovers_costs_no_acknowledged_event() -> None:
    """Three crashes under a writer that goes on: it waits, and every event is there once."""
    with postgres.server() as server:
        ledger = PostgresLedger(server.fresh())
        stop, acknowledged = threading.Event(), list[int]()

        def write() -> None:
            while not stop.is_set():
                first = 5 * len(acknowledged)
                receipts = ledger.append(happenings(5, first=first), ledger.stamp(START_US))
                assert {r.outcome for r in receipts} == {"recorded"}
                acknowledged.append(first)

        writer = threading.Thread(target=write)
        writer.start()
        for _ in range(3):
            before = len(acknowledged)
            while len(acknowledged) < before + 20:
                assert writer.is_alive()
                stop.wait(0.01)
            server.crash()
            server.start()
        stop.set()
        writer.join(60)
        ledger.close()
        again = PostgresLedger(ledger._dsn)
        ids = [row.id for row in again.rows(0, 100_000)]
        assert ids == [e.id for e in happenings(5 * len(acknowledged))]
        again.close()


def test_parked_and_conflicting_events_are_kept_once_through_a_lost_answer(
    ledger: PostgresLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch without rows of its own is sent again and changes nothing twice."""
    cut(monkeypatch, ledger, after_commit=True)
    odd = msgspec.structs.replace(happenings(1)[0], site="ELSEWHERE")
    early = msgspec.structs.replace(happenings(1, first=70)[0], corrects="e-000999")
    receipts = ledger.append([odd, early], START_US)
    assert [r.outcome for r in receipts] == ["conflict", "parked"]
    assert (len(ledger.conflicts()), len(ledger.parked())) == (1, 1)


def test_a_server_that_does_not_come_back_fails_the_batch_until_it_does(
    ledger: PostgresLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In doubt nothing goes on before `abandon` has found out what is durable."""
    ledger._patience = 0.2
    cut(monkeypatch, ledger, after_commit=True)

    def no_server(_: str) -> None:
        raise psycopg.OperationalError("connection refused")

    admission = ledger.admit(happenings(3, first=200), START_US)
    with monkeypatch.context() as down:
        down.setattr(postgres_link, "connect", no_server)
        with pytest.raises(StoreError, match="connection refused"):
            ledger.commit(number(admission.admitted, 10), START_US)
        with pytest.raises(StoreError, match="Abandon it first"):
            ledger.commit([], START_US, {"f": 1})
        with pytest.raises(StoreError, match="connection refused"):
            ledger.abandon()
    ledger.abandon()
    assert ledger.head.seq == 13
    again = ledger.append(happenings(3, first=200), START_US)
    assert [r.outcome for r in again] == ["duplicate"] * 3


def test_a_writer_cut_off_and_replaced_is_fenced_when_it_comes_back(
    ledger: PostgresLedger, dsn: str
) -> None:
    """While its connection was lost another writer came: it must not go on."""
    kill_backends(dsn)
    new = PostgresLedger(dsn)  # the lock went with the connection
    with pytest.raises(Fenced):
        ledger.append(happenings(3, first=10), START_US)
    assert new.append(happenings(1, first=10), START_US)[0].outcome == "recorded"
    new.close()


def test_a_batch_that_fails_leaves_nothing_behind(
    ledger: PostgresLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows, names, positions and the head are stored together or not at all."""
    names = ledger.names.counts()

    def broken(*_: object) -> None:
        raise OSError("power cut")

    monkeypatch.setattr("taktnet.store.postgres.write_names", broken)
    with pytest.raises(OSError, match="power cut"):
        ledger.append(happenings(40, first=300), START_US)
    monkeypatch.undo()
    assert (ledger.head.seq, ledger.names.counts(), len(ledger.read())) == (10, names, 10)
    ledger.append(happenings(40, first=300), START_US)
    assert ledger.head.seq == 50


def test_reads_go_on_from_other_threads_while_the_writer_commits(ledger: PostgresLedger) -> None:
    """Readers have connections of their own and always see a dense prefix."""
    stop, faults = threading.Event(), list[str]()

    def read() -> None:
        while not stop.is_set():
            seqs = [row.seq for row in ledger.read(0, 10_000)]
            if seqs != list(range(1, len(seqs) + 1)):
                faults.append(str(seqs))
            total = sum(len(facts) for facts in ledger.facts())
            if total < 10:
                faults.append(f"{total} facts")

    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in readers:
        thread.start()
    for n in range(40):
        ledger.append(happenings(5, first=1000 + 5 * n), START_US)
    stop.set()
    for thread in readers:
        thread.join(30)
    assert faults == []


def test_a_newer_schema_is_refused_and_left_alone(dsn: str) -> None:
    """Neither a writer nor a reader opens it, and its version stays."""
    PostgresLedger(dsn).close()
    with postgres_link.connect(dsn) as link:
        link.execute("INSERT INTO version VALUES (99)")
    for read_only in (False, True):
        with pytest.raises(NewerSchema, match="version 99"):
            PostgresLedger(dsn, read_only=read_only)
    with postgres_link.connect(dsn) as link:
        assert postgres_link.version_of(link) == 99


def test_an_older_schema_is_brought_up_step_by_step_or_not_at_all(
    ledger: PostgresLedger, dsn: str
) -> None:
    """A new step runs once and keeps the rows; a step that fails leaves the version before it."""
    ledger.close()
    first = postgres_schema.STEPS
    good = (*first, Migration(2, "a note", "ALTER TABLE snapshots ADD note text DEFAULT ''"))
    bad = (*good, Migration(3, "broken", "ALTER TABLE head ADD x int; SELECT no_such_column"))
    with postgres_link.connect(dsn) as link:
        with pytest.raises(psycopg.Error, match="no_such_column"):
            postgres_link.migrate(link, bad)
        assert postgres_link.version_of(link) == 2
        postgres_link.migrate(link, good)
        row = link.execute("SELECT count(*), (SELECT count(note) FROM snapshots) FROM events")
        assert row.fetchone() == (10, 0)
        with pytest.raises(psycopg.Error):
            link.execute("SELECT x FROM head")


def test_steps_that_skip_a_version_are_a_mistake_of_ours() -> None:
    """The list of steps counts from 1 without a hole."""
    from taktnet.store.migrations import pending

    steps = (Migration(1, "a", ""), Migration(3, "c", ""))
    with pytest.raises(ValueError, match="without a hole"):
        pending(0, steps, "here")


def test_a_head_that_is_not_the_newest_row_is_noticed_at_the_start(
    ledger: PostgresLedger, dsn: str
) -> None:
    """A database changed from outside is not written to."""
    ledger.close()
    with postgres_link.connect(dsn) as link:
        link.execute("UPDATE head SET seq = 9")
    with pytest.raises(StoreError, match="changed from outside"):
        PostgresLedger(dsn)


def test_what_cannot_be_opened_is_said_in_words() -> None:
    """No server, no database, no ledger yet: each with what to do."""
    server = postgres.shared()
    with pytest.raises(StoreError, match="Does the server run"):
        PostgresLedger("host=/nowhere dbname=x")
    with pytest.raises(StoreError, match="does not exist"):
        PostgresLedger(server.dsn("nothing_here"))
    with pytest.raises(StoreError, match="Open it for writing once"):
        PostgresLedger(server.fresh(), read_only=True)


def test_a_url_opens_it(dsn: str) -> None:
    """`open_ledger` takes the usual postgresql:// address."""
    name = dsn.split("dbname=")[1]
    opened = open_ledger(postgres.shared().url(name))
    assert isinstance(opened, PostgresLedger)
    assert opened.head.seq == 0
    opened.close()


def test_commits_are_durable_whatever_the_database_says(dsn: str) -> None:
    """A database set to synchronous_commit = off does not make the ledger forget on power loss."""
    with psycopg.connect(dsn, autocommit=True) as link:
        link.execute(
            f"ALTER DATABASE {dsn.split('dbname=')[1]} SET synchronous_commit = off".encode()
        )
    with postgres_link.connect(dsn) as link:
        row = link.execute("SHOW synchronous_commit").fetchone()
        assert row == ("on",)
