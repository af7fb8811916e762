"""Networks as folders of CSV files.

Written with commas, UTF-8 and `\\n`. Read with or without BOM (UTF-8, UTF-16), with commas,
semicolons or tabs, with any line end. A text cell that a spreadsheet would run as a formula
(it begins with = + - @, a tab or a return) is written with an apostrophe before it, as
spreadsheets themselves do; one that begins with an apostrophe gets a second. Reading takes
one apostrophe off where one of those signs follows, so nothing is lost.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from taktnet.base.errors import Fault
from taktnet.network.fields import Table
from taktnet.network.raw import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS, RawTable, too_long

_FORMULA = frozenset("=+-@\t\r")
_GUARDED = _FORMULA | {"'"}
_SAVE_AS = 'Save it as "CSV UTF-8".'


def guard(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in _GUARDED else text


def unguard(cell: str) -> str:
    """The text that was guarded."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _GUARDED else cell


def read_csv(path: Path, name: str, where: str) -> RawTable | Fault:
    """One file as a raw table, or the fault that keeps it from being read."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        return Fault(where, 0, "size", f"{size} bytes", f"at most {MAX_BYTES} bytes")
    text = _decode(path.read_bytes(), where)
    return text if isinstance(text, Fault) else parse_csv(text, name, where)


def _decode(data: bytes, where: str) -> str | Fault:
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as e:
        row = data[: e.start].count(b"\n") + 1
        return Fault(where, row, "", f"the byte 0x{data[e.start]:02x}", "UTF-8 text", _SAVE_AS)
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        return Fault(where, row, "", "a NUL character", "text", _SAVE_AS)
    return text


def _delimiter(text: str) -> str:
    head = text[: text.find("\n")] if "\n" in text else text
    return max(",;\t", key=head.count)


def parse_csv(text: str, name: str, where: str) -> RawTable | Fault:
    """The raw table of a CSV text; blank rows are left out but counted."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header: tuple[str, ...] = ()
    rows: list[tuple[int, list[str]]] = []
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            fault = _shape(cells, len(header), number, where)
            if fault:
                return fault
            if number == 1:
                header = tuple(c.strip() for c in cells)
            elif any(c.strip() for c in cells):
                short = len(header) - len(cells)
                rows.append((number, [*map(unguard, cells), *[""] * short]))
    except csv.Error as e:
        wanted = "rows of cells, quotes closed"
        return Fault(where, number + 1, "", f"broken CSV ({e})", wanted, "Check its quotes.")
    if not header:
        return Fault(where, 1, "", "an empty file", "a header row", "Write the column names.")
    return RawTable(name, where, header, rows)


def _shape(cells: list[str], width: int, number: int, where: str) -> Fault | None:
    if number > MAX_ROWS + 1:
        return Fault(where, number, "", "more rows", f"at most {MAX_ROWS} rows")
    if len(cells) > MAX_COLUMNS:
        return Fault(where, number, "", f"{len(cells)} cells", f"at most {MAX_COLUMNS} columns")
    for cell in cells:
        if len(cell) > MAX_CELL:
            return too_long(where, number, "a cell", cell)
    extra = any(c.strip() for c in cells[width:])
    if width and (extra or (len(cells) < width and any(c.strip() for c in cells))):
        wanted = f"{width} cells as in the header"
        remedy = "Put text with commas in quotes, or add what is missing."
        return Fault(where, number, "", f"{len(cells)} cells", wanted, remedy)
    return None


def write_csv(path: Path, table: Table, rows: Iterable[list[str]]) -> None:
    """Write one table; `rows` are cells as text, in the order of its columns."""
    texts = [i for i, f in enumerate(table.fields) if f.kind in ("text", "choice")]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([f.name for f in table.fields])
        for cells in rows:
            for i in texts:
                cells[i] = guard(cells[i])
            writer.writerow(cells)
