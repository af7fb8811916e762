"""What the rules promise is what comes: preparation, departures and receiving have one meaning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from twin_nets import MONDAY, model, site

from taktnet.ledger import event as e
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import patch
from taktnet.twin.layout import HOUR, Kind, Table

_N = e.NUMBER
DECIDED, SHIPPED, RECEIVED = _N[e.DecisionTaken], _N[e.GoodsShipped], _N[e.GoodsReceived]
ORDERED, ARRIVED, CHARGED = _N[e.OrderPlaced], _N[e.GoodsArrived], _N[e.CostCharged]


def works(*, departures: str = "", prep: float = 5.0, **lane: Any) -> Network:
    """W takes A from S over a lane of 13 hours, each by its own shifts, and serves K over another.

    K's orders are due after 72 hours, in a window of 24.
    """
    return Network(
        sites=(site("S", "supplier", calendar="early"), site("W", calendar="late"),
               site("K", "customer")),
        items=(c.Item(id="A", cost=1.0, weight_kg=2.0),),
        stock_points=(c.StockPoint(site="W", item="A", policy="base_stock", base_stock=40.0),),
        calendars=(c.Calendar(id="early", days="Mon-Fri", shifts="06:00-14:00"),
                   c.Calendar(id="late", days="Mon-Fri", shifts="12:00-20:00")),
        lanes=(c.Lane(id="L", origin="S", destination="W", transit_h=13.0, departures=departures),
               c.Lane(id="OUT", origin="W", destination="K", transit_h=6.0, **lane)),
        sources=(c.Source(site="W", item="A", origin="S", lane="L", prep_h=prep),),
        demand=(c.Demand(site="K", item="A", supplier="W", rate_day=6.0, lead_h=72.0),),
    )  # fmt: skip


def told(net: Network, days: float = 30, changes: tuple[Any, ...] = ()) -> np.ndarray:
    """The trace of a run."""
    sim = model(net, days + 60).sim()
    sim.patch(changes)
    sim.begin(3, 0, trace=True)
    sim.run_to(days)
    return sim.trace()


def of(facts: np.ndarray, kind: int) -> np.ndarray:
    """The facts of a kind."""
    return facts[facts["kind"] == kind]


@pytest.mark.parametrize("departures", ["", "Mon,Wed,Fri 17:00"])
@pytest.mark.parametrize("prep", [0.0, 5.0, 20.0])
def test_goods_are_there_at_the_very_time_that_the_order_said(departures: str, prep: float) -> None:
    """Without chance on the road the receipt of every order is its due time, to the microsecond."""
    facts = told(works(departures=departures, prep=prep))
    due = {int(f["ref"]): int(f["t1"]) for f in of(facts, DECIDED)}
    came = {int(f["ref2"]): int(f["at"]) for f in of(facts, RECEIVED) if int(f["ref2"]) in due}
    assert len(came) > 50
    assert {ref: due[ref] for ref in came} == came


def test_what_comes_at_night_waits_at_the_gate_until_the_shift() -> None:
    """Arrivals outside 12:00 to 20:00 of a weekday are told at once and taken in when it begins."""
    facts = told(works())
    gate = {int(f["ref"]): int(f["at"]) for f in of(facts, ARRIVED)}
    waited = 0
    for f in of(facts, RECEIVED):
        if int(f["ref"]) in gate and int(f["at"]) > gate[int(f["ref"])]:
            waited += 1
            assert (int(f["at"]) - MONDAY) % (24 * HOUR) == 12 * HOUR
    assert waited > 20


def legs(facts: np.ndarray) -> np.ndarray:
    """Hours from each customer's order to its shipping and its receipt."""
    orders = {int(f["ref"]): int(f["at"]) for f in of(facts, ORDERED)}
    rows = []
    for kind in (SHIPPED, RECEIVED):
        hours = {int(f["ref2"]): int(f["at"]) for f in of(facts, kind) if int(f["ref2"]) in orders}
        rows.append(hours)
    both = [ref for ref in rows[1] if ref in rows[0]]
    return np.array([[(row[ref] - orders[ref]) / HOUR for row in rows] for ref in both])


def test_a_customers_order_leaves_in_time_for_its_window_and_not_before() -> None:
    """Due after 72 h in a window of 24 over 6 h of road: it leaves after 72 - 12 - 6 = 54 h."""
    found = legs(told(works()))
    assert len(found) > 50
    assert np.allclose(found[:, 0], 54.0)
    assert np.allclose(found[:, 1], 60.0)


def test_a_customers_order_takes_the_last_departure_that_keeps_its_window() -> None:
    """With a truck at 18:00 and 36 h agreed it leaves on the last that is there within 72 h."""
    found = legs(told(dated()))
    assert len(found) > 50
    left = found[:, 1] - 30.0  # it was under way for 30 h
    assert (left <= 72.0 - 36.0).all()
    assert (left > 72.0 - 36.0 - 24.0).all()


def test_orders_leave_in_turn_and_one_of_a_row_stands_in_the_queue() -> None:
    """A dozen orders of a row wait, several for one departure: as they were placed they leave."""
    sim = model(works(), 90).sim(heap=True)
    sim.begin(3, 0)
    sim.run_to(20)
    cells, held = sim.tables[Table.CELL], [int(sim.tables[Table.DEMAND]["held_head"][0])]
    while cells[held[-1]]["next"] >= 0:
        held.append(int(cells[held[-1]]["next"]))
    nodes = sim.tables[Table.NODE][: int(sim.head["pending"])]
    asks = nodes[nodes["order"] >> 58 == Kind.REQUEST]
    own = (asks["order"] >> 32) & 0x3FFFFFF >= len(sim.tables[Table.LINK])
    assert asks["arg"][own].tolist() == held[:1]
    assert len(held) > 5
    assert (np.diff(cells["mark"][held]) > 0).all()  # the times of their release
    for net in (works(), dated()):
        facts = told(net)
        orders = {int(f["ref"]) for f in of(facts, ORDERED)}
        left = [int(f["ref2"]) for f in of(facts, SHIPPED) if int(f["ref2"]) in orders]
        assert left == sorted(left)


def dated() -> Network:
    """The same, 30 hours by road to the customer (36 agreed), with a truck every day at 18:00."""
    out = c.Lane(id="OUT", origin="W", destination="K", departures="18:00", transit_h=30.0,
                 agreed_h=36.0)  # fmt: skip
    return works().with_rows("lanes", [works().lanes[0], out])


def test_a_window_that_is_open_from_the_start_has_the_order_shipped_at_once() -> None:
    """A window as wide as the lead time is no reason to wait."""
    found = legs(told(works(window_h=72.0)))
    assert np.allclose(found[:20, 0], 0.0)


def test_an_extra_shipment_is_told_as_shipped_with_its_freight() -> None:
    """A move of a scenario has its fact of shipping, its cost, and one receipt."""
    net = works().with_rows(
        "lanes", [*works().lanes, c.Lane(id="X", origin="S", destination="W", transit_h=5.0,
                                         cost_shipment=70.0)])  # fmt: skip
    move = patch.Move("A", 9.0, "S", "W", "X")
    facts = told(net, 5, (move,))
    lane = of(facts, SHIPPED)[0]
    assert (lane["qty"], lane["at"]) == (9e6, MONDAY)
    mine = of(facts, RECEIVED)[of(facts, RECEIVED)["ref"] == lane["ref"]]
    assert mine["qty"].tolist() == [9_000_000]
    cost = of(facts, CHARGED)[of(facts, CHARGED)["ref"] == lane["ref"]]
    assert cost["qty2"].tolist() == [70_000_000]


def cancelled(net: Network, hours: float) -> tuple[list[int], Any]:
    """Ten orders of one from Monday 08:00 on, one an hour, of which the fourth is cancelled."""
    plan = [(MONDAY + (8 + i) * HOUR, 1.0) for i in range(10)]
    at, qty = plan[3]
    changed = [*plan[:3], (at, qty, round(at + hours * HOUR)), *plan[4:]]
    sim = model(net, 40, plans={("K", "A", "W"): changed}).sim()
    sim.begin(1, 0, trace=True)
    sim.run_to(20)
    facts = sim.trace()
    names = [int(f["ref"]) for f in of(facts, ORDERED)]
    return [names.index(int(f["ref2"])) for f in of(facts, RECEIVED) if f["ref2"] in names], sim


def test_an_order_that_is_cancelled_while_it_waits_is_never_shipped() -> None:
    """Waiting for its window, or in line for stock: the others are served, and nothing is owed."""
    others = [i for i in range(10) if i != 3]
    bare = works(window_h=72.0).with_rows(
        "stock_points", [c.StockPoint(site="W", item="A", policy="base_stock", base_stock=0.0)]
    )
    for net in (works(), bare):
        came, sim = cancelled(net, 2.0)
        assert sorted(came) == others
        point = sim.tables[Table.POINT][sim.model.find("points", ("W", "A"))]
        assert (point["reserved"], point["queued"]) == (0, 0)


def test_an_order_that_is_cancelled_when_it_is_gone_arrives() -> None:
    """What has left cannot be called back."""
    came, _ = cancelled(works(window_h=72.0), 2.0)
    assert sorted(came) == list(range(10))
