"""Orders of plants that are open at a live start: prepared, at the dock, and taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from lab_nets import base
from test_live import happened
from twin_nets import MONDAY, site

from taktnet.base.names import Names
from taktnet.ledger import event as e
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import Sim, lower, patch
from taktnet.twin.layout import HOUR, Table

CANCELLED, SHIPPED = e.NUMBER[e.OrderCancelled], e.NUMBER[e.GoodsShipped]


def net(*, prep_h: float = 0.0, departures: str = "") -> Network:
    """W takes A from V, V from S; P makes B in hours a piece, one order after the other."""
    levels = {("W", "A"): 0.0, ("V", "A"): 0.0, ("P", "B"): 0.0}
    return Network(
        sites=(site("S", "supplier"), site("V", "warehouse"), site("W", "warehouse"),
               site("P", "plant"), site("K", "customer")),
        items=(c.Item(id="A", cost=1.0), c.Item(id="B", cost=1.0)),
        stock_points=tuple(
            c.StockPoint(site=s, item=i, policy="base_stock", base_stock=level)
            for (s, i), level in levels.items()
        ),
        lanes=(c.Lane(id="SV", origin="S", destination="V", transit_kind="fixed", transit_h=100.0),
               c.Lane(id="VW", origin="V", destination="W", transit_kind="fixed", transit_h=10.0,
                      departures=departures)),
        sources=(c.Source(site="V", item="A", origin="S", lane="SV", prep_h=prep_h),
                 c.Source(site="W", item="A", origin="V", lane="VW")),
        resources=(c.Resource(id="M", site="P"),),
        processes=(c.Process(site="P", item="B", resource="M", cycle_s=3600.0),),
        demand=(c.Demand(site="K", item="B", supplier="P", rate_day=0.0),),
    )  # fmt: skip


def asked(
    name: str, to: str, item: str, qty: float, origin: str, *, hours: float
) -> e.DecisionTaken:
    """A decision that is open."""
    lane = {"W": "VW", "V": "SV"}.get(to, "")
    return e.DecisionTaken(
        **base(name, hours, site=to), decision=name, rule="base_stock", action="move", item=item,
        qty=qty, origin=origin, lane=lane, reason="r",
    )  # fmt: skip


def start(network: Network, *events: e.Event) -> Sim:
    """A live start with 20 A at V and nothing else, and the names of what the sites are."""
    names = Names()
    counts = [e.StockCounted(**base(f"c{s}", site=s), item=i, qty=q)
              for s, i, q in (("V", "A", 20.0), ("W", "A", 0.0), ("P", "B", 0.0))]  # fmt: skip
    return lower(network, happened(names, *counts, *events), names, MONDAY, 60).sim()


def point(sim: Sim, site: str, item: str = "A") -> dict[str, float]:
    """How a point stands, in units."""
    row = sim.tables[Table.POINT][sim.model.find("points", (site, item))]
    told = ("onhand", "inspecting", "coming", "reserved", "received", "made", "shipped")
    return {name: int(row[name]) / 1e6 for name in told}


def hours_of(facts: Any, kind: int) -> list[float]:
    """When facts of a kind happened, in hours after the start."""
    return [(int(f["at"]) - MONDAY) / HOUR for f in facts[facts["kind"] == kind]]


def test_what_of_an_order_has_not_been_sent_is_taken_back() -> None:
    """30 are wanted and 20 sent; a day later the other ten are neither coming nor reserved."""
    sim = start(net(), asked("d", "W", "A", 30.0, "V", hours=-1.0))
    sim.patch([patch.Cancel("d", start=24.0)])
    sim.begin(1, 0, trace=True)
    sim.run_to(23 / 24)
    assert (point(sim, "W")["coming"], point(sim, "V")["reserved"]) == (10.0, 10.0)
    sim.run_to(50)
    assert (point(sim, "W")["coming"], point(sim, "V")["reserved"]) == (0.0, 0.0)
    assert point(sim, "W")["received"] == 20.0
    assert point(sim, "V")["onhand"] == 10.0, "what V had ordered for it came"
    assert hours_of(sim.trace(), CANCELLED) == [24.0]


@pytest.mark.parametrize(("name", "made"), [("one", 20.0), ("two", 10.0)])
def test_an_order_to_make_is_taken_back_unless_work_on_it_has_begun(name: str, made: float) -> None:
    """An hour after the start the machine makes the first order, and the second stands in line."""
    orders = [asked(n, "P", "B", 10.0, "P", hours=h) for n, h in (("one", -5.0), ("two", -4.0))]
    sim = start(net(), *orders)
    sim.patch([patch.Cancel(name, start=1.0)])
    sim.begin(1, 0)
    sim.run_to(50)
    assert point(sim, "P", "B")["made"] == made
    assert point(sim, "P", "B")["coming"] == 0.0


def test_an_order_that_is_being_prepared_is_taken_back_or_leaves_when_it_is_ready() -> None:
    """Asked for 10 hours ago, with 24 hours to prepare: it leaves after 14 hours, not at once."""
    order = asked("d", "V", "A", 7.0, "S", hours=-10.0)
    kept, back = (start(net(prep_h=24.0), order) for _ in range(2))
    back.patch([patch.Cancel("d", start=13.0)])
    for sim in (kept, back):
        sim.begin(1, 0, trace=True)
        sim.run_to(20)
    assert hours_of(kept.trace(), SHIPPED) == [14.0]
    assert point(kept, "V")["received"] == 7.0
    assert hours_of(back.trace(), SHIPPED) == []
    assert point(back, "V")["coming"] == 0.0


def test_the_preparation_of_an_open_order_goes_by_the_working_time_of_its_origin() -> None:
    """Asked for on Saturday; Monday is the first day of work, of eight hours, and six are left."""
    network = net(prep_h=6.0)
    sites = [replace(s, calendar="day") if s.id == "S" else s for s in network.sites]
    day = c.Calendar(id="day", days="Mon-Fri", shifts="08:00-16:00")
    network = replace(network.with_rows("sites", sites), calendars=(day,))
    sim = start(network, asked("d", "V", "A", 7.0, "S", hours=-40.0))
    sim.begin(1, 0, trace=True)
    sim.run_to(3)
    assert hours_of(sim.trace(), SHIPPED) == [14.0]


def test_goods_at_the_dock_are_on_the_books_until_they_leave() -> None:
    """Picked at midnight for the lorry at noon: on hand and reserved till then, shipped at noon."""
    sim = start(net(departures="Mon 12:00"), asked("d", "W", "A", 15.0, "V", hours=-1.0))
    sim.begin(1, 0, trace=True)
    sim.run_to(11 / 24)
    there = point(sim, "V")
    assert (there["onhand"], there["inspecting"], there["reserved"]) == (5.0, 15.0, 15.0)
    sim.run_to(13 / 24)
    there = point(sim, "V")
    assert (there["onhand"], there["inspecting"], there["reserved"]) == (5.0, 0.0, 0.0)
    assert hours_of(sim.trace(), SHIPPED) == [12.0]


def test_the_dock_of_a_closed_site_waits_for_the_first_departure_after_it_opens() -> None:
    """Picked at midnight; the site is closed from six on for a day: noon goes without."""
    network = net(departures="12:00")
    sim = start(network, asked("d", "W", "A", 15.0, "V", hours=-1.0))
    sim.patch([patch.Down("site", "V", 6, 30)])
    sim.begin(1, 0, trace=True)
    sim.run_to(29 / 24)
    assert point(sim, "V")["inspecting"] == 15.0
    sim.run_to(3)
    assert hours_of(sim.trace(), SHIPPED) == [36.0]
