"""Statements of the SQLite store that need no ledger: rows in and out of its small tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

import apsw
import msgspec

from taktnet.ledger import event as e
from taktnet.ledger.codec import encode
from taktnet.ledger.ledger import Head, StoreError
from taktnet.ledger.writing import EMPTY, Batch

#: The greatest id between two.
GREATEST = (
    "SELECT coalesce(max(id), '') FROM event WHERE tenant = ? AND source = ? AND id >= ? AND id < ?"
)
ADVANCE = (
    "INSERT INTO follower VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET seq = max(seq, excluded.seq)"
)
#: domain, id, text
Name = tuple[int, int, str]
_NAMES = msgspec.json.Decoder(list[Name])


def fetch(reader: apsw.Connection, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
    """All rows of a query."""
    return reader.execute(sql, values).fetchall()


def fields_of(head: Head) -> tuple[int, bytes, int]:
    """The columns of the head's row."""
    return head.seq, head.hash, head.recorded


def marked_head(reader: apsw.Connection) -> Head:
    """What the head's row says; the newest row may be further."""
    return Head(*fetch(reader, "SELECT seq, hash, recorded FROM head")[0])


def newest_row(reader: apsw.Connection) -> Head:
    """The newest row there is."""
    found = fetch(reader, "SELECT seq, hash, recorded FROM event ORDER BY seq DESC LIMIT 1")
    return Head(*found[0]) if found else EMPTY


def head_of(reader: apsw.Connection) -> Head:
    """The newest row; or what the head's row says when rows up to it are missing or changed."""
    newest, kept = newest_row(reader), marked_head(reader)
    return newest if newest.seq > kept.seq else kept


def names_after(reader: apsw.Connection, counts: tuple[int, ...]) -> tuple[list[Name], list[Name]]:
    """The names given after `counts`: those that are listed, and those that a row has alone."""
    sql = "SELECT seq, names FROM event WHERE seq > (SELECT seq FROM head) AND names IS NOT NULL"
    # First the rows: what is listed meanwhile is then among the listed ones.
    brought = [name for row in fetch(reader, f"{sql} ORDER BY seq") for name in _names_of(*row)]
    sql = "SELECT domain, id, text FROM name WHERE domain = ? AND id >= ? ORDER BY id"
    listed = [row for asked in enumerate(counts) for row in fetch(reader, sql, asked)]
    ends = list(counts)
    for domain, number, _ in listed:
        ends[domain] = number + 1
    return listed, [name for name in brought if name[1] >= ends[name[0]]]


def _names_of(seq: int, names: str) -> list[Name]:
    try:
        return _NAMES.decode(names)
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"the names beside row {seq} cannot be read ({error}): it was changed from outside. "
            "Restore the ledger from a backup."
        ) from error


def beside(names: list[Name]) -> str | None:
    """Names as they stand beside their row; None for none."""
    return msgspec.json.encode(names).decode() if names else None


def without_gaps(names: Iterable[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Names with a stand-in where one was removed, so that a damaged ledger can be looked at.

    No event can hold the stand-in (it has a control character), so `verify` finds its first use.
    """
    domain, wanted = -1, 1
    for d, i, text in names:
        if d != domain:
            domain, wanted = d, 1
        for missing in range(wanted, i):
            yield d, missing, f"\0removed {missing}"
        wanted = i + 1
        yield d, i, text


def write_stage(writer: apsw.Connection, batch: Batch) -> None:
    """Conflicts, parked corrections, those released, and closed periods of one batch."""
    stage, recorded = batch.stage, batch.recorded
    writer.executemany(
        "INSERT OR IGNORE INTO conflict (recorded, tenant, source, id, digest, body) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        [
            (recorded, c.tenant, c.source, c.id, sha256(c.body).digest(), c.body)
            for c in stage.conflicts
        ],
    )
    writer.executemany(
        "INSERT INTO parked (recorded, tenant, source, id, body) VALUES (?, ?, ?, ?, ?)",
        [
            (p.recorded, p.event.tenant, p.event.source, p.event.id, encode(p.event))
            for p in stage.parked
        ],
    )
    writer.executemany(
        "DELETE FROM parked WHERE tenant = ? AND source = ? AND id = ?", stage.released
    )
    closed = [(entry.seq,) for entry in batch.entries if isinstance(entry.event, e.PeriodClosed)]
    writer.executemany("INSERT INTO period VALUES (?)", closed)
