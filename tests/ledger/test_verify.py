"""`verify` names the first row that was changed, removed, added or swapped, and what is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import apsw
import numpy as np
import pytest
from samples import AT, NOW, closed, used

from support.happenings import START_US, happenings
from taktnet.base.errors import Fault
from taktnet.ledger.chain import row_hash
from taktnet.ledger.fact import FACT
from taktnet.ledger.ledger import StoreError
from taktnet.ledger.verify import Verdict, verify
from taktnet.store.sqlite import SqliteLedger

ROWS = 30


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A sound ledger of 30 rows, with a closed period, corrections and a late event in it."""
    ledger = SqliteLedger(tmp_path / "ledger.db")
    ledger.append(happenings(20), START_US)
    ledger.append(
        [closed("c", AT - timedelta(days=1)), used("e-000001b", corrects="e-000001")], NOW
    )
    ledger.append([used("late", at=AT - timedelta(days=3)), *happenings(7, 20)], NOW)
    ledger.close()
    return tmp_path / "ledger.db"


def tamper(path: Path, *statements: str) -> Verdict:
    """What `verify` says after somebody with access to the file ran these statements."""
    with apsw.Connection(str(path)) as connection:
        for table, verb in (("event", "stays"), ("event", "remains"), ("name", "stays")):
            connection.execute(f"DROP TRIGGER IF EXISTS {table}_{verb}")
        connection.execute("DROP TRIGGER IF EXISTS name_remains")
        for statement in statements:
            connection.execute(statement)
    return verdict_of(path)


def verdict_of(path: Path) -> Verdict:
    """`verify` beside a possible writer, as the command line runs it."""
    ledger = SqliteLedger(path, read_only=True)
    try:
        return verify(ledger)
    finally:
        ledger.close()


def test_a_sound_ledger_is_good(path: Path) -> None:
    """Rows and facts are counted."""
    verdict = verdict_of(path)
    assert verdict.good, str(verdict)
    assert (verdict.rows, verdict.row) == (ROWS, 0)
    assert str(verdict).startswith("30 events with ")


@pytest.mark.parametrize(
    ("change", "row", "told"),
    [
        ("recorded = recorded + 1", 7, "its facts do not follow"),
        ("recorded = recorded + 1", 7, "its hash does not follow"),
        ("tenant = tenant + 1", 7, "its key columns differ from its body"),
        ("source = source + 1", 7, "its key columns differ from its body"),
        ("id = id || 'x'", 7, "its key columns differ from its body"),
        ("corrects = 'e-000002'", 7, "its key columns differ from its body"),
        ("corrects = NULL", 22, "its key columns differ from its body"),
        ("facts = substr(facts, 1, 24) || x'ff' || substr(facts, 26)", 7, "its facts do not"),
        ("facts = facts || facts", 7, "its facts do not follow"),
        ("facts = x''", 7, "its facts do not follow"),
        ("body = replace(cast(body AS TEXT), '\"qty\":', ' \"qty\":')", 7, "not in canonical form"),
        ("body = replace(cast(body AS TEXT), 'OPO', 'XXX')", 5, "its hash does not follow"),
        ("body = x'00'", 7, "its body is not an event"),
        ("hash = zeroblob(32)", 7, "its hash does not follow"),
        ("hash = (SELECT hash FROM event e WHERE e.seq = 8)", 7, "its hash does not follow"),
    ],
)
def test_every_column_that_is_edited_is_found(path: Path, change: str, row: int, told: str) -> None:
    """Each column of a row in the middle, edited alone."""
    column, _, value = change.partition(" = ")
    if column in ("body", "facts"):
        change = f"{column} = cast({value} AS BLOB)"
    verdict = tamper(path, f"UPDATE event SET {change} WHERE seq = {row}")
    assert (verdict.row, verdict.rows) == (row, row - 1), str(verdict)
    assert told in str(verdict)
    assert f"event {row} " in str(verdict)


def test_a_removed_row_is_named(path: Path) -> None:
    """From the middle, the first one, the last one, and the last one with the head set back."""
    assert tamper(path, "DELETE FROM event WHERE seq = 12").row == 12


def test_a_removed_first_row_is_named(path: Path) -> None:
    """Even if all others are renumbered, the chain does not fit."""
    verdict = tamper(path, "DELETE FROM event WHERE seq = 1")
    assert (verdict.row, verdict.what) == (1, ("row 1 is missing, the next one is 2",))
    assert tamper(path, "UPDATE event SET seq = seq - 1").row == 1


def test_a_removed_last_row_is_named(path: Path) -> None:
    """The head knows of it; and a ledger that lost it cannot be written on."""
    verdict = tamper(path, f"DELETE FROM event WHERE seq = {ROWS}")
    assert (verdict.row, verdict.rows) == (ROWS, ROWS - 1)
    assert "it is missing: the head is number 30" in str(verdict)
    with pytest.raises(StoreError, match="changed from outside"):
        SqliteLedger(path)


def test_a_row_added_behind_the_head_is_named(path: Path) -> None:
    """Copied from another one."""
    added = (
        "INSERT INTO event SELECT seq + 30, recorded, tenant, source, 'new', NULL, facts, hash, "
        "body, NULL FROM event WHERE seq = 1"
    )
    assert tamper(path, added).row == ROWS + 1


def test_a_row_put_in_between_is_named(path: Path) -> None:
    """All later ones moved up by one, the head too."""
    moved = (
        "UPDATE event SET seq = -seq - 1 WHERE seq > 9",
        "UPDATE event SET seq = -seq WHERE seq < 0",
        "INSERT INTO event SELECT 10, recorded, tenant, source, 'new', NULL, facts, hash, body, "
        "NULL FROM event WHERE seq = 9",
        "UPDATE head SET seq = 31",
    )
    assert tamper(path, *moved).row == 10


def test_swapped_rows_are_named(path: Path) -> None:
    """Two rows that changed places, with all their columns."""
    swap = (
        "UPDATE event SET seq = -8 WHERE seq = 8",
        "UPDATE event SET seq = 8 WHERE seq = 9",
        "UPDATE event SET seq = 9 WHERE seq = -8",
    )
    assert tamper(path, *swap).row == 8


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("UPDATE name SET text = 'ITM-999' WHERE text = 'ITM-005'", 6),
        ("DELETE FROM name WHERE text = 'ITM-005'", 6),
        ("DELETE FROM name WHERE text = 'ITM-016'", 17),  # the newest of its domain
        ("UPDATE name SET text = 'PUN' WHERE text = 'KRK'", 2),
        ("UPDATE name SET text = 'X' WHERE text = 'mes'", 1),
    ],
)
def test_an_edited_or_removed_name_is_found_where_it_is_first_used(
    path: Path, statement: str, row: int
) -> None:
    """The dictionary of names is bound to the bodies."""
    verdict = tamper(path, statement)
    assert verdict.row == row, str(verdict)


def test_a_head_that_does_not_fit_is_found(path: Path) -> None:
    """Its hash, or its number."""
    verdict = tamper(path, "UPDATE head SET hash = zeroblob(32)")
    assert (verdict.row, verdict.rows) == (ROWS, ROWS)
    assert "the hash in the head" in str(verdict)
    assert tamper(path, "UPDATE head SET seq = 31").row == ROWS + 1


def test_an_edit_whose_chain_was_made_anew_is_still_found_by_its_facts(path: Path) -> None:
    """An intruder who edits a quantity in the facts and hashes all rows again."""
    edit = _edit_quantity(path, in_body=False)
    verdict = edit()
    assert (verdict.row, verdict.what) == (
        7,
        ("its facts do not follow from its body and the names",),
    )


def test_an_edit_of_facts_and_body_with_a_new_chain_is_left_to_the_checkpoints(path: Path) -> None:
    """Nothing inside the file tells it; the check passed as `also` does."""
    verdict = _edit_quantity(path, in_body=True)()
    assert verdict.good
    ledger = SqliteLedger(path, read_only=True)
    fault = Fault("checkpoint", 20, "root", "ab", "cd")
    told = verify(ledger, also=lambda _: [fault])
    ledger.close()
    assert not told.good
    assert str(told) == str(fault)


def _edit_quantity(path: Path, in_body: bool) -> Callable[[], Verdict]:
    """Row 7 consumed 1.25 less, and every hash from there on made anew."""
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER event_stays")
        rows = connection.execute("SELECT seq, recorded, facts, body FROM event").fetchall()
        before = bytes(32)
        for seq, recorded, *columns in rows:
            facts, body = _less(*columns, in_body) if seq == 7 else columns
            before = row_hash(before, seq, recorded, facts, body)
            connection.execute(
                "UPDATE event SET facts = ?, body = ?, hash = ? WHERE seq = ?",
                (facts, body, before, seq),
            )
        connection.execute("UPDATE head SET hash = ?", (before,))
    connection.close()
    return lambda: verdict_of(path)


def _less(facts: bytes, body: bytes, in_body: bool) -> tuple[bytes, bytes]:
    changed = np.frombuffer(facts, FACT).copy()
    old = changed["qty"][0] / 1e6
    changed["qty"][0] -= 1_250_000
    new = f'"qty":{old - 1.25}' if in_body else f'"qty":{old}'
    return changed.tobytes(), body.replace(f'"qty":{old}'.encode(), new.encode())


def test_progress_is_told_and_can_stop_it(path: Path) -> None:
    """A caller that raises out of `progress` ends the work."""
    ledger = SqliteLedger(path, read_only=True)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt(f"{done} of {total}")

    with pytest.raises(KeyboardInterrupt, match="30 of 30"):
        verify(ledger, stop)
    ledger.close()
