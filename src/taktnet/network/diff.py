"""What differs between two networks, row by row, as changes that `set_row` takes."""

from __future__ import annotations

from dataclasses import dataclass

from taktnet.network.cells import to_text
from taktnet.network.fields import TABLES
from taktnet.network.network import Network, row_key


@dataclass(frozen=True, slots=True)
class Change:
    """Set the row `key` of `table` to `values` (text cells), or remove it when they are empty.

    Of a row that stays only the changed columns are named.
    """

    table: str
    key: str
    values: dict[str, str]


def diff(before: Network, after: Network) -> tuple[Change, ...]:
    """The changes that turn `before` into `after`, but for the order of rows."""
    changes: list[Change] = []
    for name, table in TABLES.items():
        old = {row_key(name, r): r for r in before.table(name)}
        new = {row_key(name, r): r for r in after.table(name)}
        changes.extend(Change(name, key, {}) for key in old if key not in new)
        for key, row in new.items():
            was = old.get(key)
            if was == row:
                continue
            values = {
                f.name: to_text(getattr(row, f.name))
                for f in table.fields
                if was is None or getattr(was, f.name) != getattr(row, f.name)
            }
            changes.append(Change(name, key, values))
    return tuple(changes)
