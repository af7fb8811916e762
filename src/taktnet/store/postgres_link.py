"""Connections to PostgreSQL, its errors in words, and rows in the binary form of COPY."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import errors

from taktnet.ledger.ledger import StoreError
from taktnet.store.migrations import Migration, pending
from taktnet.store.postgres_schema import OLDEST_SERVER, SCHEMA, STEPS

#: Rows are plain tuples; statements are made here and never of what comes from outside.
Link = psycopg.Connection[Any]

_MOST_IDLE = 8


@contextmanager
def in_words(place: str) -> Iterator[None]:
    """PostgreSQL's errors as StoreError: what happened where, and what to do."""
    try:
        yield
    except psycopg.Error as problem:
        raise StoreError(f"{place}: {_words(problem)}") from problem


#: The first class that fits; "{}" is what the server said.
_WORDS: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.DiskFull, "the server's disk is full; nothing of this batch was stored. Make room."),
    (errors.InsufficientPrivilege, "not allowed ({}). Grant it to this user, or use the owner."),
    (errors.InvalidCatalogName, "{}. Make the database with: createdb"),
    (errors.ReadOnlySqlTransaction, "this server is a read-only replica. Name the primary."),
    (psycopg.OperationalError, "no connection ({}). Does the server run, is the address right?"),
    (psycopg.Error, "PostgreSQL says: {}"),
)


def _words(problem: psycopg.Error) -> str:
    told = str(problem).strip().split("\n")[0]
    return next(text for kind, text in _WORDS if isinstance(problem, kind)).format(told)


def connect(dsn: str) -> Link:
    """A connection that commits each statement by itself, durably, in the ledger's schema."""
    link = psycopg.connect(dsn, autocommit=True, prepare_threshold=1)
    try:
        if link.info.server_version < OLDEST_SERVER * 10_000:
            raise StoreError(
                f"{place_of(link)}: PostgreSQL {link.info.server_version // 10_000}, "
                f"wanted {OLDEST_SERVER} or newer. Upgrade the server."
            )
        # a database or role may be set to lose commits on power loss: not for a ledger
        link.execute(f"SET synchronous_commit = on; SET search_path = {SCHEMA}")
    except BaseException:
        link.close()
        raise
    return link


def place_of(link: Link) -> str:
    """Host and database, for messages; never the password."""
    return f"postgresql://{link.info.host or 'localhost'}/{link.info.dbname}"


class Pool:
    """Connections for reads, each used by one thread at a time and kept for the next."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._idle: deque[Link] = deque()
        self.closed = False

    @contextmanager
    def link(self) -> Iterator[Link]:
        """A connection for one use; one that broke is thrown away."""
        try:
            link = self._idle.pop()
        except IndexError:
            link = connect(self._dsn)
        try:
            yield link
        finally:
            sound = not link.closed and link.info.transaction_status == 0
            if sound and not self.closed and len(self._idle) < _MOST_IDLE:
                self._idle.append(link)
            else:
                link.close()

    def clear(self) -> None:
        """Close what is idle: after a server restart all of it is dead."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def close(self) -> None:
        """Close what is idle, and from now on what comes back."""
        self.closed = True
        self.clear()


def version_of(link: Link) -> int:
    """The schema's version in this database; 0 if there is none."""
    found = link.execute("SELECT to_regclass(%s) IS NOT NULL", (f"{SCHEMA}.version",)).fetchone()
    if not found or not found[0]:
        return 0
    row = link.execute("SELECT max(version) FROM version").fetchone()
    return int(row[0] or 0) if row else 0


def migrate(link: Link, steps: tuple[Migration, ...] = STEPS) -> None:
    """Bring the database to the newest schema, each step in a transaction; newer is refused."""
    place = place_of(link)
    for step in pending(version_of(link), steps, place):
        with link.transaction():
            link.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            link.execute("CREATE TABLE IF NOT EXISTS version (version integer PRIMARY KEY)")
            link.execute(step.script.encode())
            link.execute("INSERT INTO version VALUES (%s)", (step.version,))
