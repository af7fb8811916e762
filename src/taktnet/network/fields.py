"""The field table: table -> columns with name, type, unit, default, range, choices, meaning.

Made once from the declarations in `network.components`; every other part of `network` works
from it and knows no column by heart.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_type_hints

from taktnet.network import components
from taktnet.network.column import DECLARED, REQUIRED, Field, Rules, fields_of

__all__ = ["REQUIRED", "TABLES", "Field", "Rules", "Table", "field_of"]


@dataclass(frozen=True)
class Table:
    """One table of the network: its name, what a row is, the row's class and its columns."""

    name: str
    noun: str
    meaning: str
    row: type[Any]
    fields: tuple[Field, ...]

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The columns by name."""
        return {f.name: f for f in self.fields}

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Names of the columns that together name a row."""
        return tuple(f.name for f in self.fields if f.rules.key)

    @cached_property
    def references(self) -> tuple[Field, ...]:
        """The columns that name a row of another table."""
        return tuple(f for f in self.fields if f.rules.refers)


def _table(name: str) -> Table:
    row, noun, meaning = DECLARED[name]
    hints = get_type_hints(row, dict(vars(components)))
    return Table(name, noun, meaning, row, fields_of(row, hints))


#: Every table of a network, in the order in which they are written and explained.
TABLES: dict[str, Table] = {name: _table(name) for name in DECLARED}


def field_of(table: str, name: str) -> Field:
    """The column `name` of `table`; KeyError when there is none."""
    return TABLES[table].by_name[name]
