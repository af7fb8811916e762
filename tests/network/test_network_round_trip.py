"""Reading what was written gives the same network: for every format and any right network."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from network_small import TEXTS, write_texts

from taktnet.network import Network
from taktnet.network.cells import to_text, to_value, wrong_value
from taktnet.network.column import Field
from taktnet.network.csv_io import guard, unguard
from taktnet.network.fields import TABLES
from taktnet.network.formats import EXAMPLES
from taktnet.network.generate import generate

FORMATS = ("csv", "parquet", "xlsx")
#: Text as planners and hostile files have it: any sign but those no file carries safely.
TEXT = st.one_of(
    st.sampled_from(
        ["=1+1", "+a", "-3", "@x", "'", "''=", "'=x", "007", "1e5", "TRUE", "NaN", "null", "1.0",
         "_x0041_", "a,b;c", 'say "no"', "#N/A", "2026-01-01", "é😀", "0x10", " ", "a  b"]
    ),
    st.text(min_size=1, max_size=20),
)  # fmt: skip


def cell(field: Field) -> st.SearchStrategy[Any]:
    """Values that a column takes."""
    r = field.rules
    if field.kind == "choice":
        return st.sampled_from(field.choices)
    if field.kind == "date":
        days = st.dates(date(1900, 3, 1), date(2200, 1, 1))
        return st.none() | days if field.optional else days
    if r.form:
        shown = EXAMPLES[r.form]
        return st.sampled_from([shown] if field.default != "" else [shown, ""])
    if field.kind == "text":
        words = TEXT.filter(lambda t: wrong_value(field, t) is None and t.strip() == t)
        return words if field.required or field.default != "" else words | st.just("")
    low, high = r.low if r.low is not None else r.above, r.high if r.high is not None else r.below
    if field.kind == "integer":
        return st.integers(int(low or 0), int(high or 100))
    if r.decimals:
        numbers = st.integers(1, 10**12).map(lambda n: n / 10**6)
    else:
        numbers = st.floats(low, high, allow_nan=False, allow_infinity=False)
    right = numbers.filter(lambda v: wrong_value(field, v) is None)
    return st.none() | right if field.optional else right


ROWS = {
    name: st.lists(st.builds(t.row, **{f.name: cell(f) for f in t.fields}), max_size=3)
    for name, t in TABLES.items()
}


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Networks whose every cell is right, though their rows may not fit one another."""
    return Network(**{name: tuple(draw(rows)) for name, rows in ROWS.items()})


def read_again(network: Network, form: str) -> Network:
    """The network after writing and typing it again, without the checks between rows."""
    from taktnet.network.draft import draft_of_raw
    from taktnet.network.read import read_raw

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("n.xlsx" if form == "xlsx" else "n")
        network.write(path, form)
        raw = read_raw(path)
        draft = draft_of_raw(raw)
        assert raw.faults == [] and draft.faults == []
        return draft.network


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(network=networks())
def test_any_network_of_right_cells_survives_writing(form: str, network: Network) -> None:
    """Write, read: every cell is equal to the last bit, in its type, whatever its text."""
    again = read_again(network, form)
    assert again == network
    assert again.digest == network.digest
    for name, t in TABLES.items():
        for row, was in zip(again.table(name), network.table(name), strict=True):
            for f in t.fields:
                assert type(getattr(row, f.name)) is type(getattr(was, f.name))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("sites", "seed"), [(10, 1), (25, 2), (60, 3)])
def test_a_generated_network_survives_writing(
    tmp_path: Path, form: str, sites: int, seed: int
) -> None:
    """A whole network, with its checks, is the same value after writing and reading."""
    network = generate(sites, seed)
    path = tmp_path / ("net.xlsx" if form == "xlsx" else "net")
    network.write(path, form)
    assert Network.read(path) == network


@pytest.mark.parametrize("form", FORMATS)
def test_a_part_number_of_zeros_stays_text(tmp_path: Path, form: str) -> None:
    """007 stays 007 in every format."""
    network = Network.read(write_texts(tmp_path))
    path = tmp_path / ("n.xlsx" if form == "xlsx" else "n")
    network.write(path, form)
    assert Network.read(path).item("007").name == "Magnet"


@given(st.text(max_size=30))
def test_guarding_text_against_formulas_loses_nothing(text: str) -> None:
    """Taking the apostrophe off gives the text; what is written never starts a formula."""
    assert unguard(guard(text)) == text
    assert guard(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"} or not text


def test_no_written_csv_cell_starts_a_formula(tmp_path: Path) -> None:
    """A hostile name in a CSV file is shown by a spreadsheet, not run."""
    network = Network.read(write_texts(tmp_path))
    evil = '=HYPERLINK("http://evil","x")'
    item = replace(network.items[0], name=evil)
    network = network.with_rows("items", (item, *network.items[1:]))
    network.write(tmp_path / "out")
    text = (tmp_path / "out" / "items.csv").read_text("utf-8")
    assert "'=HYPERLINK" in text and ",=HYPERLINK" not in text and ',"=HYPERLINK' not in text
    assert Network.read(tmp_path / "out").item("DRIVE").name == evil


def test_no_written_workbook_cell_is_a_formula(tmp_path: Path) -> None:
    """In a workbook the same name is a string, and no cell holds a formula."""
    import zipfile

    network = Network.read(write_texts(tmp_path))
    item = replace(network.items[0], name="=1+1")
    network.with_rows("items", (item, *network.items[1:])).write(tmp_path / "n.xlsx")
    with zipfile.ZipFile(tmp_path / "n.xlsx") as book:
        parts = {n: book.read(n) for n in book.namelist() if n.endswith(".xml")}
    assert b"=1+1" in parts["xl/sharedStrings.xml"]
    assert all(b"<f>" not in part for part in parts.values())
    assert b'quotePrefix="1"' in parts["xl/styles.xml"]


@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("bom", lambda t: t.encode("utf-8-sig")),
        ("utf-16", lambda t: t.encode("utf-16")),
        ("crlf", lambda t: t.replace("\n", "\r\n").encode()),
        ("cr", lambda t: t.replace("\n", "\r").encode()),
        ("blank rows", lambda t: t.replace("\n", "\n\n").encode()),
        ("no last newline", lambda t: t.rstrip("\n").encode()),
    ],
)
def test_spreadsheet_habits_are_understood(tmp_path: Path, name: str, encode: Any) -> None:
    """Byte order marks, line ends and blank rows do not change what a file says."""
    right = Network.read(write_texts(tmp_path / "a"))
    place = write_texts(tmp_path / "b")
    for table, text in TEXTS.items():
        (place / f"{table}.csv").write_bytes(encode(text))
    assert Network.read(place) == right


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_and_tabs_separate_too(tmp_path: Path, delimiter: str) -> None:
    """Files of a European Excel have semicolons; cells with commas inside stay whole."""
    import csv
    import io

    from network_small import rows_of

    right = Network.read(write_texts(tmp_path / "a"))
    texts: dict[str, str] = {}
    for table, text in TEXTS.items():
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows_of(text))
        texts[table] = out.getvalue()
    assert Network.read(write_texts(tmp_path / "b", texts)) == right


def test_columns_and_rows_may_come_in_any_order(tmp_path: Path) -> None:
    """The digest does not depend on the order of rows, nor the value on that of columns."""
    from network_small import rows_of, text_of

    right = Network.read(write_texts(tmp_path / "a"))
    turned = {t: text_of([row[::-1] for row in rows_of(text)]) for t, text in TEXTS.items()}
    assert Network.read(write_texts(tmp_path / "b", turned)) == right
    upside = right.with_rows("lanes", right.lanes[::-1])
    assert upside != right and upside.digest == right.digest


@given(st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_a_number_survives_as_text(value: float) -> None:
    """Text of a number reads back to the last bit."""
    field = TABLES["sites"].by_name["latitude"]
    if -90 <= value <= 90:
        assert to_value(field, to_text(value)) == value


def test_a_network_survives_json() -> None:
    """JSON of a network reads back as the same value."""
    network = generate(20, 4)
    assert Network.from_json(network.to_json()) == network
