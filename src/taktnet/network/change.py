"""A network changed by one row of text cells, or taken from JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from taktnet.base.errors import Fault, InputFaults
from taktnet.network.cells import Wrong, did_you_mean, quoted, to_value
from taktnet.network.fields import TABLES, Table
from taktnet.network.network import KEY_SEPARATOR, Network, row_key

RowChange = tuple[str, str, Mapping[str, str]]


def set_row(network: Network, table: str, key: str, values: Mapping[str, str]) -> Network:
    """See `Network.set_row`."""
    return set_rows(network, [(table, key, values)])


def set_rows(network: Network, changes: Iterable[RowChange]) -> Network:
    """See `Network.set_rows`."""
    edits: dict[str, _Edit] = {}
    faults: list[Fault] = []
    for table, key, values in changes:
        if table not in TABLES:
            remedy = did_you_mean(table, tuple(TABLES))
            faults.append(Fault("network", 0, "table", quoted(table), "a table", remedy))
            continue
        if table not in edits:
            edits[table] = _Edit(table, network.table(table))
        try:
            edits[table].set(key, values)
        except InputFaults as found:
            faults += found.faults
    if faults:
        raise InputFaults(faults)
    for table, edit in edits.items():
        network = network.with_rows(table, [row for row in edit.rows if row is not None])
    return network


class _Edit:
    """The rows of one table while they are changed; a row that is removed leaves a gap."""

    def __init__(self, table: str, rows: tuple[Any, ...]) -> None:
        self.table, self.rows = table, list(rows)
        self.places = {row_key(table, row): n for n, row in enumerate(rows)}

    def set(self, key: str, values: Mapping[str, str]) -> None:
        """Set or remove one row; raises InputFaults."""
        place = self.places.get(key)
        if not values:
            if place is None:
                remedy = did_you_mean(key, list(self.places))
                wanted = f"a row of {self.table} to remove"
                raise InputFaults([Fault(self.table, 0, "key", quoted(key), wanted, remedy)])
            self.rows[place] = None
            del self.places[key]
            return
        row = _row(TABLES[self.table], key, values, None if place is None else self.rows[place])
        new = row_key(self.table, row)
        if self.places.get(new, place) != place:
            wanted = f"a key that no other row of {self.table} has"
            raise InputFaults([Fault(self.table, 0, "key", quoted(new), wanted)])
        if place is None:
            place = len(self.rows)
            self.rows.append(None)
        self.places.pop(key, None)
        self.rows[place], self.places[new] = row, place


def _row(table: Table, key: str, values: Mapping[str, str], old: Any) -> Any:
    faults: list[Fault] = []
    cells = dict(values)
    for name in values:
        if name not in table.by_name:
            remedy = did_you_mean(name, tuple(table.by_name))
            wanted = f"a column of {table.name}"
            faults.append(Fault(table.name, 0, "column", quoted(name), wanted, remedy))
    if old is None:
        parts = key.split(KEY_SEPARATOR)
        if len(parts) != len(table.key):
            wanted = KEY_SEPARATOR.join(table.key)
            faults.append(Fault(table.name, 0, "key", quoted(key), wanted))
        else:
            cells = {**dict(zip(table.key, parts, strict=True)), **cells}
    made: dict[str, Any] = {}
    for f in table.fields:
        if f.name not in cells and old is not None:
            made[f.name] = getattr(old, f.name)
            continue
        value = made[f.name] = to_value(f, cells.get(f.name, ""))
        if isinstance(value, Wrong):
            about = f"row {quoted(key)}"
            faults.append(
                Fault(table.name, 0, f.name, value.found, value.wanted, value.remedy, about)
            )
    if faults:
        raise InputFaults(faults)
    return table.row(**made)


def from_json(text: bytes | str) -> Network:
    """See `Network.from_json`."""
    import msgspec

    try:
        return msgspec.json.decode(text, type=Network)
    except msgspec.MsgspecError as e:
        raise InputFaults([Fault("network", 0, "", str(e), "a network as JSON")]) from e
