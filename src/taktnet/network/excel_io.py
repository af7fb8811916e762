"""Networks read from an Excel workbook, one sheet per table.

Every cell is read as text first. fastexcel rounds numbers in its text to nine decimals, so
columns of numbers are read a second time as floats and take their text from there. What a
hostile file could unpack to is measured before the file is handed over.
"""

# pyarrow has no type stubs, so strict typing would only say "unknown" here.
# pyright: basic

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from taktnet.base.errors import Fault
from taktnet.network.cells import to_text
from taktnet.network.fields import TABLES
from taktnet.network.raw import (
    MAX_BYTES,
    MAX_CELL,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_UNPACKED,
    RawNetwork,
    RawTable,
    table_named,
    too_long,
)

if TYPE_CHECKING:
    import fastexcel

#: Most cells of the rectangle that a sheet spans, filled or not.
MAX_CELLS = 16_000_000
_MAX_PARTS = 2000
_REFERENCE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)(\d+)["']""")
_CHUNK = 1 << 20


def read_workbook(path: Path) -> RawNetwork:
    """All tables of a workbook; sheets that are no table are left alone."""
    raw = RawNetwork(where=path.name + " sheet {}")
    fault = _unsafe(path)
    if fault:
        raw.faults.append(fault)
        raw.unreadable.update(TABLES)
        return raw
    import fastexcel

    try:
        book = fastexcel.read_excel(str(path))
    except fastexcel.FastExcelError as e:
        raw.faults.append(_no_workbook(path.name, str(e)))
        raw.unreadable.update(TABLES)
        return raw
    for sheet in book.sheet_names:
        where = f"{path.name} sheet {sheet}"
        name = table_named(sheet, where)
        if isinstance(name, Fault):
            raw.faults.append(name)
        elif name:
            raw.add(name, _read_sheet(book, sheet, name, where))
    return raw


def _no_workbook(where: str, why: str) -> Fault:
    return Fault(where, 0, "", f"no workbook ({why.splitlines()[0][:120]})", "an .xlsx workbook",
                 "Save it again as .xlsx.")  # fmt: skip


def _unsafe(path: Path) -> Fault | None:
    """What keeps a file from being a workbook of bounded size."""
    where, size = path.name, path.stat().st_size
    if size > MAX_BYTES:
        return Fault(where, 0, "size", f"{size} bytes", f"at most {MAX_BYTES} bytes")
    try:
        with zipfile.ZipFile(path) as book:
            parts = book.infolist()
            unpacked = sum(p.file_size for p in parts)
            if unpacked > MAX_UNPACKED or len(parts) > _MAX_PARTS:
                found = f"{len(parts)} parts of {unpacked} bytes unpacked"
                return Fault(where, 0, "size", found, f"at most {MAX_UNPACKED} bytes")
            for part in parts:
                fault = _unsafe_part(book, part, where)
                if fault:
                    return fault
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as e:
        return _no_workbook(where, str(e))
    return None


def _unsafe_part(book: zipfile.ZipFile, part: zipfile.ZipInfo, where: str) -> Fault | None:
    """Read a part to its end, which proves its size, and measure a sheet's rectangle."""
    width = height = 0
    is_sheet, tail = False, b""
    with book.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            text = tail + chunk
            if part.filename.endswith(".xml") and b"\0" in text:
                return _no_workbook(where, f"{part.filename} is not UTF-8")
            is_sheet = is_sheet or b"sheetData" in text
            for found in _REFERENCE.finditer(text):
                width = max(width, _column_number(found[1]))
                height = max(height, int(found[2][:9]))
            tail = text[-64:]
    if is_sheet and (
        width > MAX_COLUMNS or height > MAX_ROWS + 1 or max(width, 1) * height > MAX_CELLS
    ):
        found = f"a sheet of {height} rows and {width} columns"
        wanted = f"at most {MAX_ROWS} rows, {MAX_COLUMNS} columns and {MAX_CELLS} cells"
        return Fault(where, 0, "", found, wanted, "Delete stray cells far below or to the right.")
    return None


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:4].upper():
        number = number * 26 + letter - 64
    return number


def _read_sheet(book: fastexcel.ExcelReader, sheet: str, name: str, where: str) -> RawTable | Fault:
    import fastexcel

    try:
        loaded = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
        batch, errors = loaded.to_arrow_with_errors()
    except fastexcel.FastExcelError as e:
        return _no_workbook(where, str(e))
    if errors and errors.errors:
        first = errors.errors[0]
        row, column = first.offset_position
        title = f"column {column + 1}"
        return Fault(where, row + 1, title, "an Excel error", "a value", first.detail + ".")
    columns: list[list[str]] = [
        ["" if v is None else v for v in column.to_pylist()] for column in batch.columns
    ]
    # to_arrow leaves out empty columns on the left, so a table must start in column A.
    header = tuple(c[0].strip() if c else "" for c in columns)
    if not any(header):
        return Fault(where, 1, "", "no header", "a header row", "Write the column names in row 1.")
    _exact_numbers(book, sheet, name, header, columns)
    return _rows(name, where, header, columns)


def _exact_numbers(
    book: fastexcel.ExcelReader,
    sheet: str,
    name: str,
    header: Iterable[str],
    columns: list[list[str]],
) -> None:
    """Put the full digits of numbers in the place of the rounded ones."""
    known = TABLES[name].by_name
    numbers = [i for i, h in enumerate(header) if h.lower() in known
               and known[h.lower()].kind in ("number", "integer")]  # fmt: skip
    if not numbers:
        return
    loaded = book.load_sheet(
        sheet, header_row=None, skip_rows=0, dtypes=dict.fromkeys(numbers, "float")
    )
    batch, _ = loaded.to_arrow_with_errors()
    for i in numbers:
        for row, value in enumerate(batch.column(i).to_pylist()):
            # A boolean has a float too; only what reads as a number takes its digits.
            if value is not None and _is_number(columns[i][row]):
                columns[i][row] = to_text(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _rows(
    name: str, where: str, header: tuple[str, ...], columns: list[list[str]]
) -> RawTable | Fault:
    rows: list[tuple[int, list[str]]] = []
    for i, cells in enumerate(zip(*columns, strict=True), start=1):
        if i == 1 or not any(c.strip() for c in cells):
            continue
        for title, cell in zip(header, cells, strict=True):
            if len(cell) > MAX_CELL:
                return too_long(where, i, title, cell)
        rows.append((i, list(cells)))
    return RawTable(name, where, header, rows)
