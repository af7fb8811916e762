"""The reference of the network's tables in Markdown, made from the field table."""

from __future__ import annotations

from taktnet.network.cells import to_text
from taktnet.network.column import REQUIRED, Field
from taktnet.network.fields import TABLES, Table
from taktnet.network.formats import EXAMPLES


def markdown() -> str:
    """Every table with every column: type, unit, default, what is allowed, and meaning."""
    parts = ["# Network tables\n", _INTRODUCTION]
    parts.extend(_table(t) for t in TABLES.values())
    return "\n".join(parts)


_INTRODUCTION = """\
A network is a folder of CSV files, an Excel workbook with one sheet per table, or a folder of
Parquet files. A file or sheet has the name of its table and one row of column names; the order
of columns and rows does not matter, a table that is not needed may be left out. A column with a
default may be left out, and a blank cell takes the default.

Columns marked *key* together name a row. Names are text: `007` stays `007`. Numbers have a
decimal point and no thousands separators. In CSV a text that begins with `=`, `+`, `-`, `@` is
written with an apostrophe before it, so that no spreadsheet runs it as a formula; reading takes
the apostrophe off.
"""


def _table(table: Table) -> str:
    head = [
        f"## {table.name}\n",
        f"{table.meaning}\n",
        "| column | type | unit | default | allowed | meaning |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join(head + [_row(f) for f in table.fields]) + "\n"


def _row(f: Field) -> str:
    cells = (
        f"`{f.name}`" + (" *key*" if f.rules.key else ""),
        f.kind,
        f.rules.unit,
        default_text(f),
        allowed_text(f),
        f.rules.meaning,
    )
    return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"


def default_text(f: Field) -> str:
    """The default as shown to a reader: "required", "blank" or the value."""
    return "required" if f.default is REQUIRED else to_text(f.default) or "blank"


def allowed_text(f: Field) -> str:
    """What the column may hold, as shown to a reader."""
    if f.rules.form:
        return f"like `{EXAMPLES[f.rules.form]}`"
    if f.kind == "text":
        return f.wanted if f.rules.refers else ""
    decimals = f", at most {f.rules.decimals} decimals" if f.rules.decimals else ""
    return f.wanted + decimals
