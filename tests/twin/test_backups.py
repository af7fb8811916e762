"""Backups step in while a primary's site or lane is down, and hand back after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from test_live import happened
from twin_nets import MONDAY, model, site

from taktnet.base.calendars import instant
from taktnet.base.names import Names
from taktnet.ledger import event as e
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import Sim, lower, patch
from taktnet.twin.layout import Table


def two_ways(how: str, *, moq: float = 0.0, other: str = "T") -> Network:
    """W takes A from S by sea, else from T (or from S) by air, to a base stock or by a loop."""
    air = c.Lane(id="AIR", origin=other, destination="W", transit_h=24.0)
    point: dict[str, Any] = {"policy": "kanban"}
    if how == "position":
        point = {"policy": "base_stock", "base_stock": 60.0}
    loop = c.Loop(id="L", kind="withdrawal", site="W", item="A", origin="S", lane="SEA", cards=12,
                  container_qty=5.0)  # fmt: skip
    return Network(
        sites=(site("S", "supplier"), site("T", "supplier"), site("W", "warehouse"),
               site("K", "customer")),
        items=(c.Item(id="A", cost=1.0, container_qty=5.0),),
        stock_points=(c.StockPoint(site="W", item="A", **point),),
        lanes=(c.Lane(id="SEA", origin="S", destination="W", transit_h=48.0), air),
        sources=(
            c.Source(site="W", item="A", origin="S", lane="SEA"),
            c.Source(site="W", item="A", origin=other, lane="AIR", moq=moq, role="backup"),
        ),
        loops=(loop,) if how == "cards" else (),
        demand=(c.Demand(site="K", item="A", supplier="W", rate_day=10.0),),
    )  # fmt: skip


def given(sim: Sim) -> list[int]:
    """What the primary and the backup were asked for so far, in units."""
    return (sim.tables[Table.LINK]["given"] // 10**6).tolist()


@pytest.mark.parametrize("how", ["position", "cards"])
@pytest.mark.parametrize(("kind", "name"), [("supplier", "S"), ("lane", "SEA")])
def test_a_backup_takes_over_while_the_primary_is_closed(how: str, kind: Any, name: str) -> None:
    """Nothing goes to it before or after; all that is needed goes to it in between."""
    sim = model(two_ways(how), 60).sim()
    sim.patch([patch.Down(kind, name, 240, 480)])
    sim.begin(1, 0)
    sim.run_to(9.99)
    before = given(sim)
    assert before[1] == 0 < before[0]
    sim.run_to(19.99)
    during = given(sim)
    assert during[0] == before[0]
    assert during[1] > 50
    sim.run_to(50)
    after = given(sim)
    assert after[1] == during[1]
    assert after[0] > during[0] + 200
    assert sim.tables[Table.POINT]["queued"][0] == 0


def test_another_lane_of_the_same_origin_is_a_backup_too() -> None:
    """With the sea closed goods fly; with the origin closed nothing helps, and the order waits."""
    sim = model(two_ways("cards", other="S"), 60).sim()
    sim.patch([patch.Down("lane", "SEA", 240, 480)])
    shut = model(two_ways("cards", other="S"), 60).sim()
    shut.patch([patch.Down("site", "S", 240, 480)])
    for run in (sim, shut):
        run.begin(1, 0)
        run.run_to(19.99)
    assert given(sim)[1] > 50
    assert given(shut)[1] == 0
    assert shut.tables[Table.POINT]["queued"][0] > 0


def test_cards_wait_until_they_make_the_least_order_of_a_backup() -> None:
    """A least order of 25 is five cards of 5: every order of the backup is one of at least 25."""
    sim = model(two_ways("cards", moq=25.0), 60).sim()
    sim.patch([patch.Down("supplier", "S", 240, 480)])
    sim.begin(1, 0)
    last = 0
    for hour in range(240, 480):
        sim.run_to(hour / 24)
        now = given(sim)[1]
        assert now == last or now - last >= 25
        last = now
    assert last >= 50


def test_a_backup_that_is_closed_too_is_not_asked() -> None:
    """The order stands at the primary, and is filled when that is open again."""
    sim = model(two_ways("position"), 60).sim()
    sim.patch([patch.Down("supplier", "S", 240, 480), patch.Down("lane", "AIR", 240, 720)])
    sim.begin(1, 0)
    sim.run_to(40)
    assert given(sim)[1] == 0
    assert sim.tables[Table.POINT]["queued"][0] == 0


def test_a_share_makes_a_backup_one_of_the_sources() -> None:
    """Chosen with a share of 1 it gets as much as the primary; with 0 it is not asked at all."""
    net = two_ways("position")
    chosen, off = model(net, 60).sim(), model(net, 60).sim()
    chosen.patch([patch.Link("W", "A", "T", share=1.0)])
    off.patch([patch.Link("W", "A", "T", share=0.0), patch.Down("supplier", "S", 240, 480)])
    for run in (chosen, off):
        run.begin(1, 0)
        run.run_to(50)
    primary, backup = given(chosen)
    assert abs(primary - backup) <= 60
    assert given(off)[1] == 0


def test_a_share_makes_a_backup_one_of_those_who_fill_cards() -> None:
    """With a share of 1 every other card goes to it, though the loop's own origin is open."""
    sim = model(two_ways("cards"), 60).sim()
    sim.patch([patch.Link("W", "A", "T", share=1.0)])
    sim.begin(1, 0)
    sim.run_to(50)
    primary, backup = given(sim)
    assert abs(primary - backup) <= 60
    assert primary + backup > 400


def test_of_scanned_cards_only_those_in_circulation_pull() -> None:
    """One piece of 5 is left: of three cards two pull, of none none, of twelve (unknown) eleven."""
    net = two_ways("cards")
    net = net.with_rows("loops", [replace(net.loops[0], trigger="scan")])
    at = {"source": "wms", "at": instant(MONDAY), "site": "W", "loop": "L"}
    issued = [e.CardIssued(id=f"i{n}", card=f"L{n}", **at) for n in range(3)]
    gone = [e.CardWithdrawn(id=f"w{n}", card=f"L{n}", **at) for n in range(3)]
    for events, cards in ((issued, 2), (issued + gone, 0), ([], 11)):
        names = Names()
        count = e.StockCounted(
            source="wms", id="c", at=instant(MONDAY), site="W", item="A", qty=1.0
        )
        sim = lower(net, happened(names, count, *events), names, MONDAY, 60).sim()
        sim.begin(1, 0)
        assert given(sim)[0] == 5 * cards


def test_of_two_primaries_the_open_one_serves_before_a_backup() -> None:
    """While one of two is down the other gets everything, and the backup nothing."""
    net = two_ways("position")
    lane = c.Lane(id="ROAD", origin="U", destination="W", transit_h=10.0)
    first, backup = net.sources
    net = replace(
        net,
        sites=(*net.sites, site("U", "supplier")),
        lanes=(*net.lanes, lane),
        sources=(replace(first, share=0.5), backup,
                 c.Source(site="W", item="A", origin="U", lane="ROAD", share=0.5)),
    )  # fmt: skip
    reach = model(net, 60)
    sim = reach.sim()
    sim.patch([patch.Down("supplier", "S", 240, 480)])
    sim.begin(1, 0)
    sim.run_to(19.99)
    row = {name: qty for (_, _, name, _), qty in zip(reach.links, given(sim), strict=True)}
    assert row["T"] == 0
    assert row["U"] > row["S"] + 50
