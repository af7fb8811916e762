"""Pace: what sites, lines and lanes did beside the takt, and what runs dry or full."""

from __future__ import annotations

from datetime import date

import pytest
from kpi_story import Story, network, us

from taktnet.kpi.pace import Pace, buffers, pace
from taktnet.ledger import event as e
from taktnet.network import components as c
from taktnet.network.rates import network_takt


def plant(**tables: object) -> Story:
    """OPO makes P1 on LINE, weekdays 08 to 16 UTC, for BIKES at 10 per calendar day."""
    net = network(
        calendars=(c.Calendar(id="DAY", days="Mon-Fri", shifts="08:00-16:00"),),
        resources=(c.Resource(id="LINE", site="OPO", calendar="DAY"),),
        processes=(c.Process(site="OPO", item="P1", resource="LINE", cycle_s=60.0),),
        bom=(c.BomLine(parent="P1", component="M1", qty=2.0),),
        sources=(
            c.Source(site="OPO", item="M1", origin="MOTOR", lane="MOTOR-OPO"),
            c.Source(site="BIKES", item="P1", origin="OPO", lane="OPO-BIKES"),
        ),
        lanes=(
            c.Lane(id="MOTOR-OPO", origin="MOTOR", destination="OPO", transit_h=48.0),
            c.Lane(id="OPO-BIKES", origin="OPO", destination="BIKES", transit_h=24.0),
        ),
        demand=(c.Demand(site="BIKES", item="P1", supplier="OPO", rate_day=10.0),),
        **tables,
    )
    return Story(net)


def rows(story: Story, start: float, end: float) -> dict[tuple[str, str], Pace]:
    """The table by kind and name."""
    takt = network_takt(story.network, date(2026, 2, 23))
    return {(r.kind, r.name): r for r in pace(story.kpis(), takt, us(start), us(end))}


def test_wanted_follows_working_time() -> None:
    """70 a week in five shifts are 14 a shift: half way through Monday's shift it is 7."""
    story = plant()
    story.tell(e.StockProduced, 9, "OPO", item="P1", qty=4, resource="LINE")
    story.tell(e.StockProduced, 11, "OPO", item="P1", qty=1, resource="LINE")
    line = rows(story, 0, 12)["line", "LINE"]
    assert line.takt_s == pytest.approx(8 * 3600 / 14)
    assert line.wanted == pytest.approx(7)
    assert line.actual == 5
    assert line.ahead == pytest.approx(-2)
    assert line.ahead_h == pytest.approx(-2 * 8 / 14)


def test_outside_working_time_nothing_is_wanted() -> None:
    """A Sunday asks nothing of a weekday line; what it makes puts it ahead."""
    story = plant()
    story.tell(e.StockProduced, 6 * 24 + 9, "OPO", item="P1", qty=3, resource="LINE")
    line = rows(story, 6 * 24, 7 * 24)["line", "LINE"]
    assert line.wanted == 0
    assert line.ahead == 3


def test_a_line_that_is_not_named_is_the_only_one() -> None:
    """Production without a resource counts for the one line that makes the item."""
    story = plant()
    story.tell(e.StockProduced, 9, "OPO", item="P1", qty=4)
    assert rows(story, 0, 24)["line", "LINE"].actual == 4


def test_sites_and_lanes_ship() -> None:
    """OPO ships 12 of the 10 a day asked: 2 ahead, and so is its lane, which runs day and night."""
    story = plant()
    story.tell(e.GoodsShipped, 3, "OPO", shipment="S", to="BIKES", item="P1", qty=12)
    found = rows(story, 0, 24)
    assert found["site", "OPO"].actual == 12
    assert found["site", "OPO"].ahead == pytest.approx(2)
    assert found["lane", "OPO-BIKES"].ahead == pytest.approx(2)
    assert found["lane", "OPO-BIKES"].takt_s == pytest.approx(8640)
    assert found["lane", "MOTOR-OPO"].ahead == pytest.approx(-20)


def test_buffer_runs_dry() -> None:
    """30 in stock, 4 in and 14 out a day: 20 left at the end of the day last 2 days."""
    story = plant()
    story.tell(e.StockCounted, -1, "OPO", item="P1", qty=30)
    story.tell(e.StockProduced, 9, "OPO", item="P1", qty=4, resource="LINE")
    story.tell(e.GoodsShipped, 12, "OPO", shipment="S", to="BIKES", item="P1", qty=14)
    buffer = rows(story, 0, 24)["line", "LINE"].buffer
    assert buffer is not None
    assert (buffer.site, buffer.item, buffer.stock, buffer.turns) == ("OPO", "P1", 20, "dry")
    assert buffer.at == us(24 + 48)


def test_buffer_runs_full_at_its_cards() -> None:
    """4 cards of 10 hold 40: with 20 there and 5 a day coming in net, full in 4 days."""
    loop = c.Loop(
        id="K1", kind="production", site="OPO", item="P1", origin="OPO", cards=4, container_qty=10
    )
    story = plant(loops=(loop,))
    story.tell(e.StockCounted, -1, "OPO", item="P1", qty=15)
    story.tell(e.StockProduced, 9, "OPO", item="P1", qty=5, resource="LINE")
    buffer = buffers(story.kpis(), us(0), us(24))["OPO", "P1"]
    assert (buffer.most, buffer.turns, buffer.at) == (40, "full", us(24 + 96))


def test_quarantine_is_no_flow() -> None:
    """Stock held and released is neither inflow nor outflow, nor is a count."""
    story = plant()
    story.tell(e.StockCounted, 1, "OPO", item="P1", qty=15)
    story.tell(e.StockHeld, 2, "OPO", item="P1", qty=5)
    story.tell(e.StockReleased, 3, "OPO", item="P1", qty=5)
    buffer = buffers(story.kpis(), us(0), us(24))["OPO", "P1"]
    assert (buffer.inflow_day, buffer.outflow_day, buffer.turns) == (0, 0, "steady")
    assert buffer.at is None


def test_corrected_production_is_not_counted() -> None:
    """A correction takes the wrong quantity out of the pace."""
    story = plant()
    wrong = story.tell(e.StockProduced, 9, "OPO", item="P1", qty=40, resource="LINE")
    story.tell(e.StockProduced, 9, "OPO", item="P1", qty=4, resource="LINE", corrects=wrong)
    assert rows(story, 0, 24)["line", "LINE"].actual == 4
