"""Goods grow old from the day they were made, wherever they are, and the oldest are used first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from twin_nets import MONDAY, chain, model, site

from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import Sim, patch
from taktnet.twin.layout import DAY, HOUR, Table


def ran(
    net: Network, days: float, *orders: tuple[float, float], changes: tuple[Any, ...] = ()
) -> Sim:
    """A run in which the customer orders at these days so many units."""
    key = (net.demand[0].site, net.demand[0].item, net.demand[0].supplier)
    plans: Any = {key: [(MONDAY + round(d * DAY), qty) for d, qty in orders]}
    sim = model(net, days + 1, plans=plans).sim()
    sim.patch(changes)
    sim.begin(1, 0)
    sim.run_to(days)
    return sim


def expired(sim: Sim, name: str, item: str = "A") -> float:
    """What was thrown away at a point, in units."""
    return sim.tables[Table.TALLY]["expired"][sim.model.find("points", (name, item))] / 1e6


def test_age_comes_along_on_the_road() -> None:
    """Kept six days at N0 and two days under way, goods have two of their ten days left at N1."""
    net = chain(0.0, [(10, "fixed", 1.0), (5, "fixed", 2.0)])
    net = net.with_rows("items", [replace(net.items[0], shelf_life_d=10.0)])
    kept = ran(net, 9.9, (6.0, 5.0))  # the five of N1 go, five of N0 follow and come on day 8
    gone = ran(net, 10.5, (6.0, 5.0))
    assert expired(kept, "N1") == expired(kept, "N0") == 0
    assert expired(gone, "N1") == 5
    assert expired(gone, "N0") == 5


def late(days: float, *orders: tuple[float, float]) -> Sim:
    """Six units of day 2 and, three days later, four of day 0; goods keep for nine days."""
    net = chain(0.0, [(10, "fixed", 1.0)])
    net = net.with_rows("items", [replace(net.items[0], shelf_life_d=9.0)])
    slow = c.Lane(id="SLOW", origin="S", destination="N0", transit_h=48.0)
    net = net.with_rows("lanes", [*net.lanes, slow])
    more = patch.Move(item="A", qty=4.0, origin="S", site="N0", lane="SLOW", start=96.0)
    return ran(net, days, (2.0, 10.0), *orders, changes=(more,))


def test_what_comes_late_and_old_is_past_its_date_first() -> None:
    """The four are thrown away on day 9, the six on day 11."""
    assert [expired(late(days), "N0") for days in (8.9, 9.1, 10.9, 11.1)] == [0, 4, 4, 10]


def test_what_comes_late_and_old_is_used_first() -> None:
    """Four are ordered on day 8: those that have one day left go, and none is thrown away."""
    assert [expired(late(days, (8.0, 4.0)), "N0") for days in (9.1, 10.9, 11.1)] == [0, 0, 6]


def test_goods_that_overtake_one_another_run_out_in_the_order_of_their_making() -> None:
    """Two each of days 1, 1.5, 2 and 2.5, by turns in one day and in five, beside two of day 0."""
    net = chain(0.0, [(10, "fixed", 5.0)])
    net = net.with_rows("items", [replace(net.items[0], shelf_life_d=9.0)])
    fast = c.Lane(id="FAST", origin="S", destination="N0", transit_h=24.0)
    ways = [replace(net.sources[0], share=0.5), replace(net.sources[0], share=0.5, lane="FAST")]
    net = net.with_rows("lanes", [*net.lanes, fast]).with_rows("sources", ways)
    orders = [(day, 2.0) for day in (1.0, 1.5, 2.0, 2.5)]
    sums = [expired(ran(net, day, *orders), "N0") for day in (8.9, 9.1, 10.1, 10.6, 11.1, 11.6)]
    assert sums == [0, 2, 4, 6, 8, 10]


def test_a_part_that_is_used_is_not_thrown_away_later() -> None:
    """Four B are made into A on the second day; of the ten only six are past their date."""
    net = Network(
        sites=(site("S", "supplier"), site("P"), site("K", "customer")),
        items=(c.Item(id="A", cost=1.0), c.Item(id="B", cost=1.0, shelf_life_d=3.0)),
        bom=(c.BomLine(parent="A", component="B", qty=1.0),),
        stock_points=(c.StockPoint(site="P", item="A", policy="base_stock", base_stock=4.0),
                      c.StockPoint(site="P", item="B", policy="sS", reorder_point=0.0,
                                   order_up_to=10.0)),
        lanes=(c.Lane(id="SP", origin="S", destination="P", transit_h=24.0),),
        sources=(c.Source(site="P", item="B", origin="S", lane="SP"),),
        resources=(c.Resource(id="M", site="P"),),
        processes=(c.Process(site="P", item="A", resource="M", cycle_s=60.0),),
        demand=(c.Demand(site="K", item="A", supplier="P", rate_day=0.0),),
    )  # fmt: skip
    sim = ran(net, 3.0 + HOUR / DAY, (1.0, 4.0))
    assert sim.tables[Table.POINT]["used"].max() == 4e6
    assert expired(sim, "P", "B") == 6
