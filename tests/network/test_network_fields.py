"""The field table, and what is made from it: reference, template, changes, look-ups."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_small import write_texts

from taktnet.base.errors import InputFaults
from taktnet.network import Network, UnknownName, row_key
from taktnet.network.cells import to_value, wrong_value
from taktnet.network.column import REQUIRED
from taktnet.network.fields import TABLES, field_of
from taktnet.network.formats import EXAMPLES, FORMATS
from taktnet.network.generate import generate
from taktnet.network.reference import markdown
from taktnet.network.template import comment

CONTRACT = {
    "sites": "id name kind tier latitude longitude country zone calendar company",
    "items": "id name unit family cost currency weight_kg volume_m3 container_qty shelf_life_d"
    " temp_min_c temp_max_c",
    "bom": "parent component qty scrap alternative priority valid_from valid_to",
    "stock_points": "site item policy base_stock reorder_point order_up_to order_qty review_h"
    " holding_rate service_target owner consignor",
    "processes": "site item resource cycle_s setup_s setup_family lot_qty yield_rate priority",
    "resources": "id site kind calendar count mtbf_h mttr_h",
    "changeovers": "resource before after setup_s",
    "lanes": "id origin destination mode transit_kind transit_h transit_sd_h quantiles departures"
    " distance_km cost_shipment cost_kg cost_m3 currency capacity_kg capacity_m3 co2_kg_tkm"
    " agreed_h window_h",
    "sources": "site item origin lane price currency price_breaks moq prep_h share role",
    "loops": "id kind site item origin lane resource cards container_qty collection_h trigger"
    " signal_at lot_cards",
    "demand": "site item supplier rate_day distribution cv lead_h price currency",
    "drivers": "name site item day value",
    "calendars": "id days shifts break_min holidays shutdowns",
    "rates": "currency per_eur",
}


def test_tables_and_columns_have_their_agreed_names() -> None:
    """Other parts read these names; a column may be added, none renamed."""
    assert set(TABLES) == set(CONTRACT)
    for name, columns in CONTRACT.items():
        assert set(columns.split()) <= set(TABLES[name].by_name)


def test_every_column_is_explained() -> None:
    """Meaning for all; a unit for every measure; a right default; a known format and table."""
    for table in TABLES.values():
        assert table.key and table.meaning
        for f in table.fields:
            assert len(f.rules.meaning) >= 8, f"{table.name}.{f.name}"
            if f.default is not REQUIRED:
                assert wrong_value(f, f.default) is None
                assert to_value(f, "") == f.default
            assert not f.rules.refers or f.rules.refers in TABLES
            assert not f.rules.form or f.rules.form in FORMATS
            if f.kind == "number":
                assert f.rules.unit, f"{table.name}.{f.name} has no unit"


def test_the_examples_of_formats_are_right() -> None:
    """What the reference shows as an example can be read."""
    assert set(EXAMPLES) == set(FORMATS)
    for name, parse in FORMATS.items():
        parse(EXAMPLES[name])


def test_the_reference_names_every_column_once() -> None:
    """The Markdown reference has a row for each column, with unit, default and meaning."""
    sections = dict(part.split("\n", 1) for part in markdown().split("## ")[1:])
    assert set(sections) == set(TABLES)
    for name, t in TABLES.items():
        lines = [line for line in sections[name].splitlines() if line.startswith("| `")]
        assert [line.split("`")[1] for line in lines] == [f.name for f in t.fields]
        for f, line in zip(t.fields, lines, strict=True):
            assert f.rules.meaning in line
            assert line.replace("\\|", "").count("|") == 7


def test_the_template_has_a_sheet_per_table_with_help(tmp_path: Path) -> None:
    """Headers, a comment on each with its meaning, and lists for choices and names."""
    import openpyxl

    Network().write(tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert book.sheetnames == ["read me", *TABLES]
    for name, t in TABLES.items():
        sheet = book[name]
        assert [cell.value for cell in sheet[1]] == [f.name for f in t.fields]
        for cell, f in zip(sheet[1], t.fields, strict=True):
            assert cell.comment is not None and cell.comment.text == comment(f)
        listed = {str(rule.sqref).split("2")[0] for rule in sheet.data_validations.dataValidation}
        wanted = {
            cell.column_letter
            for cell, f in zip(sheet[1], t.fields, strict=True)
            if f.choices or f.rules.refers
        }
        assert listed == wanted
    rule = book["sites"].data_validations.dataValidation[0]
    assert rule.formula1 == '"plant,supplier,hub,warehouse,customer"'


def test_a_filled_template_reads_as_a_network(tmp_path: Path) -> None:
    """Rows typed under the headers of the template, 007 as text, are a network."""
    import openpyxl

    Network().write(tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    book["sites"].append(["A", "", "plant", None, 1, 2, "PT", "Europe/Lisbon"])
    book["items"].append(["007", "Magnet", None, 2.5])
    book["items"].append(["B", "Motor", None, 1e-10])
    book["bom"].append(["B", "007", 2, None, None, None, date(2026, 3, 1)])
    book.save(tmp_path / "t.xlsx")
    network = Network.read(tmp_path / "t.xlsx")
    assert network.item("007").cost == 2.5
    assert network.item("B").cost == 1e-10
    assert network.bom[0].valid_from == date(2026, 3, 1)


def test_importing_the_network_loads_nothing_heavy() -> None:
    """The value and its table come without polars, pyarrow, Excel libraries or holidays."""
    code = (
        "import sys, taktnet.network, taktnet.network.rates; print([m for m in ('polars',"
        " 'pyarrow', 'fastexcel', 'xlsxwriter', 'holidays', 'numpy', 'msgspec') if m in"
        " sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_look_ups_find_rows_and_say_what_is_missing(tmp_path: Path) -> None:
    """Rows are found by name; an unknown name is an error in words."""
    network = Network.read(write_texts(tmp_path))
    assert network.site("OPO").name == "Porto assembly"
    assert network.lane("KRK-OPO").transit_h == 60
    assert [s.origin for s in network.sources_of("KRK", "007")] == ["HUB", "SUP"]
    assert [x.id for x in network.lanes_between("SUP", "KRK")] == ["SUP-KRK-A"]
    assert network.stock_point("OPO", "NONE") is None
    assert [x.id for x in network.loops_of("OPO", "MOTOR")] == ["KB-OPO-MOTOR"]
    assert [b.parent for b in network.users_of("WIRE")] == ["MOTOR"]
    assert [r.id for r in network.resources_at("KRK")] == ["KRK-L1"]
    assert network.per_eur("EUR") == 1 and network.per_eur("CNY") == 8
    assert field_of("lanes", "transit_h").rules.unit == "h"
    with pytest.raises(UnknownName, match="no site is called 'OPORTO'"):
        network.site("OPORTO")


def test_a_resource_works_by_its_own_calendar_or_its_sites(tmp_path: Path) -> None:
    """Krakow's line has its calendar, Porto's takes the site's, a blank one is day and night."""
    network = Network.read(write_texts(tmp_path))
    monday = date(2026, 3, 2)
    assert network.working_time("KRK", "KRK-L1").day_seconds(monday) == 3 * 7.5 * 3600
    assert network.working_time("OPO", "OPO-L1").day_seconds(monday) == 2 * 7.5 * 3600
    assert network.working_time("SUP").day_seconds(monday) == 24 * 3600


def test_setting_a_row_types_its_cells(tmp_path: Path) -> None:
    """A change by text cells gives a new network; the old one stays as it was."""
    network = Network.read(write_texts(tmp_path))
    changed = network.set_row("loops", "KB-OPO-MOTOR", {"cards": "34"})
    assert (network.loop("KB-OPO-MOTOR").cards, changed.loop("KB-OPO-MOTOR").cards) == (30, 34)
    assert changed.digest != network.digest
    assert changed.check() == ()
    new = network.set_row("rates", "JPY", {"per_eur": "165"})
    assert new.per_eur("JPY") == 165 and len(new.rates) == 3
    assert new.set_row("rates", "JPY", {}) == network
    both = network.set_row("stock_points", "OPO|GLUE", {"order_up_to": "40"})
    point = both.stock_point("OPO", "GLUE")
    assert point is not None and point.order_up_to == 40
    assert row_key("stock_points", point) == "OPO|GLUE"


@pytest.mark.parametrize(
    ("table", "key", "values", "words"),
    [
        ("loop", "X", {"cards": "1"}, 'Did you mean "loops"?'),
        ("loops", "KB-OPO-MOTR", {}, 'Did you mean "KB-OPO-MOTOR"?'),
        ("loops", "KB-OPO-MOTOR", {"card": "3"}, 'Did you mean "cards"?'),
        ("loops", "KB-OPO-MOTOR", {"cards": "0"}, "cards is 0, wanted 1 to 100000"),
        ("loops", "KB-OPO-MOTOR", {"cards": "many", "kind": "x"}, "kind is"),
        ("loops", "NEW", {"cards": "3"}, "kind is blank"),
        ("stock_points", "OPO", {"policy": "none"}, "wanted site|item"),
        ("loops", "KB-OPO-MOTOR", {"id": "KB-KRK-WIRE"}, "a key that no other row"),
    ],
)
def test_a_wrong_change_is_refused_whole(
    tmp_path: Path, table: str, key: str, values: dict[str, str], words: str
) -> None:
    """A change with a fault changes nothing and says what is wrong."""
    network = Network.read(write_texts(tmp_path))
    digest = network.digest
    with pytest.raises(InputFaults) as refused:
        network.set_row(table, key, values)
    assert words in str(refused.value)
    assert network.digest == digest


@settings(max_examples=15, deadline=None)
@given(one=st.integers(0, 20), other=st.integers(0, 20))
def test_a_difference_is_the_changes_that_make_it(one: int, other: int) -> None:
    """Applying diff(a, b) to a gives b, whatever the two; a network does not differ from itself."""
    a, b = generate(10, one), generate(11, other)
    network = a
    for change in a.diff(b):
        network = network.set_row(change.table, change.key, change.values)
    assert network.digest == b.digest
    assert a.set_rows([(c.table, c.key, c.values) for c in a.diff(b)]) == network
    assert a.diff(a) == ()


def test_a_difference_names_only_what_changed(tmp_path: Path) -> None:
    """Of a changed row only the changed columns are told."""
    network = Network.read(write_texts(tmp_path))
    lane = replace(network.lanes[0], transit_h=50.0)
    (change,) = network.diff(network.with_rows("lanes", (lane, *network.lanes[1:])))
    assert (change.table, change.key, change.values) == ("lanes", "KRK-OPO", {"transit_h": "50"})


def test_json_that_is_no_network_is_refused() -> None:
    """Broken JSON and wrong types are faults, not crashes."""
    for text in ("", "[]", '{"sites": [{"id": 1}]}', '{"sites": 3}'):
        with pytest.raises(InputFaults, match="a network as JSON"):
            Network.from_json(text)


def test_the_network_has_a_tuple_for_each_table() -> None:
    """Tables of the field table and attributes of the value are the same."""
    assert [f.name for f in fields(Network)] == list(TABLES)
    assert all(Network().table(name) == () for name in TABLES)


def test_many_rows_are_set_as_one_after_another(tmp_path: Path) -> None:
    """A row may be made, changed and removed again; the faults of all are told at once."""
    network = Network.read(write_texts(tmp_path))
    changes = [
        ("loops", "KB-OPO-MOTOR", {"cards": "34"}),
        ("rates", "JPY", {"per_eur": "165"}),
        ("rates", "JPY", {"per_eur": "170"}),
        ("loops", "KB-OPO-MOTOR", {"cards": "35"}),
    ]
    each = network
    for change in changes:
        each = each.set_row(*change)
    assert network.set_rows(changes) == each
    assert network.set_rows([*changes[1:3], ("rates", "JPY", {})]) == network
    with pytest.raises(InputFaults) as caught:
        network.set_rows([("nets", "x", {"a": "1"}), ("rates", "XXY", {})])
    assert len(caught.value.faults) == 2
