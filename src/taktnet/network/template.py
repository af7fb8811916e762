"""The Excel workbook of a network, and the empty one to fill in, made from the field table.

One sheet per table with the column names in row 1, a comment on each that tells its meaning,
drop-down lists for choices and for names of other tables, and a first sheet "read me". Text
columns are formatted as text, so that 007 typed there stays 007.
"""

# xlsxwriter has no type stubs, so strict typing would only say "unknown" here.
# pyright: basic

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from taktnet.base.errors import TaktnetError
from taktnet.network.cells import to_text
from taktnet.network.column import Field
from taktnet.network.fields import TABLES, Table
from taktnet.network.network import Network
from taktnet.network.reference import allowed_text, default_text

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_LAST_ROW = 1_048_575
#: Rows under the header that get drop-down lists and text format in an empty template.
_ROOM = 2000
_EXCEL_LIST = 255
README = "read me"


def write_workbook(network: Network, path: Path) -> None:
    """Write the network as a workbook; raises TaktnetError for a table with too many rows."""
    import xlsxwriter

    for name in TABLES:
        if len(network.table(name)) > _LAST_ROW:
            raise TaktnetError(f"{name} has too many rows for Excel; write CSV or Parquet")
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        _read_me(book)
        styles = {
            "head": book.add_format({"bold": True, "bg_color": "#E8EEF4", "bottom": 1}),
            "must": book.add_format({"bold": True, "bg_color": "#CFE0F0", "bottom": 1}),
            "text": book.add_format({"num_format": "@"}),
            "guarded": book.add_format({"num_format": "@", "quote_prefix": True}),
        }
        for name, table in TABLES.items():
            sheet = book.add_worksheet(name)
            _header(sheet, table, styles)
            _lists(sheet, table, len(network.table(name)))
            _fill(sheet, table, network.table(name), styles)


def _read_me(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet(README)
    bold = book.add_format({"bold": True})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 110, wrap)
    lines = [
        ("Taktnet", "A network of plants as tables: one sheet each, one row per thing."),
        ("Fill in", "Dark headers must be filled; other cells may stay blank and take defaults."),
        ("Help", "Hover over a header for meaning, unit, default and what is allowed."),
        ("Names", "Names are text and must match wherever they are used. 007 stays 007."),
        ("Numbers", "Use a decimal point; the unit is in the header's comment."),
        ("Check", "taktnet check <this file> finds all faults at once."),
    ]
    for row, (head, text) in enumerate(lines):
        sheet.write_string(row, 0, head, bold)
        sheet.write_string(row, 1, text, wrap)
    for row, table in enumerate(TABLES.values(), start=len(lines) + 1):
        sheet.write_string(row, 0, table.name, bold)
        sheet.write_string(row, 1, table.meaning, wrap)


def _header(sheet: Worksheet, table: Table, styles: dict[str, Format]) -> None:
    sheet.freeze_panes(1, 1)
    for column, f in enumerate(table.fields):
        text = f.kind in ("text", "choice", "date")
        sheet.set_column(column, column, max(11, len(f.name) + 2), styles["text"] if text else None)
        sheet.write_string(0, column, f.name, styles["must" if f.required else "head"])
        sheet.write_comment(0, column, comment(f), {"x_scale": 2.2, "y_scale": 1.4})


def comment(f: Field) -> str:
    """What the header of a column tells: meaning, unit, default, what is allowed."""
    lines = [f.rules.meaning + "."]
    if f.rules.unit:
        lines.append(f"Unit: {f.rules.unit}")
    lines.append(f"Default: {default_text(f)}")
    if allowed := allowed_text(f):
        lines.append(f"Allowed: {allowed}")
    return "\n".join(lines)


def _lists(sheet: Worksheet, table: Table, rows: int) -> None:
    last = max(_ROOM, rows)
    for column, f in enumerate(table.fields):
        rule: dict[str, Any] | None = None
        if f.kind == "choice" and len(",".join(f.choices)) <= _EXCEL_LIST:
            rule = {"validate": "list", "source": list(f.choices)}
        elif f.rules.refers:
            source = f"={f.rules.refers}!$A$2:$A${_LAST_ROW + 1}"
            rule = {"validate": "list", "source": source, "error_type": "warning"}
        if rule:
            sheet.data_validation(1, column, last, column, {**rule, "ignore_blank": True})


def _fill(sheet: Worksheet, table: Table, rows: tuple[Any, ...], styles: dict[str, Format]) -> None:
    names = [f.name for f in table.fields]
    for number, row in enumerate(rows, start=1):
        for column, name in enumerate(names):
            value = getattr(row, name)
            if isinstance(value, int | float) and exact_in_excel(value):
                sheet.write_number(number, column, value)
            elif text := to_text(value):
                risky = text[0] in "=+-@\t\r'"
                sheet.write_string(number, column, text, styles["guarded" if risky else "text"])


def exact_in_excel(value: float) -> bool:
    """Whether a number survives the sixteen digits in which a workbook keeps it.

    One that does not is written as text, which reads back to the last bit.
    """
    return float(f"{value:.16G}") == value
