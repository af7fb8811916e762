"""Raw tables: what a file says before it is typed, and how much of it is taken."""

from __future__ import annotations

from dataclasses import dataclass, field

from taktnet.base.errors import Fault
from taktnet.network.cells import did_you_mean, quoted
from taktnet.network.fields import TABLES

MAX_BYTES = 256 * 1024 * 1024
#: Most bytes that the parts of a workbook or a Parquet file may unpack to.
MAX_UNPACKED = 1024 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 256
MAX_CELL = 32_767


@dataclass(frozen=True, slots=True)
class RawTable:
    """One table as text: `header` is row 1; each row has its number in the file and its cells."""

    name: str
    where: str
    header: tuple[str, ...]
    rows: list[tuple[int, list[str]]]


@dataclass(slots=True)
class RawNetwork:
    """All tables that could be read, and the faults of those that could not.

    `unreadable` names the tables of the latter, so that nothing more is said about them.
    `where` tells how a file of this kind would be named, for tables that are not there.
    """

    where: str
    tables: dict[str, RawTable] = field(default_factory=dict[str, RawTable])
    faults: list[Fault] = field(default_factory=list[Fault])
    unreadable: set[str] = field(default_factory=set[str])

    def place(self, table: str) -> str:
        """The file, or sheet, of a table."""
        known = self.tables.get(table)
        return known.where if known else self.where.format(table)

    def add(self, table: str, outcome: RawTable | Fault) -> None:
        """Take up a table, or the fault that kept it from being read."""
        if isinstance(outcome, Fault):
            self.faults.append(outcome)
            self.unreadable.add(table)
        else:
            self.tables[table] = outcome


def table_named(text: str, where: str) -> str | Fault | None:
    """The table that a file's or sheet's name means; a fault if it is nearly one, else None."""
    name = text.strip()
    if name in TABLES:
        return name
    meant = did_you_mean(name.lower().replace(" ", "_"), tuple(TABLES))
    if not meant or len(name) < 3:
        return None
    remedy = f"{meant} Rename it; other names that are no table are left alone."
    return Fault(where, 0, "name", quoted(name), "the name of a table", remedy)


def too_long(where: str, row: int, column: str, cell: str) -> Fault:
    """The fault of a cell that is longer than any cell may be."""
    return Fault(
        where, row, column, f"{len(cell)} characters long", f"at most {MAX_CELL} characters"
    )
