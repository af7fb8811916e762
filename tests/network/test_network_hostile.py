"""Files made to hurt: refused in bounded time and memory, with words."""

from __future__ import annotations

import time
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from network_small import TEXTS, write_texts

from taktnet.base.errors import Fault, InputFaults
from taktnet.network import Network, csv_io, draft, excel_io, parquet_io


def refusal(path: Path) -> tuple[Fault, ...]:
    """The faults with which a path is refused."""
    with pytest.raises(InputFaults) as refused:
        Network.read(path)
    return refused.value.faults


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "an empty file"),
        (b"\xff\xfe\x00", "wanted UTF-8 text"),
        (b"id,kind\nA\x00,plant\n", "a NUL character"),
        (b'id,kind\n"A,plant\n', "broken CSV"),
        (b'id,kind\n"A"x,plant\n', "broken CSV"),
        (b"id,kind\nA," + b"x" * 40_000, "characters long"),
        (b",".join([b"c"] * 300), "at most 256 columns"),
        (b"id,kind\nA,plant,1,2\n", "4 cells, wanted 2 cells"),
        (b"id,kind\nA\n", "1 cells, wanted 2 cells"),
        (b"PK\x03\x04\xff\xff", "wanted UTF-8 text"),
        ("id,kind\nÄ,plant\n".encode("latin-1"), 'Save it as "CSV UTF-8"'),
    ],
)
def test_a_broken_csv_file_is_refused_with_words(tmp_path: Path, data: bytes, words: str) -> None:
    """Whatever bytes a file has, reading ends in a fault of that file."""
    place = write_texts(tmp_path)
    (place / "sites.csv").write_bytes(data)
    faults = refusal(place)
    assert any(f.where == "network/sites.csv" and words in str(f) for f in faults), faults


def test_too_large_a_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file above the limit is refused by its size."""
    monkeypatch.setattr(csv_io, "MAX_BYTES", 50)
    faults = refusal(write_texts(tmp_path))
    assert {f.wanted for f in faults} == {"at most 50 bytes"}


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows above the limit are refused at the first one too many."""
    monkeypatch.setattr(csv_io, "MAX_ROWS", 4)
    faults = refusal(write_texts(tmp_path))
    assert ("network/sites.csv", 6) in {(f.where, f.row) for f in faults}


@pytest.mark.parametrize(
    ("name", "words"),
    [("site.csv", 'Did you mean "sites"?'), ("Stock Points.csv", 'Did you mean "stock_points"?')],
)
def test_a_file_that_is_nearly_a_table_is_not_overlooked(
    tmp_path: Path, name: str, words: str
) -> None:
    """A misspelt file name is a fault; a file of another kind is left alone."""
    place = write_texts(tmp_path)
    (place / name).write_text("id\nA\n")
    (place / "history-of-orders.csv").write_text("x\n")
    assert [words in str(f) for f in refusal(place)] == [True]


def test_one_table_in_two_files_is_refused(tmp_path: Path) -> None:
    """sites.csv beside sites.parquet leaves open which one counts."""
    place = write_texts(tmp_path)
    Network.read(place).write(place, "parquet")
    assert all(f.found == "a second file" for f in refusal(place))


@pytest.mark.parametrize("name", ["nothing", "empty", "file.txt"])
def test_a_path_without_a_network_is_refused(tmp_path: Path, name: str) -> None:
    """No file, an empty folder and a file of another kind each say what was wanted."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("hello")
    faults = refusal(tmp_path / name)
    assert "a folder of CSV or Parquet files, or an .xlsx workbook" in str(faults[0])


def workbook(path: Path, parts: dict[str, str]) -> Path:
    """A minimal workbook whose sheet "sites" has the given XML, made by hand."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        )
        book.writestr(
            "xl/workbook.xml",
            '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r='
            '"http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
            '<sheet name="sites" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
            'relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        for name, text in parts.items():
            book.writestr(name, text)
    return path


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1" t="str"><v>id</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="XFD1"><v>1</v></c></row>',
        '<row r="1048576"><c><v>1</v></c></row>',
        '<row r="99999999"><c r="A99999999"><v>1</v></c></row>',
    ],
)
def test_a_stray_far_cell_does_not_fill_the_memory(tmp_path: Path, rows: str) -> None:
    """A sheet whose cells span billions is refused before it is laid out."""
    path = workbook(tmp_path / "n.xlsx", {"xl/worksheets/sheet1.xml": SHEET.format(rows)})
    assert "Delete stray cells" in str(refusal(path)[0])


def test_a_zip_bomb_is_refused_by_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts that unpack past the limit are refused before they are unpacked."""
    monkeypatch.setattr(excel_io, "MAX_UNPACKED", 100_000)
    bomb = SHEET.format(" " * 1_000_000)
    path = workbook(tmp_path / "n.xlsx", {"xl/worksheets/sheet1.xml": bomb})
    assert path.stat().st_size < 5000
    assert "bytes unpacked" in str(refusal(path)[0])


def test_a_zip_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    """A part that unpacks to more than it declares is no workbook."""
    path = workbook(
        tmp_path / "n.xlsx", {"xl/worksheets/sheet1.xml": SHEET.format(" " * 1_000_000)}
    )
    size = len(SHEET.format(" " * 1_000_000))
    data = path.read_bytes().replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    path.write_bytes(data)
    assert "no workbook" in str(refusal(path)[0])


def test_many_parts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook of thousands of parts is refused."""
    monkeypatch.setattr(excel_io, "_MAX_PARTS", 3)
    path = workbook(tmp_path / "n.xlsx", {"xl/worksheets/sheet1.xml": SHEET.format("")})
    assert "parts" in str(refusal(path)[0])


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"hello", b"PK\x05\x06" + b"\0" * 18])
def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path, data: bytes) -> None:
    """Empty, cut and foreign files under the name of a workbook say so."""
    path = tmp_path / "n.xlsx"
    path.write_bytes(data)
    faults = refusal(path)
    assert len(faults) == 1 and "no workbook" in str(faults[0])


def test_a_cell_with_an_excel_error_is_not_taken_for_blank(tmp_path: Path) -> None:
    """#DIV/0! in a sheet is a fault with its row, not a default."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "n.xlsx")) as book:
        sheet = book.add_worksheet("sites")
        sheet.write_row(0, 0, ["id", "tier"])
        sheet.write_string(1, 0, "A")
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    faults = refusal(tmp_path / "n.xlsx")
    assert [(f.where, f.row, f.found) for f in faults] == [
        ("n.xlsx sheet sites", 2, "an Excel error")
    ]


def test_a_workbook_fault_has_sheet_and_row(tmp_path: Path) -> None:
    """Faults of a workbook name the sheet and the row that Excel shows."""
    network = Network.read(write_texts(tmp_path))
    lane = network.lanes[1]
    from dataclasses import replace

    wrong = replace(lane, transit_h=-2.0)
    network.with_rows("lanes", (network.lanes[0], wrong, *network.lanes[2:])).write(
        tmp_path / "n.xlsx"
    )
    faults = refusal(tmp_path / "n.xlsx")
    assert [str(f) for f in faults] == [
        'n.xlsx sheet lanes row 3: lane "SUP-HUB": transit_h is -2, wanted > 0 and <= 8784.'
        " Did you mean 2?"
    ]


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1", b"hello"])
def test_a_broken_parquet_file_is_refused(tmp_path: Path, data: bytes) -> None:
    """Empty, cut and foreign files under the name of Parquet say so."""
    (tmp_path / "sites.parquet").write_bytes(data)
    assert "no Parquet file" in str(refusal(tmp_path)[0])


def test_parquet_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, columns, bytes and cell length of a Parquet file are bounded."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def written(**columns: list[object]) -> tuple[Fault, ...]:
        pq.write_table(pa.table(columns), tmp_path / "sites.parquet")
        return refusal(tmp_path)

    assert "characters long" in str(written(id=["x" * 50_000] * 20))
    assert "plain columns" in str(written(id=[["a"], ["b"]]))
    assert "columns" in str(written(**{f"c{i}": [1] for i in range(300)}))
    monkeypatch.setattr(parquet_io, "MAX_ROWS", 10)
    assert "at most 10 rows" in str(written(id=["a"] * 11))
    monkeypatch.setattr(parquet_io, "MAX_UNPACKED", 10)
    assert "bytes unpacked" in str(written(id=["a"] * 9))


def test_parquet_numbers_in_a_text_column_become_text(tmp_path: Path) -> None:
    """Ids that another tool wrote as numbers are read as their text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    network = Network.read(write_texts(tmp_path))
    one = network.sites[0]
    columns = {name: [getattr(one, name)] for name in one.__slots__}
    columns.update(id=[4711], calendar=[""])
    (tmp_path / "p").mkdir()
    pq.write_table(pa.table(columns), tmp_path / "p" / "sites.parquet")
    assert Network.read(tmp_path / "p").sites[0].id == "4711"


def test_a_refused_write_leaves_the_old_file(tmp_path: Path) -> None:
    """A network that cannot be written whole changes nothing that was there."""
    from taktnet.base.errors import TaktnetError

    network = Network.read(write_texts(tmp_path))
    network.write(tmp_path / "out")
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    with pytest.raises(TaktnetError, match="wanted one of csv, parquet, xlsx"):
        network.write(tmp_path / "out", "yaml")
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before
    assert set(before) == {f"{t}.csv" for t in TEXTS}


def test_the_empty_template_says_what_is_missing(tmp_path: Path) -> None:
    """A template that nobody filled in has no site, and that is all that is said."""
    Network().write(tmp_path / "template.xlsx")
    faults = refusal(tmp_path / "template.xlsx")
    assert [(f.where, f.found) for f in faults] == [("template.xlsx sheet sites", "no site")]


def test_a_file_of_nothing_but_faults_is_told_in_part(tmp_path: Path) -> None:
    """Of 50,000 wrong rows the first thousand are told, in seconds, and the rest counted."""
    place = write_texts(tmp_path)
    head = TEXTS["lanes"].splitlines()[0]
    rows = (f"L{i},OPO{i},KRK{i},raod,fixed,-1,0,,,0,0,0,0,EUR,,,0,0,0,,24" for i in range(50_000))
    (place / "lanes.csv").write_text("\n".join([head, *rows]))
    faults = [f for f in refusal(place) if f.where == "network/lanes.csv"]
    assert len(faults) == draft.MAX_FAULTS + 1
    assert "more faults" in faults[-1].found


def test_many_dangling_names_are_told_in_seconds(tmp_path: Path) -> None:
    """20,000 lanes to places that do not exist do not compare every name with every other."""
    place = write_texts(tmp_path)
    row = "fixed,5,0,,,0,0,0,0,EUR,,,0,0,0,,24"
    rows = (f"L{i},OPO,PLACE-{i},road,{row}" for i in range(20_000))
    with (place / "lanes.csv").open("a") as file:
        file.write("\n".join(rows))
    start = time.process_time()
    faults = refusal(place)
    assert time.process_time() - start < 20
    assert all(f.field == "destination" for f in faults if f.row)


def test_endless_circles_are_told_briefly(tmp_path: Path) -> None:
    """A bill of materials full of circles names some of them, each in a line that can be read."""
    items = "id,cost\n" + "".join(f"I{i},1\n" for i in range(3000))
    bom = "parent,component,qty\n" + "".join(f"I{i},I{i + 1},1\n" for i in range(2999))
    bom += "".join(f"I2999,I{i},1\n" for i in range(0, 2000))
    sites = TEXTS["sites"].replace("PT-2S", "").replace("PL-3S", "")
    place = write_texts(tmp_path, {"sites": sites, "items": items, "bom": bom})
    faults = refusal(place)
    assert len(faults) == 20
    assert all(len(str(f)) < 400 and "more" in str(f) for f in faults)


def test_many_alternatives_are_compared_in_seconds(tmp_path: Path) -> None:
    """Twenty thousand lines of one component are put in order of dates, not all against all."""
    items = "id,cost\nA,1\nB,1\n"
    days = (date(1950, 1, 1) + timedelta(days=i) for i in range(20_000))
    lines = "".join(f"A,B,1,{d},{d}\n" for d in days)
    sites = TEXTS["sites"].replace("PT-2S", "").replace("PL-3S", "")
    texts = {"sites": sites, "items": items, "bom": "parent,component,qty,valid_from,valid_to\n"}
    start = time.process_time()
    texts["bom"] += lines
    assert len(Network.read(write_texts(tmp_path, texts)).bom) == 20_000
    assert time.process_time() - start < 20


def test_a_boolean_is_no_number(tmp_path: Path) -> None:
    """TRUE in a number column of a workbook is refused, not taken for 1."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "n.xlsx")) as book:
        sheet = book.add_worksheet("items")
        sheet.write_row(0, 0, ["id", "cost"])
        sheet.write_row(1, 0, ["A", True])
    assert any('cost is "true"' in str(f) for f in refusal(tmp_path / "n.xlsx"))
