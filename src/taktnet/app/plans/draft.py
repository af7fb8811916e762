"""What a plan proposes, before anybody has answered: today beside proposed, and what would change.

A draft is a value with a JSON form (`to_json`, `from_json`), recorded whole in `plan.proposed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from taktnet.base.errors import Fault, InputFaults, TaktnetError
from taktnet.ledger.event import ForecastPublished, ScheduleFrozen
from taktnet.network import Network
from taktnet.network.cells import to_text
from taktnet.network.fields import TABLES
from taktnet.network.network import row_key

#: Most lines and most changes of one draft, and most characters of its JSON.
MOST, LONGEST = 20_000, 4_000_000
Cell = float | str | None
Short = Annotated[str, Meta(max_length=200)]
Words = Annotated[str, Meta(max_length=4000)]


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of the comparison: `today` beside `proposed`, and why they differ."""

    what: Short
    today: Cell = None
    proposed: Cell = None
    unit: Short = ""
    why: Words = ""
    site: Short = ""
    item: Short = ""


class Figure(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A number today and as proposed, with its unit and what exactly it means.

    The ranges are 95 % intervals, where the numbers are simulated.
    """

    today: float | None = None
    proposed: float | None = None
    unit: Short = ""
    means: Words = ""
    less_is_better: bool = False
    today_range: tuple[float, float] | None = None
    proposed_range: tuple[float, float] | None = None


class Change(Struct, frozen=True):
    """A row of the network, the cells that change `before` and `after`.

    An empty `before` makes the row, an empty `after` removes it (`before` is then the whole row).
    """

    table: Short
    key: Short
    before: dict[str, str]
    after: dict[str, str]

    def reversed(self) -> Change:
        """The change that undoes this one."""
        return Change(self.table, self.key, self.after, self.before)


class Draft(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a plan of one kind proposes.

    `position` is the row of the ledger it was worked out at (0: from files). `events` are recorded
    on approval under ids of the proposal. `details` is the vertical's own, for its page.
    """

    kind: Short
    summary: Words
    lines: Annotated[tuple[Line, ...], Meta(max_length=MOST)] = ()
    changes: Annotated[tuple[Change, ...], Meta(max_length=MOST)] = ()
    events: Annotated[tuple[ForecastPublished | ScheduleFrozen, ...], Meta(max_length=MOST)] = ()
    money: Figure | None = None
    service: Figure | None = None
    assumptions: tuple[Words, ...] = ()
    position: int = 0
    undoes: Short = ""
    details: dict[str, Any] = {}

    @property
    def has_effect(self) -> bool:
        """Whether approval would change or record anything."""
        return bool(self.changes or self.events)


def to_json(draft: Draft) -> str:
    """The draft as text; raises TaktnetError for one too large to be recorded."""
    text = msgspec.json.encode(draft, order="deterministic").decode()
    if len(text) > LONGEST or max(map(len, (draft.lines, draft.changes, draft.events))) > MOST:
        raise TaktnetError(
            f"the proposal has {len(draft.lines):,} lines and {len(text):,} characters, more than "
            f"{MOST:,} and {LONGEST:,}; narrow it, for example to one site"
        )
    return text


def from_json(text: str | bytes, where: str = "proposal") -> Draft:
    """The draft of `to_json`; raises InputFaults when it is none."""
    try:
        return msgspec.json.decode(text, type=Draft)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputFaults([Fault(where, 0, "", str(error), "a proposal as JSON")]) from error


def change(network: Network, table: str, key: str, values: Mapping[str, object]) -> Change | None:
    """Set cells of one row, given as values; None when they are so already.

    `key` as `row_key` gives it. Raises InputFaults for an unknown table or column.
    """
    wanted = {name: to_text(value) for name, value in values.items()}
    now = cells(network, table, key)
    if not now:
        return Change(table, key, {}, wanted)
    if unknown := [name for name in wanted if name not in now]:
        raise InputFaults([Fault(table, 0, unknown[0], key, f"a column of {table}")])
    after = {name: text for name, text in wanted.items() if now[name] != text}
    return Change(table, key, {name: now[name] for name in after}, after) if after else None


def removal(network: Network, table: str, key: str) -> Change:
    """Remove one row."""
    return Change(table, key, cells(network, table, key), {})


def cells(network: Network, table: str, key: str) -> dict[str, str]:
    """Every cell of a row as text; empty when there is no such row."""
    for row in network.table(table):
        if row_key(table, row) == key:
            return {f.name: to_text(getattr(row, f.name)) for f in TABLES[table].fields}
    return {}
