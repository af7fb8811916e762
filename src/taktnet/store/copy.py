"""A ledger in SQLite copied as it is now, while its tower may be writing."""

from __future__ import annotations

from pathlib import Path

import apsw

from taktnet.ledger.ledger import StoreError


def copy_ledger(path: Path, to: Path) -> None:
    """Copy the ledger in the file `path` to a new file, without the checkpoints of its signer."""
    if to.exists():
        raise StoreError(f"{to} is there already")
    reader = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        reader.execute("VACUUM INTO ?", (str(to),))
    except apsw.Error as error:
        raise StoreError(f"{path} could not be copied to {to}: {error}") from error
    finally:
        reader.close()
    writer = apsw.Connection(str(to))
    try:
        writer.execute("DELETE FROM checkpoint")
    finally:
        writer.close()
