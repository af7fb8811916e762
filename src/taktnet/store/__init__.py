"""Ledgers on disk: SQLite, PostgreSQL, Parquet segments."""

from __future__ import annotations

from taktnet.ledger.ledger import Ledger, StoreError
from taktnet.ledger.memory import MemoryLedger


def open_ledger(url: str, *, read_only: bool = False, takeover: bool = False) -> Ledger:
    """The ledger at `url`: "memory:", a path or "sqlite:path", or "postgresql://...".

    `read_only` opens beside a running writer and changes nothing; `takeover` becomes the writer
    although another one holds the ledger, which can then never commit again.
    """
    scheme, colon, rest = url.partition(":")
    if url == "memory:":
        return MemoryLedger()
    if colon and scheme in ("postgresql", "postgres"):
        from taktnet.store.postgres import PostgresLedger

        return PostgresLedger(url, read_only=read_only, takeover=takeover)
    if colon and len(scheme) > 1 and scheme != "sqlite":  # one letter: a Windows drive
        raise StoreError(f"{url}: wanted memory:, sqlite:PATH, a path or postgresql://...")
    from taktnet.store.sqlite import SqliteLedger

    path = rest if scheme == "sqlite" else url
    if not path:
        raise StoreError(f"{url!r} names no file. Name one, such as sqlite:ledger.db.")
    return SqliteLedger(path, read_only=read_only, takeover=takeover)


__all__ = ["open_ledger"]
