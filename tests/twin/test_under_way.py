"""A live start in the middle of things: parcels on the road and at the gate, lots that run."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from test_live import HOUR_US, base, happened
from test_promises import DECIDED, RECEIVED, of, works
from twin_nets import MONDAY, chain, model, station

from taktnet.base.names import Domain, Names
from taktnet.ledger import event as e
from taktnet.network import components as c
from taktnet.twin import lower
from taktnet.twin.changes import Down
from taktnet.twin.layout import Table


def decided(name: str, hours: float, qty: float) -> e.DecisionTaken:
    """An order of N0 at the supplier S."""
    return e.DecisionTaken(
        **base(name, hours, site="N0"), decision=name, rule="base_stock", action="buy", item="A",
        qty=qty, origin="S", lane="L0", reason="r",
    )  # fmt: skip


def shipped(name: str, hours: float, qty: float, order: str) -> e.GoodsShipped:
    """A parcel of a shipment on its way to N0."""
    return e.GoodsShipped(
        **base(f"{name}-{order}", hours, site="S"), shipment=name, to="N0", item="A", qty=qty,
        lane="L0", order=order,
    )  # fmt: skip


def receipts(*events: e.Event) -> list[tuple[str, float, int]]:
    """(order, quantity, microseconds after the start) of what N0 receives of old orders."""
    names = Names()
    net = chain(0.0, [(60, "exponential", 5.0)])
    sim = lower(net, happened(names, *events), names, MONDAY, 100).sim()
    known = names.count(Domain.REF)
    sim.begin(1, 0, trace=True)
    sim.run_to(90)
    rows = of(sim.trace(), RECEIVED)
    return [
        (names.text(Domain.REF, int(row["ref2"])), int(row["qty"]) / 1e6, int(row["at"]) - MONDAY)
        for row in rows[rows["ref2"] < known]
    ]


def test_goods_of_two_orders_in_one_shipment_come_together_each_for_its_own() -> None:
    """A lorry carries 5 for the one and 7 for the other; a later one the 2 that were left."""
    came = receipts(
        decided("D1", -90, 5.0), decided("D2", -80, 9.0), shipped("SH-1", -72, 5.0, "D1"),
        shipped("SH-1", -72, 7.0, "D2"), shipped("SH-2", -48, 2.0, "D2"),
    )  # fmt: skip
    assert sorted((order, qty) for order, qty, _ in came) == [("D1", 5), ("D2", 2), ("D2", 7)]
    first = {at for _, qty, at in came if qty > 2}
    assert len(first) == 1
    assert min(first) > 0


def test_what_is_shipped_without_a_name_is_for_the_oldest_that_are_shipped() -> None:
    """12 on the road name no order: 5 of the one, then 7 of the other, whose rest is to be sent."""
    came = receipts(
        decided("D1", -90, 5.0), decided("D2", -80, 9.0), shipped("SH-1", -72, 12.0, "")
    )
    assert sorted((order, qty) for order, qty, _ in came) == [("D1", 5), ("D2", 2), ("D2", 7)]


def test_an_order_that_overtook_an_older_one_keeps_its_goods() -> None:
    """D2 set out first, and D1 a day later: each shipment has as much as the order it names."""
    came = receipts(
        decided("D1", -90, 5.0), decided("D2", -80, 9.0), shipped("SH-1", -72, 9.0, "D2"),
        shipped("SH-2", -48, 5.0, "D1"),
    )  # fmt: skip
    assert sorted((order, qty) for order, qty, _ in came) == [("D1", 5), ("D2", 9)]


def test_a_shipment_at_the_gate_is_through_with_its_way() -> None:
    """It arrived two hours ago: it is taken in at once, in every replication."""
    gate = e.GoodsArrived(**base("g", -2.0, site="N0"), shipment="SH-1")
    came = receipts(decided("D1", -90, 5.0), shipped("SH-1", -72, 5.0, "D1"), gate)
    assert came == [("D1", 5.0, 0)]


AT = base("x", -57.0, site="P")


@pytest.mark.parametrize(
    ("stop", "left_h"),
    [
        ((), 3.0),
        ((e.ResourceStopped(**AT, resource="M", reason="breakdown"),), 5.0),
        ((e.SiteClosed(**AT),), 5.0),
    ],
    ids=["none", "broke down", "closed"],
)
def test_a_running_lot_has_been_worked_on_since_it_began(
    stop: tuple[e.Event, ...], left_h: float
) -> None:
    """8 h of work, begun at noon on Friday: 5 h were worked by the shift's end, or 3 to a stop."""
    net = station(0.0, 1 / 24, base=8.0)
    week = c.Calendar(id="week", days="Mon-Fri", shifts="09:00-17:00")
    sites = [replace(row, calendar="week" if row.id == "P" else "") for row in net.sites]
    net = net.with_rows("sites", sites).with_rows("calendars", [week])
    begun = e.LotStarted(**base("l", -60.0, site="P"), order="W", item="A", qty=8.0, resource="M")
    names = Names()
    servers = lower(net, happened(names, begun, *stop), names, MONDAY, 30).fresh[Table.SERVER]
    assert servers["left"].tolist() == [left_h * HOUR_US]


@pytest.mark.parametrize(("reason", "waits"), [("stockout", False), ("breakdown", True)])
def test_a_line_that_stands_for_want_of_a_part_goes_on_when_it_is_there(
    reason: Literal["stockout", "breakdown"], waits: bool
) -> None:
    """It starts at once and says so; one that broke down is repaired first."""
    net, names = station(0.0, 1 / 24, base=8.0), Names()
    one = e.StockCounted(**base("c", site="P"), item="A", qty=1.0)
    stop = e.ResourceStopped(**base("s", -57.0, site="P"), resource="M", reason=reason, item="A")
    net = net.with_rows("resources", [replace(net.resources[0], mttr_h=5.0)])
    sim = lower(net, happened(names, one, stop), names, MONDAY, 30).sim()
    sim.begin(1, 0, trace=True)
    sim.run_to(20)
    facts = sim.trace()
    (up,) = of(facts, e.NUMBER[e.ResourceStarted])["at"].tolist()
    assert (up > MONDAY) == waits
    assert of(facts, e.NUMBER[e.LotStarted])["at"].tolist() == [up]


@pytest.mark.parametrize(("kind", "name"), [("resource", "M"), ("site", "P")])
def test_what_is_down_from_the_start_works_again_when_it_is_over(
    kind: Literal["resource", "site"], name: str
) -> None:
    """A line, or its site, that is down for 72 h makes its first lot then; what runs goes on."""
    net, names = station(4.0, 1 / 24, base=8.0), Names()
    one = e.StockCounted(**base("c", site="P"), item="A", qty=1.0)
    begun = e.LotStarted(**base("l", -0.5, site="P"), order="W", item="A", qty=2.0, resource="M")
    for running in ((), (begun,)):
        sim = lower(net, happened(names, one, *running), names, MONDAY, 30).sim()
        sim.patch([Down(kind, name, 0.0, 72.0)])
        sim.begin(1, 0, trace=True)
        sim.run_to(20)
        facts = sim.trace()
        started, made = (of(facts, e.NUMBER[k])["at"] for k in (e.LotStarted, e.StockProduced))
        assert made.min() == MONDAY + round((72 + 1.5) * HOUR_US) if running else made.min() > 0
        assert started.min() >= MONDAY + 72 * HOUR_US
        assert sim.tables[Table.SERVER]["hold"].tolist() == [0]


def test_what_is_ordered_at_the_end_of_a_run_falls_due_when_it_would_in_a_longer_one() -> None:
    """Calendars and departures go on behind the end."""
    due: list[np.ndarray] = []
    for days in (18, 80):
        sim = model(works(departures="Mon,Wed,Fri 17:00", prep=20.0), days).sim()
        sim.begin(3, 0, trace=True)
        sim.run_to(18)
        due.append(of(sim.trace(), DECIDED)["t1"])
    assert due[0].max() > MONDAY + 18 * 24 * HOUR_US
    assert due[0].tolist() == due[1].tolist()
