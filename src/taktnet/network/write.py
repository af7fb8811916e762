"""Writing a network as CSV, Parquet or Excel; what is written reads back as the same value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from taktnet.base.errors import TaktnetError
from taktnet.network.cells import to_text
from taktnet.network.csv_io import write_csv
from taktnet.network.fields import TABLES, Table
from taktnet.network.network import Network
from taktnet.network.parquet_io import write_parquet

FORMATS = ("csv", "parquet", "xlsx")


def write(network: Network, path: Path, format: str = "") -> None:
    """See `Network.write`. Files of a folder take their names only when all are written."""
    kind = format or ("xlsx" if path.suffix.lower() == ".xlsx" else "csv")
    if kind not in FORMATS:
        raise TaktnetError(f"format is {kind!r}, wanted one of {', '.join(FORMATS)}")
    if kind == "xlsx":
        from taktnet.network.template import write_workbook

        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.part")
        write_workbook(network, draft)
        draft.replace(path)
    else:
        _write_folder(network, path, kind)


def _write_folder(network: Network, path: Path, kind: str) -> None:
    path.mkdir(parents=True, exist_ok=True)
    drafts: list[tuple[Path, Path]] = []
    for name, table in TABLES.items():
        final = path / f"{name}.{kind}"
        draft = path / f".{name}.{kind}.part"
        if kind == "csv":
            write_csv(draft, table, cells(table, network.table(name)))
        else:
            write_parquet(draft, table, network.table(name))
        drafts.append((draft, final))
    for draft, final in drafts:
        draft.replace(final)


def cells(table: Table, rows: tuple[Any, ...]) -> list[list[str]]:
    """Rows as text cells, in the order of the table's columns."""
    names = [f.name for f in table.fields]
    return [[to_text(getattr(row, n)) for n in names] for row in rows]
