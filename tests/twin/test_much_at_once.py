"""However much waits for one moment, it sets out then: pools hold it, and no fact is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from twin_nets import chain, model

from taktnet.ledger import event as e
from taktnet.network import Network
from taktnet.network import components as c
from taktnet.twin import Sim, patch
from taktnet.twin.layout import Table

RECEIVED = e.NUMBER[e.GoodsReceived]
DAYS = 24


def closed(kind: Any, name: str, *, heap: bool, trace: bool) -> Sim:
    """2,000 orders a day wait for 20 days; two days later what they ask for is there."""
    sim = model(chain(2000.0, [(3000, "fixed", 1.0)]), DAYS).sim(heap=heap)
    sim.patch([patch.Down(kind, name, 24, 480)])
    sim.begin(1, 0, trace=trace)
    sim.run_to(DAYS)
    return sim


@pytest.mark.parametrize(("kind", "name"), [("supplier", "S"), ("lane", "L0")])
@pytest.mark.parametrize("heap", [False, True])
def test_tens_of_thousands_of_orders_set_out_when_what_held_them_opens(
    kind: Any, name: str, heap: bool
) -> None:
    """All that was asked for up to a day ago has come, and everyone is served."""
    sim = closed(kind, name, heap=heap, trace=False)
    point = sim.tables[Table.POINT][0]
    assert point["queued"] == 0
    assert point["received"] > 40_000e6
    assert point["onhand"] + point["coming"] == 3000e6
    traced = closed(kind, name, heap=heap, trace=True)
    facts = traced.trace()
    assert traced.tables[Table.POINT].tobytes() == sim.tables[Table.POINT].tobytes()
    came = facts[(facts["kind"] == RECEIVED) & (facts["to"] == 0)]
    assert came["qty"].sum() >= point["received"]


def test_a_long_line_is_served_by_one_delivery() -> None:
    """20,000 customers wait for one lot, which goes to each of them over a lane."""
    net = chain(2000.0, [(0, "fixed", 11.0)], policy="RQ", reorder_point=0.0, order_qty=60_000.0)
    lane = c.Lane(id="OUT", origin="N0", destination="K", transit_h=5.0)
    net = net.with_rows("lanes", [*net.lanes, lane])
    sim = model(net, 60).sim()
    sim.patch([patch.Point("N0", "A", onhand=0.0)])
    sim.begin(1, 0)
    sim.run_to(10.9)
    assert sim.tables[Table.POINT]["queued"][0] > 20_000e6
    sim.run_to(11.5)
    assert sim.tables[Table.POINT]["queued"][0] == 0
    assert sim.tables[Table.DEMAND]["units"][0] > 20_000e6


def works(machines: int) -> Network:
    """A warehouse with machines that make nothing."""
    net = chain(10.0, [(60, "fixed", 1.0)])
    made = tuple(c.Resource(id=f"M{i}", site="N0") for i in range(machines))
    return replace(net, resources=made)


def test_a_scenario_may_have_more_changes_than_the_network_has_records() -> None:
    """Sixty machines that work half of each of 200 hours: 24,000 changes."""
    sim = model(works(60), 20).sim()
    sim.patch([patch.Capacity("site", "N0", 0.5, 200.0)])
    sim.begin(1, 0)
    assert sim.head["pending"] > 24_000
    sim.run_to(20)
    assert np.allclose(sim.tables[Table.SERVER]["down"] / 3600e6, 100)
