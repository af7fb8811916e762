"""Malformed networks: each is refused with words that name file, row and column."""

from __future__ import annotations

from pathlib import Path

import pytest
from network_small import (
    TEXTS,
    rows_of,
    text_of,
    with_cell,
    with_row,
    without_row,
    write_texts,
)

from taktnet.base.errors import Fault, InputFaults
from taktnet.network import Network
from taktnet.network.column import Field
from taktnet.network.fields import TABLES


def refused(folder: Path, texts: dict[str, str]) -> tuple[Fault, ...]:
    """The faults with which these files are refused."""
    with pytest.raises(InputFaults) as refusal:
        Network.read(write_texts(folder, texts))
    return refusal.value.faults


def bad_cells(field: Field) -> list[tuple[str, str]]:
    """Cells that a column must refuse, each with a word for the test's name."""
    r = field.rules
    bad: list[tuple[str, str]] = []
    if field.kind in ("number", "integer"):
        bad += [
            ("words", "many"),
            ("comma", "1,5"),
            ("nan", "NaN"),
            ("inf", "inf"),
            ("hex", "0x1F"),
        ]
        if r.low is not None or r.above is not None:
            least = r.low if r.low is not None else r.above
            bad.append(("below", repr(least - 1 if r.low is not None else least)))
        if r.high is not None or r.below is not None:
            most = r.high if r.high is not None else r.below
            bad.append(("over", repr(most * 2 + 1 if r.high is not None else most)))
        if r.decimals:
            bad.append(("decimals", "1.0000001"))
    if field.kind == "integer":
        bad.append(("half", "1.5"))
    if field.kind == "choice":
        bad.append(("choice", field.choices[0] + "x"))
    if field.kind == "date":
        bad += [("date", "31.12.2026"), ("day", "2026-02-30")]
    if r.refers:
        bad.append(("dangling", "NOBODY-HERE"))
    if r.form:
        bad.append(("form", "?!"))
    if field.kind == "text":
        bad.append(("control", "a\x07b"))
        bad.append(("long", "x" * 5000))
    if field.required:
        bad.append(("blank", ""))
    return bad


CELLS = [
    pytest.param(table, f.name, cell, id=f"{table}.{f.name}-{word}")
    for table, t in TABLES.items()
    for f in t.fields
    for word, cell in bad_cells(f)
]


@pytest.mark.parametrize(("table", "column", "cell"), CELLS)
def test_a_bad_cell_is_named_by_file_row_and_column(
    tmp_path: Path, table: str, column: str, cell: str
) -> None:
    """Any cell that breaks its column's rules is found where it is, and blamed alone."""
    faults = refused(tmp_path, with_cell(table, 2, column, cell))
    at = [f for f in faults if (f.where, f.row, f.field) == (f"network/{table}.csv", 2, column)]
    assert at
    assert at[0].wanted
    assert str(at[0]).startswith(f"network/{table}.csv row 2: ")
    if not TABLES[table].by_name[column].rules.key:
        assert {(f.where, f.row) for f in faults} == {(f"network/{table}.csv", 2)}


def test_there_are_enough_malformed_cells() -> None:
    """The generated cases alone are more than half of the bar of 300."""
    assert len(CELLS) >= 300


def drop_column(table: str, column: str) -> dict[str, str]:
    """The good texts with one column taken out."""
    rows = rows_of(TEXTS[table])
    place = rows[0].index(column)
    return {**TEXTS, table: text_of([r[:place] + r[place + 1 :] for r in rows])}


@pytest.mark.parametrize(
    ("table", "column"),
    [(t.name, f.name) for t in TABLES.values() for f in t.fields if f.required],
)
def test_a_missing_column_is_named_once(tmp_path: Path, table: str, column: str) -> None:
    """A required column that is not there is one fault of the header, not one per row."""
    faults = refused(tmp_path, drop_column(table, column))
    at = [f for f in faults if (f.where, f.field) == (f"network/{table}.csv", column)]
    assert [(f.row, f.found) for f in at] == [(1, "missing")]


@pytest.mark.parametrize("table", TABLES)
def test_a_misspelt_column_is_named_with_its_likely_name(tmp_path: Path, table: str) -> None:
    """An unknown column says which one was probably meant."""
    column = TABLES[table].fields[1].name
    text = TEXTS[table].replace(column, f"{column}x", 1)
    faults = refused(tmp_path, {**TEXTS, table: text})
    unknown = [f for f in faults if f.found == "an unknown column"]
    assert [(f.where, f.row) for f in unknown] == [(f"network/{table}.csv", 1)]
    assert f'Did you mean "{column}"?' in str(unknown[0])


@pytest.mark.parametrize("table", TABLES)
def test_a_key_used_twice_is_named_at_its_second_row(tmp_path: Path, table: str) -> None:
    """A repeated row is found at its second place and points at the first."""
    last = len(rows_of(TEXTS[table]))
    faults = refused(tmp_path, with_row(table, TEXTS[table].splitlines()[1]))
    twice = [f for f in faults if f.wanted == "a key used once"]
    assert [(f.where, f.row) for f in twice] == [(f"network/{table}.csv", last + 1)]
    assert "row 2" in twice[0].remedy


@pytest.mark.parametrize("table", TABLES)
def test_a_row_of_other_width_is_named(tmp_path: Path, table: str) -> None:
    """A row with more cells than the header is refused, so that no cell shifts columns."""
    faults = refused(tmp_path, with_row(table, TEXTS[table].splitlines()[1] + ",surplus"))
    last = len(rows_of(TEXTS[table])) + 1
    assert (f"network/{table}.csv", last) in {(f.where, f.row) for f in faults}


#: (name, texts, file, row, column, words that the fault must have)
BY_HAND = [
    (
        "lane of negative time",
        with_cell("lanes", 2, "transit_h", "-2"),
        ("lanes", 2, "transit_h"),
        ['lane "KRK-OPO": transit_h is -2, wanted > 0', "Did you mean 2?"],
    ),
    (
        "percent for a fraction",
        with_cell("processes", 3, "yield_rate", "98"),
        ("processes", 3, "yield_rate"),
        ["Did you mean 0.98?"],
    ),
    (
        "decimal comma",
        with_cell("items", 2, "cost", "1.234,50"),
        ("items", 2, "cost"),
        ["Write 1234.50, with a decimal point."],
    ),
    (
        "thousands",
        with_cell("lanes", 3, "distance_km", "19,000,000"),
        ("lanes", 3, "distance_km"),
        ["Write 19000000, without separators."],
    ),
    (
        "unit in the cell",
        with_cell("lanes", 2, "transit_h", "60 h"),
        ("lanes", 2, "transit_h"),
        ["Write 60, the unit is in the column."],
    ),
    (
        "misspelt site",
        with_cell("lanes", 2, "origin", "KRKK"),
        ("lanes", 2, "origin"),
        ['wanted a name in sites. Did you mean "KRK"?'],
    ),
    (
        "site in small letters",
        with_cell("resources", 2, "site", "opo"),
        ("resources", 2, "site"),
        ['Did you mean "OPO"?'],
    ),
    (
        "leading zeros lost",
        with_cell("stock_points", 5, "item", "7"),
        ("stock_points", 5, "item"),
        ["wanted a name in items"],
    ),
    (
        "zone of no place",
        with_cell("sites", 2, "zone", "Europe/Porto"),
        ("sites", 2, "zone"),
        ["wanted an IANA time zone"],
    ),
    (
        "zone without continent",
        with_cell("sites", 2, "zone", "Lisbon"),
        ("sites", 2, "zone"),
        ['Did you mean "Europe/Lisbon"?'],
    ),
    (
        "country by name",
        with_cell("sites", 2, "country", "Portugal"),
        ("sites", 2, "country"),
        ['Did you mean "PT"?'],
    ),
    (
        "country UK",
        with_cell("sites", 2, "country", "UK"),
        ("sites", 2, "country"),
        ['Did you mean "GB"?'],
    ),
    (
        "currency sign",
        with_cell("items", 2, "currency", "$"),
        ("items", 2, "currency"),
        ['Did you mean "USD"?'],
    ),
    (
        "currency without rate",
        with_cell("items", 4, "currency", "JPY"),
        ("items", 4, "currency"),
        ["wanted a currency with a rate", "rates.csv"],
    ),
    (
        "euro of two euro",
        with_row("rates", "EUR,2"),
        ("rates", 4, "per_eur"),
        ["wanted 1 for EUR"],
    ),
    (
        "item made from itself",
        with_row("bom", "MOTOR,DRIVE,1,0,,1,,"),
        ("bom", 7, "component"),
        ["DRIVE > MOTOR > DRIVE"],
    ),
    (
        "item its own component",
        with_row("bom", "WIRE,WIRE,1,0,,1,,"),
        ("bom", 7, "component"),
        ["WIRE > WIRE"],
    ),
    (
        "long circle",
        with_row("bom", "WIRE,GLUE,1,0,,1,,\nGLUE,DRIVE,1,0,,1,,"),
        ("bom", 8, "component"),
        ["goes in a circle"],
    ),
    (
        "alternatives of one priority",
        with_cell("bom", 5, "priority", "1"),
        ("bom", 5, "priority"),
        ["another priority than row 4"],
    ),
    (
        "component twice at once",
        with_row("bom", "MOTOR,WIRE,0.4,0,,1,2026-05-01,"),
        ("bom", 7, "valid_from"),
        ["dates apart from row 6", "from 2026-05-01"],
    ),
    (
        "dates upside down",
        with_cell("bom", 4, "valid_from", "2026-12-01"),
        ("bom", 4, "valid_to"),
        ["on or after valid_from, 2026-12-01"],
    ),
    (
        "lane from a site to itself",
        with_cell("lanes", 7, "destination", "OPO"),
        ("lanes", 7, "destination"),
        ["another site than origin"],
    ),
    (
        "gamma without spread",
        with_cell("lanes", 3, "transit_sd_h", "0"),
        ("lanes", 3, "transit_sd_h"),
        ["wanted > 0 for gamma"],
    ),
    (
        "quantiles missing",
        with_cell("lanes", 4, "quantiles", ""),
        ("lanes", 4, "quantiles"),
        ["blank"],
    ),
    (
        "quantiles that fall",
        with_cell("lanes", 4, "quantiles", "0.05:20;0.5:15"),
        ("lanes", 4, "quantiles"),
        ["hours must not fall"],
    ),
    (
        "quantiles over one",
        with_cell("lanes", 4, "quantiles", "5:20;50:24"),
        ("lanes", 4, "quantiles"),
        ["from 0 to 1"],
    ),
    (
        "single quantile",
        with_cell("lanes", 4, "quantiles", "0.5:24"),
        ("lanes", 4, "quantiles"),
        ["at least two"],
    ),
    (
        "departure on no day",
        with_cell("lanes", 2, "departures", "Mo 18:00"),
        ("lanes", 2, "departures"),
        ["wanted days like"],
    ),
    (
        "departure in German",
        with_cell("lanes", 2, "departures", "Monday 18:00"),
        ("lanes", 2, "departures"),
        ["Did you mean Mon?"],
    ),
    (
        "departure at 25",
        with_cell("lanes", 2, "departures", "Mon 25:00"),
        ("lanes", 2, "departures"),
        ["'25:00' is no time of day"],
    ),
    (
        "shifts that overlap",
        with_cell("calendars", 2, "shifts", "06:00-14:00,13:00-21:00"),
        ("calendars", 2, "shifts"),
        ["do not overlap"],
    ),
    (
        "night shift into the morning",
        with_cell("calendars", 2, "shifts", "06:00-14:00,22:00-07:00"),
        ("calendars", 2, "shifts"),
        ["runs into 06:00 next day"],
    ),
    (
        "shift without end",
        with_cell("calendars", 2, "shifts", "06:00"),
        ("calendars", 2, "shifts"),
        ["Write start-end."],
    ),
    (
        "break as long as the shift",
        with_cell("calendars", 2, "break_min", "480"),
        ("calendars", 2, "break_min"),
        ["shorter than every shift"],
    ),
    (
        "holidays of nowhere",
        with_cell("calendars", 2, "holidays", "XX"),
        ("calendars", 2, "holidays"),
        ["a country with known holidays"],
    ),
    (
        "holidays of no subdivision",
        with_cell("calendars", 2, "holidays", "DE-XX"),
        ("calendars", 2, "holidays"),
        ["a subdivision of DE", "BW"],
    ),
    (
        "shutdown backward",
        with_cell("calendars", 2, "shutdowns", "2026-08-14..2026-08-03"),
        ("calendars", 2, "shutdowns"),
        ["ends before it starts"],
    ),
    (
        "shutdown in words",
        with_cell("calendars", 2, "shutdowns", "August"),
        ("calendars", 2, "shutdowns"),
        ["'August' is no date"],
    ),
    (
        "price break dearer",
        with_cell("sources", 6, "price_breaks", "1000:2.3;5000:2.5"),
        ("sources", 6, "price_breaks"),
        ["must not be higher"],
    ),
    (
        "price breaks out of order",
        with_cell("sources", 6, "price_breaks", "5000:2.3;1000:2.2"),
        ("sources", 6, "price_breaks"),
        ["Quantities must rise"],
    ),
    (
        "shares over one",
        with_cell("sources", 5, "share", "0.8"),
        ("sources", 6, "share"),
        ['"007" at "KRK" that sum to 1', "They sum to 1.1"],
    ),
    (
        "shares under one",
        with_cell("sources", 2, "share", "0.5"),
        ("sources", 2, "share"),
        ["They sum to 0.5"],
    ),
    (
        "only a backup",
        with_cell("sources", 8, "role", "backup"),
        ("sources", 8, "share"),
        ["none of a primary source"],
    ),
    (
        "source over a lane of others",
        with_cell("sources", 2, "lane", "SUP-HUB"),
        ("sources", 2, "lane"),
        ['a lane from "KRK" to "OPO"', 'from "SUP" to "HUB"'],
    ),
    (
        "source from itself",
        with_cell("sources", 2, "origin", "OPO"),
        ("sources", 2, "origin"),
        ["another site than the one supplied"],
    ),
    (
        "half a container",
        with_cell("sources", 6, "moq", "1050"),
        ("sources", 6, "moq"),
        ['whole containers of 100 pcs of "007"', "Did you mean 1100?"],
    ),
    (
        "lot of broken containers",
        with_cell("processes", 3, "lot_qty", "45"),
        ("processes", 3, "lot_qty"),
        ["whole containers of 20", "Did you mean 60?"],
    ),
    (
        "changeover to what nobody makes",
        with_cell("changeovers", 2, "after", "coatd"),
        ("changeovers", 2, "after"),
        ['a set-up family of "SUP-P1"', 'Did you mean "coated"?'],
    ),
    (
        "changeover within a set-up",
        with_cell("changeovers", 2, "after", "007"),
        ("changeovers", 2, "after"),
        ['another set-up than before, "007"'],
    ),
    (
        "one family, two times",
        with_row("processes", "SUP,WIRE,SUP-P1,2,0,301,coated,0,1,1"),
        ("processes", 6, "setup_s"),
        ['300, as of others of "coated"'],
    ),
    (
        "RQ lot of broken containers",
        with_cell("stock_points", 5, "order_qty", "2050"),
        ("stock_points", 5, "order_qty"),
        ["Did you mean 2100?"],
    ),
    (
        "card of a broken container",
        with_cell("loops", 3, "container_qty", "30"),
        ("loops", 3, "container_qty"),
        ['whole containers of 20 pcs of "MOTOR"', "Did you mean 40?"],
    ),
    (
        "RQ without Q",
        with_cell("stock_points", 5, "order_qty", "0"),
        ("stock_points", 5, "order_qty"),
        ["> 0 for policy RQ"],
    ),
    (
        "S below s",
        with_cell("stock_points", 4, "order_up_to", "5"),
        ("stock_points", 4, "order_up_to"),
        ["above reorder_point, 10"],
    ),
    (
        "kanban at a place without loop",
        with_cell("stock_points", 4, "policy", "kanban"),
        ("stock_points", 4, "policy"),
        ["Add a row to loops."],
    ),
    (
        "two rules order",
        with_cell("stock_points", 3, "policy", "base_stock"),
        ("stock_points", 3, "policy"),
        ["because a loop orders too"],
    ),
    (
        "consigned by nobody",
        with_cell("stock_points", 6, "consignor", ""),
        ("stock_points", 6, "consignor"),
        ["the site that owns consigned stock"],
    ),
    (
        "own stock with a consignor",
        with_cell("stock_points", 2, "consignor", "SUP"),
        ("stock_points", 2, "consignor"),
        ["blank for own stock"],
    ),
    (
        "resource of another site",
        with_cell("processes", 2, "resource", "KRK-L1"),
        ("processes", 2, "resource"),
        ['a resource of "OPO"', 'stands at "KRK"'],
    ),
    (
        "loop without a way",
        {**with_cell("loops", 3, "lane", ""), "sources": without_row("sources", 2)["sources"]},
        ("loops", 3, "lane"),
        ["a lane, or a source from the same origin"],
    ),
    (
        "loop over a lane of others",
        with_cell("loops", 3, "lane", "HUB-KRK"),
        ("loops", 3, "lane"),
        ['a lane from "KRK" to "OPO"'],
    ),
    (
        "production from elsewhere",
        with_cell("loops", 2, "origin", "KRK"),
        ("loops", 2, "origin"),
        ['"OPO", the site itself'],
    ),
    (
        "production of what is not made",
        with_cell("loops", 2, "item", "MOTOR"),
        ("loops", 2, "item"),
        ['an item that "OPO" makes'],
    ),
    (
        "production over a lane",
        with_cell("loops", 2, "lane", "KRK-OPO"),
        ("loops", 2, "lane"),
        ["blank for production"],
    ),
    (
        "loop on a line elsewhere",
        with_cell("loops", 2, "resource", "KRK-L1"),
        ("loops", 2, "resource"),
        ['a resource of "OPO"'],
    ),
    (
        "one bin",
        with_cell("loops", 5, "cards", "1"),
        ("loops", 5, "cards"),
        [">= 2 for two_bin"],
    ),
    (
        "signal above all cards",
        with_cell("loops", 4, "signal_at", "21"),
        ("loops", 4, "signal_at"),
        ["1 to 20, the cards of a signal loop"],
    ),
    (
        "signal of no cards",
        with_cell("loops", 4, "signal_at", "0"),
        ("loops", 4, "signal_at"),
        ["1 to 20"],
    ),
    (
        "lot above all cards",
        with_cell("loops", 4, "lot_cards", "30"),
        ("loops", 4, "lot_cards"),
        ["1 to 20"],
    ),
    (
        "demand without a lane",
        without_row("lanes", 7),
        ("demand", 2, "supplier"),
        ['a site with a lane to "CUS"'],
    ),
    (
        "negative binomial without spread",
        with_cell("demand", 2, "distribution", "negbin"),
        ("demand", 2, "cv"),
        ["> 0 for negbin"],
    ),
    (
        "customer of what nobody makes",
        with_cell("demand", 2, "item", "WIRE"),
        ("demand", 2, "supplier"),
        ['a site that makes or receives "WIRE"'],
    ),
    (
        "component that never comes",
        without_row("sources", 9),
        ("processes", 3, "item"),
        ['component "WIRE" is made at or comes to the site'],
    ),
    (
        "origin that has nothing",
        without_row("sources", 8),
        ("sources", 5, "origin"),
        ['a site that makes or receives "007"'],
    ),
    (
        "site its own supplier",
        {
            **with_row("sources", "HUB,GLUE,KRK,X1,1,EUR,,0,0,1,primary"),
            "lanes": TEXTS["lanes"] + "X1,KRK,HUB,road,fixed,20,0,,,0,0,0,0,EUR,,,0,,24\n",
            "sources": TEXTS["sources"].replace("KRK,GLUE,RAW,RAW-KRK", "KRK,GLUE,HUB,HUB-KRK")
            + "HUB,GLUE,KRK,X1,1,EUR,,0,0,1,primary\n",
        },
        ("sources", 10, "origin"),
        ["goes in a circle: KRK from HUB from KRK"],
    ),
    (
        "temperatures upside down",
        with_cell("items", 7, "temp_min_c", "35"),
        ("items", 7, "temp_min_c"),
        ["at most temp_max_c, 30"],
    ),
    (
        "cards below the least order",
        with_cell("sources", 9, "moq", "1050"),
        ("loops", 5, "cards"),
        ['cards is 2, wanted at least 3, which make up the least order of "RAW", 1050'],
    ),
    (
        "loop below what a job takes",
        with_cell("bom", 6, "qty", "50.5"),
        ("loops", 5, "cards"),
        ['at least 3, which hold the 1010 that a container of "MOTOR" takes at once'],
    ),
    (
        "loop below the bins of the next",
        with_cell("loops", 3, "container_qty", "420"),
        ("loops", 4, "cards"),
        ['at least 21, which hold the 420 that a container of loop "KB-OPO-MOTOR" takes at once'],
    ),
    (
        "bar in a name",
        with_cell("items", 7, "id", "GL|UE"),
        ("items", 7, "id"),
        ["a name without |"],
    ),
]


@pytest.mark.parametrize(
    ("texts", "place", "words"),
    [pytest.param(*rest, id=name.replace(" ", "-")) for name, *rest in BY_HAND],
)
def test_a_planners_mistake_is_told_in_a_planners_words(
    tmp_path: Path, texts: dict[str, str], place: tuple[str, int, str], words: list[str]
) -> None:
    """Mistakes made by hand are found at their cell and say what to do."""
    table, row, column = place
    faults = refused(tmp_path, texts)
    where = f"network/{table}.csv"
    at = [str(f) for f in faults if (f.where, f.row) == (where, row) and column in f.field]
    assert at, [str(f) for f in faults]
    for word in words:
        assert any(word in text for text in at), at


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    """Three wrong cells in three files are three faults in one refusal, in order of file."""
    texts = with_cell("sites", 2, "latitude", "91")
    texts["lanes"] = with_cell("lanes", 3, "mode", "ship")["lanes"]
    texts["items"] = with_cell("items", 4, "cost", "-2")["items"]
    faults = refused(tmp_path, texts)
    assert [(f.where, f.row, f.field) for f in faults] == [
        ("network/items.csv", 4, "cost"),
        ("network/lanes.csv", 3, "mode"),
        ("network/sites.csv", 2, "latitude"),
    ]


def test_a_broken_row_is_not_blamed_on_the_rows_that_name_it(tmp_path: Path) -> None:
    """A site with a wrong cell still exists: its lanes and loops are not dangling."""
    faults = refused(tmp_path, with_cell("sites", 3, "latitude", "north"))
    assert len(faults) == 1


def test_an_unreadable_file_causes_no_further_faults(tmp_path: Path) -> None:
    """When lanes.csv cannot be decoded nothing is said about the lanes that others name."""
    place = write_texts(tmp_path)
    (place / "lanes.csv").write_bytes("id,origin\nPörto,ä\n".encode("latin-1"))
    with pytest.raises(InputFaults) as refusal:
        Network.read(place)
    fault = refusal.value.faults
    assert len(fault) == 1
    assert 'row 2: found the byte 0xf6, wanted UTF-8 text. Save it as "CSV UTF-8".' in str(fault[0])


def test_the_good_network_is_good(tmp_path: Path) -> None:
    """The network that all these mistakes are made in reads without a fault."""
    assert Network.read(write_texts(tmp_path)).check() == ()
