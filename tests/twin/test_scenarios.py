"""Scenarios: changes as data, in files, put together, and told when they are wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lab_nets import cold, live
from twin_nets import MONDAY

from taktnet.base.errors import InputFaults
from taktnet.twin import Scenario, Scenarios, parse_scenarios, read_scenarios, run
from taktnet.twin import changes as c
from taktnet.twin.layout import Table

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EVERY_KIND = Scenario(
    name="all",
    note="one of each kind",
    include=("late",),
    changes=(
        c.Lose("SH-1"),
        c.Cancel("O-1"),
        c.Begin("SO-1", "M", NOON, 5.0),
        c.Down("supplier", "S", NOON, 48.0),
        c.Capacity("resource", "M", 0.5, 48.0, to_share=1.0),
        c.Demand(1.3, item="A", start=24.0, end=NOON),
        c.Point("W", "A", level=80.0),
        c.Link("W", "A", "S", lane="AIR", price=19.5),
        c.Move("A", 10.0, "V", "W", "NEXT"),
        c.Duty(0.25, origin="CN"),
        c.Row("sites", "NEW", {"kind": "supplier", "latitude": 48.5, "tier": 2}),
        c.Row("sources", "W|A|T|ROAD"),
    ),
)
LATE = Scenario(name="late", changes=(c.Delay("SH-1", 72.0),))


def told(start: Any, *changes: c.AnyChange) -> str:
    """What is said about a scenario of these changes."""
    with pytest.raises(InputFaults) as caught:
        start.sim(Scenario(name="x", changes=changes))
    return str(caught.value)


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    """Every kind of change, with instants and hours, survives a file without loss."""
    file = tmp_path / "what-if.json"
    made = Scenarios.of([LATE, EVERY_KIND])
    made.write(file)
    read = read_scenarios(file)
    assert read.all == (LATE, EVERY_KIND)
    assert read.to_json() == made.to_json()
    assert json.loads(file.read_text())["scenarios"][0] == {
        "name": "late", "changes": [{"change": "delay", "shipment": "SH-1", "hours": 72.0}],
    }  # fmt: skip


def test_every_kind_of_change_is_in_that_file() -> None:
    """The round trip leaves no kind out."""
    kinds = {type(x) for x in (*LATE.changes, *EVERY_KIND.changes)}
    assert kinds == set(c.KINDS.values())


def test_scenarios_are_put_together_by_name() -> None:
    """What is included comes first; "a + b" is one list of changes under both names."""
    more = Scenario(name="more", note="n", changes=(c.Demand(1.3),))
    both = Scenario(name="both", include=("late", "more"), changes=(c.Lose("SH-2"),))
    book = Scenarios.of([LATE, more, both])
    assert book.get("both").changes == (*LATE.changes, *more.changes, c.Lose("SH-2"))
    assert book.get("late + more") == Scenario(
        name="late + more", note="n", changes=(*LATE.changes, *more.changes)
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "f.json: found"),
        ("[]", "scenarios is 0 long, wanted 1 to 1000 scenarios"),
        ("7", "scenarios is a number, wanted a list of scenarios"),
        ('{"scenarios": [{"name": "a", "changes": [{"change": "deley"}]}]}',
         'scenario "a" change 1: change is "deley", wanted one of delay, lose, cancel'),
        ('{"name": "a", "changes": [{"change": "delay", "shipment": "S"}]}',
         'scenario "a" change 1: hours is missing, wanted a value'),
        ('{"name": "a", "changes": [{"change": "delay", "shipment": "S", "hours": "two"}]}',
         'scenario "a" change 1: hours is "two", wanted number'),
        ('{"name": "a", "changes": [{"change": "delay", "shipment": 7, "hours": 2, "huors": 1}]}',
         '"huors" is an unknown field, wanted a field of delay. Did you mean "hours"?'),
        ('{"name": "a", "changes": [{"change": "down", "kind": "plant", "name": "P"}]}',
         'kind is "plant"'),
        ('{"name": "a", "changes": [{"change": "down", "kind": "site", "name": "P",'
         ' "start": "monday"}]}', 'start is "monday", wanted hours, or an instant like'),
        ('{"name": "", "changes": []}', "scenario 1: name is blank, wanted a name"),
        ('{"name": "a+b"}', 'name is "a+b", wanted a name without +'),
        ('[{"name": "a"}, {"name": "a"}]', 'name is "a" again, wanted a name used once'),
        ('[{"name": "late"}, {"name": "b", "include": ["laet"]}]',
         'scenario "b": include is "laet", wanted a scenario of the file. Did you mean "late"?'),
        ('[{"name": "a", "include": ["b"]}, {"name": "b", "include": ["a"]}]',
         'include is "a -> b -> a", wanted no circle'),
        ('{"name": "a", "changes": {}}', "changes is an object, wanted a list of changes"),
        ('{"name": "a", "colour": 1}', '"colour" is an unknown field'),
        ("[" * 100_000, "wanted JSON"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_with_place_and_remedy(text: str, said: str) -> None:
    """File, scenario, change, field, what was found and what was wanted."""
    with pytest.raises(InputFaults) as caught:
        parse_scenarios(text, "f.json")
    assert said in str(caught.value)
    assert str(caught.value).startswith("f.json")


def test_all_faults_of_a_file_are_told_at_once() -> None:
    """Three wrong fields of two changes are three faults."""
    text = """[{"name": "a", "changes": [
        {"change": "delay", "shipment": 1, "hours": "x"}, {"change": "lose", "shipmen": "S"}]}]"""
    with pytest.raises(InputFaults) as caught:
        parse_scenarios(text)
    assert [f.field for f in caught.value.faults] == ["shipment", "hours", '"shipmen"', "shipment"]


def test_a_file_of_more_than_four_megabytes_is_not_read(tmp_path: Path) -> None:
    """It is told with its size; a file that is not there is told too."""
    large = tmp_path / "large.json"
    large.write_bytes(b" " * 4_000_001)
    with pytest.raises(InputFaults, match="found 4000001 bytes, wanted at most 4000000"):
        read_scenarios(large)
    with pytest.raises(InputFaults, match="No such file"):
        read_scenarios(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (c.Delay("SH-2", 5), 'shipment is "SH-2", wanted a shipment on the road. Did you mean'
         ' "SH-1"?'),
        (c.Delay("SH-1", 1e9), "hours is 1e+09, wanted at most 1e+06 either way"),
        (c.Cancel("O-9"), 'order is "O-9", wanted an open order. Did you mean "O-1"?'),
        (c.Cancel("O-1", -5), "start is -5, wanted 0 to 1e+06 hours after the start"),
        (c.Down("lane", "SEE"), 'name is "SEE", wanted a lane of the network. Did you mean "SEA"?'),
        (c.Down("site", "S", 5, 2), "end is 2, wanted after 5"),
        (c.Down("site", "S", -1), "start is -1, wanted 0 to 1e+06 hours after the start"),
        (c.Down("site", "S", datetime(2025, 1, 1, tzinfo=UTC)), "start is 2025-01-01T00:00:00"),
        (c.Down("site", "S", datetime(2026, 2, 1)), "wanted an instant with its zone"),
        (c.Capacity("site", "W", 50, 48), "share is 50, wanted 0 to 1. Did you mean 0.5?"),
        (c.Demand(2.0, item="B"), 'item is "B", wanted a demand of the network'),
        (c.Demand(-2.0), "factor is -2, wanted 0, or 0.001 to 1000"),
        (c.Point("W", "B"), 'item is "W|B", wanted a stocking point (site|item) of the network'),
        (c.Point("W", "A", level=-1), "level is -1, wanted 0 or more"),
        (c.Link("W", "A", "X", share=1), 'name is "X", wanted a loop or an origin that supplies'),
        (c.Link("W", "A", "S", lane="OUT"), 'lane is "OUT", wanted a lane from S to W. There is'
         ' "SEA", "AIR".'),
        (c.Move("A", 99.0, "V", "W", "NEXT"), "qty is 99, wanted at most 25, the stock of V"),
        (c.Move("A", 9.0, "K", "W", "OUT"), 'lane is "OUT", wanted a lane from K to W'),
        (c.Duty(0.2, origin="US"), 'origin is "US", wanted a country or a site'),
        (c.Row("lanes", "SEA", {"transit_h": -2}), "transit_h is -2, wanted > 0"),
        (c.Row("lanse", "SEA", {}), 'table is "lanse", wanted a table. Did you mean "lanes"?'),
        (c.Row("sources", "W|A|S|SEA"), "W"),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_made_is_told_before_anything_runs(
    change: c.AnyChange, said: str
) -> None:
    """With the scenario, the number of the change, the field and the nearest name."""
    text = told(live(), change)
    assert said in text
    assert text.startswith('scenario "x"')


def test_all_changes_that_cannot_be_made_are_told_with_their_numbers() -> None:
    """Rows of the network are told first, then all the others."""
    text = told(live(), c.Demand(2.0), c.Delay("SH-9", 5), c.Point("Q", "A"))
    assert [line.split(": ")[1] for line in text.splitlines()] == ["change 2", "change 3"]


def test_a_network_that_cannot_run_is_told() -> None:
    """Without any source the item has none, and nothing runs."""
    text = told(cold(), c.Row("sources", "W|A|S|SEA"), c.Row("sources", "W|A|T|ROAD"))
    assert "W" in text
    assert "source" in text


def tables(start: Any, *changes: c.AnyChange) -> dict[Table, Any]:
    """The tables of a run that has not begun, with changes."""
    return start.sim(Scenario(name="x", changes=changes)).tables


def test_a_cancelled_order_is_owed_no_more() -> None:
    """What was set aside for it is free, and it is never shipped."""
    start = live()
    assert tables(start)[Table.POINT]["reserved"].sum() == 4e6
    sim = start.sim(Scenario(name="x", changes=(c.Cancel("O-1"), c.Demand(0.0))))
    assert sim.tables[Table.POINT]["reserved"].sum() == 0
    runs = run(sim, 20, 2, 1)
    assert runs.demand["units"].sum() == 0
    kept = run(start.sim(Scenario(name="x", changes=(c.Demand(0.0),))), 20, 2, 1)
    assert kept.demand["units"].sum() == 8


def test_an_order_is_cancelled_at_its_time() -> None:
    """An hour before its window it still waits, and is taken back; an hour later it is gone."""
    early, late = (Scenario(name="x", changes=(c.Cancel("O-1", start=h), c.Demand(0.0)))
                   for h in (0.5, 47.0))  # fmt: skip
    start = cancellable()
    assert run(start.sim(early), 20, 1, 1).demand["units"].sum() == 0
    assert run(start.sim(late), 20, 1, 1).demand["units"].sum() == 4


def cancellable() -> Any:
    """The live start, whose customer's order has a window of 24 hours."""
    start = live()
    lanes = [replace(x, window_h=24.0) for x in start.network.lanes]
    return replace(start, network=start.network.with_rows("lanes", lanes))


def test_stock_that_is_moved_leaves_and_arrives() -> None:
    """Ten go from V over half a day, count as coming to W, and pay the lane's rate."""
    sim = live().sim(Scenario(name="x", changes=(c.Move("A", 10.0, "V", "W", "NEXT", 6.0),)))
    points, model = sim.tables[Table.POINT], sim.model
    v, w = model.find("points", ("V", "A")), model.find("points", ("W", "A"))
    assert (points["onhand"][v], points["coming"][w]) == (15e6, 40e6)
    assert sim.tables[Table.LANE]["cost"][model.find("lanes", "NEXT")] == 10.0
    sim.begin(1, 0)
    before = int(sim.tables[Table.POINT]["received"][w])
    sim.run_to(17 / 24)
    assert sim.tables[Table.POINT]["received"][w] == before
    sim.run_to(19 / 24)
    assert sim.tables[Table.POINT]["received"][w] == before + 10e6


def test_a_duty_raises_the_price_of_what_crosses() -> None:
    """25 % on goods from China: 18 becomes 22.5; the German source stays at 22."""
    made = tables(live(), c.Duty(0.25, origin="CN"))
    assert sorted((made[Table.LINK]["price"] * 1e6).round(6)) == [22.0, 22.5, 22.5]


def test_a_row_of_the_network_can_be_added() -> None:
    """A new supplier with a lane and a source takes its share."""
    place = {"kind": "supplier", "latitude": 48, "longitude": 11, "country": "DE", "zone": "UTC"}
    changes = (
        c.Row("sites", "U", place),
        c.Row("lanes", "U-W", {"origin": "U", "destination": "W", "transit_h": 5}),
        c.Row("sources", "W|A|U|U-W", {"price": 19, "share": 0.5}),
        c.Row("sources", "W|A|S|SEA", {"share": 0.5}),
    )
    start = live()
    before = start.names.counts()
    sim = start.sim(Scenario(name="x", changes=changes))
    runs = run(sim, 60, 4, 1)
    shares = runs.lanes["shipments"].mean(0)[[sim.model.find("lanes", n) for n in ("SEA", "U-W")]]
    assert 0.8 < shares[0] / shares[1] < 1.25
    assert start.names.counts() == before


def test_half_the_capacity_makes_half_as_much() -> None:
    """A line that works half of each hour is busy half of the time; a ramp ends in full work."""
    from twin_nets import station

    from taktnet.twin import Start

    start = Start(station(60.0, 1 / 50, cv=0.0), MONDAY, 100)
    full = run(start.sim(), 40, 2, 1).processes["made"].mean()
    half = c.Capacity("resource", "M", 0.5, 24.0 * 40)
    ramp = c.Capacity("site", "P", 0.0, 24.0 * 40, to_share=1.0)
    for change in (half, ramp):
        made = run(start.sim(Scenario(name="x", changes=(change,))), 40, 2, 1).processes["made"]
        assert abs(made.mean() / full - 0.5) < 0.02
