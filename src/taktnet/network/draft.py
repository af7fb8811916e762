"""A draft of a network: rows typed so far, where each came from, and what is broken.

The checks work on a draft, so that one wrong cell does not hide the other faults and does not
cause new ones: a broken row still counts as known by its key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from taktnet.base.errors import Fault
from taktnet.network.cells import Wrong, did_you_mean, quoted, to_text, to_value, wrong_value
from taktnet.network.fields import TABLES, Field, Table
from taktnet.network.network import KEY_SEPARATOR, Network
from taktnet.network.raw import RawNetwork, RawTable

Key = tuple[str, ...]
#: Faults told of one file; whoever has more mends these first.
MAX_FAULTS = 1000


@dataclass
class Part:
    """One table of a draft: good rows with their row numbers, and keys of good and broken rows."""

    table: Table
    where: str
    rows: list[Any] = field(default_factory=list[Any])
    numbers: list[int] = field(default_factory=list[int])
    keys: list[tuple[int, Key]] = field(default_factory=list[tuple[int, Key]])
    broken: set[Key] = field(default_factory=set[Key])
    unreadable: bool = False

    def fault(self, index: int, column: str, found: str, wanted: str, remedy: str = "") -> Fault:
        """A fault of the good row at `index`."""
        row = self.rows[index]
        key = tuple(to_text(getattr(row, name)) for name in self.table.key)
        return self.fault_at((self.numbers[index], key), column, found, wanted, remedy)

    def demote(self, lines: set[int]) -> None:
        """Count the good rows with these row numbers among the broken ones."""
        kept = [i for i, number in enumerate(self.numbers) if number not in lines]
        self.broken.update(key for number, key in self.keys if number in lines)
        self.rows = [self.rows[i] for i in kept]
        self.numbers = [self.numbers[i] for i in kept]

    def fault_at(
        self, row: tuple[int, Key], column: str, found: str, wanted: str, remedy: str = ""
    ) -> Fault:
        """A fault of the row with this number and key."""
        number, key = row
        subject = f"{self.table.noun} {quoted(KEY_SEPARATOR.join(key))}"
        return Fault(self.where, number, column, found, wanted, remedy, subject)


@dataclass
class Draft:
    """All tables of a network before it is known to be right."""

    parts: dict[str, Part]
    faults: list[Fault] = field(default_factory=list[Fault])

    @property
    def network(self) -> Network:
        """The network of the good rows."""
        return Network(**{name: tuple(part.rows) for name, part in self.parts.items()})

    def each(self, table: str) -> Iterator[tuple[int, Any]]:
        """The good rows of a table with their index."""
        return enumerate(self.parts[table].rows)

    def names(self, table: str) -> set[str]:
        """Every id of a table with one, of broken rows too."""
        return {key[0] for _, key in self.parts[table].keys}


def told(faults: list[Fault]) -> list[Fault]:
    """The faults in order of place, at most MAX_FAULTS of a file, and how many more there are."""
    kept: list[Fault] = []
    count: dict[str, int] = {}
    for fault in sorted(faults):
        count[fault.where] = count.get(fault.where, 0) + 1
        if count[fault.where] <= MAX_FAULTS:
            kept.append(fault)
    for where, number in count.items():
        if number > MAX_FAULTS:
            more = f"at least {number - MAX_FAULTS} more faults"
            kept.append(Fault(where, 0, "", more, "none", "Mend the first ones and check again."))
    return kept


def draft_of_raw(raw: RawNetwork) -> Draft:
    """Type every cell of raw tables; the faults found are in the draft."""
    draft = Draft({name: Part(t, raw.place(name)) for name, t in TABLES.items()})
    for name, part in draft.parts.items():
        part.unreadable = name in raw.unreadable
        if name in raw.tables:
            _type_rows(raw.tables[name], part, draft.faults)
    return draft


def _type_rows(raw: RawTable, part: Part, faults: list[Fault]) -> None:
    titles = [h.lower() for h in raw.header]
    found = _header_faults(raw, part, titles)
    faults.extend(found)
    missing = {f.field for f in found}
    broken = 0
    places = {f.name: titles.index(f.name) for f in part.table.fields if f.name in titles}
    caches: dict[str, dict[str, Any]] = {f.name: {} for f in part.table.fields}
    for number, cells in raw.rows:
        key = tuple(_key_text(part.table.by_name[k], cells, places) for k in part.table.key)
        part.keys.append((number, key))
        if broken > MAX_FAULTS:
            part.broken.add(key)
            continue
        made: dict[str, Any] = {}
        good = not missing.intersection(part.table.by_name)
        for f in part.table.fields:
            if f.name in missing:
                continue
            text = cells[places[f.name]] if f.name in places else ""
            value = caches[f.name].get(text)
            if value is None:
                value = caches[f.name][text] = to_value(f, text)
            if isinstance(value, Wrong):
                good = False
                w = value
                faults.append(part.fault_at((number, key), f.name, w.found, w.wanted, w.remedy))
            made[f.name] = value
        if good:
            part.rows.append(part.table.row(**made))
            part.numbers.append(number)
        else:
            part.broken.add(key)
            broken += 1


def _key_text(f: Field, cells: list[str], places: dict[str, int]) -> str:
    text = cells[places[f.name]].strip() if f.name in places else ""
    value = to_value(f, text)
    return text if isinstance(value, Wrong) else to_text(value)


def _header_faults(raw: RawTable, part: Part, titles: list[str]) -> list[Fault]:
    faults: list[Fault] = []
    known = part.table.by_name
    for i, title in enumerate(titles):
        if title and title in titles[:i]:
            wanted = "every column once"
            faults.append(Fault(part.where, 1, title, "there twice", wanted, "Remove one."))
        elif title and title not in known:
            free = tuple(n for n in known if n not in titles)
            remedy = did_you_mean(title, free) or "Remove it or look the name up."
            wanted = f"a column of {raw.name}"
            faults.append(Fault(part.where, 1, quoted(title), "an unknown column", wanted, remedy))
        elif not title and any(len(cells) > i and cells[i].strip() for _, cells in raw.rows):
            wanted = "a column name"
            faults.append(Fault(part.where, 1, f"column {i + 1}", "without a name", wanted))
    for f in part.table.fields:
        if f.required and f.name not in titles:
            remedy = f"It is {f.rules.meaning[0].lower()}{f.rules.meaning[1:]}."
            faults.append(Fault(part.where, 1, f.name, "missing", "this column", remedy))
    return faults


def draft_of_network(network: Network) -> Draft:
    """A draft of a network built by hand; row numbers are those it would have when written."""
    draft = Draft({name: Part(t, f"{name}.csv") for name, t in TABLES.items()})
    for name, part in draft.parts.items():
        for number, row in enumerate(network.table(name), start=2):
            key = tuple(to_text(getattr(row, k)) for k in part.table.key)
            part.keys.append((number, key))
            wrong = [(f.name, wrong_value(f, getattr(row, f.name))) for f in part.table.fields]
            found = [(column, w) for column, w in wrong if w]
            for column, w in found:
                fault = part.fault_at((number, key), column, w.found, w.wanted, w.remedy)
                draft.faults.append(fault)
            if found:
                part.broken.add(key)
            else:
                part.rows.append(row)
                part.numbers.append(number)
    return draft
