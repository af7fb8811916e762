"""A network changed by one row of text cells, or taken from JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taktnet.base.errors import Fault, InputFaults
from taktnet.network.cells import Wrong, did_you_mean, quoted, to_value
from taktnet.network.fields import TABLES, Table
from taktnet.network.network import KEY_SEPARATOR, Network, row_key


def set_row(network: Network, table: str, key: str, values: Mapping[str, str]) -> Network:
    """See `Network.set_row`."""
    if table not in TABLES:
        remedy = did_you_mean(table, tuple(TABLES))
        raise InputFaults([Fault("network", 0, "table", quoted(table), "a table", remedy)])
    rows = network.table(table)
    place = next((i for i, row in enumerate(rows) if row_key(table, row) == key), None)
    if not values:
        if place is None:
            wanted = f"a row of {table} to remove"
            raise InputFaults(
                [Fault(table, 0, "key", quoted(key), wanted, _near(table, key, rows))]
            )
        return network.with_rows(table, rows[:place] + rows[place + 1 :])
    row = _row(TABLES[table], key, values, None if place is None else rows[place])
    _refuse_twin(table, rows, row, place)
    if place is None:
        return network.with_rows(table, (*rows, row))
    return network.with_rows(table, (*rows[:place], row, *rows[place + 1 :]))


def _near(table: str, key: str, rows: tuple[Any, ...]) -> str:
    return did_you_mean(key, [row_key(table, r) for r in rows])


def _refuse_twin(table: str, rows: tuple[Any, ...], row: Any, place: int | None) -> None:
    new = row_key(table, row)
    if any(i != place and row_key(table, other) == new for i, other in enumerate(rows)):
        wanted = f"a key that no other row of {table} has"
        raise InputFaults([Fault(table, 0, "key", quoted(new), wanted)])


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
