"""Networks as folders of Parquet files, one per table, with typed columns."""

# pyarrow has no type stubs, so strict typing would only say "unknown" here.
# pyright: basic

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from taktnet.base.errors import Fault
from taktnet.network.cells import to_text
from taktnet.network.fields import Table
from taktnet.network.raw import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_UNPACKED, RawTable

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


def read_parquet(path: Path, name: str, where: str) -> RawTable | Fault:
    """One file as a raw table, or the fault that keeps it from being read.

    Text columns stay dictionaries while they are looked at, so that a short file cannot unpack
    to a huge one.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    size = path.stat().st_size
    if size > MAX_BYTES:
        return Fault(where, 0, "size", f"{size} bytes", f"at most {MAX_BYTES} bytes")
    try:
        with pq.ParquetFile(path) as file:
            fault = _too_much(file, where)
            if fault:
                return fault
            texts = [f.name for f in file.schema_arrow if _is_text(f.type)]
        table = pq.read_table(path, read_dictionary=texts, use_threads=False)
    except (pa.ArrowException, OSError, ValueError) as e:
        first = str(e).splitlines()[0][:120]
        return Fault(
            where, 0, "", f"no Parquet file ({first})", "a Parquet file", "Write it again."
        )
    return _raw(table, name, where)


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _too_much(file: pq.ParquetFile, where: str) -> Fault | None:
    meta = file.metadata
    if meta.num_columns > MAX_COLUMNS:
        return Fault(where, 0, "", f"{meta.num_columns} columns", f"at most {MAX_COLUMNS} columns")
    if meta.num_rows > MAX_ROWS:
        return Fault(where, 0, "", f"{meta.num_rows} rows", f"at most {MAX_ROWS} rows")
    unpacked = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
    if unpacked > MAX_UNPACKED:
        return Fault(where, 0, "size", f"{unpacked} bytes unpacked", f"at most {MAX_UNPACKED}")
    return None


def _raw(table: pa.Table, name: str, where: str) -> RawTable | Fault:
    columns: list[list[str]] = []
    for title, column in zip(table.column_names, table.columns, strict=True):
        cells = _cells(column)
        if cells is None:
            found = f"a column of {column.type}"
            return Fault(where, 1, title, found, "text, numbers or dates", "Write plain columns.")
        longest = max(map(len, cells), default=0)
        if longest > MAX_CELL:
            found = f"{longest} characters long"
            return Fault(where, 0, title, found, f"at most {MAX_CELL} characters")
        columns.append(cells)
    rows = [(i, list(row)) for i, row in enumerate(zip(*columns, strict=True), start=2)]
    rows = [(i, row) for i, row in rows if any(row)]
    return RawTable(name, where, tuple(table.column_names), rows)


def _cells(column: pa.ChunkedArray) -> list[str] | None:
    """The column as text; equal texts share one string; None for a type that is no cell."""
    import pyarrow as pa

    cells: list[str] = []
    for chunk in column.chunks:
        if isinstance(chunk, pa.DictionaryArray):
            words: list[Any] = ["" if v is None else v for v in chunk.dictionary.to_pylist()]
            cells.extend("" if i is None else words[i] for i in chunk.indices.to_pylist())
            continue
        kind = chunk.type
        plain = (pa.types.is_integer, pa.types.is_floating, pa.types.is_date, pa.types.is_null)
        if not (_is_text(kind) or pa.types.is_decimal(kind) or any(is_a(kind) for is_a in plain)):
            return None
        cells.extend(to_text(v) for v in chunk.to_pylist())
    return cells


def write_parquet(path: Path, table: Table, rows: tuple[Any, ...]) -> None:
    """Write one table with a typed column per field; None is null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "text": pa.string(),
        "choice": pa.string(),
        "number": pa.float64(),
        "integer": pa.int64(),
        "date": pa.date32(),
    }
    arrays = [pa.array([getattr(r, f.name) for r in rows], types[f.kind]) for f in table.fields]
    made = pa.Table.from_arrays(arrays, names=[f.name for f in table.fields])
    pq.write_table(made, path, compression="zstd")
